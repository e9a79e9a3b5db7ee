//! How often callers may call: per key, per tenant, per hook, and how often an address may come
//! with a credential that is none. Each is a meter (the generic cell rate algorithm: one instant
//! per subject says when its allowance is whole again), so a refusal knows exactly how long to
//! wait. A subject whose allowance is whole is forgotten; beyond [`SUBJECTS_MAX`] newcomers share
//! one place.

pub mod patience;

use domain::id::{PrincipalId, TenantId};
use domain::refusal::{Reason, Refusal};
use domain::tenant::Caller;
use domain::time::Span;
use patience::Patience;
use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hash};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Most subjects that a meter knows at once; about 4 MiB each.
pub const SUBJECTS_MAX: usize = 65_536;

/// How much of an IPv6 address tells callers apart: the part a network gives to one of them.
const NETWORK_BITS: u32 = 64;

/// How often something may happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// So many times in [`Rate::per`]; zero for as often as anybody likes.
    pub times: u32,
    /// The span they are counted over.
    pub per: Duration,
    /// So many at once after a rest.
    pub burst: u32,
}

impl Rate {
    /// So many a second.
    #[must_use]
    pub const fn per_second(times: u32, burst: u32) -> Self {
        Self { times, per: Duration::from_secs(1), burst }
    }
}

/// The rates of all subjects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateBounds {
    /// Calls and openings of streams of one key or other principal.
    pub key: Rate,
    /// Those of all keys of one tenant.
    pub tenant: Rate,
    /// Webhooks posted to one account.
    pub account: Rate,
    /// Wrong credentials from one address.
    pub address: Rate,
}

/// What was used up of the rates. Clones share it.
#[derive(Clone, Debug)]
pub struct Rates(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    principals: Meter<PrincipalId>,
    tenants: Meter<TenantId>,
    accounts: Meter<u64>,
    addresses: Meter<IpAddr>,
    patience: Patience,
    names: RandomState,
}

impl Rates {
    /// Rates of which nothing was used.
    #[must_use]
    pub fn new(bounds: &RateBounds) -> Self {
        Self(Arc::new(Inner {
            principals: Meter::new(bounds.key),
            tenants: Meter::new(bounds.tenant),
            accounts: Meter::new(bounds.account),
            addresses: Meter::new(bounds.address),
            patience: Patience::new(),
            names: RandomState::new(),
        }))
    }

    /// Counts a call of this caller. What the key's own rate refuses is not held against its
    /// tenant.
    ///
    /// # Errors
    /// `RATE_LIMITED`, saying which limit and how long to wait.
    pub fn call(&self, caller: &Caller) -> Result<(), Refusal> {
        let now = Instant::now();
        self.0.principals.take(caller.principal, now).map_err(|wait| limited("key", wait))?;
        self.0.tenants.take(caller.tenant, now).map_err(|wait| limited("tenant", wait))
    }

    /// What a caller is told who came too often, when it is time to tell it; see [`patience`].
    pub async fn turn_away(
        &self,
        caller: &Caller,
        refusal: Refusal,
        until: Option<Instant>,
    ) -> Refusal {
        if refusal.reason != Reason::RateLimited {
            return refusal;
        }
        self.0.patience.hold(caller.tenant, refusal, until).await
    }

    /// Counts a webhook that is posted to this hook.
    ///
    /// # Errors
    /// How long its sender has to wait.
    pub fn hook(&self, name: &str) -> Result<(), Duration> {
        // A name is whatever a stranger wrote; its hash has a size.
        self.0.accounts.take(self.0.names.hash_one(name), Instant::now())
    }

    /// Lets an address try a credential, unless too many of its tries were wrong.
    ///
    /// # Errors
    /// `RATE_LIMITED`.
    pub fn may_try(&self, address: Option<IpAddr>) -> Result<(), Refusal> {
        let Some(address) = address.map(network) else { return Ok(()) };
        let wait = self.0.addresses.wait(address, Instant::now());
        wait.map_or(Ok(()), |wait| Err(limited("address", wait)))
    }

    /// Remembers that an address came with a credential that is none.
    pub fn tried_wrongly(&self, address: Option<IpAddr>) {
        if let Some(address) = address.map(network) {
            // It was let in; the next try will not be.
            let _ = self.0.addresses.take(address, Instant::now());
        }
    }
}

