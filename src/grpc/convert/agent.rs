//! Agents and their presence. A skill may be named once; the contract's rules cannot say so, so it
//! is checked here.

use super::codes::Coded;
use super::mask::{Field, Fields};
use super::time::timestamp;
use super::{capacity, count, id_text, level, settle, tuning, wrong};
use crate::grpc::call::{etag, id, optional_id};
use crate::proto::v1;
use app::content::Badge;
use app::ledger::command::queue::Patch;
use domain::agent::{Agent, AgentSpec, Presence};
use domain::channel::ChannelKind;
use domain::id::{AgentId, LabelId, SkillId, TeamId};
use domain::refusal::FieldViolation;
use domain::sealed::Sealed;
use domain::time::Timestamp;
use std::collections::BTreeMap;
use std::sync::Arc;
use tonic::Status;

/// An agent as it is shown: the row, whether they are there, and what they have in hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The row.
    pub agent: Agent,
    /// Who they are.
    pub badge: Badge,
    /// Whether they are there.
    pub presence: Presence,
    /// Why they chose that; empty if unsaid.
    pub reason: String,
    /// Units in use.
    pub used: u32,
    /// How many count for each label.
    pub used_labels: BTreeMap<LabelId, u32>,
}

/// The agent as the wire writes it.
#[must_use]
pub fn agent(shown: &Shown) -> v1::Agent {
    let (agent, spec) = (&shown.agent, &shown.agent.spec);
    let skill = |(skill, level): (&SkillId, &u8)| v1::AgentSkill {
        skill_id: skill.to_string(),
        level: i32::from(*level),
    };
    v1::Agent {
        id: agent.id.to_string(),
        name: shown.badge.name.clone(),
        email: shown.badge.email.clone(),
        team_ids: spec.teams.iter().map(TeamId::to_string).collect(),
        skills: spec.skills.iter().map(skill).collect(),
        languages: spec.languages.clone(),
        capacity: Some(capacity::to_wire(&spec.capacity)),
        presence: Some(presence(&shown.presence, &shown.reason)),
        used_units: count(shown.used),
        used_labels: capacity::used_labels(&spec.capacity, &shown.used_labels),
        etag: etag(agent.version),
        create_time: Some(timestamp(agent.created_at)),
        update_time: Some(timestamp(agent.updated_at)),
        rank: i32::from(spec.rank),
        place: spec.place.map(tuning::place),
        schedule_id: id_text(spec.schedule_id),
    }
}

/// A presence as the wire writes it, with the words its agent gave for it.
#[must_use]
pub fn presence(presence: &Presence, reason: &str) -> v1::Presence {
    let ever = presence.since != Timestamp::default();
    v1::Presence {
        intended: presence.intended.to_wire(),
        effective: presence.effective.to_wire(),
        reason: reason.to_owned(),
        lease_expire_time: presence.lease_until.map(timestamp),
        since: ever.then(|| timestamp(presence.since)),
        next: presence.next.map(Coded::to_wire).unwrap_or_default(),
        channels: presence.channels.iter().map(|kind| kind.to_wire()).collect(),
        duty: presence.duty.to_wire(),
    }
}

/// The kinds of channel that a caller names.
#[must_use]
pub fn channels_of_wire(channels: &[i32]) -> Vec<ChannelKind> {
    channels.iter().filter_map(|kind| ChannelKind::of_wire(*kind)).collect()
}

/// The fields that a caller sets.
#[must_use]
pub fn fields(agent: &v1::Agent) -> [Field; 9] {
    [
        ("name", !agent.name.is_empty()),
        ("email", !agent.email.is_empty()),
        ("team_ids", !agent.team_ids.is_empty()),
        ("skills", !agent.skills.is_empty()),
        ("languages", !agent.languages.is_empty()),
        ("capacity", agent.capacity.is_some()),
        ("rank", agent.rank != 0),
        ("place", agent.place.is_some()),
        ("schedule_id", !agent.schedule_id.is_empty()),
    ]
}

/// Who the message says they are.
#[must_use]
pub fn badge(agent: &v1::Agent) -> Badge {
    Badge { name: agent.name.clone(), email: agent.email.clone() }
}

