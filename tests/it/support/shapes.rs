//! Messages made from the descriptor alone: one that keeps every rule of the contract, and for each
//! field the values at and beyond the edges of its rules. So a field that is added tomorrow is
//! tried as well.

use super::wire::pool;
use prost_reflect::{
    DynamicMessage, EnumDescriptor, FieldDescriptor, Kind, MapKey, MessageDescriptor, Value,
};
use regex::Regex;
use std::collections::HashMap;

/// How deep messages hold messages here; deeper ones stay empty.
const DEPTH_MAX: usize = 6;

/// Texts of which each pattern of the contract matches one.
const TEXTS: [&str; 5] = ["plan", "en-GB", "A name", "image/png", "2026-12-24"];

/// Texts that some rule takes and another does not.
const ODD_TEXTS: [&str; 34] = [
    "",
    " ",
    "a",
    "A b",
    " a",
    "a ",
    "a\nb",
    "a\r\n",
    "\t",
    "a\0b",
    "\u{202e}x",
    "\u{2028}",
    "ü",
    "e\u{301}",
    "😀",
    "\u{200d}",
    "\u{feff}x",
    "UPPER",
    "en",
    "en-",
    "de-AT-x",
    "x_9",
    "x-9",
    "ada@example.org",
    "ada@",
    "@example.org",
    "a b@example.org",
    "https://example.org/x?y#z",
    "//example.org",
    "https://exa mple.org",
    "0197f3a2-7c1e-7b54-8d3c-2f1e0a9b8c7d",
    "0197F3A2-7C1E-7B54-8D3C-2F1E0A9B8C7D",
    "{0197f3a2-7c1e-7b54-8d3c-2f1e0a9b8c7d}",
    "0197f3a27c1e7b548d3c2f1e0a9b8c7d",
];

/// What the contract asks of a field, an item, a key or a value.
#[derive(Clone)]
pub(crate) struct Rules(Option<DynamicMessage>);

impl Rules {
    /// The rules of a field.
    pub(crate) fn of(field: &FieldDescriptor) -> Self {
        let extension = pool().get_extension_by_name("buf.validate.field").expect("it is imported");
        let options = field.options();
        let set = options.has_extension(&extension);
        let value = options.get_extension(&extension);
        Self(set.then(|| value.as_message().expect("rules are a message").clone()))
    }

    /// The value of a rule such as `string.max_len`, if it is set.
    fn get(&self, name: &str) -> Option<Value> {
        let (kind, rule) = name.split_once('.').expect("a kind and a rule");
        let rules = self.0.as_ref()?;
        let kind = rules.fields().find(|(field, _)| field.name() == kind)?.1.clone();
        let kind = kind.as_message()?;
        kind.fields().find(|(field, _)| field.name() == rule).map(|(_, value)| value.clone())
    }

    /// The rules of items, keys or values.
    fn inner(&self, name: &str) -> Self {
        Self(self.get(name).and_then(|value| value.as_message().cloned()))
    }

    fn number(&self, name: &str) -> Option<i64> {
        match self.get(name)? {
            Value::I32(number) => Some(number.into()),
            Value::I64(number) => Some(number),
            Value::U64(number) => i64::try_from(number).ok(),
            _ => None,
        }
    }

    fn count(&self, name: &str) -> Option<usize> {
        usize::try_from(self.number(name)?).ok()
    }

    fn is(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| value.as_bool() == Some(true))
    }

    fn span(&self, name: &str) -> Option<(i64, i32)> {
        let value = self.get(name)?;
        let span = value.as_message()?;
        let seconds = span.get_field_by_name("seconds")?.as_i64()?;
        Some((seconds, span.get_field_by_name("nanos")?.as_i32()?))
    }

    /// Whether the field must be there.
    pub(crate) fn is_required(&self) -> bool {
        let rules = self.0.as_ref();
        rules.and_then(|rules| rules.get_field_by_name("required")?.as_bool()) == Some(true)
    }

    /// Whether the field is a text that the contract calls a UUID.
    pub(crate) fn is_uuid(&self) -> bool {
        self.is("string.uuid")
    }
}

/// A message with every field set, each to something that its rules take.
pub(crate) fn whole(message: &MessageDescriptor) -> DynamicMessage {
    filled(message, DEPTH_MAX)
}

