//! `omnichannel simulate --tenant`: a tenant's own past, read from its log and played again. The
//! database is only read, also while a server runs.

use super::bar;
use crate::cli::tenants::Walk;
use crate::config::Config;
use anyhow::{Context as _, Result, bail};
use app::backtest::{Changes, Recording};
use app::simulate::Answer;
use domain::time::{Span, Timestamp};
use std::path::PathBuf;
use store::Reading;

/// Which past, and what is to be other.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(super) struct Args {
    /// Play the past of this tenant again, by name or id, in place of a world.
    #[arg(long, value_name = "TENANT", requires = "from",
          conflicts_with_all = ["world", "arrivals"])]
    tenant: Option<String>,
    /// When the past begins, such as 2026-11-02T08:00:00Z.
    #[arg(long, value_name = "TIME", requires = "tenant", value_parser = time)]
    from: Option<Timestamp>,
    /// When it ends; without it, at the end of the log.
    #[arg(long, value_name = "TIME", requires = "tenant", value_parser = time)]
    to: Option<Timestamp>,
    /// A JSON file that says what is other in the second policy: order, strategy, queues, rules,
    /// more agents, agents left out. With --against, beside that policy.
    #[arg(long, value_name = "FILE", requires = "tenant")]
    changes: Option<PathBuf>,
    /// The wait that counts as prompt in a past, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 20,
          value_parser = clap::value_parser!(u32).range(..=604_800))]
    within: u32,
}

fn time(text: &str) -> Result<Timestamp, String> {
    let read = text.parse::<prost_types::Timestamp>();
    let read = read.map_err(|_| format!("{text:?} is no time such as 2026-11-02T08:00:00Z"))?;
    Ok(crate::grpc::convert::time::moment(&read))
}

impl Args {
    pub(super) fn is_meant(&self) -> bool {
        self.tenant.is_some()
    }

    fn changes(&self) -> Result<Option<Changes>> {
        let Some(file) = &self.changes else { return Ok(None) };
        let text = std::fs::read_to_string(file);
        let text = text.with_context(|| format!("the changes {}", file.display()))?;
        let read = serde_json::from_str(&text);
        read.map(Some).with_context(|| format!("the changes {}", file.display()))
    }
}

pub(super) async fn answer(config: &Config, args: &super::Args) -> Result<Answer> {
    let Args { tenant, from, to, within, .. } = &args.past;
    let (Some(name), Some(from)) = (tenant, from) else { bail!("a past has a tenant and a time") };
    let changes = args.past.changes()?;
    let changes = match (changes, args.against) {
        (None, None) => None,
        (changes, policy) => Some(changes.unwrap_or_default().with_policy(policy)),
    };
    let to = to.unwrap_or(Timestamp::from_micros(i64::MAX / 4));
    if to <= *from {
        bail!("--to must lie after --from");
    }
    let within = Span::from_secs(i64::from(*within));
    let reading = Reading::open(&config.database.url).await?;
    let bar = bar(args.runs * (1 + u64::from(changes.is_some())))?;
    let past = read(&reading, name, (*from, to), within, |seq| {
        bar.set_message(format!("read up to event {seq}"));
    });
    let past = past.await;
    reading.close().await?;
    let mut past = past?;
    if let Some((order, strategy)) = args.policy {
        // In place of what was configured, in both.
        past.history = past
            .changed(&Changes::default().with_policy(Some((order, strategy))))
            .map_err(anyhow::Error::msg)?;
    }
    let runs = (args.seed, args.runs);
    let answer = past.play(changes.as_ref(), runs, within, |progress| {
        bar.set_position(progress.done);
        true
    });
    bar.finish_and_clear();
    answer.map_err(anyhow::Error::msg)?.context("a backtest that was not stopped ends")
}

async fn read(
    reading: &Reading,
    name: &str,
    times: (Timestamp, Timestamp),
    within: Span,
    told: impl FnMut(i64),
) -> Result<Recording> {
    let found = Walk::new(reading, Some(name)).next().await?;
    let tenant = found.with_context(|| format!("there is no tenant {name}"))?;
    Ok(Recording::read(&reading.tenant(tenant.id), times, (within, i64::MAX), told).await?)
}
