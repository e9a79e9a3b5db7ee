//! Certificates that tests make for themselves, and TLS spoken by hand: which protocol was agreed
//! on, which certificate was shown, and HTTP/1.1 over it.

use super::http::{self, Answer};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, SanType};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// How long an exchange may take.
const EXCHANGE_MAX: Duration = Duration::from_secs(10);

/// A CA of one test.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    /// Its certificate, as PEM.
    pub(crate) pem: String,
}

/// A certificate and its key, as PEM.
#[derive(Clone, Debug)]
pub(crate) struct Pair {
    pub(crate) certificate: String,
    pub(crate) key: String,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = params.self_signed(&key).expect("signed").pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    /// A certificate for this machine.
    pub(crate) fn server(&self) -> Pair {
        let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
        self.signed(CertificateParams::new(names).expect("names"))
    }

    /// A certificate for whoever goes by this address of a service.
    pub(crate) fn service(&self, uri: &str) -> Pair {
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        params.subject_alt_names = vec![SanType::URI(uri.try_into().expect("ASCII"))];
        self.signed(params)
    }

    fn signed(&self, params: CertificateParams) -> Pair {
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer).expect("signed").pem();
        Pair { certificate, key: key.serialize_pem() }
    }

    /// Shakes hands as whoever trusts this CA, offering these protocols and perhaps a certificate.
    pub(crate) async fn connect(
        &self,
        port: u16,
        protocols: &[&[u8]],
        shown: Option<&Pair>,
    ) -> io::Result<TlsStream<TcpStream>> {
        let mut roots = RootCertStore::empty();
        let ca = CertificateDer::from_pem_slice(self.pem.as_bytes()).expect("our own");
        roots.add(ca).expect("a CA");
        let builder = ClientConfig::builder_with_provider(omnichannel::tls::provider())
            .with_safe_default_protocol_versions()
            .expect("known versions")
            .with_root_certificates(roots);
        let mut config = match shown {
            None => builder.with_no_client_auth(),
            Some(pair) => {
                let chain = CertificateDer::pem_slice_iter(pair.certificate.as_bytes());
                let chain = chain.collect::<Result<Vec<_>, _>>().expect("our own");
                let key = PrivateKeyDer::from_pem_slice(pair.key.as_bytes()).expect("our own");
                builder.with_client_auth_cert(chain, key).expect("they go together")
            }
        };
        config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
        let stream = TcpStream::connect(("127.0.0.1", port)).await?;
        let name = ServerName::try_from("localhost").expect("a name");
        let shake = TlsConnector::from(Arc::new(config)).connect(name, stream);
        timeout(EXCHANGE_MAX, shake).await?
    }

    /// Sends a request of HTTP/1.1.
    pub(crate) async fn send(&self, port: u16, request: &str, body: &[u8]) -> io::Result<Answer> {
        let mut stream = self.connect(port, &[b"http/1.1"], None).await?;
        let head = format!("{request}connection: close\r\ncontent-length: {}\r\n\r\n", body.len());
        let exchange = async {
            stream.write_all(head.as_bytes()).await?;
            stream.write_all(body).await?;
            let mut bytes = Vec::new();
            stream.read_to_end(&mut bytes).await?;
            http::read(&bytes).ok_or_else(|| io::Error::other("no HTTP answer"))
        };
        timeout(EXCHANGE_MAX, exchange).await?
    }
}
