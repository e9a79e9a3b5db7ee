//! Labels of random histories: work has some, and some agents cap some of them.

use crate::support::Chance;
use domain::agent::LabelCap;
use domain::id::{AgentId, LabelId};
use engine::floor::{Agent, Floor, Item};
use std::collections::BTreeMap;
use uuid::Uuid;

/// All there are.
const LABELS: [LabelId; 3] = [label(1), label(2), label(3)];

const fn label(number: u128) -> LabelId {
    LabelId(Uuid::from_u128(number))
}

/// Labels of something, in order; often none.
pub(super) fn some(chance: &mut Chance) -> Vec<LabelId> {
    let labelled = chance.one_in(2);
    LABELS.into_iter().filter(|_| labelled && chance.one_in(2)).collect()
}

/// Caps of an agent; mostly none, sometimes of labels that nothing has.
pub(super) fn caps(chance: &mut Chance) -> BTreeMap<LabelId, LabelCap> {
    let capped = chance.one_in(3);
    let labels: Vec<LabelId> = LABELS.into_iter().filter(|_| capped && chance.one_in(2)).collect();
    let mut cap = |label: LabelId| {
        let max = u16::try_from(chance.below(3)).expect("it is small");
        (label, LabelCap { name: label.to_string(), max })
    };
    labels.into_iter().map(&mut cap).collect()
}

/// Whoever is given something stays within every cap of its labels: their legs are counted anew.
pub(super) fn check(floor: &Floor, item: &Item, (id, agent): (AgentId, &Agent), what: &str) {
    for label in &item.traits.labels {
        let with_it = floor.legs().filter(|(_, leg)| leg.agent_id == id);
        let used = with_it.filter(|(_, leg)| leg.labels.contains(label)).count();
        let cap = agent.spec.capacity.per_label.get(label).map(|cap| usize::from(cap.max));
        assert!(cap.is_none_or(|cap| used < cap), "{what}: {id} is over the cap of {label}");
    }
}
