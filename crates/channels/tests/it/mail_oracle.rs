//! What we read of a mail beside what CPython's `email` reads of it, over its own test data and a
//! corpus made for this (`tests/oracle/mail.py`). Needs a `python3`, and says so loudly if there is
//! none. Whatever differs is listed here with the reason, or the test fails.

use crate::mail::{MAILBOX, envelope, taken};
use channels::provider::InboundEvent;
use serde_json::Value;
use std::path::Path;
use std::process::Command;

/// The least share of equal fields, in thousandths.
const SHARE: usize = 980;

/// Where we read a mail differently on purpose: file, field, why.
const EXCEPTIONS: &[(&str, &str, &str)] = &[];

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

#[test]
fn headers_are_read_as_cpython_reads_them() {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("mail-oracle");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracle/mail.py");
    match Command::new("python3").arg(script).arg(&directory).status() {
        Ok(status) => assert!(status.success(), "the oracle failed"),
        Err(error) => {
            eprintln!("SKIPPED: no python3 to compare with ({error})");
            return;
        }
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
