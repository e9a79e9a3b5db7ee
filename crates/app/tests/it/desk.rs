//! Batches run by hand: what is in one batch and what is in the next is the test's choice. After a
//! batch the desk does what the lane does: keeps the floors it left, and on a failure runs tenant
//! by tenant, then command by command.

use crate::support::Db;
use app::ledger::Submission;
use app::ledger::batch::{self, Bench, Failure, Part, Verdict};
use app::ledger::command::{Command, No, Origin};
use app::ledger::floors::Resident;
use domain::id::{BatchId, TenantId};
use domain::refusal::Reason;
use domain::time::Timestamp;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use store::Store;
use uuid::Uuid;

/// Commands of one tenant.
pub(crate) type Work = (TenantId, Vec<(Origin, Arc<dyn Command>)>);

/// What became of each tenant's commands.
pub(crate) type Verdicts = BTreeMap<TenantId, Vec<Verdict>>;

pub(crate) struct Desk {
    pub(crate) store: Store,
    pub(crate) residents: BTreeMap<TenantId, Resident>,
    dues: BTreeMap<TenantId, Timestamp>,
    seed: u64,
    /// Statements of the newest batch, without BEGIN and COMMIT.
    pub(crate) statements: u32,
    /// Tenants whose batch had to be run command by command.
    pub(crate) split: Vec<TenantId>,
}

impl Desk {
    pub(crate) async fn of(db: &Db, tenants: &[TenantId]) -> Self {
        let mut residents = BTreeMap::new();
        for tenant in tenants {
            let rows = db.store.load_floor(*tenant).await.expect("the floor loads");
            residents.insert(*tenant, Resident::load(rows));
        }
        let (dues, split) = (BTreeMap::new(), Vec::new());
        Self { store: db.store.clone(), residents, dues, seed: 1, statements: 0, split }
    }

    /// Runs one batch, and what it leaves undecided in those after it.
    pub(crate) async fn run(&mut self, mut work: Vec<Work>) -> Verdicts {
        work.sort_by_key(|(tenant, _)| *tenant);
        let mut all = Verdicts::new();
        while !work.is_empty() {
            for (tenant, verdicts) in self.run_once(work.clone()).await {
                let of = work.iter_mut().find(|(held, _)| *held == tenant).expect("asked for");
                assert!(!verdicts.is_empty() || of.1.is_empty(), "a batch decides something");
                of.1.drain(..verdicts.len());
                all.entry(tenant).or_default().extend(verdicts);
            }
            work.retain(|(_, commands)| !commands.is_empty());
        }
        all
    }

    /// Runs one batch; what fails as a whole is run in parts.
    async fn run_once(&mut self, work: Vec<Work>) -> Verdicts {
        match self.attempt(&work).await {
            Ok(verdicts) => verdicts,
            Err(Failure::Store(error)) if error.is_transient() => panic!("no database: {error}"),
            Err(Failure::Unknown(_)) => panic!("the commit's answer was lost"),
            Err(_) => self.run_in_parts(work).await,
        }
    }

    async fn run_in_parts(&mut self, work: Vec<Work>) -> Verdicts {
        let mut all = Verdicts::new();
        for (tenant, commands) in work {
            let whole = vec![(tenant, commands)];
            match self.attempt(&whole).await {
                Ok(verdicts) => all.extend(verdicts),
                Err(_) => {
                    self.split.push(tenant);
                    let mut verdicts = Vec::new();
                    for command in whole.into_iter().flat_map(|(_, commands)| commands) {
                        verdicts.push(self.alone(tenant, command).await);
                    }
                    all.insert(tenant, verdicts);
                }
            }
        }
        all
    }

    async fn alone(&mut self, tenant: TenantId, command: (Origin, Arc<dyn Command>)) -> Verdict {
        match self.attempt(&[(tenant, vec![command])]).await {
            Ok(mut verdicts) => verdicts.remove(&tenant).expect("asked for").remove(0),
            Err(_) => Verdict {
                result: Err(No::from(Reason::InternalError)),
                seq: 0,
                changed: false,
                repeated: false,
                interaction: None,
                message: None,
            },
        }
    }

    async fn attempt(&mut self, work: &[Work]) -> Result<Verdicts, Failure> {
        self.seed += 1;
        let submit = |(origin, command): &(Origin, Arc<dyn Command>)| {
            Submission::unattended(origin.clone(), Arc::clone(command))
        };
        let parts: Vec<Part> = work
            .iter()
            .map(|(tenant, list)| Part {
                tenant: *tenant,
                work: list.iter().map(submit).collect(),
                timers: true,
            })
            .collect();
        let batch_id = BatchId(Uuid::now_v7());
        let mut bench = Bench {
            store: &self.store,
            residents: &mut self.residents,
            dues: &self.dues,
            shift: 0,
            seed: self.seed,
            raise: &[],
            batch_id,
            decide_max: Duration::from_secs(60),
        };
        let (outcome, committing) = batch::run(&mut bench, &parts, true).await?;
        assert!(outcome.held.is_empty() && outcome.reload.is_empty(), "nobody else is there");
        committing.expect("there is something to commit").commit(batch_id).await?;
        self.statements = outcome.statements;
        let mut verdicts = Verdicts::new();
        for (tenant, settled) in outcome.settled {
            let due = batch::rounded_due(&settled.draft);
            let stale = |old: &Timestamp| due < *old || *old <= settled.draft.now;
            if self.dues.get(&tenant).is_none_or(stale) {
                self.dues.insert(tenant, due);
            }
            verdicts.insert(tenant, settled.verdicts);
            let resident = Resident { floor: settled.draft.floor, head: settled.head };
            self.residents.insert(tenant, resident);
        }
        Ok(verdicts)
    }

    /// Rows lead to the floor that the events led to.
    pub(crate) async fn check_loaded(&self, tenant: TenantId, what: &str) {
        let rows = self.store.load_floor(tenant).await.expect("the floor loads");
        let loaded = Resident::load(rows);
        let held = &self.residents[&tenant];
        assert_eq!(loaded.head, held.head, "{what}: head");
        same_floor(&loaded.floor, &held.floor, what);
    }
}

/// Whether two floors are the same, and if not, where.
pub(crate) fn same_floor(loaded: &engine::floor::Floor, folded: &engine::floor::Floor, what: &str) {
    if loaded == folded {
        return;
    }
    assert_eq!(loaded.seq(), folded.seq(), "{what}: place in the log");
    for (id, agent) in folded.agents() {
        assert_eq!(loaded.agent(*id), Some(agent), "{what}: agent {id}, left from rows");
    }
    for (id, item) in folded.items() {
        assert_eq!(loaded.item(*id), Some(item), "{what}: item {id}, left from rows");
    }
    for (id, leg) in folded.legs() {
        assert_eq!(loaded.leg(*id), Some(leg), "{what}: leg {id}, left from rows");
    }
    for (id, spec) in folded.queues() {
        assert_eq!(loaded.queue(*id), Some(spec), "{what}: queue {id}, left from rows");
    }
    let rules = |floor: &engine::floor::Floor| format!("{:?}", floor.rules().collect::<Vec<_>>());
    assert_eq!(rules(loaded), rules(folded), "{what}: rules");
    assert_eq!(format!("{loaded:#?}"), format!("{folded:#?}"), "{what}: load is not fold");
}
