//! What each figure is, as the page for operators tells it: the text beside a figure is the page's
//! own, so that there is one place to tell it.

use metrics::{describe_counter, describe_gauge, describe_histogram};

/// The page.
const PAGE: &str = include_str!("../../docs/metrics.md");

/// Tells the recorder of every figure of the page.
pub(super) fn describe() {
    for Figure { name, kind, text } in figures() {
        let text = text.replace('`', "");
        match kind {
            "counter" => describe_counter!(name, text),
            "histogram" => describe_histogram!(name, text),
            _ => describe_gauge!(name, text),
        }
    }
}

struct Figure {
    name: &'static str,
    kind: &'static str,
    text: &'static str,
}

/// The rows of the page's table.
fn figures() -> impl Iterator<Item = Figure> {
    PAGE.lines().filter_map(|line| {
        let mut cells = line.strip_prefix("| `")?.strip_suffix(" |")?.splitn(3, " | ");
        let name = cells.next()?.trim_end_matches('`');
        let name = name.split('{').next().unwrap_or(name);
        Some(Figure { name, kind: cells.next()?, text: cells.next()? })
    })
}

#[cfg(test)]
mod tests {
    use super::figures;

    #[test]
    fn the_table_is_read_whole() {
        let rows = super::PAGE.lines().filter(|line| line.starts_with("| `")).count();
        assert!(rows > 20 && figures().count() == rows);
        for figure in figures() {
            assert!(["counter", "gauge", "histogram"].contains(&figure.kind), "{}", figure.name);
            assert!(!figure.text.is_empty() && !figure.name.contains(['`', ' ']));
        }
    }
}
