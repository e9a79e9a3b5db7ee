//! Steps of the model about rules: they come, change and go, and place what arrives. Which rule
//! places it is found once more the slow way.

use super::{LANGUAGES, Model};
use crate::support::{Chance, Wants};
use domain::channel::ChannelKind;
use domain::event::{Change, Event};
use domain::id::RuleId;
use domain::interaction::{Priority, Traits};
use domain::rule::{Condition, ConditionField, ConditionOperator, RuleAction, RuleMatch, RuleSpec};
use engine::routing::intake::{Arrival, Rules};

/// The most rules at a time.
const RULES: usize = 6;

/// What rules look at here, and the words each may be compared with.
const FIELDS: &[(ConditionField, &[&str])] = &[
    (ConditionField::Channel, &["chat", "voice"]),
    (ConditionField::Language, &["de", "pt"]),
    (ConditionField::CustomerTier, &["gold", "silver"]),
    (ConditionField::Tag, &["late", "refund"]),
];

impl Model {
    pub(super) fn save_rule(&mut self, chance: &mut Chance) {
        let known: Vec<RuleId> = self.world.floor.rules().map(|(id, _)| *id).collect();
        let rule_id = match chance.of(&known) {
            Some(id) if known.len() >= RULES || chance.one_in(2) => id,
            _ => self.world.id(),
        };
        let held = self.world.floor.rules().find(|(id, _)| **id == rule_id);
        let version = held.map_or(0, |(_, held)| held.version) + 1;
        let spec = RuleSpec {
            position: u32::try_from(chance.below(4)).expect("it is small"),
            enabled: !chance.one_in(5),
            matching: if chance.one_in(2) { RuleMatch::All } else { RuleMatch::Any },
            conditions: (0..=chance.below(2)).map(|_| condition(chance)).collect(),
            action: RuleAction {
                queue_id: chance.of(&self.queues()),
                set_priority: chance.of(Priority::ALL).filter(|_| chance.one_in(2)),
                add_required_skills: self.needs(chance),
                set_language: chance.of(LANGUAGES).expect("there are some").to_owned(),
                add_tags: Vec::new(),
            },
            ..RuleSpec::default()
        };
        self.world.record(Event::RuleSaved { rule_id, spec, change: Change::Updated, version });
    }

    pub(super) fn delete_rule(&mut self, chance: &mut Chance) {
        let known: Vec<RuleId> = self.world.floor.rules().map(|(id, _)| *id).collect();
        if let Some(rule_id) = chance.of(&known) {
            self.world.record(Event::RuleDeleted { rule_id });
        }
    }

    /// Something arrives that the rules are asked about.
    pub(super) fn arrive_by_rules(&mut self, chance: &mut Chance) {
        if self.world.floor.items().count() >= super::OPEN {
            return;
        }
        let tags: Vec<String> = ["late", "refund"]
            .into_iter()
            .filter(|_| chance.one_in(2))
            .map(str::to_owned)
            .collect();
        let arrival = Arrival {
            now: self.world.now,
            channel: chance.of(&[ChannelKind::Chat, ChannelKind::Voice]),
            priority: chance.of(Priority::ALL),
            language: chance.of(LANGUAGES).expect("there are some"),
            tier: chance.of(&["", "gold"]).expect("there are some"),
            tags: &tags,
            ..Arrival::default()
        };
        let placement = Rules::of(&self.world.floor).judge(&arrival);
        let first = self.first_match(&arrival);
        assert_eq!(placement.rule.map(|rule| rule.rule_id), first, "another rule matches first");
        let action = first.and_then(|id| self.world.floor.rules().find(|(rule, _)| **rule == id));
        let action = action.map(|(_, held)| held.spec.action.clone()).unwrap_or_default();
        assert_eq!(placement.required_skills, action.add_required_skills);
        // A queue may have gone after the rule was saved; the ledger refuses that deletion.
        let queue = placement.queue_id.or_else(|| chance.of(&self.queues()));
        let Some(queue) = queue.filter(|id| self.world.floor.queue(*id).is_some()) else { return };
        let traits = Traits {
            language: placement.language,
            tier: arrival.tier.to_owned(),
            place: None,
            ..Traits::default()
        };
        self.world.arrive(&Wants {
            channel: arrival.channel.expect("one is named"),
            priority: placement.priority,
            skills: placement.required_skills,
            traits,
            ..Wants::of(queue)
        });
    }

    /// The first enabled rule, by position and then by id, whose conditions hold.
    fn first_match(&self, arrival: &Arrival<'_>) -> Option<RuleId> {
        let mut best: Option<(u32, RuleId)> = None;
        for (id, held) in self.world.floor.rules() {
            let spec = &held.spec;
            let mut holds = spec.conditions.iter().map(|condition| holds(condition, arrival));
            let said = match spec.matching {
                RuleMatch::All => holds.all(|yes| yes),
                RuleMatch::Any => holds.any(|yes| yes),
            };
            let place = (spec.position, *id);
            if spec.enabled && said && best.is_none_or(|best| place < best) {
                best = Some(place);
            }
        }
        best.map(|(_, id)| id)
    }
}

fn condition(chance: &mut Chance) -> Condition {
    let (field, words) = chance.of(FIELDS).expect("there are some");
    let operators = [ConditionOperator::Equals, ConditionOperator::NotEquals];
    Condition {
        field,
        operator: chance.of(&operators).expect("there are two"),
        key: String::new(),
        values: chance.of(words).map(str::to_owned).into_iter().collect(),
        case_sensitive: false,
    }
}

/// One condition, spelled out: equality of the few words the model uses.
fn holds(condition: &Condition, arrival: &Arrival<'_>) -> bool {
    let word = condition.values[0].as_str();
    let channel = arrival.channel == Some(ChannelKind::Chat);
    let equal = match condition.field {
        ConditionField::Channel => (word == "chat") == channel,
        ConditionField::Language => arrival.language.eq_ignore_ascii_case(word),
        ConditionField::CustomerTier => arrival.tier == word,
        ConditionField::Tag => arrival.tags.iter().any(|tag| tag == word),
        other => unreachable!("the model asks nothing of {other:?}"),
    };
    equal == (condition.operator == ConditionOperator::Equals)
}
