//! AgentService, its nouns and presence: agents and teams come to be, change and go; presence
//! follows what an agent chose, the sessions they hold and the answers they give.

use crate::support::fixture::Case;
use crate::support::{eventually, mask, nobody, secs, unique};
use omnichannel_sdk::v1::{self, EffectiveStatus as Effective, PresenceStatus as Presence, Role};

both!(
    an_agent_lives_and_dies,
    an_agent_is_changed_by_mask_and_etag,
    an_agent_with_work_is_not_deleted,
    a_team_lives_and_dies,
    agents_are_found_by_team_skill_and_presence,
    presence_takes_a_session,
    presence_is_set_for_oneself_or_by_a_lead,
    offers_are_listed_for_oneself_or_by_a_lead,
);

both!(alone ["time.shift_allowed = true"];
    a_lost_session_keeps_its_place_for_the_grace,
);

async fn an_agent_lives_and_dies(case: Case) {
    let (team, skill) = (case.team().await, case.skill().await);
    let wanted = v1::Agent {
        name: "Bo Li".into(),
        email: "bo@example.org".into(),
        team_ids: vec![team.id.clone()],
        skills: vec![v1::AgentSkill { skill_id: skill.id.clone(), level: 7 }],
        languages: vec!["de".into(), "zh-TW".into()],
        capacity: Some(v1::Capacity {
            units: 3,
            per_channel: vec![v1::ChannelCapacity {
                channel: v1::ChannelKind::Voice.into(),
                max: 1,
                units: 1,
                interruptible: false,
            }],
            per_label: vec![v1::LabelCapacity { label: "Refund".into(), max: 2 }],
        }),
        ..Default::default()
    };
    let create =
        |agent: v1::Agent| v1::CreateAgentRequest { agent: Some(agent), request_id: String::new() };
    let made = ok!(case.admin.agents().create_agent(create(wanted.clone()))).agent.unwrap();
    assert_eq!((&made.name, &made.email), (&wanted.name, &wanted.email));
    assert_eq!((&made.team_ids, &made.skills), (&wanted.team_ids, &wanted.skills));
    assert_eq!((&made.languages, &made.capacity), (&wanted.languages, &wanted.capacity));
    assert_eq!(made.used_units, 0);
    let presence = made.presence.clone().unwrap();
    assert_eq!(presence.effective(), Effective::Offline);
    assert!(presence.lease_expire_time.is_none());
    let get = v1::GetAgentRequest { agent_id: made.id.clone() };
    assert_eq!(ok!(case.admin.agents().get_agent(get.clone())).agent.unwrap(), made);

    let plain = v1::Agent { name: "Cy".into(), ..Default::default() };
    let plain = ok!(case.admin.agents().create_agent(create(plain))).agent.unwrap();
    assert_eq!(plain.capacity.unwrap().units, 5, "five units unless asked otherwise");
    let nameless = create(v1::Agent::default());
    refused!(case.admin.agents().create_agent(nameless), ValidationFailed);
    let mail = v1::Agent { email: "not a mail address".into(), ..wanted.clone() };
    refused!(case.admin.agents().create_agent(create(mail)), ValidationFailed);
    let twice = v1::AgentSkill { skill_id: skill.id.clone(), level: 2 };
    let twice = v1::Agent { skills: vec![twice.clone(), twice], ..wanted.clone() };
    refused!(case.admin.agents().create_agent(create(twice)), ValidationFailed);
    let unknown = v1::Agent { team_ids: vec![nobody()], ..wanted.clone() };
    refused!(case.admin.agents().create_agent(create(unknown)), ResourceNotFound);
    let unknown = v1::AgentSkill { skill_id: nobody(), level: 1 };
    let unknown = v1::Agent { skills: vec![unknown], ..wanted };
    refused!(case.admin.agents().create_agent(create(unknown)), ResourceNotFound);

    let delete = |etag: &str| v1::DeleteAgentRequest {
        agent_id: made.id.clone(),
        etag: etag.to_owned(),
        request_id: String::new(),
    };
    refused!(case.admin.agents().delete_agent(delete("v77")), EtagMismatch);
    ok!(case.admin.agents().delete_agent(delete(&made.etag)));
    refused!(case.admin.agents().delete_agent(delete("")), ResourceNotFound);
    refused!(case.admin.agents().get_agent(get), ResourceNotFound);
}

