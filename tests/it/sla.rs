//! Promises of time, from outside: calendars, queues that are closed, policies, and the clocks of
//! interactions from their beginning to their breach.

use crate::support::fixture::{Case, Tenant, opening, somebody};
use crate::support::{eventually, mask, nobody, secs, unique};
use omnichannel_sdk::v1::{self, ClosedPolicy, InteractionStatus, Priority, SlaMetric, SlaStatus};
use prost_types::Timestamp;
use v1::event::Data;

both!(
    a_calendar_lives_and_dies,
    calendars_that_make_no_sense_are_refused,
    a_calendar_tells_when_it_is_open,
    a_closed_queue_holds_what_waits,
    a_closed_queue_sends_on,
    a_policy_lives_and_dies,
    clocks_start_pause_and_stop,
    another_policy_takes_over,
    a_breach_is_told_once,
);

/// A calendar: working days in Berlin, with two exceptions.
fn office() -> v1::Calendar {
    let weekly = (1..=5).map(|day| v1::WeeklyWindow { day, start_minute: 540, end_minute: 1020 });
    let hours = |date: &str, windows: &[(i32, i32)]| v1::DatedHours {
        date: date.into(),
        label: "Christmas".into(),
        windows: windows
            .iter()
            .map(|(start, end)| v1::DayWindow { start_minute: *start, end_minute: *end })
            .collect(),
    };
    v1::Calendar {
        name: unique("calendar"),
        time_zone: "Europe/Berlin".into(),
        weekly: weekly.collect(),
        dates: vec![hours("2026-12-25", &[]), hours("2026-12-24", &[(540, 720)])],
        ..Default::default()
    }
}

async fn create_calendar(tenant: &Tenant, calendar: v1::Calendar) -> v1::Calendar {
    let request = v1::CreateCalendarRequest { calendar: Some(calendar), request_id: String::new() };
    ok!(tenant.admin.routing().create_calendar(request)).calendar.unwrap()
}

/// A calendar of a tenant.
pub(crate) async fn calendar(tenant: &Tenant) -> v1::Calendar {
    create_calendar(tenant, office()).await
}

fn updated(calendar: v1::Calendar, paths: &[&str]) -> v1::UpdateCalendarRequest {
    v1::UpdateCalendarRequest {
        calendar: Some(calendar),
        update_mask: mask(paths),
        request_id: String::new(),
    }
}

fn target(metric: SlaMetric, seconds: i64) -> v1::SlaTarget {
    v1::SlaTarget { metric: metric.into(), target: secs(seconds), calendar_id: String::new() }
}

fn policy(targets: &[(SlaMetric, i64)]) -> v1::SlaPolicy {
    v1::SlaPolicy {
        name: unique("sla"),
        enabled: true,
        targets: targets.iter().map(|(metric, seconds)| target(*metric, *seconds)).collect(),
        ..Default::default()
    }
}

fn configured(policy: v1::SlaPolicy) -> v1::ConfigureSlaRequest {
    v1::ConfigureSlaRequest { policy: Some(policy), request_id: String::new() }
}

async fn configure(tenant: &Tenant, policy: v1::SlaPolicy) -> v1::SlaPolicy {
    ok!(tenant.admin.analytics().configure_sla(configured(policy))).policy.unwrap()
}

/// A policy of a tenant that promises nothing to anybody.
pub(crate) async fn any_policy(tenant: &Tenant) -> v1::SlaPolicy {
    let idle = v1::SlaPolicy { enabled: false, ..policy(&[(SlaMetric::Resolution, 60)]) };
    configure(tenant, idle).await
}

