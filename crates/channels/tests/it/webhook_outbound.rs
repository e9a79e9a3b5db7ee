//! The webhook channel outwards: what is posted, that it stays the same from attempt to attempt,
//! and what every outcome means for the message.

use crate::server::{Server, Then};
use channels::http::{Answer, ClientOptions, NotSent, Unknown, UrlRefused};
use channels::provider::MAX_RETRY_AFTER;
use channels::provider_of;
use channels::standard_webhooks::{SignatureHeaders, SigningKey, verify};
use channels::webhook::{URL_SETTING, WebhookProvider};
use channels::{
    AccountConfig, Delivery, Egress, GuardedClient, HttpOutcome, OutboundMessage, OutboundPage,
    Outcome, Outgoing, Provider, RenderError, Secrets,
};
use domain::channel::ChannelKind;
use domain::time::Timestamp;
use http::{HeaderMap, HeaderValue};
use secrecy::SecretString;
use serde_json::Value;
use std::time::Duration;

const SECRET: &str = "whsec_AQgPFh0kKzI5QEdOVVxjanF4f4aNlJui";
const OTHER: &str = "whsec_yM/W3eTr8vkABw4VHCMqMTg/Rk1UW2JpcHd+hYyTmqE=";
const NOW: Timestamp = Timestamp::from_micros(1_790_000_000_999_999);
const DOCUMENT: &str = include_str!("../../src/webhook/fixtures/outbound_message.json");
const PAGE: &str = include_str!("../../src/webhook/fixtures/page.json");
const RECEIPT: &str = include_str!("../../src/webhook/fixtures/receipt.json");

fn account(url: &str) -> AccountConfig {
    AccountConfig::new([(URL_SETTING, url)])
}

fn secrets(texts: &[&str]) -> Secrets {
    Secrets::new(texts.iter().map(|text| SecretString::from(*text))).unwrap()
}

fn message() -> OutboundMessage {
    OutboundMessage {
        message_id: "0195d6a0-7a4e-7c31-8d2f-5b1b2f0f6a11".parse().unwrap(),
        conversation_id: "0195d6a0-7a4e-7c31-8d2f-000000000001".parse().unwrap(),
        interaction_id: "0195d6a0-7a4e-7c31-8d2f-000000000002".parse().unwrap(),
        to_address: "ada@example.org".to_owned(),
        body: "Sie kommt morgen.\n👍".to_owned(),
        created_at: Timestamp::from_micros(1_772_597_167_890_000),
        attempt: 1,
        mail: None,
    }
}

fn http_of(outgoing: Outgoing) -> channels::HttpRequest {
    match outgoing {
        Outgoing::Http(request) => request,
        Outgoing::Mail(_) => panic!("a webhook leaves by HTTP"),
    }
}

fn render(message: &OutboundMessage, now: Timestamp) -> Result<channels::HttpRequest, RenderError> {
    let account = account("https://receiver.example/in?token=1");
    WebhookProvider.render(&account, message, &secrets(&[OTHER, SECRET]), now).map(http_of)
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers[name].to_str().unwrap()
}

#[test]
fn the_document_is_the_published_one_and_signed_with_every_secret() {
    let request = render(&message(), NOW).unwrap();
    assert_eq!(request.method, "POST");
    assert_eq!(request.url.as_str(), "https://receiver.example/in?token=1");
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(body, serde_json::from_str::<Value>(DOCUMENT).unwrap());
    let headers = &request.headers;
    assert_eq!(header(headers, "content-type"), "application/json");
    assert_eq!(header(headers, "webhook-id"), "msg_0195d6a0-7a4e-7c31-8d2f-5b1b2f0f6a11");
    assert_eq!(header(headers, "webhook-timestamp"), "1790000000");
    assert_eq!(header(headers, "omnichannel-attempt"), "1");
    let signed = SignatureHeaders {
        id: header(headers, "webhook-id").to_owned(),
        timestamp: header(headers, "webhook-timestamp").to_owned(),
        signature: header(headers, "webhook-signature").to_owned(),
    };
    for secret in [SECRET, OTHER] {
        let key = SigningKey::parse(&secret.into()).unwrap();
        assert_eq!(verify(&[key], &signed, &request.body, NOW), Ok(()));
    }
}

