//! What the log says happened, told again event by event: who was asked, who owned what, how much
//! everybody had in hand. Written against the stored form alone, with none of the server's types,
//! so that a flaw in its fold is not repeated here.

use super::{Kind, Violations};
use serde::Deserialize;
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
    /// Ended, with the state's stored word.
    Ended(String),
}

#[derive(Clone, Debug)]
pub(crate) struct Offer {
    pub(crate) interaction: Uuid,
    pub(crate) agent: Uuid,
    pub(crate) channel: String,
    pub(crate) is: OfferIs,
}

#[derive(Debug, Default)]
struct Interaction {
    owner: Option<Uuid>,
    pending: Option<Uuid>,
    /// The stored kind of what ended it; none while it is open.
    ended: Option<&'static str>,
}

#[derive(Debug, Default)]
struct Agent {
    units: usize,
    per_channel: BTreeMap<String, usize>,
    live: usize,
    live_per_channel: BTreeMap<String, usize>,
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
        }
    }

    pub(crate) fn interactions(&self) -> usize {
        self.interactions.len()
    }

    pub(crate) fn open(&self) -> usize {
        self.interactions.values().filter(|interaction| interaction.ended.is_none()).count()
    }

    pub(crate) fn offers(&self) -> usize {
        self.offers.len()
    }

    /// Every interaction, with what ended it.
    pub(crate) fn endings(&self) -> impl Iterator<Item = (Uuid, Option<&'static str>)> {
        self.interactions.iter().map(|(id, interaction)| (*id, interaction.ended))
    }

    /// Takes the next event.
    pub(crate) fn apply(&mut self, event: &Recorded, found: &mut Violations) {
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
        let (offer, id, agent_id) =
            (event.id("offer_id"), event.id("interaction_id"), event.id("agent_id"));
        let channel = event.text("channel").to_owned();
        match self.interactions.get_mut(&id) {
            Some(interaction) if interaction.ended.is_none() && interaction.pending.is_none() => {
                interaction.pending = Some(offer);
            }
            _ => self.wrong(Kind::Order, event, "offered what was offered or not open", found),
        }
        let agent = self.agents.entry(agent_id).or_default();
        agent.live += 1;
        let on_channel = agent.live_per_channel.entry(channel.clone()).or_default();
        *on_channel += 1;
        let channel_cap = agent.per_channel.get(&channel).copied().unwrap_or(usize::MAX);
        let over = agent.live > agent.units || *on_channel > channel_cap;
        let used = agent.live * 100 / agent.units.max(1);
        self.fullest_percent = self.fullest_percent.max(used);
        // Unless somebody said so, which the event tells.
        if over && event.event["override_limits"] != true {
            self.wrong(Kind::Capacity, event, "offered above the capacity in force", found);
        }
        let made = Offer { interaction: id, agent: agent_id, channel, is: OfferIs::Pending };
        if self.offers.insert(offer, made).is_some() {
            self.wrong(Kind::Order, event, "an offer was made twice", found);
        }
    }

    fn accepted(&mut self, event: &Recorded, found: &mut Violations) {
        let id = event.id("offer_id");
        self.accepted += 1;
        let Some(offer) = self.offers.get_mut(&id).filter(|o| o.is == OfferIs::Pending) else {
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
        let live = |offer: &&mut Offer| !matches!(offer.is, OfferIs::Ended(_));
        let Some(offer) = self.offers.get_mut(&id).filter(live) else {
            return self.wrong(Kind::Order, event, "ended what was not live", found);
        };
        self.failed += usize::from(offer.is == OfferIs::Pending);
        offer.is = OfferIs::Ended(state);
        if let Some(agent) = self.agents.get_mut(&offer.agent) {
            agent.live = agent.live.saturating_sub(1);
            let on_channel = agent.live_per_channel.entry(offer.channel.clone()).or_default();
            *on_channel = on_channel.saturating_sub(1);
        }
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
mod tests {
    use super::*;
    use serde_json::json;

    struct Log {
        replay: Replay,
        found: Violations,
        seq: i64,
    }

    impl Log {
        fn new(units: u16) -> Self {
            let replay = Replay::new(Uuid::nil());
            let mut log = Self { replay, found: Violations::default(), seq: 0 };
            for agent in [1, 2] {
                let spec = json!({ "capacity": { "units": units, "per_channel": {} } });
                log.tell(json!({ "kind": "agent_saved", "agent_id": id(agent), "spec": spec }));
            }
            log
        }

        fn tell(&mut self, event: Value) {
            self.seq += 1;
            let request_id = String::new();
            let recorded = Recorded { seq: self.seq, at: 0, request_id, event };
            self.replay.apply(&recorded, &mut self.found);
        }

        fn create(&mut self, interaction: u128) {
            self.tell(json!({ "kind": "interaction_created", "interaction_id": id(interaction) }));
        }

        fn offer(&mut self, kind: &str, offer: u128, interaction: u128, agent: u128) {
            self.tell(json!({ "kind": kind, "offer_id": id(offer), "agent_id": id(agent),
                "interaction_id": id(interaction), "channel": "webhook", "state": "completed" }));
        }
    }

    fn id(n: u128) -> Uuid {
        Uuid::from_u128(n)
    }

    #[test]
    fn ordinary_work_is_in_order() {
        let mut log = Log::new(1);
        log.create(10);
        log.create(11);
        log.offer("offer_made", 20, 10, 1);
        log.offer("offer_ended", 20, 10, 1);
        log.offer("offer_made", 21, 10, 2);
        log.offer("offer_accepted", 21, 10, 2);
        log.offer("offer_made", 22, 11, 1);
        log.offer("offer_ended", 21, 10, 2);
        log.tell(json!({ "kind": "interaction_resolved", "interaction_id": id(10) }));
        assert_eq!(log.found.total(), 0, "{:?}", log.found.texts());
        assert_eq!((log.replay.interactions(), log.replay.open()), (2, 1));
        assert_eq!((log.replay.accepted, log.replay.failed), (1, 1));
        assert_eq!(log.replay.fullest_percent, 100);
    }

    #[test]
    fn an_offer_above_the_capacity_is_found() {
        let mut log = Log::new(2);
        for n in 0..3 {
            log.create(10 + n);
            log.offer("offer_made", 20 + n, 10 + n, 1);
        }
        assert_eq!(log.found.of(Kind::Capacity), 1);
    }

    #[test]
    fn two_owners_and_a_second_offer_are_found() {
        let mut log = Log::new(5);
        log.create(10);
        log.offer("offer_made", 20, 10, 1);
        log.offer("offer_made", 21, 10, 2);
        assert_eq!(log.found.of(Kind::Order), 1);
        log.offer("offer_accepted", 20, 10, 1);
        log.offer("offer_accepted", 21, 10, 2);
        assert_eq!(log.found.of(Kind::TwoOwners), 1);
    }

    #[test]
    fn what_ends_twice_or_comes_too_late_is_found() {
        let mut log = Log::new(5);
        log.create(10);
        log.offer("offer_made", 20, 10, 1);
        log.offer("offer_ended", 20, 10, 1);
        log.offer("offer_ended", 20, 10, 1);
        log.offer("offer_accepted", 20, 10, 1);
        assert_eq!(log.found.of(Kind::Order), 2);
        log.tell(json!({ "kind": "interaction_cancelled", "interaction_id": id(10) }));
        log.offer("offer_made", 21, 10, 1);
        assert_eq!(log.found.of(Kind::Order), 3);
    }
}
