//! Is the process alive, and can it serve; and, where tests have switched it on, the clock.

use super::Http;
use app::ledger::Ledger;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use domain::time::Span;
use serde::Deserialize;

/// The process answers.
pub(super) async fn alive() -> &'static str {
    "ok\n"
}

/// The database answered when it was last asked, and the server is not shutting down.
pub(super) async fn ready(State(http): State<Http>) -> (StatusCode, &'static str) {
    if *http.ready.borrow() {
        (StatusCode::OK, "ready\n")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "not ready\n")
    }
}

#[derive(Deserialize)]
pub(super) struct Shift {
    seconds: u32,
}

/// Moves the ledger's time ahead.
pub(super) async fn shift(State(ledger): State<Ledger>, Query(by): Query<Shift>) -> &'static str {
    ledger.shift_clock(Span::from_secs(by.seconds.into()));
    "ok\n"
}
