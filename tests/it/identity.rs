//! Tokens of an issuer as credentials: what an honest one may do, that no trick of a header makes
//! a false one good, that keys rotate without a restart and the issuer is not asked more often than
//! it should be, and that a stream ends with its token.

use crate::permissions::{faults, permissions_of};
use crate::support::database::Database;
use crate::support::fixture::{Case, opening};
use crate::support::issuer::{AUDIENCE, Issuer, Key, seconds, unsigned};
use crate::support::process::{Settings, free_port};
use crate::support::refusal::judge;
use crate::support::tls::Authority;
use crate::support::{alone, beside, eventually, frames, nobody, soon, unique};
use crate::whoami::{may, whoami};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use omnichannel_sdk::{
    AgentSession, Client, ClientConfig, SessionOptions, StreamState, TokenProvider, v1,
};
use serde_json::{Value, json};
use sha2::Sha256;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tonic::Status;
use v1::{CredentialKind, ErrorReason, GoodbyeAction, GoodbyeReason, Role};

macro_rules! issued {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[test] fn $name() { super::issued(super::Database::Sqlite, super::$name); })+
        }
        mod postgres {
            $(#[test] fn $name() { super::issued(super::Database::Postgres, super::$name); })+
        }
    };
}

issued!(
    a_token_is_a_credential_of_its_subject,
    no_trick_makes_a_false_token_good,
    keys_rotate_and_the_issuer_is_left_alone,
    a_stream_ends_with_its_token,
    a_token_is_of_a_tenant_that_is_there,
    the_log_says_why_a_token_was_refused,
    credentials_end_with_the_agent_they_speak_for,
    every_role_of_a_token_calls_every_rpc,
    a_client_of_tokens_outlives_them,
);

/// An issuer that is believed, with two keys; a second name of it narrows roles by scopes.
struct World {
    issuer: Issuer,
    narrow: Issuer,
    ec: Key,
    ed: Key,
}

fn issued<F: Future<Output = ()>>(database: Database, test: impl FnOnce(Case, World) -> F) {
    beside(database, begin, test);
}

async fn begin() -> (Settings, World) {
    let (ec, ed) = (Key::new("ec-1", "ES256"), Key::new("ed-1", "EdDSA"));
    let issuer = Issuer::start(free_port(), &[&ec, &ed]).await;
    let narrow = Issuer::start(free_port(), &[&ec]).await;
    let common = format!(
        "audiences = [\"other\", \"{AUDIENCE}\"]\n\
         tenant_claim = \"tenant\"\nrole_claim = \"roles\"\nagent_claim = \"agent_id\"\n"
    );
    let text = format!(
        "limits.wrong_credentials_per_minute = 0\n\
         identity.allow_http = true\nidentity.allow_private = true\n\
         [[identity.issuers]]\nissuer = \"{}\"\nalgorithms = [\"ES256\", \"EdDSA\"]\n{common}\
         [[identity.issuers]]\nissuer = \"{}\"\njwks_url = \"{}/keys\"\nalgorithms = [\"ES256\"]\n\
         scope_claim = \"scope\"\n{common}",
        issuer.url, narrow.url, narrow.url,
    );
    // Settings are static text, as all others of the tests are.
    let line: &'static str = Box::leak(text.into_boxed_str());
    (Settings::of(&[line]), World { issuer, narrow, ec, ed })
}

/// Claims of a subject of this tenant with a role.
fn of(case: &Case, issuer: &Issuer, subject: &str, role: &str, more: Value) -> Value {
    let mut claims = issuer.claims(subject, json!({"tenant": case.tenant.id, "roles": [role]}));
    claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    claims
}

async fn ask(case: &Case, token: &str) -> Result<(), Status> {
    let client = case.server.client(token);
    client.admin().get_server_info(v1::GetServerInfoRequest {}).await.map(|_| ())
}

