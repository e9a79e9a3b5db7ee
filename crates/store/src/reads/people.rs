//! Customers and their contact points. What is personal comes out sealed, as it is stored.

use super::gather::{ContactsAt, ContactsOf, CustomerById};
use super::{MAX_IDS, MINE, TenantReader, nouns, page};
use crate::entity;
use crate::error::Result;
use crate::load::MAX_CONTACTS_OF_CUSTOMER;
use crate::sql::{Type, bytes};
use domain::channel::ChannelKind;
use domain::customer::{ContactPoint, Customer};
use domain::id::{ContactPointId, CustomerId};
use domain::sealed::BlindIndex;
use sea_orm::Value;

/// A customer and how to reach them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomerCard {
    /// The customer.
    pub customer: Customer,
    /// Their contact points, oldest first, at most [`MAX_CONTACTS_OF_CUSTOMER`].
    pub contact_points: Vec<ContactPoint>,
}

impl TenantReader {
    /// A customer with their contact points.
    pub async fn customer(&self, id: CustomerId) -> Result<Option<CustomerCard>> {
        let gathered = &self.reads.gathered;
        let (customer, contact_points) = tokio::join!(
            gathered.customers.ask(&self.reads, CustomerById(self.tenant, id)),
            gathered.contacts_of.ask(&self.reads, ContactsOf(self.tenant, id)),
        );
        let Some(customer) = customer?.pop() else { return Ok(None) };
        let mut contact_points = contact_points?;
        contact_points.sort_unstable_by_key(|point| point.id);
        Ok(Some(CustomerCard { customer, contact_points }))
    }

    /// The contact points of the first [`MAX_IDS`] of these customers.
    pub async fn contact_points(&self, customers: &[CustomerId]) -> Result<Vec<ContactPoint>> {
        let ids: Vec<Value> = customers.iter().take(MAX_IDS).map(|id| id.0.into()).collect();
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let most = ids.len() * MAX_CONTACTS_OF_CUSTOMER as usize;
        let query = self
            .query("SELECT r.* FROM contact_point r WHERE ")
            .one_of("", "r.customer_id", Type::Uuid, ids)
            .text(MINE)
            .text(&format!(" ORDER BY r.id LIMIT {most}"));
        self.all::<entity::contact_point::Model>(query).await
    }

    /// A contact point.
    pub async fn contact_point(&self, id: ContactPointId) -> Result<Option<ContactPoint>> {
        self.by_id::<entity::contact_point::Model>(id.0).await
    }

    /// A page of customers, newest first, before an id.
    pub async fn customers(&self, before: Option<CustomerId>, limit: u32) -> Result<Vec<Customer>> {
        let query = self.query("SELECT r.* FROM customer r WHERE r.tenant_id = {t}");
        let query = match before {
            Some(before) => query.bind(" AND r.id < ", before.0),
            None => query,
        };
        let query = query.text(&format!(" ORDER BY r.id DESC LIMIT {}", page(limit)));
        self.all::<entity::customer::Model>(query).await
    }

    /// The first [`MAX_IDS`] of these customers that exist.
    pub async fn customers_of(&self, ids: &[CustomerId]) -> Result<Vec<Customer>> {
        let ids: Vec<Value> = ids.iter().take(MAX_IDS).map(|id| id.0.into()).collect();
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let query = self.query("SELECT r.* FROM customer r WHERE r.tenant_id = {t}").one_of(
            " AND ",
            "r.id",
            Type::Uuid,
            ids,
        );
        self.all::<entity::customer::Model>(query).await
    }

    /// The customer with the tenant's own id for them.
    pub async fn find_customer(&self, external: BlindIndex) -> Result<Option<Customer>> {
        let query = self
            .query("SELECT r.* FROM customer r WHERE r.external_index = ")
            .bind("", bytes(&external.0))
            .text(MINE);
        self.one::<entity::customer::Model>(query).await
    }

    /// The contact points with an address: of one kind, or of any, at most a page.
    pub async fn find_contacts(
        &self,
        kind: Option<ChannelKind>,
        address: BlindIndex,
    ) -> Result<Vec<ContactPoint>> {
        if let Some(kind) = kind {
            let key = ContactsAt(self.tenant, kind, address);
            return self.reads.gathered.contacts_at.ask(&self.reads, key).await;
        }
        let kinds = ChannelKind::ALL.iter().map(|k| k.code().into()).collect();
        let query = self
            .query("SELECT r.* FROM contact_point r WHERE ")
            .one_of("", "r.kind", Type::Small, kinds)
            .bind(" AND r.address_index = ", bytes(&address.0))
            .text(MINE)
            .text(&format!(" ORDER BY r.id LIMIT {}", page(u32::MAX)));
        let rows = self.reads.rows(self.tenant, query).await?;
        nouns::<entity::contact_point::Model>(&rows)
    }
}
