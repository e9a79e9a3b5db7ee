//! One of every noun, with every optional field there or not there.

use crate::support::{at, id, random};
use domain::agent::{
    Agent, AgentSpec, Capacity, EffectiveStatus, LabelCap, Place, Presence, PresenceStatus,
    Session, Team,
};
use domain::calendar::{Calendar, CalendarSpec, Date, DatedHours, Versions, WeeklyWindow, Window};
use domain::channel::{AccountStatus, ChannelAccount, ChannelKind};
use domain::customer::{ContactPoint, Customer, Suppression, SuppressionReason};
use domain::escalation::{Action, EscalationPolicy, EscalationSpec, Ladder, Level, Trigger};
use domain::escalation::{TriggerKind, WatchedState};
use domain::id::{AgentId, ConversationId, CustomerId, InteractionId, LabelId};
use domain::interaction::{
    Conversation, CoolDown, Interaction, InteractionStatus, Priority, SkillRequirement,
};
use domain::mail::{
    Attachment, MailParticipant, MailReference, MailSender, MailSettings, MailboxRow, Relay,
    RelaySecurity,
};
use domain::message::{AuthorKind, DeliveryStatus, DeliveryStep, Direction, Message};
use domain::offer::{Consult, Offer, OfferRole, OfferState};
use domain::plan::{After, Plan, PlanPin, PlanSpec, PlanStep, StepClock, Sticky};
use domain::queue::{Queue, QueueSpec, RoutingSettings, Skill, Strategy, WorkOrder};
use domain::rule::{Condition, ConditionField, ConditionOperator};
use domain::rule::{Rule, RuleAction, RuleMatch, RuleSpec};
use domain::schedule::{AfterShift, Duty, Schedule, ScheduleSpec};
use domain::sealed::{BlindIndex, Sealed};
use domain::sla::{Sla, SlaBreach, SlaClock, SlaMetric, SlaPause, SlaPolicy, SlaSpec, SlaTarget};
use domain::sla::{SlaTerm, SlaTerms};
use domain::tenant::{ApiKey, Permissions, Role};
use domain::time::Span;
use domain::time_off::{Absence, TimeOff};
use std::sync::Arc;
use store::{Idempotency, NewDelivery, PlanVersion, PresenceRow, SessionRow};

/// The value, if optional fields are to be there.
fn opt<T>(full: bool, value: T) -> Option<T> {
    full.then_some(value)
}

fn sealed(full: bool) -> Sealed {
    if full { Sealed(vec![0, 1, 254, 255]) } else { Sealed::default() }
}

fn text(full: bool, text: &str) -> String {
    if full { text.to_owned() } else { String::new() }
}

pub(crate) fn interaction(full: bool) -> Interaction {
    let skill = SkillRequirement { skill_id: id(), min_level: 3 };
    Interaction {
        id: id(),
        conversation_id: id(),
        customer_id: id(),
        channel: ChannelKind::Webhook,
        account_id: opt(full, id()),
        status: InteractionStatus::Queued,
        queue_id: opt(full, id()),
        priority: Priority::High,
        subject: sealed(full),
        tags: sealed(full),
        labels: labels(full),
        language: text(full, "pt-BR"),
        customer_tier: text(full, "gold"),
        place: opt(full, Place { north: -1_200_000, east: 17_000_000 }),
        required_skills: if full { vec![skill] } else { Vec::new() },
        matched_rule_id: opt(full, id()),
        matched_rule_version: if full { 7 } else { 0 },
        owner_agent_id: opt(full, id()),
        target_agent_id: opt(full, id()),
        consult: opt(full, Consult::of(&offer(full))),
        cool_downs: if full { vec![CoolDown { agent_id: id(), until: at(9) }] } else { vec![] },
        last_agent_id: opt(full, id()),
        account_owner_id: opt(full, id()),
        plan: opt(full, pin()),
        offers_made: 2,
        offers_failed: 1,
        escalation_level: 0,
        created_at: at(1),
        enqueued_at: opt(full, at(2)),
        enqueued_seq: 17,
        first_offered_at: opt(full, at(3)),
        accepted_at: opt(full, at(4)),
        first_response_at: opt(full, at(5)),
        resolved_at: opt(full, at(6)),
        closed_at: opt(full, at(7)),
        updated_at: at(8),
        resolution: sealed(full),
        wrap_up_code: text(full, "done"),
        rating: if full { 5 } else { 0 },
        rated_at: opt(full, at(8)),
        rating_comment: sealed(full),
        sla: full.then(|| Arc::new(sla())),
        ladder: full.then(|| Arc::new(ladder())),
        sentiment: opt(full, -40),
        wake_at: full.then(|| at(99)),
        callbacks: opt(full, 2),
        version: 4,
        last_seq: 21,
    }
}

