//! The webhook channel inwards: who is believed, what the published documents mean, and where
//! every bound lies.

use channels::provider::{
    Limit, MAX_HEADERS, MAX_PATH, MAX_RAW_BODY, MessageRef, ParseFault, PriorityHint,
    ReportedStatus,
};
use channels::standard_webhooks::{SigningKey, sign};
use channels::webhook::{MAX_BODY, WebhookProvider};
use channels::{InboundEvent, ParseError, Provider, RawRequest, Rejection, Secrets, Verified};
use domain::time::Timestamp;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use proptest::prelude::*;
use secrecy::SecretString;
use serde_json::{Value, json};

const SECRET: &str = "whsec_AQgPFh0kKzI5QEdOVVxjanF4f4aNlJui";
const OTHER: &str = "whsec_yM/W3eTr8vkABw4VHCMqMTg/Rk1UW2JpcHd+hYyTmqE=";
const NOW: Timestamp = Timestamp::from_micros(1_790_000_000_000_000);
const FULL: &str = include_str!("../../src/webhook/fixtures/message_created.json");
const MINIMAL: &str = include_str!("../../src/webhook/fixtures/message_created_minimal.json");
const STATUS: &str = include_str!("../../src/webhook/fixtures/message_status.json");
const OUTBOUND: &str = include_str!("../../src/webhook/fixtures/outbound_message.json");

fn secrets(texts: &[&str]) -> Secrets {
    Secrets::new(texts.iter().map(|text| SecretString::from(*text))).unwrap()
}

fn signed_headers(secret: &str, body: &[u8]) -> HeaderMap {
    let key = SigningKey::parse(&secret.into()).unwrap();
    let signed = sign(&[key], "evt_1", NOW, body).unwrap();
    [("webhook-id", signed.id), ("webhook-timestamp", signed.timestamp)]
        .into_iter()
        .chain([("webhook-signature", signed.signature)])
        .map(|(name, value)| {
            (HeaderName::from_static(name), HeaderValue::from_str(&value).unwrap())
        })
        .collect()
}

fn request(method: Method, headers: HeaderMap, body: &[u8]) -> RawRequest {
    RawRequest::new(method, "/hooks/abc", headers, body.to_vec().into()).unwrap()
}

fn posted(secret: &str, body: &[u8]) -> RawRequest {
    request(Method::POST, signed_headers(secret, body), body)
}

fn verify(request: &RawRequest, secrets: &Secrets) -> Result<Verified, Rejection> {
    WebhookProvider.verify(request, secrets, NOW)
}

fn parse(body: impl AsRef<[u8]>) -> Result<Vec<InboundEvent>, ParseError> {
    let body = body.as_ref().to_vec();
    WebhookProvider.parse(&Verified::restore("evt_1".to_owned(), body.into()))
}

fn fault(body: &Value) -> (&'static str, ParseFault) {
    let error = parse(body.to_string()).unwrap_err();
    (error.field, error.fault)
}

#[test]
fn a_signed_request_is_believed_and_its_id_is_its_dedup_key() {
    let verified = verify(&posted(SECRET, FULL.as_bytes()), &secrets(&[SECRET])).unwrap();
    assert_eq!(verified.dedup_key(), "evt_1");
    assert_eq!(verified.body(), FULL.as_bytes());
    let during_rotation = secrets(&[OTHER, SECRET]);
    assert_eq!(verify(&posted(SECRET, FULL.as_bytes()), &during_rotation), Ok(verified));
}

#[test]
fn a_request_that_is_not_signed_with_a_secret_of_the_account_is_not_believed() {
    let body = FULL.as_bytes();
    assert_eq!(verify(&posted(OTHER, body), &secrets(&[SECRET])), Err(Rejection::Signature));
    assert_eq!(verify(&posted(SECRET, body), &Secrets::none()), Err(Rejection::NoSecret));
    let unusable = secrets(&["not a signing secret"]);
    assert_eq!(verify(&posted(SECRET, body), &unusable), Err(Rejection::NoSecret));
    let mut tampered = body.to_vec();
    *tampered.last_mut().unwrap() = b' ';
    let request = request(Method::POST, signed_headers(SECRET, body), &tampered);
    assert_eq!(verify(&request, &secrets(&[SECRET])), Err(Rejection::Signature));
}

