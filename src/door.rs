//! The door: where connections come in. How many may be open is bounded, whoever says nothing after
//! coming in is shown out, and a process that has no file left waits a moment before the next one.
//! So strangers who only open connections cannot keep callers out. With TLS, each connection shakes
//! hands in a task of its own, within bounds of time and number.

mod guest;

pub use guest::{Guest, Left, Peer, UNTAKEN_MAX, Untaken};

use crate::grpc::rates::network;
use crate::metrics;
use crate::rooms::{Room, Rooms};
use crate::tls::Tls;
use futures::Stream;
use guest::Line;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Sleep, sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tonic::transport::server::TcpIncoming;

/// How long a handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(5);

/// Handshakes under way at once; further connections wait in the system's queue meanwhile.
const HANDSHAKES_MAX: usize = 1024;

/// How long is waited after a connection could not be taken, for example for want of files.
const PAUSE: Duration = Duration::from_millis(50);

/// Files that connections leave to the rest of the process: database, logs, deliveries.
const FILES_KEPT: u64 = 128;

/// The connections that come in.
pub struct Door {
    incoming: TcpIncoming,
    rooms: Rooms<IpAddr>,
    bound: usize,
    pause: Option<Pin<Box<Sleep>>>,
    tls: Option<Tls>,
    /// They end with the door: a half-open one does not outlive the listener.
    handshakes: JoinSet<Option<Guest>>,
}

impl Door {
    /// Opens at an address, for so many connections at once, or fewer if the process may not have
    /// as many files beside those that other doors may need.
    ///
    /// # Errors
    /// If the address cannot be taken.
    pub fn open(
        addr: SocketAddr,
        (connections, others): (usize, usize),
        keepalive: Duration,
    ) -> io::Result<Self> {
        let incoming = TcpIncoming::bind(addr)?;
        let incoming = incoming.with_nodelay(Some(true)).with_keepalive(Some(keepalive));
        let files = usize::try_from(files().saturating_sub(FILES_KEPT)).unwrap_or(usize::MAX);
        let room = connections.min(files.saturating_sub(others).max(1));
        if room < connections {
            tracing::warn!(connections = room, "fewer connections than set, for want of files");
        }
        let rooms = Rooms::new(room, 0);
        let handshakes = JoinSet::new();
        Ok(Self { incoming, rooms, bound: room, pause: None, tls: None, handshakes })
    }

    /// The same door, with TLS if there is any.
    #[must_use]
    pub fn with_tls(mut self, tls: Option<Tls>) -> Self {
        self.tls = tls;
        self
    }

    /// The same door, with a bound for each address or IPv6 network; zero for none.
    #[must_use]
    pub fn with_per_address(mut self, connections: usize) -> Self {
        self.rooms = Rooms::new(self.bound, connections);
        self
    }

    /// Where it is.
    ///
    /// # Errors
    /// If the system cannot tell.
    pub fn addr(&self) -> io::Result<SocketAddr> {
        self.incoming.local_addr()
    }

    /// Takes the next connection from the system; the guest, where no handshake is needed.
    fn poll_next_line(&mut self, cx: &mut Context<'_>) -> Poll<Option<Guest>> {
        if let Some(pause) = &mut self.pause {
            ready!(pause.as_mut().poll(cx));
            self.pause = None;
        }
        match ready!(Pin::new(&mut self.incoming).poll_next(cx)) {
            // The listener of the system never ends by itself.
            None => Poll::Pending,
            Some(Err(error)) => {
                tracing::debug!(%error, "a connection could not be taken");
                self.pause = Some(Box::pin(sleep(PAUSE)));
                Poll::Ready(None)
            }
            Some(Ok(stream)) => {
                // Closed at once where there is no room: its caller tries elsewhere or later.
                let address = stream.peer_addr().map(|address| network(address.ip())).ok();
                let Some(room) = self.rooms.take(address) else {
                    metrics::connection_lost("no_room");
                    return Poll::Ready(None);
                };
                let Some(tls) = &self.tls else {
                    return Poll::Ready(Some(Guest::new(Line::Plain(stream), room)));
                };
                self.handshakes.spawn(shake_hands(tls.clone(), stream, room));
                Poll::Ready(None)
            }
        }
    }
}

/// A connection that has become a secure one, if it did in time. Why not is the caller's affair:
/// scanners try many things, and no more than the kind of fault is told.
async fn shake_hands(tls: Tls, stream: TcpStream, room: Room<IpAddr>) -> Option<Guest> {
    let acceptor = TlsAcceptor::from(tls.front_config());
    match timeout(HANDSHAKE, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => Some(Guest::new(Line::Secure(Box::new(stream)), room)),
        Ok(Err(error)) => {
            tracing::debug!(kind = ?error.kind(), "a TLS handshake failed");
            metrics::connection_lost("handshake_failed");
            None
        }
        Err(_) => {
            tracing::debug!("a TLS handshake took too long");
            metrics::connection_lost("handshake_too_slow");
            None
        }
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
            // Those who have shaken hands go first.
            while let Poll::Ready(Some(ended)) = self.handshakes.poll_join_next(cx) {
                if let Ok(Some(guest)) = ended {
                    return Poll::Ready(Some(Ok(guest)));
                }
            }
            if self.handshakes.len() >= HANDSHAKES_MAX {
                return Poll::Pending;
            }
            if let Some(guest) = ready!(self.poll_next_line(cx)) {
                return Poll::Ready(Some(Ok(guest)));
            }
        }
    }
}
