//! What the SDK shows, in the words of the runner: errors, updates of all streams, states.

use omnichannel_sdk::{
    AgentChange, AgentUpdate, Error, FeedEvent, InteractionChange, InteractionUpdate, LiveBoard,
    Reason, StateReader, StreamState, v1,
};
use serde_json::{Map, Value as Json, json};
use v1::event::Data;

/// An error.
pub(crate) fn error(error: &Error) -> Json {
    let code = code(error);
    let class = match error.reason() {
        Reason::Known(reason) => format!("{reason:?}"),
        _ => format!("{:?}", error.code()),
    };
    let goodbye = error.goodbye_reason().map(|reason| reason.as_str_name());
    json!({
        "class": class,
        "code": code,
        "reason": error.reason().name(),
        "metadata": error.metadata(),
        "violations": error.violations().iter().map(|one| &one.field).collect::<Vec<_>>(),
        "retry_after_ms": error.retry_after().map(|wait| wait.as_millis()),
        "local": error.is_local(),
        "retryable": error.is_retryable(),
        "goodbye": goodbye.unwrap_or_default().trim_start_matches("GOODBYE_REASON_"),
        "text": error.message(),
    })
}

/// The canonical name of a code: DeadlineExceeded as DEADLINE_EXCEEDED.
fn code(error: &Error) -> String {
    let mut name = String::new();
    for letter in format!("{:?}", error.code()).chars() {
        if letter.is_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(letter.to_ascii_uppercase());
    }
    name
}

/// A delivery of the feed.
pub(crate) fn fed(item: FeedEvent) -> Json {
    match item {
        FeedEvent::Restarted { seq } => json!({ "type": "restarted", "seq": seq }),
        FeedEvent::Event { event, resume_token } => {
            let subject = match &event.data {
                Some(Data::ConfigChanged(change)) => change.resource_id.clone(),
                _ => event.interaction_id.clone(),
            };
            json!({
                "type": "event",
                "seq": event.seq,
                "id": event.id,
                "kind": event.kind,
                "subject": subject,
                "token": resume_token,
            })
        }
    }
}

/// A board.
pub(crate) fn board(live: &LiveBoard) -> Json {
    let queues = live.board.queues.iter().map(|queue| (queue.name.clone(), json!(queue.depth)));
    json!({ "type": "board", "seq": live.seq, "queues": queues.collect::<Map<_, _>>() })
}

/// An update of a session.
pub(crate) fn update(update: AgentUpdate) -> Json {
    let AgentUpdate { seq, event_id, change, time } = update;
    let mut told = own(change);
    if let Some(fields) = told.as_object_mut() {
        fields.insert("seq".into(), json!(seq));
        fields.insert("event_id".into(), json!(event_id));
        fields.insert("snapshot".into(), json!(time.is_none()));
    }
    told
}

/// An update of an interaction that is watched.
pub(crate) fn watched(update: InteractionUpdate) -> Json {
    let InteractionUpdate { seq, event_id, change, time } = update;
    let mut told = match change {
        InteractionChange::SnapshotBegun => json!({ "type": "snapshot_begun" }),
        InteractionChange::SnapshotEnd => json!({ "type": "snapshot_end" }),
        InteractionChange::Interaction(work) => own(AgentChange::InteractionChanged(work)),
        InteractionChange::Message(message) => own(AgentChange::Message(message)),
        InteractionChange::Offer(offer) => json!({ "type": "offer", "offer": offer.id }),
        _ => json!({ "type": "unknown" }),
    };
    if let Some(fields) = told.as_object_mut() {
        fields.insert("seq".into(), json!(seq));
        fields.insert("event_id".into(), json!(event_id));
        fields.insert("snapshot".into(), json!(time.is_none()));
    }
    told
}

fn own(change: AgentChange) -> Json {
    match change {
        AgentChange::SnapshotBegun => json!({ "type": "snapshot_begun" }),
        AgentChange::SnapshotEnd => json!({ "type": "snapshot_end" }),
        AgentChange::SnapshotOffered(work) | AgentChange::Offered(work) => offered(&work),
        AgentChange::OfferEnded(offer) => json!({
            "type": "offer_ended", "offer": offer.id, "interaction": offer.interaction_id,
        }),
        AgentChange::SnapshotAssigned(work) | AgentChange::Assigned(work) => {
            json!({ "type": "assigned", "interaction": work.id })
        }
        AgentChange::Unassigned(work) => {
            json!({ "type": "unassigned", "interaction": work.interaction_id })
        }
        AgentChange::Message(message) => json!({
            "type": "message", "interaction": message.interaction_id, "body": message.body,
        }),
        AgentChange::InteractionChanged(work) => json!({
            "type": "interaction",
            "interaction": work.id,
            "status": work.status().as_str_name().trim_start_matches("INTERACTION_STATUS_"),
        }),
        AgentChange::SnapshotPresence(presence) | AgentChange::PresenceChanged(presence) => json!({
            "type": "presence",
            "status": presence.intended().as_str_name().trim_start_matches("PRESENCE_STATUS_"),
        }),
        _ => json!({ "type": "unknown" }),
    }
}

fn offered(work: &v1::OfferedWork) -> Json {
    let offer = work.offer.as_ref().map(|offer| &offer.id);
    let interaction = work.interaction.as_ref().map(|interaction| &interaction.id);
    json!({ "type": "offered", "offer": offer, "interaction": interaction })
}

/// The states of a stream that its reader has not seen yet.
pub(crate) fn state(state: StreamState) -> &'static str {
    match state {
        StreamState::Connecting => "connecting",
        StreamState::Connected => "connected",
        StreamState::Resuming => "resuming",
        StreamState::Resynced => "resynced",
        StreamState::Draining => "draining",
        StreamState::Stopped => "stopped",
        _ => "unknown",
    }
}

/// Reads states for as long as there are any, and keeps them.
pub(crate) async fn watch(mut reader: StateReader, seen: crate::Seen) {
    while let Some(one) = reader.changed().await {
        seen.lock().expect("nobody panics while holding it").push(state(one));
    }
}
