//! Flaws of a tenant's routing that can be seen before anything arrives: rules that no arrival
//! reaches, rules that compete, and work that nobody could take. Asked when a rule is saved, about
//! that rule, and on demand, about everything.
//!
//! Promise: what is said of rules is proved ([`Reach`]); what is said of queues and skills is so
//! for the agents there are now, present or not. What is not said is not thereby proved absent.

mod steps;

use super::eligibility::has_skills;
use super::rules::Reach;
use crate::floor::{Agent, Floor, HeldRule};
use domain::id::{EscalationPolicyId, PlanId, QueueId, RuleId};
use domain::interaction::Priority;
use domain::queue::QueueSpec;
use domain::rule::RuleSpec;
use domain::time::Span;

/// Most findings told at once.
pub const FINDINGS_MAX: usize = 200;

/// Most steps that comparing rules with one another takes.
const STEPS_MAX: usize = 20_000_000;

/// How much later critical work of a queue may be taken than critical work of another that arrived
/// after it, before its agents count as lost to it.
pub const STARVED_BEHIND: Span = Span::from_secs(8 * 3600);

/// A flaw.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Finding {
    /// The rule takes nothing: it has no conditions, or they contradict each other.
    NeverMatches {
        /// Which rule.
        rule: RuleId,
    },
    /// An earlier rule takes all that this one could.
    Shadowed {
        /// Which rule is never reached.
        rule: RuleId,
        /// The earlier one.
        by: RuleId,
    },
    /// Two rules at one position could take the same arrival and lead to different things; the
    /// older decides.
    Tied {
        /// The older rule.
        rule: RuleId,
        /// The other.
        with: RuleId,
    },
    /// Agents serve the queue, but none of them has the skills that it and the rule ask for.
    SkillsImpossible {
        /// Which rule.
        rule: RuleId,
        /// The queue it leads to.
        queue: QueueId,
    },
    /// No agent is in the queue's teams with the queue's skills.
    QueueUnserved {
        /// Which queue.
        queue: QueueId,
    },
    /// Every agent of the queue serves another one as well whose critical work goes first even if
    /// it arrives [`STARVED_BEHIND`] later.
    QueueStarved {
        /// Which queue.
        queue: QueueId,
        /// One of the queues that go first.
        by: QueueId,
    },
    /// No agent could take the step's work, as the queue has it.
    PlanStepUnserved {
        /// The queue that names the plan.
        queue: QueueId,
        /// The plan.
        plan: PlanId,
        /// Which step, counted from 1.
        step: u8,
    },
    /// The queue names another to overflow into, and never does or to nobody: it takes any number,
    /// or no agent serves the other.
    OverflowWithoutEffect {
        /// Which queue.
        queue: QueueId,
        /// Where it would overflow to.
        to: QueueId,
    },
    /// The policy of escalation is enabled, and no queue names it.
    EscalationUnused {
        /// Which policy.
        policy: EscalationPolicyId,
    },
    /// Nothing that a level does can have an effect in any queue that names the policy.
    LevelWithoutEffect {
        /// Which policy.
        policy: EscalationPolicyId,
        /// Which level, counted from 1.
        level: u8,
    },
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Report {
    /// The flaws, in order, at most [`FINDINGS_MAX`].
    pub findings: Vec<Finding>,
    /// Whether everything was looked at.
    pub complete: bool,
}

/// Looks at everything.
#[must_use]
pub fn all(floor: &Floor) -> Report {
    look(floor, None)
}

/// Looks at what concerns one rule: itself, those it shadows, and its queue.
#[must_use]
pub fn of_rule(floor: &Floor, rule: RuleId) -> Report {
    look(floor, Some(rule))
}

/// A rule in the order of judging, with what it takes.
struct Placed<'r> {
    id: RuleId,
    spec: &'r RuleSpec,
    reach: Reach<'r>,
}

fn look(floor: &Floor, only: Option<RuleId>) -> Report {
    let mut held: Vec<(RuleId, &HeldRule)> =
        floor.rules().filter(|(_, held)| held.spec.enabled).map(|(id, held)| (*id, held)).collect();
    held.sort_by_key(|(id, held)| (held.spec.position, *id));
    let rules: Vec<Placed<'_>> = held
        .iter()
        .filter_map(|(id, held)| {
            let reach = Reach::of(held.compiled.as_deref()?);
            Some(Placed { id: *id, spec: &held.spec, reach })
        })
        .collect();
    let mut findings = Vec::new();
    let complete = of_order(&rules, only, &mut findings);
    for rule in rules.iter().filter(|rule| only.is_none_or(|id| id == rule.id)) {
        of_skills(floor, rule, &mut findings);
    }
    let queue = |id: RuleId| rules.iter().find(|r| r.id == id).and_then(|r| r.spec.action.queue_id);
    let queues_complete = of_queues(floor, only.map(queue), &mut findings);
    let steps_complete = only.is_some() || steps::of_steps(floor, &mut findings);
    findings.sort_unstable();
    findings.dedup();
    let told = findings.len() <= FINDINGS_MAX;
    findings.truncate(FINDINGS_MAX);
    Report { findings, complete: complete && queues_complete && steps_complete && told }
}

