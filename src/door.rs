//! The door: where connections come in. How many may be open is bounded, whoever says nothing after
//! coming in is shown out, and a process that has no file left waits a moment before the next one.
//! So strangers who only open connections cannot keep callers out.

use futures::Stream;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Sleep, sleep};
use tonic::transport::server::{Connected, TcpConnectInfo, TcpIncoming};

/// How long a connection may be open without having said anything.
const FIRST_WORD: Duration = Duration::from_secs(10);

/// How long is waited after a connection could not be taken, for example for want of files.
const PAUSE: Duration = Duration::from_millis(50);

/// Files that connections leave to the rest of the process: database, logs, deliveries.
const FILES_KEPT: u64 = 128;

/// The connections that come in.
pub struct Door {
    incoming: TcpIncoming,
    room: Arc<Semaphore>,
    pause: Option<Pin<Box<Sleep>>>,
}

impl Door {
    /// Opens at an address, for so many connections at once, or fewer if the process may not have
    /// as many files.
    ///
    /// # Errors
    /// If the address cannot be taken.
    pub fn open(addr: SocketAddr, connections: usize, keepalive: Duration) -> io::Result<Self> {
        let incoming = TcpIncoming::bind(addr)?;
        let incoming = incoming.with_nodelay(Some(true)).with_keepalive(Some(keepalive));
        let files = usize::try_from(files().saturating_sub(FILES_KEPT)).unwrap_or(usize::MAX);
        let room = connections.min(files.max(1));
        if room < connections {
            tracing::warn!(connections = room, "fewer connections than set, for want of files");
        }
        let room = Arc::new(Semaphore::new(room.min(Semaphore::MAX_PERMITS)));
        Ok(Self { incoming, room, pause: None })
    }

    /// Where it is.
    ///
    /// # Errors
    /// If the system cannot tell.
    pub fn addr(&self) -> io::Result<SocketAddr> {
        self.incoming.local_addr()
    }
}

/// How many files the process may open, after asking for as many as it may ask for.
#[cfg(unix)]
fn files() -> u64 {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    // Where that is not allowed, what is there must do.
    let _ = setrlimit(Resource::Nofile, limit);
    getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
}

#[cfg(not(unix))]
fn files() -> u64 {
    u64::MAX
}

impl Stream for Door {
    type Item = io::Result<Guest>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(pause) = &mut self.pause {
                ready!(pause.as_mut().poll(cx));
                self.pause = None;
            }
            match ready!(Pin::new(&mut self.incoming).poll_next(cx)) {
                None => return Poll::Ready(None),
                Some(Err(error)) => {
                    tracing::debug!(%error, "a connection could not be taken");
                    self.pause = Some(Box::pin(sleep(PAUSE)));
                }
                Some(Ok(stream)) => {
                    // Closed at once where there is no room: its caller tries elsewhere or later.
                    if let Ok(room) = Arc::clone(&self.room).try_acquire_owned() {
                        return Poll::Ready(Some(Ok(Guest::new(stream, room))));
                    }
                }
            }
        }
    }
}

/// A connection that has come in.
pub struct Guest {
    stream: TcpStream,
    /// Runs until something was said.
    silence: Option<Pin<Box<Sleep>>>,
    _room: OwnedSemaphorePermit,
}

impl Guest {
    fn new(stream: TcpStream, room: OwnedSemaphorePermit) -> Self {
        Self { stream, silence: Some(Box::pin(sleep(FIRST_WORD))), _room: room }
    }
}

impl Connected for Guest {
    type ConnectInfo = TcpConnectInfo;

    fn connect_info(&self) -> TcpConnectInfo {
        self.stream.connect_info()
    }
}

impl AsyncRead for Guest {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.stream).poll_read(cx, buf);
        match (&read, &mut self.silence) {
            (Poll::Ready(_), silence) => *silence = None,
            (Poll::Pending, Some(silence)) => {
                ready!(silence.as_mut().poll(cx));
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
            (Poll::Pending, None) => {}
        }
        read
    }
}

impl AsyncWrite for Guest {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, data)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        data: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, data)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
