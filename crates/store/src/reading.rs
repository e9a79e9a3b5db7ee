//! A database that is only looked at, also while a server uses it: for tools that prove or count.
//! Nothing is locked, made or brought up to date, and no master key is needed: what is sealed stays
//! sealed.

use crate::error::{Result, StoreError};
use crate::pool::{Reads, reads_of_postgres, reads_of_sqlite};
use crate::reach::reach;
use crate::reads::TenantReader;
use domain::id::TenantId;

/// Connections a look has.
const CONNECTIONS: u32 = 2;

/// The rows of a database, for looking only.
#[derive(Clone, Debug)]
pub struct Reading(Reads);

impl Reading {
    /// Connects to a database that is there.
    pub async fn open(url: &str) -> Result<Self> {
        if url.starts_with("postgres://") {
            reach(url).await?;
            return Ok(Self(reads_of_postgres(url, CONNECTIONS).await?));
        }
        let path = url.strip_prefix("sqlite:").unwrap_or_default();
        let path = path.strip_prefix("//").unwrap_or(path);
        if !std::path::Path::new(path).is_file() {
            return Err(StoreError::Config(format!("there is no database {path}")));
        }
        Ok(Self(reads_of_sqlite(&format!("sqlite://{path}"), CONNECTIONS).await?))
    }

    /// The reader of a tenant's rows.
    #[must_use]
    pub fn tenant(&self, id: TenantId) -> TenantReader {
        TenantReader::new(id, self.0.clone())
    }

    /// Closes the connections.
    pub async fn close(&self) -> Result<()> {
        Ok(self.0.db.close_by_ref().await?)
    }
}
