//! Labels that work has and agents cap. All agents cap alike from the start, so that nobody is ever
//! above a cap, whatever happens in which order.

use crate::support::Chance;
use app::content::SealedTags;
use domain::agent::LabelCap;
use domain::id::LabelId;
use domain::sealed::Sealed;
use engine::floor::Floor;
use std::collections::BTreeMap;
use uuid::Uuid;

/// All there are: one that is capped, one that nobody ever takes, one that nobody caps.
const LABELS: [LabelId; 3] = [label(1), label(2), label(3)];

const fn label(number: u128) -> LabelId {
    LabelId(Uuid::from_u128(number))
}

/// What every agent caps.
pub(crate) fn caps() -> BTreeMap<LabelId, LabelCap> {
    let cap = |(label, max): (LabelId, u16)| (label, LabelCap { name: label.to_string(), max });
    LABELS.into_iter().zip([1, 0]).map(cap).collect()
}

/// Tags of something; that which nobody takes is rare.
pub(crate) fn some(chance: &mut Chance) -> SealedTags {
    let often = [2, 16, 3];
    let with = |(label, rare): (LabelId, usize)| chance.one_in(rare).then_some(label);
    let labels = LABELS.into_iter().zip(often).filter_map(with).collect();
    SealedTags { words: Sealed(vec![9; 9]), labels }
}

/// What agents have in hand counts by what their legs were offered with, and what nobody gave them
/// over their limits stays within the caps.
pub(crate) fn check(floor: &Floor, what: &str) {
    let mut used: BTreeMap<_, BTreeMap<LabelId, u16>> = BTreeMap::new();
    let mut within = used.clone();
    for (_, leg) in floor.legs() {
        for label in &leg.labels {
            *used.entry(leg.agent_id).or_default().entry(*label).or_default() += 1;
            let counts = u16::from(!leg.override_limits);
            *within.entry(leg.agent_id).or_default().entry(*label).or_default() += counts;
        }
    }
    for (id, agent) in floor.agents() {
        let counted: BTreeMap<_, _> = agent.used_labels.iter().map(|(l, n)| (*l, *n)).collect();
        assert_eq!(counted, used.remove(id).unwrap_or_default(), "{what}: labels of {id}");
        for (label, cap) in &agent.spec.capacity.per_label {
            let used = within.get(id).and_then(|of| of.get(label)).copied().unwrap_or_default();
            assert!(used <= cap.max, "{what}: {id} is above the cap of {label}");
        }
    }
}
