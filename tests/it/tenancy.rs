//! No tenant sees another. Every RPC of the contract that takes an identifier is called with the
//! key of one tenant and a real identifier of another, at every place of its request where one can
//! stand; what the rest of the request needs is taken from the caller's own tenant. The places are
//! found in the descriptor, so that a new RPC is tried the day it is written.

use crate::support::fixture::{Case, Tenant, opening};
use crate::support::webhook::Post;
use crate::support::wire::{self, Wire};
use crate::support::{eventually, unique};
use omnichannel_sdk::{Error, v1};
use prost_reflect::{
    DynamicMessage, EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor, MethodDescriptor,
    Value,
};
use std::collections::BTreeMap;
use tonic::Code;

both!(
    foreign_identifiers_are_not_found,
    boards_show_nothing_of_others,
    foreign_addresses_find_nobody,
);

/// Identifiers of one tenant's resources, by kind.
pub(crate) type Ids = BTreeMap<&'static str, String>;

/// Fields that identify something else than a resource.
const NO_RESOURCE: &[&str] = &["request_id", "session_id", "external_id", "principal_id"];

/// Identifiers that a request may carry but that are output only, by message.
const OUTPUT_ONLY: &[(&str, &[&str])] = &[
    (
        "Interaction",
        &[
            "conversation_id",
            "customer_id",
            "channel_account_id",
            "queue_id",
            "owner_agent_id",
            "matched_rule_id",
        ],
    ),
    ("RoutingStep", &["routing_plan_id"]),
    ("ContactPoint", &["id"]),
    ("SlaState", &["policy_id"]),
    ("SlaClock", &["calendar_id"]),
    ("EscalationLadder", &["policy_id"]),
    ("Consult", &["offer_id", "agent_id"]),
    // Chosen by the caller: the same one in two tenants is two files.
    ("UploadAttachmentRequest", &["attachment_id"]),
    ("ApiKey", &["id"]),
    ("EscalationPage", &["channel_account_id", "delivery_id"]),
];

/// Lists and boards that narrow by an identifier: nothing matches a foreign one, and that is no
/// error.
const FILTERS: &[&str] =
    &["ListInteractions", "ListAgents", "ListTimeOff", "ListAccessLog", "ListSlaBreaches"];
const BOARDS: &[&str] = &["Dashboard", "WatchDashboard"];

/// Places where the refusal names another part of the request: the caller's own address is none of
/// the foreign customer's.
const TOLD_OTHERWISE: &[&str] = &["RemoveContactPoint.customer_id", "LiftSuppression.customer_id"];

/// Frames of streams that are taken only after the first one; their verbs have RPCs of the same
/// name, which are tried.
const LATER_FRAMES: &[&str] = &[
    "Session.accept",
    "Session.decline",
    "Session.complete",
    "Session.send_message",
    "Session.take_next",
    "Dashboard.update",
];

/// The one identifier that callers choose.
const UPLOADED: &str = "omnichannel.v1.UploadAttachmentRequest.attachment_id";

/// How deep a request is searched.
const DEPTH_MAX: usize = 4;

