//! Who is connected: so many in all, and so many from one address. An address of IPv6 stands for
//! its network, because one machine has as many of those as it wants.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Bits of an IPv6 address that tell its network.
const NETWORK: u128 = !0 << 64;

/// Why there is no seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Full {
    /// There are too many connections.
    All,
    /// There are too many from this address.
    Peer,
}

/// The connections there are.
#[derive(Debug)]
pub(super) struct Peers {
    all_max: usize,
    each_max: usize,
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    all: usize,
    /// No more entries than connections.
    each: HashMap<IpAddr, usize>,
}

/// A connection's place, until it is dropped.
#[derive(Debug)]
pub(super) struct Seat {
    peers: Arc<Peers>,
    network: IpAddr,
}

impl Peers {
    pub(super) fn new(all_max: usize, each_max: usize) -> Arc<Self> {
        Arc::new(Self { all_max, each_max, open: Mutex::default() })
    }

    /// A place for a connection from an address.
    pub(super) fn admit(self: &Arc<Self>, address: IpAddr) -> Result<Seat, Full> {
        let network = network(address);
        let mut open = self.open();
        if open.all >= self.all_max {
            return Err(Full::All);
        }
        let here = open.each.get(&network).copied().unwrap_or_default();
        if here >= self.each_max {
            return Err(Full::Peer);
        }
        open.all += 1;
        open.each.insert(network, here + 1);
        Ok(Seat { peers: Arc::clone(self), network })
    }

    /// Plain counts are as good after a panic as before.
    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut open = self.peers.open();
        open.all -= 1;
        let left = open.each.get(&self.network).map_or(0, |here| here - 1);
        if left == 0 {
            open.each.remove(&self.network);
        } else {
            open.each.insert(self.network, left);
        }
    }
}

fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & NETWORK).into(),
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seats_are_counted_by_network_and_given_back() {
        let peers = Peers::new(3, 2);
        let admit = |address: &str| peers.admit(address.parse().expect("an address"));
        let one = admit("2001:db8::1").expect("room");
        let two = admit("2001:db8::2").expect("room");
        assert_eq!(admit("2001:db8::3").err(), Some(Full::Peer));
        let three = admit("2001:db8:0:1::3").expect("another network");
        assert_eq!(admit("127.0.0.1").err(), Some(Full::All));
        drop((one, three));
        let four = admit("::ffff:127.0.0.1").expect("room");
        let five = admit("127.0.0.1").expect("room");
        drop(two);
        assert_eq!(admit("127.0.0.1").err(), Some(Full::Peer), "the same address");
        drop((four, five));
        assert!(peers.open().each.is_empty() && peers.open().all == 0);
    }
}
