//! What a bench writes: a page for people with the ratios against the bars of the design, and the
//! same with everything else as JSON. Ratios only, each next to the rates it was made of.

use super::{Bench, Measured};
use crate::load::{Outcome, Pace};
use anyhow::Result;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

/// A bar of the design: at least, or at most, so many times the yardstick.
struct Bar {
    case: &'static str,
    words: &'static str,
    first: f64,
    aim: f64,
    /// Whether less is better.
    latency: bool,
}

const BARS: [Bar; 6] = [
    Bar { case: "64x1", words: "64 callers, 1 tenant", first: 0.3, aim: 0.7, latency: false },
    Bar { case: "64x20", words: "64 callers, 20 tenants", first: 0.3, aim: 0.7, latency: false },
    Bar { case: "256x1", words: "256 callers, 1 tenant", first: 0.3, aim: 1.0, latency: false },
    Bar { case: "256x20", words: "256 callers, 20 tenants", first: 0.3, aim: 1.0, latency: false },
    Bar { case: "open1", words: "4,000/s, 1 tenant", first: 20.0, aim: 8.0, latency: true },
    Bar { case: "open20", words: "4,000/s, 20 tenants", first: 20.0, aim: 8.0, latency: true },
];

/// The ratio that a run's bar is about.
pub(super) fn ratio(measured: &Measured) -> f64 {
    let Measured { outcome, yard_before: a, yard_after: b, .. } = measured;
    match outcome.plan.pace {
        Pace::Callers(_) => {
            outcome.creates_per_second / ((a.commits_per_second + b.commits_per_second) / 2.0)
        }
        // A rate that was not carried has no latency, however quick the calls that were begun.
        Pace::PerSecond(_) if outcome.left_out > 0 || outcome.offers_missing > 0 => f64::INFINITY,
        Pace::PerSecond(_) => outcome.offer.p99_ms / ((a.mean_ms + b.mean_ms) / 2.0),
    }
}

/// One run in one line.
pub(super) fn line(measured: &Measured) -> String {
    format!(
        "{} round {}: ratio {:.2}; {}; {} violations",
        measured.case,
        measured.round,
        ratio(measured),
        outcome_words(&measured.outcome),
        measured.violations
    )
}

/// An outcome in words.
pub(super) fn outcome_words(outcome: &Outcome) -> String {
    let Outcome { create, offer, lateness, cpu, .. } = outcome;
    let micros = |seconds| outcome.micros(seconds);
    let mut text = format!(
        "{:.0} creates/s over {:.1} s; create p50 {:.1} p99 {:.1} ms; \
         create to offer p50 {:.1} p99 {:.1} max {:.0} ms ({} of {}); CPU per create \
         {:.0} server + {:.0} PostgreSQL + {:.0} client us, machine {:.0} us",
        outcome.creates_per_second,
        outcome.seconds,
        create.p50_ms,
        create.p99_ms,
        offer.p50_ms,
        offer.p99_ms,
        offer.max_ms,
        offer.count,
        create.count,
        micros(cpu.server),
        micros(cpu.postgres),
        micros(cpu.client),
        micros(cpu.machine),
    );
    if lateness.count > 0 {
        let left_out = outcome.left_out;
        let _ = write!(text, "; begun late p99 {:.1} ms, {left_out} left out", lateness.p99_ms);
    }
    if outcome.offers_missing > 0 {
        let _ = write!(text, "; {} OFFERS NEVER ARRIVED", outcome.offers_missing);
    }
    if outcome.cut_short {
        text.push_str("; cut short, agents full");
    }
    if !outcome.refused.is_empty() {
        let _ = write!(text, "; refused {:?}", outcome.refused);
    }
    text
}

/// Settings in one line.
pub(crate) fn settings_words(settings: &BTreeMap<String, String>) -> String {
    let pairs = settings.iter().map(|(name, value)| format!("{name}={value}"));
    pairs.collect::<Vec<_>>().join(", ")
}

