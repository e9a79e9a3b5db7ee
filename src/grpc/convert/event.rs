//! Events of the log as the feed, the audit log and the narrower streams deliver them. The contract
//! names some kinds otherwise than the log does: a message is received or sent, and whatever is
//! configured is one kind. What an event did not record stays empty; its resource tells it.

use super::codes::Coded;
use super::time::timestamp;
use super::{id_text, some_id};
use crate::proto::v1;
use crate::proto::v1::event::Data;
use app::context::short_hash;
use app::ledger::rows::reason_word;
use domain::event::{Actor, ActorKind, Change, ConsultFact, Event, Recorded};
use domain::id::{ConversationId, CustomerId, QueueId};
use domain::message::{AuthorKind, Direction};
use domain::sla::SlaFact;
use uuid::Uuid;

mod kind;
mod operated;
mod presence;

#[cfg(test)]
mod tests;

pub use kind::kind;
pub use operated::operated;

/// The event as the wire writes it.
#[must_use]
pub fn event(recorded: &Recorded) -> v1::Event {
    let event = &recorded.event;
    let data = data(recorded);
    v1::Event {
        seq: recorded.seq,
        id: event_id(recorded),
        time: Some(timestamp(recorded.at)),
        kind: data.as_ref().map_or(event.name(), kind).to_owned(),
        actor_kind: actor_kind(recorded.actor.kind) as i32,
        actor_id: some_id(recorded.actor.id),
        request_id: recorded.request_id.clone(),
        interaction_id: id_text(event.interaction_id()),
        conversation_id: id_text(conversation(event)),
        customer_id: id_text(customer(event)),
        agent_id: id_text(event.agent_id()),
        queue_id: id_text(queue(event)),
        data,
    }
}

/// The event's identifier: made of what makes it the event it is, so that it is the same whenever
/// and by whichever node the event is delivered.
#[must_use]
pub fn event_id(recorded: &Recorded) -> String {
    part_id(recorded, 0)
}

/// The identifier of one of several changes that a stream shows of an event; the first bears the
/// event's own.
#[must_use]
pub fn part_id(recorded: &Recorded, part: usize) -> String {
    let part = if part == 0 { String::new() } else { part.to_string() };
    let interaction = recorded.event.interaction_id().unwrap_or_default();
    let hash = short_hash(&[
        b"event",
        &recorded.seq.to_be_bytes(),
        &recorded.at.micros().to_be_bytes(),
        recorded.actor.id.as_bytes(),
        interaction.0.as_bytes(),
        recorded.event.name().as_bytes(),
        recorded.request_id.as_bytes(),
        part.as_bytes(),
    ]);
    let chance = hash.first_chunk::<10>().expect("a hash has 16 bytes");
    let millis = u64::try_from(recorded.at.millis()).unwrap_or_default();
    uuid::Builder::from_unix_timestamp_millis(millis, chance).into_uuid().to_string()
}

/// Who made a change happen, as the wire writes it.
#[must_use]
pub const fn actor_kind(kind: ActorKind) -> v1::ActorKind {
    match kind {
        ActorKind::System => v1::ActorKind::System,
        ActorKind::Key => v1::ActorKind::ApiKey,
        ActorKind::Agent => v1::ActorKind::Agent,
        ActorKind::Customer => v1::ActorKind::Customer,
        ActorKind::Principal => v1::ActorKind::Principal,
    }
}

/// What was done, as the wire writes it.
#[must_use]
pub const fn action(change: Change) -> v1::ChangeAction {
    match change {
        Change::Created => v1::ChangeAction::Created,
        Change::Updated => v1::ChangeAction::Updated,
        Change::Deleted => v1::ChangeAction::Deleted,
    }
}

fn conversation(event: &Event) -> Option<ConversationId> {
    match event {
        Event::InteractionCreated { conversation_id, .. }
        | Event::MessageAdded { conversation_id, .. } => Some(*conversation_id),
        _ => None,
    }
}

fn customer(event: &Event) -> Option<CustomerId> {
    match event {
        Event::InteractionCreated { customer_id, .. }
        | Event::CustomerChanged { customer_id, .. }
        | Event::ContactPointChanged { customer_id, .. } => Some(*customer_id),
        _ => None,
    }
}