#[test]
fn method_headers_and_size_are_judged_before_the_signature() {
    let good = signed_headers(SECRET, b"{}");
    let verdict = |method, headers| {
        verify(&request(method, headers, b"{}"), &secrets(&[SECRET])).unwrap_err()
    };
    assert_eq!(verdict(Method::GET, good.clone()), Rejection::Method);
    for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
        let mut headers = good.clone();
        headers.remove(name);
        assert_eq!(verdict(Method::POST, headers), Rejection::HeaderMissing(name));
        let mut headers = good.clone();
        headers.append(name, good[name].clone());
        assert_eq!(verdict(Method::POST, headers), Rejection::HeaderMalformed(name), "twice");
        let mut headers = good.clone();
        headers.insert(name, HeaderValue::from_bytes(&[0xff]).unwrap());
        assert_eq!(verdict(Method::POST, headers), Rejection::HeaderMalformed(name));
    }
    let largest = vec![b' '; MAX_BODY];
    assert!(verify(&posted(SECRET, &largest), &secrets(&[SECRET])).is_ok());
    let larger = vec![b' '; MAX_BODY + 1];
    let verdict = verify(&posted(SECRET, &larger), &secrets(&[SECRET]));
    assert_eq!(verdict, Err(Rejection::TooLarge("body")));
}

#[test]
fn raw_requests_are_bounded() {
    let made = |path: &str, headers: HeaderMap, body: usize| {
        RawRequest::new(Method::POST, path, headers, vec![0; body].into()).map(drop)
    };
    let many = |n: usize| {
        (0..n)
            .map(|i| {
                (format!("x-{i}").parse::<HeaderName>().unwrap(), HeaderValue::from_static(""))
            })
            .collect::<HeaderMap>()
    };
    let wide = HeaderMap::from_iter([(
        HeaderName::from_static("x"),
        HeaderValue::from_str(&"a".repeat(16 * 1024)).unwrap(),
    )]);
    let none = HeaderMap::new;
    assert_eq!(made("/", many(MAX_HEADERS), MAX_RAW_BODY), Ok(()));
    assert_eq!(made("/", many(MAX_HEADERS + 1), 0), Err(Rejection::TooLarge("headers")));
    assert_eq!(made("/", wide, 0), Err(Rejection::TooLarge("headers")));
    assert_eq!(made("/", none(), MAX_RAW_BODY + 1), Err(Rejection::TooLarge("body")));
    assert_eq!(made(&"a".repeat(MAX_PATH + 1), none(), 0), Err(Rejection::TooLarge("path")));
}

#[test]
fn the_full_document_is_read_and_unknown_fields_are_ignored() {
    assert_eq!(
        parse(FULL).unwrap(),
        [InboundEvent::Message {
            external_id: "crm-000123".to_owned(),
            from_address: "ada@example.org".to_owned(),
            display_name: Some("Ada Lovelace".to_owned()),
            subject: Some("Bestellung 4711".to_owned()),
            body: "Meine Bestellung fehlt.\nWas nun? 📦".to_owned(),
            language: Some("de-CH".to_owned()),
            priority: Some(PriorityHint::High),
            occurred_at: Some(Timestamp::from_micros(1_772_597_167_890_000)),
            mail: None,
        }]
    );
}

#[test]
fn the_smallest_document_is_read() {
    assert_eq!(
        parse(MINIMAL).unwrap(),
        [InboundEvent::Message {
            external_id: "1".to_owned(),
            from_address: "+41000000000".to_owned(),
            display_name: None,
            subject: None,
            body: "?".to_owned(),
            language: None,
            priority: None,
            occurred_at: Some(Timestamp::from_micros(1_772_600_767_000_000)),
            mail: None,
        }]
    );
}

#[test]
fn a_status_is_read_with_or_without_a_time() {
    let expected = |occurred_at| InboundEvent::Status {
        message: MessageRef::Ours("0195d6a0-7a4e-7c31-8d2f-5b1b2f0f6a11".parse().unwrap()),
        status: ReportedStatus::Failed,
        reason: Some("number not in service".to_owned()),
        occurred_at,
        mail: None,
    };
    let at = Timestamp::from_micros(1_772_600_767_000_000);
    assert_eq!(parse(STATUS).unwrap(), [expected(Some(at))]);
    let mut document: Value = serde_json::from_str(STATUS).unwrap();
    document.as_object_mut().unwrap().remove("timestamp");
    assert_eq!(parse(document.to_string()).unwrap(), [expected(None)]);
    for (text, status) in [("delivered", ReportedStatus::Delivered), ("read", ReportedStatus::Read)]
    {
        document["data"]["status"] = json!(text);
        let events = parse(document.to_string()).unwrap();
        assert!(matches!(&events[..], [InboundEvent::Status { status: s, .. }] if *s == status));
    }
    document["data"]["status"] = json!("bounced");
    assert_eq!(fault(&document), ("data.status", ParseFault::Value));
    document["data"]["status"] = json!("read");
    document["data"]["message_id"] = json!("crm-1");
    assert_eq!(fault(&document), ("data.message_id", ParseFault::Value));
}

