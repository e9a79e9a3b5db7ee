//! What the frames of all streams of the contract have in common, and the one way in which those of
//! event streams are made.

use crate::proto::v1;

/// A frame of some stream of the contract.
pub trait Frame: Sized + Send + Sync + 'static {
    /// The response message that carries it.
    type Response: Send + 'static;
    /// The frame that opens a stream.
    fn hello(hello: v1::Hello) -> Self;
    /// The frame that ends a snapshot; none for streams that have no snapshot.
    fn snapshot_end(end: v1::SnapshotEnd) -> Option<Self>;
    /// The frame that breaks a silence.
    fn heartbeat(beat: v1::Heartbeat) -> Self;
    /// The frame that ends a stream.
    fn goodbye(bye: v1::Goodbye) -> Self;
    /// The response with this frame, at a place in the log, with its token.
    fn at(self, seq: i64, resume_token: String) -> Self::Response;
}

/// The frames of an event stream of the contract.
macro_rules! event_frame {
    ($frame:ident, $module:ident, $response:ty, carry: $carry:expr, snapshot: $snapshot:expr) => {
        impl $crate::grpc::stream::Frame for $crate::proto::v1::$frame {
            type Response = $response;

            fn hello(hello: $crate::proto::v1::Hello) -> Self {
                Self::of($crate::proto::v1::$module::Frame::Hello(hello))
            }

            fn snapshot_end(end: $crate::proto::v1::SnapshotEnd) -> Option<Self> {
                let make: fn($crate::proto::v1::SnapshotEnd) -> Option<Self> = $snapshot;
                make(end)
            }

            fn heartbeat(beat: $crate::proto::v1::Heartbeat) -> Self {
                Self::of($crate::proto::v1::$module::Frame::Heartbeat(beat))
            }

            fn goodbye(bye: $crate::proto::v1::Goodbye) -> Self {
                Self::of($crate::proto::v1::$module::Frame::Goodbye(bye))
            }

            fn at(self, seq: i64, resume_token: String) -> Self::Response {
                let carry: fn(Self) -> $response = $carry;
                carry(Self { seq, resume_token, ..self })
            }
        }

        impl $crate::proto::v1::$frame {
            fn of(frame: $crate::proto::v1::$module::Frame) -> Self {
                Self { frame: Some(frame), ..Self::default() }
            }
        }
    };
}
pub(crate) use event_frame;