/// One resource of each kind.
pub(crate) async fn furnish(tenant: &Tenant) -> Ids {
    let (agent, mut console) = tenant.at_work("Bo").await;
    let queue = tenant.plain_queue().await;
    let taken = tenant.open(&queue).await;
    let offer = console.take().await.offer.unwrap();
    let list = v1::ListMessagesRequest {
        scope: Some(v1::list_messages_request::Scope::InteractionId(taken.id.clone())),
        ..Default::default()
    };
    let messages = ok!(tenant.admin.interactions().list_messages(list)).messages;
    let customer = v1::GetCustomerRequest { customer_id: taken.customer_id.clone() };
    let customer = ok!(tenant.admin.customers().get_customer(customer)).customer.unwrap();
    let keys = ok!(tenant.admin.admin().list_api_keys(v1::ListApiKeysRequest::default()));
    let rule = v1::RoutingRule {
        name: unique("rule"),
        position: 1,
        action: Some(v1::RuleAction { queue_id: queue.id.clone(), ..Default::default() }),
        ..Default::default()
    };
    let request = v1::CreateRoutingRuleRequest { routing_rule: Some(rule), ..Default::default() };
    let rule = ok!(tenant.admin.routing().create_routing_rule(request)).routing_rule.unwrap();
    let (account, secret) = tenant.account("http://127.0.0.1:9/in").await;
    let (dead_letter, delivery, stream) = under_way(tenant, &account, &secret).await;
    Ids::from([
        // Of nobody, for now: a file of another tenant is made in `mail`.
        ("attachment", crate::support::nobody()),
        ("agent", agent.id),
        ("api_key", keys.api_keys[0].id.clone()),
        ("channel_account", account.id),
        ("dead_letter", dead_letter),
        ("delivery", delivery),
        ("stream", stream),
        ("contact_point", customer.contact_points[0].id.clone()),
        ("conversation", taken.conversation_id),
        ("customer", taken.customer_id),
        ("interaction", taken.id),
        ("message", messages[0].id.clone()),
        ("offer", offer.id),
        ("queue", queue.id),
        ("routing_plan", tenant.plan(vec![v1::RoutingPlanStep::default()]).await.id),
        ("routing_rule", rule.id),
        ("calendar", crate::sla::calendar(tenant).await.id),
        ("sla_policy", crate::sla::any_policy(tenant).await.id),
        ("escalation_policy", crate::escalation::any_policy(tenant).await.id),
        ("schedule", crate::shifts::any_schedule(tenant).await.id),
        ("time_off", crate::time_off::any_time_off(tenant).await.id),
        ("skill", tenant.skill().await.id),
        ("team", tenant.team().await.id),
        ("tenant", tenant.id.clone()),
    ])
}

/// A dead letter, a delivery that waits, and the desk's open stream.
async fn under_way(
    tenant: &Tenant,
    account: &v1::ChannelAccount,
    secret: &str,
) -> (String, String, String) {
    let post = Post::new(account, secret, b"not readable".to_vec());
    assert_eq!(post.send(tenant).await.status, 200);
    let letter = eventually("a dead letter", || async {
        let list = v1::ListDeadLettersRequest::default();
        ok!(tenant.admin.admin().list_dead_letters(list)).dead_letters.pop()
    });
    let letter = letter.await.id;
    let hand_in = v1::ReceiveMessageRequest {
        channel_account_id: account.id.clone(),
        from_address: "+49 151".into(),
        body: "hello?".into(),
        ..Default::default()
    };
    let made = ok!(tenant.admin.channels().receive_message(hand_in));
    let reply = v1::SendMessageRequest {
        interaction_id: made.interaction_id,
        body: "to nobody".into(),
        ..Default::default()
    };
    ok!(tenant.admin.interactions().send_message(reply));
    let list = v1::ListDeliveriesRequest::default();
    let delivery = ok!(tenant.admin.admin().list_deliveries(list)).deliveries.remove(0).id;
    let list = v1::ListStreamsRequest::default();
    let stream = ok!(tenant.admin.admin().list_streams(list)).streams.remove(0).id;
    (letter, delivery, stream)
}

/// The kind of resource that a field identifies; none for other fields.
fn kind_of(field: &FieldDescriptor) -> Option<&'static str> {
    let name = field.name();
    let parent = field.parent_message();
    let hidden = OUTPUT_ONLY
        .iter()
        .any(|(message, fields)| *message == parent.name() && fields.contains(&name));
    if field.kind() != Kind::String || NO_RESOURCE.contains(&name) || hidden {
        return None;
    }
    let kind = known_kind(field);
    let names_one = name.ends_with("_id") || name.ends_with("_ids");
    assert!(
        kind.is_some() || !names_one,
        "{}: what does it identify? say so here",
        field.full_name()
    );
    kind
}

