//! Words between nodes: "these logs moved". Sent after the commit, outside of any transaction, and
//! only a hint: whoever misses one finds out by polling heads. SQLite has one process and no words.

use crate::error::{Result, StoreError};
use crate::sql::DatabaseKind;
use crate::store::Store;
use domain::id::{NodeId, TenantId};
use sea_orm::ConnectionTrait;
use sea_orm::sqlx::postgres::PgListener;
use uuid::Uuid;

/// The channel the words go by.
const CHANNEL: &str = "omnichannel";

/// How many tenants one word names: PostgreSQL takes less than 8,000 bytes.
const WORD_MAX: usize = 200;

/// Hears other nodes' words, and this one's own.
pub struct Listener(Option<PgListener>);

impl Listener {
    /// The next word: who says it, and which tenants' logs moved. On SQLite there never is one.
    ///
    /// # Errors
    /// When the connection is lost; make a new listener then.
    pub async fn next(&mut self) -> Result<(NodeId, Vec<TenantId>)> {
        let Some(listener) = &mut self.0 else { return std::future::pending().await };
        let word = listener.recv().await;
        let word = word.map_err(|_| StoreError::Unavailable("the listener was cut".to_owned()))?;
        let mut ids = word.payload().split(',').filter_map(|id| id.parse::<Uuid>().ok());
        let node = ids.next().map(NodeId).unwrap_or_default();
        Ok((node, ids.map(TenantId).collect()))
    }
}

impl Store {
    /// Tells other nodes that these tenants' logs moved here, on this node.
    pub async fn notify(&self, node: NodeId, tenants: &[TenantId]) -> Result<()> {
        let (kind, db) = self.work();
        if kind == DatabaseKind::Sqlite {
            return Ok(());
        }
        for chunk in tenants.chunks(WORD_MAX) {
            let mut word = node.to_string();
            for tenant in chunk {
                word.push(',');
                word.push_str(&tenant.to_string());
            }
            let values = vec![CHANNEL.into(), word.into()];
            db.execute_raw(kind.statement("SELECT pg_notify($1, $2)", values)).await?;
        }
        Ok(())
    }

    /// Listens for other nodes' words.
    pub async fn listen(&self) -> Result<Listener> {
        if self.kind() == DatabaseKind::Sqlite {
            return Ok(Listener(None));
        }
        let failed = |_| StoreError::Unavailable("the listener cannot connect".to_owned());
        let mut listener = PgListener::connect(self.url()).await.map_err(failed)?;
        listener.listen(CHANNEL).await.map_err(failed)?;
        Ok(Listener(Some(listener)))
    }
}
