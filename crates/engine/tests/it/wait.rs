//! Estimates of waiting: by hand on small lines, and on lines whose pace is known because agents
//! and arrivals were drawn with it.

use domain::time::{Span, Timestamp};
use engine::wait::{self, Passage};

const START: Timestamp = Timestamp::from_micros(1_800_000_000_000_000);

fn at(seconds: i64) -> Timestamp {
    START + Span::from_secs(seconds)
}

fn through(joined: i64, left: i64) -> Passage {
    Passage { joined: at(joined), left: Some(at(left)), taken: true }
}

#[test]
fn the_pace_is_that_of_leaving_while_somebody_waits() {
    // One leaves every ten seconds, and nobody waits between 60 and 1,000.
    let first = (1..=6).map(|n| through(0, n * 10));
    let second = (1..=6).map(|n| through(1_000, 1_000 + n * 10));
    let all: Vec<Passage> = first.chain(second).collect();
    let pace = wait::pace(&all, at(1_060)).expect("enough left");
    assert_eq!((pace.moved, pace.each), (11, Span::from_secs(10)));
    assert_eq!(pace.at_place(3), Span::from_secs(30));
}

#[test]
fn too_little_says_nothing() {
    let few: Vec<Passage> = (1..=5).map(|n| through(0, n * 10)).collect();
    assert_eq!(wait::pace(&few, at(60)), None, "four moves after the first");
    let at_once: Vec<Passage> = (1..=20).map(|n| through(n * 10, n * 10)).collect();
    assert_eq!(wait::pace(&at_once, at(300)), None, "nobody stood in the line");
    let long_ago: Vec<Passage> = (1..=20).map(|n| through(0, n * 10)).collect();
    assert!(wait::pace(&long_ago, at(300)).is_some());
    assert_eq!(wait::pace(&long_ago, at(300 + 7_200)), None, "long ago");
}

#[test]
fn what_came_later_is_not_known_before() {
    let all: Vec<Passage> = (1..=40).map(|n| through(0, n * 10)).collect();
    let known: Vec<Passage> = all
        .iter()
        .map(|one| Passage { left: one.left.filter(|left| *left <= at(200)), ..*one })
        .collect();
    assert_eq!(wait::pace(&all, at(200)), wait::pace(&known, at(200)));
}

#[test]
fn a_line_that_stops_is_slower_the_longer_it_stands() {
    let mut all: Vec<Passage> = (1..=10).map(|n| through(0, n * 10)).collect();
    all.push(Passage { joined: at(0), left: None, taken: false });
    let soon = wait::pace(&all, at(110)).expect("enough left");
    let later = wait::pace(&all, at(1_000)).expect("enough left");
    assert!(soon.each < later.each, "{soon:?} {later:?}");
}

/// Chance with a seed.
struct Dice(u64);

impl Dice {
    fn unit(&mut self) -> f64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 11) as f64 + 1.0) / (1_u64 << 53) as f64
    }

    fn exponential(&mut self, mean: f64) -> f64 {
        -mean * self.unit().ln()
    }
}

/// First come, first served by so many agents; arrivals and work are exponential.
fn served(seed: u64, agents: usize, between: f64, work: f64, count: usize) -> Vec<Passage> {
    let mut dice = Dice(seed);
    let mut free = vec![0.0_f64; agents];
    let mut now = 0.0;
    let moment = |seconds: f64| START + Span::from_micros((seconds * 1e6) as i64);
    (0..count)
        .map(|_| {
            now += dice.exponential(between);
            let next = free.iter_mut().min_by(|a, b| a.total_cmp(b)).expect("there are agents");
            let begun = now.max(*next);
            *next = begun + dice.exponential(work);
            Passage { joined: moment(now), left: Some(moment(begun)), taken: true }
        })
        .collect()
}

#[test]
fn estimates_are_right_on_average_where_the_pace_is_steady() {
    for (seed, agents) in [(1, 1), (2, 4), (3, 12), (4, 30)] {
        let between = 300.0 / agents as f64 / 0.95;
        let all = served(seed, agents, between, 300.0, 3_000);
        let end = all.last().and_then(|one| one.left).expect("somebody came");
        let told = wait::calibrate(&all, end);
        assert!(told.count >= 100, "{agents}: {told:?}");
        let ratio = told.mean_estimate.micros() as f64 / told.mean_wait.micros() as f64;
        println!("{agents} agents: {told:?}, {ratio:.2}");
        assert!((0.75..1.33).contains(&ratio), "{agents} agents: {ratio:.2} {told:?}");
        assert!(told.mean_error.micros() < told.mean_wait.micros(), "{agents}: {told:?}");
    }
}

#[test]
fn nobody_who_waited_means_no_calibration() {
    assert_eq!(wait::calibrate(&[], at(0)), wait::Calibration::default());
}
