//! Reads the validation rules of the contract (the options `buf.validate.*`) into plain values.
//! Only the kinds of rule that the contract uses are known; any other is an error that names the
//! field, because a rule that is written but not enforced would be a lie.

use prost_reflect::{
    DescriptorPool, DynamicMessage, ExtensionDescriptor, FieldDescriptor, MessageDescriptor,
    OneofDescriptor, Value,
};

/// A rule cannot be enforced, and where it is.
pub(super) type Result<T> = std::result::Result<T, String>;

/// `buf.validate.Ignore` as numbers: the rules hold for the zero value too, or they do not.
const IGNORE_UNSPECIFIED: i32 = 0;
const IGNORE_IF_ZERO_VALUE: i32 = 1;

/// What the contract asks of one field, list item, map key or map value.
#[derive(Debug, Default)]
pub(super) struct Rules {
    /// It must be there.
    pub(super) required: bool,
    /// Its other rules do not hold for the zero value.
    pub(super) ignore_zero: bool,
    /// The rules on its value, in the order in which they are reported.
    pub(super) checks: Vec<Check>,
}

/// One rule on a value.
#[derive(Debug)]
pub(super) enum Check {
    /// `string.min_len`, in characters.
    MinLen(u64),
    /// `string.max_len`, in characters.
    MaxLen(u64),
    /// `string.max_bytes`.
    MaxBytes(u64),
    /// `bytes.min_len`.
    MinBytes(u64),
    /// `bytes.max_len`.
    MaxLength(u64),
    /// `string.pattern`.
    Pattern(String),
    /// `string.uuid`, `string.email` or `string.uri`: the name of the format.
    Format(&'static str),
    /// Bounds of a whole number, both included; the kind is the word before the dot of the rule.
    Range { kind: &'static str, gte: Option<i64>, lte: Option<i64> },
    /// Bounds of a span, both included, in seconds and nanoseconds.
    SpanRange { gte: Option<(i64, i32)>, lte: Option<(i64, i32)> },
    /// `enum.defined_only`.
    DefinedOnly,
    /// `enum.not_in`.
    NotIn(Vec<i32>),
    /// `repeated.min_items`.
    MinItems(u64),
    /// `repeated.max_items`.
    MaxItems(u64),
    /// `repeated.unique`.
    Unique,
    /// `repeated.items`: the rules of each item.
    Items(Rules),
    /// `map.max_pairs`.
    MaxPairs(u64),
    /// `map.keys`: the rules of each key.
    Keys(Rules),
    /// `map.values`: the rules of each value.
    Values(Rules),
}

/// Finds the rules of fields, oneofs and messages in their options.
pub(super) struct Reader {
    field: ExtensionDescriptor,
    oneof: ExtensionDescriptor,
    message: ExtensionDescriptor,
}

impl Reader {
    /// A reader of the contract in `pool`, which must import the definitions of the rules.
    pub(super) fn new(pool: &DescriptorPool) -> Result<Self> {
        let extension = |name: &str| {
            pool.get_extension_by_name(name).ok_or_else(|| format!("{name} is not defined"))
        };
        Ok(Self {
            field: extension("buf.validate.field")?,
            oneof: extension("buf.validate.oneof")?,
            message: extension("buf.validate.message")?,
        })
    }

    /// The rules of a field, checked to be of its type.
    pub(super) fn field(&self, field: &FieldDescriptor) -> Result<Rules> {
        let options = field.options();
        if !options.has_extension(&self.field) {
            return Ok(Rules::default());
        }
        let value = options.get_extension(&self.field);
        let rules = rules(message(&value, field.full_name())?, field.full_name())?;
        fits(&rules, field)?;
        Ok(rules)
    }

    /// Whether one member of a oneof must be set.
    pub(super) fn oneof(&self, oneof: &OneofDescriptor) -> Result<bool> {
        let options = oneof.options();
        let mut required = false;
        if options.has_extension(&self.oneof) {
            let value = options.get_extension(&self.oneof);
            for (name, value) in entries(message(&value, oneof.full_name())?, oneof.full_name())? {
                match name.as_str() {
                    "required" => required = flag(&value, oneof.full_name())?,
                    other => return Err(unknown(oneof.full_name(), other)),
                }
            }
        }
        Ok(required)
    }

    /// A message has no rules of its own: none of that kind is known.
    pub(super) fn message(&self, message: &MessageDescriptor) -> Result<()> {
        if message.options().has_extension(&self.message) {
            return Err(unknown(message.full_name(), "buf.validate.message"));
        }
        Ok(())
    }
}

fn unknown(at: &str, rule: &str) -> String {
    format!("{at}: the validation rule `{rule}` is not known to this build")
}

fn message<'a>(value: &'a Value, at: &str) -> Result<&'a DynamicMessage> {
    value.as_message().ok_or_else(|| format!("{at}: a message was expected"))
}