/// Writes both files; the page as text.
pub(super) fn write(bench: &Bench, out: &Path) -> Result<String> {
    std::fs::create_dir_all(out)?;
    let text = page(bench)?;
    std::fs::write(out.join(format!("{}.md", bench.when)), &text)?;
    let json = serde_json::to_string_pretty(bench)? + "\n";
    std::fs::write(out.join(format!("{}.json", bench.when)), json)?;
    Ok(text)
}

fn page(bench: &Bench) -> Result<String> {
    let mut text = format!(
        "# Benchmark of {}\n\n\
         Made by `make bench` (`proof {}`), commit {}. Figures are ratios against `pgbench` taken \
         right before\nand after each run, on the same PostgreSQL and the same cores; server, \
         database and load share the machine.\nEvery run had a database and a server process of \
         its own, 1,000 agents on live streams, 1,000 customers in\nknown conversations, bodies of \
         200 bytes, and was audited afterwards.\n\n\
         - Machine: {}\n- PostgreSQL: {}\n- Yardstick: `{}`, prepared, one commit each\n\n",
        bench.when,
        bench.command,
        bench.commit,
        bench.machine,
        settings_words(&bench.settings),
        bench.statement
    );
    bars(&mut text, bench)?;
    rates(&mut text, bench)?;
    costs(&mut text, bench)?;
    promises(&mut text, bench)?;
    Ok(text)
}

fn bars(text: &mut String, bench: &Bench) -> Result<()> {
    text.push_str(
        "## Against the bars\n\nRates: creates per second over commits per second of pgbench with \
         64 clients, more is better.\nThe 4,000/s: create → offer p99 over the mean of pgbench \
         with 16 clients, less is better;\ninf where the rate was not carried.\n\n\
         | what | ratio, each round | mean | first bar | aim | |\n|---|---|---|---|---|---|\n",
    );
    for bar in &BARS {
        let runs = bench.measured.iter().filter(|measured| measured.case == bar.case);
        let ratios: Vec<f64> = runs.map(ratio).collect();
        if ratios.is_empty() {
            continue;
        }
        let mean = ratios.iter().sum::<f64>() / ratios.len() as f64;
        let meets = |bound: f64| if bar.latency { mean <= bound } else { mean >= bound };
        let verdict = verdict(meets(bar.first), meets(bar.aim));
        let each: Vec<String> = ratios.iter().map(|ratio| format!("{ratio:.2}")).collect();
        let sign = if bar.latency { "≤" } else { "≥" };
        writeln!(
            text,
            "| {} | {} | **{mean:.2}** | {sign} {} | {sign} {} | {verdict} |",
            bar.words,
            each.join(", "),
            bar.first,
            bar.aim
        )?;
    }
    Ok(())
}

fn rates(text: &mut String, bench: &Bench) -> Result<()> {
    text.push_str(
        "\n## Rates and latencies\n\n| run | creates/s | create p50 / p99, ms | create → offer \
         p50 / p99 / max, ms | pgbench before, after | begun late p99, ms |\n\
         |---|---|---|---|---|---|\n",
    );
    for measured in &bench.measured {
        let Measured { case, round, outcome, yard_before, yard_after, .. } = measured;
        let (create, offer) = (&outcome.create, &outcome.offer);
        let yard = match outcome.plan.pace {
            Pace::Callers(_) => format!(
                "{:.0}, {:.0} /s",
                yard_before.commits_per_second, yard_after.commits_per_second
            ),
            Pace::PerSecond(_) => {
                format!("mean {:.2}, {:.2} ms", yard_before.mean_ms, yard_after.mean_ms)
            }
        };
        let late = match outcome.lateness.count {
            0 => String::new(),
            _ => format!("{:.1}", outcome.lateness.p99_ms),
        };
        writeln!(
            text,
            "| {case} round {round} | {:.0} | {:.1} / {:.1} | {:.1} / {:.1} / {:.0} | {yard} | \
             {late} |",
            outcome.creates_per_second,
            create.p50_ms,
            create.p99_ms,
            offer.p50_ms,
            offer.p99_ms,
            offer.max_ms
        )?;
    }
    Ok(())
}

