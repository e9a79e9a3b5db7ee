//! The parts of a mail, walked by us within bounds, since what is inside is not to be trusted with
//! a stack or a heap: depth, parts and header lines are counted before anything is decoded. Mails
//! within a mail are files; nothing in them is looked at.

use super::attachment::{self, Claimed, MAX_ATTACHMENT_BYTES};
use super::envelope::split_head;
use super::head::{Head, Kind, MAX_HEADER_LINES, line_end};
use super::text;
use crate::provider::{InboundAttachment, Quarantine};
use mail_parser::decoders::charsets::map::charset_decoder;
use mail_parser::decoders::quoted_printable::quoted_printable_decode;
use std::borrow::Cow;

/// The most parts a mail may have, those that only hold others included.
pub const MAX_PARTS: usize = 50;
/// How deep parts may be within parts.
pub const MAX_DEPTH: usize = 20;

/// The most encoded bytes of one text that are decoded to be shown.
const MAX_TEXT_SOURCE: usize = 256 * 1024;

/// A part that holds no others.
pub(super) struct Leaf<'a> {
    pub(super) head: Head<'a>,
    pub(super) kind: Kind,
    /// Still encoded.
    body: &'a [u8],
}

/// What a mail holds.
#[derive(Default)]
pub(super) struct Content {
    /// The text to show.
    pub(super) text: String,
    /// Whether there was more text than is shown.
    pub(super) truncated: bool,
    /// The files.
    pub(super) files: Vec<InboundAttachment>,
}

/// A node of the mail.
pub(super) enum Node<'a> {
    Leaf(Leaf<'a>),
    Many(Kind, Vec<Node<'a>>),
}

/// The parts of a mail.
pub(super) fn walk(raw: &[u8]) -> Result<Node<'_>, Quarantine> {
    let mut walk = Walk { parts: 0, lines: 0 };
    walk.node(raw, 0, false)
}

struct Walk {
    parts: usize,
    lines: usize,
}

impl Walk {
    fn node<'a>(
        &mut self,
        raw: &'a [u8],
        depth: usize,
        digest: bool,
    ) -> Result<Node<'a>, Quarantine> {
        self.parts += 1;
        if self.parts > MAX_PARTS {
            return Err(Quarantine::Parts);
        }
        let (block, body) = split_head(raw);
        let head = Head::parse(block);
        self.lines += head.lines;
        if let Some(broken) = head.broken {
            return Err(broken);
        }
        if self.lines > MAX_HEADER_LINES {
            return Err(Quarantine::HeaderLines);
        }
        let default = if digest { "message/rfc822" } else { "text/plain" };
        let kind =
            head.kind().unwrap_or_else(|| Kind { full: default.to_owned(), ..Kind::default() });
        let slices = match &kind.boundary {
            Some(boundary) if kind.is_multipart() => split_parts(body, boundary.as_bytes()),
            _ => Vec::new(),
        };
        if slices.is_empty() {
            return Ok(Node::Leaf(Leaf { head, kind, body }));
        }
        if depth >= MAX_DEPTH {
            return Err(Quarantine::Depth);
        }
        if self.parts + slices.len() > MAX_PARTS {
            return Err(Quarantine::Parts);
        }
        let digest = kind.full == "multipart/digest";
        let nodes = slices.into_iter().map(|part| self.node(part, depth + 1, digest));
        let nodes = nodes.collect::<Result<_, _>>()?;
        Ok(Node::Many(kind, nodes))
    }
}

/// The slices between the lines of a boundary; one more than the bound at most, so that too many
/// are noticed and no more are made. Without a single such line there are none.
fn split_parts<'a>(body: &'a [u8], boundary: &[u8]) -> Vec<&'a [u8]> {
    let mut parts = Vec::new();
    let mut start = None;
    let mut at = 0;
    while at < body.len() && parts.len() <= MAX_PARTS {
        let end = line_end(body, at);
        let rest = body[at..end].strip_prefix(b"--").and_then(|rest| rest.strip_prefix(boundary));
        if let Some(rest) = rest {
            let closing = rest.strip_prefix(b"--").unwrap_or(rest).trim_ascii().is_empty();
            if closing {
                if let Some(start) = start {
                    parts.push(without_line_end(&body[start..at]));
                }
                start = Some(end);
                if rest.starts_with(b"--") {
                    return parts;
                }
            }
        }
        at = end;
    }
    if let Some(start) = start.filter(|start| *start < body.len()) {
        parts.push(&body[start..]);
    }
    parts
}

