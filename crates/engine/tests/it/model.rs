//! Random histories as the ledger's commands would write them: agents come and go, work arrives, is
//! offered, taken, declined, moved and finished, time passes.

use crate::naive;
use crate::support::{Chance, TOGETHER_MAX, Wants, World};
use domain::agent::{AgentSpec, Capacity, EffectiveStatus, Place, PresenceStatus};
use domain::channel::ChannelKind;
use domain::event::{EndReason, Event, LifeFact, WakeReason};
use domain::id::{
    AgentId, CalendarId, InteractionId, OfferId, PlanId, QueueId, SkillId, TeamId, TenantId,
};
use domain::interaction::{InteractionStatus, Priority, SkillRequirement, Traits};
use domain::offer::OfferState;
use domain::plan::{After, PlanSpec, PlanStep, StepClock, Sticky};
use domain::queue::{QueueSpec, RoutingSettings, Strategy, Tuning, WorkOrder};
use domain::sla::Sla;
use domain::time::{Span, Timestamp};
use engine::floor::Due;
use engine::routing::{self, Assignment};
use std::collections::BTreeMap;
use std::sync::Arc;

mod consult;
mod labels;
mod parked;
mod promises;
mod pulled;
mod rules;
mod scheduled;
mod shifts;
mod there;

/// The most agents, queues and open interactions at a time.
const AGENTS: usize = 7;
const QUEUES: usize = 4;
const OPEN: usize = 25;
const PLANS: usize = 3;

const LANGUAGES: &[&str] = &["", "de", "pt", "pt-BR"];
const PLACES: &[Place] = &[Place { north: 0, east: 0 }, Place { north: 9_000_000, east: 500_000 }];

#[derive(Clone)]
pub(crate) struct Model {
    pub(crate) world: World,
    teams: Vec<TeamId>,
    skills: Vec<SkillId>,
    resolved: Vec<(InteractionId, Wants, Option<Arc<Sla>>, bool)>,
    parked: BTreeMap<InteractionId, parked::Parked>,
    calendars: Vec<CalendarId>,
    busy: bool,
}

