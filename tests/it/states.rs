//! Ways an interaction leaves the line without having been done, from outside: its customer leaves,
//! it waits longer than its queue allows, or it rests for a while. `docs/states.md` says what must
//! come of it.

use crate::support::console::Console;
use crate::support::fixture::{Agent, Case, Tenant};
use crate::support::{eventually, secs};
use omnichannel_sdk::v1::{self, InteractionStatus as Status, OfferState};
use std::time::SystemTime;
use v1::event::Data;

both!(
    a_customer_who_leaves_while_waiting_is_abandoned,
    a_customer_who_leaves_an_offer_ends_it,
    a_customer_who_leaves_a_contact_completes_it,
    what_is_over_is_not_abandoned,
    what_waits_too_long_expires,
    what_is_offered_gets_its_answer_first,
    what_was_ever_taken_does_not_expire,
    what_is_given_up_is_counted_apart,
    parked_work_frees_its_place_and_comes_back,
    parked_work_wakes_when_its_customer_writes,
    parked_work_wakes_when_its_time_comes,
    parked_work_of_who_left_goes_to_others,
    parked_work_that_counts_keeps_its_place,
    parked_work_of_who_went_home_follows_the_policy,
    only_owned_work_is_parked,
);

fn left(id: &str) -> v1::AbandonInteractionRequest {
    v1::AbandonInteractionRequest { interaction_id: id.to_owned(), ..Default::default() }
}

async fn abandon(tenant: &Tenant, id: &str) -> v1::Interaction {
    ok!(tenant.admin.interactions().abandon_interaction(left(id))).interaction.unwrap()
}

/// What the log tells of an interaction, oldest first.
async fn told(case: &Case, id: &str) -> Vec<Data> {
    let request = v1::ListAuditLogRequest { page_size: 500, ..Default::default() };
    let entries = ok!(case.admin.admin().list_audit_log(request)).entries;
    let mut events: Vec<v1::Event> = entries.into_iter().filter_map(|line| line.event).collect();
    events.retain(|event| event.interaction_id == id);
    events.sort_by_key(|event| event.seq);
    events.into_iter().filter_map(|event| event.data).collect()
}

async fn milestones(case: &Case, customer_id: &str) -> Vec<v1::MilestoneKind> {
    let request = v1::GetHistoryRequest { customer_id: customer_id.into(), ..Default::default() };
    let items = ok!(case.admin.customers().get_history(request)).items;
    let kinds = items.into_iter().filter_map(|item| match item.item? {
        v1::history_item::Item::Milestone(of) => Some(of.kind()),
        v1::history_item::Item::Message(_) => None,
    });
    kinds.collect()
}

async fn a_customer_who_leaves_while_waiting_is_abandoned(case: Case) {
    let queue = case.plain_queue().await;
    let made = case.open(&queue).await;
    let after = abandon(&case, &made.id).await;
    assert_eq!(after.status(), Status::Abandoned);
    assert!(after.close_time.is_some() && after.resolve_time.is_none());
    assert_eq!(after.queue_id, queue.id);
    let again = abandon(&case, &made.id).await;
    assert_eq!(again, after, "a repeat changes nothing");

    let told = told(&case, &made.id).await;
    let Some(Data::InteractionAbandoned(last)) = told.last() else { panic!("{told:?}") };
    assert_eq!(last.previous_status(), Status::Queued);
    assert_eq!(last.queue_id, queue.id);
    let kinds = milestones(&case, &made.customer_id).await;
    assert!(kinds.contains(&v1::MilestoneKind::Abandoned), "{kinds:?}");

    // Nothing leads on from there.
    let (_agent, _console) = case.at_work("Bo").await;
    let id = || made.id.clone();
    let close = v1::CloseInteractionRequest { interaction_id: id(), ..Default::default() };
    refused!(case.admin.interactions().close_interaction(close), InteractionNotOpen);
    let cancel = v1::CancelInteractionRequest { interaction_id: id(), ..Default::default() };
    refused!(case.admin.interactions().cancel_interaction(cancel), InteractionNotOpen);
    let reopen = v1::ReopenInteractionRequest { interaction_id: id(), ..Default::default() };
    refused!(case.admin.interactions().reopen_interaction(reopen), InteractionNotResolved);
    assert_eq!(case.interaction(&made.id).await, after);
}

