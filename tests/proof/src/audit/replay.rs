//! What the log says happened, told again event by event: who was asked, who owned what, how much
//! everybody had in hand. Written against the stored form alone, with none of the server's types,
//! so that a flaw in its fold is not repeated here.

mod consult;

use super::{Kind, Violations};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

/// One stored event.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Recorded {
    pub(crate) seq: i64,
    pub(crate) at: i64,
    #[serde(default)]
    pub(crate) request_id: String,
    pub(crate) event: Value,
}

impl Recorded {
    /// Its kind as it is stored.
    pub(crate) fn kind(&self) -> &str {
        self.event.get("kind").and_then(Value::as_str).unwrap_or_default()
    }

    /// One of its fields, if it is a text.
    pub(crate) fn text(&self, field: &str) -> &str {
        self.event.get(field).and_then(Value::as_str).unwrap_or_default()
    }

    /// What happened to a consult, and the part that says it, if it is of one.
    pub(crate) fn advice(&self) -> Option<(&str, Self)> {
        let stored = self.event.as_object().filter(|_| self.kind() == "consult")?;
        let (name, fact) = stored.iter().find(|(name, _)| *name != "kind")?;
        Some((name, Self { event: fact.clone(), ..self.clone() }))
    }

    fn id(&self, field: &str) -> Uuid {
        Uuid::try_parse(self.text(field)).unwrap_or_default()
    }
}

/// The events of a row.
pub(crate) fn decode(payload: &[u8]) -> Result<Vec<Recorded>, serde_json::Error> {
    serde_json::from_slice(payload)
}

/// Where an offer stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum OfferIs {
    Pending,
    Owner,
    /// Its agent advises the owner.
    Advising,
    /// Its agent advised, and is handed the interaction.
    HandedOver,
    /// Ended, with the state's stored word.
    Ended(String),
}

#[derive(Clone, Debug)]
pub(crate) struct Offer {
    pub(crate) interaction: Uuid,
    pub(crate) agent: Uuid,
    pub(crate) channel: String,
    /// What it counts for as long as it lives.
    labels: Vec<String>,
    /// Whether it began as a question for advice.
    consult: bool,
    pub(crate) is: OfferIs,
}

#[derive(Debug, Default)]
struct Interaction {
    owner: Option<Uuid>,
    pending: Option<Uuid>,
    /// Who is asked for advice on it, or advises.
    consult: Option<Uuid>,
    /// The stored kind of what ended it; none while it is open.
    ended: Option<&'static str>,
}

#[derive(Debug, Default)]
struct Agent {
    units: usize,
    per_channel: BTreeMap<String, usize>,
    per_label: BTreeMap<String, usize>,
    live: usize,
    live_per_channel: BTreeMap<String, usize>,
    live_per_label: BTreeMap<String, usize>,
}

/// What was seen of advice and of labels that agents cap: an audit that saw none says nothing of
/// them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Seen {
    /// Agents asked for advice.
    pub(crate) consults: usize,
    /// Who said yes.
    pub(crate) advised: usize,
    /// Handed over to who advised.
    pub(crate) handed_over: usize,
    /// Offers and consults with a label that their agent caps.
    pub(crate) capped: usize,
    /// Those that made the cap full.
    pub(crate) filled: usize,
}

impl std::ops::AddAssign for Seen {
    fn add_assign(&mut self, more: Self) {
        self.consults += more.consults;
        self.advised += more.advised;
        self.handed_over += more.handed_over;
        self.capped += more.capped;
        self.filled += more.filled;
    }
}

/// One tenant as its log tells it.
#[derive(Debug)]
pub(crate) struct Replay {
    tenant: Uuid,
    interactions: HashMap<Uuid, Interaction>,
    pub(crate) offers: HashMap<Uuid, Offer>,
    agents: HashMap<Uuid, Agent>,
    pub(crate) created_by: HashMap<String, Vec<Uuid>>,
    pub(crate) accepted: usize,
    pub(crate) failed: usize,
    pub(crate) fullest_percent: usize,
    pub(crate) seen: Seen,
    /// When legs of advisers became the owner's.
    pub(crate) handed_over: Vec<(Uuid, i64)>,
}

