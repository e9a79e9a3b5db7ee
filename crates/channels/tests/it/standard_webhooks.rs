//! Standard Webhooks against golden vectors of another implementation, against single-byte
//! mutations, and against arbitrary input.

use channels::provider::Rejection;
use channels::secrets::{MAX_SECRETS, Secrets, SecretsRefused};
use channels::standard_webhooks::{
    KeyRefused, MAX_SIGNATURES, SignRefused, SignatureHeaders, SigningKey, TOLERANCE_SECS, keys_of,
    sign, verify,
};
use domain::time::Timestamp;
use proptest::prelude::*;
use secrecy::{ExposeSecret, SecretString};

struct Golden {
    secret: &'static str,
    id: &'static str,
    seconds: i64,
    body: &'static str,
    signature: &'static str,
}

/// Made with the Python package `standardwebhooks` 1.1.0 (the reference library of the standard):
/// `Webhook(secret).sign(id, datetime(1970, 1, 1) + timedelta(seconds=seconds), body)`.
/// The keys are the bytes `(start + 7 * i) % 256` for `i` in `0..length`, for (length, start) =
/// (24, 1), (32, 200), (64, 77), (24, 255).
const GOLDEN: &[Golden] = &[
    Golden {
        secret: "whsec_AQgPFh0kKzI5QEdOVVxjanF4f4aNlJui",
        id: "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W",
        seconds: 1_674_087_231,
        body: concat!(
            r#"{"type":"contact.created","timestamp":"2022-11-03T20:26:10.344522Z","#,
            r#""data":{"id":"1f81eb52-5198-4599-803e-771906343485"}}"#,
        ),
        signature: "v1,S+z/jA2a+MBm3RWjs/5MwdieCQrHtGrWLsb1nWbKTUU=",
    },
    Golden {
        secret: "whsec_yM/W3eTr8vkABw4VHCMqMTg/Rk1UW2JpcHd+hYyTmqE=",
        id: "msg_0195d6a0-7a4e-7c31-8d2f-5b1b2f0f6a11",
        seconds: 1_790_000_000,
        body: r#"{"type":"message.created","data":{"text":"Grüße, 世界 👋\n"}}"#,
        signature: "v1,h1crGEHvVOEpiALaql/8UsYoKHrMHfu9hKhaHetzPCY=",
    },
    Golden {
        secret: concat!(
            "whsec_TVRbYmlwd36FjJOaoaivtr3Ey9LZ4Ofu9fwDChEYHyYtNDtCSVBXXmVsc3qBiI+W",
            "naSrsrnAx87V3OPq8fj/Bg==",
        ),
        id: "evt-1",
        seconds: 0,
        body: "",
        signature: "v1,wQyH+8yyPJ126Qs0fwU97gXyTCu7kGSMy5O8bD81Ols=",
    },
    Golden {
        secret: "whsec_/wYNFBsiKTA3PkVMU1phaG92fYSLkpmg",
        id: concat!(
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        ),
        seconds: 4_102_444_800,
        body: "not json.at all\r\n\ttabs",
        signature: "v1,1DaapzNNWcMhfuCwin6uScJV1/Ubyljo17WLG39NPRM=",
    },
];

fn key(secret: &str) -> SigningKey {
    SigningKey::parse(&secret.into()).unwrap()
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros(seconds * 1_000_000)
}

fn given(golden: &Golden) -> SignatureHeaders {
    SignatureHeaders {
        id: golden.id.to_owned(),
        timestamp: golden.seconds.to_string(),
        signature: golden.signature.to_owned(),
    }
}

#[test]
fn signs_as_the_reference_library_does() {
    for golden in GOLDEN {
        let keys = [key(golden.secret)];
        let made = sign(&keys, golden.id, at(golden.seconds), golden.body.as_bytes()).unwrap();
        assert_eq!(made, given(golden));
    }
}

#[test]
fn believes_what_the_reference_library_signed() {
    for golden in GOLDEN {
        let keys = [key(golden.secret)];
        let verdict =
            verify(&keys, &given(golden), golden.body.as_bytes(), at(golden.seconds + 42));
        assert_eq!(verdict, Ok(()));
    }
}

