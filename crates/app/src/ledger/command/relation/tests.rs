//! Every relation against every verb: what a caller's role and agent let them change, decided by
//! the commands themselves on a floor with a tree of teams.

use super::*;
use crate::ledger::command::Command;
use crate::ledger::command::answer::{Answer, Saying};
use crate::ledger::command::close::{Close, Way};
use crate::ledger::command::consult::ConsultAgent;
use crate::ledger::command::escalate::Escalate;
use crate::ledger::command::presence::SetPresence;
use crate::ledger::command::reply::Reply;
use crate::ledger::command::requeue::{Move, Requeue};
use crate::ledger::command::take::TakeNext;
use crate::ledger::command::update::Update;
use crate::ledger::draft::Draft;
use domain::agent::{AgentSpec, PresenceStatus};
use domain::channel::ChannelKind;
use domain::event::{Actor, Change, Event, QueueReason, Recorded};
use domain::id::{
    ApiKeyId, ConversationId, CustomerId, InteractionId, OfferId, PrincipalId, QueueId, TeamId,
    TenantId,
};
use domain::interaction::{InteractionStatus, Priority};
use domain::message::AuthorKind;
use domain::queue::QueueSpec;
use domain::sealed::Sealed;
use domain::tenant::Credential;
use domain::time::Timestamp;
use uuid::Uuid;

fn id<T: From<Uuid>>(n: u128) -> T {
    Uuid::from_u128(n).into()
}

/// Teams: `TOP` has `MINE` and `SIBLING` below it, `MINE` has `LOW`. There is one agent in each,
/// and `LONE` in none; the supervisor is in `MINE`.
const TOP: u128 = 1;
const MINE: u128 = 2;
const LOW: u128 = 3;
const SIBLING: u128 = 4;
const LONE: u128 = 5;
const LEADER: u128 = 6;

/// A queue of each team, and one that names none.
const OPEN: u128 = LONE;

fn agent(n: u128) -> AgentId {
    id(0xa0 + n)
}

fn queue(n: u128) -> QueueId {
    id(0xb0 + n)
}

fn floor() -> Floor {
    let mut events = Vec::new();
    for (team, parent) in [(TOP, None), (MINE, Some(TOP)), (LOW, Some(MINE)), (SIBLING, Some(TOP))]
    {
        let (team_id, parent) = (id(team), parent.map(id));
        let (change, version) = (Change::Created, 1);
        let escalates_to = None;
        events.push(Event::TeamChanged { team_id, change, version, parent, escalates_to });
    }
    let of = |team: u128| if team == LONE { Vec::new() } else { vec![id::<TeamId>(team)] };
    for (n, team) in
        [(TOP, TOP), (MINE, MINE), (LOW, LOW), (SIBLING, SIBLING), (LONE, LONE), (LEADER, MINE)]
    {
        let mut spec = AgentSpec { teams: of(team), ..AgentSpec::default() };
        spec.capacity.units = 9;
        let (agent_id, change, version) = (agent(n), Change::Created, 1);
        events.push(Event::AgentSaved { agent_id, spec, change, version });
    }
    for n in [TOP, MINE, LOW, SIBLING, OPEN] {
        let spec = QueueSpec { teams: of(n), ..QueueSpec::default() };
        let (queue_id, change, version) = (queue(n), Change::Created, 1);
        events.push(Event::QueueSaved { queue_id, spec, change, version });
    }
    let mut floor = Floor::default();
    for (at, event) in events.into_iter().enumerate() {
        let seq = i64::try_from(at).expect("few") + 1;
        let (request_id, at) = (String::new(), Timestamp::from_micros(1));
        floor.apply(&Recorded { seq, at, actor: Actor::SYSTEM, request_id, event });
    }
    floor
}

fn caller(role: Role, agent: Option<AgentId>) -> Caller {
    Caller {
        tenant: TenantId::SYSTEM,
        principal: PrincipalId(Uuid::nil()),
        credential: Credential::Key(ApiKeyId(Uuid::nil())),
        role,
        permissions: role.permissions(),
        agent,
    }
}

const WORK: InteractionId = InteractionId(Uuid::from_u128(0xc0));
const OFFER: OfferId = OfferId(Uuid::from_u128(0xd0));

