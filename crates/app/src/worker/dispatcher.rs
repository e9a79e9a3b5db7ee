//! From the outbox to the other side. A lane leaves strictly in order; an attempt is a lease; what
//! it came to is recorded on the message first and in the outbox after, so that a crash repeats an
//! attempt rather than losing one. An answer that was never seen is UNKNOWN, said openly, and tried
//! again under the same id.

mod mail;
mod page;
mod room;
mod under_way;

use super::held::Held;
use super::inbox::mail::{contact_point, of_class};
use crate::App;
use crate::error::{Error, Result};
use crate::ledger::command::Origin;
use crate::ledger::command::delivery::Report;
use crate::mail::MailConfig;
use crate::measure;
use ::channels::Courier;
use ::channels::breaker::{Breaker, Signal, State};
use ::channels::http::{ClientOptions, Egress, GuardedClient};
use ::channels::provider::{
    AccountConfig, Delivery, DeliveryReason, OutboundMessage, Outgoing, Provider, RenderError,
};
use ::channels::registry::provider_of;
use ::channels::secrets::Secrets;
use ::channels::smtp::{SmtpClient, SmtpOptions};
use ::channels::webhook::URL_SETTING;
use domain::channel::{AccountStatus, ChannelAccount};
use domain::customer::Bounce;
use domain::id::{AccountId, TenantId};
use domain::message::DeliveryStatus;
use domain::refusal::Reason;
use domain::sealed::Sealed;
use domain::time::{Span, Timestamp};
use engine::retry::wait_after;
use room::Room;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use store::Claim;

/// How long handing over one mail may take: relays look closely before they answer.
const MAIL_TIMEOUT: Duration = Duration::from_secs(30);

/// How long an attempt is ours: longer than an exchange may take after the wait for room.
const LEASE: Span = Span::from_secs(90);

/// How long a message with files that found no room stays in the outbox.
const ROOM_AGAIN: Span = Span::from_secs(1);

/// How deliveries leave.
#[derive(Clone, Debug)]
pub struct DeliveryConfig {
    /// Which addresses may be spoken to.
    pub egress: Egress,
    /// How long one attempt may take.
    pub timeout: Duration,
}

impl Default for DeliveryConfig {
    fn default() -> Self {
        Self { egress: Egress::STRICT, timeout: Duration::from_secs(15) }
    }
}

/// An account's settings as its provider reads them.
pub(crate) fn account_config(account: &ChannelAccount, mail: &MailConfig) -> AccountConfig {
    match &account.mail {
        Some(settings) => mail.account(settings),
        None => AccountConfig::new([(URL_SETTING, account.url.clone())]),
    }
}

/// Secrets as a provider takes them.
pub(crate) fn to_secrets(texts: Vec<String>) -> Secrets {
    Secrets::new(texts.into_iter().map(Into::into)).unwrap_or_default()
}

#[derive(Clone)]
pub(super) struct Dispatcher {
    app: App,
    courier: Courier,
    breakers: Arc<Mutex<HashMap<(TenantId, AccountId), Breaker>>>,
    room: Room,
    held: Held,
}

/// What an attempt came to, for message and outbox.
enum Ending {
    /// The message got this far; the delivery is over.
    Over { status: DeliveryStatus, reason: String, external_id: Sealed, bounce: Option<Bounce> },
    /// To be tried again, if the schedule allows; `status` is what it is until then.
    Again {
        asked: Option<Span>,
        status: Option<DeliveryStatus>,
        reason: String,
        bounce: Option<Bounce>,
    },
    /// Not even tried: the other side is not to be bothered before then.
    Later(Timestamp),
    /// Not even tried, and never will be.
    Never { status: DeliveryStatus, reason: &'static str },
}

impl Dispatcher {
    pub(super) fn new(app: App, config: DeliveryConfig) -> Result<Self> {
        let options = ClientOptions {
            egress: config.egress,
            timeout: config.timeout,
            ..ClientOptions::default()
        };
        let client = GuardedClient::new(&options).map_err(|error| {
            tracing::error!(%error, "outbound HTTP cannot be set up");
            Error::from(Reason::InternalError)
        })?;
        let mail =
            SmtpOptions { egress: config.egress, timeout: MAIL_TIMEOUT, ..SmtpOptions::default() };
        let mail = SmtpClient::new(&mail).map_err(|error| {
            tracing::error!(%error, "outbound mail cannot be set up");
            Error::from(Reason::InternalError)
        })?;
        Ok(Self {
            app,
            courier: Courier::new(client, mail),
            breakers: Arc::default(),
            room: Room::default(),
            held: Held::default(),
        })
    }

