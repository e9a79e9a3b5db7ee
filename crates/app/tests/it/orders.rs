//! Everything that can befall one interaction with two agents, in every order up to a depth, and
//! the same from where its owner asked the other one for advice; each order once as batches of
//! their own and once joined into as few as time allows. However they meet: one owner at a time,
//! advice only while they work on it, no step outside the published tables, units in use are the
//! sum of live legs after every event, rows and floor tell the same, and what a command comes to
//! does not depend on the batch it came in. Decided in memory: the database has no say in it.

use crate::setting::{ACCOUNT, arrival};
use app::ledger::command::answer::{Answer, Saying};
use app::ledger::command::arrive::NewPerson;
use app::ledger::command::callback::RequestCallback;
use app::ledger::command::close::{Close, Way};
use app::ledger::command::consult::{ConsultAgent, EndConsult};
use app::ledger::command::due::{self, FireDue};
use app::ledger::command::park::{Park, Wake};
use app::ledger::command::presence::{CloseSession, OpenSession, SetPresence};
use app::ledger::command::requeue::{Move, Requeue};
use app::ledger::command::{Command, Done, Keys, No};
use app::ledger::draft::Draft;
use domain::agent::{AgentSpec, Capacity, PresenceStatus};
use domain::channel::{AccountSpec, AccountStatus, ChannelKind};
use domain::event::{Change, ConsultFact, Event};
use domain::id::{AgentId, InteractionId, NodeId, OfferId, QueueId, SessionId, TenantId};
use domain::interaction::{Interaction, InteractionStatus, TRANSITIONS};
use domain::offer::{Offer, OfferRole, OfferState};
use domain::queue::QueueSpec;
use domain::refusal::Reason;
use domain::sealed::Sealed;
use domain::time::{Span, Timestamp};
use engine::floor::Floor;
use std::collections::BTreeMap;
use uuid::Uuid;

const QUEUE: QueueId = QueueId(Uuid::from_u128(0x10));
const A: AgentId = AgentId(Uuid::from_u128(0xa));
const B: AgentId = AgentId(Uuid::from_u128(0xb));

/// How many steps an order has.
fn depth() -> usize {
    std::env::var("OMNICHANNEL_TEST_DEPTH").map_or(4, |text| text.parse().expect("a number"))
}

/// What can happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Op {
    Accept(AgentId),
    Decline(AgentId),
    /// Longer than an offer or a wrap-up lasts, and shorter than a lease.
    TimePasses,
    /// The console is lost and its lease ends.
    Lost(AgentId),
    Break(AgentId),
    /// They go at once, whatever they have in hand.
    Leave(AgentId),
    /// The owner asks them for advice.
    Consult(AgentId),
    /// Their newest consult ends.
    EndConsult(AgentId),
    Cancel,
    Abandon,
    Complete,
    Transfer(AgentId),
    /// A supervisor pulls it back into the line.
    Pull,
    Park,
    Wake,
    /// The customer asks to be called when their turn comes.
    Callback,
    /// The customer is to be called in ten seconds.
    CallAt,
}

const OPS: &[Op] = &[
    Op::Accept(A),
    Op::Accept(B),
    Op::Decline(A),
    Op::TimePasses,
    Op::Lost(A),
    Op::Break(B),
    Op::Cancel,
    Op::Abandon,
    Op::Complete,
    Op::Transfer(B),
    Op::Pull,
    Op::Park,
    Op::Wake,
    Op::Callback,
    Op::CallAt,
];

/// What can happen to somebody who is asked for advice.
const ADVICE: &[Op] = &[
    Op::Accept(B),
    Op::Decline(B),
    Op::Consult(B),
    Op::EndConsult(B),
    Op::TimePasses,
    Op::Lost(A),
    Op::Lost(B),
    Op::Leave(A),
    Op::Leave(B),
    Op::Break(B),
    Op::Abandon,
    Op::Complete,
    Op::Transfer(B),
    Op::Pull,
    Op::Park,
    Op::CallAt,
];

/// What is committed.
#[derive(Clone)]
struct World {
    floor: Floor,
    now: Timestamp,
    batches: u64,
    interaction: InteractionId,
    interactions: BTreeMap<InteractionId, Interaction>,
    offers: BTreeMap<OfferId, Offer>,
    /// A batch that others may still join.
    open: Option<Draft>,
}

