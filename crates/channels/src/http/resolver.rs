//! The resolver of the guarded client: the system's own, with every address that the policy does
//! not allow taken out. A connection can only be made to what this hands back, so a name that
//! points inside is refused at the only moment that counts.

use super::egress::{Egress, UrlRefused};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::net::SocketAddr;

/// The most addresses of one name that are tried.
const MAX_ADDRESSES: usize = 16;

pub(super) struct GuardedResolver {
    egress: Egress,
}

impl GuardedResolver {
    pub(super) const fn new(egress: Egress) -> Self {
        Self { egress }
    }
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let egress = self.egress;
        Box::pin(async move {
            // Port 0 stands for "the port of the URL".
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let allowed = allowed(&egress, found)?;
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

/// What is left of the addresses of a name; an error if the name had some and none is left.
fn allowed(
    egress: &Egress,
    found: impl Iterator<Item = SocketAddr>,
) -> Result<Vec<SocketAddr>, UrlRefused> {
    let left: Vec<_> =
        found.filter(|address| egress.allows(address.ip())).take(MAX_ADDRESSES).collect();
    if left.is_empty() { Err(UrlRefused::Address) } else { Ok(left) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(texts: &[&str]) -> Vec<SocketAddr> {
        texts.iter().map(|text| SocketAddr::new(text.parse().expect("an address"), 0)).collect()
    }

    #[test]
    fn a_name_with_public_and_inner_addresses_keeps_the_public_ones() {
        let found =
            addresses(&["10.0.0.1", "8.8.8.8", "::1", "2606:4700::1111", "169.254.169.254"]);
        let left = allowed(&Egress::STRICT, found.into_iter()).expect("some are left");
        assert_eq!(left, addresses(&["8.8.8.8", "2606:4700::1111"]));
    }

    #[test]
    fn a_name_with_only_inner_addresses_is_refused() {
        let found = addresses(&["127.0.0.1", "::1", "::ffff:8.8.8.8"]);
        assert_eq!(allowed(&Egress::STRICT, found.into_iter()), Err(UrlRefused::Address));
    }

    #[test]
    fn no_more_than_the_bound_are_tried() {
        let found = (0..200u8).map(|n| SocketAddr::from(([8, 8, 4, n], 0)));
        let left = allowed(&Egress::STRICT, found).expect("some are left");
        assert_eq!(left.len(), MAX_ADDRESSES);
    }
}
