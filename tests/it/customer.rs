//! CustomerService: who customers are, how they are reached and found, and what was said to them
//! over all channels.

use crate::support::fixture::{Case, opening};
use crate::support::{mask, nobody, unique};
use omnichannel_sdk::v1::{self, ChannelKind, MilestoneKind};
use v1::create_interaction_request::Customer as Of;
use v1::find_customer_request::By;
use v1::history_item::Item;

both!(
    a_customer_is_created_read_and_found,
    what_is_taken_is_refused,
    a_customer_is_changed_by_mask_and_etag,
    changes_without_etag_all_arrive,
    contact_points_come_and_go,
    mail_goes_to_addresses_only,
    spellings_of_one_mailbox_are_one_contact,
    a_customer_with_open_work_is_not_deleted,
    a_deleted_customer_is_forgotten,
    history_tells_messages_and_milestones_newest_first,
    a_long_history_is_told_whole,
    a_rating_keeps_its_time,
);

fn point(kind: ChannelKind, address: &str) -> v1::ContactPoint {
    v1::ContactPoint { kind: kind.into(), address: address.to_owned(), ..Default::default() }
}

fn create(customer: v1::Customer) -> v1::CreateCustomerRequest {
    v1::CreateCustomerRequest { customer: Some(customer), request_id: String::new() }
}

fn find(kind: ChannelKind, address: &str) -> v1::FindCustomerRequest {
    let contact = v1::ContactAddress { kind: kind.into(), address: address.to_owned() };
    v1::FindCustomerRequest { by: Some(By::Contact(contact)) }
}

fn known_as(external_id: &str) -> v1::FindCustomerRequest {
    v1::FindCustomerRequest { by: Some(By::ExternalId(external_id.to_owned())) }
}

async fn a_customer_is_created_read_and_found(case: Case) {
    let mail = format!("{}@example.org", nobody());
    let external = unique("crm");
    let wanted = v1::Customer {
        display_name: "Ada Lovelace".into(),
        tier: "gold".into(),
        language: "en".into(),
        external_id: external.clone(),
        attributes: [("plan".to_owned(), "pro".to_owned())].into(),
        contact_points: vec![
            point(ChannelKind::Email, &mail),
            point(ChannelKind::Sms, "+49 151 0000"),
        ],
        ..Default::default()
    };
    let made = ok!(case.admin.customers().create_customer(create(wanted.clone())));
    let made = made.customer.unwrap();
    assert_eq!((&made.display_name, &made.tier), (&wanted.display_name, &wanted.tier));
    assert_eq!((&made.language, &made.external_id), (&wanted.language, &wanted.external_id));
    assert_eq!(made.attributes, wanted.attributes);
    let addresses: Vec<_> = made.contact_points.iter().map(|found| &*found.address).collect();
    assert_eq!(addresses, [&*mail, "+49 151 0000"]);
    assert!(made.contact_points.iter().all(|found| !found.id.is_empty()));
    let get = v1::GetCustomerRequest { customer_id: made.id.clone() };
    assert_eq!(ok!(case.admin.customers().get_customer(get)).customer.unwrap(), made);
    for request in [find(ChannelKind::Email, &mail), known_as(&external)] {
        assert_eq!(ok!(case.admin.customers().find_customer(request)).customer.unwrap(), made);
    }
    for request in
        [find(ChannelKind::Sms, &mail), find(ChannelKind::Email, "x@y.zz"), known_as("nobody")]
    {
        let error = refused!(case.admin.customers().find_customer(request), ResourceNotFound);
        assert!(!format!("{error:?}").contains(&mail), "no personal data in an error");
    }
    let listed = ok!(case.admin.customers().list_customers(v1::ListCustomersRequest::default()));
    assert_eq!(listed.customers, [made]);
    refused!(
        case.admin.customers().find_customer(v1::FindCustomerRequest::default()),
        ValidationFailed
    );
}

