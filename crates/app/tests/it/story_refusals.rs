//! What is refused, and how: other tenants' things are not there, a stale version is a conflict, an
//! agent does nothing in another's name.

use crate::story::{Company, log_holds_all, receiver};
use crate::support::{Db, House, on_postgres, on_sqlite, plain, reason};
use app::arrivals::{Arriving, Who};
use app::interactions::Changes;
use app::ledger::command::agent::{DeleteAgent, SaveAgent};
use app::ledger::command::answer::{Answer, Saying};
use app::ledger::command::close::Way;
use app::ledger::command::escalate::Escalate;
use app::ledger::command::presence::SetPresence;
use app::ledger::command::requeue::{Move, Requeue};
use domain::agent::PresenceStatus;
use domain::id::AgentId;
use domain::refusal::Reason;
use domain::sealed::Sealed;
use std::sync::Arc;
use store::MessagesOf;
use uuid::Uuid;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals_on_sqlite() {
    on_sqlite(|db| async move { refusals(&db).await }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals_on_postgres() {
    on_postgres(|db| async move { refusals(&db).await }).await;
}

async fn refusals(db: &Db) {
    let house = House::open(db).await;
    let app = &house.app;
    let hook = receiver().await;
    let ours = Company::found(app, "Ours", &hook).await;
    let theirs = Company::found(app, "Theirs", &hook).await;
    foreign(app, &ours, &theirs).await;
    stale(app, &ours).await;
    of_others(app, &ours).await;
    log_of(app, &theirs).await;
    house.close().await;
}

async fn foreign(app: &app::App, ours: &Company, theirs: &Company) {
    let mine = plain(ours.admin);
    let origin = plain(theirs.admin).origin();
    let arrived = app.arrive(&origin, None, &theirs.writes("Hi")).await.expect("it is in");
    let row = arrived.interaction;
    let message = arrived.message.expect("it says something").id;
    let (id, agent) = (row.id, theirs.agent);
    let offer_id = app.offers(&plain(theirs.admin), agent).await.expect("read")[0].id;
    let gone = Reason::ResourceNotFound;
    assert_eq!(reason(app.interaction(&mine, id).await), gone);
    assert_eq!(reason(app.message(&mine, message).await), gone);
    assert_eq!(reason(app.conversation(&mine, row.conversation_id).await), gone);
    assert_eq!(reason(app.customer(&mine, row.customer_id).await), gone);
    assert_eq!(reason(app.account(&mine, theirs.account).await), gone);
    let of = MessagesOf::Conversation(row.conversation_id);
    assert_eq!(reason(app.messages(&mine, of, None, 5).await), gone);
    assert_eq!(reason(app.close(&mine, id, Way::Resolve, "", "").await), gone);
    assert_eq!(reason(app.rate(&mine, id, 5, "").await), gone);
    assert_eq!(reason(app.send_message(&mine, id, "x", true).await), gone);
    assert_eq!(reason(app.update_interaction(&mine, id, Changes::default()).await), gone);
    assert_eq!(reason(app.delete_customer(&mine, row.customer_id, 0).await), gone);
    let answer = Answer {
        offer_id,
        saying: Saying::Accept,
        note: Sealed::default(),
        caller: Some(ours.admin),
    };
    assert_eq!(reason(app.change(&mine, answer).await), gone);
    let pause = SetPresence::plain(agent, PresenceStatus::Break);
    assert_eq!(reason(app.change(&mine, pause).await), gone);
    assert_eq!(reason(app.change(&mine, DeleteAgent { id: agent, version: 0 }).await), gone);
    let rename = SaveAgent {
        id: agent,
        create: false,
        version: 0,
        patch: Arc::new(|agent| agent.name = Sealed(b"Mallory".to_vec())),
    };
    assert_eq!(reason(app.change(&mine, rename).await), gone);
    let to_queue = row.queue_id;
    let caller = Some(ours.admin);
    let escalate = Escalate { interaction_id: id, priority: None, to_queue: None, caller };
    assert_eq!(reason(app.change(&mine, escalate).await), gone);
    let own = app.arrive(&mine.origin(), None, &ours.writes("Ours")).await.expect("it is in");
    let requeue = |to_agent, to_queue| Requeue {
        interaction_id: own.interaction.id,
        reason: Move::Route,
        to_agent,
        to_queue,
        customer: None,
        judged: None,
        override_limits: false,
        caller,
    };
    assert_eq!(reason(app.change(&mine, requeue(None, to_queue)).await), gone);
    assert_eq!(reason(app.change(&mine, requeue(Some(agent), None)).await), gone);
    let about = Arriving { who: Who::Customer(row.customer_id), ..ours.writes("x") };
    assert_eq!(reason(app.arrive(&mine.origin(), None, &about).await), gone);
    let via = Arriving { account_id: Some(theirs.account), ..ours.writes("x") };
    assert_eq!(reason(app.arrive(&mine.origin(), None, &via).await), gone);
    let into = Arriving { queue_id: to_queue, always_new: true, ..ours.writes("x") };
    assert_eq!(reason(app.arrive(&mine.origin(), None, &into).await), gone);
}

async fn stale(app: &app::App, ours: &Company) {
    let mine = plain(ours.admin);
    let arriving = Arriving { always_new: true, ..ours.writes("Versions") };
    let row = app.arrive(&mine.origin(), None, &arriving).await.expect("it is in").interaction;
    let changes = |version| Changes { version, language: Some("de".into()), ..Changes::default() };
    let current = app.interaction(&mine, row.id).await.expect("it is read").row.version;
    let done =
        app.update_interaction(&mine, row.id, changes(current)).await.expect("it is current");
    assert!(done.row.version > current);
    let late = app.update_interaction(&mine, row.id, changes(current)).await;
    assert_eq!(reason(late), Reason::EtagMismatch);
    let view = app.update_interaction(&mine, row.id, changes(0)).await.expect("it does not care");
    assert_eq!(view.row.language, "de");
    let save = |version| SaveAgent {
        id: ours.agent,
        create: false,
        version,
        patch: Arc::new(|agent| agent.email = Sealed(b"ada@example.org".to_vec())),
    };
    app.change(&mine, save(1)).await.expect("it is current");
    assert_eq!(reason(app.change(&mine, save(1)).await), Reason::EtagMismatch);
}

async fn of_others(app: &app::App, ours: &Company) {
    let (mine, agent) = (plain(ours.admin), plain(ours.agent_caller));
    let arriving = Arriving { always_new: true, ..ours.writes("Whose?") };
    let row = app.arrive(&mine.origin(), None, &arriving).await.expect("it is in").interaction;
    let denied = Reason::NotInteractionOwner;
    assert_eq!(reason(app.close(&agent, row.id, Way::Resolve, "", "").await), denied);
    assert_eq!(reason(app.send_message(&agent, row.id, "x", true).await), denied);
    let other = SaveAgent {
        id: AgentId(Uuid::now_v7()),
        create: true,
        version: 0,
        patch: Arc::new(|agent| agent.name = Sealed(b"Bob".to_vec())),
    };
    let other = app.change(&mine, other).await.expect("it is made").id.into();
    let stranger = domain::tenant::Caller { agent: Some(other), ..ours.agent_caller };
    let offer_id = app.offers(&agent, ours.agent).await.expect("it is read")[0].id;
    let answer = Answer {
        offer_id,
        saying: Saying::Accept,
        note: Sealed::default(),
        caller: Some(stranger),
    };
    assert_eq!(reason(app.change(&plain(stranger), answer).await), Reason::ResourceNotFound);
    let decline = |saying| Answer {
        offer_id,
        saying,
        note: Sealed::default(),
        caller: Some(ours.agent_caller),
    };
    app.change(&agent, decline(Saying::Decline)).await.expect("it is declined");
    app.change(&agent, decline(Saying::Decline)).await.expect("and declined again");
    let late = app.change(&agent, decline(Saying::Accept)).await;
    assert_eq!(reason(late), Reason::OfferAnswered);
}

async fn log_of(app: &app::App, company: &Company) {
    let agent = plain(company.agent_caller);
    let offer_id = app.offers(&agent, company.agent).await.expect("it is read")[0].id;
    let accept = Answer {
        offer_id,
        saying: Saying::Accept,
        note: Sealed::default(),
        caller: Some(company.agent_caller),
    };
    let id = app.change(&agent, accept).await.expect("it is accepted").other.into();
    app.close(&agent, id, Way::Resolve, "", "").await.expect("it is done");
    app.rate(&plain(company.admin), id, 3, "").await.expect("it is rated");
    log_holds_all(app, company.tenant).await;
}