    async fn deliver(&self, claim: &Claim) -> Result<()> {
        let now = self.app.now().await?;
        let ending = if claim.delivery.expires_at <= now {
            Ending::Never { status: DeliveryStatus::Expired, reason: "EXPIRED" }
        } else if !self.app.serves(claim.tenant).await? {
            self.held.add(claim.tenant);
            Ending::Later(now)
        } else {
            self.attempt(claim, now).await?
        };
        self.conclude(claim, ending).await
    }

    async fn attempt(&self, claim: &Claim, now: Timestamp) -> Result<Ending> {
        let tenant = claim.tenant;
        let reader = self.app.store.tenant(tenant);
        let Some(account) = reader.account(claim.delivery.account_id).await? else {
            return Ok(never("CHANNEL_ACCOUNT_GONE"));
        };
        if account.status == AccountStatus::Disabled {
            return Ok(never("CHANNEL_DISABLED"));
        }
        let Some(provider) = provider_of(account.kind) else {
            return Ok(never("NO_PROVIDER"));
        };
        let _room = match account.mail {
            Some(_) if self.has_files(claim).await? => {
                let Some(room) = self.room.take(account.id).await else {
                    return Ok(Ending::Later(now + ROOM_AGAIN));
                };
                Some(room)
            }
            _ => None,
        };
        let outgoing = match self.rendered(claim, &account, provider, now).await? {
            Ok(outgoing) => outgoing,
            Err(why) => return Ok(never(why)),
        };
        let key = (tenant, account.id);
        let permit = match self.with_breaker(key, |breaker| breaker.admit(now)) {
            Ok(permit) => permit,
            Err(denied) => return Ok(Ending::Later(denied.until)),
        };
        let started = Instant::now();
        let delivery = provider.classify(&self.courier.send(outgoing).await);
        measure::delivery(account.kind, outcome(&delivery), started.elapsed());
        let after = self.app.now().await?;
        self.with_breaker(key, |breaker| {
            breaker.record(permit, Signal::from(&delivery), after);
        });
        self.ending(claim, delivery).await
    }

    /// The request that carries the message, or the page, or why it can never leave.
    async fn rendered(
        &self,
        claim: &Claim,
        account: &ChannelAccount,
        provider: &dyn Provider,
        now: Timestamp,
    ) -> Result<std::result::Result<Outgoing, &'static str>> {
        let mut secrets = self.app.secrets(claim.tenant, account).await?;
        if let Some(mail) = &account.mail {
            secrets = self.app.mail.password(mail, secrets);
        }
        let secrets = to_secrets(secrets);
        let config = account_config(account, &self.app.mail);
        let rendered = match &claim.delivery.page {
            Some(said) => provider.page(&config, &page::outbound(claim, said), &secrets, now),
            None => match self.outbound(claim, account).await? {
                Ok(message) => provider.render(&config, &message, &secrets, now),
                Err(never) => return Ok(Err(never)),
            },
        };
        Ok(rendered.map_err(RenderError::reason))
    }

    /// Tells how many accounts are not sent to at the moment.
    fn count_breakers(&self, now: Timestamp) {
        let breakers = self.breakers.lock().unwrap_or_else(PoisonError::into_inner);
        let open = breakers.values().filter(|breaker| {
            let seen = breaker.snapshot(now);
            [seen.health, seen.credential].contains(&State::Open)
        });
        measure::breakers_open(open.count());
    }

    fn with_breaker<T>(
        &self,
        key: (TenantId, AccountId),
        act: impl FnOnce(&mut Breaker) -> T,
    ) -> T {
        let mut breakers = self.breakers.lock().unwrap_or_else(PoisonError::into_inner);
        act(breakers.entry(key).or_default())
    }

