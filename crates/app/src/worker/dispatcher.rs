//! From the outbox to the other side. A lane leaves strictly in order; an attempt is a lease; what
//! it came to is recorded on the message first and in the outbox after, so that a crash repeats an
//! attempt rather than losing one. An answer that was never seen is UNKNOWN, said openly, and tried
//! again under the same id.

use super::pause;
use crate::App;
use crate::error::{Error, Result};
use crate::ledger::command::Origin;
use crate::ledger::command::delivery::Report;
use crate::measure;
use ::channels::breaker::{Breaker, Signal, State};
use ::channels::http::{ClientOptions, Egress, GuardedClient};
use ::channels::provider::{AccountConfig, Delivery, OutboundMessage};
use ::channels::registry::provider_of;
use ::channels::secrets::Secrets;
use ::channels::webhook::URL_SETTING;
use domain::channel::{AccountStatus, ChannelAccount};
use domain::id::{AccountId, TenantId};
use domain::message::DeliveryStatus;
use domain::refusal::Reason;
use domain::sealed::Sealed;
use domain::time::{Span, Timestamp};
use engine::retry::wait_after;
use futures::StreamExt;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use store::Claim;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

/// How many deliveries one look takes.
const CLAIM: u32 = 128;

/// How many deliveries are under way at once.
const AT_ONCE: usize = 32;

/// How long an attempt is ours; longer than any exchange may take.
const LEASE: Span = Span::from_secs(90);

/// How often the outbox is looked at when nothing rings.
const POLL: Duration = Duration::from_secs(1);

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
pub(crate) fn account_config(account: &ChannelAccount) -> AccountConfig {
    AccountConfig::new([(URL_SETTING, account.url.clone())])
}

/// Secrets as a provider takes them.
pub(crate) fn to_secrets(texts: Vec<String>) -> Secrets {
    Secrets::new(texts.into_iter().map(Into::into)).unwrap_or_default()
}

#[derive(Clone)]
pub(super) struct Dispatcher {
    app: App,
    client: GuardedClient,
    breakers: Arc<Mutex<HashMap<(TenantId, AccountId), Breaker>>>,
}

