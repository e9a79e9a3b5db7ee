//! TLS of every listener: certificate and key from PEM files, which may be replaced while the
//! server runs. A pair that cannot be used is told and changes nothing; what was there goes on. The
//! provider is ring; versions are 1.2 and 1.3; keys that others may read are refused.

mod pair;
#[cfg(test)]
mod tests;

pub use pair::provider;

use crate::config;
use anyhow::Result;
use arc_swap::ArcSwap;
use pair::{Files, Usable};
use rustls::ServerConfig;
use rustls_pki_types::CertificateDer;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// The certificate that the other end of a connection proved to have, in the extensions of each
/// request of that connection. Proven means: it leads to a certificate of `tls.client_ca` and is
/// valid now. Who it stands for is for others to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerCertificate(pub CertificateDer<'static>);

/// The TLS settings in force. Clones share them.
#[derive(Clone, Debug)]
pub struct Tls(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    files: Files,
    every: Duration,
    now: ArcSwap<Usable>,
    /// What was tried last, so that one bad pair is told once.
    tried: Mutex<[u8; 32]>,
}

impl Tls {
    /// TLS as it is set up; none if no certificate is named.
    ///
    /// # Errors
    /// If certificate and key cannot be used.
    pub fn open(settings: &config::Tls) -> Result<Option<Self>> {
        let Some(files) = Files::of(settings) else { return Ok(None) };
        let read = files.read()?;
        let tried = Mutex::new(read.hash());
        let now = ArcSwap::from_pointee(read.usable(files.required)?);
        let every = Duration::from_secs(settings.reload_seconds);
        Ok(Some(Self(Arc::new(Shared { files, every, now, tried }))))
    }

    /// For any listener but the front: no protocol is negotiated and no certificate asked for.
    #[must_use]
    pub fn server_config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.0.now.load().plain)
    }

    /// For the front: HTTP/2 or HTTP/1.1, and a certificate of the caller where there is a CA.
    #[must_use]
    pub fn front_config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.0.now.load().front)
    }

    /// Looks whether the files have changed; whether others are in force now.
    ///
    /// # Errors
    /// If what is there now cannot be used, told once for each such content; what was in force
    /// stays.
    pub fn look(&self) -> Result<bool> {
        let read = self.0.files.read()?;
        let hash = read.hash();
        let mut tried = self.0.tried.lock().unwrap_or_else(PoisonError::into_inner);
        if *tried == hash {
            return Ok(false);
        }
        *tried = hash;
        self.0.now.store(Arc::new(read.usable(self.0.files.required)?));
        Ok(true)
    }

    /// Follows the files until told to stop; SIGHUP looks at once.
    pub async fn follow(self, stop: CancellationToken) {
        let mut hangup = hangup();
        // A file that is away while it is being replaced is told once, not at every look.
        let mut failing = false;
        loop {
            tokio::select! {
                () = tokio::time::sleep(self.0.every) => {}
                () = hangup.told() => failing = false,
                () = stop.cancelled() => return,
            }
            let tls = self.clone();
            let looked = tokio::task::spawn_blocking(move || tls.look()).await;
            match looked {
                Ok(Ok(true)) => {
                    failing = false;
                    tracing::info!("the TLS certificate was replaced");
                }
                Ok(Ok(false)) => {}
                Ok(Err(error)) => {
                    if !failing {
                        let error = format!("{error:#}");
                        tracing::error!(error, "the old TLS certificate stays in force");
                    }
                    failing = true;
                }
                Err(error) => tracing::error!(%error, "looking at the TLS files failed"),
            }
        }
    }
}

/// The signal that asks for files to be read again; on some systems there is none.
struct Hangup {
    #[cfg(unix)]
    signal: Option<tokio::signal::unix::Signal>,
}

fn hangup() -> Hangup {
    Hangup {
        #[cfg(unix)]
        signal: tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup()).ok(),
    }
}

impl Hangup {
    #[cfg(unix)]
    async fn told(&mut self) {
        let told = match &mut self.signal {
            Some(signal) => signal.recv().await,
            None => None,
        };
        if told.is_none() {
            std::future::pending::<()>().await;
        }
    }

    #[cfg(not(unix))]
    async fn told(&mut self) {
        std::future::pending().await
    }
}
