//! How work went: what was created in each of several steps of time, and what became of it. One
//! statement for the interactions, along the primary key, and one for broken promises; the database
//! counts, so that what comes back is bounded by the steps, however much was done in them.

use super::TenantReader;
use super::work::{first_id, first_id_after};
use crate::entity::known;
use crate::error::Result;
use crate::pool::Query;
use domain::channel::ChannelKind;
use domain::id::QueueId;
use domain::interaction::InteractionStatus;
use domain::time::{Span, Timestamp};

/// The steps that are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Steps {
    /// When the first begins.
    pub from: Timestamp,
    /// How long each is; not zero.
    pub width: Span,
    /// How many.
    pub count: u32,
}

/// Interactions that were created in one step on one kind of channel.
#[derive(Clone, Debug, PartialEq)]
pub struct TrendLine {
    /// Number of the step, from 0.
    pub step: u32,
    /// Kind of channel.
    pub channel: ChannelKind,
    /// How many.
    pub created: i64,
    /// Taken by an agent, and how long that took in all.
    pub taken: (i64, Span),
    /// Answered, and how long that took in all.
    pub answered: (i64, Span),
    /// Resolved or closed.
    pub resolved: i64,
    /// Whose customers left.
    pub abandoned: i64,
    /// That waited too long.
    pub expired: i64,
    /// Rated, and the sum of the ratings.
    pub rated: (i64, i64),
}

/// What happened in the steps; those in which nothing did are left out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trend {
    /// Interactions by step and kind of channel.
    pub lines: Vec<TrendLine>,
    /// Broken promises by step.
    pub breaches: Vec<(u32, i64)>,
}

impl Steps {
    /// When the last has ended.
    #[must_use]
    pub fn until(&self) -> Timestamp {
        self.from + Span::from_micros(self.width.micros() * i64::from(self.count))
    }

    /// The number of the step that `column` lies in. Both are whole numbers, and so is the result.
    fn number(&self, query: Query, column: &str) -> Query {
        query
            .bind(&format!("({column} - "), self.from.micros())
            .bind(") / ", self.width.micros().max(1))
    }
}

impl TenantReader {
    /// What was created in these steps, and what has become of it; of one queue or of all.
    pub async fn trend(&self, steps: &Steps, queue: Option<QueueId>) -> Result<Trend> {
        let lines = self.created_in(steps, queue).await?;
        let breaches = self.breached_in(steps, queue).await?;
        Ok(Trend { lines, breaches })
    }

    async fn created_in(&self, steps: &Steps, queue: Option<QueueId>) -> Result<Vec<TrendLine>> {
        let status = InteractionStatus::code;
        let mut query = steps
            .number(self.query("SELECT "), "created_at")
            .text(
                ", channel, count(*), count(accepted_at), \
                 CAST(coalesce(sum(accepted_at - created_at), 0) AS BIGINT), \
                 count(first_response_at), \
                 CAST(coalesce(sum(first_response_at - created_at), 0) AS BIGINT)",
            )
            .bind(", count(CASE WHEN status IN (", status(InteractionStatus::Resolved))
            .bind(", ", status(InteractionStatus::Closed))
            .bind(") THEN 1 END), count(CASE WHEN status = ", status(InteractionStatus::Abandoned))
            .bind(" THEN 1 END), count(CASE WHEN status = ", status(InteractionStatus::Expired))
            .text(
                " THEN 1 END), count(CASE WHEN rating > 0 THEN 1 END), \
                 CAST(coalesce(sum(rating), 0) AS BIGINT) \
                 FROM interaction WHERE tenant_id = {t}",
            )
            .bind(" AND id >= ", first_id(steps.from))
            .bind(" AND id < ", first_id_after(steps.until()))
            .bind(" AND created_at >= ", steps.from.micros())
            .bind(" AND created_at < ", steps.until().micros());
        if let Some(queue) = queue {
            query = query.bind(" AND queue_id = ", queue.0);
        }
        let query = query.text(" GROUP BY 1, 2 ORDER BY 1, 2");
        let rows = self.reads.rows(self.tenant, query).await?;
        rows.iter()
            .map(|row| {
                let number = |at| row.try_get_by_index::<i64>(at);
                let span = |at| number(at).map(Span::from_micros);
                Ok(TrendLine {
                    step: known(u32::try_from(number(0)?).ok(), "step")?,
                    channel: known(ChannelKind::from_code(row.try_get_by_index(1)?), "channel")?,
                    created: number(2)?,
                    taken: (number(3)?, span(4)?),
                    answered: (number(5)?, span(6)?),
                    resolved: number(7)?,
                    abandoned: number(8)?,
                    expired: number(9)?,
                    rated: (number(10)?, number(11)?),
                })
            })
            .collect()
    }

    async fn breached_in(&self, steps: &Steps, queue: Option<QueueId>) -> Result<Vec<(u32, i64)>> {
        let mut query = steps
            .number(self.query("SELECT "), "breached_at")
            .text(", count(*) FROM sla_breach WHERE tenant_id = {t}")
            .bind(" AND breached_at >= ", steps.from.micros())
            .bind(" AND breached_at < ", steps.until().micros());
        if let Some(queue) = queue {
            query = query.bind(" AND queue_id = ", queue.0);
        }
        let query = query.text(" GROUP BY 1 ORDER BY 1");
        let rows = self.reads.rows(self.tenant, query).await?;
        rows.iter()
            .map(|row| {
                let step = known(u32::try_from(row.try_get_by_index::<i64>(0)?).ok(), "step")?;
                Ok((step, row.try_get_by_index(1)?))
            })
            .collect()
    }
}
