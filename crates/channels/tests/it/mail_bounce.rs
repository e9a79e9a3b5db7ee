//! Reports that come back: samples in the forms of the common mail systems, each with the class,
//! the code, the mail it is about and the address; and mails that look like one and are none.

use crate::mail::{MAILBOX, crlf, envelope, keys, read, read_by, reported, taken};
use channels::email::thread::{Token, TokenKeys, token_address};
use channels::provider::{
    Bounce, BounceClass, EnhancedCode, InboundEvent, MessageRef, ReportedStatus,
};
use uuid::Uuid;

const OURS: &str = "0195d6a0-7a4e-7c31-8d2f-5b1b2f0f6a11";
const HARD: BounceClass = BounceClass::Hard;
const SOFT: BounceClass = BounceClass::Soft;
const BLOCKED: BounceClass = BounceClass::Blocked;

macro_rules! sample {
    ($name:literal) => {
        include_str!(concat!("../../src/email/fixtures/bounces/", $name, ".eml"))
    };
}

#[test]
fn failures_have_their_class_code_mail_and_address() {
    for (name, sample, class, code) in [
        ("postfix unknown", sample!("postfix-unknown-user"), HARD, Some("5.1.1")),
        ("postfix domain", sample!("postfix-no-domain"), HARD, Some("5.4.4")),
        ("postfix full", sample!("postfix-full"), SOFT, Some("5.2.2")),
        ("postfix policy", sample!("postfix-policy"), BLOCKED, Some("5.7.1")),
        ("postfix expired", sample!("postfix-expired"), SOFT, Some("4.4.1")),
        ("postfix vague", sample!("postfix-vague-missing"), HARD, Some("5.0.0")),
        ("postfix in words", sample!("postfix-vague-precise"), HARD, Some("5.1.1")),
        ("postfix spam", sample!("postfix-vague-spam"), BLOCKED, Some("5.0.0")),
        ("postfix bare", sample!("postfix-bare-550"), SOFT, Some("5.0.0")),
        ("postfix disabled", sample!("postfix-disabled"), HARD, Some("5.2.1")),
        ("postfix sender", sample!("postfix-sender-bad"), BLOCKED, Some("5.1.8")),
        ("exim old", sample!("exim-old"), HARD, None),
        ("exchange unknown", sample!("exchange-unknown"), HARD, Some("5.1.10")),
        ("exchange full", sample!("exchange-full"), SOFT, Some("5.2.2")),
        ("gmail unknown", sample!("gmail-unknown"), HARD, Some("5.1.1")),
        ("gmail spam", sample!("gmail-spam"), BLOCKED, Some("5.7.26")),
        ("sendmail", sample!("sendmail-unknown"), HARD, Some("5.1.1")),
        ("sendmail old", sample!("sendmail-old"), HARD, Some("5.1.1")),
        ("qmail", sample!("qmail-unknown"), HARD, Some("5.1.1")),
        ("qmail quota", sample!("qmail-quota"), SOFT, None),
        ("qmail host", sample!("qmail-no-host"), HARD, Some("5.1.2")),
        ("exim report", sample!("exim-unrouteable"), HARD, Some("5.0.0")),
    ] {
        let report = reported(sample).unwrap_or_else(|| panic!("{name} is a report"));
        assert_eq!(report.bounce(), Some((class, code.map(str::to_owned))), "{name}");
        assert_eq!(report.message, MessageRef::Ours(OURS.parse().unwrap()), "{name}");
        let named = &report.mail.recipients;
        assert!(named.iter().any(|one| one == "ann@customer.example"), "{name}: {named:?}");
    }
}

#[test]
fn reports_that_are_no_failure_say_what_they_are() {
    for (sample, status) in [
        (sample!("postfix-delayed"), ReportedStatus::Deferred),
        (sample!("postfix-relayed"), ReportedStatus::Deferred),
        (sample!("exim-warning"), ReportedStatus::Deferred),
        (sample!("postfix-delivered"), ReportedStatus::Delivered),
        (sample!("mdn-displayed"), ReportedStatus::Read),
        (sample!("arf-complaint"), ReportedStatus::Complained),
    ] {
        let report = reported(sample).unwrap();
        assert_eq!(report.status, status);
        assert_eq!(report.message, MessageRef::Ours(OURS.parse().unwrap()), "{status:?}");
    }
    let complaint = reported(sample!("arf-complaint")).unwrap();
    assert_eq!(complaint.mail.recipients, ["ann@customer.example"]);
}

#[test]
fn a_report_says_which_mail_only_if_it_knows() {
    let foreign = reported(sample!("foreign-id")).unwrap();
    assert_eq!(foreign.message, MessageRef::External("someone-elses@other.example".to_owned()));
    let none = reported(sample!("no-original")).unwrap();
    assert_eq!(none.message, MessageRef::Unnamed);
    assert_eq!(none.bounce().unwrap().0, HARD);
}

#[test]
fn a_report_to_a_token_address_carries_the_token() {
    let keys = TokenKeys::new([(1, [9; 32])]);
    let message = Token::Bounce(Uuid::from_u128(5));
    let token = keys.sign(MAILBOX, message).unwrap();
    let address = token_address(MAILBOX, &token).unwrap();
    let event = taken(&envelope(None, &address), sample!("no-original").as_bytes()).unwrap();
    let InboundEvent::Status { mail: Some(mail), .. } = event else { panic!("a report") };
    assert_eq!(keys.open(MAILBOX, &mail.bounce_token.unwrap()), Some(message));
}

