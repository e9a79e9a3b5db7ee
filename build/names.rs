//! Writes the Rust that tells which resources a request names: an implementation of `Names` for
//! every request of the contract. An id is a field called `id` or ending in `_id`, of the request
//! itself or, as its `id`, of a resource that it holds.

use super::rules::Result;
use super::validate::{ident, requests, type_path};
use heck::{ToSnakeCase, ToUpperCamelCase};
use prost_reflect::{DescriptorPool, FieldDescriptor, Kind, MessageDescriptor};

/// Ids of something else than a resource: of the call, and of systems elsewhere.
const NOT_OURS: [&str; 2] = ["request_id", "external_id"];

/// The code of `names.rs` for the contract in `pool`.
pub(super) fn generate(pool: &DescriptorPool) -> Result<String> {
    let mut code = String::new();
    for message in requests(pool).values() {
        let body: String = message.fields().filter_map(|field| told(message, &field)).collect();
        let out = if body.is_empty() { "_" } else { "out" };
        code += &format!(
            "impl super::Names for {} {{\n    fn names(&self, {out}: &mut super::Named) {{\n\
             {body}    }}\n}}\n",
            type_path(message.full_name()),
        );
    }
    Ok(code)
}

/// The code that tells what a field names, if it names anything.
fn told(message: &MessageDescriptor, field: &FieldDescriptor) -> Option<String> {
    if field.is_list() || field.is_map() {
        return None;
    }
    let name = field.name();
    match field.kind() {
        Kind::String if names(name) => Some(match field.containing_oneof() {
            Some(oneof) => format!(
                "        if let Some({}::{}::{}(id)) = &self.{} {{ out.tell(\"{name}\", id); }}\n",
                module(message),
                oneof.name().to_upper_camel_case(),
                name.to_upper_camel_case(),
                ident(oneof.name()),
            ),
            None => format!("        out.tell(\"{name}\", &self.{});\n", ident(name)),
        }),
        Kind::Message(held) if is_resource(&held) && field.containing_oneof().is_none() => {
            Some(format!(
                "        if let Some(held) = &self.{} {{ out.tell(\"{name}_id\", &held.id); }}\n",
                ident(name),
            ))
        }
        _ => None,
    }
}

fn names(field: &str) -> bool {
    (field == "id" || field.ends_with("_id")) && !NOT_OURS.contains(&field)
}

fn is_resource(message: &MessageDescriptor) -> bool {
    let id = message.get_field_by_name("id");
    id.is_some_and(|id| matches!(id.kind(), Kind::String) && !id.is_list())
}

/// The module of what a message declares within itself.
fn module(message: &MessageDescriptor) -> String {
    format!("v1::{}", message.name().to_snake_case())
}
