//! The header of a mail or of one of its parts: fields split by us, within bounds, and read by the
//! mail library. A field that is not in its form is as good as absent.

use super::parameter;
use crate::provider::Quarantine;
use domain::time::Timestamp;
use mail_parser::HeaderValue;
use mail_parser::parsers::MessageStream;

/// The most lines of header fields in one header, and in all headers of a mail together.
pub const MAX_HEADER_LINES: usize = 1000;
/// The most bytes of one header that are read.
pub const MAX_HEADER_BYTES: usize = 256 * 1024;
/// The most bytes of one field that are read, after which it counts as cut off.
const MAX_FIELD: usize = 32 * 1024;

/// A header within bounds.
#[derive(Default)]
pub(super) struct Head<'a> {
    /// Name and value of each field, the value with its line ends.
    fields: Vec<(&'a [u8], &'a [u8])>,
    /// How many lines it has.
    pub(super) lines: usize,
    /// Whether it has more than is read of it.
    pub(super) broken: Option<Quarantine>,
}

/// A type of content with what it says about names and boundaries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Kind {
    /// Type and subtype in lower case, such as `text/plain`.
    pub(super) full: String,
    pub(super) boundary: Option<String>,
    pub(super) charset: Option<String>,
    pub(super) name: Option<String>,
    pub(super) report: Option<String>,
}

impl Kind {
    pub(super) fn is_multipart(&self) -> bool {
        self.full.starts_with("multipart/")
    }

    pub(super) fn is_text(&self) -> bool {
        self.full.starts_with("text/")
    }
}

/// An address as a header has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) name: Option<String>,
    pub(super) address: String,
}

impl<'a> Head<'a> {
    /// Splits a header into fields.
    pub(super) fn parse(block: &'a [u8]) -> Self {
        let mut head = Self::default();
        let (mut start, mut at) = (0, 0);
        while at < block.len() {
            let end = line_end(block, at);
            let line = &block[at..end];
            head.lines += 1;
            if head.lines > MAX_HEADER_LINES || end > MAX_HEADER_BYTES {
                head.broken = Some(Quarantine::HeaderLines);
                break;
            }
            let folded = line.first().is_some_and(|byte| matches!(byte, b' ' | b'\t'));
            if !folded {
                head.push(&block[start..at]);
                start = at;
            }
            at = end;
        }
        head.push(&block[start..at]);
        head
    }

    fn push(&mut self, field: &'a [u8]) {
        let Some(colon) = field.iter().position(|byte| *byte == b':') else { return };
        let name = field[..colon].trim_ascii();
        let usable = !name.is_empty() && name.iter().all(|byte| matches!(byte, 33..=126));
        if usable {
            let value = &field[colon + 1..];
            self.fields.push((name, &value[..value.len().min(MAX_FIELD)]));
        }
    }

    fn values(&self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        let matching = move |field: &&(&[u8], &[u8])| field.0.eq_ignore_ascii_case(name.as_bytes());
        self.fields.iter().filter(matching).map(|(_, value)| *value)
    }

    /// Whether there is such a field at all.
    pub(super) fn has(&self, name: &str) -> bool {
        self.values(name).next().is_some()
    }

    /// Every value of a field, unfolded and trimmed, nothing decoded.
    pub(super) fn raw(&self, name: &str) -> Vec<String> {
        self.values(name).map(unfold).collect()
    }

    /// The first value of a field with its encoded words decoded.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        let decoded = self.read(name, |stream| stream.parse_unstructured()).next()?;
        decoded.into_text().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
    }

    /// Every address of every field of a name, groups opened.
    pub(super) fn addresses(&self, name: &str) -> Vec<Named> {
        let mut all = Vec::new();
        for value in self.read(name, |stream| stream.parse_address()) {
            let HeaderValue::Address(addresses) = value else { continue };
            all.extend(addresses.iter().filter_map(|one| {
                let address = one.address.as_deref()?.trim().to_owned();
                let name = one.name.as_deref().map(|name| name.trim().to_owned());
                (!address.is_empty()).then_some(Named { name, address })
            }));
        }
        all
    }

    /// Every Message-ID of every field of a name, without brackets. Some libraries put a long one
    /// into encoded words, where none may stand; those are decoded first.
    pub(super) fn ids(&self, name: &str) -> Vec<String> {
        let mut all = Vec::new();
        for value in self.values(name) {
            let mut line = value.to_vec();
            if line.windows(2).any(|two| two == b"=?") {
                let words = lined(value, |stream| stream.parse_unstructured()).into_text();
                line = words.map_or(line, |text| text.into_owned().into_bytes());
            }
            let list = lined(&line, |stream| stream.parse_id()).into_text_list();
            let bare = |id: &str| id.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            all.extend(list.unwrap_or_default().iter().map(|id| bare(id)));
        }
        all
    }

    /// The time of the Date field.
    pub(super) fn date(&self) -> Option<Timestamp> {
        let date = self.read("date", |stream| stream.parse_date()).next()?.into_datetime()?;
        let plausible = (1970..=2200).contains(&date.year) && date.is_valid();
        plausible.then(|| Timestamp::from_micros(date.to_timestamp().saturating_mul(1_000_000)))
    }

    /// The type of the content; none if there is none or it is not in its form.
    pub(super) fn kind(&self) -> Option<Kind> {
        let value = self.read("content-type", |stream| stream.parse_content_type()).next()?;
        let HeaderValue::ContentType(found) = value else { return None };
        let of = |name: &str| found.attribute(name).map(str::to_owned);
        let full = format!("{}/{}", found.ctype(), found.subtype()?).to_ascii_lowercase();
        Some(Kind {
            full,
            boundary: of("boundary").filter(|boundary| !boundary.is_empty()),
            charset: of("charset"),
            name: self.raw("content-type").first().and_then(|raw| parameter::value(raw, "name")),
            report: of("report-type").map(|report| report.to_ascii_lowercase()),
        })
    }

    /// The disposition of the content and the name of the file, if it says.
    pub(super) fn disposition(&self) -> Option<(String, Option<String>)> {
        let raw = self.raw("content-disposition").into_iter().next()?;
        let word = raw.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        Some((word, parameter::value(&raw, "filename")))
    }

    fn read<F>(&self, name: &str, read: F) -> impl Iterator<Item = HeaderValue<'static>>
    where
        F: for<'v> Fn(&mut MessageStream<'v>) -> HeaderValue<'v>,
    {
        let values: Vec<_> = self.values(name).collect();
        values.into_iter().map(move |value| lined(value, &read))
    }
}

/// The value of a field as a reader of the library takes it.
fn lined<F>(value: &[u8], read: F) -> HeaderValue<'static>
where
    F: for<'v> Fn(&mut MessageStream<'v>) -> HeaderValue<'v>,
{
    // The readers stop at the end of a line that is not folded, and want one.
    if value.last() == Some(&b'\n') {
        read(&mut MessageStream::new(value)).into_owned()
    } else {
        read(&mut MessageStream::new(&[value, b"\n"].concat())).into_owned()
    }
}

/// The end of the line that starts at `from`, after its line feed.
pub(super) fn line_end(bytes: &[u8], from: usize) -> usize {
    let found = bytes[from..].iter().position(|byte| *byte == b'\n');
    found.map_or(bytes.len(), |at| from + at + 1)
}

fn unfold(value: &[u8]) -> String {
    let text = String::from_utf8_lossy(value);
    text.split(['\r', '\n'])
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}
