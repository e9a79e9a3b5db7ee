//! One follower of one tenant's log: every event after a place, in order, once. It listens to the
//! feed, and reads the log whenever the feed does not follow on what it has: after a gap, a
//! backlog, or another node's commits. A follower who wants few events takes a seat once it has
//! caught up, and is then woken for those only.

use super::audience::Interest;
use super::{Live, Seat, Signal};
use crate::error::Result;
use crate::ledger::payload;
use domain::event::Recorded;
use domain::id::TenantId;
use std::collections::VecDeque;
use std::sync::Arc;
use store::Store;
use tokio::sync::broadcast::{
    self,
    error::{RecvError, TryRecvError},
};

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

/// Where a follower hears of what is new.
enum Source {
    /// Of everything.
    Wide(broadcast::Receiver<Signal>),
    /// Of what it is interested in.
    Narrow(Seat),
}

/// A follower.
pub struct Follow {
    tenant: TenantId,
    last: i64,
    store: Store,
    live: Live,
    source: Source,
    ahead: VecDeque<Arc<Recorded>>,
    behind: bool,
    rewound: bool,
}

impl Follow {
    /// A follower that begins after `seq`.
    #[must_use]
    pub fn after(store: &Store, live: &Live, tenant: TenantId, seq: i64) -> Self {
        let source = Source::Wide(live.subscribe(tenant));
        let mut follow = Self {
            tenant,
            last: seq,
            store: store.clone(),
            live: live.clone(),
            source,
            ahead: VecDeque::new(),
            behind: true,
            rewound: false,
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
            if std::mem::take(&mut self.rewound) {
                return Ok(Step::Rewound);
            }
            if self.behind {
                // Rare, and its room would be held for as long as the follower waits.
                Box::pin(self.read()).await?;
                if !self.ahead.is_empty() {
                    continue;
                }
            }
            match &mut self.source {
                Source::Narrow(seat) => match seat.next().await {
                    Some(event) => self.ahead.push_back(event),
                    None => {
                        self.rewound = seat.is_rewound();
                        self.widen();
                    }
                },
                Source::Wide(feed) => {
                    let heard = feed.recv().await;
                    self.hear(heard);
                }
            }
        }
    }

    /// Whether nothing is known to come that was not given out.
    #[must_use]
    pub fn is_caught_up(&self) -> bool {
        self.ahead.is_empty() && !self.behind && !self.rewound
    }

    /// The next event, if it is here already; anything else waits for [`Follow::next`].
    pub fn ready(&mut self) -> Option<Arc<Recorded>> {
        loop {
            while let Some(event) = self.ahead.pop_front() {
                if event.seq > self.last {
                    self.last = event.seq;
                    return Some(event);
                }
            }
            if self.behind || self.rewound {
                return None;
            }
            let Source::Wide(feed) = &mut self.source else { return None };
            let heard = match feed.try_recv() {
                Err(TryRecvError::Empty) => return None,
                Err(TryRecvError::Closed) => Err(RecvError::Closed),
                Err(TryRecvError::Lagged(count)) => Err(RecvError::Lagged(count)),
                Ok(signal) => Ok(signal),
            };
            self.hear(heard);
        }
    }

    fn hear(&mut self, heard: std::result::Result<Signal, RecvError>) {
        match heard {
            Ok(Signal::Events(published)) => self.arrived(&published.events),
            Ok(Signal::Rewound) => self.rewound = true,
            Ok(Signal::Behind) | Err(RecvError::Lagged(_)) => self.behind = true,
            Err(RecvError::Closed) => self.widen(),
        }
    }

    /// Hears of everything again, after what it has seen.
    fn widen(&mut self) {
        self.source = Source::Wide(self.live.subscribe(self.tenant));
        self.behind = true;
    }

    /// Is woken only for what it is interested in from here on, once it has caught up. `interest`
    /// is what it is after all events that were given out; none means everything.
    pub fn narrow(&mut self, interest: impl FnOnce() -> Option<Interest>) {
        if self.behind || !self.ahead.is_empty() || matches!(self.source, Source::Narrow(_)) {
            return;
        }
        let Some(interest) = interest() else { return };
        if let Some(seat) = self.live.admit(self.tenant, self.last, interest) {
            self.source = Source::Narrow(seat);
        }
    }

    /// The place in the log up to which all events were given out, or were of no interest.
    pub fn checkpoint(&mut self) -> i64 {
        if let Source::Narrow(seat) = &self.source
            && self.ahead.is_empty()
            && let Some(seq) = seat.checkpoint()
        {
            self.last = self.last.max(seq);
        }
        self.last
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
