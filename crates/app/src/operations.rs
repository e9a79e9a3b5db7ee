//! What operators look at and do by hand: sessions on all nodes, deliveries, dead letters. An act
//! is put on record first and done after; repeating it finds either done, or does it again.

use crate::App;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::ledger::command::delivery::Report;
use crate::ledger::command::operate::{EndSession, Operate};
use domain::event::Operation;
use domain::id::{AccountId, DeliveryId, SessionId};
use domain::interaction::Interaction;
use domain::message::DeliveryStatus;
use domain::refusal::{Reason, Refusal};
use domain::sealed::Sealed;
use domain::time::{Span, Timestamp};
use store::{Claim, OutboxState, SessionRow};
use uuid::Uuid;

pub use store::{DeadItem, DeliveriesPage, Delivery, OutboxState as DeliveryState};

/// How long a delivery of unknown end that is tried once more has for it at least.
const RETRY_TIME: Span = Span::from_secs(24 * 3600);

/// How many pages of an interaction are shown: as many as a ladder of five levels with eight
/// actions each can send.
const PAGES_MAX: u32 = 40;

/// How long nobody else may take a delivery that is being cancelled.
const CANCEL_LEASE: Span = Span::from_secs(30);

/// Why a cancelled delivery is dead.
const CANCELLED: &str = "CANCELLED";

/// The place of a dead letter in the order of their list, small enough for a page token.
#[must_use]
pub fn place_of(item: &DeadItem) -> Uuid {
    let at = u128::from(item.received_at.micros().unsigned_abs());
    let key = u128::from_be_bytes(item.dedup_key);
    Uuid::from_u128(at << 64 | key >> 64)
}

/// What a place stands for: a time, and the smallest key there that begins like the item's.
fn unplaced(place: Uuid) -> (Timestamp, [u8; 16]) {
    let (at, key) = place.as_u64_pair();
    let at = Timestamp::from_micros(i64::try_from(at).unwrap_or(i64::MAX));
    (at, (u128::from(key) << 64).to_be_bytes())
}

