//! Rust client of the omnichannel service: the generated client of package `omnichannel.v1` with a
//! thin rim around it. The rim promises typed [`Error`]s, deadlines, repeats that cannot do a thing
//! twice, page iterators, and live streams that survive lost connections; the generated clients
//! stay reachable through the accessors of [`Client`]. It keeps no state on disk.
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
mod dashboard;
mod error;
mod feed;
mod pages;
mod retry;
mod session;
mod stream;
mod transport;

/// Messages and clients generated from the contract.
#[allow(missing_docs, clippy::all, rustdoc::all)]
pub mod v1 {
    include!("generated/omnichannel.v1.rs");
}

pub use call::{Call, ListCall, Repeat, new_request_id};
pub use client::Client;
pub use config::{ApiKey, ClientConfig, Identity};
pub use dashboard::{Dashboard, DashboardOptions, LiveBoard};
pub use error::{Error, Reason};
pub use feed::{FeedEvent, FeedOptions, FeedStart, FeedStream, feed};
pub use pages::{Page, pages};
pub use session::{AgentChange, AgentCommands, AgentSession, AgentUpdate, SessionOptions};
pub use stream::state::{StateReader, StreamState};
pub use tonic::Code;
pub use transport::Transport;