async fn a_customer_who_leaves_an_offer_ends_it(case: Case) {
    let queue = case.plain_queue().await;
    let (agent, mut console) = case.at_work("Bo").await;
    let made = case.open(&queue).await;
    let offer = console.offered().await.offer.unwrap();
    assert_eq!(abandon(&case, &made.id).await.status(), Status::Abandoned);
    let ended = console.offer_ended().await;
    assert_eq!((ended.state(), ended.reason.as_str()), (OfferState::Cancelled, "customer_left"));
    let accept = v1::AcceptOfferRequest { offer_id: offer.id, ..Default::default() };
    refused!(agent.client.agents().accept_offer(accept), OfferCancelled);

    let next = case.open(&queue).await;
    assert_eq!(console.take().await.interaction.unwrap().id, next.id, "the agent has room again");
}

async fn a_customer_who_leaves_a_contact_completes_it(case: Case) {
    let wraps = v1::Queue { wrap_up_limit: secs(600), ..Default::default() };
    let (wraps, plain) = (case.queue(wraps).await, case.plain_queue().await);
    let (agent, mut console) = case.at_work("Bo").await;
    let with_wrap = case.open(&wraps).await;
    console.take().await;
    case.interaction_in(&with_wrap.id, Status::Active).await;
    let after = abandon(&case, &with_wrap.id).await;
    assert_eq!((after.status(), &after.owner_agent_id), (Status::Wrapping, &agent.id));
    assert_eq!(abandon(&case, &with_wrap.id).await.status(), Status::Wrapping);

    let without = case.open(&plain).await;
    console.take().await;
    case.interaction_in(&without.id, Status::Active).await;
    assert_eq!(abandon(&case, &without.id).await.status(), Status::Resolved);
    assert_eq!(abandon(&case, &without.id).await.status(), Status::Resolved);

    // What is being handed on is somebody's contact as well.
    let handed = case.open(&plain).await;
    console.take().await;
    case.interaction_in(&handed.id, Status::Active).await;
    let transfer = v1::TransferInteractionRequest {
        interaction_id: handed.id.clone(),
        target: Some(v1::transfer_interaction_request::Target::QueueId(wraps.id)),
        ..Default::default()
    };
    ok!(case.admin.interactions().transfer_interaction(transfer));
    assert_eq!(case.interaction(&handed.id).await.status(), Status::Queued);
    assert_eq!(abandon(&case, &handed.id).await.status(), Status::Resolved);
}

async fn what_is_over_is_not_abandoned(case: Case) {
    let queue = case.plain_queue().await;
    let made = case.open(&queue).await;
    let cancel =
        v1::CancelInteractionRequest { interaction_id: made.id.clone(), ..Default::default() };
    ok!(case.admin.interactions().cancel_interaction(cancel));
    refused!(case.admin.interactions().abandon_interaction(left(&made.id)), InteractionNotOpen);
    assert_eq!(case.interaction(&made.id).await.status(), Status::Cancelled);
    let nothing = left(&crate::support::nobody());
    refused!(case.admin.interactions().abandon_interaction(nothing), ResourceNotFound);
}

