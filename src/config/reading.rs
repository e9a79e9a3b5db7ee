//! From defaults, file, environment and command line to settings, and everything about their form
//! that is wrong: keys that nobody knows, values that are not of their key's kind. A value that
//! cannot be read is left at its default, so that the rest can be looked at too. No secret is told.

use super::{Config, DEFAULTS, Overrides, environment, original};
use ::config::{FileFormat, Map, Value, ValueKind};
use anyhow::{Context as _, Result, bail};
use secrecy::SecretString;
use std::path::Path;

/// What was read.
pub(super) struct Read {
    /// The settings, as far as their values could be read.
    pub(super) config: Config,
    /// The master key, if the environment has it.
    pub(super) master_key: Option<SecretString>,
    /// What is to be told and is no fault.
    pub(super) notes: Vec<String>,
    /// Everything that is wrong with the form.
    pub(super) faults: Vec<String>,
}

/// Keys with their values, nested ones with dots.
type Pairs = Vec<(String, ValueKind)>;

/// Reads them, each going before the one it follows.
///
/// # Errors
/// If the file cannot be read at all.
pub(super) fn read(
    file: Option<&Path>,
    environment: impl IntoIterator<Item = (String, String)>,
    overrides: &Overrides,
) -> Result<Read> {
    let known = pairs(DEFAULTS)?;
    let mut faults = Vec::new();
    let mut given: Vec<(String, Value)> = Vec::new();
    if let Some(file) = file {
        for (key, kind) in of_file(file, &known, &mut faults)? {
            given.push((key, Value::new(None, kind)));
        }
    }
    let told = environment::read(environment, &known);
    faults.extend(told.faults);
    given.extend(told.settings);
    let line = [("listen", &overrides.listen), ("database.url", &overrides.database)];
    for (key, value) in line {
        given.extend(value.iter().map(|value| (key.to_owned(), Value::from(value.as_str()))));
    }
    let (misshapen, sound): (Vec<_>, Vec<_>) = given
        .into_iter()
        .map(|pair| (with(std::slice::from_ref(&pair)).err(), pair))
        .partition(|(fault, _)| fault.is_some());
    for (fault, (key, _)) in misshapen {
        faults.extend(fault.map(|fault| shape(&key, &fault)));
    }
    let sound: Vec<_> = sound.into_iter().map(|(_, pair)| pair).collect();
    let config = with(&sound).context("the configuration")?;
    Ok(Read { config, master_key: told.master_key, notes: told.notes, faults })
}

/// The defaults with these in their place; of two for one key the last.
fn with(given: &[(String, Value)]) -> Result<Config> {
    let defaults = ::config::File::from_str(DEFAULTS, FileFormat::Toml);
    let mut builder = ::config::Config::builder().add_source(defaults);
    for (key, value) in given {
        builder = builder.set_override(key, value.clone())?;
    }
    Ok(builder.build()?.try_deserialize()?)
}

/// Why a value is not of its key's kind. The value may stand in it, unless it may be a secret.
fn shape(key: &str, fault: &anyhow::Error) -> String {
    if key.ends_with("password") || key == "database.url" {
        return format!("{key} is not a text");
    }
    let fault = format!("{fault:#}");
    if fault.contains(key) { fault } else { format!("{key}: {fault}") }
}

/// What a file sets, without what no setting is called and what is not read by guessing.
fn of_file(file: &Path, known: &Pairs, faults: &mut Vec<String>) -> Result<Pairs> {
    let named = || format!("the configuration file {}", file.display());
    let text = std::fs::read_to_string(file).with_context(named)?;
    let originals = originals(&text);
    let mut told = match pairs(&text) {
        Ok(told) => told,
        // It may be a file of the original, which was no TOML.
        Err(_) if !originals.is_empty() => {
            bail!("the configuration:\n  {}", originals.join("\n  "))
        }
        Err(error) => return Err(error.context(named())),
    };
    faults.extend(originals);
    told.retain(|(key, kind)| {
        let Some((_, default)) = known.iter().find(|(name, _)| name == key) else {
            if !key.split('.').any(|part| original::key(part).is_some()) {
                faults.push(format!("{}: {}", named(), unknown(key, known)));
            }
            return false;
        };
        // A word such as yes would be read as either by guessing.
        let is_truth = |kind: &ValueKind| matches!(kind, ValueKind::Boolean(_));
        let guessed = is_truth(default) && !is_truth(kind);
        if guessed {
            faults.push(format!("{key} must be true or false"));
        }
        !guessed
    });
    Ok(told)
}

/// Keys of the original's configuration, with what became of them: they are not merely unknown.
fn originals(text: &str) -> Vec<String> {
    let names = text.lines().filter_map(|line| line.split(['=', '.', ']']).next());
    let names = names.map(|name| name.trim().trim_start_matches('['));
    names.filter_map(|name| Some(format!("{name}: {}", original::key(name)?))).collect()
}

/// A key that no setting has, with the one that was perhaps meant.
fn unknown(key: &str, known: &Pairs) -> String {
    let near = |(name, _): &&(String, ValueKind)| strsim::jaro_winkler(name, key);
    let best = known.iter().max_by(|a, b| near(a).total_cmp(&near(b)));
    let best = best.filter(|best| near(best) > 0.85).map(|(name, _)| name);
    let meant = best.map(|name| format!("; did you mean {name}?")).unwrap_or_default();
    format!("no setting is called {key}{meant}")
}

/// Every key of a text with its value.
fn pairs(text: &str) -> Result<Pairs> {
    let file = ::config::File::from_str(text, FileFormat::Toml);
    let alone = ::config::Config::builder().add_source(file).build()?;
    Ok(flatten(&alone.try_deserialize::<Map<String, Value>>()?))
}

fn flatten(table: &Map<String, Value>) -> Pairs {
    let mut found = Vec::new();
    for (key, value) in table {
        match &value.kind {
            ValueKind::Table(inner) => {
                let inner = flatten(inner).into_iter();
                found.extend(inner.map(|(name, kind)| (format!("{key}.{name}"), kind)));
            }
            kind => found.push((key.clone(), kind.clone())),
        }
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found
}
