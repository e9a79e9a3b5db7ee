//! What `serve --demo` makes sure is there: a tenant with queues, rules, promises of time, three
//! agents, a supervisor and a webhook account, and some customers who wait when it is new. Each is
//! made once and found again by its name; keys and secrets, which are shown once, are kept in files
//! that only their owner may read.

mod letters;
mod shop;
mod trade;

use crate::config::{Config, Reflection};
use anyhow::{Context as _, Result};
use app::App;
use app::admin::NewKeySpec;
use app::channels::hook_name;
use app::content::Badge;
use app::context::Context;
use app::ledger::Outcome;
use app::ledger::command::agent::SaveAgent;
use app::ledger::command::{Command, Origin};
use domain::channel::{ChannelAccount, ChannelKind};
use domain::id::{AccountId, AgentId, SkillId, TenantId};
use domain::tenant::Role;
use std::fs;
use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use uuid::Uuid;

const TENANT: &str = "demo";
const KEY_FILE: &str = "demo.key";
const AGENTS_FILE: &str = "demo-agents.keys";
const SUPERVISOR_FILE: &str = "demo-supervisor.key";
const WEBHOOK_FILE: &str = "demo-webhook.secret";

/// How much of each noun is looked at; the tenant has few.
const LOOKED_AT: u32 = 500;

const ACCOUNT: &str = "Shop";

/// The agents, and how well they know billing and technical questions.
const AGENTS: [(&str, u8, u8); 3] = [("Ada", 9, 2), ("Ben", 3, 8), ("Chi", 6, 6)];

/// What was made or found.
pub(super) struct Demo {
    folder: PathBuf,
    account: AccountId,
    hook: String,
}

/// Where keys are kept: beside the SQLite file, else in the working folder. Told whole, because it
/// is pasted elsewhere.
pub(super) fn folder(config: &Config) -> PathBuf {
    let database = config.sqlite_path();
    let beside = database.and_then(|path| path.parent().map(Path::to_owned)).unwrap_or_default();
    // Without a working folder there is still the path as it was given.
    std::env::current_dir().unwrap_or_default().join(beside)
}

/// Makes what is missing.
pub(super) async fn furnish(app: &App, folder: &Path) -> Result<Demo> {
    let (tenant, key, is_new) = admin(app, folder).await?;
    let context = Context {
        caller: app.authenticate(&key).await?,
        method: "serve --demo",
        request_id: String::new(),
        request_hash: [0; 16],
        deadline: None,
        peer: None,
    };
    let trade = trade::set_up(app, &context).await?;
    let mut agents = Vec::new();
    for (name, money, machines) in AGENTS {
        let levels = [(trade.billing, money), (trade.technical, machines)];
        agents.push((name, agent(app, &context, name, levels).await?));
    }
    agent_keys(app, tenant, &agents, &folder.join(AGENTS_FILE)).await?;
    supervisor(app, tenant, &folder.join(SUPERVISOR_FILE)).await?;
    let account = account(app, &context, &folder.join(WEBHOOK_FILE)).await?;
    let hook = format!("/hooks/v1/{}", hook_name(tenant, account.id));
    let id = account.id;
    shop::open(app, &context, account).await?;
    if is_new {
        letters::bring(app, &context, id, trade.queues).await?;
    }
    Ok(Demo { folder: folder.to_owned(), account: id, hook })
}

/// The tenant, a key of its admin, and whether it was made just now.
async fn admin(app: &App, folder: &Path) -> Result<(TenantId, String, bool)> {
    let file = folder.join(KEY_FILE);
    let Some(found) = app.tenant_by_name(TENANT).await? else {
        let origin = Origin::system(TenantId::SYSTEM);
        let (tenant, key) = app.create_tenant(&origin, TENANT).await?;
        keep(&file, &format!("{key}\n"))?;
        return Ok((tenant.id, key, true));
    };
    // A file of an earlier database holds a key that opens nothing here.
    if let Some(key) = kept(&file)?.map(|text| text.trim().to_owned())
        && app.authenticate(&key).await.is_ok_and(|caller| caller.tenant == found.id)
    {
        return Ok((found.id, key, false));
    }
    let key = new_key(app, found.id, "demo admin", Role::TenantAdmin, None).await?;
    keep(&file, &format!("{key}\n"))?;
    Ok((found.id, key, false))
}

async fn new_key(
    app: &App,
    tenant: TenantId,
    name: &str,
    role: Role,
    agent_id: Option<AgentId>,
) -> Result<String> {
    let name = name.to_owned();
    let spec = NewKeySpec { name, role, permissions: None, agent_id, expires_at: None };
    let (_, key) = app.create_key(&Origin::system(tenant), &spec).await?;
    Ok(key)
}

async fn made(app: &App, context: &Context, command: impl Command) -> Result<Outcome> {
    Ok(app.change(context, command).await?)
}

async fn agent(
    app: &App,
    context: &Context,
    name: &'static str,
    levels: [(SkillId, u8); 2],
) -> Result<AgentId> {
    let rows = app.read(context).agents(None, LOOKED_AT).await?;
    let content = app.content(context.caller.tenant).await?;
    if let Some(found) = rows.iter().find(|agent| content.open_badge(agent).name == name) {
        return Ok(found.id);
    }
    let id = AgentId(Uuid::now_v7());
    let badge = Badge { name: name.to_owned(), email: String::new() };
    let (sealed, _) = content.badge(id, &badge);
    let patch = Arc::new(move |agent: &mut domain::agent::Agent| {
        agent.name.clone_from(&sealed);
        agent.spec.skills = levels.into();
        agent.spec.languages = vec!["en".into()];
    });
    let outcome = made(app, context, SaveAgent { id, create: true, version: 0, patch }).await?;
    Ok(AgentId(outcome.id))
}

