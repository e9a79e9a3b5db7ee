//! An agent's desk: presence, offers, what they own, and what happens to it. The same frames go
//! down the bidirectional `Session` and its server-stream twin `WatchAssignments`.

mod advice;

use super::ending::Ending;
use super::{Frames, Snapshot, Start, Subject, event_frame, hello, open, session};
use crate::grpc::Edge;
use crate::grpc::call::{self, id, open_stream, optional_id};
use crate::grpc::convert;
use crate::grpc::status::{denied, refusal, refuse, status};
use crate::proto::v1;
use crate::proto::v1::agent_event::Event as Change;
use crate::validate;
use app::consoles::Seat;
use app::context::Context;
use app::ledger::command::presence::{CloseSession, GRACE, OpenSession};
use app::live::audience::Interest;
use domain::agent::Presence;
use domain::event::{Event, Operation, Recorded};
use domain::id::{AgentId, InteractionId, OfferId, SessionId};
use domain::offer::{Offer, OfferState};
use domain::refusal::Reason;
use domain::tenant::Permission;
use std::collections::{HashMap, HashSet};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status, Streaming};

event_frame!(
    AgentFrame,
    agent_frame,
    v1::SessionResponse,
    carry: |frame| v1::SessionResponse { frame: Some(frame) },
    snapshot: |end| Some(Self::of(v1::agent_frame::Frame::SnapshotEnd(end)))
);

/// How many commands of one console may wait.
pub(super) const PENDING_COMMANDS: usize = 32;

/// A desk.
pub(super) struct Desk {
    edge: Edge,
    context: Context,
    agent: AgentId,
    session: SessionId,
    seat: Seat,
    /// Where in the log its session was opened; what is told of that session before is past.
    opened_seq: i64,
    lease: watch::Receiver<i64>,
    ending: Ending,
    owned: HashSet<InteractionId>,
    /// What they advise on.
    advised: HashMap<InteractionId, OfferId>,
}

impl Subject for Desk {
    type Frame = v1::AgentFrame;
    const KIND: &'static str = "desk";

    fn key(&self) -> Vec<u8> {
        self.agent.0.as_bytes().to_vec()
    }

    async fn snapshot(&mut self) -> Result<Option<Snapshot<Self::Frame>>, Status> {
        use v1::agent_snapshot::Item;
        let reader = self.edge.app.read(&self.context);
        let found = reader.agent_snapshot(self.agent).await.map_err(|e| status(e.into()))?;
        let presence = found.presence.map(|row| row.presence).unwrap_or_default();
        let mut items = vec![Item::Presence(self.presence(presence).await?)];
        for offer in &found.offers {
            let row = found.interactions.iter().find(|row| row.id == offer.interaction_id);
            let Some(row) = row else { continue };
            if offer.owns() {
                self.owned.insert(row.id);
                items.push(Item::Assigned(self.assigned(row.id, row.last_seq).await?));
            } else if offer.state.is_taken() {
                self.advised.insert(row.id, offer.id);
                items.push(Item::Consulting(self.offered(offer, row.last_seq).await?));
            } else {
                items.push(Item::Offered(self.offered(offer, row.last_seq).await?));
            }
        }
        let frame = |item| {
            let snapshot = v1::AgentSnapshot { item: Some(item) };
            v1::AgentFrame::of(v1::agent_frame::Frame::Snapshot(snapshot))
        };
        Ok(Some((items.into_iter().map(frame).collect(), found.head.seq)))
    }

    /// What is owned now is what was owned then, with what happened since taken back.
    async fn resume(&mut self, seq: i64) -> Result<(), Status> {
        let reader = self.edge.app.read(&self.context);
        let found = reader.agent_snapshot(self.agent).await.map_err(|e| status(e.into()))?;
        let taken = found.offers.iter().filter(|offer| offer.state.is_taken());
        let (advised, owned): (Vec<_>, Vec<_>) = taken.partition(|offer| offer.is_consult());
        self.owned = owned.into_iter().map(|offer| offer.interaction_id).collect();
        self.advised = advised.iter().map(|offer| (offer.interaction_id, offer.id)).collect();
        let tenant = self.context.caller.tenant;
        let since = self.edge.app.live().after(tenant, seq).unwrap_or_default();
        for event in since.iter().rev().filter(|event| event.seq <= found.head.seq) {
            match &event.event {
                Event::OfferAccepted { agent_id, interaction_id, .. }
                    if *agent_id == self.agent =>
                {
                    self.owned.remove(interaction_id);
                }
                Event::OfferEnded { agent_id, interaction_id, state, .. }
                    if *agent_id == self.agent && ended_owner(*state) =>
                {
                    self.owned.insert(*interaction_id);
                }
                Event::Consult(fact) if fact.agent_id() == self.agent => self.unlearn(fact),
                _ => {}
            }
        }
        Ok(())
    }

