//! Times that were used up, newest first.

use super::{TenantReader, page};
use crate::entity;
use crate::error::Result;
use domain::id::{InteractionId, QueueId};
use domain::sla::{SlaBreach, SlaMetric};
use domain::time::Timestamp;

/// Which breaches to show; what is none does not matter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BreachFilter {
    /// Of interactions that were in this queue.
    pub queue_id: Option<QueueId>,
    /// Of this interaction.
    pub interaction_id: Option<InteractionId>,
    /// Of this promise.
    pub metric: Option<SlaMetric>,
    /// Recorded at or after.
    pub from: Option<Timestamp>,
    /// Recorded before.
    pub until: Option<Timestamp>,
}

impl TenantReader {
    /// A page of breaches, newest first: those before a place of the log, or the newest.
    pub async fn sla_breaches(
        &self,
        filter: &BreachFilter,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<SlaBreach>> {
        let mut query = self.query("SELECT * FROM sla_breach WHERE tenant_id = {t}");
        if let Some(queue) = filter.queue_id {
            query = query.bind(" AND queue_id = ", queue.0);
        }
        if let Some(interaction) = filter.interaction_id {
            query = query.bind(" AND interaction_id = ", interaction.0);
        }
        if let Some(metric) = filter.metric {
            query = query.bind(" AND metric = ", metric.code());
        }
        if let Some(from) = filter.from {
            query = query.bind(" AND breached_at >= ", from.micros());
        }
        if let Some(until) = filter.until {
            query = query.bind(" AND breached_at < ", until.micros());
        }
        if let Some(before) = before {
            query = query.bind(" AND seq < ", before);
        }
        let query = query.text(&format!(" ORDER BY seq DESC LIMIT {}", page(limit)));
        self.all::<entity::sla_breach::Model>(query).await
    }
}
