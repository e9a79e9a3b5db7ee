//! A connection to a relay as the mail library takes it, plain or protected. Where the greeting was
//! read before TLS, a stand-in for it comes first, since the library waits for one; nothing else
//! that was said before TLS gets through. What a relay answers to one of our commands is bounded
//! here: the library above reads a line to its end, wherever that is.

use super::MAX_REPLY;
use lettre::transport::smtp::client::AsyncTokioStream;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

/// What stands for a greeting that was read already.
const GREETED: &[u8] = b"220 greeted\r\n";

#[derive(Debug)]
enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// A connection to a relay.
#[derive(Debug)]
pub(super) struct Wire {
    stream: Stream,
    /// What is read before anything that comes over the connection.
    first: &'static [u8],
    /// How many bytes came since we said something last.
    heard: usize,
}

impl Wire {
    pub(super) const fn plain(stream: TcpStream, greeted: bool) -> Self {
        let first: &[u8] = if greeted { GREETED } else { b"" };
        Self { stream: Stream::Plain(stream), first, heard: 0 }
    }

    pub(super) fn tls(stream: TlsStream<TcpStream>, greeted: bool) -> Self {
        let first: &[u8] = if greeted { GREETED } else { b"" };
        Self { stream: Stream::Tls(Box::new(stream)), first, heard: 0 }
    }

    pub(super) const fn is_protected(&self) -> bool {
        matches!(self.stream, Stream::Tls(_))
    }
}

impl AsyncTokioStream for Wire {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        match &self.stream {
            Stream::Plain(stream) => stream.peer_addr(),
            Stream::Tls(stream) => stream.get_ref().0.peer_addr(),
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.first.is_empty() {
            let (now, later) = self.first.split_at(self.first.len().min(buffer.remaining()));
            buffer.put_slice(now);
            self.first = later;
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        let read = match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Stream::Tls(stream) => Pin::new(stream).poll_read(context, buffer),
        };
        self.heard += buffer.filled().len() - before;
        if self.heard > MAX_REPLY {
            return Poll::Ready(Err(io::ErrorKind::InvalidData.into()));
        }
        read
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.heard = 0;
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Stream::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_flush(context),
            Stream::Tls(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Stream::Tls(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}
