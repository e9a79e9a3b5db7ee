//! The tenant's feed: every event of the log, from a token, from a place, or from now on.

use super::packed::{Packed, Ring};
use super::{Frame, Frames, Snapshot, Start, Subject, event_frame, hello, open};
use crate::grpc::Edge;
use crate::grpc::call;
use crate::grpc::convert;
use crate::proto::v1;
use domain::event::Recorded;
use std::sync::Arc;
use std::time::Duration;
use tonic::{Request, Response, Status};

/// `WatchFeedResponse`, as far as it has to be written.
#[derive(Clone, PartialEq, prost::Message)]
struct Carrier {
    #[prost(message, optional, tag = "1")]
    frame: Option<v1::FeedFrame>,
}

event_frame!(
    FeedFrame,
    feed_frame,
    Packed,
    carry: |frame| Packed::of(&Carrier { frame: Some(frame) }),
    snapshot: |_| None
);

/// How long a busy feed gathers. Its readers are programs, and often many: woken for each event by
/// itself they cost three times as much.
const GATHER: Duration = Duration::from_millis(20);

struct Feed {
    ring: Arc<Ring>,
}

impl Subject for Feed {
    type Frame = v1::FeedFrame;
    const KIND: &'static str = "feed";
    const GATHER: Duration = GATHER;

    fn key(&self) -> Vec<u8> {
        Vec::new()
    }

    async fn snapshot(&mut self) -> Result<Option<Snapshot<Self::Frame>>, Status> {
        Ok(None)
    }

    async fn resume(&mut self, _: i64) -> Result<(), Status> {
        Ok(())
    }

    async fn frames(&mut self, event: &Recorded) -> Result<Vec<Self::Frame>, Status> {
        Ok(vec![framed(event)])
    }

    fn shared(
        &self,
        event: &Recorded,
        generation: i64,
        token: &dyn Fn() -> String,
    ) -> Option<Packed> {
        let write = || framed(event).at(event.seq, token());
        Some(self.ring.frame(generation, event.seq, write))
    }
}

fn framed(event: &Recorded) -> v1::FeedFrame {
    v1::FeedFrame::of(v1::feed_frame::Frame::Event(convert::event::event(event)))
}

/// Serves `WatchFeed`.
///
/// # Errors
/// As the contract lists.
pub async fn watch(
    edge: &Edge,
    request: Request<v1::WatchFeedRequest>,
) -> Result<Response<Frames<Packed>>, Status> {
    let (context, message) = call::watch(request, "/omnichannel.v1.AdminService/WatchFeed")?;
    let start = match message.start {
        Some(v1::watch_feed_request::Start::ResumeToken(token)) if !token.is_empty() => {
            Start::Token(token)
        }
        Some(v1::watch_feed_request::Start::FromSeq(seq)) => Start::Seq(seq),
        _ => Start::Now,
    };
    let feed = Feed { ring: edge.rings.of(context.caller.tenant) };
    let pump = open(edge, &context, feed, start).await?;
    Ok(pump.run(hello(), || std::future::ready(())))
}
