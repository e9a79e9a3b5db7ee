//! Opaque tokens: pages and streams continue from them. A token is bound to its kind and its tenant
//! by a code only this installation can make; it grants nothing and hides nothing of worth. The
//! format is a version byte, 16 bytes of HMAC-SHA-256, then the payload, as base64url.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::id::TenantId;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Longest token text that is looked at.
pub const TEXT_MAX: usize = 512;

/// Longest payload: with it a token is exactly as long as [`TEXT_MAX`] allows.
pub const PAYLOAD_MAX: usize = TEXT_MAX / 4 * 3 - 1 - TAG;

const VERSION: u8 = 1;
const TAG: usize = 16;

/// Seals and opens tokens.
#[derive(Clone)]
pub struct Tokens(Hmac<Sha256>);

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tokens")
    }
}

impl Tokens {
    /// Tokens under a key.
    #[must_use]
    pub fn new(key: &[u8; 32]) -> Self {
        Self(Hmac::new_from_slice(key).expect("HMAC takes keys of any length"))
    }

    /// A token of this kind for this tenant. A payload is at most [`PAYLOAD_MAX`] bytes.
    #[must_use]
    pub fn seal(&self, kind: &'static str, tenant: TenantId, payload: &[u8]) -> String {
        debug_assert!(payload.len() <= PAYLOAD_MAX, "the token could not be opened again");
        let tag = self.mac(kind, tenant, payload).finalize().into_bytes();
        let mut bytes = Vec::with_capacity(1 + TAG + payload.len());
        bytes.push(VERSION);
        bytes.extend_from_slice(&tag[..TAG]);
        bytes.extend_from_slice(payload);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The payload of a token, if it was sealed for this kind and this tenant.
    #[must_use]
    pub fn open(&self, kind: &'static str, tenant: TenantId, text: &str) -> Option<Vec<u8>> {
        if text.len() > TEXT_MAX {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (version, rest) = bytes.split_first()?;
        let (tag, payload) = rest.split_at_checked(TAG)?;
        if *version != VERSION {
            return None;
        }
        self.mac(kind, tenant, payload).verify_truncated_left(tag).ok()?;
        Some(payload.to_vec())
    }

    /// Lengths come first, so that no two inputs differ only in where one part ends.
    fn mac(&self, kind: &str, tenant: TenantId, payload: &[u8]) -> Hmac<Sha256> {
        let mut mac = self.0.clone();
        mac.update(&[VERSION]);
        mac.update(&(kind.len() as u64).to_be_bytes());
        mac.update(kind.as_bytes());
        mac.update(tenant.0.as_bytes());
        mac.update(payload);
        mac
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn tokens() -> (Tokens, TenantId) {
        (Tokens::new(&[7; 32]), TenantId(Uuid::now_v7()))
    }

    #[test]
    fn a_token_opens_for_what_it_was_sealed_for() {
        let (tokens, tenant) = tokens();
        for payload in [b"".as_slice(), b"x", &[9; PAYLOAD_MAX]] {
            let text = tokens.seal("page", tenant, payload);
            assert!(text.len() <= TEXT_MAX);
            assert_eq!(tokens.open("page", tenant, &text).as_deref(), Some(payload));
            assert_eq!(tokens.open("stream", tenant, &text), None, "another kind");
            assert_eq!(tokens.open("page", TenantId(Uuid::now_v7()), &text), None, "a tenant");
            assert_eq!(Tokens::new(&[8; 32]).open("page", tenant, &text), None, "another key");
        }
    }

    #[test]
    fn every_changed_bit_is_noticed() {
        let (tokens, tenant) = tokens();
        let text = tokens.seal("page", tenant, b"position");
        let bytes = URL_SAFE_NO_PAD.decode(&text).expect("our own token");
        for bit in 0..bytes.len() * 8 {
            let mut other = bytes.clone();
            other[bit / 8] ^= 1 << (bit % 8);
            let other = URL_SAFE_NO_PAD.encode(other);
            assert_eq!(tokens.open("page", tenant, &other), None, "bit {bit}");
        }
        for length in 0..text.len() {
            assert_eq!(tokens.open("page", tenant, &text[..length]), None, "{length} characters");
        }
    }

    #[test]
    fn what_is_no_token_is_none() {
        let (tokens, tenant) = tokens();
        for text in ["", "A", "AQ", "not base64!", "é", &"A".repeat(TEXT_MAX + 1)] {
            assert_eq!(tokens.open("page", tenant, text), None);
        }
    }

    #[test]
    fn where_kind_ends_and_payload_begins_is_part_of_the_code() {
        let (tokens, tenant) = tokens();
        let text = tokens.seal("page", tenant, b"");
        let mut bytes = URL_SAFE_NO_PAD.decode(&text).expect("our own token");
        bytes.extend_from_slice(b"x");
        assert_eq!(tokens.open("pagex", tenant, &text), None);
        assert_eq!(tokens.open("page", tenant, &URL_SAFE_NO_PAD.encode(bytes)), None);
    }
}
