//! What to do when a stream ends: open it again or stop, from which position, and after how long.
//! Pure; chance comes in as a number from 0 to 1. Whatever the server does, waits grow, so that a
//! broken server is not asked in a hot loop.

use crate::error::{Error, wait_of};
use crate::retry::Backoff;
use crate::stream::state::StreamState;
use crate::stream::tracker::{Fault, Kind, Start, Tracker};
use crate::v1::{ErrorReason, Goodbye, GoodbyeAction, GoodbyeReason};
use std::time::Duration;
use tonic::Code;

/// Waits between attempts to open a stream.
pub(crate) const STREAM: Backoff =
    Backoff { base: Duration::from_millis(250), cap: Duration::from_secs(30) };
/// Waits where the server said that it has too much to do.
const CROWDED: Backoff = Backoff { base: Duration::from_secs(1), cap: Duration::from_secs(30) };
/// A stream that held this long starts its waits anew.
const HEALTHY_AFTER: Duration = Duration::from_secs(60);
/// Quick ends in a row from which on even orderly ones wait.
const QUICK_MAX: u32 = 3;
/// Broken promises of the server in a row after which a stream stops.
const FAULTS_MAX: u32 = 5;

/// How a stream ended.
#[derive(Debug)]
pub(crate) enum Ending {
    Goodbye(Goodbye),
    /// Refused when it was opened, or failed later.
    Failed(Error),
    /// Nothing was heard for too long.
    Silent,
    /// Ended without Goodbye.
    Closed,
    Fault(Fault),
}

/// What to do then.
#[derive(Debug)]
pub(crate) enum Next {
    Reopen { wait: Duration, from: From },
    Stop(Error),
}

/// Where to open again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum From {
    /// Where it was.
    Here,
    /// Where it was, without the token.
    Sequence,
    /// At its natural beginning.
    Beginning,
    /// At this sequence of the feed.
    At(i64),
}

/// Counts ends.
#[derive(Debug, Default)]
pub(crate) struct Reconnect {
    failures: u32,
    faults: u32,
}

impl Reconnect {
    /// Decides after an end. `lived` is how long the stream was open; `None` if it never was.
    pub(crate) fn next(
        &mut self,
        ending: &Ending,
        tracker: &Tracker,
        lived: Option<Duration>,
        chance: f64,
    ) -> Next {
        if lived.is_some_and(|lived| lived >= HEALTHY_AFTER) {
            *self = Self::default();
        }
        let failures = self.failures;
        self.failures = failures.saturating_add(1);
        match ending {
            Ending::Goodbye(goodbye) => orderly(goodbye, failures, chance),
            Ending::Failed(error) => self.failed(error, tracker, failures, chance),
            Ending::Silent | Ending::Closed => reopen(STREAM.wait(failures, chance), From::Here),
            Ending::Fault(fault) => {
                let error = Error::local(Code::Internal, format!("the stream breaks: {fault}"));
                self.fault(error, failures, chance)
            }
        }
    }

    fn failed(&mut self, error: &Error, tracker: &Tracker, failures: u32, chance: f64) -> Next {
        if let Some(from) = new_position(error, tracker) {
            return reopen(STREAM.wait(failures, chance), from);
        }
        let asked = error.retry_after().unwrap_or_default();
        match error.code() {
            Code::Unavailable | Code::Cancelled | Code::Aborted | Code::DeadlineExceeded => {
                reopen(asked + STREAM.wait(failures, chance), From::Here)
            }
            Code::ResourceExhausted => reopen(asked + CROWDED.wait(failures, chance), From::Here),
            Code::Internal | Code::Unknown => self.fault(error.clone(), failures, chance),
            _ => Next::Stop(error.clone()),
        }
    }

    fn fault(&mut self, error: Error, failures: u32, chance: f64) -> Next {
        self.faults += 1;
        if self.faults >= FAULTS_MAX {
            return Next::Stop(error);
        }
        reopen(STREAM.wait(failures, chance), From::Here)
    }
}

fn reopen(wait: Duration, from: From) -> Next {
    Next::Reopen { wait, from }
}

fn orderly(goodbye: &Goodbye, failures: u32, chance: f64) -> Next {
    let from = match goodbye.action() {
        GoodbyeAction::Stop => return Next::Stop(Error::goodbye(goodbye.reason())),
        GoodbyeAction::Resume => From::Here,
        GoodbyeAction::Resync | GoodbyeAction::Unspecified => From::Beginning,
    };
    let backoff = STREAM.wait(failures, chance);
    let wait = match goodbye.reconnect_after.and_then(wait_of) {
        Some(asked) if failures < QUICK_MAX => asked,
        Some(asked) => asked.max(backoff),
        None => backoff,
    };
    reopen(wait, from)
}

/// Where to go on after the position was refused; `None` when the error is about something else or
/// when going on would hide that what the caller asked for is gone.
fn new_position(error: &Error, tracker: &Tracker) -> Option<From> {
    let start = tracker.start();
    let expired = error.is(ErrorReason::ResumeTokenExpired);
    let invalid = error.is(ErrorReason::ResumeTokenInvalid) && matches!(start, Start::Token(_));
    if start == Start::New || !(expired || invalid) {
        return None;
    }
    if tracker.kind() != Kind::Feed {
        return Some(From::Beginning);
    }
    if !tracker.has_opened() {
        return None;
    }
    if invalid {
        return Some(From::Sequence);
    }
    let oldest = error.metadata().get("oldest_seq").and_then(|seq| seq.parse().ok());
    Some(oldest.map_or(From::Beginning, From::At))
}

/// The state in which a stream is while it is opened again.
pub(crate) fn state_after(ending: &Ending) -> StreamState {
    match ending {
        Ending::Goodbye(goodbye) if goodbye.reason() == GoodbyeReason::ServerDrain => {
            StreamState::Draining
        }
        _ => StreamState::Resuming,
    }
}

#[cfg(test)]
mod tests;
