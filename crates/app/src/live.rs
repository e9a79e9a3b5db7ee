//! What was committed, as it is committed: one feed per tenant, in log order, without gaps. A feed
//! keeps a ring of the newest events; whoever falls behind it reads the log. Nothing gets in here
//! before its commit.

pub mod audience;
pub mod follow;
pub mod recent;

use crate::ledger::payload;
use audience::{Audience, Interest};
use domain::event::Recorded;
use domain::id::TenantId;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use store::LogRow;
use tokio::sync::{broadcast, mpsc};

/// How many events a tenant's ring holds.
pub const RING_EVENTS: usize = 4_096;

/// How many batches a slow subscriber may be behind before it must read the log.
const BACKLOG_BATCHES: usize = 512;

/// A committed batch of one tenant.
#[derive(Clone, Debug)]
pub struct Published {
    /// Whose.
    pub tenant: TenantId,
    /// The generation of its log.
    pub generation: i64,
    /// Its events, in order.
    pub events: Vec<Arc<Recorded>>,
}

/// What a subscriber gets.
#[derive(Clone, Debug)]
pub enum Signal {
    /// New events.
    Events(Arc<Published>),
    /// The log moved, but not here: read it.
    Behind,
    /// The log was rewound: whatever was seen may no longer be so.
    Rewound,
}

struct Feed {
    ring: VecDeque<Arc<Recorded>>,
    generation: i64,
    last_seq: i64,
    /// How often the log was rewound while this feed was here.
    rewinds: u64,
    sender: broadcast::Sender<Signal>,
    audience: Audience,
}

impl Feed {
    fn new() -> Self {
        let (sender, _) = broadcast::channel(BACKLOG_BATCHES);
        Self {
            ring: VecDeque::new(),
            generation: 0,
            last_seq: 0,
            rewinds: 0,
            sender,
            audience: Audience::default(),
        }
    }

    fn is_followed(&self) -> bool {
        self.sender.receiver_count() > 0 || !self.audience.is_empty()
    }

    /// Where in the ring the events after `seq` begin, if it holds all of them.
    fn place_after(&self, seq: i64) -> Option<usize> {
        let oldest = self.ring.front()?.seq;
        if seq > self.last_seq {
            return None;
        }
        // The ring has no gaps.
        usize::try_from(seq + 1 - oldest).ok()
    }
}

/// A follower's seat among those who want few events; left when it is dropped.
pub(crate) struct Seat {
    live: Live,
    tenant: TenantId,
    id: u64,
    rewinds: u64,
    mail: mpsc::Receiver<Arc<Recorded>>,
}

impl Seat {
    /// The next event of interest; none when the seat was lost.
    pub(crate) async fn next(&mut self) -> Option<Arc<Recorded>> {
        self.mail.recv().await
    }

    /// Whether the log was rewound since the seat was taken.
    pub(crate) fn is_rewound(&self) -> bool {
        self.live.with(self.tenant, |feed| feed.rewinds != self.rewinds)
    }

    /// The place in the log up to which nothing of interest was missed, if all mail was taken.
    pub(crate) fn checkpoint(&self) -> Option<i64> {
        self.live.with(self.tenant, |feed| {
            (self.mail.is_empty() && feed.audience.has(self.id)).then_some(feed.last_seq)
        })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.live.with(self.tenant, |feed| feed.audience.leave(self.id));
    }
}

/// The feeds of this node; clones share them.
#[derive(Clone)]
pub struct Live {
    feeds: Arc<Mutex<HashMap<TenantId, Feed>>>,
    waker: Arc<Mutex<Vec<TenantId>>>,
    bell: Arc<tokio::sync::Notify>,
    recent: recent::Recent,
}

impl std::fmt::Debug for Live {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Live")
    }
}

impl Default for Live {
    fn default() -> Self {
        Self {
            feeds: Arc::default(),
            waker: Arc::default(),
            bell: Arc::new(tokio::sync::Notify::new()),
            recent: recent::Recent::default(),
        }
    }
}

impl Live {
    fn with<T>(&self, tenant: TenantId, act: impl FnOnce(&mut Feed) -> T) -> T {
        let mut feeds = self.feeds.lock().unwrap_or_else(PoisonError::into_inner);
        act(feeds.entry(tenant).or_insert_with(Feed::new))
    }

    /// Rows as recent batches of this node left them.
    #[must_use]
    pub fn recent(&self) -> &recent::Recent {
        &self.recent
    }