async fn what_is_taken_is_refused(case: Case) {
    let mail = format!("{}@example.org", nobody());
    let wanted = v1::Customer {
        external_id: "crm-1".into(),
        contact_points: vec![point(ChannelKind::Email, &mail)],
        ..Default::default()
    };
    let first = ok!(case.admin.customers().create_customer(create(wanted))).customer.unwrap();
    let same = v1::Customer { external_id: "crm-1".into(), ..Default::default() };
    let error = refused!(case.admin.customers().create_customer(create(same)), NameTaken);
    assert_eq!(error.metadata()["resource"], "customer");
    let points = vec![point(ChannelKind::Email, &mail)];
    let same = v1::Customer { contact_points: points, ..Default::default() };
    refused!(case.admin.customers().create_customer(create(same)), ContactPointTaken);
    let twice = v1::Customer {
        contact_points: vec![point(ChannelKind::Sms, "+1"), point(ChannelKind::Sms, "+1")],
        ..Default::default()
    };
    let twice = case.admin.customers().create_customer(create(twice)).await;
    assert!(twice.is_err(), "an address is unique in the tenant for its kind");
    let other = case.stranger().await;
    let elsewhere = v1::Customer {
        external_id: "crm-1".into(),
        contact_points: vec![point(ChannelKind::Email, &mail)],
        ..Default::default()
    };
    ok!(other.admin.customers().create_customer(create(elsewhere)));
    let listed = ok!(case.admin.customers().list_customers(v1::ListCustomersRequest::default()));
    assert_eq!(listed.customers, [first], "nothing else was made");
}

async fn mail_goes_to_addresses_only(case: Case) {
    let made = ok!(case.admin.customers().create_customer(create(v1::Customer::default())));
    let id = made.customer.unwrap().id;
    let queue = case.plain_queue().await;
    for address in ["not an address", "a", "@", "a@b,c@d", "a b@c.example", "\"a\"@c.example"] {
        let of_mail = vec![point(ChannelKind::Email, address)];
        let wanted = v1::Customer { contact_points: of_mail.clone(), ..Default::default() };
        let add = v1::AddContactPointRequest {
            customer_id: id.clone(),
            contact_point: of_mail.into_iter().next(),
            ..Default::default()
        };
        let contact = v1::ContactInput {
            kind: ChannelKind::Email.into(),
            address: address.into(),
            ..Default::default()
        };
        let open = v1::CreateInteractionRequest {
            customer: Some(Of::Contact(contact)),
            ..opening(&queue.id)
        };
        for (field, refused) in [
            (
                "customer.contact_points[0].address",
                refused!(case.admin.customers().create_customer(create(wanted)), ValidationFailed),
            ),
            (
                "contact_point.address",
                refused!(case.admin.customers().add_contact_point(add), ValidationFailed),
            ),
            (
                "contact.address",
                refused!(case.admin.interactions().create_interaction(open), ValidationFailed),
            ),
        ] {
            let named = refused.violations();
            assert!(named.iter().any(|one| one.field == field), "{address:?}: {named:?}");
            assert!(address.len() < 3 || !format!("{refused:?}").contains(address), "not repeated");
        }
    }
    let sms = vec![point(ChannelKind::Sms, "INFO"), point(ChannelKind::Chat, "not an address")];
    let wanted = v1::Customer { contact_points: sms, ..Default::default() };
    ok!(case.admin.customers().create_customer(create(wanted)));
}

