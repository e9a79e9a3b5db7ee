//! Ids from a decision's `now` and seed: UUIDv7 whose order is the order of minting. The same batch
//! replayed mints the same ids.

use domain::time::Timestamp;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use uuid::Uuid;

/// Mints the ids of one batch of one tenant.
#[derive(Clone, Debug)]
pub struct Mint {
    now: Timestamp,
    minted: u32,
    rng: ChaCha8Rng,
}

impl Mint {
    /// A mint for a batch at `now` with `seed`. Batches of a tenant have rising `now`s.
    #[must_use]
    pub fn new(now: Timestamp, seed: u64) -> Self {
        Self { now, minted: 0, rng: ChaCha8Rng::seed_from_u64(seed) }
    }

    /// The next id. Layout: 48 bits of milliseconds, 12 bits of microseconds within, then 16 bits
    /// that count within the batch, so that ids sort as they were minted; the rest is chance.
    pub fn id<T: From<Uuid>>(&mut self) -> T {
        let count = u64::from(self.minted & 0xFFFF);
        self.minted += 1;
        let chance = self.rng.next_u64() & 0x3FFF_FFFF_FFFF;
        Uuid::from_u64_pair(minted_at(self.now), VARIANT | (count << 46) | chance).into()
    }
}

const VARIANT: u64 = 0b10 << 62;

fn minted_at(now: Timestamp) -> u64 {
    let millis = now.millis().unsigned_abs() & 0xFFFF_FFFF_FFFF;
    let micros = now.micros().rem_euclid(1000).unsigned_abs();
    (millis << 16) | (0x7 << 12) | micros
}

/// The smallest id that a batch at this instant can mint.
#[must_use]
pub fn first_id<T: From<Uuid>>(at: Timestamp) -> T {
    Uuid::from_u64_pair(minted_at(at), VARIANT).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_as_minted_and_repeat_with_the_seed() {
        let at = |micros: i64| Timestamp::from_micros(1_800_000_000_000_000 + micros);
        let mut first = Mint::new(at(1), 7);
        let mut later = Mint::new(at(2), 7);
        let mut ids: Vec<Uuid> = (0..1000).map(|_| first.id()).collect();
        ids.extend((0..1000).map(|_| later.id::<Uuid>()));
        assert!(ids.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(ids.iter().all(|id| id.get_version_num() == 7));
        let mut again = Mint::new(at(1), 7);
        assert_eq!(ids[0], again.id::<Uuid>());
        let cut = first_id::<Uuid>(at(2));
        assert!(ids[..1000].iter().all(|id| *id < cut) && ids[1000..].iter().all(|id| *id >= cut));
    }
}
