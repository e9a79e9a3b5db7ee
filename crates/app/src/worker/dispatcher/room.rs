//! Room in memory for messages with files: few at once, and one of each account, so that a relay
//! that takes its time with one does not keep the others' waiting. Who finds no room in time gives
//! the delivery back, long before the lease on it ends.

use domain::id::AccountId;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// How many messages with files are under way at once.
const LARGE: usize = 3;

/// How long one waits for room.
const WAIT: Duration = Duration::from_secs(20);

/// The room there is. Clones share it.
#[derive(Clone)]
pub(super) struct Room {
    all: Arc<Semaphore>,
    of: Arc<Mutex<HashMap<AccountId, Weak<Semaphore>>>>,
}

/// Room for one message, until it is dropped.
pub(super) struct Taken {
    _all: OwnedSemaphorePermit,
    _own: OwnedSemaphorePermit,
}

impl Default for Room {
    fn default() -> Self {
        Self { all: Arc::new(Semaphore::new(LARGE)), of: Arc::default() }
    }
}

impl Room {
    /// Room for a message of this account; none if there is none in time.
    pub(super) async fn take(&self, account: AccountId) -> Option<Taken> {
        let own = self.of(account);
        let both = async {
            let own = own.acquire_owned().await.expect("nobody closes it");
            let all = Arc::clone(&self.all).acquire_owned().await.expect("nobody closes it");
            Taken { _all: all, _own: own }
        };
        timeout(WAIT, both).await.ok()
    }

    /// The account's own place; those that nobody uses are forgotten.
    fn of(&self, account: AccountId) -> Arc<Semaphore> {
        let mut of = self.of.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = of.get(&account).and_then(Weak::upgrade) {
            return own;
        }
        of.retain(|_, own| own.strong_count() > 0);
        let own = Arc::new(Semaphore::new(1));
        of.insert(account, Arc::downgrade(&own));
        own
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_account_that_holds_its_room_leaves_room_for_others() {
        let room = Room::default();
        let (slow, other) = (AccountId(uuid::Uuid::now_v7()), AccountId(uuid::Uuid::now_v7()));
        let held = room.take(slow).await.expect("room");
        let waiting = room.clone();
        let second = tokio::spawn(async move { waiting.take(slow).await });
        // It gets as far as it can.
        tokio::task::yield_now().await;
        let beside = timeout(Duration::from_secs(5), room.take(other)).await;
        assert!(beside.expect("it does not wait").is_some());
        assert!(!second.is_finished(), "one of an account");
        drop(held);
        assert!(second.await.expect("no panic").is_some());
        assert_eq!(room.of.lock().expect("whole").len(), 2);
        room.of(AccountId(uuid::Uuid::now_v7()));
        assert_eq!(room.of.lock().expect("whole").len(), 1, "unused places are forgotten");
    }
}
