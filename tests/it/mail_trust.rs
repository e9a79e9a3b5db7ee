//! What mail from outside may not do: take a person's words away, end somebody else's mail, go on
//! for a tenant that is suspended, hold up others, mute somebody, or write what it likes into the
//! header of an answer.

use crate::mail::{answering, email, mailbox, reaches, status, wanted};
use crate::support::eventually;
use crate::support::fixture::{Case, Tenant};
use crate::support::mail::{Smtp, send, written};
use crate::support::relay::Relay;
use omnichannel_sdk::v1;
use std::time::{Duration, Instant};
use tokio::time::sleep;
use v1::DeliveryStatus;

/// After how long a relay that said "not now" is asked again, and more.
const DUE_AGAIN: Duration = Duration::from_secs(7);

both!(
    a_report_that_hangs_on_a_mail_is_heard,
    a_forged_report_suppresses_nobody,
    a_suspended_tenant_takes_and_sends_nothing,
    a_backlog_of_one_mailbox_holds_up_nobody_else,
    a_flood_in_somebodys_name_does_not_mute_them,
    what_looks_encoded_is_encoded,
    whoever_writes_by_mail_has_an_address,
    ids_that_nobody_could_write_leave_an_answer_possible,
);

mod with_a_postmaster {
    use super::*;
    both!(alone ["smtp.postmaster = \"help@desk.test\"", "smtp.hostname = \"mx.desk.test\"",
                 "egress.allow_private = true"];
        the_postmaster_is_there);

    async fn the_postmaster_is_there(case: Case) {
        let mut session = Smtp::open(case.server.smtp_port()).await;
        session.asks("MAIL FROM:<ada@customers.test>", "250").await;
        session.asks("RCPT TO:<postmaster>", "550").await;
        let relay = Relay::start().await;
        let channel_account = Some(wanted("help@desk.test", &relay));
        let request = v1::CreateChannelAccountRequest { channel_account, ..Default::default() };
        ok!(case.admin.channels().create_channel_account(request));
        for here in ["Postmaster", "postmaster@mx.desk.test", "PostMaster@Desk.test"] {
            let letter = written("ada@customers.test", here, here, "", "Is anybody there?");
            let mut session = Smtp::open(case.server.smtp_port()).await;
            let said = session.sends("ada@customers.test", here, &letter).await;
            assert!(said.starts_with("250"), "{here}: {said}");
            subject(&case, here).await;
        }
        for elsewhere in ["postmaster@elsewhere.test", "postmasters@desk.test"] {
            session.asks(&format!("RCPT TO:<{elsewhere}>"), "550").await;
        }
    }
}

async fn interactions(tenant: &Tenant) -> Vec<v1::Interaction> {
    let list = v1::ListInteractionsRequest { page_size: 500, ..Default::default() };
    ok!(tenant.admin.interactions().list_interactions(list)).interactions
}

/// The interaction of this subject, once it is there.
async fn subject(tenant: &Tenant, wanted: &str) -> v1::Interaction {
    let look =
        || async { interactions(tenant).await.into_iter().find(|one| one.subject == wanted) };
    eventually("the mail is taken in", look).await
}

async fn comes(tenant: &Tenant, from: &str, to: &str, about: &str) -> v1::Interaction {
    let letter = written(from, to, about, "", "It does not shine.");
    send(tenant.server.smtp_port(), from, to, &letter).await;
    subject(tenant, about).await
}

async fn answers(tenant: &Tenant, interaction: &v1::Interaction) -> String {
    let reply = v1::SendMessageRequest {
        interaction_id: interaction.id.clone(),
        body: "Is it plugged in?".into(),
        ..Default::default()
    };
    ok!(tenant.admin.interactions().send_message(reply)).message.expect("it is there").id
}

async fn suppressed(tenant: &Tenant, interaction: &v1::Interaction) -> bool {
    let get = v1::GetCustomerRequest { customer_id: interaction.customer_id.clone() };
    let customer = ok!(tenant.admin.customers().get_customer(get)).customer.expect("they are");
    customer.contact_points[0].suppression.is_some()
}

/// The parts of a report, and the field that says where they begin.
fn report(multipart: &str, about: &str, original: &str) -> (String, String) {
    let field = format!("Content-Type: multipart/{multipart}; boundary=b");
    let body = format!(
        "--b\nContent-Type: text/plain\n\nI got this from your system, what is it?\n\
         --b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.test\n\n\
         Final-Recipient: rfc822; {about}\nAction: failed\nStatus: 5.1.1\n\n\
         --b\nContent-Type: text/rfc822-headers\n\nMessage-ID: <{original}>\nSubject: x\n\n--b--"
    );
    (field, body)
}

