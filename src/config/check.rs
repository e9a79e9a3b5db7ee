//! What makes settings impossible, beyond their types: all of it at once, by key, and never with a
//! secret in the text.

use super::{ClientCertificates, Config, MailRelay};
use app::check_address;
use app::mail::check_own_relay;
use domain::mail::RelaySecurity;
use std::net::SocketAddr;
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
    smtp(config, &mut out);
    if EnvFilter::builder().parse(&config.log.level).is_err() {
        out.push("log.level is not a level or a filter".into());
    }
    relay(&config.mail.relay, &mut out);
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
    within("limits.calls_per_key", limits.calls_per_key as u64, 1, 1_000_000);
    within("limits.strangers", limits.strangers as u64, 1, 1_000_000);
    within("limits.webhooks", limits.webhooks as u64, 1, 1_000_000);
    for (key, share) in [
        ("limits.connections_per_address", limits.connections_per_address),
        ("limits.strangers_per_address", limits.strangers_per_address),
        ("limits.webhooks_per_account", limits.webhooks_per_account),
        ("limits.webhooks_per_address", limits.webhooks_per_address),
    ] {
        within(key, share as u64, 0, 1_000_000);
    }
    within("limits.call_seconds", limits.call_seconds, 1, 600);
    within("limits.past_events", limits.past_events, 100, 100_000_000);
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

fn smtp(config: &Config, out: &mut Vec<String>) {
    let smtp = &config.smtp;
    let mut within = |key: &str, value: u64, least: u64, most: u64| {
        if !(least..=most).contains(&value) {
            out.push(format!("smtp.{key} is {value}; it must be from {least} to {most}"));
        }
    };
    within("message_mebibytes", smtp.message_mebibytes as u64, 1, 30);
    within("memory_mebibytes", smtp.memory_mebibytes as u64, 1, 65_536);
    within("line_bytes", smtp.line_bytes as u64, 1000, 1_048_576);
    within("recipients", smtp.recipients as u64, 1, 1000);
    within("connections", smtp.connections as u64, 1, 100_000);
    within("connections_per_peer", smtp.connections_per_peer as u64, 1, 100_000);
    within("commands", smtp.commands.into(), 10, 1_000_000);
    within("errors", smtp.errors.into(), 1, 1000);
    within("command_seconds", smtp.command_seconds, 1, 300);
    within("data_seconds", smtp.data_seconds, 1, 3600);
    within("session_seconds", smtp.session_seconds, 10, 86_400);
    if smtp.memory_mebibytes < 4 * smtp.message_mebibytes {
        out.push("smtp.memory_mebibytes must be at least four times message_mebibytes".into());
    }
    if !smtp.postmaster.is_empty() && !app::mail::is_address(&smtp.postmaster) {
        out.push("smtp.postmaster must be the address of a mailbox, or empty".into());
    }
    let name = &smtp.hostname;
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
    if name.len() > 255 || !name.bytes().all(is_name) {
        out.push("smtp.hostname is not the name of a host".into());
    }
    if smtp.require_tls && config.tls.certificate.as_os_str().is_empty() {
        out.push("smtp.require_tls needs tls.certificate".into());
    }
    if smtp.listen.is_empty() {
        return;
    }
    match smtp.listen.parse::<SocketAddr>() {
        Err(_) => out.push("smtp.listen must be an address and a port, or empty".into()),
        Ok(addr) if name.is_empty() && !addr.ip().is_loopback() => {
            out.push("smtp.hostname is needed where smtp.listen is no loopback address".into());
        }
        Ok(addr) if is_same_place(addr, config.listen) => {
            out.push("smtp.listen and listen are the same place".into());
        }
        Ok(_) => {}
    }
}

/// Whether two listeners would take the same connections.
fn is_same_place(one: SocketAddr, other: SocketAddr) -> bool {
    let all = one.ip().is_unspecified() || other.ip().is_unspecified();
    one.port() != 0 && one.port() == other.port() && (all || one.ip() == other.ip())
}

/// The installation's own relay: it may be near, and everything else about it must be right, or
/// accounts of tenants would be refused for it later.
fn relay(relay: &MailRelay, out: &mut Vec<String>) {
    if relay.port == 0 {
        out.push("mail.relay.port is 0; it must be from 1 to 65535".into());
        return;
    }
    if relay.host.is_empty() {
        if !relay.username.is_empty() {
            out.push("mail.relay.username is set and mail.relay.host is not".into());
        }
        return;
    }
    if let Err(fault) = check_own_relay(&relay.host, relay.port) {
        out.push(format!("mail.relay.host: {fault}"));
    }
    if relay.security == RelaySecurity::None && !relay.username.is_empty() {
        let text = "mail.relay.username: no login is sent in clear, which security none would be";
        out.push(text.into());
    }
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
        return;
    }
    if let Err(why) = check_address(&config.database.url) {
        out.push(format!("database.url: {why}"));
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
    if !config.identity.services.is_empty() && !named(&tls.client_ca) {
        out.push("identity.services needs tls.client_ca: services are known by certificate".into());
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
