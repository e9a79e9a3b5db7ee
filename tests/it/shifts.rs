//! Schedules from outside: how they live, and what follows for presence, offers and explanations
//! when a shift, a break or a time on call begins and ends.

use crate::support::console::Console;
use crate::support::fixture::{Agent, Case, Tenant};
use crate::support::{eventually, mask, nobody, unique};
use omnichannel_sdk::AgentChange;
use omnichannel_sdk::v1::event::Data;
use omnichannel_sdk::v1::{
    self, AfterShift, Duty, EffectiveStatus as Effective, InteractionStatus as Status,
    PresenceStatus as Presence, RoutingCheck, Weekday,
};

both!(
    a_schedule_lives_and_dies,
    what_cannot_be_a_schedule_is_refused,
    outside_the_shift_nothing_new_comes,
    a_break_is_a_part_of_the_shift,
    who_is_on_call_serves_queues_that_say_so,
    whose_shift_ends_may_be_sent_home,
    an_agent_may_leave_a_schedule,
);

mod later {
    //! With a clock that can be moved.
    both!(alone ["time.shift_allowed = true"]; shifts_begin_and_end_by_themselves);
    use super::shifts_begin_and_end_by_themselves;
}

const WEEK: [Weekday; 7] = [
    Weekday::Monday,
    Weekday::Tuesday,
    Weekday::Wednesday,
    Weekday::Thursday,
    Weekday::Friday,
    Weekday::Saturday,
    Weekday::Sunday,
];

/// The same minutes of every day.
fn daily(start_minute: i32, end_minute: i32) -> Vec<v1::WeeklyWindow> {
    let window = |day| v1::WeeklyWindow { day, start_minute, end_minute };
    WEEK.into_iter().map(|day| window(day.into())).collect()
}

/// All day long, every day.
fn always() -> Vec<v1::WeeklyWindow> {
    daily(0, 1_440)
}

/// A schedule without a shift.
fn idle() -> v1::Schedule {
    v1::Schedule {
        name: unique("schedule"),
        time_zone: "Europe/Berlin".into(),
        ..Default::default()
    }
}

fn working() -> v1::Schedule {
    v1::Schedule { shifts: always(), ..idle() }
}

fn configured(schedule: v1::Schedule) -> v1::ConfigureScheduleRequest {
    v1::ConfigureScheduleRequest { schedule: Some(schedule), request_id: String::new() }
}

async fn configure(tenant: &Tenant, schedule: v1::Schedule) -> v1::Schedule {
    ok!(tenant.admin.agents().configure_schedule(configured(schedule))).schedule.unwrap()
}

/// A schedule of this name by which everybody works always, and leaves when they do not.
pub(crate) fn working_then_offline(name: String) -> v1::Schedule {
    v1::Schedule { name, after_shift: AfterShift::Offline.into(), ..working() }
}

/// A schedule that nobody goes by.
pub(crate) async fn any_schedule(tenant: &Tenant) -> v1::Schedule {
    configure(tenant, idle()).await
}

/// An agent at work who goes by a schedule.
async fn scheduled(case: &Case, schedule: &v1::Schedule) -> (Agent, Console) {
    let (agent, console) = case.at_work("Ada").await;
    go_by(case, &agent, &schedule.id).await;
    (agent, console)
}

pub(crate) async fn go_by(case: &Case, agent: &Agent, schedule_id: &str) {
    let change =
        v1::Agent { id: agent.id.clone(), schedule_id: schedule_id.into(), ..Default::default() };
    let request = v1::UpdateAgentRequest {
        agent: Some(change),
        update_mask: mask(&["schedule_id"]),
        ..Default::default()
    };
    let after = ok!(case.admin.agents().update_agent(request)).agent.unwrap();
    assert_eq!(after.schedule_id, schedule_id);
}

pub(crate) async fn stands(case: &Case, agent: &Agent) -> (Presence, Effective, Duty) {
    let presence = case.presence(agent).await;
    (presence.intended(), presence.effective(), presence.duty())
}

/// Waits until the console is told of this duty.
async fn told(console: &mut Console, duty: Duty) -> v1::Presence {
    console
        .until("the duty", |change| match change {
            AgentChange::PresenceChanged(presence) if presence.duty() == duty => Some(presence),
            _ => None,
        })
        .await
}

/// What an explanation says stands against an agent.
async fn against(case: &Case, interaction_id: &str, agent: &Agent) -> Vec<v1::UnmetCondition> {
    let request = v1::ExplainRequest {
        interaction_id: interaction_id.to_owned(),
        agent_id: agent.id.clone(),
        ..Default::default()
    };
    ok!(case.admin.routing().explain(request)).agents.remove(0).unmet
}

