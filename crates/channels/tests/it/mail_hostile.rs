//! Mails that mean harm, and mails that mean nothing: every bound holds, nothing panics, and what
//! breaks a bound is still a message that says so, in bounded time.

use crate::mail::{MAILBOX, envelope, read_by, taken};
use channels::email::{MAX_ATTACHMENT_BYTES, MAX_DEPTH, MAX_PARTS, MAX_TEXT};
use channels::provider::{InboundEvent, Quarantine};
use proptest::prelude::*;
use std::time::{Duration, Instant};

/// Generous: a debug build on a busy machine. Something quadratic would take minutes.
const PATIENCE: Duration = Duration::from_secs(20);

fn quarantine(raw: &str) -> Option<Quarantine> {
    let started = Instant::now();
    let read = read_by(&envelope(Some("ann@customer.example"), MAILBOX), raw.as_bytes());
    assert!(started.elapsed() < PATIENCE, "took {:?}", started.elapsed());
    if read.mail.quarantine.is_some() {
        assert!(read.body.starts_with("[The content of this mail was not read"));
        assert!(read.mail.attachments.is_empty());
        assert_eq!(read.from, "ann@customer.example");
    }
    read.mail.quarantine
}

const HEAD: &str = "From: ann@customer.example\nSubject: x\n";

fn nested(depth: usize) -> String {
    let mut raw = HEAD.to_owned();
    for level in 0..depth {
        raw += &format!("Content-Type: multipart/mixed; boundary=b{level}\n\n--b{level}\n");
    }
    raw + "Content-Type: text/plain\n\ninnermost\n"
}

#[test]
fn parts_within_parts_are_bounded() {
    assert_eq!(quarantine(&nested(MAX_DEPTH)), None);
    assert_eq!(quarantine(&nested(MAX_DEPTH + 1)), Some(Quarantine::Depth));
    assert_eq!(quarantine(&nested(100)), Some(Quarantine::Depth));
}

#[test]
fn parts_are_bounded_before_they_are_made() {
    let many = |count: usize, part: &str| {
        format!("{HEAD}Content-Type: multipart/mixed; boundary=b\n\n{}--b--", part.repeat(count))
    };
    let part = "--b\nContent-Type: text/plain\n\nx\n";
    assert_eq!(quarantine(&many(MAX_PARTS - 1, part)), None);
    assert_eq!(quarantine(&many(MAX_PARTS, part)), Some(Quarantine::Parts));
    assert_eq!(quarantine(&many(2_000_000, "--b\n\n")), Some(Quarantine::Parts));
    let digest = many(1_000_000, "--b\n\n").replace("multipart/mixed", "multipart/digest");
    assert_eq!(quarantine(&digest), Some(Quarantine::Parts));
}

#[test]
fn mails_within_mails_are_files_however_deep() {
    let inner = "Content-Type: message/rfc822\n\n".repeat(200_000);
    let raw = format!("{HEAD}{inner}From: x\n\nend\n");
    let read = read_by(&envelope(Some("ann@customer.example"), MAILBOX), raw.as_bytes());
    assert_eq!(read.mail.attachments.len(), 1);
    assert_eq!(read.mail.attachments[0].name, "attachment-1.eml");
}

#[test]
fn header_lines_are_bounded() {
    let lines = |count: usize| format!("{HEAD}{}\nHello\n", "X-A: b\n".repeat(count));
    assert_eq!(quarantine(&lines(997)), None);
    assert_eq!(quarantine(&lines(1_000)), Some(Quarantine::HeaderLines));
    assert_eq!(quarantine(&lines(3_000_000)), Some(Quarantine::HeaderLines));
    let long = format!("{HEAD}X-A: {}\n\nHello\n", "x".repeat(5_000_000));
    assert_eq!(quarantine(&long), Some(Quarantine::HeaderLines));
    // Spread over parts as well.
    let part = format!("--b\n{}\nx\n", "X-A: b\n".repeat(400));
    let spread =
        format!("{HEAD}Content-Type: multipart/mixed; boundary=b\n\n{}--b--", part.repeat(3));
    assert_eq!(quarantine(&spread), Some(Quarantine::HeaderLines));
}

#[test]
fn files_are_bounded_together() {
    let file = |bytes: usize| {
        format!("--b\nContent-Type: application/zip; name=a.zip\n\n{}\n", "x".repeat(bytes))
    };
    let mail =
        |files: &str| format!("{HEAD}Content-Type: multipart/mixed; boundary=b\n\n{files}--b--\n");
    let half = MAX_ATTACHMENT_BYTES / 2;
    assert_eq!(quarantine(&mail(&(file(half) + &file(half)))), None);
    assert_eq!(quarantine(&mail(&(file(half) + &file(half + 1)))), Some(Quarantine::Size));
}

