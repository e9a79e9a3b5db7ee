//! Customers, their addresses and their history, with content sealed and opened.

use crate::content::{CustomerSeal, CustomerView, InteractionView, MessageView, Profile};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::ledger::command::arrive::Contact;
use crate::ledger::command::customer::{
    AddContactPoint, DeleteCustomer, LiftSuppression, RemoveContactPoint, SaveCustomer,
};
use crate::{App, PREPARE_MAX, stale};
use domain::channel::ChannelKind;
use domain::id::{AgentId, ContactPointId, CustomerId, InteractionId, MessageId};
use domain::refusal::{Reason, Refusal};
use domain::time::Timestamp;
use engine::mint::first_id;
use std::collections::BTreeMap;
use store::CustomerCard;
use uuid::Uuid;

/// Changes to a customer; what is none stays.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// The version the caller saw; zero if they do not care.
    pub version: i64,
    /// Display name.
    pub display_name: Option<String>,
    /// The tenant's own id; empty takes it away.
    pub external_id: Option<String>,
    /// Attributes that rules may look at.
    pub attributes: Option<BTreeMap<String, String>>,
    /// Tier.
    pub tier: Option<String>,
    /// Language.
    pub language: Option<String>,
    /// Who keeps the account; the inner none says nobody.
    pub account_owner: Option<Option<AgentId>>,
}

/// An address as a caller says it.
#[derive(Clone, Debug)]
pub struct Address {
    /// The kind of channel.
    pub kind: ChannelKind,
    /// The address.
    pub address: String,
    /// Whether the customer proved to own it.
    pub verified: bool,
}

/// Where reading messages backwards begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Before {
    /// Before this message.
    Message(MessageId),
    /// Before this instant.
    Instant(Timestamp),
}

impl App {
    /// Creates a customer.
    ///
    /// # Errors
    /// `CONTACT_POINT_TAKEN`, `NAME_TAKEN` for the external id.
    pub async fn create_customer(
        &self,
        context: &Context,
        changes: Changes,
        addresses: &[Address],
    ) -> Result<CustomerView> {
        let content = self.content(context.caller.tenant).await?;
        let id = CustomerId(Uuid::now_v7());
        let (seal, wrapped) = content.new_customer(id);
        let profile = merged(Profile::default(), &changes);
        let external = changes.external_id.filter(|text| !text.is_empty());
        let command = SaveCustomer {
            id,
            new_key: Some(wrapped),
            version: 0,
            profile: Some(seal.profile(&profile)),
            external: external.map(|text| Some(content.external_index(&text))),
            tier: changes.tier,
            account_owner: changes.account_owner,
            language: changes.language,
            contacts: addresses.iter().map(|a| contact(&content, &seal, a)).collect(),
        };
        let outcome = self.change(context, command).await?;
        self.customer(context, CustomerId(outcome.id)).await
    }

    /// Changes a customer.
    ///
    /// # Errors
    /// `ETAG_MISMATCH`, `NAME_TAKEN` for the external id.
    pub async fn update_customer(
        &self,
        context: &Context,
        id: CustomerId,
        changes: Changes,
    ) -> Result<CustomerView> {
        for _ in 0..PREPARE_MAX {
            let command = self.prepare_update(context, id, &changes).await?;
            match self.change(context, command).await {
                Ok(_) => return self.customer(context, id).await,
                // Somebody else changed it since it was read, and this caller does not mind.
                Err(error) if changes.version == 0 && error.0.reason == Reason::EtagMismatch => {}
                Err(error) => return Err(error),
            }
        }
        Err(stale())
    }

    async fn prepare_update(
        &self,
        context: &Context,
        id: CustomerId,
        changes: &Changes,
    ) -> Result<SaveCustomer> {
        let content = self.content(context.caller.tenant).await?;
        let before = self.customer(context, id).await?;
        let seal = content.customer(id).await?;
        // The profile is one sealed piece: a change of it is bound to the version it was read at.
        let version = if changes.version == 0 { before.row.version } else { changes.version };
        let external = changes
            .external_id
            .as_ref()
            .map(|text| (!text.is_empty()).then(|| content.external_index(text)));
        Ok(SaveCustomer {
            id,
            new_key: None,
            version,
            profile: Some(seal.profile(&merged(before.profile, changes))),
            external,
            tier: changes.tier.clone(),
            account_owner: changes.account_owner,
            language: changes.language.clone(),
            contacts: Vec::new(),
        })
    }

    /// Erases a customer.
    ///
    /// # Errors
    /// Not found, `ETAG_MISMATCH`.
    pub async fn delete_customer(
        &self,
        context: &Context,
        id: CustomerId,
        version: i64,
    ) -> Result<()> {
        self.change(context, DeleteCustomer { id, version }).await?;
        let content = self.content(context.caller.tenant).await?;
        content.seals().forget_customer(id).await;
        self.erased_bell.notify_one();
        Ok(())
    }

    /// A customer with contact points.
    ///
    /// # Errors
    /// Not found.
    pub async fn customer(&self, context: &Context, id: CustomerId) -> Result<CustomerView> {
        let card = self.read(context).customer(id).await?;
        self.open(context, card.ok_or_else(|| Error::not_found("customer", id))?).await
    }

