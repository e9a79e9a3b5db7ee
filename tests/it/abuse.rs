//! What a connection may do to the server: frames that no client library would send, many at once.
//! Each abuse ends with the connection closed or the streams refused, memory stays within bounds,
//! and a bystander is served all the while. One server of its own for all of them.

use crate::support::database::Database;
use crate::support::fixture::{Case, opening};
use crate::support::h2::{
    CONTINUATION, DATA, END_HEADERS, END_STREAM, HEADERS, PING, PREFACE, RST_STREAM, Raw, SETTINGS,
    field, frame, message, request,
};
use crate::support::process::Settings;
use crate::support::webhook::{self, Post, inbound_path};
use crate::support::wire::Wire;
use crate::support::{alone, eventually};
use omnichannel_sdk::{Client, Code, v1};
use std::fs;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

const INFO: &str = "/omnichannel.v1.AdminService/GetServerInfo";
const LIST: &str = "/omnichannel.v1.InteractionService/ListInteractions";
const WATCH: &str = "/grpc.health.v1.Health/Watch";
const CHECK: &str = "/grpc.health.v1.Health/Check";

/// Settings of a peer that takes no answer: a window of nothing.
const NO_WINDOW: [u8; 6] = [0, 4, 0, 0, 0, 0];

/// Most mebibytes that the server may grow by while one connection misbehaves.
const GROWTH_MAX: u64 = 48;

/// The longest that a bystander may wait, on a machine that does other things as well.
const WAIT_MAX: Duration = Duration::from_secs(3);

/// How long the server may take to be rid of whoever misbehaves.
const SOON: Duration = Duration::from_secs(5);

/// How long a connection may take to say what it wants, and some more.
const SILENCE: Duration = Duration::from_secs(14);

fn abused(test: impl AsyncFnOnce(&Case)) {
    alone(Database::Sqlite, Settings::default(), async |case| {
        // What is needed once is in memory before anything is measured.
        still_serves(&case.admin).await;
        let other = case.role(v1::Role::Supervisor).await;
        let before = mebibytes(&case);
        let bystander = Bystander::start(&other);
        test(&case).await;
        bystander.end().await;
        let grown = mebibytes(&case).saturating_sub(before);
        assert!(grown <= GROWTH_MAX, "grown by {grown} MiB");
        let made = case.create(opening("")).await;
        assert_eq!(case.interaction(&made.id).await.id, made.id, "all is well afterwards");
    });
}

async fn still_serves(client: &Client) {
    ok!(client.admin().get_server_info(v1::GetServerInfoRequest {}));
    ok!(client.interactions().list_interactions(v1::ListInteractionsRequest::default()));
}

/// Memory that the server's process has.
fn mebibytes(case: &Case) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", case.server.pid()));
    let status = status.expect("the process is there");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes = line.and_then(|line| line.trim().strip_suffix("kB")).expect("its memory");
    kibibytes.trim().parse::<u64>().expect("a number") / 1024
}

/// Processor time that the server's process has used, in the system's ticks of 10 ms.
fn ticks(case: &Case) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{}/stat", case.server.pid()));
    let stat = stat.expect("the process is there");
    let after_name = stat.rsplit_once(')').expect("a name in brackets").1;
    let fields: Vec<&str> = after_name.split_whitespace().collect();
    fields[11].parse::<u64>().expect("a number") + fields[12].parse::<u64>().expect("a number")
}

/// The server has nothing left to do soon.
async fn idles(case: &Case) {
    let quiet = async || {
        let before = ticks(case);
        sleep(Duration::from_millis(500)).await;
        // The bystander needs some of it.
        (ticks(case) - before < 25).then_some(())
    };
    eventually("the server is idle again", quiet).await;
}

/// Somebody who calls all the while on a connection of their own.
struct Bystander {
    stop: tokio::sync::watch::Sender<bool>,
    calling: JoinHandle<Duration>,
}

impl Bystander {
    fn start(client: &Client) -> Self {
        let (stop, stopped) = tokio::sync::watch::channel(false);
        let client = client.clone();
        let calling = tokio::spawn(async move {
            let mut longest = Duration::ZERO;
            while !*stopped.borrow() {
                let began = Instant::now();
                still_serves(&client).await;
                longest = longest.max(began.elapsed());
                sleep(Duration::from_millis(25)).await;
            }
            longest
        });
        Self { stop, calling }
    }

