//! How much may be open at once: streams and calls per key, per tenant and on this node, and what
//! comes without a credential, which has places of its own, so that strangers never take one of a
//! caller's. A permit counts as long as it lives; the layer that admits a call ties it to the
//! response, so that no service can forget to give it back.

use super::rates::network;
use crate::rooms::{Room, Rooms};
use domain::id::{PrincipalId, TenantId};
use domain::refusal::{Reason, Refusal};
use domain::tenant::Caller;
use domain::time::Span;
use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// When a caller who has too many streams may try again.
const RETRY: Span = Span::from_secs(5);

/// When one who has too many calls may.
const RETRY_CALL: Span = Span::from_millis(500);

/// The numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Streams one key may have open on this node.
    pub streams_per_key: usize,
    /// Streams one tenant may have open on this node.
    pub streams_per_tenant: usize,
    /// Streams this node holds.
    pub streams: usize,
    /// Calls, other than streams, of one key.
    pub calls_per_key: usize,
    /// Those of one tenant.
    pub calls_per_tenant: usize,
    /// Those this node works on.
    pub calls: usize,
    /// Streams without a credential this node holds, and as many calls.
    pub strangers: usize,
    /// Of each, from one address; zero for no such limit.
    pub strangers_per_address: usize,
    /// Webhooks under way on this node.
    pub webhooks: usize,
    /// Of those, from one address; zero for no such limit.
    pub webhooks_per_address: usize,
    /// Of those, posted to one account; zero for no such limit.
    pub webhooks_per_account: usize,
}

/// What is open, against the bounds. Clones share it.
#[derive(Clone, Debug)]
pub struct Limits(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    bounds: Bounds,
    open: Mutex<Open>,
    stranger_streams: Rooms<IpAddr>,
    stranger_calls: Rooms<IpAddr>,
    webhooks: Rooms<IpAddr>,
    accounts: Rooms<String>,
}

#[derive(Debug, Default)]
struct Open {
    streams: Named,
    calls: Named,
}

/// What callers have open of a kind.
#[derive(Debug, Default)]
struct Named {
    principals: HashMap<PrincipalId, usize>,
    tenants: HashMap<TenantId, usize>,
    all: usize,
}

/// Something open; it counts until it is dropped.
#[derive(Debug)]
pub struct Permit {
    whose: Option<(Limits, Kind, PrincipalId, TenantId)>,
    _room: Option<Room<IpAddr>>,
}

/// A webhook under way; it counts until it is dropped.
#[derive(Debug)]
pub struct Place {
    _address: Room<IpAddr>,
}

/// A webhook of a known account under way; it counts until it is dropped.
#[derive(Debug)]
pub struct PlaceOf {
    _account: Room<String>,
}

/// What a permit is for.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Call,
    Stream,
}

impl Limits {
    /// Limits with nothing open.
    #[must_use]
    pub fn new(bounds: Bounds) -> Self {
        let strangers = || Rooms::new(bounds.strangers, bounds.strangers_per_address);
        Self(Arc::new(Inner {
            bounds,
            open: Mutex::default(),
            stranger_streams: strangers(),
            stranger_calls: strangers(),
            webhooks: Rooms::new(bounds.webhooks, bounds.webhooks_per_address),
            accounts: Rooms::new(bounds.webhooks, bounds.webhooks_per_account),
        }))
    }

    /// Admits a stream of this caller.
    ///
    /// # Errors
    /// `STREAM_LIMIT`, saying which limit.
    pub fn stream(&self, caller: &Caller) -> Result<Permit, Refusal> {
        let bounds = &self.0.bounds;
        let mut open = self.0.open.lock().unwrap_or_else(PoisonError::into_inner);
        let limit = if open.streams.all >= bounds.streams {
            Some("server")
        } else if count(&open.streams.tenants, &caller.tenant) >= bounds.streams_per_tenant {
            Some("tenant")
        } else if count(&open.streams.principals, &caller.principal) >= bounds.streams_per_key {
            Some("principal")
        } else {
            None
        };
        if let Some(limit) = limit {
            return Err(full(limit));
        }
        Ok(self.open(&mut open.streams, Kind::Stream, caller))
    }

