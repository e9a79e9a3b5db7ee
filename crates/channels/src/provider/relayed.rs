//! What a relay's answer to a mail means for the message: the same for every provider that sends
//! mail, because the meaning is the protocol's.

use super::outbound::{Delivery, DeliveryReason};
use crate::smtp::{MailNotSent, MailOutcome, MailRefusal, Step};

impl From<&MailOutcome> for Delivery {
    fn from(outcome: &MailOutcome) -> Self {
        match outcome {
            MailOutcome::Accepted { queue_id } => {
                Self::Accepted { external_id: queue_id.clone(), delivered: false }
            }
            MailOutcome::NotSent(not_sent) => of_not_sent(*not_sent),
            MailOutcome::Refused(refusal) => of_refusal(*refusal),
            MailOutcome::Unknown(unknown) => {
                Self::Unknown { reason: DeliveryReason::new(unknown.reason(), None) }
            }
        }
    }
}

fn of_not_sent(not_sent: MailNotSent) -> Delivery {
    let reason = DeliveryReason::new(not_sent.reason(), None);
    match not_sent {
        // None of these gets better by itself.
        MailNotSent::Address
        | MailNotSent::Port
        | MailNotSent::Malformed
        | MailNotSent::NotSupported => Delivery::Refused { reason },
        MailNotSent::LoginInClear | MailNotSent::LoginNotOffered => {
            Delivery::CredentialsBad { reason }
        }
        _ => Delivery::RetryAfter { after: None, reason },
    }
}

fn of_refusal(refusal: MailRefusal) -> Delivery {
    let bounce = refusal.bounce();
    let (status, enhanced) = (Some(refusal.code), refusal.enhanced);
    let reason = |code| DeliveryReason { code, status, enhanced, bounce };
    if refusal.is_transient() {
        return Delivery::RetryAfter { after: None, reason: reason("TRY_LATER") };
    }
    // 530 is "log in first", at whatever step it comes.
    if refusal.step == Step::Login || refusal.code == 530 {
        return Delivery::CredentialsBad { reason: reason("CREDENTIALS_REFUSED") };
    }
    let code = bounce.map_or("RELAY_REFUSED", |bounce| bounce.class.reason());
    Delivery::Refused { reason: reason(code) }
}
