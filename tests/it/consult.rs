//! Advice and warm transfer: who owns an interaction asks another agent, who answers, advises and
//! is done, or is handed the work. Whatever becomes of the interaction meanwhile, one agent owns
//! it, and nobody holds a place for advice that nobody needs.

use crate::support::console::Console;
use crate::support::fixture::{Agent, Case};
use crate::support::frames::{self, Frames};
use crate::support::{nobody, secs};
use omnichannel_sdk::v1::{
    self, InteractionStatus as Status, OfferRole, OfferState as State, PresenceStatus,
};
use omnichannel_sdk::{AgentChange, Client};
use std::time::Duration;
use v1::interaction_event::Change;
use v1::interaction_frame::Frame;
use v1::transfer_interaction_request::Target;

both!(
    asked_accepted_and_ended_by_who_advises,
    ended_by_the_owner_offered_or_advising,
    declined_and_the_owner_keeps_it,
    unanswered_it_runs_out_and_the_silent_one_rests,
    handed_over_at_once_and_the_first_owner_is_free,
    transferred_to_who_is_asked_or_to_others_ends_it,
    whatever_ends_the_work_ends_the_consult,
    either_agent_who_leaves_ends_it,
    it_takes_room_like_work,
    refused_to_whom_and_where_it_does_not_fit,
    an_adviser_reads_and_notes_as_long_as_they_advise,
    an_advisers_stream_ends_with_the_consult,
    a_repeat_asks_once,
    of_accept_and_end_one_wins,
    the_feed_and_the_audit_log_tell_of_it,
);

/// An owner at work on an interaction, and somebody who may be asked.
struct Scene {
    case: Case,
    owner: Agent,
    desk: Console,
    adviser: Agent,
    aside: Console,
    id: String,
}

impl Scene {
    async fn new(case: Case) -> Self {
        let queue = case.plain_queue().await;
        Self::in_queue(case, &queue).await
    }

    async fn in_queue(case: Case, queue: &v1::Queue) -> Self {
        let (owner, mut desk) = case.at_work("owner").await;
        let id = case.open(queue).await.id;
        desk.take().await;
        desk.assigned().await;
        let (adviser, aside) = case.at_work("adviser").await;
        Self { case, owner, desk, adviser, aside, id }
    }

    fn request(&self) -> v1::ConsultAgentRequest {
        v1::ConsultAgentRequest {
            interaction_id: self.id.clone(),
            agent_id: self.adviser.id.clone(),
            ..Default::default()
        }
    }

    /// The owner asks; gives the offer.
    async fn ask(&mut self) -> v1::OfferedWork {
        let asked = ok!(self.owner.client.interactions().consult_agent(self.request()));
        let consult = asked.interaction.unwrap().consult.expect("somebody is asked");
        assert_eq!((&consult.agent_id, consult.state()), (&self.adviser.id, State::Pending));
        let is_it = |change| match change {
            AgentChange::Offered(work) => Some(*work),
            _ => None,
        };
        let asked = |work: &v1::OfferedWork| {
            work.offer.as_ref().is_some_and(|offer| offer.id == consult.offer_id)
        };
        let is_it = |change| is_it(change).filter(asked);
        let work = self.aside.until("the question", is_it).await;
        assert_eq!(work.offer.as_ref().unwrap().role(), OfferRole::Consult);
        work
    }

    /// The owner asks and the adviser says yes; gives the offer's id.
    async fn advised(&mut self) -> String {
        let offer_id = self.ask().await.offer.unwrap().id;
        self.aside.session.accept(&offer_id).await.expect("the offer is open");
        let work = consulting(&mut self.aside).await;
        assert_eq!(work.offer.unwrap().state(), State::Connected);
        offer_id
    }

    async fn now(&self) -> v1::Interaction {
        self.case.interaction(&self.id).await
    }

    async fn offer(&self, id: &str) -> v1::Offer {
        let all = self.case.offers(&self.adviser).await;
        all.into_iter().find(|offer| offer.id == id).expect("it was made")
    }

