//! Interactions, opened; what a caller may say about one; and which ones a list shows.

use super::codes::Coded;
use super::mask::{Field, Fields};
use super::time::{moment, timestamp};
use super::{id_text, requirement, tuning};
use crate::grpc::call::{etag, id, optional_id, version};
use crate::proto::v1;
use crate::proto::v1::create_interaction_request::Customer;
use app::arrivals::{Arriving, Who};
use app::content::InteractionView;
use app::interactions::Changes;
use domain::channel::ChannelKind;
use domain::interaction::{InteractionStatus, Priority};
use domain::refusal::Refusal;
use domain::tenant::{Caller, Permission};
use tonic::Status;

/// The interaction as the wire writes it.
#[must_use]
pub fn interaction(view: &InteractionView) -> v1::Interaction {
    let row = &view.row;
    v1::Interaction {
        id: row.id.to_string(),
        conversation_id: row.conversation_id.to_string(),
        customer_id: row.customer_id.to_string(),
        channel: row.channel.to_wire(),
        channel_account_id: id_text(row.account_id),
        queue_id: id_text(row.queue_id),
        status: row.status.to_wire(),
        priority: row.priority.to_wire(),
        subject: view.subject.clone(),
        language: row.language.clone(),
        tags: view.tags.clone(),
        required_skills: requirement::to_wire(&row.required_skills),
        owner_agent_id: id_text(row.owner_agent_id),
        escalation_level: row.escalation_level,
        matched_rule_id: id_text(row.matched_rule_id),
        offers_failed: row.offers_failed,
        create_time: Some(timestamp(row.created_at)),
        enqueue_time: row.enqueued_at.map(timestamp),
        first_offer_time: row.first_offered_at.map(timestamp),
        accept_time: row.accepted_at.map(timestamp),
        first_response_time: row.first_response_at.map(timestamp),
        resolve_time: row.resolved_at.map(timestamp),
        close_time: row.closed_at.map(timestamp),
        update_time: Some(timestamp(row.updated_at)),
        resolution: view.resolution.clone(),
        wrap_up_code: row.wrap_up_code.clone(),
        rating: i32::from(row.rating),
        rating_comment: view.rating_comment.clone(),
        etag: etag(row.version),
        last_seq: row.last_seq,
        routing_step: None,
        sla: row.sla.as_deref().map(super::sla::state),
        matched_rule_version: row.matched_rule_version,
        place: row.place.map(tuning::place),
        escalation: row.ladder.as_deref().map(super::escalation::ladder),
        sentiment: row.sentiment.map(i32::from),
        wake_time: row.wake_at.map(timestamp),
        consult: row.consult.as_ref().map(super::consult::consult),
        callback: row.callbacks.map(|tries| v1::Callback { attempts: i32::from(tries) }),
    }
}

/// The interaction as the wire writes it to somebody: whoever may change interactions and not read
/// them is told what is not personal.
#[must_use]
pub fn interaction_to(caller: &Caller, view: &InteractionView) -> v1::Interaction {
    let whole = interaction(view);
    if caller.permissions.has(Permission::InteractionsRead) {
        return whole;
    }
    v1::Interaction {
        subject: String::new(),
        tags: Vec::new(),
        resolution: String::new(),
        rating_comment: String::new(),
        ..whole
    }
}

/// The fields that a caller sets.
#[must_use]
pub fn fields(interaction: &v1::Interaction) -> [Field; 6] {
    [
        ("priority", interaction.priority != 0),
        ("subject", !interaction.subject.is_empty()),
        ("language", !interaction.language.is_empty()),
        ("tags", !interaction.tags.is_empty()),
        ("required_skills", !interaction.required_skills.is_empty()),
        ("sentiment", interaction.sentiment.is_some()),
    ]
}

/// What these fields become.
///
/// # Errors
/// `VALIDATION_FAILED`.
pub fn changes(interaction: &v1::Interaction, fields: &Fields) -> Result<Changes, Status> {
    let skills = fields.get("required_skills", || {
        requirement::of_wire(&interaction.required_skills, "interaction.required_skills")
    });
    Ok(Changes {
        version: version(&interaction.etag),
        priority: fields.get("priority", || {
            Priority::of_wire(interaction.priority).unwrap_or(Priority::Normal)
        }),
        required_skills: skills.transpose()?,
        language: fields.get("language", || interaction.language.clone()),
        subject: fields.get("subject", || interaction.subject.clone()),
        tags: fields.get("tags", || interaction.tags.clone()),
        sentiment: fields
            .get("sentiment", || interaction.sentiment.map(super::escalation::mood))
            .flatten(),
    })
}

