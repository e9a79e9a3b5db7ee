//! How a conversation is found again from a mail: signed tokens in addresses of ours, and
//! Message-IDs of ours. A token names a conversation (replies) or a message (bounces), holds for
//! one mailbox, survives being lower-cased, and carries the id of its key, so that keys can change.
//! Nothing here proves who wrote: the application still asks whether the sender takes part.

use super::address::with_tag;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::fmt;
use subtle::ConstantTimeEq;
use uuid::Uuid;
use zeroize::Zeroizing;

/// The most keys at a time: the newest and three being rotated out.
pub const MAX_KEYS: usize = 4;
/// The highest id of a key.
pub const MAX_KEY_ID: u8 = 0x7f;
/// The length of a token in characters.
pub const TOKEN_LEN: usize = TOKEN_BYTES * 8 / 5;
/// The longest local part of a mailbox that has room for a token.
pub const MAX_TOKEN_LOCAL: usize = super::address::MAX_LOCAL - 1 - TOKEN_LEN;
/// The longest Message-ID, in bytes, without brackets.
pub const MAX_MESSAGE_ID: usize = 500;

/// Whether a Message-ID may stand in brackets in a field that we write.
pub(super) fn is_writable(id: &str) -> bool {
    (1..=MAX_MESSAGE_ID).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_graphic() && !b"<>".contains(&byte))
}

/// Head, id, truncated keyed hash: a multiple of five, so that no character is half used.
const TOKEN_BYTES: usize = 1 + 16 + MAC_BYTES;
const MAC_BYTES: usize = 8;
const BOUNCE_BIT: u8 = 0x80;
const CONTEXT: &[u8] = b"omnichannel mail token 1";
/// RFC 4648, in lower case.
const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// What a token names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token {
    /// The conversation that a reply belongs to.
    Reply(Uuid),
    /// The message that came back.
    Bounce(Uuid),
}

/// The keys that tokens are signed with, newest first. `Debug` shows their number.
#[derive(Clone, Default)]
pub struct TokenKeys(Vec<(u8, Zeroizing<[u8; 32]>)>);

impl TokenKeys {
    /// Takes keys with their ids, newest first. Of more than [`MAX_KEYS`] the rest is ignored, as
    /// is a key with an id above [`MAX_KEY_ID`].
    pub fn new(newest_first: impl IntoIterator<Item = (u8, [u8; 32])>) -> Self {
        let usable = newest_first.into_iter().filter(|(id, _)| *id <= MAX_KEY_ID);
        Self(usable.map(|(id, key)| (id, Zeroizing::new(key))).take(MAX_KEYS).collect())
    }

    /// Signs a token for a mailbox (in normal form) with the newest key; none without a key.
    #[must_use]
    pub fn sign(&self, mailbox: &str, token: Token) -> Option<String> {
        let (key_id, key) = self.0.first()?;
        let (bit, id) = match token {
            Token::Reply(id) => (0, id),
            Token::Bounce(id) => (BOUNCE_BIT, id),
        };
        let mut bytes = [0; TOKEN_BYTES];
        bytes[0] = bit | key_id;
        bytes[1..17].copy_from_slice(id.as_bytes());
        let mac = mac(key, &bytes[..17], mailbox);
        bytes[17..].copy_from_slice(&mac);
        Some(encode(&bytes))
    }

    /// What a token names, if one of the keys signed it for this mailbox. The time it takes does
    /// not depend on how wrong it is.
    #[must_use]
    pub fn open(&self, mailbox: &str, text: &str) -> Option<Token> {
        let bytes = decode(text)?;
        let (key_id, bit) = (bytes[0] & MAX_KEY_ID, bytes[0] & BOUNCE_BIT);
        let (_, key) = self.0.iter().find(|(id, _)| *id == key_id)?;
        let expected = mac(key, &bytes[..17], mailbox);
        if !bool::from(expected.ct_eq(&bytes[17..])) {
            return None;
        }
        let id = Uuid::from_slice(&bytes[1..17]).ok()?;
        Some(if bit == 0 { Token::Reply(id) } else { Token::Bounce(id) })
    }
}

impl fmt::Debug for TokenKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenKeys({})", self.0.len())
    }
}

/// Whether a text has the form of a token. Says nothing about who made it.
#[must_use]
pub fn is_token(text: &str) -> bool {
    decode(text).is_some()
}

