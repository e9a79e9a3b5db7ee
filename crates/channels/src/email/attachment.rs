//! Files that hang on a mail: a name that is safe to show and to save under, the type that the
//! sender claims, and the type that the first bytes show. Nothing is opened, unpacked or run.

use super::mime::Leaf;
use crate::provider::InboundAttachment;
use std::borrow::Cow;

/// The most bytes all files of a mail may have together, decoded.
pub const MAX_ATTACHMENT_BYTES: usize = 25 * 1024 * 1024;
/// The longest name of a file, in characters.
pub const MAX_FILE_NAME: usize = 120;

const UNKNOWN: &str = "application/octet-stream";
/// How many bytes of a file are looked at.
const SNIFFED: usize = 8192;
/// The longest extension that is kept when a name is shortened.
const MAX_EXTENSION: usize = 12;

pub(super) fn of(leaf: &Leaf<'_>, bytes: Vec<u8>, inline: bool, at: usize) -> InboundAttachment {
    let media_type = sniff(&bytes);
    let name = match leaf.file_name() {
        Some(name) => file_name(&name),
        None => unnamed(&leaf.kind.full, &media_type, at),
    };
    InboundAttachment {
        name,
        declared_type: leaf.kind.full.chars().take(MAX_FILE_NAME).collect(),
        media_type,
        bytes: bytes.into(),
        inline,
    }
}

/// A name that is one path segment, shows what it is, and is never empty.
#[must_use]
pub fn file_name(text: &str) -> String {
    let segment = text.rsplit(['/', '\\']).next().unwrap_or_default();
    let clean: String = segment
        .chars()
        .filter(|c| !is_invisible(*c))
        .map(|c| if "<>:\"|?*".contains(c) { '_' } else { c })
        .collect();
    let clean = clean.trim().trim_start_matches('.').trim_end_matches(['.', ' ']).trim();
    if clean.is_empty() {
        return "attachment".to_owned();
    }
    if clean.chars().count() <= MAX_FILE_NAME {
        return clean.to_owned();
    }
    let extension = clean.rsplit_once('.').map_or("", |(_, extension)| extension);
    let extension: String = match extension.chars().count() {
        1..=MAX_EXTENSION => format!(".{extension}"),
        _ => String::new(),
    };
    let stem: String = clean.chars().take(MAX_FILE_NAME - extension.chars().count()).collect();
    stem + &extension
}

/// Whether a character shows nothing, or changes how others are shown.
pub(super) fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}')
}

fn unnamed(declared: &str, media_type: &str, at: usize) -> String {
    let extension: Cow<'_, str> = match declared {
        "message/rfc822" | "message/global" => "eml".into(),
        "text/plain" => "txt".into(),
        "text/html" => "html".into(),
        "text/calendar" => "ics".into(),
        _ => match media_type.rsplit_once('/') {
            Some((_, subtype)) if media_type != UNKNOWN && is_word(subtype) => subtype.into(),
            _ => "bin".into(),
        },
    };
    format!("attachment-{at}.{extension}")
}

fn is_word(text: &str) -> bool {
    text.len() <= MAX_EXTENSION && text.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// The type that the first bytes show.
#[must_use]
pub fn sniff(bytes: &[u8]) -> String {
    let start = &bytes[..bytes.len().min(SNIFFED)];
    if let Some(found) = infer::get(start) {
        return found.mime_type().to_owned();
    }
    if is_svg(start) {
        return "image/svg+xml".to_owned();
    }
    let text = match std::str::from_utf8(start) {
        Ok(text) => Some(text),
        // The cut may have gone through a character.
        Err(error) if start.len() == SNIFFED && error.valid_up_to() + 4 > SNIFFED => {
            std::str::from_utf8(&start[..error.valid_up_to()]).ok()
        }
        Err(_) => None,
    };
    let readable =
        |text: &str| text.chars().all(|c| !c.is_control() || matches!(c, '\n' | '\r' | '\t'));
    match text {
        Some(text) if !text.is_empty() && readable(text) => "text/plain".to_owned(),
        _ => UNKNOWN.to_owned(),
    }
}

/// A picture that can run scripts is not to pass for plain text.
fn is_svg(start: &[u8]) -> bool {
    let text = String::from_utf8_lossy(&start[..start.len().min(1024)]).to_ascii_lowercase();
    let text = text.trim_start_matches(['\u{feff}', ' ', '\r', '\n', '\t']);
    text.starts_with('<') && text.contains("<svg")
}
