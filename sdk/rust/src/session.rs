//! An agent's session: work comes down as updates, answers go up as commands, each of which waits
//! for its result. The session outlives its connections under one `session_id`; a command that was
//! under way when one was lost is sent again with the same `request_id`.

use crate::call::new_request_id;
use crate::client::Client;
use crate::error::Error;
use crate::offer::{LiveOffer, Offers};
use crate::stream::driver::{Deliveries, Link, Running, Source, run};
use crate::stream::frame::{Body, Delivered, Frame, What};
use crate::stream::state::StateReader;
use crate::stream::tracker::{Kind, Start};
use crate::stream::uplink::{Answer, Command};
use crate::stream::{FIRST_OPEN_TIMEOUT, Task, carrying};
use crate::v1::{self, agent_event, agent_frame, agent_snapshot, session_request};
use futures::{FutureExt, Stream, StreamExt};
use prost_types::Timestamp;
use std::ops::Deref;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Code;

/// Frames in the channel up to the connection.
const UP_QUEUE: usize = 16;

/// How to hold a session.
#[derive(Clone, Debug)]
pub struct SessionOptions {
    /// Who the session is for. Default: the agent that the API key names.
    pub agent_id: Option<String>,
    /// Identifier of the console, a UUID. Default: a fresh one.
    pub session_id: String,
    /// Most offers to have open at a time, 0 to 100. Default: 0, the agent's capacity alone.
    pub max_open_offers: i32,
    /// How long a command waits for its result, reconnecting included. Default: 10 seconds.
    pub command_timeout: Duration,
    /// How long the first opening may take, repeats included. Default: 30 seconds.
    pub open_timeout: Duration,
}

impl Default for SessionOptions {
    fn default() -> Self {
        Self {
            agent_id: None,
            session_id: uuid::Uuid::now_v7().to_string(),
            max_open_offers: 0,
            command_timeout: Duration::from_secs(10),
            open_timeout: FIRST_OPEN_TIMEOUT,
        }
    }
}

/// One change that concerns the agent, in its place.
#[derive(Clone, Debug, PartialEq)]
pub struct AgentUpdate {
    /// Sequence that the session has reached.
    pub seq: i64,
    /// Identifier of the event; empty inside the snapshot.
    pub event_id: String,
    /// When it was committed; absent inside the snapshot.
    pub time: Option<Timestamp>,
    /// What it is.
    pub change: AgentChange,
}

/// What an update says.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum AgentChange {
    /// A snapshot begins: forget what was known before.
    SnapshotBegun,
    /// In the snapshot: presence of the agent.
    SnapshotPresence(v1::Presence),
    /// In the snapshot: an open offer.
    SnapshotOffered(Box<v1::OfferedWork>),
    /// In the snapshot: an interaction the agent owns.
    SnapshotAssigned(Box<v1::Interaction>),
    /// In the snapshot: an interaction the agent advises on.
    SnapshotConsulting(Box<v1::OfferedWork>),
    /// The snapshot is complete; what follows are changes.
    SnapshotEnd,
    /// The agent is asked to take an interaction, or to advise its owner.
    Offered(Box<v1::OfferedWork>),
    /// An offer ended without being taken, or a consult is over.
    OfferEnded(Box<v1::Offer>),
    /// The agent advises on an interaction: they accepted just now, or it was changed.
    Consulting(Box<v1::OfferedWork>),
    /// The agent owns an interaction now.
    Assigned(Box<v1::Interaction>),
    /// The agent no longer owns an interaction.
    Unassigned(v1::UnassignedWork),
    /// A message in an interaction the agent owns.
    Message(Box<v1::Message>),
    /// An interaction the agent owns was changed.
    InteractionChanged(Box<v1::Interaction>),
    /// The presence of the agent changed.
    PresenceChanged(v1::Presence),
    /// Something this client is too old to know.
    Unknown,
}

