//! Agents who come and go, answer or do not, and whose connections are lost: every one sits behind
//! a door, which is cut, goes silent or leads to the other node when chance has it. What they do is
//! drawn from a seed; what they see of it they do not check, the log is.

use super::world::Place;
use crate::node;
use crate::proxy::Proxy;
use crate::setup;
use anyhow::Result;
use omnichannel_sdk::{
    AgentChange, AgentCommands, AgentSession, Client, Error, SessionOptions, new_request_id, v1,
};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};
use tokio::task::JoinSet;
use tokio::time::{interval, sleep, timeout};

/// Doors, before one of the two nodes each.
pub(super) const DOORS: usize = 6;
/// How long an agent stays, and stays away: mostly shortly, else beyond the grace of 45 s.
const SITS: std::ops::Range<u64> = 4_000..25_000;
const SHORTLY: std::ops::Range<u64> = 0..4_000;
const LONG: std::ops::Range<u64> = 46_000..60_000;
const LONG_SHARE: f64 = 0.3;
/// Between two blows against doors.
const BLOW: std::ops::Range<u64> = 500..2_500;
/// What becomes of an offer: it is let run out, or declined; else it is taken.
const IGNORED: f64 = 0.3;
const DECLINED: f64 = 0.1;
/// How long an agent thinks, and how long what is parked or scheduled rests.
const THINKS: std::ops::Range<u64> = 50..1_500;
const RESTS: std::ops::Range<u64> = 1_500..6_000;
/// What becomes of what is taken: parked, kept, or completed; and whether wrap-up is cut short.
const PARKED: f64 = 0.35;
const KEPT: f64 = 0.1;
const SHORT_WRAP_UP: f64 = 0.4;
/// Share of creates that ask to be called back at a time.
const CALLED_BACK: f64 = 0.2;
/// How long a session may take to open.
const OPEN_LIMIT: Duration = Duration::from_secs(20);

/// What was done, for the page.
#[derive(Default)]
pub(super) struct Doings {
    pub(super) created: AtomicUsize,
    pub(super) cuts: AtomicUsize,
    pub(super) silences: AtomicUsize,
    pub(super) turns: AtomicUsize,
    refused: Mutex<BTreeMap<String, usize>>,
}

impl Doings {
    fn refusal(&self, what: &str, error: &Error) {
        let reason = match error.reason().name() {
            "" => format!("{:?}", error.code()),
            name => name.to_owned(),
        };
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        *refused.entry(format!("{what}: {reason}")).or_default() += 1;
    }

    pub(super) fn refused(&self) -> BTreeMap<String, usize> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Opens the doors, the first half before the first node.
pub(super) async fn doors(ports: [u16; 2]) -> Result<Vec<Arc<Proxy>>> {
    let mut doors = Vec::new();
    for number in 0..DOORS {
        doors.push(Arc::new(Proxy::start(ports[number % 2]).await?));
    }
    Ok(doors)
}

/// Everybody at work, until it is shut down.
pub(super) fn begin(
    places: &[Arc<Place>],
    doors: &[Arc<Proxy>],
    endpoints: &[String; 2],
    doings: &Arc<Doings>,
    (seed, rate): (u64, usize),
) -> Result<JoinSet<()>> {
    let mut people = JoinSet::new();
    for (number, place) in places.iter().enumerate() {
        let through = doors.iter().map(|door| node::client(&door.endpoint(), &place.tenant.key, 1));
        let clients: Arc<Vec<Client>> = Arc::new(through.collect::<Result<_>>()?);
        for (which, agent) in place.tenant.agents.iter().enumerate() {
            let chance = StdRng::seed_from_u64(seed << 32 | (number << 16 | which) as u64);
            let agent = Agent {
                id: agent.id.clone(),
                clients: Arc::clone(&clients),
                doings: Arc::clone(doings),
            };
            people.spawn(agent.come_and_go(chance));
        }
        let direct = endpoints.iter().map(|at| node::client(at, &place.tenant.key, 2));
        let direct: Vec<Client> = direct.collect::<Result<_>>()?;
        let chance = StdRng::seed_from_u64(seed << 32 | 0xffff_0000 | number as u64);
        let (place, doings) = (Arc::clone(place), Arc::clone(doings));
        let pace = Duration::from_secs_f64(places.len() as f64 / rate.max(1) as f64);
        people.spawn(customers(place, direct, doings, pace, chance));
    }
    Ok(people)
}

/// Blows against doors, until it is dropped.
pub(super) async fn batter(
    doors: Vec<Arc<Proxy>>,
    ports: [u16; 2],
    doings: Arc<Doings>,
    seed: u64,
) {
    let mut chance = StdRng::seed_from_u64(seed);
    loop {
        sleep(Duration::from_millis(chance.random_range(BLOW))).await;
        let door = &doors[chance.random_range(0..doors.len())];
        match chance.random_range(0..4) {
            0 => {
                door.silence();
                doings.silences.fetch_add(1, Ordering::Relaxed);
            }
            1 | 2 => {
                // Whoever comes back through it finds the other node.
                door.aim(ports[chance.random_range(0..ports.len())]);
                doings.turns.fetch_add(1, Ordering::Relaxed);
                door.cut();
            }
            _ => door.cut(),
        }
        doings.cuts.store(doors.iter().map(|door| door.severed()).sum(), Ordering::Relaxed);
    }
}

async fn customers(
    place: Arc<Place>,
    clients: Vec<Client>,
    doings: Arc<Doings>,
    pace: Duration,
    mut chance: StdRng,
) {
    let mut ticks = interval(pace);
    let mut calls = JoinSet::new();
    for turn in 0.. {
        ticks.tick().await;
        while calls.try_join_next().is_some() {}
        let mut request = setup::known(&place.tenant, turn, new_request_id());
        if chance.random_bool(CALLED_BACK) {
            let rests = Duration::from_millis(chance.random_range(RESTS));
            request.callback_time = Some((SystemTime::now() + rests).into());
        }
        let (client, doings) = (clients[turn % clients.len()].clone(), Arc::clone(&doings));
        calls.spawn(async move {
            match client.call(request).await {
                Ok(_) => {
                    doings.created.fetch_add(1, Ordering::Relaxed);
                }
                Err(error) => doings.refusal("create", &error),
            }
        });
    }
}

#[derive(Clone)]
struct Agent {
    id: String,
    clients: Arc<Vec<Client>>,
    doings: Arc<Doings>,
}

impl Agent {
    async fn come_and_go(self, mut chance: StdRng) {
        // Not all at once.
        sleep(Duration::from_millis(chance.random_range(SHORTLY))).await;
        loop {
            let client = self.clients[chance.random_range(0..self.clients.len())].clone();
            let stays = Duration::from_millis(chance.random_range(SITS));
            // Whoever leaves drops their session, as one who closes the window does.
            let _ = timeout(stays, self.sit(client, &mut chance)).await;
            let away = match chance.random_bool(LONG_SHARE) {
                true => chance.random_range(LONG),
                false => chance.random_range(SHORTLY),
            };
            sleep(Duration::from_millis(away)).await;
        }
    }

