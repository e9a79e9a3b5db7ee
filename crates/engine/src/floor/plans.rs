//! Plans on the floor: which steps of which items are open, as far as the floor has looked, and
//! which items are to be looked at again when an agent comes or goes.
//!
//! Promise: when steps have been opened up to an instant, the floor depends on its rows and on that
//! instant only, not on how it got there.

use super::{Floor, Item, PlanPlace, Signature, WaitKey};
use crate::routing::plan::{self, Planned, Ties, Want};
use domain::event::Recorded;
use domain::id::{AgentId, InteractionId, PlanId, QueueId};
use domain::interaction::InteractionStatus;
use domain::plan::{PlanPin, PlanSpec};
use domain::time::Timestamp;
use imbl::OrdSet;
use std::sync::Arc;

/// How many steps one batch opens at its start; the others follow in the next.
pub const STEPS_OPENED_MAX: usize = 4_096;

/// What the items have in common that a step holds for one agent: where they wait, what they ask
/// for, and how the customer is tied to the agent.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sort {
    /// Their queue.
    pub queue_id: QueueId,
    /// What they ask for.
    pub signature: Signature,
    /// Whether the agent was the last of their customers.
    pub is_last: bool,
    /// Whether the agent keeps their customers' accounts.
    pub is_keeper: bool,
}

/// Where an item that waits stands in the indexes. Worked out alike for putting it there and for
/// taking it away, from what the item holds.
pub(super) struct Place {
    pub(super) queue_id: QueueId,
    pub(super) key: WaitKey,
    pub(super) signature: Signature,
    /// Whether others than single agents are asked.
    pub(super) is_general: bool,
    /// Single agents whom an open step is for.
    pub(super) personal: Vec<AgentId>,
    /// Whom the customer is tied to.
    ties: Ties,
    /// Single agents whom any step is for.
    pub(super) watched: Vec<AgentId>,
    /// Whether a later step opens when nobody is online.
    pub(super) is_fragile: bool,
}

impl Place {
    pub(super) fn of(floor: &Floor, id: InteractionId, item: &Item) -> Option<Self> {
        let queue_id = item.queue_id.filter(|_| item.status == InteractionStatus::Queued)?;
        let key = super::wait_key(floor.queues.get(&queue_id)?, id, item);
        let mut place = Self {
            queue_id,
            key,
            signature: floor.signature(item),
            is_general: true,
            personal: Vec::new(),
            ties: item.ties(),
            watched: Vec::new(),
            is_fragile: false,
        };
        if let Some(plan) = item.plan.as_ref().filter(|_| item.target.is_none()) {
            place.go_by(plan, item);
        }
        Some(place)
    }

    fn go_by(&mut self, plan: &Planned, item: &Item) {
        let newest = usize::from(item.seen.newest);
        let open = plan.spec.open(newest);
        self.is_general = !item.is_held();
        let ties = self.ties;
        self.personal = open.iter().filter_map(|step| plan::named(step, ties)).collect();
        self.personal.sort_unstable();
        self.personal.dedup();
        self.watched = plan.named(ties).collect();
        self.is_fragile = plan.spec.steps.iter().skip(newest + 1).any(|step| step.when_absent);
    }

    pub(super) fn sorts(&self) -> impl Iterator<Item = (AgentId, Sort)> {
        self.personal.iter().map(|agent| {
            let (queue_id, signature) = (self.queue_id, self.signature.clone());
            let is_last = self.ties.last_agent == Some(*agent);
            let is_keeper = self.ties.account_owner == Some(*agent);
            (*agent, Sort { queue_id, signature, is_last, is_keeper })
        })
    }
}

impl Item {
    /// Whether all open steps of its plan name single agents, so that it stands in no bucket.
    #[must_use]
    pub fn is_held(&self) -> bool {
        let newest = usize::from(self.seen.newest);
        let named =
            |plan: &Arc<Planned>| plan.spec.open(newest).iter().all(|step| step.sticky.is_some());
        self.target.is_none() && self.plan.as_ref().is_some_and(named)
    }
}

impl Floor {
    /// What decides who may take an item, beyond its queue, and how fast it gains on others.
    #[must_use]
    pub fn signature(&self, item: &Item) -> Signature {
        let plan = item.plan.as_ref().filter(|_| item.target.is_none());
        Signature {
            channel: item.channel,
            priority: item.priority,
            target: item.target,
            required_skills: Arc::clone(&item.required_skills),
            place: plan.map(|plan| PlanPlace {
                plan_id: plan.pin.plan_id,
                version: plan.pin.version,
                opened: item.seen.opened,
                newest: item.seen.newest,
            }),
            labels: self.capped(item),
        }
    }

    /// A plan's version and what it says.
    #[must_use]
    pub fn plan(&self, id: PlanId) -> Option<(i64, &Arc<PlanSpec>)> {
        self.plans.get(&id).map(|(version, spec)| (*version, spec))
    }

