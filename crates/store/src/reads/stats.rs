//! Figures of a tenant as they stand, for boards and reports, all from one state of the database.
//! Averages look back over interactions created in the last 24 hours.

use super::TenantReader;
use super::work::first_id;
use crate::entity::known;
use crate::error::Result;
use crate::floor::head;
use crate::ledger::Head;
use crate::pool::Snapshot;
use domain::agent::EffectiveStatus;
use domain::channel::ChannelKind;
use domain::id::QueueId;
use domain::interaction::InteractionStatus;
use domain::time::{Span, Timestamp};
use sea_orm::QueryResult;
use uuid::Uuid;

/// How far averages look back.
const WINDOW: Span = Span::from_secs(24 * 3600);
/// Interactions resolved since midnight were created at most so long before it to be counted.
const RESOLVED_REACH: Span = Span::from_secs(7 * 24 * 3600);

/// Figures of a tenant.
#[derive(Clone, Debug, PartialEq)]
pub struct Stats {
    /// The place in the log they stand at.
    pub head: Head,
    /// Open interactions by status, and those created since midnight by their final one.
    pub by_status: Vec<(InteractionStatus, i64)>,
    /// Open interactions by kind of channel.
    pub by_channel: Vec<(ChannelKind, i64)>,
    /// Open interactions by queue.
    pub by_queue: Vec<QueueStats>,
    /// Interactions created since midnight that ended undone, by queue and how.
    pub given_up: Vec<(QueueId, InteractionStatus, i64)>,
    /// Agents by effective status.
    pub agents: Vec<(EffectiveStatus, i64)>,
    /// Created since midnight.
    pub created: i64,
    /// Resolved since midnight, of those created in the last week.
    pub resolved: i64,
    /// From creation to the first answer.
    pub average_response: Option<Span>,
    /// From creation to the first yes of an agent.
    pub average_wait: Option<Span>,
    /// Of the ratings given.
    pub average_rating: Option<f64>,
    /// How many ratings that is.
    pub ratings: i64,
}

/// Figures of a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueStats {
    /// Which.
    pub queue_id: QueueId,
    /// Interactions that wait, also those being offered.
    pub waiting: i64,
    /// Of those, how many are being offered.
    pub offered: i64,
    /// Interactions an agent has.
    pub in_work: i64,
    /// Interactions that are parked.
    pub parked: i64,
    /// Interactions that are scheduled for a time.
    pub scheduled: i64,
    /// How long the first in line has waited.
    pub longest_wait: Option<Span>,
    /// Open interactions for which a warning was given, and nothing worse.
    pub at_risk: i64,
    /// Open interactions with a clock that is used up and still runs.
    pub breached: i64,
}

/// What a queue's shadow strategy would have chosen, in the window that averages look back over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shadowed {
    /// Which queue.
    pub queue_id: QueueId,
    /// Offers for which it would have asked the same agent.
    pub agreed: i64,
    /// Offers for which it would have asked another.
    pub differed: i64,
}

impl TenantReader {
    /// Figures at `now`; `midnight` is the instant the tenant's day began.
    pub async fn stats(&self, now: Timestamp, midnight: Timestamp) -> Result<Stats> {
        let snapshot = self.reads.snapshot(self.tenant).await?;
        let stats = stats_in(&snapshot, now, midnight).await;
        snapshot.end().await;
        stats
    }
}

impl TenantReader {
    /// How often the shadow strategies of queues would have chosen as was chosen. It reads every
    /// offer of the window; ask only where a queue has one.
    pub async fn shadowed(&self, now: Timestamp) -> Result<Vec<Shadowed>> {
        let query = self
            .query(
                "SELECT queue_id, sum(CASE WHEN shadow_agent_id = agent_id THEN 1 ELSE 0 END), \
                 sum(CASE WHEN shadow_agent_id <> agent_id THEN 1 ELSE 0 END) FROM offer \
                 WHERE tenant_id = {t} AND shadow_agent_id IS NOT NULL",
            )
            .bind(" AND id >= ", first_id(now - WINDOW))
            .text(" GROUP BY queue_id ORDER BY queue_id");
        let rows = self.reads.rows(self.tenant, query).await?;
        rows.iter()
            .map(|r| {
                Ok(Shadowed {
                    queue_id: r.try_get_by_index::<Uuid>(0)?.into(),
                    agreed: r.try_get_by_index(1)?,
                    differed: r.try_get_by_index(2)?,
                })
            })
            .collect()
    }
}

async fn stats_in(s: &Snapshot, now: Timestamp, midnight: Timestamp) -> Result<Stats> {
    let head = head(s).await?;
    let open = "FROM interaction WHERE tenant_id = {t} AND status < 10";
    let query = s.query(&format!("SELECT status, count(*) {open} GROUP BY status"));
    let mut by_status = coded(&s.rows(query).await?, InteractionStatus::from_code)?;
    let over = over(s, midnight).await?;
    by_status.extend(over.by_status);
    by_status.sort_unstable();
    let query = s.query(&format!("SELECT channel, count(*) {open} GROUP BY channel"));
    let mut by_channel = coded(&s.rows(query).await?, ChannelKind::from_code)?;
    by_channel.sort_unstable();
    let query = s.query(
        "SELECT effective, count(*) FROM agent_presence WHERE tenant_id = {t} GROUP BY effective",
    );
    let mut agents = coded(&s.rows(query).await?, EffectiveStatus::from_code)?;
    agents.sort_unstable();
    let by_queue = queues(s, now).await?;
    let averages = averages(s, now).await?;
    let (created, resolved) = since(s, midnight).await?;
    Ok(Stats {
        head,
        by_status,
        by_channel,
        by_queue,
        given_up: over.given_up,
        agents,
        created,
        resolved,
        average_response: averages.response,
        average_wait: averages.wait,
        average_rating: averages.rating,
        ratings: averages.ratings,
    })
}

