//! Commands on their way up: which wait to be sent, which were sent and wait for their result. A
//! lost connection puts the sent ones back in front, to be sent again with the same `request_id`,
//! by which the server knows them. Pure but for the channels that carry the answers.

use crate::error::Error;
use crate::v1::{self, command_result::Outcome};
use std::collections::VecDeque;
use tokio::sync::oneshot;
use tonic::Code;

/// Most commands of one stream that wait, sent or not.
pub(crate) const COMMANDS_MAX: usize = 256;

/// One frame up.
#[derive(Debug)]
pub(crate) struct Command<U> {
    pub(crate) frame: U,
    /// What its result is known by; absent when it has none.
    pub(crate) answer: Option<Answer>,
}

/// Where a result goes.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) request_id: String,
    pub(crate) to: oneshot::Sender<Result<v1::CommandOk, Error>>,
}

/// The commands of one stream.
#[derive(Debug)]
pub(crate) struct Book<U> {
    waiting: VecDeque<Command<U>>,
    sent: VecDeque<Command<U>>,
    /// Most that may be sent without a result; 0 while the stream is not open.
    limit: usize,
}

impl<U: Clone> Book<U> {
    pub(crate) fn new() -> Self {
        Self { waiting: VecDeque::new(), sent: VecDeque::new(), limit: 0 }
    }

    pub(crate) fn has_room(&self) -> bool {
        self.waiting.len() + self.sent.len() < COMMANDS_MAX
    }

    pub(crate) fn push(&mut self, command: Command<U>) {
        self.waiting.push_back(command);
    }

    /// The stream is open and takes this many commands at a time.
    pub(crate) fn open(&mut self, limit: usize) {
        self.limit = limit.clamp(1, COMMANDS_MAX);
    }

    /// The stream is lost: what has no result yet is sent again, unless nobody waits for it.
    pub(crate) fn lost(&mut self) {
        self.limit = 0;
        while let Some(command) = self.sent.pop_back() {
            self.waiting.push_front(command);
        }
        self.waiting.retain(is_wanted);
    }

    /// Whether there is a command to send now.
    pub(crate) fn is_ready(&self) -> bool {
        self.sent.len() < self.limit && !self.waiting.is_empty()
    }

    /// The next frame to send.
    pub(crate) fn take(&mut self) -> Option<U> {
        let command = self.waiting.pop_front()?;
        if !is_wanted(&command) {
            return None;
        }
        let frame = command.frame.clone();
        if command.answer.is_some() {
            self.sent.push_back(command);
        }
        Some(frame)
    }

    /// Gives a result to whom it belongs.
    pub(crate) fn settle(&mut self, result: v1::CommandResult) {
        let id = &result.request_id;
        let belongs = |command: &Command<U>| {
            command.answer.as_ref().is_some_and(|answer| answer.request_id == *id)
        };
        let Some(at) = self.sent.iter().position(belongs) else { return };
        let Some(answer) = self.sent.remove(at).and_then(|command| command.answer) else { return };
        let outcome = match result.outcome {
            Some(Outcome::Ok(ok)) => Ok(ok),
            Some(Outcome::Error(detail)) => Err(Error::from(detail)),
            None => Err(Error::local(Code::Internal, "a command result without an outcome")),
        };
        // Who gave up does not hear of it.
        let _ = answer.to.send(outcome);
    }

    /// The stream is over: nothing will be answered any more.
    pub(crate) fn fail(&mut self, error: &Error) {
        for command in self.sent.drain(..).chain(self.waiting.drain(..)) {
            if let Some(answer) = command.answer {
                let _ = answer.to.send(Err(error.clone()));
            }
        }
    }
}

fn is_wanted<U>(command: &Command<U>) -> bool {
    command.answer.as_ref().is_none_or(|answer| !answer.to.is_closed())
}

#[cfg(test)]
mod tests {
    use super::*;

    type Waiter = oneshot::Receiver<Result<v1::CommandOk, Error>>;

    fn command(id: &str) -> (Command<String>, Waiter) {
        let (to, waiter) = oneshot::channel();
        let answer = Answer { request_id: id.into(), to };
        (Command { frame: format!("frame {id}"), answer: Some(answer) }, waiter)
    }

    fn ok(id: &str, seq: i64) -> v1::CommandResult {
        let outcome = Some(Outcome::Ok(v1::CommandOk { seq, ..Default::default() }));
        v1::CommandResult { request_id: id.into(), outcome }
    }

    #[test]
    fn commands_wait_for_the_stream_and_keep_its_limit() {
        let mut book = Book::new();
        let (a, _a) = command("a");
        let (b, _b) = command("b");
        book.push(a);
        book.push(b);
        assert!(!book.is_ready());
        book.open(1);
        assert!(book.is_ready());
        assert_eq!(book.take().unwrap(), "frame a");
        assert!(!book.is_ready());
        book.settle(ok("unknown", 1));
        assert!(!book.is_ready());
        book.settle(ok("a", 1));
        assert!(book.is_ready());
    }

    #[test]
    fn results_find_their_commands() {
        let mut book = Book::new();
        let (a, mut waits_a) = command("a");
        let (b, mut waits_b) = command("b");
        book.push(a);
        book.push(b);
        book.open(10);
        while book.is_ready() {
            book.take();
        }
        let error = v1::ErrorDetail { code: 9, message: "late".into(), ..Default::default() };
        let outcome = Some(Outcome::Error(error));
        book.settle(v1::CommandResult { request_id: "b".into(), outcome });
        book.settle(ok("a", 7));
        assert_eq!(waits_a.try_recv().unwrap().unwrap().seq, 7);
        let error = waits_b.try_recv().unwrap().unwrap_err();
        assert_eq!((error.code(), error.message()), (Code::FailedPrecondition, "late"));
    }

    #[test]
    fn a_lost_stream_sends_again_in_order_what_is_still_wanted() {
        let mut book = Book::new();
        let (a, _a) = command("a");
        let (b, gone) = command("b");
        let (c, _c) = command("c");
        book.push(a);
        book.push(b);
        book.open(2);
        book.take();
        book.take();
        book.push(c);
        drop(gone);
        book.lost();
        assert!(!book.is_ready());
        book.open(10);
        assert_eq!(book.take().unwrap(), "frame a");
        assert_eq!(book.take().unwrap(), "frame c");
        assert!(!book.is_ready());
    }

    #[test]
    fn frames_without_a_result_do_not_wait_for_one() {
        let mut book = Book::new();
        book.open(1);
        for frame in ["ack 1", "ack 2"] {
            book.push(Command { frame: frame.to_owned(), answer: None });
        }
        assert_eq!(book.take().unwrap(), "ack 1");
        assert_eq!(book.take().unwrap(), "ack 2");
    }

    #[test]
    fn the_book_is_bounded_and_fails_everybody_at_the_end() {
        let mut book = Book::new();
        book.open(1);
        let mut waiters = Vec::new();
        while book.has_room() {
            let (command, waiter) = command(&waiters.len().to_string());
            book.push(command);
            waiters.push(waiter);
        }
        book.take();
        assert_eq!(waiters.len(), COMMANDS_MAX);
        book.fail(&Error::local(Code::Unavailable, "over"));
        assert!(waiters.iter_mut().all(|waiter| waiter.try_recv().unwrap().is_err()));
        assert!(book.has_room());
    }
}
