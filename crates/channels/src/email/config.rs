//! The settings of an e-mail account: its mailbox, how it is called, and the relay that its mail
//! leaves through. The relay's password is a secret, not a setting. An account without a relay only
//! receives.

/// The setting that holds the mailbox: `local@domain`, without a tag.
pub const ADDRESS_SETTING: &str = "address";
/// The setting that holds whom mail comes from by name; optional.
pub const DISPLAY_NAME_SETTING: &str = "display_name";
/// The setting that holds the domain of our Message-IDs; optional, else that of the mailbox.
pub const DOMAIN_SETTING: &str = "domain";
/// The setting that holds the relay's name or address; optional.
pub const RELAY_HOST_SETTING: &str = "relay_host";
/// The setting that holds the relay's port; optional, else the usual one of the security.
pub const RELAY_PORT_SETTING: &str = "relay_port";
/// The setting that says how the connection to the relay is protected, one of the words of
/// [`crate::smtp::Security`]; optional, else `starttls`.
pub const RELAY_SECURITY_SETTING: &str = "relay_security";
/// The setting that holds the user to log in to the relay as; optional. Its password is the
/// newest of the account's secrets.
pub const RELAY_USER_SETTING: &str = "relay_user";
