//! ChannelService: accounts and their secrets, messages handed in by an integration. What is posted
//! to a hook is in `webhook_in`, what leaves through one in `webhook_out`.

use crate::support::fixture::{Case, account};
use crate::support::webhook::{Post, message};
use crate::support::{eventually, http, mask, nobody, unique};
use omnichannel_sdk::v1::{
    self, AccountStatus, ChannelKind, DeliveryStatus, InteractionStatus as Status, Role,
};

both!(
    an_account_shows_its_secret_once,
    accounts_that_cannot_work_are_refused,
    an_account_is_changed_by_mask_and_etag,
    a_disabled_account_takes_and_sends_nothing,
    an_account_with_open_work_is_not_deleted,
    a_rotated_secret_holds_at_once,
    a_message_is_handed_in_and_threaded,
    an_external_id_applies_once,
    a_message_tells_its_status,
);

/// An address where nobody answers; nothing is posted to it here.
const NOWHERE: &str = "http://127.0.0.1:9/in";

fn get(id: &str) -> v1::GetChannelAccountRequest {
    v1::GetChannelAccountRequest { channel_account_id: id.to_owned() }
}

fn url(account: &v1::ChannelAccount) -> &str {
    match &account.config {
        Some(v1::channel_account::Config::Webhook(webhook)) => &webhook.url,
        _ => panic!("a webhook account has settings"),
    }
}

async fn an_account_shows_its_secret_once(case: Case) {
    let request = v1::CreateChannelAccountRequest { request_id: nobody(), ..account(NOWHERE) };
    let made = ok!(case.admin.channels().create_channel_account(request.clone()));
    let (first, secret) = (made.channel_account.unwrap(), made.signing_secret);
    assert_eq!((first.kind(), first.status()), (ChannelKind::Webhook, AccountStatus::Active));
    assert!(secret.starts_with("whsec_"));
    assert!(secret.ends_with(&first.secret_last4) && first.secret_last4.len() == 4);
    assert_eq!(url(&first), NOWHERE);
    let path = crate::support::webhook::inbound_path(&first);
    assert!(path.starts_with("/hooks/v1/") && path.len() > 20, "{path}");
    let again = ok!(case.admin.channels().create_channel_account(request.clone()));
    assert_eq!(again.signing_secret, "", "a repeat never repeats a secret");
    assert_eq!(again.channel_account.unwrap().id, first.id);
    let found = ok!(case.admin.channels().get_channel_account(get(&first.id)));
    let found = found.channel_account.unwrap();
    assert_eq!(found, first);
    assert!(!format!("{found:?}").contains(&secret));
    let taken = v1::CreateChannelAccountRequest { request_id: String::new(), ..request };
    refused!(case.admin.channels().create_channel_account(taken), NameTaken);
    let other = case.account(NOWHERE).await.0;
    let list = |kind: ChannelKind| v1::ListChannelAccountsRequest {
        kind: kind.into(),
        ..Default::default()
    };
    let listed = ok!(case.admin.channels().list_channel_accounts(list(ChannelKind::Unspecified)));
    let mut expected = vec![first, other];
    expected.sort_by(|a, b| a.name.cmp(&b.name));
    assert_eq!(listed.channel_accounts, expected, "ordered by name");
    let none = ok!(case.admin.channels().list_channel_accounts(list(ChannelKind::Sms)));
    assert_eq!(none.channel_accounts, []);
    refused!(case.admin.channels().get_channel_account(get(&nobody())), ResourceNotFound);
}

