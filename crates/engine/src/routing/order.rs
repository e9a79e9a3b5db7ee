//! Work order: which of the waiting items a freed agent gets. Every order is a number made of named
//! terms, whole microseconds of waiting, and the breakdown returns them by name.
//!
//! Within a queue, items that ask for the same go by age plus credit for priority; what an order
//! decides is between queues, between priorities once they age, and between what is asked. Orders
//! never leave an agent idle who could take something: they only say what comes first.

use super::strategy::{Asked, primary_first};
use crate::floor::{Agent, Floor, Item, WaitKey};
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
    /// How long it has waited.
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
    let age = now.since(item.enqueued_at).micros();
    let steps = i64::from(item.priority.code() - Priority::Low.code());
    let urgency = item.sla.as_ref().map_or(0, |sla| sla.urgency(item.enqueued_at).micros());
    // Both together, so that within a bucket the order stays what it was when it was put there.
    let beyond = (age + urgency - spec.tuning.ageing_knee.micros()).max(0);
    let ageing = i128::from(beyond) * i128::from(spec.tuning.ageing_percent) / 100;
    Score {
        age,
        priority: spec.priority_step.micros().saturating_mul(steps),
        ageing: i64::try_from(ageing).unwrap_or(i64::MAX),
        plan: item.plan.as_ref().map_or(0, |plan| plan.credit(item.seen.opened).micros()),
        urgency,
        gap: 0,
    }
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

    /// Why an item stands where it does for an agent.
    #[must_use]
    pub fn score(&self, asked: Asked<'_>, agent: &Agent) -> Score {
        let score = waiting(asked.spec, asked.item, self.now);
        if self.settings.order != WorkOrder::PrimaryFirst {
            return score;
        }
        let gap = primary_first::gap(asked, &agent.profile);
        Score { gap: -self.settings.gap_step.micros().saturating_mul(gap), ..score }
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
