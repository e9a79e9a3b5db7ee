//! The mail that leaves: its header and envelope, that it reads back as it was meant, that it is
//! the same in every attempt, and that no value can write a header field of its own.

use crate::mail::{MAILBOX, automatic, envelope, keys, read_by};
use channels::email::thread::{OwnId, Token, token_address};
use channels::email::{
    ADDRESS_SETTING, DISPLAY_NAME_SETTING, DOMAIN_SETTING, EmailProvider, RELAY_HOST_SETTING,
    RELAY_PORT_SETTING, RELAY_SECURITY_SETTING, RELAY_USER_SETTING,
};
use channels::provider::{Automatic, OutboundAttachment, OutboundMail};
use channels::smtp::Security;
use channels::{
    AccountConfig, Delivery, Egress, HttpOutcome, MailRequest, OutboundMessage, Outcome, Outgoing,
    Provider, RenderError, Secrets,
};
use domain::time::Timestamp;
use proptest::prelude::*;
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

const MESSAGE: Uuid = Uuid::from_u128(0x0195_d6a0_7a4e_7c31_8d2f_5b1b_2f0f_6a11);
const CONVERSATION: Uuid = Uuid::from_u128(0x0195_d6a0_7a4e_7c31_8d2f_0000_0000_0001);

fn account() -> AccountConfig {
    AccountConfig::new([
        (ADDRESS_SETTING, MAILBOX),
        (DISPLAY_NAME_SETTING, "Desk, \"Help\""),
        (RELAY_HOST_SETTING, "relay.example"),
    ])
}

pub(crate) fn message(mail: OutboundMail) -> OutboundMessage {
    OutboundMessage {
        message_id: MESSAGE,
        conversation_id: CONVERSATION,
        interaction_id: Uuid::from_u128(2),
        to_address: "Ann@Customer.example".to_owned(),
        body: "It comes tomorrow.\nGrüße\n".to_owned(),
        created_at: Timestamp::from_micros(1_795_341_600_000_000),
        attempt: 1,
        mail: Some(Box::new(mail)),
    }
}

pub(crate) fn render(message: &OutboundMessage) -> Result<MailRequest, RenderError> {
    let now = Timestamp::from_micros(9);
    match EmailProvider.render(&account(), message, &Secrets::none(), now)? {
        Outgoing::Mail(request) => Ok(request),
        Outgoing::Http(_) => panic!("mail leaves by SMTP"),
    }
}

fn text(mail: OutboundMail) -> String {
    String::from_utf8(render(&message(mail)).unwrap().message.to_vec()).unwrap()
}

/// The unfolded fields of the header.
fn fields(mail: &str) -> Vec<(String, String)> {
    let (head, _) = mail.split_once("\r\n\r\n").unwrap();
    let unfolded = head.replace("\r\n\t", " ").replace("\r\n ", " ");
    let split = |line: &str| {
        let (name, value) = line.split_once(':').unwrap();
        (name.to_owned(), value.trim().to_owned())
    };
    unfolded.split("\r\n").map(split).collect()
}

fn field(mail: &str, name: &str) -> Option<String> {
    let all = fields(mail);
    let mut found = all.iter().filter(|(known, _)| known == name);
    let value = found.next().map(|(_, value)| value.clone());
    assert!(found.next().is_none(), "{name} is there twice");
    value
}