async fn a_calendar_lives_and_dies(case: Case) {
    let routing = || case.admin.routing();
    let made = create_calendar(&case, office()).await;
    assert_eq!((made.version, made.weekly.len()), (1, 5));
    assert_eq!(made.dates[0].date, "2026-12-24", "in the order of the calendar");
    let get = v1::GetCalendarRequest { calendar_id: made.id.clone() };
    assert_eq!(ok!(routing().get_calendar(get.clone())).calendar.unwrap(), made);
    let same = v1::Calendar { name: made.name.clone(), ..office() };
    let again = v1::CreateCalendarRequest { calendar: Some(same), request_id: String::new() };
    let error = refused!(routing().create_calendar(again), NameTaken);
    assert_eq!(error.metadata()["resource"], "calendar");

    let change = v1::Calendar { id: made.id.clone(), closed: true, ..Default::default() };
    let after = ok!(routing().update_calendar(updated(change, &[]))).calendar.unwrap();
    assert!(after.closed && after.version == 2 && after.dates == made.dates);
    let stale = v1::Calendar { etag: made.etag.clone(), ..after.clone() };
    refused!(routing().update_calendar(updated(stale, &["closed"])), EtagMismatch);
    let unknown = v1::Calendar { id: nobody(), ..Default::default() };
    refused!(routing().update_calendar(updated(unknown, &["closed"])), ResourceNotFound);
    let cleared = v1::Calendar { id: made.id.clone(), ..Default::default() };
    let paths = ["closed", "dates", "description"];
    let after = ok!(routing().update_calendar(updated(cleared, &paths))).calendar.unwrap();
    assert!(!after.closed && after.dates.is_empty() && after.weekly == made.weekly);
    let listed = ok!(routing().list_calendars(v1::ListCalendarsRequest::default()));
    assert_eq!(listed.calendars, [after.clone()]);

    let delete = |etag: &str| v1::DeleteCalendarRequest {
        calendar_id: made.id.clone(),
        etag: etag.into(),
        request_id: String::new(),
    };
    let hours = v1::Queue { calendar_id: made.id.clone(), ..Default::default() };
    let queue = case.queue(hours).await;
    let error = refused!(routing().delete_calendar(delete("")), ResourceInUse);
    assert_eq!(error.metadata()["used_by"], "queue");
    let gone = v1::DeleteQueueRequest { queue_id: queue.id, ..Default::default() };
    ok!(routing().delete_queue(gone));
    refused!(routing().delete_calendar(delete(&made.etag)), EtagMismatch);
    ok!(routing().delete_calendar(delete(&after.etag)));
    refused!(routing().get_calendar(get), ResourceNotFound);
}

async fn calendars_that_make_no_sense_are_refused(case: Case) {
    let refused = |change: fn(&mut v1::Calendar)| {
        let mut calendar = office();
        change(&mut calendar);
        let request =
            v1::CreateCalendarRequest { calendar: Some(calendar), request_id: String::new() };
        let routing = case.admin.routing();
        async move {
            let mut routing = routing;
            let error = refused!(routing.create_calendar(request), ValidationFailed);
            error.violations()[0].field.clone()
        }
    };
    assert_eq!(refused(|c| c.name.clear()).await, "calendar.name");
    assert_eq!(refused(|c| c.time_zone = "Berlin".into()).await, "calendar.time_zone");
    assert_eq!(refused(|c| c.time_zone.clear()).await, "calendar.time_zone");
    assert_eq!(refused(|c| c.weekly[1].end_minute = 500).await, "calendar.weekly[1]");
    assert_eq!(refused(|c| c.weekly[0].day = 0).await, "calendar.weekly[0].day");
    let path = refused(|c| c.dates[1].date = "2026-02-30".into()).await;
    assert_eq!(path, "calendar.dates[1].date");
    let path = refused(|c| c.dates[1].date = c.dates[0].date.clone()).await;
    assert_eq!(path, "calendar.dates[1].date");
    let path = refused(|c| c.dates[1].date = "tomorrow".into()).await;
    assert_eq!(path, "calendar.dates[1].date");
}

async fn a_calendar_tells_when_it_is_open(case: Case) {
    let id = calendar(&case).await.id;
    let ask = |seconds: i64| {
        let time = Some(Timestamp { seconds, nanos: 0 });
        let request = v1::GetCalendarStatusRequest { calendar_id: id.clone(), time };
        let mut routing = case.admin.routing();
        async move {
            let status = ok!(routing.get_calendar_status(request));
            (status.open, status.next_change_time.map_or(0, |time| time.seconds))
        }
    };
    // 24 December 2026, 10:00 in Berlin; it closes at noon, and opens on Monday the 28th at nine.
    let ten = 1_798_102_800;
    assert_eq!(ask(ten).await, (true, ten + 2 * 3600));
    assert_eq!(ask(ten + 2 * 3600).await, (false, ten + 95 * 3600));
    let now = v1::GetCalendarStatusRequest { calendar_id: id, time: None };
    let status = ok!(case.admin.routing().get_calendar_status(now));
    assert!(status.time.is_some() && status.next_change_time.is_some());
    let unknown = v1::GetCalendarStatusRequest { calendar_id: nobody(), time: None };
    refused!(case.admin.routing().get_calendar_status(unknown), ResourceNotFound);
}

