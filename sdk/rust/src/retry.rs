//! When to repeat a call and how long to wait: full jitter, a budget shared by all calls of a
//! client, and the server's own word where it gives one. Pure but for the budget's counter; chance
//! comes in as a number from 0 to 1.

use crate::call::Repeat;
use crate::error::Error;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tonic::Code;

/// Doubling waits of which a random part is taken.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Backoff {
    /// Upper bound of the first wait.
    pub(crate) base: Duration,
    /// Upper bound of every wait.
    pub(crate) cap: Duration,
}

/// Waits between the attempts of a unary call.
pub(crate) const UNARY: Backoff =
    Backoff { base: Duration::from_millis(50), cap: Duration::from_secs(2) };

impl Backoff {
    /// The wait after a number of failures, from nothing to its bound.
    pub(crate) fn wait(self, failures: u32, chance: f64) -> Duration {
        self.bound(failures).mul_f64(chance.clamp(0.0, 1.0))
    }

    fn bound(self, failures: u32) -> Duration {
        let factor = 1_u32.checked_shl(failures).unwrap_or(u32::MAX);
        self.base.saturating_mul(factor).min(self.cap)
    }
}

/// What may be spent on repeats, so that a struggling server is not buried under them: a repeat
/// costs one, a call that went through earns a tenth.
#[derive(Debug)]
pub(crate) struct Budget {
    tenths: AtomicU32,
    full: u32,
}

const TENTHS: u32 = 10;

impl Budget {
    pub(crate) fn new(repeats: u32) -> Self {
        let full = repeats.saturating_mul(TENTHS);
        Self { tenths: AtomicU32::new(full), full }
    }

    /// Takes one repeat; answers whether there was one.
    pub(crate) fn take(&self) -> bool {
        let spend = |left: u32| left.checked_sub(TENTHS);
        self.tenths.fetch_update(Ordering::Relaxed, Ordering::Relaxed, spend).is_ok()
    }

    pub(crate) fn earn(&self) {
        let earn = |left: u32| (left < self.full).then_some(left + 1);
        // An error says that the budget is full, which is as good.
        let _ = self.tenths.fetch_update(Ordering::Relaxed, Ordering::Relaxed, earn);
    }
}

/// How long to wait before repeating a call that failed; `None` for not at all.
pub(crate) fn wait_after(
    error: &Error,
    repeat: Repeat,
    failures: u32,
    chance: f64,
) -> Option<Duration> {
    if repeat == Repeat::Never || !error.is_retryable() {
        return None;
    }
    let jitter = UNARY.wait(failures, chance);
    let asked = error.retry_after().unwrap_or_default();
    Some(asked + jitter)
}

/// Whether a repeat after this error is taken from the budget: not where the server, which is well,
/// said when to come back.
pub(crate) fn costs(error: &Error) -> bool {
    error.code() != Code::ResourceExhausted
}

#[cfg(test)]
mod tests {
    use super::*;
    use tonic::Status;
    use tonic_types::{ErrorDetails, StatusExt};

    #[test]
    fn waits_double_up_to_the_cap_and_spread_over_all_of_it() {
        let backoff = Backoff { base: Duration::from_millis(250), cap: Duration::from_secs(30) };
        let bounds: Vec<u128> = (0..9).map(|n| backoff.wait(n, 1.0).as_millis()).collect();
        assert_eq!(bounds, [250, 500, 1000, 2000, 4000, 8000, 16000, 30000, 30000]);
        for failures in [31, 32, 33, u32::MAX] {
            assert_eq!(backoff.wait(failures, 1.0), backoff.cap);
        }
        assert_eq!(backoff.wait(5, 0.0), Duration::ZERO);
        assert_eq!(backoff.wait(2, 0.5), Duration::from_millis(500));
        assert_eq!(backoff.wait(2, 7.0), Duration::from_secs(1));
    }

    #[test]
    fn the_budget_is_spent_and_earned_back() {
        let budget = Budget::new(2);
        assert!(budget.take() && budget.take() && !budget.take());
        (0..9).for_each(|_| budget.earn());
        assert!(!budget.take());
        budget.earn();
        assert!(budget.take() && !budget.take());
        (0..1000).for_each(|_| budget.earn());
        assert!(budget.take() && budget.take() && !budget.take());
        assert!(!Budget::new(0).take());
    }

    #[test]
    fn only_safe_calls_are_repeated_and_only_where_it_helps() {
        let down = Error::from(Status::unavailable(""));
        for repeat in [Repeat::Read, Repeat::RequestId, Repeat::Natural] {
            assert!(wait_after(&down, repeat, 0, 1.0).is_some());
        }
        assert_eq!(wait_after(&down, Repeat::Never, 0, 1.0), None);
        let refused = Error::from(Status::failed_precondition(""));
        assert_eq!(wait_after(&refused, Repeat::Read, 0, 1.0), None);
        let full = Error::from(Status::resource_exhausted(""));
        assert_eq!(wait_after(&full, Repeat::Read, 0, 1.0), None);
    }

    #[test]
    fn the_server_is_taken_at_its_word() {
        let mut details = ErrorDetails::new();
        details.set_retry_info(Some(Duration::from_millis(300)));
        let busy = Status::with_error_details(Code::ResourceExhausted, "", details);
        let busy = Error::from(busy);
        let wait = wait_after(&busy, Repeat::Read, 0, 1.0);
        assert_eq!(wait, Some(Duration::from_millis(350)));
        assert!(!costs(&busy) && costs(&Error::from(Status::unavailable(""))));
    }
}
