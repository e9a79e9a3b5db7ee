//! Driver of the Rust client for `sdk/conformance`: does what the runner says in lines of JSON and
//! tells what it saw. Each command is a task of its own; it judges nothing, and uses the public
//! surface of the crate alone.

mod crew;
mod tell;
mod wire;

use crew::Crew;
use omnichannel_sdk::{
    AgentChange, AgentCommands, AgentSession, AgentUpdate, Client, ClientConfig, Dashboard,
    DashboardOptions, Error, FeedOptions, FeedStart, FeedStream, InteractionStream, LiveOffer,
    SessionOptions, StateReader, TokenProvider, feed, v1, watch,
};
use serde_json::{Value as Json, json};
use std::collections::HashMap;
use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::sync::Mutex as Turn;
use tokio::time::{Instant, timeout_at};
use wire::{Given, Told, Wire};

/// States of a stream, as they were told.
pub(crate) type Seen = Arc<Mutex<Vec<&'static str>>>;

/// What this SDK has not, by the names that scenarios use.
const LACKS: &[&str] = &[];

/// Most items of a listing that is read to its end.
const ITEMS_MAX: u64 = 10_000;

enum Reading {
    Feed(Box<FeedStream>),
    Session(Box<AgentSession>),
    Board(Box<Dashboard>),
    Watched(Box<InteractionStream>),
}

/// A stream that the runner has named.
struct Live {
    reading: Turn<Reading>,
    commands: Option<AgentCommands>,
    states: StateReader,
    seen: Seen,
}

#[derive(Default)]
struct Named {
    clients: HashMap<String, Client>,
    streams: HashMap<String, Arc<Live>>,
    offers: HashMap<String, LiveOffer>,
    /// How often the token provider of a client was asked.
    asked: HashMap<String, Arc<AtomicUsize>>,
}

struct Driver {
    wire: Wire,
    crew: Crew,
    named: Mutex<Named>,
}

#[tokio::main]
async fn main() -> Result<(), String> {
    let driver =
        Arc::new(Driver { wire: Wire::read()?, crew: Crew::default(), named: Mutex::default() });
    say(&json!({
        "driver": "rust",
        "transport": "gRPC over HTTP/2 (tonic)",
        "version": env!("CARGO_PKG_VERSION"),
        "lacks": LACKS,
        "wire": "grpc",
    }));
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Some(line) = lines.next_line().await.map_err(|error| error.to_string())? {
        let command: Json = serde_json::from_str(&line).map_err(|error| error.to_string())?;
        let driver = Arc::clone(&driver);
        tokio::spawn(async move {
            let id = &command["id"];
            match driver.carry_out(&command).await {
                Ok(Ok(ok)) => say(&json!({ "id": id, "ok": ok })),
                Ok(Err(error)) => say(&json!({ "id": id, "error": tell::error(&error) })),
                Err(broken) => say(&json!({ "id": id, "broken": broken })),
            }
        });
    }
    Ok(())
}

/// One line to the runner. Who cannot be told is no longer there.
fn say(line: &Json) {
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

fn text<'a>(command: &'a Json, key: &str) -> &'a str {
    command[key].as_str().unwrap_or_default()
}

fn done<T>(outcome: Result<T, Error>) -> Told {
    Ok(outcome.map(|_| json!({})))
}

impl Driver {
    async fn carry_out(&self, command: &Json) -> Told {
        match text(command, "do") {
            "client" => self.client(command),
            "call" | "list" => self.call(command).await,
            "open" => self.open(command).await,
            "read" => self.read(command).await,
            "state" => self.state(command),
            "offer" => self.offer(command),
            "asked_for" => {
                let name = text(command, "client");
                let asked = self.named(|named| named.asked.get(name).cloned());
                let asked = asked.ok_or("this client has a key")?;
                Ok(Ok(json!({ "times": asked.load(Ordering::Relaxed) })))
            }
            "crew" => {
                self.crew.hire(command);
                Ok(Ok(json!({})))
            }
            "crew_open" => Ok(Ok(self.crew.open())),
            "crew_told" => Ok(Ok(self.crew.told())),
            "close" => {
                let gone = self.named(|named| named.streams.remove(text(command, "stream")));
                gone.map(|_| Ok(json!({}))).ok_or("no such stream".into())
            }
            "end" => {
                let gone = self.named(|named| named.clients.remove(text(command, "client")));
                gone.map(|_| Ok(json!({}))).ok_or("no such client".into())
            }
            _ => self.send(command).await,
        }
    }

