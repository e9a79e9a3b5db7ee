//! The guides tell the truth: what bash does in them is run here as it stands there, what Python
//! and TypeScript do by the checks of those SDKs, what Rust does by the tests of `sdk/rust`.

use crate::support::database::Database;
use crate::support::fixture::Case;
use crate::support::page::Page;
use crate::support::process::{Settings, free_port};
use crate::support::{alone, block_on, eventually, unique};
use omnichannel_sdk::v1;
use std::fs;
use std::path::Path;

both!(a_backend_does_its_job_by_hand);

async fn a_backend_does_its_job_by_hand(case: Case) {
    let endpoint = case.server.endpoint();
    let variables = [
        ("OMNICHANNEL_ENDPOINT", endpoint.as_str()),
        ("OMNICHANNEL_API_KEY", case.key.as_str()),
        ("RECEIVER", "http://127.0.0.1:9/answers"),
    ];
    in_a_folder("guides/backend.md", &variables).await;
}

#[test]
fn an_operator_goes_all_the_way_round() {
    let port = free_port().to_string();
    block_on(in_a_folder("guides/operator.md", &[("PORT", port.as_str())]));
}

#[test]
fn a_webhook_is_posted_by_hand() {
    alone(Database::Sqlite, Settings::default().demo(), async |case| {
        let key = case.server.file("demo.key");
        let client = case.server.client(key.trim());
        let asked = v1::ListChannelAccountsRequest::default();
        let accounts = ok!(client.channels().list_channel_accounts(asked)).channel_accounts;
        let found = accounts.into_iter().find_map(|account| match account.config {
            Some(v1::channel_account::Config::Webhook(webhook)) => Some(webhook.inbound_path),
            _ => None,
        });
        let hook = format!("{}{}", case.server.endpoint(), found.expect("the demo has a hook"));
        let secret = case.server.path("demo-webhook.secret");
        let secret = secret.to_str().expect("a path of text");
        in_a_folder("webhooks.md", &[("HOOK", &hook), ("SECRET_FILE", secret)]).await;
        arrived(&client, "ada@example.org", v1::ChannelKind::Webhook).await;
    });
}

#[test]
fn a_mailbox_is_set_up_by_hand() {
    alone(Database::Sqlite, Settings::default().demo(), async |case| {
        let server = format!("127.0.0.1:{}", case.server.port());
        let mail = format!("127.0.0.1:{}", case.server.smtp_port());
        let variables = [("SERVER", server.as_str()), ("MAIL", &mail), ("KEY", &case.key)];
        in_a_folder("email.md", &variables).await;
        arrived(&case.admin, "ada@example.com", v1::ChannelKind::Email).await;
    });
}

#[test]
fn a_world_is_printed_and_played() {
    block_on(in_a_folder("routing-strategies.md", &[]));
}

/// Waits until somebody's first message has become an interaction.
async fn arrived(client: &omnichannel_sdk::Client, address: &str, kind: v1::ChannelKind) {
    eventually("an interaction", async || {
        let asked = v1::ListInteractionsRequest { channel: kind.into(), ..Default::default() };
        let found = ok!(client.interactions().list_interactions(asked)).interactions;
        for one in found {
            let asked = v1::GetCustomerRequest { customer_id: one.customer_id };
            let customer = ok!(client.customers().get_customer(asked)).customer.expect("theirs");
            if customer.contact_points.iter().any(|point| point.address == address) {
                return Some(());
            }
        }
        None
    })
    .await;
}

/// Plays a page in an empty folder, in which it also finds room for temporary files.
async fn in_a_folder(name: &str, variables: &[(&str, &str)]) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(unique("guide"));
    fs::create_dir_all(&folder).expect("a folder is made");
    let mut all = variables.to_vec();
    all.push(("TMPDIR", folder.to_str().expect("a path of text")));
    Page::read(name, "grpcurl").plays(&folder, &all).await;
    fs::remove_dir_all(&folder).expect("the folder goes");
}
