//! The formats of text that the contract names: UUID in its 8-4-4-4-12 form, mail address as HTML
//! defines it for forms, URI with a scheme as RFC 3986 defines it (IPv6 zones as RFC 6874 does).
//! These are the definitions protovalidate uses, so that clients that check first agree with us;
//! like it, a future kind of IP address begins with a lower-case v.

use regex::Regex;
use std::fmt;
use std::net::Ipv6Addr;
use std::sync::LazyLock;

/// Whether `value` has fewer than `count` characters (Unicode scalar values). Looks at no more of
/// them than it must.
pub(super) fn fewer_chars(value: &str, count: usize) -> bool {
    value.chars().take(count).count() < count
}

/// A span in seconds, as a text.
pub(super) struct Seconds(pub(super) (i64, i32));

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, nanos) = self.0;
        if nanos == 0 {
            return write!(f, "{seconds}s");
        }
        let sign = if seconds < 0 || nanos < 0 { "-" } else { "" };
        let fraction = format!("{:09}", nanos.unsigned_abs());
        write!(f, "{sign}{}.{}s", seconds.unsigned_abs(), fraction.trim_end_matches('0'))
    }
}

/// Where a UUID has its hyphens.
const HYPHENS: [usize; 4] = [8, 13, 18, 23];
/// How many bytes the text of a UUID has.
const UUID_LEN: usize = 36;

/// Whether `value` is a UUID of any version, in either case.
pub(super) fn is_uuid(value: &str) -> bool {
    value.len() == UUID_LEN
        && value.bytes().enumerate().all(|(index, byte)| {
            if HYPHENS.contains(&index) { byte == b'-' } else { byte.is_ascii_hexdigit() }
        })
}

static EMAIL: LazyLock<Regex> = LazyLock::new(|| {
    let label = "[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?";
    let email = format!(r"^[a-zA-Z0-9.!#$%&'*+/=?^_`{{|}}~-]+@{label}(?:\.{label})*$");
    Regex::new(&email).expect("the expression is constant and tested")
});

/// Whether `value` is a mail address as HTML forms accept it.
pub(super) fn is_email(value: &str) -> bool {
    EMAIL.is_match(value)
}

static URI: LazyLock<Regex> = LazyLock::new(|| {
    let unreserved = "[A-Za-z0-9._~-]";
    let percent = "%[0-9A-Fa-f]{2}";
    let sub = "[!$&'()*+,;=]";
    let pchar = format!("(?:{unreserved}|{percent}|{sub}|[:@])");
    let user = format!("(?:{unreserved}|{percent}|{sub}|:)*@");
    let v6 = format!(r"\[(?P<v6>[0-9A-Fa-f:.]+)(?P<zone>%25(?:{unreserved}|{percent})+)?\]");
    let future = format!(r"\[v[0-9A-Fa-f]+\.(?:{unreserved}|{sub}|:)+\]");
    let name = format!("(?P<name>(?:{unreserved}|{percent}|{sub})*)");
    let authority = format!("//(?:{user})?(?:{v6}|{future}|{name})(?::[0-9]*)?");
    let path = format!("{pchar}+(?:/{pchar}*)*");
    let part = format!("(?:{authority}(?:/{pchar}*)*|/(?:{path})?|{path}|)");
    let query = format!("(?:{pchar}|[/?])*");
    let uri = format!(r"^[A-Za-z][A-Za-z0-9+.-]*:{part}(?:\?{query})?(?:#{query})?$");
    Regex::new(&uri).expect("the expression is constant and tested")
});

/// Whether `value` is a URI with a scheme.
pub(super) fn is_uri(value: &str) -> bool {
    let Some(parts) = URI.captures(value) else { return false };
    let is_text = |name| parts.name(name).is_none_or(|part| percent_holds_text(part.as_str()));
    let is_v6 = parts.name("v6").is_none_or(|ip| ip.as_str().parse::<Ipv6Addr>().is_ok());
    is_v6 && is_text("name") && is_text("zone")
}

