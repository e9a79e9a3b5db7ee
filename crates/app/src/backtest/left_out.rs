//! What a backtest leaves out or keeps as it was, item by item, and how often it happened: an
//! answer that kept still about it would claim more than it knows.

use engine::sim::replay::Unplayed;

/// Something that is left out or stays as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// Its name, for programs.
    pub what: &'static str,
    /// How often it happened in this past; none where that says nothing.
    pub count: Option<u64>,
    /// What is done in its place, for people.
    pub instead: &'static str,
}

/// What cannot be known of any past.
const ALWAYS: [(&str, &str); 3] = [
    ("demand", "who comes, and when, stays as it was, whatever the policy"),
    ("presence", "who is at work, and who was away for offers they missed, stays as it was"),
    ("last_agent", "the agent a customer knows is the one they knew then"),
];

/// What was left out of a past; of `unjudged` arrivals is not known where changed rules would have
/// sent them.
pub(super) fn of(unplayed: &Unplayed, unjudged: u64) -> Vec<LeftOut> {
    let counted = [
        ("present", unplayed.present, "what waited or was worked on at the beginning is left out"),
        (
            "moved",
            unplayed.moved,
            "what was moved stays with the queue and the agent it began with",
        ),
        ("rested", unplayed.rested, "work that rested is one piece, done without a rest"),
        ("updated", unplayed.updated, "priority, skills and language stay as they arrived"),
        ("escalated", unplayed.escalated, "ladders are not climbed"),
        ("overflowed", unplayed.overflowed, "what overflowed goes where it went then"),
        ("taken_back", unplayed.taken_back, "an offer that was taken back is not answered"),
        (
            "unended",
            unplayed.unended,
            "work whose end is not in the log takes as long as other work",
        ),
        ("deleted", unplayed.deleted, "deleted queues stay, deleted agents are away"),
        ("unjudged", unjudged, "what rules after a changed one look at is not in the log"),
    ];
    let counted = counted.into_iter().filter(|(_, count, _)| *count > 0);
    let counted =
        counted.map(|(what, count, instead)| LeftOut { what, count: Some(count), instead });
    let always = ALWAYS.into_iter().map(|(what, instead)| LeftOut { what, count: None, instead });
    counted.chain(always).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happened_is_told_with_how_often() {
        let unplayed = Unplayed { moved: 2, ..Unplayed::default() };
        let told = of(&unplayed, 0);
        assert_eq!(told.len(), 1 + ALWAYS.len());
        assert_eq!((told[0].what, told[0].count), ("moved", Some(2)));
        assert_eq!(of(&unplayed, 3)[1].what, "unjudged");
    }
}
