//! Expressions of rules: what is refused and where, that what is accepted says the same as the
//! interpreter of the crate that reads it, and that neither reading nor running can be made to
//! panic or to take long.
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "time is what is measured, and the other interpreter takes hash maps"
)]

use cel::{Context, Env, Program, Value};
use domain::channel::ChannelKind;
use domain::interaction::{InteractionStatus, Priority};
use domain::rule::RuleSpec;
use domain::time::{Span, Timestamp};
use engine::routing::intake::Arrival;
use engine::routing::rules::{Compiled, EXPRESSION_MAX, Facts, Flaw, RULE_WEIGHT_MAX, Verdict};
use proptest::prelude::*;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Instant;

fn spec(expression: &str) -> RuleSpec {
    RuleSpec { expression: expression.to_owned(), ..RuleSpec::default() }
}

fn compiled(expression: &str) -> Result<Compiled, Flaw> {
    Compiled::of(&spec(expression))
}

struct Scene {
    tags: Vec<String>,
    attributes: BTreeMap<String, String>,
}

impl Scene {
    fn new() -> Self {
        let pairs = [("seats", "12"), ("plan", "gold"), ("odd", "many")];
        Self {
            tags: ["late", "return", "Late"].map(str::to_owned).into(),
            attributes: pairs.map(|(k, v)| (k.to_owned(), v.to_owned())).into(),
        }
    }

    fn arrival(&self) -> Arrival<'_> {
        let created = Timestamp::from_micros(1_800_000_000_000_000);
        Arrival {
            now: created + Span::from_secs(600),
            channel: Some(ChannelKind::Chat),
            priority: Some(Priority::High),
            subject: "Invoice 12",
            text: "Where is my ORDER?",
            language: "de",
            tags: &self.tags,
            tier: "gold",
            attributes: Some(&self.attributes),
            status: Some(InteractionStatus::Queued),
            created_at: Some(created),
            ..Arrival::default()
        }
    }
}

fn judge(expression: &str) -> Verdict {
    let scene = Scene::new();
    let rule = compiled(expression).unwrap_or_else(|flaw| panic!("{expression}: {flaw:?}"));
    rule.judge(&Facts::of(&scene.arrival()))
}

#[test]
fn expressions_see_what_arrives() {
    let hold = [
        "true",
        "interaction.channel == 'chat' && interaction.priority >= HIGH",
        "interaction.priority < URGENT",
        "interaction.subject.startsWith('Invoice') && interaction.language != 'fr'",
        "message.text.lowerAscii().contains('order')",
        "message.text.matches('ORDER\\\\?$')",
        "'late' in interaction.tags && !('early' in interaction.tags)",
        "interaction.tags.exists(t, t.startsWith('re'))",
        "interaction.tags.all(t, size(t) > 3)",
        "interaction.tags.exists_one(t, t == 'late')",
        "interaction.status == 'queued' && interaction.age_minutes == 10",
        "customer.tier in ['gold', 'platinum']",
        "has(customer.attributes.seats) && int(customer.attributes.seats) > 10",
        "customer.attributes['plan'].endsWith('old')",
        "'plan' in customer.attributes && size(customer.attributes) == 3",
        "customer.attributes.none == 'x' || true",
        "(interaction.priority == LOW ? 1 : 2) * 3 + 1 == 7",
        "interaction.age_minutes % 3 == 1 && -interaction.age_minutes < 0",
        "customer.id == '' && interaction.channel_account_id == ''",
        "[1, 2].exists(n, n * 5 == interaction.age_minutes)",
    ];
    for expression in hold {
        assert_eq!(judge(expression), Verdict::Matches, "{expression}");
    }
    let fail = ["false", "customer.tier == 'Gold'", "interaction.tags.exists(t, t == 'x')"];
    for expression in fail {
        assert_eq!(judge(expression), Verdict::False, "{expression}");
    }
    let nothing = [
        "customer.attributes.none == 'x'",
        "int(customer.attributes.odd) > 1",
        "9223372036854775807 + interaction.age_minutes > 0",
        "interaction.age_minutes / 0 == 1",
        "interaction.tags.all(t, int(t) > 0)",
    ];
    for expression in nothing {
        assert_eq!(judge(expression), Verdict::NoValue, "{expression}");
    }
}

