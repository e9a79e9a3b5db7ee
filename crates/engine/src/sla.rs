//! How promises stand: which policy is chosen, and how its clocks move. Moving is a fold of what
//! the log records, and of nothing else, so that a clock shows the same live, after a restart and
//! on replay.
//!
//! Two kinds of clock. Those of *replies* and of the answer begin anew each time they are needed
//! and never pause. Those of *resolution* pause and go on: while what the policy names holds, and
//! from the end to a reopening. The first resolution does not begin again; the total goes on
//! counting.
//!
//! What is counted are the open hours of the calendar that was pinned when the promise was made.

mod concerns;

pub use concerns::{chooses, concerns};

use crate::calendar;
use domain::calendar::{CalendarSpec, Versions};
use domain::channel::ChannelKind;
use domain::escalation::EscalationSpec;
use domain::event::{ActorKind, Event, LifeFact, Recorded};
use domain::id::{CalendarId, EscalationPolicyId, InteractionId, QueueId, ScheduleId, SlaPolicyId};
use domain::interaction::Priority;
use domain::message::Direction;
use domain::sla::{Sla, SlaClock, SlaFact, SlaMetric, SlaPause, SlaSpec, SlaTerm, SlaTerms};
use domain::time::{Span, Timestamp};
use imbl::OrdMap;
use std::sync::Arc;

/// What a customer who is called back at a time they chose is not kept waiting for.
const REPLIES: &[SlaMetric] =
    &[SlaMetric::FirstResponse, SlaMetric::NextResponse, SlaMetric::TimeToAnswer];

/// A policy as the floor has it, with its version.
pub type Policy = (i64, Arc<SlaSpec>);

/// Policies and calendars of a tenant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Promises {
    /// Calendars, with the versions that running clocks may still go by.
    pub calendars: OrdMap<CalendarId, Arc<Versions<CalendarSpec>>>,
    /// The policies.
    pub policies: OrdMap<SlaPolicyId, Policy>,
    /// Escalation policies, with their versions.
    pub ladders: OrdMap<EscalationPolicyId, (i64, Arc<EscalationSpec>)>,
    /// Schedules of agents, with their versions.
    pub schedules: OrdMap<ScheduleId, crate::shift::Held>,
}

/// What a policy is chosen by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subject {
    /// The queue.
    pub queue_id: Option<QueueId>,
    /// The priority.
    pub priority: Priority,
    /// The kind of channel.
    pub channel: ChannelKind,
    /// The customer's tier; see [`tier_key`].
    pub tier: u64,
}

/// The number that stands for a tier where its text must not be; 0 for none. FNV-1a.
#[must_use]
pub fn tier_key(tier: &str) -> u64 {
    if tier.is_empty() {
        return 0;
    }
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    tier.bytes().fold(0xcbf2_9ce4_8422_2325, step)
}

impl Promises {
    /// A calendar as it is now.
    #[must_use]
    pub fn calendar(&self, id: CalendarId) -> Option<&CalendarSpec> {
        self.calendars.get(&id).map(|versions| versions.latest())
    }

    /// The policy that is the first to match: by position, then by id.
    #[must_use]
    pub fn choose(&self, subject: Subject) -> Option<(SlaPolicyId, &Policy)> {
        let matching = self.policies.iter().filter(|(_, (_, spec))| matches(spec, subject));
        let first = matching.min_by_key(|(id, (_, spec))| (spec.position, **id));
        first.map(|(id, policy)| (*id, policy))
    }

    /// What is promised for a subject now.
    #[must_use]
    pub fn terms(&self, subject: Subject) -> SlaTerms {
        let Some((id, (version, spec))) = self.choose(subject) else {
            return SlaTerms {
                policy_id: None,
                version: 0,
                tier: subject.tier,
                targets: Vec::new(),
                warn_at: Vec::new(),
                pauses: Vec::new(),
                reapplies: true,
                urgency: Span::ZERO,
            };
        };
        SlaTerms {
            policy_id: Some(id),
            version: *version,
            tier: subject.tier,
            targets: spec.targets.iter().map(|target| self.pinned(target)).collect(),
            warn_at: spec.warn_at.clone(),
            pauses: spec.pauses.clone(),
            reapplies: spec.reapplies,
            urgency: spec.urgency,
        }
    }

    fn pinned(&self, target: &domain::sla::SlaTarget) -> SlaTerm {
        let newest = |id: CalendarId| (id, self.calendars.get(&id).map_or(0, |v| v.newest()));
        let calendar = target.calendar_id.map(newest);
        SlaTerm { metric: target.metric, target: target.target, calendar }
    }

    fn hours(&self, term: &SlaTerm) -> Option<&CalendarSpec> {
        let (id, version) = term.calendar?;
        self.calendars.get(&id).map(|versions| versions.at(version))
    }