async fn spellings_of_one_mailbox_are_one_contact(case: Case) {
    let name = nobody();
    let first = point(ChannelKind::Email, &format!("{name}@m\u{fc}nchen.example"));
    let wanted = v1::Customer { contact_points: vec![first], ..Default::default() };
    let made = ok!(case.admin.customers().create_customer(create(wanted))).customer.unwrap();
    let kept = &made.contact_points[0].address;
    assert_eq!(*kept, format!("{name}@xn--mnchen-3ya.example"));
    for spelling in [
        kept.clone(),
        kept.to_uppercase(),
        format!("<{kept}>"),
        format!("{kept}."),
        format!("{kept}\u{200b}"),
        format!("{name}@M\u{dc}NCHEN.example"),
    ] {
        let same = vec![point(ChannelKind::Email, &spelling)];
        let same = v1::Customer { contact_points: same, ..Default::default() };
        refused!(case.admin.customers().create_customer(create(same)), ContactPointTaken);
        let found = find(ChannelKind::Email, &spelling);
        let found = ok!(case.admin.customers().find_customer(found)).customer.unwrap();
        assert_eq!(found.id, made.id, "{spelling:?}");
    }
}

async fn a_customer_is_changed_by_mask_and_etag(case: Case) {
    let made = case.customer("Ada").await;
    let update = |change: v1::Customer, paths: Option<&[&str]>| v1::UpdateCustomerRequest {
        customer: Some(v1::Customer { id: made.id.clone(), ..change }),
        update_mask: paths.and_then(mask),
        request_id: String::new(),
    };
    let wanted = v1::Customer {
        display_name: "Grace".into(),
        tier: "silver".into(),
        external_id: "crm-2".into(),
        attributes: [("plan".to_owned(), "free".to_owned())].into(),
        ..Default::default()
    };
    let only = update(wanted.clone(), Some(&["tier", "attributes"]));
    let first = ok!(case.admin.customers().update_customer(only)).customer.unwrap();
    assert_eq!((first.display_name.as_str(), first.tier.as_str()), ("Ada", "silver"));
    assert_eq!(first.attributes, wanted.attributes);
    let all = ok!(case.admin.customers().update_customer(update(wanted.clone(), None)));
    let all = all.customer.unwrap();
    assert_eq!((all.display_name.as_str(), all.external_id.as_str()), ("Grace", "crm-2"));
    let found = ok!(case.admin.customers().find_customer(known_as("crm-2"))).customer.unwrap();
    assert_eq!(found, all);
    let emptied = update(v1::Customer::default(), Some(&["external_id", "attributes"]));
    let emptied = ok!(case.admin.customers().update_customer(emptied)).customer.unwrap();
    assert_eq!((emptied.external_id.as_str(), emptied.attributes.len()), ("", 0));
    refused!(case.admin.customers().find_customer(known_as("crm-2")), ResourceNotFound);
    for path in ["contact_points", "id", "create_time", "attributes.plan", "nonsense"] {
        let wrong = update(v1::Customer::default(), Some(&[path]));
        refused!(case.admin.customers().update_customer(wrong), FieldMaskInvalid);
    }
    let many = update(wanted.clone(), Some(&["tier"; 33]));
    refused!(case.admin.customers().update_customer(many), FieldMaskInvalid);
    let stale = v1::Customer { tier: "x".into(), etag: first.etag, ..Default::default() };
    refused!(case.admin.customers().update_customer(update(stale, None)), EtagMismatch);
    let fresh = v1::Customer { tier: "x".into(), etag: emptied.etag, ..Default::default() };
    ok!(case.admin.customers().update_customer(update(fresh, None)));
    let unknown = v1::UpdateCustomerRequest {
        customer: Some(v1::Customer { id: nobody(), tier: "x".into(), ..Default::default() }),
        ..Default::default()
    };
    refused!(case.admin.customers().update_customer(unknown), ResourceNotFound);
}

