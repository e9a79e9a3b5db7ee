//! Pages of a customer's history. A token holds the interaction at which the page before ended and
//! how many of its lines are left, bound to the tenant and the customer.

use super::Customers;
use crate::grpc::convert::history::{Page, Place, lines};
use crate::grpc::status::{refuse, status};
use crate::proto::v1;
use app::context::{Context, short_hash};
use domain::id::{CustomerId, InteractionId};
use domain::refusal::Reason;
use tonic::Status;
use uuid::Uuid;

/// How many interactions are read at a time.
const STEP: u32 = 10;

const KIND: &str = "history";

impl Customers {
    pub(super) async fn history(
        &self,
        context: &Context,
        id: CustomerId,
        token: &str,
        size: u32,
    ) -> Result<v1::GetHistoryResponse, Status> {
        let from = self.place(context, id, token)?;
        let mut page = Page::new(size, from);
        let mut before = from.map(including);
        // Every interaction but the first has a line of its own: a page is full after this many.
        for _ in 0..=(size + 1).div_ceil(STEP) {
            let chapters = self.edge.app.history(context, id, before, STEP).await;
            let chapters = chapters.map_err(status)?;
            let Some(last) = chapters.last() else { break };
            before = Some(last.interaction.row.id);
            if !chapters.iter().all(|chapter| page.add(chapter.interaction.row.id, lines(chapter)))
            {
                break;
            }
        }
        let next = page.next.map(|place| self.token(context, id, place)).unwrap_or_default();
        Ok(v1::GetHistoryResponse { items: page.items, next_page_token: next })
    }

    fn token(&self, context: &Context, id: CustomerId, place: Place) -> String {
        let payload = write(id, place);
        self.edge.tokens.seal(KIND, context.caller.tenant, &payload)
    }

    fn place(
        &self,
        context: &Context,
        id: CustomerId,
        token: &str,
    ) -> Result<Option<Place>, Status> {
        if token.is_empty() {
            return Ok(None);
        }
        let payload = self.edge.tokens.open(KIND, context.caller.tenant, token);
        let place = payload.and_then(|payload| read(id, &payload));
        place.map(Some).ok_or_else(|| refuse(Reason::PageTokenInvalid))
    }
}

/// The id before which the interaction itself is found too.
fn including(place: Place) -> InteractionId {
    InteractionId(Uuid::from_u128(place.interaction.0.as_u128().saturating_add(1)))
}

fn bound(id: CustomerId) -> [u8; 16] {
    short_hash(&[id.0.as_bytes()])
}

fn write(id: CustomerId, place: Place) -> Vec<u8> {
    [&bound(id)[..], place.interaction.0.as_bytes(), &place.left.to_be_bytes()].concat()
}

fn read(id: CustomerId, payload: &[u8]) -> Option<Place> {
    let (of, rest) = payload.split_first_chunk::<16>()?;
    let (interaction, left) = rest.split_first_chunk::<16>()?;
    let left = u32::from_be_bytes(left.try_into().ok()?);
    let interaction = InteractionId(Uuid::from_bytes(*interaction));
    (*of == bound(id)).then_some(Place { interaction, left })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_reads_back_for_its_customer_only() {
        let (id, other) = (CustomerId(Uuid::now_v7()), CustomerId(Uuid::now_v7()));
        let place = Place { interaction: InteractionId(Uuid::now_v7()), left: 7 };
        let written = write(id, place);
        assert_eq!(read(id, &written), Some(place));
        assert_eq!(read(other, &written), None);
        for length in 0..written.len() {
            assert_eq!(read(id, &written[..length]), None, "{length} bytes");
        }
    }

    #[test]
    fn the_next_page_finds_the_interaction_it_ended_in() {
        let interaction = InteractionId(Uuid::now_v7());
        assert!(interaction < including(Place { interaction, left: 1 }));
    }
}
