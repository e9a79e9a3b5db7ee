//! What providers posted: one insert of sealed raw bytes under its dedup key, before anything is
//! understood. A worker claims items, a command takes them in, and what cannot be parsed is dead
//! until a person replays it.

use crate::entity::{self, Row};
use crate::error::{Result, StoreError};
use crate::outbox::Share;
use crate::sql::{DatabaseKind, bytes};
use crate::store::{Store, machine_clock};
use domain::id::{AccountId, TenantId};
use domain::sealed::Sealed;
use domain::time::{Span, Timestamp};
use sea_orm::{ConnectionTrait, DatabaseConnection, FromQueryResult, Value};

/// Where an inbox item stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum InboxState {
    /// Not taken in yet.
    New = 1,
    /// Taken in.
    Done = 2,
    /// Given up.
    Dead = 3,
}

impl InboxState {
    /// The number rows use for it.
    #[must_use]
    pub const fn code(self) -> i16 {
        self as i16
    }

    /// The state of a stored number.
    #[must_use]
    pub const fn from_code(code: i16) -> Option<Self> {
        match code {
            1 => Some(Self::New),
            2 => Some(Self::Done),
            3 => Some(Self::Dead),
            _ => None,
        }
    }
}

/// What a provider posted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InboxItem {
    /// The account it came by.
    pub account_id: AccountId,
    /// The provider's id for it, hashed.
    pub dedup_key: [u8; 16],
    /// What came, sealed with the tenant's key; empty once taken in, and in a claim if it is longer
    /// than [`MAX_INBOX_HELD`].
    pub raw: Sealed,
    /// When it came.
    pub received_at: Timestamp,
    /// Where it stands.
    pub state: InboxState,
    /// How often it was claimed.
    pub attempts: i32,
    /// When it may next be claimed.
    pub next_at: Timestamp,
    /// Why the last attempt failed.
    pub error: String,
}

/// Something that came in and was given up: all about it but its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadItem {
    /// The account it came by.
    pub account_id: AccountId,
    /// The provider's id for it, hashed.
    pub dedup_key: [u8; 16],
    /// Why it was given up.
    pub error: String,
    /// How often it was claimed.
    pub attempts: i32,
    /// When it came.
    pub received_at: Timestamp,
    /// How many bytes it has, sealed.
    pub size: i64,
}

/// How many items one claim takes at most.
pub const MAX_INBOX_CLAIM: usize = 256;
/// How long raw bytes of one item may be, sealed: a mail of 30 MiB and what is around it.
pub const MAX_INBOX_RAW: usize = 31 * 1024 * 1024;
/// How long they may be to come with a claim; longer ones are fetched one by one.
pub const MAX_INBOX_HELD: usize = 256 * 1024;
/// How long an error text is kept at most, in characters.
pub(crate) const MAX_ERROR: usize = 500;

const MATCH: &str = "tenant_id = $1 AND account_id = $2 AND dedup_key = $3";

/// The inbox of all tenants.
#[derive(Clone, Copy, Debug)]
pub struct Inbox<'a> {
    kind: DatabaseKind,
    db: &'a DatabaseConnection,
}

impl Store {
    /// The inbox of all tenants.
    #[must_use]
    pub fn inbox(&self) -> Inbox<'_> {
        let (kind, db) = self.work();
        Inbox { kind, db }
    }
}