async fn changes_without_etag_all_arrive(case: Case) {
    let ada = v1::Customer { display_name: "Ada".into(), ..Default::default() };
    let made = ok!(case.admin.customers().create_customer(create(ada))).customer.unwrap();
    let change = |path: &str, customer: v1::Customer| v1::UpdateCustomerRequest {
        customer: Some(v1::Customer { id: made.id.clone(), ..customer }),
        update_mask: mask(&[path]),
        ..Default::default()
    };
    let name = change("display_name", v1::Customer { display_name: "Eva".into(), ..made.clone() });
    let name = v1::UpdateCustomerRequest {
        customer: name.customer.map(|customer| v1::Customer { etag: String::new(), ..customer }),
        ..name
    };
    let tier = change("tier", v1::Customer { tier: "gold".into(), ..Default::default() });
    for _ in 0..5 {
        let (mut one, mut other) = (case.admin.customers(), case.admin.customers());
        let both =
            tokio::join!(one.update_customer(name.clone()), other.update_customer(tier.clone()),);
        assert!(both.0.is_ok() && both.1.is_ok(), "neither caller named an etag: {both:?}");
    }
    let get = v1::GetCustomerRequest { customer_id: made.id };
    let now = ok!(case.admin.customers().get_customer(get)).customer.unwrap();
    assert_eq!((&*now.display_name, &*now.tier), ("Eva", "gold"));
}

async fn contact_points_come_and_go(case: Case) {
    let (first, second) = (case.customer("Ada").await, case.customer("Grace").await);
    let address = unique("+49");
    let add = |id: &str, address: &str| v1::AddContactPointRequest {
        customer_id: id.to_owned(),
        contact_point: Some(point(ChannelKind::Whatsapp, address)),
        request_id: String::new(),
    };
    let added = ok!(case.admin.customers().add_contact_point(add(&first.id, &address)));
    let made = added.contact_point.unwrap();
    assert_eq!(added.customer.unwrap().contact_points, [made.clone()]);
    assert_eq!((made.kind(), &made.address), (ChannelKind::Whatsapp, &address));
    let request = find(ChannelKind::Whatsapp, &address);
    let found = ok!(case.admin.customers().find_customer(request.clone())).customer.unwrap();
    assert_eq!(found.id, first.id);
    assert!(!made.verified, "nobody has proven it yet");
    let mut proven = add(&first.id, &address);
    proven.contact_point.as_mut().unwrap().verified = true;
    let proven = ok!(case.admin.customers().add_contact_point(proven)).contact_point.unwrap();
    assert_eq!((&proven.id, proven.verified), (&made.id, true), "the same, proven now");
    let again = add(&second.id, &address);

    refused!(case.admin.customers().add_contact_point(again.clone()), ContactPointTaken);
    refused!(case.admin.customers().add_contact_point(add(&nobody(), "+1")), ResourceNotFound);

    let remove = |customer: &str, point: &str| v1::RemoveContactPointRequest {
        customer_id: customer.to_owned(),
        contact_point_id: point.to_owned(),
        request_id: String::new(),
    };
    let foreign = remove(&second.id, &made.id);
    refused!(case.admin.customers().remove_contact_point(foreign), ResourceNotFound);
    let request_id = nobody();
    let mine = v1::RemoveContactPointRequest { request_id, ..remove(&first.id, &made.id) };
    let left = ok!(case.admin.customers().remove_contact_point(mine.clone())).customer.unwrap();
    assert_eq!(left.contact_points, []);
    ok!(case.admin.customers().remove_contact_point(mine));
    let gone = remove(&first.id, &made.id);
    refused!(case.admin.customers().remove_contact_point(gone), ResourceNotFound);
    refused!(case.admin.customers().find_customer(request), ResourceNotFound);
    ok!(case.admin.customers().add_contact_point(again));
    for number in 0..19 {
        let next = add(&second.id, &format!("+{number}"));
        ok!(case.admin.customers().add_contact_point(next));
    }
    let error = refused!(
        case.admin.customers().add_contact_point(add(&second.id, "+99")),
        ValidationFailed
    );
    assert!(!error.violations().is_empty(), "a customer has at most 20");
}

