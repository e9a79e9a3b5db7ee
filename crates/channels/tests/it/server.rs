//! A server on a real socket that behaves as badly as a test asks it to. It reads one request per
//! connection, remembers its bytes, and then does what it was told.

use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// Ports of test servers stay below the range from which the system takes its own.
const PORTS: std::ops::Range<u16> = 21_000..29_000;
const PATIENCE: Duration = Duration::from_secs(30);

/// What the server does once it has read a request.
#[derive(Clone)]
pub(crate) enum Then {
    /// Writes these bytes and closes.
    Write(Vec<u8>),
    /// Writes these bytes and stays silent, with the connection open.
    WriteAndHang(Vec<u8>),
    /// Writes these bytes, then the second ones for as long as somebody reads.
    WriteForEver(Vec<u8>, Vec<u8>),
}

pub(crate) struct Server {
    port: u16,
    requests: Arc<Mutex<Vec<Vec<u8>>>>,
    connections: Arc<Mutex<usize>>,
    task: JoinHandle<()>,
}

impl Server {
    pub(crate) async fn plain(then: Then) -> Self {
        Self::start(then, None, true).await
    }

    pub(crate) async fn tls(then: Then, acceptor: TlsAcceptor) -> Self {
        Self::start(then, Some(acceptor), true).await
    }

    /// Accepts connections and never reads a byte.
    pub(crate) async fn deaf() -> Self {
        Self::start(Then::Write(Vec::new()), None, false).await
    }

    async fn start(then: Then, acceptor: Option<TlsAcceptor>, reads: bool) -> Self {
        let listener = listen().await;
        let port = listener.local_addr().unwrap().port();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let connections = Arc::new(Mutex::new(0));
        let (seen, counted) = (Arc::clone(&requests), Arc::clone(&connections));
        let task = tokio::spawn(async move {
            loop {
                let Ok((stream, _)) = listener.accept().await else { return };
                *counted.lock().unwrap() += 1;
                let (then, seen, acceptor) = (then.clone(), Arc::clone(&seen), acceptor.clone());
                tokio::spawn(async move {
                    if !reads {
                        tokio::time::sleep(PATIENCE).await;
                        drop(stream);
                    } else if let Some(acceptor) = acceptor {
                        if let Ok(stream) = acceptor.accept(stream).await {
                            serve(stream, then, &seen).await;
                        }
                    } else {
                        serve(stream, then, &seen).await;
                    }
                });
            }
        });
        Self { port, requests, connections, task }
    }

    pub(crate) const fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    pub(crate) fn requests(&self) -> Vec<String> {
        let all = self.requests.lock().unwrap();
        all.iter().map(|bytes| String::from_utf8_lossy(bytes).into_owned()).collect()
    }

    pub(crate) fn connections(&self) -> usize {
        *self.connections.lock().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A listener on a free port of ours.
pub(crate) async fn listen() -> TcpListener {
    let start = u16::try_from(std::process::id() % 8000).unwrap();
    for offset in 0..PORTS.len() {
        let step = (start as usize + offset) % PORTS.len();
        let port = PORTS.start + u16::try_from(step).unwrap();
        if let Ok(listener) = TcpListener::bind(("127.0.0.1", port)).await {
            return listener;
        }
    }
    panic!("no free port");
}

async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    then: Then,
    seen: &Mutex<Vec<Vec<u8>>>,
) {
    let Some(request) = read_request(&mut stream).await else { return };
    seen.lock().unwrap().push(request);
    match then {
        Then::Write(bytes) => {
            let _ = stream.write_all(&bytes).await;
            let _ = stream.shutdown().await;
        }
        Then::WriteAndHang(bytes) => {
            let _ = stream.write_all(&bytes).await;
            let _ = stream.flush().await;
            tokio::time::sleep(PATIENCE).await;
        }
        Then::WriteForEver(head, more) => {
            let _ = stream.write_all(&head).await;
            while stream.write_all(&more).await.is_ok() {}
        }
    }
}

async fn read_request<S: AsyncRead + Unpin>(stream: &mut S) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let read = stream.read(&mut chunk).await.ok().filter(|n| *n > 0)?;
        bytes.extend_from_slice(&chunk[..read]);
        let text = String::from_utf8_lossy(&bytes).to_lowercase();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.split("content-length: ").nth(1).and_then(|rest| {
            rest.split("\r\n").next().and_then(|digits| digits.parse::<usize>().ok())
        });
        if body.len() >= length.unwrap_or(0) {
            return Some(bytes);
        }
    }
}
