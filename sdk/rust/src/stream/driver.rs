//! Runs one stream for its whole life: opens it, watches it, hands on what it delivers, sends what
//! goes up, and opens it again as `reconnect` says. Everything it holds is bounded: a slow reader
//! makes it stop reading, after which the server says goodbye and nothing is lost.

use crate::call::STREAMS;
use crate::client::Client;
use crate::credential::Credential;
use crate::error::{Error, wait_of};
use crate::hooks::{CallTrace, headers_of};
use crate::stream::frame::{Delivered, Frame};
use crate::stream::reconnect::{Ending, From, Next, Reconnect, state_after};
use crate::stream::state::{StateReader, StateWriter, StreamState};
use crate::stream::tracker::{Kind, Outcome, Start, Tracker};
use crate::stream::uplink::{Book, Command};
use crate::stream::{OPEN_TIMEOUT, Task};
use crate::v1;
use futures::StreamExt;
use futures::future::{BoxFuture, OptionFuture};
use futures::stream::BoxStream;
use std::collections::VecDeque;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until, timeout};
use tonic::codegen::http::header::HeaderValue;
use tonic::metadata::MetadataMap;
use tonic::{Code, Status};

/// Frames read ahead of the reader.
const OUTBOX_MAX: usize = 1024;
/// Deliveries in the channel to the reader, beside the outbox.
const DELIVERY_QUEUE: usize = 16;
/// Commands in the channel from the callers.
const COMMAND_QUEUE: usize = 16;
const HEARTBEAT_DEFAULT: Duration = Duration::from_secs(15);
const HEARTBEAT_MIN: Duration = Duration::from_millis(20);
/// Heartbeat intervals of silence after which a stream counts as dead.
const SILENCE: f64 = 2.5;

/// One opened stream.
pub(crate) struct Link<T, U> {
    pub(crate) frames: BoxStream<'static, Result<Frame<T>, Status>>,
    /// The way up, where there is one.
    pub(crate) up: Option<mpsc::Sender<U>>,
}

/// Opens the stream at a place, with further headers.
pub(crate) type Opener<T, U> =
    Box<dyn FnMut(Start, MetadataMap) -> BoxFuture<'static, Result<Link<T, U>, Status>> + Send>;

/// What an opening came to, and the credential that it carried.
type Carrying<T, U> = (Option<HeaderValue>, Result<Link<T, U>, Status>);

type Opening<T, U> = BoxFuture<'static, Carrying<T, U>>;

/// Where a stream comes from.
pub(crate) struct Source<T, U> {
    pub(crate) open: Opener<T, U>,
    /// What its openings carry.
    pub(crate) credential: Credential,
    /// Who is told about each of them.
    pub(crate) trace: Box<dyn Fn() -> Option<Box<dyn CallTrace>> + Send>,
}

