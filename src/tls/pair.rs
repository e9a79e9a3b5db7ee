//! Certificate, key and the CA of callers as files, and what rustls makes of them. Everything is
//! checked before it is used: others may not read the key, it must belong to the certificate, and
//! the certificate must not have ended.

use crate::config::{self, ClientCertificates};
use anyhow::{Context as _, Result, anyhow, ensure};
use rustls::crypto::CryptoProvider;
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls::{RootCertStore, ServerConfig};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use secrecy::{ExposeSecret, SecretSlice};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Largest file that is read: a chain, a key or a bundle of CAs.
const FILE_MAX: u64 = 4 << 20;

/// The protocols of the front, the preferred one first.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// The one cryptography provider of the house.
#[must_use]
pub fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// Where everything is.
#[derive(Clone, Debug)]
pub(super) struct Files {
    certificate: PathBuf,
    key: PathBuf,
    client_ca: Option<PathBuf>,
    /// Whether a caller without a certificate is refused.
    pub(super) required: bool,
}

/// What the files held at one moment.
pub(super) struct Held {
    certificate: Vec<u8>,
    key: SecretSlice<u8>,
    client_ca: Option<Vec<u8>>,
}

/// What can be served with.
#[derive(Debug)]
pub(super) struct Usable {
    pub(super) front: Arc<ServerConfig>,
    pub(super) plain: Arc<ServerConfig>,
}

impl Files {
    /// The files that the settings name; none if they name none.
    pub(super) fn of(settings: &config::Tls) -> Option<Self> {
        let named = |path: &Path| !path.as_os_str().is_empty();
        named(&settings.certificate).then(|| Self {
            certificate: settings.certificate.clone(),
            key: settings.key.clone(),
            client_ca: Some(settings.client_ca.clone()).filter(|path| named(path)),
            required: settings.client_certificates == ClientCertificates::Required,
        })
    }

    /// Reads them.
    pub(super) fn read(&self) -> Result<Held> {
        let certificate = read(&self.certificate, false).context("tls.certificate")?;
        let key = read(&self.key, true).context("tls.key")?.into();
        let client_ca = self.client_ca.as_deref().map(|path| read(path, false));
        Ok(Held { certificate, key, client_ca: client_ca.transpose().context("tls.client_ca")? })
    }
}

impl Held {
    /// What tells one content from another.
    pub(super) fn hash(&self) -> [u8; 32] {
        let mut hasher = Sha256::new();
        let no_ca = Vec::new();
        let ca = self.client_ca.as_ref().unwrap_or(&no_ca);
        for part in [&self.certificate, self.key.expose_secret(), ca] as [&[u8]; 3] {
            hasher.update((part.len() as u64).to_be_bytes());
            hasher.update(part);
        }
        hasher.finalize().into()
    }

    /// What rustls serves with, if everything fits together.
    pub(super) fn usable(&self, required: bool) -> Result<Usable> {
        let chain = certificates(&self.certificate).context("tls.certificate")?;
        refuse_ended(&chain[0]).context("tls.certificate")?;
        let key = PrivateKeyDer::from_pem_slice(self.key.expose_secret());
        // What the parser found is not told: it could be a part of the key.
        let key = key.map_err(|_| anyhow!("there is no private key in it")).context("tls.key")?;
        let builder = || {
            ServerConfig::builder_with_provider(provider())
                .with_safe_default_protocol_versions()
                .context("the provider knows TLS 1.2 and 1.3")
        };
        let verifier = self.client_ca.as_deref().map(|ca| verifier(ca, required));
        let verifier = verifier.transpose().context("tls.client_ca")?;
        let fits = "tls.certificate and tls.key do not go together";
        let plain = builder()?
            .with_no_client_auth()
            .with_single_cert(chain.clone(), key.clone_key())
            .context(fits)?;
        let front = match verifier {
            Some(verifier) => builder()?.with_client_cert_verifier(verifier),
            None => builder()?.with_no_client_auth(),
        };
        let mut front = front.with_single_cert(chain, key).context(fits)?;
        front.alpn_protocols = PROTOCOLS.iter().map(|name| name.to_vec()).collect();
        Ok(Usable { front: Arc::new(front), plain: Arc::new(plain) })
    }
}

fn read(path: &Path, secret: bool) -> Result<Vec<u8>> {
    let opened = File::open(path).with_context(|| path.display().to_string())?;
    if secret {
        refuse_open_mode(path, &opened)?;
    }
    let mut bytes = Vec::new();
    let read = opened.take(FILE_MAX + 1).read_to_end(&mut bytes);
    read.with_context(|| path.display().to_string())?;
    ensure!(bytes.len() as u64 <= FILE_MAX, "{} is larger than 4 MiB", path.display());
    Ok(bytes)
}

#[cfg(unix)]
fn refuse_open_mode(path: &Path, file: &File) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = file.metadata().with_context(|| path.display().to_string())?.permissions().mode();
    // A group of its own is how platforms hand a secret to a process that is not root.
    ensure!(mode & 0o007 == 0, "everybody may read the key: chmod o-rwx {}", path.display());
    Ok(())
}

#[cfg(not(unix))]
fn refuse_open_mode(_: &Path, _: &File) -> Result<()> {
    Ok(())
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>> {
    let found = CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>();
    let found = found.map_err(|error| anyhow!("it is not PEM: {error}"))?;
    ensure!(!found.is_empty(), "there is no certificate in it");
    Ok(found)
}

/// A certificate that has ended is accepted by no caller: the one before it might still be.
fn refuse_ended(leaf: &CertificateDer<'_>) -> Result<()> {
    let (_, parsed) = x509_parser::parse_x509_certificate(leaf)
        .map_err(|_| anyhow!("the first certificate cannot be read"))?;
    let until = parsed.validity().not_after;
    ensure!(until >= x509_parser::time::ASN1Time::now(), "the certificate ended at {until}");
    Ok(())
}

fn verifier(ca: &[u8], required: bool) -> Result<Arc<dyn ClientCertVerifier>> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(ca)? {
        roots.add(certificate).context("a certificate cannot be trusted")?;
    }
    let builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider());
    let builder = if required { builder } else { builder.allow_unauthenticated() };
    builder.build().context("callers cannot be verified")
}
