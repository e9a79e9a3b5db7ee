//! Work order: which of the waiting items a freed agent gets. Every order is a number made of named
//! terms, whole microseconds of waiting, and the breakdown returns them by name.
//!
//! Within a queue, items that ask for the same go by age plus credit for priority; what an order
//! decides is between queues, between priorities once they age, and between what is asked. Orders
//! never leave an agent idle who could take something: they only say what comes first.

use super::strategy::{Asked, primary_first};
use crate::floor::{Agent, Floor, Item, WaitKey, Waiting};
use domain::id::{InteractionId, QueueId};
use domain::interaction::Priority;
use domain::queue::{QueueSpec, RoutingSettings, WorkOrder};
use domain::time::Timestamp;

/// A queue's place, an item's score in it, and what breaks ties: lower is earlier.
pub type Standing = (i128, i128, WaitKey);

/// Level that stands for full speed.
const FULL_SPEED: i128 = 10;

/// Why an item stands where it does, in microseconds of waiting: the score is the sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Score {
    /// How long it has waited; negative only where a clock went back.
    pub age: i64,
    /// What its priority is worth in its queue.
    pub priority: i64,
    /// What it gained by waiting beyond the queue's knee; credit for urgency counts as waiting.
    pub ageing: i64,
    /// What the open steps of its plan credit.
    pub plan: i64,
    /// What it is credited because what was promised for it is due soon.
    pub urgency: i64,
    /// What it lost because the agent is better at something else; never positive.
    pub gap: i64,
}

impl Score {
    /// The terms by name.
    #[must_use]
    pub fn terms(&self) -> [(&'static str, i64); 6] {
        [
            ("age", self.age),
            ("priority", self.priority),
            ("ageing", self.ageing),
            ("plan", self.plan),
            ("urgency", self.urgency),
            ("gap", self.gap),
        ]
    }

    /// All terms together.
    #[must_use]
    pub fn total(&self) -> i128 {
        self.terms().iter().map(|(_, micros)| i128::from(*micros)).sum()
    }
}

/// Where an item comes among those of its queue, whoever takes the next: the least goes first.
#[must_use]
pub fn in_line(
    spec: &QueueSpec,
    (id, item): (InteractionId, &Item),
    now: Timestamp,
) -> (i128, i64, InteractionId) {
    (-waiting(spec, item, now).total(), item.enqueued_seq, id)
}

/// The terms that do not depend on an agent.
#[must_use]
pub fn waiting(spec: &QueueSpec, item: &Item, now: Timestamp) -> Score {
    let age = now.micros().saturating_sub(item.enqueued_at.micros());
    let urgency = item.sla.as_ref().map_or(0, |sla| sla.urgency(item.enqueued_at).micros());
    // Both together, so that within a bucket the order stays what it was when it was put there.
    let ageing = ageing(spec, i128::from(age) + i128::from(urgency));
    Score {
        age,
        priority: priority(spec, item.priority),
        ageing: i64::try_from(ageing).unwrap_or(i64::MAX),
        plan: item.plan.as_ref().map_or(0, |plan| plan.credit(item.seen.opened).micros()),
        urgency,
        gap: 0,
    }
}

/// What a priority is worth in a queue.
fn priority(spec: &QueueSpec, priority: Priority) -> i64 {
    let steps = i64::from(priority.code() - Priority::Low.code());
    spec.priority_step.micros().saturating_mul(steps)
}

/// What is gained by having waited so long in a queue.
fn ageing(spec: &QueueSpec, waited: i128) -> i128 {
    let beyond = (waited - i128::from(spec.tuning.ageing_knee.micros())).max(0);
    beyond * i128::from(spec.tuning.ageing_percent) / 100
}

/// What one decision of the work order goes by.
#[derive(Clone, Copy, Debug)]
pub struct Order<'a> {
    floor: &'a Floor,
    settings: &'a RoutingSettings,
    now: Timestamp,
    /// All who wait, and the weights of the queues they wait in; only where shares count.
    waiting: i128,
    weights: i128,
}

