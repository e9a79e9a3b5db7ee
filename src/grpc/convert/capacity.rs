//! How much an agent can do at once, and what they have in hand of it. A kind of channel and a
//! label may be named once; the contract's rules cannot say so, so it is checked here.

use super::codes::Coded;
use super::{count, wrong};
use crate::proto::v1;
use domain::agent::{Capacity, LabelCap};
use domain::channel::ChannelKind;
use domain::id::LabelId;
use domain::refusal::FieldViolation;
use std::collections::BTreeMap;

/// A capacity as the wire writes it.
#[must_use]
pub fn to_wire(capacity: &Capacity) -> v1::Capacity {
    let of = |(channel, max): (&ChannelKind, &u16)| v1::ChannelCapacity {
        channel: channel.to_wire(),
        max: i32::from(*max),
        units: i32::from(capacity.cost(*channel)),
        interruptible: capacity.interruptible.contains(channel),
    };
    let named =
        |cap: &LabelCap| v1::LabelCapacity { label: cap.name.clone(), max: i32::from(cap.max) };
    let mut per_label: Vec<_> = capacity.per_label.values().map(named).collect();
    per_label.sort_by(|a, b| a.label.cmp(&b.label));
    v1::Capacity {
        units: i32::from(capacity.units),
        per_channel: capacity.per_channel.iter().map(of).collect(),
        per_label,
    }
}

/// How many count for each label that the capacity caps: what the others are called, nobody knows.
#[must_use]
pub fn used_labels(capacity: &Capacity, used: &BTreeMap<LabelId, u32>) -> Vec<v1::LabelUse> {
    let of = |(label, cap): (&LabelId, &LabelCap)| v1::LabelUse {
        label: cap.name.clone(),
        used: count(used.get(label).copied().unwrap_or_default()),
    };
    let mut all: Vec<_> = capacity.per_label.iter().map(of).collect();
    all.sort_by(|a, b| a.label.cmp(&b.label));
    all
}

/// How many of these count for each label.
#[must_use]
pub fn counted<'a>(
    in_hand: impl IntoIterator<Item = (&'a [LabelId], u32)>,
) -> BTreeMap<LabelId, u32> {
    let mut counts: BTreeMap<LabelId, u32> = BTreeMap::new();
    for (labels, used) in in_hand {
        for label in labels {
            *counts.entry(*label).or_default() += used;
        }
    }
    counts
}

/// What a message says, with its labels as they are known by their words.
pub(super) fn of_wire(
    capacity: Option<&v1::Capacity>,
    label: impl Fn(&str) -> LabelId,
    twice: &mut Vec<FieldViolation>,
) -> Capacity {
    let mut known = Capacity::default();
    let Some(capacity) = capacity else { return known };
    if capacity.units != 0 {
        known.units = units(capacity.units);
    }
    for (at, cap) in capacity.per_channel.iter().enumerate() {
        let Some(channel) = ChannelKind::of_wire(cap.channel) else { continue };
        if known.per_channel.insert(channel, units(cap.max)).is_some() {
            let path = format!("agent.capacity.per_channel[{at}].channel");
            twice.push(wrong(path, "each kind of channel is named once"));
        }
        if cap.units > 1 {
            known.costs.insert(channel, units(cap.units));
        }
        if cap.interruptible {
            known.interruptible.insert(channel);
        }
    }
    for (at, cap) in capacity.per_label.iter().enumerate() {
        let named = LabelCap { name: cap.label.clone(), max: units(cap.max) };
        if known.per_label.insert(label(&cap.label), named).is_some() {
            let path = format!("agent.capacity.per_label[{at}].label");
            twice.push(wrong(path, "each label is named once, however it is spelled"));
        }
    }
    known
}

fn units(number: i32) -> u16 {
    u16::try_from(number.max(0)).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::interaction::label_word;
    use uuid::Uuid;

    /// As the service does, but for the tenant's key.
    fn label(word: &str) -> LabelId {
        let word = label_word(word);
        LabelId(Uuid::from_u128(word.bytes().fold(0, |sum, byte| sum * 256 + u128::from(byte))))
    }

    fn cap(label: &str, max: i32) -> v1::LabelCapacity {
        v1::LabelCapacity { label: label.to_owned(), max }
    }

    #[test]
    fn labels_read_back_in_the_order_of_their_words_with_what_is_used() {
        let asked = v1::Capacity {
            units: 3,
            per_channel: Vec::new(),
            per_label: vec![cap("refund", 2), cap("Legal", 0)],
        };
        let mut twice = Vec::new();
        let known = of_wire(Some(&asked), label, &mut twice);
        assert!(twice.is_empty());
        assert_eq!(to_wire(&known).per_label, [cap("Legal", 0), cap("refund", 2)]);
        let (refund, other) = (label("Refund"), label("other"));
        let in_hand: [(&[LabelId], u32); 3] = [(&[refund, other], 1), (&[refund], 1), (&[], 4)];
        let told = used_labels(&known, &counted(in_hand));
        let told: Vec<_> = told.iter().map(|of| (of.label.as_str(), of.used)).collect();
        assert_eq!(told, [("Legal", 0), ("refund", 2)]);
    }

    #[test]
    fn a_label_is_named_once_however_it_is_spelled() {
        for again in ["cafe\u{301}", "CAF\u{c9} "] {
            let per_label = vec![cap("caf\u{e9}", 1), cap(again, 2)];
            let asked = v1::Capacity { per_label, ..Default::default() };
            let mut twice = Vec::new();
            of_wire(Some(&asked), label, &mut twice);
            let fields: Vec<&str> = twice.iter().map(|wrong| wrong.field.as_str()).collect();
            assert_eq!(fields, ["agent.capacity.per_label[1].label"], "{again}");
        }
    }
}
