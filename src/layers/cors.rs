//! Which pages of other origins may call from a browser: those the operator names, none else. They
//! may read what gRPC-Web says in headers.

use anyhow::{Context as _, Result};
use http::{HeaderName, HeaderValue, Method, header};
use std::time::Duration;
use tower_http::cors::{AllowOrigin, CorsLayer};

/// How long a browser may remember the answer.
const REMEMBERED: Duration = Duration::from_secs(3600);

/// The layer for these origins; none if there are none.
///
/// # Errors
/// For an origin that cannot be a header value.
pub fn layer(origins: &[String]) -> Result<Option<CorsLayer>> {
    if origins.is_empty() {
        return Ok(None);
    }
    let value = |origin: &String| {
        HeaderValue::from_str(origin.trim_end_matches('/')).context("cors.origins")
    };
    let origins = origins.iter().map(value).collect::<Result<Vec<_>>>()?;
    let name = HeaderName::from_static;
    Ok(Some(
        CorsLayer::new()
            .allow_origin(AllowOrigin::list(origins))
            .allow_methods([Method::POST])
            .allow_headers([
                header::AUTHORIZATION,
                header::CONTENT_TYPE,
                name("grpc-timeout"),
                name("x-grpc-web"),
                name("x-user-agent"),
                super::request_id::HEADER,
            ])
            .expose_headers([
                name("grpc-status"),
                name("grpc-message"),
                name("grpc-status-details-bin"),
                super::request_id::HEADER,
            ])
            .max_age(REMEMBERED),
    ))
}
