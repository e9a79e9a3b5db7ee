//! The webhook channel as a provider: Standard Webhooks signatures both ways, one JSON document per
//! message, and what each answer means. An answer's body is read only for the receiver's id.

use super::inbound::{MAX_ADDRESS, MAX_BODY, MAX_EXTERNAL_ID, MAX_TEXT};
use super::wire::{
    ESCALATION_RAISED, MESSAGE_CREATED, Outbound, OutboundData, PageData, Receipt, Receiver,
    write_time,
};
use super::{config, inbound};
use crate::http::{Answer, Egress, HttpOutcome, HttpRequest, NotSent};
use crate::provider::{
    AccountConfig, ConfigRefused, Delivery, DeliveryReason, InboundEvent, MAX_RETRY_AFTER,
    OutboundMessage, OutboundPage, Outcome, Outgoing, ParseError, Provider, RawRequest, Rejection,
    RenderError, Verified,
};
use crate::secrets::Secrets;
use crate::standard_webhooks::{
    self, ID_HEADER, SIGNATURE_HEADER, SignRefused, SignatureHeaders, TIMESTAMP_HEADER,
};
use domain::channel::ChannelKind;
use domain::time::Timestamp;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use std::time::Duration;

/// The header field that counts the attempts at a message, from 1; not part of what is signed.
pub const ATTEMPT_HEADER: &str = "omnichannel-attempt";

const ID_PREFIX: &str = "msg_";
const PAGE_PREFIX: &str = "page_";

/// The webhook channel.
#[derive(Clone, Copy, Debug)]
pub struct WebhookProvider;

impl Provider for WebhookProvider {
    fn kind(&self) -> ChannelKind {
        ChannelKind::Webhook
    }

    fn check(&self, account: &AccountConfig, egress: &Egress) -> Result<(), ConfigRefused> {
        config::check(account, egress)
    }

    fn verify(
        &self,
        request: &RawRequest,
        secrets: &Secrets,
        now: Timestamp,
    ) -> Result<Verified, Rejection> {
        if request.method() != Method::POST {
            return Err(Rejection::Method);
        }
        if request.body().len() > MAX_BODY {
            return Err(Rejection::TooLarge("body"));
        }
        let headers = SignatureHeaders {
            id: request.header(ID_HEADER)?.to_owned(),
            timestamp: request.header(TIMESTAMP_HEADER)?.to_owned(),
            signature: request.header(SIGNATURE_HEADER)?.to_owned(),
        };
        let keys = standard_webhooks::keys_of(secrets);
        standard_webhooks::verify(&keys, &headers, request.body(), now)?;
        Ok(Verified::new(headers.id, request.body().clone()))
    }

    fn parse(&self, verified: &Verified) -> Result<Vec<InboundEvent>, ParseError> {
        inbound::parse(verified.body())
    }

    fn render(
        &self,
        account: &AccountConfig,
        message: &OutboundMessage,
        secrets: &Secrets,
        now: Timestamp,
    ) -> Result<Outgoing, RenderError> {
        let letter = Letter {
            id: format!("{ID_PREFIX}{}", message.message_id),
            attempt: message.attempt,
            body: document(message)?,
        };
        post(account, letter, secrets, now)
    }

    fn page(
        &self,
        account: &AccountConfig,
        page: &OutboundPage,
        secrets: &Secrets,
        now: Timestamp,
    ) -> Result<Outgoing, RenderError> {
        let letter = Letter {
            id: format!("{PAGE_PREFIX}{}", page.id),
            attempt: page.attempt,
            body: page_document(page)?,
        };
        post(account, letter, secrets, now)
    }

    fn classify(&self, outcome: &Outcome) -> Delivery {
        let Outcome::Http(outcome) = outcome else { return Delivery::WRONG_WAY };
        match outcome {
            HttpOutcome::Answer(answer) => classify_answer(answer),
            HttpOutcome::NotSent(not_sent) => {
                let reason = DeliveryReason::new(not_sent.reason(), None);
                match not_sent {
                    // Neither gets better by itself.
                    NotSent::Refused(_) | NotSent::Malformed => Delivery::Refused { reason },
                    _ => Delivery::RetryAfter { after: None, reason },
                }
            }
            HttpOutcome::Unknown(unknown) => {
                Delivery::Unknown { reason: DeliveryReason::new(unknown.reason(), None) }
            }
        }
    }
}

/// What is posted, before it is signed.
struct Letter {
    id: String,
    attempt: u32,
    body: Vec<u8>,
}

