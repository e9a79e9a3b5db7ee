//! Time off from outside: how it is booked, listed and withdrawn, and what follows for presence,
//! offers and explanations while it goes on.

use crate::shifts::{any_schedule, go_by, stands};
use crate::support::console::Console;
use crate::support::fixture::{Agent, Case, Tenant};
use crate::support::{eventually, nobody};
use omnichannel_sdk::v1::event::Data;
use omnichannel_sdk::v1::{
    self, Duty, EffectiveStatus as Effective, InteractionStatus as Status,
    PresenceStatus as Presence, RoutingCheck,
};
use prost_types::Timestamp;
use std::time::SystemTime;

both!(
    time_off_is_booked_listed_and_withdrawn,
    what_cannot_be_time_off_is_refused,
    who_is_away_gets_nothing_new,
    time_off_may_overlap,
    who_is_away_may_be_sent_home,
);

mod later {
    //! With a clock that can be moved.
    both!(alone ["time.shift_allowed = true"]; time_off_begins_and_ends_by_itself);
    use super::time_off_begins_and_ends_by_itself;
}

const DAY: i64 = 24 * 3600;

/// So many seconds from now.
fn at(seconds: i64) -> Option<Timestamp> {
    let now = Timestamp::from(SystemTime::now());
    Some(Timestamp { seconds: now.seconds + seconds, ..now })
}

fn wanted(agent_id: &str, from: i64, until: i64) -> v1::CreateTimeOffRequest {
    let time_off = v1::TimeOff {
        agent_id: agent_id.into(),
        start_time: at(from),
        end_time: at(until),
        reason: "The sea".into(),
        ..Default::default()
    };
    v1::CreateTimeOffRequest { time_off: Some(time_off), ..Default::default() }
}

async fn book(tenant: &Tenant, agent_id: &str, from: i64, until: i64) -> v1::TimeOff {
    let request = wanted(agent_id, from, until);
    ok!(tenant.admin.agents().create_time_off(request)).time_off.unwrap()
}

/// Time off of somebody who is not at work anyway.
pub(crate) async fn any_time_off(tenant: &Tenant) -> v1::TimeOff {
    let agent = tenant.agent("Away").await;
    book(tenant, &agent.id, DAY, 2 * DAY).await
}

async fn withdraw(case: &Case, id: &str) {
    let request = v1::DeleteTimeOffRequest { time_off_id: id.into(), ..Default::default() };
    ok!(case.admin.agents().delete_time_off(request));
}

async fn listed(case: &Case, agent_id: &str) -> Vec<v1::TimeOff> {
    let request = v1::ListTimeOffRequest { agent_id: agent_id.into(), ..Default::default() };
    ok!(case.admin.agents().list_time_off(request)).time_off
}

/// What the log says of time off of an agent: what was booked, and what ended by itself or not.
async fn told(case: &Case, agent_id: &str) -> Vec<(String, Option<bool>)> {
    let request = v1::ListAuditLogRequest { page_size: 500, ..Default::default() };
    let entries = ok!(case.admin.admin().list_audit_log(request)).entries;
    let of = |event: v1::Event| match event.data {
        Some(Data::AgentTimeOffBooked(data)) if data.agent_id == agent_id => {
            Some((data.time_off_id, None))
        }
        Some(Data::AgentTimeOffEnded(data)) if data.agent_id == agent_id => {
            Some((data.time_off_id, Some(data.withdrawn)))
        }
        _ => None,
    };
    entries.into_iter().filter_map(|entry| entry.event).filter_map(of).collect()
}

/// The conditions that an agent does not meet.
async fn unmet(case: &Case, interaction_id: &str, agent: &Agent) -> Vec<v1::UnmetCondition> {
    let request = v1::ExplainRequest {
        interaction_id: interaction_id.to_owned(),
        agent_id: agent.id.clone(),
        ..Default::default()
    };
    ok!(case.admin.routing().explain(request)).agents.remove(0).unmet
}

async fn offered(console: &mut Console) -> String {
    console.offered().await.offer.unwrap().interaction_id
}

