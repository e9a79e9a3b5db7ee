//! `omnichannel simulate` as its user runs it: a world in, figures out, clear words for nonsense.
//! It needs no server.

use std::process::{Command, Output};

fn simulate(args: &[&str]) -> Output {
    let binary = env!("CARGO_BIN_EXE_omnichannel");
    Command::new(binary).arg("simulate").args(args).output().unwrap()
}

fn told(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

const SMALL: [&str; 7] = ["slower-2", "--arrivals", "2000", "--runs", "3", "--seed", "5"];

#[test]
fn one_seed_tells_one_answer() {
    let args = [&SMALL[..], &["--output", "json"]].concat();
    let (one, two) = (told(&simulate(&args)), told(&simulate(&args)));
    assert_eq!(one, two);
    let answer: serde_json::Value = serde_json::from_str(&one).unwrap();
    let level = answer["figures"]["ANS_IN / OFFERED"]["mean"].as_f64().unwrap();
    assert!((0.3..1.0).contains(&level), "{level}");
    let names: Vec<_> = answer["figures"].as_object().unwrap().keys().collect();
    let levels = names.iter().filter(|name| name.starts_with("ANS") || name.starts_with('('));
    assert_eq!(levels.count(), 6, "every formula of the service level: {names:?}");
}

#[test]
fn policies_are_compared_run_by_run() {
    let against = ["--against", "first_come,longest_idle", "--output", "json"];
    let answer = told(&simulate(&[&SMALL[..], &against].concat()));
    let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
    let of = |part: &str| answer[part]["abandoned"]["mean"].as_f64().unwrap();
    let gained = of("figures") - of("against");
    assert!((of("difference") - gained).abs() < 1e-9);
    assert!(gained < 0.0, "primary first loses fewer: {gained}");
    let table = told(&simulate(&[&SMALL[..], &["--against", "first-come,longest-idle"]].concat()));
    assert!(table.contains("difference") && table.contains(" ± "), "{table}");
}

#[test]
fn a_world_of_ones_own_is_drawn() {
    let folder = tempfile::tempdir().unwrap();
    let (world, picture) = (folder.path().join("shop.json"), folder.path().join("shop.svg"));
    let text = told(&simulate(&["day", "--print"]));
    std::fs::write(&world, text.replace("\"day\"", "\"shop\"")).unwrap();
    let (world, picture) = (world.to_str().unwrap(), picture.to_str().unwrap());
    let table = told(&simulate(&[world, "--runs", "2", "--plot", picture]));
    assert!(table.starts_with("shop: 2 runs"), "{table}");
    let drawn = std::fs::read_to_string(picture).unwrap();
    assert!(drawn.starts_with("<svg") && drawn.contains("technical"), "{drawn}");
}

#[test]
fn examples_are_listed_and_nonsense_is_told() {
    let list = told(&simulate(&["--list"]));
    assert!(list.contains("slower-6") && list.lines().count() > 4, "{list}");
    let folder = tempfile::tempdir().unwrap();
    let broken = folder.path().join("broken.toml");
    std::fs::write(&broken, "name = 'x'\narrivals = 0\nclasses = []\nagents = []\n").unwrap();
    let broken = broken.to_str().unwrap();
    for (args, word) in [
        (vec!["nowhere"], "examples"),
        (vec![broken], "arrivals"),
        (vec!["day", "--against", "fastest"], "policy"),
        (vec!["day", "--policy", "first_come,customer_history"], "simulated"),
        (vec!["day", "--runs", "0"], "runs"),
    ] {
        let output = simulate(&args);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && said.contains(word), "{args:?}: {said}");
    }
}
