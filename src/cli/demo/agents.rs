//! The agents: each holds a session, takes what is offered, reads it, answers it over the session
//! and completes it once the customer has all answers. On the way they check what the service
//! promises them: one owner, no more work than their capacity, skills as required.

use super::play::Play;
use super::script::Scene;
use super::stage::Player;
use anyhow::{Context as _, Result};
use futures::{StreamExt, TryStreamExt};
use omnichannel_sdk::v1::list_messages_request::Scope;
use omnichannel_sdk::v1::{self, DeliveryStatus, Direction, InteractionStatus, PresenceStatus};
use omnichannel_sdk::{AgentChange, AgentCommands, AgentSession, Client, Error, SessionOptions};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

/// Attempts at one command of a session, where the server asks to come again.
const ATTEMPTS_MAX: u32 = 5;

/// How long a command may take, a server that is started anew included.
const COMMAND_TIME: Duration = Duration::from_secs(30);

/// How long an agent may take to go home.
const HOME_TIME: Duration = Duration::from_secs(3);

/// Most messages of an interaction that are read.
const MESSAGES_MAX: usize = 16;

/// What an agent's tasks share.
#[derive(Clone)]
struct Actor {
    play: Arc<Play>,
    client: Client,
    commands: AgentCommands,
    number: usize,
}

/// An agent at work.
pub(super) struct Desk {
    session: AgentSession,
    actor: Actor,
    player: Player,
    queue_id: String,
    /// What the agent was offered or owns, as far as the stream has told.
    held: HashSet<String>,
    /// The same before the stream began anew.
    before: HashSet<String>,
    /// Offers that were answered; the session sees to it that the answer arrives.
    answered: HashSet<String>,
    tasks: JoinSet<()>,
}

impl Desk {
    /// Opens a session and makes the agent available.
    pub(super) async fn open(
        client: Client,
        player: Player,
        queue_id: String,
        play: Arc<Play>,
    ) -> Result<Self> {
        let options = SessionOptions { command_timeout: COMMAND_TIME, ..Default::default() };
        let session =
            AgentSession::open(&client, options).await.context("a session of an agent")?;
        let commands = session.commands();
        commands
            .set_presence(PresenceStatus::Available, "")
            .await
            .context("the presence of an agent")?;
        let actor = Actor { play, client, commands, number: player.number };
        let (held, before, answered) = (HashSet::new(), HashSet::new(), HashSet::new());
        let tasks = JoinSet::new();
        Ok(Self { session, actor, player, queue_id, held, before, answered, tasks })
    }

    /// Works until told to stop.
    pub(super) async fn work(mut self, stop: CancellationToken) {
        loop {
            let update = tokio::select! {
                biased;
                () = stop.cancelled() => break,
                Some(ended) = self.tasks.join_next(), if !self.tasks.is_empty() => {
                    if ended.is_err() {
                        self.actor.problem("a task failed");
                    }
                    continue;
                }
                update = self.session.next() => update,
            };
            match update {
                Some(Ok(update)) => self.take(update.change),
                Some(Err(error)) => self.actor.problem(format!("the session ended: {error}")),
                None => break,
            }
        }
        self.tasks.shutdown().await;
        let home = self.actor.commands.set_presence(PresenceStatus::Offline, "");
        // The session's grace ends the presence of whoever does not get that far.
        let _ = timeout(HOME_TIME, home).await;
    }

    fn take(&mut self, change: AgentChange) {
        match change {
            AgentChange::SnapshotBegun => self.before = std::mem::take(&mut self.held),
            AgentChange::SnapshotEnd => self.catch_up(),
            AgentChange::Offered(work) | AgentChange::SnapshotOffered(work) => self.offered(*work),
            AgentChange::Assigned(work) | AgentChange::SnapshotAssigned(work) => {
                self.assigned(work.id);
            }
            AgentChange::Unassigned(work) => self.unassigned(&work),
            AgentChange::OfferEnded(offer) => {
                self.held.remove(&offer.interaction_id);
                self.answered.remove(&offer.id);
            }
            AgentChange::Message(message) => self.actor.message(&message),
            _ => {}
        }
    }

