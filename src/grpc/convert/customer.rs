//! Customers and their addresses, opened.

use super::codes::Coded;
use super::id_text;
use super::interaction::channel;
use super::mask::{Field, Fields};
use super::time::timestamp;
use crate::grpc::call::{etag, optional_id, version};
use crate::grpc::status::refusal;
use crate::proto::v1;
use app::content::CustomerView;
use app::customers::{Address, Changes};
use domain::customer::ContactPoint;
use domain::refusal::Refusal;
use domain::tenant::{Caller, Permission};
use tonic::Status;

/// The customer as the wire writes them.
#[must_use]
pub fn customer(view: &CustomerView) -> v1::Customer {
    let (row, profile) = (&view.row, &view.profile);
    v1::Customer {
        id: row.id.to_string(),
        display_name: profile.display_name.clone(),
        tier: row.tier.clone(),
        language: row.language.clone(),
        external_id: profile.external_id.clone(),
        account_owner_id: id_text(row.account_owner_id),
        attributes: profile.attributes.clone(),
        contact_points: view.contact_points.iter().map(contact_point).collect(),
        etag: etag(row.version),
        create_time: Some(timestamp(row.created_at)),
        update_time: Some(timestamp(row.updated_at)),
    }
}

/// The customer as the wire writes them to somebody: whoever may change customers and not read them
/// is told what is not personal.
#[must_use]
pub fn customer_to(caller: &Caller, view: &CustomerView) -> v1::Customer {
    let whole = customer(view);
    if caller.permissions.has(Permission::CustomersRead) {
        return whole;
    }
    v1::Customer {
        display_name: String::new(),
        external_id: String::new(),
        attributes: Default::default(),
        contact_points: whole.contact_points.into_iter().map(bare).collect(),
        ..whole
    }
}

/// A contact point as the wire writes it to somebody, as above.
#[must_use]
pub fn contact_point_to(caller: &Caller, point: &(ContactPoint, String)) -> v1::ContactPoint {
    let whole = contact_point(point);
    if caller.permissions.has(Permission::CustomersRead) { whole } else { bare(whole) }
}

fn bare(point: v1::ContactPoint) -> v1::ContactPoint {
    v1::ContactPoint { address: String::new(), ..point }
}

/// A contact point and its address as the wire writes them.
#[must_use]
pub fn contact_point((row, address): &(ContactPoint, String)) -> v1::ContactPoint {
    v1::ContactPoint {
        id: row.id.to_string(),
        kind: row.kind.to_wire(),
        address: address.clone(),
        verified: row.verified,
        create_time: Some(timestamp(row.created_at)),
        suppression: row.suppression.map(|held| v1::Suppression {
            reason: held.reason.to_wire(),
            time: Some(timestamp(held.at)),
        }),
    }
}

/// The fields that a caller sets. Contact points have verbs of their own.
#[must_use]
pub fn fields(customer: &v1::Customer) -> [Field; 6] {
    [
        ("display_name", !customer.display_name.is_empty()),
        ("tier", !customer.tier.is_empty()),
        ("language", !customer.language.is_empty()),
        ("external_id", !customer.external_id.is_empty()),
        ("attributes", !customer.attributes.is_empty()),
        ("account_owner_id", !customer.account_owner_id.is_empty()),
    ]
}

/// What these fields become.
///
/// # Errors
/// `VALIDATION_FAILED`.
pub fn changes(customer: &v1::Customer, fields: &Fields) -> Result<Changes, Status> {
    let owner = optional_id(&customer.account_owner_id)?;
    Ok(Changes {
        version: version(&customer.etag),
        display_name: fields.get("display_name", || customer.display_name.clone()),
        external_id: fields.get("external_id", || customer.external_id.clone()),
        attributes: fields.get("attributes", || customer.attributes.clone()),
        tier: fields.get("tier", || customer.tier.clone()),
        language: fields.get("language", || customer.language.clone()),
        account_owner: fields.get("account_owner_id", || owner),
    })
}

/// The addresses of a new customer.
///
/// # Errors
/// `VALIDATION_FAILED`.
pub fn addresses(customer: &v1::Customer) -> Result<Vec<Address>, Status> {
    let points = customer.contact_points.iter().enumerate();
    let address = |(at, point): (usize, &v1::ContactPoint)| {
        let known = address(point.kind, &point.address, &format!("customer.contact_points[{at}]"))?;
        Ok(Address { verified: point.verified, ..known })
    };
    points.map(address).collect()
}

