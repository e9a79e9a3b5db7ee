//! What we read of a mail beside what CPython's `email` reads of it, over its own test data and a
//! corpus made for this (`tests/oracle/mail.py`). Needs a `python3`, and says so loudly if there is
//! none. Whatever differs is listed here with the reason, or the test fails.

use crate::mail::{MAILBOX, envelope, taken};
use crate::mail_outbound::{message, render};
use channels::provider::{InboundEvent, OutboundAttachment, OutboundMail};
use serde_json::Value;
use std::path::Path;
use std::process::Command;

/// The least share of equal fields, in thousandths.
const SHARE: usize = 980;

/// Where we read a mail differently on purpose: file, field, why.
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    ("made-124", "subject", "bytes that are UTF-8 in a header are read as UTF-8, not as damage"),
    ("made-259", "subject", "the same"),
];

/// The fields that are compared.
const FIELDS: [&str; 5] = ["from", "participants", "subject", "message_id", "references"];

fn ours(raw: &[u8]) -> Option<[Value; 5]> {
    let event = taken(&envelope(Some("envelope@sender.example"), MAILBOX), raw).unwrap();
    let InboundEvent::Message { from_address, subject, mail, .. } = event else { return None };
    let thread = mail.unwrap().thread;
    Some([
        from_address.into(),
        thread.participants.into(),
        subject.unwrap_or_default().into(),
        thread.own_id.unwrap_or_default().into(),
        thread.references.into(),
    ])
}

/// What the oracle prints; nothing where there is no `python3`.
fn oracle(command: &str, directory: &Path) -> Option<Vec<u8>> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracle/mail.py");
    match Command::new("python3").arg(script).arg(command).arg(directory).output() {
        Ok(output) => {
            let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.success(), "the oracle failed: {complaint}");
            Some(output.stdout)
        }
        Err(error) => {
            eprintln!("SKIPPED: no python3 to compare with ({error})");
            None
        }
    }
}

#[test]
fn headers_are_read_as_cpython_reads_them() {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("mail-oracle");
    if oracle("make", &directory).is_none() {
        return;
    }
    let listed = std::fs::read(directory.join("expected.json")).unwrap();
    let listed: Vec<Value> = serde_json::from_slice(&listed).unwrap();
    let (mut compared, mut equal, mut reports) = (0, 0, 0);
    let mut different = Vec::new();
    for expected in &listed {
        let file = expected["file"].as_str().unwrap();
        let raw = std::fs::read(directory.join(file)).unwrap();
        let Some(ours) = ours(&raw) else {
            reports += 1;
            continue;
        };
        for (name, ours) in FIELDS.into_iter().zip(ours) {
            compared += 1;
            let theirs = &expected[name];
            if ours == *theirs {
                equal += 1;
            } else if !EXCEPTIONS.iter().any(|(f, n, _)| (*f, *n) == (file, name)) {
                different.push(format!("{file} {name}\n  ours   {ours}\n  theirs {theirs}"));
            }
        }
    }
    println!("{} mails, {reports} reports, {equal} of {compared} fields equal", listed.len());
    assert!(listed.len() >= 250, "the corpus is too small");
    assert!(equal * 1000 >= compared * SHARE, "{equal} of {compared}:\n{}", different.join("\n"));
    assert!(different.is_empty(), "not reviewed:\n{}", different.join("\n"));
}

#[test]
fn what_we_write_reads_the_same_to_cpython_and_without_complaint() {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("mail-written");
    let _ = std::fs::remove_dir_all(&directory);
    std::fs::create_dir_all(&directory).unwrap();
    let names = [
        "Ann",
        "Zoë Müller, (Desk)",
        "O'Neil \"Q\" \\ Co.",
        "世界 サポート",
        "a_b=c?d Ä",
        "Иван 👍",
        "Grüße aus dem Haus am See, Abteilung für Leuchten und Lampen aller Art, zweiter Stock",
    ];
    let mut written = Vec::new();
    for (at, name) in names.into_iter().enumerate() {
        let file = format!("{}{at}.txt", name.replace(['"', '\\', '?'], "_"));
        let mut message = message(OutboundMail {
            subject: format!("Re: {name} {}", name.repeat(at % 3)),
            from_name: Some(name.to_owned()),
            attachments: vec![OutboundAttachment {
                name: file.clone(),
                media_type: "application/pdf".to_owned(),
                bytes: vec![at as u8; 1000 + at].into(),
            }],
            ..OutboundMail::default()
        });
        message.body = format!("{name}\n.\n{}\n", name.repeat(60));
        let request = render(&message).unwrap();
        std::fs::write(directory.join(format!("{at:02}")), &request.message).unwrap();
        written.push((message, file));
    }
    let Some(printed) = oracle("read", &directory) else { return };
    let read: Vec<Value> = serde_json::from_slice(&printed).unwrap();
    assert_eq!(read.len(), written.len());
    for (at, (read, (message, file))) in read.iter().zip(written).enumerate() {
        let mail = message.mail.unwrap();
        assert_eq!(read["defects"], Value::Array(Vec::new()), "{at}");
        assert_eq!(read["subject"], mail.subject);
        assert_eq!(read["from"], mail.from_name.unwrap());
        assert_eq!(read["address"], MAILBOX);
        let text = read["text"].as_str().unwrap().replace("\r\n", "\n");
        assert_eq!(text.trim_end(), message.body.trim_end());
        let content = char::from(at as u8).to_string().repeat(1000 + at);
        assert_eq!(read["files"], serde_json::json!([[file, content]]));
    }
}
