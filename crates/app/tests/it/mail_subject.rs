//! The subject as the last hint: it leads only where the account wants that, only mail that names
//! nothing else, only the sender's own conversations, and only those that are not long over.

use crate::mail::{CUSTOMER, Mail, Post, STRANGER, first, nowhere, on_both};
use crate::support::{Db, plain};
use domain::channel::ChannelAccount;
use domain::id::ConversationId;
use domain::time::Span;
use std::sync::Arc;

on_both! {
    a_subject_leads_nowhere_by_default
    a_subject_leads_to_what_its_sender_wrote_before
    a_subject_leads_to_nothing_that_is_long_over
}

const DAYS: u16 = 7;

/// A mail that names no other.
fn anew<'a>(from: &'a str, subject: &'a str) -> Mail<'a> {
    Mail { from, subject, id: "", ..first() }
}

impl Post {
    async fn goes(&self, mail: Mail<'_>) -> ConversationId {
        self.comes(mail).await.0.row.conversation_id
    }

    async fn looks_at_subjects(&self) {
        let patch = Arc::new(|account: &mut ChannelAccount| {
            let mail = account.mail.as_mut().expect("a mailbox");
            (mail.subject_days, mail.relay) = (DAYS, Some(nowhere()));
        });
        let context = plain(self.company.admin);
        let done = self.app().update_account(&context, self.account, 0, patch, None).await;
        done.expect("it is changed");
    }
}

async fn a_subject_leads_nowhere_by_default(db: &Db) {
    let post = Post::open(db, "").await;
    let begun = post.goes(anew(CUSTOMER, "Broken lamp")).await;
    assert_ne!(post.goes(anew(CUSTOMER, "Re: Broken lamp")).await, begun);
    post.house.close().await;
}

async fn a_subject_leads_to_what_its_sender_wrote_before(db: &Db) {
    let post = Post::open(db, "").await;
    post.looks_at_subjects().await;
    let begun = post.goes(anew(CUSTOMER, "Broken lamp")).await;
    let other = post.goes(anew(CUSTOMER, "Two more lamps, please")).await;
    assert_ne!(other, begun);
    assert_eq!(post.goes(anew(CUSTOMER, "AW: Re:  broken LAMP")).await, begun);
    assert_eq!(post.goes(anew(CUSTOMER, "Fwd: Two more lamps, please")).await, other);
    // Somebody else with the same words, and words that say too little.
    assert_ne!(post.goes(anew(STRANGER, "Re: Broken lamp")).await, begun);
    let short = post.goes(anew(CUSTOMER, "Invoice")).await;
    assert_ne!(post.goes(anew(CUSTOMER, "Re: Invoice")).await, short);
    // Whoever names a mail means that one, known or not.
    let named = Mail { in_reply_to: "unknown@elsewhere.example", ..anew(CUSTOMER, "Broken lamp") };
    assert_ne!(post.goes(named).await, begun);
    post.house.close().await;
}

async fn a_subject_leads_to_nothing_that_is_long_over(db: &Db) {
    let post = Post::open(db, "").await;
    post.looks_at_subjects().await;
    let (begun, _) = post.comes(anew(CUSTOMER, "Broken lamp")).await;
    post.resolve(begun.row.id).await;
    let ledger = post.app().ledger();
    ledger.shift_clock(Span::from_secs(i64::from(DAYS) * 24 * 3600 - 3600));
    let (again, _) = post.comes(anew(CUSTOMER, "Re: Broken lamp")).await;
    assert_eq!(again.row.conversation_id, begun.row.conversation_id, "within the days");
    assert_ne!(again.row.id, begun.row.id, "what is over stays over");
    post.resolve(again.row.id).await;
    ledger.shift_clock(Span::from_secs((i64::from(DAYS) + 1) * 24 * 3600));
    assert_ne!(post.goes(anew(CUSTOMER, "Re: Broken lamp")).await, begun.row.conversation_id);
    post.house.close().await;
}