    fn named<T>(&self, look: impl FnOnce(&mut Named) -> T) -> T {
        look(&mut self.named.lock().expect("nobody panics while holding it"))
    }

    fn live(&self, command: &Json) -> Result<Arc<Live>, String> {
        let name = text(command, "stream");
        self.named(|named| named.streams.get(name).cloned()).ok_or(format!("no stream {name}"))
    }

    fn connected(&self, command: &Json) -> Result<Client, String> {
        let name = text(command, "client");
        self.named(|named| named.clients.get(name).cloned()).ok_or(format!("no client {name}"))
    }

    fn client(&self, command: &Json) -> Told {
        let mut config = ClientConfig {
            endpoint: text(command, "endpoint").to_owned(),
            api_key: text(command, "key").into(),
            ..ClientConfig::default()
        };
        if let Some(most) = command["max_attempts"].as_u64() {
            config.max_attempts = u32::try_from(most).map_err(|error| error.to_string())?;
        }
        let name = text(command, "name");
        if let Some(tokens) = command["tokens"].as_array() {
            let asked = Arc::new(AtomicUsize::new(0));
            config.api_key = "".into();
            config.token_provider = Some(provider(tokens, Arc::clone(&asked)));
            self.named(|named| named.asked.insert(name.to_owned(), asked));
        }
        let made = Client::lazy(config);
        Ok(made.map(|client| {
            self.named(|named| named.clients.insert(name.to_owned(), client));
            json!({})
        }))
    }

    async fn call(&self, command: &Json) -> Told {
        let mut client = self.connected(command)?;
        if let Some(limit) = command["timeout_ms"].as_u64() {
            client = client.with_deadline(Some(Duration::from_millis(limit)));
        }
        let most = command["most"].as_u64().unwrap_or(ITEMS_MAX);
        let most = usize::try_from(most).map_err(|error| error.to_string())?;
        let given = Given { rpc: text(command, "rpc"), request: &command["request"], most };
        self.wire.make(&client, &given).await
    }

    async fn open(&self, command: &Json) -> Told {
        let client = self.connected(command)?;
        let opened = match text(command, "kind") {
            "feed" => feed(&client, feed_options(command)).await.map(|stream| {
                let (hello, states) = (stream.hello().clone(), stream.states());
                (Reading::Feed(Box::new(stream)), None, Some(hello), states)
            }),
            "agent_session" => {
                let opened = AgentSession::open(&client, session_options(command)).await;
                opened.map(|stream| {
                    let (hello, states) = (stream.hello().clone(), stream.states());
                    let commands = Some(stream.commands());
                    (Reading::Session(Box::new(stream)), commands, Some(hello), states)
                })
            }
            "dashboard" => {
                let opened = Dashboard::open(&client, DashboardOptions::default()).await;
                opened.map(|stream| {
                    let states = stream.states();
                    (Reading::Board(Box::new(stream)), None, None, states)
                })
            }
            "watch_interaction" => {
                let opened = watch(&client, text(command, "interaction_id")).await;
                opened.map(|stream| {
                    let (hello, states) = (stream.hello().clone(), stream.states());
                    (Reading::Watched(Box::new(stream)), None, Some(hello), states)
                })
            }
            other => return Err(format!("this driver opens no {other}")),
        };
        let (reading, commands, hello, states) = match opened {
            Ok(opened) => opened,
            Err(error) => return Ok(Err(error)),
        };
        let seen = Seen::default();
        tokio::spawn(tell::watch(states.clone(), Arc::clone(&seen)));
        let live = Arc::new(Live { reading: Turn::new(reading), commands, states, seen });
        self.named(|named| named.streams.insert(text(command, "stream").to_owned(), live));
        let resumption = hello.map(|hello| hello.resumption().as_str_name());
        let told = resumption.unwrap_or_default().trim_start_matches("RESUMPTION_");
        Ok(Ok(json!({ "resumption": told })))
    }

