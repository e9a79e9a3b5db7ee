//! The tests of this crate from outside: signatures against vectors of another implementation, the
//! webhook channel against its published documents, the client against real sockets, the breaker
//! against a naive model. One binary, so that it links once.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop where it stands")]

mod breaker;
mod client;
mod egress;
mod server;
mod standard_webhooks;
mod webhook_inbound;
mod webhook_outbound;
