//! A message as it comes after DATA. Only CR LF dot CR LF ends it; a CR or LF apart from each other
//! makes the whole message unacceptable, because servers differ in whether such a one ends a line,
//! and mail has been smuggled through that difference. Dots that were stuffed are taken out.

/// Why a message cannot be accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// A CR or LF apart from a line end.
    Bare,
    /// A line is too long.
    LongLine,
    /// It is too large.
    TooLarge,
    /// There is no memory to hold it.
    NoRoom,
}

/// Where in the text the next byte stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    LineStart,
    Text,
    /// After a CR.
    Cr,
    /// After a dot that began a line.
    Dot,
    /// After a CR after such a dot.
    DotCr,
}

/// A message that is being read.
#[derive(Debug)]
pub(super) struct Body {
    bytes: Vec<u8>,
    at: At,
    /// Length of the line so far.
    line: usize,
    line_max: usize,
    bytes_max: usize,
    fault: Option<Fault>,
}

impl Body {
    pub(super) fn new(bytes_max: usize, line_max: usize) -> Self {
        Self { bytes: Vec::new(), at: At::LineStart, line: 0, line_max, bytes_max, fault: None }
    }

    /// Takes what has come, and answers with how much of it belongs to the message, and whether it
    /// ends there. After a fault nothing is held any more, only the end is looked for.
    pub(super) fn feed(&mut self, input: &[u8]) -> (usize, bool) {
        let mut from = 0;
        while from < input.len() {
            if self.at == At::Text {
                let rest = &input[from..];
                let plain = rest.iter().position(|byte| matches!(byte, b'\r' | b'\n'));
                let plain = plain.unwrap_or(rest.len());
                self.hold(&rest[..plain]);
                from += plain;
                if from == input.len() {
                    break;
                }
            }
            if self.step(input[from]) {
                return (from + 1, true);
            }
            from += 1;
        }
        (from, false)
    }

    /// Takes one byte; whether it is the last one.
    fn step(&mut self, byte: u8) -> bool {
        self.at = match (self.at, byte) {
            (At::DotCr, b'\n') => return true,
            (At::Cr, b'\n') => {
                self.hold(b"\r\n");
                self.line = 0;
                At::LineStart
            }
            (At::LineStart | At::Text, b'\r') => At::Cr,
            (At::Dot, b'\r') => At::DotCr,
            (At::LineStart, b'.') => At::Dot,
            // What follows a lone CR may still be a CR that begins a line end.
            (At::Cr | At::DotCr, b'\r') => {
                self.refuse(Fault::Bare);
                At::Cr
            }
            (At::Cr | At::DotCr, _) | (_, b'\n') => {
                self.refuse(Fault::Bare);
                At::Text
            }
            (At::LineStart | At::Text | At::Dot, byte) => {
                self.hold(&[byte]);
                At::Text
            }
        };
        false
    }

    fn hold(&mut self, bytes: &[u8]) {
        self.line += bytes.len();
        if self.line > self.line_max {
            self.refuse(Fault::LongLine);
        }
        if self.bytes.len() + bytes.len() > self.bytes_max {
            self.refuse(Fault::TooLarge);
        }
        if self.fault.is_none() {
            self.make_room(bytes.len());
            self.bytes.extend_from_slice(bytes);
        }
    }

    /// Room for so many bytes more, and for about as many again as there are, but never for more
    /// than a whole message: what is held counts.
    fn make_room(&mut self, more: usize) {
        let needed = self.bytes.len() + more;
        if needed > self.bytes.capacity() {
            let wanted = needed.max((2 * self.bytes.capacity()).min(self.bytes_max));
            self.bytes.reserve_exact(wanted - self.bytes.len());
        }
    }

    /// Makes it unacceptable; what was held is let go.
    pub(super) fn refuse(&mut self, fault: Fault) {
        // The first one is told, but a message that could smuggle is always told to be one.
        if self.fault.is_none() || fault == Fault::Bare {
            self.fault = Some(fault);
        }
        self.bytes = Vec::new();
    }

    pub(super) fn fault(&self) -> Option<Fault> {
        self.fault
    }

    /// Memory it takes.
    pub(super) fn held(&self) -> usize {
        self.bytes.capacity()
    }

    /// The message.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The message in pieces of every size gives the same: what was read, its fault, what is left.
    fn read(sent: &[u8]) -> (String, Option<Fault>, String) {
        let mut outcomes = (1..=sent.len()).map(|piece| {
            let mut body = Body::new(100, 20);
            let mut taken = 0;
            for piece in sent.chunks(piece) {
                let (more, ended) = body.feed(piece);
                taken += more;
                if ended {
                    break;
                }
            }
            let (fault, rest) = (body.fault(), String::from_utf8_lossy(&sent[taken..]).into());
            (String::from_utf8_lossy(&body.into_bytes()).into_owned(), fault, rest)
        });
        let first = outcomes.next().expect("something is sent");
        assert!(outcomes.all(|other| other == first), "pieces matter: {sent:?}");
        first
    }

    fn good(text: &str, rest: &str) -> (String, Option<Fault>, String) {
        (text.into(), None, rest.into())
    }

    #[test]
    fn a_dot_alone_ends_it_and_stuffed_dots_go() {
        assert_eq!(read(b"a\r\n.\r\nQUIT\r\n"), good("a\r\n", "QUIT\r\n"));
        assert_eq!(read(b".\r\nx"), good("", "x"));
        assert_eq!(read(b"..\r\n...a\r\n.b\r\n a.\r\n.\r\n"), good(".\r\n..a\r\nb\r\n a.\r\n", ""));
    }

    #[test]
    fn nothing_else_ends_it() {
        let ends: [&[u8]; 12] = [
            b"\n.\n",
            b"\n.\r\n",
            b"\r.\r",
            b"\r.\r\n",
            b"\r\n.\n",
            b"\r\n.\r",
            b"\r\n.\r\r\n",
            b"\n\r.\r\n",
            b"\r\r\n.\n",
            b"\r\n.\0\r\n\n",
            b"\n\n.\r\n",
            b"\r\n\r.\r\n",
        ];
        for end in ends {
            let sent = [b"a", end, b"MAIL FROM:<b>\r\n.\r\nrest"].concat();
            let (text, fault, rest) = read(&sent);
            assert_eq!((text.as_str(), fault), ("", Some(Fault::Bare)), "{end:?}");
            assert_eq!(rest, "rest", "{end:?}");
        }
    }

    #[test]
    fn size_and_lines_have_bounds() {
        let line = "x".repeat(18) + "\r\n";
        assert_eq!(read(format!("{}.\r\n", line.repeat(5)).as_bytes()).1, None);
        assert_eq!(read(format!("{}.\r\n", line.repeat(6)).as_bytes()).1, Some(Fault::TooLarge));
        assert_eq!(read(format!("x{line}.\r\n").as_bytes()).1, Some(Fault::LongLine));
        assert_eq!(
            read(format!("x{line}\n.\n.\r\n.\r\n").as_bytes()),
            (String::new(), Some(Fault::Bare), String::new())
        );
    }
}
