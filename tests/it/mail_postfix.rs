//! Mail end to end through a real Postfix: customers write to a mailbox and read the answers in
//! theirs, what cannot be delivered comes back as Postfix reports it, files go both ways, and two
//! desks that answer by themselves do not answer each other for ever.

use crate::support::eventually;
use crate::support::fixture::Case;
use crate::support::mail::{self, Smtp, written};
use crate::support::postfix::{Customer, Desk, answer, messages, reached, relay, strict_relay};
use crate::support::process::{Server, Settings};
use omnichannel_sdk::v1::{self, DeliveryStatus as Status};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep};

both!(
    twenty_round_trips_are_one_conversation,
    answers_are_as_mail_programs_want_them,
    a_mailbox_that_does_not_exist_comes_back_and_is_not_written_to_again,
    a_relay_that_refuses_at_once_is_believed,
    a_relay_that_is_away_is_tried_again,
    files_go_both_ways,
    two_desks_that_answer_by_themselves_stop,
    what_was_acknowledged_survives_a_kill,
);

/// Round trips of one customer; several customers at the same time.
const ROUNDS: usize = 4;
const CUSTOMERS: usize = 5;

/// How often a server is killed, and how long after that mail may wait to be taken in.
const ROUNDS_KILLED: usize = 2;
const LEASE_AND_MORE: Duration = Duration::from_secs(45);

async fn twenty_round_trips_are_one_conversation(case: Case) {
    let desk = Desk::open(&case, relay()).await;
    let mut customers: Vec<Customer> = (0..CUSTOMERS).map(|_| Customer::new()).collect();
    for (number, customer) in customers.iter().enumerate() {
        customer.writes(&desk.address, &format!("Parcel {number}"), "", "Where is it?").await;
    }
    let look = || async {
        let found = desk.interactions(&case).await;
        (found.len() == CUSTOMERS).then_some(found)
    };
    let interactions = eventually("an interaction for each customer", look).await;
    for interaction in &interactions {
        let number: usize = interaction.subject.strip_prefix("Parcel ").unwrap().parse().unwrap();
        let customer = &mut customers[number];
        for round in 0..ROUNDS {
            answer(&case, &interaction.id, &format!("Answer {round} to {number}")).await;
            let letter = customer.receives().await;
            assert_eq!(letter.text(), format!("Answer {round} to {number}"));
            customer.replies(&letter, &format!("Question {round} of {number}")).await;
            let all = messages(&case, &interaction.conversation_id, 2 * round + 3).await;
            let last = all.last().unwrap();
            assert_eq!(last.body.trim(), format!("Question {round} of {number}"));
            assert_eq!(last.interaction_id, interaction.id);
        }
        assert!(customer.unread().is_empty(), "nothing came twice");
    }
    assert_eq!(desk.interactions(&case).await.len(), CUSTOMERS, "no reply began anything");
}

