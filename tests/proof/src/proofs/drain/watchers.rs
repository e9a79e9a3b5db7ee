//! Readers that speak the contract bare and hold their streams for as long as the proof lasts: of
//! the feed, and of one interaction. They keep the newest token and resume by it; what they saw is
//! kept small, as a running digest or a set of identifiers.

use crate::proofs::feed_cuts::readers::Told;
use omnichannel_sdk::{Client, v1};
use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, HashMap};
use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// How long to wait before a refused or ended stream is opened again.
const PAUSE: Duration = Duration::from_millis(100);
/// How long an opening may take, and a stream may be silent: two and a half of its heartbeats.
const OPEN_LIMIT: Duration = Duration::from_secs(10);
const SILENCE: Duration = Duration::from_millis(37_500);

/// What happened to a stream.
#[derive(Default)]
pub(super) struct Way {
    openings: AtomicUsize,
    goodbyes: AtomicUsize,
    cut: AtomicUsize,
    complaints: Mutex<Vec<String>>,
}

impl Way {
    pub(super) fn openings(&self) -> usize {
        self.openings.load(Ordering::Relaxed)
    }

    /// How often it was told that the server is to stop.
    pub(super) fn goodbyes(&self) -> usize {
        self.goodbyes.load(Ordering::Relaxed)
    }

    /// How often it ended without a goodbye.
    pub(super) fn cut(&self) -> usize {
        self.cut.load(Ordering::Relaxed)
    }

    pub(super) fn complaints(&self) -> Vec<String> {
        lock(&self.complaints).clone()
    }

    fn complain(&self, text: String) {
        lock(&self.complaints).push(text);
    }

    /// A stream begins: the first as it likes, every other by resuming.
    fn hello(&self, hello: &v1::Hello, first: v1::Resumption) {
        let before = self.openings.fetch_add(1, Ordering::Relaxed);
        let wanted = if before == 0 { first } else { v1::Resumption::Resumed };
        if hello.resumption() != wanted {
            self.complain(format!("opening {before} was {:?}", hello.resumption()));
        }
    }

    fn goodbye(&self, bye: &v1::Goodbye) {
        self.goodbyes.fetch_add(1, Ordering::Relaxed);
        let told = (bye.reason(), bye.action());
        if told != (v1::GoodbyeReason::ServerDrain, v1::GoodbyeAction::Resume) {
            self.complain(format!("goodbye with {told:?}"));
        }
    }
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A digest of events and their order.
pub(super) fn digest(told: &[Told]) -> u64 {
    told.iter().fold(0, add)
}

fn add(digest: u64, told: &Told) -> u64 {
    let mut hasher = DefaultHasher::new();
    (digest, told).hash(&mut hasher);
    hasher.finish()
}

/// What a reader of the feed saw.
#[derive(Default)]
pub(super) struct FeedSeen {
    pub(super) way: Way,
    /// Count and digest of the events up to each of the newest places.
    marks: Mutex<BTreeMap<i64, (usize, u64)>>,
}

impl FeedSeen {
    /// Count and digest of all events up to a place, once it was reached.
    pub(super) fn at(&self, seq: i64) -> Option<(usize, u64)> {
        lock(&self.marks).get(&seq).copied()
    }

