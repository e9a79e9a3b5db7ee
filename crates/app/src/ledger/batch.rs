//! One batch: lock, load, decide, route, write, commit. All or nothing for every tenant in it; what
//! the lane does with the outcome, answers and retries, is not decided here.

use super::command::due::{self, FireDue};
use super::command::{Command, Done, Keys, No};
use super::draft::Draft;
use super::floors::{Resident, to_store};
use super::rows::Remembered;
use super::working_set::{collect, declare, distribute};
use super::{Submission, payload};
use domain::event::Actor;
use domain::id::{BatchId, TenantId};
use domain::interaction::Interaction;
use domain::message::Message;
use domain::refusal::{Reason, Refusal};
use domain::time::{Span, Timestamp};
use engine::floor::Touched;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};
use store::{Head, LedgerTx, LoadKeys, LogRow, Store, StoreError, WriteBatch};

/// How long deciding may take in one batch before the rest waits for the next.
pub const DECIDE_MAX: Duration = Duration::from_millis(20);

/// How far behind a floor may be to be brought up to date while its head is locked.
const TAIL_UNDER_LOCK: i64 = 1_000;

/// How many log rows one catch-up reads at a time.
pub const LOG_PAGE: u32 = 500;

/// One tenant's share of a batch.
#[derive(Debug)]
pub struct Part {
    /// Whose.
    pub tenant: TenantId,
    /// Its commands, in order.
    pub work: Vec<Submission>,
    /// Whether what is due is done after them.
    pub timers: bool,
}

/// What became of one command.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// What it made, or why not.
    pub result: Result<Done, No>,
    /// Where in the log it was done.
    pub seq: i64,
    /// Whether it changed anything, now or when it was done before under the same request id.
    pub changed: bool,
    /// Whether it had been done before, under the same request id.
    pub repeated: bool,
    /// The interaction as the batch left it, if the command was about one.
    pub interaction: Option<Interaction>,
    /// The message as the batch left it, if the command was about one.
    pub message: Option<Message>,
}

/// A tenant's part after the commit.
pub struct Settled {
    /// The draft that was committed.
    pub draft: Draft,
    /// The head it left.
    pub head: Head,
    /// What became of its commands; commands beyond have not been decided.
    pub verdicts: Vec<Verdict>,
}

/// What a batch came to.
#[derive(Default)]
pub struct Outcome {
    /// Tenants that were committed.
    pub settled: BTreeMap<TenantId, Settled>,
    /// Tenants whose head another node holds.
    pub held: Vec<TenantId>,
    /// Tenants whose floor is too far behind, or whose log was rewound.
    pub reload: Vec<(TenantId, Why)>,
    /// Rows of other nodes that were read while catching up.
    pub foreign: Vec<LogRow>,
    /// Statements it took.
    pub statements: u32,
    /// What the database's clock said, and when that was heard.
    pub clock: Option<(Timestamp, Instant)>,
}

/// Why a floor has to be loaded anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Others changed much.
    Behind,
    /// The log no longer holds what this floor was made of.
    Rewound,
}

/// Why a batch failed as a whole.
#[derive(Debug)]
pub enum Failure {
    /// The database.
    Store(StoreError),
    /// The commit's answer was not seen: the batch may be there under this id.
    Unknown(BatchId),
    /// A decision panicked, or refused after it had recorded something.
    Fault(&'static str),
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Failure::Store(error)
    }
}

/// What a batch runs on.
pub struct Bench<'a> {
    /// The database.
    pub store: &'a Store,
    /// The floors of this node.
    pub residents: &'a mut BTreeMap<TenantId, Resident>,
    /// When each tenant's timer was last written to be due.
    pub dues: &'a BTreeMap<TenantId, Timestamp>,
    /// What is added to the database's clock: zero outside of tests of time.
    pub shift: i64,
    /// The batch's seed.
    pub seed: u64,
    /// Generations to raise, of tenants whose log was rewound.
    pub raise: &'a [TenantId],
    /// The batch's id.
    pub batch_id: BatchId,
    /// How long deciding may take; see [`DECIDE_MAX`].
    pub decide_max: Duration,
}