#[test]
fn every_single_bit_of_the_body_counts() {
    for golden in GOLDEN {
        let keys = [key(golden.secret)];
        for position in 0..golden.body.len() {
            for bit in 0..8 {
                let mut body = golden.body.as_bytes().to_vec();
                body[position] ^= 1 << bit;
                let verdict = verify(&keys, &given(golden), &body, at(golden.seconds));
                assert_eq!(verdict, Err(Rejection::Signature), "bit {bit} of byte {position}");
            }
        }
        let longer = [golden.body.as_bytes(), b" "].concat();
        let verdict = verify(&keys, &given(golden), &longer, at(golden.seconds));
        assert_eq!(verdict, Err(Rejection::Signature));
    }
}

#[test]
fn every_single_byte_of_the_headers_counts() {
    for golden in GOLDEN {
        let keys = [key(golden.secret)];
        for field in 0..3 {
            let mut mutants = 0;
            let whole = given(golden);
            let length = [whole.id, whole.timestamp, whole.signature][field].len();
            for position in 0..length {
                for byte in 0x20..0x7f {
                    let mut headers = given(golden);
                    let value = match field {
                        0 => &mut headers.id,
                        1 => &mut headers.timestamp,
                        _ => &mut headers.signature,
                    };
                    let mut bytes = value.clone().into_bytes();
                    if bytes[position] == byte {
                        continue;
                    }
                    bytes[position] = byte;
                    *value = String::from_utf8(bytes).unwrap();
                    let body = golden.body.as_bytes();
                    assert!(verify(&keys, &headers, body, at(golden.seconds)).is_err());
                    mutants += 1;
                }
            }
            assert!(mutants > 0);
        }
    }
}

#[test]
fn another_key_is_not_believed() {
    let other = [key(GOLDEN[1].secret)];
    let verdict =
        verify(&other, &given(&GOLDEN[0]), GOLDEN[0].body.as_bytes(), at(GOLDEN[0].seconds));
    assert_eq!(verdict, Err(Rejection::Signature));
}

#[test]
fn during_a_rotation_both_sides_may_be_ahead() {
    let (old, new) = (key(GOLDEN[0].secret), key(GOLDEN[1].secret));
    let both = [new.clone(), old.clone()];
    let now = at(1_790_000_000);
    let body = b"{}";
    let by_old = sign(std::slice::from_ref(&old), "m1", now, body).unwrap();
    let by_both = sign(&both, "m1", now, body).unwrap();
    assert_eq!(by_both.signature.split(' ').count(), 2);
    assert!(by_both.signature.ends_with(&by_old.signature), "newest first");
    assert_eq!(verify(&both, &by_old, body, now), Ok(()));
    for receiver in [&old, &new] {
        assert_eq!(verify(std::slice::from_ref(receiver), &by_both, body, now), Ok(()));
    }
    assert_eq!(verify(&[new], &by_old, body, now), Err(Rejection::Signature));
}

#[test]
fn signatures_of_other_versions_are_skipped() {
    let golden = &GOLDEN[0];
    let keys = [key(golden.secret)];
    let with = |signature: String| {
        let headers = SignatureHeaders { signature, ..given(golden) };
        verify(&keys, &headers, golden.body.as_bytes(), at(golden.seconds))
    };
    assert_eq!(with(format!("v1a,AAAA v2,x {}", golden.signature)), Ok(()));
    assert_eq!(with(format!("v1,AAAA {}", golden.signature)), Ok(()));
    assert_eq!(with(golden.signature.replace("v1,", "v1a,")), Err(Rejection::Signature));
    assert_eq!(with(golden.signature.replace("v1,", "V1,")), Err(Rejection::Signature));
    let unpadded = golden.signature.trim_end_matches('=').to_owned();
    assert_eq!(with(unpadded), Err(Rejection::Signature));
    for malformed in ["", "v1", " ", "nonsense", &golden.signature[3..]] {
        let verdict = with(malformed.to_owned());
        assert_eq!(verdict, Err(Rejection::HeaderMalformed("webhook-signature")), "{malformed:?}");
    }
}

