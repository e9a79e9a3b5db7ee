//! What stands at the moment it is asked for: what waits, how the database does, what the process
//! takes. Looking costs the database a few statements, so it is done at most once a second, by one
//! asker at a time; the others are told what that one found.

use super::{process, render};
use app::App;
use domain::time::Timestamp;
use metrics::gauge;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;
use tokio::time::timeout;

/// How long a look is good for.
const FRESH: Duration = Duration::from_secs(1);

/// How long the ledger's lane and the database are waited for.
const PATIENCE: Duration = Duration::from_secs(2);

/// Reads and tells all figures.
pub struct Figures {
    app: App,
    looked: Mutex<Option<Instant>>,
}

impl Figures {
    /// The figures of a service.
    #[must_use]
    pub fn new(app: App) -> Self {
        Self { app, looked: Mutex::new(None) }
    }

    /// The service they are of.
    #[must_use]
    pub fn app(&self) -> &App {
        &self.app
    }

    /// All figures as text; none where nothing collects.
    pub async fn text(&self) -> Option<String> {
        let mut looked = self.looked.lock().await;
        if looked.is_none_or(|at| at.elapsed() >= FRESH) {
            self.look().await;
            *looked = Some(Instant::now());
        }
        drop(looked);
        render()
    }

    async fn look(&self) {
        process::look();
        let store = self.app.store();
        for pool in store.pools() {
            let set = |state: &'static str, count: u32| {
                gauge!("omnichannel_database_connections", "pool" => pool.name, "state" => state)
                    .set(f64::from(count));
            };
            set("idle", pool.idle);
            set("busy", pool.open.saturating_sub(pool.idle));
        }
        gauge!("omnichannel_ledger_waiting_commands").set(self.app.ledger().waiting() as f64);
        self.floors().await;
        let asked = Instant::now();
        let answered = matches!(timeout(PATIENCE, store.ping()).await, Ok(Ok(())));
        gauge!("omnichannel_database_up").set(f64::from(u8::from(answered)));
        if !answered {
            return;
        }
        gauge!("omnichannel_database_ping_seconds").set(asked.elapsed().as_secs_f64());
        let Ok(now) = self.app.now().await else { return };
        if let Ok(Ok(found)) = timeout(PATIENCE, store.outbox_backlog()).await {
            backlog("outbox", found.depth, age(found.oldest, now));
        }
        if let Ok(Ok(found)) = timeout(PATIENCE, store.inbox_backlog()).await {
            backlog("inbox", found.depth, age(found.oldest, now));
        }
    }

    /// What waits on the floors of this node, over all its tenants.
    async fn floors(&self) {
        let Some(floors) = self.app.ledger().floors(PATIENCE).await else { return };
        let Ok(now) = self.app.now().await else { return };
        // A floor may hold a hundred thousand items: not on a thread that serves calls.
        let counted = tokio::task::spawn_blocking(move || {
            let bytes: usize = floors.iter().map(|floor| floor.weight()).sum();
            let waiting = floors.iter().flat_map(|floor| {
                let items = floor.items().map(|(_, item)| item);
                items.filter(|item| item.status.is_waiting()).map(|item| item.enqueued_at)
            });
            let (count, oldest) =
                waiting.fold((0_u64, None), |(count, oldest): (u64, Option<Timestamp>), at| {
                    (count + 1, Some(oldest.map_or(at, |oldest| oldest.min(at))))
                });
            (floors.len(), bytes, count, oldest)
        });
        let Ok((tenants, bytes, count, oldest)) = counted.await else { return };
        gauge!("omnichannel_floors").set(tenants as f64);
        gauge!("omnichannel_floors_bytes").set(bytes as f64);
        gauge!("omnichannel_interactions_waiting").set(count as f64);
        gauge!("omnichannel_interactions_oldest_wait_seconds").set(age(oldest, now));
    }
}

fn backlog(of: &'static str, depth: i64, oldest: f64) {
    gauge!("omnichannel_backlog", "of" => of).set(depth as f64);
    gauge!("omnichannel_backlog_oldest_seconds", "of" => of).set(oldest);
}

/// How old something is; nothing has no age.
fn age(since: Option<Timestamp>, now: Timestamp) -> f64 {
    since.map_or(0.0, |since| now.since(since).to_std().as_secs_f64())
}