async fn closed(case: &Case) -> v1::Calendar {
    create_calendar(case, v1::Calendar { closed: true, ..office() }).await
}

async fn a_closed_queue_holds_what_waits(case: Case) {
    let hours = closed(&case).await;
    let held = v1::Queue { calendar_id: hours.id.clone(), ..Default::default() };
    let held = case.queue(held).await;
    assert_eq!(held.closed_policy(), ClosedPolicy::Hold);
    let (_, mut console) = case.at_work("Bo").await;
    let waiting = case.open(&held).await;
    assert_eq!((waiting.status(), &waiting.queue_id), (InteractionStatus::Queued, &held.id));
    // What comes later to an open queue is offered first.
    let open = case.plain_queue().await;
    let later = case.open(&open).await;
    assert_eq!(console.offered().await.interaction.unwrap().id, later.id);
    let still = case.interaction(&waiting.id).await;
    assert_eq!((still.status(), still.first_offer_time), (InteractionStatus::Queued, None));

    let opened = v1::Calendar { id: hours.id.clone(), always_open: true, ..Default::default() };
    let request = updated(opened, &["closed", "always_open"]);
    ok!(case.admin.routing().update_calendar(request));
    case.interaction_in(&waiting.id, InteractionStatus::Offered).await;
}

async fn a_closed_queue_sends_on(case: Case) {
    let hours = closed(&case).await;
    let night = case.plain_queue().await;
    let day = v1::Queue {
        calendar_id: hours.id.clone(),
        closed_policy: ClosedPolicy::Redirect.into(),
        closed_queue_id: night.id.clone(),
        ..Default::default()
    };
    let day = case.queue(day).await;
    let made = case.open(&day).await;
    assert_eq!(made.queue_id, night.id, "nobody is there by day");
    let opened = v1::Calendar { id: hours.id.clone(), always_open: true, ..Default::default() };
    let request = updated(opened, &["closed", "always_open"]);
    ok!(case.admin.routing().update_calendar(request));
    assert_eq!(case.open(&day).await.queue_id, day.id);

    let nowhere = |closed_queue_id: &str, calendar_id: &str| v1::UpdateQueueRequest {
        queue: Some(v1::Queue {
            id: day.id.clone(),
            closed_queue_id: closed_queue_id.into(),
            calendar_id: calendar_id.into(),
            ..Default::default()
        }),
        update_mask: mask(&["closed_queue_id", "calendar_id"]),
        request_id: String::new(),
    };
    let routing = || case.admin.routing();
    let error = refused!(routing().update_queue(nowhere("", &hours.id)), ValidationFailed);
    assert_eq!(error.violations()[0].field, "queue.closed_queue_id");
    refused!(routing().update_queue(nowhere(&day.id, &hours.id)), ValidationFailed);
    refused!(routing().update_queue(nowhere(&nobody(), &hours.id)), ResourceNotFound);
    refused!(routing().update_queue(nowhere(&night.id, &nobody())), ResourceNotFound);
}

