//! The other side of outbound mail: a small relay that remembers what it was handed.

use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// A mail as it was handed over.
#[derive(Clone, Debug)]
pub(crate) struct Handed {
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) raw: String,
}

#[derive(Default)]
struct Shared {
    handed: Mutex<Vec<Handed>>,
}

/// A relay on a port of the loopback address.
#[derive(Clone)]
pub(crate) struct Relay {
    pub(crate) port: u16,
    shared: Arc<Shared>,
}

impl Relay {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let port = listener.local_addr().expect("it listens").port();
        let shared = Arc::new(Shared::default());
        let of = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(session(stream, Arc::clone(&of)));
            }
        });
        Self { port, shared }
    }

    /// Everything so far.
    pub(crate) fn handed(&self) -> Vec<Handed> {
        self.shared.handed.lock().expect("nobody panicked").clone()
    }
}

/// What stands between the angle brackets of a command.
fn address(line: &str) -> String {
    let inside = line.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
    inside.map(|(address, _)| address.to_owned()).unwrap_or_default()
}

async fn session(stream: TcpStream, shared: Arc<Shared>) -> std::io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read);
    let mut mail = Handed { from: String::new(), to: String::new(), raw: String::new() };
    write.write_all(b"220 relay.test ESMTP\r\n").await?;
    loop {
        let mut line = String::new();
        if lines.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let word = line.get(..4).unwrap_or_default().to_ascii_uppercase();
        let answer = match word.as_str() {
            "EHLO" => "250-relay.test\r\n250-8BITMIME\r\n250 ENHANCEDSTATUSCODES".to_owned(),
            "MAIL" => {
                mail.from = address(&line);
                "250 2.1.0 fine".to_owned()
            }
            "RCPT" => {
                mail.to = address(&line);
                "250 2.1.5 fine".to_owned()
            }
            "DATA" => {
                write.write_all(b"354 go on\r\n").await?;
                mail.raw = content(&mut lines).await?;
                shared.handed.lock().expect("nobody panicked").push(mail.clone());
                "250 2.0.0 queued as q1".to_owned()
            }
            "QUIT" => {
                write.write_all(b"221 2.0.0 bye\r\n").await?;
                return Ok(());
            }
            _ => "250 2.0.0 fine".to_owned(),
        };
        write.write_all(format!("{answer}\r\n").as_bytes()).await?;
    }
}

async fn content<R: tokio::io::AsyncBufRead + Unpin>(lines: &mut R) -> std::io::Result<String> {
    let mut raw = String::new();
    loop {
        let mut line = String::new();
        if lines.read_line(&mut line).await? == 0 || line == ".\r\n" {
            return Ok(raw);
        }
        raw.push_str(line.strip_prefix('.').unwrap_or(&line));
    }
}