#[test]
fn a_persons_answer_has_the_header_of_one() {
    let reply = keys().sign(MAILBOX, Token::Reply(CONVERSATION)).unwrap();
    let bounce = keys().sign(MAILBOX, Token::Bounce(MESSAGE)).unwrap();
    let request = render(&message(OutboundMail {
        subject: "Re: Broken lamp".to_owned(),
        to_name: Some("Ann Müller".to_owned()),
        in_reply_to: Some("c@x".to_owned()),
        references: vec!["a@x".to_owned(), "b@x".to_owned(), "c@x".to_owned()],
        reply_token: Some(reply.clone()),
        bounce_token: Some(bounce.clone()),
        ..OutboundMail::default()
    }))
    .unwrap();
    assert_eq!(request.sender, token_address(MAILBOX, &bounce));
    assert_eq!(request.recipient, "ann@customer.example");
    assert_eq!((request.relay.host.as_str(), request.relay.port), ("relay.example", 587));
    assert_eq!(request.relay.security, Security::StartTls);
    let mail = String::from_utf8(request.message.to_vec()).unwrap();
    let field = |name| field(&mail, name);
    assert_eq!(field("From").unwrap(), "\"Desk, \\\"Help\\\"\" <help@desk.example>");
    assert!(field("To").unwrap().starts_with("=?utf-8?"));
    assert!(field("To").unwrap().ends_with(" <ann@customer.example>"));
    assert!(field("Reply-To").unwrap().ends_with(&format!("<help+{reply}@desk.example>")));
    assert_eq!(field("Subject").unwrap(), "Re: Broken lamp");
    assert_eq!(field("In-Reply-To").unwrap(), "<c@x>");
    assert_eq!(field("References").unwrap(), "<a@x> <b@x> <c@x>");
    assert_eq!(field("Date").unwrap(), "Sun, 22 Nov 2026 10:00:00 +0000");
    assert_eq!(field("Auto-Submitted").unwrap(), "no");
    assert_eq!(field("MIME-Version").unwrap(), "1.0");
    assert!(field("X-Loop").is_none() && field("X-Auto-Response-Suppress").is_none());
    let id = field("Message-ID").unwrap();
    let own = OwnId { message: MESSAGE };
    assert_eq!(id, format!("<{}>", own.message_id("desk.example")));
    assert_eq!(OwnId::read(id.trim_matches(['<', '>'])), Some(own));
    assert!(format!("In-Reply-To: {id}").len() <= 78, "programs write it in one line: {id}");
}

#[test]
fn a_machines_mail_says_so_and_has_nobody_to_come_back_to() {
    let request = render(&message(OutboundMail {
        subject: "We have your mail".to_owned(),
        automatic: true,
        bounce_token: keys().sign(MAILBOX, Token::Bounce(MESSAGE)),
        ..OutboundMail::default()
    }))
    .unwrap();
    assert_eq!(request.sender, None);
    let mail = String::from_utf8(request.message.to_vec()).unwrap();
    assert_eq!(field(&mail, "Auto-Submitted").unwrap(), "auto-replied");
    assert_eq!(field(&mail, "X-Auto-Response-Suppress").unwrap(), "All");
    assert_eq!(field(&mail, "X-Loop").unwrap(), "omnichannel help@desk.example");
    // Another installation is silent on it, by its loop token and without it.
    let read = read_by(&envelope(None, "else@other.example"), mail.as_bytes());
    assert_eq!(read.mail.automatic, Some(Automatic::OwnLoop));
    assert_eq!(automatic("Auto-Submitted: auto-replied"), Some(Automatic::AutoSubmitted));
}

#[test]
fn the_mail_is_the_same_in_every_attempt_and_for_every_hand() {
    let file = OutboundAttachment {
        name: "a.txt".to_owned(),
        media_type: "text/plain".to_owned(),
        bytes: b"a\nb".as_slice().into(),
    };
    let mail = OutboundMail { attachments: vec![file], ..OutboundMail::default() };
    let first = render(&message(mail.clone())).unwrap();
    let again = render(&OutboundMessage { attempt: 2, ..message(mail) }).unwrap();
    assert_eq!(first.message, again.message);
}

#[test]
fn references_keep_the_first_and_the_newest() {
    let references = (0..300).map(|n| format!("{n}.{}@x.example", "y".repeat(60))).collect();
    let mail = text(OutboundMail { references, ..OutboundMail::default() });
    let kept = field(&mail, "References").unwrap();
    let kept: Vec<_> = kept.split(' ').map(|id| id[1..].split('.').next().unwrap()).collect();
    assert_eq!(kept.len(), 21);
    assert_eq!((kept[0], kept[1], kept[20]), ("0", "280", "299"));
    assert!(mail.split("\r\n").all(|line| line.len() <= 998 && !line.contains(['\r', '\n'])));
}

