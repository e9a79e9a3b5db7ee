//! Customers and their contact points come to be, change and go. Content is sealed before it gets
//! here; deleting a customer deletes the key, and with it everything sealed by it.

use super::arrive::{Contact, add_contact_point};
use super::{Command, Done, Keys, No, check_version, in_use, open_work};
use crate::ledger::draft::Draft;
use domain::customer::Customer;
use domain::event::{Change, Event};
use domain::id::{AgentId, ContactPointId, CustomerId};
use domain::refusal::{Reason, Refusal};
use domain::sealed::{BlindIndex, Sealed};
use engine::floor::Floor;

/// How many contact points a customer may have.
pub const CONTACT_POINTS_MAX: usize = 20;

/// Creates or changes a customer; what is none stays.
#[derive(Clone, Debug)]
pub struct SaveCustomer {
    /// Which one; a new one's id is minted with its key, before the decision.
    pub id: CustomerId,
    /// The key of a new one, wrapped.
    pub new_key: Option<Vec<u8>>,
    /// The version the caller saw; zero if they do not care.
    pub version: i64,
    /// Display name and the rest, sealed together.
    pub profile: Option<Sealed>,
    /// The tenant's own id for the customer; the inner none takes it away.
    pub external: Option<Option<BlindIndex>>,
    /// The tier.
    pub tier: Option<String>,
    /// The language.
    pub language: Option<String>,
    /// Who keeps the account; the inner none says nobody.
    pub account_owner: Option<Option<AgentId>>,
    /// Addresses of a new customer.
    pub contacts: Vec<Contact>,
}

impl Command for SaveCustomer {
    fn keys(&self, _: &Floor, keys: &mut Keys) {
        keys.customers.push(self.id);
        keys.external.extend(self.external.flatten());
        keys.contacts.extend(self.contacts.iter().map(|contact| (contact.kind, contact.index)));
    }

    fn decide(&self, draft: &mut Draft) -> Result<Done, No> {
        let found = draft.rows.customers.get(self.id).cloned();
        let (mut customer, change) = match (&self.new_key, found) {
            (Some(_), _) => (new_customer(self.id, draft), Change::Created),
            (None, Some(found)) => (found, Change::Updated),
            (None, None) => return Err(Refusal::not_found("customer", self.id).into()),
        };
        check_version(self.version, customer.version, "customer", customer.id)?;
        self.check_free(draft)?;
        if let Some(profile) = &self.profile {
            customer.profile = profile.clone();
        }
        if let Some(external) = self.external
            && let Some(before) = std::mem::replace(&mut customer.external_index, external)
        {
            draft.rows.external.remove(before);
        }
        if let Some(tier) = &self.tier {
            customer.tier.clone_from(tier);
        }
        if let Some(language) = &self.language {
            customer.language.clone_from(language);
        }
        if let Some(owner) = self.account_owner {
            customer.account_owner_id = owner;
        }
        customer.version += 1;
        customer.updated_at = draft.now;
        if let Some(index) = self.external.flatten() {
            draft.rows.external.put(index, self.id);
        }
        if let Some(key) = &self.new_key {
            draft.rows.customer_keys.put(self.id, key.clone());
        }
        draft.rows.customers.put(self.id, customer);
        draft.record(Event::CustomerChanged { customer_id: self.id, change });
        for contact in &self.contacts {
            add_contact_point(draft, self.id, contact);
        }
        Ok(Done::with(self.id))
    }
}

impl SaveCustomer {
    fn check_free(&self, draft: &Draft) -> Result<(), No> {
        if let Some(agent) = self.account_owner.flatten()
            && draft.floor.agent(agent).is_none()
        {
            return Err(Refusal::not_found("agent", agent).into());
        }
        if let Some(index) = self.external.flatten()
            && draft.rows.external.get(index).is_some_and(|owner| *owner != self.id)
        {
            return Err(Refusal::new(Reason::NameTaken)
                .with("resource", "customer")
                .with("field", "external_id")
                .into());
        }
        for (at, contact) in self.contacts.iter().enumerate() {
            let same = |other: &Contact| (other.kind, other.index) == (contact.kind, contact.index);
            if self.contacts[..at].iter().any(same) {
                let field = format!("customer.contact_points[{at}]");
                return Err(Refusal::field(&field, "the address is named twice").into());
            }
            let known = draft.rows.contacts.get((contact.kind, contact.index));
            if let Some(point) = known.and_then(|id| draft.rows.contact_points.get(*id)) {
                return Err(taken_by(point.customer_id).into());
            }
        }
        Ok(())
    }
}

fn new_customer(id: CustomerId, draft: &Draft) -> Customer {
    Customer {
        last_agent_id: None,
        account_owner_id: None,
        id,
        profile: Sealed::default(),
        external_index: None,
        tier: String::new(),
        language: String::new(),
        version: 0,
        created_at: draft.now,
        updated_at: draft.now,
    }
}

/// Erases a customer without open work: row, key, addresses. Interactions stay as numbers without
/// content.
#[derive(Clone, Debug)]
pub struct DeleteCustomer {
    /// Which one.
    pub id: CustomerId,
    /// The version the caller saw; zero if they do not care.
    pub version: i64,
}

impl Command for DeleteCustomer {
    fn keys(&self, _: &Floor, keys: &mut Keys) {
        keys.customers.push(self.id);
        keys.customer_contacts.push(self.id);
        keys.open_work_of.push(self.id);
    }

