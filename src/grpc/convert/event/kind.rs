//! The name of each kind of event, as the contract has it.

use crate::proto::v1::event::Data;

/// The kind of what happened, in dotted form.
#[must_use]
pub const fn kind(data: &Data) -> &'static str {
    match data {
        Data::InteractionCreated(_) => "interaction.created",
        Data::MessageReceived(_) => "message.received",
        Data::MessageSent(_) => "message.sent",
        Data::MessageStatusChanged(_) => "message.status_changed",
        Data::InteractionQueued(_) => "interaction.queued",
        Data::OfferMade(_) => "offer.made",
        Data::OfferAccepted(_) => "offer.accepted",
        Data::OfferEnded(_) => "offer.ended",
        Data::InteractionTransferRequested(_) => "interaction.transfer_requested",
        Data::InteractionEscalated(_) => "interaction.escalated",
        Data::InteractionUpdated(_) => "interaction.updated",
        Data::InteractionWrapping(_) => "interaction.wrapping",
        Data::InteractionResolved(_) => "interaction.resolved",
        Data::InteractionReopened(_) => "interaction.reopened",
        Data::InteractionClosed(_) => "interaction.closed",
        Data::InteractionCancelled(_) => "interaction.cancelled",
        Data::InteractionRated(_) => "interaction.rated",
        Data::AgentPresenceChanged(_) => "agent.presence_changed",
        Data::AgentSessionOpened(_) => "agent.session_opened",
        Data::AgentSessionClosed(_) => "agent.session_closed",
        Data::ConfigChanged(_) => "config.changed",
        Data::CustomerChanged(_) => "customer.changed",
        Data::ContactPointChanged(_) => "contact_point.changed",
        Data::ApiKeyChanged(_) => "api_key.changed",
        Data::TenantChanged(_) => "tenant.changed",
        Data::SlaApplied(_) => "sla.applied",
        Data::SlaWarned(_) => "sla.warned",
        Data::SlaBreached(_) => "sla.breached",
        Data::InteractionAbandoned(_) => "interaction.abandoned",
        Data::InteractionExpired(_) => "interaction.expired",
        Data::InteractionParked(_) => "interaction.parked",
        Data::InteractionScheduled(_) => "interaction.scheduled",
        Data::InteractionCallbackRequested(_) => "interaction.callback_requested",
        Data::InteractionWoken(_) => "interaction.woken",
        Data::ConsultRequested(_) => "consult.requested",
        Data::ConsultStarted(_) => "consult.started",
        Data::ConsultEnded(_) => "consult.ended",
        Data::OperatorActed(_) => "operator.acted",
        Data::EscalationTriggered(_) => "escalation.triggered",
        Data::EscalationRaised(_) => "escalation.raised",
        Data::EscalationReminded(_) => "escalation.reminded",
        Data::AgentTimeOffBooked(_) => "agent.time_off_booked",
        Data::AgentTimeOffEnded(_) => "agent.time_off_ended",
    }
}
