//! One interaction, followed: itself, its messages and its offers, and every change of them in
//! order, over as many connections as it takes. Where it has to begin anew, a snapshot says so.

use crate::client::Client;
use crate::error::Error;
use crate::stream::driver::{Deliveries, Link, Running, Source, run};
use crate::stream::frame::{Body, Delivered, Frame, What};
use crate::stream::state::StateReader;
use crate::stream::tracker::{Kind, Start};
use crate::stream::{FIRST_OPEN_TIMEOUT, Task, carrying};
use crate::v1::{self, interaction_event, interaction_frame, interaction_snapshot};
use futures::{FutureExt, Stream, StreamExt};
use prost_types::Timestamp;
use std::pin::Pin;
use std::task::{Context, Poll};

/// One change of an interaction, in its place.
#[derive(Clone, Debug, PartialEq)]
pub struct InteractionUpdate {
    /// Sequence that the stream has reached. What one event changed may take several updates, which
    /// have the same sequence.
    pub seq: i64,
    /// Identifier of the change; empty inside the snapshot.
    pub event_id: String,
    /// When it was committed; absent inside the snapshot.
    pub time: Option<Timestamp>,
    /// What it is.
    pub change: InteractionChange,
}

/// What an update says.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum InteractionChange {
    /// A snapshot begins: forget what was known before.
    SnapshotBegun,
    /// The interaction, in the snapshot or after a change.
    Interaction(Box<v1::Interaction>),
    /// A message: in the snapshot, new, or one whose delivery moved on.
    Message(Box<v1::Message>),
    /// An offer: in the snapshot, made, or changed.
    Offer(Box<v1::Offer>),
    /// The snapshot is complete; what follows are changes.
    SnapshotEnd,
    /// Something this client is too old to know.
    Unknown,
}

#[derive(Debug, PartialEq)]
struct Piece {
    event_id: String,
    time: Option<Timestamp>,
    change: InteractionChange,
}

/// An interaction that is followed. The last item, if it ends, is the error that ended it; one that
/// its reader may no longer read ends with SUBJECT_GONE.
#[derive(Debug)]
pub struct InteractionStream {
    updates: Deliveries<Piece>,
    states: StateReader,
    hello: v1::Hello,
    _task: Task,
}

/// Follows an interaction. Waits until it is open, for at most 30 seconds.
pub async fn watch(
    client: &Client,
    interaction_id: impl Into<String>,
) -> Result<InteractionStream, Error> {
    let source = source(client, interaction_id.into());
    let running = run(Kind::Events, Start::New, source, FIRST_OPEN_TIMEOUT).await?;
    let Running { hello, deliveries: updates, states, task, .. } = running;
    Ok(InteractionStream { updates, states, hello, _task: task })
}

const RPC: &str = "/omnichannel.v1.InteractionService/WatchInteraction";

fn source(client: &Client, interaction_id: String) -> Source<Piece, ()> {
    let interactions = client.interactions();
    Source::new(client, RPC, move |start, headers| {
        let mut interactions = interactions.clone();
        let resume_token = if let Start::Token(token) = start { token } else { String::new() };
        let interaction_id = interaction_id.clone();
        let request = v1::WatchInteractionRequest { interaction_id, resume_token };
        let open = async move {
            let response = interactions.watch_interaction(carrying(headers, request)).await?;
            let frames = response.into_inner().map(|answer| answer.map(frame));
            Ok(Link { frames: frames.boxed(), up: None })
        };
        open.boxed()
    })
}

impl InteractionStream {
    /// What comes next; `None` after the error that ended the stream. Cancelling loses nothing.
    pub async fn next(&mut self) -> Option<Result<InteractionUpdate, Error>> {
        StreamExt::next(self).await
    }

    /// First frame of the first connection.
    pub fn hello(&self) -> &v1::Hello {
        &self.hello
    }

    /// How the stream is doing: all changes since it was opened.
    pub fn states(&self) -> StateReader {
        self.states.clone()
    }
}

impl Stream for InteractionStream {
    type Item = Result<InteractionUpdate, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.updates.poll_recv(cx).map(|next| Some(next?.map(update)))
    }
}

fn frame(response: v1::WatchInteractionResponse) -> Frame<Piece> {
    use interaction_frame::Frame as Kind;
    let Some(v1::InteractionFrame { frame, seq, resume_token: token }) = response.frame else {
        return Frame::unknown();
    };
    let body = match frame {
        Some(Kind::Hello(hello)) => Body::Hello(hello),
        Some(Kind::Snapshot(piece)) => Body::Snapshot(snapshot(piece)),
        Some(Kind::SnapshotEnd(_)) => Body::SnapshotEnd,
        Some(Kind::Event(event)) => Body::Event(changed(event)),
        Some(Kind::Heartbeat(_)) => Body::Heartbeat,
        Some(Kind::Goodbye(goodbye)) => Body::Goodbye(goodbye),
        None => Body::Unknown,
    };
    Frame { seq, token, body }
}

fn snapshot(piece: v1::InteractionSnapshot) -> Piece {
    use interaction_snapshot::Item;
    let change = match piece.item {
        Some(Item::Interaction(it)) => InteractionChange::Interaction(Box::new(it)),
        Some(Item::Message(message)) => InteractionChange::Message(Box::new(message)),
        Some(Item::Offer(offer)) => InteractionChange::Offer(Box::new(offer)),
        None => InteractionChange::Unknown,
    };
    Piece { event_id: String::new(), time: None, change }
}

fn changed(event: v1::InteractionEvent) -> Piece {
    use interaction_event::Change;
    let v1::InteractionEvent { id: event_id, time, change } = event;
    let change = match change {
        Some(Change::InteractionChanged(it)) => InteractionChange::Interaction(Box::new(it)),
        Some(Change::Message(message)) => InteractionChange::Message(Box::new(message)),
        Some(Change::Offer(offer)) => InteractionChange::Offer(Box::new(offer)),
        None => InteractionChange::Unknown,
    };
    Piece { event_id, time, change }
}

fn update(delivered: Delivered<Piece>) -> InteractionUpdate {
    let Delivered { seq, what, .. } = delivered;
    let bare = |change| Piece { event_id: String::new(), time: None, change };
    let Piece { event_id, time, change } = match what {
        What::Begun { .. } => bare(InteractionChange::SnapshotBegun),
        What::SnapshotEnd => bare(InteractionChange::SnapshotEnd),
        What::Snapshot(piece) | What::Event(piece) => piece,
    };
    InteractionUpdate { seq, event_id, time, change }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_taken_apart() {
        let message = v1::Message { id: "m".into(), ..Default::default() };
        let change = Some(interaction_event::Change::Message(message.clone()));
        let event = v1::InteractionEvent { id: "e".into(), time: None, change };
        let response = |frame| v1::WatchInteractionResponse {
            frame: Some(v1::InteractionFrame { frame, seq: 7, resume_token: "t".into() }),
        };
        let taken = frame(response(Some(interaction_frame::Frame::Event(event))));
        assert_eq!((taken.seq, taken.token.as_str()), (7, "t"));
        let Body::Event(piece) = taken.body else { panic!("it is an event") };
        let told = update(Delivered { seq: 7, token: "t".into(), what: What::Event(piece) });
        assert_eq!(told.event_id, "e");
        assert_eq!(told.change, InteractionChange::Message(Box::new(message)));
        assert!(matches!(frame(response(None)).body, Body::Unknown));
        assert!(matches!(frame(Default::default()).body, Body::Unknown));
    }
}
