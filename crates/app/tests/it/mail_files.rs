//! Files of mail: they come with a mail or are uploaded piece by piece, belong to one message, are
//! read by their tenant only, and are gone with their customer.

use crate::mail::{Mail, Post, first, on_both};
use crate::story::{Company, receiver};
use crate::support::{Db, plain, reason};
use app::attachments::Piece;
use app::context::Context;
use domain::id::{AttachmentId, InteractionId};
use domain::refusal::Reason;
use uuid::Uuid;

on_both! {
    files_come_with_a_mail
    files_are_uploaded_piece_by_piece
    a_file_is_for_one_message
    a_large_mail_is_taken_in
}

/// A mail with two files, one of them with a name that is a trap.
fn with_files(size: usize) -> (String, String) {
    let more = "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n".to_owned();
    let text = "x".repeat(size);
    let lines: Vec<&str> =
        text.as_bytes().chunks(70).map(|line| std::str::from_utf8(line).expect("ASCII")).collect();
    let body = format!(
        "--b\r\nContent-Type: text/plain\r\n\r\nSee the picture.\r\n\
         --b\r\nContent-Type: application/octet-stream\r\n\
         Content-Disposition: attachment; filename=\"../../lamp.png\"\r\n\
         Content-Transfer-Encoding: base64\r\n\r\niVBORw0KGgoAAAANSUhEUg==\r\n\
         --b\r\nContent-Type: text/plain\r\n\
         Content-Disposition: attachment; filename=long.txt\r\n\r\n{}\r\n--b--\r\n",
        lines.join("\r\n")
    );
    (more, body)
}

async fn read(post: &Post, context: &Context, id: AttachmentId) -> Vec<u8> {
    let (file, seal) = post.app().file(context, id).await.expect("it is there");
    let mut bytes = Vec::new();
    while i64::try_from(bytes.len()).expect("small") < file.row.size {
        let start = i64::try_from(bytes.len()).expect("small");
        let part = post.app().file_part(context.caller.tenant, &seal, id, start).await;
        bytes.extend(part.expect("the part opens"));
    }
    bytes
}

async fn files_come_with_a_mail(db: &Db) {
    let post = Post::open(db, "").await;
    let (more, body) = with_files(600_000);
    let (begun, said) = post.comes(Mail { more: &more, body: &body, ..first() }).await;
    assert_eq!(said.body.trim(), "See the picture.");
    let [picture, text] = said.attachments.as_slice() else { panic!("{:?}", said.attachments) };
    assert_eq!(picture.meta.name, "lamp.png", "the path is gone");
    assert_eq!(picture.meta.media_type, "image/png", "what its bytes show");
    assert_eq!(picture.meta.declared_type, "application/octet-stream");
    assert_eq!((text.meta.name.as_str(), picture.row.size), ("long.txt", 16));
    let context = plain(post.company.admin);
    assert!(read(&post, &context, picture.row.id).await.starts_with(b"\x89PNG"));
    let long = read(&post, &context, text.row.id).await;
    assert_eq!(long.iter().filter(|byte| **byte == b'x').count(), 600_000, "over several parts");

    let stranger = Company::found(post.app(), "Zeta", &receiver().await).await;
    let theirs = post.app().file(&plain(stranger.admin), picture.row.id).await;
    assert_eq!(reason(theirs), Reason::ResourceNotFound);
    post.resolve(begun.row.id).await;
    let erased = post.app().delete_customer(&context, begun.row.customer_id, 0).await;
    erased.expect("they are erased");
    let gone = post.app().file(&context, picture.row.id).await;
    assert_eq!(reason(gone), Reason::ResourceNotFound);
    // And what they wrote next is of somebody new.
    let reply = Mail { id: "", in_reply_to: "one@customer.example", ..first() };
    let (anew, _) = post.comes(reply).await;
    assert_ne!(anew.row.customer_id, begun.row.customer_id);
    post.house.close().await;
}

fn piece(to: InteractionId, id: AttachmentId, offset: i64, bytes: &[u8]) -> Piece<'_> {
    let (name, declared_type) = ("../plan.txt", "text/plain");
    Piece { interaction_id: to, id, name, declared_type, size: 150_000, offset, bytes }
}