async fn accounts_that_cannot_work_are_refused(case: Case) {
    let create = |change: fn(&mut v1::ChannelAccount)| {
        let mut request = account(NOWHERE);
        change(request.channel_account.as_mut().unwrap());
        request
    };
    let wrong: [fn(&mut v1::ChannelAccount); 6] = [
        |account| account.kind = ChannelKind::Email.into(),
        |account| account.kind = ChannelKind::Unspecified.into(),
        |account| account.name = String::new(),
        |account| account.config = None,
        |account| {
            let url = "ftp://example.org/in".into();
            let webhook = v1::WebhookConfig { url, ..Default::default() };
            account.config = Some(v1::channel_account::Config::Webhook(webhook));
        },
        |account| {
            let url = "not an address".into();
            let webhook = v1::WebhookConfig { url, ..Default::default() };
            account.config = Some(v1::channel_account::Config::Webhook(webhook));
        },
    ];
    for change in wrong {
        let request = create(change);
        let error =
            refused!(case.admin.channels().create_channel_account(request), ValidationFailed);
        assert!(!error.violations().is_empty(), "{error:?}");
        assert!(error.violations()[0].field.starts_with("channel_account."), "{error:?}");
    }
    let unknown = create(|account| account.default_queue_id = nobody());
    refused!(case.admin.channels().create_channel_account(unknown), ResourceNotFound);
    let silent = create(|account| {
        let webhook = v1::WebhookConfig::default();
        account.config = Some(v1::channel_account::Config::Webhook(webhook));
    });
    ok!(case.admin.channels().create_channel_account(silent));
}

async fn an_account_is_changed_by_mask_and_etag(case: Case) {
    let queue = case.plain_queue().await;
    let (made, _) = case.account(NOWHERE).await;
    let update =
        |change: v1::ChannelAccount, paths: Option<&[&str]>| v1::UpdateChannelAccountRequest {
            channel_account: Some(v1::ChannelAccount { id: made.id.clone(), ..change }),
            update_mask: paths.and_then(mask),
            request_id: String::new(),
        };
    let wanted = v1::ChannelAccount {
        name: unique("renamed"),
        default_queue_id: queue.id.clone(),
        ..Default::default()
    };
    let only = update(wanted.clone(), Some(&["default_queue_id"]));
    let first = ok!(case.admin.channels().update_channel_account(only)).channel_account.unwrap();
    assert_eq!((&first.name, &first.default_queue_id), (&made.name, &queue.id));
    let all = update(wanted.clone(), None);
    let second = ok!(case.admin.channels().update_channel_account(all)).channel_account.unwrap();
    assert_eq!((&second.name, url(&second)), (&wanted.name, NOWHERE));
    assert_eq!(second.secret_last4, made.secret_last4);
    for path in ["kind", "secret_last4", "webhook.url", "webhook.inbound_path", "nonsense"] {
        let wrong = update(wanted.clone(), Some(&[path]));
        refused!(case.admin.channels().update_channel_account(wrong), FieldMaskInvalid);
    }
    let stale = v1::ChannelAccount { etag: made.etag.clone(), ..wanted.clone() };
    refused!(case.admin.channels().update_channel_account(update(stale, None)), EtagMismatch);
    let fresh = v1::ChannelAccount { etag: second.etag, ..wanted };
    ok!(case.admin.channels().update_channel_account(update(fresh, None)));
    let unknown = v1::ChannelAccount { default_queue_id: nobody(), ..Default::default() };
    refused!(case.admin.channels().update_channel_account(update(unknown, None)), ResourceNotFound);
}

fn hand_in(account_id: &str, address: &str, body: &str) -> v1::ReceiveMessageRequest {
    v1::ReceiveMessageRequest {
        channel_account_id: account_id.to_owned(),
        from_address: address.to_owned(),
        display_name: "Ada".into(),
        subject: "an order".into(),
        body: body.to_owned(),
        ..Default::default()
    }
}

async fn a_disabled_account_takes_and_sends_nothing(case: Case) {
    let (account, secret) = case.account(NOWHERE).await;
    let integration = case.role(Role::Integration).await;
    let first = hand_in(&account.id, "ada", "hello");
    let first = ok!(integration.channels().receive_message(first));
    let turn = |status: AccountStatus| v1::UpdateChannelAccountRequest {
        channel_account: Some(v1::ChannelAccount {
            id: account.id.clone(),
            status: status.into(),
            ..Default::default()
        }),
        ..Default::default()
    };
    ok!(case.admin.channels().update_channel_account(turn(AccountStatus::Disabled)));
    let more = hand_in(&account.id, "ada", "again");
    refused!(integration.channels().receive_message(more.clone()), ChannelDisabled);
    let reply = v1::SendMessageRequest {
        interaction_id: first.interaction_id.clone(),
        body: "hello Ada".into(),
        ..Default::default()
    };
    refused!(integration.interactions().send_message(reply.clone()), ChannelDisabled);
    let over = v1::CreateInteractionRequest {
        channel: ChannelKind::Webhook.into(),
        channel_account_id: account.id.clone(),
        ..crate::support::fixture::opening("")
    };
    refused!(integration.interactions().create_interaction(over), ChannelDisabled);
    let post = Post::new(&account, &secret, message("m1", "ada", "by hook"));
    let answer = post.send(&case).await;
    assert_eq!(answer.status, 404, "a switched off hook is as good as none: {}", answer.head);
    ok!(case.admin.channels().update_channel_account(turn(AccountStatus::Active)));
    let back = ok!(integration.channels().receive_message(more));
    assert_eq!(back.interaction_id, first.interaction_id);
}

