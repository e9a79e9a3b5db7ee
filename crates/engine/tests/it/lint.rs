//! Flaws that are found before anything arrives: a corpus of small tenants with what is to be found
//! in each, and nothing else.

use crate::support::World;
use domain::agent::{AgentSpec, Capacity};
use domain::escalation::{Action, EscalationFact, EscalationSpec, Level, Trigger};
use domain::event::{Change, Event};
use domain::id::{EscalationPolicyId, QueueId, RuleId, SkillId, TeamId};
use domain::interaction::SkillRequirement;
use domain::plan::{After, PlanStep, StepClock};
use domain::queue::QueueSpec;
use domain::rule::ConditionField as F;
use domain::rule::ConditionOperator as Op;
use domain::rule::{Condition, ConditionGroup, RuleAction, RuleMatch, RuleSpec};
use domain::time::Span;
use engine::routing::lint::{self, Finding};
use std::sync::Arc;
use uuid::Uuid;

const DE: SkillId = SkillId(Uuid::from_u128(1));
const FR: SkillId = SkillId(Uuid::from_u128(2));
const TEAM: TeamId = TeamId(Uuid::from_u128(3));
const A: RuleId = RuleId(Uuid::from_u128(0xa));
const B: RuleId = RuleId(Uuid::from_u128(0xb));
const C: RuleId = RuleId(Uuid::from_u128(0xc));

struct House {
    world: World,
    queue: QueueId,
}

/// One queue that everybody serves, and one agent who knows German at level 3.
fn house() -> House {
    let mut world = World::new();
    let queue = world.queue(QueueSpec::default());
    world.agent(AgentSpec { skills: [(DE, 3)].into(), ..AgentSpec::default() });
    House { world, queue }
}

fn is(field: F, operator: Op, values: &[&str]) -> Condition {
    let values = values.iter().map(|v| (*v).to_owned()).collect();
    Condition { field, operator, key: String::new(), values, case_sensitive: false }
}

fn needs(skill_id: SkillId, min_level: u8) -> Vec<SkillRequirement> {
    vec![SkillRequirement { skill_id, min_level }]
}

impl House {
    fn rule(&mut self, id: RuleId, position: u32, conditions: Vec<Condition>) -> RuleSpec {
        let action = RuleAction { queue_id: Some(self.queue), ..RuleAction::default() };
        let spec = RuleSpec { position, conditions, action, ..RuleSpec::default() };
        self.save(id, spec.clone());
        spec
    }

    fn save(&mut self, rule_id: RuleId, spec: RuleSpec) {
        self.world.record(Event::RuleSaved { rule_id, spec, change: Change::Created, version: 1 });
    }

    fn finds(&self, what: &str, expected: &[Finding]) {
        let report = lint::all(&self.world.floor);
        assert!(report.complete, "{what}");
        assert_eq!(report.findings, expected, "{what}");
    }
}

#[test]
fn a_sound_house_has_no_flaws() {
    let mut house = house();
    house.rule(A, 1, vec![is(F::Keyword, Op::Contains, &["refund"])]);
    house.rule(B, 2, vec![is(F::CustomerTier, Op::Equals, &["gold"])]);
    house.finds("two rules about different things", &[]);
}