pub(crate) fn conversation(full: bool) -> Conversation {
    Conversation {
        id: id(),
        customer_id: id(),
        channel: ChannelKind::Email,
        account_id: opt(full, id()),
        contact_point_id: opt(full, id()),
        created_at: at(1),
    }
}

fn step(status: DeliveryStatus) -> DeliveryStep {
    DeliveryStep { at: at(3), status, attempt: 1, reason: "why".to_owned() }
}

pub(crate) fn message(full: bool) -> Message {
    Message {
        id: id(),
        conversation_id: id(),
        interaction_id: id(),
        direction: Direction::Outbound,
        author_kind: AuthorKind::Agent,
        author_id: random(),
        body: sealed(full),
        status: DeliveryStatus::Queued,
        failure: text(full, "refused"),
        steps: if full {
            vec![step(DeliveryStatus::Unknown), step(DeliveryStatus::Sent)]
        } else {
            Vec::new()
        },
        external_id: sealed(full),
        sender: sealed(full),
        attachments: i16::from(full),
        created_at: at(1),
        updated_at: at(2),
        seq: 5,
    }
}

pub(crate) fn offer(full: bool) -> Offer {
    Offer {
        id: id(),
        interaction_id: id(),
        agent_id: id(),
        role: if full { OfferRole::Consult } else { OfferRole::Owner },
        queue_id: id(),
        channel: ChannelKind::Chat,
        state: OfferState::Pending,
        attempt: 1,
        offered_at: at(1),
        offered_seq: 3,
        expires_at: at(20),
        answered_at: opt(full, at(2)),
        wrap_until: opt(full, at(3)),
        ended_at: opt(full, at(4)),
        reason: text(full, "declined"),
        note: sealed(full),
        note_id: opt(full, id()),
        shadow_agent_id: opt(full, id()),
        labels: labels(full),
        override_limits: full,
        last_seq: 8,
    }
}

fn labels(full: bool) -> Vec<LabelId> {
    if full { vec![LabelId(id()), LabelId(id())] } else { Vec::new() }
}

fn capped(label: LabelId) -> (LabelId, LabelCap) {
    (label, LabelCap { name: "refund".to_owned(), max: 2 })
}

pub(crate) fn offer_of(interaction: InteractionId, agent: AgentId, state: OfferState) -> Offer {
    Offer { interaction_id: interaction, agent_id: agent, state, ..offer(false) }
}

pub(crate) fn interaction_of(conversation: ConversationId, customer: CustomerId) -> Interaction {
    Interaction { conversation_id: conversation, customer_id: customer, ..interaction(false) }
}

pub(crate) fn customer(full: bool) -> Customer {
    Customer {
        id: id(),
        profile: sealed(full),
        external_index: opt(full, BlindIndex(random().into_bytes())),
        tier: text(full, "gold"),
        language: text(full, "en"),
        last_agent_id: opt(full, id()),
        account_owner_id: opt(full, id()),
        version: 1,
        created_at: at(1),
        updated_at: at(2),
    }
}

pub(crate) fn contact_point(full: bool) -> ContactPoint {
    ContactPoint {
        id: id(),
        customer_id: id(),
        kind: ChannelKind::Sms,
        address: sealed(full),
        address_index: BlindIndex(random().into_bytes()),
        verified: full,
        suppression: full
            .then_some(Suppression { reason: SuppressionReason::HardBounce, at: at(5) }),
        soft_bounces: if full { vec![at(3), at(4)] } else { Vec::new() },
        created_at: at(1),
    }
}