    /// The consult has ended so, its agent is told, holds nothing, and the owner is who they were.
    async fn over(&mut self, offer_id: &str, state: State, reason: &str) {
        let ended = self.aside.offer_ended().await;
        assert_eq!((ended.id.as_str(), ended.state()), (offer_id, state), "{ended:?}");
        assert_eq!((ended.role(), ended.reason.as_str()), (OfferRole::Consult, reason));
        assert_eq!(self.now().await.consult, None);
        assert_eq!(used(&self.case, &self.adviser).await, 0);
    }
}

/// The next thing the agent advises on.
async fn consulting(console: &mut Console) -> v1::OfferedWork {
    let take = |change| match change {
        AgentChange::Consulting(work) => Some(*work),
        _ => None,
    };
    console.until("advice to give", take).await
}

async fn used(case: &Case, agent: &Agent) -> i32 {
    let request = v1::GetAgentRequest { agent_id: agent.id.clone() };
    ok!(case.admin.agents().get_agent(request)).agent.unwrap().used_units
}

fn end(offer_id: &str) -> v1::EndConsultRequest {
    v1::EndConsultRequest { offer_id: offer_id.to_owned(), ..Default::default() }
}

fn to_agent(id: &str, agent: &Agent) -> v1::TransferInteractionRequest {
    v1::TransferInteractionRequest {
        interaction_id: id.to_owned(),
        target: Some(Target::AgentId(agent.id.clone())),
        ..Default::default()
    }
}

fn accept(offer_id: &str) -> v1::AcceptOfferRequest {
    v1::AcceptOfferRequest { offer_id: offer_id.to_owned(), ..Default::default() }
}

async fn asked_accepted_and_ended_by_who_advises(case: Case) {
    let mut scene = Scene::new(case).await;
    let note = "what is their discount?".to_owned();
    let asked = v1::ConsultAgentRequest { note: note.clone(), ..scene.request() };
    ok!(scene.owner.client.interactions().consult_agent(asked));
    let work = scene.aside.offered().await;
    assert_eq!(work.note.as_ref().map(|note| note.body.as_str()), Some(note.as_str()));
    assert_eq!(work.last_message.unwrap().body, "where is it?");
    let offer = work.offer.unwrap();
    assert_eq!((offer.attempt, offer.note_id), (0, work.note.unwrap().id));

    ok!(scene.adviser.client.agents().accept_offer(accept(&offer.id)));
    consulting(&mut scene.aside).await;
    let now = scene.now().await;
    assert_eq!((now.status(), &now.owner_agent_id), (Status::Active, &scene.owner.id));
    let consult = now.consult.expect("they advise");
    assert_eq!(consult.state(), State::Connected);
    assert!(consult.answer_time.is_some());
    assert_eq!(now.offers_failed, 0);
    // A console that opens now is told what its agent advises on, and an owner what they own.
    let again = scene.adviser.console().await;
    let advises = |piece: &AgentChange| matches!(piece, AgentChange::SnapshotConsulting(_));
    assert!(again.snapshot.iter().any(advises), "{:?}", again.snapshot);
    assert!(!again.snapshot.iter().any(|p| matches!(p, AgentChange::SnapshotAssigned(_))));

    ok!(scene.adviser.client.interactions().end_consult(end(&offer.id)));
    scene.over(&offer.id, State::Completed, "done").await;
    let now = scene.now().await;
    assert_eq!((now.status(), &now.owner_agent_id), (Status::Active, &scene.owner.id));
    // Again is the same success, from either side.
    for side in [&scene.owner, &scene.adviser] {
        ok!(side.client.interactions().end_consult(end(&offer.id)));
    }
    // And somebody may be asked anew.
    scene.advised().await;
}

async fn ended_by_the_owner_offered_or_advising(case: Case) {
    let mut scene = Scene::new(case).await;
    let offer_id = scene.ask().await.offer.unwrap().id;
    let ended = ok!(scene.owner.client.interactions().end_consult(end(&offer_id)));
    assert_eq!(ended.interaction.unwrap().consult, None);
    scene.over(&offer_id, State::Rescinded, "withdrawn").await;
    refused!(scene.adviser.client.agents().accept_offer(accept(&offer_id)), OfferRescinded);

    let offer_id = scene.advised().await;
    ok!(scene.owner.client.interactions().end_consult(end(&offer_id)));
    scene.over(&offer_id, State::Completed, "done").await;
    // Whoever is asked may end it too, before they answered: they decline.
    let offer_id = scene.ask().await.offer.unwrap().id;
    ok!(scene.adviser.client.interactions().end_consult(end(&offer_id)));
    scene.over(&offer_id, State::Rejected, "declined").await;
}

