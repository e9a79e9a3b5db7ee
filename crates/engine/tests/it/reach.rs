//! What is said of rules is so: whatever random rules and arrivals there are, a rule that is called
//! shadowed never matches alone, one that is called empty never matches, and two that are called
//! apart never match together.

use domain::channel::ChannelKind;
use domain::interaction::Priority;
use domain::rule::ConditionField as F;
use domain::rule::ConditionOperator as Op;
use domain::rule::{Condition, ConditionGroup, RuleMatch, RuleSpec};
use domain::time::{Span, Timestamp};
use engine::routing::intake::Arrival;
use engine::routing::rules::{Compiled, Facts, Reach, Verdict};
use proptest::prelude::*;
use proptest::sample::select;
use std::cell::Cell;
use std::collections::BTreeMap;

fn conditions() -> impl Strategy<Value = Condition> {
    let (words, numbers) = (WORDS.to_vec(), vec!["1", "2", "2.0", "3"]);
    let text = select(vec![F::Keyword, F::SubjectKeyword, F::Content, F::Subject, F::Tag]);
    let value = select(vec![F::CustomerTier, F::CustomerAttribute]);
    let about = select(vec![
        Op::Equals,
        Op::NotEquals,
        Op::Contains,
        Op::NotContains,
        Op::In,
        Op::NotIn,
        Op::Regex,
        Op::Exists,
        Op::NotExists,
    ]);
    let ordered = select(vec![Op::GreaterThan, Op::LessThan, Op::Equals, Op::NotIn]);
    let made = |field, operator, mut values: Vec<&str>, case_sensitive| {
        match operator {
            Op::Exists | Op::NotExists => values.clear(),
            Op::In | Op::NotIn | Op::Contains | Op::NotContains => {}
            _ => values.truncate(1),
        }
        let key = if field == F::CustomerAttribute { "k" } else { "" };
        let values = values.into_iter().map(str::to_owned).collect();
        Condition { field, operator, key: key.to_owned(), values, case_sensitive }
    };
    let some = |of: Vec<&'static str>| prop::collection::vec(select(of), 1..4);
    prop_oneof![
        (prop_oneof![text, value], about, some(words), any::<bool>())
            .prop_map(move |(f, o, v, c)| made(f, o, v, c)),
        (Just(F::CustomerAttribute), ordered.clone(), some(numbers.clone()))
            .prop_map(move |(f, o, v)| made(f, o, v, false)),
        (Just(F::AgeMinutes), ordered.clone(), some(numbers))
            .prop_map(move |(f, o, v)| made(f, o, v, false)),
        (Just(F::Priority), ordered, some(vec!["low", "medium", "high"]))
            .prop_map(move |(f, o, v)| made(f, o, v, false)),
        (Just(F::Channel), select(vec![Op::In, Op::NotIn]), some(vec!["chat", "sms", "EMAIL"]))
            .prop_map(move |(f, o, v)| made(f, o, v, true)),
    ]
}

const WORDS: [&str; 9] = ["a", "A", "ab", "Ab", "a b", "b", "1", "İ", "ß"];

fn matching() -> impl Strategy<Value = RuleMatch> {
    select(vec![RuleMatch::All, RuleMatch::Any])
}

fn specs() -> impl Strategy<Value = RuleSpec> {
    let group = (matching(), prop::collection::vec(conditions(), 0..3))
        .prop_map(|(m, c)| ConditionGroup { matching: m, conditions: c, groups: Vec::new() });
    let rule =
        (matching(), prop::collection::vec(conditions(), 0..3), prop::collection::vec(group, 0..2));
    rule.prop_map(|(matching, conditions, groups)| RuleSpec {
        matching,
        conditions,
        groups,
        ..RuleSpec::default()
    })
}