    /// Tells subscribers of a committed batch. One that does not follow on what is known makes them
    /// read the log instead.
    pub fn publish(&self, published: Published) {
        let (Some(first), Some(last)) = (published.events.first(), published.events.last()) else {
            return;
        };
        let (first, last) = (first.seq, last.seq);
        self.with(published.tenant, |feed| {
            if last <= feed.last_seq && feed.generation == published.generation {
                return;
            }
            let follows = feed.last_seq + 1 == first && feed.generation == published.generation;
            if !follows {
                feed.ring.clear();
                feed.audience.dismiss();
            }
            feed.generation = published.generation;
            feed.last_seq = last;
            feed.ring.extend(published.events.iter().cloned());
            while feed.ring.len() > RING_EVENTS {
                feed.ring.pop_front();
            }
            feed.audience.tell(&published.events);
            // Nobody listening is no error.
            let _ = feed.sender.send(Signal::Events(Arc::new(published)));
        });
    }

    /// Tells subscribers of another node's batch, read from the log.
    pub fn publish_row(&self, row: &LogRow) {
        match payload::decode(&row.payload) {
            Ok(events) => {
                self.publish(Published { tenant: row.tenant, generation: row.generation, events })
            }
            Err(error) => {
                tracing::error!(tenant = %row.tenant, seq = row.first_seq, %error,
                    "a log row of a newer release cannot be read here");
            }
        }
    }

    /// Tells subscribers that the log was rewound.
    pub fn rewound(&self, tenant: TenantId) {
        self.with(tenant, |feed| {
            feed.ring.clear();
            feed.last_seq = 0;
            feed.rewinds += 1;
            feed.audience.dismiss();
            let _ = feed.sender.send(Signal::Rewound);
        });
    }

    /// The newest place in the log that was published here; zero if none was.
    #[must_use]
    pub fn known(&self, tenant: TenantId) -> i64 {
        self.with(tenant, |feed| feed.last_seq)
    }

    /// Publishing begins after this place; who follows reads the log up to it.
    pub fn begin(&self, tenant: TenantId, generation: i64, seq: i64) {
        self.with(tenant, |feed| {
            if feed.last_seq == 0 && seq > 0 {
                (feed.generation, feed.last_seq) = (generation, seq);
                let _ = feed.sender.send(Signal::Behind);
            }
        });
    }

    /// Listens from now on. Subscribe first, read the state after: nothing falls in between.
    #[must_use]
    pub fn subscribe(&self, tenant: TenantId) -> broadcast::Receiver<Signal> {
        self.with(tenant, |feed| feed.sender.subscribe())
    }

    /// The events after `seq`, if the ring still holds all of them.
    #[must_use]
    pub fn after(&self, tenant: TenantId, seq: i64) -> Option<Vec<Arc<Recorded>>> {
        self.with(tenant, |feed| {
            let begin = feed.place_after(seq)?;
            Some(feed.ring.range(begin..).cloned().collect())
        })
    }

    /// A seat for somebody who has seen everything up to `seq` and wants few of the events after
    /// it; none if the ring does not reach back to there.
    pub(crate) fn admit(&self, tenant: TenantId, seq: i64, interest: Interest) -> Option<Seat> {
        let (id, mail, rewinds) = self.with(tenant, |feed| {
            let begin = feed.place_after(seq)?;
            let (id, mail) = feed.audience.admit(interest, feed.ring.range(begin..));
            Some((id, mail, feed.rewinds))
        })?;
        Some(Seat { live: self.clone(), tenant, id, rewinds, mail })
    }

    /// Tenants that somebody listens to, with the newest place in the log that is known here.
    #[must_use]
    pub fn followed(&self) -> Vec<(TenantId, i64)> {
        let mut feeds = self.feeds.lock().unwrap_or_else(PoisonError::into_inner);
        feeds.retain(|_, feed| feed.is_followed() || !feed.ring.is_empty());
        let listened = feeds.iter().filter(|(_, feed)| feed.is_followed());
        listened.map(|(tenant, feed)| (*tenant, feed.last_seq)).collect()
    }

    /// Notes that these tenants' logs moved here, for the task that tells other nodes.
    pub fn wake_others(&self, tenants: Vec<TenantId>) {
        if tenants.is_empty() {
            return;
        }
        let mut waker = self.waker.lock().unwrap_or_else(PoisonError::into_inner);
        for tenant in tenants {
            if !waker.contains(&tenant) {
                waker.push(tenant);
            }
        }
        drop(waker);
        self.bell.notify_one();
    }

    /// Waits until some tenants' logs moved here, and takes their list.
    pub async fn next_moved(&self) -> Vec<TenantId> {
        loop {
            let moved = {
                let mut waker = self.waker.lock().unwrap_or_else(PoisonError::into_inner);
                std::mem::take(&mut *waker)
            };
            if !moved.is_empty() {
                return moved;
            }
            self.bell.notified().await;
        }
    }
}