    /// Admits a call of this caller.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE`: the node has as many as it works on at once. `RATE_LIMITED`: the key
    /// or its tenant has as many as it may, among them answers that nobody takes.
    pub fn call(&self, caller: &Caller) -> Result<Permit, Refusal> {
        let bounds = &self.0.bounds;
        let mut open = self.0.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.calls.all >= bounds.calls {
            return Err(Refusal::new(Reason::ServiceUnavailable).retry_after(RETRY_CALL));
        }
        if count(&open.calls.tenants, &caller.tenant) >= bounds.calls_per_tenant {
            return Err(many("calls"));
        }
        if count(&open.calls.principals, &caller.principal) >= bounds.calls_per_key {
            return Err(many("calls_of_key"));
        }
        Ok(self.open(&mut open.calls, Kind::Call, caller))
    }

    fn open(&self, named: &mut Named, kind: Kind, caller: &Caller) -> Permit {
        let (principal, tenant) = (caller.principal, caller.tenant);
        named.all += 1;
        *named.tenants.entry(tenant).or_default() += 1;
        *named.principals.entry(principal).or_default() += 1;
        Permit { whose: Some((self.clone(), kind, principal, tenant)), _room: None }
    }

    /// Admits a stream that needs no credential, such as one of health checks.
    ///
    /// # Errors
    /// `STREAM_LIMIT` if strangers, or those at this address, have as many as they may.
    pub fn stranger_stream(&self, from: Option<IpAddr>) -> Result<Permit, Refusal> {
        let room = self.0.stranger_streams.take(from.map(network));
        let room = room.ok_or_else(|| full("strangers"))?;
        Ok(Permit { whose: None, _room: Some(room) })
    }

    /// Admits a call that needs no credential, or of somebody who is not known yet.
    ///
    /// # Errors
    /// `RATE_LIMITED` if strangers, or those at this address, have as many as they may.
    pub fn stranger_call(&self, from: Option<IpAddr>) -> Result<Permit, Refusal> {
        let room = self.0.stranger_calls.take(from.map(network));
        let room = room.ok_or_else(|| many("strangers"))?;
        Ok(Permit { whose: None, _room: Some(room) })
    }

    /// Admits a webhook from an address, before it is known what it is for; none if there are as
    /// many under way as may be.
    #[must_use]
    pub fn webhook(&self, from: Option<IpAddr>) -> Option<Place> {
        Some(Place { _address: self.0.webhooks.take(from.map(network))? })
    }

    /// Admits a webhook to an account that is there, by the name of its hook; none as above.
    #[must_use]
    pub fn webhook_of(&self, hook: &str) -> Option<PlaceOf> {
        Some(PlaceOf { _account: self.0.accounts.take(Some(hook.to_owned()))? })
    }

    /// How many calls of callers, and webhooks, are under way.
    #[must_use]
    pub fn open_calls(&self) -> usize {
        let calls = self.0.open.lock().unwrap_or_else(PoisonError::into_inner).calls.all;
        calls + self.0.webhooks.taken()
    }

    /// How many streams of callers are open; those of strangers do not count.
    #[must_use]
    pub fn open_named_streams(&self) -> usize {
        self.0.open.lock().unwrap_or_else(PoisonError::into_inner).streams.all
    }
}

fn full(limit: &'static str) -> Refusal {
    Refusal::new(Reason::StreamLimit).with("limit", limit).retry_after(RETRY)
}