    /// All plans, each with its version.
    pub fn plans(&self) -> impl Iterator<Item = (&PlanId, &(i64, Arc<PlanSpec>))> {
        self.plans.iter()
    }

    /// Items that an open step of their plan holds for this agent, alike ones together.
    pub fn personal(&self, id: AgentId) -> impl Iterator<Item = (&Sort, &OrdSet<WaitKey>)> {
        self.personal.get(&id).into_iter().flatten()
    }

    /// What a pin refers to.
    pub(super) fn planned(&self, pin: &PlanPin) -> Option<Arc<Planned>> {
        let (version, spec) = self.plans.get(&pin.plan_id)?;
        let planned = || Planned { pin: pin.clone(), spec: Arc::clone(spec) };
        (*version == pin.version).then(|| Arc::new(planned()))
    }

    /// Works out how far an item is in its plan beside time, before it is indexed.
    pub(super) fn settle_seen(&self, item: &mut Item) {
        let planned = item.plan.is_some() && item.target.is_none();
        let want = if planned { Want::of_item(self, item) } else { None };
        let newest = want.map(|want| plan::newest_for(self, &want, item.seen.opened));
        item.seen.newest = newest.unwrap_or(item.seen.opened);
    }

    /// Opens the steps of an item that are due. Nothing is recorded, because plan and clocks said
    /// from the start when it would be.
    pub fn open_step(&mut self, id: InteractionId, now: Timestamp) {
        let Some(item) = self.items.get(&id) else { return };
        let Some(plan) = item.plan.as_ref() else { return };
        let opened = plan.opened(item.enqueued_at, now);
        if item.status == InteractionStatus::Queued && opened != item.seen.opened {
            self.with_item(id, |item| item.seen.opened = opened);
            self.changed.items.insert(id);
        }
    }

    /// Opens all steps that are due, at most so many.
    pub fn open_steps(&mut self, now: Timestamp, most: usize) {
        let due = self.due.iter().take_while(|(at, _)| *at <= now);
        let step = |due: &super::Due| match due {
            super::Due::Step(id) => Some(*id),
            _ => None,
        };
        let ids: Vec<InteractionId> = due.filter_map(|(_, due)| step(due)).take(most).collect();
        for id in ids {
            self.open_step(id, now);
        }
    }

    /// An agent came, went, or can do more or less: what steps hold for them stands otherwise now.
    pub(super) fn look_at_watched(&mut self, id: AgentId) {
        let items: Vec<InteractionId> =
            self.watched.get(&id).into_iter().flatten().copied().collect();
        for item in items {
            let before = self.items.get(&item).map(|item| item.seen.newest);
            self.with_item(item, |_| {});
            if self.items.get(&item).map(|item| item.seen.newest) > before {
                self.changed.items.insert(item);
            }
        }
    }

    /// An agent went, or can do less: steps that wait for nobody being online may be open now.
    /// Looks from whichever side is smaller.
    pub(super) fn look_at_fragile(&mut self) {
        if self.fragile.len() <= self.free.len() {
            self.changed.items.extend(self.fragile.iter().copied());
        } else {
            self.changed.agents.extend(self.free.iter().map(|(_, id)| *id));
        }
    }

    /// A queue is another than before: what waits by it may be for others now.
    pub(super) fn look_at_concerned(&mut self, id: QueueId) {
        for id in self.concerned_by(id) {
            if self.items.get(&id).is_some_and(|i| i.status == InteractionStatus::Queued) {
                self.changed.items.insert(id);
            }
        }
    }

    /// The items that wait in a queue, or whose plan names it.
    pub(super) fn concerned_by(&self, id: QueueId) -> Vec<InteractionId> {
        let names = |item: &Item| {
            let plan = item.plan.as_ref();
            plan.is_some_and(|p| p.spec.steps.iter().any(|step| step.queue_id == Some(id)))
        };
        let held = |item: &Item| item.queue_id == Some(id) || names(item);
        let waiting = self.items.iter().filter(|(_, item)| item.status.is_waiting() && held(item));
        waiting.map(|(item, _)| *item).collect()
    }

    pub(super) fn apply_plan(&mut self, recorded: &Recorded) {
        match &recorded.event {
            domain::event::Event::PlanSaved { plan_id, spec, version, .. } => {
                self.plans.insert(*plan_id, (*version, Arc::new(spec.clone())));
            }
            domain::event::Event::PlanDeleted { plan_id } => {
                self.plans.remove(plan_id);
            }
            _ => {}
        }
    }

    /// The same floor as if no step had opened by time yet: what two floors of the same rows share
    /// however far each has looked.
    pub(super) fn before_steps(&self) -> Floor {
        let mut floor = self.clone();
        let opened = self.items.iter().filter(|(_, item)| item.seen.opened > 0);
        for (id, _) in opened {
            floor.with_item(*id, |item| item.seen.opened = 0);
        }
        floor
    }
}
