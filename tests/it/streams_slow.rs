//! Readers who do not read. The server keeps a bounded backlog for each, waits a little, and says
//! goodbye, with a place to go on from; what it had not sent by then is there after that.

use crate::support::fixture::Case;
use crate::support::frames::{self, Frames};
use crate::support::{eventually, soon};
use futures::{StreamExt, stream};
use omnichannel_sdk::v1::{self, Resumption};
use v1::interaction_event::Change;
use v1::interaction_frame::Frame;

both!(whoever_does_not_read_is_told_goodbye_and_misses_nothing);

/// Notes, and how long each is: more than a reader's window, which is the SDK's, and the server's
/// backlog for a reader hold together.
const NOTES: usize = 480;
const LENGTH: usize = 15_000;
/// Notes written at once.
const TOGETHER: usize = 16;

fn note(interaction_id: &str, number: usize) -> v1::SendMessageRequest {
    v1::SendMessageRequest {
        interaction_id: interaction_id.to_owned(),
        body: format!("{number} {}", "x".repeat(LENGTH)),
        kind: v1::SendKind::InternalNote.into(),
        ..Default::default()
    }
}

fn watching(interaction_id: &str, resume_token: &str) -> v1::WatchInteractionRequest {
    v1::WatchInteractionRequest {
        interaction_id: interaction_id.to_owned(),
        resume_token: resume_token.to_owned(),
    }
}

/// The number of a note; none for anything else.
fn number(frame: &v1::InteractionFrame) -> Option<usize> {
    match &frame.frame {
        Some(Frame::Event(v1::InteractionEvent {
            change: Some(Change::Message(message)), ..
        })) => message.body.split(' ').next()?.parse().ok(),
        _ => None,
    }
}

async fn hello(frames: &mut Frames<v1::InteractionFrame>) -> v1::Hello {
    let Some(Frame::Hello(hello)) = frames.next().await.frame else { panic!("hello is first") };
    hello
}

/// Notes in the order in which they come, up to the goodbye; that, and the last token.
async fn read_out(frames: &mut Frames<v1::InteractionFrame>) -> (Vec<usize>, v1::Goodbye, String) {
    let mut read = Vec::new();
    let mut token = String::new();
    let bye = frames
        .until("a goodbye", |frame| {
            read.extend(number(&frame));
            token.clone_from(&frame.resume_token);
            match frame.frame {
                Some(Frame::Goodbye(bye)) => Some(bye),
                _ => None,
            }
        })
        .await;
    (read, bye, token)
}

async fn whoever_does_not_read_is_told_goodbye_and_misses_nothing(case: Case) {
    let made = case.open(&case.plain_queue().await).await;
    let opened = frames::interaction(&case.admin, watching(&made.id, "")).await;
    let mut frames = opened.expect("it opens");
    let stream_id = hello(&mut frames).await.stream_id;
    frames
        .until("the end of the snapshot", |frame| {
            matches!(frame.frame, Some(Frame::SnapshotEnd(_))).then_some(())
        })
        .await;

    // From here on nobody reads.
    let written = (0..NOTES).map(|number| {
        let (client, note) = (case.admin.clone(), note(&made.id, number));
        async move { drop(ok!(client.interactions().send_message(note))) }
    });
    let written = stream::iter(written).buffer_unordered(TOGETHER);
    soon("all notes", written.for_each(|()| async {})).await;
    eventually("the end of the stream", || async {
        let list = v1::ListStreamsRequest { page_size: 500, ..Default::default() };
        let streams = ok!(case.admin.admin().list_streams(list)).streams;
        (!streams.iter().any(|open| open.id == stream_id)).then_some(())
    })
    .await;

    let (mut read, bye, token) = read_out(&mut frames).await;
    assert_eq!(bye.reason(), v1::GoodbyeReason::SlowConsumer, "{bye:?}");
    assert_eq!(bye.action(), v1::GoodbyeAction::Resume);
    let before = read.len();
    assert!(before > 0 && before < NOTES, "{before} notes waited, the rest was held back");
    let opened = frames::interaction(&case.admin, watching(&made.id, &token)).await;
    let mut frames = opened.expect("it resumes");
    assert_eq!(hello(&mut frames).await.resumption(), Resumption::Resumed);
    while read.len() < NOTES {
        let next = frames.until("a note", |frame| number(&frame)).await;
        read.push(next);
    }
    read.sort_unstable();
    assert_eq!(read, (0..NOTES).collect::<Vec<_>>(), "each once, none missing");
}
