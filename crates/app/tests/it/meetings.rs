//! Pairs of commands that meet where it is easy to forget that a batch has changed something.

use crate::kinds::State;
use crate::setting::{ACCOUNT, arrival, contact, customer};
use app::ledger::command::Command;
use app::ledger::command::arrive::{Arrive, NewPerson, Person};
use app::ledger::command::close::{Close, Way};
use app::ledger::command::customer::{RemoveContactPoint, SaveCustomer};
use app::ledger::command::queue::{Patch, SaveQueue};
use app::ledger::command::take::TakeNext;
use domain::id::{CustomerId, QueueId};
use domain::interaction::Interaction;
use domain::queue::Queue;
use domain::sealed::{BlindIndex, Sealed};
use engine::routing;
use std::collections::BTreeMap;
use std::sync::Arc;
use uuid::Uuid;

type Two = [Arc<dyn Command>; 2];

/// What meets, and how it is made.
type Meeting = (&'static str, fn(&State) -> Two);

pub(crate) fn all() -> Vec<Meeting> {
    vec![
        ("another default, then the old one changes", default_then_change),
        ("an address is removed, then its customer writes", removed_then_known),
        ("an address is removed, then a stranger writes from it", removed_then_stranger),
        ("an id is given up, then taken by another", given_up_then_taken),
        ("the newest of two open interactions ends, then the customer writes", newest_ended),
        ("the oldest of them ends, then the customer writes", oldest_ended),
        ("an agent takes the next, then its customer comes again", taken_then_comes),
    ]
}

fn queue(s: &State, name: &str) -> QueueId {
    s.queues.iter().find(|queue| queue.name == name).expect("it was made").id
}

fn save(id: QueueId, patch: Patch<Queue>) -> Arc<dyn Command> {
    Arc::new(SaveQueue { id: Some(id), version: 0, patch })
}

fn default_then_change(s: &State) -> Two {
    [
        save(queue(s, "q2"), Arc::new(|queue| queue.spec.is_default = true)),
        save(queue(s, "q0"), Arc::new(|queue| queue.description = "once the default".into())),
    ]
}

fn remove(s: &State, of: CustomerId) -> Arc<dyn Command> {
    let point = s.points.iter().find(|point| point.customer_id == of).expect("there is one");
    Arc::new(RemoveContactPoint { customer_id: of, contact_point_id: point.id })
}

fn removed_then_known(s: &State) -> Two {
    [remove(s, customer(1)), Arc::new(arrival(1, queue(s, "q0"), false))]
}

fn removed_then_stranger(s: &State) -> Two {
    let new =
        NewPerson { wrapped_key: vec![4; 40], profile: Sealed::default(), language: "".into() };
    let person = Person {
        customer_id: CustomerId(Uuid::from_u128(0x57a9)),
        new: Some(new),
        contact: Some(contact(1)),
    };
    [remove(s, customer(1)), Arc::new(Arrive { person, ..arrival(1, queue(s, "q0"), false) })]
}

fn given_up_then_taken(_: &State) -> Two {
    let save = |id, external| SaveCustomer {
        id,
        new_key: None,
        version: 0,
        profile: None,
        external: Some(external),
        tier: None,
        language: None,
        account_owner: None,
        contacts: Vec::new(),
    };
    let index = BlindIndex([200; 16]);
    [Arc::new(save(customer(0), None)), Arc::new(save(customer(1), Some(index)))]
}

/// Open interactions by conversation with the account, newest first.
fn open(s: &State) -> BTreeMap<Uuid, Vec<Interaction>> {
    let mut all: BTreeMap<Uuid, Vec<Interaction>> = BTreeMap::new();
    for row in s.rows.iter().filter(|r| r.status.is_open() && r.account_id == Some(ACCOUNT)) {
        all.entry(row.conversation_id.0).or_default().push(row.clone());
    }
    all
}

fn ends_then_writes(s: &State, of: impl Fn(&[Interaction]) -> usize) -> Two {
    let open = open(s);
    let rows = open.values().find(|rows| rows.len() > 1).expect("there is such a conversation");
    let row = &rows[of(rows)];
    let close = Close {
        interaction_id: row.id,
        way: Way::Resolve,
        resolution: Sealed::default(),
        wrap_up_code: String::new(),
        caller: None,
    };
    let n = (0..5).find(|n| customer((*n).into()) == row.customer_id).expect("one of ours");
    [Arc::new(close), Arc::new(arrival(n, queue(s, "q0"), false))]
}

fn newest_ended(s: &State) -> Two {
    ends_then_writes(s, |_| 0)
}

fn oldest_ended(s: &State) -> Two {
    ends_then_writes(s, |rows| rows.len() - 1)
}

/// Whoever took something of a customer is whom they know: what comes next is for them.
fn taken_then_comes(s: &State) -> Two {
    let now = s.rows.iter().map(|row| row.updated_at).max().expect("there are some");
    let next = |id| routing::take::take(&s.floor, id, &[], now).ok();
    let next = s.floor.agents().find_map(|(id, _)| next(*id)).expect("somebody may take");
    let row = s.rows.iter().find(|row| row.id == next.interaction_id).expect("it is read");
    let n = (0..5).find(|n| customer((*n).into()) == row.customer_id).expect("one of ours");
    let take = TakeNext { agent_id: next.agent_id, queues: Vec::new(), caller: None };
    [Arc::new(take), Arc::new(arrival(n, queue(s, "q2"), true))]
}