    fn take(&self, event: &v1::Event) {
        let mut marks = lock(&self.marks);
        let (last, (count, before)) =
            marks.last_key_value().map_or((0, (0, 0)), |(seq, mark)| (*seq, *mark));
        if event.seq != last + 1 {
            self.way.complain(format!("{} after {last}", event.seq));
        }
        marks.insert(event.seq, (count + 1, add(before, &Told::of_wire(event))));
    }
}

/// Reads the feed from its first event on.
pub(super) async fn feed(client: Client, seen: Arc<FeedSeen>, finished: Arc<AtomicBool>) {
    use v1::feed_frame::Frame;
    use v1::watch_feed_request::Start;
    let mut start = Start::FromSeq(1);
    while !finished.load(Ordering::Relaxed) {
        let mut admin = client.admin();
        let opened = admin.watch_feed(v1::WatchFeedRequest { start: Some(start.clone()) });
        let Ok(Ok(response)) = timeout(OPEN_LIMIT, opened).await else {
            sleep(PAUSE).await;
            continue;
        };
        let (mut frames, mut ended) = (response.into_inner(), false);
        while let Ok(Ok(Some(response))) = timeout(SILENCE, frames.message()).await {
            let frame = response.frame.unwrap_or_default();
            match &frame.frame {
                Some(Frame::Hello(hello)) => seen.way.hello(hello, v1::Resumption::Resumed),
                Some(Frame::Event(event)) => seen.take(event),
                Some(Frame::Goodbye(bye)) => {
                    seen.way.goodbye(bye);
                    ended = true;
                }
                _ => {}
            }
            if !frame.resume_token.is_empty() {
                start = Start::ResumeToken(frame.resume_token);
            }
        }
        if !ended {
            seen.way.cut.fetch_add(1, Ordering::Relaxed);
        }
        sleep(PAUSE).await;
    }
}

/// What a watcher of an interaction saw.
pub(super) struct NotesSeen {
    pub(super) way: Way,
    pub(super) interaction_id: String,
    /// How often each message was shown.
    shown: Mutex<HashMap<String, usize>>,
}

impl NotesSeen {
    pub(super) fn new(interaction_id: &str) -> Self {
        let (way, shown) = (Way::default(), Mutex::default());
        Self { way, interaction_id: interaction_id.to_owned(), shown }
    }

    /// How many of the messages were never shown, and how many showings were repeats.
    pub(super) fn against(&self, written: &[String]) -> (usize, usize) {
        let shown = lock(&self.shown);
        let missed = written.iter().filter(|id| !shown.contains_key(*id)).count();
        (missed, shown.values().map(|times| times - 1).sum())
    }

    fn take(&self, message: &v1::Message) {
        *lock(&self.shown).entry(message.id.clone()).or_default() += 1;
    }
}

/// Watches one interaction.
pub(super) async fn notes(client: Client, seen: Arc<NotesSeen>, finished: Arc<AtomicBool>) {
    use v1::interaction_event::Change;
    use v1::interaction_frame::Frame;
    use v1::interaction_snapshot::Item;
    let mut resume_token = String::new();
    while !finished.load(Ordering::Relaxed) {
        let request = v1::WatchInteractionRequest {
            interaction_id: seen.interaction_id.clone(),
            resume_token: resume_token.clone(),
        };
        let mut interactions = client.interactions();
        let opened = interactions.watch_interaction(request);
        let Ok(Ok(response)) = timeout(OPEN_LIMIT, opened).await else {
            sleep(PAUSE).await;
            continue;
        };
        let (mut frames, mut ended) = (response.into_inner(), false);
        while let Ok(Ok(Some(response))) = timeout(SILENCE, frames.message()).await {
            let frame = response.frame.unwrap_or_default();
            match &frame.frame {
                Some(Frame::Hello(hello)) => seen.way.hello(hello, v1::Resumption::Snapshot),
                Some(Frame::Snapshot(snapshot)) => {
                    if let Some(Item::Message(message)) = &snapshot.item {
                        seen.take(message);
                    }
                }
                Some(Frame::Event(event)) => {
                    if let Some(Change::Message(message)) = &event.change {
                        seen.take(message);
                    }
                }
                Some(Frame::Goodbye(bye)) => {
                    seen.way.goodbye(bye);
                    ended = true;
                }
                _ => {}
            }
            if !frame.resume_token.is_empty() {
                resume_token = frame.resume_token;
            }
        }
        if !ended {
            seen.way.cut.fetch_add(1, Ordering::Relaxed);
        }
        sleep(PAUSE).await;
    }
}
