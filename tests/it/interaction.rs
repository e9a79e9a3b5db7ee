//! InteractionService: how an interaction begins, is read, found and changed, what is said in it,
//! and the ways it ends. How it finds an agent is in `routing` and `offers`.

use crate::support::fixture::{Case, opening, somebody};
use crate::support::{eventually, mask, nobody, secs, unique};
use omnichannel_sdk::v1::{
    self, AuthorKind, ChannelKind, DeliveryStatus, Direction, InteractionStatus as Status,
    Priority, SendKind,
};
use v1::create_interaction_request::Customer;
use v1::list_messages_request::Scope;

both!(
    created_with_its_message_customer_and_conversation,
    a_known_customer_and_a_known_address_are_continued,
    lists_by_every_filter,
    updates_what_the_mask_names,
    an_etag_refuses_what_was_changed_meanwhile,
    a_request_id_makes_one_interaction_of_many_calls,
    notes_and_replies_need_a_way_and_an_owner,
    messages_are_listed_by_interaction_and_by_conversation,
    completed_without_wrap_up,
    completed_with_wrap_up_by_a_second_call_or_by_time,
    closed_by_a_supervisor_even_if_nobody_took_it,
    reopened_while_resolved_and_not_otherwise,
    rated_once,
    cancelled_before_somebody_takes_it,
    escalated_step_by_step,
    agents_change_their_own_work_and_no_other,
);

async fn created_with_its_message_customer_and_conversation(case: Case) {
    let queue = case.plain_queue().await;
    let request = v1::CreateInteractionRequest {
        customer: Some(somebody()),
        priority: Priority::High.into(),
        language: "de".into(),
        tags: vec!["vip".into(), "order 7".into()],
        ..opening(&queue.id)
    };
    let made = ok!(case.admin.interactions().create_interaction(request));
    let (interaction, message) = (made.interaction.unwrap(), made.message.unwrap());
    assert_eq!(interaction.status(), Status::Queued);
    assert_eq!(interaction.channel(), ChannelKind::Chat);
    assert_eq!(interaction.priority(), Priority::High);
    assert_eq!(interaction.queue_id, queue.id);
    assert_eq!((interaction.subject.as_str(), interaction.language.as_str()), ("an order", "de"));
    assert_eq!(interaction.tags, ["vip", "order 7"]);
    assert_eq!((interaction.owner_agent_id.as_str(), interaction.escalation_level), ("", 0));
    assert!(interaction.create_time.is_some() && interaction.enqueue_time.is_some());
    assert!(interaction.last_seq > 0 && !interaction.etag.is_empty());

    assert_eq!(message.body, "where is it?");
    assert_eq!(message.interaction_id, interaction.id);
    assert_eq!(message.conversation_id, interaction.conversation_id);
    assert_eq!(message.direction(), Direction::Inbound);
    assert_eq!(message.author_kind(), AuthorKind::Customer);
    assert_eq!(message.author_id, interaction.customer_id);
    assert_eq!(message.status(), DeliveryStatus::Received);
    assert_eq!(message.content_type, "text/plain");

    assert_eq!(case.interaction(&interaction.id).await, interaction);
    let customer_id = interaction.customer_id.clone();
    let request = v1::GetCustomerRequest { customer_id };
    let customer = ok!(case.admin.customers().get_customer(request)).customer.unwrap();
    assert_eq!(customer.display_name, "Ada");
    assert_eq!(customer.contact_points.len(), 1);

    let silent = v1::CreateInteractionRequest { body: String::new(), ..opening(&queue.id) };
    let made = ok!(case.admin.interactions().create_interaction(silent));
    assert!(made.message.is_none(), "no body, no message");
    assert_eq!(made.interaction.unwrap().priority(), Priority::Normal);
}

