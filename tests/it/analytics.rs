//! AnalyticsService: figures at a moment, and the dashboard that follows them. What a board must
//! add up to is known, because each tenant here has only what its test made.

use crate::support::database::Database;
use crate::support::fixture::{Case, opening};
use crate::support::frames::{Frames, up};
use crate::support::process::Settings;
use crate::support::{alone, eventually, nobody, secs};
use omnichannel_sdk::v1::{self, DashboardTopic as Topic, Role};
use omnichannel_sdk::{Dashboard, DashboardOptions};
use std::time::Duration;
use v1::dashboard_frame::Frame;
use v1::dashboard_request::Command;

both!(
    figures_add_up,
    a_trend_tells_what_came_in_and_what_became_of_it,
    a_dashboard_follows_what_happens,
    a_dashboard_changes_its_topics,
    a_dashboard_frame_by_frame,
    the_twin_shows_the_same,
    dashboards_that_ask_for_nothing_are_refused,
);

async fn stats(case: &Case) -> v1::RealTimeStats {
    let analyst = &case.admin;
    let answer = ok!(analyst.analytics().get_real_time_stats(v1::GetRealTimeStatsRequest {}));
    answer.stats.expect("figures")
}

async fn figures_add_up(case: Case) {
    let nothing = stats(&case).await;
    assert_eq!((nothing.active_interactions, nothing.queued_interactions), (0, 0));
    assert_eq!((nothing.interactions_created_total, nothing.resolved_total), (0, 0));
    assert_eq!((nothing.avg_rating, nothing.queues.len()), (0.0, 1));

    let queue = case.plain_queue().await;
    let busy = case.agent_with_room("busy", 1).await;
    let mut a = busy.console().await;
    a.available().await;
    let taken = case.open(&queue).await;
    a.take().await;
    let (_, mut b) = case.at_work("free").await;
    let offered = v1::CreateInteractionRequest {
        channel: v1::ChannelKind::Email.into(),
        ..opening(&queue.id)
    };
    case.create(offered).await;
    b.offered().await;
    let skill = case.skill().await;
    let need = v1::SkillRequirement { skill_id: skill.id, min_level: 1 };
    let waiting =
        v1::CreateInteractionRequest { required_skills: vec![need], ..opening(&queue.id) };
    case.create(waiting).await;
    let done = case.open(&queue).await;
    let close =
        v1::CloseInteractionRequest { interaction_id: done.id.clone(), ..Default::default() };
    ok!(case.admin.interactions().close_interaction(close));
    for (id, rating) in [(&done.id, 4)] {
        let rate =
            v1::RateInteractionRequest { interaction_id: id.clone(), rating, ..Default::default() };
        ok!(case.admin.interactions().rate_interaction(rate));
    }
    let head = case.head().await;
    let look = || async {
        let now = stats(&case).await;
        (now.seq >= head).then_some(now)
    };
    let now = eventually("figures of now", look).await;
    assert!(now.as_of.is_some());
    let counts = (now.active_interactions, now.offered_interactions, now.queued_interactions);
    assert_eq!(counts, (1, 1, 1));
    let agents = (now.connected_agents, now.available_agents, now.busy_agents);
    assert_eq!(agents, (2, 1, 1), "one has room, one is at capacity");
    assert_eq!((now.interactions_created_total, now.resolved_total), (4, 1));
    assert!((now.avg_rating - 4.0).abs() < 1e-9);
    assert!(now.avg_wait.is_some(), "one was taken");
    let mut channels: Vec<_> =
        now.channel_distribution.iter().map(|count| (count.channel(), count.count)).collect();
    channels.sort_by_key(|(channel, _)| *channel as i32);
    assert_eq!(channels, [(v1::ChannelKind::Email, 1), (v1::ChannelKind::Chat, 2)]);
    let figures = now.queues.iter().find(|found| found.queue_id == queue.id).expect("its queue");
    assert_eq!((figures.depth, figures.offered), (1, 1));
    assert_eq!(case.interaction(&taken.id).await.queue_id, queue.id);
    let absent = nothing.avg_wait.is_none() && nothing.avg_response_time.is_none();
    assert!(absent, "there was none: {nothing:?}");
}