async fn a_customer_with_open_work_is_not_deleted(case: Case) {
    let made = case.open(&case.plain_queue().await).await;
    let delete =
        v1::DeleteCustomerRequest { customer_id: made.customer_id.clone(), ..Default::default() };
    let error = refused!(case.admin.customers().delete_customer(delete.clone()), ResourceInUse);
    assert_eq!(error.metadata()["resource"], "customer");
    assert_eq!(case.interaction(&made.id).await.subject, "an order", "nothing was erased");
    let close = v1::CloseInteractionRequest { interaction_id: made.id, ..Default::default() };
    ok!(case.admin.interactions().close_interaction(close));
    ok!(case.admin.customers().delete_customer(delete));
}

async fn a_deleted_customer_is_forgotten(case: Case) {
    let address = unique("visitor");
    let contact = v1::ContactInput {
        kind: ChannelKind::Chat.into(),
        address: address.clone(),
        display_name: "Ada".into(),
    };
    let queue = case.plain_queue().await;
    let request =
        v1::CreateInteractionRequest { customer: Some(Of::Contact(contact)), ..opening(&queue.id) };
    let made = case.create(request.clone()).await;
    let close = v1::CloseInteractionRequest {
        interaction_id: made.id.clone(),
        resolution: "told a secret".into(),
        ..Default::default()
    };
    ok!(case.admin.interactions().close_interaction(close));
    let get = v1::GetCustomerRequest { customer_id: made.customer_id.clone() };
    let customer = ok!(case.admin.customers().get_customer(get.clone())).customer.unwrap();
    let delete = |etag: &str| v1::DeleteCustomerRequest {
        customer_id: made.customer_id.clone(),
        etag: etag.to_owned(),
        request_id: String::new(),
    };
    refused!(case.admin.customers().delete_customer(delete("v88")), EtagMismatch);
    ok!(case.admin.customers().delete_customer(delete(&customer.etag)));
    refused!(case.admin.customers().delete_customer(delete("")), ResourceNotFound);
    refused!(case.admin.customers().get_customer(get), ResourceNotFound);
    refused!(
        case.admin.customers().find_customer(find(ChannelKind::Chat, &address)),
        ResourceNotFound
    );
    let history =
        v1::GetHistoryRequest { customer_id: made.customer_id.clone(), ..Default::default() };
    refused!(case.admin.customers().get_history(history), ResourceNotFound);
    let left = case.interaction(&made.id).await;
    assert_eq!((left.subject.as_str(), left.resolution.as_str()), ("", ""), "words are gone");
    let messages = v1::ListMessagesRequest {
        scope: Some(v1::list_messages_request::Scope::InteractionId(made.id.clone())),
        ..Default::default()
    };
    let messages = ok!(case.admin.interactions().list_messages(messages)).messages;
    assert!(messages.iter().all(|message| message.body.is_empty()));
    let verified = ok!(case.admin.admin().verify_audit_log(v1::VerifyAuditLogRequest::default()));
    assert_eq!(verified.first_bad_seq, 0, "the chain still verifies");
    let again = case.create(request).await;
    assert_ne!(again.customer_id, made.customer_id, "the address belongs to somebody new");
}

