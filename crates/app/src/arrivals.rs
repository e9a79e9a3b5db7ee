//! Something arrives: who it is about is looked up, what it says is judged by the tenant's rules
//! and sealed, and what is left becomes a command. This is the only place that has a customer's
//! words in plain while the ledger is still ahead of them.

mod mail;

pub use mail::ArrivingMail;

use crate::content::Content;
use crate::context::Context;
use crate::context::short_hash;
use crate::error::{Error, Result};
use crate::ledger::command::Origin;
use crate::ledger::command::arrive::{Arrive, Contact, NewPerson, Person, Text, merged};
use crate::ledger::command::requeue::{Judged, Move, Requeue};
use crate::ledger::{Outcome, Priority as Waits, Rejected};
use crate::{App, PREPARE_MAX, stale};
use domain::agent::Place;
use domain::channel::ChannelKind;
use domain::id::{AccountId, CustomerId, InteractionId, MessageId, QueueId};
use domain::interaction::{Interaction, Priority, SkillRequirement};
use domain::message::{AuthorKind, Direction, Message};
use domain::time::Timestamp;
use engine::routing::intake::{Arrival, Placement};
use std::sync::Arc;
use store::MessagesOf;
use uuid::Uuid;

/// Whom something is about, as a caller says it.
#[derive(Clone, Debug)]
pub enum Who {
    /// A known customer.
    Customer(CustomerId),
    /// Whoever has this address.
    Contact {
        /// The kind of channel.
        kind: ChannelKind,
        /// The address.
        address: String,
        /// What a new customer is called.
        display_name: String,
    },
}

/// Something that arrives, in plain words.
#[derive(Clone, Debug)]
pub struct Arriving {
    /// Who.
    pub who: Who,
    /// Through which kind of channel.
    pub channel: ChannelKind,
    /// Through which account.
    pub account_id: Option<AccountId>,
    /// What it is about.
    pub subject: String,
    /// What it says; empty if nothing.
    pub body: String,
    /// The priority asked for.
    pub priority: Option<Priority>,
    /// Its language, if known.
    pub language: String,
    /// Where it is about, if that is told.
    pub place: Option<Place>,
    /// Words on it.
    pub tags: Vec<String>,
    /// What its agent must know, beyond what rules say.
    pub required_skills: Vec<SkillRequirement>,
    /// The queue it goes to, whatever rules say.
    pub queue_id: Option<QueueId>,
    /// The other side's id of the message; empty if none.
    pub external_id: String,
    /// When its customer is to be called, instead of waiting; only for what is always new.
    pub callback_at: Option<Timestamp>,
    /// Whether it opens an interaction even if the conversation has an open one.
    pub always_new: bool,
    /// What only mail has.
    pub mail: Option<Box<ArrivingMail>>,
    /// The inbox item it came from.
    pub inbox: Option<(AccountId, [u8; 16])>,
}

/// What an arrival came to.
#[derive(Clone, Debug)]
pub struct Arrived {
    /// The interaction it opened or joined.
    pub interaction: Interaction,
    /// The message it added.
    pub message: Option<Message>,
    /// Whether it had arrived before.
    pub duplicate: bool,
}

impl App {
    /// Takes in something that arrives.
    ///
    /// # Errors
    /// As the command refuses.
    pub async fn arrive(
        &self,
        origin: &Origin,
        deadline: Option<std::time::Instant>,
        arriving: &Arriving,
    ) -> Result<Arrived> {
        for _ in 0..PREPARE_MAX {
            let command = Arc::new(self.prepare_arrival(origin, arriving).await?);
            let origin = origin.clone();
            let submitted =
                self.ledger.submit(origin.clone(), Waits::Interactive, deadline, command).await;
            match submitted {
                Ok(outcome) => return self.arrived(&origin, outcome).await,
                Err(Rejected::Refused(refusal)) => return Err(Error(refusal)),
                // Rules or customer changed between preparing and deciding.
                Err(Rejected::Stale) => {}
            }
        }
        Err(stale())
    }

