//! Commands on configuration and records: teams, skills, queues, rules, accounts, agents, keys,
//! customers and their addresses.

use crate::kinds::{Make, State, address, sealed};
use crate::labels;
use crate::support::Chance;
use app::ledger::command::Command;
use app::ledger::command::account::{DeleteAccount, SaveAccount};
use app::ledger::command::agent::{DeleteAgent, SaveAgent};
use app::ledger::command::api_key::{CreateApiKey, RevokeApiKey};
use app::ledger::command::arrive::Contact;
use app::ledger::command::customer::{
    AddContactPoint, DeleteCustomer, RemoveContactPoint, SaveCustomer,
};
use app::ledger::command::plan::{DeletePlan, SavePlan};
use app::ledger::command::queue::{DeleteQueue, DeleteSkill, SaveQueue, SaveSkill};
use app::ledger::command::rule::{DeleteRule, SaveRule};
use app::ledger::command::settings::SaveSettings;
use app::ledger::command::team::{DeleteTeam, SaveTeam};
use domain::agent::{Agent, Capacity, PresenceStatus};
use domain::channel::{AccountStatus, ChannelKind};
use domain::escalation::Action;
use domain::id::{QueueId, SkillId, TeamId};
use domain::interaction::SkillRequirement;
use domain::plan::{After, Plan, PlanStep, StepClock, Sticky};
use domain::queue::{AbsentWork, AssignmentMode, NoAnswer, RoutingSettings, Strategy, WorkOrder};
use domain::rule::{Condition, ConditionField, ConditionOperator};
use domain::sealed::{BlindIndex, Sealed};
use domain::tenant::{ApiKey, Role};
use domain::time::{Span, Timestamp};
use std::sync::Arc;

pub(crate) const CONFIG: &[(&str, Make)] = &[
    ("new team", |_, c| save_team(None, c)),
    ("save team", |s, c| save_team(Some(c.of(&s.teams)?.id), c)),
    ("move team", move_team),
    ("delete team", delete_team),
    ("new skill", |_, c| save_skill(None, c)),
    ("save skill", |s, c| save_skill(Some(c.of(&s.skills)?.id), c)),
    ("delete skill", delete_skill),
    ("new queue", |s, c| save_queue(s, None, c)),
    ("save queue", |s, c| save_queue(s, Some(c.of(&s.queues)?.id), c)),
    ("default queue", default_queue),
    ("delete queue", delete_queue),
    ("new plan", |s, c| save_plan(s, true, c)),
    ("save plan", |s, c| save_plan(s, false, c)),
    ("delete plan", delete_plan),
    ("save settings", save_settings),
    ("new rule", |s, c| save_rule(s, true, c)),
    ("save rule", |s, c| save_rule(s, false, c)),
    ("delete rule", delete_rule),
    ("new account", |s, c| save_account(s, true, c)),
    ("save account", |s, c| save_account(s, false, c)),
    ("delete account", delete_account),
    ("new agent", |s, c| save_agent(s, true, c)),
    ("save agent", |s, c| save_agent(s, false, c)),
    ("delete agent", delete_agent),
    ("new key", new_key),
    ("revoke key", revoke_key),
    ("new customer", new_customer),
    ("save customer", save_customer),
    ("delete customer", delete_customer),
    ("add contact", add_contact),
    ("remove contact", remove_contact),
];

fn name(what: &str, chance: &mut Chance) -> String {
    format!("{what} {}", chance.below(30))
}

/// The version somebody saw, or that they do not care.
fn seen(version: i64, chance: &mut Chance) -> i64 {
    if chance.one_in(8) { version } else { 0 }
}

/// Up to two skills, each asked for at a low level, one time in `rare`.
pub(crate) fn needs(s: &State, chance: &mut Chance, rare: usize) -> Vec<SkillRequirement> {
    let mut needs = Vec::new();
    for skill in s.skills.iter().take(2) {
        if chance.one_in(rare) {
            let min_level = 1 + u8::try_from(chance.below(4)).expect("it is small");
            needs.push(SkillRequirement { skill_id: skill.id, min_level });
        }
    }
    needs
}

