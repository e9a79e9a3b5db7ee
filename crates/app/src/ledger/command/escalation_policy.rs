//! Escalation policies come to be, change and go. A policy is known by its name: configuring one
//! that is there replaces what it says. Ladders that were put up by it are not changed by that.

use super::{Command, Done, Keys, No, check_version, in_use};
use crate::ledger::draft::Draft;
use crate::ledger::rows::NamedKind;
use domain::channel::ChannelKind;
use domain::escalation::{Action, EscalationFact, EscalationPolicy, EscalationSpec};
use domain::escalation::{POLICIES_MAX, Trigger};
use domain::event::{Change, Event};
use domain::id::{AccountId, EscalationPolicyId};
use domain::refusal::Refusal;
use engine::floor::Floor;
use std::sync::Arc;

/// Creates the policy of this name, or replaces what it says.
#[derive(Clone, Debug)]
pub struct ConfigureEscalation {
    /// Its name.
    pub name: String,
    /// The version the caller saw; zero if they do not care.
    pub version: i64,
    /// What it says.
    pub spec: EscalationSpec,
}

impl Command for ConfigureEscalation {
    fn keys(&self, floor: &Floor, keys: &mut Keys) {
        // It is found by its name, which the floor does not know.
        keys.escalation_policies.extend(floor.promises().ladders.keys());
        keys.accounts.extend(self.actions().filter_map(paged));
        keys.names = true;
    }

    fn decide(&self, draft: &mut Draft) -> Result<Done, No> {
        let has_name = |policy: &&EscalationPolicy| policy.name == self.name;
        let named = draft.rows.escalation_policies.values().find(has_name).cloned();
        let (mut policy, change) = match named {
            Some(policy) => (policy, Change::Updated),
            None => {
                let policy = EscalationPolicy {
                    id: draft.id(),
                    name: self.name.clone(),
                    spec: EscalationSpec::default(),
                    version: 0,
                    created_at: draft.now,
                    updated_at: draft.now,
                };
                (policy, Change::Created)
            }
        };
        check_version(self.version, policy.version, "escalation_policy", policy.id)?;
        self.check(draft, change)?;
        policy.spec = self.spec.clone();
        policy.version += 1;
        policy.updated_at = draft.now;
        let (policy_id, version) = (policy.id, policy.version);
        draft.rows.take_name(NamedKind::Escalation, &policy.name, policy_id.0);
        draft.rows.escalation_policies.put(policy_id, policy);
        let spec = Arc::new(self.spec.clone());
        let fact = EscalationFact::PolicySaved { policy_id, spec, change, version };
        draft.record(Event::Escalation(fact));
        Ok(Done::with(policy_id))
    }
}

/// The account that an action pages by.
const fn paged(action: &Action) -> Option<AccountId> {
    match action {
        Action::Page(id) => Some(*id),
        _ => None,
    }
}

/// Pages leave by a webhook account that has an address to post to.
fn check_endpoint(draft: &Draft, id: AccountId) -> Result<(), No> {
    let found = draft.rows.accounts.get(id);
    let account = found.ok_or_else(|| Refusal::not_found("channel_account", id))?;
    if account.kind != ChannelKind::Webhook || account.url.is_empty() {
        return wrong("levels", "pages leave by an account of kind WEBHOOK that has a url");
    }
    Ok(())
}

fn wrong(field: &str, text: &str) -> Result<(), No> {
    Err(Refusal::field(&format!("policy.{field}"), text).into())
}

impl ConfigureEscalation {
    fn check(&self, draft: &Draft, change: Change) -> Result<(), No> {
        if self.name.is_empty() {
            return wrong("name", "a policy has a name");
        }
        let many = draft.floor.promises().ladders.len() >= POLICIES_MAX;
        if change == Change::Created && many {
            let text = "the tenant has as many policies as it may";
            return Err(Refusal::field("policy", text).into());
        }
        if !self.spec.reminders.is_sorted_by(|a, b| a < b) {
            return wrong("reminders", "reminders are given in rising order");
        }
        for trigger in &self.spec.triggers {
            let says_nothing = match trigger {
                Trigger::Keyword(words) => words.is_empty(),
                Trigger::CustomerTier(tiers) => tiers.is_empty(),
                _ => false,
            };
            if says_nothing {
                return wrong("triggers", "words or tiers are named where they are looked for");
            }
        }
        self.check_actions(draft)
    }

    fn actions(&self) -> impl Iterator<Item = &Action> {
        self.spec.levels.iter().flat_map(|level| &level.actions)
    }

    /// Queues, teams and endpoints that levels name are there.
    fn check_actions(&self, draft: &Draft) -> Result<(), No> {
        for action in self.actions() {
            match action {
                Action::MoveToQueue(id) | Action::Reassign(id)
                    if draft.floor.queue(*id).is_none() =>
                {
                    return Err(Refusal::not_found("queue", id).into());
                }
                Action::Notify(id) if !draft.rows.is_named(NamedKind::Team, id.0) => {
                    return Err(Refusal::not_found("team", id).into());
                }
                Action::Page(id) => check_endpoint(draft, *id)?,
                _ => {}
            }
        }
        Ok(())
    }
}

/// Deletes a policy that no queue names. Ladders that were put up by it stay.
#[derive(Clone, Debug)]
pub struct DeleteEscalationPolicy {
    /// Which one.
    pub id: EscalationPolicyId,
    /// The version the caller saw; zero if they do not care.
    pub version: i64,
}

impl Command for DeleteEscalationPolicy {
    fn keys(&self, _: &Floor, keys: &mut Keys) {
        keys.escalation_policies.push(self.id);
        keys.names = true;
    }

    fn decide(&self, draft: &mut Draft) -> Result<Done, No> {
        let id = self.id;
        let found = draft.rows.escalation_policies.get(id).cloned();
        let policy = found.ok_or_else(|| Refusal::not_found("escalation_policy", id))?;
        check_version(self.version, policy.version, "escalation_policy", policy.id)?;
        if draft.floor.queues().any(|(_, spec)| spec.escalation_policy_id == Some(id)) {
            return Err(in_use("escalation_policy", id, "queue").into());
        }
        draft.rows.escalation_policies.remove(id);
        draft.rows.free_name(NamedKind::Escalation, id.0);
        draft.record(Event::Escalation(EscalationFact::PolicyDeleted { policy_id: id }));
        Ok(Done::with(id))
    }
}
