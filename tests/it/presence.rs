//! Presence from outside: chosen for later or for some channels only, taken away by an offer that
//! ran out as its queue says, and what becomes of the work of those who left.

use crate::support::console::Console;
use crate::support::fixture::{Agent, Case, opening};
use crate::support::{eventually, mask, nobody, secs};
use omnichannel_sdk::v1::{
    self, AbsentWorkPolicy, ChannelKind, EffectiveStatus as Effective, InteractionStatus as Status,
    NoAnswerConsequence as Consequence, OfferState, PresenceStatus as Presence,
};

both!(
    what_is_chosen_for_later_holds_when_the_work_ends,
    an_open_offer_is_work_too,
    the_next_choice_replaces_what_was_chosen_for_later,
    offers_come_for_the_channels_one_is_ready_for,
    an_unanswered_offer_may_cost_nothing,
    a_missed_offer_stays_missed_until_presence_is_set,
    an_unanswered_offer_may_set_presence,
    who_was_asked_over_their_presence_and_is_silent,
    the_work_of_who_left_stays_theirs,
    the_work_of_who_left_waits_again_or_goes_elsewhere,
    policies_of_a_queue_are_kept_and_checked,
    channels_take_what_they_cost,
    calls_push_mail_aside_and_nothing_else,
);

fn later(status: Presence) -> v1::SessionSetPresence {
    v1::SessionSetPresence {
        status: status.into(),
        reason: "lunch".into(),
        after_current_work: true,
        ..Default::default()
    }
}

async fn chooses(console: &Console, choice: v1::SessionSetPresence) {
    console.session.choose(choice).await.expect("presence can be set");
}

async fn stands(case: &Case, agent: &Agent) -> (Presence, Effective, Presence) {
    let presence = case.presence(agent).await;
    (presence.intended(), presence.effective(), presence.next())
}

async fn completes(console: &Console, interaction_id: &str) {
    let complete =
        v1::SessionComplete { interaction_id: interaction_id.to_owned(), ..Default::default() };
    console.session.complete(complete).await.expect("they own it");
}

async fn what_is_chosen_for_later_holds_when_the_work_ends(case: Case) {
    let queue = case.plain_queue().await;
    let (agent, mut console) = case.at_work("Bo").await;
    let (first, second) = (case.open(&queue).await, case.open(&queue).await);
    console.take().await;
    console.take().await;
    chooses(&console, later(Presence::Break)).await;
    let now = (Presence::Available, Effective::Unavailable, Presence::Break);
    assert_eq!(stands(&case, &agent).await, now, "what they have in hand stays theirs");
    let more = case.open(&queue).await;
    completes(&console, &first.id).await;
    assert_eq!(stands(&case, &agent).await, now, "there is more to end");
    completes(&console, &second.id).await;
    let rests = (Presence::Break, Effective::Unavailable, Presence::Unspecified);
    assert_eq!(stands(&case, &agent).await, rests);
    assert_eq!(case.presence(&agent).await.reason, "lunch", "the reason came with it");
    let more = case.interaction(&more.id).await;
    let offers = case.offers(&agent).await.len();
    assert_eq!((more.status(), offers), (Status::Queued, 2), "nothing new came");
    // Without anything in hand it holds at once.
    chooses(&console, later(Presence::Available)).await;
    let works = (Presence::Available, Effective::Available, Presence::Unspecified);
    assert_eq!(stands(&case, &agent).await, works);
    assert_eq!(console.offered().await.interaction.unwrap().id, more.id);
}

async fn an_open_offer_is_work_too(case: Case) {
    let queue = case.plain_queue().await;
    let (agent, mut console) = case.at_work("Bo").await;
    let made = case.open(&queue).await;
    let offer = console.offered().await.offer.unwrap();
    chooses(&console, later(Presence::Offline)).await;
    assert_eq!(case.interaction(&made.id).await.status(), Status::Offered, "it is still theirs");
    console.session.accept(&offer.id).await.expect("the offer is open");
    assert_eq!(stands(&case, &agent).await.2, Presence::Offline);
    completes(&console, &made.id).await;
    let gone = (Presence::Offline, Effective::Offline, Presence::Unspecified);
    assert_eq!(stands(&case, &agent).await, gone);
}