impl Replay {
    pub(crate) fn new(tenant: Uuid) -> Self {
        Self {
            tenant,
            interactions: HashMap::new(),
            offers: HashMap::new(),
            agents: HashMap::new(),
            created_by: HashMap::new(),
            accepted: 0,
            failed: 0,
            fullest_percent: 0,
            seen: Seen::default(),
            handed_over: Vec::new(),
        }
    }

    pub(crate) fn interactions(&self) -> usize {
        self.interactions.len()
    }

    pub(crate) fn open(&self) -> usize {
        self.interactions.values().filter(|interaction| interaction.ended.is_none()).count()
    }

    /// Offers of interactions; of advice there are others.
    pub(crate) fn offers(&self) -> usize {
        self.offers.len() - self.seen.consults
    }

    /// Every interaction, with what ended it.
    pub(crate) fn endings(&self) -> impl Iterator<Item = (Uuid, Option<&'static str>)> {
        self.interactions.iter().map(|(id, interaction)| (*id, interaction.ended))
    }

    /// Takes the next event.
    pub(crate) fn apply(&mut self, event: &Recorded, found: &mut Violations) {
        self.check_advice(event, found);
        match event.kind() {
            "agent_saved" => self.agent_saved(event),
            "interaction_created" => self.created(event, found),
            "offer_made" => self.made(event, found),
            "offer_accepted" => self.accepted(event, found),
            "offer_ended" => self.ended(event, found),
            "interaction_resolved" => self.over(event, Some("resolved"), found),
            "interaction_closed" => self.over(event, Some("closed"), found),
            "interaction_cancelled" => self.over(event, Some("cancelled"), found),
            "interaction_reopened" => self.over(event, None, found),
            "life" => self.life(event, found),
            "consult" => self.consult(event, found),
            _ => {}
        }
    }

    fn agent_saved(&mut self, event: &Recorded) {
        let capacity = &event.event["spec"]["capacity"];
        let number = |value: &Value| value.as_u64().and_then(|n| usize::try_from(n).ok());
        let agent = self.agents.entry(event.id("agent_id")).or_default();
        agent.units = number(&capacity["units"]).unwrap_or_default();
        let caps = capacity["per_channel"].as_object().into_iter().flatten();
        agent.per_channel = caps.filter_map(|(k, v)| Some((k.clone(), number(v)?))).collect();
        let caps = capacity["per_label"].as_object().into_iter().flatten();
        let cap = |(label, cap): (&String, &Value)| Some((label.clone(), number(&cap["max"])?));
        agent.per_label = caps.filter_map(cap).collect();
    }

    fn created(&mut self, event: &Recorded, found: &mut Violations) {
        let id = event.id("interaction_id");
        if self.interactions.insert(id, Interaction::default()).is_some() {
            self.wrong(Kind::Order, event, "an interaction was created twice", found);
        }
        if !event.request_id.is_empty() {
            self.created_by.entry(event.request_id.clone()).or_default().push(id);
        }
    }

    fn made(&mut self, event: &Recorded, found: &mut Violations) {
        let (offer, id) = (event.id("offer_id"), event.id("interaction_id"));
        match self.interactions.get_mut(&id) {
            Some(interaction) if interaction.ended.is_none() && interaction.pending.is_none() => {
                interaction.pending = Some(offer);
            }
            _ => self.wrong(Kind::Order, event, "offered what was offered or not open", found),
        }
        self.take(event, false, found);
    }

