//! Settings from the environment. A key is written in capitals after a prefix, its dots as two
//! underscores or as one: only names of known keys are read, so both are unambiguous. A variable
//! with two underscores can only be meant for us and is refused if no key has its name; others with
//! the prefix set nothing and are told, because container platforms set some of their own.

use super::{FILE_VARIABLE, MASTER_KEY_VARIABLE, original};
use ::config::{Value, ValueKind};
use secrecy::SecretString;
use std::collections::BTreeMap;

/// How all our variables begin.
pub(super) const PREFIX: &str = "OMNICHANNEL_";

/// Variables that clients and tests read, not the server.
const OTHERS: [&str; 2] = ["OMNICHANNEL_API_KEY", "OMNICHANNEL_TEST_DATABASE_URL"];

/// What the environment says.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// Values by key.
    pub(super) settings: BTreeMap<String, Value>,
    /// The master key.
    pub(super) master_key: Option<SecretString>,
    /// What is to be told of variables that set nothing.
    pub(super) notes: Vec<String>,
    /// What is wrong with the others.
    pub(super) faults: Vec<String>,
}

/// Reads the variables of a process.
pub(super) fn read(
    environment: impl IntoIterator<Item = (String, String)>,
    known: &[(String, ValueKind)],
) -> Told {
    let mut told = Told::default();
    for (name, value) in environment {
        if let Some(became) = original::variable(&name) {
            told.notes.push(format!("{name} sets nothing; {became}"));
            continue;
        }
        let Some(rest) = name.strip_prefix(PREFIX) else { continue };
        if name == FILE_VARIABLE {
            continue;
        }
        if name == MASTER_KEY_VARIABLE {
            told.master_key = Some(SecretString::from(value));
            continue;
        }
        let found = known.iter().find(|(key, _)| {
            let key = key.to_uppercase();
            key.replace('.', "__") == rest || key.replace('.', "_") == rest
        });
        let Some((key, default)) = found else {
            if rest.contains("__") {
                told.faults.push(format!("no setting is called {name}"));
            } else if !OTHERS.contains(&name.as_str()) {
                told.notes.push(format!("{name} sets nothing: no setting has this name"));
            }
            continue;
        };
        if key.starts_with("identity.") && matches!(default, ValueKind::Array(_)) {
            let text = format!("{name}: {key} holds tables and can be set in the file only");
            told.faults.push(text);
            continue;
        }
        if matches!(default, ValueKind::Boolean(_)) && !matches!(&*value, "true" | "false") {
            told.faults.push(format!("{name} sets {key}, which is true or false"));
            continue;
        }
        let value = Value::new(Some(&name), kind(default, &value));
        if told.settings.insert(key.clone(), value).is_some() {
            told.faults.push(format!("{key} is set by two variables, one of them {name}"));
        }
    }
    told
}

/// A text as the kind its key has; what does not fit is told when the settings are read.
fn kind(default: &ValueKind, text: &str) -> ValueKind {
    match default {
        ValueKind::Array(_) => {
            let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
            ValueKind::Array(items.map(Value::from).collect())
        }
        _ => ValueKind::String(text.to_owned()),
    }
}
