//! What the pages are served with, and which folders are refused.

use super::*;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use tempfile::TempDir;
use tower::ServiceExt;

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join(HASHED)).expect("a folder");
    for (name, content) in files {
        fs::write(folder.path().join(name), content).expect("a file");
    }
    folder
}

fn whole() -> Router {
    let files = [
        ("index.html", "<p>the pages</p>"),
        ("icon.svg", "<svg/>"),
        ("assets/app-1.js", "go()"),
        ("assets/app-1.js.gz", "(go)"),
        ("assets/app-1.js.br", "<go>"),
        (".gitignore", "*"),
    ];
    Pages::read(folder(&files).path()).expect("pages").router()
}

async fn get(router: &Router, path: &str, tag: Option<&HeaderValue>) -> (u16, HeaderMap, String) {
    let tag = tag.map(|tag| ("if-none-match", tag.to_str().expect("text")));
    ask(router, path, tag.as_slice()).await
}

async fn ask(router: &Router, path: &str, headers: &[(&str, &str)]) -> (u16, HeaderMap, String) {
    let mut request = Request::get(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Body::empty()).expect("a request");
    let (parts, body) = router.clone().oneshot(request).await.expect("infallible").into_parts();
    let body = to_bytes(body, 1 << 20).await.expect("a body");
    (parts.status.as_u16(), parts.headers, String::from_utf8(body.to_vec()).expect("text"))
}

#[tokio::test]
async fn a_page_comes_with_its_policy_and_is_asked_for_again() {
    let router = whole();
    for path in ["/", "/desk", "/dashboard"] {
        let (status, headers, body) = get(&router, path, None).await;
        assert_eq!((status, body.as_str()), (200, "<p>the pages</p>"), "{path}");
        assert_eq!(headers["content-type"], "text/html; charset=utf-8");
        assert_eq!(headers["cache-control"], "no-cache");
        let policy = headers["content-security-policy"].to_str().expect("text");
        assert!(policy.starts_with("default-src 'none';"), "{policy}");
        assert!(!policy.contains("unsafe") && !policy.contains('*'), "{policy}");
        let (status, headers, body) = get(&router, path, Some(&headers["etag"])).await;
        assert_eq!((status, body.as_str()), (304, ""));
        assert!(headers.contains_key("content-security-policy"));
        let other = HeaderValue::from_static("\"another\"");
        assert_eq!(get(&router, path, Some(&other)).await.0, 200);
    }
}

#[tokio::test]
async fn a_file_with_a_hashed_name_is_kept_and_others_are_not_there() {
    let router = whole();
    let (status, headers, body) = get(&router, "/assets/app-1.js", None).await;
    assert_eq!((status, body.as_str()), (200, "go()"));
    assert_eq!(headers["content-type"], "text/javascript; charset=utf-8");
    assert_eq!(headers["cache-control"], "public, max-age=31536000, immutable");
    assert_eq!(headers["x-content-type-options"], "nosniff");
    assert_eq!(get(&router, "/icon.svg", None).await.0, 200);
    let absent = [
        "/assets/app-2.js",
        "/assets/app-1.js.br",
        "/assets/..%2Findex.html",
        "/assets/../icon.svg",
        "/.gitignore",
    ];
    for path in absent {
        assert_eq!(get(&router, path, None).await.0, 404, "{path}");
    }
}

#[tokio::test]
async fn whoever_takes_a_packed_form_is_given_the_best_of_them() {
    let router = whole();
    let path = "/assets/app-1.js";
    let mut tags = Vec::new();
    for (taken, coding, body) in [
        ("gzip, deflate, br, zstd", Some("br"), "<go>"),
        ("gzip, br;q=0", Some("gzip"), "(go)"),
        ("GZIP;q=0.5", Some("gzip"), "(go)"),
        ("identity, zstd", None, "go()"),
        ("bread", None, "go()"),
        ("gzip;q=none", None, "go()"),
        ("", None, "go()"),
    ] {
        let (status, headers, found) = ask(&router, path, &[("accept-encoding", taken)]).await;
        assert_eq!((status, found.as_str()), (200, body), "{taken}");
        let told = headers.get("content-encoding").map(|told| told.to_str().expect("text"));
        assert_eq!(told, coding, "{taken}");
        assert_eq!(headers["vary"], "accept-encoding");
        assert_eq!(headers["content-type"], "text/javascript; charset=utf-8");
        assert!(headers.contains_key("content-security-policy"));
        // It is known by its own tag, and by that of no other form.
        let tag = headers["etag"].to_str().expect("text").to_owned();
        for (known, status) in
            [(format!("\"a\", {tag}"), 304), (format!("W/{tag}"), 304), ("*".into(), 304)]
        {
            let asked = [("accept-encoding", taken), ("if-none-match", known.as_str())];
            assert_eq!(ask(&router, path, &asked).await.0, status, "{known}");
        }
        tags.push((body, tag));
    }
    tags.sort();
    tags.dedup();
    assert_eq!(tags.len(), 3, "{tags:?}");
    let asked = [("accept-encoding", "gzip"), ("if-none-match", tags[2].1.as_str())];
    assert_eq!(ask(&router, path, &asked).await.0, 200, "the plain one is known, not the packed");
}

#[tokio::test]
async fn without_pages_it_is_said_how_to_get_them() {
    let router = Pages::default().router();
    let (status, _, body) = get(&router, "/desk", None).await;
    assert_eq!((status, body.as_str()), (404, NOTICE));
    assert_eq!(get(&router, "/assets/app-1.js", None).await.0, 404);
}

#[test]
fn a_folder_that_holds_something_else_is_refused() {
    for (files, named) in [
        (&[("assets/app-1.js", "go()")][..], "index.html"),
        (&[("index.html", ""), ("key.pem", "-")][..], "key.pem"),
        (&[("index.html", ""), ("assets/app-1.js.br", "-")][..], "app-1.js.br"),
    ] {
        let error = Pages::read(folder(files).path()).expect_err("no pages").to_string();
        assert!(error.contains(named), "{error}");
    }
    assert!(Pages::read(Path::new("/nowhere/at/all")).is_err());
}
