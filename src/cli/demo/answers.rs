//! What the customers' side does with an answer, whichever way it came: takes each once, as its
//! agent wrote it and in order, and refuses a few first attempts so that the retries can be seen.

use super::play::{Play, locked};
use super::script::Scene;
use std::collections::HashSet;
use std::sync::{Arc, Mutex};

/// What became of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taken {
    /// It is here, now or since before.
    Here,
    /// It was refused on purpose: it has to come again.
    Again,
}

/// The answers that were taken.
#[derive(Debug)]
pub(super) struct Answers {
    pub(super) play: Arc<Play>,
    /// By what the service calls them: no more than the script has answers, since others are
    /// refused.
    taken: Mutex<HashSet<String>>,
    refused: Mutex<HashSet<String>>,
}

impl Answers {
    pub(super) fn new(play: Arc<Play>) -> Self {
        Self { play, taken: Mutex::default(), refused: Mutex::default() }
    }

    /// Which of a scene's answers a text is.
    pub(super) fn part(&self, scene: &Scene, text: &str) -> Option<usize> {
        let part = (0..scene.parts()).find(|part| scene.reply(*part) == text);
        if part.is_none() {
            let text = format!("case {}: an answer is not as its agent wrote it", scene.number);
            self.play.problem(text);
        }
        part
    }

    /// Takes an answer. `again` is whether its sender says that it was sent before, if it says so.
    pub(super) fn take(&self, scene: &Scene, part: usize, id: &str, again: Option<bool>) -> Taken {
        let counters = &self.play.counters;
        if scene.refused && part == 0 && locked(&self.refused).insert(id.to_owned()) {
            counters.refusals.add();
            return Taken::Again;
        }
        // A repeat is as good as the first: the service may deliver twice and says so.
        if locked(&self.taken).insert(id.to_owned()) {
            counters.messages_out.add();
            if scene.by_mail {
                counters.mails_out.add();
            }
            if again.unwrap_or_else(|| locked(&self.refused).contains(id)) {
                counters.retried.add();
            }
            if self.play.progress(scene).replies != part {
                self.play.problem(format!("case {}: answers came out of order", scene.number));
            }
            self.play.change(scene, |progress| progress.replies += 1);
        }
        Taken::Here
    }
}