async fn a_policy_lives_and_dies(case: Case) {
    let analytics = || case.admin.analytics();
    let wanted = v1::SlaPolicy {
        position: 5,
        warn_at_percent: vec![50, 80],
        customer_tiers: vec!["gold".into()],
        ..policy(&[(SlaMetric::FirstResponse, 60)])
    };
    let made = configure(&case, wanted.clone()).await;
    assert_eq!((made.version, made.position), (1, 5));
    assert_eq!(made.targets, wanted.targets);
    let other = configure(&case, policy(&[(SlaMetric::Resolution, 60)])).await;
    let replaced = v1::SlaPolicy { warn_at_percent: vec![], position: 9, ..wanted.clone() };
    let after = configure(&case, replaced.clone()).await;
    assert_eq!((&after.id, after.version, after.position), (&made.id, 2, 9), "known by its name");
    assert!(after.warn_at_percent.is_empty(), "it is replaced as a whole");
    let stale = v1::SlaPolicy { etag: made.etag.clone(), ..replaced.clone() };
    refused!(analytics().configure_sla(configured(stale)), EtagMismatch);
    let listed = ok!(analytics().list_sla_policies(v1::ListSlaPoliciesRequest::default()));
    assert_eq!(listed.policies, [other, after.clone()], "in the order they are tried");

    let twice = v1::SlaPolicy {
        targets: vec![target(SlaMetric::Resolution, 1), target(SlaMetric::Resolution, 2)],
        ..wanted.clone()
    };
    refused!(analytics().configure_sla(configured(twice)), ValidationFailed);
    let falling = v1::SlaPolicy { warn_at_percent: vec![80, 50], ..wanted.clone() };
    refused!(analytics().configure_sla(configured(falling)), ValidationFailed);
    let nameless = v1::SlaPolicy { name: String::new(), ..wanted.clone() };
    refused!(analytics().configure_sla(configured(nameless)), ValidationFailed);
    let strange = v1::SlaPolicy { queue_ids: vec![nobody()], ..wanted.clone() };
    refused!(analytics().configure_sla(configured(strange)), ResourceNotFound);
    let mut timed = wanted;
    timed.targets[0].calendar_id = nobody();
    refused!(analytics().configure_sla(configured(timed)), ResourceNotFound);

    let delete = |etag: &str| v1::DeleteSlaPolicyRequest {
        sla_policy_id: made.id.clone(),
        etag: etag.into(),
        request_id: String::new(),
    };
    refused!(analytics().delete_sla_policy(delete(&made.etag)), EtagMismatch);
    ok!(analytics().delete_sla_policy(delete(&after.etag)));
    refused!(analytics().delete_sla_policy(delete("")), ResourceNotFound);
}

/// How the clocks of an interaction stand.
fn stands(interaction: &v1::Interaction) -> Vec<(SlaMetric, SlaStatus)> {
    let state = interaction.sla.as_ref().expect("promises were made");
    state.clocks.iter().map(|clock| (clock.metric(), clock.status())).collect()
}

async fn clocks_start_pause_and_stop(case: Case) {
    let hour = 3_600;
    let wanted = v1::SlaPolicy {
        pauses: vec![v1::SlaPause::AwaitingCustomer.into()],
        ..policy(&[
            (SlaMetric::FirstResponse, hour),
            (SlaMetric::NextResponse, hour),
            (SlaMetric::Resolution, hour),
            (SlaMetric::TotalResolution, hour),
            (SlaMetric::TimeToAnswer, hour),
        ])
    };
    let made = configure(&case, wanted).await;
    let (account, _) = case.account("http://127.0.0.1:9/in").await;
    let (agent, mut console) = case.at_work("Bo").await;
    let say = || v1::ReceiveMessageRequest {
        channel_account_id: account.id.clone(),
        from_address: "+49 151".into(),
        body: "hello?".into(),
        ..Default::default()
    };
    let id = ok!(case.admin.channels().receive_message(say())).interaction_id;
    console.take().await;
    use SlaMetric::{FirstResponse, NextResponse, Resolution, TimeToAnswer, TotalResolution};
    use SlaStatus::{Met, OnTrack, Paused};
    let seen = case.interaction_in(&id, InteractionStatus::Active).await;
    let running = [(FirstResponse, OnTrack), (Resolution, OnTrack), (TotalResolution, OnTrack)];
    assert_eq!(stands(&seen), [&running[..], &[(TimeToAnswer, Met)]].concat());
    let state = seen.sla.as_ref().unwrap();
    assert_eq!((&state.policy_id, state.version), (&made.id, 1));
    assert_eq!(state.status(), OnTrack);
    let created = seen.create_time.unwrap();
    let due = state.clocks[0].due_time.unwrap();
    assert_eq!((due.seconds - created.seconds, due.nanos), (hour, created.nanos));

    let reply = v1::SendMessageRequest {
        interaction_id: id.clone(),
        body: "here I am".into(),
        ..Default::default()
    };
    ok!(agent.client.interactions().send_message(reply));
    let paused = [(FirstResponse, Met), (Resolution, Paused), (TotalResolution, Paused)];
    let seen = case.interaction(&id).await;
    assert_eq!(stands(&seen), [&paused[..], &[(TimeToAnswer, Met)]].concat());
    ok!(case
        .admin
        .channels()
        .receive_message(v1::ReceiveMessageRequest { body: "one more thing".into(), ..say() }));
    let seen = case.interaction(&id).await;
    let again = [(NextResponse, OnTrack), (Resolution, OnTrack), (TotalResolution, OnTrack)];
    assert_eq!(stands(&seen)[1..4], again);

    let close = v1::CloseInteractionRequest { interaction_id: id.clone(), ..Default::default() };
    ok!(case.admin.interactions().close_interaction(close));
    let seen = case.interaction(&id).await;
    let done = [(NextResponse, SlaStatus::Dropped), (Resolution, Met), (TotalResolution, Met)];
    assert_eq!(stands(&seen)[1..4], done);
    assert_eq!(seen.sla.as_ref().unwrap().status(), SlaStatus::Unspecified, "nothing runs");
    let reopen = v1::ReopenInteractionRequest { interaction_id: id.clone(), ..Default::default() };
    ok!(case.admin.interactions().reopen_interaction(reopen));
    let seen = case.interaction(&id).await;
    let reopened = [(NextResponse, OnTrack), (Resolution, Met), (TotalResolution, OnTrack)];
    assert_eq!(stands(&seen)[1..4], reopened, "the first resolution stays, the total goes on");
}

