//! A connection that has come in, plain or with TLS: what is read from and written to it, who is at
//! its other end, and the clock that shows out whoever does not say what they want.

use crate::metrics::OpenConnection;
use crate::rooms::Room;
use crate::tls::PeerCertificate;
use futures::task::AtomicWaker;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};
use tokio_rustls::server::TlsStream;
use tonic::transport::server::Connected;

/// How long a connection may be open without having said what protocol it speaks.
const FIRST_WORD: Duration = Duration::from_secs(10);

/// How many bytes say that: the preface of HTTP/2. A whole request of HTTP/1.1 is longer, and from
/// there on the transport has clocks of its own.
const PREFACE: usize = 24;

/// How many answers a connection may leave untaken at once after the time for them; with more it is
/// closed, because the transport can end none of them by itself.
pub const UNTAKEN_MAX: usize = 16;

/// Who is at the other end of a connection; in the extensions of each of its requests.
#[derive(Clone, Debug)]
pub struct Peer {
    /// Their address; of a proxy, where one is between.
    pub addr: Option<SocketAddr>,
    /// The certificate they proved to have.
    pub certificate: Option<PeerCertificate>,
    /// What it leaves untaken.
    pub untaken: Untaken,
}

/// How many answers of a connection were given up because nobody took them, and are still open
/// streams. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Untaken(Arc<Count>);

#[derive(Debug, Default)]
struct Count {
    open: AtomicUsize,
    connection: AtomicWaker,
}

/// One of them; it counts until its stream is gone.
#[derive(Debug)]
pub struct Left(Untaken);

impl Untaken {
    /// Counts one.
    #[must_use]
    pub fn leave(&self) -> Left {
        if self.0.open.fetch_add(1, Ordering::AcqRel) >= UNTAKEN_MAX {
            self.0.connection.wake();
        }
        Left(self.clone())
    }

    /// Whether there are more than may be.
    #[must_use]
    pub fn is_too_much(&self) -> bool {
        self.0.open.load(Ordering::Acquire) > UNTAKEN_MAX
    }

    /// That there are no more than may be; while it is so, the connection hears when there are.
    fn check(&self, cx: &mut Context<'_>) -> io::Result<()> {
        self.0.connection.register(cx.waker());
        if self.is_too_much() {
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        Ok(())
    }
}

impl Drop for Left {
    fn drop(&mut self) {
        self.0.0.open.fetch_sub(1, Ordering::AcqRel);
    }
}

/// What a connection is made of.
pub(super) enum Line {
    Plain(TcpStream),
    Secure(Box<TlsStream<TcpStream>>),
}

/// A connection that has come in.
pub struct Guest {
    line: Line,
    /// Runs until enough was said.
    silence: Option<Pin<Box<Sleep>>>,
    said: usize,
    untaken: Untaken,
    _room: Room<IpAddr>,
    _open: OpenConnection,
}

impl Guest {
    pub(super) fn new(line: Line, room: Room<IpAddr>) -> Self {
        let silence = Some(Box::pin(sleep(FIRST_WORD)));
        let (untaken, open) = (Untaken::default(), OpenConnection::begin());
        Self { line, silence, said: 0, untaken, _room: room, _open: open }
    }

    fn line(&mut self) -> Pin<&mut dyn Duplex> {
        match &mut self.line {
            Line::Plain(stream) => Pin::new(stream),
            Line::Secure(stream) => Pin::new(stream.as_mut()),
        }
    }

    /// Whether the time to say what is wanted has passed.
    fn too_silent(&mut self, cx: &mut Context<'_>) -> bool {
        self.silence.as_mut().is_some_and(|silence| silence.as_mut().poll(cx).is_ready())
    }
}

trait Duplex: AsyncRead + AsyncWrite + Unpin {}

impl<T: AsyncRead + AsyncWrite + Unpin> Duplex for T {}

impl Connected for Guest {
    type ConnectInfo = Peer;

    fn connect_info(&self) -> Peer {
        let (stream, certificates) = match &self.line {
            Line::Plain(stream) => (stream, None),
            Line::Secure(stream) => {
                let (stream, session) = stream.get_ref();
                (stream, session.peer_certificates())
            }
        };
        let leaf = certificates.and_then(|chain| chain.first());
        let certificate = leaf.map(|leaf| PeerCertificate(leaf.clone().into_owned()));
        Peer { addr: stream.peer_addr().ok(), certificate, untaken: self.untaken.clone() }
    }
}

impl AsyncRead for Guest {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.untaken.check(cx)?;
        let before = buf.filled().len();
        let read = self.line().poll_read(cx, buf);
        if self.silence.is_none() {
            return read;
        }
        if read.is_pending() && self.too_silent(cx) {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        ready!(read)?;
        let more = buf.filled().len() - before;
        self.said = self.said.saturating_add(more);
        // Nothing more is the end: there is nobody to be shown out.
        if more == 0 || self.said >= PREFACE {
            self.silence = None;
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Guest {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.untaken.check(cx)?;
        self.line().poll_write(cx, data)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        data: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.untaken.check(cx)?;
        self.line().poll_write_vectored(cx, data)
    }

    fn is_write_vectored(&self) -> bool {
        match &self.line {
            Line::Plain(stream) => stream.is_write_vectored(),
            Line::Secure(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.line().poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.line().poll_shutdown(cx)
    }
}
