//! The routes, each answer of a hook, and that none repeats anything of its request.

use super::*;
use crate::grpc::limits::tests::small;
use crate::grpc::rates::{Rate, RateBounds};
use app::channels::{Rejection, Taken};
use app::error::Error;
use axum::body::{Body, to_bytes};
use domain::refusal::{Reason, Refusal};
use http::{Request, Response};
use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use tower::ServiceExt;

const MARK: &str = "zebra";

/// How names of hooks that are not there begin.
const UNKNOWN: &str = "unknown";

/// How many posts one hook takes at once.
const HOOKS: u32 = 3;

fn with(take: Take) -> (Router, watch::Sender<bool>) {
    let (sender, ready) = watch::channel(true);
    let limits = Limits::new(small());
    let none = Rate::per_second(0, 0);
    let account = Rate::per_second(1, HOOKS);
    let rates = Rates::new(&RateBounds { key: none, tenant: none, account, address: none });
    let known: Known =
        Arc::new(|hook| Box::pin(std::future::ready(Ok(!hook.starts_with(UNKNOWN)))));
    (
        router(
            Http { known, take, ready, limits, rates, figures: None, pages: Pages::default() },
            None,
        ),
        sender,
    )
}

fn answering(answer: impl Fn() -> Result<Taken, Error> + Send + Sync + 'static) -> Router {
    with(Arc::new(move |_| Box::pin(std::future::ready(answer())))).0
}

async fn send(router: Router, request: Request<Body>) -> (u16, Response<String>) {
    let response = router.oneshot(request).await.expect("infallible");
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, 1 << 20).await.expect("a body");
    let body = String::from_utf8(body.to_vec()).expect("text");
    (parts.status.as_u16(), Response::from_parts(parts, body))
}

fn hook(body: impl Into<Body>) -> Request<Body> {
    let uri = format!("/hooks/v1/{MARK}?{MARK}=1");
    Request::post(uri).header("x-mark", MARK).body(body.into()).expect("a request")
}