/// The parts of a report about a mail that would come back to this address.
fn parts(kind: &str, fields: &str, back: &str) -> String {
    format!(
        "--b\n\nSee below.\n--b\nContent-Type: {kind}\n\n{fields}\n\n\
         --b\nContent-Type: message/rfc822\n\nReturn-Path: <{back}>\nSubject: x\n\nx\n--b--\n"
    )
}

const KINDS: &[(&str, &str)] = &[
    (
        "message/delivery-status",
        "Reporting-MTA: dns; mx\n\nFinal-Recipient: rfc822; joe@e.example\nAction: failed\n\
         Status: 5.1.1",
    ),
    ("message/feedback-report", "Feedback-Type: abuse\nOriginal-Rcpt-To: <joe@e.example>"),
    (
        "message/disposition-notification",
        "Final-Recipient: rfc822; joe@e.example\nDisposition: manual-action/MDN-sent-manually; \
         displayed",
    ),
];

#[test]
fn a_report_that_hangs_on_a_persons_mail_is_a_file() {
    for (kind, fields) in KINDS {
        let raw = |multipart: &str| {
            let parts = parts(kind, fields, "x@y.example");
            format!(
                "From: eve@e.example\nSubject: What is this?\n\
                 Content-Type: multipart/{multipart}; boundary=b\n\n{parts}"
            )
        };
        let read = read(&raw("mixed"));
        assert!(read.body.contains("See below."), "{kind}");
        assert!(!read.mail.attachments.is_empty(), "{kind}");
        assert!(reported(&raw("mixed")).is_some(), "{kind} of a mail system");
        let whole = envelope(Some("eve@e.example"), MAILBOX);
        let whole = taken(&whole, crlf(&raw("report")).as_bytes()).unwrap();
        assert!(matches!(whole, InboundEvent::Status { .. }), "{kind} of a mail program");
    }
}

#[test]
fn what_a_report_returns_carries_the_token_as_well() {
    let token = keys().sign(MAILBOX, Token::Bounce(Uuid::from_u128(5))).unwrap();
    let own = token_address(MAILBOX, &token).unwrap();
    let raw = |fields: &str, back: &str| {
        let parts = parts("message/feedback-report", fields, back);
        format!(
            "From: fbl@e.example\nSubject: x\n\
             Content-Type: multipart/report; boundary=b\n\n{parts}"
        )
    };
    let field = format!("Feedback-Type: abuse\nOriginal-Mail-From: <{own}>");
    for (fields, back) in [(field.as_str(), ""), ("Feedback-Type: abuse", own.as_str())] {
        let report = reported(&raw(fields, back)).unwrap();
        assert_eq!(report.mail.bounce_token.as_deref(), Some(token.as_str()), "{fields}");
    }
    let foreign = own.replace("desk.example", "other.example");
    let report = reported(&raw("Feedback-Type: abuse", &foreign)).unwrap();
    assert_eq!(report.mail.bounce_token, None, "another mailbox's");
}

#[test]
fn a_forwarded_mail_has_two_recipients() {
    let fields = "Reporting-MTA: dns; mx\n\nOriginal-Recipient: rfc822; ann@customer.example\n\
                  Final-Recipient: rfc822; joe@e.example\nAction: failed\nStatus: 5.1.1";
    let parts = parts("message/delivery-status", fields, "");
    let raw = format!(
        "From: mailer-daemon@e.example\nSubject: x\n\
         Content-Type: multipart/report; boundary=b\n\n{parts}"
    );
    let report = reported(&raw).unwrap();
    assert_eq!(report.mail.recipients, ["joe@e.example", "ann@customer.example"]);
}

#[test]
fn mails_of_people_and_machines_are_no_reports() {
    for (name, sender, raw) in [
        (
            "a person about a failure",
            Some("ann@customer.example"),
            "From: ann@customer.example\nSubject: Undelivered Mail Returned to Sender\n\n\
             I got this: 550 5.1.1 user unknown. What now?\n",
        ),
        (
            "a forwarded report",
            Some("ann@customer.example"),
            "From: ann@customer.example\nSubject: Fwd: failure notice\n\n\
             Hi. This is the qmail-send program\n<bob@x.example>:\n(#5.1.1)\n",
        ),
        (
            "an absence note without a sender",
            None,
            "From: ann@customer.example\nSubject: Out of office: delivery failed\n\
             Auto-Submitted: auto-replied\n\nI am away\n",
        ),
        (
            "a vacation note of the daemon",
            None,
            "From: MAILER-DAEMON@customer.example\nSubject: Auto-Reply: mail delivery\n\n\
             This address could not be delivered to one or more people today.\n",
        ),
        (
            "news without a sender",
            None,
            "From: shop@shop.example\nSubject: Your parcel\n\nIt is on its way. 5.1.1\n",
        ),
        (
            "a daemon with other news",
            None,
            "From: postmaster@shop.example\nSubject: Monthly summary\n\nAll is well.\n",
        ),
    ] {
        let read = read_by(&envelope(sender, MAILBOX), raw.as_bytes());
        assert!(!read.body.is_empty(), "{name}");
    }
}

#[test]
fn codes_have_the_classes_that_decide_on_suppression() {
    for (codes, class) in [
        (&["5.1.0", "5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1", "5.4.4"][..], HARD),
        (
            &["4.1.1", "4.2.1", "4.2.2", "5.2.2", "5.2.3", "4.4.7", "5.3.4", "5.4.1", "5.5.0"][..],
            SOFT,
        ),
        (&["5.7.1", "5.7.26", "4.7.0", "5.7.509", "5.1.8"][..], BLOCKED),
    ] {
        for text in codes {
            let code = EnhancedCode::leading(text).unwrap();
            assert_eq!(Bounce::of(code).class, class, "{text}");
        }
    }
}
