//! Random calls of every RPC by every role of two tenants, by an operator and by nobody, with real
//! identifiers of both tenants in every place: no call fails in a way nobody foresaw, nothing in an
//! answer belongs to the other tenant, and afterwards both logs still verify. Part of the calls
//! begin with requests that are answered, so that what lies behind acceptance is tried too. Ten
//! seconds on each database; `make long` takes minutes. OMNICHANNEL_FUZZ_SECONDS and
//! OMNICHANNEL_FUZZ_SEED choose.

mod corpus;

use crate::support::console::Console;
use crate::support::database::Database;
use crate::support::fixture::{Case, Tenant, opening};
use crate::support::process::Settings;
use crate::support::refusal::documented;
use crate::support::shapes::{Rules, Tried, variants, whole};
use crate::support::wire::{self, Wire};
use crate::support::{alone, nobody, unique};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use corpus::{Corpus, IMPORTANT, Known, Post};
use omnichannel_sdk::{Code, Error, v1};
use prost::Message;
use prost_reflect::{DynamicMessage, FieldDescriptor, MethodDescriptor, Value};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::Instant;
use v1::Role;

/// How long it runs on each database unless told.
const SECONDS: u64 = 10;

/// Callers at once.
const CALLERS: u64 = 4;

/// How many calls each makes at least, however slow the machine: fewer do not reach most methods.
const CALLS_LEAST: u64 = 1_500;

/// How much longer the least of calls may take where other tests have the machine.
const SLACK_SECONDS: u64 = 120;

/// Most identifiers of one kind that are remembered of a tenant, the newest.
const IDS_MAX: usize = 200;

/// Codes that a call may end with. The rest are faults of the server.
const FINE: [Code; 12] = [
    Code::InvalidArgument,
    Code::NotFound,
    Code::AlreadyExists,
    Code::PermissionDenied,
    Code::FailedPrecondition,
    Code::Aborted,
    Code::OutOfRange,
    Code::Unauthenticated,
    Code::ResourceExhausted,
    Code::Unimplemented,
    Code::DeadlineExceeded,
    Code::Cancelled,
];

/// Calls that would end the tenants or keys the fuzzer itself stands on.
const LEFT_OUT: [&str; 2] = ["RevokeApiKey", "UpdateTenant"];

/// Identifiers of the access log: whatever callers of the tenant named.
const NAMED_BY_CALLERS: &str = "accessed_resource";

/// Identifiers that callers choose for what they make, each tenant for itself.
const CHOSEN_BY_CALLERS: &str = "attachment";

/// Identifiers that a caller chooses and that may be told back.
const CHOSEN: [&str; 3] = ["request_id", "session_id", "external_id"];

#[test]
fn random_calls_find_no_fault_on_sqlite() {
    run(Database::Sqlite);
}

#[test]
fn random_calls_find_no_fault_on_postgres() {
    run(Database::Postgres);
}

fn setting(name: &str, or: u64) -> u64 {
    std::env::var(name).map_or(or, |text| text.parse().expect("a number"))
}

fn run(database: Database) {
    let seconds = setting("OMNICHANNEL_FUZZ_SECONDS", SECONDS);
    let seed = setting("OMNICHANNEL_FUZZ_SEED", 1);
    let settings = Settings::of(&["log.level = \"info\""]).patient(seconds + SLACK_SECONDS);
    alone(database, settings, move |case| async move { fuzz(&case, seconds, seed).await });
}

