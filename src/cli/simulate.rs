//! `omnichannel simulate`: what would happen in a world of customers and agents by a policy. Reads
//! a world from a file or takes one that comes with the program, with no configuration and no
//! database; or plays a tenant's own past again. Who gets whom is decided by the code that routes
//! live.

mod past;
mod plot;
mod report;
mod source;

use crate::config::Config;
use anyhow::{Context as _, Result, bail};
use app::sim::world::World;
use app::sim::{RUNS_MAX, builtin};
use app::simulate::{Answer, Policy, Trial};
use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressStyle};
use serde::de::DeserializeOwned;
use std::path::PathBuf;
use std::process::ExitCode;

/// What would happen in a world of customers and agents by a routing policy.
///
/// Every run brings other customers; the same seed brings the same ones, on any machine and by any
/// policy. Figures are means over the runs with their 95 % confidence intervals.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: omnichannel simulate slower-2 --against first_come,longest_idle")]
pub(super) struct Args {
    /// A file with a world, in TOML or JSON (.json), or the name of an example.
    #[arg(required_unless_present_any = ["list", "tenant"])]
    world: Option<String>,
    /// List the examples.
    #[arg(long)]
    list: bool,
    /// Print the world as JSON instead of simulating it: a beginning for a file of one's own.
    #[arg(long)]
    print: bool,
    /// How often the world is run.
    #[arg(long, value_name = "COUNT", default_value_t = 10,
          value_parser = clap::value_parser!(u64).range(1..=RUNS_MAX))]
    runs: u64,
    /// What chance begins with.
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
    /// Customers in a run, in place of what the world says.
    #[arg(long, value_name = "COUNT")]
    arrivals: Option<u64>,
    /// The policy, in place of the world's: work order and strategy with a comma between.
    #[arg(long, value_name = "ORDER,STRATEGY", value_parser = policy)]
    policy: Option<Policy>,
    /// A second policy to compare with, run by run of the same customers.
    #[arg(long, value_name = "ORDER,STRATEGY", value_parser = policy)]
    against: Option<Policy>,
    /// How the answer is written.
    #[arg(long, value_enum, default_value = "table")]
    output: Output,
    #[command(flatten)]
    past: past::Args,
    /// Also draw the figures of every class into this SVG file.
    #[arg(long, value_name = "FILE")]
    plot: Option<PathBuf>,
}

/// Forms of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Output {
    /// For people.
    Table,
    /// For programs.
    Json,
}

/// A value by its name in lower case.
fn named<T: DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_value(serde_json::Value::String(text.trim().replace('-', "_"))).ok()
}

fn policy(text: &str) -> Result<Policy, String> {
    let said = text.split_once(',').and_then(|(a, b)| Some((named(a)?, named(b)?)));
    let orders = "primary_first, first_come, fixed_queue_ratio or generalized_c_mu";
    said.ok_or_else(|| {
        format!(
            "{text:?} is no policy: write one of {orders}, a comma, and a strategy such as \
                 primary_first, longest_idle, least_loaded or most_skilled"
        )
    })
}

pub(super) async fn run(config: impl FnOnce() -> Result<Config>, args: &Args) -> Result<ExitCode> {
    if args.past.is_meant() {
        let answer = past::answer(&config()?, args).await?;
        return told(args, &answer);
    }
    if args.list {
        builtin::WORLDS.iter().for_each(|(name, what)| println!("{name:<10} {what}"));
        return Ok(ExitCode::SUCCESS);
    }
    let mut world = source::world(args.world.as_deref().unwrap_or_default())?;
    if let Some(arrivals) = args.arrivals {
        (world.arrivals, world.seconds) = (Some(arrivals), None);
    }
    if let Some((order, strategy)) = args.policy {
        world = world.with_policy(order, strategy);
    }
    if let Err(wrong) = world.check() {
        bail!("the world {:?}: {wrong}", world.name);
    }
    if args.print {
        println!("{}", serde_json::to_string_pretty(&world).context("the world as JSON")?);
        return Ok(ExitCode::SUCCESS);
    }
    told(args, &answer(args, world)?)
}

/// Writes the answer as it was asked for.
fn told(args: &Args, answer: &Answer) -> Result<ExitCode> {
    match args.output {
        Output::Table => print!("{}", report::table(args, answer)),
        Output::Json => println!("{}", answer.json()),
    }
    if let Some(file) = &args.plot {
        plot::draw(file, answer)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn answer(args: &Args, world: World) -> Result<Answer> {
    let trial = Trial { world, seed: args.seed, runs: args.runs, against: args.against };
    let worlds = 1 + u64::from(args.against.is_some());
    let bar = bar(args.runs * worlds)?;
    let answer = trial.run(|progress| {
        bar.set_position(progress.done);
        bar.set_message(format!("{} customers", progress.came));
        true
    });
    bar.finish_and_clear();
    let answer = answer.map_err(anyhow::Error::msg)?;
    answer.context("a simulation that was not stopped ends")
}

fn bar(runs: u64) -> Result<ProgressBar> {
    let bar = ProgressBar::new(runs);
    let style = ProgressStyle::with_template("{bar:40} run {pos} of {len}, {eta} left {msg}");
    bar.set_style(style.context("the progress bar")?);
    Ok(bar)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::queue::{Strategy, WorkOrder};

    #[test]
    fn a_policy_is_an_order_and_a_strategy() {
        let known = (WorkOrder::FirstCome, Strategy::LongestIdle);
        assert_eq!(policy("first_come,longest_idle"), Ok(known));
        assert_eq!(policy("first-come, longest-idle"), Ok(known));
        for wrong in ["", "first_come", "longest_idle,first_come", "first_come,fastest", ","] {
            assert!(policy(wrong).is_err(), "{wrong}");
        }
    }
}
