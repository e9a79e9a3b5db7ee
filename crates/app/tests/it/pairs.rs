//! Every ordered pair of command kinds, run as one batch and as two: what they come to, the rows
//! they leave and the events they record are the same, because in a batch each command sees what
//! the ones before it changed. Both are made from the same state, as by two callers at once.

use crate::desk::{Desk, Work};
use crate::raw::Plain;
use crate::support::{Chance, Db, on_postgres, on_sqlite};
use crate::{kinds, meetings, setting};
use app::ledger::batch::Verdict;
use app::ledger::command::{Command, No, Origin};
use app::ledger::payload;
use domain::id::TenantId;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Pairs that are made ready together.
const CHUNK: usize = 32;

/// The least share of pairs, in hundredths, in which both commands must be accepted.
const ACCEPTED_MIN: usize = 60;

/// How often each pair is made on each database, every time from another seed. Unless it is said,
/// each pair is made once, on one of the two: deciding does not know the database.
fn rounds() -> Option<u64> {
    let text = std::env::var("OMNICHANNEL_TEST_ROUNDS").ok()?;
    Some(text.parse().expect("a number"))
}

pub(crate) struct Pair {
    name: String,
    commands: [Arc<dyn Command>; 2],
    /// Who gets both in one batch, and who gets them in two.
    tenants: [TenantId; 2],
}

