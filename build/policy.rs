//! Writes the table of method policies, and which fields are sensitive, from the options of the
//! contract. An RPC whose policy is absent or incomplete ends the build: nothing is served without
//! a permission, a statement on repeats and an audit class.

use super::rules::Result;
use heck::{ToShoutySnakeCase, ToUpperCamelCase};
use prost_reflect::{
    DescriptorPool, DynamicMessage, EnumDescriptor, ExtensionDescriptor, FieldDescriptor,
    MethodDescriptor, ReflectMessage, Value,
};
use std::collections::BTreeMap;

/// The package that is served.
const PACKAGE: &str = "omnichannel.v1";

/// The code of `policy.rs` for the contract in `pool`.
pub(super) fn generate(pool: &DescriptorPool) -> Result<String> {
    Ok(methods(pool)? + &sensitive_fields(pool)?)
}

fn extension(pool: &DescriptorPool, name: &str) -> Result<ExtensionDescriptor> {
    let name = format!("{PACKAGE}.{name}");
    pool.get_extension_by_name(&name).ok_or_else(|| format!("{name} is not defined"))
}

/// The table of all methods, in the order of their paths.
fn methods(pool: &DescriptorPool) -> Result<String> {
    let policy = extension(pool, "policy")?;
    let mut lines = BTreeMap::new();
    for service in pool.services().filter(|service| service.package_name() == PACKAGE) {
        for method in service.methods() {
            let path = format!("/{}/{}", service.full_name(), method.name());
            let line = line(&method, &policy, &path)?;
            lines.insert(path, line);
        }
    }
    let lines: String = lines.into_values().collect();
    Ok(format!("pub(super) const METHODS: &[MethodPolicy] = &[\n{lines}];\n"))
}

fn line(method: &MethodDescriptor, policy: &ExtensionDescriptor, path: &str) -> Result<String> {
    let options = method.options();
    if !options.has_extension(policy) {
        return Err(format!("{}: an RPC needs a policy", method.full_name()));
    }
    let value = options.get_extension(policy);
    let policy = value.as_message().ok_or_else(|| format!("{path}: the policy is no message"))?;
    let needed = |field: &str| {
        chosen(policy, field)?
            .ok_or_else(|| format!("{}: the policy needs `{field}`", method.full_name()))
    };
    let (permission, audit) = (needed("permission")?, needed("audit")?);
    let idempotency = needed("idempotency")?;
    let streams = method.is_client_streaming() || method.is_server_streaming();
    let stream = chosen(policy, "stream")?;
    if streams != stream.is_some() || streams != (idempotency == "Stream") {
        return Err(format!("{}: its policy must say whether it streams", method.full_name()));
    }
    let stream =
        stream.map_or_else(|| "None".to_owned(), |stream| format!("Some(StreamKind::{stream})"));
    Ok(format!(
        "    MethodPolicy {{ path: \"{path}\", permission: Permission::{permission}, \
         idempotency: Idempotency::{idempotency}, audit: AuditClass::{audit}, stream: {stream}, \
         client_streaming: {}, server_streaming: {} }},\n",
        method.is_client_streaming(),
        method.is_server_streaming(),
    ))
}

/// The Rust name of the value of an enum field; none if it is the unspecified one.
fn chosen(message: &DynamicMessage, field: &str) -> Result<Option<String>> {
    let value = message.get_field_by_name(field);
    let descriptor = message.descriptor().get_field_by_name(field);
    let kind = descriptor.as_ref().map(FieldDescriptor::kind);
    match (value.as_deref(), kind.as_ref().and_then(|kind| kind.as_enum())) {
        (Some(Value::EnumNumber(number)), Some(named)) => variant(named, *number),
        _ => Err(format!("{field}: an enum was expected")),
    }
}

fn variant(named: &EnumDescriptor, number: i32) -> Result<Option<String>> {
    if number == 0 {
        return Ok(None);
    }
    let value = named
        .get_value(number)
        .ok_or_else(|| format!("{}: {number} is not defined", named.full_name()))?;
    let prefix = format!("{}_", named.name().to_shouty_snake_case());
    Ok(Some(value.name().trim_start_matches(&prefix).to_upper_camel_case()))
}

/// The table of sensitive fields, in the order of their messages' names.
fn sensitive_fields(pool: &DescriptorPool) -> Result<String> {
    let sensitivity = extension(pool, "sensitivity")?;
    let kind = sensitivity.kind();
    let named = kind.as_enum().ok_or("the sensitivity is no enum")?;
    let mut messages = BTreeMap::new();
    for message in pool.all_messages().filter(|message| message.package_name() == PACKAGE) {
        let mut fields = String::new();
        for field in message.fields() {
            let value = field.options().get_extension(&sensitivity).as_enum_number();
            if let Some(variant) = variant(named, value.unwrap_or_default())? {
                fields += &format!("(\"{}\", Sensitivity::{variant}), ", field.name());
            }
        }
        if !fields.is_empty() {
            let name = message.full_name().to_owned();
            let line = format!("    (\"{name}\", &[{fields}]),\n");
            messages.insert(name, line);
        }
    }
    let lines: String = messages.into_values().collect();
    Ok(format!("pub(super) const SENSITIVE: &[(&str, &[(&str, Sensitivity)])] = &[\n{lines}];\n"))
}
