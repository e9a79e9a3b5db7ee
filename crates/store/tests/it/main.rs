//! Tests of the store against real databases: each runs on a SQLite file of its own and on a
//! PostgreSQL database of its own, made on the server that OMNICHANNEL_TEST_DATABASE_URL names.
//! Without that server they fail, because half of what they prove would go unproven.
#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]
#![expect(clippy::cloned_ref_to_slice_refs, reason = "what is expected is written as it reads")]

mod abandoned;
mod accesses;
mod breaches;
mod concurrency;
mod floor;
mod nouns;
mod operations;
mod plans;
mod poison;
mod queues;
mod reads;
mod schema;
mod seals;
mod security;
mod support;
mod tables;
