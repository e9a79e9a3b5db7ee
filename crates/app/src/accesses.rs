//! The access log, from the side of calls: a line is handed over and the call goes on. One worker
//! writes what was handed over, in batches; when more comes than it can write, lines are dropped,
//! counted and told of, and no call ever waits for it.

use crate::App;
use crate::context::Context;
use crate::error::Result;
use domain::id::{AgentId, PrincipalId, TenantId};
use domain::time::{Span, Timestamp};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

pub use store::{Access, AccessFilter};

/// How many lines wait to be written; more are dropped.
const WAITING_MAX: usize = 16_384;

/// How long lines are gathered before they are written together.
const GATHER: Duration = Duration::from_millis(300);

/// How often a batch that could not be written is tried, and how long to wait in between.
const TRIES: u32 = 3;
const PAUSE: Duration = Duration::from_secs(1);

/// How long the database may take to write a batch.
const ANSWER_LIMIT: Duration = Duration::from_secs(30);

/// The most resources that one line names.
pub const RESOURCES_MAX: usize = 8;

/// The counter of dropped lines among the metrics.
pub(crate) const DROPPED: &str = "omnichannel_access_log_dropped_total";

/// A call that is to be on record.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Call {
    /// Whose data it touched.
    pub tenant: TenantId,
    /// Who called.
    pub principal: PrincipalId,
    /// In the name of which agent.
    pub agent: Option<AgentId>,
    /// The full name of the method.
    pub method: &'static str,
    /// What the request named: fields and ids.
    pub resources: Vec<(&'static str, Uuid)>,
    /// How it was answered, a canonical status code.
    pub code: i16,
}

/// Where calls are handed over. Clones share it.
#[derive(Clone, Debug)]
pub struct Accesses {
    lines: mpsc::Sender<Line>,
    dropped: Arc<AtomicU64>,
}

/// A call, when it was and under which id.
#[derive(Debug)]
struct Line {
    call: Call,
    at: Timestamp,
    request_id: String,
}

/// What is written.
pub(crate) struct Writer {
    lines: mpsc::Receiver<Line>,
    dropped: Arc<AtomicU64>,
}

/// The two ends of the log.
pub(crate) fn ends() -> (Accesses, Writer) {
    let (lines, waiting) = mpsc::channel(WAITING_MAX);
    let dropped = Arc::new(AtomicU64::new(0));
    let accesses = Accesses { lines, dropped: Arc::clone(&dropped) };
    (accesses, Writer { lines: waiting, dropped })
}

impl Accesses {
    /// Puts a call on record, unless too many wait.
    pub fn record(&self, call: Call, at: Timestamp, request_id: &str) {
        let line = Line { call, at, request_id: request_id.to_owned() };
        if self.lines.try_send(line).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
            metrics::counter!(DROPPED).increment(1);
        }
    }
}

impl Writer {
    /// Writes what is handed over until told to stop, and then what still waits.
    pub(crate) async fn run(self, app: App, stop: CancellationToken) {
        let Self { mut lines, dropped } = self;
        loop {
            let first = tokio::select! {
                first = lines.recv() => first,
                () = stop.cancelled() => lines.try_recv().ok(),
            };
            let Some(first) = first else { return };
            super::worker::pause(GATHER, &stop).await;
            let mut gathered = vec![first];
            while gathered.len() < WAITING_MAX {
                let Ok(next) = lines.try_recv() else { break };
                gathered.push(next);
            }
            write(&app, merged(gathered), &dropped).await;
        }
    }
}

async fn write(app: &App, lines: Vec<(TenantId, Access)>, dropped: &AtomicU64) {
    for batch in lines.chunks(store::MAX_ACCESSES) {
        let mut tries = 1;
        while !written(app, batch).await {
            if tries == TRIES {
                let lost = batch.len() as u64;
                dropped.fetch_add(lost, Ordering::Relaxed);
                metrics::counter!(DROPPED).increment(lost);
                break;
            }
            tries += 1;
            tokio::time::sleep(PAUSE).await;
        }
    }
    let lost = dropped.swap(0, Ordering::Relaxed);
    if lost > 0 {
        tracing::warn!(lost, "lines of the access log were dropped");
    }
}