/// What rules do to one another; whether there was time to compare all.
fn of_order(rules: &[Placed<'_>], only: Option<RuleId>, findings: &mut Vec<Finding>) -> bool {
    let mut steps = 0;
    for (at, rule) in rules.iter().enumerate() {
        let concerned = only.is_none_or(|id| id == rule.id);
        if rule.reach.is_empty() {
            if concerned {
                findings.push(Finding::NeverMatches { rule: rule.id });
            }
            continue;
        }
        for earlier in &rules[..at] {
            if !concerned && only != Some(earlier.id) {
                continue;
            }
            steps += rule.reach.size() * earlier.reach.size();
            if steps > STEPS_MAX {
                return false;
            }
            if earlier.reach.covers(&rule.reach) {
                findings.push(Finding::Shadowed { rule: rule.id, by: earlier.id });
                break;
            }
            let differ = earlier.spec.action != rule.spec.action;
            let level = earlier.spec.position == rule.spec.position;
            if level && differ && !earlier.reach.is_apart_from(&rule.reach) {
                findings.push(Finding::Tied { rule: earlier.id, with: rule.id });
            }
        }
    }
    true
}

/// Whether the agent would be asked for the queue's work, were they there.
fn serves(spec: &QueueSpec, agent: &Agent) -> bool {
    agent.spec.capacity.units > 0
        && Floor::serves(spec, &agent.spec.teams)
        && has_skills(agent, &spec.required_skills)
}

fn of_skills(floor: &Floor, rule: &Placed<'_>, findings: &mut Vec<Finding>) {
    let action = &rule.spec.action;
    let Some((queue, spec)) = action.queue_id.and_then(|id| Some((id, floor.queue(id)?))) else {
        return;
    };
    let mut serving = floor.agents().filter(|(_, agent)| serves(spec, agent)).peekable();
    let needs = &action.add_required_skills;
    if serving.peek().is_some() && !serving.any(|(_, agent)| has_skills(agent, needs)) {
        findings.push(Finding::SkillsImpossible { rule: rule.id, queue });
    }
}

/// Flaws of queues: of all of them, or of the one that a rule leads to; whether there was time.
fn of_queues(floor: &Floor, only: Option<Option<QueueId>>, findings: &mut Vec<Finding>) -> bool {
    let queues = floor.queues().filter(|(id, _)| only.is_none_or(|wanted| wanted == Some(**id)));
    let mut steps = 0;
    for (queue, spec) in queues {
        let mut rival = None;
        let mut starved = true;
        let mut served = false;
        for (_, agent) in floor.agents().filter(|(_, agent)| serves(spec, agent)) {
            served = true;
            steps += floor.queues().count();
            rival = rival_of(floor, spec, agent);
            starved = rival.is_some();
            if !starved || steps > STEPS_MAX {
                break;
            }
        }
        match rival {
            _ if !served => findings.push(Finding::QueueUnserved { queue: *queue }),
            Some(by) if starved && steps <= STEPS_MAX => {
                findings.push(Finding::QueueStarved { queue: *queue, by });
            }
            _ => {}
        }
    }
    steps <= STEPS_MAX
}

/// Of the other queues that the agent serves, the one whose critical work goes first though it
/// arrives long after.
fn rival_of(floor: &Floor, spec: &QueueSpec, agent: &Agent) -> Option<QueueId> {
    let behind = |rival: &QueueSpec| is_behind(spec, rival) && serves(rival, agent);
    floor.queues().find(|(_, rival)| behind(rival)).map(|(id, _)| *id)
}

/// Whether critical work of the rival goes first though it arrives long after.
fn is_behind(spec: &QueueSpec, rival: &QueueSpec) -> bool {
    let steps = i64::from(Priority::Critical.code() - Priority::Low.code());
    let credit = |spec: &QueueSpec| spec.priority_step.micros().saturating_mul(steps);
    credit(rival) - credit(spec) > STARVED_BEHIND.micros()
}
