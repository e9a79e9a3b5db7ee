//! Mail as the other side sees it: a plain SMTP client that says exactly what a test wants said,
//! and letters that are read by a library of its own.

use super::PATIENCE;
use super::tls::Authority;
use mail_parser::{Message, MessageParser, MimeHeaders};
use std::fmt::Write as _;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::client::TlsStream;

/// An SMTP session.
pub(crate) struct Smtp<S = TcpStream> {
    io: BufReader<S>,
}

impl Smtp {
    /// Connects; nothing was heard yet.
    pub(crate) async fn call(port: u16) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).await.expect("somebody listens");
        Self { io: BufReader::new(stream) }
    }

    /// Connects and greets.
    pub(crate) async fn open(port: u16) -> Self {
        let mut session = Self::call(port).await;
        session.hears("220").await;
        session.asks("EHLO client.test", "250").await;
        session
    }

    /// Connects and greets as soon as the places of those who left are free again: the server
    /// learns of an end a moment after the peer.
    pub(crate) async fn open_again(port: u16) -> Self {
        let opened = async {
            loop {
                let mut session = Self::call(port).await;
                if session.hear().await.starts_with("220") {
                    session.asks("EHLO client.test", "250").await;
                    return session;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(PATIENCE, opened).await.expect("a place becomes free")
    }

    /// Goes on over TLS, as whoever trusts this CA.
    pub(crate) async fn encrypts(mut self, ca: &Authority) -> Smtp<TlsStream<TcpStream>> {
        self.asks("STARTTLS", "220").await;
        assert!(self.io.buffer().is_empty(), "nothing is said before the handshake");
        let encrypted = ca.shake(self.io.into_inner()).await.expect("a handshake");
        Smtp { io: BufReader::new(encrypted) }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Smtp<S> {
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

    /// Hands a mail over and answers with what was said at the end of it.
    pub(crate) async fn sends(&mut self, from: &str, to: &str, text: &str) -> String {
        self.asks(&format!("MAIL FROM:<{from}>"), "250").await;
        self.asks(&format!("RCPT TO:<{to}>"), "250").await;
        self.asks("DATA", "354").await;
        self.says(stuffed(text)).await;
        self.hear().await
    }
}

/// Hands one mail over, which must be taken.
pub(crate) async fn send(port: u16, from: &str, to: &str, text: &str) {
    let mut session = Smtp::open(port).await;
    let answer = session.sends(from, to, text).await;
    assert!(answer.starts_with("250"), "{answer:?}");
    session.asks("QUIT", "221").await;
}

/// A text with its dots stuffed and its end.
fn stuffed(text: &str) -> String {
    let mut lines = String::new();
    for line in text.lines() {
        let dot = if line.starts_with('.') { "." } else { "" };
        write!(lines, "{dot}{line}\r\n").expect("a text takes text");
    }
    lines + ".\r\n"
}

/// A mail as a person's program would write it, with these fields besides.
pub(crate) fn written(from: &str, to: &str, subject: &str, fields: &str, body: &str) -> String {
    let id = uuid::Uuid::now_v7();
    let fields = fields.trim_end();
    let fields = if fields.is_empty() { String::new() } else { format!("{fields}\n") };
    let own = if fields.to_lowercase().contains("message-id:") {
        String::new()
    } else {
        format!("Message-ID: <{id}@mail.customers.test>\n")
    };
    format!(
        "From: {from}\nTo: {to}\nSubject: {subject}\nDate: Sun, 22 Nov 2026 10:00:00 +0000\n\
         {own}MIME-Version: 1.0\n{fields}\n{body}\n"
    )
}

/// A mail that arrived.
pub(crate) struct Letter {
    raw: Vec<u8>,
    message: Message<'static>,
}

impl Letter {
    pub(crate) fn read(raw: Vec<u8>) -> Self {
        let message = MessageParser::default().parse(&raw).expect("a mail").into_owned();
        Self { raw, message }
    }

    /// A header field, unfolded but not decoded; empty if there is none.
    pub(crate) fn field(&self, name: &str) -> String {
        let found = self.message.header_raw(name).unwrap_or_default();
        found.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    pub(crate) fn subject(&self) -> &str {
        self.message.subject().unwrap_or_default()
    }

    /// Its plain text, without the space around it.
    pub(crate) fn text(&self) -> String {
        self.message.body_text(0).unwrap_or_default().trim().to_owned()
    }

    /// Its files: name, declared type, content.
    pub(crate) fn files(&self) -> Vec<(String, String, Vec<u8>)> {
        let files = self.message.attachments().map(|part| {
            let kind = part.content_type().map_or_else(String::new, |kind| {
                format!("{}/{}", kind.ctype(), kind.subtype().unwrap_or_default())
            });
            (part.attachment_name().unwrap_or_default().to_owned(), kind, part.contents().to_vec())
        });
        files.collect()
    }

    pub(crate) fn raw(&self) -> String {
        String::from_utf8_lossy(&self.raw).into_owned()
    }
}
