//! Longest idle: whoever was last given or freed of work before all others. Candidates come in that
//! order, so the first one is it.

use crate::floor::Agent;
use domain::id::AgentId;

/// The first candidate.
pub fn first<'a>(candidates: &mut impl Iterator<Item = (AgentId, &'a Agent)>) -> Option<AgentId> {
    candidates.next().map(|(id, _)| id)
}
