//! Mail as callers see it: the settings of a mailbox, answers that leave through a relay with their
//! files, what a relay's no does to an address, and how that is lifted.

use crate::support::fixture::{Case, Tenant};
use crate::support::mail::Smtp;
use crate::support::relay::Relay;
use crate::support::{eventually, mask, nobody, unique};
use omnichannel_sdk::{AgentChange, v1};
use v1::channel_account::Config;
use v1::{ChannelKind, DeliveryStatus, Direction, RelaySecurity};

both!(
    a_mailbox_shows_no_password,
    an_answer_leaves_with_its_file,
    an_erased_customers_files_are_deleted,
    a_relays_no_suppresses_until_it_is_lifted,
    a_relays_not_yet_is_told_with_its_code,
    an_offer_shows_what_the_customer_said,
    mails_without_an_id_are_all_kept,
);

pub(crate) fn wanted(address: &str, relay: &Relay) -> v1::ChannelAccount {
    let relay = v1::MailRelay {
        host: "127.0.0.1".into(),
        port: relay.port.into(),
        security: RelaySecurity::None.into(),
        ..Default::default()
    };
    let email = v1::EmailConfig {
        address: address.to_owned(),
        display_name: "Acme".into(),
        relay: Some(relay),
        ..Default::default()
    };
    v1::ChannelAccount {
        kind: ChannelKind::Email.into(),
        name: unique("mailbox"),
        config: Some(Config::Email(email)),
        ..Default::default()
    }
}

pub(crate) fn email(account: &v1::ChannelAccount) -> v1::EmailConfig {
    match &account.config {
        Some(Config::Email(email)) => email.clone(),
        _ => panic!("a mailbox has settings"),
    }
}

/// An address that no other test has.
pub(crate) fn fresh() -> String {
    format!("{}@acme.example", &nobody().replace('-', "")[12..32])
}

pub(crate) async fn mailbox(tenant: &Tenant, relay: &Relay) -> v1::ChannelAccount {
    let channel_account = Some(wanted(&fresh(), relay));
    let request = v1::CreateChannelAccountRequest { channel_account, ..Default::default() };
    let made = ok!(tenant.admin.channels().create_channel_account(request));
    assert_eq!(made.signing_secret, "", "mail is not signed");
    made.channel_account.unwrap()
}

/// The same settings with another door of the relay; port 0 keeps the port.
fn elsewhere(email: v1::EmailConfig, port: i32, security: RelaySecurity) -> v1::EmailConfig {
    let relay = email.relay.clone().unwrap();
    let port = if port == 0 { relay.port } else { port };
    let relay = v1::MailRelay { port, security: security.into(), ..relay };
    v1::EmailConfig { relay: Some(relay), ..email }
}

async fn a_mailbox_shows_no_password(case: Case) {
    let relay = Relay::start().await;
    let made = mailbox(&case, &relay).await;
    let settings = email(&made);
    assert!(!settings.password_set && made.secret_last4.is_empty());
    let update = |email: v1::EmailConfig| v1::UpdateChannelAccountRequest {
        channel_account: Some(v1::ChannelAccount {
            id: made.id.clone(),
            config: Some(Config::Email(email)),
            ..Default::default()
        }),
        update_mask: mask(&["email"]),
        ..Default::default()
    };
    let with = |host: &str, password: &str| {
        let relay = settings.relay.clone().unwrap();
        let (host, password) = (host.to_owned(), password.to_owned());
        let relay = v1::MailRelay { host, password, username: "acme".into(), ..relay };
        let relay = v1::MailRelay { security: RelaySecurity::Starttls.into(), ..relay };
        v1::EmailConfig { relay: Some(relay), ..settings.clone() }
    };
    let set =
        ok!(case.admin.channels().update_channel_account(update(with("127.0.0.1", "hunter22"))));
    let set = set.channel_account.unwrap();
    assert!(email(&set).password_set && !format!("{set:?}").contains("hunter22"));
    assert_eq!(set.secret_last4, "", "the end of a short one is most of it");
    let long = with("127.0.0.1", "correct horse");
    let long = ok!(case.admin.channels().update_channel_account(update(long)));
    assert_eq!(long.channel_account.unwrap().secret_last4, "orse");
    let kept = ok!(case.admin.channels().update_channel_account(update(with("127.0.0.1", ""))));
    assert!(email(&kept.channel_account.unwrap()).password_set, "empty keeps it");
    for (what, port, security) in
        [("another port", 2525, RelaySecurity::Starttls), ("the clear", 0, RelaySecurity::None)]
    {
        let moved = elsewhere(with("127.0.0.1", ""), port, security);
        let moved = ok!(case.admin.channels().update_channel_account(update(moved)));
        let moved = moved.channel_account.unwrap();
        assert!(!email(&moved).password_set, "{what} is never shown it");
        ok!(case.admin.channels().update_channel_account(update(with("127.0.0.1", "hunter22"))));
    }
    let moved = ok!(case.admin.channels().update_channel_account(update(with("127.0.0.2", ""))));
    let moved = moved.channel_account.unwrap();
    assert!(!email(&moved).password_set, "another host is never shown it");

    let rotate = v1::RotateChannelSecretRequest {
        channel_account_id: made.id.clone(),
        ..Default::default()
    };
    refused!(case.admin.channels().rotate_channel_secret(rotate), ValidationFailed);
    let stranger = case.stranger().await;
    let again = wanted(&email(&made).address.to_uppercase(), &relay);
    let again =
        v1::CreateChannelAccountRequest { channel_account: Some(again), ..Default::default() };
    refused!(stranger.admin.channels().create_channel_account(again), MailboxTaken);
    for address in
        ["no address", "a+b@acme.example", "", &format!("{}@acme.example", "x".repeat(40))]
    {
        let wrong = Some(wanted(address, &relay));
        let wrong =
            v1::CreateChannelAccountRequest { channel_account: wrong, ..Default::default() };
        refused!(case.admin.channels().create_channel_account(wrong), ValidationFailed);
    }
    let none = v1::ChannelAccount { config: None, ..wanted(&fresh(), &relay) };
    let none =
        v1::CreateChannelAccountRequest { channel_account: Some(none), ..Default::default() };
    refused!(case.admin.channels().create_channel_account(none), ValidationFailed);
}

