//! Streams frame by frame, as they come over the wire: for what the SDK hides, which is order,
//! tokens, heartbeats and goodbyes.

use super::{PATIENCE, soon};
use futures::StreamExt;
use futures::stream::BoxStream;
use omnichannel_sdk::v1;
use std::fmt::Debug;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};

/// Frames of one stream, in order.
pub(crate) struct Frames<F> {
    inner: BoxStream<'static, Result<F, Status>>,
}

impl<F: Debug + 'static> Frames<F> {
    /// The frames of a response.
    pub(crate) fn of<R: 'static>(
        response: Response<Streaming<R>>,
        frame: fn(R) -> Option<F>,
    ) -> Self {
        let take = move |next: Result<R, Status>| {
            next.map(|response| frame(response).expect("every response carries a frame"))
        };
        Self { inner: response.into_inner().map(take).boxed() }
    }

    /// The next frame.
    pub(crate) async fn next(&mut self) -> F {
        let next = soon("a frame", self.inner.next()).await;
        next.expect("the stream goes on").expect("the stream goes well")
    }

    /// The next frame if one comes within this time.
    pub(crate) async fn within(&mut self, wait: Duration) -> Option<F> {
        let next = timeout(wait, self.inner.next()).await.ok()?;
        Some(next.expect("the stream goes on").expect("the stream goes well"))
    }

    /// The first frame from now on that this takes.
    pub(crate) async fn until<T>(&mut self, what: &str, mut take: impl FnMut(F) -> Option<T>) -> T {
        soon(what, async {
            loop {
                if let Some(taken) = take(self.next().await) {
                    return taken;
                }
            }
        })
        .await
    }

    /// Reads to the end, which must be orderly and come soon; the last frame.
    pub(crate) async fn last(&mut self) -> F {
        let mut last = None;
        let read = async {
            while let Some(next) = self.inner.next().await {
                last = Some(next.expect("the stream ends with status OK"));
            }
        };
        let ended = timeout(PATIENCE, read).await;
        assert!(ended.is_ok(), "the stream does not end after {last:?}");
        last.expect("a stream has a last frame")
    }
}

/// The way up of a stream.
#[derive(Clone)]
pub(crate) struct Up<U>(mpsc::Sender<U>);

impl<U: Send + 'static> Up<U> {
    pub(crate) async fn send(&self, message: U) {
        self.0.send(message).await.expect("the way up is open");
    }

    /// As [`Up::send`], where the other side may have ended the stream already.
    pub(crate) async fn offer(&self, message: U) {
        let _ = self.0.send(message).await;
    }
}

/// A way up that begins with a message.
pub(crate) async fn up<U: Send + 'static>(first: U) -> (Up<U>, Request<ReceiverStream<U>>) {
    let (sender, receiver) = mpsc::channel(16);
    let up = Up(sender);
    up.send(first).await;
    (up, Request::new(ReceiverStream::new(receiver)))
}

/// One frame up a session.
pub(crate) fn command(
    command: v1::session_request::Command,
    request_id: &str,
) -> v1::SessionRequest {
    v1::SessionRequest { command: Some(command), request_id: request_id.to_owned() }
}

/// Opens a session by hand.
pub(crate) async fn session(
    client: &omnichannel_sdk::Client,
    open: v1::SessionOpen,
) -> Result<(Up<v1::SessionRequest>, Frames<v1::AgentFrame>), Status> {
    let first = command(v1::session_request::Command::Open(open), "");
    let (sender, request) = up(first).await;
    let response = client.agents().session(request).await?;
    Ok((sender, Frames::of(response, |response: v1::SessionResponse| response.frame)))
}

/// Opens the twin of a session.
pub(crate) async fn watch(
    client: &omnichannel_sdk::Client,
    request: v1::WatchAssignmentsRequest,
) -> Result<Frames<v1::AgentFrame>, Status> {
    let response = client.agents().watch_assignments(request).await?;
    Ok(Frames::of(response, |response: v1::WatchAssignmentsResponse| response.frame))
}

/// Follows the feed.
pub(crate) async fn feed(
    client: &omnichannel_sdk::Client,
    start: Option<v1::watch_feed_request::Start>,
) -> Result<Frames<v1::FeedFrame>, Status> {
    let response = client.admin().watch_feed(v1::WatchFeedRequest { start }).await?;
    Ok(Frames::of(response, |response: v1::WatchFeedResponse| response.frame))
}

/// Follows an interaction.
pub(crate) async fn interaction(
    client: &omnichannel_sdk::Client,
    request: v1::WatchInteractionRequest,
) -> Result<Frames<v1::InteractionFrame>, Status> {
    let response = client.interactions().watch_interaction(request).await?;
    Ok(Frames::of(response, |response: v1::WatchInteractionResponse| response.frame))
}