/// Runs one batch of `parts`, which are sorted by tenant. `wait` for heads that others hold.
pub async fn run(
    bench: &mut Bench<'_>,
    parts: &[Part],
    wait: bool,
) -> Result<(Outcome, Option<Committing>), Failure> {
    let mut outcome = Outcome::default();
    let tenants: Vec<TenantId> = parts.iter().map(|part| part.tenant).collect();
    let mut scope = tenants.clone();
    scope.extend(parts.iter().flat_map(|part| foreseen(bench, part).tenants));
    scope.sort_unstable();
    scope.dedup();
    let mut tx = bench.store.begin(&scope).await?;
    let heads = tx.lock_heads(&tenants, wait).await?;
    outcome.held = tenants
        .iter()
        .filter(|tenant| !heads.iter().any(|head| head.tenant == **tenant))
        .copied()
        .collect();
    let clock = tx.now().await?;
    outcome.clock = Some((clock, Instant::now()));
    let mut drafts = Vec::new();
    let mut kept: Vec<&Part> = Vec::new();
    for head in heads {
        if let Some(why) = align(bench, &head, &mut outcome.foreign).await? {
            outcome.reload.push((head.tenant, why));
            continue;
        }
        let resident = bench.residents.get(&head.tenant).expect("parts have resident floors");
        let shifted = Timestamp::from_micros(clock.micros() + bench.shift);
        let now = shifted.max(head.last_now + Span::from_micros(1));
        let part = parts.iter().find(|part| part.tenant == head.tenant);
        kept.push(part.expect("only heads of parts were locked"));
        drafts.push(Draft::new(head.tenant, resident.floor.clone(), now, bench.seed));
    }
    if drafts.is_empty() {
        outcome.statements = tx.statements();
        tx.rollback().await;
        return Ok((outcome, None));
    }
    load(&mut tx, &kept, &mut drafts).await?;
    let verdicts = decide(&kept, &mut drafts, bench.decide_max)?;
    load_undeclared(&mut tx, &mut drafts).await?;
    let (write, heads) = written(bench, &drafts);
    tx.write(&write).await?;
    outcome.statements = tx.statements();
    for ((draft, head), verdicts) in drafts.into_iter().zip(heads).zip(verdicts) {
        let verdicts = verdicts.into_iter().map(|verdict| finish(verdict, &draft)).collect();
        outcome.settled.insert(draft.tenant, Settled { draft, head, verdicts });
    }
    Ok((outcome, Some(Committing(tx))))
}

/// A batch that is written and not yet committed.
pub struct Committing(LedgerTx);

impl Committing {
    /// Commits it.
    ///
    /// # Errors
    /// [`Failure::Unknown`] if the answer was not seen.
    pub async fn commit(self, batch_id: BatchId) -> Result<(), Failure> {
        match self.0.commit().await {
            Err(StoreError::UnknownCommit) => Err(Failure::Unknown(batch_id)),
            other => other.map_err(Failure::Store),
        }
    }
}

fn foreseen(bench: &Bench<'_>, part: &Part) -> Keys {
    let mut keys = Keys::default();
    if let Some(resident) = bench.residents.get(&part.tenant) {
        for submission in &part.work {
            submission.command.keys(&resident.floor, &mut keys);
        }
    }
    keys
}

/// Brings the floor to where the locked head stands, if that is near.
async fn align(
    bench: &mut Bench<'_>,
    head: &Head,
    foreign: &mut Vec<LogRow>,
) -> Result<Option<Why>, Failure> {
    let resident = bench.residents.get_mut(&head.tenant).expect("parts have resident floors");
    if resident.head == *head {
        return Ok(None);
    }
    if head.seq <= resident.head.seq || head.generation != resident.head.generation {
        return Ok(Some(Why::Rewound));
    }
    if head.seq - resident.head.seq > TAIL_UNDER_LOCK {
        return Ok(Some(Why::Behind));
    }
    catch_up(bench.store, resident, foreign).await
}