async fn declined_and_the_owner_keeps_it(case: Case) {
    let mut scene = Scene::new(case).await;
    let offer_id = scene.ask().await.offer.unwrap().id;
    scene.aside.session.decline(&offer_id, "not my field").await.expect("it is open");
    let ended = scene.aside.offer_ended().await;
    assert_eq!((ended.state(), ended.reason.as_str()), (State::Rejected, "not my field"));
    let now = scene.now().await;
    assert_eq!((now.consult, &now.owner_agent_id), (None, &scene.owner.id));
    assert_eq!(now.offers_failed, 0, "no offer of the interaction failed");
    // The owner is shown each step.
    let changed = |change| match change {
        AgentChange::InteractionChanged(work) => Some(work.consult.map(|c| c.state())),
        _ => None,
    };
    for expected in [Some(State::Pending), None] {
        while scene.desk.until("the owner is told", changed).await != expected {}
    }
}

async fn unanswered_it_runs_out_and_the_silent_one_rests(case: Case) {
    let queue = case.queue(v1::Queue { offer_timeout: secs(5), ..Default::default() }).await;
    let mut scene = Scene::in_queue(case, &queue).await;
    let offer_id = scene.ask().await.offer.unwrap().id;
    scene.over(&offer_id, State::TimedOut, "no_answer").await;
    let presence = scene.case.presence(&scene.adviser).await;
    assert_eq!(presence.effective(), v1::EffectiveStatus::NotResponding);
    let now = scene.now().await;
    assert_eq!((now.status(), &now.owner_agent_id), (Status::Active, &scene.owner.id));
    refused!(scene.owner.client.interactions().consult_agent(scene.request()), AgentUnavailable);
}

async fn handed_over_at_once_and_the_first_owner_is_free(case: Case) {
    let mut scene = Scene::new(case).await;
    let offer_id = scene.advised().await;
    let before = scene.now().await;
    // They said yes to advise: that they take a break now does not matter.
    scene.aside.presence(PresenceStatus::Break).await;
    let request = to_agent(&scene.id, &scene.adviser);
    let done = ok!(scene.owner.client.interactions().transfer_interaction(request));
    let now = done.interaction.unwrap();
    assert_eq!((now.status(), &now.owner_agent_id), (Status::Active, &scene.adviser.id));
    assert_eq!((now.consult, now.enqueue_time), (None, before.enqueue_time));
    assert_eq!(scene.aside.assigned().await.id, scene.id);
    assert_eq!(scene.desk.unassigned().await.interaction_id, scene.id);
    assert_eq!(used(&scene.case, &scene.owner).await, 0);
    assert_eq!(used(&scene.case, &scene.adviser).await, 1);
    let offer = scene.offer(&offer_id).await;
    assert_eq!((offer.role(), offer.state()), (OfferRole::Owner, State::Connected));
    assert_eq!(offer.attempt, 2);
    // It is a consult no more, and theirs to end.
    refused!(scene.adviser.client.interactions().end_consult(end(&offer_id)), NotAConsult);
    let complete =
        v1::CompleteInteractionRequest { interaction_id: scene.id.clone(), ..Default::default() };
    refused!(
        scene.owner.client.agents().complete_interaction(complete.clone()),
        NotInteractionOwner
    );
    ok!(scene.adviser.client.agents().complete_interaction(complete));
    assert_eq!(used(&scene.case, &scene.adviser).await, 0);
}

