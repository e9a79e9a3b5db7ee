//! A floor in the making: events are recorded one after another as the ledger would, ids are
//! counted, time is a number. Also the floor's rows, as a store would hand them back, and what its
//! indexes must be, computed again from its entries alone.

use crate::book::Book;
use crate::naive::{self, nobody_waits_in_vain};
use domain::agent::{AgentSpec, Capacity, EffectiveStatus, PresenceStatus};
use domain::channel::ChannelKind;
use domain::escalation::{EscalationFact, Ladder};
use domain::event::{Actor, Change, ConsultFact, EndReason, Event, QueueReason, Recorded};
use domain::id::{
    AgentId, CustomerId, InteractionId, LabelId, OfferId, PlanId, QueueId, SkillId, TeamId,
};
use domain::interaction::{InteractionStatus, Priority, SkillRequirement, Traits};
use domain::offer::{Offer, OfferState};
use domain::plan::{PlanPin, PlanSpec, PlanStep};
use domain::queue::QueueSpec;
use domain::schedule::Duty;
use domain::sla::{Sla, SlaFact};
use domain::time::{Span, Timestamp};
use engine::floor::{
    AgentRow, Due, Floor, ItemRow, Snapshot, Touched, climb_down, take_in, touched,
};
use engine::routing::plan::{Ties, passed_at_start};
use engine::routing::{self, Assignment};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use uuid::Uuid;

/// Assignments after which routing is thought never to end.
const ROUTED_MAX: usize = 10_000;

/// Assignments made together at most.
pub(crate) const TOGETHER_MAX: usize = 256;

/// How promises and ladder of an interaction stand.
pub(crate) type Promised = (Option<Arc<Sla>>, Option<Arc<Ladder>>);

/// A floor and how far it is.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) floor: Floor,
    pub(crate) now: Timestamp,
    pub(crate) touched: Touched,
    /// Every version of every plan.
    pub(crate) pinned: Vec<(PlanId, i64, PlanSpec)>,
    /// All that was recorded, if it is kept.
    pub(crate) log: Option<Vec<Recorded>>,
    /// The legs as the log tells them.
    pub(crate) book: Book,
    ids: u128,
}

/// What an interaction asks for when it arrives.
#[derive(Clone)]
pub(crate) struct Wants {
    pub(crate) queue: QueueId,
    pub(crate) channel: ChannelKind,
    pub(crate) priority: Priority,
    pub(crate) skills: Vec<SkillRequirement>,
    pub(crate) target: Option<AgentId>,
    pub(crate) last_agent: Option<AgentId>,
    pub(crate) traits: Traits,
}

impl Wants {
    pub(crate) fn of(queue: QueueId) -> Self {
        Self {
            queue,
            channel: ChannelKind::Chat,
            priority: Priority::Low,
            skills: Vec::new(),
            target: None,
            last_agent: None,
            traits: Traits::default(),
        }
    }
}

impl World {
    pub(crate) fn new() -> Self {
        let now = Timestamp::from_micros(1_800_000_000_000_000);
        let (floor, touched) = (Floor::default(), Touched::default());
        let (pinned, log, book) = (Vec::new(), None, Book::default());
        Self { floor, now, touched, pinned, log, book, ids: 0 }
    }

    pub(crate) fn id<T: From<Uuid>>(&mut self) -> T {
        self.ids += 1;
        Uuid::from_u128(self.ids).into()
    }

    pub(crate) fn record(&mut self, event: Event) -> i64 {
        self.record_by(event, Actor::SYSTEM)
    }