async fn what_waits_too_long_expires(case: Case) {
    let queue = case.queue(v1::Queue { max_wait: secs(1), ..Default::default() }).await;
    assert_eq!(queue.max_wait, secs(1));
    let patient = case.plain_queue().await;
    let (made, other) = (case.open(&queue).await, case.open(&patient).await);
    let after = case.interaction_in(&made.id, Status::Expired).await;
    let began = after.enqueue_time.unwrap();
    let ended = after.close_time.expect("it is over");
    let waited =
        (ended.seconds - began.seconds) * 1_000 + i64::from(ended.nanos - began.nanos) / 1_000_000;
    assert!(waited >= 1_000, "it waited {waited} ms");
    let told = told(&case, &made.id).await;
    let Some(Data::InteractionExpired(last)) = told.last() else { panic!("{told:?}") };
    assert_eq!(last.queue_id, queue.id);
    let kinds = milestones(&case, &made.customer_id).await;
    assert!(kinds.contains(&v1::MilestoneKind::Expired), "{kinds:?}");
    assert_eq!(case.interaction(&other.id).await.status(), Status::Queued, "no bound, no end");

    // A bound that comes later counts from when it began to wait.
    let bound = v1::Queue { id: patient.id.clone(), max_wait: secs(1), ..Default::default() };
    let update = v1::UpdateQueueRequest {
        queue: Some(bound),
        update_mask: crate::support::mask(&["max_wait"]),
        request_id: String::new(),
    };
    ok!(case.admin.routing().update_queue(update));
    case.interaction_in(&other.id, Status::Expired).await;
}

async fn what_is_offered_gets_its_answer_first(case: Case) {
    let queue = v1::Queue { max_wait: secs(1), offer_timeout: secs(60), ..Default::default() };
    let queue = case.queue(queue).await;
    let (agent, mut console) = case.at_work("Bo").await;
    let (taken, returned) = (case.open(&queue).await, case.open(&queue).await);
    let first = console.offered().await;
    console.offered().await;
    assert_eq!(first.interaction.unwrap().id, taken.id);
    // A third one, for which there is nobody, shows that the time has come.
    let busy = v1::SkillRequirement { skill_id: case.skill().await.id, min_level: 10 };
    let witness = v1::CreateInteractionRequest {
        required_skills: vec![busy],
        ..crate::support::fixture::opening(&queue.id)
    };
    let witness = case.create(witness).await;
    case.interaction_in(&witness.id, Status::Expired).await;
    for id in [&taken.id, &returned.id] {
        assert_eq!(case.interaction(id).await.status(), Status::Offered);
    }
    let accept = v1::AcceptOfferRequest { offer_id: first.offer.unwrap().id, ..Default::default() };
    ok!(agent.client.agents().accept_offer(accept));
    assert_eq!(case.interaction(&taken.id).await.status(), Status::Active);
    // Nobody is left to be asked again.
    console.presence(v1::PresenceStatus::Break).await;
    case.interaction_in(&returned.id, Status::Expired).await;
}

async fn what_was_ever_taken_does_not_expire(case: Case) {
    let queue = case.queue(v1::Queue { max_wait: secs(2), ..Default::default() }).await;
    let (agent, mut console) = case.at_work("Bo").await;
    let made = case.open(&queue).await;
    console.take().await;
    case.interaction_in(&made.id, Status::Active).await;
    let close =
        v1::CloseInteractionRequest { interaction_id: made.id.clone(), ..Default::default() };
    ok!(case.admin.interactions().close_interaction(close));
    console.presence(v1::PresenceStatus::Break).await;
    let away = || async {
        let presence = case.presence(&agent).await;
        (presence.effective() == v1::EffectiveStatus::Unavailable).then_some(())
    };
    eventually("the agent is away", away).await;
    let reopen =
        v1::ReopenInteractionRequest { interaction_id: made.id.clone(), ..Default::default() };
    ok!(case.admin.interactions().reopen_interaction(reopen));
    let witness = case.open(&queue).await;
    case.interaction_in(&witness.id, Status::Expired).await;
    assert_eq!(case.interaction(&made.id).await.status(), Status::Queued);
}

