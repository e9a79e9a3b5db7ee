//! The mail door: takes mail over SMTP for mailboxes that are here, and for nothing else: it never
//! relays and has no passwords. A message is acknowledged only when it is kept. Connections,
//! commands, errors, sizes, times and memory are bounded, so a slow or hostile peer costs its own
//! connection and nothing more. Where the mailboxes are, the caller says.

mod body;
mod mailroom;
mod peers;
mod reply;
mod session;
pub mod setup;
#[cfg(test)]
mod tests;
mod wire;

use futures::future::BoxFuture;
use peers::{Full, Peers, Seat};
use rustls::ServerConfig;
use session::{PIECE, Session};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::sleep;
use tokio_util::bytes::Bytes;
use tokio_util::sync::CancellationToken;
use wire::Wire;

/// How long is waited after a connection could not be taken, for example for want of files.
const PAUSE: Duration = Duration::from_millis(50);

/// How far a session goes.
#[derive(Clone, Debug)]
pub struct SmtpOptions {
    /// The name it gives itself.
    pub hostname: String,
    /// Largest message, in bytes.
    pub message_bytes: usize,
    /// Longest line of a message, in bytes.
    pub line_bytes: usize,
    /// What all messages on their way in may take together, in bytes.
    pub memory_bytes: usize,
    /// Recipients of one message.
    pub recipients: usize,
    /// Connections in all.
    pub connections: usize,
    /// Connections from one address.
    pub connections_per_peer: usize,
    /// Commands on one connection.
    pub commands: u32,
    /// Errors on one connection.
    pub errors: u32,
    /// How long a command may take to come, and a piece of a message.
    pub command: Duration,
    /// How long a whole message may take to come.
    pub data: Duration,
    /// How long a connection may go on from its beginning, or from the last message that was kept,
    /// without another one; the time that messages take is not counted.
    pub session: Duration,
    /// Whether mail is taken on encrypted connections only.
    pub require_tls: bool,
}

/// A message for one mailbox. Debug output shows nothing of it.
#[derive(Clone)]
pub struct Letter {
    /// Where bounces go; empty for a message that must not bounce.
    pub sender: String,
    /// The mailbox, as the peer named it.
    pub recipient: String,
    /// Where it came from.
    pub peer: IpAddr,
    /// Whether it came over an encrypted connection.
    pub encrypted: bool,
    /// The message with its header, dots unstuffed.
    pub text: Bytes,
}

impl std::fmt::Debug for Letter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Letter").field("bytes", &self.text.len()).finish_non_exhaustive()
    }
}

/// What a mailroom says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// There is such a mailbox; the letter is kept.
    Yes,
    /// There is no such mailbox.
    Nobody,
    /// There is such a mailbox, and it takes nothing for now.
    Closed,
    /// Not now.
    Later,
    /// Never.
    Refused,
}

/// Where the mailboxes are.
pub trait Mailroom: Send + Sync + 'static {
    /// Whether there is a mailbox of this address.
    fn knows<'a>(&'a self, recipient: &'a str) -> BoxFuture<'a, Answer>;

    /// Keeps a letter: after a yes it is not lost.
    fn keep(&self, letter: Letter) -> BoxFuture<'_, Answer>;
}

/// The certificate as it is now; none when there is none.
pub type TlsNow = Arc<dyn Fn() -> Option<Arc<ServerConfig>> + Send + Sync>;

/// What all sessions share.
struct House {
    options: SmtpOptions,
    mailroom: Arc<dyn Mailroom>,
    tls: TlsNow,
    /// For messages on their way in, in pieces of [`PIECE`].
    memory: Arc<Semaphore>,
    /// For what is made of them while they are put away.
    copies: Arc<Semaphore>,
    /// How many pieces that is in all.
    copies_pieces: u32,
}

/// The one recipient without a domain (RFC 5321).
const POSTMASTER: &str = "postmaster";

/// How often a message is held besides, at most, while it is put away: sealed, and twice on its way
/// to the database.
const COPIES: usize = 3;

/// A listener for mail.
pub struct Smtp {
    listener: TcpListener,
    house: Arc<House>,
    peers: Arc<Peers>,
}

impl Smtp {
    /// Opens at an address.
    ///
    /// # Errors
    /// If the address cannot be taken.
    pub async fn open(
        addr: SocketAddr,
        options: SmtpOptions,
        mailroom: Arc<dyn Mailroom>,
        tls: TlsNow,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind(addr).await?;
        let peers = Peers::new(options.connections, options.connections_per_peer);
        // One message of the largest size can always be put away; the rest is for those to come.
        let most = u32::MAX as usize >> 1;
        let pieces = (options.memory_bytes / PIECE).clamp(1, most);
        let copies = (COPIES * options.message_bytes.div_ceil(PIECE)).min(pieces * 3 / 4).max(1);
        let copies_pieces = u32::try_from(copies).unwrap_or(u32::MAX);
        let memory = Arc::new(Semaphore::new((pieces - copies).max(1)));
        let copies = Arc::new(Semaphore::new(copies));
        let house = Arc::new(House { options, mailroom, tls, memory, copies, copies_pieces });
        Ok(Self { listener, house, peers })
    }

    /// Where it is.
    ///
    /// # Errors
    /// If the system cannot tell.
    pub fn addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until told to close; then nobody comes in any more, idle sessions end, and it waits
    /// for transactions under way. Whoever drops this future cuts them.
    pub async fn serve(self, closing: CancellationToken) {
        let Self { listener, house, peers } = self;
        let mut sessions = JoinSet::new();
        loop {
            let taken = tokio::select! {
                () = closing.cancelled() => break,
                Some(ended) = sessions.join_next(), if !sessions.is_empty() => {
                    report(ended);
                    continue;
                }
                taken = listener.accept() => taken,
            };
            match taken {
                Ok((stream, peer)) => match peers.admit(peer.ip()) {
                    Ok(seat) => {
                        let (house, closing) = (Arc::clone(&house), closing.clone());
                        sessions.spawn(receive(house, stream, peer.ip(), seat, closing));
                    }
                    Err(full) => turn_away(&stream, full),
                },
                Err(error) => {
                    tracing::debug!(%error, "a connection could not be taken");
                    sleep(PAUSE).await;
                }
            }
        }
        drop(listener);
        while let Some(ended) = sessions.join_next().await {
            report(ended);
        }
    }
}

async fn receive(
    house: Arc<House>,
    stream: TcpStream,
    peer: IpAddr,
    _seat: Seat,
    closing: CancellationToken,
) {
    // Without it answers only come a little later.
    let _ = stream.set_nodelay(true);
    Session::new(house, Wire::new(Box::new(stream)), peer).hold(closing).await;
}

/// Says why, if that can be said without waiting.
fn turn_away(stream: &TcpStream, full: Full) {
    let said = match full {
        Full::All => reply::BUSY,
        Full::Peer => reply::PEER_BUSY,
    };
    let _ = stream.try_write(format!("{said}\r\n").as_bytes());
}

fn report(ended: Result<(), tokio::task::JoinError>) {
    if ended.is_err() {
        tracing::error!("a mail session failed");
    }
}