    /// After a new beginning: what happened meanwhile was not told, so it is read.
    fn catch_up(&mut self) {
        for interaction_id in std::mem::take(&mut self.before) {
            let actor = self.actor.clone();
            let Some(number) = actor.play.scene_of(&interaction_id).map(|scene| scene.number)
            else {
                continue;
            };
            self.tasks.spawn(async move {
                let scene = &actor.play.script.scenes[number];
                if let Err(error) = actor.look_up(&interaction_id, scene).await {
                    actor.problem(format!("case {number}, after a new beginning: {error}"));
                }
            });
        }
    }

    fn hold(&mut self, interaction_id: &str) {
        self.held.insert(interaction_id.to_owned());
        if self.held.len() > self.player.units {
            self.actor.problem(format!("has {} at once, its cap is lower", self.held.len()));
        }
    }

    fn offered(&mut self, work: v1::OfferedWork) {
        let Some(offer) = work.offer else { return self.actor.problem("an offer of nothing") };
        self.hold(&offer.interaction_id);
        if !self.answered.insert(offer.id.clone()) {
            // Told again after a new beginning.
            return;
        }
        let actor = self.actor.clone();
        if offer.queue_id != self.queue_id {
            // Another queue of the tenant that every agent serves.
            self.tasks.spawn(async move { actor.decline(offer.id).await });
            return;
        }
        let message = work.last_message.unwrap_or_default();
        let Some((scene, _)) = actor.play.script.part_of(&message.external_id) else {
            return actor.problem("an offer came without the customer's message");
        };
        actor.play.identify(&offer.interaction_id, scene);
        actor.play.counters.offers.add();
        let mut declines = false;
        actor.play.change(scene, |progress| {
            progress.offered.get_or_insert_with(Instant::now);
            declines = scene.declined && !progress.declined;
            progress.declined |= declines;
        });
        self.tasks.spawn(async move {
            if declines {
                actor.play.counters.declines.add();
                actor.decline(offer.id).await;
            } else {
                actor.accept(offer.id).await;
            }
        });
    }

    fn assigned(&mut self, interaction_id: String) {
        self.hold(&interaction_id);
        let actor = self.actor.clone();
        let Some(scene) = actor.play.scene_of(&interaction_id) else {
            return actor.problem("owns what it was not offered");
        };
        let mut before = None;
        actor.play.change(scene, |progress| before = progress.owner.replace(actor.number));
        match before {
            // Told again after the stream was lost.
            Some(owner) if owner == actor.number => return,
            Some(owner) => {
                let number = scene.number;
                actor.problem(format!("was given case {number}, which agent {owner} owned"));
            }
            None => {}
        }
        if scene.invoice && !self.player.billing {
            actor.problem(format!("was given case {} without the skill", scene.number));
        }
        let number = scene.number;
        self.tasks.spawn(async move {
            let scene = &actor.play.script.scenes[number];
            if let Err(error) = actor.serve(&interaction_id, scene).await {
                actor.problem(format!("case {number}: {error:#}"));
            }
        });
    }

    fn unassigned(&mut self, work: &v1::UnassignedWork) {
        self.held.remove(&work.interaction_id);
        let Some(scene) = self.actor.play.scene_of(&work.interaction_id) else { return };
        if work.status() != InteractionStatus::Resolved {
            let status = work.status().as_str_name();
            self.actor.problem(format!("lost case {} as {status}", scene.number));
            return;
        }
        self.actor.resolved(scene);
    }
}

impl Actor {
    fn problem(&self, text: impl AsRef<str>) {
        self.play.problem(format!("agent {}: {}", self.number, text.as_ref()));
    }

    fn resolved(&self, scene: &Scene) {
        self.play.change(scene, |progress| {
            progress.resolved.get_or_insert_with(Instant::now);
        });
    }

