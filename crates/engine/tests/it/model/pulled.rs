//! Work that waits to be taken, and work that is given to agents over their limits.

use super::Model;
use crate::naive;
use crate::support::Chance;
use domain::agent::EffectiveStatus;
use domain::event::Event;
use domain::id::{AgentId, InteractionId, OfferId, QueueId};
use domain::interaction::InteractionStatus;
use domain::offer::OfferState;
use domain::queue::AssignmentMode;
use domain::time::Span;
use engine::routing::order::{Order, Standing};
use engine::routing::strategy::Asked;
use engine::routing::take::{Nothing, take};

/// How the work of a queue comes to its agents: more often by offers.
pub(super) fn mode(chance: &mut Chance) -> AssignmentMode {
    if chance.one_in(3) { AssignmentMode::Pull } else { AssignmentMode::Push }
}

impl Model {
    /// Somebody takes their next work; what they get, and that they get nothing, is worked out once
    /// more by the long way round.
    pub(super) fn take(&mut self, chance: &mut Chance) {
        // Mostly somebody who is there, for whom more than a refusal may come of it.
        let mut agents = self.agents();
        if !chance.one_in(4) {
            let floor = &self.world.floor;
            agents.retain(|id| floor.agent(*id).is_some_and(engine::floor::Agent::is_available));
        }
        let Some(agent) = chance.of(&agents) else { return };
        let queues: Vec<QueueId> = match chance.below(4) {
            0 => chance.of(&self.queues()).into_iter().collect(),
            _ => Vec::new(),
        };
        let (floor, now) = (&self.world.floor, self.world.now);
        let first = self.open_to(agent, &queues, true);
        let may = if first.is_empty() { self.open_to(agent, &queues, false) } else { first };
        match take(floor, agent, &queues, now) {
            Ok(one) => {
                assert_eq!(one.agent_id, agent);
                assert!(may.contains(&one.interaction_id), "took what is not for them");
                let before = self.standing(agent, one.interaction_id);
                let best = may.iter().map(|id| self.standing(agent, *id)).min();
                assert_eq!(Some(before), best, "took another than the first in order");
                self.world.offer(one);
                self.world.accept(one.interaction_id);
            }
            Err(nothing) => {
                assert!(may.is_empty(), "{may:?} could be taken: {nothing:?}");
                self.check_nothing(agent, &queues, nothing);
            }
        }
    }

    fn check_nothing(&self, agent: AgentId, queues: &[QueueId], nothing: Nothing) {
        let (floor, now) = (&self.world.floor, self.world.now);
        let of = floor.agent(agent).expect("they are there");
        let there = of.is_available();
        let could = |id: &InteractionId| {
            let item = floor.item(*id).expect("it waits");
            naive::could_ever(floor, item, agent, of, now)
        };
        let waits = self.pulled(queues).iter().any(could);
        match nothing {
            Nothing::Unavailable(_) => assert!(waits || !there, "no room for what is not theirs"),
            Nothing::Waits { waiting, first } => {
                assert!(there, "who is not available is told so");
                assert!(!waits, "room may come for what waits for them");
                assert_eq!(waiting, self.pulled(queues).len(), "how many wait");
                assert_eq!(first.is_some(), waiting > 0, "why the first is not for them");
            }
        }
    }

    fn pulled(&self, queues: &[QueueId]) -> Vec<InteractionId> {
        let floor = &self.world.floor;
        self.items(|item| {
            item.status == InteractionStatus::Queued
                && naive::waits_to_be_taken(floor, item)
                && (queues.is_empty() || item.queue_id.is_some_and(|id| queues.contains(&id)))
        })
    }

    /// What waits to be taken and is for the agent, with or without regard to cool-downs.
    fn open_to(&self, agent: AgentId, queues: &[QueueId], cool: bool) -> Vec<InteractionId> {
        let (floor, now) = (&self.world.floor, self.world.now);
        let mut ids = self.pulled(queues);
        ids.retain(|id| {
            let item = floor.item(*id).expect("it waits");
            let declined =
                item.cool_downs.iter().any(|one| one.agent_id == agent && one.until > now);
            !(cool && declined) && naive::may_take_but(floor, item, now, false).contains(&agent)
        });
        ids
    }

    /// Of equal scores the one that began to wait first by what it is credited goes first, though
    /// another may owe more of its score to ageing.
    fn standing(&self, agent: AgentId, id: InteractionId) -> Standing {
        let floor = &self.world.floor;
        let item = floor.item(id).expect("it waits");
        let queue_id = item.queue_id.expect("it is queued");
        let spec = floor.queue(queue_id).expect("it is there");
        let key = engine::floor::wait_key(spec, id, item);
        let of = floor.agent(agent).expect("they are there");
        let asked = Asked { spec, item };
        Order::of(floor, self.world.now).standing(queue_id, asked, of, key)
    }

    /// A supervisor gives something to somebody who is there, with room or without.
    pub(super) fn give_over_limits(&mut self, chance: &mut Chance) {
        let waiting = self.items(|item| item.status == InteractionStatus::Queued);
        let Some(interaction_id) = chance.of(&waiting) else { return };
        let floor = &self.world.floor;
        let owner = floor.owner_leg(interaction_id).map(|leg| leg.agent_id);
        let there: Vec<AgentId> = floor
            .agents()
            .filter(|(id, agent)| {
                let effective = agent.presence.effective;
                effective != EffectiveStatus::Offline && owner != Some(**id)
            })
            .map(|(id, _)| *id)
            .collect();
        let Some(agent_id) = chance.of(&there) else { return };
        let item = floor.item(interaction_id).expect("it waits").clone();
        let Some(queue_id) = item.queue_id else { return };
        let offer_id: OfferId = self.world.id();
        self.world.record(Event::OfferMade {
            offer_id,
            interaction_id,
            agent_id,
            queue_id,
            channel: item.channel,
            attempt: item.offers_made + 1,
            expires_at: self.world.now + Span::from_secs(20),
            shadow_agent_id: None,
            labels: item.traits.labels.clone(),
            override_limits: true,
        });
        let leg = self.world.floor.leg(offer_id).expect("it was made");
        assert!(leg.override_limits && leg.state == OfferState::Pending);
    }
}