#[derive(Debug, Default)]
struct Tally {
    orders: usize,
    done: usize,
    refused: usize,
    statuses: BTreeMap<String, usize>,
    /// Roles of offers, and how they ended.
    ends: BTreeMap<String, usize>,
}

#[test]
fn every_order_has_one_winner() {
    let (parted, joined) = (World::new(), World::new());
    let mut tally = Tally::default();
    walk(&parted, &joined, OPS, &mut Vec::new(), &mut tally);
    println!("{tally:?}");
    assert_eq!(tally.orders, OPS.len().pow(u32::try_from(depth()).expect("it is small")));
    assert!(tally.done > tally.orders / 4, "hardly anything is done: {tally:?}");
    let met = [
        InteractionStatus::Queued,
        InteractionStatus::Offered,
        InteractionStatus::Active,
        InteractionStatus::Parked,
        InteractionStatus::Scheduled,
        InteractionStatus::Wrapping,
        InteractionStatus::Resolved,
        InteractionStatus::Cancelled,
        InteractionStatus::Abandoned,
    ];
    for status in met {
        assert!(tally.statuses.contains_key(&status.word()), "{status:?} is never met");
    }
}

#[test]
fn every_order_of_a_consult_has_one_winner() {
    let mut tally = Tally::default();
    let (parted, joined) = (World::asking(), World::asking());
    walk(&parted, &joined, ADVICE, &mut Vec::new(), &mut tally);
    println!("{tally:?}");
    assert_eq!(tally.orders, ADVICE.len().pow(u32::try_from(depth()).expect("it is small")));
    let met = [
        "done",
        "declined",
        "no_answer",
        "moved",
        "ended",
        "lost",
        "unavailable",
        "parked",
        "scheduled",
        "withdrawn",
    ];
    for reason in met {
        let how = format!("{} {reason}", OfferRole::Consult.word());
        assert!(tally.ends.contains_key(&how), "no consult ends as {reason}: {:?}", tally.ends);
    }
}

/// Goes on from two worlds that were led to the same point, in batches of their own and joined.
fn walk(parted: &World, joined: &World, ops: &[Op], path: &mut Vec<Op>, tally: &mut Tally) {
    if path.len() == depth() {
        tally.orders += 1;
        *tally.statuses.entry(parted.row().status.word()).or_default() += 1;
        for offer in parted.offers.values() {
            let how = format!("{} {}", offer.role.word(), offer.reason);
            *tally.ends.entry(how).or_default() += 1;
        }
        return;
    }
    for op in ops {
        path.push(*op);
        let (mut one, mut other) = (parted.clone(), joined.clone());
        let said = one.take(*op, false, path);
        let also = other.take(*op, true, path);
        assert_eq!(said, also, "{path:?}: it depends on the batch");
        assert_eq!(one.told(), other.told(), "{path:?}: it depends on the batch");
        if said.is_ok() {
            tally.done += 1;
        } else {
            tally.refused += 1;
        }
        walk(&one, &other, ops, path, tally);
        path.pop();
    }
}

impl World {
    /// Two agents at work, and one interaction that one of them is asked to take.
    fn new() -> Self {
        let mut world = Self {
            floor: Floor::default(),
            now: Timestamp::from_micros(1_800_000_000_000_000),
            batches: 0,
            interaction: InteractionId::default(),
            interactions: BTreeMap::new(),
            offers: BTreeMap::new(),
            open: None,
        };
        let mut draft = world.begin();
        let spec = QueueSpec {
            is_default: true,
            offer_timeout: Span::from_secs(20),
            wrap_up_limit: Span::from_secs(20),
            decline_cool_down: Span::from_secs(30),
            ..QueueSpec::default()
        };
        let change = Change::Created;
        draft.record(Event::QueueSaved { queue_id: QUEUE, spec, change, version: 1 });
        let spec = AccountSpec {
            kind: ChannelKind::Webhook,
            status: AccountStatus::Active,
            default_queue_id: None,
        };
        draft.record(Event::AccountSaved { account_id: ACCOUNT, spec, change, version: 1 });
        for id in [A, B] {
            let capacity = Capacity { units: 1, ..Capacity::default() };
            let spec = AgentSpec { capacity, ..AgentSpec::default() };
            draft.record(Event::AgentSaved { agent_id: id, spec, change, version: 1 });
        }
        world.commit(draft, &[]);
        for id in [A, B] {
            let open = OpenSession {
                agent_id: id,
                session_id: session(id),
                node_id: NodeId::default(),
                epoch: 1,
                max_open_offers: 0,
            };
            world
                .run(&[&open, &presence(id, PresenceStatus::Available)])
                .expect("they come to work");
        }
        let mut arrive = arrival(1, QUEUE, true);
        arrive.person.new = Some(NewPerson {
            wrapped_key: vec![1; 8],
            profile: Sealed::default(),
            language: String::new(),
        });
        world.run(&[&arrive]).expect("it arrives");
        world.interaction = *world.interactions.keys().next().expect("it is there");
        assert_eq!(world.row().status, InteractionStatus::Offered);
        world
    }