async fn time_off_is_booked_listed_and_withdrawn(case: Case) {
    let (ada, bo) = (case.agent("Ada").await, case.agent("Bo").await);
    let sea = book(&case, &ada.id, DAY, 15 * DAY).await;
    assert_eq!((sea.agent_id.as_str(), sea.reason.as_str()), (ada.id.as_str(), "The sea"));
    let seconds = |at: Option<Timestamp>| at.unwrap().seconds;
    assert_eq!(seconds(sea.end_time) - seconds(sea.start_time), 14 * DAY);
    assert!(sea.create_time.is_some());
    let other = book(&case, &bo.id, 2 * DAY, 3 * DAY).await;
    assert_eq!(listed(&case, &ada.id).await, [sea.clone()]);
    assert_eq!(listed(&case, "").await, [sea.clone(), other.clone()], "as they were booked");
    // Colleagues see when somebody is away, and not why.
    let all = v1::ListTimeOffRequest::default();
    let seen = ok!(ada.client.agents().list_time_off(all)).time_off;
    let why: Vec<&str> = seen.iter().map(|one| one.reason.as_str()).collect();
    assert_eq!(why, [sea.reason.as_str(), ""]);
    let request = v1::ListTimeOffRequest { page_size: 1, ..Default::default() };
    let first = ok!(case.admin.agents().list_time_off(request.clone()));
    assert_eq!(first.time_off, [sea.clone()]);
    let request = v1::ListTimeOffRequest { page_token: first.next_page_token, ..request };
    let second = ok!(case.admin.agents().list_time_off(request));
    assert_eq!((second.time_off, second.next_page_token.as_str()), (vec![other.clone()], ""));

    let request_id = nobody();
    let request = v1::CreateTimeOffRequest { request_id, ..wanted(&ada.id, 20 * DAY, 21 * DAY) };
    let made = ok!(case.admin.agents().create_time_off(request.clone())).time_off.unwrap();
    let again = ok!(case.admin.agents().create_time_off(request)).time_off.unwrap();
    assert_eq!(again, made, "once");
    withdraw(&case, &sea.id).await;
    assert_eq!(listed(&case, &ada.id).await, [made.clone()]);
    let gone = v1::DeleteTimeOffRequest { time_off_id: sea.id.clone(), ..Default::default() };
    refused!(case.admin.agents().delete_time_off(gone), ResourceNotFound);
    let (sea, made) = (sea.id, made.id);
    let wanted = [(sea.clone(), None), (made, None), (sea, Some(true))];
    assert_eq!(told(&case, &ada.id).await, wanted);
    // Who is deleted takes theirs along.
    let delete = v1::DeleteAgentRequest { agent_id: bo.id.clone(), ..Default::default() };
    ok!(case.admin.agents().delete_agent(delete));
    assert_eq!(listed(&case, &bo.id).await, []);
    let gone = v1::DeleteTimeOffRequest { time_off_id: other.id, ..Default::default() };
    refused!(case.admin.agents().delete_time_off(gone), ResourceNotFound);
}

async fn what_cannot_be_time_off_is_refused(case: Case) {
    let agent = case.agent("Ada").await;
    let agents = || case.admin.agents();
    refused!(agents().create_time_off(wanted(&nobody(), 0, DAY)), ResourceNotFound);
    refused!(agents().create_time_off(wanted(&agent.id, -2 * DAY, -DAY)), ValidationFailed);
    refused!(agents().create_time_off(wanted(&agent.id, 2 * DAY, DAY)), ValidationFailed);
    refused!(agents().create_time_off(wanted(&agent.id, DAY, 402 * DAY)), ValidationFailed);
    let mut endless = wanted(&agent.id, DAY, DAY);
    endless.time_off.as_mut().unwrap().end_time = None;
    refused!(agents().create_time_off(endless), ValidationFailed);
    for day in 1..=100 {
        book(&case, &agent.id, day * DAY, day * DAY + 60).await;
    }
    refused!(agents().create_time_off(wanted(&agent.id, 0, DAY)), ValidationFailed);
}

