//! An agent at their console: a session of the SDK, read in order. What a test does not ask for is
//! passed over, so that each test says only what it is about.

use super::soon;
use omnichannel_sdk::{AgentChange, AgentSession, v1};

/// An open session whose snapshot was read.
pub(crate) struct Console {
    pub(crate) session: AgentSession,
    /// What the snapshot held.
    pub(crate) snapshot: Vec<AgentChange>,
}

impl Console {
    pub(crate) async fn new(mut session: AgentSession) -> Self {
        let mut snapshot = Vec::new();
        loop {
            match next(&mut session).await {
                AgentChange::SnapshotBegun => snapshot.clear(),
                AgentChange::SnapshotEnd => return Self { session, snapshot },
                piece => snapshot.push(piece),
            }
        }
    }

    /// The first change from now on that this takes.
    pub(crate) async fn until<T>(
        &mut self,
        what: &str,
        mut take: impl FnMut(AgentChange) -> Option<T>,
    ) -> T {
        soon(what, async {
            loop {
                if let Some(taken) = take(next(&mut self.session).await) {
                    return taken;
                }
            }
        })
        .await
    }

    /// The next offer.
    pub(crate) async fn offered(&mut self) -> v1::OfferedWork {
        self.until("an offer", |change| match change {
            AgentChange::Offered(work) => Some(*work),
            _ => None,
        })
        .await
    }

    /// The next offer that ends without being taken.
    pub(crate) async fn offer_ended(&mut self) -> v1::Offer {
        self.until("the end of an offer", |change| match change {
            AgentChange::OfferEnded(offer) => Some(*offer),
            _ => None,
        })
        .await
    }

    /// The next interaction the agent comes to own.
    pub(crate) async fn assigned(&mut self) -> v1::Interaction {
        self.until("an assignment", |change| match change {
            AgentChange::Assigned(work) => Some(*work),
            _ => None,
        })
        .await
    }

    /// The next interaction the agent no longer owns.
    pub(crate) async fn unassigned(&mut self) -> v1::UnassignedWork {
        self.until("the end of an assignment", |change| match change {
            AgentChange::Unassigned(work) => Some(work),
            _ => None,
        })
        .await
    }

    /// The next offer, accepted.
    pub(crate) async fn take(&mut self) -> v1::OfferedWork {
        let work = self.offered().await;
        let offer = work.offer.as_ref().unwrap();
        self.session.accept(&offer.id).await.expect("the offer is open");
        work
    }

    /// Sets presence.
    pub(crate) async fn presence(&self, status: v1::PresenceStatus) {
        self.session.set_presence(status, "").await.expect("presence can be set");
    }

    /// Takes offers from now on.
    pub(crate) async fn available(&self) {
        self.presence(v1::PresenceStatus::Available).await;
    }
}

async fn next(session: &mut AgentSession) -> AgentChange {
    let update = soon("an update of the session", session.next()).await;
    update.expect("the session goes on").expect("the session goes well").change
}
