//! Events of agents' sessions and presence.

use crate::grpc::convert::codes::Coded;
use crate::proto::v1;
use crate::proto::v1::event::Data;
use domain::event::{Actor, ActorKind, Event};

/// What such an event carries.
pub(super) fn data(event: &Event, actor: Actor) -> Option<Data> {
    Some(match event {
        Event::AgentSessionOpened { agent_id, session_id, .. } => {
            Data::AgentSessionOpened(v1::AgentSessionOpened {
                agent_id: agent_id.to_string(),
                session_id: session_id.to_string(),
            })
        }
        Event::AgentSessionClosed { agent_id, session_id } => {
            let lost = actor.kind == ActorKind::System;
            Data::AgentSessionClosed(v1::AgentSessionClosed {
                agent_id: agent_id.to_string(),
                session_id: session_id.to_string(),
                reason: if lost { "lost" } else { "closed" }.to_owned(),
            })
        }
        Event::AgentPresenceChanged { .. } => Data::AgentPresenceChanged(changed(event)?),
        _ => return None,
    })
}

fn changed(event: &Event) -> Option<v1::AgentPresenceChanged> {
    let Event::AgentPresenceChanged {
        agent_id,
        intended,
        effective,
        previous,
        next,
        channels,
        duty,
        ..
    } = event
    else {
        return None;
    };
    Some(v1::AgentPresenceChanged {
        agent_id: agent_id.to_string(),
        intended: intended.to_wire(),
        effective: effective.to_wire(),
        previous_effective: previous.map(Coded::to_wire).unwrap_or_default(),
        next: next.map(Coded::to_wire).unwrap_or_default(),
        channels: channels.iter().map(|kind| kind.to_wire()).collect(),
        duty: duty.to_wire(),
    })
}