async fn who_is_away_gets_nothing_new(case: Case) {
    let queue = case.plain_queue().await;
    let (agent, mut console) = case.at_work("Ada").await;
    case.open(&queue).await;
    let held = console.take().await.offer.unwrap().interaction_id;
    // It began yesterday, which counts from now.
    let away = book(&case, &agent.id, -DAY, DAY).await;
    assert_eq!(away.start_time, away.create_time);
    let away_now = (Presence::Available, Effective::Unavailable, Duty::TimeOff);
    assert_eq!(stands(&case, &agent).await, away_now);
    let seen = case.interaction(&held).await;
    assert_eq!((seen.status(), &seen.owner_agent_id), (Status::Active, &agent.id), "stays theirs");
    let waits = case.open(&queue).await;
    let first = unmet(&case, &waits.id, &agent).await.remove(0);
    assert_eq!((first.check(), first.until), (RoutingCheck::TimeOff, away.end_time));
    assert_eq!(first.message, "the agent has time off");
    console.available().await;
    assert_eq!(stands(&case, &agent).await, away_now, "choosing does not help");
    assert_eq!(case.interaction(&waits.id).await.status(), Status::Queued);
    withdraw(&case, &away.id).await;
    assert_eq!(offered(&mut console).await, waits.id, "it is routed at once");
    assert_eq!(stands(&case, &agent).await.2, Duty::Unscheduled);
}

async fn time_off_may_overlap(case: Case) {
    let queue = case.plain_queue().await;
    let (agent, mut console) = case.at_work("Ada").await;
    let long = book(&case, &agent.id, 0, 10 * DAY).await;
    let sick = book(&case, &agent.id, 0, 12 * DAY).await;
    let waits = case.open(&queue).await;
    let until = unmet(&case, &waits.id, &agent).await[0].until;
    assert_eq!(until, sick.end_time, "the later end counts");
    withdraw(&case, &sick.id).await;
    assert_eq!(stands(&case, &agent).await.2, Duty::TimeOff, "the other one goes on");
    assert_eq!(unmet(&case, &waits.id, &agent).await[0].until, long.end_time);
    withdraw(&case, &long.id).await;
    assert_eq!(offered(&mut console).await, waits.id);
}

async fn who_is_away_may_be_sent_home(case: Case) {
    let queue = case.plain_queue().await;
    let (agent, mut console) = case.at_work("Ada").await;
    let schedule = any_schedule(&case).await;
    let whole = crate::shifts::working_then_offline(schedule.name.clone());
    let request = v1::ConfigureScheduleRequest { schedule: Some(whole), ..Default::default() };
    ok!(case.admin.agents().configure_schedule(request));
    go_by(&case, &agent, &schedule.id).await;
    case.open(&queue).await;
    let offer = console.offered().await.offer.unwrap();
    book(&case, &agent.id, 0, DAY).await;
    assert_eq!(console.offer_ended().await.id, offer.id, "open offers go back");
    let gone = (Presence::Offline, Effective::Offline, Duty::TimeOff);
    assert_eq!(stands(&case, &agent).await, gone);
}

async fn time_off_begins_and_ends_by_itself(case: Case) {
    let queue = case.plain_queue().await;
    let agent = case.agent("Ada").await;
    let first = book(&case, &agent.id, 3_600, 3 * 3_600).await;
    let second = book(&case, &agent.id, 2 * 3_600, 5 * 3_600).await;
    // What is over is forgotten.
    for wanted in [(Duty::TimeOff, 2), (Duty::TimeOff, 1), (Duty::Unscheduled, 0)] {
        case.server.shift(2 * 3_600).await;
        let look = || async {
            let (duty, left) = (stands(&case, &agent).await.2, listed(&case, &agent.id).await);
            ((duty, left.len()) == wanted).then_some(())
        };
        eventually("its turn", look).await;
    }
    let (first, second) = (first.id, second.id);
    let wanted = [
        (first.clone(), None),
        (second.clone(), None),
        (first, Some(false)),
        (second, Some(false)),
    ];
    assert_eq!(told(&case, &agent.id).await, wanted, "each once");
    let waits = case.open(&queue).await;
    let now: Vec<_> = unmet(&case, &waits.id, &agent).await.iter().map(|one| one.check()).collect();
    assert_eq!(now, [RoutingCheck::Presence], "they are not there, and that is all");
}
