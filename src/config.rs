//! How the server is set up: the compiled-in defaults, then a file, then the environment, then the
//! command line. Everything is checked as a whole before anything starts; a key that nobody knows
//! is refused, so that a misspelt one is noticed. Secrets are never shown.

mod check;
mod environment;
pub mod identity;
mod original;
mod reading;
#[cfg(test)]
mod tests;

use anyhow::{Result, bail};
use domain::mail::RelaySecurity;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Every setting with its default and a sentence.
pub const DEFAULTS: &str = include_str!("../config/default.toml");

/// The database of [`DEFAULTS`].
const USUAL_DATABASE: &str = "sqlite:data/omnichannel.sqlite";

/// The variable that holds the master key itself.
pub const MASTER_KEY_VARIABLE: &str = "OMNICHANNEL_MASTER_KEY";

/// The variable that names the file.
pub const FILE_VARIABLE: &str = "OMNICHANNEL_CONFIG";

/// What stands in place of a secret.
const REDACTED: &str = "redacted";

/// All settings. Their meaning is told in `config/default.toml`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "told in config/default.toml")]
pub struct Config {
    #[serde(deserialize_with = "address")]
    pub listen: SocketAddr,
    pub public_url: String,
    pub reflection: Reflection,
    pub tls: Tls,
    pub database: Database,
    pub master_key: MasterKey,
    pub egress: Egress,
    pub delivery: Delivery,
    pub mail: Mail,
    pub drain: Drain,
    pub health: Health,
    pub limits: Limits,
    pub ledger: Ledger,
    pub smtp: Smtp,
    pub cors: Cors,
    pub pages: Pages,
    pub log: Log,
    pub metrics: Metrics,
    pub telemetry: Telemetry,
    pub access_log: AccessLog,
    pub identity: identity::Identity,
    pub time: Time,
    /// What is to be told of the environment, one sentence each.
    #[serde(skip)]
    pub notes: Vec<String>,
}

/// Settings of one part.
macro_rules! parts {
    ($($name:ident { $($field:ident: $kind:ty),+ $(,)? })+) => {$(
        #[doc = concat!("Settings: ", stringify!($name), ", as in `config/default.toml`.")]
        #[derive(Clone, Debug, Deserialize, Serialize)]
        #[serde(deny_unknown_fields)]
        #[allow(missing_docs, reason = "told in config/default.toml")]
        pub struct $name { $(pub $field: $kind),+ }
    )+};
}

parts! {
    Tls {
        certificate: PathBuf,
        key: PathBuf,
        client_ca: PathBuf,
        client_certificates: ClientCertificates,
        reload_seconds: u64,
        terminated_by_proxy: bool,
    }
    Egress { allow_http: bool, allow_private: bool }
    Delivery { timeout_seconds: u64 }
    Mail { domain: String, relay: MailRelay }
    Drain { notice_seconds: u64, streams_seconds: u64, hard_seconds: u64 }
    Health { interval_seconds: u64, timeout_seconds: u64 }
    Limits {
        connections: usize,
        connections_per_address: usize,
        streams_per_key: usize,
        streams_per_tenant: usize,
        streams: usize,
        calls: usize,
        calls_per_tenant: usize,
        calls_per_key: usize,
        strangers: usize,
        strangers_per_address: usize,
        call_seconds: u64,
        past_events: u64,
        calls_per_second_per_key: u32,
        calls_burst_per_key: u32,
        calls_per_second_per_tenant: u32,
        calls_burst_per_tenant: u32,
        webhooks_per_second_per_account: u32,
        webhooks_burst_per_account: u32,
        webhooks: usize,
        webhooks_per_account: usize,
        webhooks_per_address: usize,
        wrong_credentials_per_minute: u32,
    }
    Ledger { floor_mebibytes: usize, floor_idle_seconds: u64 }
    Smtp {
        listen: String,
        hostname: String,
        require_tls: bool,
        message_mebibytes: usize,
        memory_mebibytes: usize,
        line_bytes: usize,
        recipients: usize,
        connections: usize,
        connections_per_peer: usize,
        commands: u32,
        errors: u32,
        command_seconds: u64,
        data_seconds: u64,
        session_seconds: u64,
        postmaster: String,
    }
    Cors { origins: Vec<String> }
    Pages { enabled: bool, folder: PathBuf }
    Metrics { enabled: bool }
    Telemetry { otlp_endpoint: String, sample_ratio: f64 }
    Log { level: String, format: LogFormat, access: bool }
    AccessLog { keep_days: u32 }
    Time { shift_allowed: bool }
}

