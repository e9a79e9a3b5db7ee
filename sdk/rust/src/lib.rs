//! Rust client of the omnichannel service: the generated client of package `omnichannel.v1` with a
//! thin rim around it. The rim promises typed [`Error`]s, deadlines, repeats that cannot do a thing
//! twice, page iterators, and live streams that survive lost connections; the generated clients
//! stay reachable through the accessors of [`Client`]. It keeps no state on disk. The README beside
//! it has a whole first answer, and what each stream yields.
//!
//! ```no_run
//! # async fn example(key: String, queue_id: String) -> Result<(), Box<dyn std::error::Error>> {
//! use omnichannel_sdk::{Client, ClientConfig, v1};
//!
//! let endpoint = "http://127.0.0.1:7400".to_owned();
//! let config = ClientConfig { endpoint, api_key: key.into(), ..ClientConfig::default() };
//! let client = Client::connect(config).await?;
//! let queue = client.call(v1::GetQueueRequest { queue_id }).await?;
//! # let _ = queue;
//! # Ok(())
//! # }
//! ```

mod board;
mod call;
mod client;
mod config;
mod credential;
mod dashboard;
mod error;
mod feed;
mod hooks;
mod interaction;
mod offer;
#[cfg(feature = "otel")]
mod otel;
mod pages;
mod retry;
mod session;
mod stream;
#[cfg(feature = "testing")]
pub mod testing;
mod transport;

/// Messages and clients generated from the contract.
#[allow(missing_docs, clippy::all, rustdoc::all)]
pub mod v1 {
    include!("generated/omnichannel.v1.rs");
}

pub use call::{Call, ListCall, Repeat, new_request_id};
pub use client::Client;
pub use config::{ApiKey, ClientConfig, Identity};
pub use credential::{TokenProvider, TokenResult};
pub use dashboard::{Dashboard, DashboardOptions, LiveBoard};
pub use error::{Error, Reason};
pub use feed::{FeedEvent, FeedOptions, FeedStart, FeedStream, feed};
pub use hooks::{CallTrace, Hooks};
pub use interaction::{InteractionChange, InteractionStream, InteractionUpdate, watch};
pub use offer::LiveOffer;
#[cfg(feature = "otel")]
pub use otel::OpenTelemetryHooks;
pub use pages::{Page, pages};
pub use session::{AgentChange, AgentCommands, AgentSession, AgentUpdate, SessionOptions};
pub use stream::state::{StateReader, StreamState};
pub use tonic::Code;
pub use transport::Transport;
