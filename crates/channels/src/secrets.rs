//! The secrets of one channel account, newest first, as a provider receives them. During a rotation
//! there are several: what comes in may be signed with any of them, what goes out is signed with
//! all of them. They are wiped when dropped and print nothing but their number.

use secrecy::{ExposeSecret, SecretString};
use std::fmt;
use thiserror::Error;

/// The most secrets one account may have at a time: the newest and three being rotated out.
pub const MAX_SECRETS: usize = 4;

/// The longest secret, in bytes of its text form.
pub const MAX_SECRET_LEN: usize = 512;

/// A list of secrets that is out of bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SecretsRefused {
    /// More than [`MAX_SECRETS`].
    #[error("an account may have at most {MAX_SECRETS} secrets")]
    TooMany,
    /// One is empty or longer than [`MAX_SECRET_LEN`].
    #[error("a secret must have 1 to {MAX_SECRET_LEN} bytes")]
    Length,
}

impl SecretsRefused {
    /// The reason in a form that programs can rely on.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::TooMany => "TOO_MANY_SECRETS",
            Self::Length => "SECRET_LENGTH",
        }
    }
}

/// An account's secrets, newest first.
#[derive(Clone, Default)]
pub struct Secrets(Vec<SecretString>);

impl Secrets {
    /// Takes the secrets, newest first.
    ///
    /// # Errors
    /// If there are too many, or one has a length out of bounds.
    pub fn new(
        newest_first: impl IntoIterator<Item = SecretString>,
    ) -> Result<Self, SecretsRefused> {
        let list: Vec<_> = newest_first.into_iter().take(MAX_SECRETS + 1).collect();
        if list.len() > MAX_SECRETS {
            return Err(SecretsRefused::TooMany);
        }
        if list.iter().any(|s| !(1..=MAX_SECRET_LEN).contains(&s.expose_secret().len())) {
            return Err(SecretsRefused::Length);
        }
        Ok(Self(list))
    }

    /// No secrets at all: nothing verifies, nothing can be signed.
    #[must_use]
    pub const fn none() -> Self {
        Self(Vec::new())
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The secrets, newest first.
    pub fn iter(&self) -> impl Iterator<Item = &SecretString> {
        self.0.iter()
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secrets({})", self.0.len())
    }
}
