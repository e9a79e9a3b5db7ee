//! Which addresses of the network the house may speak to. Tenants choose where webhooks go, so
//! without this a tenant could make the server read its own neighbours (SSRF). Judged twice: a URL
//! when it is saved and again when it is used, and every address that a name resolves to, inside
//! the resolver that the connection is made with, so that a name cannot change its mind in between.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use thiserror::Error;
use url::{Host, Url};

/// The longest URL, in bytes.
pub const MAX_URL_LEN: usize = 2048;

/// The ports that may be spoken to unless private addresses are allowed.
const PORTS_HTTPS: &[u16] = &[443, 8443];
const PORTS_HTTP: &[u16] = &[80, 8080];

/// What may be spoken to besides public addresses over TLS, which always may. Both are for
/// self-hosted receivers and for tests; neither ever opens link-local or metadata addresses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Egress {
    /// Also `http://`.
    pub allow_http: bool,
    /// Also loopback, private, shared (CGNAT) and unique local addresses, and any port.
    pub allow_private: bool,
}

impl Egress {
    /// Public addresses over TLS only.
    pub const STRICT: Self = Self { allow_http: false, allow_private: false };

    /// Whether an address may be connected to.
    #[must_use]
    pub fn allows(&self, address: IpAddr) -> bool {
        match reach_of(address) {
            Reach::Public => true,
            Reach::Private => self.allow_private,
            Reach::Never => false,
        }
    }

    fn allows_port(&self, port: u16) -> bool {
        self.allow_private
            || PORTS_HTTPS.contains(&port)
            || (self.allow_http && PORTS_HTTP.contains(&port))
    }
}

/// Why a URL may not be spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum UrlRefused {
    /// Longer than [`MAX_URL_LEN`].
    #[error("the URL is longer than {MAX_URL_LEN} bytes")]
    TooLong,
    /// Not an absolute URL.
    #[error("the URL is malformed")]
    Malformed,
    /// Neither https nor, where allowed, http.
    #[error("the scheme of the URL is not allowed")]
    Scheme,
    /// It carries a user name or a password, which would end in logs.
    #[error("the URL must not carry a user name or password")]
    UserInfo,
    /// The port is not one that webhooks are received on.
    #[error("the port of the URL is not allowed")]
    Port,
    /// The host is, or resolves to nothing but, addresses that are not allowed.
    #[error("the host of the URL is not at an allowed address")]
    Address,
}

impl UrlRefused {
    /// The reason in a form that programs can rely on.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::TooLong => "URL_TOO_LONG",
            Self::Malformed => "URL_MALFORMED",
            Self::Scheme => "URL_SCHEME",
            Self::UserInfo => "URL_USER_INFO",
            Self::Port => "URL_PORT",
            Self::Address => "URL_ADDRESS",
        }
    }
}

/// Whether a URL may be spoken to, as far as that can be told without resolving its name. Ask it
/// before saving a URL; the client asks it again before every request.
///
/// # Errors
/// Why it may not.
pub fn check_url(text: &str, egress: &Egress) -> Result<Url, UrlRefused> {
    if text.len() > MAX_URL_LEN {
        return Err(UrlRefused::TooLong);
    }
    let url = Url::parse(text).map_err(|_| UrlRefused::Malformed)?;
    check_parsed(&url, egress)?;
    Ok(url)
}

/// The same for a URL that is already parsed. The parser has turned every spelling of an IPv4
/// address (decimal, octal, hexadecimal, shortened, with a trailing full stop) into an address.
pub(crate) fn check_parsed(url: &Url, egress: &Egress) -> Result<(), UrlRefused> {
    if url.as_str().len() > MAX_URL_LEN {
        return Err(UrlRefused::TooLong);
    }
    match url.scheme() {
        "https" => {}
        "http" if egress.allow_http => {}
        _ => return Err(UrlRefused::Scheme),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(UrlRefused::UserInfo);
    }
    let allowed = match url.host().ok_or(UrlRefused::Malformed)? {
        Host::Ipv4(address) => egress.allows(address.into()),
        Host::Ipv6(address) => egress.allows(address.into()),
        Host::Domain(name) => egress.allow_private || !is_local_name(name),
    };
    if !allowed {
        return Err(UrlRefused::Address);
    }
    match url.port_or_known_default() {
        Some(port) if egress.allows_port(port) => Ok(()),
        _ => Err(UrlRefused::Port),
    }
}

