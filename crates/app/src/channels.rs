//! Channel accounts: their secrets, the public names of their hooks, and what is taken in through
//! them. A posted webhook is verified and kept, sealed as it came; a worker turns it into commands.

use crate::App;
use crate::context::{Context, short_hash};
use crate::error::{Error, Result};
use crate::ledger::Outcome;
use crate::ledger::command::account::{Indexing, SaveAccount};
use crate::ledger::command::queue::Patch;
pub use ::channels::provider::Rejection;
use ::channels::provider::{ConfigFault, RawRequest};
use ::channels::registry::provider_of;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::channel::{AccountStatus, ChannelAccount, ChannelKind};
use domain::id::{AccountId, TenantId};
use domain::refusal::{FieldViolation, Reason, Refusal};
use domain::sealed::Sealed;
use moka::future::Cache;
use std::sync::Arc;
use std::time::Duration;
use store::SEAL_OVERHEAD;
use uuid::Uuid;

/// What an account's secrets are sealed as.
const SECRETS: &str = "channel_account.secrets";

/// What a kept webhook is sealed as.
pub(crate) const RAW: &str = "inbox.raw";

/// How many secrets an account keeps: a rotation replaces the old one at once.
const SECRETS_MAX: usize = 1;

/// Hooks that are there, for a moment.
pub(crate) type Hooks = Cache<(TenantId, AccountId), ()>;

/// How long a hook is believed to be there, and how many are.
const HOOK_BELIEVED: Duration = Duration::from_secs(10);
const HOOKS_MAX: u64 = 65_536;

/// None is known yet.
pub(crate) fn no_hooks() -> Hooks {
    Cache::builder().max_capacity(HOOKS_MAX).time_to_live(HOOK_BELIEVED).build()
}

/// What became of a posted webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It is kept, now or since before.
    Kept,
    /// There is no such hook, or nothing may come in by it.
    Unknown,
    /// It is not what it claims to be.
    Rejected(Rejection),
    /// It is what it claims to be, and its tenant is suspended: it is to come again.
    Later,
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

/// What came, as it is kept: its key, a line break, itself in so many pieces. There is room behind
/// it to be sealed where it is.
pub(crate) fn framed(name: &str, pieces: &[&[u8]]) -> Vec<u8> {
    let len: usize = pieces.iter().map(|piece| piece.len()).sum();
    let mut raw = Vec::with_capacity(name.len() + 1 + len + SEAL_OVERHEAD);
    raw.extend_from_slice(name.as_bytes());
    raw.push(b'\n');
    pieces.iter().for_each(|piece| raw.extend_from_slice(piece));
    raw
}

fn new_secret() -> String {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).expect("the system gives random bytes");
    format!("whsec_{}", base64::engine::general_purpose::STANDARD.encode(bytes))
}

/// The shortest secret of which the end may be shown: people choose passwords, and the end of a
/// short one is most of it.
const SHOWN_FROM: usize = 12;

fn last4(secret: &str) -> String {
    if secret.chars().count() < SHOWN_FROM {
        return String::new();
    }
    secret.chars().rev().take(4).collect::<Vec<_>>().into_iter().rev().collect()
}

impl App {
    /// Creates an account; a signing secret is shown this once. A repeat shows none, and mail has
    /// none: its secret is the relay's password.
    ///
    /// # Errors
    /// `NAME_TAKEN`, `MAILBOX_TAKEN`, `VALIDATION_FAILED` for an address that is not spoken to.
    pub async fn create_account(
        &self,
        context: &Context,
        patch: Patch<ChannelAccount>,
        password: Option<String>,
    ) -> Result<(ChannelAccount, String)> {
        let id = AccountId(Uuid::now_v7());
        let mut wanted = blank();
        patch(&mut wanted);
        let mail = wanted.kind == ChannelKind::Email;
        let secret = if mail { password.unwrap_or_default() } else { new_secret() };
        let whole = self.with_secret(context, id, patch, &secret).await?;
        let saved = self.save_account(context, (id, 0), blank(), whole).await?;
        let account = self.account(context, AccountId(saved.id)).await?;
        let shown = if saved.repeated || mail { String::new() } else { secret };
        Ok((account, shown))
    }

    /// The patch that sets the secret as well; none takes it away.
    async fn with_secret(
        &self,
        context: &Context,
        id: AccountId,
        patch: Patch<ChannelAccount>,
        secret: &str,
    ) -> Result<Patch<ChannelAccount>> {
        let held: Vec<String> =
            Some(secret.to_owned()).filter(|s| !s.is_empty()).into_iter().collect();
        let sealed = match held.is_empty() {
            true => Sealed::default(),
            false => self.seal_secrets(context, id, &held).await?,
        };
        let mark = last4(secret);
        Ok(Arc::new(move |account| {
            patch(account);
            account.secrets = sealed.clone();
            account.secret_last4.clone_from(&mark);
        }))
    }

