//! How many of something may be open: in all, and of one subject such as an address, so that one of
//! them cannot take every place. A place is free again when what held it is gone.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

/// The places. Clones share them.
#[derive(Clone, Debug)]
pub struct Rooms<K> {
    bound: usize,
    share: usize,
    taken: Arc<Mutex<Taken<K>>>,
}

#[derive(Debug)]
struct Taken<K> {
    all: usize,
    of: HashMap<K, usize>,
}

/// One place; it is taken until this is dropped.
#[derive(Debug)]
pub struct Room<K: Hash + Eq> {
    subject: Option<K>,
    taken: Arc<Mutex<Taken<K>>>,
}

impl<K: Hash + Eq + Clone> Rooms<K> {
    /// So many places, of which one subject takes no more than its share; zero for no such limit.
    #[must_use]
    pub fn new(bound: usize, share: usize) -> Self {
        let taken = Mutex::new(Taken { all: 0, of: HashMap::new() });
        let share = if share == 0 { usize::MAX } else { share };
        Self { bound, share, taken: Arc::new(taken) }
    }

    /// How many places are taken.
    #[must_use]
    pub fn taken(&self) -> usize {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).all
    }

    /// A place for a subject; none if there is none. Who cannot be told from others has no share.
    #[must_use]
    pub fn take(&self, subject: Option<K>) -> Option<Room<K>> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let of = subject.as_ref().and_then(|subject| taken.of.get(subject).copied());
        if taken.all >= self.bound || of.unwrap_or_default() >= self.share {
            return None;
        }
        taken.all += 1;
        if let Some(subject) = subject.clone() {
            *taken.of.entry(subject).or_default() += 1;
        }
        Some(Room { subject, taken: Arc::clone(&self.taken) })
    }
}

impl<K: Hash + Eq> Drop for Room<K> {
    fn drop(&mut self) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.all -= 1;
        let Some(subject) = &self.subject else { return };
        let left = taken.of.get_mut(subject).map(|count| {
            *count -= 1;
            *count
        });
        if left == Some(0) {
            taken.of.remove(subject);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_subject_takes_no_more_than_its_share_and_all_no_more_than_there_are() {
        let rooms = Rooms::new(3, 2);
        let [near, far] = [Some("near"), Some("far")];
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
    fn zero_is_no_bound_for_a_subject() {
        let rooms = Rooms::new(100, 0);
        let all: Vec<_> = (0..200).filter_map(|_| rooms.take(Some("near"))).collect();
        assert_eq!(all.len(), 100);
    }
}