    /// Whether the message has files.
    async fn has_files(&self, claim: &Claim) -> Result<bool> {
        let reader = self.app.store.tenant(claim.tenant);
        let row = reader.message(claim.delivery.message_id).await?;
        Ok(row.is_some_and(|row| row.attachments > 0))
    }

    /// The message in plain words, or why it can never leave.
    async fn outbound(
        &self,
        claim: &Claim,
        account: &ChannelAccount,
    ) -> Result<std::result::Result<OutboundMessage, &'static str>> {
        const ERASED: &str = "CONTENT_ERASED";
        let reader = self.app.store.tenant(claim.tenant);
        let Some(row) = reader.message(claim.delivery.message_id).await? else {
            return Ok(Err(ERASED));
        };
        let Some(thread) = reader.conversation(row.conversation_id).await? else {
            return Ok(Err(ERASED));
        };
        let content = self.app.content(claim.tenant).await?;
        let Some(card) = reader.customer(thread.customer_id).await? else {
            return Ok(Err(ERASED));
        };
        let views = content.customers(vec![(card.customer, card.contact_points)]).await?;
        let address = views.first().and_then(|view| {
            let mut points = view.contact_points.iter();
            points.find(|(point, _)| Some(point.id) == thread.contact_point_id)
        });
        let Some((point, to_address)) = address else { return Ok(Err(ERASED)) };
        // Mail to it may have come back since the answer was written.
        if point.suppression.is_some() {
            return Ok(Err("CONTACT_SUPPRESSED"));
        }
        let mail = match &account.mail {
            Some(settings) => {
                let name = views.first().map(|view| view.profile.display_name.clone());
                let to = mail::To { settings, thread: &thread, name: name.unwrap_or_default() };
                Some(Box::new(mail::outbound(&self.app, &content, &row, to).await?))
            }
            None => None,
        };
        let (id, conversation_id, interaction_id) =
            (row.id.0, row.conversation_id.0, row.interaction_id.0);
        let created_at = row.created_at;
        let messages = content.messages(vec![(thread.customer_id, row)]).await?;
        let said = messages.into_iter().next().map(|view| view.body).unwrap_or_default();
        Ok(Ok(OutboundMessage {
            message_id: id,
            conversation_id,
            interaction_id,
            to_address: to_address.clone(),
            body: said,
            created_at,
            attempt: u32::try_from(claim.delivery.attempt).unwrap_or(1),
            mail,
        }))
    }

    async fn ending(&self, claim: &Claim, delivery: Delivery) -> Result<Ending> {
        Ok(match delivery {
            Delivery::Accepted { external_id, delivered } => {
                let status =
                    if delivered { DeliveryStatus::Delivered } else { DeliveryStatus::Sent };
                let external_id = self.seal_external(claim, external_id).await?;
                Ending::Over { status, reason: String::new(), external_id, bounce: None }
            }
            Delivery::RetryAfter { after, reason } => again(after, None, reason),
            Delivery::CredentialsBad { reason } => again(None, None, reason),
            Delivery::Refused { reason } => Ending::Over {
                status: DeliveryStatus::Failed,
                reason: reason.told(),
                external_id: Sealed::default(),
                bounce: reason.bounce.map(|bounce| of_class(bounce.class)),
            },
            Delivery::Unknown { reason } => again(None, Some(DeliveryStatus::Unknown), reason),
        })
    }

    async fn seal_external(&self, claim: &Claim, id: Option<String>) -> Result<Sealed> {
        let id = id.filter(|_| claim.delivery.page.is_none());
        let Some(id) = id else { return Ok(Sealed::default()) };
        let reader = self.app.store.tenant(claim.tenant);
        let Some(row) = reader.interaction(claim.delivery.interaction_id).await? else {
            return Ok(Sealed::default());
        };
        let content = self.app.content(claim.tenant).await?;
        Ok(content
            .customer(row.customer_id)
            .await
            .map_or_else(|_| Sealed::default(), |seal| seal.external_id(&id)))
    }

    async fn conclude(&self, claim: &Claim, ending: Ending) -> Result<()> {
        let outbox = self.app.store.outbox();
        let now = self.app.now().await?;
        match ending {
            Ending::Later(until) => {
                outbox.release(claim, until).await?;
            }
            Ending::Never { status, reason } => {
                let external_id = Sealed::default();
                let told = Told { status, reason: reason.to_owned(), external_id, bounce: None };
                self.report(claim, 0, told).await?;
                measure::dead_letter("outbox");
                outbox.dead_untried(claim, now, reason).await?;
            }
            Ending::Over { status, reason, external_id, bounce } => {
                let told = Told { status, reason: reason.clone(), external_id, bounce };
                self.report(claim, claim.delivery.attempt, told).await?;
                match status {
                    DeliveryStatus::Sent | DeliveryStatus::Delivered => {
                        outbox.complete(claim, now).await?
                    }
                    _ => {
                        measure::dead_letter("outbox");
                        outbox.dead(claim, now, &reason).await?
                    }
                };
            }
            Ending::Again { asked, status, reason, bounce } => {
                let told = |status, bounce| {
                    let (reason, external_id) = (reason.clone(), Sealed::default());
                    Told { status, reason, external_id, bounce }
                };
                let attempt = u32::try_from(claim.delivery.attempt).unwrap_or(u32::MAX);
                let wait = wait_after(attempt, asked, jitter(claim));
                // An attempt that came to nothing is a step as well: it is waiting again.
                let step = status.or(wait.map(|_| DeliveryStatus::Queued));
                if let Some(step) = step {
                    self.report(claim, claim.delivery.attempt, told(step, None)).await?;
                }
                match wait {
                    Some(wait) => {
                        outbox.fail(claim, now + wait, &reason).await?;
                    }
                    None if status == Some(DeliveryStatus::Unknown) => {
                        outbox.unknown(claim, now, &reason).await?;
                    }
                    None => {
                        self.report(
                            claim,
                            claim.delivery.attempt,
                            told(DeliveryStatus::Failed, bounce),
                        )
                        .await?;
                        measure::dead_letter("outbox");
                        outbox.dead(claim, now, &reason).await?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Tells the message what an attempt came to, or what came of none. A page is no message: how
    /// it went is seen in the outbox alone.
    async fn report(&self, claim: &Claim, attempt: i32, told: Told) -> Result<()> {
        if claim.delivery.page.is_some() {
            return Ok(());
        }
        let id = claim.delivery.message_id;
        let bounce = match told.bounce {
            Some(bounce) => {
                let point = contact_point(&self.app, claim.tenant, id).await?;
                point.map(|point| (bounce, point))
            }
            None => None,
        };
        let report = Report {
            message_id: id,
            status: told.status,
            attempt,
            reason: told.reason,
            external_id: told.external_id,
            bounce,
            inbox: None,
        };
        self.app.change_as(Origin::system(claim.tenant), report).await?;
        Ok(())
    }
}

/// What is put on record of an attempt.
struct Told {
    status: DeliveryStatus,
    reason: String,
    external_id: Sealed,
    bounce: Option<Bounce>,
}

fn again(
    after: Option<Duration>,
    status: Option<DeliveryStatus>,
    reason: DeliveryReason,
) -> Ending {
    let bounce = reason.bounce.map(|bounce| of_class(bounce.class));
    Ending::Again { asked: after.map(span), status, reason: reason.told(), bounce }
}

/// What an attempt came to, in one word.
const fn outcome(delivery: &Delivery) -> &'static str {
    match delivery {
        Delivery::Accepted { .. } => "accepted",
        Delivery::RetryAfter { .. } => "retry",
        Delivery::CredentialsBad { .. } => "credentials_bad",
        Delivery::Refused { .. } => "refused",
        Delivery::Unknown { .. } => "unknown",
    }
}

const fn never(reason: &'static str) -> Ending {
    Ending::Never { status: DeliveryStatus::Failed, reason }
}

fn span(duration: Duration) -> Span {
    Span::from_micros(i64::try_from(duration.as_micros()).unwrap_or(i64::MAX))
}

/// A number below 1000 that differs from delivery to delivery and attempt to attempt.
fn jitter(claim: &Claim) -> u32 {
    let (_, low) = claim.delivery.id.0.as_u64_pair();
    let attempt = u64::from(claim.delivery.attempt.unsigned_abs());
    u32::try_from((low ^ attempt.wrapping_mul(0x9E37_79B9)) % 1000).unwrap_or(0)
}