async fn an_account_with_open_work_is_not_deleted(case: Case) {
    let (account, _) = case.account(NOWHERE).await;
    let made = ok!(case.admin.channels().receive_message(hand_in(&account.id, "ada", "hello")));
    let delete = |etag: &str| v1::DeleteChannelAccountRequest {
        channel_account_id: account.id.clone(),
        etag: etag.to_owned(),
        request_id: String::new(),
    };
    let error = refused!(case.admin.channels().delete_channel_account(delete("")), ResourceInUse);
    assert_eq!(error.metadata()["resource"], "channel_account");
    let close =
        v1::CloseInteractionRequest { interaction_id: made.interaction_id, ..Default::default() };
    ok!(case.admin.interactions().close_interaction(close));
    refused!(case.admin.channels().delete_channel_account(delete("v66")), EtagMismatch);
    ok!(case.admin.channels().delete_channel_account(delete(&account.etag)));
    refused!(case.admin.channels().delete_channel_account(delete("")), ResourceNotFound);
    refused!(case.admin.channels().get_channel_account(get(&account.id)), ResourceNotFound);
    let late = hand_in(&account.id, "ada", "hello?");
    refused!(case.admin.channels().receive_message(late), ResourceNotFound);
    let path = crate::support::webhook::inbound_path(&account);
    let answer = http::send(case.server.port(), "POST", &path, &[], b"{}").await;
    assert_eq!(answer.status, 404);
}

async fn a_rotated_secret_holds_at_once(case: Case) {
    let (account, old) = case.account(NOWHERE).await;
    let rotate = v1::RotateChannelSecretRequest {
        channel_account_id: account.id.clone(),
        request_id: nobody(),
    };
    let rotated = ok!(case.admin.channels().rotate_channel_secret(rotate.clone()));
    let new = rotated.signing_secret;
    assert_ne!(new, old);
    assert!(new.ends_with(&rotated.channel_account.unwrap().secret_last4));
    let again = ok!(case.admin.channels().rotate_channel_secret(rotate));
    assert_eq!(again.signing_secret, "", "a repeat never repeats a secret");
    let by_new = Post::new(&account, &new, message("new", "ada", "new secret"));
    assert_eq!(by_new.send(&case).await.status, 200);
    let by_old = Post::new(&account, &old, message("old", "ada", "old secret"));
    assert_eq!(by_old.send(&case).await.status, 401, "the old secret is replaced at once");
    let unknown =
        v1::RotateChannelSecretRequest { channel_account_id: nobody(), ..Default::default() };
    refused!(case.admin.channels().rotate_channel_secret(unknown), ResourceNotFound);
}

