//! Every kind of command, made from a state in which it is likely to be accepted. What a command
//! refers to is chosen by chance, so that two of them often meet at one thing.

use crate::support::Chance;
use crate::{kinds_config, kinds_consult, kinds_mail, kinds_shift, kinds_sla, labels};
use app::ledger::command::Command;
use app::ledger::command::answer::{Answer, Saying};
use app::ledger::command::arrive::{Arrive, Contact, NewPerson, Person, Text};
use app::ledger::command::callback::RequestCallback;
use app::ledger::command::close::{Close, CloseResolved, Way};
use app::ledger::command::delivery::Report;
use app::ledger::command::escalate::Escalate;
use app::ledger::command::park::{Park, Wake};
use app::ledger::command::presence::{CloseSession, LoseNode, OpenSession, SetPresence};
use app::ledger::command::rate::Rate;
use app::ledger::command::reply::Reply;
use app::ledger::command::requeue::{Move, Requeue};
use app::ledger::command::take::TakeNext;
use app::ledger::command::update::Update;
use domain::agent::{EffectiveStatus, PresenceStatus, Session};
use domain::channel::{AccountStatus, ChannelAccount, ChannelKind};
use domain::customer::{ContactPoint, Customer};
use domain::id::{AccountId, AgentId, CustomerId, InteractionId, NodeId, QueueId, TenantId};
use domain::interaction::{Interaction, InteractionStatus as S, Priority};
use domain::message::{AuthorKind, DeliveryStatus, Direction, Message};
use domain::offer::OfferState;
use domain::plan::Plan;
use domain::queue::{AssignmentMode, Queue, QueueSpec, Skill};
use domain::rule::Rule;
use domain::sealed::{BlindIndex, Sealed};
use domain::tenant::ApiKey;
use domain::time::Timestamp;
use engine::floor::{Claim, Floor};
use engine::routing;
use engine::routing::eligibility::is_ready;
use engine::routing::intake::Placement;
use std::sync::Arc;
use store::{InteractionFilter, MessagesOf, Store};
use uuid::Uuid;

/// Makes a command, if the state has what it needs.
pub(crate) type Make = fn(&State, &mut Chance) -> Option<Arc<dyn Command>>;

/// The kinds that work on interactions and presence; configuration and records are elsewhere.
const WORK: &[(&str, Make)] = &[
    ("arrive known", arrive_known),
    ("arrive unknown", arrive_unknown),
    ("arrive new", arrive_new),
    ("arrive twice", arrive_twice),
    ("accept", accept),
    ("decline", decline),
    ("reply", reply),
    ("note", note),
    ("complete", |s, c| close(s, c, Way::Complete, &[S::Active, S::Wrapping])),
    ("resolve", |s, c| close(s, c, Way::Resolve, &[S::Queued, S::Offered, S::Active, S::Parked])),
    ("cancel", |s, c| close(s, c, Way::Cancel, &[S::Queued, S::Offered, S::Active])),
    ("abandon", |s, c| close(s, c, Way::Abandon, &[S::Queued, S::Offered, S::Active])),
    ("park", park),
    ("wake", wake),
    ("call back", |s, c| call_back(s, c, false)),
    ("call back at", |s, c| call_back(s, c, true)),
    ("arrive later", arrive_later),
    ("close", close_resolved),
    ("rate", rate),
    ("update", update),
    ("escalate", |s, c| escalate(s, c, false)),
    ("escalate to", |s, c| escalate(s, c, true)),
    ("take next", take_next),
    ("take next of a queue", take_next_of),
    ("transfer to queue", |s, c| requeue(s, c, Move::Transfer, false)),
    ("transfer to agent", |s, c| requeue(s, c, Move::Transfer, true)),
    ("transfer over limits", |s, c| over_limits(s, c, Move::Transfer)),
    ("route over limits", |s, c| over_limits(s, c, Move::Route)),
    ("route", |s, c| requeue(s, c, Move::Route, false)),
    ("reopen", |s, c| requeue(s, c, Move::Reopen, false)),
    ("available", |s, c| presence(s, c, PresenceStatus::Available)),
    ("break", |s, c| presence(s, c, PresenceStatus::Break)),
    ("offline", |s, c| presence(s, c, PresenceStatus::Offline)),
    ("open session", open_session),
    ("close session", close_session),
    ("lose node", lose_node),
    ("report", report),
];