    async fn open(&self, context: &Context, card: CustomerCard) -> Result<CustomerView> {
        let content = self.content(context.caller.tenant).await?;
        let mut views = content.customers(vec![(card.customer, card.contact_points)]).await?;
        Ok(views.pop().expect("one in, one out"))
    }

    /// A page of customers, newest first, before an id.
    ///
    /// # Errors
    /// If the database cannot be reached.
    pub async fn customers(
        &self,
        context: &Context,
        before: Option<CustomerId>,
        limit: u32,
    ) -> Result<Vec<CustomerView>> {
        let reader = self.read(context);
        let rows = reader.customers(before, limit).await?;
        let ids: Vec<CustomerId> = rows.iter().map(|row| row.id).collect();
        let points = reader.contact_points(&ids).await?;
        let cards = rows.into_iter().map(|row| {
            let of = points.iter().filter(|point| point.customer_id == row.id).cloned().collect();
            (row, of)
        });
        self.content(context.caller.tenant).await?.customers(cards.collect()).await
    }

    /// The customer of an address.
    ///
    /// # Errors
    /// Not found.
    pub async fn customer_by_address(
        &self,
        context: &Context,
        address: &Address,
    ) -> Result<CustomerView> {
        let content = self.content(context.caller.tenant).await?;
        let index = content.contact_index(address.kind, &address.address);
        let found = self.read(context).find_contacts(Some(address.kind), index).await?;
        let point = found.first().ok_or_else(unknown)?;
        self.customer(context, point.customer_id).await
    }

    /// The customer of the tenant's own id.
    ///
    /// # Errors
    /// Not found.
    pub async fn customer_by_external_id(
        &self,
        context: &Context,
        external_id: &str,
    ) -> Result<CustomerView> {
        let content = self.content(context.caller.tenant).await?;
        let found = self.read(context).find_customer(content.external_index(external_id)).await?;
        let row = found.ok_or_else(unknown)?;
        self.customer(context, row.id).await
    }

    /// Adds an address.
    ///
    /// # Errors
    /// `CONTACT_POINT_TAKEN`.
    pub async fn add_contact_point(
        &self,
        context: &Context,
        id: CustomerId,
        address: &Address,
    ) -> Result<CustomerView> {
        let content = self.content(context.caller.tenant).await?;
        let seal = content.customer(id).await?;
        let contact = contact(&content, &seal, address);
        self.change(context, AddContactPoint { customer_id: id, contact }).await?;
        self.customer(context, id).await
    }

    /// Removes an address.
    ///
    /// # Errors
    /// Not found.
    pub async fn remove_contact_point(
        &self,
        context: &Context,
        customer_id: CustomerId,
        contact_point_id: ContactPointId,
    ) -> Result<CustomerView> {
        self.change(context, RemoveContactPoint { customer_id, contact_point_id }).await?;
        self.customer(context, customer_id).await
    }

    /// Has messages go to an address again after mail to it came back.
    ///
    /// # Errors
    /// Not found.
    pub async fn lift_suppression(
        &self,
        context: &Context,
        customer_id: CustomerId,
        contact_point_id: ContactPointId,
    ) -> Result<CustomerView> {
        self.change(context, LiftSuppression { customer_id, contact_point_id }).await?;
        self.customer(context, customer_id).await
    }

    /// A page of a customer's interactions over all channels, newest first, before an id.
    ///
    /// # Errors
    /// Not found.
    pub async fn history(
        &self,
        context: &Context,
        id: CustomerId,
        before: Option<InteractionId>,
        limit: u32,
    ) -> Result<Vec<InteractionView>> {
        let reader = self.read(context);
        if reader.customer(id).await?.is_none() {
            return Err(Error::not_found("customer", id));
        }
        self.check_reads_history(context, id).await?;
        let rows = reader.history(id, before, limit).await?;
        self.content(context.caller.tenant).await?.interactions(rows).await
    }

    /// The newest messages of an interaction before some point, oldest first.
    ///
    /// # Errors
    /// If the database cannot be reached.
    pub async fn said_before(
        &self,
        context: &Context,
        interaction: &InteractionView,
        before: Option<Before>,
        limit: u32,
    ) -> Result<Vec<MessageView>> {
        let before = before.map(|before| match before {
            Before::Message(id) => id,
            Before::Instant(at) => first_id(at),
        });
        let (id, customer) = (interaction.row.id, interaction.row.customer_id);
        let rows = self.read(context).messages_before(id, before, limit).await?;
        let rows = rows.into_iter().rev().map(|row| (customer, row)).collect();
        self.content(context.caller.tenant).await?.messages(rows).await
    }
}

fn merged(mut profile: Profile, changes: &Changes) -> Profile {
    if let Some(name) = &changes.display_name {
        profile.display_name.clone_from(name);
    }
    if let Some(external) = &changes.external_id {
        profile.external_id.clone_from(external);
    }
    if let Some(attributes) = &changes.attributes {
        profile.attributes.clone_from(attributes);
    }
    profile
}

fn contact(content: &crate::content::Content, seal: &CustomerSeal, address: &Address) -> Contact {
    Contact {
        kind: address.kind,
        index: content.contact_index(address.kind, &address.address),
        address: seal.address(&address.address),
        verified: address.verified,
    }
}

/// Nobody has what was looked for, which is not repeated.
fn unknown() -> Error {
    Error(Refusal::new(Reason::ResourceNotFound).with("resource", "customer"))
}