#[test]
fn a_page_is_the_published_one_and_signed() {
    let id = |last: u8| format!("0195d6a0-7a4e-7c31-8d2f-0000000000{last:02}").parse().unwrap();
    let page = OutboundPage {
        id: id(3),
        interaction_id: id(2),
        policy_id: id(4),
        queue_id: Some(id(5)),
        level: 2,
        trigger: "TIME_IN_STATE".to_owned(),
        priority: "URGENT".to_owned(),
        created_at: Timestamp::from_micros(1_772_597_167_890_000),
        attempt: 3,
    };
    let url = account("https://receiver.example/pager");
    let render = |page: &OutboundPage| {
        http_of(WebhookProvider.page(&url, page, &secrets(&[SECRET]), NOW).unwrap())
    };
    let request = render(&page);
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(body, serde_json::from_str::<Value>(PAGE).unwrap());
    let headers = &request.headers;
    assert_eq!(header(headers, "webhook-id"), "page_0195d6a0-7a4e-7c31-8d2f-000000000003");
    assert_eq!(header(headers, "omnichannel-attempt"), "3");
    assert_eq!(render(&OutboundPage { attempt: 4, ..page.clone() }).body, request.body);
    let nowhere = WebhookProvider.page(&account(""), &page, &secrets(&[SECRET]), NOW);
    assert_eq!(nowhere.unwrap_err(), RenderError::NoEndpoint);
    let mail = provider_of(ChannelKind::Email).unwrap();
    let by_mail = mail.page(&account(""), &page, &secrets(&[SECRET]), NOW);
    assert_eq!(by_mail.unwrap_err(), RenderError::NoEndpoint, "customers are not paged");
}

#[test]
fn a_later_attempt_has_the_same_id_and_body_and_a_time_of_its_own() {
    let first = render(&message(), NOW).unwrap();
    let later = Timestamp::from_micros(NOW.micros() + 60_000_000);
    let second = render(&OutboundMessage { attempt: 2, ..message() }, later).unwrap();
    assert_eq!(first.body, second.body);
    assert_eq!(first.headers["webhook-id"], second.headers["webhook-id"]);
    assert_eq!(header(&second.headers, "webhook-timestamp"), "1790000060");
    assert_ne!(first.headers["webhook-signature"], second.headers["webhook-signature"]);
    assert_eq!(header(&second.headers, "omnichannel-attempt"), "2");
}

#[test]
fn what_cannot_be_rendered_says_why() {
    let refused = |change: &dyn Fn(&mut OutboundMessage)| {
        let mut message = message();
        change(&mut message);
        render(&message, NOW).unwrap_err()
    };
    assert_eq!(refused(&|m| m.body = String::new()), RenderError::Message("text"));
    assert_eq!(refused(&|m| m.body = "a\0".to_owned()), RenderError::Message("text"));
    assert_eq!(refused(&|m| m.body = "a".repeat(16 * 1024 + 1)), RenderError::Message("text"));
    for address in [String::new(), "a\r\nb".to_owned(), "a".repeat(321)] {
        let error = refused(&|m| m.to_address = address.clone());
        assert_eq!(error, RenderError::Message("address"));
    }
    let never = Timestamp::from_micros(i64::MAX);
    assert_eq!(refused(&|m| m.created_at = never), RenderError::Time);
    assert_eq!(render(&message(), Timestamp::from_micros(-1)).unwrap_err(), RenderError::Time);
    let with = |account: &AccountConfig, secrets: &Secrets| {
        WebhookProvider.render(account, &message(), secrets, NOW).unwrap_err()
    };
    let keys = secrets(&[SECRET]);
    assert_eq!(with(&account(""), &keys), RenderError::NoEndpoint);
    assert_eq!(with(&AccountConfig::default(), &keys), RenderError::NoEndpoint);
    assert_eq!(with(&account("not a url"), &keys), RenderError::Setting(URL_SETTING));
    assert_eq!(with(&account("https://a.example"), &Secrets::none()), RenderError::NoSecret);
}

