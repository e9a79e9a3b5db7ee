//! `docs/states.md` shows the life cycles as the code has them, and the contract says of every
//! status and state whether it is reached.

use domain::interaction::{InteractionStatus, Step, TRANSITIONS};
use domain::offer::{OfferRole, OfferState, OfferStep};

const DOCUMENT: &str = include_str!("../../../../docs/states.md");
const CONTRACT: &str = include_str!("../../../../proto/omnichannel/v1/interaction.proto");

/// The lines of the tables below a heading whose first row of names is `head`.
fn table(heading: &str, head: &str) -> Vec<String> {
    let from = DOCUMENT.split(&format!("\n## {heading}\n")).nth(1).expect("the heading is there");
    let of = from.split("\n## ").next().expect("a text has a first part");
    let rows = of.lines().skip_while(|line| *line != head).skip(2);
    rows.take_while(|line| line.starts_with('|')).map(str::to_owned).collect()
}

fn shown(heading: &str, rows: impl Iterator<Item = (String, String, String)>) {
    let expected: Vec<String> = rows.map(|(a, s, b)| format!("| {a} | {s} | {b} |")).collect();
    let held = table(heading, "| from | step | to |");
    assert_eq!(held, expected, "{heading}: the table must read\n{}", expected.join("\n"));
}

#[test]
fn the_document_shows_the_life_cycles_of_the_code() {
    let rows = TRANSITIONS.iter().map(|(a, s, b)| (a.word(), s.word(), b.word()));
    shown("Interactions", rows);
    for (role, heading) in [(OfferRole::Owner, "Offers and legs"), (OfferRole::Consult, "Consults")]
    {
        let rows = role.transitions().iter().map(|(a, s, b)| (a.word(), s.word(), b.word()));
        shown(heading, rows);
    }
}

#[test]
fn the_document_explains_every_step() {
    let words = |heading| -> Vec<String> {
        let rows = table(heading, "| step | what takes it |");
        rows.iter().map(|row| row.split('|').nth(1).expect("a cell").trim().to_owned()).collect()
    };
    let steps: Vec<String> = Step::ALL.iter().map(|step| step.word()).collect();
    assert_eq!(words("Interactions"), steps);
    for (role, heading) in [(OfferRole::Owner, "Offers and legs"), (OfferRole::Consult, "Consults")]
    {
        let known = |step: &&OfferStep| role.transitions().iter().any(|(_, s, _)| s == *step);
        let steps: Vec<String> =
            OfferStep::ALL.iter().filter(known).map(|step| step.word()).collect();
        assert_eq!(words(heading), steps);
    }
}

#[test]
fn the_contract_says_what_is_reached() {
    let reached = |prefix: &str, word: &str| {
        let line = format!("\n  {prefix}_{word} = ");
        let before = CONTRACT.split(&line).next().expect("a text has a first part");
        assert_ne!(before, CONTRACT, "{word} is in the contract");
        before.lines().last().is_some_and(|comment| !comment.contains("Not reached yet."))
    };
    for status in InteractionStatus::ALL {
        let leads = |(a, _, b): &(_, _, _)| a == status || b == status;
        // Passed through within one change, and never seen.
        let seen = TRANSITIONS.iter().any(leads) && *status != InteractionStatus::Created;
        assert_eq!(reached("INTERACTION_STATUS", &status.word()), seen, "{status:?}");
    }
    for state in OfferState::ALL {
        let seen = OfferRole::Owner.transitions().iter().any(|(a, _, b)| a == state || b == state);
        assert_eq!(reached("OFFER_STATE", &state.word()), seen, "{state:?}");
    }
}

#[test]
fn no_final_state_is_left_and_every_other_one_can_be() {
    for (from, step, _) in TRANSITIONS {
        let over = from.is_given_up() || *from == InteractionStatus::Closed;
        assert!(!over, "{from:?} is final, and {step:?} leads out of it");
        let twice = TRANSITIONS.iter().filter(|(a, s, _)| (a, s) == (from, step)).count();
        assert_eq!(twice, 1, "{from:?} by {step:?}");
    }
    for table in OfferRole::ALL.iter().map(|role| role.transitions()) {
        for (_, _, live) in table.iter().filter(|(_, _, to)| to.is_live()) {
            let left = table.iter().any(|(from, _, to)| from == live && !to.is_live());
            assert!(left, "{live:?} holds its agent for ever");
        }
        for (from, step, _) in table {
            assert!(from.is_live(), "{from:?} has ended, and {step:?} leads out of it");
        }
    }
}
