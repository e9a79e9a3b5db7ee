//! Tests of the ledger and the use cases against real databases: each runs on a SQLite file of its
//! own and on a PostgreSQL database of its own, made on the server that
//! OMNICHANNEL_TEST_DATABASE_URL names. Without that server they fail, because half of what they
//! prove would go unproven.

mod budget;
mod desk;
mod histories;
mod kinds;
mod kinds_config;
mod kinds_consult;
mod kinds_mail;
mod kinds_shift;
mod kinds_sla;
mod labels;
mod mail;
mod mail_back;
mod mail_files;
mod mail_loops;
mod mail_meets;
mod mail_subject;
mod meetings;
mod orders;
mod pairs;
mod poison;
mod proxy;
mod raw;
// The relay of the service's own tests: one other side for both.
#[path = "../../../../tests/it/support/relay.rs"]
#[expect(dead_code, reason = "what refuses is for the service's tests")]
mod relay;
mod setting;
mod states;
mod story;
mod story_refusals;
mod support;
mod unknown;
