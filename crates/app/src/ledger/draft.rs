//! The draft of one tenant in one batch: a copy of the floor, the working set, and the events so
//! far. [`Draft::record`] is the one place where a fact comes to be; floor, rows and log take it
//! from there. A draft that is dropped never happened.

use super::rows::Rows;
use domain::event::{Actor, Event, Recorded};
use domain::id::TenantId;
use domain::tenant::Caller;
use domain::time::Timestamp;
use engine::floor::{Floor, Touched, touched};
use engine::mint::Mint;
use engine::routing;
use std::sync::Arc;
use uuid::Uuid;

/// How many assignments one tenant makes in one batch; the rest follow in the next one.
pub const ASSIGNMENTS_MAX: usize = 256;

/// One tenant's part of a batch in the making.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Whose it is.
    pub tenant: TenantId,
    /// The batch's time for this tenant.
    pub now: Timestamp,
    /// The floor after what was recorded.
    pub floor: Floor,
    /// The working set after what was recorded.
    pub rows: Rows,
    /// Who makes it happen now.
    pub actor: Actor,
    /// Who asked for it; none if the service itself did.
    pub caller: Option<Caller>,
    /// The request that makes it happen now.
    pub request_id: String,
    /// Assignments this batch may still make.
    pub assignments_left: usize,
    events: Vec<Arc<Recorded>>,
    touched: Touched,
    mint: Mint,
    seq: i64,
}

/// What a tenant adds to the batch's seed: tenants of one batch share its time, and must not mint
/// the same ids.
fn of_tenant(tenant: TenantId) -> u64 {
    let (high, low) = tenant.0.as_u64_pair();
    high ^ low.rotate_left(17)
}

impl Draft {
    /// A draft on top of `floor`.
    #[must_use]
    pub fn new(tenant: TenantId, floor: Floor, now: Timestamp, seed: u64) -> Self {
        Self {
            tenant,
            now,
            seq: floor.seq(),
            floor,
            rows: Rows::default(),
            actor: Actor::SYSTEM,
            caller: None,
            request_id: String::new(),
            assignments_left: ASSIGNMENTS_MAX,
            events: Vec::new(),
            touched: Touched::default(),
            mint: Mint::new(now, seed ^ of_tenant(tenant)),
        }
    }

    /// Mints an id.
    pub fn id<T: From<Uuid>>(&mut self) -> T {
        self.mint.id()
    }

    /// The place in the log of the newest event.
    #[must_use]
    pub fn seq(&self) -> i64 {
        self.seq
    }

    /// The place the next event will have.
    #[must_use]
    pub fn next_seq(&self) -> i64 {
        self.seq + 1
    }

    /// Makes a fact of it.
    pub fn record(&mut self, event: Event) -> i64 {
        self.seq += 1;
        let recorded = Recorded {
            seq: self.seq,
            at: self.now,
            actor: self.actor,
            request_id: self.request_id.clone(),
            event,
        };
        let ended = match &recorded.event {
            Event::OfferEnded { offer_id, .. } => {
                self.floor.leg(*offer_id).map(|leg| leg.as_ref().clone())
            }
            _ => None,
        };
        self.touched.merge(touched(&recorded.event));
        self.floor.apply(&recorded);
        self.rows.fold(&recorded, &self.floor, ended);
        self.events.push(Arc::new(recorded));
        self.seq
    }

    /// Lets routing place what it can after a change, as the service's own doing.
    pub fn route(&mut self) {
        self.actor = Actor::SYSTEM;
        while self.assignments_left > 0 {
            let Some(assignment) = routing::next(&mut self.floor, self.now) else { return };
            self.assignments_left -= 1;
            self.offer(assignment);
        }
    }

    fn offer(&mut self, assignment: routing::Assignment) {
        let item = self.floor.item(assignment.interaction_id).expect("routing chose an open item");
        let spec = self.floor.queue(assignment.queue_id).expect("routing chose from a queue");
        let (channel, attempt) = (item.channel, item.offers_made + 1);
        let expires_at = self.now + spec.offer_timeout;
        let offer_id = self.id();
        self.record(Event::OfferMade {
            offer_id,
            interaction_id: assignment.interaction_id,
            agent_id: assignment.agent_id,
            queue_id: assignment.queue_id,
            channel,
            attempt,
            expires_at,
        });
    }

    /// What was recorded, in order.
    #[must_use]
    pub fn events(&self) -> &[Arc<Recorded>] {
        &self.events
    }

    /// The floor entries that changed.
    #[must_use]
    pub fn touched(&self) -> Touched {
        let mut touched = self.touched.clone();
        touched.normalise();
        touched
    }
}
