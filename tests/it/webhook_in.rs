//! Webhooks that come in: signed requests are taken once, all others are refused without harm, and
//! what nobody can read is put aside without holding up what follows.

use crate::support::fixture::Case;
use crate::support::webhook::{Post, inbound_path, message, report, signature};
use crate::support::{eventually, http};
use omnichannel_sdk::v1::{self, InteractionStatus as Status};

both!(
    a_signed_message_becomes_an_interaction,
    a_second_delivery_changes_nothing,
    unsigned_and_badly_signed_requests_are_refused,
    old_and_future_requests_are_refused,
    hooks_that_are_not_there_are_not_found,
    what_cannot_be_read_is_put_aside,
    a_message_need_not_say_when_it_was_written,
    what_is_too_large_is_refused,
    many_at_once_are_each_taken_once,
);

const NOWHERE: &str = "http://127.0.0.1:9/in";

/// The interactions of an account.
async fn arrived(case: &Case, account: &v1::ChannelAccount) -> Vec<v1::Interaction> {
    let list = v1::ListInteractionsRequest { page_size: 500, ..Default::default() };
    let all = ok!(case.admin.interactions().list_interactions(list)).interactions;
    all.into_iter().filter(|one| one.channel_account_id == account.id).collect()
}

/// The bodies of a conversation, once they are this many.
async fn said(case: &Case, conversation_id: &str, count: usize) -> Vec<String> {
    let look = || async {
        let list = v1::ListMessagesRequest {
            scope: Some(v1::list_messages_request::Scope::ConversationId(
                conversation_id.to_owned(),
            )),
            page_size: 500,
            ..Default::default()
        };
        let found = ok!(case.admin.interactions().list_messages(list)).messages;
        let bodies: Vec<_> = found.into_iter().map(|message| message.body).collect();
        (bodies.len() >= count).then_some(bodies)
    };
    eventually(&format!("{count} messages"), look).await
}

/// The first interaction of an account, once it is there.
async fn first(case: &Case, account: &v1::ChannelAccount) -> v1::Interaction {
    let look = || async { arrived(case, account).await.into_iter().next() };
    eventually("the interaction of a webhook", look).await
}

async fn a_signed_message_becomes_an_interaction(case: Case) {
    let (_agent, mut console) = case.at_work("Bo").await;
    let (account, secret) = case.account(NOWHERE).await;
    let post = Post::new(&account, &secret, message("m1", "+49 1", "my parcel is lost"));
    let answer = post.send(&case).await;
    assert_eq!((answer.status, answer.body.as_slice()), (200, b"{}".as_slice()));
    let work = console.take().await;
    let (interaction, last) = (work.interaction.unwrap(), work.last_message.unwrap());
    assert_eq!(last.body, "my parcel is lost");
    assert_eq!(last.external_id, "m1");
    assert_eq!(
        (interaction.subject.as_str(), interaction.channel()),
        ("a question", v1::ChannelKind::Webhook,)
    );
    assert_eq!(interaction.channel_account_id, account.id);
    let get = v1::GetCustomerRequest { customer_id: interaction.customer_id };
    let customer = ok!(case.admin.customers().get_customer(get)).customer.unwrap();
    assert_eq!(customer.display_name, "Grace");
    assert_eq!(customer.contact_points[0].address, "+49 1");
    let more = Post::new(&account, &secret, message("m2", "+49 1", "hello?"));
    assert_eq!(more.send(&case).await.status, 200);
    let bodies = said(&case, &interaction.conversation_id, 2).await;
    assert_eq!(bodies, ["my parcel is lost", "hello?"]);
    assert_eq!(arrived(&case, &account).await.len(), 1, "it joins what is open");
}

async fn a_second_delivery_changes_nothing(case: Case) {
    let (account, secret) = case.account(NOWHERE).await;
    let post = Post::new(&account, &secret, message("m1", "ada", "once"));
    for _ in 0..3 {
        assert_eq!(post.send(&case).await.status, 200, "a sender who repeats is told it is kept");
    }
    // Another delivery of the same message, under an id of its own.
    let again = Post::new(&account, &secret, message("m1", "ada", "once"));
    assert_eq!(again.send(&case).await.status, 200);
    let last = Post::new(&account, &secret, message("m2", "ada", "twice"));
    assert_eq!(last.send(&case).await.status, 200);
    let interaction = first(&case, &account).await;
    let bodies = said(&case, &interaction.conversation_id, 2).await;
    assert_eq!(bodies, ["once", "twice"]);
    assert_eq!(arrived(&case, &account).await.len(), 1);
}

