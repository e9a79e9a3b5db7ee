//! The policy on addresses, as a table: every refused range at both of its ends, every spelling of
//! an address, and what the two switches open.

use channels::http::{Egress, MAX_URL_LEN, UrlRefused, check_url};
use std::net::IpAddr;

const BOTH: Egress = Egress { allow_http: true, allow_private: true };
const HTTP: Egress = Egress { allow_http: true, allow_private: false };
const PRIVATE: Egress = Egress { allow_http: false, allow_private: true };

fn verdict(url: &str, egress: Egress) -> Result<(), UrlRefused> {
    check_url(url, &egress).map(drop)
}

#[test]
fn public_hosts_over_tls_are_allowed() {
    for url in [
        "https://example.org",
        "https://example.org:8443/hooks?token=1",
        "HTTPS://EXAMPLE.ORG/",
        "https://münchen.example/",
        "https://8.8.8.8/",
        "https://[2606:4700:4700::1111]/",
        "https://localhost.example.org/",
        "https://notlocalhost/",
    ] {
        assert_eq!(verdict(url, Egress::STRICT), Ok(()), "{url}");
    }
    assert_eq!(Egress::default(), Egress::STRICT);
}

#[test]
fn every_spelling_of_an_inner_address_is_refused() {
    for host in [
        "127.0.0.1",
        "127.0.0.1.",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "017700000001",
        "127.1",
        "0",
        "0.0.0.0",
        "１２７.０.０.１",
        "127。0。0。1",
        "%31%32%37.0.0.1",
        "localhost",
        "LocalHost",
        "localhost.",
        "a.localhost",
        "[::1]",
        "[::]",
        "[0:0:0:0:0:0:0:1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::127.0.0.1]",
        "[64:ff9b:1::a00:1]",
        "[2002:7f00:1::]",
        "[2001:0:4136:e378:8000:63bf:3fff:fdd2]",
        "169.254.169.254",
        "0xa9fea9fe",
        "[fd00:ec2::254]",
    ] {
        let url = format!("https://{host}/latest/meta-data");
        assert_eq!(verdict(&url, Egress::STRICT), Err(UrlRefused::Address), "{host}");
        let url = format!("http://{host}/");
        assert_eq!(verdict(&url, HTTP), Err(UrlRefused::Address), "{host}");
    }
}

/// First and last address of each range, then the nearest neighbours outside that are public.
const PRIVATE_RANGES: &[(&str, &str, &[&str])] = &[
    ("10.0.0.0", "10.255.255.255", &["9.255.255.255", "11.0.0.0"]),
    ("100.64.0.0", "100.127.255.255", &["100.63.255.255", "100.128.0.0"]),
    ("127.0.0.0", "127.255.255.255", &["126.255.255.255", "128.0.0.0"]),
    ("172.16.0.0", "172.31.255.255", &["172.15.255.255", "172.32.0.0"]),
    ("192.168.0.0", "192.168.255.255", &["192.167.255.255", "192.169.0.0"]),
    ("::1", "::1", &[]),
    ("fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", &[]),
];

