//! A customer's history: interaction by interaction, newest first, and within each what was said
//! and what became of it, newest first. A page ends anywhere; the next one continues at a
//! [`Place`], which counts from an interaction's oldest line, because new lines come at the other
//! end.

use super::codes::Coded;
use super::id_text;
use super::message::message;
use super::time::timestamp;
use crate::proto::v1;
use crate::proto::v1::MilestoneKind as Kind;
use crate::proto::v1::history_item::Item;
use app::customers::Chapter;
use domain::id::InteractionId;
use domain::interaction::{Interaction, InteractionStatus};
use domain::time::Timestamp;

/// Where a page begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// In this interaction,
    pub interaction: InteractionId,
    /// with as many of its oldest lines left to show.
    pub left: u32,
}

/// A page in the making.
#[derive(Debug)]
pub struct Page {
    size: usize,
    from: Option<Place>,
    /// Its lines, newest first.
    pub items: Vec<v1::HistoryItem>,
    /// Where the next page begins; none until this one is full and something is left.
    pub next: Option<Place>,
}

impl Page {
    /// A page of at most `size` lines.
    #[must_use]
    pub fn new(size: u32, from: Option<Place>) -> Self {
        Self { size: size as usize, from, items: Vec::new(), next: None }
    }

    /// Adds the next older interaction with its lines, oldest first; says whether more fit.
    pub fn add(&mut self, interaction: InteractionId, mut lines: Vec<v1::HistoryItem>) -> bool {
        if let Some(from) = self.from.filter(|from| from.interaction == interaction) {
            lines.truncate(from.left as usize);
        }
        while let Some(line) = lines.pop() {
            if self.items.len() == self.size {
                let left = u32::try_from(lines.len() + 1).unwrap_or(u32::MAX);
                self.next = Some(Place { interaction, left });
                return false;
            }
            self.items.push(line);
        }
        true
    }
}

/// The lines of one interaction, oldest first. There is always one: its creation.
#[must_use]
pub fn lines(chapter: &Chapter) -> Vec<v1::HistoryItem> {
    let row = &chapter.interaction.row;
    // Of what happened at the same instant, the interaction's creation comes first, then what was
    // said, then what became of it.
    let created = (row.created_at, 0, Item::Milestone(milestone(row, Kind::Created)));
    let said = chapter.messages.iter().map(|m| (m.row.created_at, 1, Item::Message(message(m))));
    let became = later(row).map(|(at, kind)| (at, 2, Item::Milestone(milestone(row, kind))));
    let mut lines: Vec<(Timestamp, i32, Item)> =
        std::iter::once(created).chain(said).chain(became).collect();
    lines.sort_by_key(|(at, rank, _)| (*at, *rank));
    let line = |(at, _, item)| v1::HistoryItem { time: Some(timestamp(at)), item: Some(item) };
    lines.into_iter().map(line).collect()
}

/// What became of it, in the order in which it can happen.
fn later(row: &Interaction) -> impl Iterator<Item = (Timestamp, Kind)> {
    let end = match row.status {
        InteractionStatus::Cancelled => Kind::Cancelled,
        _ => Kind::Closed,
    };
    // When the customer rated is not kept; it was the last change, or before the last one.
    let rated = (row.rating > 0).then_some(row.updated_at);
    let moments = [
        (row.first_offered_at, Kind::FirstOffered),
        (row.accepted_at, Kind::Accepted),
        (row.first_response_at, Kind::FirstResponded),
        (row.resolved_at, Kind::Resolved),
        (row.closed_at, end),
        (rated, Kind::Rated),
    ];
    moments.into_iter().filter_map(|(at, kind)| Some((at?, kind)))
}