pub(crate) fn agent(full: bool) -> Agent {
    let spec = AgentSpec {
        teams: vec![id()],
        skills: [(id(), 7)].into(),
        languages: vec!["de".to_owned()],
        capacity: Capacity {
            units: 3,
            per_channel: [(ChannelKind::Voice, 1)].into(),
            costs: [(ChannelKind::Voice, 2)].into(),
            interruptible: [ChannelKind::Email].into(),
            per_label: labels(full).into_iter().map(capped).collect(),
        },
        rank: 40,
        place: Some(Place { north: 1, east: -2 }),
        schedule_id: opt(full, id()),
    };
    Agent {
        id: id(),
        name: Sealed(vec![7, 0, 255]),
        email: sealed(full),
        spec: if full { spec } else { AgentSpec::default() },
        presence_reason: sealed(full),
        version: 1,
        created_at: at(1),
        updated_at: at(2),
    }
}

pub(crate) fn presence(full: bool) -> PresenceRow {
    let presence = Presence {
        intended: PresenceStatus::Available,
        effective: EffectiveStatus::Available,
        lease_until: opt(full, at(5)),
        since: at(1),
        next: opt(full, PresenceStatus::Break),
        channels: if full { vec![ChannelKind::Email, ChannelKind::MobileApp] } else { Vec::new() },
        duty: if full { Duty::OnCall } else { Duty::Unscheduled },
    };
    PresenceRow { agent_id: id(), presence, idle_seq: 12, asked_seq: 11, credit: 4 }
}

pub(crate) fn session() -> SessionRow {
    let session = Session { node_id: id(), epoch: 3, max_open_offers: 7 };
    SessionRow { id: id(), agent_id: id(), session, opened_at: at(1) }
}

fn name() -> String {
    format!("name {}", random())
}

pub(crate) fn team() -> Team {
    Team {
        id: id(),
        name: name(),
        description: "Ünïcode ✓".to_owned(),
        parent: Some(id()),
        escalates_to: Some(id()),
        version: 1,
        created_at: at(1),
        updated_at: at(2),
    }
}

pub(crate) fn skill() -> Skill {
    Skill {
        id: id(),
        name: name(),
        description: String::new(),
        version: 1,
        created_at: at(1),
        updated_at: at(2),
    }
}

pub(crate) fn routing_settings() -> RoutingSettings {
    let order = WorkOrder::FixedQueueRatio;
    RoutingSettings {
        order,
        gap_step: domain::time::Span::from_secs(9),
        version: 3,
        updated_at: at(4),
    }
}

pub(crate) fn queue() -> Queue {
    Queue {
        id: id(),
        name: name(),
        description: String::new(),
        spec: QueueSpec { max_size: 9, teams: vec![id()], ..QueueSpec::default() },
        version: 1,
        created_at: at(1),
        updated_at: at(2),
    }
}

pub(crate) fn plan() -> Plan {
    Plan {
        id: id(),
        name: name(),
        description: "it's \"quoted\"".to_owned(),
        spec: plan_spec(),
        version: 7,
        created_at: at(1),
        updated_at: at(2),
    }
}

fn plan_spec() -> PlanSpec {
    let after = After { clock: StepClock::Created, span: Span::from_secs(9) };
    let step = PlanStep {
        after: Some(after),
        sticky: Some(Sticky::Agent(id())),
        teams: vec![id()],
        queue_id: Some(id()),
        strategy: Some(Strategy::LongestIdle),
        offer_timeout: Some(Span::from_secs(3)),
        ..PlanStep::default()
    };
    PlanSpec { steps: vec![PlanStep::default(), step] }
}

pub(crate) fn plan_version() -> PlanVersion {
    PlanVersion { plan_id: id(), version: 3, spec: plan_spec() }
}

fn pin() -> PlanPin {
    let (since, created_at) = (at(5), at(4));
    let (failures, widened) = (vec![at(6)], vec![at(7)]);
    PlanPin { plan_id: id(), version: 3, since, created_at, passed: 1, failures, widened }
}

pub(crate) fn rule() -> Rule {
    let condition = Condition {
        field: ConditionField::Keyword,
        operator: ConditionOperator::Contains,
        key: String::new(),
        values: vec!["it's \"quoted\"".to_owned()],
        case_sensitive: true,
    };
    let action = RuleAction { queue_id: Some(id()), ..RuleAction::default() };
    Rule {
        id: id(),
        name: name(),
        spec: RuleSpec {
            groups: Vec::new(),
            expression: String::new(),
            position: 4,
            enabled: true,
            matching: RuleMatch::Any,
            conditions: vec![condition],
            action,
        },
        version: 1,
        created_at: at(1),
        updated_at: at(2),
    }
}

