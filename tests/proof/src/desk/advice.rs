//! Agents who ask each other for advice: about one interaction in sixteen, and in four ways how it
//! ends. Which, its identifier says, so that owner and adviser agree without a word.

use super::{Tally, is_final};
use crate::setup::{Agent, Tenant};
use omnichannel_sdk::{Client, Error, v1};
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::sleep;
use uuid::Uuid;

/// How often it is looked whether somebody has answered, and how often at most.
const LOOK: Duration = Duration::from_millis(50);
const LOOKS_MAX: usize = 40;

/// How a consult is meant to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// Its owner has heard enough.
    OwnerEnds,
    /// Who advises has said all.
    AdviserEnds,
    /// Who advises takes the interaction.
    HandedOver,
    /// The interaction is completed meanwhile.
    Completed,
}

/// The way of an interaction, and which of so many colleagues is asked; none for most.
fn way(interaction_id: &str, colleagues: usize) -> Option<(Way, usize)> {
    let id = Uuid::try_parse(interaction_id).ok()?;
    let bytes = id.as_bytes();
    let way = match bytes[15] {
        0..4 => Way::OwnerEnds,
        4..8 => Way::AdviserEnds,
        8..12 => Way::HandedOver,
        12..16 => Way::Completed,
        _ => return None,
    };
    let place = usize::from(u16::from_be_bytes([bytes[13], bytes[14]]));
    Some((way, place.checked_rem(colleagues)?))
}

/// Whom one agent asks, and on what they advised.
#[derive(Clone, Default)]
pub(crate) struct Advice {
    colleagues: Arc<Vec<String>>,
    /// Those who have room when everybody else is full of work.
    experts: Arc<Vec<String>>,
    advised: Arc<Mutex<HashSet<String>>>,
}

impl Advice {
    /// Among all agents of a tenant.
    pub(crate) fn among(tenant: &Tenant) -> Self {
        let ids = |keep: fn(&Agent) -> bool| {
            let kept = tenant.agents.iter().filter(|agent| keep(agent));
            Arc::new(kept.map(|agent| agent.id.clone()).collect())
        };
        let (colleagues, experts) = (ids(|_| true), ids(|agent| agent.expert));
        Self { colleagues, experts, advised: Arc::default() }
    }

    /// Somebody asks them.
    pub(super) fn asked(&self, interaction_id: &str) {
        let mut advised = self.advised.lock().unwrap_or_else(PoisonError::into_inner);
        advised.insert(interaction_id.to_owned());
    }

    /// Whether what they own now was handed to them after advice.
    pub(super) fn was_asked(&self, interaction_id: &str) -> bool {
        self.advised.lock().unwrap_or_else(PoisonError::into_inner).contains(interaction_id)
    }

    /// They said yes; whoever is to end it does.
    pub(super) async fn give(&self, client: &Client, tally: &Tally, offer: &v1::Offer) {
        if matches!(way(&offer.interaction_id, 1), Some((Way::AdviserEnds, _))) {
            end(client, tally, offer.id.clone()).await;
        }
    }

    /// Asks for advice if that is the interaction's way, and says whether it is still theirs to
    /// complete.
    pub(super) async fn seek(
        &self,
        client: &Client,
        tally: &Tally,
        me: &str,
        interaction_id: &str,
    ) -> bool {
        let found = way(interaction_id, self.colleagues.len());
        let Some((way, place)) = found else { return true };
        let others =
            [self.colleagues.get(place), self.experts.get(place % self.experts.len().max(1))];
        let mut asked = None;
        for colleague in others.into_iter().flatten().filter(|other| *other != me) {
            if ask(client, tally, interaction_id, colleague).await {
                asked = Some(colleague);
                break;
            }
        }
        let Some(colleague) = asked else { return true };
        let consult = answered(client, interaction_id, way).await;
        let Ok(Some(consult)) = consult else { return true };
        let advises = consult.state() == v1::OfferState::Connected;
        match way {
            Way::HandedOver if advises => {
                let target = v1::transfer_interaction_request::Target::AgentId(colleague.clone());
                let request = v1::TransferInteractionRequest {
                    interaction_id: interaction_id.to_owned(),
                    target: Some(target),
                    ..v1::TransferInteractionRequest::default()
                };
                let moved = client.call(request).await;
                moved.map_err(|error| tally.refusal("transfer", &error)).is_err()
            }
            Way::Completed => true,
            _ => {
                end(client, tally, consult.offer_id).await;
                true
            }
        }
    }
}

/// Asks somebody; whether they are asked now.
async fn ask(client: &Client, tally: &Tally, interaction_id: &str, agent_id: &str) -> bool {
    let asked = v1::ConsultAgentRequest {
        interaction_id: interaction_id.to_owned(),
        agent_id: agent_id.to_owned(),
        ..v1::ConsultAgentRequest::default()
    };
    let Err(error) = client.call(asked).await else { return true };
    // Who has no room is not asked, and that is in order.
    if !error.is(v1::ErrorReason::AgentUnavailable) {
        tally.refusal("consult", &error);
    }
    false
}

/// The consult once it is answered, or as it is after a while; none if it is over.
async fn answered(
    client: &Client,
    interaction_id: &str,
    way: Way,
) -> Result<Option<v1::Consult>, Error> {
    let mut found = None;
    for _ in 0..LOOKS_MAX {
        let id = interaction_id.to_owned();
        let request = v1::GetInteractionRequest { interaction_id: id };
        let interaction = client.call(request).await?.interaction.unwrap_or_default();
        found = interaction.consult;
        let waits = match &found {
            None => false,
            Some(_) if way == Way::AdviserEnds => true,
            Some(consult) => consult.state() == v1::OfferState::Pending,
        };
        if !waits {
            break;
        }
        sleep(LOOK).await;
    }
    Ok(found)
}

async fn end(client: &Client, tally: &Tally, offer_id: String) {
    let request = v1::EndConsultRequest { offer_id, ..v1::EndConsultRequest::default() };
    if let Err(error) = client.call(request).await
        && !is_final(&error)
    {
        tally.refusal("end consult", &error);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_in_sixteen_asks_and_every_way_comes_up() {
        let ways = (0..=255_u128).filter_map(|n| way(&Uuid::from_u128(n).to_string(), 3));
        let ways: Vec<Way> = ways.map(|(way, _)| way).collect();
        assert_eq!(ways.len(), 16);
        for each in [Way::OwnerEnds, Way::AdviserEnds, Way::HandedOver, Way::Completed] {
            assert_eq!(ways.iter().filter(|way| **way == each).count(), 4);
        }
        assert_eq!(way(&Uuid::nil().to_string(), 0), None, "nobody is there to ask");
    }
}