/// All of them.
pub(crate) fn all() -> Vec<(&'static str, Make)> {
    let more = kinds_mail::MAIL.iter().chain(kinds_sla::PROMISES).chain(kinds_shift::SHIFTS);
    let more = more.chain(kinds_consult::ADVICE);
    WORK.iter().chain(kinds_config::CONFIG).chain(more).copied().collect()
}

/// The node that holds the consoles of these tests.
pub(crate) const NODE: NodeId = NodeId(Uuid::from_u128(0x70de));

/// What commands are made from.
#[derive(Clone)]
pub(crate) struct State {
    pub(crate) floor: Floor,
    /// The only agents to choose from; none for all.
    few: Option<Vec<AgentId>>,
    pub(crate) rows: Vec<Interaction>,
    pub(crate) teams: Vec<domain::agent::Team>,
    pub(crate) skills: Vec<Skill>,
    pub(crate) queues: Vec<Queue>,
    pub(crate) rules: Vec<Rule>,
    pub(crate) plans: Vec<Plan>,
    pub(crate) accounts: Vec<ChannelAccount>,
    pub(crate) agents: Vec<domain::agent::Agent>,
    pub(crate) keys: Vec<ApiKey>,
    pub(crate) customers: Vec<Customer>,
    pub(crate) points: Vec<ContactPoint>,
    pub(crate) sent: Vec<Message>,
}

impl State {
    pub(crate) async fn read(store: &Store, tenant: TenantId, floor: &Floor) -> Self {
        const ALL: u32 = 1_000;
        let reader = store.tenant(tenant);
        let filter = InteractionFilter::default();
        let rows = reader.interactions_by(&filter, None, ALL).await.expect("read");
        let customers = reader.customers(None, ALL).await.expect("read");
        let ids: Vec<CustomerId> = customers.iter().map(|customer| customer.id).collect();
        let mut sent = Vec::new();
        for row in rows.iter().filter(|row| row.first_response_at.is_some()).take(5) {
            let of = MessagesOf::Interaction(row.id);
            sent.extend(reader.messages(of, None, ALL).await.expect("read"));
        }
        sent.retain(|message| message.direction == Direction::Outbound);
        Self {
            floor: floor.clone(),
            few: None,
            rows,
            teams: reader.teams(None, ALL).await.expect("read"),
            skills: reader.skills(None, ALL).await.expect("read"),
            queues: reader.queues(None, ALL).await.expect("read"),
            plans: reader.plans(None, ALL).await.expect("read"),
            rules: reader.rules(None, ALL).await.expect("read"),
            accounts: reader.accounts(None, ALL).await.expect("read"),
            agents: reader.agents(None, ALL).await.expect("read"),
            keys: reader.api_keys(None, ALL).await.expect("read"),
            points: reader.contact_points(&ids).await.expect("read"),
            customers,
            sent,
        }
    }

    pub(crate) fn rows_in(&self, states: &[S]) -> Vec<Interaction> {
        self.rows.iter().filter(|row| states.contains(&row.status)).cloned().collect()
    }

    pub(crate) fn queue(&self, chance: &mut Chance) -> Option<QueueId> {
        chance.of(&self.queues).map(|queue| queue.id)
    }

    pub(crate) fn agents(&self, keep: impl Fn(&engine::floor::Agent) -> bool) -> Vec<AgentId> {
        let known = |id: &AgentId| self.few.as_ref().is_none_or(|few| few.contains(id));
        let kept = self.floor.agents().filter(|(id, agent)| known(id) && keep(agent));
        kept.map(|(id, _)| *id).collect()
    }

