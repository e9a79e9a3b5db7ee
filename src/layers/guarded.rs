//! A response body that holds a permit until it has been sent, and that ends by itself when the
//! server closes: a stream that did not say goodbye in time ends with `DRAINING` instead of a lost
//! connection.

use crate::grpc::limits::Permit;
use crate::grpc::status::refuse;
use crate::metrics::OpenStream;
use domain::refusal::Reason;
use http_body::{Body as HttpBody, Frame, SizeHint};
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio_util::bytes::Bytes;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use tonic::Status;
use tonic::body::Body;

/// A body with its permit.
pub struct Guarded {
    inner: Body,
    closing: Option<Pin<Box<WaitForCancellationFutureOwned>>>,
    ended: bool,
    _permit: Permit,
    _open: Option<OpenStream>,
}

impl Guarded {
    /// A body that is sent as it is.
    #[must_use]
    pub fn call(inner: Body, permit: Permit) -> Body {
        Body::new(Self { inner, closing: None, ended: false, _permit: permit, _open: None })
    }

    /// A body that ends also when the server closes.
    #[must_use]
    pub fn stream(
        inner: Body,
        permit: Permit,
        closing: CancellationToken,
        open: OpenStream,
    ) -> Body {
        let closing = Some(Box::pin(closing.cancelled_owned()));
        Body::new(Self { inner, closing, ended: false, _permit: permit, _open: Some(open) })
    }
}

impl HttpBody for Guarded {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let this = &mut *self;
        // What is ready goes first: a goodbye that was said is still sent.
        if let Poll::Ready(frame) = Pin::new(&mut this.inner).poll_frame(cx) {
            return Poll::Ready(frame);
        }
        let Some(closing) = this.closing.as_mut() else { return Poll::Pending };
        if closing.as_mut().poll(cx).is_pending() {
            return Poll::Pending;
        }
        this.ended = true;
        let trailers = refuse(Reason::Draining).into_http::<()>().into_parts().0.headers;
        Poll::Ready(Some(Ok(Frame::trailers(trailers))))
    }

    fn is_end_stream(&self) -> bool {
        self.ended || self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grpc::limits::{Bounds, Limits};
    use futures::{StreamExt, stream};
    use http_body_util::{BodyExt, StreamBody};
    use tonic::Code;

    fn limits() -> Limits {
        let (streams_per_key, streams_per_tenant) = (1, 1);
        let (streams, calls, calls_per_tenant) = (1, 1, 1);
        Limits::new(Bounds {
            streams_per_key,
            streams_per_tenant,
            streams,
            calls,
            calls_per_tenant,
        })
    }

    /// A body that says one thing and then nothing, without end.
    fn held() -> Body {
        let one = stream::once(async { Ok::<_, Status>(Frame::data(Bytes::from_static(b"x"))) });
        Body::new(StreamBody::new(Box::pin(one.chain(stream::pending()))))
    }

    #[tokio::test]
    async fn a_stream_that_is_held_ends_with_draining_when_the_server_closes() {
        let (limits, closing) = (limits(), CancellationToken::new());
        let permit = limits.open_to_all().expect("room");
        let mut body = Guarded::stream(held(), permit, closing.clone(), OpenStream::of(None));
        let first = body.frame().await.expect("a frame").expect("no fault");
        assert_eq!(first.into_data().expect("data").as_ref(), b"x");
        assert!(limits.open_to_all().is_err(), "it counts as long as it is open");
        closing.cancel();
        let last = body.frame().await.expect("a frame").expect("no fault");
        let trailers = last.into_trailers().expect("trailers");
        let status = Status::from_header_map(&trailers).expect("a status");
        assert_eq!(status.code(), Code::Unavailable);
        assert!(body.frame().await.is_none() && body.is_end_stream());
        drop(body);
        limits.open_to_all().expect("given back");
    }

    #[tokio::test]
    async fn what_is_ready_goes_before_the_end() {
        let closing = CancellationToken::new();
        closing.cancel();
        let permit = limits().open_to_all().expect("room");
        let mut body = Guarded::stream(held(), permit, closing, OpenStream::of(None));
        let first = body.frame().await.expect("a frame").expect("no fault");
        assert!(first.is_data());
        assert!(body.frame().await.expect("a frame").expect("no fault").is_trailers());
    }

    #[tokio::test]
    async fn a_call_gives_its_permit_back_when_its_answer_is_sent() {
        let limits = limits();
        let permit = limits.call(None).expect("room");
        let full = Body::new(
            http_body_util::Full::new(Bytes::from_static(b"x")).map_err(|never| match never {}),
        );
        let body = Guarded::call(full, permit);
        assert!(limits.call(None).is_err());
        assert_eq!(body.collect().await.expect("a body").to_bytes().as_ref(), b"x");
        limits.call(None).expect("given back");
    }
}
