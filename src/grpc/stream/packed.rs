//! Frames that are the same for many readers, written once. Every reader of a tenant's feed gets
//! the same bytes for an event, its token among them: the first who is to send it writes them, and
//! the others take them from the ring of the newest that all of them share.

use domain::id::TenantId;
use prost::bytes::{Buf, BufMut, Bytes};
use prost::encoding::{DecodeContext, WireType, skip_field};
use prost::{DecodeError, Message};
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// How many of a tenant's newest events are kept in written form.
const KEPT: usize = 256;

/// A response in written form. On the wire it is the message it was written from; the build puts it
/// in the place of that message's own type.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Packed(Bytes);

impl Packed {
    /// The written form of a message.
    pub fn of(message: &impl Message) -> Self {
        Self(message.encode_to_vec().into())
    }
}

impl Message for Packed {
    fn encode_raw(&self, buf: &mut impl BufMut) {
        buf.put_slice(&self.0);
    }

    fn merge_field(
        &mut self,
        tag: u32,
        wire_type: WireType,
        buf: &mut impl Buf,
        context: DecodeContext,
    ) -> Result<(), DecodeError> {
        // It is only ever sent.
        skip_field(wire_type, tag, buf, context)
    }

    fn encoded_len(&self) -> usize {
        self.0.len()
    }

    fn clear(&mut self) {
        self.0.clear();
    }
}

/// The rings of all tenants whose feeds are read; clones share them.
#[derive(Clone, Default)]
pub struct Rings(Arc<Mutex<HashMap<TenantId, Weak<Ring>>>>);

impl Rings {
    /// The ring of a tenant's feed. It is there as long as somebody holds it.
    #[must_use]
    pub fn of(&self, tenant: TenantId) -> Arc<Ring> {
        let mut rings = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(ring) = rings.get(&tenant).and_then(Weak::upgrade) {
            return ring;
        }
        rings.retain(|_, ring| ring.strong_count() > 0);
        let ring = Arc::<Ring>::default();
        rings.insert(tenant, Arc::downgrade(&ring));
        ring
    }
}

/// The newest events of one feed in written form, without a gap.
#[derive(Default)]
pub struct Ring(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    generation: i64,
    /// The place of the oldest.
    first: i64,
    frames: VecDeque<Packed>,
}

impl Ring {
    /// The frame of the event at a place; written by `write` if it is not here.
    pub fn frame(&self, generation: i64, seq: i64, write: impl FnOnce() -> Packed) -> Packed {
        if let Some(frame) = self.lock().get(generation, seq) {
            return frame.clone();
        }
        let frame = write();
        self.lock().put(generation, seq, &frame);
        frame
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn get(&self, generation: i64, seq: i64) -> Option<&Packed> {
        let at = usize::try_from(seq - self.first).ok()?;
        if generation == self.generation { self.frames.get(at) } else { None }
    }

    /// Keeps a frame that follows on the others; a later one takes the place of all, an earlier one
    /// is for somebody far behind and kept for nobody.
    fn put(&mut self, generation: i64, seq: i64, frame: &Packed) {
        let next = self.first + i64::try_from(self.frames.len()).unwrap_or(i64::MAX);
        if generation != self.generation || seq > next {
            *self = Self { generation, first: seq, frames: VecDeque::new() };
        } else if seq < next {
            return;
        }
        self.frames.push_back(frame.clone());
        if self.frames.len() > KEPT {
            self.frames.pop_front();
            self.first += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::v1;
    use uuid::Uuid;

    fn frame(seq: i64) -> Packed {
        Packed::of(&v1::FeedFrame { seq, ..Default::default() })
    }

    #[test]
    fn it_is_the_message_it_was_written_from() {
        let message = v1::FeedFrame { seq: 7, resume_token: "t".to_owned(), frame: None };
        let packed = Packed::of(&message);
        assert_eq!(packed.encode_to_vec(), message.encode_to_vec());
        assert_eq!(packed.encoded_len(), message.encoded_len());
        assert_eq!(Packed::of(&v1::FeedFrame::default()), Packed::default());
    }

    #[test]
    fn an_event_is_written_once_for_all_who_read_it() {
        let (rings, tenant) = (Rings::default(), TenantId(Uuid::now_v7()));
        let (one, other) = (rings.of(tenant), rings.of(tenant));
        assert_eq!(one.frame(1, 5, || frame(5)), frame(5));
        assert_eq!(other.frame(1, 5, || panic!("it is there")), frame(5));
        assert_eq!(other.frame(2, 5, || frame(9)), frame(9), "another generation is another log");
        let stranger = rings.of(TenantId(Uuid::now_v7()));
        assert_eq!(stranger.frame(2, 5, || frame(4)), frame(4), "another tenant is another log");
        drop((one, other));
        assert_eq!(rings.of(tenant).frame(2, 5, || frame(8)), frame(8), "nobody held it");
    }

    #[test]
    fn the_newest_are_kept_without_a_gap() {
        let (ring, last) = (Ring::default(), i64::try_from(KEPT).expect("few") + 10);
        for seq in 1..=last {
            ring.frame(1, seq, || frame(seq));
        }
        assert_eq!(ring.lock().frames.len(), KEPT);
        assert_eq!(ring.frame(1, 11, || panic!("it is kept")), frame(11));
        assert_eq!(ring.frame(1, 10, || frame(0)), frame(0), "too old to be kept");
        assert_eq!(ring.frame(1, last, || panic!("it is kept")), frame(last));
        ring.frame(1, last + 5, || frame(last + 5));
        assert_eq!(ring.lock().frames.len(), 1, "after a gap it begins anew");
        assert_eq!(ring.frame(1, last, || frame(1)), frame(1));
    }
}