    /// The same state with little to choose from: one customer and what is theirs, two of the rest.
    /// Commands made from it meet at one thing more often than not.
    pub(crate) fn narrowed(&self, chance: &mut Chance) -> Self {
        fn two<T: Clone>(list: &mut Vec<T>, chance: &mut Chance) {
            while list.len() > 2 {
                list.remove(chance.below(list.len()));
            }
        }
        let mut few = self.clone();
        if let Some(customer) = chance.of(&self.customers) {
            few.customers = vec![customer.clone()];
            few.points.retain(|point| point.customer_id == customer.id);
            few.rows.retain(|row| row.customer_id == customer.id);
        }
        two(&mut few.teams, chance);
        two(&mut few.skills, chance);
        two(&mut few.rules, chance);
        two(&mut few.plans, chance);
        two(&mut few.accounts, chance);
        two(&mut few.keys, chance);
        two(&mut few.agents, chance);
        few.few = Some(few.agents.iter().map(|agent| agent.id).collect());
        // The default queue is always one of them.
        few.queues.retain(|queue| !queue.spec.is_default);
        two(&mut few.queues, chance);
        few.queues.pop();
        few.queues.extend(self.queues.iter().find(|queue| queue.spec.is_default).cloned());
        few.sent.truncate(1);
        few
    }
}

pub(crate) fn sealed(chance: &mut Chance) -> Sealed {
    Sealed(vec![7; 8 + chance.below(8)])
}

/// One of a few addresses, so that strangers are sometimes the same.
pub(crate) fn address(chance: &mut Chance, few: usize) -> Contact {
    let byte = u8::try_from(100 + chance.below(few)).expect("it is small");
    let index = BlindIndex([byte; 16]);
    Contact { kind: ChannelKind::Webhook, index, address: Sealed(vec![byte; 20]), verified: false }
}

pub(crate) fn arrival(s: &State, chance: &mut Chance, person: Person) -> Option<Arrive> {
    let active = s.accounts.iter().filter(|account| account.status == AccountStatus::Active);
    let accounts: Vec<AccountId> = active.map(|account| account.id).collect();
    let required_skills = Vec::new();
    let text = Text {
        body: sealed(chance),
        external_id: Sealed::default(),
        sender: Sealed::default(),
        author_kind: AuthorKind::Customer,
        author_id: Uuid::nil(),
    };
    Some(Arrive {
        person,
        channel: ChannelKind::Webhook,
        account_id: if chance.one_in(4) { None } else { chance.of(&accounts) },
        subject: sealed(chance),
        tags: labels::some(chance),
        text: Some(text),
        placement: Placement {
            queue_id: s.queue(chance),
            priority: chance.of(Priority::ALL)?,
            required_skills,
            language: "en".to_owned(),
            add_tags: Vec::new(),
            rule: None,
        },
        tier: String::new(),
        place: None,
        judged_at: chance.one_in(8).then(|| s.floor.config_seq()),
        always_new: false,
        callback_at: None,
        external_key: None,
        heard: s.floor.promises().ladders.keys().copied().filter(|_| chance.one_in(3)).collect(),
        mail: None,
        inbox: None,
    })
}

fn known(s: &State, chance: &mut Chance) -> Option<Person> {
    let point = chance.of(&s.points)?;
    let contact = Contact {
        kind: point.kind,
        index: point.address_index,
        address: point.address.clone(),
        verified: false,
    };
    Some(Person { customer_id: point.customer_id, new: None, contact: Some(contact) })
}

fn arrive_known(s: &State, chance: &mut Chance) -> Option<Arc<dyn Command>> {
    let person = known(s, chance)?;
    Some(Arc::new(arrival(s, chance, person)?))
}

fn arrive_unknown(s: &State, chance: &mut Chance) -> Option<Arc<dyn Command>> {
    let contact = address(chance, 40);
    if s.points.iter().any(|point| point.address_index == contact.index) {
        return None;
    }
    let new =
        NewPerson { wrapped_key: vec![1; 40], profile: sealed(chance), language: String::new() };
    let person = Person { customer_id: chance.id(), new: Some(new), contact: Some(contact) };
    Some(Arc::new(arrival(s, chance, person)?))
}

