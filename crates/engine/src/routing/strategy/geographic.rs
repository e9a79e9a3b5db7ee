//! Geographic: the nearest agent. Who is about equally near, by steps of ten kilometres, counts the
//! same; an agent or an item without a place is farther than any place on earth.
//!
//! Distance is the straight line through the globe, which grows as the way over ground does. It is
//! computed in whole numbers, so that every machine finds the same agent nearest.

use super::Asked;
use crate::floor::Profile;
use domain::agent::Place;

/// Kilometres that make no difference.
const STEP_KM: i64 = 10;

/// Farther than the diameter of the globe.
const NOWHERE: i64 = 1_300;

/// One, in the fixed point of this file.
const ONE: i128 = 1 << 40;

/// Kilometres from the centre to the surface.
const RADIUS_KM: i128 = 6_371;

/// Half a turn, in millionths of a degree.
const HALF_TURN: i128 = 180_000_000;

/// Pi in fixed point.
const PI: i128 = 3_454_217_652_358;

/// Terms of the series for a sine of at most a quarter turn: the next is below 10^-9.
const TERMS: i128 = 9;

/// Sine of an angle in millionths of a degree.
fn sine(angle: i128) -> i128 {
    // Into a quarter turn to both sides of zero, where the series is short.
    let turned = (angle + HALF_TURN / 2).rem_euclid(2 * HALF_TURN);
    let folded =
        if turned > HALF_TURN { HALF_TURN * 3 / 2 - turned } else { turned - HALF_TURN / 2 };
    let x = folded * PI / HALF_TURN;
    let square = x * x / ONE;
    let (mut term, mut sum) = (x, x);
    for n in 1..TERMS {
        term = -term * square / ONE / ((2 * n) * (2 * n + 1));
        sum += term;
    }
    sum
}

fn cosine(angle: i128) -> i128 {
    sine(angle + HALF_TURN / 2)
}

/// A place as a point on a globe of radius one.
fn point(place: Place) -> [i128; 3] {
    let (north, east) = (i128::from(place.north), i128::from(place.east));
    let level = cosine(north);
    [level * cosine(east) / ONE, level * sine(east) / ONE, sine(north)]
}

/// Kilometres between two places, straight.
#[must_use]
pub fn distance_km(a: Place, b: Place) -> i64 {
    let (a, b) = (point(a), point(b));
    let square: i128 = a.iter().zip(b).map(|(x, y)| (x - y) * (x - y)).sum();
    let km = square.unsigned_abs().isqrt().cast_signed() * RADIUS_KM / ONE;
    i64::try_from(km).unwrap_or(i64::MAX)
}

/// Steps of distance.
pub fn merit(asked: Asked<'_>, profile: &Profile) -> i64 {
    match (asked.item.traits.place, profile.place) {
        (Some(from), Some(to)) => distance_km(from, to) / STEP_KM,
        _ => NOWHERE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sines_are_right_to_nine_digits() {
        for degree in -720..=720_i32 {
            let exact = f64::from(degree).to_radians().sin();
            #[allow(clippy::cast_precision_loss, reason = "a test's comparison")]
            let found = sine(i128::from(degree) * 1_000_000) as f64 / ONE as f64;
            assert!((found - exact).abs() < 1e-9, "{degree}: {found} {exact}");
        }
    }

    #[test]
    fn cities_are_as_far_apart_as_maps_say() {
        let place = |north, east| Place { north, east };
        let (berlin, paris) = (place(52_520_000, 13_405_000), place(48_856_600, 2_352_200));
        let sydney = place(-33_868_800, 151_209_300);
        // 878 km over ground are 877 straight; 16,093 over ground are 12,138 straight.
        assert!((876..=878).contains(&distance_km(berlin, paris)));
        assert!((12_130..=12_150).contains(&distance_km(berlin, sydney)));
        assert_eq!(distance_km(berlin, berlin), 0);
        let (west, east) = (place(0, -180_000_000), place(0, 180_000_000));
        assert_eq!(distance_km(west, east), 0, "the same meridian by two names");
        assert_eq!(distance_km(place(90_000_000, 0), place(-90_000_000, 0)), 12_742);
    }
}