    /// One of them has it, and asks the other one for advice.
    fn asking() -> Self {
        let mut world = Self::new();
        world.take(Op::Accept(A), false, &[]).expect("it is offered to the first");
        world.take(Op::Consult(B), false, &[]).expect("the other one is free");
        world
    }

    fn begin(&mut self) -> Draft {
        self.batches += 1;
        self.now = self.now + Span::from_micros(1);
        Draft::new(TenantId::SYSTEM, self.floor.clone(), self.now, self.batches)
    }

    /// What is read before a batch decides.
    fn read(&self, draft: &mut Draft, keys: &Keys) {
        for id in &keys.interactions {
            draft.rows.interactions.loaded(*id, self.interactions.get(id).cloned());
        }
        for id in &keys.offers {
            draft.rows.offers.loaded(*id, self.offers.get(id).cloned());
        }
        keys.customers.iter().for_each(|id| draft.rows.customers.loaded(*id, None));
        keys.contacts.iter().for_each(|contact| draft.rows.contacts.loaded(*contact, None));
        keys.threads.iter().for_each(|thread| draft.rows.threads.loaded(*thread, None));
    }

    fn decide(&self, draft: &mut Draft, command: &dyn Command) -> Result<(), Reason> {
        let mut keys = Keys::default();
        command.keys(&draft.floor, &mut keys);
        self.read(draft, &keys);
        let before = draft.seq();
        let result = reasoned(command.decide(draft));
        assert!(result.is_ok() || draft.seq() == before, "a refusal that recorded something");
        draft.route();
        result
    }

    fn run(&mut self, commands: &[&dyn Command]) -> Result<(), Reason> {
        let mut draft = self.begin();
        let results: Vec<_> = commands.iter().map(|c| self.decide(&mut draft, *c)).collect();
        self.commit(draft, &[]);
        results.into_iter().collect()
    }

    /// Does one thing, in a batch of its own or in the one that is open.
    fn take(&mut self, op: Op, join: bool, path: &[Op]) -> Result<(), Reason> {
        if let Some(seconds) = passes(op) {
            self.open = None;
            if let Op::Lost(agent_id) = op {
                let close = CloseSession {
                    agent_id,
                    session_id: session(agent_id),
                    node_id: NodeId::default(),
                    epoch: 1,
                };
                self.run(&[&close])?;
            }
            self.now = self.now + Span::from_secs(seconds);
            let mut draft = self.begin();
            let mut keys = Keys::default();
            due::keys(&draft, &mut keys);
            self.read(&mut draft, &keys);
            let result = reasoned(FireDue.decide(&mut draft));
            draft.route();
            self.commit(draft, path);
            return result;
        }
        let Some(command) = self.command(op) else { return Ok(()) };
        let mut draft = self.open.take().unwrap_or_else(|| self.begin());
        if join {
            // A batch reads all that its commands declare before the first of them is decided.
            let interactions = self.interactions.keys().copied().collect();
            let offers = self.offers.keys().copied().collect();
            self.read(&mut draft, &Keys { interactions, offers, ..Keys::default() });
        }
        let before = self.clone();
        let result = self.decide(&mut draft, command.as_ref());
        if join {
            // What is committed stays as it was before the open batch; what it would be is known.
            let mut after = Self { open: None, ..before };
            after.commit(draft.clone(), path);
            (self.interactions, self.offers) = (after.interactions, after.offers);
            self.floor = after.floor;
            self.open = Some(draft);
        } else {
            self.commit(draft, path);
        }
        result
    }