    async fn end(self) {
        self.stop.send_replace(true);
        let longest = self.calling.await.expect("the bystander was served");
        assert!(longest < WAIT_MAX, "the bystander waited {longest:?}");
    }
}

/// Opens a stream and sends a whole request.
fn whole_call(stream: u32, block: &[u8]) -> Vec<u8> {
    let headers = frame(HEADERS, END_HEADERS, stream, block);
    [headers, frame(DATA, END_STREAM, stream, &message(&[]))].concat()
}

/// The odd numbers clients give their streams.
fn streams(count: u32) -> impl Iterator<Item = u32> {
    (0..count).map(|number| number * 2 + 1)
}

#[test]
fn rapid_resets_close_the_connection() {
    abused(async |case| {
        let mut raw = Raw::open(case.server.port(), &[]).await;
        let authorization = format!("Bearer {}", case.key);
        let block = request(LIST, Some(&authorization));
        let cancel = 8_u32.to_be_bytes();
        for stream in streams(10_000) {
            let call = whole_call(stream, &block);
            let reset = frame(RST_STREAM, 0, stream, &cancel);
            if !raw.send(&[call, reset].concat()).await || raw.is_ended() {
                break;
            }
        }
        assert!(raw.ended_within(SOON).await, "{:?}", raw.seen);
        idles(case).await;
    });
}

#[test]
fn a_flood_of_continuations_closes_the_connection() {
    abused(async |case| {
        let mut raw = Raw::open(case.server.port(), &[]).await;
        raw.send(&frame(HEADERS, END_STREAM, 1, &request(INFO, None))).await;
        let mut more = Vec::new();
        field(&mut more, "x-more", &"m".repeat(1000));
        let mut sent = 0;
        while sent < 64 << 20 && !raw.is_ended() && raw.send(&continuation(&more)).await {
            sent += more.len();
        }
        assert!(raw.ended_within(SOON).await, "{sent} bytes were taken");
        let mut raw = Raw::open(case.server.port(), &[]).await;
        raw.send(&frame(HEADERS, END_STREAM, 1, &request(INFO, None))).await;
        let mut empty = 0;
        while empty < 200_000 && !raw.is_ended() && raw.send(&continuation(&[])).await {
            empty += 1;
        }
        assert!(raw.ended_within(SOON).await, "{empty} empty frames were taken");
        idles(case).await;
    });
}

fn continuation(block: &[u8]) -> Vec<u8> {
    frame(CONTINUATION, 0, 1, block)
}

/// A field of 4 KiB is put into the dictionary once and then named by one byte, thousands of times
/// a request; and no answer is ever taken.
#[test]
fn references_that_expand_and_windows_of_zero_cost_nothing() {
    abused(async |case| {
        let zero_window = [0, 4, 0, 0, 0, 0];
        let mut raw = Raw::open(case.server.port(), &zero_window).await;
        let mut first = request(INFO, None);
        first.push(0x40);
        let mut large = Vec::new();
        field(&mut large, "x-large", &"v".repeat(3900));
        first.extend(&large[1..]);
        raw.send(&frame(HEADERS, END_HEADERS | END_STREAM, 1, &first)).await;
        let mut bomb = request(INFO, None);
        bomb.extend([0xbe; 16_000]);
        for stream in streams(250).skip(1) {
            if !raw.send(&frame(HEADERS, END_HEADERS | END_STREAM, stream, &bomb)).await {
                break;
            }
        }
        sleep(Duration::from_millis(500)).await;
        assert!(mebibytes(case) < 400, "{} MiB", mebibytes(case));
        idles(case).await;
    });
}

