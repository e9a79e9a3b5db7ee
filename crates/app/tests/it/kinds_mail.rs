//! Kinds of commands that come by mail: a thread begins, goes on, comes back; and what lifts a
//! suppression. Few addresses and few ids, so that two of them often meet.

use crate::kinds::{Make, State, arrival, sealed};
use crate::support::Chance;
use app::ledger::command::Command;
use app::ledger::command::arrive::{Arrive, MailArrival, Person};
use app::ledger::command::customer::LiftSuppression;
use app::ledger::command::delivery::Report;
use domain::channel::AccountStatus;
use domain::customer::Bounce;
use domain::id::AccountId;
use domain::message::DeliveryStatus;
use domain::sealed::{BlindIndex, Sealed};
use std::sync::Arc;

pub(crate) const MAIL: &[(&str, Make)] = &[
    ("mail begins", begins),
    ("mail goes on", goes_on),
    ("mail comes back", comes_back),
    ("lift suppression", lift),
];

fn index(chance: &mut Chance, from: u8, few: usize) -> BlindIndex {
    let at = u8::try_from(chance.below(few)).expect("it is small");
    BlindIndex([from + at; 16])
}

fn part(chance: &mut Chance, account_id: AccountId) -> MailArrival {
    MailArrival {
        account_id,
        conversation: None,
        flood: false,
        joins: None,
        refers_to: vec![index(chance, 220, 3)],
        seen: Vec::new(),
        reference: Some((index(chance, 220, 3), sealed(chance))),
        sender: index(chance, 230, 2),
        participants: vec![index(chance, 230, 4)],
        attachments: Vec::new(),
        reply: chance.one_in(2).then(|| sealed(chance)),
    }
}

fn account(s: &State, chance: &mut Chance) -> Option<AccountId> {
    let active = s.accounts.iter().filter(|account| account.status == AccountStatus::Active);
    chance.of(&active.map(|account| account.id).collect::<Vec<_>>())
}

fn begins(s: &State, chance: &mut Chance) -> Option<Arc<dyn Command>> {
    let account_id = account(s, chance)?;
    let point = chance.of(&s.points)?;
    let contact = app::ledger::command::arrive::Contact {
        kind: point.kind,
        index: point.address_index,
        address: point.address.clone(),
        verified: false,
    };
    let person = Person { customer_id: point.customer_id, new: None, contact: Some(contact) };
    let mail = Some(Box::new(part(chance, account_id)));
    let arrive = arrival(s, chance, person)?;
    Some(Arc::new(Arrive { account_id: Some(account_id), mail, ..arrive }))
}

fn goes_on(s: &State, chance: &mut Chance) -> Option<Arc<dyn Command>> {
    let rows: Vec<_> = s.rows.iter().filter(|row| row.account_id.is_some()).cloned().collect();
    let row = chance.of(&rows)?;
    let account_id = row.account_id?;
    let person = Person { customer_id: row.customer_id, new: None, contact: None };
    let mut mail = part(chance, account_id);
    mail.conversation = Some(row.conversation_id);
    let arrive = arrival(s, chance, person)?;
    Some(Arc::new(Arrive { account_id: Some(account_id), mail: Some(Box::new(mail)), ..arrive }))
}

fn comes_back(s: &State, chance: &mut Chance) -> Option<Arc<dyn Command>> {
    let (message, point) = (chance.of(&s.sent)?, chance.of(&s.points)?);
    let bounce = chance.of(&[Bounce::Hard, Bounce::Soft, Bounce::Blocked, Bounce::Complaint])?;
    Some(Arc::new(Report {
        message_id: message.id,
        status: DeliveryStatus::Undelivered,
        attempt: 0,
        reason: "BOUNCE_HARD 5.1.1".to_owned(),
        external_id: Sealed::default(),
        bounce: Some((bounce, point.id)),
        inbox: None,
    }))
}

fn lift(s: &State, chance: &mut Chance) -> Option<Arc<dyn Command>> {
    let point = chance.of(&s.points)?;
    let (customer_id, contact_point_id) = (point.customer_id, point.id);
    Some(Arc::new(LiftSuppression { customer_id, contact_point_id }))
}
