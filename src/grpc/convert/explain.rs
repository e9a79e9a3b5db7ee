//! Why an interaction waits, as the wire writes it.

use super::codes::Coded;
use super::time::timestamp;
use super::{count, id_text, requirement};
use crate::grpc::call::{id, optional_id};
use crate::grpc::convert::time::moment;
use crate::proto::v1;
use app::explain::{
    AgentStand, Ahead, Change, ChangeKind, Moment, Question, Score, StepStand, Term, Unmet, Why,
};
use domain::id::LabelId;
use domain::schedule::Duty;
use domain::time::Timestamp;
use std::collections::BTreeMap;
use tonic::Status;
use v1::RoutingChangeKind as Kind;
use v1::RoutingCheck as Check;
use v1::explain_request::Moment as Asked;

/// What a caller asks.
///
/// # Errors
/// `VALIDATION_FAILED`: an id that is none.
pub fn question(asked: &v1::ExplainRequest) -> Result<Question, Status> {
    let when = asked.moment.as_ref().map(|when| match when {
        Asked::AtSeq(seq) => Moment::Seq(*seq),
        Asked::AtTime(at) => Moment::Time(moment(at)),
    });
    let (id, agent) = (id(&asked.interaction_id)?, optional_id(&asked.agent_id)?);
    Ok(Question { id, agent, moment: when })
}

/// The answer, with these agents of it.
#[must_use]
pub fn answer(why: &Why, agents: &[AgentStand], next_page_token: String) -> v1::ExplainResponse {
    let labels = &why.explanation.labels;
    v1::ExplainResponse {
        explanation: Some(explanation(why)),
        agents: agents.iter().map(|stand| agent(stand, labels)).collect(),
        next_page_token,
    }
}

fn explanation(why: &Why) -> v1::RoutingExplanation {
    let found = &why.explanation;
    let eligible = found.agents.iter().filter(|stand| stand.unmet.is_empty()).count();
    let newest = found.plan.map_or(0, |plan| plan.newest);
    v1::RoutingExplanation {
        interaction_id: found.interaction_id.to_string(),
        status: found.status.to_wire(),
        as_of_seq: found.seq,
        as_of: Some(timestamp(found.at)),
        queue_id: found.queue_id.to_string(),
        channel: found.channel.to_wire(),
        matched_rule_id: id_text(why.rule.map(|(rule, _)| rule)),
        matched_rule_version: why.rule.map_or(0, |(_, version)| version),
        target_agent_id: id_text(found.target),
        queue_closed: found.is_held,
        routing_plan_id: id_text(found.plan.map(|plan| plan.plan_id)),
        plan_version: found.plan.map_or(0, |plan| plan.version),
        step: number(newest),
        steps: (0..).zip(&found.steps).map(|(index, stand)| step(index, stand)).collect(),
        score: score(&found.score),
        total: total(&found.score),
        work_order: found.order.to_wire(),
        position: count(found.line.position),
        waiting: count(found.line.length),
        ahead: found.line.ahead.iter().map(ahead).collect(),
        chosen_agent_id: id_text(found.winner),
        asked_agent_id: id_text(why.asked),
        eligible: count(eligible),
        nearest: found.nearest.iter().map(|one| change(one, &found.labels)).collect(),
        as_if_woken: found.rest.is_some(),
        wake_time: found.rest.and_then(|rest| rest.wake_at).map(timestamp),
        returns_to_agent_id: id_text(found.rest.and_then(|rest| rest.returns_to)),
        waits_to_be_taken: found.is_pulled,
    }
}

/// Steps are counted from one where people read them.
fn number(index: usize) -> i32 {
    count(index.saturating_add(1))
}

fn step(index: usize, stand: &StepStand) -> v1::ExplainedStep {
    v1::ExplainedStep {
        number: number(index),
        open: stand.is_open,
        open_time: stand.opens_at.map(timestamp),
        single_agent: stand.single.is_some(),
        agent_id: id_text(stand.single.flatten()),
        team_ids: stand.teams.iter().map(ToString::to_string).collect(),
        required_skills: requirement::to_wire(&stand.skills),
        strategy: stand.strategy.to_wire(),
    }
}

fn term((name, value): &Term) -> v1::RoutingTerm {
    v1::RoutingTerm { name: (*name).to_owned(), value: *value }
}

fn score(score: &Score) -> Vec<v1::RoutingTerm> {
    score.terms().iter().map(term).collect()
}

fn total(score: &Score) -> i64 {
    let most = if score.total() < 0 { i64::MIN } else { i64::MAX };
    i64::try_from(score.total()).unwrap_or(most)
}

