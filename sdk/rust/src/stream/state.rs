//! How a stream is doing, beside what it delivers: each reader sees every change since the stream
//! was made, in order, up to a bound; a slow reader misses the oldest and never holds anything up.

use crate::error::Error;
use std::collections::VecDeque;
use std::sync::Arc;
use tokio::sync::watch;

/// Most changes that are kept for a slow reader.
const KEPT_MAX: usize = 64;

/// How a stream is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StreamState {
    /// Opens for the first time.
    Connecting,
    /// Open; after a loss it continues exactly where it was.
    Connected,
    /// Lost or told to move; being opened again.
    Resuming,
    /// Open again from a new beginning: what was known before is void.
    Resynced,
    /// Told that its server is about to stop.
    Draining,
    /// Ended for good.
    Stopped,
}

#[derive(Debug, Default)]
struct Log {
    kept: VecDeque<StreamState>,
    /// Changes in all, those that are no longer kept included.
    total: u64,
    last_error: Option<Error>,
}

/// Reads the states of one stream. Clones read on from the same place.
#[derive(Clone, Debug)]
pub struct StateReader {
    log: watch::Receiver<Log>,
    seen: u64,
}

impl StateReader {
    /// The newest state.
    pub fn current(&self) -> StreamState {
        self.log.borrow().kept.back().copied().unwrap_or(StreamState::Connecting)
    }

    /// The next change this reader has not seen; `None` when the stream is over and all are seen.
    pub async fn changed(&mut self) -> Option<StreamState> {
        let seen = self.seen;
        {
            // An error says that no more will come; what is kept may still be unseen.
            let _ = self.log.wait_for(|log| log.total > seen).await;
        }
        let log = self.log.borrow();
        let unseen = usize::try_from(log.total - seen).unwrap_or(usize::MAX).min(log.kept.len());
        let state = log.kept.get(log.kept.len() - unseen).copied()?;
        self.seen = log.total - unseen as u64 + 1;
        Some(state)
    }

    /// Why the stream was lost last, when it was.
    pub fn last_error(&self) -> Option<Error> {
        self.log.borrow().last_error.clone()
    }
}

/// Writes the states of one stream.
#[derive(Clone, Debug)]
pub(crate) struct StateWriter(Arc<watch::Sender<Log>>);

impl StateWriter {
    pub(crate) fn new() -> (Self, StateReader) {
        let (sender, log) = watch::channel(Log::default());
        (Self(Arc::new(sender)), StateReader { log, seen: 0 })
    }

    /// Notes a state; the same one again is no change.
    pub(crate) fn set(&self, state: StreamState) {
        self.0.send_if_modified(|log| {
            if log.kept.back() == Some(&state) {
                return false;
            }
            if log.kept.len() == KEPT_MAX {
                log.kept.pop_front();
            }
            log.kept.push_back(state);
            log.total += 1;
            true
        });
    }

    pub(crate) fn failed(&self, error: Error) {
        self.0.send_if_modified(|log| {
            log.last_error = Some(error);
            false
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use StreamState::{Connected, Draining, Resuming, Stopped};

    #[tokio::test]
    async fn every_reader_sees_all_changes_in_order() {
        let (writer, mut reader) = StateWriter::new();
        assert_eq!(reader.current(), StreamState::Connecting);
        for state in [Connected, Connected, Draining, Resuming] {
            writer.set(state);
        }
        let mut late = reader.clone();
        for expected in [Connected, Draining, Resuming] {
            assert_eq!(reader.changed().await, Some(expected));
            assert_eq!(late.changed().await, Some(expected));
        }
        writer.set(Stopped);
        drop(writer);
        assert_eq!(reader.changed().await, Some(Stopped));
        assert_eq!(reader.changed().await, None);
        assert_eq!(late.current(), Stopped);
    }

    #[tokio::test]
    async fn a_slow_reader_misses_the_oldest() {
        let (writer, mut reader) = StateWriter::new();
        for _ in 0..KEPT_MAX {
            writer.set(Resuming);
            writer.set(Connected);
        }
        writer.set(Stopped);
        drop(writer);
        let mut seen = Vec::new();
        while let Some(state) = reader.changed().await {
            seen.push(state);
        }
        assert_eq!((seen.len(), seen.last()), (KEPT_MAX, Some(&Stopped)));
    }
}
