//! `omnichannel staff`: how many agents a load needs, by exact queueing formulas; for one load on
//! the command line, or for every line of a file of intervals. Reads no configuration and no
//! database. What it assumes (a steady state, one skill, one item per agent) is in its help.

mod intervals;
mod units;

use anyhow::{Result, bail};
use app::staffing::{Level, Load, Target, rule_of_thumb, staff};
use clap::ValueEnum;
use intervals::Interval;
use std::path::PathBuf;
use std::process::ExitCode;
use units::{Rate, Seconds, Share};

/// One interval's worth of rows is enough when only one load is given.
const LONE: &str = "load";

/// How many agents a load needs, by the Erlang C formula, or by Erlang A if customers give up.
///
/// Assumes arrivals at random with a steady rate, handling and patience times of exponential
/// distribution, agents who all can do everything and hold one item each. For what these do not
/// hold for, take the number as a lower bound.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: omnichannel staff --arrivals 100/h --handling 4m --patience 3m")]
pub(super) struct Args {
    /// Arrivals per time, such as 100/h, 4.2/m or 2000/d.
    #[arg(long, value_name = "RATE", required_unless_present = "intervals")]
    arrivals: Option<Rate>,
    /// Mean handling time, such as 240, 240s or 4m.
    #[arg(long, value_name = "TIME")]
    handling: Seconds,
    /// Mean time a customer waits before giving up. Default: all wait for ever.
    #[arg(long, value_name = "TIME")]
    patience: Option<Seconds>,
    /// The wait that counts as prompt.
    #[arg(long, value_name = "TIME", default_value = "20s")]
    within: Seconds,
    /// Share of arrivals to be answered that promptly.
    #[arg(long, value_name = "SHARE", default_value = "80%")]
    answered: Share,
    /// Most that may give up.
    #[arg(long, value_name = "SHARE", default_value = "100%")]
    abandoned: Share,
    /// Most of their time that agents may be busy.
    #[arg(long, value_name = "SHARE", default_value = "100%")]
    occupancy: Share,
    /// Share of paid time that agents are not there for: breaks, training, leave.
    #[arg(long, value_name = "SHARE", default_value = "0%")]
    shrinkage: Share,
    /// Reckon every line of this file: name, arrivals, and optionally the handling time, with
    /// commas; - reads standard input.
    #[arg(long, value_name = "FILE", conflicts_with = "arrivals")]
    intervals: Option<PathBuf>,
    /// How long an interval of the file is.
    #[arg(long, value_name = "TIME", default_value = "30m", requires = "intervals")]
    interval: Seconds,
    /// How the answer is written.
    #[arg(long, value_enum, default_value = "table")]
    output: Output,
}

/// Forms of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Output {
    /// For people.
    Table,
    /// For programs: one object a line.
    Json,
}

/// One line of the answer.
struct Row {
    name: String,
    load: Load,
    level: Level,
    /// What the square-root rule says.
    rule: Option<u32>,
    /// How many must be on the payroll for so many to be there.
    scheduled: f64,
}

pub(super) fn run(args: &Args) -> Result<ExitCode> {
    let target = Target {
        within: args.within.0,
        answered: args.answered.0,
        abandoned_max: args.abandoned.0,
        occupancy_max: args.occupancy.0,
    };
    if !target.is_sound() {
        bail!("--answered must be below 100%, --abandoned and --occupancy above 0%");
    }
    if args.shrinkage.0 >= 1.0 {
        bail!("--shrinkage must be below 100%");
    }
    let mut rows = Vec::new();
    for (name, load) in loads(args)? {
        rows.push(row(name, load, &target, args.shrinkage.0)?);
    }
    match args.output {
        Output::Table => print!("{}", table(&rows, args)),
        Output::Json => rows.iter().for_each(|row| println!("{}", json(row))),
    }
    Ok(ExitCode::SUCCESS)
}

fn loads(args: &Args) -> Result<Vec<(String, Load)>> {
    let patience = args.patience.map(|patience| patience.0);
    let load = |arrivals, handling: Seconds| Load { arrivals, handling: handling.0, patience };
    let Some(file) = &args.intervals else {
        let arrivals = args.arrivals.expect("required without a file").0;
        return Ok(vec![(LONE.to_owned(), load(arrivals, args.handling))]);
    };
    let found = intervals::read(file)?.into_iter().map(|Interval { name, arrivals, handling }| {
        let handling = handling.unwrap_or(args.handling);
        (name, load(arrivals / args.interval.0, handling))
    });
    Ok(found.collect())
}

fn row(name: String, load: Load, target: &Target, shrinkage: f64) -> Result<Row> {
    // Nobody comes, nobody is needed: theory has no word for it.
    let level = if load.arrivals == 0.0 { Some(EMPTY) } else { staff(&load, target) };
    let Some(level) = level else {
        bail!("{name}: no number of agents up to 100000 does it; are the numbers right?")
    };
    let rule = rule_of_thumb(&load, target);
    let scheduled = (f64::from(level.agents) / (1.0 - shrinkage)).ceil();
    Ok(Row { name, load, level, rule, scheduled })
}

const EMPTY: Level = Level {
    agents: 0,
    waits: 0.0,
    mean_wait: 0.0,
    answered_within: 1.0,
    abandoned: 0.0,
    occupancy: 0.0,
};

fn table(rows: &[Row], args: &Args) -> String {
    let width = rows.iter().map(|row| row.name.chars().count()).max().unwrap_or(0).max(LONE.len());
    let mut text = format!(
        "{:width$}  {:>8}  {:>6}  {:>9}  {:>8}  {:>7}  {:>9}  {:>9}  {:>4}\n",
        "", "erlang", "agents", "scheduled", "in time", "wait", "abandoned", "occupancy", "rule",
    );
    for Row { name, load, level, rule, scheduled } in rows {
        let rule = rule.map_or_else(|| "-".to_owned(), |rule| rule.to_string());
        let (agents, erlang, wait) = (level.agents, load.erlang(), level.mean_wait);
        let [answered, abandoned, occupancy] =
            [level.answered_within, level.abandoned, level.occupancy].map(|share| share * 100.0);
        text += &format!("{name:width$}  {erlang:>8.2}  {agents:>6}  {scheduled:>9}  ");
        text += &format!("{answered:>7.1}%  {wait:>6.1}s  {abandoned:>8.1}%  {occupancy:>8.1}%  ");
        text += &format!("{rule:>4}\n");
    }
    let formula = if args.patience.is_some() { "Erlang A" } else { "Erlang C" };
    text + &format!("in time: within {} s; by {formula}; rule: square root\n", args.within.0)
}

fn json(row: &Row) -> serde_json::Value {
    serde_json::json!({
        "name": row.name,
        "erlang": row.load.erlang(),
        "agents": row.level.agents,
        "scheduled": row.scheduled,
        "answered_within": row.level.answered_within,
        "waits": row.level.waits,
        "mean_wait_seconds": row.level.mean_wait,
        "abandoned": row.level.abandoned,
        "occupancy": row.level.occupancy,
        "square_root_rule": row.rule,
    })
}
