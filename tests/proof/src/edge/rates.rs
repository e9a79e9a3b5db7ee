//! Rates: reads by 64 callers, and frames to a thousand streams. The same client measures both
//! sides, and its own cost is in both.

use super::{CONNECTIONS, Place, Stage};
use crate::measure::{Cpu, Latencies, Summary, Watched};
use anyhow::{Context, Result, ensure};
use futures::future::join_all;
use omnichannel_sdk::{Client, FeedOptions, feed, new_request_id, v1};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// Callers of the closed loop.
const CALLERS: usize = 64;
/// Streams that an event goes to, and connections they share.
const STREAMS: usize = 1_000;
const STREAM_CONNECTIONS: usize = 8;
/// Writers, and events that may be on their way at once.
const WRITERS: usize = 4;
const UNDER_WAY: u64 = 16;
/// What comes before a measurement.
const WARMUP: Duration = Duration::from_secs(1);
/// How long opening all streams may take, and the first frame of an example.
const OPEN_LIMIT: Duration = Duration::from_secs(60);

/// One measurement.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rate {
    pub(super) per_second: f64,
    pub(super) latency: Summary,
    /// Processor microseconds of the server for each.
    pub(super) server_micros: f64,
    pub(super) client_micros: f64,
}

impl Rate {
    pub(super) fn words(&self) -> String {
        format!(
            "{:.0}/s, p50 {:.2} p99 {:.2} ms, {:.1} us of the server, {:.1} us of the client",
            self.per_second,
            self.latency.p50_ms,
            self.latency.p99_ms,
            self.server_micros,
            self.client_micros
        )
    }

    fn of(count: u64, began: Instant, latency: Summary, cpu: Cpu) -> Self {
        let each = |seconds: f64| seconds * 1e6 / (count.max(1) as f64);
        Self {
            per_second: count as f64 / began.elapsed().as_secs_f64(),
            latency,
            server_micros: each(cpu.server),
            client_micros: each(cpu.client),
        }
    }
}

/// Reads by 64 callers, each waiting for its answer.
pub(super) async fn reads(stage: &Stage, place: Place, seconds: u64) -> Result<Rate> {
    let client = stage.client(place, CONNECTIONS, 1)?;
    let measuring = Arc::new(AtomicBool::new(false));
    let (mut tasks, stopped) = (JoinSet::new(), Arc::new(AtomicBool::new(false)));
    for caller in 0..CALLERS {
        let (client, ids) = (client.clone(), stage.interactions.clone());
        let (measuring, stopped) = (Arc::clone(&measuring), Arc::clone(&stopped));
        tasks.spawn(async move {
            let mut caught = Latencies::new();
            for turn in caller.. {
                if stopped.load(Ordering::Relaxed) {
                    break;
                }
                let began = Instant::now();
                let interaction_id = ids[turn % ids.len()].clone();
                client.call(v1::GetInteractionRequest { interaction_id }).await?;
                if measuring.load(Ordering::Relaxed) {
                    caught.record(began.elapsed());
                }
            }
            Ok::<_, anyhow::Error>(caught)
        });
    }
    sleep(WARMUP).await;
    let watched = Watched { server: stage.pid(place), postmaster: None };
    let (before, began) = (Cpu::read(watched)?, Instant::now());
    measuring.store(true, Ordering::Relaxed);
    sleep(Duration::from_secs(seconds)).await;
    measuring.store(false, Ordering::Relaxed);
    let (cpu, window) = (Cpu::read(watched)?.since(before), began);
    let taken = window.elapsed();
    stopped.store(true, Ordering::Relaxed);
    let mut all = Latencies::new();
    while let Some(done) = tasks.join_next().await {
        all.merge(&done.context("a caller")??);
    }
    let summary = all.summary();
    let rate = Rate::of(summary.count, window, summary, cpu);
    Ok(Rate { per_second: summary.count as f64 / taken.as_secs_f64(), ..rate })
}