    async fn read(&self, command: &Json) -> Told {
        let live = self.live(command)?;
        let mut reading = live.reading.lock().await;
        let wait = Duration::from_millis(command["timeout_ms"].as_u64().unwrap_or_default());
        let (due, count) = (Instant::now() + wait, command["count"].as_u64().unwrap_or(1));
        let mut items = Vec::new();
        let (mut over, mut error) = (false, Json::Null);
        while (items.len() as u64) < count && !over {
            match timeout_at(due, self.next(&mut reading)).await {
                Ok(Some(Ok(item))) => items.push(item),
                Ok(Some(Err(ended))) => (over, error) = (true, tell::error(&ended)),
                Ok(None) => over = true,
                Err(_) => break,
            }
        }
        Ok(Ok(json!({ "items": items, "over": over, "error": error })))
    }

    async fn next(&self, reading: &mut Reading) -> Option<Result<Json, Error>> {
        match reading {
            Reading::Feed(stream) => stream.next().await.map(|item| item.map(tell::fed)),
            Reading::Board(stream) => {
                stream.next().await.map(|item| item.map(|live| tell::board(&live)))
            }
            Reading::Watched(stream) => stream.next().await.map(|item| item.map(tell::watched)),
            Reading::Session(stream) => {
                let item = stream.next().await?;
                if let Ok(AgentUpdate { change, .. }) = &item
                    && let AgentChange::Offered(work) | AgentChange::SnapshotOffered(work) = change
                {
                    let offer = stream.offer(work);
                    self.named(|named| named.offers.insert(offer.id().to_owned(), offer));
                }
                Some(item.map(tell::update))
            }
        }
    }

    fn offer(&self, command: &Json) -> Told {
        let offer = self.named(|named| named.offers.get(text(command, "offer")).cloned());
        let offer = offer.ok_or("no such offer")?;
        let left = offer.remaining().as_millis();
        Ok(Ok(json!({ "open": offer.is_open(), "remaining_ms": left })))
    }

    fn state(&self, command: &Json) -> Told {
        let live = self.live(command)?;
        let error = live.states.last_error().map(|error| tell::error(&error));
        let seen = live.seen.lock().expect("nobody panics while holding it").clone();
        Ok(Ok(json!({ "states": seen, "error": error })))
    }

    async fn send(&self, command: &Json) -> Told {
        let live = self.live(command)?;
        let commands = live.commands.as_ref().ok_or("this stream takes no commands")?;
        let (offer, interaction) = (text(command, "offer"), text(command, "interaction"));
        match text(command, "do") {
            "accept" => {
                let known = self.named(|named| named.offers.get(offer).cloned());
                match known {
                    Some(known) => done(known.accept().await),
                    None => done(commands.accept(offer).await),
                }
            }
            "decline" => done(commands.decline(offer, "").await),
            "complete" => {
                let interaction_id = interaction.to_owned();
                let complete = v1::SessionComplete { interaction_id, ..Default::default() };
                done(commands.complete(complete).await)
            }
            "presence" => {
                let name = format!("PRESENCE_STATUS_{}", text(command, "status"));
                let status = v1::PresenceStatus::from_str_name(&name).ok_or("no such presence")?;
                done(commands.set_presence(status, "").await)
            }
            "message" => done(commands.send_message(interaction, text(command, "body")).await),
            other => Err(format!("this driver cannot {other}")),
        }
    }
}

/// Gives the tokens one after the other, the last one for ever.
fn provider(tokens: &[Json], asked: Arc<AtomicUsize>) -> TokenProvider {
    let tokens: Vec<String> =
        tokens.iter().filter_map(|token| token.as_str().map(str::to_owned)).collect();
    TokenProvider::new(move || {
        let at = asked.fetch_add(1, Ordering::Relaxed).min(tokens.len().saturating_sub(1));
        let token = tokens.get(at).cloned().ok_or_else(|| "no token was given".into());
        async move { token }
    })
}

fn feed_options(command: &Json) -> FeedOptions {
    let from = match (command["from_seq"].as_i64(), text(command, "resume_token")) {
        (Some(seq), _) => FeedStart::Seq(seq),
        (None, "") => FeedStart::Live,
        (None, token) => FeedStart::Token(token.to_owned()),
    };
    FeedOptions { from, ..FeedOptions::default() }
}

fn session_options(command: &Json) -> SessionOptions {
    let mut options = SessionOptions::default();
    if let Some(id) = command["session_id"].as_str() {
        id.clone_into(&mut options.session_id);
    }
    options
}
