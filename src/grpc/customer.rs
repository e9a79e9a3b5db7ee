//! CustomerService: customers, their addresses and what was said with them.

mod history;

use super::Edge;
use super::call::{change, id, read, version};
use super::convert::mask::Fields;
use super::convert::{customer, needed};
use super::page;
use super::status::{refusal, status};
use crate::names::Slate;
use crate::proto::v1;
use crate::proto::v1::customer_service_server::{CustomerService, CustomerServiceServer};
use crate::proto::v1::find_customer_request::By;
use app::content::CustomerView;
use app::context::Context;
use app::customers::Address;
use domain::customer::ContactPoint;
use domain::id::CustomerId;
use domain::refusal::Refusal;
use tonic::{Request, Response, Status, async_trait};

/// The filter of a list that has none.
const UNFILTERED: [u8; 16] = [0; 16];

macro_rules! method {
    ($rpc:literal) => {
        concat!("/omnichannel.v1.CustomerService/", $rpc)
    };
}

/// The service.
pub struct Customers {
    edge: Edge,
}

/// The service with its limits.
#[must_use]
pub fn service(edge: Edge) -> CustomerServiceServer<Customers> {
    super::served!(CustomerServiceServer<Customers>, Customers { edge })
}

#[async_trait]
impl CustomerService for Customers {
    async fn create_customer(
        &self,
        request: Request<v1::CreateCustomerRequest>,
    ) -> Result<Response<v1::CreateCustomerResponse>, Status> {
        let (context, asked) = change(request, method!("CreateCustomer"), |m| &m.request_id)?;
        let wanted = asked.customer.unwrap_or_default();
        // A new customer has no version yet, whatever the message says.
        let wanted = v1::Customer { etag: String::new(), ..wanted };
        let changes = customer::changes(&wanted, &Fields::all(&customer::fields(&wanted)))?;
        let addresses = customer::addresses(&wanted)?;
        let view = self.edge.app.create_customer(&context, changes, &addresses).await;
        let customer = shown(&context, &view.map_err(status)?);
        Ok(Response::new(v1::CreateCustomerResponse { customer }))
    }

    async fn get_customer(
        &self,
        request: Request<v1::GetCustomerRequest>,
    ) -> Result<Response<v1::GetCustomerResponse>, Status> {
        let (context, asked) = read(request, method!("GetCustomer"))?;
        let view = self.edge.app.customer(&context, id(&asked.customer_id)?).await;
        let customer = shown(&context, &view.map_err(status)?);
        Ok(Response::new(v1::GetCustomerResponse { customer }))
    }

    async fn list_customers(
        &self,
        request: Request<v1::ListCustomersRequest>,
    ) -> Result<Response<v1::ListCustomersResponse>, Status> {
        let (context, asked) = read(request, method!("ListCustomers"))?;
        let size = page::size(asked.page_size);
        let last = page::after(&self.edge, &context, &asked.page_token, &UNFILTERED)?;
        let views = self.edge.app.customers(&context, last.map(CustomerId), size + 1).await;
        let (views, more) = page::cut(views.map_err(status)?, size);
        let (customers, more) = page::fit(views.iter().map(customer::customer).collect(), more);
        let last = customers.len().checked_sub(1).map(|at| views[at].row.id.0);
        Ok(Response::new(v1::ListCustomersResponse {
            customers,
            next_page_token: page::next(&self.edge, &context, &UNFILTERED, last, more),
        }))
    }

    async fn update_customer(
        &self,
        request: Request<v1::UpdateCustomerRequest>,
    ) -> Result<Response<v1::UpdateCustomerResponse>, Status> {
        let (context, asked) = change(request, method!("UpdateCustomer"), |m| &m.request_id)?;
        let wanted = asked.customer.unwrap_or_default();
        let fields = Fields::of_update(asked.update_mask.as_ref(), &customer::fields(&wanted))?;
        let changes = customer::changes(&wanted, &fields)?;
        let id = needed(&wanted.id, "customer.id")?;
        let view = self.edge.app.update_customer(&context, id, changes).await;
        let customer = shown(&context, &view.map_err(status)?);
        Ok(Response::new(v1::UpdateCustomerResponse { customer }))
    }

    async fn delete_customer(
        &self,
        request: Request<v1::DeleteCustomerRequest>,
    ) -> Result<Response<v1::DeleteCustomerResponse>, Status> {
        let (context, asked) = change(request, method!("DeleteCustomer"), |m| &m.request_id)?;
        let (id, version) = (id(&asked.customer_id)?, version(&asked.etag));
        self.edge.app.delete_customer(&context, id, version).await.map_err(status)?;
        Ok(Response::new(v1::DeleteCustomerResponse {}))
    }

    async fn add_contact_point(
        &self,
        request: Request<v1::AddContactPointRequest>,
    ) -> Result<Response<v1::AddContactPointResponse>, Status> {
        let (context, asked) = change(request, method!("AddContactPoint"), |m| &m.request_id)?;
        let point = asked.contact_point.unwrap_or_default();
        let address = customer::address(point.kind, &point.address, "contact_point")?;
        let address = Address { verified: point.verified, ..address };
        let id = id(&asked.customer_id)?;
        let view = self.edge.app.add_contact_point(&context, id, &address).await;
        let view = view.map_err(status)?;
        Ok(Response::new(v1::AddContactPointResponse {
            contact_point: added(&view, &address)
                .map(|point| customer::contact_point_to(&context.caller, point)),
            customer: shown(&context, &view),
        }))
    }