/// A frame as the feed sends it, to be sent by the echo.
pub(super) async fn example(client: &Client, interaction: &str) -> Result<v1::WatchFeedResponse> {
    let opened = client.admin().watch_feed(v1::WatchFeedRequest::default()).await?;
    let mut frames = opened.into_inner();
    let hello = frames.message().await?;
    ensure!(hello.is_some(), "the feed begins");
    client.call(note(interaction)).await?;
    let next = timeout(OPEN_LIMIT, frames.message()).await??;
    next.context("the feed goes on")
}

fn note(interaction: &str) -> v1::SendMessageRequest {
    v1::SendMessageRequest {
        interaction_id: interaction.to_owned(),
        body: "a note".to_owned(),
        kind: v1::SendKind::InternalNote.into(),
        request_id: new_request_id(),
        attachment_ids: Vec::new(),
    }
}

/// Opens all streams of the SDK; what they get is counted.
async fn open_sdk(client: &Client, frames: &Arc<AtomicU64>) -> Result<JoinSet<()>> {
    let mut tasks = JoinSet::new();
    let opened = (0..STREAMS).map(|_| feed(client, FeedOptions::default()));
    for stream in join_all(opened).await {
        let (mut stream, frames) = (stream?, Arc::clone(frames));
        tasks.spawn(async move {
            while let Some(Ok(_)) = stream.next().await {
                frames.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
    Ok(tasks)
}

/// Opens all streams; what they get is counted.
async fn open(client: &Client, frames: &Arc<AtomicU64>) -> Result<JoinSet<()>> {
    let mut tasks = JoinSet::new();
    let opened = (0..STREAMS).map(|_| async {
        let mut admin = client.admin();
        let mut stream = admin.watch_feed(v1::WatchFeedRequest::default()).await?.into_inner();
        // The first frame says that it is there.
        stream.message().await?;
        Ok::<_, anyhow::Error>(stream)
    });
    let opened = timeout(OPEN_LIMIT, join_all(opened)).await.context("opening all streams")?;
    for stream in opened {
        let (mut stream, frames) = (stream?, Arc::clone(frames));
        tasks.spawn(async move {
            while let Ok(Some(_)) = stream.message().await {
                frames.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
    Ok(tasks)
}

/// Events written as fast as all streams get them; frames per second over all streams.
pub(super) async fn fan_out(stage: &Stage, place: Place, seconds: u64) -> Result<Rate> {
    let client = stage.client(place, CONNECTIONS, STREAM_CONNECTIONS)?;
    let (frames, written) = (Arc::<AtomicU64>::default(), Arc::<AtomicU64>::default());
    let mut streams = match place {
        Place::Sdk => open_sdk(&client, &frames).await?,
        Place::Bare | Place::Ours => open(&client, &frames).await?,
    };
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let (client, id) = (client.clone(), stage.interactions[writer].clone());
        let (frames, written) = (Arc::clone(&frames), Arc::clone(&written));
        writers.spawn(async move {
            loop {
                let got = frames.load(Ordering::Relaxed) / STREAMS as u64;
                if written.load(Ordering::Relaxed) >= got + UNDER_WAY {
                    sleep(Duration::from_micros(200)).await;
                    continue;
                }
                written.fetch_add(1, Ordering::Relaxed);
                if client.call(note(&id)).await.is_err() {
                    written.fetch_sub(1, Ordering::Relaxed);
                }
            }
        });
    }
    sleep(WARMUP).await;
    let watched = Watched { server: stage.pid(place), postmaster: None };
    let (before, began) = (Cpu::read(watched)?, Instant::now());
    let from = frames.load(Ordering::Relaxed);
    sleep(Duration::from_secs(seconds)).await;
    let count = frames.load(Ordering::Relaxed) - from;
    let rate = Rate::of(count, began, Summary::default(), Cpu::read(watched)?.since(before));
    writers.shutdown().await;
    ensure!(streams.try_join_next().is_none(), "a stream ended while it was measured");
    Ok(rate)
}