fn many(limit: &'static str) -> Refusal {
    Refusal::new(Reason::RateLimited).with("limit", limit).retry_after(RETRY_CALL)
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
        let Some((limits, kind, principal, tenant)) = &self.whose else { return };
        let mut open = limits.0.open.lock().unwrap_or_else(PoisonError::into_inner);
        let named = match kind {
            Kind::Call => &mut open.calls,
            Kind::Stream => &mut open.streams,
        };
        named.all -= 1;
        release(&mut named.principals, principal);
        release(&mut named.tenants, tenant);
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use domain::id::ApiKeyId;
    use domain::tenant::{Credential, Role};
    use uuid::Uuid;

    /// Someone of a tenant.
    pub(crate) fn caller(tenant: TenantId) -> Caller {
        let (id, role) = (Uuid::now_v7(), Role::Agent);
        let (principal, credential) = (PrincipalId(id), Credential::Key(ApiKeyId(id)));
        let permissions = role.permissions();
        Caller { tenant, principal, credential, role, permissions, agent: None }
    }

    /// Small numbers: one of everything for a key, an address and an account.
    pub(crate) fn small() -> Bounds {
        Bounds {
            streams_per_key: 1,
            streams_per_tenant: 2,
            streams: 3,
            calls_per_key: 1,
            calls_per_tenant: 2,
            calls: 3,
            strangers: 2,
            strangers_per_address: 1,
            webhooks: 2,
            webhooks_per_address: 1,
            webhooks_per_account: 1,
        }
    }

    fn limit(refused: Result<Permit, Refusal>, reason: Reason) -> String {
        let refusal = refused.expect_err("full");
        assert_eq!(refusal.reason, reason);
        assert!(refusal.retry_after.is_some());
        refusal.metadata.first().map(|(_, limit)| limit.clone()).unwrap_or_default()
    }

    #[test]
    fn each_bound_of_streams_holds_and_says_which_it_is() {
        let limits = Limits::new(small());
        let full = |refused| limit(refused, Reason::StreamLimit);
        let (a, b) = (TenantId(Uuid::now_v7()), TenantId(Uuid::now_v7()));
        let first = caller(a);
        let one = limits.stream(&first).expect("room");
        assert_eq!(full(limits.stream(&first)), "principal");
        let two = limits.stream(&caller(a)).expect("room");
        assert_eq!(full(limits.stream(&caller(a))), "tenant");
        let three = limits.stream(&caller(b)).expect("room");
        assert_eq!(full(limits.stream(&caller(b))), "server");
        drop(one);
        let again = limits.stream(&first).expect("given back");
        drop((two, three, again));
        assert_eq!(limits.open_named_streams(), 0);
        let streams = &limits.0.open.lock().expect("whole").streams;
        assert!(streams.principals.is_empty() && streams.tenants.is_empty(), "nothing is left");
    }

    #[test]
    fn each_bound_of_calls_holds_and_says_which_it_is() {
        let limits = Limits::new(small());
        let many = |refused| limit(refused, Reason::RateLimited);
        let (a, b) = (TenantId(Uuid::now_v7()), TenantId(Uuid::now_v7()));
        let first = caller(a);
        let one = limits.call(&first).expect("room");
        assert_eq!(many(limits.call(&first)), "calls_of_key");
        let two = limits.call(&caller(a)).expect("another key of the tenant is not concerned");
        assert_eq!(many(limits.call(&caller(a))), "calls");
        let three = limits.call(&caller(b)).expect("another tenant is not concerned");
        assert_eq!(limit(limits.call(&caller(b)), Reason::ServiceUnavailable), "");
        drop((one, two, three));
        drop(limits.call(&first).expect("given back"));
        let calls = &limits.0.open.lock().expect("whole").calls;
        assert!(calls.principals.is_empty() && calls.tenants.is_empty() && calls.all == 0);
    }

    #[test]
    fn strangers_take_their_own_places_and_no_callers() {
        let limits = Limits::new(small());
        let [near, same, far] = ["2001:db8::1", "2001:db8::2", "192.0.2.1"].map(|a| a.parse().ok());
        let _one = limits.stranger_stream(near).expect("room");
        assert_eq!(limit(limits.stranger_stream(same), Reason::StreamLimit), "strangers");
        let _two = limits.stranger_stream(far).expect("another network is not concerned");
        assert!(limits.stranger_stream(None).is_err(), "all strangers together");
        let call = limits.stranger_call(near).expect("streams take no place of calls");
        assert_eq!(limit(limits.stranger_call(near), Reason::RateLimited), "strangers");
        let _hook = limits.webhook(near).expect("nor of webhooks");
        assert!(limits.webhook(same).is_none());
        let hooked = limits.webhook_of("a").expect("room");
        assert!(limits.webhook_of("a").is_none());
        let _other = limits.webhook_of("b").expect("another account is not concerned");
        let someone = caller(TenantId(Uuid::now_v7()));
        let _named = (limits.stream(&someone).expect("room"), limits.call(&someone).expect("room"));
        assert_eq!(limits.open_named_streams(), 1);
        drop((call, hooked));
        limits.stranger_call(near).expect("given back");
        limits.webhook_of("a").expect("given back");
    }
}
