//! How long things take in a replay: as they did, or as they did to others of the same queue.

use super::super::chance::Chance;
use super::{Answered, Arrival, History, How, Seen};
use domain::time::Span;

/// Where times and answers come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Draws {
    /// Each arrival brings what it brought; what the log does not say is drawn, by this seed.
    AsTheyWere(u64),
    /// Each brings what another one of its queue did.
    Anew {
        /// What chance begins with.
        seed: u64,
        /// The how-manieth run.
        run: u64,
    },
}

/// Draws before the first answer.
const BEFORE_ANSWERS: usize = 2;

/// What is drawn for one arrival.
pub(super) struct Drawn<'a> {
    arrival: &'a Arrival,
    seen: Option<&'a Seen>,
    number: usize,
    draws: Draws,
}

impl<'a> Drawn<'a> {
    pub(super) fn of(history: &'a History, number: usize, draws: Draws) -> Self {
        let arrival = &history.arrivals[number];
        Self { arrival, seen: history.seen.get(&arrival.queue_id), number, draws }
    }

    /// A number from 0 to 1, the same for all policies.
    fn chance(&self, place: usize) -> Chance {
        let (seed, run) = match self.draws {
            Draws::AsTheyWere(seed) => (seed, u64::MAX),
            Draws::Anew { seed, run } => (seed, run),
        };
        let mut chance = Chance::new(seed, run, self.number as u64);
        for _ in 0..place {
            chance.unit();
        }
        chance
    }

    fn is_as_it_was(&self) -> bool {
        matches!(self.draws, Draws::AsTheyWere(_))
    }

    /// How long work on it takes.
    pub(super) fn work(&self) -> Span {
        let was = self.arrival.was.worked.filter(|_| self.is_as_it_was());
        let any = || one_of(&self.seen?.handled, &mut self.chance(0));
        Span::from_micros(was.or_else(any).unwrap_or_default())
    }

    /// How long its customer waits before they leave; none if they never do.
    pub(super) fn patience(&self) -> Option<Span> {
        let was = &self.arrival.was;
        if self.is_as_it_was()
            && let Some(left) = was.left
        {
            return Some(Span::from_micros(left));
        }
        let mean = self.seen?.patience()?;
        #[allow(clippy::cast_possible_truncation, reason = "an exponential time of a mean seen")]
        let drawn = (mean * self.chance(1).exponential()) as i64;
        // Whoever was answered would have waited at least so long, and no one knows how much more.
        let known = was.taken.filter(|_| self.is_as_it_was()).map_or(0, |(_, wait)| wait);
        Some(Span::from_micros(known.saturating_add(drawn)))
    }

    /// How its offer of this number is answered; none if nobody knows, which is taken for yes.
    pub(super) fn answer(&self, offer: usize) -> Option<Answered> {
        let was = self.arrival.was.answers.get(offer).filter(|_| self.is_as_it_was()).copied();
        was.or_else(|| one_of(&self.seen?.answers, &mut self.chance(BEFORE_ANSWERS + offer)))
    }
}

fn one_of<T: Copy>(values: &[T], chance: &mut Chance) -> Option<T> {
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "an index below a length"
    )]
    let at = (chance.unit() * values.len() as f64) as usize;
    values.get(at).copied()
}

impl Answered {
    /// Yes at once.
    pub(super) const AT_ONCE: Self = Self { after: 0, how: How::Accepted };
}
