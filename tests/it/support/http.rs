//! Plain HTTP/1.1 by hand: one request, one answer, one connection, every byte under control.

use std::io;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long an exchange may take.
const EXCHANGE_MAX: Duration = Duration::from_secs(10);

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// In small letters.
    pub(crate) head: String,
    exact: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// The value of a header as it came.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.exact.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

/// Sends a request that must be answered.
pub(crate) async fn send(
    port: u16,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Answer {
    let answer = try_send(port, method, path, headers, body).await;
    answer.unwrap_or_else(|error| panic!("{method} {path}: {error}"))
}

/// Sends a request.
pub(crate) async fn try_send(
    port: u16,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> io::Result<Answer> {
    let exchange = async {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
        let mut head = format!("{method} {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\n");
        head += &format!("connection: close\r\ncontent-length: {}\r\n", body.len());
        for (name, value) in headers {
            head += &format!("{name}: {value}\r\n");
        }
        head += "\r\n";
        stream.write_all(head.as_bytes()).await?;
        // An early refusal may close the way up before everything was sent.
        let _ = stream.write_all(body).await;
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).await?;
        read(&bytes).ok_or_else(|| io::Error::other("what came back is no HTTP answer"))
    };
    timeout(EXCHANGE_MAX, exchange).await?
}

/// An answer out of its bytes.
pub(crate) fn read(bytes: &[u8]) -> Option<Answer> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let exact = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let head = exact.to_ascii_lowercase();
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some(Answer { status, head, exact, body: bytes[end + 4..].to_vec() })
}