/// Work in a queue, owned by an agent or by nobody.
fn row(queue_id: QueueId, owner: Option<AgentId>) -> Interaction {
    let at = Some(Timestamp::from_micros(1));
    let status =
        if owner.is_some() { InteractionStatus::Active } else { InteractionStatus::Queued };
    Interaction {
        id: WORK,
        conversation_id: ConversationId(Uuid::from_u128(0xe0)),
        customer_id: CustomerId(Uuid::from_u128(0xe1)),
        channel: ChannelKind::Chat,
        account_id: None,
        status,
        queue_id: Some(queue_id),
        priority: Priority::Normal,
        subject: Sealed::default(),
        tags: Sealed::default(),
        labels: Vec::new(),
        language: String::new(),
        customer_tier: String::new(),
        place: None,
        required_skills: Vec::new(),
        matched_rule_id: None,
        matched_rule_version: 0,
        owner_agent_id: owner,
        target_agent_id: None,
        consult: None,
        cool_downs: Vec::new(),
        last_agent_id: None,
        account_owner_id: None,
        plan: None,
        offers_made: 1,
        offers_failed: 0,
        escalation_level: 0,
        created_at: Timestamp::from_micros(1),
        enqueued_at: at,
        enqueued_seq: 1,
        first_offered_at: at,
        accepted_at: owner.and(at),
        first_response_at: None,
        sla: None,
        ladder: None,
        sentiment: None,
        wake_at: None,
        callbacks: None,
        resolved_at: None,
        closed_at: None,
        updated_at: Timestamp::from_micros(1),
        resolution: Sealed::default(),
        wrap_up_code: String::new(),
        rating: 0,
        rated_at: None,
        rating_comment: Sealed::default(),
        version: 1,
        last_seq: 1,
    }
}

/// A draft in which the work is as `row` says, and offered to its owner if `pending`.
fn draft(caller: Caller, work: Option<&Interaction>, pending: bool) -> Draft {
    let mut draft = Draft::new(TenantId::SYSTEM, floor(), Timestamp::from_micros(9), 7);
    draft.caller = Some(caller);
    let Some(work) = work else { return draft };
    draft.rows.interactions.loaded(WORK, Some(work.clone()));
    draft.rows.conversations.loaded(work.conversation_id, None);
    draft.rows.offers.loaded(OFFER, None);
    let queue_id = work.queue_id.expect("it is in a queue");
    draft.record(Event::InteractionQueued {
        interaction_id: WORK,
        queue_id,
        channel: work.channel,
        priority: work.priority,
        required_skills: Vec::new(),
        enqueued_at: Timestamp::from_micros(1),
        enqueued_seq: 1,
        target_agent_id: None,
        offers_made: 0,
        reason: QueueReason::Arrived,
        rule_id: None,
        plan: None,
        last_agent_id: None,
        overflowed_from: None,
        rule_version: 0,
        traits: work.traits(),
        ladder: None,
    });
    if let Some(agent_id) = work.owner_agent_id {
        let (interaction_id, offer_id) = (WORK, OFFER);
        draft.record(Event::OfferMade {
            offer_id,
            interaction_id,
            agent_id,
            queue_id,
            channel: work.channel,
            attempt: 1,
            expires_at: Timestamp::from_micros(1 << 40),
            shadow_agent_id: None,
            labels: Vec::new(),
            override_limits: false,
        });
        if !pending {
            draft.record(Event::OfferAccepted { offer_id, interaction_id, agent_id });
        }
    }
    draft
}

fn verbs(caller: Caller) -> Vec<(&'static str, Box<dyn Command>)> {
    let asked = Some(caller);
    let interaction_id = WORK;
    let requeue = |reason, to_queue| Requeue {
        interaction_id,
        reason,
        to_agent: None,
        to_queue,
        judged: None,
        override_limits: false,
        customer: None,
        caller: asked,
    };
    vec![
        ("transfer", Box::new(requeue(Move::Transfer, Some(queue(OPEN))))),
        ("route", Box::new(requeue(Move::Route, None))),
        (
            "consult",
            Box::new(ConsultAgent {
                interaction_id,
                agent_id: agent(LEADER),
                question: None,
                caller: asked,
            }),
        ),
        (
            "escalate",
            Box::new(Escalate { interaction_id, priority: None, to_queue: None, caller: asked }),
        ),
        (
            "close",
            Box::new(Close {
                interaction_id,
                way: Way::Resolve,
                resolution: Sealed::default(),
                wrap_up_code: String::new(),
                caller: asked,
            }),
        ),
        (
            "update",
            Box::new(Update {
                interaction_id,
                version: 0,
                priority: Some(Priority::High),
                required_skills: None,
                language: None,
                subject: None,
                tags: None,
                sentiment: None,
                caller: asked,
            }),
        ),
        ("note", Box::new(note(caller))),
    ]
}