/// Where the data is.
#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// Its address, which may hold a password.
    pub url: String,
    /// Connections for reading.
    pub read_connections: u32,
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Database").field("url", &redacted_url(&self.url)).finish_non_exhaustive()
    }
}

/// Where the master key is.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct MasterKey {
    /// Its file; empty is the default place.
    pub file: PathBuf,
    /// The key itself, from the environment only.
    #[serde(skip)]
    pub text: Option<SecretString>,
}

/// Whether callers must show a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ClientCertificates {
    /// They may.
    Optional,
    /// Whoever shows none is refused.
    Required,
}

/// The mail relay of accounts without one of their own.
#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "told in config/default.toml")]
pub struct MailRelay {
    pub host: String,
    pub port: u16,
    pub security: RelaySecurity,
    pub username: String,
    pub password: String,
}

impl std::fmt::Debug for MailRelay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MailRelay").field("host", &self.host).finish_non_exhaustive()
    }
}

/// To whom the server describes its services.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Reflection {
    /// To everybody where only this machine can ask, else to those who may.
    Auto,
    /// To everybody.
    Open,
    /// To those with the permission `REFLECTION_READ`.
    Permission,
    /// To nobody.
    Off,
}

impl<'de> Deserialize<'de> for Reflection {
    /// Also from `true` for open and `false` for off.
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Told {
            Flag(bool),
            Word(String),
        }
        let word = match Told::deserialize(from)? {
            Told::Flag(flag) => flag.to_string(),
            Told::Word(word) => word,
        };
        match word.as_str() {
            "auto" => Ok(Self::Auto),
            "open" | "true" => Ok(Self::Open),
            "permission" => Ok(Self::Permission),
            "off" | "false" => Ok(Self::Off),
            _ => Err(serde::de::Error::custom("reflection is auto, open, permission or off")),
        }
    }
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
}

impl<'de> Deserialize<'de> for LogFormat {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        match String::deserialize(from)?.as_str() {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err(serde::de::Error::custom("log.format is text or json")),
        }
    }
}

/// An address to listen on; the name of a host is none, because it may have several.
fn address<'de, D: serde::Deserializer<'de>>(from: D) -> Result<SocketAddr, D::Error> {
    let text = String::deserialize(from)?;
    text.parse().map_err(|_| {
        let text = format!("`{text}` is not an IP address and a port, such as 127.0.0.1:7400");
        serde::de::Error::custom(text)
    })
}

/// What the command line says.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// Where to listen.
    pub listen: Option<String>,
    /// Which database.
    pub database: Option<String>,
}

impl Config {
    /// The settings as defaults, file, environment and command line give them together.
    ///
    /// # Errors
    /// All that is wrong with them, by key, without secrets.
    pub fn load(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
        overrides: &Overrides,
    ) -> Result<Self> {
        let read = reading::read(file, environment, overrides)?;
        let mut config = read.config;
        config.master_key.text = read.master_key;
        config.database.url = original::database(&config.database.url);
        config.notes = read.notes;
        let mut faults = read.faults;
        faults.extend(check::problems(&config));
        if faults.is_empty() {
            return Ok(config);
        }
        bail!("the configuration:\n  {}", faults.join("\n  "))
    }

