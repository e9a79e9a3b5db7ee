//! How work went over past hours or days: the steps that somebody asks for, and the figures of each
//! of them, also of those in which nothing happened.

use crate::App;
use crate::context::Context;
use crate::error::{Error, Result};
use domain::channel::ChannelKind;
use domain::id::QueueId;
use domain::time::{Span, Timestamp};
use store::{Steps, Trend, TrendLine};

const MINUTE_MICROS: i64 = 60_000_000;

/// How many steps there are if nobody says.
const STEPS_DEFAULT: u32 = 24;

/// How long a step is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StepLength {
    /// Whole hours.
    #[default]
    Hour,
    /// Whole days.
    Day,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TrendQuestion {
    /// How long a step is.
    pub length: StepLength,
    /// How many; 0 for the usual number.
    pub steps: u32,
    /// A moment in the last one; none for now.
    pub end: Option<Timestamp>,
    /// How many minutes the clock by which hours and days begin is ahead of UTC.
    pub ahead_minutes: i32,
    /// One queue alone.
    pub queue: Option<QueueId>,
}

/// The figures of one step.
#[derive(Clone, Debug, PartialEq)]
pub struct TrendPoint {
    /// When it begins.
    pub at: Timestamp,
    /// Created in it.
    pub created: i64,
    /// Of those, taken by an agent.
    pub taken: i64,
    /// Of those, answered by an agent.
    pub answered: i64,
    /// Of those, resolved or closed.
    pub resolved: i64,
    /// Of those, left by their customers.
    pub abandoned: i64,
    /// Of those, expired.
    pub expired: i64,
    /// Promises that were recorded as broken in it.
    pub breached: i64,
    /// From creation to an agent taking it, in the mean.
    pub average_wait: Option<Span>,
    /// From creation to the first answer, in the mean.
    pub average_response: Option<Span>,
    /// Of the ratings given.
    pub average_rating: Option<f64>,
    /// Created by kind of channel.
    pub channels: Vec<(ChannelKind, i64)>,
}

impl StepLength {
    fn micros(self) -> i64 {
        match self {
            StepLength::Hour => 60 * MINUTE_MICROS,
            StepLength::Day => 24 * 60 * MINUTE_MICROS,
        }
    }
}

/// The steps of which the last one holds `end`.
fn steps(asked: &TrendQuestion, end: Timestamp) -> Steps {
    let width = asked.length.micros();
    let ahead = i64::from(asked.ahead_minutes) * MINUTE_MICROS;
    let count = if asked.steps == 0 { STEPS_DEFAULT } else { asked.steps };
    // What is out of reach is the nearest step.
    let local = end.micros().clamp(0, i64::MAX / 4) + ahead;
    let last = local.div_euclid(width) * width - ahead;
    let from = last - width * (i64::from(count) - 1);
    Steps { from: Timestamp::from_micros(from), width: Span::from_micros(width), count }
}

/// A point for every step.
fn points(steps: &Steps, trend: &Trend) -> Vec<TrendPoint> {
    let point = |step: u32| {
        let lines: Vec<_> = trend.lines.iter().filter(|line| line.step == step).collect();
        let sum = |of: fn(&TrendLine) -> i64| lines.iter().map(|line| of(line)).sum::<i64>();
        let mean = |of: fn(&TrendLine) -> (i64, Span)| {
            let count: i64 = lines.iter().map(|line| of(line).0).sum();
            let all: i64 = lines.iter().map(|line| of(line).1.micros()).sum();
            (count > 0).then(|| Span::from_micros(all / count))
        };
        let (rated, ratings) = (sum(|line| line.rated.0), sum(|line| line.rated.1));
        #[expect(
            clippy::cast_precision_loss,
            reason = "a mean for people; sums are far below 2^53"
        )]
        let rating = (rated > 0).then(|| ratings as f64 / rated as f64);
        let mut breaches = trend.breaches.iter().filter(|(number, _)| *number == step);
        let after = Span::from_micros(steps.width.micros() * i64::from(step));
        TrendPoint {
            at: steps.from + after,
            created: sum(|line| line.created),
            taken: sum(|line| line.taken.0),
            answered: sum(|line| line.answered.0),
            resolved: sum(|line| line.resolved),
            abandoned: sum(|line| line.abandoned),
            expired: sum(|line| line.expired),
            breached: breaches.next().map_or(0, |(_, count)| *count),
            average_wait: mean(|line| line.taken),
            average_response: mean(|line| line.answered),
            average_rating: rating,
            channels: lines.iter().map(|line| (line.channel, line.created)).collect(),
        }
    };
    (0..steps.count).map(point).collect()
}

