//! Rules: every operator on every field, their order, and where an arrival goes when none matches.

use crate::support::World;
use domain::channel::{AccountSpec, AccountStatus, ChannelKind};
use domain::event::{Change, Event};
use domain::id::{AccountId, QueueId, RuleId, SkillId};
use domain::interaction::{Priority, SkillRequirement};
use domain::queue::QueueSpec;
use domain::rule::ConditionField as F;
use domain::rule::ConditionOperator as Op;
use domain::rule::{Condition, RuleAction, RuleMatch, RuleSpec};
use engine::routing::intake::{Arrival, Rules, is_judgeable, matches};
use std::collections::BTreeMap;
use uuid::Uuid;

fn condition(field: F, operator: Op, key: &str, values: &[&str]) -> Condition {
    let values = values.iter().map(|v| (*v).to_owned()).collect();
    Condition { field, operator, key: key.to_owned(), values }
}

fn rule(conditions: Vec<Condition>) -> RuleSpec {
    RuleSpec {
        position: 1,
        enabled: true,
        matching: RuleMatch::All,
        conditions,
        action: RuleAction::default(),
    }
}

const ACCOUNT: AccountId = AccountId(Uuid::from_u128(77));

#[test]
fn every_operator_on_every_field() {
    let attributes: BTreeMap<String, String> =
        [("plan", "Gold plus"), ("seats", "12"), ("odd", "twelve")]
            .map(|(k, v)| (k.to_owned(), v.to_owned()))
            .into();
    let arrival = Arrival {
        channel: Some(ChannelKind::WebPortal),
        account_id: Some(ACCOUNT),
        priority: Some(Priority::High),
        subject: "Refund, please!",
        text: "My ORDER no. 12 was late",
        language: "de-AT",
        tier: "VIP",
        attributes: Some(&attributes),
    };
    let account = ACCOUNT.to_string();
    // Field, key, then: values that are equal, contained, absent; smaller, larger (if ordered).
    type Ordered<'a> = Option<(&'a str, &'a str)>;
    let fields: [(F, &str, &str, &str, &str, Ordered<'_>); 8] = [
        (F::Channel, "", "web_portal", "portal", "webhook", None),
        (F::Priority, "", "high", "high", "low", Some(("normal", "urgent"))),
        (F::Keyword, "", "order", "was late", "invoice", None),
        (F::SubjectKeyword, "", "refund please", "refund", "order", None),
        (F::Language, "", "de-at", "DE", "fr", None),
        (F::CustomerTier, "", "vip", "vi", "gold", None),
        (F::CustomerAttribute, "plan", "gold PLUS", "gold", "silver", None),
        (F::ChannelAccount, "", &account, &account[..8], "ffff", None),
    ];
    for (field, key, equal, part, absent, ordered) in fields {
        let is = |operator, value: &str, expected: bool| {
            let condition = condition(field, operator, key, &["nonsense", value]);
            // A priority that is none cannot be saved; it counts for nothing.
            assert_eq!(
                matches(&rule(vec![condition]), &arrival),
                expected,
                "{field:?} {operator:?} {value:?}"
            );
        };
        is(Op::Equals, equal, true);
        is(Op::In, equal, true);
        is(Op::Contains, part, true);
        is(Op::NotEquals, equal, false);
        is(Op::NotIn, equal, false);
        is(Op::NotContains, part, false);
        is(Op::Equals, absent, false);
        is(Op::In, absent, false);
        is(Op::Contains, absent, false);
        is(Op::NotEquals, absent, true);
        is(Op::NotIn, absent, true);
        is(Op::NotContains, absent, true);
        is(Op::Regex, equal, false);
        let bare = |operator| matches(&rule(vec![condition(field, operator, key, &[])]), &arrival);
        assert!(bare(Op::Exists) && !bare(Op::NotExists), "{field:?}");
        let one = |operator, v: &str| {
            matches(&rule(vec![condition(field, operator, key, &[v])]), &arrival)
        };
        if let Some((less, more)) = ordered {
            assert!(one(Op::GreaterThan, less) && !one(Op::GreaterThan, more), "{field:?}");
            assert!(one(Op::LessThan, more) && !one(Op::LessThan, less), "{field:?}");
            assert!(!one(Op::GreaterThan, equal) && !one(Op::LessThan, equal), "{field:?}");
        }
    }
    let number = |operator, key: &str, value: &str| {
        let condition = condition(F::CustomerAttribute, operator, key, &[value]);
        matches(&rule(vec![condition]), &arrival)
    };
    assert!(number(Op::GreaterThan, "seats", "9") && !number(Op::GreaterThan, "seats", "12"));
    assert!(number(Op::LessThan, "seats", "12.5") && !number(Op::LessThan, "seats", "9"));
    assert!(!number(Op::GreaterThan, "odd", "1") && !number(Op::LessThan, "none", "1"));
}

#[test]
fn what_is_not_there_is_neither_equal_nor_contained() {
    let arrival = Arrival::default();
    let fields =
        [F::Channel, F::Language, F::CustomerTier, F::CustomerAttribute, F::ChannelAccount];
    for field in fields {
        let holds =
            |operator| matches(&rule(vec![condition(field, operator, "k", &["x"])]), &arrival);
        assert!(!holds(Op::Equals) && !holds(Op::Contains) && !holds(Op::Exists), "{field:?}");
        assert!(!holds(Op::GreaterThan) && !holds(Op::LessThan), "{field:?}");
        assert!(holds(Op::NotEquals) && holds(Op::NotIn) && holds(Op::NotExists), "{field:?}");
    }
    for field in [F::Keyword, F::SubjectKeyword] {
        let holds =
            |operator| matches(&rule(vec![condition(field, operator, "", &["x"])]), &arrival);
        assert!(!holds(Op::Contains) && !holds(Op::Exists) && holds(Op::NotExists), "{field:?}");
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
        condition(F::Keyword, Op::Regex, "", &["x"]),
        condition(F::Keyword, Op::Contains, "", &[]),
        condition(F::CustomerAttribute, Op::Equals, "", &["x"]),
        condition(F::CustomerAttribute, Op::LessThan, "age", &["young"]),
        condition(F::CustomerAttribute, Op::LessThan, "age", &["inf"]),
        condition(F::Keyword, Op::GreaterThan, "", &["5"]),
        condition(F::Priority, Op::Equals, "", &["soonish"]),
        condition(F::Keyword, Op::NotContains, "", &["x"]),
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
    assert_eq!(
        (found.queue_id, found.rule_id),
        (Some(queues[1]), Some(RuleId(Uuid::from_u128(900))))
    );
    save(&mut world, 905, to(queues[2], 1));
    let found = Rules::of(&world.floor).judge(&Arrival::default());
    assert_eq!((found.queue_id, found.rule_id), (Some(queues[2]), Some(winner)));
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
    assert_eq!((found.language.as_str(), found.rule_id), ("fr", Some(id)));
    let plain = rules.judge(&Arrival { language: "en", ..Arrival::default() });
    assert_eq!((plain.language.as_str(), plain.rule_id), ("en", None));
    assert_eq!(plain.priority, Priority::Normal);
}