#[test]
fn tiny_frames_by_the_thousand_close_the_connection_or_are_held_back() {
    abused(async |case| {
        let authorization = format!("Bearer {}", case.key);
        let begin = frame(HEADERS, END_HEADERS, 1, &request(LIST, Some(&authorization)));
        let one_byte = frame(DATA, 0, 1, &[0]);
        let empty = frame(DATA, 0, 1, &[]);
        let ping = frame(PING, 0, 0, &[7; 8]);
        let settings = frame(SETTINGS, 0, 0, &[0, 3, 0, 0, 0, 100]);
        for (what, flood, closes) in [
            ("DATA of one byte", &one_byte, true),
            ("empty DATA", &empty, true),
            ("PING", &ping, false),
            ("SETTINGS", &settings, false),
        ] {
            let mut raw = Raw::open(case.server.port(), &[]).await;
            raw.send(&begin).await;
            let block = flood.repeat(1000);
            let mut sent = 0;
            while sent < 200_000 && !raw.is_ended() && raw.send(&block).await {
                sent += 1000;
            }
            let ended = raw.ended_within(if closes { SOON } else { Duration::ZERO }).await;
            assert!(ended || !closes, "{what}: {sent} frames were taken");
        }
        idles(case).await;
    });
}

#[test]
fn ten_thousand_streams_of_a_connection_are_not_held() {
    abused(async |case| {
        let mut raw = Raw::open(case.server.port(), &[]).await;
        let authorization = format!("Bearer {}", case.key);
        // Calls that never send their message stay open for as long as a call may take.
        let block = request(LIST, Some(&authorization));
        for stream in streams(10_000) {
            if !raw.send(&frame(HEADERS, END_HEADERS, stream, &block)).await || raw.is_ended() {
                break;
            }
        }
        let refused = async || {
            let refused = raw.seen.resets.load(Ordering::SeqCst) > 0;
            (refused || raw.is_ended()).then_some(())
        };
        eventually("streams beyond the limit are refused", refused).await;
        idles(case).await;
    });
}

/// A message of a field that nobody knows, which holds the same, so many times.
fn nested(depth: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    for _ in 0..depth {
        let mut outer = vec![0xa2, 0x06];
        prost::encoding::encode_varint(bytes.len() as u64, &mut outer);
        outer.append(&mut bytes);
        bytes = outer;
        if bytes.len() > 30_000 {
            break;
        }
    }
    bytes
}

#[test]
fn compressed_nested_and_endless_messages_are_refused() {
    abused(async |case| {
        let wire = Wire::new(&case.server.endpoint(), Some(&case.key));
        let groups = [[0xa3, 0x06].repeat(1_000_000), [0xa4, 0x06].repeat(1_000_000)];
        let tags = [0x1a, 0x00].repeat(1_000_000);
        let endless = vec![0xff; 1 << 20];
        let create = "/omnichannel.v1.InteractionService/CreateInteraction";
        for (what, bytes) in [
            ("messages in messages", nested(20_000)),
            ("groups in groups", groups.concat()),
            ("groups that never end", groups[0].clone()),
            ("a million items", tags),
            ("a number that never ends", endless),
            ("a length beyond the end", vec![0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f]),
        ] {
            for path in [LIST, create] {
                match wire.unary(path, bytes.clone()).await {
                    // What nobody knows is passed over, and of one field the last counts.
                    Ok(_) => assert_eq!(path, LIST, "{what}"),
                    Err(status) => {
                        let fine = [Code::InvalidArgument, Code::OutOfRange];
                        assert!(fine.contains(&status.code()), "{what}: {status:?}");
                    }
                }
            }
        }
        compressed(case).await;
    });
}

/// Zeros that are said to be compressed: nothing is ever expanded. With which status that is
/// refused, `bad_input` tries.
async fn compressed(case: &Case) {
    let authorization = format!("Bearer {}", case.key);
    let mut block = request(LIST, Some(&authorization));
    field(&mut block, "grpc-encoding", "gzip");
    let mut raw = Raw::open(case.server.port(), &[]).await;
    raw.send(&frame(HEADERS, END_HEADERS, 1, &block)).await;
    let mut flagged = message(&vec![0; 10_000]);
    flagged[0] = 1;
    raw.send(&frame(DATA, END_STREAM, 1, &flagged)).await;
    let answered = async || (raw.seen.headers.load(Ordering::SeqCst) > 0).then_some(());
    eventually("it is answered", answered).await;
}

#[test]
fn half_a_beginning_is_not_waited_for() {
    abused(async |case| {
        let mut drops = Raw::connect(case.server.port()).await;
        drops.send(&PREFACE[..PREFACE.len() - 1]).await;
        let mut trickle = Raw::connect(case.server.port()).await;
        let began = Instant::now();
        for byte in &PREFACE[..20] {
            if trickle.is_ended() || !trickle.send(&[*byte]).await {
                break;
            }
            sleep(Duration::from_secs(1)).await;
        }
        assert!(began.elapsed() < SILENCE, "a byte a second: {:?}", began.elapsed());
        assert!(trickle.is_ended() && drops.ended_within(SOON).await);
    });
}