async fn fuzz(case: &Case, seconds: u64, seed: u64) {
    let stranger = case.stranger().await;
    let world = Arc::new(World::new(case, &stranger).await);
    let until = Instant::now() + Duration::from_secs(seconds);
    let callers = (0..CALLERS).map(|number| {
        let world = Arc::clone(&world);
        tokio::spawn(async move { call_until(&world, until, Dice(seed * 1000 + number)).await })
    });
    for caller in futures::future::join_all(callers).await {
        caller.expect("a caller ends in order");
    }
    let found = std::mem::take(&mut *world.found.lock().expect("whole"));
    let (total, codes) = (found.codes.values().sum::<u64>(), &found.codes);
    println!("{total} calls of {} methods, seed {seed}: {codes:?}", found.answered.len());
    let faults = found.faults.join("\n");
    assert!(found.faults.is_empty(), "{} faults, seed {seed}:\n{faults}", found.faults.len());
    let least = world.methods.len() * 3 / 5;
    println!("never answered: {:?}", missing(&world, &found));
    let accepted = IMPORTANT.map(|name| (name, found.answered.get(name).copied().unwrap_or(0)));
    println!("accepted: {accepted:?}");
    let never: Vec<_> = accepted.iter().filter(|(_, times)| *times == 0).collect();
    assert!(never.is_empty(), "never accepted, seed {seed}: {never:?}");
    assert!(found.answered.len() >= least || seconds < SECONDS, "too few of {least} were answered");
    let log = case.server.log_from(0);
    for word in ["panicked", "call failed", "ERROR"] {
        let line = log.lines().find(|line| line.contains(word));
        assert!(line.is_none(), "the log says: {line:?}");
    }
    for tenant in [&case.tenant, &stranger] {
        let verify = v1::VerifyAuditLogRequest::default();
        assert_eq!(ok!(tenant.admin.admin().verify_audit_log(verify)).first_bad_seq, 0);
        tenant.create(opening("")).await;
    }
}

/// Methods that nobody got an answer from.
fn missing(world: &World, found: &Found) -> Vec<String> {
    let names = world.methods.iter().map(|method| method.name().to_owned());
    names.filter(|name| !found.answered.contains_key(name)).collect()
}

/// A small generator of the xorshift kind with a mixed output: the same seed, the same calls.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, count: usize) -> usize {
        usize::try_from(self.next() % count.max(1) as u64).expect("below a count")
    }

    fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    fn of<'a, T>(&mut self, list: &'a [T]) -> Option<&'a T> {
        list.get(self.below(list.len()))
    }
}

/// Somebody who calls.
struct Caller {
    wire: Wire,
    /// Whose answers must hold nothing of the other; none for the operator and nobody.
    tenant: Option<usize>,
    who: String,
}

/// Everything the callers share.
struct World {
    methods: Vec<MethodDescriptor>,
    samples: HashMap<String, Vec<DynamicMessage>>,
    /// A message for each method that keeps all rules.
    wholes: HashMap<String, DynamicMessage>,
    /// Identifiers that every tenant may see: of the server, and of the operator's key.
    shared: BTreeSet<String>,
    /// Plain requests of methods, and what they are filled with, for each tenant.
    corpus: Corpus,
    posts: Vec<Post>,
    /// Where the agents at their posts sit, so that they are offered work.
    _consoles: Vec<Console>,
    callers: Vec<Caller>,
    found: Mutex<Found>,
}

/// What was seen so far.
#[derive(Default)]
struct Found {
    /// Identifiers by kind, for each tenant.
    ids: [BTreeMap<String, Vec<String>>; 2],
    /// All of them, for each tenant.
    known: [BTreeSet<String>; 2],
    /// Those that a caller chose, and that are nobody's alone.
    chosen: BTreeSet<String>,
    codes: BTreeMap<String, u64>,
    /// How often each method answered.
    answered: BTreeMap<String, u64>,
    faults: Vec<String>,
}