/// A rule and another that asks for more, or for the same in fewer cases.
fn pairs() -> impl Strategy<Value = (RuleSpec, RuleSpec)> {
    let narrowed = (specs(), conditions()).prop_map(|(wide, extra)| {
        let inner = ConditionGroup {
            matching: wide.matching,
            conditions: wide.conditions.clone(),
            groups: Vec::new(),
        };
        let narrow =
            RuleSpec { conditions: vec![extra], groups: vec![inner], ..RuleSpec::default() };
        (wide, narrow)
    });
    let single = (conditions(), conditions()).prop_map(|(one, two)| {
        let of = |c| RuleSpec { conditions: vec![c], ..RuleSpec::default() };
        (of(one), of(two))
    });
    prop_oneof![narrowed, single, (specs(), specs())]
}

#[derive(Clone, Debug)]
struct Scene {
    texts: [String; 4],
    tags: Vec<String>,
    attribute: Option<String>,
    age: i64,
    priority: Priority,
    channel: Option<ChannelKind>,
}

fn scenes() -> impl Strategy<Value = Scene> {
    let of =
        vec!["", "a", "A", "ab", "Ab", "a b", "A B", "b", "1", "2", "3", " ", "İ", "ß", "xabx"];
    let word = select(of).prop_map(str::to_owned);
    let channel = select(vec![
        None,
        Some(ChannelKind::Chat),
        Some(ChannelKind::Sms),
        Some(ChannelKind::Email),
    ]);
    let priority = select(Priority::ALL.to_vec());
    let texts = prop::array::uniform4(word.clone());
    let tags = prop::collection::vec(word.clone(), 0..3);
    (texts, tags, prop::option::of(word), 0_i64..4, priority, channel).prop_map(
        |(texts, tags, attribute, age, priority, channel)| Scene {
            texts,
            tags,
            attribute,
            age,
            priority,
            channel,
        },
    )
}

fn matches(rule: &Compiled, scene: &Scene) -> bool {
    let attributes: BTreeMap<_, _> =
        scene.attribute.iter().map(|value| ("k".to_owned(), value.clone())).collect();
    let created = Timestamp::from_micros(1_800_000_000_000_000);
    let arrival = Arrival {
        now: created + Span::from_secs(scene.age * 60),
        created_at: Some(created),
        subject: &scene.texts[0],
        text: &scene.texts[1],
        tier: &scene.texts[2],
        language: &scene.texts[3],
        tags: &scene.tags,
        attributes: Some(&attributes),
        priority: Some(scene.priority),
        channel: scene.channel,
        ..Arrival::default()
    };
    rule.judge(&Facts::of(&arrival)) == Verdict::Matches
}

#[test]
fn what_is_said_of_rules_is_so() {
    let told = Cell::new([0_u32; 3]);
    let mut runner = prop::test_runner::TestRunner::new(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(4_000)
    });
    let cases = (pairs(), prop::collection::vec(scenes(), 60));
    let result = runner.run(&cases, |((one, two), scenes)| {
        let (Ok(first), Ok(second)) = (Compiled::of(&one), Compiled::of(&two)) else {
            return Ok(());
        };
        let (wide, narrow) = (Reach::of(&first), Reach::of(&second));
        let said = [
            wide.covers(&narrow) && !narrow.is_empty(),
            wide.is_apart_from(&narrow) && !wide.is_empty() && !narrow.is_empty(),
            narrow.is_empty(),
        ];
        let mut counts = told.get();
        for (count, said) in counts.iter_mut().zip(said) {
            *count += u32::from(said);
        }
        told.set(counts);
        for scene in &scenes {
            let (a, b) = (matches(&first, scene), matches(&second, scene));
            prop_assert!(!said[0] || a || !b, "not covered: {:?}\n{:?}\n{:?}", one, two, scene);
            prop_assert!(!(said[1] && a && b), "not apart: {:?}\n{:?}\n{:?}", one, two, scene);
            prop_assert!(!said[2] || !b, "not empty: {:?}\n{:?}", two, scene);
        }
        Ok(())
    });
    println!("covered, apart, empty: {:?}", told.get());
    assert!(result.is_ok(), "{result:?}");
    assert!(told.get().iter().all(|count| *count > 100), "something is hardly ever said: {told:?}");
}
