//! Reply tokens, Message-IDs of ours and the texts in a subject: what one side writes the other
//! reads, and nothing else passes for it.

use crate::mail::{MAILBOX, envelope, keys, read, read_by};
use channels::email::address::{normalise, split_tag};
use channels::email::thread::{
    MAX_TOKEN_LOCAL, OwnId, TOKEN_LEN, Token, TokenKeys, case_token, is_token, subject_key,
    token_address,
};
use proptest::prelude::*;
use uuid::Uuid;

fn uuids() -> impl Strategy<Value = Uuid> {
    any::<u128>().prop_map(Uuid::from_u128)
}

fn tokens() -> impl Strategy<Value = Token> {
    uuids().prop_flat_map(|id| prop_oneof![Just(Token::Reply(id)), Just(Token::Bounce(id))])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_token_comes_back_as_it_left(
        token in tokens(), key in any::<[u8; 32]>(), id in 0_u8..128,
    ) {
        let keys = TokenKeys::new([(id, key)]);
        let text = keys.sign(MAILBOX, token).unwrap();
        prop_assert_eq!(text.len(), TOKEN_LEN);
        prop_assert!(text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()));
        prop_assert_eq!(keys.open(MAILBOX, &text), Some(token));
        prop_assert_eq!(keys.open(MAILBOX, &text.to_uppercase()), Some(token));
        let address = token_address(MAILBOX, &text).unwrap();
        let normal = normalise(&address.to_uppercase()).unwrap();
        prop_assert!(normal.split('@').next().unwrap().len() <= 64);
        prop_assert_eq!(split_tag(&normal), (MAILBOX.to_owned(), Some(text.as_str())));
    }

    #[test]
    fn a_token_with_one_character_changed_is_nobodys(
        token in tokens(), at in 0..TOKEN_LEN, to in 0_usize..32,
    ) {
        let text = keys().sign(MAILBOX, token).unwrap();
        let mut bytes = text.clone().into_bytes();
        bytes[at] = b"abcdefghijklmnopqrstuvwxyz234567"[to];
        let changed = String::from_utf8(bytes).unwrap();
        prop_assume!(changed != text);
        prop_assert_eq!(keys().open(MAILBOX, &changed), None);
    }

    #[test]
    fn a_token_holds_for_one_mailbox_and_one_key(token in tokens(), key in any::<[u8; 32]>()) {
        let text = keys().sign(MAILBOX, token).unwrap();
        prop_assert_eq!(keys().open("sales@desk.example", &text), None);
        prop_assert_eq!(TokenKeys::new([(3, key)]).open(MAILBOX, &text), None);
        prop_assert_eq!(TokenKeys::new([(4, [7; 32])]).open(MAILBOX, &text), None);
        prop_assert_eq!(TokenKeys::default().open(MAILBOX, &text), None);
        let rotated = TokenKeys::new([(4, key), (3, [7; 32])]);
        prop_assert_eq!(rotated.open(MAILBOX, &text), Some(token));
    }

    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,60}") {
        prop_assert_eq!(keys().open(MAILBOX, &text), None);
        let _ = (is_token(&text), OwnId::read(&text), case_token(&text), subject_key(&text));
        let _ = normalise(&text).map(|address| split_tag(&address).0);
    }

    #[test]
    fn an_own_id_comes_back_as_it_left(message in uuids()) {
        let own = OwnId { message };
        prop_assert_eq!(OwnId::read(&own.message_id("desk.example")), Some(own));
    }

    #[test]
    fn subjects_keep_their_key_through_answers(
        subject in "[a-z]{4,12}( [a-z]{1,8}){0,3}",
        prefixes in proptest::collection::vec(
            prop_oneof![
                Just("Re: "), Just("RE:"), Just("Fwd: "), Just("AW: "), Just("Re[2]: "),
                Just("SV: "), Just("回复："), Just("[list] "), Just("Antw: "), Just("Re : "),
            ], 0..6),
    ) {
        let answered = prefixes.concat() + &subject;
        prop_assert_eq!(subject_key(&answered), subject_key(&subject));
    }
}

#[test]
fn a_mailbox_with_a_long_name_has_no_room_for_a_token() {
    let token = keys().sign(MAILBOX, Token::Reply(Uuid::nil())).unwrap();
    let fits = format!("{}@desk.example", "a".repeat(MAX_TOKEN_LOCAL));
    assert_eq!(token_address(&fits, &token).unwrap().split('@').next().unwrap().len(), 64);
    let longer = format!("{}@desk.example", "a".repeat(MAX_TOKEN_LOCAL + 1));
    assert_eq!(token_address(&longer, &token), None);
}