/// The address that carries a token to a mailbox; none if its local part is longer than
/// [`MAX_TOKEN_LOCAL`].
#[must_use]
pub fn token_address(mailbox: &str, token: &str) -> Option<String> {
    with_tag(mailbox, token)
}

/// Whose a Message-ID of ours is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnId {
    /// The message that left under it.
    pub message: Uuid,
}

/// What an id of ours begins with.
const OWN_ID: &str = "om.";

impl OwnId {
    /// The Message-ID, without brackets. Short, so that most programs write their In-Reply-To in
    /// one line and none comes to encode it.
    #[must_use]
    pub fn message_id(self, domain: &str) -> String {
        format!("{OWN_ID}{}@{domain}", self.message.as_simple())
    }

    /// Reads a Message-ID, without brackets, that has our form. Whoever has seen one can write it
    /// again, and anybody can write one of the form: whether there is such a message in the tenant
    /// is for the reader to look up.
    #[must_use]
    pub fn read(message_id: &str) -> Option<Self> {
        let (local, _) = message_id.split_once('@')?;
        let message = local.strip_prefix(OWN_ID)?;
        let uuid = |text: &str| (text.len() == 32).then(|| Uuid::try_parse(text).ok()).flatten();
        Some(Self { message: uuid(message)? })
    }
}

/// The case token of a subject: `ABC-123` of `[#ABC-123]`. The first one counts.
#[must_use]
pub fn case_token(subject: &str) -> Option<String> {
    const MAX_TOKEN: usize = 40;
    let inside = subject.split("[#").skip(1).find_map(|rest| {
        let (token, _) = rest.split_once(']')?;
        let usable = (1..=MAX_TOKEN).contains(&token.len())
            && token.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        usable.then_some(token)
    });
    inside.map(str::to_ascii_uppercase)
}

/// What of a subject stays the same through answers and forwards: without their prefixes in many
/// languages, without list tags in front, spaces joined, lower case. For the fallback that compares
/// subjects, which is off unless a tenant wants it.
#[must_use]
pub fn subject_key(subject: &str) -> String {
    const PREFIXES: &[&str] = &[
        "re", "fw", "fwd", "aw", "wg", "sv", "vs", "vb", "antw", "doorst", "tr", "rif", "r", "i",
        "res", "enc", "odp", "pd", "ynt", "ilt", "vl", "rv", "atb", "bls", "回复", "转发", "答复",
    ];
    let lower = subject.to_lowercase();
    let mut rest = lower.trim();
    loop {
        let tag = rest.strip_prefix('[').and_then(|inside| inside.split_once(']'));
        if let Some((_, after)) = tag.filter(|(_, after)| !after.trim().is_empty()) {
            rest = after.trim_start();
            continue;
        }
        let Some((prefix, after)) = rest.split_once([':', '：']) else { break };
        let word = prefix.trim_end_matches([']', ')', '^']);
        let word = word.trim_end_matches(|c: char| c.is_ascii_digit());
        let word = word.trim_end_matches(['[', '(', '^']).trim();
        if !PREFIXES.contains(&word) {
            break;
        }
        rest = after.trim_start();
    }
    rest.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn mac(key: &[u8; 32], head: &[u8], mailbox: &str) -> [u8; MAC_BYTES] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key of any length is taken");
    for part in [CONTEXT, head, mailbox.as_bytes()] {
        mac.update(part);
    }
    let full = mac.finalize().into_bytes();
    full[..MAC_BYTES].try_into().expect("the hash is longer than what is kept of it")
}

fn encode(bytes: &[u8; TOKEN_BYTES]) -> String {
    let mut text = String::with_capacity(TOKEN_LEN);
    let (mut held, mut bits) = (0_u32, 0);
    for byte in bytes {
        held = held << 8 | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            text.push(char::from(ALPHABET[(held >> bits & 31) as usize]));
        }
    }
    text
}

fn decode(text: &str) -> Option<[u8; TOKEN_BYTES]> {
    if text.len() != TOKEN_LEN {
        return None;
    }
    let mut bytes = [0; TOKEN_BYTES];
    let (mut held, mut bits, mut at) = (0_u32, 0, 0);
    for character in text.bytes() {
        let lower = character.to_ascii_lowercase();
        let value = ALPHABET.iter().position(|known| *known == lower)?;
        held = (held << 5 | u32::try_from(value).ok()?) & 0xffff;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes[at] = (held >> bits & 0xff) as u8;
            at += 1;
        }
    }
    Some(bytes)
}
