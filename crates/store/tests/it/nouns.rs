//! One of every noun, with every optional field there or not there.

use crate::support::{at, id, random};
use domain::agent::{
    Agent, AgentSpec, Capacity, EffectiveStatus, Presence, PresenceStatus, Session, Team,
};
use domain::channel::{AccountStatus, ChannelAccount, ChannelKind};
use domain::customer::{ContactPoint, Customer, Suppression, SuppressionReason};
use domain::id::{AgentId, ConversationId, CustomerId, InteractionId};
use domain::interaction::{
    Conversation, CoolDown, Interaction, InteractionStatus, Priority, SkillRequirement,
};
use domain::mail::{
    Attachment, MailParticipant, MailReference, MailSender, MailSettings, MailboxRow, Relay,
    RelaySecurity,
};
use domain::message::{AuthorKind, DeliveryStatus, DeliveryStep, Direction, Message};
use domain::offer::{Offer, OfferState};
use domain::queue::{Queue, QueueSpec, Skill};
use domain::rule::{Condition, ConditionField, ConditionOperator};
use domain::rule::{Rule, RuleAction, RuleMatch, RuleSpec};
use domain::sealed::{BlindIndex, Sealed};
use domain::tenant::{ApiKey, Permissions, Role};
use store::{DeadLetter, Idempotency, NewDelivery, PresenceRow, SessionRow};

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
        language: text(full, "pt-BR"),
        required_skills: if full { vec![skill] } else { Vec::new() },
        matched_rule_id: opt(full, id()),
        owner_agent_id: opt(full, id()),
        target_agent_id: opt(full, id()),
        cool_downs: if full { vec![CoolDown { agent_id: id(), until: at(9) }] } else { vec![] },
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
        last_seq: 8,
    }
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
        capacity: Capacity { units: 3, per_channel: [(ChannelKind::Voice, 1)].into() },
    };
    Agent {
        id: id(),
        name: "Ada Lovelace".to_owned(),
        email: text(full, "ada@example.org"),
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
    };
    PresenceRow { agent_id: id(), presence, idle_seq: 12, credit: 4 }
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

pub(crate) fn rule() -> Rule {
    let condition = Condition {
        field: ConditionField::Keyword,
        operator: ConditionOperator::Contains,
        key: String::new(),
        values: vec!["it's \"quoted\"".to_owned()],
    };
    let action = RuleAction { queue_id: Some(id()), ..RuleAction::default() };
    Rule {
        id: id(),
        name: name(),
        spec: RuleSpec {
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
    }
}

pub(crate) fn dead_letter() -> DeadLetter {
    DeadLetter {
        id: random(),
        kind: "inbox".to_owned(),
        reference: "x".to_owned(),
        error: "bad".to_owned(),
        payload: Sealed(vec![1]),
        created_at: at(1),
    }
}
