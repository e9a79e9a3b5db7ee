//! The verdict: what the play came to as a table, and everything that is missing. Counted thrice,
//! by the demo's own hands, by the feed, and by asking the API afterwards; they must agree.

use super::backend::Told;
use super::play::{Play, Progress};
use std::fmt;
use std::time::Duration;

/// What the API says of the run afterwards.
#[derive(Clone, Debug, Default)]
pub(super) struct Records {
    /// Interactions of the queue.
    pub(super) interactions: usize,
    pub(super) resolved: usize,
    pub(super) rated: usize,
    /// Those that the rule placed, with the priority it sets.
    pub(super) by_rule: usize,
    /// Promises of time that were broken in the queue.
    pub(super) promises_broken: usize,
    /// The chain of the audit log: how far it was verified and how far it goes.
    pub(super) audit_verified: i64,
    pub(super) audit_head: i64,
    /// Whether the feed, read again, was the same.
    pub(super) replayed: bool,
    /// How long the board took to come to rest; none if it did not.
    pub(super) board_rested: Option<Duration>,
    /// What could not be found out, or switched off.
    pub(super) failures: Vec<String>,
}

impl Records {
    fn is_verified(&self) -> bool {
        self.audit_head > 0 && self.audit_verified >= self.audit_head
    }
}

/// The end of the play.
#[derive(Debug)]
pub(super) struct Verdict {
    rows: Vec<(&'static str, String)>,
    missing: Vec<String>,
}

/// Everything the verdict is made of.
pub(super) struct Evidence<'a> {
    pub(super) play: &'a Play,
    pub(super) told: &'a Told,
    pub(super) records: &'a Records,
    /// How long the play took, and whether it was cut short.
    pub(super) took: Duration,
    pub(super) in_time: bool,
}

impl Verdict {
    pub(super) fn is_good(&self) -> bool {
        self.missing.is_empty()
    }

    pub(super) fn of(evidence: &Evidence) -> Self {
        Self { rows: rows(evidence), missing: missing(evidence) }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        for (name, value) in &self.rows {
            writeln!(f, "{name:<width$}  {value}")?;
        }
        writeln!(f)?;
        if self.is_good() {
            return writeln!(f, "Everything is as it should be.");
        }
        writeln!(f, "Not as it should be:")?;
        self.missing.iter().try_for_each(|text| writeln!(f, "  - {text}"))
    }
}

fn rows(evidence: &Evidence) -> Vec<(&'static str, String)> {
    let Evidence { play, told, records, took, .. } = evidence;
    let counters = &play.counters;
    let since_post = |at: fn(&Progress) -> Option<tokio::time::Instant>| {
        let spans = play.states().filter_map(|(_, progress)| {
            Some(at(&progress)?.saturating_duration_since(progress.posted?))
        });
        spread(spans.collect())
    };
    let audit = if records.is_verified() { "verified" } else { "NOT verified" };
    let replayed = if records.replayed { "the same when read again" } else { "NOT the same again" };
    vec![
        ("run", format!("{} in {:.1} s", play.script.run, took.as_secs_f64())),
        (
            "interactions",
            format!("{} created, {} resolved, {} rated", told.created, told.resolved, told.rated),
        ),
        (
            "offers",
            format!("{} made, {} declined, {} lost", told.offers, told.declined, told.lost_offers),
        ),
        ("messages", format!("{} in, {} out", told.messages_in, told.messages_out)),
        (
            "promises of time",
            format!("{} at risk, {} broken", told.promises_warned, told.promises_broken),
        ),
        (
            "deliveries",
            format!(
                "{} arrived, {} refused once, {} arrived by a retry",
                counters.messages_out.get(),
                counters.refusals.get(),
                counters.retried.get()
            ),
        ),
        (
            "webhooks",
            format!(
                "{} posted, {} delivered twice, {} forged and refused",
                counters.messages_in.get() - counters.mails_in.get(),
                counters.duplicates.get(),
                counters.forgeries_refused.get()
            ),
        ),
        (
            "mail",
            format!(
                "{} in, {} out, {} delivered twice, {} to nobody and refused",
                counters.mails_in.get(),
                counters.mails_out.get(),
                counters.mails_twice.get(),
                counters.strays_refused.get()
            ),
        ),
        ("post to offer at the agent", since_post(|progress| progress.offered)),
        ("post to resolved at the agent", since_post(|progress| progress.resolved)),
        (
            "feed",
            format!(
                "{} events, {} gaps, {} reconnects, {replayed}",
                told.events, told.gaps, told.reconnects
            ),
        ),
        ("dashboard", records.board_rested.map_or_else(|| "NOT at rest".to_owned(), rested)),
        ("audit log", format!("{audit} to sequence {}", records.audit_verified)),
    ]
}

