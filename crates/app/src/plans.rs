//! Where an interaction that waits stands in its plan, for those who ask. The same function as
//! routing's says it, from the row and the time.

use crate::App;
use crate::context::Context;
use crate::error::Result;
use domain::id::PlanId;
use domain::interaction::Interaction;
use domain::time::Timestamp;
use engine::routing::plan::{Planned, openings};
use std::sync::Arc;

/// Where an interaction stands in its plan, by time and failed offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepView {
    /// Which plan.
    pub plan_id: PlanId,
    /// Which version of it.
    pub version: i64,
    /// The newest open step, from zero.
    pub index: usize,
    /// How many steps there are.
    pub steps: usize,
    /// When it opened.
    pub opened_at: Timestamp,
    /// When the next one opens by time, if one does.
    pub next_at: Option<Timestamp>,
}

impl App {
    /// Where an interaction stands in its plan; none unless it waits by one.
    ///
    /// # Errors
    /// If the database cannot be reached.
    pub async fn routing_step(
        &self,
        context: &Context,
        row: &Interaction,
    ) -> Result<Option<StepView>> {
        let waiting = row.plan.as_ref().filter(|_| row.status.is_waiting());
        let (Some(pin), Some(enqueued_at)) = (waiting, row.enqueued_at) else { return Ok(None) };
        let reader = self.read(context);
        // It may have gone on since it was read, and the version with it.
        let Some(spec) = reader.plan_version(pin.plan_id, pin.version).await? else {
            return Ok(None);
        };
        let planned = Planned { pin: pin.clone(), spec: Arc::new(spec) };
        let newest = planned.opened(enqueued_at, self.now().await?);
        let index = usize::from(newest);
        let opened_at = openings(&planned.spec, pin, enqueued_at)[index].unwrap_or(pin.since);
        Ok(Some(StepView {
            plan_id: pin.plan_id,
            version: pin.version,
            index,
            steps: planned.spec.steps.len(),
            opened_at,
            next_at: planned.next_opening(enqueued_at, newest),
        }))
    }
}
