//! The file of intervals: one a line, with commas between its name, its arrivals and optionally its
//! handling time. Blank lines and those that begin with # are passed over; a first line whose
//! second field is no number is taken for a heading.

use super::units::Seconds;
use anyhow::{Context as _, Result, bail};
use std::io::Read;
use std::path::Path;

/// Most intervals of one file: a year of quarters of an hour.
const INTERVALS_MAX: usize = 36_000;

/// Most bytes of one file.
const FILE_MAX: u64 = 4 << 20;

/// One line.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Interval {
    /// What it is called.
    pub(super) name: String,
    /// How many arrive in it.
    pub(super) arrivals: f64,
    /// How long one takes, if the line says.
    pub(super) handling: Option<Seconds>,
}

pub(super) fn read(path: &Path) -> Result<Vec<Interval>> {
    let mut text = String::new();
    let source: Box<dyn Read> = if path == Path::new("-") {
        Box::new(std::io::stdin().lock())
    } else {
        let file = std::fs::File::open(path);
        Box::new(file.with_context(|| format!("the file of intervals {}", path.display()))?)
    };
    source.take(FILE_MAX + 1).read_to_string(&mut text).context("the file of intervals")?;
    if text.len() as u64 > FILE_MAX {
        bail!("the file of intervals is longer than {FILE_MAX} bytes");
    }
    parse(&text)
}

fn parse(text: &str) -> Result<Vec<Interval>> {
    let mut found = Vec::new();
    let mut first = true;
    for (at, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        match interval(line) {
            Ok(interval) => found.push(interval),
            // A heading.
            Err(_) if first && line.contains(',') => {}
            Err(why) => bail!("line {} of the intervals: {why}", at + 1),
        }
        first = false;
        if found.len() > INTERVALS_MAX {
            bail!("more than {INTERVALS_MAX} intervals");
        }
    }
    if found.is_empty() { bail!("no intervals") } else { Ok(found) }
}

fn interval(line: &str) -> Result<Interval, String> {
    let mut fields = line.split(',').map(str::trim);
    let name = fields.next().unwrap_or_default().to_owned();
    let arrivals = fields.next().ok_or("a name, a comma and the number of arrivals is needed")?;
    let arrivals = arrivals.parse::<f64>().ok().filter(|count| count.is_finite() && *count >= 0.0);
    let arrivals = arrivals.ok_or("the arrivals are no number")?;
    let handling = fields.next().filter(|text| !text.is_empty());
    let handling = handling.map(str::parse).transpose()?;
    match fields.next() {
        Some(_) => Err("more than three fields".to_owned()),
        None => Ok(Interval { name, arrivals, handling }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_intervals() {
        let text = "name,arrivals,handling\n# a remark\n\n09:00,120\n09:30, 95.5 ,5m\n";
        let found = parse(text).expect("intervals");
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].name.as_str(), found[0].arrivals), ("09:00", 120.0));
        assert_eq!(found[1].handling, Some(Seconds(300.0)));
    }

    #[test]
    fn a_bad_line_is_named() {
        for text in ["", "only\n", "a,1\nb,many\n", "a,1\nb,-2\n", "a,1,4m,9\nb\n", "a,1\nb,2,x\n"]
        {
            let refused = parse(text).expect_err(text).to_string();
            assert!(refused.contains("line") || refused.contains("no intervals"), "{refused}");
        }
    }
}