fn milestone(row: &Interaction, kind: Kind) -> v1::InteractionMilestone {
    let owned = match kind {
        Kind::Unspecified | Kind::Created | Kind::FirstOffered => false,
        // The present owner is the first one only if nobody took it from them.
        Kind::Accepted | Kind::FirstResponded => row.offers_made - row.offers_failed == 1,
        Kind::Resolved | Kind::Closed | Kind::Cancelled | Kind::Rated => true,
    };
    v1::InteractionMilestone {
        interaction_id: row.id.to_string(),
        conversation_id: row.conversation_id.to_string(),
        channel: row.channel.to_wire(),
        kind: kind as i32,
        queue_id: id_text(row.queue_id),
        agent_id: id_text(row.owner_agent_id.filter(|_| owned)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grpc::convert::interaction::tests::view;
    use crate::grpc::convert::message::tests::view as said;

    fn chapter() -> Chapter {
        let messages = vec![said(10, "Hello"), said(50, "Good morning"), said(55, "Thanks")];
        Chapter { interaction: view(), messages }
    }

    fn words(lines: &[v1::HistoryItem]) -> Vec<String> {
        let word = |line: &v1::HistoryItem| match line.item.as_ref().expect("an item") {
            Item::Message(message) => message.body.clone(),
            Item::Milestone(of) => {
                Kind::try_from(of.kind).expect("a kind").as_str_name()[15..].into()
            }
        };
        lines.iter().map(word).collect()
    }

    #[test]
    fn the_lines_of_an_interaction_are_in_order() {
        let expected = [
            "CREATED",
            "Hello",
            "FIRST_OFFERED",
            "ACCEPTED",
            "Good morning",
            "FIRST_RESPONDED",
            "Thanks",
            "RESOLVED",
            "RATED",
        ];
        assert_eq!(words(&lines(&chapter())), expected);
    }

    #[test]
    fn what_ended_it_is_told_apart() {
        for (status, word) in
            [(InteractionStatus::Cancelled, "CANCELLED"), (InteractionStatus::Closed, "CLOSED")]
        {
            let mut chapter = chapter();
            chapter.interaction.row.status = status;
            chapter.interaction.row.closed_at = Some(Timestamp::from_micros(65));
            assert!(words(&lines(&chapter)).iter().any(|line| line == word));
        }
    }

    #[test]
    fn the_first_agent_is_named_only_if_it_is_known() {
        let mut row = view().row;
        assert!(!milestone(&row, Kind::Accepted).agent_id.is_empty());
        row.offers_made = 3;
        assert!(milestone(&row, Kind::Accepted).agent_id.is_empty());
        assert!(!milestone(&row, Kind::Resolved).agent_id.is_empty());
        assert!(milestone(&row, Kind::Created).agent_id.is_empty());
    }

    #[test]
    fn pages_of_every_size_show_every_line_once() {
        let chapters: Vec<Chapter> = (0..3).map(|_| chapter()).collect();
        let whole: Vec<v1::HistoryItem> =
            chapters.iter().flat_map(|chapter| lines(chapter).into_iter().rev()).collect();
        for size in 1..=whole.len() + 1 {
            let mut shown = Vec::new();
            let mut from = None;
            loop {
                let mut page = Page::new(u32::try_from(size).expect("small"), from);
                let begins =
                    |c: &&Chapter| from.is_some_and(|f| f.interaction != c.interaction.row.id);
                for chapter in chapters.iter().skip_while(begins) {
                    if !page.add(chapter.interaction.row.id, lines(chapter)) {
                        break;
                    }
                }
                assert!(page.items.len() <= size);
                shown.append(&mut page.items);
                from = page.next;
                if from.is_none() {
                    break;
                }
            }
            assert_eq!(shown, whole, "pages of {size}");
        }
    }

    #[test]
    fn what_is_added_meanwhile_moves_nothing() {
        let mut chapter = chapter();
        let id = chapter.interaction.row.id;
        let mut first = Page::new(2, None);
        assert!(!first.add(id, lines(&chapter)));
        chapter.messages.push(said(80, "Again me"));
        let mut second = Page::new(2, first.next);
        assert!(!second.add(id, lines(&chapter)));
        assert_eq!(words(&first.items), ["RATED", "RESOLVED"]);
        assert_eq!(words(&second.items), ["Thanks", "FIRST_RESPONDED"]);
    }
}