async fn what_is_given_up_is_counted_apart(case: Case) {
    let queue = case.queue(v1::Queue { max_wait: secs(1), ..Default::default() }).await;
    let patient = case.plain_queue().await;
    let gone = case.open(&patient).await;
    let also_gone = case.open(&patient).await;
    for id in [&gone.id, &also_gone.id] {
        abandon(&case, id).await;
    }
    let withdrawn = case.open(&patient).await;
    let cancel =
        v1::CancelInteractionRequest { interaction_id: withdrawn.id, ..Default::default() };
    ok!(case.admin.interactions().cancel_interaction(cancel));
    let late = case.open(&queue).await;
    case.interaction_in(&late.id, Status::Expired).await;
    let ask = || v1::GetQueueStatsRequest { queue_ids: vec![patient.id.clone(), queue.id.clone()] };
    let counted = || async {
        let queues = ok!(case.admin.routing().get_queue_stats(ask())).queues;
        let of = |id: &str| {
            let line = queues.iter().find(|line| line.queue_id == id).unwrap();
            (line.depth, line.abandoned, line.expired, line.cancelled)
        };
        ((of(&patient.id), of(&queue.id)) == ((0, 2, 0, 1), (0, 0, 1, 0))).then_some(())
    };
    eventually("two abandoned, one cancelled, one expired", counted).await;
}

fn park(id: &str, wake_time: Option<prost_types::Timestamp>) -> v1::ParkInteractionRequest {
    v1::ParkInteractionRequest { interaction_id: id.into(), wake_time, ..Default::default() }
}

fn wake(id: &str) -> v1::WakeInteractionRequest {
    v1::WakeInteractionRequest { interaction_id: id.into(), ..Default::default() }
}

fn in_seconds(seconds: i64) -> Option<prost_types::Timestamp> {
    let now = prost_types::Timestamp::from(SystemTime::now());
    Some(prost_types::Timestamp { seconds: now.seconds + seconds, ..now })
}

/// An interaction that an agent with room for one has.
async fn owned(
    case: &Case,
    queue: &v1::Queue,
    (agent, console): (&Agent, &mut Console),
) -> v1::Interaction {
    let made = case.open(queue).await;
    console.take().await;
    let owned = case.interaction_in(&made.id, Status::Active).await;
    assert_eq!(owned.owner_agent_id, agent.id);
    owned
}

async fn single(case: &Case) -> (Agent, Console) {
    let agent = case.agent_with_room("Bo", 1).await;
    let console = agent.console().await;
    console.available().await;
    (agent, console)
}

async fn parked_work_frees_its_place_and_comes_back(case: Case) {
    let queue = case.plain_queue().await;
    let (agent, mut console) = single(&case).await;
    let made = owned(&case, &queue, (&agent, &mut console)).await;
    let mine = || agent.client.interactions();
    let parked = ok!(mine().park_interaction(park(&made.id, None))).interaction.unwrap();
    assert_eq!((parked.status(), &parked.owner_agent_id), (Status::Parked, &agent.id));
    assert_eq!(ok!(mine().park_interaction(park(&made.id, None))).interaction.unwrap(), parked);
    let gone = console.unassigned().await;
    assert_eq!((gone.interaction_id.as_str(), gone.status()), (made.id.as_str(), Status::Parked));

    // The place is free: somebody else's work fits, and is done.
    let other = owned(&case, &queue, (&agent, &mut console)).await;
    let woken = ok!(mine().wake_interaction(wake(&made.id))).interaction.unwrap();
    assert_eq!(woken.status(), Status::Queued, "its agent has no room for it");
    assert_eq!(woken.enqueue_time, made.enqueue_time, "its age is kept");
    let close =
        v1::CloseInteractionRequest { interaction_id: other.id.clone(), ..Default::default() };
    ok!(mine().close_interaction(close));
    assert_eq!(console.take().await.interaction.unwrap().id, made.id, "it is asked first");
    case.interaction_in(&made.id, Status::Active).await;

    ok!(mine().park_interaction(park(&made.id, None)));
    let woken = ok!(mine().wake_interaction(wake(&made.id))).interaction.unwrap();
    assert_eq!((woken.status(), &woken.owner_agent_id), (Status::Active, &agent.id), "at once");
    let again = ok!(mine().wake_interaction(wake(&made.id))).interaction.unwrap();
    assert_eq!(again, woken, "a repeat changes nothing");
    let told = told(&case, &made.id).await;
    let count = |is: fn(&Data) -> bool| told.iter().filter(|data| is(data)).count();
    assert_eq!(count(|data| matches!(data, Data::InteractionParked(_))), 2);
    assert_eq!(count(|data| matches!(data, Data::InteractionWoken(_))), 2);
}

