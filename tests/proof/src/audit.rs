//! The auditor: reads every row of every tenant's log and the rows that came of it, straight from
//! the database, and says which promises do not hold. It knows the stored form from its
//! documentation and shares no code with the server: what it checks, it computes again by itself.
//!
//! Promises checked: a gap-free sequence, an unbroken hash chain, one live owner per interaction,
//! no offer above a capacity in force or the cap of a label, at most one consult an interaction and
//! none that outlives its owner's work, offers that end once, and rows that say what the log says.

pub(crate) mod chain;
pub(crate) mod replay;
mod rows;

use anyhow::Result;
use chain::{Chain, StoredRow};
use replay::{Recorded, Replay, Seen};
use serde::Serialize;
use sqlx::Row;
use sqlx::postgres::PgPool;
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

/// Log rows read at a time.
const PAGE: i64 = 500;

/// Violations of each kind whose text is kept; all are counted.
const TEXTS_MAX: usize = 5;

/// What can be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// The sequence has a hole, an overlap, or events that do not fill their row.
    Gap,
    /// A hash is not the one that the stored bytes have, or does not follow on the row before.
    Chain,
    /// An interaction had two owners at one time.
    TwoOwners,
    /// An agent was offered more than the capacity in force.
    Capacity,
    /// An event that cannot follow on what happened before.
    Order,
    /// The rows say something else than the log.
    Rows,
    /// Two tenants have a thing of the same identifier.
    SharedId,
    /// A request that was answered is not there once.
    Request,
}

/// Violations, counted by kind, a few of them told.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Violations {
    counts: BTreeMap<Kind, usize>,
    texts: Vec<String>,
}

impl Violations {
    /// Notes one.
    pub(crate) fn add(&mut self, kind: Kind, text: impl FnOnce() -> String) {
        let count = self.counts.entry(kind).or_default();
        *count += 1;
        if *count <= TEXTS_MAX {
            self.texts.push(format!("{kind:?}: {}", text()));
        }
    }

    /// How many of one kind.
    pub(crate) fn of(&self, kind: Kind) -> usize {
        self.counts.get(&kind).copied().unwrap_or_default()
    }

    /// How many of all kinds.
    pub(crate) fn total(&self) -> usize {
        self.counts.values().sum()
    }

    /// Those that are told.
    pub(crate) fn texts(&self) -> &[String] {
        &self.texts
    }
}

/// What an audit saw.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Audit {
    /// Tenants, the system's own included.
    pub(crate) tenants: usize,
    /// Log rows: one for each batch and tenant.
    pub(crate) log_rows: usize,
    /// Events in them.
    pub(crate) events: usize,
    /// Interactions that were created.
    pub(crate) interactions: usize,
    /// Interactions that have not ended.
    pub(crate) open: usize,
    /// Offers made.
    pub(crate) offers: usize,
    /// Offers accepted.
    pub(crate) accepted: usize,
    /// Offers that ended without being taken.
    pub(crate) failed_offers: usize,
    /// Largest share of its capacity in force that any agent had in use, in percent.
    pub(crate) fullest_percent: usize,
    /// Advice and capped labels.
    pub(crate) seen: Seen,
    /// What is wrong.
    pub(crate) violations: Violations,
    /// Which interactions each request id created.
    #[serde(skip)]
    pub(crate) created_by: HashMap<String, Vec<Uuid>>,
    /// When legs of advisers became the owner's.
    #[serde(skip)]
    handed_over: Vec<(Uuid, i64)>,
}

/// The stored events of one tenant, for comparisons; the rest of an audit is not made.
pub(crate) async fn events_of(pool: &PgPool, tenant: Uuid) -> Result<Vec<Recorded>> {
    let mut events = Vec::new();
    let mut after = 0;
    loop {
        let page = page(pool, tenant, after).await?;
        let Some(last) = page.last() else { return Ok(events) };
        after = last.last_seq;
        for row in &page {
            events.extend(replay::decode(&row.payload)?);
        }
    }
}

/// Audits every tenant there is.
pub(crate) async fn audit(pool: &PgPool) -> Result<Audit> {
    let mut audit = Audit::default();
    let heads = sqlx::query("SELECT tenant_id, seq, hash FROM head ORDER BY tenant_id");
    for head in heads.fetch_all(pool).await? {
        let (tenant, seq, hash) = (head.try_get(0)?, head.try_get(1)?, head.try_get(2)?);
        audit.tenants += 1;
        one_tenant(pool, tenant, (seq, hash), &mut audit).await?;
    }
    rows::check(pool, &audit.handed_over, &mut audit.violations).await?;
    Ok(audit)
}

async fn one_tenant(
    pool: &PgPool,
    tenant: Uuid,
    (head_seq, head_hash): (i64, Vec<u8>),
    audit: &mut Audit,
) -> Result<()> {
    let (mut chain, mut replay) = (Chain::new(tenant), Replay::new(tenant));
    loop {
        let page = page(pool, tenant, chain.last_seq()).await?;
        if page.is_empty() {
            break;
        }
        for row in &page {
            audit.log_rows += 1;
            let events = match replay::decode(&row.payload) {
                Ok(events) => events,
                Err(error) => {
                    audit.violations.add(Kind::Order, || {
                        format!("{tenant}: row ending at {} unreadable: {error}", row.last_seq)
                    });
                    Vec::new()
                }
            };
            audit.events += events.len();
            chain.check(row, &events, &mut audit.violations);
            for event in &events {
                replay.apply(event, &mut audit.violations);
            }
        }
    }
    chain.end(head_seq, &head_hash, &mut audit.violations);
    rows::compare(pool, tenant, &replay, &mut audit.violations).await?;
    audit.interactions += replay.interactions();
    audit.open += replay.open();
    audit.offers += replay.offers();
    audit.accepted += replay.accepted;
    audit.failed_offers += replay.failed;
    audit.fullest_percent = audit.fullest_percent.max(replay.fullest_percent);
    audit.seen += replay.seen;
    audit.handed_over.extend(replay.handed_over);
    for (request, made) in replay.created_by {
        audit.created_by.entry(request).or_default().extend(made);
    }
    Ok(())
}

/// The next rows of a tenant's log.
pub(crate) async fn page(pool: &PgPool, tenant: Uuid, after: i64) -> Result<Vec<StoredRow>> {
    let query = sqlx::query(
        "SELECT first_seq, last_seq, batch_id, generation, now, seed, touched, payload, \
         prev_hash, hash FROM log WHERE tenant_id = $1 AND last_seq > $2 \
         ORDER BY last_seq LIMIT $3",
    );
    let rows = query.bind(tenant).bind(after).bind(PAGE).fetch_all(pool).await?;
    let row = |row: &sqlx::postgres::PgRow| {
        Ok(StoredRow {
            tenant,
            first_seq: row.try_get(0)?,
            last_seq: row.try_get(1)?,
            batch_id: row.try_get(2)?,
            generation: row.try_get(3)?,
            now: row.try_get(4)?,
            seed: row.try_get(5)?,
            touched: row.try_get(6)?,
            payload: row.try_get(7)?,
            prev_hash: row.try_get(8)?,
            hash: row.try_get(9)?,
        })
    };
    rows.iter().map(row).collect()
}
