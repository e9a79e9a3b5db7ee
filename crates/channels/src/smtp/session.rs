//! Handing over one mail over a connection that is there: greeting, login, envelope, content. Each
//! step has its own time. From the moment the last dot may have left, only an answer of the relay
//! says whether it has the mail.

use super::STEP_TIMEOUT;
use super::exchange::{
    Login, MailNotSent, MailOutcome, MailRefusal, MailRequest, MailUnknown, Step,
};
use super::wire::Wire;
use crate::bounce::EnhancedCode;
use lettre::Address;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Mail, Quit, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use lettre::transport::smtp::response::Response;
use secrecy::ExposeSecret;
use std::error::Error as _;
use std::future::Future;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::time::timeout;

type Failure = lettre::transport::smtp::Error;

/// How long the farewell may take; the mail is handed over by then.
const QUIT_TIMEOUT: Duration = Duration::from_secs(1);
/// How much of a mail is written at a time.
const CHUNK: usize = 64 * 1024;
/// The longest queue id that is kept.
const MAX_QUEUE_ID: usize = 64;

/// The relay's name for the mail. `written` is set before the last dot is.
pub(super) async fn hand_over(
    wire: Wire,
    hello: &str,
    request: &MailRequest,
    written: &AtomicBool,
) -> Result<Option<String>, MailOutcome> {
    let hello = ClientId::Domain(hello.to_owned());
    let greeted = AsyncSmtpConnection::connect_with_transport(Box::new(wire), &hello);
    let mut connection = step(Step::Hello, greeted).await?;
    if let Some(login) = &request.relay.login {
        log_in(&mut connection, login).await?;
    }
    let parameters = parameters(&connection, request)?;
    let sender = request.sender.as_deref().map(address);
    step(Step::Sender, connection.command(Mail::new(sender, parameters))).await?;
    let recipient = Rcpt::new(address(&request.recipient), Vec::new());
    step(Step::Recipient, connection.command(recipient)).await?;
    step(Step::Data, connection.command(Data)).await?;
    let accepted = content(&mut connection, &request.message, written).await?;
    let _ = timeout(QUIT_TIMEOUT, connection.command(Quit)).await;
    Ok(queue_id(&accepted))
}

async fn log_in(connection: &mut AsyncSmtpConnection, login: &Login) -> Result<(), MailOutcome> {
    const KNOWN: &[Mechanism] = &[Mechanism::Plain, Mechanism::Login];
    if connection.server_info().get_auth_mechanism(KNOWN).is_none() {
        return Err(MailOutcome::NotSent(MailNotSent::LoginNotOffered));
    }
    let password = login.password.expose_secret().to_owned();
    let credentials = Credentials::new(login.user.clone(), password);
    step(Step::Login, connection.auth(KNOWN, &credentials)).await.map(drop)
}

/// What has to be said with the envelope sender.
fn parameters(
    connection: &AsyncSmtpConnection,
    request: &MailRequest,
) -> Result<Vec<MailParameter>, MailOutcome> {
    let info = connection.server_info();
    let mut parameters = Vec::new();
    let mut need = |needed: bool, extension, parameter| {
        if needed {
            if !info.supports_feature(extension) {
                return Err(MailOutcome::NotSent(MailNotSent::NotSupported));
            }
            parameters.push(parameter);
        }
        Ok(())
    };
    let plain = request.sender.iter().chain([&request.recipient]).all(|address| address.is_ascii());
    need(!plain, Extension::SmtpUtfEight, MailParameter::SmtpUtfEight)?;
    let eight_bit = MailParameter::Body(MailBodyParameter::EightBitMime);
    need(!request.message.is_ascii(), Extension::EightBitMime, eight_bit)?;
    Ok(parameters)
}

/// The addresses were checked before the connection was made.
fn address(text: &str) -> Address {
    let (local, domain) = text.rsplit_once('@').unwrap_or((text, ""));
    Address::new_dangerous(local, domain)
}

/// Writes the mail and waits for the answer, for as long as the whole may take.
async fn content(
    connection: &mut AsyncSmtpConnection,
    message: &[u8],
    written: &AtomicBool,
) -> Result<Response, MailOutcome> {
    // The library ends the mail with a line end and the dot: the mail's own line end is that one.
    let message = message.strip_suffix(b"\r\n").unwrap_or(message);
    let mut chunks = message.chunks(CHUNK);
    let chunks = std::iter::from_fn(|| {
        let next = chunks.next();
        if next.is_none() {
            // Everything before it was written; what follows is the dot.
            written.store(true, Ordering::Relaxed);
        }
        next
    });
    match connection.message_iter(chunks).await {
        Ok(response) => Ok(response),
        Err(failure) => match outcome_of(Step::Content, &failure) {
            refused @ MailOutcome::Refused(_) => Err(refused),
            _ if written.load(Ordering::Relaxed) => {
                Err(MailOutcome::Unknown(MailUnknown::ConnectionLost))
            }
            other => Err(other),
        },
    }
}

async fn step<T>(
    step: Step,
    exchange: impl Future<Output = Result<T, Failure>>,
) -> Result<T, MailOutcome> {
    match timeout(STEP_TIMEOUT, exchange).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(failure)) => Err(outcome_of(step, &failure)),
        Err(_) => Err(MailOutcome::NotSent(MailNotSent::Timeout)),
    }
}

/// What a failure before the last dot means; the relay's words are looked at for a code and
/// dropped.
fn outcome_of(step: Step, failure: &Failure) -> MailOutcome {
    let words = failure.source().map(ToString::to_string).unwrap_or_default();
    if let Some(code) = failure.status() {
        let code = u16::from(code);
        let enhanced = enhanced_of(code, &words);
        return MailOutcome::Refused(MailRefusal { step, code, enhanced });
    }
    // The library tells an end of the connection as an answer that is not complete.
    let garbled = failure.source().and_then(|source| source.downcast_ref::<io::Error>());
    let garbled = garbled.is_some_and(|error| error.kind() == io::ErrorKind::InvalidData);
    let protocol =
        garbled || failure.is_client() || (failure.is_response() && words != "incomplete response");
    let not_sent = if protocol { MailNotSent::Protocol } else { MailNotSent::ConnectionLost };
    MailOutcome::NotSent(not_sent)
}

/// The enhanced code at the start of an answer, if it agrees with the reply code.
pub(super) fn enhanced_of(code: u16, words: &str) -> Option<EnhancedCode> {
    EnhancedCode::leading(words).filter(|enhanced| u16::from(enhanced.class) == code / 100)
}

/// The queue id in the words of the common relays, if it is of a harmless form.
fn queue_id(response: &Response) -> Option<String> {
    const MARKS: &[&str] = &["queued as ", "id="];
    let words: String = response.message().collect::<Vec<_>>().join(" ");
    let lower = words.to_ascii_lowercase();
    let found = MARKS.iter().find_map(|mark| lower.find(mark).map(|at| at + mark.len()))?;
    let id = words.get(found..)?.split(|c: char| c.is_whitespace() || "<>;,".contains(c)).next()?;
    let plain = id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
    let id = id.trim_end_matches('.');
    (plain && (4..=MAX_QUEUE_ID).contains(&id.len())).then(|| id.to_owned())
}
