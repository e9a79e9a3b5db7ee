//! The breaker: its states as a table of small stories, and its behaviour under any sequence of
//! sendings against a naive model that remembers everything.

use channels::Delivery;
use channels::breaker::{
    Breaker, CREDENTIAL_OPEN, Cause, Denied, PROBE_LIMIT, PROBE_PATIENCE, Permit, Signal, State,
};
use channels::provider::DeliveryReason;
use domain::time::{Span, Timestamp};
use proptest::prelude::*;
use serde_json::json;

const START: i64 = 1_790_000_000_000;

/// Milliseconds after the start.
fn at(millis: i64) -> Timestamp {
    Timestamp::from_micros((START + millis) * 1000)
}

fn send(breaker: &mut Breaker, signal: Signal, millis: i64) {
    let permit = breaker.admit(at(millis)).expect("admitted");
    breaker.record(permit, signal, at(millis));
}

fn opened(millis: i64) -> Breaker {
    let mut breaker = Breaker::new();
    for _ in 0..5 {
        send(&mut breaker, Signal::Failing, millis);
    }
    breaker
}

fn denied(breaker: &mut Breaker, millis: i64) -> Denied {
    breaker.admit(at(millis)).expect_err("denied")
}

#[test]
fn five_failures_in_a_row_open_it_and_four_do_not() {
    let mut breaker = Breaker::new();
    for round in 0..3 {
        for _ in 0..4 {
            send(&mut breaker, Signal::Failing, round);
        }
        send(&mut breaker, Signal::Healthy, round);
    }
    assert_eq!(breaker.snapshot(at(3)).health, State::Closed);
    let mut breaker = opened(0);
    assert_eq!(breaker.snapshot(at(0)).health, State::Open);
    assert_eq!(denied(&mut breaker, 4999), Denied { cause: Cause::Health, until: at(5000) });
}

#[test]
fn more_than_half_of_twenty_open_it_and_half_do_not() {
    // Failures spread so that no five follow each other.
    let story = |failing: usize| {
        let mut breaker = Breaker::new();
        let (mut failures, mut successes) = (failing, 20 - failing);
        while failures + successes > 0 {
            for _ in 0..failures.min(4).min(if successes == 0 { 4 } else { 2 }) {
                send(&mut breaker, Signal::Failing, 0);
                failures -= 1;
            }
            if successes > 0 {
                send(&mut breaker, Signal::Healthy, 0);
                successes -= 1;
            }
        }
        breaker
    };
    assert_eq!(story(10).snapshot(at(0)).health, State::Closed);
    let mut at_the_edge = story(10);
    assert_eq!(at_the_edge.snapshot(at(0)).outcomes_in_window, 20);
    send(&mut at_the_edge, Signal::Failing, 0);
    assert_eq!(at_the_edge.snapshot(at(0)).health, State::Open, "11 of 21");
}

#[test]
fn old_outcomes_do_not_count() {
    let mut breaker = Breaker::new();
    for second in 0..10 {
        send(&mut breaker, Signal::Failing, second * 1000);
        send(&mut breaker, Signal::Healthy, second * 1000);
    }
    assert_eq!(breaker.snapshot(at(9_000)).outcomes_in_window, 20);
    assert_eq!(breaker.snapshot(at(29_999)).outcomes_in_window, 20);
    assert_eq!(breaker.snapshot(at(30_000)).outcomes_in_window, 18);
    assert_eq!(breaker.snapshot(at(39_000)).outcomes_in_window, 0);
    send(&mut breaker, Signal::Failing, 31_000);
    assert_eq!(breaker.snapshot(at(31_000)).health, State::Closed, "9 of 17");
}

#[test]
fn after_the_pause_one_probe_goes_and_decides() {
    let mut breaker = opened(0);
    assert_eq!(breaker.snapshot(at(5000)).health, State::HalfOpen);
    let probe = breaker.admit(at(5000)).expect("the probe");
    assert!(probe.is_probe());
    let waiting = Denied { cause: Cause::Health, until: at(5100) + PROBE_PATIENCE };
    assert_eq!(breaker.admit(at(5100)), Err(waiting));
    breaker.record(probe, Signal::Healthy, at(5200));
    assert_eq!(breaker.snapshot(at(5200)).health, State::Closed);
    let next = breaker.admit(at(5200)).expect("open to all");
    assert!(!next.is_probe());
}

#[test]
fn failed_probes_double_the_pause_up_to_a_minute_and_success_resets_it() {
    let mut breaker = opened(0);
    let mut now = 0;
    for pause in [5, 10, 20, 40, 60, 60, 60] {
        let until = denied(&mut breaker, now + 1).until;
        assert_eq!(until, at(now + pause * 1000), "after {pause} s");
        now += pause * 1000;
        let permit = breaker.admit(at(now)).expect("the probe");
        breaker.record(permit, Signal::Failing, at(now));
    }
    now += 60_000;
    send(&mut breaker, Signal::Healthy, now);
    for _ in 0..5 {
        send(&mut breaker, Signal::Failing, now);
    }
    assert_eq!(denied(&mut breaker, now).until, at(now + 5000));
}