/// Somebody wrote to a mailbox.
async fn written(case: &Case, account: &v1::ChannelAccount) -> v1::ReceiveMessageResponse {
    let request = v1::ReceiveMessageRequest {
        channel_account_id: account.id.clone(),
        from_address: "carl@customer.example".into(),
        display_name: "Carl".into(),
        subject: "Broken lamp".into(),
        body: "It does not shine.".into(),
        ..Default::default()
    };
    ok!(case.admin.channels().receive_message(request))
}

pub(crate) async fn status(case: &Tenant, message_id: &str) -> v1::GetMessageStatusResponse {
    let request = v1::GetMessageStatusRequest { message_id: message_id.to_owned() };
    ok!(case.admin.channels().get_message_status(request))
}

pub(crate) async fn reaches(
    case: &Tenant,
    id: &str,
    wanted: DeliveryStatus,
) -> v1::GetMessageStatusResponse {
    let look = || async {
        let told = status(case, id).await;
        (told.status() == wanted).then_some(told)
    };
    eventually("the message gets there", look).await
}

async fn an_answer_leaves_with_its_file(case: Case) {
    let relay = Relay::start().await;
    let account = mailbox(&case, &relay).await;
    let begun = written(&case, &account).await;
    let (id, bytes) = (nobody(), vec![b'p'; 100_000]);
    let piece = |offset: usize, to: usize| v1::UploadAttachmentRequest {
        interaction_id: begun.interaction_id.clone(),
        attachment_id: id.clone(),
        name: "plan.txt".into(),
        declared_type: "text/plain".into(),
        size: 100_000,
        offset: i64::try_from(offset).unwrap(),
        data: bytes[offset..to].to_vec(),
    };
    let first = ok!(case.admin.interactions().upload_attachment(piece(0, 70_000)));
    assert_eq!(first.received, 70_000);
    let reply = v1::SendMessageRequest {
        interaction_id: begun.interaction_id.clone(),
        body: "Here is the plan.".into(),
        attachment_ids: vec![id.clone()],
        ..Default::default()
    };
    refused!(case.admin.interactions().send_message(reply.clone()), AttachmentIncomplete);
    let last = ok!(case.admin.interactions().upload_attachment(piece(70_000, 100_000)));
    assert_eq!((last.received, last.attachment.unwrap().name.as_str()), (100_000, "plan.txt"));
    let sent = ok!(case.admin.interactions().send_message(reply)).message.unwrap();
    assert_eq!(sent.attachments.len(), 1);
    assert_eq!((sent.attachments[0].size, sent.attachments[0].inline), (100_000, false));
    reaches(&case, &sent.id, DeliveryStatus::Sent).await;

    let handed = relay.handed().pop().unwrap();
    let address = email(&account).address;
    let (local, domain) = address.split_once('@').unwrap();
    assert_eq!(handed.to, "carl@customer.example");
    assert!(handed.from.starts_with(&format!("{local}+")), "reports find back: {}", handed.from);
    let (head, body) = handed.raw.split_once("\r\n\r\n").unwrap();
    let unfolded = head.replace("\r\n ", " ").replace("\r\n\t", " ");
    assert!(unfolded.contains("Subject: Broken lamp"), "{head}");
    assert!(unfolded.contains(&format!("Reply-To: \"Acme\" <{local}+")), "{head}");
    assert!(unfolded.contains("Auto-Submitted: no"), "{head}");
    assert!(head.contains(&format!("@{domain}>")) && body.contains("plan.txt"), "{head}");
    let id_field = sent.id.replace('-', "");
    assert!(head.contains(&id_field), "the Message-ID names the message: {head}");

    let download = v1::DownloadAttachmentRequest { attachment_id: id.clone() };
    let opened = case.admin.interactions().download_attachment(download.clone()).await;
    let mut frames = opened.expect("it opens").into_inner();
    let told = frames.message().await.unwrap().unwrap();
    assert_eq!(told.attachment.unwrap().media_type, "text/plain");
    let mut read = Vec::new();
    while let Some(frame) = frames.message().await.unwrap() {
        assert!(frame.attachment.is_none() && (1..=65_536).contains(&frame.data.len()));
        read.extend(frame.data);
    }
    assert_eq!(read, bytes);
    let stranger = case.stranger().await;
    refused!(stranger.admin.interactions().download_attachment(download), ResourceNotFound);
}

