//! SLA policies come to be, change and go. A policy is known by its name: configuring one that is
//! there replaces what it says. What it promised already is not changed by that.

use super::{Command, Done, Keys, No, check_version};
use crate::ledger::draft::Draft;
use crate::ledger::rows::NamedKind;
use domain::event::{Change, Event};
use domain::id::SlaPolicyId;
use domain::refusal::Refusal;
use domain::sla::{POLICIES_MAX, SlaFact, SlaPolicy, SlaSpec};
use engine::floor::Floor;

/// Creates the policy of this name, or replaces what it says.
#[derive(Clone, Debug)]
pub struct ConfigureSla {
    /// Its name.
    pub name: String,
    /// The version the caller saw; zero if they do not care.
    pub version: i64,
    /// What it says.
    pub spec: SlaSpec,
}

impl Command for ConfigureSla {
    fn keys(&self, floor: &Floor, keys: &mut Keys) {
        // It is found by its name, which the floor does not know.
        keys.sla_policies.extend(floor.promises().policies.keys());
        keys.names = true;
    }

    fn decide(&self, draft: &mut Draft) -> Result<Done, No> {
        let named = draft.rows.sla_policies.values().find(|policy| policy.name == self.name);
        let (mut policy, change) = match named.cloned() {
            Some(policy) => (policy, Change::Updated),
            None => {
                let id = draft.id();
                let policy = SlaPolicy {
                    id,
                    name: self.name.clone(),
                    spec: SlaSpec::default(),
                    version: 0,
                    created_at: draft.now,
                    updated_at: draft.now,
                };
                (policy, Change::Created)
            }
        };
        check_version(self.version, policy.version, "sla_policy", policy.id)?;
        self.check(draft, change)?;
        policy.spec = self.spec.clone();
        policy.version += 1;
        policy.updated_at = draft.now;
        let (policy_id, version) = (policy.id, policy.version);
        draft.rows.take_name(NamedKind::SlaPolicy, &policy.name, policy_id.0);
        draft.rows.sla_policies.put(policy_id, policy);
        let spec = Box::new(self.spec.clone());
        draft.record(Event::Sla(SlaFact::PolicySaved { policy_id, spec, change, version }));
        Ok(Done::with(policy_id))
    }
}

impl ConfigureSla {
    fn check(&self, draft: &Draft, change: Change) -> Result<(), No> {
        let spec = &self.spec;
        let wrong =
            |field: &str, text| Err(Refusal::field(&format!("policy.{field}"), text).into());
        if self.name.is_empty() {
            return wrong("name", "a policy has a name");
        }
        let many = draft.floor.promises().policies.len() >= POLICIES_MAX;
        if change == Change::Created && many {
            let text = "the tenant has as many policies as it may";
            return Err(Refusal::field("policy", text).into());
        }
        for (at, target) in spec.targets.iter().enumerate() {
            if spec.targets[..at].iter().any(|other| other.metric == target.metric) {
                return wrong("targets", "each metric is promised at most once");
            }
            let known = |id| draft.floor.promises().calendars.contains_key(&id);
            if let Some(id) = target.calendar_id.filter(|id| !known(*id)) {
                return Err(Refusal::not_found("calendar", id).into());
            }
        }
        if !spec.warn_at.is_sorted_by(|a, b| a < b) {
            return wrong("warn_at_percent", "warnings are given in rising order");
        }
        for id in &spec.queues {
            if draft.floor.queue(*id).is_none() {
                return Err(Refusal::not_found("queue", id).into());
            }
        }
        Ok(())
    }
}

/// Deletes a policy. What it promised is kept.
#[derive(Clone, Debug)]
pub struct DeleteSlaPolicy {
    /// Which one.
    pub id: SlaPolicyId,
    /// The version the caller saw; zero if they do not care.
    pub version: i64,
}

impl Command for DeleteSlaPolicy {
    fn keys(&self, _: &Floor, keys: &mut Keys) {
        keys.sla_policies.push(self.id);
        keys.names = true;
    }

    fn decide(&self, draft: &mut Draft) -> Result<Done, No> {
        let id = self.id;
        let found = draft.rows.sla_policies.get(id).cloned();
        let policy = found.ok_or_else(|| Refusal::not_found("sla_policy", id))?;
        check_version(self.version, policy.version, "sla_policy", policy.id)?;
        draft.rows.sla_policies.remove(id);
        draft.rows.free_name(NamedKind::SlaPolicy, id.0);
        draft.record(Event::Sla(SlaFact::PolicyDeleted { policy_id: id }));
        Ok(Done::with(id))
    }
}