async fn unsigned_and_badly_signed_requests_are_refused(case: Case) {
    let (account, secret) = case.account(NOWHERE).await;
    let (_, other) = case.account(NOWHERE).await;
    let post = Post::new(&account, &secret, message("m1", "ada", "hello"));
    let stamp = post.timestamp.to_string();
    let good = signature(&secret, &post.id, &stamp, &post.body);
    for wrong in [
        signature(&other, &post.id, &stamp, &post.body),
        signature(&secret, "msg_other", &stamp, &post.body),
        signature(&secret, &post.id, &stamp, b"{}"),
        good.replace("v1,", "v2,"),
        good[..good.len() - 4].to_owned(),
        "v1,".to_owned(),
    ] {
        let answer = post.send_signed(&case, &wrong).await;
        assert_eq!(answer.status, 401, "{wrong}: {}", answer.head);
        assert!(!String::from_utf8_lossy(&answer.body).contains("hello"));
    }
    let malformed = post.send_signed(&case, "nonsense").await;
    assert!([400, 401].contains(&malformed.status), "{}", malformed.head);
    let path = inbound_path(&account);
    let bare = http::send(case.server.port(), "POST", &path, &[], &post.body).await;
    assert!([400, 401].contains(&bare.status), "{}", bare.head);
    let get = http::send(case.server.port(), "GET", &path, &[], b"").await;
    assert_eq!(get.status, 405);
    let both = format!("v1,AAAA {good}");
    assert_eq!(post.send_signed(&case, &both).await.status, 200, "one good signature is enough");
    let interaction = first(&case, &account).await;
    assert_eq!(said(&case, &interaction.conversation_id, 1).await, ["hello"]);
    assert_eq!(arrived(&case, &account).await.len(), 1, "nothing of the others came in");
}

async fn old_and_future_requests_are_refused(case: Case) {
    let (account, secret) = case.account(NOWHERE).await;
    let post = Post::new(&account, &secret, message("m1", "ada", "hello"));
    for offset in [-3600, -310, 310, 86_400] {
        let timestamp = post.timestamp + offset;
        let answer = Post { timestamp, ..post.clone() }.send(&case).await;
        assert_eq!(answer.status, 401, "{offset} seconds: {}", answer.head);
    }
    let timestamp = post.timestamp - 200;
    assert_eq!(Post { timestamp, ..post }.send(&case).await.status, 200, "within the tolerance");
    first(&case, &account).await;
    assert_eq!(arrived(&case, &account).await.len(), 1);
}

async fn hooks_that_are_not_there_are_not_found(case: Case) {
    let (account, secret) = case.account(NOWHERE).await;
    let post = Post::new(&account, &secret, message("m1", "ada", "hello"));
    let path = inbound_path(&account);
    for path in [
        "/hooks/v1/nothing".to_owned(),
        format!("{path}x"),
        path[..path.len() - 2].to_owned(),
        "/hooks/v2/nothing".to_owned(),
    ] {
        let answer = Post { path, ..post.clone() }.send(&case).await;
        assert_eq!(answer.status, 404, "{}", answer.head);
    }
    assert_eq!(post.send(&case).await.status, 200);
}