impl<T, U> Source<T, U> {
    /// A stream of a client, by this RPC, opened by this.
    pub(crate) fn new<F>(client: &Client, path: &'static str, open: F) -> Self
    where
        F: FnMut(Start, MetadataMap) -> BoxFuture<'static, Result<Link<T, U>, Status>>,
        F: Send + 'static,
    {
        debug_assert!(STREAMS.contains(&path), "{path} is a stream of the contract");
        let (credential, client) = (client.credential().clone(), client.clone());
        let trace = Box::new(move || client.trace(path.trim_start_matches('/')));
        Self { open: Box::new(open), credential, trace }
    }
}

/// What a reader takes from.
pub(crate) type Deliveries<T> = mpsc::Receiver<Result<Delivered<T>, Error>>;

/// A stream that runs, and its ends for reader and callers.
pub(crate) struct Running<T, U> {
    pub(crate) hello: v1::Hello,
    pub(crate) deliveries: Deliveries<T>,
    pub(crate) commands: mpsc::Sender<Command<U>>,
    pub(crate) states: StateReader,
    pub(crate) task: Task,
}

struct Driver<T, U> {
    source: Source<T, U>,
    /// What the newest opening carried.
    carried: Option<HeaderValue>,
    /// Is told about the opening that is under way.
    trace: Option<Box<dyn CallTrace>>,
    tracker: Tracker,
    reconnect: Reconnect,
    book: Book<U>,
    outbox: VecDeque<Result<Delivered<T>, Error>>,
    out: mpsc::Sender<Result<Delivered<T>, Error>>,
    commands: mpsc::Receiver<Command<U>>,
    states: StateWriter,
    ready: Option<oneshot::Sender<Result<v1::Hello, Error>>>,
    /// When the stream that is open now began.
    opened: Option<Instant>,
    /// Longest silence of the stream that is open now.
    quiet: Duration,
}

enum Step<T, U> {
    Opened(Carrying<T, U>),
    Frame(Option<Result<Frame<T>, Status>>),
    Due,
    /// The reader is gone.
    Gone,
    /// Nothing goes up any more; why is told by the frames.
    UpClosed,
    Moved,
}

/// What a step waits for beside reader and callers.
enum Awaited<'a, T, U> {
    Opening(&'a mut Opening<T, U>),
    Link(&'a mut Link<T, U>),
    Nothing,
}

/// Runs a stream, once it has opened for the first time or was refused.
pub(crate) async fn run<T, U>(
    kind: Kind,
    start: Start,
    source: Source<T, U>,
    patience: Duration,
) -> Result<Running<T, U>, Error>
where
    T: Send + 'static,
    U: Clone + Send + 'static,
{
    let (out, deliveries) = mpsc::channel(DELIVERY_QUEUE);
    let (commands, requests) = mpsc::channel(COMMAND_QUEUE);
    let (ready, opened) = oneshot::channel();
    let (writer, states) = StateWriter::new();
    let driver = Driver {
        source,
        carried: None,
        trace: None,
        tracker: Tracker::new(kind, start),
        reconnect: Reconnect::default(),
        book: Book::new(),
        outbox: VecDeque::new(),
        out,
        commands: requests,
        states: writer,
        ready: Some(ready),
        opened: None,
        quiet: OPEN_TIMEOUT,
    };
    let task = Task::spawn(driver.live());
    let late = || Error::local(Code::Unavailable, "the stream did not open in time");
    match timeout(patience, opened).await {
        Ok(Ok(hello)) => Ok(Running { hello: hello?, deliveries, commands, states, task }),
        _ => Err(states.last_error().unwrap_or_else(late)),
    }
}

impl<T: Send + 'static, U: Clone + Send + 'static> Driver<T, U> {
    async fn live(mut self) {
        loop {
            let Some(ending) = self.connect().await else { return };
            self.told(Some(&ending));
            self.book.lost();
            self.tracker.connect();
            let lived = self.opened.take().map(|opened| opened.elapsed());
            let chance = rand::random();
            let next = match self.reconnect.may_renew(&ending, lived) && self.renew().await {
                true => self.reconnect.renew(lived, chance),
                false => self.reconnect.next(&ending, &self.tracker, lived, chance),
            };
            tracing::debug!(?ending, ?next, "a stream ended");
            match next {
                Next::Stop(error) => return self.stop(error).await,
                Next::Reopen { wait, from } => {
                    self.note(&ending);
                    self.reposition(from);
                    if !self.pause(wait).await {
                        return;
                    }
                }
            }
        }
    }

    /// One connection, from opening to its end; `None` when the reader is gone.
    async fn connect(&mut self) -> Option<Ending> {
        let due = Instant::now() + OPEN_TIMEOUT;
        self.trace = (self.source.trace)();
        let (credential, open) = (self.source.credential.clone(), &mut self.source.open);
        let link = open(self.tracker.start(), headers_of(self.trace.as_deref()));
        let mut opening: Opening<T, U> = Box::pin(async move {
            match credential.header().await {
                Ok(carried) => (carried, link.await),
                Err(error) => (None, Err(error.into_status())),
            }
        });
        let mut link = loop {
            match self.step(Awaited::Opening(&mut opening), due).await {
                Step::Opened((carried, link)) => {
                    self.carried = carried;
                    match link {
                        Ok(link) => break link,
                        Err(status) => return Some(Ending::Failed(status.into())),
                    }
                }
                Step::Due => return Some(Ending::Silent),
                Step::Gone => return None,
                Step::Moved | Step::UpClosed | Step::Frame(_) => {}
            }
        };
        self.quiet = OPEN_TIMEOUT;
        let mut due = Instant::now() + self.quiet;
        loop {
            // Who does not listen cannot tell silence from noise.
            let listening = self.is_listening();
            match self.step(Awaited::Link(&mut link), due).await {
                Step::Gone => return None,
                Step::Due if listening => return Some(Ending::Silent),
                Step::UpClosed => link.up = None,
                Step::Frame(None) => return Some(Ending::Closed),
                Step::Frame(Some(Err(status))) => return Some(Ending::Failed(status.into())),
                Step::Frame(Some(Ok(frame))) => {
                    if let Some(ending) = self.take(frame) {
                        return Some(ending);
                    }
                    due = Instant::now() + self.quiet;
                }
                _ if listening => {}
                _ => due = Instant::now() + self.quiet,
            }
        }
    }

    fn is_listening(&self) -> bool {
        self.outbox.len() < OUTBOX_MAX
    }

    /// Waits for the next thing to happen, serving reader and callers meanwhile.
    async fn step(&mut self, awaited: Awaited<'_, T, U>, due: Instant) -> Step<T, U> {
        let (mut opening, mut frames, mut up) = (None, None, None);
        match awaited {
            Awaited::Opening(future) => opening = Some(future),
            Awaited::Link(link) => {
                frames = self.is_listening().then_some(&mut link.frames);
                up = link.up.as_ref().filter(|_| self.book.is_ready());
            }
            Awaited::Nothing => {}
        }
        tokio::select! {
            biased;
            permit = self.out.reserve(), if !self.outbox.is_empty() => match permit {
                Ok(permit) => {
                    if let Some(delivery) = self.outbox.pop_front() {
                        permit.send(delivery);
                    }
                    Step::Moved
                }
                Err(_) => Step::Gone,
            },
            () = self.out.closed() => Step::Gone,
            Some(permit) = OptionFuture::from(up.map(mpsc::Sender::reserve)) => {
                let Ok(permit) = permit else { return Step::UpClosed };
                if let Some(frame) = self.book.take() {
                    permit.send(frame);
                }
                Step::Moved
            }
            Some(command) = self.commands.recv(), if self.book.has_room() => {
                self.book.push(command);
                Step::Moved
            }
            Some(link) = OptionFuture::from(opening) => Step::Opened(link),
            Some(frame) = OptionFuture::from(frames.map(|frames| frames.next())) => {
                Step::Frame(frame)
            }
            () = sleep_until(due) => Step::Due,
        }
    }

    /// Takes one frame; answers how the stream ended if it did.
    fn take(&mut self, frame: Frame<T>) -> Option<Ending> {
        match self.tracker.apply(frame) {
            Err(fault) => return Some(Ending::Fault(fault)),
            Ok(Outcome::Goodbye(goodbye)) => return Some(Ending::Goodbye(goodbye)),
            Ok(Outcome::Nothing) => {}
            Ok(Outcome::Result(result)) => self.book.settle(result),
            Ok(Outcome::Deliver(delivered)) => self.outbox.push_back(Ok(delivered)),
            Ok(Outcome::Opened { hello, delivered }) => {
                let first = self.ready.is_some();
                self.states.set(match delivered {
                    Some(_) if !first => StreamState::Resynced,
                    _ => StreamState::Connected,
                });
                self.outbox.extend(delivered.map(Ok));
                self.greet(hello);
            }
        }
        None
    }

    /// The opening that was under way is over, if it is not yet.
    fn told(&mut self, ending: Option<&Ending>) {
        if let Some(trace) = self.trace.take() {
            trace.ended(ending.map(error_of).as_ref());
        }
    }

    fn greet(&mut self, hello: v1::Hello) {
        self.told(None);
        let interval = hello.heartbeat_interval.and_then(wait_of).unwrap_or(HEARTBEAT_DEFAULT);
        self.quiet = interval.max(HEARTBEAT_MIN).mul_f64(SILENCE);
        self.opened = Some(Instant::now());
        let limit = hello.limits.map_or(0, |limits| limits.max_pending_commands);
        self.book.open(usize::try_from(limit).unwrap_or_default());
        if let Some(ready) = self.ready.take() {
            // Nobody waits any more: the reader is gone too, which the next step finds.
            let _ = ready.send(Ok(hello));
        }
    }

    fn note(&self, ending: &Ending) {
        if self.ready.is_none() {
            self.states.set(state_after(ending));
        }
        self.states.failed(error_of(ending));
    }

    fn reposition(&mut self, from: From) {
        match from {
            From::Here => {}
            From::Sequence => self.tracker.forget_token(),
            From::Beginning => self.tracker.forget(),
            From::At(seq) => self.tracker.skip_to(seq),
        }
    }

    /// Whether there is another credential than the one that was refused.
    async fn renew(&mut self) -> bool {
        let renewal = self.source.credential.renew(self.carried.as_ref());
        matches!(timeout(OPEN_TIMEOUT, renewal).await, Ok(Ok(true)))
    }

    /// Waits before opening again; answers whether the reader is still there.
    async fn pause(&mut self, wait: Duration) -> bool {
        let due = Instant::now() + wait;
        loop {
            match self.step(Awaited::Nothing, due).await {
                Step::Due => break,
                Step::Gone => return false,
                _ => {}
            }
        }
        if self.ready.is_none() {
            self.states.set(StreamState::Resuming);
        }
        true
    }

    /// Ends the stream for good: everybody who waits is told why.
    async fn stop(mut self, error: Error) {
        self.states.set(StreamState::Stopped);
        self.commands.close();
        while let Some(command) = self.commands.recv().await {
            self.book.push(command);
        }
        self.book.fail(&error);
        if let Some(ready) = self.ready.take() {
            let _ = ready.send(Err(error));
            return;
        }
        for delivery in self.outbox.drain(..).chain([Err(error)]) {
            if self.out.send(delivery).await.is_err() {
                return;
            }
        }
    }
}

/// An end as an error.
fn error_of(ending: &Ending) -> Error {
    match ending {
        Ending::Failed(error) => error.clone(),
        Ending::Goodbye(goodbye) => Error::goodbye(goodbye.reason()),
        Ending::Silent => Error::local(Code::Unavailable, "nothing was heard for too long"),
        Ending::Closed => Error::local(Code::Unavailable, "the stream ended without goodbye"),
        Ending::Fault(fault) => Error::local(Code::Internal, fault.to_string()),
    }
}

#[cfg(test)]
mod tests;