async fn an_agent_is_changed_by_mask_and_etag(case: Case) {
    let skill = case.skill().await;
    let agent = case.agent("Bo").await;
    let update = |change: v1::Agent, paths: Option<&[&str]>| v1::UpdateAgentRequest {
        agent: Some(v1::Agent { id: agent.id.clone(), ..change }),
        update_mask: paths.and_then(mask),
        request_id: String::new(),
    };
    let wanted = v1::Agent {
        name: "Bo Li".into(),
        languages: vec!["fr".into()],
        skills: vec![v1::AgentSkill { skill_id: skill.id.clone(), level: 2 }],
        ..Default::default()
    };
    let only = update(wanted.clone(), Some(&["languages"]));
    let first = ok!(case.admin.agents().update_agent(only)).agent.unwrap();
    assert_eq!((first.name.as_str(), first.languages.len(), first.skills.len()), ("Bo", 1, 0));
    let presence = v1::Presence { intended: Presence::Available.into(), ..Default::default() };
    let all = v1::Agent { presence: Some(presence), used_units: 4, ..wanted };
    let second = ok!(case.admin.agents().update_agent(update(all, None))).agent.unwrap();
    assert_eq!((second.name.as_str(), second.skills.len()), ("Bo Li", 1));
    assert_eq!(second.used_units, 0, "what is output only is ignored");
    assert_eq!(second.presence.unwrap().intended(), first.presence.unwrap().intended());
    let emptied = update(v1::Agent::default(), Some(&["languages", "skills"]));
    let third = ok!(case.admin.agents().update_agent(emptied)).agent.unwrap();
    assert_eq!((third.languages.len(), third.skills.len()), (0, 0));
    for path in ["presence", "used_units", "capacity.units", "nonsense"] {
        let wrong = update(v1::Agent::default(), Some(&[path]));
        refused!(case.admin.agents().update_agent(wrong), FieldMaskInvalid);
    }
    let stale = v1::Agent { name: "Late".into(), etag: first.etag, ..Default::default() };
    refused!(case.admin.agents().update_agent(update(stale, None)), EtagMismatch);
    let fresh = v1::Agent { name: "Bo".into(), etag: third.etag, ..Default::default() };
    ok!(case.admin.agents().update_agent(update(fresh, None)));
    let unknown = v1::UpdateAgentRequest {
        agent: Some(v1::Agent { id: nobody(), name: "X".into(), ..Default::default() }),
        ..Default::default()
    };
    refused!(case.admin.agents().update_agent(unknown), ResourceNotFound);
}

async fn an_agent_with_work_is_not_deleted(case: Case) {
    let (agent, mut console) = case.at_work("Bo").await;
    let made = case.open(&case.plain_queue().await).await;
    let delete = v1::DeleteAgentRequest { agent_id: agent.id.clone(), ..Default::default() };
    console.offered().await;
    refused!(case.admin.agents().delete_agent(delete.clone()), ResourceInUse);
    let offer = case.offers(&agent).await.remove(0);
    console.session.accept(&offer.id).await.expect("the offer is open");
    let error = refused!(case.admin.agents().delete_agent(delete.clone()), ResourceInUse);
    assert_eq!(error.metadata()["resource"], "agent");
    let close = v1::CloseInteractionRequest { interaction_id: made.id, ..Default::default() };
    ok!(case.admin.interactions().close_interaction(close));
    drop(console);
    let gone = || async {
        let deleted = case.admin.agents().delete_agent(delete.clone()).await;
        deleted.is_ok().then_some(())
    };
    eventually("an agent without work and session can be deleted", gone).await;
}

async fn a_team_lives_and_dies(case: Case) {
    let team = case.team().await;
    let get = v1::GetTeamRequest { team_id: team.id.clone() };
    assert_eq!(ok!(case.admin.agents().get_team(get.clone())).team.unwrap(), team);
    let listed = ok!(case.admin.agents().list_teams(v1::ListTeamsRequest::default()));
    assert_eq!(listed.teams, [team.clone()]);
    let taken = v1::CreateTeamRequest {
        team: Some(v1::Team { name: team.name.clone(), ..Default::default() }),
        request_id: String::new(),
    };
    refused!(case.admin.agents().create_team(taken), NameTaken);
    let update = |change: v1::Team, paths: &[&str]| v1::UpdateTeamRequest {
        team: Some(v1::Team { id: team.id.clone(), ..change }),
        update_mask: mask(paths),
        request_id: String::new(),
    };
    let renamed = v1::Team { name: unique("team"), ..Default::default() };
    let after = ok!(case.admin.agents().update_team(update(renamed.clone(), &["name"])));
    let after = after.team.unwrap();
    assert_eq!(after.name, renamed.name);
    refused!(case.admin.agents().update_team(update(renamed, &["members"])), FieldMaskInvalid);
    let stale = v1::Team { etag: team.etag.clone(), ..Default::default() };
    refused!(case.admin.agents().update_team(update(stale, &["description"])), EtagMismatch);

    let delete = v1::DeleteTeamRequest { team_id: team.id.clone(), ..Default::default() };
    let queue = v1::Queue { team_ids: vec![team.id.clone()], ..Default::default() };
    let queue = case.queue(queue).await;
    refused!(case.admin.agents().delete_team(delete.clone()), ResourceInUse);
    let gone = v1::DeleteQueueRequest { queue_id: queue.id, ..Default::default() };
    ok!(case.admin.routing().delete_queue(gone));
    let member =
        v1::Agent { name: "Bo".into(), team_ids: vec![team.id.clone()], ..Default::default() };
    let member = case.agent_as(member).await;
    refused!(case.admin.agents().delete_team(delete.clone()), ResourceInUse);
    let gone = v1::DeleteAgentRequest { agent_id: member.id, ..Default::default() };
    ok!(case.admin.agents().delete_agent(gone));
    ok!(case.admin.agents().delete_team(delete.clone()));
    refused!(case.admin.agents().delete_team(delete), ResourceNotFound);
    refused!(case.admin.agents().get_team(get), ResourceNotFound);
}

