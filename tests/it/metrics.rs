//! Figures as an operator's collector sees them: who may ask, that numbers are those of what was
//! done, that every figure is documented, and that none tells about tenants or people.

use crate::support::fixture::Case;
use crate::support::receiver::{Receiver, Saying};
use crate::support::{eventually, frames, http, unique};
use omnichannel_sdk::v1::{self, Role};
use std::collections::{BTreeMap, BTreeSet};

both!(alone ["egress.allow_private = true"];
    only_the_platform_is_told_figures,
    figures_are_those_of_what_was_done,
    counters_begin_at_zero_and_each_figure_says_what_it_is,
    every_figure_is_documented_and_none_is_personal,
);

mod switched_off {
    use super::*;
    both!(alone ["metrics.enabled = false"]; nothing_is_told);

    async fn nothing_is_told(case: Case) {
        assert_eq!(ask(&case, Some(case.server.platform_key())).await.status, 404);
    }
}

async fn ask(case: &Case, key: Option<&str>) -> http::Answer {
    let bearer = key.map(|key| format!("Bearer {key}"));
    let headers: Vec<_> = bearer.iter().map(|bearer| ("authorization", bearer.as_str())).collect();
    http::send(case.server.port(), "GET", "/metrics", &headers, b"").await
}

async fn text(case: &Case) -> String {
    let answer = ask(case, Some(case.server.platform_key())).await;
    assert_eq!(answer.status, 200, "{}", answer.head);
    assert!(answer.head.contains("text/plain; version=0.0.4"), "{}", answer.head);
    String::from_utf8(answer.body).expect("text")
}

/// Every figure with its labels.
async fn figures(case: &Case) -> BTreeMap<String, f64> {
    let text = text(case).await;
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    let split = lines.map(|line| line.rsplit_once(' ').expect("a name and a number"));
    split.map(|(name, number)| (name.to_owned(), number.parse().expect("a number"))).collect()
}

fn of(figures: &BTreeMap<String, f64>, name: &str) -> f64 {
    figures.get(name).copied().unwrap_or_default()
}

async fn counters_begin_at_zero_and_each_figure_says_what_it_is(case: Case) {
    let now = figures(&case).await;
    for name in [
        "omnichannel_ledger_splits_total",
        "omnichannel_access_log_dropped_total",
        "omnichannel_dead_letters_total{of=\"inbox\"}",
        "omnichannel_dead_letters_total{of=\"outbox\"}",
        "omnichannel_worker_restarts_total{worker=\"inbox\"}",
        "omnichannel_worker_restarts_total{worker=\"dispatcher\"}",
        "omnichannel_connections_total{outcome=\"no_room\"}",
        "omnichannel_deliveries_total{kind=\"email\",outcome=\"unknown\"}",
        "omnichannel_mails_total{code=\"250\"}",
        "omnichannel_webhooks_total{status=\"503\"}",
    ] {
        assert_eq!(now.get(name), Some(&0.0), "{name}");
    }
    let text = text(&case).await;
    let named = |what: &str| -> BTreeSet<String> {
        let lines = text.lines().filter_map(|line| line.strip_prefix(what)?.split(' ').next());
        lines.map(str::to_owned).collect()
    };
    let (typed, helped) = (named("# TYPE "), named("# HELP "));
    assert_eq!(typed.difference(&helped).collect::<Vec<_>>(), Vec::<&String>::new());
    assert!(text.contains("# HELP omnichannel_backlog_oldest_seconds age of the oldest of them"));
}

async fn only_the_platform_is_told_figures(case: Case) {
    assert_eq!(ask(&case, None).await.status, 401);
    assert_eq!(ask(&case, Some("omk_nothing")).await.status, 401);
    assert_eq!(ask(&case, Some(&case.key)).await.status, 403, "a tenant sees only itself");
    let auditor = case.key_of(Role::Auditor, "").await;
    assert_eq!(ask(&case, Some(&auditor)).await.status, 403);
    let narrow = v1::ApiKey {
        name: unique("key"),
        role: Role::PlatformAdmin.into(),
        scopes: vec![v1::Permission::ServerRead.into()],
        ..Default::default()
    };
    let request = v1::CreateApiKeyRequest { api_key: Some(narrow), ..Default::default() };
    if let Ok(made) = case.operator().admin().create_api_key(request).await {
        assert_eq!(ask(&case, Some(&made.into_inner().key)).await.status, 200);
    }
    assert!(text(&case).await.contains("omnichannel_build_info{"));
}

