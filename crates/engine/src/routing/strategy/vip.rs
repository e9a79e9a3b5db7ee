//! VIP: customers of the tiers that the queue names get the highest rank there is; for all others
//! rank does not count and the least loaded is asked.

use super::{Asked, rank};
use crate::floor::Profile;

/// Whether the item is of a chosen tier.
#[must_use]
pub fn is_vip(asked: Asked<'_>) -> bool {
    let tier = &asked.item.traits.tier;
    let chosen = &asked.spec.tuning.vip_tiers;
    !tier.is_empty() && chosen.iter().any(|named| named.eq_ignore_ascii_case(tier))
}

/// By rank for chosen tiers, equal for others.
pub fn merit(asked: Asked<'_>, profile: &Profile) -> i64 {
    if is_vip(asked) { rank::merit(profile) } else { 0 }
}
