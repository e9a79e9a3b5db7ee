//! A circuit breaker as a plain value: it is told when something is about to be sent and what
//! became of it, and says whether the next may go. Two gates in one: *health* closes the way to a
//! receiver that fails, *credential* to one that does not believe us (which only a person mends),
//! so that bad credentials never look like bad health. Reads no clock; keep one per account and
//! host. Time handed in that runs backwards counts as standing still.

mod window;

use crate::provider::Delivery;
use domain::time::{Span, Timestamp};
use serde::Serialize;
use window::Window;

/// So many failures in a row open the health gate.
pub const CONSECUTIVE_FAILURES: u32 = 5;
/// The fewest outcomes of which a share is taken.
pub const SHARE_MIN_OUTCOMES: u32 = 20;
/// The health gate opens when more than this many of a hundred outcomes in the window failed.
pub const SHARE_PERCENT: u32 = 50;
/// How long outcomes count.
pub const WINDOW: Span = Span::from_secs(window::SECONDS);
/// How long the health gate stays open at first; doubled by every failed probe.
pub const FIRST_OPEN: Span = Span::from_secs(5);
/// The longest that the health gate stays open between probes.
pub const LONGEST_OPEN: Span = Span::from_secs(60);
/// How long the credential gate stays open.
pub const CREDENTIAL_OPEN: Span = Span::from_secs(60);
/// How long a probe may take before it is given up for lost and another may go. Longer than any
/// exchange may take.
pub const PROBE_LIMIT: Span = Span::from_secs(75);
/// When to ask again while a probe is under way.
pub const PROBE_PATIENCE: Span = Span::from_secs(1);

/// What an outcome says about the receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// It answered and believed us.
    Healthy,
    /// It did not answer, or answered that it cannot.
    Failing,
    /// It answered and did not believe us.
    CredentialsBad,
    /// Nothing: it was not asked.
    Nothing,
}

impl From<&Delivery> for Signal {
    fn from(delivery: &Delivery) -> Self {
        match delivery {
            Delivery::Accepted { .. } => Self::Healthy,
            Delivery::Refused { reason } if reason.status.is_some() => Self::Healthy,
            Delivery::Refused { .. } => Self::Nothing,
            // A receiver that cannot take mail for one address is well.
            Delivery::RetryAfter { reason, .. } if reason.bounce.is_some() => Self::Healthy,
            Delivery::RetryAfter { .. } | Delivery::Unknown { .. } => Self::Failing,
            Delivery::CredentialsBad { .. } => Self::CredentialsBad,
        }
    }
}

/// Leave to send once; hand it back with what became of it.
#[must_use = "a permit that is not recorded holds up the next probe"]
#[derive(Debug, PartialEq, Eq)]
pub struct Permit {
    generation: u64,
    probe: bool,
}

impl Permit {
    /// Whether this is the one request that finds out if the receiver has recovered.
    #[must_use]
    pub const fn is_probe(&self) -> bool {
        self.probe
    }
}

/// Which gate is in the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The receiver fails.
    Health,
    /// The receiver does not believe us.
    Credential,
}

/// No leave to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Denied {
    /// Which gate is in the way.
    pub cause: Cause,
    /// When to ask again.
    pub until: Timestamp,
}

/// The state of a gate as people know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Everything goes.
    Closed,
    /// Nothing goes.
    Open,
    /// One probe goes.
    HalfOpen,
}

/// A gate: closed, or open until some time and half-open from then on.
#[derive(Clone, Copy, Debug, Default)]
struct Gate {
    open_until: Option<Timestamp>,
}

impl Gate {
    fn state(self, now: Timestamp) -> State {
        match self.open_until {
            None => State::Closed,
            Some(until) if now < until => State::Open,
            Some(_) => State::HalfOpen,
        }
    }
}

/// The breaker of one account and host.
#[derive(Clone, Debug, Default)]
pub struct Breaker {
    health: Gate,
    credential: Gate,
    /// How long the health gate was last open; zero while closed.
    open_for: Span,
    consecutive: u32,
    window: Window,
    probe_since: Option<Timestamp>,
    /// Counts changes of the gates: outcomes of what was sent before a change say nothing about
    /// the state after it.
    generation: u64,
    latest: Timestamp,
}

