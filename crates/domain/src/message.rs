//! Messages: one thing said in either direction, or an internal note, and how far an outbound one
//! got. Delivery status only ever rises; a late lower report is ignored.

use crate::channel::coded_enum;
use crate::id::{ConversationId, InteractionId, MessageId};
use crate::sealed::Sealed;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
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

/// How many steps of a delivery a message keeps, the newest. Attempts and the ways on together
/// are fewer than this.
pub const STEPS_MAX: usize = 16;

/// One step of a delivery after the message was accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryStep {
    /// When it was recorded.
    pub at: Timestamp,
    /// How far the message got with it.
    pub status: DeliveryStatus,
    /// The attempt it is the result of, from 1; 0 if of none.
    pub attempt: i32,
    /// Why it failed, as a word; empty if it did not.
    pub reason: String,
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
    /// Every step of its delivery so far, oldest first, at most [`STEPS_MAX`]; being accepted is
    /// none.
    pub steps: Vec<DeliveryStep>,
    /// The other side's id for it, sealed.
    pub external_id: Sealed,
    /// Who wrote it by mail in place of the conversation's contact point, sealed; empty if nobody.
    pub sender: Sealed,
    /// How many files belong to it.
    pub attachments: i16,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// When its status last changed.
    pub updated_at: Timestamp,
    /// Its place in the tenant's log.
    pub seq: i64,
}

impl Message {
    /// Takes a step, if it leads further; tells whether it did.
    pub fn advance(&mut self, step: DeliveryStep) -> bool {
        if !self.status.may_become(step.status) {
            return false;
        }
        self.status = step.status;
        self.failure.clone_from(&step.reason);
        self.updated_at = step.at;
        self.keep(step);
        true
    }

    /// Notes an attempt that led no further and will be followed by another; tells whether it did.
    /// A late one changes nothing.
    pub fn tried(&mut self, step: DeliveryStep) -> bool {
        let waits = matches!(self.status, DeliveryStatus::Queued | DeliveryStatus::Unknown)
            && matches!(step.status, DeliveryStatus::Queued | DeliveryStatus::Unknown);
        let newest = self.steps.iter().map(|step| step.attempt).max().unwrap_or(0);
        if !waits || step.attempt <= newest {
            return false;
        }
        self.keep(step);
        true
    }

    fn keep(&mut self, step: DeliveryStep) {
        self.steps.push(step);
        if self.steps.len() > STEPS_MAX {
            self.steps.remove(0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use DeliveryStatus as S;

    const ALL: [S; 11] = [
        S::Received,
        S::Queued,
        S::Sending,
        S::Unknown,
        S::Sent,
        S::Delivered,
        S::Read,
        S::Failed,
        S::Undelivered,
        S::Expired,
        S::Canceled,
    ];

    fn queued() -> Message {
        Message {
            id: MessageId::default(),
            conversation_id: ConversationId::default(),
            interaction_id: InteractionId::default(),
            direction: Direction::Outbound,
            author_kind: AuthorKind::Agent,
            author_id: Uuid::nil(),
            body: Sealed::default(),
            status: S::Queued,
            failure: String::new(),
            steps: Vec::new(),
            external_id: Sealed::default(),
            sender: Sealed::default(),
            attachments: 0,
            created_at: Timestamp::default(),
            updated_at: Timestamp::default(),
            seq: 1,
        }
    }

    fn step(micros: i64, status: S) -> DeliveryStep {
        let at = Timestamp::from_micros(micros);
        DeliveryStep { at, status, attempt: 1, reason: String::new() }
    }

    #[test]
    fn a_late_report_moves_nothing() {
        for reached in ALL {
            for late in ALL {
                let mut message = queued();
                message.advance(step(1, reached));
                let before = message.clone();
                let moved = message.advance(step(2, late));
                assert!(!moved || late > before.status, "{:?} to {late:?}", before.status);
                assert!(moved || message == before, "{:?} to {late:?}", before.status);
            }
        }
        for end in [S::Read, S::Failed, S::Undelivered, S::Expired, S::Canceled] {
            assert!(ALL.iter().all(|late| !end.may_become(*late)), "{end:?} is an end");
        }
        assert!(!S::Delivered.may_become(S::Failed));
    }

    #[test]
    fn an_attempt_that_failed_is_a_step_and_no_change() {
        let tried = |attempt, status| DeliveryStep { attempt, ..step(1, status) };
        let mut message = queued();
        assert!(message.tried(tried(1, S::Queued)) && message.tried(tried(2, S::Queued)));
        assert!(!message.tried(tried(2, S::Queued)), "the same one told twice");
        assert_eq!((message.status, message.steps.len()), (S::Queued, 2));
        assert!(message.advance(tried(3, S::Unknown)) && message.tried(tried(4, S::Unknown)));
        assert!(!message.tried(tried(5, S::Failed)), "that is an end");
        assert!(message.advance(tried(5, S::Sent)));
        assert!(!message.tried(tried(6, S::Queued)), "it has left");
        let attempts: Vec<_> = message.steps.iter().map(|step| step.attempt).collect();
        assert_eq!(attempts, [1, 2, 3, 4, 5]);
        for attempt in 6..60 {
            let mut waiting = queued();
            waiting.steps = message.steps.clone();
            waiting.tried(tried(attempt, S::Queued));
            message.steps = waiting.steps;
        }
        assert_eq!(message.steps.len(), STEPS_MAX);
    }

    #[test]
    fn the_longest_way_fits_the_steps_kept() {
        let mut message = queued();
        for (micros, status) in (1..).zip(ALL) {
            message.advance(step(micros, status));
        }
        assert_eq!((message.status, message.failure.as_str()), (S::Read, ""));
        let kept: Vec<_> = message.steps.iter().map(|step| step.status).collect();
        assert_eq!(kept, [S::Sending, S::Unknown, S::Sent, S::Delivered, S::Read]);
        assert!(ALL.len() <= STEPS_MAX);
    }
}
