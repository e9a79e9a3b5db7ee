//! The floor as it was: a tenant's log taken in up to a moment. The log holds all that routing
//! reads, so that any of its moments can be looked at with the code that routes now.
//!
//! The work is bounded: so many events a call, [`AT_ONCE_MAX`] calls at a time on a node. A floor
//! from before the interaction began is kept for the next question about it, which then begins
//! there; so is how far a call came that was to take in more than it may, so that asking again
//! reaches any moment, unless the floor is larger than all that is kept.

use crate::App;
use crate::error::Result;
use crate::ledger::payload;
use domain::event::{Event, LifeFact, Recorded};
use domain::id::{AgentId, InteractionId, RuleId, TenantId};
use domain::interaction::InteractionStatus;
use domain::refusal::{Reason, Refusal};
use domain::time::Timestamp;
use engine::floor::{Floor, Item};
use moka::sync::Cache;
use std::sync::Arc;
use store::{LogRow, TenantReader};
use tokio::sync::Semaphore;

/// How many events one call takes in if nothing else is set: about five seconds of a core, nearly
/// half of them for reading what is stored.
pub(crate) const EVENTS: u64 = 2_000_000;

/// How many calls take in a log at the same time on a node.
pub(crate) const AT_ONCE_MAX: usize = 2;

/// How many rows of the log are read at a time, at most.
const PAGE_MAX: u64 = 500;

/// How many bytes of kept floors a node holds.
const KEPT_BYTES_MAX: u64 = 256 << 20;

/// How long a floor is kept after it was last begun from.
const KEPT: std::time::Duration = std::time::Duration::from_secs(120);

/// A moment of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// After this event.
    Seq(i64),
    /// At this time.
    Time(Timestamp),
}

impl Moment {
    /// Whether it is not before what is kept.
    fn is_after(self, start: &Start) -> bool {
        match self {
            Self::Seq(seq) => seq >= start.floor.seq(),
            Self::Time(at) => at >= start.at,
        }
    }

    fn holds(self, event: &Recorded) -> bool {
        match self {
            Self::Seq(seq) => event.seq <= seq,
            Self::Time(at) => event.at <= at,
        }
    }
}

/// The floor at a moment, and what the log says of one interaction up to then.
#[derive(Clone, Debug)]
pub(crate) struct Past {
    /// As it was.
    pub(crate) floor: Floor,
    /// When that was.
    pub(crate) at: Timestamp,
    /// The rule that placed the interaction, with its version.
    pub(crate) rule: Option<(RuleId, i64)>,
    /// Who was asked right after the moment.
    pub(crate) asked: Option<AgentId>,
    /// The interaction while it rests where no floor holds it.
    pub(crate) resting: Option<Item>,
    /// Right before the interaction's last offer up to then.
    offered: Option<Box<Past>>,
    /// What it would begin from again.
    start: Start,
}

/// A place in the log with the floor there.
#[derive(Clone, Debug, Default)]
struct Start {
    generation: i64,
    at: Timestamp,
    floor: Floor,
}

/// Floors that questions may begin from, one a tenant.
#[derive(Clone, Debug)]
pub(crate) struct Starts {
    events_max: u64,
    kept: Cache<TenantId, Arc<Start>>,
    turns: Arc<Semaphore>,
}

impl Starts {
    /// None yet, where a call takes in so many events.
    pub(crate) fn new(events_max: u64) -> Self {
        let weight = |_: &TenantId, start: &Arc<Start>| {
            u32::try_from(start.floor.weight()).unwrap_or(u32::MAX)
        };
        let kept = Cache::builder().weigher(weight).max_capacity(KEPT_BYTES_MAX).time_to_idle(KEPT);
        Self { events_max, kept: kept.build(), turns: Arc::new(Semaphore::new(AT_ONCE_MAX)) }
    }
}

impl Past {
    /// What is now.
    pub(crate) fn now(floor: Floor, at: Timestamp, rule: Option<(RuleId, i64)>) -> Self {
        let start = Start::default();
        Self { floor, at, rule, asked: None, resting: None, offered: None, start }
    }

    fn from(start: &Start) -> Self {
        let (floor, at) = (start.floor.clone(), start.at);
        let start = start.clone();
        Self { floor, at, rule: None, asked: None, resting: None, offered: None, start }
    }