    /// Records it, and what promises and advice make of it, as the ledger does.
    pub(crate) fn record_by(&mut self, event: Event, actor: Actor) -> i64 {
        self.end_advice_before(&event);
        let id = event.interaction_id().filter(|_| !matches!(event, Event::Sla(_)));
        let late = id.map(|id| self.floor.clocks_overdue(id, self.now)).unwrap_or_default();
        let chooses = engine::sla::chooses(&event);
        let sets_off = id.filter(|_| engine::floor::may_set_off(&event));
        let (freed, gone) = (event.frees(), gone(&event));
        let seq = self.append(event, actor);
        for fact in late {
            self.append(Event::Sla(fact), Actor::SYSTEM);
        }
        while let Some(fact) = sets_off.and_then(|id| self.floor.escalation_standing(id)) {
            self.append(Event::Escalation(fact), Actor::SYSTEM);
        }
        let terms = id.filter(|_| chooses).and_then(|id| self.floor.terms_due(id, || 0));
        if let (Some(interaction_id), Some(terms)) = (id, terms) {
            let terms = Box::new(terms);
            self.append(Event::Sla(SlaFact::Applied { interaction_id, terms }), Actor::SYSTEM);
        }
        if let Some(agent) = gone {
            self.end_advice_of(agent);
        }
        if let Some(event) = freed.and_then(|agent| self.floor.presence_due(agent)) {
            self.record(event);
        }
        seq
    }

    fn append(&mut self, event: Event, actor: Actor) -> i64 {
        let seq = self.floor.seq() + 1;
        self.touched.merge(touched(&event));
        self.book.apply(&event);
        let request_id = String::new();
        let recorded = Recorded { seq, at: self.now, actor, request_id, event };
        self.floor.apply(&recorded);
        if let Some(log) = &mut self.log {
            log.push(recorded);
        }
        seq
    }

    /// Records the event by which an interaction leaves the floor, and how its promises stand then.
    pub(crate) fn record_last(&mut self, event: Event, id: InteractionId) -> Promised {
        self.end_advice_before(&event);
        let held = self.floor.item(id).map(|item| (item.sla.clone(), item.ladder.clone()));
        let mut held = held.unwrap_or_default();
        let (actor, request_id, seq) = (Actor::SYSTEM, String::new(), self.floor.seq() + 1);
        let recorded = Recorded { seq, at: self.now, actor, request_id, event: event.clone() };
        take_in(&mut held.0, &recorded, self.floor.promises());
        climb_down(&mut held.1, &recorded);
        self.record(event);
        held
    }

    /// Tells what is overdue.
    pub(crate) fn tell(&mut self, id: InteractionId) {
        for fact in self.floor.clocks_overdue(id, self.now) {
            self.append(Event::Sla(fact), Actor::SYSTEM);
        }
        let left = self.floor.clocks_overdue(id, self.now);
        assert!(left.is_empty(), "what was told stays to be told: {left:?}");
    }

    /// Tells what is due of a ladder, with what follows from it.
    pub(crate) fn climb(&mut self, id: InteractionId) -> Vec<EscalationFact> {
        let mut told = Vec::new();
        while let Some(fact) = self.floor.escalation_due(id, self.now) {
            assert!(told.len() < 40, "a ladder has an end: {told:?}");
            self.record(Event::Escalation(fact.clone()));
            told.push(fact);
        }
        told
    }

    pub(crate) fn pass(&mut self, seconds: i64) {
        self.now = self.now + Span::from_secs(seconds);
    }

    pub(crate) fn queue(&mut self, spec: QueueSpec) -> QueueId {
        let id = self.id();
        self.save_queue(id, spec);
        id
    }

    pub(crate) fn save_queue(&mut self, queue_id: QueueId, spec: QueueSpec) {
        self.record(Event::QueueSaved { queue_id, spec, change: Change::Updated, version: 1 });
    }

    /// A new agent who is available.
    pub(crate) fn agent(&mut self, spec: AgentSpec) -> AgentId {
        let id = self.id();
        self.save_agent(id, spec);
        self.available(id);
        id
    }

    pub(crate) fn save_agent(&mut self, agent_id: AgentId, spec: AgentSpec) {
        self.record(Event::AgentSaved { agent_id, spec, change: Change::Updated, version: 1 });
    }

    pub(crate) fn available(&mut self, id: AgentId) {
        self.presence(id, PresenceStatus::Available, EffectiveStatus::Available);
    }

