//! How a ladder is climbed: what is due by now, and how it moves with what is recorded. A fold of
//! the log and of nothing else, so that a ladder shows the same live, after a restart and on
//! replay.
//!
//! Promises: a trigger goes off once as things stand; each level and each reminder is told once;
//! an agent who takes the work ends the climb until something sets it off again.

use domain::escalation::{Action, EscalationFact, Ladder, Trigger, TriggerKind, WatchedState};
use domain::event::{Event, LifeFact, Recorded};
use domain::id::{InteractionId, QueueId, TeamId};
use domain::interaction::Priority;
use domain::time::Timestamp;

/// What of an interaction a ladder looks at.
#[derive(Clone, Copy, Debug)]
pub struct Climber<'a> {
    /// Which interaction.
    pub interaction_id: InteractionId,
    /// Its queue.
    pub queue_id: Option<QueueId>,
    /// How urgent it is.
    pub priority: Priority,
    /// Its customer's tier.
    pub tier: &'a str,
    /// Whether it waits for an agent.
    pub waits: bool,
    /// Whether its plan has a step to open.
    pub can_widen: bool,
    /// The escalation team of those who have it.
    pub team_id: Option<TeamId>,
}

/// Whether an event may move ladders: a cheap look before a costly one.
#[must_use]
pub const fn concerns(event: &Event) -> bool {
    matches!(
        event,
        Event::Escalation(_)
            | Event::OfferAccepted { .. }
            | Event::InteractionQueued { .. }
            | Event::InteractionResolved { .. }
            | Event::InteractionCancelled { .. }
            | Event::Life(_)
    )
}

/// Moves the ladder of an interaction by what was recorded about it.
pub fn fold(ladder: &mut Ladder, recorded: &Recorded) {
    let at = recorded.at;
    match &recorded.event {
        Event::Escalation(EscalationFact::Triggered { index, trigger, .. }) => {
            ladder.fired |= 1_u16.checked_shl(u32::from(*index)).unwrap_or(0);
            ladder.trigger = Some(*trigger);
            if ladder.climbs_since.is_none() {
                ladder.climbs_since = Some(at);
                ladder.reminded = 0;
            }
        }
        Event::Escalation(EscalationFact::Raised { level, .. }) => {
            ladder.level = *level;
            ladder.raised_at = Some(at);
        }
        Event::Escalation(EscalationFact::Reminded { count, .. }) => ladder.reminded = *count,
        Event::OfferAccepted { .. } => {
            ladder.climbs_since = None;
            enter(ladder, true, at);
        }
        Event::InteractionQueued { .. } if ladder.owned => enter(ladder, false, at),
        // Whoever lets it rest has taken care of it; its time in a state begins when it wakes.
        Event::Life(LifeFact::CallbackRequested { .. }) => {}
        Event::Life(LifeFact::Parked { .. } | LifeFact::Scheduled { .. }) => {
            ladder.rests = true;
            ladder.climbs_since = None;
        }
        Event::Life(LifeFact::Woken { .. }) => {
            ladder.rests = false;
            enter(ladder, ladder.owned, at);
        }
        Event::InteractionResolved { .. } | Event::InteractionCancelled { .. } | Event::Life(_) => {
            ladder.resolved = true;
            ladder.climbs_since = None;
        }
        _ => {}
    }
}

/// Another state: its time begins, and what looks at time in one of the two may go off again.
fn enter(ladder: &mut Ladder, owned: bool, at: Timestamp) {
    (ladder.owned, ladder.state_since) = (owned, at);
    for (index, trigger) in ladder.spec.triggers.iter().enumerate() {
        let again = matches!(
            trigger,
            Trigger::TimeInState { state: WatchedState::Waiting | WatchedState::Owned, .. }
        );
        if again {
            ladder.fired &= !(1 << index);
        }
    }
}

/// The next thing to be told of a ladder by now. Once it is told, there may be more.
#[must_use]
pub fn due(ladder: &Ladder, of: Climber<'_>, now: Timestamp) -> Option<EscalationFact> {
    if ladder.next_at().is_none_or(|at| at > now) {
        return None;
    }
    let is_due = |at: Option<Timestamp>| at.is_some_and(|at| at <= now);
    let fires = (0..ladder.spec.triggers.len()).find(|index| is_due(ladder.fires_at(*index)));
    if let Some(index) = fires {
        return Some(triggered(ladder, of, index));
    }
    if is_due(ladder.next_level_at()) {
        return Some(raised(ladder, of));
    }
    Some(EscalationFact::Reminded {
        interaction_id: of.interaction_id,
        policy_id: ladder.policy_id,
        level: ladder.level,
        count: reminders_past(ladder, now),
        queue_id: of.queue_id,
    })
}

