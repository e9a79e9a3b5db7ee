//! A customer's history: interaction by interaction, newest first, and within each what was said
//! and what became of it, newest first. A page ends anywhere; the next one continues before the
//! [`Place`] of its last line. New lines come at the other end and move nothing.

use super::codes::Coded;
use super::id_text;
use super::message::message;
use super::time::timestamp;
use crate::grpc::page::BYTES_MAX;
use crate::proto::v1;
use crate::proto::v1::MilestoneKind as Kind;
use crate::proto::v1::history_item::Item;
use app::content::{InteractionView, MessageView};
use app::customers::Before;
use domain::id::{InteractionId, MessageId};
use domain::interaction::{Interaction, InteractionStatus};
use domain::time::{Span, Timestamp};
use prost::Message as _;
use uuid::Uuid;

/// Of what happened at the same instant, the interaction's creation comes first, then what was
/// said, then what became of it.
const CREATED: u8 = 0;
const SAID: u8 = 1;
const BECAME: u8 = 2;

/// What the lines of an interaction are ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// When it happened.
    pub at: Timestamp,
    /// What happened at the same instant is told in this order.
    pub rank: u8,
    /// The message, or a number for the milestone.
    pub which: Uuid,
}

/// A line that was shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Of this interaction,
    pub interaction: InteractionId,
    /// this line.
    pub line: Key,
}

/// One line.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    place: Place,
    item: v1::HistoryItem,
}

/// A page in the making.
#[derive(Debug)]
pub struct Page {
    size: usize,
    bytes: usize,
    from: Option<Place>,
    shown: Option<Place>,
    /// Its lines, newest first.
    pub items: Vec<v1::HistoryItem>,
    /// After which line the next page begins; none until this one is full and something is left.
    pub next: Option<Place>,
}

impl Page {
    /// A page of at most `size` lines, fewer if they are long, which come after the one at `from`.
    #[must_use]
    pub fn new(size: u32, from: Option<Place>) -> Self {
        let (size, items) = (size as usize, Vec::new());
        Self { size, bytes: 0, from, shown: from, items, next: None }
    }

    /// How many more lines fit.
    #[must_use]
    pub fn room(&self) -> u32 {
        u32::try_from(self.size - self.items.len()).unwrap_or(u32::MAX)
    }

    /// Before what the messages of an interaction are wanted; none for all of them.
    #[must_use]
    pub fn before(&self, interaction: InteractionId) -> Option<Before> {
        let from = self.from.filter(|from| from.interaction == interaction)?;
        Some(match from.line.rank {
            SAID => Before::Message(MessageId(from.line.which)),
            CREATED => Before::Instant(from.line.at),
            _ => Before::Instant(from.line.at + Span::from_micros(1)),
        })
    }

    /// Adds the next older interaction with its lines, oldest first; says whether more fit.
    pub fn add(&mut self, mut lines: Vec<Line>) -> bool {
        if let Some(from) = self.from {
            let shown =
                |place: Place| place.interaction == from.interaction && place.line >= from.line;
            lines.retain(|line| !shown(line.place));
        }
        while let Some(line) = lines.pop() {
            self.bytes += line.item.encoded_len();
            let large = self.bytes > BYTES_MAX && !self.items.is_empty();
            if large || self.items.len() == self.size {
                self.next = self.shown;
                return false;
            }
            self.items.push(line.item);
            self.shown = Some(line.place);
        }
        true
    }
}

/// The lines of one interaction with these messages, oldest first. The first is its creation.
#[must_use]
pub fn lines(interaction: &InteractionView, messages: &[MessageView]) -> Vec<Line> {
    let row = &interaction.row;
    let stone = |at, rank, kind: Kind| {
        let which = Uuid::from_u128(u128::from((kind as i32).unsigned_abs()));
        (Key { at, rank, which }, Item::Milestone(milestone(row, kind)))
    };
    let created = stone(row.created_at, CREATED, Kind::Created);
    let said = messages.iter().map(|view| {
        let key = Key { at: view.row.created_at, rank: SAID, which: view.row.id.0 };
        (key, Item::Message(message(view)))
    });
    let became = later(row).map(|(at, kind)| stone(at, BECAME, kind));
    let mut lines: Vec<(Key, Item)> = std::iter::once(created).chain(said).chain(became).collect();
    lines.sort_by_key(|(key, _)| *key);
    let line = |(key, item): (Key, Item)| Line {
        place: Place { interaction: row.id, line: key },
        item: v1::HistoryItem { time: Some(timestamp(key.at)), item: Some(item) },
    };
    lines.into_iter().map(line).collect()
}

/// What became of it, in the order in which it can happen.
fn later(row: &Interaction) -> impl Iterator<Item = (Timestamp, Kind)> {
    let end = match row.status {
        InteractionStatus::Cancelled => Kind::Cancelled,
        InteractionStatus::Abandoned => Kind::Abandoned,
        InteractionStatus::Expired => Kind::Expired,
        _ => Kind::Closed,
    };
    let moments = [
        (row.first_offered_at, Kind::FirstOffered),
        (row.accepted_at, Kind::Accepted),
        (row.first_response_at, Kind::FirstResponded),
        (row.resolved_at, Kind::Resolved),
        (row.closed_at, end),
        (row.rated_at, Kind::Rated),
    ];
    moments.into_iter().filter_map(|(at, kind)| Some((at?, kind)))
}

