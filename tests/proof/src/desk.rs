//! Agents. A holding desk takes every offer to notice when it arrives, and never answers: for
//! measuring creates alone. A working desk accepts and completes whatever it is offered, answers
//! NOT_RESPONDING, and reloads its console when its stream stays away, as a person would.

pub(crate) mod advice;

use crate::measure::Matcher;
use advice::Advice;
use anyhow::{Context, Result, bail};
use omnichannel_sdk::{
    AgentChange, AgentCommands, AgentSession, Client, Error, SessionOptions, StreamState, v1,
};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{interval, sleep, timeout};
use tokio_stream::wrappers::ReceiverStream;
use uuid::Uuid;

/// How long a desk may take to be ready.
const OPEN_LIMIT: Duration = Duration::from_secs(20);
/// How long a stream may be away before the console is loaded anew.
const AWAY_LIMIT: Duration = Duration::from_secs(2);
/// How often that is looked at.
const LOOK: Duration = Duration::from_millis(500);
/// How long to wait before a refused command or opening is tried again.
const PAUSE: Duration = Duration::from_millis(200);
/// How often a command is tried before the next snapshot must bring it back.
const TRIES_MAX: usize = 50;
/// Frames in the channel up.
const UP_QUEUE: usize = 4;

/// What all desks did together.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) offered: AtomicU64,
    pub(crate) accepted: AtomicU64,
    pub(crate) completed: AtomicU64,
    pub(crate) reloads: AtomicU64,
    refused: Mutex<BTreeMap<String, u64>>,
}

impl Tally {
    fn refusal(&self, what: &str, error: &Error) {
        let reason = match error.reason().name() {
            "" => format!("{:?}", error.code()),
            name => name.to_owned(),
        };
        let resource = error.metadata().get("resource").map_or("", String::as_str);
        self.note(format!("{what}: {reason} {resource}").trim_end());
    }

    fn note(&self, what: &str) {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        *refused.entry(what.to_owned()).or_default() += 1;
    }

    /// What was refused, by command and reason.
    pub(crate) fn refused(&self) -> BTreeMap<String, u64> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Opens a desk that holds offers; its task ends when the stream does.
pub(crate) async fn hold(
    client: &Client,
    agent_id: &str,
    matcher: Arc<Matcher>,
    tally: Arc<Tally>,
) -> Result<JoinSet<()>> {
    use v1::session_request::Command;
    let (up, frames) = mpsc::channel(UP_QUEUE);
    let open = v1::SessionOpen {
        agent_id: agent_id.to_owned(),
        session_id: Uuid::now_v7().to_string(),
        ..v1::SessionOpen::default()
    };
    let presence = v1::SessionSetPresence {
        status: v1::PresenceStatus::Available.into(),
        ..v1::SessionSetPresence::default()
    };
    for command in [Command::Open(open), Command::SetPresence(presence)] {
        let request_id = Uuid::now_v7().to_string();
        up.send(v1::SessionRequest { command: Some(command), request_id }).await?;
    }
    let mut agents = client.agents();
    let opened = timeout(OPEN_LIMIT, agents.session(ReceiverStream::new(frames))).await;
    let mut stream = opened.context("a session did not open in time")??.into_inner();
    timeout(OPEN_LIMIT, async {
        loop {
            let frame = stream.message().await?.context("a session ended at once")?;
            match frame.frame.and_then(|frame| frame.frame) {
                Some(v1::agent_frame::Frame::CommandResult(result)) => match result.outcome {
                    Some(v1::command_result::Outcome::Error(error)) => {
                        return Err(Error::from(error).into());
                    }
                    _ => return Ok(()),
                },
                Some(v1::agent_frame::Frame::Goodbye(bye)) => bail!("a session ended: {bye:?}"),
                _ => {}
            }
        }
    })
    .await
    .context("an agent was not available in time")??;
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        // The way up stays open as long as the desk does.
        let _up = up;
        loop {
            let response = match stream.message().await {
                Ok(Some(response)) => response,
                Ok(None) => return tally.note("a stream ended"),
                Err(status) => return tally.refusal("a stream ended", &status.into()),
            };
            let at = Instant::now();
            match response.frame.and_then(|frame| frame.frame) {
                Some(v1::agent_frame::Frame::Event(event)) => {
                    if let Some(v1::agent_event::Event::Offered(work)) = event.event
                        && let Some(offer) = work.offer
                    {
                        matcher.offered(&offer.interaction_id, at);
                    }
                }
                Some(v1::agent_frame::Frame::Goodbye(bye)) => {
                    return tally.note(&format!("goodbye: {:?}", bye.reason()));
                }
                _ => {}
            }
        }
    });
    Ok(tasks)
}

/// A desk that works.
#[derive(Clone)]
pub(crate) struct Worker {
    pub(crate) client: Client,
    pub(crate) agent_id: String,
    pub(crate) tally: Arc<Tally>,
    /// Told when an offer arrives, where somebody measures.
    pub(crate) matcher: Option<Arc<Matcher>>,
    /// Whom they ask for advice, if they ever do.
    pub(crate) advice: Advice,
}

impl Worker {
    /// Works until told to stop.
    pub(crate) async fn work(self, mut stop: watch::Receiver<bool>) {
        // One console: the session stays the same, however often it is loaded.
        let session_id = Uuid::now_v7().to_string();
        while !*stop.borrow() {
            let options = SessionOptions {
                agent_id: Some(self.agent_id.clone()),
                session_id: session_id.clone(),
                open_timeout: AWAY_LIMIT,
                command_timeout: AWAY_LIMIT * 2,
                ..SessionOptions::default()
            };
            match AgentSession::open(&self.client, options).await {
                Ok(session) => {
                    tokio::select! {
                        () = self.sit(session) => {}
                        _ = stop.wait_for(|stop| *stop) => return,
                    }
                }
                Err(error) => self.tally.refusal("open", &error),
            }
            self.tally.reloads.fetch_add(1, Ordering::Relaxed);
            sleep(PAUSE).await;
        }
    }

