//! Deliveries still to be made. A lane is sent strictly in order: only its oldest unfinished
//! delivery can be claimed. A claim is a lease with an attempt number, and only who holds that very
//! attempt may say how it ended.

use crate::entity::{self, Row};
use crate::error::Result;
use crate::inbox::{short, skip_locked};
use crate::sql::{DatabaseKind, Type, one_of};
use crate::store::Store;
use domain::escalation::Page;
use domain::id::{AccountId, DeliveryId, InteractionId, MessageId, NodeId, TenantId};
use domain::time::{Span, Timestamp};
use sea_orm::{ConnectionTrait, DatabaseConnection, FromQueryResult, Value};

/// Where a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OutboxState {
    /// It may be claimed once it is the oldest of its lane.
    Ready = 1,
    /// A node is sending it.
    Sending = 2,
    /// It was sent.
    Done = 3,
    /// It may or may not have been sent.
    Unknown = 4,
    /// It was given up.
    Dead = 5,
}

impl OutboxState {
    /// The number rows use for it.
    #[must_use]
    pub const fn code(self) -> i16 {
        self as i16
    }

    /// The state of a stored number.
    #[must_use]
    pub const fn from_code(code: i16) -> Option<Self> {
        match code {
            1 => Some(Self::Ready),
            2 => Some(Self::Sending),
            3 => Some(Self::Done),
            4 => Some(Self::Unknown),
            5 => Some(Self::Dead),
            _ => None,
        }
    }
}

/// A delivery as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Its id.
    pub id: DeliveryId,
    /// Its lane.
    pub lane: [u8; 16],
    /// What is delivered.
    pub message_id: MessageId,
    /// The interaction it belongs to.
    pub interaction_id: InteractionId,
    /// The account that sends it.
    pub account_id: AccountId,
    /// Where it stands.
    pub state: OutboxState,
    /// How often it was tried, a try under way included.
    pub attempt: i32,
    /// When it may next be claimed; while it is being sent, when its lease ends.
    pub next_at: Timestamp,
    /// Until when its claim holds.
    pub lease_until: Option<Timestamp>,
    /// Who claimed it.
    pub lease_owner: Option<NodeId>,
    /// When it was ordered.
    pub created_at: Timestamp,
    /// When it is too late.
    pub expires_at: Timestamp,
    /// When it was found to be sent, given up or of unknown end.
    pub ended_at: Option<Timestamp>,
    /// Why the last attempt failed.
    pub error: String,
    /// What it says, if it is a page and no message.
    pub page: Option<Page>,
}

/// How many deliveries one claim takes at most.
pub const MAX_OUTBOX_CLAIM: u32 = 256;

/// What one claim of the outbox or the inbox may take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// So many in all, [`MAX_OUTBOX_CLAIM`] or [`crate::MAX_INBOX_CLAIM`] at most.
    pub limit: usize,
    /// So many of one account.
    pub of_account: usize,
    /// So many of one tenant.
    pub of_tenant: usize,
    /// None of these accounts.
    pub without_accounts: Vec<AccountId>,
    /// None of these tenants.
    pub without_tenants: Vec<TenantId>,
}

impl Share {
    /// So many, whosever they are.
    #[must_use]
    pub fn of_all(limit: usize) -> Self {
        Self {
            limit,
            of_account: limit,
            of_tenant: limit,
            without_accounts: Vec::new(),
            without_tenants: Vec::new(),
        }
    }

    /// The condition that a row is nobody's who is left out.
    pub(crate) fn others(&self, kind: DatabaseKind, bound: &mut Vec<Value>) -> String {
        let accounts = self.without_accounts.iter().map(|id| id.0.into()).collect();
        let tenants = self.without_tenants.iter().map(|id| id.0.into()).collect();
        let mut others = none_of(kind, "c.account_id", accounts, bound);
        others.push_str(&none_of(kind, "c.tenant_id", tenants, bound));
        others
    }
}

/// The condition that a column is none of these, as long as there are any.
fn none_of(kind: DatabaseKind, column: &str, of: Vec<Value>, bound: &mut Vec<Value>) -> String {
    if of.is_empty() {
        return String::new();
    }
    format!(" AND NOT ({})", one_of(kind, column, Type::Uuid, of, bound))
}

/// A delivery that a node holds, and until when nobody else may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Whose.
    pub tenant: TenantId,
    /// The delivery, in state sending.
    pub delivery: Delivery,
    /// It was claimed before and that lease ran out: it may have been sent already.
    pub interrupted: bool,
}

