//! What a log says of a past: who came and what became of them, when agents were there, what was
//! configured, and how offers were answered. It is folded into a [`History`] that can be played
//! again; what a replay cannot know is counted, so that it can be said.

use super::replay::{Answered, Arrival, History, How, Told};
use domain::event::{EndReason, Event, LifeFact, QueueReason, Recorded};
use domain::id::{AccountId, InteractionId, OfferId};
use domain::interaction::Priority;
use domain::time::{Span, Timestamp};
use std::collections::BTreeMap;

/// How long after the end it is still looked at how work ended.
pub const AFTER: Span = Span::from_secs(24 * 3_600);

/// Things that happened in a past and that a replay of it leaves out or keeps as they were.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unplayed {
    /// What waited or was worked on when it began.
    pub present: u64,
    /// What went to a queue again while it waited or was worked on: moved, transferred, released.
    pub moved: u64,
    /// What rested in between: parked, or to be called back later.
    pub rested: u64,
    /// Changes of priority, skills or language while it waited.
    pub updated: u64,
    /// Escalations.
    pub escalated: u64,
    /// What overflow sent elsewhere than was meant.
    pub overflowed: u64,
    /// Offers that somebody took back: what they would have been answered is not known.
    pub taken_back: u64,
    /// Work whose end the log does not tell.
    pub unended: u64,
    /// Queues and agents that were deleted; nothing more comes to the ones, the others are away.
    pub deleted: u64,
}

/// An interaction whose work is followed.
struct Followed {
    number: usize,
    at: Timestamp,
    offered: BTreeMap<OfferId, Timestamp>,
    /// Live legs, and since when.
    legs: BTreeMap<OfferId, Timestamp>,
    /// How long agents worked on it so far, in microseconds; none before somebody took it.
    worked: Option<i64>,
}

/// A past as far as its log is read.
pub struct Reading {
    past: History,
    followed: BTreeMap<InteractionId, Followed>,
    created: BTreeMap<InteractionId, (Option<AccountId>, Priority)>,
    within: Span,
    last_at: Timestamp,
}

impl Reading {
    /// Of what came between two instants; a wait up to `within` is prompt.
    #[must_use]
    pub fn new((from, to): (Timestamp, Timestamp), within: Span) -> Self {
        Self {
            past: History { from, to, ..History::default() },
            followed: BTreeMap::new(),
            created: BTreeMap::new(),
            within,
            last_at: from,
        }
    }

    /// Whether an event at this time is still of use.
    #[must_use]
    pub fn wants(&self, at: Timestamp) -> bool {
        at <= self.past.to + AFTER
    }

    /// Takes in the next event of the log.
    pub fn take_in(&mut self, recorded: &Recorded) {
        self.last_at = self.last_at.max(recorded.at);
        let History { from, to, .. } = self.past;
        if recorded.at < from {
            return self.past.floor.apply(recorded);
        }
        if is_circumstance(&recorded.event) {
            let (at, seq, event) = (recorded.at, recorded.seq, recorded.event.clone());
            self.past.told.push(Told { at, seq, event });
        } else if recorded.at < to {
            self.arrivals(recorded);
        }
        self.follow(recorded);
    }

    /// What was read, ready to be played.
    #[must_use]
    pub fn finish(mut self) -> History {
        for followed in self.followed.values() {
            self.past.unplayed.unended += u64::from(followed.worked.is_some());
        }
        self.past.unplayed.present = self.past.floor.items().count() as u64;
        self.past.to = self.past.to.min(self.last_at);
        self.past
    }

    fn arrivals(&mut self, recorded: &Recorded) {
        if let Event::InteractionCreated { interaction_id, account_id, priority, .. } =
            &recorded.event
        {
            self.created.insert(*interaction_id, (*account_id, *priority));
        }
        let Event::InteractionQueued { interaction_id, reason, overflowed_from, .. } =
            &recorded.event
        else {
            return;
        };
        if self.followed.contains_key(interaction_id) {
            return;
        }
        self.past.unplayed.overflowed += u64::from(overflowed_from.is_some());
        let created = self.created.remove(interaction_id);
        let Some(arrival) = arrival(recorded, created.and_then(|(account, _)| account)) else {
            return;
        };
        let (number, at, queue_id) = (self.past.arrivals.len(), arrival.at, arrival.queue_id);
        self.past.arrivals.push(arrival);
        self.past.seen.entry(queue_id).or_default().tally.offered += 1;
        // Only what arrives is judged by rules.
        if *reason != QueueReason::Arrived {
            self.past.arrivals[number].rule = None;
        }
        let (offered, legs) = (BTreeMap::new(), BTreeMap::new());
        let followed = Followed { number, at, offered, legs, worked: None };
        self.followed.insert(*interaction_id, followed);
    }