async fn a_known_customer_and_a_known_address_are_continued(case: Case) {
    let queue = case.plain_queue().await;
    let request = opening(&queue.id);
    let first = case.create(request.clone()).await;
    let second = case.create(request).await;
    assert_ne!(first.id, second.id, "each call makes an interaction");
    assert_eq!(first.customer_id, second.customer_id);
    assert_eq!(first.conversation_id, second.conversation_id);

    let customer = case.customer("Ada").await;
    let by_id = v1::CreateInteractionRequest {
        customer: Some(Customer::CustomerId(customer.id.clone())),
        ..opening(&queue.id)
    };
    assert_eq!(case.create(by_id).await.customer_id, customer.id);
    let unknown = v1::CreateInteractionRequest {
        customer: Some(Customer::CustomerId(nobody())),
        ..opening(&queue.id)
    };
    let error = refused!(case.admin.interactions().create_interaction(unknown), ResourceNotFound);
    assert_eq!(error.metadata()["resource"], "customer");
    let unknown = v1::CreateInteractionRequest { queue_id: nobody(), ..opening(&queue.id) };
    let error = refused!(case.admin.interactions().create_interaction(unknown), ResourceNotFound);
    assert_eq!(error.metadata()["resource"], "queue");
}

async fn lists_by_every_filter(case: Case) {
    let (queue, other) = (case.plain_queue().await, case.plain_queue().await);
    let (agent, mut console) = case.at_work("Bo").await;
    let mine = case.open(&queue).await;
    console.take().await;
    case.interaction_in(&mine.id, Status::Active).await;
    console.presence(v1::PresenceStatus::Away).await;
    let waiting = case.open(&other).await;
    let mail =
        v1::CreateInteractionRequest { channel: ChannelKind::Email.into(), ..opening(&queue.id) };
    let mail = case.create(mail).await;

    let all = v1::ListInteractionsRequest::default();
    let filters = [
        (all.clone(), vec![&mail, &waiting, &mine]),
        (
            v1::ListInteractionsRequest { statuses: vec![Status::Queued.into()], ..all.clone() },
            vec![&mail, &waiting],
        ),
        (
            v1::ListInteractionsRequest {
                statuses: vec![Status::Active.into(), Status::Closed.into()],
                ..all.clone()
            },
            vec![&mine],
        ),
        (
            v1::ListInteractionsRequest { channel: ChannelKind::Email.into(), ..all.clone() },
            vec![&mail],
        ),
        (
            v1::ListInteractionsRequest { queue_id: queue.id.clone(), ..all.clone() },
            vec![&mail, &mine],
        ),
        (v1::ListInteractionsRequest { agent_id: agent.id.clone(), ..all.clone() }, vec![&mine]),
        (
            v1::ListInteractionsRequest { customer_id: waiting.customer_id.clone(), ..all.clone() },
            vec![&waiting],
        ),
        (
            v1::ListInteractionsRequest { create_after: waiting.create_time, ..all.clone() },
            vec![&mail, &waiting],
        ),
        (
            v1::ListInteractionsRequest { create_before: waiting.create_time, ..all.clone() },
            vec![&mine],
        ),
        (
            v1::ListInteractionsRequest {
                queue_id: queue.id.clone(),
                channel: ChannelKind::Voice.into(),
                ..all
            },
            vec![],
        ),
    ];
    for (request, expected) in filters {
        let listed = ok!(case.admin.interactions().list_interactions(request.clone()));
        let ids: Vec<_> = listed.interactions.iter().map(|found| found.id.as_str()).collect();
        let expected: Vec<_> = expected.iter().map(|interaction| interaction.id.as_str()).collect();
        assert_eq!(ids, expected, "newest first: {request:?}");
        assert_eq!(listed.next_page_token, "");
    }
}

