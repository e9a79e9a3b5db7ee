//! Where an arriving mail belongs, in the order in which hints are believed: the signed token of
//! an address, the ids it refers to, a case token in the subject, and, where the account wants it
//! and there is nothing else, the words of the subject. A hint leads only to a
//! conversation of the same account whose sender takes part in it; whatever else it leads to, a
//! mail begins a new conversation. What a mail says in its text is never looked at.

use super::{Arriving, Known, Who};
use crate::App;
use crate::content::{Content, FileMeta, MailHeaders};
use crate::error::{Error, Result};
use crate::ledger::command::Origin;
use crate::ledger::command::arrive::{Contact, MailArrival, Person};
use crate::mail::token_keys;
use ::channels::email::subject::base;
use ::channels::email::thread::{OwnId, Token};
use ::channels::provider::{InboundAttachment, ThreadHints};
use domain::channel::ChannelKind;
use domain::id::{AccountId, ConversationId, InteractionId, MessageId};
use domain::interaction::Conversation;
use domain::mail::{ATTACHMENTS_MAX, PARTICIPANTS_MAX};
use domain::message::Direction;
use domain::sealed::BlindIndex;
use domain::time::Span;
use store::{CustomerCard, TenantReader};
use uuid::Uuid;

/// How many ids that a mail refers to are looked at.
const REFERENCES_MAX: usize = 50;

/// How long a subject is that says enough, in characters.
const SUBJECT_MIN: usize = 10;

/// How many of the sender's newest interactions are looked at for a subject.
const SUBJECTS_MAX: u32 = 50;

/// What only mail has, in plain words.
#[derive(Clone, Debug)]
pub struct ArrivingMail {
    /// What it may belong to.
    pub hints: ThreadHints,
    /// Its files.
    pub files: Vec<InboundAttachment>,
    /// For how many days after its end a conversation is found by its subject.
    pub subject_days: u16,
    /// What is answered at once if it opens an interaction; none if nothing may be.
    pub reply: Option<String>,
}

/// Where a mail goes.
pub(super) struct Target<'a> {
    mail: &'a ArrivingMail,
    account: AccountId,
    /// The conversation it continues; none if it begins one.
    pub(super) conversation: Option<Conversation>,
    joins: Option<InteractionId>,
    flood: bool,
    refers_to: Vec<BlindIndex>,
    seen: Vec<ConversationId>,
    sender: BlindIndex,
    /// Whether another than the conversation's contact point wrote it.
    stranger: bool,
}

impl Target<'_> {
    /// The address that wrote it, if that is not the conversation's contact point.
    pub(super) fn sender(&self, arriving: &Arriving) -> String {
        match &arriving.who {
            Who::Contact { address, .. } if self.stranger => address.clone(),
            _ => String::new(),
        }
    }
}

