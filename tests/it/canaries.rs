//! Nothing personal and nothing secret gets out of where it belongs. A word that occurs nowhere
//! else is put into every field that the contract calls personal or secret, of every RPC, in calls
//! that are answered, refused and broken, and into webhooks good and bad. Then everything the
//! server wrote is searched for it: log at its most talkative, refusals, feed, audit log, metrics
//! and the database as it lies on the disk.

use crate::support::database::{Database, psql};
use crate::support::fixture::{Case, opening};
use crate::support::receiver::{Receiver, Saying};
use crate::support::shapes::wholes;
use crate::support::webhook::{Post, message};
use crate::support::wire::{self, Wire, pool};
use crate::support::{eventually, http, soon};
use crate::tenancy::{self, Ids};
use futures::StreamExt;
use omnichannel_sdk::v1::{self, Role};
use prost::Message;
use prost_reflect::{DynamicMessage, FieldDescriptor, MethodDescriptor, Value};
use std::cell::Cell;
use std::collections::BTreeSet;
use std::process::Command;

both!(alone ["log.level = \"debug\"", "log.format = \"json\""];
    nothing_personal_leaves_its_place,
);

/// What every canary begins with; as a word of its own it is in no text of ours.
const WORD: &str = "qcanary";

/// Fewer places would mean that the search for them fails.
const PLACES_MIN: usize = 30;

/// Makes canaries, each different, and remembers where they were put.
#[derive(Default)]
struct Aviary {
    count: Cell<usize>,
    places: std::cell::RefCell<BTreeSet<String>>,
}

impl Aviary {
    fn canary(&self) -> String {
        self.count.set(self.count.get() + 1);
        format!("{WORD}{:05}", self.count.get())
    }

    /// Puts a canary into everything personal of a message, and real identifiers where they go.
    fn fill(&self, message: &mut DynamicMessage, ids: &Ids, all: bool) {
        let fields: Vec<_> = message.fields().map(|(field, _)| field).collect();
        for field in fields {
            let mut value = message.get_field(&field).into_owned();
            let personal = all || is_personal(&field);
            self.fill_value(&field, &mut value, ids, personal);
            message.set_field(&field, value);
        }
    }

    fn fill_value(&self, field: &FieldDescriptor, value: &mut Value, ids: &Ids, personal: bool) {
        match value {
            Value::Message(inner) => self.fill(inner, ids, personal),
            Value::List(list) => {
                list.iter_mut().for_each(|item| self.fill_value(field, item, ids, personal));
            }
            Value::Map(map) => {
                map.values_mut().for_each(|item| self.fill_value(field, item, ids, personal));
            }
            Value::String(text) if personal && text.len() != 36 => {
                self.places.borrow_mut().insert(field.full_name().to_owned());
                // A mail address stays one.
                let rest = text.split_once('@').map(|(_, host)| format!("@{host}"));
                *text = format!("{}{}", self.canary(), rest.unwrap_or_default());
            }
            Value::String(text) if text.len() == 36 => {
                if let Some(id) = tenancy::known_kind(field).and_then(|kind| ids.get(kind)) {
                    text.clone_from(id);
                } else {
                    *text = crate::support::nobody();
                }
            }
            _ => {}
        }
    }
}

/// Whether the contract calls a field personal or secret.
fn is_personal(field: &FieldDescriptor) -> bool {
    let extension = pool().get_extension_by_name("omnichannel.v1.sensitivity").expect("an option");
    field.options().get_extension(&extension).as_enum_number().is_some_and(|number| number > 0)
}

