//! Interactions and messages: what a caller may do with them, with content sealed on the way in and
//! opened on the way out.

use crate::App;
use crate::content::{InteractionView, MessageView};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::ledger::Outcome;
use crate::ledger::command::close::{Close, Way};
use crate::ledger::command::rate::Rate;
use crate::ledger::command::reply::Reply;
use crate::ledger::command::update::Update;
use domain::channel::ChannelKind;
use domain::id::{
    AgentId, AttachmentId, ContactPointId, ConversationId, CustomerId, InteractionId, MessageId,
};
use domain::interaction::{Interaction, Priority, SkillRequirement};
use domain::message::{AuthorKind, Direction, Message};
use domain::offer::Offer;
use domain::refusal::{Reason, Refusal};
use domain::sealed::Sealed;
use domain::time::Timestamp;

pub use store::{InteractionFilter, MessagesOf, OffersOf};

/// Changes to an interaction; what is none stays.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// The version the caller saw; zero if they do not care.
    pub version: i64,
    /// Priority.
    pub priority: Option<Priority>,
    /// Required skills.
    pub required_skills: Option<Vec<SkillRequirement>>,
    /// Language.
    pub language: Option<String>,
    /// Subject.
    pub subject: Option<String>,
    /// Tags.
    pub tags: Option<Vec<String>>,
    /// How the customer's mood is judged.
    pub sentiment: Option<i8>,
}

impl App {
    /// Writes an answer or a note.
    ///
    /// # Errors
    /// As the command refuses.
    pub async fn send_message(
        &self,
        context: &Context,
        id: InteractionId,
        body: &str,
        note: bool,
    ) -> Result<MessageView> {
        self.send_with_files(context, id, body, note, Vec::new()).await
    }

    /// Writes an answer or a note with files that were uploaded before.
    ///
    /// # Errors
    /// As the command refuses.
    pub async fn send_with_files(
        &self,
        context: &Context,
        id: InteractionId,
        body: &str,
        note: bool,
        attachments: Vec<AttachmentId>,
    ) -> Result<MessageView> {
        let reader = self.read(context);
        let row = reader.interaction(id).await?;
        let row = row.ok_or_else(|| Error::not_found("interaction", id))?;
        let content = self.content(context.caller.tenant).await?;
        let seal = content.customer(row.customer_id).await?;
        let (author_kind, author_id) = match context.caller.agent {
            Some(agent) => (AuthorKind::Agent, agent.0),
            None => (AuthorKind::Integration, context.caller.principal.0),
        };
        let reply = Reply {
            interaction_id: id,
            conversation_id: row.conversation_id,
            account_id: row.account_id,
            contact_point_id: self.mailed_to(context, &row).await?,
            attachments,
            relay: self.mail.relay.is_some(),
            body: seal.body(body),
            note,
            author_kind,
            author_id,
            caller: Some(context.caller),
        };
        let outcome = self.change(context, reply).await?;
        let message = match outcome.message {
            Some(message) => Some(message),
            None => reader.message(MessageId(outcome.id)).await?,
        };
        let message = message.ok_or_else(|| Error::not_found("message", outcome.id))?;
        self.open_message(context, row.customer_id, message).await
    }

    /// Where answers go, of an interaction by mail: only there mail has come back.
    async fn mailed_to(
        &self,
        context: &Context,
        row: &Interaction,
    ) -> Result<Option<ContactPointId>> {
        if row.channel != ChannelKind::Email {
            return Ok(None);
        }
        let conversation = self.read(context).conversation(row.conversation_id).await?;
        Ok(conversation.and_then(|conversation| conversation.contact_point_id))
    }

    async fn open_message(
        &self,
        context: &Context,
        customer: CustomerId,
        message: Message,
    ) -> Result<MessageView> {
        let content = self.content(context.caller.tenant).await?;
        let mut views = content.messages(vec![(customer, message)]).await?;
        Ok(views.pop().expect("one in, one out"))
    }

    /// Ends an interaction in one of the ways a caller may.
    ///
    /// # Errors
    /// As the command refuses.
    pub async fn close(
        &self,
        context: &Context,
        id: InteractionId,
        way: Way,
        resolution: &str,
        wrap_up_code: &str,
    ) -> Result<InteractionView> {
        let resolution = self.seal_for(context, id, |seal| seal.resolution(resolution)).await?;
        let close = Close {
            interaction_id: id,
            way,
            resolution,
            wrap_up_code: wrap_up_code.to_owned(),
            caller: Some(context.caller),
        };
        let outcome = self.change(context, close).await?;
        self.interaction_after(context, outcome, id).await
    }

