//! Tenants, keys and who may do what: roles are sets of permissions, a key may narrow its role's
//! set further, and a caller is what a proven credential amounts to.

use crate::channel::coded_enum;
use crate::id::{AgentId, ApiKeyId, PrincipalId, TenantId};
use crate::time::Timestamp;

coded_enum! {
    /// Whether a tenant is served.
    TenantStatus {
        /// Served.
        Active = 1,
        /// Refused everything.
        Suspended = 2,
    }
}

coded_enum! {
    /// What a key is for.
    Role {
        /// Runs the installation; sees no content.
        PlatformAdmin = 1,
        /// Runs a tenant.
        TenantAdmin = 2,
        /// Leads agents.
        Supervisor = 3,
        /// Answers customers.
        Agent = 4,
        /// Reads figures.
        Analyst = 5,
        /// Reads the audit log.
        Auditor = 6,
        /// A backend.
        Integration = 7,
    }
}

coded_enum! {
    /// What a caller may do; each RPC names the one it needs.
    Permission {
        /// Read interactions, messages and queues' work.
        InteractionsRead = 1,
        /// Create, change, route, transfer, close and rate interactions.
        InteractionsWrite = 2,
        /// Write messages.
        InteractionsReply = 3,
        /// Answer one's own offers, hold a session, set one's presence.
        OffersAnswer = 4,
        /// Read queues, skills and rules.
        RoutingRead = 5,
        /// Change queues, skills and rules.
        RoutingWrite = 6,
        /// Read agents and teams.
        AgentsRead = 7,
        /// Change agents and teams.
        AgentsWrite = 8,
        /// Read figures and boards.
        AnalyticsRead = 9,
        /// Read customers and their history.
        CustomersRead = 10,
        /// Change customers.
        CustomersWrite = 11,
        /// Read channel accounts.
        ChannelsRead = 12,
        /// Change channel accounts.
        ChannelsWrite = 13,
        /// Bring in customers' messages.
        MessagesIngest = 14,
        /// Follow the tenant's event feed.
        FeedRead = 15,
        /// Read and verify the audit log.
        AuditRead = 16,
        /// Create and revoke keys.
        KeysManage = 17,
        /// Create and change tenants.
        TenantsManage = 18,
        /// Ask the server about itself, and who one is.
        ServerRead = 19,
        /// See streams, sessions, deliveries and dead letters.
        OperationsRead = 20,
        /// Close, retry, cancel and replay them.
        OperationsManage = 21,
        /// Ask the server to describe its services.
        ReflectionRead = 22,
        /// Hand work to an agent over their capacity, schedule and presence.
        LimitsOverride = 23,
    }
}

/// A set of permissions.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Permissions(u32);

impl Permissions {
    /// The set of these.
    #[must_use]
    pub const fn of(list: &[Permission]) -> Self {
        let mut bits = 0;
        let mut i = 0;
        while i < list.len() {
            bits |= 1 << (list[i] as u32);
            i += 1;
        }
        Self(bits)
    }

    /// Whether it holds `permission`.
    #[must_use]
    pub const fn has(self, permission: Permission) -> bool {
        self.0 & (1 << (permission as u32)) != 0
    }

    /// What both hold.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// As a number to store.
    #[must_use]
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// From a stored number.
    #[must_use]
    pub const fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    /// Its members, in code order.
    pub fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::ALL.iter().copied().filter(move |p| self.has(*p))
    }
}

/// What the operator of the platform may do: nothing inside of a tenant.
const OPERATOR: Permissions = Permissions::of(&[
    Permission::TenantsManage,
    Permission::ServerRead,
    Permission::OperationsRead,
    Permission::OperationsManage,
    Permission::ReflectionRead,
]);