async fn updates_what_the_mask_names(case: Case) {
    let made = case.open(&case.plain_queue().await).await;
    let update =
        |interaction: v1::Interaction, paths: Option<&[&str]>| v1::UpdateInteractionRequest {
            interaction: Some(v1::Interaction { id: made.id.clone(), ..interaction }),
            update_mask: paths.and_then(mask),
            request_id: String::new(),
        };
    let wanted = v1::Interaction {
        priority: Priority::Urgent.into(),
        subject: "another order".into(),
        language: "fr".into(),
        tags: vec!["late".into()],
        ..Default::default()
    };
    let only = update(wanted.clone(), Some(&["priority", "tags"]));
    let after = ok!(case.admin.interactions().update_interaction(only)).interaction.unwrap();
    assert_eq!((after.priority(), after.tags.as_slice()), (Priority::Urgent, &["late".into()][..]));
    assert_eq!((after.subject.as_str(), after.language.as_str()), ("an order", ""));
    assert!(after.last_seq > made.last_seq && after.etag != made.etag);

    let populated = v1::Interaction { status: Status::Closed.into(), ..wanted };
    let after = ok!(case.admin.interactions().update_interaction(update(populated, None)));
    let after = after.interaction.unwrap();
    assert_eq!((after.subject.as_str(), after.language.as_str()), ("another order", "fr"));
    assert_eq!(after.status(), Status::Queued, "what is output only is ignored");

    let emptied = update(v1::Interaction::default(), Some(&["subject", "tags"]));
    let after = ok!(case.admin.interactions().update_interaction(emptied)).interaction.unwrap();
    assert_eq!((after.subject.as_str(), after.tags.len()), ("", 0));
    assert_eq!(after.language, "fr");
    assert_eq!(case.interaction(&made.id).await, after);

    for path in ["nonsense", "status", "required_skills.skill_id", "id", "etag"] {
        let wrong = update(v1::Interaction::default(), Some(&["subject", path]));
        refused!(case.admin.interactions().update_interaction(wrong), FieldMaskInvalid);
    }
    let skill = case.skill().await;
    let required = vec![v1::SkillRequirement { skill_id: skill.id, min_level: 3 }];
    let needs = v1::Interaction { required_skills: required.clone(), ..Default::default() };
    let needs = update(needs, Some(&["required_skills"]));
    let after = ok!(case.admin.interactions().update_interaction(needs)).interaction.unwrap();
    assert_eq!(after.required_skills, required);

    let end = v1::CloseInteractionRequest { interaction_id: made.id.clone(), ..Default::default() };
    ok!(case.admin.interactions().close_interaction(end));
    let late = update(v1::Interaction { language: "it".into(), ..Default::default() }, None);
    refused!(case.admin.interactions().update_interaction(late), InteractionNotOpen);
}

async fn an_etag_refuses_what_was_changed_meanwhile(case: Case) {
    let made = case.open(&case.plain_queue().await).await;
    let update = |language: &str, etag: &str| v1::UpdateInteractionRequest {
        interaction: Some(v1::Interaction {
            id: made.id.clone(),
            language: language.into(),
            etag: etag.into(),
            ..Default::default()
        }),
        ..Default::default()
    };
    let first = ok!(case.admin.interactions().update_interaction(update("de", &made.etag)));
    let first = first.interaction.unwrap();
    for stale in [made.etag.as_str(), "v999", "nonsense"] {
        refused!(case.admin.interactions().update_interaction(update("en", stale)), EtagMismatch);
    }
    assert_eq!(case.interaction(&made.id).await, first, "nothing was changed");
    let second = ok!(case.admin.interactions().update_interaction(update("en", &first.etag)));
    assert_eq!(second.interaction.unwrap().language, "en");
    let last = ok!(case.admin.interactions().update_interaction(update("nl", "")));
    assert_eq!(last.interaction.unwrap().language, "nl", "without an etag the last writer wins");
}

async fn a_request_id_makes_one_interaction_of_many_calls(case: Case) {
    let queue = case.plain_queue().await;
    let request = v1::CreateInteractionRequest { request_id: nobody(), ..opening(&queue.id) };
    let first = case.create(request.clone()).await;
    let again = ok!(case.admin.interactions().create_interaction(request.clone()));
    assert_eq!(again.interaction.as_ref().unwrap().id, first.id);
    assert_eq!(again.message.unwrap().interaction_id, first.id);

    let together = (0..8).map(|_| {
        let (client, request) = (case.admin.interactions(), request.clone());
        async move { { client }.create_interaction(request).await }
    });
    for answer in futures::future::join_all(together).await {
        let answer = answer.expect("a repeat succeeds").into_inner();
        assert_eq!(answer.interaction.unwrap().id, first.id);
    }
    let other = v1::CreateInteractionRequest { subject: "other words".into(), ..request.clone() };
    refused!(case.admin.interactions().create_interaction(other), RequestIdReused);

    let listed = ok!(case.admin.interactions().list_interactions(v1::ListInteractionsRequest {
        queue_id: queue.id.clone(),
        ..Default::default()
    }));
    assert_eq!(listed.interactions.len(), 1);
    let messages = v1::ListMessagesRequest {
        scope: Some(Scope::InteractionId(first.id)),
        ..Default::default()
    };
    assert_eq!(ok!(case.admin.interactions().list_messages(messages)).messages.len(), 1);
}

