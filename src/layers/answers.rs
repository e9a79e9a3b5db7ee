//! Answers of calls on their way to whoever called. One holds its place among the calls under way
//! until it was taken, and it has to be taken within the time of the call: after that place and
//! content are given back, whatever the other end does. A transport that waits for its peer asks
//! for nothing, so that no timer of the body would be heard; therefore a task looks. An answer goes
//! out in pieces, because what is handed to the transport is held by it until it is taken.

use crate::door::{Left, Untaken};
use crate::grpc::limits::Permit;
use crate::grpc::status::refuse;
use domain::refusal::Reason;
use http_body::{Body as HttpBody, Frame, SizeHint};
use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio_util::bytes::{Buf, Bytes};
use tokio_util::sync::CancellationToken;
use tonic::Status;
use tonic::body::Body;

/// Most bytes of an answer that are handed to the transport at once.
const PIECE_MAX: usize = 16 << 10;

/// How often it is looked which answers are late.
const LOOK: Duration = Duration::from_millis(250);

/// The answers under way. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Answers(Arc<Mutex<Waiting>>);

#[derive(Debug, Default)]
struct Waiting {
    by_end: BTreeMap<Key, Weak<Mutex<State>>>,
    made: u64,
}

/// Until when an answer may be taken, and which of those of the same instant it is.
type Key = (Instant, u64);

/// An answer, as far as it has come.
#[derive(Debug)]
enum State {
    Open(Held),
    /// Nobody took it in time.
    Late {
        _left: Option<Left>,
    },
    Ended,
}

/// What an answer holds until it was taken.
struct Held {
    body: Body,
    /// What the body gave and was too large for a piece.
    rest: Bytes,
    untaken: Option<Untaken>,
    _permit: Permit,
}

impl std::fmt::Debug for Held {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Held").finish_non_exhaustive()
    }
}

/// The body of an answer.
struct Answer {
    state: Arc<Mutex<State>>,
    key: Key,
    answers: Answers,
}

impl Answers {
    /// A body with its permit, to be taken until then by a connection.
    #[must_use]
    pub fn body(
        &self,
        body: Body,
        permit: Permit,
        until: Instant,
        untaken: Option<Untaken>,
    ) -> Body {
        let held = Held { body, rest: Bytes::new(), untaken, _permit: permit };
        let state = Arc::new(Mutex::new(State::Open(held)));
        let mut waiting = self.waiting();
        waiting.made += 1;
        let key = (until, waiting.made);
        waiting.by_end.insert(key, Arc::downgrade(&state));
        drop(waiting);
        Body::new(Answer { state, key, answers: self.clone() })
    }

