//! When an outbound delivery is tried again, as a function of how often it was tried: the schedule
//! of the Standard Webhooks text, with jitter handed in, and giving up at its end.

use domain::time::Span;

/// Waits before the second, third, ... attempt, in seconds. Past its end the delivery is given up.
pub const SCHEDULE: &[i64] = &[5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];

/// The longest wait a receiver may ask for.
pub const RETRY_AFTER_MAX: Span = Span::from_secs(3600);

/// How long to wait after `attempt` (counted from 1) failed, or `None` to give up. `asked` is what
/// the receiver asked for; `jitter` is a number below 1000 that stretches the wait by up to a
/// tenth.
#[must_use]
pub fn wait_after(attempt: u32, asked: Option<Span>, jitter: u32) -> Option<Span> {
    let index = usize::try_from(attempt.max(1) - 1).ok()?;
    let scheduled = Span::from_secs(*SCHEDULE.get(index)?);
    let base = asked.map_or(scheduled, |span| span.min(RETRY_AFTER_MAX).max(Span::from_secs(1)));
    let stretch = base.micros() / 10 * i64::from(jitter.min(999)) / 1000;
    Some(Span::from_micros(base.micros() + stretch))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedule_rises_and_ends() {
        assert_eq!(wait_after(1, None, 0), Some(Span::from_secs(5)));
        assert_eq!(wait_after(2, None, 0), Some(Span::from_secs(300)));
        assert_eq!(wait_after(10, None, 0), None);
        let stretched = wait_after(1, None, 999).expect("first retry exists");
        assert!(stretched > Span::from_secs(5) && stretched < Span::from_millis(5_500));
    }

    #[test]
    fn receiver_may_ask_within_bounds() {
        assert_eq!(wait_after(1, Some(Span::from_secs(90)), 0), Some(Span::from_secs(90)));
        assert_eq!(wait_after(1, Some(Span::from_secs(999_999)), 0), Some(RETRY_AFTER_MAX));
        assert_eq!(wait_after(10, Some(Span::from_secs(1)), 0), None);
    }
}
