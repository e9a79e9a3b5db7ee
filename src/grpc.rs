//! The gRPC services: one file per service of the contract, and the seams they share. A service
//! reads the request ([`call`]), asks `app`, and shows the result; refusals become statuses in
//! [`status`] only. Authentication and permissions are proven before, by the layers.

pub mod admin;
pub mod agent;
pub mod analytics;
pub mod call;
pub mod channel;
pub mod codec;
pub mod convert;
pub mod customer;
pub mod health;
pub mod interaction;
pub mod limits;
pub mod page;
pub mod rates;
pub mod routing;
pub mod status;
pub mod stream;
pub mod token;

use crate::config::Reflection;
use crate::proto::{self, v1};
use app::App;
use limits::Limits;
use rates::Rates;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;
use token::Tokens;
use tokio::sync::watch;
use tonic::service::Routes;
use tonic_health::pb::health_server::HealthServer;
use tonic_health::server::HealthService;

/// Largest message that is received or sent: 4 MiB.
pub const MESSAGE_MAX: usize = 4 << 20;

/// What every service has in hand. Clones share it, because every stream holds some.
#[derive(Clone)]
pub struct Edge(Arc<Parts>);

impl Edge {
    /// An edge of these parts.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }
}

impl Deref for Edge {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

/// The parts of an edge.
pub struct Parts {
    /// The use cases.
    pub app: App,
    /// Seals page and resume tokens.
    pub tokens: Tokens,
    /// How much may be open at once.
    pub limits: Limits,
    /// The streams this node holds.
    pub streams: stream::registry::Streams,
    /// Written frames that readers of a feed share.
    pub rings: stream::packed::Rings,
    /// How often callers may call.
    pub rates: Rates,
    /// Whether the server is shutting down.
    pub draining: watch::Receiver<bool>,
    /// Over how long goodbyes are spread then.
    pub drain_spread: Duration,
    /// What the server tells about itself.
    pub info: ServerInfo,
}

/// What the server tells about itself.
#[derive(Clone, Debug)]
pub struct ServerInfo {
    /// Its version.
    pub version: &'static str,
    /// Optional features that are switched on.
    pub features: Vec<String>,
    /// Which database keeps the state.
    pub database: v1::DatabaseKind,
    /// Where callers from outside reach it; empty if nobody said.
    pub public_url: String,
    /// To whom it describes its services.
    pub reflection: Reflection,
}

/// A service of the contract with the limits every one has.
macro_rules! served {
    ($server:ty, $service:expr) => {
        <$server>::new($service)
            .max_decoding_message_size($crate::grpc::MESSAGE_MAX)
            .max_encoding_message_size($crate::grpc::MESSAGE_MAX)
    };
}
pub(crate) use served;

/// All services of the contract, health, and reflection in both its versions.
#[must_use]
pub fn services(edge: Edge, health: HealthServer<HealthService>) -> Routes {
    let reflected = edge.info.reflection != Reflection::Off;
    let routes = Routes::new(health)
        .add_service(interaction::service(edge.clone()))
        .add_service(routing::service(edge.clone()))
        .add_service(agent::service(edge.clone()))
        .add_service(analytics::service(edge.clone()))
        .add_service(customer::service(edge.clone()))
        .add_service(channel::service(edge.clone()))
        .add_service(admin::service(edge));
    if !reflected {
        return routes;
    }
    let known = "the build encoded the descriptor";
    routes
        .add_service(reflection().build_v1().expect(known))
        .add_service(reflection().build_v1alpha().expect(known))
}

fn reflection() -> tonic_reflection::server::Builder<'static> {
    tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(proto::DESCRIPTOR)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        // What the details of a status are, so that tools can show them.
        .register_encoded_file_descriptor_set(tonic_types::pb::FILE_DESCRIPTOR_SET)
}