async fn a_schedule_lives_and_dies(case: Case) {
    let agents = || case.admin.agents();
    let day = v1::DatedHours {
        date: "2026-12-24".into(),
        label: "Christmas Eve".into(),
        windows: vec![v1::DayWindow { start_minute: 540, end_minute: 720 }],
    };
    let wanted = v1::Schedule {
        dates: vec![day],
        breaks: daily(720, 780),
        on_call: daily(1_080, 1_200),
        after_shift: AfterShift::Offline.into(),
        ..working()
    };
    let made = configure(&case, wanted.clone()).await;
    assert_eq!((made.version, &made.shifts, &made.dates), (1, &wanted.shifts, &wanted.dates));
    assert_eq!((&made.breaks, &made.on_call), (&wanted.breaks, &wanted.on_call));
    assert_eq!(made.after_shift(), AfterShift::Offline);
    let replaced = v1::Schedule { name: wanted.name.clone(), ..idle() };
    let after = configure(&case, replaced.clone()).await;
    assert_eq!((&after.id, after.version), (&made.id, 2), "known by its name");
    assert_eq!((after.after_shift(), after.dates.len()), (AfterShift::Away, 0), "by default");
    let stale = v1::Schedule { etag: made.etag.clone(), ..replaced };
    refused!(agents().configure_schedule(configured(stale)), EtagMismatch);
    let other = any_schedule(&case).await;
    let listed = ok!(agents().list_schedules(v1::ListSchedulesRequest::default())).schedules;
    assert_eq!(listed, [after.clone(), other]);

    let delete = |etag: &str| v1::DeleteScheduleRequest {
        schedule_id: made.id.clone(),
        etag: etag.into(),
        request_id: String::new(),
    };
    let agent = case.agent("Ada").await;
    go_by(&case, &agent, &made.id).await;
    let error = refused!(agents().delete_schedule(delete("")), ResourceInUse);
    assert_eq!(error.metadata()["used_by"], "agent");
    go_by(&case, &agent, "").await;
    refused!(agents().delete_schedule(delete(&made.etag)), EtagMismatch);
    ok!(agents().delete_schedule(delete(&after.etag)));
    refused!(agents().delete_schedule(delete("")), ResourceNotFound);
    let unknown = v1::Agent { id: agent.id.clone(), schedule_id: nobody(), ..Default::default() };
    let request = v1::UpdateAgentRequest { agent: Some(unknown), ..Default::default() };
    refused!(agents().update_agent(request), ResourceNotFound);
}

async fn what_cannot_be_a_schedule_is_refused(case: Case) {
    let refused = |change: fn(&mut v1::Schedule)| {
        let mut schedule = working();
        change(&mut schedule);
        configured(schedule)
    };
    let agents = || case.admin.agents();
    let nameless = refused(|schedule| schedule.name.clear());
    refused!(agents().configure_schedule(nameless), ValidationFailed);
    let nowhere = refused(|schedule| schedule.time_zone = "Mars/Olympus".into());
    refused!(agents().configure_schedule(nowhere), ValidationFailed);
    let backwards = refused(|schedule| schedule.breaks = daily(600, 600));
    refused!(agents().configure_schedule(backwards), ValidationFailed);
    let never = refused(|schedule| {
        schedule.dates = vec![v1::DatedHours { date: "2026-02-30".into(), ..Default::default() }];
    });
    refused!(agents().configure_schedule(never), ValidationFailed);
    let twice = refused(|schedule| {
        schedule.dates =
            vec![v1::DatedHours { date: "2026-02-03".into(), ..Default::default() }; 2];
    });
    refused!(agents().configure_schedule(twice), ValidationFailed);
}

async fn outside_the_shift_nothing_new_comes(case: Case) {
    let queue = case.plain_queue().await;
    let schedule = configure(&case, working()).await;
    let (agent, mut console) = scheduled(&case, &schedule).await;
    assert_eq!(
        stands(&case, &agent).await,
        (Presence::Available, Effective::Available, Duty::OnShift)
    );
    case.open(&queue).await;
    let held = console.take().await.offer.unwrap().interaction_id;
    let off = configure(&case, v1::Schedule { name: schedule.name.clone(), ..idle() }).await;
    let shown = told(&mut console, Duty::OffShift).await;
    assert_eq!(
        (shown.intended(), shown.effective()),
        (Presence::Available, Effective::Unavailable)
    );
    let seen = case.interaction(&held).await;
    assert_eq!((seen.status(), &seen.owner_agent_id), (Status::Active, &agent.id), "stays theirs");
    let waits = case.open(&queue).await;
    let unmet = against(&case, &waits.id, &agent).await;
    assert_eq!(unmet[0].check(), RoutingCheck::Shift);
    assert_eq!(unmet[0].message, "the agent is outside their shift");
    // Choosing does not help.
    console.available().await;
    assert_eq!(stands(&case, &agent).await.1, Effective::Unavailable);
    assert_eq!(case.interaction(&waits.id).await.status(), Status::Queued);
    configure(&case, v1::Schedule { name: off.name, ..working() }).await;
    let offer = console.offered().await.offer.unwrap();
    assert_eq!(offer.interaction_id, waits.id, "the shift began");
}