    /// Has the tenant's rules decide anew where an interaction goes that waits.
    ///
    /// # Errors
    /// Not found, or as the command refuses.
    pub async fn route_by_rules(&self, context: &Context, id: InteractionId) -> Result<Outcome> {
        for _ in 0..PREPARE_MAX {
            let route = Requeue {
                interaction_id: id,
                reason: Move::Route,
                to_agent: None,
                to_queue: None,
                customer: None,
                override_limits: false,
                judged: Some(self.judge_again(context, id).await?),
                caller: Some(context.caller),
            };
            match self.submit(context, Arc::new(route)).await {
                Ok(outcome) => return Ok(outcome),
                Err(Rejected::Refused(refusal)) => return Err(Error(refusal)),
                Err(Rejected::Stale) => {}
            }
        }
        Err(stale())
    }

    /// Judges an interaction as when it arrived, by what its customer and rules are now.
    async fn judge_again(&self, context: &Context, id: InteractionId) -> Result<Judged> {
        let content = self.content(context.caller.tenant).await?;
        let reader = self.read(context);
        let row = reader.interaction(id).await?;
        let row = row.ok_or_else(|| Error::not_found("interaction", id))?;
        let customer = row.customer_id;
        let card = reader.customer(customer).await?;
        let tier = card.as_ref().map(|card| card.customer.tier.clone()).unwrap_or_default();
        let cards = card.map(|card| (card.customer, Vec::new())).into_iter().collect();
        let profile = content.customers(cards).await?.pop().map(|view| view.profile);
        let attributes = profile.map(|profile| profile.attributes).unwrap_or_default();
        let first = reader.messages(MessagesOf::Interaction(id), None, 1).await?;
        let first = first.into_iter().filter(|message| message.direction == Direction::Inbound);
        let said = content.messages(first.map(|message| (customer, message)).collect()).await?;
        let view = content.interaction(row).await?;
        let rules = self.rules(context.caller.tenant).await?;
        let placement = rules.judge(&Arrival {
            now: self.now().await?,
            channel: Some(view.row.channel),
            account_id: view.row.account_id,
            priority: Some(view.row.priority),
            subject: &view.subject,
            text: said.first().map_or("", |message| &message.body),
            language: &view.row.language,
            tags: &view.tags,
            customer_id: Some(customer),
            tier: &tier,
            attributes: Some(&attributes),
            status: Some(view.row.status),
            created_at: Some(view.row.created_at),
        });
        let tags = placement.tagged(&view.tags);
        let tags = match tags == view.tags {
            true => None,
            false => Some(content.customer(customer).await?.tags(&tags)),
        };
        Ok(Judged { placement, tags, config_seq: rules.config_seq })
    }

    async fn arrived(&self, origin: &Origin, outcome: Outcome) -> Result<Arrived> {
        // Only what it opened or joined just now comes with both.
        let fresh = !outcome.repeated && !outcome.other.is_nil();
        if let Some(interaction) = outcome.interaction.filter(|_| fresh) {
            return Ok(Arrived { interaction, message: outcome.message, duplicate: false });
        }
        let reader = self.store.tenant(origin.tenant);
        // A repeat remembers the message, or the interaction if nothing was said.
        let message = reader.message(MessageId(outcome.id)).await?;
        let id = message.as_ref().map_or(InteractionId(outcome.id), |m| m.interaction_id);
        let interaction = reader.interaction(id).await?;
        let interaction = interaction.ok_or_else(|| Error::not_found("interaction", id))?;
        Ok(Arrived { interaction, message, duplicate: true })
    }

