//! One follower of one tenant's log: every event after a place, in order, once. It listens to the
//! feed, and reads the log whenever the feed does not follow on what it has: after a gap, a
//! backlog, or another node's commits.

use super::{Live, Signal};
use crate::error::Result;
use crate::ledger::payload;
use domain::event::Recorded;
use domain::id::TenantId;
use std::collections::VecDeque;
use std::sync::Arc;
use store::Store;
use tokio::sync::broadcast::{self, error::RecvError};

/// How many log rows one read takes.
const PAGE: u32 = 200;

/// What a follower meets.
#[derive(Clone, Debug)]
pub enum Step {
    /// The next event.
    Event(Arc<Recorded>),
    /// The log was rewound: what was seen may no longer be so.
    Rewound,
}

/// A follower.
pub struct Follow {
    tenant: TenantId,
    last: i64,
    store: Store,
    live: Live,
    feed: broadcast::Receiver<Signal>,
    ahead: VecDeque<Arc<Recorded>>,
    behind: bool,
}

impl Follow {
    /// A follower that begins after `seq`.
    #[must_use]
    pub fn after(store: &Store, live: &Live, tenant: TenantId, seq: i64) -> Self {
        let feed = live.subscribe(tenant);
        let mut follow = Self {
            tenant,
            last: seq,
            store: store.clone(),
            live: live.clone(),
            feed,
            ahead: VecDeque::new(),
            behind: true,
        };
        if let Some(events) = live.after(tenant, seq) {
            follow.take(events);
            follow.behind = false;
        }
        follow
    }

    /// The place of the newest event that was given out.
    #[must_use]
    pub fn last(&self) -> i64 {
        self.last
    }

    /// The next step. Dropping the future loses nothing.
    ///
    /// # Errors
    /// If the database cannot be reached when the log has to be read.
    pub async fn next(&mut self) -> Result<Step> {
        loop {
            if let Some(event) = self.ahead.pop_front() {
                if event.seq <= self.last {
                    continue;
                }
                self.last = event.seq;
                return Ok(Step::Event(event));
            }
            if self.behind {
                self.read().await?;
                if !self.ahead.is_empty() {
                    continue;
                }
            }
            match self.feed.recv().await {
                Ok(Signal::Events(published)) => self.arrived(&published.events),
                Ok(Signal::Behind) | Err(RecvError::Lagged(_)) => self.behind = true,
                Ok(Signal::Rewound) => return Ok(Step::Rewound),
                Err(RecvError::Closed) => self.feed = self.live.subscribe(self.tenant),
            }
        }
    }

    fn arrived(&mut self, events: &[Arc<Recorded>]) {
        let expected = self.ahead.back().map_or(self.last, |event| event.seq) + 1;
        match events.first() {
            Some(first) if first.seq <= expected => self.take(events.iter().cloned()),
            Some(_) => self.behind = true,
            None => {}
        }
    }

    fn take(&mut self, events: impl IntoIterator<Item = Arc<Recorded>>) {
        let mut newest = self.ahead.back().map_or(self.last, |event| event.seq);
        for event in events {
            if event.seq == newest + 1 {
                newest = event.seq;
                self.ahead.push_back(event);
            }
        }
    }

    /// Reads on in the log; when it ends, the feed follows on.
    async fn read(&mut self) -> Result<()> {
        let from = self.ahead.back().map_or(self.last, |event| event.seq);
        let rows = self.store.log_after(self.tenant, from, PAGE).await?;
        let page = usize::try_from(PAGE).unwrap_or(usize::MAX);
        self.behind = rows.len() == page;
        for row in rows {
            self.live.publish_row(&row);
            if let Ok(events) = payload::decode(&row.payload) {
                self.take(events);
            }
        }
        Ok(())
    }
}