/// What a backend brings in.
///
/// # Errors
/// `VALIDATION_FAILED`.
pub fn arriving(asked: v1::CreateInteractionRequest) -> Result<Arriving, Status> {
    let who = match asked.customer {
        Some(Customer::CustomerId(text)) => Who::Customer(id(&text)?),
        Some(Customer::Contact(contact)) => {
            let known = super::customer::address(contact.kind, &contact.address, "contact")?;
            let display_name = contact.display_name;
            Who::Contact { kind: known.kind, address: known.address, display_name }
        }
        None => return Err(missing("customer", "says who it is with")),
    };
    Ok(Arriving {
        who,
        channel: channel(asked.channel, "channel")?,
        account_id: optional_id(&asked.channel_account_id)?,
        subject: asked.subject,
        body: asked.body,
        priority: Priority::of_wire(asked.priority),
        language: asked.language,
        place: asked.place.as_ref().map(tuning::place_of_wire),
        tags: asked.tags,
        required_skills: requirement::of_wire(&asked.required_skills, "required_skills")?,
        queue_id: optional_id(&asked.queue_id)?,
        external_id: String::new(),
        always_new: true,
        callback_at: asked.callback_time.as_ref().map(moment),
        mail: None,
        inbox: None,
    })
}

/// A kind of channel that must be said.
///
/// # Errors
/// `VALIDATION_FAILED` on the field.
pub fn channel(number: i32, field: &str) -> Result<ChannelKind, Status> {
    ChannelKind::of_wire(number).ok_or_else(|| missing(field, "is a kind of channel"))
}

fn missing(field: &str, text: &str) -> Status {
    crate::grpc::status::refusal(Refusal::field(field, text))
}