impl App {
    /// How work went, one point for each step, and the moment that is told of.
    ///
    /// # Errors
    /// If there is no such queue, or the database cannot be reached.
    pub async fn trend(
        &self,
        context: &Context,
        asked: &TrendQuestion,
    ) -> Result<(Vec<TrendPoint>, Timestamp)> {
        let reader = self.read(context);
        if let Some(id) = asked.queue {
            let queue = reader.queue(id).await?;
            queue.ok_or_else(|| Error::not_found("queue", id))?;
        }
        let now = self.now().await?;
        let steps = steps(asked, asked.end.unwrap_or(now));
        let trend = reader.trend(&steps, asked.queue).await?;
        Ok((points(&steps, &trend), now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(count: i64) -> Timestamp {
        Timestamp::from_micros(count * 60 * MINUTE_MICROS)
    }

    #[test]
    fn steps_begin_where_the_clock_of_the_asker_does() {
        let day = TrendQuestion { length: StepLength::Day, steps: 2, ..Default::default() };
        let found = steps(&day, hours(24 * 100 + 5));
        assert_eq!((found.from, found.until()), (hours(24 * 99), hours(24 * 101)));
        // Where it is already the next day.
        let ahead = TrendQuestion { ahead_minutes: 20 * 60, ..day };
        let found = steps(&ahead, hours(24 * 100 + 5));
        assert_eq!((found.from, found.until()), (hours(24 * 99 + 4), hours(24 * 101 + 4)));
        // And where it is still the day before.
        let behind = TrendQuestion { ahead_minutes: -6 * 60, ..day };
        let found = steps(&behind, hours(24 * 100 + 5));
        assert_eq!((found.from, found.until()), (hours(24 * 98 + 6), hours(24 * 100 + 6)));
        // Hours begin at whole hours, 24 of them if nobody says.
        let found = steps(&TrendQuestion::default(), hours(1000) + Span::from_secs(1800));
        assert_eq!((found.from, found.until()), (hours(977), hours(1001)));
        // No moment is too far for an answer.
        for far in [i64::MIN, -1, i64::MAX] {
            assert_eq!(steps(&day, Timestamp::from_micros(far)).count, 2);
        }
    }

    #[test]
    fn every_step_has_a_point_and_means_go_over_all_channels() {
        let line = |step, channel, seconds: i64| TrendLine {
            step,
            channel,
            created: 2,
            taken: (1, Span::from_secs(seconds)),
            answered: (0, Span::ZERO),
            resolved: 1,
            abandoned: 0,
            expired: 0,
            rated: (1, 4),
        };
        let (chat, mail) = (ChannelKind::Chat, ChannelKind::Email);
        let lines = vec![line(1, mail, 10), line(1, chat, 30)];
        let trend = Trend { lines, breaches: vec![(2, 3)] };
        let width = Span::from_secs(3600);
        let found = points(&Steps { from: hours(7), width, count: 3 }, &trend);
        assert_eq!(found.iter().map(|point| point.at).collect::<Vec<_>>(), [7, 8, 9].map(hours));
        assert_eq!(found.iter().map(|point| point.created).collect::<Vec<_>>(), [0, 4, 0]);
        assert_eq!(found.iter().map(|point| point.breached).collect::<Vec<_>>(), [0, 0, 3]);
        assert_eq!(found[1].average_wait, Some(Span::from_secs(20)));
        assert_eq!((found[1].average_response, found[1].average_rating), (None, Some(4.0)));
        assert_eq!(found[1].channels, [(mail, 2), (chat, 2)]);
        assert_eq!((found[0].average_wait, found[0].average_rating), (None, None));
    }
}
