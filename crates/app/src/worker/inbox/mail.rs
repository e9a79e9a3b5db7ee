//! What mail adds to the inbox: whether a mail may be answered by machine, and what a report says
//! about a message of ours. A report that matches none of the account's messages is passed over:
//! most such reports answer mail that others forged in our name, and nobody could do anything with
//! them. An address is suppressed only by a report that shows the token of a mail to it: ids of
//! messages are seen by everybody whom a conversation is copied to.

use super::{Applied, Failed, Item, left_by};
use crate::App;
use crate::arrivals::ArrivingMail;
use crate::error::Result;
use crate::ledger::command::Origin;
use crate::ledger::command::delivery::Report;
use crate::mail::token_keys;
use ::channels::email::thread::{OwnId, Token};
use ::channels::provider::{BounceClass, Mail, MailReport, MessageRef, ReportedStatus};
use domain::channel::{ChannelAccount, ChannelKind};
use domain::customer::Bounce;
use domain::id::{ContactPointId, MessageId, TenantId};
use domain::message::{DeliveryStatus, Direction};
use domain::sealed::Sealed;

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
        subject_days: settings.map_or(0, |mail| mail.subject_days),
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
    let Some(About { message: id, proven }) = named(app, tenant, account, &reported).await? else {
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
    let sent_to = contact_point(app, tenant, id).await?;
    let names_it = names(app, tenant, sent_to, &reported.told.recipients).await?;
    if !proven && !names_it {
        return Ok(Applied::Nothing("REPORT_OF_ANOTHER"));
    }
    // Whoever complains often takes the address out of the report; that its reader got the mail is
    // shown by the token.
    let counts = proven && (names_it || bounce == Some(Bounce::Complaint));
    let point = bounce.filter(|_| counts).zip(sent_to);
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

/// What a report is about.
struct About {
    message: MessageId,
    /// Whether it shows that its sender got the mail, or carried it.
    proven: bool,
}

/// Whether a report is about this address, or names none.
async fn names(
    app: &App,
    tenant: TenantId,
    point: Option<ContactPointId>,
    recipients: &[String],
) -> Result<bool> {
    let Some(point) = point.filter(|_| !recipients.is_empty()) else {
        return Ok(recipients.is_empty());
    };
    let content = app.content(tenant).await?;
    let reader = app.store.tenant(tenant);
    for address in recipients {
        let index = content.contact_index(ChannelKind::Email, address);
        let found = reader.find_contacts(Some(ChannelKind::Email), index).await?;
        if found.iter().any(|known| known.id == point) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The message that a report is about: by the signed token it was sent back to, else by its id.
async fn named(
    app: &App,
    tenant: TenantId,
    account: &ChannelAccount,
    reported: &Reported,
) -> Result<Option<About>> {
    if let (Some(token), Some(mail)) = (&reported.told.bounce_token, &account.mail) {
        let content = app.content(tenant).await?;
        let mailbox = ::channels::email::address::normalise(&mail.address).unwrap_or_default();
        if let Some(Token::Bounce(id)) = token_keys(&content).open(&mailbox, token) {
            return Ok(Some(About { message: MessageId(id), proven: true }));
        }
    }
    let id = match &reported.message {
        MessageRef::Ours(id) => *id,
        MessageRef::External(text) => match OwnId::read(text) {
            Some(own) => own.message,
            None => return Ok(None),
        },
        MessageRef::Unnamed => return Ok(None),
    };
    let message = app.store.tenant(tenant).message(MessageId(id)).await?;
    let message = message.filter(|message| message.direction == Direction::Outbound);
    Ok(message.map(|message| About { message: message.id, proven: false }))
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
