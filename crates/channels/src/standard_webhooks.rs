//! Standard Webhooks 1.0.0 with shared secrets: signing what we send and verifying what we receive.
//! A signature is `v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`; a header may hold
//! several, separated by spaces, so that secrets can be rotated. Works on raw bytes, compares in
//! constant time, reads no clock. The asymmetric form (`v1a`) is skipped, as the standard allows.

use crate::provider::Rejection;
use crate::secrets::Secrets;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use domain::time::Timestamp;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use sha2::Sha256;
use std::fmt;
use subtle::{Choice, ConstantTimeEq};
use thiserror::Error;

/// The header field with the id of a message; the same in every attempt.
pub const ID_HEADER: &str = "webhook-id";
/// The header field with the time of this attempt, in seconds since the Unix epoch.
pub const TIMESTAMP_HEADER: &str = "webhook-timestamp";
/// The header field with the signatures.
pub const SIGNATURE_HEADER: &str = "webhook-signature";

/// How far the time of signing may be from now, in either direction.
pub const TOLERANCE_SECS: i64 = 300;
/// The longest id, in bytes.
pub const MAX_ID_LEN: usize = 128;
/// The most signatures that are looked at in one header field.
pub const MAX_SIGNATURES: usize = 16;
/// The shortest key, in bytes.
pub const MIN_KEY_LEN: usize = 24;
/// The longest key, in bytes.
pub const MAX_KEY_LEN: usize = 64;

const SECRET_PREFIX: &str = "whsec_";
const SYMMETRIC: &str = "v1";
const MAC_LEN: usize = 32;
const MAX_TIMESTAMP_LEN: usize = 12;
const MICROS: i64 = 1_000_000;

/// Secrets are met with and without padding; signatures only in the one strict form.
const SECRET_BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A text that is not a signing secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum KeyRefused {
    /// It does not start with `whsec_`.
    #[error("a signing secret starts with whsec_")]
    Prefix,
    /// What follows is not base64.
    #[error("a signing secret is base64 after its prefix")]
    Encoding,
    /// It has fewer than [`MIN_KEY_LEN`] or more than [`MAX_KEY_LEN`] bytes.
    #[error("a signing secret has {MIN_KEY_LEN} to {MAX_KEY_LEN} bytes")]
    Length,
}

impl KeyRefused {
    /// The reason in a form that programs can rely on.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Prefix => "SECRET_PREFIX",
            Self::Encoding => "SECRET_ENCODING",
            Self::Length => "SECRET_LENGTH",
        }
    }
}

/// A key for signing and verifying. Wiped when dropped, never printed.
#[derive(Clone)]
pub struct SigningKey(SecretSlice<u8>);

impl SigningKey {
    /// Reads a secret in its text form, `whsec_` and base64.
    ///
    /// # Errors
    /// If it has another form or length.
    pub fn parse(secret: &SecretString) -> Result<Self, KeyRefused> {
        let text = secret.expose_secret().strip_prefix(SECRET_PREFIX).ok_or(KeyRefused::Prefix)?;
        if text.len() > 2 * MAX_KEY_LEN {
            return Err(KeyRefused::Length);
        }
        let bytes = SECRET_BASE64.decode(text).map_err(|_| KeyRefused::Encoding)?;
        Self::from_bytes(bytes)
    }

    /// Takes key bytes, for making a new secret out of randomness that the caller brings.
    ///
    /// # Errors
    /// If there are too few or too many.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, KeyRefused> {
        let bytes = SecretSlice::from(bytes);
        if !(MIN_KEY_LEN..=MAX_KEY_LEN).contains(&bytes.expose_secret().len()) {
            return Err(KeyRefused::Length);
        }
        Ok(Self(bytes))
    }

    /// The text form, to be shown once to whoever configures the other side.
    #[must_use]
    pub fn to_text(&self) -> SecretString {
        format!("{SECRET_PREFIX}{}", STANDARD.encode(self.0.expose_secret())).into()
    }

    fn mac(&self, id: &str, timestamp: &str, body: &[u8]) -> [u8; MAC_LEN] {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.expose_secret())
            .expect("HMAC takes a key of any length");
        for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey")
    }
}

/// The keys among an account's secrets, newest first; texts of another form are skipped.
#[must_use]
pub fn keys_of(secrets: &Secrets) -> Vec<SigningKey> {
    secrets.iter().filter_map(|secret| SigningKey::parse(secret).ok()).collect()
}