async fn a_report_that_hangs_on_a_mail_is_heard(case: Case) {
    let relay = Relay::start().await;
    let to = email(&mailbox(&case, &relay).await).address;
    let (field, body) = report("mixed", "joe@customers.test", "x@y.test");
    let letter = written("eve@customers.test", &to, "What is this?", &field, &body);
    send(case.server.smtp_port(), "eve@customers.test", &to, &letter).await;
    let found = subject(&case, "What is this?").await;
    let scope = v1::list_messages_request::Scope::InteractionId(found.id.clone());
    let list = v1::ListMessagesRequest { scope: Some(scope), ..Default::default() };
    let said = ok!(case.admin.interactions().list_messages(list)).messages.remove(0);
    assert!(said.body.contains("I got this") && !said.attachments.is_empty(), "{said:?}");
}

async fn a_forged_report_suppresses_nobody(case: Case) {
    let (relay, port) = (Relay::start().await, case.server.smtp_port());
    let to = email(&mailbox(&case, &relay).await).address;
    let begun = comes(&case, "victim@customers.test", &to, "Broken lamp").await;
    let sent = answers(&case, &begun).await;
    reaches(&case, &sent, DeliveryStatus::Sent).await;
    let handed = relay.handed().pop().expect("it left");
    let id = handed.raw.split_once("Message-ID: <").expect("an id").1;
    let id = id.split('>').next().expect("its end").to_owned();
    // Whoever is in Cc has the id, and no token.
    let forge = async |about: &str, back: &str| {
        let (field, body) = report("report", about, &id);
        let letter = written("mallory@evil.test", &to, "x", &field, &body);
        send(port, "", back, &letter).await;
    };
    forge("mallory@evil.test", &to).await;
    comes(&case, "mallory@evil.test", &to, "After it").await;
    assert_eq!(status(&case, &sent).await.status(), DeliveryStatus::Sent, "of another address");
    forge("victim@customers.test", &to).await;
    reaches(&case, &sent, DeliveryStatus::Undelivered).await;
    assert!(!suppressed(&case, &begun).await, "without a token");
    let sent = answers(&case, &begun).await;
    reaches(&case, &sent, DeliveryStatus::Sent).await;
    // What really carried it has the token.
    let back = relay.handed().pop().expect("it left").from;
    forge("victim@customers.test", &back).await;
    reaches(&case, &sent, DeliveryStatus::Undelivered).await;
    let look = || async { suppressed(&case, &begun).await.then_some(()) };
    eventually("it is not written to again", look).await;
}

async fn stand(case: &Case, tenant: &Tenant, status: v1::TenantStatus) {
    let update = v1::UpdateTenantRequest {
        tenant: Some(v1::Tenant {
            id: tenant.id.clone(),
            status: status.into(),
            ..Default::default()
        }),
        update_mask: crate::support::mask(&["status"]),
        ..Default::default()
    };
    ok!(case.operator().admin().update_tenant(update));
}

async fn a_suspended_tenant_takes_and_sends_nothing(case: Case) {
    let relay = Relay::start().await;
    let to = answering(&case, &relay).await;
    relay.refuses(Some("451 come again"));
    let begun = comes(&case, "ada@customers.test", &to, "Before").await;
    // Two that wait: the machine's answer, and a person's.
    let sent = answers(&case, &begun).await;
    stand(&case, &case, v1::TenantStatus::Suspended).await;
    relay.refuses(None);
    let mut session = Smtp::open(case.server.smtp_port()).await;
    session.asks("MAIL FROM:<ada@customers.test>", "250").await;
    session.asks(&format!("RCPT TO:<{to}>"), "450 4.2.1").await;
    // Somebody else's goes in and out meanwhile, through the same door and workers.
    let other = case.stranger().await;
    let theirs = answering(&other, &relay).await;
    let begun = Instant::now();
    let mut number = 0;
    // What was refused once is due again within this time.
    while begun.elapsed() < DUE_AGAIN {
        number += 1;
        let from = format!("bob{number}@customers.test");
        comes(&other, &from, &theirs, &format!("Theirs {number}")).await;
        let answered = || async { (relay.handed().len() == number).then_some(()) };
        eventually("theirs is answered", answered).await;
        sleep(DUE_AGAIN / 10).await;
    }
    let handed = relay.handed();
    assert!(handed.iter().all(|one| one.to.starts_with("bob")), "nothing of the suspended left");
    stand(&case, &case, v1::TenantStatus::Active).await;
    reaches(&case, &sent, DeliveryStatus::Sent).await;
    session.asks(&format!("RCPT TO:<{to}>"), "250").await;
}