    pub(crate) fn presence(
        &mut self,
        agent_id: AgentId,
        intended: PresenceStatus,
        effective: EffectiveStatus,
    ) {
        let event = Event::AgentPresenceChanged {
            agent_id,
            intended,
            effective,
            lease_until: None,
            previous: None,
            next: None,
            channels: Vec::new(),
            duty: Duty::Unscheduled,
        };
        self.record(event);
    }

    pub(crate) fn arrive(&mut self, wants: &Wants) -> InteractionId {
        let interaction_id: InteractionId = self.id();
        let conversation_id = self.id();
        self.record(Event::InteractionCreated {
            interaction_id,
            conversation_id,
            customer_id: CustomerId::default(),
            channel: wants.channel,
            account_id: None,
            priority: wants.priority,
            rule_id: None,
            rule_version: 0,
            message_id: None,
        });
        let now = self.now;
        self.enqueue(interaction_id, wants, (now, now), 0);
        interaction_id
    }

    pub(crate) fn enqueue(
        &mut self,
        interaction_id: InteractionId,
        wants: &Wants,
        (enqueued_at, created_at): (Timestamp, Timestamp),
        offers_made: i32,
    ) {
        let enqueued_seq = self.floor.seq() + 1;
        let plan = self.pin(wants, created_at);
        self.record(Event::InteractionQueued {
            interaction_id,
            queue_id: wants.queue,
            channel: wants.channel,
            priority: wants.priority,
            required_skills: wants.skills.clone(),
            enqueued_at,
            enqueued_seq,
            target_agent_id: wants.target,
            offers_made,
            reason: QueueReason::Arrived,
            rule_id: None,
            plan,
            last_agent_id: wants.last_agent,
            overflowed_from: None,
            rule_version: 0,
            traits: wants.traits.clone(),
            ladder: self.floor.ladder_for(interaction_id, wants.queue, created_at, self.now),
        });
    }

    fn pin(&self, wants: &Wants, created_at: Timestamp) -> Option<PlanPin> {
        let plan_id = self.floor.queue(wants.queue)?.routing_plan_id?;
        let (version, spec) = self.floor.plan(plan_id)?;
        let (floor, since) = (&self.floor, self.now);
        let passed = passed_at_start(
            floor,
            spec,
            wants.queue,
            &wants.skills,
            Ties::of(wants.last_agent, &wants.traits),
        );
        let (failures, widened) = (Vec::new(), Vec::new());
        Some(PlanPin { plan_id, version, since, created_at, passed, failures, widened })
    }

    pub(crate) fn plan(&mut self, steps: Vec<PlanStep>) -> PlanId {
        let id = self.id();
        self.save_plan(id, PlanSpec { steps });
        id
    }

    pub(crate) fn save_plan(&mut self, plan_id: PlanId, spec: PlanSpec) {
        assert_eq!(spec.fault(), None, "a plan that would be refused");
        let version = self.floor.plan(plan_id).map_or(1, |(version, _)| version + 1);
        self.pinned.push((plan_id, version, spec.clone()));
        self.record(Event::PlanSaved { plan_id, spec, change: Change::Updated, version });
    }

    /// Lets time pass and opens the steps that are due.
    pub(crate) fn wait(&mut self, seconds: i64) {
        self.pass(seconds);
        self.floor.open_steps(self.now, usize::MAX);
    }

    /// Lets routing place what it can and records it; what it chose, in order.
    pub(crate) fn route(&mut self) -> Vec<Assignment> {
        let mut made = Vec::new();
        loop {
            let chosen = routing::next(&mut self.floor, self.now, TOGETHER_MAX);
            if chosen.is_empty() {
                return made;
            }
            assert!(made.len() < ROUTED_MAX, "routing does not end");
            for one in chosen {
                self.offer(one);
                made.push(one);
            }
        }
    }

    /// The same, one by one.
    pub(crate) fn route_singly(&mut self) -> Vec<Assignment> {
        let mut made = Vec::new();
        while let Some(chosen) = routing::one(&mut self.floor, self.now) {
            assert!(made.len() < ROUTED_MAX, "routing does not end");
            self.offer(chosen);
            made.push(chosen);
        }
        made
    }

