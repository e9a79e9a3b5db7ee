//! Intake: judges what arrives by the tenant's rules, before it becomes a command. It alone sees
//! plain text; what leaves it is a queue, a priority, skills and the rule that said so. A dry run
//! judges by the same code and tells of every rule what it said.

use super::rules::{Compiled, Facts, Verdict};
use crate::escalation::says;
use crate::floor::{Floor, HeldRule};
use domain::channel::ChannelKind;
use domain::escalation::{EscalationSpec, Trigger};
use domain::id::{AccountId, CustomerId, EscalationPolicyId, QueueId, RuleId};
use domain::interaction::{InteractionStatus, Priority, SkillRequirement};
use domain::queue::QueueSpec;
use domain::rule::RuleSpec;
use domain::time::Timestamp;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Most tags of an interaction; what rules add beyond them is left out.
pub const TAGS_MAX: usize = 20;

/// What rules may look at.
#[derive(Clone, Debug, Default)]
pub struct Arrival<'a> {
    /// The moment of judging.
    pub now: Timestamp,
    /// The kind of channel.
    pub channel: Option<ChannelKind>,
    /// The account.
    pub account_id: Option<AccountId>,
    /// The priority asked for.
    pub priority: Option<Priority>,
    /// The subject, as written.
    pub subject: &'a str,
    /// The text, as written.
    pub text: &'a str,
    /// The language, if known.
    pub language: &'a str,
    /// Words on it.
    pub tags: &'a [String],
    /// Who it is about, if they are known.
    pub customer_id: Option<CustomerId>,
    /// The customer's tier.
    pub tier: &'a str,
    /// The customer's attributes.
    pub attributes: Option<&'a BTreeMap<String, String>>,
    /// Where it stands, if it is judged again.
    pub status: Option<InteractionStatus>,
    /// When it was created, if it is judged again.
    pub created_at: Option<Timestamp>,
}

/// The rule that placed something, as it was then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed {
    /// Which rule.
    pub rule_id: RuleId,
    /// Its version.
    pub version: i64,
}

/// What intake found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placement {
    /// Where it goes; none if no rule places it and there is no default.
    pub queue_id: Option<QueueId>,
    /// Its priority.
    pub priority: Priority,
    /// Skills its agent must have.
    pub required_skills: Vec<SkillRequirement>,
    /// Its language.
    pub language: String,
    /// Words that the rule puts on it.
    pub add_tags: Vec<String>,
    /// The rule that matched.
    pub rule: Option<Placed>,
}

impl Placement {
    /// These tags and those of the rule, as far as there is room.
    #[must_use]
    pub fn tagged(&self, tags: &[String]) -> Vec<String> {
        let mut all = tags.to_vec();
        for tag in &self.add_tags {
            if all.len() < TAGS_MAX && !all.contains(tag) {
                all.push(tag.clone());
            }
        }
        all
    }
}

/// A rule in its place.
#[derive(Clone, Debug)]
struct Ready {
    id: RuleId,
    held: HeldRule,
}

/// A tenant's rules and default queues, in the order they are judged.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// The floor's config sequence they were taken at.
    pub config_seq: i64,
    rules: Vec<Ready>,
    default_queue: Option<QueueId>,
    account_queues: BTreeMap<AccountId, QueueId>,
    /// Policies of escalation that listen to words.
    ladders: Vec<(EscalationPolicyId, Arc<EscalationSpec>)>,
}

/// What one rule said in a dry run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Said {
    /// Which rule.
    pub rule_id: RuleId,
    /// Its version.
    pub version: i64,
    /// What it said.
    pub verdict: Verdict,
}

