//! Requests that are answered, for the fuzzer to begin with: random messages alone hardly ever get
//! past all that may refuse them, and what lies behind would not be tried. Each is a plain request
//! of its method in which every identifier is left open; it is filled with what the caller's tenant
//! has, and then sent as it is or with one thing changed.

use super::{CHOSEN, Dice, kind_of};
use crate::support::{nobody, unique};
use omnichannel_sdk::v1;
use prost::Message;
use prost_reflect::{DynamicMessage, FieldDescriptor, MethodDescriptor, ReflectMessage, Value};
use std::collections::{BTreeMap, HashMap};
use v1::create_interaction_request::Customer;
use v1::route_interaction_request::Target as Route;
use v1::transfer_interaction_request::Target as Transfer;

/// Commands by which work lives. A run in which one of them was never accepted tried little.
pub(super) const IMPORTANT: [&str; 8] = [
    "CreateInteraction",
    "SendMessage",
    "UpdateInteraction",
    "RouteInteraction",
    "TransferInteraction",
    "AcceptOffer",
    "CompleteInteraction",
    "CloseInteraction",
];

/// An identifier that is to be filled in.
const OPEN: &str = "00000000-0000-0000-0000-000000000000";

/// How many of the newest of a kind are used: what came long ago has mostly ended.
const NEWEST: usize = 6;

/// Requests by the full name of their method.
pub(super) type Corpus = HashMap<String, Vec<DynamicMessage>>;

/// A plain request of each method that is not plain to guess; of some more than one.
pub(super) fn corpus(methods: &[MethodDescriptor]) -> Corpus {
    let mut made = Corpus::new();
    for (name, bytes) in [arrivals(), changes(), answers(), nouns()].concat() {
        let method = methods.iter().find(|method| method.name() == name).expect("it is an RPC");
        let request = DynamicMessage::decode(method.input(), bytes.as_slice()).expect("its input");
        made.entry(method.full_name().to_owned()).or_default().push(request);
    }
    made
}

fn open() -> String {
    OPEN.to_owned()
}

fn arrivals() -> Vec<(&'static str, Vec<u8>)> {
    let kind = v1::ChannelKind::Chat.into();
    let contact = v1::ContactInput { kind, address: "visitor".into(), ..Default::default() };
    let create = |customer| v1::CreateInteractionRequest {
        customer: Some(customer),
        channel: kind,
        queue_id: open(),
        body: "where is it?".into(),
        tags: vec!["refund".into()],
        ..Default::default()
    };
    vec![
        ("CreateInteraction", create(Customer::Contact(contact)).encode_to_vec()),
        ("CreateInteraction", create(Customer::CustomerId(open())).encode_to_vec()),
    ]
}

fn changes() -> Vec<(&'static str, Vec<u8>)> {
    let (interaction_id, body) = (open(), String::from("in the post"));
    let send = v1::SendMessageRequest { interaction_id, body, ..Default::default() };
    let note = v1::SendMessageRequest { kind: v1::SendKind::InternalNote.into(), ..send.clone() };
    let tags = vec!["late".to_owned()];
    let interaction = Some(v1::Interaction { id: open(), tags, ..Default::default() });
    let update = v1::UpdateInteractionRequest { interaction, ..Default::default() };
    let route = |target| {
        let interaction_id = open();
        v1::RouteInteractionRequest { interaction_id, target, ..Default::default() }.encode_to_vec()
    };
    let transfer = |target| {
        let (interaction_id, target) = (open(), Some(target));
        v1::TransferInteractionRequest { interaction_id, target, ..Default::default() }
            .encode_to_vec()
    };
    let park = v1::ParkInteractionRequest { interaction_id: open(), ..Default::default() };
    let wake = v1::WakeInteractionRequest { interaction_id: open(), ..Default::default() };
    vec![
        ("SendMessage", send.encode_to_vec()),
        ("SendMessage", note.encode_to_vec()),
        ("UpdateInteraction", update.encode_to_vec()),
        ("RouteInteraction", route(None)),
        ("RouteInteraction", route(Some(Route::AgentId(open())))),
        ("TransferInteraction", transfer(Transfer::AgentId(open()))),
        ("TransferInteraction", transfer(Transfer::QueueId(open()))),
        ("ParkInteraction", park.encode_to_vec()),
        ("WakeInteraction", wake.encode_to_vec()),
    ]
}

