//! A thousand streams through the end of their server: desks that work, feeds, and watched
//! interactions, all through one door that shows new connections the way to a node that is there.
//! The server is told to end under load and is started again; in a second scene another node takes
//! over. It must end by itself, in time and with exit code 0; every stream must be told goodbye and
//! resume; every feed must have the log once, in order; every watched interaction every note.

mod watchers;

use super::feed_cuts::readers::Told;
use super::{Arena, Common, complaint_words, publish, saw_all, seen_words, settled};
use crate::audit::replay::Seen;
use crate::audit::{audit, events_of};
use crate::cluster::Cluster;
use crate::desk::advice::Advice;
use crate::desk::{Tally, Worker};
use crate::node::{self, Node};
use crate::proxy::Proxy;
use crate::setup::{self, Shape, Tenant};
use anyhow::{Context, Result, ensure};
use futures::{StreamExt, TryStreamExt, stream};
use omnichannel_sdk::{Client, new_request_id, v1};
use sqlx::Row;
use sqlx::postgres::PgPool;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::watch as signal;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use uuid::Uuid;
use watchers::{FeedSeen, NotesSeen, digest};

/// How long a server may take to end.
const EXIT_LIMIT: Duration = Duration::from_secs(30);
/// How long load runs before the end, and after everybody is back.
const LOAD: Duration = Duration::from_secs(6);
/// How long streams may take to be back.
const BACK_LIMIT: Duration = Duration::from_secs(60);
/// How long the work may take to end, and readers to reach the end.
const SETTLE_LIMIT: Duration = Duration::from_secs(90);
/// An answer to an offer may take as long as everybody needs to come back.
const OFFER_TIMEOUT: Duration = Duration::from_secs(120);
/// Callers who create, callers who write notes, and their pause.
const CALLERS: usize = 4;
const PAUSE: Duration = Duration::from_millis(50);
/// Connections that streams share.
const CONNECTIONS: usize = 8;
/// Set-up calls at once.
const PARALLEL: usize = 32;
const LOOK: Duration = Duration::from_millis(50);

/// How the proof is run.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    common: Common,
    /// Agents at work, each with a session.
    #[arg(long, default_value_t = 500)]
    desks: usize,
    /// Readers of the feed.
    #[arg(long, default_value_t = 100)]
    feeds: usize,
    /// Watched interactions.
    #[arg(long, default_value_t = 400)]
    watched: usize,
}

/// Runs both scenes.
pub(crate) async fn run(args: &Args, root: &Path) -> Result<()> {
    let cluster = Cluster::start(root, false)?;
    let mut words = String::new();
    let mut failed = Vec::new();
    for (nodes, title) in [(1, "Ended and started again"), (2, "A second node takes over")] {
        let (told, wrong) = scene(&cluster, args, nodes).await?;
        let _ = writeln!(words, "## {title}\n\n{told}");
        let _ = writeln!(words, "{}\n", if wrong.is_empty() { "**Holds.**" } else { "**Fails.**" });
        for text in &wrong {
            let _ = writeln!(words, "- {text}");
        }
        failed.extend(wrong);
    }
    publish(&args.common, root, "A thousand streams through the end of their server", &words)?;
    ensure!(failed.is_empty(), "{}", failed.join("; "));
    Ok(())
}

/// Everybody who holds a stream, and what they saw.
struct House {
    tenant: Tenant,
    client: Client,
    interactions: Arc<Vec<String>>,
    feeds: Vec<Arc<FeedSeen>>,
    notes: Vec<Arc<NotesSeen>>,
    tally: Arc<Tally>,
    finished: Arc<AtomicBool>,
    stop: signal::Sender<bool>,
    tasks: JoinSet<()>,
}

