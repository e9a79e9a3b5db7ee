//! How many connections may be open: in all, and from one address, so that one caller cannot take
//! every place. A place is free again when its connection is gone.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// The places.
#[derive(Clone, Debug)]
pub(super) struct Rooms {
    bound: usize,
    per_address: usize,
    taken: Arc<Mutex<Taken>>,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    of: HashMap<IpAddr, usize>,
}

/// One place; it is taken until this is dropped.
#[derive(Debug)]
pub(super) struct Room {
    address: Option<IpAddr>,
    taken: Arc<Mutex<Taken>>,
}

impl Rooms {
    /// So many places, and no bound for one address.
    pub(super) fn new(bound: usize) -> Self {
        Self { bound, per_address: usize::MAX, taken: Arc::default() }
    }

    /// The same with a bound for each address; zero for none.
    pub(super) fn with_per_address(self, bound: usize) -> Self {
        Self { per_address: if bound == 0 { usize::MAX } else { bound }, ..self }
    }

    /// A place for a connection from an address; none if there is none.
    pub(super) fn take(&self, address: Option<IpAddr>) -> Option<Room> {
        let address = address.map(|address| address.to_canonical());
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let of = address.map_or(0, |address| taken.of.get(&address).copied().unwrap_or_default());
        if taken.all >= self.bound || of >= self.per_address {
            return None;
        }
        taken.all += 1;
        if let Some(address) = address {
            *taken.of.entry(address).or_default() += 1;
        }
        Some(Room { address, taken: Arc::clone(&self.taken) })
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.all -= 1;
        let Some(address) = self.address else { return };
        let left = taken.of.get_mut(&address).map(|count| {
            *count -= 1;
            *count
        });
        if left == Some(0) {
            taken.of.remove(&address);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_takes_no_more_than_its_share_and_all_no_more_than_there_are() {
        let rooms = Rooms::new(3).with_per_address(2);
        let [near, far] = ["192.0.2.1", "192.0.2.2"].map(|text| text.parse().ok());
        let one = rooms.take(near).expect("room");
        let two = rooms.take(near).expect("room");
        assert!(rooms.take(near).is_none(), "its share");
        let three = rooms.take(far).expect("another's");
        assert!(rooms.take(far).is_none() && rooms.take(None).is_none(), "all");
        drop((one, three));
        let again = rooms.take(near).expect("given back");
        drop((two, again));
        let taken = rooms.taken.lock().expect("whole");
        assert!(taken.all == 0 && taken.of.is_empty(), "nothing is left behind");
    }

    #[test]
    fn zero_is_no_bound_for_an_address() {
        let rooms = Rooms::new(100).with_per_address(0);
        let near = "192.0.2.1".parse().ok();
        let all: Vec<_> = (0..200).filter_map(|_| rooms.take(near)).collect();
        assert_eq!(all.len(), 100);
    }
}
