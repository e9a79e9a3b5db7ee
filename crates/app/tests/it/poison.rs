//! One command that cannot succeed among forty-nine that can, all in one batch: the good ones are
//! done, the bad one gets INTERNAL_ERROR, and the service goes on.

use crate::setting::{ACCOUNT, contact};
use crate::support::{Db, eventually, on_postgres, on_sqlite};
use app::ledger::command::agent::SaveAgent;
use app::ledger::command::customer::SaveCustomer;
use app::ledger::command::team::SaveTeam;
use app::ledger::command::{Command, Done, Keys, No, Origin};
use app::ledger::draft::Draft;
use app::ledger::rows::Remembered;
use app::ledger::{Ledger, LedgerConfig, Outcome, Priority, Rejected};
use app::live::Live;
use domain::event::{Change, Event};
use domain::id::{AgentId, TeamId, TenantId};
use domain::refusal::Reason;
use domain::sealed::Sealed;
use engine::floor::Floor;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, mpsc};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Commands of a batch, one of them poison.
const COMMANDS: usize = 50;

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn poison_fails_alone_on_sqlite() {
    on_sqlite(|db| async move { every_class(&db).await }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn poison_fails_alone_on_postgres() {
    on_postgres(|db| async move { every_class(&db).await }).await;
}

/// What a command may do wrong.
#[derive(Clone, Copy, Debug)]
enum Wrong {
    Panics,
    PanicsAfterRecording,
    RefusesAfterRecording,
    ReadsUndeclared,
    WritesAgain,
}

struct Poison(Wrong);

impl Command for Poison {
    fn keys(&self, _: &Floor, _: &mut Keys) {}

    fn decide(&self, draft: &mut Draft) -> Result<Done, No> {
        let fact = Event::TeamChanged {
            team_id: TeamId::default(),
            change: Change::Updated,
            version: 1,
            parent: None,
            escalates_to: None,
        };
        match self.0 {
            Wrong::Panics => panic!("a decision that panics, on purpose"),
            Wrong::PanicsAfterRecording => {
                draft.record(fact);
                panic!("a decision that panics late, on purpose");
            }
            Wrong::RefusesAfterRecording => {
                draft.record(fact);
                Err(Reason::NameTaken.into())
            }
            Wrong::ReadsUndeclared => {
                let found = draft.rows.agents.get(AgentId::default()).is_some();
                Ok(Done::with(Uuid::from_u128(u128::from(found))))
            }
            Wrong::WritesAgain => {
                // The key is there already, which the command would know had it asked.
                let seen = Remembered { request_hash: [0; 16], resource_id: Uuid::nil(), seq: 0 };
                draft.rows.idempotency.put(TAKEN, seen);
                draft.record(fact);
                Ok(Done::with(Uuid::nil()))
            }
        }
    }
}

/// A key that is remembered before the poison comes.
const TAKEN: [u8; 16] = [77; 16];

struct Remembers;

impl Command for Remembers {
    fn keys(&self, _: &Floor, _: &mut Keys) {}

    fn decide(&self, draft: &mut Draft) -> Result<Done, No> {
        let seen = Remembered { request_hash: [0; 16], resource_id: Uuid::nil(), seq: 0 };
        draft.rows.idempotency.put(TAKEN, seen);
        Ok(Done::with(Uuid::nil()))
    }
}

/// Keeps its tenant's batch under way until it is let go, so that what the tenant sends meanwhile
/// is one batch.
struct Hold {
    entered: mpsc::SyncSender<()>,
    go: Mutex<mpsc::Receiver<()>>,
}

/// A batch that is held.
struct Held {
    let_go: mpsc::SyncSender<()>,
    held: tokio::task::JoinHandle<Result<Outcome, Rejected>>,
}

/// Holds a batch of a tenant.
async fn hold(ledger: &Ledger, tenant: TenantId) -> Held {
    let (entered, is_in) = mpsc::sync_channel(1);
    let (let_go, go) = mpsc::sync_channel(1);
    let hold: Arc<dyn Command> = Arc::new(Hold { entered, go: Mutex::new(go) });
    let ledger = ledger.clone();
    let held = tokio::spawn(async move { send(&ledger, tenant, hold).await });
    tokio::task::spawn_blocking(move || is_in.recv()).await.expect("it runs").expect("held");
    Held { let_go, held }
}

impl Held {
    async fn end(self) {
        self.let_go.send(()).expect("the batch waits");
        self.held.await.expect("it runs").expect("nothing is wrong with it");
    }
}

impl Command for Hold {
    fn keys(&self, _: &Floor, _: &mut Keys) {}

    fn decide(&self, draft: &mut Draft) -> Result<Done, No> {
        self.entered.send(()).expect("the test waits");
        self.go.lock().expect("held once").recv().expect("the test lets go");
        Ok(Done::with(draft.tenant))
    }
}

fn good(name: String) -> Arc<dyn Command> {
    let name = Sealed(name.into_bytes());
    let patch = Arc::new(move |agent: &mut domain::agent::Agent| agent.name.clone_from(&name));
    let id = AgentId(Uuid::now_v7());
    Arc::new(SaveAgent { id, create: true, version: 0, patch })
}

/// A stranger with the same address twice: the database would refuse the second row.
fn same_row_twice() -> Arc<dyn Command> {
    Arc::new(SaveCustomer {
        id: Uuid::from_u128(0xdead).into(),
        new_key: Some(vec![1; 40]),
        version: 0,
        profile: None,
        external: None,
        tier: None,
        language: None,
        account_owner: None,
        contacts: vec![contact(9), contact(9)],
    })
}

fn nul() -> Arc<dyn Command> {
    let patch = Arc::new(|team: &mut domain::agent::Team| team.name = "a\0b".to_owned());
    Arc::new(SaveTeam { id: None, version: 0, patch })
}

fn classes() -> Vec<(String, Arc<dyn Command>)> {
    let wrongs = [
        Wrong::Panics,
        Wrong::PanicsAfterRecording,
        Wrong::RefusesAfterRecording,
        Wrong::ReadsUndeclared,
        Wrong::WritesAgain,
    ];
    let mut all: Vec<(String, Arc<dyn Command>)> = Vec::new();
    for wrong in wrongs {
        all.push((format!("{wrong:?}"), Arc::new(Poison(wrong))));
    }
    all.push(("a NUL byte".to_owned(), nul()));
    all
}

async fn every_class(db: &Db) {
    let tenant = db.bare_tenants(1).await[0];
    let stop = CancellationToken::new();
    let live = Live::default();
    let config = LedgerConfig::default();
    let (ledger, lane) = Ledger::start(db.store.clone(), live, config, stop.clone());
    let done = send(&ledger, tenant, Arc::new(Remembers)).await;
    done.expect("it is remembered");
    let mut made = 0;
    for (name, poison) in classes() {
        for at in [0, COMMANDS / 2, COMMANDS - 1] {
            one_class(&ledger, tenant, &format!("{name} at {at}"), &poison, at).await;
            made += COMMANDS - 1;
        }
    }
    let agents = count_agents(db, tenant).await;
    assert_eq!(agents, made, "what was answered with yes is there, once");
    stop.cancel();
    lane.await.expect("the lane ends");
    let floor = app::ledger::floors::Resident::load(
        db.store.load_floor(tenant).await.expect("the floor loads"),
    );
    assert_eq!(floor.floor.agents().count(), made);
}

async fn count_agents(db: &Db, tenant: TenantId) -> usize {
    let (mut count, mut after) = (0, None);
    loop {
        let page = db.store.tenant(tenant).agents(after, 500).await.expect("it is read");
        let Some(last) = page.last() else { return count };
        after = Some(last.id);
        count += page.len();
    }
}

async fn send(
    ledger: &Ledger,
    tenant: TenantId,
    command: Arc<dyn Command>,
) -> Result<Outcome, Rejected> {
    let limit = std::time::Duration::from_secs(20);
    let sent = ledger.submit(Origin::system(tenant), Priority::Interactive, None, command);
    tokio::time::timeout(limit, sent).await.expect("the ledger answers")
}

async fn one_class(
    ledger: &Ledger,
    tenant: TenantId,
    what: &str,
    poison: &Arc<dyn Command>,
    at: usize,
) {
    let held = hold(ledger, tenant).await;
    let figures = ledger.figures();
    let (splits, batches) =
        (figures.splits.load(Ordering::Relaxed), figures.batches.load(Ordering::Relaxed));
    let sent: Vec<_> = (0..COMMANDS)
        .map(|n| {
            let command = if n == at { Arc::clone(poison) } else { good(format!("{what} {n}")) };
            let ledger = ledger.clone();
            tokio::spawn(async move { send(&ledger, tenant, command).await })
        })
        .collect();
    eventually("all wait", || async { (ledger.waiting() > COMMANDS).then_some(()) }).await;
    held.end().await;
    for (n, result) in sent.into_iter().enumerate() {
        let result = result.await.expect("it runs");
        if n == at {
            let refused = Rejected::from(Reason::InternalError);
            assert_eq!(result.err(), Some(refused), "{what}: the poison");
        } else {
            assert!(result.is_ok(), "{what}: good command {n} got {result:?}");
        }
    }
    assert!(figures.splits.load(Ordering::Relaxed) > splits, "{what}: it was not in a batch");
    assert!(figures.batches.load(Ordering::Relaxed) > batches, "{what}: nothing was committed");
}

/// A batch that takes long is waited for by its own tenant, not by another; on SQLite, which has
/// one writer, by everybody.
#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_small_batch_is_not_waited_for_by_other_tenants() {
    on_postgres(|db| async move {
        let tenants = db.bare_tenants(2).await;
        let (stop, config) = (CancellationToken::new(), LedgerConfig::default());
        let (ledger, lane) = Ledger::start(db.store.clone(), Live::default(), config, stop.clone());
        let held = hold(&ledger, tenants[0]).await;
        let behind = tokio::spawn({
            let (ledger, tenant) = (ledger.clone(), tenants[0]);
            async move { send(&ledger, tenant, good("behind".to_owned())).await }
        });
        for turn in 0..3 {
            let made = send(&ledger, tenants[1], good(format!("agent {turn}"))).await;
            made.expect("it is made beside the batch that is held");
        }
        assert!(!behind.is_finished(), "one tenant's commands are in order");
        held.end().await;
        behind.await.expect("it runs").expect("it is made after what it waited for");
        stop.cancel();
        lane.await.expect("the lane ends");
    })
    .await;
}

/// A customer's addresses named twice are one address, not a fault.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_named_twice_is_no_poison() {
    on_sqlite(|db| async move {
        let tenant = db.bare_tenants(1).await[0];
        let stop = CancellationToken::new();
        let (ledger, lane) =
            Ledger::start(db.store.clone(), Live::default(), LedgerConfig::default(), stop.clone());
        let result = send(&ledger, tenant, same_row_twice()).await;
        let internal = Some(Rejected::from(Reason::InternalError));
        assert_ne!(result.err(), internal, "for {ACCOUNT} or any other");
        stop.cancel();
        lane.await.expect("the lane ends");
    })
    .await;
}