/// What it is about, the earlier rule, the later one, and whether that is never reached.
type Pair = (&'static str, Vec<Condition>, Vec<Condition>, bool);

fn keyword(words: &[&str]) -> Condition {
    is(F::Keyword, Op::Contains, words)
}

fn pairs_of_words() -> Vec<Pair> {
    vec![
        ("the same", vec![keyword(&["refund"])], vec![keyword(&["refund"])], true),
        ("fewer words", vec![keyword(&["refund", "money"])], vec![keyword(&["money"])], true),
        ("more words", vec![keyword(&["money"])], vec![keyword(&["refund", "money"])], false),
        ("a longer phrase", vec![keyword(&["money"])], vec![keyword(&["my money back"])], true),
        ("a word in a word", vec![keyword(&["fund"])], vec![keyword(&["refund"])], false),
        (
            "one more condition",
            vec![keyword(&["refund"])],
            vec![keyword(&["refund"]), is(F::CustomerTier, Op::Equals, &["gold"])],
            true,
        ),
        (
            "one condition less",
            vec![keyword(&["refund"]), is(F::CustomerTier, Op::Equals, &["gold"])],
            vec![keyword(&["refund"])],
            false,
        ),
        (
            "of the subject",
            vec![keyword(&["refund"])],
            vec![is(F::SubjectKeyword, Op::Contains, &["refund"])],
            true,
        ),
    ]
}

fn pairs_of_values() -> Vec<Pair> {
    vec![
        (
            "a narrower range",
            vec![is(F::Priority, Op::GreaterThan, &["normal"])],
            vec![is(F::Priority, Op::In, &["urgent", "critical"])],
            true,
        ),
        (
            "a wider range",
            vec![is(F::Priority, Op::GreaterThan, &["high"])],
            vec![is(F::Priority, Op::GreaterThan, &["normal"])],
            false,
        ),
        (
            "something is there",
            vec![is(F::Language, Op::Exists, &[])],
            vec![is(F::Language, Op::Contains, &["de"])],
            true,
        ),
        (
            "none of more",
            vec![is(F::Channel, Op::NotIn, &["sms"])],
            vec![is(F::Channel, Op::NotIn, &["sms", "chat"])],
            true,
        ),
        (
            "one that is none of those",
            vec![is(F::Channel, Op::NotIn, &["sms"])],
            vec![is(F::Channel, Op::Equals, &["chat"])],
            true,
        ),
        (
            "not the long for not the short",
            vec![is(F::Content, Op::NotContains, &["refund"])],
            vec![is(F::Content, Op::NotContains, &["fund"])],
            true,
        ),
        (
            "the same pattern",
            vec![is(F::Subject, Op::Regex, &["^re:"])],
            vec![is(F::Subject, Op::Regex, &["^re:"]), keyword(&["x"])],
            true,
        ),
    ]
}

#[test]
fn rules_that_nothing_reaches_are_found() {
    let shadowed = [Finding::Shadowed { rule: B, by: A }];
    for (what, earlier, later, found) in pairs_of_words().into_iter().chain(pairs_of_values()) {
        let mut house = house();
        house.rule(A, 1, earlier);
        house.rule(B, 2, later);
        house.finds(what, if found { &shadowed } else { &[] });
    }
}

#[test]
fn case_groups_and_expressions_are_understood() {
    let sensitive =
        |words: &[&str]| Condition { case_sensitive: true, ..is(F::Keyword, Op::Contains, words) };
    let mut first = house();
    first.rule(A, 1, vec![sensitive(&["Refund"])]);
    first.rule(B, 2, vec![is(F::Keyword, Op::Contains, &["refund"])]);
    first.finds("the later does not mind case", &[]);
    first.rule(A, 1, vec![is(F::Keyword, Op::Contains, &["refund"])]);
    first.rule(B, 2, vec![sensitive(&["Refund"])]);
    first.finds("the earlier does not mind case", &[Finding::Shadowed { rule: B, by: A }]);

    let mut second = house();
    let tier = |tier: &str| is(F::CustomerTier, Op::Equals, &[tier]);
    let any = RuleMatch::Any;
    let group = ConditionGroup {
        matching: any,
        conditions: vec![tier("gold"), tier("silver")],
        groups: Vec::new(),
    };
    let plain = second.rule(A, 1, vec![is(F::CustomerTier, Op::In, &["gold", "silver"])]);
    second.save(B, RuleSpec { position: 2, conditions: vec![], groups: vec![group], ..plain });
    second.finds("one of a group", &[Finding::Shadowed { rule: B, by: A }]);

    let mut third = house();
    let plain = third.rule(A, 1, vec![]);
    let said = |text: &str| RuleSpec { expression: text.to_owned(), ..plain.clone() };
    third.save(A, said("customer.tier == 'gold'"));
    third.save(B, RuleSpec { position: 2, ..said("customer.tier=='gold'") });
    third.save(C, RuleSpec { position: 3, ..said("1 == 2 || false") });
    third.finds("the same but for spaces", &[Finding::Shadowed { rule: B, by: A }]);
    third.save(A, said("true"));
    third.save(C, RuleSpec { position: 3, ..said("false") });
    let expected = [Finding::NeverMatches { rule: C }, Finding::Shadowed { rule: B, by: A }];
    third.finds("what is always true", &expected);
}

#[test]
fn rules_that_take_nothing_are_found() {
    let nothing = [Finding::NeverMatches { rule: A }];
    let table: Vec<(&str, Vec<Condition>)> = vec![
        ("no conditions", vec![]),
        (
            "two channels at once",
            vec![is(F::Channel, Op::Equals, &["sms"]), is(F::Channel, Op::Equals, &["chat"])],
        ),
        (
            "there and not",
            vec![is(F::Language, Op::Exists, &[]), is(F::Language, Op::NotExists, &[])],
        ),
        (
            "more than the most",
            vec![
                is(F::Priority, Op::GreaterThan, &["high"]),
                is(F::Priority, Op::LessThan, &["normal"]),
            ],
        ),
        (
            "one and not that one",
            vec![is(F::CustomerTier, Op::Equals, &["a"]), is(F::CustomerTier, Op::NotIn, &["A"])],
        ),
        (
            "a word and not that word",
            vec![
                is(F::Keyword, Op::Contains, &["my money"]),
                is(F::Keyword, Op::NotContains, &["money"]),
            ],
        ),
    ];
    for (what, conditions) in table {
        let mut house = house();
        house.rule(A, 1, conditions);
        house.finds(what, &nothing);
    }
    let mut tags = house();
    tags.rule(A, 1, vec![is(F::Tag, Op::Equals, &["a"]), is(F::Tag, Op::Equals, &["b"])]);
    tags.finds("something may have two tags", &[]);
}

#[test]
fn rules_that_compete_are_found() {
    let mut house = house();
    let other = house.world.queue(QueueSpec::default());
    let spec = house.rule(A, 5, vec![is(F::Keyword, Op::Contains, &["refund"])]);
    house.rule(B, 5, vec![is(F::CustomerTier, Op::Equals, &["gold"])]);
    house.finds("they lead to the same", &[]);
    let elsewhere = RuleAction { queue_id: Some(other), ..RuleAction::default() };
    let gold = vec![is(F::CustomerTier, Op::Equals, &["gold"])];
    let rival = RuleSpec { conditions: gold.clone(), action: elsewhere.clone(), ..spec.clone() };
    house.save(B, rival.clone());
    house.finds("golden refunds", &[Finding::Tied { rule: A, with: B }]);
    house.save(B, RuleSpec { position: 6, ..rival.clone() });
    house.finds("their order is plain", &[]);
    house.save(B, RuleSpec { enabled: false, ..rival });
    house.finds("one is not judged", &[]);
    let silver = vec![is(F::CustomerTier, Op::Equals, &["silver"])];
    house.rule(A, 5, silver);
    house.save(B, RuleSpec { conditions: gold, action: elsewhere, ..spec });
    house.finds("nobody is both", &[]);
}

#[test]
fn work_that_nobody_could_take_is_found() {
    let mut house = house();
    let queue = house.queue;
    let words = vec![is(F::Keyword, Op::Contains, &["hallo"])];
    let spec = house.rule(A, 1, words);
    let with = |skills| RuleSpec {
        action: RuleAction { add_required_skills: skills, ..spec.action.clone() },
        ..spec.clone()
    };
    house.save(A, with(needs(DE, 3)));
    house.finds("the agent is good enough", &[]);
    let impossible = [Finding::SkillsImpossible { rule: A, queue }];
    house.save(A, with(needs(DE, 4)));
    house.finds("nobody is that good", &impossible);
    // Each skill is there, but not with one agent.
    house.world.agent(AgentSpec { skills: [(FR, 9)].into(), ..AgentSpec::default() });
    house.save(A, with([needs(DE, 1), needs(FR, 1)].concat()));
    house.finds("no single agent has both", &impossible);
    house.save(A, spec.clone());
    house
        .world
        .save_queue(queue, QueueSpec { required_skills: needs(FR, 2), ..Default::default() });
    house.finds("the queue's skill is there", &[]);
    house.save(A, with(needs(DE, 1)));
    house.finds("queue and rule together ask too much", &impossible);
    house.save(A, spec.clone());
    let unserved = [Finding::QueueUnserved { queue }];
    house.world.save_queue(queue, QueueSpec { teams: vec![TEAM], ..Default::default() });
    house.finds("nobody is in the team", &unserved);
    let capacity = Capacity { units: 0, ..Capacity::default() };
    let idle = AgentSpec { teams: vec![TEAM], capacity, ..AgentSpec::default() };
    house.world.agent(idle.clone());
    house.finds("who is in the team takes nothing", &unserved);
    house.world.agent(AgentSpec { capacity: Capacity::default(), ..idle });
    house.finds("somebody is", &[]);
}

#[test]
fn queues_whose_agents_are_always_elsewhere_are_found() {
    let mut house = house();
    let queue = house.queue;
    let hours = |n: i64| Span::from_secs(n * 3600);
    let strong = QueueSpec { priority_step: hours(3), ..QueueSpec::default() };
    let rival = house.world.queue(strong.clone());
    house.finds("twelve hours ahead", &[Finding::QueueStarved { queue, by: rival }]);
    house.world.save_queue(rival, QueueSpec { priority_step: hours(2), ..strong.clone() });
    house.finds("eight hours ahead are no more than eight", &[]);
    house.world.save_queue(rival, QueueSpec { teams: vec![TEAM], ..strong });
    let member = AgentSpec { teams: vec![TEAM], ..AgentSpec::default() };
    house.world.agent(member);
    house.finds("one agent serves the weak one alone", &[]);
    let report = lint::of_rule(&house.world.floor, A);
    assert_eq!(report.findings, [], "a rule that is not there has no flaws");
}

#[test]
fn a_rule_is_told_its_own_flaws_only() {
    let mut house = house();
    house.rule(A, 1, vec![is(F::Keyword, Op::Contains, &["refund"])]);
    house.rule(B, 2, vec![is(F::Keyword, Op::Contains, &["my refund"])]);
    house.rule(C, 3, vec![]);
    let shadow = Finding::Shadowed { rule: B, by: A };
    assert_eq!(lint::of_rule(&house.world.floor, A).findings, [shadow], "what it shadows");
    assert_eq!(lint::of_rule(&house.world.floor, B).findings, [shadow], "what shadows it");
    let nothing = Finding::NeverMatches { rule: C };
    assert_eq!(lint::of_rule(&house.world.floor, C).findings, [nothing]);
    assert_eq!(lint::all(&house.world.floor).findings, [nothing, shadow]);
}

#[test]
fn steps_that_nobody_could_take_are_found() {
    let mut house = house();
    let queue = house.queue;
    let after = |secs| Some(After { clock: StepClock::Step, span: Span::from_secs(secs) });
    let stronger =
        house.world.queue(QueueSpec { required_skills: needs(DE, 9), ..Default::default() });
    let step = |secs, more: PlanStep| PlanStep { after: after(secs), ..more };
    let plan = house.world.plan(vec![
        PlanStep::default(),
        step(10, PlanStep { teams: vec![TEAM], ..PlanStep::default() }),
        step(10, PlanStep { queue_id: Some(stronger), ..PlanStep::default() }),
        step(10, PlanStep { any_team: true, lower_levels: 2, ..PlanStep::default() }),
    ]);
    let spec = QueueSpec {
        required_skills: needs(DE, 5),
        routing_plan_id: Some(plan),
        ..QueueSpec::default()
    };
    house.world.save_queue(queue, spec);
    let unserved = |step| Finding::PlanStepUnserved { queue, plan, step };
    let queues = [queue, stronger].map(|queue| Finding::QueueUnserved { queue });
    let wanted = [&queues[..], &[unserved(1), unserved(2), unserved(3)]].concat();
    house.finds("the last asks for what there is", &wanted);
    house.world.agent(AgentSpec {
        teams: vec![TEAM],
        skills: [(DE, 9)].into(),
        ..AgentSpec::default()
    });
    house.finds("somebody is all of it", &[]);
}

#[test]
fn overflow_that_leads_nowhere_is_found() {
    let mut house = house();
    let queue = house.queue;
    let to = house.world.queue(QueueSpec { teams: vec![TEAM], ..QueueSpec::default() });
    let over =
        |max_size| QueueSpec { overflow_queue_id: Some(to), max_size, ..QueueSpec::default() };
    house.world.save_queue(queue, over(5));
    let nowhere = Finding::OverflowWithoutEffect { queue, to };
    house.finds("to nobody", &[Finding::QueueUnserved { queue: to }, nowhere]);
    house.world.agent(AgentSpec { teams: vec![TEAM], ..AgentSpec::default() });
    house.finds("to somebody", &[]);
    house.world.save_queue(queue, over(0));
    house.finds("it is never full", &[nowhere]);
}

#[test]
fn ladders_that_do_nothing_are_found() {
    let mut house = house();
    let queue = house.queue;
    let policy: EscalationPolicyId = house.world.id();
    let empty = house.world.queue(QueueSpec { teams: vec![TEAM], ..QueueSpec::default() });
    let unserved = Finding::QueueUnserved { queue: empty };
    let level = |actions: &[Action]| Level { after: Span::ZERO, actions: actions.to_vec() };
    let levels = vec![
        level(&[]),
        level(&[Action::Widen]),
        level(&[Action::MoveToQueue(empty)]),
        level(&[Action::MoveToQueue(queue)]),
        level(&[Action::Widen, Action::RaisePriority(None)]),
    ];
    let spec = |enabled| {
        let (triggers, reminders) = (vec![Trigger::AgentRequest], Vec::new());
        Arc::new(EscalationSpec { enabled, triggers, levels: levels.clone(), reminders })
    };
    let saved = |enabled| {
        let (spec, change) = (spec(enabled), Change::Updated);
        let fact = EscalationFact::PolicySaved { policy_id: policy, spec, change, version: 1 };
        Event::Escalation(fact)
    };
    house.world.record(saved(false));
    house.finds("it is off", &[unserved]);
    house.world.record(saved(true));
    house.finds("no queue names it", &[unserved, Finding::EscalationUnused { policy }]);
    let climbing = QueueSpec { escalation_policy_id: Some(policy), ..QueueSpec::default() };
    house.world.save_queue(queue, climbing.clone());
    let idle = |level| Finding::LevelWithoutEffect { policy, level };
    house.finds("no plan, nobody, and where it is", &[unserved, idle(2), idle(3), idle(4)]);
    let later = Some(After { clock: StepClock::Step, span: Span::from_secs(9) });
    let wider = PlanStep { after: later, any_team: true, ..PlanStep::default() };
    let plan = house.world.plan(vec![PlanStep::default(), wider]);
    house.world.save_queue(queue, QueueSpec { routing_plan_id: Some(plan), ..climbing });
    house.finds("there is a step to open", &[unserved, idle(3), idle(4)]);
}