async fn a_trend_tells_what_came_in_and_what_became_of_it(case: Case) {
    let queue = case.plain_queue().await;
    let other = case.plain_queue().await;
    let agent = case.agent_with_room("Bo", 1).await;
    let mut console = agent.console().await;
    console.available().await;
    case.open(&queue).await;
    console.take().await;
    let mail = v1::CreateInteractionRequest {
        channel: v1::ChannelKind::Email.into(),
        ..opening(&queue.id)
    };
    let left = case.create(mail).await;
    let abandon = v1::AbandonInteractionRequest { interaction_id: left.id, ..Default::default() };
    ok!(case.admin.interactions().abandon_interaction(abandon));
    let done = case.open(&other).await;
    let interaction_id = done.id;
    let close = v1::CloseInteractionRequest {
        interaction_id: interaction_id.clone(),
        ..Default::default()
    };
    ok!(case.admin.interactions().close_interaction(close));
    let rate = v1::RateInteractionRequest { interaction_id, rating: 2, ..Default::default() };
    ok!(case.admin.interactions().rate_interaction(rate));

    let ask =
        async |asked: v1::GetTrendRequest| ok!(case.admin.analytics().get_trend(asked)).points;
    let sum = |points: &[v1::TrendPoint], of: fn(&v1::TrendPoint) -> i64| -> i64 {
        points.iter().map(of).sum()
    };
    let hours = ask(v1::GetTrendRequest::default()).await;
    let starts: Vec<_> = hours.iter().map(|p| p.start_time.expect("a moment").seconds).collect();
    assert_eq!(starts.len(), 24);
    assert!(starts.iter().all(|start| start % 3600 == 0), "{starts:?}");
    assert!(starts.windows(2).all(|two| two[1] - two[0] == 3600), "{starts:?}");
    assert_eq!(sum(&hours, |p| p.created), 3);
    assert_eq!((sum(&hours, |p| p.taken), sum(&hours, |p| p.answered)), (1, 0));
    assert_eq!(sum(&hours, |p| p.resolved), 1);
    assert_eq!((sum(&hours, |p| p.abandoned), sum(&hours, |p| p.expired)), (1, 0));
    assert_eq!(hours.iter().filter(|p| p.avg_wait.is_some()).count(), 1);
    assert!(hours.iter().all(|p| p.avg_response_time.is_none()), "nobody answered");
    assert!((hours.iter().map(|p| p.avg_rating).sum::<f64>() - 2.0).abs() < 1e-9);
    let of_kind = |kind: v1::ChannelKind| -> i32 {
        let all = hours.iter().flat_map(|p| &p.channels);
        all.filter(|count| count.channel() == kind).map(|count| count.count).sum()
    };
    assert_eq!((of_kind(v1::ChannelKind::Email), of_kind(v1::ChannelKind::Chat)), (1, 2));

    let days = v1::GetTrendRequest {
        step: v1::TrendStep::Day.into(),
        steps: 3,
        utc_offset_minutes: 90,
        ..Default::default()
    };
    let found = ask(days.clone()).await;
    let start = found[0].start_time.expect("a moment").seconds;
    assert_eq!((found.len(), (start + 90 * 60) % 86_400), (3, 0));
    assert_eq!(sum(&found, |p| p.created), 3);
    let before = v1::GetTrendRequest {
        end_time: Some(prost_types::Timestamp { seconds: start - 1, nanos: 0 }),
        ..days.clone()
    };
    assert_eq!(sum(&ask(before).await, |p| p.created), 0, "it was not yet there");
    let of_one = v1::GetTrendRequest { queue_id: other.id, ..days.clone() };
    assert_eq!(sum(&ask(of_one).await, |p| p.created), 1);
    let of_none = v1::GetTrendRequest { queue_id: nobody(), ..days.clone() };
    refused!(case.admin.analytics().get_trend(of_none), ResourceNotFound);
    let too_many = v1::GetTrendRequest { steps: 169, ..days };
    refused!(case.admin.analytics().get_trend(too_many), ValidationFailed);
}

