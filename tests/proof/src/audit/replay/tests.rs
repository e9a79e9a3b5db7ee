//! Short logs, sound and broken, and what the auditor says of them.

use super::*;
use serde_json::json;

struct Log {
    replay: Replay,
    found: Violations,
    seq: i64,
}

impl Log {
    fn new(units: u16) -> Self {
        let replay = Replay::new(Uuid::nil());
        let mut log = Self { replay, found: Violations::default(), seq: 0 };
        for agent in [1, 2] {
            let spec = json!({ "capacity": { "units": units, "per_channel": {} } });
            log.tell(json!({ "kind": "agent_saved", "agent_id": id(agent), "spec": spec }));
        }
        log
    }

    fn tell(&mut self, event: Value) {
        self.seq += 1;
        let request_id = String::new();
        let recorded = Recorded { seq: self.seq, at: 0, request_id, event };
        self.replay.apply(&recorded, &mut self.found);
    }

    fn create(&mut self, interaction: u128) {
        self.tell(json!({ "kind": "interaction_created", "interaction_id": id(interaction) }));
    }

    fn offer(&mut self, kind: &str, offer: u128, interaction: u128, agent: u128) {
        self.tell(json!({ "kind": kind, "offer_id": id(offer), "agent_id": id(agent),
            "interaction_id": id(interaction), "channel": "webhook", "state": "completed" }));
    }
}

fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

#[test]
fn ordinary_work_is_in_order() {
    let mut log = Log::new(1);
    log.create(10);
    log.create(11);
    log.offer("offer_made", 20, 10, 1);
    log.offer("offer_ended", 20, 10, 1);
    log.offer("offer_made", 21, 10, 2);
    log.offer("offer_accepted", 21, 10, 2);
    log.offer("offer_made", 22, 11, 1);
    log.offer("offer_ended", 21, 10, 2);
    log.tell(json!({ "kind": "interaction_resolved", "interaction_id": id(10) }));
    assert_eq!(log.found.total(), 0, "{:?}", log.found.texts());
    assert_eq!((log.replay.interactions(), log.replay.open()), (2, 1));
    assert_eq!((log.replay.accepted, log.replay.failed), (1, 1));
    assert_eq!(log.replay.fullest_percent, 100);
}

#[test]
fn an_offer_above_the_capacity_is_found() {
    let mut log = Log::new(2);
    for n in 0..3 {
        log.create(10 + n);
        log.offer("offer_made", 20 + n, 10 + n, 1);
    }
    assert_eq!(log.found.of(Kind::Capacity), 1);
}

#[test]
fn two_owners_and_a_second_offer_are_found() {
    let mut log = Log::new(5);
    log.create(10);
    log.offer("offer_made", 20, 10, 1);
    log.offer("offer_made", 21, 10, 2);
    assert_eq!(log.found.of(Kind::Order), 1);
    log.offer("offer_accepted", 20, 10, 1);
    log.offer("offer_accepted", 21, 10, 2);
    assert_eq!(log.found.of(Kind::TwoOwners), 1);
}

#[test]
fn what_ends_twice_or_comes_too_late_is_found() {
    let mut log = Log::new(5);
    log.create(10);
    log.offer("offer_made", 20, 10, 1);
    log.offer("offer_ended", 20, 10, 1);
    log.offer("offer_ended", 20, 10, 1);
    log.offer("offer_accepted", 20, 10, 1);
    assert_eq!(log.found.of(Kind::Order), 2);
    log.tell(json!({ "kind": "interaction_cancelled", "interaction_id": id(10) }));
    log.offer("offer_made", 21, 10, 1);
    assert_eq!(log.found.of(Kind::Order), 3);
}

/// Work of agent 1 that agent 2 is asked about.
fn owned(units: u16) -> Log {
    let mut log = Log::new(units);
    log.create(10);
    log.offer("offer_made", 20, 10, 1);
    log.offer("offer_accepted", 20, 10, 1);
    log.consult(30, 10, 2);
    log
}

impl Log {
    fn consult(&mut self, offer: u128, interaction: u128, agent: u128) {
        self.tell(json!({ "kind": "consult", "requested": { "offer_id": id(offer),
            "interaction_id": id(interaction), "agent_id": id(agent), "owner_agent_id": id(1),
            "channel": "webhook" } }));
    }

