//! Pages of a customer's history. A token holds the line with which the page before ended, bound to
//! the tenant and the customer.

use super::Customers;
use crate::grpc::convert::history::{Key, Page, Place, lines};
use crate::grpc::status::{refuse, status};
use crate::proto::v1;
use app::context::{Context, short_hash};
use domain::id::{CustomerId, InteractionId};
use domain::refusal::Reason;
use domain::time::Timestamp;
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
        'full: for _ in 0..=(size + 1).div_ceil(STEP) {
            let interactions = self.edge.app.history(context, id, before, STEP).await;
            let interactions = interactions.map_err(status)?;
            let Some(last) = interactions.last() else { break };
            before = Some(last.row.id);
            for interaction in &interactions {
                // One more than fits tells that something is left.
                let (until, most) = (page.before(interaction.row.id), page.room() + 1);
                let said = self.edge.app.said_before(context, interaction, until, most).await;
                if !page.add(lines(interaction, &said.map_err(status)?)) {
                    break 'full;
                }
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
    let at = place.line.at.micros().to_be_bytes();
    let (rank, which) = ([place.line.rank], place.line.which.as_bytes());
    [&bound(id)[..], place.interaction.0.as_bytes(), &at, &rank, which].concat()
}

fn read(id: CustomerId, payload: &[u8]) -> Option<Place> {
    let (of, rest) = payload.split_first_chunk::<16>()?;
    let (interaction, rest) = rest.split_first_chunk::<16>()?;
    let (at, rest) = rest.split_first_chunk::<8>()?;
    let (rank, which) = rest.split_first()?;
    let line = Key {
        at: Timestamp::from_micros(i64::from_be_bytes(*at)),
        rank: *rank,
        which: Uuid::from_slice(which).ok()?,
    };
    let interaction = InteractionId(Uuid::from_bytes(*interaction));
    (*of == bound(id)).then_some(Place { interaction, line })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> Place {
        let line = Key { at: Timestamp::from_micros(7), rank: 1, which: Uuid::now_v7() };
        Place { interaction: InteractionId(Uuid::now_v7()), line }
    }

    #[test]
    fn a_place_reads_back_for_its_customer_only() {
        let (id, other) = (CustomerId(Uuid::now_v7()), CustomerId(Uuid::now_v7()));
        let written = write(id, place());
        assert_eq!(read(id, &written).map(|place| write(id, place)), Some(written.clone()));
        assert_eq!(read(other, &written), None);
        for length in 0..written.len() {
            assert_eq!(read(id, &written[..length]), None, "{length} bytes");
        }
    }

    #[test]
    fn the_next_page_finds_the_interaction_it_ended_in() {
        let place = place();
        assert!(place.interaction < including(place));
    }
}
