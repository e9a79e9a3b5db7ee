//! Our own judge of requests against the official ones: the same messages, the same verdicts. The
//! corpus is made from the descriptor; Python and TypeScript validators are asked by
//! `.ci/oracle.sh`. What we ask beyond the standard rules is taken out before the comparison, and
//! it is listed here.

use crate::support::shapes::{Tried, variants};
use crate::support::wire::methods;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use omnichannel::proto::DESCRIPTOR;
use omnichannel::validate::requests;
use prost::Message;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Command;

/// Rules of ours that no standard one says: text for databases, moments and spans that exist.
const OURS: [&str; 3] = ["string.no_nul", "timestamp.valid", "duration.valid"];

/// Fewer would prove little.
const MESSAGES_MIN: usize = 300;

/// What breaks, and where.
type Broken = BTreeSet<(String, String)>;

/// A message of the corpus.
struct Sample {
    request: &'static str,
    bytes: Vec<u8>,
    ours: Broken,
    /// Whether we stopped telling at some point.
    cut: bool,
}

fn corpus() -> Vec<Sample> {
    let judges: BTreeMap<_, _> = requests().iter().map(|one| (one.message, one)).collect();
    let inputs: BTreeMap<_, _> = methods()
        .into_iter()
        .map(|method| (method.input().full_name().to_owned(), method.input()))
        .collect();
    let (mut tried, mut seen, mut made) = (Tried::default(), BTreeSet::new(), Vec::new());
    for (name, input) in inputs {
        let judge = judges[name.as_str()];
        for message in variants(&input, &mut tried) {
            let bytes = message.encode_to_vec();
            if !seen.insert((judge.message, bytes.clone())) {
                continue;
            }
            let found = (judge.verdict)(&bytes).expect("it is a message");
            let all = found.list().iter().map(|one| (one.field.clone(), one.rule.to_owned()));
            let ours = all.filter(|(_, rule)| !OURS.contains(&rule.as_str())).collect();
            made.push(Sample { request: judge.message, bytes, ours, cut: found.dropped() > 0 });
        }
    }
    made
}

/// The verdicts of one validator.
fn verdicts(text: &str) -> Vec<Broken> {
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("a verdict"));
    lines.map(|line| broken(&line)).collect()
}

fn broken(line: &Value) -> Broken {
    let list = line["broken"].as_array().unwrap_or_else(|| panic!("it could not judge: {line}"));
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    list.iter().map(|pair| (text(&pair[0]), text(&pair[1]))).collect()
}

#[test]
fn official_validators_come_to_the_same_verdicts() {
    let samples = corpus();
    assert!(samples.len() >= MESSAGES_MIN, "only {} messages", samples.len());
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("descriptors.binpb"), DESCRIPTOR).unwrap();
    let lines = samples.iter().map(|sample| {
        let line = json!({ "type": sample.request, "bytes": STANDARD.encode(&sample.bytes) });
        format!("{line}\n")
    });
    fs::write(folder.path().join("corpus.jsonl"), lines.collect::<String>()).unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/.ci/oracle.sh");
    let asked = Command::new("bash").arg(script).arg(folder.path()).output().expect("bash runs");
    assert!(asked.status.success(), "{}", String::from_utf8_lossy(&asked.stderr));
    let read = |name: &str| verdicts(&fs::read_to_string(folder.path().join(name)).unwrap());
    let (python, typescript) = (read("python.jsonl"), read("typescript.jsonl"));
    assert_eq!((python.len(), typescript.len()), (samples.len(), samples.len()));
    let mut wrong = Vec::new();
    let mut invalid = 0;
    let mut rules = BTreeSet::new();
    for ((sample, python), typescript) in samples.iter().zip(&python).zip(&typescript) {
        invalid += usize::from(!python.is_empty());
        rules.extend(python.iter().map(|(_, rule)| rule.clone()));
        // Of what we no longer tell, the first twenty must be among theirs.
        let same = |theirs: &Broken| match sample.cut {
            true => sample.ours.is_subset(theirs),
            false => sample.ours == *theirs,
        };
        if !(same(python) && same(typescript)) {
            wrong.push(disagreement(sample, python, typescript));
        }
    }
    println!("{} messages, {invalid} invalid, rules broken: {rules:?}", samples.len());
    assert!(invalid > 200 && samples.len() - invalid > 100, "{invalid} of {}", samples.len());
    assert!(rules.len() >= 15, "only {rules:?} were broken");
    let count = wrong.len();
    wrong.truncate(20);
    assert!(wrong.is_empty(), "{count} of {}:\n{}", samples.len(), wrong.join("\n"));
}

fn disagreement(sample: &Sample, python: &Broken, typescript: &Broken) -> String {
    let only = |of: &Broken, other: &Broken| {
        of.difference(other).map(|(field, rule)| format!("{field} {rule}")).collect::<Vec<_>>()
    };
    format!(
        "{}: only we {:?}, only Python {:?}, only TypeScript {:?}",
        sample.request,
        only(&sample.ours, python),
        only(python, &sample.ours),
        only(typescript, &sample.ours),
    )
}
