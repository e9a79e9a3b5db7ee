//! Who may touch whose work, from outside: an agent their own, a supervisor bound to an agent the
//! work of that agent's teams and those below, and nobody longer than they belong.

use crate::support::fixture::{Agent, Case};
use crate::support::refusal::metadata_fault;
use crate::support::{eventually, frames, mask};
use omnichannel_sdk::{Client, v1};
use v1::{ErrorReason, GoodbyeReason, PresenceStatus, Role};

both!(
    a_supervisor_leads_their_teams_and_those_below,
    a_membership_taken_away_counts_at_once,
    teams_form_trees,
    an_agent_reads_what_is_theirs_and_their_teams,
    a_stream_of_work_no_longer_theirs_ends,
);

/// A team below another.
async fn team(case: &Case, parent: &str) -> v1::Team {
    let team = case.team().await;
    if parent.is_empty() {
        return team;
    }
    let change = v1::Team { id: team.id, parent_team_id: parent.to_owned(), ..Default::default() };
    let request = v1::UpdateTeamRequest { team: Some(change), ..Default::default() };
    ok!(case.admin.agents().update_team(request)).team.unwrap()
}

async fn member(case: &Case, name: &str, team: &v1::Team) -> Agent {
    let team_ids = vec![team.id.clone()];
    case.agent_as(v1::Agent { name: name.to_owned(), team_ids, ..Default::default() }).await
}

async fn queue_of(case: &Case, team: &v1::Team) -> v1::Queue {
    case.queue(v1::Queue { team_ids: vec![team.id.clone()], ..Default::default() }).await
}

/// A client of a supervisor who is this agent.
async fn supervisor(case: &Case, agent: &Agent) -> Client {
    case.server.client(&case.key_of(Role::Supervisor, &agent.id).await)
}

fn escalate(id: &str) -> v1::EscalateInteractionRequest {
    v1::EscalateInteractionRequest { interaction_id: id.to_owned(), ..Default::default() }
}

fn close(id: &str) -> v1::CloseInteractionRequest {
    v1::CloseInteractionRequest { interaction_id: id.to_owned(), ..Default::default() }
}

fn away(agent: &Agent) -> v1::SetPresenceRequest {
    let status = PresenceStatus::Away.into();
    v1::SetPresenceRequest { agent_id: agent.id.clone(), status, ..Default::default() }
}

fn offers(agent: &Agent) -> v1::ListOffersRequest {
    v1::ListOffersRequest { agent_id: agent.id.clone(), ..Default::default() }
}

async fn a_supervisor_leads_their_teams_and_those_below(case: Case) {
    let top = team(&case, "").await;
    let mine = team(&case, &top.id).await;
    let low = team(&case, &mine.id).await;
    let sibling = team(&case, &top.id).await;
    let lead = member(&case, "Lead", &mine).await;
    let lead = supervisor(&case, &lead).await;
    let whole = case.role(Role::Supervisor).await;
    let (below, beside) = (member(&case, "Lo", &low).await, member(&case, "Si", &sibling).await);
    let in_low = case.open(&queue_of(&case, &low).await).await;
    let in_sibling = case.open(&queue_of(&case, &sibling).await).await;
    let in_top = case.open(&queue_of(&case, &top).await).await;

    ok!(lead.interactions().escalate_interaction(escalate(&in_low.id)));
    for other in [&in_sibling, &in_top] {
        let error =
            refused!(lead.interactions().escalate_interaction(escalate(&other.id)), OutsideTeam);
        assert_eq!(metadata_fault(&error), None);
        assert_eq!(error.metadata()["id"], other.id);
        refused!(lead.interactions().close_interaction(close(&other.id)), OutsideTeam);
        ok!(whole.interactions().escalate_interaction(escalate(&other.id)));
    }
    ok!(lead.interactions().close_interaction(close(&in_low.id)));

    ok!(lead.agents().set_presence(away(&below)));
    ok!(lead.agents().list_offers(offers(&below)));
    refused!(lead.agents().set_presence(away(&beside)), OutsideTeam);
    refused!(lead.agents().list_offers(offers(&beside)), OutsideTeam);
    // Without an agent a supervisor leads the tenant's work and sits at nobody's desk.
    refused!(whole.agents().set_presence(away(&below)), PermissionDenied);
    // An agent leads nobody, whatever team they are in.
    refused!(below.client.agents().set_presence(away(&beside)), PermissionDenied);
}

