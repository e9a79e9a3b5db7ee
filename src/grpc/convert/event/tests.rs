//! One event of every kind, and what becomes of it on the wire.

use super::*;
use domain::agent::{AgentSpec, EffectiveStatus, PresenceStatus};
use domain::channel::{AccountSpec, AccountStatus, ChannelKind};
use domain::escalation::{EscalationFact, TriggerKind};
use domain::event::{ConsultFact, EndReason, LifeFact, Operation, QueueReason, WakeReason};
use domain::id::{
    AccountId, AgentId, ApiKeyId, ContactPointId, InteractionId, MessageId, NodeId, OfferId,
    RuleId, SessionId, SkillId, TeamId, TenantId,
};
use domain::interaction::{InteractionStatus, Priority};
use domain::message::DeliveryStatus;
use domain::offer::OfferState;
use domain::plan::PlanSpec;
use domain::queue::{QueueSpec, RoutingSettings};
use domain::rule::RuleSpec;
use domain::schedule::{Duty, ScheduleFact};
use domain::sla::{SlaFact, SlaMetric, SlaPause, SlaTerms};
use domain::time::{Span, Timestamp};
use domain::time_off::{Absence, TimeOffFact};
use std::collections::BTreeSet;

/// An id that tells what it is of.
fn id<T: From<Uuid>>(of: u128) -> T {
    Uuid::from_u128(of).into()
}

const INTERACTION: u128 = 1;
const CONVERSATION: u128 = 2;
const CUSTOMER: u128 = 3;
const AGENT: u128 = 4;
const QUEUE: u128 = 5;
const OFFER: u128 = 6;
const MESSAGE: u128 = 7;
const THING: u128 = 8;

fn text(of: u128) -> String {
    Uuid::from_u128(of).to_string()
}

fn at(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros)
}

fn queued() -> Event {
    Event::InteractionQueued {
        interaction_id: id(INTERACTION),
        queue_id: id(QUEUE),
        channel: ChannelKind::Chat,
        priority: Priority::High,
        required_skills: Vec::new(),
        enqueued_at: at(9),
        enqueued_seq: 2,
        target_agent_id: None,
        offers_made: 0,
        reason: QueueReason::Arrived,
        rule_id: Some(id(THING)),
        plan: None,
        last_agent_id: Some(id(AGENT)),
        overflowed_from: Some(id(THING)),
        rule_version: 3,
        traits: Default::default(),
        ladder: None,
    }
}

fn created(interaction_id: InteractionId) -> Event {
    Event::InteractionCreated {
        interaction_id,
        conversation_id: id(CONVERSATION),
        customer_id: id(CUSTOMER),
        channel: ChannelKind::Chat,
        account_id: Some(id::<AccountId>(THING)),
        priority: Priority::High,
        rule_id: Some(id::<RuleId>(THING)),
        rule_version: 3,
        message_id: Some(id(MESSAGE)),
    }
}

fn of_work() -> Vec<Event> {
    let interaction_id: InteractionId = id(INTERACTION);
    let (agent_id, offer_id, queue_id) = (id::<AgentId>(AGENT), id::<OfferId>(OFFER), id(QUEUE));
    vec![
        created(interaction_id),
        queued(),
        Event::OfferMade {
            offer_id,
            interaction_id,
            agent_id,
            queue_id,
            channel: ChannelKind::Chat,
            attempt: 2,
            expires_at: at(30),
            shadow_agent_id: None,
            labels: Vec::new(),
            override_limits: true,
        },
        Event::OfferAccepted { offer_id, interaction_id, agent_id },
        Event::OfferEnded {
            offer_id,
            interaction_id,
            agent_id,
            state: OfferState::Rejected,
            reason: EndReason::Declined,
            cool_until: None,
        },
        Event::InteractionWrapping { interaction_id, offer_id, agent_id, wrap_until: at(40) },
        Event::InteractionTransferRequested {
            interaction_id,
            from_agent_id: Some(agent_id),
            to_agent_id: None,
            to_queue_id: Some(queue_id),
        },
        Event::InteractionEscalated {
            interaction_id,
            level: 2,
            priority: Priority::Urgent,
            queue_id: Some(queue_id),
            team_id: Some(id(THING)),
        },
        Event::InteractionUpdated {
            interaction_id,
            priority: Priority::Low,
            required_skills: Vec::new(),
            fields: vec!["priority".into()],
            language: None,
            labels: None,
        },
    ]
}

