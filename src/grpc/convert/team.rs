//! Teams.

use super::id_text;
use super::mask::{Field, Fields};
use super::time::timestamp;
use crate::grpc::call::etag;
use crate::proto::v1;
use app::ledger::command::queue::Patch;
use domain::agent::Team;
use domain::id::TeamId;
use std::sync::Arc;
use uuid::Uuid;

/// The team as the wire writes it.
#[must_use]
pub fn team(team: &Team) -> v1::Team {
    v1::Team {
        id: team.id.to_string(),
        name: team.name.clone(),
        description: team.description.clone(),
        etag: etag(team.version),
        create_time: Some(timestamp(team.created_at)),
        update_time: Some(timestamp(team.updated_at)),
        parent_team_id: id_text(team.parent),
        escalation_team_id: id_text(team.escalates_to),
    }
}

/// The fields that a caller sets.
#[must_use]
pub fn fields(team: &v1::Team) -> [Field; 4] {
    [
        ("name", !team.name.is_empty()),
        ("description", !team.description.is_empty()),
        ("parent_team_id", !team.parent_team_id.is_empty()),
        ("escalation_team_id", !team.escalation_team_id.is_empty()),
    ]
}

/// What sets these fields as the message has them.
#[must_use]
pub fn patch(team: &v1::Team, fields: &Fields) -> Patch<Team> {
    let name = fields.get("name", || team.name.clone());
    let description = fields.get("description", || team.description.clone());
    // The contract's rules let nothing but an id or nothing through.
    let named = |id: &str| Uuid::try_parse(id).ok().map(TeamId);
    let parent = fields.get("parent_team_id", || named(&team.parent_team_id));
    let escalates_to = fields.get("escalation_team_id", || named(&team.escalation_team_id));
    Arc::new(move |team| {
        if let Some(parent) = parent {
            team.parent = parent;
        }
        if let Some(escalates_to) = escalates_to {
            team.escalates_to = escalates_to;
        }
        if let Some(name) = &name {
            team.name.clone_from(name);
        }
        if let Some(description) = &description {
            team.description.clone_from(description);
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::time::Timestamp;

    #[test]
    fn a_team_reads_back_and_only_what_is_named_is_set() {
        let team = Team {
            id: TeamId(Uuid::now_v7()),
            name: "Night shift".into(),
            description: "Until six".into(),
            parent: Some(TeamId(Uuid::now_v7())),
            escalates_to: Some(TeamId(Uuid::now_v7())),
            version: 2,
            created_at: Timestamp::from_micros(5),
            updated_at: Timestamp::from_micros(6),
        };
        let wire = super::team(&team);
        let mut made = Team { name: String::new(), description: String::new(), ..team.clone() };
        (made.parent, made.escalates_to) = (None, None);
        patch(&wire, &Fields::all(&fields(&wire)))(&mut made);
        assert_eq!(made, team);

        let change = v1::Team { name: "Day shift".into(), ..Default::default() };
        patch(&change, &Fields::of_update(None, &fields(&change)).expect("no mask"))(&mut made);
        assert_eq!((made.name.as_str(), made.description.as_str()), ("Day shift", "Until six"));
    }
}