/// The same once for each member of its own oneofs.
pub(crate) fn wholes(message: &MessageDescriptor) -> Vec<DynamicMessage> {
    let whole = whole(message);
    let members = message.oneofs().flat_map(|oneof| oneof.fields().collect::<Vec<_>>());
    let others = members.filter(|field| !whole.has_field(field)).map(|field| {
        let mut other = whole.clone();
        other.set_field(&field, valid_field(&field, DEPTH_MAX));
        other
    });
    std::iter::once(whole.clone()).chain(others).collect()
}

fn filled(message: &MessageDescriptor, depth: usize) -> DynamicMessage {
    let mut made = DynamicMessage::new(message.clone());
    if depth == 0 {
        return made;
    }
    for field in message.fields() {
        let others = field.containing_oneof().filter(|oneof| !oneof.is_synthetic());
        if others.is_some_and(|oneof| oneof.fields().any(|other| made.has_field(&other))) {
            continue;
        }
        made.set_field(&field, valid_field(&field, depth - 1));
    }
    made
}

fn valid_field(field: &FieldDescriptor, depth: usize) -> Value {
    let rules = Rules::of(field);
    if field.is_map() {
        let kind = field.kind();
        let entry = kind.as_message().expect("a map has entries");
        let key = valid(&entry.map_entry_key_field().kind(), &rules.inner("map.keys"), depth);
        let value = valid(&entry.map_entry_value_field().kind(), &rules.inner("map.values"), depth);
        return Value::Map([(key_of(key), value)].into());
    }
    if field.is_list() {
        return Value::List(vec![valid(&field.kind(), &rules.inner("repeated.items"), depth)]);
    }
    valid(&field.kind(), &rules, depth)
}

fn key_of(value: Value) -> MapKey {
    match value {
        Value::String(text) => MapKey::String(text),
        Value::I32(number) => MapKey::I32(number),
        other => panic!("the contract has no map by {other:?}"),
    }
}

/// One value that the rules take.
fn valid(kind: &Kind, rules: &Rules, depth: usize) -> Value {
    match kind {
        Kind::String => Value::String(valid_text(rules)),
        Kind::Bytes => Value::Bytes(b"x".as_slice().into()),
        Kind::Bool => Value::Bool(true),
        Kind::Int32 => Value::I32(i32::try_from(near_one(rules, "int32")).expect("in range")),
        Kind::Int64 => Value::I64(near_one(rules, "int64")),
        Kind::Double => Value::F64(1.5),
        Kind::Enum(named) => Value::EnumNumber(valid_number(named, rules)),
        Kind::Message(message) => Value::Message(match message.full_name() {
            "google.protobuf.Timestamp" => pair(message, 1_767_225_600, 0),
            "google.protobuf.Duration" => {
                let (seconds, nanos) = rules.span("duration.gte").unwrap_or((1, 0));
                pair(message, seconds, nanos)
            }
            "google.protobuf.FieldMask" => paths(message, &["name"]),
            _ => filled(message, depth),
        }),
        other => panic!("no value of {other:?} is known"),
    }
}

fn valid_text(rules: &Rules) -> String {
    if rules.is_uuid() {
        return "0197f3a2-7c1e-7b54-8d3c-2f1e0a9b8c7d".to_owned();
    }
    if rules.is("string.email") {
        return "ada@example.org".to_owned();
    }
    if rules.is("string.uri") {
        return "https://example.org/in".to_owned();
    }
    let pattern = rules.get("string.pattern").and_then(|value| value.as_str().map(str::to_owned));
    let Some(pattern) = pattern else { return TEXTS[0].to_owned() };
    let pattern_is = Regex::new(&pattern).expect("a pattern of the contract");
    let text = TEXTS.iter().find(|text| pattern_is.is_match(text));
    (*text.unwrap_or_else(|| panic!("no text for {pattern}"))).to_owned()
}

fn near_one(rules: &Rules, kind: &str) -> i64 {
    let least = rules.number(&format!("{kind}.gte")).unwrap_or(i64::MIN);
    let most = rules.number(&format!("{kind}.lte")).unwrap_or(i64::MAX);
    1.clamp(least, most)
}

fn valid_number(named: &EnumDescriptor, rules: &Rules) -> i32 {
    let refused = refused_numbers(rules);
    let numbers = named.values().map(|value| value.number());
    let mut good = numbers.filter(|number| *number != 0 && !refused.contains(number));
    good.next().expect("an enum has a value that may be used")
}