impl House {
    /// Opens all streams through a door and waits until they are there.
    async fn open(arena: &Arena, door: &Proxy, args: &Args) -> Result<Self> {
        let endpoint = door.endpoint();
        let platform = node::client(&arena.nodes[0].endpoint(), &arena.key, 1)?;
        let shape = Shape {
            capacities: vec![2; args.desks],
            customers: 40,
            offer_timeout: OFFER_TIMEOUT,
            mixed: true,
        };
        let connect = |key: &str| node::client_with(&endpoint, key, 2, CONNECTIONS);
        let mut tenant = setup::tenant(&platform, "proof-0", &shape, connect).await?;
        let client = connect(&tenant.key)?;
        let interactions = Arc::new(unserved(&client, args.watched).await?);
        let (stop, _) = signal::channel(false);
        let mut house = Self {
            tenant: tenant.clone(),
            client: client.clone(),
            interactions,
            feeds: Vec::new(),
            notes: Vec::new(),
            tally: Arc::new(Tally::default()),
            finished: Arc::default(),
            stop,
            tasks: JoinSet::new(),
        };
        for agent in &tenant.agents {
            let worker = Worker {
                client: client.clone(),
                agent_id: agent.id.clone(),
                tally: Arc::clone(&house.tally),
                matcher: None,
                advice: Advice::among(&tenant),
            };
            house.tasks.spawn(worker.work(house.stop.subscribe()));
        }
        for _ in 0..args.feeds {
            let seen = Arc::new(FeedSeen::default());
            house.feeds.push(Arc::clone(&seen));
            let finished = Arc::clone(&house.finished);
            house.tasks.spawn(watchers::feed(client.clone(), seen, finished));
        }
        for id in house.interactions.iter() {
            let seen = Arc::new(NotesSeen::new(id));
            house.notes.push(Arc::clone(&seen));
            let finished = Arc::clone(&house.finished);
            house.tasks.spawn(watchers::notes(client.clone(), seen, finished));
        }
        setup::greet(&mut tenant, &client).await?;
        house.tenant = tenant;
        Ok(house)
    }

    /// How often each stream was opened, but for desks.
    fn openings(&self) -> impl Iterator<Item = usize> {
        let feeds = self.feeds.iter().map(|seen| seen.way.openings());
        feeds.chain(self.notes.iter().map(|seen| seen.way.openings()))
    }

    /// Starts people who create interactions and write notes.
    fn load(&self) -> Load {
        let (mut tasks, made) = (JoinSet::new(), Arc::new(AtomicUsize::new(0)));
        for caller in 0..CALLERS {
            let (client, tenant) = (self.client.clone(), self.tenant.clone());
            let made = Arc::clone(&made);
            tasks.spawn(async move {
                for turn in (caller..).step_by(CALLERS) {
                    if setup::create(&client, &tenant, turn, new_request_id()).await.is_ok() {
                        made.fetch_add(1, Ordering::Relaxed);
                    }
                    sleep(PAUSE).await;
                }
            });
            let (client, ids) = (self.client.clone(), Arc::clone(&self.interactions));
            tasks.spawn(async move {
                for turn in (caller..).step_by(CALLERS) {
                    let note = v1::SendMessageRequest {
                        interaction_id: ids[turn % ids.len()].clone(),
                        body: "still there".to_owned(),
                        kind: v1::SendKind::InternalNote.into(),
                        request_id: new_request_id(),
                        attachment_ids: Vec::new(),
                    };
                    // Refused while nobody serves; what was not written need not be seen.
                    let _ = client.call(note).await;
                    sleep(PAUSE / 4).await;
                }
            });
        }
        Load { tasks, made }
    }
}

/// People who make work.
struct Load {
    tasks: JoinSet<()>,
    made: Arc<AtomicUsize>,
}

