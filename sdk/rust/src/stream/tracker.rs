//! Where a stream is: checks that frames come in the order of the contract, keeps the position to
//! resume from, drops what was delivered before, and notices gaps in the feed. Pure; one tracker
//! lives through all connections of a stream.

use crate::stream::frame::{Body, Delivered, Frame, What};
use crate::v1;

/// What a stream promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The tenant's feed: every sequence, no snapshot.
    Feed,
    /// Events after a snapshot.
    Events,
    /// The newest state; snapshots may come at any time.
    State,
}

/// Where to open a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Start {
    /// At its natural beginning: a snapshot, or the end of the feed.
    New,
    Token(String),
    /// At this sequence of the feed.
    Seq(i64),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Hello,
    Snapshot,
    Live,
    Over,
}

/// As many frames as an event can have: all of them.
const ALL_FRAMES: u64 = u64::MAX;

/// What a frame amounts to.
#[derive(Debug, PartialEq)]
pub(crate) enum Outcome<T> {
    /// `delivered` is absent when the stream goes on where it was.
    Opened {
        hello: v1::Hello,
        delivered: Option<Delivered<T>>,
    },
    Deliver(Delivered<T>),
    Result(v1::CommandResult),
    Goodbye(v1::Goodbye),
    Nothing,
}

/// A frame that breaks the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Fault {
    #[error("the first frame is not Hello")]
    NoHello,
    #[error("a second Hello")]
    SecondHello,
    #[error("a Hello that does not say how the stream began")]
    Resumption,
    #[error("a snapshot where none was begun")]
    Snapshot,
    #[error("an event inside the snapshot")]
    EventInSnapshot,
    #[error("a frame after Goodbye")]
    AfterGoodbye,
    #[error("sequence {got} after {last}: events are missing")]
    Gap { last: i64, got: i64 },
}

/// Position and phase of a stream.
#[derive(Debug)]
pub(crate) struct Tracker {
    kind: Kind,
    phase: Phase,
    token: String,
    /// Everything before this sequence was delivered,
    seq: Option<i64>,
    /// and so many of the frames at it. Several frames of one event share its sequence.
    frames: u64,
    /// The sequence this connection is at, and how many frames of it have come.
    here: (i64, u64),
    /// Whether the stream ever opened.
    opened: bool,
    /// Whether the position was moved over events that are gone.
    skipped: bool,
}

impl Tracker {
    pub(crate) fn new(kind: Kind, start: Start) -> Self {
        let (token, seq) = match start {
            Start::New => (String::new(), None),
            Start::Token(token) => (token, None),
            Start::Seq(seq) => (String::new(), Some(seq.saturating_sub(1))),
        };
        Self {
            kind,
            phase: Phase::Hello,
            token,
            seq,
            frames: ALL_FRAMES,
            here: (-1, 0),
            opened: false,
            skipped: false,
        }
    }

    /// Where to open the stream next.
    pub(crate) fn start(&self) -> Start {
        match (self.kind, self.seq) {
            _ if !self.token.is_empty() => Start::Token(self.token.clone()),
            (Kind::Feed, Some(seq)) => Start::Seq(seq + 1),
            _ => Start::New,
        }
    }

    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    pub(crate) fn has_opened(&self) -> bool {
        self.opened
    }

    /// A new connection: its first frame must be Hello.
    pub(crate) fn connect(&mut self) {
        self.phase = Phase::Hello;
        self.here = (-1, 0);
    }

    /// Drops the token; the feed still knows its sequence.
    pub(crate) fn forget_token(&mut self) {
        self.token.clear();
    }

    /// Drops the position.
    pub(crate) fn forget(&mut self) {
        self.token.clear();
        (self.seq, self.frames) = (None, ALL_FRAMES);
    }

    /// Goes on at a sequence of the feed, whatever lies between.
    pub(crate) fn skip_to(&mut self, seq: i64) {
        self.token.clear();
        (self.seq, self.frames) = (Some(seq.saturating_sub(1)), ALL_FRAMES);
        self.skipped = true;
    }

    /// Takes one frame.
    pub(crate) fn apply<T>(&mut self, frame: Frame<T>) -> Result<Outcome<T>, Fault> {
        let Frame { seq, token, body } = frame;
        let (first, hello) = (self.phase == Phase::Hello, matches!(body, Body::Hello(_)));
        match (first, hello) {
            _ if self.phase == Phase::Over => return Err(Fault::AfterGoodbye),
            (true, false) => return Err(Fault::NoHello),
            (false, true) => return Err(Fault::SecondHello),
            _ => {}
        }
        match body {
            Body::Hello(hello) => self.open(hello, seq, token),
            Body::Snapshot(item) => self.snapshot(item, seq, token),
            Body::SnapshotEnd => self.snapshot_end(seq, token),
            Body::Event(item) => self.event(item, seq, token),
            Body::Result(result) => Ok(Outcome::Result(result)),
            Body::Heartbeat => self.heartbeat(seq, token),
            Body::Goodbye(goodbye) => {
                self.keep(token);
                self.phase = Phase::Over;
                Ok(Outcome::Goodbye(goodbye))
            }
            Body::Unknown => Ok(Outcome::Nothing),
        }
    }

