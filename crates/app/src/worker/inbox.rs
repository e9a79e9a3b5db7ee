//! From the inbox to commands: opens what was posted, parses it, and submits each thing it says.
//! What cannot be parsed is dead at once and kept; what fails otherwise is tried again, and is dead
//! after [`ATTEMPTS_MAX`].

pub(super) mod mail;
mod under_way;

pub(super) use under_way::run;

use crate::App;
use crate::arrivals::{Arriving, Who};
use crate::channels::RAW;
use crate::error::{Error, Result};
use crate::ledger::command::Origin;
use crate::ledger::command::delivery::Report;
use crate::measure;
use ::channels::provider::{
    InboundEvent, MessageRef, ParseError, ParseFault, PriorityHint, ReportedStatus, Verified,
};
use ::channels::registry::provider_of;
use domain::channel::ChannelAccount;
use domain::event::{Actor, ActorKind};
use domain::id::{AccountId, MessageId, TenantId};
use domain::interaction::Priority;
use domain::message::DeliveryStatus;
use domain::refusal::{Class, Reason};
use domain::sealed::Sealed;
use domain::time::Span;
use std::time::Duration;
use store::InboxItem;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

/// How many large items are worked on at once: one may be a mail of 30 MiB, and its files beside.
static LARGE: Semaphore = Semaphore::const_new(2);

/// How often an item is tried.
const ATTEMPTS_MAX: i32 = 8;

/// How often an item is begun. Beyond [`ATTEMPTS_MAX`] only what takes its worker down comes so
/// far, or what several workers were given one after another because its lease had ended.
const STARTS_MAX: i32 = 2 * ATTEMPTS_MAX;

/// How long one item may take, whatever it waits for.
const ITEM: Duration = Duration::from_secs(90);

async fn handle(app: &App, tenant: TenantId, item: InboxItem) {
    let key = (item.account_id, item.dedup_key);
    // One that takes its worker down never comes to be counted below.
    let failed = match item.attempts > STARTS_MAX {
        true => Failed::hopeless("NEVER_FINISHED"),
        false => match timeout(ITEM, take_in(app, tenant, &item)).await {
            Ok(Ok(())) => return,
            Ok(Err(failed)) => failed,
            Err(_) => Failed { why: "TOOK_TOO_LONG".to_owned(), hopeless: false },
        },
    };
    let inbox = app.store.inbox();
    let over = failed.hopeless || item.attempts >= ATTEMPTS_MAX;
    tracing::warn!(%tenant, account = %item.account_id, why = %failed.why, over, "an inbox item");
    let kept = if over {
        measure::dead_letter("inbox");
        inbox.dead(tenant, key, &failed.why).await
    } else {
        let wait = Span::from_secs(1 << item.attempts.clamp(0, 6));
        match app.now().await {
            Ok(now) => inbox.fail(tenant, key, now + wait, &failed.why).await,
            Err(_) => return,
        }
    };
    if let Err(error) = kept {
        tracing::warn!(%tenant, %error, "an inbox item stays claimed until its lease ends");
    }
}

struct Failed {
    /// A word, and where it helps the field that is wrong; never content.
    why: String,
    hopeless: bool,
}

impl Failed {
    fn hopeless(why: &str) -> Self {
        Self { why: why.to_owned(), hopeless: true }
    }
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        let hopeless = matches!(error.0.reason.class(), Class::Invalid | Class::Exists);
        Self { why: error.0.reason.reason().to_owned(), hopeless }
    }
}

impl From<ParseError> for Failed {
    fn from(error: ParseError) -> Self {
        let at = match error.fault {
            ParseFault::Form { line, column } => format!(" {line}:{column}"),
            _ => String::new(),
        };
        Self::hopeless(&format!("UNPARSEABLE {} {}{at}", error.field, error.reason()))
    }
}

async fn take_in(app: &App, tenant: TenantId, item: &InboxItem) -> std::result::Result<(), Failed> {
    let gone = Failed::hopeless("ACCOUNT_GONE");
    let reader = app.store.tenant(tenant);
    let account = reader.account(item.account_id).await.map_err(Error::from)?.ok_or(gone)?;
    // Somebody else may have finished it while it waited for room.
    let Some((mut raw, _room)) = open(app, tenant, item).await? else { return Ok(()) };
    let unreadable = Failed::hopeless("UNREADABLE");
    let split = raw.iter().position(|byte| *byte == b'\n').ok_or(unreadable)?;
    let name = String::from_utf8_lossy(&raw[..split]).into_owned();
    raw.drain(..=split);
    let verified = Verified::restore(name, raw.into());
    let provider = provider_of(account.kind).ok_or(Failed::hopeless("NO_PROVIDER"))?;
    let events = provider.parse(&verified)?;
    if events.is_empty() {
        return Ok(drop_it(app, tenant, item, "NOTHING_SAID").await?);
    }
    let last = events.len() - 1;
    for (at, event) in events.into_iter().enumerate() {
        // The item is done with its last event: a crash before repeats those before, which their
        // external ids make harmless.
        let done = (at == last).then_some((item.account_id, item.dedup_key));
        match apply(app, tenant, &account, event, done).await? {
            Applied::Done => {}
            Applied::Nothing(why) if at == last => drop_it(app, tenant, item, why).await?,
            Applied::Nothing(why) => tracing::info!(%tenant, why, "a report was passed over"),
        }
    }
    Ok(())
}

