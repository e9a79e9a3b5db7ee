//! Rules: every operator on every field, their order, and where an arrival goes when none matches.

use crate::support::World;
use domain::channel::{AccountSpec, AccountStatus, ChannelKind};
use domain::event::{Change, Event};
use domain::id::{AccountId, CustomerId, QueueId, RuleId, SkillId};
use domain::interaction::{InteractionStatus, Priority, SkillRequirement};
use domain::queue::QueueSpec;
use domain::rule::ConditionField as F;
use domain::rule::ConditionOperator as Op;
use domain::rule::{Condition, RuleAction, RuleMatch, RuleSpec};
use domain::time::{Span, Timestamp};
use engine::routing::intake::{Arrival, Placed, Rules, matches};
use engine::routing::rules::is_judgeable;
use std::collections::BTreeMap;
use uuid::Uuid;

fn condition(field: F, operator: Op, key: &str, values: &[&str]) -> Condition {
    let values = values.iter().map(|v| (*v).to_owned()).collect();
    Condition { field, operator, key: key.to_owned(), values, case_sensitive: false }
}

fn rule(conditions: Vec<Condition>) -> RuleSpec {
    RuleSpec { position: 1, conditions, ..RuleSpec::default() }
}

const ACCOUNT: AccountId = AccountId(Uuid::from_u128(77));

/// Field, key, then values that are equal, contained, matched, absent; smaller and larger if it is
/// ordered.
struct Row {
    field: F,
    key: &'static str,
    equal: &'static str,
    part: Option<&'static str>,
    pattern: Option<&'static str>,
    absent: &'static str,
    ordered: Option<(&'static str, &'static str)>,
}

const ROWS: [Row; 16] = [
    row(F::Channel, "", ("web_portal", "webhook"), (None, Some("^web")), None),
    row(F::Priority, "", ("high", "low"), (None, None), Some(("normal", "urgent"))),
    row(F::Keyword, "", ("order", "invoice"), (Some("was late"), Some("no\\. \\d+")), None),
    row(F::SubjectKeyword, "", ("refund please", "order"), (Some("refund"), Some("!$")), None),
    row(F::Language, "", ("de-at", "fr"), (Some("DE"), Some("^de(-|$)")), None),
    row(F::CustomerTier, "", ("vip", "gold"), (Some("vi"), Some("V.P")), None),
    row(F::CustomerAttribute, "plan", ("gold PLUS", "silver"), (Some("gold"), Some("plus$")), None),
    row(
        F::CustomerAttribute,
        "seats",
        ("12", "1"),
        (Some("2"), Some("^\\d+$")),
        Some(("9", "12.5")),
    ),
    row(F::ChannelAccount, "", (ACCOUNT_TEXT, NOBODY), (None, Some("4d$")), None),
    row(F::Customer, "", (CUSTOMER_TEXT, NOBODY), (None, Some("4e$")), None),
    row(F::Content, "", ("my order NO. 12 was late", "my"), (Some("rder no"), Some("late$")), None),
    row(F::Subject, "", ("refund, please!", "refund"), (Some("und, p"), Some("^re")), None),
    row(F::Tag, "", ("return", "exchange"), (Some("turn"), Some("^ret")), None),
    row(F::Status, "", ("queued", "created"), (None, Some("ed$")), None),
    row(F::AgeMinutes, "", ("61", "60"), (None, None), Some(("60", "61.5"))),
    row(F::Created, "", ("2026-11-22", "2026-11-23"), (None, None), Some(YEARS)),
];

const ACCOUNT_TEXT: &str = "00000000-0000-0000-0000-00000000004d";
const CUSTOMER_TEXT: &str = "00000000-0000-0000-0000-00000000004e";
const NOBODY: &str = "00000000-0000-0000-0000-0000000000ff";
const YEARS: (&str, &str) = ("2026-11-21T23:59:59Z", "2027-01-01");

const fn row(
    field: F,
    key: &'static str,
    (equal, absent): (&'static str, &'static str),
    (part, pattern): (Option<&'static str>, Option<&'static str>),
    ordered: Option<(&'static str, &'static str)>,
) -> Row {
    Row { field, key, equal, part, pattern, absent, ordered }
}