/// Median and 99th percentile.
fn spread(mut spans: Vec<Duration>) -> String {
    spans.sort_unstable();
    let at = |percent: usize| spans.get((spans.len() * percent).div_ceil(100).max(1) - 1);
    match (at(50), at(99)) {
        (Some(median), Some(high)) => format!("p50 {}, p99 {}", millis(*median), millis(*high)),
        _ => "none".to_owned(),
    }
}

fn rested(after: Duration) -> String {
    format!("at rest {} after the last agent", millis(after))
}

fn millis(span: Duration) -> String {
    format!("{:.1} ms", span.as_secs_f64() * 1000.0)
}

/// Compares counts with what they must be.
struct Missing(Vec<String>);

impl Missing {
    fn unless(&mut self, good: bool, text: impl FnOnce() -> String) {
        if !good {
            self.0.push(text());
        }
    }

    fn count(&mut self, what: &str, found: usize, expected: usize) {
        self.unless(found == expected, || format!("{what}: {found}, expected {expected}"));
    }
}

fn missing(evidence: &Evidence) -> Vec<String> {
    let Evidence { play, told, records, took, in_time } = evidence;
    let (script, counters) = (&play.script, &play.counters);
    let (total, messages) = (script.scenes.len(), script.messages());
    let mut missing = Missing(Vec::new());
    missing.unless(*in_time, || format!("the time was up after {:.0} s", took.as_secs_f64()));
    scenes(play, &mut missing);
    missing.count("interactions created, by the feed", told.created, total);
    missing.count("interactions resolved, by the feed", told.resolved, total);
    missing.count("interactions rated, by the feed", told.rated, total);
    missing.count("messages received, by the feed", told.messages_in, messages);
    missing.count("messages sent, by the feed", told.messages_out, messages);
    missing.count("interactions of the queue, by the API", records.interactions, total);
    missing.count("interactions resolved, by the API", records.resolved, total);
    missing.count("interactions rated, by the API", records.rated, total);
    let (broken, listed) = (told.promises_broken, records.promises_broken);
    missing.count("promises broken, by the API", listed, broken);
    let invoices = script.count(|scene| scene.invoice);
    missing.count("interactions placed by the rule", records.by_rule, invoices);
    missing.count("webhooks and mails acknowledged", counters.messages_in.get(), messages);
    missing.count("webhooks delivered twice", counters.duplicates.get(), 1);
    missing.count("forged webhooks refused", counters.forgeries_refused.get(), 1);
    missing.count("answers at the customers", counters.messages_out.get(), messages);
    mails(play, &mut missing);
    let refused = script.count(|scene| scene.refused);
    missing.count("attempts refused by the customers' side", counters.refusals.get(), refused);
    // A server that is stopped in between tries more again than what was refused.
    let retried = counters.retried.get();
    missing.unless(retried >= refused, || format!("answers retried: {retried} of {refused}"));
    let declined = script.count(|scene| scene.declined);
    missing.count("offers declined, by the feed", told.declined, declined);
    missing.unless(told.gaps == 0, || format!("the feed has {} gaps", told.gaps));
    missing.unless(records.replayed, || "the feed is not the same when read again".into());
    let (verified, head) = (records.audit_verified, records.audit_head);
    missing.unless(records.is_verified(), || {
        format!("the audit log verifies to {verified} of {head}")
    });
    missing.0.extend(records.failures.iter().cloned());
    let problems = play.problems();
    missing.0.extend(problems.texts);
    missing.unless(problems.more == 0, || format!("and {} problems more", problems.more));
    missing.0
}

fn mails(play: &Play, missing: &mut Missing) {
    let (script, counters) = (&play.script, &play.counters);
    let scenes = script.scenes.iter().filter(|scene| scene.by_mail);
    let mails: usize = scenes.map(super::script::Scene::parts).sum();
    missing.count("mails acknowledged", counters.mails_in.get(), mails);
    missing.count("answers by mail", counters.mails_out.get(), mails);
    let twice = script.count(|scene| scene.by_mail && scene.twice);
    missing.count("mails delivered twice", counters.mails_twice.get(), twice);
    let strays = usize::from(mails > 0);
    missing.count("mails to nobody refused", counters.strays_refused.get(), strays);
}

