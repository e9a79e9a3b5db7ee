//! Plain HTTP on the one listener: webhooks of providers, the two questions orchestrators ask,
//! figures for those who may see them, and the pages people look at.
//! Answers are short and fixed; nothing of a request is ever repeated in one.

mod hooks;
mod metrics;
mod pages;
mod probes;
#[cfg(test)]
mod tests;

pub use hooks::{BODY_MAX, Known, Posted, Take};
pub use pages::Pages;

use app::ledger::Ledger;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::routing::{get, post};
use std::sync::Arc;
use tokio::sync::watch;
use tower_http::catch_panic::CatchPanicLayer;

use crate::grpc::limits::Limits;
use crate::grpc::rates::Rates;
use crate::metrics::Figures;

/// What the handlers have in hand.
#[derive(Clone)]
pub struct Http {
    /// Says whether there is a hook of a name.
    pub known: Known,
    /// Hands a posted webhook in.
    pub take: Take,
    /// Whether the database answers and the server is not shutting down.
    pub ready: watch::Receiver<bool>,
    /// How much may be under way at once.
    pub limits: Limits,
    /// Figures for operators; none where they are switched off.
    pub figures: Option<Arc<Figures>>,
    /// How often one hook may be posted to.
    pub rates: Rates,
    /// What people look at.
    pub pages: Pages,
}

/// The routes; `clock` is there if requests may move the ledger's time.
pub fn router(http: Http, clock: Option<Ledger>) -> Router {
    let pages = http.pages.clone().router();
    let mut router = Router::new()
        .route("/hooks/v1/{name}", post(hooks::post))
        .layer(DefaultBodyLimit::disable())
        .route("/healthz", get(probes::alive))
        .route("/readyz", get(probes::ready))
        .route("/metrics", get(metrics::tell))
        .with_state(http)
        .merge(pages);
    if let Some(ledger) = clock {
        let shift = Router::new().route("/debug/shift", post(probes::shift)).with_state(ledger);
        router = router.merge(shift);
    }
    router.fallback(async || StatusCode::NOT_FOUND).layer(CatchPanicLayer::new())
}