impl World {
    async fn new(case: &Case, stranger: &Tenant) -> Self {
        let endpoint = case.server.endpoint();
        let mut callers = Vec::new();
        let wire = |key: &str| Wire::new(&endpoint, Some(key));
        let keys = [("nobody", String::new()), ("a stranger", "omk_nonsense.x".to_owned())];
        for (who, key) in keys {
            callers.push(Caller { wire: wire(&key), tenant: None, who: who.to_owned() });
        }
        let operator = wire(case.server.platform_key());
        callers.push(Caller { wire: operator, tenant: None, who: "the operator".to_owned() });
        let (mut posts, mut consoles) = (Vec::new(), Vec::new());
        for (number, tenant) in [&case.tenant, stranger].into_iter().enumerate() {
            for (who, key) in keys_of(tenant).await {
                callers.push(Caller { wire: wire(&key), tenant: Some(number), who });
            }
            let queue = tenant.plain_queue().await;
            tenant.open(&queue).await;
            let (agent, console) = tenant.at_work(&unique("agent")).await;
            posts.push(Post { agent_id: agent.id, queue_id: queue.id });
            consoles.push(console);
            tenant.account("http://127.0.0.1:9/in").await;
        }
        let methods = wire::methods();
        let methods: Vec<_> =
            methods.into_iter().filter(|method| !LEFT_OUT.contains(&method.name())).collect();
        let samples = methods.iter().map(|method| {
            let all = variants(&method.input(), &mut Tried::default());
            (method.full_name().to_owned(), all)
        });
        let wholes =
            methods.iter().map(|method| (method.full_name().to_owned(), whole(&method.input())));
        let info = ok!(case.admin.admin().get_server_info(v1::GetServerInfoRequest {}));
        Self {
            samples: samples.collect(),
            wholes: wholes.collect(),
            corpus: corpus::corpus(&methods),
            posts,
            _consoles: consoles,
            shared: [info.node_id, key_id(case.server.platform_key())].into(),
            methods,
            callers,
            found: Mutex::default(),
        }
    }
}

/// The identifier that the text of a key holds, after that of its tenant.
fn key_id(key: &str) -> String {
    let name = key.strip_prefix("omk_").and_then(|rest| rest.split_once('.')).expect("a key").0;
    let bytes = URL_SAFE_NO_PAD.decode(name).expect("base64");
    uuid::Uuid::from_slice(&bytes[16..]).expect("an identifier").to_string()
}

/// A key of each role that a tenant has; agents' keys speak for an agent.
async fn keys_of(tenant: &Tenant) -> Vec<(String, String)> {
    let mut keys = vec![("administrator".to_owned(), tenant.key.clone())];
    let agent = tenant.agent(&unique("agent")).await;
    keys.push(("agent".to_owned(), agent.key));
    for role in [Role::Supervisor, Role::Analyst, Role::Auditor, Role::Integration] {
        keys.push((role.as_str_name().to_owned(), tenant.key_of(role, "").await));
    }
    keys
}

async fn call_until(world: &World, until: Instant, mut dice: Dice) {
    let mut calls = 0;
    while Instant::now() < until || calls < CALLS_LEAST {
        calls += 1;
        if dice.one_in(4) {
            let (method, caller, request) = plain(world, &mut dice);
            let answer = caller.wire.send(method, request.encode_to_vec()).await;
            judge(world, method, caller, &request, answer);
            continue;
        }
        let method = dice.of(&world.methods).expect("there are methods");
        // Half the calls are an administrator's: they reach furthest.
        let tenants = world.callers.iter().filter(|caller| caller.who == "administrator");
        let operators = world.callers.iter().filter(|caller| caller.who == "the operator");
        let administrators: Vec<_> = tenants.cycle().take(6).chain(operators).collect();
        let caller = match dice.one_in(2) {
            true => administrators[dice.below(administrators.len())],
            false => dice.of(&world.callers).expect("there are callers"),
        };
        let request = request(world, method, caller, &mut dice);
        let answer = caller.wire.send(method, request.encode_to_vec()).await;
        judge(world, method, caller, &request, answer);
    }
}

