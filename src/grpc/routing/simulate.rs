//! Simulate: a world tried out beside the server's work. The runs take a thread of their own; what
//! is told of them waits in a bounded channel, and a reader who does not keep up misses progress,
//! never the result.

use super::Routing;
use crate::grpc::convert::simulate;
use crate::grpc::status::{refusal, refuse, status};
use crate::grpc::stream::Frames;
use crate::proto::v1;
use app::backtest::{Recording, Retrial};
use app::context::Context;
use app::simulate::{Answer, Progress, Trial};
use domain::refusal::{Reason, Refusal};
use futures::StreamExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Response, Status};

/// How many messages wait for the reader.
const BACKLOG: usize = 64;

/// How long a simulation takes at most.
const LONGEST: Duration = Duration::from_secs(120);

/// What is told, or why it ended.
type Told = Result<v1::SimulateResponse, Status>;

impl Routing {
    pub(super) async fn simulated(
        &self,
        context: &Context,
        asked: &v1::SimulateRequest,
    ) -> Result<Response<Frames<v1::SimulateResponse>>, Status> {
        let work = match simulate::retrial(asked)? {
            None => Work::World(Box::new(simulate::trial(asked)?)),
            Some(past) => Work::Past(Box::new(past)),
        };
        let turn = self.edge.app.simulation_turn(context.caller.tenant).map_err(status)?;
        let work = match work {
            Work::Past(retrial) => {
                let past = Recording::of(&self.edge.app, context, &retrial).await;
                Work::Read(Box::new(past.map_err(status)?), retrial)
            }
            world => world,
        };
        let (told, out) = mpsc::channel(BACKLOG);
        let entry = self.edge.streams.enter(context, None, &told);
        let closed = Arc::new(AtomicBool::new(false));
        let draining = self.edge.draining.clone();
        let stops = Arc::clone(&closed);
        let runs = tokio::task::spawn_blocking(move || {
            let stop = || stops.load(Ordering::Relaxed) || *draining.borrow();
            run(work, &told, &stop);
            drop(turn);
        });
        tokio::spawn(async move {
            tokio::select! {
                _ = runs => {}
                _ = entry.closed() => closed.store(true, Ordering::Relaxed),
            }
        });
        Ok(Response::new(ReceiverStream::new(out).boxed()))
    }
}

/// What is to be tried.
enum Work {
    World(Box<Trial>),
    /// A past whose log is to be read.
    Past(Box<Retrial>),
    /// The same, read.
    Read(Box<Recording>, Box<Retrial>),
}

impl Work {
    /// Tries it as long as it is told to; none if it was stopped.
    fn run(self, told: impl FnMut(Progress) -> bool) -> Result<Option<Answer>, String> {
        match self {
            Work::World(trial) => trial.run(told),
            Work::Read(past, retrial) => {
                let Retrial { within, seed, runs, changes, .. } = *retrial;
                past.play(changes.as_ref(), (seed, runs), within, told)
            }
            Work::Past(_) => Ok(None),
        }
    }
}

/// Runs it; tells how far it is while there is room, and last what it came to.
fn run(work: Work, told: &mpsc::Sender<Told>, stop: &impl Fn() -> bool) {
    let begun = Instant::now();
    let late = || begun.elapsed() > LONGEST;
    let answer = work.run(|progress| {
        // The last places are for the end.
        if told.capacity() > 2 {
            let _ = told.try_send(Ok(simulate::progress(progress)));
        }
        !(told.is_closed() || stop() || late())
    });
    let last = match answer {
        Ok(Some(answer)) => Ok(simulate::result(&answer)),
        Ok(None) if late() => Err(refuse(Reason::DeadlinePassed)),
        Ok(None) => Err(refuse(Reason::Draining)),
        Err(problem) => Err(refusal(Refusal::new(Reason::WorldInvalid).with("problem", problem))),
    };
    // A reader who is gone hears nothing.
    let _ = told.try_send(last);
}
