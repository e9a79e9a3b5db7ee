//! Tenants, keys and the audit log: what runs the installation and what proves what was done in it.

use crate::access::new_key;
use crate::audit::Course;
pub use crate::audit::Verified;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::ledger::batch::new_head;
use crate::ledger::command::Origin;
use crate::ledger::command::agent::DeleteAgent;
use crate::ledger::command::api_key::{CreateApiKey, RevokeApiKey, manages};
use crate::ledger::command::tenant::{Furnish, SaveTenant};
use crate::ledger::payload;
use crate::{App, access, audit};
use domain::event::Recorded;
use domain::id::{AgentId, ApiKeyId, TenantId};
use domain::tenant::{ApiKey, Caller, Credential, Permissions, Role, Tenant, TenantStatus};
use domain::time::Timestamp;
use std::sync::Arc;
use store::{Store, WriteBatch};
use uuid::Uuid;

/// How many log rows one verification reads in all.
pub const VERIFY_ROWS_MAX: u64 = 200_000;

/// How many keys one look for successors of a key reads at a time, and how many it names.
const KEYS_PAGE: u32 = 200;
const SUCCESSORS_MAX: usize = 8;

/// What a new key is to be.
#[derive(Clone, Debug)]
pub struct NewKeySpec {
    /// A name to recognise it by.
    pub name: String,
    /// Its role.
    pub role: Role,
    /// Its permissions; none means all of the role's.
    pub permissions: Option<Permissions>,
    /// The agent it speaks for.
    pub agent_id: Option<AgentId>,
    /// When it stops working.
    pub expires_at: Option<Timestamp>,
}

/// The system tenant, whose log records platform commands, is there from the first start on. Its
/// key tells on every later start whether the master key is still the same one.
pub(crate) async fn ensure_system_tenant(store: &Store) -> Result<()> {
    if store.heads(&[TenantId::SYSTEM]).await?.is_empty() {
        make_system_tenant(store).await?;
    }
    let system = store.tenant(TenantId::SYSTEM).tenant_row(TenantId::SYSTEM).await?;
    let (_, wrapped) = system.ok_or_else(|| Error::not_found("tenant", TenantId::SYSTEM))?;
    Ok(store.seals().master().prove(&wrapped)?)
}

async fn make_system_tenant(store: &Store) -> Result<()> {
    let id = TenantId::SYSTEM;
    let mut tx = store.begin(&[id]).await?;
    let now = tx.now().await?;
    let tenant = Tenant {
        id,
        name: "system".into(),
        status: TenantStatus::Active,
        version: 1,
        created_at: now,
        updated_at: now,
    };
    let mut write = WriteBatch::default();
    write.tenants.push((tenant, store.seals().new_tenant_key(id)));
    write.new_heads.push(new_head(id));
    let written = tx.write(&write).await;
    if written.is_ok() {
        tx.commit().await?;
        return Ok(());
    }
    tx.rollback().await;
    // Another node that starts at the same moment may have been first.
    if store.heads(&[id]).await?.is_empty() {
        written?;
    }
    Ok(())
}

fn key_row(spec: &NewKeySpec, made: &access::NewKey) -> ApiKey {
    let role = spec.role.permissions();
    ApiKey {
        id: made.id,
        name: spec.name.clone(),
        role: spec.role,
        permissions: spec.permissions.map_or(role, |wanted| wanted.and(role)),
        agent_id: spec.agent_id,
        secret_hash: made.secret_hash.clone(),
        last4: made.last4.clone(),
        created_at: Timestamp::default(),
        expires_at: spec.expires_at,
        revoked_at: None,
    }
}

impl App {
    /// Creates a tenant with a default queue and its first key, which may manage everything in it.
    /// The key is shown this once; a repeat shows none.
    ///
    /// The tenant is a fact of one log and its furniture of another, two commits. Whoever was cut
    /// off between them repeats the request and is given queue and key then.
    ///
    /// # Errors
    /// `NAME_TAKEN`.
    pub async fn create_tenant(&self, origin: &Origin, name: &str) -> Result<(Tenant, String)> {
        let id = TenantId(Uuid::now_v7());
        let command = SaveTenant {
            id,
            new_key: Some(self.store.seals().new_tenant_key(id)),
            version: 0,
            name: Some(name.to_owned()),
            status: None,
        };
        let outcome = self.change_as(origin.clone(), command).await?;
        let tenant = self.tenant(TenantId(outcome.id)).await?;
        let spec = NewKeySpec {
            name: "first admin key".into(),
            role: Role::TenantAdmin,
            permissions: None,
            agent_id: None,
            expires_at: None,
        };
        let made = new_key(tenant.id);
        let furnish = Furnish { key: CreateApiKey { key: key_row(&spec, &made) } };
        let origin = Origin { tenant: tenant.id, idempotency: None, ..origin.clone() };
        let furnished = self.change_as(origin, furnish).await?;
        let text = if furnished.id == made.id.0 { made.text } else { String::new() };
        Ok((tenant, text))
    }

    /// Changes a tenant.
    ///
    /// # Errors
    /// `NAME_TAKEN`, `ETAG_MISMATCH`.
    pub async fn update_tenant(
        &self,
        origin: &Origin,
        id: TenantId,
        version: i64,
        name: Option<String>,
        status: Option<TenantStatus>,
    ) -> Result<Tenant> {
        let command = SaveTenant { id, new_key: None, version, name, status };
        let changed = self.change_as(origin.clone(), command).await;
        // Also after a failure: nobody knows then whether it was made.
        self.access.forget_tenant(id).await;
        changed?;
        self.tenant(id).await
    }

