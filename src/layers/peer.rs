//! Who a client certificate stands for: the URIs among its subject alternative names, and until
//! when it is good. That it was proven, and leads to a certificate we trust, is the listener's
//! doing.

use crate::tls::PeerCertificate;
use domain::time::Timestamp;
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

/// How many names of a certificate are looked at, and how long each may be.
const NAMES_MAX: usize = 16;
const NAME_MAX: usize = 512;

/// The URIs of a certificate and its end; none if it cannot be read.
#[must_use]
pub fn read(certificate: &PeerCertificate) -> Option<(Vec<String>, Timestamp)> {
    let (_, parsed) = X509Certificate::from_der(certificate.0.as_ref()).ok()?;
    let names = parsed.subject_alternative_name().ok()??;
    let uris = names.value.general_names.iter().take(NAMES_MAX).filter_map(|name| match name {
        GeneralName::URI(uri) if uri.len() <= NAME_MAX => Some((*uri).to_owned()),
        _ => None,
    });
    let seconds = parsed.validity().not_after.timestamp();
    Some((uris.collect(), Timestamp::from_micros(seconds.saturating_mul(1_000_000))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{CertificateParams, KeyPair, SanType};

    fn certificate(names: Vec<SanType>) -> PeerCertificate {
        let mut params = CertificateParams::default();
        params.subject_alt_names = names;
        let key = KeyPair::generate().expect("a key");
        PeerCertificate(params.self_signed(&key).expect("it is signed").der().clone())
    }

    fn uri(text: &str) -> SanType {
        SanType::URI(text.try_into().expect("ASCII"))
    }

    #[test]
    fn uris_are_read_and_other_names_are_not() {
        let name = SanType::DnsName("billing.example.org".try_into().expect("ASCII"));
        let (uris, until) =
            read(&certificate(vec![name, uri("spiffe://example.org/billing")])).expect("it reads");
        assert_eq!(uris, ["spiffe://example.org/billing"]);
        assert!(until > Timestamp::default());
    }

    #[test]
    fn what_names_nothing_stands_for_nobody() {
        assert_eq!(read(&certificate(Vec::new())), None);
        assert_eq!(read(&PeerCertificate(vec![0x30, 0x03, 1, 2, 3].into())), None);
    }
}
