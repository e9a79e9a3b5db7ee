//! AdminService, the log: what the audit shows, that the chain verifies, and that no words of a
//! person are in it.

use crate::support::fixture::{Case, opening};
use crate::support::{mask, unique};
use omnichannel_sdk::v1::{self, ActorKind, ChangeAction, ResourceKind, Role};
use v1::event::Data;

both!(
    the_log_tells_who_did_what,
    the_log_holds_no_words_of_a_person,
    a_stretch_of_the_log_is_verified,
);

async fn entries(case: &Case, from_seq: i64) -> Vec<v1::AuditEntry> {
    let request = v1::ListAuditLogRequest { from_seq, page_size: 500, ..Default::default() };
    ok!(case.admin.admin().list_audit_log(request)).entries
}

async fn the_log_tells_who_did_what(case: Case) {
    let (agent, mut console) = case.at_work("Bo").await;
    let queue = case.plain_queue().await;
    let request =
        v1::CreateInteractionRequest { request_id: crate::support::nobody(), ..opening(&queue.id) };
    let made = case.create(request.clone()).await;
    console.take().await;
    let all = entries(&case, 0).await;
    assert_eq!(all[0].seq, 1, "from the oldest that is kept");
    let rising = all.windows(2).all(|pair| pair[1].seq == pair[0].seq + 1);
    assert!(rising, "by rising sequence, without gaps");
    for entry in &all {
        let event = entry.event.as_ref().expect("an entry has its event");
        assert_eq!((event.seq, &event.kind, event.time), (entry.seq, &entry.kind, entry.time));
        assert_eq!(event.actor_id, entry.actor_id);
        assert!(event.data.is_some() && !event.id.is_empty(), "{event:?}");
        assert_ne!(entry.subject_kind(), ResourceKind::Unspecified, "{entry:?}");
    }
    let find = |kind: &str| {
        let mut found = all.iter().rev();
        found.find(|entry| entry.kind == kind).unwrap_or_else(|| panic!("no {kind}"))
    };
    let created = find("interaction.created");
    assert_eq!(
        (created.subject_kind(), &created.subject_id),
        (ResourceKind::Interaction, &made.id)
    );
    assert_eq!(created.actor_kind(), ActorKind::ApiKey);
    assert_eq!(created.request_id, request.request_id);
    let event = created.event.as_ref().unwrap();
    assert_eq!((&event.interaction_id, &event.customer_id), (&made.id, &made.customer_id));
    let Some(Data::InteractionCreated(data)) = &event.data else { panic!("{event:?}") };
    assert_eq!(data.conversation_id, made.conversation_id);
    let accepted = find("offer.accepted");
    assert_eq!((accepted.actor_kind(), &accepted.actor_id), (ActorKind::Agent, &agent.id));
    let offered = find("offer.made");
    assert_eq!(offered.event.as_ref().unwrap().agent_id, agent.id);
    for kind in [
        "api_key.changed",
        "message.received",
        "interaction.queued",
        "agent.session_opened",
        "agent.presence_changed",
    ] {
        find(kind);
    }
    let tail = entries(&case, created.seq).await;
    assert_eq!(tail[0].seq, created.seq, "from the sequence asked for");
    assert_eq!(entries(&case, all.last().unwrap().seq + 1).await, []);
    let configured = find("config.changed").event.as_ref().unwrap();
    let Some(Data::ConfigChanged(data)) = &configured.data else { panic!("{configured:?}") };
    assert_eq!((data.resource_kind(), &data.resource_id), (ResourceKind::Queue, &queue.id));
    assert_eq!((data.action(), data.version), (ChangeAction::Created, 1));
}

async fn the_log_holds_no_words_of_a_person(case: Case) {
    let words = ["Zebulon", "zebulon@example.org", "my parcel is lost", "it was found again"];
    let customer = v1::Customer {
        display_name: words[0].into(),
        contact_points: vec![v1::ContactPoint {
            kind: v1::ChannelKind::Email.into(),
            address: words[1].into(),
            ..Default::default()
        }],
        external_id: "zebulon-7".into(),
        ..Default::default()
    };
    let request = v1::CreateCustomerRequest { customer: Some(customer), ..Default::default() };
    let customer = ok!(case.admin.customers().create_customer(request)).customer.unwrap();
    let request = v1::CreateInteractionRequest {
        customer: Some(v1::create_interaction_request::Customer::CustomerId(customer.id)),
        body: words[2].into(),
        subject: words[2].into(),
        tags: vec![words[0].into()],
        ..opening("")
    };
    let made = case.create(request).await;
    let close = v1::CloseInteractionRequest {
        interaction_id: made.id,
        resolution: words[3].into(),
        ..Default::default()
    };
    ok!(case.admin.interactions().close_interaction(close));
    let shown = format!("{:?}", entries(&case, 0).await).to_lowercase();
    let log = case.server.log_from(0).to_lowercase();
    for word in words.iter().chain(&["zebulon-7"]) {
        let word = word.to_lowercase();
        assert!(!shown.contains(&word), "{word:?} is in the audit log");
        assert!(!log.contains(&word), "{word:?} is in the server's log");
    }
    assert!(!log.contains(&case.tenant.key.to_lowercase()), "a key is in the server's log");
}

async fn a_stretch_of_the_log_is_verified(case: Case) {
    let auditor = case.role(Role::Auditor).await;
    for _ in 0..5 {
        case.skill().await;
    }
    let verify = |from_seq, to_seq| v1::VerifyAuditLogRequest { from_seq, to_seq };
    let whole = ok!(auditor.admin().verify_audit_log(verify(0, 0)));
    assert_eq!((whole.verified_from_seq, whole.first_bad_seq), (1, 0));
    assert_eq!(whole.head_hash.len(), 64);
    assert!(whole.head_hash.bytes().all(|digit| digit.is_ascii_hexdigit()));
    let last = entries(&case, 0).await.last().unwrap().seq;
    assert_eq!(whole.verified_to_seq, last);
    let part = ok!(auditor.admin().verify_audit_log(verify(3, 5)));
    assert!(part.verified_from_seq <= 3 && part.verified_to_seq >= 5, "{part:?}");
    assert_eq!(part.first_bad_seq, 0);
    assert_ne!(part.head_hash, whole.head_hash);
    let skill = case.skill().await;
    let update = v1::UpdateSkillRequest {
        skill: Some(v1::Skill { id: skill.id, name: unique("skill"), ..Default::default() }),
        update_mask: mask(&["name"]),
        request_id: String::new(),
    };
    ok!(case.admin.routing().update_skill(update));
    let longer = ok!(auditor.admin().verify_audit_log(verify(0, 0)));
    assert_eq!(longer.verified_to_seq, whole.verified_to_seq + 2);
    assert_ne!(longer.head_hash, whole.head_hash);
    let backwards = auditor.admin().verify_audit_log(verify(5, 3)).await;
    let error = omnichannel_sdk::Error::from(backwards.expect_err("from lies after to"));
    assert_eq!(error.reason().name(), "VALIDATION_FAILED", "{error:?}");
    refused!(auditor.admin().verify_audit_log(verify(-1, 0)), ValidationFailed);
}