fn post(
    account: &AccountConfig,
    letter: Letter,
    secrets: &Secrets,
    now: Timestamp,
) -> Result<Outgoing, RenderError> {
    let url = config::endpoint(account)?;
    let keys = standard_webhooks::keys_of(secrets);
    let Letter { id, attempt, body } = letter;
    let signed = standard_webhooks::sign(&keys, &id, now, &body).map_err(|e| match e {
        SignRefused::NoKey => RenderError::NoSecret,
        SignRefused::Id => RenderError::Message("id"),
        SignRefused::Time => RenderError::Time,
    })?;
    let headers = headers(&signed, attempt);
    Ok(Outgoing::Http(HttpRequest { method: Method::POST, url, headers, body: body.into() }))
}

fn page_document(page: &OutboundPage) -> Result<Vec<u8>, RenderError> {
    let document = Outbound {
        kind: ESCALATION_RAISED,
        timestamp: write_time(page.created_at).ok_or(RenderError::Time)?,
        data: PageData {
            id: page.id,
            interaction_id: page.interaction_id,
            policy_id: page.policy_id,
            queue_id: page.queue_id,
            level: page.level,
            trigger: &page.trigger,
            priority: &page.priority,
        },
    };
    Ok(serde_json::to_vec(&document).expect("a document of texts is always writable"))
}

fn document(message: &OutboundMessage) -> Result<Vec<u8>, RenderError> {
    let address = message.to_address.as_str();
    if address.trim().is_empty()
        || address.chars().count() > MAX_ADDRESS
        || address.chars().any(char::is_control)
    {
        return Err(RenderError::Message("address"));
    }
    let text = message.body.as_str();
    if text.is_empty() || text.len() > MAX_TEXT || text.contains('\0') {
        return Err(RenderError::Message("text"));
    }
    let document = Outbound {
        kind: MESSAGE_CREATED,
        timestamp: write_time(message.created_at).ok_or(RenderError::Time)?,
        data: OutboundData {
            id: message.message_id,
            conversation_id: message.conversation_id,
            interaction_id: message.interaction_id,
            to: Receiver { address },
            text,
        },
    };
    Ok(serde_json::to_vec(&document).expect("a document of texts is always writable"))
}

fn headers(signed: &SignatureHeaders, attempt: u32) -> HeaderMap {
    let ascii = |text: &str| HeaderValue::from_str(text).expect("visible ASCII by construction");
    HeaderMap::from_iter([
        (CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (HeaderName::from_static(ID_HEADER), ascii(&signed.id)),
        (HeaderName::from_static(TIMESTAMP_HEADER), ascii(&signed.timestamp)),
        (HeaderName::from_static(SIGNATURE_HEADER), ascii(&signed.signature)),
        (HeaderName::from_static(ATTEMPT_HEADER), HeaderValue::from(attempt)),
    ])
}

fn classify_answer(answer: &Answer) -> Delivery {
    let reason = |code| DeliveryReason::new(code, Some(answer.status));
    match answer.status {
        200..=299 => accepted(answer),
        300..=399 => Delivery::Refused { reason: reason("REDIRECT_NOT_FOLLOWED") },
        401 | 403 => Delivery::CredentialsBad { reason: reason("CREDENTIALS_REFUSED") },
        408 | 425 | 429 | 500..=599 => {
            Delivery::RetryAfter { after: retry_after(answer), reason: reason("TRY_LATER") }
        }
        410 => Delivery::Refused { reason: reason("ENDPOINT_GONE") },
        _ => Delivery::Refused { reason: reason("REFUSED") },
    }
}

/// The receipt is optional and never a reason to send again: whatever it holds, a 2xx is a yes.
fn accepted(answer: &Answer) -> Delivery {
    let receipt =
        if answer.truncated { None } else { serde_json::from_slice::<Receipt>(&answer.body).ok() };
    let (id, status) = receipt.map_or((None, None), |r| (r.id, r.status));
    Delivery::Accepted {
        external_id: id.filter(|id| is_usable_id(id)),
        delivered: status.as_deref() == Some("delivered"),
    }
}

fn is_usable_id(id: &str) -> bool {
    !id.trim().is_empty()
        && id.chars().count() <= MAX_EXTERNAL_ID
        && !id.chars().any(char::is_control)
}

/// `Retry-After` in seconds or as a date; a date counts from the answer's own `Date`, so that
/// neither clock has to be right.
fn retry_after(answer: &Answer) -> Option<Duration> {
    let value = answer.header("retry-after")?.trim();
    let after = if value.bytes().all(|b| b.is_ascii_digit()) {
        value.parse().map_or(MAX_RETRY_AFTER, Duration::from_secs)
    } else {
        let until = httpdate::parse_http_date(value).ok()?;
        let from = httpdate::parse_http_date(answer.header("date")?).ok()?;
        until.duration_since(from).unwrap_or(Duration::ZERO)
    };
    (!value.is_empty()).then_some(after.min(MAX_RETRY_AFTER))
}
