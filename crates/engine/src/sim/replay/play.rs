//! One playing of a past. Who gets whom is decided by the router that routes live; nothing here
//! chooses. What happened at the same instant of the log happens together here too, before routing
//! looks, as in the batch it was.

use super::draws::{Drawn, Draws};
use super::{Answered, History, How, is_there, presence_of, present, without_lease};
use crate::floor::{Due, Floor};
use crate::routing::plan::{self, Ties};
use crate::routing::{self, Assignment};
use crate::sim::past::AFTER;
use crate::sim::tally::{Counts, Tally};
use crate::sim::times::Stand;
use crate::sla::tier_key;
use domain::agent::PresenceStatus;
use domain::event::{Actor, Change, EndReason, Event, QueueReason, Recorded};
use domain::id::{AgentId, InteractionId, OfferId, QueueId};
use domain::interaction::InteractionStatus;
use domain::offer::OfferState;
use domain::plan::PlanPin;
use domain::queue::{AssignmentMode, QueueSpec};
use domain::sla::SlaFact;
use domain::time::{Span, Timestamp};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use uuid::Uuid;

/// How many assignments are made at a time, as in a batch of the ledger.
const TOGETHER: usize = 256;

/// How many timers are looked at between two other things.
const DUE_MAX: usize = 4_096;

/// How many offers of one arrival are answered as is drawn; the next one is taken at once.
const OFFERS_MAX: usize = 64;

/// What a playing came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Played {
    /// The counts.
    pub counts: Counts,
    /// Who took each arrival, and after which wait, in microseconds; none if nobody did.
    pub taken: Vec<Option<(AgentId, i64)>>,
}

/// What happens next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Next {
    Told(usize),
    Arrive(usize),
    Answer(usize, usize),
    Leave(usize),
    Done(usize),
}

/// How one arrival stands.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    /// How many offers of it were made.
    offers: usize,
    /// Who is asked.
    asked: Option<AgentId>,
    /// Who took it, and when.
    taken: Option<(AgentId, i64)>,
    gone: bool,
}

struct Replay<'a> {
    history: &'a History,
    draws: Draws,
    floor: Floor,
    now: Timestamp,
    /// When timers were last looked at.
    looked: Timestamp,
    seq: i64,
    heap: BinaryHeap<Reverse<(Timestamp, i64, Next)>>,
    places: Vec<Place>,
    /// How many came and are neither done nor gone.
    open: usize,
    stands: BTreeMap<AgentId, Stand>,
    /// Whether agents' work counts no more.
    over: bool,
    tallies: BTreeMap<QueueId, Tally>,
    within: i64,
}

/// Plays it once. A wait up to `within` is prompt.
#[must_use]
pub fn replay(history: &History, draws: Draws, within: Span) -> Played {
    let mut replay = Replay {
        history,
        draws,
        floor: history.floor.clone(),
        now: history.from,
        looked: Timestamp::default(),
        seq: history.floor.seq(),
        heap: BinaryHeap::new(),
        places: vec![Place::default(); history.arrivals.len()],
        open: 0,
        stands: BTreeMap::new(),
        over: false,
        tallies: history.seen.keys().map(|queue| (*queue, Tally::default())).collect(),
        within: within.micros(),
    };
    replay.clear();
    replay.furnish();
    replay.finish()
}

fn interaction(number: usize) -> InteractionId {
    InteractionId(Uuid::from_u128((1 << 64) | number as u128))
}

fn number(id: InteractionId) -> usize {
    usize::try_from(id.0.as_u64_pair().1).unwrap_or(usize::MAX)
}

/// The offer of this number of an arrival, counted from 1.
fn offer_id(number: usize, offer: usize) -> OfferId {
    OfferId(Uuid::from_u128(((1 + offer as u128) << 64) | number as u128))
}

/// After everything that the log tells of the same instant.
const LAST: i64 = i64::MAX;