/// The outbox of all tenants.
#[derive(Clone, Copy, Debug)]
pub struct Outbox<'a> {
    kind: DatabaseKind,
    db: &'a DatabaseConnection,
}

/// What is written of a delivery that is over.
fn ended(state: OutboxState, at: Timestamp, error: &str) -> Vec<Value> {
    vec![state.code().into(), short(error), at.micros().into()]
}

/// A number of deliveries as a value.
fn at_most(count: usize) -> Value {
    i64::try_from(count).unwrap_or(i64::MAX).min(i64::from(MAX_OUTBOX_CLAIM)).into()
}

impl Store {
    /// The outbox of all tenants.
    #[must_use]
    pub fn outbox(&self) -> Outbox<'_> {
        let (kind, db) = self.work();
        Outbox { kind, db }
    }
}

impl Outbox<'_> {
    /// Claims deliveries that are due, each the oldest unfinished of its lane, longest due first as
    /// far as the share allows it: of the first [`MAX_OUTBOX_CLAIM`] that are nobody's who is left
    /// out. Those past their expiry are claimed too: to be ended, so that their lane goes on.
    pub async fn claim(
        &self,
        node: NodeId,
        now: Timestamp,
        lease: Span,
        share: &Share,
    ) -> Result<Vec<Claim>> {
        let skip = skip_locked(self.kind);
        let until = (now + lease).micros();
        let mut values = vec![node.0.into(), until.into(), now.micros().into()];
        values.extend([share.limit, share.of_account, share.of_tenant].map(at_most));
        let others = share.others(self.kind, &mut values);
        // A claimed delivery is due again when its lease ends, so one condition finds both kinds;
        // the lease that was there before tells them apart.
        let sql = format!(
            "WITH seen AS MATERIALIZED (SELECT c.tenant_id AS t, c.id AS i, c.account_id AS a, \
             c.next_at AS n FROM outbox c \
             WHERE c.state IN (1, 2) AND c.next_at <= $3{others} AND NOT EXISTS \
             (SELECT 1 FROM outbox p WHERE p.lane = c.lane AND p.id < c.id \
             AND p.tenant_id IS NOT DISTINCT FROM c.tenant_id AND p.state IN (1, 2)) \
             ORDER BY c.next_at LIMIT {MAX_OUTBOX_CLAIM}{skip}), \
             fair AS (SELECT t, i, n, row_number() OVER (PARTITION BY t ORDER BY n, i) AS of_t \
             FROM (SELECT s.*, row_number() OVER (PARTITION BY a ORDER BY n, i) AS of_a \
             FROM seen s) ranked WHERE of_a <= $5), \
             due AS MATERIALIZED (SELECT t, i FROM fair WHERE of_t <= $6 \
             ORDER BY n, i LIMIT $4) \
             UPDATE outbox SET state = 2, attempt = attempt + 1, lease_owner = $1, \
             error = CASE state WHEN 2 THEN 'interrupted' ELSE '' END, \
             lease_until = $2, next_at = $2 FROM due \
             WHERE tenant_id = due.t AND id = due.i RETURNING *"
        );
        let rows = self.db.query_all_raw(self.kind.statement(sql, values)).await?;
        let mut claims = Vec::new();
        for row in &rows {
            let (tenant, mut delivery) =
                entity::outbox::Model::from_query_result(row, "")?.noun()?;
            let interrupted = !std::mem::take(&mut delivery.error).is_empty();
            claims.push(Claim { tenant, delivery, interrupted });
        }
        claims.sort_by_key(|c| c.delivery.id);
        Ok(claims)
    }

    /// Claims one delivery that waits, due or not and wherever it stands in its lane: for a person
    /// who ends it by hand.
    pub async fn claim_one(
        &self,
        tenant: TenantId,
        id: DeliveryId,
        by: (NodeId, Timestamp),
        lease: Span,
    ) -> Result<Option<Claim>> {
        let (node, now) = by;
        let sql = "UPDATE outbox SET state = 2, attempt = attempt + 1, lease_owner = $3, \
                   lease_until = $4, next_at = $4 \
                   WHERE tenant_id = $1 AND id = $2 AND state = 1 RETURNING *";
        let until = (now + lease).micros();
        let values = vec![tenant.0.into(), id.0.into(), node.0.into(), until.into()];
        let row = self.db.query_one_raw(self.kind.statement(sql, values)).await?;
        let Some(row) = row else { return Ok(None) };
        let (tenant, delivery) = entity::outbox::Model::from_query_result(&row, "")?.noun()?;
        Ok(Some(Claim { tenant, delivery, interrupted: false }))
    }

    /// Makes a delivery that waits due now, and one of unknown end wait again, for `more` time at
    /// least; false if it is neither.
    pub async fn hasten(
        &self,
        tenant: TenantId,
        id: DeliveryId,
        now: Timestamp,
        more: Span,
    ) -> Result<bool> {
        let sql = "UPDATE outbox SET state = 1, next_at = $3, ended_at = NULL, \
                   expires_at = CASE WHEN state = 4 AND expires_at < $4 THEN $4 \
                   ELSE expires_at END WHERE tenant_id = $1 AND id = $2 AND state IN (1, 4)";
        let values =
            vec![tenant.0.into(), id.0.into(), now.micros().into(), (now + more).micros().into()];
        let done = self.db.execute_raw(self.kind.statement(sql, values)).await?;
        Ok(done.rows_affected() == 1)
    }

    /// Gives up the claims of a node that is gone: they may be taken over at once.
    pub async fn abandon(&self, node: NodeId, now: Timestamp) -> Result<()> {
        let sql = "UPDATE outbox SET next_at = $2, lease_until = $2 \
                   WHERE state = 2 AND lease_owner = $1";
        let values = vec![node.0.into(), now.micros().into()];
        self.db.execute_raw(self.kind.statement(sql, values)).await?;
        Ok(())
    }

    /// It was sent. False, as below, if the claim no longer holds.
    pub async fn complete(&self, claim: &Claim, at: Timestamp) -> Result<bool> {
        self.end(claim, OutboxState::Done, at, "").await
    }

    /// It may have been sent; nobody will ever know.
    pub async fn unknown(&self, claim: &Claim, at: Timestamp, error: &str) -> Result<bool> {
        self.end(claim, OutboxState::Unknown, at, error).await
    }

    /// It is given up, and this claim was no try.
    pub async fn dead_untried(&self, claim: &Claim, at: Timestamp, error: &str) -> Result<bool> {
        let sql = "UPDATE outbox SET state = $5, error = $6, ended_at = $7, \
                   attempt = attempt - 1, lease_until = NULL, lease_owner = NULL";
        self.run(sql, claim, ended(OutboxState::Dead, at, error)).await
    }

    /// It is given up.
    pub async fn dead(&self, claim: &Claim, at: Timestamp, error: &str) -> Result<bool> {
        self.end(claim, OutboxState::Dead, at, error).await
    }

    /// It failed and is tried again from `next_at` on; its lane waits.
    pub async fn fail(&self, claim: &Claim, next_at: Timestamp, error: &str) -> Result<bool> {
        let sql = "UPDATE outbox SET state = 1, next_at = $5, error = $6, \
                   lease_until = NULL, lease_owner = NULL";
        self.run(sql, claim, vec![next_at.micros().into(), short(error)]).await
    }

    /// It was not tried and may be claimed at once, by anybody.
    pub async fn release(&self, claim: &Claim, now: Timestamp) -> Result<bool> {
        let sql = "UPDATE outbox SET state = 1, attempt = attempt - 1, next_at = $5, \
                   lease_until = NULL, lease_owner = NULL";
        self.run(sql, claim, vec![now.micros().into()]).await
    }

    async fn end(
        &self,
        claim: &Claim,
        state: OutboxState,
        at: Timestamp,
        error: &str,
    ) -> Result<bool> {
        let sql = "UPDATE outbox SET state = $5, error = $6, ended_at = $7, \
                   lease_until = NULL, lease_owner = NULL";
        self.run(sql, claim, ended(state, at, error)).await
    }

    /// Runs `sql` on the delivery if this very claim still holds it.
    async fn run(&self, sql: &str, claim: &Claim, more: Vec<Value>) -> Result<bool> {
        let Claim { tenant, delivery, .. } = claim;
        let sql = format!(
            "{sql} WHERE tenant_id = $1 AND id = $2 AND lease_owner = $3 AND attempt = $4 \
             AND state = 2"
        );
        let owner = delivery.lease_owner.unwrap_or_default();
        let mut values =
            vec![tenant.0.into(), delivery.id.0.into(), owner.0.into(), delivery.attempt.into()];
        values.extend(more);
        let done = self.db.execute_raw(self.kind.statement(sql, values)).await?;
        Ok(done.rows_affected() == 1)
    }
}