#[tokio::test]
async fn a_hook_is_handed_in_exactly_as_received_and_kept() {
    let seen = Arc::new(Mutex::new(None));
    let inner = Arc::clone(&seen);
    let take: Take = Arc::new(move |posted| {
        *inner.lock().expect("whole") = Some(posted);
        Box::pin(std::future::ready(Ok(Taken::Kept)))
    });
    let (status, response) = send(with(take).0, hook(r#"{"a":1}"#)).await;
    assert_eq!((status, response.body().as_str()), (200, "{}"));
    let posted = seen.lock().expect("whole").take().expect("handed in");
    assert_eq!((posted.hook.as_str(), posted.method.as_str()), (MARK, "POST"));
    assert_eq!(posted.path, format!("/hooks/v1/{MARK}?{MARK}=1"));
    assert_eq!(posted.headers["x-mark"], MARK);
    assert_eq!(posted.body.as_ref(), br#"{"a":1}"#);
}

#[tokio::test]
async fn every_outcome_has_its_answer_and_none_repeats_the_request() {
    let failed = |reason| Err(Error(Refusal::new(reason)));
    for (answer, expected) in [
        (Ok(Taken::Unknown), 404),
        (failed(Reason::ServiceUnavailable), 503),
        (failed(Reason::LedgerBusy), 503),
        (failed(Reason::InternalError), 500),
    ] {
        let router = answering(move || answer.clone());
        let (status, response) = send(router, hook(MARK)).await;
        assert_eq!(status, expected);
        assert_eq!(response.headers().contains_key("retry-after"), status == 503);
        assert!(!format!("{response:?}").contains(MARK), "{response:?}");
    }
    for (reason, expected) in [
        ("REQUEST_TOO_LARGE", 413),
        ("METHOD_NOT_ALLOWED", 405),
        ("SIGNATURE_MISMATCH", 401),
        ("TIMESTAMP_OUT_OF_TOLERANCE", 401),
        ("NO_USABLE_SECRET", 401),
        ("HEADER_MISSING", 400),
        ("HEADER_MALFORMED", 400),
    ] {
        assert_eq!(hooks::refused(reason).as_u16(), expected, "{reason}");
    }
}

#[tokio::test]
async fn a_sender_is_told_why_a_post_was_refused() {
    for (why, status, reason) in [
        (Rejection::HeaderMissing("webhook-id"), 400, "HEADER_MISSING"),
        (Rejection::HeaderMalformed("webhook-timestamp"), 400, "HEADER_MALFORMED"),
        (Rejection::Timestamp, 401, "TIMESTAMP_OUT_OF_TOLERANCE"),
        (Rejection::Signature, 401, "SIGNATURE_MISMATCH"),
        (Rejection::TooLarge("body"), 413, "REQUEST_TOO_LARGE"),
    ] {
        let router = answering(move || Ok(Taken::Rejected(why)));
        let (told, response) = send(router, hook(MARK)).await;
        let body = format!("{{\"reason\":\"{reason}\",\"message\":\"{why}\"}}");
        assert_eq!((told, response.body()), (status, &body));
        assert_eq!(response.headers()["content-type"], "application/json");
    }
    let large = hook(vec![b'x'; BODY_MAX + 1]);
    let (status, response) = send(answering(|| Ok(Taken::Kept)), large).await;
    assert_eq!(status, 413);
    assert!(response.body().contains("REQUEST_TOO_LARGE"), "{response:?}");
}

#[tokio::test]
async fn bodies_are_bounded_whether_their_length_is_told_or_not() {
    let kept = || answering(|| Ok(Taken::Kept));
    let full = vec![b'x'; BODY_MAX];
    assert_eq!(send(kept(), hook(full.clone())).await.0, 200);
    let over = [full, vec![b'x']].concat();
    assert_eq!(send(kept(), hook(over.clone())).await.0, 413);
    let chunks =
        futures::stream::iter(over.chunks(1000).map(|c| Ok::<_, std::io::Error>(c.to_vec())));
    let chunks: Vec<_> = futures::StreamExt::collect(chunks).await;
    let untold = Body::from_stream(futures::stream::iter(chunks));
    assert_eq!(send(kept(), hook(untold)).await.0, 413);
    let mut told = hook("");
    told.headers_mut().insert("content-length", (BODY_MAX + 1).into());
    assert_eq!(send(kept(), told).await.0, 413);
}

#[tokio::test]
async fn what_is_not_there_is_not_found_and_a_panic_is_ours() {
    let get = |path: &str| Request::get(path).body(Body::empty()).expect("a request");
    let router = answering(|| panic!("deliberate"));
    for path in ["/", "/hooks/v1/", "/hooks/v1/a/b", "/debug/shift", "/omnichannel.v1.X/Y"] {
        assert_eq!(send(router.clone(), get(path)).await.0, 404, "{path}");
    }
    assert_eq!(send(router.clone(), get("/hooks/v1/a")).await.0, 405);
    assert_eq!(send(router, hook("")).await.0, 500);
}

#[tokio::test]
async fn probes_tell_alive_and_ready_apart() {
    let get = |path: &str| Request::get(path).body(Body::empty()).expect("a request");
    let (router, ready) = with(Arc::new(|_| Box::pin(std::future::ready(Ok(Taken::Kept)))));
    assert_eq!(send(router.clone(), get("/healthz")).await.0, 200);
    assert_eq!(send(router.clone(), get("/readyz")).await.0, 200);
    ready.send(false).expect("listened to");
    assert_eq!(send(router.clone(), get("/healthz")).await.0, 200);
    assert_eq!(send(router, get("/readyz")).await.0, 503);
}

#[tokio::test]
async fn more_than_may_be_under_way_is_told_to_come_back() {
    let (release, held) = watch::channel(false);
    let take: Take = Arc::new(move |_| {
        let mut held = held.clone();
        Box::pin(async move {
            held.wait_for(|go| *go).await.expect("released");
            Ok(Taken::Kept)
        })
    });
    let router = with(take).0;
    let first = tokio::spawn(send(router.clone(), hook("")));
    let second = loop {
        tokio::task::yield_now().await;
        let (status, response) = send(router.clone(), hook("x".repeat(BODY_MAX + 1))).await;
        if status == 503 {
            break response;
        }
        assert_eq!(status, 413, "the first was not under way yet");
    };
    assert!(second.headers().contains_key("retry-after"));
    release.send(true).expect("waited for");
    assert_eq!(first.await.expect("no panic").0, 200);
}

#[tokio::test]
async fn a_hook_that_is_posted_to_too_often_says_when_to_come_back() {
    let router = answering(|| Ok(Taken::Kept));
    for _ in 0..HOOKS {
        assert_eq!(send(router.clone(), hook("{}")).await.0, 200);
    }
    let (status, response) = send(router.clone(), hook("{}")).await;
    assert_eq!((status, response.headers()["retry-after"].as_bytes()), (429, b"1".as_slice()));
    let other = Request::post("/hooks/v1/other").body(Body::empty()).expect("a request");
    assert_eq!(send(router, other).await.0, 200, "another hook is not concerned");
}

#[tokio::test]
async fn a_hook_that_is_not_there_waits_for_no_body_and_takes_no_place() {
    let router = answering(|| panic!("it was handed in"));
    for number in 0..50 {
        let endless = Body::from_stream(futures::stream::pending::<Result<Vec<u8>, Infallible>>());
        let uri = format!("/hooks/v1/{UNKNOWN}{number}");
        let request = Request::post(uri).body(endless).expect("a request");
        assert_eq!(send(router.clone(), request).await.0, 404);
    }
}
