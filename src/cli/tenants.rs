//! The tenants that a command line means: all of them, or one by its name or id. The database is
//! only read.

use anyhow::{Result, bail};
use domain::id::TenantId;
use domain::tenant::Tenant;
use std::collections::VecDeque;
use store::Reading;
use uuid::Uuid;

/// How many tenants are read at a time.
const TENANTS_PAGE: u32 = 500;

/// A walk over the tenants that are meant.
pub(super) struct Walk<'a> {
    reading: &'a Reading,
    wanted: Option<&'a str>,
    page: VecDeque<Tenant>,
    after: Option<TenantId>,
    begun: bool,
    found: bool,
}

impl<'a> Walk<'a> {
    /// All of them, or the one of this name or id.
    pub(super) fn new(reading: &'a Reading, wanted: Option<&'a str>) -> Self {
        Self { reading, wanted, page: VecDeque::new(), after: None, begun: false, found: false }
    }

    /// The next one; the end if there are no more.
    ///
    /// # Errors
    /// If the database cannot be reached, or the one that is wanted is not there.
    pub(super) async fn next(&mut self) -> Result<Option<Tenant>> {
        loop {
            if self.page.is_empty() {
                self.fill().await?;
            }
            let Some(tenant) = self.page.pop_front() else { break };
            let id = self.wanted.and_then(|text| Uuid::parse_str(text).ok());
            let meant = |name: &str| name == tenant.name || id == Some(tenant.id.0);
            if self.wanted.is_none_or(meant) {
                self.found = true;
                return Ok(Some(tenant));
            }
        }
        match self.wanted {
            Some(name) if !self.found => bail!("there is no tenant {name}"),
            _ => Ok(None),
        }
    }

    async fn fill(&mut self) -> Result<()> {
        let system = self.reading.tenant(TenantId::SYSTEM);
        if !self.begun {
            // The platform's own log comes first; pages begin after its id.
            self.begun = true;
            self.page.extend(system.tenant_row(TenantId::SYSTEM).await?.map(|(tenant, _)| tenant));
        }
        let next = system.tenants(self.after, TENANTS_PAGE).await?;
        self.after = next.last().map(|tenant| tenant.id).or(self.after);
        self.page.extend(next.into_iter().filter(|tenant| tenant.id != TenantId::SYSTEM));
        Ok(())
    }
}
