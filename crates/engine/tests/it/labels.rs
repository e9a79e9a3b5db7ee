//! Caps of labels: what a leg counts for is what its interaction said when it was offered, a cap
//! holds whatever else there is room for, and only labels that somebody caps tell items apart.

use crate::support::{Wants, World, spec};
use domain::agent::{AgentSpec, Capacity, LabelCap};
use domain::channel::ChannelKind;
use domain::event::{EndReason, Event};
use domain::id::{AgentId, InteractionId, LabelId, QueueId};
use domain::interaction::{Priority, Traits};
use domain::offer::OfferState;
use domain::queue::QueueSpec;
use engine::routing::eligibility::Unmet;
use engine::routing::explain::{Change, ChangeKind, explain};
use std::collections::BTreeMap;
use uuid::Uuid;

const REFUND: LabelId = LabelId(Uuid::from_u128(1));
const LEGAL: LabelId = LabelId(Uuid::from_u128(2));
const OTHER: LabelId = LabelId(Uuid::from_u128(3));

fn caps(caps: &[(LabelId, u16)]) -> BTreeMap<LabelId, LabelCap> {
    let named = |(label, max): &(LabelId, u16)| {
        let name = if *label == REFUND { "Refund" } else { "Legal" };
        (*label, LabelCap { name: name.to_owned(), max: *max })
    };
    caps.iter().map(named).collect()
}

fn capped(units: u16, of: &[(LabelId, u16)]) -> AgentSpec {
    let capacity = Capacity { units, per_label: caps(of), ..Capacity::default() };
    AgentSpec { capacity, ..AgentSpec::default() }
}

fn with(queue: QueueId, labels: &[LabelId]) -> Wants {
    Wants { traits: Traits { labels: labels.to_vec(), ..Traits::default() }, ..Wants::of(queue) }
}

/// Something with these labels arrives and is routed.
fn comes(w: &mut World, queue: QueueId, labels: &[LabelId]) -> InteractionId {
    let id = w.arrive(&with(queue, labels));
    w.route();
    w.audit("after an arrival");
    id
}

fn relabel(w: &mut World, interaction_id: InteractionId, labels: &[LabelId]) {
    w.record(Event::InteractionUpdated {
        interaction_id,
        priority: Priority::Low,
        required_skills: Vec::new(),
        fields: vec!["tags".to_owned()],
        language: None,
        labels: Some(labels.to_vec()),
    });
    w.route();
    w.audit("relabelled");
}

fn finish(w: &mut World, id: InteractionId) {
    let leg = w.floor.owner_leg(id).expect("it is owned").id;
    w.end(leg, OfferState::Completed, EndReason::Done, None);
    w.record(Event::InteractionResolved { interaction_id: id, wrap_up_code: String::new() });
    w.route();
    w.audit("finished");
}

fn used(w: &World, agent: AgentId, label: LabelId) -> u16 {
    let agent = w.floor.agent(agent).expect("they are there");
    agent.used_labels.get(&label).copied().unwrap_or(0)
}

#[test]
fn every_cap_of_every_label_holds_beside_the_units() {
    let mut w = World::new();
    let q = w.queue(QueueSpec::default());
    let agent = w.agent(capped(5, &[(REFUND, 2), (LEGAL, 1)]));
    let first = comes(&mut w, q, &[REFUND]);
    let both = comes(&mut w, q, &[REFUND, LEGAL]);
    let third = comes(&mut w, q, &[REFUND]);
    let legal = comes(&mut w, q, &[LEGAL]);
    let plain = comes(&mut w, q, &[OTHER]);
    let asked = [first, both, third, legal, plain].map(|id| w.asked(id).is_some());
    assert_eq!(asked, [true, true, false, false, true]);
    assert_eq!((used(&w, agent, REFUND), used(&w, agent, LEGAL)), (2, 1));
    w.accept(both);
    w.route();
    assert_eq!(w.asked(third), None, "a leg counts as much as an offer");
    finish(&mut w, both);
    assert_eq!((w.asked(third), w.asked(legal)), (Some(agent), Some(agent)), "both got room");
}

#[test]
fn what_waits_first_of_a_full_label_holds_nobody_up() {
    let mut w = World::new();
    let q = w.queue(QueueSpec::default());
    let agent = w.agent(capped(2, &[(REFUND, 0)]));
    let never = comes(&mut w, q, &[REFUND]);
    let next = comes(&mut w, q, &[]);
    assert_eq!((w.asked(never), w.asked(next)), (None, Some(agent)));
    let free = w.agent(spec(1));
    w.route();
    assert_eq!(w.asked(never), Some(free), "whoever caps nothing takes it");
}