/// What came of an event.
enum Applied {
    /// A command took it in.
    Done,
    /// Nothing, and nothing ever will; why.
    Nothing(&'static str),
}

async fn drop_it(app: &App, tenant: TenantId, item: &InboxItem, why: &'static str) -> Result<()> {
    tracing::info!(%tenant, account = %item.account_id, why, "an inbox item was passed over");
    app.store.inbox().drop_item(tenant, (item.account_id, item.dedup_key), why).await?;
    Ok(())
}

/// The raw bytes, and room to work on them: what is large is fetched only when few others are.
async fn open(
    app: &App,
    tenant: TenantId,
    item: &InboxItem,
) -> Result<Option<(Vec<u8>, Option<SemaphorePermit<'static>>)>> {
    let mut raw = item.raw.clone();
    let mut room = None;
    if raw.is_empty() {
        room = Some(LARGE.acquire().await.expect("nobody closes it"));
        let key = (item.account_id, item.dedup_key);
        match app.store.inbox().raw(tenant, key).await? {
            Some(found) => raw = found,
            None => return Ok(None),
        }
    }
    let content = app.content(tenant).await?;
    Ok(Some((content.seals().open_owned(RAW, item.account_id.0, raw)?, room)))
}

/// Whether a message leaves by this account: nobody else's signature says anything about it. What
/// decides never changes, so that it may be read before the command.
async fn left_by(app: &App, tenant: TenantId, id: MessageId, account: AccountId) -> Result<bool> {
    let reader = app.store.tenant(tenant);
    let Some(message) = reader.message(id).await? else { return Ok(false) };
    let interaction = reader.interaction(message.interaction_id).await?;
    Ok(interaction.is_some_and(|interaction| interaction.account_id == Some(account)))
}

type Item = (AccountId, [u8; 16]);

async fn apply(
    app: &App,
    tenant: TenantId,
    account: &ChannelAccount,
    event: InboundEvent,
    inbox: Option<Item>,
) -> std::result::Result<Applied, Failed> {
    let mut origin = Origin::system(tenant);
    match event {
        InboundEvent::Message { .. } => {
            origin.actor = Actor { kind: ActorKind::Customer, id: account.id.0 };
            let arriving = arriving(app, account, event, inbox).await?;
            app.arrive(&origin, None, &arriving).await?;
        }
        InboundEvent::Status { mail: Some(told), message, status, .. } => {
            let reported = mail::Reported { told: *told, message, status };
            return mail::report(app, origin, account, reported, inbox).await;
        }
        InboundEvent::Status { message, status, .. } => {
            let MessageRef::Ours(id) = message else {
                return Err(Error::from(Reason::ValidationFailed).into());
            };
            let id = MessageId(id);
            if !left_by(app, tenant, id, account.id).await? {
                return Err(Failed::hopeless("NOT_ITS_MESSAGE"));
            }
            let status = match status {
                ReportedStatus::Delivered => DeliveryStatus::Delivered,
                ReportedStatus::Read => DeliveryStatus::Read,
                ReportedStatus::Failed => DeliveryStatus::Failed,
                ReportedStatus::Undelivered(_)
                | ReportedStatus::Deferred
                | ReportedStatus::Complained => return Ok(Applied::Nothing("ONLY_BY_MAIL")),
            };
            let report = Report {
                message_id: id,
                status,
                attempt: 0,
                reason: match status {
                    DeliveryStatus::Failed => "REPORTED_FAILED".to_owned(),
                    _ => String::new(),
                },
                external_id: Sealed::default(),
                bounce: None,
                inbox,
            };
            app.change_as(origin, report).await?;
        }
    }
    Ok(Applied::Done)
}

/// What a customer said, as it is taken in.
async fn arriving(
    app: &App,
    account: &ChannelAccount,
    event: InboundEvent,
    inbox: Option<Item>,
) -> Result<Arriving> {
    let InboundEvent::Message {
        external_id,
        from_address,
        display_name,
        subject,
        body,
        language,
        priority,
        mail,
        ..
    } = event
    else {
        return Err(Error::from(Reason::InternalError));
    };
    let mail = match mail {
        Some(mail) => Some(Box::new(mail::read(app, account, &from_address, *mail).await?)),
        None => None,
    };
    Ok(Arriving {
        who: Who::Contact {
            kind: account.kind,
            address: from_address,
            display_name: display_name.unwrap_or_default(),
        },
        channel: account.kind,
        account_id: Some(account.id),
        subject: subject.unwrap_or_default(),
        body,
        priority: priority.map(to_priority),
        language: language.unwrap_or_default(),
        place: None,
        tags: Vec::new(),
        required_skills: Vec::new(),
        queue_id: None,
        external_id,
        always_new: false,
        callback_at: None,
        mail,
        inbox,
    })
}

fn to_priority(hint: PriorityHint) -> Priority {
    match hint {
        PriorityHint::Low => Priority::Low,
        PriorityHint::Normal => Priority::Normal,
        PriorityHint::High => Priority::High,
        PriorityHint::Urgent => Priority::Urgent,
        PriorityHint::Critical => Priority::Critical,
    }
}