async fn transferred_to_who_is_asked_or_to_others_ends_it(case: Case) {
    let mut scene = Scene::new(case).await;
    // Asked and silent: the transfer asks them for more, with an offer of its own.
    let offer_id = scene.ask().await.offer.unwrap().id;
    let request = to_agent(&scene.id, &scene.adviser);
    ok!(scene.owner.client.interactions().transfer_interaction(request));
    let ended = scene.aside.offer_ended().await;
    assert_eq!((ended.state(), ended.id), (State::Rescinded, offer_id));
    let work = scene.aside.offered().await.offer.unwrap();
    assert_eq!(work.role(), OfferRole::Owner);
    assert_eq!(scene.now().await.owner_agent_id, scene.owner.id, "until they accept");
    // What waits for a taker is nobody's to be advised on.
    let ask = v1::ConsultAgentRequest { agent_id: scene.owner.id.clone(), ..scene.request() };
    refused!(scene.case.admin.interactions().consult_agent(ask.clone()), InteractionNotOpen);
    scene.aside.session.accept(&work.id).await.expect("it is open");
    scene.aside.assigned().await;

    // Now the other way round, and a transfer to somebody else.
    let mut next = scene.adviser.client.interactions();
    ok!(next.consult_agent(ask));
    let offer = scene.desk.offered().await.offer.unwrap();
    scene.desk.session.accept(&offer.id).await.expect("it is open");
    consulting(&mut scene.desk).await;
    let (third, _console) = scene.case.at_work("third").await;
    ok!(next.transfer_interaction(to_agent(&scene.id, &third)));
    let ended = scene.desk.offer_ended().await;
    assert_eq!((ended.state(), ended.reason.as_str()), (State::Completed, "moved"));
    let now = scene.now().await;
    assert_eq!((now.consult, &now.owner_agent_id), (None, &scene.adviser.id));
}

async fn whatever_ends_the_work_ends_the_consult(case: Case) {
    let queue = case.plain_queue().await;
    let wraps = case.queue(v1::Queue { wrap_up_limit: secs(300), ..Default::default() }).await;
    let mut scene = Scene::in_queue(case, &queue).await;
    let admin = scene.case.admin.clone();
    for way in ["complete", "close", "abandon", "park", "schedule", "queue", "escalate"] {
        for advising in [false, true] {
            let queue = if way == "complete" { &wraps } else { &queue };
            // Only the owner is at work when it comes.
            scene.aside.presence(PresenceStatus::Away).await;
            scene.id = scene.case.open(queue).await.id;
            take(&mut scene.desk, &scene.id).await;
            scene.aside.available().await;
            let offer_id =
                if advising { scene.advised().await } else { scene.ask().await.offer.unwrap().id };
            let by = if way == "complete" { &scene.owner.client } else { &admin };
            act(by, way, &scene.id, &queue.id).await;
            let (mut state, reason) = match way {
                "park" => (State::Rescinded, "parked"),
                "schedule" => (State::Rescinded, "scheduled"),
                "queue" | "escalate" => (State::Rescinded, "moved"),
                _ => (State::Cancelled, "ended"),
            };
            if advising {
                state = State::Completed;
            }
            let ended = loop {
                let ended = scene.aside.offer_ended().await;
                if ended.id == offer_id {
                    break ended;
                }
            };
            assert_eq!(ended.state(), state, "{way}: {ended:?}");
            assert_eq!(ended.reason, reason, "{way}");
            assert_eq!(scene.now().await.consult, None, "{way}");
            let close = v1::CloseInteractionRequest {
                interaction_id: scene.id.clone(),
                ..Default::default()
            };
            ok!(admin.interactions().close_interaction(close));
            assert_eq!(used(&scene.case, &scene.adviser).await, 0, "{way}");
        }
    }
}

/// Takes this interaction when it is offered.
async fn take(desk: &mut Console, id: &str) {
    let offer = loop {
        let work = desk.offered().await;
        if work.interaction.unwrap().id == id {
            break work.offer.unwrap();
        }
    };
    desk.session.accept(&offer.id).await.expect("the offer is open");
    while desk.assigned().await.id != id {}
}

