//! The bytes of one connection, in and out. Lines come out whole or not at all, and only those that
//! end with CR and LF count as lines; answers leave together when there is nothing more to read, as
//! pipelining wants. Whatever waits may be dropped and asked again without losing a byte.

use std::io;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;
use tokio_util::bytes::{Buf, BytesMut};

/// Longest line of a command, its end included: what RFC 5321 demands and room for extensions.
pub(super) const COMMAND_MAX: usize = 2048;

/// How much of a line that is too long is skipped before the connection ends.
const SKIP_MAX: usize = 64 << 10;

/// How much is read at a time.
const CHUNK: usize = 16 << 10;

/// After the last answer: how long, and how much, a peer may go on sending, so that closing does
/// not take the answer away from it.
const LINGER: Duration = Duration::from_secs(2);
const LINGER_MAX: usize = 1 << 20;

/// A connection, plain or encrypted.
pub(super) trait Io: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

/// What was read where a command should be.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// A line with its end.
    Whole(BytesMut),
    /// One that does not end with CR and LF, or holds other control characters.
    Bad,
    /// One that is too long; it was skipped.
    TooLong,
    /// One without an end in sight: nothing of it is read any more.
    Endless,
    /// The peer has gone.
    Ended,
}

/// The bytes of one connection.
pub(super) struct Wire {
    io: Box<dyn Io>,
    inward: BytesMut,
    outward: BytesMut,
}

impl Wire {
    pub(super) fn new(io: Box<dyn Io>) -> Self {
        Self { io, inward: BytesMut::new(), outward: BytesMut::new() }
    }

    /// Says a line, soon.
    pub(super) fn say(&mut self, line: &str) {
        self.outward.extend_from_slice(line.as_bytes());
        self.outward.extend_from_slice(b"\r\n");
    }

    /// Sees to it that everything said is on its way.
    pub(super) async fn flush(&mut self) -> io::Result<()> {
        while !self.outward.is_empty() {
            let written = self.io.write(&self.outward).await?;
            if written == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            self.outward.advance(written);
        }
        self.io.flush().await
    }

    /// The next line.
    pub(super) async fn line(&mut self) -> io::Result<Line> {
        let mut skipped = 0;
        loop {
            if let Some(at) = self.inward.iter().position(|byte| *byte == b'\n') {
                let line = self.inward.split_to(at + 1);
                let too_long = skipped > 0 || line.len() > COMMAND_MAX;
                return Ok(if too_long { Line::TooLong } else { judge(line) });
            }
            if self.inward.len() > COMMAND_MAX {
                skipped += self.inward.len();
                self.inward.clear();
                if skipped > SKIP_MAX {
                    return Ok(Line::Endless);
                }
            }
            if self.fill().await? == 0 {
                return Ok(Line::Ended);
            }
        }
    }

    /// What has come and was not taken yet; waits until there is something. Empty is the end.
    pub(super) async fn more(&mut self) -> io::Result<&mut BytesMut> {
        if self.inward.is_empty() {
            self.fill().await?;
        }
        Ok(&mut self.inward)
    }

    async fn fill(&mut self) -> io::Result<usize> {
        self.flush().await?;
        self.inward.reserve(CHUNK);
        self.io.read_buf(&mut self.inward).await
    }

    /// The connection itself, to be encrypted. What came before that counts for nothing: it was
    /// said by whoever could write on an open line.
    pub(super) async fn upgrade(mut self) -> io::Result<Box<dyn Io>> {
        self.flush().await?;
        Ok(self.io)
    }

    /// Says what is left to say and closes.
    pub(super) async fn close(mut self) {
        let goodbye = async {
            self.flush().await?;
            self.io.shutdown().await?;
            let mut heard = 0;
            while heard < LINGER_MAX {
                self.inward.clear();
                match self.fill().await? {
                    0 => break,
                    more => heard += more,
                }
            }
            io::Result::Ok(())
        };
        // Whoever does not wait for the last word goes without it.
        let _ = timeout(LINGER, goodbye).await;
    }
}

fn judge(line: BytesMut) -> Line {
    let text = line.strip_suffix(b"\r\n");
    let is_text = text.is_some_and(|text| !text.iter().any(u8::is_ascii_control));
    if is_text { Line::Whole(line) } else { Line::Bad }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::duplex;

    async fn lines(sent: &[u8]) -> Vec<Line> {
        let (mut theirs, ours) = duplex(1 << 20);
        theirs.write_all(sent).await.expect("it fits");
        theirs.shutdown().await.expect("it ends");
        let mut wire = Wire::new(Box::new(ours));
        let mut found = Vec::new();
        while let Ok(line) = wire.line().await {
            let last = matches!(line, Line::Ended | Line::Endless);
            if line != Line::Ended {
                found.push(line);
            }
            if last {
                break;
            }
        }
        found
    }

    fn whole(text: &str) -> Line {
        Line::Whole(BytesMut::from(text))
    }

    #[tokio::test]
    async fn only_cr_and_lf_end_a_line() {
        let found = lines(b"EHLO a\r\nNOOP\nNO\rOP\r\n\r\nNO\0OP\r\nrest").await;
        let expected = [whole("EHLO a\r\n"), Line::Bad, Line::Bad, whole("\r\n"), Line::Bad];
        assert_eq!(found, expected);
    }

    #[tokio::test]
    async fn a_line_that_is_too_long_is_skipped_and_an_endless_one_ends_it() {
        let long = "x".repeat(COMMAND_MAX - 1) + "\r\n";
        let fits = "x".repeat(COMMAND_MAX - 2) + "\r\n";
        let longer = "x".repeat(3 * CHUNK) + "\r\n";
        let sent = format!("{long}{fits}{longer}NOOP\r\n");
        let expected = [Line::TooLong, whole(&fits), Line::TooLong, whole("NOOP\r\n")];
        assert_eq!(lines(sent.as_bytes()).await, expected);
        let endless = "x".repeat(SKIP_MAX + 2 * CHUNK) + "\r\nNOOP\r\n";
        assert_eq!(lines(endless.as_bytes()).await, [Line::Endless]);
    }
}