/// What is open in the scenes, in a few lines however many there are.
fn scenes(play: &Play, missing: &mut Missing) {
    const NAMED: usize = 10;
    type Lacks = fn(&super::script::Scene, &Progress) -> bool;
    let stages: [(&str, Lacks); 4] = [
        ("no offer reached an agent", |_, progress| progress.offered.is_none()),
        ("not every answer reached the customer", |scene, progress| {
            progress.replies < scene.parts()
        }),
        ("not resolved", |_, progress| progress.resolved.is_none()),
        ("not rated", |_, progress| !progress.rated),
    ];
    for (what, lacks) in stages {
        let found: Vec<usize> = play
            .states()
            .filter(|(scene, progress)| lacks(scene, progress))
            .map(|(scene, _)| scene.number)
            .collect();
        let named: Vec<String> = found.iter().take(NAMED).map(usize::to_string).collect();
        let more = if found.len() > NAMED { ", ..." } else { "" };
        missing.unless(found.is_empty(), || {
            format!("{what}: {} cases ({}{more})", found.len(), named.join(", "))
        });
    }
}

#[cfg(test)]
mod tests {
    use super::super::script::Script;
    use super::*;
    use tokio::time::Instant;

    fn millis_of(values: &[u64]) -> Vec<Duration> {
        values.iter().map(|value| Duration::from_millis(*value)).collect()
    }

    #[test]
    fn percentiles_are_of_what_was_measured() {
        assert_eq!(spread(Vec::new()), "none");
        assert_eq!(spread(millis_of(&[7])), "p50 7.0 ms, p99 7.0 ms");
        let hundred: Vec<u64> = (1..=100).rev().collect();
        assert_eq!(spread(millis_of(&hundred)), "p50 50.0 ms, p99 99.0 ms");
    }

    fn done(interactions: usize) -> (Play, Told, Records) {
        let play = Play::new(Script::new("r".into(), (2, interactions), true));
        let script = &play.script;
        let messages = script.messages();
        for scene in &script.scenes {
            play.change(scene, |progress| {
                let now = Some(Instant::now());
                (progress.posted, progress.offered, progress.resolved) = (now, now, now);
                progress.replies = scene.parts();
                progress.rated = true;
            });
        }
        let repeat = |times: usize, counter: &super::super::play::Counter| {
            (0..times).for_each(|_| counter.add());
        };
        let refused = script.count(|scene| scene.refused);
        let mails: usize = script
            .scenes
            .iter()
            .filter(|scene| scene.by_mail)
            .map(super::super::script::Scene::parts)
            .sum();
        for counter in [&play.counters.mails_in, &play.counters.mails_out] {
            repeat(mails, counter);
        }
        repeat(1, &play.counters.mails_twice);
        repeat(1, &play.counters.strays_refused);
        repeat(messages, &play.counters.messages_in);
        repeat(messages, &play.counters.messages_out);
        repeat(1, &play.counters.duplicates);
        repeat(1, &play.counters.forgeries_refused);
        repeat(refused, &play.counters.refusals);
        repeat(refused, &play.counters.retried);
        let told = Told {
            created: interactions,
            resolved: interactions,
            rated: interactions,
            declined: script.count(|scene| scene.declined),
            messages_in: messages,
            messages_out: messages,
            ..Told::default()
        };
        let records = Records {
            interactions,
            resolved: interactions,
            rated: interactions,
            by_rule: script.count(|scene| scene.invoice),
            replayed: true,
            audit_verified: 9,
            audit_head: 9,
            ..Records::default()
        };
        (play, told, records)
    }

    fn verdict(play: &Play, told: &Told, records: &Records) -> Verdict {
        let took = Duration::from_secs(1);
        Verdict::of(&Evidence { play, told, records, took, in_time: true })
    }

    #[test]
    fn a_play_without_fault_is_good() {
        let (play, told, records) = done(30);
        let verdict = verdict(&play, &told, &records);
        assert!(verdict.is_good(), "{verdict}");
    }

    #[test]
    fn whatever_is_missing_is_said() {
        let (play, told, records) = done(30);
        let gap = Told { gaps: 1, ..told.clone() };
        assert!(verdict(&play, &gap, &records).to_string().contains("the feed has 1 gaps"));
        let more = Told { messages_in: told.messages_in + 1, ..told.clone() };
        assert!(!verdict(&play, &more, &records).is_good(), "a duplicate had an effect");
        let broken = Records { audit_head: 9, audit_verified: 4, ..records.clone() };
        assert!(verdict(&play, &told, &broken).to_string().contains("verifies to 4 of 9"));
        play.change(&play.script.scenes[3], |progress| progress.rated = false);
        let text = verdict(&play, &told, &records).to_string();
        assert!(text.contains("not rated: 1 cases (3)"), "{text}");
        play.problem("something else");
        assert!(verdict(&play, &told, &records).to_string().contains("something else"));
    }
}
