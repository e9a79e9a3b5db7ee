//! What the contract says in half a sentence holds as well: who may complete and cancel what was
//! moved, for whom work is reopened, and what no name, address or list of skills may be.

use crate::support::fixture::{Case, opening, somebody};
use crate::support::unique;
use omnichannel_sdk::Error;
use omnichannel_sdk::v1::{self, ChannelKind, InteractionStatus as Status};
use v1::create_interaction_request::Customer;

both!(
    what_was_taken_is_not_cancelled,
    what_nobody_owns_is_not_completed,
    work_of_a_deleted_customer_stays_done,
    names_and_addresses_are_plain_and_not_blank,
    a_skill_is_required_once,
    one_contact_point_too_many_is_named,
);

async fn what_was_taken_is_not_cancelled(case: Case) {
    let (here, there) = (case.plain_queue().await, case.plain_queue().await);
    let (_, mut console) = case.at_work("Bo").await;
    let made = case.open(&here).await;
    console.take().await;
    let target = v1::transfer_interaction_request::Target::QueueId(there.id.clone());
    let hand_on = v1::TransferInteractionRequest {
        interaction_id: made.id.clone(),
        target: Some(target),
        ..Default::default()
    };
    ok!(case.admin.interactions().transfer_interaction(hand_on));
    let cancel =
        v1::CancelInteractionRequest { interaction_id: made.id.clone(), ..Default::default() };
    refused!(case.admin.interactions().cancel_interaction(cancel), InteractionNotOpen);
    let close =
        v1::CloseInteractionRequest { interaction_id: made.id.clone(), ..Default::default() };
    ok!(case.admin.interactions().close_interaction(close));
    assert_eq!(case.interaction(&made.id).await.status(), Status::Resolved);
}

async fn what_nobody_owns_is_not_completed(case: Case) {
    let queue = case.plain_queue().await;
    let made = case.open(&queue).await;
    let complete =
        v1::CompleteInteractionRequest { interaction_id: made.id.clone(), ..Default::default() };
    let error =
        refused!(case.admin.agents().complete_interaction(complete.clone()), InteractionNotOpen);
    assert_eq!(error.metadata()["interaction_id"], made.id);
    let (_, mut console) = case.at_work("Bo").await;
    let offer = console.offered().await.offer.unwrap();
    refused!(case.admin.agents().complete_interaction(complete.clone()), InteractionNotOpen);
    console.session.accept(&offer.id).await.expect("it is still open");
    ok!(case.admin.agents().complete_interaction(complete));
}

async fn work_of_a_deleted_customer_stays_done(case: Case) {
    let made = case.create(opening("")).await;
    let close =
        v1::CloseInteractionRequest { interaction_id: made.id.clone(), ..Default::default() };
    ok!(case.admin.interactions().close_interaction(close));
    let delete =
        v1::DeleteCustomerRequest { customer_id: made.customer_id.clone(), ..Default::default() };
    ok!(case.admin.customers().delete_customer(delete));
    for reason in ["", "they wrote again"] {
        let reopen = v1::ReopenInteractionRequest {
            interaction_id: made.id.clone(),
            reason: reason.to_owned(),
            ..Default::default()
        };
        let error =
            refused!(case.admin.interactions().reopen_interaction(reopen), ResourceNotFound);
        assert_eq!(error.metadata()["resource"], "customer");
        assert_eq!(error.metadata()["id"], made.customer_id);
    }
}

fn first_field(error: &Error) -> &str {
    &error.violations()[0].field
}

async fn names_and_addresses_are_plain_and_not_blank(case: Case) {
    for wrong in ["   ", "\t", "a\nb", "a\u{7}b", "a\u{2028}b", "\u{a0}\u{200b}"] {
        let wrong = || wrong.to_owned();
        let queue = Some(v1::Queue { name: wrong(), ..Default::default() });
        let request = v1::CreateQueueRequest { queue, ..Default::default() };
        let error = refused!(case.admin.routing().create_queue(request), ValidationFailed);
        assert_eq!(first_field(&error), "queue.name");
        let customer = Some(v1::Customer { display_name: wrong(), ..Default::default() });
        let request = v1::CreateCustomerRequest { customer, ..Default::default() };
        let error = refused!(case.admin.customers().create_customer(request), ValidationFailed);
        assert_eq!(first_field(&error), "customer.display_name");
        let agent = Some(v1::Agent { name: wrong(), ..Default::default() });
        let request = v1::CreateAgentRequest { agent, ..Default::default() };
        let error = refused!(case.admin.agents().create_agent(request), ValidationFailed);
        assert_eq!(first_field(&error), "agent.name");
        let mut request = opening("");
        let Customer::Contact(contact) = somebody() else { panic!("somebody new") };
        let contact = v1::ContactInput { address: wrong(), ..contact };
        request.customer = Some(Customer::Contact(contact));
        let error =
            refused!(case.admin.interactions().create_interaction(request), ValidationFailed);
        assert_eq!(first_field(&error), "contact.address");
    }
    case.customer(" Zoë O'Neil-\u{5c71}\u{7530} \u{1f469}\u{200d}\u{1f4bb} ").await;
}

async fn a_skill_is_required_once(case: Case) {
    let skill_id = case.skill().await.id;
    let need = |min_level| v1::SkillRequirement { skill_id: skill_id.clone(), min_level };
    let twice = || vec![need(1), need(2)];
    let queue = v1::Queue { name: unique("q"), required_skills: twice(), ..Default::default() };
    let request = v1::CreateQueueRequest { queue: Some(queue), ..Default::default() };
    let error = refused!(case.admin.routing().create_queue(request), ValidationFailed);
    assert_eq!(first_field(&error), "queue.required_skills[1].skill_id");
    let request = v1::CreateInteractionRequest { required_skills: twice(), ..opening("") };
    let error = refused!(case.admin.interactions().create_interaction(request), ValidationFailed);
    assert_eq!(first_field(&error), "required_skills[1].skill_id");
}

async fn one_contact_point_too_many_is_named(case: Case) {
    let customer_id = case.customer("Ada").await.id;
    let add = || v1::AddContactPointRequest {
        customer_id: customer_id.clone(),
        contact_point: Some(v1::ContactPoint {
            kind: ChannelKind::Chat.into(),
            address: unique("visitor"),
            ..Default::default()
        }),
        ..Default::default()
    };
    for _ in 0..20 {
        ok!(case.admin.customers().add_contact_point(add()));
    }
    let error = refused!(case.admin.customers().add_contact_point(add()), ValidationFailed);
    assert_eq!(first_field(&error), "contact_point");
}
