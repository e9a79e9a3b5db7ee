//! How the house speaks to the world outside: one [`Provider`] per kind of channel, the list of
//! them, the signature scheme of our webhooks, the guarded clients for HTTP and SMTP behind one
//! [`Courier`], and the circuit breaker.
//!
//! Everything but the clients is pure: `now` is handed in, nothing is read or written,
//! so a channel can be tested, replayed and explained without a network. Secrets and personal
//! content never appear in a `Debug` text, an error or a refusal.

pub mod bounce;
pub mod breaker;
mod courier;
pub mod email;
pub mod http;
pub mod provider;
pub mod registry;
pub mod secrets;
pub mod smtp;
pub mod standard_webhooks;
pub mod webhook;

pub use breaker::Breaker;
pub use courier::Courier;
pub use http::{Egress, GuardedClient, HttpOutcome, HttpRequest};
pub use provider::{
    AccountConfig, ConfigRefused, Delivery, InboundEvent, OutboundMessage, OutboundPage, Outcome,
    Outgoing, ParseError, Provider, RawRequest, Rejection, RenderError, Verified,
};
pub use registry::provider_of;
pub use secrets::Secrets;
pub use smtp::{MailOutcome, MailRequest, SmtpClient};