#[test]
fn ids_that_only_look_like_ours_are_not() {
    for id in [
        "",
        "@",
        "a.b@c",
        "0195d6a07a4e7c318d2f5b1b2f0f6a11@desk.example",
        "om.0195d6a07a4e7c318d2f5b1b2f0f6a11.x@desk.example",
        "om.0195d6a0-7a4e-7c31-8d2f-5b1b2f0f6a11@desk.example",
        "om.0195d6a07a4e7c318d2f5b1b2f0f6a11",
    ] {
        assert_eq!(OwnId::read(id), None, "{id}");
    }
}

#[test]
fn case_tokens_are_found_where_they_are_whole() {
    assert_eq!(case_token("Re: [#abc-123] Broken").as_deref(), Some("ABC-123"));
    assert_eq!(case_token("[#] [#x y] [#K7]").as_deref(), Some("K7"));
    for subject in ["#ABC-123", "[ABC-123]", "[#ABC-123", "[#<script>]", ""] {
        assert_eq!(case_token(subject), None, "{subject}");
    }
}

#[test]
fn the_token_is_found_wherever_the_mailbox_is_addressed() {
    let token = keys().sign(MAILBOX, Token::Reply(Uuid::from_u128(7))).unwrap();
    let tagged = token_address(MAILBOX, &token).unwrap();
    let plain = |fields: &str| format!("From: ann@customer.example\n{fields}\n\nHello\n");
    let by_envelope = read_by(
        &envelope(Some("ann@customer.example"), &tagged.to_uppercase()),
        plain("To: someone@else.example").as_bytes(),
    );
    assert_eq!(by_envelope.mail.thread.reply_token.as_deref(), Some(token.as_str()));
    assert_eq!(by_envelope.mail.thread.mailbox, MAILBOX);
    for field in ["To", "Cc", "Delivered-To", "X-Original-To"] {
        let read = read(&plain(&format!("{field}: x@y.example, Help <{tagged}>")));
        assert_eq!(read.mail.thread.reply_token.as_deref(), Some(token.as_str()), "{field}");
    }
    // Another mailbox's token, a tag that is none, and one in the text are no hints.
    let other = token_address("sales@desk.example", &token).unwrap();
    for fields in [
        format!("To: {other}"),
        "To: help+hello@desk.example".to_owned(),
        format!("To: help@desk.example\nX-Note: {tagged}\n\nWrite to {tagged}"),
    ] {
        assert_eq!(read(&plain(&fields)).mail.thread.reply_token, None, "{fields}");
    }
}

#[test]
fn references_come_in_the_order_in_which_they_are_to_be_tried() {
    let read = read(
        "From: ann@customer.example\nTo: help@desk.example, Bob <BOB@Else.Example>\n\
         Cc: ann@customer.example, help+x@desk.example, group: c@d.example, bob@else.example;\n\
         Message-ID: <own@customer.example>\nIn-Reply-To: <c@x>\n\
         References: <a@x>\n <b@x>\n\t<c@x> <d@x>\n\nHello <body@x>\n",
    );
    let thread = read.mail.thread;
    assert_eq!(thread.references, ["c@x", "d@x", "b@x", "a@x"]);
    assert_eq!(thread.own_id.as_deref(), Some("own@customer.example"));
    assert_eq!(thread.participants, ["bob@else.example", "c@d.example"]);
}

/// Python's library writes a long In-Reply-To so, though the standard forbids it.
#[test]
fn ids_in_encoded_words_are_read() {
    let read = read(
        "From: ann@customer.example\nTo: help@desk.example\n\
         In-Reply-To: =?utf-8?q?=3Com=2E0195d6a07a4e7c318d2f5b1b2f0f6a11=40desk?=\n \
         =?utf-8?q?=2Eexample=3E?=\n\
         References: <a@x> =?utf-8?b?PGJAeD4=?=\n\nHello\n",
    );
    let own = "om.0195d6a07a4e7c318d2f5b1b2f0f6a11@desk.example";
    assert_eq!(read.mail.thread.references, [own, "b@x", "a@x"]);
}

#[test]
fn references_are_bounded_and_the_newest_are_kept() {
    let many: String = (0..500).map(|n| format!(" <{n}@x>\n")).collect();
    let read = read(&format!(
        "From: ann@customer.example\nTo: help@desk.example\nReferences:{many}\nHello\n"
    ));
    let references = read.mail.thread.references;
    assert_eq!(references.len(), 50);
    assert_eq!((references[0].as_str(), references[49].as_str()), ("499@x", "450@x"));
}