async fn files_are_uploaded_piece_by_piece(db: &Db) {
    let post = Post::open(db, "").await;
    let (begun, _) = post.comes(first()).await;
    let (app, context) = (post.app(), plain(post.company.admin));
    let (to, id) = (begun.row.id, AttachmentId(Uuid::new_v4()));
    let bytes = vec![b'p'; 150_000];
    let early = app.upload(&context, piece(to, id, 100_000, &bytes[100_000..])).await;
    assert_eq!(reason(early), Reason::ResourceNotFound, "nothing was begun");
    for _ in 0..2 {
        let held = app.upload(&context, piece(to, id, 0, &bytes[..100_000])).await;
        assert_eq!(held.expect("it is here").row.received, 100_000);
    }
    let gap = app.upload(&context, piece(to, id, 120_000, &bytes[120_000..])).await;
    assert_eq!(reason(gap), Reason::AttachmentIncomplete);
    let soon = app.send_with_files(&context, to, "The plan.", false, vec![id]).await;
    assert_eq!(reason(soon), Reason::AttachmentIncomplete);
    let short = app.upload(&context, piece(to, id, 100_000, &bytes[..10])).await;
    assert_eq!(reason(short), Reason::ValidationFailed, "a piece is not that short");
    let beyond = app.upload(&context, piece(to, id, 100_000, &bytes[..100_000])).await;
    assert_eq!(reason(beyond), Reason::AttachmentIncomplete, "more than was told");
    let held = app.upload(&context, piece(to, id, 100_000, &bytes[100_000..])).await;
    assert_eq!(held.expect("it is whole").row.received, 150_000);
    assert_eq!(reason(app.file(&context, id).await), Reason::ResourceNotFound, "no message has it");
    let sent = app.send_with_files(&context, to, "The plan.", false, vec![id]).await;
    let sent = sent.expect("it is sent");
    assert_eq!(sent.attachments.len(), 1);
    assert_eq!(sent.attachments[0].meta.name, "plan.txt");
    assert_eq!(read(&post, &context, id).await, bytes);
    post.house.close().await;
}

async fn a_file_is_for_one_message(db: &Db) {
    let post = Post::open(db, "").await;
    let (begun, _) = post.comes(first()).await;
    let (other, _) = post.comes(Mail { from: crate::mail::STRANGER, id: "", ..first() }).await;
    let (app, context) = (post.app(), plain(post.company.admin));
    let whole = |to, id| Piece { size: 3, ..piece(to, id, 0, b"abc") };
    let id = AttachmentId(Uuid::new_v4());
    app.upload(&context, whole(begun.row.id, id)).await.expect("it is here");
    let send = |to: InteractionId, files: Vec<AttachmentId>| {
        let context = &context;
        async move { app.send_with_files(context, to, "x", false, files).await }
    };
    let theirs = send(other.row.id, vec![id]).await;
    assert_eq!(reason(theirs), Reason::ResourceNotFound, "another customer's");
    let twice = send(begun.row.id, vec![id, id]).await;
    assert_eq!(reason(twice), Reason::ValidationFailed);
    let unknown = send(begun.row.id, vec![AttachmentId(Uuid::new_v4())]).await;
    assert_eq!(reason(unknown), Reason::ResourceNotFound);
    send(begun.row.id, vec![id]).await.expect("it is sent");
    let again = send(begun.row.id, vec![id]).await;
    assert_eq!(reason(again), Reason::ResourceNotFound, "a message has it");
    let stranger = Company::found(app, "Zeta", &receiver().await).await;
    let theirs = app.upload(&plain(stranger.admin), whole(begun.row.id, id)).await;
    assert_eq!(reason(theirs), Reason::ResourceNotFound);
    post.house.close().await;
}

/// Larger than what comes with a claim of the inbox.
async fn a_large_mail_is_taken_in(db: &Db) {
    let post = Post::open(db, "").await;
    let (more, body) = with_files(3_000_000);
    let (_, said) = post.comes(Mail { more: &more, body: &body, ..first() }).await;
    assert_eq!(said.attachments.len(), 2);
    assert!(said.attachments[1].row.size > 3_000_000);
    post.house.close().await;
}