/// What a frame of the session carries.
#[derive(Debug, PartialEq)]
struct Piece {
    event_id: String,
    time: Option<Timestamp>,
    change: AgentChange,
}

/// A session of an agent: reads its updates and, as [`AgentCommands`], sends its commands. Dropping
/// it closes the stream; presence and offers outlive it for the grace told in Hello.
#[derive(Debug)]
pub struct AgentSession {
    updates: Deliveries<Piece>,
    commands: AgentCommands,
    offers: Offers,
    states: StateReader,
    hello: v1::Hello,
    _task: Task,
}

/// The commands of a session. Cheap to clone, so that one task may read while others answer. A
/// command that timed out may still be carried out.
#[derive(Clone, Debug)]
pub struct AgentCommands {
    up: mpsc::Sender<Command<v1::SessionRequest>>,
    timeout: Duration,
}

impl AgentSession {
    /// Opens a session. Waits until it is open.
    pub async fn open(client: &Client, options: SessionOptions) -> Result<Self, Error> {
        let (patience, timeout) = (options.open_timeout, options.command_timeout);
        let offers = Offers::default();
        let source = source(client, options, offers.clone());
        let running = run(Kind::Events, Start::New, source, patience).await?;
        let Running { hello, deliveries, commands, states, task } = running;
        let commands = AgentCommands { up: commands, timeout };
        Ok(Self { updates: deliveries, commands, offers, states, hello, _task: task })
    }

    /// What comes next; `None` after the error that ended the session. Cancelling loses nothing.
    pub async fn next(&mut self) -> Option<Result<AgentUpdate, Error>> {
        StreamExt::next(self).await
    }

    /// The next offer that is open, with ways to answer; what comes before it is passed over.
    /// `None` after the error that ended the session. Cancelling loses no offer.
    pub async fn next_offer(&mut self) -> Option<Result<LiveOffer, Error>> {
        loop {
            let work = match self.next().await? {
                Err(error) => return Some(Err(error)),
                Ok(AgentUpdate { change, .. }) => match change {
                    AgentChange::Offered(work) | AgentChange::SnapshotOffered(work) => work,
                    _ => continue,
                },
            };
            let offer = self.offer(&work);
            if offer.is_open() {
                return Some(Ok(offer));
            }
        }
    }

    /// An offer that an update told of, with ways to answer.
    pub fn offer(&self, work: &v1::OfferedWork) -> LiveOffer {
        LiveOffer::new(work.clone(), self.offers.clone(), self.commands.clone())
    }

    /// Identifier of the agent whose session it is.
    pub fn agent_id(&self) -> &str {
        &self.hello.agent_id
    }

    /// First frame of the first connection.
    pub fn hello(&self) -> &v1::Hello {
        &self.hello
    }

    /// The commands alone, for other tasks.
    pub fn commands(&self) -> AgentCommands {
        self.commands.clone()
    }

    /// How the session is doing: all changes since it was opened.
    pub fn states(&self) -> StateReader {
        self.states.clone()
    }
}

impl Deref for AgentSession {
    type Target = AgentCommands;

    fn deref(&self) -> &AgentCommands {
        &self.commands
    }
}

impl Stream for AgentSession {
    type Item = Result<AgentUpdate, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.updates.poll_recv(cx).map(|next| Some(next?.map(update)))
    }
}

impl AgentCommands {
    /// The same commands, of which none waits longer than this.
    pub(crate) fn within(&self, most: Duration) -> Self {
        Self { timeout: self.timeout.min(most), ..self.clone() }
    }

    /// Takes an offer.
    pub async fn accept(&self, offer_id: impl Into<String>) -> Result<v1::CommandOk, Error> {
        let offer_id = offer_id.into();
        self.send(session_request::Command::Accept(v1::SessionAccept { offer_id })).await
    }