async fn notes_and_replies_need_a_way_and_an_owner(case: Case) {
    let queue = case.plain_queue().await;
    let (agent, mut console) = case.at_work("Bo").await;
    let other = case.agent("Cy").await;
    let made = case.open(&queue).await;
    console.take().await;
    let message = |kind: SendKind| v1::SendMessageRequest {
        interaction_id: made.id.clone(),
        body: "we are on it".into(),
        kind: kind.into(),
        ..Default::default()
    };
    let note = ok!(agent.client.interactions().send_message(message(SendKind::InternalNote)));
    let note = note.message.unwrap();
    assert_eq!(note.direction(), Direction::InternalNote);
    assert_eq!((note.author_kind(), note.author_id.as_str()), (AuthorKind::Agent, &*agent.id));
    assert_eq!((note.status(), note.body.as_str()), (DeliveryStatus::Received, "we are on it"));
    let by_key = ok!(case.admin.interactions().send_message(message(SendKind::InternalNote)));
    assert_eq!(by_key.message.unwrap().author_kind(), AuthorKind::Integration);

    refused!(agent.client.interactions().send_message(message(SendKind::Reply)), ChannelCannotSend);
    refused!(
        other.client.interactions().send_message(message(SendKind::InternalNote)),
        NotInteractionOwner
    );
    let unknown = v1::SendMessageRequest { interaction_id: nobody(), ..message(SendKind::Reply) };
    refused!(case.admin.interactions().send_message(unknown), ResourceNotFound);
}

async fn messages_are_listed_by_interaction_and_by_conversation(case: Case) {
    let queue = case.plain_queue().await;
    let request = opening(&queue.id);
    let first = case.create(request.clone()).await;
    let second =
        case.create(v1::CreateInteractionRequest { body: "again".into(), ..request }).await;
    let note = v1::SendMessageRequest {
        interaction_id: first.id.clone(),
        body: "known customer".into(),
        kind: SendKind::InternalNote.into(),
        ..Default::default()
    };
    ok!(case.admin.interactions().send_message(note));
    let list = |scope| v1::ListMessagesRequest { scope: Some(scope), ..Default::default() };
    let of_first = list(Scope::InteractionId(first.id.clone()));
    let of_first = ok!(case.admin.interactions().list_messages(of_first)).messages;
    let bodies: Vec<_> = of_first.iter().map(|message| message.body.as_str()).collect();
    assert_eq!(bodies, ["where is it?", "known customer"], "oldest first");
    let of_both = list(Scope::ConversationId(second.conversation_id.clone()));
    let of_both = ok!(case.admin.interactions().list_messages(of_both)).messages;
    let bodies: Vec<_> = of_both.iter().map(|message| message.body.as_str()).collect();
    assert_eq!(bodies, ["where is it?", "again", "known customer"]);
    assert!(of_both.windows(2).all(|pair| pair[0].seq < pair[1].seq));

    for unknown in [Scope::InteractionId(nobody()), Scope::ConversationId(nobody())] {
        refused!(case.admin.interactions().list_messages(list(unknown)), ResourceNotFound);
    }
    let nothing = v1::ListMessagesRequest::default();
    refused!(case.admin.interactions().list_messages(nothing), ValidationFailed);
}

