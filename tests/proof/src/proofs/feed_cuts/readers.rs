//! The two readers of the feed, what they saw, and its comparison with the stored events, told in
//! the contract's words.

use crate::audit::replay::Recorded;
use omnichannel_sdk::{Client, FeedEvent, FeedOptions, FeedStart, feed, v1};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// Cuts after which the SDK's reader starts anew from its token. The SDK waits longer after every
/// loss that follows soon on the last, up to half a minute; a new process does not.
const LOSSES_MAX: usize = 4;
/// How long to wait before a refused opening is tried again.
const PAUSE: Duration = Duration::from_millis(50);
/// How long a bare stream may be silent: two and a half of its heartbeats.
const SILENCE: Duration = Duration::from_millis(37_500);
/// How long the SDK may take to open at first.
const OPEN_LIMIT: Duration = Duration::from_secs(10);
/// How often it is looked for the end while nothing comes.
const LOOK: Duration = Duration::from_millis(200);

/// What is compared of an event.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in crate::proofs) struct Told {
    pub(in crate::proofs) seq: i64,
    pub(super) micros: i64,
    pub(super) kind: String,
    pub(super) request_id: String,
    pub(super) interaction_id: String,
    pub(super) agent_id: String,
}

impl Told {
    pub(in crate::proofs) fn of_wire(event: &v1::Event) -> Self {
        let time = event.time.unwrap_or_default();
        Self {
            seq: event.seq,
            micros: time.seconds * 1_000_000 + i64::from(time.nanos) / 1_000,
            kind: event.kind.clone(),
            request_id: event.request_id.clone(),
            interaction_id: event.interaction_id.clone(),
            agent_id: event.agent_id.clone(),
        }
    }

    pub(in crate::proofs) fn of_log(event: &Recorded) -> Self {
        // Only what happens to an agent or between one and an interaction names the agent.
        let of_agent = event.kind().starts_with("agent_")
            || event.kind().starts_with("offer_")
            || event.kind() == "operator_acted"
            || event.kind() == "interaction_wrapping";
        if let Some((_, fact)) = event.advice() {
            let (kind, told) = (public_kind(event), Self::of_log(&fact));
            return Self { kind, agent_id: fact.text("agent_id").to_owned(), ..told };
        }
        Self {
            seq: event.seq,
            micros: event.at,
            kind: public_kind(event),
            request_id: event.request_id.clone(),
            interaction_id: event.text("interaction_id").to_owned(),
            agent_id: if of_agent { event.text("agent_id").to_owned() } else { String::new() },
        }
    }
}

/// The contract's name of a stored kind.
fn public_kind(event: &Recorded) -> String {
    if let Some((name, _)) = event.advice() {
        return format!("consult.{name}");
    }
    let name = match event.kind() {
        "message_added" if event.text("direction") == "inbound" => "message.received",
        "message_added" => "message.sent",
        "contact_point_changed" => "contact_point.changed",
        "api_key_changed" => "api_key.changed",
        "agent_session_opened" => "agent.session_opened",
        "agent_session_closed" => "agent.session_closed",
        "agent_presence_changed" => "agent.presence_changed",
        "customer_changed" => "customer.changed",
        "tenant_changed" => "tenant.changed",
        kind if kind.ends_with("_saved") || kind.ends_with("_deleted") => "config.changed",
        "team_changed" | "skill_changed" => "config.changed",
        // All others are a noun of one word and what happened to it.
        kind => return kind.replacen('_', ".", 1),
    };
    name.to_owned()
}

/// What a reader saw.
#[derive(Default)]
pub(super) struct Seen {
    told: Mutex<Vec<Told>>,
    complaints: Mutex<Vec<String>>,
    openings: AtomicUsize,
}

impl Seen {
    pub(super) fn told(&self) -> Vec<Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn complaints(&self) -> Vec<String> {
        self.complaints.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn openings(&self) -> usize {
        self.openings.load(Ordering::Relaxed)
    }

    /// The place of the newest event.
    pub(super) fn last(&self) -> i64 {
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.last().map_or(0, |told| told.seq)
    }

    fn take(&self, event: &v1::Event) {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).push(Told::of_wire(event));
    }

    fn complain(&self, text: String) {
        self.complaints.lock().unwrap_or_else(PoisonError::into_inner).push(text);
    }
}

