//! How a client reaches the service: address, key and limits, each with its default. The key never
//! shows in debug output. What is refused here is refused before anything is sent.

use crate::credential::TokenProvider;
use crate::error::Error;
use crate::hooks::Hooks;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tonic::codegen::http::Uri;

/// Most connections of one kind that a client opens.
const CONNECTIONS_MAX: usize = 64;

/// An API key. Its debug output does not show it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ApiKey(String);

impl ApiKey {
    /// The key itself, for the `authorization` metadata.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl<T: Into<String>> From<T> for ApiKey {
    fn from(key: T) -> Self {
        Self(key.into())
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "ApiKey(none)" } else { "ApiKey(redacted)" })
    }
}

/// A certificate a client shows, as PEM, with its private key. Its debug output does not show them.
#[derive(Clone, PartialEq, Eq)]
pub struct Identity {
    pub(crate) certificate: String,
    pub(crate) key: String,
}

impl Identity {
    /// Certificate, followed by those that lead to its CA, and private key.
    pub fn from_pem(certificate: impl Into<String>, key: impl Into<String>) -> Self {
        Self { certificate: certificate.into(), key: key.into() }
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity(redacted)")
    }
}

/// Settings of a [`Client`](crate::Client). Fill `endpoint` and `api_key` or `token_provider`; the
/// rest has defaults.
#[derive(Clone, Debug)]
pub struct ClientConfig {
    /// Address of the service: `http://host:port`, or `https://` with the feature `tls`.
    pub endpoint: String,
    /// Credential of every call: an API key, or a token that stays good. Default: none, which only
    /// suits calls that must be refused.
    pub api_key: ApiKey,
    /// A function that gives access tokens, in place of `api_key`. Default: none.
    pub token_provider: Option<TokenProvider>,
    /// Is told about the calls and the openings of streams. Default: nobody.
    pub hooks: Option<Arc<dyn Hooks>>,
    /// CAs to trust, as PEM, in place of those of the operating system. Default: those. Takes the
    /// feature `tls`.
    pub ca_certificates: Option<String>,
    /// A certificate to show. Default: none. Takes the feature `tls`.
    pub identity: Option<Identity>,
    /// Whether the key may go unencrypted to another machine. Default: no; loopback is always
    /// allowed.
    pub allow_plaintext: bool,
    /// How long to wait for a connection. Default: 5 seconds.
    pub connect_timeout: Duration,
    /// Deadline of a unary call, repeats included; `None` opts out. Default: 30 seconds.
    pub deadline: Option<Duration>,
    /// Most attempts of one unary call. Default: 4; 1 switches repeats off.
    pub max_attempts: u32,
    /// Repeats the client may spend in a burst; ten successful calls earn one more. Default: 256.
    pub retry_budget: u32,
    /// Connections that share the unary calls, 1 to 64. Default: 1.
    pub unary_connections: usize,
    /// Connections that share the streams, 1 to 64; one carries about 250. Default: 1.
    pub stream_connections: usize,
}

impl Default for ClientConfig {
    fn default() -> Self {
        Self {
            endpoint: String::new(),
            api_key: ApiKey::default(),
            token_provider: None,
            hooks: None,
            ca_certificates: None,
            identity: None,
            allow_plaintext: false,
            connect_timeout: Duration::from_secs(5),
            deadline: Some(Duration::from_secs(30)),
            max_attempts: 4,
            retry_budget: 256,
            unary_connections: 1,
            stream_connections: 1,
        }
    }
}

impl ClientConfig {
    /// The address, once everything about the settings was found in order.
    pub(crate) fn checked(&self) -> Result<Uri, Error> {
        let uri: Uri = self.endpoint.parse().map_err(|_| refused("endpoint is not an address"))?;
        let host = uri.host().ok_or_else(|| refused("endpoint names no host"))?;
        match uri.scheme_str() {
            Some("https") if cfg!(feature = "tls") => {}
            Some("https") => return Err(refused("https needs the feature `tls` of this crate")),
            Some("http") if self.allow_plaintext || is_loopback(host) => {}
            Some("http") => {
                return Err(refused(
                    "a key goes unencrypted to loopback only; see allow_plaintext",
                ));
            }
            _ => return Err(refused("endpoint must begin with http:// or https://")),
        }
        let certificates = self.ca_certificates.is_some() || self.identity.is_some();
        if certificates && uri.scheme_str() != Some("https") {
            return Err(refused("certificates go with https only"));
        }
        let connections = 1..=CONNECTIONS_MAX;
        if !connections.contains(&self.unary_connections)
            || !connections.contains(&self.stream_connections)
        {
            return Err(refused("connections must be from 1 to 64"));
        }
        if self.max_attempts == 0 {
            return Err(refused("max_attempts must be at least 1"));
        }
        Ok(uri)
    }
}

fn refused(text: &str) -> Error {
    Error::local(tonic::Code::InvalidArgument, text)
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(endpoint: &str) -> ClientConfig {
        let api_key = "sk_secret".into();
        ClientConfig { endpoint: endpoint.into(), api_key, ..ClientConfig::default() }
    }

    #[test]
    fn the_key_is_not_shown() {
        let shown = format!("{:?}", with("http://127.0.0.1:1"));
        assert!(!shown.contains("secret") && shown.contains("ApiKey(redacted)"), "{shown}");
        assert_eq!(format!("{:?}", ApiKey::default()), "ApiKey(none)");
        let identity = Identity::from_pem("certificate", "secret");
        assert_eq!(format!("{identity:?}"), "Identity(redacted)");
    }

    #[test]
    fn plaintext_leaves_the_machine_only_when_told_to() {
        for loopback in ["http://127.0.0.1:1", "http://localhost:1", "http://[::1]:1"] {
            assert!(with(loopback).checked().is_ok(), "{loopback}");
        }
        let far = with("http://contact.example:1");
        assert_eq!(far.checked().unwrap_err().code(), tonic::Code::InvalidArgument);
        assert!(ClientConfig { allow_plaintext: true, ..far }.checked().is_ok());
    }

    #[test]
    fn settings_out_of_bounds_are_refused() {
        let good = with("http://127.0.0.1:1");
        for bad in [
            with(""),
            with("/path"),
            with("ftp://127.0.0.1"),
            ClientConfig { unary_connections: 0, ..good.clone() },
            ClientConfig { stream_connections: 65, ..good.clone() },
            ClientConfig { max_attempts: 0, ..good.clone() },
            ClientConfig { identity: Some(Identity::from_pem("a", "b")), ..good.clone() },
        ] {
            assert!(bad.checked().is_err(), "{bad:?}");
        }
        assert_eq!(with("https://127.0.0.1:1").checked().is_ok(), cfg!(feature = "tls"));
    }
}
