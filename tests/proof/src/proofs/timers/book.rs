//! The timers of one tenant as its log tells them: when each was set and for when, what ended it,
//! and when. From that alone it follows whether each fired once, not before it was due and not more
//! than a second after. All times are the database's, by which the log is written. Knows the stored
//! form of events and nothing of the server.

use crate::audit::chain::StoredRow;
use crate::audit::replay::{self, Recorded};
use anyhow::Result;
use serde_json::Value;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;
use uuid::Uuid;

/// How late a timer may be, in microseconds.
pub(super) const LATE_MAX: i64 = 1_000_000;
const MINUTE: i64 = 60_000_000;
/// What is wrong is told so often, and counted beyond.
const TOLD_MAX: usize = 20;

/// A kind of timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Kind {
    Offer,
    WrapUp,
    Grace,
    Wake,
    MaxWait,
    SlaWarning,
    SlaBreach,
    Shift,
}

impl Kind {
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Offer => "an offer runs out",
            Self::WrapUp => "a wrap-up ends",
            Self::Grace => "the grace of lost presence ends",
            Self::Wake => "what was parked or scheduled wakes",
            Self::MaxWait => "the longest wait is over",
            Self::SlaWarning => "a promise is half used up",
            Self::SlaBreach => "a promise is broken",
            Self::Shift => "a break begins or ends",
        }
    }
}

/// What is known of timers that fired.
#[derive(Default)]
pub(super) struct Fired {
    /// How late each was, in microseconds.
    pub(super) late: Vec<i64>,
    /// By a node whose clock is ahead, by one whose clock is behind, by any other.
    pub(super) by: [usize; 3],
    /// Ended by people after they were due and before they fired.
    pub(super) overtaken: usize,
}

impl Fired {
    fn record(&mut self, late: i64, ahead: i64) {
        self.late.push(late);
        let whose = match ahead {
            ahead if ahead > LATE_MAX => 0,
            ahead if ahead < -LATE_MAX => 1,
            _ => 2,
        };
        self.by[whose] += 1;
    }

    fn merge(&mut self, other: Self) {
        self.late.extend(other.late);
        for (mine, more) in self.by.iter_mut().zip(other.by) {
            *mine += more;
        }
        self.overtaken += other.overtaken;
    }
}

/// What came of all timers.
#[derive(Default)]
pub(super) struct Findings {
    pub(super) fired: BTreeMap<Kind, Fired>,
    pub(super) wrong: usize,
    pub(super) told: Vec<String>,
    /// Sessions that were opened, and that ended.
    pub(super) opened: usize,
    pub(super) closed: usize,
}

impl Findings {
    fn wrong(&mut self, text: impl FnOnce() -> String) {
        self.wrong += 1;
        if self.told.len() < TOLD_MAX {
            self.told.push(text());
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        for (kind, fired) in other.fired {
            self.fired.entry(kind).or_default().merge(fired);
        }
        self.wrong += other.wrong;
        self.told.extend(other.told.into_iter().take(TOLD_MAX.saturating_sub(self.told.len())));
        self.opened += other.opened;
        self.closed += other.closed;
    }

    pub(super) fn count(&self) -> usize {
        self.fired.values().map(|fired| fired.late.len()).sum()
    }
}

/// What is known of an interaction that waits.
#[derive(Default)]
struct Waits {
    enqueued_at: i64,
    /// Whether somebody ever took it, or it rests or is to be called back: it is not given up then.
    taken: bool,
    over: bool,
    /// Time promised, by measure.
    targets: HashMap<String, i64>,
}

/// The open timers of one tenant.
pub(super) struct Book {
    pub(super) tenant: Uuid,
    /// The longest wait in its one queue, in microseconds.
    max_wait: i64,
    /// Agents who go by a schedule.
    scheduled: HashSet<Uuid>,
    running: HashMap<(Kind, Uuid), i64>,
    waits: HashMap<Uuid, Waits>,
    duties: HashMap<Uuid, String>,
    /// What fires once, and when it did.
    told: HashMap<(Uuid, String), i64>,
    /// How far the clock of the node that wrote the row at hand is ahead of the database's.
    ahead: i64,
    /// While no node ran, and until one that was started again may have looked at everything: what
    /// was due meanwhile is due at the end of it.
    night: (i64, i64),
    pub(super) findings: Findings,
}

impl Book {
    pub(super) fn new(
        tenant: Uuid,
        max_wait: Duration,
        scheduled: HashSet<Uuid>,
        night: (i64, i64),
    ) -> Self {
        Self {
            tenant,
            max_wait: i64::try_from(max_wait.as_micros()).unwrap_or(i64::MAX / 4),
            scheduled,
            running: HashMap::new(),
            waits: HashMap::new(),
            duties: HashMap::new(),
            told: HashMap::new(),
            ahead: 0,
            night,
            findings: Findings::default(),
        }
    }

