//! Writes the Rust that checks requests: an implementation of `Validate` for every message that a
//! request can hold, straight code without reflection. Text never holds NUL, masks and moments are
//! checked wherever they occur; everything else is what the contract's rules say.

use super::rules::{Check, Reader, Result, Rules};
use heck::{ToSnakeCase, ToUpperCamelCase};
use prost_reflect::{DescriptorPool, FieldDescriptor, Kind, MessageDescriptor, OneofDescriptor};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// The package that is served; its messages must have nothing but rules we know.
const PACKAGE: &str = "omnichannel.v1";

/// Words of Rust that a field may be named; the generator of types writes them raw.
const RAW: [&str; 20] = [
    "as", "async", "await", "break", "const", "dyn", "else", "enum", "for", "if", "in", "loop",
    "match", "mod", "move", "ref", "return", "type", "use", "where",
];

/// The code of `validate.rs` for the contract in `pool`.
pub(super) fn generate(pool: &DescriptorPool) -> Result<String> {
    let reader = Reader::new(pool)?;
    for message in pool.all_messages().filter(|message| message.package_name() == PACKAGE) {
        reader.message(&message)?;
        for field in message.fields() {
            reader.field(&field)?;
        }
        for oneof in message.oneofs() {
            reader.oneof(&oneof)?;
        }
    }
    let mut writer = Writer { reader, code: String::new(), patterns: BTreeMap::new() };
    for message in reachable(pool)?.values() {
        writer.message(message)?;
    }
    writer.patterns();
    writer.requests(pool);
    Ok(writer.code)
}

/// Every message that a request of the package can hold, the requests included, by full name.
fn reachable(pool: &DescriptorPool) -> Result<BTreeMap<String, MessageDescriptor>> {
    let mut found = BTreeMap::new();
    let mut next: Vec<_> = requests(pool).into_values().collect();
    while let Some(message) = next.pop() {
        if is_well_known(&message) {
            continue;
        }
        if message.package_name() != PACKAGE {
            return Err(format!("{}: requests cannot hold this type", message.full_name()));
        }
        if found.insert(message.full_name().to_owned(), message.clone()).is_none() {
            next.extend(message.fields().flat_map(|field| held(&field)));
        }
    }
    Ok(found)
}

/// Every message that is the request of an RPC, by full name.
pub(super) fn requests(pool: &DescriptorPool) -> BTreeMap<String, MessageDescriptor> {
    let services = pool.services().filter(|service| service.package_name() == PACKAGE);
    let methods = services.flat_map(|service| service.methods().collect::<Vec<_>>());
    methods.map(|method| (method.input().full_name().to_owned(), method.input())).collect()
}

/// The type of message a field holds, for a map that of its values.
fn held(field: &FieldDescriptor) -> Option<MessageDescriptor> {
    let message = field.kind().as_message()?.clone();
    if field.is_map() {
        return message.map_entry_value_field().kind().as_message().cloned();
    }
    Some(message)
}

fn is_well_known(message: &MessageDescriptor) -> bool {
    matches!(
        message.full_name(),
        "google.protobuf.Timestamp" | "google.protobuf.Duration" | "google.protobuf.FieldMask"
    )
}

/// The Rust path of a message or enum of the package.
pub(super) fn type_path(full_name: &str) -> String {
    let local = full_name.strip_prefix(PACKAGE).unwrap_or(full_name).trim_start_matches('.');
    let mut parts: Vec<_> = local.split('.').collect();
    let name = parts.pop().unwrap_or_default().to_upper_camel_case();
    let modules: String = parts.iter().map(|part| format!("{}::", part.to_snake_case())).collect();
    format!("v1::{modules}{name}")
}

pub(super) fn ident(name: &str) -> String {
    let name = name.to_snake_case();
    if RAW.contains(&name.as_str()) { format!("r#{name}") } else { name }
}

fn optional(number: Option<i64>) -> String {
    number.map_or_else(|| "None".to_owned(), |number| format!("Some({number})"))
}

fn optional_span(span: Option<(i64, i32)>) -> String {
    span.map_or_else(|| "None".to_owned(), |(seconds, nanos)| format!("Some(({seconds}, {nanos}))"))
}

fn bounds(kind: &str, gte: bool, lte: bool) -> String {
    let name = match (gte, lte) {
        (true, true) => "gte_lte",
        (true, false) => "gte",
        _ => "lte",
    };
    format!("{kind}.{name}")
}

/// Holds the code written so far.
struct Writer {
    reader: Reader,
    code: String,
    patterns: BTreeMap<String, usize>,
}

