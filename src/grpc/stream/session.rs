//! What an agent's console sends up: answers to offers, messages, presence. Commands run one after
//! another, beside the stream that goes down; each is answered by its request id. The answer says
//! that it is committed.

use super::desk::PENDING_COMMANDS;
use super::ending::{Ending, goodbye_for};
use super::{Waiting, patiently};
use crate::grpc::Edge;
use crate::grpc::call::{id, ids};
use crate::grpc::convert::Coded;
use crate::grpc::convert::agent::channels_of_wire;
use crate::grpc::status::{refusal, status};
use crate::proto::v1::session_request::Command;
use crate::proto::v1::{self, GoodbyeReason};
use crate::validate;
use app::context::{Context, short_hash};
use app::desk::Choice;
use app::ledger::Outcome;
use app::ledger::command::answer::Saying;
use app::ledger::command::close::Way;
use domain::agent::PresenceStatus;
use domain::id::AgentId;
use prost::Message;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tonic::{Status, Streaming};
use tonic_types::StatusExt;
use tracing::Instrument;

/// The ways of a session beside its pump.
pub(super) struct Ways {
    /// What the console sends.
    pub(super) up: Streaming<v1::SessionRequest>,
    /// Where answers go; it does not keep the stream open.
    pub(super) down: mpsc::WeakSender<Waiting<v1::SessionResponse>>,
    /// Told here when the console may not go on, as when it breaks the order of frames.
    pub(super) ending: Ending,
    /// Tells that the stream has ended.
    pub(super) over: CancellationToken,
}

/// Serves the commands of a console until it stops sending, or its stream ends.
pub(super) fn serve(edge: Edge, context: Context, agent: AgentId, ways: Ways) {
    let Ways { up: mut commands, down, ending, over } = ways;
    let (queue, mut waiting) = mpsc::channel(PENDING_COMMANDS);
    tokio::spawn(async move {
        loop {
            let next = tokio::select! {
                next = commands.message() => next,
                () = over.cancelled() => return,
            };
            // A console that stops sending may still listen; one that is gone is noticed below.
            let Some(next) = next.transpose() else { return };
            // What came after a frame that cannot be read is lost: it is the last.
            let last = next.is_err();
            if queue.send(Box::new(next)).await.is_err() || last {
                return;
            }
        }
    });
    let work = async move {
        let desk = Console { edge, context, agent };
        while let Some(next) = waiting.recv().await {
            let Ok(request) = *next else { return ending.tell(GoodbyeReason::ProtocolError) };
            match &request.command {
                Some(Command::Open(_)) => return ending.tell(GoodbyeReason::ProtocolError),
                // It has no result.
                Some(Command::Ack(_)) => continue,
                _ => {}
            }
            let request_id = request.request_id.clone();
            let (ran, end) = Box::pin(desk.judged(request)).await;
            let outcome = match ran {
                Ok(done) => v1::command_result::Outcome::Ok(done),
                Err(refused) => v1::command_result::Outcome::Error(detail(&refused)),
            };
            let result = v1::CommandResult { request_id, outcome: Some(outcome) };
            let frame = v1::AgentFrame {
                frame: Some(v1::agent_frame::Frame::CommandResult(result)),
                ..v1::AgentFrame::default()
            };
            let Some(down) = down.upgrade() else { return };
            let response = Box::new(Ok(v1::SessionResponse { frame: Some(frame) }));
            if !patiently(&down, response).await {
                return;
            }
            if let Some(reason) = end {
                return ending.tell(reason);
            }
        }
    };
    tokio::spawn(work.in_current_span());
}

struct Console {
    edge: Edge,
    context: Context,
    agent: AgentId,
}

impl Console {
    /// Runs one command if its caller may go on, and as often as that; what it came to, and why the
    /// session ends with it, if it does.
    async fn judged(
        &self,
        request: v1::SessionRequest,
    ) -> (Result<v1::CommandOk, Status>, Option<GoodbyeReason>) {
        let caller = &self.context.caller;
        // A command is a call: it counts like one, and waits like one.
        if let Err(refused) = self.edge.rates.call(caller) {
            return (Err(refusal(refused)), None);
        }
        // The caller was proven when the session began, which may be long ago.
        if let Err(error) = self.edge.app.still_valid(caller).await {
            let end = goodbye_for(error.0.reason);
            return (Err(status(error)), end);
        }
        (self.run(request).await, None)
    }

