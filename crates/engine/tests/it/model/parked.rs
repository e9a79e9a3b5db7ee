//! Work that is set aside and comes back, as the ledger's commands would write it.

use super::{Model, scheduled};
use crate::support::{Chance, Wants, World};
use domain::escalation::Ladder;
use domain::event::{EndReason, Event, LifeFact, Rested, WakeReason};
use domain::id::{AgentId, InteractionId};
use domain::interaction::InteractionStatus;
use domain::offer::OfferState;
use domain::sla::Sla;
use domain::time::{Span, Timestamp};
use engine::floor::{Claim, Item};
use engine::routing::Assignment;
use engine::routing::explain::AtRest;
use std::sync::Arc;

/// What the row of parked work says beyond what the floor holds.
#[derive(Clone)]
pub(super) struct Parked {
    wants: Wants,
    agent: AgentId,
    enqueued_at: Timestamp,
    enqueued_seq: i64,
    offers_made: i32,
    sla: Option<Arc<Sla>>,
    ladder: Option<Arc<Ladder>>,
}

impl Parked {
    fn rested(&self) -> Rested {
        let Wants { channel, priority, skills, traits, .. } = self.wants.clone();
        Rested {
            channel,
            priority,
            required_skills: skills,
            traits,
            enqueued_at: self.enqueued_at,
            enqueued_seq: self.enqueued_seq,
            offers_made: self.offers_made,
            last_agent_id: self.wants.last_agent,
            sla: self.sla.clone(),
            ladder: self.ladder.clone(),
        }
    }
}

impl Model {
    pub(super) fn park(&mut self, chance: &mut Chance) {
        let active = self.items(|item| item.status == InteractionStatus::Active);
        let Some(interaction_id) = chance.of(&active) else { return };
        let item = self.world.floor.item(interaction_id).expect("it is open").clone();
        let leg = self.world.floor.owner_leg(interaction_id).expect("it is owned").clone();
        let agent_id = leg.agent_id;
        let span = Span::from_secs(10 * i64::try_from(chance.below(9) + 1).expect("small"));
        let wake_at = Some(self.world.now + span).filter(|_| chance.one_in(2));
        let counts = chance.one_in(3);
        if !counts {
            self.world.end(leg.id, OfferState::Completed, EndReason::Parked, None);
        }
        let queue_id = item.queue_id;
        let set_aside = Event::Life(LifeFact::Parked {
            interaction_id,
            agent_id,
            queue_id,
            wake_at,
            counts,
            rested: None,
        });
        let (sla, ladder) = self.world.record_last(set_aside, interaction_id);
        let wants = Wants {
            queue: queue_id.expect("it was queued"),
            channel: item.channel,
            priority: item.priority,
            skills: item.required_skills.to_vec(),
            target: None,
            last_agent: Some(agent_id),
            traits: item.traits.as_ref().clone(),
        };
        let (enqueued_at, enqueued_seq) = (item.enqueued_at, item.enqueued_seq);
        let (agent, offers_made) = (agent_id, item.offers_made);
        let parked = Parked { wants, agent, enqueued_at, enqueued_seq, offers_made, sla, ladder };
        self.parked.insert(interaction_id, parked);
    }

    /// With another time, or until the customer writes: what rests comes to the floor or leaves it.
    pub(super) fn park_again(&mut self, chance: &mut Chance) {
        let all: Vec<InteractionId> = self.parked.keys().copied().collect();
        let Some(interaction_id) = chance.of(&all) else { return };
        let held = self.world.floor.item(interaction_id);
        if held.is_some_and(|item| item.status != InteractionStatus::Parked) {
            return;
        }
        let known = held.is_some();
        self.catch_up(interaction_id);
        let parked = self.parked[&interaction_id].clone();
        let span = Span::from_secs(10 * i64::try_from(chance.below(9) + 1).expect("small"));
        let wake_at = Some(self.world.now + span).filter(|_| chance.one_in(2));
        let (queue, rested) = (parked.wants.queue, parked.rested());
        let again = LifeFact::Parked {
            interaction_id,
            agent_id: parked.agent,
            queue_id: Some(queue),
            wake_at,
            counts: self.world.floor.owner_leg(interaction_id).is_some(),
            rested: (!known).then(|| Arc::new(rested)),
        };
        self.world.record(Event::Life(again));
    }

