//! One request: who asks, under which id, until when; and how it becomes an origin of commands.

use crate::ledger::command::{Idempotency, Origin};
use domain::event::{Actor, ActorKind};
use domain::tenant::{Caller, Credential};
use sha2::{Digest, Sha256};
use std::net::SocketAddr;
use std::time::Instant;

/// A request on its way through the use cases.
#[derive(Clone, Debug)]
pub struct Context {
    /// Who asks.
    pub caller: Caller,
    /// The full name of the method.
    pub method: &'static str,
    /// The caller's request id; empty if none.
    pub request_id: String,
    /// A hash of the request's content; zero where a repeat is safe by itself, so that the id is
    /// put on record and not held against other content.
    pub request_hash: [u8; 16],
    /// When the caller no longer waits.
    pub deadline: Option<Instant>,
    /// Where the caller's connection comes from, if it is known.
    pub peer: Option<SocketAddr>,
}

impl Context {
    /// The origin of a command of this request.
    #[must_use]
    pub fn origin(&self) -> Origin {
        Origin {
            tenant: self.caller.tenant,
            actor: self.actor(),
            caller: Some(self.caller),
            request_id: self.request_id.clone(),
            idempotency: self.idempotency(),
        }
    }

    /// Who is on record for what the request changes.
    #[must_use]
    pub fn actor(&self) -> Actor {
        let kind = match (self.caller.agent, self.caller.credential) {
            (Some(agent), _) => return Actor { kind: ActorKind::Agent, id: agent.0 },
            (None, Credential::Key(_)) => ActorKind::Key,
            (None, _) => ActorKind::Principal,
        };
        Actor { kind, id: self.caller.principal.0 }
    }

    fn idempotency(&self) -> Option<Idempotency> {
        if self.request_id.is_empty() || self.request_hash == [0; 16] {
            return None;
        }
        let caller = self.caller.principal;
        let parts = [caller.0.as_bytes(), self.method.as_bytes(), self.request_id.as_bytes()];
        Some(Idempotency { key: short_hash(&parts), hash: self.request_hash })
    }
}

/// The first 16 bytes of SHA-256 over the parts, each after its length.
#[must_use]
pub fn short_hash(parts: &[&[u8]]) -> [u8; 16] {
    let mut sha = Sha256::new();
    for part in parts {
        sha.update((part.len() as u64).to_be_bytes());
        sha.update(part);
    }
    let full = sha.finalize();
    let mut short = [0; 16];
    short.copy_from_slice(&full[..16]);
    short
}