fn queue(event: &Event) -> Option<QueueId> {
    match event {
        Event::InteractionQueued { queue_id, .. }
        | Event::OfferMade { queue_id, .. }
        | Event::QueueSaved { queue_id, .. }
        | Event::QueueDeleted { queue_id } => Some(*queue_id),
        Event::InteractionTransferRequested { to_queue_id, .. } => *to_queue_id,
        Event::Life(fact) => fact.queue_id(),
        Event::Consult(ConsultFact::Requested { queue_id, .. }) => Some(*queue_id),
        Event::InteractionEscalated { queue_id, .. }
        | Event::InteractionReopened { queue_id, .. }
        | Event::Sla(SlaFact::Warned { queue_id, .. } | SlaFact::Breached { queue_id, .. }) => {
            *queue_id
        }
        Event::Escalation(fact) => fact.queue_id(),
        _ => None,
    }
}

/// What happened. Every kind is listed, so that a new one is not forgotten here.
fn data(recorded: &Recorded) -> Option<Data> {
    let event = &recorded.event;
    match event {
        Event::InteractionCreated { .. }
        | Event::InteractionQueued { .. }
        | Event::InteractionTransferRequested { .. }
        | Event::InteractionEscalated { .. }
        | Event::InteractionUpdated { .. } => moved(event),
        Event::InteractionWrapping { .. }
        | Event::InteractionResolved { .. }
        | Event::InteractionReopened { .. }
        | Event::InteractionClosed { .. }
        | Event::InteractionCancelled { .. }
        | Event::InteractionRated { .. } => ended(event, recorded.actor),
        Event::OfferMade { .. } | Event::OfferAccepted { .. } | Event::OfferEnded { .. } => {
            offered(event)
        }
        Event::MessageAdded { .. } | Event::MessageStatusChanged { .. } => {
            said(event, recorded.actor)
        }
        Event::AgentSessionOpened { .. }
        | Event::AgentSessionClosed { .. }
        | Event::AgentPresenceChanged { .. } => presence::data(event, recorded.actor),
        Event::AgentSaved { .. }
        | Event::AgentDeleted { .. }
        | Event::TeamChanged { .. }
        | Event::SkillChanged { .. }
        | Event::QueueSaved { .. }
        | Event::QueueDeleted { .. }
        | Event::RuleSaved { .. }
        | Event::RuleDeleted { .. }
        | Event::PlanSaved { .. }
        | Event::PlanDeleted { .. }
        | Event::RoutingSettingsSaved { .. }
        | Event::AccountSaved { .. }
        | Event::AccountDeleted { .. } => configured(event),
        Event::Sla(fact) => super::sla::data(fact),
        Event::Escalation(fact) => Some(super::escalation::data(fact)),
        Event::Schedule(fact) => Some(super::schedule::data(fact)),
        Event::TimeOff(fact) => Some(super::time_off::data(fact)),
        Event::Life(fact) => Some(super::life::data(fact)),
        Event::Consult(fact) => Some(super::consult::data(fact)),
        Event::CustomerChanged { .. }
        | Event::ContactPointChanged { .. }
        | Event::ApiKeyChanged { .. }
        | Event::TenantChanged { .. } => recorded_of(event),
        Event::OperatorActed { operation, resource_id, .. } => {
            Some(Data::OperatorActed(v1::OperatorActed {
                action: operation.to_wire(),
                resource_kind: operated(*operation) as i32,
                resource_id: resource_id.to_string(),
            }))
        }
    }
}