    /// Takes the next row of the log.
    pub(super) fn row(&mut self, row: &StoredRow) -> Result<()> {
        self.ahead = minted_at(row.batch_id).map_or(0, |minted| minted - row.now);
        for event in replay::decode(&row.payload)? {
            self.event(&event);
        }
        Ok(())
    }

    fn event(&mut self, event: &Recorded) {
        let (body, at) = (&event.event, event.at);
        match event.kind() {
            "interaction_queued" => {
                let waits = self.waits.entry(id(body, "interaction_id")).or_default();
                waits.enqueued_at = number(body, "enqueued_at").unwrap_or(at);
                self.await_taker(id(body, "interaction_id"), at);
            }
            "offer_made" => {
                let due = number(body, "expires_at").unwrap_or_default();
                self.set(Kind::Offer, id(body, "offer_id"), due);
                self.end(Kind::MaxWait, id(body, "interaction_id"), at, false);
            }
            "offer_accepted" => {
                self.waits.entry(id(body, "interaction_id")).or_default().taken = true;
                self.end(Kind::Offer, id(body, "offer_id"), at, false);
            }
            "offer_ended" => self.offer_ended(body, at),
            "interaction_wrapping" => {
                let due = number(body, "wrap_until").unwrap_or_default();
                self.set(Kind::WrapUp, id(body, "offer_id"), due);
            }
            "agent_presence_changed" => self.presence(body, at),
            "agent_session_opened" => self.findings.opened += 1,
            "agent_session_closed" => self.findings.closed += 1,
            "interaction_resolved" | "interaction_cancelled" => {
                self.over(id(body, "interaction_id"), at);
            }
            "life" => self.life(body, at),
            "sla" => self.sla(body, at),
            _ => {}
        }
    }

    fn offer_ended(&mut self, body: &Value, at: i64) {
        let (offer, interaction) = (id(body, "offer_id"), id(body, "interaction_id"));
        let unanswered = self.running.contains_key(&(Kind::Offer, offer));
        let ran_out = text(body, "state") == "timed_out";
        self.end(Kind::Offer, offer, at, ran_out);
        let due = self.running.get(&(Kind::WrapUp, offer)).copied();
        self.end(Kind::WrapUp, offer, at, due.is_some_and(|due| at >= due));
        if unanswered {
            self.await_taker(interaction, at);
        }
    }

    /// It waits in its queue, as long as it may. While it is offered it is not given up.
    fn await_taker(&mut self, interaction: Uuid, at: i64) {
        let waits = self.waits.entry(interaction).or_default();
        if !waits.taken && !waits.over {
            let due = (waits.enqueued_at + self.max_wait).max(at);
            self.set(Kind::MaxWait, interaction, due);
        }
    }

    fn presence(&mut self, body: &Value, at: i64) {
        let agent = id(body, "agent_id");
        match number(body, "lease_until") {
            Some(due) => self.set(Kind::Grace, agent, due),
            None => {
                let due = self.running.get(&(Kind::Grace, agent)).copied();
                let lost = text(body, "effective") == "offline";
                self.end(Kind::Grace, agent, at, lost && due.is_some_and(|due| at >= due));
            }
        }
        if self.scheduled.contains(&agent) {
            let duty = text(body, "duty").to_owned();
            let before = self.duties.insert(agent, duty.clone());
            // The first says what the schedule found; every other is a boundary, at a full minute.
            if before.is_some_and(|before| before != duty && !before.is_empty()) {
                let due = at - at.rem_euclid(MINUTE);
                self.once(Kind::Shift, (agent, format!("minute {due}")), due, at);
            }
        }
    }

