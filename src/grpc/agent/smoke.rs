//! Scratch: every RPC of the four services once, in process.

use crate::grpc::{Edge, ServerInfo, limits::{Bounds, Limits}, token::Tokens};
use crate::grpc::{agent::Agents, customer::Customers, interaction::Interactions, routing::Routing};
use crate::proto::v1;
use crate::proto::v1::{agent_service_server::AgentService, customer_service_server::CustomerService,
    interaction_service_server::InteractionService, routing_service_server::RoutingService};
use app::ledger::command::Origin;
use domain::id::TenantId;
use domain::tenant::Caller;
use store::{MasterKey, Store, StoreConfig};
use tonic::{Request, Status};
use tonic_types::StatusExt;

fn ask<T>(caller: Caller, message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.extensions_mut().insert(caller);
    request
}
fn reason(status: Status) -> String { let d = status.get_details_error_info().unwrap(); format!("{} {:?}", d.reason, d.metadata) }
fn mask(p: &[&str]) -> Option<prost_types::FieldMask> { Some(prost_types::FieldMask { paths: p.iter().map(|p| (*p).to_string()).collect() }) }

#[tokio::test(flavor = "multi_thread")]
async fn everything_once() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(StoreConfig { url: format!("sqlite:{}/x.db", dir.path().display()), read_connections: 4, master_key: MasterKey::from_bytes([7; 32]) }).await.unwrap();
    store.migrate().await.unwrap();
    let stop = tokio_util::sync::CancellationToken::new();
    let (app, running) = app::App::start(store, app::AppConfig::default(), stop.clone()).await.unwrap();
    let (_tx, draining) = tokio::sync::watch::channel(false);
    let bounds = Bounds { streams_per_key: 9, streams_per_tenant: 9, streams: 9, calls: 9 };
    let edge = Edge { app: app.clone(), tokens: Tokens::new(&[1; 32]), limits: Limits::new(bounds), draining,
        info: ServerInfo { reflection: true, version: "x", features: vec![], database: v1::DatabaseKind::Sqlite, public_url: String::new() } };
    let (tenant, key) = app.create_tenant(&Origin::system(TenantId::SYSTEM), "acme").await.unwrap();
    let admin = app.authenticate(&key).await.unwrap();
    let (a, c, i, r) = (Agents { edge: edge.clone() }, Customers { edge: edge.clone() }, Interactions { edge: edge.clone() }, Routing { edge: edge.clone() });
    let _ = tenant;

    // skills
    let mut skills = vec![];
    for name in ["zulu", "alpha", "mike"] {
        let s = r.create_skill(ask(admin, v1::CreateSkillRequest { skill: Some(v1::Skill { name: name.into(), ..Default::default() }), request_id: String::new() })).await.unwrap().into_inner().skill.unwrap();
        skills.push(s);
    }
    println!("{:?}", r.create_skill(ask(admin, v1::CreateSkillRequest { skill: Some(v1::Skill { name: "zulu".into(), ..Default::default() }), request_id: String::new() })).await.map_err(reason).err());
    println!("{:?}", r.create_skill(ask(admin, v1::CreateSkillRequest { skill: Some(v1::Skill::default()), request_id: String::new() })).await.map_err(reason).err());
    let mut names = vec![]; let mut token = String::new();
    loop {
        let p = r.list_skills(ask(admin, v1::ListSkillsRequest { page_size: 1, page_token: token.clone() })).await.unwrap().into_inner();
        names.extend(p.skills.iter().map(|s| s.name.clone())); token = p.next_page_token; if token.is_empty() { break; }
    }
    assert_eq!(names, ["alpha", "mike", "zulu"]);
    let up = r.update_skill(ask(admin, v1::UpdateSkillRequest { skill: Some(v1::Skill { id: skills[0].id.clone(), description: "d".into(), etag: "v1".into(), ..Default::default() }), update_mask: None, request_id: String::new() })).await.unwrap().into_inner().skill.unwrap();
    assert_eq!((up.description.as_str(), up.etag.as_str(), up.name.as_str()), ("d", "v2", "zulu"));
    println!("{:?}", r.update_skill(ask(admin, v1::UpdateSkillRequest { skill: Some(v1::Skill { id: skills[0].id.clone(), description: "d".into(), etag: "v1".into(), ..Default::default() }), update_mask: None, request_id: String::new() })).await.map_err(reason).err());
    println!("{:?}", r.update_skill(ask(admin, v1::UpdateSkillRequest { skill: Some(v1::Skill::default()), update_mask: None, request_id: String::new() })).await.map_err(reason).err());
    println!("{:?}", r.update_skill(ask(admin, v1::UpdateSkillRequest { skill: Some(v1::Skill { id: skills[0].id.clone(), ..Default::default() }), update_mask: mask(&["etag"]), request_id: String::new() })).await.map_err(reason).err());
    r.delete_skill(ask(admin, v1::DeleteSkillRequest { skill_id: skills[2].id.clone(), ..Default::default() })).await.unwrap();
    println!("{:?}", r.get_skill(ask(admin, v1::GetSkillRequest { skill_id: skills[2].id.clone() })).await.map_err(reason).err());

    // teams
    let team = a.create_team(ask(admin, v1::CreateTeamRequest { team: Some(v1::Team { name: "t".into(), ..Default::default() }), request_id: String::new() })).await.unwrap().into_inner().team.unwrap();
    let team2 = a.create_team(ask(admin, v1::CreateTeamRequest { team: Some(v1::Team { name: "t2".into(), ..Default::default() }), request_id: String::new() })).await.unwrap().into_inner().team.unwrap();
    a.update_team(ask(admin, v1::UpdateTeamRequest { team: Some(v1::Team { name: "a2".into(), ..team2.clone() }), update_mask: None, request_id: String::new() })).await.unwrap();
    let l = a.list_teams(ask(admin, v1::ListTeamsRequest::default())).await.unwrap().into_inner();
    assert_eq!(l.teams.iter().map(|t| t.name.as_str()).collect::<Vec<_>>(), ["a2", "t"]);
    a.delete_team(ask(admin, v1::DeleteTeamRequest { team_id: team2.id.clone(), ..Default::default() })).await.unwrap();
    a.get_team(ask(admin, v1::GetTeamRequest { team_id: team.id.clone() })).await.unwrap();

    // queue
    let q = r.create_queue(ask(admin, v1::CreateQueueRequest { queue: Some(v1::Queue { name: "billing".into(), default_queue: true, team_ids: vec![team.id.clone()], wrap_up_limit: Some(prost_types::Duration { seconds: 60, nanos: 0 }), ..Default::default() }), request_id: String::new() })).await.unwrap().into_inner().queue.unwrap();
    println!("{q:?}");
    println!("{:?}", r.create_queue(ask(admin, v1::CreateQueueRequest { queue: Some(v1::Queue { name: "x".into(), strategy: 11, ..Default::default() }), request_id: String::new() })).await.map_err(reason).err());
    let q2 = r.create_queue(ask(admin, v1::CreateQueueRequest { queue: Some(v1::Queue { name: "area".into(), ..Default::default() }), request_id: String::new() })).await.unwrap().into_inner().queue.unwrap();
    let q2 = r.update_queue(ask(admin, v1::UpdateQueueRequest { queue: Some(v1::Queue { id: q2.id.clone(), ..Default::default() }), update_mask: mask(&["decline_cool_down", "priority_step"]), request_id: String::new() })).await.unwrap().into_inner().queue.unwrap();
    assert_eq!(q2.decline_cool_down.unwrap().seconds, 30);
    println!("{:?}", r.list_queues(ask(admin, v1::ListQueuesRequest::default())).await.unwrap().into_inner().queues.iter().map(|q| q.name.clone()).collect::<Vec<_>>());
    r.get_queue(ask(admin, v1::GetQueueRequest { queue_id: q.id.clone() })).await.unwrap();

    // agents
    let mut agents = vec![];
    for n in 0..5 {
        let ag = a.create_agent(ask(admin, v1::CreateAgentRequest { agent: Some(v1::Agent { name: format!("a{n}"), team_ids: vec![team.id.clone()], skills: vec![v1::AgentSkill { skill_id: skills[n % 2].id.clone(), level: 3 }], ..Default::default() }), request_id: String::new() })).await.unwrap().into_inner().agent.unwrap();
        agents.push(ag);
    }
    println!("{:?}", agents[0]);
    for (filter, expect) in [(String::new(), vec!["a0","a1","a2","a3","a4"]), (skills[1].id.clone(), vec!["a1","a3"])] {
        let mut names = vec![]; let mut token = String::new();
        loop {
            let p = a.list_agents(ask(admin, v1::ListAgentsRequest { page_size: 2, page_token: token.clone(), skill_id: filter.clone(), ..Default::default() })).await.unwrap().into_inner();
            names.extend(p.agents.iter().map(|s| s.name.clone())); token = p.next_page_token; if token.is_empty() { break; }
        }
        assert_eq!(names, expect);
    }
    println!("{:?}", a.update_agent(ask(admin, v1::UpdateAgentRequest { agent: Some(v1::Agent { id: agents[0].id.clone(), capacity: Some(v1::Capacity { units: 2, per_channel: vec![] }), ..Default::default() }), update_mask: None, request_id: String::new() })).await.unwrap().into_inner().agent.unwrap().capacity);
    a.delete_agent(ask(admin, v1::DeleteAgentRequest { agent_id: agents[4].id.clone(), ..Default::default() })).await.unwrap();
    a.get_agent(ask(admin, v1::GetAgentRequest { agent_id: agents[0].id.clone() })).await.unwrap();
    let agent_id = agents[0].id.clone();
    let own = Caller { agent: Some(domain::id::AgentId(agent_id.parse().unwrap())), role: domain::tenant::Role::Agent, permissions: domain::tenant::Role::Agent.permissions(), ..admin };

    // rule
    let rule = r.create_routing_rule(ask(admin, v1::CreateRoutingRuleRequest { routing_rule: Some(v1::RoutingRule { name: "r".into(), position: 2, enabled: true, conditions: vec![v1::Condition { field: 1, operator: 1, key: String::new(), values: vec!["sms".into()] }], action: Some(v1::RuleAction { queue_id: q2.id.clone(), ..Default::default() }), ..Default::default() }), request_id: String::new() })).await.unwrap().into_inner().routing_rule.unwrap();
    r.create_routing_rule(ask(admin, v1::CreateRoutingRuleRequest { routing_rule: Some(v1::RoutingRule { name: "r0".into(), position: 1, action: Some(v1::RuleAction { queue_id: q2.id.clone(), ..Default::default() }), ..Default::default() }), request_id: String::new() })).await.unwrap();
    println!("{:?}", r.create_routing_rule(ask(admin, v1::CreateRoutingRuleRequest { routing_rule: Some(v1::RoutingRule { name: "r2".into(), action: Some(v1::RuleAction { queue_id: q2.id.clone(), ..Default::default() }), ..Default::default() }), request_id: String::new() })).await.map_err(reason).err());
    println!("{:?}", r.update_routing_rule(ask(admin, v1::UpdateRoutingRuleRequest { routing_rule: Some(v1::RoutingRule { id: rule.id.clone(), enabled: false, ..Default::default() }), update_mask: mask(&["enabled"]), request_id: String::new() })).await.unwrap().into_inner().routing_rule.unwrap().enabled);
    println!("{:?}", r.list_routing_rules(ask(admin, v1::ListRoutingRulesRequest::default())).await.unwrap().into_inner().routing_rules.iter().map(|q| q.name.clone()).collect::<Vec<_>>());
    r.get_routing_rule(ask(admin, v1::GetRoutingRuleRequest { routing_rule_id: rule.id.clone() })).await.unwrap();
    r.delete_routing_rule(ask(admin, v1::DeleteRoutingRuleRequest { routing_rule_id: rule.id.clone(), etag: "v2".into(), ..Default::default() })).await.unwrap();

    // customers
    let cu = c.create_customer(ask(admin, v1::CreateCustomerRequest { customer: Some(v1::Customer { display_name: "Ada".into(), external_id: "e1".into(), contact_points: vec![v1::ContactPoint { kind: 1, address: "Ada@x.com".into(), ..Default::default() }], ..Default::default() }), request_id: String::new() })).await.unwrap().into_inner().customer.unwrap();
    println!("{cu:?}");
    c.create_customer(ask(admin, v1::CreateCustomerRequest { customer: Some(v1::Customer::default()), request_id: String::new() })).await.unwrap();
    println!("{:?}", c.update_customer(ask(admin, v1::UpdateCustomerRequest { customer: Some(v1::Customer { id: cu.id.clone(), tier: "gold".into(), etag: cu.etag.clone(), ..Default::default() }), update_mask: None, request_id: String::new() })).await.unwrap().into_inner().customer.unwrap());
    let found = c.find_customer(ask(admin, v1::FindCustomerRequest { by: Some(v1::find_customer_request::By::ExternalId("e1".into())) })).await.unwrap().into_inner().customer.unwrap();
    assert_eq!(found.id, cu.id);
    let found = c.find_customer(ask(admin, v1::FindCustomerRequest { by: Some(v1::find_customer_request::By::Contact(v1::ContactAddress { kind: 1, address: "ada@X.com".into() })) })).await.unwrap().into_inner().customer.unwrap();
    assert_eq!(found.id, cu.id);
    let added = c.add_contact_point(ask(admin, v1::AddContactPointRequest { customer_id: cu.id.clone(), contact_point: Some(v1::ContactPoint { kind: 2, address: "+49 170".into(), ..Default::default() }), request_id: String::new() })).await.unwrap().into_inner();
    println!("{:?}", added.contact_point);
    c.remove_contact_point(ask(admin, v1::RemoveContactPointRequest { customer_id: cu.id.clone(), contact_point_id: added.contact_point.unwrap().id, request_id: String::new() })).await.unwrap();
    println!("{}", c.list_customers(ask(admin, v1::ListCustomersRequest { page_size: 1, ..Default::default() })).await.unwrap().into_inner().next_page_token.len());
    c.get_customer(ask(admin, v1::GetCustomerRequest { customer_id: cu.id.clone() })).await.unwrap();

    // interactions
    let create = |rid: &str| v1::CreateInteractionRequest { customer: Some(v1::create_interaction_request::Customer::CustomerId(cu.id.clone())), channel: 14, subject: "S".into(), body: "Hello".into(), tags: vec!["x".into(), "y".into()], request_id: rid.into(), ..Default::default() };
    let rid = uuid::Uuid::now_v7().to_string();
    let made = i.create_interaction(ask(admin, create(&rid))).await.unwrap().into_inner();
    let again = i.create_interaction(ask(admin, create(&rid))).await.unwrap().into_inner();
    assert_eq!(made.interaction.as_ref().unwrap().id, again.interaction.unwrap().id);
    assert_eq!(made.message.as_ref().unwrap().id, again.message.unwrap().id);
    println!("{:?}", made);
    println!("{:?}", i.create_interaction(ask(admin, v1::CreateInteractionRequest { body: "other".into(), ..create(&rid) })).await.map_err(reason).err());
    let it = made.interaction.unwrap();
    println!("{:?}", r.get_queue_stats(ask(admin, v1::GetQueueStatsRequest { queue_ids: vec![q.id.clone()] })).await.unwrap().into_inner());
    println!("{:?}", r.get_queue_stats(ask(admin, v1::GetQueueStatsRequest { queue_ids: vec![uuid::Uuid::now_v7().to_string()] })).await.map_err(reason).err());
    println!("{:?}", i.transfer_interaction(ask(admin, v1::TransferInteractionRequest { interaction_id: it.id.clone(), note: "psst".into(), target: Some(v1::transfer_interaction_request::Target::AgentId(agents[1].id.clone())), request_id: String::new() })).await.map_err(reason).err());
    println!("{:?}", a.set_presence(ask(admin, v1::SetPresenceRequest { status: 2, ..Default::default() })).await.map_err(reason).err());
    println!("{:?}", a.set_presence(ask(own, v1::SetPresenceRequest { status: 2, agent_id: agents[1].id.clone(), ..Default::default() })).await.map_err(reason).err());
    println!("{:?}", a.set_presence(ask(own, v1::SetPresenceRequest { status: 2, ..Default::default() })).await.unwrap().into_inner());
    let offers = a.list_offers(ask(own, v1::ListOffersRequest::default())).await.unwrap().into_inner().offers;
    println!("{offers:?}");
    let used = a.get_agent(ask(admin, v1::GetAgentRequest { agent_id: agent_id.clone() })).await.unwrap().into_inner().agent.unwrap();
    assert_eq!(used.used_units, 1);
    println!("{:?}", a.decline_offer(ask(own, v1::DeclineOfferRequest { offer_id: offers[0].id.clone(), reason: "no".into(), ..Default::default() })).await.unwrap().into_inner());
    println!("{:?}", a.accept_offer(ask(own, v1::AcceptOfferRequest { offer_id: offers[0].id.clone(), ..Default::default() })).await.map_err(reason).err());
    let routed = r.route_interaction(ask(admin, v1::RouteInteractionRequest { interaction_id: it.id.clone(), target: Some(v1::route_interaction_request::Target::AgentId(agent_id.clone())), request_id: String::new() })).await.unwrap().into_inner();
    println!("{routed:?}");
    let offer = match routed.offer { Some(o) => o, None => a.list_offers(ask(own, v1::ListOffersRequest::default())).await.unwrap().into_inner().offers.remove(0) };
    let taken = a.accept_offer(ask(own, v1::AcceptOfferRequest { offer_id: offer.id.clone(), ..Default::default() })).await.unwrap().into_inner();
    assert_eq!(taken.interaction.unwrap().status, v1::InteractionStatus::Active as i32);
    println!("{:?}", i.send_message(ask(own, v1::SendMessageRequest { interaction_id: it.id.clone(), body: "hi".into(), ..Default::default() })).await.map_err(reason).err());
    i.send_message(ask(own, v1::SendMessageRequest { interaction_id: it.id.clone(), body: "note".into(), kind: 2, ..Default::default() })).await.unwrap();
    let e = i.escalate_interaction(ask(admin, v1::EscalateInteractionRequest { interaction_id: it.id.clone(), reason: "angry".into(), ..Default::default() })).await.unwrap().into_inner().interaction.unwrap();
    assert_eq!((e.escalation_level, e.priority), (1, 2));
    let u = i.update_interaction(ask(admin, v1::UpdateInteractionRequest { interaction: Some(v1::Interaction { id: it.id.clone(), subject: "T".into(), ..Default::default() }), update_mask: mask(&["subject", "tags"]), request_id: String::new() })).await.unwrap().into_inner().interaction.unwrap();
    assert_eq!((u.subject.as_str(), u.tags.len()), ("T", 0));
    let w = a.complete_interaction(ask(own, v1::CompleteInteractionRequest { interaction_id: it.id.clone(), resolution: "done".into(), wrap_up_code: "ok".into(), ..Default::default() })).await.unwrap().into_inner().interaction.unwrap();
    assert_eq!(w.status, v1::InteractionStatus::Wrapping as i32);
    let w = a.complete_interaction(ask(own, v1::CompleteInteractionRequest { interaction_id: it.id.clone(), ..Default::default() })).await.unwrap().into_inner().interaction.unwrap();
    assert_eq!((w.status, w.resolution.as_str(), w.wrap_up_code.as_str()), (v1::InteractionStatus::Resolved as i32, "done", "ok"));
    i.rate_interaction(ask(admin, v1::RateInteractionRequest { interaction_id: it.id.clone(), rating: 5, comment: "yay".into(), ..Default::default() })).await.unwrap();
    let ro = i.reopen_interaction(ask(admin, v1::ReopenInteractionRequest { interaction_id: it.id.clone(), reason: "again".into(), ..Default::default() })).await.unwrap().into_inner().interaction.unwrap();
    println!("{ro:?}");
    let cl = i.close_interaction(ask(admin, v1::CloseInteractionRequest { interaction_id: it.id.clone(), ..Default::default() })).await.unwrap().into_inner().interaction.unwrap();
    assert_eq!(cl.status, v1::InteractionStatus::Resolved as i32);
    let other = i.create_interaction(ask(admin, create(""))).await.unwrap().into_inner().interaction.unwrap();
    let ca = i.cancel_interaction(ask(admin, v1::CancelInteractionRequest { interaction_id: other.id.clone(), reason: "oops".into(), ..Default::default() })).await.unwrap().into_inner().interaction.unwrap();
    assert_eq!(ca.status, v1::InteractionStatus::Cancelled as i32);
    let mut n = 0; let mut token = String::new();
    loop {
        let p = i.list_interactions(ask(admin, v1::ListInteractionsRequest { page_size: 1, page_token: token.clone(), customer_id: cu.id.clone(), ..Default::default() })).await.unwrap().into_inner();
        n += p.interactions.len(); token = p.next_page_token.clone(); if token.is_empty() { break; }
        println!("{:?}", i.list_interactions(ask(admin, v1::ListInteractionsRequest { page_size: 1, page_token: token.clone(), ..Default::default() })).await.map_err(reason).err());
    }
    assert_eq!(n, 2);
    let m = i.list_messages(ask(admin, v1::ListMessagesRequest { scope: Some(v1::list_messages_request::Scope::InteractionId(it.id.clone())), ..Default::default() })).await.unwrap().into_inner();
    println!("{:?}", m.messages.iter().map(|m| (m.body.clone(), m.direction)).collect::<Vec<_>>());
    i.get_interaction(ask(admin, v1::GetInteractionRequest { interaction_id: it.id.clone() })).await.unwrap();
    let mut lines = vec![]; let mut token = String::new();
    loop {
        let p = c.get_history(ask(admin, v1::GetHistoryRequest { page_size: 3, page_token: token.clone(), customer_id: cu.id.clone() })).await.unwrap().into_inner();
        assert!(p.items.len() <= 3);
        lines.extend(p.items); token = p.next_page_token; if token.is_empty() { break; }
    }
    let whole = c.get_history(ask(admin, v1::GetHistoryRequest { customer_id: cu.id.clone(), ..Default::default() })).await.unwrap().into_inner().items;
    assert_eq!(lines, whole);
    for l in &whole { println!("{:?}", l.item.as_ref().map(|i| match i { v1::history_item::Item::Message(m) => m.body.clone(), v1::history_item::Item::Milestone(m) => format!("{:?}", v1::MilestoneKind::try_from(m.kind)) })); }
    println!("{:?}", c.delete_customer(ask(admin, v1::DeleteCustomerRequest { customer_id: cu.id.clone(), ..Default::default() })).await.map_err(reason).err());
    // events
    let ctx = crate::grpc::call::open_stream(&ask(admin, ()), "/x").unwrap();
    let _ = ctx;
    stop.cancel(); running.finish().await;
}
