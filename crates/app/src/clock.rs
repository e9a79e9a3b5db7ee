//! The service's time: the database's clock, whatever the clock of the machine says that a node
//! runs on. Each answer of the database that tells the time bounds what its clock says now; between
//! two of them time goes on by the machine's steady counter, which nobody can set. So all nodes of
//! an installation agree about what is due, whose lease has ended and which token is still good.
//!
//! What is told never runs ahead of the database by more than that counter drifts: whatever is due
//! here is due there.

use domain::time::{Span, Timestamp};
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Nothing was heard of the database yet.
const UNHEARD: i64 = i64::MIN;

/// A clock that is set by what the database says.
#[derive(Debug)]
pub(crate) struct Clock {
    origin: Instant,
    /// What the database's clock said at the origin, in microseconds.
    at_origin: AtomicI64,
    /// Added to it; zero outside of tests of time.
    shift: AtomicI64,
}

impl Default for Clock {
    fn default() -> Self {
        Self {
            origin: Instant::now(),
            at_origin: AtomicI64::new(UNHEARD),
            shift: AtomicI64::new(0),
        }
    }
}

impl Clock {
    /// What it is now; until the database was heard for the first time, what the machine thinks.
    #[must_use]
    pub(crate) fn now(&self) -> Timestamp {
        let micros = match self.at_origin.load(Ordering::Relaxed) {
            UNHEARD => machine_micros(),
            at_origin => at_origin + self.micros_to(Instant::now()),
        };
        Timestamp::from_micros(micros + self.shift())
    }

    /// The database was asked for its clock, said this, and was heard: it said so at some moment
    /// between the two. What was believed and is possible stays; else the nearest that is possible
    /// is believed.
    pub(crate) fn heard(&self, said: Timestamp, asked: Instant, heard: Instant) {
        let least = said.micros() - self.micros_to(heard);
        let most = said.micros() - self.micros_to(asked.min(heard));
        let believe = |believed| match believed {
            UNHEARD => Some(least),
            believed => Some(believed.clamp(least, most)),
        };
        // It always says yes.
        let _ = self.at_origin.fetch_update(Ordering::Relaxed, Ordering::Relaxed, believe);
    }

    /// Moves it ahead, for tests that cannot wait a day.
    pub(crate) fn move_ahead(&self, span: Span) {
        self.shift.fetch_add(span.micros(), Ordering::Relaxed);
    }

    /// How far it was moved, in microseconds.
    #[must_use]
    pub(crate) fn shift(&self) -> i64 {
        self.shift.load(Ordering::Relaxed)
    }

    fn micros_to(&self, at: Instant) -> i64 {
        let after = at.saturating_duration_since(self.origin).as_micros();
        let before = self.origin.saturating_duration_since(at).as_micros();
        let of = |micros| i64::try_from(micros).unwrap_or(i64::MAX / 4);
        of(after) - of(before)
    }
}

fn machine_micros() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX / 4)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const HOUR: i64 = 3_600_000_000;

    /// How far a clock is from what the database's would say, in microseconds.
    fn error(clock: &Clock, ahead: i64) -> i64 {
        clock.now().micros() - (machine_micros() + ahead)
    }

    fn said(ahead: i64, before: Duration) -> Timestamp {
        let before = i64::try_from(before.as_micros()).unwrap();
        Timestamp::from_micros(machine_micros() + ahead - before)
    }

    #[test]
    fn it_says_what_the_database_says_and_never_runs_ahead_of_it() {
        let clock = Clock::default();
        assert!(error(&clock, 0).abs() < 5_000, "until then it is the machine's");
        for ahead in [HOUR, -HOUR, HOUR + 1_500_000, 0] {
            let asked = Instant::now();
            clock.heard(said(ahead, Duration::ZERO), asked, Instant::now());
            let error = error(&clock, ahead);
            assert!((-5_000..=5_000).contains(&error), "{error} µs off at {ahead}");
        }
    }

    #[test]
    fn a_slow_answer_changes_nothing_that_it_does_not_refute() {
        let clock = Clock::default();
        let now = Instant::now();
        clock.heard(said(HOUR, Duration::ZERO), now, now);
        let before = error(&clock, HOUR);
        // Said at some moment of the last two seconds: what is believed is possible.
        let asked = now.checked_sub(Duration::from_secs(2)).unwrap_or(now);
        clock.heard(said(HOUR, Duration::from_secs(1)), asked, Instant::now());
        assert!((error(&clock, HOUR) - before).abs() < 5_000);
        // The database went back by a minute, and took up to two seconds to say so.
        clock.heard(said(HOUR - 60_000_000, Duration::from_secs(1)), asked, Instant::now());
        let error = error(&clock, HOUR - 60_000_000);
        assert!((-5_000..=1_100_000).contains(&error), "{error} µs off");
    }

    #[test]
    fn a_test_moves_it_ahead() {
        let clock = Clock::default();
        clock.move_ahead(Span::from_secs(3_600));
        assert!(error(&clock, HOUR).abs() < 5_000);
        let now = Instant::now();
        clock.heard(said(0, Duration::ZERO), now, now);
        assert!(error(&clock, HOUR).abs() < 5_000, "what is heard does not undo it");
    }
}
