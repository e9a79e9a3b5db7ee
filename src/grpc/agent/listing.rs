//! Which agents a list shows. Teams and skills are part of an agent's row and presence is a row
//! beside it, so that agents are read in the order of their ids and sifted here, a bounded number
//! at a time: a page may come out short, and its token goes on where the sifting stopped.

use super::Agents;
use crate::grpc::call::optional_id;
use crate::grpc::convert::agent::Shown;
use crate::grpc::convert::capacity::counted;
use crate::grpc::convert::{Coded, fault};
use crate::grpc::status::status;
use crate::proto::v1;
use app::context::Context;
use domain::agent::{Agent, EffectiveStatus, Presence};
use domain::id::{AgentId, SkillId, TeamId};
use std::collections::HashMap;
use tonic::Status;

/// How many agents are sifted at a time.
const STEP: u32 = 500;

/// How often that is done for one page.
const STEPS_MAX: usize = 20;

/// What a list narrows to.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    team: Option<TeamId>,
    skill: Option<SkillId>,
    status: Option<EffectiveStatus>,
}

/// A page of agents, and after whom the next one begins; none at the end.
pub(super) struct Listed {
    pub(super) agents: Vec<Shown>,
    pub(super) next: Option<AgentId>,
}

impl Wanted {
    pub(super) fn of(asked: &v1::ListAgentsRequest) -> Result<Self, Status> {
        Ok(Self {
            team: optional_id(&asked.team_id)?,
            skill: optional_id(&asked.skill_id)?,
            status: EffectiveStatus::of_wire(asked.effective_status),
        })
    }

    fn takes(&self, agent: &Agent, presence: &Presence) -> bool {
        self.team.is_none_or(|team| agent.spec.teams.contains(&team))
            && self.skill.is_none_or(|skill| agent.spec.skills.contains_key(&skill))
            && self.status.is_none_or(|status| presence.effective == status)
    }

    fn is_everybody(&self) -> bool {
        self.team.is_none() && self.skill.is_none() && self.status.is_none()
    }
}

impl Agents {
    pub(super) async fn listed(
        &self,
        context: &Context,
        wanted: &Wanted,
        mut after: Option<AgentId>,
        size: u32,
    ) -> Result<Listed, Status> {
        let reader = self.edge.app.read(context);
        let content = self.edge.app.content(context.caller.tenant).await.map_err(status)?;
        let mut in_hand: HashMap<AgentId, Vec<_>> = HashMap::new();
        for of in reader.in_hand().await.map_err(fault)? {
            in_hand.entry(of.agent_id).or_default().push(of);
        }
        let step = if wanted.is_everybody() { size + 1 } else { STEP };
        let mut agents: Vec<Shown> = Vec::new();
        for _ in 0..STEPS_MAX {
            let rows = reader.agents(after, step).await.map_err(fault)?;
            if rows.is_empty() {
                return Ok(Listed { agents, next: None });
            }
            // Only agents have presences: as many rows as there are agents reach as far.
            let most = u32::try_from(rows.len()).unwrap_or(u32::MAX);
            let presences = reader.agent_presences(after, most).await.map_err(fault)?;
            let mut presences: HashMap<AgentId, Presence> =
                presences.into_iter().map(|row| (row.agent_id, row.presence)).collect();
            for agent in rows {
                after = Some(agent.id);
                let presence = presences.remove(&agent.id).unwrap_or_default();
                if !wanted.takes(&agent, &presence) {
                    continue;
                }
                if agents.len() == size as usize {
                    let next = agents.last().map(|last| last.agent.id);
                    return Ok(Listed { agents, next });
                }
                let in_hand = in_hand.remove(&agent.id).unwrap_or_default();
                let used = in_hand.iter().map(|of| (of.channel, of.used));
                let used = agent.spec.capacity.taken(used);
                let of_labels = in_hand.iter().map(|of| (of.labels.as_slice(), of.used));
                let used_labels = counted(of_labels);
                let reason = content.open_presence_reason(&agent, presence.intended);
                let badge = content.open_badge(&agent);
                agents.push(Shown { agent, badge, presence, reason, used, used_labels });
            }
        }
        Ok(Listed { agents, next: after })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::agent::AgentSpec;
    use domain::time::Timestamp;
    use uuid::Uuid;

    #[test]
    fn every_given_filter_must_hold() {
        let (team, skill) = (TeamId(Uuid::now_v7()), SkillId(Uuid::now_v7()));
        let spec =
            AgentSpec { teams: vec![team], skills: [(skill, 1)].into(), ..Default::default() };
        let agent = Agent {
            id: AgentId(Uuid::now_v7()),
            name: Default::default(),
            email: Default::default(),
            spec,
            presence_reason: Default::default(),
            version: 1,
            created_at: Timestamp::default(),
            updated_at: Timestamp::default(),
        };
        let presence = Presence { effective: EffectiveStatus::Available, ..Default::default() };
        let asked = |team: String, skill: String, status: i32| {
            let asked = v1::ListAgentsRequest {
                team_id: team,
                skill_id: skill,
                effective_status: status,
                ..Default::default()
            };
            Wanted::of(&asked).expect("ids").takes(&agent, &presence)
        };
        let (team, skill, other) =
            (team.to_string(), skill.to_string(), Uuid::now_v7().to_string());
        let none = String::new;
        assert!(asked(none(), none(), 0));
        assert!(asked(team.clone(), skill.clone(), 2));
        assert!(!asked(other.clone(), skill, 2));
        assert!(!asked(team, other, 2));
        assert!(!asked(none(), none(), 1));
    }
}