    /// Rates an interaction.
    ///
    /// # Errors
    /// As the command refuses.
    pub async fn rate(
        &self,
        context: &Context,
        id: InteractionId,
        rating: i16,
        comment: &str,
    ) -> Result<InteractionView> {
        let comment = self.seal_for(context, id, |seal| seal.rating_comment(comment)).await?;
        let outcome = self.change(context, Rate { interaction_id: id, rating, comment }).await?;
        self.interaction_after(context, outcome, id).await
    }

    /// Changes an interaction's attributes.
    ///
    /// # Errors
    /// As the command refuses.
    pub async fn update_interaction(
        &self,
        context: &Context,
        id: InteractionId,
        changes: Changes,
    ) -> Result<InteractionView> {
        let reader = self.read(context);
        let row = reader.interaction(id).await?;
        let row = row.ok_or_else(|| Error::not_found("interaction", id))?;
        let content = self.content(context.caller.tenant).await?;
        let seal = content.customer(row.customer_id).await?;
        let update = Update {
            interaction_id: id,
            version: changes.version,
            priority: changes.priority,
            required_skills: changes.required_skills,
            language: changes.language,
            subject: changes.subject.map(|text| seal.subject(&text)),
            tags: changes.tags.map(|tags| seal.tags(&tags)),
            sentiment: changes.sentiment,
            caller: Some(context.caller),
        };
        let outcome = self.change(context, update).await?;
        self.interaction_after(context, outcome, id).await
    }

    pub(crate) async fn seal_for(
        &self,
        context: &Context,
        id: InteractionId,
        seal: impl FnOnce(&crate::content::CustomerSeal) -> Sealed,
    ) -> Result<Sealed> {
        let row = self.read(context).interaction(id).await?;
        let row = row.ok_or_else(|| Error::not_found("interaction", id))?;
        let content = self.content(context.caller.tenant).await?;
        match content.customer(row.customer_id).await {
            Ok(key) => Ok(seal(&key)),
            // The customer was erased: there is nobody whose words these could be any more.
            Err(error) if error.0.reason == Reason::ResourceNotFound => Ok(Sealed::default()),
            Err(error) => Err(error),
        }
    }

    /// The interaction as a change left it.
    ///
    /// # Errors
    /// If the database cannot be reached.
    pub async fn interaction_after(
        &self,
        context: &Context,
        outcome: Outcome,
        id: InteractionId,
    ) -> Result<InteractionView> {
        let content = self.content(context.caller.tenant).await?;
        match outcome.interaction {
            Some(row) => content.interaction(row).await,
            None => self.interaction(context, id).await,
        }
    }

    /// An interaction.
    ///
    /// # Errors
    /// Not found.
    pub async fn interaction(
        &self,
        context: &Context,
        id: InteractionId,
    ) -> Result<InteractionView> {
        let row = self.read(context).interaction(id).await?;
        let row = row.ok_or_else(|| Error::not_found("interaction", id))?;
        self.content(context.caller.tenant).await?.interaction(row).await
    }

    /// A page of interactions, newest first, before an id.
    ///
    /// # Errors
    /// If the database cannot be reached.
    pub async fn interactions(
        &self,
        context: &Context,
        filter: &InteractionFilter,
        before: Option<InteractionId>,
        limit: u32,
    ) -> Result<Vec<InteractionView>> {
        let within = self.within(&context.caller).await?;
        let filter = InteractionFilter { within, ..filter.clone() };
        let rows = self.read(context).interactions_by(&filter, before, limit).await?;
        self.content(context.caller.tenant).await?.interactions(rows).await
    }

    /// A page of an interaction's or a conversation's messages, oldest first, after an id.
    ///
    /// # Errors
    /// Not found, if there is no such interaction or conversation.
    pub async fn messages(
        &self,
        context: &Context,
        of: MessagesOf,
        after: Option<MessageId>,
        limit: u32,
    ) -> Result<Vec<MessageView>> {
        let customer = self.customer_of(context, of).await?;
        let rows = self.read(context).messages(of, after, limit).await?;
        let rows = rows.into_iter().map(|row| (customer, row)).collect();
        self.content(context.caller.tenant).await?.messages(rows).await
    }

    async fn customer_of(&self, context: &Context, of: MessagesOf) -> Result<CustomerId> {
        let reader = self.read(context);
        match of {
            MessagesOf::Interaction(id) => {
                let row = reader.interaction(id).await?;
                let row = row.ok_or_else(|| Error::not_found("interaction", id))?;
                self.check_reads(&context.caller, &row).await?;
                Ok(row.customer_id)
            }
            MessagesOf::Conversation(id) => {
                let row = reader.conversation(id).await?;
                let row = row.ok_or_else(|| Error::not_found("conversation", id))?;
                self.check_reads_history(context, row.customer_id).await?;
                Ok(row.customer_id)
            }
        }
    }

