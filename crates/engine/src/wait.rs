//! How long whoever waits will still wait: how fast a queue's line moved lately, what that says
//! for a place in it, and how well saying so would have done for those who are through.
//!
//! A line moves whenever somebody leaves it, taken by an agent or not, and only the time in which
//! somebody stood in it counts: while nobody waits, the pace of leaving is the pace of arriving
//! and says nothing about the agents. Everything follows from when interactions joined and left,
//! so that an estimate and what it would have been an hour ago come from the same code.

use crate::floor::{Floor, Item};
use crate::routing::order;
use domain::id::InteractionId;
use domain::interaction::InteractionStatus;
use domain::time::{Span, Timestamp};

/// Who went through faster did not stand in the line.
pub const WAITED_MIN: Span = Span::from_secs(1);
/// The pace is that of the newest so many who left.
pub const MOVED_MAX: usize = 50;
/// With fewer nothing is estimated.
pub const MOVED_MIN: usize = 5;
/// The pace is not told from what is older.
pub const PACE_WINDOW: Span = Span::from_secs(2 * 3_600);
/// So many of the newest who were taken are estimated again for the calibration.
pub const CALIBRATED_MAX: usize = 200;

/// One interaction's way through the line of a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Passage {
    /// When it joined.
    pub joined: Timestamp,
    /// When it left; none while it waits.
    pub left: Option<Timestamp>,
    /// Whether an agent took it.
    pub taken: bool,
}

impl Passage {
    /// Whether it stood in the line at a moment.
    fn stands(&self, at: Timestamp) -> bool {
        self.joined <= at && self.left.is_none_or(|left| left > at)
    }

    /// Whether it left by then, after it had waited.
    fn left_by(&self, at: Timestamp) -> Option<Timestamp> {
        self.left.filter(|left| *left <= at && left.since(self.joined) >= WAITED_MIN)
    }
}

/// How fast a line moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// How many left it while that was seen.
    pub moved: usize,
    /// From one who leaves to the next, while somebody waits.
    pub each: Span,
}

impl Pace {
    /// How long it takes from a place in the line, the first being 1, to leave it.
    #[must_use]
    pub fn at_place(self, place: usize) -> Span {
        let places = i64::try_from(place).unwrap_or(i64::MAX);
        Span::from_micros(self.each.micros().saturating_mul(places))
    }
}

/// What estimates were worth, by those who were taken after they had waited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Calibration {
    /// How many there are.
    pub count: usize,
    /// How long they waited, on average.
    pub mean_wait: Span,
    /// What they would have been told when they joined, on average.
    pub mean_estimate: Span,
    /// By how much each was off, on average.
    pub mean_error: Span,
}

/// The place of an item in the line of its queue, the first being 1, and how many stand there; none
/// if it stands in none. Whoever is free may take a later one that the earlier are not for.
#[must_use]
pub fn place(floor: &Floor, id: InteractionId, now: Timestamp) -> Option<(usize, usize)> {
    let waits = |item: &Item| item.status == InteractionStatus::Queued;
    let asked = floor.item(id).filter(|item| waits(item))?;
    let spec = floor.queue(asked.queue_id?)?;
    let own = order::in_line(spec, (id, asked), now);
    let (mut position, mut length) = (1, 0);
    for (other, item) in floor.items() {
        if waits(item) && item.queue_id == asked.queue_id {
            length += 1;
            position += usize::from(order::in_line(spec, (*other, item), now) < own);
        }
    }
    Some((position, length))
}

/// How fast the line moves at a moment, by what was known then; none if too few left it lately.
#[must_use]
pub fn pace(passages: &[Passage], at: Timestamp) -> Option<Pace> {
    let oldest = at - PACE_WINDOW;
    let recent = passages.iter().filter_map(|passage| passage.left_by(at));
    let mut left: Vec<Timestamp> = recent.filter(|left| *left > oldest).collect();
    left.sort_unstable_by(|a, b| b.cmp(a));
    left.truncate(MOVED_MAX + 1);
    // The oldest begins the time that is looked at and is no move within it.
    let from = *left.last()?;
    let moved = left.len() - 1;
    if moved < MOVED_MIN {
        return None;
    }
    let busy = stood(passages, from, at);
    Some(Pace { moved, each: Span::from_micros(busy.micros() / i64::try_from(moved).ok()?) })
}

/// How much of the time after `from` until `at` somebody stood in the line.
fn stood(passages: &[Passage], from: Timestamp, at: Timestamp) -> Span {
    let mut spans: Vec<(Timestamp, Timestamp)> = passages
        .iter()
        .filter_map(|passage| {
            let left = passage.left.unwrap_or(at).min(at);
            let waited = left > from && left.since(passage.joined) >= WAITED_MIN;
            waited.then_some((passage.joined.max(from), left))
        })
        .collect();
    spans.sort_unstable();
    let (mut sum, mut until) = (0, from);
    for (joined, left) in spans {
        sum += left.since(joined.max(until)).micros().max(0);
        until = until.max(left);
    }
    Span::from_micros(sum)
}

/// What estimates would have been for the newest who were taken, beside how long they waited.
/// Whoever joined before counts as ahead, so it also shows what priorities do to an estimate.
#[must_use]
pub fn calibrate(passages: &[Passage], now: Timestamp) -> Calibration {
    let waited = |passage: &&Passage| passage.taken && passage.left_by(now).is_some();
    let mut taken: Vec<Passage> = passages.iter().filter(waited).copied().collect();
    taken.sort_unstable_by_key(|passage| std::cmp::Reverse(passage.left));
    taken.truncate(CALIBRATED_MAX);
    let (mut waits, mut estimates, mut errors, mut count) = (0_i64, 0_i64, 0_i64, 0_usize);
    for passage in taken {
        let (joined, Some(left)) = (passage.joined, passage.left) else { continue };
        let Some(pace) = pace(passages, joined) else { continue };
        let ahead = passages.iter().filter(|one| one.joined < joined && one.stands(joined)).count();
        let (wait, estimate) = (left.since(joined), pace.at_place(ahead + 1));
        waits += wait.micros();
        estimates = estimates.saturating_add(estimate.micros());
        errors = errors.saturating_add(estimate.micros().abs_diff(wait.micros()) as i64);
        count += 1;
    }
    let mean = |sum: i64| Span::from_micros(sum / i64::try_from(count.max(1)).unwrap_or(i64::MAX));
    Calibration {
        count,
        mean_wait: mean(waits),
        mean_estimate: mean(estimates),
        mean_error: mean(errors),
    }
}