/// An interaction comes in, waits and changes.
fn moved(event: &Event) -> Option<Data> {
    Some(match event {
        Event::InteractionCreated {
            conversation_id,
            customer_id,
            channel,
            account_id,
            priority,
            message_id,
            ..
        } => Data::InteractionCreated(v1::InteractionCreated {
            conversation_id: conversation_id.to_string(),
            customer_id: customer_id.to_string(),
            channel: channel.to_wire(),
            channel_account_id: id_text(*account_id),
            priority: priority.to_wire(),
            message_id: id_text(*message_id),
        }),
        Event::InteractionQueued {
            queue_id,
            priority,
            enqueued_at,
            rule_id,
            rule_version,
            plan,
            overflowed_from,
            ..
        } => Data::InteractionQueued(v1::InteractionQueued {
            queue_id: queue_id.to_string(),
            matched_rule_id: id_text(*rule_id),
            priority: priority.to_wire(),
            enqueue_time: Some(timestamp(*enqueued_at)),
            matched_rule_version: *rule_version,
            routing_plan_id: id_text(plan.as_ref().map(|pin| pin.plan_id)),
            overflowed_from_queue_id: id_text(*overflowed_from),
        }),
        Event::InteractionTransferRequested { from_agent_id, to_agent_id, to_queue_id, .. } => {
            Data::InteractionTransferRequested(v1::InteractionTransferRequested {
                from_agent_id: id_text(*from_agent_id),
                to_agent_id: id_text(*to_agent_id),
                to_queue_id: id_text(*to_queue_id),
            })
        }
        Event::InteractionEscalated { level, priority, queue_id, team_id, .. } => {
            Data::InteractionEscalated(v1::InteractionEscalated {
                level: *level,
                queue_id: id_text(*queue_id),
                team_id: id_text(*team_id),
                priority: priority.to_wire(),
            })
        }
        Event::InteractionUpdated { priority, fields, .. } => {
            Data::InteractionUpdated(v1::InteractionUpdated {
                fields: fields.clone(),
                priority: priority.to_wire(),
            })
        }
        _ => return None,
    })
}

/// An interaction comes to its end, or begins anew.
fn ended(event: &Event, actor: Actor) -> Option<Data> {
    Some(match event {
        Event::InteractionWrapping { agent_id, wrap_until, .. } => {
            Data::InteractionWrapping(v1::InteractionWrapping {
                agent_id: agent_id.to_string(),
                wrap_up_deadline: Some(timestamp(*wrap_until)),
            })
        }
        Event::InteractionResolved { wrap_up_code, .. } => {
            Data::InteractionResolved(v1::InteractionResolved {
                agent_id: id_text((actor.kind == ActorKind::Agent).then_some(actor.id)),
                wrap_up_code: wrap_up_code.clone(),
            })
        }
        Event::InteractionReopened { queue_id, .. } => {
            Data::InteractionReopened(v1::InteractionReopened { queue_id: id_text(*queue_id) })
        }
        // Only what is resolved is ever closed.
        Event::InteractionClosed { wrap_up_code, .. } => {
            Data::InteractionClosed(v1::InteractionClosed {
                previous_status: v1::InteractionStatus::Resolved as i32,
                wrap_up_code: wrap_up_code.clone(),
            })
        }
        Event::InteractionCancelled { previous, .. } => {
            Data::InteractionCancelled(v1::InteractionCancelled {
                previous_status: previous.map(Coded::to_wire).unwrap_or_default(),
            })
        }
        Event::InteractionRated { rating, .. } => {
            Data::InteractionRated(v1::InteractionRated { rating: i32::from(*rating) })
        }
        _ => return None,
    })
}

fn offered(event: &Event) -> Option<Data> {
    Some(match event {
        Event::OfferMade {
            offer_id,
            agent_id,
            queue_id,
            attempt,
            expires_at,
            override_limits,
            ..
        } => Data::OfferMade(v1::OfferMade {
            offer_id: offer_id.to_string(),
            agent_id: agent_id.to_string(),
            queue_id: queue_id.to_string(),
            attempt: *attempt,
            expire_time: Some(timestamp(*expires_at)),
            override_limits: *override_limits,
        }),
        Event::OfferAccepted { offer_id, agent_id, .. } => Data::OfferAccepted(v1::OfferAccepted {
            offer_id: offer_id.to_string(),
            agent_id: agent_id.to_string(),
        }),
        Event::OfferEnded { offer_id, agent_id, state, reason, .. } => {
            Data::OfferEnded(v1::OfferEnded {
                offer_id: offer_id.to_string(),
                agent_id: agent_id.to_string(),
                state: state.to_wire(),
                reason: reason_word(*reason).to_owned(),
            })
        }
        _ => return None,
    })
}

