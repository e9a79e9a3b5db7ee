//! Customers and their contact points. Names, addresses and attributes are sealed; they are found
//! by keyed blind index. Only the tier and the language, which routing reads, are plain.

use crate::channel::ChannelKind;
use crate::id::{ContactPointId, CustomerId};
use crate::sealed::{BlindIndex, Sealed};
use crate::time::Timestamp;

/// Somebody who writes or calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Customer {
    /// Its id.
    pub id: CustomerId,
    /// Display name, external id and attributes, sealed together.
    pub profile: Sealed,
    /// Blind index of the tenant's own id for the customer.
    pub external_index: Option<BlindIndex>,
    /// A word by which rules tell customers apart; empty if none.
    pub tier: String,
    /// BCP 47 tag; empty if unknown.
    pub language: String,
    /// Counts changes; the etag is made of it.
    pub version: i64,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// One address of a customer on one kind of channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactPoint {
    /// Its id.
    pub id: ContactPointId,
    /// Whose it is.
    pub customer_id: CustomerId,
    /// The kind of channel.
    pub kind: ChannelKind,
    /// The address.
    pub address: Sealed,
    /// Blind index of the normalised address; unique per kind in a tenant.
    pub address_index: BlindIndex,
    /// Whether the customer proved that it is theirs.
    pub verified: bool,
    /// When it was added.
    pub created_at: Timestamp,
}
