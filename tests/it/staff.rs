//! `omnichannel staff` as its user runs it: numbers in, agents out, clear words for nonsense. It
//! needs no server.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

fn staff(args: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_omnichannel"))
        .arg("staff")
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn rows(output: &Output) -> Vec<serde_json::Value> {
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn one_load_is_answered_as_the_tables_have_it() {
    let args = ["--arrivals", "100/h", "--handling", "4m", "--output", "json"];
    let rows = rows(&staff(&args, ""));
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0]["agents"], 10);
    assert!((rows[0]["occupancy"].as_f64().unwrap() - 0.667).abs() < 5e-4);
}

#[test]
fn every_line_of_a_file_is_answered() {
    let day = "interval,arrivals,handling\n08:00,50\n08:30,500,4m\n22:00,0\n";
    let args = ["--handling", "4m", "--intervals", "-", "--shrinkage", "30%", "--output", "json"];
    let rows = rows(&staff(&args, day));
    let agents: Vec<_> = rows.iter().map(|row| row["agents"].as_u64().unwrap()).collect();
    assert_eq!(agents, [10, 74, 0]);
    assert_eq!(rows[1]["scheduled"], 106.0);
}

#[test]
fn the_table_is_for_people() {
    let output = staff(&["--arrivals", "8.4/m", "--handling", "10m", "--patience", "10m"], "");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains("agents") && text.contains("84.00") && text.contains("Erlang A"),
        "{text}"
    );
}

#[test]
fn nonsense_is_refused_in_words() {
    for (args, word) in [
        (&["--arrivals", "100", "--handling", "4m"][..], "rate"),
        (&["--arrivals", "100/h", "--handling", "x"], "time"),
        (&["--arrivals", "100/h", "--handling", "4m", "--answered", "100%"], "--answered"),
        (&["--arrivals", "1000000/s", "--handling", "4h"], "100000"),
        (&["--handling", "4m", "--intervals", "-"], "no intervals"),
        (&["--handling", "4m"], "--arrivals"),
    ] {
        let output = staff(args, "");
        assert!(!output.status.success() && output.stdout.is_empty(), "{args:?}");
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains(word) && !said.contains("panicked"), "{args:?}: {said}");
    }
}