    /// What the next question about an interaction created then begins from.
    fn begin_from(&self, created_at: Timestamp) -> Start {
        if self.at < created_at {
            let Start { generation, .. } = self.start;
            return Start { generation, at: self.at, floor: self.floor.clone() };
        }
        self.start.clone()
    }

    /// Right before somebody was asked, if the interaction was offered or owned at the moment.
    pub(crate) fn before_offer(self, id: InteractionId) -> Self {
        let taken = |floor: &Floor| {
            let item = floor.item(id);
            item.is_some_and(|item| item.pending.or(item.owner).is_some())
                && item.is_some_and(|item| !is_queued(item) && !item.status.is_set_aside())
        };
        match self.offered {
            Some(offered) if taken(&self.floor) => *offered,
            _ => self,
        }
    }

    /// Takes in one event up to the moment.
    fn take_in(&mut self, event: &Recorded, id: InteractionId) {
        match &event.event {
            Event::InteractionCreated { interaction_id, rule_id, rule_version, .. }
            | Event::InteractionQueued { interaction_id, rule_id, rule_version, .. }
                if *interaction_id == id =>
            {
                if matches!(event.event, Event::InteractionCreated { .. }) {
                    self.start.floor = self.floor.clone();
                    self.start.at = self.at;
                }
                self.rule = rule_id.map(|rule| (rule, *rule_version)).or(self.rule);
            }
            Event::OfferMade { interaction_id, agent_id, .. } if *interaction_id == id => {
                let before = Self {
                    floor: self.floor.clone(),
                    at: event.at,
                    rule: self.rule,
                    asked: Some(*agent_id),
                    resting: None,
                    offered: None,
                    start: Start::default(),
                };
                self.offered = Some(Box::new(before));
            }
            _ => {}
        }
        let known = self.floor.item(id).cloned();
        self.floor.apply(event);
        if event.event.interaction_id() == Some(id) {
            self.rest(known, event, id);
        }
        self.at = event.at;
    }

    /// Remembers the interaction when it leaves the floor to rest, and until it comes back.
    fn rest(&mut self, known: Option<Item>, event: &Recorded, id: InteractionId) {
        let known = known.or_else(|| self.resting.take());
        self.resting = match &event.event {
            _ if self.floor.item(id).is_some() => None,
            Event::Life(LifeFact::Parked { agent_id, queue_id, rested, .. }) => {
                let told = rested.as_ref().map(|r| Item::parked_by(Some(*agent_id), *queue_id, r));
                told.or(known.map(|item| {
                    let (status, target) = (InteractionStatus::Parked, Some(*agent_id));
                    Item { status, target, owner: None, pending: None, wake_at: None, ..item }
                }))
            }
            Event::InteractionEscalated { priority, .. } => {
                known.map(|item| Item { priority: *priority, ..item })
            }
            updated @ Event::InteractionUpdated { .. } => known.map(|mut item| {
                item.update(updated);
                item
            }),
            Event::Life(_)
            | Event::InteractionResolved { .. }
            | Event::InteractionClosed { .. }
            | Event::InteractionCancelled { .. } => None,
            _ => known,
        };
    }

    /// Takes in the events of a row up to the moment; says whether it has come.
    fn take_row(&mut self, row: &LogRow, moment: Moment, id: InteractionId) -> Result<bool> {
        if row.first_seq > self.floor.seq() + 1 {
            // Older rows are gone: what was before them is not known.
            return Err(Refusal::new(Reason::MomentNotHeld).into());
        }
        let events = payload::events(row)?;
        let new = events.iter().position(|event| event.seq > self.floor.seq());
        let events = new.map_or(&[][..], |new| &events[new..]);
        let within = events.iter().take_while(|event| moment.holds(event)).count();
        for event in &events[..within] {
            self.take_in(event, id);
        }
        let asks = |event: &Recorded| match &event.event {
            Event::OfferMade { interaction_id, agent_id, .. } if *interaction_id == id => {
                Some(*agent_id)
            }
            _ => None,
        };
        let over = within < events.len();
        if over {
            self.asked = events[within..].iter().find_map(|event| asks(event));
        }
        Ok(over || moment == Moment::Seq(self.floor.seq()))
    }
}