fn note(caller: Caller) -> Reply {
    Reply {
        interaction_id: WORK,
        conversation_id: ConversationId(Uuid::from_u128(0xe0)),
        account_id: None,
        body: Sealed::default(),
        contact_point_id: None,
        attachments: Vec::new(),
        relay: false,
        note: true,
        author_kind: AuthorKind::Agent,
        author_id: Uuid::nil(),
        caller: Some(caller),
    }
}

/// Whether a refusal is about who asks.
fn about_who(refused: &No) -> Option<Reason> {
    let No::Refused(refusal) = refused else { return None };
    let reasons = [Reason::OutsideTeam, Reason::NotInteractionOwner, Reason::PermissionDenied];
    reasons.into_iter().find(|reason| *reason == refusal.reason)
}

/// What every verb says of this work: who-refusals, all the same, or none.
fn verdict(caller: Caller, work: &Interaction) -> Option<Reason> {
    let mut told = Vec::new();
    for (verb, command) in verbs(caller) {
        let mut draft = draft(caller, Some(work), false);
        let before = draft.seq();
        let refused = command.decide(&mut draft).err();
        let reason = refused.as_ref().and_then(about_who);
        assert!(reason.is_none() || draft.seq() == before, "{verb} recorded before it refused");
        told.push((verb, reason));
    }
    assert!(told.windows(2).all(|two| two[0].1 == two[1].1), "verbs differ: {told:?}");
    told[0].1
}

#[test]
fn work_is_changed_by_whom_it_concerns() {
    const OUTSIDE: Option<Reason> = Some(Reason::OutsideTeam);
    const OTHERS: Option<Reason> = Some(Reason::NotInteractionOwner);
    let leader = caller(Role::Supervisor, Some(agent(LEADER)));
    let member = caller(Role::Agent, Some(agent(LEADER)));
    let unbound = caller(Role::Supervisor, None);
    let admin = caller(Role::TenantAdmin, Some(agent(LEADER)));
    let backend = caller(Role::Integration, None);
    // Queue, owner; what the bound supervisor and the agent are told.
    type Line = (u128, Option<u128>, Option<Reason>, Option<Reason>);
    let table: &[Line] = &[
        (SIBLING, Some(LEADER), None, None),
        (MINE, Some(MINE), None, OTHERS),
        (LOW, Some(LOW), None, OTHERS),
        (SIBLING, Some(LOW), None, OTHERS),
        (LOW, Some(SIBLING), None, OTHERS),
        (MINE, None, None, OTHERS),
        (LOW, None, None, OTHERS),
        (OPEN, None, None, OTHERS),
        (OPEN, Some(LOW), None, OTHERS),
        (OPEN, Some(SIBLING), OUTSIDE, OTHERS),
        (OPEN, Some(LONE), OUTSIDE, OTHERS),
        (SIBLING, Some(SIBLING), OUTSIDE, OTHERS),
        (SIBLING, None, OUTSIDE, OTHERS),
        (TOP, Some(TOP), OUTSIDE, OTHERS),
        (TOP, None, OUTSIDE, OTHERS),
    ];
    for (of, owner, led, own) in table {
        let work = row(queue(*of), owner.map(agent));
        let what = format!("queue {of}, owner {owner:?}");
        assert_eq!(verdict(leader, &work), *led, "supervisor of MINE: {what}");
        assert_eq!(verdict(member, &work), *own, "agent: {what}");
        for whole in [unbound, admin, backend] {
            assert_eq!(verdict(whole, &work), None, "{:?}: {what}", whole.role);
        }
    }
}