/// An address, as it is kept.
///
/// # Errors
/// `VALIDATION_FAILED` on a field of this message, if that is no kind of channel or no address of
/// that kind.
pub fn address(kind: i32, address: &str, message: &str) -> Result<Address, Status> {
    let kind = channel(kind, &format!("{message}.kind"))?;
    let Some(address) = app::mail::contact_address(kind, address) else {
        let field = format!("{message}.address");
        return Err(refusal(Refusal::field(&field, "must be an address of mail for kind EMAIL")));
    };
    Ok(Address { kind, address, verified: false })
}

#[cfg(test)]
mod tests {
    use super::*;
    use app::content::Profile;
    use domain::channel::ChannelKind;
    use domain::customer::Customer;
    use domain::id::{AgentId, ContactPointId, CustomerId};
    use domain::sealed::{BlindIndex, Sealed};
    use domain::time::Timestamp;
    use uuid::Uuid;

    fn view() -> CustomerView {
        let id = CustomerId(Uuid::now_v7());
        let row = Customer {
            last_agent_id: None,
            account_owner_id: Some(AgentId(Uuid::now_v7())),
            id,
            profile: Sealed(vec![1]),
            external_index: Some(BlindIndex([2; 16])),
            tier: "gold".into(),
            language: "de".into(),
            version: 3,
            created_at: Timestamp::from_micros(5),
            updated_at: Timestamp::from_micros(6),
        };
        let point = ContactPoint {
            id: ContactPointId(Uuid::now_v7()),
            customer_id: id,
            kind: ChannelKind::Email,
            address: Sealed(vec![3]),
            address_index: BlindIndex([4; 16]),
            verified: true,
            suppression: None,
            soft_bounces: Vec::new(),
            created_at: Timestamp::from_micros(5),
        };
        let profile = Profile {
            display_name: "Ada".into(),
            external_id: "c-7".into(),
            attributes: [("plan".to_owned(), "pro".to_owned())].into(),
        };
        CustomerView { row, profile, contact_points: vec![(point, "ada@example.com".into())] }
    }

    #[test]
    fn a_customer_reads_back() {
        let view = view();
        let wire = customer(&view);
        assert_eq!(wire.id, view.row.id.to_string());
        let said = changes(&wire, &Fields::all(&fields(&wire))).expect("our own");
        assert_eq!(said.version, 3);
        assert_eq!(said.display_name.as_deref(), Some("Ada"));
        assert_eq!(said.external_id.as_deref(), Some("c-7"));
        assert_eq!(said.attributes.as_ref(), Some(&view.profile.attributes));
        assert_eq!(said.tier.as_deref(), Some("gold"));
        assert_eq!(said.language.as_deref(), Some("de"));
        assert_eq!(said.account_owner, Some(view.row.account_owner_id));
        let addresses = addresses(&wire).expect("our own");
        assert_eq!(addresses.len(), 1);
        assert_eq!(addresses[0].kind, ChannelKind::Email);
        assert_eq!(addresses[0].address, "ada@example.com");
        assert!(wire.contact_points[0].verified);
    }

    #[test]
    fn what_is_not_said_stays_and_a_mask_takes_away() {
        let wire = v1::Customer { tier: "silver".into(), ..Default::default() };
        let some = Fields::of_update(None, &fields(&wire)).expect("no mask");
        let some = changes(&wire, &some).expect("a tier");
        assert_eq!((some.tier.as_deref(), some.display_name), (Some("silver"), None));
        let mask = prost_types::FieldMask { paths: vec!["external_id".into()] };
        let named = Fields::of_update(Some(&mask), &fields(&wire)).expect("a field");
        let named = changes(&wire, &named).expect("nothing");
        assert_eq!((named.external_id.as_deref(), named.tier), (Some(""), None));
    }

    #[test]
    fn contact_points_are_not_set_by_an_update() {
        let mask = prost_types::FieldMask { paths: vec!["contact_points".into()] };
        assert!(Fields::of_update(Some(&mask), &fields(&v1::Customer::default())).is_err());
    }

    #[test]
    fn an_address_has_a_kind() {
        for number in [0, 99, -1] {
            assert!(address(number, "x", "kind").is_err());
        }
    }
}
