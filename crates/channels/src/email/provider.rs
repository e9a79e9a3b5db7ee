//! The e-mail channel as a provider. What arrives is believed since it came by SMTP to the mailbox;
//! nothing comes by HTTP.

use super::{config, inbound, outbound};
use crate::http::Egress;
use crate::provider::{
    AccountConfig, ConfigRefused, Delivery, InboundEvent, OutboundMessage, Outcome, Outgoing,
    ParseError, Provider, RawRequest, Rejection, RenderError, Threading, Verified,
};
use crate::secrets::Secrets;
use domain::channel::ChannelKind;
use domain::time::Timestamp;

/// The e-mail channel.
#[derive(Clone, Copy, Debug)]
pub struct EmailProvider;

impl Provider for EmailProvider {
    fn kind(&self) -> ChannelKind {
        ChannelKind::Email
    }

    fn threading(&self) -> Threading {
        Threading::PerMessage
    }

    fn check(&self, account: &AccountConfig, egress: &Egress) -> Result<(), ConfigRefused> {
        config::check(account, egress)
    }

    fn verify(&self, _: &RawRequest, _: &Secrets, _: Timestamp) -> Result<Verified, Rejection> {
        Err(Rejection::Method)
    }

    fn parse(&self, verified: &Verified) -> Result<Vec<InboundEvent>, ParseError> {
        inbound::parse(verified)
    }

    fn render(
        &self,
        account: &AccountConfig,
        message: &OutboundMessage,
        secrets: &Secrets,
        _: Timestamp,
    ) -> Result<Outgoing, RenderError> {
        outbound::render(account, message, secrets).map(Outgoing::Mail)
    }

    fn classify(&self, outcome: &Outcome) -> Delivery {
        match outcome {
            Outcome::Mail(outcome) => outcome.into(),
            Outcome::Http(_) => Delivery::WRONG_WAY,
        }
    }
}
