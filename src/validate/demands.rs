//! What a request must say beyond what the rules of the contract can: a noun that is new needs its
//! name, which an update may leave out; an update says what it is of; a list names nothing twice by
//! its id. Judged together with those rules, so that a caller is told of everything at once. What
//! takes a look at the tenant's rows is judged later, by the command.

use super::{Path, Validate, Violations, rules};
use crate::grpc::convert::Coded;
use crate::proto::v1;
use crate::proto::v1::channel_account::Config;
use domain::channel::ChannelKind;
use domain::interaction::label_word;
use domain::tenant::{Permission, Role};
use prost_types::FieldMask;

/// A request that knows what it must say beyond the rules of the contract.
pub trait Demands: Validate {
    /// Adds what is wrong to `out`.
    fn demands(&self, _out: &mut Violations) {}
}

const ROOT: &Path<'static> = &Path::ROOT;

/// A new noun, and an update of one: `$judge` looks at what both may say, with the mask of the
/// update.
macro_rules! demands_of {
    ($create:ident, $update:ident, $noun:ident, $judge:expr) => {
        impl Demands for v1::$create {
            fn demands(&self, out: &mut Violations) {
                let Some(noun) = &self.$noun else { return };
                let at = ROOT.field(stringify!($noun));
                needed(&noun.name, &at.field("name"), out);
                $judge(noun, Said::New, &at, out);
            }
        }

        impl Demands for v1::$update {
            fn demands(&self, out: &mut Violations) {
                let Some(noun) = &self.$noun else { return };
                let at = ROOT.field(stringify!($noun));
                needed(&noun.id, &at.field("id"), out);
                let said = Said::Update(self.update_mask.as_ref());
                if said.names("name") {
                    needed(&noun.name, &at.field("name"), out);
                }
                $judge(noun, said, &at, out);
            }
        }
    };
}

demands_of!(CreateQueueRequest, UpdateQueueRequest, queue, queue);
demands_of!(CreateSkillRequest, UpdateSkillRequest, skill, nothing_more);
demands_of!(CreateRoutingRuleRequest, UpdateRoutingRuleRequest, routing_rule, rule);
demands_of!(CreateAgentRequest, UpdateAgentRequest, agent, agent);
demands_of!(CreateTeamRequest, UpdateTeamRequest, team, team);
demands_of!(CreateChannelAccountRequest, UpdateChannelAccountRequest, channel_account, account);
demands_of!(CreateTenantRequest, UpdateTenantRequest, tenant, tenant);

impl Demands for v1::UpdateCustomerRequest {
    fn demands(&self, out: &mut Violations) {
        let Some(customer) = &self.customer else { return };
        needed(&customer.id, &ROOT.field("customer").field("id"), out);
    }
}

impl Demands for v1::CreateApiKeyRequest {
    fn demands(&self, out: &mut Violations) {
        let Some(key) = &self.api_key else { return };
        let at = ROOT.field("api_key");
        let Some(role) = Role::of_wire(key.role) else { return };
        if role == Role::Agent {
            needed(&key.agent_id, &at.field("agent_id"), out);
        }
        let at = at.field("scopes");
        for (index, scope) in key.scopes.iter().enumerate() {
            let Some(scope) = Permission::of_wire(*scope) else { continue };
            if !role.permissions().has(scope) {
                let (scope, role) = (scope.word(), role.word());
                let text = format_args!("{role} has no permission {scope} to narrow it to");
                out.add(&at.index(index), "api_key.scopes", text);
            }
        }
    }
}

/// How a noun is said.
#[derive(Clone, Copy)]
enum Said<'a> {
    /// As a whole.
    New,
    /// As changes, with their mask.
    Update(Option<&'a FieldMask>),
}

impl Said<'_> {
    /// Whether an update's mask names a field, which then is set as the noun has it.
    fn names(self, field: &str) -> bool {
        let Said::Update(Some(mask)) = self else { return false };
        mask.paths.iter().any(|path| path == field)
    }

    /// Whether a field that the noun says is set.
    fn sets(self, field: &str) -> bool {
        let Said::Update(Some(mask)) = self else { return true };
        mask.paths.is_empty() || self.names(field)
    }

    /// Whether the noun must say a field by itself.
    fn asks(self, field: &str) -> bool {
        matches!(self, Said::New) || self.names(field)
    }
}