async fn completed_without_wrap_up(case: Case) {
    let (agent, mut console) = case.at_work("Bo").await;
    let other = case.agent("Cy").await;
    let made = case.open(&case.plain_queue().await).await;
    let complete = v1::CompleteInteractionRequest {
        interaction_id: made.id.clone(),
        resolution: "sent again".into(),
        wrap_up_code: "resent".into(),
        request_id: nobody(),
    };
    console.offered().await;
    refused!(agent.client.agents().complete_interaction(complete.clone()), NotInteractionOwner);
    let offer = &case.offers(&agent).await[0];
    console.session.accept(&offer.id).await.expect("the offer is open");
    refused!(other.client.agents().complete_interaction(complete.clone()), NotInteractionOwner);
    let after = ok!(agent.client.agents().complete_interaction(complete.clone()));
    let after = after.interaction.unwrap();
    assert_eq!(after.status(), Status::Resolved);
    assert_eq!((&*after.resolution, &*after.wrap_up_code), ("sent again", "resent"));
    assert!(after.resolve_time.is_some() && after.accept_time.is_some());
    let again = ok!(agent.client.agents().complete_interaction(complete)).interaction.unwrap();
    assert_eq!(again.resolve_time, after.resolve_time, "a repeat changes nothing");
    assert_eq!(console.unassigned().await.status(), Status::Resolved);
    assert_eq!(case.offers(&agent).await[0].state(), v1::OfferState::Completed);
}

async fn completed_with_wrap_up_by_a_second_call_or_by_time(case: Case) {
    let (agent, mut console) = case.at_work("Bo").await;
    for (limit, by_hand) in [(60, true), (1, false)] {
        let queue = v1::Queue { wrap_up_limit: secs(limit), ..Default::default() };
        let made = case.open(&case.queue(queue).await).await;
        console.take().await;
        let complete = v1::CompleteInteractionRequest {
            interaction_id: made.id.clone(),
            ..Default::default()
        };
        let after = ok!(agent.client.agents().complete_interaction(complete.clone()));
        assert_eq!(after.interaction.unwrap().status(), Status::Wrapping);
        let leg = &case.offers(&agent).await[0];
        assert_eq!(leg.state(), v1::OfferState::Wrapping);
        let owner = case.interaction(&made.id).await.owner_agent_id;
        assert_eq!(owner, agent.id, "while wrapping up the agent keeps it");
        if by_hand {
            let end =
                v1::CompleteInteractionRequest { wrap_up_code: "done".into(), ..complete.clone() };
            let after = ok!(agent.client.agents().complete_interaction(end)).interaction.unwrap();
            assert_eq!((after.status(), &*after.wrap_up_code), (Status::Resolved, "done"));
        }
        let after = case.interaction_in(&made.id, Status::Resolved).await;
        assert!(after.resolve_time.is_some());
        assert_eq!(console.unassigned().await.interaction_id, made.id);
    }
}

async fn closed_by_a_supervisor_even_if_nobody_took_it(case: Case) {
    let queue = case.plain_queue().await;
    let supervisor = case.role(v1::Role::Supervisor).await;
    let close = |id: &str| v1::CloseInteractionRequest {
        interaction_id: id.to_owned(),
        resolution: "it was a mistake".into(),
        wrap_up_code: "mistake".into(),
        request_id: String::new(),
    };
    let waiting = case.open(&queue).await;
    let after = ok!(supervisor.interactions().close_interaction(close(&waiting.id)));
    let after = after.interaction.unwrap();
    assert_eq!(after.status(), Status::Resolved);
    assert_eq!((&*after.resolution, &*after.wrap_up_code), ("it was a mistake", "mistake"));
    let again = ok!(supervisor.interactions().close_interaction(close(&waiting.id)));
    assert_eq!(again.interaction.unwrap().resolve_time, after.resolve_time);

    let (agent, mut console) = case.at_work("Bo").await;
    let taken = case.open(&queue).await;
    console.take().await;
    ok!(supervisor.interactions().close_interaction(close(&taken.id)));
    assert_eq!(console.unassigned().await.interaction_id, taken.id);
    let offered = case.open(&queue).await;
    let work = console.offered().await;
    ok!(supervisor.interactions().close_interaction(close(&offered.id)));
    assert_eq!(console.offer_ended().await.id, work.offer.unwrap().id);
    let idle = || async {
        let request = v1::GetAgentRequest { agent_id: agent.id.clone() };
        let found = ok!(case.admin.agents().get_agent(request)).agent.unwrap();
        (found.used_units == 0).then_some(())
    };
    eventually("the agent is free", idle).await;
    refused!(supervisor.interactions().close_interaction(close(&nobody())), ResourceNotFound);
}