struct Over {
    by_status: Vec<(InteractionStatus, i64)>,
    given_up: Vec<(QueueId, InteractionStatus, i64)>,
}

/// Interactions created since midnight that are over, all and by queue.
async fn over(s: &Snapshot, midnight: Timestamp) -> Result<Over> {
    let query = s
        .query(
            "SELECT status, count(*), queue_id FROM interaction \
             WHERE tenant_id = {t} AND status >= 10",
        )
        .bind(" AND id >= ", first_id(midnight))
        .text(" GROUP BY status, queue_id ORDER BY status, queue_id");
    let rows = s.rows(query).await?;
    let mut over = Over { by_status: Vec::new(), given_up: Vec::new() };
    for (row, (status, count)) in rows.iter().zip(coded(&rows, InteractionStatus::from_code)?) {
        match over.by_status.last_mut() {
            Some((last, all)) if *last == status => *all += count,
            _ => over.by_status.push((status, count)),
        }
        let queue: Option<Uuid> = row.try_get_by_index(2)?;
        if let Some(queue) = queue.filter(|_| status.is_given_up()) {
            over.given_up.push((queue.into(), status, count));
        }
    }
    Ok(over)
}

fn coded<T>(rows: &[QueryResult], from: impl Fn(i16) -> Option<T>) -> Result<Vec<(T, i64)>> {
    rows.iter()
        .map(|r| Ok((known(from(r.try_get_by_index(0)?), "code")?, r.try_get_by_index(1)?)))
        .collect()
}

async fn queues(s: &Snapshot, now: Timestamp) -> Result<Vec<QueueStats>> {
    let query = s.query(
        "SELECT queue_id, sum(CASE WHEN status IN (4, 5) THEN 1 ELSE 0 END), \
         sum(CASE WHEN status IN (6, 7, 9) THEN 1 ELSE 0 END), \
         min(CASE WHEN status IN (4, 5) THEN enqueued_at END), \
         sum(CASE WHEN status = 5 THEN 1 ELSE 0 END), \
         sum(CASE WHEN sla_risk = 1 THEN 1 ELSE 0 END), \
         sum(CASE WHEN sla_risk = 2 THEN 1 ELSE 0 END), \
         sum(CASE WHEN status = 8 THEN 1 ELSE 0 END), \
         sum(CASE WHEN status = 3 THEN 1 ELSE 0 END) \
         FROM interaction WHERE tenant_id = {t} AND status < 10 AND queue_id IS NOT NULL \
         GROUP BY queue_id ORDER BY queue_id",
    );
    let rows = s.rows(query).await?;
    rows.iter()
        .map(|r| {
            let oldest: Option<i64> = r.try_get_by_index(3)?;
            Ok(QueueStats {
                queue_id: r.try_get_by_index::<Uuid>(0)?.into(),
                waiting: r.try_get_by_index(1)?,
                in_work: r.try_get_by_index(2)?,
                offered: r.try_get_by_index(4)?,
                longest_wait: oldest.map(|at| now.since(Timestamp::from_micros(at))),
                at_risk: r.try_get_by_index(5)?,
                breached: r.try_get_by_index(6)?,
                parked: r.try_get_by_index(7)?,
                scheduled: r.try_get_by_index(8)?,
            })
        })
        .collect()
}

struct Averages {
    response: Option<Span>,
    wait: Option<Span>,
    rating: Option<f64>,
    ratings: i64,
}

async fn averages(s: &Snapshot, now: Timestamp) -> Result<Averages> {
    let query = s
        .query(
            "SELECT CAST(avg(first_response_at - created_at) AS DOUBLE PRECISION), \
             CAST(avg(accepted_at - created_at) AS DOUBLE PRECISION), \
             CAST(avg(CASE WHEN rating > 0 THEN rating END) AS DOUBLE PRECISION), \
             count(CASE WHEN rating > 0 THEN 1 END) FROM interaction WHERE tenant_id = {t}",
        )
        .bind(" AND id >= ", first_id(now - WINDOW));
    let rows = s.rows(query).await?;
    let Some(row) = rows.first() else {
        return Ok(Averages { response: None, wait: None, rating: None, ratings: 0 });
    };
    #[expect(clippy::cast_possible_truncation, reason = "spans are far below 2^53 microseconds")]
    let span = |micros: Option<f64>| micros.map(|m| Span::from_micros(m.round() as i64));
    Ok(Averages {
        response: span(row.try_get_by_index(0)?),
        wait: span(row.try_get_by_index(1)?),
        rating: row.try_get_by_index(2)?,
        ratings: row.try_get_by_index(3)?,
    })
}

async fn since(s: &Snapshot, midnight: Timestamp) -> Result<(i64, i64)> {
    let query = s
        .query("SELECT count(CASE WHEN created_at >= ")
        .bind("", midnight.micros())
        .bind(" THEN 1 END), count(CASE WHEN resolved_at >= ", midnight.micros())
        .text(" THEN 1 END) FROM interaction WHERE tenant_id = {t}")
        .bind(" AND id >= ", first_id(midnight - RESOLVED_REACH));
    let rows = s.rows(query).await?;
    let Some(row) = rows.first() else { return Ok((0, 0)) };
    Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?))
}
