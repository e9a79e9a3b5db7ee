//! `/metrics`: the figures of this node, for whoever runs the installation. They span all tenants,
//! so that only keys of the platform may ask, whatever their scopes.

use super::Http;
use crate::layers::admission::{address_of, bearer};
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::id::TenantId;
use domain::refusal::Class;
use domain::tenant::Permission;

/// What the text format calls itself.
const FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";

pub(super) async fn tell(State(http): State<Http>, request: Request) -> Response {
    let Some(figures) = &http.figures else { return StatusCode::NOT_FOUND.into_response() };
    let challenge =
        || (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "Bearer")]).into_response();
    let from = address_of(request.extensions());
    // Who asks is not known yet.
    let Ok(_permit) = http.limits.stranger_call(from) else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    let Ok(key) = bearer(request.headers()) else { return challenge() };
    if http.rates.may_try(from).is_err() {
        return StatusCode::TOO_MANY_REQUESTS.into_response();
    }
    let caller = match figures.app().authenticate(key).await {
        Ok(caller) => caller,
        Err(error) if error.0.reason.class() == Class::Unavailable => {
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
        Err(_) => {
            http.rates.tried_wrongly(from);
            return challenge();
        }
    };
    let platform = caller.tenant == TenantId::SYSTEM;
    if !platform || !caller.may(Permission::ServerRead) {
        return StatusCode::FORBIDDEN.into_response();
    }
    match figures.text().await {
        Some(text) => ([(header::CONTENT_TYPE, FORMAT)], text).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