async fn the_next_choice_replaces_what_was_chosen_for_later(case: Case) {
    let queue = case.plain_queue().await;
    let (agent, mut console) = case.at_work("Bo").await;
    let made = case.open(&queue).await;
    console.take().await;
    chooses(&console, later(Presence::Break)).await;
    chooses(&console, later(Presence::Training)).await;
    assert_eq!(stands(&case, &agent).await.2, Presence::Training);
    // To go on as one does is to choose nothing for later.
    chooses(&console, later(Presence::Available)).await;
    let works = (Presence::Available, Effective::Available, Presence::Unspecified);
    assert_eq!(stands(&case, &agent).await, works);
    chooses(&console, later(Presence::Break)).await;
    console.available().await;
    assert_eq!(stands(&case, &agent).await, works);
    completes(&console, &made.id).await;
    assert_eq!(stands(&case, &agent).await, works);
}

async fn offers_come_for_the_channels_one_is_ready_for(case: Case) {
    let queue = case.plain_queue().await;
    let (agent, mut console) = case.at_work("Bo").await;
    let ready = |channels: &[ChannelKind]| v1::SessionSetPresence {
        status: Presence::Available.into(),
        channels: channels.iter().map(|kind| (*kind).into()).collect(),
        ..Default::default()
    };
    chooses(&console, ready(&[ChannelKind::Voice, ChannelKind::Email])).await;
    let told = case.presence(&agent).await.channels;
    assert_eq!(told, [ChannelKind::Email as i32, ChannelKind::Voice as i32], "each once, sorted");
    let chat = case.open(&queue).await;
    let voice =
        v1::CreateInteractionRequest { channel: ChannelKind::Voice.into(), ..opening(&queue.id) };
    let voice = case.create(voice).await;
    assert_eq!(console.take().await.interaction.unwrap().id, voice.id);
    assert_eq!(case.interaction(&chat.id).await.status(), Status::Queued);
    let target = v1::transfer_interaction_request::Target::AgentId(agent.id.clone());
    let transfer = v1::TransferInteractionRequest {
        interaction_id: chat.id.clone(),
        target: Some(target),
        ..Default::default()
    };
    refused!(case.admin.interactions().transfer_interaction(transfer), AgentUnavailable);
    console.available().await;
    assert_eq!(console.take().await.interaction.unwrap().id, chat.id, "all kinds again");
    let twice = ready(&[ChannelKind::Chat, ChannelKind::Chat]);
    console.session.choose(twice).await.expect_err("each kind once");
}

/// A queue whose offers run out after a second, and what that means.
async fn impatient(case: &Case, consequence: Consequence, presence: Presence) -> v1::Queue {
    let (consequence, presence) = (consequence.into(), presence.into());
    let queue = v1::Queue {
        offer_timeout: secs(1),
        decline_cool_down: Some(prost_types::Duration::default()),
        no_answer: Some(v1::NoAnswer { consequence, presence }),
        ..Default::default()
    };
    case.queue(queue).await
}

async fn an_unanswered_offer_may_cost_nothing(case: Case) {
    let queue = impatient(&case, Consequence::None, Presence::Unspecified).await;
    let (agent, mut console) = case.at_work("Bo").await;
    let made = case.open(&queue).await;
    assert_eq!(console.offer_ended().await.state(), OfferState::TimedOut);
    let work = console.take().await;
    assert_eq!((work.interaction.unwrap().id, work.offer.unwrap().attempt), (made.id, 2));
    assert_eq!(case.presence(&agent).await.effective(), Effective::Available);
}