fn calendar_spec(zone: &str) -> CalendarSpec {
    let window = Window { start: 540, end: 1_560 };
    CalendarSpec {
        time_zone: zone.to_owned(),
        always_open: true,
        closed: true,
        weekly: vec![WeeklyWindow { day: 3, window }],
        dates: vec![DatedHours {
            date: Date::from_days(20_000),
            label: "it's".to_owned(),
            windows: vec![window],
        }],
    }
}

pub(crate) fn calendar() -> Calendar {
    let mut versions = Versions::new(1, calendar_spec("UTC"));
    versions.push(4, calendar_spec("Europe/Berlin"));
    Calendar {
        id: id(),
        name: name(),
        description: "when".to_owned(),
        versions,
        version: 5,
        created_at: at(1),
        updated_at: at(2),
    }
}

pub(crate) fn schedule() -> Schedule {
    let CalendarSpec { weekly, dates, .. } = calendar_spec("UTC");
    let spec = ScheduleSpec {
        time_zone: "Europe/Berlin".to_owned(),
        shifts: weekly.clone(),
        dates,
        breaks: weekly.clone(),
        on_call: weekly,
        after_shift: AfterShift::Offline,
    };
    Schedule { id: id(), name: name(), spec, version: 3, created_at: at(1), updated_at: at(2) }
}

pub(crate) fn time_off(full: bool) -> TimeOff {
    TimeOff {
        id: id(),
        agent_id: id(),
        absence: Absence { start_at: at(3), end_at: at(4) },
        reason: Sealed(if full { vec![5, 6] } else { Vec::new() }),
        created_at: at(1),
    }
}

pub(crate) fn sla_breach() -> SlaBreach {
    SlaBreach {
        seq: 2,
        interaction_id: id(),
        metric: SlaMetric::Resolution,
        round: 1,
        policy_id: Some(id()),
        queue_id: Some(id()),
        priority: Priority::High,
        due_at: at(1),
        breached_at: at(2),
    }
}

pub(crate) fn sla_policy() -> SlaPolicy {
    let target = Span::from_secs(90);
    let target = SlaTarget { metric: SlaMetric::Resolution, target, calendar_id: Some(id()) };
    SlaPolicy {
        id: id(),
        name: name(),
        spec: SlaSpec {
            tiers: vec!["gold \"1\"".to_owned()],
            targets: vec![target],
            warn_at: vec![50],
            urgency: Span::from_secs(60),
            ..SlaSpec::default()
        },
        version: 2,
        created_at: at(1),
        updated_at: at(2),
    }
}

fn escalation() -> EscalationSpec {
    let after = Span::from_secs(30);
    EscalationSpec {
        enabled: true,
        triggers: vec![
            Trigger::TimeInState { state: WatchedState::Waiting, after },
            Trigger::Priority(Priority::Urgent),
            Trigger::Keyword(vec!["\"lawyer\"".to_owned()]),
            Trigger::Sentiment(-50),
            Trigger::CustomerTier(vec!["gold".to_owned()]),
            Trigger::AgentRequest,
        ],
        levels: vec![Level {
            after,
            actions: vec![
                Action::RaisePriority(Some(Priority::Critical)),
                Action::Widen,
                Action::MoveToQueue(id()),
                Action::Notify(id()),
                Action::NotifyEscalationTeam,
                Action::Reassign(id()),
                Action::Page(id()),
            ],
        }],
        reminders: vec![after],
    }
}

pub(crate) fn escalation_policy() -> EscalationPolicy {
    EscalationPolicy {
        id: id(),
        name: name(),
        spec: escalation(),
        version: 2,
        created_at: at(1),
        updated_at: at(2),
    }
}

fn ladder() -> Ladder {
    let mut ladder = Ladder::new((id(), 3, Arc::new(escalation())), at(1), at(2));
    ladder.trigger = Some(TriggerKind::Keyword);
    ladder.climbs_since = Some(at(3));
    (ladder.fired, ladder.level, ladder.raised_at) = (5, 1, Some(at(4)));
    ladder
}

