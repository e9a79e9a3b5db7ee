//! Channel accounts come to be, change and go.

use super::queue::{Patch, any_action};
use super::{Command, Done, Keys, No, check_version, in_use, name_taken, open_work};
use crate::ledger::draft::Draft;
use crate::ledger::rows::NamedKind;
use domain::channel::{AccountSpec, AccountStatus, ChannelAccount, ChannelKind};
use domain::escalation::Action;
use domain::event::{Change, Event};
use domain::id::AccountId;
use domain::mail::MailboxRow;
use domain::refusal::Refusal;
use domain::sealed::Sealed;
use engine::floor::Floor;
use std::sync::Arc;

/// Makes the keyed index of a mailbox's address.
pub type Indexing = Arc<dyn Fn(&str) -> Vec<u8> + Send + Sync>;

/// Creates or changes an account.
#[derive(Clone)]
pub struct SaveAccount {
    /// Which one.
    pub id: AccountId,
    /// Whether it is new: its id is minted with its secret, before the decision.
    pub create: bool,
    /// The version the caller saw; zero if they do not care.
    pub version: i64,
    /// What is different.
    pub patch: Patch<ChannelAccount>,
    /// How a mailbox's address is indexed; none for kinds without one.
    pub mailbox: Option<Indexing>,
}

impl Command for SaveAccount {
    fn keys(&self, _: &Floor, keys: &mut Keys) {
        keys.accounts.push(self.id);
        keys.names = true;
    }

    fn decide(&self, draft: &mut Draft) -> Result<Done, No> {
        let found = draft.rows.accounts.get(self.id).cloned();
        let (mut account, change) = if self.create {
            (new_account(self.id, draft), Change::Created)
        } else {
            let missing = || Refusal::not_found("channel_account", self.id);
            (found.ok_or_else(missing)?, Change::Updated)
        };
        check_version(self.version, account.version, "channel_account", account.id)?;
        (self.patch)(&mut account);
        if account.name.is_empty() {
            return Err(Refusal::field("channel_account.name", "an account has a name").into());
        }
        if draft.rows.name_taken(NamedKind::Account, &account.name, account.id.0) {
            return Err(name_taken("channel_account").into());
        }
        if let Some(queue) = account.default_queue_id
            && draft.floor.queue(queue).is_none()
        {
            return Err(Refusal::not_found("queue", queue).into());
        }
        account.version += 1;
        account.updated_at = draft.now;
        let spec = AccountSpec {
            kind: account.kind,
            status: account.status,
            default_queue_id: account.default_queue_id,
        };
        draft.rows.take_name(NamedKind::Account, &account.name, account.id.0);
        if let (Some(mail), Some(index)) = (&account.mail, &self.mailbox) {
            let row = MailboxRow {
                account_id: self.id,
                address: index(&mail.address),
                open: account.status == AccountStatus::Active,
            };
            draft.rows.mailboxes.put(self.id, row);
        }
        let version = account.version;
        draft.rows.accounts.put(self.id, account);
        draft.record(Event::AccountSaved { account_id: self.id, spec, change, version });
        Ok(Done::with(self.id))
    }
}

fn new_account(id: AccountId, draft: &Draft) -> ChannelAccount {
    ChannelAccount {
        id,
        kind: ChannelKind::Webhook,
        name: String::new(),
        status: AccountStatus::Active,
        url: String::new(),
        mail: None,
        secrets: Sealed::default(),
        secret_last4: String::new(),
        default_queue_id: None,
        version: 0,
        created_at: draft.now,
        updated_at: draft.now,
    }
}

/// Deletes an account no open interaction runs over. Its conversations stay; nothing can be sent in
/// them any more.
#[derive(Clone, Debug)]
pub struct DeleteAccount {
    /// Which one.
    pub id: AccountId,
    /// The version the caller saw; zero if they do not care.
    pub version: i64,
}

impl Command for DeleteAccount {
    fn keys(&self, _: &Floor, keys: &mut Keys) {
        keys.accounts.push(self.id);
        keys.open_work_over.push(self.id);
        keys.names = true;
    }

    fn decide(&self, draft: &mut Draft) -> Result<Done, No> {
        let id = self.id;
        let account = draft
            .rows
            .accounts
            .get(id)
            .cloned()
            .ok_or_else(|| Refusal::not_found("channel_account", id))?;
        check_version(self.version, account.version, "channel_account", account.id)?;
        if open_work(draft, |row| row.account_id == Some(id)) {
            return Err(in_use("channel_account", id, "interaction").into());
        }
        if any_action(&draft.floor, |action| *action == Action::Page(id)) {
            return Err(in_use("channel_account", id, "escalation_policy").into());
        }
        draft.rows.accounts.remove(id);
        draft.rows.free_name(NamedKind::Account, id.0);
        draft.record(Event::AccountDeleted { account_id: id });
        Ok(Done::with(id))
    }
}