async fn a_membership_taken_away_counts_at_once(case: Case) {
    let mine = team(&case, "").await;
    let low = team(&case, &mine.id).await;
    let agent = member(&case, "Lead", &mine).await;
    let lead = supervisor(&case, &agent).await;
    let queue = queue_of(&case, &low).await;
    let waits = case.open(&queue).await;
    ok!(lead.interactions().escalate_interaction(escalate(&waits.id)));
    let leaves = v1::UpdateAgentRequest {
        agent: Some(v1::Agent { id: agent.id, ..Default::default() }),
        update_mask: mask(&["team_ids"]),
        ..Default::default()
    };
    ok!(case.admin.agents().update_agent(leaves));
    refused!(lead.interactions().escalate_interaction(escalate(&waits.id)), OutsideTeam);
}

async fn teams_form_trees(case: Case) {
    let agents = || case.admin.agents();
    let put = |id: &str, parent: &str| {
        let (id, parent_team_id) = (id.to_owned(), parent.to_owned());
        let team = Some(v1::Team { id, parent_team_id, ..Default::default() });
        let update_mask = mask(&["parent_team_id"]);
        v1::UpdateTeamRequest { team, update_mask, ..Default::default() }
    };
    let mut chain = vec![team(&case, "").await];
    for _ in 1..8 {
        let below = team(&case, &chain.last().unwrap().id).await;
        assert_eq!(below.parent_team_id, chain.last().unwrap().id);
        chain.push(below);
    }
    let (top, last) = (chain[0].id.clone(), chain[7].id.clone());
    let ninth = case.team().await;
    refused!(agents().update_team(put(&ninth.id, &last)), ValidationFailed);
    // Nor may a tree be put so low that its own teams are too many.
    refused!(agents().update_team(put(&top, &ninth.id)), ValidationFailed);
    refused!(agents().update_team(put(&top, &last)), ValidationFailed);
    refused!(agents().update_team(put(&top, &top)), ValidationFailed);
    refused!(agents().update_team(put(&top, &case.plain_queue().await.id)), ResourceNotFound);
    let delete = |id: &str| v1::DeleteTeamRequest { team_id: id.to_owned(), ..Default::default() };
    let used = refused!(agents().delete_team(delete(&top)), ResourceInUse);
    assert_eq!(used.metadata()["used_by"], "team");
    let freed = ok!(agents().update_team(put(&chain[1].id, ""))).team.unwrap();
    assert_eq!(freed.parent_team_id, "");
    ok!(agents().delete_team(delete(&top)));
    // What was cut off is a tree of its own, with room for one more.
    ok!(agents().update_team(put(&ninth.id, &last)));
}

