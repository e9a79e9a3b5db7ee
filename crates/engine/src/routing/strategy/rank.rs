//! Priority: the agent of the highest rank who may take it, whatever is asked.

use crate::floor::Profile;

/// Lower the higher the rank.
pub fn merit(profile: &Profile) -> i64 {
    -i64::from(profile.rank)
}