fn options(topics: &[Topic]) -> DashboardOptions {
    DashboardOptions {
        topics: topics.to_vec(),
        min_interval: Some(Duration::from_millis(100)),
        ..DashboardOptions::default()
    }
}

/// The first board that this takes.
async fn board<T>(
    dashboard: &mut Dashboard,
    what: &str,
    take: impl Fn(&v1::Board) -> Option<T>,
) -> T {
    crate::support::soon(what, async {
        loop {
            let next = dashboard.next().await.expect("the dashboard goes on");
            let live = next.expect("the dashboard goes well");
            if let Some(taken) = take(&live.board) {
                return taken;
            }
        }
    })
    .await
}

async fn a_dashboard_follows_what_happens(case: Case) {
    let queue = case.plain_queue().await;
    let supervisor = case.role(Role::Supervisor).await;
    let all = [Topic::Stats, Topic::Queues, Topic::Agents, Topic::Channels, Topic::Activity];
    let mut dashboard = Dashboard::open(&supervisor, options(&all)).await.expect("it opens");
    board(&mut dashboard, "an empty board", |board| {
        let idle = board.agents.is_empty() && board.channels.is_empty();
        (idle && board.queues.len() == 2 && board.stats.is_some()).then_some(())
    })
    .await;
    let made = case.open(&queue).await;
    board(&mut dashboard, "one waits", |board| {
        let depth = board.queues.iter().find(|found| found.queue_id == queue.id)?.depth;
        let counted = board.channels.iter().any(|count| count.count == 1);
        let told = board
            .activity
            .iter()
            .any(|line| line.kind == "interaction.created" && line.interaction_id == made.id);
        (depth == 1 && counted && told).then_some(())
    })
    .await;
    let (agent, mut console) = case.at_work("Bo").await;
    console.take().await;
    board(&mut dashboard, "one is active", |board| {
        let item = board.agents.iter().find(|item| item.agent_id == agent.id)?;
        let active = board.stats.as_ref()?.active_interactions == 1;
        let figures = (item.used_units, item.max_units, item.owned_interactions);
        let there = item.presence.as_ref()?.effective() == v1::EffectiveStatus::Available;
        (active && figures == (1, 5, 1) && there && item.name == "Bo").then_some(())
    })
    .await;
    let end = v1::SessionComplete { interaction_id: made.id, ..Default::default() };
    console.session.complete(end).await.expect("it is ours");
    board(&mut dashboard, "none is left", |board| {
        let stats = board.stats.as_ref()?;
        (stats.resolved_total == 1 && board.channels.is_empty()).then_some(())
    })
    .await;
    let gone = v1::DeleteQueueRequest { queue_id: queue.id, ..Default::default() };
    ok!(case.admin.routing().delete_queue(gone));
    board(&mut dashboard, "a queue is gone", |board| (board.queues.len() == 1).then_some(())).await;
}

async fn a_dashboard_changes_its_topics(case: Case) {
    let (first, second) = (case.plain_queue().await, case.plain_queue().await);
    let mut dashboard =
        Dashboard::open(&case.admin, options(&[Topic::Queues])).await.expect("it opens");
    board(&mut dashboard, "queues alone", |board| {
        (board.queues.len() == 3 && board.stats.is_none()).then_some(())
    })
    .await;
    dashboard.update(vec![Topic::Stats, Topic::Queues], vec![first.id.clone()]).await.unwrap();
    board(&mut dashboard, "figures and one queue", |board| {
        (board.stats.is_some() && board.queues.len() == 1).then_some(())
    })
    .await;
    case.open(&second).await;
    case.open(&first).await;
    board(&mut dashboard, "the one queue grows", |board| {
        assert!(board.queues.iter().all(|queue| queue.queue_id == first.id), "{board:?}");
        (board.queues.first()?.depth == 1).then_some(())
    })
    .await;
}