/// A request of an administrator that is answered as things stand, or all but so: of three one has
/// something changed.
fn plain<'a>(
    world: &'a World,
    dice: &mut Dice,
) -> (&'a MethodDescriptor, &'a Caller, DynamicMessage) {
    let plain = |method: &&MethodDescriptor| world.corpus.contains_key(method.full_name());
    let methods: Vec<_> = world.methods.iter().filter(plain).collect();
    let method = *dice.of(&methods).expect("some are plain");
    let tenant = dice.below(world.posts.len());
    let is_it = |caller: &&Caller| caller.tenant == Some(tenant) && caller.who == "administrator";
    let caller = world.callers.iter().find(is_it).expect("each tenant has one");
    let mut message = dice.of(&world.corpus[method.full_name()]).expect("some").clone();
    let other = request(world, method, caller, dice);
    let found = world.found.lock().expect("whole");
    Known { post: &world.posts[tenant], ids: &found.ids[tenant] }.fill(&mut message, dice);
    if dice.one_in(3) {
        corpus::change(&mut message, &other, dice);
    }
    (method, caller, message)
}

/// A message for a method: mostly one that keeps the rules, with fields left out at random, and
/// with identifiers that exist somewhere.
fn request(
    world: &World,
    method: &MethodDescriptor,
    caller: &Caller,
    dice: &mut Dice,
) -> DynamicMessage {
    let mut message = match dice.one_in(4) {
        true => dice.of(&world.samples[method.full_name()]).expect("some").clone(),
        false => world.wholes[method.full_name()].clone(),
    };
    let found = world.found.lock().expect("whole");
    vary(&mut message, &found, caller.tenant, dice);
    message
}

fn vary(message: &mut DynamicMessage, found: &Found, tenant: Option<usize>, dice: &mut Dice) {
    let fields: Vec<_> = message.fields().map(|(field, _)| field).collect();
    for field in fields {
        let required = Rules::of(&field).is_required();
        if !required && (dice.one_in(3) || field.name() == "etag" || hinders(&field, dice)) {
            message.clear_field(&field);
            continue;
        }
        let mut value = message.get_field(&field).into_owned();
        vary_value(&field, &mut value, found, tenant, dice);
        message.set_field(&field, value);
    }
}

/// Fields that end most calls early: tokens of nobody, masks that name little.
fn hinders(field: &FieldDescriptor, dice: &mut Dice) -> bool {
    let name = field.name();
    (name.ends_with("token") || name == "update_mask" || name == "from_seq") && !dice.one_in(8)
}

fn vary_value(
    field: &FieldDescriptor,
    value: &mut Value,
    found: &Found,
    tenant: Option<usize>,
    dice: &mut Dice,
) {
    match value {
        Value::Message(inner) => vary(inner, found, tenant, dice),
        Value::List(list) => {
            for item in list.iter_mut() {
                vary_value(field, item, found, tenant, dice);
            }
        }
        Value::String(text) if CHOSEN.contains(&field.name()) && text.len() == 36 => {
            *text = nobody();
        }
        Value::String(text) if text.len() == 36 => *text = identifier(field, found, tenant, dice),
        // Names are mostly taken; another is not.
        Value::String(text) if field.name() == "name" || field.name() == "address" => {
            *text = format!("{text} {}", dice.below(500));
        }
        Value::EnumNumber(number) if dice.one_in(2) => {
            let kind = field.kind();
            let values: Vec<_> = kind.as_enum().expect("an enum").values().skip(1).collect();
            *number = dice.of(&values).map_or(*number, |value| value.number());
        }
        _ => {}
    }
}

/// An identifier for a field: mostly one of that kind and of the caller's tenant, else of the
/// other, of another kind, or of nothing.
fn identifier(
    field: &FieldDescriptor,
    found: &Found,
    tenant: Option<usize>,
    dice: &mut Dice,
) -> String {
    let own = tenant.unwrap_or_else(|| dice.below(2));
    let of = if dice.one_in(5) { 1 - own } else { own };
    let kind = if dice.one_in(10) { None } else { Some(kind_of(field)) };
    let all = &found.ids[of];
    let list = match kind {
        Some(kind) => all.get(&kind),
        None => all.values().nth(dice.below(all.len())),
    };
    let chosen = list.and_then(|list| dice.of(list)).cloned();
    chosen.unwrap_or_else(nobody)
}

