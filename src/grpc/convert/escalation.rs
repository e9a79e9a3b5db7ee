//! Escalation: policies, ladders, and what the log says of them.

use super::codes::Coded;
use super::id_text;
use super::time::{duration, span, timestamp};
use crate::grpc::call::{etag, id};
use crate::proto::v1;
use crate::proto::v1::event::Data;
use domain::escalation::{
    Action, EscalationFact, EscalationPolicy, EscalationSpec, Ladder, Level, REMINDERS, Trigger,
    TriggerKind, WatchedState,
};
use domain::event::Change;
use domain::id::{AccountId, TeamId};
use domain::interaction::Priority;
use tonic::Status;
use uuid::Uuid;
use v1::escalation_action::Action as Wire;

/// The policy as the wire writes it.
#[must_use]
pub fn policy(policy: &EscalationPolicy) -> v1::EscalationPolicy {
    let spec = &policy.spec;
    v1::EscalationPolicy {
        id: policy.id.to_string(),
        name: policy.name.clone(),
        enabled: spec.enabled,
        triggers: spec.triggers.iter().map(trigger).collect(),
        levels: spec.levels.iter().map(level).collect(),
        reminders: spec.reminders.iter().map(|after| duration(*after)).collect(),
        silent: spec.reminders.is_empty(),
        version: policy.version,
        etag: etag(policy.version),
        create_time: Some(timestamp(policy.created_at)),
        update_time: Some(timestamp(policy.updated_at)),
    }
}

fn trigger(trigger: &Trigger) -> v1::EscalationTrigger {
    let mut wire = v1::EscalationTrigger { kind: trigger.kind().to_wire(), ..Default::default() };
    match trigger {
        Trigger::TimeInState { state, after } => {
            wire.state = state.to_wire();
            wire.after = Some(duration(*after));
        }
        Trigger::Priority(least) => wire.priority = least.to_wire(),
        Trigger::Keyword(words) => wire.words.clone_from(words),
        Trigger::Sentiment(most) => wire.sentiment_at_most = i32::from(*most),
        Trigger::CustomerTier(tiers) => wire.customer_tiers.clone_from(tiers),
        Trigger::AgentRequest => {}
    }
    wire
}

fn level(level: &Level) -> v1::EscalationLevel {
    let action = |action: &Action| v1::EscalationAction {
        action: Some(match action {
            Action::RaisePriority(to) => {
                let priority = to.map(Coded::to_wire).unwrap_or_default();
                Wire::Raise(v1::EscalationRaise { priority })
            }
            Action::Widen => Wire::Widen(v1::EscalationWiden {}),
            Action::MoveToQueue(id) => Wire::QueueId(id.to_string()),
            Action::Notify(id) => Wire::TeamId(id.to_string()),
            Action::NotifyEscalationTeam => Wire::EscalationTeam(v1::EscalationTeam {}),
            Action::Reassign(id) => Wire::ReassignQueueId(id.to_string()),
            Action::Page(id) => Wire::PageAccountId(id.to_string()),
        }),
    };
    v1::EscalationLevel {
        after: Some(duration(level.after)),
        actions: level.actions.iter().map(action).collect(),
    }
}

/// What a policy of the wire says.
///
/// # Errors
/// `VALIDATION_FAILED`.
pub fn spec(wire: &v1::EscalationPolicy) -> Result<EscalationSpec, Status> {
    let reminders = match (wire.silent, wire.reminders.as_slice()) {
        (true, _) => Vec::new(),
        (false, []) => REMINDERS.to_vec(),
        (false, some) => some.iter().map(span).collect(),
    };
    Ok(EscalationSpec {
        enabled: wire.enabled,
        triggers: wire.triggers.iter().filter_map(trigger_of_wire).collect(),
        levels: wire.levels.iter().map(level_of_wire).collect::<Result<_, _>>()?,
        reminders,
    })
}

fn trigger_of_wire(wire: &v1::EscalationTrigger) -> Option<Trigger> {
    Some(match TriggerKind::of_wire(wire.kind)? {
        TriggerKind::TimeInState => Trigger::TimeInState {
            state: WatchedState::of_wire(wire.state).unwrap_or(WatchedState::Waiting),
            after: wire.after.as_ref().map(span).unwrap_or_default(),
        },
        TriggerKind::Priority => {
            Trigger::Priority(Priority::of_wire(wire.priority).unwrap_or(Priority::Critical))
        }
        TriggerKind::Keyword => Trigger::Keyword(wire.words.clone()),
        TriggerKind::Sentiment => Trigger::Sentiment(mood(wire.sentiment_at_most)),
        TriggerKind::CustomerTier => Trigger::CustomerTier(wire.customer_tiers.clone()),
        TriggerKind::AgentRequest => Trigger::AgentRequest,
    })
}

fn level_of_wire(wire: &v1::EscalationLevel) -> Result<Level, Status> {
    let action = |action: &v1::EscalationAction| {
        let Some(action) = &action.action else { return Ok(None) };
        Ok(Some(match action {
            Wire::Raise(to) => Action::RaisePriority(Priority::of_wire(to.priority)),
            Wire::Widen(_) => Action::Widen,
            Wire::QueueId(queue) => Action::MoveToQueue(id(queue)?),
            Wire::TeamId(team) => Action::Notify(id(team)?),
            Wire::EscalationTeam(_) => Action::NotifyEscalationTeam,
            Wire::ReassignQueueId(queue) => Action::Reassign(id(queue)?),
            Wire::PageAccountId(account) => Action::Page(id(account)?),
        }))
    };
    let actions: Result<Vec<Option<Action>>, Status> = wire.actions.iter().map(action).collect();
    let after = wire.after.as_ref().map(span).unwrap_or_default();
    Ok(Level { after, actions: actions?.into_iter().flatten().collect() })
}

