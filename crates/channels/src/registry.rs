//! The one list of channels this build speaks. A new channel is a folder beside `webhook/` and one
//! line here; nothing else in the house matches on kinds to find a provider.

use crate::email::EmailProvider;
use crate::provider::Provider;
use crate::webhook::WebhookProvider;
use domain::channel::ChannelKind;

/// Every provider, in the order of the channel codes.
static PROVIDERS: &[&dyn Provider] = &[&EmailProvider, &WebhookProvider];

/// The provider of a kind of channel, if this build has one.
#[must_use]
pub fn provider_of(kind: ChannelKind) -> Option<&'static dyn Provider> {
    PROVIDERS.iter().copied().find(|p| p.kind() == kind)
}

/// Every provider of this build.
pub fn providers() -> impl Iterator<Item = &'static dyn Provider> {
    PROVIDERS.iter().copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_provider_is_found_under_its_own_kind_and_only_once() {
        let kinds: BTreeSet<i16> = providers().map(|p| p.kind().code()).collect();
        assert_eq!(kinds.len(), providers().count());
        for provider in providers() {
            let found = provider_of(provider.kind()).expect("listed");
            assert_eq!(found.kind(), provider.kind());
        }
    }

    #[test]
    fn a_kind_without_a_provider_is_absent() {
        assert!(provider_of(ChannelKind::InPerson).is_none());
        assert!(provider_of(ChannelKind::Webhook).is_some());
    }
}