async fn a_token_is_a_credential_of_its_subject(case: Case, world: World) {
    let World { issuer, narrow, ec, ed } = &world;
    let client = |claims: &Value, key: &Key| case.server.client(&key.sign(claims));
    let admin = of(&case, issuer, "ada", "tenant-admin", json!({}));
    let queue = |client: &Client, name: &str, request_id: &str| {
        let queue = Some(v1::Queue { name: name.to_owned(), ..Default::default() });
        let request = v1::CreateQueueRequest { queue, request_id: request_id.to_owned() };
        let client = client.clone();
        async move { client.routing().create_queue(request).await }
    };
    // The same subject is the same caller, whatever key signed and whatever token it shows.
    let (name, id) = (unique("queue"), nobody());
    let first = ok!(queue(&client(&admin, ec), &name, &id)).queue.unwrap();
    let again = of(&case, issuer, "ada", "tenant-admin", json!({"exp": seconds(200)}));
    let second = ok!(queue(&client(&again, ed), &name, &id)).queue.unwrap();
    assert_eq!(first.id, second.id);
    // Another subject has request ids of its own.
    let other = of(&case, issuer, "eve", "tenant-admin", json!({}));
    refused!(queue(&client(&other, ec), &name, &id), NameTaken);

    let analyst = client(&of(&case, issuer, "max", "analyst", json!({})), ec);
    let denied = refused!(queue(&analyst, &unique("queue"), ""), PermissionDenied);
    assert_eq!(denied.metadata()["permission"], "ROUTING_WRITE");
    // A claim with scopes narrows, and without them nothing is left.
    let scope = |scope: &str| of(&case, narrow, "ada", "tenant-admin", json!({"scope": scope}));
    let list = || v1::ListQueuesRequest::default();
    let reader = client(&scope("openid routing_read"), ec);
    ok!(reader.routing().list_queues(list()));
    refused!(queue(&reader, &unique("queue"), ""), PermissionDenied);
    let bare = client(&of(&case, narrow, "ada", "tenant-admin", json!({})), ec);
    refused!(bare.routing().list_queues(list()), PermissionDenied);

    // A token with an agent works in that agent's name, and not in another's.
    let (bo, ann) = (case.agent("Bo").await, case.agent("Ann").await);
    let desk = of(&case, issuer, "bo", "agent", json!({"agent_id": bo.id}));
    let desk = client(&desk, ec);
    let offers = |agent_id: &str| v1::ListOffersRequest {
        agent_id: agent_id.to_owned(),
        ..Default::default()
    };
    let caller = whoami(&desk).await;
    assert_eq!((caller.role(), &caller.agent_id), (Role::Agent, &bo.id));
    assert_eq!(caller.credential(), CredentialKind::Token);
    assert!(caller.expire_time.is_some(), "a token ends");
    ok!(desk.agents().list_offers(offers("")));
    ok!(desk.agents().list_offers(offers(&bo.id)));
    refused!(desk.agents().list_offers(offers(&ann.id)), PermissionDenied);
}

async fn no_trick_makes_a_false_token_good(case: Case, world: World) {
    let World { issuer, ec, ed, .. } = &world;
    let with = |more: Value| of(&case, issuer, "ada", "tenant-admin", more);
    let good = with(json!({}));
    ask(&case, &ec.sign(&good)).await.expect("the honest one is good");
    ask(&case, &ed.sign(&with(json!({"aud": AUDIENCE})))).await.expect("one audience is text");
    ask(&case, &ec.sign(&with(json!({"exp": seconds(-30)})))).await.expect("clocks differ");
    let bad = [broken(&world, &good), forged(&world, &good), misclaimed(&world, &good)].concat();
    for (what, token) in bad {
        let Err(status) = ask(&case, &token).await else { panic!("{what}: it was believed") };
        judge(status, ErrorReason::CredentialsInvalid, what);
    }
    // What does not fit a header does not get so far.
    let huge = format!("{}.x", "x".repeat(1 << 20));
    assert!(ask(&case, &huge).await.is_err(), "a megabyte is no token");
    ask(&case, &ec.sign(&good)).await.expect("and the server goes on");
}

