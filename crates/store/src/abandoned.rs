//! Reads whose caller has left. A caller's deadline drops the read; the database goes on with it,
//! and the connection would wait for its end before it is anybody else's. So a connection that
//! comes back from such a read gets a moment to finish and is closed else; PostgreSQL is told by
//! `client_connection_check_interval` to look for that and gives the statement up.

use sea_orm::sqlx::{self, Connection as _, PgConnection};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio::time::timeout;

/// How long a connection may take to finish what nobody waits for.
const FINISHING: Duration = Duration::from_millis(100);

/// For how long after somebody left the connections that come back are looked at: which of them it
/// was is not known, and each comes back at once.
const LOOKED_AT: Duration = Duration::from_secs(1);

/// How often PostgreSQL looks whether the other end of a connection is still there.
pub(crate) const CHECK_INTERVAL: Duration = Duration::from_millis(500);

/// When a caller last left before the answer. Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Abandoned(Arc<Mutex<Option<Instant>>>);

/// Work that may be dropped before it ends.
pub(crate) struct Leavable<'a, T> {
    work: Pin<Box<dyn Future<Output = T> + Send + 'a>>,
    abandoned: &'a Abandoned,
    ended: bool,
}

impl Abandoned {
    /// Watches whether somebody leaves before the end of this.
    pub(crate) fn watch<'a, T>(
        &'a self,
        work: Pin<Box<dyn Future<Output = T> + Send + 'a>>,
    ) -> Leavable<'a, T> {
        Leavable { work, abandoned: self, ended: false }
    }

    /// Whether a connection that comes back may be used again.
    pub(crate) async fn is_usable(&self, connection: &mut PgConnection) -> sqlx::Result<bool> {
        let last = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if last.is_none_or(|last| last.elapsed() > LOOKED_AT) {
            return Ok(true);
        }
        Ok(timeout(FINISHING, connection.ping()).await.is_ok_and(|answer| answer.is_ok()))
    }
}

impl<T> Future for Leavable<'_, T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        let polled = self.work.as_mut().poll(cx);
        self.ended = polled.is_ready();
        polled
    }
}

impl<T> Drop for Leavable<'_, T> {
    /// Runs before the work itself is dropped, which is what gives the connection back.
    fn drop(&mut self) {
        if !self.ended {
            let mut last = self.abandoned.0.lock().unwrap_or_else(PoisonError::into_inner);
            *last = Some(Instant::now());
        }
    }
}
