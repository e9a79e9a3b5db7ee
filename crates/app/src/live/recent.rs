//! Rows as recent batches of this node left them, so that streams which join content to an event
//! just committed need not read it back. Sealed as in the database. A row answers for an event only
//! if it is not older than the event.

use domain::id::{InteractionId, TenantId};
use domain::interaction::Interaction;
use domain::message::{Direction, Message};
use moka::sync::Cache;
use std::sync::Arc;
use std::time::Duration;

/// How many rows of each kind are kept.
const ROWS: u64 = 20_000;

/// How long a row is kept.
const KEPT: Duration = Duration::from_secs(15);

type Key = (TenantId, InteractionId);

/// Recent rows; clones share them.
#[derive(Clone)]
pub struct Recent {
    interactions: Cache<Key, Arc<Interaction>>,
    last_messages: Cache<Key, Arc<Message>>,
}

impl Default for Recent {
    fn default() -> Self {
        Self {
            interactions: Cache::builder().max_capacity(ROWS).time_to_live(KEPT).build(),
            last_messages: Cache::builder().max_capacity(ROWS).time_to_live(KEPT).build(),
        }
    }
}

impl Recent {
    /// Remembers what a committed batch left.
    pub(crate) fn remember<'a>(
        &self,
        tenant: TenantId,
        interactions: impl Iterator<Item = &'a Interaction>,
        messages: impl Iterator<Item = &'a Message>,
    ) {
        for row in interactions {
            self.interactions.insert((tenant, row.id), Arc::new(row.clone()));
        }
        // What the house itself says is nothing that an agent is asked to answer.
        for row in messages.filter(|row| row.direction == Direction::Inbound) {
            self.last_messages.insert((tenant, row.interaction_id), Arc::new(row.clone()));
        }
    }

    /// An interaction that is not older than a place in the log.
    #[must_use]
    pub fn interaction(
        &self,
        tenant: TenantId,
        id: InteractionId,
        seq: i64,
    ) -> Option<Arc<Interaction>> {
        self.interactions.get(&(tenant, id)).filter(|row| row.last_seq >= seq)
    }

    /// The newest message of an interaction's customer, if it was added a moment ago.
    #[must_use]
    pub fn last_message(&self, tenant: TenantId, id: InteractionId) -> Option<Arc<Message>> {
        self.last_messages.get(&(tenant, id))
    }
}
