//! Language: who speaks the interaction's language exactly as tagged (`pt-BR`), then who speaks it
//! in any form (`pt`, `pt-PT`), then anybody else who may. Without a language all are equal.

use super::Asked;
use crate::floor::Profile;

/// 0 for the same tag, 1 for the same language, 2 for another.
pub fn merit(asked: Asked<'_>, profile: &Profile) -> i64 {
    let wanted = asked.item.traits.language.as_str();
    let primary = |tag: &str| tag.split('-').next().unwrap_or_default().to_ascii_lowercase();
    let spoken = || profile.languages.iter();
    if wanted.is_empty() || spoken().any(|tag| tag.eq_ignore_ascii_case(wanted)) {
        0
    } else if spoken().any(|tag| primary(tag) == primary(wanted)) {
        1
    } else {
        2
    }
}
