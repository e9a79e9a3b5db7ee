//! One interaction: itself, its messages and its offers, and every change of them.

use super::{Frames, Snapshot, Start, Subject, event_frame, hello, open};
use crate::grpc::Edge;
use crate::grpc::call::{self, id};
use crate::grpc::convert;
use crate::grpc::status::status;
use crate::proto::v1;
use crate::proto::v1::interaction_event::Change;
use app::context::Context;
use app::live::audience::Interest;
use domain::event::{Event, Recorded};
use domain::id::{InteractionId, OfferId};
use domain::refusal::Reason;
use std::collections::HashSet;
use tonic::{Request, Response, Status};

event_frame!(
    InteractionFrame,
    interaction_frame,
    v1::WatchInteractionResponse,
    carry: |frame| v1::WatchInteractionResponse { frame: Some(frame) },
    snapshot: |end| Some(Self::of(v1::interaction_frame::Frame::SnapshotEnd(end)))
);

struct Watched {
    edge: Edge,
    context: Context,
    id: InteractionId,
}

impl Subject for Watched {
    type Frame = v1::InteractionFrame;
    const KIND: &'static str = "interaction";

    fn key(&self) -> Vec<u8> {
        self.id.0.as_bytes().to_vec()
    }

    async fn snapshot(&mut self) -> Result<Option<Snapshot<Self::Frame>>, Status> {
        use v1::interaction_snapshot::Item;
        let reader = self.edge.app.read(&self.context);
        let found = reader.interaction_snapshot(self.id).await.map_err(|e| status(e.into()))?;
        let Some(found) = found else { return Err(self.missing()) };
        // What ended the reader's sight before this state is no event after it.
        let caller = &self.context.caller;
        self.edge.app.check_reads(caller, &found.interaction).await.map_err(status)?;
        let content = self.edge.app.content(self.context.caller.tenant).await.map_err(status)?;
        let customer = found.interaction.customer_id;
        let view = content.interaction(found.interaction).await.map_err(status)?;
        let messages = found.messages.into_iter().map(|row| (customer, row)).collect();
        let messages = content.messages(messages).await.map_err(status)?;
        let mut items = vec![Item::Interaction(convert::interaction::interaction(&view))];
        items.extend(messages.iter().map(|m| Item::Message(convert::message::message(m))));
        let offers = self.edge.app.offers_told(&self.context, found.offers).await;
        items.extend(offers.map_err(status)?.iter().map(|o| Item::Offer(convert::offer::offer(o))));
        let frame = |item| {
            let snapshot = v1::InteractionSnapshot { item: Some(item) };
            v1::InteractionFrame::of(v1::interaction_frame::Frame::Snapshot(snapshot))
        };
        Ok(Some((items.into_iter().map(frame).collect(), found.head.seq)))
    }

    async fn resume(&mut self, _: i64) -> Result<(), Status> {
        self.edge.app.interaction(&self.context, self.id).await.map_err(status)?;
        Ok(())
    }

    /// Advice ends, an offer goes back, work moves on: whoever read it for that reads it no more.
    /// What is said changes nobody's sight.
    fn may_end_sight(&self, event: &Recorded) -> bool {
        event.event.interaction_id() == Some(self.id) && changes_itself(&event.event)
    }

    async fn may_go_on(&self) -> bool {
        let checked = self.edge.app.check_reads_id(&self.context, self.id).await;
        // A database that is away for a moment is no reason to end what is open.
        checked.err().is_none_or(|refused| refused.0.reason != Reason::OutsideTeam)
    }

    fn interest(&self) -> Option<Interest> {
        Some(Interest { agent: None, interactions: HashSet::from([self.id]) })
    }

    async fn frames(&mut self, event: &Recorded) -> Result<Vec<Self::Frame>, Status> {
        if event.event.interaction_id() != Some(self.id) {
            return Ok(Vec::new());
        }
        let mut changes = Vec::new();
        match &event.event {
            Event::MessageAdded { message_id, .. }
            | Event::MessageStatusChanged { message_id, .. } => {
                let ids = [(self.id, *message_id)];
                let opened = self.edge.app.opened_messages(&self.context, &ids).await;
                let opened = opened.map_err(status)?;
                changes
                    .extend(opened.first().map(|m| Change::Message(convert::message::message(m))));
            }
            Event::OfferMade { offer_id, .. }
            | Event::OfferAccepted { offer_id, .. }
            | Event::OfferEnded { offer_id, .. }
            | Event::InteractionWrapping { offer_id, .. } => {
                changes.extend(self.offer(*offer_id).await?.map(Change::Offer));
            }
            Event::Consult(fact) => {
                changes.extend(self.offer(fact.offer_id()).await?.map(Change::Offer));
            }
            _ => {}
        }
        if changes_itself(&event.event) {
            let view = self.edge.app.interaction_since(&self.context, self.id, event.seq).await;
            let shown = convert::interaction::interaction(&view.map_err(status)?);
            changes.push(Change::InteractionChanged(shown));
        }
        let frames = changes.into_iter().enumerate();
        Ok(frames.map(|(part, change)| framed(event, part, change)).collect())
    }
}

/// Whether more of the interaction changes than what counts its changes: a message alone is shown
/// as itself.
const fn changes_itself(event: &Event) -> bool {
    !matches!(
        event,
        Event::MessageAdded { first_response: false, .. } | Event::MessageStatusChanged { .. }
    )
}

impl Watched {
    async fn offer(&self, id: OfferId) -> Result<Option<v1::Offer>, Status> {
        let reader = self.edge.app.read(&self.context);
        let offer = reader.offer(id).await.map_err(|e| status(e.into()))?;
        let rows = offer.into_iter().collect();
        let told = self.edge.app.offers_told(&self.context, rows).await.map_err(status)?;
        Ok(told.first().map(convert::offer::offer))
    }

    fn missing(&self) -> Status {
        status(app::error::Error::not_found("interaction", self.id))
    }
}

/// One of the frames of an event. Each has an identifier of its own, so that a reader who knows
/// one of them does not pass over the other.
fn framed(event: &Recorded, part: usize, change: Change) -> v1::InteractionFrame {
    v1::InteractionFrame::of(v1::interaction_frame::Frame::Event(v1::InteractionEvent {
        id: convert::event::part_id(event, part),
        time: Some(convert::time::timestamp(event.at)),
        change: Some(change),
    }))
}

/// Serves `WatchInteraction`.
///
/// # Errors
/// As the contract lists.
pub async fn watch(
    edge: &Edge,
    request: Request<v1::WatchInteractionRequest>,
) -> Result<Response<Frames<v1::WatchInteractionResponse>>, Status> {
    let (context, message) =
        call::watch(request, "/omnichannel.v1.InteractionService/WatchInteraction")?;
    let id = id(&message.interaction_id)?;
    edge.app.check_reads_id(&context, id).await.map_err(status)?;
    let subject = Watched { edge: edge.clone(), context: context.clone(), id };
    let pump = open(edge, &context, subject, Start::Token(message.resume_token)).await?;
    Ok(pump.run(hello(), || std::future::ready(())))
}