fn save_team(id: Option<TeamId>, chance: &mut Chance) -> Option<Arc<dyn Command>> {
    let name = name("team", chance);
    let patch = Arc::new(move |team: &mut domain::agent::Team| team.name.clone_from(&name));
    Some(Arc::new(SaveTeam { id, version: 0, patch }))
}

/// Below another team, or to the top; sometimes where it may not go.
fn move_team(s: &State, chance: &mut Chance) -> Option<Arc<dyn Command>> {
    let team = chance.of(&s.teams)?;
    let parent = if chance.one_in(4) { None } else { Some(chance.of(&s.teams)?.id) };
    let patch = Arc::new(move |team: &mut domain::agent::Team| team.parent = parent);
    Some(Arc::new(SaveTeam { id: Some(team.id), version: seen(team.version, chance), patch }))
}

fn delete_team(s: &State, chance: &mut Chance) -> Option<Arc<dyn Command>> {
    let free = s.teams.iter().filter(|team| {
        !s.floor.agents().any(|(_, agent)| agent.spec.teams.contains(&team.id))
            && !s.floor.queues().any(|(_, spec)| spec.teams.contains(&team.id))
            && !s
                .floor
                .teams()
                .any(|(_, place)| [place.parent, place.escalates_to].contains(&Some(team.id)))
    });
    let team = chance.of(&free.cloned().collect::<Vec<_>>())?;
    Some(Arc::new(DeleteTeam { id: team.id, version: seen(team.version, chance) }))
}

fn save_skill(id: Option<SkillId>, chance: &mut Chance) -> Option<Arc<dyn Command>> {
    let name = name("skill", chance);
    let patch = Arc::new(move |skill: &mut domain::queue::Skill| skill.name.clone_from(&name));
    Some(Arc::new(SaveSkill { id, version: 0, patch }))
}

fn delete_skill(s: &State, chance: &mut Chance) -> Option<Arc<dyn Command>> {
    let asked = |list: &[SkillRequirement], id| list.iter().any(|need| need.skill_id == id);
    let free = s.skills.iter().filter(|skill| {
        !s.floor.queues().any(|(_, spec)| asked(&spec.required_skills, skill.id))
            && !s
                .floor
                .rules()
                .any(|(_, rule)| asked(&rule.spec.action.add_required_skills, skill.id))
            && !s.floor.items().any(|(_, item)| asked(&item.required_skills, skill.id))
            && !s.floor.agents().any(|(_, agent)| agent.spec.skills.contains_key(&skill.id))
    });
    let skill = chance.of(&free.cloned().collect::<Vec<_>>())?;
    Some(Arc::new(DeleteSkill { id: skill.id, version: 0 }))
}

fn save_queue(s: &State, id: Option<QueueId>, chance: &mut Chance) -> Option<Arc<dyn Command>> {
    let rename = id.is_none() || chance.one_in(2);
    let name = rename.then(|| name("queue", chance));
    let (strategy, shadow) = (chance.of(Strategy::ALL)?, chance.of(Strategy::ALL)?);
    let shadow = chance.one_in(3).then_some(shadow);
    let teams: Vec<TeamId> = if chance.one_in(4) {
        s.teams.first().map(|team| team.id).into_iter().collect()
    } else {
        Vec::new()
    };
    let required = needs(s, chance, 6);
    let plan = chance.of(&s.plans).map(|plan| plan.id).filter(|_| chance.one_in(2));
    let overflow = s.queue(chance).filter(|over| id != Some(*over) && chance.one_in(6));
    let step = Span::from_secs(i64::try_from(chance.below(4)).expect("it is small") * 60);
    let away = NoAnswer::Presence(PresenceStatus::Away);
    let no_answer = chance.of(&[NoAnswer::NotResponding, NoAnswer::Missed, away])?;
    let other = s.queue(chance).map_or(AbsentWork::Keep, AbsentWork::Reassign);
    let absent_work = chance.of(&[AbsentWork::Keep, AbsentWork::Requeue, other])?;
    let parked_counts = chance.one_in(3);
    let mode = if chance.one_in(4) { AssignmentMode::Pull } else { AssignmentMode::Push };
    let patch = Arc::new(move |queue: &mut domain::queue::Queue| {
        queue.spec.assignment_mode = mode;
        queue.spec.parked_counts = parked_counts;
        if let Some(name) = &name {
            queue.name.clone_from(name);
        }
        queue.spec.strategy = strategy;
        queue.spec.tuning.shadow = shadow;
        queue.spec.teams.clone_from(&teams);
        queue.spec.required_skills.clone_from(&required);
        queue.spec.priority_step = step;
        queue.spec.offer_timeout = Span::from_secs(600);
        queue.spec.wrap_up_limit = Span::from_secs(300);
        queue.spec.routing_plan_id = plan;
        queue.spec.overflow_queue_id = overflow;
        (queue.spec.no_answer, queue.spec.absent_work) = (no_answer, absent_work);
        queue.spec.max_size = if overflow.is_some() { 2 } else { 0 };
    });
    Some(Arc::new(SaveQueue { id, version: 0, patch }))
}

