//! The order of the play: set up, open every stream, let customers write, wait until all is rated,
//! send everybody home, then look at what is left behind. The only file that knows all roles.

use super::Args;
use super::agents::Desk;
use super::answers::Answers;
use super::backend::{self, Told};
use super::board::{self, Board, Look};
use super::customers::{self, Ways};
use super::hook::Hook;
use super::mail::Post;
use super::play::Play;
use super::postbox::Postbox;
use super::receiver::Receiver;
use super::report::{Evidence, Records, Verdict};
use super::script::Script;
use super::stage::Stage;
use anyhow::{Context as _, Result};
use channels::standard_webhooks::SigningKey;
use futures::{StreamExt, TryStreamExt};
use omnichannel_sdk::v1::{self, InteractionStatus, Priority};
use omnichannel_sdk::{Client, FeedStream};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, timeout, timeout_at};
use tokio_util::sync::CancellationToken;

/// Sessions that are opened at the same time.
const AT_ONCE: usize = 16;

/// How long the feed may take to tell what has happened.
const FEED_TIME: Duration = Duration::from_secs(10);

/// How long everybody may take to go home.
const HOME_TIME: Duration = Duration::from_secs(10);

/// How long the board may take to end; longer than it waits for rest.
const BOARD_TIME: Duration = Duration::from_secs(15);

/// How long the server may take to answer after the play.
const ANSWER_TIME: Duration = Duration::from_secs(10);

/// How long looking back may take in all.
const LOOK_TIME: Duration = Duration::from_secs(120);

/// Calls that verify the audit log, each a stretch of it.
const VERIFY_MAX: usize = 1000;

/// Plays everything.
pub(super) async fn perform(args: &Args) -> Result<Verdict> {
    let client = args.connect(args.key()?).await?;
    let begun = Instant::now();
    let (customers, interactions) = (count(args.customers), count(args.interactions));
    let counts = (customers, interactions);
    let script = Script::new(Script::fresh_run(), counts, !args.no_mail);
    let from = head(&client).await.context("is this a key of role TENANT_ADMIN?")? + 1;
    let feed = backend::open(&client, from).await?;
    let receiver = Receiver::bind().await.context("a port for the receiver")?;
    let play = Arc::new(Play::new(script));
    let answers = Arc::new(Answers::new(Arc::clone(&play)));
    let postbox = match args.no_mail {
        true => None,
        false => Some(Postbox::bind(Arc::clone(&answers)).await?),
    };
    let (url, port) = (receiver.url(), postbox.as_ref().map(Postbox::port));
    let stage = Stage::set_up(&client, &play.script, count(args.agents), (&url, port)).await?;
    let show = Show { args, client: &client, stage: &stage, play: &play, begun };
    let house = House { receiver, postbox, answers };
    let opened = show.open(feed, from, house).await;
    let ended = match opened {
        Ok(cast) => show.run(cast).await,
        Err(error) => {
            stage.strike(&client).await;
            return Err(error);
        }
    };
    let (took, in_time) = (ended.took, ended.in_time);
    let (told, records) = show.look_back(ended).await;
    let evidence = Evidence { play: &play, told: &told, records: &records, took, in_time };
    Ok(Verdict::of(&evidence))
}

fn count(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// The newest sequence of the tenant's log.
async fn head(client: &Client) -> Result<i64> {
    let answer = client.call(v1::GetRealTimeStatsRequest {}).await?;
    Ok(answer.stats.unwrap_or_default().seq)
}

struct Show<'a> {
    args: &'a Args,
    client: &'a Client,
    stage: &'a Stage,
    play: &'a Arc<Play>,
    begun: Instant,
}

/// The customers' side, before it takes anything.
struct House {
    receiver: Receiver,
    postbox: Option<Postbox>,
    answers: Arc<Answers>,
}

/// Everybody at work.
struct Cast {
    ways: Ways,
    agents: JoinSet<()>,
    board: JoinHandle<Result<Duration, String>>,
    backend: JoinHandle<()>,
    told: watch::Receiver<Told>,
    /// Ends agents and board, then the receiver.
    home: CancellationToken,
    over: CancellationToken,
}

