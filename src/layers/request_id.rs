//! The id a call is logged under: the caller's, if it is short and plain, else a new one. It goes
//! back in the response, so that a person can name the case.

use http::{HeaderMap, HeaderName, HeaderValue};
use uuid::Uuid;

/// The header that carries it, both ways.
pub const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// The longest id that is taken over.
pub const LENGTH_MAX: usize = 64;

/// The id of a request with these headers.
#[must_use]
pub fn of(headers: &HeaderMap) -> HeaderValue {
    let given = headers.get(HEADER).filter(|value| is_plain(value.as_bytes()));
    given.cloned().unwrap_or_else(|| {
        let text = Uuid::now_v7().to_string();
        HeaderValue::from_str(&text).expect("a UUID is visible ASCII")
    })
}

fn is_plain(bytes: &[u8]) -> bool {
    (1..=LENGTH_MAX).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_graphic)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken_over(text: &[u8]) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(HEADER, HeaderValue::from_bytes(text).expect("a header value"));
        of(&headers).as_bytes() == text
    }

    #[test]
    fn short_plain_ids_are_taken_over_and_others_replaced() {
        assert!(taken_over(b"abc-123") && taken_over(&[b'x'; LENGTH_MAX]));
        for text in [b"".as_slice(), b"a b", &[b'x'; LENGTH_MAX + 1], "é".as_bytes(), b"a\tb"] {
            assert!(!taken_over(text), "{text:?}");
        }
        assert_ne!(of(&HeaderMap::new()), of(&HeaderMap::new()));
    }
}