    fn counted(&self, term: &SlaTerm, from: Timestamp, to: Timestamp) -> Span {
        match self.hours(term) {
            Some(hours) => calendar::open_time_between(hours, from, to),
            None => to.since(from),
        }
    }

    fn reached(&self, term: &SlaTerm, from: Timestamp, left: Span) -> Option<Timestamp> {
        match self.hours(term) {
            Some(hours) => calendar::add_open_time(hours, from, left),
            None => Some(from + left),
        }
    }
}

fn matches(spec: &SlaSpec, subject: Subject) -> bool {
    fn among<T: PartialEq>(list: &[T], one: &T) -> bool {
        list.is_empty() || list.contains(one)
    }
    let tier = spec.tiers.is_empty() || spec.tiers.iter().any(|t| tier_key(t) == subject.tier);
    let queue =
        spec.queues.is_empty() || subject.queue_id.is_some_and(|q| spec.queues.contains(&q));
    spec.enabled
        && queue
        && tier
        && among(&spec.priorities, &subject.priority)
        && among(&spec.channels, &subject.channel)
}

/// The promises made for a new interaction.
#[must_use]
pub fn begun(terms: &SlaTerms, at: Timestamp, promises: &Promises) -> Sla {
    let mut sla = Sla {
        terms: terms.clone(),
        clocks: Vec::new(),
        replied: false,
        awaiting_customer: false,
        answered: false,
        wrapping: false,
        resolved: false,
        rests: false,
    };
    apply(&mut sla, terms, at, promises);
    sla
}

/// Takes over other terms: time that was counted stays counted, what was breached stays breached,
/// and what is promised for the first time begins now.
fn apply(sla: &mut Sla, terms: &SlaTerms, at: Timestamp, promises: &Promises) {
    for clock in &mut sla.clocks {
        bank(clock, at, promises);
    }
    let mut old = std::mem::take(&mut sla.clocks);
    sla.terms = terms.clone();
    for term in &terms.targets {
        let held = old.iter().position(|clock| clock.term.metric == term.metric);
        let clock = match held.map(|at| old.remove(at)) {
            Some(clock) => SlaClock { term: *term, ..clock },
            None => new_clock(*term),
        };
        sla.clocks.push(clock);
    }
    // What is no longer promised is kept as far as it is history.
    sla.clocks.extend(old.into_iter().filter(|clock| !clock.is_live()));
    sla.clocks.sort_by_key(|clock| clock.term.metric);
    let needed: Vec<bool> = sla.clocks.iter().map(|clock| is_needed(sla, clock)).collect();
    let paused = is_paused(sla);
    for (clock, needed) in sla.clocks.iter_mut().zip(needed) {
        if clock.started_at.is_none() && needed {
            start(clock, at);
        }
        if clock.is_live() && !(paused && clock.term.metric.pauses()) {
            clock.running_since = Some(at);
        }
        aim(clock, &sla.terms.warn_at, promises);
    }
}

fn new_clock(term: SlaTerm) -> SlaClock {
    SlaClock {
        term,
        round: 0,
        started_at: None,
        running_since: None,
        spent: Span::ZERO,
        due_at: None,
        next_at: None,
        warned: 0,
        breached_at: None,
        stopped_at: None,
        dropped: false,
    }
}

/// Whether a clock that has not begun yet is to begin as things stand.
fn is_needed(sla: &Sla, clock: &SlaClock) -> bool {
    match clock.term.metric {
        SlaMetric::FirstResponse => !sla.replied,
        SlaMetric::NextResponse => sla.replied && !sla.awaiting_customer,
        SlaMetric::TimeToAnswer => !sla.answered,
        SlaMetric::Resolution | SlaMetric::TotalResolution => !sla.resolved,
    }
}

fn is_paused(sla: &Sla) -> bool {
    sla.terms.pauses.iter().any(|pause| match pause {
        SlaPause::AwaitingCustomer => sla.awaiting_customer || sla.rests,
        SlaPause::Wrapping => sla.wrapping,
    })
}

/// Begins a round.
fn start(clock: &mut SlaClock, at: Timestamp) {
    *clock = SlaClock {
        round: clock.round.saturating_add(1),
        started_at: Some(at),
        running_since: Some(at),
        ..new_clock(clock.term)
    };
}

/// Counts what ran until now.
fn bank(clock: &mut SlaClock, at: Timestamp, promises: &Promises) {
    if let Some(since) = clock.running_since.take() {
        let ran = promises.counted(&clock.term, since, at);
        clock.spent = Span::from_micros(clock.spent.micros().saturating_add(ran.micros()));
    }
}