/// Names that by definition mean this very machine. The resolver would refuse them as well; saying
/// so here tells whoever saves the URL at once.
pub(crate) fn is_local_name(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    name == "localhost" || name.ends_with(".localhost")
}

/// How far an address reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    /// Anywhere: an address of the public network.
    Public,
    /// Only inside an organisation or a machine.
    Private,
    /// Not a receiver under any policy.
    Never,
}

/// IPv4 addresses that are not public, the narrower range before the wider.
const V4: &[(Ipv4Addr, u32, Reach)] = &[
    (Ipv4Addr::new(0, 0, 0, 0), 8, Reach::Never), // this network
    (Ipv4Addr::new(10, 0, 0, 0), 8, Reach::Private),
    (Ipv4Addr::new(100, 100, 100, 200), 32, Reach::Never), // metadata (Alibaba)
    (Ipv4Addr::new(100, 64, 0, 0), 10, Reach::Private),    // shared, CGNAT
    (Ipv4Addr::new(127, 0, 0, 0), 8, Reach::Private),      // loopback
    (Ipv4Addr::new(168, 63, 129, 16), 32, Reach::Never),   // metadata (Azure)
    (Ipv4Addr::new(169, 254, 0, 0), 16, Reach::Never),     // link-local and metadata (most)
    (Ipv4Addr::new(172, 16, 0, 0), 12, Reach::Private),
    (Ipv4Addr::new(192, 0, 0, 0), 24, Reach::Never), // protocol assignments, metadata (Oracle)
    (Ipv4Addr::new(192, 0, 2, 0), 24, Reach::Never), // documentation
    (Ipv4Addr::new(192, 88, 99, 0), 24, Reach::Never), // 6to4 relays
    (Ipv4Addr::new(192, 168, 0, 0), 16, Reach::Private),
    (Ipv4Addr::new(198, 18, 0, 0), 15, Reach::Never), // benchmarks
    (Ipv4Addr::new(198, 51, 100, 0), 24, Reach::Never), // documentation
    (Ipv4Addr::new(203, 0, 113, 0), 24, Reach::Never), // documentation
    (Ipv4Addr::new(224, 0, 0, 0), 4, Reach::Never),   // multicast
    (Ipv4Addr::new(240, 0, 0, 0), 4, Reach::Never),   // reserved, broadcast
];

/// IPv6 addresses, the narrower range before the wider; what is not listed is not a receiver.
/// Forms that carry an IPv4 address inside (mapped, compatible, NAT64, 6to4, Teredo) are none:
/// they would be a second way of spelling every refused IPv4 address.
const V6: &[(Ipv6Addr, u32, Reach)] = &[
    (Ipv6Addr::LOCALHOST, 128, Reach::Private),
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23, Reach::Never), // protocol assignments, Teredo
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32, Reach::Never), // documentation
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16, Reach::Never), // 6to4
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20, Reach::Never), // documentation
    (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3, Reach::Public),
    (Ipv6Addr::new(0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0), 32, Reach::Never), // metadata (Amazon)
    (Ipv6Addr::new(0xfd20, 0x0ce, 0, 0, 0, 0, 0, 0), 32, Reach::Never),  // metadata (Google)
    (Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7, Reach::Private),     // unique local
];

fn reach_of(address: IpAddr) -> Reach {
    match address {
        IpAddr::V4(v4) => V4
            .iter()
            .find(|(base, bits, _)| (v4.to_bits() ^ base.to_bits()) >> (32 - bits) == 0)
            .map_or(Reach::Public, |(_, _, reach)| *reach),
        IpAddr::V6(v6) => V6
            .iter()
            .find(|(base, bits, _)| (v6.to_bits() ^ base.to_bits()) >> (128 - bits) == 0)
            .map_or(Reach::Never, |(_, _, reach)| *reach),
    }
}