impl Inbox<'_> {
    /// Keeps what was posted, once per dedup key; false if it is already here.
    pub async fn insert(
        &self,
        tenant: TenantId,
        account: AccountId,
        dedup: [u8; 16],
        raw: Sealed,
    ) -> Result<bool> {
        if raw.0.len() > MAX_INBOX_RAW {
            return Err(StoreError::Poison("an inbox item is too long".to_owned()));
        }
        let now = clock_sql(self.kind);
        let sql = format!(
            "INSERT INTO inbox (tenant_id, account_id, dedup_key, raw, received_at, state, \
             attempts, next_at, error) VALUES ($1, $2, $3, $4, {now}, 1, 0, {now}, '') \
             ON CONFLICT (tenant_id, account_id, dedup_key) DO NOTHING"
        );
        let mut values = key(tenant, account, &dedup);
        // Moved, because it may be large.
        values.push(raw.0.into());
        Ok(self.run(&sql, values).await? == 1)
    }

    /// Claims new items for the length of a lease, those that came first before others, as far as
    /// the share allows it: of the first [`MAX_INBOX_CLAIM`] that are nobody's who is left out.
    /// Whoever fails to finish in time leaves them to be claimed again, where they were.
    pub async fn claim(
        &self,
        now: Timestamp,
        lease: Span,
        share: &Share,
    ) -> Result<Vec<(TenantId, InboxItem)>> {
        let mut values = vec![(now + lease).micros().into(), now.micros().into()];
        values.extend([share.limit, share.of_account, share.of_tenant].map(at_most));
        let others = share.others(self.kind, &mut values);
        let skip = skip_locked(self.kind);
        let nothing = if self.kind == DatabaseKind::Postgres { "''::bytea" } else { "x''" };
        // Materialised, because a locking sub-query must run once only.
        let sql = format!(
            "WITH seen AS MATERIALIZED (SELECT c.tenant_id AS t, c.account_id AS a, \
             c.dedup_key AS d, c.received_at AS n FROM inbox c \
             WHERE c.state = 1 AND c.next_at <= $2{others} \
             ORDER BY c.received_at LIMIT {MAX_INBOX_CLAIM}{skip}), \
             fair AS (SELECT t, a, d, n, row_number() OVER (PARTITION BY t ORDER BY n, d) AS of_t \
             FROM (SELECT s.*, row_number() OVER (PARTITION BY a ORDER BY n, d) AS of_a \
             FROM seen s) ranked WHERE of_a <= $4), \
             due AS MATERIALIZED (SELECT t, a, d FROM fair WHERE of_t <= $5 \
             ORDER BY n, d LIMIT $3) \
             UPDATE inbox SET attempts = attempts + 1, next_at = $1 FROM due \
             WHERE tenant_id = due.t AND account_id = due.a AND dedup_key = due.d \
             RETURNING tenant_id, account_id, dedup_key, received_at, state, attempts, next_at, \
             error, CASE WHEN length(raw) <= {MAX_INBOX_HELD} THEN raw ELSE {nothing} END AS raw"
        );
        let rows = self.db.query_all_raw(self.kind.statement(sql, values)).await?;
        let mut items = Vec::new();
        for row in &rows {
            items.push(entity::inbox::Model::from_query_result(row, "")?.noun()?);
        }
        items.sort_by_key(|(_, item)| (item.received_at, item.dedup_key));
        Ok(items)
    }

    /// The raw bytes of an item, sealed; none if it is no longer new.
    pub async fn raw(
        &self,
        tenant: TenantId,
        item: (AccountId, [u8; 16]),
    ) -> Result<Option<Sealed>> {
        let sql = format!("SELECT raw FROM inbox WHERE {MATCH} AND state = 1");
        let values = key(tenant, item.0, &item.1);
        let row = self.db.query_one_raw(self.kind.statement(sql, values)).await?;
        Ok(row.map(|row| row.try_get_by_index(0)).transpose()?.map(Sealed))
    }

    /// Drops an item that nothing comes of, with the reason; its raw bytes are gone.
    pub async fn drop_item(
        &self,
        tenant: TenantId,
        item: (AccountId, [u8; 16]),
        why: &str,
    ) -> Result<bool> {
        let sql =
            format!("UPDATE inbox SET state = 2, raw = $4, error = $5 WHERE {MATCH} AND state = 1");
        let mut values = key(tenant, item.0, &item.1);
        values.extend([bytes(&[]), short(why)]);
        Ok(self.run(&sql, values).await? == 1)
    }

    /// Puts an item back until `next_at`, with the reason.
    pub async fn fail(
        &self,
        tenant: TenantId,
        item: (AccountId, [u8; 16]),
        next_at: Timestamp,
        error: &str,
    ) -> Result<bool> {
        let sql = format!("UPDATE inbox SET next_at = $4, error = $5 WHERE {MATCH} AND state = 1");
        let mut values = key(tenant, item.0, &item.1);
        values.extend([next_at.micros().into(), short(error)]);
        Ok(self.run(&sql, values).await? == 1)
    }

    /// It was not tried and may be claimed at once, by anybody.
    pub async fn release(
        &self,
        tenant: TenantId,
        item: (AccountId, [u8; 16]),
        now: Timestamp,
    ) -> Result<bool> {
        let sql = format!(
            "UPDATE inbox SET attempts = attempts - 1, next_at = $4 WHERE {MATCH} AND state = 1"
        );
        let mut values = key(tenant, item.0, &item.1);
        values.push(now.micros().into());
        Ok(self.run(&sql, values).await? == 1)
    }

    /// Gives an item up; it is kept for a replay.
    pub async fn dead(
        &self,
        tenant: TenantId,
        item: (AccountId, [u8; 16]),
        error: &str,
    ) -> Result<bool> {
        let sql = format!("UPDATE inbox SET state = 3, error = $4 WHERE {MATCH} AND state = 1");
        let mut values = key(tenant, item.0, &item.1);
        values.push(short(error));
        Ok(self.run(&sql, values).await? == 1)
    }

    /// Makes a dead item new again.
    pub async fn replay(
        &self,
        tenant: TenantId,
        item: (AccountId, [u8; 16]),
        now: Timestamp,
    ) -> Result<bool> {
        let sql = format!(
            "UPDATE inbox SET state = 1, attempts = 0, next_at = $4 WHERE {MATCH} AND state = 3"
        );
        let mut values = key(tenant, item.0, &item.1);
        values.push(now.micros().into());
        Ok(self.run(&sql, values).await? == 1)
    }

    /// Throws the content of a dead item away. That it came is remembered as long as of any other,
    /// so that its sender's repeat is recognised.
    pub async fn discard(&self, tenant: TenantId, item: (AccountId, [u8; 16])) -> Result<bool> {
        let sql = format!("UPDATE inbox SET state = 2, raw = $4 WHERE {MATCH} AND state = 3");
        let mut values = key(tenant, item.0, &item.1);
        values.push(bytes(&[]));
        Ok(self.run(&sql, values).await? == 1)
    }

    async fn run(&self, sql: &str, values: Vec<Value>) -> Result<u64> {
        Ok(self.db.execute_raw(self.kind.statement(sql, values)).await?.rows_affected())
    }
}

/// A number of items as a value.
fn at_most(count: usize) -> Value {
    i64::try_from(count.min(MAX_INBOX_CLAIM)).unwrap_or(i64::MAX).into()
}

fn key(tenant: TenantId, account: AccountId, dedup: &[u8; 16]) -> Vec<Value> {
    vec![tenant.0.into(), account.0.into(), bytes(dedup)]
}

/// The first characters of an error text that both databases can hold.
pub(crate) fn short(error: &str) -> Value {
    let text: String = error.chars().filter(|c| *c != '\0').take(MAX_ERROR).collect();
    text.into()
}

/// The clock of the database in microseconds, as SQL.
pub(crate) fn clock_sql(kind: DatabaseKind) -> String {
    match kind {
        DatabaseKind::Postgres => {
            "(extract(epoch FROM clock_timestamp()) * 1000000)::int8".to_owned()
        }
        DatabaseKind::Sqlite => machine_clock().micros().to_string(),
    }
}

/// What lets claimers pass each other; SQLite has one writer at a time anyway.
pub(crate) fn skip_locked(kind: DatabaseKind) -> &'static str {
    if kind == DatabaseKind::Postgres { " FOR UPDATE SKIP LOCKED" } else { "" }
}
