//! How frames get to one reader: through a backlog with a bound, each with the token of its place.
//! A reader who does not empty the backlog in time counts as too slow; room for the goodbye is kept
//! from the beginning.

use super::registry::Entry;
use super::{Frame, SLOW};
use crate::grpc::Edge;
use crate::proto::v1;
use app::context::short_hash;
use domain::id::TenantId;
use tokio::sync::mpsc;
use tonic::Status;

/// What a token stands for.
pub(super) struct Place {
    pub(super) generation: i64,
    pub(super) seq: i64,
}

impl Place {
    pub(super) fn pack(&self, key: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(32);
        bytes.extend_from_slice(&self.generation.to_be_bytes());
        bytes.extend_from_slice(&self.seq.to_be_bytes());
        bytes.extend_from_slice(&short_hash(&[key]));
        bytes
    }

    pub(super) fn unpack(bytes: &[u8], key: &[u8]) -> Option<Self> {
        let (generation, rest) = bytes.split_first_chunk::<8>()?;
        let (seq, bound) = rest.split_first_chunk::<8>()?;
        (bound == short_hash(&[key])).then(|| Self {
            generation: i64::from_be_bytes(*generation),
            seq: i64::from_be_bytes(*seq),
        })
    }
}

/// What waits for a reader. Boxed: a channel keeps room for many at once, and most of the time
/// nothing waits.
pub(super) type Waiting<R> = Box<Result<R, Status>>;

/// Sends frames to one reader, and keeps room for the goodbye.
pub(super) struct Sender<F: Frame> {
    pub(super) frames: mpsc::Sender<Waiting<F::Response>>,
    pub(super) farewell: Option<mpsc::OwnedPermit<Waiting<F::Response>>>,
    pub(super) edge: Edge,
    pub(super) tenant: TenantId,
    pub(super) kind: &'static str,
    pub(super) key: Vec<u8>,
    pub(super) entry: Entry,
    pub(super) generation: i64,
    pub(super) seq: i64,
    /// Whether the reader was sent all that came before `seq`; a goodbye inside a snapshot has no
    /// token.
    pub(super) whole: bool,
}

/// The reader is gone, or too slow.
pub(super) enum Unsent {
    Gone,
    Slow,
}

impl<F: Frame> Sender<F> {
    pub(super) fn token(&self) -> String {
        self.token_at(self.seq)
    }

    pub(super) fn token_at(&self, seq: i64) -> String {
        let place = Place { generation: self.generation, seq };
        self.edge.tokens.seal(self.kind, self.tenant, &place.pack(&self.key))
    }

    pub(super) async fn send(&self, frame: F) -> Result<(), Unsent> {
        self.put(Box::new(Ok(frame.at(self.seq, self.token())))).await
    }

    /// Sends a frame after which the stream cannot be resumed.
    pub(super) async fn send_bare(&self, frame: F) -> Result<(), Unsent> {
        self.put(Box::new(Ok(frame.at(self.seq, String::new())))).await
    }

    pub(super) async fn put(&self, response: Waiting<F::Response>) -> Result<(), Unsent> {
        match self.frames.send_timeout(response, SLOW).await {
            Ok(()) => {
                self.entry.sent(self.seq);
                Ok(())
            }
            Err(mpsc::error::SendTimeoutError::Timeout(_)) => Err(Unsent::Slow),
            Err(mpsc::error::SendTimeoutError::Closed(_)) => Err(Unsent::Gone),
        }
    }

    /// Puts a response in if there is room now; hands it back if there is none.
    pub(super) fn put_now(
        &self,
        response: Waiting<F::Response>,
    ) -> Result<Option<Waiting<F::Response>>, Unsent> {
        match self.frames.try_send(response) {
            Ok(()) => {
                self.entry.sent(self.seq);
                Ok(None)
            }
            Err(mpsc::error::TrySendError::Full(response)) => Ok(Some(response)),
            Err(mpsc::error::TrySendError::Closed(_)) => Err(Unsent::Gone),
        }
    }

    pub(super) fn goodbye(&mut self, bye: v1::Goodbye) {
        let token = if self.whole { self.token() } else { String::new() };
        let frame = F::goodbye(bye).at(self.seq, token);
        if let Some(room) = self.farewell.take() {
            room.send(Box::new(Ok(frame)));
        }
    }

    pub(super) fn fail(&mut self, status: Status) {
        if let Some(room) = self.farewell.take() {
            room.send(Box::new(Err(status)));
        }
    }
}