    async fn prepare_arrival(&self, origin: &Origin, arriving: &Arriving) -> Result<Arrive> {
        let content = self.content(origin.tenant).await?;
        let target = self.target(origin, &content, arriving).await?;
        let known = match target.as_ref().and_then(|target| target.conversation.as_ref()) {
            Some(thread) => self.known_in(origin, &content, arriving, thread).await?,
            None => self.known_person(origin, &content, arriving).await?,
        };
        let rules = self.rules(origin.tenant).await?;
        let mut placement = rules.judge(&Arrival {
            now: self.now().await?,
            channel: Some(arriving.channel),
            account_id: arriving.account_id,
            priority: arriving.priority,
            subject: &arriving.subject,
            text: &arriving.body,
            language: &arriving.language,
            tags: &arriving.tags,
            customer_id: known.person.new.is_none().then_some(known.person.customer_id),
            tier: &known.tier,
            attributes: Some(&known.attributes),
            status: None,
            created_at: None,
        });
        overrule(&mut placement, arriving);
        let heard = rules.heard(&arriving.subject, &arriving.body);
        let sender = target.as_ref().map(|target| target.sender(arriving)).unwrap_or_default();
        let says = !arriving.body.is_empty() || target.is_some();
        // What came is known by all of it; what is shown is the id that its sender gave it.
        let own = arriving.mail.as_ref().and_then(|mail| mail.hints.own_id.as_ref());
        let shown = own.unwrap_or(&arriving.external_id);
        let text = says.then(|| Text {
            sender: known.seal.sender(&sender),
            body: known.seal.body(&arriving.body),
            external_id: known.seal.external_id(shown),
            author_kind: AuthorKind::Customer,
            author_id: Uuid::nil(),
        });
        let account = arriving.account_id.unwrap_or_default();
        let mail = match target {
            Some(target) => Some(self.mail_arrival(origin, &content, &known, target).await?),
            None => None,
        };
        let external_key = (!arriving.external_id.is_empty()).then(|| {
            short_hash(&[b"external", account.0.as_bytes(), arriving.external_id.as_bytes()])
        });
        Ok(Arrive {
            channel: arriving.channel,
            account_id: arriving.account_id,
            subject: known.seal.subject(&arriving.subject),
            tags: known.seal.tags(&placement.tagged(&arriving.tags)),
            text,
            placement,
            tier: known.tier,
            place: arriving.place.map(Place::coarse),
            judged_at: arriving.queue_id.is_none().then_some(rules.config_seq),
            always_new: arriving.always_new,
            callback_at: arriving.callback_at,
            external_key,
            heard,
            mail: mail.map(Box::new),
            inbox: arriving.inbox,
            person: known.person,
        })
    }

    async fn known_person(
        &self,
        origin: &Origin,
        content: &Content,
        arriving: &Arriving,
    ) -> Result<Known> {
        let reader = self.store.tenant(origin.tenant);
        let (customer_id, contact) = match &arriving.who {
            Who::Customer(id) => (Some(*id), None),
            Who::Contact { kind, address, .. } => {
                let index = content.contact_index(*kind, address);
                let found = reader.find_contacts(Some(*kind), index).await?;
                (found.first().map(|point| point.customer_id), Some((*kind, index, address)))
            }
        };
        let Some(id) = customer_id else {
            return Ok(new_person(content, arriving, contact));
        };
        let card = reader.customer(id).await?.ok_or_else(|| Error::not_found("customer", id))?;
        let seal = content.customer(id).await?;
        let contact = match contact {
            Some((kind, index, address)) => {
                Some(Contact { kind, index, address: seal.address(address), verified: false })
            }
            None => card.contact_points.iter().find(|p| p.kind == arriving.channel).map(|point| {
                Contact {
                    kind: point.kind,
                    index: point.address_index,
                    address: point.address.clone(),
                    verified: point.verified,
                }
            }),
        };
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
}

struct Known {
    person: Person,
    seal: crate::content::CustomerSeal,
    tier: String,
    attributes: std::collections::BTreeMap<String, String>,
}

fn new_person(
    content: &Content,
    arriving: &Arriving,
    contact: Option<(ChannelKind, domain::sealed::BlindIndex, &String)>,
) -> Known {
    let customer_id = CustomerId(Uuid::now_v7());
    let (seal, wrapped_key) = content.new_customer(customer_id);
    let display_name = match &arriving.who {
        Who::Contact { display_name, .. } => display_name.clone(),
        Who::Customer(_) => String::new(),
    };
    let profile = crate::content::Profile { display_name, ..Default::default() };
    let new = NewPerson {
        wrapped_key,
        profile: seal.profile(&profile),
        language: arriving.language.clone(),
    };
    let contact = contact.map(|(kind, index, address)| Contact {
        kind,
        index,
        address: seal.address(address),
        verified: false,
    });
    Known {
        person: Person { customer_id, new: Some(new), contact },
        seal,
        tier: String::new(),
        attributes: Default::default(),
    }
}

/// What the caller said outright counts more than what rules found.
fn overrule(placement: &mut Placement, arriving: &Arriving) {
    if let Some(queue) = arriving.queue_id {
        placement.queue_id = Some(queue);
    }
    if let Some(priority) = arriving.priority {
        placement.priority = placement.priority.max(priority);
    }
    let found = std::mem::take(&mut placement.required_skills);
    placement.required_skills = merged(found, &arriving.required_skills);
}
