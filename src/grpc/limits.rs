//! How much may be open at once: streams per key, per tenant and on this node, and calls on this
//! node. A permit counts as long as it lives; the layer that admits a call ties it to the response,
//! so that no service can forget to give it back.

use domain::id::{ApiKeyId, TenantId};
use domain::refusal::{Reason, Refusal};
use domain::tenant::Caller;
use domain::time::Span;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

/// When a caller who has too much open may try again.
const RETRY: Span = Span::from_secs(5);

/// The numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Streams one key may have open on this node.
    pub streams_per_key: usize,
    /// Streams one tenant may have open on this node.
    pub streams_per_tenant: usize,
    /// Streams this node holds.
    pub streams: usize,
    /// Calls, other than streams, this node works on.
    pub calls: usize,
}

/// What is open, against the bounds. Clones share it.
#[derive(Clone, Debug)]
pub struct Limits(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    bounds: Bounds,
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    keys: HashMap<ApiKeyId, usize>,
    tenants: HashMap<TenantId, usize>,
    streams: usize,
    calls: usize,
}

/// Something open; it counts until it is dropped.
#[derive(Debug)]
pub struct Permit {
    limits: Limits,
    stream: Option<(ApiKeyId, TenantId)>,
}

impl Limits {
    /// Limits with nothing open.
    #[must_use]
    pub fn new(bounds: Bounds) -> Self {
        Self(Arc::new(Inner { bounds, open: Mutex::default() }))
    }

    /// Admits a stream of this caller.
    ///
    /// # Errors
    /// `STREAM_LIMIT`, saying which limit.
    pub fn stream(&self, caller: &Caller) -> Result<Permit, Refusal> {
        let bounds = &self.0.bounds;
        let mut open = self.0.open.lock().unwrap_or_else(PoisonError::into_inner);
        let full = if open.streams >= bounds.streams {
            Some("server")
        } else if count(&open.tenants, &caller.tenant) >= bounds.streams_per_tenant {
            Some("tenant")
        } else if count(&open.keys, &caller.key) >= bounds.streams_per_key {
            Some("key")
        } else {
            None
        };
        if let Some(scope) = full {
            let refusal = Refusal::new(Reason::StreamLimit).with("scope", scope);
            return Err(refusal.retry_after(RETRY));
        }
        open.streams += 1;
        *open.tenants.entry(caller.tenant).or_default() += 1;
        *open.keys.entry(caller.key).or_default() += 1;
        Ok(Permit { limits: self.clone(), stream: Some((caller.key, caller.tenant)) })
    }

    /// Admits a call.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE`: the node has as many as it works on at once.
    pub fn call(&self) -> Result<Permit, Refusal> {
        let mut open = self.0.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.calls >= self.0.bounds.calls {
            let refusal = Refusal::new(Reason::ServiceUnavailable);
            return Err(refusal.retry_after(Span::from_millis(500)));
        }
        open.calls += 1;
        Ok(Permit { limits: self.clone(), stream: None })
    }

    /// How many streams are open.
    #[must_use]
    pub fn open_streams(&self) -> usize {
        self.0.open.lock().unwrap_or_else(PoisonError::into_inner).streams
    }
}

fn count<K: Hash + Eq>(map: &HashMap<K, usize>, key: &K) -> usize {
    map.get(key).copied().unwrap_or_default()
}

fn release<K: Hash + Eq>(map: &mut HashMap<K, usize>, key: &K) {
    if let Some(count) = map.get_mut(key) {
        *count -= 1;
        if *count == 0 {
            map.remove(key);
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut open = self.limits.0.open.lock().unwrap_or_else(PoisonError::into_inner);
        match self.stream {
            Some((key, tenant)) => {
                open.streams -= 1;
                release(&mut open.keys, &key);
                release(&mut open.tenants, &tenant);
            }
            None => open.calls -= 1,
        }
    }
}