async fn a_message_is_handed_in_and_threaded(case: Case) {
    let (account, _) = case.account(NOWHERE).await;
    let integration = case.role(Role::Integration).await;
    let request = v1::ReceiveMessageRequest {
        language: "de".into(),
        priority: v1::Priority::High.into(),
        request_id: nobody(),
        ..hand_in(&account.id, "ada", "hello")
    };
    let first = ok!(integration.channels().receive_message(request.clone()));
    assert!(!first.duplicate);
    let made = case.interaction(&first.interaction_id).await;
    assert_eq!((made.channel(), &made.channel_account_id), (ChannelKind::Webhook, &account.id));
    assert_eq!((made.language.as_str(), made.priority()), ("de", v1::Priority::High));
    assert_eq!((made.status(), made.subject.as_str()), (Status::Queued, "an order"));
    assert_eq!(made.conversation_id, first.conversation_id);
    let repeat = ok!(integration.channels().receive_message(request.clone()));
    assert_eq!(repeat.message_id, first.message_id, "one message");
    let other = v1::ReceiveMessageRequest { body: "other".into(), ..request };
    refused!(integration.channels().receive_message(other), RequestIdReused);

    let more = ok!(integration.channels().receive_message(hand_in(&account.id, "ada", "more")));
    assert_eq!(more.interaction_id, first.interaction_id, "it joins what is open");
    assert_ne!(more.message_id, first.message_id);
    let else_ = ok!(integration.channels().receive_message(hand_in(&account.id, "bo", "hi")));
    assert_ne!(else_.conversation_id, first.conversation_id);
    let close = v1::CloseInteractionRequest {
        interaction_id: first.interaction_id.clone(),
        ..Default::default()
    };
    ok!(case.admin.interactions().close_interaction(close));
    let next = ok!(integration.channels().receive_message(hand_in(&account.id, "ada", "again")));
    assert_ne!(next.interaction_id, first.interaction_id, "nothing was open there");
    assert_eq!(next.conversation_id, first.conversation_id, "the conversation continues");
    refused!(
        integration.channels().receive_message(hand_in(&nobody(), "ada", "hello")),
        ResourceNotFound
    );
}

async fn an_external_id_applies_once(case: Case) {
    let (account, secret) = case.account(NOWHERE).await;
    let (second, _) = case.account(NOWHERE).await;
    let integration = case.role(Role::Integration).await;
    let with = |account_id: &str, body: &str| v1::ReceiveMessageRequest {
        external_id: "m-1".into(),
        ..hand_in(account_id, "ada", body)
    };
    let first = ok!(integration.channels().receive_message(with(&account.id, "hello")));
    assert!(!first.duplicate);
    let again = ok!(integration.channels().receive_message(with(&account.id, "hello again")));
    assert!(again.duplicate, "whatever the request_id");
    assert_eq!(again.message_id, first.message_id);
    assert_eq!(again.interaction_id, first.interaction_id);
    assert_eq!(again.conversation_id, first.conversation_id);
    let other = ok!(integration.channels().receive_message(with(&second.id, "hello")));
    assert!(!other.duplicate, "on another account it is another message");
    let post = Post::new(&account, &secret, message("m-1", "ada", "hello by hook"));
    assert_eq!(post.send(&case).await.status, 200);
    let mark = Post::new(&account, &secret, message("m-2", "ada", "the next one"));
    assert_eq!(mark.send(&case).await.status, 200);
    let look = || async {
        let list = v1::ListMessagesRequest {
            scope: Some(v1::list_messages_request::Scope::ConversationId(
                first.conversation_id.clone(),
            )),
            ..Default::default()
        };
        let found = ok!(case.admin.interactions().list_messages(list)).messages;
        found.iter().any(|message| message.body == "the next one").then_some(found)
    };
    let messages = eventually("the message of the hook", look).await;
    let bodies: Vec<_> = messages.iter().map(|message| message.body.as_str()).collect();
    assert_eq!(bodies, ["hello", "the next one"], "a call and a hook count as one");
    assert_eq!(messages[0].external_id, "m-1");
}

async fn a_message_tells_its_status(case: Case) {
    let (account, _) = case.account(NOWHERE).await;
    let made = ok!(case.admin.channels().receive_message(hand_in(&account.id, "ada", "hello")));
    let ask = |id: &str| v1::GetMessageStatusRequest { message_id: id.to_owned() };
    let answer = ok!(case.admin.channels().get_message_status(ask(&made.message_id)));
    assert_eq!(answer.message_id, made.message_id);
    assert_eq!((answer.status(), answer.attempts), (DeliveryStatus::Received, 0));
    assert!(answer.next_attempt_time.is_none());
    assert_eq!(answer.history.len(), 1);
    refused!(case.admin.channels().get_message_status(ask(&nobody())), ResourceNotFound);
}