    async fn frames(&mut self, event: &Recorded) -> Result<Vec<Self::Frame>, Status> {
        let change = match event.event.agent_id() {
            Some(agent) if agent == self.agent => self.mine(event).await?,
            // Whom an owner consults is told to the owner as well.
            Some(_) if !matches!(event.event, Event::Consult(_)) => None,
            _ => self.of_my_work(event).await?,
        };
        Ok(change.into_iter().map(|change| framed(event, change)).collect())
    }

    fn interest(&self) -> Option<Interest> {
        let interactions = self.owned.iter().chain(self.advised.keys()).copied().collect();
        Some(Interest { agent: Some(self.agent), interactions })
    }

    fn desk(&self) -> Option<(AgentId, SessionId)> {
        Some((self.agent, self.session))
    }

    async fn ended(&self) -> v1::GoodbyeReason {
        let mut lease = self.lease.clone();
        tokio::select! {
            () = self.seat.replaced() => v1::GoodbyeReason::Replaced,
            _ = lease.changed() => v1::GoodbyeReason::LeaseLost,
            reason = self.ending.told() => reason,
        }
    }
}

/// Whether a leg that ended like this may have been its agent's own.
fn ended_owner(state: OfferState) -> bool {
    matches!(state, OfferState::Completed | OfferState::Cancelled)
}

fn framed(event: &Recorded, change: Change) -> v1::AgentFrame {
    v1::AgentFrame::of(v1::agent_frame::Frame::Event(v1::AgentEvent {
        id: convert::event::event_id(event),
        time: Some(convert::time::timestamp(event.at)),
        event: Some(change),
    }))
}

impl Desk {
    /// An event that names this agent.
    async fn mine(&mut self, event: &Recorded) -> Result<Option<Change>, Status> {
        Ok(match &event.event {
            Event::OfferMade { .. } => {
                let Some(offer) = engine_offer(event) else { return Ok(None) };
                Some(Change::Offered(self.offered(&offer, event.seq).await?))
            }
            Event::OfferAccepted { interaction_id, .. } => {
                self.owned.insert(*interaction_id);
                Some(Change::Assigned(self.assigned(*interaction_id, event.seq).await?))
            }
            Event::OfferEnded { offer_id, interaction_id, .. } => {
                if self.owned.remove(interaction_id) {
                    Some(Change::Unassigned(self.unassigned(*interaction_id, event.seq).await?))
                } else {
                    self.offer(*offer_id).await?.map(Change::OfferEnded)
                }
            }
            Event::Consult(fact) => self.consult(fact, event).await?,
            Event::InteractionWrapping { interaction_id, .. } => {
                Some(Change::InteractionChanged(self.assigned(*interaction_id, event.seq).await?))
            }
            Event::AgentPresenceChanged {
                intended,
                effective,
                lease_until,
                next,
                channels,
                duty,
                ..
            } => {
                let presence = Presence {
                    intended: *intended,
                    effective: *effective,
                    lease_until: *lease_until,
                    since: event.at,
                    next: *next,
                    channels: channels.clone(),
                    duty: *duty,
                };
                Some(Change::PresenceChanged(self.presence(presence).await?))
            }
            Event::OperatorActed { operation: Operation::SessionClosed, resource_id, .. } => {
                if *resource_id == self.session.0 && event.seq > self.opened_seq {
                    self.ending.tell(v1::GoodbyeReason::ClosedByOperator);
                }
                None
            }
            _ => None,
        })
    }

    /// An event of an interaction this agent owns or advises on.
    async fn of_my_work(&self, event: &Recorded) -> Result<Option<Change>, Status> {
        let Some(id) = event.event.interaction_id() else { return Ok(None) };
        let advised = self.advised.get(&id).copied();
        if advised.is_none() && !self.owned.contains(&id) {
            return Ok(None);
        }
        Ok(match &event.event {
            Event::MessageAdded { message_id, .. }
            | Event::MessageStatusChanged { message_id, .. } => {
                let ids = [(id, *message_id)];
                let opened = self.edge.app.opened_messages(&self.context, &ids).await;
                let opened = opened.map_err(status)?;
                opened.first().map(|m| Change::Message(convert::message::message(m)))
            }
            _ => match advised {
                Some(offer) => self.advice(offer, event.seq).await?,
                None => Some(Change::InteractionChanged(self.assigned(id, event.seq).await?)),
            },
        })
    }

