//! The e-mail channel: mail that came by SMTP to a tenant's mailbox, and mail that leaves through
//! a relay. `config` is an account's settings, `envelope` how mail is taken in, `thread` how a
//! conversation is found again, `provider` the rest. Threading order, suppression and automatic
//! answers are the application's affair; this folder gives it what a mail says.

pub mod address;
mod attachment;
mod automatic;
mod bounce;
mod bounce_text;
mod config;
mod envelope;
mod head;
mod header;
mod inbound;
mod mime;
mod outbound;
mod parameter;
mod provider;
pub mod subject;
mod text;
pub mod thread;

pub use attachment::{MAX_ATTACHMENT_BYTES, MAX_FILE_NAME, file_name, sniff};
pub use config::{
    ADDRESS_SETTING, DISPLAY_NAME_SETTING, DOMAIN_SETTING, MAX_DISPLAY_NAME, MAX_RELAY_USER,
    RELAY_HOST_SETTING, RELAY_OWN_SETTING, RELAY_PORT_SETTING, RELAY_SECURITY_SETTING,
    RELAY_USER_SETTING,
};
pub use envelope::{Envelope, MAX_MAIL, MailRefused, front, receive};
pub use head::{MAX_HEADER_BYTES, MAX_HEADER_LINES};
pub use inbound::{MAX_NAME, MAX_PARTICIPANTS, MAX_REFERENCES, MAX_SUBJECT};
pub use mime::{MAX_DEPTH, MAX_PARTS};
pub use outbound::{KEPT_REFERENCES, MAX_FILES, MAX_SUBJECT as MAX_SUBJECT_OUT};
pub use provider::EmailProvider;
pub use text::MAX_TEXT;
