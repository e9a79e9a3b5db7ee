//! The settings of an e-mail account: its mailbox, how it is called, and the relay that its mail
//! leaves through. The relay's password is a secret, not a setting. An account without a relay only
//! receives.

use super::address::normalise;
use super::header::{self, clean};
use super::thread::MAX_TOKEN_LOCAL;
use crate::http::Egress;
use crate::provider::{AccountConfig, ConfigFault, ConfigRefused, RenderError};
use crate::secrets::Secrets;
use crate::smtp::{Login, Relay, Security, check_host};
use secrecy::ExposeSecret;

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

/// The setting that says, by being there, that the relay is the installation's own. Set by the
/// service alone.
pub const RELAY_OWN_SETTING: &str = "relay_own";

/// The longest display name, in characters.
pub const MAX_DISPLAY_NAME: usize = 120;
/// The longest user of a relay, in bytes.
pub const MAX_RELAY_USER: usize = 256;

/// The settings, read.
pub(super) struct Settings {
    pub(super) address: String,
    pub(super) display_name: Option<String>,
    /// The domain of our Message-IDs.
    pub(super) domain: String,
    pub(super) relay: Option<(String, u16, Security)>,
    pub(super) relay_user: Option<String>,
    /// Whether the relay is the installation's own.
    pub(super) relay_own: bool,
}

pub(super) fn check(account: &AccountConfig, egress: &Egress) -> Result<(), ConfigRefused> {
    let mut faults = Vec::new();
    let mut refuse = |setting, reason, text: &str| {
        faults.push(ConfigFault { setting, reason, text: text.to_owned() });
    };
    match account.get(ADDRESS_SETTING) {
        None => refuse(ADDRESS_SETTING, "MISSING", "an e-mail account needs its mailbox"),
        Some(text) => match mailbox(text) {
            None => refuse(
                ADDRESS_SETTING,
                "MALFORMED",
                "the mailbox must be local@domain, without a tag, in visible ASCII",
            ),
            Some(address) if local_len(&address) > MAX_TOKEN_LOCAL => refuse(
                ADDRESS_SETTING,
                "TOO_LONG",
                &format!(
                    "the part before @ may have {MAX_TOKEN_LOCAL} characters: replies come \
                          back to it with a token of {} more",
                    super::thread::TOKEN_LEN + 1
                ),
            ),
            Some(_) => {}
        },
    }
    let name = account.get(DISPLAY_NAME_SETTING);
    if name.is_some_and(|name| name.chars().count() > MAX_DISPLAY_NAME || clean(name).is_err()) {
        refuse(DISPLAY_NAME_SETTING, "MALFORMED", "one line of at most 120 visible characters");
    }
    if account.get(DOMAIN_SETTING).is_some_and(|domain| id_domain(domain).is_none()) {
        refuse(DOMAIN_SETTING, "MALFORMED", "the domain must be the name of a host");
    }
    let user = account.get(RELAY_USER_SETTING);
    if user.is_some_and(|user| user.len() > MAX_RELAY_USER || header::clean(user).is_err()) {
        refuse(RELAY_USER_SETTING, "MALFORMED", "at most 256 bytes without control characters");
    }
    let port = port(account);
    if account.get(RELAY_SECURITY_SETTING).is_some_and(|word| Security::of(word).is_none()) {
        refuse(RELAY_SECURITY_SETTING, "UNKNOWN", "tls, starttls, opportunistic or none");
    } else if port.is_none() {
        refuse(RELAY_PORT_SETTING, "MALFORMED", "a port is a number from 1 to 65535");
    }
    if let (Some(host), Some(port)) = (account.get(RELAY_HOST_SETTING), port)
        && account.get(RELAY_OWN_SETTING).is_none()
        && let Err(fault) = check_host(host, port, egress)
    {
        refuse(RELAY_HOST_SETTING, fault.reason(), &fault.to_string());
    }
    if faults.is_empty() { Ok(()) } else { Err(ConfigRefused { faults }) }
}

/// Reads the settings of a checked account again; what was usable then is usable now.
pub(super) fn read(account: &AccountConfig) -> Result<Settings, RenderError> {
    let address = account.get(ADDRESS_SETTING).and_then(mailbox);
    let address = address.ok_or(RenderError::Setting(ADDRESS_SETTING))?;
    let domain = match account.get(DOMAIN_SETTING) {
        Some(domain) => id_domain(domain).ok_or(RenderError::Setting(DOMAIN_SETTING))?,
        None => super::address::domain(&address).to_owned(),
    };
    let relay = account.get(RELAY_HOST_SETTING).map(|host| {
        let security = security(account).ok_or(RenderError::Setting(RELAY_SECURITY_SETTING))?;
        let port = port(account).ok_or(RenderError::Setting(RELAY_PORT_SETTING))?;
        Ok((host.to_owned(), port, security))
    });
    Ok(Settings {
        address,
        display_name: account.get(DISPLAY_NAME_SETTING).map(str::to_owned),
        domain,
        relay: relay.transpose()?,
        relay_user: account.get(RELAY_USER_SETTING).map(str::to_owned),
        relay_own: account.get(RELAY_OWN_SETTING).is_some(),
    })
}

impl Settings {
    /// The relay with its login. A user without a password is a setting that is not usable.
    pub(super) fn relay(&self, secrets: &Secrets) -> Result<Relay, RenderError> {
        let (host, port, security) = self.relay.clone().ok_or(RenderError::NoEndpoint)?;
        let login = match &self.relay_user {
            None => None,
            Some(user) => {
                let password = secrets.iter().next().ok_or(RenderError::NoSecret)?;
                let password = password.expose_secret().to_owned().into();
                Some(Login { user: user.clone(), password })
            }
        };
        Ok(Relay { host, port, security, login, own: self.relay_own })
    }
}

/// The mailbox in normal form; none if it has a tag or is not ASCII.
fn mailbox(text: &str) -> Option<String> {
    let address = normalise(text)?;
    (address.is_ascii() && !address.contains('+')).then_some(address)
}

fn local_len(address: &str) -> usize {
    address.rsplit_once('@').map_or(0, |(local, _)| local.len())
}

fn id_domain(text: &str) -> Option<String> {
    normalise(&format!("x@{text}")).map(|address| super::address::domain(&address).to_owned())
}

fn security(account: &AccountConfig) -> Option<Security> {
    account.get(RELAY_SECURITY_SETTING).map_or(Some(Security::StartTls), Security::of)
}

fn port(account: &AccountConfig) -> Option<u16> {
    match account.get(RELAY_PORT_SETTING) {
        Some(text) => text.parse().ok().filter(|port| *port != 0),
        None => Some(match security(account)? {
            Security::Implicit => 465,
            Security::StartTls => 587,
            Security::Opportunistic | Security::None => 25,
        }),
    }
}