/// How many reminders of a climb are past: a node that comes late gives one for all of them.
fn reminders_past(ladder: &Ladder, now: Timestamp) -> u8 {
    let since = ladder.climbs_since.unwrap_or(now);
    let past = ladder.spec.reminders.iter().filter(|after| since + **after <= now).count();
    u8::try_from(past).unwrap_or(u8::MAX).max(ladder.reminded.saturating_add(1))
}

/// What sets a ladder off by what the interaction is, if that did not yet.
#[must_use]
pub fn standing(ladder: &Ladder, of: Climber<'_>) -> Option<EscalationFact> {
    let holds = |trigger: &Trigger| match trigger {
        Trigger::Priority(least) => of.priority >= *least,
        Trigger::CustomerTier(tiers) => tiers.iter().any(|tier| tier == of.tier),
        _ => false,
    };
    let triggers = ladder.spec.triggers.iter().enumerate();
    let mut new = triggers.filter(|(index, _)| !ladder.has_fired(*index) && !ladder.resolved);
    new.find(|(_, trigger)| holds(trigger)).map(|(index, _)| triggered(ladder, of, index))
}

/// What was said or asked sets a ladder off, unless it climbs already.
#[must_use]
pub fn called(
    ladder: &Ladder,
    of: Climber<'_>,
    is_meant: impl Fn(&Trigger) -> bool,
) -> Option<EscalationFact> {
    if ladder.climbs_since.is_some() || ladder.resolved {
        return None;
    }
    let index = ladder.spec.triggers.iter().position(is_meant)?;
    Some(triggered(ladder, of, index))
}

fn triggered(ladder: &Ladder, of: Climber<'_>, index: usize) -> EscalationFact {
    EscalationFact::Triggered {
        interaction_id: of.interaction_id,
        policy_id: ladder.policy_id,
        index: u8::try_from(index).unwrap_or(u8::MAX),
        trigger: ladder.spec.triggers[index].kind(),
        queue_id: of.queue_id,
    }
}

/// The next level, with what it does to the interaction as that stands.
fn raised(ladder: &Ladder, of: Climber<'_>) -> EscalationFact {
    let level = ladder.spec.levels.get(usize::from(ladder.level));
    let actions = level.map_or(&[][..], |level| level.actions.as_slice());
    let (mut priority, mut queue_id, mut notified) = (of.priority, of.queue_id, Vec::new());
    let (mut widened, mut paged) = (false, Vec::new());
    for action in actions {
        match action {
            Action::RaisePriority(to) => {
                let up = Priority::from_code(priority.code() + 1).unwrap_or(Priority::Critical);
                priority = priority.max(to.unwrap_or(up));
            }
            Action::Widen => widened = of.waits && of.can_widen,
            Action::MoveToQueue(to) if of.waits => queue_id = Some(*to),
            Action::MoveToQueue(_) => {}
            Action::Notify(team) => notified.push(*team),
            Action::NotifyEscalationTeam => notified.extend(of.team_id),
            Action::Reassign(to) if of.waits || ladder.owned => queue_id = Some(*to),
            Action::Reassign(_) => {}
            Action::Page(account) if !paged.contains(account) => paged.push(*account),
            Action::Page(_) => {}
        }
    }
    EscalationFact::Raised {
        interaction_id: of.interaction_id,
        policy_id: ladder.policy_id,
        level: ladder.level.saturating_add(1),
        trigger: ladder.trigger.unwrap_or(TriggerKind::TimeInState),
        priority,
        widened,
        queue_id,
        notified,
        paged,
    }
}

/// Whether one of some words stands in a text as words of its own, in whatever case.
#[must_use]
pub fn says(words: &[String], text: &str) -> bool {
    let spaced = |text: &str| {
        let mut out = String::from(" ");
        let lower = text.to_lowercase();
        for part in lower.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty()) {
            out.push_str(part);
            out.push(' ');
        }
        out
    };
    let text = spaced(text);
    words.iter().map(|word| spaced(word)).any(|word| word != " " && text.contains(&word))
}