    fn commit(&mut self, mut draft: Draft, path: &[Op]) {
        for id in draft.rows.undeclared() {
            draft.rows.interactions.loaded(id, self.interactions.get(&id).cloned());
        }
        let floor = draft.floor.clone();
        draft.rows.fold_undeclared(&floor);
        // An open batch that grows records its first events again: they were looked at before.
        let mut checked = self.floor.clone();
        for recorded in draft.events().iter().filter(|event| event.seq > self.floor.seq()) {
            let before = checked.item(self.interaction).map(|item| item.status);
            let legs: BTreeMap<OfferId, (OfferRole, OfferState)> =
                checked.legs().map(|(id, leg)| (*id, (leg.role, leg.state))).collect();
            checked.apply(recorded);
            self.check(&checked, path);
            if let (Some(from), Some(item)) = (before, checked.item(self.interaction)) {
                let to = item.status;
                let known = TRANSITIONS.iter().any(|(a, _, b)| (*a, *b) == (from, to));
                assert!(from == to || known, "{path:?}: {from:?} became {to:?}");
            }
            if let Event::OfferEnded { offer_id, state, .. }
            | Event::Consult(ConsultFact::Ended { offer_id, state, .. }) = &recorded.event
            {
                let (role, from) = legs.get(offer_id).expect("what ends was alive");
                let known = role.transitions().iter().any(|(a, _, b)| (a, b) == (from, state));
                assert!(known, "{path:?}: a {role:?} {from:?} became {state:?}");
            }
        }
        assert_eq!(checked, floor, "{path:?}: the floor is the fold of its events");
        let written = draft.rows.interactions.written();
        self.interactions.extend(written.map(|row| (row.id, row.clone())));
        self.offers.extend(draft.rows.offers.written().map(|row| (row.id, row.clone())));
        self.floor = floor;
        self.check_rows(path);
    }

    /// Units in use are the sum of live legs, and nobody has more than they may.
    fn check(&self, floor: &Floor, path: &[Op]) {
        let (mut owners, mut consults) = (0, 0);
        for (_, leg) in floor.legs() {
            assert!(leg.state.is_live(), "{path:?}: a leg that ended stays");
            owners += usize::from(leg.owns());
            consults += usize::from(leg.is_consult());
        }
        assert!(owners <= 1, "{path:?}: two owners of one interaction");
        assert!(consults <= 1, "{path:?}: two are consulted on one interaction");
        let status = floor.item(self.interaction).map(|item| item.status);
        let active = status == Some(InteractionStatus::Active);
        assert!(consults == 0 || active, "{path:?}: advice on what is {status:?}");
        for (id, agent) in floor.agents() {
            let live = floor.legs().filter(|(_, leg)| leg.agent_id == *id).count();
            assert_eq!(usize::from(agent.used_units()), live, "{path:?}: units of {id}");
            assert!(live <= 1, "{path:?}: more than they may have");
        }
    }

    fn check_rows(&self, path: &[Op]) {
        let Some(row) = self.interactions.get(&self.interaction) else { return };
        let live = self.offers.values().filter(|offer| offer.state.is_live());
        let mut live: Vec<OfferId> = live.map(|offer| offer.id).collect();
        live.sort_unstable();
        let held: Vec<OfferId> = self.floor.legs().map(|(id, _)| *id).collect();
        assert_eq!(live, held, "{path:?}: rows and floor tell of other offers");
        match self.floor.item(row.id) {
            Some(item) => {
                assert_eq!(item.status, row.status, "{path:?}");
                let owner = self.floor.owner_leg(row.id).map(|leg| leg.agent_id);
                let parked = row.status == InteractionStatus::Parked;
                assert!(parked || row.owner_agent_id == owner, "{path:?}: who owns it");
            }
            None => assert!(row.rests() || !row.status.is_open(), "{path:?}: lost from the floor"),
        }
        let held = self.floor.consult_leg(row.id).map(|leg| leg.id);
        assert_eq!(row.consult.map(|consult| consult.offer_id), held, "{path:?}: who is consulted");
        let owned = [InteractionStatus::Active, InteractionStatus::Wrapping];
        let owner = self.floor.owner_leg(row.id);
        assert!(!owned.contains(&row.status) || owner.is_some(), "{path:?}: owned by nobody");
    }

