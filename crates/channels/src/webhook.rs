//! The generic webhook channel: a tenant's own system as a channel. It posts what its customers say
//! to us and gets what our agents answer, both as small JSON documents under a Standard Webhooks
//! signature. `wire` is the published form, `config` an account's settings, `inbound` reading,
//! `provider` the rest. Examples of every document are in `fixtures/`.

mod config;
mod inbound;
mod provider;
mod wire;

pub use config::URL_SETTING;
pub use inbound::{
    MAX_ADDRESS, MAX_BODY, MAX_EXTERNAL_ID, MAX_LANGUAGE, MAX_NAME, MAX_REASON, MAX_SUBJECT,
    MAX_TEXT,
};
pub use provider::{ATTEMPT_HEADER, WebhookProvider};
