//! The customers: each plays their scenes one after another, writing to the server's webhook. Also
//! what a careless or hostile sender does: a webhook delivered twice, and one with a wrong
//! signature.

use super::hook::{Hook, Letter};
use super::play::Play;
use super::script::{Scene, Second};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::task::JoinSet;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval};

/// HTTP status of a webhook that is not believed.
const UNAUTHORIZED: u16 = 401;

/// Lets interactions begin at a rate.
#[derive(Debug)]
struct Pace(Mutex<Interval>);

impl Pace {
    fn new(per_second: u32) -> Self {
        let mut ticks = interval(Duration::from_secs(1) / per_second.max(1));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self(Mutex::new(ticks))
    }

    async fn turn(&self) {
        self.0.lock().await.tick().await;
    }
}

/// Plays all customers; returns when every scene is resolved, or never if one cannot be.
pub(super) async fn perform(play: Arc<Play>, hook: Hook, per_second: u32) {
    let pace = Arc::new(Pace::new(per_second));
    let mut customers = JoinSet::new();
    for customer in 0..play.script.customers {
        let (play, hook, pace) = (Arc::clone(&play), hook.clone(), Arc::clone(&pace));
        customers.spawn(async move {
            for scene in play.script.of_customer(customer) {
                pace.turn().await;
                perform_scene(&play, &hook, scene).await;
            }
        });
    }
    forge(&play, &hook).await;
    while let Some(ended) = customers.join_next().await {
        if ended.is_err() {
            play.problem("a customer's task failed");
        }
    }
}

async fn perform_scene(play: &Play, hook: &Hook, scene: &Scene) {
    play.change(scene, |progress| progress.posted = Some(Instant::now()));
    let first = Letter::of(&play.script, scene, 0);
    write(play, hook, scene, &first).await;
    if scene.twice {
        match hook.post(&first).await {
            Ok(()) => play.counters.duplicates.add(),
            Err(error) => play.problem(format!("case {}, again: {error:#}", scene.number)),
        }
    }
    if scene.second != Second::None {
        if scene.second == Second::FollowUp {
            play.until(scene, |progress| progress.replies > 0).await;
        }
        write(play, hook, scene, &Letter::of(&play.script, scene, 1)).await;
    }
    play.until(scene, |progress| progress.resolved.is_some()).await;
}

async fn write(play: &Play, hook: &Hook, scene: &Scene, letter: &Letter) {
    match hook.post(letter).await {
        Ok(()) => play.counters.messages_in.add(),
        Err(error) => play.problem(format!("case {}: {error:#}", scene.number)),
    }
}

async fn forge(play: &Play, hook: &Hook) {
    match hook.forge(&play.script).await {
        Ok(UNAUTHORIZED) => play.counters.forgeries_refused.add(),
        Ok(status) => play.problem(format!("a forged webhook was answered {status}, not 401")),
        Err(error) => play.problem(format!("{error:#}")),
    }
}