fn of_advice() -> Vec<Event> {
    let interaction_id: InteractionId = id(INTERACTION);
    let (agent_id, offer_id, queue_id) = (id::<AgentId>(AGENT), id::<OfferId>(OFFER), id(QUEUE));
    vec![
        Event::Consult(ConsultFact::Requested {
            offer_id,
            interaction_id,
            agent_id,
            owner_agent_id: agent_id,
            queue_id,
            channel: ChannelKind::Chat,
            expires_at: at(40),
            note_id: None,
            labels: Vec::new(),
        }),
        Event::Consult(ConsultFact::Started { offer_id, interaction_id, agent_id }),
        Event::Consult(ConsultFact::Ended {
            offer_id,
            interaction_id,
            agent_id,
            state: OfferState::Completed,
            reason: EndReason::Done,
        }),
    ]
}

fn of_ends() -> Vec<Event> {
    let (interaction_id, queue_id) = (id::<InteractionId>(INTERACTION), id(QUEUE));
    let agent_id = id::<AgentId>(AGENT);
    vec![
        Event::InteractionResolved { interaction_id, wrap_up_code: "done".into() },
        Event::InteractionReopened {
            interaction_id,
            queue_id: Some(queue_id),
            sla: None,
            taken: true,
        },
        Event::InteractionClosed { interaction_id, wrap_up_code: "done".into() },
        Event::InteractionCancelled { interaction_id, previous: Some(InteractionStatus::Queued) },
        Event::InteractionRated { interaction_id, rating: 4 },
        Event::Life(LifeFact::Abandoned {
            interaction_id,
            previous: InteractionStatus::Offered,
            queue_id: Some(queue_id),
        }),
        Event::Life(LifeFact::Parked {
            interaction_id,
            agent_id,
            queue_id: Some(queue_id),
            wake_at: Some(at(50)),
            counts: true,
            rested: None,
        }),
        Event::Life(LifeFact::Scheduled {
            interaction_id,
            queue_id: Some(queue_id),
            agent_id: Some(agent_id),
            wake_at: at(50),
            enqueued_at: at(40),
            attempts: 1,
            rested: None,
        }),
        Event::Life(LifeFact::CallbackRequested { interaction_id, queue_id: Some(queue_id) }),
        Event::Life(LifeFact::Woken {
            interaction_id,
            queue_id: Some(queue_id),
            by: WakeReason::Customer,
            sla: None,
            ladder: None,
        }),
        Event::Life(LifeFact::Expired { interaction_id, queue_id: Some(queue_id) }),
    ]
}

fn of_messages() -> Vec<Event> {
    vec![
        added(Direction::Inbound),
        added(Direction::Outbound),
        added(Direction::InternalNote),
        Event::MessageStatusChanged {
            message_id: id::<MessageId>(MESSAGE),
            interaction_id: id(INTERACTION),
            status: DeliveryStatus::Delivered,
            reason: String::new(),
            attempt: 2,
        },
    ]
}

fn added(direction: Direction) -> Event {
    Event::MessageAdded {
        message_id: id(MESSAGE),
        interaction_id: id(INTERACTION),
        conversation_id: id(CONVERSATION),
        direction,
        first_response: false,
        account_id: Some(id(THING)),
        loop_suspected: direction == Direction::Inbound,
    }
}

fn of_agents() -> Vec<Event> {
    let agent_id: AgentId = id(AGENT);
    let session_id: SessionId = id(THING);
    vec![
        Event::AgentSessionOpened {
            agent_id,
            session_id,
            node_id: id::<NodeId>(9),
            epoch: 1,
            max_open_offers: 2,
        },
        Event::AgentSessionClosed { agent_id, session_id },
        Event::AgentPresenceChanged {
            agent_id,
            intended: PresenceStatus::Break,
            effective: EffectiveStatus::Unavailable,
            lease_until: None,
            previous: Some(EffectiveStatus::Available),
            next: Some(PresenceStatus::Training),
            channels: vec![ChannelKind::Chat],
            duty: Duty::OnBreak,
        },
        Event::AgentSaved {
            agent_id,
            spec: AgentSpec::default(),
            change: Change::Updated,
            version: 4,
        },
        Event::AgentDeleted { agent_id },
    ]
}