async fn an_erased_customers_files_are_deleted(case: Case) {
    let relay = Relay::start().await;
    let account = mailbox(&case, &relay).await;
    let erased = written(&case, &account).await;
    let kept = case.open(&case.plain_queue().await).await;
    let upload = |interaction_id: &str| {
        let (interaction_id, id) = (interaction_id.to_owned(), nobody());
        let data = vec![b'p'; 3000];
        let request = v1::UploadAttachmentRequest {
            interaction_id,
            attachment_id: id.clone(),
            name: "plan.txt".into(),
            declared_type: "text/plain".into(),
            size: 3000,
            offset: 0,
            data,
        };
        let case = &case;
        async move {
            ok!(case.admin.interactions().upload_attachment(request));
            id
        }
    };
    // One that was sent, one that waits, and one of somebody else.
    let sent = v1::SendMessageRequest {
        interaction_id: erased.interaction_id.clone(),
        body: "Here is the plan.".into(),
        attachment_ids: vec![upload(&erased.interaction_id).await],
        ..Default::default()
    };
    let sent = ok!(case.admin.interactions().send_message(sent)).message.unwrap();
    reaches(&case, &sent.id, DeliveryStatus::Sent).await;
    upload(&erased.interaction_id).await;
    upload(&kept.id).await;
    for table in ["attachment", "attachment_part"] {
        assert_eq!(case.server.rows_of(table, &case.id).await, 3, "{table}");
    }

    let close = v1::CloseInteractionRequest {
        interaction_id: erased.interaction_id.clone(),
        ..Default::default()
    };
    ok!(case.admin.interactions().close_interaction(close));
    let customer_id = case.interaction(&erased.interaction_id).await.customer_id;
    let delete = v1::DeleteCustomerRequest { customer_id, ..Default::default() };
    ok!(case.admin.customers().delete_customer(delete));
    for table in ["attachment_part", "attachment"] {
        let gone = || async { (case.server.rows_of(table, &case.id).await == 1).then_some(()) };
        eventually("the files are deleted, and only those", gone).await;
    }
}

async fn a_relays_no_suppresses_until_it_is_lifted(case: Case) {
    let relay = Relay::start().await;
    let account = mailbox(&case, &relay).await;
    let begun = written(&case, &account).await;
    relay.refuses(Some("550 5.1.1 no such user"));
    let reply = v1::SendMessageRequest {
        interaction_id: begun.interaction_id.clone(),
        body: "Is it plugged in?".into(),
        ..Default::default()
    };
    let sent = ok!(case.admin.interactions().send_message(reply.clone())).message.unwrap();
    let told = reaches(&case, &sent.id, DeliveryStatus::Failed).await;
    assert_eq!(told.failure_reason, "BOUNCE_HARD 5.1.1");
    refused!(case.admin.interactions().send_message(reply.clone()), ContactSuppressed);

    let get = v1::GetInteractionRequest { interaction_id: begun.interaction_id.clone() };
    let customer_id = ok!(case.admin.interactions().get_interaction(get));
    let customer_id = customer_id.interaction.unwrap().customer_id;
    let get = v1::GetCustomerRequest { customer_id: customer_id.clone() };
    let customer = ok!(case.admin.customers().get_customer(get)).customer.unwrap();
    let point = &customer.contact_points[0];
    let held = point.suppression.as_ref().expect("it is suppressed");
    assert_eq!(held.reason(), v1::SuppressionReason::HardBounce);
    assert!(held.time.is_some());
    let lift = v1::LiftSuppressionRequest {
        customer_id,
        contact_point_id: point.id.clone(),
        ..Default::default()
    };
    for _ in 0..2 {
        let lifted = ok!(case.admin.customers().lift_suppression(lift.clone())).customer.unwrap();
        assert!(lifted.contact_points[0].suppression.is_none());
    }
    relay.refuses(None);
    let sent = ok!(case.admin.interactions().send_message(reply)).message.unwrap();
    reaches(&case, &sent.id, DeliveryStatus::Sent).await;
    assert_eq!(relay.handed().len(), 1);
}