#[test]
fn one_address_cannot_take_every_connection() {
    let settings =
        Settings::of(&["limits.connections = 200", "limits.connections_per_address = 50"]);
    alone(Database::Sqlite, settings, async |case| {
        let mut open = Vec::new();
        for _ in 0..200 {
            open.push(Raw::open_from([127, 0, 0, 9], case.server.port()).await);
        }
        let shut = async || {
            let ended = open.iter().filter(|raw| raw.is_ended()).count();
            (ended >= 150).then_some(ended)
        };
        let ended = eventually("those beyond the share are closed", shut).await;
        assert_eq!(ended, 150);
        let late = case.server.client(&case.key);
        still_serves(&late).await;
        drop(open);
        let again = async || {
            let raw = Raw::open_from([127, 0, 0, 9], case.server.port()).await;
            sleep(Duration::from_millis(50)).await;
            (!raw.is_ended()).then_some(())
        };
        eventually("places are given back", again).await;
    });
}

/// A tenant whose callers take no answers fills its own places, not those of others.
#[test]
fn answers_that_nobody_takes_hold_up_only_their_tenant() {
    let settings = Settings::of(&["limits.calls = 64", "limits.calls_per_tenant = 16"]);
    alone(Database::Sqlite, settings, async |case| {
        let stranger = case.stranger().await;
        let authorization = format!("Bearer {}", case.key);
        let block = request(INFO, Some(&authorization));
        let mut raw = Raw::open(case.server.port(), &[0, 4, 0, 0, 0, 0]).await;
        for stream in streams(100) {
            assert!(raw.send(&whole_call(stream, &block)).await);
        }
        let full = async || {
            let info = case.admin.admin().get_server_info(v1::GetServerInfoRequest {}).await;
            let error = omnichannel_sdk::Error::from(info.err()?);
            assert!(error.is(v1::ErrorReason::RateLimited), "{error:?}");
            assert_eq!(error.metadata()["limit"], "calls");
            Some(())
        };
        eventually("the tenant has no place left", full).await;
        for _ in 0..20 {
            still_serves(&stranger.admin).await;
        }
        drop(raw);
        let again = async || {
            case.admin.admin().get_server_info(v1::GetServerInfoRequest {}).await.ok().map(|_| ())
        };
        eventually("the connection took its places with it", again).await;
    });
}

/// What is not taken is given back when its time is over, though the connection stays; one that
/// leaves much of it is closed.
#[test]
fn answers_have_a_time_to_be_taken_in() {
    let settings = Settings::of(&["limits.call_seconds = 2", "limits.calls_per_key = 8"]);
    alone(Database::Sqlite, settings, async |case| {
        let authorization = format!("Bearer {}", case.key);
        let block = request(INFO, Some(&authorization));
        let other = case.role(v1::Role::Supervisor).await;
        let mut raw = Raw::open(case.server.port(), &NO_WINDOW).await;
        let mut open = streams(1000);
        let calls = async |raw: &mut Raw, open: &mut dyn Iterator<Item = u32>, count: usize| {
            for stream in open.take(count) {
                raw.send(&whole_call(stream, &block)).await;
            }
        };
        calls(&mut raw, &mut open, 8).await;
        let info = async || case.admin.admin().get_server_info(v1::GetServerInfoRequest {}).await;
        let full = async || {
            let error = omnichannel_sdk::Error::from(info().await.err()?);
            assert!(error.is(v1::ErrorReason::RateLimited), "{error:?}");
            assert_eq!(error.metadata()["limit"], "calls_of_key");
            Some(())
        };
        eventually("the key has no place left", full).await;
        // Another key of the same tenant is not concerned.
        still_serves(&other).await;
        let again = async || info().await.ok().map(|_| ());
        eventually("the places are given back", again).await;
        assert!(!raw.is_ended(), "a few may be left");
        for _ in 0..2 {
            calls(&mut raw, &mut open, 8).await;
            sleep(Duration::from_secs(3)).await;
        }
        assert!(raw.ended_within(SOON).await, "and not many");
        still_serves(&case.admin).await;
    });
}