/// What sets these fields as the message has them, with name and address sealed, and labels as
/// they are known by their words.
///
/// # Errors
/// `VALIDATION_FAILED`: a skill, a channel or a label is named twice.
pub fn patch(
    agent: &v1::Agent,
    (name, email): (Sealed, Sealed),
    label: impl Fn(&str) -> LabelId,
    fields: Fields,
) -> Result<Patch<Agent>, Status> {
    let wanted = Agent { name, email, ..of_wire(agent, label)? };
    Ok(Arc::new(move |agent| apply(agent, &wanted, &fields)))
}

/// The agent a message describes, without who it is and what only the server writes.
fn of_wire(agent: &v1::Agent, label: impl Fn(&str) -> LabelId) -> Result<Agent, Status> {
    let mut twice = Vec::new();
    let spec = AgentSpec {
        teams: agent.team_ids.iter().map(|team| id(team)).collect::<Result<_, _>>()?,
        skills: skills_of_wire(&agent.skills, &mut twice)?,
        languages: agent.languages.clone(),
        capacity: capacity::of_wire(agent.capacity.as_ref(), label, &mut twice),
        rank: u8::try_from(agent.rank).unwrap_or_default(),
        place: agent.place.as_ref().map(tuning::place_of_wire),
        schedule_id: optional_id(&agent.schedule_id)?,
    };
    settle(twice)?;
    Ok(Agent {
        id: AgentId::default(),
        name: Sealed::default(),
        email: Sealed::default(),
        spec,
        presence_reason: Sealed::default(),
        version: 0,
        created_at: Timestamp::default(),
        updated_at: Timestamp::default(),
    })
}

fn skills_of_wire(
    skills: &[v1::AgentSkill],
    twice: &mut Vec<FieldViolation>,
) -> Result<BTreeMap<SkillId, u8>, Status> {
    let mut known = BTreeMap::new();
    for (at, skill) in skills.iter().enumerate() {
        if known.insert(id(&skill.skill_id)?, level(skill.level)).is_some() {
            let path = format!("agent.skills[{at}].skill_id");
            twice.push(wrong(path, "each skill is named once"));
        }
    }
    Ok(known)
}