async fn nothing_personal_leaves_its_place(case: Case) {
    let aviary = Aviary::default();
    let ids = tenancy::furnish(&case).await;
    let mut refusals = Vec::new();
    // Without keys nothing more could be tried.
    for method in wire::methods().into_iter().filter(|method| method.name() != "RevokeApiKey") {
        every_way(&case, &aviary, &method, &ids, &mut refusals).await;
    }
    let places = aviary.places.borrow().len();
    assert!(places >= PLACES_MIN, "only {places} places: {:?}", aviary.places.borrow());
    let secrets = real_life(&case, &aviary).await;
    for refusal in &refusals {
        assert!(!refusal.contains(WORD), "a refusal says {refusal}");
    }
    let secret = |text: &str| secrets.iter().any(|secret| text.contains(secret.as_str()));
    let log = case.server.log_from(0);
    let line = log.lines().find(|line| line.contains(WORD) || secret(line));
    assert!(line.is_none() && log.len() > 10_000, "the log says {line:?}");
    for (what, told) in [("feed", feed(&case).await), ("audit log", audit(&case).await)] {
        assert!(!told.contains(WORD) && !secret(&told) && told.len() > 1000, "the {what}: {told}");
    }
    let metrics = http::send(case.server.port(), "GET", "/metrics", &[], b"").await;
    assert!(!String::from_utf8_lossy(&metrics.body).contains(WORD), "metrics");
    on_the_disk(&case, &secrets);
    println!("{places} places, {} canaries, {} refusals", aviary.count.get(), refusals.len());
}

/// Calls a method so that it is answered, and so that it is refused for each kind of reason.
async fn every_way(
    case: &Case,
    aviary: &Aviary,
    method: &MethodDescriptor,
    ids: &Ids,
    refusals: &mut Vec<String>,
) {
    let endpoint = case.server.endpoint();
    let wrong_role = case.key_of(Role::Analyst, "").await;
    let keys = [Some(case.key.as_str()), Some(&wrong_role), Some("omk_nonsense"), None];
    let samples = wholes(&method.input());
    for (key, mut good) in
        keys.iter().flat_map(|key| samples.iter().map(move |good| (*key, good.clone())))
    {
        let wire = Wire::new(&endpoint, key);
        aviary.fill(&mut good, ids, false);
        let mut long = good.clone();
        lengthen(&mut long);
        let mut cut = good.encode_to_vec();
        cut.truncate(cut.len().saturating_sub(2));
        for bytes in [good.encode_to_vec(), long.encode_to_vec(), cut] {
            if let Err(status) = wire.send(method, bytes).await {
                let whole = format!("{status:?}");
                refusals.push(format!("{whole} {:?}", omnichannel_sdk::Error::from(status)));
            }
        }
    }
}

/// Makes every canary so long that no rule takes it.
fn lengthen(message: &mut DynamicMessage) {
    let fields: Vec<_> = message.fields().map(|(field, _)| field).collect();
    for field in fields {
        let mut value = message.get_field(&field).into_owned();
        match &mut value {
            Value::Message(inner) => lengthen(inner),
            Value::String(text) if text.contains(WORD) => *text = text.repeat(2000),
            _ => {}
        }
        message.set_field(&field, value);
    }
}

