//! `omnichannel audit`: proves directly on the database that logs are what was written, also while
//! a server runs, and signs where they stand now. The chain shows what was changed, left out, moved
//! or put in; that a tail was cut off together with its head, or that all was written anew, only a
//! checkpoint shows that was kept elsewhere.

mod checkpoint;

use super::tenants::Walk;
use crate::config::Config;
use crate::server;
use anyhow::{Context as _, Result, ensure};
use app::audit::{Course, Verified, verify};
use checkpoint::{Checkpoint, Signer};
use domain::id::TenantId;
use domain::tenant::Tenant;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use store::Reading;

/// The exit code of a log that is not what was written.
const BROKEN: u8 = 2;

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
        Some(file) => marks(&signer(config, reading).await?, file)?,
        None => BTreeMap::new(),
    };
    let (mut broken, mut unsaid) = (0, 0);
    let (mut held, mut without) = (0, 0);
    let mut walk = Walk::new(reading, args.whose.tenant.as_deref());
    while let Some(tenant) = walk.next().await? {
        let course = Course {
            from_seq: 1,
            to_seq: None,
            rows_max: u64::MAX,
            marks: marks.remove(&tenant.id).unwrap_or_default(),
        };
        held += course.marks.len();
        without += u32::from(course.marks.is_empty());
        let mut told = Instant::now();
        let reader = reading.tenant(tenant.id);
        let found = verify(&reader, &course, |state| {
            if told.elapsed() >= TOLD {
                told = Instant::now();
                eprintln!("{} is whole up to {} so far", tenant.id, state.to_seq);
            }
        });
        match found.await {
            Ok(found) => {
                broken += u32::from(found.bad_seq.is_some());
                println!("{}", sentence(&tenant, &found));
            }
            // The others are looked at all the same.
            Err(error) => {
                unsaid += 1;
                eprintln!("{}: it cannot be said: {error}", tenant.id);
            }
        }
    }
    if args.whose.tenant.is_none() {
        for (tenant, _) in marks {
            broken += 1;
            println!("{tenant} BROKEN at 1: the checkpoint knows it and the database does not");
        }
    }
    if let Some(file) = &args.checkpoint {
        // A file that was emptied would otherwise look like one that was held.
        ensure!(held > 0, "{} holds no checkpoint of what was verified", file.display());
        println!("{held} checkpoints held against the logs; {without} logs have none in the file");
    }
    Ok(match (broken, unsaid) {
        (0, 0) => ExitCode::SUCCESS,
        (0, _) => ExitCode::FAILURE,
        _ => ExitCode::from(BROKEN),
    })
}

fn sentence(tenant: &Tenant, found: &Verified) -> String {
    let Tenant { id, name, .. } = tenant;
    match found.bad_seq {
        Some(seq) => format!("{id} BROKEN at {seq}, whole up to {} ({name})", found.to_seq),
        None => format!("{id} whole up to {} {} ({name})", found.to_seq, hex(&found.hash)),
    }
}

/// The installation's signer, after the key it is made of has proven to be the database's own.
async fn signer(config: &Config, reading: &Reading) -> Result<Signer> {
    let master = server::master_key(config)?;
    let system = reading.tenant(TenantId::SYSTEM).tenant_row(TenantId::SYSTEM).await?;
    let (_, wrapped) = system.context("the database has not been used yet")?;
    master.prove(&wrapped)?;
    Ok(Signer::new(&master))
}

async fn sign_all(config: &Config, reading: &Reading, whose: &Whose) -> Result<ExitCode> {
    let signer = signer(config, reading).await?;
    let mut walk = Walk::new(reading, whose.tenant.as_deref());
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
fn marks(signer: &Signer, file: &PathBuf) -> Result<BTreeMap<TenantId, Marks>> {
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("the checkpoints {}", file.display()))?;
    let mut marks: BTreeMap<TenantId, Marks> = BTreeMap::new();
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.is_empty()) {
        let read = signer.read(line);
        let read = read.with_context(|| format!("{}, line {}", file.display(), number + 1))?;
        marks.entry(read.tenant).or_default().push((read.seq, read.hash));
    }
    marks.values_mut().for_each(|marks| marks.sort_unstable());
    Ok(marks)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
