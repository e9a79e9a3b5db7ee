//! The main job, from a new tenant to a rated interaction: a customer writes, an agent is asked,
//! takes it, answers, finishes; and the log holds all of it.

use crate::support::{Db, House, eventually, on_postgres, on_sqlite, plain, reason};
use app::App;
use app::admin::NewKeySpec;
use app::arrivals::{Arrived, Arriving, Who};
use app::context::Context;
use app::ledger::command::Origin;
use app::ledger::command::agent::SaveAgent;
use app::ledger::command::answer::{Answer, Saying};
use app::ledger::command::close::Way;
use app::ledger::command::presence::OpenSession;
use app::ledger::command::tenant::SaveTenant;
use domain::agent::PresenceStatus;
use domain::channel::ChannelKind;
use domain::event::{Actor, ActorKind};
use domain::id::{AccountId, AgentId, SessionId, TenantId};
use domain::interaction::InteractionStatus;
use domain::message::DeliveryStatus;
use domain::offer::OfferState;
use domain::refusal::Reason;
use domain::sealed::Sealed;
use domain::tenant::{Caller, Role};
use std::collections::BTreeSet;
use std::sync::Arc;
use store::MessagesOf;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use uuid::Uuid;

/// A tenant with an agent who is ready for work, and an account that can answer.
pub(crate) struct Company {
    pub(crate) tenant: TenantId,
    pub(crate) admin: Caller,
    pub(crate) agent: AgentId,
    pub(crate) agent_caller: Caller,
    pub(crate) account: AccountId,
}

pub(crate) fn platform() -> Origin {
    Origin {
        actor: Actor { kind: ActorKind::Key, id: Uuid::from_u128(9) },
        ..Origin::system(TenantId::SYSTEM)
    }
}

impl Company {
    pub(crate) async fn found(app: &App, name: &str, hook: &str) -> Self {
        let (tenant, key) = app.create_tenant(&platform(), name).await.expect("it is made");
        let admin = app.authenticate(&key).await.expect("the first key works");
        assert_eq!((admin.tenant, admin.role), (tenant.id, Role::TenantAdmin));
        let context = plain(admin);
        let save = SaveAgent {
            id: AgentId(Uuid::now_v7()),
            create: true,
            version: 0,
            patch: Arc::new(|agent| agent.name = Sealed(b"Ada".to_vec())),
        };
        let agent = AgentId(app.change(&context, save).await.expect("it is made").id);
        let spec = NewKeySpec {
            name: "Ada's".to_owned(),
            role: Role::Agent,
            permissions: None,
            agent_id: Some(agent),
            expires_at: None,
        };
        let (_, key) = app.create_key(&context.origin(), &spec).await.expect("it is made");
        let agent_caller = app.authenticate(&key).await.expect("the agent's key works");
        let url = hook.to_owned();
        let account = app
            .create_account(
                &context,
                Arc::new(move |account| {
                    account.name = "site".to_owned();
                    account.url.clone_from(&url);
                }),
                None,
            )
            .await
            .expect("it is made")
            .0
            .id;
        let (node_id, epoch) = app.node();
        let open = OpenSession {
            agent_id: agent,
            session_id: SessionId(Uuid::now_v7()),
            node_id,
            epoch,
            max_open_offers: 0,
        };
        app.change(&plain(agent_caller), open).await.expect("a console opens");
        let status = PresenceStatus::Available;
        let set = app.set_presence(&plain(agent_caller), agent, status.into()).await;
        set.expect("presence is set");
        Self { tenant: tenant.id, admin, agent, agent_caller, account }
    }

    pub(crate) fn writes(&self, body: &str) -> Arriving {
        Arriving {
            who: Who::Contact {
                kind: ChannelKind::Webhook,
                address: "customer-1".to_owned(),
                display_name: "Carl".to_owned(),
            },
            channel: ChannelKind::Webhook,
            account_id: Some(self.account),
            subject: "Help".to_owned(),
            body: body.to_owned(),
            priority: None,
            language: "en".to_owned(),
            place: None,
            tags: vec!["web".to_owned()],
            required_skills: Vec::new(),
            queue_id: None,
            external_id: String::new(),
            always_new: false,
            callback_at: None,
            mail: None,
            inbox: None,
        }
    }
}