fn refused_numbers(rules: &Rules) -> Vec<i32> {
    match rules.get("enum.not_in") {
        Some(Value::List(list)) => list.iter().filter_map(Value::as_i32).collect(),
        _ => Vec::new(),
    }
}

fn pair(message: &MessageDescriptor, seconds: i64, nanos: i32) -> DynamicMessage {
    let mut made = DynamicMessage::new(message.clone());
    made.set_field_by_name("seconds", Value::I64(seconds));
    made.set_field_by_name("nanos", Value::I32(nanos));
    made
}

fn paths(message: &MessageDescriptor, paths: &[&str]) -> DynamicMessage {
    let mut made = DynamicMessage::new(message.clone());
    let list = paths.iter().map(|path| Value::String((*path).to_owned())).collect();
    made.set_field_by_name("paths", Value::List(list));
    made
}

/// How often the fields of one type of message are tried in full, in different places.
const TRIED_MAX: usize = 2;

/// Which types of message were tried how often.
#[derive(Default)]
pub(crate) struct Tried(HashMap<String, usize>);

/// The message with nothing, with everything, and with everything but one field that is missing or
/// at or beyond an edge.
pub(crate) fn variants(message: &MessageDescriptor, tried: &mut Tried) -> Vec<DynamicMessage> {
    varied(message, DEPTH_MAX, tried)
}

fn varied(message: &MessageDescriptor, depth: usize, tried: &mut Tried) -> Vec<DynamicMessage> {
    let whole = filled(message, depth);
    let mut made = vec![DynamicMessage::new(message.clone()), whole.clone()];
    let count = tried.0.entry(message.full_name().to_owned()).or_default();
    *count += 1;
    if depth == 0 || *count > TRIED_MAX {
        return made;
    }
    for field in message.fields() {
        let mut without = whole.clone();
        without.clear_field(&field);
        made.push(without);
        for value in edges_of_field(&field, depth - 1, tried) {
            let mut with = whole.clone();
            with.set_field(&field, value);
            made.push(with);
        }
    }
    made
}

fn edges_of_field(field: &FieldDescriptor, depth: usize, tried: &mut Tried) -> Vec<Value> {
    let rules = Rules::of(field);
    if field.is_map() {
        return edges_of_map(field, &rules, depth, tried);
    }
    if !field.is_list() {
        return edges(&field.kind(), &rules, depth, tried);
    }
    let items = rules.inner("repeated.items");
    let good = valid(&field.kind(), &items, depth);
    let mut made: Vec<Value> = edges(&field.kind(), &items, depth, tried)
        .into_iter()
        .map(|edge| Value::List(vec![good.clone(), edge]))
        .collect();
    let sizes = [rules.count("repeated.min_items"), rules.count("repeated.max_items")];
    for size in sizes.into_iter().flatten().filter(|size| *size <= 600) {
        for count in [size.saturating_sub(1), size, size + 1] {
            let item = |number| distinct(&field.kind(), &good, number);
            made.push(Value::List((0..count).map(item).collect()));
        }
    }
    made.push(Value::List(vec![good.clone(), good]));
    made
}

/// Items that differ where they can.
fn distinct(kind: &Kind, good: &Value, number: usize) -> Value {
    match good {
        Value::String(text) if text.len() == 36 => Value::String(uuid_number(number)),
        Value::String(text) => Value::String(format!("{text}{number}")),
        Value::EnumNumber(_) => {
            let numbers = kind.as_enum().expect("an enum").values().map(|value| value.number());
            let numbers: Vec<_> = numbers.filter(|number| *number != 0).collect();
            Value::EnumNumber(numbers[number % numbers.len()])
        }
        other => other.clone(),
    }
}

fn uuid_number(number: usize) -> String {
    format!("0197f3a2-7c1e-7b54-8d3c-{number:012x}")
}

fn edges_of_map(
    field: &FieldDescriptor,
    rules: &Rules,
    depth: usize,
    tried: &mut Tried,
) -> Vec<Value> {
    let kind = field.kind();
    let entry = kind.as_message().expect("a map has entries");
    let (of_key, of_value) = (entry.map_entry_key_field(), entry.map_entry_value_field());
    let (keys, values) = (rules.inner("map.keys"), rules.inner("map.values"));
    let key = || key_of(valid(&of_key.kind(), &keys, depth));
    let value = || valid(&of_value.kind(), &values, depth);
    let mut made = Vec::new();
    for edge in edges(&of_key.kind(), &keys, depth, tried) {
        made.push(Value::Map([(key_of(edge), value())].into()));
    }
    for edge in edges(&of_value.kind(), &values, depth, tried) {
        made.push(Value::Map([(key(), edge)].into()));
    }
    if let Some(most) = rules.count("map.max_pairs") {
        for count in [most, most + 1] {
            let pairs = (0..count).map(|number| (MapKey::String(format!("k{number}")), value()));
            made.push(Value::Map(pairs.collect()));
        }
    }
    made
}

