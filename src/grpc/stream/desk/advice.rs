//! Advice at a desk: an agent is asked for it, gives it, and is done or handed the work.

use super::{Change, Desk, engine_offer};
use crate::grpc::status::status;
use domain::event::{ConsultFact, Recorded};
use domain::id::OfferId;
use domain::offer::OfferState;
use tonic::Status;

impl Desk {
    /// This agent is consulted.
    pub(super) async fn consult(
        &mut self,
        fact: &ConsultFact,
        event: &Recorded,
    ) -> Result<Option<Change>, Status> {
        Ok(match fact {
            ConsultFact::Requested { .. } => {
                let Some(offer) = engine_offer(event) else { return Ok(None) };
                Some(Change::Offered(self.offered(&offer, event.seq).await?))
            }
            ConsultFact::Started { offer_id, interaction_id, .. } => {
                self.advised.insert(*interaction_id, *offer_id);
                self.advice(*offer_id, event.seq).await?
            }
            ConsultFact::Ended { offer_id, interaction_id, .. } => {
                self.advised.remove(interaction_id);
                // Who is handed the work is told that it is theirs, next.
                let over = if fact.frees() { self.offer(*offer_id).await? } else { None };
                over.map(Change::OfferEnded)
            }
        })
    }

    /// What they advise on, as it is now.
    pub(super) async fn advice(&self, id: OfferId, seq: i64) -> Result<Option<Change>, Status> {
        let row = self.edge.app.read(&self.context).offer(id).await;
        let Some(offer) = row.map_err(|e| status(e.into()))? else { return Ok(None) };
        Ok(Some(Change::Consulting(self.offered(&offer, seq).await?)))
    }

    /// Takes back what a fact did to what this agent advises on.
    pub(super) fn unlearn(&mut self, fact: &ConsultFact) {
        match fact {
            ConsultFact::Requested { .. } => {}
            ConsultFact::Started { interaction_id, .. } => {
                self.advised.remove(interaction_id);
            }
            ConsultFact::Ended { offer_id, interaction_id, state, .. } => {
                if matches!(state, OfferState::Completed | OfferState::Connected) {
                    self.advised.insert(*interaction_id, *offer_id);
                }
            }
        }
    }
}
