//! Requests and answers of any RPC as JSON, by the descriptor of the contract: what prost's own
//! messages cannot do. Knows the kinds of field that scenarios use, and refuses others.

use omnichannel_sdk::{Call, Client, Error, ListCall, v1};
use prost_reflect::prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage, FieldDescriptor, Kind, ReflectMessage, Value};
use serde_json::{Map, Value as Json, json};
use std::path::Path;

/// The contract, for turning messages into JSON and back.
pub(crate) struct Wire(DescriptorPool);

impl Wire {
    /// Reads the contract from its sources.
    pub(crate) fn read() -> Result<Self, String> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let files = ["admin", "agent", "interaction", "routing"];
        let files = files.map(|name| format!("omnichannel/v1/{name}_service.proto"));
        let set = protox::compile(files, [root.join("proto"), root.join("third_party")])
            .map_err(|error| error.to_string())?;
        DescriptorPool::from_file_descriptor_set(set).map(Self).map_err(|error| error.to_string())
    }

    fn message<M: Message + Default>(&self, name: &str, fields: &Json) -> Result<M, String> {
        let descriptor = self.0.get_message_by_name(name).ok_or(format!("no message {name}"))?;
        let mut made = DynamicMessage::new(descriptor);
        fill(&mut made, fields)?;
        M::decode(made.encode_to_vec().as_slice()).map_err(|error| error.to_string())
    }

    fn json(&self, name: &str, message: &impl Message) -> Result<Json, String> {
        let descriptor = self.0.get_message_by_name(name).ok_or(format!("no message {name}"))?;
        let bytes = message.encode_to_vec();
        let read = DynamicMessage::decode(descriptor, bytes.as_slice());
        read.map(|message| shown(&message)).map_err(|error| error.to_string())
    }

    async fn call<C: Call>(&self, client: &Client, given: &Given<'_>) -> Told {
        let request: C = self.message(&given.message("Request"), given.request)?;
        match client.call(request).await {
            Ok(answer) => self.json(&given.message("Response"), &answer).map(Ok),
            Err(error) => Ok(Err(error)),
        }
    }

    async fn list<C>(&self, client: &Client, given: &Given<'_>, item: &str) -> Told
    where
        C: ListCall + Sync,
        C::Item: Message,
    {
        use futures::StreamExt;
        let request: C = self.message(&given.message("Request"), given.request)?;
        let mut items = Vec::new();
        let mut listing = std::pin::pin!(client.list(request));
        while items.len() < given.most {
            match listing.next().await {
                Some(Ok(one)) => items.push(self.json(&format!("omnichannel.v1.{item}"), &one)?),
                Some(Err(error)) => return Ok(Err(error)),
                None => break,
            }
        }
        Ok(Ok(json!({ "items": items })))
    }

    /// Makes a call that the runner names; an outer error is that of the driver.
    pub(crate) async fn make(&self, client: &Client, given: &Given<'_>) -> Told {
        macro_rules! calls {
            ($($rpc:literal => $request:ident),* $(,)?) => {
                match given.rpc {
                    $($rpc => self.call::<v1::$request>(client, given).await,)*
                    "RoutingService.ListSkills" => {
                        self.list::<v1::ListSkillsRequest>(client, given, "Skill").await
                    }
                    "RoutingService.ListQueues" => {
                        self.list::<v1::ListQueuesRequest>(client, given, "Queue").await
                    }
                    "AdminService.ListTenants" => {
                        self.list::<v1::ListTenantsRequest>(client, given, "Tenant").await
                    }
                    other => Err(format!("this driver does not know {other}")),
                }
            };
        }
        calls! {
            "AdminService.GetServerInfo" => GetServerInfoRequest,
            "RoutingService.CreateQueue" => CreateQueueRequest,
            "RoutingService.GetQueue" => GetQueueRequest,
            "RoutingService.CreateSkill" => CreateSkillRequest,
            "RoutingService.UpdateSkill" => UpdateSkillRequest,
        }
    }
}

/// What a call ended with; the outer error is that of the driver.
pub(crate) type Told = Result<Result<Json, Error>, String>;

/// A call as the runner names it.
pub(crate) struct Given<'a> {
    pub(crate) rpc: &'a str,
    pub(crate) request: &'a Json,
    /// Most items of a listing.
    pub(crate) most: usize,
}

impl Given<'_> {
    fn message(&self, end: &str) -> String {
        let name = self.rpc.rsplit('.').next().unwrap_or_default();
        format!("omnichannel.v1.{name}{end}")
    }
}

fn fill(message: &mut DynamicMessage, fields: &Json) -> Result<(), String> {
    for (name, value) in fields.as_object().ok_or("a message is an object")? {
        let field = message.descriptor().get_field_by_json_name(name);
        let field = field.ok_or(format!("no field {name}"))?;
        let made = match value {
            Json::Array(items) if field.is_list() => {
                let made: Result<_, String> = items.iter().map(|one| of(&field, one)).collect();
                Value::List(made?)
            }
            one => of(&field, one)?,
        };
        message.set_field(&field, made);
    }
    Ok(())
}

fn of(field: &FieldDescriptor, value: &Json) -> Result<Value, String> {
    let wrong = || format!("{} cannot be {value}", field.full_name());
    match field.kind() {
        Kind::String => value.as_str().map(|text| Value::String(text.to_owned())),
        Kind::Bool => value.as_bool().map(Value::Bool),
        Kind::Int32 => value.as_i64().and_then(|n| i32::try_from(n).ok()).map(Value::I32),
        Kind::Enum(kind) => value
            .as_str()
            .and_then(|name| kind.get_value_by_name(name))
            .map(|one| Value::EnumNumber(one.number())),
        Kind::Message(kind) => {
            let mut made = DynamicMessage::new(kind);
            fill(&mut made, value)?;
            Some(Value::Message(made))
        }
        _ => None,
    }
    .ok_or_else(wrong)
}

fn shown(message: &DynamicMessage) -> Json {
    let fields = message.fields().map(|(field, value)| {
        let kind = field.kind();
        (field.json_name().to_owned(), told(&kind, value))
    });
    Json::Object(fields.collect::<Map<_, _>>())
}

fn told(kind: &Kind, value: &Value) -> Json {
    match value {
        Value::Bool(one) => json!(one),
        Value::I32(one) => json!(one),
        Value::U32(one) => json!(one),
        Value::I64(one) => json!(one.to_string()),
        Value::U64(one) => json!(one.to_string()),
        Value::F32(one) => json!(one),
        Value::F64(one) => json!(one),
        Value::String(one) => json!(one),
        Value::EnumNumber(number) => match kind {
            Kind::Enum(kind) => json!(kind.get_value(*number).map(|one| one.name().to_owned())),
            _ => json!(number),
        },
        Value::Message(one) => shown(one),
        Value::List(items) => items.iter().map(|one| told(kind, one)).collect(),
        Value::Bytes(_) | Value::Map(_) => Json::Null,
    }
}
