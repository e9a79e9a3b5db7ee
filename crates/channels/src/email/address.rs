//! E-mail addresses in the one form in which they are compared: lower case, the domain in its ASCII
//! form, no comment and no name. Only `local@domain` with an unquoted local part is an address
//! here; what else the standard allows nobody uses, and much of it is used to deceive.

use url::Host;

/// The longest address, in bytes.
pub const MAX_ADDRESS: usize = 254;
/// The longest local part, in bytes.
pub const MAX_LOCAL: usize = 64;

/// The form of an address in which two spellings of one mailbox are equal; none if it is not an
/// address. Local parts are compared without case, as all providers do.
#[must_use]
pub fn normalise(text: &str) -> Option<String> {
    let text = text.trim();
    let text = text.strip_prefix('<').and_then(|t| t.strip_suffix('>')).unwrap_or(text);
    let (local, domain) = text.rsplit_once('@')?;
    let dots = local.starts_with('.') || local.ends_with('.') || local.contains("..");
    let plain = !local.is_empty() && local.chars().all(is_local_char) && !dots;
    let domain = domain_of(domain)?;
    let address = format!("{}@{domain}", local.to_lowercase());
    let at = address.len() - domain.len() - 1;
    (plain && at <= MAX_LOCAL && address.len() <= MAX_ADDRESS).then_some(address)
}

/// The mailbox of an address and the tag after the first `+` of its local part. Expects the normal
/// form.
#[must_use]
pub fn split_tag(address: &str) -> (String, Option<&str>) {
    let Some((local, domain)) = address.rsplit_once('@') else { return (address.to_owned(), None) };
    match local.split_once('+') {
        Some((mailbox, tag)) if !mailbox.is_empty() => (format!("{mailbox}@{domain}"), Some(tag)),
        _ => (address.to_owned(), None),
    }
}

/// The same address with a tag, if that fits into the bounds. Expects the normal form.
#[must_use]
pub fn with_tag(mailbox: &str, tag: &str) -> Option<String> {
    let (local, domain) = mailbox.rsplit_once('@')?;
    let tagged = format!("{local}+{tag}@{domain}");
    let fits = local.len() + 1 + tag.len() <= MAX_LOCAL && tagged.len() <= MAX_ADDRESS;
    fits.then_some(tagged)
}

/// The domain of an address in normal form.
#[must_use]
pub fn domain(address: &str) -> &str {
    address.rsplit_once('@').map_or("", |(_, domain)| domain)
}

fn is_local_char(c: char) -> bool {
    c.is_ascii_alphanumeric()
        || "!#$%&'*+-/=?^_`{|}~.".contains(c)
        || (!c.is_ascii() && c.is_alphanumeric())
}

/// A domain in ASCII and lower case, or an address literal as it is.
fn domain_of(text: &str) -> Option<String> {
    let text = text.trim_end_matches('.');
    if let Some(literal) = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')) {
        let inner = literal.to_ascii_lowercase();
        let address = inner.strip_prefix("ipv6:").unwrap_or(&inner);
        return address.parse::<std::net::IpAddr>().ok().map(|_| format!("[{inner}]"));
    }
    match Host::parse(text).ok()? {
        Host::Domain(domain) if is_domain(&domain) => Some(domain),
        _ => None,
    }
}

/// The parser of URLs takes more than names of hosts may hold.
fn is_domain(domain: &str) -> bool {
    domain.split('.').all(|label| {
        !label.is_empty()
            && label.len() <= 63
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_mailbox_are_equal() {
        for text in ["Ann@Example.ORG", " <ann@example.org> ", "ann@example.org."] {
            assert_eq!(normalise(text).as_deref(), Some("ann@example.org"), "{text:?}");
        }
        assert_eq!(normalise("x@bücher.example").as_deref(), Some("x@xn--bcher-kva.example"));
        assert_eq!(normalise("x@[192.0.2.1]").as_deref(), Some("x@[192.0.2.1]"));
    }

    #[test]
    fn what_is_no_address_is_none() {
        for text in [
            "",
            "@",
            "a@",
            "@b",
            "a b@c.d",
            "a@b c",
            "a@b..c",
            ".a@b.c",
            "a..b@c.d",
            "a@b\r\nc",
            "a\r\n@b.c",
            "\"a b\"@c.d",
            "a@b,c@d",
            "a@[x]",
            "a\0@b.c",
            "a@-\u{202e}",
        ] {
            assert_eq!(normalise(text), None, "{text:?}");
        }
        assert_eq!(normalise(&format!("{}@example.org", "a".repeat(65))), None);
    }

    #[test]
    fn tags_go_on_and_off() {
        let tagged = with_tag("help@example.org", "abc").expect("it fits");
        assert_eq!(tagged, "help+abc@example.org");
        assert_eq!(split_tag(&tagged), ("help@example.org".to_owned(), Some("abc")));
        assert_eq!(split_tag("help@example.org"), ("help@example.org".to_owned(), None));
        assert_eq!(split_tag("+x@example.org"), ("+x@example.org".to_owned(), None));
        assert_eq!(with_tag("help@example.org", &"x".repeat(60)), None);
    }
}