    /// How it went on with what arrived.
    fn follow(&mut self, recorded: &Recorded) {
        if let Event::QueueDeleted { .. } | Event::AgentDeleted { .. } = &recorded.event {
            self.past.unplayed.deleted += 1;
        }
        let Some(id) = recorded.event.interaction_id() else { return };
        let Some(followed) = self.followed.get_mut(&id) else { return };
        let Self { past, within, .. } = self;
        let arrival = &mut past.arrivals[followed.number];
        let seen = past.seen.entry(arrival.queue_id).or_default();
        let wait = recorded.at.since(followed.at).micros();
        match &recorded.event {
            Event::OfferMade { offer_id, .. } => {
                followed.offered.insert(*offer_id, recorded.at);
            }
            Event::OfferAccepted { offer_id, agent_id, .. } => {
                let since = followed.offered.remove(offer_id).unwrap_or(recorded.at);
                if followed.worked.is_none() {
                    let after = recorded.at.since(since).micros();
                    let answered = Answered { after, how: How::Accepted };
                    arrival.was.answers.push(answered);
                    seen.answers.push(answered);
                    arrival.was.taken = Some((*agent_id, wait));
                    seen.waited += i128::from(wait);
                    seen.tally.answered(wait, wait <= within.micros());
                }
                followed.worked = followed.worked.or(Some(0));
                followed.legs.insert(*offer_id, recorded.at);
            }
            Event::OfferEnded { offer_id, reason, .. } => {
                if let Some(since) = followed.legs.remove(offer_id) {
                    let more = recorded.at.since(since).micros();
                    followed.worked = followed.worked.map(|worked| worked + more);
                } else if let Some(since) = followed.offered.remove(offer_id)
                    && followed.worked.is_none()
                {
                    let answered =
                        Answered { after: recorded.at.since(since).micros(), how: how(*reason) };
                    arrival.was.answers.push(answered);
                    match answered.how {
                        How::TakenBack => past.unplayed.taken_back += 1,
                        _ => seen.answers.push(answered),
                    }
                }
            }
            Event::InteractionQueued { .. } if wait > 0 => past.unplayed.moved += 1,
            Event::InteractionUpdated { .. } if followed.worked.is_none() => {
                past.unplayed.updated += 1;
            }
            Event::InteractionEscalated { .. } => past.unplayed.escalated += 1,
            Event::Life(LifeFact::Parked { .. } | LifeFact::Scheduled { .. }) => {
                past.unplayed.rested += 1;
            }
            Event::InteractionResolved { .. } | Event::InteractionCancelled { .. } => {
                self.ended(id, recorded, true);
            }
            Event::Life(fact) if fact.ends_as().is_some() => {
                let gives_up = matches!(fact, LifeFact::Expired { .. });
                self.ended(id, recorded, !gives_up);
            }
            _ => {}
        }
    }

    /// It is over; where nobody took it, its customer left or its queue gave up.
    fn ended(&mut self, id: InteractionId, recorded: &Recorded, left: bool) {
        let Some(followed) = self.followed.remove(&id) else { return };
        let arrival = &mut self.past.arrivals[followed.number];
        let seen = self.past.seen.entry(arrival.queue_id).or_default();
        let Some(worked) = followed.worked else {
            let wait = recorded.at.since(followed.at).micros();
            arrival.was.left = left.then_some(wait);
            seen.waited += i128::from(wait);
            seen.left += u64::from(left);
            return seen.tally.left(wait, wait <= self.within.micros());
        };
        let live = followed.legs.values().map(|since| recorded.at.since(*since).micros());
        let worked = worked + live.sum::<i64>();
        arrival.was.worked = Some(worked);
        seen.handled.push(worked);
    }
}

/// What was so whatever routing did: who was there, and what was configured.
fn is_circumstance(event: &Event) -> bool {
    match event {
        Event::AgentSessionOpened { .. }
        | Event::AgentSessionClosed { .. }
        | Event::AgentPresenceChanged { .. }
        | Event::AgentSaved { .. }
        | Event::AgentDeleted { .. }
        | Event::TeamChanged { .. }
        | Event::QueueSaved { .. }
        | Event::QueueDeleted { .. }
        | Event::RuleSaved { .. }
        | Event::RuleDeleted { .. }
        | Event::PlanSaved { .. }
        | Event::PlanDeleted { .. }
        | Event::RoutingSettingsSaved { .. }
        | Event::AccountSaved { .. }
        | Event::AccountDeleted { .. }
        | Event::Schedule(_) => true,
        Event::Sla(fact) => fact.interaction_id().is_none(),
        _ => false,
    }
}

fn how(reason: EndReason) -> How {
    match reason {
        EndReason::Declined => How::Declined,
        EndReason::NoAnswer => How::Silent,
        _ => How::TakenBack,
    }
}

fn arrival(recorded: &Recorded, account_id: Option<AccountId>) -> Option<Arrival> {
    let Event::InteractionQueued {
        queue_id,
        channel,
        priority,
        required_skills,
        enqueued_at,
        target_agent_id,
        rule_id,
        last_agent_id,
        traits,
        ..
    } = &recorded.event
    else {
        return None;
    };
    Some(Arrival {
        at: recorded.at,
        seq: recorded.seq,
        queue_id: *queue_id,
        channel: *channel,
        account_id,
        priority: *priority,
        required_skills: required_skills.clone(),
        traits: traits.clone(),
        last_agent: *last_agent_id,
        target: *target_agent_id,
        // What had waited before keeps its age.
        enqueued_at: *enqueued_at,
        rule: *rule_id,
        was: super::replay::Was::default(),
    })
}
