//! Promises about the whole contract, proved on its descriptor: the request of every RPC is checked
//! from its bytes, and everything that a request can hold has an upper bound.

use crate::proto::DESCRIPTOR;
use crate::validate::requests;
use prost_reflect::{
    DescriptorPool, DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, ReflectMessage,
};
use std::collections::BTreeMap;

fn pool() -> DescriptorPool {
    DescriptorPool::decode(DESCRIPTOR).expect("the build encoded it")
}

fn inputs(pool: &DescriptorPool) -> BTreeMap<String, MessageDescriptor> {
    let methods = pool.services().flat_map(|service| service.methods().collect::<Vec<_>>());
    methods.map(|method| (method.input().full_name().to_owned(), method.input())).collect()
}

#[test]
fn every_request_is_checked() {
    let expected: Vec<_> = inputs(&pool()).into_keys().collect();
    let found: Vec<_> = requests().iter().map(|request| request.message).collect();
    assert!(found.len() > 60, "only {} requests", found.len());
    assert_eq!(found, expected);
}

#[test]
fn verdicts_come_from_bytes() {
    for request in requests() {
        let found = (request.verdict)(&[]).expect("nothing is the default message");
        assert!(found.list().iter().all(|one| !one.field.is_empty()), "{}", request.message);
        assert!((request.verdict)(&[0xff]).is_err(), "{}", request.message);
    }
}

/// Whether the set rules of a field hold one of these, such as `string.max_len`.
fn has(rules: &DynamicMessage, names: &[&str]) -> bool {
    names.iter().any(|name| {
        let (kind, rule) = name.split_once('.').expect("a kind and a rule");
        let kind = rules.fields().find(|(field, _)| field.name() == kind);
        kind.and_then(|(_, value)| value.as_message())
            .is_some_and(|kind| kind.fields().any(|(field, _)| field.name() == rule))
    })
}

/// The rules of items, keys or values inside the rules of a list or map.
fn inner(rules: &DynamicMessage, kind: &str, part: &str) -> Option<DynamicMessage> {
    let kind = rules.get_field_by_name(kind)?;
    let part = kind.as_message()?.get_field_by_name(part)?;
    part.as_message().cloned()
}

/// Why one value of this kind has no bound, if so.
fn unbounded(kind: &Kind, rules: Option<&DynamicMessage>) -> bool {
    let has = |names: &[&str]| rules.is_some_and(|rules| has(rules, names));
    match kind {
        Kind::String => !has(&["string.max_len", "string.max_bytes", "string.uuid"]),
        Kind::Bytes => !has(&["bytes.max_len"]),
        _ => false,
    }
}

fn unbounded_field(field: &FieldDescriptor, rules: &DynamicMessage) -> bool {
    if field.is_map() {
        let entry = field.kind().as_message().cloned().expect("a map has entries");
        let (keys, values) = (inner(rules, "map", "keys"), inner(rules, "map", "values"));
        return !has(rules, &["map.max_pairs"])
            || unbounded(&entry.map_entry_key_field().kind(), keys.as_ref())
            || unbounded(&entry.map_entry_value_field().kind(), values.as_ref());
    }
    if field.is_list() {
        let items = inner(rules, "repeated", "items");
        return !has(rules, &["repeated.max_items"]) || unbounded(&field.kind(), items.as_ref());
    }
    unbounded(&field.kind(), Some(rules))
}

/// Numbers need an upper bound as well, except the page size, which is clamped.
fn unbounded_number(field: &FieldDescriptor, rules: &DynamicMessage) -> bool {
    let number = match field.kind() {
        Kind::Int32 => "int32.lte",
        Kind::Int64 => "int64.lte",
        Kind::Uint32 | Kind::Uint64 | Kind::Double | Kind::Float => return true,
        Kind::Enum(_) if !field.is_list() => return !has(rules, &["enum.defined_only"]),
        _ => return false,
    };
    field.name() != "page_size" && !field.is_list() && !has(rules, &[number])
}

#[test]
fn everything_in_a_request_is_bounded() {
    let pool = pool();
    let extension = pool.get_extension_by_name("buf.validate.field").expect("it is imported");
    let mut next: Vec<_> = inputs(&pool).into_values().collect();
    let (mut seen, mut faults) = (BTreeMap::new(), Vec::new());
    while let Some(message) = next.pop() {
        if message.package_name() == "google.protobuf"
            || seen.insert(message.full_name().to_owned(), ()).is_some()
        {
            continue;
        }
        for field in message.fields() {
            let options = field.options();
            let rules = options.get_extension(&extension);
            let rules = rules.as_message().expect("rules are a message");
            assert_eq!(rules.descriptor().full_name(), "buf.validate.FieldRules");
            if unbounded_field(&field, rules) || unbounded_number(&field, rules) {
                faults.push(field.full_name().to_owned());
            }
            next.extend(field.kind().as_message().filter(|_| !field.is_map()).cloned());
        }
    }
    assert!(seen.len() > 80, "only {} messages", seen.len());
    assert_eq!(faults, Vec::<String>::new());
}