/// Ends a round. A round whose time was used up before is breached, whether that was told or not.
fn stop(clock: &mut SlaClock, at: Timestamp, dropped: bool, promises: &Promises) {
    if !clock.is_live() {
        return;
    }
    let late = clock.running_since.is_some() && clock.due_at.is_some_and(|due| due <= at);
    if late && clock.breached_at.is_none() {
        clock.breached_at = Some(at);
    }
    bank(clock, at, promises);
    clock.stopped_at = Some(at);
    clock.dropped = dropped;
    clock.next_at = None;
}

/// Works out when a clock is due, and when there is something to tell of it.
fn aim(clock: &mut SlaClock, warn_at: &[u8], promises: &Promises) {
    clock.next_at = None;
    let Some(since) = clock.running_since else {
        if clock.is_live() {
            clock.due_at = None;
        }
        return;
    };
    let reached = |percent: i64| {
        let share = i128::from(clock.term.target.micros()) * i128::from(percent) / 100;
        let share = i64::try_from(share).unwrap_or(i64::MAX);
        promises.reached(&clock.term, since, Span::from_micros(share - clock.spent.micros()))
    };
    let due_at = reached(100);
    if clock.breached_at.is_none() {
        let warning = warn_at.get(usize::from(clock.warned));
        clock.next_at = warning.and_then(|percent| reached(i64::from(*percent))).or(due_at);
    }
    clock.due_at = due_at;
}

/// Moves the clocks of an interaction by what was recorded about it.
pub fn fold(sla: &mut Sla, recorded: &Recorded, promises: &Promises) {
    let at = recorded.at;
    match &recorded.event {
        Event::Sla(fact) => tell(sla, fact, at, promises),
        Event::MessageAdded { direction: Direction::Inbound, .. } => {
            sla.awaiting_customer = false;
            if sla.replied && !sla.resolved {
                restart(sla, SlaMetric::NextResponse, at, promises);
            }
            settle(sla, at, promises);
        }
        Event::MessageAdded { direction: Direction::Outbound, .. }
            if recorded.actor.kind != ActorKind::System =>
        {
            (sla.replied, sla.awaiting_customer) = (true, true);
            let replies = [SlaMetric::FirstResponse, SlaMetric::NextResponse];
            end(sla, &replies, (at, false), promises);
            settle(sla, at, promises);
        }
        Event::Life(LifeFact::Parked { .. }) => {
            sla.rests = true;
            settle(sla, at, promises);
        }
        Event::Life(LifeFact::Scheduled { .. }) => {
            sla.rests = true;
            end(sla, REPLIES, (at, true), promises);
            settle(sla, at, promises);
        }
        Event::Life(LifeFact::Woken { .. }) => {
            sla.rests = false;
            begin_again(sla, REPLIES, at, promises);
            settle(sla, at, promises);
        }
        Event::OfferAccepted { .. } => {
            (sla.answered, sla.wrapping) = (true, false);
            end(sla, &[SlaMetric::TimeToAnswer], (at, false), promises);
            settle(sla, at, promises);
        }
        Event::InteractionWrapping { .. } => {
            sla.wrapping = true;
            settle(sla, at, promises);
        }
        Event::InteractionQueued { .. } => {
            sla.wrapping = false;
            if sla.resolved {
                reopen(sla, at, promises);
            }
            settle(sla, at, promises);
        }
        Event::InteractionResolved { .. } => {
            let done = [SlaMetric::Resolution, SlaMetric::TotalResolution];
            end(sla, &done, (at, false), promises);
            end(sla, SlaMetric::ALL, (at, true), promises);
            sla.resolved = true;
        }
        event if event.gives_up() => end(sla, SlaMetric::ALL, (at, true), promises),
        _ => {}
    }
}

/// A warning or a breach that was recorded.
fn tell(sla: &mut Sla, fact: &SlaFact, at: Timestamp, promises: &Promises) {
    match fact {
        SlaFact::Applied { terms, .. } => apply(sla, terms, at, promises),
        SlaFact::Warned { metric, round, percent, .. } => {
            let warn_at = std::mem::take(&mut sla.terms.warn_at);
            if let Some(clock) = of(sla, *metric).filter(|clock| clock.round == *round) {
                let told = warn_at.iter().filter(|step| **step <= *percent).count();
                clock.warned = clock.warned.max(u8::try_from(told).unwrap_or(u8::MAX));
                aim(clock, &warn_at, promises);
            }
            sla.terms.warn_at = warn_at;
        }
        SlaFact::Breached { metric, round, .. } => {
            if let Some(clock) = of(sla, *metric).filter(|clock| clock.round == *round) {
                clock.breached_at = clock.breached_at.or(Some(at));
                clock.next_at = None;
            }
        }
        _ => {}
    }
}

fn of(sla: &mut Sla, metric: SlaMetric) -> Option<&mut SlaClock> {
    sla.clocks.iter_mut().find(|clock| clock.term.metric == metric)
}

