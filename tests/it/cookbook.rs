//! The cookbook tells the truth: the commands of `docs/cookbook.md` are run as they stand there, by
//! the real grpcurl and the real buf, and every answer it shows is looked for in what they print.

use crate::support::fixture::Case;
use crate::support::page::Page;
use std::path::Path;

both!(grpcurl_does_the_whole_job, buf_does_the_whole_job);

async fn runs(case: Case, tool: &str) {
    let page = Page::read("cookbook.md", tool);
    assert!(page.commands() > 15, "the page has more commands than {}", page.commands());
    let server = format!("127.0.0.1:{}", case.server.port());
    let variables = [
        ("SERVER", server.as_str()),
        ("PLATFORM_KEY", case.server.platform_key()),
        ("RECEIVER", "http://127.0.0.1:9/answers"),
    ];
    page.plays(Path::new(env!("CARGO_MANIFEST_DIR")), &variables).await;
}

async fn grpcurl_does_the_whole_job(case: Case) {
    runs(case, "grpcurl").await;
}

async fn buf_does_the_whole_job(case: Case) {
    runs(case, "buf").await;
}