    /// A tenant.
    ///
    /// # Errors
    /// Not found.
    pub async fn tenant(&self, id: TenantId) -> Result<Tenant> {
        let found = self.store.tenant(TenantId::SYSTEM).tenant_row(id).await?;
        found.map(|(tenant, _)| tenant).ok_or_else(|| Error::not_found("tenant", id))
    }

    /// When a caller's credential stops working; none if it does not by itself.
    ///
    /// # Errors
    /// If the database cannot be reached.
    pub async fn credential_until(&self, caller: &Caller) -> Result<Option<Timestamp>> {
        let Credential::Key(id) = caller.credential else { return Ok(caller.until()) };
        let key = self.store.tenant(caller.tenant).api_key(id).await?;
        Ok(key.and_then(|key| key.expires_at))
    }

    /// A tenant by name; for the command line.
    ///
    /// # Errors
    /// If the database cannot be reached.
    pub async fn tenant_by_name(&self, name: &str) -> Result<Option<Tenant>> {
        let system = self.store.tenant(TenantId::SYSTEM);
        let mut after = None;
        loop {
            let page = system.tenants(after, 500).await?;
            let Some(last) = page.last() else { return Ok(None) };
            after = Some(last.id);
            if let Some(found) = page.into_iter().find(|tenant| tenant.name == name) {
                return Ok(Some(found));
            }
        }
    }

    /// A page of tenants, after an id.
    ///
    /// # Errors
    /// If the database cannot be reached.
    pub async fn tenants(&self, after: Option<TenantId>, limit: u32) -> Result<Vec<Tenant>> {
        Ok(self.store.tenant(TenantId::SYSTEM).tenants(after, limit).await?)
    }

    /// Creates a key; its text is shown this once. A repeat shows none.
    ///
    /// # Errors
    /// Not found, for the agent it is to speak for.
    pub async fn create_key(&self, origin: &Origin, spec: &NewKeySpec) -> Result<(ApiKey, String)> {
        let made = new_key(origin.tenant);
        let command = CreateApiKey { key: key_row(spec, &made) };
        let outcome = self.change_as(origin.clone(), command).await?;
        let key = self.store.tenant(origin.tenant).api_key(ApiKeyId(outcome.id)).await?;
        let key = key.ok_or_else(|| Error::not_found("api_key", outcome.id))?;
        Ok((key, if outcome.repeated { String::new() } else { made.text }))
    }

    /// Revokes a key, but not the last one with which the tenant can manage its keys.
    ///
    /// # Errors
    /// Not found; `RESOURCE_IN_USE`.
    pub async fn revoke_key(&self, context: &Context, id: ApiKeyId) -> Result<ApiKey> {
        let successors = Some(self.successors(context, id).await?);
        let revoked = self.change(context, RevokeApiKey { id, successors }).await;
        self.access.forget(context.caller.tenant, id).await;
        revoked?;
        let key = self.read(context).api_key(id).await?;
        key.ok_or_else(|| Error::not_found("api_key", id))
    }

    /// Deletes an agent. Keys and tokens that spoke for it open nothing from then on.
    ///
    /// # Errors
    /// Not found; `RESOURCE_IN_USE`.
    pub async fn delete_agent(&self, context: &Context, delete: DeleteAgent) -> Result<()> {
        let id = delete.id;
        let deleted = self.change(context, delete).await;
        self.access.forget_agent(context.caller.tenant, id).await;
        deleted.map(drop)
    }

    /// Some keys beside this one with which the tenant can manage its keys.
    async fn successors(&self, context: &Context, id: ApiKeyId) -> Result<Vec<ApiKeyId>> {
        let (reader, now) = (self.read(context), self.now().await?);
        let mut found = Vec::new();
        let mut after = None;
        loop {
            let page = reader.api_keys(after, KEYS_PAGE).await?;
            let good = page.iter().filter(|key| key.id != id && manages(key, now));
            found.extend(good.map(|key| key.id));
            found.truncate(SUCCESSORS_MAX);
            let Some(last) = page.last() else { return Ok(found) };
            if found.len() == SUCCESSORS_MAX {
                return Ok(found);
            }
            after = Some(last.id);
        }
    }

    /// Events after `after_seq`, oldest first: whole log rows, so there may be more than `rows` of
    /// them.
    ///
    /// # Errors
    /// If the database cannot be reached.
    pub async fn audit(
        &self,
        tenant: TenantId,
        after_seq: i64,
        rows: u32,
    ) -> Result<(Vec<Arc<Recorded>>, Option<i64>)> {
        let mut events = Vec::new();
        let mut at = after_seq;
        for row in self.store.tenant(tenant).log_as_found(after_seq, rows).await? {
            let decoded = row.as_ref().and_then(|row| payload::decode(&row.payload).ok());
            let (Some(row), Some(decoded)) = (row, decoded) else {
                tracing::error!(%tenant, seq = at + 1, "a row of the log cannot be read");
                return Ok((events, Some(at + 1)));
            };
            at = row.last_seq;
            events.extend(decoded.into_iter().filter(|event| event.seq > after_seq));
        }
        Ok((events, None))
    }

    /// Recomputes the chain of a part of the log.
    ///
    /// # Errors
    /// If the database cannot be reached.
    pub async fn verify_log(
        &self,
        tenant: TenantId,
        from_seq: i64,
        to_seq: Option<i64>,
    ) -> Result<Verified> {
        let reader = self.store.tenant(tenant);
        let course = Course { from_seq, to_seq, rows_max: VERIFY_ROWS_MAX, marks: Vec::new() };
        audit::verify(&reader, &course, |_| {}).await
    }
}