async fn a_break_is_a_part_of_the_shift(case: Case) {
    let queue = case.plain_queue().await;
    let schedule = configure(&case, v1::Schedule { breaks: always(), ..working() }).await;
    let (agent, mut console) = scheduled(&case, &schedule).await;
    assert_eq!(
        stands(&case, &agent).await,
        (Presence::Available, Effective::Unavailable, Duty::OnBreak)
    );
    let waits = case.open(&queue).await;
    let unmet = against(&case, &waits.id, &agent).await;
    assert_eq!(unmet[0].message, "the agent is on a break of their shift");
    configure(&case, v1::Schedule { name: schedule.name, ..working() }).await;
    assert_eq!(console.offered().await.offer.unwrap().interaction_id, waits.id);
}

async fn who_is_on_call_serves_queues_that_say_so(case: Case) {
    let calm = case.plain_queue().await;
    let urgent = case.queue(v1::Queue { on_call: true, ..Default::default() }).await;
    assert!(urgent.on_call);
    let schedule = configure(&case, v1::Schedule { on_call: always(), ..idle() }).await;
    let (agent, mut console) = scheduled(&case, &schedule).await;
    assert_eq!(
        stands(&case, &agent).await,
        (Presence::Available, Effective::Available, Duty::OnCall)
    );
    let waits = case.open(&calm).await;
    let comes = case.open(&urgent).await;
    assert_eq!(console.take().await.offer.unwrap().interaction_id, comes.id);
    let unmet = against(&case, &waits.id, &agent).await;
    assert_eq!(unmet.len(), 1);
    assert_eq!(unmet[0].message, "the agent is on call, and the queue asks nobody who is");
    let change = v1::Queue { id: calm.id.clone(), on_call: true, ..Default::default() };
    let request = v1::UpdateQueueRequest { queue: Some(change), ..Default::default() };
    ok!(case.admin.routing().update_queue(request));
    assert_eq!(console.offered().await.offer.unwrap().interaction_id, waits.id);
}

async fn whose_shift_ends_may_be_sent_home(case: Case) {
    let queue = case.plain_queue().await;
    let home = AfterShift::Offline.into();
    let schedule = configure(&case, v1::Schedule { after_shift: home, ..working() }).await;
    let (agent, mut console) = scheduled(&case, &schedule).await;
    case.open(&queue).await;
    let offer = console.offered().await.offer.unwrap();
    configure(&case, v1::Schedule { name: schedule.name.clone(), after_shift: home, ..idle() })
        .await;
    assert_eq!(console.offer_ended().await.id, offer.id, "open offers go back");
    assert_eq!(
        stands(&case, &agent).await,
        (Presence::Offline, Effective::Offline, Duty::OffShift)
    );
    // The next shift does not choose for them.
    configure(&case, v1::Schedule { name: schedule.name, after_shift: home, ..working() }).await;
    let on = (Presence::Offline, Effective::Offline, Duty::OnShift);
    assert_eq!(stands(&case, &agent).await, on);
    console.available().await;
    assert_eq!(console.offered().await.offer.unwrap().interaction_id, offer.interaction_id);
}

async fn an_agent_may_leave_a_schedule(case: Case) {
    let queue = case.plain_queue().await;
    let schedule = any_schedule(&case).await;
    let (agent, mut console) = scheduled(&case, &schedule).await;
    assert_eq!(stands(&case, &agent).await.2, Duty::OffShift);
    let waits = case.open(&queue).await;
    go_by(&case, &agent, "").await;
    assert_eq!(console.offered().await.offer.unwrap().interaction_id, waits.id);
    assert_eq!(stands(&case, &agent).await.2, Duty::Unscheduled);
}

async fn shifts_begin_and_end_by_themselves(case: Case) {
    // Two hours at work and two off, all day long.
    let shifts = (0..6).flat_map(|turn| daily(turn * 240, turn * 240 + 120)).collect();
    let schedule = v1::Schedule { shifts, time_zone: "UTC".into(), ..idle() };
    let schedule = configure(&case, schedule).await;
    let agent = case.agent("Ada").await;
    go_by(&case, &agent, &schedule.id).await;
    let mut seen = vec![stands(&case, &agent).await.2];
    for _ in 0..3 {
        case.server.shift(7_200).await;
        let before = *seen.last().unwrap();
        let look = || async {
            let now = stands(&case, &agent).await.2;
            (now != before).then_some(now)
        };
        seen.push(eventually("the turn of the shift", look).await);
    }
    let request = v1::ListAuditLogRequest { page_size: 500, ..Default::default() };
    let entries = ok!(case.admin.admin().list_audit_log(request)).entries;
    let of = |event: v1::Event| match event.data {
        Some(Data::AgentPresenceChanged(data)) if data.agent_id == agent.id => Some(data.duty()),
        _ => None,
    };
    let told: Vec<Duty> =
        entries.into_iter().filter_map(|entry| entry.event).filter_map(of).collect();
    // One turn each, whoever looked how often; the first is that of joining the schedule. Time may
    // have brought another one.
    assert!((seen.len()..=seen.len() + 1).contains(&told.len()), "{told:?}");
    assert!(told.windows(2).all(|pair| pair[0] != pair[1]), "{told:?}");
}