    /// Saves an account that can be worked with; one with version 0 before is new.
    async fn save_account(
        &self,
        context: &Context,
        (id, version): (AccountId, i64),
        before: ChannelAccount,
        patch: Patch<ChannelAccount>,
    ) -> Result<Outcome> {
        let create = before.version == 0;
        let mut account = before;
        patch(&mut account);
        self.check_account(&account)?;
        self.check_mailbox(context, id, &account).await?;
        let store = self.store.clone();
        let mailbox: Option<Indexing> = account
            .mail
            .as_ref()
            .map(|_| Arc::new(move |address: &str| store.mailbox_index(address)) as Indexing);
        let command = SaveAccount { id, create, version, patch, mailbox };
        match self.change(context, command).await {
            Ok(outcome) => Ok(outcome),
            Err(error) => {
                // Somebody may have been faster with the same mailbox.
                self.check_mailbox(context, id, &account).await?;
                Err(error)
            }
        }
    }

    /// Whether a mailbox is nobody else's: SMTP knows recipients, not tenants.
    async fn check_mailbox(
        &self,
        context: &Context,
        id: AccountId,
        account: &ChannelAccount,
    ) -> Result<()> {
        let Some(mail) = &account.mail else { return Ok(()) };
        let index = self.store.mailbox_index(&mail.address);
        let holder = self.store.mailboxes().find(&index).await?;
        let own = (context.caller.tenant, id);
        match holder {
            Some(holder) if (holder.tenant, holder.account) != own => {
                Err(Error::from(Reason::MailboxTaken))
            }
            _ => Ok(()),
        }
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
        password: Option<String>,
    ) -> Result<ChannelAccount> {
        let before = self.account(context, id).await?;
        let mut after = before.clone();
        patch(&mut after);
        let door = |account: &ChannelAccount| {
            let relay = account.mail.as_ref().and_then(|mail| mail.relay.as_ref());
            relay.map(|relay| (relay.host.clone(), relay.port, relay.security))
        };
        // A password is never shown to another host or port than it was given for, nor in the clear
        // if it was given for an encrypted connection.
        let moved = door(&before) != door(&after);
        let password = password.or(moved.then(String::new));
        let patch = match password.filter(|_| before.kind == ChannelKind::Email) {
            Some(password) => self.with_secret(context, id, patch, &password).await?,
            None => patch,
        };
        self.save_account(context, (id, version), before, patch).await?;
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
        if before.kind == ChannelKind::Email {
            let text = "an account of kind EMAIL signs nothing; its password is set by an update";
            return Err(Error(Refusal::field("channel_account_id", text)));
        }
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
        let version = before.version;
        let command = SaveAccount { id, create: false, version, patch, mailbox: None };
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

    /// Whether the provider of the account's kind can work with it.
    fn check_account(&self, account: &ChannelAccount) -> Result<()> {
        let Some(provider) = provider_of(account.kind) else {
            let text = "this kind of channel is not available yet";
            return Err(Error(Refusal::field("channel_account.kind", text)));
        };
        let mail = account.kind == ChannelKind::Email;
        let (settings, text) = match mail {
            true => ("channel_account.email", "these are the settings of kind EMAIL"),
            false => ("channel_account.webhook", "these are the settings of kind WEBHOOK"),
        };
        if mail != account.mail.is_some() {
            return Err(Error(Refusal::field(settings, text)));
        }
        if !mail && account.url.is_empty() {
            return Ok(());
        }
        let config = crate::worker::dispatcher::account_config(account, &self.mail);
        provider.check(&config, &self.egress).map_err(|refused| {
            let mut refusal = Refusal::new(Reason::ValidationFailed);
            let fault = |fault: &ConfigFault| FieldViolation {
                field: format!("{settings}.{}", fault.setting.replacen("relay_", "relay.", 1)),
                text: fault.text.clone(),
            };
            refusal.violations.extend(refused.faults.iter().map(fault));
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
        if account.secrets.is_empty() {
            return Ok(Vec::new());
        }
        let content = self.content(tenant).await?;
        let plain = content.seals().open(SECRETS, account.id.0, &account.secrets)?;
        let text = String::from_utf8_lossy(&plain);
        Ok(text.lines().map(str::to_owned).collect())
    }

    /// Whether there is a hook of this name. One that is there is believed to be for a moment;
    /// taking a webhook in looks again.
    ///
    /// # Errors
    /// If the database cannot be reached.
    pub async fn knows_hook(&self, name: &str) -> Result<bool> {
        let Some(hook) = hook_of(name) else { return Ok(false) };
        if self.hooks.contains_key(&hook) {
            return Ok(true);
        }
        let account = self.store.tenant(hook.0).account(hook.1).await?;
        let known = account.is_some_and(|account| account.status != AccountStatus::Disabled);
        if known {
            self.hooks.insert(hook, ()).await;
        }
        Ok(known)
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
        if !self.serves(tenant).await? {
            return Ok(Taken::Later);
        }
        let dedup = short_hash(&[verified.dedup_key().as_bytes()]);
        let content = self.content(tenant).await?;
        let raw = framed(verified.dedup_key(), &[verified.body()]);
        let sealed = content.seals().seal_owned(RAW, id.0, raw);
        if self.store.inbox().insert(tenant, id, dedup, sealed).await? {
            self.inbox_bell.notify_one();
        }
        Ok(Taken::Kept)
    }
}

fn blank() -> ChannelAccount {
    ChannelAccount {
        id: AccountId::default(),
        kind: ChannelKind::Webhook,
        name: String::new(),
        status: AccountStatus::Active,
        url: String::new(),
        mail: None,
        secrets: Sealed::default(),
        secret_last4: String::new(),
        default_queue_id: None,
        version: 0,
        created_at: Default::default(),
        updated_at: Default::default(),
    }
}