async fn answers_are_as_mail_programs_want_them(case: Case) {
    let desk = Desk::open(&case, relay()).await;
    let mut customer = Customer::new();
    let id = format!("{}@mail.customers.test", uuid::Uuid::now_v7());
    let fields = format!("Message-ID: <{id}>");
    customer.writes(&desk.address, "Grüße aus Köln", &fields, "Guten Tag, größter Händler!").await;
    let interaction = desk.interaction(&case).await;
    assert_eq!(interaction.subject, "Grüße aus Köln");
    let first = messages(&case, &interaction.conversation_id, 1).await.remove(0);
    assert_eq!(first.body.trim(), "Guten Tag, größter Händler!");
    let sent = answer(&case, &interaction.id, "Schöne Grüße zurück.\n.\nEin Punkt allein.").await;
    let letter = customer.receives().await;
    assert_eq!(letter.text().replace("\r\n", "\n"), "Schöne Grüße zurück.\n.\nEin Punkt allein.");
    assert_eq!(letter.subject(), "Re: Grüße aus Köln");
    assert_eq!(letter.field("In-Reply-To"), format!("<{id}>"));
    assert!(letter.field("References").contains(&id));
    assert!(letter.field("From").contains(&desk.address), "{}", letter.field("From"));
    assert!(letter.field("To").contains(&customer.address));
    let own = letter.field("Message-ID");
    assert!(own.contains(&sent.id.replace('-', "")), "{own}");
    let (local, domain) = desk.address.split_once('@').unwrap();
    let reply_to = letter.field("Reply-To");
    assert!(reply_to.contains(&format!("{local}+")) && reply_to.contains(domain), "{reply_to}");
    assert!(["", "no"].contains(&letter.field("Auto-Submitted").as_str()), "a person wrote it");
    assert!(!letter.field("Date").is_empty());
    assert!(letter.raw().lines().all(|line| line.len() <= 998));
    let now = reached(&case, &sent.id, Status::Sent).await;
    assert_eq!(now.failure_reason, "");
    // A reply that lost the tag is found by the ids it refers to; one with neither is new.
    let fields = format!("In-Reply-To: {own}");
    customer.writes(&desk.address, "Re: Grüße aus Köln", &fields, "By its ids").await;
    let all = messages(&case, &interaction.conversation_id, 3).await;
    assert_eq!(all[2].body.trim(), "By its ids");
    customer.writes(&desk.address, "Re: Grüße aus Köln", "", "By its subject only").await;
    let look = || async { (desk.interactions(&case).await.len() == 2).then_some(()) };
    eventually("a new conversation", look).await;
    // Somebody else who has the token is not let into the conversation.
    let stranger = Customer::new();
    stranger.replies(&letter, "Let me in").await;
    let look = || async { (desk.interactions(&case).await.len() == 3).then_some(()) };
    eventually("a conversation of the stranger's own", look).await;
    assert_eq!(messages(&case, &interaction.conversation_id, 3).await.len(), 3);
}

/// An interaction of somebody whose mailbox is not there any more when the answer comes.
async fn gone(case: &Case, desk: &Desk, address: &str) -> v1::Interaction {
    let text = written(address, &desk.address, "I am leaving", "", "Do write back.");
    mail::send(case.server.smtp_port(), address, &desk.address, &text).await;
    desk.interaction(case).await
}

fn nowhere() -> String {
    format!("gone-{}@customers.test", uuid::Uuid::now_v7().simple())
}

async fn contact(case: &Case, customer_id: &str) -> v1::ContactPoint {
    let get = v1::GetCustomerRequest { customer_id: customer_id.to_owned() };
    let found = ok!(case.admin.customers().get_customer(get)).customer.unwrap();
    found.contact_points.into_iter().next().expect("it wrote from one")
}

async fn a_mailbox_that_does_not_exist_comes_back_and_is_not_written_to_again(case: Case) {
    let desk = Desk::open(&case, relay()).await;
    let address = nowhere();
    let interaction = gone(&case, &desk, &address).await;
    let sent = answer(&case, &interaction.id, "Are you there?").await;
    let now = reached(&case, &sent.id, Status::Undelivered).await;
    assert!(!now.failure_reason.is_empty());
    let look = || async {
        let found = contact(&case, &interaction.customer_id).await;
        found.suppression.is_some().then_some(found)
    };
    let found = eventually("the address is not written to again", look).await;
    let suppression = found.suppression.as_ref().unwrap();
    assert_eq!(suppression.reason(), v1::SuppressionReason::HardBounce);
    assert_eq!(desk.interactions(&case).await.len(), 1, "a report opens nothing");
    let again = v1::SendMessageRequest {
        interaction_id: interaction.id.clone(),
        body: "Hello?".into(),
        ..Default::default()
    };
    refused!(case.admin.interactions().send_message(again.clone()), ContactSuppressed);
    let lift = v1::LiftSuppressionRequest {
        customer_id: interaction.customer_id.clone(),
        contact_point_id: found.id.clone(),
        ..Default::default()
    };
    let lifted = ok!(case.admin.customers().lift_suppression(lift)).customer.unwrap();
    assert!(lifted.contact_points[0].suppression.is_none());
    ok!(case.admin.interactions().send_message(again));
}