    /// The settings of this process: the named file, else the one [`FILE_VARIABLE`] names.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn of_process(file: Option<&Path>, overrides: &Overrides) -> Result<Self> {
        let mut environment = Vec::new();
        for (name, value) in std::env::vars_os() {
            let Ok(name) = name.into_string() else { continue };
            if !name.starts_with(environment::PREFIX) && original::variable(&name).is_none() {
                continue;
            }
            let Ok(value) = value.into_string() else { bail!("{name} is not UTF-8") };
            environment.push((name, value));
        }
        Self::load(file, environment, overrides)
    }

    /// The settings one a line, as a file could give them, without secrets.
    #[must_use]
    pub fn show(&self) -> String {
        let mut shown = self.clone();
        shown.database.url = redacted_url(&self.database.url);
        if !shown.mail.relay.password.is_empty() {
            shown.mail.relay.password = REDACTED.to_owned();
        }
        let value = serde_json::to_value(&shown).expect("settings are plain values");
        let mut lines = Vec::new();
        lines_of("", &value, &mut lines);
        lines.extend(self.notes.iter().map(|note| format!("# {note}")));
        if self.master_key.text.is_some() {
            lines.push(format!("# {MASTER_KEY_VARIABLE} is set ({REDACTED})"));
        }
        lines.join("\n") + "\n"
    }

    /// The path of the SQLite file; none for PostgreSQL.
    #[must_use]
    pub fn sqlite_path(&self) -> Option<PathBuf> {
        let path = self.database.url.strip_prefix("sqlite:")?;
        Some(PathBuf::from(path.strip_prefix("//").unwrap_or(path)))
    }

    /// Whether the database is where it is if nobody says otherwise.
    #[must_use]
    pub fn is_usual_database(&self) -> bool {
        self.database.url == USUAL_DATABASE
    }

    /// Where mail is taken; none if it is not.
    #[must_use]
    pub fn smtp_listen(&self) -> Option<SocketAddr> {
        // What is no address was refused when the settings were read.
        self.smtp.listen.parse().ok()
    }

    /// To whom the server describes its services, once it is decided.
    #[must_use]
    pub fn reflects_to(&self) -> Reflection {
        let alone = self.listen.ip().is_loopback() && !self.tls.terminated_by_proxy;
        match self.reflection {
            Reflection::Auto if alone && self.tls.certificate.as_os_str().is_empty() => {
                Reflection::Open
            }
            Reflection::Auto => Reflection::Permission,
            told => told,
        }
    }

    /// How long a shutdown may take in all.
    #[must_use]
    pub fn drain_limit(&self) -> Duration {
        let Drain { notice_seconds, streams_seconds, hard_seconds } = self.drain;
        Duration::from_secs(notice_seconds + streams_seconds + hard_seconds)
    }
}

fn lines_of(path: &str, value: &serde_json::Value, lines: &mut Vec<String>) {
    match value {
        serde_json::Value::Object(map) => {
            for (key, value) in map {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                lines_of(&path, value, lines);
            }
        }
        value => lines.push(format!("{path} = {}", inline(value))),
    }
}

/// A value as TOML writes it on one line.
fn inline(value: &serde_json::Value) -> String {
    let listed = |parts: Vec<String>| parts.join(", ");
    match value {
        serde_json::Value::Array(items) => {
            format!("[{}]", listed(items.iter().map(inline).collect()))
        }
        serde_json::Value::Object(map) => {
            let pair = |(key, value): (&String, &serde_json::Value)| {
                format!("{} = {}", serde_json::Value::from(key.as_str()), inline(value))
            };
            format!("{{ {} }}", listed(map.iter().map(pair).collect()))
        }
        // What JSON writes for texts, numbers and truth is also TOML.
        value => value.to_string(),
    }
}

/// A database address without its password. What cannot be read as an address is hidden whole.
fn redacted_url(text: &str) -> String {
    if text.starts_with("sqlite:") {
        return text.to_owned();
    }
    let Ok(mut url) = url::Url::parse(text) else { return REDACTED.to_owned() };
    if url.password().is_some() {
        // Only addresses without a host refuse one, and those have none.
        let _ = url.set_password(Some(REDACTED));
    }
    let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    if !pairs.is_empty() {
        let hide = |key: &str| key.contains("password");
        let shown = pairs
            .iter()
            .map(|(key, value)| (key.as_str(), if hide(key) { REDACTED } else { value.as_str() }));
        url.query_pairs_mut().clear().extend_pairs(shown);
    }
    url.to_string()
}
