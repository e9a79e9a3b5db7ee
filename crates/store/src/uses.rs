//! How often rules placed something, and when last. Counted by nodes and added here now and then,
//! outside the ledger: the columns belong to no entity, so that saving a rule leaves them alone.

use crate::error::Result;
use crate::pool::set_tenants;
use crate::reads::{TenantReader, page};
use crate::store::Store;
use domain::id::{RuleId, TenantId};
use domain::time::Timestamp;
use sea_orm::{ConnectionTrait, TransactionTrait};
use uuid::Uuid;

/// How many rules one write counts.
pub const MAX_USES: usize = 1_000;

/// How often a rule placed something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleUse {
    /// Which rule.
    pub rule_id: RuleId,
    /// How often.
    pub uses: i64,
    /// When last.
    pub last_used_at: Timestamp,
}

const ADD: &str = "UPDATE routing_rule SET uses = uses + $3, last_used_at = \
    CASE WHEN last_used_at > $4 THEN last_used_at ELSE $4 END WHERE tenant_id = $1 AND id = $2";

impl Store {
    /// Adds to what is counted, at most [`MAX_USES`] rules; all or none. A rule that is gone is
    /// passed over.
    ///
    /// # Errors
    /// If the database cannot be reached.
    pub async fn add_rule_uses(&self, uses: &[(TenantId, RuleUse)]) -> Result<()> {
        let uses = &uses[..uses.len().min(MAX_USES)];
        if uses.is_empty() {
            return Ok(());
        }
        let (kind, db) = self.work();
        let mut tenants: Vec<TenantId> = uses.iter().map(|(tenant, _)| *tenant).collect();
        tenants.sort_unstable();
        tenants.dedup();
        let tx = db.begin().await?;
        set_tenants(&tx, kind, &tenants).await?;
        for (tenant, one) in uses {
            let at = one.last_used_at.micros();
            let values = vec![tenant.0.into(), one.rule_id.0.into(), one.uses.into(), at.into()];
            tx.execute_raw(kind.statement(ADD, values)).await?;
        }
        tx.commit().await?;
        Ok(())
    }
}

impl TenantReader {
    /// What was counted of rules that ever placed something.
    ///
    /// # Errors
    /// If the database cannot be reached.
    pub async fn rule_uses(&self) -> Result<Vec<RuleUse>> {
        let sql = "SELECT id, uses, last_used_at FROM routing_rule \
            WHERE tenant_id = {t} AND last_used_at IS NOT NULL";
        let query = self.query(sql).text(&format!(" ORDER BY id LIMIT {}", page(u32::MAX)));
        let rows = self.rows(query).await?;
        rows.iter()
            .map(|r| {
                Ok(RuleUse {
                    rule_id: r.try_get_by_index::<Uuid>(0)?.into(),
                    uses: r.try_get_by_index(1)?,
                    last_used_at: Timestamp::from_micros(r.try_get_by_index(2)?),
                })
            })
            .collect()
    }
}