/// The kind of resource that a field identifies by its name.
pub(crate) fn known_kind(field: &FieldDescriptor) -> Option<&'static str> {
    Some(match (field.name(), field.parent_message().name()) {
        ("id", "Agent") => "agent",
        ("id", "Calendar") => "calendar",
        ("id", "ChannelAccount") => "channel_account",
        ("id", "Customer") => "customer",
        ("id", "Interaction") => "interaction",
        ("id", "Queue") => "queue",
        ("id", "RoutingPlan") => "routing_plan",
        ("id", "RoutingRule") => "routing_rule",
        ("id", "Skill") => "skill",
        ("id", "Team") => "team",
        ("id", "Tenant") => "tenant",
        ("default_queue_id" | "overflow_queue_id" | "closed_queue_id", _) => "queue",
        ("reassign_queue_id", _) => "queue",
        ("page_account_id", _) => "channel_account",
        ("drop_skill_ids", _) => "skill",
        ("parent_team_id" | "escalation_team_id", _) => "team",
        ("account_owner_id", _) => "agent",
        (name, _) => {
            let bare = name.strip_suffix("_ids").or_else(|| name.strip_suffix("_id"))?;
            let known = [
                "agent",
                "api_key",
                "attachment",
                "calendar",
                "channel_account",
                "contact_point",
                "conversation",
                "customer",
                "dead_letter",
                "delivery",
                "escalation_policy",
                "interaction",
                "message",
                "offer",
                "queue",
                "routing_plan",
                "routing_rule",
                "schedule",
                "skill",
                "sla_policy",
                "stream",
                "team",
                "tenant",
                "time_off",
            ];
            known.into_iter().find(|kind| *kind == bare)?
        }
    })
}

/// A place of a request where an identifier can stand.
#[derive(Clone, Debug)]
struct Place {
    fields: Vec<FieldDescriptor>,
    kind: &'static str,
}

impl Place {
    fn name(&self) -> String {
        self.fields.iter().map(FieldDescriptor::name).collect::<Vec<_>>().join(".")
    }
}

/// All such places of a message.
fn places(message: &MessageDescriptor, update: bool, before: &[FieldDescriptor]) -> Vec<Place> {
    let mut found = Vec::new();
    for field in message.fields() {
        let fields = [before, std::slice::from_ref(&field)].concat();
        if let Kind::Message(inner) = field.kind() {
            let ours = inner.package_name() == "omnichannel.v1" && !field.is_map();
            if ours && fields.len() < DEPTH_MAX && inner.name() != "Presence" {
                found.extend(places(&inner, update, &fields));
            }
        } else if let Some(kind) = kind_of(&field) {
            // An id of one's own is empty on create.
            if field.name() != "id" || update {
                found.push(Place { fields, kind });
            }
        }
    }
    found
}

/// The validation rules of a field, as a message.
fn rules(field: &FieldDescriptor) -> Option<DynamicMessage> {
    let extension = wire::pool().get_extension_by_name("buf.validate.field")?;
    let options = field.options();
    let rules = options.has_extension(&extension).then(|| options.get_extension(&extension))?;
    rules.as_message().cloned()
}

/// A number that rules hold under a path such as `int32.gte`.
fn rule(rules: &DynamicMessage, path: &[&str]) -> Option<Value> {
    let (first, rest) = path.split_first()?;
    if !rules.has_field_by_name(first) {
        return None;
    }
    let value = rules.get_field_by_name(first)?;
    if rest.is_empty() { Some(value.into_owned()) } else { rule(value.as_message()?, rest) }
}

/// A value of an enum that requests may carry.
fn choice(kind: &EnumDescriptor) -> Value {
    let name = match kind.name() {
        "ChannelKind" => "CHANNEL_KIND_WEBHOOK",
        "Role" => "ROLE_ANALYST",
        "PresenceStatus" => "PRESENCE_STATUS_AWAY",
        "AbsentWorkPolicy" => "ABSENT_WORK_POLICY_REASSIGN",
        _ => return Value::EnumNumber(1),
    };
    Value::EnumNumber(kind.get_value_by_name(name).expect("it is defined").number())
}