    fn life(&mut self, body: &Value, at: i64) {
        for word in ["parked", "scheduled"] {
            let Some(fact) = body.get(word) else { continue };
            let interaction = id(fact, "interaction_id");
            self.waits.entry(interaction).or_default().taken = true;
            self.end(Kind::MaxWait, interaction, at, false);
            match number(fact, "wake_at") {
                Some(due) => self.set(Kind::Wake, interaction, due),
                None => self.end(Kind::Wake, interaction, at, false),
            }
        }
        if let Some(fact) = body.get("woken") {
            let by_time = text(fact, "by") == "time";
            self.end(Kind::Wake, id(fact, "interaction_id"), at, by_time);
        }
        if let Some(fact) = body.get("expired") {
            self.end(Kind::MaxWait, id(fact, "interaction_id"), at, true);
        }
        for word in ["expired", "abandoned"] {
            if let Some(fact) = body.get(word) {
                self.over(id(fact, "interaction_id"), at);
            }
        }
    }

    fn over(&mut self, interaction: Uuid, at: i64) {
        self.waits.entry(interaction).or_default().over = true;
        self.end(Kind::MaxWait, interaction, at, false);
        self.end(Kind::Wake, interaction, at, false);
    }

    fn sla(&mut self, body: &Value, at: i64) {
        if let Some(fact) = body.get("applied") {
            let targets = fact["terms"]["targets"].as_array().into_iter().flatten();
            let targets = targets.filter_map(|term| {
                Some((text(term, "metric").to_owned(), number(term, "target")?))
            });
            let waits = self.waits.entry(id(fact, "interaction_id")).or_default();
            waits.targets = targets.collect();
        }
        for (word, kind) in [("warned", Kind::SlaWarning), ("breached", Kind::SlaBreach)] {
            let Some(fact) = body.get(word) else { continue };
            let Some(whole) = number(fact, "due_at") else { continue };
            let (interaction, metric) = (id(fact, "interaction_id"), text(fact, "metric"));
            let percent = fact.get("percent").and_then(Value::as_i64).unwrap_or(100);
            let target = self.waits.get(&interaction).and_then(|w| w.targets.get(metric).copied());
            let left = target.unwrap_or_default() * (100 - percent) / 100;
            let round = fact["round"].as_i64().unwrap_or_default();
            let which = format!("{metric}, round {round}, {percent} %");
            self.once(kind, (interaction, which), whole - left, at);
        }
    }

    fn set(&mut self, kind: Kind, what: Uuid, due: i64) {
        self.running.insert((kind, what), due);
    }

    /// A timer is over, if it was set: it fired, or something else ended it.
    fn end(&mut self, kind: Kind, what: Uuid, at: i64, fired: bool) {
        match self.running.remove(&(kind, what)) {
            Some(due) if fired => self.check(kind, what, due, at),
            Some(due) if at >= self.morning(due, at) => {
                let due = self.morning(due, at);
                self.findings.fired.entry(kind).or_default().overtaken += 1;
                if at - due > LATE_MAX {
                    self.complain(
                        kind,
                        what,
                        at,
                        &format!("open {} ms too long", (at - due) / 1000),
                    );
                }
            }
            Some(_) => {}
            None if fired => self.complain(kind, what, at, "fired though it was not set, or again"),
            None => {}
        }
    }

    /// When it could fire at the earliest that is asked for: what was due at night is due in the
    /// morning, unless it fires before.
    fn morning(&self, due: i64, at: i64) -> i64 {
        let (dusk, dawn) = self.night;
        if (dusk - LATE_MAX..dawn).contains(&due) { due.max(at.min(dawn)) } else { due }
    }

    /// Something fired that does so once, which its name says.
    fn once(&mut self, kind: Kind, which: (Uuid, String), due: i64, at: i64) {
        let (what, name) = which.clone();
        if let Some(first) = self.told.insert(which, at) {
            let text = format!("{name}, due at {due}: fired twice, first at {first}");
            self.complain(kind, what, at, &text);
        }
        self.check(kind, what, due, at);
    }