async fn agents_are_found_by_team_skill_and_presence(case: Case) {
    let (team, skill) = (case.team().await, case.skill().await);
    let in_team =
        v1::Agent { name: "in team".into(), team_ids: vec![team.id.clone()], ..Default::default() };
    let skilled = v1::Agent {
        name: "skilled".into(),
        skills: vec![v1::AgentSkill { skill_id: skill.id.clone(), level: 1 }],
        ..Default::default()
    };
    let in_team = case.agent_as(in_team).await;
    let skilled = case.agent_as(skilled).await;
    let (present, _console) = case.at_work("present").await;
    let all = v1::ListAgentsRequest::default();
    let status = |status: Effective| v1::ListAgentsRequest {
        effective_status: status.into(),
        ..all.clone()
    };
    for (request, expected) in [
        (all.clone(), vec![&in_team, &skilled, &present]),
        (v1::ListAgentsRequest { team_id: team.id.clone(), ..all.clone() }, vec![&in_team]),
        (v1::ListAgentsRequest { skill_id: skill.id.clone(), ..all.clone() }, vec![&skilled]),
        (status(Effective::Available), vec![&present]),
        (status(Effective::Offline), vec![&in_team, &skilled]),
        (v1::ListAgentsRequest { team_id: team.id, skill_id: skill.id, ..all.clone() }, vec![]),
    ] {
        let listed = ok!(case.admin.agents().list_agents(request.clone())).agents;
        let ids: Vec<_> = listed.iter().map(|agent| &agent.id).collect();
        let expected: Vec<_> = expected.iter().map(|agent| &agent.id).collect();
        assert_eq!(ids, expected, "by time of creation: {request:?}");
    }
}

async fn presence_takes_a_session(case: Case) {
    let agent = case.agent("Bo").await;
    let set = |status: Presence| v1::SetPresenceRequest {
        status: status.into(),
        reason: "early shift".into(),
        ..Default::default()
    };
    let chosen = ok!(agent.client.agents().set_presence(set(Presence::Available)));
    let chosen = chosen.presence.unwrap();
    assert_eq!(chosen.intended(), Presence::Available);
    assert_eq!(chosen.effective(), Effective::Offline, "it takes a session to be available");
    let waiting = case.open(&case.plain_queue().await).await;
    let console = agent.console().await;
    let now = case.presence(&agent).await;
    assert_eq!((now.intended(), now.effective()), (Presence::Available, Effective::Available));
    assert!(now.since.is_some());
    assert_eq!(case.interaction(&waiting.id).await.status(), v1::InteractionStatus::Offered);
    for (choice, effective) in [
        (Presence::Busy, Effective::Unavailable),
        (Presence::Away, Effective::Unavailable),
        (Presence::Training, Effective::Unavailable),
        (Presence::DoNotDisturb, Effective::Unavailable),
        (Presence::Offline, Effective::Offline),
        (Presence::Available, Effective::Available),
    ] {
        let after = ok!(agent.client.agents().set_presence(set(choice))).presence.unwrap();
        assert_eq!((after.intended(), after.effective()), (choice, effective));
    }
    let again = ok!(agent.client.agents().set_presence(set(Presence::Available)));
    let head = case.head().await;
    let same = ok!(agent.client.agents().set_presence(set(Presence::Available)));
    assert_eq!(again, same, "setting it again to the same value changes nothing");
    assert_eq!(case.head().await, head);
    refused!(agent.client.agents().set_presence(set(Presence::Unspecified)), ValidationFailed);
    assert_eq!(same.presence.unwrap().reason, "early shift");
    drop(console);
}