    async fn remove_contact_point(
        &self,
        request: Request<v1::RemoveContactPointRequest>,
    ) -> Result<Response<v1::RemoveContactPointResponse>, Status> {
        let (context, asked) = change(request, method!("RemoveContactPoint"), |m| &m.request_id)?;
        let (of, point) = (id(&asked.customer_id)?, id(&asked.contact_point_id)?);
        let view = self.edge.app.remove_contact_point(&context, of, point).await;
        let customer = shown(&context, &view.map_err(status)?);
        Ok(Response::new(v1::RemoveContactPointResponse { customer }))
    }

    async fn lift_suppression(
        &self,
        request: Request<v1::LiftSuppressionRequest>,
    ) -> Result<Response<v1::LiftSuppressionResponse>, Status> {
        let (context, asked) = change(request, method!("LiftSuppression"), |m| &m.request_id)?;
        let (of, point) = (id(&asked.customer_id)?, id(&asked.contact_point_id)?);
        let view = self.edge.app.lift_suppression(&context, of, point).await;
        let customer = shown(&context, &view.map_err(status)?);
        Ok(Response::new(v1::LiftSuppressionResponse { customer }))
    }

    async fn find_customer(
        &self,
        request: Request<v1::FindCustomerRequest>,
    ) -> Result<Response<v1::FindCustomerResponse>, Status> {
        let slate = request.extensions().get::<Slate>().cloned();
        let (context, asked) = read(request, method!("FindCustomer"))?;
        let app = &self.edge.app;
        let view = match &asked.by {
            Some(By::Contact(contact)) => {
                let address = customer::address(contact.kind, &contact.address, "contact")?;
                app.customer_by_address(&context, &address).await
            }
            Some(By::ExternalId(text)) => app.customer_by_external_id(&context, text).await,
            None => return Err(refusal(Refusal::field("by", "says what to look for"))),
        };
        let customer = shown(&context, &view.map_err(status)?);
        if let (Some(slate), Some(found)) = (slate, &customer) {
            slate.tell("customer_id", &found.id);
        }
        Ok(Response::new(v1::FindCustomerResponse { customer }))
    }

    async fn get_history(
        &self,
        request: Request<v1::GetHistoryRequest>,
    ) -> Result<Response<v1::GetHistoryResponse>, Status> {
        let (context, asked) = read(request, method!("GetHistory"))?;
        let (id, size) = (id(&asked.customer_id)?, page::size(asked.page_size));
        let history = self.history(&context, id, &asked.page_token, size).await?;
        Ok(Response::new(history))
    }
}

fn shown(context: &Context, view: &CustomerView) -> Option<v1::Customer> {
    Some(customer::customer_to(&context.caller, view))
}

/// The contact point of an address that was just added. One that was there before may be spelled
/// in another way; then it is the newest of its kind that could be meant.
fn added<'v>(view: &'v CustomerView, address: &Address) -> Option<&'v (ContactPoint, String)> {
    let of_kind = || view.contact_points.iter().filter(|(row, _)| row.kind == address.kind).rev();
    let plain = |text: &str| -> String {
        text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    of_kind()
        .find(|(_, text)| *text == address.address)
        .or_else(|| of_kind().find(|(_, text)| plain(text) == plain(&address.address)))
        .or_else(|| of_kind().next())
}

#[cfg(test)]
mod tests {
    use super::*;
    use app::content::Profile;
    use domain::channel::ChannelKind;
    use domain::customer::Customer;
    use domain::id::ContactPointId;
    use domain::sealed::{BlindIndex, Sealed};
    use domain::time::Timestamp;
    use uuid::Uuid;

    fn view(points: &[(ChannelKind, &str)]) -> CustomerView {
        let id = CustomerId(Uuid::now_v7());
        let row = Customer {
            last_agent_id: None,
            account_owner_id: None,
            id,
            profile: Sealed::default(),
            external_index: None,
            tier: String::new(),
            language: String::new(),
            version: 1,
            created_at: Timestamp::default(),
            updated_at: Timestamp::default(),
        };
        let point = |(kind, text): &(ChannelKind, &str)| {
            let point = ContactPoint {
                id: ContactPointId(Uuid::now_v7()),
                customer_id: id,
                kind: *kind,
                address: Sealed::default(),
                address_index: BlindIndex([0; 16]),
                verified: false,
                suppression: None,
                soft_bounces: Vec::new(),
                created_at: Timestamp::default(),
            };
            (point, (*text).to_owned())
        };
        let contact_points = points.iter().map(point).collect();
        CustomerView { row, profile: Profile::default(), contact_points }
    }

    #[test]
    fn the_added_address_is_found_however_it_is_spelled() {
        let email = ChannelKind::Email;
        let view = view(&[
            (email, "Ada@example.com"),
            (ChannelKind::Sms, "+491700000"),
            (email, "ada@example.org"),
        ]);
        let find = |kind, text: &str| {
            let address = Address { kind, address: text.to_owned(), verified: false };
            added(&view, &address).map(|(_, text)| text.as_str())
        };
        assert_eq!(find(email, "ada@example.org"), Some("ada@example.org"));
        assert_eq!(find(email, " ada@EXAMPLE.com"), Some("Ada@example.com"));
        assert_eq!(find(ChannelKind::Sms, "+49 (170) 0000"), Some("+491700000"));
        assert_eq!(find(ChannelKind::Chat, "x"), None);
    }
}