/// Whether a text can be the id of a message: visible ASCII without a full stop, since the full
/// stop separates the parts of what is signed.
#[must_use]
pub fn is_valid_id(id: &str) -> bool {
    (1..=MAX_ID_LEN).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_graphic() && b != b'.')
}

/// The three header values of a signed message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignatureHeaders {
    /// Value of [`ID_HEADER`].
    pub id: String,
    /// Value of [`TIMESTAMP_HEADER`].
    pub timestamp: String,
    /// Value of [`SIGNATURE_HEADER`].
    pub signature: String,
}

/// What can keep a message from being signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SignRefused {
    /// There is no key.
    #[error("there is no key to sign with")]
    NoKey,
    /// The id is empty, too long, or holds a character that is not allowed.
    #[error("the id cannot be signed")]
    Id,
    /// The time is before the Unix epoch or too far after it.
    #[error("the time cannot be signed")]
    Time,
}

/// Signs a message with every key, newest first.
///
/// # Errors
/// If there is no key, or the id or the time cannot be written.
pub fn sign(
    keys: &[SigningKey],
    id: &str,
    now: Timestamp,
    body: &[u8],
) -> Result<SignatureHeaders, SignRefused> {
    if keys.is_empty() {
        return Err(SignRefused::NoKey);
    }
    if !is_valid_id(id) {
        return Err(SignRefused::Id);
    }
    let timestamp = now.micros().div_euclid(MICROS).to_string();
    if now.micros() < 0 || timestamp.len() > MAX_TIMESTAMP_LEN {
        return Err(SignRefused::Time);
    }
    let signature = keys
        .iter()
        .map(|key| format!("{SYMMETRIC},{}", STANDARD.encode(key.mac(id, &timestamp, body))))
        .collect::<Vec<_>>()
        .join(" ");
    Ok(SignatureHeaders { id: id.to_owned(), timestamp, signature })
}

/// Verifies a message against the raw bytes of its body: believed if any signature was made with
/// any key, not longer ago nor later than [`TOLERANCE_SECS`] from `now`.
///
/// # Errors
/// Why the message is not believed.
pub fn verify(
    keys: &[SigningKey],
    headers: &SignatureHeaders,
    body: &[u8],
    now: Timestamp,
) -> Result<(), Rejection> {
    if keys.is_empty() {
        return Err(Rejection::NoSecret);
    }
    if !is_valid_id(&headers.id) {
        return Err(Rejection::HeaderMalformed(ID_HEADER));
    }
    let signed_at = parse_seconds(&headers.timestamp)
        .ok_or(Rejection::HeaderMalformed(TIMESTAMP_HEADER))?
        .saturating_mul(MICROS);
    if now.micros().abs_diff(signed_at) > (TOLERANCE_SECS * MICROS).unsigned_abs() {
        return Err(Rejection::Timestamp);
    }
    let given = parse_signatures(&headers.signature)?;
    let mut matched = Choice::from(0);
    // Every pair is compared, so that the time taken does not tell which key or signature fits.
    for key in keys {
        let expected = key.mac(&headers.id, &headers.timestamp, body);
        for signature in &given {
            matched |= expected.ct_eq(signature);
        }
    }
    if bool::from(matched) { Ok(()) } else { Err(Rejection::Signature) }
}

/// Only digits: a sign, a fraction or a space would be signed as it stands but read differently.
fn parse_seconds(text: &str) -> Option<i64> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    (digits && text.len() <= MAX_TIMESTAMP_LEN).then(|| text.parse().ok()).flatten()
}

/// The symmetric signatures in a header value. Other versions and signatures of another length are
/// skipped, since a sender may add what we do not know; none at all that we know is a mismatch.
fn parse_signatures(value: &str) -> Result<Vec<[u8; MAC_LEN]>, Rejection> {
    if value.split(' ').count() > MAX_SIGNATURES {
        return Err(Rejection::HeaderMalformed(SIGNATURE_HEADER));
    }
    let mut known = Vec::new();
    for item in value.split(' ') {
        let (version, text) =
            item.split_once(',').ok_or(Rejection::HeaderMalformed(SIGNATURE_HEADER))?;
        let bytes = STANDARD.decode(text).ok().and_then(|b| <[u8; MAC_LEN]>::try_from(b).ok());
        if let (SYMMETRIC, Some(bytes)) = (version, bytes) {
            known.push(bytes);
        }
    }
    Ok(known)
}