#[test]
fn files_come_back_byte_for_byte_under_their_names() {
    let bytes: Vec<u8> = (0..=255).cycle().take(10_000).collect();
    let names = [
        "plain.txt",
        "two words.pdf",
        "Grüße 世界 👍.png",
        "quote\"and\\slash.txt",
        "100%.txt",
        &format!("{}.pdf", "ß".repeat(110)),
        "a;b=c, d.txt",
        "'single'.txt",
    ];
    let attachments = names
        .iter()
        .map(|name| OutboundAttachment {
            name: (*name).to_owned(),
            media_type: "text/csv".to_owned(),
            bytes: bytes.clone().into(),
        })
        .collect();
    let mail = text(OutboundMail { attachments, ..OutboundMail::default() });
    assert!(mail.is_ascii());
    assert!(mail.split("\r\n").all(|line| line.len() <= 998 && !line.contains(['\r', '\n'])));
    let read = read_by(&envelope(None, "ann@customer.example"), mail.as_bytes());
    assert_eq!(read.body, "It comes tomorrow.\nGrüße");
    assert_eq!(read.mail.attachments.len(), names.len());
    for (file, name) in read.mail.attachments.iter().zip(names) {
        assert_eq!(file.name, channels::email::file_name(name));
        assert_eq!(file.declared_type, "text/csv");
        assert_eq!(&file.bytes[..], &bytes[..]);
    }
}

#[test]
fn a_text_says_its_charset_and_every_file_a_name_that_anybody_reads() {
    let kind_of = |name: &str, media_type: &str, bytes: &[u8]| {
        let file = OutboundAttachment {
            name: name.to_owned(),
            media_type: media_type.to_owned(),
            bytes: bytes.to_vec().into(),
        };
        let mail = text(OutboundMail { attachments: vec![file], ..OutboundMail::default() });
        let part = mail.rsplit("\r\n--=_").find(|part| part.contains("attachment;")).unwrap();
        field(part.split_once("\r\n").unwrap().1, "Content-Type").unwrap()
    };
    let plain = kind_of("Grüße.txt", "text/plain", "Grüße".as_bytes());
    assert_eq!(plain, "text/plain; charset=utf-8; name=\"Gr__e.txt\"");
    let latin = kind_of("a.txt", "text/plain", b"Gr\xfc\xdfe");
    assert_eq!(latin, "text/plain", "of bytes that are no UTF-8 nobody knows it");
    assert_eq!(kind_of("a.png", "image/png", b"x"), "image/png");
}

#[test]
fn types_that_hold_others_are_sent_as_plain_files() {
    for media_type in ["multipart/mixed", "message/rfc822", "x", "a/b; c=d", "a/b\r\nX: y", ""] {
        let file = OutboundAttachment {
            name: "f".to_owned(),
            media_type: media_type.to_owned(),
            bytes: b"x".as_slice().into(),
        };
        let mail = text(OutboundMail { attachments: vec![file], ..OutboundMail::default() });
        assert!(mail.contains("Content-Type: application/octet-stream\r\n"), "{media_type}");
    }
}

#[test]
fn no_value_writes_a_field_of_its_own() {
    type Change = fn(&mut OutboundMessage, String);
    let changes: &[(&str, Change)] = &[
        ("subject", |m, v| m.mail.as_mut().unwrap().subject = v),
        ("name", |m, v| m.mail.as_mut().unwrap().to_name = Some(v)),
        ("sender name", |m, v| m.mail.as_mut().unwrap().from_name = Some(v)),
        ("reference", |m, v| m.mail.as_mut().unwrap().in_reply_to = Some(v)),
        ("reference", |m, v| m.mail.as_mut().unwrap().references = vec![v]),
        ("reply token", |m, v| m.mail.as_mut().unwrap().reply_token = Some(v)),
        ("bounce token", |m, v| m.mail.as_mut().unwrap().bounce_token = Some(v)),
        ("address", |m, v| m.to_address = format!("a{v}@b.example")),
        ("attachment name", |m, v| {
            m.mail.as_mut().unwrap().attachments = vec![OutboundAttachment {
                name: v,
                media_type: "text/plain".to_owned(),
                bytes: b"x".as_slice().into(),
            }];
        }),
    ];
    for (what, change) in changes {
        for value in ["x\r\nBcc: evil@x.example", "x\nBcc: e", "x\rBcc: e", "x\0y", "x\r\n\r\nbody"]
        {
            let mut message = message(OutboundMail::default());
            change(&mut message, value.to_owned());
            assert_eq!(render(&message).unwrap_err(), RenderError::Message(what), "{value:?}");
        }
    }
}