impl Breaker {
    /// A breaker with both gates closed.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks to send once.
    ///
    /// # Errors
    /// Which gate is in the way, and until when.
    pub fn admit(&mut self, now: Timestamp) -> Result<Permit, Denied> {
        let now = self.advance(now);
        let gates = [(Cause::Credential, self.credential), (Cause::Health, self.health)];
        for (cause, gate) in gates {
            if let Some(until) = gate.open_until.filter(|until| now < *until) {
                return Err(Denied { cause, until });
            }
        }
        let Some((cause, _)) = gates.into_iter().find(|(_, gate)| gate.open_until.is_some()) else {
            return Ok(Permit { generation: self.generation, probe: false });
        };
        if let Some(since) = self.probe_since {
            if now.since(since) < PROBE_LIMIT {
                return Err(Denied { cause, until: now + PROBE_PATIENCE });
            }
            self.generation += 1;
        }
        self.probe_since = Some(now);
        Ok(Permit { generation: self.generation, probe: true })
    }

    /// Takes note of what became of one sending.
    pub fn record(&mut self, permit: Permit, signal: Signal, now: Timestamp) {
        let now = self.advance(now);
        if permit.generation != self.generation {
            return;
        }
        if permit.probe {
            self.probe_since = None;
        }
        match signal {
            Signal::Nothing => {}
            Signal::Healthy => {
                if self.credential.open_until.take().is_some() {
                    self.changed();
                }
                self.succeeded(now);
            }
            Signal::Failing => self.failed(now),
            Signal::CredentialsBad => {
                self.succeeded(now);
                self.credential.open_until = Some(now + CREDENTIAL_OPEN);
                self.changed();
            }
        }
    }

    /// Closes the credential gate, since somebody changed the credentials.
    pub fn credentials_changed(&mut self) {
        if self.credential.open_until.take().is_some() {
            self.changed();
        }
    }

    /// What there is to show.
    #[must_use]
    pub fn snapshot(&self, now: Timestamp) -> Snapshot {
        let now = now.max(self.latest);
        let (outcomes, failures) = self.window.sums(now);
        Snapshot {
            health: self.health.state(now),
            health_open_until: self.health.open_until,
            credential: self.credential.state(now),
            credential_open_until: self.credential.open_until,
            consecutive_failures: self.consecutive,
            outcomes_in_window: outcomes,
            failures_in_window: failures,
            probing: self.probe_since.is_some(),
        }
    }

    fn succeeded(&mut self, now: Timestamp) {
        self.consecutive = 0;
        if self.health.open_until.take().is_some() {
            self.open_for = Span::ZERO;
            self.window = Window::default();
            self.changed();
        }
        self.window.add(now, false);
    }

    fn failed(&mut self, now: Timestamp) {
        self.consecutive = self.consecutive.saturating_add(1);
        self.window.add(now, true);
        if self.health.open_until.is_some() {
            let doubled = Span::from_micros(self.open_for.micros().saturating_mul(2));
            self.open(doubled.min(LONGEST_OPEN), now);
        } else if self.consecutive >= CONSECUTIVE_FAILURES || self.too_many(now) {
            self.open(FIRST_OPEN, now);
        }
    }

    fn too_many(&self, now: Timestamp) -> bool {
        let (outcomes, failures) = self.window.sums(now);
        let share = u64::from(failures) * 100 > u64::from(outcomes) * u64::from(SHARE_PERCENT);
        outcomes >= SHARE_MIN_OUTCOMES && share
    }

    fn open(&mut self, span: Span, now: Timestamp) {
        self.open_for = span;
        self.health.open_until = Some(now + span);
        self.changed();
    }

    const fn changed(&mut self) {
        self.generation += 1;
        self.probe_since = None;
    }

    fn advance(&mut self, now: Timestamp) -> Timestamp {
        self.latest = self.latest.max(now);
        self.latest
    }
}

/// A breaker as shown to operators.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Snapshot {
    /// The health gate.
    pub health: State,
    /// Until when it is open, or since when half-open; absent while closed.
    pub health_open_until: Option<Timestamp>,
    /// The credential gate.
    pub credential: State,
    /// Until when it is open, or since when half-open; absent while closed.
    pub credential_open_until: Option<Timestamp>,
    /// Failures since the last success.
    pub consecutive_failures: u32,
    /// Outcomes in the window.
    pub outcomes_in_window: u32,
    /// Failures among them.
    pub failures_in_window: u32,
    /// Whether a probe is under way.
    pub probing: bool,
}