    fn advice(&mut self, fact: &str, offer: u128, reason: &str) {
        self.tell(json!({ "kind": "consult", fact: { "offer_id": id(offer),
            "interaction_id": id(10), "agent_id": id(2), "state": "completed",
            "reason": reason } }));
    }

    fn resolve(&mut self) {
        self.tell(json!({ "kind": "interaction_resolved", "interaction_id": id(10) }));
    }

    fn sound(&self) {
        assert_eq!(self.found.total(), 0, "{:?}", self.found.texts());
    }
}

#[test]
fn advice_in_order_takes_a_place_and_gives_it_back() {
    let mut log = owned(1);
    log.advice("started", 30, "");
    log.create(11);
    log.sound();
    log.offer("offer_made", 21, 11, 2);
    assert_eq!(log.found.of(Kind::Capacity), 1, "who advises has no room");
    let mut log = owned(1);
    log.advice("started", 30, "");
    log.advice("ended", 30, "done");
    log.create(11);
    log.offer("offer_made", 21, 11, 2);
    log.offer("offer_ended", 20, 10, 1);
    log.resolve();
    log.sound();
    assert_eq!((log.replay.offers(), log.replay.offers.len()), (2, 3));
    assert_eq!(log.replay.seen, Seen { consults: 1, advised: 1, ..Seen::default() });
}

#[test]
fn who_advised_owns_it_once_it_is_handed_over() {
    let mut log = owned(1);
    log.advice("started", 30, "");
    log.offer("offer_ended", 20, 10, 1);
    log.advice("ended", 30, "handed_over");
    log.offer("offer_accepted", 30, 10, 2);
    log.offer("offer_ended", 30, 10, 2);
    log.resolve();
    log.sound();
    assert_eq!((log.replay.seen.handed_over, log.replay.handed_over.len()), (1, 1));
    // Without the end of the leg before, there are two owners.
    let mut log = owned(1);
    log.advice("started", 30, "");
    log.advice("ended", 30, "handed_over");
    log.offer("offer_accepted", 30, 10, 2);
    assert_eq!(log.found.of(Kind::TwoOwners), 1);
}

#[test]
fn advice_that_cannot_be_is_found() {
    let mut log = owned(5);
    log.consult(31, 10, 2);
    assert_eq!(log.found.of(Kind::Order), 1, "two at a time");
    let mut log = owned(5);
    log.offer("offer_accepted", 30, 10, 2);
    assert_eq!(log.found.of(Kind::Order), 1, "taken as if it were an offer");
    log.offer("offer_ended", 30, 10, 2);
    assert_eq!(log.found.of(Kind::Order), 2, "ended as if it were an offer");
    log.advice("ended", 30, "handed_over");
    assert_eq!(log.found.of(Kind::Order), 3, "handed over before it was answered");
    log.resolve();
    assert_eq!(log.found.of(Kind::Order), 4, "outlived by it");
    let mut log = Log::new(5);
    log.create(10);
    log.consult(30, 10, 2);
    assert_eq!(log.found.of(Kind::Order), 1, "advice for nobody");
    log.advice("started", 30, "");
    log.advice("started", 30, "");
    assert_eq!(log.found.of(Kind::Order), 2, "answered twice");
}

#[test]
fn a_label_above_its_cap_is_found() {
    let made = |log: &mut Log, n: u128, labels: &[u128]| {
        log.create(10 + n);
        let labels: Vec<Uuid> = labels.iter().copied().map(id).collect();
        log.tell(json!({ "kind": "offer_made", "offer_id": id(20 + n), "agent_id": id(1),
            "interaction_id": id(10 + n), "channel": "webhook", "labels": labels }));
    };
    let mut log = Log::new(5);
    let caps = json!({ "units": 5, "per_channel": {},
        "per_label": { id(7).to_string(): { "name": "claim", "max": 1 } } });
    log.tell(json!({ "kind": "agent_saved", "agent_id": id(1), "spec": { "capacity": caps } }));
    made(&mut log, 0, &[7, 8]);
    made(&mut log, 1, &[8]);
    log.sound();
    assert_eq!((log.replay.seen.capped, log.replay.seen.filled), (1, 1));
    made(&mut log, 2, &[7]);
    assert_eq!(log.found.of(Kind::Capacity), 1);
    log.offer("offer_ended", 20, 10, 1);
    log.offer("offer_ended", 22, 12, 1);
    made(&mut log, 3, &[7]);
    assert_eq!(log.found.of(Kind::Capacity), 1, "it was given back");
}
