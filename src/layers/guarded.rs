//! The body of a stream: it holds a permit until it has ended, and it ends by itself when the
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
    closing: Pin<Box<WaitForCancellationFutureOwned>>,
    ended: bool,
    _permit: Permit,
    _open: OpenStream,
}

impl Guarded {
    /// A body that ends also when the server closes.
    #[must_use]
    pub fn stream(
        inner: Body,
        permit: Permit,
        closing: CancellationToken,
        open: OpenStream,
    ) -> Body {
        let closing = Box::pin(closing.cancelled_owned());
        Body::new(Self { inner, closing, ended: false, _permit: permit, _open: open })
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
        if this.closing.as_mut().poll(cx).is_pending() {
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
    use crate::grpc::limits::Limits;
    use crate::grpc::limits::tests::small;
    use futures::{StreamExt, stream};
    use http_body_util::{BodyExt, StreamBody};
    use std::net::{IpAddr, Ipv4Addr};
    use tonic::Code;

    /// Of whom there is one.
    const FROM: Option<IpAddr> = Some(IpAddr::V4(Ipv4Addr::LOCALHOST));

    /// A body that says one thing and then nothing, without end.
    fn held() -> Body {
        let one = stream::once(async { Ok::<_, Status>(Frame::data(Bytes::from_static(b"x"))) });
        Body::new(StreamBody::new(Box::pin(one.chain(stream::pending()))))
    }

    #[tokio::test]
    async fn a_stream_that_is_held_ends_with_draining_when_the_server_closes() {
        let (limits, closing) = (Limits::new(small()), CancellationToken::new());
        let permit = limits.stranger_stream(FROM).expect("room");
        let mut body = Guarded::stream(held(), permit, closing.clone(), OpenStream::of(None));
        let first = body.frame().await.expect("a frame").expect("no fault");
        assert_eq!(first.into_data().expect("data").as_ref(), b"x");
        assert!(limits.stranger_stream(FROM).is_err(), "it counts as long as it is open");
        closing.cancel();
        let last = body.frame().await.expect("a frame").expect("no fault");
        let trailers = last.into_trailers().expect("trailers");
        let status = Status::from_header_map(&trailers).expect("a status");
        assert_eq!(status.code(), Code::Unavailable);
        assert!(body.frame().await.is_none() && body.is_end_stream());
        drop(body);
        limits.stranger_stream(FROM).expect("given back");
    }

    #[tokio::test]
    async fn what_is_ready_goes_before_the_end() {
        let closing = CancellationToken::new();
        closing.cancel();
        let permit = Limits::new(small()).stranger_stream(FROM).expect("room");
        let mut body = Guarded::stream(held(), permit, closing, OpenStream::of(None));
        let first = body.frame().await.expect("a frame").expect("no fault");
        assert!(first.is_data());
        assert!(body.frame().await.expect("a frame").expect("no fault").is_trailers());
    }
}