fn edges(kind: &Kind, rules: &Rules, depth: usize, tried: &mut Tried) -> Vec<Value> {
    match kind {
        Kind::String => edge_texts(rules).into_iter().map(Value::String).collect(),
        Kind::Bytes => [0, 1, 4096].map(|count| Value::Bytes(vec![b'x'; count].into())).into(),
        Kind::Bool => vec![Value::Bool(false)],
        Kind::Int32 => {
            let numbers = edge_numbers(rules, "int32", i32::MIN.into(), i32::MAX.into());
            let small = |number| i32::try_from(number).ok().map(Value::I32);
            numbers.into_iter().filter_map(small).collect()
        }
        Kind::Int64 => {
            let numbers = edge_numbers(rules, "int64", i64::MIN, i64::MAX);
            numbers.into_iter().map(Value::I64).collect()
        }
        Kind::Double => [0.0, -1.0, f64::NAN, f64::INFINITY].map(Value::F64).into(),
        Kind::Enum(named) => edge_enums(named, rules),
        Kind::Message(message) => match message.full_name() {
            "google.protobuf.Timestamp" => {
                let places = [(0, 0), (-62_135_596_800, 0), (253_402_300_799, 999_999_999), (7, 5)];
                places.map(|(s, n)| Value::Message(pair(message, s, n))).into()
            }
            "google.protobuf.Duration" => edge_spans(message, rules),
            "google.protobuf.FieldMask" => {
                let masks = [paths(message, &[]), paths(message, &["nothing", "a.b"])];
                masks.map(Value::Message).into()
            }
            _ => varied(message, depth, tried).into_iter().map(Value::Message).collect(),
        },
        other => panic!("no value of {other:?} is known"),
    }
}

fn edge_texts(rules: &Rules) -> Vec<String> {
    let mut made: Vec<String> = ODD_TEXTS.iter().map(|text| (*text).to_owned()).collect();
    for rule in ["string.min_len", "string.max_len", "string.max_bytes"] {
        for count in rules.count(rule).into_iter().flat_map(|n| [n.saturating_sub(1), n, n + 1]) {
            made.extend(["x", "ü", "😀"].map(|letter| letter.repeat(count)));
        }
    }
    made
}

fn edge_numbers(rules: &Rules, kind: &str, least: i64, most: i64) -> Vec<i64> {
    let mut made = vec![0, 1, -1, least, most];
    for rule in ["gte", "lte"] {
        let bound = rules.number(&format!("{kind}.{rule}"));
        made.extend(
            bound
                .into_iter()
                .flat_map(|bound| [bound.saturating_sub(1), bound, bound.saturating_add(1)]),
        );
    }
    made
}

fn edge_enums(named: &EnumDescriptor, rules: &Rules) -> Vec<Value> {
    let last = named.values().map(|value| value.number()).max().unwrap_or_default();
    let mut made = vec![0, 1, last, last + 1, -1, 10_000];
    made.extend(refused_numbers(rules));
    made.into_iter().map(Value::EnumNumber).collect()
}

fn edge_spans(message: &MessageDescriptor, rules: &Rules) -> Vec<Value> {
    let mut made = vec![(0, 0), (-1, 0), (0, -1), (1, 500_000_000), (315_576_000_000, 0)];
    for rule in ["duration.gte", "duration.lte"] {
        made.extend(rules.span(rule).into_iter().flat_map(|(seconds, nanos)| {
            let before = if nanos == 0 { (seconds - 1, 999_999_999) } else { (seconds, nanos - 1) };
            [before, (seconds, nanos), (seconds, nanos + 1)]
        }));
    }
    // What is below zero has both parts below it.
    let proper = made.into_iter().filter(|(seconds, nanos)| *seconds >= 0 || *nanos <= 0);
    proper.map(|(seconds, nanos)| Value::Message(pair(message, seconds, nanos))).collect()
}