#[test]
fn the_number_of_signatures_is_bounded() {
    let golden = &GOLDEN[0];
    let keys = [key(golden.secret)];
    let verdict_of = |others: usize| {
        let signature = format!("{}{}", "v9,x ".repeat(others), golden.signature);
        let headers = SignatureHeaders { signature, ..given(golden) };
        verify(&keys, &headers, golden.body.as_bytes(), at(golden.seconds))
    };
    assert_eq!(verdict_of(MAX_SIGNATURES - 1), Ok(()));
    assert_eq!(verdict_of(MAX_SIGNATURES), Err(Rejection::HeaderMalformed("webhook-signature")));
}

#[test]
fn the_time_of_signing_may_be_five_minutes_off_and_no_more() {
    let golden = &GOLDEN[0];
    let keys = [key(golden.secret)];
    let verdict_at = |micros: i64| {
        let now = Timestamp::from_micros(golden.seconds * 1_000_000 + micros);
        verify(&keys, &given(golden), golden.body.as_bytes(), now)
    };
    let edge = TOLERANCE_SECS * 1_000_000;
    assert_eq!(edge, 300_000_000);
    for inside in [-edge, -1, 0, 1, edge] {
        assert_eq!(verdict_at(inside), Ok(()), "{inside}");
    }
    for outside in [-edge - 1, edge + 1, 86_400_000_000] {
        assert_eq!(verdict_at(outside), Err(Rejection::Timestamp), "{outside}");
    }
}

#[test]
fn a_time_or_an_id_in_another_form_is_malformed() {
    let golden = &GOLDEN[0];
    let keys = [key(golden.secret)];
    for timestamp in
        ["", "+1674087231", "-1", " 1674087231", "1674087231.0", "1e9", "1674087231000"]
    {
        let headers = SignatureHeaders { timestamp: timestamp.to_owned(), ..given(golden) };
        let verdict = verify(&keys, &headers, golden.body.as_bytes(), at(golden.seconds));
        assert_eq!(verdict, Err(Rejection::HeaderMalformed("webhook-timestamp")), "{timestamp:?}");
    }
    let too_long = "a".repeat(129);
    for id in ["", "a.b", "a b", "ä", "a\u{7f}", too_long.as_str()] {
        let headers = SignatureHeaders { id: id.to_owned(), ..given(golden) };
        let verdict = verify(&keys, &headers, golden.body.as_bytes(), at(golden.seconds));
        assert_eq!(verdict, Err(Rejection::HeaderMalformed("webhook-id")), "{id:?}");
        assert_eq!(sign(&keys, id, at(0), b""), Err(SignRefused::Id));
    }
}

#[test]
fn nothing_is_signed_or_believed_without_a_key() {
    let golden = &GOLDEN[0];
    let verdict = verify(&[], &given(golden), golden.body.as_bytes(), at(golden.seconds));
    assert_eq!(verdict, Err(Rejection::NoSecret));
    assert_eq!(sign(&[], "id", at(0), b""), Err(SignRefused::NoKey));
    assert_eq!(sign(&[key(golden.secret)], "id", at(-1), b""), Err(SignRefused::Time));
    let far = sign(&[key(golden.secret)], "id", Timestamp::from_micros(i64::MAX), b"");
    assert_eq!(far, Err(SignRefused::Time));
}