async fn act(admin: &Client, way: &str, id: &str, queue_id: &str) {
    let interaction_id = id.to_owned();
    let mut interactions = admin.interactions();
    match way {
        "complete" => {
            let request = v1::CompleteInteractionRequest { interaction_id, ..Default::default() };
            ok!(admin.agents().complete_interaction(request));
        }
        "close" => {
            let request = v1::CloseInteractionRequest { interaction_id, ..Default::default() };
            ok!(interactions.close_interaction(request));
        }
        "abandon" => {
            let request = v1::AbandonInteractionRequest { interaction_id, ..Default::default() };
            ok!(interactions.abandon_interaction(request));
        }
        "park" => {
            let request = v1::ParkInteractionRequest { interaction_id, ..Default::default() };
            ok!(interactions.park_interaction(request));
        }
        "schedule" => {
            let at = std::time::SystemTime::now() + std::time::Duration::from_secs(3600);
            let callback_time = Some(at.into());
            let request =
                v1::RequestCallbackRequest { interaction_id, callback_time, ..Default::default() };
            ok!(interactions.request_callback(request));
        }
        "queue" => {
            let target = Some(Target::QueueId(queue_id.to_owned()));
            let request =
                v1::TransferInteractionRequest { interaction_id, target, ..Default::default() };
            ok!(interactions.transfer_interaction(request));
        }
        _ => {
            let queue_id = queue_id.to_owned();
            let request =
                v1::EscalateInteractionRequest { interaction_id, queue_id, ..Default::default() };
            ok!(interactions.escalate_interaction(request));
        }
    }
}

async fn either_agent_who_leaves_ends_it(case: Case) {
    let mut scene = Scene::new(case).await;
    let offer_id = scene.advised().await;
    scene.aside.presence(PresenceStatus::Offline).await;
    scene.over(&offer_id, State::AgentLost, "lost").await;
    let now = scene.now().await;
    assert_eq!((now.status(), &now.owner_agent_id), (Status::Active, &scene.owner.id));

    scene.aside.available().await;
    let offer_id = scene.ask().await.offer.unwrap().id;
    scene.aside.presence(PresenceStatus::Break).await;
    scene.over(&offer_id, State::Rescinded, "unavailable").await;

    // The owner leaves; their queue lets them keep the work, and nobody is there for the advice.
    scene.aside.available().await;
    let offer_id = scene.advised().await;
    scene.desk.presence(PresenceStatus::Offline).await;
    scene.over(&offer_id, State::Completed, "lost").await;
    assert_eq!(scene.now().await.owner_agent_id, scene.owner.id);
}

async fn it_takes_room_like_work(case: Case) {
    let queue = case.plain_queue().await;
    let (owner, mut desk) = case.at_work("owner").await;
    let id = case.open(&queue).await.id;
    desk.take().await;
    let small = case.agent_with_room("small", 1).await;
    let mut aside = small.console().await;
    aside.available().await;
    let ask = v1::ConsultAgentRequest {
        interaction_id: id,
        agent_id: small.id.clone(),
        ..Default::default()
    };
    ok!(owner.client.interactions().consult_agent(ask.clone()));
    let offer = aside.offered().await.offer.unwrap();
    assert_eq!(used(&case, &small).await, 1, "an offer takes its place");
    ok!(small.client.agents().accept_offer(accept(&offer.id)));
    desk.presence(PresenceStatus::Away).await;
    let waits = case.open(&queue).await;
    assert_eq!(case.interaction(&waits.id).await.status(), Status::Queued);
    assert_eq!(used(&case, &small).await, 1);
    ok!(owner.client.interactions().end_consult(end(&offer.id)));
    assert_eq!(aside.take().await.interaction.unwrap().id, waits.id, "the place is free again");
    refused!(owner.client.interactions().consult_agent(ask), AgentUnavailable);
}

