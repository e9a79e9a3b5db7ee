//! Every strategy against its definition, spelled out once more the slow way, on random agents: who
//! is chosen is eligible, is the one the definition names, and is the same in whatever order agents
//! came to be.

use domain::agent::{AgentSpec, Capacity, EffectiveStatus, Place, Presence, PresenceStatus};
use domain::channel::ChannelKind;
use domain::id::{AgentId, InteractionId, QueueId, SkillId};
use domain::interaction::{InteractionStatus, Priority, SkillRequirement, Traits};
use domain::offer::{Offer, OfferRole, OfferState};
use domain::queue::{QueueSpec, Strategy as By, Tuning};
use domain::time::Timestamp;
use engine::floor::{AgentRow, Floor, ItemRow, Snapshot};
use engine::routing;
use engine::routing::strategy::geographic::distance_km;
use proptest::prelude::*;
use uuid::Uuid;

const NOW: Timestamp = Timestamp::from_micros(1_800_000_000_000_000);
const LANGUAGES: [&str; 4] = ["de", "pt", "pt-BR", "en-GB"];
const QUEUE: QueueId = QueueId(Uuid::from_u128(900));
const WORK: InteractionId = InteractionId(Uuid::from_u128(901));

fn skill(number: u8) -> SkillId {
    SkillId(Uuid::from_u128(u128::from(number)))
}

/// An agent: how many of two units are in use, what they know, and the rest.
#[derive(Clone, Debug)]
struct Person {
    available: bool,
    used: usize,
    levels: [u8; 3],
    language: usize,
    rank: u8,
    place: Option<i8>,
    idle: i64,
    asked: i64,
}

fn people() -> impl Strategy<Value = Vec<Person>> {
    let person = (
        prop::bool::weighted(0.8),
        0_usize..4,
        [0_u8..6, 0_u8..6, 0_u8..6],
        0..LANGUAGES.len(),
        0_u8..3,
        prop::option::of(-3_i8..3),
        (0_i64..5, 0_i64..5),
    );
    let person = person.prop_map(|(available, used, levels, language, rank, place, seqs)| Person {
        available,
        used,
        levels,
        language,
        rank,
        place,
        idle: seqs.0,
        asked: seqs.1,
    });
    prop::collection::vec(person, 1..9)
}

/// What is asked: a level of each skill (0 for none), and traits.
#[derive(Clone, Debug)]
struct Work {
    levels: [u8; 3],
    language: Option<usize>,
    gold: bool,
    place: Option<i8>,
    /// Who served the customer last; it may be somebody who is gone.
    known: Option<usize>,
}

fn work() -> impl Strategy<Value = Work> {
    let language = prop::option::of(0..LANGUAGES.len());
    let place = prop::option::of(-3_i8..3);
    let known = prop::option::of(0_usize..10);
    ([0_u8..4, 0_u8..3, 0_u8..1], language, any::<bool>(), place, known).prop_map(
        |(levels, language, gold, place, known)| Work { levels, language, gold, place, known },
    )
}

fn at(degrees: i8) -> Place {
    Place { north: i32::from(degrees) * 1_000_000, east: 10_000_000 }
}

fn id(number: usize) -> AgentId {
    AgentId(Uuid::from_u128(100 + number as u128))
}

fn tuning() -> Tuning {
    let vip_tiers = vec!["gold".to_owned()];
    Tuning { vip_tiers, skill_weights: [(skill(0), 3)].into(), ..Tuning::default() }
}

fn rows(people: &[Person], work: &Work, strategy: By, order: &[usize]) -> Snapshot {
    let mut rows = Snapshot { seq: 100, ..Snapshot::default() };
    let spec = QueueSpec { strategy, tuning: tuning(), ..QueueSpec::default() };
    rows.queues.push((QUEUE, spec));
    let needs = (0_u8..).zip(work.levels).filter(|(_, level)| *level > 0);
    rows.items.push(ItemRow {
        id: WORK,
        status: InteractionStatus::Queued,
        queue_id: Some(QUEUE),
        channel: ChannelKind::Chat,
        priority: Priority::Normal,
        required_skills: needs
            .map(|(number, min_level)| SkillRequirement { skill_id: skill(number), min_level })
            .collect(),
        traits: Traits {
            language: work.language.map_or("", |at| LANGUAGES[at]).to_owned(),
            tier: if work.gold { "gold" } else { "" }.to_owned(),
            place: work.place.map(at),
            account_owner_id: None,
            labels: Vec::new(),
        },
        enqueued_at: NOW,
        enqueued_seq: 90,
        target: None,
        last_agent: work.known.map(id),
        plan: None,
        cool_downs: Vec::new(),
        offers_made: 0,
        sla: None,
        ladder: None,
        taken: false,
        wake_at: None,
    });
    for number in order {
        let person = &people[*number];
        rows.agents.push(row(*number, person));
        rows.legs.extend((0..person.used).map(|leg| leg_of(*number, leg)));
    }
    rows
}