#[test]
fn settings_are_checked_against_the_policy() {
    let check = |url: &str, egress| WebhookProvider.check(&account(url), &egress);
    assert_eq!(check("", Egress::STRICT), Ok(()), "an account may only receive");
    assert_eq!(check("https://receiver.example/in", Egress::STRICT), Ok(()));
    let refused = check("https://127.0.0.1/in", Egress::STRICT).unwrap_err();
    assert_eq!((refused.faults[0].setting, refused.faults[0].reason), ("url", "URL_ADDRESS"));
    let open = Egress { allow_http: true, allow_private: true };
    assert_eq!(check("http://127.0.0.1:9000/in", open), Ok(()));
}

fn answered(status: u16, headers: &[(&'static str, &'static str)], body: &str) -> Delivery {
    let headers = headers
        .iter()
        .map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value)))
        .collect();
    let body = body.to_owned().into();
    WebhookProvider.classify(&Outcome::Http(HttpOutcome::Answer(Answer {
        status,
        headers,
        body,
        truncated: false,
    })))
}

fn name(delivery: &Delivery) -> &'static str {
    match delivery {
        Delivery::Accepted { .. } => "accepted",
        Delivery::RetryAfter { .. } => "retry",
        Delivery::Refused { .. } => "refused",
        Delivery::CredentialsBad { .. } => "credentials",
        Delivery::Unknown { .. } => "unknown",
    }
}

#[test]
fn every_status_has_one_meaning() {
    for status in 200..600 {
        let expected = match status {
            200..=299 => "accepted",
            401 | 403 => "credentials",
            408 | 425 | 429 | 500..=599 => "retry",
            _ => "refused",
        };
        assert_eq!(name(&answered(status, &[], "")), expected, "{status}");
    }
    let Delivery::Refused { reason } = answered(410, &[], "") else { panic!("refused") };
    assert_eq!(reason.to_string(), "ENDPOINT_GONE (status 410)");
    let Delivery::Refused { reason } = answered(302, &[], "") else { panic!("refused") };
    assert_eq!((reason.code, reason.status), ("REDIRECT_NOT_FOLLOWED", Some(302)));
}