async fn refused_to_whom_and_where_it_does_not_fit(case: Case) {
    let mut scene = Scene::new(case).await;
    let stranger = scene.case.stranger().await;
    let request = scene.request();
    refused!(stranger.admin.interactions().consult_agent(request.clone()), ResourceNotFound);
    let foreign = stranger.agent("foreign").await;
    let to = |agent_id: &str| v1::ConsultAgentRequest {
        agent_id: agent_id.to_owned(),
        ..request.clone()
    };
    let mut owner = scene.owner.client.interactions();
    refused!(owner.consult_agent(to(&foreign.id)), ResourceNotFound);
    refused!(owner.consult_agent(to(&nobody())), ResourceNotFound);
    let own = refused!(owner.consult_agent(to(&scene.owner.id)), AgentUnavailable);
    assert_eq!(own.metadata()["condition"], "NOT_OWNER");
    let absent = scene.case.agent("absent").await;
    let away = refused!(owner.consult_agent(to(&absent.id)), AgentUnavailable);
    assert_eq!(away.metadata()["condition"], "PRESENCE");
    let mut adviser = scene.adviser.client.interactions();
    refused!(adviser.consult_agent(to(&absent.id)), NotInteractionOwner);
    let offer_id = scene.ask().await.offer.unwrap().id;
    let (other, _console) = scene.case.at_work("other").await;
    let error = refused!(owner.consult_agent(to(&other.id)), ConsultLimit);
    assert_eq!(error.metadata()["offer_id"], offer_id);
    assert_eq!(error.metadata()["max"], "1");
    // To others it is not there, and to another tenant neither.
    refused!(other.client.interactions().end_consult(end(&offer_id)), ResourceNotFound);
    refused!(other.client.agents().accept_offer(accept(&offer_id)), ResourceNotFound);
    refused!(stranger.admin.interactions().end_consult(end(&offer_id)), ResourceNotFound);
    refused!(owner.end_consult(end(&nobody())), ResourceNotFound);
    // What nobody owns has nobody to advise; an offer to own is no consult.
    scene.aside.presence(PresenceStatus::Away).await;
    scene.desk.presence(PresenceStatus::Away).await;
    let waits = scene.case.open(&scene.case.plain_queue().await).await;
    let ask = v1::ConsultAgentRequest { interaction_id: waits.id, ..request };
    refused!(scene.case.admin.interactions().consult_agent(ask), InteractionNotOpen);
    let owned = scene.case.offers(&scene.owner).await[0].id.clone();
    refused!(owner.end_consult(end(&owned)), NotAConsult);
}

/// An owner at work in the queue of a team that the adviser is not of.
async fn of_another_team(case: Case) -> Scene {
    let team = case.team().await;
    let queue = v1::Queue { team_ids: vec![team.id.clone()], ..Default::default() };
    let queue = case.queue(queue).await;
    let team_ids = vec![team.id];
    let owner = v1::Agent { name: "owner".into(), team_ids, ..Default::default() };
    let owner = case.agent_as(owner).await;
    let mut desk = owner.console().await;
    desk.available().await;
    let id = case.open(&queue).await.id;
    desk.take().await;
    desk.assigned().await;
    let (adviser, aside) = case.at_work("adviser").await;
    Scene { case, owner, desk, adviser, aside, id }
}

/// The adviser's stream of the interaction, past its snapshot.
async fn watched(scene: &Scene) -> Frames<v1::InteractionFrame> {
    let interaction_id = scene.id.clone();
    let watch = v1::WatchInteractionRequest { interaction_id, ..Default::default() };
    let mut down = frames::interaction(&scene.adviser.client, watch).await.expect("it opens");
    let whole = |frame| matches!(frame, Frame::SnapshotEnd(_)).then_some(());
    down.until("the snapshot", |frame| frame.frame.and_then(whole)).await;
    down
}