async fn a_missed_offer_stays_missed_until_presence_is_set(case: Case) {
    let queue = impatient(&case, Consequence::Missed, Presence::Unspecified).await;
    let (agent, mut console) = case.at_work("Bo").await;
    let owned = case.open(&queue).await;
    console.take().await;
    let made = case.open(&queue).await;
    assert_eq!(console.offer_ended().await.state(), OfferState::TimedOut);
    let missed = (Presence::Available, Effective::Missed, Presence::Unspecified);
    assert_eq!(stands(&case, &agent).await, missed);
    // Neither work nor another console makes up for it.
    completes(&console, &owned.id).await;
    let second = agent.console().await;
    assert_eq!(stands(&case, &agent).await, missed);
    assert_eq!(case.interaction(&made.id).await.status(), Status::Queued);
    console.available().await;
    assert_eq!(console.take().await.interaction.unwrap().id, made.id);
    drop(second);
}

async fn who_was_asked_over_their_presence_and_is_silent(case: Case) {
    let set = |presence| (Consequence::Presence, presence);
    let disturbed = (Presence::DoNotDisturb, Effective::Unavailable);
    let cases = [
        (set(Presence::Away), (Presence::Away, Effective::Unavailable)),
        (set(Presence::Available), disturbed),
        ((Consequence::NotResponding, Presence::Unspecified), disturbed),
        ((Consequence::Missed, Presence::Unspecified), disturbed),
    ];
    for ((consequence, presence), (intended, effective)) in cases {
        let queue = impatient(&case, consequence, presence).await;
        let agent = case.agent("Bo").await;
        let mut console = agent.console().await;
        console.presence(Presence::DoNotDisturb).await;
        let made = case.open(&queue).await;
        let request = v1::RouteInteractionRequest {
            interaction_id: made.id.clone(),
            target: Some(v1::route_interaction_request::Target::AgentId(agent.id.clone())),
            override_limits: true,
            ..Default::default()
        };
        ok!(case.admin.routing().route_interaction(request));
        assert_eq!(console.offer_ended().await.state(), OfferState::TimedOut);
        let then = (intended, effective, Presence::Unspecified);
        assert_eq!(stands(&case, &agent).await, then, "{consequence:?} {presence:?}");
        assert_eq!(case.interaction(&made.id).await.status(), Status::Queued);
    }
}

async fn an_unanswered_offer_may_set_presence(case: Case) {
    let queue = impatient(&case, Consequence::Presence, Presence::Away).await;
    let patient = case.plain_queue().await;
    let (agent, mut console) = case.at_work("Bo").await;
    let other = case.open(&patient).await;
    console.offered().await;
    let made = case.open(&queue).await;
    eventually("they are away", || async {
        (case.presence(&agent).await.intended() == Presence::Away).then_some(())
    })
    .await;
    let away = (Presence::Away, Effective::Unavailable, Presence::Unspecified);
    assert_eq!(stands(&case, &agent).await, away);
    for waits in [&made.id, &other.id] {
        assert_eq!(case.interaction(waits).await.status(), Status::Queued);
    }
    let offers = case.offers(&agent).await;
    let of = |id: &str| offers.iter().find(|offer| offer.interaction_id == id).unwrap().state();
    assert_eq!((of(&made.id), of(&other.id)), (OfferState::TimedOut, OfferState::Rescinded));
}

fn leaving(policy: AbsentWorkPolicy, queue_id: &str) -> v1::Queue {
    let (policy, queue_id) = (policy.into(), queue_id.to_owned());
    v1::Queue { absent_work: Some(v1::AbsentWork { policy, queue_id }), ..Default::default() }
}

async fn the_work_of_who_left_stays_theirs(case: Case) {
    let queue = case.plain_queue().await;
    let told = queue.absent_work.as_ref().unwrap().policy();
    assert_eq!(told, AbsentWorkPolicy::Keep, "unless the queue says otherwise");
    let (agent, mut console) = case.at_work("Bo").await;
    let owned = case.open(&queue).await;
    console.take().await;
    console.presence(Presence::Offline).await;
    let held = case.interaction(&owned.id).await;
    assert_eq!((held.status(), held.owner_agent_id), (Status::Active, agent.id));
}