/// A receiver of webhooks that says yes to all.
pub(crate) async fn receiver() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let port = listener.local_addr().expect("it listens").port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut read = vec![0; 64 * 1024];
                let _ = stream.read(&mut read).await;
                let _ = stream
                    .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
                    .await;
            });
        }
    });
    format!("http://127.0.0.1:{port}/hook")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_a_message_to_a_rating_on_sqlite() {
    on_sqlite(|db| async move { story(&db).await }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_a_message_to_a_rating_on_postgres() {
    on_postgres(|db| async move { story(&db).await }).await;
}

async fn story(db: &Db) {
    let house = House::open(db).await;
    let app = &house.app;
    let company = Company::found(app, "Acme", &receiver().await).await;
    let (admin, agent) = (plain(company.admin), plain(company.agent_caller));

    let origin = admin.origin();
    let arrived = app.arrive(&origin, None, &company.writes("My order?")).await.expect("it is in");
    let id = arrived.interaction.id;
    assert_eq!(arrived.interaction.status, InteractionStatus::Offered);
    assert!(!arrived.duplicate && arrived.message.is_some());
    let again = app.arrive(&origin, None, &company.writes("Hello?")).await.expect("it is in");
    assert_eq!(again.interaction.id, id, "it joins what is open");

    let offers = app.offers(&agent, company.agent).await.expect("it is read");
    assert_eq!(offers.len(), 1);
    assert_eq!((offers[0].interaction_id, offers[0].state), (id, OfferState::Pending));
    let accept = Answer {
        offer_id: offers[0].id,
        saying: Saying::Accept,
        note: Sealed::default(),
        caller: Some(company.agent_caller),
    };
    app.change(&agent, accept.clone()).await.expect("it is accepted");
    app.change(&agent, accept).await.expect("and accepted again");
    let view = app.interaction(&agent, id).await.expect("it is read");
    assert_eq!(view.row.owner_agent_id, Some(company.agent));
    assert_eq!((view.row.status, view.subject.as_str()), (InteractionStatus::Active, "Help"));
    answer_and_finish(app, &company, id).await;
    rated(app, &company, id).await;
    log_holds_all(app, company.tenant).await;
    log_holds_all(app, TenantId::SYSTEM).await;
    house.close().await;
}

async fn answer_and_finish(app: &App, company: &Company, id: domain::id::InteractionId) {
    let agent = plain(company.agent_caller);
    let sent = app.send_message(&agent, id, "On its way.", false).await.expect("it is sent");
    assert_eq!(sent.body, "On its way.");
    let sent = eventually("the delivery", || async {
        let (view, _) = app.message(&agent, sent.row.id).await.expect("it is read");
        (view.row.status == DeliveryStatus::Sent).then_some(view)
    })
    .await;
    assert_eq!(sent.body, "On its way.");
    let of = MessagesOf::Interaction(id);
    let messages = app.messages(&agent, of, None, 10).await.expect("they are read");
    let bodies: Vec<&str> = messages.iter().map(|message| message.body.as_str()).collect();
    assert_eq!(bodies, ["My order?", "Hello?", "On its way."]);

    let close = |text: &'static str| {
        let agent = agent.clone();
        async move { app.close(&agent, id, Way::Complete, text, "solved").await }
    };
    let done = close("Sent the number.").await.expect("it is done");
    assert_eq!(done.row.status, InteractionStatus::Resolved);
    assert_eq!(
        (done.resolution.as_str(), done.row.wrap_up_code.as_str()),
        ("Sent the number.", "solved")
    );
    assert!(done.row.first_response_at.is_some() && done.row.resolved_at.is_some());
    assert_eq!(done.row.owner_agent_id, Some(company.agent), "the owner stays on record");
    let again = close("Sent the number.").await.expect("the same again is the same success");
    assert_eq!(again.row.version, done.row.version, "and changes nothing");
    let offers = app.offers(&agent, company.agent).await.expect("it is read");
    assert!(offers.is_empty(), "the agent is free");
    app.send_message(&agent, id, "Was easy.", true).await.expect("its owner may note something");
}

async fn rated(app: &App, company: &Company, id: domain::id::InteractionId) {
    let admin = plain(company.admin);
    let rated = app.rate(&admin, id, 5, "Thanks!").await.expect("it is rated");
    assert_eq!((rated.row.rating, rated.rating_comment.as_str()), (5, "Thanks!"));
    let again = app.rate(&admin, id, 1, "No!").await;
    assert_eq!(reason(again), Reason::InteractionAlreadyRated);
}

/// The chain verifies, and the events are numbered from one to the head.
pub(crate) async fn log_holds_all(app: &App, tenant: TenantId) {
    let verified = app.verify_log(tenant, 1, None).await.expect("it is read");
    assert_eq!(verified.bad_seq, None);
    let head = app.store().tenant(tenant).head().await.expect("read").expect("it is there");
    let (events, _) = app.audit(tenant, 0, 1_000).await.expect("it is read");
    let seqs: Vec<i64> =
        events.iter().map(|event| event.seq).take_while(|s| *s <= head.seq).collect();
    assert_eq!(seqs, (1..=head.seq).collect::<Vec<i64>>());
    let names: BTreeSet<&str> = events.iter().map(|event| event.event.name()).collect();
    if tenant != TenantId::SYSTEM {
        for name in ["interaction.created", "offer.accepted", "interaction.rated"] {
            assert!(names.contains(name), "{name} is not in the log");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeat_is_the_same_success_on_sqlite() {
    on_sqlite(|db| async move { repeats(&db).await }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeat_is_the_same_success_on_postgres() {
    on_postgres(|db| async move { repeats(&db).await }).await;
}

async fn repeats(db: &Db) {
    let house = House::open(db).await;
    let app = &house.app;
    let mut origin = platform();
    let key = |n: u8| app::ledger::command::Idempotency { key: [n; 16], hash: [n; 16] };
    origin.idempotency = Some(key(1));
    let (tenant, first) = app.create_tenant(&origin, "Once").await.expect("it is made");
    let (same, second) = app.create_tenant(&origin, "Once").await.expect("it is made");
    assert_eq!((tenant.id, second.as_str()), (same.id, ""));
    assert!(!first.is_empty());
    cut_off(app).await;

    let company = Company::found(app, "Acme", &receiver().await).await;
    let ask = |request_id: &str, content: &str| -> Context {
        crate::support::request(company.admin, request_id, content)
    };
    let writes = company.writes("One");
    let one = app.arrive(&ask("r1", "a").origin(), None, &writes).await.expect("it is in");
    let two = app.arrive(&ask("r2", "b").origin(), None, &company.writes("Two")).await;
    let two = two.expect("it is in");
    for (request, first) in [("r1", &one), ("r2", &two)] {
        let content = if request == "r1" { "a" } else { "b" };
        let again = app.arrive(&ask(request, content).origin(), None, &writes).await;
        let again = again.expect("it was in");
        assert!(again.duplicate, "{request}");
        assert_eq!(again.interaction.id, first.interaction.id, "{request}");
        let message = |arrived: &Arrived| arrived.message.as_ref().map(|m| m.id);
        assert_eq!(message(&again), message(first), "{request}: its own message");
    }
    let other = app.arrive(&ask("r1", "other").origin(), None, &writes).await;
    assert_eq!(reason(other), Reason::RequestIdReused);
    at_once(app, &company).await;
    seen_elsewhere(app, &company).await;
    sends_once(app, &company, one.interaction.id).await;
    house.close().await;
}

/// A tenant whose maker was cut off before it had queue and key gets them from the repeat.
async fn cut_off(app: &App) {
    let mut origin = platform();
    origin.idempotency = Some(app::ledger::command::Idempotency { key: [9; 16], hash: [9; 16] });
    let id = TenantId(Uuid::now_v7());
    let half = SaveTenant {
        id,
        new_key: Some(app.store().seals().new_tenant_key(id)),
        version: 0,
        name: Some("Half".into()),
        status: None,
    };
    app.change_as(origin.clone(), half).await.expect("it is made");
    let (tenant, key) = app.create_tenant(&origin, "Half").await.expect("it was made");
    assert_eq!(tenant.id, id);
    let caller = app.authenticate(&key).await.expect("the repeat shows the key");
    assert_eq!((caller.tenant, caller.role), (id, Role::TenantAdmin));
    assert_eq!(app.store().tenant(id).queues(None, 9).await.expect("read").len(), 1);
    let (_, none) = app.create_tenant(&origin, "Half").await.expect("it was made");
    assert_eq!(none, "", "a repeat shows none");
    assert_eq!(app.store().tenant(id).api_keys(None, 9).await.expect("read").len(), 1);
}

/// The same request many times at once has one effect, and everybody learns of it.
async fn at_once(app: &App, company: &Company) {
    let context = crate::support::request(company.admin, "hedged", "h");
    let origin = context.origin();
    let arriving = Arriving { always_new: true, ..company.writes("Hedged") };
    let sent = (0..16).map(|_| app.arrive(&origin, None, &arriving));
    let mut ids = BTreeSet::new();
    let mut fresh = 0;
    for arrived in futures::future::join_all(sent).await {
        let arrived = arrived.expect("it is in");
        fresh += usize::from(!arrived.duplicate);
        let message = arrived.message.expect("everybody sees the message");
        ids.insert((arrived.interaction.id, message.id));
    }
    assert_eq!((ids.len(), fresh), (1, 1));
}

/// A message that the other side sends twice is there once, whatever the request ids.
async fn seen_elsewhere(app: &App, company: &Company) {
    let ask = |id: &str| crate::support::request(company.admin, id, "x").origin();
    let writes = Arriving { external_id: "ext-1".to_owned(), ..company.writes("Thrice") };
    let first = app.arrive(&ask("e1"), None, &writes).await.expect("it is in");
    for request in ["e2", "e2", "e1", ""] {
        let again = app.arrive(&ask(request), None, &writes).await;
        let again = again.unwrap_or_else(|error| panic!("{request:?}: {error}"));
        assert!(again.duplicate);
        assert_eq!(again.interaction.id, first.interaction.id, "{request:?}");
        let id = |arrived: &Arrived| arrived.message.as_ref().map(|m| m.id);
        assert_eq!(id(&again), id(&first), "{request:?}");
    }
}

async fn sends_once(app: &App, company: &Company, id: domain::id::InteractionId) {
    let context = crate::support::request(company.admin, "s1", "s");
    let first = app.send_message(&context, id, "Once.", false).await.expect("it is sent");
    let again = app.send_message(&context, id, "Once.", false).await.expect("it was sent");
    assert_eq!((first.row.id, again.body.as_str()), (again.row.id, "Once."));
}