async fn presence_is_set_for_oneself_or_by_a_lead(case: Case) {
    let (bo, cy) = (case.agent("Bo").await, case.agent("Cy").await);
    let set = |agent_id: &str| v1::SetPresenceRequest {
        agent_id: agent_id.to_owned(),
        status: Presence::Break.into(),
        ..Default::default()
    };
    let supervisor = case.role(Role::Supervisor).await;
    refused!(supervisor.agents().set_presence(set("")), AgentNotBound);
    ok!(bo.client.agents().set_presence(set(&bo.id)));
    refused!(bo.client.agents().set_presence(set(&cy.id)), PermissionDenied);
    refused!(supervisor.agents().set_presence(set(&cy.id)), PermissionDenied);
    let after = ok!(case.admin.agents().set_presence(set(&cy.id))).presence.unwrap();
    assert_eq!(after.intended(), Presence::Break, "who may change agents may act for them");
    refused!(case.admin.agents().set_presence(set(&nobody())), ResourceNotFound);
}

async fn offers_are_listed_for_oneself_or_by_a_lead(case: Case) {
    let queue = case.plain_queue().await;
    let (bo, mut console) = case.at_work("Bo").await;
    let cy = case.agent("Cy").await;
    for _ in 0..2 {
        case.open(&queue).await;
        console.take().await;
    }
    case.open(&queue).await;
    let open = console.offered().await.offer.unwrap();
    let first = case.offers(&bo).await.pop().expect("three offers");
    let complete =
        v1::SessionComplete { interaction_id: first.interaction_id, ..Default::default() };
    console.session.complete(complete).await.expect("it is ours");
    let list = |agent_id: &str, open_only| v1::ListOffersRequest {
        agent_id: agent_id.to_owned(),
        open_only,
        ..Default::default()
    };
    let mine = ok!(bo.client.agents().list_offers(list("", false))).offers;
    assert_eq!(mine.len(), 3);
    assert_eq!(mine[0].id, open.id, "newest first");
    let live = ok!(bo.client.agents().list_offers(list(&bo.id, true))).offers;
    assert_eq!(live.len(), 2, "pending and connected are open, completed is not");
    refused!(cy.client.agents().list_offers(list(&bo.id, false)), PermissionDenied);
    assert_eq!(ok!(case.admin.agents().list_offers(list(&bo.id, false))).offers, mine);
    refused!(case.admin.agents().list_offers(list("", false)), AgentNotBound);
    refused!(case.admin.agents().list_offers(list(&nobody(), false)), ResourceNotFound);
}

async fn a_lost_session_keeps_its_place_for_the_grace(case: Case) {
    let queue = case.queue(v1::Queue { offer_timeout: secs(600), ..Default::default() }).await;
    let (agent, mut console) = case.at_work("Bo").await;
    let owned = case.open(&queue).await;
    console.take().await;
    let made = case.open(&queue).await;
    let offer = console.offered().await.offer.unwrap();
    drop(console);
    let leased = || async { case.presence(&agent).await.lease_expire_time.is_some().then_some(()) };
    eventually("the lost session leaves a lease", leased).await;
    let now = case.presence(&agent).await;
    assert_eq!(now.effective(), Effective::Available, "presence outlives the stream");

    let mut back = agent.console().await;
    let still = back.snapshot.iter().any(|piece| {
        matches!(
            piece,
            omnichannel_sdk::AgentChange::SnapshotOffered(work)
                if work.offer.as_ref().is_some_and(|held| held.id == offer.id)
        )
    });
    assert!(still, "and so do offers: {:?}", back.snapshot);
    drop(back.session);
    eventually("the lost session leaves a lease", leased).await;
    case.server.shift(60).await;
    let offline = || async {
        let now = case.presence(&agent).await;
        (now.effective() == Effective::Offline).then_some(())
    };
    eventually("after the grace the agent is offline", offline).await;
    let back_in_queue = case.interaction(&made.id).await;
    assert_eq!(back_in_queue.status(), v1::InteractionStatus::Queued);
    assert_eq!(back_in_queue.enqueue_time, made.enqueue_time, "with its age kept");
    let kept = case.interaction(&owned.id).await;
    assert_eq!(kept.owner_agent_id, agent.id, "what the agent owns stays theirs");
    let accept = v1::AcceptOfferRequest { offer_id: offer.id, ..Default::default() };
    refused!(agent.client.agents().accept_offer(accept), OfferLost);
    back = agent.console().await;
    back.available().await;
    assert_eq!(back.take().await.interaction.unwrap().id, made.id);
}