fn arrive_new(s: &State, chance: &mut Chance) -> Option<Arc<dyn Command>> {
    let mut person = known(s, chance)?;
    if chance.one_in(3) {
        person.contact = None;
    }
    Some(Arc::new(Arrive { always_new: true, ..arrival(s, chance, person)? }))
}

fn arrive_twice(s: &State, chance: &mut Chance) -> Option<Arc<dyn Command>> {
    let person = known(s, chance)?;
    let key = [u8::try_from(chance.below(6)).expect("it is small"); 16];
    Some(Arc::new(Arrive { external_key: Some(key), ..arrival(s, chance, person)? }))
}

fn answer(s: &State, chance: &mut Chance, saying: Saying) -> Option<Arc<dyn Command>> {
    let of = |id| s.rows.iter().any(|row| row.id == id);
    let legs = s.floor.legs().filter(|(_, leg)| leg.state == OfferState::Pending);
    let legs = legs.filter(|(_, leg)| of(leg.interaction_id));
    let offers: Vec<_> = legs.map(|(id, _)| *id).collect();
    let offer_id = chance.of(&offers)?;
    Some(Arc::new(Answer { offer_id, saying, note: Sealed::default(), caller: None }))
}

fn accept(s: &State, chance: &mut Chance) -> Option<Arc<dyn Command>> {
    answer(s, chance, Saying::Accept)
}

fn decline(s: &State, chance: &mut Chance) -> Option<Arc<dyn Command>> {
    answer(s, chance, Saying::Decline)
}

fn write(s: &State, chance: &mut Chance, note: bool) -> Option<Arc<dyn Command>> {
    let fit = |row: &&Interaction| {
        let account = s.accounts.iter().find(|account| Some(account.id) == row.account_id);
        let active = |account: &ChannelAccount| account.status == AccountStatus::Active;
        note || (row.status.is_open() && account.is_some_and(active))
    };
    let rows: Vec<Interaction> = s.rows.iter().filter(fit).cloned().collect();
    let row = chance.of(&rows)?;
    Some(Arc::new(Reply {
        interaction_id: row.id,
        conversation_id: row.conversation_id,
        account_id: row.account_id,
        contact_point_id: None,
        attachments: Vec::new(),
        relay: false,
        body: sealed(chance),
        note,
        author_kind: AuthorKind::Agent,
        author_id: Uuid::from_u128(5),
        caller: None,
    }))
}

fn reply(s: &State, chance: &mut Chance) -> Option<Arc<dyn Command>> {
    write(s, chance, false)
}

fn note(s: &State, chance: &mut Chance) -> Option<Arc<dyn Command>> {
    write(s, chance, true)
}

fn close(s: &State, chance: &mut Chance, way: Way, from: &[S]) -> Option<Arc<dyn Command>> {
    let row = chance.of(&s.rows_in(from))?;
    Some(Arc::new(Close {
        interaction_id: row.id,
        way,
        resolution: sealed(chance),
        wrap_up_code: "done".to_owned(),
        caller: None,
    }))
}

fn park(s: &State, chance: &mut Chance) -> Option<Arc<dyn Command>> {
    let row = chance.of(&s.rows_in(&[S::Active, S::Active, S::Parked]))?;
    // Far ahead of whatever time these tests are run at, and within what is taken.
    let soon = Timestamp::from_micros(row.updated_at.micros() + 3_600_000_000);
    let wake_at = chance.one_in(2).then_some(soon);
    Some(Arc::new(Park { interaction_id: row.id, wake_at, caller: None }))
}

fn wake(s: &State, chance: &mut Chance) -> Option<Arc<dyn Command>> {
    let row = chance.of(&s.rows_in(&[S::Parked, S::Scheduled]))?;
    Some(Arc::new(Wake { interaction_id: row.id, caller: None }))
}

fn call_back(s: &State, chance: &mut Chance, at: bool) -> Option<Arc<dyn Command>> {
    let from: &[S] = if at {
        &[S::Queued, S::Offered, S::Active, S::Scheduled]
    } else {
        &[S::Queued, S::Offered]
    };
    let row = chance.of(&s.rows_in(from))?;
    let soon = Timestamp::from_micros(row.updated_at.micros() + 3_600_000_000);
    Some(Arc::new(RequestCallback { interaction_id: row.id, at: at.then_some(soon), caller: None }))
}

