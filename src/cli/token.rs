//! `omnichannel token`: a key made directly in the database, for the first one and for when none
//! works any more. Whoever may open the database may do this. The key alone goes to standard
//! output.

use crate::config::Config;
use crate::{server, telemetry};
use anyhow::{Context as _, Result, bail};
use app::App;
use app::admin::NewKeySpec;
use app::ledger::command::Origin;
use clap::ValueEnum;
use domain::id::{AgentId, TenantId};
use domain::tenant::Role;
use std::process::ExitCode;
use store::StoreError;
use uuid::Uuid;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// What the key may do.
    #[arg(long, value_enum)]
    role: RoleName,
    /// Tenant, by name; none for a platform admin.
    #[arg(long, value_name = "NAME")]
    tenant: Option<String>,
    /// Agent the key acts for, by id; needed for role agent.
    #[arg(long, value_name = "ID")]
    agent: Option<Uuid>,
    /// Name of the key, to recognise it by.
    #[arg(long, default_value = "made on the command line")]
    name: String,
    /// Create the tenant; the key is its first one, of role tenant-admin.
    #[arg(long)]
    create_tenant: bool,
}

/// Roles as the command line writes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum RoleName {
    PlatformAdmin,
    TenantAdmin,
    Supervisor,
    Agent,
    Analyst,
    Auditor,
    Integration,
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::PlatformAdmin => Role::PlatformAdmin,
            RoleName::TenantAdmin => Role::TenantAdmin,
            RoleName::Supervisor => Role::Supervisor,
            RoleName::Agent => Role::Agent,
            RoleName::Analyst => Role::Analyst,
            RoleName::Auditor => Role::Auditor,
            RoleName::Integration => Role::Integration,
        }
    }
}

pub(super) async fn run(config: &Config, args: &Args) -> Result<ExitCode> {
    check(args)?;
    telemetry::init(&config.log, &config.telemetry)?;
    let opened =
        server::open(config).await.map_err(|error| match error.downcast_ref::<StoreError>() {
            Some(StoreError::SecondProcess(_)) => error.context(
                "a server uses this database; ask it for the key instead: \
                 omnichannel.v1.AdminService/CreateApiKey",
            ),
            _ => error,
        })?;
    let key = make(&opened.app, args).await;
    opened.close().await;
    println!("{}", key?);
    Ok(ExitCode::SUCCESS)
}

fn check(args: &Args) -> Result<()> {
    let platform = args.role == RoleName::PlatformAdmin;
    if platform != args.tenant.is_none() {
        bail!("--tenant is needed for every role but platform-admin, which has none");
    }
    if args.role == RoleName::Agent && args.agent.is_none() {
        bail!("--agent is needed for role agent");
    }
    if args.create_tenant && args.role != RoleName::TenantAdmin {
        bail!("--create-tenant goes with --role tenant-admin: that is a tenant's first key");
    }
    Ok(())
}

async fn make(app: &App, args: &Args) -> Result<String> {
    let tenant = match &args.tenant {
        None => TenantId::SYSTEM,
        Some(name) if args.create_tenant => {
            let origin = Origin::system(TenantId::SYSTEM);
            let (tenant, key) = app.create_tenant(&origin, name).await?;
            eprintln!("tenant {name} is {}", tenant.id);
            return Ok(key);
        }
        Some(name) => {
            let found = app.tenant_by_name(name).await?;
            found.with_context(|| format!("there is no tenant {name}; see --create-tenant"))?.id
        }
    };
    let spec = NewKeySpec {
        name: args.name.clone(),
        role: args.role.into(),
        permissions: None,
        agent_id: args.agent.map(AgentId),
        expires_at: None,
    };
    let (_, key) = app.create_key(&Origin::system(tenant), &spec).await?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(role: RoleName, tenant: Option<&str>) -> Args {
        Args {
            role,
            tenant: tenant.map(str::to_owned),
            agent: None,
            name: "k".into(),
            create_tenant: false,
        }
    }

    #[test]
    fn what_does_not_fit_together_is_refused_before_anything_is_opened() {
        assert!(check(&args(RoleName::PlatformAdmin, None)).is_ok());
        assert!(check(&args(RoleName::TenantAdmin, Some("a"))).is_ok());
        assert!(check(&args(RoleName::PlatformAdmin, Some("a"))).is_err());
        assert!(check(&args(RoleName::Analyst, None)).is_err());
        assert!(check(&args(RoleName::Agent, Some("a"))).is_err());
        let create = Args { create_tenant: true, ..args(RoleName::Analyst, Some("a")) };
        assert!(check(&create).is_err());
    }

    #[test]
    fn every_role_has_a_name() {
        let roles = RoleName::value_variants().iter().map(|name| Role::from(*name));
        assert_eq!(roles.collect::<Vec<_>>(), Role::ALL);
    }
}
