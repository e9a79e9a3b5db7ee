//! What is to be other than it was in a past: policies, queues, rules, who is there.

use super::rules::{self, RuleChange};
use crate::simulate::Policy;
use domain::event::{Change, Event};
use domain::id::{AgentId, PlanId, QueueId, RuleId, ScheduleId, TenantId};
use domain::queue::{QueueSpec, RoutingSettings, Strategy, WorkOrder};
use domain::time::Span;
use engine::floor::Floor;
use engine::sim::replay::History;
use serde::Deserialize;
use std::collections::BTreeMap;
use uuid::Uuid;

/// How many agents may be added.
pub const MORE_MAX: usize = 1_000;

/// What is to be other than it was. Queues go by name or id.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Changes {
    /// The work order.
    pub order: Option<WorkOrder>,
    /// The strategy of every queue that is not named.
    pub strategy: Option<Strategy>,
    /// What is other in single queues.
    pub queues: BTreeMap<String, QueueChange>,
    /// What is other in single rules.
    pub rules: BTreeMap<RuleId, RuleChange>,
    /// Agents there are more, each like another one.
    pub more: Vec<More>,
    /// Agents who are not there.
    pub without: Vec<AgentId>,
}

/// What is other in a queue.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct QueueChange {
    /// How an agent is chosen.
    pub strategy: Option<Strategy>,
    /// The plan it goes by, one of the tenant's; a nil id is none.
    pub routing_plan_id: Option<PlanId>,
    /// Waiting that a step of priority is worth, in seconds.
    pub priority_step: Option<u32>,
    /// How long an agent has to answer, in seconds.
    pub offer_timeout: Option<u32>,
    /// Whether every agent serves it, whatever their teams.
    pub any_team: bool,
}

/// Agents there are more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct More {
    /// Whom they are like, in what they know and when they are there.
    pub like: AgentId,
    /// How many.
    pub count: usize,
    /// The schedule they are there by, in place of when the other one was.
    #[serde(default)]
    pub schedule_id: Option<ScheduleId>,
}

/// A past with changes, and of how many arrivals is not known where they would have gone.
pub(super) struct Changed {
    pub(super) history: History,
    pub(super) unjudged: u64,
}

/// Names of queues.
type Names = BTreeMap<QueueId, String>;

fn is(names: &Names, id: QueueId, named: &str) -> bool {
    id.to_string() == named || names.get(&id).is_some_and(|name| name == named)
}

/// The queue of a name or id.
pub(super) fn queue_named(names: &Names, floor: &Floor, named: &str) -> Result<QueueId, String> {
    let found = floor.queues().map(|(id, _)| *id).find(|id| is(names, *id, named));
    found.ok_or_else(|| format!("there was no queue {named:?}"))
}

impl Changes {
    /// The same with a policy for all.
    #[must_use]
    pub fn with_policy(self, policy: Option<Policy>) -> Self {
        let Some((order, strategy)) = policy else { return self };
        Self { order: Some(order), strategy: Some(strategy), ..self }
    }

    /// A past with them.
    ///
    /// # Errors
    /// What of them cannot be, in words.
    pub(super) fn of(&self, past: &History, names: &Names) -> Result<Changed, String> {
        let mut history = past.clone();
        self.settings(&mut history);
        self.queues(&mut history, names)?;
        let unjudged = rules::change(&mut history, &self.rules, names)?;
        self.agents(&mut history)?;
        Ok(Changed { history, unjudged })
    }

    fn settings(&self, history: &mut History) {
        let Some(order) = self.order else { return };
        let settings = RoutingSettings { order, ..*history.floor.settings() };
        history.change(Event::RoutingSettingsSaved { tenant_id: TenantId::SYSTEM, settings });
        for told in &mut history.told {
            if let Event::RoutingSettingsSaved { settings, .. } = &mut told.event {
                settings.order = order;
            }
        }
    }