    fn open<T>(&mut self, hello: v1::Hello, seq: i64, token: String) -> Result<Outcome<T>, Fault> {
        let again = self.opened || self.start() != Start::New;
        self.phase = match (hello.resumption(), self.kind) {
            (v1::Resumption::Resumed, _) => Phase::Live,
            (v1::Resumption::Snapshot, Kind::Events | Kind::State) => Phase::Snapshot,
            (v1::Resumption::Live, Kind::Feed) => Phase::Live,
            _ => return Err(Fault::Resumption),
        };
        let resumed = hello.resumption() == v1::Resumption::Resumed;
        if !resumed {
            self.forget();
        }
        self.keep(token);
        self.opened = true;
        let begun = std::mem::take(&mut self.skipped) || !resumed;
        let delivered = begun.then(|| self.delivered(seq, What::Begun { again }));
        Ok(Outcome::Opened { hello, delivered })
    }

    fn snapshot<T>(&mut self, item: T, seq: i64, token: String) -> Result<Outcome<T>, Fault> {
        match (self.phase, self.kind) {
            (Phase::Snapshot, _) => {}
            (_, Kind::State) => self.phase = Phase::Snapshot,
            _ => return Err(Fault::Snapshot),
        }
        self.keep(token);
        Ok(Outcome::Deliver(self.delivered(seq, What::Snapshot(item))))
    }

    fn snapshot_end<T>(&mut self, seq: i64, token: String) -> Result<Outcome<T>, Fault> {
        if self.phase != Phase::Snapshot {
            return Err(Fault::Snapshot);
        }
        self.phase = Phase::Live;
        self.keep(token);
        self.reach(seq);
        Ok(Outcome::Deliver(self.delivered(seq, What::SnapshotEnd)))
    }

    fn event<T>(&mut self, item: T, seq: i64, token: String) -> Result<Outcome<T>, Fault> {
        if self.phase == Phase::Snapshot {
            return Err(Fault::EventInSnapshot);
        }
        // A state is newest whatever its sequence: two changes of it may have the same one.
        if self.kind != Kind::State && self.is_known(seq) {
            self.keep(token);
            return Ok(Outcome::Nothing);
        }
        self.check_gap(seq, 1)?;
        self.keep(token);
        if self.seq < Some(seq) {
            (self.seq, self.frames) = (Some(seq), 0);
        }
        self.frames = self.frames.saturating_add(1);
        Ok(Outcome::Deliver(self.delivered(seq, What::Event(item))))
    }

    /// Whether this frame was delivered over an earlier connection. After a loss among the frames
    /// of one event all of them come again.
    fn is_known(&mut self, seq: i64) -> bool {
        if self.kind == Kind::Feed {
            return self.seq.is_some_and(|last| seq <= last);
        }
        let (at, count) = self.here;
        self.here = (seq, if at == seq { count + 1 } else { 1 });
        match self.seq {
            Some(last) if seq == last => self.here.1 <= self.frames,
            last => last.is_some_and(|last| seq < last),
        }
    }

    fn heartbeat<T>(&mut self, seq: i64, token: String) -> Result<Outcome<T>, Fault> {
        self.check_gap(seq, 0)?;
        self.keep(token);
        // In the snapshot nothing is reached yet.
        if self.phase == Phase::Live {
            self.reach(seq);
        }
        Ok(Outcome::Nothing)
    }

    /// Everything up to here was delivered.
    fn reach(&mut self, seq: i64) {
        if self.seq <= Some(seq) {
            (self.seq, self.frames) = (Some(seq), ALL_FRAMES);
        }
    }

    /// The feed has every sequence: the next event is the very next one, and a heartbeat, below
    /// which nothing will follow, is not ahead of the last event.
    fn check_gap(&self, got: i64, step: i64) -> Result<(), Fault> {
        match self.seq {
            Some(last) if self.kind == Kind::Feed && got > last + step => {
                Err(Fault::Gap { last, got })
            }
            _ => Ok(()),
        }
    }

    fn keep(&mut self, token: String) {
        if !token.is_empty() {
            self.token = token;
        }
    }

    fn delivered<T>(&self, seq: i64, what: What<T>) -> Delivered<T> {
        Delivered { seq, token: self.token.clone(), what }
    }
}

#[cfg(test)]
mod tests;
