//! How long whoever waits will still wait: the engine's estimate, from how the tenant's newest
//! interactions went through their lines, and from the floor for the place of one of them. What
//! the lines say is read at most every two seconds, however many ask.

use crate::context::Context;
use crate::error::{Error, Result};
use crate::{App, unavailable};
use domain::id::{InteractionId, QueueId, TenantId};
use domain::interaction::InteractionStatus;
use domain::refusal::{Reason, Refusal};
use domain::time::{Span, Timestamp};
use engine::wait::{self, Pace, Passage};
use moka::future::Cache;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use store::Passed;

pub use engine::wait::Calibration;

/// How long what the lines say is used.
const FRESH: Duration = Duration::from_secs(2);
/// How many tenants' lines are kept.
const TENANTS: u64 = 1_000;

/// What the line of a queue says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QueueLine {
    /// How fast it moves; none if too few left it lately.
    pub pace: Option<Pace>,
    /// What estimates were worth.
    pub calibration: Calibration,
}

/// What is told to whoever waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaitEstimate {
    /// The place in the line, from 1; zero while an agent is asked.
    pub position: usize,
    /// How many stand there.
    pub length: usize,
    /// How long it will still take; none if nothing is known.
    pub wait: Option<Span>,
    /// How many moves of the line that rests on.
    pub moved: usize,
    /// When that was.
    pub at: Timestamp,
}

type Told = Arc<BTreeMap<QueueId, QueueLine>>;

/// What the lines of tenants say, on this node.
#[derive(Clone)]
pub(crate) struct Lines(Cache<TenantId, Told>);

impl Default for Lines {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(TENANTS).time_to_live(FRESH).build())
    }
}

impl App {
    /// Where an interaction stands and how long it will still wait.
    ///
    /// # Errors
    /// Not found, `OUTSIDE_TEAM`, `INTERACTION_NOT_OPEN` if it does not wait.
    pub async fn wait_estimate(
        &self,
        context: &Context,
        id: InteractionId,
    ) -> Result<WaitEstimate> {
        let row = self.read(context).interaction(id).await?;
        let row = row.ok_or_else(|| Error::not_found("interaction", id))?;
        self.check_reads(&context.caller, &row).await?;
        let at = self.now().await?;
        if row.status == InteractionStatus::Offered {
            let wait = Some(Span::ZERO);
            return Ok(WaitEstimate { position: 0, length: 0, wait, moved: 0, at });
        }
        let floor = self.floor_since(context, row.last_seq).await?;
        let placed = tokio::task::spawn_blocking(move || wait::place(&floor, id, at));
        let Some((position, length)) = placed.await.map_err(|_| unavailable())? else {
            let refusal = Refusal::new(Reason::InteractionNotOpen);
            let refusal = refusal.with("interaction_id", id).with("status", row.status.word());
            return Err(Error(refusal));
        };
        let lines = self.lines(context.caller.tenant).await?;
        let pace = row.queue_id.and_then(|queue| lines.get(&queue)?.pace);
        Ok(WaitEstimate {
            position,
            length,
            wait: pace.map(|pace| pace.at_place(position)),
            moved: pace.map_or(0, |pace| pace.moved),
            at,
        })
    }

    /// What the lines of a tenant's queues say; queues of whose line nothing is known are left out.
    pub(crate) async fn lines(&self, tenant: TenantId) -> Result<Told> {
        let made = self.lines.0.try_get_with(tenant, self.read_lines(tenant)).await;
        made.map_err(|error: Arc<Error>| Error::clone(&error))
    }

    async fn read_lines(&self, tenant: TenantId) -> Result<Told> {
        let now = self.now().await?;
        let passed = self.store.tenant(tenant).passages(now).await?;
        let told = tokio::task::spawn_blocking(move || said(&passed, now));
        Ok(Arc::new(told.await.map_err(|_| unavailable())?))
    }
}

fn said(passed: &[Passed], now: Timestamp) -> BTreeMap<QueueId, QueueLine> {
    let mut lines: BTreeMap<QueueId, Vec<Passage>> = BTreeMap::new();
    for one in passed {
        if let Some(passage) = passage(one) {
            lines.entry(one.queue_id).or_default().push(passage);
        }
    }
    let line = |all: Vec<Passage>| QueueLine {
        pace: wait::pace(&all, now),
        calibration: wait::calibrate(&all, now),
    };
    lines.into_iter().map(|(queue, all)| (queue, line(all))).collect()
}

/// How it went through the line; none for what is set aside, or waited again after it was taken
/// and is in nobody's line any more.
fn passage(one: &Passed) -> Option<Passage> {
    let joined = one.enqueued_at;
    if let Some(taken) = one.accepted_at.filter(|at| *at >= joined) {
        return Some(Passage { joined, left: Some(taken), taken: true });
    }
    match (one.status, one.closed_at) {
        (InteractionStatus::Queued | InteractionStatus::Offered, _) => {
            Some(Passage { joined, left: None, taken: false })
        }
        (_, Some(left)) if one.accepted_at.is_none() => {
            Some(Passage { joined, left: Some(left), taken: false })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const JOINED: Timestamp = Timestamp::from_micros(1_800_000_000_000_000);

    fn passed(status: InteractionStatus, accepted: Option<i64>, closed: Option<i64>) -> Passed {
        let at = |seconds: i64| Timestamp::from_micros(JOINED.micros() + seconds * 1_000_000);
        let after = |seconds: Option<i64>| seconds.map(at);
        Passed {
            queue_id: QueueId::default(),
            enqueued_at: JOINED,
            status,
            accepted_at: after(accepted),
            closed_at: after(closed),
        }
    }

    #[test]
    fn ways_through_the_line() {
        let left = |one: &Passed| passage(one).map(|found| (found.left, found.taken));
        let after = |seconds| Some(JOINED + Span::from_secs(seconds));
        let taken = passed(InteractionStatus::Closed, Some(5), Some(90));
        assert_eq!(left(&taken), Some((after(5), true)));
        let gone = passed(InteractionStatus::Abandoned, None, Some(7));
        assert_eq!(left(&gone), Some((after(7), false)));
        assert_eq!(left(&passed(InteractionStatus::Queued, None, None)), Some((None, false)));
        let again = passed(InteractionStatus::Queued, Some(-60), None);
        assert_eq!(left(&again), Some((None, false)), "reopened, and waits");
        assert_eq!(left(&passed(InteractionStatus::Closed, Some(-60), Some(5))), None);
        assert_eq!(left(&passed(InteractionStatus::Parked, None, None)), None);
    }
}
