//! Whether a worker turns. Each says so at every step and how long it rests; one that has not
//! turned for [`LIMIT`] beyond that hangs, as behind a connection whose other end vanished without
//! a word, and is begun again like one that panicked.

use super::BEGIN_AGAIN;
use crate::measure;
use futures::future::BoxFuture;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

/// How long one step of a worker may take: longer than any statement, command or exchange may.
pub(super) const LIMIT: Duration = Duration::from_secs(90);

/// Where a worker says that it turns. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Turn {
    limit: Duration,
    /// By when it says so again; none while it waits for what may never come.
    due: Arc<Mutex<Option<Instant>>>,
}

impl Turn {
    /// A worker that begins now.
    pub(super) fn within(limit: Duration) -> Self {
        Self { limit, due: Arc::new(Mutex::new(Some(Instant::now() + limit))) }
    }

    /// A step was done.
    pub(super) fn step(&self) {
        self.due_at(Some(Instant::now() + self.limit));
    }

    /// Rests for a while, or until told to stop; whether to go on.
    pub(crate) async fn rest(&self, wait: Duration, stop: &CancellationToken) -> bool {
        self.due_at(Some(Instant::now() + wait + self.limit));
        let on = super::pause(wait, stop).await;
        self.step();
        on
    }

    /// Waits for what may never come.
    pub(super) async fn idle<T>(&self, work: impl Future<Output = T>) -> T {
        self.due_at(None);
        let done = work.await;
        self.step();
        done
    }

    fn due_at(&self, due: Option<Instant>) {
        *self.due.lock().unwrap_or_else(PoisonError::into_inner) = due;
    }

    /// Ends when the worker is overdue.
    async fn hangs(&self) {
        loop {
            let due = *self.due.lock().unwrap_or_else(PoisonError::into_inner);
            match due {
                Some(due) if due <= Instant::now() => return,
                Some(due) => sleep_until(due).await,
                None => sleep(self.limit).await,
            }
        }
    }
}

/// Begins a worker.
pub(super) type Begin = Box<dyn Fn(Turn) -> BoxFuture<'static, ()> + Send + Sync>;

/// Keeps a worker at work: one that panics or hangs is begun again after a moment. What it had in
/// hand is under a lease or was not begun, so that nothing is lost by it.
pub(super) async fn kept(
    name: &'static str,
    begin: Begin,
    limit: Duration,
    stop: CancellationToken,
) {
    loop {
        let turn = Turn::within(limit);
        // A task of its own, so that one that holds its thread is noticed too.
        let mut work = AbortOnDropHandle::new(tokio::spawn(begin(turn.clone())));
        let why = tokio::select! {
            ended = &mut work => match ended {
                Ok(()) => return,
                Err(_) => "it panicked",
            },
            () = turn.hangs() => "it hangs",
        };
        drop(work);
        tracing::error!(worker = name, why, "a worker is begun again");
        measure::worker_restarted(name);
        if !super::pause(BEGIN_AGAIN, &stop).await {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;
    use std::sync::atomic::{AtomicUsize, Ordering};

    const SHORT: Duration = Duration::from_millis(300);

    /// Keeps a worker that goes wrong the first time; how often it was begun.
    async fn begun(first: fn(Turn) -> BoxFuture<'static, ()>) -> usize {
        let count = Arc::new(AtomicUsize::new(0));
        let begun = Arc::clone(&count);
        let begin = Box::new(move |turn| match begun.fetch_add(1, Ordering::SeqCst) {
            0 => first(turn),
            _ => std::future::ready(()).boxed(),
        });
        let kept = kept("test", begin, SHORT, CancellationToken::new());
        tokio::time::timeout(Duration::from_secs(30), kept).await.expect("it ends in order");
        count.load(Ordering::SeqCst)
    }

    #[tokio::test]
    async fn one_that_hangs_or_panics_is_begun_again() {
        assert_eq!(begun(|_| std::future::pending().boxed()).await, 2, "it never turned");
        let stuck = |turn: Turn| {
            async move {
                turn.step();
                std::future::pending().await
            }
            .boxed()
        };
        assert_eq!(begun(stuck).await, 2, "it turned once");
        assert_eq!(begun(|_| async { panic!("on purpose") }.boxed()).await, 2);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    #[expect(clippy::disallowed_methods, reason = "a worker that blocks its thread is the case")]
    async fn one_that_holds_its_thread_is_begun_again() {
        let held = |_| async { std::thread::sleep(SHORT * 10) }.boxed();
        assert_eq!(begun(held).await, 2);
    }

    #[tokio::test]
    async fn one_that_rests_waits_or_turns_is_let_be() {
        let resting = |turn: Turn| {
            async move {
                assert!(turn.rest(SHORT * 3, &CancellationToken::new()).await);
                turn.idle(sleep(SHORT * 3)).await;
                for _ in 0..10 {
                    sleep(SHORT / 3).await;
                    turn.step();
                }
            }
            .boxed()
        };
        assert_eq!(begun(resting).await, 1);
    }
}