fn arrive_later(s: &State, chance: &mut Chance) -> Option<Arc<dyn Command>> {
    let newest = s.rows.iter().map(|row| row.updated_at.micros()).max()?;
    let callback_at = Some(Timestamp::from_micros(newest + 3_600_000_000));
    let person = known(s, chance)?;
    let arrive = arrival(s, chance, person)?;
    Some(Arc::new(Arrive { always_new: true, callback_at, ..arrive }))
}

fn close_resolved(s: &State, chance: &mut Chance) -> Option<Arc<dyn Command>> {
    let row = chance.of(&s.rows_in(&[S::Resolved]))?;
    // What was read may be told apart from what was resolved again since.
    let resolved_before = Timestamp::from_micros(row.resolved_at?.micros() + 1);
    Some(Arc::new(CloseResolved { interactions: vec![row.id], resolved_before }))
}

fn rate(s: &State, chance: &mut Chance) -> Option<Arc<dyn Command>> {
    let mut rows = s.rows_in(&[S::Resolved, S::Closed]);
    rows.retain(|row| row.rating == 0);
    let row = chance.of(&rows)?;
    Some(Arc::new(Rate { interaction_id: row.id, rating: 4, comment: sealed(chance) }))
}

fn open_rows(s: &State) -> Vec<Interaction> {
    s.rows_in(&[S::Queued, S::Offered, S::Active, S::Parked])
}

fn update(s: &State, chance: &mut Chance) -> Option<Arc<dyn Command>> {
    let row = chance.of(&open_rows(s))?;
    let needs = kinds_config::needs(s, chance, 3);
    Some(Arc::new(Update {
        interaction_id: row.id,
        version: if chance.one_in(8) { row.version } else { 0 },
        priority: chance.of(Priority::ALL),
        required_skills: chance.one_in(2).then_some(needs),
        language: chance.one_in(2).then(|| "de".to_owned()),
        subject: chance.one_in(2).then(|| Sealed(vec![9; 9])),
        tags: chance.one_in(2).then(|| labels::some(chance)),
        sentiment: chance.one_in(3).then_some(-60),
        caller: None,
    }))
}

fn escalate(s: &State, chance: &mut Chance, to: bool) -> Option<Arc<dyn Command>> {
    let row = chance.of(&s.rows_in(&[S::Queued, S::Offered, S::Active, S::Parked, S::Wrapping]))?;
    let to_queue = if to { Some(s.queue(chance)?) } else { None };
    Some(Arc::new(Escalate { interaction_id: row.id, priority: None, to_queue, caller: None }))
}

fn requeue(s: &State, chance: &mut Chance, why: Move, agent: bool) -> Option<Arc<dyn Command>> {
    let from = match why {
        Move::Reopen => s.rows_in(&[S::Resolved]),
        Move::Route => s.rows_in(&[S::Queued, S::Offered]),
        Move::Transfer => open_rows(s),
    };
    let row = chance.of(&from)?;
    let fit = |agent: &engine::floor::Agent| {
        is_ready(row.channel, agent) && agent.has_room(Claim::of_row(&row))
    };
    let mut agents = s.agents(fit);
    agents.retain(|id| row.owner_agent_id != Some(*id));
    let to_agent = if agent { Some(chance.of(&agents)?) } else { None };
    let to_queue = if chance.one_in(2) { s.queue(chance) } else { None };
    let known = |id: &QueueId| s.floor.queue(*id).is_some();
    if !to_queue.or(row.queue_id).is_some_and(|id| known(&id)) {
        return None;
    }
    Some(Arc::new(Requeue {
        interaction_id: InteractionId(row.id.0),
        reason: why,
        to_agent,
        to_queue,
        customer: None,
        judged: None,
        override_limits: false,
        caller: None,
    }))
}

