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
        let mut faults = Faults::default();
        loop {
            let mut asked = false;
            tokio::select! {
                () = tokio::time::sleep(self.0.every) => {}
                () = hangup.told() => asked = true,
                () = stop.cancelled() => return,
            }
            let tls = self.clone();
            let looked = tokio::task::spawn_blocking(move || tls.look()).await;
            match looked {
                Ok(Ok(true)) => {
                    faults = Faults::default();
                    tracing::info!("the TLS files were read anew");
                }
                Ok(Ok(false)) => faults.stay(),
                Ok(Err(error)) => faults.found(format!("{error:#}"), asked),
                Err(error) => tracing::error!(%error, "looking at the TLS files failed"),
            }
        }
    }
}

/// What is wrong with the files, told once for each fault, and only when it outlasts one look:
/// certificate and key are two files, and whoever replaces them does so one after the other.
#[derive(Default)]
struct Faults {
    fresh: Option<String>,
    told: Option<String>,
}

impl Faults {
    fn found(&mut self, fault: String, at_once: bool) {
        let again = self.fresh.as_ref() == Some(&fault);
        self.fresh = Some(fault);
        if again || at_once {
            self.stay();
        }
    }

    /// Nothing has changed since the last look.
    fn stay(&mut self) {
        let Some(fault) = self.fresh.take() else { return };
        if self.told.as_ref() != Some(&fault) {
            tracing::error!(error = fault, "the old TLS certificate stays in force");
        }
        self.told = Some(fault);
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
