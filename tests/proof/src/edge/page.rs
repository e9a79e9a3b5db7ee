//! The page: ratios against bare tonic and costs in memory, each beside the bar of the design.

use super::Place;
use super::memory::Cost;
use super::rates::Rate;
use crate::bench::verdict;
use anyhow::Result;
use std::fmt::Write as _;
use std::path::Path;

/// Bars of the design: a first one and an aim.
const READS: (f64, f64) = (0.6, 0.8);
const FANS: (f64, f64) = (0.5, 0.8);
const STREAM_KIB: (f64, f64) = (24.0, 12.0);
const CONNECTION_KIB: (f64, f64) = (50.0, 36.0);

/// Everything that was measured.
pub(super) struct Page {
    commit: String,
    settings: String,
    pub(super) reads: Vec<(Place, Rate)>,
    pub(super) fans: Vec<(Place, Rate)>,
    pub(super) memory: Vec<Cost>,
}

impl Page {
    pub(super) fn new(root: &Path, settings: String) -> Self {
        let commit = crate::bench::commit(root);
        Self { commit, settings, reads: Vec::new(), fans: Vec::new(), memory: Vec::new() }
    }

    /// Writes the page; its text.
    pub(super) fn write(&self, out: &Path) -> Result<String> {
        let text = self.text()?;
        std::fs::create_dir_all(out)?;
        std::fs::write(out.join(format!("{}-edge.md", crate::bench::today())), &text)?;
        Ok(text)
    }

    fn text(&self) -> Result<String> {
        let command = std::env::args().skip(1).collect::<Vec<_>>().join(" ");
        let mut text = format!(
            "# The edge beside bare tonic, {}\n\n\
             Made by `make bench` (`proof {command}`), commit {}. The echo is bare tonic with the \
             service's types and transport\nsettings and a fixed answer of the same bytes, in a \
             process of its own; both sides take turns on the same cores, and\nthe client that \
             measures shares them.\n\n- Machine: {}\n- PostgreSQL: {}\n\n\
             ## Against the bars\n\n| what | measured | first bar | aim | |\n\
             |---|---|---|---|---|\n",
            crate::bench::today(),
            self.commit,
            crate::measure::machine_words(),
            self.settings,
        );
        let (ours, sdk) = (Place::Ours, Place::Sdk);
        for (words, runs, of, bar) in [
            ("GetInteraction, 64 callers, over an echo", &self.reads, ours, READS),
            ("frames to 1,000 feeds, over a bare server stream", &self.fans, ours, FANS),
            ("the same to 1,000 feeds of the SDK", &self.fans, sdk, FANS),
        ] {
            let ratio = mean(runs, of) / mean(runs, Place::Bare);
            let verdict = verdict(ratio >= bar.0, ratio >= bar.1);
            writeln!(text, "| {words} | **{ratio:.2}** | ≥ {} | ≥ {} | {verdict} |", bar.0, bar.1)?;
        }
        for cost in &self.memory {
            let what = format!("KiB per idle {:?}, {} of them", cost.kind, cost.streams);
            row(&mut text, &what, cost.per_stream, STREAM_KIB)?;
        }
        if !self.memory.is_empty() {
            let sum: f64 = self.memory.iter().map(|cost| cost.per_connection).sum();
            let mean = sum / self.memory.len() as f64;
            row(&mut text, "KiB per idle connection, mean over these", mean, CONNECTION_KIB)?;
        }
        self.runs(&mut text)?;
        Ok(text)
    }

    fn runs(&self, text: &mut String) -> Result<()> {
        text.push_str(
            "\n## Runs\n\nProcessor microseconds as the kernel counts them, of the server and of \
             the client, for each read or frame;\nPostgreSQL's are not among them.\n\n\
             | what | side | per second | p50 / p99, ms | server, us | client, us |\n\
             |---|---|---|---|---|---|\n",
        );
        for (what, runs) in [("read", &self.reads), ("frame", &self.fans)] {
            for (place, rate) in runs {
                let waits = match rate.latency.count {
                    0 => "–".to_owned(),
                    _ => format!("{:.2} / {:.2}", rate.latency.p50_ms, rate.latency.p99_ms),
                };
                writeln!(
                    text,
                    "| {what} | {place:?} | {:.0} | {waits} | {:.1} | {:.1} |",
                    rate.per_second, rate.server_micros, rate.client_micros
                )?;
            }
        }
        text.push_str("\nResident memory, each kind on a server process of its own:\n\n");
        for cost in &self.memory {
            writeln!(text, "- {}", cost.words())?;
        }
        Ok(())
    }
}

fn row(text: &mut String, what: &str, kib: f64, bar: (f64, f64)) -> Result<()> {
    let verdict = verdict(kib <= bar.0, kib <= bar.1);
    writeln!(text, "| {what} | **{kib:.1}** | ≤ {} | ≤ {} | {verdict} |", bar.0, bar.1)?;
    Ok(())
}

fn mean(runs: &[(Place, Rate)], of: Place) -> f64 {
    let rates = runs.iter().filter(|(place, _)| *place == of).map(|(_, rate)| rate.per_second);
    let (count, sum) = rates.fold((0, 0.0), |(count, sum), rate| (count + 1, sum + rate));
    sum / f64::from(count.max(1))
}
