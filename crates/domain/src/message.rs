//! Messages: one thing said in either direction, or an internal note, and how far an outbound one
//! got. Delivery status only ever rises; a late lower report is ignored.

use crate::channel::coded_enum;
use crate::id::{ConversationId, InteractionId, MessageId};
use crate::sealed::Sealed;
use crate::time::Timestamp;
use uuid::Uuid;

coded_enum! {
    /// Which way a message goes.
    Direction {
        /// From the customer.
        Inbound = 1,
        /// To the customer.
        Outbound = 2,
        /// Between agents; never leaves the house.
        InternalNote = 3,
        /// From the service itself.
        System = 4,
    }
}

coded_enum! {
    /// Who wrote a message.
    AuthorKind {
        /// The customer.
        Customer = 1,
        /// An agent.
        Agent = 2,
        /// The service.
        System = 3,
        /// A backend with an integration key.
        Integration = 4,
    }
}

coded_enum! {
    /// How far a message got. Codes rise with progress; see [`DeliveryStatus::may_become`].
    DeliveryStatus {
        /// It came in, or stays in the house.
        Received = 1,
        /// It waits to be sent.
        Queued = 2,
        /// It is being sent.
        Sending = 3,
        /// It may or may not have arrived: the answer was never seen.
        Unknown = 4,
        /// The provider took it.
        Sent = 5,
        /// It arrived.
        Delivered = 6,
        /// It was read.
        Read = 7,
        /// It was refused for good, or every try failed.
        Failed = 8,
        /// The provider could not deliver it.
        Undelivered = 9,
        /// It was not sent in time.
        Expired = 10,
        /// It was withdrawn.
        Canceled = 11,
    }
}

impl DeliveryStatus {
    /// Whether a report of `next` changes anything: progress only, and nothing after an end.
    #[must_use]
    pub fn may_become(self, next: Self) -> bool {
        let ended = matches!(
            self,
            Self::Received
                | Self::Read
                | Self::Failed
                | Self::Undelivered
                | Self::Expired
                | Self::Canceled
        );
        !ended && next > self && !(self == Self::Delivered && next != Self::Read)
    }
}

/// One thing said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its id.
    pub id: MessageId,
    /// The conversation it belongs to.
    pub conversation_id: ConversationId,
    /// The interaction it belongs to.
    pub interaction_id: InteractionId,
    /// Which way it goes.
    pub direction: Direction,
    /// What wrote it.
    pub author_kind: AuthorKind,
    /// Who wrote it: a customer, agent or key id.
    pub author_id: Uuid,
    /// What it says.
    pub body: Sealed,
    /// How far it got.
    pub status: DeliveryStatus,
    /// Why it failed, as a word; empty if it did not.
    pub failure: String,
    /// The other side's id for it, sealed.
    pub external_id: Sealed,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// When its status last changed.
    pub updated_at: Timestamp,
    /// Its place in the tenant's log.
    pub seq: i64,
}