    fn row(&self) -> &Interaction {
        &self.interactions[&self.interaction]
    }

    /// What there is to compare, without ids and instants.
    fn told(&self) -> impl PartialEq + std::fmt::Debug {
        let row = self.row();
        let offers: Vec<_> = self
            .offers
            .values()
            .map(|offer| {
                let Offer { attempt, agent_id, role, state, .. } = *offer;
                (attempt, agent_id, role, state, offer.reason.clone())
            })
            .collect();
        let mut offers = offers;
        offers.sort();
        (row.status, row.owner_agent_id, row.target_agent_id, row.offers_failed, offers)
    }

    /// The newest offer that was ever made to an agent, over or not.
    fn asked(&self, agent: AgentId) -> Option<OfferId> {
        let made = self.offers.values().filter(|offer| offer.agent_id == agent);
        made.max_by_key(|offer| offer.offered_seq).map(|offer| offer.id)
    }

    fn command(&self, op: Op) -> Option<Box<dyn Command>> {
        let interaction_id = self.interaction;
        let answer = |agent, saying| -> Option<Box<dyn Command>> {
            let (offer_id, note) = (self.asked(agent)?, Sealed::default());
            Some(Box::new(Answer { offer_id, saying, note, caller: None }))
        };
        let close = |way| -> Option<Box<dyn Command>> {
            let (resolution, wrap_up_code) = (Sealed::default(), String::new());
            Some(Box::new(Close { interaction_id, way, resolution, wrap_up_code, caller: None }))
        };
        let requeue = |reason, to_agent| -> Option<Box<dyn Command>> {
            Some(Box::new(Requeue {
                interaction_id,
                reason,
                to_agent,
                to_queue: None,
                judged: None,
                override_limits: false,
                customer: None,
                caller: None,
            }))
        };
        let call_back = |at| -> Option<Box<dyn Command>> {
            Some(Box::new(RequestCallback { interaction_id, at, caller: None }))
        };
        match op {
            Op::Accept(agent) => answer(agent, Saying::Accept),
            Op::Decline(agent) => answer(agent, Saying::Decline),
            Op::Break(agent) => Some(Box::new(presence(agent, PresenceStatus::Break))),
            Op::Leave(agent) => Some(Box::new(presence(agent, PresenceStatus::Offline))),
            Op::Consult(agent_id) => {
                let (question, caller) = (None, None);
                Some(Box::new(ConsultAgent { interaction_id, agent_id, question, caller }))
            }
            Op::EndConsult(agent) => {
                let (offer_id, caller) = (self.asked(agent)?, None);
                Some(Box::new(EndConsult { offer_id, interaction_id, caller }))
            }
            Op::Cancel => close(Way::Cancel),
            Op::Abandon => close(Way::Abandon),
            Op::Complete => close(Way::Complete),
            Op::Transfer(agent) => requeue(Move::Transfer, Some(agent)),
            Op::Pull => requeue(Move::Transfer, None),
            Op::Park => Some(Box::new(Park { interaction_id, wake_at: None, caller: None })),
            Op::Wake => Some(Box::new(Wake { interaction_id, caller: None })),
            Op::Callback => call_back(None),
            Op::CallAt => call_back(Some(self.now + Span::from_secs(10))),
            Op::TimePasses | Op::Lost(_) => None,
        }
    }
}

/// Why a command came to nothing: the rest of a refusal names ids.
fn reasoned(result: Result<Done, No>) -> Result<(), Reason> {
    match result {
        Ok(_) => Ok(()),
        Err(No::Refused(refusal)) => Err(refusal.reason),
        Err(No::Stale) => panic!("nothing here was prepared"),
    }
}

/// How long an event that takes time takes.
fn passes(op: Op) -> Option<i64> {
    match op {
        Op::TimePasses => Some(25),
        Op::Lost(_) => Some(50),
        _ => None,
    }
}

fn session(of: AgentId) -> SessionId {
    SessionId(Uuid::from_u128(of.0.as_u128() + 0x5e00))
}

fn presence(agent_id: AgentId, status: PresenceStatus) -> SetPresence {
    SetPresence { agent_id, status, reason: None, after_work: false, channels: Vec::new() }
}