async fn the_work_of_who_left_waits_again_or_goes_elsewhere(case: Case) {
    let backup = case.plain_queue().await;
    let again = case.queue(leaving(AbsentWorkPolicy::Requeue, "")).await;
    let elsewhere = case.queue(leaving(AbsentWorkPolicy::Reassign, &backup.id)).await;
    let wraps = v1::Queue { wrap_up_limit: secs(600), ..leaving(AbsentWorkPolicy::Requeue, "") };
    let wraps = case.queue(wraps).await;
    let (agent, mut console) = case.at_work("Bo").await;
    let (a, b) = (case.open(&again).await, case.open(&elsewhere).await);
    let done = case.open(&wraps).await;
    for _ in 0..3 {
        console.take().await;
    }
    completes(&console, &done.id).await;
    // A break is no leaving.
    console.presence(Presence::Break).await;
    assert_eq!(case.interaction(&a.id).await.status(), Status::Active);
    console.presence(Presence::Offline).await;
    for (made, queue) in [(&a, &again), (&b, &backup)] {
        let now = case.interaction(&made.id).await;
        assert_eq!((now.status(), &now.queue_id), (Status::Queued, &queue.id));
        assert_eq!((now.owner_agent_id.as_str(), now.enqueue_time), ("", made.enqueue_time));
        assert_eq!(now.offers_failed, 0, "it was moved");
    }
    assert_eq!(case.interaction(&done.id).await.status(), Status::Wrapping, "its timer ends it");
    let states: Vec<_> = case.offers(&agent).await.iter().map(v1::Offer::state).collect();
    assert_eq!(states.iter().filter(|state| **state == OfferState::AgentLost).count(), 2);
    let (_, mut other) = case.at_work("Cy").await;
    let mut taken = [other.take().await, other.take().await].map(|w| w.interaction.unwrap().id);
    taken.sort();
    let mut both = [a.id, b.id];
    both.sort();
    assert_eq!(taken, both);
}

async fn policies_of_a_queue_are_kept_and_checked(case: Case) {
    let other = case.plain_queue().await;
    let away =
        v1::NoAnswer { consequence: Consequence::Presence.into(), presence: Presence::Away.into() };
    let queue =
        v1::Queue { no_answer: Some(away), ..leaving(AbsentWorkPolicy::Reassign, &other.id) };
    let made = case.queue(queue).await;
    assert_eq!(made.no_answer, Some(away));
    let routing = || case.admin.routing();
    let delete = v1::DeleteQueueRequest { queue_id: other.id.clone(), ..Default::default() };
    refused!(routing().delete_queue(delete.clone()), ResourceInUse);
    let update = |queue: v1::Queue, path: &str| v1::UpdateQueueRequest {
        queue: Some(v1::Queue { id: made.id.clone(), ..queue }),
        update_mask: mask(&[path]),
        request_id: String::new(),
    };
    let silent = v1::NoAnswer { presence: 0, ..away };
    let silent = v1::Queue { no_answer: Some(silent), ..Default::default() };
    let error = refused!(routing().update_queue(update(silent, "no_answer")), ValidationFailed);
    assert_eq!(error.violations()[0].field, "queue.no_answer.presence");
    let nowhere = leaving(AbsentWorkPolicy::Reassign, "");
    let error = refused!(routing().update_queue(update(nowhere, "absent_work")), ValidationFailed);
    assert_eq!(error.violations()[0].field, "queue.absent_work.queue_id");
    let unknown = leaving(AbsentWorkPolicy::Reassign, &nobody());
    refused!(routing().update_queue(update(unknown, "absent_work")), ResourceNotFound);
    let reset = ok!(routing().update_queue(update(v1::Queue::default(), "absent_work")));
    let reset = reset.queue.unwrap();
    assert_eq!(reset.absent_work.unwrap().policy(), AbsentWorkPolicy::Keep);
    assert_eq!(reset.no_answer, Some(away), "one alone is set alone");
    ok!(routing().delete_queue(delete));
}