/// The least that makes a message valid, with the caller's own identifiers.
fn least(message: &MessageDescriptor, own: &Ids, update: bool) -> DynamicMessage {
    let mut made = DynamicMessage::new(message.clone());
    for field in message.fields() {
        if field.containing_oneof().is_some_and(|oneof| !oneof.is_synthetic()) {
            continue;
        }
        let Some(value) = needed(&field, own, update) else { continue };
        made.set_field(&field, value);
    }
    for oneof in message.oneofs().filter(|oneof| !oneof.is_synthetic()) {
        let field = oneof.fields().next().expect("a oneof has fields");
        let value = needed(&field, own, update).or_else(|| match field.kind() {
            Kind::Message(inner) => Some(Value::Message(least(&inner, own, update))),
            _ => None,
        });
        if let Some(value) = value {
            made.set_field(&field, value);
        }
    }
    made
}

/// What a field must hold, if it must hold anything.
fn needed(field: &FieldDescriptor, own: &Ids, update: bool) -> Option<Value> {
    let text = |text: &str| Some(Value::String(text.to_owned()));
    let rules = rules(field);
    let held = |path: &[&str]| rules.as_ref().and_then(|rules| rule(rules, path));
    if field.name() == "id" {
        return kind_of(field).filter(|_| update).map(|kind| Value::String(own[kind].clone()));
    }
    match field.kind() {
        _ if field.is_list() || field.is_map() => {
            held(&["repeated", "min_items"])?;
            let one = match field.kind() {
                Kind::Enum(kind) => choice(&kind),
                Kind::Message(inner) => Value::Message(least(&inner, own, update)),
                _ => panic!("{}", field.full_name()),
            };
            Some(Value::List(vec![one]))
        }
        Kind::String if field.name() == "name" => text(&unique("name")),
        Kind::String if field.name() == "session_id" => text(&crate::support::nobody()),
        Kind::String if field.full_name() == UPLOADED => text(&crate::support::nobody()),
        // Required by the server, whatever the field's own rules say.
        Kind::String if field.full_name() == "omnichannel.v1.RuleAction.queue_id" => {
            text(&own["queue"])
        }
        Kind::String if held(&["string", "uuid"]).is_some() => {
            let optional = held(&["ignore"]).is_some();
            kind_of(field).filter(|_| !optional).map(|kind| Value::String(own[kind].clone()))
        }
        Kind::String => held(&["string", "min_len"]).and_then(|_| text("some text")),
        Kind::Bytes => held(&["bytes", "min_len"]).map(|_| Value::Bytes("x".into())),
        Kind::Int64 => held(&["int64", "gte"]).filter(|least| *least != Value::I64(0)),
        Kind::Int32 => held(&["int32", "gte"]).filter(|least| *least != Value::I32(0)),
        // As the queue of a rule.
        Kind::Enum(kind) if field.full_name() == "omnichannel.v1.ChannelAccount.kind" => {
            (!update).then(|| choice(&kind))
        }
        // The only policy that goes by a queue.
        Kind::Enum(kind) if kind.name() == "AbsentWorkPolicy" => Some(choice(&kind)),
        Kind::Enum(kind) => {
            held(&["enum", "not_in"])?;
            Some(choice(&kind))
        }
        Kind::Message(inner) => {
            held(&["required"])?;
            let mut made = least(&inner, own, update);
            if inner.full_name() == "google.protobuf.Duration" {
                made.set_field_by_name("seconds", Value::I64(60));
            }
            Some(Value::Message(made))
        }
        _ => None,
    }
}