fn save_settings(_: &State, chance: &mut Chance) -> Option<Arc<dyn Command>> {
    let order = chance.of(WorkOrder::ALL)?;
    let gap_step = Span::from_secs(i64::try_from(chance.below(9)).expect("it is small") * 60);
    let patch = Arc::new(move |settings: &mut RoutingSettings| {
        (settings.order, settings.gap_step) = (order, gap_step);
    });
    Some(Arc::new(SaveSettings { version: 0, patch }))
}

fn default_queue(s: &State, chance: &mut Chance) -> Option<Arc<dyn Command>> {
    let queue = chance.of(&s.queues)?;
    let patch = Arc::new(|queue: &mut domain::queue::Queue| queue.spec.is_default = true);
    let version = seen(queue.version, chance);
    Some(Arc::new(SaveQueue { id: Some(queue.id), version, patch }))
}

/// Whether a ladder may lead to the queue.
fn moves_to(s: &State, id: QueueId) -> bool {
    let held = s.floor.items().filter_map(|(_, item)| item.ladder.as_ref());
    let held = held.map(|ladder| &ladder.spec);
    let mut specs = s.floor.promises().ladders.values().map(|(_, spec)| spec).chain(held);
    let action = Action::MoveToQueue(id);
    specs.any(|spec| spec.levels.iter().any(|level| level.actions.contains(&action)))
}

fn delete_queue(s: &State, chance: &mut Chance) -> Option<Arc<dyn Command>> {
    let free = s.queues.iter().filter(|queue| {
        !queue.spec.is_default
            && !s.floor.rules().any(|(_, rule)| rule.spec.action.queue_id == Some(queue.id))
            && !s.floor.accounts().any(|(_, spec)| spec.default_queue_id == Some(queue.id))
            && !s.floor.items().any(|(_, item)| item.queue_id == Some(queue.id))
            && !moves_to(s, queue.id)
    });
    let queue = chance.of(&free.cloned().collect::<Vec<_>>())?;
    Some(Arc::new(DeleteQueue { id: queue.id, version: 0 }))
}

fn save_plan(s: &State, new: bool, chance: &mut Chance) -> Option<Arc<dyn Command>> {
    let id = if new { None } else { Some(chance.of(&s.plans)?.id) };
    let name = name("plan", chance);
    let sticky = [None, Some(Sticky::LastAgent), Some(Sticky::AccountOwner)][chance.below(3)];
    let (queue_id, team) = (s.queue(chance).filter(|_| chance.one_in(3)), s.teams.first()?.id);
    let span = Span::from_secs(300 + i64::try_from(chance.below(9)).expect("it is small"));
    let after = Some(After { clock: StepClock::Step, span });
    let lower_levels = u8::try_from(1 + chance.below(3)).expect("it is small");
    let absent = chance.one_in(2);
    let patch = Arc::new(move |plan: &mut Plan| {
        plan.name.clone_from(&name);
        let first = PlanStep { sticky, ..PlanStep::default() };
        let then = PlanStep { after, queue_id, lower_levels, ..PlanStep::default() };
        plan.spec.steps = vec![first, then];
        if absent {
            let last = PlanStep { when_absent: true, teams: vec![team], ..PlanStep::default() };
            plan.spec.steps.push(last);
        }
    });
    Some(Arc::new(SavePlan { id, version: 0, patch }))
}