async fn a_backlog_of_one_mailbox_holds_up_nobody_else(case: Case) {
    const MANY: usize = 240;
    let (relay, port) = (Relay::start().await, case.server.smtp_port());
    let busy = email(&mailbox(&case, &relay).await).address;
    let other = case.stranger().await;
    let calm = email(&mailbox(&other, &relay).await).address;
    let senders = (0..4).map(|sender| {
        let busy = busy.clone();
        tokio::spawn(async move {
            let mut door = Smtp::open(port).await;
            for n in 0..MANY / 4 {
                let from = format!("ada-{sender}-{n}@customers.test");
                let said = door.sends(&from, &busy, &written(&from, &busy, "Many", "", "x")).await;
                assert!(said.starts_with("250"), "{said}");
            }
        })
    });
    for sender in senders.collect::<Vec<_>>() {
        sender.await.expect("all are taken");
    }
    comes(&other, "bob@customers.test", &calm, "Mine").await;
    let taken = interactions(&case).await.len();
    assert!(taken < MANY, "it was taken in after all {taken} of the other mailbox");
    let all = || async { (interactions(&case).await.len() == MANY).then_some(()) };
    eventually("those of the other are taken in as well", all).await;
}

async fn a_flood_in_somebodys_name_does_not_mute_them(case: Case) {
    let (relay, port) = (Relay::start().await, case.server.smtp_port());
    let to = email(&mailbox(&case, &relay).await).address;
    let mut door = Smtp::open(port).await;
    for n in 0..21 {
        let letter = written("victim@customers.test", &to, &format!("Forged {n}"), "", "x");
        assert!(door.sends("mallory@evil.test", &to, &letter).await.starts_with("250"));
    }
    let look = || async { Some(interactions(&case).await).filter(|all| all.len() == 20) };
    for forged in eventually("they are there", look).await {
        let close = v1::CloseInteractionRequest { interaction_id: forged.id, ..Default::default() };
        ok!(case.admin.interactions().close_interaction(close));
    }
    let real = comes(&case, "victim@customers.test", &to, "My house burns").await;
    assert_eq!(real.status(), v1::InteractionStatus::Queued);
}

async fn what_looks_encoded_is_encoded(case: Case) {
    let relay = Relay::start().await;
    let to = email(&mailbox(&case, &relay).await).address;
    let literal = "=?utf-8?Q?a=0D=0ABcc:_evil@x.test?=";
    let request = v1::ReceiveMessageRequest {
        channel_account_id: account(&case, &to).await,
        from_address: "carl@customers.test".into(),
        subject: literal.into(),
        body: "It does not shine.".into(),
        ..Default::default()
    };
    let begun = ok!(case.admin.channels().receive_message(request));
    let begun = v1::Interaction { id: begun.interaction_id, ..Default::default() };
    reaches(&case, &answers(&case, &begun).await, DeliveryStatus::Sent).await;
    let raw = relay.handed().pop().expect("it left").raw;
    assert!(!raw.contains("?Q?a=0D=0ABcc"), "{raw}");
    let letter = crate::support::mail::Letter::read(raw.into_bytes());
    assert_eq!(letter.subject(), literal);
}

async fn ids_that_nobody_could_write_leave_an_answer_possible(case: Case) {
    let relay = Relay::start().await;
    let to = email(&mailbox(&case, &relay).await).address;
    let long = "r".repeat(501);
    for (n, fields) in [
        "Message-ID: <ünï@x.example>".to_owned(),
        "Message-ID: <abc>".to_owned(),
        format!("Message-ID: <{long}@x.example>"),
        format!("Message-ID: <ok@x.test>\nReferences: <é@x> <a\u{7f}b@x> <{long}> <q@x.test>"),
    ]
    .iter()
    .enumerate()
    {
        let (from, about) = (format!("ada{n}@customers.test"), format!("Odd {n}"));
        let letter = written(&from, &to, &about, fields, "x");
        send(case.server.smtp_port(), &from, &to, &letter).await;
        let sent = answers(&case, &subject(&case, &about).await).await;
        reaches(&case, &sent, DeliveryStatus::Sent).await;
    }
}

async fn account(case: &Case, address: &str) -> String {
    let list = v1::ListChannelAccountsRequest { page_size: 500, ..Default::default() };
    let all = ok!(case.admin.channels().list_channel_accounts(list)).channel_accounts;
    let mut mails = all.into_iter().filter(|one| one.kind() == v1::ChannelKind::Email);
    mails.find(|one| email(one).address == address).expect("it is there").id
}

async fn whoever_writes_by_mail_has_an_address(case: Case) {
    let relay = Relay::start().await;
    let account = mailbox(&case, &relay).await;
    for wrong in ["not an address", "carl", "+49 151 1", "a@b@c"] {
        let request = v1::ReceiveMessageRequest {
            channel_account_id: account.id.clone(),
            from_address: wrong.into(),
            body: "x".into(),
            ..Default::default()
        };
        refused!(case.admin.channels().receive_message(request), ValidationFailed);
    }
}