    async fn assigned(&self, id: InteractionId, seq: i64) -> Result<v1::Interaction, Status> {
        let view = self.edge.app.interaction_since(&self.context, id, seq).await;
        let view = view.map_err(status)?;
        Ok(convert::interaction::interaction(&view))
    }

    async fn unassigned(&self, id: InteractionId, seq: i64) -> Result<v1::UnassignedWork, Status> {
        let row = self.assigned(id, seq).await?;
        Ok(v1::UnassignedWork { interaction_id: id.to_string(), status: row.status })
    }

    async fn offer(&self, id: OfferId) -> Result<Option<v1::Offer>, Status> {
        let row = self.edge.app.read(&self.context).offer(id).await;
        let rows = row.map_err(|e| status(e.into()))?.into_iter().collect();
        let told = self.edge.app.offers_told(&self.context, rows).await.map_err(status)?;
        Ok(told.first().map(convert::offer::offer))
    }

    async fn presence(&self, presence: Presence) -> Result<v1::Presence, Status> {
        let view = self.edge.app.presence_view(&self.context, self.agent, presence).await;
        let view = view.map_err(status)?;
        Ok(convert::agent::presence(&view.presence, &view.reason))
    }

    async fn offered(&self, offer: &Offer, seq: i64) -> Result<v1::OfferedWork, Status> {
        let work = self.edge.app.offered(&self.context, offer.interaction_id, seq).await;
        let (view, message) = work.map_err(status)?;
        let note = self.edge.app.asked(&self.context, offer).await.map_err(status)?;
        Ok(v1::OfferedWork {
            offer: Some(convert::offer::offer(offer)),
            interaction: Some(convert::interaction::interaction(&view)),
            last_message: message.as_ref().map(convert::message::message),
            note: note.as_ref().map(convert::message::message),
        })
    }
}

fn engine_offer(event: &Recorded) -> Option<Offer> {
    app::offer_made(event)
}

/// How a desk is opened.
pub(super) struct Opening {
    agent_id: Option<AgentId>,
    session_id: SessionId,
    resume_token: String,
    max_open_offers: i32,
}

/// A desk's stream and the context its commands run in.
pub(super) struct Opened {
    pub(super) pump: super::Pump<Desk>,
    pub(super) hello: v1::Hello,
    pub(super) closing: Closing,
    /// Ends the stream for what its console sends up.
    pub(super) ending: Ending,
}

/// Closes the session when its stream has ended, unless another stream has taken it over.
pub(super) struct Closing {
    edge: Edge,
    context: Context,
    command: CloseSession,
    seat: Seat,
}

impl Closing {
    pub(super) async fn close(self) {
        if !self.seat.leave() {
            return;
        }
        if let Err(error) = self.edge.app.change(&self.context, self.command).await {
            // The node's lease ends it, if nothing else does.
            tracing::debug!(%error, "a session was left to its lease");
        }
    }
}

/// Opens a desk: whose it is, its session, its stream.
pub(super) async fn open_desk(
    edge: &Edge,
    context: &Context,
    opening: Opening,
) -> Result<Opened, Status> {
    let agent = acting(context, opening.agent_id)?;
    let (node_id, epoch) = edge.app.node();
    let lease = edge.app.epochs();
    let ending = Ending::new();
    let session_id = opening.session_id;
    // The contract's bound is 100.
    let max_open_offers = u16::try_from(opening.max_open_offers).unwrap_or_default();
    let command = OpenSession { agent_id: agent, session_id, node_id, epoch, max_open_offers };
    let outcome = edge.app.change(context, command).await.map_err(status)?;
    let seat = edge.app.consoles().take((context.caller.tenant, agent, session_id));
    let closing = Closing {
        edge: edge.clone(),
        context: context.clone(),
        command: CloseSession { agent_id: agent, session_id, node_id, epoch },
        seat: seat.clone(),
    };
    let desk = Desk {
        edge: edge.clone(),
        context: context.clone(),
        agent,
        session: session_id,
        opened_seq: outcome.seq,
        seat,
        lease,
        ending: ending.clone(),
        owned: HashSet::new(),
        advised: HashMap::new(),
    };
    tracing::debug!(session = %desk.session, "a console opened");
    let start = held_or_snapshot(edge, context, opening.resume_token);
    let opened = async {
        let hello = desk_hello(agent, open_offers_max(edge, context, agent).await?);
        Ok((open(edge, context, desk, start).await?, hello))
    };
    match opened.await {
        Ok((pump, hello)) => Ok(Opened { pump, hello, closing, ending }),
        Err(refused) => {
            closing.close().await;
            Err(refused)
        }
    }
}