async fn a_relays_not_yet_is_told_with_its_code(case: Case) {
    let relay = Relay::start().await;
    let account = mailbox(&case, &relay).await;
    let begun = written(&case, &account).await;
    relay.refuses(Some("451 come again"));
    let reply = v1::SendMessageRequest {
        interaction_id: begun.interaction_id.clone(),
        body: "Is it plugged in?".into(),
        ..Default::default()
    };
    let sent = ok!(case.admin.interactions().send_message(reply)).message.unwrap();
    let look = || async {
        let told = status(&case, &sent.id).await;
        (told.history.len() == 2).then_some(told)
    };
    let told = eventually("the attempt is a step", look).await;
    let step = &told.history[1];
    assert_eq!((told.status(), step.status()), (DeliveryStatus::Queued, DeliveryStatus::Queued));
    assert_eq!((step.attempt, step.reason.as_str()), (1, "TRY_LATER 451"));
    assert!(told.next_attempt_time.is_some() && step.time.is_some());
}

/// A mailbox that answers by itself.
pub(crate) async fn answering(case: &Tenant, relay: &Relay) -> String {
    let mut account = wanted(&fresh(), relay);
    let address = email(&account).address;
    if let Some(Config::Email(email)) = &mut account.config {
        email.auto_reply = "We have your mail.".into();
    }
    let channel_account = Some(account);
    let request = v1::CreateChannelAccountRequest { channel_account, ..Default::default() };
    ok!(case.admin.channels().create_channel_account(request));
    address
}

async fn an_offer_shows_what_the_customer_said(case: Case) {
    let relay = Relay::start().await;
    let address = answering(&case, &relay).await;
    let mut door = Smtp::open(case.server.smtp_port()).await;
    let letter = "From: Ada <ada@customers.test>\nSubject: Lamp\nMessage-ID: <1@customers.test>\n\
                  \nIt does not shine.\n";
    assert!(door.sends("ada@customers.test", &address, letter).await.starts_with("250"));
    let greeted = || async { (relay.handed().len() == 1).then_some(()) };
    eventually("the machine answers", greeted).await;
    // Once at work while it is fresh, once when it has to be read back.
    let (agent, mut console) = case.at_work("Bo").await;
    let work = console.offered().await;
    let said = work.last_message.unwrap();
    assert_eq!((said.direction(), said.body.as_str()), (Direction::Inbound, "It does not shine."));
    let get = v1::GetInteractionRequest { interaction_id: work.interaction.unwrap().id };
    let note = v1::SendMessageRequest {
        interaction_id: get.interaction_id.clone(),
        body: "a lamp again".into(),
        kind: v1::SendKind::InternalNote.into(),
        ..Default::default()
    };
    ok!(case.admin.interactions().send_message(note));
    let again = agent.console().await.snapshot.into_iter().find_map(|piece| match piece {
        AgentChange::SnapshotOffered(work) => work.last_message,
        _ => None,
    });
    assert_eq!(again.unwrap().body, "It does not shine.");
}

async fn mails_without_an_id_are_all_kept(case: Case) {
    let relay = Relay::start().await;
    let account = mailbox(&case, &relay).await;
    let address = email(&account).address;
    let mut door = Smtp::open(case.server.smtp_port()).await;
    let form = |from: &str| format!("From: {from}\nSubject: Form\n\nCall me back\n");
    for from in ["ada@customers.test", "bob@customers.test"] {
        let taken = door.sends("www@shop.test", &address, &form(from)).await;
        assert!(taken.starts_with("250"), "{taken}");
    }
    let look = || async {
        let list = v1::ListInteractionsRequest { page_size: 500, ..Default::default() };
        let all = ok!(case.admin.interactions().list_interactions(list)).interactions;
        let mine = all.into_iter().filter(|one| one.channel_account_id == account.id).count();
        (mine == 2).then_some(())
    };
    eventually("both are there", look).await;
}
