//! Values of header fields that we write: checked, never repaired. A line end, a NUL or any other
//! control character in a value is refused, since it could end the field and start another.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// A value that may not stand in a header field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unclean;

/// The value if it has no control characters.
pub(super) fn clean(value: &str) -> Result<&str, Unclean> {
    if value.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')) {
        return Err(Unclean);
    }
    Ok(value)
}

/// A name as a phrase before an address: quoted if it is ASCII, else in encoded words, which may
/// not stand in quotes.
pub(super) fn phrase(name: &str) -> String {
    if name.is_ascii() {
        // What looks like an encoded word would be read as one.
        let plain = name.replace("=?", "= ?");
        let escaped = plain.replace('\\', "\\\\").replace('"', "\\\"");
        return format!("\"{escaped}\"");
    }
    words(name)
}

/// A free text in encoded words, if it would be read as such where it stands plain.
pub(super) fn disguised(text: &str) -> Option<String> {
    text.contains("=?").then(|| words(text))
}

/// Encoded words with plain spaces between, for a field that is folded elsewhere. In base64, whose
/// characters mean nothing in a phrase: the other encoding leaves commas as they are, and a comma
/// ends an address.
fn words(text: &str) -> String {
    let mut pieces = vec![String::new()];
    for c in text.chars() {
        match pieces.last_mut() {
            Some(last) if last.len() + c.len_utf8() <= WORD_BYTES => last.push(c),
            _ => pieces.push(c.to_string()),
        }
    }
    let encoded = pieces.iter().map(|piece| format!("=?utf-8?B?{}?=", STANDARD.encode(piece)));
    encoded.collect::<Vec<_>>().join(" ")
}

/// How much of a text one encoded word holds: 75 characters at most, encoded.
const WORD_BYTES: usize = 45;

/// The parameter that carries a file name: plain if it can be, else extended and in pieces that
/// fold (RFC 2231). Never both: some readers take the second for a fault. Readers that know no
/// extended names find a [`fallback_name`] beside the type.
pub(super) fn file_name(name: &str) -> String {
    if is_plain_name(name) {
        return format!("filename=\"{name}\"");
    }
    let mut pieces = vec!["utf-8''".to_owned()];
    for byte in name.bytes() {
        let one = match byte {
            b if b.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&b) => char::from(b).into(),
            b => format!("%{b:02X}"),
        };
        match pieces.last_mut() {
            Some(last) if last.len() + one.len() <= PIECE => last.push_str(&one),
            _ => pieces.push(one),
        }
    }
    match pieces.as_slice() {
        [only] => format!("filename*={only}"),
        many => {
            let numbered = many.iter().enumerate();
            let named = numbered.map(|(at, piece)| format!("filename*{at}*={piece}"));
            named.collect::<Vec<_>>().join("; ")
        }
    }
}

/// How long a name, or a piece of one, is in one line.
const PIECE: usize = 48;

/// Whether a name may stand in quotes as it is.
fn is_plain_name(name: &str) -> bool {
    name.len() <= PIECE && name.chars().all(is_plain)
}

fn is_plain(c: char) -> bool {
    c.is_ascii() && !"\"\\%".contains(c) && !c.is_control()
}

/// What stands for a name that is not plain: a word of ASCII with the same ending.
pub(super) fn fallback_name(name: &str) -> Option<String> {
    let usable = |c: char| is_plain(c) && !" =?".contains(c);
    let word = name.chars().map(|c| if usable(c) { c } else { '_' });
    let word: String = word.skip(name.chars().count().saturating_sub(PIECE)).collect();
    (!is_plain_name(name)).then_some(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phrases_are_quoted_or_encoded_and_never_both() {
        assert_eq!(phrase("Ann \"A\" O\\'Neil"), "\"Ann \\\"A\\\" O\\\\'Neil\"");
        let encoded = phrase(&"Zoë Müller, (Desk) \u{1f44d} ".repeat(5));
        let words: Vec<_> = encoded.split(' ').collect();
        assert!(words.len() > 2 && !encoded.contains(['"', ',', '(']), "{encoded}");
        assert!(words.iter().all(|w| w.len() <= 75 && w.starts_with("=?utf-8?B?")), "{encoded}");
        assert!(!phrase("=?utf-8?Q?x?=").contains("=?utf-8?Q?x?="));
    }

    #[test]
    fn values_that_could_end_a_field_are_unclean() {
        for value in ["a\r\nBcc: x", "a\nb", "a\rb", "a\0b", "a\u{2028}b", "\u{85}"] {
            assert_eq!(clean(value), Err(Unclean), "{value:?}");
        }
        assert_eq!(clean("Grüße, 世界 👍"), Ok("Grüße, 世界 👍"));
    }
}