/// Puts an identifier at a place.
fn put(
    message: &mut DynamicMessage,
    fields: &[FieldDescriptor],
    id: &str,
    own: &Ids,
    update: bool,
) {
    let (field, rest) = fields.split_first().expect("a place has fields");
    let value = if rest.is_empty() {
        Value::String(id.to_owned())
    } else {
        let Kind::Message(kind) = field.kind() else { panic!("{}", field.full_name()) };
        let held = match message.get_field(field).into_owned() {
            Value::Message(held) if message.has_field(field) => Some(held),
            _ => None,
        };
        let mut inner = held.unwrap_or_else(|| least(&kind, own, update));
        put(&mut inner, rest, id, own, update);
        Value::Message(inner)
    };
    let value = if field.is_list() { Value::List(vec![value]) } else { value };
    message.set_field(field, value);
}

/// What an RPC needs beyond what its rules say.
fn complete(method: &MethodDescriptor, message: &mut DynamicMessage, own: &Ids) {
    // The administrator's key names no agent.
    if method.name() == "TakeNext" {
        message.set_field_by_name("agent_id", Value::String(own["agent"].clone()));
    }
    if method.name() == "CreateRoutingRule" {
        let field = method.input().get_field_by_name("routing_rule").expect("it takes a rule");
        let Value::Message(mut rule) = message.get_field(&field).into_owned() else { return };
        rule.set_field_by_name("position", Value::I32(7));
        message.set_field(&field, Value::Message(rule));
    }
}

/// What came of a foreign identifier, in the words of the page; or what is wrong with it.
fn judged(
    method: &MethodDescriptor,
    place: &Place,
    id: &str,
    answer: Result<prost::bytes::Bytes, tonic::Status>,
) -> Result<&'static str, String> {
    match answer {
        Ok(bytes) if FILTERS.contains(&method.name()) => {
            if bytes.is_empty() {
                Ok("empty")
            } else {
                Err("a foreign filter matched".to_owned())
            }
        }
        // What a board shows is judged below.
        Ok(_) if BOARDS.contains(&method.name()) => Ok("empty"),
        Ok(_) => Err("it was answered".to_owned()),
        Err(status) => {
            let error = Error::from(status);
            let platform = wire::permission(method) == "TENANTS_MANAGE";
            let named = format!("{}.{}", method.name(), place.name());
            let otherwise = TOLD_OTHERWISE.contains(&named.as_str());
            let told = || error.metadata().get("id").is_some_and(|told| told == id || otherwise);
            match error.code() {
                Code::NotFound if error.is(v1::ErrorReason::ResourceNotFound) && told() => {
                    Ok("NOT_FOUND")
                }
                Code::PermissionDenied if platform => Ok("PERMISSION_DENIED"),
                _ => Err(format!("{error:?}")),
            }
        }
    }
}

const PAGE_HEAD: &str = "# What one tenant's key gets for another tenant's identifiers

Made by `tests/it/tenancy.rs`, which calls every RPC at every place where an identifier can stand
with a real one of another tenant, on SQLite and on PostgreSQL, and finds this page to be what came
of it. The places are found in the contract. Do not edit it by hand.

NOT_FOUND is what an identifier of nothing gets too; *empty* is a filter or board that shows nothing
of it; PERMISSION_DENIED is for RPCs of the operator alone.

| RPC | place | identifies | what comes of it |
|---|---|---|---|
";

/// Compares what was found with the page in the documentation.
fn hold_page(made: &str) {
    if made != include_str!("../../docs/isolation.md") {
        let place = std::env::temp_dir().join("isolation.md");
        std::fs::write(&place, made).expect("a page can be written");
        panic!("docs/isolation.md is out of date; what it must be is in {}", place.display());
    }
}

