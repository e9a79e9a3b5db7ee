//! Outcomes of the last seconds, counted by the second: a fixed ring, so that a busy receiver costs
//! no more than a quiet one. A slot whose second is too old counts as empty and is reused.

use domain::time::Timestamp;

/// How many seconds count, the running one included.
pub(super) const SECONDS: i64 = 30;
const SLOTS: usize = SECONDS as usize;
const MICROS: i64 = 1_000_000;

#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    second: i64,
    outcomes: u32,
    failures: u32,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Window([Slot; SLOTS]);

impl Window {
    pub(super) fn add(&mut self, now: Timestamp, failed: bool) {
        let second = now.micros().div_euclid(MICROS);
        let slot = usize::try_from(second.rem_euclid(SECONDS)).expect("within the ring");
        let slot = &mut self.0[slot];
        if slot.second != second {
            *slot = Slot { second, ..Slot::default() };
        }
        slot.outcomes = slot.outcomes.saturating_add(1);
        slot.failures = slot.failures.saturating_add(u32::from(failed));
    }

    /// Outcomes and failures that still count.
    pub(super) fn sums(&self, now: Timestamp) -> (u32, u32) {
        let second = now.micros().div_euclid(MICROS);
        let counts = |slot: &&Slot| (0..SECONDS).contains(&second.saturating_sub(slot.second));
        self.0.iter().filter(counts).fold((0, 0), |(outcomes, failures), slot| {
            (outcomes.saturating_add(slot.outcomes), failures.saturating_add(slot.failures))
        })
    }
}
