//! A TCP proxy that can be cut: all connections through it end at once, in the middle of whatever
//! they carry. Or it goes silent: they stay open and carry nothing any more, as when a machine
//! vanished. It accepts new ones right away, so that what is proved is the continuing.

use anyhow::Result;
use rand::Rng;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Bytes carried at a time.
const CHUNK: usize = 16 * 1024;
const PORTS: std::ops::Range<u16> = 21_000..30_000;
const PORT_ATTEMPTS: usize = 100;

/// A running proxy; dropped, it cuts everything and stops.
pub(crate) struct Proxy {
    port: u16,
    target: Arc<AtomicU16>,
    cuts: watch::Sender<u64>,
    silences: watch::Sender<u64>,
    severed: Arc<AtomicUsize>,
    live: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Proxy {
    /// Starts one before a local port.
    pub(crate) async fn start(target: u16) -> Result<Self> {
        let listener = listen().await?;
        let port = listener.local_addr()?.port();
        let (cuts, cut) = watch::channel(0);
        let (silences, silence) = watch::channel(0);
        let (severed, live) = (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
        let counters = (Arc::clone(&severed), Arc::clone(&live));
        let target = Arc::new(AtomicU16::new(target));
        let towards = Arc::clone(&target);
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (mut cut, mut silence) = (cut.clone(), silence.clone());
                let (severed, live) = counters.clone();
                let target = towards.load(Ordering::Relaxed);
                cut.mark_unchanged();
                silence.mark_unchanged();
                tokio::spawn(async move {
                    live.fetch_add(1, Ordering::Relaxed);
                    tokio::select! {
                        _ = cut.changed() => { severed.fetch_add(1, Ordering::Relaxed); }
                        _ = carry(client, target, silence) => {}
                    }
                    live.fetch_sub(1, Ordering::Relaxed);
                });
            }
        });
        Ok(Self { port, target, cuts, silences, severed, live, task })
    }

    /// Where clients connect.
    pub(crate) fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Sends new connections to another port; those there are stay where they are.
    pub(crate) fn aim(&self, target: u16) {
        self.target.store(target, Ordering::Relaxed);
    }

    /// Cuts every connection there is.
    pub(crate) fn cut(&self) {
        self.cuts.send_modify(|cuts| *cuts += 1);
    }

    /// From now on every connection there is carries nothing; neither end is told.
    pub(crate) fn silence(&self) {
        self.silences.send_modify(|silences| *silences += 1);
    }

    /// Connections cut so far.
    pub(crate) fn severed(&self) -> usize {
        self.severed.load(Ordering::Relaxed)
    }

    /// Connections there are.
    pub(crate) fn live(&self) -> usize {
        self.live.load(Ordering::Relaxed)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn listen() -> Result<TcpListener> {
    let mut last = None;
    for _ in 0..PORT_ATTEMPTS {
        let port = rand::rng().random_range(PORTS);
        match TcpListener::bind(("127.0.0.1", port)).await {
            Ok(listener) => return Ok(listener),
            Err(error) => last = Some(error),
        }
    }
    Err(anyhow::anyhow!("no free port in {PORTS:?}: {last:?}"))
}

async fn carry(
    client: TcpStream,
    target: u16,
    mut silence: watch::Receiver<u64>,
) -> std::io::Result<()> {
    let server = TcpStream::connect(("127.0.0.1", target)).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let both = async {
        tokio::try_join!(one_way(from_client, to_server), one_way(from_server, to_client))
    };
    tokio::pin!(both);
    tokio::select! {
        ended = &mut both => ended.map(|_| ()),
        // The sockets live on in what is no longer driven, until they are cut.
        _ = silence.changed() => std::future::pending().await,
    }
}

async fn one_way(
    mut from: impl AsyncReadExt + Unpin,
    mut to: impl AsyncWriteExt + Unpin,
) -> std::io::Result<()> {
    let mut chunk = vec![0; CHUNK];
    loop {
        let read = from.read(&mut chunk).await?;
        if read == 0 {
            return to.shutdown().await;
        }
        to.write_all(&chunk[..read]).await?;
    }
}
