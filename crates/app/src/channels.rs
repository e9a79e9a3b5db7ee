//! Channel accounts: their secrets, the public names of their hooks, and what is taken in through
//! them. A posted webhook is verified and kept, sealed as it came; a worker turns it into commands.

use crate::App;
use crate::context::{Context, short_hash};
use crate::error::{Error, Result};
use crate::ledger::command::account::SaveAccount;
use crate::ledger::command::queue::Patch;
use ::channels::provider::{RawRequest, Rejection};
use ::channels::registry::provider_of;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::channel::{AccountStatus, ChannelAccount};
use domain::id::{AccountId, TenantId};
use domain::refusal::{FieldViolation, Reason, Refusal};
use domain::sealed::Sealed;
use std::sync::Arc;
use uuid::Uuid;

/// What an account's secrets are sealed as.
const SECRETS: &str = "channel_account.secrets";

/// What a kept webhook is sealed as.
pub(crate) const RAW: &str = "inbox.raw";

/// How many secrets an account keeps: a rotation replaces the old one at once.
const SECRETS_MAX: usize = 1;

/// What became of a posted webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It is kept, now or since before.
    Kept,
    /// There is no such hook, or nothing may come in by it.
    Unknown,
    /// It is not what it claims to be.
    Rejected(Rejection),
}

