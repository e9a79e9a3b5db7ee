//! An offer as an agent's console holds it: what is offered, how much time is left by the server's
//! clock, whether it is still open as far as the session has heard, and the two answers. Nobody
//! here compares clocks to refuse an answer: an offer lives until an event ends it, and the
//! deadline only bounds how long an answer is waited for.

use crate::error::Error;
use crate::session::AgentCommands;
use crate::v1::{self, agent_event, agent_frame, agent_snapshot};
use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

/// How long after its deadline an offer's answer may still be waited for.
const ANSWER_MARGIN: Duration = Duration::from_secs(2);
/// Most offers that are kept in mind, open ones and ended ones each; an agent has far fewer.
const OFFERS_MAX: usize = 512;

/// What a session has heard of offers, kept true as frames come in, before anybody reads them.
/// Clones share it.
#[derive(Clone, Default)]
pub(crate) struct Offers(Arc<Mutex<Heard>>);

impl fmt::Debug for Offers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What agents said when declining is not for logs.
        f.write_str("Offers")
    }
}

#[derive(Default)]
struct Heard {
    /// Interactions of the offers that are open, by offer.
    open: HashMap<String, String>,
    /// Offers that ended without being taken, oldest first.
    ended: VecDeque<v1::Offer>,
    /// By how much the server's clock is ahead of ours, in microseconds; behind if negative.
    ahead: i64,
}

impl Offers {
    /// Notes what a frame says about offers and clocks.
    pub(crate) fn hear(&self, response: &v1::SessionResponse) {
        use agent_frame::Frame;
        let Some(frame) = response.frame.as_ref().and_then(|frame| frame.frame.as_ref()) else {
            return;
        };
        let mut heard = self.lock();
        match frame {
            Frame::Hello(hello) => {
                heard.note_clock(hello.server_time);
                if hello.resumption() == v1::Resumption::Snapshot {
                    heard.open.clear();
                }
            }
            Frame::Heartbeat(beat) => heard.note_clock(beat.server_time),
            Frame::Snapshot(piece) => {
                if let Some(agent_snapshot::Item::Offered(work)) = &piece.item {
                    heard.made(work);
                }
            }
            Frame::Event(event) => match &event.event {
                Some(agent_event::Event::Offered(work)) => heard.made(work),
                Some(agent_event::Event::OfferEnded(offer)) => heard.end(offer),
                Some(agent_event::Event::Consulting(work)) => heard.taken(work),
                Some(agent_event::Event::Assigned(work)) => {
                    heard.open.retain(|_, interaction| *interaction != work.id);
                }
                _ => {}
            },
            _ => {}
        }
    }

    fn lock(&self) -> MutexGuard<'_, Heard> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Heard {
    fn note_clock(&mut self, server: Option<prost_types::Timestamp>) {
        let server = server.and_then(|time| SystemTime::try_from(time).ok());
        if let Some(server) = server {
            self.ahead = micros_since(server, SystemTime::now());
        }
    }

    fn made(&mut self, work: &v1::OfferedWork) {
        let Some(offer) = &work.offer else { return };
        if self.open.len() < OFFERS_MAX {
            self.open.insert(offer.id.clone(), offer.interaction_id.clone());
        }
    }

    fn taken(&mut self, work: &v1::OfferedWork) {
        self.open.remove(work.offer.as_ref().map_or("", |offer| &offer.id));
    }

    fn end(&mut self, offer: &v1::Offer) {
        self.open.remove(&offer.id);
        self.ended.push_back(offer.clone());
        let excess = self.ended.len().saturating_sub(OFFERS_MAX);
        self.ended.drain(..excess);
    }
}

/// Signed microseconds from `earlier` to `later`; the bounds where they do not fit.
fn micros_since(later: SystemTime, earlier: SystemTime) -> i64 {
    let micros = |span: Duration| i64::try_from(span.as_micros()).unwrap_or(i64::MAX);
    match later.duration_since(earlier) {
        Ok(span) => micros(span),
        Err(behind) => -micros(behind.duration()),
    }
}

/// Work that an agent is asked to take, or to advise on. It outlives its session, whose answers
/// then fail.
#[derive(Clone, Debug)]
pub struct LiveOffer {
    work: v1::OfferedWork,
    offers: Offers,
    commands: AgentCommands,
}

impl LiveOffer {
    pub(crate) fn new(work: v1::OfferedWork, offers: Offers, commands: AgentCommands) -> Self {
        Self { work, offers, commands }
    }

    /// Identifier of the offer.
    pub fn id(&self) -> &str {
        self.work.offer.as_ref().map_or("", |offer| &offer.id)
    }

    /// The offer as it was made, the interaction, and the customer's newest message.
    pub fn work(&self) -> &v1::OfferedWork {
        &self.work
    }

    /// Whether advice is asked for: whoever accepts advises the owner, who keeps the interaction.
    pub fn is_consult(&self) -> bool {
        self.work.offer.as_ref().is_some_and(|offer| offer.role() == v1::OfferRole::Consult)
    }

    /// Identifier of the interaction that is offered.
    pub fn interaction_id(&self) -> &str {
        self.work.offer.as_ref().map_or("", |offer| &offer.interaction_id)
    }

