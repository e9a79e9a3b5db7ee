//! What an operator's deeds are done to.

use crate::proto::v1;
use domain::event::Operation;

/// What an operation is done to.
#[must_use]
pub const fn operated(operation: Operation) -> v1::ResourceKind {
    match operation {
        Operation::StreamClosed => v1::ResourceKind::Stream,
        Operation::SessionClosed => v1::ResourceKind::Session,
        Operation::DeliveryRetried | Operation::DeliveryCancelled => v1::ResourceKind::Delivery,
        Operation::DeadLetterReplayed | Operation::DeadLetterDeleted => {
            v1::ResourceKind::DeadLetter
        }
    }
}
