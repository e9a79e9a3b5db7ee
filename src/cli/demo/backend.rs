//! The tenant's backend: follows the feed of every event from before the first thing the demo does,
//! counts what it tells and whether a sequence is missing, and rates what it hears was resolved.
//! Afterwards the same stretch is read again from its beginning and must be the same.

use super::play::Play;
use anyhow::{Context as _, Result};
use futures::{FutureExt, StreamExt};
use omnichannel_sdk::v1::event::Data;
use omnichannel_sdk::v1::{self, OfferState};
use omnichannel_sdk::{Client, FeedEvent, FeedOptions, FeedStart, FeedStream, StreamState, feed};
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;
use tokio_stream::wrappers::ReceiverStream;

/// Resolved interactions that may wait for their rating.
const TO_RATE: usize = 1024;

/// Ratings that are under way at the same time.
const AT_ONCE: usize = 16;

/// How long reading the feed again may take.
const REPLAY_TIME: Duration = Duration::from_secs(30);

/// What the feed has told so far. Of interactions only those of this run are counted.
#[derive(Clone, Debug, Default)]
pub(super) struct Told {
    /// First sequence that was asked for.
    pub(super) from: i64,
    /// Last sequence that came.
    pub(super) last: i64,
    pub(super) events: u64,
    /// Sequences that never came, and places where the feed began anew.
    pub(super) gaps: u64,
    pub(super) created: usize,
    pub(super) resolved: usize,
    pub(super) rated: usize,
    pub(super) offers: usize,
    pub(super) declined: usize,
    /// Offers that ended in another way than taken, done or declined.
    pub(super) lost_offers: usize,
    pub(super) messages_in: usize,
    pub(super) messages_out: usize,
    /// Promises of time that were at risk, and that were broken.
    pub(super) promises_warned: usize,
    pub(super) promises_broken: usize,
    /// Connections after the first.
    pub(super) reconnects: usize,
    pub(super) digest: Sha256,
}

impl Told {
    fn new(from: i64) -> Self {
        Self { from, last: from - 1, ..Self::default() }
    }

    /// Takes what comes next; answers with the event, if it is one.
    fn take(&mut self, next: FeedEvent) -> Option<v1::Event> {
        let FeedEvent::Event { event, .. } = next else {
            self.gaps += 1;
            return None;
        };
        if event.seq != self.last + 1 {
            self.gaps += event.seq.abs_diff(self.last + 1);
        }
        self.last = event.seq;
        self.events += 1;
        for part in [event.seq.to_string().as_str(), &event.id, &event.kind] {
            self.digest.update(part);
            self.digest.update([0]);
        }
        Some(*event)
    }

    /// What the sequences and identifiers amount to.
    pub(super) fn digest(&self) -> [u8; 32] {
        self.digest.clone().finalize().into()
    }

    fn count(&mut self, data: &Data) {
        match data {
            Data::InteractionCreated(_) => self.created += 1,
            Data::InteractionResolved(_) => self.resolved += 1,
            Data::InteractionRated(_) => self.rated += 1,
            Data::OfferMade(_) => self.offers += 1,
            Data::OfferEnded(ended) => match ended.state() {
                OfferState::Rejected => self.declined += 1,
                OfferState::Completed => {}
                _ => self.lost_offers += 1,
            },
            Data::MessageReceived(_) => self.messages_in += 1,
            Data::MessageSent(_) => self.messages_out += 1,
            Data::SlaWarned(_) => self.promises_warned += 1,
            Data::SlaBreached(_) => self.promises_broken += 1,
            _ => {}
        }
    }
}

/// Opens the feed at a sequence.
pub(super) async fn open(client: &Client, from: i64) -> Result<FeedStream> {
    let options = FeedOptions { from: FeedStart::Seq(from), ..FeedOptions::default() };
    feed(client, options).await.context("the feed")
}

