//! Instants and spans. The house counts microseconds; what the wire says more exactly is rounded
//! down, and what is out of reach becomes the nearest instant.

use domain::time::{Span, Timestamp};

const MICROS: i64 = 1_000_000;
const NANOS: i64 = 1_000;

/// An instant as the wire writes it.
#[must_use]
pub fn timestamp(at: Timestamp) -> prost_types::Timestamp {
    let micros = at.micros();
    prost_types::Timestamp {
        seconds: micros.div_euclid(MICROS),
        nanos: nanos(micros.rem_euclid(MICROS)),
    }
}

/// An instant of the wire.
#[must_use]
pub fn moment(wire: &prost_types::Timestamp) -> Timestamp {
    Timestamp::from_micros(micros(wire.seconds, wire.nanos))
}

/// A span as the wire writes it.
#[must_use]
pub fn duration(span: Span) -> prost_types::Duration {
    let micros = span.micros();
    prost_types::Duration { seconds: micros / MICROS, nanos: nanos(micros % MICROS) }
}

/// A span of the wire; less than nothing is nothing.
#[must_use]
pub fn span(wire: &prost_types::Duration) -> Span {
    Span::from_micros(micros(wire.seconds, wire.nanos))
}

fn micros(seconds: i64, nanos: i32) -> i64 {
    seconds.saturating_mul(MICROS).saturating_add(i64::from(nanos).div_euclid(NANOS))
}

fn nanos(micros_of_second: i64) -> i32 {
    i32::try_from(micros_of_second * NANOS).expect("less than a second")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_read_back() {
        for micros in [0, 1, -1, 999_999, 1_000_000, -1_000_001, 1_763_000_000_123_456, i64::MIN] {
            let at = Timestamp::from_micros(micros);
            let wire = timestamp(at);
            assert!((0..1_000_000_000).contains(&wire.nanos), "{wire:?}");
            if micros != i64::MIN {
                assert_eq!(moment(&wire), at);
            }
        }
    }

    #[test]
    fn spans_read_back() {
        for micros in [0, 1, 20_000_000, 86_400_000_001, i64::MAX] {
            let of = Span::from_micros(micros);
            assert_eq!(span(&duration(of)), of);
        }
    }

    #[test]
    fn finer_is_rounded_down_and_farther_is_the_nearest() {
        let wire = |seconds, nanos| prost_types::Timestamp { seconds, nanos };
        assert_eq!(moment(&wire(1, 1_999)).micros(), 1_000_001);
        assert_eq!(moment(&wire(-1, 999)).micros(), -1_000_000);
        assert_eq!(moment(&wire(i64::MAX, 999_999_999)).micros(), i64::MAX);
        assert_eq!(moment(&wire(i64::MIN, 0)).micros(), i64::MIN);
        let ago = prost_types::Duration { seconds: -5, nanos: -1 };
        assert_eq!(span(&ago), Span::ZERO);
    }
}
