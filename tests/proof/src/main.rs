//! `proof`: whole-system proofs and the first benchmark. Real server processes, started from a
//! given binary, on a PostgreSQL made for the run, driven through the SDK as anybody would and
//! audited in SQL past the server. It knows the contract and the documented stored form, never the
//! crates.
//!
//! Run from the root of the repository; see `make bench` and `make long`.

mod audit;
mod bench;
mod cluster;
mod cold;
mod desk;
mod edge;
mod load;
mod measure;
mod node;
mod pgbench;
mod proofs;
mod proxy;
mod setup;

use anyhow::{Context, Result, bail};
use clap::{Parser, Subcommand};
use proofs::{drain, feed_cuts, kill, noisy, timers, two_nodes};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use tokio::time::timeout;

/// No command takes longer, whatever happens: twenty minutes.
const LIMIT: Duration = Duration::from_secs(1_200);

#[derive(Parser)]
#[command(about = "Whole-system proofs and benchmarks")]
struct Cli {
    /// Root of the repository, where .ci/postgres.sh is.
    #[arg(long, global = true, default_value = ".")]
    root: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Puts load on a server that is up, and measures.
    Load(Box<bench::LoadArgs>),
    /// Measures against pgbench on a durable PostgreSQL and writes the page.
    Bench(bench::Args),
    /// Measures reads, fan-out and memory of streams beside bare tonic and writes the page.
    Edge(edge::Args),
    /// Times the first command of a tenant with a full floor on a server that has just started.
    Cold(cold::Args),
    /// Serves what `edge` compares with: bare tonic with a fixed answer.
    Echo(edge::echo::Args),
    /// Two servers, 20,000 interactions, and an auditor; and a control that must fail.
    TwoNodes(two_nodes::Args),
    /// Two servers under load of which one is killed every few seconds.
    Kill(kill::Args),
    /// Feed readers whose connection is cut 200 times.
    FeedCuts(feed_cuts::Args),
    /// Two servers whose clocks are two hours apart, agents lost and regained, and every timer.
    Timers(timers::Args),
    /// A tenant beyond its limit beside one at a modest pace, whose p99 must hardly change.
    NoisyNeighbour(noisy::Args),
    /// A thousand streams under load through a drain and a restart, and over to a second node.
    Drain(drain::Args),
}

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    // Ending by unwinding removes servers and cluster, on an interrupt as well.
    let outcome = tokio::select! {
        outcome = timeout(LIMIT, run(&cli)) => outcome.context("the time limit").flatten(),
        _ = tokio::signal::ctrl_c() => Err(anyhow::anyhow!("interrupted")),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("proof failed: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: &Cli) -> Result<()> {
    let root = std::fs::canonicalize(&cli.root)?;
    if !matches!(cli.command, Command::Load(_) | Command::Echo(_))
        && !root.join(".ci/postgres.sh").exists()
    {
        bail!("{} is not the root of the repository", root.display());
    }
    match &cli.command {
        Command::Load(args) => bench::load(args).await,
        Command::Bench(args) => bench::run(args, &root).await,
        Command::Edge(args) => edge::run(args, &root).await,
        Command::Cold(args) => cold::run(args, &root).await,
        Command::Echo(args) => edge::echo::run(args).await,
        Command::TwoNodes(args) => two_nodes::run(args, &root).await,
        Command::Kill(args) => kill::run(args, &root).await,
        Command::FeedCuts(args) => feed_cuts::run(args, &root).await,
        Command::Timers(args) => timers::run(args, &root).await,
        Command::NoisyNeighbour(args) => noisy::run(args, &root).await,
        Command::Drain(args) => drain::run(args, &root).await,
    }
}