/// Which interactions a list shows.
///
/// # Errors
/// `VALIDATION_FAILED`.
pub fn filter(asked: &v1::ListInteractionsRequest) -> Result<super::InteractionFilter, Status> {
    Ok(super::InteractionFilter {
        status: asked.statuses.iter().filter_map(|s| InteractionStatus::of_wire(*s)).collect(),
        channel: ChannelKind::of_wire(asked.channel),
        queue: optional_id(&asked.queue_id)?,
        agent: optional_id(&asked.agent_id)?,
        customer: optional_id(&asked.customer_id)?,
        created_after: asked.create_after.as_ref().map(moment),
        created_before: asked.create_before.as_ref().map(moment),
        within: None,
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use domain::id::{
        AccountId, AgentId, ConversationId, CustomerId, InteractionId, QueueId, RuleId, SkillId,
    };
    use domain::interaction::{Interaction, SkillRequirement};
    use domain::sealed::Sealed;
    use domain::time::Timestamp;
    use uuid::Uuid;

    fn new<T: From<Uuid>>() -> T {
        Uuid::now_v7().into()
    }

    pub(crate) fn view() -> InteractionView {
        let at = |micros| Some(Timestamp::from_micros(micros));
        let row = Interaction {
            id: new::<InteractionId>(),
            conversation_id: new::<ConversationId>(),
            customer_id: new::<CustomerId>(),
            channel: ChannelKind::Webhook,
            account_id: Some(new::<AccountId>()),
            status: InteractionStatus::Resolved,
            queue_id: Some(new::<QueueId>()),
            priority: Priority::High,
            subject: Sealed(vec![1]),
            tags: Sealed(vec![2]),
            labels: Vec::new(),
            language: "de".into(),
            customer_tier: "gold".into(),
            place: Some(domain::agent::Place { north: 1_000_000, east: 2_000_000 }),
            required_skills: vec![SkillRequirement { skill_id: new::<SkillId>(), min_level: 4 }],
            matched_rule_id: Some(new::<RuleId>()),
            matched_rule_version: 4,
            owner_agent_id: Some(new::<AgentId>()),
            target_agent_id: None,
            consult: None,
            cool_downs: Vec::new(),
            last_agent_id: None,
            account_owner_id: None,
            plan: None,
            offers_made: 2,
            offers_failed: 1,
            escalation_level: 1,
            created_at: Timestamp::from_micros(10),
            enqueued_at: at(20),
            enqueued_seq: 3,
            first_offered_at: at(30),
            accepted_at: at(40),
            first_response_at: at(50),
            resolved_at: at(60),
            closed_at: None,
            updated_at: Timestamp::from_micros(70),
            resolution: Sealed(vec![3]),
            wrap_up_code: "refund".into(),
            rating: 5,
            rated_at: at(70),
            rating_comment: Sealed(vec![4]),
            sla: None,
            ladder: None,
            sentiment: None,
            wake_at: Some(Timestamp::from_micros(70)),
            callbacks: Some(2),
            version: 9,
            last_seq: 77,
        };
        InteractionView {
            row,
            subject: "Invoice 7".into(),
            tags: vec!["invoice".into(), "vip".into()],
            resolution: "Paid back".into(),
            rating_comment: "Quick".into(),
        }
    }

    #[test]
    fn an_interaction_is_shown_opened() {
        let view = view();
        let wire = interaction(&view);
        assert_eq!((wire.subject.as_str(), wire.etag.as_str()), ("Invoice 7", "v9"));
        assert_eq!(wire.tags, view.tags);
        assert_eq!(wire.status, v1::InteractionStatus::Resolved as i32);
        assert_eq!(wire.owner_agent_id, view.row.owner_agent_id.expect("owned").to_string());
        assert_eq!(wire.matched_rule_id, view.row.matched_rule_id.expect("matched").to_string());
        assert_eq!(wire.matched_rule_version, 4);
        let times = [
            (&wire.create_time, 10),
            (&wire.enqueue_time, 20),
            (&wire.first_offer_time, 30),
            (&wire.accept_time, 40),
            (&wire.first_response_time, 50),
            (&wire.resolve_time, 60),
            (&wire.update_time, 70),
        ];
        for (time, micros) in times {
            assert_eq!(*time, Some(timestamp(Timestamp::from_micros(micros))));
        }
        assert_eq!(wire.close_time, None);
        assert_eq!((wire.rating, wire.last_seq, wire.offers_failed), (5, 77, 1));
        assert_eq!(
            (wire.resolution.as_str(), wire.rating_comment.as_str()),
            ("Paid back", "Quick")
        );
    }

    #[test]
    fn what_may_be_changed_reads_back() {
        let view = view();
        let wire = interaction(&view);
        let all = changes(&wire, &Fields::all(&fields(&wire))).expect("our own");
        assert_eq!(all.version, 9);
        assert_eq!(all.priority, Some(view.row.priority));
        assert_eq!(all.required_skills.as_ref(), Some(&view.row.required_skills));
        assert_eq!(all.language.as_ref(), Some(&view.row.language));
        assert_eq!(all.subject.as_ref(), Some(&view.subject));
        assert_eq!(all.tags.as_ref(), Some(&view.tags));
    }

    #[test]
    fn what_is_not_said_stays_and_a_mask_takes_away() {
        let wire = v1::Interaction { subject: "New".into(), ..Default::default() };
        let some = Fields::of_update(None, &fields(&wire)).expect("no mask");
        let some = changes(&wire, &some).expect("nothing wrong");
        assert_eq!(some.subject.as_deref(), Some("New"));
        assert!(some.priority.is_none() && some.tags.is_none() && some.language.is_none());
        assert_eq!(some.version, 0);

        let mask = prost_types::FieldMask { paths: vec!["priority".into(), "tags".into()] };
        let named = Fields::of_update(Some(&mask), &fields(&wire)).expect("two fields");
        let named = changes(&wire, &named).expect("nothing wrong");
        assert_eq!((named.priority, named.tags), (Some(Priority::Normal), Some(Vec::new())));
        assert_eq!(named.subject, None);
    }

    #[test]
    fn an_etag_of_no_version_matches_none() {
        let wire = v1::Interaction { etag: "9".into(), ..Default::default() };
        let changes = changes(&wire, &Fields::all(&fields(&wire))).expect("nothing else wrong");
        assert_eq!(changes.version, -1);
    }

    #[test]
    fn an_arrival_says_who_and_by_which_channel() {
        let contact = v1::ContactInput {
            kind: 1,
            address: "ada@example.com".into(),
            display_name: "Ada".into(),
        };
        let asked = v1::CreateInteractionRequest {
            customer: Some(Customer::Contact(contact)),
            channel: 13,
            priority: 4,
            body: "Hello".into(),
            ..Default::default()
        };
        let said = arriving(asked.clone()).expect("complete");
        let Who::Contact { kind, address, display_name } = said.who else { panic!("a contact") };
        assert_eq!(kind, ChannelKind::Email);
        assert_eq!((address.as_str(), display_name.as_str()), ("ada@example.com", "Ada"));
        assert_eq!((said.channel, said.priority), (ChannelKind::Webhook, Some(Priority::Urgent)));
        assert!(said.always_new && said.external_id.is_empty() && said.account_id.is_none());

        let nobody = v1::CreateInteractionRequest { customer: None, ..asked.clone() };
        assert!(arriving(nobody).is_err());
        for number in [0, 99, -1] {
            let nowhere = v1::CreateInteractionRequest { channel: number, ..asked.clone() };
            assert!(arriving(nowhere).is_err(), "channel {number}");
        }
    }

    #[test]
    fn a_filter_is_what_was_asked() {
        let queue = Uuid::now_v7();
        let after = Timestamp::from_micros(1_500_000);
        let asked = v1::ListInteractionsRequest {
            statuses: vec![4, 5],
            channel: 2,
            queue_id: queue.to_string(),
            create_after: Some(timestamp(after)),
            ..Default::default()
        };
        let known = filter(&asked).expect("nothing wrong");
        assert_eq!(known.status, [InteractionStatus::Queued, InteractionStatus::Offered]);
        assert_eq!((known.channel, known.queue), (Some(ChannelKind::Sms), Some(QueueId(queue))));
        assert_eq!((known.created_after, known.created_before), (Some(after), None));
        let all = filter(&v1::ListInteractionsRequest::default()).expect("nothing wrong");
        assert_eq!(all, super::super::InteractionFilter::default());
    }
}
