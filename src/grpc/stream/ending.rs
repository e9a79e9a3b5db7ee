//! Why a stream has to end although its log goes on: told to its pump by whoever noticed beside it,
//! such as the task that reads what comes up.

use super::dismissal;
use crate::grpc::Edge;
use crate::proto::v1::{GoodbyeAction, GoodbyeReason};
use domain::refusal::Reason;
use domain::tenant::Caller;
use tokio::sync::watch;
use tonic::Status;

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

/// Why a caller may no longer hold a stream; none if they may.
pub(super) async fn no_longer_allowed(edge: &Edge, caller: &Caller) -> Option<GoodbyeReason> {
    let refused = edge.app.still_valid(caller).await.err()?;
    goodbye_for(refused.0.reason)
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
