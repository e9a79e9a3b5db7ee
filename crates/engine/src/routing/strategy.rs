//! How one of several eligible agents is chosen. A strategy is a file. Three of them know an order
//! in which the floor keeps agents anyway, and one knows a single agent to ask first; the others
//! give every profile of agents a merit for the item, lower being better, and take the least loaded
//! of the best profile.
//!
//! Promise of all: only an eligible agent is chosen, one is chosen whenever there is one, and the
//! choice does not depend on the order in which agents came to be. Ties fall to whoever is least
//! loaded where the strategy says so, then to whoever has been idle longest, then to the lower id.

pub mod closest_skills;
pub mod customer_history;
pub mod geographic;
pub mod language;
pub mod least_loaded;
pub mod longest_idle;
pub mod most_skilled;
pub mod primary_first;
pub mod rank;
pub mod round_robin;
pub mod vip;

use crate::floor::{Agent, Alike, Among, Floor, Item, Profile, Rank};
use domain::id::{AgentId, SkillId};
use domain::interaction::SkillRequirement;
use domain::queue::{QueueSpec, Strategy};

/// What is asked of an agent: by the queue and by the item.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The queue it waits in.
    pub spec: &'a QueueSpec,
    /// What is to be given to somebody.
    pub item: &'a Item,
}

impl<'a> Asked<'a> {
    /// Every skill that is asked for.
    pub fn skills(self) -> impl Iterator<Item = &'a SkillRequirement> {
        self.spec.required_skills.iter().chain(self.item.required_skills.iter())
    }
}

/// The one of the free agents who are `eligible` that a strategy prefers for the item. Whoever is
/// eligible is `among` these: others need not be looked at.
pub fn choose(
    floor: &Floor,
    strategy: Strategy,
    (asked, among): (Asked<'_>, Among<'_>),
    eligible: impl Fn(AgentId, &Agent) -> bool,
) -> Option<AgentId> {
    // Nobody stands there.
    floor.shelves(among).next()?;
    match strategy {
        Strategy::RoundRobin => round_robin::first(floor, eligible),
        Strategy::LeastLoaded => least_loaded::first(floor, eligible),
        Strategy::LongestIdle => longest_idle::first(floor, eligible),
        Strategy::CustomerHistory => customer_history::first(floor, asked, eligible),
        Strategy::PrimaryFirst => primary_first::first(floor, (asked, among), eligible),
        _ => best(floor, (strategy, asked, among), eligible),
    }
}

/// A term of a preference: its name, and a number of which the lower is better.
pub type Term = (&'static str, i64);

/// What an agent is preferred by, the first term first: among those who are eligible, [`choose`]
/// finds the one with the lowest terms, of equal ones the lower id.
#[must_use]
pub fn terms(strategy: Strategy, asked: Asked<'_>, (id, agent): (AgentId, &Agent)) -> Vec<Term> {
    let load = ("load", i64::try_from(agent.load()).unwrap_or(i64::MAX));
    let idle = ("idle_since_seq", agent.idle_seq);
    match strategy {
        Strategy::RoundRobin => vec![("asked_at_seq", agent.asked_seq)],
        Strategy::LongestIdle => vec![idle],
        Strategy::LeastLoaded => vec![load, idle],
        Strategy::CustomerHistory => {
            let is_other = i64::from(asked.item.last_agent != Some(id));
            vec![("other_than_last", is_other), load, idle]
        }
        _ => vec![(name(strategy), merit(strategy, asked, &agent.profile)), load, idle],
    }
}

/// What the merit of a strategy is, in a word.
const fn name(strategy: Strategy) -> &'static str {
    match strategy {
        Strategy::MostSkilled => "levels",
        Strategy::SkillBased => "off_level",
        Strategy::PrimaryFirst => "gap",
        Strategy::Priority | Strategy::Vip => "rank",
        Strategy::Geographic => "distance",
        Strategy::Language => "language",
        Strategy::RoundRobin
        | Strategy::LeastLoaded
        | Strategy::LongestIdle
        | Strategy::CustomerHistory => "merit",
    }
}

/// How well a profile suits the item by a strategy; lower is better.
fn merit(strategy: Strategy, asked: Asked<'_>, profile: &Profile) -> i64 {
    match strategy {
        Strategy::MostSkilled => most_skilled::merit(asked, profile),
        Strategy::SkillBased => closest_skills::merit(asked, profile),
        Strategy::PrimaryFirst => primary_first::merit(asked, profile),
        Strategy::Priority => rank::merit(profile),
        Strategy::Geographic => geographic::merit(asked, profile),
        Strategy::Language => language::merit(asked, profile),
        Strategy::Vip => vip::merit(asked, profile),
        // Those that know whom to ask first by themselves are not asked.
        Strategy::RoundRobin
        | Strategy::LeastLoaded
        | Strategy::LongestIdle
        | Strategy::CustomerHistory => 0,
    }
}

/// The least merit a profile may have that stands at this rank on a shelf of a skill; far less
/// where the rank tells nothing of it.
fn at_least(strategy: Strategy, asked: Asked<'_>, skill: Option<SkillId>, rank: Rank) -> i64 {
    let Some(skill) = skill else { return i64::MIN };
    let known = (skill, i64::from(rank.level));
    match strategy {
        Strategy::MostSkilled => most_skilled::at_least(asked, known),
        Strategy::SkillBased => closest_skills::at_least(asked, known),
        _ => i64::MIN,
    }
}

/// The first eligible agent of the best profile that has one: least loaded, longest idle, lower id.
/// Profiles are read only as long as their rank may make them the best.
fn best(
    floor: &Floor,
    (strategy, asked, among): (Strategy, Asked<'_>, Among<'_>),
    eligible: impl Fn(AgentId, &Agent) -> bool,
) -> Option<AgentId> {
    let ranked = floor.shelves(among).flatten();
    let at_least = |rank| at_least(strategy, asked, among.skill, rank);
    let mut ranked: Vec<_> = ranked.map(|(rank, mark)| (at_least(*rank), *mark)).collect();
    ranked.sort_unstable();
    let mut found = Found::default();
    for (least, mark) in ranked {
        if found.is_better_than(least) {
            break;
        }
        let Some(alike) = floor.alike(mark) else { continue };
        let merit = merit(strategy, asked, &alike.profile);
        if !found.is_better_than(merit) {
            found.offer(floor, merit, alike, &eligible);
        }
    }
    found.agent()
}

/// The best agent found so far: by merit, then least loaded, longest idle, lower id.
#[derive(Clone, Copy, Debug, Default)]
struct Found(Option<(i64, (u64, i64, AgentId))>);

impl Found {
    /// Whether nobody of this merit or a worse one can be preferred.
    fn is_better_than(self, merit: i64) -> bool {
        self.0.is_some_and(|(held, _)| held < merit)
    }

    /// The first eligible of agents who are alike, if that is the better one.
    fn offer(
        &mut self,
        floor: &Floor,
        merit: i64,
        alike: &Alike,
        eligible: impl Fn(AgentId, &Agent) -> bool,
    ) {
        let may = |id: AgentId| floor.agent(id).is_some_and(|agent| eligible(id, agent));
        // Keys are at hand where agents have to be fetched.
        let ones = alike.agents.iter().map(|key| (merit, *key));
        let mut better = ones.take_while(|one| self.0.is_none_or(|held| *one < held));
        if let Some(one) = better.find(|(_, (_, _, id))| may(*id)) {
            self.0 = Some(one);
        }
    }

    fn agent(self) -> Option<AgentId> {
        self.0.map(|(_, (_, _, id))| id)
    }
}