/// Interactions that wait for a skill nobody has: they stay as they are, to be watched.
async fn unserved(client: &Client, count: usize) -> Result<Vec<String>> {
    let skill = v1::Skill { name: "nobody has it".to_owned(), ..v1::Skill::default() };
    let request =
        v1::CreateSkillRequest { skill: Some(skill), ..v1::CreateSkillRequest::default() };
    let skill = client.call(request).await?.skill.context("the answer holds the skill")?;
    let made = (0..count).map(|number| {
        let contact = v1::ContactInput {
            kind: v1::ChannelKind::Chat.into(),
            address: format!("watched-{number}"),
            display_name: format!("Watched {number}"),
        };
        let need = v1::SkillRequirement { skill_id: skill.id.clone(), min_level: 1 };
        let request = v1::CreateInteractionRequest {
            customer: Some(v1::create_interaction_request::Customer::Contact(contact)),
            channel: v1::ChannelKind::Chat.into(),
            required_skills: vec![need],
            body: "hello".to_owned(),
            request_id: new_request_id(),
            ..v1::CreateInteractionRequest::default()
        };
        client.call(request)
    });
    let made = stream::iter(made).buffered(PARALLEL);
    let ids = made.map(|made| Ok::<_, anyhow::Error>(made?.interaction.unwrap_or_default().id));
    ids.try_collect().await.context("the watched interactions")
}

/// One scene: what it came to, and what was wrong.
async fn scene(cluster: &Cluster, args: &Args, nodes: usize) -> Result<(String, Vec<String>)> {
    let database = format!("drain_{nodes}");
    let mut arena = Arena::open(cluster, &args.common.server, &database, nodes).await?;
    let door = Proxy::start(arena.nodes[0].port()).await?;
    let house = House::open(&arena, &door, args).await?;
    let streams = args.desks + args.feeds + args.watched;
    await_streams(&house, &arena.nodes[0], &arena.key, streams).await?;
    let across = match arena.nodes.get(1) {
        Some(other) => across(&house, &arena.nodes[0], other, &arena.key, args.desks).await,
        None => Ok(()),
    };
    await_streams(&house, &arena.nodes[0], &arena.key, streams).await?;
    let mut load = house.load();
    sleep(LOAD).await;

    let before: Vec<usize> = house.openings().collect();
    if let Some(other) = arena.nodes.get(1) {
        door.aim(other.port());
    }
    let (took, code) = arena.nodes[0].end(EXIT_LIMIT + Duration::from_secs(30)).await?;
    if nodes == 1 {
        arena.nodes[0].restart().await?;
    }
    let serving = &arena.nodes[nodes - 1];
    let back = await_streams(&house, serving, &arena.key, streams).await;
    sleep(LOAD).await;
    load.tasks.shutdown().await;
    let made = load.made.load(Ordering::Relaxed);
    end_unserved(&house).await?;
    let ended = settled(&arena.pool, SETTLE_LIMIT).await?.is_some();
    let end = head_of(&arena.pool).await?;
    let reached = await_end(&house, end).await;
    house.finished.store(true, Ordering::Relaxed);
    house.stop.send_replace(true);

    let mut wrong = Vec::new();
    let mut must = |holds: bool, text: String| {
        if !holds {
            wrong.push(text);
        }
    };
    must(across.is_ok(), format!("seen from the other node: {across:?}"));
    must(code == Some(0), format!("the exit code was {code:?}"));
    must(took <= EXIT_LIMIT, format!("it took {took:?} to end"));
    must(back.is_ok(), format!("not all streams came back: {back:?}"));
    must(ended, "work was left undone".to_owned());
    must(reached, "feeds did not reach the end of the log".to_owned());
    let reopened = house.openings().zip(&before).filter(|(now, before)| now > *before).count();
    must(reopened == before.len(), format!("{reopened} of {} streams resumed", before.len()));
    let report = Report::of(&arena.pool, &house, end).await?;
    report.judge(&mut must);
    let words = format!(
        "{streams} streams through one door ({} sessions of agents who accept and complete, {} \
         feeds, {} watched\ninteractions), {made} interactions created meanwhile, and notes on \
         those watched.\n\n\
         - SIGTERM to exit: {:.1} s, exit code {}\n{}{}",
        args.desks,
        args.feeds,
        args.watched,
        took.as_secs_f64(),
        code.map_or("none".to_owned(), |code| code.to_string()),
        report.words(),
        complaint_words(&arena.complaints()),
    );
    Ok((words, wrong))
}

