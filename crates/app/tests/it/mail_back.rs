//! What comes back: reports about our mail move its status, suppress an address where they must,
//! and open nothing.

use crate::mail::{CUSTOMER, Mail, Post, STRANGER, first, on_both};
use crate::support::{Db, eventually, plain, reason};
use channels::email::thread::Token;
use domain::customer::{ContactPoint, SuppressionReason};
use domain::id::{CustomerId, MessageId};
use domain::message::DeliveryStatus;
use domain::refusal::Reason;

on_both! {
    a_hard_bounce_suppresses_and_can_be_lifted
    soft_bounces_suppress_after_five
    blocked_and_late_mail_suppress_nobody
    a_complaint_suppresses
    a_report_without_a_token_suppresses_nobody
    what_hangs_on_a_mail_is_no_report
    a_report_that_matches_nothing_is_passed_over
}

/// A report as mail servers write it.
fn report(status: &str, action: &str, original: &str) -> (String, String) {
    let more = "MIME-Version: 1.0\r\nAuto-Submitted: auto-replied\r\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n";
    let body = format!(
        "--b\r\nContent-Type: text/plain\r\n\r\nI am sorry.\r\n\
         --b\r\nContent-Type: message/delivery-status\r\n\r\n\
         Reporting-MTA: dns; mx.customer.example\r\n\r\n\
         Final-Recipient: rfc822; {CUSTOMER}\r\nAction: {action}\r\nStatus: {status}\r\n\
         Diagnostic-Code: smtp; 550 {status} no\r\n\r\n\
         --b\r\nContent-Type: text/rfc822-headers\r\n\r\n\
         Message-ID: <{original}>\r\nFrom: <help@acme.example>\r\nTo: <{CUSTOMER}>\r\n\
         Subject: Re: Broken lamp\r\n\r\n--b--\r\n"
    );
    (more.to_owned(), body)
}

fn complaint(original: &str, back: &str) -> (String, String) {
    let more = "MIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=feedback-report; boundary=b\r\n";
    let body = format!(
        "--b\r\nContent-Type: text/plain\r\n\r\nAbuse.\r\n\
         --b\r\nContent-Type: message/feedback-report\r\n\r\n\
         Feedback-Type: abuse\r\nUser-Agent: x/1\r\nVersion: 1\r\n\
         Original-Rcpt-To: <redacted@customer.example>\r\n\r\n\
         --b\r\nContent-Type: message/rfc822\r\n\r\n\
         Return-Path: <{back}>\r\nMessage-ID: <{original}>\r\n\
         From: <help@acme.example>\r\nSubject: x\r\n\r\nx\r\n--b--\r\n"
    );
    (more.to_owned(), body)
}

fn back<'a>((more, body): &'a (String, String)) -> Mail<'a> {
    let from = "MAILER-DAEMON@mx.customer.example";
    Mail { from, subject: "Undelivered", more, body, null_sender: true, ..Mail::default() }
}

async fn status(post: &Post, id: MessageId) -> (DeliveryStatus, String) {
    let context = plain(post.company.admin);
    let (view, _) = post.app().message(&context, id).await.expect("it is there");
    (view.row.status, view.row.failure)
}

async fn point(post: &Post, customer: CustomerId) -> ContactPoint {
    let context = plain(post.company.admin);
    let view = post.app().customer(&context, customer).await.expect("they are there");
    view.contact_points[0].0.clone()
}

async fn reaches(post: &Post, id: MessageId, wanted: DeliveryStatus) -> String {
    eventually("the report is taken in", || async {
        let (status, why) = status(post, id).await;
        (status == wanted).then_some(why)
    })
    .await
}