#[test]
fn a_leg_counts_for_the_labels_it_was_offered_with() {
    let mut w = World::new();
    let q = w.queue(QueueSpec::default());
    let agent = w.agent(capped(5, &[(REFUND, 1), (LEGAL, 1)]));
    let held = comes(&mut w, q, &[REFUND]);
    w.accept(held);
    relabel(&mut w, held, &[LEGAL]);
    assert_eq!((used(&w, agent, REFUND), used(&w, agent, LEGAL)), (1, 0), "as it was offered");
    let refund = comes(&mut w, q, &[REFUND]);
    let legal = comes(&mut w, q, &[LEGAL]);
    assert_eq!((w.asked(refund), w.asked(legal)), (None, Some(agent)));
    finish(&mut w, held);
    assert_eq!(w.asked(refund), Some(agent));
    assert_eq!((used(&w, agent, REFUND), used(&w, agent, LEGAL)), (1, 1));
}

#[test]
fn an_offer_that_was_relabelled_counts_anew_when_it_is_made_again() {
    let mut w = World::new();
    let q = w.queue(QueueSpec::default());
    let agent = w.agent(capped(5, &[(REFUND, 1)]));
    let item = comes(&mut w, q, &[]);
    relabel(&mut w, item, &[REFUND]);
    assert_eq!(used(&w, agent, REFUND), 0, "the open offer is what it was");
    w.decline(item);
    w.route();
    assert_eq!((w.asked(item), used(&w, agent, REFUND)), (Some(agent), 1));
}

#[test]
fn new_labels_of_what_waits_are_looked_at_at_once() {
    let mut w = World::new();
    let q = w.queue(QueueSpec::default());
    let agent = w.agent(capped(5, &[(REFUND, 0)]));
    let item = comes(&mut w, q, &[REFUND, OTHER]);
    assert_eq!(w.asked(item), None);
    relabel(&mut w, item, &[OTHER]);
    assert_eq!(w.asked(item), Some(agent));
}

#[test]
fn a_cap_that_comes_or_goes_counts_what_is_in_hand_already() {
    let mut w = World::new();
    let q = w.queue(QueueSpec::default());
    let agent = w.agent(spec(5));
    let held = comes(&mut w, q, &[REFUND]);
    assert_eq!(w.asked(held), Some(agent));
    w.save_agent(agent, capped(5, &[(REFUND, 1)]));
    let second = comes(&mut w, q, &[REFUND]);
    assert_eq!((w.asked(second), used(&w, agent, REFUND)), (None, 1));
    w.save_agent(agent, capped(5, &[(LEGAL, 1)]));
    w.route();
    w.audit("the cap is gone");
    assert_eq!((w.asked(second), used(&w, agent, REFUND)), (Some(agent), 2));
}

#[test]
fn only_labels_that_somebody_caps_tell_items_apart() {
    let mut w = World::new();
    let q = w.queue(QueueSpec::default());
    for n in 10..20 {
        w.arrive(&with(q, &[LabelId(Uuid::from_u128(n))]));
    }
    let buckets = |w: &World| w.floor.buckets(q).count();
    assert_eq!(buckets(&w), 1, "nobody caps any");
    let agent = w.agent(capped(0, &[(LabelId(Uuid::from_u128(12)), 1)]));
    assert_eq!(buckets(&w), 2);
    w.audit("one is capped");
    w.record(Event::AgentDeleted { agent_id: agent });
    assert_eq!(buckets(&w), 1);
    w.audit("none is");
}

#[test]
fn work_that_gives_way_is_counted_by_its_labels_all_the_same() {
    let mut w = World::new();
    let q = w.queue(QueueSpec::default());
    let mut spec = capped(5, &[(REFUND, 1)]);
    spec.capacity.interruptible = [ChannelKind::Email].into();
    let agent = w.agent(spec);
    let via = |channel| Wants { channel, ..with(q, &[REFUND]) };
    let mail = w.arrive(&via(ChannelKind::Email));
    w.route();
    assert_eq!(w.asked(mail), Some(agent));
    let call = w.arrive(&via(ChannelKind::Voice));
    w.route();
    assert_eq!(w.asked(call), None, "a cap of a label is passed by nothing");
}

#[test]
fn an_explanation_names_every_label_that_is_full() {
    let mut w = World::new();
    let q = w.queue(QueueSpec::default());
    let one = w.agent(capped(5, &[(REFUND, 0)]));
    let two = w.agent(capped(5, &[(REFUND, 0), (LEGAL, 0)]));
    let item = comes(&mut w, q, &[REFUND, LEGAL, OTHER]);
    let found = explain(&w.floor, item, None, w.now).expect("it waits");
    let full = |label| Unmet::LabelUnits { label, used: 0, cap: 0 };
    let of = |agent| {
        let stand = found.agents.iter().find(|stand| stand.agent_id == agent);
        stand.map(|stand| stand.unmet.clone()).expect("everybody is told of")
    };
    assert_eq!(of(one), [full(REFUND)]);
    assert_eq!(of(two), [full(REFUND), full(LEGAL)]);
    let change = Change {
        kind: ChangeKind::LabelUnitMore,
        agent_id: one,
        unmet: Some(full(REFUND)),
        at: None,
        agents: 1,
    };
    assert_eq!(found.nearest, [change], "one more refund would do, and nothing else");
    let named: Vec<_> = found.labels.into_iter().collect();
    assert_eq!(named, [(REFUND, "Refund".to_owned()), (LEGAL, "Legal".to_owned())]);
}