fn sla() -> Sla {
    let terms = SlaTerms {
        policy_id: Some(id()),
        version: 3,
        tier: u64::MAX,
        targets: Vec::new(),
        warn_at: vec![50, 80],
        pauses: SlaPause::ALL.to_vec(),
        reapplies: true,
        urgency: Span::from_secs(60),
    };
    let term = SlaTerm {
        metric: SlaMetric::NextResponse,
        target: Span::from_secs(5),
        calendar: Some((id(), 4)),
    };
    let clock = SlaClock {
        term,
        round: 2,
        started_at: Some(at(1)),
        running_since: Some(at(2)),
        spent: Span::from_secs(1),
        due_at: Some(at(9)),
        next_at: Some(at(8)),
        warned: 1,
        breached_at: None,
        stopped_at: None,
        dropped: false,
    };
    Sla {
        terms,
        clocks: vec![clock],
        replied: true,
        awaiting_customer: false,
        answered: true,
        wrapping: false,
        resolved: false,
        rests: true,
    }
}

pub(crate) fn account(full: bool) -> ChannelAccount {
    ChannelAccount {
        id: id(),
        kind: ChannelKind::Webhook,
        name: name(),
        status: AccountStatus::Active,
        url: text(full, "https://example.org/hook"),
        mail: full.then(mail_settings),
        secrets: sealed(full),
        secret_last4: text(full, "abcd"),
        default_queue_id: opt(full, id()),
        version: 1,
        created_at: at(1),
        updated_at: at(2),
    }
}

fn mail_settings() -> MailSettings {
    MailSettings {
        address: "help@example.org".to_owned(),
        display_name: "Help".to_owned(),
        relay: Some(Relay {
            host: "relay.example.org".to_owned(),
            port: 587,
            security: RelaySecurity::Starttls,
            username: "help".to_owned(),
        }),
        auto_reply: "We have it.".to_owned(),
        subject_days: 30,
    }
}

pub(crate) fn mailbox() -> MailboxRow {
    MailboxRow { account_id: id(), address: random().as_bytes().to_vec(), open: true }
}

pub(crate) fn mail_reference() -> MailReference {
    MailReference {
        message_id: id(),
        conversation_id: id(),
        index: BlindIndex(random().into_bytes()),
        headers: sealed(true),
    }
}

pub(crate) fn mail_participant(full: bool) -> MailParticipant {
    MailParticipant {
        conversation_id: id(),
        address: BlindIndex(random().into_bytes()),
        replied_at: opt(full, at(2)),
        created_at: at(1),
    }
}

pub(crate) fn mail_sender(full: bool) -> MailSender {
    MailSender {
        account_id: id(),
        address: BlindIndex(random().into_bytes()),
        inbound: if full { vec![at(1), at(2)] } else { Vec::new() },
        replies: if full { vec![at(2)] } else { Vec::new() },
        conversation_id: id(),
        interaction_id: id(),
        updated_at: at(2),
    }
}

pub(crate) fn attachment(full: bool) -> Attachment {
    Attachment {
        id: id(),
        customer_id: id(),
        conversation_id: id(),
        message_id: opt(full, id()),
        position: 1,
        meta: sealed(true),
        size: 5,
        received: 5,
        created_at: at(1),
    }
}

pub(crate) fn api_key(full: bool) -> ApiKey {
    ApiKey {
        id: id(),
        name: "key".to_owned(),
        role: Role::Agent,
        permissions: Permissions::from_bits(u32::MAX),
        agent_id: opt(full, id()),
        secret_hash: vec![4; 32],
        last4: "wxyz".to_owned(),
        created_at: at(1),
        expires_at: opt(full, at(2)),
        revoked_at: opt(full, at(3)),
    }
}

pub(crate) fn idempotency() -> Idempotency {
    Idempotency {
        key: random().into_bytes(),
        request_hash: random().into_bytes(),
        resource_id: random(),
        seq: 3,
        created_at: at(1),
    }
}

pub(crate) fn delivery(lane: u8) -> NewDelivery {
    NewDelivery {
        id: id(),
        lane: [lane; 16],
        message_id: id(),
        interaction_id: id(),
        account_id: id(),
        next_at: at(0),
        created_at: at(0),
        expires_at: at(3600),
        page: None,
    }
}