fn needed(text: &str, at: &Path<'_>, out: &mut Violations) {
    if text.is_empty() {
        rules::required(at, out);
    }
}

/// No two items of a list are of the same thing.
fn once<T>(
    items: &[T],
    same: impl Fn(&T, &T) -> bool,
    (at, field): (&Path<'_>, &'static str),
    out: &mut Violations,
) {
    for (index, item) in items.iter().enumerate() {
        if items[..index].iter().any(|before| same(before, item)) {
            let text = format_args!("each only once");
            out.add(&at.index(index).field(field), "repeated.unique", text);
        }
    }
}

fn skills_once(needs: &[v1::SkillRequirement], at: &Path<'_>, out: &mut Violations) {
    let same = |a: &v1::SkillRequirement, b: &v1::SkillRequirement| a.skill_id == b.skill_id;
    once(needs, same, (at, "skill_id"), out);
}

fn nothing_more(_: &v1::Skill, _: Said<'_>, _: &Path<'_>, _: &mut Violations) {}

fn queue(queue: &v1::Queue, _: Said<'_>, at: &Path<'_>, out: &mut Violations) {
    skills_once(&queue.required_skills, &at.field("required_skills"), out);
}

fn rule(rule: &v1::RoutingRule, said: Said<'_>, at: &Path<'_>, out: &mut Violations) {
    if rule.position == 0 && said.asks("position") {
        rules::required(&at.field("position"), out);
    }
    let action = at.field("action");
    match &rule.action {
        Some(told) => {
            if said.sets("action") {
                needed(&told.queue_id, &action.field("queue_id"), out);
            }
            let at = action.field("add_required_skills");
            skills_once(&told.add_required_skills, &at, out);
        }
        None if said.asks("action") => rules::required(&action.field("queue_id"), out),
        None => {}
    }
}

fn agent(agent: &v1::Agent, _: Said<'_>, at: &Path<'_>, out: &mut Violations) {
    let same = |a: &v1::AgentSkill, b: &v1::AgentSkill| a.skill_id == b.skill_id;
    once(&agent.skills, same, (&at.field("skills"), "skill_id"), out);
    if let Some(capacity) = &agent.capacity {
        let capacity_at = at.field("capacity");
        let at = capacity_at.field("per_channel");
        once(&capacity.per_channel, |a, b| a.channel == b.channel, (&at, "channel"), out);
        let word = |cap: &v1::LabelCapacity| label_word(&cap.label);
        let at = capacity_at.field("per_label");
        once(&capacity.per_label, |a, b| word(a) == word(b), (&at, "label"), out);
    }
}

fn team(team: &v1::Team, _: Said<'_>, at: &Path<'_>, out: &mut Violations) {
    if !team.id.is_empty() && team.parent_team_id == team.id {
        let text = format_args!("a team is no part of itself");
        out.add(&at.field("parent_team_id"), "team.parent", text);
    }
}

fn account(account: &v1::ChannelAccount, said: Said<'_>, at: &Path<'_>, out: &mut Violations) {
    if !matches!(said, Said::New) {
        return;
    }
    let webhook = matches!(account.config, Some(Config::Webhook(_)));
    let email = matches!(account.config, Some(Config::Email(_)));
    match ChannelKind::of_wire(account.kind) {
        None => rules::required(&at.field("kind"), out),
        Some(ChannelKind::Webhook) if !webhook => rules::required(&at.field("webhook"), out),
        Some(ChannelKind::Email) if !email => rules::required(&at.field("email"), out),
        Some(_) => {}
    }
}

fn tenant(tenant: &v1::Tenant, said: Said<'_>, at: &Path<'_>, out: &mut Violations) {
    let suspended = tenant.status == v1::TenantStatus::Suspended as i32;
    match said {
        Said::New if suspended => {
            let text = format_args!("a tenant begins active");
            out.add(&at.field("status"), "enum.in", text);
        }
        Said::Update(_) if said.names("status") && tenant.status == 0 => {
            rules::required(&at.field("status"), out);
        }
        _ => {}
    }
}
