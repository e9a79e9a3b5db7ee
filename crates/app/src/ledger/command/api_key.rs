//! API keys are created and revoked. The secret is made and hashed before the command; only the
//! hash gets here.

use super::{Command, Done, Keys, No};
use crate::ledger::draft::Draft;
use domain::event::{Change, Event};
use domain::id::ApiKeyId;
use domain::refusal::Refusal;
use domain::tenant::ApiKey;
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
}

impl Command for RevokeApiKey {
    fn keys(&self, _: &Floor, keys: &mut Keys) {
        keys.api_keys.push(self.id);
    }

    fn decide(&self, draft: &mut Draft) -> Result<Done, No> {
        let id = self.id;
        let found = draft.rows.api_keys.get(id).cloned();
        let key = found.ok_or_else(|| Refusal::not_found("api_key", id))?;
        if key.revoked_at.is_none() {
            let now = draft.now;
            draft.rows.api_keys.edit(id, |key| key.revoked_at = Some(now));
            draft.record(Event::ApiKeyChanged { api_key_id: id, change: Change::Deleted });
        }
        Ok(Done::with(id))
    }
}