    /// Declines an offer, with a reason that may be empty.
    pub async fn decline(
        &self,
        offer_id: impl Into<String>,
        reason: impl Into<String>,
    ) -> Result<v1::CommandOk, Error> {
        let decline = v1::SessionDecline { offer_id: offer_id.into(), reason: reason.into() };
        self.send(session_request::Command::Decline(decline)).await
    }

    /// Takes the agent's next work out of queues of mode PULL: these alone, or all they serve if
    /// there are none. The result names the interaction, which comes as [`AgentChange::Assigned`]
    /// besides.
    pub async fn take_next(
        &self,
        queue_ids: impl IntoIterator<Item = String> + Send,
    ) -> Result<v1::CommandOk, Error> {
        let queue_ids = queue_ids.into_iter().collect();
        self.send(session_request::Command::TakeNext(v1::SessionTakeNext { queue_ids })).await
    }

    /// Ends the contact of an interaction.
    pub async fn complete(&self, complete: v1::SessionComplete) -> Result<v1::CommandOk, Error> {
        self.send(session_request::Command::Complete(complete)).await
    }

    /// Sets presence, with a reason that may be empty.
    pub async fn set_presence(
        &self,
        status: v1::PresenceStatus,
        reason: impl Into<String>,
    ) -> Result<v1::CommandOk, Error> {
        let (status, reason) = (status.into(), reason.into());
        self.choose(v1::SessionSetPresence { status, reason, ..Default::default() }).await
    }

    /// Sets presence, also for after the current work or for some kinds of channel only.
    pub async fn choose(&self, presence: v1::SessionSetPresence) -> Result<v1::CommandOk, Error> {
        self.send(session_request::Command::SetPresence(presence)).await
    }

    /// Writes to the customer.
    pub async fn send_message(
        &self,
        interaction_id: impl Into<String>,
        body: impl Into<String>,
    ) -> Result<v1::CommandOk, Error> {
        let interaction_id = interaction_id.into();
        let message = v1::SessionSendMessage { interaction_id, body: body.into() };
        self.send(session_request::Command::SendMessage(message)).await
    }

    /// Tells the server what was processed. It has no result: an error says that the session is
    /// over or takes no more commands.
    pub async fn ack(&self, seq: i64) -> Result<(), Error> {
        let command = Some(session_request::Command::Ack(v1::SessionAck { seq }));
        let frame = v1::SessionRequest { command, request_id: String::new() };
        match timeout(self.timeout, self.up.send(Command { frame, answer: None })).await {
            Ok(sent) => sent.map_err(|_| over()),
            Err(_) => Err(late()),
        }
    }

    /// Sends any command that has a result, and waits for it.
    async fn send(&self, command: session_request::Command) -> Result<v1::CommandOk, Error> {
        let request_id = new_request_id();
        let command = Some(command);
        let frame = v1::SessionRequest { command, request_id: request_id.clone() };
        let (to, result) = oneshot::channel();
        let answer = Some(Answer { request_id, to });
        let sent = async {
            self.up.send(Command { frame, answer }).await.map_err(|_| over())?;
            result.await.map_err(|_| over())?
        };
        timeout(self.timeout, sent).await.unwrap_or_else(|_| Err(late()))
    }
}

fn over() -> Error {
    Error::local(Code::Cancelled, "the session is over")
}

fn late() -> Error {
    Error::local(Code::DeadlineExceeded, "the command got no result in time")
}

const RPC: &str = "/omnichannel.v1.AgentService/Session";

fn source(
    client: &Client,
    options: SessionOptions,
    offers: Offers,
) -> Source<Piece, v1::SessionRequest> {
    let agents = client.agents();
    Source::new(client, RPC, move |start, headers| {
        let (mut agents, offers) = (agents.clone(), offers.clone());
        let first = opening(&options, start);
        let open = async move {
            let (up, frames) = mpsc::channel(UP_QUEUE);
            // The channel is new and has room.
            let _ = up.send(first).await;
            let response = agents.session(carrying(headers, ReceiverStream::new(frames))).await?;
            let heard = move |response| {
                offers.hear(&response);
                frame(response)
            };
            let frames = response.into_inner().map(move |answer| answer.map(&heard));
            Ok(Link { frames: frames.boxed(), up: Some(up) })
        };
        open.boxed()
    })
}

