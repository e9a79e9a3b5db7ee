//! The edge of the service: the only package that knows protobuf, gRPC, HTTP, configuration and the
//! process. It turns requests into commands and queries of `app`, and what comes back into messages
//! and statuses. It decides nothing about interactions, agents or queues.

pub mod cli;
pub mod config;
pub mod door;
pub mod grpc;
pub mod http;
pub mod layers;
pub mod metrics;
pub mod names;
pub mod policy;
pub mod proto;
pub mod rooms;
pub mod server;
pub mod smtp;
pub mod telemetry;
pub mod tls;
pub mod validate;