async fn an_advisers_stream_ends_with_the_consult(case: Case) {
    let mut scene = of_another_team(case).await;
    for advising in [true, false] {
        let offer_id = match advising {
            true => scene.advised().await,
            false => scene.ask().await.offer.unwrap().id,
        };
        let mut down = watched(&scene).await;
        let said = v1::SendMessageRequest {
            interaction_id: scene.id.clone(),
            body: "while they look on".into(),
            kind: v1::SendKind::InternalNote.into(),
            ..Default::default()
        };
        let mut owner = scene.owner.client.interactions();
        ok!(owner.send_message(said.clone()));
        let heard = |frame: v1::InteractionFrame| match frame.frame? {
            Frame::Event(v1::InteractionEvent { change: Some(Change::Message(one)), .. }) => {
                Some(one.body)
            }
            _ => None,
        };
        assert_eq!(down.until("what is said", heard).await, said.body);
        ok!(owner.end_consult(end(&offer_id)));
        ok!(owner.send_message(v1::SendMessageRequest { body: "alone".into(), ..said }));
        let bye = loop {
            let frame = down.within(Duration::from_secs(5)).await.expect("at once");
            match frame.frame {
                Some(Frame::Goodbye(bye)) => break bye,
                Some(Frame::Heartbeat(_)) => {}
                other => panic!("nothing more is told: {other:?}"),
            }
        };
        assert_eq!(bye.reason(), v1::GoodbyeReason::SubjectGone);
        assert_eq!(scene.aside.offer_ended().await.id, offer_id);
    }
    // Handed over it is theirs, and they go on looking.
    scene.advised().await;
    let mut down = watched(&scene).await;
    let hand = to_agent(&scene.id, &scene.adviser);
    ok!(scene.owner.client.interactions().transfer_interaction(hand));
    let owned = |frame: v1::InteractionFrame| match frame.frame? {
        Frame::Event(v1::InteractionEvent {
            change: Some(Change::InteractionChanged(now)),
            ..
        }) => (now.owner_agent_id == scene.adviser.id).then_some(()),
        Frame::Goodbye(bye) => panic!("it is theirs: {bye:?}"),
        _ => None,
    };
    down.until("it is theirs", owned).await;
}

async fn an_adviser_reads_and_notes_as_long_as_they_advise(case: Case) {
    let mut scene = of_another_team(case).await;
    let client = scene.adviser.client.clone();
    let (mut interactions, id) = (client.interactions(), scene.id.clone());
    let get = v1::GetInteractionRequest { interaction_id: id.clone() };
    let list = v1::ListMessagesRequest {
        scope: Some(v1::list_messages_request::Scope::InteractionId(id.clone())),
        ..Default::default()
    };
    let write = |kind: v1::SendKind| v1::SendMessageRequest {
        interaction_id: id.clone(),
        body: "give them ten per cent".into(),
        kind: kind.into(),
        ..Default::default()
    };
    let note = write(v1::SendKind::InternalNote);
    refused!(interactions.get_interaction(get.clone()), OutsideTeam);
    refused!(interactions.send_message(note.clone()), NotInteractionOwner);
    let offer_id = scene.ask().await.offer.unwrap().id;
    // Reach is remembered for a moment; the interaction itself says at once who is asked.
    ok!(interactions.get_interaction(get.clone()));
    refused!(interactions.send_message(note.clone()), NotInteractionOwner);
    ok!(client.agents().accept_offer(accept(&offer_id)));
    consulting(&mut scene.aside).await;
    ok!(interactions.list_messages(list.clone()));
    ok!(interactions.send_message(note.clone()));
    let heard = |change| match change {
        AgentChange::Message(message) => Some(*message),
        _ => None,
    };
    assert_eq!(scene.desk.until("the owner reads it", heard).await.body, note.body);
    refused!(interactions.send_message(write(v1::SendKind::Reply)), NotInteractionOwner);
    let close = v1::CloseInteractionRequest { interaction_id: id.clone(), ..Default::default() };
    refused!(interactions.close_interaction(close), NotInteractionOwner);
    let hand = to_agent(&id, &scene.adviser);
    refused!(interactions.transfer_interaction(hand), NotInteractionOwner);
    // However often they end what is over, it shows them nothing any more.
    let alone = v1::Interaction { id: id.clone(), ..Default::default() };
    for _ in 0..2 {
        let over = ok!(interactions.end_consult(end(&offer_id))).interaction;
        assert_eq!(over.as_ref(), Some(&alone));
    }
    refused!(interactions.send_message(note), NotInteractionOwner);
    refused!(interactions.get_interaction(get), OutsideTeam);
    refused!(interactions.list_messages(list), OutsideTeam);
}