    /// What is other holds from the beginning, and in whatever was saved later.
    fn queues(&self, history: &mut History, names: &Names) -> Result<(), String> {
        for named in self.queues.keys() {
            let later = history.told.iter().any(|told| match &told.event {
                Event::QueueSaved { queue_id, .. } => is(names, *queue_id, named),
                _ => false,
            });
            if !later {
                queue_named(names, &history.floor, named)?;
            }
        }
        let queues: Vec<_> = history.floor.queues().map(|(id, spec)| (*id, spec.clone())).collect();
        for (queue_id, spec) in queues {
            let spec = self.queue(queue_id, &spec, &history.floor, names)?;
            let (change, version) = (Change::Updated, 0);
            history.change(Event::QueueSaved { queue_id, spec, change, version });
        }
        let floor = history.floor.clone();
        for told in &mut history.told {
            if let Event::QueueSaved { queue_id, spec, .. } = &mut told.event {
                *spec = self.queue(*queue_id, spec, &floor, names)?;
            }
        }
        Ok(())
    }

    fn queue(
        &self,
        id: QueueId,
        was: &QueueSpec,
        floor: &Floor,
        names: &Names,
    ) -> Result<QueueSpec, String> {
        let own = self.queues.iter().find(|(name, _)| is(names, id, name)).map(|(_, own)| own);
        let mut spec = was.clone();
        spec.strategy = self.strategy.unwrap_or(spec.strategy);
        own.map_or(Ok(()), |own| own.change(&mut spec, floor))?;
        Ok(spec)
    }

    fn agents(&self, history: &mut History) -> Result<(), String> {
        if self.more.iter().map(|more| more.count).sum::<usize>() > MORE_MAX {
            return Err(format!("at most {MORE_MAX} agents can be added"));
        }
        let known = |id: AgentId| match history.floor.agent(id) {
            Some(_) => Ok(()),
            None => Err(format!("there was no agent {id}")),
        };
        let named = self.more.iter().map(|more| more.like).chain(self.without.clone());
        named.into_iter().try_for_each(known)?;
        let schedules = self.more.iter().filter_map(|more| more.schedule_id);
        for schedule in schedules {
            if history.floor.schedule(schedule).is_none() {
                return Err(format!("there was no schedule {schedule}"));
            }
        }
        let mut next = 0_u128;
        for More { like, count, schedule_id } in &self.more {
            for _ in 0..*count {
                next += 1;
                let id = AgentId(Uuid::from_u128(next));
                match schedule_id {
                    Some(schedule) => history.add_on_schedule(id, *like, *schedule),
                    None => history.add_like(id, *like),
                }
            }
        }
        self.without.iter().for_each(|agent| history.remove(*agent));
        Ok(())
    }
}

impl QueueChange {
    fn change(&self, spec: &mut QueueSpec, floor: &Floor) -> Result<(), String> {
        spec.strategy = self.strategy.unwrap_or(spec.strategy);
        let seconds = |seconds: u32| Span::from_secs(i64::from(seconds));
        spec.priority_step = self.priority_step.map_or(spec.priority_step, seconds);
        spec.offer_timeout = self.offer_timeout.map_or(spec.offer_timeout, seconds);
        if self.any_team {
            spec.teams.clear();
        }
        match self.routing_plan_id {
            Some(plan) if plan.0.is_nil() => spec.routing_plan_id = None,
            Some(plan) if floor.plan(plan).is_none() => {
                return Err(format!("there was no routing plan {plan}"));
            }
            Some(plan) => spec.routing_plan_id = Some(plan),
            None => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_page_is_read() {
        let page = include_str!("../../../../docs/explain.md");
        let (_, after) = page.split_once("```json\n").expect("the page has an example");
        let (example, _) = after.split_once("```").expect("it ends");
        let changes: Changes = serde_json::from_str(example).expect("it is read");
        assert_eq!((changes.queues.len(), changes.rules.len(), changes.without.len()), (1, 1, 1));
        assert!(changes.more[0].schedule_id.is_some());
    }
}