/// What an attempt came to, for message and outbox.
enum Ending {
    /// The message got this far; the delivery is over.
    Over { status: DeliveryStatus, reason: String, external_id: Sealed },
    /// To be tried again, if the schedule allows; `status` is what it is until then.
    Again { asked: Option<Span>, status: Option<DeliveryStatus>, reason: String },
    /// Not even tried: the other side is not to be bothered before then.
    Later(Timestamp),
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
        Ok(Self { app, client, breakers: Arc::default() })
    }

    pub(super) async fn run(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            match self.round().await {
                Ok(0) => {
                    tokio::select! {
                        () = self.app.ledger.deliveries() => {}
                        () = tokio::time::sleep(POLL) => {}
                        () = stop.cancelled() => {}
                    }
                }
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(%error, "the outbox cannot be read");
                    pause(POLL, &stop).await;
                }
            }
        }
    }

    async fn round(&self) -> Result<usize> {
        let now = self.app.now().await?;
        let (node, _) = self.app.node();
        let claims = self.app.store.outbox().claim(node, now, LEASE, CLAIM).await?;
        let count = claims.len();
        self.count_breakers(now);
        futures::stream::iter(claims)
            .for_each_concurrent(AT_ONCE, |claim| async move {
                let attempt = claim.delivery.attempt;
                let span = tracing::info_span!(
                    target: "telemetry", parent: None, "delivery", attempt, tenant = %claim.tenant
                );
                if let Err(error) = self.deliver(&claim).instrument(span).await {
                    // The lease runs out, and somebody tries again.
                    tracing::warn!(tenant = %claim.tenant, %error, "a delivery was not finished");
                }
            })
            .await;
        Ok(count)
    }

    async fn deliver(&self, claim: &Claim) -> Result<()> {
        let now = self.app.now().await?;
        let ending = if claim.delivery.expires_at <= now {
            over(DeliveryStatus::Expired, "EXPIRED")
        } else {
            self.attempt(claim, now).await?
        };
        self.conclude(claim, ending).await
    }

    async fn attempt(&self, claim: &Claim, now: Timestamp) -> Result<Ending> {
        let tenant = claim.tenant;
        let reader = self.app.store.tenant(tenant);
        let Some(account) = reader.account(claim.delivery.account_id).await? else {
            return Ok(over(DeliveryStatus::Failed, "CHANNEL_ACCOUNT_GONE"));
        };
        if account.status == AccountStatus::Disabled {
            return Ok(over(DeliveryStatus::Failed, "CHANNEL_DISABLED"));
        }
        let Some(provider) = provider_of(account.kind) else {
            return Ok(over(DeliveryStatus::Failed, "NO_PROVIDER"));
        };
        let Some(message) = self.outbound(claim).await? else {
            return Ok(over(DeliveryStatus::Failed, "CONTENT_ERASED"));
        };
        let secrets = to_secrets(self.app.secrets(tenant, &account).await?);
        let request = match provider.render(&account_config(&account), &message, &secrets, now) {
            Ok(request) => request,
            Err(error) => return Ok(over(DeliveryStatus::Failed, error.reason())),
        };
        let key = (tenant, account.id);
        let permit = match self.with_breaker(key, |breaker| breaker.admit(now)) {
            Ok(permit) => permit,
            Err(denied) => return Ok(Ending::Later(denied.until)),
        };
        let started = Instant::now();
        let delivery = provider.classify(&self.client.send(request).await);
        measure::delivery(account.kind, outcome(&delivery), started.elapsed());
        let after = self.app.now().await?;
        self.with_breaker(key, |breaker| {
            breaker.record(permit, Signal::from(&delivery), after);
        });
        self.ending(claim, delivery).await
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

    /// The message in plain words; none if its customer was erased.
    async fn outbound(&self, claim: &Claim) -> Result<Option<OutboundMessage>> {
        let reader = self.app.store.tenant(claim.tenant);
        let Some(row) = reader.message(claim.delivery.message_id).await? else { return Ok(None) };
        let Some(thread) = reader.conversation(row.conversation_id).await? else {
            return Ok(None);
        };
        let content = self.app.content(claim.tenant).await?;
        let Some(card) = reader.customer(thread.customer_id).await? else { return Ok(None) };
        let (id, conversation_id, interaction_id) =
            (row.id.0, row.conversation_id.0, row.interaction_id.0);
        let created_at = row.created_at;
        let views = content.customers(vec![(card.customer, card.contact_points)]).await?;
        let address = views.first().and_then(|view| {
            let mut points = view.contact_points.iter();
            points.find(|(point, _)| Some(point.id) == thread.contact_point_id)
        });
        let Some((_, to_address)) = address else { return Ok(None) };
        let messages = content.messages(vec![(thread.customer_id, row)]).await?;
        Ok(messages.into_iter().next().map(|view| OutboundMessage {
            message_id: id,
            conversation_id,
            interaction_id,
            to_address: to_address.clone(),
            body: view.body,
            created_at,
            attempt: u32::try_from(claim.delivery.attempt).unwrap_or(1),
        }))
    }

    async fn ending(&self, claim: &Claim, delivery: Delivery) -> Result<Ending> {
        Ok(match delivery {
            Delivery::Accepted { external_id, delivered } => {
                let status =
                    if delivered { DeliveryStatus::Delivered } else { DeliveryStatus::Sent };
                let external_id = self.seal_external(claim, external_id).await?;
                Ending::Over { status, reason: String::new(), external_id }
            }
            Delivery::RetryAfter { after, reason } => Ending::Again {
                asked: after.map(span),
                status: None,
                reason: reason.code.to_owned(),
            },
            Delivery::CredentialsBad { reason } => {
                Ending::Again { asked: None, status: None, reason: reason.code.to_owned() }
            }
            Delivery::Refused { reason } => over(DeliveryStatus::Failed, reason.code),
            Delivery::Unknown { reason } => Ending::Again {
                asked: None,
                status: Some(DeliveryStatus::Unknown),
                reason: reason.code.to_owned(),
            },
        })
    }

    async fn seal_external(&self, claim: &Claim, id: Option<String>) -> Result<Sealed> {
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
            Ending::Over { status, reason, external_id } => {
                self.report(claim, status, reason.clone(), external_id).await?;
                match status {
                    DeliveryStatus::Sent | DeliveryStatus::Delivered => {
                        outbox.complete(claim).await?
                    }
                    _ => {
                        measure::dead_letter("outbox");
                        outbox.dead(claim, &reason).await?
                    }
                };
            }
            Ending::Again { asked, status, reason } => {
                if let Some(status) = status {
                    self.report(claim, status, reason.clone(), Sealed::default()).await?;
                }
                let attempt = u32::try_from(claim.delivery.attempt).unwrap_or(u32::MAX);
                match wait_after(attempt, asked, jitter(claim)) {
                    Some(wait) => {
                        outbox.fail(claim, now + wait, &reason).await?;
                    }
                    None if status == Some(DeliveryStatus::Unknown) => {
                        outbox.unknown(claim, &reason).await?;
                    }
                    None => {
                        self.report(
                            claim,
                            DeliveryStatus::Failed,
                            reason.clone(),
                            Sealed::default(),
                        )
                        .await?;
                        measure::dead_letter("outbox");
                        outbox.dead(claim, &reason).await?;
                    }
                }
            }
        }
        Ok(())
    }

    async fn report(
        &self,
        claim: &Claim,
        status: DeliveryStatus,
        reason: String,
        external_id: Sealed,
    ) -> Result<()> {
        let report = Report {
            message_id: claim.delivery.message_id,
            status,
            attempt: claim.delivery.attempt,
            reason,
            external_id,
            inbox: None,
        };
        self.app.change_as(Origin::system(claim.tenant), report).await?;
        Ok(())
    }
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

fn over(status: DeliveryStatus, reason: &str) -> Ending {
    Ending::Over { status, reason: reason.to_owned(), external_id: Sealed::default() }
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
