//! Why a stream has to end although its log goes on: told to its pump by whoever noticed beside it,
//! such as the task that reads what comes up.

use crate::grpc::Edge;
use crate::proto::v1::{self, GoodbyeAction, GoodbyeReason};
use domain::refusal::Reason;
use domain::tenant::Caller;
use tokio::sync::watch;
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

/// Why a caller may no longer hold a stream; none if they may.
pub(super) async fn no_longer_allowed(edge: &Edge, caller: &Caller) -> Option<GoodbyeReason> {
    let refused = edge.app.still_valid(caller).await.err()?;
    goodbye_for(refused.0.reason)
}

/// What to do after a goodbye, and when; the wait differs from stream to stream, so that not all
/// come back at once.
pub(super) fn farewell(reason: GoodbyeReason) -> v1::Goodbye {
    use GoodbyeAction as Action;
    use GoodbyeReason as Why;
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
pub(super) fn dismissal(action: GoodbyeAction) -> v1::Goodbye {
    v1::Goodbye { action: action.into(), ..farewell(GoodbyeReason::ClosedByOperator) }
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
