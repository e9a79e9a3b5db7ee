//! The row of an interaction that opens, as it is before anything befell it.

use super::Arrive;
use crate::ledger::draft::Draft;
use domain::id::{ConversationId, InteractionId};
use domain::interaction::{Interaction, InteractionStatus};
use domain::sealed::Sealed;

impl Arrive {
    pub(super) fn interaction(
        &self,
        draft: &Draft,
        id: InteractionId,
        conversation_id: ConversationId,
    ) -> Interaction {
        Interaction {
            id,
            conversation_id,
            customer_id: self.person.customer_id,
            channel: self.channel,
            account_id: self.account_id,
            status: InteractionStatus::Created,
            queue_id: None,
            priority: self.placement.priority,
            subject: self.subject.clone(),
            tags: self.tags.words.clone(),
            labels: self.tags.labels.clone(),
            language: self.placement.language.clone(),
            customer_tier: self.tier.clone(),
            place: self.place,
            required_skills: self.placement.required_skills.clone(),
            matched_rule_id: self.placement.rule.map(|rule| rule.rule_id),
            matched_rule_version: self.placement.rule.map_or(0, |rule| rule.version),
            owner_agent_id: None,
            target_agent_id: None,
            consult: None,
            cool_downs: Vec::new(),
            last_agent_id: None,
            account_owner_id: self.traits(draft).account_owner_id,
            plan: None,
            offers_made: 0,
            offers_failed: 0,
            escalation_level: 0,
            created_at: draft.now,
            enqueued_at: None,
            enqueued_seq: 0,
            first_offered_at: None,
            accepted_at: None,
            first_response_at: None,
            resolved_at: None,
            closed_at: None,
            updated_at: draft.now,
            resolution: Sealed::default(),
            wrap_up_code: String::new(),
            rating: 0,
            rated_at: None,
            rating_comment: Sealed::default(),
            sla: None,
            ladder: None,
            sentiment: None,
            wake_at: None,
            callbacks: None,
            version: 0,
            last_seq: 0,
        }
    }
}