    /// Works at one console until it has to be loaded anew.
    async fn sit(&self, mut session: AgentSession) {
        let mut jobs = JoinSet::new();
        jobs.spawn(self.clone().be_available(session.commands()));
        let (mut look, mut seen) = (interval(LOOK), Instant::now());
        loop {
            tokio::select! {
                update = session.next() => match update {
                    Some(Ok(update)) => self.react(update.change, &session, &mut jobs),
                    Some(Err(error)) => self.tally.refusal("session", &error),
                    None => return,
                },
                _ = jobs.join_next(), if !jobs.is_empty() => {}
                _ = look.tick() => {
                    use StreamState::{Connected, Resynced};
                    if matches!(session.states().current(), Connected | Resynced) {
                        seen = Instant::now();
                    } else if seen.elapsed() > AWAY_LIMIT {
                        return;
                    }
                }
            }
        }
    }

    fn react(&self, change: AgentChange, session: &AgentSession, jobs: &mut JoinSet<()>) {
        let (worker, commands) = (self.clone(), session.commands());
        match change {
            // What went on under the old state is known to the new one.
            AgentChange::SnapshotBegun => {
                jobs.abort_all();
                jobs.spawn(worker.be_available(commands));
            }
            AgentChange::SnapshotOffered(work) | AgentChange::Offered(work) => {
                let Some(offer) = work.offer else { return };
                if offer.role() == v1::OfferRole::Consult {
                    self.advice.asked(&offer.interaction_id);
                    jobs.spawn(worker.advise(commands, offer));
                    return;
                }
                self.tally.offered.fetch_add(1, Ordering::Relaxed);
                if let Some(matcher) = &self.matcher {
                    matcher.offered(&offer.interaction_id, Instant::now());
                }
                jobs.spawn(worker.take(commands, offer));
            }
            // They answer; whoever is to end it does.
            AgentChange::SnapshotConsulting(work) => {
                let Some(offer) = work.offer else { return };
                self.advice.asked(&offer.interaction_id);
                jobs.spawn(async move {
                    worker.advice.give(&worker.client, &worker.tally, &offer).await;
                });
            }
            AgentChange::Assigned(interaction) if self.advice.was_asked(&interaction.id) => {
                jobs.spawn(worker.complete(commands, interaction.id));
            }
            AgentChange::SnapshotAssigned(interaction) => {
                jobs.spawn(worker.complete(commands, interaction.id));
            }
            AgentChange::SnapshotPresence(presence) | AgentChange::PresenceChanged(presence)
                if presence.effective() != v1::EffectiveStatus::Available =>
            {
                jobs.spawn(worker.be_available(commands));
            }
            _ => {}
        }
    }

    async fn be_available(self, commands: AgentCommands) {
        for _ in 0..TRIES_MAX {
            match commands.set_presence(v1::PresenceStatus::Available, "").await {
                Ok(_) => return,
                Err(error) => self.tally.refusal("set_presence", &error),
            }
            sleep(PAUSE).await;
        }
    }

    async fn take(self, commands: AgentCommands, offer: v1::Offer) {
        for _ in 0..TRIES_MAX {
            match commands.accept(offer.id.clone()).await {
                Ok(_) => {
                    self.tally.accepted.fetch_add(1, Ordering::Relaxed);
                    let (client, tally, me) = (&self.client, &self.tally, &self.agent_id);
                    if !self.advice.seek(client, tally, me, &offer.interaction_id).await {
                        return;
                    }
                    return self.complete(commands, offer.interaction_id).await;
                }
                Err(error) => {
                    self.tally.refusal("accept", &error);
                    if is_final(&error) {
                        return;
                    }
                }
            }
            sleep(PAUSE).await;
        }
    }

    async fn advise(self, commands: AgentCommands, offer: v1::Offer) {
        for _ in 0..TRIES_MAX {
            match commands.accept(offer.id.clone()).await {
                Ok(_) => return self.advice.give(&self.client, &self.tally, &offer).await,
                Err(error) => {
                    self.tally.refusal("advise", &error);
                    if is_final(&error) {
                        return;
                    }
                }
            }
            sleep(PAUSE).await;
        }
    }

    async fn complete(self, commands: AgentCommands, interaction_id: String) {
        for _ in 0..TRIES_MAX {
            let complete = v1::SessionComplete {
                interaction_id: interaction_id.clone(),
                wrap_up_code: "done".to_owned(),
                ..v1::SessionComplete::default()
            };
            match commands.complete(complete).await {
                Ok(_) => {
                    self.tally.completed.fetch_add(1, Ordering::Relaxed);
                    return;
                }
                Err(error) => {
                    self.tally.refusal("complete", &error);
                    if is_final(&error) {
                        return;
                    }
                }
            }
            sleep(PAUSE).await;
        }
    }
}

/// Whether trying again cannot change the answer.
fn is_final(error: &Error) -> bool {
    use v1::ErrorReason as R;
    [
        R::OfferExpired,
        R::OfferCancelled,
        R::OfferRescinded,
        R::OfferAnswered,
        R::OfferLost,
        R::InteractionNotOpen,
        R::NotInteractionOwner,
        R::ResourceNotFound,
    ]
    .into_iter()
    .any(|reason| error.is(reason))
}
