//! Tags of an interaction: sealed as its customer's content, and as labels, by which caps count
//! them. A label is a blind index, so that the log and the floor hold no word of a tag.

use super::{Content, CustomerSeal, field};
use domain::id::LabelId;
use domain::interaction::label_word;
use domain::sealed::Sealed;
use store::TenantSeals;
use uuid::Uuid;

/// Tags as they are stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SealedTags {
    /// Their words.
    pub words: Sealed,
    /// The same as caps know them, sorted, each once.
    pub labels: Vec<LabelId>,
}

/// The label of a tag; its spelling does not matter.
fn label(seals: &TenantSeals, tag: &str) -> LabelId {
    let word = label_word(tag);
    LabelId(Uuid::from_bytes(seals.word_index("interaction.label", &word).0))
}

impl Content {
    /// The label that a cap means by this word.
    #[must_use]
    pub fn label(&self, word: &str) -> LabelId {
        label(&self.seals, word)
    }
}

impl CustomerSeal {
    /// Seals tags.
    #[must_use]
    pub fn tags(&self, tags: &[String]) -> SealedTags {
        let text = serde_json::to_string(tags).expect("a list of texts serialises");
        let words = if tags.is_empty() { Sealed::default() } else { self.seal(field::TAGS, &text) };
        let mut labels: Vec<LabelId> = tags.iter().map(|tag| label(&self.seals, tag)).collect();
        labels.sort_unstable();
        labels.dedup();
        SealedTags { words, labels }
    }
}