impl Writer {
    fn message(&mut self, message: &MessageDescriptor) -> Result<()> {
        let mut body = String::new();
        let mut seen = BTreeSet::new();
        for field in message.fields() {
            match field.containing_oneof().filter(|oneof| !oneof.is_synthetic()) {
                Some(oneof) if seen.insert(oneof.name().to_owned()) => {
                    body += &self.oneof(message, &oneof)?;
                }
                Some(_) => {}
                None => body += &self.field(&field)?,
            }
        }
        self.code += &format!(
            "impl Validate for {} {{\n    \
             fn validate(&self, at: &Path<'_>, out: &mut Violations) {{\n{body}    }}\n}}\n\n",
            type_path(message.full_name()),
        );
        Ok(())
    }

    fn oneof(&mut self, message: &MessageDescriptor, oneof: &OneofDescriptor) -> Result<String> {
        let module = type_path(&format!("{}.{}", message.full_name(), oneof.name()));
        let mut code = format!("        match &self.{} {{\n", ident(oneof.name()));
        for field in oneof.fields() {
            let rules = self.reader.field(&field)?;
            if rules.required {
                return Err(format!("{}: ask it of the oneof instead", field.full_name()));
            }
            let checks = self.value(&field.kind(), &rules)?;
            if !checks.is_empty() {
                let (name, variant) = (field.name(), field.name().to_upper_camel_case());
                code += &format!(
                    "            Some({module}::{variant}(value)) => {{ \
                     let at = &at.field(\"{name}\");\n{checks}            }}\n"
                );
            }
        }
        if self.reader.oneof(oneof)? {
            let name = oneof.name();
            code += &format!("            None => rules::one_of(&at.field(\"{name}\"), out),\n");
        }
        Ok(code + "            _ => {}\n        }\n")
    }

    /// The checks of one field outside of oneofs; empty if there is nothing to check.
    fn field(&mut self, field: &FieldDescriptor) -> Result<String> {
        let rules = self.reader.field(field)?;
        let checks = match field {
            field if field.is_map() => self.map(field, &rules)?,
            field if field.is_list() => self.list(field, &rules)?,
            field => self.value(&field.kind(), &rules)?,
        };
        if checks.is_empty() && !rules.required {
            return Ok(String::new());
        }
        let (name, access) = (field.name(), ident(field.name()));
        let missing = if rules.required { " else { rules::required(at, out); }" } else { "" };
        let open = if field.supports_presence() {
            format!("if let Some(value) = &self.{access} {{")
        } else if rules.required || rules.ignore_zero {
            format!("let value = &self.{access}; if {} {{", not_zero(field))
        } else {
            format!("let value = &self.{access}; {{")
        };
        Ok(format!(
            "        {{ let at = &at.field(\"{name}\"); {open}\n{checks}        }}{missing} }}\n"
        ))
    }

    fn list(&mut self, field: &FieldDescriptor, rules: &Rules) -> Result<String> {
        let mut code = String::new();
        let mut of_items = &Rules::default();
        for check in &rules.checks {
            code += &match check {
                Check::MinItems(min) => format!("rules::min_items(value.len(), {min}, at, out);\n"),
                Check::MaxItems(max) => format!("rules::max_items(value.len(), {max}, at, out);\n"),
                Check::Unique => "rules::unique(value, at, out);\n".to_owned(),
                Check::Items(items) => {
                    of_items = items;
                    continue;
                }
                other => return Err(misplaced(field, other)),
            };
        }
        let items = self.value(&field.kind(), of_items)?;
        if !items.is_empty() {
            code += &format!(
                "for (index, value) in value.iter().enumerate() {{ \
                 let at = &at.index(index);\n{items}}}\n"
            );
        }
        Ok(code)
    }

    fn map(&mut self, field: &FieldDescriptor, rules: &Rules) -> Result<String> {
        let mut code = String::new();
        let (mut of_keys, mut of_values) = (&Rules::default(), &Rules::default());
        for check in &rules.checks {
            match check {
                Check::MaxPairs(max) => {
                    let _ = writeln!(code, "rules::max_pairs(value.len(), {max}, at, out);");
                }
                Check::Keys(keys) => of_keys = keys,
                Check::Values(values) => of_values = values,
                other => return Err(misplaced(field, other)),
            }
        }
        let kind = field.kind();
        let entry = kind.as_message().ok_or_else(|| format!("{}: no map", field.full_name()))?;
        let keys = self.value(&entry.map_entry_key_field().kind(), of_keys)?;
        let values = self.value(&entry.map_entry_value_field().kind(), of_values)?;
        if !(keys.is_empty() && values.is_empty()) {
            code += &format!(
                "for (key, value) in value {{ let at = &at.entry();\n\
                 {{ let value = key;\n{keys}}}\n{values}}}\n"
            );
        }
        Ok(code)
    }