fn said(event: &Event, actor: Actor) -> Option<Data> {
    Some(match event {
        Event::MessageAdded {
            message_id,
            conversation_id,
            direction: Direction::Inbound,
            account_id,
            loop_suspected,
            ..
        } => Data::MessageReceived(v1::MessageReceived {
            message_id: message_id.to_string(),
            conversation_id: conversation_id.to_string(),
            channel_account_id: id_text(*account_id),
            loop_suspected: *loop_suspected,
        }),
        Event::MessageAdded { message_id, conversation_id, direction, .. } => {
            Data::MessageSent(v1::MessageSent {
                message_id: message_id.to_string(),
                conversation_id: conversation_id.to_string(),
                direction: direction.to_wire(),
                author_kind: author(actor.kind).to_wire(),
                author_id: some_id(actor.id),
            })
        }
        Event::MessageStatusChanged { message_id, status, attempt, .. } => {
            Data::MessageStatusChanged(v1::MessageStatusChanged {
                message_id: message_id.to_string(),
                status: status.to_wire(),
                attempt: *attempt,
            })
        }
        _ => return None,
    })
}

/// Who writes is who makes the message happen.
const fn author(kind: ActorKind) -> AuthorKind {
    match kind {
        ActorKind::System => AuthorKind::System,
        ActorKind::Key | ActorKind::Principal => AuthorKind::Integration,
        ActorKind::Agent => AuthorKind::Agent,
        ActorKind::Customer => AuthorKind::Customer,
    }
}

fn configured(event: &Event) -> Option<Data> {
    use v1::ResourceKind as Kind;
    let gone = (Change::Deleted, 0);
    let (kind, id, (change, version)): (Kind, Uuid, (Change, i64)) = match event {
        Event::AgentSaved { agent_id, change, version, .. } => {
            (Kind::Agent, agent_id.0, (*change, *version))
        }
        Event::AgentDeleted { agent_id } => (Kind::Agent, agent_id.0, gone),
        Event::TeamChanged { team_id, change, version, .. } => {
            (Kind::Team, team_id.0, (*change, *version))
        }
        Event::SkillChanged { skill_id, change, version } => {
            (Kind::Skill, skill_id.0, (*change, *version))
        }
        Event::QueueSaved { queue_id, change, version, .. } => {
            (Kind::Queue, queue_id.0, (*change, *version))
        }
        Event::QueueDeleted { queue_id } => (Kind::Queue, queue_id.0, gone),
        Event::RuleSaved { rule_id, change, version, .. } => {
            (Kind::RoutingRule, rule_id.0, (*change, *version))
        }
        Event::RuleDeleted { rule_id } => (Kind::RoutingRule, rule_id.0, gone),
        Event::PlanSaved { plan_id, change, version, .. } => {
            (Kind::RoutingPlan, plan_id.0, (*change, *version))
        }
        Event::PlanDeleted { plan_id } => (Kind::RoutingPlan, plan_id.0, gone),
        Event::RoutingSettingsSaved { tenant_id, settings } => {
            (Kind::RoutingSettings, tenant_id.0, (Change::Updated, settings.version))
        }
        Event::AccountSaved { account_id, change, version, .. } => {
            (Kind::ChannelAccount, account_id.0, (*change, *version))
        }
        Event::AccountDeleted { account_id } => (Kind::ChannelAccount, account_id.0, gone),
        _ => return None,
    };
    Some(Data::ConfigChanged(v1::ConfigChanged {
        resource_kind: kind as i32,
        resource_id: id.to_string(),
        action: action(change) as i32,
        version,
    }))
}

fn recorded_of(event: &Event) -> Option<Data> {
    Some(match event {
        Event::CustomerChanged { customer_id, change } => {
            Data::CustomerChanged(v1::CustomerChanged {
                customer_id: customer_id.to_string(),
                action: action(*change) as i32,
            })
        }
        Event::ContactPointChanged { contact_point_id, customer_id, change, .. } => {
            Data::ContactPointChanged(v1::ContactPointChanged {
                customer_id: customer_id.to_string(),
                contact_point_id: contact_point_id.to_string(),
                action: action(*change) as i32,
            })
        }
        Event::ApiKeyChanged { api_key_id, change } => {
            // A key is never gone, it is revoked.
            let action = match change {
                Change::Deleted => v1::ChangeAction::Revoked,
                other => action(*other),
            };
            Data::ApiKeyChanged(v1::ApiKeyChanged {
                api_key_id: api_key_id.to_string(),
                action: action as i32,
            })
        }
        Event::TenantChanged { tenant_id, change } => Data::TenantChanged(v1::TenantChanged {
            tenant_id: tenant_id.to_string(),
            action: action(*change) as i32,
        }),
        _ => return None,
    })
}