    pub(crate) fn offer(&mut self, chosen: Assignment) -> OfferId {
        let item = self.floor.item(chosen.interaction_id).expect("it is open");
        let (channel, attempt) = (item.channel, item.offers_made + 1);
        let labels = item.traits.labels.clone();
        let timeout = routing::offer_timeout(&self.floor, chosen.interaction_id, chosen.agent_id);
        let (offer_id, expires_at) = (self.id(), self.now + timeout);
        self.record(Event::OfferMade {
            offer_id,
            interaction_id: chosen.interaction_id,
            agent_id: chosen.agent_id,
            queue_id: chosen.queue_id,
            channel,
            attempt,
            expires_at,
            shadow_agent_id: chosen.shadow,
            labels,
            override_limits: false,
        });
        offer_id
    }

    pub(crate) fn pending(&self, id: InteractionId) -> Option<&Offer> {
        let offer = self.floor.item(id)?.pending?;
        self.floor.leg(offer).map(AsRef::as_ref)
    }

    /// Who is asked about it now.
    pub(crate) fn asked(&self, id: InteractionId) -> Option<AgentId> {
        self.pending(id).map(|offer| offer.agent_id)
    }

    pub(crate) fn accept(&mut self, id: InteractionId) {
        let offer = self.pending(id).expect("an offer is open").clone();
        if let Some(owner) = self.floor.owner_leg(id).map(|leg| leg.id) {
            self.end(owner, OfferState::Completed, EndReason::Moved, None);
        }
        self.record(Event::OfferAccepted {
            offer_id: offer.id,
            interaction_id: id,
            agent_id: offer.agent_id,
        });
    }

    pub(crate) fn decline(&mut self, id: InteractionId) {
        let offer = self.pending(id).expect("an offer is open").clone();
        let spec = self.floor.queue(offer.queue_id).expect("it is there");
        let cool = spec.decline_cool_down;
        let until = (!cool.is_zero()).then(|| self.now + cool);
        self.end(offer.id, OfferState::Rejected, EndReason::Declined, until);
    }

    pub(crate) fn end(
        &mut self,
        id: OfferId,
        state: OfferState,
        reason: EndReason,
        cool_until: Option<Timestamp>,
    ) {
        let leg = self.floor.leg(id).expect("it lives").clone();
        if leg.is_consult() {
            let (interaction_id, agent_id) = (leg.interaction_id, leg.agent_id);
            let over = ConsultFact::Ended { offer_id: id, interaction_id, agent_id, state, reason };
            self.record(Event::Consult(over));
            return;
        }
        self.record(Event::OfferEnded {
            offer_id: id,
            interaction_id: leg.interaction_id,
            agent_id: leg.agent_id,
            state,
            reason,
            cool_until,
        });
    }

    /// Nothing that could be placed is left, counts are true, indexes are as computed anew.
    pub(crate) fn audit(&self, what: &str) {
        let left = routing::unplaced(&self.floor, self.now);
        assert!(left.is_empty(), "{what}: {left:?} wait although somebody could take them");
        nobody_waits_in_vain(&self.floor, self.now, what);
        self.book.check(&self.floor, what);
        audit_floor(&self.floor, what);
    }

    /// The floor's entries as rows, all or those touched.
    pub(crate) fn rows(&self, touched: Option<&Touched>) -> Snapshot {
        let (at, pinned) = (self.now, self.pinned.clone());
        Snapshot { at, pinned, ..rows(&self.floor, touched) }
    }
}

/// Who goes offline by it.
fn gone(event: &Event) -> Option<AgentId> {
    match event {
        Event::AgentPresenceChanged { agent_id, effective: EffectiveStatus::Offline, .. } => {
            Some(*agent_id)
        }
        _ => None,
    }
}

pub(crate) fn spec(units: u16) -> AgentSpec {
    let capacity = Capacity { units, ..Capacity::default() };
    AgentSpec { capacity, ..AgentSpec::default() }
}

pub(crate) fn skilled(units: u16, skills: &[(SkillId, u8)]) -> AgentSpec {
    AgentSpec { skills: skills.iter().copied().collect(), ..spec(units) }
}