fn flag(value: &Value, at: &str) -> Result<bool> {
    value.as_bool().ok_or_else(|| format!("{at}: true or false was expected"))
}

fn count(value: &Value, at: &str) -> Result<u64> {
    value.as_u64().ok_or_else(|| format!("{at}: a count was expected"))
}

/// The set fields of a message of rules by name; anything that has no name there is an error.
fn entries(rules: &DynamicMessage, at: &str) -> Result<Vec<(String, Value)>> {
    if let Some((extension, _)) = rules.extensions().next() {
        return Err(unknown(at, extension.full_name()));
    }
    if let Some(field) = rules.unknown_fields().next() {
        return Err(unknown(at, &format!("number {}", field.number())));
    }
    Ok(rules.fields().map(|(field, value)| (field.name().to_owned(), value.clone())).collect())
}

fn rules(from: &DynamicMessage, at: &str) -> Result<Rules> {
    let mut rules = Rules::default();
    for (name, value) in entries(from, at)? {
        match name.as_str() {
            "required" => rules.required = flag(&value, at)?,
            "ignore" => {
                rules.ignore_zero = match value.as_enum_number() {
                    Some(IGNORE_UNSPECIFIED) => false,
                    Some(IGNORE_IF_ZERO_VALUE) => true,
                    _ => return Err(unknown(at, "ignore")),
                }
            }
            "string" => rules.checks = text(message(&value, at)?, at)?,
            "bytes" => rules.checks = bytes(message(&value, at)?, at)?,
            "int32" => rules.checks = vec![range("int32", message(&value, at)?, at)?],
            "int64" => rules.checks = vec![range("int64", message(&value, at)?, at)?],
            "duration" => rules.checks = vec![span_range(message(&value, at)?, at)?],
            "enum" => rules.checks = named(message(&value, at)?, at)?,
            "repeated" => rules.checks = list(message(&value, at)?, at)?,
            "map" => rules.checks = map(message(&value, at)?, at)?,
            other => return Err(unknown(at, other)),
        }
    }
    Ok(rules)
}

fn text(from: &DynamicMessage, at: &str) -> Result<Vec<Check>> {
    let mut checks = Vec::new();
    for (name, value) in entries(from, at)? {
        let format = match name.as_str() {
            "min_len" => {
                checks.push(Check::MinLen(count(&value, at)?));
                continue;
            }
            "max_len" => {
                checks.push(Check::MaxLen(count(&value, at)?));
                continue;
            }
            "max_bytes" => {
                checks.push(Check::MaxBytes(count(&value, at)?));
                continue;
            }
            "pattern" => {
                checks.push(Check::Pattern(pattern(&value, at)?));
                continue;
            }
            "uuid" => "uuid",
            "email" => "email",
            "uri" => "uri",
            other => return Err(unknown(at, &format!("string.{other}"))),
        };
        if flag(&value, at)? {
            checks.push(Check::Format(format));
        }
    }
    Ok(checks)
}

fn bytes(from: &DynamicMessage, at: &str) -> Result<Vec<Check>> {
    let check = |(name, value): (String, Value)| match name.as_str() {
        "min_len" => Ok(Check::MinBytes(count(&value, at)?)),
        "max_len" => Ok(Check::MaxLength(count(&value, at)?)),
        other => Err(unknown(at, &format!("bytes.{other}"))),
    };
    entries(from, at)?.into_iter().map(check).collect()
}

fn pattern(value: &Value, at: &str) -> Result<String> {
    let pattern = value.as_str().ok_or_else(|| format!("{at}: a pattern was expected"))?;
    regex::Regex::new(pattern).map_err(|error| format!("{at}: {error}"))?;
    Ok(pattern.to_owned())
}

/// Refuses bounds that exclude everything: elsewhere they mean "outside", which is not known here.
fn ordered<T: PartialOrd>(gte: Option<&T>, lte: Option<&T>, at: &str) -> Result<()> {
    match (gte, lte) {
        (Some(gte), Some(lte)) if gte > lte => Err(unknown(at, "gte above lte")),
        _ => Ok(()),
    }
}

fn range(kind: &'static str, from: &DynamicMessage, at: &str) -> Result<Check> {
    let (mut gte, mut lte) = (None, None);
    for (name, value) in entries(from, at)? {
        let number = value.as_i64().or_else(|| value.as_i32().map(i64::from));
        match name.as_str() {
            "gte" => gte = number,
            "lte" => lte = number,
            other => return Err(unknown(at, &format!("{kind}.{other}"))),
        }
    }
    ordered(gte.as_ref(), lte.as_ref(), at)?;
    Ok(Check::Range { kind, gte, lte })
}

fn span_range(from: &DynamicMessage, at: &str) -> Result<Check> {
    let (mut gte, mut lte) = (None, None);
    for (name, value) in entries(from, at)? {
        match name.as_str() {
            "gte" => gte = Some(span(message(&value, at)?, at)?),
            "lte" => lte = Some(span(message(&value, at)?, at)?),
            other => return Err(unknown(at, &format!("duration.{other}"))),
        }
    }
    ordered(gte.as_ref(), lte.as_ref(), at)?;
    Ok(Check::SpanRange { gte, lte })
}