fn opening(options: &SessionOptions, start: Start) -> v1::SessionRequest {
    let open = v1::SessionOpen {
        agent_id: options.agent_id.clone().unwrap_or_default(),
        session_id: options.session_id.clone(),
        resume_token: if let Start::Token(token) = start { token } else { String::new() },
        max_open_offers: options.max_open_offers,
    };
    let command = Some(session_request::Command::Open(open));
    v1::SessionRequest { command, request_id: String::new() }
}

fn frame(response: v1::SessionResponse) -> Frame<Piece> {
    let Some(v1::AgentFrame { frame, seq, resume_token: token }) = response.frame else {
        return Frame::unknown();
    };
    let body = match frame {
        Some(agent_frame::Frame::Hello(hello)) => Body::Hello(hello),
        Some(agent_frame::Frame::Snapshot(piece)) => Body::Snapshot(snapshot(piece)),
        Some(agent_frame::Frame::SnapshotEnd(_)) => Body::SnapshotEnd,
        Some(agent_frame::Frame::Event(event)) => Body::Event(changed(event)),
        Some(agent_frame::Frame::Heartbeat(_)) => Body::Heartbeat,
        Some(agent_frame::Frame::Goodbye(goodbye)) => Body::Goodbye(goodbye),
        Some(agent_frame::Frame::CommandResult(result)) => Body::Result(result),
        None => Body::Unknown,
    };
    Frame { seq, token, body }
}

fn snapshot(piece: v1::AgentSnapshot) -> Piece {
    use agent_snapshot::Item;
    let change = match piece.item {
        Some(Item::Presence(presence)) => AgentChange::SnapshotPresence(presence),
        Some(Item::Offered(work)) => AgentChange::SnapshotOffered(Box::new(work)),
        Some(Item::Assigned(interaction)) => AgentChange::SnapshotAssigned(Box::new(interaction)),
        Some(Item::Consulting(work)) => AgentChange::SnapshotConsulting(Box::new(work)),
        None => AgentChange::Unknown,
    };
    Piece { event_id: String::new(), time: None, change }
}

fn changed(event: v1::AgentEvent) -> Piece {
    use agent_event::Event;
    let v1::AgentEvent { id: event_id, time, event } = event;
    let change = match event {
        Some(Event::Offered(work)) => AgentChange::Offered(Box::new(work)),
        Some(Event::OfferEnded(offer)) => AgentChange::OfferEnded(Box::new(offer)),
        Some(Event::Consulting(work)) => AgentChange::Consulting(Box::new(work)),
        Some(Event::Assigned(work)) => AgentChange::Assigned(Box::new(work)),
        Some(Event::Unassigned(work)) => AgentChange::Unassigned(work),
        Some(Event::Message(message)) => AgentChange::Message(Box::new(message)),
        Some(Event::InteractionChanged(work)) => AgentChange::InteractionChanged(Box::new(work)),
        Some(Event::PresenceChanged(presence)) => AgentChange::PresenceChanged(presence),
        None => AgentChange::Unknown,
    };
    Piece { event_id, time, change }
}

fn update(delivered: Delivered<Piece>) -> AgentUpdate {
    let Delivered { seq, what, .. } = delivered;
    let bare = |change| Piece { event_id: String::new(), time: None, change };
    let Piece { event_id, time, change } = match what {
        What::Begun { .. } => bare(AgentChange::SnapshotBegun),
        What::SnapshotEnd => bare(AgentChange::SnapshotEnd),
        What::Snapshot(piece) | What::Event(piece) => piece,
    };
    AgentUpdate { seq, event_id, time, change }
}

#[cfg(test)]
pub(crate) mod tests;