/// What of an address stands for one caller.
#[must_use]
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => {
            let bits = address.to_bits();
            Ipv6Addr::from_bits(bits >> NETWORK_BITS << NETWORK_BITS).into()
        }
    }
}

fn limited(limit: &'static str, wait: Duration) -> Refusal {
    let micros = i64::try_from(wait.as_nanos().div_ceil(1000)).unwrap_or(i64::MAX);
    let refusal = Refusal::new(Reason::RateLimited).with("limit", limit);
    refusal.retry_after(Span::from_micros(micros))
}

/// A rate, and what each subject has used of it.
#[derive(Debug)]
struct Meter<K> {
    /// Nanoseconds one time costs; zero if nothing is counted.
    cost: u64,
    /// Nanoseconds that may be used ahead.
    ahead: u64,
    begin: Instant,
    used: Mutex<Used<K>>,
}

/// When the allowance of each subject is whole again, in nanoseconds since the beginning.
#[derive(Debug)]
struct Used<K> {
    whole_at: HashMap<K, u64>,
    /// Of all whom there is no place for.
    others: u64,
    /// When the map was last looked through.
    swept: u64,
}

impl<K: Hash + Eq + Copy> Meter<K> {
    fn new(rate: Rate) -> Self {
        let per = u64::try_from(rate.per.as_nanos()).unwrap_or(u64::MAX);
        let cost = per.checked_div(rate.times.into()).unwrap_or(0);
        let used = Used { whole_at: HashMap::new(), others: 0, swept: 0 };
        let ahead = cost.saturating_mul(rate.burst.max(1).into());
        Self { cost, ahead, begin: Instant::now(), used: Mutex::new(used) }
    }

    /// Uses one time of a subject's allowance, or says how long to wait for it.
    fn take(&self, subject: K, now: Instant) -> Result<(), Duration> {
        if self.cost == 0 {
            return Ok(());
        }
        let now = self.nanos(now);
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let (ahead, cost) = (self.ahead, self.cost);
        let whole_at = used.place(subject, now, ahead);
        let next = (*whole_at).max(now).saturating_add(cost);
        let over = (next - now).saturating_sub(ahead);
        if over > 0 {
            return Err(Duration::from_nanos(over));
        }
        *whole_at = next;
        Ok(())
    }

    /// Uses one time of a subject's allowance ahead of its instant and says how long that is away;
    /// none, and nothing is used, if it is longer than `most`.
    fn book(&self, subject: K, now: Instant, most: Duration) -> Option<Duration> {
        if self.cost == 0 {
            return Some(Duration::ZERO);
        }
        let now = self.nanos(now);
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let (ahead, cost) = (self.ahead, self.cost);
        let whole_at = used.place(subject, now, ahead);
        let next = (*whole_at).max(now).saturating_add(cost);
        let away = Duration::from_nanos((next - now).saturating_sub(ahead));
        if away > most {
            return None;
        }
        *whole_at = next;
        Some(away)
    }

    /// How long a subject has to wait until one time is allowed; none if it is now.
    fn wait(&self, subject: K, now: Instant) -> Option<Duration> {
        if self.cost == 0 {
            return None;
        }
        let now = self.nanos(now);
        let used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let others = if used.is_full() { used.others } else { 0 };
        let whole_at = used.whole_at.get(&subject).copied().unwrap_or(others);
        let over = (whole_at.max(now) + self.cost - now).saturating_sub(self.ahead);
        (over > 0).then(|| Duration::from_nanos(over))
    }

    fn nanos(&self, now: Instant) -> u64 {
        u64::try_from(now.saturating_duration_since(self.begin).as_nanos()).unwrap_or(u64::MAX / 2)
    }
}

impl<K: Hash + Eq + Copy> Used<K> {
    fn is_full(&self) -> bool {
        self.whole_at.len() >= SUBJECTS_MAX
    }

    /// The place of a subject. A full map is looked through at most as often as allowances can
    /// become whole.
    fn place(&mut self, subject: K, now: u64, ahead: u64) -> &mut u64 {
        if self.is_full() && now >= self.swept.saturating_add(ahead / 2) {
            self.swept = now;
            self.whole_at.retain(|_, whole_at| *whole_at > now);
        }
        if self.is_full() && !self.whole_at.contains_key(&subject) {
            return &mut self.others;
        }
        self.whole_at.entry(subject).or_insert(0)
    }
}

#[cfg(test)]
mod tests;