/// Follows the feed and rates, until it is dropped or the feed ends.
pub(super) async fn perform(
    client: Client,
    play: Arc<Play>,
    feed: FeedStream,
    account_ids: Vec<String>,
    told: watch::Sender<Told>,
) {
    let (resolved, to_rate) = mpsc::channel(TO_RATE);
    let rating = ReceiverStream::new(to_rate).for_each_concurrent(AT_ONCE, |interaction_id| {
        let (client, play) = (client.clone(), Arc::clone(&play));
        async move { rate(&client, &play, interaction_id).await }
    });
    let following = follow(&play, feed, &account_ids, &told, resolved);
    tokio::join!(rating, following);
}

/// A place for what the feed tells.
pub(super) fn told(from: i64) -> watch::Sender<Told> {
    watch::Sender::new(Told::new(from))
}

async fn follow(
    play: &Play,
    mut feed: FeedStream,
    account_ids: &[String],
    told: &watch::Sender<Told>,
    resolved: mpsc::Sender<String>,
) {
    let mut states = feed.states();
    let mut ours = HashSet::new();
    while let Some(next) = feed.next().await {
        let next = match next {
            Ok(next) => next,
            Err(error) => return play.problem(format!("the feed ended: {error}")),
        };
        let mut event = None;
        told.send_modify(|told| {
            while let Some(Some(state)) = states.changed().now_or_never() {
                told.reconnects += usize::from(state == StreamState::Resuming);
            }
            event = told.take(next);
        });
        let Some(v1::Event { data: Some(data), interaction_id, .. }) = event else { continue };
        if let Data::InteractionCreated(created) = &data
            && account_ids.contains(&created.channel_account_id)
        {
            ours.insert(interaction_id.clone());
        }
        if !ours.contains(&interaction_id) {
            continue;
        }
        told.send_modify(|told| told.count(&data));
        if matches!(data, Data::InteractionResolved(_))
            && resolved.send(interaction_id).await.is_err()
        {
            return;
        }
    }
}

async fn rate(client: &Client, play: &Play, interaction_id: String) {
    let Some(scene) = play.scene_of(&interaction_id) else {
        return play.problem("an interaction was resolved that no agent was offered");
    };
    let rating =
        v1::RateInteractionRequest { interaction_id, rating: scene.rating, ..Default::default() };
    match client.call(rating).await {
        Ok(_) => play.change(scene, |progress| progress.rated = true),
        Err(error) => play.problem(format!("case {} cannot be rated: {error}", scene.number)),
    }
}

/// Reads the feed again from where it was first opened to where it was read to.
pub(super) async fn replay(client: &Client, before: &Told) -> Result<Told> {
    let mut told = Told::new(before.from);
    let reading = async {
        let mut feed = open(client, before.from).await?;
        while told.last < before.last {
            match feed.next().await {
                Some(next) => told.take(next?),
                None => anyhow::bail!("the feed ended before its end"),
            };
        }
        Ok(())
    };
    timeout(REPLAY_TIME, reading).await.context("the feed took too long")??;
    Ok(told)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(seq: i64) -> FeedEvent {
        let event = Box::new(v1::Event { seq, id: format!("e{seq}"), ..Default::default() });
        FeedEvent::Event { event, resume_token: String::new() }
    }

    #[test]
    fn missing_sequences_and_new_beginnings_are_gaps() {
        let mut told = Told::new(4);
        for seq in [4, 5, 8, 9] {
            assert!(told.take(event(seq)).is_some());
        }
        assert_eq!((told.events, told.gaps, told.last), (4, 2, 9));
        assert!(told.take(FeedEvent::Restarted { seq: 9 }).is_none());
        assert_eq!(told.gaps, 3);
    }

    #[test]
    fn the_same_events_have_the_same_digest() {
        let read = |seqs: &[i64]| {
            let mut told = Told::new(1);
            seqs.iter().for_each(|seq| drop(told.take(event(*seq))));
            told.digest()
        };
        assert_eq!(read(&[1, 2, 3]), read(&[1, 2, 3]));
        assert_ne!(read(&[1, 2, 3]), read(&[1, 3, 2]));
        assert_ne!(read(&[1, 2, 3]), read(&[1, 2]));
    }
}
