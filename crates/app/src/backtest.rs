//! A tenant's own past played again by another policy: who came, how offers were answered, how long
//! work took and when agents were there is read from the log, and the router decides anew, once by
//! what was configured and once with changes. The log alone is read; nothing personal is in it.

mod changes;
mod left_out;
mod rules;

pub use changes::{Changes, MORE_MAX, More, QueueChange};
pub use left_out::LeftOut;
pub use rules::RuleChange;

use crate::App;
use crate::context::Context;
use crate::error::Result;
use crate::ledger::payload;
use crate::simulate::{Answer, Policy, Progress, Reproduced};
use domain::id::QueueId;
use domain::refusal::{Reason, Refusal};
use domain::time::{Span, Timestamp};
use engine::sim::figures::{differences, estimates};
use engine::sim::past::Reading;
use engine::sim::replay::{Draws, History, Played, Seen, replay};
use engine::sim::tally::Counts;
use std::collections::BTreeMap;
use store::{LogRow, TenantReader};

/// How many rows of the log are read at a time.
const PAGE: u32 = 500;

/// How many events of a log the service reads for one past; the command line reads any.
pub const EVENTS_MAX: i64 = 500_000;

/// How often the service plays a past with as many events, both policies together.
const PLAYED_MAX: u64 = 20_000_000;

/// Said of a past in which there is nothing to play.
const NOTHING: &str = "nothing came in that time";

/// What of a past is to be tried.
#[derive(Clone, Debug)]
pub struct Retrial {
    /// From when to when.
    pub times: (Timestamp, Timestamp),
    /// The wait that counts as prompt.
    pub within: Span,
    /// What chance begins with.
    pub seed: u64,
    /// How often it is played.
    pub runs: u64,
    /// The policy in place of what was configured.
    pub policy: Option<Policy>,
    /// What is other in the second one.
    pub changes: Option<Changes>,
}

/// A time of a tenant's past, ready to be played again.
#[derive(Clone, Debug, Default)]
pub struct Recording {
    /// What was.
    pub history: History,
    /// Names of the queues there are.
    pub names: BTreeMap<QueueId, String>,
}

impl Recording {
    /// Reads what came between two instants; `told` hears how far the log is read. No more than
    /// `most` events are read.
    ///
    /// # Errors
    /// `MOMENT_NOT_HELD` if the log does not begin at its beginning any more; `MOMENT_TOO_FAR` if
    /// there are more events; if the database cannot be reached, or its log cannot be read.
    pub async fn read(
        reader: &TenantReader,
        times: (Timestamp, Timestamp),
        (within, most): (Span, i64),
        mut told: impl FnMut(i64),
    ) -> Result<Self> {
        let mut reading = Reading::new(times, within);
        let mut at = 0;
        loop {
            let rows = reader.log_after(at, PAGE).await?;
            if rows.is_empty() {
                break;
            }
            let page = tokio::task::spawn_blocking(move || take_page(reading, &rows, at));
            let over;
            (reading, at, over) = page.await.map_err(|_| crate::unavailable())??;
            if at > most {
                return Err(Refusal::new(Reason::MomentTooFar).with("max", most).into());
            }
            told(at);
            if over {
                break;
            }
        }
        let mut names = BTreeMap::new();
        let mut after = None;
        loop {
            let page = reader.queues(after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.id);
            names.extend(page.into_iter().map(|queue| (queue.id, queue.name)));
        }
        Ok(Self { history: reading.finish(), names })
    }

    /// The past that a caller wants to try, bounded in what is read and played.
    ///
    /// # Errors
    /// Those of [`Recording::read`], and `WORLD_INVALID`.
    pub async fn of(app: &App, context: &Context, retrial: &Retrial) -> Result<Self> {
        let reader = app.read(context);
        let bounds = (retrial.within, EVENTS_MAX);
        let mut read = Self::read(&reader, retrial.times, bounds, |_| {}).await?;
        let wrong = |problem: String| Refusal::new(Reason::WorldInvalid).with("problem", problem);
        let runs = retrial.runs * (1 + u64::from(retrial.changes.is_some()));
        let each = 8 * read.history.arrivals.len() as u64;
        if each.saturating_mul(runs) > PLAYED_MAX {
            let problem = "so many runs of so long a past are too much";
            return Err(wrong(problem.to_owned()).into());
        }
        if read.history.arrivals.is_empty() {
            return Err(wrong(NOTHING.to_owned()).into());
        }
        if retrial.policy.is_some() {
            let changes = Changes::default().with_policy(retrial.policy);
            read.history = read.changed(&changes).map_err(wrong)?;
        }
        if let Some(changes) = &retrial.changes {
            read.changed(changes).map_err(wrong)?;
        }
        Ok(read)
    }

    /// The same with changes.
    ///
    /// # Errors
    /// What of them cannot be, in words.
    pub fn changed(&self, changes: &Changes) -> std::result::Result<History, String> {
        Ok(changes.of(&self.history, &self.names)?.history)
    }