async fn reopened_while_resolved_and_not_otherwise(case: Case) {
    let queue = case.plain_queue().await;
    let made = case.open(&queue).await;
    let id = made.id.clone();
    let reopen = v1::ReopenInteractionRequest {
        interaction_id: id.clone(),
        reason: "it came back".into(),
        request_id: String::new(),
    };
    refused!(case.admin.interactions().reopen_interaction(reopen.clone()), InteractionNotResolved);
    let close = v1::CloseInteractionRequest { interaction_id: id.clone(), ..Default::default() };
    ok!(case.admin.interactions().close_interaction(close));
    let after = ok!(case.admin.interactions().reopen_interaction(reopen)).interaction.unwrap();
    assert_eq!((after.status(), &after.queue_id), (Status::Queued, &queue.id));
    let (_, mut console) = case.at_work("Bo").await;
    assert_eq!(console.take().await.interaction.unwrap().id, id);
    case.interaction_in(&id, Status::Active).await;
}

async fn rated_once(case: Case) {
    let made = case.open(&case.plain_queue().await).await;
    let rate = |rating: i32| v1::RateInteractionRequest {
        interaction_id: made.id.clone(),
        rating,
        comment: "quick".into(),
        request_id: String::new(),
    };
    refused!(case.admin.interactions().rate_interaction(rate(5)), InteractionNotResolved);
    let close =
        v1::CloseInteractionRequest { interaction_id: made.id.clone(), ..Default::default() };
    ok!(case.admin.interactions().close_interaction(close));
    let request = v1::RateInteractionRequest { request_id: nobody(), ..rate(4) };
    let after = ok!(case.admin.interactions().rate_interaction(request.clone()));
    let after = after.interaction.unwrap();
    assert_eq!((after.rating, &*after.rating_comment), (4, "quick"));
    ok!(case.admin.interactions().rate_interaction(request));

    refused!(case.admin.interactions().rate_interaction(rate(1)), InteractionAlreadyRated);
    assert_eq!(case.interaction(&made.id).await.rating, 4, "the first one stands");
    for wrong in [0, 6, -1] {
        refused!(case.admin.interactions().rate_interaction(rate(wrong)), ValidationFailed);
    }
}

async fn cancelled_before_somebody_takes_it(case: Case) {
    let queue = case.plain_queue().await;
    let cancel = |id: &str| v1::CancelInteractionRequest {
        interaction_id: id.to_owned(),
        reason: "the customer left".into(),
        request_id: String::new(),
    };
    let waiting = case.open(&queue).await;
    let after = ok!(case.admin.interactions().cancel_interaction(cancel(&waiting.id)));
    let after = after.interaction.unwrap();
    assert_eq!(after.status(), Status::Cancelled);
    assert!(after.close_time.is_some());

    let (agent, mut console) = case.at_work("Bo").await;
    let offered = case.open(&queue).await;
    let offer = console.offered().await.offer.unwrap();
    ok!(case.admin.interactions().cancel_interaction(cancel(&offered.id)));
    assert_eq!(console.offer_ended().await.state(), v1::OfferState::Cancelled);
    let accept = v1::AcceptOfferRequest { offer_id: offer.id, ..Default::default() };
    refused!(agent.client.agents().accept_offer(accept), OfferCancelled);

    let taken = case.open(&queue).await;
    console.take().await;
    case.interaction_in(&taken.id, Status::Active).await;
    refused!(case.admin.interactions().cancel_interaction(cancel(&taken.id)), InteractionNotOpen);
    assert_eq!(case.interaction(&taken.id).await.status(), Status::Active);
}