impl Replay<'_> {
    fn record(&mut self, mut event: Event) {
        // When agents would take work nobody knows: whoever is free gets it.
        if let Event::QueueSaved { spec, .. } = &mut event {
            spec.assignment_mode = AssignmentMode::Push;
        }
        self.seq += 1;
        let (seq, at, actor) = (self.seq, self.now, Actor::SYSTEM);
        self.floor.apply(&Recorded { seq, at, actor, request_id: String::new(), event });
    }

    fn plan(&mut self, at: Timestamp, next: Next) {
        self.heap.push(Reverse((at, LAST, next)));
    }

    /// Takes away what waits or is worked on.
    fn clear(&mut self) {
        let ids: Vec<InteractionId> = self.floor.items().map(|(id, _)| *id).collect();
        for interaction_id in ids {
            let item = self.floor.item(interaction_id);
            let legs = item.map(|item| [item.pending, item.owner]).unwrap_or_default();
            for offer in legs.into_iter().flatten() {
                let Some(leg) = self.floor.leg(offer).cloned() else { continue };
                self.end(offer, (interaction_id, leg.agent_id), EndReason::Done);
            }
            self.record(Event::InteractionCancelled { interaction_id, previous: None });
        }
    }

    fn end(&mut self, id: OfferId, (what, agent_id): (InteractionId, AgentId), reason: EndReason) {
        let state = match reason {
            EndReason::Declined => OfferState::Rejected,
            EndReason::NoAnswer => OfferState::TimedOut,
            EndReason::Unavailable => OfferState::Rescinded,
            EndReason::CustomerLeft => OfferState::Cancelled,
            _ => OfferState::Completed,
        };
        let refuses = matches!(reason, EndReason::Declined | EndReason::NoAnswer);
        let queue = self.floor.item(what).filter(|_| refuses).and_then(|item| item.queue_id);
        let cools = queue.and_then(|queue| self.floor.queue(queue));
        let cools = cools.map(|spec| spec.decline_cool_down).filter(|span| !span.is_zero());
        let cool_until = cools.map(|span| self.now + span);
        let interaction_id = what;
        self.record(Event::OfferEnded {
            offer_id: id,
            interaction_id,
            agent_id,
            state,
            reason,
            cool_until,
        });
    }

    fn furnish(&mut self) {
        let agents: Vec<(AgentId, bool, bool)> = self
            .floor
            .agents()
            .map(|(id, agent)| (*id, agent.is_available(), agent.presence.lease_until.is_some()))
            .collect();
        for (agent_id, there, leased) in agents {
            let since = self.now.micros();
            self.stands.insert(agent_id, Stand { there, since, ..Stand::default() });
            let held = self.floor.agent(agent_id).filter(|_| leased);
            if let Some(event) = held.map(|agent| presence_of(agent_id, agent)) {
                self.record(event);
            }
        }
        let pulls = |spec: &QueueSpec| spec.assignment_mode == AssignmentMode::Pull;
        let queues = self.floor.queues().filter(|(_, spec)| pulls(spec));
        let queues: Vec<_> = queues.map(|(id, spec)| (*id, QueueSpec::clone(spec))).collect();
        for (queue_id, spec) in queues {
            let (change, version) = (Change::Updated, 0);
            self.record(Event::QueueSaved { queue_id, spec, change, version });
        }
        for (index, told) in self.history.told.iter().enumerate() {
            self.heap.push(Reverse((told.at, told.seq, Next::Told(index))));
        }
        self.await_arrival(0);
    }

    fn await_arrival(&mut self, number: usize) {
        if let Some(next) = self.history.arrivals.get(number) {
            self.heap.push(Reverse((next.at, next.seq, Next::Arrive(number))));
        }
    }

    fn finish(mut self) -> Played {
        let last = self.history.to + AFTER;
        loop {
            let next = self.heap.peek().map(|Reverse((at, ..))| *at);
            let waits = self.floor.depth_of_all() > 0;
            let due = self.floor.next_due_after(self.looked).filter(|_| waits);
            let Some(at) = next.into_iter().chain(due).min().filter(|at| *at <= last) else {
                break;
            };
            if at > self.history.to {
                self.close();
                if self.open == 0 {
                    break;
                }
            }
            // A timer that was due while nothing waited is looked at late.
            self.now = self.now.max(at);
            while let Some(next) = self.take_next() {
                self.act(next);
            }
            if due.is_some_and(|due| due <= self.now) {
                self.timers();
                self.looked = self.now;
            }
            self.route();
        }
        self.close();
        let agents = self.stands.values().map(|stand| (stand.worked, stand.been)).collect();
        let events = (self.seq - self.history.floor.seq()).unsigned_abs();
        let (classes, labels) = (self.tallies.into_values().collect(), Vec::new());
        let counts = Counts { classes, labels, agents, events };
        Played { counts, taken: self.places.iter().map(|place| place.taken).collect() }
    }

    /// What happens at this instant.
    fn take_next(&mut self) -> Option<Next> {
        let Reverse((at, ..)) = self.heap.peek()?;
        if *at > self.now {
            return None;
        }
        self.heap.pop().map(|Reverse((_, _, next))| next)
    }

    /// Agents' work no longer counts: the past is over, whoever may still be served.
    fn close(&mut self) {
        if !self.over {
            let until = self.history.to.max(self.history.from).micros();
            self.stands.values_mut().for_each(|stand| stand.tick(until));
            self.over = true;
        }
    }

    fn timers(&mut self) {
        let now = self.now;
        for due in self.floor.due(now, DUE_MAX) {
            match due {
                Due::CoolDown(id) => self.floor.cool_down_over(id, now),
                Due::Step(id) => self.floor.open_step(id, now),
                Due::QueueHours(id) => self.floor.queue_hours_over(id, now),
                // Agents' duty is as the log tells it.
                Due::Shift(id) => self.floor.shift_over(id, now),
                Due::TimeOff(id) => self.floor.forget_time_off(id),
                // The queue gives up, which counts as leaving.
                Due::MaxWait(id) => self.leave(number(id)),
                Due::OfferTimeout(id) => {
                    let leg = self.floor.leg(id).map(|leg| (leg.interaction_id, leg.agent_id));
                    if let Some((what, agent)) = leg {
                        self.places[number(what)].asked = None;
                        self.end(id, (what, agent), EndReason::NoAnswer);
                    }
                }
                Due::Clock(id) => {
                    for fact in self.floor.clocks_overdue(id, now) {
                        self.record(Event::Sla(fact));
                    }
                }
                // Nothing rests, wraps up or climbs here, and presence is as it was.
                _ => {}
            }
        }
    }

    fn act(&mut self, next: Next) {
        match next {
            Next::Told(index) => self.tell(index),
            Next::Arrive(number) => self.arrive(number),
            Next::Answer(number, offer) => self.answer(number, offer),
            Next::Leave(number) => self.leave(number),
            Next::Done(number) => self.done(number),
        }
    }

    fn tell(&mut self, index: usize) {
        let told = &self.history.told[index].event;
        match told {
            // Others may work in it or wait for it here than did then.
            Event::QueueDeleted { .. } => {}
            Event::AgentDeleted { agent_id } => self.present(*agent_id, present(*agent_id, false)),
            Event::AgentPresenceChanged { agent_id, .. } => self.present(*agent_id, told.clone()),
            _ => self.record(told.clone()),
        }
    }

    /// An agent comes, goes or is there otherwise; offers to whoever goes return.
    fn present(&mut self, agent_id: AgentId, event: Event) {
        if self.floor.agent(agent_id).is_none() {
            return;
        }
        let Event::AgentPresenceChanged { intended, effective, .. } = &event else { return };
        let (goes, there) = (*intended != PresenceStatus::Available, is_there(*effective));
        self.tick(agent_id).there = there;
        self.record(without_lease(event));
        let legs = self.floor.agent(agent_id).filter(|_| goes).map(|agent| agent.legs.clone());
        for offer in legs.into_iter().flatten() {
            let asked = self.floor.leg(offer).filter(|leg| leg.state == OfferState::Pending);
            let Some(what) = asked.map(|leg| leg.interaction_id) else { continue };
            self.places[number(what)].asked = None;
            self.end(offer, (what, agent_id), EndReason::Unavailable);
        }
    }

    /// The stand of an agent, brought up to now.
    fn tick(&mut self, agent_id: AgentId) -> &mut Stand {
        let (now, over) = (self.now.micros(), self.over);
        let new = Stand { since: now, ..Stand::default() };
        let stand = self.stands.entry(agent_id).or_insert(new);
        if !over {
            stand.tick(now);
        }
        stand
    }

    fn arrive(&mut self, number: usize) {
        self.await_arrival(number + 1);
        let arrival = &self.history.arrivals[number];
        let Some(spec) = self.floor.queue(arrival.queue_id).cloned() else { return };
        let plan = spec.routing_plan_id.and_then(|plan_id| {
            let (version, spec) = self.floor.plan(plan_id)?;
            let skills = &arrival.required_skills;
            let ties = Ties::of(arrival.last_agent, &arrival.traits);
            let passed = plan::passed_at_start(&self.floor, spec, arrival.queue_id, skills, ties);
            let (since, created_at) = (self.now, arrival.enqueued_at);
            let (failures, widened) = (Vec::new(), Vec::new());
            Some(PlanPin { plan_id, version, since, created_at, passed, failures, widened })
        });
        let interaction_id = interaction(number);
        self.record(Event::InteractionQueued {
            interaction_id,
            queue_id: arrival.queue_id,
            channel: arrival.channel,
            priority: arrival.priority,
            required_skills: arrival.required_skills.clone(),
            enqueued_at: arrival.enqueued_at,
            enqueued_seq: self.seq + 1,
            target_agent_id: arrival.target.filter(|id| self.floor.agent(*id).is_some()),
            offers_made: 0,
            reason: QueueReason::Arrived,
            rule_id: None,
            plan,
            last_agent_id: arrival.last_agent,
            overflowed_from: None,
            rule_version: 0,
            traits: arrival.traits.clone(),
            ladder: None,
        });
        let tier = || tier_key(&arrival.traits.tier);
        if let Some(terms) = self.floor.terms_due(interaction_id, tier) {
            let terms = Box::new(terms);
            self.record(Event::Sla(SlaFact::Applied { interaction_id, terms }));
        }
        self.open += 1;
        self.tallies.entry(arrival.queue_id).or_default().offered += 1;
        if let Some(patience) = self.drawn(number).patience() {
            self.plan(self.now + patience, Next::Leave(number));
        }
    }

    fn drawn(&self, number: usize) -> Drawn<'_> {
        Drawn::of(self.history, number, self.draws)
    }

    fn leave(&mut self, number: usize) {
        let Some(place) = self.places.get_mut(number) else { return };
        if place.taken.is_some() || std::mem::replace(&mut place.gone, true) {
            return;
        }
        self.open -= 1;
        let interaction_id = interaction(number);
        let (asked, offer) = (place.asked.take(), place.offers);
        if let Some(agent) = asked {
            let (id, what) = (offer_id(number, offer), (interaction_id, agent));
            self.end(id, what, EndReason::CustomerLeft);
        }
        let previous = Some(InteractionStatus::Queued);
        self.record(Event::InteractionCancelled { interaction_id, previous });
        let arrival = &self.history.arrivals[number];
        let wait = self.now.since(arrival.at).micros();
        let prompt = wait <= self.within;
        self.tallies.entry(arrival.queue_id).or_default().left(wait, prompt);
    }

    fn done(&mut self, number: usize) {
        let Place { offers, taken, .. } = self.places[number];
        let Some((agent_id, _)) = taken else { return };
        let interaction_id = interaction(number);
        let id = offer_id(number, offers);
        self.end(id, (interaction_id, agent_id), EndReason::Done);
        self.record(Event::InteractionResolved { interaction_id, wrap_up_code: String::new() });
        self.open -= 1;
        let stand = self.tick(agent_id);
        stand.working = stand.working.saturating_sub(1);
    }

    fn route(&mut self) {
        loop {
            let made = routing::next(&mut self.floor, self.now, TOGETHER);
            if made.is_empty() {
                return;
            }
            for assignment in made {
                self.offer(assignment);
            }
        }
    }

    fn offer(&mut self, assignment: Assignment) {
        let Assignment { interaction_id, agent_id, queue_id, shadow } = assignment;
        let number = number(interaction_id);
        let timeout = routing::offer_timeout(&self.floor, interaction_id, agent_id);
        let place = &mut self.places[number];
        place.offers += 1;
        place.asked = Some(agent_id);
        let offer = place.offers;
        self.record(Event::OfferMade {
            offer_id: offer_id(number, offer),
            interaction_id,
            agent_id,
            queue_id,
            channel: self.history.arrivals[number].channel,
            attempt: i32::try_from(offer).unwrap_or(i32::MAX),
            expires_at: self.now + timeout,
            shadow_agent_id: shadow,
            labels: self.history.arrivals[number].traits.labels.clone(),
            override_limits: false,
        });
        match self.answer_of(number, offer) {
            Answered { how: How::Accepted, after } if after <= 0 => self.take(number),
            // One that is not answered ends when its time is over, by the floor's own timer.
            Answered { how: How::Silent | How::TakenBack, .. } => {}
            Answered { after, .. } => {
                self.plan(self.now + Span::from_micros(after), Next::Answer(number, offer));
            }
        }
    }

    fn answer_of(&self, number: usize, offer: usize) -> Answered {
        let known = offer <= OFFERS_MAX;
        let drawn = known.then(|| self.drawn(number).answer(offer - 1)).flatten();
        drawn.unwrap_or(Answered::AT_ONCE)
    }

    fn answer(&mut self, number: usize, offer: usize) {
        let place = &mut self.places[number];
        let Some(agent) = place.asked.filter(|_| place.offers == offer) else { return };
        if self.answer_of(number, offer).how == How::Declined {
            self.places[number].asked = None;
            let id = offer_id(number, offer);
            return self.end(id, (interaction(number), agent), EndReason::Declined);
        }
        self.take(number);
    }

    /// Whoever is asked takes it.
    fn take(&mut self, number: usize) {
        let place = &mut self.places[number];
        let Some(agent_id) = place.asked.take() else { return };
        let (offer, interaction_id) = (place.offers, interaction(number));
        let arrival = &self.history.arrivals[number];
        let wait = self.now.since(arrival.at).micros();
        place.taken = Some((agent_id, wait));
        let id = offer_id(number, offer);
        self.record(Event::OfferAccepted { offer_id: id, interaction_id, agent_id });
        let prompt = wait <= self.within;
        self.tallies.entry(arrival.queue_id).or_default().answered(wait, prompt);
        self.tick(agent_id).working += 1;
        let work = self.drawn(number).work();
        self.plan(self.now + work, Next::Done(number));
    }
}
