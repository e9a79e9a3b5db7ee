//! The draft of one tenant in one batch: a copy of the floor, the working set, and the events so
//! far. [`Draft::record`] is the one place where a fact comes to be; floor, rows and log take it
//! from there. A draft that is dropped never happened.

use super::command::{consult, presence};
use super::rows::Rows;
use domain::escalation::Trigger;
use domain::event::{Actor, Event, Recorded};
use domain::id::{InteractionId, OfferId, TenantId};
use domain::sla::SlaFact;
use domain::tenant::Caller;
use domain::time::Timestamp;
use engine::floor::{Floor, STEPS_OPENED_MAX, Touched, may_set_off, touched};
use engine::mint::Mint;
use engine::routing;
use engine::sla;
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
    pub fn new(tenant: TenantId, mut floor: Floor, now: Timestamp, seed: u64) -> Self {
        // What is decided follows from rows and time alone, not from what this node looked at.
        floor.open_steps(now, STEPS_OPENED_MAX);
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

    /// Makes a fact of it. Clocks that were used up by then are told of as well, promises that are
    /// now due are made, advice that nobody needs any more ends before it, and what an agent chose
    /// for the end of their work holds from then on.
    pub fn record(&mut self, event: Event) -> i64 {
        consult::end_before(self, &event);
        let about = event.interaction_id();
        let chooses = about.filter(|_| sla::chooses(&event));
        let late = about.map(|id| self.floor.clocks_overdue(id, self.now)).unwrap_or_default();
        let sets_off = about.filter(|_| may_set_off(&event));
        let freed = event.frees();
        let seq = self.append(event);
        self.tell(late);
        while let Some(fact) = sets_off.and_then(|id| self.floor.escalation_standing(id)) {
            self.own(Event::Escalation(fact));
        }
        if let Some(interaction_id) = chooses
            && let Some(terms) = self.floor.terms_due(interaction_id, || self.tier(interaction_id))
        {
            self.tell(vec![SlaFact::Applied { interaction_id, terms: Box::new(terms) }]);
        }
        if let Some(agent) = freed {
            presence::work_ended(self, agent);
        }
        seq
    }

    /// Tells what is overdue of an interaction's clocks.
    pub fn tell_clocks(&mut self, id: InteractionId) {
        let due = self.floor.clocks_overdue(id, self.now);
        self.tell(due);
    }

    /// Records what the service found out by itself.
    fn tell(&mut self, facts: Vec<SlaFact>) {
        for fact in facts {
            self.own(Event::Sla(fact));
        }
    }

    /// Records what follows from another fact, as the service's own doing.
    fn own(&mut self, event: Event) {
        let who = std::mem::replace(&mut self.actor, Actor::SYSTEM);
        self.append(event);
        self.actor = who;
    }

    /// Sets an interaction's ladder off by what was said or asked, unless it climbs already.
    pub fn set_off(&mut self, id: InteractionId, is_meant: impl Fn(&Trigger) -> bool) -> bool {
        let fact = self.floor.escalation_called(id, is_meant);
        let called = fact.is_some();
        if let Some(fact) = fact {
            self.record(Event::Escalation(fact));
        }
        called
    }

    /// What stands for the tier of an interaction: its customer's when it came, whatever was read
    /// of the customer since.
    fn tier(&self, id: InteractionId) -> u64 {
        let known = self.rows.interactions.knows(id);
        let row = known.then(|| self.rows.interactions.get(id)).flatten();
        row.map_or(0, |row| sla::tier_key(&row.customer_tier))
    }

    fn append(&mut self, event: Event) -> i64 {
        self.seq += 1;
        let recorded = Recorded {
            seq: self.seq,
            at: self.now,
            actor: self.actor,
            request_id: self.request_id.clone(),
            event,
        };
        let ended = match &recorded.event {
            Event::OfferEnded { offer_id, .. } => Some(*offer_id),
            Event::Consult(fact) if fact.frees() => Some(fact.offer_id()),
            _ => None,
        };
        let ended = ended.and_then(|id| self.floor.leg(id)).map(|leg| leg.as_ref().clone());
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
            let made = routing::next(&mut self.floor, self.now, self.assignments_left);
            if made.is_empty() {
                return;
            }
            self.assignments_left -= made.len();
            for assignment in made {
                self.offer(assignment);
            }
        }
    }

    /// Asks an agent.
    pub(super) fn offer(&mut self, assignment: routing::Assignment) -> OfferId {
        self.ask(assignment, false)
    }

    /// Asks an agent whatever limits them, because somebody who may said so.
    pub(super) fn offer_over_limits(&mut self, assignment: routing::Assignment) -> OfferId {
        self.ask(assignment, true)
    }

    fn ask(&mut self, assignment: routing::Assignment, override_limits: bool) -> OfferId {
        let item = self.floor.item(assignment.interaction_id).expect("routing chose an open item");
        let (channel, attempt) = (item.channel, item.offers_made + 1);
        let labels = item.traits.labels.clone();
        let (of, to) = (assignment.interaction_id, assignment.agent_id);
        let expires_at = self.now + routing::offer_timeout(&self.floor, of, to);
        let offer_id: OfferId = self.id();
        self.record(Event::OfferMade {
            offer_id,
            interaction_id: assignment.interaction_id,
            agent_id: assignment.agent_id,
            queue_id: assignment.queue_id,
            channel,
            attempt,
            expires_at,
            shadow_agent_id: assignment.shadow,
            labels,
            override_limits,
        });
        offer_id
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
