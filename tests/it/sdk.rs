//! The Rust client's own ways on both databases: an interaction that is followed, offers as a
//! console holds them. Its streams and calls are what every other test here goes by.

use crate::support::fixture::Case;
use crate::support::soon;
use omnichannel_sdk::{AgentSession, InteractionChange, InteractionStream, LiveOffer, v1, watch};
use std::time::Duration;
use v1::{ErrorReason, InteractionStatus, OfferState};

both!(
    an_interaction_is_followed_frame_by_frame,
    an_offer_knows_its_time_and_its_end,
    what_cannot_be_read_is_not_followed,
);

async fn next(stream: &mut InteractionStream) -> (i64, InteractionChange) {
    let update = soon("an update", stream.next()).await.expect("it goes on").expect("it is well");
    (update.seq, update.change)
}

async fn an_interaction_is_followed_frame_by_frame(case: Case) {
    let (_agent, mut console) = case.at_work("Bo").await;
    let made = case.open(&case.plain_queue().await).await;
    let offer_id = console.offered().await.offer.unwrap().id;
    let mut stream = watch(&case.admin, &made.id).await.expect("it opens");
    assert_eq!(next(&mut stream).await.1, InteractionChange::SnapshotBegun);
    let (_, InteractionChange::Interaction(first)) = next(&mut stream).await else {
        panic!("the interaction is first")
    };
    assert_eq!((&first.id, first.status()), (&made.id, InteractionStatus::Offered));
    let (_, InteractionChange::Message(said)) = next(&mut stream).await else { panic!("said") };
    assert_eq!(said.body, "where is it?");
    let (_, InteractionChange::Offer(offer)) = next(&mut stream).await else { panic!("offered") };
    assert_eq!(offer.id, offer_id);
    assert_eq!(next(&mut stream).await.1, InteractionChange::SnapshotEnd);
    // An answer changes the offer and the interaction: two frames of one event.
    console.session.accept(&offer_id).await.expect("it is open");
    let (at, InteractionChange::Offer(offer)) = next(&mut stream).await else { panic!("answered") };
    assert_eq!(offer.state(), OfferState::Connected);
    let (also, InteractionChange::Interaction(owned)) = next(&mut stream).await else {
        panic!("the second frame of the event is not passed over")
    };
    assert_eq!((at, owned.status()), (also, InteractionStatus::Active));
    case.notes(&made.id, 1).await;
    let (after, InteractionChange::Message(note)) = next(&mut stream).await else { panic!("note") };
    assert!(after > at && note.body == "note 0");
}

/// Reads a session until it has heard that an offer is over.
async fn heard(session: &mut AgentSession, offer: &LiveOffer) {
    let read = async {
        while offer.is_open() {
            session.next().await.expect("it goes on").expect("it is well");
        }
    };
    soon("the end of an offer", read).await;
}

async fn an_offer_knows_its_time_and_its_end(case: Case) {
    let (_agent, mut console) = case.at_work("Bo").await;
    let queue = case.plain_queue().await;
    let first = case.open(&queue).await;
    let session = &mut console.session;
    let offer = soon("an offer", session.next_offer()).await.unwrap().unwrap();
    assert_eq!(offer.interaction_id(), first.id);
    let left = offer.remaining();
    assert!(left > Duration::from_secs(30) && left < Duration::from_secs(62), "{left:?}");
    assert!(offer.accept().await.unwrap().seq > 0);
    assert_eq!(offer.accept().await.unwrap().seq, 0, "a repeat changes nothing");
    let late = offer.decline("no").await.unwrap_err();
    assert!(late.is(ErrorReason::OfferAnswered), "{late:?}");
    heard(session, &offer).await;
    assert!(offer.ended().is_none(), "it was taken");

    // One that ends before anybody looked at it is passed over.
    let second = case.open(&queue).await;
    let held = soon("an offer", session.next_offer()).await.unwrap().unwrap();
    assert!(held.is_open());
    let cancel =
        v1::CancelInteractionRequest { interaction_id: second.id.clone(), ..Default::default() };
    ok!(case.admin.interactions().cancel_interaction(cancel));
    let gone = held.accept().await.unwrap_err();
    assert!(gone.is(ErrorReason::OfferCancelled), "{gone:?}");
    heard(session, &held).await;
    assert_eq!(held.ended().unwrap().state(), OfferState::Cancelled);
    let third = case.open(&queue).await;
    let offer = soon("an offer", session.next_offer()).await.unwrap().unwrap();
    assert_eq!(offer.interaction_id(), third.id);
    assert!(offer.decline("lunch").await.unwrap().seq > 0);
}

async fn what_cannot_be_read_is_not_followed(case: Case) {
    let made = case.open(&case.plain_queue().await).await;
    let stranger = case.stranger().await;
    let refused = watch(&stranger.admin, &made.id).await.expect_err("it is another tenant's");
    assert!(refused.is(ErrorReason::ResourceNotFound), "{refused:?}");
}