/// The public name of an account's hook.
#[must_use]
pub fn hook_name(tenant: TenantId, account: AccountId) -> String {
    let mut bytes = [0_u8; 32];
    bytes[..16].copy_from_slice(tenant.0.as_bytes());
    bytes[16..].copy_from_slice(account.0.as_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The account a hook's public name stands for.
#[must_use]
pub fn hook_of(name: &str) -> Option<(TenantId, AccountId)> {
    let bytes: [u8; 32] = URL_SAFE_NO_PAD.decode(name).ok()?.try_into().ok()?;
    let (tenant, account) = bytes.split_at(16);
    Some((TenantId(Uuid::from_slice(tenant).ok()?), AccountId(Uuid::from_slice(account).ok()?)))
}

fn new_secret() -> String {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).expect("the system gives random bytes");
    format!("whsec_{}", base64::engine::general_purpose::STANDARD.encode(bytes))
}

fn last4(secret: &str) -> String {
    secret.chars().rev().take(4).collect::<Vec<_>>().into_iter().rev().collect()
}

impl App {
    /// Creates an account; the secret is shown this once. A repeat shows none.
    ///
    /// # Errors
    /// `NAME_TAKEN`, `VALIDATION_FAILED` for an address that must not be posted to.
    pub async fn create_account(
        &self,
        context: &Context,
        patch: Patch<ChannelAccount>,
    ) -> Result<(ChannelAccount, String)> {
        let id = AccountId(Uuid::now_v7());
        let secret = new_secret();
        let sealed = self.seal_secrets(context, id, std::slice::from_ref(&secret)).await?;
        let mark = last4(&secret);
        let whole: Patch<ChannelAccount> = Arc::new(move |account| {
            patch(account);
            account.secrets = sealed.clone();
            account.secret_last4.clone_from(&mark);
        });
        self.check_account(&whole, None)?;
        let command = SaveAccount { id, create: true, version: 0, patch: whole };
        let outcome = self.change(context, command).await?;
        let account = self.account(context, AccountId(outcome.id)).await?;
        Ok((account, if outcome.repeated { String::new() } else { secret }))
    }

    /// Changes an account.
    ///
    /// # Errors
    /// As for creating one, and `ETAG_MISMATCH`.
    pub async fn update_account(
        &self,
        context: &Context,
        id: AccountId,
        version: i64,
        patch: Patch<ChannelAccount>,
    ) -> Result<ChannelAccount> {
        let before = self.account(context, id).await?;
        self.check_account(&patch, Some(before))?;
        self.change(context, SaveAccount { id, create: false, version, patch }).await?;
        self.account(context, id).await
    }

    /// Gives an account a new secret; the one before no longer holds.
    ///
    /// # Errors
    /// Not found.
    pub async fn rotate_secret(
        &self,
        context: &Context,
        id: AccountId,
    ) -> Result<(ChannelAccount, String)> {
        let before = self.account(context, id).await?;
        let secret = new_secret();
        let mut secrets = vec![secret.clone()];
        secrets.extend(self.secrets(context.caller.tenant, &before).await?);
        secrets.truncate(SECRETS_MAX);
        let sealed = self.seal_secrets(context, id, &secrets).await?;
        let mark = last4(&secret);
        let patch: Patch<ChannelAccount> = Arc::new(move |account| {
            account.secrets = sealed.clone();
            account.secret_last4.clone_from(&mark);
        });
        let command = SaveAccount { id, create: false, version: before.version, patch };
        let outcome = self.change(context, command).await?;
        let account = self.account(context, id).await?;
        Ok((account, if outcome.repeated { String::new() } else { secret }))
    }

    /// An account.
    ///
    /// # Errors
    /// Not found.
    pub async fn account(&self, context: &Context, id: AccountId) -> Result<ChannelAccount> {
        let found = self.read(context).account(id).await?;
        found.ok_or_else(|| Error::not_found("channel_account", id))
    }

    /// Whether the provider of the account's kind can work with it as it would be.
    fn check_account(
        &self,
        patch: &Patch<ChannelAccount>,
        before: Option<ChannelAccount>,
    ) -> Result<()> {
        let mut account = before.unwrap_or_else(blank);
        patch(&mut account);
        let Some(provider) = provider_of(account.kind) else {
            let text = "this kind of channel is not available yet";
            return Err(Error(Refusal::field("channel_account.kind", text)));
        };
        if account.url.is_empty() {
            return Ok(());
        }
        let config = crate::worker::dispatcher::account_config(&account);
        provider.check(&config, &self.egress).map_err(|refused| {
            let mut refusal = Refusal::new(Reason::ValidationFailed);
            refusal.violations.push(FieldViolation {
                field: "channel_account.webhook.url".into(),
                text: refused.to_string(),
            });
            Error(refusal)
        })
    }

    async fn seal_secrets(
        &self,
        context: &Context,
        id: AccountId,
        secrets: &[String],
    ) -> Result<Sealed> {
        let content = self.content(context.caller.tenant).await?;
        Ok(content.seals().seal(SECRETS, id.0, secrets.join("\n").as_bytes()))
    }

    /// An account's signing secrets, newest first.
    pub(crate) async fn secrets(
        &self,
        tenant: TenantId,
        account: &ChannelAccount,
    ) -> Result<Vec<String>> {
        let content = self.content(tenant).await?;
        let plain = content.seals().open(SECRETS, account.id.0, &account.secrets)?;
        let text = String::from_utf8_lossy(&plain);
        Ok(text.lines().map(str::to_owned).collect())
    }

    /// Takes a posted webhook in: verified, sealed, kept. It is safe once this answers.
    ///
    /// # Errors
    /// If the database cannot be reached: the sender must try again.
    pub async fn take_webhook(&self, hook: &str, request: &RawRequest) -> Result<Taken> {
        let Some((tenant, id)) = hook_of(hook) else { return Ok(Taken::Unknown) };
        let Some(account) = self.store.tenant(tenant).account(id).await? else {
            return Ok(Taken::Unknown);
        };
        let Some(provider) = provider_of(account.kind) else { return Ok(Taken::Unknown) };
        if account.status == AccountStatus::Disabled {
            return Ok(Taken::Unknown);
        }
        let secrets = self.secrets(tenant, &account).await?;
        let secrets = crate::worker::dispatcher::to_secrets(secrets);
        let verified = match provider.verify(request, &secrets, self.now().await?) {
            Ok(verified) => verified,
            Err(rejection) => return Ok(Taken::Rejected(rejection)),
        };
        let name = verified.dedup_key();
        let dedup = short_hash(&[name.as_bytes()]);
        let content = self.content(tenant).await?;
        let mut raw = Vec::with_capacity(name.len() + 1 + verified.body().len());
        raw.extend_from_slice(name.as_bytes());
        raw.push(b'\n');
        raw.extend_from_slice(verified.body());
        let sealed = content.seals().seal(RAW, id.0, &raw);
        if self.store.inbox().insert(tenant, id, dedup, &sealed).await? {
            self.inbox_bell.notify_one();
        }
        Ok(Taken::Kept)
    }
}

fn blank() -> ChannelAccount {
    ChannelAccount {
        id: AccountId::default(),
        kind: domain::channel::ChannelKind::Webhook,
        name: String::new(),
        status: AccountStatus::Active,
        url: String::new(),
        secrets: Sealed::default(),
        secret_last4: String::new(),
        default_queue_id: None,
        version: 0,
        created_at: Default::default(),
        updated_at: Default::default(),
    }
}