    async fn sit(&self, client: Client, chance: &mut StdRng) {
        let options =
            SessionOptions { agent_id: Some(self.id.clone()), ..SessionOptions::default() };
        let mut session = match timeout(OPEN_LIMIT, AgentSession::open(&client, options)).await {
            Ok(Ok(session)) => session,
            Ok(Err(error)) => return self.doings.refusal("open", &error),
            Err(_) => return,
        };
        let mut jobs = JoinSet::new();
        jobs.spawn(self.clone().be_available(session.commands()));
        while let Some(update) = session.next().await {
            let change = match update {
                Ok(update) => update.change,
                Err(error) => return self.doings.refusal("session", &error),
            };
            while jobs.try_join_next().is_some() {}
            let commands = session.commands();
            match change {
                AgentChange::SnapshotBegun => {
                    jobs.spawn(self.clone().be_available(commands));
                }
                AgentChange::SnapshotOffered(work) | AgentChange::Offered(work) => {
                    let Some(offer) = work.offer else { continue };
                    let chance = StdRng::seed_from_u64(chance.random());
                    jobs.spawn(self.clone().answer(commands, client.clone(), offer, chance));
                }
                AgentChange::SnapshotAssigned(interaction) => {
                    jobs.spawn(self.clone().complete(commands, interaction.id));
                }
                _ => {}
            }
        }
    }

    async fn be_available(self, commands: AgentCommands) {
        if let Err(error) = commands.set_presence(v1::PresenceStatus::Available, "").await {
            self.doings.refusal("set_presence", &error);
        }
    }

    async fn answer(
        self,
        commands: AgentCommands,
        client: Client,
        offer: v1::Offer,
        mut chance: StdRng,
    ) {
        if chance.random_bool(IGNORED) {
            return;
        }
        sleep(Duration::from_millis(chance.random_range(THINKS))).await;
        let declined = chance.random_bool(DECLINED);
        let answered = match declined {
            true => commands.decline(offer.id.clone(), "").await,
            false => commands.accept(offer.id.clone()).await,
        };
        if let Err(error) = answered {
            return self.doings.refusal(if declined { "decline" } else { "accept" }, &error);
        }
        if declined {
            return;
        }
        sleep(Duration::from_millis(chance.random_range(THINKS))).await;
        let fate: f64 = chance.random();
        if fate < PARKED {
            let rests = Duration::from_millis(chance.random_range(RESTS));
            let request = v1::ParkInteractionRequest {
                interaction_id: offer.interaction_id,
                wake_time: Some((SystemTime::now() + rests).into()),
                ..v1::ParkInteractionRequest::default()
            };
            if let Err(error) = client.call(request).await {
                self.doings.refusal("park", &error);
            }
        } else if fate >= PARKED + KEPT {
            self.clone().complete(commands.clone(), offer.interaction_id.clone()).await;
            if chance.random_bool(SHORT_WRAP_UP) {
                sleep(Duration::from_millis(chance.random_range(THINKS))).await;
                self.complete(commands, offer.interaction_id).await;
            }
        }
    }

    async fn complete(self, commands: AgentCommands, interaction_id: String) {
        let complete = v1::SessionComplete {
            interaction_id,
            wrap_up_code: "done".to_owned(),
            ..v1::SessionComplete::default()
        };
        if let Err(error) = commands.complete(complete).await {
            self.doings.refusal("complete", &error);
        }
    }
}
