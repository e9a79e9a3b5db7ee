//! The service from outside: the built binary as a process of its own, on SQLite and on PostgreSQL,
//! driven over its port by the SDK, by raw gRPC and by plain HTTP. Nothing here looks inside; what
//! is expected is what the contract and `docs/errors.md` say. One binary, so that it links once.
//!
//! PostgreSQL databases are made on the server that OMNICHANNEL_TEST_DATABASE_URL names; without it
//! half of the tests fail, because half of what they prove would go unproven.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop where it stands")]
#![expect(clippy::cloned_ref_to_slice_refs, reason = "what is expected is written as it reads")]

#[macro_use]
mod support;

mod abuse;
mod access_log;
mod admin;
mod admin_log;
mod agent;
mod analytics;
mod audit_tool;
mod backtest;
mod bad_frames;
mod bad_input;
mod callbacks;
mod canaries;
mod channel;
mod consult;
mod contract;
mod cookbook;
mod credentials;
mod customer;
mod deadlines;
mod demo;
mod door;
mod drain;
mod escalation;
mod explain;
mod explain_far;
mod explain_rest;
mod fuzz;
mod guides;
mod health;
mod identity;
mod interaction;
mod label_caps;
mod mail;
mod mail_postfix;
mod mail_trust;
mod metrics;
mod offers;
mod operation;
mod operators;
mod oracle;
mod overrides;
mod paging;
mod permissions;
mod plans;
mod presence;
mod pull;
mod rates;
mod relations;
mod restart;
mod routing;
mod routing_nouns;
mod routing_rules;
mod sdk;
mod shifts;
mod simulate;
mod simulations;
mod sla;
mod small_print;
mod smtp;
mod ssrf;
mod staff;
mod states;
mod strategies;
mod streams;
mod streams_desk;
mod streams_slow;
mod tenancy;
mod time_off;
mod tls;
mod traces;
mod waiting;
mod web;
mod webhook_in;
mod webhook_out;
mod whoami;
mod window;