async fn another_policy_takes_over(case: Case) {
    let queue = case.plain_queue().await;
    let gold = v1::SlaPolicy {
        position: 1,
        customer_tiers: vec!["gold".into()],
        ..policy(&[(SlaMetric::Resolution, 100)])
    };
    let gold = configure(&case, gold).await;
    let urgent = v1::SlaPolicy {
        position: 2,
        priorities: vec![Priority::Urgent.into()],
        ..policy(&[(SlaMetric::Resolution, 200)])
    };
    let urgent = configure(&case, urgent).await;
    let rest = v1::SlaPolicy {
        position: 3,
        reapplies: true,
        queue_ids: vec![queue.id.clone()],
        ..policy(&[(SlaMetric::Resolution, 300)])
    };
    let rest = configure(&case, rest).await;
    let policy_of = |seen: &v1::Interaction| seen.sla.as_ref().map(|sla| sla.policy_id.clone());

    let customer = v1::Customer { tier: "gold".into(), ..Default::default() };
    let customer = v1::Customer { display_name: "Ada".into(), ..customer };
    let request = v1::CreateCustomerRequest { customer: Some(customer), ..Default::default() };
    let customer = ok!(case.admin.customers().create_customer(request)).customer.unwrap();
    let customer = v1::create_interaction_request::Customer::CustomerId(customer.id);
    let request = v1::CreateInteractionRequest { customer: Some(customer), ..opening(&queue.id) };
    assert_eq!(policy_of(&case.create(request).await), Some(gold.id));
    let made = case.open(&queue).await;
    assert_eq!(policy_of(&made), Some(rest.id.clone()));
    let other = v1::CreateInteractionRequest { customer: Some(somebody()), ..opening("") };
    let other = case.create(other).await;
    assert_eq!(policy_of(&other), Some(String::new()), "none matched");

    let raise = v1::UpdateInteractionRequest {
        interaction: Some(v1::Interaction {
            id: made.id.clone(),
            priority: Priority::Urgent.into(),
            ..Default::default()
        }),
        ..Default::default()
    };
    ok!(case.admin.interactions().update_interaction(raise));
    let seen = case.interaction(&made.id).await;
    assert_eq!(policy_of(&seen), Some(urgent.id));
    let clock = &seen.sla.as_ref().unwrap().clocks[0];
    assert_eq!(clock.target, secs(200));
    let left = clock.due_time.unwrap().seconds - seen.create_time.unwrap().seconds;
    assert_eq!(left, 200, "time that was counted stays counted");
}

async fn events(case: &Case, kind: &str) -> Vec<v1::Event> {
    let request = v1::ListAuditLogRequest { page_size: 500, ..Default::default() };
    let entries = ok!(case.admin.admin().list_audit_log(request)).entries;
    let events = entries.into_iter().filter_map(|entry| entry.event);
    events.filter(|event| event.kind == kind).collect()
}

async fn list(case: &Case, request: v1::ListSlaBreachesRequest) -> v1::ListSlaBreachesResponse {
    ok!(case.admin.analytics().list_sla_breaches(request))
}