pub(crate) fn in_teams(units: u16, teams: &[TeamId]) -> AgentSpec {
    AgentSpec { teams: teams.to_vec(), ..spec(units) }
}

pub(crate) fn need(skill_id: SkillId, min_level: u8) -> SkillRequirement {
    SkillRequirement { skill_id, min_level }
}

fn rows(floor: &Floor, touched: Option<&Touched>) -> Snapshot {
    fn wanted<T: Ord>(of: Option<&Vec<T>>, id: &T) -> bool {
        of.is_none_or(|ids| ids.contains(id))
    }
    let agent = |(id, agent): (&AgentId, &engine::floor::Agent)| AgentRow {
        id: *id,
        spec: agent.spec.as_ref().clone(),
        presence: agent.presence.clone(),
        idle_seq: agent.idle_seq,
        asked_seq: agent.asked_seq,
        sessions: agent.sessions.iter().map(|(id, session)| (*id, *session)).collect(),
        credit: agent.credit,
        time_off: agent.time_off.iter().map(|(id, absence)| (*id, *absence)).collect(),
    };
    let item = |(id, item): (&InteractionId, &engine::floor::Item)| ItemRow {
        id: *id,
        status: item.status,
        queue_id: item.queue_id,
        channel: item.channel,
        priority: item.priority,
        required_skills: item.required_skills.to_vec(),
        traits: item.traits.as_ref().clone(),
        enqueued_at: item.enqueued_at,
        enqueued_seq: item.enqueued_seq,
        target: item.target,
        cool_downs: item.cool_downs.clone(),
        offers_made: item.offers_made,
        last_agent: item.last_agent,
        plan: item.plan.as_ref().map(|plan| plan.pin.clone()),
        sla: item.sla.clone(),
        ladder: item.ladder.clone(),
        taken: item.taken,
        wake_at: item.wake_at,
    };
    let t = touched;
    let agents = floor.agents().filter(|(id, _)| wanted(t.map(|t| &t.agents), id));
    let teams = floor.teams().filter(|(id, _)| wanted(t.map(|t| &t.teams), id));
    let queues = floor.queues().filter(|(id, _)| wanted(t.map(|t| &t.queues), id));
    let rules = floor.rules().filter(|(id, _)| wanted(t.map(|t| &t.rules), id));
    let plans = floor.plans().filter(|(id, _)| wanted(t.map(|t| &t.plans), id));
    let accounts = floor.accounts().filter(|(id, _)| wanted(t.map(|t| &t.accounts), id));
    let items = floor.items().filter(|(id, _)| wanted(t.map(|t| &t.interactions), id));
    let legs = floor.legs().filter(|(id, _)| wanted(t.map(|t| &t.offers), id));
    Snapshot {
        seq: floor.seq(),
        agents: agents.map(agent).collect(),
        teams: teams.map(|(id, place)| (*id, *place)).collect(),
        queues: queues.map(|(id, spec)| (*id, spec.as_ref().clone())).collect(),
        rules: rules.map(|(id, held)| (*id, held.version, held.spec.as_ref().clone())).collect(),
        plans: plans.map(|(id, (version, spec))| (*id, *version, spec.as_ref().clone())).collect(),
        accounts: accounts.map(|(id, spec)| (*id, spec.clone())).collect(),
        settings: t.is_none_or(|t| t.settings).then(|| *floor.settings()),
        items: items.map(item).collect(),
        legs: legs.map(|(_, leg)| leg.as_ref().clone()).collect(),
        promises: t.is_none_or(|t| t.promises).then(|| floor.promises().clone()),
        ..Snapshot::default()
    }
}

