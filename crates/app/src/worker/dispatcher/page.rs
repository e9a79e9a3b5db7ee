//! A page as it leaves: what the outbox kept of it, in ids and words that receivers know.

use ::channels::provider::OutboundPage;
use domain::escalation::Page;
use store::Claim;

/// What is posted of a page.
pub(super) fn outbound(claim: &Claim, page: &Page) -> OutboundPage {
    let delivery = &claim.delivery;
    OutboundPage {
        id: delivery.id.0,
        interaction_id: delivery.interaction_id.0,
        policy_id: page.policy_id.0,
        queue_id: page.queue_id.map(|id| id.0),
        level: page.level,
        trigger: page.trigger.word(),
        priority: page.priority.word(),
        created_at: delivery.created_at,
        attempt: u32::try_from(delivery.attempt).unwrap_or(1),
    }
}
