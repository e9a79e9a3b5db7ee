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

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderMap, Request, Response};
    use std::convert::Infallible;
    use tower::{ServiceBuilder, ServiceExt};

    async fn preflight(from: &str) -> HeaderMap {
        let layer = layer(&["https://desk.example".into()]).expect("an origin").expect("a layer");
        let service = ServiceBuilder::new()
            .layer(layer)
            .service_fn(async |_: Request<()>| Ok::<_, Infallible>(Response::new(String::new())));
        let request = Request::options("/x")
            .header("origin", from)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "authorization,x-grpc-web")
            .body(())
            .expect("a request");
        service.oneshot(request).await.expect("infallible").into_parts().0.headers
    }

    #[tokio::test]
    async fn named_origins_may_call_and_others_may_not() {
        let allowed = preflight("https://desk.example").await;
        assert_eq!(allowed["access-control-allow-origin"], "https://desk.example");
        let names = allowed["access-control-allow-headers"].to_str().expect("text");
        for name in ["authorization", "x-grpc-web", "grpc-timeout", "content-type"] {
            assert!(names.contains(name), "{name}");
        }
        for other in ["https://evil.example", "http://desk.example", "null"] {
            assert!(!preflight(other).await.contains_key("access-control-allow-origin"), "{other}");
        }
        assert!(layer(&[]).expect("no origins").is_none());
    }
}