fn of_configuration() -> Vec<Event> {
    let rule = RuleSpec { position: 1, ..RuleSpec::default() };
    let account = AccountSpec {
        kind: ChannelKind::Webhook,
        status: AccountStatus::Active,
        default_queue_id: None,
    };
    let (created, updated, deleted) = (Change::Created, Change::Updated, Change::Deleted);
    vec![
        Event::TeamChanged {
            team_id: id::<TeamId>(THING),
            change: created,
            version: 4,
            parent: None,
            escalates_to: None,
        },
        Event::SkillChanged { skill_id: id::<SkillId>(THING), change: deleted, version: 0 },
        Event::QueueSaved {
            queue_id: id(QUEUE),
            spec: QueueSpec::default(),
            change: created,
            version: 4,
        },
        Event::QueueDeleted { queue_id: id(QUEUE) },
        Event::RuleSaved { rule_id: id(THING), spec: rule, change: updated, version: 4 },
        Event::RuleDeleted { rule_id: id(THING) },
        Event::PlanSaved {
            plan_id: id(THING),
            spec: PlanSpec::default(),
            change: created,
            version: 4,
        },
        Event::PlanDeleted { plan_id: id(THING) },
        Event::RoutingSettingsSaved {
            tenant_id: id::<TenantId>(THING),
            settings: RoutingSettings { version: 4, ..RoutingSettings::default() },
        },
        Event::AccountSaved { account_id: id(THING), spec: account, change: updated, version: 4 },
        Event::AccountDeleted { account_id: id(THING) },
        Event::CustomerChanged { customer_id: id(CUSTOMER), change: deleted },
        Event::ContactPointChanged {
            contact_point_id: id::<ContactPointId>(THING),
            customer_id: id(CUSTOMER),
            channel: ChannelKind::Sms,
            change: created,
        },
        Event::ApiKeyChanged { api_key_id: id::<ApiKeyId>(THING), change: deleted },
        Event::TenantChanged { tenant_id: id::<TenantId>(THING), change: created },
        Event::OperatorActed {
            operation: Operation::SessionClosed,
            resource_id: id(THING),
            agent_id: Some(id(AGENT)),
        },
    ]
}

fn of_promises() -> Vec<Event> {
    let (interaction_id, metric) = (id::<InteractionId>(INTERACTION), SlaMetric::Resolution);
    let (policy_id, queue_id) = (Some(id(THING)), Some(id(QUEUE)));
    let terms = SlaTerms {
        policy_id,
        version: 4,
        tier: u64::MAX,
        targets: Vec::new(),
        warn_at: vec![50],
        pauses: SlaPause::ALL.to_vec(),
        reapplies: true,
        urgency: Span::from_secs(60),
    };
    let (policy, calendar) = (Box::default(), Box::default());
    let change = Change::Updated;
    let facts = [
        SlaFact::Applied { interaction_id, terms: Box::new(terms) },
        SlaFact::Warned {
            interaction_id,
            metric,
            round: 2,
            percent: 50,
            due_at: Some(at(50)),
            policy_id,
            queue_id,
        },
        SlaFact::Breached {
            interaction_id,
            metric,
            round: 2,
            due_at: at(50),
            policy_id,
            queue_id,
            priority: Priority::High,
        },
        SlaFact::PolicySaved { policy_id: id(THING), spec: policy, change, version: 4 },
        SlaFact::PolicyDeleted { policy_id: id(THING) },
        SlaFact::CalendarSaved { calendar_id: id(THING), spec: calendar, change, version: 4 },
        SlaFact::CalendarDeleted { calendar_id: id(THING) },
    ];
    facts.into_iter().map(Event::Sla).collect()
}

fn of_escalation() -> Vec<Event> {
    let (interaction_id, policy_id) = (id::<InteractionId>(INTERACTION), id(THING));
    let (queue_id, trigger) = (Some(id(QUEUE)), TriggerKind::Keyword);
    let change = Change::Updated;
    let facts = [
        EscalationFact::Triggered { interaction_id, policy_id, index: 1, trigger, queue_id },
        EscalationFact::Raised {
            interaction_id,
            policy_id,
            level: 2,
            trigger,
            priority: Priority::High,
            widened: true,
            queue_id,
            notified: vec![id(THING)],
            paged: vec![id(THING)],
        },
        EscalationFact::Reminded { interaction_id, policy_id, level: 2, count: 1, queue_id },
        EscalationFact::PolicySaved { policy_id, spec: Default::default(), change, version: 4 },
        EscalationFact::PolicyDeleted { policy_id },
    ];
    facts.into_iter().map(Event::Escalation).collect()
}

