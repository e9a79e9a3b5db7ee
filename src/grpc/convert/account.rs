//! Channel accounts: the settings of each kind, and what of them may be shown.

use super::codes::Coded;
use super::id_text;
use super::mask::{Field, Fields};
use super::time::timestamp;
use crate::grpc::call::{self, etag};
use crate::grpc::status::refusal;
use crate::proto::v1;
use crate::proto::v1::channel_account::Config;
use app::channels::hook_name;
use app::ledger::command::queue::Patch;
use domain::channel::{AccountStatus, ChannelAccount, ChannelKind};
use domain::id::{QueueId, TenantId};
use domain::mail::{MailSettings, Relay, RelaySecurity};
use domain::refusal::{FieldViolation, Refusal};
use std::sync::Arc;
use tonic::Status;

/// The ports that relays are usually on.
const SUBMISSIONS: u16 = 465;
const SUBMISSION: u16 = 587;

/// The fields that can be set, and whether the message says anything in them; the first is fixed
/// once an account exists.
#[must_use]
pub fn fields(account: &v1::ChannelAccount) -> [Field; 6] {
    [
        ("kind", account.kind != 0),
        ("name", !account.name.is_empty()),
        ("status", account.status != 0),
        ("webhook", matches!(account.config, Some(Config::Webhook(_)))),
        ("email", matches!(account.config, Some(Config::Email(_)))),
        ("default_queue_id", !account.default_queue_id.is_empty()),
    ]
}

/// What is different about an account.
///
/// # Errors
/// `VALIDATION_FAILED` with what a new one lacks.
pub fn patch(
    wanted: &v1::ChannelAccount,
    set: &Fields,
    create: bool,
) -> Result<Patch<ChannelAccount>, Status> {
    let mut wrong = Vec::new();
    let mut miss = |field: &str, text: &str| {
        wrong.push(FieldViolation { field: format!("channel_account.{field}"), text: text.into() });
    };
    let kind = ChannelKind::of_wire(wanted.kind);
    if create && kind.is_none() {
        miss("kind", "an account is of a kind");
    }
    let (webhook, email) = match &wanted.config {
        Some(Config::Webhook(webhook)) => (Some(webhook), None),
        Some(Config::Email(email)) => (None, Some(email)),
        None => (None, None),
    };
    if create && kind == Some(ChannelKind::Webhook) && webhook.is_none() {
        miss("webhook", "an account of kind WEBHOOK has its settings");
    }
    if create && kind == Some(ChannelKind::Email) && email.is_none() {
        miss("email", "an account of kind EMAIL has its settings");
    }
    if !wrong.is_empty() {
        let refused = Refusal::new(domain::refusal::Reason::ValidationFailed);
        return Err(refusal(Refusal { violations: wrong, ..refused }));
    }
    let name = set.get("name", || wanted.name.clone());
    let state = AccountStatus::of_wire(wanted.status).unwrap_or(AccountStatus::Active);
    let state = set.get("status", || state);
    let url = set.get("webhook", || webhook.map(|w| w.url.clone()).unwrap_or_default());
    let mail = set.get("email", || email.map(mail));
    let queue: Option<QueueId> = call::optional_id(&wanted.default_queue_id)?;
    let queue = set.get("default_queue_id", || queue);
    let kind = kind.filter(|_| create);
    Ok(Arc::new(move |account| {
        account.kind = kind.unwrap_or(account.kind);
        if let Some(name) = &name {
            account.name.clone_from(name);
        }
        account.status = state.unwrap_or(account.status);
        if let Some(url) = &url {
            account.url.clone_from(url);
        }
        if let Some(mail) = &mail {
            account.mail.clone_from(mail);
        }
        if let Some(queue) = queue {
            account.default_queue_id = queue;
        }
    }))
}

/// The password that a request sets; none if it sets none. One that takes the relay away takes its
/// password as well.
#[must_use]
pub fn password(wanted: &v1::ChannelAccount, set: &Fields) -> Option<String> {
    let Some(Config::Email(email)) = &wanted.config else { return None };
    let told = set.get("email", || email.relay.as_ref().map(|relay| relay.password.clone()))?;
    match told {
        Some(password) if password.is_empty() => None,
        told => Some(told.unwrap_or_default()),
    }
}

fn mail(email: &v1::EmailConfig) -> MailSettings {
    let relay = email.relay.as_ref().filter(|relay| !relay.host.is_empty()).map(|relay| {
        let security = RelaySecurity::of_wire(relay.security).unwrap_or(RelaySecurity::Starttls);
        let usual = if security == RelaySecurity::Tls { SUBMISSIONS } else { SUBMISSION };
        Relay {
            host: relay.host.clone(),
            port: u16::try_from(relay.port).ok().filter(|port| *port != 0).unwrap_or(usual),
            security,
            username: relay.username.clone(),
        }
    });
    MailSettings {
        address: email.address.clone(),
        display_name: email.display_name.clone(),
        relay,
        auto_reply: email.auto_reply.clone(),
        subject_days: u16::try_from(email.subject_days).unwrap_or_default(),
    }
}

fn email(account: &ChannelAccount, mail: &MailSettings) -> v1::EmailConfig {
    v1::EmailConfig {
        address: mail.address.clone(),
        display_name: mail.display_name.clone(),
        relay: mail.relay.as_ref().map(|relay| v1::MailRelay {
            host: relay.host.clone(),
            port: relay.port.into(),
            security: relay.security.to_wire(),
            username: relay.username.clone(),
            password: String::new(),
        }),
        auto_reply: mail.auto_reply.clone(),
        subject_days: mail.subject_days.into(),
        password_set: !account.secrets.is_empty(),
    }
}