/// What all readers saw, against the log.
struct Report {
    events: usize,
    feeds_wrong: usize,
    notes: usize,
    notes_missed: usize,
    repeated: usize,
    goodbyes: usize,
    cut: usize,
    complaints: Vec<String>,
    accepted: usize,
    seen: Seen,
    failed_offers: usize,
    violations: usize,
}

impl Report {
    async fn of(pool: &PgPool, house: &House, end: i64) -> Result<Self> {
        let mut events = events_of(pool, tenant_of(pool).await?).await?;
        events.retain(|event| event.seq <= end);
        let told: Vec<Told> = events.iter().map(Told::of_log).collect();
        let (count, expected) = (told.len(), digest(&told));
        let feeds = house.feeds.iter();
        let feeds_wrong = feeds.filter(|seen| seen.at(end) != Some((count, expected))).count();
        let (mut notes, mut notes_missed, mut repeated) = (0, 0, 0);
        for seen in &house.notes {
            let written = written(pool, &seen.interaction_id).await?;
            notes += written.len();
            let (missed, again) = seen.against(&written);
            notes_missed += missed;
            repeated += again;
        }
        let ways = || {
            let feeds = house.feeds.iter().map(|seen| &seen.way);
            feeds.chain(house.notes.iter().map(|seen| &seen.way))
        };
        let audit = audit(pool).await?;
        Ok(Self {
            events: count,
            feeds_wrong,
            notes,
            notes_missed,
            repeated,
            goodbyes: ways().map(|way| way.goodbyes()).sum(),
            cut: ways().map(|way| way.cut()).sum(),
            complaints: ways().flat_map(|way| way.complaints()).take(20).collect(),
            accepted: audit.accepted,
            failed_offers: audit.failed_offers,
            seen: audit.seen,
            violations: audit.violations.total(),
        })
    }

    fn judge(&self, must: &mut impl FnMut(bool, String)) {
        must(self.feeds_wrong == 0, format!("{} feeds differ from the log", self.feeds_wrong));
        must(self.notes_missed == 0, format!("{} notes were never shown", self.notes_missed));
        must(self.cut == 0, format!("{} streams ended without goodbye", self.cut));
        must(self.complaints.is_empty(), self.complaints.join("; "));
        must(self.failed_offers == 0, format!("{} offers came to nothing", self.failed_offers));
        let seen = saw_all(self.seen);
        must(seen.is_ok(), format!("{seen:?}"));
        must(self.violations == 0, format!("{} violations in the log", self.violations));
    }

    fn words(&self) -> String {
        format!(
            "- goodbyes SERVER_DRAIN to feeds and watchers: {}; streams cut without one: {}\n\
             - events in the log: {}; feeds that have not exactly these, once and in order: \
             **{}**\n\
             - notes on watched interactions: {}; never shown: **{}**; shown again after a resume \
             under the same id: {}\n\
             - offers accepted: {}; come to nothing: {}\n\
             {}- violations in the log itself: {}\n",
            self.goodbyes,
            self.cut,
            self.events,
            self.feeds_wrong,
            self.notes,
            self.notes_missed,
            self.repeated,
            self.accepted,
            self.failed_offers,
            seen_words(self.seen),
            self.violations,
        )
    }
}

/// Waits until a node holds so many streams, by its own list.
async fn await_streams(house: &House, node: &Node, key: &str, count: usize) -> Result<()> {
    let client = node::client(&node.endpoint(), key, 1)?;
    let wait = async {
        loop {
            // A node that is not there yet holds none.
            let open = streams_at(&client).await.map_or(0, |streams| streams.len());
            if open >= count && house.openings().all(|openings| openings > 0) {
                return;
            }
            sleep(LOOK * 4).await;
        }
    };
    timeout(BACK_LIMIT, wait).await.with_context(|| format!("{count} streams at {}", node.port()))
}