const NEVER_RANGES: &[(&str, &str, &[&str])] = &[
    ("0.0.0.0", "0.255.255.255", &["1.0.0.0"]),
    ("100.100.100.200", "100.100.100.200", &[]),
    ("168.63.129.16", "168.63.129.16", &["168.63.129.15", "168.63.129.17"]),
    ("169.254.0.0", "169.254.255.255", &["169.253.255.255", "169.255.0.0"]),
    ("192.0.0.0", "192.0.0.255", &["191.255.255.255", "192.0.1.0"]),
    ("192.0.2.0", "192.0.2.255", &["192.0.1.255", "192.0.3.0"]),
    ("192.88.99.0", "192.88.99.255", &["192.88.98.255", "192.88.100.0"]),
    ("198.18.0.0", "198.19.255.255", &["198.17.255.255", "198.20.0.0"]),
    ("198.51.100.0", "198.51.100.255", &["198.51.99.255", "198.51.101.0"]),
    ("203.0.113.0", "203.0.113.255", &["203.0.112.255", "203.0.114.0"]),
    ("224.0.0.0", "255.255.255.255", &["223.255.255.255"]),
    ("::", "::", &[]),
    ("::2", "::ffff:ffff", &[]),
    ("::ffff:0.0.0.0", "::ffff:255.255.255.255", &[]),
    ("64:ff9b::", "64:ff9b::ffff:ffff", &[]),
    ("64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff", &[]),
    ("100::", "100::ffff:ffff:ffff:ffff", &[]),
    ("2001::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", &["2001:200::"]),
    ("2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", &["2001:db7::", "2001:db9::"]),
    ("2002::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff", &["2003::"]),
    ("3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", &["3fff:1000::", "3ffe::"]),
    ("4000::", "4000::1", &["3fff:ffff::"]),
    ("fd00:ec2::254", "fd00:ec2::254", &[]),
    ("fd20:ce::254", "fd20:ce::254", &[]),
    ("fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", &[]),
    ("fec0::", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", &[]),
    ("ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", &[]),
];

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

#[test]
fn private_ranges_need_leave_and_their_neighbours_do_not() {
    for (first, last, outside) in PRIVATE_RANGES {
        for inside in [first, last] {
            assert!(!Egress::STRICT.allows(ip(inside)), "{inside}");
            assert!(!HTTP.allows(ip(inside)), "{inside}");
            assert!(PRIVATE.allows(ip(inside)), "{inside}");
        }
        for public in *outside {
            assert!(Egress::STRICT.allows(ip(public)), "{public}");
        }
    }
}

#[test]
fn some_ranges_are_closed_under_every_policy() {
    for (first, last, outside) in NEVER_RANGES {
        for inside in [first, last] {
            assert!(!Egress::STRICT.allows(ip(inside)), "{inside}");
            assert!(!BOTH.allows(ip(inside)), "{inside}");
        }
        for public in *outside {
            assert!(Egress::STRICT.allows(ip(public)), "{public}");
        }
    }
}

#[test]
fn schemes_and_ports_follow_the_switches() {
    let table: &[(&str, [Result<(), UrlRefused>; 4])] = {
        use UrlRefused::{Address, Malformed, Port, Scheme};
        &[
            // url, then strict, http, private, both
            ("http://example.org", [Err(Scheme), Ok(()), Err(Scheme), Ok(())]),
            ("http://example.org:8080", [Err(Scheme), Ok(()), Err(Scheme), Ok(())]),
            ("https://example.org:22", [Err(Port), Err(Port), Ok(()), Ok(())]),
            ("https://example.org:80", [Err(Port), Ok(()), Ok(()), Ok(())]),
            ("http://127.0.0.1:9000", [Err(Scheme), Err(Address), Err(Scheme), Ok(())]),
            ("https://localhost:9000", [Err(Address), Err(Address), Ok(()), Ok(())]),
            ("https://[::1]", [Err(Address), Err(Address), Ok(()), Ok(())]),
            ("https://169.254.169.254", [Err(Address); 4]),
            ("ftp://example.org", [Err(Scheme); 4]),
            ("file:///etc/passwd", [Err(Scheme); 4]),
            ("gopher://example.org", [Err(Scheme); 4]),
            ("javascript:alert(1)", [Err(Scheme); 4]),
            ("example.org", [Err(Malformed); 4]),
            ("//example.org", [Err(Malformed); 4]),
            ("https://", [Err(Malformed); 4]),
            ("https://[fe80::1%25eth0]/", [Err(Malformed); 4]),
            ("https://exa mple.org", [Err(Malformed); 4]),
            ("https://256.256.256.256", [Err(Malformed); 4]),
            ("", [Err(Malformed); 4]),
        ]
    };
    for (url, expected) in table {
        let got = [Egress::STRICT, HTTP, PRIVATE, BOTH].map(|egress| verdict(url, egress));
        assert_eq!(&got, expected, "{url}");
    }
}

#[test]
fn user_names_and_lengths_are_refused() {
    for url in ["https://user@example.org", "https://:pw@example.org", "https://u:p@example.org"] {
        assert_eq!(verdict(url, BOTH), Err(UrlRefused::UserInfo), "{url}");
    }
    let of_length = |n: usize| format!("https://example.org/{}", "a".repeat(n - 20));
    assert_eq!(verdict(&of_length(MAX_URL_LEN), Egress::STRICT), Ok(()));
    assert_eq!(verdict(&of_length(MAX_URL_LEN + 1), Egress::STRICT), Err(UrlRefused::TooLong));
    // Percent-encoding makes this one too long only after it was parsed.
    let grows = format!("https://example.org/{}", "ä".repeat(900));
    assert_eq!(verdict(&grows, Egress::STRICT), Err(UrlRefused::TooLong));
}
