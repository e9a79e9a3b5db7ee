//! What operators do by hand.

use crate::channel::coded_enum;

coded_enum! {
    /// What an operator did by hand.
    Operation {
        /// Told a stream to end.
        StreamClosed = 1,
        /// Closed an agent's session.
        SessionClosed = 2,
        /// Made a delivery due at once.
        DeliveryRetried = 3,
        /// Gave a dead letter back to be taken in.
        DeadLetterReplayed = 4,
        /// Threw a dead letter away.
        DeadLetterDeleted = 5,
        /// Withdrew a page that was not sent.
        DeliveryCancelled = 6,
    }
}