    /// The checks of one `value`: of its type first, then those of its rules.
    fn value(&mut self, kind: &Kind, rules: &Rules) -> Result<String> {
        let mut code = match kind {
            Kind::String => "rules::no_nul(value, at, out);\n".to_owned(),
            Kind::Message(message) => match message.name() {
                "Timestamp" if is_well_known(message) => "rules::timestamp(value, at, out);\n",
                "Duration" if is_well_known(message) => "rules::duration(value, at, out);\n",
                // Judged by whoever applies it, with a reason of its own.
                "FieldMask" if is_well_known(message) => "",
                _ => "value.validate(at, out);\n",
            }
            .to_owned(),
            _ => String::new(),
        };
        for check in &rules.checks {
            code += &self.check(check, kind)?;
        }
        Ok(code)
    }

    fn check(&mut self, check: &Check, kind: &Kind) -> Result<String> {
        Ok(match check {
            Check::MinLen(min) => format!("rules::min_len(value, {min}, at, out);\n"),
            Check::MaxLen(max) => format!("rules::max_len(value, {max}, at, out);\n"),
            Check::MaxBytes(max) => format!("rules::max_bytes(value, {max}, at, out);\n"),
            Check::MinBytes(min) => format!("rules::bytes_min(value, {min}, at, out);\n"),
            Check::MaxLength(max) => format!("rules::bytes_max(value, {max}, at, out);\n"),
            Check::Format(name) => format!("rules::{name}(value, at, out);\n"),
            Check::Pattern(pattern) => {
                let next = self.patterns.len();
                let number = *self.patterns.entry(pattern.clone()).or_insert(next);
                format!("rules::pattern(value, &PATTERN_{number}, at, out);\n")
            }
            Check::Range { kind, gte, lte } => {
                let rule = bounds(kind, gte.is_some(), lte.is_some());
                let (gte, lte) = (optional(*gte), optional(*lte));
                format!(
                    "rules::range(i64::from(*value), \
                     &Range {{ rule: \"{rule}\", gte: {gte}, lte: {lte} }}, at, out);\n"
                )
            }
            Check::SpanRange { gte, lte } => {
                let rule = bounds("duration", gte.is_some(), lte.is_some());
                let (gte, lte) = (optional_span(*gte), optional_span(*lte));
                format!(
                    "rules::span_range(value, \
                     &SpanRange {{ rule: \"{rule}\", gte: {gte}, lte: {lte} }}, at, out);\n"
                )
            }
            Check::DefinedOnly => match kind {
                Kind::Enum(named) => {
                    let path = type_path(named.full_name());
                    format!("rules::defined({path}::is_valid(*value), at, out);\n")
                }
                _ => return Err(format!("defined_only of {kind:?}")),
            },
            Check::NotIn(numbers) => format!("rules::not_in(*value, &{numbers:?}, at, out);\n"),
            other => return Err(format!("{other:?} of a single {kind:?}")),
        })
    }

    fn patterns(&mut self) {
        for (pattern, number) in &self.patterns {
            self.code += &format!(
                "static PATTERN_{number}: LazyLock<Regex> = LazyLock::new(|| \
                 Regex::new({pattern:?}).expect(\"the build compiled it once\"));\n"
            );
        }
    }

    fn requests(&mut self, pool: &DescriptorPool) {
        let requests = requests(pool);
        self.code += "\npub(super) const REQUESTS: &[Request] = &[\n";
        for name in requests.keys() {
            let path = type_path(name);
            self.code +=
                &format!("    Request {{ message: \"{name}\", verdict: verdict::<{path}> }},\n");
        }
        self.code += "];\n";
    }
}

fn misplaced(field: &FieldDescriptor, check: &Check) -> String {
    format!("{}: {check:?} is not of the field's type", field.full_name())
}

/// The condition under which a field without presence has another value than its zero value.
fn not_zero(field: &FieldDescriptor) -> &'static str {
    match field.kind() {
        _ if field.is_list() || field.is_map() => "!value.is_empty()",
        Kind::String | Kind::Bytes => "!value.is_empty()",
        Kind::Bool => "*value",
        Kind::Double | Kind::Float => "*value != 0.0",
        _ => "*value != 0",
    }
}
