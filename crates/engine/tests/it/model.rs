//! Random histories as the ledger's commands would write them: agents come and go, work arrives, is
//! offered, taken, declined, moved and finished, time passes.

use crate::support::{Chance, Wants, World};
use domain::agent::{AgentSpec, Capacity, EffectiveStatus, PresenceStatus};
use domain::channel::ChannelKind;
use domain::event::{EndReason, Event};
use domain::id::{AgentId, InteractionId, NodeId, OfferId, QueueId, SessionId, SkillId, TeamId};
use domain::interaction::{InteractionStatus, Priority, SkillRequirement};
use domain::offer::OfferState;
use domain::queue::{QueueSpec, Strategy};
use domain::time::{Span, Timestamp};
use engine::floor::Due;
use engine::routing;

/// The most agents, queues and open interactions at a time.
const AGENTS: usize = 7;
const QUEUES: usize = 4;
const OPEN: usize = 25;

pub(crate) struct Model {
    pub(crate) world: World,
    teams: Vec<TeamId>,
    skills: Vec<SkillId>,
    resolved: Vec<(InteractionId, Wants)>,
}

type Step = (&'static str, fn(&mut Model, &mut Chance));

const STEPS: &[Step] = &[
    ("arrive", Model::arrive),
    ("arrive", Model::arrive),
    ("arrive", Model::arrive),
    ("accept", Model::accept),
    ("accept", Model::accept),
    ("decline", Model::decline),
    ("decline", Model::decline),
    ("presence", Model::presence),
    ("presence", Model::presence),
    ("session", Model::session),
    ("save agent", Model::save_agent),
    ("save agent", Model::save_agent),
    ("delete agent", Model::delete_agent),
    ("delete agent", Model::delete_agent),
    ("save queue", Model::save_queue),
    ("delete queue", Model::delete_queue),
    ("delete queue", Model::delete_queue),
    ("wrap", Model::wrap),
    ("resolve", Model::resolve),
    ("cancel", Model::cancel),
    ("reopen", Model::reopen),
    ("move", Model::move_on),
    ("move", Model::move_on),
    ("update", Model::update),
    ("time", Model::time),
    ("time", Model::time),
];

impl Model {
    pub(crate) fn new() -> Self {
        let mut world = World::new();
        let teams = (0..2).map(|_| world.id()).collect();
        let skills = (0..2).map(|_| world.id()).collect();
        let mut model = Self { world, teams, skills, resolved: Vec::new() };
        model.world.queue(QueueSpec::default());
        model
    }

    /// Does something that is possible now and says what.
    pub(crate) fn step(&mut self, chance: &mut Chance) -> &'static str {
        for _ in 0..100 {
            let (name, act) = STEPS[chance.below(STEPS.len())];
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
            let floor = &mut self.world.floor;
            let Some(chosen) = routing::next(floor, self.world.now) else { return };
            let item = floor.item(chosen.interaction_id).expect("it is open");
            let agent = floor.agent(chosen.agent_id).expect("they are there");
            let spec = floor.queue(chosen.queue_id).expect("it is there");
            assert_eq!(item.status, InteractionStatus::Queued, "{what}");
            assert_eq!(item.queue_id, Some(chosen.queue_id), "{what}");
            assert_eq!(agent.presence.effective, EffectiveStatus::Available, "{what}");
            let mine = || floor.legs().filter(|(_, leg)| leg.agent_id == chosen.agent_id);
            let asked = mine().filter(|(_, leg)| leg.state == OfferState::Pending).count();
            let credit = usize::from(agent.credit);
            assert!(credit == 0 || asked < credit, "{what}: over the consoles' credit");
            let legs = mine();
            let channels: Vec<ChannelKind> = legs.map(|(_, leg)| leg.channel).collect();
            let capacity = &agent.spec.capacity;
            assert!(channels.len() < usize::from(capacity.units), "{what}: over the cap");
            if let Some(cap) = capacity.per_channel.get(&item.channel) {
                let used = channels.iter().filter(|c| **c == item.channel).count();
                assert!(used < usize::from(*cap), "{what}: over the channel's cap");
            }
            let has = |need: &SkillRequirement| {
                agent.spec.skills.get(&need.skill_id).is_some_and(|l| *l >= need.min_level)
            };
            match item.target {
                Some(target) => assert_eq!(target, chosen.agent_id, "{what}"),
                None => {
                    let asked = spec.required_skills.iter().chain(item.required_skills.iter());
                    assert!(asked.clone().all(has), "{what}: without the skill");
                    let member = agent.spec.teams.iter().any(|team| spec.teams.contains(team));
                    assert!(spec.teams.is_empty() || member, "{what}: not of the team");
                }
            }
            let owner = floor.owner_leg(chosen.interaction_id).map(|leg| leg.agent_id);
            assert_ne!(owner, Some(chosen.agent_id), "{what}: the owner's own transfer");
            self.world.offer(chosen);
            made += 1;
            assert!(made < 1000, "{what}: routing does not end");
        }
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
            self.set(id, PresenceStatus::Available, EffectiveStatus::Available, None);
        }
    }

    fn set(
        &mut self,
        agent_id: AgentId,
        intended: PresenceStatus,
        effective: EffectiveStatus,
        lease_until: Option<Timestamp>,
    ) {
        let event = Event::AgentPresenceChanged {
            agent_id,
            intended,
            effective,
            lease_until,
            previous: None,
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
        self.set(id, intended, effective, lease);
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

    fn session(&mut self, chance: &mut Chance) {
        let Some(agent_id) = chance.of(&self.agents()) else { return };
        let agent = self.world.floor.agent(agent_id).expect("they are there");
        let open: Vec<SessionId> = agent.sessions.keys().copied().collect();
        match chance.of(&open) {
            Some(session_id) if chance.one_in(2) => {
                self.world.record(Event::AgentSessionClosed { agent_id, session_id });
            }
            _ => {
                let (session_id, node_id): (SessionId, NodeId) = (self.world.id(), self.world.id());
                let max_open_offers = u16::try_from(chance.below(3)).expect("it is small");
                self.world.record(Event::AgentSessionOpened {
                    agent_id,
                    session_id,
                    node_id,
                    epoch: 1,
                    max_open_offers,
                });
            }
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
        spec.capacity = Capacity { units, per_channel: caps };
        self.world.save_agent(id, spec);
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
        let strategies = [Strategy::LeastLoaded, Strategy::LongestIdle, Strategy::MostSkilled];
        let secs = |chance: &mut Chance, n| {
            Span::from_secs(10 * i64::try_from(chance.below(n)).expect("small"))
        };
        let mut spec = QueueSpec {
            strategy: chance.of(&strategies).expect("there are some"),
            priority_step: secs(chance, 9),
            offer_timeout: Span::from_secs(20),
            wrap_up_limit: secs(chance, 3),
            decline_cool_down: secs(chance, 6),
            ..QueueSpec::default()
        };
        if chance.one_in(3) {
            spec.teams.extend(chance.of(&self.teams));
        }
        if chance.one_in(4) {
            spec.required_skills = self.needs(chance);
        }
        self.world.save_queue(id, spec);
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

    /// Ends whatever lives of it.
    fn end_all(&mut self, id: InteractionId, state: OfferState, reason: EndReason) {
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
        };
        self.end_all(id, OfferState::Completed, EndReason::Done);
        self.world
            .record(Event::InteractionResolved { interaction_id: id, wrap_up_code: String::new() });
        self.resolved.push((id, wants));
    }

    fn cancel(&mut self, chance: &mut Chance) {
        if let Some(id) = chance.of(&self.items(|_| true)) {
            self.end_all(id, OfferState::Cancelled, EndReason::Ended);
            self.world.record(Event::InteractionCancelled { interaction_id: id, previous: None });
        }
    }

    fn reopen(&mut self, chance: &mut Chance) {
        if self.resolved.is_empty() {
            return;
        }
        let at = chance.below(self.resolved.len());
        let (id, mut wants) = self.resolved.swap_remove(at);
        if self.world.floor.queue(wants.queue).is_none() {
            wants.queue = self.queues()[0];
        }
        self.world.record(Event::InteractionReopened { interaction_id: id, queue_id: None });
        let now = self.world.now;
        self.world.enqueue(id, &wants, now, 1);
    }

    /// Transfer, route by hand, or escalate to a queue.
    fn move_on(&mut self, chance: &mut Chance) {
        let movable = self.items(|item| item.status != InteractionStatus::Wrapping);
        let (Some(id), Some(mut wants)) = (chance.of(&movable), self.wants(chance)) else { return };
        let item = self.world.floor.item(id).expect("it is open").clone();
        let owner = self.world.floor.owner_leg(id).map(|leg| leg.agent_id);
        let floor = &self.world.floor;
        let fit: Vec<AgentId> = floor
            .agents()
            .filter(|(a, agent)| {
                owner != Some(**a) && agent.is_available() && agent.has_room(item.channel)
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
        self.world.enqueue(id, &wants, item.enqueued_at, item.offers_made);
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
            }
        } else {
            Event::InteractionEscalated {
                interaction_id: id,
                level: 1,
                priority: wants.priority,
                queue_id: None,
            }
        };
        self.world.record(event);
    }

    /// Time passes and what is due happens, routing after each as the ledger does.
    fn time(&mut self, chance: &mut Chance) {
        self.world.pass(1 + i64::try_from(chance.below(40)).expect("it is small"));
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
