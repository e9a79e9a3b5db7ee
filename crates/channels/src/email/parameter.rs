//! Names of files in the parameters of a field: plain, in encoded words (which the standard forbids
//! and everybody sends), or extended and in pieces (RFC 2231). Where a name is there in several
//! forms the extended one counts, since the plain one is for readers that know no better.

use mail_parser::decoders::charsets::map::charset_decoder;
use mail_parser::parsers::MessageStream;
use std::collections::BTreeMap;

/// The most pieces of one name.
const MAX_PIECES: usize = 64;

/// The value of a parameter of an unfolded field.
pub(super) fn value(field: &str, name: &str) -> Option<String> {
    let mut plain = None;
    let mut whole = None;
    let mut pieces = BTreeMap::new();
    for (key, value) in split(field) {
        let Some(form) = strip_name(&key, name) else { continue };
        match form {
            "" => plain = plain.or(Some(value)),
            "*" => whole = whole.or_else(|| extended(&[(value, true)])),
            numbered => {
                let number = numbered[1..].trim_end_matches('*');
                let Ok(number) = number.parse::<usize>() else { continue };
                if number < MAX_PIECES {
                    pieces.entry(number).or_insert((value, numbered.ends_with('*')));
                }
            }
        }
    }
    // Pieces count up to the first that is missing.
    let pieces: Vec<_> = (0..).map_while(|number| pieces.remove(&number)).collect();
    whole.or_else(|| extended(&pieces)).or_else(|| plain.map(|value| words(&value)))
}

/// What follows a name in the key of a parameter: nothing, or a star and more.
fn strip_name<'a>(key: &'a str, name: &str) -> Option<&'a str> {
    let start = key.get(..name.len())?;
    let rest = &key[name.len()..];
    (start.eq_ignore_ascii_case(name) && (rest.is_empty() || rest.starts_with('*'))).then_some(rest)
}

/// The parameters after the first word, quotes taken off. Spaces around a value are not part of it
/// unless they stand in quotes.
fn split(field: &str) -> Vec<(String, String)> {
    let mut all = Vec::new();
    let mut current = String::new();
    let (mut quoted, mut escaped, mut had_quotes) = (false, false, false);
    for c in field.chars().chain([';']) {
        if escaped {
            current.push(c);
            escaped = false;
        } else if quoted && c == '\\' {
            escaped = true;
        } else if c == '"' {
            quoted = !quoted;
            had_quotes = true;
        } else if c == ';' && !quoted {
            if let Some((key, value)) = current.split_once('=') {
                let value = if had_quotes { value } else { value.trim_end() };
                all.push((key.trim().to_owned(), value.to_owned()));
            }
            current.clear();
            had_quotes = false;
        } else if quoted || !c.is_whitespace() || !(had_quotes || current.ends_with('=')) {
            current.push(c);
        }
    }
    all
}

/// An extended value: the first piece says charset and language, and the pieces marked so have
/// their bytes in hexadecimal.
fn extended(pieces: &[(String, bool)]) -> Option<String> {
    let (first, marked) = pieces.first()?;
    let (charset, first) = match first.split_once('\'') {
        Some((charset, rest)) if *marked => (charset, rest.split_once('\'').map_or(rest, |r| r.1)),
        _ => ("", first.as_str()),
    };
    let mut bytes = Vec::new();
    for (at, (piece, marked)) in pieces.iter().enumerate() {
        let piece = if at == 0 { first } else { piece.as_str() };
        if *marked {
            unescape(piece, &mut bytes)
        } else {
            bytes.extend_from_slice(piece.as_bytes())
        }
    }
    let text = match (String::from_utf8(bytes), charset_decoder(charset.trim().as_bytes())) {
        (Ok(text), _) => text,
        (Err(other), Some(decode)) => decode(other.as_bytes()),
        (Err(other), None) => String::from_utf8_lossy(other.as_bytes()).into_owned(),
    };
    Some(text)
}

fn unescape(text: &str, bytes: &mut Vec<u8>) {
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        let hex = after.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        let decoded = hex.and_then(|two| u8::from_str_radix(two, 16).ok());
        match decoded {
            Some(decoded) if *byte == b'%' => {
                bytes.push(decoded);
                rest = &after[2..];
            }
            _ => {
                bytes.push(*byte);
                rest = after;
            }
        }
    }
}

/// Encoded words decoded, if there are any.
fn words(text: &str) -> String {
    if !text.contains("=?") {
        return text.to_owned();
    }
    let line = format!("{text}\n");
    let decoded = MessageStream::new(line.as_bytes()).parse_unstructured();
    decoded.into_text().map_or_else(|| text.to_owned(), |decoded| decoded.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::value;

    #[test]
    fn a_name_is_read_in_every_form() {
        for (field, expected) in [
            ("attachment; filename=a.txt", Some("a.txt")),
            ("attachment; FileName=\"a;b=\\\"c\\\".txt\"", Some("a;b=\"c\".txt")),
            ("attachment; filename*=utf-8'en'%E2%82%AC.txt; filename=x", Some("€.txt")),
            (
                "attachment; filename=x; filename*0*=utf-8''%E2%82; filename*1*=%AC.txt",
                Some("€.txt"),
            ),
            ("attachment; filename*1=b; filename*0=a; filename*3=d", Some("ab")),
            ("attachment; filename*=iso-8859-1''%fc%zz%", Some("ü%zz%")),
            ("attachment; filename*=%41", Some("A")),
            ("attachment; filename=\"=?utf-8?B?4oKs?= x\"", Some("€ x")),
            ("attachment; filename= my file.txt ; x=y", Some("my file.txt")),
            ("attachment; filename = \" a \" ; x=y", Some(" a ")),
            ("attachment; filenames=a", None),
            ("attachment; filename", None),
            ("attachment", None),
        ] {
            assert_eq!(value(field, "filename").as_deref(), expected, "{field}");
        }
    }
}
