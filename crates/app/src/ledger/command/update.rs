//! Changes to an open interaction's attributes: priority, skills, language, subject, tags.

use super::arrive::check_skills;
use super::leg::open_interaction;
use super::relation::check_work;
use super::{Command, Done, Keys, No, check_version};
use crate::content::SealedTags;
use crate::ledger::draft::Draft;
use domain::escalation::Trigger;
use domain::event::Event;
use domain::id::InteractionId;
use domain::interaction::{Priority, SkillRequirement};
use domain::sealed::Sealed;
use domain::tenant::Caller;
use engine::floor::Floor;

/// The command; what is none stays.
#[derive(Clone, Debug)]
pub struct Update {
    /// Which interaction.
    pub interaction_id: InteractionId,
    /// The version the caller saw; zero if they do not care.
    pub version: i64,
    /// A new priority.
    pub priority: Option<Priority>,
    /// New required skills.
    pub required_skills: Option<Vec<SkillRequirement>>,
    /// A new language.
    pub language: Option<String>,
    /// A new subject, sealed.
    pub subject: Option<Sealed>,
    /// New tags, sealed.
    pub tags: Option<SealedTags>,
    /// How the customer's mood is judged.
    pub sentiment: Option<i8>,
    /// Who asked.
    pub caller: Option<Caller>,
}

impl Command for Update {
    fn keys(&self, _: &Floor, keys: &mut Keys) {
        keys.interactions.push(self.interaction_id);
        let needs = self.required_skills.iter().flatten();
        keys.skills.extend(needs.map(|need| need.skill_id));
    }

    fn decide(&self, draft: &mut Draft) -> Result<Done, No> {
        let row = open_interaction(draft, self.interaction_id)?;
        check_work(&draft.floor, self.caller.as_ref(), &row)?;
        check_version(self.version, row.version, "interaction", row.id)?;
        check_skills(draft, self.required_skills.as_deref().unwrap_or_default())?;
        draft.rows.interactions.edit(row.id, |row| {
            if let Some(language) = &self.language {
                row.language.clone_from(language);
            }
            if let Some(subject) = &self.subject {
                row.subject = subject.clone();
            }
            if let Some(tags) = &self.tags {
                row.tags = tags.words.clone();
                row.labels.clone_from(&tags.labels);
            }
            row.sentiment = self.sentiment.or(row.sentiment);
        });
        draft.record(Event::InteractionUpdated {
            interaction_id: row.id,
            priority: self.priority.unwrap_or(row.priority),
            required_skills: self.required_skills.clone().unwrap_or(row.required_skills),
            fields: self.fields(),
            language: self.language.clone(),
            labels: self.tags.as_ref().map(|tags| tags.labels.clone()),
        });
        if let Some(mood) = self.sentiment {
            let is_meant = |trigger: &Trigger| match trigger {
                Trigger::Sentiment(most) => mood <= *most,
                _ => false,
            };
            draft.set_off(row.id, is_meant);
        }
        Ok(Done::with(row.id))
    }
}

impl Update {
    /// Names of what it changes, as the contract spells them.
    fn fields(&self) -> Vec<String> {
        let changed = [
            ("priority", self.priority.is_some()),
            ("language", self.language.is_some()),
            ("required_skills", self.required_skills.is_some()),
            ("subject", self.subject.is_some()),
            ("tags", self.tags.is_some()),
            ("sentiment", self.sentiment.is_some()),
        ];
        changed.iter().filter(|(_, is)| *is).map(|(name, _)| (*name).to_owned()).collect()
    }
}