    /// Somebody is asked: it counts against their capacity from now on.
    fn take(&mut self, event: &Recorded, consult: bool, found: &mut Violations) {
        let (id, agent_id) = (event.id("offer_id"), event.id("agent_id"));
        let channel = event.text("channel").to_owned();
        let labels = event.event["labels"].as_array().into_iter().flatten();
        let labels: Vec<String> = labels.filter_map(Value::as_str).map(ToOwned::to_owned).collect();
        let agent = self.agents.entry(agent_id).or_default();
        agent.live += 1;
        let on_channel = agent.live_per_channel.entry(channel.clone()).or_default();
        *on_channel += 1;
        let channel_cap = agent.per_channel.get(&channel).copied().unwrap_or(usize::MAX);
        let mut over = agent.live > agent.units || *on_channel > channel_cap;
        let (mut capped, mut full) = (false, false);
        for label in &labels {
            let with = agent.live_per_label.entry(label.clone()).or_default();
            *with += 1;
            let Some(cap) = agent.per_label.get(label) else { continue };
            over |= *with > *cap;
            (capped, full) = (true, full || with == cap);
        }
        self.seen.capped += usize::from(capped);
        self.seen.filled += usize::from(full);
        let used = agent.live * 100 / agent.units.max(1);
        self.fullest_percent = self.fullest_percent.max(used);
        // Unless somebody said so, which the event tells.
        if over && event.event["override_limits"] != true {
            self.wrong(Kind::Capacity, event, "offered above the capacity in force", found);
        }
        let (interaction, is) = (event.id("interaction_id"), OfferIs::Pending);
        let made = Offer { interaction, agent: agent_id, channel, labels, consult, is };
        if self.offers.insert(id, made).is_some() {
            self.wrong(Kind::Order, event, "an offer was made twice", found);
        }
    }

    /// It counts no more.
    fn give_back(&mut self, offer: &Offer) {
        let Some(agent) = self.agents.get_mut(&offer.agent) else { return };
        agent.live = agent.live.saturating_sub(1);
        let on_channel = agent.live_per_channel.entry(offer.channel.clone()).or_default();
        *on_channel = on_channel.saturating_sub(1);
        for label in &offer.labels {
            let with = agent.live_per_label.entry(label.clone()).or_default();
            *with = with.saturating_sub(1);
        }
    }

    fn accepted(&mut self, event: &Recorded, found: &mut Violations) {
        let id = event.id("offer_id");
        self.accepted += 1;
        let asked = |offer: &&mut Offer| match offer.is {
            OfferIs::Pending => !offer.consult,
            OfferIs::HandedOver => true,
            _ => false,
        };
        let Some(offer) = self.offers.get_mut(&id).filter(asked) else {
            return self.wrong(Kind::Order, event, "accepted what was not pending", found);
        };
        offer.is = OfferIs::Owner;
        let interaction = self.interactions.entry(offer.interaction).or_default();
        interaction.pending = interaction.pending.filter(|pending| *pending != id);
        let over = interaction.ended.is_some();
        if interaction.owner.replace(id).is_some() {
            self.wrong(Kind::TwoOwners, event, "accepted while somebody owned it", found);
        }
        if over {
            self.wrong(Kind::Order, event, "accepted after it had ended", found);
        }
    }

    fn ended(&mut self, event: &Recorded, found: &mut Violations) {
        let id = event.id("offer_id");
        let state = event.text("state").to_owned();
        let live = |offer: &&mut Offer| match offer.is {
            OfferIs::Pending => !offer.consult,
            OfferIs::Owner => true,
            _ => false,
        };
        let Some(offer) = self.offers.get_mut(&id).filter(live) else {
            return self.wrong(Kind::Order, event, "ended what was not live", found);
        };
        self.failed += usize::from(offer.is == OfferIs::Pending);
        offer.is = OfferIs::Ended(state);
        let offer = offer.clone();
        self.give_back(&offer);
        if let Some(interaction) = self.interactions.get_mut(&offer.interaction) {
            interaction.owner = interaction.owner.filter(|owner| *owner != id);
            interaction.pending = interaction.pending.filter(|pending| *pending != id);
        }
    }

    fn over(&mut self, event: &Recorded, how: Option<&'static str>, found: &mut Violations) {
        match self.interactions.get_mut(&event.id("interaction_id")) {
            Some(interaction) => interaction.ended = how,
            None => self.wrong(Kind::Order, event, "ended before it was created", found),
        }
    }

    /// It was given up; other facts of this kind end nothing.
    fn life(&mut self, event: &Recorded, found: &mut Violations) {
        for how in ["abandoned", "expired"] {
            if let Some(fact) = event.event.get(how) {
                let fact = Recorded { event: fact.clone(), ..event.clone() };
                self.over(&fact, Some(how), found);
            }
        }
    }

    fn wrong(&self, kind: Kind, event: &Recorded, what: &str, found: &mut Violations) {
        let (tenant, seq) = (self.tenant, event.seq);
        found.add(kind, || format!("{tenant} at {seq}: {what}: {}", event.event));
    }
}

#[cfg(test)]
mod tests;