/// Begins a round of what is promised, unless one is under way.
fn restart(sla: &mut Sla, metric: SlaMetric, at: Timestamp, promises: &Promises) {
    let promised = sla.terms.targets.iter().any(|term| term.metric == metric);
    let warn_at = std::mem::take(&mut sla.terms.warn_at);
    if let Some(clock) = of(sla, metric).filter(|clock| promised && !clock.is_live()) {
        start(clock, at);
        aim(clock, &warn_at, promises);
    }
    sla.terms.warn_at = warn_at;
}

fn end(sla: &mut Sla, metrics: &[SlaMetric], (at, dropped): (Timestamp, bool), of: &Promises) {
    let meant = |clock: &&mut SlaClock| metrics.contains(&clock.term.metric);
    for clock in sla.clocks.iter_mut().filter(meant) {
        stop(clock, at, dropped, of);
    }
}

/// Begins rounds of what was dropped and is needed once more.
fn begin_again(sla: &mut Sla, metrics: &[SlaMetric], at: Timestamp, promises: &Promises) {
    let again = |clock: &&SlaClock| metrics.contains(&clock.term.metric) && clock.dropped;
    let needed = sla.clocks.iter().filter(again).filter(|clock| is_needed(sla, clock));
    for metric in needed.map(|clock| clock.term.metric).collect::<Vec<_>>() {
        restart(sla, metric, at, promises);
    }
}

/// Resolved work starts again: the total goes on, and replies are needed again.
fn reopen(sla: &mut Sla, at: Timestamp, promises: &Promises) {
    sla.resolved = false;
    if let Some(clock) = of(sla, SlaMetric::TotalResolution).filter(|c| c.stopped_at.is_some()) {
        clock.stopped_at = None;
        clock.dropped = false;
    }
    begin_again(sla, &[SlaMetric::FirstResponse, SlaMetric::TimeToAnswer], at, promises);
    if sla.replied && !sla.awaiting_customer {
        restart(sla, SlaMetric::NextResponse, at, promises);
    }
}

/// Pauses and resumes what pauses, as things stand now.
fn settle(sla: &mut Sla, at: Timestamp, promises: &Promises) {
    let paused = is_paused(sla);
    let warn_at = std::mem::take(&mut sla.terms.warn_at);
    let pausing = |clock: &&mut SlaClock| clock.is_live() && clock.term.metric.pauses();
    for clock in sla.clocks.iter_mut().filter(pausing) {
        if paused == clock.running_since.is_none() {
            continue;
        }
        if paused {
            let late = clock.due_at.is_some_and(|due| due <= at);
            if late && clock.breached_at.is_none() {
                clock.breached_at = Some(at);
            }
            bank(clock, at, promises);
        } else {
            clock.running_since = Some(at);
        }
        aim(clock, &warn_at, promises);
    }
    sla.terms.warn_at = warn_at;
}

/// What of an interaction a fact tells beside its clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct About {
    /// Which interaction.
    pub interaction_id: InteractionId,
    /// Its queue.
    pub queue_id: Option<QueueId>,
    /// Its priority.
    pub priority: Priority,
}

/// What is to be told of an interaction's clocks by now: of each the breach, or the last warning
/// that is past.
#[must_use]
pub fn overdue(sla: &Sla, about: About, now: Timestamp, promises: &Promises) -> Vec<SlaFact> {
    let due = sla.clocks.iter().filter(|clock| clock.next_at.is_some_and(|at| at <= now));
    let told = due.filter_map(|clock| {
        let (metric, round, due_at) = (clock.term.metric, clock.round, clock.due_at);
        let About { interaction_id, queue_id, priority } = about;
        let policy_id = sla.terms.policy_id;
        if let Some(due_at) = due_at.filter(|at| *at <= now) {
            let of = SlaFact::Breached {
                interaction_id,
                metric,
                round,
                due_at,
                policy_id,
                queue_id,
                priority,
            };
            return Some(of);
        }
        let percent = past(clock, &sla.terms.warn_at, now, promises)?;
        Some(SlaFact::Warned {
            interaction_id,
            metric,
            round,
            percent,
            due_at,
            policy_id,
            queue_id,
        })
    });
    told.collect()
}

/// The last warning of a running clock that is past.
fn past(clock: &SlaClock, warn_at: &[u8], now: Timestamp, promises: &Promises) -> Option<u8> {
    let since = clock.running_since?;
    let spent = clock.spent.micros() + promises.counted(&clock.term, since, now).micros();
    let target = i128::from(clock.term.target.micros());
    let is_past = |percent: &&u8| {
        let share = target * i128::from(**percent) / 100;
        share <= i128::from(spent)
    };
    let mut later = warn_at.iter().skip(usize::from(clock.warned));
    // Its time has come, even if counting rounds it away.
    later.rfind(is_past).copied().or_else(|| warn_at.get(usize::from(clock.warned)).copied())
}