/// The line end before a boundary belongs to the boundary.
fn without_line_end(part: &[u8]) -> &[u8] {
    let part = part.strip_suffix(b"\n").unwrap_or(part);
    part.strip_suffix(b"\r").unwrap_or(part)
}

impl<'a> Node<'a> {
    /// Every part that holds no others, in order.
    /// What it is, if it holds others.
    pub(super) fn kind(&self) -> Option<&Kind> {
        match self {
            Self::Leaf(_) => None,
            Self::Many(kind, _) => Some(kind),
        }
    }

    pub(super) fn leaves(&self) -> Vec<&Leaf<'a>> {
        match self {
            Self::Leaf(leaf) => vec![leaf],
            Self::Many(_, nodes) => nodes.iter().flat_map(Node::leaves).collect(),
        }
    }

    /// What it holds, decoded.
    pub(super) fn content(&self) -> Result<Content, Quarantine> {
        let mut sorted = Sorted::default();
        self.sort(&mut sorted);
        let mut content = Content::default();
        let mut room = MAX_ATTACHMENT_BYTES;
        let mut add = |content: &mut Content, leaf: &Leaf<'_>, inline: bool| {
            let bytes = leaf.decoded();
            room = room.checked_sub(bytes.len()).ok_or(Quarantine::Size)?;
            let at = content.files.len() + 1;
            let media_type = leaf.kind.full.as_str();
            let claimed = Claimed { name: leaf.file_name(), media_type, inline };
            content.files.push(attachment::of(&claimed, bytes.into_owned(), at));
            Ok(())
        };
        for (leaf, inline) in sorted.files {
            add(&mut content, leaf, inline)?;
        }
        let mut whole = Vec::new();
        for leaf in sorted.texts {
            let (piece, cut) = leaf.shown();
            let fits = text::append(&mut content.text, &piece);
            if cut || !fits {
                whole.push(leaf);
            }
        }
        content.truncated = !whole.is_empty();
        for leaf in whole {
            add(&mut content, leaf, true)?;
        }
        Ok(content)
    }

    /// Which parts are to be shown as text, and which are files.
    fn sort<'n>(&'n self, sorted: &mut Sorted<'n, 'a>) {
        match self {
            Self::Leaf(leaf) if leaf.is_shown() => sorted.texts.push(leaf),
            Self::Leaf(leaf) => sorted.files.push((leaf, leaf.is_inline())),
            Self::Many(kind, nodes) if kind.full == "multipart/alternative" => {
                // The same said several times: one is shown, plain text if it says anything. What
                // hangs on the others is still a file.
                let mut each: Vec<Sorted<'_, '_>> = Vec::new();
                for node in nodes {
                    let mut one = Sorted::default();
                    node.sort(&mut one);
                    each.push(one);
                }
                let says = |one: &Sorted<'_, '_>, plain: bool| {
                    one.texts.iter().any(|leaf| {
                        (leaf.kind.full != "text/html") == plain
                            && !leaf.shown().0.trim().is_empty()
                    })
                };
                let best = each.iter().position(|one| says(one, true));
                let best = best.or_else(|| each.iter().position(|one| says(one, false)));
                for (at, one) in each.into_iter().enumerate() {
                    sorted.files.extend(one.files);
                    if Some(at) == best {
                        sorted.texts.extend(one.texts);
                    }
                }
            }
            Self::Many(_, nodes) => nodes.iter().for_each(|node| node.sort(sorted)),
        }
    }
}

#[derive(Default)]
struct Sorted<'n, 'a> {
    texts: Vec<&'n Leaf<'a>>,
    files: Vec<(&'n Leaf<'a>, bool)>,
}