fn answers() -> Vec<(&'static str, Vec<u8>)> {
    let (agent_id, status) = (open(), v1::PresenceStatus::Available.into());
    let present = v1::SetPresenceRequest { agent_id, status, ..Default::default() };
    let asked = v1::ListOffersRequest { agent_id: open(), open_only: true, ..Default::default() };
    let accept = v1::AcceptOfferRequest { offer_id: open(), ..Default::default() };
    let decline = v1::DeclineOfferRequest { offer_id: open(), ..Default::default() };
    let complete = v1::CompleteInteractionRequest { interaction_id: open(), ..Default::default() };
    let close = v1::CloseInteractionRequest { interaction_id: open(), ..Default::default() };
    let cancel = v1::CancelInteractionRequest { interaction_id: open(), ..Default::default() };
    let reopen = v1::ReopenInteractionRequest { interaction_id: open(), ..Default::default() };
    let (interaction_id, rating) = (open(), 4);
    let rate = v1::RateInteractionRequest { interaction_id, rating, ..Default::default() };
    vec![
        ("SetPresence", present.encode_to_vec()),
        ("ListOffers", asked.encode_to_vec()),
        ("AcceptOffer", accept.encode_to_vec()),
        ("DeclineOffer", decline.encode_to_vec()),
        ("CompleteInteraction", complete.encode_to_vec()),
        ("CloseInteraction", close.encode_to_vec()),
        ("CancelInteraction", cancel.encode_to_vec()),
        ("ReopenInteraction", reopen.encode_to_vec()),
        ("RateInteraction", rate.encode_to_vec()),
    ]
}

fn nouns() -> Vec<(&'static str, Vec<u8>)> {
    let name = || "plain".to_owned();
    let queue = Some(v1::Queue { name: name(), ..Default::default() });
    let queue = v1::CreateQueueRequest { queue, ..Default::default() };
    let agent = Some(v1::Agent { name: name(), ..Default::default() });
    let agent = v1::CreateAgentRequest { agent, ..Default::default() };
    let action = Some(v1::RuleAction { queue_id: open(), ..Default::default() });
    let rule = v1::RoutingRule { name: name(), position: 1, action, ..Default::default() };
    let rule = v1::CreateRoutingRuleRequest { routing_rule: Some(rule), ..Default::default() };
    vec![
        ("CreateQueue", queue.encode_to_vec()),
        ("CreateAgent", agent.encode_to_vec()),
        ("CreateRoutingRule", rule.encode_to_vec()),
    ]
}

/// Who is at work in a tenant, and for which queue.
pub(super) struct Post {
    pub(super) agent_id: String,
    pub(super) queue_id: String,
}

/// What a tenant has, to fill requests with.
pub(super) struct Known<'a> {
    pub(super) post: &'a Post,
    pub(super) ids: &'a BTreeMap<String, Vec<String>>,
}

impl Known<'_> {
    /// Fills in what was left open.
    pub(super) fn fill(&self, message: &mut DynamicMessage, dice: &mut Dice) {
        let fields: Vec<_> = message.fields().map(|(field, _)| field).collect();
        for field in fields {
            let mut value = message.get_field(&field).into_owned();
            match &mut value {
                Value::Message(inner) => self.fill(inner, dice),
                Value::String(text) if text == OPEN => *text = self.identifier(&field, dice),
                Value::String(text) if ["address", "name"].contains(&field.name()) => {
                    *text = unique(text);
                }
                _ => {}
            }
            message.set_field(&field, value);
        }
    }

    fn identifier(&self, field: &FieldDescriptor, dice: &mut Dice) -> String {
        match kind_of(field).as_str() {
            "agent" => self.post.agent_id.clone(),
            "queue" => self.post.queue_id.clone(),
            kind => {
                let all = self.ids.get(kind).map_or(&[][..], Vec::as_slice);
                let newest = &all[all.len().saturating_sub(NEWEST)..];
                dice.of(newest).cloned().unwrap_or_else(nobody)
            }
        }
    }
}

/// Changes one field of a request: to what another request of its method says, or to nothing. What
/// callers choose for themselves is no change.
pub(super) fn change(message: &mut DynamicMessage, other: &DynamicMessage, dice: &mut Dice) {
    let fields: Vec<_> = message.descriptor().fields().collect();
    let fields: Vec<_> =
        fields.into_iter().filter(|field| !CHOSEN.contains(&field.name())).collect();
    let Some(field) = dice.of(&fields) else { return };
    match other.has_field(field) {
        true => message.set_field(field, other.get_field(field).into_owned()),
        false => message.clear_field(field),
    }
}
