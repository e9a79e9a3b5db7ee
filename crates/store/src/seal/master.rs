//! The master key: 32 bytes that wrap every tenant's key. It comes from a file only its owner may
//! read, or as base64 from the environment; where it is missing and may not be made, nothing
//! starts.

use super::{Key, random_key};
use crate::error::{Result, StoreError};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::id::TenantId;
use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;
use zeroize::Zeroizing;

/// How many different bytes a key has at least.
const VALUES_MIN: usize = 12;

/// The key that wraps tenants' keys.
#[derive(Clone)]
pub struct MasterKey(Key);

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MasterKey")
    }
}

impl MasterKey {
    /// A key from its bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// A key from base64 text of 32 bytes.
    pub fn from_base64(text: &str) -> Result<Self> {
        let bytes = Zeroizing::new(STANDARD.decode(text.trim()).unwrap_or_default());
        let bytes: [u8; 32] = bytes.as_slice().try_into().map_err(|_| {
            StoreError::Config("the master key must be base64 of 32 bytes".to_owned())
        })?;
        // Somebody wrote it to fill the place: bytes of chance hardly ever have so few values.
        if bytes.iter().collect::<BTreeSet<_>>().len() < VALUES_MIN {
            let text =
                "the master key is a placeholder; make one: head -c 32 /dev/urandom | base64";
            return Err(StoreError::Config(text.to_owned()));
        }
        Ok(Self::from_bytes(bytes))
    }

    /// A key from a file; with `create`, a missing file is made with a new key and mode 0600.
    pub fn from_file(path: &Path, create: bool) -> Result<Self> {
        match fs::read_to_string(path) {
            Ok(text) => {
                refuse_open_mode(path)?;
                Self::from_base64(&Zeroizing::new(text))
            }
            Err(e) if e.kind() == std::io::ErrorKind::NotFound && create => Self::create(path),
            Err(e) => Err(unreadable(path, &e)),
        }
    }

    fn create(path: &Path) -> Result<Self> {
        let key = random_key();
        let text = Zeroizing::new(STANDARD.encode(key.as_slice()));
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path).map_err(|e| {
            let path = path.display();
            StoreError::Config(format!("the master key file {path} cannot be made: {}", e.kind()))
        })?;
        writeln!(file, "{}", text.as_str())
            .and_then(|()| file.sync_all())
            .map_err(|e| unreadable(path, &e))?;
        Ok(Self(key))
    }

    /// Refuses to be used on a database that was made with another key: what `wrapped`, the key of
    /// the system tenant, was wrapped with at the first start is the key of all that is sealed.
    pub fn prove(&self, wrapped: &[u8]) -> Result<()> {
        super::open_key(&self.0, &super::tenant_aad(TenantId::SYSTEM), wrapped).map(|_| ()).map_err(
            |_| {
                let text = "the master key is not the one this database was made with; nothing \
                            that is sealed in it would open";
                StoreError::Config(text.to_owned())
            },
        )
    }

    /// A key of the whole installation for one purpose, such as signing.
    #[must_use]
    pub fn derive(&self, purpose: &str) -> Zeroizing<[u8; 32]> {
        super::derive(&self.0, purpose)
    }

    pub(crate) fn key(&self) -> &Key {
        &self.0
    }
}

fn unreadable(path: &Path, error: &std::io::Error) -> StoreError {
    StoreError::Config(format!("the master key file {}: {}", path.display(), error.kind()))
}

#[cfg(unix)]
fn refuse_open_mode(path: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(path).map_err(|e| unreadable(path, &e))?.permissions().mode();
    if mode & 0o077 == 0 {
        return Ok(());
    }
    let path = path.display();
    Err(StoreError::Config(format!("others may read the master key: chmod 600 {path}")))
}

#[cfg(not(unix))]
fn refuse_open_mode(_path: &Path) -> Result<()> {
    Ok(())
}