/// Path of a field, largest allowed length in the unit, whether it must be there.
const TEXTS: &[(&str, &str, Limit, bool)] = &[
    (FULL, "data.id", Limit::Chars(128), true),
    (FULL, "data.from.address", Limit::Chars(320), true),
    (FULL, "data.from.name", Limit::Chars(120), false),
    (FULL, "data.text", Limit::Bytes(16_384), true),
    (FULL, "data.subject", Limit::Chars(200), false),
    (FULL, "data.language", Limit::Chars(16), true),
    (STATUS, "data.reason", Limit::Chars(200), false),
];

fn with(document: &str, path: &str, value: Value) -> Value {
    let mut document: Value = serde_json::from_str(document).unwrap();
    *document.pointer_mut(&format!("/{}", path.replace('.', "/"))).unwrap() = value;
    document
}

#[test]
fn every_text_has_its_bound() {
    for (document, path, limit, required) in TEXTS {
        let (unit, length) = match limit {
            Limit::Chars(n) if *path != "data.language" => ("ä", *n),
            Limit::Chars(n) | Limit::Bytes(n) => ("a", *n),
        };
        let of = |n: usize| with(document, path, json!(unit.repeat(n)));
        assert!(parse(of(length).to_string()).is_ok(), "{path}");
        assert_eq!(fault(&of(length + 1)), (*path, ParseFault::TooLong(*limit)));
        let nul = with(document, path, json!("a\0b"));
        assert_eq!(fault(&nul), (*path, ParseFault::Character));
        if *required {
            for blank in ["", "  "] {
                assert_eq!(fault(&with(document, path, json!(blank))), (*path, ParseFault::Empty));
            }
        } else {
            for absent in [json!(null), json!(""), json!("  ")] {
                assert!(parse(with(document, path, absent).to_string()).is_ok(), "{path}");
            }
        }
        if *path != "data.text" {
            let two_lines = with(document, path, json!("a\r\nb"));
            assert_eq!(fault(&two_lines), (*path, ParseFault::Character));
        }
    }
}

#[test]
fn other_values_are_held_to_their_form() {
    assert_eq!(fault(&with(FULL, "type", json!("message.deleted"))).0, "type");
    assert_eq!(fault(&with(FULL, "type", json!(""))).1, ParseFault::UnknownType);
    assert_eq!(fault(&with(FULL, "data.language", json!("de_CH"))).1, ParseFault::Character);
    for priority in ["low", "normal", "high", "urgent", "critical"] {
        assert!(parse(with(FULL, "data.priority", json!(priority)).to_string()).is_ok());
    }
    for priority in ["", "HIGH", "p1"] {
        let document = with(FULL, "data.priority", json!(priority));
        assert_eq!(fault(&document), ("data.priority", ParseFault::Value));
    }
    for time in ["", "yesterday", "2026-03-04", "2026-03-04T05:06:07", "2026-13-04T05:06:07Z", "0"]
    {
        assert_eq!(fault(&with(FULL, "timestamp", json!(time))), ("timestamp", ParseFault::Value));
    }
    for time in ["2026-03-04t05:06:07z", "2026-03-04T05:06:07.123456789-09:30"] {
        assert!(parse(with(FULL, "timestamp", json!(time)).to_string()).is_ok(), "{time}");
    }
    let mut without_time: Value = serde_json::from_str(FULL).unwrap();
    without_time.as_object_mut().unwrap().remove("timestamp");
    let events = parse(without_time.to_string()).unwrap();
    assert!(matches!(events[0], InboundEvent::Message { occurred_at: None, .. }), "when it came");
}

#[test]
fn bodies_of_another_form_are_refused_without_quoting_them() {
    let twice = FULL.replace("\"priority\"", "\"text\": \"canary\", \"priority\"");
    let deep = format!("{{\"type\":\"message.created\",\"x\":{}", "[".repeat(10_000));
    let cut = &FULL[..FULL.len() - 5];
    let after = format!("{FULL} canary");
    let bad_utf8 = b"{\"type\":\"message.created\xff\"}";
    let bodies: [&[u8]; 10] = [
        b"",
        b"null",
        b"[]",
        b"\"canary\"",
        b"{}",
        twice.as_bytes(),
        deep.as_bytes(),
        cut.as_bytes(),
        after.as_bytes(),
        bad_utf8,
    ];
    for body in bodies {
        let error = parse(body).unwrap_err();
        assert!(matches!(error.fault, ParseFault::Form { .. }), "{error:?}");
        assert_eq!((error.field, error.reason()), ("body", "MALFORMED_BODY"));
        assert!(!format!("{error} {error:?}").contains("canary"));
    }
    let error = parse(vec![b' '; MAX_BODY + 1]).unwrap_err();
    assert_eq!(error.fault, ParseFault::TooLong(Limit::Bytes(MAX_BODY)));
}