/// The main job with canaries: what comes in, goes out, fails and is looked for; the secrets that
/// were handed out meanwhile.
async fn real_life(case: &Case, aviary: &Aviary) -> Vec<String> {
    let refusing = Saying::Status(400, "what is qcanary?");
    let receiver = Receiver::start(&[Saying::Status(500, "qcanary"), refusing]).await;
    // Queues may have been made narrow by now.
    let queue = case.queue(v1::Queue { default_queue: true, ..Default::default() }).await;
    let (account, secret) = case.account(&receiver.url()).await;
    for (number, body) in [
        message("in1", &aviary.canary(), &aviary.canary()),
        format!("{{\"type\": \"{}\"", aviary.canary()).into_bytes(),
        format!("{{\"type\": \"message.created\", \"data\": \"{}\"}}", aviary.canary())
            .into_bytes(),
    ]
    .into_iter()
    .enumerate()
    {
        let post = Post::new(&account, &secret, body);
        let signed = post.send(case).await;
        let unsigned = post.send_signed(case, &format!("v1,{}", aviary.canary())).await;
        let told = [signed.body, unsigned.body].concat();
        assert!(!String::from_utf8_lossy(&told).contains(WORD), "an answer to post {number}");
    }
    let contact = v1::ContactInput {
        kind: v1::ChannelKind::Webhook.into(),
        address: aviary.canary(),
        display_name: aviary.canary(),
    };
    let request = v1::CreateInteractionRequest {
        customer: Some(v1::create_interaction_request::Customer::Contact(contact)),
        channel: v1::ChannelKind::Webhook.into(),
        channel_account_id: account.id.clone(),
        subject: aviary.canary(),
        body: aviary.canary(),
        ..opening(&queue.id)
    };
    let made = case.create(request).await;
    for _ in 0..3 {
        let reply = v1::SendMessageRequest {
            interaction_id: made.id.clone(),
            body: aviary.canary(),
            ..Default::default()
        };
        ok!(case.admin.interactions().send_message(reply));
    }
    receiver.received(2).await;
    let find = v1::FindCustomerRequest {
        by: Some(v1::find_customer_request::By::ExternalId(aviary.canary())),
    };
    refused!(case.admin.customers().find_customer(find), ResourceNotFound);
    let came = async || {
        let all = v1::ListInteractionsRequest::default();
        let all = ok!(case.admin.interactions().list_interactions(all)).interactions;
        (all.len() >= 3).then_some(())
    };
    eventually("what came in is there", came).await;
    let key = case.key_of(Role::Integration, "").await;
    let secret_part = key.rsplit_once('.').expect("a name and a secret").1.to_owned();
    vec![secret.trim_start_matches("whsec_").to_owned(), secret_part]
}

/// The feed from its beginning.
async fn feed(case: &Case) -> String {
    let from = v1::WatchFeedRequest { start: Some(v1::watch_feed_request::Start::FromSeq(1)) };
    let head = case.head().await;
    let mut frames = ok!(case.admin.admin().watch_feed(from));
    let mut told = String::new();
    soon("the feed up to the head", async {
        while let Some(frame) = frames.next().await {
            let frame = frame.expect("the feed goes on").frame.expect("a frame");
            told += &format!("{frame:?}\n");
            if frame.seq >= head {
                return;
            }
        }
    })
    .await;
    told
}

async fn audit(case: &Case) -> String {
    let mut told = String::new();
    let mut page_token = String::new();
    loop {
        let request = v1::ListAuditLogRequest { page_size: 500, page_token, ..Default::default() };
        let page = ok!(case.admin.admin().list_audit_log(request));
        told += &format!("{:?}\n", page.entries);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return told;
        }
    }
}

/// The database as it lies on the disk, or as its own tool writes it out.
fn on_the_disk(case: &Case, secrets: &[String]) {
    let url = case.server.database_url();
    let bytes = match case.server.database {
        Database::Sqlite => {
            let path = url.trim_start_matches("sqlite:");
            let read = |suffix: &str| std::fs::read(format!("{path}{suffix}")).unwrap_or_default();
            [read(""), read("-wal")].concat()
        }
        Database::Postgres => {
            let tool = psql().with_file_name("pg_dump");
            let mut dump = Command::new(tool);
            dump.env("PGOPTIONS", format!("-c app.tenants={}", case.id));
            let dumped = dump.args(["--inserts", "--enable-row-security", url]).output();
            let dumped = dumped.expect("it runs");
            assert!(dumped.status.success(), "{}", String::from_utf8_lossy(&dumped.stderr));
            dumped.stdout
        }
    };
    assert!(bytes.len() > 100_000, "only {} bytes", bytes.len());
    for word in secrets.iter().map(String::as_str).chain([WORD]) {
        for written in [word.to_owned(), hex(word.as_bytes())] {
            let found = bytes.windows(written.len()).position(|part| part == written.as_bytes());
            let around = found.map(|at| {
                let from = at.saturating_sub(200);
                String::from_utf8_lossy(&bytes[from..(at + 60).min(bytes.len())]).into_owned()
            });
            assert_eq!(around, None, "{written} lies in the clear");
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