/// What a field identifies, as far as its name tells.
fn kind_of(field: &FieldDescriptor) -> String {
    use heck::ToSnakeCase;
    let name = field.name();
    if name == "id" {
        return field.parent_message().name().to_snake_case();
    }
    let bare = name.strip_suffix("_ids").or_else(|| name.strip_suffix("_id")).unwrap_or(name);
    bare.trim_start_matches("default_").trim_start_matches("owner_").to_owned()
}

fn judge(
    world: &World,
    method: &MethodDescriptor,
    caller: &Caller,
    request: &DynamicMessage,
    answer: Result<prost::bytes::Bytes, tonic::Status>,
) {
    let mut found = world.found.lock().expect("whole");
    let fault = match answer {
        Ok(bytes) => {
            *found.codes.entry("Ok".to_owned()).or_default() += 1;
            *found.answered.entry(method.name().to_owned()).or_default() += 1;
            let told = DynamicMessage::decode(method.output(), bytes).expect("an answer");
            foreign(&mut found, &world.shared, caller, (request, &told))
        }
        Err(status) => {
            *found.codes.entry(format!("{:?}", status.code())).or_default() += 1;
            let text = format!("{status:?}");
            let error = Error::from(status);
            let known = documented().contains_key(error.reason().name());
            let fine = FINE.contains(&error.code()) && (known || error.is_local());
            (!fine).then_some(text)
        }
    };
    if let Some(fault) = fault {
        let (who, name) = (&caller.who, method.full_name());
        found
            .faults
            .push(format!("{who} (tenant {:?}) {name}: {fault}\n  {request}", caller.tenant));
    }
}

/// Remembers what an answer tells of the caller's tenant; what of it is the other tenant's.
fn foreign(
    found: &mut Found,
    shared: &BTreeSet<String>,
    caller: &Caller,
    (request, told): (&DynamicMessage, &DynamicMessage),
) -> Option<String> {
    let tenant = caller.tenant?;
    let mut ids = Vec::new();
    collect(told, &mut ids);
    let mut sent = Vec::new();
    collect(request, &mut sent);
    for (kind, id) in ids.into_iter().filter(|(_, id)| !shared.contains(id)) {
        // The access log repeats what callers of its tenant named, found or not.
        if kind == NAMED_BY_CALLERS || found.chosen.contains(&id) {
            continue;
        }
        let told_back = sent.iter().any(|(_, known)| *known == id);
        if kind == CHOSEN_BY_CALLERS && told_back {
            found.chosen.insert(id.clone());
            found.ids[tenant].entry(kind).or_default().push(id);
            continue;
        }
        if found.known[1 - tenant].contains(&id) {
            return Some(format!("the answer holds {kind} {id} of the other tenant: {told}"));
        }
        // What a caller made up may be told back; what they could not know is the tenant's.
        if told_back || !found.known[tenant].insert(id.clone()) {
            continue;
        }
        let list = found.ids[tenant].entry(kind).or_default();
        if list.len() == IDS_MAX {
            list.remove(0);
        }
        list.push(id);
    }
    None
}

/// Every identifier in a message, with its kind.
fn collect(message: &DynamicMessage, out: &mut Vec<(String, String)>) {
    for (field, value) in message.fields() {
        collect_value(&field, value, out);
    }
}

fn collect_value(field: &FieldDescriptor, value: &Value, out: &mut Vec<(String, String)>) {
    match value {
        Value::Message(inner) => collect(inner, out),
        Value::List(list) => list.iter().for_each(|item| collect_value(field, item, out)),
        Value::Map(map) => {
            for value in map.values() {
                collect_value(field, value, out);
            }
        }
        Value::String(text) if !CHOSEN.contains(&field.name()) && is_identifier(text) => {
            out.push((kind_of(field), text.clone()));
        }
        _ => {}
    }
}

fn is_identifier(text: &str) -> bool {
    text.len() == 36 && uuid::Uuid::try_parse(text).is_ok()
}
