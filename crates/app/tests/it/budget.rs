//! What a batch of creates costs: statements, and rows per create. Each create is new work in a
//! known conversation, under a request id, offered to a free agent.

use crate::desk::{Desk, Work};
use crate::setting::{self, arrival};
use crate::support::{Db, on_postgres, on_sqlite};
use app::ledger::command::agent::SaveAgent;
use app::ledger::command::presence::{OpenSession, SetPresence};
use app::ledger::command::{Command, Idempotency, Origin};
use domain::agent::PresenceStatus;
use domain::id::{AgentId, NodeId, SessionId, TenantId};
use domain::sealed::Sealed;
use std::sync::Arc;
use uuid::Uuid;

/// Creates of one batch.
const CREATES: usize = 64;

/// The most statements, BEGIN and COMMIT left out.
const STATEMENTS_MAX: u32 = 12;

/// The most rows that one create writes, the log's row of the batch left out.
const ROWS_MAX: i64 = 4;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_four_creates_on_sqlite() {
    on_sqlite(|db| async move { creates(&db).await }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_four_creates_on_postgres() {
    on_postgres(|db| async move { creates(&db).await }).await;
}

async fn creates(db: &Db) {
    let tenants = db.bare_tenants(1).await;
    let tenant = tenants[0];
    let mut desk = Desk::of(db, &tenants).await;
    let state = setting::make(db, &mut desk, &tenants).await;
    let queue = state.queues.iter().find(|q| q.name == "q0").expect("it was made").id;
    more_agents(&mut desk, tenant).await;
    for round in 0..3_u8 {
        let work: Vec<(Origin, Arc<dyn Command>)> = (0..CREATES)
            .map(|n| {
                let n = u8::try_from(n).expect("it is small");
                let key = Idempotency { key: [100 + round; 16], hash: [0; 16] };
                let key = Idempotency {
                    key: {
                        let mut k = key.key;
                        k[0] = n;
                        k
                    },
                    ..key
                };
                let origin = Origin { idempotency: Some(key), ..Origin::system(tenant) };
                let command: Arc<dyn Command> = Arc::new(arrival(n % 4, queue, true));
                (origin, command)
            })
            .collect();
        let mut raw = db.raw(&tenants).await;
        let before = raw.counts(tenant).await;
        let verdicts = desk.run(vec![(tenant, work)]).await;
        assert!(verdicts[&tenant].iter().all(|verdict| verdict.result.is_ok()));
        assert!(desk.split.is_empty());
        let after = raw.counts(tenant).await;
        raw.close().await;
        let grown: Vec<(&String, i64)> = after
            .iter()
            .map(|(table, count)| (table, count - before[table]))
            .filter(|(_, count)| *count != 0)
            .collect();
        println!("round {round}: {} statements, rows {grown:?}", desk.statements);
        let log: i64 = grown.iter().filter(|(t, _)| *t == "log").map(|(_, n)| n).sum();
        let rows: i64 = grown.iter().filter(|(t, _)| *t != "log").map(|(_, n)| n).sum();
        assert_eq!(log, 1, "one log row for the batch");
        let offers: i64 = grown.iter().filter(|(t, _)| *t == "offer").map(|(_, n)| n).sum();
        assert_eq!(offers, 64, "all of them were offered");
        assert!(rows <= ROWS_MAX * 64, "{rows} rows for {CREATES} creates");
        assert!(desk.statements <= STATEMENTS_MAX, "{} statements", desk.statements);
    }
}

/// Enough room for every create of three rounds.
async fn more_agents(desk: &mut Desk, tenant: TenantId) {
    let add = || -> Arc<dyn Command> {
        Arc::new(SaveAgent {
            id: AgentId(Uuid::now_v7()),
            create: true,
            version: 0,
            patch: Arc::new(|agent: &mut domain::agent::Agent| {
                agent.name = Sealed(b"more".to_vec());
                agent.spec.capacity.units = 10;
            }),
        })
    };
    let add: Vec<_> = (0..25).map(|_| (Origin::system(tenant), add())).collect();
    let work: Work = (tenant, add);
    let made = desk.run(vec![work]).await;
    let available = made[&tenant].iter().map(|verdict| {
        let agent_id = verdict.result.as_ref().expect("it was made").id.into();
        let (status, reason) = (PresenceStatus::Available, None);
        let open: Arc<dyn Command> = Arc::new(OpenSession {
            agent_id,
            session_id: SessionId(Uuid::now_v7()),
            node_id: NodeId(Uuid::from_u128(1)),
            epoch: 1,
            max_open_offers: 0,
        });
        let set: Arc<dyn Command> = Arc::new(SetPresence {
            agent_id,
            status,
            reason,
            after_work: false,
            channels: Vec::new(),
        });
        [open, set].map(|command| (Origin::system(tenant), command))
    });
    let work: Work = (tenant, available.flatten().collect());
    desk.run(vec![work]).await;
}
