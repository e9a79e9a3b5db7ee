//! What agents do at their desks and say in their own words: why they are away, why they decline.
//! Such words are sealed on the way in and opened on the way out, like a customer's.

use crate::App;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::ledger::Outcome;
use crate::ledger::command::answer::{Answer, Saying};
use crate::ledger::command::presence::SetPresence;
use crate::ledger::command::take::TakeNext;
use domain::agent::{Presence, PresenceStatus};
use domain::channel::ChannelKind;
use domain::id::{AgentId, InteractionId, OfferId, QueueId};
use domain::offer::Offer;
use domain::sealed::Sealed;
use std::collections::HashMap;

/// Presence with the agent's words opened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PresenceView {
    /// What they intend and what routing uses.
    pub presence: Presence,
    /// Why they chose it; empty if unsaid.
    pub reason: String,
}

/// What an agent chooses.
#[derive(Clone, Copy, Debug)]
pub struct Choice<'a> {
    /// What they intend.
    pub status: PresenceStatus,
    /// Why; empty if unsaid.
    pub reason: &'a str,
    /// Whether it is to hold once their current work has ended.
    pub after_work: bool,
    /// The kinds of channel they are ready for; empty means all.
    pub channels: &'a [ChannelKind],
}

impl From<PresenceStatus> for Choice<'static> {
    /// At once, for no reason given and for all kinds of channel.
    fn from(status: PresenceStatus) -> Self {
        Self { status, reason: "", after_work: false, channels: &[] }
    }
}

impl App {
    /// Sets what an agent intends, and why.
    ///
    /// # Errors
    /// Not found.
    pub async fn set_presence(
        &self,
        context: &Context,
        agent_id: AgentId,
        Choice { status, reason, after_work, channels }: Choice<'_>,
    ) -> Result<Outcome> {
        let content = self.content(context.caller.tenant).await?;
        let agent = self.read(context).agent(agent_id).await?;
        let agent = agent.ok_or_else(|| Error::not_found("agent", agent_id))?;
        // Equal words are never sealed alike: whether they are new is seen here.
        let same = match reason {
            "" => agent.presence_reason.is_empty(),
            said => content.open_presence_reason(&agent, status) == said,
        };
        let reason = (!same).then(|| content.presence_reason(agent_id, status, reason));
        let channels = channels.to_vec();
        let set = SetPresence { agent_id, status, reason, after_work, channels };
        self.change(context, set).await
    }

    /// The presence of an agent.
    ///
    /// # Errors
    /// If the database cannot be reached.
    pub async fn presence(&self, context: &Context, agent_id: AgentId) -> Result<PresenceView> {
        let row = self.read(context).agent_presence(agent_id).await?;
        self.presence_view(context, agent_id, row.map(|row| row.presence).unwrap_or_default()).await
    }

    /// A presence of an agent with their words opened.
    ///
    /// # Errors
    /// If the database cannot be reached.
    pub async fn presence_view(
        &self,
        context: &Context,
        agent_id: AgentId,
        presence: Presence,
    ) -> Result<PresenceView> {
        let content = self.content(context.caller.tenant).await?;
        let agent = self.read(context).agent(agent_id).await?;
        let open = |agent| content.open_presence_reason(&agent, presence.intended);
        let reason = agent.map(open).unwrap_or_default();
        Ok(PresenceView { presence, reason })
    }

    /// Answers an offer; what is said with it is kept.
    ///
    /// # Errors
    /// As the command refuses.
    pub async fn answer(
        &self,
        context: &Context,
        offer_id: OfferId,
        saying: Saying,
        note: &str,
    ) -> Result<Outcome> {
        let note = self.seal_note(context, offer_id, note).await?;
        let caller = Some(context.caller);
        self.change(context, Answer { offer_id, saying, note, caller }).await
    }

    /// Gives an agent the next that waits to be taken, out of these queues; empty means all.
    ///
    /// # Errors
    /// As the command refuses.
    pub async fn take_next(
        &self,
        context: &Context,
        agent_id: AgentId,
        queues: Vec<QueueId>,
    ) -> Result<Outcome> {
        let caller = Some(context.caller);
        self.change(context, TakeNext { agent_id, queues, caller }).await
    }

    async fn seal_note(&self, context: &Context, id: OfferId, note: &str) -> Result<Sealed> {
        let offer = match note {
            "" => None,
            _ => self.read(context).offer(id).await?,
        };
        // There is no such offer: the command says so.
        let Some(offer) = offer else { return Ok(Sealed::default()) };
        self.seal_for(context, offer.interaction_id, |seal| seal.offer_note(note)).await
    }

    /// Offers with what agents said when declining.
    ///
    /// # Errors
    /// If the database cannot be reached.
    pub async fn offers_told(&self, context: &Context, rows: Vec<Offer>) -> Result<Vec<Offer>> {
        let with_note = rows.iter().filter(|row| !row.note.is_empty());
        let ids: Vec<InteractionId> = with_note.map(|row| row.interaction_id).collect();
        if ids.is_empty() {
            return Ok(rows);
        }
        let mut owners = HashMap::new();
        for ids in ids.chunks(store::MAX_IDS) {
            let found = self.read(context).interactions(ids).await?;
            owners.extend(found.into_iter().map(|row| (row.id, row.customer_id)));
        }
        let of = |row: &Offer| owners.get(&row.interaction_id).copied().unwrap_or_default();
        let rows = rows.into_iter().map(|row| (of(&row), row)).collect();
        self.content(context.caller.tenant).await?.offers(rows).await
    }
}