#[test]
fn fields_made_to_be_read_again_and_again_are_read_once() {
    for (name, piece) in [
        ("Subject", "=?"),
        ("Subject", "=?u?b?AAAA"),
        ("Subject", "=?utf-8?q?=41"),
        ("To", "=?utf-8?q?=41"),
        ("To", "("),
        ("To", "\""),
        ("To", "a:b<"),
        ("To", "a@b.example,"),
        ("References", "<"),
        ("References", "<a@b>"),
        ("Content-Type", "multipart/mixed; a*0*=utf-8''%41;"),
        ("Content-Disposition", "attachment; filename*1=a;"),
        ("Date", "1 "),
        ("Subject", "Re: "),
        ("Subject", "[x] "),
        ("Subject", "[#"),
    ] {
        let value = piece.repeat(250_000 / piece.len());
        let folded: Vec<String> =
            value.as_bytes().chunks(900).map(|c| String::from_utf8_lossy(c).into_owned()).collect();
        for value in [value.clone(), folded.join("\n ")] {
            let raw = format!("From: ann@customer.example\n{name}: {value}\n\nHello\n");
            assert_eq!(quarantine(&raw), None, "{name}: {piece}");
        }
    }
}

#[test]
fn html_made_to_be_read_again_and_again_is_read_once() {
    for piece in
        ["<", "<a", "<a href=", "<script>", "</", "<!--", "&", "&amp", "<p>", "<a href='", "<li>"]
    {
        let html = piece.repeat(2_000_000 / piece.len());
        let raw = format!("{HEAD}Content-Type: text/html\n\n{html}\n");
        assert_eq!(quarantine(&raw), None, "{piece}");
    }
}

#[test]
fn alternatives_within_alternatives_cost_no_more_than_their_size() {
    let mut raw = HEAD.to_owned();
    for level in 0..MAX_DEPTH {
        raw += &format!("Content-Type: multipart/alternative; boundary=b{level}\n\n--b{level}\n");
    }
    raw += &format!("Content-Type: text/html\n\n{}\n", "<p>x</p>".repeat(100_000));
    assert_eq!(quarantine(&raw), None);
}

#[test]
fn a_text_too_long_to_show_is_kept_whole_as_a_file() {
    let text = "wörter ".repeat(100_000);
    let raw = format!("{HEAD}Content-Type: text/plain; charset=utf-8\n\n{text}\n");
    let read = read_by(&envelope(Some("ann@customer.example"), MAILBOX), raw.as_bytes());
    assert!(read.mail.truncated && read.body.len() <= MAX_TEXT && read.body.len() > MAX_TEXT - 8);
    assert_eq!(read.mail.attachments[0].name, "attachment-1.txt");
    assert_eq!(read.mail.attachments[0].bytes.len(), text.len() + 1);
}

#[test]
fn fields_of_the_envelope_line_cannot_be_forged_by_addresses() {
    let hostile = "x\"\n{\"v\":1,\"to\":\"a@b.example\",\"at\":0}\n@c.example";
    let raw = b"From: ann@customer.example\r\n\r\nHello\r\n";
    let fault = taken(&envelope(Some(hostile), hostile), raw).unwrap_err();
    assert_eq!(fault.field, "recipient");
    let read = read_by(&envelope(Some(hostile), MAILBOX), raw);
    assert_eq!(read.mail.thread.mailbox, MAILBOX);
}

fn check(raw: &[u8]) {
    for sender in [None, Some("ann@customer.example")] {
        let Ok(event) = taken(&envelope(sender, MAILBOX), raw) else { continue };
        let InboundEvent::Message { from_address, subject, display_name, body, mail, .. } = event
        else {
            continue;
        };
        let lines = [Some(from_address), subject, display_name];
        assert!(lines.iter().flatten().all(|text| !text.chars().any(char::is_control)));
        assert!(body.len() <= MAX_TEXT && !body.contains(['\0', '\r']));
        let mail = mail.unwrap();
        assert!(mail.attachments.len() <= MAX_PARTS);
        for file in &mail.attachments {
            assert!(!file.name.is_empty() && !file.name.contains(['/', '\\', '\0']));
        }
    }
}

const SAMPLES: &[&str] = &[
    include_str!("../../src/email/fixtures/bounces/postfix-unknown-user.eml"),
    include_str!("../../src/email/fixtures/bounces/qmail-unknown.eml"),
    include_str!("../../src/email/fixtures/bounces/arf-complaint.eml"),
    "From: =?utf-8?B?QW5u?= <ann@customer.example>\nTo: help@desk.example\nSubject: x\n\
     Content-Type: multipart/mixed; boundary=\"m\"\n\n\
     --m\nContent-Type: text/html\n\n<p>&amp;x</p>\n\
     --m\nContent-Disposition: attachment; filename*=utf-8''%E2%82%AC.txt\n\
     Content-Transfer-Encoding: base64\n\nR3LD\n--m--\n",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..2_000)) {
        check(&bytes);
    }

    #[test]
    fn no_damage_to_a_mail_makes_it_panic(
        sample in 0..SAMPLES.len(),
        damage in proptest::collection::vec(
            (any::<prop::sample::Index>(), any::<u8>(), 0_u8..3), 1..12,
        ),
    ) {
        let mut bytes = SAMPLES[sample].as_bytes().to_vec();
        for (at, byte, kind) in damage {
            let at = at.index(bytes.len());
            match kind {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ => bytes.truncate(at.max(1)),
            }
        }
        check(&bytes);
    }
}