async fn a_repeat_asks_once(case: Case) {
    let mut scene = Scene::new(case).await;
    let note = "what now?".to_owned();
    let request = v1::ConsultAgentRequest { note, request_id: nobody(), ..scene.request() };
    let mut owner = scene.owner.client.interactions();
    let first = ok!(owner.consult_agent(request.clone())).interaction.unwrap().consult;
    let again = ok!(owner.consult_agent(request.clone())).interaction.unwrap().consult;
    assert_eq!(first, again);
    let other = v1::ConsultAgentRequest { note: "something else".into(), ..request };
    refused!(owner.consult_agent(other), RequestIdReused);
    let offer = scene.aside.offered().await.offer.unwrap();
    let accepted = ok!(scene.adviser.client.agents().accept_offer(accept(&offer.id)));
    assert_eq!(accepted.offer.unwrap().state(), State::Connected);
    ok!(scene.adviser.client.agents().accept_offer(accept(&offer.id)));
    let list = v1::ListMessagesRequest {
        scope: Some(v1::list_messages_request::Scope::InteractionId(scene.id.clone())),
        ..Default::default()
    };
    let messages = ok!(owner.list_messages(list)).messages;
    assert_eq!(messages.iter().filter(|message| message.body == "what now?").count(), 1);
    assert_eq!(scene.case.offers(&scene.adviser).await.len(), 1);
}

async fn of_accept_and_end_one_wins(case: Case) {
    let mut scene = Scene::new(case).await;
    for _ in 0..10 {
        let offer_id = scene.ask().await.offer.unwrap().id;
        let (mut ender, mut taker) =
            (scene.owner.client.interactions(), scene.adviser.client.agents());
        let (ended, taken) =
            tokio::join!(ender.end_consult(end(&offer_id)), taker.accept_offer(accept(&offer_id)));
        ended.expect("an end succeeds, before the answer and after it");
        let offer = scene.offer(&offer_id).await;
        match taken {
            Ok(_) => assert_eq!((offer.state(), offer.reason.as_str()), (State::Completed, "done")),
            Err(_) => assert_eq!(offer.state(), State::Rescinded),
        }
        let now = scene.now().await;
        assert_eq!((now.consult, &now.owner_agent_id), (None, &scene.owner.id));
        assert_eq!(used(&scene.case, &scene.adviser).await, 0);
    }
}

async fn the_feed_and_the_audit_log_tell_of_it(case: Case) {
    let mut scene = Scene::new(case).await;
    let offer_id = scene.advised().await;
    let request = to_agent(&scene.id, &scene.adviser);
    ok!(scene.owner.client.interactions().transfer_interaction(request));
    scene.aside.assigned().await;
    let list = v1::ListAuditLogRequest { page_size: 500, ..Default::default() };
    let entries = ok!(scene.case.admin.admin().list_audit_log(list)).entries;
    let told: Vec<(String, String)> = entries
        .iter()
        .filter_map(|entry| entry.event.as_ref())
        .filter(|event| event.interaction_id == scene.id)
        .map(|event| (event.kind.clone(), event.agent_id.clone()))
        .collect();
    let consults: Vec<&str> = told
        .iter()
        .filter(|(kind, agent)| kind.starts_with("consult.") && *agent == scene.adviser.id)
        .map(|(kind, _)| kind.as_str())
        .collect();
    let mut expected = vec!["consult.requested", "consult.started", "consult.ended"];
    if consults.first() != expected.first() {
        expected.reverse();
    }
    assert_eq!(consults, expected, "{told:?}");
    let ended =
        entries.iter().filter_map(|entry| entry.event.as_ref()?.data.clone()).find_map(|data| {
            match data {
                v1::event::Data::ConsultEnded(ended) => Some(ended),
                _ => None,
            }
        });
    let ended = ended.expect("it ended");
    assert_eq!((ended.state(), ended.reason.as_str()), (State::Connected, "handed_over"));
    assert_eq!(ended.offer_id, offer_id);
    let subjects: Vec<_> = entries
        .iter()
        .filter(|entry| entry.kind.starts_with("consult."))
        .map(|entry| (entry.subject_kind(), entry.subject_id.clone()))
        .collect();
    assert!(subjects.iter().all(|s| *s == (v1::ResourceKind::Offer, offer_id.clone())));
}
