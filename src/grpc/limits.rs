//! How much may be open at once: streams per key, per tenant and on this node, and calls on this
//! node. A permit counts as long as it lives; the layer that admits a call ties it to the response,
//! so that no service can forget to give it back.

use domain::id::{PrincipalId, TenantId};
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
    /// Of those, of one tenant.
    pub calls_per_tenant: usize,
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
    principals: HashMap<PrincipalId, usize>,
    tenants: HashMap<TenantId, usize>,
    streams: usize,
    calls: usize,
    calls_of: HashMap<TenantId, usize>,
}

/// Something open; it counts until it is dropped.
#[derive(Debug)]
pub struct Permit {
    limits: Limits,
    of: Of,
}

/// What a permit is for.
#[derive(Debug)]
enum Of {
    Call(Option<TenantId>),
    Stream(Option<(PrincipalId, TenantId)>),
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
        let limit = if open.streams >= bounds.streams {
            Some("server")
        } else if count(&open.tenants, &caller.tenant) >= bounds.streams_per_tenant {
            Some("tenant")
        } else if count(&open.principals, &caller.principal) >= bounds.streams_per_key {
            Some("principal")
        } else {
            None
        };
        if let Some(limit) = limit {
            return Err(full(limit));
        }
        open.streams += 1;
        *open.tenants.entry(caller.tenant).or_default() += 1;
        *open.principals.entry(caller.principal).or_default() += 1;
        let of = Of::Stream(Some((caller.principal, caller.tenant)));
        Ok(Permit { limits: self.clone(), of })
    }

    /// Admits a stream that needs no credential, such as one of health checks.
    ///
    /// # Errors
    /// `STREAM_LIMIT` if the node holds as many streams as it may.
    pub fn open_to_all(&self) -> Result<Permit, Refusal> {
        let mut open = self.0.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.streams >= self.0.bounds.streams {
            return Err(full("server"));
        }
        open.streams += 1;
        Ok(Permit { limits: self.clone(), of: Of::Stream(None) })
    }

    /// Admits a call of a tenant, or of somebody who is not known yet.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE`: the node has as many as it works on at once. `RATE_LIMITED`: the
    /// tenant has as many as it may, among them answers that nobody takes.
    pub fn call(&self, tenant: Option<TenantId>) -> Result<Permit, Refusal> {
        let mut open = self.0.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.calls >= self.0.bounds.calls {
            let refusal = Refusal::new(Reason::ServiceUnavailable);
            return Err(refusal.retry_after(Span::from_millis(500)));
        }
        if let Some(tenant) = tenant {
            if count(&open.calls_of, &tenant) >= self.0.bounds.calls_per_tenant {
                let refusal = Refusal::new(Reason::RateLimited).with("limit", "calls");
                return Err(refusal.retry_after(Span::from_millis(500)));
            }
            *open.calls_of.entry(tenant).or_default() += 1;
        }
        open.calls += 1;
        Ok(Permit { limits: self.clone(), of: Of::Call(tenant) })
    }

    /// How many streams of callers are open; those that are open to all do not count.
    #[must_use]
    pub fn open_named_streams(&self) -> usize {
        self.0.open.lock().unwrap_or_else(PoisonError::into_inner).tenants.values().sum()
    }
}

fn full(limit: &'static str) -> Refusal {
    Refusal::new(Reason::StreamLimit).with("limit", limit).retry_after(RETRY)
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
        match self.of {
            Of::Call(tenant) => {
                open.calls -= 1;
                if let Some(tenant) = tenant {
                    release(&mut open.calls_of, &tenant);
                }
            }
            Of::Stream(whose) => {
                open.streams -= 1;
                if let Some((key, tenant)) = whose {
                    release(&mut open.principals, &key);
                    release(&mut open.tenants, &tenant);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::id::ApiKeyId;
    use domain::tenant::{Credential, Role};
    use uuid::Uuid;

    fn caller(tenant: TenantId) -> Caller {
        let (id, role) = (Uuid::now_v7(), Role::Agent);
        let (principal, credential) = (PrincipalId(id), Credential::Key(ApiKeyId(id)));
        let permissions = role.permissions();
        Caller { tenant, principal, credential, role, permissions, agent: None }
    }

    fn limits() -> Limits {
        let (streams_per_key, streams_per_tenant) = (1, 2);
        let (calls, calls_per_tenant) = (2, 1);
        let streams = 3;
        Limits::new(Bounds {
            streams_per_key,
            streams_per_tenant,
            streams,
            calls,
            calls_per_tenant,
        })
    }

    fn limit(refused: Result<Permit, Refusal>) -> String {
        let refusal = refused.expect_err("full");
        assert_eq!(refusal.reason, Reason::StreamLimit);
        assert!(refusal.retry_after.is_some());
        refusal.metadata[0].1.clone()
    }

    #[test]
    fn each_bound_holds_and_says_which_it_is() {
        let limits = limits();
        let (a, b) = (TenantId(Uuid::now_v7()), TenantId(Uuid::now_v7()));
        let first = caller(a);
        let one = limits.stream(&first).expect("room");
        assert_eq!(limit(limits.stream(&first)), "principal");
        let two = limits.stream(&caller(a)).expect("room");
        assert_eq!(limit(limits.stream(&caller(a))), "tenant");
        let three = limits.stream(&caller(b)).expect("room");
        assert_eq!(limit(limits.stream(&caller(b))), "server");
        assert_eq!(limit(limits.open_to_all()), "server");
        drop(one);
        let again = limits.stream(&first).expect("given back");
        drop((two, three, again));
        assert_eq!(limits.open_named_streams(), 0);
        let open = limits.0.open.lock().expect("whole");
        assert_eq!(open.streams, 0);
        assert!(open.principals.is_empty() && open.tenants.is_empty(), "nothing is left behind");
    }

    #[test]
    fn calls_beyond_the_bound_are_told_when_to_try_again() {
        let limits = limits();
        let (a, b) = (TenantId(Uuid::now_v7()), TenantId(Uuid::now_v7()));
        let one = limits.call(Some(a)).expect("room");
        let refused = limits.call(Some(a)).expect_err("the tenant's are under way");
        assert_eq!(refused.reason, Reason::RateLimited);
        assert!(refused.retry_after.is_some());
        let two = limits.call(Some(b)).expect("another tenant is not concerned");
        for other in [None, Some(b)] {
            let refused = limits.call(other).expect_err("full");
            assert_eq!(refused.reason, Reason::ServiceUnavailable);
            assert!(refused.retry_after.is_some());
        }
        drop((one, two));
        limits.call(None).expect("given back");
        assert!(limits.0.open.lock().expect("whole").calls_of.is_empty(), "nothing is left behind");
    }
}