#[test]
fn the_receipt_is_read_if_it_is_one() {
    let accepted = |body: &str| match answered(200, &[], body) {
        Delivery::Accepted { external_id, delivered } => (external_id, delivered),
        other => panic!("{other:?}"),
    };
    assert_eq!(accepted(RECEIPT), (Some("crm-000124".to_owned()), true));
    assert_eq!(accepted(r#"{"id":"a","status":"queued"}"#), (Some("a".to_owned()), false));
    let longest = "ä".repeat(128);
    assert_eq!(accepted(&format!(r#"{{"id":"{longest}"}}"#)), (Some(longest), false));
    let too_long = format!(r#"{{"id":"{}"}}"#, "a".repeat(129));
    for body in
        ["", "ok", "[]", "{}", r#"{"id":7}"#, r#"{"id":""}"#, r#"{"id":"a\u0000"}"#, &too_long]
    {
        assert_eq!(accepted(body), (None, false), "{body}");
    }
}

#[test]
fn retry_after_is_honoured_up_to_an_hour() {
    let after = |headers: &[(&'static str, &'static str)]| match answered(503, headers, "") {
        Delivery::RetryAfter { after, .. } => after,
        other => panic!("{other:?}"),
    };
    let date = ("date", "Wed, 04 Mar 2026 05:00:00 GMT");
    let secs = |n| Some(Duration::from_secs(n));
    assert_eq!(after(&[]), None);
    assert_eq!(after(&[("retry-after", "0")]), secs(0));
    assert_eq!(after(&[("retry-after", " 120 ")]), secs(120));
    assert_eq!(after(&[("retry-after", "3601")]), Some(MAX_RETRY_AFTER));
    assert_eq!(after(&[("retry-after", "99999999999999999999999")]), secs(3600));
    assert_eq!(after(&[("retry-after", "Wed, 04 Mar 2026 05:01:30 GMT"), date]), secs(90));
    assert_eq!(after(&[("retry-after", "Wed, 04 Mar 2026 04:00:00 GMT"), date]), secs(0));
    assert_eq!(after(&[("retry-after", "Thu, 05 Mar 2026 05:00:00 GMT"), date]), secs(3600));
    assert_eq!(after(&[("retry-after", "Wed, 04 Mar 2026 05:01:30 GMT")]), None);
    for odd in ["", "soon", "-1", "1.5"] {
        assert_eq!(after(&[("retry-after", odd)]), None, "{odd:?}");
    }
}

#[test]
fn no_answer_is_told_apart_from_not_sent() {
    let of = |outcome| WebhookProvider.classify(&Outcome::Http(outcome));
    for unknown in [Unknown::Timeout, Unknown::ConnectionLost] {
        assert_eq!(name(&of(HttpOutcome::Unknown(unknown))), "unknown");
    }
    let not_sent = [NotSent::Name, NotSent::Connect, NotSent::ConnectTimeout, NotSent::Tls];
    for reason in not_sent {
        assert_eq!(name(&of(HttpOutcome::NotSent(reason))), "retry");
    }
    let guard = NotSent::Refused(UrlRefused::Address);
    let Delivery::Refused { reason } = of(HttpOutcome::NotSent(guard)) else { panic!("refused") };
    assert_eq!(reason.to_string(), "URL_ADDRESS");
}

#[test]
fn messages_and_settings_do_not_print_their_content() {
    let canary =
        OutboundMessage { body: "canary".to_owned(), to_address: "canary".to_owned(), ..message() };
    let shown = format!("{canary:?} {:?}", account("https://a.example/?canary"));
    assert!(!shown.contains("canary"), "{shown}");
}

#[tokio::test]
async fn a_message_travels_to_a_real_receiver_and_back() {
    let answer = format!("HTTP/1.1 202 Ok\r\ncontent-length: {}\r\n\r\n{RECEIPT}", RECEIPT.len());
    let server = Server::plain(Then::Write(answer.into_bytes())).await;
    let options = ClientOptions {
        egress: Egress { allow_http: true, allow_private: true },
        ..ClientOptions::default()
    };
    let client = GuardedClient::new(&options).unwrap();
    let account = account(&server.url("/in"));
    let request = WebhookProvider.render(&account, &message(), &secrets(&[SECRET]), NOW).unwrap();
    let delivery = WebhookProvider.classify(&client.send(http_of(request)).await.into());
    let accepted =
        Delivery::Accepted { external_id: Some("crm-000124".to_owned()), delivered: true };
    assert_eq!(delivery, accepted);
    let received = server.requests().remove(0);
    let (head, body) = received.split_once("\r\n\r\n").unwrap();
    let value = |name: &str| {
        let line = head.split("\r\n").find_map(|line| line.strip_prefix(&format!("{name}: ")));
        line.unwrap().to_owned()
    };
    let headers = SignatureHeaders {
        id: value("webhook-id"),
        timestamp: value("webhook-timestamp"),
        signature: value("webhook-signature"),
    };
    let key = SigningKey::parse(&SECRET.into()).unwrap();
    assert_eq!(verify(&[key], &headers, body.as_bytes(), NOW), Ok(()));
}