impl<'a> Order<'a> {
    /// The tenant's order, at this moment.
    #[must_use]
    pub fn of(floor: &'a Floor, now: Timestamp) -> Self {
        let settings = floor.settings();
        let (mut waiting, mut weights) = (0, 0);
        if settings.order == WorkOrder::FixedQueueRatio {
            waiting = i128::from(floor.depth_of_all());
            weights = floor.queues().map(|(_, spec)| i128::from(spec.tuning.weight)).sum();
        }
        Self { floor, settings, now, waiting, weights }
    }

    /// What is lost by a gap.
    fn gap_cost(&self, gap: i64) -> i64 {
        self.settings.gap_step.micros().saturating_mul(gap)
    }

    /// Why an item stands where it does for an agent.
    #[must_use]
    pub fn score(&self, asked: Asked<'_>, agent: &Agent) -> Score {
        let score = waiting(asked.spec, asked.item, self.now);
        if self.settings.order != WorkOrder::PrimaryFirst {
            return score;
        }
        let gap = primary_first::gap(asked, &agent.profile);
        Score { gap: -self.gap_cost(gap), ..score }
    }

    /// Nothing that comes at this place behind a gate, or later, stands before this for an agent.
    /// The place holds all terms but two: what is gained by ageing, of which there is most where
    /// all of it is age, and what is lost because the agent is better at something else, which is
    /// no less than for the skill of the gate alone.
    #[must_use]
    pub fn at_best(&self, waiting: &Waiting<'_>, key: &WaitKey, agent: &Agent) -> (i128, i128) {
        let Waiting { queue_id, spec, must, .. } = *waiting;
        let counted = i128::from(self.now.micros()) - i128::from(key.0.micros());
        let score = counted + ageing(spec, counted);
        match self.settings.order {
            WorkOrder::PrimaryFirst => {
                let gap = must.map_or(0, |skill| primary_first::gap_in(skill, &agent.profile));
                (0, i128::from(self.gap_cost(gap)) - score)
            }
            WorkOrder::FirstCome => (0, -score),
            WorkOrder::FixedQueueRatio => (-self.excess(queue_id, spec), -score),
            WorkOrder::GeneralizedCMu => {
                let fastest = if score > 0 { FULL_SPEED } else { 1 };
                (0, -score * i128::from(spec.tuning.weight) * fastest)
            }
        }
    }

    /// Where an item stands for an agent.
    #[must_use]
    pub fn standing(
        &self,
        queue_id: QueueId,
        asked: Asked<'_>,
        agent: &Agent,
        key: WaitKey,
    ) -> Standing {
        let score = self.score(asked, agent).total();
        match self.settings.order {
            WorkOrder::PrimaryFirst | WorkOrder::FirstCome => (0, -score, key),
            WorkOrder::FixedQueueRatio => (-self.excess(queue_id, asked.spec), -score, key),
            WorkOrder::GeneralizedCMu => {
                let weight = i128::from(asked.spec.tuning.weight);
                (0, -score * weight * speed(asked, agent), key)
            }
        }
    }

    /// By how much a queue holds more than its share, on a scale that all queues share.
    fn excess(&self, queue_id: QueueId, spec: &QueueSpec) -> i128 {
        let held = i128::from(self.floor.depth(queue_id)) * self.weights;
        held - i128::from(spec.tuning.weight) * self.waiting
    }
}

/// How fast an agent is in what is asked: the lowest of the levels; at full speed if nothing is.
fn speed(asked: Asked<'_>, agent: &Agent) -> i128 {
    let level = |skill| agent.profile.skills.get(skill).copied().map_or(0, i128::from);
    asked.skills().map(|need| level(&need.skill_id)).min().unwrap_or(FULL_SPEED).max(1)
}