async fn escalated_step_by_step(case: Case) {
    let (queue, second) = (case.plain_queue().await, case.plain_queue().await);
    let made = case.open(&queue).await;
    let escalate = v1::EscalateInteractionRequest {
        interaction_id: made.id.clone(),
        reason: unique("they are angry"),
        ..Default::default()
    };
    let after = ok!(case.admin.interactions().escalate_interaction(escalate.clone()));
    let after = after.interaction.unwrap();
    assert_eq!((after.escalation_level, &after.queue_id), (1, &queue.id));
    assert_eq!(after.priority(), Priority::Normal, "no priority was asked for");
    let notes = v1::ListMessagesRequest {
        scope: Some(Scope::InteractionId(made.id.clone())),
        ..Default::default()
    };
    let notes = ok!(case.admin.interactions().list_messages(notes)).messages;
    let note = notes.iter().find(|message| message.body == escalate.reason);
    let note = note.expect("the reason is kept as an internal note");
    assert_eq!(note.direction(), Direction::InternalNote);

    let higher = v1::EscalateInteractionRequest {
        queue_id: second.id.clone(),
        priority: Priority::Critical.into(),
        ..escalate.clone()
    };
    let after = ok!(case.admin.interactions().escalate_interaction(higher)).interaction.unwrap();
    assert_eq!((after.escalation_level, &after.queue_id), (2, &second.id));
    assert_eq!(after.priority(), Priority::Critical);
    assert_eq!(after.enqueue_time, made.enqueue_time, "it keeps its waiting time");
    let nowhere = v1::EscalateInteractionRequest { queue_id: nobody(), ..escalate.clone() };
    refused!(case.admin.interactions().escalate_interaction(nowhere), ResourceNotFound);
    let close = v1::CloseInteractionRequest { interaction_id: made.id, ..Default::default() };
    ok!(case.admin.interactions().close_interaction(close));
    refused!(case.admin.interactions().escalate_interaction(escalate), InteractionNotOpen);
}

async fn agents_change_their_own_work_and_no_other(case: Case) {
    let queue = case.plain_queue().await;
    let (owner, mut console) = case.at_work("owner").await;
    let made = case.open(&queue).await;
    console.take().await;
    let other = case.agent("other").await;
    let update = v1::UpdateInteractionRequest {
        interaction: Some(v1::Interaction {
            id: made.id.clone(),
            subject: "mine".into(),
            ..Default::default()
        }),
        ..Default::default()
    };
    let escalate =
        v1::EscalateInteractionRequest { interaction_id: made.id.clone(), ..Default::default() };
    let transfer = v1::TransferInteractionRequest {
        interaction_id: made.id.clone(),
        target: Some(v1::transfer_interaction_request::Target::QueueId(queue.id.clone())),
        ..Default::default()
    };
    let close =
        v1::CloseInteractionRequest { interaction_id: made.id.clone(), ..Default::default() };
    let cancel =
        v1::CancelInteractionRequest { interaction_id: made.id.clone(), ..Default::default() };
    let calls = || other.client.interactions();
    refused!(calls().update_interaction(update.clone()), NotInteractionOwner);
    refused!(calls().escalate_interaction(escalate.clone()), NotInteractionOwner);
    refused!(calls().transfer_interaction(transfer.clone()), NotInteractionOwner);
    refused!(calls().close_interaction(close.clone()), NotInteractionOwner);
    refused!(calls().cancel_interaction(cancel), NotInteractionOwner);
    let now = case.interaction(&made.id).await;
    assert_eq!(
        (now.status(), now.escalation_level, &*now.subject),
        (Status::Active, 0, "an order")
    );
    let calls = || owner.client.interactions();
    ok!(calls().update_interaction(update));
    ok!(calls().escalate_interaction(escalate));
    ok!(calls().transfer_interaction(transfer));
    let after = ok!(calls().close_interaction(close)).interaction.unwrap();
    assert_eq!((after.status(), &*after.subject), (Status::Resolved, "mine"));
}
