//! Making a connection to a relay: the name is resolved here, every address is judged before it is
//! connected to, and TLS is begun here too, so that not a byte of what was said before it can pass
//! for something said after (the injection that plain-text commands around STARTTLS allow).

use super::exchange::{MailNotSent, MailOutcome, MailRefusal, Relay, Security, Step};
use super::session::enhanced_of;
use super::wire::Wire;
use super::{CONNECT_TIMEOUT, MAX_REPLY, STEP_TIMEOUT, SmtpClientError, check_host};
use crate::http::Egress;
use rustls::ClientConfig;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls_platform_verifier::Verifier;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// The most addresses of one name that are tried.
const MAX_ADDRESSES: usize = 8;

/// Makes connections.
#[derive(Clone)]
pub(super) struct Connector {
    egress: Egress,
    hello: Arc<str>,
    tls: Arc<ClientConfig>,
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connector").field("egress", &self.egress).finish_non_exhaustive()
    }
}

/// An answer of the relay before TLS.
struct Reply {
    code: u16,
    /// The texts of its lines.
    lines: Vec<String>,
}

impl Connector {
    pub(super) fn new(
        egress: Egress,
        hello: &str,
        roots: Option<&[u8]>,
    ) -> Result<Self, SmtpClientError> {
        let provider = Arc::new(default_provider());
        let extra = match roots {
            None => Vec::new(),
            Some(pem) => CertificateDer::pem_slice_iter(pem)
                .collect::<Result<Vec<_>, _>>()
                .ok()
                .filter(|roots| !roots.is_empty())
                .ok_or(SmtpClientError::Roots)?,
        };
        let verifier = Verifier::new_with_extra_roots(extra, Arc::clone(&provider))
            .map_err(|_| SmtpClientError::Tls)?;
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|_| SmtpClientError::Tls)?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth();
        Ok(Self { egress, hello: hello.into(), tls: Arc::new(tls) })
    }

    pub(super) fn hello(&self) -> &str {
        &self.hello
    }

    /// A connection that is protected as the relay's settings say.
    pub(super) async fn connect(&self, relay: &Relay) -> Result<Wire, MailOutcome> {
        let egress = relay.egress(self.egress);
        check_host(&relay.host, relay.port, &egress).map_err(MailOutcome::NotSent)?;
        let until = Instant::now() + CONNECT_TIMEOUT;
        let mut stream = self.dial(relay, until).await.map_err(MailOutcome::NotSent)?;
        match relay.security {
            Security::None => Ok(Wire::plain(stream, false)),
            Security::Implicit => {
                let stream = self.protect(relay, stream, until).await?;
                Ok(Wire::tls(stream, false))
            }
            Security::StartTls | Security::Opportunistic => {
                if self.offers_tls(&mut stream).await? {
                    let asked = said(&mut stream, Step::StartTls, "STARTTLS\r\n").await?;
                    if asked.code != 220 {
                        return Err(MailOutcome::NotSent(MailNotSent::Protocol));
                    }
                    let until = Instant::now() + CONNECT_TIMEOUT;
                    let stream = self.protect(relay, stream, until).await?;
                    Ok(Wire::tls(stream, true))
                } else if relay.security == Security::Opportunistic {
                    Ok(Wire::plain(stream, true))
                } else {
                    Err(MailOutcome::NotSent(MailNotSent::TlsNotOffered))
                }
            }
        }
    }

    async fn dial(&self, relay: &Relay, until: Instant) -> Result<TcpStream, MailNotSent> {
        let egress = relay.egress(self.egress);
        let name = (relay.host.as_str(), relay.port);
        let found = timeout_at(until, lookup_host(name)).await;
        let found =
            found.map_err(|_| MailNotSent::ConnectTimeout)?.map_err(|_| MailNotSent::Name)?;
        let allowed: Vec<SocketAddr> =
            found.filter(|address| egress.allows(address.ip())).take(MAX_ADDRESSES).collect();
        let mut failed = MailNotSent::Address;
        for address in allowed {
            match timeout_at(until, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => {
                    // Commands are short and each waits for its answer.
                    let _ = stream.set_nodelay(true);
                    return Ok(stream);
                }
                Ok(Err(_)) => failed = MailNotSent::Connect,
                Err(_) => return Err(MailNotSent::ConnectTimeout),
            }
        }
        Err(failed)
    }

    async fn protect(
        &self,
        relay: &Relay,
        stream: TcpStream,
        until: Instant,
    ) -> Result<TlsStream<TcpStream>, MailOutcome> {
        let not_sent = MailOutcome::NotSent;
        let name = ServerName::try_from(relay.host.clone());
        let name = name.map_err(|_| not_sent(MailNotSent::Malformed))?;
        let connector = TlsConnector::from(Arc::clone(&self.tls));
        match timeout_at(until, connector.connect(name, stream)).await {
            Ok(Ok(stream)) => Ok(stream),
            Ok(Err(_)) => Err(not_sent(MailNotSent::Tls)),
            Err(_) => Err(not_sent(MailNotSent::ConnectTimeout)),
        }
    }

    /// Reads the greeting, greets, and looks for STARTTLS in the answer.
    async fn offers_tls(&self, stream: &mut TcpStream) -> Result<bool, MailOutcome> {
        said(stream, Step::Greeting, "").await?;
        let hello = format!("EHLO {}\r\n", self.hello);
        let offered = said(stream, Step::Hello, &hello).await?;
        Ok(offered.lines.iter().any(|line| line.trim().eq_ignore_ascii_case("STARTTLS")))
    }
}

