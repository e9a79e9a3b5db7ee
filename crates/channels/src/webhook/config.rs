//! The settings of a webhook account. There is one, and it is optional: an account without a URL
//! only receives.

use crate::http::{Egress, check_url};
use crate::provider::{AccountConfig, ConfigFault, ConfigRefused, RenderError};
use url::Url;

/// The setting that holds where outbound messages are posted.
pub const URL_SETTING: &str = "url";

pub(super) fn check(account: &AccountConfig, egress: &Egress) -> Result<(), ConfigRefused> {
    let Some(text) = account.get(URL_SETTING) else { return Ok(()) };
    check_url(text, egress).map(drop).map_err(|refused| ConfigRefused {
        faults: vec![ConfigFault {
            setting: URL_SETTING,
            reason: refused.reason(),
            text: refused.to_string(),
        }],
    })
}

/// Where to post. The policy on addresses is the client's affair when it sends.
pub(super) fn endpoint(account: &AccountConfig) -> Result<Url, RenderError> {
    let text = account.get(URL_SETTING).ok_or(RenderError::NoEndpoint)?;
    Url::parse(text).map_err(|_| RenderError::Setting(URL_SETTING))
}
