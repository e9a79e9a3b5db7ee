//! Loops: what machines sent is heard and not answered by a machine, nobody is answered too often,
//! and whoever writes too often opens nothing more while the last of it is open.

use crate::mail::{CUSTOMER, Mail, Post, STRANGER, first, on_both};
use crate::support::{Db, eventually, plain};
use domain::event::Event;
use domain::message::{AuthorKind, DeliveryStatus, Direction, Message};
use store::MessagesOf;

on_both! {
    a_person_is_answered_once
    machines_are_heard_and_not_answered
    nobody_is_answered_more_than_five_times_an_hour
    a_flood_joins_and_is_not_lost
}

const REPLY: &str = "We have your mail.";

/// The automatic answers of every interaction.
async fn answered(post: &Post) -> Vec<Message> {
    let context = plain(post.company.admin);
    let filter = store::InteractionFilter::default();
    let all = post.app().interactions(&context, &filter, None, 500).await.expect("read");
    let mut found = Vec::new();
    for view in all {
        let of = MessagesOf::Interaction(view.row.id);
        let said = post.app().messages(&context, of, None, 500).await.expect("read");
        let ours = said.into_iter().filter(|m| m.row.author_kind == AuthorKind::System);
        found.extend(ours.map(|message| {
            assert_eq!(message.body, REPLY);
            message.row
        }));
    }
    found
}

async fn a_person_is_answered_once(db: &Db) {
    let post = Post::open(db, REPLY).await;
    let (begun, _) = post.comes(first()).await;
    let all = answered(&post).await;
    assert_eq!(all.len(), 1);
    assert_eq!((all[0].direction, all[0].interaction_id), (Direction::Outbound, begun.row.id));
    assert!(all[0].status >= DeliveryStatus::Queued);
    let reply = Mail { id: "", in_reply_to: "one@customer.example", ..first() };
    post.comes(reply.clone()).await;
    assert_eq!(answered(&post).await.len(), 1, "what joins is not answered");
    // Another interaction of the same conversation, within the day.
    post.resolve(begun.row.id).await;
    let (anew, _) = post.comes(reply).await;
    assert_ne!(anew.row.id, begun.row.id);
    assert_eq!(answered(&post).await.len(), 1, "once a day in one conversation");
    let first_response = anew.row.first_response_at;
    assert_eq!(first_response, None, "a machine's answer is nobody's first response");
    post.house.close().await;
}

async fn machines_are_heard_and_not_answered(db: &Db) {
    let post = Post::open(db, REPLY).await;
    let headers = [
        "Auto-Submitted: auto-replied\r\n",
        "Auto-Submitted: auto-generated\r\n",
        "Precedence: bulk\r\n",
        "Precedence: list\r\n",
        "Precedence: junk\r\n",
        "List-Id: <news.example>\r\n",
        "List-Unsubscribe: <mailto:x@y.example>\r\n",
        "X-Auto-Response-Suppress: All\r\n",
    ];
    for (n, more) in headers.iter().enumerate() {
        let from = format!("machine{n}@elsewhere.example");
        post.comes(Mail { from: &from, id: "", more, ..first() }).await;
    }
    let senders = [
        "mailer-daemon@a.example",
        "postmaster@a.example",
        "no-reply@a.example",
        "noreply@b.example",
    ];
    for from in senders {
        post.comes(Mail { from, id: "", ..first() }).await;
    }
    post.comes(Mail { id: "", null_sender: true, ..first() }).await;
    // One of our own mailboxes.
    post.comes(Mail { from: &post.mailbox, id: "", ..first() }).await;
    let heard = headers.len() + senders.len() + 2;
    assert_eq!(post.said().await.len(), heard, "all of it is kept");
    assert!(answered(&post).await.is_empty());
    post.comes(Mail { from: STRANGER, id: "", more: "Auto-Submitted: no\r\n", ..first() }).await;
    assert_eq!(answered(&post).await.len(), 1, "a person is answered");
    post.house.close().await;
}

async fn nobody_is_answered_more_than_five_times_an_hour(db: &Db) {
    let post = Post::open(db, REPLY).await;
    for n in 1..=7_usize {
        post.comes(Mail { id: "", ..first() }).await;
        assert_eq!(answered(&post).await.len(), n.min(5), "after {n} mails");
    }
    post.comes(Mail { from: STRANGER, id: "", ..first() }).await;
    assert_eq!(answered(&post).await.len(), 6, "somebody else is");
    post.house.close().await;
}

async fn a_flood_joins_and_is_not_lost(db: &Db) {
    let post = Post::open(db, REPLY).await;
    let mut last = None;
    for _ in 0..20 {
        last = Some(post.comes(Mail { id: "", ..first() }).await.0);
    }
    let context = plain(post.company.admin);
    let filter = store::InteractionFilter::default();
    let opened = || async {
        post.app().interactions(&context, &filter, None, 500).await.expect("read").len()
    };
    assert_eq!(opened().await, 20, "each mail without a reference is a matter of its own");
    let last = last.expect("there were some").row;
    assert_eq!(answered(&post).await.len(), 5);
    // All at once, as floods are.
    for _ in 0..15 {
        post.hand(&Mail { id: "", ..first() }).await;
    }
    let said = eventually("the flood is taken in", || async {
        Some(post.said().await).filter(|said| said.len() == 35)
    });
    let said = said.await;
    assert_eq!(opened().await, 20, "a flood opens nothing");
    assert!(said[20..].iter().all(|message| message.row.interaction_id == last.id));
    let log = post.app().store().log_after(post.company.tenant, 0, 1_000).await.expect("read");
    let events =
        log.iter().flat_map(|row| app::ledger::payload::decode(&row.payload).expect("ours"));
    let suspected = events.filter(|recorded| {
        matches!(recorded.event, Event::MessageAdded { loop_suspected: true, .. })
    });
    assert_eq!(suspected.count(), 15, "the log tells of it");
    // The flood may be somebody else's, in the name of one who really writes now.
    post.resolve(last.id).await;
    let (anew, _) = post.comes(Mail { id: "", ..first() }).await;
    assert!(anew.row.status.is_open() && anew.row.id != last.id, "nobody is muted");
    assert_eq!(anew.row.conversation_id, last.conversation_id);
    let (joined, _) = post.comes(Mail { id: "", ..first() }).await;
    assert_eq!((joined.row.id, opened().await), (anew.row.id, 21), "and it opens no more");
    let view = post.app().interaction(&context, last.id).await.expect("it is there");
    assert!(!view.row.status.is_open(), "what ended stays so");
    assert_eq!(answered(&post).await.len(), 5, "nor is it answered by a machine");
    // Somebody else is still heard as ever.
    post.comes(Mail { from: STRANGER, id: "", ..first() }).await;
    assert_eq!(opened().await, 22);
    assert_ne!(STRANGER, CUSTOMER);
    post.house.close().await;
}