fn costs(text: &mut String, bench: &Bench) -> Result<()> {
    text.push_str(
        "\n## Cost of a create\n\nProcessor microseconds as the kernel counts them; machine is \
         everything that ran, so the rest is what was\nnot ours. Rows, transactions (reads among \
         them) and WAL are per interaction created between two readings.\n\n\
         | run | server | PostgreSQL | client | machine | creates a batch | creates a log row | \
         transactions | WAL bytes | rows |\n|---|---|---|---|---|---|---|---|---|---|\n",
    );
    for measured in &bench.measured {
        let outcome = &measured.outcome;
        let cpu = outcome.cpu;
        let rows = measured.rows_per_create.iter().filter(|(_, each)| **each >= 0.005);
        let rows: Vec<String> = rows.map(|(table, each)| format!("{table} {each:.2}")).collect();
        writeln!(
            text,
            "| {} round {} | {:.0} | {:.0} | {:.0} | {:.0} | {:.1} | {:.1} | {:.2} | {:.0} | {} |",
            measured.case,
            measured.round,
            outcome.micros(cpu.server),
            outcome.micros(cpu.postgres),
            outcome.micros(cpu.client),
            outcome.micros(cpu.machine),
            measured.creates_per_batch,
            measured.creates_per_log_row,
            measured.transactions_per_create,
            measured.wal_bytes_per_create,
            rows.join(", ")
        )?;
    }
    Ok(())
}

fn promises(text: &mut String, bench: &Bench) -> Result<()> {
    text.push_str("\n## Promises while measuring\n\n");
    let broken: usize = bench.measured.iter().map(|measured| measured.violations).sum();
    let missing: usize = bench.measured.iter().map(|run| run.outcome.offers_missing).sum();
    let creates: u64 = bench.measured.iter().map(|run| run.outcome.answered_in_all).sum();
    writeln!(
        text,
        "{creates} creates in all; {broken} violations found by the auditor (gaps, hash chain, \
         owners, capacities, rows\nagainst log, one offer each); {missing} offers that never \
         reached their stream."
    )?;
    for measured in &bench.measured {
        let refused = &measured.outcome.refused;
        if !refused.is_empty() {
            writeln!(text, "\n- {} round {}: refused {refused:?}", measured.case, measured.round)?;
        }
        for told in &measured.told {
            writeln!(text, "\n- {} round {}: {told}", measured.case, measured.round)?;
        }
    }
    Ok(())
}

/// Which of the two bars of the design is met.
pub(crate) fn verdict(first: bool, aim: bool) -> &'static str {
    match (first, aim) {
        (_, true) => "aim met",
        (true, false) => "first bar met",
        (false, false) => "**missed**",
    }
}

/// The commit the tree is at, and whether it was changed since; unknown outside a repository.
pub(crate) fn commit(root: &Path) -> String {
    let git = |args: &[&str]| {
        let output = Command::new("git").arg("-C").arg(root).args(args).output().ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        output.status.success().then(|| text.trim().to_owned())
    };
    let Some(commit) = git(&["rev-parse", "--short", "HEAD"]) else { return "unknown".to_owned() };
    match git(&["status", "--porcelain"]) {
        Some(changes) if changes.is_empty() => commit,
        _ => format!("{commit} with changes"),
    }
}

/// Today's date, UTC, as YYYY-MM-DD.
pub(crate) fn today() -> String {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    date(i64::try_from(elapsed.as_secs() / 86_400).unwrap_or_default())
}

/// The date so many days after 1970-01-01, by counting eras of 400 years that begin in March.
fn date(days: i64) -> String {
    let shifted = days + 719_468;
    let (era, day) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let of_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let of_month = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{of_month:02}")
}

#[cfg(test)]
mod tests {
    use super::date;

    #[test]
    fn dates_are_those_of_the_calendar() {
        let cases = [(0, "1970-01-01"), (59, "1970-03-01"), (11_016, "2000-02-29")];
        for (days, text) in
            cases.into_iter().chain([(20_779, "2026-11-22"), (19_722, "2023-12-31")])
        {
            assert_eq!(date(days), text);
        }
    }
}