/// Somebody with five units, for whom channels cost what is said here, at work.
async fn shared(case: &Case, channels: &[v1::ChannelCapacity]) -> (Agent, Console) {
    let capacity =
        Some(v1::Capacity { units: 5, per_channel: channels.to_vec(), ..Default::default() });
    let agent = v1::Agent { name: "Bo".into(), capacity, ..Default::default() };
    let agent = case.agent_as(agent).await;
    let console = agent.console().await;
    console.available().await;
    (agent, console)
}

fn costs(channel: ChannelKind, units: i32, interruptible: bool) -> v1::ChannelCapacity {
    v1::ChannelCapacity { channel: channel.into(), max: 100, units, interruptible }
}

async fn comes(case: &Case, queue: &v1::Queue, channel: ChannelKind) -> v1::Interaction {
    let channel = channel.into();
    case.create(v1::CreateInteractionRequest { channel, ..opening(&queue.id) }).await
}

async fn units(case: &Case, agent: &Agent) -> i32 {
    let request = v1::GetAgentRequest { agent_id: agent.id.clone() };
    ok!(case.admin.agents().get_agent(request)).agent.unwrap().used_units
}

async fn channels_take_what_they_cost(case: Case) {
    let queue = case.plain_queue().await;
    let (agent, mut console) = shared(&case, &[costs(ChannelKind::Chat, 2, false)]).await;
    let mut chats = Vec::new();
    for expected in [2, 4] {
        chats.push(comes(&case, &queue, ChannelKind::Chat).await);
        console.take().await;
        assert_eq!(units(&case, &agent).await, expected);
    }
    let third = comes(&case, &queue, ChannelKind::Chat).await;
    let mail = comes(&case, &queue, ChannelKind::Email).await;
    let taken = console.take().await.interaction.unwrap();
    assert_eq!(taken.id, mail.id, "one unit was left, and a mail takes one");
    assert_eq!(units(&case, &agent).await, 5);
    assert_eq!(case.interaction(&third.id).await.status(), Status::Queued);
    completes(&console, &mail.id).await;
    completes(&console, &chats[0].id).await;
    assert_eq!(console.take().await.interaction.unwrap().id, third.id);
    assert_eq!(units(&case, &agent).await, 4);
}

async fn calls_push_mail_aside_and_nothing_else(case: Case) {
    let queue = case.plain_queue().await;
    let channels = [costs(ChannelKind::Voice, 5, false), costs(ChannelKind::Email, 1, true)];
    let (agent, mut console) = shared(&case, &channels).await;
    let mut mails = Vec::new();
    for _ in 0..5 {
        mails.push(comes(&case, &queue, ChannelKind::Email).await);
        console.take().await;
    }
    let sixth = comes(&case, &queue, ChannelKind::Email).await;
    let call = comes(&case, &queue, ChannelKind::Voice).await;
    assert_eq!(console.take().await.interaction.unwrap().id, call.id);
    assert_eq!(units(&case, &agent).await, 10, "the mails are still theirs");
    let first = case.interaction(&mails[0].id).await;
    assert_eq!((first.status(), &first.owner_agent_id), (Status::Active, &agent.id));
    assert_eq!(case.interaction(&sixth.id).await.status(), Status::Queued);
    let second = comes(&case, &queue, ChannelKind::Voice).await;
    assert_eq!(case.interaction(&second.id).await.status(), Status::Queued, "one call at a time");
    completes(&console, &mails[0].id).await;
    assert_eq!(case.interaction(&sixth.id).await.status(), Status::Queued, "overdrawn");
    completes(&console, &call.id).await;
    let mut next = [console.take().await, console.take().await].map(|w| w.interaction.unwrap().id);
    next.sort();
    let mut both = [sixth.id, second.id];
    both.sort();
    assert_eq!(next, both, "a mail fits beside four, and the call beside all of them");
}