impl App {
    /// Where an arriving mail goes; none if it is none.
    pub(super) async fn target<'a>(
        &self,
        origin: &Origin,
        content: &Content,
        arriving: &'a Arriving,
    ) -> Result<Option<Target<'a>>> {
        let (Some(mail), Some(account)) = (&arriving.mail, arriving.account_id) else {
            return Ok(None);
        };
        let Who::Contact { address, .. } = &arriving.who else { return Ok(None) };
        let reader = self.store.tenant(origin.tenant);
        let ids = mail.hints.references.iter().take(REFERENCES_MAX);
        let refers_to: Vec<BlindIndex> = ids.map(|id| content.mail_index(account, id)).collect();
        let found = reader.mails(&refers_to).await?;
        let mut target = Target {
            mail,
            account,
            conversation: None,
            joins: None,
            flood: false,
            seen: found.iter().map(|mail| mail.conversation_id).collect(),
            refers_to,
            sender: content.contact_index(ChannelKind::Email, address),
            stranger: false,
        };
        let known = reader.mail_sender(account, target.sender).await?;
        let now = self.now().await?;
        if let Some(known) = known.filter(|known| known.floods(now)) {
            target.flood = true;
            if target.joins(&reader, known.conversation_id, true).await? {
                target.joins = Some(known.interaction_id);
            }
            return Ok(Some(target));
        }
        if let Some(text) = &mail.hints.reply_token {
            let named = token_keys(content).open(&mail.hints.mailbox, text);
            if let Some(Token::Reply(id)) = named
                && target.joins(&reader, ConversationId(id), false).await?
            {
                return Ok(Some(target));
            }
        }
        for (at, id) in mail.hints.references.iter().take(REFERENCES_MAX).enumerate() {
            let index = target.refers_to[at];
            let theirs = found.iter().filter(|mail| mail.index == index);
            let theirs = theirs.map(|mail| mail.conversation_id);
            for id in ours(&reader, id).await?.into_iter().chain(theirs) {
                if target.joins(&reader, id, false).await? {
                    return Ok(Some(target));
                }
            }
        }
        let case = mail.hints.case_token.as_deref().and_then(|text| Uuid::try_parse(text).ok());
        if let Some(id) = case {
            target.joins(&reader, ConversationId(id), false).await?;
        }
        if target.conversation.is_none()
            && let Some(id) = self.by_subject(&reader, content, arriving, &target).await?
        {
            target.joins(&reader, id, false).await?;
        }
        Ok(Some(target))
    }

    /// The sender's own conversation by this account that is about the same and not long over, for
    /// a mail that names no earlier one at all. Whoever answers by writing anew writes like this.
    async fn by_subject(
        &self,
        reader: &TenantReader,
        content: &Content,
        arriving: &Arriving,
        target: &Target<'_>,
    ) -> Result<Option<ConversationId>> {
        let hints = &target.mail.hints;
        let named = hints.reply_token.is_some() || !hints.references.is_empty();
        let (days, subject) = (i64::from(target.mail.subject_days), base(&arriving.subject));
        if named || days == 0 || subject.chars().count() < SUBJECT_MIN {
            return Ok(None);
        }
        let found = reader.find_contacts(Some(ChannelKind::Email), target.sender).await?;
        let Some(point) = found.first() else { return Ok(None) };
        let since = self.now().await? - Span::from_secs(days * 24 * 3600);
        let mut rows = reader.history(point.customer_id, None, SUBJECTS_MAX).await?;
        rows.retain(|row| {
            let over = !row.status.is_open();
            row.account_id == Some(target.account)
                && (!over || row.resolved_at.unwrap_or(row.updated_at) >= since)
        });
        for view in content.interactions(rows).await? {
            if base(&view.subject) != subject {
                continue;
            }
            let thread = reader.conversation(view.row.conversation_id).await?;
            if thread.is_some_and(|thread| thread.contact_point_id == Some(point.id)) {
                return Ok(Some(view.row.conversation_id));
            }
        }
        Ok(None)
    }

    /// The customer of a conversation, when its sender is that customer or somebody who takes part.
    pub(super) async fn known_in(
        &self,
        origin: &Origin,
        content: &Content,
        arriving: &Arriving,
        thread: &Conversation,
    ) -> Result<Known> {
        let id = thread.customer_id;
        let reader = self.store.tenant(origin.tenant);
        let card = reader.customer(id).await?.ok_or_else(|| Error::not_found("customer", id))?;
        let Who::Contact { address, .. } = &arriving.who else {
            return Err(Error::not_found("customer", id));
        };
        let index = content.contact_index(ChannelKind::Email, address);
        let point = own_point(&card, index);
        let contact = point.map(|point| Contact {
            kind: point.kind,
            index,
            address: point.address.clone(),
            verified: point.verified,
        });
        let seal = content.customer(id).await?;
        let tier = card.customer.tier.clone();
        let views = content.customers(vec![(card.customer, Vec::new())]).await?;
        let attributes = views.into_iter().next().map(|view| view.profile.attributes);
        Ok(Known {
            person: Person { customer_id: id, new: None, contact },
            seal,
            tier,
            attributes: attributes.unwrap_or_default(),
        })
    }

    /// What of a mail goes into the command. Its files are kept before.
    pub(super) async fn mail_arrival(
        &self,
        origin: &Origin,
        content: &Content,
        known: &Known,
        target: Target<'_>,
    ) -> Result<MailArrival> {
        let Target { mail, account, .. } = target;
        let conversation = target.conversation.as_ref().map(|thread| thread.id);
        let home = (known.person.customer_id, conversation.unwrap_or_default());
        let mut attachments = Vec::new();
        for file in mail.files.iter().take(ATTACHMENTS_MAX) {
            let meta = FileMeta {
                name: file.name.clone(),
                declared_type: file.declared_type.clone(),
                media_type: file.media_type.clone(),
                inline: file.inline,
            };
            let id = self.keep_file(origin.tenant, &known.seal, home, &meta, &file.bytes).await?;
            attachments.push(id);
        }
        let reference = mail.hints.own_id.as_ref().map(|id| {
            let references = mail.hints.references.clone();
            let headers = MailHeaders { id: id.clone(), references };
            (content.mail_index(account, id), known.seal.mail_headers(&headers))
        });
        let others = mail.hints.participants.iter().filter(|one| **one != mail.hints.mailbox);
        let others = others.take(PARTICIPANTS_MAX);
        // An automatic answer goes to the conversation's customer, so only they get one.
        let reply = mail.reply.as_ref().filter(|_| known.person.contact.is_some());
        Ok(MailArrival {
            account_id: account,
            conversation,
            flood: target.flood,
            joins: target.joins,
            refers_to: target.refers_to,
            seen: target.seen,
            reference,
            sender: target.sender,
            participants: others
                .map(|one| content.contact_index(ChannelKind::Email, one))
                .collect(),
            attachments,
            reply: reply.map(|text| known.seal.body(text)),
        })
    }
}

impl Target<'_> {
    /// Takes the conversation as where the mail goes, if it may go there: it is of the account, its
    /// customer is still there, and the sender takes part in it or has done so just now.
    async fn joins(
        &mut self,
        reader: &TenantReader,
        id: ConversationId,
        did: bool,
    ) -> Result<bool> {
        let Some(thread) = reader.conversation(id).await? else { return Ok(false) };
        if thread.account_id != Some(self.account) {
            return Ok(false);
        }
        let Some(card) = reader.customer(thread.customer_id).await? else { return Ok(false) };
        let own = own_point(&card, self.sender).map(|point| point.id);
        if own.is_none() && !did && !reader.takes_part(id, self.sender).await? {
            return Ok(false);
        }
        self.stranger = own.is_none() || own != thread.contact_point_id;
        self.conversation = Some(thread);
        Ok(true)
    }
}

/// The customer's contact point with an address.
fn own_point(card: &CustomerCard, address: BlindIndex) -> Option<&domain::customer::ContactPoint> {
    let mut points = card.contact_points.iter();
    points.find(|point| point.kind == ChannelKind::Email && point.address_index == address)
}

/// The conversation of an id that has the form of ours, if we really sent such a message in it.
async fn ours(reader: &TenantReader, id: &str) -> Result<Option<ConversationId>> {
    let Some(own) = OwnId::read(id) else { return Ok(None) };
    let message = reader.message(MessageId(own.message)).await?;
    let message = message.filter(|message| message.direction == Direction::Outbound);
    Ok(message.map(|message| message.conversation_id))
}