#[test]
fn every_operator_on_every_field() {
    let attributes: BTreeMap<String, String> =
        [("plan", "Gold plus"), ("seats", "12"), ("odd", "twelve")]
            .map(|(k, v)| (k.to_owned(), v.to_owned()))
            .into();
    let tags = ["late".to_owned(), "Return".to_owned()];
    let created = Timestamp::from_micros(1_795_305_600_000_000);
    let arrival = Arrival {
        now: created + Span::from_secs(61 * 60 + 59),
        channel: Some(ChannelKind::WebPortal),
        account_id: Some(ACCOUNT),
        customer_id: Some(CustomerId(Uuid::from_u128(78))),
        priority: Some(Priority::High),
        subject: "Refund, please!",
        text: "My ORDER no. 12 was late",
        language: "de-AT",
        tags: &tags,
        tier: "VIP",
        attributes: Some(&attributes),
        status: Some(InteractionStatus::Queued),
        created_at: Some(created),
    };
    for Row { field, key, equal, part, pattern, absent, ordered } in &ROWS {
        let is = |operator, values: &[&str], expected: bool| {
            let condition = condition(*field, operator, key, values);
            assert!(is_judgeable(&condition), "{condition:?}");
            let told = matches(&rule(vec![condition]), &arrival);
            assert_eq!(told, expected, "{field:?} {key} {operator:?} {values:?}");
        };
        is(Op::Equals, &[equal], true);
        is(Op::NotEquals, &[equal], false);
        is(Op::Equals, &[absent], false);
        is(Op::NotEquals, &[absent], true);
        is(Op::In, &[absent, equal], true);
        is(Op::NotIn, &[absent, equal], false);
        is(Op::In, &[absent], false);
        is(Op::NotIn, &[absent], true);
        is(Op::Exists, &[], true);
        is(Op::NotExists, &[], false);
        if let Some(part) = part {
            is(Op::Contains, &["zzz", part], true);
            is(Op::NotContains, &["zzz", part], false);
            is(Op::Contains, &["zzz"], false);
            is(Op::NotContains, &["zzz"], true);
        }
        if let Some(pattern) = pattern {
            is(Op::Regex, &[pattern], true);
            is(Op::Regex, &["^zz+$"], false);
        }
        if let Some((less, more)) = ordered {
            is(Op::GreaterThan, &[less], true);
            is(Op::GreaterThan, &[more], false);
            is(Op::LessThan, &[more], true);
            is(Op::LessThan, &[less], false);
            is(Op::GreaterThan, &[equal], false);
            is(Op::LessThan, &[equal], false);
        }
    }
    for (key, operator) in [("odd", Op::GreaterThan), ("odd", Op::LessThan), ("none", Op::LessThan)]
    {
        let condition = condition(F::CustomerAttribute, operator, key, &["1"]);
        assert!(!matches(&rule(vec![condition]), &arrival), "{key} is no number");
    }
}

#[test]
fn case_counts_where_a_condition_says_so() {
    let tags = ["Return".to_owned()];
    let arrival = Arrival {
        channel: Some(ChannelKind::Chat),
        subject: "Refund",
        text: "My ORDER",
        tier: "Gold",
        tags: &tags,
        ..Arrival::default()
    };
    let table = [
        (F::Keyword, Op::Contains, "ORDER", "order"),
        (F::SubjectKeyword, Op::Contains, "Refund", "refund"),
        (F::Content, Op::Contains, "y OR", "y or"),
        (F::Subject, Op::Equals, "Refund", "refund"),
        (F::CustomerTier, Op::In, "Gold", "gold"),
        (F::Tag, Op::Equals, "Return", "return"),
        (F::Subject, Op::Regex, "^R", "^r"),
    ];
    for (field, operator, same, other) in table {
        let sensitive = |value: &str| Condition {
            case_sensitive: true,
            ..condition(field, operator, "", &[value])
        };
        assert!(matches(&rule(vec![sensitive(same)]), &arrival), "{field:?}");
        assert!(!matches(&rule(vec![sensitive(other)]), &arrival), "{field:?}");
        let either = condition(field, operator, "", &[other]);
        assert!(matches(&rule(vec![either]), &arrival), "{field:?}");
    }
    let channel =
        Condition { case_sensitive: true, ..condition(F::Channel, Op::In, "", &["CHAT"]) };
    assert!(matches(&rule(vec![channel]), &arrival), "a name is a name");
}