fn delete_plan(s: &State, chance: &mut Chance) -> Option<Arc<dyn Command>> {
    let free = s
        .plans
        .iter()
        .filter(|plan| !s.floor.queues().any(|(_, spec)| spec.routing_plan_id == Some(plan.id)));
    let plan = chance.of(&free.cloned().collect::<Vec<_>>())?;
    Some(Arc::new(DeletePlan { id: plan.id, version: seen(plan.version, chance) }))
}

fn save_rule(s: &State, new: bool, chance: &mut Chance) -> Option<Arc<dyn Command>> {
    let id = if new { None } else { Some(chance.of(&s.rules)?.id) };
    let name = name("rule", chance);
    let queue = s.queue(chance);
    let position = 1 + u32::try_from(chance.below(5)).expect("it is small");
    let patch = Arc::new(move |rule: &mut domain::rule::Rule| {
        rule.name.clone_from(&name);
        rule.spec.position = position;
        rule.spec.action.queue_id = queue;
        rule.spec.conditions = vec![Condition {
            case_sensitive: false,
            field: ConditionField::Keyword,
            operator: ConditionOperator::Contains,
            key: String::new(),
            values: vec!["refund".to_owned()],
        }];
    });
    Some(Arc::new(SaveRule { id, version: 0, patch }))
}

fn delete_rule(s: &State, chance: &mut Chance) -> Option<Arc<dyn Command>> {
    let rule = chance.of(&s.rules)?;
    Some(Arc::new(DeleteRule { id: rule.id, version: seen(rule.version, chance) }))
}

fn save_account(s: &State, new: bool, chance: &mut Chance) -> Option<Arc<dyn Command>> {
    let id = if new { chance.id() } else { chance.of(&s.accounts)?.id };
    let name = name("account", chance);
    let status =
        if new || !chance.one_in(5) { AccountStatus::Active } else { AccountStatus::Disabled };
    let queue = if chance.one_in(2) { s.queue(chance) } else { None };
    let patch = Arc::new(move |account: &mut domain::channel::ChannelAccount| {
        account.name.clone_from(&name);
        account.url = "https://hooks.example/in".to_owned();
        account.status = status;
        account.default_queue_id = queue;
    });
    Some(Arc::new(SaveAccount { id, create: new, version: 0, patch, mailbox: None }))
}

fn delete_account(s: &State, chance: &mut Chance) -> Option<Arc<dyn Command>> {
    let account = chance.of(&s.accounts)?;
    Some(Arc::new(DeleteAccount { id: account.id, version: 0 }))
}

fn save_agent(s: &State, new: bool, chance: &mut Chance) -> Option<Arc<dyn Command>> {
    let id = if new { chance.id() } else { chance.of(&s.agents)?.id };
    let name = Sealed(name("agent", chance).into_bytes());
    let teams: Vec<TeamId> =
        s.teams.iter().take(2).filter(|_| chance.one_in(2)).map(|team| team.id).collect();
    let mut skills = std::collections::BTreeMap::new();
    for skill in s.skills.iter().take(2) {
        if chance.one_in(2) {
            skills.insert(skill.id, 1 + u8::try_from(chance.below(6)).expect("it is small"));
        }
    }
    let units = 3 + u16::try_from(chance.below(3)).expect("it is small");
    let per_channel = [(ChannelKind::Voice, 1)].into();
    let per_label = labels::caps();
    let capacity = Capacity { units, per_channel, per_label, ..Capacity::default() };
    let patch = Arc::new(move |agent: &mut Agent| {
        // Caps only rise, so that nobody is ever above theirs.
        let units = agent.spec.capacity.units.max(capacity.units);
        agent.name.clone_from(&name);
        agent.spec.teams.clone_from(&teams);
        agent.spec.skills.clone_from(&skills);
        agent.spec.capacity = Capacity { units, ..capacity.clone() };
    });
    Some(Arc::new(SaveAgent { id, create: new, version: 0, patch }))
}

