//! Personal content as everything but `store` sees it: opaque bytes. Bodies, names, addresses and
//! free text are sealed with the customer's key before they enter a command, and opened again only
//! at the edge, for somebody permitted. Nothing here can open them.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Sealed bytes; empty means "nothing there".
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sealed(pub Vec<u8>);

impl Sealed {
    /// Whether there is no content.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({} bytes)", self.0.len())
    }
}

/// A keyed blind index of a contact address or name: equal inputs of one tenant give equal values,
/// and nothing else can be learnt from it without the tenant's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct BlindIndex(pub [u8; 16]);