#[test]
fn what_cannot_run_is_refused_where_it_is_wrong() {
    let long = format!("'{}' == 'x'", "a".repeat(EXPRESSION_MAX));
    let table = [
        ("interaction.priority", 0, "interaction.priority", "is neither true nor false"),
        ("1 + 1", 0, "", "is neither true nor false"),
        ("nonsense == 1", 0, "nonsense", "is no name that rules know"),
        ("interaction.colour == 'red'", 0, "interaction.colour", "is no name that rules know"),
        ("interaction.subject > 1", 0, "", "must be a text here"),
        (
            "interaction.subject.foo == 'x'",
            0,
            "interaction.subject.foo",
            "is no name that rules know",
        ),
        ("interaction.tags == ['a']", 0, "interaction.tags", "cannot be compared so"),
        ("has(interaction.subject)", 0, "interaction.subject", "is always there"),
        ("1.5 < 2.5", 0, "", "has a value of a kind that rules do not know"),
        ("[1, 'a'].exists(x, x == 1)", 0, "", "is of another kind than the rest of the list"),
        ("[].exists(x, true)", 0, "", "has nothing in it"),
        ("interaction.tags.map(t, t) == ['a']", 0, "", "is none of exists, all and exists_one"),
        (
            "interaction.tags.exists(a, interaction.tags.exists(b, a == b))",
            0,
            "",
            "goes over a list within another",
        ),
        (
            "message.text.matches(interaction.subject)",
            0,
            "interaction.subject",
            "must be a pattern written out",
        ),
        ("message.text.matches('(')", 0, "", "is a pattern that is wrong or too large"),
        ("message.text.reverse() == 'a'", 0, "reverse()", "is no function that rules know"),
        ("timestamp('2026-01-01') < now", 0, "timestamp()", "is no function that rules know"),
        ("1 == ", 6, "", "cannot be read"),
        ("true && (", 10, "", "cannot be read"),
        (&long, 0, "", "is longer than an expression may be"),
    ];
    for (expression, place, name, told) in table {
        match compiled(expression) {
            Err(Flaw::Expression { problem, part, at }) => {
                assert_eq!((at, part.as_str(), problem), (place, name, told), "{expression}");
            }
            other => panic!("{expression}: {other:?}"),
        }
    }
    let both = RuleSpec {
        groups: vec![domain::rule::ConditionGroup {
            matching: domain::rule::RuleMatch::All,
            conditions: Vec::new(),
            groups: Vec::new(),
        }],
        ..spec("true")
    };
    assert!(matches!(Compiled::of(&both), Err(Flaw::Both)));
    let costly = ["message.text.matches('a')"; 9].join("||");
    let weight = 9 * 513 + 8;
    match compiled(&costly) {
        Err(Flaw::TooCostly { weight: told }) => assert_eq!(told, weight),
        other => panic!("{other:?}"),
    }
    assert!(weight > RULE_WEIGHT_MAX);
}

/// The interpreter of the crate, over the same scene.
fn oracle(expression: &str, scene: &Scene) -> Option<bool> {
    let mut env = Env::stdlib();
    env.add_extension(cel::extensions::strings).expect("the extension fits");
    let env = Arc::new(env);
    let program: Program = env.compile(expression).expect("ours read it");
    let mut context = Context::with_env(env);
    let text = |text: &str| Value::from(text.to_owned());
    let interaction: HashMap<String, Value> = [
        ("channel", text("chat")),
        ("channel_account_id", text("")),
        ("priority", Value::from(3_i64)),
        ("subject", text("Invoice 12")),
        ("language", text("de")),
        ("tags", Value::from(scene.tags.clone())),
        ("status", text("queued")),
        ("age_minutes", Value::from(10_i64)),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    let attributes: HashMap<String, String> = scene.attributes.clone().into_iter().collect();
    let customer: HashMap<String, Value> =
        [("id", text("")), ("tier", text("gold")), ("attributes", Value::from(attributes))]
            .map(|(name, value)| (name.to_owned(), value))
            .into();
    let message: HashMap<String, Value> = [("text".to_owned(), text("Where is my ORDER?"))].into();
    context.add_variable_from_value("interaction", interaction);
    context.add_variable_from_value("customer", customer);
    context.add_variable_from_value("message", message);
    for priority in Priority::ALL {
        context.add_variable_from_value(priority.word(), i64::from(priority.code()));
    }
    match program.execute(&context) {
        Ok(Value::Bool(value)) => Some(value),
        Ok(other) => panic!("{expression}: {other:?} is neither true nor false"),
        Err(_) => None,
    }
}

fn texts() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "interaction.channel",
        "interaction.subject",
        "interaction.language",
        "interaction.status",
        "message.text",
        "customer.tier",
        "customer.attributes.seats",
        "customer.attributes['none']",
        "customer.attributes.odd",
        "'late'",
        "'o'",
        "''",
        "'Invoice 12'",
        "message.text.lowerAscii()",
    ]);
    leaf.prop_map(str::to_owned)
}