fn open(topics: &[Topic]) -> v1::DashboardOpen {
    v1::DashboardOpen {
        topics: topics.iter().map(|topic| (*topic).into()).collect(),
        queue_ids: Vec::new(),
        min_interval: Some(prost_types::Duration { seconds: 0, nanos: 100_000_000 }),
    }
}

fn of(response: v1::DashboardResponse) -> Option<v1::DashboardFrame> {
    response.frame
}

async fn a_dashboard_frame_by_frame(case: Case) {
    let queue = case.plain_queue().await;
    let first = v1::DashboardRequest { command: Some(Command::Open(open(&[Topic::Queues]))) };
    let (sender, request) = up(first).await;
    let response = case.admin.analytics().dashboard(request).await.expect("it opens");
    let mut frames = Frames::of(response, of);
    let Some(Frame::Hello(hello)) = frames.next().await.frame else { panic!("hello is first") };
    assert_eq!(hello.resumption(), v1::Resumption::Snapshot);
    assert_eq!(hello.heartbeat_interval, secs(15));
    assert!(!hello.stream_id.is_empty() && hello.session_grace.is_none());
    let Some(Frame::Snapshot(board)) = frames.next().await.frame else { panic!("a snapshot") };
    assert_eq!((board.queues.len(), board.stats.is_none(), board.agents.len()), (2, true, 0));
    let Some(Frame::SnapshotEnd(end)) = frames.next().await.frame else { panic!("its end") };
    assert_eq!(end.item_count, 1);
    case.open(&queue).await;
    let (delta, seq) = frames
        .until("a delta", |frame| match frame.frame {
            Some(Frame::Delta(delta)) => Some((delta, frame.seq)),
            other => panic!("only deltas: {other:?}"),
        })
        .await;
    assert_eq!(delta.queues.len(), 1, "only what changed: {delta:?}");
    assert_eq!((&delta.queues[0].queue_id, delta.queues[0].depth), (&queue.id, 1));
    assert!(seq > 0 && delta.stats.is_none());
    let topics = vec![Topic::Stats.into()];
    let update = Command::Update(v1::DashboardUpdate { topics, queue_ids: vec![] });
    sender.send(v1::DashboardRequest { command: Some(update) }).await;
    let board = frames
        .until("a snapshot after the update", |frame| match frame.frame {
            Some(Frame::Snapshot(board)) => Some(board),
            _ => None,
        })
        .await;
    assert!(board.stats.is_some() && board.queues.is_empty());
    let stats = board.stats.unwrap();
    assert!(stats.queues.is_empty() && stats.channel_distribution.is_empty(), "own topics");
}

#[test]
fn a_dashboard_begins_with_what_just_happened_on_sqlite() {
    alone(Database::Sqlite, Settings::default(), a_dashboard_begins_with_what_just_happened);
}

#[test]
fn a_dashboard_begins_with_what_just_happened_on_postgres() {
    alone(Database::Postgres, Settings::default(), a_dashboard_begins_with_what_just_happened);
}

