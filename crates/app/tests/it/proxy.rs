//! A proxy in front of PostgreSQL that loses connections at the worst moment: around a COMMIT.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What is done to a COMMIT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Loss {
    /// It is done, and its answer is lost.
    Answer,
    /// It never arrives.
    Request,
    /// It arrives, and the connection is cut without waiting for what comes of it.
    Race,
}

#[derive(Default)]
pub(crate) struct Losses {
    armed: AtomicBool,
    commits: AtomicU64,
    pub(crate) answers: AtomicU64,
    pub(crate) requests: AtomicU64,
    pub(crate) races: AtomicU64,
}

impl Losses {
    pub(crate) fn arm(&self, on: bool) {
        self.armed.store(on, Ordering::SeqCst);
    }

    pub(crate) fn total(&self) -> u64 {
        [&self.answers, &self.requests, &self.races].iter().map(|n| n.load(Ordering::SeqCst)).sum()
    }

    /// Every third COMMIT is lost, in turn in each of the ways.
    fn next(&self) -> Option<Loss> {
        if !self.armed.load(Ordering::SeqCst) {
            return None;
        }
        let count = self.commits.fetch_add(1, Ordering::SeqCst);
        if !count.is_multiple_of(3) {
            return None;
        }
        let (loss, counter) = match (count / 3) % 4 {
            0 | 1 => (Loss::Answer, &self.answers),
            2 => (Loss::Request, &self.requests),
            _ => (Loss::Race, &self.races),
        };
        counter.fetch_add(1, Ordering::SeqCst);
        Some(loss)
    }
}

pub(crate) struct Proxy {
    pub(crate) port: u16,
    pub(crate) losses: Arc<Losses>,
    task: JoinHandle<()>,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Proxy {
    /// Listens, and speaks to the server at `target`.
    pub(crate) async fn start(target: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let port = listener.local_addr().expect("it listens").port();
        let losses = Arc::new(Losses::default());
        let shared = Arc::clone(&losses);
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (target, losses) = (target.clone(), Arc::clone(&shared));
                tokio::spawn(async move {
                    if let Ok(server) = TcpStream::connect(target).await {
                        carry(client, server, &losses).await;
                    }
                });
            }
        });
        Self { port, losses, task }
    }
}

async fn carry(client: TcpStream, server: TcpStream, losses: &Losses) {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let mut up = vec![0_u8; 64 * 1024];
    let mut down = vec![0_u8; 64 * 1024];
    loop {
        tokio::select! {
            read = from_client.read(&mut up) => {
                let Ok(count @ 1..) = read else { return };
                let sent = &up[..count];
                match is_commit(sent).then(|| losses.next()).flatten() {
                    None => {
                        if to_server.write_all(sent).await.is_err() {
                            return;
                        }
                    }
                    Some(Loss::Request) => return,
                    Some(Loss::Answer) => {
                        let _ = to_server.write_all(sent).await;
                        // Its answer is read here, so the commit is done, and goes no further.
                        let _ = from_server.read(&mut down).await;
                        return;
                    }
                    Some(Loss::Race) => {
                        let _ = to_server.write_all(sent).await;
                        return;
                    }
                }
            }
            read = from_server.read(&mut down) => {
                let Ok(count @ 1..) = read else { return };
                if to_client.write_all(&down[..count]).await.is_err() {
                    return;
                }
            }
        }
    }
}

/// A simple query that says COMMIT, alone: the driver sends nothing along with it.
fn is_commit(sent: &[u8]) -> bool {
    sent.first() == Some(&b'Q') && sent.windows(7).any(|part| part == b"COMMIT\0")
}
