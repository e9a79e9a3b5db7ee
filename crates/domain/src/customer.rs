//! Customers and their contact points. Names, addresses and attributes are sealed; they are found
//! by keyed blind index. Only the tier and the language, which routing reads, are plain.

use crate::channel::{ChannelKind, coded_enum};
use crate::id::{AgentId, ContactPointId, CustomerId};
use crate::sealed::{BlindIndex, Sealed};
use crate::time::{Span, Timestamp};

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
    /// Who last accepted an interaction of theirs.
    pub last_agent_id: Option<AgentId>,
    /// Who keeps the account.
    pub account_owner_id: Option<AgentId>,
    /// Counts changes; the etag is made of it.
    pub version: i64,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

coded_enum! {
    /// Why nothing is sent to a contact point any more.
    SuppressionReason {
        /// Its mailbox does not exist.
        HardBounce = 1,
        /// Mail to it came back again and again.
        SoftBounces = 2,
        /// Its owner called our mail unwanted.
        Complaint = 3,
    }
}

/// That nothing is sent to a contact point any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Suppression {
    /// Why.
    pub reason: SuppressionReason,
    /// Since when.
    pub at: Timestamp,
}

/// How many mails that come back for a while, within [`SOFT_WITHIN`], suppress a contact point.
pub const SOFT_MAX: usize = 5;
/// See [`SOFT_MAX`].
pub const SOFT_WITHIN: Span = Span::from_secs(7 * 24 * 3600);

impl ContactPoint {
    /// Takes in that a mail to it came back; tells whether that suppresses it now.
    pub fn came_back(&mut self, bounce: Bounce, now: Timestamp) -> bool {
        let reason = match bounce {
            Bounce::Hard => Some(SuppressionReason::HardBounce),
            Bounce::Complaint => Some(SuppressionReason::Complaint),
            Bounce::Blocked => None,
            Bounce::Soft => {
                self.soft_bounces.retain(|at| now.since(*at) < SOFT_WITHIN);
                self.soft_bounces.push(now);
                let many = self.soft_bounces.len() >= SOFT_MAX;
                many.then_some(SuppressionReason::SoftBounces)
            }
        };
        let fresh = reason.filter(|_| self.suppression.is_none());
        if let Some(reason) = fresh {
            self.suppression = Some(Suppression { reason, at: now });
            self.soft_bounces.clear();
        }
        fresh.is_some()
    }
}

/// In which way a mail came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bounce {
    /// It will never arrive there.
    Hard,
    /// It may another time.
    Soft,
    /// It was refused for what we are or said; that is not the address's fault.
    Blocked,
    /// It arrived and was called unwanted.
    Complaint,
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
    /// Why nothing is sent to it any more, if so.
    pub suppression: Option<Suppression>,
    /// When mail to it came back for a while, at most [`SOFT_MAX`] times.
    pub soft_bounces: Vec<Timestamp>,
    /// When it was added.
    pub created_at: Timestamp,
}