#[test]
fn secrets_have_one_form_and_24_to_64_bytes() {
    let refused = |text: &str| SigningKey::parse(&text.into()).err();
    assert_eq!(refused("AQgPFh0kKzI5QEdOVVxjanF4f4aNlJui"), Some(KeyRefused::Prefix));
    assert_eq!(refused("whsk_AQgPFh0kKzI5QEdOVVxjanF4f4aNlJui"), Some(KeyRefused::Prefix));
    assert_eq!(refused("whsec_*"), Some(KeyRefused::Encoding));
    assert_eq!(refused("whsec_"), Some(KeyRefused::Length));
    assert_eq!(refused(&format!("whsec_{}", "A".repeat(1000))), Some(KeyRefused::Length));
    for (length, fits) in [(23, false), (24, true), (64, true), (65, false)] {
        let made = SigningKey::from_bytes(vec![7; length]);
        assert_eq!(made.is_ok(), fits, "{length}");
        if let Ok(made) = made {
            let text = made.to_text();
            let again = SigningKey::parse(&text).unwrap();
            let unpadded = text.expose_secret().trim_end_matches('=').to_owned();
            let lenient = SigningKey::parse(&SecretString::from(unpadded)).unwrap();
            for other in [again, lenient] {
                let (a, b) = (
                    sign(std::slice::from_ref(&made), "i", at(1), b"x"),
                    sign(&[other], "i", at(1), b"x"),
                );
                assert_eq!(a, b);
            }
        }
    }
}

#[test]
fn lists_of_secrets_are_bounded_and_other_forms_are_skipped() {
    let secret = || SecretString::from(GOLDEN[0].secret);
    let many = |n| Secrets::new((0..n).map(|_| secret()));
    assert!(many(MAX_SECRETS).is_ok());
    assert_eq!(many(MAX_SECRETS + 1).err(), Some(SecretsRefused::TooMany));
    assert_eq!(Secrets::new([SecretString::from("")]).err(), Some(SecretsRefused::Length));
    let mixed = Secrets::new([SecretString::from("something else"), secret()]).unwrap();
    assert_eq!(keys_of(&mixed).len(), 1);
    assert!(keys_of(&Secrets::none()).is_empty());
}

#[test]
fn secrets_are_never_printed() {
    let secrets = Secrets::new([SecretString::from(GOLDEN[0].secret)]).unwrap();
    let shown = format!("{secrets:?} {:?} {:?}", key(GOLDEN[0].secret), keys_of(&secrets));
    assert_eq!(shown, "Secrets(1) SigningKey [SigningKey]");
}

proptest! {
    #[test]
    fn what_is_signed_is_believed(
        key in prop::collection::vec(any::<u8>(), 24..=64),
        other in prop::collection::vec(any::<u8>(), 24..=64),
        id in "[!-\\-/-~]{1,128}",
        seconds in 0..4_000_000_000i64,
        body in prop::collection::vec(any::<u8>(), 0..2000),
        skew in -300..=300i64,
    ) {
        let keys = [SigningKey::from_bytes(key.clone()).unwrap()];
        let headers = sign(&keys, &id, at(seconds), &body).unwrap();
        prop_assert_eq!(verify(&keys, &headers, &body, at(seconds + skew)), Ok(()));
        prop_assume!(key != other);
        let others = [SigningKey::from_bytes(other).unwrap()];
        prop_assert_eq!(verify(&others, &headers, &body, at(seconds)), Err(Rejection::Signature));
    }

    #[test]
    fn what_is_changed_is_not_believed(
        body in prop::collection::vec(any::<u8>(), 1..500),
        position in any::<prop::sample::Index>(),
        flip in 1..=255u8,
    ) {
        let keys = [key(GOLDEN[0].secret)];
        let headers = sign(&keys, "id", at(1000), &body).unwrap();
        let mut changed = body.clone();
        changed[position.index(body.len())] ^= flip;
        prop_assert_eq!(verify(&keys, &headers, &changed, at(1000)), Err(Rejection::Signature));
    }

    #[test]
    fn arbitrary_headers_are_refused_without_a_panic(
        id in ".*", timestamp in "[0-9]{0,20}|.*", signature in "(v1,[A-Za-z0-9+/=]* ?)*|.*",
        now in any::<i64>(),
    ) {
        let keys = [key(GOLDEN[0].secret)];
        let headers = SignatureHeaders { id, timestamp, signature };
        let verdict = verify(&keys, &headers, b"", Timestamp::from_micros(now));
        prop_assert!(verdict.is_err());
    }
}
