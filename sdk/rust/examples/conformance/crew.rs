//! A crew of agents for the long trial: each at a desk with a client of its own, taking what is
//! offered, completing what is assigned, and keeping what it saw.

use crate::tell;
use omnichannel_sdk::{
    AgentChange, AgentCommands, AgentSession, Client, ClientConfig, Code, Error, FeedOptions,
    FeedStart, SessionOptions, StateReader, StreamState, feed, v1,
};
use serde_json::{Value as Json, json};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::sync::Semaphore;

const OPENED_AT_ONCE: usize = 16;
const PATIENCE: Duration = Duration::from_secs(120);

#[derive(Default)]
struct Seen {
    updates: Vec<Json>,
    states: Vec<Json>,
    refused: Vec<String>,
    ended: String,
    feeds: bool,
    reached: i64,
    open: bool,
}

/// One agent, or one who only follows the feed.
#[derive(Clone, Default)]
struct Member(Arc<Mutex<Seen>>);

/// All of them.
#[derive(Default)]
pub(crate) struct Crew(Mutex<Vec<Member>>);

impl Crew {
    /// Sends agents to work, and those who follow the feed.
    pub(crate) fn hire(&self, command: &Json) {
        let endpoint = command["endpoint"].as_str().unwrap_or_default();
        let room = Arc::new(Semaphore::new(OPENED_AT_ONCE));
        for (list, feeds) in [("keys", false), ("feed_keys", true)] {
            for key in command[list].as_array().into_iter().flatten() {
                let key = key.as_str().unwrap_or_default();
                let member = Member::default();
                member.seen().feeds = feeds;
                let config = ClientConfig {
                    endpoint: endpoint.to_owned(),
                    api_key: key.into(),
                    ..ClientConfig::default()
                };
                self.members().push(member.clone());
                tokio::spawn(member.work(config, feeds, Arc::clone(&room)));
            }
        }
    }

    /// How the crew is doing.
    pub(crate) fn open(&self) -> Json {
        let members = self.members();
        let open = members.iter().filter(|member| member.seen().open).count();
        let feeds = members.iter().map(|member| member.seen());
        let reached = feeds.filter(|seen| seen.feeds).map(|seen| seen.reached).min();
        json!({ "open": open, "reached": reached.unwrap_or_default() })
    }

    /// What the crew saw.
    pub(crate) fn told(&self) -> Json {
        let members = self.members();
        let told = members.iter().map(|member| {
            let seen = member.seen();
            json!({
                "updates": seen.updates, "states": seen.states, "refused": seen.refused,
                "ended": seen.ended, "feeds": seen.feeds,
            })
        });
        json!({ "members": told.collect::<Vec<_>>() })
    }

    fn members(&self) -> MutexGuard<'_, Vec<Member>> {
        self.0.lock().expect("nobody panics while holding it")
    }
}

impl Member {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().expect("nobody panics while holding it")
    }

    async fn work(self, config: ClientConfig, feeds: bool, room: Arc<Semaphore>) {
        let worked = async {
            let client = Client::lazy(config)?;
            if feeds { self.follow(&client, &room).await } else { self.sit(&client, &room).await }
        };
        if let Err(error) = worked.await {
            self.seen().ended = error.to_string();
        }
    }

    async fn follow(&self, client: &Client, room: &Semaphore) -> Result<(), Error> {
        let options = FeedOptions { from: FeedStart::Seq(1), open_timeout: PATIENCE };
        let turn = room.acquire().await;
        let mut stream = feed(client, options).await?;
        drop(turn);
        self.listen(stream.states());
        while let Some(item) = stream.next().await {
            let told = tell::fed(item?);
            let mut seen = self.seen();
            seen.reached = told["seq"].as_i64().unwrap_or_default();
            seen.updates.push(json!([told["seq"], told["id"], told["type"], ""]));
        }
        Ok(())
    }

    async fn sit(&self, client: &Client, room: &Semaphore) -> Result<(), Error> {
        let options = SessionOptions { open_timeout: PATIENCE, ..SessionOptions::default() };
        let turn = room.acquire().await;
        let mut stream = AgentSession::open(client, options).await?;
        drop(turn);
        self.listen(stream.states());
        let desk = stream.commands();
        let available = v1::PresenceStatus::Available;
        self.insist(&desk, |desk| async move { desk.set_presence(available, "").await }).await;
        while let Some(update) = stream.next().await {
            let update = update?;
            let (offer, mine) = match &update.change {
                AgentChange::Offered(work) | AgentChange::SnapshotOffered(work) => {
                    (work.offer.clone(), None)
                }
                AgentChange::Assigned(work) | AgentChange::SnapshotAssigned(work) => {
                    (None, Some(work.id.clone()))
                }
                _ => (None, None),
            };
            let told = tell::update(update);
            let interaction = told["interaction"].as_str().unwrap_or_default();
            let noted = json!([told["seq"], told["event_id"], told["type"], interaction]);
            self.seen().updates.push(noted);
            if let Some(offer) = offer {
                let taken = |desk: AgentCommands| {
                    let id = offer.id.clone();
                    async move { desk.accept(id).await }
                };
                self.insist(&desk, taken).await;
            }
            if let Some(interaction_id) = mine {
                let ended = |desk: AgentCommands| {
                    let interaction_id = interaction_id.clone();
                    let complete = v1::SessionComplete { interaction_id, ..Default::default() };
                    async move { desk.complete(complete).await }
                };
                self.insist(&desk, ended).await;
            }
        }
        Ok(())
    }

    /// Gives a command until it was carried out or refused; it cannot be carried out twice.
    async fn insist<F, A>(&self, desk: &AgentCommands, command: F)
    where
        F: Fn(AgentCommands) -> A,
        A: Future<Output = Result<v1::CommandOk, Error>>,
    {
        while let Err(error) = command(desk.clone()).await {
            match error.code() {
                Code::Unavailable | Code::DeadlineExceeded => {}
                _ => {
                    self.seen().refused.push(error.reason().name().to_owned());
                    return;
                }
            }
        }
    }

    fn listen(&self, mut states: StateReader) {
        let member = self.clone();
        tokio::spawn(async move {
            while let Some(state) = states.changed().await {
                let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                let mut seen = member.seen();
                seen.open = matches!(state, StreamState::Connected | StreamState::Resynced);
                seen.states.push(json!([now.as_millis(), tell::state(state)]));
            }
        });
    }
}