async fn what_cannot_be_read_is_put_aside(case: Case) {
    let (account, secret) = case.account(NOWHERE).await;
    let mark = case.server.log_end();
    let unreadable: [&[u8]; 6] = [
        b"not json",
        b"",
        b"[]",
        br#"{"type":"message.created"}"#,
        br#"{"type":"something.else","data":{}}"#,
        b"\xff\xfe\x00",
    ];
    for body in unreadable {
        let answer = Post::new(&account, &secret, body.to_vec()).send(&case).await;
        assert_eq!(answer.status, 200, "signed, so it is kept: {}", answer.head);
    }
    let nobody = crate::support::nobody();
    let stray = Post::new(&account, &secret, report(&nobody, "delivered"));
    assert_eq!(stray.send(&case).await.status, 200);
    let fine = Post::new(&account, &secret, message("m1", "ada", "after all that"));
    assert_eq!(fine.send(&case).await.status, 200);
    let interaction = first(&case, &account).await;
    assert_eq!(said(&case, &interaction.conversation_id, 1).await, ["after all that"]);
    let told = || async {
        let log = case.server.log_from(mark);
        let mine = log.lines().filter(|line| line.contains(&account.id));
        let dead = mine.filter(|line| line.contains("UNPARSEABLE")).count();
        (dead == unreadable.len()).then_some(())
    };
    eventually("operators are told of each that was put aside", told).await;
    assert!(!case.server.log_from(mark).contains("not json"), "and not what was in it");
}

/// As the page about webhooks shows it.
async fn a_message_need_not_say_when_it_was_written(case: Case) {
    let (account, secret) = case.account(NOWHERE).await;
    let posted = |head: &str, id: &str| {
        let data = format!(r#"{{"id":"{id}","from":{{"address":"ada"}},"text":"Hello"}}"#);
        let body = format!(r#"{{"type":"message.created",{head}"data":{data}}}"#);
        Post::new(&account, &secret, body.into_bytes())
    };
    assert_eq!(posted("", "m1").send(&case).await.status, 200);
    let interaction = first(&case, &account).await;
    assert_eq!(said(&case, &interaction.conversation_id, 1).await, ["Hello"]);
    let mark = case.server.log_end();
    let wrong = posted(r#""timestamp":"qcanary","#, "m2");
    assert_eq!(wrong.send(&case).await.status, 200);
    let told = || async {
        let log = case.server.log_from(mark);
        log.contains("UNPARSEABLE timestamp FIELD_VALUE").then_some(log)
    };
    let log = eventually("the field that is wrong is told", told).await;
    assert!(!log.contains("qcanary"), "and not what stood in it");
    let path = inbound_path(&account);
    let bare = http::send(case.server.port(), "POST", &path, &[], b"{}").await;
    let text = String::from_utf8_lossy(&bare.body).into_owned();
    assert!(bare.status == 400 && text.contains("\"reason\":\"HEADER_MISSING\""), "{text}");
}

async fn what_is_too_large_is_refused(case: Case) {
    let (account, secret) = case.account(NOWHERE).await;
    let large = Post::new(&account, &secret, vec![b'x'; (256 << 10) + 1]);
    assert_eq!(large.send(&case).await.status, 413);
    let text = "t".repeat(16 << 10);
    let full = Post::new(&account, &secret, message("m1", "ada", &text));
    assert_eq!(full.send(&case).await.status, 200);
    let interaction = first(&case, &account).await;
    assert_eq!(said(&case, &interaction.conversation_id, 1).await, [text]);
}

async fn many_at_once_are_each_taken_once(case: Case) {
    let (account, secret) = case.account(NOWHERE).await;
    let posts: Vec<_> = (0..40)
        .map(|number| {
            let body = message(&format!("m{number}"), "ada", &format!("line {number}"));
            Post::new(&account, &secret, body)
        })
        .collect();
    // Each is posted twice, all at the same time.
    let sent = posts.iter().chain(&posts).map(|post| post.send(&case));
    for answer in futures::future::join_all(sent).await {
        assert_eq!(answer.status, 200, "{}", answer.head);
    }
    let interaction = first(&case, &account).await;
    let mut bodies = said(&case, &interaction.conversation_id, 40).await;
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    bodies = said(&case, &interaction.conversation_id, bodies.len()).await;
    bodies.sort();
    let mut expected: Vec<_> = (0..40).map(|number| format!("line {number}")).collect();
    expected.sort();
    assert_eq!(bodies, expected);
    assert_eq!(arrived(&case, &account).await.len(), 1, "one customer, one interaction");
    assert_eq!(case.interaction(&interaction.id).await.status(), Status::Queued);
}