type Tricks = Vec<(&'static str, String)>;

/// The header of an honest token with more in it.
fn header(more: Value) -> Value {
    let mut header = json!({"alg": "ES256", "typ": "JWT", "kid": "ec-1"});
    header.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    header
}

/// An honest token taken apart and put together wrongly.
fn broken(world: &World, good: &Value) -> Tricks {
    let whole = world.ec.sign(good);
    let (message, signature) = whole.rsplit_once('.').unwrap();
    let (head, _) = message.split_once('.').unwrap();
    let mut other = good.clone();
    other["roles"] = json!(["supervisor"]);
    let swapped = unsigned(&header(json!({})), &other);
    vec![
        ("no token", "token".into()),
        ("two parts", message.to_owned()),
        ("four parts", format!("{whole}.x")),
        ("no signature", format!("{message}.")),
        ("other claims", format!("{swapped}.{signature}")),
        ("a shorter signature", format!("{message}.{}", &signature[..40])),
        ("long", format!("{head}.{}.{signature}", "x".repeat(9_000))),
    ]
}

/// Headers that would choose how they are believed, and signatures of others.
fn forged(world: &World, good: &Value) -> Tricks {
    let World { issuer, ec, ed, .. } = world;
    let stranger = Key::new("ec-1", "ES256");
    let none = |alg: &str| format!("{}.", unsigned(&header(json!({"alg": alg})), good));
    let signed = ec.sign(good);
    let signature = signed.rsplit_once('.').unwrap().1;
    // A public key is no secret, in whatever form somebody may have it.
    let secret = |secret: &[u8], kid: &str| {
        let message = unsigned(&json!({"alg": "HS256", "kid": kid}), good);
        let mut mac = Hmac::<Sha256>::new_from_slice(secret).unwrap();
        mac.update(message.as_bytes());
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
    };
    let key_of_theirs = json!({"jwk": {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}});
    let elsewhere = json!({"jku": format!("{}/keys", issuer.url), "x5u": "http://127.0.0.1:1/"});
    vec![
        ("alg none", none("none")),
        ("alg nOnE", none("nOnE")),
        ("alg none with a signature", format!("{}{signature}", none("none"))),
        ("a public key as secret", secret(&ec.public(), "ec-1")),
        ("a public key as secret, Ed", secret(&ed.public(), "ed-1")),
        ("an empty secret", secret(b"", "ec-1")),
        ("another's signature", stranger.sign(good)),
        ("an algorithm of another key", ed.sign_as(&header(json!({"alg": "ES256"})), good)),
        ("a kid of another key", ec.sign_as(&header(json!({"kid": "ed-1"})), good)),
        ("a kid that is a path", ec.sign_as(&header(json!({"kid": "../../ec-1"})), good)),
        ("a kid that is a query", ec.sign_as(&header(json!({"kid": "' OR 1=1 --"})), good)),
        ("a kid without end", ec.sign_as(&header(json!({"kid": "k".repeat(3000)})), good)),
        ("a key of its own", stranger.sign_as(&header(key_of_theirs), good)),
        ("keys elsewhere", stranger.sign_as(&header(elsewhere), good)),
        ("an extension", ec.sign_as(&header(json!({"crit": ["exp"]})), good)),
    ]
}

/// Tokens that are well signed and say the wrong thing, or too little.
fn misclaimed(world: &World, good: &Value) -> Tricks {
    let with = |claim: &str, value: Value| {
        let mut claims = good.clone();
        claims[claim] = value;
        world.ec.sign(&claims)
    };
    let without = |claim: &str| {
        let mut claims = good.clone();
        claims.as_object_mut().unwrap().remove(claim);
        world.ec.sign(&claims)
    };
    vec![
        ("a foreign audience", with("aud", json!(["somebody"]))),
        ("no audience", without("aud")),
        ("a foreign issuer", with("iss", json!("https://evil.example"))),
        ("no issuer", without("iss")),
        ("no subject", without("sub")),
        ("no end", without("exp")),
        ("an end that is text", with("exp", json!("never"))),
        ("expired", with("exp", json!(seconds(-62)))),
        ("not yet", with("nbf", json!(seconds(120)))),
        ("no role", without("roles")),
        ("no tenant", without("tenant")),
        ("a platform admin", with("roles", json!(["platform-admin"]))),
        ("an agent without an agent", with("roles", json!(["agent"]))),
        ("the platform", with("tenant", json!("00000000-0000-0000-0000-000000000001"))),
    ]
}

async fn keys_rotate_and_the_issuer_is_left_alone(case: Case, world: World) {
    let World { issuer, ec, ed, .. } = &world;
    let claims = of(&case, issuer, "ada", "tenant-admin", json!({}));
    assert_eq!(issuer.asked(), 0, "nobody asks before the first token");
    for _ in 0..5 {
        ask(&case, &ec.sign(&claims)).await.expect("it is good");
        ask(&case, &ed.sign(&claims)).await.expect("it is good");
    }
    assert_eq!(issuer.asked(), 1, "keys are remembered");
    let new = Key::new("ec-2", "ES256");
    issuer.publish(&[&new]);
    ask(&case, &new.sign(&claims)).await.expect("a new key is found without a restart");
    assert_eq!(issuer.asked(), 2);
    let gone = ask(&case, &ec.sign(&claims)).await.expect_err("the old key was withdrawn");
    judge(gone, ErrorReason::CredentialsInvalid, "a withdrawn key");
    let tries = (0..40).map(|n| {
        let (case, token) = (&case, Key::new(&format!("guess-{n}"), "ES256").sign(&claims));
        async move { ask(case, &token).await.expect_err("nobody knows this key") }
    });
    for status in futures::future::join_all(tries).await {
        judge(status, ErrorReason::CredentialsInvalid, "an unknown key");
    }
    assert_eq!(issuer.asked(), 2, "unknown keys make nobody ask more than once a minute");
    ask(&case, &new.sign(&claims)).await.expect("and good ones go on to work");
}

async fn a_stream_ends_with_its_token(case: Case, world: World) {
    let World { issuer, ec, .. } = &world;
    let bo = case.agent("Bo").await;
    // The leeway for clocks is a minute.
    let soon_over = json!({"agent_id": bo.id, "exp": seconds(-60 + 4)});
    let client = case.server.client(&ec.sign(&of(&case, issuer, "bo", "agent", soon_over)));
    let open = v1::SessionOpen { session_id: nobody(), ..Default::default() };
    let (_up, mut down) = frames::session(&client, open).await.expect("it opens");
    let bye = down
        .until("the goodbye", |frame| match frame.frame {
            Some(v1::agent_frame::Frame::Goodbye(bye)) => Some(bye),
            _ => None,
        })
        .await;
    assert_eq!(bye.reason(), GoodbyeReason::CredentialsExpired);
    assert_eq!(bye.action(), GoodbyeAction::Stop);
    let again = v1::SessionOpen { session_id: nobody(), ..Default::default() };
    let over = soon("the token to be over", async {
        loop {
            let open = frames::session(&client, again.clone()).await;
            if let Err(status) = open {
                return status;
            }
        }
    });
    judge(over.await, ErrorReason::CredentialsInvalid, "a token that is over");
}

/// A client that is given tokens asks for another when one is refused, in calls and in streams.
async fn a_client_of_tokens_outlives_them(case: Case, world: World) {
    let World { issuer, ec, .. } = &world;
    let bo = case.agent("Bo").await;
    let until = |end: i64| {
        let more = json!({"agent_id": bo.id, "exp": seconds(end)});
        ec.sign(&of(&case, issuer, "bo", "agent", more))
    };
    // The leeway for clocks is a minute.
    let tokens = [until(-120), until(-60 + 4), until(600)];
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let provider = TokenProvider::new(move || {
        let at = count.fetch_add(1, Ordering::SeqCst).min(tokens.len() - 1);
        let token = tokens[at].clone();
        async move { Ok(token) }
    });
    let client = Client::lazy(ClientConfig {
        endpoint: case.server.endpoint(),
        token_provider: Some(provider),
        ..ClientConfig::default()
    });
    let client = client.expect("the settings are good");
    let caller = client.call(v1::WhoAmIRequest {}).await.expect("a fresh token was asked for");
    assert_eq!(caller.caller.unwrap().agent_id, bo.id);
    assert_eq!(asked.load(Ordering::SeqCst), 2);
    let session = AgentSession::open(&client, SessionOptions::default()).await;
    let mut session = session.expect("it opens");
    let mut states = session.states();
    let again = async {
        while states.changed().await != Some(StreamState::Resuming) {}
        while states.changed().await != Some(StreamState::Connected) {}
    };
    soon("the stream to go on with the next token", again).await;
    assert_eq!(asked.load(Ordering::SeqCst), 3);
    session.set_presence(v1::PresenceStatus::Available, "").await.expect("it is open");
    case.open(&case.plain_queue().await).await;
    let offer = soon("an offer", session.next_offer()).await.unwrap().unwrap();
    assert!(offer.accept().await.unwrap().seq > 0);
}

async fn a_token_is_of_a_tenant_that_is_there(case: Case, world: World) {
    let World { issuer, ec, .. } = &world;
    let nowhere = issuer.claims("ada", json!({"tenant": nobody(), "roles": ["tenant-admin"]}));
    let status = ask(&case, &ec.sign(&nowhere)).await.expect_err("there is no such tenant");
    judge(status, ErrorReason::CredentialsInvalid, "a tenant that is not there");
    let token = ec.sign(&of(&case, issuer, "ada", "integration", json!({})));
    let client = case.server.client(&token);
    ok!(client.interactions().create_interaction(opening("")));
    let status = v1::TenantStatus::Suspended.into();
    let tenant = Some(v1::Tenant { id: case.tenant.id.clone(), status, ..Default::default() });
    let request = v1::UpdateTenantRequest { tenant, ..Default::default() };
    ok!(case.operator().admin().update_tenant(request));
    let status = ask(&case, &token).await.expect_err("the tenant is suspended");
    judge(status, ErrorReason::TenantSuspended, "a suspended tenant");
    // A key and a token are told apart by how they begin, and neither opens the other's door.
    let key = case.key.clone();
    let status = ask(&case, &key).await.expect_err("the tenant is suspended");
    judge(status, ErrorReason::TenantSuspended, "a key of a suspended tenant");
}

/// The caller is told the same of all of them; whoever runs the server must know more.
async fn the_log_says_why_a_token_was_refused(case: Case, world: World) {
    let World { issuer, ec, .. } = &world;
    let suspended = case.stranger().await.id;
    let status = v1::TenantStatus::Suspended.into();
    let tenant = Some(v1::Tenant { id: suspended.clone(), status, ..Default::default() });
    let request = v1::UpdateTenantRequest { tenant, ..Default::default() };
    ok!(case.operator().admin().update_tenant(request));
    for (why, more) in [
        ("there is no such tenant", json!({"tenant": nobody()})),
        ("its tenant is suspended", json!({"tenant": suspended})),
        ("its tenant has no such agent", json!({"roles": ["agent"], "agent_id": nobody()})),
    ] {
        let token = ec.sign(&of(&case, issuer, "ada", "tenant-admin", more));
        let from = case.server.log_end();
        let (case, token) = (&case, &token);
        // One of an issuer in a second is told.
        let told = eventually(why, || async move {
            ask(case, token).await.expect_err(why);
            let log = case.server.log_from(from);
            log.lines().find(|line| line.contains(why)).map(str::to_owned)
        });
        let told = told.await;
        assert!(told.contains("a token was refused") && told.contains(&issuer.url), "{told}");
    }
}

async fn credentials_end_with_the_agent_they_speak_for(case: Case, world: World) {
    let World { issuer, ec, .. } = &world;
    let bo = case.agent("Bo").await;
    let token =
        |agent_id: &str| ec.sign(&of(&case, issuer, "bo", "agent", json!({"agent_id": agent_id})));
    ask(&case, &token(&bo.id)).await.expect("the agent is there");
    ask(&case, &bo.key).await.expect("the agent is there");
    let theirs = case.stranger().await.agent("Eve").await;
    for (what, agent_id) in [("nobody's", nobody()), ("another tenant's", theirs.id)] {
        let status = ask(&case, &token(&agent_id)).await.expect_err(what);
        judge(status, ErrorReason::CredentialsInvalid, what);
    }
    let work = case.open(&case.plain_queue().await).await;
    let watch = v1::WatchInteractionRequest { interaction_id: work.id, ..Default::default() };
    let mut watch = ok!(bo.client.interactions().watch_interaction(watch));
    let delete = v1::DeleteAgentRequest { agent_id: bo.id.clone(), ..Default::default() };
    ok!(case.admin.agents().delete_agent(delete));
    for (what, credential) in [("key", bo.key.clone()), ("token", token(&bo.id))] {
        let status = ask(&case, &credential).await.expect_err("the agent is gone");
        judge(status, ErrorReason::CredentialsInvalid, what);
    }
    let ended =
        soon("the stream to end", async { while let Ok(Some(_)) = watch.message().await {} });
    ended.await;
}

async fn every_role_of_a_token_calls_every_rpc(case: Case, world: World) {
    let World { issuer, ec, .. } = &world;
    let agent_id = case.agent("Bo").await.id;
    let mut wrong = Vec::new();
    for role in [
        Role::TenantAdmin,
        Role::Supervisor,
        Role::Agent,
        Role::Analyst,
        Role::Auditor,
        Role::Integration,
    ] {
        let name = role.as_str_name().trim_start_matches("ROLE_");
        let claims = of(&case, issuer, "ada", name, json!({"agent_id": agent_id}));
        let (token, who) = (ec.sign(&claims), format!("token of {name}"));
        wrong.extend(faults(&case, &token, &who, permissions_of(role)).await);
    }
    assert!(wrong.is_empty(), "{} answers are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

const BILLING: &str = "spiffe://example.org/billing";

/// A service is its certificate: in its tenant, with its role narrowed by its scopes; a certificate
/// that nobody configured opens nothing.
#[test]
fn a_service_is_known_by_its_certificate() {
    let (ca, callers) = (Authority::new(), Authority::new());
    let settings = Settings::of(&["tls.client_ca = \"callers.pem\""])
        .file("callers.pem", &callers.pem)
        .secure(&ca);
    alone(Database::Sqlite, settings, |case| async move {
        let services = format!(
            "{}\n[[identity.services]]\nuri = \"{BILLING}\"\ntenant = \"{}\"\n\
             role = \"integration\"\nscopes = [\"ROUTING_READ\", \"INTERACTIONS_WRITE\"]\n",
            case.server.file("config.toml"),
            case.tenant.id,
        );
        case.server.write("config.toml", &services);
        let queue = case.plain_queue().await;
        let place = case.server.log_end();
        case.server.restart().await;
        let serves =
            || async { case.server.log_from(place).contains("serving addr").then_some(()) };
        eventually("it serves again", serves).await;
        let list = v1::ListQueuesRequest::default;
        let billing = case.server.client_showing(&callers.service(BILLING), "");
        let caller = whoami(&billing).await;
        assert_eq!(caller.credential(), CredentialKind::Certificate);
        assert_eq!(may(&caller), ["INTERACTIONS_WRITE", "ROUTING_READ", "SERVER_READ"]);
        assert!(caller.expire_time.is_some(), "a certificate ends");
        let queues = ok!(billing.routing().list_queues(list())).queues;
        assert!(queues.iter().any(|listed| listed.id == queue.id), "its tenant's: {queues:?}");
        // What its scopes leave out is denied, whatever its role may.
        let customers = v1::ListCustomersRequest::default();
        refused!(billing.customers().list_customers(customers), PermissionDenied);
        let made = ok!(billing.interactions().create_interaction(opening(&queue.id)));
        let made = made.interaction.unwrap();
        let log = v1::ListAuditLogRequest { page_size: 500, ..Default::default() };
        let entries = ok!(case.admin.admin().list_audit_log(log)).entries;
        let of_it = entries
            .iter()
            .find(|entry| entry.kind == "interaction.created" && entry.subject_id == made.id);
        assert_eq!(of_it.unwrap().actor_kind(), v1::ActorKind::Principal);
        let stranger = callers.service("spiffe://example.org/other");
        let stranger = case.server.client_showing(&stranger, "");
        refused!(stranger.routing().list_queues(list()), CredentialsInvalid);

        // Of a certificate and a bearer it is the bearer that counts, for better and for worse.
        let analyst = case.key_of(Role::Analyst, "").await;
        let both = case.server.client_showing(&callers.service(BILLING), &analyst);
        refused!(both.interactions().create_interaction(opening(&queue.id)), PermissionDenied);
        ok!(both.analytics().get_real_time_stats(v1::GetRealTimeStatsRequest::default()));
        let other = callers.service("spiffe://example.org/other");
        ok!(case.server.client_showing(&other, &case.key).routing().list_queues(list()));
        let wrong = format!("{}x", &case.key[..case.key.len() - 1]);
        let wrong = case.server.client_showing(&callers.service(BILLING), &wrong);
        refused!(wrong.routing().list_queues(list()), CredentialsInvalid);
    });
}