/// Whether a host is UTF-8 once its percent signs are resolved. They are known to be well formed.
fn percent_holds_text(host: &str) -> bool {
    if !host.contains('%') {
        return true;
    }
    let mut bytes = Vec::with_capacity(host.len());
    let mut rest = host.bytes();
    while let Some(byte) = rest.next() {
        let digit = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16));
        match byte {
            b'%' => match (digit(rest.next()), digit(rest.next())) {
                (Some(high), Some(low)) => bytes.extend(u8::try_from(high * 16 + low)),
                _ => return false,
            },
            byte => bytes.push(byte),
        }
    }
    std::str::from_utf8(&bytes).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_counted_no_further_than_needed() {
        assert!(fewer_chars("", 1) && fewer_chars("ää", 3));
        assert!(!fewer_chars("", 0) && !fewer_chars("ää", 2));
    }

    #[test]
    fn spans_are_written_in_seconds() {
        for (span, text) in [
            ((0, 0), "0s"),
            ((600, 0), "600s"),
            ((0, 100_000_000), "0.1s"),
            ((-1, -500_000_000), "-1.5s"),
            ((0, -1), "-0.000000001s"),
        ] {
            assert_eq!(Seconds(span).to_string(), text);
        }
    }

    #[test]
    fn uuids() {
        assert!(is_uuid("00000000-0000-0000-0000-000000000000"));
        assert!(is_uuid("0197F3A2-7c1e-7b54-8d3c-2f1e0a9b8c7D"));
        for wrong in [
            "",
            "0197f3a27c1e7b548d3c2f1e0a9b8c7d",
            "{0197f3a2-7c1e-7b54-8d3c-2f1e0a9b8c7d}",
            "urn:uuid:0197f3a2-7c1e-7b54-8d3c-2f1e0a9b8c7d",
            "0197f3a2-7c1e-7b54-8d3c-2f1e0a9b8c7g",
            "0197f3a2-7c1e-7b548-d3c-2f1e0a9b8c7d",
            "0197f3a2-7c1e-7b54-8d3c-2f1e0a9b8cä",
        ] {
            assert!(!is_uuid(wrong), "{wrong}");
        }
    }

    #[test]
    fn emails() {
        let long = format!("a@{}.org", "b".repeat(63));
        for right in ["a@b", "first.last+tag@sub.example.org", "a{|}~^`@example.org", &long] {
            assert!(is_email(right), "{right}");
        }
        let long = format!("a@{}.org", "b".repeat(64));
        for wrong in [
            "", "a", "@b", "a@", "a@b@c", "a b@c", "a@-b", "a@b-", "a@b..c", "a@b.", "\"a\"@b",
            "ä@b", "a@ä", "a@b\n", " a@b", &long,
        ] {
            assert!(!is_email(wrong), "{wrong}");
        }
    }

    #[test]
    fn uris() {
        for right in [
            "https://example.org",
            "https://user:pw@example.org:8443/a/b;c?d=e&f#g",
            "http://127.0.0.1:8080/",
            "http://[::1]:80/x",
            "http://[fe80::1%25eth0]/",
            "http://[v1.a:b]/",
            "http://[::ffff:127.0.0.1]/",
            "https://example.org/%20?%2F#%41",
            "https://ex%C3%A4mple.org",
            "mailto:ada@example.org",
            "urn:isbn:0451450523",
            "file:///etc/hosts",
            "a:",
            "a:/",
            "http://",
        ] {
            assert!(is_uri(right), "{right}");
        }
        for wrong in [
            "",
            "/path",
            "example.org",
            "//example.org",
            "1http://example.org",
            "https://example.org/a b",
            "https://example.org/%2",
            "https://example.org/ä",
            "https://ex%C3mple.org",
            "https://example.org:80a/",
            "http://[::1",
            "http://[::g]/",
            "http://[1::2::3]/",
            "http://[V1.a]/",
            "http://[fe80::1%eth0]/",
            "https://example.org/#a#b",
            "https://example.org/[x]",
            "https://example.org\n",
        ] {
            assert!(!is_uri(wrong), "{wrong}");
        }
    }
}
