//! Promises of time: policies, the clocks of an interaction, breaches, and what the log says of
//! them.

use super::codes::Coded;
use super::id_text;
use super::time::{duration, moment, span, timestamp};
use crate::grpc::call::{etag, ids, optional_id};
use crate::proto::v1;
use crate::proto::v1::event::Data;
use app::analytics::BreachFilter;
use domain::channel::ChannelKind;
use domain::id::{CalendarId, QueueId};
use domain::interaction::Priority;
use domain::sla::{
    Sla, SlaBreach, SlaClock, SlaFact, SlaMetric, SlaPause, SlaPolicy, SlaRisk, SlaSpec, SlaStatus,
    SlaTarget,
};
use tonic::Status;
use uuid::Uuid;

/// The policy as the wire writes it.
#[must_use]
pub fn policy(policy: &SlaPolicy) -> v1::SlaPolicy {
    let spec = &policy.spec;
    let target = |target: &SlaTarget| v1::SlaTarget {
        metric: target.metric.to_wire(),
        target: Some(duration(target.target)),
        calendar_id: id_text(target.calendar_id),
    };
    v1::SlaPolicy {
        id: policy.id.to_string(),
        name: policy.name.clone(),
        position: super::count(spec.position),
        enabled: spec.enabled,
        queue_ids: spec.queues.iter().map(QueueId::to_string).collect(),
        priorities: spec.priorities.iter().map(|priority| priority.to_wire()).collect(),
        customer_tiers: spec.tiers.clone(),
        channels: spec.channels.iter().map(|channel| channel.to_wire()).collect(),
        targets: spec.targets.iter().map(target).collect(),
        warn_at_percent: spec.warn_at.iter().map(|percent| i32::from(*percent)).collect(),
        pauses: spec.pauses.iter().map(|pause| pause.to_wire()).collect(),
        reapplies: spec.reapplies,
        version: policy.version,
        etag: etag(policy.version),
        create_time: Some(timestamp(policy.created_at)),
        update_time: Some(timestamp(policy.updated_at)),
        urgency: (!spec.urgency.is_zero()).then(|| duration(spec.urgency)),
    }
}

/// What a policy of the wire says.
///
/// # Errors
/// `VALIDATION_FAILED`.
pub fn spec(wire: &v1::SlaPolicy) -> Result<SlaSpec, Status> {
    let target = |target: &v1::SlaTarget| {
        let metric = SlaMetric::of_wire(target.metric).unwrap_or(SlaMetric::FirstResponse);
        let calendar_id: Option<CalendarId> = optional_id(&target.calendar_id)?;
        let target = target.target.as_ref().map(span).unwrap_or_default();
        Ok::<_, Status>(SlaTarget { metric, target, calendar_id })
    };
    let percent = |percent: &i32| u8::try_from(*percent).unwrap_or(u8::MAX);
    Ok(SlaSpec {
        position: u32::try_from(wire.position).unwrap_or_default(),
        enabled: wire.enabled,
        queues: ids(&wire.queue_ids)?,
        priorities: known(&wire.priorities, Priority::of_wire),
        tiers: wire.customer_tiers.clone(),
        channels: known(&wire.channels, ChannelKind::of_wire),
        targets: wire.targets.iter().map(target).collect::<Result<_, _>>()?,
        warn_at: wire.warn_at_percent.iter().map(percent).collect(),
        pauses: known(&wire.pauses, SlaPause::of_wire),
        reapplies: wire.reapplies,
        urgency: wire.urgency.as_ref().map(span).unwrap_or_default(),
    })
}

fn known<T>(numbers: &[i32], of_wire: impl Fn(i32) -> Option<T>) -> Vec<T> {
    numbers.iter().filter_map(|number| of_wire(*number)).collect()
}

/// How the promises for an interaction stand, as the wire writes it.
#[must_use]
pub fn state(sla: &Sla) -> v1::SlaState {
    let live = sla.clocks.iter().any(SlaClock::is_live);
    let worst = match sla.risk() {
        SlaRisk::None => SlaStatus::OnTrack,
        SlaRisk::Warned => SlaStatus::Warned,
        SlaRisk::Breached => SlaStatus::Breached,
    };
    v1::SlaState {
        policy_id: id_text(sla.terms.policy_id),
        version: sla.terms.version,
        clocks: sla.clocks.iter().filter_map(clock).collect(),
        status: if live { worst.to_wire() } else { 0 },
    }
}

fn clock(clock: &SlaClock) -> Option<v1::SlaClock> {
    Some(v1::SlaClock {
        metric: clock.term.metric.to_wire(),
        status: clock.status()?.to_wire(),
        target: Some(duration(clock.term.target)),
        calendar_id: id_text(clock.term.calendar.map(|(id, _)| id)),
        due_time: clock.due_at.map(timestamp),
        start_time: clock.started_at.map(timestamp),
        stop_time: clock.stopped_at.map(timestamp),
        breach_time: clock.breached_at.map(timestamp),
        round: i32::from(clock.round),
        spent: Some(duration(clock.spent)),
    })
}