impl Rules {
    /// The rules of a floor.
    #[must_use]
    pub fn of(floor: &Floor) -> Self {
        let ready = |(id, held): (&RuleId, &HeldRule)| Ready { id: *id, held: held.clone() };
        let mut rules: Vec<_> =
            floor.rules().filter(|(_, held)| held.spec.enabled).map(ready).collect();
        rules.sort_by_key(|ready| (ready.held.spec.position, ready.id));
        let is_default = |spec: &QueueSpec| spec.is_default;
        Self {
            config_seq: floor.config_seq(),
            rules,
            default_queue: floor.queues().find(|(_, spec)| is_default(spec)).map(|(id, _)| *id),
            account_queues: floor
                .accounts()
                .filter_map(|(id, spec)| Some((*id, spec.default_queue_id?)))
                .collect(),
            ladders: floor
                .promises()
                .ladders
                .iter()
                .filter(|(_, (_, spec))| spec.enabled && words(spec).next().is_some())
                .map(|(id, (_, spec))| (*id, Arc::clone(spec)))
                .collect(),
        }
    }

    /// The policies of escalation whose words stand in what somebody says.
    #[must_use]
    pub fn heard(&self, subject: &str, text: &str) -> Vec<EscalationPolicyId> {
        let hears = |spec: &EscalationSpec| {
            words(spec).any(|words| says(words, subject) || says(words, text))
        };
        self.ladders.iter().filter(|(_, spec)| hears(spec)).map(|(id, _)| *id).collect()
    }

    /// Judges an arrival: the first rule that matches places it, else the account's queue, else the
    /// tenant's default.
    #[must_use]
    pub fn judge(&self, arrival: &Arrival<'_>) -> Placement {
        self.judge_and(arrival, |_| {})
    }

    /// Judges an arrival and tells what each rule said, up to the one that matched.
    #[must_use]
    pub fn dry_run(&self, arrival: &Arrival<'_>) -> (Placement, Vec<Said>) {
        let mut said = Vec::new();
        let placement = self.judge_and(arrival, |one| said.push(one));
        (placement, said)
    }

    fn judge_and(&self, arrival: &Arrival<'_>, mut tell: impl FnMut(Said)) -> Placement {
        let facts = Facts::of(arrival);
        let matched = self.rules.iter().find(|ready| {
            let compiled = ready.held.compiled.as_ref();
            let verdict = compiled.map_or(Verdict::Nothing, |rule| rule.judge(&facts));
            tell(Said { rule_id: ready.id, version: ready.held.version, verdict });
            verdict == Verdict::Matches
        });
        let mut placement = Placement {
            queue_id: None,
            priority: arrival.priority.unwrap_or(Priority::Normal),
            required_skills: Vec::new(),
            language: arrival.language.to_owned(),
            add_tags: Vec::new(),
            rule: None,
        };
        if let Some(ready) = matched {
            ready.place(&mut placement);
        }
        let of_account = arrival.account_id.and_then(|id| self.account_queues.get(&id).copied());
        placement.queue_id = placement.queue_id.or(of_account).or(self.default_queue);
        placement
    }
}

impl Ready {
    fn place(&self, placement: &mut Placement) {
        let action = &self.held.spec.action;
        placement.rule = Some(Placed { rule_id: self.id, version: self.held.version });
        placement.queue_id = action.queue_id;
        placement.required_skills.clone_from(&action.add_required_skills);
        placement.add_tags.clone_from(&action.add_tags);
        if let Some(priority) = action.set_priority {
            placement.priority = priority;
        }
        if !action.set_language.is_empty() {
            placement.language.clone_from(&action.set_language);
        }
    }
}

/// Whether a rule matches; one without conditions never does, nor one that cannot be judged.
#[must_use]
pub fn matches(spec: &RuleSpec, arrival: &Arrival<'_>) -> bool {
    Compiled::of(spec).is_ok_and(|rule| rule.judge(&Facts::of(arrival)) == Verdict::Matches)
}

/// The lists of words that a policy of escalation listens to.
fn words(spec: &EscalationSpec) -> impl Iterator<Item = &[String]> {
    spec.triggers.iter().filter_map(|trigger| match trigger {
        Trigger::Keyword(words) => Some(words.as_slice()),
        _ => None,
    })
}