fn numbers() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "interaction.priority",
        "interaction.age_minutes",
        "HIGH",
        "0",
        "3",
        "-1",
        "9223372036854775807",
        "size(interaction.tags)",
        "customer.attributes.size()",
        "int(customer.attributes.seats)",
        "int(customer.attributes.odd)",
    ])
    .prop_map(str::to_owned);
    let size = texts().prop_map(|text| format!("size({text})"));
    let operator = prop::sample::select(vec!["+", "-", "*", "/", "%"]);
    prop_oneof![leaf, size].prop_recursive(2, 8, 2, move |inner| {
        (inner.clone(), operator.clone(), inner).prop_map(|(a, o, b)| format!("({a} {o} {b})"))
    })
}

fn truths() -> impl Strategy<Value = String> {
    let compare = prop::sample::select(vec!["==", "!=", "<", "<=", ">", ">="]);
    let finds = prop::sample::select(vec!["contains", "startsWith", "endsWith"]);
    let each = prop::sample::select(vec!["exists", "all", "exists_one"]);
    let of_element = prop::sample::select(vec![
        "t.contains('a')",
        "t == 'late'",
        "size(t) > 4",
        "int(t) == 1",
        "t in interaction.tags && t != customer.tier",
        "customer.attributes[t] == 'x'",
        "t.matches('^[a-z]+$')",
    ]);
    let lists = prop::sample::select(vec!["interaction.tags", "['late', 'x']", "['12']"]);
    let leaf = prop_oneof![
        Just("true".to_owned()),
        Just("has(customer.attributes.plan)".to_owned()),
        Just("'none' in customer.attributes".to_owned()),
        (numbers(), compare.clone(), numbers()).prop_map(|(a, o, b)| format!("{a} {o} {b}")),
        (texts(), compare, texts()).prop_map(|(a, o, b)| format!("{a} {o} {b}")),
        (texts(), finds, texts()).prop_map(|(a, f, b)| format!("{a}.{f}({b})")),
        (texts(), lists.clone()).prop_map(|(a, l)| format!("({a} in {l})")),
        texts().prop_map(|a| format!("{a}.matches('[a-o]r')")),
        (lists, each, of_element).prop_map(|(l, e, b)| format!("{l}.{e}(t, {b})")),
    ];
    let join = prop::sample::select(vec!["&&", "||", "=="]);
    leaf.prop_recursive(4, 24, 3, move |inner| {
        prop_oneof![
            inner.clone().prop_map(|a| format!("!({a})")),
            (inner.clone(), join.clone(), inner.clone())
                .prop_map(|(a, j, b)| format!("({a}) {j} ({b})")),
            (inner.clone(), inner.clone(), inner)
                .prop_map(|(a, b, c)| format!("(({a}) ? ({b}) : ({c}))")),
        ]
    })
}

fn many() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(600) }
}

proptest! {
    #![proptest_config(many())]

    #[test]
    fn both_interpreters_say_the_same(expression in truths()) {
        let scene = Scene::new();
        let rule = match compiled(&expression) {
            Ok(rule) => rule,
            Err(Flaw::TooCostly { .. }) => return Ok(()),
            Err(flaw) => panic!("{expression}: {flaw:?}"),
        };
        let ours = match rule.judge(&Facts::of(&scene.arrival())) {
            Verdict::Matches => Some(true),
            Verdict::False => Some(false),
            Verdict::NoValue => None,
            other => panic!("{expression}: {other:?}"),
        };
        prop_assert_eq!(ours, oracle(&expression, &scene), "{}", expression);
    }

    #[test]
    fn no_text_makes_reading_panic(
        expression in "[a-z\\.\\(\\)\\[\\]{}!&|?:<>=+*/%'\"0-9 ,-]{0,120}",
    ) {
        let _ = compiled(&expression);
    }

    #[test]
    fn no_mangled_expression_makes_reading_panic(
        expression in truths(),
        cuts in prop::collection::vec((any::<prop::sample::Index>(), "\\PC{0,3}"), 1..5),
    ) {
        let mut mangled: Vec<char> = expression.chars().collect();
        for (at, put) in cuts {
            let at = at.index(mangled.len() + 1);
            let end = (at + 2).min(mangled.len());
            mangled.splice(at..end, put.chars());
        }
        let mangled: String = mangled.into_iter().collect();
        if let Ok(rule) = compiled(&mangled) {
            let scene = Scene::new();
            let _ = rule.judge(&Facts::of(&scene.arrival()));
        }
    }
}

