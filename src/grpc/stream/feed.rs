//! The tenant's feed: every event of the log, from a token, from a place, or from now on.

use super::{Frames, Snapshot, Start, Subject, event_frame, hello, open};
use crate::grpc::Edge;
use crate::grpc::call;
use crate::grpc::convert;
use crate::proto::v1;
use domain::event::Recorded;
use tonic::{Request, Response, Status};

event_frame!(FeedFrame, feed_frame, WatchFeedResponse, snapshot: |_| None);

struct Feed;

impl Subject for Feed {
    type Frame = v1::FeedFrame;
    const KIND: &'static str = "feed";

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
        Ok(vec![v1::FeedFrame::of(v1::feed_frame::Frame::Event(convert::event::event(event)))])
    }
}

/// Serves `WatchFeed`.
///
/// # Errors
/// As the contract lists.
pub async fn watch(
    edge: &Edge,
    request: Request<v1::WatchFeedRequest>,
) -> Result<Response<Frames<v1::WatchFeedResponse>>, Status> {
    let (context, message) = call::watch(request, "/omnichannel.v1.AdminService/WatchFeed")?;
    let start = match message.start {
        Some(v1::watch_feed_request::Start::ResumeToken(token)) if !token.is_empty() => {
            Start::Token(token)
        }
        Some(v1::watch_feed_request::Start::FromSeq(seq)) => Start::Seq(seq),
        _ => Start::Now,
    };
    let pump = open(edge, &context, Feed, start).await?;
    Ok(pump.run(hello(), || std::future::ready(())))
}