async fn parked_work_wakes_when_its_customer_writes(case: Case) {
    case.queue(v1::Queue { default_queue: true, ..Default::default() }).await;
    let (account, _) = case.account("https://hooks.example.com/out").await;
    let (agent, mut console) = single(&case).await;
    let writes = |body: &str| v1::ReceiveMessageRequest {
        channel_account_id: account.id.clone(),
        from_address: "ada".into(),
        body: body.into(),
        ..Default::default()
    };
    let first = ok!(case.admin.channels().receive_message(writes("where is it?")));
    let made = console.take().await.interaction.unwrap();
    assert_eq!(made.id, first.interaction_id);
    case.interaction_in(&made.id, Status::Active).await;
    ok!(agent.client.interactions().park_interaction(park(&made.id, None)));
    let note = v1::SendMessageRequest {
        interaction_id: made.id.clone(),
        body: "they will write".into(),
        kind: v1::SendKind::InternalNote.into(),
        ..Default::default()
    };
    ok!(agent.client.interactions().send_message(note));
    assert_eq!(case.interaction(&made.id).await.status(), Status::Parked, "a note wakes nothing");
    let urgent = v1::UpdateInteractionRequest {
        interaction: Some(v1::Interaction {
            id: made.id.clone(),
            priority: v1::Priority::Urgent.into(),
            ..Default::default()
        }),
        update_mask: crate::support::mask(&["priority"]),
        request_id: String::new(),
    };
    ok!(agent.client.interactions().update_interaction(urgent));
    let second = ok!(case.admin.channels().receive_message(writes("here I am again")));
    assert_eq!(second.interaction_id, made.id, "the conversation goes on");
    let joined = case.interaction(&made.id).await;
    assert_eq!((joined.status(), &joined.owner_agent_id), (Status::Active, &agent.id));
    assert_eq!(joined.priority(), v1::Priority::Urgent, "what was changed at rest is kept");
    assert_eq!(console.assigned().await.id, made.id);
}

async fn parked_work_wakes_when_its_time_comes(case: Case) {
    let queue = case.plain_queue().await;
    let (agent, mut console) = single(&case).await;
    let made = owned(&case, &queue, (&agent, &mut console)).await;
    let mine = || agent.client.interactions();
    for wrong in [in_seconds(-5), in_seconds(31 * 24 * 3600)] {
        refused!(mine().park_interaction(park(&made.id, wrong)), ValidationFailed);
    }
    let far = ok!(mine().park_interaction(park(&made.id, in_seconds(3_000)))).interaction.unwrap();
    assert_eq!(far.status(), Status::Parked);
    let soon = in_seconds(2);
    let near = ok!(mine().park_interaction(park(&made.id, soon))).interaction.unwrap();
    let seconds = |at: Option<prost_types::Timestamp>| at.map(|at| at.seconds);
    assert_eq!(seconds(near.wake_time), seconds(soon), "another time is set");
    let back = case.interaction_in(&made.id, Status::Active).await;
    assert_eq!((&back.owner_agent_id, back.wake_time), (&agent.id, None));
    let told = told(&case, &made.id).await;
    let woken = told.iter().find_map(|data| match data {
        Data::InteractionWoken(woken) => Some(woken.reason()),
        _ => None,
    });
    assert_eq!(woken, Some(v1::WakeReason::Time));
}

async fn parked_work_of_who_left_goes_to_others(case: Case) {
    let queue = case.plain_queue().await;
    let (agent, mut console) = single(&case).await;
    let made = owned(&case, &queue, (&agent, &mut console)).await;
    ok!(agent.client.interactions().park_interaction(park(&made.id, None)));
    console.presence(v1::PresenceStatus::Break).await;
    let away = || async {
        let presence = case.presence(&agent).await;
        (presence.effective() == v1::EffectiveStatus::Unavailable).then_some(())
    };
    eventually("the agent is away", away).await;
    let delete = v1::DeleteQueueRequest { queue_id: queue.id.clone(), ..Default::default() };
    refused!(case.admin.routing().delete_queue(delete), ResourceInUse);
    let (other, mut theirs) = case.at_work("Cy").await;
    ok!(case.admin.interactions().wake_interaction(wake(&made.id)));
    assert_eq!(theirs.take().await.interaction.unwrap().id, made.id);
    let taken = case.interaction_in(&made.id, Status::Active).await;
    assert_eq!(taken.owner_agent_id, other.id);
}