async fn written(app: &App, batch: &[(TenantId, Access)]) -> bool {
    match timeout(ANSWER_LIMIT, app.store.add_accesses(batch)).await {
        Ok(Ok(())) => return true,
        Ok(Err(error)) => tracing::warn!(%error, "the access log cannot be written"),
        Err(_) => tracing::warn!("the access log cannot be written: no answer"),
    }
    false
}

/// The lines to write: equal calls are one, which counts them.
fn merged(lines: Vec<Line>) -> Vec<(TenantId, Access)> {
    let mut places: HashMap<Call, usize> = HashMap::new();
    let mut out: Vec<(TenantId, Access)> = Vec::new();
    for line in lines {
        if let Some(place) = places.get(&line.call) {
            out[*place].1.count += 1;
            continue;
        }
        let call = &line.call;
        let resources = call.resources.iter().take(RESOURCES_MAX);
        let access = Access {
            id: id_at(line.at),
            at: line.at,
            principal: call.principal,
            agent: call.agent,
            method: call.method.trim_start_matches('/').to_owned(),
            resources: resources.map(|(field, id)| ((*field).to_owned(), *id)).collect(),
            code: call.code,
            request_id: line.request_id,
            count: 1,
        };
        out.push((call.tenant, access));
        places.insert(line.call, out.len() - 1);
    }
    out
}

/// A fresh id that sorts at a moment.
fn id_at(at: Timestamp) -> Uuid {
    let chance = *Uuid::new_v4().as_bytes();
    let chance = chance.first_chunk::<10>().expect("a UUID has 16 bytes");
    let millis = u64::try_from(at.millis()).unwrap_or_default();
    uuid::Builder::from_unix_timestamp_millis(millis, chance).into_uuid()
}

impl App {
    /// Where calls are put on record.
    #[must_use]
    pub fn accesses(&self) -> &Accesses {
        &self.accesses
    }

    /// A page of the access log, newest first, before a line.
    ///
    /// # Errors
    /// If the database cannot be reached.
    pub async fn access_log(
        &self,
        context: &Context,
        filter: &AccessFilter,
        before: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<Access>> {
        Ok(self.read(context).accesses(filter, before, limit).await?)
    }

    /// Forgets what a tenant's access log holds from before it is kept.
    pub(crate) async fn prune_accesses(&self, tenant: TenantId, now: Timestamp) -> Result<()> {
        Ok(self.store.prune_accesses(tenant, now - self.accesses_kept).await?)
    }
}

/// How long lines are kept if nobody says otherwise.
pub const KEPT: Span = Span::from_secs(365 * 24 * 3600);

#[cfg(test)]
mod tests {
    use super::*;

    fn line(principal: u128, id: u128) -> Line {
        let call = Call {
            tenant: TenantId::SYSTEM,
            principal: PrincipalId(Uuid::from_u128(principal)),
            agent: None,
            method: "/a.B/C",
            resources: vec![("customer_id", Uuid::from_u128(id))],
            code: 0,
        };
        Line { call, at: Timestamp::from_micros(7_000), request_id: format!("{principal}-{id}") }
    }

    #[test]
    fn equal_calls_are_one_line_that_counts_them() {
        let lines = merged(vec![line(1, 1), line(1, 2), line(1, 1), line(2, 1), line(1, 1)]);
        let told: Vec<_> = lines.iter().map(|(_, l)| (l.request_id.as_str(), l.count)).collect();
        assert_eq!(told, [("1-1", 3), ("1-2", 1), ("2-1", 1)]);
        assert_eq!(lines[0].1.method, "a.B/C");
        assert_eq!(lines[0].1.customer().map(|id| id.0), Some(Uuid::from_u128(1)));
        assert_eq!(lines[0].1.interaction(), None);
    }

    #[tokio::test]
    async fn more_than_can_wait_is_dropped_and_counted() {
        let (accesses, writer) = ends();
        for n in 0..WAITING_MAX + 3 {
            let Line { call, at, request_id } = line(1, n as u128);
            accesses.record(call, at, &request_id);
        }
        assert_eq!(writer.dropped.load(Ordering::Relaxed), 3);
    }
}
