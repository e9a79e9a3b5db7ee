//! HTTP/2 by hand: frames as bytes, so that a test can send what no client library would. What
//! comes back is read by a task and only counted.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
pub(crate) const RST_STREAM: u8 = 3;
pub(crate) const SETTINGS: u8 = 4;
pub(crate) const PING: u8 = 6;
const GOAWAY: u8 = 7;
pub(crate) const CONTINUATION: u8 = 9;

pub(crate) const ACK: u8 = 1;
pub(crate) const END_STREAM: u8 = 1;
pub(crate) const END_HEADERS: u8 = 4;

/// What a client says first.
pub(crate) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// How long a write may wait for the other end before it counts as held back.
const HELD_BACK: Duration = Duration::from_secs(2);

/// A frame.
pub(crate) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a short payload").to_be_bytes();
    let mut bytes = length[1..].to_vec();
    bytes.extend([kind, flags]);
    bytes.extend(stream.to_be_bytes());
    bytes.extend(payload);
    bytes
}

/// The header block of a gRPC request, without compression.
pub(crate) fn request(path: &str, authorization: Option<&str>) -> Vec<u8> {
    let mut block = vec![0x83, 0x86];
    field(&mut block, ":path", path);
    field(&mut block, ":authority", "127.0.0.1");
    field(&mut block, "content-type", "application/grpc");
    field(&mut block, "te", "trailers");
    if let Some(authorization) = authorization {
        field(&mut block, "authorization", authorization);
    }
    block
}

/// One field with a new name, never indexed.
pub(crate) fn field(block: &mut Vec<u8>, name: &str, value: &str) {
    block.push(0x10);
    for text in [name, value] {
        length(block, text.len());
        block.extend(text.as_bytes());
    }
}

/// A length with a prefix of seven bits, as HPACK writes it.
fn length(block: &mut Vec<u8>, length: usize) {
    let byte = |value: usize| u8::try_from(value).expect("seven bits");
    if length < 127 {
        return block.push(byte(length));
    }
    block.push(127);
    let mut rest = length - 127;
    while rest >= 128 {
        block.push(byte(rest % 128) | 0x80);
        rest /= 128;
    }
    block.push(byte(rest));
}

/// One gRPC message.
pub(crate) fn message(bytes: &[u8]) -> Vec<u8> {
    let length = u32::try_from(bytes.len()).expect("a short message").to_be_bytes();
    [&[0], length.as_slice(), bytes].concat()
}

/// What was seen of the other end.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    closed: AtomicBool,
    goaway: AtomicBool,
    /// Streams that were refused or reset.
    pub(crate) resets: AtomicU64,
    /// Streams that were answered.
    pub(crate) headers: AtomicU64,
}

/// A connection by hand.
pub(crate) struct Raw {
    write: OwnedWriteHalf,
    pub(crate) seen: Arc<Seen>,
    reading: JoinHandle<()>,
}

impl Raw {
    /// Connects and says nothing.
    pub(crate) async fn connect(port: u16) -> Self {
        Self::over(TcpStream::connect(("127.0.0.1", port)).await.expect("the system takes it"))
    }

    fn over(stream: TcpStream) -> Self {
        let (read, write) = stream.into_split();
        let seen = Arc::new(Seen::default());
        let reading = tokio::spawn(count(read, Arc::clone(&seen)));
        Self { write, seen, reading }
    }

    /// Connects, says what HTTP/2 begins with and these settings.
    pub(crate) async fn open(port: u16, settings: &[u8]) -> Self {
        let mut raw = Self::connect(port).await;
        let hello = [PREFACE, &frame(SETTINGS, 0, 0, settings), &frame(SETTINGS, ACK, 0, &[])];
        assert!(raw.send(&hello.concat()).await, "the beginning is taken");
        raw
    }

    /// The same from another address of this machine; what it says may come too late.
    pub(crate) async fn open_from(address: [u8; 4], port: u16) -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.bind((address, 0).into()).expect("an address of the loopback network");
        let stream = socket.connect(([127, 0, 0, 1], port).into()).await;
        let mut raw = Self::over(stream.expect("the system takes it"));
        raw.send(&[PREFACE, &frame(SETTINGS, 0, 0, &[])].concat()).await;
        raw
    }

    /// Sends bytes; whether they were taken before the other end closed or held them back.
    pub(crate) async fn send(&mut self, bytes: &[u8]) -> bool {
        matches!(timeout(HELD_BACK, self.write.write_all(bytes)).await, Ok(Ok(())))
    }

    /// Whether the other end has closed or said goodbye within a time.
    pub(crate) async fn ended_within(&self, most: Duration) -> bool {
        let ended = async {
            while !self.is_ended() {
                sleep(Duration::from_millis(10)).await;
            }
        };
        timeout(most, ended).await.is_ok()
    }

    pub(crate) fn is_ended(&self) -> bool {
        self.seen.closed.load(Ordering::SeqCst) || self.seen.goaway.load(Ordering::SeqCst)
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        self.reading.abort();
    }
}

async fn count(mut read: OwnedReadHalf, seen: Arc<Seen>) {
    let mut head = [0; 9];
    let mut payload = Vec::new();
    while read.read_exact(&mut head).await.is_ok() {
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        payload.resize(usize::try_from(length).expect("24 bits"), 0);
        if read.read_exact(&mut payload).await.is_err() {
            break;
        }
        match head[3] {
            GOAWAY => seen.goaway.store(true, Ordering::SeqCst),
            RST_STREAM => drop(seen.resets.fetch_add(1, Ordering::SeqCst)),
            HEADERS => drop(seen.headers.fetch_add(1, Ordering::SeqCst)),
            _ => {}
        }
    }
    seen.closed.store(true, Ordering::SeqCst);
}