    fn decide(&self, draft: &mut Draft) -> Result<Done, No> {
        let id = self.id;
        let customer = draft
            .rows
            .customers
            .get(id)
            .cloned()
            .ok_or_else(|| Refusal::not_found("customer", id))?;
        check_version(self.version, customer.version, "customer", customer.id)?;
        if open_work(draft, |row| row.customer_id == id) {
            return Err(in_use("customer", id, "interaction").into());
        }
        let points: Vec<_> = draft
            .rows
            .contact_points
            .values()
            .filter(|point| point.customer_id == id)
            .map(|point| (point.id, (point.kind, point.address_index)))
            .collect();
        for (point, contact) in points {
            draft.rows.contact_points.remove(point);
            draft.rows.forget_contact(contact.0, contact.1);
        }
        draft.rows.customers.remove(id);
        draft.rows.customer_keys.remove(id);
        if let Some(index) = customer.external_index {
            draft.rows.external.remove(index);
        }
        draft.record(Event::CustomerChanged { customer_id: id, change: Change::Deleted });
        Ok(Done::with(id))
    }
}

/// Adds an address to a customer.
#[derive(Clone, Debug)]
pub struct AddContactPoint {
    /// Whose.
    pub customer_id: CustomerId,
    /// The address, sealed with the customer's key.
    pub contact: Contact,
}

impl Command for AddContactPoint {
    fn keys(&self, _: &Floor, keys: &mut Keys) {
        keys.customers.push(self.customer_id);
        keys.customer_contacts.push(self.customer_id);
        keys.contacts.push((self.contact.kind, self.contact.index));
    }

    fn decide(&self, draft: &mut Draft) -> Result<Done, No> {
        let id = self.customer_id;
        if draft.rows.customers.get(id).is_none() {
            return Err(Refusal::not_found("customer", id).into());
        }
        let known = draft.rows.contacts.get((self.contact.kind, self.contact.index)).copied();
        if let Some(point) = known {
            let owner = draft.rows.contact_points.get(point).map(|point| point.customer_id);
            return if owner == Some(id) {
                self.verify(draft, point);
                Ok(Done { id: point.0, other: id.0 })
            } else {
                Err(taken_by(owner.unwrap_or_default()).into())
            };
        }
        let held =
            draft.rows.contact_points.values().filter(|point| point.customer_id == id).count();
        if held >= CONTACT_POINTS_MAX {
            return Err(
                Refusal::field("contact_point", "the customer has as many as they may").into()
            );
        }
        let point = add_contact_point(draft, id, &self.contact);
        touch(draft, id);
        Ok(Done { id: point.0, other: id.0 })
    }
}

impl AddContactPoint {
    /// An address the customer has already may be proven to be theirs later.
    fn verify(&self, draft: &mut Draft, id: ContactPointId) {
        let known = draft.rows.contact_points.get(id).is_some_and(|point| point.verified);
        if known || !self.contact.verified {
            return;
        }
        draft.rows.contact_points.edit(id, |point| point.verified = true);
        draft.record(Event::ContactPointChanged {
            contact_point_id: id,
            customer_id: self.customer_id,
            channel: self.contact.kind,
            change: Change::Updated,
        });
        touch(draft, self.customer_id);
    }
}

/// Removes an address from a customer.
#[derive(Clone, Debug)]
pub struct RemoveContactPoint {
    /// Whose.
    pub customer_id: CustomerId,
    /// Which one.
    pub contact_point_id: ContactPointId,
}

impl Command for RemoveContactPoint {
    fn keys(&self, _: &Floor, keys: &mut Keys) {
        keys.customers.push(self.customer_id);
        keys.contact_points.push(self.contact_point_id);
    }

    fn decide(&self, draft: &mut Draft) -> Result<Done, No> {
        let point = draft
            .rows
            .contact_points
            .get(self.contact_point_id)
            .filter(|point| point.customer_id == self.customer_id)
            .cloned()
            .ok_or_else(|| Refusal::not_found("contact_point", self.contact_point_id))?;
        draft.rows.contact_points.remove(point.id);
        draft.rows.forget_contact(point.kind, point.address_index);
        draft.record(Event::ContactPointChanged {
            contact_point_id: point.id,
            customer_id: self.customer_id,
            channel: point.kind,
            change: Change::Deleted,
        });
        touch(draft, self.customer_id);
        Ok(Done { id: point.id.0, other: self.customer_id.0 })
    }
}

/// Has messages go to an address again after mail to it came back.
#[derive(Clone, Debug)]
pub struct LiftSuppression {
    /// Whose.
    pub customer_id: CustomerId,
    /// Which one.
    pub contact_point_id: ContactPointId,
}

impl Command for LiftSuppression {
    fn keys(&self, _: &Floor, keys: &mut Keys) {
        keys.customers.push(self.customer_id);
        keys.contact_points.push(self.contact_point_id);
    }

    fn decide(&self, draft: &mut Draft) -> Result<Done, No> {
        let id = self.contact_point_id;
        let point = draft.rows.contact_points.get(id);
        let mut point = point
            .filter(|point| point.customer_id == self.customer_id)
            .cloned()
            .ok_or_else(|| Refusal::not_found("contact_point", id))?;
        let done = Done { id: id.0, other: self.customer_id.0 };
        if point.suppression.is_none() && point.soft_bounces.is_empty() {
            return Ok(done);
        }
        point.suppression = None;
        point.soft_bounces.clear();
        let channel = point.kind;
        draft.rows.contact_points.put(id, point);
        draft.record(Event::ContactPointChanged {
            contact_point_id: id,
            customer_id: self.customer_id,
            channel,
            change: Change::Updated,
        });
        touch(draft, self.customer_id);
        Ok(done)
    }
}

fn taken_by(customer: CustomerId) -> Refusal {
    Refusal::new(Reason::ContactPointTaken).with("customer_id", customer)
}

fn touch(draft: &mut Draft, id: CustomerId) {
    let now = draft.now;
    draft.rows.customers.edit(id, |customer| {
        customer.version += 1;
        customer.updated_at = now;
    });
}