async fn figures_are_those_of_what_was_done(case: Case) {
    let queue = case.plain_queue().await;
    let (_, mut console) = case.at_work("Bo").await;
    let feed = frames::feed(&case.admin, None).await.expect("it opens");
    let before = figures(&case).await;
    let head = case.head().await;
    for _ in 0..3 {
        case.open(&queue).await;
        console.take().await;
    }
    let analyst = case.role(Role::Analyst).await;
    for _ in 0..2 {
        let request = v1::CreateInteractionRequest::default();
        let refused = analyst.interactions().create_interaction(request).await;
        refused.expect_err("it may not");
    }
    let after = figures(&case).await;
    let events = (case.head().await - head) as f64;
    let rose = |name: &str| of(&after, name) - of(&before, name);
    let create = "method=\"InteractionService/CreateInteraction\"";
    let calls = |code: &str| {
        let either = [
            format!("omnichannel_calls_total{{{create},code=\"{code}\"}}"),
            format!("omnichannel_calls_total{{code=\"{code}\",{create}}}"),
        ];
        either.iter().map(|name| rose(name)).sum::<f64>()
    };
    assert_eq!((calls("OK"), calls("PERMISSION_DENIED")), (3.0, 2.0));
    assert_eq!(rose(&format!("omnichannel_call_duration_seconds_count{{{create}}}")), 5.0);
    assert_eq!(rose("omnichannel_offer_delay_seconds_count"), 3.0);
    assert_eq!(rose("omnichannel_ledger_events_total"), events);
    let batches = rose("omnichannel_ledger_batches_total");
    assert!((1.0..=events).contains(&batches), "{batches} batches, {events} events");
    assert_eq!(rose("omnichannel_ledger_batch_duration_seconds_count"), batches);
    assert_eq!(of(&after, "omnichannel_streams_open{method=\"AdminService/WatchFeed\"}"), 1.0);
    assert_eq!(of(&after, "omnichannel_streams_open{method=\"AgentService/Session\"}"), 1.0);
    assert!(of(&after, "omnichannel_connections_open") >= 1.0);
    assert_eq!(of(&after, "omnichannel_database_up"), 1.0);
    assert!(of(&after, "process_resident_memory_bytes") > 1e6);
    drop(feed);
    let ended = || async {
        let now = figures(&case).await;
        let open = of(&now, "omnichannel_streams_open{method=\"AdminService/WatchFeed\"}");
        (open == 0.0).then_some(now)
    };
    let now = eventually("the stream is counted as ended", ended).await;
    let gone = now.iter().filter(|(name, _)| {
        let wanted = ["omnichannel_streams_ended_total", "stream=\"feed\"", "reason=\"GONE\""];
        wanted.iter().all(|part| name.contains(part))
    });
    assert_eq!(gone.map(|(_, count)| *count).sum::<f64>(), 1.0);
    what_waits_is_told(&case).await;
}

async fn what_waits_is_told(case: &Case) {
    let skill = case.skill().await;
    let needs = v1::SkillRequirement { skill_id: skill.id, min_level: 1 };
    let nobody = case.queue(v1::Queue { required_skills: vec![needs], ..Default::default() }).await;
    for _ in 0..2 {
        case.open(&nobody).await;
    }
    let waiting = || async {
        let now = figures(case).await;
        (of(&now, "omnichannel_interactions_waiting") == 2.0).then_some(now)
    };
    let now = eventually("two wait", waiting).await;
    let oldest = of(&now, "omnichannel_interactions_oldest_wait_seconds");
    assert!(oldest > 0.0 && oldest < 60.0, "{oldest}");
    deliveries_are_told(case).await;
}

async fn deliveries_are_told(case: &Case) {
    let receiver = Receiver::start(&[Saying::Status(200, "{}"), Saying::Status(410, "")]).await;
    let (account, _) = case.account(&receiver.url()).await;
    for body in ["zebra one", "zebra two"] {
        let hand_in = v1::ReceiveMessageRequest {
            channel_account_id: account.id.clone(),
            from_address: unique("+49 151"),
            body: body.into(),
            ..Default::default()
        };
        let made = ok!(case.admin.channels().receive_message(hand_in));
        let reply = v1::SendMessageRequest {
            interaction_id: made.interaction_id,
            body: "zebra answer".into(),
            ..Default::default()
        };
        ok!(case.admin.interactions().send_message(reply));
    }
    let told = || async {
        let now = figures(case).await;
        let sum = |wanted: &str| {
            let mine = now.iter().filter(|(name, _)| {
                name.starts_with("omnichannel_deliveries_total{")
                    && name.contains("kind=\"webhook\"")
                    && name.contains(&format!("outcome=\"{wanted}\""))
            });
            mine.map(|(_, count)| *count).sum::<f64>()
        };
        let dead = of(&now, "omnichannel_dead_letters_total{of=\"outbox\"}");
        let left = of(&now, "omnichannel_backlog{of=\"outbox\"}");
        (sum("accepted") == 1.0 && sum("refused") == 1.0 && dead == 1.0 && left == 0.0)
            .then_some(())
    };
    eventually("one delivery was accepted, one refused, none is left", told).await;
}

async fn every_figure_is_documented_and_none_is_personal(case: Case) {
    let queue = case.plain_queue().await;
    let (agent, mut console) = case.at_work("Zebra").await;
    let made = case.open(&queue).await;
    console.take().await;
    let text = text(&case).await;
    let told: BTreeSet<&str> =
        text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect();
    assert!(told.len() > 20, "{told:?}");
    let docs = include_str!("../../docs/metrics.md");
    let documented: BTreeSet<&str> = docs
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
        .map(|name| name.split('{').next().unwrap_or(name))
        .collect();
    let missing: Vec<_> = told.difference(&documented).collect();
    assert!(missing.is_empty(), "not in docs/metrics.md: {missing:?}");
    for name in &told {
        let ours = name.starts_with("omnichannel_") || name.starts_with("process_");
        assert!(ours, "{name}");
    }
    for secret in ["Zebra", &case.tenant.id, &case.tenant.name, &agent.id, &made.id, &queue.name] {
        assert!(!text.contains(secret), "{secret} is told");
    }
}