fn of_schedules() -> Vec<Event> {
    let (schedule_id, change) = (id(THING), Change::Updated);
    let spec = Default::default();
    let facts = [
        ScheduleFact::Saved { schedule_id, spec, change, version: 4 },
        ScheduleFact::Deleted { schedule_id },
    ];
    facts.into_iter().map(Event::Schedule).collect()
}

fn of_time_off() -> Vec<Event> {
    let (agent_id, time_off_id) = (id(AGENT), id(THING));
    let absence = Absence { start_at: at(5), end_at: at(9) };
    let facts = [
        TimeOffFact::Booked { agent_id, time_off_id, absence },
        TimeOffFact::Ended { agent_id, time_off_id, withdrawn: true },
    ];
    facts.into_iter().map(Event::TimeOff).collect()
}

fn recorded(event: Event) -> Recorded {
    let actor = Actor { kind: ActorKind::Agent, id: Uuid::from_u128(AGENT) };
    let request_id = "0198".to_owned();
    Recorded { seq: 17, at: at(1_763_000_000_000_123), actor, request_id, event }
}

fn all() -> Vec<Recorded> {
    let work = [of_work(), of_advice(), of_ends(), of_messages(), of_promises()].concat();
    let work = [work, of_escalation()].concat();
    let events = [work, of_agents(), of_configuration(), of_schedules()].concat();
    let events = [events, of_time_off()].concat();
    events.into_iter().map(recorded).collect()
}

#[test]
fn every_kind_of_the_log_has_data_and_a_kind_of_the_contract() {
    let names: BTreeSet<&str> = all().iter().map(|r| r.event.name()).collect();
    assert_eq!(names.len(), 62, "one sample of each kind of the log");
    let mut kinds = BTreeSet::new();
    for recorded in all() {
        let wire = event(&recorded);
        let data = wire.data.as_ref().expect("every kind has data");
        assert_eq!(wire.kind, kind(data));
        kinds.insert(wire.kind);
    }
    assert_eq!(kinds.len(), 43, "every member of the contract's data is used");
}

#[test]
fn every_kind_is_read_as_it_was_stored() {
    for recorded in all() {
        let stored = serde_json::to_vec(&recorded).expect("plain data");
        let read: Recorded = serde_json::from_slice(&stored).expect("what was stored");
        assert_eq!(read, recorded);
    }
}

#[test]
fn who_when_and_where_are_told_of_each() {
    for recorded in all() {
        let wire = event(&recorded);
        assert_eq!((wire.seq, wire.request_id.as_str()), (17, "0198"));
        assert_eq!(wire.time, Some(timestamp(recorded.at)));
        assert_eq!(wire.actor_kind, v1::ActorKind::Agent as i32);
        assert_eq!(wire.actor_id, text(AGENT));
        let interaction = recorded.event.interaction_id().map(|_| text(INTERACTION));
        assert_eq!(wire.interaction_id, interaction.unwrap_or_default());
        let agent = recorded.event.agent_id().map(|_| text(AGENT));
        assert_eq!(wire.agent_id, agent.unwrap_or_default());
    }
}

#[test]
fn what_it_is_about_is_told() {
    let about = |event_: Event| event(&recorded(event_));
    let created = about(of_work().remove(0));
    assert_eq!(created.conversation_id, text(CONVERSATION));
    assert_eq!(created.customer_id, text(CUSTOMER));
    let Some(Data::InteractionCreated(data)) = created.data else { panic!("created") };
    assert_eq!((data.channel, data.priority), (4, 3));
    assert_eq!(data.channel_account_id, text(THING));
    let queued = about(of_work().remove(1));
    assert_eq!(queued.queue_id, text(QUEUE));
    let offered = about(of_work().remove(2));
    assert_eq!((offered.queue_id, offered.agent_id), (text(QUEUE), text(AGENT)));
    let Some(Data::OfferMade(data)) = offered.data else { panic!("made") };
    assert_eq!((data.attempt, data.expire_time), (2, Some(timestamp(at(30)))));
    assert!(data.override_limits);
    let ended = about(of_work().remove(4));
    let Some(Data::OfferEnded(data)) = ended.data else { panic!("ended") };
    assert_eq!((data.state, data.reason.as_str()), (7, "declined"));
    let transfer = about(of_work().remove(6));
    assert_eq!(transfer.queue_id, text(QUEUE));
}