    /// Gives up answers that are late, until told to stop.
    pub async fn follow(self, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = tokio::time::sleep(LOOK) => self.give_up(Instant::now()),
                () = stop.cancelled() => return,
            }
        }
    }

    fn give_up(&self, now: Instant) {
        let mut waiting = self.waiting();
        let on_time = waiting.by_end.split_off(&(now, 0));
        let late = std::mem::replace(&mut waiting.by_end, on_time);
        drop(waiting);
        for state in late.into_values().filter_map(|state| state.upgrade()) {
            let mut state = lock(&state);
            if let State::Open(held) = &mut *state {
                let left = held.untaken.as_ref().map(Untaken::leave);
                *state = State::Late { _left: left };
            }
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Drop for Answer {
    fn drop(&mut self) {
        self.answers.waiting().by_end.remove(&self.key);
    }
}

/// A piece of what there is. One of several is a copy: the whole is given back when it is late,
/// even while the transport holds a piece.
fn piece(rest: &mut Bytes) -> Bytes {
    if rest.len() <= PIECE_MAX {
        return std::mem::take(rest);
    }
    let piece = Bytes::copy_from_slice(&rest[..PIECE_MAX]);
    rest.advance(PIECE_MAX);
    piece
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let mut state = lock(&self.state);
        let held = match &mut *state {
            State::Open(held) => held,
            State::Late { .. } => {
                *state = State::Ended;
                let told = refuse(Reason::DeadlinePassed).into_http::<()>().into_parts().0.headers;
                return Poll::Ready(Some(Ok(Frame::trailers(told))));
            }
            State::Ended => return Poll::Ready(None),
        };
        if held.rest.has_remaining() {
            return Poll::Ready(Some(Ok(Frame::data(piece(&mut held.rest)))));
        }
        let Poll::Ready(frame) = Pin::new(&mut held.body).poll_frame(cx) else {
            return Poll::Pending;
        };
        match frame {
            Some(Ok(frame)) => Poll::Ready(Some(Ok(match frame.into_data() {
                Ok(data) => {
                    held.rest = data;
                    Frame::data(piece(&mut held.rest))
                }
                Err(other) => other,
            }))),
            ended => {
                *state = State::Ended;
                Poll::Ready(ended)
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match &*lock(&self.state) {
            State::Open(held) => held.rest.is_empty() && held.body.is_end_stream(),
            State::Late { .. } => false,
            State::Ended => true,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &*lock(&self.state) {
            State::Open(held) if held.rest.is_empty() => held.body.size_hint(),
            _ => SizeHint::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::door::UNTAKEN_MAX;
    use crate::grpc::limits::Limits;
    use crate::grpc::limits::tests::{caller, small};
    use domain::id::TenantId;
    use http_body_util::{BodyExt, Full};
    use tonic::Code;
    use uuid::Uuid;

    fn of(bytes: &Bytes) -> Body {
        Body::new(Full::new(bytes.clone()).map_err(|never| match never {}))
    }

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(60)
    }

    #[tokio::test]
    async fn an_answer_arrives_whole_in_pieces_and_gives_its_place_back() {
        let (limits, answers) = (Limits::new(small()), Answers::default());
        let caller = caller(TenantId(Uuid::now_v7()));
        for size in [0, 1, PIECE_MAX, PIECE_MAX + 1, 5 * PIECE_MAX + 7] {
            let bytes: Bytes =
                (0..size).map(|at| u8::try_from(at % 251).expect("a byte")).collect();
            let permit = limits.call(&caller).expect("room");
            let mut body = answers.body(of(&bytes), permit, soon(), None);
            // Of an empty one nothing is left to be taken.
            let counts = limits.call(&caller).is_err();
            assert_eq!(counts, size > 0, "it counts as long as it is not taken: {size} bytes");
            let mut taken = Vec::new();
            while let Some(frame) = body.frame().await {
                let piece = frame.expect("no fault").into_data().expect("data");
                assert!(piece.len() <= PIECE_MAX);
                taken.extend_from_slice(&piece);
            }
            assert!(taken == bytes && body.is_end_stream(), "{size} bytes");
        }
        assert!(answers.waiting().by_end.is_empty(), "nothing is left behind");
    }

    #[tokio::test]
    async fn what_nobody_took_in_time_is_given_back_and_told() {
        let (limits, answers) = (Limits::new(small()), Answers::default());
        let caller = caller(TenantId(Uuid::now_v7()));
        let permit = limits.call(&caller).expect("room");
        let bytes = Bytes::from(vec![7; 3 * PIECE_MAX]);
        let mut body = answers.body(of(&bytes), permit, soon(), None);
        let first = body.frame().await.expect("a frame").expect("no fault");
        answers.give_up(Instant::now());
        assert!(limits.call(&caller).is_err(), "it is not late yet");
        answers.give_up(soon() + Duration::from_secs(1));
        drop(limits.call(&caller).expect("the place is given back"));
        assert!(bytes.is_unique(), "and so is the content, of which {} are held", {
            first.data_ref().map_or(0, Bytes::len)
        });
        let last = body.frame().await.expect("a frame").expect("no fault");
        let told = Status::from_header_map(&last.into_trailers().expect("trailers"));
        assert_eq!(told.expect("a status").code(), Code::DeadlineExceeded);
        assert!(body.frame().await.is_none() && body.is_end_stream());
    }

    #[tokio::test]
    async fn a_connection_may_leave_some_and_not_many() {
        let (untaken, limits) = (Untaken::default(), Limits::new(small()));
        let answers = Answers::default();
        let mut open = Vec::new();
        for at in 0..=UNTAKEN_MAX {
            assert!(!untaken.is_too_much(), "{at} are left");
            let permit = limits.stranger_call(None).expect("room");
            open.push(answers.body(
                of(&Bytes::from_static(b"x")),
                permit,
                soon(),
                Some(untaken.clone()),
            ));
            answers.give_up(soon() + Duration::from_secs(1));
        }
        assert!(untaken.is_too_much());
        open.pop();
        assert!(!untaken.is_too_much(), "one whose stream is gone counts no more");
    }
}