/// A file with each agent's name, id and key.
async fn agent_keys(
    app: &App,
    tenant: TenantId,
    agents: &[(&str, AgentId)],
    file: &Path,
) -> Result<()> {
    let named = |text: &String| agents.iter().all(|(_, id)| text.contains(&id.to_string()));
    if kept(file)?.is_some_and(|text| named(&text)) {
        return Ok(());
    }
    let mut lines = String::new();
    for (name, id) in agents {
        let key = new_key(app, tenant, name, Role::Agent, Some(*id)).await?;
        lines.push_str(&format!("{name} {id} {key}\n"));
    }
    keep(file, &lines)
}

/// A file with a key of a supervisor.
async fn supervisor(app: &App, tenant: TenantId, file: &Path) -> Result<()> {
    // A file of an earlier database holds a key that opens nothing here.
    if let Some(key) = kept(file)?
        && app.authenticate(key.trim()).await.is_ok_and(|caller| caller.tenant == tenant)
    {
        return Ok(());
    }
    let key = new_key(app, tenant, "demo supervisor", Role::Supervisor, None).await?;
    keep(file, &format!("{key}\n"))
}

/// The webhook account; its secret is kept in a file.
async fn account(app: &App, context: &Context, file: &Path) -> Result<ChannelAccount> {
    let rows = app.read(context).accounts(None, LOOKED_AT).await?;
    let (account, secret) = match rows.into_iter().find(|account| account.name == ACCOUNT) {
        Some(found) if kept(file)?.is_some() => return Ok(found),
        Some(found) => app.rotate_secret(context, found.id).await?,
        None => {
            let patch = Arc::new(|account: &mut ChannelAccount| {
                account.kind = ChannelKind::Webhook;
                account.name = ACCOUNT.into();
            });
            app.create_account(context, patch, None).await?
        }
    };
    keep(file, &format!("{secret}\n"))?;
    Ok(account)
}

fn kept(file: &Path) -> Result<Option<String>> {
    match fs::read_to_string(file) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| file.display().to_string()),
    }
}

/// Writes a file that only its owner may read. What an earlier database left there is replaced.
fn keep(file: &Path, text: &str) -> Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let fresh = file.with_extension("new");
    let _ = fs::remove_file(&fresh);
    let written = options.open(&fresh).and_then(|mut open| open.write_all(text.as_bytes()));
    let placed = written.and_then(|()| fs::rename(&fresh, file));
    placed.with_context(|| file.display().to_string())
}

impl Demo {
    /// What can be tried, ready to paste.
    pub(super) fn next_steps(&self, addr: SocketAddr, url: &str, reflection: Reflection) -> String {
        let Self { folder, account, hook } = self;
        // The keys themselves stay out of terminals and their histories.
        let file = |name: &str| folder.join(name).display().to_string();
        let key = file(KEY_FILE);
        let plain = if url.starts_with("https:") { "" } else { " -plaintext" };
        let call = format!("grpcurl{plain} -H \"authorization: Bearer $(cat '{key}')\"");
        let list = match reflection {
            Reflection::Off => "(reflection is off; grpcurl needs the .proto files)".into(),
            Reflection::Open => format!("grpcurl{plain} {addr} list"),
            _ => format!("{call} {addr} list"),
        };
        format!(
            "\
The tenant \"demo\" is ready, and some customers wait.

In a browser, signed in with a key:

  {url}/desk       as an agent: Ada, Ben and Chi have theirs in {}
  {url}/dashboard  as a supervisor, whose key is in {}

In another terminal:

  {list}

  {call} -d '{{\"contact\": {{\"kind\": \"CHANNEL_KIND_WEBHOOK\", \
\"address\": \"eve@example.org\", \
\"display_name\": \"Eve\"}}, \"channel\": \"CHANNEL_KIND_WEBHOOK\", \
\"channel_account_id\": \"{account}\", \"subject\": \"My invoice\", \
\"body\": \"The invoice shows the wrong amount.\"}}' \
{addr} omnichannel.v1.InteractionService/CreateInteraction

  {call} {addr} omnichannel.v1.AnalyticsService/GetRealTimeStats

Key of the tenant's admin: {key}
Webhooks of the account \"Shop\": POST {url}{hook}, signed with {}
",
            file(AGENTS_FILE),
            file(SUPERVISOR_FILE),
            file(WEBHOOK_FILE),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Overrides;

    #[test]
    fn keys_have_a_whole_place_on_every_database() {
        let of = |url: &str| {
            let master = ("OMNICHANNEL_MASTER_KEY".to_owned(), "x".to_owned());
            let overrides = Overrides { database: Some(url.into()), ..Overrides::default() };
            folder(&Config::load(None, [master], &overrides).expect("valid"))
        };
        let here = std::env::current_dir().expect("tests have a working folder");
        assert_eq!(of("sqlite:data/a.sqlite"), here.join("data"));
        assert_eq!(of("sqlite:/var/lib/a.sqlite"), Path::new("/var/lib"));
        assert_eq!(of("postgres://u@db/x"), here.join(""));
    }
}