/// Reads by the SDK from the first event on.
pub(super) async fn by_sdk(client: Client, seen: Arc<Seen>, finished: Arc<AtomicBool>) {
    let mut from = FeedStart::Seq(1);
    while !finished.load(Ordering::Relaxed) {
        let options = FeedOptions { from: from.clone(), open_timeout: OPEN_LIMIT };
        let mut stream = match feed(&client, options).await {
            Ok(stream) => stream,
            Err(error) if error.is_retryable() => {
                sleep(PAUSE).await;
                continue;
            }
            Err(error) => return seen.complain(format!("the feed did not open: {error}")),
        };
        seen.openings.fetch_add(1, Ordering::Relaxed);
        let mut states = stream.states();
        let mut losses = 0;
        while losses < LOSSES_MAX && !finished.load(Ordering::Relaxed) {
            tokio::select! {
                next = stream.next() => match next {
                    Some(Ok(FeedEvent::Event { event, resume_token })) => {
                        seen.take(&event);
                        from = FeedStart::Token(resume_token);
                    }
                    Some(Ok(FeedEvent::Restarted { seq })) => {
                        seen.complain(format!("the feed restarted at {seq}"));
                    }
                    Some(Err(error)) => seen.complain(format!("the feed ended: {error}")),
                    None => break,
                },
                Some(state) = states.changed() => {
                    use omnichannel_sdk::StreamState::{Connected, Resuming};
                    losses += usize::from(state == Resuming);
                    seen.openings.fetch_add(usize::from(state == Connected), Ordering::Relaxed);
                }
                () = sleep(LOOK) => {}
            }
        }
    }
}

/// Reads without the SDK's help: every stream must go on with the very next event.
pub(super) async fn bare(client: Client, seen: Arc<Seen>, finished: Arc<AtomicBool>) {
    let mut token = String::new();
    while !finished.load(Ordering::Relaxed) {
        use v1::watch_feed_request::Start;
        // By sequence and by token in turn; both must do.
        let by_seq = token.is_empty() || seen.openings().is_multiple_of(2);
        let start = match by_seq {
            true => Start::FromSeq(seen.last() + 1),
            false => Start::ResumeToken(token.clone()),
        };
        let mut admin = client.admin();
        let opened = admin.watch_feed(v1::WatchFeedRequest { start: Some(start) });
        let Ok(Ok(response)) = timeout(OPEN_LIMIT, opened).await else {
            sleep(PAUSE).await;
            continue;
        };
        seen.openings.fetch_add(1, Ordering::Relaxed);
        let mut stream = response.into_inner();
        while let Ok(Ok(Some(response))) = timeout(SILENCE, stream.message()).await {
            if let Some(frame) = response.frame {
                read(frame, &seen, &mut token);
            }
        }
    }
}

fn read(frame: v1::FeedFrame, seen: &Seen, token: &mut String) {
    use v1::feed_frame::Frame;
    let last = seen.last();
    match frame.frame {
        Some(Frame::Hello(hello)) if hello.resumption() != v1::Resumption::Resumed => {
            seen.complain(format!("opened after {last} as {:?}", hello.resumption()));
        }
        Some(Frame::Event(event)) => {
            if event.seq != last + 1 || frame.seq != event.seq {
                seen.complain(format!("{} in a frame at {} after {last}", event.seq, frame.seq));
            }
            seen.take(&event);
        }
        _ => {}
    }
    if !frame.resume_token.is_empty() {
        *token = frame.resume_token;
    }
}

/// Where a reader saw something else than the log has, at most a few.
pub(super) fn compare(told: &[Told], log: &[Recorded]) -> Vec<String> {
    const TEXTS_MAX: usize = 100;
    let mut differences = Vec::new();
    for (index, event) in log.iter().enumerate() {
        let expected = Told::of_log(event);
        match told.get(index) {
            Some(told) if *told == expected => {}
            other => differences.push(format!("the log has {expected:?}, seen {other:?}")),
        }
        if differences.len() >= TEXTS_MAX {
            return differences;
        }
    }
    let more = told.iter().skip(log.len()).take(TEXTS_MAX);
    differences.extend(more.map(|told| format!("the log has nothing, seen {told:?}")));
    differences
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn recorded(seq: i64, event: Value) -> Recorded {
        Recorded { seq, at: 7, request_id: String::new(), event }
    }

    #[test]
    fn stored_kinds_have_public_names() {
        let cases = [
            (json!({ "kind": "message_added", "direction": "inbound" }), "message.received"),
            (json!({ "kind": "message_added", "direction": "outbound" }), "message.sent"),
            (json!({ "kind": "interaction_transfer_requested" }), "interaction.transfer_requested"),
            (json!({ "kind": "offer_made" }), "offer.made"),
            (json!({ "kind": "consult", "requested": {} }), "consult.requested"),
            (json!({ "kind": "queue_deleted" }), "config.changed"),
            (json!({ "kind": "agent_saved" }), "config.changed"),
            (json!({ "kind": "agent_session_opened" }), "agent.session_opened"),
            (json!({ "kind": "contact_point_changed" }), "contact_point.changed"),
        ];
        for (event, name) in cases {
            assert_eq!(public_kind(&recorded(1, event)), name);
        }
    }

    #[test]
    fn a_missed_doubled_or_changed_event_is_a_difference() {
        let log: Vec<Recorded> =
            (1..=3).map(|n| recorded(n, json!({ "kind": "offer_made" }))).collect();
        let told: Vec<Told> = log.iter().map(Told::of_log).collect();
        assert!(compare(&told, &log).is_empty());
        assert_eq!(compare(&told[..2], &log).len(), 1);
        assert_eq!(compare(&[told.clone(), told.clone()].concat(), &log).len(), 3);
        let mut changed = told;
        changed[1].kind = "offer.ended".to_owned();
        assert_eq!(compare(&changed, &log).len(), 1);
    }
}
