//! The streams this node holds, for operators: which there are, how far each has come, and a way to
//! tell one to end. A stream is on the list exactly as long as its entry is held.

use crate::proto::v1::GoodbyeAction;
use app::context::Context;
use domain::id::{AgentId, PrincipalId, SessionId, TenantId};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicI32, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Counts the frames that wait for a reader.
type Waiting = Box<dyn Fn() -> usize + Send + Sync>;

/// The open streams of this node; clones share them.
#[derive(Clone, Default)]
pub struct Streams(Arc<Mutex<HashMap<Uuid, Arc<Line>>>>);

/// One open stream.
pub struct Line {
    /// Its id, as its Hello tells it.
    pub id: Uuid,
    /// The full name of its method.
    pub method: &'static str,
    /// Whose it is.
    pub tenant: TenantId,
    /// Who opened it.
    pub principal: PrincipalId,
    /// Whose desk it shows, and by which session; none for other streams.
    pub desk: Option<(AgentId, SessionId)>,
    /// Where its reader is.
    pub peer: Option<SocketAddr>,
    /// When it was opened, by a counter that nobody sets.
    pub opened: Instant,
    seq: AtomicI64,
    frames: AtomicU64,
    waiting: Waiting,
    closing: CancellationToken,
    action: AtomicI32,
}

/// A stream's place on the list; it leaves the list when this is dropped.
pub struct Entry {
    line: Arc<Line>,
    streams: Streams,
}

impl Streams {
    /// Puts a stream on the list.
    pub fn enter<T: Send + 'static>(
        &self,
        context: &Context,
        desk: Option<(AgentId, SessionId)>,
        frames: &mpsc::Sender<T>,
    ) -> Entry {
        let (most, frames) = (frames.max_capacity(), frames.downgrade());
        // Room kept for the goodbye is no frame.
        let kept = frames.upgrade().map_or(0, |frames| most - frames.capacity());
        let waiting = move || {
            let room = frames.upgrade().map_or(most, |frames| frames.capacity());
            most.saturating_sub(room + kept)
        };
        let line = Arc::new(Line {
            id: Uuid::now_v7(),
            method: context.method,
            tenant: context.caller.tenant,
            principal: context.caller.principal,
            desk,
            peer: context.peer,
            opened: Instant::now(),
            seq: AtomicI64::new(0),
            frames: AtomicU64::new(0),
            waiting: Box::new(waiting),
            closing: CancellationToken::new(),
            action: AtomicI32::new(0),
        });
        self.lock().insert(line.id, Arc::clone(&line));
        Entry { line, streams: self.clone() }
    }

    /// The streams of a tenant, or of all of them, newest first.
    #[must_use]
    pub fn list(&self, of: Option<TenantId>) -> Vec<Arc<Line>> {
        let mine = |line: &&Arc<Line>| of.is_none_or(|tenant| line.tenant == tenant);
        let mut lines: Vec<_> = self.lock().values().filter(mine).cloned().collect();
        lines.sort_unstable_by_key(|line| std::cmp::Reverse(line.id));
        lines
    }

    /// An open stream of a tenant, or of any.
    #[must_use]
    pub fn get(&self, id: Uuid, of: Option<TenantId>) -> Option<Arc<Line>> {
        let found = self.lock().get(&id).cloned()?;
        of.is_none_or(|tenant| found.tenant == tenant).then_some(found)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Uuid, Arc<Line>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Line {
    /// The place its newest token stands for.
    #[must_use]
    pub fn seq(&self) -> i64 {
        self.seq.load(Ordering::Relaxed)
    }

    /// How many frames it was given.
    #[must_use]
    pub fn frames(&self) -> u64 {
        self.frames.load(Ordering::Relaxed)
    }

    /// How many of them wait for the reader.
    #[must_use]
    pub fn waiting(&self) -> usize {
        (self.waiting)()
    }

    /// Tells it to end, and its reader what to do then. The first word holds.
    pub fn close(&self, action: GoodbyeAction) {
        let (none, action) = (GoodbyeAction::Unspecified as i32, action as i32);
        let _ = self.action.compare_exchange(none, action, Ordering::Relaxed, Ordering::Relaxed);
        self.closing.cancel();
    }
}

impl Entry {
    /// The stream's id.
    pub fn id(&self) -> Uuid {
        self.line.id
    }

    /// Notes a frame, after which the stream stands at `seq`.
    pub fn sent(&self, seq: i64) {
        self.line.seq.store(seq, Ordering::Relaxed);
        self.line.frames.fetch_add(1, Ordering::Relaxed);
    }

    /// Waits until an operator tells the stream to end; what its reader is to do then.
    pub async fn closed(&self) -> GoodbyeAction {
        self.line.closing.cancelled().await;
        let action = self.line.action.load(Ordering::Relaxed);
        GoodbyeAction::try_from(action).unwrap_or(GoodbyeAction::Resume)
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.streams.lock().remove(&self.line.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::id::ApiKeyId;
    use domain::tenant::{Caller, Credential, Role};

    fn context(tenant: TenantId) -> Context {
        let (id, role) = (Uuid::now_v7(), Role::TenantAdmin);
        let (principal, credential) = (PrincipalId(id), Credential::Key(ApiKeyId(id)));
        let permissions = role.permissions();
        Context {
            caller: Caller { tenant, principal, credential, role, permissions, agent: None },
            method: "/x",
            request_id: String::new(),
            request_hash: [0; 16],
            deadline: None,
            peer: None,
        }
    }

    #[tokio::test]
    async fn a_stream_is_listed_as_long_as_it_lives_and_only_to_its_own() {
        let streams = Streams::default();
        let (a, b) = (TenantId(Uuid::now_v7()), TenantId(Uuid::now_v7()));
        let (frames, mut reader) = mpsc::channel::<u8>(4);
        let farewell = frames.clone().reserve_owned().await.expect("room");
        let entry = streams.enter(&context(a), None, &frames);
        assert!(streams.list(Some(b)).is_empty() && streams.get(entry.id(), Some(b)).is_none());
        let line = streams.get(entry.id(), None).expect("the platform sees it");
        assert_eq!((line.waiting(), line.frames()), (0, 0), "the goodbye's room is no frame");
        frames.send(1).await.expect("room");
        entry.sent(9);
        assert_eq!((line.waiting(), line.frames(), line.seq()), (1, 1, 9));
        reader.recv().await.expect("a frame");
        assert_eq!(line.waiting(), 0);
        line.close(GoodbyeAction::Stop);
        line.close(GoodbyeAction::Resume);
        assert_eq!(entry.closed().await, GoodbyeAction::Stop, "the first word holds");
        drop((entry, farewell));
        assert!(streams.list(None).is_empty());
    }
}