fn is_queued(item: &Item) -> bool {
    item.status == InteractionStatus::Queued
}

impl App {
    /// The floor at a moment of the tenant's log, for questions about an interaction that was
    /// created then.
    ///
    /// # Errors
    /// `MOMENT_NOT_HELD`, `MOMENT_TOO_FAR`, and if the database cannot be reached.
    pub(crate) async fn past(
        &self,
        tenant: TenantId,
        moment: Moment,
        (id, created_at): (InteractionId, Timestamp),
    ) -> Result<Past> {
        let reader = self.store.tenant(tenant);
        let head = reader.head().await?;
        let (seq, generation) = head.map_or((0, 0), |head| (head.seq, head.generation));
        let now = self.now().await?;
        let ahead = match moment {
            Moment::Seq(wanted) => wanted > seq,
            Moment::Time(at) => at > now,
        };
        let not_held = || Refusal::new(Reason::MomentNotHeld).with("head_seq", seq);
        if ahead {
            return Err(not_held().into());
        }
        // A closed semaphore is none of ours.
        let turn = Arc::clone(&self.past.turns).acquire_owned().await;
        let turn = turn.map_err(|_| Refusal::new(Reason::ServiceUnavailable))?;
        let kept = self.past.kept.get(&tenant);
        let fits = |start: &Arc<Start>| {
            let before = start.at <= created_at && start.floor.item(id).is_none();
            start.generation == generation && before && moment.is_after(start)
        };
        let start = kept.filter(fits);
        let start = start.unwrap_or_else(|| Arc::new(Start { generation, ..Start::default() }));
        let most = self.past.events_max;
        let past = take_log(&reader, Past::from(&start), (moment, most), id).await;
        let (mut past, has_come) = past.map_err(|error| {
            if error.0.reason == Reason::MomentNotHeld { not_held().into() } else { error }
        })?;
        drop(turn);
        let begin = past.begin_from(created_at);
        if !has_come {
            let too_far = Refusal::new(Reason::MomentTooFar).with("max", most);
            let is_kept = begin.floor.weight() as u64 <= KEPT_BYTES_MAX;
            let reached = begin.floor.seq();
            self.past.kept.insert(tenant, Arc::new(begin));
            return Err(if is_kept { too_far.with("reached_seq", reached) } else { too_far }.into());
        }
        if past.floor.seq() == 0 {
            return Err(not_held().into());
        }
        if let Moment::Time(at) = moment {
            past.at = at;
        }
        self.past.kept.insert(tenant, Arc::new(begin));
        Ok(past)
    }
}

/// Takes the log in up to the moment, or as much of it as one call may; says whether the moment has
/// come. While one page of it is taken in, the next one is read.
async fn take_log(
    reader: &TenantReader,
    mut past: Past,
    (moment, most): (Moment, u64),
    id: InteractionId,
) -> Result<(Past, bool)> {
    let begun = past.floor.seq();
    // A row holds several events: a part of what may be taken in is read at a time.
    let page = u32::try_from((most / 10).clamp(1, PAGE_MAX)).unwrap_or(1);
    let mut rows = reader.log_after(begun, page).await?;
    while let Some(end) = rows.last().map(|row| row.last_seq) {
        let is_last = rows.len() < page as usize;
        let more =
            async { if is_last { Ok(Vec::new()) } else { reader.log_after(end, page).await } };
        let step = tokio::task::spawn_blocking(move || take_rows(past, &rows, moment, id));
        let (step, more) = tokio::join!(step, more);
        let (next, over) = step.map_err(|_| crate::unavailable())??;
        past = next;
        if over {
            break;
        }
        rows = more?;
        if !rows.is_empty() && past.floor.seq().abs_diff(begun) >= most {
            return Ok((past, false));
        }
    }
    Ok((past, true))
}

fn take_rows(
    mut past: Past,
    rows: &[LogRow],
    moment: Moment,
    id: InteractionId,
) -> Result<(Past, bool)> {
    for row in rows {
        if past.take_row(row, moment, id)? {
            return Ok((past, true));
        }
    }
    Ok((past, false))
}