type Step = (&'static str, fn(&mut Model, &mut Chance));

const STEPS: &[Step] = &[
    ("arrive", Model::arrive),
    ("arrive", Model::arrive),
    ("arrive by rules", Model::arrive_by_rules),
    ("save rule", Model::save_rule),
    ("delete rule", Model::delete_rule),
    ("accept", Model::accept),
    ("accept", Model::accept),
    ("decline", Model::decline),
    ("decline", Model::decline),
    ("take", Model::take),
    ("take", Model::take),
    ("take", Model::take),
    ("give over limits", Model::give_over_limits),
    ("presence", Model::presence),
    ("presence", Model::presence),
    ("presence later", Model::presence_later),
    ("presence later", Model::presence_later),
    ("session", Model::session),
    ("save agent", Model::save_agent),
    ("save agent", Model::save_agent),
    ("save settings", Model::save_settings),
    ("delete agent", Model::delete_agent),
    ("delete agent", Model::delete_agent),
    ("save queue", Model::save_queue),
    ("delete queue", Model::delete_queue),
    ("delete queue", Model::delete_queue),
    ("save plan", Model::save_plan),
    ("save plan", Model::save_plan),
    ("wrap", Model::wrap),
    ("resolve", Model::resolve),
    ("cancel", Model::cancel),
    ("abandon", Model::abandon),
    ("park", Model::park),
    ("park", Model::park),
    ("park again", Model::park_again),
    ("wake", Model::wake),
    ("call back", Model::call_back),
    ("schedule", Model::schedule),
    ("schedule", Model::schedule),
    ("call now", Model::call_now),
    ("reopen", Model::reopen),
    ("move", Model::move_on),
    ("move", Model::move_on),
    ("update", Model::update),
    ("save calendar", Model::save_calendar),
    ("save schedule", Model::save_schedule),
    ("book time off", Model::book_time_off),
    ("book time off", Model::book_time_off),
    ("withdraw time off", Model::withdraw_time_off),
    ("save policy", Model::save_policy),
    ("save policy", Model::save_policy),
    ("delete policy", Model::delete_policy),
    ("say", Model::say),
    ("say", Model::say),
    ("say", Model::say),
    ("time", Model::time),
    ("time", Model::time),
];

/// Half the steps of a busy floor: agents come and take what they are offered, and need advice.
const BUSY: &[Step] = &[
    ("come", Model::come),
    ("come", Model::come),
    ("come", Model::come),
    ("go", Model::go),
    ("arrive", Model::arrive),
    ("accept", Model::accept),
    ("accept", Model::accept),
    ("accept", Model::accept),
    ("consult", Model::consult),
    ("consult", Model::consult),
    ("consult", Model::consult),
    ("answer consult", Model::answer_consult),
    ("answer consult", Model::answer_consult),
    ("end consult", Model::end_consult),
    ("warm transfer", Model::warm_transfer),
];

impl Model {
    pub(crate) fn new() -> Self {
        let mut world = World::new();
        let teams = (0..2).map(|_| world.id()).collect();
        let skills = (0..2).map(|_| world.id()).collect();
        let calendars = (0..2).map(|_| world.id()).collect();
        let parked = BTreeMap::new();
        let (resolved, busy) = (Vec::new(), false);
        let mut model = Self { world, teams, skills, resolved, calendars, parked, busy };
        model.world.queue(QueueSpec::default());
        model
    }

    /// Where agents are there and work, so that owners ask for advice.
    pub(crate) fn busy() -> Self {
        Self { busy: true, ..Self::new() }
    }

    /// Does something that is possible now and says what.
    pub(crate) fn step(&mut self, chance: &mut Chance) -> &'static str {
        for _ in 0..100 {
            let steps = if self.busy && chance.one_in(2) { BUSY } else { STEPS };
            let (name, act) = steps[chance.below(steps.len())];
            let before = (self.world.floor.seq(), self.world.now);
            act(self, chance);
            if before != (self.world.floor.seq(), self.world.now) {
                return name;
            }
        }
        panic!("nothing is possible any more");
    }

    /// Routes, and checks each choice by rules spelled out once more.
    pub(crate) fn route(&mut self, what: &str) {
        let mut made = 0;
        loop {
            let chosen = routing::next(&mut self.world.floor, self.world.now, TOGETHER_MAX);
            if chosen.is_empty() {
                return;
            }
            for one in chosen {
                self.check(one, what);
                self.world.offer(one);
                made += 1;
            }
            assert!(made < 1000, "{what}: routing does not end");
        }
    }

    /// One choice, by rules spelled out once more.
    fn check(&self, chosen: Assignment, what: &str) {
        let floor = &self.world.floor;
        let item = floor.item(chosen.interaction_id).expect("it is open");
        let agent = floor.agent(chosen.agent_id).expect("they are there");
        let spec = floor.queue(chosen.queue_id).expect("it is there");
        assert_eq!(item.status, InteractionStatus::Queued, "{what}");
        assert_eq!(item.queue_id, Some(chosen.queue_id), "{what}");
        assert!(!naive::waits_to_be_taken(floor, item), "{what}: asked where nobody is");
        assert_eq!(agent.presence.effective, EffectiveStatus::Available, "{what}");
        let ready = &agent.presence.channels;
        assert!(ready.is_empty() || ready.contains(&item.channel), "{what}: not ready for it");
        let stops = agent.presence.next.is_some_and(|next| next != PresenceStatus::Available);
        assert!(!stops, "{what}: they stop after their work");
        let mine = || floor.legs().filter(|(_, leg)| leg.agent_id == chosen.agent_id);
        let asked = mine().filter(|(_, leg)| leg.state == OfferState::Pending).count();
        let credit = usize::from(agent.credit);
        assert!(credit == 0 || asked < credit, "{what}: over the consoles' credit");
        let legs = mine();
        let channels: Vec<ChannelKind> = legs.map(|(_, leg)| leg.channel).collect();
        let capacity = &agent.spec.capacity;
        let fits = naive::fits(floor, chosen.agent_id, agent, item.channel);
        assert!(fits, "{what}: over the cap");
        if let Some(cap) = capacity.per_channel.get(&item.channel) {
            let used = channels.iter().filter(|c| **c == item.channel).count();
            assert!(used < usize::from(*cap), "{what}: over the channel's cap");
        }
        let (id, now) = (chosen.agent_id, self.world.now);
        labels::check(floor, item, (id, agent), what);
        let meant = naive::is_meant_for(floor, item, id, agent, now);
        assert!(meant, "{what}: for somebody whom no open step is for");
        let owner = floor.owner_leg(chosen.interaction_id).map(|leg| leg.agent_id);
        assert_ne!(owner, Some(chosen.agent_id), "{what}: the owner's own transfer");
        let shadow = spec.tuning.shadow.is_some();
        assert_eq!(chosen.shadow.is_some(), shadow, "{what}: the shadow's choice");
    }

    fn agents(&self) -> Vec<AgentId> {
        self.world.floor.agents().map(|(id, _)| *id).collect()
    }

    fn queues(&self) -> Vec<QueueId> {
        self.world.floor.queues().map(|(id, _)| *id).collect()
    }

    fn items(&self, keep: impl Fn(&engine::floor::Item) -> bool) -> Vec<InteractionId> {
        self.world.floor.items().filter(|(_, item)| keep(item)).map(|(id, _)| *id).collect()
    }

    fn wants(&self, chance: &mut Chance) -> Option<Wants> {
        Some(Wants {
            queue: chance.of(&self.queues())?,
            channel: chance.of(&[ChannelKind::Chat, ChannelKind::Voice])?,
            priority: chance.of(Priority::ALL)?,
            skills: self.needs(chance),
            target: None,
            last_agent: chance.of(&self.agents()).filter(|_| chance.one_in(2)),
            traits: Traits {
                language: chance.of(LANGUAGES)?.to_owned(),
                tier: chance.of(&["", "gold"])?.to_owned(),
                place: chance.of(PLACES),
                account_owner_id: chance.of(&self.agents()).filter(|_| chance.one_in(3)),
                labels: labels::some(chance),
            },
        })
    }

    fn needs(&self, chance: &mut Chance) -> Vec<SkillRequirement> {
        let mut needs = Vec::new();
        for skill in &self.skills {
            if chance.one_in(4) {
                let min_level = 1 + u8::try_from(chance.below(5)).expect("it is small");
                needs.push(SkillRequirement { skill_id: *skill, min_level });
            }
        }
        needs
    }

    fn arrive(&mut self, chance: &mut Chance) {
        if self.world.floor.items().count() >= OPEN {
            return;
        }
        if let Some(wants) = self.wants(chance) {
            self.world.arrive(&wants);
        }
    }

    fn accept(&mut self, chance: &mut Chance) {
        if let Some(id) = chance.of(&self.items(|item| item.pending.is_some())) {
            let agent = self.world.asked(id).expect("an offer is open");
            self.stir(agent);
            self.world.accept(id);
        }
    }

    fn decline(&mut self, chance: &mut Chance) {
        if let Some(id) = chance.of(&self.items(|item| item.pending.is_some())) {
            let agent = self.world.asked(id).expect("an offer is open");
            self.stir(agent);
            self.world.decline(id);
        }
    }

    fn stir(&mut self, id: AgentId) {
        let presence = &self.world.floor.agent(id).expect("they are there").presence;
        if presence.effective == EffectiveStatus::NotResponding {
            // Who chose to stop after their work is not asked again.
            let (intended, lease) = (presence.intended, presence.lease_until);
            self.set(id, intended, intended.effective(presence.next), lease);
        }
    }

    fn set(
        &mut self,
        agent_id: AgentId,
        intended: PresenceStatus,
        effective: EffectiveStatus,
        lease_until: Option<Timestamp>,
    ) {
        let presence = &self.world.floor.agent(agent_id).expect("they are there").presence;
        // What was chosen for later and for channels outlives what is not a choice.
        let keeps = presence.intended == intended;
        let next = presence.next.filter(|_| keeps);
        let channels = if keeps { presence.channels.clone() } else { Vec::new() };
        self.choose(agent_id, (intended, effective), lease_until, (next, channels));
    }

    fn choose(
        &mut self,
        agent_id: AgentId,
        (intended, effective): (PresenceStatus, EffectiveStatus),
        lease_until: Option<Timestamp>,
        (next, channels): (Option<PresenceStatus>, Vec<ChannelKind>),
    ) {
        let duty = self.world.floor.agent(agent_id).map(|agent| agent.presence.duty);
        let duty = duty.unwrap_or_default();
        let event = Event::AgentPresenceChanged {
            agent_id,
            intended,
            effective: duty.bounds(effective),
            lease_until,
            previous: None,
            next,
            channels,
            duty,
        };
        self.world.record(event);
    }

    fn presence(&mut self, chance: &mut Chance) {
        let Some(id) = chance.of(&self.agents()) else { return };
        let (intended, effective) = match chance.below(5) {
            0 => (PresenceStatus::Break, EffectiveStatus::Unavailable),
            1 => (PresenceStatus::Offline, EffectiveStatus::Offline),
            _ => (PresenceStatus::Available, EffectiveStatus::Available),
        };
        let bare = self.world.floor.agent(id).is_some_and(|agent| agent.sessions.is_empty());
        let leased = bare && effective != EffectiveStatus::Offline;
        let lease = leased.then(|| self.world.now + Span::from_secs(45));
        let kinds = [ChannelKind::Voice, ChannelKind::Chat].into_iter();
        let channels: Vec<ChannelKind> =
            if chance.one_in(3) { kinds.filter(|_| chance.one_in(2)).collect() } else { vec![] };
        self.choose(id, (intended, effective), lease, (None, channels));
        if effective != EffectiveStatus::Available {
            self.take_back(id, OfferState::Rescinded, EndReason::Unavailable);
        }
    }

    fn take_back(&mut self, id: AgentId, state: OfferState, reason: EndReason) {
        let legs = self.world.floor.legs();
        let open: Vec<OfferId> = legs
            .filter(|(_, leg)| leg.agent_id == id && leg.state == OfferState::Pending)
            .map(|(leg, _)| *leg)
            .collect();
        for offer in open {
            self.world.end(offer, state, reason, None);
        }
    }

    fn save_agent(&mut self, chance: &mut Chance) {
        let known = self.agents();
        let id = match chance.of(&known) {
            Some(id) if known.len() >= AGENTS || chance.one_in(2) => id,
            _ => self.world.id(),
        };
        let mut spec = AgentSpec::default();
        spec.teams.extend(self.teams.iter().copied().filter(|_| chance.one_in(2)));
        for skill in &self.skills {
            if chance.one_in(2) {
                let level = 1 + u8::try_from(chance.below(8)).expect("it is small");
                spec.skills.insert(*skill, level);
            }
        }
        let mut caps = std::collections::BTreeMap::new();
        if chance.one_in(3) {
            caps.insert(ChannelKind::Voice, u16::try_from(chance.below(2)).expect("it is small"));
        }
        let units = u16::try_from(chance.below(4)).expect("it is small");
        let mut costs = std::collections::BTreeMap::new();
        if chance.one_in(3) {
            costs.insert(ChannelKind::Voice, 1 + u16::try_from(chance.below(2)).expect("small"));
        }
        let interruptible = chance.of(&[ChannelKind::Voice, ChannelKind::Chat]);
        let interruptible = interruptible.filter(|_| chance.one_in(3)).into_iter().collect();
        let per_label = labels::caps(chance);
        spec.capacity = Capacity { units, per_channel: caps, costs, interruptible, per_label };
        spec.rank = u8::try_from(chance.below(3)).expect("it is small");
        spec.languages.extend(chance.of(LANGUAGES).map(str::to_owned));
        spec.place = chance.of(PLACES);
        spec.schedule_id = chance.of(&self.schedules()).filter(|_| chance.one_in(2));
        self.world.save_agent(id, spec);
        self.take_turn(id);
    }

    fn save_settings(&mut self, chance: &mut Chance) {
        let order = chance.of(WorkOrder::ALL).expect("there are some");
        let gap_step = Span::from_secs(30 * i64::try_from(chance.below(40)).expect("small"));
        let version = self.world.floor.settings().version + 1;
        let updated_at = self.world.now;
        let settings = RoutingSettings { order, gap_step, version, updated_at };
        self.world.record(Event::RoutingSettingsSaved { tenant_id: TenantId::SYSTEM, settings });
    }

    fn delete_agent(&mut self, chance: &mut Chance) {
        let floor = &self.world.floor;
        let idle: Vec<AgentId> = floor
            .agents()
            .filter(|(_, agent)| agent.legs.is_empty() && agent.sessions.is_empty())
            .filter(|(id, _)| !floor.items().any(|(_, item)| item.target == Some(**id)))
            .map(|(id, _)| *id)
            .collect();
        if let Some(agent_id) = chance.of(&idle) {
            self.world.record(Event::AgentDeleted { agent_id });
        }
    }

    fn save_queue(&mut self, chance: &mut Chance) {
        let known = self.queues();
        let id = match chance.of(&known) {
            Some(id) if known.len() >= QUEUES || chance.one_in(2) => id,
            _ => self.world.id(),
        };
        let secs = |chance: &mut Chance, n| {
            Span::from_secs(10 * i64::try_from(chance.below(n)).expect("small"))
        };
        let mut spec = QueueSpec {
            strategy: chance.of(Strategy::ALL).expect("there are some"),
            priority_step: secs(chance, 9),
            offer_timeout: Span::from_secs(20),
            wrap_up_limit: secs(chance, 3),
            decline_cool_down: secs(chance, 6),
            ..QueueSpec::default()
        };
        spec.assignment_mode = pulled::mode(chance);
        spec.max_wait = if chance.one_in(3) { secs(chance, 20) } else { Span::ZERO };
        spec.tuning = Tuning {
            shadow: chance.of(Strategy::ALL).filter(|_| chance.one_in(2)),
            weight: 1 + u16::try_from(chance.below(9)).expect("it is small"),
            ageing_knee: secs(chance, 9),
            ageing_percent: 50 * u16::try_from(chance.below(5)).expect("it is small"),
            vip_tiers: vec!["gold".to_owned()],
            ..Tuning::default()
        };
        if chance.one_in(3) {
            spec.teams.extend(chance.of(&self.teams));
        }
        if chance.one_in(4) {
            spec.required_skills = self.needs(chance);
        }
        let plans: Vec<PlanId> = self.world.floor.plans().map(|(id, _)| *id).collect();
        spec.routing_plan_id = chance.of(&plans).filter(|_| !chance.one_in(3));
        if chance.one_in(3) {
            let known = |id: &&CalendarId| self.world.floor.promises().calendar(**id).is_some();
            spec.calendar_id = self.calendars.iter().find(known).copied();
        }
        let ladders: Vec<_> = self.world.floor.promises().ladders.keys().copied().collect();
        spec.escalation_policy_id = chance.of(&ladders).filter(|_| !chance.one_in(3));
        self.world.save_queue(id, spec);
    }

    fn save_plan(&mut self, chance: &mut Chance) {
        let known: Vec<PlanId> = self.world.floor.plans().map(|(id, _)| *id).collect();
        let id = match chance.of(&known) {
            Some(id) if known.len() >= PLANS || chance.one_in(2) => id,
            _ => self.world.id(),
        };
        let spec = self.plan(chance);
        if spec.fault().is_none() {
            self.world.save_plan(id, spec);
        }
    }

    fn plan(&self, chance: &mut Chance) -> PlanSpec {
        let mut steps = Vec::new();
        for index in 0..=chance.below(4) {
            let mut step = self.plan_step(chance);
            if index == 0 {
                step = PlanStep {
                    after: None,
                    offers_failed: 0,
                    when_absent: false,
                    replace: false,
                    ..step
                };
            }
            steps.push(step);
        }
        PlanSpec { steps }
    }

    fn plan_step(&self, chance: &mut Chance) -> PlanStep {
        let after = After {
            clock: chance.of(StepClock::ALL).expect("there are some"),
            span: Span::from_secs(5 * i64::try_from(chance.below(9)).expect("small")),
        };
        let mut step = PlanStep {
            after: Some(after).filter(|_| !chance.one_in(3)),
            offers_failed: u8::from(chance.one_in(3)),
            when_absent: chance.one_in(3),
            ..PlanStep::default()
        };
        if chance.one_in(4) {
            step.sticky = chance.of(&[Sticky::LastAgent, Sticky::AccountOwner]);
        } else if chance.one_in(6) {
            step.sticky = chance.of(&self.agents()).map(Sticky::Agent);
        }
        if step.sticky.is_some() {
            step.when_absent = false;
        }
        step.teams.extend(chance.of(&self.teams).filter(|_| chance.one_in(3)));
        step.any_team = chance.one_in(4);
        step.queue_id = chance.of(&self.queues()).filter(|_| chance.one_in(5));
        step.lower_levels = u8::try_from(chance.below(4)).expect("it is small");
        step.drop_skills.extend(chance.of(&self.skills).filter(|_| chance.one_in(4)));
        step.credit = Span::from_secs(10 * i64::try_from(chance.below(4)).expect("small"));
        step.strategy = chance.of(&[Strategy::LongestIdle]).filter(|_| chance.one_in(3));
        step.offer_timeout = Some(Span::from_secs(7)).filter(|_| chance.one_in(3));
        step.replace = chance.one_in(4);
        step
    }

    fn delete_queue(&mut self, chance: &mut Chance) {
        let floor = &self.world.floor;
        let held = |id: &QueueId| floor.items().any(|(_, item)| item.queue_id == Some(*id));
        let unused: Vec<QueueId> = self.queues().into_iter().filter(|id| !held(id)).collect();
        if let Some(queue_id) = chance.of(&unused)
            && self.queues().len() > 1
        {
            self.world.record(Event::QueueDeleted { queue_id });
        }
    }

    fn wrap(&mut self, chance: &mut Chance) {
        let active = self.items(|item| item.status == InteractionStatus::Active);
        let Some(id) = chance.of(&active) else { return };
        let leg = self.world.floor.owner_leg(id).expect("it is owned").clone();
        let wrap_until = self.world.now + Span::from_secs(15);
        self.world.record(Event::InteractionWrapping {
            interaction_id: id,
            offer_id: leg.id,
            agent_id: leg.agent_id,
            wrap_until,
        });
    }

    /// Ends whatever lives of it; what has ended rests no longer either.
    fn end_all(&mut self, id: InteractionId, state: OfferState, reason: EndReason) {
        self.parked.remove(&id);
        let item = self.world.floor.item(id).expect("it is open").clone();
        if let Some(pending) = item.pending {
            self.world.end(pending, OfferState::Cancelled, EndReason::Ended, None);
        }
        if let Some(owner) = item.owner {
            self.world.end(owner, state, reason, None);
        }
    }

    fn resolve(&mut self, chance: &mut Chance) {
        if let Some(id) = chance.of(&self.items(|_| true)) {
            self.finish(id);
        }
    }

    fn finish(&mut self, id: InteractionId) {
        let item = self.world.floor.item(id).expect("it is open").clone();
        let wants = Wants {
            queue: item.queue_id.expect("it was queued"),
            channel: item.channel,
            priority: item.priority,
            skills: item.required_skills.to_vec(),
            target: None,
            last_agent: None,
            traits: item.traits.as_ref().clone(),
        };
        self.end_all(id, OfferState::Completed, EndReason::Done);
        let resolved =
            Event::InteractionResolved { interaction_id: id, wrap_up_code: String::new() };
        let (sla, _) = self.world.record_last(resolved, id);
        self.resolved.push((id, wants, sla, item.taken));
    }

    fn cancel(&mut self, chance: &mut Chance) {
        if let Some(id) = chance.of(&self.items(|i| i.status != InteractionStatus::Parked)) {
            self.end_all(id, OfferState::Cancelled, EndReason::Ended);
            self.world.record(Event::InteractionCancelled { interaction_id: id, previous: None });
        }
    }

    /// The customer leaves what nobody owns.
    fn abandon(&mut self, chance: &mut Chance) {
        let waits = |item: &engine::floor::Item| item.status.is_waiting() && item.owner.is_none();
        if let Some(interaction_id) = chance.of(&self.items(waits)) {
            let item = self.world.floor.item(interaction_id).expect("it is open").clone();
            self.end_all(interaction_id, OfferState::Cancelled, EndReason::CustomerLeft);
            let (previous, queue_id) = (item.status, item.queue_id);
            let left = LifeFact::Abandoned { interaction_id, previous, queue_id };
            self.world.record(Event::Life(left));
        }
    }

    fn expire(&mut self, interaction_id: InteractionId) {
        let now = self.world.now;
        let item = self.world.floor.item(interaction_id).filter(|i| i.expires_at <= Some(now));
        if let Some(item) = item.filter(|item| item.expires_at.is_some()) {
            assert_eq!(item.status, InteractionStatus::Queued, "only what waits is given up");
            assert!(item.owner.is_none() && !item.taken, "what somebody took is not given up");
            let queue_id = item.queue_id;
            self.world.record(Event::Life(LifeFact::Expired { interaction_id, queue_id }));
        }
    }

    fn reopen(&mut self, chance: &mut Chance) {
        if self.resolved.is_empty() {
            return;
        }
        let at = chance.below(self.resolved.len());
        let (id, mut wants, sla, taken) = self.resolved.swap_remove(at);
        if self.world.floor.queue(wants.queue).is_none() {
            wants.queue = self.queues()[0];
        }
        let queue_id = None;
        self.world.record(Event::InteractionReopened { interaction_id: id, queue_id, sla, taken });
        let now = self.world.now;
        let created = Timestamp::from_micros(now.micros() - 90_000_000);
        self.world.enqueue(id, &wants, (now, created), 1);
    }

    /// Transfer, route by hand, or escalate to a queue.
    fn move_on(&mut self, chance: &mut Chance) {
        use InteractionStatus::{Parked, Scheduled, Wrapping};
        let still = [Wrapping, Parked, Scheduled];
        let movable = self.items(|item| !still.contains(&item.status));
        let (Some(id), Some(mut wants)) = (chance.of(&movable), self.wants(chance)) else { return };
        let item = self.world.floor.item(id).expect("it is open").clone();
        let owner = self.world.floor.owner_leg(id).map(|leg| leg.agent_id);
        let floor = &self.world.floor;
        let fit: Vec<AgentId> = floor
            .agents()
            .filter(|(a, agent)| {
                owner != Some(**a) && agent.is_available() && agent.has_room(item.claim())
            })
            .map(|(a, _)| *a)
            .collect();
        if chance.one_in(2) {
            wants.target = chance.of(&fit);
        }
        wants.channel = item.channel;
        if let Some(pending) = item.pending {
            self.world.end(pending, OfferState::Rescinded, EndReason::Moved, None);
        }
        let clocks = (item.enqueued_at, item.enqueued_at);
        self.world.enqueue(id, &wants, clocks, item.offers_made);
    }

    /// It waits again as it is, in its queue or for somebody.
    fn ask_for(&mut self, id: InteractionId, item: &engine::floor::Item, target: Option<AgentId>) {
        let wants = Wants {
            queue: item.queue_id.expect("it was queued"),
            channel: item.channel,
            priority: item.priority,
            skills: item.required_skills.to_vec(),
            target,
            last_agent: item.last_agent,
            traits: item.traits.as_ref().clone(),
        };
        let clocks = (item.enqueued_at, item.enqueued_at);
        self.world.enqueue(id, &wants, clocks, item.offers_made);
    }

    fn update(&mut self, chance: &mut Chance) {
        let (Some(id), Some(wants)) = (chance.of(&self.items(|_| true)), self.wants(chance)) else {
            return;
        };
        let event = if chance.one_in(2) {
            Event::InteractionUpdated {
                interaction_id: id,
                priority: wants.priority,
                required_skills: wants.skills,
                fields: Vec::new(),
                language: None,
                labels: Some(wants.traits.labels).filter(|_| chance.one_in(2)),
            }
        } else {
            Event::InteractionEscalated {
                interaction_id: id,
                level: 1,
                priority: wants.priority,
                queue_id: None,
                team_id: None,
            }
        };
        self.world.record(event);
    }

    /// Time passes, steps open, and what else is due happens, with routing after each as in the
    /// ledger.
    fn time(&mut self, chance: &mut Chance) {
        self.world.wait(1 + i64::try_from(chance.below(40)).expect("it is small"));
        let now = self.world.now;
        for due in self.world.floor.due(now, 128) {
            match due {
                Due::OfferTimeout(id) => self.no_answer(id),
                Due::WrapUp(id) => {
                    if let Some(leg) = self.world.floor.leg(id).cloned() {
                        self.finish(leg.interaction_id);
                    }
                }
                Due::Presence(id) => self.lease_ended(id),
                Due::CoolDown(id) => self.world.floor.cool_down_over(id, now),
                Due::Step(id) => self.world.floor.open_step(id, now),
                Due::Shift(id) => self.turn(id),
                Due::TimeOff(id) => self.time_off_turn(id),
                Due::QueueHours(id) => self.world.floor.queue_hours_over(id, now),
                Due::Clock(id) => self.world.tell(id),
                Due::Escalation(id) => {
                    self.world.climb(id);
                }
                Due::MaxWait(id) => self.expire(id),
                Due::Wake(id) => {
                    self.time_came(id);
                    self.due_for_call(id, WakeReason::Time);
                }
            }
            self.route("timer");
        }
    }

    fn no_answer(&mut self, id: OfferId) {
        let Some(offer) = self.world.floor.leg(id).cloned() else { return };
        let presence =
            self.world.floor.agent(offer.agent_id).expect("they are there").presence.clone();
        if presence.effective == EffectiveStatus::Available {
            let (intended, lease) = (presence.intended, presence.lease_until);
            self.set(offer.agent_id, intended, EffectiveStatus::NotResponding, lease);
        }
        let cool = self.world.floor.queue(offer.queue_id).map(|spec| spec.decline_cool_down);
        let until = cool.filter(|span| !span.is_zero()).map(|span| self.world.now + span);
        self.world.end(id, OfferState::TimedOut, EndReason::NoAnswer, until);
    }

    fn lease_ended(&mut self, id: AgentId) {
        let Some(agent) = self.world.floor.agent(id) else { return };
        let over = agent.presence.lease_until.is_some_and(|until| until <= self.world.now);
        if !over || !agent.sessions.is_empty() {
            return;
        }
        self.set(id, PresenceStatus::Offline, EffectiveStatus::Offline, None);
        self.take_back(id, OfferState::AgentLost, EndReason::Lost);
    }
}
