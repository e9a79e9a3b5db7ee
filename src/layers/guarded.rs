//! A response body that holds a permit until it has been sent, and that ends by itself when the
//! server closes: a stream that did not say goodbye in time ends with `DRAINING` instead of a lost
//! connection.

use crate::grpc::limits::Permit;
use crate::grpc::status::refuse;
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
}

impl Guarded {
    /// A body that is sent as it is.
    #[must_use]
    pub fn call(inner: Body, permit: Permit) -> Body {
        Body::new(Self { inner, closing: None, ended: false, _permit: permit })
    }

    /// A body that ends also when the server closes.
    #[must_use]
    pub fn stream(inner: Body, permit: Permit, closing: CancellationToken) -> Body {
        let closing = Some(Box::pin(closing.cancelled_owned()));
        Body::new(Self { inner, closing, ended: false, _permit: permit })
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
