//! The tenant's feed as one unbroken stream of events: every sequence exactly once and in order,
//! over as many connections as it takes. Where events are really lost, it says so in its place
//! instead of going on silently.

use crate::client::Client;
use crate::error::Error;
use crate::stream::driver::{Deliveries, Link, Running, Source, run};
use crate::stream::frame::{Body, Delivered, Frame, What};
use crate::stream::state::StateReader;
use crate::stream::tracker::{Kind, Start};
use crate::stream::{FIRST_OPEN_TIMEOUT, Task, carrying};
use crate::v1::{self, feed_frame, watch_feed_request};
use futures::{FutureExt, Stream, StreamExt};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

/// Where a feed starts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum FeedStart {
    /// Behind the newest event.
    #[default]
    Live,
    /// At this sequence, from 1 to one above the newest.
    Seq(i64),
    /// Behind the event that carried this token.
    Token(String),
}

/// How to follow a feed.
#[derive(Clone, Debug)]
pub struct FeedOptions {
    /// Where to start. A start that is no longer kept is an error.
    pub from: FeedStart,
    /// How long the first opening may take, repeats included. Default: 30 seconds.
    pub open_timeout: Duration,
}

impl Default for FeedOptions {
    fn default() -> Self {
        Self { from: FeedStart::default(), open_timeout: FIRST_OPEN_TIMEOUT }
    }
}

/// What a feed yields.
#[derive(Clone, Debug, PartialEq)]
pub enum FeedEvent {
    /// The next event.
    Event {
        /// The event.
        event: Box<v1::Event>,
        /// Continues behind this event, in this process or another.
        resume_token: String,
    },
    /// The feed could not go on where it was: events before this place may be missing, and after
    /// the database was restored sequences may begin lower.
    Restarted {
        /// Sequence that the feed has reached.
        seq: i64,
    },
}

impl FeedEvent {
    /// The event, if this is one.
    pub fn into_event(self) -> Option<v1::Event> {
        match self {
            Self::Event { event, .. } => Some(*event),
            Self::Restarted { .. } => None,
        }
    }
}

type FeedPiece = Box<v1::Event>;

/// Events of a tenant. The last item, if the feed ends, is the error that ended it.
#[derive(Debug)]
pub struct FeedStream {
    deliveries: Deliveries<FeedPiece>,
    states: StateReader,
    hello: v1::Hello,
    _task: Task,
}

/// Follows the tenant's feed. Waits until it is open.
pub async fn feed(client: &Client, options: FeedOptions) -> Result<FeedStream, Error> {
    let start = match options.from {
        FeedStart::Live => Start::New,
        FeedStart::Seq(seq) => Start::Seq(seq),
        FeedStart::Token(token) => Start::Token(token),
    };
    let running = run(Kind::Feed, start, source(client), options.open_timeout).await?;
    let Running { hello, deliveries, states, task, .. } = running;
    Ok(FeedStream { deliveries, states, hello, _task: task })
}

const RPC: &str = "/omnichannel.v1.AdminService/WatchFeed";

fn source(client: &Client) -> Source<FeedPiece, ()> {
    let admin = client.admin();
    Source::new(client, RPC, move |start, headers| {
        let mut admin = admin.clone();
        let open = async move {
            let start = match start {
                Start::New => None,
                Start::Token(token) => Some(watch_feed_request::Start::ResumeToken(token)),
                Start::Seq(seq) => Some(watch_feed_request::Start::FromSeq(seq)),
            };
            let response =
                admin.watch_feed(carrying(headers, v1::WatchFeedRequest { start })).await?;
            let frames = response.into_inner().map(|answer| answer.map(frame));
            Ok(Link { frames: frames.boxed(), up: None })
        };
        open.boxed()
    })
}

fn frame(response: v1::WatchFeedResponse) -> Frame<FeedPiece> {
    let Some(v1::FeedFrame { frame, seq, resume_token: token }) = response.frame else {
        return Frame::unknown();
    };
    let body = match frame {
        Some(feed_frame::Frame::Hello(hello)) => Body::Hello(hello),
        // The event knows its own place; that of the frame says the same.
        Some(feed_frame::Frame::Event(event)) => {
            return Frame { seq: event.seq, token, body: Body::Event(Box::new(event)) };
        }
        Some(feed_frame::Frame::Heartbeat(_)) => Body::Heartbeat,
        Some(feed_frame::Frame::Goodbye(goodbye)) => Body::Goodbye(goodbye),
        None => Body::Unknown,
    };
    Frame { seq, token, body }
}

fn event(delivered: Delivered<FeedPiece>) -> Option<FeedEvent> {
    let Delivered { seq, token: resume_token, what } = delivered;
    match what {
        What::Event(event) => Some(FeedEvent::Event { event, resume_token }),
        What::Begun { again: true } => Some(FeedEvent::Restarted { seq }),
        _ => None,
    }
}

impl FeedStream {
    /// What comes next; `None` after the error that ended the feed.
    pub async fn next(&mut self) -> Option<Result<FeedEvent, Error>> {
        StreamExt::next(self).await
    }

    /// First frame of the first connection.
    pub fn hello(&self) -> &v1::Hello {
        &self.hello
    }

    /// How the feed is doing: all changes since it was opened.
    pub fn states(&self) -> StateReader {
        self.states.clone()
    }
}

impl Stream for FeedStream {
    type Item = Result<FeedEvent, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            match ready!(self.deliveries.poll_recv(cx)) {
                None => return Poll::Ready(None),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                Some(Ok(delivered)) => {
                    if let Some(event) = event(delivered) {
                        return Poll::Ready(Some(Ok(event)));
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_taken_apart() {
        let inner = v1::Event { seq: 7, ..Default::default() };
        let response = |frame| v1::WatchFeedResponse {
            frame: Some(v1::FeedFrame { frame, seq: 7, resume_token: "t".into() }),
        };
        let taken = frame(response(Some(feed_frame::Frame::Event(inner))));
        assert!(matches!(taken.body, Body::Event(event) if event.seq == 7));
        assert_eq!((taken.seq, taken.token.as_str()), (7, "t"));
        assert!(matches!(frame(response(None)).body, Body::Unknown));
        let empty = frame(v1::WatchFeedResponse::default());
        assert!(matches!(empty.body, Body::Unknown));
    }

    #[test]
    fn only_a_new_beginning_in_the_middle_is_told() {
        let at = |what| Delivered { seq: 9, token: "t".into(), what };
        assert_eq!(event(at(What::Begun { again: false })), None);
        let again = event(at(What::Begun { again: true }));
        assert_eq!(again, Some(FeedEvent::Restarted { seq: 9 }));
        let next = event(at(What::Event(Box::default()))).unwrap();
        assert!(matches!(&next, FeedEvent::Event { resume_token, .. } if resume_token == "t"));
        assert!(next.into_event().is_some());
    }
}