    /// Plays it, and again with changes if there are any; `told` hears how far it is and says
    /// whether to go on. None if it was stopped.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn play(
        &self,
        changes: Option<&Changes>,
        (seed, runs): (u64, u64),
        within: Span,
        mut told: impl FnMut(Progress) -> bool,
    ) -> std::result::Result<Option<Answer>, String> {
        if self.history.arrivals.is_empty() {
            return Err(NOTHING.to_owned());
        }
        let changed = changes.map(|changes| changes.of(&self.history, &self.names)).transpose()?;
        let of_changed = changed.as_ref().map(|changed| &changed.history);
        let queues = queues_of(&self.history, of_changed);
        let name = |id: &QueueId| self.names.get(id).cloned().unwrap_or_else(|| id.to_string());
        let classes: Vec<String> = queues.iter().map(name).collect();
        let names: Vec<&str> = classes.iter().map(String::as_str).collect();
        let mut progress =
            Progress { done: 0, runs: runs * (1 + u64::from(changed.is_some())), came: 0 };
        let mut all = |history: &History| {
            let (mut figures, mut events) = (Vec::new(), 0);
            for run in 0..runs {
                let counts = replay(history, Draws::Anew { seed, run }, within).counts;
                events += counts.events;
                figures.push(counts.figures(&names));
                progress.done += 1;
                if !told(progress) {
                    return None;
                }
            }
            Some((figures, events))
        };
        let history = with_queues(&self.history, &queues);
        let Some((first, events)) = all(&history) else { return Ok(None) };
        let second = match of_changed {
            None => None,
            Some(changed) => {
                let Some((second, _)) = all(&with_queues(changed, &queues)) else {
                    return Ok(None);
                };
                Some((estimates(&second), differences(&second, &first)))
            }
        };
        let as_it_was = replay(&history, Draws::AsTheyWere(seed), within);
        Ok(Some(Answer {
            world: "the past".to_owned(),
            seed,
            runs,
            seen: Some(seen(&history, &names)),
            reproduced: Some(reproduced(&history, &as_it_was, &names)),
            left_out: left_out::of(&history.unplayed, changed.map_or(0, |one| one.unjudged)),
            first: estimates(&first),
            second,
            events,
            classes,
        }))
    }
}

/// Takes in rows of the log after a place; how far it is then, and whether nothing after that is of
/// use.
fn take_page(mut reading: Reading, rows: &[LogRow], mut at: i64) -> Result<(Reading, i64, bool)> {
    for row in rows {
        if !reading.wants(row.now) {
            return Ok((reading, at, true));
        }
        if row.first_seq > at + 1 {
            // Older rows are gone: what was configured then is not known.
            return Err(Refusal::new(Reason::MomentNotHeld).into());
        }
        for event in payload::events(row)? {
            reading.take_in(&event);
        }
        at = row.last_seq;
    }
    Ok((reading, at, false))
}

/// Every queue that something came to, or would have.
fn queues_of(was: &History, changed: Option<&History>) -> Vec<QueueId> {
    let others = changed.into_iter().flat_map(|history| &history.arrivals);
    let others = others.map(|arrival| arrival.queue_id);
    let mut all: Vec<QueueId> = was.seen.keys().copied().chain(others).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// The same with all these queues counted. What was seen in a queue that nothing came to is what
/// was seen in all.
fn with_queues(history: &History, queues: &[QueueId]) -> History {
    let mut history = history.clone();
    let mut all = Seen::default();
    for seen in history.seen.values() {
        all.handled.extend(&seen.handled);
        all.answers.extend(&seen.answers);
        all.waited += seen.waited;
        all.left += seen.left;
    }
    for queue in queues {
        history.seen.entry(*queue).or_insert_with(|| all.clone());
    }
    history
}

/// The figures of what really was.
fn seen(history: &History, names: &[&str]) -> BTreeMap<String, f64> {
    let tallies = history.seen.values().map(|seen| seen.tally).collect();
    let counts = Counts { classes: tallies, ..Counts::default() };
    let mut seen = counts.figures(names);
    // The log says who was answered, not how busy whom that made.
    seen.retain(|name, _| name != "occupancy" && !name.starts_with("work "));
    seen
}

/// How well the past comes out as it was where everything brings what it brought.
fn reproduced(history: &History, played: &Played, names: &[&str]) -> Reproduced {
    let mut found = Reproduced { figures: played.counts.figures(names), ..Reproduced::default() };
    for (arrival, again) in history.arrivals.iter().zip(&played.taken) {
        let Some((agent, wait)) = arrival.was.taken else { continue };
        found.taken += 1;
        found.same_agent += u64::from(again.is_some_and(|(other, _)| other == agent));
        found.same_wait += u64::from(again.is_some_and(|(_, other)| other == wait));
    }
    found
}
