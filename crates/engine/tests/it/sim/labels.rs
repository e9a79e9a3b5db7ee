//! Labels in made worlds: the share that was asked for comes, nobody has more with a label than
//! they cap, waits follow from the cap, and a world without caps is as it was without labels.

use domain::event::Event;
use domain::id::{AgentId, LabelId, OfferId};
use engine::sim::tally::Counts;
use engine::sim::world::World;
use engine::sim::{builtin, figures_of, recorded, simulate};
use std::collections::BTreeMap;

fn claims(arrivals: u64) -> World {
    let world = builtin::world("claims").expect("it comes with the program");
    World { arrivals: Some(arrivals), ..world }
}

fn capped(max: Option<u16>, arrivals: u64) -> World {
    let mut world = claims(arrivals);
    world.agents[0].per_label = max.map(|max| ("claim".to_owned(), max)).into_iter().collect();
    world
}

fn run(world: &World) -> Counts {
    simulate(world, 7, 0, |_| ()).expect("a sound world")
}

/// The most legs with a label that anybody had at a time, as the log tells it.
fn fullest(world: &World) -> u16 {
    let (mut held, mut labels) = (BTreeMap::new(), BTreeMap::new());
    let mut most = 0;
    for recorded in recorded(world, 7, 0).expect("a sound world") {
        match recorded.event {
            Event::OfferMade { offer_id, agent_id, labels: of, .. } => {
                for label in &of {
                    let count: &mut u16 = held.entry((agent_id, *label)).or_default();
                    *count += 1;
                    most = most.max(*count);
                }
                let _: Option<(AgentId, Vec<LabelId>)> = labels.insert(offer_id, (agent_id, of));
            }
            Event::OfferEnded { offer_id, .. } => give_back(&mut held, &mut labels, offer_id),
            _ => {}
        }
    }
    most
}

fn give_back(
    held: &mut BTreeMap<(AgentId, LabelId), u16>,
    labels: &mut BTreeMap<OfferId, (AgentId, Vec<LabelId>)>,
    offer: OfferId,
) {
    let (agent, of) = labels.remove(&offer).expect("it was made");
    for label in of {
        *held.get_mut(&(agent, label)).expect("it was counted") -= 1;
    }
}

#[test]
fn nobody_has_more_with_a_label_than_they_cap() {
    for max in [1, 2] {
        assert_eq!(fullest(&capped(Some(max), 3_000)), max, "the cap is reached and not passed");
    }
    assert_eq!(fullest(&capped(None, 3_000)), 3, "without a cap the units are what counts");
}

#[test]
fn whoever_has_a_capped_label_waits_longer() {
    let wait = |max: Option<u16>| {
        let world = capped(max, 10_000);
        let figures = figures_of(&world, &run(&world));
        (figures["label claim: wait of all"], figures["wait of all"])
    };
    let (free, all_free) = wait(None);
    let (capped, all_capped) = wait(Some(1));
    assert!((free - all_free).abs() < all_free / 2.0, "alike: {free} of {all_free}");
    assert!(capped > 3.0 * free, "waits follow from the cap: {capped}, without {free}");
    assert!(capped > 1.5 * all_capped, "and others wait less: {capped} of {all_capped}");
}

#[test]
fn the_share_that_was_asked_for_has_the_label() {
    let world = claims(10_000);
    let counts = run(&world);
    let share = counts.labels[0].offered as f64 / counts.all().offered as f64;
    assert!((share - 0.35).abs() < 0.015, "{share}");
    assert_eq!(counts.labels[0].offered, counts.labels[0].answered, "nobody leaves");
}

/// The customers, and with no cap their whole history, are those of a world without labels.
#[test]
fn labels_that_nobody_caps_change_nothing() {
    let world = capped(None, 3_000);
    let mut plain = world.clone();
    plain.classes[0].labels.clear();
    let (with, without) = (run(&world), run(&plain));
    assert_eq!((with.classes, with.agents), (without.classes, without.agents));
    assert!(without.labels.is_empty());
}

#[test]
fn a_label_is_the_same_whatever_its_case() {
    let mut world = claims(3_000);
    let caps = std::mem::take(&mut world.agents[0].per_label);
    world.agents[0].per_label = caps.into_values().map(|max| ("CLAIM".to_owned(), max)).collect();
    assert_eq!(run(&world), run(&claims(3_000)));
    assert_eq!(world.labels(), ["claim"]);
}
