//! Where the play stands: one small state for each interaction, which customers, agents and the
//! receiver write and wait on, and what went wrong so far. Nothing in here speaks to anybody.

use super::postbox::Received;
use super::script::{Scene, Script};
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;
use tokio::time::Instant;

/// Most problems that are kept; the rest are counted.
const PROBLEMS_MAX: usize = 20;

/// Where one interaction stands.
#[derive(Clone, Debug, Default)]
pub(super) struct Progress {
    /// When its first message was about to be posted.
    pub(super) posted: Option<Instant>,
    /// When an agent first saw an offer of it.
    pub(super) offered: Option<Instant>,
    /// The agent who owns it or did.
    pub(super) owner: Option<usize>,
    /// Whether an offer of it was declined, as the script wants.
    pub(super) declined: bool,
    /// The customer's messages that its agent has read, one bit each.
    pub(super) heard: u8,
    /// Answers that the customers' side has taken.
    pub(super) replies: usize,
    /// The last one that came by mail.
    pub(super) received: Option<Received>,
    /// When its agent saw that it was resolved.
    pub(super) resolved: Option<Instant>,
    pub(super) rated: bool,
}

impl Progress {
    pub(super) fn has_heard(&self, part: usize) -> bool {
        self.heard & (1 << part) != 0
    }
}

/// What happened so often.
#[derive(Debug, Default)]
pub(super) struct Counter(AtomicUsize);

impl Counter {
    pub(super) fn add(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn get(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

/// Counts beside the scenes.
#[derive(Debug, Default)]
pub(super) struct Counters {
    /// Customers' messages that the server acknowledged.
    pub(super) messages_in: Counter,
    /// Those of them that were mail.
    pub(super) mails_in: Counter,
    /// Messages posted a second time and acknowledged again.
    pub(super) duplicates: Counter,
    /// Mails handed over a second time and acknowledged again.
    pub(super) mails_twice: Counter,
    /// Mails to nobody that were refused as they must be.
    pub(super) strays_refused: Counter,
    /// Forged messages that were refused as they must be.
    pub(super) forgeries_refused: Counter,
    /// Different answers that reached the customers' side.
    pub(super) messages_out: Counter,
    /// Those of them that were mail.
    pub(super) mails_out: Counter,
    /// Attempts that the customers' side refused on purpose.
    pub(super) refusals: Counter,
    /// Answers that arrived by a later attempt than the first.
    pub(super) retried: Counter,
    /// Offers that agents saw.
    pub(super) offers: Counter,
    /// Offers that agents declined.
    pub(super) declines: Counter,
}

/// The whole play.
#[derive(Debug)]
pub(super) struct Play {
    pub(super) script: Script,
    pub(super) counters: Counters,
    scenes: Vec<watch::Sender<Progress>>,
    by_interaction: Mutex<HashMap<String, usize>>,
    problems: Mutex<Problems>,
}

/// What went wrong.
#[derive(Clone, Debug, Default)]
pub(super) struct Problems {
    /// The first ones.
    pub(super) texts: Vec<String>,
    /// How many there were beyond those.
    pub(super) more: usize,
}

/// How many interactions got how far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) posted: usize,
    pub(super) owned: usize,
    pub(super) resolved: usize,
    pub(super) rated: usize,
}

impl Play {
    pub(super) fn new(script: Script) -> Self {
        let scenes = script.scenes.iter().map(|_| watch::Sender::default()).collect();
        Self {
            script,
            counters: Counters::default(),
            scenes,
            by_interaction: Mutex::default(),
            problems: Mutex::default(),
        }
    }

    /// Changes the state of a scene.
    pub(super) fn change(&self, scene: &Scene, change: impl FnOnce(&mut Progress)) {
        self.scenes[scene.number].send_modify(change);
    }

    pub(super) fn progress(&self, scene: &Scene) -> Progress {
        self.scenes[scene.number].borrow().clone()
    }

    /// Waits until a scene is so far. Whoever waits is bounded by the time limit of the play.
    pub(super) async fn until(&self, scene: &Scene, far: impl Fn(&Progress) -> bool) {
        let mut seen = self.scenes[scene.number].subscribe();
        // The sender lives as long as the play.
        let _ = seen.wait_for(|progress| far(progress)).await;
    }

    /// Remembers which interaction plays a scene.
    pub(super) fn identify(&self, interaction_id: &str, scene: &Scene) {
        locked(&self.by_interaction).insert(interaction_id.to_owned(), scene.number);
    }

    /// The scene that an interaction plays; none for interactions of others.
    pub(super) fn scene_of(&self, interaction_id: &str) -> Option<&Scene> {
        let number = locked(&self.by_interaction).get(interaction_id).copied()?;
        self.script.scenes.get(number)
    }

    /// Notes that something is not as it should be. Identifiers and reasons only.
    pub(super) fn problem(&self, text: impl Into<String>) {
        let mut problems = locked(&self.problems);
        if problems.texts.len() < PROBLEMS_MAX {
            problems.texts.push(text.into());
        } else {
            problems.more += 1;
        }
    }

    pub(super) fn problems(&self) -> Problems {
        locked(&self.problems).clone()
    }

    pub(super) fn standing(&self) -> Standing {
        let mut standing = Standing::default();
        for scene in &self.scenes {
            let progress = scene.borrow();
            standing.posted += usize::from(progress.posted.is_some());
            standing.owned += usize::from(progress.owner.is_some() && progress.resolved.is_none());
            standing.resolved += usize::from(progress.resolved.is_some());
            standing.rated += usize::from(progress.rated);
        }
        standing
    }

    /// Every scene with its state.
    pub(super) fn states(&self) -> impl Iterator<Item = (&Scene, Progress)> {
        self.script.scenes.iter().map(|scene| (scene, self.progress(scene)))
    }
}

/// A lock whose holder panicked guards plain values: they are as good as ever.
pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn waiting_ends_when_the_scene_is_so_far() {
        let play = Play::new(Script::new("r".into(), (2, 5), true));
        let scene = &play.script.scenes[3];
        let waits = play.until(scene, |progress| progress.replies == 2);
        let answers = async {
            for _ in 0..2 {
                tokio::task::yield_now().await;
                play.change(scene, |progress| progress.replies += 1);
            }
        };
        tokio::join!(waits, answers);
        play.change(scene, |progress| progress.resolved = Some(Instant::now()));
        assert_eq!(play.standing(), Standing { resolved: 1, ..Standing::default() });
    }

    #[test]
    fn interactions_of_others_play_no_scene() {
        let play = Play::new(Script::new("r".into(), (2, 5), true));
        play.identify("one", &play.script.scenes[4]);
        assert_eq!(play.scene_of("one").map(|scene| scene.number), Some(4));
        assert!(play.scene_of("two").is_none());
    }

    #[test]
    fn problems_are_bounded() {
        let play = Play::new(Script::new("r".into(), (2, 5), true));
        (0..PROBLEMS_MAX + 3).for_each(|n| play.problem(n.to_string()));
        let problems = play.problems();
        assert_eq!((problems.texts.len(), problems.more), (PROBLEMS_MAX, 3));
    }
}