async fn a_relay_that_refuses_at_once_is_believed(case: Case) {
    let desk = Desk::open(&case, strict_relay()).await;
    let interaction = gone(&case, &desk, &nowhere()).await;
    let sent = answer(&case, &interaction.id, "Are you there?").await;
    let look = || async {
        let request = v1::GetMessageStatusRequest { message_id: sent.id.clone() };
        let now = ok!(case.admin.channels().get_message_status(request));
        matches!(now.status(), Status::Failed | Status::Undelivered).then_some(now)
    };
    let now = eventually("the refusal", look).await;
    assert!(!now.failure_reason.is_empty());
    assert_eq!(now.attempts, 1, "no for good is not asked again");
    let log = case.server.log_from(0);
    assert!(!log.contains("User unknown"), "the words of the relay are nobody's");
}

async fn a_relay_that_is_away_is_tried_again(case: Case) {
    // Nobody listens there yet.
    let desk = Desk::open(&case, 9).await;
    let mut customer = Customer::new();
    customer.writes(&desk.address, "Hello", "", "Anybody?").await;
    let interaction = desk.interaction(&case).await;
    let sent = answer(&case, &interaction.id, "Yes, in a moment").await;
    let look = || async {
        let request = v1::GetMessageStatusRequest { message_id: sent.id.clone() };
        let now = ok!(case.admin.channels().get_message_status(request));
        (now.attempts > 0).then_some(now)
    };
    eventually("a first attempt", look).await;
    let mut account = desk.account.clone();
    let Some(v1::channel_account::Config::Email(email)) = &mut account.config else {
        panic!("a mail account has settings")
    };
    email.relay.as_mut().expect("it has one").port = relay().into();
    let update = v1::UpdateChannelAccountRequest {
        channel_account: Some(account),
        update_mask: crate::support::mask(&["email"]),
        ..Default::default()
    };
    ok!(case.admin.channels().update_channel_account(update));
    assert_eq!(customer.receives().await.text(), "Yes, in a moment");
    reached(&case, &sent.id, Status::Sent).await;
}

/// Bytes that no encoding leaves as they are.
fn picture() -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\r\n.\r\n".to_vec();
    bytes.extend((0..300_000_u32).map(|n| u8::try_from(n * 31 % 251).expect("a byte")));
    bytes
}

async fn files_go_both_ways(case: Case) {
    use base64::Engine as _;
    let desk = Desk::open(&case, relay()).await;
    let mut customer = Customer::new();
    let coded = base64::engine::general_purpose::STANDARD.encode(picture());
    let lines: Vec<&str> =
        coded.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).expect("text")).collect();
    let body = format!(
        "--edge\nContent-Type: text/plain; charset=utf-8\n\nSee the picture.\n\
         --edge\nContent-Type: image/png\nContent-Transfer-Encoding: base64\n\
         Content-Disposition: attachment; filename*=utf-8''..%2F%C3%BCber.png\n\n{}\n--edge--\n",
        lines.join("\n")
    );
    let fields = "Content-Type: multipart/mixed; boundary=edge";
    customer.writes(&desk.address, "A picture", fields, &body).await;
    let interaction = desk.interaction(&case).await;
    let first = messages(&case, &interaction.conversation_id, 1).await.remove(0);
    assert_eq!(first.body.trim(), "See the picture.");
    let [file] = &first.attachments[..] else { panic!("one file: {:?}", first.attachments) };
    assert_eq!((file.name.as_str(), file.media_type.as_str()), ("über.png", "image/png"));
    assert_eq!(download(&case, &file.id).await, picture());
    let attachment_id = upload(&case, &interaction.id, "antwort ü.png", &picture()).await;
    let request = v1::SendMessageRequest {
        interaction_id: interaction.id.clone(),
        body: "And one back.".into(),
        attachment_ids: vec![attachment_id],
        ..Default::default()
    };
    ok!(case.admin.interactions().send_message(request));
    let letter = customer.receives().await;
    assert_eq!(letter.text(), "And one back.");
    let files = letter.files();
    assert_eq!(files.len(), 1);
    assert_eq!((files[0].0.as_str(), &files[0].2), ("antwort ü.png", &picture()));
}

async fn download(case: &Case, attachment_id: &str) -> Vec<u8> {
    let request = v1::DownloadAttachmentRequest { attachment_id: attachment_id.to_owned() };
    let mut pieces = ok!(case.admin.interactions().download_attachment(request));
    let mut bytes = Vec::new();
    while let Some(piece) = pieces.message().await.expect("it goes well") {
        bytes.extend(piece.data);
    }
    bytes
}