/// A mood, from -100 to 100.
#[must_use]
pub fn mood(wire: i32) -> i8 {
    i8::try_from(wire.clamp(-100, 100)).unwrap_or_default()
}

/// How a ladder stands, as the wire writes it.
#[must_use]
pub fn ladder(ladder: &Ladder) -> v1::EscalationLadder {
    v1::EscalationLadder {
        policy_id: ladder.policy_id.to_string(),
        version: ladder.version,
        status: ladder.status().to_wire(),
        level: i32::from(ladder.level),
        last_trigger: ladder.trigger.map(Coded::to_wire).unwrap_or_default(),
        climb_time: ladder.climbs_since.map(timestamp),
        raise_time: ladder.raised_at.map(timestamp),
        next_time: ladder.next_at().map(timestamp),
        pages: Vec::new(),
    }
}

/// What the log says, as the feed tells it; configuration is told as all configuration is.
#[must_use]
pub fn data(fact: &EscalationFact) -> Data {
    match fact {
        EscalationFact::Triggered { policy_id, trigger, queue_id, .. } => {
            Data::EscalationTriggered(v1::EscalationTriggered {
                policy_id: policy_id.to_string(),
                trigger: trigger.to_wire(),
                queue_id: id_text(*queue_id),
            })
        }
        EscalationFact::Raised {
            policy_id,
            level,
            trigger,
            priority,
            widened,
            queue_id,
            notified,
            paged,
            ..
        } => Data::EscalationRaised(v1::EscalationRaised {
            policy_id: policy_id.to_string(),
            level: i32::from(*level),
            trigger: trigger.to_wire(),
            priority: priority.to_wire(),
            widened: *widened,
            queue_id: id_text(*queue_id),
            notified_team_ids: notified.iter().map(TeamId::to_string).collect(),
            paged_account_ids: paged.iter().map(AccountId::to_string).collect(),
        }),
        EscalationFact::Reminded { policy_id, level, count, queue_id, .. } => {
            Data::EscalationReminded(v1::EscalationReminded {
                policy_id: policy_id.to_string(),
                level: i32::from(*level),
                count: i32::from(*count),
                queue_id: id_text(*queue_id),
            })
        }
        EscalationFact::PolicySaved { policy_id, change, version, .. } => {
            configured(policy_id.0, *change, *version)
        }
        EscalationFact::PolicyDeleted { policy_id } => configured(policy_id.0, Change::Deleted, 0),
    }
}

fn configured(id: Uuid, change: Change, version: i64) -> Data {
    Data::ConfigChanged(v1::ConfigChanged {
        resource_kind: v1::ResourceKind::EscalationPolicy as i32,
        resource_id: id.to_string(),
        action: super::event::action(change) as i32,
        version,
    })
}

/// What a fact is about.
#[must_use]
pub const fn subject(fact: &EscalationFact) -> (v1::ResourceKind, Uuid) {
    use v1::ResourceKind as Kind;
    match fact {
        EscalationFact::Triggered { interaction_id, .. }
        | EscalationFact::Raised { interaction_id, .. }
        | EscalationFact::Reminded { interaction_id, .. } => (Kind::Interaction, interaction_id.0),
        EscalationFact::PolicySaved { policy_id, .. }
        | EscalationFact::PolicyDeleted { policy_id } => (Kind::EscalationPolicy, policy_id.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::id::{EscalationPolicyId, QueueId};
    use domain::time::{Span, Timestamp};

    #[test]
    fn what_a_policy_says_reads_back() {
        let after = Span::from_secs(90);
        let timed = |state: &WatchedState| Trigger::TimeInState { state: *state, after };
        let mut triggers: Vec<Trigger> = WatchedState::ALL.iter().map(timed).collect();
        triggers.extend([
            Trigger::Priority(Priority::High),
            Trigger::Keyword(vec!["lawyer".into()]),
            Trigger::Sentiment(-70),
            Trigger::CustomerTier(vec!["gold".into()]),
            Trigger::AgentRequest,
        ]);
        let actions = vec![
            Action::RaisePriority(None),
            Action::RaisePriority(Some(Priority::Urgent)),
            Action::Widen,
            Action::MoveToQueue(QueueId(Uuid::now_v7())),
            Action::Notify(TeamId(Uuid::now_v7())),
            Action::NotifyEscalationTeam,
            Action::Reassign(QueueId(Uuid::now_v7())),
            Action::Page(AccountId(Uuid::now_v7())),
        ];
        for reminders in [vec![after], Vec::new()] {
            let levels = vec![Level { after, actions: actions.clone() }, Level::default()];
            let triggers = triggers.clone();
            let known = EscalationPolicy {
                id: EscalationPolicyId(Uuid::now_v7()),
                name: "Late".into(),
                spec: EscalationSpec { enabled: true, triggers, levels, reminders },
                version: 4,
                created_at: Timestamp::from_micros(1),
                updated_at: Timestamp::from_micros(2),
            };
            assert_eq!(spec(&policy(&known)).expect("our own"), known.spec);
        }
    }

    #[test]
    fn reminders_come_unless_they_are_unwanted() {
        let said = spec(&v1::EscalationPolicy::default()).expect("nothing wrong");
        assert_eq!(said.reminders, REMINDERS);
        let none = v1::EscalationPolicy { silent: true, ..Default::default() };
        assert!(spec(&none).expect("nothing wrong").reminders.is_empty());
    }
}
