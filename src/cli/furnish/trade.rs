//! What the demo tenant trades on: skills, two queues, rules that find the queue by what is said, a
//! policy of promises and a ladder of escalation, short enough for both to be seen at work within
//! minutes. Each is found again by its name and then left as it is.

use super::{LOOKED_AT, made};
use anyhow::Result;
use app::App;
use app::context::Context;
use app::ledger::command::escalation_policy::ConfigureEscalation;
use app::ledger::command::queue::{SaveQueue, SaveSkill};
use app::ledger::command::rule::SaveRule;
use app::ledger::command::sla_policy::ConfigureSla;
use domain::escalation::{Action, EscalationSpec, Level, Trigger, WatchedState};
use domain::id::{EscalationPolicyId, QueueId, SkillId};
use domain::interaction::{Priority, SkillRequirement};
use domain::queue::Strategy;
use domain::rule::{Condition, ConditionField, ConditionOperator, RuleAction, RuleMatch, RuleSpec};
use domain::sla::{SlaMetric, SlaPause, SlaSpec, SlaTarget};
use domain::time::Span;
use std::sync::Arc;

const PROMISES: &str = "Everybody";
const LADDER: &str = "Left waiting";

/// How well an agent of a queue knows its skill at least.
const LEVEL: u8 = 3;

/// What one of the queues is about.
struct Subject {
    skill: &'static str,
    queue: &'static str,
    description: &'static str,
    strategy: Strategy,
    rule: &'static str,
    position: u32,
    words: &'static [&'static str],
}

const SUBJECTS: [Subject; 2] = [
    Subject {
        skill: "billing",
        queue: "Billing",
        description: "Invoices, payments and refunds.",
        strategy: Strategy::MostSkilled,
        rule: "Money goes to billing",
        position: 10,
        words: &["invoice", "payment", "refund"],
    },
    Subject {
        skill: "technical",
        queue: "Technical support",
        description: "Devices, logins and whatever does not work.",
        strategy: Strategy::LeastLoaded,
        rule: "Machines go to technical support",
        position: 20,
        words: &["router", "login", "password", "error"],
    },
];

/// The skills that agents have, and the queues.
pub(super) struct Trade {
    pub(super) billing: SkillId,
    pub(super) technical: SkillId,
    pub(super) queues: [QueueId; 2],
}

/// Makes what is missing.
pub(super) async fn set_up(app: &App, context: &Context) -> Result<Trade> {
    let [money, machines] = &SUBJECTS;
    let ladder = ladder(app, context).await?;
    let billing = skill(app, context, money.skill).await?;
    let technical = skill(app, context, machines.skill).await?;
    let queues = [
        queue(app, context, money, (billing, ladder)).await?,
        queue(app, context, machines, (technical, ladder)).await?,
    ];
    for (subject, queue) in SUBJECTS.iter().zip(queues) {
        rule(app, context, subject, queue).await?;
    }
    promises(app, context).await?;
    Ok(Trade { billing, technical, queues })
}

async fn skill(app: &App, context: &Context, name: &'static str) -> Result<SkillId> {
    let rows = app.read(context).skills(None, LOOKED_AT).await?;
    if let Some(found) = rows.iter().find(|skill| skill.name == name) {
        return Ok(found.id);
    }
    let patch = Arc::new(|skill: &mut domain::queue::Skill| skill.name = name.to_owned());
    let outcome = made(app, context, SaveSkill { id: None, version: 0, patch }).await?;
    Ok(SkillId(outcome.id))
}

async fn queue(
    app: &App,
    context: &Context,
    subject: &'static Subject,
    (skill, ladder): (SkillId, EscalationPolicyId),
) -> Result<QueueId> {
    let rows = app.read(context).queues(None, LOOKED_AT).await?;
    if let Some(found) = rows.iter().find(|queue| queue.name == subject.queue) {
        return Ok(found.id);
    }
    let patch = Arc::new(move |queue: &mut domain::queue::Queue| {
        queue.name = subject.queue.into();
        queue.description = subject.description.into();
        queue.spec.strategy = subject.strategy;
        queue.spec.offer_timeout = Span::from_secs(30);
        queue.spec.required_skills = vec![SkillRequirement { skill_id: skill, min_level: LEVEL }];
        queue.spec.escalation_policy_id = Some(ladder);
    });
    let outcome = made(app, context, SaveQueue { id: None, version: 0, patch }).await?;
    Ok(QueueId(outcome.id))
}

async fn rule(
    app: &App,
    context: &Context,
    subject: &'static Subject,
    queue: QueueId,
) -> Result<()> {
    let rows = app.read(context).rules(None, LOOKED_AT).await?;
    if rows.iter().any(|rule| rule.name == subject.rule) {
        return Ok(());
    }
    let patch = Arc::new(move |rule: &mut domain::rule::Rule| {
        rule.name = subject.rule.into();
        rule.spec = RuleSpec {
            position: subject.position,
            enabled: true,
            matching: RuleMatch::Any,
            conditions: vec![Condition {
                field: ConditionField::Keyword,
                operator: ConditionOperator::In,
                key: String::new(),
                values: subject.words.iter().map(|word| (*word).to_owned()).collect(),
                case_sensitive: false,
            }],
            action: RuleAction { queue_id: Some(queue), ..RuleAction::default() },
            ..RuleSpec::default()
        };
    });
    made(app, context, SaveRule { id: None, version: 0, patch }).await?;
    Ok(())
}

/// An answer in four minutes, all done in an hour; at half of it and at four fifths it is told.
async fn promises(app: &App, context: &Context) -> Result<()> {
    let rows = app.read(context).sla_policies(None, LOOKED_AT).await?;
    if rows.iter().any(|policy| policy.name == PROMISES) {
        return Ok(());
    }
    let target =
        |metric, seconds| SlaTarget { metric, target: Span::from_secs(seconds), calendar_id: None };
    let spec = SlaSpec {
        position: 100,
        enabled: true,
        targets: vec![
            target(SlaMetric::FirstResponse, 240),
            target(SlaMetric::NextResponse, 600),
            target(SlaMetric::Resolution, 3_600),
        ],
        warn_at: vec![50, 80],
        pauses: vec![SlaPause::AwaitingCustomer],
        ..SlaSpec::default()
    };
    made(app, context, ConfigureSla { name: PROMISES.into(), version: 0, spec }).await?;
    Ok(())
}

/// Whom nobody has taken for two minutes, or for whom an agent asks, becomes more urgent, and
/// urgent for good five minutes later.
async fn ladder(app: &App, context: &Context) -> Result<EscalationPolicyId> {
    let rows = app.read(context).escalation_policies(None, LOOKED_AT).await?;
    if let Some(found) = rows.iter().find(|policy| policy.name == LADDER) {
        return Ok(found.id);
    }
    let waits = Trigger::TimeInState { state: WatchedState::Waiting, after: Span::from_secs(120) };
    let level = |seconds, to| Level {
        after: Span::from_secs(seconds),
        actions: vec![Action::RaisePriority(to)],
    };
    let spec = EscalationSpec {
        enabled: true,
        triggers: vec![waits, Trigger::AgentRequest],
        levels: vec![level(0, None), level(300, Some(Priority::Urgent))],
        ..EscalationSpec::default()
    };
    let outcome =
        made(app, context, ConfigureEscalation { name: LADDER.into(), version: 0, spec }).await?;
    Ok(EscalationPolicyId(outcome.id))
}
