//! Mail as the other side sees it: a plain SMTP client that says exactly what a test wants said.

use super::PATIENCE;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// What a session runs over.
pub(crate) trait Line: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Line for T {}

/// An SMTP session.
pub(crate) struct Smtp {
    io: BufReader<Box<dyn Line>>,
}

impl Smtp {
    /// Connects; nothing was heard yet.
    pub(crate) async fn call(port: u16) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).await.expect("somebody listens");
        Self::over(Box::new(stream))
    }

    pub(crate) fn over(io: Box<dyn Line>) -> Self {
        Self { io: BufReader::new(io) }
    }

    /// Connects and greets.
    pub(crate) async fn open(port: u16) -> Self {
        let mut session = Self::call(port).await;
        session.hears("220").await;
        session.asks("EHLO client.test", "250").await;
        session
    }

    pub(crate) async fn says(&mut self, bytes: impl AsRef<[u8]>) {
        self.io.write_all(bytes.as_ref()).await.expect("the line is open");
        self.io.flush().await.expect("the line is open");
    }

    /// A whole answer; empty when the connection has ended.
    pub(crate) async fn hear(&mut self) -> String {
        let mut answer = String::new();
        let read = async {
            loop {
                let begin = answer.len();
                match self.io.read_line(&mut answer).await {
                    Ok(0) | Err(_) => return,
                    Ok(_) if answer.as_bytes().get(begin + 3) == Some(&b'-') => {}
                    Ok(_) => return,
                }
            }
        };
        timeout(PATIENCE, read).await.expect("an answer comes");
        answer
    }

    pub(crate) async fn hears(&mut self, code: &str) -> String {
        let answer = self.hear().await;
        assert!(answer.starts_with(code), "{answer:?} is not {code:?}");
        answer
    }

    pub(crate) async fn asks(&mut self, line: &str, code: &str) -> String {
        self.says(format!("{line}\r\n")).await;
        let answer = self.hear().await;
        assert!(answer.starts_with(code), "{line:?} was answered {answer:?}, not {code:?}");
        answer
    }
}