#[test]
fn the_field_that_is_missing_or_no_text_is_named() {
    let required = [
        (FULL, "data.id"),
        (FULL, "data.from.address"),
        (FULL, "data.text"),
        (STATUS, "data.message_id"),
        (STATUS, "data.status"),
    ];
    for (document, path) in required {
        assert_eq!(fault(&with(document, path, json!(null))), (path, ParseFault::Missing));
        let mut without: Value = serde_json::from_str(document).unwrap();
        let (parent, name) = path.rsplit_once('.').unwrap();
        let parent = without.pointer_mut(&format!("/{}", parent.replace('.', "/"))).unwrap();
        parent.as_object_mut().unwrap().remove(name).unwrap();
        assert_eq!(fault(&without), (path, ParseFault::Missing));
    }
    let fields = ["timestamp", "data.from.name", "data.subject", "data.language", "data.priority"];
    for path in fields.into_iter().chain(required[..3].iter().map(|(_, path)| *path)) {
        for other in [json!(1), json!(-1), json!(1.5), json!(true), json!(["a"]), json!({"a": 1})] {
            assert_eq!(fault(&with(FULL, path, other)), (path, ParseFault::Type));
        }
    }
    for without in [json!({"type": "message.created"}), json!({"type": "message.status"})] {
        assert_eq!(fault(&without), ("data", ParseFault::Missing));
    }
    let nobody = json!({"type": "message.created", "data": {"id": "1", "text": "x"}});
    assert_eq!(fault(&nobody), ("data.from.address", ParseFault::Missing));
}

#[test]
fn what_we_post_ourselves_is_no_inbound_message() {
    // One secret signs both ways, so a delivery of ours that is sent back to us is believed; its
    // form keeps it from being taken for a customer's words.
    assert_eq!(parse(OUTBOUND).unwrap_err().field, "data.from.address");
}

#[test]
fn nothing_prints_what_people_wrote() {
    let document = FULL
        .replace("Ada Lovelace", "canary")
        .replace("ada@example.org", "canary")
        .replace("Meine", "canary")
        .replace("Bestellung 4711", "canary");
    let mut headers = signed_headers(SECRET, document.as_bytes());
    headers.insert("cookie", HeaderValue::from_static("canary"));
    let request =
        RawRequest::new(Method::POST, "/hooks/canary", headers, document.clone().into()).unwrap();
    let verified = verify(&request, &secrets(&[SECRET])).unwrap();
    let events = WebhookProvider.parse(&verified).unwrap();
    let status = parse(STATUS.replace("number not", "canary")).unwrap();
    let shown = format!("{request:?} {verified:?} {events:?} {status:?}");
    assert!(!shown.contains("canary"), "{shown}");
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(body in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = parse(&body);
    }

    #[test]
    fn a_document_with_any_byte_changed_never_panics(
        position in any::<prop::sample::Index>(), byte in any::<u8>(),
    ) {
        let mut body = FULL.as_bytes().to_vec();
        let position = position.index(body.len());
        body[position] = byte;
        let _ = parse(&body);
    }

    #[test]
    fn whatever_is_accepted_is_within_bounds(
        id in any::<String>(), address in any::<String>(), text in any::<String>(),
        name in any::<Option<String>>(), subject in any::<Option<String>>(),
    ) {
        let document = json!({
            "type": "message.created", "timestamp": "2026-03-04T05:06:07Z",
            "data": {"id": id, "from": {"address": address, "name": name},
                     "text": text, "subject": subject},
        });
        if let Ok(events) = parse(document.to_string()) {
            let [InboundEvent::Message { external_id, from_address, display_name, body, .. }] =
                &events[..] else { panic!("one message") };
            prop_assert_eq!((external_id, from_address, body), (&id, &address, &text));
            prop_assert!(!body.contains('\0') && !id.contains(char::is_control));
            prop_assert!(display_name.as_ref().is_none_or(|n| n.chars().count() <= 120));
        }
    }
}
