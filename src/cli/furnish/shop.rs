//! The customers' side of the account "Shop", while `serve --demo` runs: a place on the loopback
//! address that takes what agents answer, so that a reply leaves and arrives. It looks at nothing
//! and keeps nothing.

use anyhow::Result;
use app::App;
use app::context::Context;
use axum::Router;
use axum::routing::post;
use domain::channel::ChannelAccount;
use std::net::Ipv4Addr;
use std::sync::Arc;
use tokio::net::TcpListener;

const PATH: &str = "/answers";

/// Whether nothing else was given as the place for answers.
fn is_ours(url: &str) -> bool {
    url.is_empty() || (url.starts_with("http://127.0.0.1:") && url.ends_with(PATH))
}

/// Opens it, and has the account post there, unless it was told to post elsewhere. It ends with
/// the process.
pub(super) async fn open(app: &App, context: &Context, account: ChannelAccount) -> Result<()> {
    if !is_ours(&account.url) {
        return Ok(());
    }
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let url = format!("http://{}{PATH}", listener.local_addr()?);
    let router = Router::new().route(PATH, post(async || ()));
    tokio::spawn(async move {
        // It serves for as long as anybody could answer.
        let _ = axum::serve(listener, router).await;
    });
    let patch = Arc::new(move |account: &mut ChannelAccount| account.url.clone_from(&url));
    app.update_account(context, account.id, 0, patch, None).await?;
    Ok(())
}