    /// A message and the deliveries that were ordered for it.
    ///
    /// # Errors
    /// Not found.
    pub async fn message(
        &self,
        context: &Context,
        id: MessageId,
    ) -> Result<(MessageView, Vec<store::Delivery>)> {
        let reader = self.read(context);
        let row = reader.message(id).await?.ok_or_else(|| Error::not_found("message", id))?;
        let interaction = reader.interaction(row.interaction_id).await?;
        let interaction = interaction.ok_or_else(|| Error::not_found("message", id))?;
        let deliveries = reader.outbox_of(id).await?;
        let view = self.open_message(context, interaction.customer_id, row).await?;
        Ok((view, deliveries))
    }

    /// Messages by id, opened; unknown ids are passed over. For streams that carry ids.
    ///
    /// # Errors
    /// If the database cannot be reached.
    pub async fn opened_messages(
        &self,
        context: &Context,
        ids: &[(InteractionId, MessageId)],
    ) -> Result<Vec<MessageView>> {
        let reader = self.read(context);
        let interactions: Vec<InteractionId> = ids.iter().map(|(id, _)| *id).collect();
        let owners = reader.interactions(&interactions).await?;
        let mut rows = Vec::with_capacity(ids.len());
        for (interaction, id) in ids {
            let owner = owners.iter().find(|row| row.id == *interaction);
            if let (Some(owner), Some(row)) = (owner, reader.message(*id).await?) {
                rows.push((owner.customer_id, row));
            }
        }
        self.content(context.caller.tenant).await?.messages(rows).await
    }

    /// What an offer shows of an interaction: itself, not older than `seq`, and the newest thing
    /// its customer said.
    ///
    /// # Errors
    /// Not found.
    pub async fn offered(
        &self,
        context: &Context,
        id: InteractionId,
        seq: i64,
    ) -> Result<(InteractionView, Option<MessageView>)> {
        let tenant = context.caller.tenant;
        let content = self.content(tenant).await?;
        let recent = self.live.recent();
        let held = recent.interaction(tenant, id, seq).zip(recent.last_message(tenant, id));
        let (row, last) = match held {
            Some((row, last)) => (row.as_ref().clone(), Some(last.as_ref().clone())),
            None => {
                let found = self.read(context).interaction_snapshot(id).await?;
                let found = found.ok_or_else(|| Error::not_found("interaction", id))?;
                let mut newest = found.messages.into_iter().rev();
                (found.interaction, newest.find(|row| row.direction == Direction::Inbound))
            }
        };
        let last = last.map(|message| (row.customer_id, message));
        let mut messages = content.messages(last.into_iter().collect()).await?;
        Ok((content.interaction(row).await?, messages.pop()))
    }

    /// An interaction as it stood at `seq` or later.
    ///
    /// # Errors
    /// Not found.
    pub async fn interaction_since(
        &self,
        context: &Context,
        id: InteractionId,
        seq: i64,
    ) -> Result<InteractionView> {
        let tenant = context.caller.tenant;
        match self.live.recent().interaction(tenant, id, seq) {
            Some(row) => self.content(tenant).await?.interaction(row.as_ref().clone()).await,
            None => self.interaction(context, id).await,
        }
    }

    /// Live offers and legs of an agent, with their interactions.
    ///
    /// # Errors
    /// If the database cannot be reached.
    pub async fn offers(&self, context: &Context, agent: AgentId) -> Result<Vec<Offer>> {
        Ok(self.read(context).offers(store::OffersOf::Agent(agent)).await?)
    }

    /// The conversation of an id.
    ///
    /// # Errors
    /// Not found.
    pub async fn conversation(
        &self,
        context: &Context,
        id: ConversationId,
    ) -> Result<domain::interaction::Conversation> {
        let row = self.read(context).conversation(id).await?;
        row.ok_or_else(|| Error::not_found("conversation", id))
    }
}

/// Midnight, UTC, of the day of an instant.
#[must_use]
pub fn midnight(now: Timestamp) -> Timestamp {
    const DAY: i64 = 86_400_000_000;
    Timestamp::from_micros(now.micros().div_euclid(DAY) * DAY)
}

/// Checks that a text is not blank where something must be said.
///
/// # Errors
/// `VALIDATION_FAILED` on the field.
pub fn said(field: &str, text: &str) -> Result<()> {
    if text.trim().is_empty() {
        return Err(Error(Refusal::field(field, "it says nothing")));
    }
    Ok(())
}
