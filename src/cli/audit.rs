//! `omnichannel audit`: proves directly on the database that logs are what was written, also while
//! a server runs, and signs where they stand now. The chain shows what was changed, left out, moved
//! or put in; that a tail was cut off together with its head, or that all was written anew, only a
//! checkpoint shows that was kept elsewhere.

mod checkpoint;

use crate::config::Config;
use crate::server;
use anyhow::{Context as _, Result, bail};
use app::audit::{Course, Verified, verify};
use checkpoint::{Checkpoint, Signer};
use domain::id::TenantId;
use domain::tenant::Tenant;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use store::Reading;
use uuid::Uuid;

/// The exit code of a log that is not what was written.
const BROKEN: u8 = 2;

/// How many tenants are read at a time.
const TENANTS_PAGE: u32 = 500;

/// How often it is told how far a long log is.
const TOLD: Duration = Duration::from_secs(5);

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Walk the chain of one tenant's log, or of all. The exit code is 0 if all are whole, 2 if one
    /// is not, 1 if it cannot be said.
    Verify(Verify),
    /// Print one signed line for each log: where it stands now. Keep it elsewhere.
    Checkpoint(Whose),
}

#[derive(Debug, clap::Args)]
pub(super) struct Whose {
    /// A tenant, by name or id; all of them without it.
    #[arg(long, value_name = "TENANT")]
    tenant: Option<String>,
}

#[derive(Debug, clap::Args)]
pub(super) struct Verify {
    #[command(flatten)]
    whose: Whose,
    /// File with lines that `audit checkpoint` printed earlier; their signatures are checked, and
    /// that the logs still hold what they say.
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,
}

pub(super) async fn run(config: &Config, command: &Command) -> Result<ExitCode> {
    let reading = Reading::open(&config.database.url).await?;
    let done = match command {
        Command::Verify(args) => verify_all(config, &reading, args).await,
        Command::Checkpoint(whose) => sign_all(config, &reading, whose).await,
    };
    reading.close().await?;
    done
}

async fn verify_all(config: &Config, reading: &Reading, args: &Verify) -> Result<ExitCode> {
    let mut marks = match &args.checkpoint {
        Some(file) => marks(config, file)?,
        None => BTreeMap::new(),
    };
    let mut broken = 0;
    let mut walk = Walk::new(reading, &args.whose);
    while let Some(tenant) = walk.next().await? {
        let course = Course {
            from_seq: 1,
            to_seq: None,
            rows_max: u64::MAX,
            marks: marks.remove(&tenant.id).unwrap_or_default(),
        };
        let mut told = Instant::now();
        let reader = reading.tenant(tenant.id);
        let found = verify(&reader, &course, |state| {
            if told.elapsed() >= TOLD {
                told = Instant::now();
                eprintln!("{} is whole up to {} so far", tenant.id, state.to_seq);
            }
        });
        let found = found.await.with_context(|| format!("the log of {}", tenant.id))?;
        broken += u32::from(found.bad_seq.is_some());
        println!("{}", sentence(&tenant, &found));
    }
    if args.whose.tenant.is_none() {
        for (tenant, _) in marks {
            broken += 1;
            println!("{tenant} BROKEN at 1: the checkpoint knows it and the database does not");
        }
    }
    Ok(if broken == 0 { ExitCode::SUCCESS } else { ExitCode::from(BROKEN) })
}

fn sentence(tenant: &Tenant, found: &Verified) -> String {
    let Tenant { id, name, .. } = tenant;
    match found.bad_seq {
        Some(seq) => format!("{id} BROKEN at {seq}, whole up to {} ({name})", found.to_seq),
        None => format!("{id} whole up to {} {} ({name})", found.to_seq, hex(&found.hash)),
    }
}

async fn sign_all(config: &Config, reading: &Reading, whose: &Whose) -> Result<ExitCode> {
    let signer = Signer::new(&server::master_key(config)?);
    let mut walk = Walk::new(reading, whose);
    while let Some(tenant) = walk.next().await? {
        let Some(head) = reading.tenant(tenant.id).head().await? else { continue };
        if head.seq > 0 {
            let (seq, hash) = (head.seq, head.hash);
            println!("{}", signer.sign(&Checkpoint { tenant: tenant.id, seq, hash }));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Places of a log and the hashes that were there.
type Marks = Vec<(i64, [u8; 32])>;

/// What the lines of a file say, by tenant, in the order of places.
fn marks(config: &Config, file: &PathBuf) -> Result<BTreeMap<TenantId, Marks>> {
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("the checkpoints {}", file.display()))?;
    let signer = Signer::new(&server::master_key(config)?);
    let mut marks: BTreeMap<TenantId, Marks> = BTreeMap::new();
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.is_empty()) {
        let read = signer.read(line);
        let read = read.with_context(|| format!("{}, line {}", file.display(), number + 1))?;
        marks.entry(read.tenant).or_default().push((read.seq, read.hash));
    }
    marks.values_mut().for_each(|marks| marks.sort_unstable());
    Ok(marks)
}

/// A walk over the tenants that are meant.
struct Walk<'a> {
    reading: &'a Reading,
    wanted: Option<&'a str>,
    page: std::collections::VecDeque<Tenant>,
    after: Option<TenantId>,
    begun: bool,
    found: bool,
}

impl<'a> Walk<'a> {
    fn new(reading: &'a Reading, whose: &'a Whose) -> Self {
        let (page, wanted) = (std::collections::VecDeque::new(), whose.tenant.as_deref());
        Self { reading, wanted, page, after: None, begun: false, found: false }
    }

    async fn next(&mut self) -> Result<Option<Tenant>> {
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

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