async fn history_tells_messages_and_milestones_newest_first(case: Case) {
    let queue = case.plain_queue().await;
    let made = case.open(&queue).await;
    let (agent, mut console) = case.at_work("Bo").await;
    console.take().await;
    let note = v1::SendMessageRequest {
        interaction_id: made.id.clone(),
        body: "called back".into(),
        kind: v1::SendKind::InternalNote.into(),
        ..Default::default()
    };
    ok!(agent.client.interactions().send_message(note));
    let end = v1::SessionComplete { interaction_id: made.id.clone(), ..Default::default() };
    console.session.complete(end).await.expect("it is ours");
    let rate = v1::RateInteractionRequest {
        interaction_id: made.id.clone(),
        rating: 5,
        ..Default::default()
    };
    ok!(case.admin.interactions().rate_interaction(rate));
    let mail = v1::CreateInteractionRequest {
        customer: Some(Of::CustomerId(made.customer_id.clone())),
        channel: ChannelKind::Email.into(),
        body: "and by mail".into(),
        ..opening(&queue.id)
    };
    console.presence(v1::PresenceStatus::Away).await;
    let mail = case.create(mail).await;
    let history =
        v1::GetHistoryRequest { customer_id: made.customer_id.clone(), ..Default::default() };
    let items = ok!(case.admin.customers().get_history(history)).items;
    let times: Vec<_> = items
        .iter()
        .map(|item| item.time.map(|time| (time.seconds, time.nanos)).expect("a time"))
        .collect();
    assert!(times.windows(2).all(|pair| pair[0] >= pair[1]), "newest first: {times:?}");
    let bodies: Vec<_> = items
        .iter()
        .filter_map(|item| match &item.item {
            Some(Item::Message(message)) => Some(message.body.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(bodies, ["and by mail", "called back", "where is it?"]);
    let milestones = |id: &str| -> Vec<MilestoneKind> {
        let all = items.iter().filter_map(|item| match &item.item {
            Some(Item::Milestone(stone)) if stone.interaction_id == id => Some(stone.kind()),
            _ => None,
        });
        all.collect()
    };
    let first = milestones(&made.id);
    for kind in [
        MilestoneKind::Created,
        MilestoneKind::FirstOffered,
        MilestoneKind::Accepted,
        MilestoneKind::Resolved,
        MilestoneKind::Rated,
    ] {
        assert!(first.contains(&kind), "{kind:?} is missing: {first:?}");
    }
    assert_eq!(milestones(&mail.id), [MilestoneKind::Created], "over all channels");
    let unknown = v1::GetHistoryRequest { customer_id: nobody(), ..Default::default() };
    refused!(case.admin.customers().get_history(unknown), ResourceNotFound);
}

async fn history(case: &Case, customer_id: &str, page_size: i32) -> Vec<v1::HistoryItem> {
    let (mut items, mut page_token) = (Vec::new(), String::new());
    loop {
        let customer_id = customer_id.to_owned();
        let ask = v1::GetHistoryRequest { customer_id, page_size, page_token };
        let page = ok!(case.admin.customers().get_history(ask));
        items.extend(page.items);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return items;
        }
    }
}

async fn a_long_history_is_told_whole(case: Case) {
    let made = case.open(&case.plain_queue().await).await;
    case.notes(&made.id, 70).await;
    let whole = history(&case, &made.customer_id, 500).await;
    let said: Vec<_> = whole
        .iter()
        .filter_map(|item| match &item.item {
            Some(Item::Message(message)) => Some(message.body.clone()),
            _ => None,
        })
        .collect();
    let expected: Vec<_> = (0..70).rev().map(|number| format!("note {number}")).collect();
    assert_eq!(said[..70], expected);
    assert_eq!((said.len(), whole.len()), (71, 72), "the first message, and the creation");
    for size in [1, 7, 36, 72] {
        assert_eq!(history(&case, &made.customer_id, size).await, whole, "pages of {size}");
    }
}

async fn a_rating_keeps_its_time(case: Case) {
    let made = case.open(&case.plain_queue().await).await;
    let id = made.id.clone();
    let close = v1::CloseInteractionRequest { interaction_id: id.clone(), ..Default::default() };
    ok!(case.admin.interactions().close_interaction(close));
    let rate =
        v1::RateInteractionRequest { interaction_id: id.clone(), rating: 4, ..Default::default() };
    ok!(case.admin.interactions().rate_interaction(rate));
    let rated = |items: Vec<v1::HistoryItem>| {
        let of = |item: &v1::HistoryItem| match &item.item {
            Some(Item::Milestone(stone)) => stone.kind() == MilestoneKind::Rated,
            _ => false,
        };
        items.into_iter().find(of).expect("it was rated").time
    };
    let before = rated(history(&case, &made.customer_id, 0).await);
    let reopen = v1::ReopenInteractionRequest { interaction_id: id, ..Default::default() };
    ok!(case.admin.interactions().reopen_interaction(reopen));
    assert_eq!(rated(history(&case, &made.customer_id, 0).await), before);
}