async fn parked_work_of_who_went_home_follows_the_policy(case: Case) {
    let other = case.plain_queue().await;
    let reassign = v1::AbsentWork {
        policy: v1::AbsentWorkPolicy::Reassign.into(),
        queue_id: other.id.clone(),
    };
    let queue =
        v1::Queue { parked_counts: true, absent_work: Some(reassign), ..Default::default() };
    let queue = case.queue(queue).await;
    let (agent, mut console) = single(&case).await;
    let made = owned(&case, &queue, (&agent, &mut console)).await;
    ok!(agent.client.interactions().park_interaction(park(&made.id, None)));
    console.presence(v1::PresenceStatus::Offline).await;
    let gone = console.unassigned().await;
    assert_eq!((gone.interaction_id.as_str(), gone.status()), (made.id.as_str(), Status::Parked));
    let rests = case.interaction(&made.id).await;
    assert_eq!((rests.status(), &rests.owner_agent_id), (Status::Parked, &agent.id), "it rests on");

    // Who parked it is away: it wakes where their work goes.
    let woken = ok!(case.admin.interactions().wake_interaction(wake(&made.id)));
    let woken = woken.interaction.unwrap();
    assert_eq!((woken.status(), &woken.queue_id), (Status::Queued, &other.id));
    assert_eq!(woken.owner_agent_id, "", "it is nobody's");
    let (taker, mut theirs) = case.at_work("Cy").await;
    assert_eq!(theirs.take().await.interaction.unwrap().id, made.id);
    assert_eq!(case.interaction_in(&made.id, Status::Active).await.owner_agent_id, taker.id);
}

async fn parked_work_that_counts_keeps_its_place(case: Case) {
    let queue = case.queue(v1::Queue { parked_counts: true, ..Default::default() }).await;
    let (agent, mut console) = single(&case).await;
    let made = owned(&case, &queue, (&agent, &mut console)).await;
    ok!(agent.client.interactions().park_interaction(park(&made.id, None)));
    let waits = case.open(&queue).await;
    assert_eq!(waits.status(), Status::Queued, "there is no room beside it");
    console.presence(v1::PresenceStatus::Break).await;
    let woken = ok!(agent.client.interactions().wake_interaction(wake(&made.id)));
    let woken = woken.interaction.unwrap();
    assert_eq!((woken.status(), &woken.owner_agent_id), (Status::Active, &agent.id));
    let told = told(&case, &made.id).await;
    let offers = told.iter().filter(|data| matches!(data, Data::OfferMade(_))).count();
    assert_eq!(offers, 1, "nobody was asked again");
}

async fn only_owned_work_is_parked(case: Case) {
    let queue = case.plain_queue().await;
    let waits = case.open(&queue).await;
    let admin = || case.admin.interactions();
    refused!(admin().park_interaction(park(&waits.id, None)), InteractionNotOpen);
    let (agent, mut console) = single(&case).await;
    console.take().await;
    let made = case.interaction_in(&waits.id, Status::Active).await;
    let stranger = case.agent("Cy").await;
    let theirs = || stranger.client.interactions();
    refused!(theirs().park_interaction(park(&made.id, None)), NotInteractionOwner);
    ok!(agent.client.interactions().park_interaction(park(&made.id, None)));
    refused!(theirs().wake_interaction(wake(&made.id)), NotInteractionOwner);
    let close =
        v1::CloseInteractionRequest { interaction_id: made.id.clone(), ..Default::default() };
    let closed = ok!(agent.client.interactions().close_interaction(close)).interaction.unwrap();
    assert_eq!((closed.status(), &closed.owner_agent_id), (Status::Resolved, &agent.id));
    refused!(admin().wake_interaction(wake(&made.id)), InteractionNotOpen);
}
