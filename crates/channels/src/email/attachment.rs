//! Files that hang on a mail: a name that is safe to show and to save under, the type that the
//! sender claims, and the type that the first bytes show. Nothing is opened, unpacked or run.

use crate::provider::InboundAttachment;

/// The most bytes all files of a mail may have together, decoded.
pub const MAX_ATTACHMENT_BYTES: usize = 25 * 1024 * 1024;
/// The longest name of a file, in characters.
pub const MAX_FILE_NAME: usize = 120;

const UNKNOWN: &str = "application/octet-stream";
/// How many bytes of a file are looked at.
const SNIFFED: usize = 8192;
/// The longest extension that is kept when a name is shortened.
const MAX_EXTENSION: usize = 12;

/// What a sender says of a file.
pub(super) struct Claimed<'a> {
    /// Its name, if there is one.
    pub(super) name: Option<String>,
    /// Its type.
    pub(super) media_type: &'a str,
    /// Whether it is shown inside the text.
    pub(super) inline: bool,
}

/// The file with these bytes, the how-manieth of its mail.
pub(super) fn of(claimed: &Claimed<'_>, bytes: Vec<u8>, at: usize) -> InboundAttachment {
    let media_type = sniff(&bytes);
    let name = match &claimed.name {
        Some(name) => file_name(name),
        None => unnamed(claimed.media_type, &media_type, at),
    };
    InboundAttachment {
        name,
        declared_type: claimed.media_type.chars().take(MAX_FILE_NAME).collect(),
        media_type,
        bytes: bytes.into(),
        inline: claimed.inline,
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
    let known = [declared, media_type].into_iter().find_map(extension);
    let extension = known.unwrap_or_else(|| match media_type.rsplit_once('/') {
        Some((_, subtype)) if media_type != UNKNOWN && is_word(subtype) => subtype,
        _ => "bin",
    });
    format!("attachment-{at}.{extension}")
}

/// The ending of files of a type, where that is not the type's second half.
fn extension(media_type: &str) -> Option<&'static str> {
    Some(match media_type {
        "message/rfc822" | "message/global" => "eml",
        "text/plain" => "txt",
        "text/html" => "html",
        "text/calendar" => "ics",
        "image/svg+xml" => "svg",
        "image/jpeg" => "jpg",
        _ => return None,
    })
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