/// The two breaches, page by page and by every filter.
async fn breaches_are_listed(case: &Case, queue: &v1::Queue, found: &[v1::SlaBreach]) {
    let all = v1::ListSlaBreachesRequest::default;
    let page = list(case, v1::ListSlaBreachesRequest { page_size: 1, ..all() }).await;
    assert_eq!(page.breaches, found[..1]);
    let next = v1::ListSlaBreachesRequest {
        page_size: 1,
        page_token: page.next_page_token.clone(),
        ..all()
    };
    let page = list(case, next.clone()).await;
    assert_eq!((&page.breaches[..], page.next_page_token.as_str()), (&found[1..], ""));
    let elsewhere = v1::ListSlaBreachesRequest { queue_id: queue.id.clone(), ..next };
    refused!(case.admin.analytics().list_sla_breaches(elsewhere), PageTokenInvalid);
    let of = |request| async move { list(case, request).await.breaches.len() };
    let interaction_id = found[0].interaction_id.clone();
    assert_eq!(of(v1::ListSlaBreachesRequest { interaction_id, ..all() }).await, 1);
    let metric = SlaMetric::Resolution.into();
    assert_eq!(of(v1::ListSlaBreachesRequest { metric, ..all() }).await, 0);
    assert_eq!(of(v1::ListSlaBreachesRequest { queue_id: nobody(), ..all() }).await, 0);
    let start_time = found[0].breach_time.map(|t| Timestamp { seconds: t.seconds + 1, ..t });
    assert_eq!(of(v1::ListSlaBreachesRequest { start_time, ..all() }).await, 0);
    let end_time = start_time;
    assert_eq!(of(v1::ListSlaBreachesRequest { end_time, ..all() }).await, 2);
}

async fn a_breach_is_told_once(case: Case) {
    let queue = case.plain_queue().await;
    let wanted = v1::SlaPolicy {
        warn_at_percent: vec![50],
        ..policy(&[(SlaMetric::TimeToAnswer, 1), (SlaMetric::Resolution, 3_600)])
    };
    let made = configure(&case, wanted).await;
    let first = case.open(&queue).await;
    case.open(&queue).await;
    let all = v1::ListSlaBreachesRequest::default;
    let look = || async {
        let found = list(&case, all()).await.breaches;
        (found.len() == 2).then_some(found)
    };
    let found = eventually("two breaches", look).await;
    assert!(found[0].seq > found[1].seq, "newest first");
    let breach = found.iter().find(|found| found.interaction_id == first.id).expect("the first");
    assert_eq!((breach.metric(), breach.round), (SlaMetric::TimeToAnswer, 1));
    assert_eq!((&breach.policy_id, &breach.queue_id), (&made.id, &queue.id));
    let (due, told) = (breach.due_time.unwrap(), breach.breach_time.unwrap());
    assert_eq!(due.seconds - first.create_time.unwrap().seconds, 1);
    let late =
        (told.seconds - due.seconds) * 1_000 + i64::from((told.nanos - due.nanos) / 1_000_000);
    assert!((0..1_000).contains(&late), "told {late} ms after it was due");

    let warned = events(&case, "sla.warned").await;
    assert_eq!(warned.len(), 2, "one each: {warned:?}");
    let Some(Data::SlaWarned(data)) = &warned[0].data else { panic!("{warned:?}") };
    assert_eq!((data.metric(), data.percent), (SlaMetric::TimeToAnswer, 50));
    let seen = case.interaction(&first.id).await;
    assert_eq!(seen.sla.as_ref().unwrap().status(), SlaStatus::Breached);
    let figures = v1::GetQueueStatsRequest { queue_ids: vec![queue.id.clone()] };
    let look = || async {
        let stats = ok!(case.admin.routing().get_queue_stats(figures.clone())).queues;
        (stats[0].sla_breached == 2).then_some(())
    };
    eventually("figures of the breach", look).await;

    breaches_are_listed(&case, &queue, &found).await;
    let (_, mut console) = case.at_work("Bo").await;
    console.take().await;
    console.take().await;
    let seen = case.interaction_in(&first.id, InteractionStatus::Active).await;
    assert_eq!(stands(&seen)[1], (SlaMetric::TimeToAnswer, SlaStatus::Breached));
    assert_eq!(seen.sla.as_ref().unwrap().status(), SlaStatus::OnTrack, "what runs is in time");
    assert_eq!(list(&case, all()).await.breaches.len(), 2, "told once");
    assert_eq!(events(&case, "sla.breached").await.len(), 2);
    assert_eq!(events(&case, "sla.applied").await.len(), 2);
}
