//! What to do when a stream ends: open it again or stop, from which position, and after how long.
//! Pure; chance comes in as a number from 0 to 1. An orderly end is no failure, and a stream that
//! held is well again; but whatever the server does, waits grow while streams end soon after they
//! opened, so that a broken server is not asked in a hot loop.

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
/// Bound of the wait after an orderly end for which the server asks none: so many consoles come at
/// different moments.
const ORDERLY_MAX: Duration = Duration::from_secs(1);
/// A stream that held this long starts its waits anew.
const HELD_AFTER: Duration = Duration::from_secs(5);
/// Orderly ends in a row, of streams that did not hold, from which on they wait as failures do.
const QUICK_MAX: u32 = 3;
/// Broken promises of the server in a row after which a stream stops,
const FAULTS_MAX: u32 = 5;
/// and how long it must hold to be trusted again.
const TRUSTED_AFTER: Duration = Duration::from_secs(60);

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
    /// Failures since a stream held.
    failures: u32,
    /// Orderly ends since then.
    quick: u32,
    faults: u32,
    /// Whether the newest end was mended by a fresh credential.
    renewed: bool,
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
        self.look_back(lived);
        self.renewed = false;
        match ending {
            Ending::Goodbye(goodbye) => self.orderly(goodbye, chance),
            Ending::Failed(error) => self.failed(error, tracker, chance),
            Ending::Silent | Ending::Closed => reopen(self.backoff(STREAM, chance), From::Here),
            Ending::Fault(fault) => {
                let error = Error::local(Code::Internal, format!("the stream breaks: {fault}"));
                self.fault(error, chance)
            }
        }
    }

    /// Whether an end may be mended by a fresh credential. One that was just mended so and is
    /// refused again before anything opened stands.
    pub(crate) fn may_renew(&self, ending: &Ending, lived: Option<Duration>) -> bool {
        let about_credentials = match ending {
            Ending::Goodbye(goodbye) => goodbye.reason() == GoodbyeReason::CredentialsExpired,
            Ending::Failed(error) => error.code() == Code::Unauthenticated,
            _ => false,
        };
        about_credentials && (lived.is_some() || !self.renewed)
    }

    /// Decides after an end that a fresh credential mends.
    pub(crate) fn renew(&mut self, lived: Option<Duration>, chance: f64) -> Next {
        self.look_back(lived);
        self.renewed = true;
        let quick = self.next_quick();
        reopen(STREAM.wait(quick, chance), From::Here)
    }

    fn look_back(&mut self, lived: Option<Duration>) {
        let lived = lived.unwrap_or_default();
        if lived >= HELD_AFTER {
            (self.failures, self.quick) = (0, 0);
        }
        if lived >= TRUSTED_AFTER {
            self.faults = 0;
        }
    }

    /// The wait after one more failure.
    fn backoff(&mut self, waits: Backoff, chance: f64) -> Duration {
        let failures = self.failures;
        self.failures = failures.saturating_add(1);
        waits.wait(failures, chance)
    }

    /// The wait after one more orderly end.
    fn pause(&mut self, asked: Option<Duration>, chance: f64) -> Duration {
        let asked = asked.unwrap_or_else(|| ORDERLY_MAX.mul_f64(chance.clamp(0.0, 1.0)));
        match self.next_quick() {
            quick if quick < QUICK_MAX => asked,
            quick => asked.max(STREAM.wait(quick, chance)),
        }
    }

    fn next_quick(&mut self) -> u32 {
        let quick = self.quick;
        self.quick = quick.saturating_add(1);
        quick
    }

    fn orderly(&mut self, goodbye: &Goodbye, chance: f64) -> Next {
        let from = match goodbye.action() {
            GoodbyeAction::Stop => return Next::Stop(Error::goodbye(goodbye.reason())),
            GoodbyeAction::Resume => From::Here,
            GoodbyeAction::Resync | GoodbyeAction::Unspecified => From::Beginning,
        };
        reopen(self.pause(goodbye.reconnect_after.and_then(wait_of), chance), from)
    }

    fn failed(&mut self, error: &Error, tracker: &Tracker, chance: f64) -> Next {
        if let Some(from) = new_position(error, tracker) {
            return reopen(self.backoff(STREAM, chance), from);
        }
        if error.is(ErrorReason::Draining) {
            // It still answers, and says when to come back; another will, or it itself.
            let asked = error.retry_after().map(|asked| asked + STREAM.wait(0, chance));
            return reopen(self.pause(asked, chance), From::Here);
        }
        let asked = error.retry_after().unwrap_or_default();
        match error.code() {
            Code::Unavailable | Code::Cancelled | Code::Aborted | Code::DeadlineExceeded => {
                reopen(asked + self.backoff(STREAM, chance), From::Here)
            }
            Code::ResourceExhausted => reopen(asked + self.backoff(CROWDED, chance), From::Here),
            Code::Internal | Code::Unknown => self.fault(error.clone(), chance),
            _ => Next::Stop(error.clone()),
        }
    }

    fn fault(&mut self, error: Error, chance: f64) -> Next {
        self.faults += 1;
        if self.faults >= FAULTS_MAX {
            return Next::Stop(error);
        }
        reopen(self.backoff(STREAM, chance), From::Here)
    }
}

fn reopen(wait: Duration, from: From) -> Next {
    Next::Reopen { wait, from }
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