async fn upload(case: &Case, interaction_id: &str, name: &str, bytes: &[u8]) -> String {
    let attachment_id = uuid::Uuid::now_v7().to_string();
    let mut offset = 0;
    for piece in bytes.chunks(128 << 10) {
        let request = v1::UploadAttachmentRequest {
            interaction_id: interaction_id.to_owned(),
            attachment_id: attachment_id.clone(),
            name: name.to_owned(),
            declared_type: "image/png".into(),
            size: i64::try_from(bytes.len()).unwrap(),
            offset,
            data: piece.to_vec(),
        };
        offset = ok!(case.admin.interactions().upload_attachment(request)).received;
    }
    assert_eq!(offset, i64::try_from(bytes.len()).unwrap());
    attachment_id
}

/// A tenant on a server of its own.
async fn elsewhere(case: &Case) -> Case {
    let server = Server::start(case.server.database, Settings::default()).await;
    Case::new(Arc::new(server)).await
}

async fn two_desks_that_answer_by_themselves_stop(case: Case) {
    let one = Desk::answering(&case, relay(), "We have your mail.").await;
    // Another installation: it does not know the mailboxes of the first.
    let other = elsewhere(&case).await;
    let two = Desk::answering(&other, relay(), "Thank you for writing.").await;
    // A mail that says it is of the other desk, as if a person there had written it.
    let text = written(&two.address, &one.address, "Hello", "", "Do you answer by yourself?");
    mail::send(relay(), &two.address, &one.address, &text).await;
    let interaction = one.interaction(&case).await;
    let answered = messages(&case, &interaction.conversation_id, 2).await;
    assert_eq!(answered[1].body, "We have your mail.");
    reached(&case, &answered[1].id, Status::Sent).await;
    // It arrives at the other desk, which must not answer it.
    let arrived = two.interaction(&other).await;
    let heard = messages(&other, &arrived.conversation_id, 1).await;
    assert_eq!(heard[0].body.trim(), "We have your mail.");
    // A customer's mail after it is answered: so the answer to a machine would have come before.
    let mut customer = Customer::new();
    customer.writes(&two.address, "A person", "", "Hello?").await;
    let auto = customer.receives().await;
    assert_eq!(auto.text(), "Thank you for writing.");
    assert_eq!(auto.field("Auto-Submitted"), "auto-replied");
    assert_eq!(auto.field("X-Auto-Response-Suppress"), "All");
    assert!(
        ["<>", ""].contains(&auto.field("Return-Path").as_str())
            || auto.field("Return-Path").contains('+'),
        "null sender, or one that names the message"
    );
    assert_eq!(messages(&other, &arrived.conversation_id, 1).await.len(), 1);
    assert_eq!(messages(&case, &interaction.conversation_id, 2).await.len(), 2);
}

async fn what_was_acknowledged_survives_a_kill(case: Case) {
    // It is killed, so it is nobody else's.
    let case = elsewhere(&case).await;
    let desk = Desk::open(&case, relay()).await;
    for round in 0..ROUNDS_KILLED {
        let from = format!("ada{round}@customers.test");
        let text = written(&from, &desk.address, &format!("Round {round}"), "", "Is it safe?");
        let mut session = Smtp::open(case.server.smtp_port()).await;
        let said = session.sends(&from, &desk.address, &text).await;
        // At once: what the worker had not taken up by now, it takes up after the start.
        case.server.kill();
        assert!(said.starts_with("250 2.6.0"), "{said}");
        case.server.start_again().await;
        // The peer lost the answer, as far as it knows, and sends again.
        let mut session = Smtp::open(case.server.smtp_port()).await;
        let said = session.sends(&from, &desk.address, &text).await;
        assert!(said.starts_with("250"), "{said}");
        // What the worker had in hand is its own until its lease ends.
        let until = Instant::now() + LEASE_AND_MORE;
        let found = loop {
            let found = desk.interactions(&case).await;
            if found.len() == round + 1 {
                break found;
            }
            assert!(Instant::now() < until, "the mail was not taken in: round {round}");
            sleep(Duration::from_millis(100)).await;
        };
        let last = found.last().unwrap();
        assert_eq!(last.subject, format!("Round {round}"));
        assert_eq!(messages(&case, &last.conversation_id, 1).await.len(), 1, "once");
    }
}
