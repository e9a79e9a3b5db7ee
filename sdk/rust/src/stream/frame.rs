//! One shape for the frames of all streams, so that order, position and reconnecting are written
//! once. What a stream carries beside the common frames is its `T`.

use crate::v1;

/// A frame, whatever stream it came from.
#[derive(Debug)]
pub(crate) struct Frame<T> {
    /// Sequence that the stream has reached.
    pub(crate) seq: i64,
    /// Continues after this frame; may be empty.
    pub(crate) token: String,
    pub(crate) body: Body<T>,
}

#[derive(Debug)]
pub(crate) enum Body<T> {
    Hello(v1::Hello),
    Snapshot(T),
    SnapshotEnd,
    Event(T),
    Result(v1::CommandResult),
    Heartbeat,
    Goodbye(v1::Goodbye),
    /// A kind that this client does not know.
    Unknown,
}

impl<T> Frame<T> {
    /// A response that holds no frame.
    pub(crate) fn unknown() -> Self {
        Self { seq: 0, token: String::new(), body: Body::Unknown }
    }
}

/// What a reader is given, in order.
#[derive(Debug, PartialEq)]
pub(crate) struct Delivered<T> {
    pub(crate) seq: i64,
    /// Newest token at this place; may be empty.
    pub(crate) token: String,
    pub(crate) what: What<T>,
}

#[derive(Debug, PartialEq)]
pub(crate) enum What<T> {
    /// The stream opened at a new beginning. `again`: it was at some place before.
    Begun {
        again: bool,
    },
    Snapshot(T),
    SnapshotEnd,
    Event(T),
}
