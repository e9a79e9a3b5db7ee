//! Whose turn it is: commands wait per tenant in two lanes, tenants take turns, and each gets a
//! fair share of a batch. Knows nothing of floors or databases.

use super::{Part, answer};
use crate::ledger::{Priority, Submission};
use domain::id::TenantId;
use domain::refusal::Reason;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Instant;

/// How many commands one batch takes.
const BATCH_MAX: usize = 256;

/// How many commands a tenant may always have in a batch, however many tenants there are.
const FAIR_SHARE_MIN: usize = 16;

/// How many tenants one batch locks.
const TENANTS_MAX: usize = 128;

#[derive(Default)]
struct Waiting {
    interactive: VecDeque<Submission>,
    bulk: VecDeque<Submission>,
}

impl Waiting {
    fn is_empty(&self) -> bool {
        self.interactive.is_empty() && self.bulk.is_empty()
    }
}

/// The tenants that have something to do, in the order of their turns.
#[derive(Default)]
pub(super) struct Turns {
    waiting: BTreeMap<TenantId, Waiting>,
    order: VecDeque<TenantId>,
    /// Tenants whose head another node held: their next batch waits for it.
    alone: BTreeSet<TenantId>,
}

impl Turns {
    /// Whether no command waits.
    pub(super) fn are_idle(&self) -> bool {
        self.waiting.values().all(Waiting::is_empty)
    }

    /// Whether something of the tenant waits, or its turn is to come.
    pub(super) fn has(&self, tenant: TenantId) -> bool {
        self.waiting.contains_key(&tenant) || self.order.contains(&tenant)
    }

    /// Queues a command.
    pub(super) fn enqueue(&mut self, submission: Submission) {
        let tenant = submission.origin.tenant;
        let waiting = self.waiting.entry(tenant).or_default();
        match submission.priority {
            Priority::Interactive => waiting.interactive.push_back(submission),
            Priority::Bulk => waiting.bulk.push_back(submission),
        }
        self.come(tenant);
    }

    /// Gives a tenant a turn, if it has none to come.
    pub(super) fn come(&mut self, tenant: TenantId) {
        if !self.order.contains(&tenant) {
            self.order.push_back(tenant);
        }
    }

    /// The tenant's next batch is its own, and waits for the head.
    pub(super) fn stand_alone(&mut self, tenant: TenantId) {
        self.alone.insert(tenant);
    }

    /// The next batch: tenants in turn, each with its fair share; and whether to wait for heads.
    /// Tenants that are not `ready` keep their turn and are named.
    pub(super) fn next(
        &mut self,
        ready: impl Fn(TenantId) -> bool,
    ) -> (Vec<Part>, bool, Vec<TenantId>) {
        let share = (BATCH_MAX / self.order.len().max(1)).max(FAIR_SHARE_MIN);
        let (mut parts, mut unready) = (Vec::new(), Vec::new());
        let (mut room, mut bulk_room, mut wait) = (BATCH_MAX, 1, false);
        for _ in 0..self.order.len() {
            let Some(tenant) = self.order.pop_front() else { break };
            if !ready(tenant) {
                unready.push(tenant);
                self.order.push_back(tenant);
                continue;
            }
            let alone = self.alone.contains(&tenant);
            if room == 0 || parts.len() >= TENANTS_MAX || (alone && !parts.is_empty()) {
                self.order.push_back(tenant);
                continue;
            }
            let work = self.take(tenant, share.min(room), &mut bulk_room);
            room -= work.len();
            if self.waiting.contains_key(&tenant) {
                self.order.push_back(tenant);
            }
            parts.push(Part { tenant, work, timers: true });
            if alone {
                self.alone.remove(&tenant);
                wait = true;
                break;
            }
        }
        wait |= parts.len() == 1;
        parts.sort_by_key(|part| part.tenant);
        (parts, wait, unready)
    }

    fn take(&mut self, tenant: TenantId, share: usize, bulk: &mut usize) -> Vec<Submission> {
        let mut work = Vec::new();
        let Some(waiting) = self.waiting.get_mut(&tenant) else { return work };
        while work.len() < share {
            let next = waiting.interactive.pop_front().or_else(|| {
                let next = (*bulk > 0).then(|| waiting.bulk.pop_front()).flatten();
                *bulk -= usize::from(next.is_some());
                next
            });
            let Some(submission) = next else { break };
            if submission.deadline.is_some_and(|deadline| deadline <= Instant::now()) {
                answer(submission, Err(Reason::DeadlinePassed.into()));
                continue;
            }
            work.push(submission);
        }
        if waiting.is_empty() {
            self.waiting.remove(&tenant);
        }
        work
    }

    /// Puts commands back to the front of their queue.
    pub(super) fn put_back(&mut self, part: Part) {
        if part.work.is_empty() {
            return;
        }
        let waiting = self.waiting.entry(part.tenant).or_default();
        for submission in part.work.into_iter().rev() {
            match submission.priority {
                Priority::Interactive => waiting.interactive.push_front(submission),
                Priority::Bulk => waiting.bulk.push_front(submission),
            }
        }
        if !self.order.contains(&part.tenant) {
            self.order.push_front(part.tenant);
        }
    }

    /// Takes everything of a tenant out.
    pub(super) fn give_up(&mut self, tenant: TenantId) -> Vec<Submission> {
        self.order.retain(|turn| *turn != tenant);
        let waiting = self.waiting.remove(&tenant).unwrap_or_default();
        waiting.interactive.into_iter().chain(waiting.bulk).collect()
    }
}