fn span(from: &DynamicMessage, at: &str) -> Result<(i64, i32)> {
    let seconds = from.get_field_by_name("seconds").and_then(|value| value.as_i64());
    let nanos = from.get_field_by_name("nanos").and_then(|value| value.as_i32());
    seconds.zip(nanos).ok_or_else(|| format!("{at}: a span was expected"))
}

fn named(from: &DynamicMessage, at: &str) -> Result<Vec<Check>> {
    let mut checks = Vec::new();
    for (name, value) in entries(from, at)? {
        match name.as_str() {
            "defined_only" if flag(&value, at)? => checks.push(Check::DefinedOnly),
            "defined_only" => {}
            "not_in" => {
                let numbers = value.as_list().unwrap_or_default().iter();
                checks.push(Check::NotIn(numbers.filter_map(Value::as_i32).collect()));
            }
            other => return Err(unknown(at, &format!("enum.{other}"))),
        }
    }
    Ok(checks)
}

fn list(from: &DynamicMessage, at: &str) -> Result<Vec<Check>> {
    let mut checks = Vec::new();
    for (name, value) in entries(from, at)? {
        match name.as_str() {
            "min_items" => checks.push(Check::MinItems(count(&value, at)?)),
            "max_items" => checks.push(Check::MaxItems(count(&value, at)?)),
            "unique" if flag(&value, at)? => checks.push(Check::Unique),
            "unique" => {}
            "items" => checks.push(Check::Items(element(&value, "repeated.items", at)?)),
            other => return Err(unknown(at, &format!("repeated.{other}"))),
        }
    }
    Ok(checks)
}

fn map(from: &DynamicMessage, at: &str) -> Result<Vec<Check>> {
    let mut checks = Vec::new();
    for (name, value) in entries(from, at)? {
        match name.as_str() {
            "max_pairs" => checks.push(Check::MaxPairs(count(&value, at)?)),
            "keys" => checks.push(Check::Keys(element(&value, "map.keys", at)?)),
            "values" => checks.push(Check::Values(element(&value, "map.values", at)?)),
            other => return Err(unknown(at, &format!("map.{other}"))),
        }
    }
    Ok(checks)
}

/// The rules of what a list or a map holds, where presence has no meaning.
fn element(value: &Value, rule: &str, at: &str) -> Result<Rules> {
    let rules = rules(message(value, at)?, at)?;
    if rules.required || rules.ignore_zero {
        return Err(unknown(at, &format!("{rule}.required or {rule}.ignore")));
    }
    Ok(rules)
}

/// Refuses rules that are not of the field's type, as no validator would look at them.
fn fits(rules: &Rules, field: &FieldDescriptor) -> Result<()> {
    let misplaced = |rules: &Rules, field: &FieldDescriptor, whole: bool| {
        rules.checks.iter().any(|check| !check.is_of(field, whole))
    };
    let mut wrong = misplaced(rules, field, true);
    for check in &rules.checks {
        wrong |= match (check, field.kind().as_message()) {
            (Check::Items(inner), _) => misplaced(inner, field, false),
            (Check::Keys(inner), Some(entry)) if field.is_map() => {
                misplaced(inner, &entry.map_entry_key_field(), true)
            }
            (Check::Values(inner), Some(entry)) if field.is_map() => {
                misplaced(inner, &entry.map_entry_value_field(), true)
            }
            _ => false,
        };
    }
    if wrong {
        return Err(format!("{}: a validation rule is not of the field's type", field.full_name()));
    }
    Ok(())
}

impl Check {
    /// Whether it can be asked of `field` as a whole, or else of each item of it.
    fn is_of(&self, field: &FieldDescriptor, whole: bool) -> bool {
        use prost_reflect::Kind;
        let kind = field.kind();
        let single = !whole || !(field.is_list() || field.is_map());
        match self {
            Self::MinLen(_)
            | Self::MaxLen(_)
            | Self::MaxBytes(_)
            | Self::Pattern(_)
            | Self::Format(_) => single && kind == Kind::String,
            Self::MinBytes(_) | Self::MaxLength(_) => single && kind == Kind::Bytes,
            Self::Range { kind: name, .. } => single && format!("{kind:?}") == *name,
            Self::SpanRange { .. } => {
                let span = kind.as_message();
                single && span.is_some_and(|span| span.full_name() == "google.protobuf.Duration")
            }
            Self::DefinedOnly | Self::NotIn(_) => single && kind.as_enum().is_some(),
            Self::MinItems(_) | Self::MaxItems(_) | Self::Unique | Self::Items(_) => {
                whole && field.is_list()
            }
            Self::MaxPairs(_) | Self::Keys(_) | Self::Values(_) => whole && field.is_map(),
        }
    }
}