    /// When it ends for want of an answer, on the server's clock.
    pub fn expires_at(&self) -> Option<SystemTime> {
        let expires = self.work.offer.as_ref()?.expire_time?;
        SystemTime::try_from(expires).ok()
    }

    /// The time until then; zero when it has passed. Clocks that differ are allowed for.
    pub fn remaining(&self) -> Duration {
        let Some(expires) = self.expires_at() else { return Duration::ZERO };
        let left = micros_since(expires, SystemTime::now());
        let left = left.saturating_sub(self.offers.lock().ahead);
        Duration::from_micros(u64::try_from(left).unwrap_or(0))
    }

    /// Whether it waits for an answer, as far as the session has heard.
    pub fn is_open(&self) -> bool {
        self.offers.lock().open.contains_key(self.id())
    }

    /// The offer as it ended, once it did without being taken.
    pub fn ended(&self) -> Option<v1::Offer> {
        let id = self.id();
        self.offers.lock().ended.iter().find(|offer| offer.id == id).cloned()
    }

    /// Takes it. Exactly one agent wins; whoever lost is told what ended the offer.
    pub async fn accept(&self) -> Result<v1::CommandOk, Error> {
        self.patient().accept(self.id()).await
    }

    /// Declines it, with a reason that may be empty.
    pub async fn decline(&self, reason: impl Into<String>) -> Result<v1::CommandOk, Error> {
        self.patient().decline(self.id(), reason).await
    }

    /// The session's commands, waiting not much longer than the offer lives.
    fn patient(&self) -> AgentCommands {
        self.commands.within(self.remaining() + ANSWER_MARGIN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::tests::commands;

    fn response(frame: agent_frame::Frame) -> v1::SessionResponse {
        let frame = v1::AgentFrame { frame: Some(frame), ..Default::default() };
        v1::SessionResponse { frame: Some(frame) }
    }

    fn event(event: agent_event::Event) -> v1::SessionResponse {
        response(agent_frame::Frame::Event(v1::AgentEvent {
            event: Some(event),
            ..Default::default()
        }))
    }

    fn work(id: &str, expires: SystemTime) -> v1::OfferedWork {
        let offer = v1::Offer {
            id: id.into(),
            interaction_id: format!("work {id}"),
            expire_time: Some(expires.into()),
            ..Default::default()
        };
        v1::OfferedWork { offer: Some(offer), ..Default::default() }
    }

    fn hello(ahead: Duration) -> v1::SessionResponse {
        let hello = v1::Hello {
            resumption: v1::Resumption::Snapshot.into(),
            server_time: Some((SystemTime::now() + ahead).into()),
            ..Default::default()
        };
        response(agent_frame::Frame::Hello(hello))
    }

    #[tokio::test]
    async fn an_offer_knows_what_became_of_it() {
        let (offers, expires) = (Offers::default(), SystemTime::now() + Duration::from_secs(60));
        let all: Vec<LiveOffer> = ["a", "b", "c"]
            .into_iter()
            .map(|id| {
                offers.hear(&event(agent_event::Event::Offered(work(id, expires))));
                LiveOffer::new(work(id, expires), offers.clone(), commands())
            })
            .collect();
        assert!(all.iter().all(LiveOffer::is_open));
        let taken = v1::Interaction { id: "work a".into(), ..Default::default() };
        offers.hear(&event(agent_event::Event::Assigned(taken)));
        let ended = v1::Offer { reason: "timeout".into(), ..work("b", expires).offer.unwrap() };
        offers.hear(&event(agent_event::Event::OfferEnded(ended.clone())));
        assert!(!all[0].is_open() && all[0].ended().is_none());
        assert!(!all[1].is_open() && all[1].ended() == Some(ended));
        // A new snapshot says anew what is open.
        offers.hear(&hello(Duration::ZERO));
        assert!(!all[2].is_open());
        let item = Some(agent_snapshot::Item::Offered(work("c", expires)));
        offers.hear(&response(agent_frame::Frame::Snapshot(v1::AgentSnapshot { item })));
        assert!(all[2].is_open());
    }

    #[tokio::test]
    async fn time_is_told_by_the_servers_clock() {
        let (offers, hour) = (Offers::default(), Duration::from_secs(3600));
        offers.hear(&hello(hour));
        let expires = SystemTime::now() + hour + Duration::from_secs(30);
        let offer = LiveOffer::new(work("a", expires), offers.clone(), commands());
        let left = offer.remaining();
        assert!(left > Duration::from_secs(25) && left <= Duration::from_secs(31), "{left:?}");
        let past = LiveOffer::new(work("b", SystemTime::now()), offers, commands());
        assert_eq!(past.remaining(), Duration::ZERO);
    }

    #[test]
    fn what_is_kept_in_mind_is_bounded() {
        let (offers, expires) = (Offers::default(), SystemTime::now());
        for number in 0..2 * OFFERS_MAX {
            let work = work(&number.to_string(), expires);
            offers.hear(&event(agent_event::Event::Offered(work.clone())));
            offers.hear(&event(agent_event::Event::OfferEnded(work.offer.unwrap())));
        }
        let heard = offers.lock();
        assert_eq!((heard.open.len(), heard.ended.len()), (0, OFFERS_MAX));
    }
}