impl Leaf<'_> {
    fn is_shown(&self) -> bool {
        let shown = matches!(self.kind.full.as_str(), "text/plain" | "text/html");
        let file = match self.head.disposition() {
            Some((disposition, name)) => disposition == "attachment" || name.is_some(),
            None => self.kind.name.is_some(),
        };
        shown && !file
    }

    fn is_inline(&self) -> bool {
        match self.head.disposition() {
            Some((disposition, _)) => disposition == "inline",
            None => self.head.has("content-id"),
        }
    }

    /// The name of the file, as the mail has it.
    pub(super) fn file_name(&self) -> Option<String> {
        let named = self.head.disposition().and_then(|(_, name)| name);
        named.or_else(|| self.kind.name.clone()).filter(|name| !name.trim().is_empty())
    }

    /// The content without its transfer encoding.
    pub(super) fn decoded(&self) -> Cow<'_, [u8]> {
        self.decode(self.body)
    }

    fn decode<'b>(&self, bytes: &'b [u8]) -> Cow<'b, [u8]> {
        let encoding = self.head.raw("content-transfer-encoding");
        match encoding.first().map(|word| word.to_ascii_lowercase()).as_deref() {
            Some("base64") => Cow::Owned(base64(bytes)),
            // What is not in the form of the encoding is shown as it stands.
            Some("quoted-printable") => {
                quoted_printable_decode(bytes).map_or(bytes.into(), Cow::Owned)
            }
            _ => Cow::Borrowed(bytes),
        }
    }

    /// The text in characters, up to a bound on its source, and whether that cut it.
    pub(super) fn characters(&self) -> (String, bool) {
        let cut = self.body.len() > MAX_TEXT_SOURCE;
        let bytes = self.decode(&self.body[..self.body.len().min(MAX_TEXT_SOURCE)]);
        (characters(&bytes, self.kind.charset.as_deref()), cut)
    }

    /// The text to show, and whether it was cut.
    fn shown(&self) -> (String, bool) {
        let (characters, cut) = self.characters();
        let html = self.kind.full == "text/html";
        (if html { text::of_html(&characters) } else { text::of_plain(&characters) }, cut)
    }
}

/// Text in some charset. A declared one is believed unless the bytes are UTF-8 and more than ASCII,
/// which they never are by accident; without one, or with one unknown, it is UTF-8 or the West's.
fn characters(bytes: &[u8], charset: Option<&str>) -> String {
    let utf8 = std::str::from_utf8(bytes).ok();
    let declared = charset.and_then(|name| charset_decoder(name.trim().as_bytes()));
    let escapes = bytes.contains(&0x1b) || charset.is_some_and(|c| c.eq_ignore_ascii_case("utf-7"));
    match (declared, utf8) {
        (Some(decode), Some(text)) if text.is_ascii() && (escapes || bytes.contains(&0)) => {
            let _ = text;
            decode(bytes)
        }
        (_, Some(text)) => text.to_owned(),
        (Some(decode), None) => decode(bytes),
        (None, None) if charset.is_some_and(is_utf8) => String::from_utf8_lossy(bytes).into_owned(),
        (None, None) => match charset_decoder(b"windows-1252") {
            Some(decode) => decode(bytes),
            None => String::from_utf8_lossy(bytes).into_owned(),
        },
    }
}

fn is_utf8(charset: &str) -> bool {
    matches!(charset.trim().to_ascii_lowercase().as_str(), "utf-8" | "utf8")
}

/// Base64 as mail has it: whatever is not of the alphabet is skipped, padding may be missing or
/// stand between.
fn base64(bytes: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(bytes.len() / 4 * 3);
    let (mut held, mut bits) = (0_u32, 0);
    for byte in bytes {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            b'=' => {
                (held, bits) = (0, 0);
                continue;
            }
            _ => continue,
        };
        held = (held << 6 | u32::from(value)) & 0xff_ffff;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            decoded.push((held >> bits & 0xff) as u8);
        }
    }
    decoded
}
