//! Where messages may be posted, on a server that keeps its defaults: no spelling of an inner
//! address is taken, by create or by update, and what listens there hears nothing. A name that
//! resolves to an inner address is taken, because names may change, and never connected to. That a
//! redirect is not followed and a name cannot change its mind in between is proven in `channels`.

use crate::support::fixture::{Case, account, opening};
use crate::support::refusal::judge;
use crate::support::{eventually, nobody};
use omnichannel_sdk::{Error, v1};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::time::sleep;

both!(alone ["egress.allow_http = false", "egress.allow_private = false"];
    no_spelling_of_an_inner_address_is_taken,
    a_name_of_an_inner_address_is_never_connected_to,
);

/// A listener that counts who comes.
struct Canary {
    port: u16,
    heard: Arc<AtomicUsize>,
}

impl Canary {
    async fn start() -> Self {
        let listener = TcpListener::bind(("0.0.0.0", 0)).await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let heard = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&heard);
        tokio::spawn(async move {
            while listener.accept().await.is_ok() {
                count.fetch_add(1, Ordering::SeqCst);
            }
        });
        Self { port, heard }
    }

    fn heard(&self) -> usize {
        self.heard.load(Ordering::SeqCst)
    }
}

/// Spellings of hosts that only this machine or its network has.
const INNER: [&str; 30] = [
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "2130706433",
    "0x7f000001",
    "0x7f.1",
    "0177.0.0.1",
    "017700000001",
    "127.0.0.1.",
    "127.255.255.254",
    "0.0.0.0",
    "0",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
    "[fe80::1]",
    "[fd00:ec2::254]",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.169.254",
    "0xa9fea9fe",
    "localhost",
    "LOCALHOST.",
    "a.localhost",
];

/// Addresses whose scheme, port or form is none for a webhook.
const ODD: [&str; 11] = [
    "http://example.org/in",
    "file:///etc/passwd",
    "gopher://example.org/",
    "ftp://example.org/",
    "dict://example.org:11211/",
    "javascript:alert(1)",
    "data:text/plain,x",
    "https://user:word@example.org/in",
    "https://user@example.org/in",
    "https://example.org:22/in",
    "https://example.org:6379/in",
];

async fn no_spelling_of_an_inner_address_is_taken(case: Case) {
    let canary = Canary::start().await;
    let good = ok!(case.admin.channels().create_channel_account(account("https://example.org/in")));
    let good = good.channel_account.unwrap();
    let ports = [String::new(), ":443".into(), format!(":{}", canary.port)];
    let inner = INNER.iter().flat_map(|host| {
        ports.iter().map(move |port| format!("https://{host}{port}/latest/meta-data"))
    });
    for url in inner.chain(ODD.iter().map(|url| (*url).to_owned())) {
        let made = case.admin.channels().create_channel_account(account(&url)).await;
        named(made.map(|_| ()), &url);
        let webhook = v1::WebhookConfig { url: url.clone(), ..Default::default() };
        let changed = v1::ChannelAccount {
            id: good.id.clone(),
            config: Some(v1::channel_account::Config::Webhook(webhook)),
            ..Default::default()
        };
        let update = v1::UpdateChannelAccountRequest {
            channel_account: Some(changed),
            ..Default::default()
        };
        named(case.admin.channels().update_channel_account(update).await.map(|_| ()), &url);
    }
    assert_eq!(canary.heard(), 0, "something connected");
}

/// The refusal names the field and does not repeat the address.
fn named(outcome: Result<(), tonic::Status>, url: &str) {
    let status = outcome.expect_err(url);
    let error: Error = judge(status, v1::ErrorReason::ValidationFailed, url);
    let violation = &error.violations()[0];
    assert_eq!(violation.field, "channel_account.webhook.url", "{url}");
    assert!(!violation.description.contains(url), "{violation:?}");
}

async fn a_name_of_an_inner_address_is_never_connected_to(case: Case) {
    let canary = Canary::start().await;
    // The machine's own name resolves to an address of its own.
    let name = std::fs::read_to_string("/etc/hostname").expect("it has a name");
    let name = name.trim();
    let url = format!("https://{name}:8443/in");
    let made = ok!(case.admin.channels().create_channel_account(account(&url)));
    let made = made.channel_account.unwrap();
    let contact = v1::ContactInput {
        kind: v1::ChannelKind::Webhook.into(),
        address: nobody(),
        display_name: "Ada".into(),
    };
    let request = v1::CreateInteractionRequest {
        customer: Some(v1::create_interaction_request::Customer::Contact(contact)),
        channel: v1::ChannelKind::Webhook.into(),
        channel_account_id: made.id,
        ..opening("")
    };
    let interaction = case.create(request).await;
    let reply = v1::SendMessageRequest {
        interaction_id: interaction.id,
        body: "hello".into(),
        ..Default::default()
    };
    let sent = ok!(case.admin.interactions().send_message(reply)).message.unwrap();
    let ended = async || {
        let ask = v1::GetMessageStatusRequest { message_id: sent.id.clone() };
        let told = ok!(case.admin.channels().get_message_status(ask));
        let failed = format!("{told:?}").contains("URL_ADDRESS");
        let log = case.server.log_from(0);
        (failed || log.contains("URL_ADDRESS")).then_some(())
    };
    eventually("it is given up for its address", ended).await;
    sleep(Duration::from_millis(200)).await;
    assert_eq!(canary.heard(), 0, "something connected");
}
