//! What each kind of event is called outside.

use super::Event;

impl Event {
    /// Its dotted public name, such as `interaction.created`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Event::InteractionCreated { .. } => "interaction.created",
            Event::InteractionQueued { .. } => "interaction.queued",
            Event::OfferMade { .. } => "offer.made",
            Event::OfferAccepted { .. } => "offer.accepted",
            Event::OfferEnded { .. } => "offer.ended",
            Event::InteractionWrapping { .. } => "interaction.wrapping",
            Event::InteractionTransferRequested { .. } => "interaction.transfer_requested",
            Event::InteractionEscalated { .. } => "interaction.escalated",
            Event::InteractionUpdated { .. } => "interaction.updated",
            Event::InteractionResolved { .. } => "interaction.resolved",
            Event::InteractionReopened { .. } => "interaction.reopened",
            Event::InteractionClosed { .. } => "interaction.closed",
            Event::InteractionCancelled { .. } => "interaction.cancelled",
            Event::InteractionRated { .. } => "interaction.rated",
            Event::MessageAdded { .. } => "message.added",
            Event::MessageStatusChanged { .. } => "message.status_changed",
            Event::AgentSessionOpened { .. } => "agent.session_opened",
            Event::AgentSessionClosed { .. } => "agent.session_closed",
            Event::AgentPresenceChanged { .. } => "agent.presence_changed",
            Event::AgentSaved { .. } => "agent.saved",
            Event::AgentDeleted { .. } => "agent.deleted",
            Event::TeamChanged { .. } => "team.changed",
            Event::SkillChanged { .. } => "skill.changed",
            Event::QueueSaved { .. } => "queue.saved",
            Event::QueueDeleted { .. } => "queue.deleted",
            Event::RuleSaved { .. } => "rule.saved",
            Event::RuleDeleted { .. } => "rule.deleted",
            Event::PlanSaved { .. } => "routing_plan.saved",
            Event::PlanDeleted { .. } => "routing_plan.deleted",
            Event::RoutingSettingsSaved { .. } => "routing_settings.saved",
            Event::AccountSaved { .. } => "channel_account.saved",
            Event::AccountDeleted { .. } => "channel_account.deleted",
            Event::Sla(fact) => fact.name(),
            Event::Escalation(fact) => fact.name(),
            Event::Schedule(fact) => fact.name(),
            Event::TimeOff(fact) => fact.name(),
            Event::Life(fact) => fact.name(),
            Event::Consult(fact) => fact.name(),
            Event::CustomerChanged { .. } => "customer.changed",
            Event::ContactPointChanged { .. } => "contact_point.changed",
            Event::ApiKeyChanged { .. } => "api_key.changed",
            Event::TenantChanged { .. } => "tenant.changed",
            Event::OperatorActed { .. } => "operator.acted",
        }
    }
}
