//! Who leads whom. Teams form trees; whoever leads a team leads every team below it, the agents in
//! them, and the work of both. Everything here is a question to the floor, asked inside decisions,
//! so that a membership that was taken away counts from the next command on.

use super::Floor;
use domain::agent::TeamPlace;
use domain::event::Change;
use domain::id::{AgentId, QueueId, TeamId};

/// How many teams there are at most from the top of a tree to its lowest team.
pub const TEAM_DEPTH_MAX: usize = 8;

impl Floor {
    pub(super) fn apply_team(&mut self, id: TeamId, change: Change, place: TeamPlace) {
        if change == Change::Deleted {
            self.teams.remove(&id);
        } else {
            self.teams.insert(id, place);
        }
    }

    /// All teams, and where each stands among the others.
    pub fn teams(&self) -> impl Iterator<Item = (&TeamId, &TeamPlace)> {
        self.teams.iter()
    }

    /// Whether there is such a team.
    #[must_use]
    pub fn has_team(&self, id: TeamId) -> bool {
        self.teams.contains_key(&id)
    }

    /// A team and those it is a part of, from itself to the top. More than there may be are not
    /// looked at.
    pub fn team_and_above(&self, id: TeamId) -> impl Iterator<Item = TeamId> {
        let above = move |id: &TeamId| self.teams.get(id).and_then(|place| place.parent);
        std::iter::successors(Some(id), above).take(TEAM_DEPTH_MAX)
    }

    /// The team that is told when work is escalated: that of the teams of its owner, else of those
    /// its queue names; the nearest one on the way up, of the first team that has one.
    #[must_use]
    pub fn escalation_team(
        &self,
        owner: Option<AgentId>,
        queue: Option<QueueId>,
    ) -> Option<TeamId> {
        let of_owner = owner.and_then(|id| self.agents.get(&id)).map(|agent| &agent.spec.teams);
        let of_queue = queue.and_then(|id| self.queues.get(&id)).map(|spec| &spec.teams);
        let teams = of_owner.filter(|teams| !teams.is_empty()).or(of_queue)?;
        let told = |team: TeamId| self.teams.get(&team).and_then(|place| place.escalates_to);
        teams.iter().flat_map(|team| self.team_and_above(*team)).find_map(told)
    }

    /// How many levels a team and those below it take.
    #[must_use]
    pub fn team_height(&self, id: TeamId) -> usize {
        let levels = |team: &TeamId| self.team_and_above(*team).position(|above| above == id);
        1 + self.teams.keys().filter_map(levels).max().unwrap_or(0)
    }

    /// Whether one of an agent's teams is one of these or above one of them.
    fn leads_any(&self, leader: AgentId, teams: &[TeamId]) -> bool {
        let Some(leader) = self.agents.get(&leader) else { return false };
        let own = &leader.spec.teams;
        teams.iter().any(|team| self.team_and_above(*team).any(|above| own.contains(&above)))
    }

    /// Whether an agent is in a team that the leader is in, or in one below it. Everybody leads
    /// themselves.
    #[must_use]
    pub fn leads(&self, leader: AgentId, agent: AgentId) -> bool {
        let led = |agent: &super::Agent| self.leads_any(leader, &agent.spec.teams);
        leader == agent || self.agent(agent).is_some_and(led)
    }

    /// Whether the leader leads work: its owner, or a team that its queue names. Work that nobody
    /// owns in a queue that names no team is everybody's.
    #[must_use]
    pub fn leads_work(
        &self,
        leader: AgentId,
        owner: Option<AgentId>,
        queue: Option<QueueId>,
    ) -> bool {
        if owner.is_some_and(|owner| self.leads(leader, owner)) {
            return true;
        }
        let teams = queue.and_then(|id| self.queues.get(&id)).map(|spec| spec.teams.as_slice());
        match teams.unwrap_or_default() {
            [] => owner.is_none(),
            teams => self.leads_any(leader, teams),
        }
    }
}