#[test]
fn what_is_not_there_is_neither_equal_nor_contained() {
    let arrival = Arrival::default();
    let fields = [
        (F::Channel, "chat"),
        (F::Language, "de"),
        (F::CustomerTier, "x"),
        (F::CustomerAttribute, "1"),
        (F::ChannelAccount, NOBODY),
        (F::Customer, NOBODY),
        (F::Content, "x"),
        (F::Subject, "x"),
        (F::Tag, "x"),
        (F::Keyword, "x"),
        (F::SubjectKeyword, "x"),
    ];
    for (field, value) in fields {
        let key = if field == F::CustomerAttribute { "k" } else { "" };
        let holds = |operator, values: &[&str]| {
            matches(&rule(vec![condition(field, operator, key, values)]), &arrival)
        };
        for operator in [Op::Equals, Op::In, Op::Contains, Op::Regex] {
            assert!(!holds(operator, &[value]), "{field:?} {operator:?}");
        }
        for operator in [Op::NotEquals, Op::NotIn, Op::NotContains] {
            assert!(holds(operator, &[value]), "{field:?} {operator:?}");
        }
        assert!(!holds(Op::Exists, &[]) && holds(Op::NotExists, &[]), "{field:?}");
    }
    // Without a wish the priority is the usual one.
    let normal = rule(vec![condition(F::Priority, Op::Equals, "", &["medium"])]);
    assert!(matches(&normal, &arrival));
}

#[test]
fn keywords_are_words() {
    let finds = |text: &str, word: &str| {
        let arrival = Arrival { text, ..Arrival::default() };
        matches(&rule(vec![condition(F::Keyword, Op::Contains, "", &[word])]), &arrival)
    };
    assert!(finds("please cancel it", "cancel"));
    assert!(finds("CANCEL!", "cancel"));
    assert!(!finds("cancellation", "cancel"));
    assert!(finds("no-reply, really", "no reply"));
    assert!(finds("Straße 5", "STRASSE") || finds("Straße 5", "straße"));
    assert!(!finds("anything", "") && !finds("anything", " ?! "));
    // A keyword is not found across the border of subject and text.
    let arrival = Arrival { subject: "give my", text: "money back", ..Arrival::default() };
    let rule = rule(vec![condition(F::Keyword, Op::Contains, "", &["my money"])]);
    assert!(!matches(&rule, &arrival));
}

#[test]
fn all_and_any_and_none_at_all() {
    let arrival = Arrival { tier: "vip", language: "en", ..Arrival::default() };
    let vip = condition(F::CustomerTier, Op::Equals, "", &["vip"]);
    let french = condition(F::Language, Op::Equals, "", &["fr"]);
    let with = |matching, conditions| RuleSpec { matching, ..rule(conditions) };
    assert!(!matches(&with(RuleMatch::All, vec![vip.clone(), french.clone()]), &arrival));
    assert!(matches(&with(RuleMatch::Any, vec![french, vip.clone()]), &arrival));
    assert!(matches(&with(RuleMatch::All, vec![vip]), &arrival));
    assert!(!matches(&with(RuleMatch::All, Vec::new()), &arrival));
    assert!(!matches(&with(RuleMatch::Any, Vec::new()), &arrival));
}

#[test]
fn what_cannot_be_judged_is_known_before() {
    let good = [
        condition(F::Keyword, Op::Contains, "", &["x"]),
        condition(F::Priority, Op::GreaterThan, "", &["normal"]),
        condition(F::CustomerAttribute, Op::LessThan, "age", &["18.5"]),
        condition(F::Language, Op::Exists, "", &[]),
        condition(F::Channel, Op::In, "", &["chat", "in_person"]),
        condition(F::ChannelAccount, Op::Equals, "", &["00000000-0000-0000-0000-000000000001"]),
    ];
    assert!(good.iter().all(is_judgeable));
    let bad = [
        condition(F::Keyword, Op::Regex, "", &["x", "y"]),
        condition(F::Keyword, Op::Regex, "", &["("]),
        condition(F::Content, Op::Regex, "", &[r"(a{99}){99}"]),
        condition(F::Priority, Op::Regex, "", &["high"]),
        condition(F::AgeMinutes, Op::Contains, "", &["1"]),
        condition(F::AgeMinutes, Op::GreaterThan, "", &["an hour"]),
        condition(F::Created, Op::LessThan, "", &["tomorrow"]),
        condition(F::Status, Op::Equals, "", &["happy"]),
        condition(F::Customer, Op::Equals, "", &["Ada"]),
        condition(F::Tag, Op::GreaterThan, "", &["1"]),
        condition(F::Tag, Op::Equals, "", &[""]),
        condition(F::Keyword, Op::Contains, "", &[]),
        condition(F::CustomerAttribute, Op::Equals, "", &["x"]),
        condition(F::CustomerAttribute, Op::LessThan, "age", &["young"]),
        condition(F::CustomerAttribute, Op::LessThan, "age", &["inf"]),
        condition(F::Keyword, Op::GreaterThan, "", &["5"]),
        condition(F::Priority, Op::Equals, "", &["soonish"]),
        condition(F::Keyword, Op::Contains, "", &["?!"]),
        condition(F::Channel, Op::Equals, "", &["chat", "sms"]),
        condition(F::Channel, Op::Equals, "", &["pigeon"]),
        condition(F::ChannelAccount, Op::Equals, "", &["the shop"]),
        condition(F::Language, Op::Exists, "", &["de"]),
        condition(F::Language, Op::Equals, "plan", &["de"]),
    ];
    for condition in &bad {
        assert!(!is_judgeable(condition), "{condition:?}");
    }
}