/// What is still open after the play.
struct Ended {
    took: Duration,
    in_time: bool,
    board_rested: Option<Duration>,
    backend: JoinHandle<()>,
    told: watch::Receiver<Told>,
}

impl Show<'_> {
    /// Opens every stream and starts everybody but the customers.
    async fn open(&self, feed: FeedStream, from: i64, house: House) -> Result<Cast> {
        let stage = self.stage;
        let key = SigningKey::parse(&stage.secret.clone().into()).context("the signing secret")?;
        let url = self.args.endpoint.join(&stage.inbound_path).context("the inbound path")?;
        let hook = Hook::new(url, key.clone())?;
        let post = match self.args.smtp()? {
            Some((host, port)) => Some(Post::new(host, port)?),
            None => None,
        };
        let (home, over) = (CancellationToken::new(), CancellationToken::new());
        let desks: Vec<Desk> = futures::stream::iter(&stage.players)
            .map(|player| async move {
                let client = self.args.connect(player.key.as_str().into()).await?;
                let (queue_id, play) = (stage.queue_id.clone(), Arc::clone(self.play));
                Desk::open(client, player.clone(), queue_id, play).await
            })
            .buffered(AT_ONCE)
            .try_collect()
            .await?;
        let board = self.board().await?;
        let told = backend::told(from);
        let heard = told.subscribe();
        let (client, play) = (self.client.clone(), Arc::clone(self.play));
        let following = backend::perform(client, play, feed, stage.account_ids.clone(), told);
        let mut agents = JoinSet::new();
        for desk in desks {
            agents.spawn(desk.work(home.clone()));
        }
        let House { receiver, postbox, answers } = house;
        tokio::spawn(receiver.serve(answers, key, over.clone()));
        if let Some(postbox) = postbox {
            tokio::spawn(postbox.serve(over.clone()));
        }
        Ok(Cast {
            ways: Ways { hook, post },
            agents,
            board: tokio::spawn(board.show(home.clone())),
            backend: tokio::spawn(following),
            told: heard,
            home,
            over,
        })
    }

    async fn board(&self) -> Result<Board> {
        let players = self.stage.players.iter();
        Ok(Board {
            dashboard: board::open(self.client, &self.stage.queue_id).await?,
            play: Arc::clone(self.play),
            agents: players.map(|player| (player.agent_id.clone(), player.number)).collect(),
            begun: self.begun,
            limit: self.args.limit(),
            look: Look::of(self.args.no_board),
        })
    }

    /// Lets the customers write, and waits until everything is rated or the time is up.
    async fn run(&self, mut cast: Cast) -> Ended {
        let playing = async {
            customers::perform(Arc::clone(self.play), cast.ways.clone(), self.args.rate).await;
            for scene in &self.play.script.scenes {
                self.play.until(scene, |progress| progress.rated).await;
            }
        };
        let in_time = timeout_at(self.begun + self.args.limit(), playing).await.is_ok();
        let took = self.begun.elapsed();
        cast.home.cancel();
        let agents = async { while cast.agents.join_next().await.is_some() {} };
        if timeout(HOME_TIME, agents).await.is_err() {
            self.play.problem("an agent did not go home in time");
        }
        let board_rested = match timeout(BOARD_TIME, cast.board).await {
            Ok(Ok(Ok(after))) => Some(after),
            Ok(Ok(Err(left))) => {
                self.play.problem(format!("the dashboard did not come to rest: {left}"));
                None
            }
            _ => {
                self.play.problem("the dashboard did not end");
                None
            }
        };
        cast.over.cancel();
        Ended { took, in_time, board_rested, backend: cast.backend, told: cast.told }
    }

    /// Asks the server what became of the run, unless it is gone.
    async fn look_back(&self, ended: Ended) -> (Told, Records) {
        let mut records = Records { board_rested: ended.board_rested, ..Records::default() };
        let told = ended.told.clone();
        let answers = timeout(ANSWER_TIME, head(self.client)).await;
        if !answers.is_ok_and(|answer| answer.is_ok()) {
            records.failures.push("the server does not answer any more".to_owned());
        } else if timeout(LOOK_TIME, self.find_out(ended, &mut records)).await.is_err() {
            records.failures.push("looking back took too long".to_owned());
        }
        let told = told.borrow().clone();
        (told, records)
    }

    /// Switches off what is not to stay, and looks at what does.
    async fn find_out(&self, ended: Ended, records: &mut Records) {
        let failed = self.stage.strike(self.client).await;
        if failed > 0 {
            records.failures.push(format!("{failed} keys, accounts or rules stay in use"));
        }
        if let Err(error) = self.count_interactions(records).await {
            records.failures.push(format!("the interactions cannot be listed: {error:#}"));
        }
        if let Err(error) = self.count_broken(records).await {
            records.failures.push(format!("broken promises cannot be listed: {error:#}"));
        }
        self.hear_out(ended.told.clone(), records).await;
        ended.backend.abort();
        // Nobody writes any more: whoever asks later finds the same.
        let told = ended.told.borrow().clone();
        match backend::replay(self.client, &told).await {
            Ok(again) => records.replayed = again.gaps == 0 && again.digest() == told.digest(),
            Err(error) => records.failures.push(format!("the feed, read again: {error:#}")),
        }
        if let Err(error) = self.verify(records).await {
            records.failures.push(format!("the audit log cannot be verified: {error:#}"));
        }
    }

    /// Waits until the feed has told everything that has happened.
    async fn hear_out(&self, mut told: watch::Receiver<Told>, records: &mut Records) {
        match head(self.client).await {
            Ok(head) => {
                records.audit_head = head;
                let all = told.wait_for(|told| told.last >= head);
                let heard = timeout(FEED_TIME, all).await.is_ok_and(|heard| heard.is_ok());
                if !heard {
                    records.failures.push(format!("the feed did not tell all up to {head}"));
                }
            }
            Err(error) => records.failures.push(format!("the end of the log: {error:#}")),
        }
    }

    async fn count_interactions(&self, records: &mut Records) -> Result<()> {
        let request = v1::ListInteractionsRequest {
            queue_id: self.stage.queue_id.clone(),
            page_size: 500,
            ..Default::default()
        };
        let mut found = Box::pin(self.client.list(request));
        while let Some(interaction) = found.next().await.transpose()? {
            records.interactions += 1;
            let resolved = interaction.status() == InteractionStatus::Resolved;
            records.resolved += usize::from(resolved);
            let scene = self.play.scene_of(&interaction.id);
            let rated = scene.is_some_and(|scene| scene.rating == interaction.rating);
            records.rated += usize::from(rated);
            let placed = interaction.matched_rule_id == self.stage.rule_id
                && interaction.priority() == Priority::High;
            records.by_rule += usize::from(placed);
        }
        Ok(())
    }

    async fn count_broken(&self, records: &mut Records) -> Result<()> {
        let request = v1::ListSlaBreachesRequest {
            queue_id: self.stage.queue_id.clone(),
            page_size: 500,
            ..Default::default()
        };
        let mut found = Box::pin(self.client.list(request));
        while found.next().await.transpose()?.is_some() {
            records.promises_broken += 1;
        }
        Ok(())
    }

    /// Verifies the chain from its oldest row to the newest sequence of the run.
    async fn verify(&self, records: &mut Records) -> Result<()> {
        let mut from_seq = 0;
        for _ in 0..VERIFY_MAX {
            let request = v1::VerifyAuditLogRequest { from_seq, ..Default::default() };
            let found = self.client.call(request).await?;
            records.audit_verified = found.verified_to_seq;
            if found.first_bad_seq != 0 {
                anyhow::bail!("sequence {} does not fit its chain", found.first_bad_seq);
            }
            if found.verified_to_seq >= records.audit_head || found.verified_to_seq < from_seq {
                break;
            }
            from_seq = found.verified_to_seq + 1;
        }
        Ok(())
    }
}
