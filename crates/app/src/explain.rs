//! Why an interaction waits, or waited when its agent was chosen, and what would come of one that
//! is set aside if it woke. Asks the engine's explanation, on the floor of this node or on one
//! taken from the log.

use crate::context::Context;
use crate::error::{Error, Result};
use crate::ledger::command::park;
use crate::past::Past;
use crate::{App, RULES_WAIT, unavailable};
use domain::id::{AgentId, InteractionId, RuleId};
use domain::interaction::{Interaction, InteractionStatus};
use domain::refusal::{Reason, Refusal};
use engine::floor::{Floor, Item};
use engine::routing::explain::{AtRest, explain_at_rest};
use std::time::{Duration, Instant};

pub use crate::past::Moment;
pub use engine::routing::eligibility::Unmet;
pub use engine::routing::explain::{
    AgentStand, Ahead, Change, ChangeKind, Explanation, Line, Rest, StepStand,
};
pub use engine::routing::order::Score;
pub use engine::routing::strategy::Term;

/// What is to be explained.
#[derive(Clone, Copy, Debug)]
pub struct Question {
    /// Which interaction.
    pub id: InteractionId,
    /// One agent alone.
    pub agent: Option<AgentId>,
    /// When; none for now, or for when its agent was chosen.
    pub moment: Option<Moment>,
}

/// An explanation, with what the log adds.
#[derive(Clone, Debug)]
pub struct Why {
    /// Why.
    pub explanation: Explanation,
    /// The rule that placed it, with its version.
    pub rule: Option<(RuleId, i64)>,
    /// Who was asked right after the moment.
    pub asked: Option<AgentId>,
}

impl App {
    /// Why an interaction waits, or waited.
    ///
    /// # Errors
    /// Not found, `OUTSIDE_TEAM`, `INTERACTION_NOT_OPEN`, `MOMENT_NOT_HELD`, `MOMENT_TOO_FAR`.
    pub async fn explain(&self, context: &Context, question: Question) -> Result<Why> {
        let reader = self.read(context);
        let row = reader.interaction(question.id).await?;
        let row = row.ok_or_else(|| Error::not_found("interaction", question.id))?;
        self.check_reads(&context.caller, &row).await?;
        if let Some(agent) = question.agent
            && reader.agent(agent).await?.is_none()
        {
            return Err(Error::not_found("agent", agent));
        }
        let past = match question.moment {
            Some(moment) => {
                let past = self.past(context.caller.tenant, moment, (row.id, row.created_at));
                past.await?.before_offer(row.id)
            }
            None => self.present(context, &row).await?,
        };
        let (floor, at, resting) = (past.floor, past.at, past.resting);
        let (Question { id, agent, .. }, created_at) = (question, row.created_at);
        let explained = tokio::task::spawn_blocking(move || {
            let item = floor.item(id).cloned().or(resting);
            let status = item.as_ref().map(|item| item.status);
            let found = match item.filter(|item| item.status.is_set_aside()) {
                Some(item) => explain_at_rest(&floor, id, &AtRest { item, created_at }, agent, at),
                None => engine::routing::explain::explain(&floor, id, agent, at),
            };
            found.ok_or(status)
        });
        let explanation = explained.await.map_err(|_| unavailable())?;
        let explanation = explanation.map_err(|status| not_open(&row, status))?;
        Ok(Why { explanation, rule: past.rule, asked: past.asked })
    }

    /// Now for what waits; for what is offered or owned, the moment its agent was chosen.
    async fn present(&self, context: &Context, row: &Interaction) -> Result<Past> {
        let floor = self.floor_since(context, row.last_seq).await?;
        let Some(item) = floor.item(row.id) else {
            if !row.rests() {
                return Err(not_open(row, None));
            }
            let resting = Item::parked_by(row.owner_agent_id, row.queue_id, &park::rested(row));
            let mut past = Past::now(floor, self.now().await?, placed_by(row));
            past.resting = Some(resting);
            return Ok(past);
        };
        let leg = item.pending.or(item.owner).and_then(|leg| floor.leg(leg));
        if item.status != InteractionStatus::Queued
            && !item.status.is_set_aside()
            && let Some(leg) = leg
        {
            let (moment, id) = (Moment::Seq(leg.offered_seq), row.id);
            let past = self.past(context.caller.tenant, moment, (id, row.created_at)).await?;
            return Ok(past.before_offer(id));
        }
        Ok(Past::now(floor, self.now().await?, placed_by(row)))
    }

    /// The tenant's floor, not older than a place in its log; loads it if this node has none.
    pub(crate) async fn floor_since(&self, context: &Context, seq: i64) -> Result<Floor> {
        let tenant = context.caller.tenant;
        let started = Instant::now();
        loop {
            match self.ledger.floor(tenant).await {
                Some(floor) if floor.seq() >= seq => return Ok(floor),
                _ if started.elapsed() > RULES_WAIT => return Err(unavailable()),
                _ => self.ledger.poke(tenant),
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}

/// The rule that placed it, with its version.
fn placed_by(row: &Interaction) -> Option<(RuleId, i64)> {
    row.matched_rule_id.map(|rule| (rule, row.matched_rule_version))
}

/// It neither waits nor did it at that moment.
fn not_open(row: &Interaction, then: Option<InteractionStatus>) -> Error {
    let status = then.unwrap_or(row.status).word();
    let refusal = Refusal::new(Reason::InteractionNotOpen);
    Error(refusal.with("interaction_id", row.id).with("status", status))
}