async fn foreign_identifiers_are_not_found(case: Case) {
    let stranger = case.stranger().await;
    let (theirs, own) = (furnish(&case.tenant).await, furnish(&stranger).await);
    let head = case.head().await;
    let wire = Wire::new(&case.server.endpoint(), Some(&stranger.key));
    let (mut tried, mut wrong, mut page) = (0, Vec::new(), PAGE_HEAD.to_owned());
    for method in wire::methods() {
        let update = method.name().starts_with("Update");
        for place in places(&method.input(), update, &[]) {
            let first = format!("{}.{}", method.name(), place.fields[0].name());
            if LATER_FRAMES.contains(&first.as_str()) {
                continue;
            }
            let mut request = least(&method.input(), &own, update);
            complete(&method, &mut request, &own);
            let id = &theirs[place.kind];
            put(&mut request, &place.fields, id, &own, update);
            let answer = wire.send(&method, prost::Message::encode_to_vec(&request)).await;
            tried += 1;
            let (rpc, at) = (method.name(), place.name());
            match judged(&method, &place, id, answer) {
                Ok(outcome) => {
                    page += &format!("| {rpc} | {at} | {} | {outcome} |\n", place.kind);
                }
                Err(fault) => wrong.push(format!("{rpc} with {at}: {fault}")),
            }
        }
    }
    assert!(tried > 80, "the search for places found only {tried}");
    assert_eq!(case.head().await, head, "nothing of the other tenant was changed");
    assert!(wrong.is_empty(), "{} of {tried} are wrong:\n{}", wrong.len(), wrong.join("\n"));
    hold_page(&page);
}

async fn boards_show_nothing_of_others(case: Case) {
    let stranger = case.stranger().await;
    let (theirs, own) = (case.plain_queue().await, stranger.plain_queue().await);
    case.open(&theirs).await;
    let agent = case.at_work("Bo").await;
    let all = [1, 2, 3, 4, 5].to_vec();
    for queue_ids in [vec![], vec![theirs.id.clone()], vec![theirs.id.clone(), own.id.clone()]] {
        let asked = queue_ids.len();
        let request =
            v1::WatchDashboardRequest { topics: all.clone(), queue_ids, min_interval: None };
        let opened = stranger.admin.analytics().watch_dashboard(request).await;
        let mut frames = opened.expect("it opens").into_inner();
        let board = loop {
            let frame = frames.message().await.unwrap().expect("the stream goes on").frame;
            if let Some(v1::dashboard_frame::Frame::Snapshot(board)) = frame.unwrap().frame {
                break board;
            }
        };
        let shown = format!("{board:?}");
        assert!(!shown.contains(&theirs.id) && !shown.contains(&agent.0.id), "{shown}");
        let queues = [2, 0, 1][asked];
        assert_eq!(board.queues.len(), queues, "{shown}");
        assert_eq!(board.stats.unwrap().queued_interactions, 0);
    }
}

async fn foreign_addresses_find_nobody(case: Case) {
    let stranger = case.stranger().await;
    let address = unique("visitor");
    let contact = v1::ContactInput {
        kind: v1::ChannelKind::Chat.into(),
        address: address.clone(),
        display_name: "Ada".into(),
    };
    let customer = Some(v1::create_interaction_request::Customer::Contact(contact));
    let request = v1::CreateInteractionRequest { customer, ..opening("") };
    let made = case.create(request.clone()).await;
    let by = v1::find_customer_request::By::Contact(v1::ContactAddress {
        kind: v1::ChannelKind::Chat.into(),
        address,
    });
    let find = v1::FindCustomerRequest { by: Some(by) };
    refused!(stranger.admin.customers().find_customer(find.clone()), ResourceNotFound);
    let same = ok!(stranger.admin.interactions().create_interaction(request));
    let same = same.interaction.unwrap();
    assert_ne!(same.customer_id, made.customer_id, "the same address, another tenant's customer");
    assert_ne!(same.conversation_id, made.conversation_id);
    let found = ok!(case.admin.customers().find_customer(find)).customer.unwrap();
    assert_eq!(found.id, made.customer_id);
    for list in [&case.admin, &stranger.admin] {
        let all = v1::ListInteractionsRequest::default();
        let all = ok!(list.interactions().list_interactions(all)).interactions;
        assert_eq!(all.len(), 1, "each sees its own");
    }
}