/// Re-reads what others touched since the floor was last right. Their events go to `foreign`.
pub async fn catch_up(
    store: &Store,
    resident: &mut Resident,
    foreign: &mut Vec<LogRow>,
) -> Result<Option<Why>, Failure> {
    let tenant = resident.head.tenant;
    let rows = store.log_after(tenant, resident.head.seq, LOG_PAGE).await?;
    if rows.first().is_some_and(|row| row.prev_hash != resident.head.hash) {
        return Ok(Some(Why::Rewound));
    }
    let mut touched = Touched::default();
    for row in &rows {
        match serde_json::from_slice::<Touched>(&row.touched) {
            Ok(more) => touched.merge(more),
            Err(_) => return Ok(Some(Why::Behind)),
        }
    }
    touched.normalise();
    let last = rows.last().map(|row| row.last_seq);
    let fresh = store.load_touched(tenant, &to_store(&touched)).await?;
    // The snapshot may stand later than the log that was read; then the rest is touched unseen.
    if last != Some(fresh.head.seq) {
        return Ok(Some(Why::Behind));
    }
    resident.refresh(&touched, fresh);
    foreign.extend(rows);
    Ok(None)
}

async fn load(tx: &mut LedgerTx, parts: &[&Part], drafts: &mut [Draft]) -> Result<(), Failure> {
    let mut load = LoadKeys::default();
    let mut all = Vec::with_capacity(parts.len());
    for (part, draft) in parts.iter().zip(drafts.iter()) {
        let mut keys = Keys::default();
        for submission in &part.work {
            keys.idempotency.extend(submission.origin.idempotency.map(|known| known.key));
            submission.command.keys(&draft.floor, &mut keys);
        }
        if part.timers {
            due::keys(draft, &mut keys);
        }
        declare(draft.tenant, &keys, &mut load);
        all.push(keys);
    }
    let loaded = tx.load(&load).await?;
    distribute(loaded, drafts, &all);
    Ok(())
}

async fn load_undeclared(tx: &mut LedgerTx, drafts: &mut [Draft]) -> Result<(), Failure> {
    let mut load = LoadKeys::default();
    let mut all = Vec::with_capacity(drafts.len());
    for draft in drafts.iter() {
        let keys = Keys { interactions: draft.rows.undeclared(), ..Keys::default() };
        declare(draft.tenant, &keys, &mut load);
        all.push(keys);
    }
    if !load.interactions.is_empty() {
        let loaded = tx.load(&load).await?;
        distribute(loaded, drafts, &all);
    }
    for draft in drafts {
        let floor = draft.floor.clone();
        draft.rows.fold_undeclared(&floor);
    }
    Ok(())
}

/// Decides every command, people's before due timers, until the time for deciding is used up, or
/// one of them took something whose row is not read; what follows it is of the next batch.
fn decide(
    parts: &[&Part],
    drafts: &mut [Draft],
    most: Duration,
) -> Result<Vec<Vec<Verdict>>, Failure> {
    let started = Instant::now();
    let mut all = Vec::with_capacity(parts.len());
    for (part, draft) in parts.iter().zip(drafts) {
        let mut verdicts = Vec::with_capacity(part.work.len());
        for submission in &part.work {
            if started.elapsed() > most && !all.is_empty() | !verdicts.is_empty() {
                break;
            }
            verdicts.push(guarded(draft, |draft| decide_one(submission, draft))?);
            // The rest is to see what was taken, whose row is not read yet.
            if draft.rows.owned_undeclared {
                break;
            }
        }
        let is_cut = draft.rows.owned_undeclared && verdicts.len() < part.work.len();
        if !is_cut && (started.elapsed() <= most || verdicts.is_empty()) {
            guarded(draft, |draft| {
                draft.actor = Actor::SYSTEM;
                draft.caller = None;
                draft.request_id.clear();
                if part.timers {
                    let _ = FireDue.decide(draft);
                }
                draft.route();
                Ok(())
            })?;
        }
        all.push(verdicts);
    }
    Ok(all)
}

fn guarded<T>(
    draft: &mut Draft,
    step: impl FnOnce(&mut Draft) -> Result<T, Failure>,
) -> Result<T, Failure> {
    catch_unwind(AssertUnwindSafe(|| step(draft)))
        .unwrap_or(Err(Failure::Fault("a decision panicked")))
}