/// A desk resumes only from what this node's ring holds; otherwise it begins with a snapshot.
fn held_or_snapshot(edge: &Edge, context: &Context, token: String) -> Start {
    let tenant = context.caller.tenant;
    let place = super::place_of(edge, "desk", tenant, &token);
    match place {
        Some(seq) if edge.app.live().after(tenant, seq).is_none() => Start::Token(String::new()),
        _ => Start::Token(token),
    }
}

/// Most offers at a time: what the agent's consoles ask for, within their capacity.
async fn open_offers_max(edge: &Edge, context: &Context, agent: AgentId) -> Result<u16, Status> {
    let reader = edge.app.read(context);
    let row = reader.agent(agent).await.map_err(|e| status(e.into()))?;
    let units = row.map_or(0, |row| row.spec.capacity.units);
    let presence = reader.agent_presence(agent).await.map_err(|e| status(e.into()))?;
    let credit = presence.map_or(0, |row| row.credit);
    Ok(if credit == 0 { units } else { credit.min(units) })
}

fn desk_hello(agent: AgentId, max_open_offers: u16) -> v1::Hello {
    let limits = v1::StreamLimits {
        max_command_bytes: i32::try_from(crate::grpc::MESSAGE_MAX).unwrap_or(i32::MAX),
        max_pending_commands: i32::try_from(PENDING_COMMANDS).unwrap_or(i32::MAX),
        max_open_offers: i32::from(max_open_offers),
    };
    v1::Hello {
        limits: Some(limits),
        session_grace: Some(convert::time::duration(GRACE)),
        agent_id: agent.to_string(),
        ..hello()
    }
}

/// The agent a desk is for: the key's own, or another one if the key may act for agents.
fn acting(context: &Context, named: Option<AgentId>) -> Result<AgentId, Status> {
    let own = context.caller.agent;
    match named.or(own) {
        None => Err(refuse(Reason::AgentNotBound)),
        Some(agent) if own == Some(agent) => Ok(agent),
        Some(agent) if context.caller.permissions.has(Permission::AgentsWrite) => Ok(agent),
        Some(_) => Err(denied(Permission::AgentsWrite)),
    }
}

/// Serves `WatchAssignments`.
///
/// # Errors
/// As the contract lists.
pub async fn watch(
    edge: &Edge,
    request: Request<v1::WatchAssignmentsRequest>,
) -> Result<Response<Frames<v1::WatchAssignmentsResponse>>, Status> {
    use futures::StreamExt;
    let (context, message) = call::watch(request, "/omnichannel.v1.AgentService/WatchAssignments")?;
    let opening = Opening {
        agent_id: optional_id(&message.agent_id)?,
        session_id: id(&message.session_id)?,
        resume_token: message.resume_token,
        max_open_offers: message.max_open_offers,
    };
    let Opened { pump, hello, closing, .. } = open_desk(edge, &context, opening).await?;
    let frames = pump.run(hello, || closing.close()).into_inner();
    let twin = frames.map(|r| r.map(|r| v1::WatchAssignmentsResponse { frame: r.frame }));
    Ok(Response::new(twin.boxed()))
}

/// Serves `Session`.
///
/// # Errors
/// As the contract lists.
pub async fn session(
    edge: &Edge,
    request: Request<Streaming<v1::SessionRequest>>,
) -> Result<Response<Frames<v1::SessionResponse>>, Status> {
    let context = open_stream(&request, "/omnichannel.v1.AgentService/Session")?;
    let mut commands = request.into_inner();
    let first = commands.message().await?;
    let open = first.and_then(|first| first.command);
    let Some(v1::session_request::Command::Open(open)) = open else {
        let text = "a session begins with open";
        return Err(refusal(domain::refusal::Refusal::field("open", text)));
    };
    validate::check(&open).map_err(refusal)?;
    let opening = Opening {
        agent_id: optional_id(&open.agent_id)?,
        session_id: id(&open.session_id)?,
        resume_token: open.resume_token,
        max_open_offers: open.max_open_offers,
    };
    let Opened { pump, hello, closing, ending } = open_desk(edge, &context, opening).await?;
    let desk = acting(&context, optional_id(&open.agent_id)?)?;
    let over = CancellationToken::new();
    let ways = session::Ways { up: commands, down: pump.side(), ending, over: over.clone() };
    session::serve(edge.clone(), context, desk, ways);
    Ok(pump.run(hello, || async move {
        over.cancel();
        closing.close().await;
    }))
}
