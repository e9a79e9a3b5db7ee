//! The audit log: the tenant's own log, shown event by event and verified link by link.

use super::{Answer, method};
use crate::grpc::convert::{escalation, event, schedule, sla, time_off};
use crate::grpc::status::{refusal, status};
use crate::grpc::{Edge, call, page};
use crate::proto::v1;
use domain::event::{Event, Recorded};
use domain::refusal::Refusal;
use std::fmt::Write as _;
use tonic::{Request, Response};
use uuid::Uuid;
use v1::ResourceKind as Kind;

pub(super) async fn list(
    edge: &Edge,
    request: Request<v1::ListAuditLogRequest>,
) -> Answer<v1::ListAuditLogResponse> {
    let (context, request) = call::read(request, method!("ListAuditLog"))?;
    let filter = page::filter(&[&request.from_seq.to_be_bytes()]);
    let after = page::after(edge, &context, &request.page_token, &filter)?;
    let after = after.map_or(request.from_seq - 1, |place| place.as_u128() as i64).max(0);
    let size = page::size(request.page_size);
    // Each row of the log holds at least one event.
    let found = edge.app.audit(context.caller.tenant, after, size + 1).await.map_err(status)?;
    let (events, damaged) = found;
    let (events, more) = page::cut(events, size);
    let last = events.last().map(|event| Uuid::from_u128(u128::from(event.seq.unsigned_abs())));
    Ok(Response::new(v1::ListAuditLogResponse {
        entries: events.iter().map(|event| entry(event)).collect(),
        next_page_token: page::next(edge, &context, &filter, last, more),
        first_bad_seq: damaged.filter(|_| !more).unwrap_or_default(),
    }))
}

pub(super) async fn verify(
    edge: &Edge,
    request: Request<v1::VerifyAuditLogRequest>,
) -> Answer<v1::VerifyAuditLogResponse> {
    let (context, request) = call::read(request, method!("VerifyAuditLog"))?;
    let to = (request.to_seq > 0).then_some(request.to_seq);
    if to.is_some_and(|to| to < request.from_seq) {
        return Err(refusal(Refusal::field("to_seq", "must not lie before from_seq")));
    }
    let found = edge.app.verify_log(context.caller.tenant, request.from_seq, to).await;
    let found = found.map_err(status)?;
    Ok(Response::new(v1::VerifyAuditLogResponse {
        verified_from_seq: found.from_seq,
        verified_to_seq: found.to_seq,
        head_hash: hex(&found.hash),
        first_bad_seq: found.bad_seq.unwrap_or_default(),
    }))
}

fn entry(recorded: &Recorded) -> v1::AuditEntry {
    let event = event::event(recorded);
    let (kind, subject) = subject(&recorded.event);
    v1::AuditEntry {
        seq: event.seq,
        time: event.time,
        actor_kind: event.actor_kind,
        actor_id: event.actor_id.clone(),
        kind: event.kind.clone(),
        subject_kind: kind as i32,
        subject_id: subject.to_string(),
        request_id: event.request_id.clone(),
        event: Some(event),
    }
}

/// What an event was done to.
fn subject(event: &Event) -> (Kind, Uuid) {
    match event {
        Event::OfferMade { offer_id, .. }
        | Event::OfferAccepted { offer_id, .. }
        | Event::OfferEnded { offer_id, .. } => (Kind::Offer, offer_id.0),
        Event::MessageAdded { message_id, .. } | Event::MessageStatusChanged { message_id, .. } => {
            (Kind::Message, message_id.0)
        }
        Event::InteractionCreated { interaction_id, .. }
        | Event::InteractionQueued { interaction_id, .. }
        | Event::InteractionWrapping { interaction_id, .. }
        | Event::InteractionTransferRequested { interaction_id, .. }
        | Event::InteractionEscalated { interaction_id, .. }
        | Event::InteractionUpdated { interaction_id, .. }
        | Event::InteractionResolved { interaction_id, .. }
        | Event::InteractionReopened { interaction_id, .. }
        | Event::InteractionClosed { interaction_id, .. }
        | Event::InteractionCancelled { interaction_id, .. }
        | Event::InteractionRated { interaction_id, .. } => (Kind::Interaction, interaction_id.0),
        Event::AgentSessionOpened { agent_id, .. }
        | Event::AgentSessionClosed { agent_id, .. }
        | Event::AgentPresenceChanged { agent_id, .. }
        | Event::AgentSaved { agent_id, .. }
        | Event::AgentDeleted { agent_id } => (Kind::Agent, agent_id.0),
        Event::TeamChanged { team_id, .. } => (Kind::Team, team_id.0),
        Event::SkillChanged { skill_id, .. } => (Kind::Skill, skill_id.0),
        Event::QueueSaved { queue_id, .. } | Event::QueueDeleted { queue_id } => {
            (Kind::Queue, queue_id.0)
        }
        Event::RuleSaved { rule_id, .. } | Event::RuleDeleted { rule_id } => {
            (Kind::RoutingRule, rule_id.0)
        }
        Event::PlanSaved { plan_id, .. } | Event::PlanDeleted { plan_id } => {
            (Kind::RoutingPlan, plan_id.0)
        }
        Event::Sla(fact) => sla::subject(fact),
        Event::Escalation(fact) => escalation::subject(fact),
        Event::Schedule(fact) => schedule::subject(fact),
        Event::TimeOff(fact) => time_off::subject(fact),
        Event::Life(fact) => (Kind::Interaction, fact.interaction_id().0),
        Event::Consult(fact) => (Kind::Offer, fact.offer_id().0),
        Event::RoutingSettingsSaved { tenant_id, .. } => (Kind::RoutingSettings, tenant_id.0),
        Event::AccountSaved { account_id, .. } | Event::AccountDeleted { account_id } => {
            (Kind::ChannelAccount, account_id.0)
        }
        Event::CustomerChanged { customer_id, .. } => (Kind::Customer, customer_id.0),
        Event::ContactPointChanged { contact_point_id, .. } => {
            (Kind::ContactPoint, contact_point_id.0)
        }
        Event::ApiKeyChanged { api_key_id, .. } => (Kind::ApiKey, api_key_id.0),
        Event::TenantChanged { tenant_id, .. } => (Kind::Tenant, tenant_id.0),
        Event::OperatorActed { operation, resource_id, .. } => {
            (event::operated(*operation), *resource_id)
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes what is written");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::event::{Actor, Change};
    use domain::id::ApiKeyId;
    use domain::time::Timestamp;

    #[test]
    fn an_entry_says_who_did_what_to_which() {
        let id = Uuid::now_v7();
        let recorded = Recorded {
            seq: 7,
            at: Timestamp::from_micros(1),
            actor: Actor::SYSTEM,
            request_id: "r".into(),
            event: Event::ApiKeyChanged { api_key_id: ApiKeyId(id), change: Change::Created },
        };
        let entry = entry(&recorded);
        assert_eq!((entry.seq, entry.subject_kind), (7, Kind::ApiKey as i32));
        assert_eq!((entry.subject_id, entry.request_id.as_str()), (id.to_string(), "r"));
        assert_eq!(entry.kind, "api_key.changed");
        assert_eq!(entry.event.expect("the event").seq, 7);
    }

    #[test]
    fn hashes_are_written_in_hexadecimal() {
        assert_eq!(hex(&[0, 15, 255]), "000fff");
    }
}
