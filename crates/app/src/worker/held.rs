//! Tenants that are suspended, as a worker met them: for a moment it looks for nothing of theirs,
//! so that what waits for them costs nobody else. After that moment it looks again.

use domain::id::TenantId;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a tenant is left out after it was met.
const HELD: Duration = Duration::from_secs(5);

/// The most tenants that are left out at a time; of more, some are met again.
const HELD_MAX: usize = 1024;

/// Who is left out. Clones share it.
#[derive(Clone, Debug, Default)]
pub(super) struct Held(Arc<Mutex<HashMap<TenantId, Instant>>>);

impl Held {
    /// Leaves a tenant out for a moment.
    pub(super) fn add(&self, tenant: TenantId) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if held.len() < HELD_MAX {
            held.insert(tenant, Instant::now() + HELD);
        }
    }

    /// Who is left out now.
    pub(super) fn tenants(&self) -> Vec<TenantId> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        held.retain(|_, until| *until > now);
        held.keys().copied().collect()
    }
}
