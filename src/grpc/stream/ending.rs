//! Why a stream has to end although its log goes on: told to its pump by whoever noticed beside it,
//! such as the task that reads what comes up.

use crate::grpc::Edge;
use crate::proto::v1::{self, GoodbyeAction, GoodbyeReason};
use domain::refusal::Reason;
use domain::tenant::Caller;
use domain::time::Span;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};
use tonic::Status;
use uuid::Uuid;

/// Where a reason to end is told. Clones share it; the first reason holds.
#[derive(Clone, Debug)]
pub(super) struct Ending(watch::Sender<Option<GoodbyeReason>>);

impl Ending {
    /// One that nobody has told a reason.
    pub(super) fn new() -> Self {
        Self(watch::Sender::new(None))
    }

    /// Tells why.
    pub(super) fn tell(&self, reason: GoodbyeReason) {
        self.0.send_if_modified(|told| {
            let first = told.is_none();
            told.get_or_insert(reason);
            first
        });
    }

    /// Waits until somebody tells why.
    pub(super) async fn told(&self) -> GoodbyeReason {
        let mut told = self.0.subscribe();
        let reason = told.wait_for(Option::is_some).await.ok().and_then(|reason| *reason);
        match reason {
            Some(reason) => reason,
            None => std::future::pending().await,
        }
    }
}

/// How a stream ended.
pub(super) enum End {
    /// Its reader is gone.
    Gone,
    /// For this reason.
    Goodbye(GoodbyeReason),
    /// An operator closed it.
    Dismissed(GoodbyeAction),
    /// It could not go on.
    Failed(Status),
}

impl End {
    /// Why a stream ended, in one word.
    pub(super) fn name(&self) -> &'static str {
        match self {
            End::Gone => "GONE",
            End::Goodbye(reason) => reason_name(*reason),
            End::Dismissed(action) => reason_name(dismissal(*action).reason()),
            End::Failed(_) => "FAILED",
        }
    }
}

/// A reason without what all of them begin with.
pub(super) fn reason_name(reason: GoodbyeReason) -> &'static str {
    reason.as_str_name().trim_start_matches("GOODBYE_REASON_")
}

/// How often it is asked whether a caller's credential is still good. What changes it on this node
/// is known at once; together with how long a look-up is believed this bounds the time on others.
const ASK: Duration = Duration::from_secs(5);

/// How long before a credential ends its stream says goodbye.
const BEFORE_END: Span = Span::from_secs(1);

/// Watches over a caller's credential while their stream is open.
pub(super) struct Vigil {
    edge: Edge,
    caller: Caller,
    changes: watch::Receiver<u64>,
    next: Instant,
}

impl Vigil {
    /// One over this caller; it begins with a question.
    pub(super) fn over(edge: &Edge, caller: Caller) -> Self {
        let (edge, changes) = (edge.clone(), edge.app.standing_changes());
        Self { edge, caller, changes, next: Instant::now() }
    }

    /// Waits until it is time to ask again.
    pub(super) async fn due(&mut self) {
        tokio::select! {
            () = sleep_until(self.next) => {}
            changed = self.changes.changed() => if changed.is_err() {
                sleep_until(self.next).await;
            }
        }
    }

    /// Why the caller may no longer hold the stream; none if they may.
    pub(super) async fn ask(&mut self) -> Option<GoodbyeReason> {
        let now = self.edge.app.now().await.ok()?;
        let left = self.caller.until().map(|until| until.micros() - (now + BEFORE_END).micros());
        if left.is_some_and(|left| left <= 0) {
            return Some(GoodbyeReason::CredentialsExpired);
        }
        let left = left.and_then(|left| u64::try_from(left).ok());
        self.next = Instant::now() + left.map_or(ASK, |left| ASK.min(Duration::from_micros(left)));
        let refused = self.edge.app.still_valid(&self.caller).await.err()?;
        goodbye_for(refused.0.reason)
    }
}

/// What to do after a goodbye, and when; the wait differs from stream to stream, so that not all
/// come back at once.
pub(super) fn farewell(reason: v1::GoodbyeReason) -> v1::Goodbye {
    use v1::{GoodbyeAction as Action, GoodbyeReason as Why};
    let action = match reason {
        Why::LogRewound => Action::Resync,
        Why::CredentialsExpired
        | Why::TenantSuspended
        | Why::SubjectGone
        | Why::Replaced
        | Why::ProtocolError
        | Why::ClosedByOperator => Action::Stop,
        _ => Action::Resume,
    };
    let millis = 100 + i64::try_from(Uuid::new_v4().as_u128() % 1900).unwrap_or(0);
    v1::Goodbye {
        reason: reason.into(),
        action: action.into(),
        reconnect_after: Some(prost_types::Duration {
            seconds: millis / 1000,
            nanos: i32::try_from(millis % 1000 * 1_000_000).unwrap_or(0),
        }),
    }
}

/// The goodbye of an operator, who says what is to be done after it.
pub(super) fn dismissal(action: v1::GoodbyeAction) -> v1::Goodbye {
    v1::Goodbye { action: action.into(), ..farewell(v1::GoodbyeReason::ClosedByOperator) }
}

/// The goodbye that a refusal of the caller's credential stands for. A database that is away for a
/// moment is no reason to end what is open.
pub(super) const fn goodbye_for(reason: Reason) -> Option<GoodbyeReason> {
    match reason {
        Reason::CredentialsInvalid => Some(GoodbyeReason::CredentialsExpired),
        Reason::TenantSuspended => Some(GoodbyeReason::TenantSuspended),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_first_reason_holds() {
        let ending = Ending::new();
        let told = tokio::spawn({
            let ending = ending.clone();
            async move { ending.told().await }
        });
        ending.tell(GoodbyeReason::ProtocolError);
        ending.tell(GoodbyeReason::TenantSuspended);
        assert_eq!(told.await.expect("it is told"), GoodbyeReason::ProtocolError);
        assert_eq!(ending.told().await, GoodbyeReason::ProtocolError, "also to who asks late");
    }
}