fn row(number: usize, person: &Person) -> AgentRow {
    let knows = (0_u8..).zip(person.levels).filter(|(_, level)| *level > 0);
    let effective =
        if person.available { EffectiveStatus::Available } else { EffectiveStatus::Unavailable };
    AgentRow {
        id: id(number),
        spec: AgentSpec {
            skills: knows.map(|(number, level)| (skill(number), level)).collect(),
            languages: vec![LANGUAGES[person.language].to_owned()],
            capacity: Capacity { units: 3, ..Capacity::default() },
            rank: person.rank,
            place: person.place.map(at),
            ..AgentSpec::default()
        },
        presence: Presence {
            intended: PresenceStatus::Available,
            effective,
            ..Presence::default()
        },
        time_off: Vec::new(),
        idle_seq: person.idle,
        asked_seq: person.asked,
        sessions: Vec::new(),
        credit: 0,
    }
}

/// Work that somebody has already; from before anything that turns are counted by.
fn leg_of(number: usize, leg: usize) -> Offer {
    let unique = (number * 10 + leg) as u128;
    Offer {
        id: Uuid::from_u128(2_000 + unique).into(),
        interaction_id: Uuid::from_u128(3_000 + unique).into(),
        agent_id: id(number),
        role: OfferRole::Owner,
        queue_id: QUEUE,
        channel: ChannelKind::Chat,
        state: OfferState::Connected,
        attempt: 1,
        offered_at: NOW,
        offered_seq: 0,
        expires_at: NOW,
        answered_at: Some(NOW),
        wrap_until: None,
        ended_at: None,
        reason: String::new(),
        note: Default::default(),
        note_id: None,
        shadow_agent_id: None,
        labels: Vec::new(),
        override_limits: false,
        last_seq: 0,
    }
}

/// What a strategy goes by first, as its page says it; lower is better.
fn wanted(by: By, person: &Person, work: &Work) -> i64 {
    let level = |number: usize| i64::from(person.levels[number]);
    let asked: Vec<usize> = (0..3).filter(|number| work.levels[*number] > 0).collect();
    match by {
        By::RoundRobin => person.asked,
        By::MostSkilled => -asked.iter().map(|number| level(*number)).sum::<i64>(),
        By::SkillBased => {
            let weight = |number: usize| if number == 0 { 3 } else { 1 };
            let off = |number: usize| (level(number) - i64::from(work.levels[number])).abs();
            let all: i64 = asked.iter().map(|number| weight(*number)).sum();
            let close: i64 = asked.iter().map(|n| weight(*n) * (100 - 10 * off(*n))).sum();
            let percent = if all == 0 { 100 } else { close / all };
            if percent >= 70 { 0 } else { 100 - percent }
        }
        By::PrimaryFirst => {
            let best = person.levels.iter().copied().max().map_or(0, i64::from);
            let known = person.levels.iter().filter(|level| **level > 0).count();
            let lowest = asked.iter().map(|number| level(*number)).min().unwrap_or(0);
            (best - lowest) * 100 + i64::try_from(known).expect("three at most")
        }
        By::Priority => -i64::from(person.rank),
        By::Vip => {
            if work.gold {
                -i64::from(person.rank)
            } else {
                0
            }
        }
        By::Geographic => match (person.place, work.place) {
            (Some(a), Some(b)) => distance_km(at(a), at(b)) / 10,
            _ => i64::MAX,
        },
        By::Language => {
            let spoken = LANGUAGES[person.language];
            match work.language.map(|at| LANGUAGES[at]) {
                None => 0,
                Some(wanted) if wanted == spoken => 0,
                Some(wanted) if wanted[..2] == spoken[..2] => 1,
                Some(_) => 2,
            }
        }
        By::LeastLoaded | By::LongestIdle | By::CustomerHistory => 0,
    }
}

/// Who is named by the definition.
fn defined(people: &[Person], work: &Work, by: By) -> Option<AgentId> {
    let eligible = people.iter().enumerate().filter(|(_, person)| {
        let knows = work.levels.iter().zip(person.levels).all(|(asked, has)| has >= *asked);
        person.available && person.used < 3 && knows
    });
    let by_load = !matches!(by, By::RoundRobin | By::LongestIdle);
    let key = |(number, person): (usize, &Person)| {
        let load = if by_load { person.used } else { 0 };
        let idle = if by == By::RoundRobin { 0 } else { person.idle };
        let knows = by == By::CustomerHistory && work.known == Some(number);
        (!knows, wanted(by, person, work), load, idle, id(number))
    };
    eligible.map(key).min().map(|(.., id)| id)
}

proptest! {
    #[test]
    fn the_one_that_the_definition_names_is_chosen_in_any_order(
        people in people(),
        work in work(),
        by in prop::sample::select(By::ALL.to_vec()),
        turn in 0_usize..9,
    ) {
        let mut order: Vec<usize> = (0..people.len()).collect();
        let floor = Floor::load(rows(&people, &work, by, &order));
        let chosen = routing::best_agent(&floor, WORK, NOW);
        prop_assert_eq!(chosen, defined(&people, &work, by), "{:?}", by);
        order.reverse();
        let most = order.len();
        order.rotate_left(turn % most);
        let other = Floor::load(rows(&people, &work, by, &order));
        prop_assert_eq!(routing::best_agent(&other, WORK, NOW), chosen, "in another order");
    }
}