#[test]
fn a_message_is_received_or_sent_and_written_by_its_actor() {
    let received = event(&recorded(added(Direction::Inbound)));
    assert_eq!(received.kind, "message.received");
    let authors = [
        (ActorKind::System, v1::AuthorKind::System),
        (ActorKind::Key, v1::AuthorKind::Integration),
        (ActorKind::Principal, v1::AuthorKind::Integration),
        (ActorKind::Agent, v1::AuthorKind::Agent),
        (ActorKind::Customer, v1::AuthorKind::Customer),
    ];
    for direction in [Direction::Outbound, Direction::InternalNote, Direction::System] {
        for (kind, author) in authors {
            let actor = Actor { kind, id: Uuid::from_u128(AGENT) };
            let wire = event(&Recorded { actor, ..recorded(added(direction)) });
            let Some(Data::MessageSent(data)) = wire.data else { panic!("sent") };
            assert_eq!(data.direction, direction.to_wire());
            assert_eq!((data.author_kind, data.author_id), (author as i32, text(AGENT)));
        }
    }
}

#[test]
fn configuration_is_one_kind_and_a_key_is_revoked() {
    let promised = of_promises().into_iter().skip(3).chain(of_schedules());
    let config = of_configuration().into_iter().take(9).chain(promised);
    for one in config.chain(of_agents().into_iter().skip(3)) {
        let name = one.name();
        let wire = event(&recorded(one));
        let Some(Data::ConfigChanged(data)) = wire.data else { panic!("{name}") };
        assert!(data.resource_kind != 0 && data.action != 0, "{name}");
        assert!(!data.resource_id.is_empty(), "{name}");
        let gone = data.action == v1::ChangeAction::Deleted as i32;
        assert!(gone || !name.ends_with("deleted"), "{name}");
        assert_eq!(data.version, if gone { 0 } else { 4 }, "{name}");
    }
    let key = event(&recorded(Event::ApiKeyChanged { api_key_id: id(8), change: Change::Deleted }));
    let Some(Data::ApiKeyChanged(data)) = key.data else { panic!("a key") };
    assert_eq!(data.action, v1::ChangeAction::Revoked as i32);
}

#[test]
fn the_service_itself_has_no_id() {
    let own = Recorded { actor: Actor::SYSTEM, ..recorded(of_ends().remove(0)) };
    let wire = event(&own);
    assert_eq!((wire.actor_kind, wire.actor_id.as_str()), (v1::ActorKind::System as i32, ""));
    let Some(Data::InteractionResolved(data)) = wire.data else { panic!("resolved") };
    assert_eq!(data.agent_id, "", "nobody resolved it");
    let closed = of_agents().remove(1);
    let word = |actor| match event(&Recorded { actor, ..recorded(closed.clone()) }).data {
        Some(Data::AgentSessionClosed(data)) => data.reason,
        _ => panic!("closed"),
    };
    assert_eq!(word(Actor::SYSTEM), "lost");
    assert_eq!(word(recorded(closed.clone()).actor), "closed");
}

#[test]
fn an_identifier_is_stable_and_its_own() {
    let ids: BTreeSet<String> = all().iter().map(event_id).collect();
    let messages = 2; // three samples of one kind differ only in direction
    assert_eq!(ids.len(), all().len() - messages);
    for recorded in all() {
        let id = Uuid::parse_str(&event_id(&recorded)).expect("a UUID");
        assert_eq!(id.get_version_num(), 7);
        assert_eq!(id.to_string(), event_id(&recorded.clone()));
        let next = Recorded { seq: recorded.seq + 1, ..recorded.clone() };
        assert_ne!(event_id(&next), id.to_string());
        let millis = id.get_timestamp().expect("it holds its time").to_unix();
        assert_eq!(millis, (1_763_000_000, 0));
    }
}