fn milestone(row: &Interaction, kind: Kind) -> v1::InteractionMilestone {
    let owned = match kind {
        Kind::Unspecified | Kind::Created | Kind::FirstOffered => false,
        // The present owner is the first one only if nobody took it from them.
        Kind::Accepted | Kind::FirstResponded => row.offers_made - row.offers_failed == 1,
        Kind::Resolved | Kind::Closed | Kind::Rated => true,
        Kind::Cancelled | Kind::Abandoned | Kind::Expired => true,
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

    fn messages() -> Vec<MessageView> {
        vec![said(10, "Hello"), said(50, "Good morning"), said(55, "Thanks")]
    }

    fn words<'l>(items: impl IntoIterator<Item = &'l v1::HistoryItem>) -> Vec<String> {
        let word = |line: &v1::HistoryItem| match line.item.as_ref().expect("an item") {
            Item::Message(message) => message.body.clone(),
            Item::Milestone(of) => {
                Kind::try_from(of.kind).expect("a kind").as_str_name()[15..].into()
            }
        };
        items.into_iter().map(word).collect()
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
        assert_eq!(words(lines(&view(), &messages()).iter().map(|line| &line.item)), expected);
    }

    #[test]
    fn what_ended_it_is_told_apart() {
        for (status, word) in [
            (InteractionStatus::Cancelled, "CANCELLED"),
            (InteractionStatus::Closed, "CLOSED"),
            (InteractionStatus::Abandoned, "ABANDONED"),
            (InteractionStatus::Expired, "EXPIRED"),
        ] {
            let mut view = view();
            view.row.status = status;
            view.row.closed_at = Some(Timestamp::from_micros(65));
            let lines = lines(&view, &[]);
            assert!(words(lines.iter().map(|line| &line.item)).iter().any(|line| line == word));
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

    /// The messages that a page asks for, as the database would find them.
    fn asked(page: &Page, id: InteractionId, all: &[MessageView]) -> Vec<MessageView> {
        let before = page.before(id);
        let wanted = |view: &&MessageView| match before {
            None => true,
            Some(Before::Message(id)) => view.row.id < id,
            Some(Before::Instant(at)) => view.row.created_at < at,
        };
        let mut found: Vec<MessageView> = all.iter().filter(wanted).cloned().collect();
        let most = usize::try_from(page.room()).expect("small") + 1;
        found.drain(..found.len().saturating_sub(most));
        found
    }

    #[test]
    fn pages_of_every_size_show_every_line_once() {
        let all: Vec<(InteractionView, Vec<MessageView>)> = (0..3)
            .map(|_| (view(), (0..60).map(|n| said(10 + n, &n.to_string())).collect()))
            .collect();
        let whole: Vec<v1::HistoryItem> = all
            .iter()
            .flat_map(|(view, said)| lines(view, said).into_iter().rev().map(|line| line.item))
            .collect();
        for size in 1..=whole.len() + 1 {
            let mut shown = Vec::new();
            let mut from: Option<Place> = None;
            loop {
                let mut page = Page::new(u32::try_from(size).expect("small"), from);
                let begun = |v: &InteractionView| from.is_none_or(|f| f.interaction == v.row.id);
                for (view, said) in all.iter().skip_while(|(view, _)| !begun(view)) {
                    let said = asked(&page, view.row.id, said);
                    if !page.add(lines(view, &said)) {
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
    fn a_page_of_long_lines_ends_early_and_the_next_goes_on() {
        let long = "x".repeat(BYTES_MAX / 3);
        let (view, messages) = (view(), vec![said(10, &long), said(50, &long), said(55, &long)]);
        let (mut shown, mut from) = (0, None);
        loop {
            let mut page = Page::new(500, from);
            let said = asked(&page, view.row.id, &messages);
            page.add(lines(&view, &said));
            let bytes: usize = page.items.iter().map(prost::Message::encoded_len).sum();
            assert!(bytes <= BYTES_MAX && !page.items.is_empty(), "{bytes} bytes");
            shown += page.items.len();
            from = page.next;
            if from.is_none() {
                break;
            }
        }
        assert_eq!(shown, lines(&view, &messages).len());
    }

    #[test]
    fn what_is_added_meanwhile_moves_nothing() {
        let (view, mut messages) = (view(), messages());
        let mut first = Page::new(2, None);
        assert!(!first.add(lines(&view, &messages)));
        messages.push(said(80, "Again me"));
        let mut second = Page::new(2, first.next);
        assert!(!second.add(lines(&view, &messages)));
        assert_eq!(words(&first.items), ["RATED", "RESOLVED"]);
        assert_eq!(words(&second.items), ["Thanks", "FIRST_RESPONDED"]);
    }
}