impl Role {
    /// What the role may do.
    #[must_use]
    pub const fn permissions(self) -> Permissions {
        use Permission as P;
        match self {
            Role::PlatformAdmin => OPERATOR,
            Role::TenantAdmin => Permissions::of(&[
                P::InteractionsRead,
                P::InteractionsWrite,
                P::InteractionsReply,
                P::OffersAnswer,
                P::RoutingRead,
                P::RoutingWrite,
                P::AgentsRead,
                P::AgentsWrite,
                P::AnalyticsRead,
                P::CustomersRead,
                P::CustomersWrite,
                P::ChannelsRead,
                P::ChannelsWrite,
                P::MessagesIngest,
                P::FeedRead,
                P::AuditRead,
                P::KeysManage,
                P::ServerRead,
                P::OperationsRead,
                P::OperationsManage,
                P::ReflectionRead,
                P::LimitsOverride,
            ]),
            Role::Supervisor => Permissions::of(&[
                P::InteractionsRead,
                P::InteractionsWrite,
                P::InteractionsReply,
                P::OffersAnswer,
                P::RoutingRead,
                P::AgentsRead,
                P::AnalyticsRead,
                P::CustomersRead,
                P::CustomersWrite,
                P::ChannelsRead,
                P::ServerRead,
                P::LimitsOverride,
            ]),
            Role::Agent => Permissions::of(&[
                P::InteractionsRead,
                P::InteractionsWrite,
                P::InteractionsReply,
                P::OffersAnswer,
                P::RoutingRead,
                P::AgentsRead,
                P::CustomersRead,
                P::ServerRead,
            ]),
            Role::Analyst => Permissions::of(&[P::AnalyticsRead, P::RoutingRead, P::ServerRead]),
            Role::Auditor => Permissions::of(&[P::AuditRead, P::ServerRead]),
            Role::Integration => Permissions::of(&[
                P::InteractionsRead,
                P::InteractionsWrite,
                P::InteractionsReply,
                P::RoutingRead,
                P::AgentsRead,
                P::CustomersRead,
                P::CustomersWrite,
                P::ChannelsRead,
                P::MessagesIngest,
                P::FeedRead,
                P::ServerRead,
                P::ReflectionRead,
            ]),
        }
    }
}

/// What proved who calls, and how long it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credential {
    /// A key, as long as its row says so.
    Key(ApiKeyId),
    /// A token of an issuer, good until then.
    Token(Timestamp),
    /// A certificate, good until then.
    Certificate(Timestamp),
}

/// What a proven credential amounts to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Whose data it may touch.
    pub tenant: TenantId,
    /// Who it is: the same for every credential of one key, subject or service.
    pub principal: PrincipalId,
    /// What proved it.
    pub credential: Credential,
    /// Its role.
    pub role: Role,
    /// What it may do.
    pub permissions: Permissions,
    /// The agent it speaks for.
    pub agent: Option<AgentId>,
}

impl Caller {
    /// The caller that a good key of a tenant is.
    #[must_use]
    pub const fn of_key(tenant: TenantId, key: &ApiKey) -> Self {
        Self {
            tenant,
            principal: PrincipalId(key.id.0),
            credential: Credential::Key(key.id),
            role: key.role,
            permissions: key.permissions,
            agent: key.agent_id,
        }
    }

    /// Whether it may do what takes this permission. Facts about the server and about oneself are
    /// told to every caller, whatever scopes leave of the role.
    #[must_use]
    pub fn may(&self, permission: Permission) -> bool {
        permission == Permission::ServerRead || self.permissions.has(permission)
    }

    /// Until when the credential itself is good, where it says so.
    #[must_use]
    pub const fn until(&self) -> Option<Timestamp> {
        match self.credential {
            Credential::Key(_) => None,
            Credential::Token(until) | Credential::Certificate(until) => Some(until),
        }
    }
}

/// A tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tenant {
    /// Its id.
    pub id: TenantId,
    /// Its name, unique in the installation.
    pub name: String,
    /// Whether it is served.
    pub status: TenantStatus,
    /// Counts changes; the etag is made of it.
    pub version: i64,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// An API key; the secret itself is shown once and never kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// Its id, part of the key's text.
    pub id: ApiKeyId,
    /// A name to recognise it by.
    pub name: String,
    /// What it is for.
    pub role: Role,
    /// What it may do: its role's permissions, possibly narrowed.
    pub permissions: Permissions,
    /// The agent it speaks for.
    pub agent_id: Option<AgentId>,
    /// Keyed hash of the secret.
    pub secret_hash: Vec<u8>,
    /// Last four characters of the key, to recognise it by.
    pub last4: String,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it stops working.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}