    /// Runs one command; what it came to, with place 0 if nothing had to change.
    async fn run(&self, request: v1::SessionRequest) -> Result<v1::CommandOk, Status> {
        validate::check(&request).map_err(refusal)?;
        let mut context = self.context.clone();
        if !request.request_id.is_empty() {
            let request_id = request.request_id.to_ascii_lowercase();
            context.request_hash = content(&request, &request_id);
            context.request_id = request_id;
        }
        // Who may hold this desk may do on it what its agent may.
        context.caller.agent = Some(self.agent);
        let app = &self.edge.app;
        match request.command {
            Some(Command::Accept(m)) => {
                let done = app.answer(&context, id(&m.offer_id)?, Saying::Accept, "").await;
                Ok(ok(place(&done.map_err(status)?)))
            }
            Some(Command::Decline(m)) => {
                let offer_id = id(&m.offer_id)?;
                let done = app.answer(&context, offer_id, Saying::Decline, &m.reason).await;
                Ok(ok(place(&done.map_err(status)?)))
            }
            Some(Command::Complete(m)) => {
                let interaction = id(&m.interaction_id)?;
                let done = app
                    .close(&context, interaction, Way::Complete, &m.resolution, &m.wrap_up_code)
                    .await;
                Ok(ok(done.map_err(status)?.row.last_seq))
            }
            Some(Command::SetPresence(m)) => {
                let channels = channels_of_wire(&m.channels);
                let choice = Choice {
                    status: presence_status(m.status)?,
                    reason: &m.reason,
                    after_work: m.after_current_work,
                    channels: &channels,
                };
                let set = app.set_presence(&context, self.agent, choice).await;
                Ok(ok(place(&set.map_err(status)?)))
            }
            Some(Command::SendMessage(m)) => {
                let interaction = id(&m.interaction_id)?;
                let sent = app.send_message(&context, interaction, &m.body, false).await;
                Ok(ok(sent.map_err(status)?.row.seq))
            }
            Some(Command::TakeNext(m)) => {
                let taken = app.take_next(&context, self.agent, ids(&m.queue_ids)?).await;
                let taken = taken.map_err(status)?;
                Ok(v1::CommandOk { seq: place(&taken), interaction_id: taken.id.to_string() })
            }
            Some(Command::Open(_) | Command::Ack(_)) | None => {
                let text = "a frame says what to do";
                Err(refusal(domain::refusal::Refusal::field("command", text)))
            }
        }
    }
}

/// A command was carried out at a place in the log.
fn ok(seq: i64) -> v1::CommandOk {
    v1::CommandOk { seq, ..v1::CommandOk::default() }
}

/// Where in the log a command changed something; 0 if nothing had to change.
const fn place(outcome: &Outcome) -> i64 {
    if outcome.changed { outcome.seq } else { 0 }
}

/// What a frame says, however its id is spelt; zero where a repeat finds the state already set, as
/// with the calls of the same name.
fn content(request: &v1::SessionRequest, request_id: &str) -> [u8; 16] {
    match &request.command {
        Some(Command::Accept(_) | Command::Decline(_) | Command::SetPresence(_)) => [0; 16],
        _ => {
            let same = v1::SessionRequest { request_id: request_id.to_owned(), ..request.clone() };
            short_hash(&[&same.encode_to_vec()])
        }
    }
}

fn presence_status(number: i32) -> Result<PresenceStatus, Status> {
    PresenceStatus::of_wire(number).ok_or_else(|| {
        refusal(domain::refusal::Refusal::field("set_presence.status", "say which status"))
    })
}

/// A refusal as a frame carries it: the same that a unary call's trailers would say.
fn detail(refused: &Status) -> v1::ErrorDetail {
    let details = refused.get_error_details();
    let info = details.error_info();
    let name = info.map(|info| format!("ERROR_REASON_{}", info.reason)).unwrap_or_default();
    let reason = v1::ErrorReason::from_str_name(&name).unwrap_or_default();
    let violations = details.bad_request().map(|bad| {
        let violations = bad.field_violations.iter();
        violations
            .map(|v| v1::FieldViolation {
                field: v.field.clone(),
                rule: rule_of(&v.description).to_owned(),
                description: v.description.clone(),
            })
            .collect()
    });
    v1::ErrorDetail {
        code: refused.code().into(),
        reason: reason.into(),
        message: refused.message().to_owned(),
        metadata: info.map(|info| info.metadata.clone().into_iter().collect()).unwrap_or_default(),
        violations: violations.unwrap_or_default(),
        retry_delay: details
            .retry_info()
            .and_then(|retry| retry.retry_delay)
            .and_then(|delay| delay.try_into().ok()),
    }
}

/// The rule that a violation's text names at its end, in parentheses; empty if it names none.
fn rule_of(description: &str) -> &str {
    let named = description.rsplit_once('(').and_then(|(_, rule)| rule.strip_suffix(')'));
    named.unwrap_or_default()
}
