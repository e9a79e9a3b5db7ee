//! Taking mail in: what the SMTP session knows of a mail travels in front of its raw bytes, as one
//! line of JSON with a version, so that what is stored can be read again by any later build. Two
//! deliveries of the same mail to the same mailbox get the same key, whatever the relays between
//! wrote on top; mail whose sender gave it no id must be the same to the byte.

use crate::provider::Verified;
use bytes::{BufMut, Bytes, BytesMut};
use domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;
use std::net::IpAddr;
use thiserror::Error;

/// The largest mail, in bytes.
pub const MAX_MAIL: usize = 30 * 1024 * 1024;

/// The longest envelope line that is read back.
const MAX_LINE: usize = 2048;
const VERSION: u8 = 1;
/// In microseconds.
const HOUR: i64 = 3_600_000_000;

/// What the SMTP session knows of a mail to one recipient.
#[derive(Clone, PartialEq, Eq)]
pub struct Envelope {
    /// The envelope sender; none for a null sender.
    pub sender: Option<String>,
    /// The envelope recipient, with its tag.
    pub recipient: String,
    /// Who handed it over.
    pub remote: Option<IpAddr>,
    /// When it came.
    pub received_at: Timestamp,
}

impl fmt::Debug for Envelope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Envelope")
            .field("null_sender", &self.sender.is_none())
            .field("received_at", &self.received_at)
            .finish_non_exhaustive()
    }
}

/// Why a mail is not taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum MailRefused {
    /// It is larger than [`MAX_MAIL`].
    #[error("the mail is larger than {MAX_MAIL} bytes")]
    TooLarge,
    /// An address of the envelope is longer than addresses are.
    #[error("an address of the envelope is too long")]
    Address,
}

#[derive(Serialize, Deserialize)]
struct Line<'a> {
    v: u8,
    #[serde(borrow)]
    from: Option<std::borrow::Cow<'a, str>>,
    #[serde(borrow)]
    to: std::borrow::Cow<'a, str>,
    ip: Option<IpAddr>,
    at: i64,
}

/// Takes a mail in as what came over a verified way: by SMTP, to a mailbox of ours.
///
/// # Errors
/// If it or its envelope is out of bounds.
pub fn receive(envelope: &Envelope, raw: &[u8]) -> Result<Verified, MailRefused> {
    let (key, line) = front(envelope, raw)?;
    let mut body = BytesMut::with_capacity(line.len() + raw.len());
    body.put_slice(&line);
    body.put_slice(raw);
    Ok(Verified::new(key, body.freeze()))
}

/// What [`receive`] makes of a mail without a copy of it: the key, and the line that belongs in
/// front of it, with its end.
///
/// # Errors
/// As [`receive`].
pub fn front(envelope: &Envelope, raw: &[u8]) -> Result<(String, Vec<u8>), MailRefused> {
    if raw.len() > MAX_MAIL {
        return Err(MailRefused::TooLarge);
    }
    let sender = envelope.sender.as_deref().unwrap_or_default();
    if sender.len() + envelope.recipient.len() > MAX_LINE / 4 {
        return Err(MailRefused::Address);
    }
    let line = Line {
        v: VERSION,
        from: envelope.sender.as_deref().map(Into::into),
        to: envelope.recipient.as_str().into(),
        ip: envelope.remote,
        at: envelope.received_at.micros(),
    };
    let mut line = serde_json::to_vec(&line).expect("a line of texts is always writable");
    line.push(b'\n');
    Ok((dedup_key(envelope, raw), line))
}

/// The envelope and the raw mail of what was taken in.
pub(super) fn split(stored: &Bytes) -> Option<(Envelope, Bytes)> {
    let end = stored.iter().take(MAX_LINE).position(|byte| *byte == b'\n')?;
    let line: Line<'_> = serde_json::from_slice(&stored[..end]).ok()?;
    let envelope = Envelope {
        sender: line.from.map(Into::into),
        recipient: line.to.into(),
        remote: line.ip,
        received_at: Timestamp::from_micros(line.at),
    };
    (line.v == VERSION).then(|| (envelope, stored.slice(end + 1..)))
}

/// What two deliveries of one mail have in common, hashed. With a Message-ID: what a relay that
/// tries again leaves as it was, and who wrote it about what, since an id is only as unique as its
/// maker is careful. Without one (forms, devices, jobs write such mail): who handed it over and
/// every byte of it; if it does not even say when it was written, the hour it came in as well, so
/// that the same words of tomorrow are another mail.
fn dedup_key(envelope: &Envelope, raw: &[u8]) -> String {
    let (head, body) = split_head(raw);
    let of = |name: &[u8]| field(head, name);
    let id = of(b"message-id");
    let body = Sha256::digest(if id.is_empty() { raw } else { body });
    let mut parts = vec![envelope.recipient.to_lowercase().into_bytes(), id, body.to_vec()];
    if parts[1].is_empty() {
        let sender = envelope.sender.as_deref().unwrap_or_default();
        let undated = of(b"date").is_empty();
        let hour = undated.then(|| envelope.received_at.micros().div_euclid(HOUR).to_be_bytes());
        parts.extend([sender.into(), hour.map(Vec::from).unwrap_or_default()]);
    } else {
        parts.extend([of(b"date"), of(b"from"), of(b"subject")]);
    }
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The header block and the body after the first empty line.
pub(super) fn split_head(raw: &[u8]) -> (&[u8], &[u8]) {
    let mut from = 0;
    while let Some(at) = raw[from..].iter().position(|byte| *byte == b'\n') {
        let line = &raw[from..from + at];
        from += at + 1;
        if line.is_empty() || line == b"\r" {
            return raw.split_at(from);
        }
    }
    (raw, &[])
}

/// The first field of a name without its folds and the spaces around it; empty if there is none.
fn field(head: &[u8], name: &[u8]) -> Vec<u8> {
    let mut lines = head.split(|byte| *byte == b'\n');
    let first = lines.find_map(|line| {
        let colon = line.iter().position(|byte| *byte == b':')?;
        let named = line[..colon].trim_ascii().eq_ignore_ascii_case(name);
        named.then(|| line[colon + 1..].trim_ascii())
    });
    let Some(first) = first else { return Vec::new() };
    let mut whole = first.to_vec();
    for line in lines.take_while(|line| matches!(line.first(), Some(b' ' | b'\t'))) {
        whole.push(b' ');
        whole.extend_from_slice(line.trim_ascii());
    }
    whole.trim_ascii().to_vec()
}
