//! Who may be answered by machine: the table of marks that forbid it, and that each of them alone
//! is enough.

use crate::mail::{MAILBOX, automatic, envelope, read, read_by};
use channels::provider::Automatic;

#[test]
fn a_person_may_be_answered() {
    for headers in [
        "Subject: Hello",
        "Auto-Submitted: no",
        "auto-submitted: NO (really)",
        "X-Auto-Response-Suppress: None",
        "Precedence: normal",
        "X-Loop: someone@else.example",
        "X-Priority: 1",
        "Return-Path: <ann@customer.example>",
    ] {
        assert_eq!(automatic(headers), None, "{headers}");
    }
}

#[test]
fn every_mark_alone_forbids_it() {
    for (headers, reason) in [
        ("Auto-Submitted: auto-replied", Automatic::AutoSubmitted),
        ("Auto-Submitted: auto-generated (rejected)", Automatic::AutoSubmitted),
        ("AUTO-SUBMITTED: auto-notified; owner-email=x", Automatic::AutoSubmitted),
        ("X-Autoreply: yes", Automatic::AutoSubmitted),
        ("X-Autorespond: Away", Automatic::AutoSubmitted),
        ("Precedence: bulk", Automatic::Bulk),
        ("Precedence: List", Automatic::Bulk),
        ("Precedence: junk", Automatic::Bulk),
        ("Precedence: auto_reply", Automatic::Bulk),
        ("List-Id: <news.shop.example>", Automatic::List),
        ("List-Unsubscribe: <https://shop.example/u>", Automatic::List),
        ("X-Auto-Response-Suppress: All", Automatic::Suppressed),
        ("X-Auto-Response-Suppress: DR, RN", Automatic::Suppressed),
        ("X-Loop: omnichannel support@other.example", Automatic::OwnLoop),
        ("X-Loop: x@y\nX-Loop: omnichannel a@b.example", Automatic::OwnLoop),
        ("Return-Path: <>", Automatic::NullSender),
    ] {
        assert_eq!(automatic(headers), Some(reason), "{headers}");
    }
}

#[test]
fn nobody_reads_some_addresses() {
    for (from, expected) in [
        ("no-reply@shop.example", Some(Automatic::NoReply)),
        ("NoReply@shop.example", Some(Automatic::NoReply)),
        ("do_not_reply@shop.example", Some(Automatic::NoReply)),
        ("orders.noreply@shop.example", Some(Automatic::NoReply)),
        ("noreply-42@shop.example", Some(Automatic::NoReply)),
        ("MAILER-DAEMON@shop.example", Some(Automatic::NoReply)),
        ("postmaster@shop.example", Some(Automatic::NoReply)),
        ("bounces+x=y@shop.example", Some(Automatic::NoReply)),
        (MAILBOX, Some(Automatic::OwnAddress)),
        ("help+x@desk.example", Some(Automatic::OwnAddress)),
        ("reply@shop.example", None),
        ("norep@shop.example", None),
    ] {
        let raw = format!("From: <{from}>\nTo: {MAILBOX}\nSubject: Hi\n\nHello\n");
        assert_eq!(read(&raw).mail.automatic, expected, "{from}");
    }
}

#[test]
fn mail_without_an_envelope_sender_is_not_answered() {
    let raw = format!("From: ann@customer.example\r\nTo: {MAILBOX}\r\n\r\nHello\r\n");
    for sender in [None, Some("")] {
        let read = read_by(&envelope(sender, MAILBOX), raw.as_bytes());
        assert_eq!(read.mail.automatic, Some(Automatic::NullSender));
    }
}

#[test]
fn an_absence_note_is_a_message_that_is_not_answered() {
    for subject in ["Out of Office: Re: Broken", "Automatic reply: Broken", "Abwesenheitsnotiz"] {
        let raw = format!(
            "From: ann@customer.example\nTo: {MAILBOX}\nSubject: {subject}\n\
             Auto-Submitted: auto-replied (vacation)\nIn-Reply-To: <a@b>\n\nI am away. 5.1.1\n"
        );
        for sender in [None, Some("ann@customer.example")] {
            let read = read_by(&envelope(sender, MAILBOX), raw.as_bytes());
            assert!(read.mail.automatic.is_some(), "{subject}");
            assert_eq!(read.body, "I am away. 5.1.1");
        }
    }
}