#[derive(Default)]
struct Tally {
    run: usize,
    accepted: usize,
    impossible: BTreeSet<String>,
    split: BTreeSet<String>,
    anew: BTreeSet<String>,
    wrong: Vec<String>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_batch_is_two_batches_on_sqlite() {
    on_sqlite(|db| async move { every_pair(&db, 0).await }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_batch_is_two_batches_on_postgres() {
    on_postgres(|db| async move { every_pair(&db, 1).await }).await;
}

/// Every pair, or the half of them that this remainder names.
async fn every_pair(db: &Db, half: usize) {
    let kinds = kinds::all();
    let mut tally = Tally::default();
    let all = (0..kinds.len()).flat_map(|a| (0..kinds.len()).map(move |b| (a, b)));
    let pairs: Vec<(usize, usize)> =
        all.filter(|(a, b)| rounds().is_some() || (a + b) % 2 == half).collect();
    for round in 0..rounds().unwrap_or(1) {
        for (at, chunk) in pairs.chunks(CHUNK).enumerate() {
            let seed = round * 1_000_000 + at as u64 * 1_000;
            run_chunk(db, &kinds, chunk, seed, &mut tally).await;
        }
    }
    println!(
        "{} kinds, {} pairs run, both accepted in {} ({} %), {} impossible, {} prepared anew, \
         {} split: {:?}",
        kinds.len(),
        tally.run,
        tally.accepted,
        tally.accepted * 100 / tally.run,
        tally.impossible.len(),
        tally.anew.len(),
        tally.split.len(),
        tally.split,
    );
    let wrong = &tally.wrong;
    let shown = wrong.iter().take(6).cloned().collect::<Vec<_>>().join("\n\n");
    assert!(wrong.is_empty(), "{} pairs differ:\n{shown}", wrong.len());
    assert!(tally.accepted * 100 >= tally.run * ACCEPTED_MIN, "too many are refused");
    assert!(tally.run * 10 >= pairs.len() * 9, "too few can be made: {:?}", tally.impossible);
}

async fn run_chunk(
    db: &Db,
    kinds: &[(&'static str, kinds::Make)],
    chunk: &[(usize, usize)],
    seed: u64,
    tally: &mut Tally,
) {
    let tenants = db.bare_tenants(chunk.len() * 2).await;
    let mut desk = Desk::of(db, &tenants).await;
    let state = setting::make(db, &mut desk, &tenants).await;
    let mut pairs = Vec::new();
    for (at, (a, b)) in chunk.iter().enumerate() {
        let mut chance = Chance(seed + at as u64);
        let name = format!("{} + {} (seed {})", kinds[*a].0, kinds[*b].0, seed + at as u64);
        let few = state.narrowed(&mut chance);
        let mut made = |kind: usize| {
            let make = kinds[kind].1;
            make(&few, &mut chance).or_else(|| make(&state, &mut chance))
        };
        let (Some(first), Some(second)) = (made(*a), made(*b)) else {
            tally.impossible.insert(name);
            continue;
        };
        let tenants = [tenants[2 * at], tenants[2 * at + 1]];
        pairs.push(Pair { name, commands: [first, second], tenants });
    }
    run_pairs(db, &mut desk, &pairs, tally).await;
}

/// Runs pairs whose tenants are alike, and compares what becomes of them.
async fn run_pairs(db: &Db, desk: &mut Desk, pairs: &[Pair], tally: &mut Tally) {
    let tenants: Vec<TenantId> = pairs.iter().flat_map(|pair| pair.tenants).collect();
    let Some(first) = tenants.first() else { return };
    let before = desk.residents[first].head.seq;
    let work = |tenant: TenantId, commands: &[Arc<dyn Command>]| -> Work {
        let list = commands.iter().map(|c| (Origin::system(tenant), Arc::clone(c)));
        (tenant, list.collect())
    };
    let first = pairs.iter().flat_map(|pair| {
        [work(pair.tenants[0], &pair.commands), work(pair.tenants[1], &pair.commands[..1])]
    });
    let mut verdicts = desk.run(first.collect()).await;
    let mut second = Vec::new();
    for pair in pairs {
        second.push(work(pair.tenants[1], &pair.commands[1..]));
        // Whoever is told to prepare anew does so, and finds itself in a later batch.
        let held = verdicts.get_mut(&pair.tenants[0]).expect("it was run");
        if held[0].result.is_ok() && held[1].result == Err(No::Stale) {
            held.truncate(1);
            tally.anew.insert(pair.name.clone());
            second.push(work(pair.tenants[0], &pair.commands[1..]));
        }
    }
    for (tenant, more) in desk.run(second).await {
        verdicts.entry(tenant).or_default().extend(more);
    }
    let mut raw = db.raw(&tenants).await;
    let rows = raw.dump(&tenants).await;
    raw.close().await;
    for pair in pairs {
        compare(desk, pair, &verdicts, &rows, before, tally).await;
    }
}

async fn compare(
    desk: &Desk,
    pair: &Pair,
    verdicts: &BTreeMap<TenantId, Vec<Verdict>>,
    rows: &BTreeMap<TenantId, Vec<String>>,
    before: i64,
    tally: &mut Tally,
) {
    let [one, two] = pair.tenants;
    tally.run += 1;
    if verdicts[&two].iter().all(|verdict| verdict.result.is_ok()) {
        tally.accepted += 1;
    }
    if desk.split.contains(&one) {
        tally.split.insert(pair.name.clone());
    }
    // Rows come with an answer where the batch has read them; else the edge reads them.
    let last = [one, two].map(|tenant| verdicts[&tenant].last());
    let both = |has: fn(&Verdict) -> bool| last.iter().all(|v| v.is_some_and(has));
    let with_interaction = both(|verdict| verdict.interaction.is_some());
    let with_message = both(|verdict| verdict.message.is_some());
    let mut texts: Vec<Vec<String>> = Vec::new();
    for tenant in [one, two] {
        let mut plain = Plain::default();
        let mut lines = Vec::new();
        for row in desk.store.log_after(tenant, before, 100).await.expect("the log is read") {
            for event in payload::decode(&row.payload).expect("events are read") {
                lines.push(plain.text(&format!("{event:?}")));
            }
        }
        for verdict in &verdicts[&tenant] {
            lines.push(plain.text(&format!("{:?} at {}", verdict.result, verdict.seq)));
        }
        if let Some(last) = verdicts[&tenant].last() {
            let interaction = last.interaction.as_ref().filter(|_| with_interaction);
            let message = last.message.as_ref().filter(|_| with_message);
            lines.push(plain.text(&format!("{interaction:?} {message:?}")));
        }
        lines.extend(rows[&tenant].iter().map(|row| plain.text(&lasting(row))));
        texts.push(lines);
    }
    desk.check_loaded(one, &pair.name).await;
    if texts[0] != texts[1] && !renewed(&texts) {
        tally.wrong.push(difference(&pair.name, &texts[0], &texts[1]));
    }
}

/// Pairs that once came to something else in one batch than in two; each is a row that a command
/// reads and the one before it has changed in passing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_in_passing_are_seen() {
    on_sqlite(|db| async move {
        let known = meetings::all();
        let tenants = db.bare_tenants(known.len() * 2).await;
        let mut desk = Desk::of(&db, &tenants).await;
        let state = setting::make(&db, &mut desk, &tenants).await;
        let pairs: Vec<Pair> = known
            .iter()
            .enumerate()
            .map(|(at, (name, make))| Pair {
                name: (*name).to_owned(),
                commands: make(&state),
                tenants: [tenants[2 * at], tenants[2 * at + 1]],
            })
            .collect();
        let mut tally = Tally::default();
        run_pairs(&db, &mut desk, &pairs, &mut tally).await;
        assert!(tally.wrong.is_empty(), "{}", tally.wrong.join("\n"));
        assert_eq!(tally.accepted, known.len(), "each is accepted after the other");
    })
    .await;
}

/// A lease that two batches set a moment apart is renewed by the second, which one batch need not
/// do: the instants are all that differ.
fn renewed(texts: &[Vec<String>]) -> bool {
    let is_presence = |line: &&String| line.contains("event: AgentPresenceChanged");
    let is_event = |line: &&String| line.starts_with("Recorded");
    let count = |text: &[String]| text.iter().filter(is_presence).count();
    let others = |text: &[String]| text.iter().filter(is_event).filter(|l| !is_presence(l)).count();
    let (one, two) = (&texts[0], &texts[1]);
    let last = two.iter().rfind(is_event).map(|line| is_presence(&line));
    count(one) > 0
        && count(two) == count(one) + 1
        && others(one) == others(two)
        && last == Some(true)
}

/// Since when an agent is without new work is written when work ends; while it lasts, the offer
/// tells of it. Both lead to the same floor.
fn lasting(row: &str) -> String {
    let words: Vec<&str> = row.split(' ').collect();
    match words.as_slice() {
        ["agent_presence:", rest @ .., _idle_seq, _asked_seq, credit, duty] => {
            format!("agent_presence: {} {credit} {duty}", rest.join(" "))
        }
        _ => row.to_owned(),
    }
}

fn difference(name: &str, one: &[String], two: &[String]) -> String {
    let mut text = format!("{name}: {} lines in one batch, {} in two", one.len(), two.len());
    for (a, b) in one.iter().zip(two).filter(|(a, b)| a != b).take(3) {
        text.push_str(&format!("\n  one: {a}\n  two: {b}"));
    }
    text
}