/// The breach as the wire writes it.
#[must_use]
pub fn breach(breach: &SlaBreach) -> v1::SlaBreach {
    v1::SlaBreach {
        seq: breach.seq,
        interaction_id: breach.interaction_id.to_string(),
        metric: breach.metric.to_wire(),
        round: i32::from(breach.round),
        policy_id: id_text(breach.policy_id),
        queue_id: id_text(breach.queue_id),
        priority: breach.priority.to_wire(),
        due_time: Some(timestamp(breach.due_at)),
        breach_time: Some(timestamp(breach.breached_at)),
    }
}

/// Which breaches a request asks for.
///
/// # Errors
/// `VALIDATION_FAILED`.
pub fn filter(asked: &v1::ListSlaBreachesRequest) -> Result<BreachFilter, Status> {
    Ok(BreachFilter {
        queue_id: optional_id(&asked.queue_id)?,
        interaction_id: optional_id(&asked.interaction_id)?,
        metric: SlaMetric::of_wire(asked.metric),
        from: asked.start_time.as_ref().map(moment),
        until: asked.end_time.as_ref().map(moment),
    })
}

/// What the log says, as the feed tells it; configuration is told as all configuration is.
#[must_use]
pub fn data(fact: &SlaFact) -> Option<Data> {
    Some(match fact {
        SlaFact::Applied { terms, .. } => Data::SlaApplied(v1::SlaApplied {
            policy_id: id_text(terms.policy_id),
            policy_version: terms.version,
        }),
        SlaFact::Warned { metric, percent, due_at, policy_id, queue_id, .. } => {
            Data::SlaWarned(v1::SlaWarned {
                metric: metric.to_wire(),
                percent: i32::from(*percent),
                due_time: due_at.map(timestamp),
                policy_id: id_text(*policy_id),
                queue_id: id_text(*queue_id),
            })
        }
        SlaFact::Breached { metric, due_at, policy_id, queue_id, priority, .. } => {
            Data::SlaBreached(v1::SlaBreached {
                metric: metric.to_wire(),
                due_time: Some(timestamp(*due_at)),
                policy_id: id_text(*policy_id),
                queue_id: id_text(*queue_id),
                priority: priority.to_wire(),
            })
        }
        _ => Data::ConfigChanged(configured(fact)?),
    })
}

fn configured(fact: &SlaFact) -> Option<v1::ConfigChanged> {
    use domain::event::Change;
    let (kind, id) = subject(fact);
    let (change, version) = match fact {
        SlaFact::PolicySaved { change, version, .. }
        | SlaFact::CalendarSaved { change, version, .. } => (*change, *version),
        SlaFact::PolicyDeleted { .. } | SlaFact::CalendarDeleted { .. } => (Change::Deleted, 0),
        _ => return None,
    };
    Some(v1::ConfigChanged {
        resource_kind: kind as i32,
        resource_id: id.to_string(),
        action: super::event::action(change) as i32,
        version,
    })
}

/// What a fact is about.
#[must_use]
pub const fn subject(fact: &SlaFact) -> (v1::ResourceKind, Uuid) {
    use v1::ResourceKind as Kind;
    match fact {
        SlaFact::Applied { interaction_id, .. }
        | SlaFact::Warned { interaction_id, .. }
        | SlaFact::Breached { interaction_id, .. } => (Kind::Interaction, interaction_id.0),
        SlaFact::PolicySaved { policy_id, .. } | SlaFact::PolicyDeleted { policy_id } => {
            (Kind::SlaPolicy, policy_id.0)
        }
        SlaFact::CalendarSaved { calendar_id, .. } | SlaFact::CalendarDeleted { calendar_id } => {
            (Kind::Calendar, calendar_id.0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::id::SlaPolicyId;
    use domain::time::{Span, Timestamp};

    #[test]
    fn what_a_policy_says_reads_back() {
        let target = |metric: &SlaMetric| SlaTarget {
            metric: *metric,
            target: Span::from_secs(90),
            calendar_id: Some(CalendarId(Uuid::now_v7())),
        };
        let policy = SlaPolicy {
            id: SlaPolicyId(Uuid::now_v7()),
            name: "Gold".into(),
            spec: SlaSpec {
                position: 7,
                enabled: true,
                queues: vec![QueueId(Uuid::now_v7())],
                priorities: Priority::ALL.to_vec(),
                tiers: vec!["gold".into()],
                channels: ChannelKind::ALL.to_vec(),
                targets: SlaMetric::ALL.iter().map(target).collect(),
                warn_at: vec![50, 80],
                pauses: SlaPause::ALL.to_vec(),
                reapplies: true,
                urgency: Span::from_secs(600),
            },
            version: 4,
            created_at: Timestamp::from_micros(1),
            updated_at: Timestamp::from_micros(2),
        };
        let wire = super::policy(&policy);
        assert_eq!((wire.version, wire.etag.as_str()), (4, "v4"));
        assert_eq!(spec(&wire).expect("our own"), policy.spec);
    }
}