/// All streams of a node.
async fn streams_at(client: &Client) -> Result<Vec<v1::OpenStream>> {
    let (mut all, mut page_token) = (Vec::new(), String::new());
    loop {
        let page = client.call(v1::ListStreamsRequest { page_size: 500, page_token }).await?;
        all.extend(page.streams);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return Ok(all);
        }
    }
}

/// The sessions that one node holds are listed at the other, which can close one.
async fn across(house: &House, holds: &Node, other: &Node, key: &str, desks: usize) -> Result<()> {
    let (elsewhere, platform) = (
        node::client(&other.endpoint(), &house.tenant.key, 1)?,
        node::client(&holds.endpoint(), key, 1)?,
    );
    let node = platform.call(v1::GetServerInfoRequest {}).await?.node_id;
    let mut sessions = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = v1::ListSessionsRequest { page_size: 200, page_token };
        let page = elsewhere.call(request).await?;
        sessions.extend(page.sessions);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    let held = sessions.iter().filter(|session| session.node_id == node).count();
    ensure!(held == desks, "{held} of {desks} sessions are listed");
    let session_id = sessions.first().context("there is a session")?.id.clone();
    let stream = || async {
        let streams = streams_at(&platform).await?;
        let found = streams.into_iter().find(|stream| stream.session_id == session_id);
        Ok::<_, anyhow::Error>(found.map(|stream| stream.id))
    };
    let before = stream().await?;
    let request_id = new_request_id();
    let close = v1::CloseSessionRequest { session_id: session_id.clone(), request_id };
    elsewhere.call(close).await?;
    let gone = async {
        while stream().await? == before {
            sleep(LOOK).await;
        }
        Ok::<_, anyhow::Error>(())
    };
    timeout(BACK_LIMIT, gone).await.context("the stream of a closed session goes on")?
}

/// Ends what was only there to be watched.
async fn end_unserved(house: &House) -> Result<()> {
    let calls = house.interactions.iter().map(|id| {
        let cancel = v1::CancelInteractionRequest {
            interaction_id: id.clone(),
            request_id: new_request_id(),
            ..v1::CancelInteractionRequest::default()
        };
        house.client.call(cancel)
    });
    let ended: Vec<_> = stream::iter(calls).buffered(PARALLEL).collect().await;
    for end in ended {
        end.context("ending a watched interaction")?;
    }
    Ok(())
}

/// Waits until all feeds have seen the event at a place; whether they did in time.
async fn await_end(house: &House, end: i64) -> bool {
    let all = async {
        while !house.feeds.iter().all(|seen| seen.at(end).is_some()) {
            sleep(LOOK).await;
        }
    };
    timeout(SETTLE_LIMIT, all).await.is_ok()
}

async fn tenant_of(pool: &PgPool) -> Result<Uuid> {
    let sql = "SELECT id FROM tenant WHERE name = 'proof-0'";
    Ok(sqlx::query(sql).fetch_one(pool).await?.try_get(0)?)
}

async fn head_of(pool: &PgPool) -> Result<i64> {
    let query = sqlx::query("SELECT seq FROM head WHERE tenant_id = $1");
    Ok(query.bind(tenant_of(pool).await?).fetch_one(pool).await?.try_get(0)?)
}

/// The messages of an interaction.
async fn written(pool: &PgPool, interaction: &str) -> Result<Vec<String>> {
    let query = sqlx::query("SELECT id FROM message WHERE interaction_id = $1");
    let rows = query.bind(Uuid::try_parse(interaction)?).fetch_all(pool).await?;
    rows.iter().map(|row| Ok(row.try_get::<Uuid, _>(0)?.to_string())).collect()
}