    fn check(&mut self, kind: Kind, what: Uuid, due: i64, at: i64) {
        let due = self.morning(due, at);
        let late = at - due;
        if late < 0 {
            self.complain(kind, what, at, &format!("fired {} µs early", -late));
        }
        if late > LATE_MAX {
            self.complain(kind, what, at, &format!("fired {} ms late", late / 1000));
        }
        let ahead = self.ahead;
        self.findings.fired.entry(kind).or_default().record(late.max(0), ahead);
    }

    fn complain(&mut self, kind: Kind, what: Uuid, at: i64, text: &str) {
        let tenant = self.tenant;
        self.findings.wrong(|| format!("{kind:?} of {what} ({tenant}) at {at}: {text}"));
    }

    /// The log has ended: whatever was due a second before and never fired is missing. Agents with
    /// a schedule must have changed at every one of these minutes.
    pub(super) fn close(mut self, end: i64, boundaries: &[i64]) -> Findings {
        let open = self.running.iter().map(|(timer, due)| (*timer, *due));
        let mut missing: Vec<_> = open.filter(|(_, due)| end - due > LATE_MAX).collect();
        missing.sort_unstable();
        for ((kind, what), due) in missing {
            self.complain(kind, what, end, &format!("due at {due}, never fired"));
        }
        for agent in self.scheduled.clone() {
            for due in boundaries.iter().filter(|due| end - **due > LATE_MAX) {
                if !self.told.contains_key(&(agent, format!("minute {due}"))) {
                    self.complain(Kind::Shift, agent, end, &format!("due at {due}, never fired"));
                }
            }
        }
        self.findings
    }
}

/// What the clock of the node said that minted a batch: its id is of version 7, which begins with
/// the time in milliseconds. In microseconds.
fn minted_at(batch: Uuid) -> Option<i64> {
    let (seconds, nanos) = batch.get_timestamp()?.to_unix();
    let micros = i64::try_from(seconds).ok()? * 1_000_000;
    Some(micros + i64::from(nanos / 1000))
}

fn text<'a>(of: &'a Value, field: &str) -> &'a str {
    of.get(field).and_then(Value::as_str).unwrap_or_default()
}

fn number(of: &Value, field: &str) -> Option<i64> {
    of.get(field).and_then(Value::as_i64)
}

