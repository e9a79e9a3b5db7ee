//! The tests of this crate from outside: signatures against vectors of another implementation, the
//! webhook channel against its published documents, mail against samples of many senders, the
//! clients against real sockets, the breaker
//! against a naive model. One binary, so that it links once.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop where it stands")]

mod breaker;
mod client;
mod egress;
mod mail;
mod mail_automatic;
mod mail_bounce;
mod mail_hostile;
mod mail_inbound;
mod mail_oracle;
mod mail_outbound;
mod mail_smtp;
mod mail_thread;
mod server;
mod standard_webhooks;
mod webhook_inbound;
mod webhook_outbound;
