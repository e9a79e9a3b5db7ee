//! What is told of rules without changing anything: flaws, verdicts, and where an arrival would go.

use super::codes::Coded;
use super::{id_text, requirement};
use crate::grpc::call::optional_id;
use crate::proto::v1;
use app::rules::{Finding, Imagined, Placement, Said, Verdict};
use domain::channel::ChannelKind;
use domain::interaction::Priority;
use tonic::Status;
use v1::RoutingFlaw as Flaw;

/// A flaw as the wire writes it.
#[must_use]
pub fn finding(finding: &Finding) -> v1::RoutingFinding {
    let (flaw, message) = told(finding);
    let mut wire =
        v1::RoutingFinding { flaw: flaw.into(), message: message.to_owned(), ..Default::default() };
    match finding {
        Finding::NeverMatches { rule } => wire.routing_rule_id = rule.to_string(),
        Finding::Shadowed { rule, by: other } | Finding::Tied { rule, with: other } => {
            wire.routing_rule_id = rule.to_string();
            wire.other_routing_rule_id = other.to_string();
        }
        Finding::SkillsImpossible { rule, queue } => {
            wire.routing_rule_id = rule.to_string();
            wire.queue_id = queue.to_string();
        }
        Finding::QueueUnserved { queue } => wire.queue_id = queue.to_string(),
        Finding::QueueStarved { queue, by } => {
            wire.queue_id = queue.to_string();
            wire.other_queue_id = by.to_string();
        }
        Finding::PlanStepUnserved { queue, plan, step } => {
            wire.queue_id = queue.to_string();
            wire.routing_plan_id = plan.to_string();
            wire.step = i32::from(*step);
        }
        Finding::OverflowWithoutEffect { queue, to } => {
            wire.queue_id = queue.to_string();
            wire.other_queue_id = to.to_string();
        }
        Finding::EscalationUnused { policy } => wire.escalation_policy_id = policy.to_string(),
        Finding::LevelWithoutEffect { policy, level } => {
            wire.escalation_policy_id = policy.to_string();
            wire.level = i32::from(*level);
        }
    }
    wire
}

fn told(finding: &Finding) -> (Flaw, &'static str) {
    match finding {
        Finding::NeverMatches { .. } => (
            Flaw::RuleNeverMatches,
            "the rule matches nothing: it has no conditions, or they contradict each other",
        ),
        Finding::Shadowed { .. } => (
            Flaw::RuleShadowed,
            "the rule is never reached: an earlier one takes everything that it could",
        ),
        Finding::Tied { .. } => {
            (Flaw::RuleTied, "both rules could match at the same position; the older one decides")
        }
        Finding::SkillsImpossible { .. } => (
            Flaw::SkillsImpossible,
            "no agent of the queue has the skills that it and the rule require",
        ),
        Finding::QueueUnserved { .. } => {
            (Flaw::QueueUnserved, "no agent is in the queue's teams and has its skills")
        }
        Finding::QueueStarved { .. } => (
            Flaw::QueueStarved,
            "every agent of the queue serves another one whose critical work goes first, \
             even if it arrives 8 hours later",
        ),
        Finding::PlanStepUnserved { .. } => {
            (Flaw::PlanStepUnserved, "no agent could take the work of this step in this queue")
        }
        Finding::OverflowWithoutEffect { .. } => (
            Flaw::OverflowWithoutEffect,
            "the queue never overflows, because it has no limit, or overflows to nobody",
        ),
        Finding::EscalationUnused { .. } => {
            (Flaw::EscalationUnused, "no queue names the escalation policy")
        }
        Finding::LevelWithoutEffect { .. } => (
            Flaw::LevelWithoutEffect,
            "nothing that the level does has an effect in any queue that names the policy",
        ),
    }
}

/// What a caller wants to try.
///
/// # Errors
/// `VALIDATION_FAILED`: an id that is none.
pub fn imagined(asked: v1::TestRulesRequest) -> Result<Imagined, Status> {
    Ok(Imagined {
        channel: ChannelKind::of_wire(asked.channel),
        account_id: optional_id(&asked.channel_account_id)?,
        priority: Priority::of_wire(asked.priority),
        subject: asked.subject,
        body: asked.body,
        language: asked.language,
        tags: asked.tags,
        customer_id: optional_id(&asked.customer_id)?,
        tier: asked.customer_tier,
        attributes: asked.customer_attributes.into_iter().collect(),
    })
}

/// Where it would go.
#[must_use]
pub fn tested(placement: &Placement, said: &[Said]) -> v1::TestRulesResponse {
    v1::TestRulesResponse {
        queue_id: id_text(placement.queue_id),
        matched_rule_id: id_text(placement.rule.map(|rule| rule.rule_id)),
        matched_rule_version: placement.rule.map_or(0, |rule| rule.version),
        priority: placement.priority.to_wire(),
        language: placement.language.clone(),
        required_skills: requirement::to_wire(&placement.required_skills),
        add_tags: placement.add_tags.clone(),
        verdicts: said.iter().map(verdict).collect(),
    }
}

fn verdict(said: &Said) -> v1::RuleVerdict {
    use v1::RuleOutcome as Outcome;
    let (outcome, failed) = match said.verdict {
        Verdict::Matches => (Outcome::Matches, String::new()),
        Verdict::Fails(spot) => (Outcome::ConditionFails, spot.to_string()),
        Verdict::False => (Outcome::ExpressionFalse, String::new()),
        Verdict::NoValue => (Outcome::ExpressionNoValue, String::new()),
        Verdict::Nothing => (Outcome::NothingToJudge, String::new()),
    };
    v1::RuleVerdict {
        routing_rule_id: said.rule_id.to_string(),
        version: said.version,
        outcome: outcome.into(),
        failed_condition: failed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::id::{EscalationPolicyId, PlanId, QueueId, RuleId};
    use uuid::Uuid;

    #[test]
    fn every_flaw_names_whom_it_concerns() {
        let (rule, other) = (RuleId(Uuid::from_u128(1)), RuleId(Uuid::from_u128(2)));
        let (queue, by) = (QueueId(Uuid::from_u128(3)), QueueId(Uuid::from_u128(4)));
        let policy = EscalationPolicyId(Uuid::from_u128(6));
        let all = [
            Finding::NeverMatches { rule },
            Finding::Shadowed { rule, by: other },
            Finding::Tied { rule, with: other },
            Finding::SkillsImpossible { rule, queue },
            Finding::QueueUnserved { queue },
            Finding::QueueStarved { queue, by },
            Finding::PlanStepUnserved { queue, plan: PlanId(Uuid::from_u128(5)), step: 2 },
            Finding::OverflowWithoutEffect { queue, to: by },
            Finding::EscalationUnused { policy },
            Finding::LevelWithoutEffect { policy, level: 1 },
        ];
        let mut flaws: Vec<i32> = Vec::new();
        for one in &all {
            let wire = finding(one);
            let named = [
                &wire.routing_rule_id,
                &wire.other_routing_rule_id,
                &wire.queue_id,
                &wire.other_queue_id,
                &wire.escalation_policy_id,
            ];
            assert!(named.iter().any(|id| !id.is_empty()) && !wire.message.is_empty());
            flaws.push(wire.flaw);
        }
        assert_eq!(flaws, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], "one of each");
    }
}