#[test]
fn a_probe_that_says_nothing_makes_room_for_another() {
    let mut breaker = opened(0);
    send(&mut breaker, Signal::Nothing, 5000);
    assert_eq!(breaker.snapshot(at(5000)).health, State::HalfOpen);
    assert!(breaker.admit(at(5000)).expect("another probe").is_probe());
}

#[test]
fn a_probe_that_never_returns_is_given_up_and_its_late_outcome_ignored() {
    let mut breaker = opened(0);
    let lost = breaker.admit(at(5000)).expect("the probe");
    let limit = PROBE_LIMIT.micros() / 1000;
    assert!(breaker.admit(at(5000 + limit - 1)).is_err());
    let second = breaker.admit(at(5000 + limit)).expect("another probe");
    breaker.record(lost, Signal::Healthy, at(5000 + limit));
    assert_eq!(breaker.snapshot(at(5000 + limit)).health, State::HalfOpen);
    assert!(breaker.admit(at(5000 + limit)).is_err(), "still one at a time");
    breaker.record(second, Signal::Healthy, at(5001 + limit));
    assert_eq!(breaker.snapshot(at(5001 + limit)).health, State::Closed);
}

#[test]
fn outcomes_of_what_was_sent_before_a_change_are_ignored() {
    let mut breaker = Breaker::new();
    let permits: Vec<Permit> = (0..8).map(|_| breaker.admit(at(0)).expect("closed")).collect();
    let mut permits = permits.into_iter();
    for permit in permits.by_ref().take(5) {
        breaker.record(permit, Signal::Failing, at(10));
    }
    let open = breaker.snapshot(at(10));
    for (permit, signal) in permits.zip([Signal::Failing, Signal::Healthy, Signal::CredentialsBad])
    {
        breaker.record(permit, signal, at(6000));
    }
    assert_eq!(Breaker::snapshot(&breaker, at(10)).health_open_until, open.health_open_until);
    assert_eq!(breaker.snapshot(at(6000)).credential, State::Closed);
}

#[test]
fn bad_credentials_close_the_way_for_a_minute_and_say_nothing_about_health() {
    let mut breaker = Breaker::new();
    for _ in 0..4 {
        send(&mut breaker, Signal::Failing, 0);
    }
    send(&mut breaker, Signal::CredentialsBad, 0);
    let shown = breaker.snapshot(at(0));
    assert_eq!((shown.health, shown.credential), (State::Closed, State::Open));
    assert_eq!(shown.consecutive_failures, 0);
    let until = at(0) + CREDENTIAL_OPEN;
    assert_eq!(denied(&mut breaker, 59_999), Denied { cause: Cause::Credential, until });
    assert_eq!(breaker.snapshot(at(60_000)).credential, State::HalfOpen);
    send(&mut breaker, Signal::CredentialsBad, 60_000);
    assert_eq!(denied(&mut breaker, 60_001).until, at(120_000), "does not double");
    send(&mut breaker, Signal::Healthy, 120_000);
    assert_eq!(breaker.snapshot(at(120_000)).credential, State::Closed);
}

#[test]
fn new_credentials_open_the_way_at_once() {
    let mut breaker = Breaker::new();
    let old = breaker.admit(at(0)).expect("closed");
    send(&mut breaker, Signal::CredentialsBad, 0);
    breaker.credentials_changed();
    assert!(!breaker.admit(at(1)).expect("admitted").is_probe());
    breaker.record(old, Signal::CredentialsBad, at(2));
    assert_eq!(breaker.snapshot(at(2)).credential, State::Closed, "sent with the old ones");
}

#[test]
fn bad_credentials_on_a_probe_mend_health() {
    let mut breaker = opened(0);
    send(&mut breaker, Signal::CredentialsBad, 5000);
    let shown = breaker.snapshot(at(5000));
    assert_eq!((shown.health, shown.credential), (State::Closed, State::Open));
}

#[test]
fn time_that_runs_backwards_stands_still() {
    let mut breaker = opened(10_000);
    assert_eq!(denied(&mut breaker, 0).until, at(15_000));
    let probe = breaker.admit(at(15_000)).expect("the probe");
    breaker.record(probe, Signal::Failing, at(0));
    assert_eq!(denied(&mut breaker, 15_000).until, at(25_000));
}

#[test]
fn deliveries_become_signals() {
    let with = |status| DeliveryReason::new("X", status);
    let table = [
        (Delivery::Accepted { external_id: None, delivered: false }, Signal::Healthy),
        (Delivery::Refused { reason: with(Some(404)) }, Signal::Healthy),
        (Delivery::Refused { reason: with(None) }, Signal::Nothing),
        (Delivery::RetryAfter { after: None, reason: with(Some(503)) }, Signal::Failing),
        (Delivery::RetryAfter { after: None, reason: with(None) }, Signal::Failing),
        (Delivery::Unknown { reason: with(None) }, Signal::Failing),
        (Delivery::CredentialsBad { reason: with(Some(401)) }, Signal::CredentialsBad),
    ];
    for (delivery, signal) in table {
        assert_eq!(Signal::from(&delivery), signal, "{delivery:?}");
    }
}

