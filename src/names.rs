//! What a request names: the fields that hold ids of resources, read off the contract. The access
//! log puts them on record; whatever else a request says stays out of it.

use crate::proto::v1;
use std::sync::{Arc, Mutex, PoisonError};
use uuid::Uuid;

/// The most ids that are told of one request.
pub const NAMES_MAX: usize = app::accesses::RESOURCES_MAX;

/// Ids by the field that named them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named(pub Vec<(&'static str, Uuid)>);

impl Named {
    /// Tells what a field holds; what is no UUID names nothing of ours.
    pub fn tell(&mut self, field: &'static str, text: &str) {
        if let Ok(id) = Uuid::try_parse(text)
            && self.0.len() < NAMES_MAX
        {
            self.0.push((field, id));
        }
    }
}

/// A request that knows which of its fields are ids.
pub trait Names {
    /// Tells them.
    fn names(&self, out: &mut Named);
}

/// Where a request's names are put for whoever records the call; in its extensions while it is
/// under way.
#[derive(Clone, Debug, Default)]
pub struct Slate(Arc<Mutex<Named>>);

impl Slate {
    /// Notes what a request names.
    pub fn note(&self, request: &impl Names) {
        request.names(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Notes one id that is known from elsewhere, such as the answer.
    pub fn tell(&self, field: &'static str, id: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).tell(field, id);
    }

    /// What was noted.
    #[must_use]
    pub fn read(&self) -> Named {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

mod generated {
    use super::v1;
    include!(concat!(env!("OUT_DIR"), "/names.rs"));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(request: &impl Names) -> Vec<(&'static str, u128)> {
        let slate = Slate::default();
        slate.note(request);
        slate.read().0.into_iter().map(|(field, id)| (field, id.as_u128())).collect()
    }

    #[test]
    fn ids_of_resources_are_told_and_nothing_else() {
        let id = |n: u128| Uuid::from_u128(n).to_string();
        let get = v1::GetCustomerRequest { customer_id: id(1) };
        assert_eq!(named(&get), [("customer_id", 1)]);
        let scope = v1::list_messages_request::Scope::InteractionId(id(2));
        let list = v1::ListMessagesRequest { scope: Some(scope), ..Default::default() };
        assert_eq!(named(&list), [("interaction_id", 2)]);
        let customer = v1::Customer { id: id(3), external_id: id(4), ..Default::default() };
        let update = v1::UpdateCustomerRequest {
            customer: Some(customer),
            request_id: id(5),
            ..Default::default()
        };
        assert_eq!(named(&update), [("customer_id", 3)]);
        assert_eq!(named(&v1::GetCustomerRequest { customer_id: "Ada".into() }), []);
    }
}