fn delete_agent(s: &State, chance: &mut Chance) -> Option<Arc<dyn Command>> {
    let mut idle = s.agents(|agent| agent.legs.is_empty() && agent.sessions.is_empty());
    idle.retain(|id| !s.floor.items().any(|(_, item)| item.target == Some(*id)));
    Some(Arc::new(DeleteAgent { id: chance.of(&idle)?, version: 0 }))
}

fn new_key(s: &State, chance: &mut Chance) -> Option<Arc<dyn Command>> {
    let agent_id = if chance.one_in(2) { chance.of(&s.agents(|_| true)) } else { None };
    let key = ApiKey {
        id: chance.id(),
        name: name("key", chance),
        role: Role::Agent,
        permissions: Role::Agent.permissions(),
        agent_id,
        secret_hash: vec![3; 32],
        last4: "abcd".to_owned(),
        created_at: Timestamp::default(),
        expires_at: None,
        revoked_at: None,
    };
    Some(Arc::new(CreateApiKey { key }))
}

fn revoke_key(s: &State, chance: &mut Chance) -> Option<Arc<dyn Command>> {
    Some(Arc::new(RevokeApiKey { id: chance.of(&s.keys)?.id, successors: None }))
}

/// One of a few ids that a tenant has for customers.
fn external(chance: &mut Chance) -> BlindIndex {
    BlindIndex([200 + u8::try_from(chance.below(4)).expect("it is small"); 16])
}

fn new_customer(s: &State, chance: &mut Chance) -> Option<Arc<dyn Command>> {
    let contact = address(chance, 40);
    let free = !s.points.iter().any(|point| point.address_index == contact.index);
    Some(Arc::new(SaveCustomer {
        id: chance.id(),
        new_key: Some(vec![2; 40]),
        version: 0,
        profile: Some(sealed(chance)),
        external: chance.one_in(2).then(|| Some(external(chance))),
        tier: Some("vip".to_owned()),
        language: None,
        account_owner: None,
        contacts: if free { vec![contact] } else { Vec::new() },
    }))
}

fn save_customer(s: &State, chance: &mut Chance) -> Option<Arc<dyn Command>> {
    let customer = chance.of(&s.customers)?;
    let agent = chance.of(&s.agents)?.id;
    let external = match chance.below(3) {
        0 => None,
        1 => Some(None),
        _ => Some(Some(external(chance))),
    };
    Some(Arc::new(SaveCustomer {
        id: customer.id,
        new_key: None,
        version: seen(customer.version, chance),
        profile: Some(sealed(chance)),
        external,
        tier: Some(name("tier", chance)),
        language: None,
        account_owner: chance.one_in(2).then_some(Some(agent)),
        contacts: Vec::new(),
    }))
}

fn delete_customer(s: &State, chance: &mut Chance) -> Option<Arc<dyn Command>> {
    let customer = chance.of(&s.customers)?;
    Some(Arc::new(DeleteCustomer { id: customer.id, version: seen(customer.version, chance) }))
}

fn add_contact(s: &State, chance: &mut Chance) -> Option<Arc<dyn Command>> {
    let customer = chance.of(&s.customers)?;
    let contact: Contact = address(chance, 60);
    let taken = s.points.iter().any(|point| point.address_index == contact.index);
    (!taken).then(|| {
        let command: Arc<dyn Command> =
            Arc::new(AddContactPoint { customer_id: customer.id, contact });
        command
    })
}

fn remove_contact(s: &State, chance: &mut Chance) -> Option<Arc<dyn Command>> {
    let point = chance.of(&s.points)?;
    let (customer_id, contact_point_id) = (point.customer_id, point.id);
    Some(Arc::new(RemoveContactPoint { customer_id, contact_point_id }))
}
