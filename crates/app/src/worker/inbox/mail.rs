//! What mail adds to the inbox: whether a mail may be answered by machine, and what a report says
//! about a message of ours. A report that matches none of the account's messages is passed over:
//! most such reports answer mail that others forged in our name, and nobody could do anything with
//! them.

use super::{Applied, Failed, Item, left_by};
use crate::App;
use crate::arrivals::ArrivingMail;
use crate::error::Result;
use crate::ledger::command::Origin;
use crate::ledger::command::delivery::Report;
use crate::mail::token_keys;
use ::channels::email::thread::{OwnId, Token};
use ::channels::provider::{BounceClass, Mail, MailReport, MessageRef, ReportedStatus};
use domain::channel::ChannelAccount;
use domain::customer::Bounce;
use domain::id::{ContactPointId, MessageId, TenantId};
use domain::message::{DeliveryStatus, Direction};
use domain::sealed::Sealed;
use uuid::Uuid;

/// What a report says.
pub(super) struct Reported {
    pub(super) told: MailReport,
    pub(super) message: MessageRef,
    pub(super) status: ReportedStatus,
}

/// What of a mail the arrival needs.
pub(super) async fn read(
    app: &App,
    account: &ChannelAccount,
    from: &str,
    mail: Mail,
) -> Result<ArrivingMail> {
    let settings = account.mail.as_ref();
    let reply = settings.map(|mail| mail.auto_reply.clone()).filter(|text| !text.is_empty());
    // What nobody can send is not written; what a machine sent, here or elsewhere, is not answered.
    let silent = mail.automatic.is_some()
        || mail.quarantine.is_some()
        || !account.can_send(app.mail.relay.is_some())
        || reply.is_none()
        || app.mailbox(from).await?.is_some();
    Ok(ArrivingMail {
        hints: mail.thread,
        files: mail.attachments,
        reply: reply.filter(|_| !silent),
    })
}

/// Takes in what a report says.
pub(super) async fn report(
    app: &App,
    origin: Origin,
    account: &ChannelAccount,
    reported: Reported,
    inbox: Option<Item>,
) -> std::result::Result<Applied, Failed> {
    let tenant = origin.tenant;
    let Some(id) = named(app, tenant, account, &reported).await? else {
        return Ok(Applied::Nothing("REPORT_UNMATCHED"));
    };
    if !left_by(app, tenant, id, account.id).await? {
        return Ok(Applied::Nothing("REPORT_UNMATCHED"));
    }
    let (status, reason, bounce) = match reported.status {
        ReportedStatus::Undelivered(bounce) => {
            let word = bounce.class.reason();
            let reason = bounce.code.map_or(word.to_owned(), |code| format!("{word} {code}"));
            (DeliveryStatus::Undelivered, reason, Some(of_class(bounce.class)))
        }
        // Whoever complains has read it.
        ReportedStatus::Complained => {
            (DeliveryStatus::Delivered, String::new(), Some(Bounce::Complaint))
        }
        ReportedStatus::Delivered => (DeliveryStatus::Delivered, String::new(), None),
        ReportedStatus::Read => (DeliveryStatus::Read, String::new(), None),
        ReportedStatus::Failed => (DeliveryStatus::Failed, "REPORTED_FAILED".to_owned(), None),
        ReportedStatus::Deferred => return Ok(Applied::Nothing("STILL_TRYING")),
    };
    let point = match bounce {
        Some(bounce) => contact_point(app, tenant, id).await?.map(|point| (bounce, point)),
        None => None,
    };
    let report = Report {
        message_id: id,
        status,
        attempt: 0,
        reason,
        external_id: Sealed::default(),
        bounce: point,
        inbox,
    };
    app.change_as(origin, report).await?;
    Ok(Applied::Done)
}

/// What a bounce says about the address, as the house counts it.
pub(in crate::worker) fn of_class(class: BounceClass) -> Bounce {
    match class {
        BounceClass::Hard => Bounce::Hard,
        BounceClass::Soft => Bounce::Soft,
        BounceClass::Blocked => Bounce::Blocked,
    }
}

/// The message that a report is about: by the signed token it was sent back to, else by its id.
async fn named(
    app: &App,
    tenant: TenantId,
    account: &ChannelAccount,
    reported: &Reported,
) -> Result<Option<MessageId>> {
    if let (Some(token), Some(mail)) = (&reported.told.bounce_token, &account.mail) {
        let content = app.content(tenant).await?;
        let mailbox = ::channels::email::address::normalise(&mail.address).unwrap_or_default();
        if let Some(Token::Bounce(id)) = token_keys(&content).open(&mailbox, token) {
            return Ok(Some(MessageId(id)));
        }
    }
    let (id, conversation): (Uuid, Option<Uuid>) = match &reported.message {
        MessageRef::Ours(id) => (*id, None),
        MessageRef::External(text) => match OwnId::read(text) {
            Some(own) => (own.message, Some(own.conversation)),
            None => return Ok(None),
        },
        MessageRef::Unnamed => return Ok(None),
    };
    let message = app.store.tenant(tenant).message(MessageId(id)).await?;
    let message = message.filter(|message| {
        message.direction == Direction::Outbound
            && conversation.is_none_or(|conversation| message.conversation_id.0 == conversation)
    });
    Ok(message.map(|message| message.id))
}

/// Where the message went.
pub(in crate::worker) async fn contact_point(
    app: &App,
    tenant: TenantId,
    id: MessageId,
) -> Result<Option<ContactPointId>> {
    let reader = app.store.tenant(tenant);
    let Some(message) = reader.message(id).await? else { return Ok(None) };
    let conversation = reader.conversation(message.conversation_id).await?;
    Ok(conversation.and_then(|conversation| conversation.contact_point_id))
}
