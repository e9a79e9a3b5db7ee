//! What becomes of agents who do not answer and of the work of those who left, as a queue's message
//! says it.

use super::codes::Coded;
use super::mask::{Field, Fields};
use super::wrong;
use crate::grpc::call::optional_id;
use crate::proto::v1;
use domain::agent::PresenceStatus;
use domain::queue::{AbsentWork, NoAnswer, QueueSpec};
use domain::refusal::FieldViolation;
use tonic::Status;

/// What becomes of who does not answer, as the wire writes it.
#[must_use]
pub fn no_answer(policy: NoAnswer) -> v1::NoAnswer {
    use v1::NoAnswerConsequence as Wire;
    let (consequence, presence) = match policy {
        NoAnswer::Nothing => (Wire::None, 0),
        NoAnswer::NotResponding => (Wire::NotResponding, 0),
        NoAnswer::Missed => (Wire::Missed, 0),
        NoAnswer::Presence(status) => (Wire::Presence, status.to_wire()),
    };
    v1::NoAnswer { consequence: consequence.into(), presence }
}

/// What becomes of the work of who left, as the wire writes it.
#[must_use]
pub fn absent_work(policy: AbsentWork) -> v1::AbsentWork {
    use v1::AbsentWorkPolicy as Wire;
    let (policy, queue_id) = match policy {
        AbsentWork::Keep => (Wire::Keep, String::new()),
        AbsentWork::Requeue => (Wire::Requeue, String::new()),
        AbsentWork::Reassign(queue) => (Wire::Reassign, queue.to_string()),
    };
    v1::AbsentWork { policy: policy.into(), queue_id }
}

/// The fields of it that a caller sets.
#[must_use]
pub fn fields(queue: &v1::Queue) -> [Field; 2] {
    [("no_answer", queue.no_answer.is_some()), ("absent_work", queue.absent_work.is_some())]
}

/// What a message says of those who do not answer.
pub(super) fn no_answer_of_wire(queue: &v1::Queue, out: &mut Vec<FieldViolation>) -> NoAnswer {
    use v1::NoAnswerConsequence as Wire;
    let Some(said) = &queue.no_answer else { return NoAnswer::default() };
    match said.consequence() {
        Wire::None => NoAnswer::Nothing,
        Wire::NotResponding | Wire::Unspecified => NoAnswer::NotResponding,
        Wire::Missed => NoAnswer::Missed,
        Wire::Presence => match PresenceStatus::of_wire(said.presence) {
            Some(status) => NoAnswer::Presence(status),
            None => {
                let path = "queue.no_answer.presence".to_owned();
                out.push(wrong(path, "PRESENCE says which presence"));
                NoAnswer::default()
            }
        },
    }
}

/// What a message says of the work of those who left.
pub(super) fn absent_work_of_wire(
    queue: &v1::Queue,
    out: &mut Vec<FieldViolation>,
) -> Result<AbsentWork, Status> {
    use v1::AbsentWorkPolicy as Wire;
    let Some(said) = &queue.absent_work else { return Ok(AbsentWork::default()) };
    Ok(match said.policy() {
        Wire::Keep | Wire::Unspecified => AbsentWork::Keep,
        Wire::Requeue => AbsentWork::Requeue,
        Wire::Reassign => match optional_id(&said.queue_id)? {
            Some(queue) => AbsentWork::Reassign(queue),
            None => {
                let path = "queue.absent_work.queue_id".to_owned();
                out.push(wrong(path, "REASSIGN says to which queue"));
                AbsentWork::default()
            }
        },
    })
}

/// Sets what is named.
pub(super) fn apply(spec: &mut QueueSpec, new: &QueueSpec, fields: &Fields) {
    if fields.has("no_answer") {
        spec.no_answer = new.no_answer;
    }
    if fields.has("absent_work") {
        spec.absent_work = new.absent_work;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::id::QueueId;
    use uuid::Uuid;

    #[test]
    fn every_policy_reads_back() {
        let queue = QueueId(Uuid::now_v7());
        let answers = [NoAnswer::Nothing, NoAnswer::NotResponding, NoAnswer::Missed];
        let statuses = PresenceStatus::ALL.iter().map(|status| NoAnswer::Presence(*status));
        for policy in answers.into_iter().chain(statuses) {
            let wire = v1::Queue { no_answer: Some(no_answer(policy)), ..Default::default() };
            assert_eq!(no_answer_of_wire(&wire, &mut Vec::new()), policy);
        }
        for policy in [AbsentWork::Keep, AbsentWork::Requeue, AbsentWork::Reassign(queue)] {
            let wire = v1::Queue { absent_work: Some(absent_work(policy)), ..Default::default() };
            let read = absent_work_of_wire(&wire, &mut Vec::new()).expect("our own");
            assert_eq!(read, policy);
        }
    }

    #[test]
    fn what_is_missing_is_told() {
        let wire = v1::Queue {
            no_answer: Some(v1::NoAnswer { consequence: 4, presence: 0 }),
            absent_work: Some(v1::AbsentWork { policy: 3, queue_id: String::new() }),
            ..Default::default()
        };
        let mut out = Vec::new();
        no_answer_of_wire(&wire, &mut out);
        absent_work_of_wire(&wire, &mut out).expect("no id is no wrong id");
        let fields: Vec<&str> = out.iter().map(|wrong| wrong.field.as_str()).collect();
        assert_eq!(fields, ["queue.no_answer.presence", "queue.absent_work.queue_id"]);
    }
}
