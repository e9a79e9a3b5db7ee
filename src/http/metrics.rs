//! `/metrics`: the figures of this node, for whoever runs the installation. They span all tenants,
//! so that only keys of the platform may ask; a key narrowed to `SERVER_READ` is enough.

use super::Http;
use crate::layers::admission::bearer;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::id::TenantId;
use domain::refusal::Class;
use domain::tenant::Permission;

/// What the text format calls itself.
const FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";

pub(super) async fn tell(State(http): State<Http>, headers: HeaderMap) -> Response {
    let Some(figures) = &http.figures else { return StatusCode::NOT_FOUND.into_response() };
    let Ok(_permit) = http.limits.call() else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    let challenge =
        || (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "Bearer")]).into_response();
    let Ok(key) = bearer(&headers) else { return challenge() };
    let caller = match figures.app().authenticate(key).await {
        Ok(caller) => caller,
        Err(error) if error.0.reason.class() == Class::Unavailable => {
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
        Err(_) => return challenge(),
    };
    let platform = caller.tenant == TenantId::SYSTEM;
    if !platform || !caller.permissions.has(Permission::ServerRead) {
        return StatusCode::FORBIDDEN.into_response();
    }
    match figures.text().await {
        Some(text) => ([(header::CONTENT_TYPE, FORMAT)], text).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