fn decide_one(submission: &Submission, draft: &mut Draft) -> Result<Verdict, Failure> {
    let origin = &submission.origin;
    if let Some(known) = origin.idempotency
        && let Some(seen) = draft.rows.idempotency.get(known.key).copied()
    {
        let result = if seen.request_hash == known.hash {
            Ok(Done::with(seen.resource_id))
        } else {
            let refusal = Refusal::new(Reason::RequestIdReused);
            Err(No::from(refusal.with("request_id", &origin.request_id)))
        };
        return Ok(Verdict { repeated: true, ..verdict(result, seen.seq, true) });
    }
    let before = draft.seq();
    draft.actor = origin.actor;
    draft.caller = origin.caller;
    draft.request_id.clone_from(&origin.request_id);
    let result = submission.command.decide(draft);
    if result.is_err() && draft.seq() != before {
        return Err(Failure::Fault("a command refused after it had recorded something"));
    }
    let seq = draft.seq();
    if let (Ok(done), Some(known)) = (&result, origin.idempotency) {
        let remembered = Remembered { request_hash: known.hash, resource_id: done.id, seq };
        draft.rows.idempotency.put(known.key, remembered);
    }
    if result.is_ok() {
        draft.route();
    }
    Ok(verdict(result, seq, seq != before))
}

fn verdict(result: Result<Done, No>, seq: i64, changed: bool) -> Verdict {
    Verdict { result, seq, changed, repeated: false, interaction: None, message: None }
}

/// Adds the rows as the batch leaves them, so that an answer need not read them again.
fn finish(mut verdict: Verdict, draft: &Draft) -> Verdict {
    let Ok(done) = verdict.result else { return verdict };
    for id in [done.id, done.other] {
        let interaction = id.into();
        if draft.rows.interactions.knows(interaction) {
            verdict.interaction = draft.rows.interactions.get(interaction).cloned();
        }
        if draft.rows.messages.knows(id.into()) {
            verdict.message = draft.rows.messages.get(id.into()).cloned();
        }
    }
    verdict
}

/// Everything to write, and the heads it leaves.
fn written(bench: &Bench<'_>, drafts: &[Draft]) -> (WriteBatch, Vec<Head>) {
    let mut write = WriteBatch::default();
    let mut heads = Vec::with_capacity(drafts.len());
    for draft in drafts {
        collect(draft, &mut write);
        let head = &bench.residents[&draft.tenant].head;
        let mut new = Head { last_now: draft.now, ..head.clone() };
        if bench.raise.contains(&draft.tenant) {
            new.generation += 1;
        }
        if !draft.events().is_empty() {
            let row = log_row(bench, draft, &new);
            new.seq = row.last_seq;
            new.hash = row.hash;
            write.log.push(row);
        }
        if new.seq != head.seq || new.generation != head.generation {
            write.heads.push(new.clone());
            heads.push(new);
        } else {
            heads.push(head.clone());
        }
        for tenant in draft.rows.tenants.written().filter(|tenant| tenant.version == 1) {
            write.new_heads.push(new_head(tenant.id));
        }
        let due = rounded_due(draft);
        if bench.dues.get(&draft.tenant).is_none_or(|old| due < *old || *old <= draft.now) {
            write.dues.push((draft.tenant, due));
        }
    }
    (write, heads)
}

/// The head of a tenant whose log is still empty.
#[must_use]
pub fn new_head(tenant: TenantId) -> Head {
    Head { tenant, seq: 0, generation: 1, hash: [0; 32], last_now: Timestamp::default() }
}

/// When the tenant is next due, up to the next full second, so that it changes rarely.
pub fn rounded_due(draft: &Draft) -> Timestamp {
    const SECOND: i64 = 1_000_000;
    match draft.floor.next_due() {
        Some(at) => Timestamp::from_micros(at.micros().div_euclid(SECOND) * SECOND + SECOND),
        None => store::NEVER_DUE,
    }
}

fn log_row(bench: &Bench<'_>, draft: &Draft, head: &Head) -> LogRow {
    let events = draft.events();
    let mut row = LogRow {
        tenant: draft.tenant,
        first_seq: head.seq + 1,
        last_seq: draft.seq(),
        batch_id: bench.batch_id,
        generation: head.generation,
        now: draft.now,
        seed: bench.seed,
        touched: serde_json::to_vec(&draft.touched()).expect("ids serialise"),
        payload: payload::encode(events),
        prev_hash: head.hash,
        hash: [0; 32],
    };
    row.hash = row.compute_hash();
    row
}