struct House {
    world: World,
    queues: Vec<QueueId>,
}

fn house() -> House {
    let mut world = World::new();
    let default = QueueSpec { is_default: true, ..QueueSpec::default() };
    let queues = vec![
        world.queue(default),
        world.queue(QueueSpec::default()),
        world.queue(QueueSpec::default()),
    ];
    House { world, queues }
}

fn save(world: &mut World, id: u128, spec: RuleSpec) -> RuleId {
    let rule_id = RuleId(Uuid::from_u128(id));
    world.record(Event::RuleSaved { rule_id, spec, change: Change::Created, version: 1 });
    rule_id
}

#[test]
fn the_first_rule_by_position_then_id_places_alone() {
    let House { mut world, queues } = house();
    let anything = condition(F::Language, Op::NotExists, "", &[]);
    let to = |queue, position| RuleSpec {
        position,
        action: RuleAction { queue_id: Some(queue), ..RuleAction::default() },
        ..rule(vec![anything.clone()])
    };
    save(&mut world, 900, to(queues[1], 2));
    let off = RuleSpec { enabled: false, ..to(queues[1], 1) };
    save(&mut world, 901, off);
    let winner = save(&mut world, 905, to(queues[2], 2));
    let found = Rules::of(&world.floor).judge(&Arrival::default());
    let placed = |rule_id| Some(Placed { rule_id, version: 1 });
    let first = placed(RuleId(Uuid::from_u128(900)));
    assert_eq!((found.queue_id, found.rule), (Some(queues[1]), first));
    save(&mut world, 905, to(queues[2], 1));
    let found = Rules::of(&world.floor).judge(&Arrival::default());
    assert_eq!((found.queue_id, found.rule), (Some(queues[2]), placed(winner)));
}

#[test]
fn without_a_match_the_account_decides_then_the_default() {
    let House { mut world, queues } = house();
    let arrival = Arrival { account_id: Some(ACCOUNT), ..Arrival::default() };
    assert_eq!(Rules::of(&world.floor).judge(&arrival).queue_id, Some(queues[0]));
    let spec = AccountSpec {
        kind: ChannelKind::Webhook,
        status: AccountStatus::Active,
        default_queue_id: Some(queues[1]),
    };
    world.record(Event::AccountSaved {
        account_id: ACCOUNT,
        spec,
        change: Change::Created,
        version: 1,
    });
    let rules = Rules::of(&world.floor);
    assert_eq!(rules.config_seq, world.floor.config_seq());
    assert_eq!(rules.judge(&arrival).queue_id, Some(queues[1]));
    assert_eq!(rules.judge(&Arrival::default()).queue_id, Some(queues[0]));
    assert_eq!(Rules::default().judge(&arrival).queue_id, None);
}

#[test]
fn a_rule_that_names_no_queue_leaves_it_to_account_and_default() {
    let House { mut world, queues } = house();
    let skill = SkillRequirement { skill_id: SkillId(Uuid::from_u128(5)), min_level: 3 };
    let action = RuleAction {
        queue_id: None,
        set_priority: Some(Priority::Urgent),
        add_required_skills: vec![skill],
        set_language: "fr".to_owned(),
        add_tags: vec!["help".to_owned(), "help".to_owned()],
    };
    let id = save(
        &mut world,
        900,
        RuleSpec { action, ..rule(vec![condition(F::Keyword, Op::Contains, "", &["aide"])]) },
    );
    let rules = Rules::of(&world.floor);
    let arrival = Arrival { text: "à l'aide", language: "en", ..Arrival::default() };
    let found = rules.judge(&arrival);
    assert_eq!(found.queue_id, Some(queues[0]));
    assert_eq!(found.priority, Priority::Urgent);
    assert_eq!(found.required_skills, [skill]);
    assert_eq!(found.language, "fr");
    assert_eq!(found.rule, Some(Placed { rule_id: id, version: 1 }));
    assert_eq!(found.tagged(&["late".to_owned()]), ["late", "help"]);
    let full: Vec<String> = (0..20).map(|n| n.to_string()).collect();
    assert_eq!(found.tagged(&full), full, "an interaction keeps its own tags first");
    let plain = rules.judge(&Arrival { language: "en", ..Arrival::default() });
    assert_eq!((plain.language.as_str(), plain.rule), ("en", None));
    assert_eq!(plain.priority, Priority::Normal);
}