fn id(of: &Value, field: &str) -> Uuid {
    Uuid::try_parse(text(of, field)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const SECOND: i64 = 1_000_000;

    struct Log(Book);

    impl Log {
        fn new() -> Self {
            let scheduled = HashSet::from([uuid(9)]);
            Self(Book::new(Uuid::nil(), Duration::from_secs(10), scheduled, (0, 0)))
        }

        fn tell(&mut self, at: i64, event: Value) {
            self.0.event(&Recorded { seq: 1, at, request_id: String::new(), event });
        }

        fn offer(&mut self, at: i64, kind: &str, state: &str) {
            self.tell(
                at,
                json!({ "kind": kind, "offer_id": uuid(1), "interaction_id": uuid(2),
                "state": state, "expires_at": at + 2 * SECOND }),
            );
        }

        fn wrong(self, end: i64) -> Vec<String> {
            self.0.close(end, &[]).told
        }
    }

    fn uuid(n: u128) -> Uuid {
        Uuid::from_u128(n)
    }

    #[test]
    fn what_fires_once_and_in_time_is_in_order() {
        let mut log = Log::new();
        log.tell(
            0,
            json!({ "kind": "interaction_queued", "interaction_id": uuid(2),
            "enqueued_at": 0 }),
        );
        log.offer(SECOND, "offer_made", "");
        log.offer(3 * SECOND + 20_000, "offer_ended", "timed_out");
        log.tell(10 * SECOND, json!({ "kind": "life", "expired": { "interaction_id": uuid(2) } }));
        log.tell(
            10 * SECOND,
            json!({ "kind": "agent_presence_changed", "agent_id": uuid(3),
            "effective": "available", "lease_until": 55 * SECOND }),
        );
        log.tell(
            56 * SECOND,
            json!({ "kind": "agent_presence_changed", "agent_id": uuid(3),
            "effective": "offline", "lease_until": null }),
        );
        let fired = &log.0.findings.fired;
        assert_eq!(fired[&Kind::Offer].late, [20_000]);
        assert_eq!((fired[&Kind::MaxWait].late.len(), fired[&Kind::Grace].late.len()), (1, 1));
        assert_eq!(log.wrong(100 * SECOND), Vec::<String>::new());
    }

    #[test]
    fn late_early_twice_and_never_are_found() {
        let mut late = Log::new();
        late.offer(0, "offer_made", "");
        late.offer(3 * SECOND + 1, "offer_ended", "timed_out");
        late.offer(3 * SECOND + 1, "offer_ended", "timed_out");
        let wrong = late.wrong(4 * SECOND);
        assert_eq!(wrong.len(), 2, "{wrong:?}");
        assert!(wrong[0].contains("late") && wrong[1].contains("again"), "{wrong:?}");

        let mut early = Log::new();
        early.offer(0, "offer_made", "");
        early.offer(2 * SECOND - 1, "offer_ended", "timed_out");
        assert!(early.wrong(4 * SECOND)[0].contains("early"));

        let mut never = Log::new();
        never.offer(0, "offer_made", "");
        assert!(never.wrong(3 * SECOND + 1)[0].contains("never"));

        let mut overtaken = Log::new();
        overtaken.offer(0, "offer_made", "");
        overtaken.offer(4 * SECOND, "offer_accepted", "");
        assert!(overtaken.wrong(5 * SECOND)[0].contains("too long"));
    }

    #[test]
    fn what_was_due_while_nobody_ran_is_due_when_somebody_does() {
        let mut log = Log::new();
        log.0.night = (10 * SECOND, 20 * SECOND);
        log.offer(9 * SECOND, "offer_made", "");
        log.offer(20 * SECOND + 5, "offer_ended", "timed_out");
        assert_eq!(log.0.findings.fired[&Kind::Offer].late, [5]);
        let mut late = Log::new();
        late.0.night = (10 * SECOND, 20 * SECOND);
        late.offer(9 * SECOND, "offer_made", "");
        late.offer(22 * SECOND, "offer_ended", "timed_out");
        assert!(late.wrong(30 * SECOND)[0].contains("late"));
    }

    #[test]
    fn promises_and_breaks_are_held_against_when_they_were_due() {
        let mut log = Log::new();
        log.tell(
            0,
            json!({ "kind": "sla", "applied": { "interaction_id": uuid(2), "terms":
            { "targets": [{ "metric": "time_to_answer", "target": 4 * SECOND }] } } }),
        );
        let told = |word: &str, percent: Option<i64>| {
            json!({ "kind": "sla", word: { "interaction_id": uuid(2), "round": 1,
                "metric": "time_to_answer", "due_at": 4 * SECOND, "percent": percent } })
        };
        log.tell(2 * SECOND + 7, told("warned", Some(50)));
        log.tell(4 * SECOND + 8, told("breached", None));
        assert_eq!(log.0.findings.fired[&Kind::SlaWarning].late, [7]);
        assert_eq!(log.0.findings.fired[&Kind::SlaBreach].late, [8]);
        log.tell(4 * SECOND + 9, told("breached", None));
        let duty = |duty: &str| {
            json!({ "kind": "agent_presence_changed", "agent_id": uuid(9), "duty": duty,
                "lease_until": null, "effective": "available" })
        };
        log.tell(5 * SECOND, duty("on_shift"));
        log.tell(60 * SECOND + 9, duty("on_break"));
        assert_eq!(log.0.findings.fired[&Kind::Shift].late, [9]);
        let wrong = log.0.close(200 * SECOND, &[60 * SECOND, 120 * SECOND]).told;
        assert_eq!(wrong.len(), 2, "{wrong:?}");
        assert!(wrong[0].contains("twice") && wrong[1].contains("never"), "{wrong:?}");
    }
}
