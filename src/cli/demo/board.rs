//! The supervisor's board: the Dashboard stream beside what the demo itself knows, painted over and
//! over in a terminal, as a line a second elsewhere, or not at all. What it shows is made by pure
//! functions.

use super::play::{Play, Standing};
use anyhow::{Context as _, Result};
use omnichannel_sdk::v1::{self, DashboardTopic};
use omnichannel_sdk::{Client, Dashboard, DashboardOptions};
use std::collections::HashMap;
use std::io::{IsTerminal, Write};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;

/// How often a terminal is painted.
const REPAINT: Duration = Duration::from_millis(250);

/// How often a line is written where there is no terminal.
const LINE: Duration = Duration::from_secs(1);

/// Agents that a terminal shows; the rest is counted.
const AGENTS_SHOWN: usize = 12;

/// How long the board may take to come to rest after the last interaction.
const REST_TIME: Duration = Duration::from_secs(10);

const CLEAR: &str = "\x1b[2J\x1b[H";
const HOME: &str = "\x1b[H";
const LINE_END: &str = "\x1b[K\n";
const BELOW: &str = "\x1b[J";

/// How the board is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    Painted,
    Lines,
    None,
}

impl Look {
    /// A terminal is painted, unless nothing is wanted.
    pub(super) fn of(no_board: bool) -> Self {
        match (no_board, std::io::stdout().is_terminal()) {
            (true, _) => Self::None,
            (false, true) => Self::Painted,
            (false, false) => Self::Lines,
        }
    }
}

/// A board that follows one queue and its agents.
pub(super) struct Board {
    pub(super) dashboard: Dashboard,
    pub(super) play: Arc<Play>,
    /// Numbers of the agents of this run by their identifiers.
    pub(super) agents: HashMap<String, usize>,
    pub(super) begun: Instant,
    pub(super) limit: Duration,
    pub(super) look: Look,
}

/// Opens the dashboard of a queue.
pub(super) async fn open(client: &Client, queue_id: &str) -> Result<Dashboard> {
    let options = DashboardOptions {
        topics: vec![DashboardTopic::Stats, DashboardTopic::Queues, DashboardTopic::Agents],
        queue_ids: vec![queue_id.to_owned()],
        min_interval: Some(REPAINT),
        ..DashboardOptions::default()
    };
    Dashboard::open(client, options).await.context("the dashboard")
}

/// What there is to show at a moment.
struct Shown<'a> {
    run: &'a str,
    elapsed: Duration,
    limit: Duration,
    total: usize,
    standing: Standing,
    messages: (usize, usize),
    refusals: usize,
    queue: v1::QueueStats,
    agents: Vec<(usize, &'a v1::AgentBoardItem)>,
}

impl Board {
    /// Shows the board until told to stop; answers how long it then took to come to rest, with
    /// nothing that waits, is offered or is owned, or what was left when that took too long.
    pub(super) async fn show(mut self, stop: CancellationToken) -> Result<Duration, String> {
        let mut ticks = interval(if self.look == Look::Painted { REPAINT } else { LINE });
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        if self.look == Look::Painted {
            write(CLEAR);
        }
        loop {
            tokio::select! {
                _ = ticks.tick() => self.draw(),
                () = stop.cancelled() => break,
            }
        }
        let stopped = Instant::now();
        let rested = timeout(REST_TIME, self.rest()).await.unwrap_or(false);
        self.draw();
        if rested { Ok(stopped.elapsed()) } else { Err(self.left()) }
    }

    fn draw(&self) {
        if self.look == Look::None {
            return;
        }
        let live = self.dashboard.current();
        let shown = self.shown(&live.board);
        match self.look {
            Look::Painted => write(&painted(&paint(&shown))),
            _ => write(&(line(&shown) + "\n")),
        }
    }

    fn shown<'a>(&'a self, board: &'a v1::Board) -> Shown<'a> {
        let ours = |item: &'a v1::AgentBoardItem| Some((*self.agents.get(&item.agent_id)?, item));
        let mut agents: Vec<_> = board.agents.iter().filter_map(ours).collect();
        agents.sort_by_key(|(number, _)| *number);
        let counters = &self.play.counters;
        Shown {
            run: &self.play.script.run,
            elapsed: self.begun.elapsed(),
            limit: self.limit,
            total: self.play.script.scenes.len(),
            standing: self.play.standing(),
            messages: (counters.messages_in.get(), counters.messages_out.get()),
            refusals: counters.refusals.get(),
            queue: board.queues.first().cloned().unwrap_or_default(),
            agents,
        }
    }

    /// Reads on until the newest board is at rest.
    async fn rest(&mut self) -> bool {
        while !self.is_at_rest() {
            match self.dashboard.next().await {
                Some(Ok(_)) => {}
                _ => return false,
            }
        }
        true
    }

    fn is_at_rest(&self) -> bool {
        let live = self.dashboard.current();
        let shown = self.shown(&live.board);
        shown.agents.len() == self.agents.len()
            && shown.agents.iter().all(|(_, item)| is_idle(item))
            && (shown.queue.depth, shown.queue.offered) == (0, 0)
    }

