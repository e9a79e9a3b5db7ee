//! The customers: each plays their scenes one after another, writing to the server's webhook or by
//! mail. Also what a careless or hostile sender does: a webhook and a mail delivered twice, one
//! with a wrong signature, and one to a mailbox that is not there.

use super::hook::{Hook, Letter};
use super::mail::{Mail, Post};
use super::play::Play;
use super::script::{Scene, Second};
use anyhow::Result;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::task::JoinSet;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval};

/// HTTP status of a webhook that is not believed.
const UNAUTHORIZED: u16 = 401;

/// The ways into the server.
#[derive(Clone, Debug)]
pub(super) struct Ways {
    pub(super) hook: Hook,
    /// None if the play has no mail.
    pub(super) post: Option<Post>,
}

impl Ways {
    /// What a customer writes in a scene, ready to be sent by the way of that scene.
    fn write(&self, play: &Play, scene: &Scene, part: usize) -> Written<'_> {
        match &self.post {
            Some(post) if scene.by_mail => {
                Written::Mail(post, Mail::of(&play.script, scene, part, play))
            }
            _ => Written::Webhook(&self.hook, Letter::of(&play.script, scene, part)),
        }
    }
}

/// A message and its way.
enum Written<'a> {
    Webhook(&'a Hook, Letter),
    Mail(&'a Post, Mail),
}

impl Written<'_> {
    async fn send(&self) -> Result<()> {
        match self {
            Self::Webhook(hook, letter) => hook.post(letter).await,
            Self::Mail(post, mail) => post.send(mail).await,
        }
    }
}

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
pub(super) async fn perform(play: Arc<Play>, ways: Ways, per_second: u32) {
    let pace = Arc::new(Pace::new(per_second));
    let mut customers = JoinSet::new();
    for customer in 0..play.script.customers {
        let (play, ways, pace) = (Arc::clone(&play), ways.clone(), Arc::clone(&pace));
        customers.spawn(async move {
            for scene in play.script.of_customer(customer) {
                pace.turn().await;
                perform_scene(&play, &ways, scene).await;
            }
        });
    }
    forge(&play, &ways).await;
    while let Some(ended) = customers.join_next().await {
        if ended.is_err() {
            play.problem("a customer's task failed");
        }
    }
}

async fn perform_scene(play: &Play, ways: &Ways, scene: &Scene) {
    play.change(scene, |progress| progress.posted = Some(Instant::now()));
    let first = ways.write(play, scene, 0);
    write(play, scene, &first).await;
    if scene.twice {
        match first.send().await {
            Ok(()) if scene.by_mail => play.counters.mails_twice.add(),
            Ok(()) => play.counters.duplicates.add(),
            Err(error) => play.problem(format!("case {}, again: {error:#}", scene.number)),
        }
    }
    if scene.second != Second::None {
        if scene.second == Second::FollowUp {
            play.until(scene, |progress| progress.replies > 0).await;
        }
        write(play, scene, &ways.write(play, scene, 1)).await;
    }
    play.until(scene, |progress| progress.resolved.is_some()).await;
}

async fn write(play: &Play, scene: &Scene, written: &Written<'_>) {
    match written.send().await {
        Ok(()) => {
            play.counters.messages_in.add();
            if scene.by_mail {
                play.counters.mails_in.add();
            }
        }
        Err(error) => play.problem(format!("case {}: {error:#}", scene.number)),
    }
}

async fn forge(play: &Play, ways: &Ways) {
    match ways.hook.forge(&play.script).await {
        Ok(UNAUTHORIZED) => play.counters.forgeries_refused.add(),
        Ok(status) => play.problem(format!("a forged webhook was answered {status}, not 401")),
        Err(error) => play.problem(format!("{error:#}")),
    }
    if let Some(post) = &ways.post {
        match post.stray_is_refused(&play.script).await {
            true => play.counters.strays_refused.add(),
            false => play.problem("a mail to nobody was not refused with 550"),
        }
    }
}
