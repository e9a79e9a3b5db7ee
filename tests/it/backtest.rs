//! `omnichannel simulate --tenant`: a tenant's own past, read beside the running server and played
//! again, as it was and with changes.

use crate::support::fixture::Case;
use omnichannel_sdk::v1::{self, InteractionStatus};
use std::process::Output;

both!(
    alone ["log.level = \"warn\""];
    a_past_is_played_again_as_it_was_and_with_changes,
    nonsense_is_told,
);

/// What was printed, if it went well.
fn simulate(case: &Case, args: &[&str]) -> Result<String, String> {
    let all = [&["simulate"], args].concat();
    let Output { status, stdout, stderr } = case.server.run("config.toml", &all);
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    if status.success() { Ok(text(stdout)) } else { Err(text(stderr)) }
}

async fn a_past_is_played_again_as_it_was_and_with_changes(case: Case) {
    let queue = case.plain_queue().await;
    let (ada, mut console) = case.at_work("Ada").await;
    for _ in 0..3 {
        let opened = case.open(&queue).await;
        console.take().await;
        case.interaction_in(&opened.id, InteractionStatus::Active).await;
        let close = v1::CloseInteractionRequest { interaction_id: opened.id, ..Default::default() };
        ok!(case.admin.interactions().close_interaction(close));
    }
    // Ada is available from before the first arrived.
    let all = v1::ListInteractionsRequest::default();
    let first = ok!(case.admin.interactions().list_interactions(all));
    let begun = first.interactions.last().and_then(|one| one.create_time).expect("three came");
    let past = ["--tenant", &case.name, "--from", &begun.to_string(), "--runs", "2"];
    let told = simulate(&case, &[&past[..], &["--output", "json"]].concat());
    let told: serde_json::Value = serde_json::from_str(&told.expect("a past")).expect("JSON");
    let level = "ANS_IN / OFFERED";
    assert_eq!(told["seen"][level], 1.0, "{told}");
    assert_eq!(told["figures"][level]["mean"], 1.0);
    assert_eq!(told["figures"][format!("{}: abandoned", queue.name)]["mean"], 0.0);
    assert_eq!(told["against"], serde_json::Value::Null);
    // What was taken is taken by the same agent after the same wait.
    let again = &told["reproduced"];
    assert_eq!([&again["taken"], &again["same_agent"], &again["same_wait"]], [3, 3, 3], "{told}");
    assert_eq!(again["figures"]["wait of all"], told["seen"]["wait of all"], "{told}");
    let left_out = told["left_out"].as_array().expect("it is told");
    assert!(left_out.iter().any(|one| one["what"] == "demand" && one["count"].is_null()));
    by_the_service(&case, begun, &told).await;
    let again = simulate(&case, &[&past[..], &["--output", "json"]].concat());
    assert_eq!(serde_json::from_str::<serde_json::Value>(&again.expect("a past")).unwrap(), told);

    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("changes.json");
    std::fs::write(&file, format!("{{\"without\": [\"{}\"]}}", ada.id)).expect("it is written");
    let changes = ["--changes", file.to_str().expect("a path")];
    let text = simulate(&case, &[&past[..], &changes].concat()).expect("a past");
    let line = text.lines().find(|line| line.starts_with(level)).expect("it is told");
    let cells: Vec<&str> = line[level.len()..].split('%').map(str::trim).collect();
    let known = ["100.00", "100.00", "100.00 ± 0.00", "0.00 ± 0.00", "100.00 ± 0.00", ""];
    assert_eq!(cells, known, "{text}");
    assert!(text.contains("left out: demand: "), "{text}");
    assert!(text.contains("of 3 taken, 3 by the same agent, 3 after the same wait"), "{text}");
    assert!(text.lines().nth(1).is_some_and(|head| head.contains("seen")), "{text}");
    let faster = simulate(&case, &[&past[..], &["--against", "first_come,longest_idle"]].concat());
    assert!(faster.expect("a past").contains("difference"));
}

/// The service tells the same of a past as the command line, and what is left out by fields.
async fn by_the_service(case: &Case, from: prost_types::Timestamp, told: &serde_json::Value) {
    use v1::simulate_response::Update;
    let past = v1::SimulatedPast { from_time: Some(from), ..Default::default() };
    let request = v1::SimulateRequest {
        world: Some(v1::simulate_request::World::Past(past)),
        runs: 2,
        seed: 1,
        ..Default::default()
    };
    let stream = case.admin.routing().simulate(request).await.expect("a simulation begins");
    let mut stream = stream.into_inner();
    let result = loop {
        let next = stream.message().await.expect("it goes on").expect("a result comes last");
        if let Some(Update::Result(result)) = next.update {
            break result;
        }
    };
    assert_eq!(serde_json::from_str::<serde_json::Value>(&result.json).unwrap(), *told);
    let known = v1::SimulationReproduced { taken: 3, same_agent: 3, same_wait: 3 };
    assert_eq!(result.reproduced, Some(known));
    assert!(result.left_out.iter().any(|one| one.what == "presence" && one.count.is_none()));
    let level = result.figures.iter().find(|one| one.name == "ANS_IN / OFFERED");
    let level = level.expect("it is told");
    assert_eq!((level.seen, level.again), (Some(1.0), Some(1.0)));
}

async fn nonsense_is_told(case: Case) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("changes.json");
    std::fs::write(&file, "{\"queues\": {\"Nowhere\": {}}}").expect("it is written");
    let file = file.to_str().expect("a path");
    let queue = case.plain_queue().await;
    let opened = case.open(&queue).await;
    let long_ago = "2020-01-01T00:00:00Z";
    for (args, word) in [
        (vec!["--tenant", "nobody of this name", "--from", long_ago], "no tenant"),
        (vec!["--tenant", &case.name, "--from", "yesterday"], "no time"),
        (vec!["--tenant", &case.name], "--from"),
        (
            vec!["--tenant", &case.name, "--from", long_ago, "--to", "2020-01-02T00:00:00Z"],
            "nothing",
        ),
        (vec!["--tenant", &case.name, "--from", long_ago, "--to", "2019-01-01T00:00:00Z"], "after"),
        (vec!["--tenant", &case.name, "--from", long_ago, "day"], "cannot be used"),
    ] {
        let said = simulate(&case, &args).expect_err(word);
        assert!(said.contains(word), "{args:?}: {said}");
    }
    let begun = opened.create_time.expect("it has a time").to_string();
    let odd = ["--tenant", &case.name, "--from", &begun, "--changes", file];
    let said = simulate(&case, &odd).expect_err("a strange queue");
    assert!(said.contains("Nowhere"), "{said}");
}