    /// What the newest board still shows.
    fn left(&self) -> String {
        let live = self.dashboard.current();
        let shown = self.shown(&live.board);
        let busy = shown.agents.iter().filter(|(_, item)| !is_idle(item)).count();
        format!(
            "at sequence {} it shows {} waiting, {} offered and {busy} of {} agents with work",
            live.seq,
            shown.queue.depth,
            shown.queue.offered,
            shown.agents.len()
        )
    }
}

fn is_idle(item: &v1::AgentBoardItem) -> bool {
    item.used_units == 0 && item.owned_interactions == 0
}

fn line(shown: &Shown) -> String {
    let Standing { posted, owned, resolved, rated } = shown.standing;
    let (depth, offered) = (shown.queue.depth, shown.queue.offered);
    format!(
        "{:>4} s  posted {posted}/{}  waiting {depth}  offered {offered}  active {owned}  \
         resolved {resolved}  rated {rated}  messages {} in {} out",
        shown.elapsed.as_secs(),
        shown.total,
        shown.messages.0,
        shown.messages.1,
    )
}

fn paint(shown: &Shown) -> Vec<String> {
    let Standing { posted, owned, resolved, rated } = shown.standing;
    let queue = &shown.queue;
    let wait = queue.longest_wait.as_ref().map_or(0, |wait| wait.seconds);
    let mut lines = vec![
        format!(
            "omnichannel demo, run {}      {} s of at most {} s",
            shown.run,
            shown.elapsed.as_secs(),
            shown.limit.as_secs()
        ),
        String::new(),
        format!("customers   {}", bar(posted, shown.total, "interactions posted")),
        format!("resolved    {}", bar(resolved, shown.total, "interactions")),
        format!("rated       {}", bar(rated, shown.total, "interactions")),
        format!(
            "queue       waiting {}, longest {wait} s, offered {}, agents available {}",
            queue.depth, queue.offered, queue.available_agents
        ),
        format!("agents      own {owned}"),
        format!(
            "messages    {} in, {} out, {} attempts refused",
            shown.messages.0, shown.messages.1, shown.refusals
        ),
        String::new(),
    ];
    lines.extend(shown.agents.iter().take(AGENTS_SHOWN).map(|(number, item)| {
        let status = item.presence.as_ref().map_or("", |presence| {
            presence.effective().as_str_name().trim_start_matches("EFFECTIVE_STATUS_")
        });
        let (used, most) = (clamped(item.used_units), clamped(item.max_units));
        let owned = item.owned_interactions;
        format!("agent {number:<5} {status:<15} {} owns {owned}", bar(used, most, "units"))
    }));
    if shown.agents.len() > AGENTS_SHOWN {
        lines.push(format!("and {} agents more", shown.agents.len() - AGENTS_SHOWN));
    }
    lines
}

fn clamped(count: i32) -> usize {
    usize::try_from(count).unwrap_or(0)
}

/// A share as a bar of fixed width and in numbers.
fn bar(part: usize, whole: usize, what: &str) -> String {
    const WIDTH: usize = 20;
    let filled = (part * WIDTH).checked_div(whole).unwrap_or(0).min(WIDTH);
    let (full, empty) = ("#".repeat(filled), ".".repeat(WIDTH - filled));
    format!("[{full}{empty}] {part}/{whole} {what}")
}

/// Lines as one write that leaves nothing of the ones before.
fn painted(lines: &[String]) -> String {
    HOME.to_owned() + &lines.join(LINE_END) + LINE_END + BELOW
}

fn write(text: &str) {
    let mut out = std::io::stdout().lock();
    // A reader that went away is no reason to stop the play.
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(agents: &[v1::AgentBoardItem]) -> Shown<'_> {
        Shown {
            run: "r",
            elapsed: Duration::from_secs(7),
            limit: Duration::from_secs(120),
            total: 40,
            standing: Standing { posted: 20, owned: 3, resolved: 10, rated: 9 },
            messages: (33, 21),
            refusals: 2,
            queue: v1::QueueStats { depth: 5, offered: 2, ..Default::default() },
            agents: agents.iter().enumerate().collect(),
        }
    }

    #[test]
    fn a_line_says_it_all() {
        let expected = "   7 s  posted 20/40  waiting 5  offered 2  active 3  resolved 10  \
                        rated 9  messages 33 in 21 out";
        assert_eq!(line(&shown(&[])), expected);
    }

    #[test]
    fn a_terminal_shows_so_many_agents_and_counts_the_rest() {
        let agent = v1::AgentBoardItem { used_units: 1, max_units: 2, ..Default::default() };
        let lines = paint(&shown(&vec![agent; AGENTS_SHOWN + 2]));
        assert!(lines.iter().any(|line| line.contains("[##########..........] 1/2 units")));
        assert_eq!(lines.last().map(String::as_str), Some("and 2 agents more"));
        assert_eq!(bar(7, 0, "x"), "[....................] 7/0 x");
        assert_eq!(bar(9, 3, "x"), "[####################] 9/3 x");
    }
}
