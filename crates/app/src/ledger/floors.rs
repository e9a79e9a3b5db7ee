//! Floors from rows: how the store's snapshot becomes the engine's, whole or in part.

use domain::id::PlanId;
use domain::plan::PlanSpec;
use engine::floor::{AgentRow, Floor, ItemRow, Snapshot, Touched};
use engine::sla::Promises;
use std::collections::BTreeMap;
use std::sync::Arc;
use store::{FloorInteraction, FloorPart, FloorRows, Head, PlanVersion};
use tokio::sync::mpsc;

/// A floor and the head of the log it stands at.
#[derive(Clone, Debug)]
pub struct Resident {
    /// The floor.
    pub floor: Floor,
    /// Its place in the log, with generation and hash.
    pub head: Head,
}

impl Resident {
    /// A resident out of a tenant's rows.
    #[must_use]
    pub fn load(mut rows: FloorRows) -> Self {
        let interactions = std::mem::take(&mut rows.interactions);
        Self::of(rows, interactions.into_iter().flatten())
    }

    /// A resident out of a tenant's rows as they come; none if they do not begin as they should.
    /// Blocks until the last of them is there.
    #[must_use]
    pub fn load_parts(first: FloorPart, mut parts: mpsc::Receiver<FloorPart>) -> Option<Self> {
        let FloorPart::Rows(rows) = first else { return None };
        let pages = std::iter::from_fn(|| parts.blocking_recv());
        let interactions = pages.flat_map(|part| match part {
            FloorPart::Interactions(page) => page,
            FloorPart::Rows(_) => Vec::new(),
        });
        Some(Self::of(*rows, interactions))
    }

    fn of(rows: FloorRows, interactions: impl Iterator<Item = FloorInteraction>) -> Self {
        let head = rows.head.clone();
        Self { floor: Floor::load_with(snapshot(rows), interactions.map(item)), head }
    }

    /// Takes over what other nodes changed.
    pub fn refresh(&mut self, touched: &Touched, rows: FloorRows) {
        self.head = rows.head.clone();
        self.floor.refresh(touched, snapshot(rows));
    }
}

/// The touched entries as the store asks for them.
#[must_use]
pub fn to_store(touched: &Touched) -> store::Touched {
    store::Touched {
        agents: touched.agents.clone(),
        teams: touched.teams.clone(),
        queues: touched.queues.clone(),
        rules: touched.rules.clone(),
        plans: touched.plans.clone(),
        accounts: touched.accounts.clone(),
        interactions: touched.interactions.clone(),
        offers: touched.offers.clone(),
        promises: touched.promises,
        settings: touched.settings,
    }
}

fn snapshot(rows: FloorRows) -> Snapshot {
    let mut presences: BTreeMap<_, _> =
        rows.presences.into_iter().map(|row| (row.agent_id, row)).collect();
    let mut sessions: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for row in rows.sessions {
        sessions.entry(row.agent_id).or_default().push((row.id, row.session));
    }
    let mut time_off: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for row in rows.time_off {
        time_off.entry(row.agent_id).or_default().push((row.id, row.absence));
    }
    let agents = rows.agents.into_iter().map(|(id, spec)| {
        let presence = presences.remove(&id);
        AgentRow {
            id,
            spec,
            idle_seq: presence.as_ref().map_or(0, |row| row.idle_seq),
            asked_seq: presence.as_ref().map_or(0, |row| row.asked_seq),
            credit: presence.as_ref().map_or(0, |row| row.credit),
            presence: presence.map(|row| row.presence).unwrap_or_default(),
            sessions: sessions.remove(&id).unwrap_or_default(),
            time_off: time_off.remove(&id).unwrap_or_default(),
        }
    });
    Snapshot {
        seq: rows.head.seq,
        at: rows.head.last_now,
        agents: agents.collect(),
        teams: rows.teams,
        queues: rows.queues,
        rules: rows.rules,
        plans: rows.plans.into_iter().map(version).collect(),
        pinned: rows.pinned.into_iter().map(version).collect(),
        accounts: rows.accounts,
        settings: rows.settings,
        items: rows.interactions.into_iter().flatten().map(item).collect(),
        legs: rows.offers,
        promises: rows.promises.map(promises),
    }
}

fn item(row: FloorInteraction) -> ItemRow {
    ItemRow {
        id: row.id,
        status: row.status,
        queue_id: row.queue_id,
        channel: row.channel,
        priority: row.priority,
        required_skills: row.required_skills,
        traits: row.traits,
        enqueued_at: row.enqueued_at.unwrap_or_default(),
        enqueued_seq: row.enqueued_seq,
        target: row.target_agent_id,
        cool_downs: row.cool_downs,
        offers_made: row.offers_made,
        last_agent: row.last_agent_id,
        plan: row.plan,
        sla: row.sla,
        ladder: row.ladder,
        taken: row.taken,
        wake_at: row.wake_at,
    }
}

fn promises(rows: store::Promises) -> Promises {
    let calendars = rows.calendars.into_iter().map(|(id, versions)| (id, Arc::new(versions)));
    let policy = |(id, version, spec)| (id, (version, Arc::new(spec)));
    Promises {
        calendars: calendars.collect(),
        policies: rows.policies.into_iter().map(policy).collect(),
        ladders: rows.ladders.into_iter().map(|(id, v, spec)| (id, (v, Arc::new(spec)))).collect(),
        schedules: rows
            .schedules
            .into_iter()
            .map(|(id, v, spec)| (id, (v, Arc::new(spec))))
            .collect(),
    }
}

fn version(of: PlanVersion) -> (PlanId, i64, PlanSpec) {
    (of.plan_id, of.version, of.spec)
}
