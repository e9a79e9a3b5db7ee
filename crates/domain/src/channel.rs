//! Channels as the house sees them: which kinds exist, and what a tenant's account on one is. How a
//! kind is spoken lives in the `channels` crate.

use crate::id::{AccountId, QueueId};
use crate::mail::MailSettings;
use crate::sealed::Sealed;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

macro_rules! coded_enum {
    (
        $(#[$doc:meta])*
        $name:ident { $($(#[$vdoc:meta])* $variant:ident = $code:literal),+ $(,)? }
    ) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash,
            serde::Serialize, serde::Deserialize,
        )]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$vdoc])* $variant = $code),+ }

        impl $name {
            /// Every value, in code order.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];

            /// The number that rows and the wire use for it.
            #[must_use]
            pub const fn code(self) -> i16 {
                self as i16
            }

            /// Its name as refusals tell it, such as `TIMED_OUT`.
            #[must_use]
            pub fn word(self) -> String {
                let mut word = String::new();
                for c in format!("{self:?}").chars() {
                    if c.is_ascii_uppercase() && !word.is_empty() {
                        word.push('_');
                    }
                    word.push(c.to_ascii_uppercase());
                }
                word
            }

            /// The value of a stored number, if it is known.
            #[must_use]
            pub fn from_code(code: i16) -> Option<Self> {
                match code { $($code => Some($name::$variant),)+ _ => None }
            }
        }
    };
}
pub(crate) use coded_enum;

coded_enum! {
    /// A kind of channel.
    ChannelKind {
        /// E-mail.
        Email = 1,
        /// Text messages.
        Sms = 2,
        /// Telephone and SIP.
        Voice = 3,
        /// Chat on a web site.
        Chat = 4,
        /// WhatsApp.
        Whatsapp = 5,
        /// Telegram.
        Telegram = 6,
        /// Slack.
        Slack = 7,
        /// Microsoft Teams.
        Teams = 8,
        /// X, formerly Twitter.
        Twitter = 9,
        /// Facebook Messenger.
        Facebook = 10,
        /// Instagram.
        Instagram = 11,
        /// LinkedIn.
        Linkedin = 12,
        /// Signed webhooks to and from a tenant's own system.
        Webhook = 13,
        /// Opened by a backend over the API, without a way to answer.
        Api = 14,
        /// Video calls.
        Video = 15,
        /// In person.
        InPerson = 16,
        /// A customer portal.
        WebPortal = 17,
        /// A mobile application.
        MobileApp = 18,
    }
}

coded_enum! {
    /// Whether an account takes part.
    AccountStatus {
        /// Messages come in and go out.
        Active = 1,
        /// Nothing comes in, nothing goes out.
        Disabled = 2,
    }
}

/// A tenant's account on a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelAccount {
    /// Its id.
    pub id: AccountId,
    /// Which kind of channel.
    pub kind: ChannelKind,
    /// Its name, unique in the tenant.
    pub name: String,
    /// Whether it takes part.
    pub status: AccountStatus,
    /// Where outbound webhooks are posted; empty if it only receives.
    pub url: String,
    /// Mailbox and relay, of an account of kind e-mail.
    pub mail: Option<MailSettings>,
    /// Signing secrets, newest first, or the relay's password, sealed with the tenant's key.
    pub secrets: Sealed,
    /// Last four characters of the newest secret, for people to recognise it by.
    pub secret_last4: String,
    /// The queue of arrivals that no rule places.
    pub default_queue_id: Option<QueueId>,
    /// Counts changes; the etag is made of it.
    pub version: i64,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl ChannelAccount {
    /// Whether anything can leave by it; `relay` says whether the installation has one.
    #[must_use]
    pub fn can_send(&self, relay: bool) -> bool {
        match &self.mail {
            Some(mail) => relay || mail.relay.is_some(),
            None => !self.url.is_empty(),
        }
    }
}

/// What may be changed about an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountSpec {
    /// Which kind of channel.
    pub kind: ChannelKind,
    /// Whether it takes part.
    pub status: AccountStatus,
    /// The queue of arrivals that no rule places.
    pub default_queue_id: Option<QueueId>,
}