async fn a_hard_bounce_suppresses_and_can_be_lifted(db: &Db) {
    let post = Post::open(db, "").await;
    let (begun, _) = post.comes(first()).await;
    let (sent, ours) = post.answers(begun.row.id, "Is it plugged in?").await;
    let raw = report("5.1.1", "failed", &ours);
    let to = post.token(Token::Bounce(sent.row.id.0)).await;
    post.hand(&Mail { to: Some(&to), ..back(&raw) }).await;
    let why = reaches(&post, sent.row.id, DeliveryStatus::Undelivered).await;
    assert_eq!(why, "BOUNCE_HARD 5.1.1");
    let held = point(&post, begun.row.customer_id).await;
    assert_eq!(held.suppression.map(|held| held.reason), Some(SuppressionReason::HardBounce));
    assert_eq!(post.said().await.len(), 1, "a report opens nothing");

    let (app, context) = (post.app(), plain(post.company.admin));
    let refused = app.send_message(&context, begun.row.id, "Again?", false).await;
    assert_eq!(reason(refused), Reason::ContactSuppressed);
    app.send_message(&context, begun.row.id, "They cannot be reached.", true)
        .await
        .expect("a note goes nowhere");
    let lifted = app.lift_suppression(&context, begun.row.customer_id, held.id).await;
    assert!(lifted.expect("it is lifted").contact_points[0].0.suppression.is_none());
    app.send_message(&context, begun.row.id, "Again?", false).await.expect("it may be sent");

    // By the token of the envelope sender, when the report names no message.
    let (sent, _) = post.answers(begun.row.id, "And now?").await;
    let to = post.token(Token::Bounce(sent.row.id.0)).await;
    let raw = report("5.1.1", "failed", "nothing@known.example");
    post.hand(&Mail { to: Some(&to), ..back(&raw) }).await;
    reaches(&post, sent.row.id, DeliveryStatus::Undelivered).await;
    post.house.close().await;
}

async fn soft_bounces_suppress_after_five(db: &Db) {
    let post = Post::open(db, "").await;
    let (begun, _) = post.comes(first()).await;
    for n in 1..=5 {
        assert!(point(&post, begun.row.customer_id).await.suppression.is_none(), "before {n}");
        let (sent, ours) = post.answers(begun.row.id, "Hello?").await;
        let raw = report("5.2.2", "failed", &ours);
        let to = post.token(Token::Bounce(sent.row.id.0)).await;
        post.hand(&Mail { to: Some(&to), ..back(&raw) }).await;
        let why = reaches(&post, sent.row.id, DeliveryStatus::Undelivered).await;
        assert_eq!(why, "BOUNCE_SOFT 5.2.2");
    }
    let held = point(&post, begun.row.customer_id).await.suppression;
    assert_eq!(held.map(|held| held.reason), Some(SuppressionReason::SoftBounces));
    post.house.close().await;
}

async fn blocked_and_late_mail_suppress_nobody(db: &Db) {
    let post = Post::open(db, "").await;
    let (begun, _) = post.comes(first()).await;
    let (sent, ours) = post.answers(begun.row.id, "Hello?").await;
    let late = report("4.4.1", "delayed", &ours);
    post.hand(&back(&late)).await;
    let blocked = report("5.7.1", "failed", &ours);
    post.hand(&back(&blocked)).await;
    let why = reaches(&post, sent.row.id, DeliveryStatus::Undelivered).await;
    assert_eq!(why, "BOUNCE_BLOCKED 5.7.1");
    assert!(point(&post, begun.row.customer_id).await.suppression.is_none());
    // Somebody is away: that is a mail, and no report.
    let more = "Auto-Submitted: auto-replied\r\n";
    let away = Mail { id: "", in_reply_to: &ours, more, body: "I am away.", ..first() };
    let (joined, _) = post.comes(away).await;
    assert_eq!(joined.row.id, begun.row.id);
    assert!(point(&post, begun.row.customer_id).await.suppression.is_none());
    post.house.close().await;
}