async fn an_agent_reads_what_is_theirs_and_their_teams(case: Case) {
    let (mine, other) = (team(&case, "").await, team(&case, "").await);
    let agent = member(&case, "Bo", &mine).await;
    let ours = case.open(&queue_of(&case, &mine).await).await;
    let theirs = case.open(&queue_of(&case, &other).await).await;
    let anybodys = case.open(&case.plain_queue().await).await;
    let get = |id: &str| v1::GetInteractionRequest { interaction_id: id.to_owned() };
    let list = |id: &str| v1::ListMessagesRequest {
        scope: Some(v1::list_messages_request::Scope::InteractionId(id.to_owned())),
        ..Default::default()
    };
    let said = |id: &str| v1::ListMessagesRequest {
        scope: Some(v1::list_messages_request::Scope::ConversationId(id.to_owned())),
        ..Default::default()
    };
    let history =
        |id: &str| v1::GetHistoryRequest { customer_id: id.to_owned(), ..Default::default() };
    let calls = || agent.client.interactions();
    for row in [&ours, &anybodys] {
        ok!(calls().get_interaction(get(&row.id)));
        ok!(calls().list_messages(list(&row.id)));
        ok!(calls().list_messages(said(&row.conversation_id)));
        ok!(agent.client.customers().get_history(history(&row.customer_id)));
    }
    let error = refused!(calls().get_interaction(get(&theirs.id)), OutsideTeam);
    assert_eq!(metadata_fault(&error), None);
    refused!(calls().list_messages(list(&theirs.id)), OutsideTeam);
    refused!(calls().list_messages(said(&theirs.conversation_id)), OutsideTeam);
    let watch =
        v1::WatchInteractionRequest { interaction_id: theirs.id.clone(), ..Default::default() };
    refused!(calls().watch_interaction(watch), OutsideTeam);
    refused!(agent.client.customers().get_history(history(&theirs.customer_id)), OutsideTeam);
    let everything = v1::ListInteractionsRequest::default();
    let listed = ok!(calls().list_interactions(everything.clone())).interactions;
    let ids: Vec<&str> = listed.iter().map(|row| row.id.as_str()).collect();
    assert_eq!(ids, [&anybodys.id, &ours.id], "newest first, and nothing of others");
    let whole = case.role(Role::Supervisor).await;
    assert_eq!(ok!(whole.interactions().list_interactions(everything)).interactions.len(), 3);
    // Who is asked to take it reads it, wherever it lies.
    let console = agent.console().await;
    console.available().await;
    let transfer = v1::TransferInteractionRequest {
        interaction_id: theirs.id.clone(),
        target: Some(v1::transfer_interaction_request::Target::AgentId(agent.id.clone())),
        ..Default::default()
    };
    ok!(case.admin.interactions().transfer_interaction(transfer));
    ok!(calls().get_interaction(get(&theirs.id)));
}

async fn a_stream_of_work_no_longer_theirs_ends(case: Case) {
    let mine = team(&case, "").await;
    let agent = member(&case, "Bo", &mine).await;
    let ours = case.open(&queue_of(&case, &mine).await).await;
    let watch = v1::WatchInteractionRequest { interaction_id: ours.id.clone(), ..opened() };
    let stream = ok_stream(&agent.client, watch).await;
    let mut down =
        frames::Frames::of(stream, |response: v1::WatchInteractionResponse| response.frame);
    let leaves = v1::UpdateAgentRequest {
        agent: Some(v1::Agent { id: agent.id.clone(), ..Default::default() }),
        update_mask: mask(&["team_ids"]),
        ..Default::default()
    };
    ok!(case.admin.agents().update_agent(leaves));
    let get = v1::GetInteractionRequest { interaction_id: ours.id.clone() };
    // Within five seconds for calls.
    eventually("reading is over", || async {
        let answer = agent.client.interactions().get_interaction(get.clone()).await;
        answer.err().filter(|status| {
            let error = omnichannel_sdk::Error::from(status.clone());
            error.is(ErrorReason::OutsideTeam)
        })
    })
    .await;
    let bye = async {
        loop {
            if let Some(v1::interaction_frame::Frame::Goodbye(bye)) = down.next().await.frame {
                return bye;
            }
        }
    };
    let bye = tokio::time::timeout(std::time::Duration::from_secs(60), bye).await;
    assert_eq!(bye.expect("within a minute").reason(), GoodbyeReason::SubjectGone);
}

fn opened() -> v1::WatchInteractionRequest {
    v1::WatchInteractionRequest::default()
}

async fn ok_stream(
    client: &Client,
    request: v1::WatchInteractionRequest,
) -> tonic::Response<tonic::Streaming<v1::WatchInteractionResponse>> {
    client.interactions().watch_interaction(request).await.expect("it opens")
}
