//! The chain and the sequence of one tenant's log, row by row: every row follows on the one before,
//! its events fill it, and its hash is that of its stored bytes. The hash is computed here from its
//! documented definition.

use super::replay::Recorded;
use super::{Kind, Violations};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// A row of the log as it is stored.
#[derive(Clone, Debug)]
pub(crate) struct StoredRow {
    pub(crate) tenant: Uuid,
    pub(crate) first_seq: i64,
    pub(crate) last_seq: i64,
    pub(crate) batch_id: Uuid,
    pub(crate) generation: i64,
    pub(crate) now: i64,
    pub(crate) seed: i64,
    pub(crate) touched: Vec<u8>,
    pub(crate) payload: Vec<u8>,
    pub(crate) prev_hash: Vec<u8>,
    pub(crate) hash: Vec<u8>,
}

/// SHA-256 over the hash before, tenant, first and last sequence, batch, generation, now and seed,
/// numbers as 8 bytes with the largest first, then touched and payload, each after its length.
fn hash(row: &StoredRow) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(row.payload.len() + row.touched.len() + 160);
    bytes.extend(&row.prev_hash);
    bytes.extend(row.tenant.as_bytes());
    bytes.extend(row.first_seq.to_be_bytes());
    bytes.extend(row.last_seq.to_be_bytes());
    bytes.extend(row.batch_id.as_bytes());
    bytes.extend(row.generation.to_be_bytes());
    bytes.extend(row.now.to_be_bytes());
    bytes.extend(row.seed.to_be_bytes());
    for part in [&row.touched, &row.payload] {
        bytes.extend((part.len() as u64).to_be_bytes());
        bytes.extend(part);
    }
    Sha256::digest(&bytes).to_vec()
}

/// How far a log was checked.
#[derive(Debug)]
pub(crate) struct Chain {
    tenant: Uuid,
    seq: i64,
    hash: Option<Vec<u8>>,
    now: i64,
    generation: i64,
}

impl Chain {
    pub(crate) fn new(tenant: Uuid) -> Self {
        Self { tenant, seq: 0, hash: None, now: i64::MIN, generation: 0 }
    }

    pub(crate) fn last_seq(&self) -> i64 {
        self.seq
    }

    /// Takes the next row, in the order of their last sequence.
    pub(crate) fn check(&mut self, row: &StoredRow, events: &[Recorded], found: &mut Violations) {
        let tenant = self.tenant;
        let at = format!("{tenant} {}..{}", row.first_seq, row.last_seq);
        if row.first_seq != self.seq + 1 || row.last_seq < row.first_seq {
            found.add(Kind::Gap, || format!("{at} follows on {}", self.seq));
        }
        let filled = (row.first_seq..=row.last_seq).eq(events.iter().map(|event| event.seq));
        if !filled {
            found.add(Kind::Gap, || format!("{at}: its {} events do not fill it", events.len()));
        }
        if self.hash.as_ref().is_some_and(|hash| *hash != row.prev_hash) {
            found.add(Kind::Chain, || format!("{at} does not name the hash of the row before"));
        }
        if hash(row) != row.hash {
            found.add(Kind::Chain, || format!("{at} has not the hash of its bytes"));
        }
        if row.now < self.now || row.generation < self.generation {
            found.add(Kind::Order, || format!("{at}: time or generation ran backwards"));
        }
        if events.iter().any(|event| event.at != row.now) {
            found.add(Kind::Order, || format!("{at}: an event has another time than its row"));
        }
        self.seq = row.last_seq;
        self.now = row.now;
        self.generation = row.generation;
        self.hash = Some(row.hash.clone());
    }

    /// Compares with the head.
    pub(crate) fn end(&self, seq: i64, hash: &[u8], found: &mut Violations) {
        let tenant = self.tenant;
        if seq != self.seq {
            found.add(Kind::Gap, || format!("{tenant}: head {seq}, log ends at {}", self.seq));
        }
        if self.hash.as_ref().is_some_and(|last| last != hash) {
            found.add(Kind::Chain, || format!("{tenant}: the head has not the last row's hash"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn row(first_seq: i64, last_seq: i64, prev_hash: Vec<u8>) -> (StoredRow, Vec<Recorded>) {
        let event = |seq| {
            json!({ "seq": seq, "at": 7, "actor": { "kind": "system", "id": Uuid::nil() },
                    "event": { "kind": "team_changed" } })
        };
        let events: Vec<_> = (first_seq..=last_seq).map(event).collect();
        let mut row = StoredRow {
            tenant: Uuid::from_u128(1),
            first_seq,
            last_seq,
            batch_id: Uuid::from_u128(2),
            generation: 1,
            now: 7,
            seed: -3,
            touched: vec![1, 2],
            payload: serde_json::to_vec(&events).unwrap(),
            prev_hash,
            hash: Vec::new(),
        };
        row.hash = hash(&row);
        let events = super::super::replay::decode(&row.payload).unwrap();
        (row, events)
    }

    fn verdict(rows: &[(StoredRow, Vec<Recorded>)]) -> (usize, usize) {
        let (mut chain, mut found) = (Chain::new(Uuid::from_u128(1)), Violations::default());
        for (row, events) in rows {
            chain.check(row, events, &mut found);
        }
        let (last, _) = rows.last().unwrap();
        chain.end(last.last_seq, &last.hash, &mut found);
        (found.of(Kind::Gap), found.of(Kind::Chain))
    }

    #[test]
    fn a_sound_log_passes_and_every_flaw_is_found() {
        let first = row(1, 3, vec![0; 32]);
        let second = row(4, 4, first.0.hash.clone());
        assert_eq!(verdict(&[first.clone(), second.clone()]), (0, 0));
        assert_eq!(verdict(std::slice::from_ref(&second)), (1, 0));
        assert_eq!(verdict(&[first.clone(), row(6, 6, first.0.hash.clone())]), (1, 0));
        assert_eq!(verdict(&[first.clone(), row(3, 4, first.0.hash.clone())]), (1, 0));
        assert_eq!(verdict(&[first.clone(), row(4, 4, vec![9; 32])]), (0, 1));
        let mut short = second.clone();
        short.1.clear();
        assert_eq!(verdict(&[first.clone(), short]), (1, 0));
        let mut changed = second;
        changed.0.payload.push(b' ');
        assert_eq!(verdict(&[first, changed]), (0, 1));
    }
}