#[test]
fn the_snapshot_is_written_for_people() {
    let shown = serde_json::to_value(opened(0).snapshot(at(1))).unwrap();
    let expected = json!({
        "health": "open",
        "health_open_until": at(5000).micros(),
        "credential": "closed",
        "credential_open_until": null,
        "consecutive_failures": 5,
        "outcomes_in_window": 5,
        "failures_in_window": 5,
        "probing": false,
    });
    assert_eq!(shown, expected);
}

/// Remembers every outcome since health last changed and counts anew each time.
#[derive(Default)]
struct Model {
    outcomes: Vec<(i64, bool)>,
    health_until: Option<i64>,
    pause: i64,
    credential_until: Option<i64>,
}

impl Model {
    fn admits(&self, now: i64) -> bool {
        [self.health_until, self.credential_until].iter().flatten().all(|until| now >= *until)
    }

    fn record(&mut self, signal: Signal, now: i64) {
        match signal {
            Signal::Nothing => {}
            Signal::Healthy | Signal::CredentialsBad => {
                if self.health_until.take().is_some() {
                    self.outcomes.clear();
                }
                self.outcomes.push((now, false));
                let bad = signal == Signal::CredentialsBad;
                self.credential_until = bad.then_some(now + 60_000);
            }
            Signal::Failing => {
                self.outcomes.push((now, true));
                self.pause = match self.health_until {
                    Some(_) => (self.pause * 2).min(60_000),
                    None if self.too_bad(now) => 5000,
                    None => return,
                };
                self.health_until = Some(now + self.pause);
            }
        }
    }

    fn too_bad(&self, now: i64) -> bool {
        let second = |millis: i64| (START + millis).div_euclid(1000);
        let row = self.outcomes.iter().rev().take_while(|(_, failed)| *failed).count();
        let counted: Vec<bool> = self
            .outcomes
            .iter()
            .filter(|(when, _)| second(now) - second(*when) < 30)
            .map(|(_, failed)| *failed)
            .collect();
        let failed = counted.iter().filter(|failed| **failed).count();
        row >= 5 || (counted.len() >= 20 && failed * 2 > counted.len())
    }
}

fn signals() -> impl Strategy<Value = Signal> {
    prop_oneof![
        8 => Just(Signal::Healthy),
        9 => Just(Signal::Failing),
        1 => Just(Signal::CredentialsBad),
        1 => Just(Signal::Nothing),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn one_after_the_other_it_does_what_the_naive_model_does(
        steps in prop::collection::vec((signals(), 0..1500i64, 0..100u8), 1..400),
    ) {
        let (mut breaker, mut model, mut now) = (Breaker::new(), Model::default(), 0);
        for (signal, pause, jump) in steps {
            now += if jump == 0 { pause * 60 } else { pause };
            match breaker.admit(at(now)) {
                Err(denied) => {
                    prop_assert!(!model.admits(now));
                    prop_assert!(denied.until > at(now));
                }
                Ok(permit) => {
                    prop_assert!(model.admits(now));
                    let half_open =
                        model.health_until.is_some() || model.credential_until.is_some();
                    prop_assert_eq!(permit.is_probe(), half_open);
                    breaker.record(permit, signal, at(now));
                    model.record(signal, now);
                }
            }
            let shown = breaker.snapshot(at(now));
            prop_assert_eq!(shown.health_open_until, model.health_until.map(at));
            prop_assert_eq!(shown.credential_open_until, model.credential_until.map(at));
        }
    }

    #[test]
    fn with_many_under_way_there_is_never_a_second_probe_nor_a_longer_pause(
        steps in prop::collection::vec(
            (any::<bool>(), signals(), 0..3000i64, any::<u16>()), 1..300,
        ),
    ) {
        let (mut breaker, mut now) = (Breaker::new(), 0);
        let mut under_way: Vec<(Permit, Timestamp)> = Vec::new();
        for (asks, signal, pause, pick) in steps {
            now += pause;
            if asks {
                let before = breaker.snapshot(at(now));
                let Ok(permit) = breaker.admit(at(now)) else { continue };
                prop_assert!(before.health != State::Open && before.credential != State::Open);
                if permit.is_probe() {
                    let fresh = |(p, since): &(Permit, Timestamp)| {
                        p.is_probe() && at(now).since(*since) < PROBE_LIMIT
                    };
                    prop_assert!(!before.probing || !under_way.iter().any(fresh));
                }
                under_way.push((permit, at(now)));
            } else if !under_way.is_empty() {
                let (permit, _) = under_way.swap_remove(usize::from(pick) % under_way.len());
                breaker.record(permit, signal, at(now));
            }
            let shown = breaker.snapshot(at(now));
            if let Some(until) = shown.health_open_until {
                prop_assert!(until.since(at(now)) <= Span::from_secs(60));
            }
        }
    }
}
