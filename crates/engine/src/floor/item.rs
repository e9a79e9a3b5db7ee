//! Open interactions on the floor, and what those that wait have in common with others.

use crate::routing::plan::{Planned, Ties};
use domain::channel::ChannelKind;
use domain::escalation::Ladder;
use domain::event::{Event, Rested};
use domain::id::{AgentId, InteractionId, LabelId, OfferId, PlanId, QueueId};
use domain::interaction::{CoolDown, InteractionStatus, Priority, SkillRequirement, Traits};
use domain::sla::Sla;
use domain::time::Timestamp;
use std::sync::{Arc, LazyLock};

/// An open interaction on the floor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Where it stands; never resolved or later.
    pub status: InteractionStatus,
    /// The queue it waits or waited in; none before it was queued.
    pub queue_id: Option<QueueId>,
    /// The kind of channel.
    pub channel: ChannelKind,
    /// How urgent it is.
    pub priority: Priority,
    /// What its agent must know, beyond what the queue asks.
    pub required_skills: Arc<[SkillRequirement]>,
    /// What strategies and caps look at beside skills.
    pub traits: Arc<Traits>,
    /// When it began to wait.
    pub enqueued_at: Timestamp,
    /// The place in the log at which it began to wait.
    pub enqueued_seq: i64,
    /// The only agent it is offered to for now.
    pub target: Option<AgentId>,
    /// Who did not take it, and until when others are asked first.
    pub cool_downs: Vec<CoolDown>,
    /// How many offers were made.
    pub offers_made: i32,
    /// The leg of its owner.
    pub owner: Option<OfferId>,
    /// Its unanswered offer.
    pub pending: Option<OfferId>,
    /// The offer or leg of the agent whose advice its owner wants.
    pub consult: Option<OfferId>,
    /// How the promises for it stand.
    pub sla: Option<Arc<Sla>>,
    /// Its ladder of escalation.
    pub ladder: Option<Arc<Ladder>>,
    /// Who last accepted an interaction of its customer.
    pub last_agent: Option<AgentId>,
    /// The plan it goes by while it waits.
    pub plan: Option<Arc<Planned>>,
    /// How far the floor has looked into that plan.
    pub seen: Seen,
    /// Whether an agent ever took it, or its customer is to be called back.
    pub taken: bool,
    /// When it wakes, if it is parked or scheduled until then.
    pub wake_at: Option<Timestamp>,
    /// When it has waited as long as its queue allows; follows from the rest.
    pub expires_at: Option<Timestamp>,
}

/// What most items have: nothing asked, nothing known. One for all of them, in place of one each.
static NO_SKILLS: LazyLock<Arc<[SkillRequirement]>> = LazyLock::new(|| Arc::from([]));
static NO_TRAITS: LazyLock<Arc<Traits>> = LazyLock::new(Arc::default);

/// What an agent must know, to be held by an item.
pub(super) fn shared_skills(skills: &[SkillRequirement]) -> Arc<[SkillRequirement]> {
    if skills.is_empty() { Arc::clone(&NO_SKILLS) } else { skills.into() }
}

/// Traits, to be held by an item.
pub(super) fn shared_traits(traits: Traits) -> Arc<Traits> {
    if traits == **NO_TRAITS { Arc::clone(&NO_TRAITS) } else { Arc::new(traits) }
}

impl Item {
    /// The agents whom its customer is tied to.
    #[must_use]
    pub fn ties(&self) -> Ties {
        Ties::of(self.last_agent, &self.traits)
    }

    /// One that came to be and does not wait yet.
    pub(super) fn created(channel: ChannelKind, priority: Priority) -> Self {
        Self {
            status: InteractionStatus::Created,
            queue_id: None,
            channel,
            priority,
            required_skills: shared_skills(&[]),
            traits: shared_traits(Traits::default()),
            enqueued_at: Timestamp::default(),
            enqueued_seq: 0,
            target: None,
            cool_downs: Vec::new(),
            offers_made: 0,
            owner: None,
            pending: None,
            consult: None,
            sla: None,
            ladder: None,
            last_agent: None,
            plan: None,
            seen: Seen::default(),
            taken: false,
            wake_at: None,
            expires_at: None,
        }
    }

    /// One that an agent parked and no longer counts, of which only its row knows.
    #[must_use]
    pub fn parked_by(agent: Option<AgentId>, queue_id: Option<QueueId>, known: &Rested) -> Self {
        let status = InteractionStatus::Parked;
        Self { status, target: agent, ..super::life::at_rest(known, queue_id) }
    }

    /// Takes in what an update changed of it.
    pub fn update(&mut self, event: &Event) {
        let Event::InteractionUpdated { priority, required_skills, language, labels, .. } = event
        else {
            return;
        };
        self.priority = *priority;
        self.required_skills = shared_skills(required_skills);
        if let Some(language) = language {
            Arc::make_mut(&mut self.traits).language.clone_from(language);
        }
        if let Some(labels) = labels {
            Arc::make_mut(&mut self.traits).labels.clone_from(labels);
        }
    }

    /// Whether it rests where only a message wakes it: the floor does not hold it. What still
    /// counts for its agent has no target.
    #[must_use]
    pub fn rests(&self) -> bool {
        let ticks = self.sla.as_ref().is_some_and(|sla| sla.next_at().is_some());
        let climbs = self.ladder.as_ref().is_some_and(|ladder| ladder.next_at().is_some());
        let held = self.target.is_none() || self.wake_at.is_some() || ticks || climbs;
        self.status == InteractionStatus::Parked && !held
    }
}

/// Which step of an item's plan is the newest. Like what routing has looked at, it follows from the
/// rest and the time, and makes no difference between two items.
#[derive(Clone, Copy, Debug, Default)]
pub struct Seen {
    /// By time and failed offers.
    pub opened: u8,
    /// The same, or a later one if those are for single agents who are not there.
    pub newest: u8,
}

impl PartialEq for Seen {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Seen {}

/// What the order of a queue goes by: age plus credit as one instant, then arrival.
pub type WaitKey = (Timestamp, i64, InteractionId);

/// What decides who may take an item, beyond its queue: items alike in this share a bucket.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Signature {
    /// The channel whose cap counts.
    pub channel: ChannelKind,
    /// How urgent it is: items that gain on others alike.
    pub priority: Priority,
    /// The only agent it is for.
    pub target: Option<AgentId>,
    /// What its agent must know.
    pub required_skills: Arc<[SkillRequirement]>,
    /// How far it is in which plan; none without one, and while it is for one agent only.
    pub place: Option<PlanPlace>,
    /// Its labels, as far as somebody caps them.
    pub labels: Vec<LabelId>,
}

/// How far items are in a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PlanPlace {
    /// The plan.
    pub plan_id: PlanId,
    /// Its version.
    pub version: i64,
    /// The newest step that is open by time and failed offers.
    pub opened: u8,
    /// The newest open step.
    pub newest: u8,
}
