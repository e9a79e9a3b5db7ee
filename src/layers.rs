//! What every request passes before a service sees it. One listener takes gRPC, gRPC-Web and plain
//! HTTP; the content type tells them apart. All gRPC goes through the [`gate`]: request id, span,
//! panics, credentials, permissions, limits and deadlines, before the body is read.

pub mod admission;
pub mod answers;
pub mod cors;
pub mod gate;
pub mod guarded;
pub mod peer;
pub mod request_id;

use crate::door::Peer;
use futures::future::BoxFuture;
use gate::Gate;
use http::{Request, Response, header};
use std::convert::Infallible;
use std::task::{Context, Poll};
use tonic::body::Body;
use tonic::service::Routes;
use tonic::transport::server::TcpConnectInfo;
use tonic_web::{GrpcWebLayer, GrpcWebService};
use tower::{Layer, Service};

/// What a service of the front answers, later.
pub(crate) type Answer = BoxFuture<'static, Result<Response<Body>, Infallible>>;

/// The first thing a request meets.
#[derive(Clone, Debug)]
pub struct Front {
    grpc: Gate<Routes>,
    web: GrpcWebService<Gate<Routes>>,
    http: axum::Router,
}

impl Front {
    /// A front before these.
    #[must_use]
    pub fn new(grpc: Gate<Routes>, http: axum::Router) -> Self {
        let web = GrpcWebLayer::new().layer(grpc.clone());
        Self { grpc, web, http }
    }
}

/// The protocols that are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Protocol {
    Grpc,
    GrpcWeb,
    Http,
}

fn protocol<B>(request: &Request<B>) -> Protocol {
    let kind = request.headers().get(header::CONTENT_TYPE).map(|kind| kind.as_bytes());
    match kind {
        Some(kind) if kind.starts_with(b"application/grpc-web") => Protocol::GrpcWeb,
        Some(kind) if kind.starts_with(b"application/grpc") => Protocol::Grpc,
        _ => Protocol::Http,
    }
}

impl Service<Request<Body>> for Front {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Answer;

    /// All three are always ready: what bounds them are permits.
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<Body>) -> Answer {
        if let Some(Peer { addr, certificate, .. }) = request.extensions().get::<Peer>().cloned() {
            let extensions = request.extensions_mut();
            // Where the transport's own look for the address.
            extensions.insert(TcpConnectInfo { local_addr: None, remote_addr: addr });
            if let Some(certificate) = certificate {
                extensions.insert(certificate);
            }
        }
        match protocol(&request) {
            Protocol::Grpc => self.grpc.call(request),
            Protocol::GrpcWeb => Box::pin(self.web.call(request)),
            Protocol::Http => {
                let answer = self.http.call(request);
                Box::pin(async move { Ok(answer.await?.map(Body::new)) })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_content_type_tells_the_protocol() {
        for (kind, expected) in [
            ("application/grpc", Protocol::Grpc),
            ("application/grpc+proto", Protocol::Grpc),
            ("application/grpc-web", Protocol::GrpcWeb),
            ("application/grpc-web-text+proto", Protocol::GrpcWeb),
            ("application/json", Protocol::Http),
            ("", Protocol::Http),
        ] {
            let request = Request::builder().header(header::CONTENT_TYPE, kind).body(());
            assert_eq!(protocol(&request.expect("a request")), expected, "{kind}");
        }
        assert_eq!(protocol(&Request::new(())), Protocol::Http);
    }
}