/// Counts and indexes against the entries, by the long way round.
pub(crate) fn audit_floor(floor: &Floor, what: &str) {
    audit_use(floor, what);
    assert!(floor.items().all(|(_, item)| !item.rests()), "{what}: what rests is on the floor");
    audit_waiting(floor, what);
    let asked = |agent: &AgentId| {
        let pending = |leg: &Offer| leg.agent_id == *agent && leg.state == OfferState::Pending;
        floor.legs().filter(|(_, leg)| pending(leg)).count()
    };
    let mut free: Vec<_> = floor
        .agents()
        .filter(|(id, a)| a.credit == 0 || asked(id) < usize::from(a.credit))
        .filter(|(_, a)| a.presence.effective == EffectiveStatus::Available)
        .filter(|(id, a)| naive::may_have_room(floor, **id, a))
        .map(|(id, a)| (a.idle_seq, *id))
        .collect();
    free.sort_unstable();
    let held: Vec<_> = floor.free().map(|(id, a)| (a.idle_seq, id)).collect();
    assert_eq!(held, free, "{what}: agents with room");
    let far = Timestamp::from_micros(i64::MAX);
    // Cool-downs and openings that have fired are no longer due, and that is no fault.
    let cool = |due: &Due| {
        matches!(due, Due::CoolDown(_) | Due::Step(_) | Due::QueueHours(_) | Due::Shift(_))
    };
    let held: BTreeSet<Due> = floor.due(far, usize::MAX).into_iter().filter(|d| !cool(d)).collect();
    assert_eq!(held, dues(floor), "{what}: what is due");
}

fn audit_use(floor: &Floor, what: &str) {
    let mut used: BTreeMap<AgentId, BTreeMap<ChannelKind, u16>> = BTreeMap::new();
    let mut labels: BTreeMap<AgentId, BTreeMap<LabelId, u16>> = BTreeMap::new();
    let mut owners = BTreeSet::new();
    for (id, leg) in floor.legs() {
        assert!(leg.state.is_live(), "{what}: leg {id} has ended and is on the floor");
        *used.entry(leg.agent_id).or_default().entry(leg.channel).or_default() += 1;
        for label in &leg.labels {
            *labels.entry(leg.agent_id).or_default().entry(*label).or_default() += 1;
        }
        let item = floor.item(leg.interaction_id).expect("a leg is of an open interaction");
        if leg.is_consult() {
            assert_eq!(item.consult, Some(*id), "{what}: consult of {}", leg.interaction_id);
            assert_eq!(item.status, InteractionStatus::Active, "{what}: {}", leg.interaction_id);
        } else if leg.owns() {
            assert!(owners.insert(leg.interaction_id), "{what}: two owners");
            assert_eq!(item.owner, Some(*id), "{what}: owner of {}", leg.interaction_id);
        } else {
            assert_eq!(item.pending, Some(*id), "{what}: offer of {}", leg.interaction_id);
            assert_eq!(item.status, InteractionStatus::Offered, "{what}: {}", leg.interaction_id);
        }
    }
    for (id, agent) in floor.agents() {
        let counted: BTreeMap<_, _> = agent.used.iter().map(|(k, n)| (*k, *n)).collect();
        assert_eq!(counted, used.remove(id).unwrap_or_default(), "{what}: units of {id}");
        let counted: BTreeMap<_, _> = agent.used_labels.iter().map(|(k, n)| (*k, *n)).collect();
        assert_eq!(counted, labels.remove(id).unwrap_or_default(), "{what}: labels of {id}");
    }
    assert!(used.is_empty(), "{what}: legs of agents who are not there: {used:?}");
}

/// The labels of an item that any agent caps.
fn capped(floor: &Floor, item: &engine::floor::Item) -> Vec<LabelId> {
    let is_capped = |label: &&LabelId| {
        floor.agents().any(|(_, agent)| agent.spec.capacity.per_label.contains_key(label))
    };
    item.traits.labels.iter().filter(is_capped).copied().collect()
}

