//! What the contract says about each RPC beside its types: the permission it needs, why a repeat is
//! safe, how it is audited and what kind of stream it is; and which fields are sensitive. The
//! tables are generated, and the build fails if an RPC has no complete policy: deny by default.

use domain::tenant::Permission;

#[cfg(test)]
mod tests;

/// Why repeating a call is safe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Idempotency {
    /// It changes nothing.
    Read,
    /// A repeat is recognised by its `request_id`.
    RequestId,
    /// A repeat finds the state already set.
    Natural,
    /// It is a stream; opening it again is safe.
    Stream,
}

/// How a call is recorded for auditors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditClass {
    /// Not recorded.
    None,
    /// Recorded in the access log.
    ReadPersonal,
    /// Recorded by its event.
    Change,
    /// Recorded also when refused.
    Security,
}

/// What a stream promises when its reader is slow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamKind {
    /// Every event matters; a slow reader is told goodbye and resumes.
    Event,
    /// Only the newest value matters; a slow reader skips to it.
    State,
    /// A piece of content that ends when all of it was sent.
    Content,
}

/// How carefully the content of a field must be handled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sensitivity {
    /// Personal data: never in a log line, an event or an error.
    Personal,
    /// A credential: shown once, never stored in the clear, never logged.
    Secret,
}

/// What the server must know about one RPC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MethodPolicy {
    /// Its full path, such as `/omnichannel.v1.AgentService/GetAgent`.
    pub path: &'static str,
    /// What its caller must be allowed to do.
    pub permission: Permission,
    /// Why a repeat is safe.
    pub idempotency: Idempotency,
    /// How a call is recorded.
    pub audit: AuditClass,
    /// What kind of stream it is; none if it does not stream.
    pub stream: Option<StreamKind>,
    /// Whether the client sends many messages.
    pub client_streaming: bool,
    /// Whether the server sends many messages.
    pub server_streaming: bool,
}

/// The generated tables, both sorted by name.
mod generated {
    use super::{AuditClass, Idempotency, MethodPolicy, Permission, Sensitivity, StreamKind};
    include!(concat!(env!("OUT_DIR"), "/policy.rs"));
}

/// The policy of the RPC with this full path; none if the contract has no such RPC.
#[must_use]
pub fn of(path: &str) -> Option<&'static MethodPolicy> {
    let table = generated::METHODS;
    table.binary_search_by(|policy| policy.path.cmp(path)).ok().map(|index| &table[index])
}

/// The policies of all RPCs, in the order of their paths.
#[must_use]
pub const fn all() -> &'static [MethodPolicy] {
    generated::METHODS
}

/// The sensitive fields of the message with this full name, such as `omnichannel.v1.Customer`.
#[must_use]
pub fn sensitive_fields(message: &str) -> &'static [(&'static str, Sensitivity)] {
    let table = generated::SENSITIVE;
    let found = table.binary_search_by(|(name, _)| (*name).cmp(message));
    found.map_or(&[], |index| table[index].1)
}