fn ahead(ahead: &Ahead) -> v1::ExplainedAhead {
    v1::ExplainedAhead {
        interaction_id: ahead.interaction_id.to_string(),
        queue_id: ahead.queue_id.to_string(),
        score: score(&ahead.score),
        total: total(&ahead.score),
    }
}

/// What labels are called.
type Labels = BTreeMap<LabelId, String>;

fn agent(stand: &AgentStand, labels: &Labels) -> v1::ExplainedAgent {
    v1::ExplainedAgent {
        agent_id: stand.agent_id.to_string(),
        eligible: stand.unmet.is_empty(),
        step: number(stand.step),
        unmet: stand.unmet.iter().map(|one| unmet(one, labels)).collect(),
        preference: stand.preference.iter().map(term).collect(),
        score: score(&stand.score),
        total: total(&stand.score),
        consults: count(stand.consults),
    }
}

fn change(change: &Change, labels: &Labels) -> v1::NearestChange {
    v1::NearestChange {
        kind: kind(change.kind).into(),
        agent_id: change.agent_id.to_string(),
        unmet: change.unmet.as_ref().map(|one| unmet(one, labels)),
        time: change.at.map(timestamp),
        agents: count(change.agents),
    }
}

fn kind(kind: ChangeKind) -> Kind {
    match kind {
        ChangeKind::AgentAvailable => Kind::AgentAvailable,
        ChangeKind::ChannelReady => Kind::ChannelReady,
        ChangeKind::UnitMore => Kind::UnitMore,
        ChangeKind::ChannelUnitMore => Kind::ChannelUnitMore,
        ChangeKind::LabelUnitMore => Kind::LabelUnitMore,
        ChangeKind::OfferAnswered => Kind::OfferAnswered,
        ChangeKind::SkillLevel => Kind::SkillLevel,
        ChangeKind::TeamJoined => Kind::TeamJoined,
        ChangeKind::StepOpens => Kind::StepOpens,
        ChangeKind::QueueOpens => Kind::QueueOpens,
        ChangeKind::CoolDownEnds => Kind::CoolDownEnds,
    }
}

/// A condition that is not met: its name, what is there and what is asked.
fn unmet(unmet: &Unmet, labels: &Labels) -> v1::UnmetCondition {
    let (check, message) = told(unmet);
    let mut wire =
        v1::UnmetCondition { check: check.into(), message: message.into(), ..Default::default() };
    let mut numbers = |there, asked| (wire.there, wire.asked) = (there, asked);
    match *unmet {
        Unmet::Skill { level, asked, .. } => numbers(level.into(), asked.into()),
        Unmet::Units { used, units } => numbers(used.into(), units.into()),
        Unmet::ChannelUnits { used, cap } | Unmet::LabelUnits { used, cap, .. } => {
            numbers(used.into(), cap.into());
        }
        Unmet::Credit { unanswered, credit } => numbers(unanswered.into(), credit.into()),
        Unmet::StepNotOpen { step, .. } => numbers(0, number(step.into())),
        _ => {}
    }
    match *unmet {
        Unmet::Skill { skill_id, .. } => wire.skill_id = skill_id.to_string(),
        Unmet::Target(agent) => wire.agent_id = agent.to_string(),
        Unmet::Single(agent) => wire.agent_id = id_text(agent),
        Unmet::StepNotOpen { opens_at, .. } => wire.until = opens_at.map(timestamp),
        Unmet::CoolDown(until) => wire.until = Some(timestamp(until)),
        Unmet::TimeOff(until) => wire.until = until.map(timestamp),
        Unmet::Presence(status) => wire.effective_status = status.to_wire(),
        Unmet::LabelUnits { label, .. } => {
            wire.label = labels.get(&label).cloned().unwrap_or_default();
        }
        _ => {}
    }
    wire
}

