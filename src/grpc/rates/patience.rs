//! How fast callers are turned away. A refusal costs the server little and a caller who ignores it
//! nothing: left alone, such a caller asks again at once and takes the cores from everybody else.
//! So refusals have a rate of their own. Those within it are told at once; further ones are held
//! until their time has come, [`HOLD_MAX`] at most, and what they were held is taken off the wait
//! they are told. What is held has a bound; beyond it refusals are told at once.

use super::{Meter, Rate};
use domain::id::TenantId;
use domain::refusal::Refusal;
use domain::time::Span;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::time::sleep;
use uuid::Uuid;

/// How many refusals a tenant is told a second, and at once after a rest.
const TOLD: Rate = Rate::per_second(50, 50);

/// How long a refusal is held at most.
pub const HOLD_MAX: Duration = Duration::from_secs(1);

/// How many refusals are held on this node, and of one tenant.
const HELD_MAX: usize = 4_096;
const HELD_OF_TENANT_MAX: usize = 1_024;

/// How long before a caller's deadline a refusal is told, so that it is what they hear.
const AHEAD: Duration = Duration::from_millis(5);

/// The least wait that is told: none at all would read as an invitation.
const WAIT_MIN: Span = Span::from_millis(1);

/// What is being held, and what was told lately. Clones share it.
#[derive(Clone, Debug)]
pub(super) struct Patience(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    told: Meter<TenantId>,
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    all: usize,
    of: HashMap<TenantId, usize>,
}

/// A place among those who are held; given back when it is dropped.
struct Place<'a> {
    inner: &'a Inner,
    tenant: TenantId,
}

impl Patience {
    pub(super) fn new() -> Self {
        Self(Arc::new(Inner { told: Meter::new(TOLD), held: Mutex::default() }))
    }

    /// The refusal, when it may be told; no later than the caller's deadline.
    pub(super) async fn hold(
        &self,
        tenant: TenantId,
        mut refusal: Refusal,
        until: Option<Instant>,
    ) -> Refusal {
        let now = Instant::now();
        let booked = self.0.told.book(tenant, now, HOLD_MAX);
        // Nobody's time comes soon enough: all of them wait about as long, and not for each other.
        let wait = booked.unwrap_or_else(|| HOLD_MAX.mul_f64(0.5 + chance() / 2.0));
        let left = until.map(|until| until.saturating_duration_since(now + AHEAD));
        let wait = left.map_or(wait, |left| left.min(wait));
        if wait.is_zero() {
            return refusal;
        }
        let Some(_place) = self.0.place(tenant) else { return refusal };
        sleep(wait).await;
        let held = i64::try_from(now.elapsed().as_micros()).unwrap_or(i64::MAX);
        let rest = |wait: Span| Span::from_micros(wait.micros().saturating_sub(held)).max(WAIT_MIN);
        refusal.retry_after = refusal.retry_after.map(rest);
        refusal
    }
}

impl Inner {
    fn place(&self, tenant: TenantId) -> Option<Place<'_>> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let of = held.of.get(&tenant).copied().unwrap_or_default();
        if held.all >= HELD_MAX || of >= HELD_OF_TENANT_MAX {
            return None;
        }
        held.all += 1;
        held.of.insert(tenant, of + 1);
        Some(Place { inner: self, tenant })
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut held = self.inner.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.all -= 1;
        if let Some(of) = held.of.get_mut(&self.tenant) {
            *of -= 1;
            if *of == 0 {
                held.of.remove(&self.tenant);
            }
        }
    }
}

/// A number between 0 and 1.
fn chance() -> f64 {
    (Uuid::new_v4().as_u128() % 10_000) as f64 / 10_000.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::refusal::Reason;
    use futures::FutureExt;
    use futures::future::join_all;

    fn refusal() -> Refusal {
        Refusal::new(Reason::RateLimited).retry_after(Span::from_millis(2))
    }

    fn tenant() -> TenantId {
        TenantId(Uuid::now_v7())
    }

    #[tokio::test]
    async fn a_burst_is_told_at_once_and_the_rest_at_its_rate() {
        let (patience, tenant, begun) = (Patience::new(), tenant(), Instant::now());
        for _ in 0..TOLD.burst {
            patience.hold(tenant, refusal(), None).await;
        }
        let more = (0..TOLD.times / 2).map(|_| patience.hold(tenant, refusal(), None));
        let told = join_all(more).await;
        let took = begun.elapsed();
        assert!(took >= Duration::from_millis(450), "half a second's worth took {took:?}");
        assert!(told.iter().all(|told| told.retry_after == Some(WAIT_MIN)), "it was waited for");
        // Nothing of it is held: the first poll is the last.
        let told = patience.hold(self::tenant(), refusal(), None).now_or_never();
        assert_eq!(told, Some(refusal()), "another tenant is not concerned");
    }

    #[tokio::test]
    async fn nobody_is_held_for_longer_than_the_most_or_past_a_deadline() {
        let (patience, tenant, begun) = (Patience::new(), tenant(), Instant::now());
        join_all((0..900).map(|_| patience.hold(tenant, refusal(), None))).await;
        let took = begun.elapsed();
        assert!(took < 2 * HOLD_MAX, "900 at once took {took:?}, at their rate it is 18 s");
        let soon = Instant::now() + HOLD_MAX / 2;
        join_all((0..100).map(|_| patience.hold(tenant, refusal(), Some(soon)))).await;
        assert!(Instant::now() < soon + HOLD_MAX / 4, "{:?} after it", soon.elapsed());
        let past = patience.hold(tenant, refusal(), Some(Instant::now())).now_or_never();
        assert!(past.is_some(), "nobody waits for it any longer");
    }

    #[tokio::test]
    async fn no_more_are_held_than_there_are_places_and_all_are_given_back() {
        let (patience, tenant) = (Patience::new(), tenant());
        let places: Vec<_> = (0..HELD_OF_TENANT_MAX).map(|_| patience.0.place(tenant)).collect();
        assert!(places.iter().all(Option::is_some) && patience.0.place(tenant).is_none());
        assert!(patience.0.place(self::tenant()).is_some(), "another tenant has places");
        for _ in 0..2 * TOLD.burst {
            let told = patience.hold(tenant, refusal(), None).now_or_never();
            assert_eq!(told, Some(refusal()), "told at once");
        }
        drop(places);
        let held = patience.0.held.lock().expect("whole");
        assert!(held.all == 0 && held.of.is_empty(), "nothing is left behind");
    }
}