fn apply(agent: &mut Agent, wanted: &Agent, fields: &Fields) {
    let (spec, new) = (&mut agent.spec, &wanted.spec);
    if fields.has("name") {
        agent.name.clone_from(&wanted.name);
    }
    if fields.has("email") {
        agent.email.clone_from(&wanted.email);
    }
    if fields.has("team_ids") {
        spec.teams.clone_from(&new.teams);
    }
    if fields.has("skills") {
        spec.skills.clone_from(&new.skills);
    }
    if fields.has("languages") {
        spec.languages.clone_from(&new.languages);
    }
    if fields.has("capacity") {
        spec.capacity = new.capacity.clone();
    }
    if fields.has("rank") {
        spec.rank = new.rank;
    }
    if fields.has("place") {
        spec.place = new.place;
    }
    if fields.has("schedule_id") {
        spec.schedule_id = new.schedule_id;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::agent::{Capacity, EffectiveStatus, PresenceStatus};
    use domain::id::ScheduleId;
    use domain::schedule::Duty;
    use tonic_types::StatusExt;
    use uuid::Uuid;

    fn full() -> Shown {
        let presence = Presence {
            intended: PresenceStatus::Available,
            effective: EffectiveStatus::NotResponding,
            lease_until: Some(Timestamp::from_micros(9)),
            since: Timestamp::from_micros(8),
            next: Some(PresenceStatus::Break),
            channels: vec![ChannelKind::Chat, ChannelKind::Api],
            duty: Duty::OnCall,
        };
        let spec = AgentSpec {
            teams: vec![TeamId(Uuid::now_v7())],
            skills: (1..=3).map(|level| (SkillId(Uuid::now_v7()), level)).collect(),
            languages: vec!["de".into(), "pt-BR".into()],
            capacity: Capacity {
                units: 7,
                per_channel: [(ChannelKind::Chat, 2), (ChannelKind::Voice, 0)].into(),
                costs: [(ChannelKind::Voice, 3)].into(),
                interruptible: [ChannelKind::Chat].into(),
                ..Capacity::default()
            },
            rank: 9,
            place: Some(domain::agent::Place { north: 52_500_000, east: -13_400_000 }),
            schedule_id: Some(ScheduleId(Uuid::now_v7())),
        };
        let agent = Agent {
            id: AgentId(Uuid::now_v7()),
            name: Sealed(vec![1]),
            email: Sealed(vec![2]),
            spec,
            presence_reason: Sealed::default(),
            version: 6,
            created_at: Timestamp::from_micros(5),
            updated_at: Timestamp::from_micros(6),
        };
        let badge = Badge { name: "Ada".into(), email: "ada@example.com".into() };
        Shown { agent, badge, presence, reason: "at lunch".into(), used: 4, used_labels: [].into() }
    }

    fn label(word: &str) -> LabelId {
        LabelId(Uuid::from_u128(word.len() as u128))
    }

    fn blank(like: &Agent) -> Agent {
        Agent {
            name: Sealed::default(),
            email: Sealed::default(),
            spec: AgentSpec::default(),
            ..like.clone()
        }
    }

    #[test]
    fn an_agent_reads_back() {
        let shown = full();
        let wire = super::agent(&shown);
        assert_eq!((wire.used_units, wire.etag.as_str()), (4, "v6"));
        assert_eq!(badge(&wire), shown.badge);
        let mut made = blank(&shown.agent);
        let sealed = (shown.agent.name.clone(), shown.agent.email.clone());
        patch(&wire, sealed, label, Fields::all(&fields(&wire))).expect("our own")(&mut made);
        assert_eq!(made, shown.agent);
    }

    #[test]
    fn a_presence_is_shown_as_it_is() {
        let shown = full();
        let wire = presence(&shown.presence, &shown.reason);
        assert_eq!(PresenceStatus::of_wire(wire.intended), Some(PresenceStatus::Available));
        assert_eq!(EffectiveStatus::of_wire(wire.effective), Some(shown.presence.effective));
        assert_eq!(PresenceStatus::of_wire(wire.next), shown.presence.next);
        assert_eq!(channels_of_wire(&wire.channels), shown.presence.channels);
        assert_eq!(Duty::of_wire(wire.duty), Some(Duty::OnCall));
        assert_eq!(wire.lease_expire_time, Some(timestamp(Timestamp::from_micros(9))));
        let never = presence(&Presence::default(), "");
        assert_eq!((never.since, never.lease_expire_time), (None, None));
    }

    #[test]
    fn capacity_has_the_default_of_the_contract() {
        for capacity in [None, Some(v1::Capacity::default())] {
            let wire = v1::Agent { capacity, ..Default::default() };
            assert_eq!(
                of_wire(&wire, label).expect("nothing wrong").spec.capacity,
                Capacity::default()
            );
        }
    }

    #[test]
    fn only_what_is_named_is_set() {
        let shown = full();
        let change = v1::Agent { email: "x@example.com".into(), ..Default::default() };
        let mut made = shown.agent.clone();
        let only = Fields::of_update(None, &fields(&change)).expect("no mask");
        let sealed = || (Sealed(vec![8]), Sealed(vec![9]));
        patch(&change, sealed(), label, only).expect("nothing wrong")(&mut made);
        assert_eq!(made, Agent { email: Sealed(vec![9]), ..shown.agent.clone() });

        let mask = prost_types::FieldMask { paths: vec!["skills".into(), "capacity".into()] };
        let only = Fields::of_update(Some(&mask), &fields(&change)).expect("two fields");
        patch(&change, sealed(), label, only).expect("nothing wrong")(&mut made);
        assert!(made.spec.skills.is_empty());
        assert_eq!(made.spec.capacity, Capacity::default());
        assert_eq!(made.spec.languages, shown.agent.spec.languages);
    }

    #[test]
    fn what_is_named_twice_is_told_all_at_once() {
        let skill = v1::AgentSkill { skill_id: Uuid::now_v7().to_string(), level: 1 };
        let cap = v1::ChannelCapacity { channel: 4, max: 1, ..Default::default() };
        let capacity = v1::Capacity { units: 1, per_channel: vec![cap; 2], ..Default::default() };
        let wire =
            v1::Agent { skills: vec![skill; 2], capacity: Some(capacity), ..Default::default() };
        let status = of_wire(&wire, label).expect_err("two are named twice");
        let told = status.get_details_bad_request().expect("violations").field_violations;
        let fields: Vec<&str> = told.iter().map(|violation| violation.field.as_str()).collect();
        assert_eq!(fields, ["agent.skills[1].skill_id", "agent.capacity.per_channel[1].channel"]);
    }
}
