//! The customer rates what was done for them, once, after it was resolved.

use super::leg::{interaction, stated};
use super::{Command, Done, Keys, No};
use crate::ledger::draft::Draft;
use domain::event::Event;
use domain::id::InteractionId;
use domain::interaction::InteractionStatus;
use domain::refusal::{Reason, Refusal};
use domain::sealed::Sealed;
use engine::floor::Floor;

/// The command.
#[derive(Clone, Debug)]
pub struct Rate {
    /// Which interaction.
    pub interaction_id: InteractionId,
    /// 1 to 5.
    pub rating: i16,
    /// What the customer wrote, sealed with their key.
    pub comment: Sealed,
}

impl Command for Rate {
    fn keys(&self, _: &Floor, keys: &mut Keys) {
        keys.interactions.push(self.interaction_id);
    }

    fn decide(&self, draft: &mut Draft) -> Result<Done, No> {
        let row = interaction(draft, self.interaction_id)?;
        if !matches!(row.status, InteractionStatus::Resolved | InteractionStatus::Closed) {
            return Err(stated(Reason::InteractionNotResolved, &row).into());
        }
        if row.rating != 0 {
            let refusal = Refusal::new(Reason::InteractionAlreadyRated);
            return Err(refusal.with("interaction_id", row.id).into());
        }
        draft.rows.interactions.edit(row.id, |row| row.rating_comment = self.comment.clone());
        draft.record(Event::InteractionRated { interaction_id: row.id, rating: self.rating });
        Ok(Done::with(row.id))
    }
}