/// A webhook whose body does not come, to a hook that nobody has.
fn slow_webhook(stream: u32) -> Vec<u8> {
    let mut block = vec![0x83, 0x86];
    field(&mut block, ":path", &format!("/hooks/v1/nobody{stream}"));
    field(&mut block, ":authority", "127.0.0.1");
    let headers = frame(HEADERS, END_HEADERS, stream, &block);
    [headers, frame(DATA, 0, stream, b"{")].concat()
}

#[test]
fn webhooks_of_strangers_take_no_place_of_callers() {
    let settings = Settings::of(&["limits.calls = 16", "limits.webhooks = 16"]);
    alone(Database::Sqlite, settings, async |case| {
        let (account, secret) = case.account("").await;
        for _ in 0..3 {
            let mut raw = Raw::open(case.server.port(), &[]).await;
            for stream in streams(200) {
                assert!(raw.send(&slow_webhook(stream)).await);
            }
            for _ in 0..20 {
                still_serves(&case.admin).await;
            }
            let answered = async || (raw.seen.headers.load(Ordering::SeqCst) == 200).then_some(());
            eventually("each is answered, though its body never came", answered).await;
        }
        let post = Post::new(&account, &secret, webhook::message("m", "ada@example.org", "hello"));
        assert_eq!(post.send(&case).await.status, 200, "honest ones have their places");
    });
}

/// An account whose hook is known, posted to by somebody who sends no bodies.
#[test]
fn slow_webhooks_to_one_account_hold_up_no_other() {
    let settings = Settings::of(&["limits.webhooks = 16", "limits.webhooks_per_account = 4"]);
    alone(Database::Sqlite, settings, async |case| {
        let (slow, _) = case.account("").await;
        let (account, secret) = case.account("").await;
        let mut raw = Raw::open(case.server.port(), &[]).await;
        for stream in streams(40) {
            let mut block = vec![0x83, 0x86];
            field(&mut block, ":path", &inbound_path(&slow));
            field(&mut block, ":authority", "127.0.0.1");
            raw.send(&frame(HEADERS, END_HEADERS, stream, &block)).await;
        }
        let refused = async || (raw.seen.headers.load(Ordering::SeqCst) >= 36).then_some(());
        eventually("those beyond the account's share are told to come again", refused).await;
        let post = Post::new(&account, &secret, webhook::message("m", "ada@example.org", "hello"));
        assert_eq!(post.send(&case).await.status, 200);
    });
}

#[test]
fn streams_without_a_credential_take_no_place_of_callers() {
    let settings = Settings::of(&[
        "limits.streams = 12",
        "limits.streams_per_tenant = 12",
        "limits.streams_per_key = 12",
        "limits.strangers_per_address = 20",
        "limits.calls = 16",
    ]);
    alone(Database::Sqlite, settings, async |case| {
        let mut raw = Raw::open(case.server.port(), &NO_WINDOW).await;
        let (watch, check) = (request(WATCH, None), request(CHECK, None));
        for stream in streams(100) {
            raw.send(&whole_call(stream, if stream % 4 == 1 { &watch } else { &check })).await;
        }
        let (_, mut console) = case.at_work("Bo").await;
        let queue = case.plain_queue().await;
        case.open(&queue).await;
        console.take().await;
        for _ in 0..20 {
            still_serves(&case.admin).await;
        }
        let elsewhere = Wire::from_address(&case.server.endpoint(), None, [127, 0, 0, 8].into());
        elsewhere.unary(CHECK, Vec::new()).await.expect("another address is not concerned");
    });
}

/// Connections that are only opened do not count as abuse of their address by others.
#[test]
fn addresses_are_told_apart() {
    let settings = Settings::of(&["limits.connections_per_address = 5"]);
    alone(Database::Sqlite, settings, async |case| {
        let mut open = Vec::new();
        for _ in 0..5 {
            open.push(Raw::open_from([127, 0, 0, 9], case.server.port()).await);
        }
        let other = TcpStream::connect(("127.0.0.1", case.server.port())).await;
        drop(other.expect("the system takes it"));
        still_serves(&case.admin).await;
        assert!(open.iter().all(|raw| !raw.is_ended()));
    });
}
