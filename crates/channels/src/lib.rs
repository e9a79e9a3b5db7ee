//! How the house speaks to the world outside: one [`Provider`] per kind of channel, the list of
//! them, the signature scheme of our webhooks, the guarded HTTP client and the circuit breaker.
//!
//! Everything but [`http::GuardedClient`] is pure: `now` is handed in, nothing is read or written,
//! so a channel can be tested, replayed and explained without a network. Secrets and personal
//! content never appear in a `Debug` text, an error or a refusal.

pub mod breaker;
pub mod http;
pub mod provider;
pub mod registry;
pub mod secrets;
pub mod standard_webhooks;
pub mod webhook;

pub use breaker::Breaker;
pub use http::{Egress, GuardedClient, HttpOutcome, HttpRequest};
pub use provider::{
    AccountConfig, ConfigRefused, Delivery, InboundEvent, OutboundMessage, ParseError, Provider,
    RawRequest, Rejection, RenderError, Verified,
};
pub use registry::provider_of;
pub use secrets::Secrets;
