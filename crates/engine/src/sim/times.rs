//! Clocks of a simulation: what an agent did with their time, and when somebody comes next at rates
//! that change over the day.

use super::world::Rate;

/// What an agent did so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Stand {
    /// Whether they work now; and whether they would, but for their schedule.
    pub(super) there: bool,
    pub(super) wanted: bool,
    pub(super) working: u16,
    pub(super) since: i64,
    pub(super) worked: i64,
    pub(super) been: i64,
}

impl Stand {
    pub(super) fn tick(&mut self, now: i64) {
        let span = now - self.since;
        self.worked += if self.working > 0 { span } else { 0 };
        self.been += if self.there || self.working > 0 { span } else { 0 };
        self.since = now;
    }
}

/// When a clock that runs at the rates has gone on by `gap`, in seconds from the beginning.
pub(super) fn after(rates: &[Rate], from: f64, gap: f64) -> f64 {
    let (mut at, mut left) = (from, gap);
    for (index, rate) in rates.iter().enumerate() {
        let until = rates.get(index + 1).map_or(f64::INFINITY, |next| next.from);
        if until <= at {
            continue;
        }
        let speed = rate.per_hour / 3600.0;
        if left <= (until - at) * speed {
            return at + left / speed;
        }
        left -= (until - at) * speed;
        at = until;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_change_in_the_middle_of_a_gap() {
        let rate = |from, per_hour| Rate { from, per_hour };
        let rates = [rate(0.0, 3_600.0), rate(10.0, 0.0), rate(20.0, 7_200.0)];
        // One a second for ten seconds, nobody for ten, then two a second.
        assert_eq!(after(&rates, 0.0, 4.0), 4.0);
        assert_eq!(after(&rates, 8.0, 2.0), 10.0);
        assert_eq!(after(&rates, 8.0, 4.0), 21.0);
        assert_eq!(after(&rates, 12.0, 1.0), 20.5);
    }

    #[test]
    fn who_left_is_there_until_their_work_is_done() {
        let mut stand = Stand { there: true, ..Stand::default() };
        stand.tick(10);
        (stand.there, stand.working) = (false, 1);
        stand.tick(30);
        stand.working = 0;
        stand.tick(99);
        assert_eq!((stand.been, stand.worked), (30, 20));
    }
}