fn told(unmet: &Unmet) -> (Check, &'static str) {
    match unmet {
        Unmet::QueueClosed => (Check::QueueOpen, "the queue is closed and holds what waits in it"),
        Unmet::Target(_) => (Check::Target, "it is for another agent alone"),
        Unmet::StepNotOpen { opens_at: Some(_), .. } => {
            (Check::StepOpen, "the step that is for the agent opens later")
        }
        Unmet::StepNotOpen { .. } => {
            (Check::StepOpen, "the step that is for the agent is not open by time, or is over")
        }
        Unmet::Single(_) => (Check::SingleAgent, "the step is for another agent alone"),
        Unmet::QueueGone => (Check::QueueExists, "the queue that the step goes by is gone"),
        Unmet::Team => (Check::Team, "the agent is in none of the teams that are asked"),
        Unmet::Skill { .. } => {
            (Check::Skill, "the agent's level in a skill is below the one that is asked")
        }
        Unmet::Shift(Duty::OnBreak) => (Check::Shift, "the agent is on a break of their shift"),
        Unmet::Shift(Duty::OnCall) => {
            (Check::Shift, "the agent is on call, and the queue asks nobody who is")
        }
        Unmet::Shift(_) => (Check::Shift, "the agent is outside their shift"),
        Unmet::TimeOff(_) => (Check::TimeOff, "the agent has time off"),
        Unmet::Presence(_) => (Check::Presence, "the agent is not available"),
        Unmet::Channel(_) => (Check::Channel, "the agent takes nothing of the channel for now"),
        Unmet::Units { .. } => (Check::Units, "all units of the agent's capacity are in use"),
        Unmet::ChannelUnits { .. } => {
            (Check::ChannelUnits, "the agent has as many of the channel as their cap allows")
        }
        Unmet::LabelUnits { .. } => {
            (Check::LabelUnits, "the agent has as many with the label as their cap allows")
        }
        Unmet::Credit { .. } => {
            (Check::Credit, "the agent has as many unanswered offers as their consoles take")
        }
        Unmet::Owner => (Check::NotOwner, "the agent owns it already"),
        Unmet::CoolDown(_) => {
            (Check::CoolDown, "the agent did not take it when asked, and others may")
        }
    }
}

/// What narrows the list of agents, for page tokens.
#[must_use]
pub fn bound(question: &Question) -> [Vec<u8>; 3] {
    let agent = question.agent.unwrap_or_default();
    let when = match question.moment {
        None => Vec::new(),
        Some(Moment::Seq(seq)) => [b"s".as_slice(), &seq.to_be_bytes()].concat(),
        Some(Moment::Time(at)) => [b"t".as_slice(), &Timestamp::micros(at).to_be_bytes()].concat(),
    };
    [question.id.0.as_bytes().to_vec(), agent.0.as_bytes().to_vec(), when]
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::agent::EffectiveStatus;
    use domain::channel::ChannelKind;
    use domain::id::{AgentId, SkillId};
    use std::collections::BTreeSet;
    use uuid::Uuid;

    #[test]
    fn every_condition_has_a_name_a_sentence_and_what_it_is_about() {
        let agent = AgentId(Uuid::from_u128(7));
        let skill_id = SkillId(Uuid::from_u128(8));
        let at = Timestamp::from_micros(9_000_000);
        let label = LabelId(Uuid::from_u128(6));
        let all = [
            Unmet::QueueClosed,
            Unmet::Target(agent),
            Unmet::StepNotOpen { step: 2, opens_at: Some(at) },
            Unmet::Single(None),
            Unmet::QueueGone,
            Unmet::Team,
            Unmet::Skill { skill_id, level: 3, asked: 5 },
            Unmet::Presence(EffectiveStatus::Offline),
            Unmet::Units { used: 4, units: 4 },
            Unmet::ChannelUnits { used: 1, cap: 1 },
            Unmet::Credit { unanswered: 2, credit: 2 },
            Unmet::Owner,
            Unmet::CoolDown(at),
            Unmet::Channel(ChannelKind::Chat),
            Unmet::Shift(Duty::OffShift),
            Unmet::LabelUnits { label, used: 2, cap: 1 },
            Unmet::TimeOff(Some(at)),
        ];
        let labels = [(label, "refund".to_owned())].into();
        let wires: Vec<_> = all.iter().map(|one| unmet(one, &labels)).collect();
        let checks: BTreeSet<i32> = wires.iter().map(|wire| wire.check).collect();
        assert_eq!(checks, (1..=17).collect(), "one of each");
        for (one, wire) in all.iter().zip(&wires) {
            let name = wire.check().as_str_name();
            assert_eq!(name.strip_prefix("ROUTING_CHECK_"), Some(one.word()), "{one:?}");
        }
        assert!(wires.iter().all(|wire| !wire.message.is_empty()));
        let skill = &wires[6];
        assert_eq!((skill.there, skill.asked, &skill.skill_id), (3, 5, &skill_id.to_string()));
        assert_eq!((wires[2].asked, wires[2].until), (3, Some(timestamp(at))));
        assert_eq!(wires[1].agent_id, agent.to_string());
        let full = &wires[15];
        assert_eq!((full.there, full.asked, full.label.as_str()), (2, 1, "refund"));
        assert_eq!(wires[16].until, Some(timestamp(at)));
    }
}