async fn a_complaint_suppresses(db: &Db) {
    let post = Post::open(db, "").await;
    let (begun, _) = post.comes(first()).await;
    let (sent, ours) = post.answers(begun.row.id, "Buy more lamps!").await;
    let returned = post.token(Token::Bounce(sent.row.id.0)).await;
    let raw = complaint(&ours, &returned);
    post.hand(&back(&raw)).await;
    let held = eventually("the complaint is taken in", || async {
        point(&post, begun.row.customer_id).await.suppression
    });
    assert_eq!(held.await.reason, SuppressionReason::Complaint);
    post.house.close().await;
}

/// Whoever is in Cc has the id of a message, and can write the rest.
async fn a_report_without_a_token_suppresses_nobody(db: &Db) {
    let post = Post::open(db, "").await;
    let (begun, _) = post.comes(first()).await;
    let (sent, ours) = post.answers(begun.row.id, "Is it plugged in?").await;
    let other = report("5.1.1", "failed", &ours);
    let other = (other.0, other.1.replace(CUSTOMER, STRANGER));
    post.hand(&back(&other)).await;
    let raw = complaint(&ours, &post.mailbox);
    post.hand(&back(&raw)).await;
    let away = Mail { id: "", in_reply_to: &ours, body: "It is.", ..first() };
    post.comes(away.clone()).await;
    assert_eq!(status(&post, sent.row.id).await.0, DeliveryStatus::Queued, "of others");
    let raw = report("5.1.1", "failed", &ours);
    post.hand(&back(&raw)).await;
    reaches(&post, sent.row.id, DeliveryStatus::Undelivered).await;
    assert!(point(&post, begun.row.customer_id).await.suppression.is_none());
    // With the token, but about an address that the mail was forwarded to.
    let (sent, ours) = post.answers(begun.row.id, "Are you there?").await;
    let to = post.token(Token::Bounce(sent.row.id.0)).await;
    let other = report("5.1.1", "failed", &ours);
    let other = (other.0, other.1.replace(CUSTOMER, STRANGER));
    post.hand(&Mail { to: Some(&to), ..back(&other) }).await;
    reaches(&post, sent.row.id, DeliveryStatus::Undelivered).await;
    assert!(point(&post, begun.row.customer_id).await.suppression.is_none());
    post.house.close().await;
}

async fn what_hangs_on_a_mail_is_no_report(db: &Db) {
    let post = Post::open(db, "").await;
    let (begun, _) = post.comes(first()).await;
    let (sent, ours) = post.answers(begun.row.id, "Is it plugged in?").await;
    let (more, body) = report("5.1.1", "failed", &ours);
    let more = more.replace("report; report-type=delivery-status", "mixed");
    let more = more.replace("auto-replied", "no");
    let (_, said) = post.comes(Mail { id: "", more: &more, body: &body, ..first() }).await;
    assert!(said.body.contains("I am sorry.") && said.row.attachments > 0, "{}", said.body);
    assert_eq!(status(&post, sent.row.id).await.0, DeliveryStatus::Queued);
    post.house.close().await;
}

async fn a_report_that_matches_nothing_is_passed_over(db: &Db) {
    let post = Post::open(db, "").await;
    let (begun, said) = post.comes(first()).await;
    let (sent, ours) = post.answers(begun.row.id, "Is it plugged in?").await;
    // What came in has an id of ours as well, and never left.
    let (_, conversation) = ours.split_once('.').expect("our form");
    let wrong = format!("{}.{conversation}", said.row.id.0.simple());
    for original in ["unknown@acme.example", "one@customer.example", wrong.as_str()] {
        let raw = report("5.1.1", "failed", original);
        post.hand(&back(&raw)).await;
    }
    let more = "Auto-Submitted: no\r\n";
    post.comes(Mail { from: STRANGER, id: "", more, ..first() }).await;
    assert_eq!(post.said().await.len(), 2, "reports open nothing");
    assert_eq!(status(&post, sent.row.id).await, (DeliveryStatus::Queued, String::new()));
    assert!(point(&post, begun.row.customer_id).await.suppression.is_none());
    post.house.close().await;
}
