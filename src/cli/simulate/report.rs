//! The figures of a simulation for people.

use super::Args;
use app::backtest::LeftOut;
use app::sim::figures::Estimate;
use app::simulate::{Answer, Reproduced};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Figures that are times; all others are shares.
const SECONDS: [&str; 4] = ["wait of answered", "wait of all", "longest wait", "wait"];

/// What stands above a column, and its figures by name.
type Column<'a> = (&'a str, BTreeMap<&'a str, String>);

fn is_time(name: &str) -> bool {
    SECONDS.iter().any(|time| name.ends_with(time))
}

fn is_ratio(name: &str) -> bool {
    name.starts_with("work ")
}

/// A figure as people read it: seconds, percent, or a plain number.
fn shown(name: &str, found: &Estimate) -> String {
    let (scale, unit) = match (is_time(name), is_ratio(name)) {
        (true, _) => (1.0, " s"),
        (_, true) => (1.0, ""),
        _ => (100.0, " %"),
    };
    let digits = if is_ratio(name) { 3 } else { 2 };
    let (mean, half) = (found.mean * scale, found.half_width * scale);
    match found.runs {
        0 | 1 => format!("{mean:.digits$}{unit}"),
        _ => format!("{mean:.digits$} ± {half:.digits$}{unit}"),
    }
}

pub(super) fn table(args: &Args, answer: &Answer) -> String {
    let mut columns: Vec<Column<'_>> = Vec::new();
    let all = |of: &'_ BTreeMap<String, Estimate>| -> BTreeMap<&str, String> {
        let known = answer.first.keys();
        known.filter_map(|name| Some((name.as_str(), shown(name, of.get(name)?)))).collect()
    };
    let once = |mean| Estimate { mean, half_width: f64::INFINITY, runs: 1 };
    if let Some(seen) = &answer.seen {
        let seen = seen.iter().map(|(name, mean)| (name.as_str(), shown(name, &once(*mean))));
        columns.push(("seen", seen.collect()));
    }
    if let Some(again) = &answer.reproduced {
        let figures = again.figures.iter();
        let figures = figures.map(|(name, mean)| (name.as_str(), shown(name, &once(*mean))));
        columns.push(("again", figures.collect()));
    }
    columns.push(("this", all(&answer.first)));
    if let Some((second, third)) = &answer.second {
        columns.push(("against", all(second)));
        columns.push(("difference", all(third)));
    }
    let names: Vec<&String> = answer.first.keys().collect();
    let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
    let mut text = format!("{}: {} runs, seed {}\n", answer.world, args.runs, args.seed);
    let line = |name: &str, cell: &dyn Fn(&Column<'_>) -> String| {
        let cells = columns.iter().map(|column| format!("  {:>20}", cell(column)));
        let line = format!("{name:width$}{}", cells.collect::<String>());
        format!("{}\n", line.trim_end())
    };
    if columns.len() > 1 {
        text += &line("", &|(head, _)| (*head).to_owned());
    }
    for name in names {
        text += &line(name, &|(_, of)| of.get(name.as_str()).cloned().unwrap_or_default());
    }
    let _ = writeln!(text, "{} events; intervals of 95 %", answer.events);
    text + &caveats(answer)
}

/// How far the figures of a past can be relied on, and what they leave out.
fn caveats(answer: &Answer) -> String {
    let mut text = String::new();
    if let Some(Reproduced { taken, same_agent, same_wait, .. }) = &answer.reproduced {
        let _ = writeln!(
            text,
            "again, as it was: of {taken} taken, {same_agent} by the same agent, {same_wait} after \
             the same wait"
        );
    }
    for LeftOut { what, count, instead } in &answer.left_out {
        let count = count.map_or_else(String::new, |count| format!(" ({count})"));
        let _ = writeln!(text, "left out: {what}{count}: {instead}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_the_units_people_know() {
        let found = Estimate { mean: 0.4321, half_width: 0.01, runs: 5 };
        assert_eq!(shown("abandoned", &found), "43.21 ± 1.00 %");
        assert_eq!(shown("sales: wait of all", &found), "0.43 ± 0.01 s");
        assert_eq!(shown("work gini", &found), "0.432 ± 0.010");
        let once = Estimate { half_width: f64::INFINITY, runs: 1, ..found };
        assert_eq!(shown("abandoned", &once), "43.21 %");
    }
}