/// Says something and waits for the answer; a negative one is an outcome.
async fn said(stream: &mut TcpStream, step: Step, words: &str) -> Result<Reply, MailOutcome> {
    let exchange = async {
        stream.write_all(words.as_bytes()).await?;
        read_reply(stream).await
    };
    let lost = MailOutcome::NotSent(MailNotSent::ConnectionLost);
    match timeout(STEP_TIMEOUT, exchange).await {
        Err(_) => Err(MailOutcome::NotSent(MailNotSent::Timeout)),
        Ok(Err(error)) if error.kind() == io::ErrorKind::InvalidData => {
            Err(MailOutcome::NotSent(MailNotSent::Protocol))
        }
        Ok(Err(_)) => Err(lost),
        Ok(Ok(reply)) if (400..600).contains(&reply.code) => {
            let enhanced = reply.lines.first().and_then(|line| enhanced_of(reply.code, line));
            Err(MailOutcome::Refused(MailRefusal { step, code: reply.code, enhanced }))
        }
        Ok(Ok(reply)) => Ok(reply),
    }
}

/// Reads one answer and nothing after it: more than that was never asked for.
async fn read_reply(stream: &mut TcpStream) -> io::Result<Reply> {
    let invalid = || io::Error::from(io::ErrorKind::InvalidData);
    let mut bytes = Vec::new();
    let mut chunk = [0; 1024];
    loop {
        let count = stream.read(&mut chunk).await?;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        bytes.extend_from_slice(&chunk[..count]);
        if bytes.len() > MAX_REPLY {
            return Err(invalid());
        }
        let Some((reply, rest)) = parse_reply(&bytes).ok_or_else(invalid)? else { continue };
        return if rest == 0 { Ok(reply) } else { Err(invalid()) };
    }
}

/// An answer with the number of bytes after it; `Some(None)` while it is not complete, nothing if
/// it never will be one.
#[expect(clippy::option_option, reason = "not an answer, not yet one, and one")]
fn parse_reply(bytes: &[u8]) -> Option<Option<(Reply, usize)>> {
    let mut lines = Vec::new();
    let mut at = 0;
    while let Some(end) = bytes[at..].iter().position(|byte| *byte == b'\n') {
        let line = String::from_utf8_lossy(&bytes[at..at + end]).trim_end().to_owned();
        at += end + 1;
        let code: u16 = line.get(..3)?.parse().ok().filter(|code| (200..600).contains(code))?;
        let (mark, text) = line[3..].split_at_checked(1).unwrap_or((" ", ""));
        lines.push(text.to_owned());
        match mark {
            " " => return Some(Some((Reply { code, lines }, bytes.len() - at))),
            "-" => {}
            _ => return None,
        }
    }
    Some(None)
}