/// To somebody who is there, with room or without.
fn over_limits(s: &State, chance: &mut Chance, why: Move) -> Option<Arc<dyn Command>> {
    let from = match why {
        Move::Route => s.rows_in(&[S::Queued, S::Offered]),
        _ => open_rows(s),
    };
    let row = chance.of(&from)?;
    let there = |agent: &engine::floor::Agent| {
        !agent.sessions.is_empty() && agent.presence.effective != EffectiveStatus::Offline
    };
    let mut agents = s.agents(there);
    agents.retain(|id| row.owner_agent_id != Some(*id));
    let queue = row.queue_id.filter(|id| s.floor.queue(*id).is_some())?;
    Some(Arc::new(Requeue {
        interaction_id: row.id,
        reason: why,
        to_agent: Some(chance.of(&agents)?),
        to_queue: Some(queue),
        customer: None,
        judged: None,
        override_limits: true,
        caller: None,
    }))
}

fn pulls(s: &State) -> Vec<QueueId> {
    let pulls = |spec: &QueueSpec| spec.assignment_mode == AssignmentMode::Pull;
    s.floor.queues().filter(|(_, spec)| pulls(spec)).map(|(id, _)| *id).collect()
}

/// Somebody who has something to take, as far as it is known.
fn take_next(s: &State, chance: &mut Chance) -> Option<Arc<dyn Command>> {
    take(s, chance, Vec::new())
}

fn take_next_of(s: &State, chance: &mut Chance) -> Option<Arc<dyn Command>> {
    let queues = vec![chance.of(&pulls(s))?];
    take(s, chance, queues)
}

fn take(s: &State, chance: &mut Chance, queues: Vec<QueueId>) -> Option<Arc<dyn Command>> {
    let newest = s.rows.iter().map(|row| row.updated_at).max()?;
    let mut agents = s.agents(|_| true);
    agents.retain(|id| routing::take::take(&s.floor, *id, &queues, newest).is_ok());
    Some(Arc::new(TakeNext { agent_id: chance.of(&agents)?, queues, caller: None }))
}

fn presence(s: &State, chance: &mut Chance, status: PresenceStatus) -> Option<Arc<dyn Command>> {
    let agent_id = chance.of(&s.agents(|_| true))?;
    let after_work = chance.one_in(4);
    let channels = if chance.one_in(6) { vec![ChannelKind::Chat] } else { Vec::new() };
    Some(Arc::new(SetPresence { agent_id, status, reason: None, after_work, channels }))
}

fn open_session(s: &State, chance: &mut Chance) -> Option<Arc<dyn Command>> {
    let agent_id = chance.of(&s.agents(|_| true))?;
    let session_id = chance.id();
    let epoch = 1 + i64::try_from(chance.below(2)).expect("it is small");
    let max_open_offers = chance.of(&[0, 1, 2])?;
    let node_id = NODE;
    Some(Arc::new(OpenSession { agent_id, session_id, node_id, epoch, max_open_offers }))
}

fn close_session(s: &State, chance: &mut Chance) -> Option<Arc<dyn Command>> {
    let agent_id = chance.of(&s.agents(|agent| !agent.sessions.is_empty()))?;
    let agent = s.floor.agent(agent_id)?;
    let sessions: Vec<_> = agent.sessions.iter().map(|(id, held)| (*id, *held)).collect();
    let (session_id, Session { node_id, epoch, .. }) = chance.of(&sessions)?;
    Some(Arc::new(CloseSession { agent_id, session_id, node_id, epoch }))
}

fn lose_node(_: &State, _: &mut Chance) -> Option<Arc<dyn Command>> {
    Some(Arc::new(LoseNode { node_id: NODE, epoch: 1 }))
}

fn report(s: &State, chance: &mut Chance) -> Option<Arc<dyn Command>> {
    let message = chance.of(&s.sent)?;
    let all = [DeliveryStatus::Sent, DeliveryStatus::Delivered, DeliveryStatus::Failed];
    Some(Arc::new(Report {
        message_id: message.id,
        status: chance.of(&all)?,
        attempt: 1,
        reason: String::new(),
        external_id: Sealed::default(),
        bounce: None,
        inbox: None,
    }))
}