fn audit_waiting(floor: &Floor, what: &str) {
    for (queue, spec) in floor.queues() {
        let waits = |i: &engine::floor::Item| i.queue_id == Some(*queue) && i.status.is_waiting();
        let depth = floor.items().filter(|(_, item)| waits(item)).count();
        assert_eq!(floor.depth(*queue) as usize, depth, "{what}: depth of {queue}");
        let general = |item: &engine::floor::Item| {
            let newest = usize::from(item.seen.newest);
            let plan = item.plan.as_ref().filter(|_| item.target.is_none());
            plan.is_none_or(|plan| !plan.spec.is_sticky_at(newest))
        };
        let mut queued: Vec<_> = floor
            .items()
            .filter(|(_, item)| waits(item) && item.status == InteractionStatus::Queued)
            .filter(|(_, item)| general(item))
            .map(|(id, item)| {
                let credit = spec.priority_step.micros() * i64::from(item.priority.code() - 1);
                let plan = item.plan.as_ref();
                let more = plan.map_or(0, |plan| plan.credit(item.seen.opened).micros());
                let due = item.sla.as_ref().map_or(0, |sla| sla.urgency(item.enqueued_at).micros());
                let key = (item.enqueued_at.micros() - credit - more - due, item.enqueued_seq, *id);
                let place = plan.filter(|_| item.target.is_none());
                let place = place.map(|plan| (plan.pin.version, item.seen.newest));
                let sort = (item.channel, capped(floor, item));
                (sort, item.target, item.required_skills.to_vec(), place, key)
            })
            .collect();
        queued.sort_unstable();
        let mut held = Vec::new();
        for (signature, bucket) in floor.buckets(*queue) {
            assert!(!bucket.is_empty(), "{what}: an empty bucket stays");
            held.extend(bucket.iter().map(|(at, seq, id)| {
                let key = (at.micros(), *seq, *id);
                let place = signature.place.map(|place| (place.version, place.newest));
                let skills = signature.required_skills.to_vec();
                let sort = (signature.channel, signature.labels.clone());
                (sort, signature.target, skills, place, key)
            }));
        }
        held.sort_unstable();
        assert_eq!(held, queued, "{what}: order of {queue}");
    }
}

fn dues(floor: &Floor) -> BTreeSet<Due> {
    let legs = floor.legs().filter_map(|(id, leg)| match leg.state {
        OfferState::Pending => Some(Due::OfferTimeout(*id)),
        OfferState::Wrapping => Some(Due::WrapUp(*id)),
        _ => None,
    });
    let leases = floor.agents().filter(|(_, agent)| agent.presence.lease_until.is_some());
    let ticks =
        |item: &engine::floor::Item| item.sla.as_ref().is_some_and(|s| s.next_at().is_some());
    let clocks = floor.items().filter(|(_, item)| ticks(item)).map(|(id, _)| Due::Clock(*id));
    let gives_up = |item: &engine::floor::Item| {
        let spec = item.queue_id.and_then(|id| floor.queue(id));
        let untouched = !item.taken && floor.legs().all(|(id, _)| item.owner != Some(*id));
        let waits = item.status == InteractionStatus::Queued;
        waits && untouched && spec.is_some_and(|spec| !spec.max_wait.is_zero())
    };
    let ends = floor.items().filter(|(_, item)| gives_up(item)).map(|(id, _)| Due::MaxWait(*id));
    let climbs =
        |item: &engine::floor::Item| item.ladder.as_ref().is_some_and(|l| l.next_at().is_some());
    let rises = floor.items().filter(|(_, item)| climbs(item)).map(|(id, _)| Due::Escalation(*id));
    let sleeps = floor.items().filter(|(_, item)| item.wake_at.is_some());
    let wakes = sleeps.map(|(id, item)| {
        let set_aside = [InteractionStatus::Parked, InteractionStatus::Scheduled];
        assert!(set_aside.contains(&item.status), "only what is set aside wakes");
        Due::Wake(*id)
    });
    let booked = floor.agents().filter(|(_, agent)| !agent.time_off.is_empty());
    let agents = leases.map(|(id, _)| Due::Presence(*id));
    let agents = agents.chain(booked.map(|(id, _)| Due::TimeOff(*id)));
    legs.chain(agents).chain(clocks).chain(ends).chain(rises).chain(wakes).collect()
}

/// Chance from a seed: SplitMix64.
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() % n.max(1) as u64).expect("it is below n")
    }

    pub(crate) fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    pub(crate) fn of<T: Clone>(&mut self, list: &[T]) -> Option<T> {
        if list.is_empty() { None } else { Some(list[self.below(list.len())].clone()) }
    }
}