    async fn accept(&self, offer_id: String) {
        if let Err(error) = patiently(|| self.commands.accept(offer_id.clone())).await {
            self.problem(format!("cannot accept: {error}"));
        }
    }

    async fn decline(&self, offer_id: String) {
        let decline = || self.commands.decline(offer_id.clone(), "demo: for a colleague");
        if let Err(error) = patiently(decline).await {
            self.problem(format!("cannot decline: {error}"));
        }
    }

    /// A message in an interaction of this agent: new, or its delivery moved on.
    fn message(&self, message: &v1::Message) {
        let Some(scene) = self.play.scene_of(&message.interaction_id) else { return };
        match (message.direction(), message.status()) {
            (Direction::Inbound, _) => self.hear(scene, message),
            (_, DeliveryStatus::Failed | DeliveryStatus::Expired) => {
                self.problem(format!("an answer to case {} was not delivered", scene.number));
            }
            _ => {}
        }
    }

    /// Reads a customer's message and compares it with what the customer wrote.
    fn hear(&self, scene: &Scene, message: &v1::Message) {
        let number = scene.number;
        let Some((of, part)) = self.play.script.part_of(&message.external_id) else {
            return self.problem(format!("case {number} has a message nobody wrote"));
        };
        if of.number != number || message.body != scene.text(part) {
            return self.problem(format!("case {number} has a message of another"));
        }
        self.play.change(scene, |progress| progress.heard |= 1 << part);
    }

    async fn serve(&self, interaction_id: &str, scene: &Scene) -> Result<()> {
        self.read(interaction_id, scene).await.context("reading the messages")?;
        for part in 0..scene.parts() {
            self.play.until(scene, |progress| progress.has_heard(part)).await;
            let reply = || self.commands.send_message(interaction_id, scene.reply(part));
            patiently(reply).await.context("answering")?;
            self.play.until(scene, |progress| progress.replies > part).await;
        }
        let complete = || {
            self.commands.complete(v1::SessionComplete {
                interaction_id: interaction_id.to_owned(),
                resolution: "Answered in the demo.".to_owned(),
                wrap_up_code: "demo_answered".to_owned(),
            })
        };
        patiently(complete).await.context("completing")?;
        Ok(())
    }

    /// Learns what a stream would have told.
    async fn look_up(&self, interaction_id: &str, scene: &Scene) -> Result<(), Error> {
        self.read(interaction_id, scene).await?;
        let interaction_id = interaction_id.to_owned();
        let found = self.client.call(v1::GetInteractionRequest { interaction_id }).await?;
        let interaction = found.interaction.unwrap_or_default();
        if interaction.status() == InteractionStatus::Resolved {
            self.resolved(scene);
        }
        Ok(())
    }

    async fn read(&self, interaction_id: &str, scene: &Scene) -> Result<(), Error> {
        let scope = Some(Scope::InteractionId(interaction_id.to_owned()));
        let request = v1::ListMessagesRequest { scope, ..Default::default() };
        let messages: Vec<_> = self.client.list(request).take(MESSAGES_MAX).try_collect().await?;
        let inbound = messages.iter().filter(|message| message.direction() == Direction::Inbound);
        let mut ids = HashSet::new();
        for message in inbound {
            if !ids.insert(&message.external_id) {
                self.problem(format!("case {} has a message twice", scene.number));
            }
            self.hear(scene, message);
        }
        Ok(())
    }
}

/// Sends a command again as long as the server asks for it: then nothing was done.
async fn patiently<T, F, A>(mut command: F) -> Result<T, Error>
where
    F: FnMut() -> A,
    A: Future<Output = Result<T, Error>>,
{
    for _ in 1..ATTEMPTS_MAX {
        match command().await {
            Err(error) if error.is_retryable() && !error.is_local() => {
                sleep(error.retry_after().unwrap_or(Duration::from_millis(100))).await;
            }
            outcome => return outcome,
        }
    }
    command().await
}
