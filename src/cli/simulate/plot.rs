//! The service level of every class as a picture: a dot for the mean and a line for its interval,
//! and a second pair in grey for the policy that was compared with.

use anyhow::{Result, anyhow};
use app::sim::figures::Estimate;
use app::simulate::Answer;
use plotters::prelude::*;
use std::collections::BTreeMap;
use std::path::Path;

/// The figure that is drawn, of each class.
const FIGURE: &str = "ANS_IN / OFFERED";

/// Size of the picture.
const SIZE: (u32, u32) = (900, 480);

/// How far beside each other the two policies stand.
const BESIDE: f64 = 0.12;

pub(super) fn draw(file: &Path, answer: &Answer) -> Result<()> {
    let area = SVGBackend::new(file, SIZE).into_drawing_area();
    chart(&area, answer).map_err(|error| anyhow!("the picture {}: {error}", file.display()))
}

type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;
type Failed = Box<dyn std::error::Error>;

fn chart(area: &Area<'_>, answer: &Answer) -> Result<(), Failed> {
    area.fill(&WHITE)?;
    let names: Vec<&str> = answer.classes.iter().map(String::as_str).collect();
    let right = f64::from(u32::try_from(names.len())?) - 0.5;
    let mut chart = ChartBuilder::on(area)
        .caption(format!("{}: {FIGURE}", answer.world), ("sans-serif", 20))
        .margin(16)
        .x_label_area_size(40)
        .y_label_area_size(60)
        .build_cartesian_2d(-0.5..right, 0.0..1.0)?;
    let name = |at: &f64| {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an index")]
        let index = at.round().max(0.0) as usize;
        let whole = (at - at.round()).abs() < 0.01 && *at >= 0.0;
        names.get(index).filter(|_| whole).map_or_else(String::new, |name| (*name).to_owned())
    };
    chart
        .configure_mesh()
        .disable_x_mesh()
        .x_labels(names.len() * 2)
        .x_label_formatter(&name)
        .y_label_formatter(&|share| format!("{:.0} %", share * 100.0))
        .draw()?;
    let blue = RGBColor(31, 90, 160);
    for (line, dot) in marks(&names, &answer.first, 0.0, blue) {
        chart.draw_series([line])?;
        chart.draw_series([dot])?;
    }
    if let Some((second, _)) = &answer.second {
        for (line, dot) in marks(&names, second, BESIDE, RGBColor(140, 140, 140)) {
            chart.draw_series([line])?;
            chart.draw_series([dot])?;
        }
    }
    area.present()?;
    Ok(())
}

type Mark = (PathElement<(f64, f64)>, Circle<(f64, f64), i32>);

fn marks(
    names: &[&str],
    figures: &BTreeMap<String, Estimate>,
    beside: f64,
    colour: RGBColor,
) -> Vec<Mark> {
    let mut marks = Vec::new();
    for (at, name) in (0_u32..).zip(names) {
        let Some(found) = figures.get(&format!("{name}: {FIGURE}")) else { continue };
        let x = f64::from(at) + beside;
        let half = if found.half_width.is_finite() { found.half_width } else { 0.0 };
        let ends = vec![(x, (found.mean - half).max(0.0)), (x, (found.mean + half).min(1.0))];
        let line = PathElement::new(ends, colour.stroke_width(2));
        marks.push((line, Circle::new((x, found.mean), 4, colour.filled())));
    }
    marks
}
