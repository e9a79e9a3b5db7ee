//! Shared units: what channels take of them, what gives way, and what an agent is ready for.

use crate::support::{Wants, World};
use domain::agent::{AgentSpec, Capacity, EffectiveStatus, PresenceStatus};
use domain::channel::ChannelKind;
use domain::event::{EndReason, Event};
use domain::id::{AgentId, InteractionId};
use domain::offer::OfferState;
use domain::queue::QueueSpec;
use domain::schedule::Duty;

const CALL: ChannelKind = ChannelKind::Voice;
const CHAT: ChannelKind = ChannelKind::Chat;
const MAIL: ChannelKind = ChannelKind::Email;

/// The example of the page on agents: one call, or two chats and a mail, or five mails.
fn example() -> AgentSpec {
    let capacity = Capacity {
        units: 5,
        per_channel: [(CHAT, 2)].into(),
        costs: [(CALL, 5), (CHAT, 2)].into(),
        per_label: Default::default(),
        interruptible: [MAIL].into(),
    };
    AgentSpec { capacity, ..AgentSpec::default() }
}

/// Who got room from work of these channels, arriving one after the other.
fn placed(channels: &[ChannelKind]) -> Vec<bool> {
    let mut w = World::new();
    let q = w.queue(QueueSpec::default());
    w.agent(example());
    let ids: Vec<InteractionId> = channels
        .iter()
        .map(|channel| {
            let id = w.arrive(&Wants { channel: *channel, ..Wants::of(q) });
            w.route();
            w.audit("after an arrival");
            id
        })
        .collect();
    ids.into_iter().map(|id| w.asked(id).is_some()).collect()
}

#[test]
fn the_example_of_the_page_holds() {
    assert_eq!(placed(&[CALL, CALL, CHAT, MAIL]), [true, false, false, false]);
    assert_eq!(placed(&[CHAT, CHAT, MAIL, CHAT, MAIL]), [true, true, true, false, false]);
    assert_eq!(placed(&[MAIL; 6]), [true, true, true, true, true, false]);
    assert_eq!(placed(&[MAIL, MAIL, MAIL, CALL, MAIL, CALL])[3..], [true, false, false]);
    assert_eq!(placed(&[CHAT, CALL]), [true, false], "a chat gives way to nothing");
    assert_eq!(placed(&[MAIL, MAIL, CHAT, CHAT])[2..], [true, true], "mails give way to chats");
}

#[test]
fn what_was_pushed_aside_counts_again_when_the_call_ends() {
    let mut w = World::new();
    let q = w.queue(QueueSpec::default());
    let agent = w.agent(example());
    let comes = |w: &mut World, channel| {
        let id = w.arrive(&Wants { channel, ..Wants::of(q) });
        w.route();
        id
    };
    let mails: Vec<_> = (0..5).map(|_| comes(&mut w, MAIL)).collect();
    let call = comes(&mut w, CALL);
    for id in mails.iter().chain([&call]) {
        w.accept(*id);
    }
    let used = |w: &World| w.floor.agent(agent).expect("they are there").used_units();
    assert_eq!(used(&w), 10);
    let more = comes(&mut w, MAIL);
    assert_eq!(w.asked(more), None);
    let leg = w.floor.owner_leg(mails[0]).expect("it is owned").id;
    w.end(leg, OfferState::Completed, EndReason::Done, None);
    w.route();
    assert_eq!((used(&w), w.asked(more)), (9, None), "still overdrawn");
    let leg = w.floor.owner_leg(call).expect("it is owned").id;
    w.end(leg, OfferState::Completed, EndReason::Done, None);
    w.route();
    assert_eq!((used(&w), w.asked(more)), (5, Some(agent)));
}

fn chooses(w: &mut World, agent_id: AgentId, channels: &[ChannelKind]) {
    w.record(Event::AgentPresenceChanged {
        agent_id,
        intended: PresenceStatus::Available,
        effective: EffectiveStatus::Available,
        lease_until: None,
        previous: None,
        next: None,
        channels: channels.to_vec(),
        duty: Duty::Unscheduled,
    });
}

#[test]
fn who_is_not_ready_for_a_channel_keeps_nobody_in_cool_down() {
    let mut w = World::new();
    let q = w.queue(QueueSpec::default());
    let (a, b) = (w.agent(AgentSpec::default()), w.agent(AgentSpec::default()));
    let item = w.arrive(&Wants::of(q));
    w.route();
    let first = w.asked(item).expect("both have room");
    let other = if first == a { b } else { a };
    chooses(&mut w, other, &[CALL]);
    w.decline(item);
    w.route();
    assert_eq!(w.asked(item), Some(first), "the other takes calls only");
    chooses(&mut w, other, &[]);
    w.decline(item);
    w.route();
    assert_eq!(w.asked(item), Some(other), "now they take all");
    chooses(&mut w, first, &[CHAT]);
    w.decline(item);
    w.route();
    assert!(w.asked(item).is_some(), "both declined, so neither cools");
    w.audit("at the end");
}