/// The account as the wire writes it; of its secrets only whether there is one.
#[must_use]
pub fn to_wire(tenant: TenantId, account: &ChannelAccount) -> v1::ChannelAccount {
    let config = match (&account.mail, account.kind) {
        (Some(mail), _) => Some(Config::Email(email(account, mail))),
        (None, ChannelKind::Webhook) => Some(Config::Webhook(v1::WebhookConfig {
            url: account.url.clone(),
            inbound_path: format!("/hooks/v1/{}", hook_name(tenant, account.id)),
        })),
        (None, _) => None,
    };
    v1::ChannelAccount {
        id: account.id.to_string(),
        kind: account.kind.to_wire(),
        name: account.name.clone(),
        status: account.status.to_wire(),
        config,
        secret_last4: account.secret_last4.clone(),
        default_queue_id: id_text(account.default_queue_id),
        etag: etag(account.version),
        create_time: Some(timestamp(account.created_at)),
        update_time: Some(timestamp(account.updated_at)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::id::AccountId;
    use domain::sealed::Sealed;
    use prost_types::FieldMask;
    use tonic::Code;
    use uuid::Uuid;

    fn account() -> ChannelAccount {
        ChannelAccount {
            id: AccountId(Uuid::now_v7()),
            kind: ChannelKind::Webhook,
            name: "shop".into(),
            status: AccountStatus::Disabled,
            url: "https://shop.example/in".into(),
            mail: None,
            secrets: Sealed(vec![1, 2, 3]),
            secret_last4: "abcd".into(),
            default_queue_id: Some(QueueId(Uuid::now_v7())),
            version: 3,
            created_at: domain::time::Timestamp::from_micros(1),
            updated_at: domain::time::Timestamp::from_micros(2),
        }
    }

    fn update(wanted: &v1::ChannelAccount, paths: &[&str]) -> Result<ChannelAccount, Status> {
        let mask = FieldMask { paths: paths.iter().map(|path| (*path).to_owned()).collect() };
        let set = Fields::of_update(Some(&mask), &fields(wanted)[1..])?;
        let mut changed = account();
        patch(wanted, &set, false)?(&mut changed);
        Ok(changed)
    }

    #[test]
    fn an_account_reads_back_except_its_secrets() {
        let (tenant, before) = (TenantId(Uuid::now_v7()), account());
        let wire = to_wire(tenant, &before);
        let mut after =
            ChannelAccount { name: String::new(), url: String::new(), ..before.clone() };
        let whole = Fields::all(&fields(&wire));
        patch(&wire, &whole, true).expect("it is complete")(&mut after);
        assert_eq!(after, before);
        assert_eq!(wire.etag, "v3");
        let Some(Config::Webhook(webhook)) = wire.config else { panic!("it is a webhook") };
        assert!(webhook.inbound_path.starts_with("/hooks/v1/"));
    }

    #[test]
    fn a_mailbox_reads_back_except_its_password() {
        let relay = Relay {
            host: "relay.example".into(),
            port: 587,
            security: RelaySecurity::Starttls,
            username: "shop".into(),
        };
        let settings = MailSettings {
            address: "help@shop.example".into(),
            display_name: "Shop".into(),
            relay: Some(relay),
            auto_reply: "We have it.".into(),
            subject_days: 30,
        };
        let (kind, url) = (ChannelKind::Email, String::new());
        let before = ChannelAccount { kind, url, mail: Some(settings), ..account() };
        let mut wire = to_wire(TenantId(Uuid::now_v7()), &before);
        let mut after = ChannelAccount { mail: None, ..before.clone() };
        let whole = Fields::all(&fields(&wire));
        patch(&wire, &whole, true).expect("it is complete")(&mut after);
        assert_eq!(after, before);
        let Some(Config::Email(email)) = &mut wire.config else { panic!("it is a mailbox") };
        let relay = email.relay.as_mut().expect("it has one");
        assert!(email.password_set && relay.password.is_empty());
        assert_eq!(password(&wire, &whole), None, "empty keeps what is there");
        let Some(Config::Email(email)) = &mut wire.config else { panic!("it is a mailbox") };
        email.relay = Some(v1::MailRelay { password: "x".into(), ..Default::default() });
        assert_eq!(password(&wire, &whole).as_deref(), Some("x"));
    }

    #[test]
    fn a_mask_changes_what_it_names_also_to_nothing() {
        let empty = v1::ChannelAccount::default();
        let changed = update(&empty, &["webhook", "default_queue_id"]).expect("fields");
        assert_eq!((changed.url.as_str(), changed.default_queue_id), ("", None));
        assert_eq!(changed.name, "shop");
        for path in ["kind", "id", "secret_last4", "webhook.url", "etag"] {
            let refused = update(&empty, &[path]).expect_err(path);
            assert_eq!(refused.code(), Code::InvalidArgument);
        }
    }

    #[test]
    fn a_new_account_says_its_kind_and_its_settings() {
        let empty = v1::ChannelAccount::default();
        assert!(patch(&empty, &Fields::all(&fields(&empty)), true).is_err());
        let kind = ChannelKind::Webhook.to_wire();
        let bare = v1::ChannelAccount { kind, name: "x".into(), ..empty };
        assert!(patch(&bare, &Fields::all(&fields(&bare)), true).is_err());
    }
}
