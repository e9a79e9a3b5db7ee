//! What every channel can do, as pure functions: say whether its settings are usable, verify a
//! request on its raw bytes, parse it into events, render a message into a request, and classify
//! what became of that request. Sending is not here: it is the same for all, in [`crate::Courier`].

mod inbound;
mod mail;
mod outbound;
mod relayed;

pub use inbound::{
    InboundEvent, Limit, MAX_HEADER_BYTES, MAX_HEADERS, MAX_PATH, MAX_RAW_BODY, MessageRef,
    ParseError, ParseFault, PriorityHint, RawRequest, Rejection, ReportedStatus, Verified,
};
pub use mail::{
    Automatic, InboundAttachment, Mail, MailReport, OutboundAttachment, OutboundMail, Quarantine,
    ThreadHints,
};
pub use outbound::{
    AccountConfig, ConfigFault, ConfigRefused, Delivery, DeliveryReason, MAX_RETRY_AFTER,
    OutboundMessage, OutboundPage, Outcome, Outgoing, RenderError, Threading,
};

pub use crate::bounce::{Bounce, BounceClass, EnhancedCode};

use crate::http::Egress;
use crate::secrets::Secrets;
use domain::channel::ChannelKind;
use domain::time::Timestamp;

/// One kind of channel. Implementations hold no state: the account's settings and secrets are
/// handed in, so one value serves all tenants.
pub trait Provider: Send + Sync {
    /// The kind of channel it speaks.
    fn kind(&self) -> ChannelKind;

    /// How it tells which conversation a message belongs to.
    fn threading(&self) -> Threading {
        Threading::PerContact
    }

    /// Whether an account's settings are usable; to be asked before they are saved.
    ///
    /// # Errors
    /// Every setting that is not usable, at once.
    fn check(&self, account: &AccountConfig, egress: &Egress) -> Result<(), ConfigRefused>;

    /// Whether a request came from whoever holds one of the secrets. Looks at raw bytes only;
    /// nothing in the body is believed, or even parsed, before this says yes.
    ///
    /// # Errors
    /// Why the request is not believed.
    fn verify(
        &self,
        request: &RawRequest,
        secrets: &Secrets,
        now: Timestamp,
    ) -> Result<Verified, Rejection>;

    /// What a verified request says.
    ///
    /// # Errors
    /// Which part is malformed or out of bounds; never any of its content.
    fn parse(&self, verified: &Verified) -> Result<Vec<InboundEvent>, ParseError>;

    /// The request that carries a message to the receiver. For one message the body is the same
    /// in every attempt.
    ///
    /// # Errors
    /// Why it cannot be rendered; trying again would not help.
    fn render(
        &self,
        account: &AccountConfig,
        message: &OutboundMessage,
        secrets: &Secrets,
        now: Timestamp,
    ) -> Result<Outgoing, RenderError>;

    /// The request that carries a page. Only what posts to a tenant's own system does that.
    ///
    /// # Errors
    /// As for messages; `NoEndpoint` where the channel leads to customers.
    fn page(
        &self,
        _account: &AccountConfig,
        _page: &OutboundPage,
        _secrets: &Secrets,
        _now: Timestamp,
    ) -> Result<Outgoing, RenderError> {
        Err(RenderError::NoEndpoint)
    }

    /// What the outcome of that request means for the message.
    fn classify(&self, outcome: &Outcome) -> Delivery;
}