#[test]
fn messages_out_of_bounds_say_which_part() {
    let with = |change: fn(&mut OutboundMessage)| {
        let mut message = message(OutboundMail::default());
        change(&mut message);
        render(&message).unwrap_err()
    };
    assert_eq!(with(|m| m.body = " \n".to_owned()), RenderError::Message("text"));
    assert_eq!(with(|m| m.body = "a\0b".to_owned()), RenderError::Message("text"));
    assert_eq!(with(|m| m.body = "x".repeat(70_000)), RenderError::Message("text"));
    assert_eq!(with(|m| m.to_address = "nobody".to_owned()), RenderError::Message("address"));
    assert_eq!(with(|m| m.created_at = Timestamp::from_micros(-1)), RenderError::Time);
    let many = |m: &mut OutboundMessage| {
        let file = OutboundAttachment {
            name: "f".to_owned(),
            media_type: "a/b".to_owned(),
            bytes: b"x".as_slice().into(),
        };
        m.mail.as_mut().unwrap().attachments = vec![file; 49];
    };
    assert_eq!(with(many), RenderError::Message("attachments"));
}

#[test]
fn settings_that_are_not_usable_are_told_all_at_once() {
    let refused = |settings: &[(&'static str, &str)]| -> Vec<(&'static str, &'static str)> {
        let account = AccountConfig::new(settings.iter().map(|(n, v)| (*n, (*v).to_owned())));
        match EmailProvider.check(&account, &Egress::STRICT) {
            Ok(()) => Vec::new(),
            Err(refused) => refused.faults.iter().map(|f| (f.setting, f.reason)).collect(),
        }
    };
    let mailbox = (ADDRESS_SETTING, MAILBOX);
    assert_eq!(refused(&[mailbox]), []);
    assert_eq!(refused(&[]), [(ADDRESS_SETTING, "MISSING")]);
    assert_eq!(
        refused(&[(ADDRESS_SETTING, "help+x@desk.example")]),
        [(ADDRESS_SETTING, "MALFORMED")]
    );
    assert_eq!(
        refused(&[(ADDRESS_SETTING, "hélp@desk.example")]),
        [(ADDRESS_SETTING, "MALFORMED")]
    );
    let long = format!("{}@desk.example", "a".repeat(24));
    assert_eq!(refused(&[(ADDRESS_SETTING, &long)]), [(ADDRESS_SETTING, "TOO_LONG")]);
    for (host, port, reason) in [
        ("127.0.0.1", "587", "RELAY_ADDRESS"),
        ("localhost", "587", "RELAY_ADDRESS"),
        ("relay.LOCALHOST", "587", "RELAY_ADDRESS"),
        ("10.1.2.3", "25", "RELAY_ADDRESS"),
        ("169.254.169.254", "25", "RELAY_ADDRESS"),
        ("relay.example", "22", "RELAY_PORT"),
        ("relay.example", "6379", "RELAY_PORT"),
        ("0x7f000001", "25", "REQUEST_MALFORMED"),
        ("2130706433", "25", "REQUEST_MALFORMED"),
        ("127.1", "25", "REQUEST_MALFORMED"),
        ("a b", "25", "REQUEST_MALFORMED"),
        ("relay.example\r\nQUIT", "25", "REQUEST_MALFORMED"),
    ] {
        let told = refused(&[mailbox, (RELAY_HOST_SETTING, host), (RELAY_PORT_SETTING, port)]);
        assert_eq!(told, [(RELAY_HOST_SETTING, reason)], "{host}:{port}");
    }
    let told = refused(&[
        (ADDRESS_SETTING, "x"),
        (DISPLAY_NAME_SETTING, "a\r\nb"),
        (DOMAIN_SETTING, "a b"),
        (RELAY_USER_SETTING, "a\nb"),
        (RELAY_SECURITY_SETTING, "ssl"),
    ]);
    assert_eq!(told.len(), 5);
    assert_eq!(refused(&[mailbox, (RELAY_PORT_SETTING, "0")]), [(RELAY_PORT_SETTING, "MALFORMED")]);
}

#[test]
fn the_login_is_the_user_with_the_newest_secret() {
    let settings = [
        (ADDRESS_SETTING, MAILBOX),
        (RELAY_HOST_SETTING, "relay.example"),
        (RELAY_SECURITY_SETTING, "tls"),
        (RELAY_USER_SETTING, "desk"),
    ];
    let account = AccountConfig::new(settings);
    let render = |secrets: &Secrets| {
        let message = message(OutboundMail::default());
        EmailProvider.render(&account, &message, secrets, Timestamp::from_micros(0))
    };
    assert_eq!(render(&Secrets::none()).unwrap_err(), RenderError::NoSecret);
    let secrets = ["new-secret", "old-secret"].map(SecretString::from);
    let Outgoing::Mail(request) = render(&Secrets::new(secrets).unwrap()).unwrap() else {
        panic!("mail leaves by SMTP")
    };
    assert_eq!(request.relay.port, 465);
    let debug = format!("{request:?}");
    assert!(!debug.contains("secret") && !debug.contains("customer.example"), "{debug}");
    let login = request.relay.login.unwrap();
    assert_eq!((login.user.as_str(), login.password.expose_secret()), ("desk", "new-secret"));
}

#[test]
fn an_account_without_a_relay_only_receives() {
    let account = AccountConfig::new([(ADDRESS_SETTING, MAILBOX)]);
    let message = message(OutboundMail::default());
    let refused = EmailProvider.render(&account, &message, &Secrets::none(), message.created_at);
    assert_eq!(refused.unwrap_err(), RenderError::NoEndpoint);
}

#[test]
fn an_outcome_of_the_wrong_way_is_a_fault_of_ours() {
    let outcome = HttpOutcome::Unknown(channels::http::Unknown::Timeout);
    let delivery = EmailProvider.classify(&Outcome::Http(outcome));
    assert!(matches!(delivery, Delivery::Refused { reason } if reason.code == "WRONG_WAY_OUT"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn what_is_written_reads_back(
        subject in "[^\\p{C}\\p{Z}]{1,20}( [^\\p{C}\\p{Z}]{1,15}){0,6}",
        name in "[^\\p{C}\\p{Z}@<>]{1,15}( [^\\p{C}\\p{Z}@<>]{1,12}){0,3}",
        body in "[^\\p{C}\\p{Z}]{1,40}(( |\n|\r\n|\n\n|\\.\n\\.)[^\\p{C}\\p{Z}]{0,90}){0,20}",
    ) {
        // An encoded word written by hand is read as one by everybody.
        prop_assume!(!name.contains("=?"));
        let mut message = message(OutboundMail {
            subject: subject.clone(),
            from_name: Some(name.clone()),
            ..OutboundMail::default()
        });
        message.body = body.clone();
        let request = render(&message).unwrap();
        let mail = &request.message[..];
        prop_assert!(mail.is_ascii());
        for line in mail.split(|b| *b == b'\n') {
            prop_assert!(line.len() <= 999);
        }
        let read = read_by(&envelope(None, "ann@customer.example"), mail);
        prop_assert_eq!(read.subject.unwrap(), subject);
        prop_assert_eq!(read.name.unwrap(), name);
        let lines = body.replace("\r\n", "\n");
        prop_assert_eq!(read.body.trim_end(), lines.trim_end());
    }
}
