//! API keys are created and revoked. The secret is made and hashed before the command; only the
//! hash gets here.

use super::{Command, Done, Keys, No, in_use};
use crate::ledger::draft::Draft;
use domain::event::{Change, Event};
use domain::id::ApiKeyId;
use domain::refusal::Refusal;
use domain::tenant::{ApiKey, Permission, Role};
use domain::time::Timestamp;
use engine::floor::Floor;

/// Creates a key.
#[derive(Clone, Debug)]
pub struct CreateApiKey {
    /// The key; its times are set by the decision.
    pub key: ApiKey,
}

impl Command for CreateApiKey {
    fn keys(&self, _: &Floor, keys: &mut Keys) {
        keys.api_keys.push(self.key.id);
    }

    fn decide(&self, draft: &mut Draft) -> Result<Done, No> {
        if let Some(agent) = self.key.agent_id
            && draft.floor.agent(agent).is_none()
        {
            return Err(Refusal::not_found("agent", agent).into());
        }
        if self.key.expires_at.is_some_and(|at| at <= draft.now) {
            return Err(Refusal::field("api_key.expire_time", "it lies in the past").into());
        }
        let id = self.key.id;
        draft.rows.api_keys.put(id, ApiKey { created_at: draft.now, ..self.key.clone() });
        draft.record(Event::ApiKeyChanged { api_key_id: id, change: Change::Created });
        Ok(Done::with(id))
    }
}

/// Revokes a key, for good.
#[derive(Clone, Debug)]
pub struct RevokeApiKey {
    /// Which one.
    pub id: ApiKeyId,
    /// Keys that can manage the tenant's keys when this one is gone: one of them must be good if
    /// it can. None if nobody asks for that.
    pub successors: Option<Vec<ApiKeyId>>,
}

/// Whether the key can still manage its tenant's keys.
#[must_use]
pub fn manages(key: &ApiKey, now: Timestamp) -> bool {
    let good = key.revoked_at.is_none() && key.expires_at.is_none_or(|at| at > now);
    good && key.role == Role::TenantAdmin && key.permissions.has(Permission::KeysManage)
}

impl Command for RevokeApiKey {
    fn keys(&self, _: &Floor, keys: &mut Keys) {
        keys.api_keys.push(self.id);
        keys.api_keys.extend(self.successors.iter().flatten());
    }

    fn decide(&self, draft: &mut Draft) -> Result<Done, No> {
        let id = self.id;
        let found = draft.rows.api_keys.get(id).cloned();
        let key = found.ok_or_else(|| Refusal::not_found("api_key", id))?;
        if key.revoked_at.is_none() {
            let now = draft.now;
            let good = |id: &ApiKeyId| {
                draft.rows.api_keys.get(*id).is_some_and(|other| manages(other, now))
            };
            if manages(&key, now)
                && let Some(successors) = &self.successors
                && !successors.iter().any(good)
            {
                return Err(in_use("api_key", id, "tenant").into());
            }
            draft.rows.api_keys.edit(id, |key| key.revoked_at = Some(now));
            draft.record(Event::ApiKeyChanged { api_key_id: id, change: Change::Deleted });
        }
        Ok(Done::with(id))
    }
}
