//! Tenants, as the platform sees them. A new tenant is a fact of the system tenant's log; its own
//! log begins with [`Furnish`], which gives it a default queue and its first key.

use super::api_key::CreateApiKey;
use super::queue::SaveQueue;
use super::{Command, Done, Keys, No, check_version, name_taken};
use crate::ledger::draft::Draft;
use domain::event::{Change, Event};
use domain::id::TenantId;
use domain::refusal::Refusal;
use domain::tenant::{Tenant, TenantStatus};
use engine::floor::Floor;
use std::sync::Arc;
use uuid::Uuid;

/// Creates or changes a tenant; decided in the system tenant's log.
#[derive(Clone, Debug)]
pub struct SaveTenant {
    /// Which one; a new one's id is minted with its key, before the decision.
    pub id: TenantId,
    /// The key of a new one, wrapped.
    pub new_key: Option<Vec<u8>>,
    /// The version the caller saw; zero if they do not care.
    pub version: i64,
    /// The name.
    pub name: Option<String>,
    /// Whether it is served.
    pub status: Option<TenantStatus>,
}

impl Command for SaveTenant {
    fn keys(&self, _: &Floor, keys: &mut Keys) {
        keys.tenants.push(self.id);
        keys.tenant_names.extend(self.name.clone());
    }

    fn decide(&self, draft: &mut Draft) -> Result<Done, No> {
        let found = draft.rows.tenants.get(self.id).cloned();
        let (mut tenant, change) = match (&self.new_key, found) {
            (Some(_), _) => {
                let new = Tenant {
                    id: self.id,
                    name: String::new(),
                    status: TenantStatus::Active,
                    version: 0,
                    created_at: draft.now,
                    updated_at: draft.now,
                };
                (new, Change::Created)
            }
            (None, Some(found)) => (found, Change::Updated),
            (None, None) => return Err(Refusal::not_found("tenant", self.id).into()),
        };
        check_version(self.version, tenant.version, "tenant", tenant.id)?;
        if let Some(name) = &self.name {
            let owner = draft.rows.tenant_names.get(name);
            if owner.is_some_and(|owner| *owner != self.id) {
                return Err(name_taken("tenant").into());
            }
            tenant.name.clone_from(name);
            draft.rows.tenant_names.retain(|_, owner| *owner != self.id);
            draft.rows.tenant_names.insert(name.clone(), self.id);
        }
        if tenant.name.is_empty() {
            return Err(Refusal::field("tenant.name", "a tenant has a name").into());
        }
        if let Some(status) = self.status {
            tenant.status = status;
        }
        tenant.version += 1;
        tenant.updated_at = draft.now;
        if let Some(key) = &self.new_key {
            draft.rows.tenant_keys.insert(self.id, key.clone());
        }
        draft.rows.tenants.put(self.id, tenant);
        draft.record(Event::TenantChanged { tenant_id: self.id, change });
        Ok(Done::with(self.id))
    }
}

/// Gives a new tenant what it cannot do without, as the first thing in its own log. On a tenant
/// that has a log it does nothing, so that it may be sent again.
#[derive(Clone, Debug)]
pub struct Furnish {
    /// Its first key, which may manage everything in it.
    pub key: CreateApiKey,
}

impl Command for Furnish {
    fn keys(&self, floor: &Floor, keys: &mut Keys) {
        keys.names = true;
        self.key.keys(floor, keys);
    }

    fn decide(&self, draft: &mut Draft) -> Result<Done, No> {
        if draft.seq() > 0 {
            return Ok(Done::with(Uuid::nil()));
        }
        let queue = SaveQueue {
            id: None,
            version: 0,
            patch: Arc::new(|queue| {
                queue.name = "default".into();
                queue.description = "Where arrivals wait that no rule places.".into();
                queue.spec.is_default = true;
            }),
        };
        queue.decide(draft)?;
        self.key.decide(draft)
    }
}
