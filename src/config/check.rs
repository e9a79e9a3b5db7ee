//! What makes settings impossible, beyond their types: all of it at once, by key, and never with a
//! secret in the text.

use super::{ClientCertificates, Config};
use std::path::Path;
use tracing_subscriber::EnvFilter;

/// Everything that is wrong; empty if nothing is.
pub(super) fn problems(config: &Config) -> Vec<String> {
    let mut out = Vec::new();
    ranges(config, &mut out);
    database(config, &mut out);
    tls(config, &mut out);
    config.identity.read(&mut out);
    if !config.public_url.is_empty() && !is_origin(&config.public_url) {
        out.push("public_url must be http:// or https:// and a host, without a path".into());
    }
    for origin in &config.cors.origins {
        if !is_origin(origin) {
            out.push(format!("cors.origins: {origin} is not http:// or https:// and a host"));
        }
    }
    if EnvFilter::builder().parse(&config.log.level).is_err() {
        out.push("log.level is not a level or a filter".into());
    }
    if config.mail.relay.port == 0 {
        out.push("mail.relay.port is 0; it must be from 1 to 65535".into());
    }
    if config.mail.relay.host.is_empty() && !config.mail.relay.username.is_empty() {
        out.push("mail.relay.username is set and mail.relay.host is not".into());
    }
    let telemetry = &config.telemetry;
    let collector = &telemetry.otlp_endpoint;
    let plain = collector.starts_with("http://") && is_origin(collector);
    if !collector.is_empty() && !plain {
        out.push("telemetry.otlp_endpoint must be http:// and a host, without a path".into());
    }
    if !(0.0..=1.0).contains(&telemetry.sample_ratio) {
        out.push("telemetry.sample_ratio must be from 0.0 to 1.0".into());
    }
    let limits = &config.limits;
    if limits.streams_per_key > limits.streams_per_tenant
        || limits.streams_per_tenant > limits.streams
    {
        out.push("limits.streams_per_key ≤ streams_per_tenant ≤ streams must hold".into());
    }
    out
}

fn ranges(config: &Config, out: &mut Vec<String>) {
    let Config { delivery, drain, health, limits, ledger, database, tls, .. } = config;
    let mut within = |key: &str, value: u64, least: u64, most: u64| {
        if !(least..=most).contains(&value) {
            out.push(format!("{key} is {value}; it must be from {least} to {most}"));
        }
    };
    within("database.read_connections", database.read_connections.into(), 1, 200);
    within("access_log.keep_days", config.access_log.keep_days.into(), 1, 3650);
    within("tls.reload_seconds", tls.reload_seconds, 1, 3600);
    within("delivery.timeout_seconds", delivery.timeout_seconds, 1, 60);
    within("drain.notice_seconds", drain.notice_seconds, 0, 60);
    within("drain.streams_seconds", drain.streams_seconds, 0, 300);
    within("drain.hard_seconds", drain.hard_seconds, 1, 60);
    within("health.interval_seconds", health.interval_seconds, 1, 60);
    within("health.timeout_seconds", health.timeout_seconds, 1, 60);
    within("limits.connections", limits.connections as u64, 1, 1_000_000);
    within("limits.streams_per_key", limits.streams_per_key as u64, 1, 100_000);
    within("limits.streams_per_tenant", limits.streams_per_tenant as u64, 1, 1_000_000);
    within("limits.streams", limits.streams as u64, 1, 1_000_000);
    within("limits.calls", limits.calls as u64, 1, 1_000_000);
    within("limits.calls_per_tenant", limits.calls_per_tenant as u64, 1, 1_000_000);
    let per_address = limits.connections_per_address as u64;
    within("limits.connections_per_address", per_address, 0, 1_000_000);
    within("limits.call_seconds", limits.call_seconds, 1, 600);
    for (key, rate) in [
        ("limits.calls_per_second_per_key", limits.calls_per_second_per_key),
        ("limits.calls_per_second_per_tenant", limits.calls_per_second_per_tenant),
        ("limits.webhooks_per_second_per_account", limits.webhooks_per_second_per_account),
        ("limits.wrong_credentials_per_minute", limits.wrong_credentials_per_minute),
    ] {
        within(key, rate.into(), 0, 1_000_000);
    }
    for (key, burst) in [
        ("limits.calls_burst_per_key", limits.calls_burst_per_key),
        ("limits.calls_burst_per_tenant", limits.calls_burst_per_tenant),
        ("limits.webhooks_burst_per_account", limits.webhooks_burst_per_account),
    ] {
        within(key, burst.into(), 1, 10_000_000);
    }
    within("ledger.floor_mebibytes", ledger.floor_mebibytes as u64, 16, 1_048_576);
    within("ledger.floor_idle_seconds", ledger.floor_idle_seconds, 1, 86_400);
}

fn database(config: &Config, out: &mut Vec<String>) {
    if let Some(path) = config.sqlite_path() {
        if path.as_os_str().is_empty() || path == Path::new(":memory:") {
            out.push("database.url: sqlite: needs the path of a file".into());
        }
        return;
    }
    let postgres = config.database.url.starts_with("postgres://");
    if !postgres || url::Url::parse(&config.database.url).is_err() {
        out.push("database.url must begin with sqlite: or be a postgres:// address".into());
    }
    if config.master_key.text.is_none() && config.master_key.file.as_os_str().is_empty() {
        out.push(format!(
            "master_key.file or {} is needed with PostgreSQL: base64 of 32 random bytes, kept \
             apart from the database and its backups",
            super::MASTER_KEY_VARIABLE
        ));
    }
}

fn tls(config: &Config, out: &mut Vec<String>) {
    let tls = &config.tls;
    let named = |path: &Path| !path.as_os_str().is_empty();
    let on = named(&tls.certificate);
    if on != named(&tls.key) {
        out.push("tls.certificate and tls.key go together: name both or none".into());
    }
    if named(&tls.client_ca) && !on {
        out.push("tls.client_ca needs tls.certificate: only with TLS do callers show one".into());
    }
    if tls.client_certificates == ClientCertificates::Required && !named(&tls.client_ca) {
        out.push("tls.client_certificates: required needs tls.client_ca to know them by".into());
    }
    if !on && !tls.terminated_by_proxy && !config.listen.ip().is_loopback() {
        out.push(format!(
            "listen is {}, which others can reach, and there is no TLS: name tls.certificate and \
             tls.key, or say tls.terminated_by_proxy = true if something before the server ends it",
            config.listen
        ));
    }
}

/// Whether a text is scheme, host and perhaps port, as browsers write an origin.
fn is_origin(text: &str) -> bool {
    let Ok(url) = url::Url::parse(text) else { return false };
    let web = matches!(url.scheme(), "http" | "https");
    web && url.origin().ascii_serialization() == text.trim_end_matches('/')
}
