//! The consoles whose streams this node holds. A console has one stream: a newer one takes over,
//! and the older one is told so.

use domain::id::{AgentId, SessionId, TenantId};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio_util::sync::CancellationToken;

/// A console: whose, and which of theirs. Whoever knows only the session takes nothing over.
pub type Console = (TenantId, AgentId, SessionId);

/// The consoles of this node; clones share them.
#[derive(Clone, Debug, Default)]
pub struct Consoles(Arc<Mutex<HashMap<Console, CancellationToken>>>);

/// A console's place; whoever holds it is its stream.
#[derive(Clone, Debug)]
pub struct Seat {
    id: Console,
    replaced: CancellationToken,
    consoles: Consoles,
}

impl Consoles {
    /// Takes the console over from whoever had it here.
    #[must_use]
    pub fn take(&self, id: Console) -> Seat {
        let replaced = CancellationToken::new();
        let before = self.lock().insert(id, replaced.clone());
        if let Some(before) = before {
            before.cancel();
        }
        Seat { id, replaced, consoles: self.clone() }
    }

    /// How many streams of consoles are open.
    #[must_use]
    pub fn open(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Console, CancellationToken>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    /// Waits until another stream has taken the console over.
    pub async fn replaced(&self) {
        self.replaced.cancelled().await;
    }

    /// Leaves; whether the console is now without a stream here.
    #[must_use]
    pub fn leave(self) -> bool {
        if self.replaced.is_cancelled() {
            return false;
        }
        self.consoles.lock().remove(&self.id);
        true
    }
}
