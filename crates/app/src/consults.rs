//! Advice: an owner asks another agent, and either side ends it. What is asked is a note of the
//! interaction, sealed like everything said there.

use crate::App;
use crate::content::{InteractionView, MessageView};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::ledger::command::consult::{ConsultAgent, EndConsult, Question};
use domain::id::{AgentId, InteractionId, OfferId};
use domain::message::AuthorKind;
use domain::offer::Offer;

impl App {
    /// Asks an agent for advice on an interaction; says what the interaction is then.
    ///
    /// # Errors
    /// As the command refuses.
    pub async fn consult(
        &self,
        context: &Context,
        interaction_id: InteractionId,
        agent_id: AgentId,
        note: &str,
    ) -> Result<InteractionView> {
        let question = match note {
            "" => None,
            _ => Some(self.question(context, interaction_id, note).await?),
        };
        let caller = Some(context.caller);
        let ask = ConsultAgent { interaction_id, agent_id, question, caller };
        let outcome = self.change(context, ask).await?;
        self.interaction_after(context, outcome, interaction_id).await
    }

    async fn question(&self, context: &Context, id: InteractionId, note: &str) -> Result<Question> {
        let row = self.read(context).interaction(id).await?;
        let row = row.ok_or_else(|| Error::not_found("interaction", id))?;
        let content = self.content(context.caller.tenant).await?;
        let seal = content.customer(row.customer_id).await?;
        let (author_kind, author_id) = match context.caller.agent {
            Some(agent) => (AuthorKind::Agent, agent.0),
            None => (AuthorKind::Integration, context.caller.principal.0),
        };
        let (conversation_id, body) = (row.conversation_id, seal.body(note));
        Ok(Question { conversation_id, body, author_kind, author_id })
    }

    /// Ends a consult; says what the interaction is then.
    ///
    /// # Errors
    /// As the command refuses.
    pub async fn end_consult(
        &self,
        context: &Context,
        offer_id: OfferId,
    ) -> Result<InteractionView> {
        let offer = self.read(context).offer(offer_id).await?;
        let offer = offer.ok_or_else(|| Error::not_found("offer", offer_id))?;
        let (interaction_id, caller) = (offer.interaction_id, Some(context.caller));
        let end = EndConsult { offer_id, interaction_id, caller };
        let outcome = self.change(context, end).await?;
        self.interaction_after(context, outcome, interaction_id).await
    }

    /// What the agent of a consult is asked, if that was said.
    ///
    /// # Errors
    /// If the database cannot be reached.
    pub async fn asked(&self, context: &Context, offer: &Offer) -> Result<Option<MessageView>> {
        let Some(note) = offer.note_id else { return Ok(None) };
        let notes = self.opened_messages(context, &[(offer.interaction_id, note)]).await?;
        Ok(notes.into_iter().next())
    }
}