    /// Everything that is set aside, as the floor has it or, while it rests, as its row does.
    pub(crate) fn at_rest(&self) -> Vec<(InteractionId, AtRest)> {
        let floor = &self.world.floor;
        let held = floor.items().filter(|(_, item)| item.status.is_set_aside());
        let held = held.map(|(id, item)| (*id, item.clone()));
        let rests = self.parked.iter().filter(|(id, _)| floor.item(**id).is_none());
        let rests = rests.map(|(id, parked)| {
            let queue = Some(parked.wants.queue);
            (*id, Item::parked_by(Some(parked.agent), queue, &parked.rested()))
        });
        let known = |item: Item| {
            let created_at = match (item.status, item.wake_at) {
                (InteractionStatus::Scheduled, Some(_)) => {
                    self.world.now - scheduled::waited(&item, self.world.now)
                }
                _ => item.enqueued_at,
            };
            AtRest { item, created_at }
        };
        held.chain(rests).map(|(id, item)| (id, known(item))).collect()
    }

    /// The same world with something awake.
    pub(crate) fn woken(&self, id: InteractionId) -> World {
        let mut model = self.clone();
        model.time_came(id);
        model.due_for_call(id, WakeReason::Time);
        model.world
    }

    /// What the floor holds is newer than what was kept beside it.
    fn catch_up(&mut self, id: InteractionId) {
        let (Some(parked), Some(item)) = (self.parked.get_mut(&id), self.world.floor.item(id))
        else {
            return;
        };
        parked.sla.clone_from(&item.sla);
        parked.ladder.clone_from(&item.ladder);
        parked.wants.priority = item.priority;
        parked.wants.skills = item.required_skills.to_vec();
        parked.wants.traits = item.traits.as_ref().clone();
    }

    pub(super) fn wake(&mut self, chance: &mut Chance) {
        let parked: Vec<InteractionId> = self.parked.keys().copied().collect();
        if let Some(id) = chance.of(&parked) {
            self.rouse(id, WakeReason::Customer);
        }
    }

    pub(super) fn time_came(&mut self, id: InteractionId) {
        self.rouse(id, WakeReason::Time);
    }

    fn rouse(&mut self, id: InteractionId, by: WakeReason) {
        self.catch_up(id);
        let Some(parked) = self.parked.remove(&id) else { return };
        let held = self.world.floor.item(id);
        if held.is_some_and(|item| item.status != InteractionStatus::Parked) {
            return;
        }
        let Parked { mut wants, agent, enqueued_at, offers_made, sla, ladder, .. } = parked;
        let queue_id = Some(wants.queue);
        let woken = LifeFact::Woken { interaction_id: id, queue_id, by, sla, ladder };
        self.world.record(Event::Life(woken));
        if self.world.floor.owner_leg(id).is_some() {
            return;
        }
        if self.world.floor.queue(wants.queue).is_none() {
            wants.queue = self.queues()[0];
        }
        let found = self.world.floor.agent(agent);
        let claim = Claim { channel: wants.channel, labels: &wants.traits.labels };
        let (there, room) =
            found.map_or((false, false), |found| (found.is_available(), found.has_room(claim)));
        wants.target = there.then_some(agent);
        self.world.enqueue(id, &wants, (enqueued_at, enqueued_at), offers_made);
        if there && room {
            let (interaction_id, queue_id) = (id, wants.queue);
            let given = Assignment { interaction_id, agent_id: agent, queue_id, shadow: None };
            self.world.offer(given);
            self.world.accept(id);
        }
    }
}
