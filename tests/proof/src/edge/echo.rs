//! What the service is held against: bare tonic, with the service's own types and settings of its
//! transport, and nothing behind it. A read answers with a fixed message; a stream gets a fixed
//! frame whenever somebody writes.

use anyhow::{Context, Result};
use omnichannel_sdk::v1;
use prost::Message;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};
use tokio::sync::broadcast;
use tokio_stream::wrappers::BroadcastStream;
use tokio_stream::{Stream, StreamExt};
use tonic::body::Body;
use tonic::codegen::http::{Request as HttpRequest, Response as HttpResponse};
use tonic::codegen::{BoxFuture, Service};
use tonic::server::{Grpc, NamedService, ServerStreamingService, UnaryService};
use tonic::{Request, Response, Status};
use tonic_prost::ProstCodec;

/// Frames that may wait for one reader.
const BACKLOG: usize = 256;
/// As the service has them.
const STREAMS_PER_CONNECTION: u32 = 256;
const STREAM_WINDOW: u32 = 256 << 10;
const CONNECTION_WINDOW: u32 = 2 << 20;

/// How the echo is run.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Args {
    /// Where it listens.
    #[arg(long)]
    listen: SocketAddr,
    /// File with the answer to a read, as bytes of the message.
    #[arg(long)]
    answer: PathBuf,
    /// File with the frame that a write sends to every stream.
    #[arg(long)]
    frame: PathBuf,
}

/// Serves until it is killed.
pub(crate) async fn run(args: &Args) -> Result<()> {
    let answer = v1::GetInteractionResponse::decode(&*std::fs::read(&args.answer)?)?;
    let frame = v1::WatchFeedResponse::decode(&*std::fs::read(&args.frame)?)?;
    let (frames, _) = broadcast::channel(BACKLOG);
    let shared = Arc::new(Shared { answer, frame, frames });
    tonic::transport::Server::builder()
        .max_concurrent_streams(STREAMS_PER_CONNECTION)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .add_service(Echo::<false>(Arc::clone(&shared)))
        .add_service(Echo::<true>(shared))
        .serve(args.listen)
        .await
        .context("the echo")
}

struct Shared {
    answer: v1::GetInteractionResponse,
    frame: v1::WatchFeedResponse,
    frames: broadcast::Sender<()>,
}

/// Stands where `InteractionService` does or, with feeds, `AdminService`.
#[derive(Clone)]
struct Echo<const FEEDS: bool>(Arc<Shared>);

impl NamedService for Echo<false> {
    const NAME: &'static str = "omnichannel.v1.InteractionService";
}

impl NamedService for Echo<true> {
    const NAME: &'static str = "omnichannel.v1.AdminService";
}

impl<const FEEDS: bool> Service<HttpRequest<Body>> for Echo<FEEDS> {
    type Response = HttpResponse<Body>;
    type Error = Infallible;
    type Future = BoxFuture<HttpResponse<Body>, Infallible>;

    fn poll_ready(&mut self, _: &mut TaskContext<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: HttpRequest<Body>) -> Self::Future {
        let shared = Arc::clone(&self.0);
        let writes = request.uri().path().ends_with("/SendMessage");
        Box::pin(async move {
            Ok(if FEEDS {
                Grpc::new(ProstCodec::default()).server_streaming(Watch(shared), request).await
            } else if writes {
                Grpc::new(ProstCodec::default()).unary(Write(shared), request).await
            } else {
                Grpc::new(ProstCodec::default()).unary(Read(shared), request).await
            })
        })
    }
}

struct Read(Arc<Shared>);

impl UnaryService<v1::GetInteractionRequest> for Read {
    type Response = v1::GetInteractionResponse;
    type Future = BoxFuture<Response<Self::Response>, Status>;

    fn call(&mut self, _: Request<v1::GetInteractionRequest>) -> Self::Future {
        let answer = self.0.answer.clone();
        Box::pin(async move { Ok(Response::new(answer)) })
    }
}

struct Write(Arc<Shared>);

impl UnaryService<v1::SendMessageRequest> for Write {
    type Response = v1::SendMessageResponse;
    type Future = BoxFuture<Response<Self::Response>, Status>;

    fn call(&mut self, _: Request<v1::SendMessageRequest>) -> Self::Future {
        // Nobody may be there to see it.
        let _ = self.0.frames.send(());
        Box::pin(async { Ok(Response::new(v1::SendMessageResponse::default())) })
    }
}

struct Watch(Arc<Shared>);

impl ServerStreamingService<v1::WatchFeedRequest> for Watch {
    type Response = v1::WatchFeedResponse;
    type ResponseStream = Pin<Box<dyn Stream<Item = Result<v1::WatchFeedResponse, Status>> + Send>>;
    type Future = BoxFuture<Response<Self::ResponseStream>, Status>;

    fn call(&mut self, _: Request<v1::WatchFeedRequest>) -> Self::Future {
        let shared = Arc::clone(&self.0);
        Box::pin(async move {
            let told = BroadcastStream::new(shared.frames.subscribe());
            let frames = told.map(move |_| Ok(shared.frame.clone()));
            // The first frame says that the stream is there, as a Hello does.
            let first = tokio_stream::once(Ok(v1::WatchFeedResponse::default()));
            let all: Self::ResponseStream = Box::pin(first.chain(frames));
            Ok(Response::new(all))
        })
    }
}