async fn a_dashboard_begins_with_what_just_happened(case: Case) {
    let queue = case.plain_queue().await;
    let mut ids = Vec::new();
    for _ in 0..30 {
        ids.push(case.open(&queue).await.id);
    }
    let first = v1::DashboardRequest {
        command: Some(Command::Open(open(&[Topic::Queues, Topic::Activity]))),
    };
    for restarts in [false, true] {
        if restarts {
            // Then nothing of it is in memory.
            case.server.restart().await;
        }
        let (sender, request) = up(first.clone()).await;
        let response = case.admin.analytics().dashboard(request).await.expect("it opens");
        let mut frames = Frames::of(response, of);
        let board = snapshot(&mut frames).await;
        let seqs: Vec<_> = board.activity.iter().map(|line| line.seq).collect();
        assert_eq!(seqs.len(), 50, "the newest: {board:?}");
        assert!(seqs.windows(2).all(|two| two[1] == two[0] + 1), "in order: {seqs:?}");
        let newest = board.activity.iter().rev().find(|line| line.kind == "interaction.created");
        assert_eq!(newest.map(|line| &line.interaction_id), ids.last());

        let made = case.open(&queue).await.id;
        let mut told = seqs;
        frames
            .until("what happens then", |frame| {
                let Some(Frame::Delta(delta)) = frame.frame else { return None };
                told.extend(delta.activity.iter().map(|line| line.seq));
                let of_it = |line: &v1::ActivityLine| line.interaction_id == made;
                delta.activity.iter().any(of_it).then_some(())
            })
            .await;
        assert!(told.windows(2).all(|two| two[1] == two[0] + 1), "each once: {told:?}");
        let topics = vec![Topic::Activity.into(), Topic::Stats.into()];
        let update = Command::Update(v1::DashboardUpdate { topics, queue_ids: vec![] });
        sender.send(v1::DashboardRequest { command: Some(update) }).await;
        let again = snapshot(&mut frames).await;
        assert!(again.activity.iter().any(|line| line.interaction_id == made), "{again:?}");
        ids.push(made);
    }
}

async fn snapshot(frames: &mut Frames<v1::DashboardFrame>) -> v1::Board {
    let snapshot = |frame: v1::DashboardFrame| match frame.frame {
        Some(Frame::Snapshot(board)) => Some(board),
        _ => None,
    };
    frames.until("a snapshot", snapshot).await
}

async fn the_twin_shows_the_same(case: Case) {
    let queue = case.plain_queue().await;
    let request = v1::WatchDashboardRequest {
        topics: vec![Topic::Queues.into(), Topic::Activity.into()],
        queue_ids: vec![queue.id.clone()],
        min_interval: Some(prost_types::Duration { seconds: 0, nanos: 100_000_000 }),
    };
    let response = case.admin.analytics().watch_dashboard(request).await.expect("it opens");
    let mut frames = Frames::of(response, |response: v1::WatchDashboardResponse| response.frame);
    assert!(matches!(frames.next().await.frame, Some(Frame::Hello(_))));
    let Some(Frame::Snapshot(board)) = frames.next().await.frame else { panic!("a snapshot") };
    assert_eq!(board.queues.len(), 1);
    assert!(matches!(frames.next().await.frame, Some(Frame::SnapshotEnd(_))));
    case.open(&queue).await;
    frames
        .until("what happened", |frame| match frame.frame {
            Some(Frame::Delta(delta)) => {
                let kinds: Vec<_> = delta.activity.iter().map(|line| line.kind.as_str()).collect();
                (kinds.contains(&"interaction.created")).then_some(())
            }
            _ => None,
        })
        .await;
}

async fn dashboards_that_ask_for_nothing_are_refused(case: Case) {
    let watch = |topics: Vec<i32>, queue_ids: Vec<String>| v1::WatchDashboardRequest {
        topics,
        queue_ids,
        min_interval: None,
    };
    let stats: i32 = Topic::Stats.into();
    for request in [
        watch(vec![], vec![]),
        watch(vec![0], vec![]),
        watch(vec![99], vec![]),
        watch(vec![stats, stats], vec![]),
        watch(vec![stats], vec!["no id".into()]),
    ] {
        refused!(case.admin.analytics().watch_dashboard(request), ValidationFailed);
    }
    let slow = v1::WatchDashboardRequest { min_interval: secs(61), ..watch(vec![stats], vec![]) };
    refused!(case.admin.analytics().watch_dashboard(slow), ValidationFailed);
    let topics = vec![stats];
    let update = Command::Update(v1::DashboardUpdate { topics, queue_ids: vec![nobody()] });
    let (_sender, request) = up(v1::DashboardRequest { command: Some(update) }).await;
    refused!(case.admin.analytics().dashboard(request), ValidationFailed);
    let agent = case.agent("Bo").await;
    refused!(
        agent.client.analytics().watch_dashboard(watch(vec![stats], vec![])),
        PermissionDenied
    );
}