#[test]
fn desks_are_worked_at_by_whom_they_concern() {
    let leader = caller(Role::Supervisor, Some(agent(LEADER)));
    let member = caller(Role::Agent, Some(agent(LEADER)));
    let admin = caller(Role::TenantAdmin, None);
    let unbound = caller(Role::Supervisor, None);
    let presence = |who: Caller, of: u128| {
        let (agent_id, status) = (agent(of), PresenceStatus::Break);
        let mut draft = draft(who, None, false);
        let set = SetPresence::plain(agent_id, status);
        set.decide(&mut draft).err().as_ref().and_then(about_who)
    };
    let take = |who: Caller, of: u128| {
        let take = TakeNext { agent_id: agent(of), queues: Vec::new(), caller: Some(who) };
        take.decide(&mut draft(who, None, false)).err().as_ref().and_then(about_who)
    };
    let answer = |who: Caller, of: u128| {
        let mut draft = draft(who, Some(&row(queue(OPEN), Some(agent(of)))), true);
        let (offer_id, saying) = (OFFER, Saying::Accept);
        let answer = Answer { offer_id, saying, note: Sealed::default(), caller: Some(who) };
        match answer.decide(&mut draft) {
            Err(No::Refused(refusal)) => Some(refusal.reason),
            _ => None,
        }
    };
    let outside = Some(Reason::OutsideTeam);
    for (of, told) in
        [(LEADER, None), (MINE, None), (LOW, None), (SIBLING, outside), (TOP, outside)]
    {
        assert_eq!(presence(leader, of), told, "a supervisor sets the presence of {of}");
        assert_eq!(answer(leader, of), told, "a supervisor answers for {of}");
        assert_eq!(take(leader, of), told, "a supervisor takes work for {of}");
        assert_eq!(presence(admin, of), None);
        assert_eq!(answer(admin, of), None);
        let denied = Some(Reason::PermissionDenied);
        assert_eq!(presence(unbound, of), denied);
        assert_eq!(presence(member, of), denied.filter(|_| of != LEADER));
        assert_eq!(take(member, of), denied.filter(|_| of != LEADER));
        // To another agent the offer does not exist.
        let gone = Some(Reason::ResourceNotFound);
        assert_eq!(answer(member, of), gone.filter(|_| of != LEADER));
    }
}

#[test]
fn work_is_handed_only_to_agents_who_are_led() {
    let leader = caller(Role::Supervisor, Some(agent(LEADER)));
    let work = row(queue(MINE), Some(agent(MINE)));
    let hand = |who: Caller, to: u128| {
        let requeue = Requeue {
            interaction_id: WORK,
            reason: Move::Transfer,
            to_agent: Some(agent(to)),
            to_queue: None,
            judged: None,
            override_limits: false,
            customer: None,
            caller: Some(who),
        };
        let refused = requeue.decide(&mut draft(who, Some(&work), false)).err();
        refused.as_ref().and_then(about_who)
    };
    assert_eq!(hand(leader, LOW), None);
    assert_eq!(hand(leader, SIBLING), Some(Reason::OutsideTeam));
    assert_eq!(hand(caller(Role::Agent, Some(agent(MINE))), SIBLING), None, "an owner may");
}

#[test]
fn a_membership_taken_away_counts_from_the_next_command_on() {
    let leader = caller(Role::Supervisor, Some(agent(LEADER)));
    let work = row(queue(LOW), None);
    let mut draft = draft(leader, Some(&work), false);
    assert!(check_work(&draft.floor, Some(&leader), &work).is_ok());
    let (agent_id, spec, version) = (agent(LEADER), AgentSpec::default(), 2);
    draft.record(Event::AgentSaved { agent_id, spec, change: Change::Updated, version });
    assert!(check_work(&draft.floor, Some(&leader), &work).is_err());
    // So does a team that was moved from below.
    let mut moved = Draft::new(TenantId::SYSTEM, floor(), Timestamp::from_micros(9), 7);
    let (team_id, parent) = (id(LOW), Some(id(SIBLING)));
    let (change, version, escalates_to) = (Change::Updated, 2, None);
    moved.record(Event::TeamChanged { team_id, change, version, parent, escalates_to });
    assert!(check_work(&moved.floor, Some(&leader), &work).is_err());
}