/// Expressions that do their worst to a reader: depth and breadth as far as the length allows.
fn worst() -> Vec<(&'static str, String)> {
    let times = |part: &str, count: usize| part.repeat(count);
    let all = EXPRESSION_MAX;
    vec![
        ("brackets", format!("{}true{}", times("(", 1000), times(")", 1000))),
        ("brackets as deep as may be", format!("{}true{}", times("(", 30), times(")", 30))),
        ("open brackets", times("(", all)),
        ("not", format!("{}true", times("!", all - 4))),
        ("not, apart", format!("{}true", times("! ", all / 2 - 4))),
        ("minus", format!("{}1 == 1", times("-", all - 8))),
        ("and", format!("true{}", times("&&true", 340))),
        ("sums", format!("1{}==1", times("+1", 1000))),
        ("choices", format!("{}true", times("true?true:", 200))),
        ("selects", format!("a{}", times(".a", 1000))),
        ("calls", format!("a{}", times(".a()", 500))),
        ("indexes", format!("a{}", times("[0]", 600))),
        ("lists", format!("[{}1]", times("1,", 1000))),
        ("comparisons", format!("1{}", times("<1", 1000))),
        ("maps", times("{1:", 600)),
        ("quotes", times("'", all)),
        ("mixed", times("(a?[{!-", 290)),
        ("macros", times("[1].exists(x,", 150)),
    ]
}

#[test]
fn reading_is_bounded_whatever_is_read() {
    for (what, expression) in worst() {
        let started = Instant::now();
        let read = compiled(&expression);
        let took = started.elapsed();
        println!("{what}: {took:?}, {}", if read.is_ok() { "accepted" } else { "refused" });
        assert!(took.as_millis() < 2_000, "{what} took {took:?}");
    }
}

#[test]
fn running_is_bounded_by_the_weight() {
    let text = "ab ".repeat(8 * 1024);
    let tags: Vec<String> = (0..20).map(|n| "ab".repeat(20) + &n.to_string()).collect();
    let attributes = [("k".repeat(64), "v".repeat(512))].into();
    let arrival = Arrival {
        subject: &text[..200],
        text: &text,
        tags: &tags,
        attributes: Some(&attributes),
        ..Arrival::default()
    };
    let patterns = [
        "(a|b|ab)*c$",
        "(?:a?){20}a{20}c",
        "(?:a?b? ?){90}c",
        "[a-q][^u-z]{13}x",
        "(.*)(.*)(.*)c",
        r"\\w+c",
        r"(\\w+ ){5}c",
        r"(?:[ab][^b]){99}x|\\pL{9}c",
    ];
    let of = |pattern: &str| format!("message.text.matches('{pattern}')");
    let mut worst: Vec<String> = patterns.map(|p| vec![of(p); 7].join("||")).into();
    worst.push(vec!["message.text.lowerAscii().contains('abc')"; 30].join("||"));
    worst.push("interaction.tags.exists(t, message.text.contains(t))".to_owned());
    worst.push("interaction.tags.exists(t, size(message.text) == size(t))".to_owned());
    for expression in worst {
        let rule = match compiled(&expression) {
            Ok(rule) => rule,
            Err(flaw) => {
                println!("{}…: {flaw:?}", &expression[..40]);
                continue;
            }
        };
        let facts = Facts::of(&arrival);
        let started = Instant::now();
        assert_ne!(rule.judge(&facts), Verdict::Matches, "{expression}");
        let took = started.elapsed();
        let each = took.as_nanos() / u128::from(rule.weight());
        println!("{}…: weight {}, {took:?}, {each} ns each", &expression[..40], rule.weight());
        assert!(took.as_millis() < 1_000, "{expression} took {took:?}");
    }
}