impl App {
    /// Puts on record that an operator does something to what is, or is not, `found`.
    ///
    /// # Errors
    /// Not found.
    pub async fn operate(
        &self,
        context: &Context,
        operation: Operation,
        (resource, id): (&'static str, Uuid),
        found: bool,
    ) -> Result<()> {
        self.change(context, Operate { operation, id, resource, found }).await?;
        Ok(())
    }

    /// A page of the tenant's sessions, on all nodes.
    ///
    /// # Errors
    /// If the database cannot be reached.
    pub async fn sessions(
        &self,
        context: &Context,
        after: Option<SessionId>,
        limit: u32,
    ) -> Result<Vec<SessionRow>> {
        Ok(self.read(context).sessions(after, limit).await?)
    }

    /// Closes a session, whichever node holds its stream.
    ///
    /// # Errors
    /// Not found.
    pub async fn end_session(&self, context: &Context, session_id: SessionId) -> Result<()> {
        self.change(context, EndSession { session_id }).await?;
        Ok(())
    }

    /// A page of the tenant's deliveries.
    ///
    /// # Errors
    /// If the database cannot be reached.
    pub async fn deliveries(
        &self,
        context: &Context,
        states: &[OutboxState],
        before: Option<DeliveryId>,
        limit: u32,
    ) -> Result<DeliveriesPage> {
        Ok(self.read(context).deliveries(states, before, limit).await?)
    }

    /// What became of the pages that the ladder of an interaction sent, oldest first; of more than
    /// [`PAGES_MAX`] the newest.
    ///
    /// # Errors
    /// If the database cannot be reached.
    pub async fn pages(&self, context: &Context, row: &Interaction) -> Result<Vec<Delivery>> {
        let climbed = row.ladder.as_ref().filter(|ladder| ladder.level > 0);
        let Some(ladder) = climbed else { return Ok(Vec::new()) };
        Ok(self.read(context).pages_of(row.id, ladder.since, PAGES_MAX).await?)
    }

    async fn delivery(&self, context: &Context, id: DeliveryId) -> Result<Delivery> {
        let found = self.read(context).delivery(id).await?;
        found.ok_or_else(|| Error::not_found("delivery", id))
    }

    /// Makes a delivery due at once; one of unknown end is tried once more.
    ///
    /// # Errors
    /// Not found, `DELIVERY_NOT_PENDING`.
    pub async fn retry_delivery(&self, context: &Context, id: DeliveryId) -> Result<Delivery> {
        let before = self.delivery(context, id).await?;
        match before.state {
            OutboxState::Sending => return Ok(before),
            OutboxState::Done | OutboxState::Dead => return Err(not_pending(&before)),
            OutboxState::Ready | OutboxState::Unknown => {}
        }
        let what = ("delivery", id.0);
        self.operate(context, Operation::DeliveryRetried, what, true).await?;
        let (tenant, now) = (context.caller.tenant, self.now().await?);
        self.store.outbox().hasten(tenant, id, now, RETRY_TIME).await?;
        self.ledger.ring_deliveries();
        self.delivery(context, id).await
    }

    /// Withdraws a delivery that was not sent.
    ///
    /// # Errors
    /// Not found, `DELIVERY_NOT_PENDING`.
    pub async fn cancel_delivery(&self, context: &Context, id: DeliveryId) -> Result<Delivery> {
        let outbox = self.store.outbox();
        let by = (self.node, self.now().await?);
        // As whoever sends it would: others leave it alone, and a crash leaves it to be sent.
        let Some(claim) = outbox.claim_one(context.caller.tenant, id, by, CANCEL_LEASE).await?
        else {
            let found = self.delivery(context, id).await?;
            let cancelled = found.state == OutboxState::Dead && found.error == CANCELLED;
            return if cancelled { Ok(found) } else { Err(not_pending(&found)) };
        };
        if claim.delivery.page.is_some() {
            return self.cancel_page(context, &claim, by.1).await;
        }
        let report = Report {
            message_id: claim.delivery.message_id,
            status: DeliveryStatus::Canceled,
            attempt: 0,
            reason: CANCELLED.to_owned(),
            external_id: Sealed::default(),
            bounce: None,
            inbox: None,
        };
        if let Err(refused) = self.change(context, report).await {
            outbox.release(&claim, by.1).await?;
            return Err(refused);
        }
        outbox.dead_untried(&claim, by.1, CANCELLED).await?;
        self.ledger.ring_deliveries();
        self.delivery(context, id).await
    }

    /// Withdraws a page: no message tells of it, so that the log does.
    async fn cancel_page(
        &self,
        context: &Context,
        claim: &Claim,
        now: Timestamp,
    ) -> Result<Delivery> {
        let (outbox, id) = (self.store.outbox(), claim.delivery.id);
        let what = ("delivery", id.0);
        let noted = self.operate(context, Operation::DeliveryCancelled, what, true).await;
        if let Err(refused) = noted {
            outbox.release(claim, now).await?;
            return Err(refused);
        }
        outbox.dead_untried(claim, now, CANCELLED).await?;
        self.delivery(context, id).await
    }

    /// A page of what came in and was given up, newest first.
    ///
    /// # Errors
    /// If the database cannot be reached.
    pub async fn dead_letters(
        &self,
        context: &Context,
        before: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<DeadItem>> {
        Ok(self.read(context).dead_items(before.map(unplaced), limit).await?)
    }

    /// Gives a dead letter back to be taken in.
    ///
    /// # Errors
    /// Not found.
    pub async fn replay_dead_letter(
        &self,
        context: &Context,
        account: AccountId,
        id: Uuid,
    ) -> Result<()> {
        self.on_dead_letter(context, Operation::DeadLetterReplayed, account, id).await?;
        let now = self.now().await?;
        let item = (account, id.into_bytes());
        if self.store.inbox().replay(context.caller.tenant, item, now).await? {
            self.inbox_bell.notify_one();
        }
        Ok(())
    }

    /// Throws a dead letter away.
    ///
    /// # Errors
    /// Not found.
    pub async fn delete_dead_letter(
        &self,
        context: &Context,
        account: AccountId,
        id: Uuid,
    ) -> Result<()> {
        self.on_dead_letter(context, Operation::DeadLetterDeleted, account, id).await?;
        let item = (account, id.into_bytes());
        self.store.inbox().discard(context.caller.tenant, item).await?;
        Ok(())
    }

    async fn on_dead_letter(
        &self,
        context: &Context,
        operation: Operation,
        account: AccountId,
        id: Uuid,
    ) -> Result<()> {
        let reader = self.read(context);
        if reader.account(account).await?.is_none() {
            return Err(Error::not_found("channel_account", account));
        }
        let found = reader.dead_item(account, id.into_bytes()).await?.is_some();
        self.operate(context, operation, ("dead_letter", id), found).await
    }
}

fn not_pending(delivery: &Delivery) -> Error {
    let state = match delivery.state {
        OutboxState::Ready => "READY",
        OutboxState::Sending => "SENDING",
        OutboxState::Done => "DONE",
        OutboxState::Unknown => "UNKNOWN",
        OutboxState::Dead => "DEAD",
    };
    let refusal = Refusal::new(Reason::DeliveryNotPending);
    Error(refusal.with("delivery_id", delivery.id).with("state", state))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_says_when_and_before_which_key() {
        let item = DeadItem {
            account_id: AccountId::default(),
            dedup_key: [0xAB; 16],
            error: String::new(),
            attempts: 1,
            received_at: Timestamp::from_micros(1_763_000_000_000_123),
            size: 7,
        };
        let (at, key) = unplaced(place_of(&item));
        assert_eq!(at, item.received_at);
        assert_eq!(key[..8], item.dedup_key[..8]);
        assert!(key < item.dedup_key, "the item itself is not shown again");
    }
}
