//! Every table: what is written comes back the same, with every optional field there and not there,
//! also when a row is replaced by one of the other kind, and many rows at once.

use crate::nouns;
use crate::support::{Db, at, head, id, log_row, noun, on_both};
use domain::id::{CustomerId, TenantId};
use store::{
    ConfigKind, Deleted, InboxState, LoadKeys, Loaded, OutboxState, PlanVersion, WriteBatch,
};

/// One of everything.
pub(crate) fn batch(tenant: TenantId, full: bool) -> WriteBatch {
    let t = tenant;
    WriteBatch {
        interactions: vec![(t, nouns::interaction(full))],
        messages: vec![(t, nouns::message(full))],
        offers: vec![(t, nouns::offer(full))],
        conversations: vec![(t, nouns::conversation(full))],
        customers: vec![(t, nouns::customer(full))],
        contact_points: vec![(t, nouns::contact_point(full))],
        agents: vec![(t, nouns::agent(full))],
        presences: vec![(t, nouns::presence(full))],
        sessions: vec![(t, nouns::session())],
        teams: vec![(t, nouns::team())],
        skills: vec![(t, nouns::skill())],
        queues: vec![(t, nouns::queue())],
        rules: vec![(t, nouns::rule())],
        plans: vec![(t, nouns::plan())],
        plan_versions: vec![(t, nouns::plan_version())],
        calendars: vec![(t, nouns::calendar())],
        schedules: vec![(t, nouns::schedule())],
        time_off: vec![(t, nouns::time_off(full))],
        sla_policies: vec![(t, nouns::sla_policy())],
        escalation_policies: vec![(t, nouns::escalation_policy())],
        routing_settings: vec![(t, nouns::routing_settings())],
        accounts: vec![(t, nouns::account(full))],
        api_keys: vec![(t, nouns::api_key(full))],
        mailboxes: vec![(t, nouns::mailbox())],
        mail_references: vec![(t, nouns::mail_reference())],
        mail_participants: vec![(t, nouns::mail_participant(full))],
        mail_senders: vec![(t, nouns::mail_sender(full))],
        attachments: vec![(t, nouns::attachment(full))],
        idempotency: vec![(t, nouns::idempotency())],
        outbox: vec![(t, nouns::delivery(1))],
        ..WriteBatch::default()
    }
}

/// The same ids with the fields of another batch.
fn with_ids(of: &WriteBatch, mut other: WriteBatch) -> WriteBatch {
    macro_rules! same_id {
        ($($field:ident $id:ident),+) => {$(
            other.$field[0].1.$id = of.$field[0].1.$id;
        )+};
    }
    same_id!(
        interactions id, messages id, offers id, conversations id, customers id,
        contact_points id, agents id, sessions id, teams id, skills id, queues id, rules id,
        plans id, calendars id, schedules id, time_off id, sla_policies id,
        escalation_policies id,
        accounts id, api_keys id, attachments id, mail_references message_id,
        mail_participants conversation_id, mail_senders account_id, mailboxes account_id
    );
    other.mail_references[0].1.index = of.mail_references[0].1.index;
    other.mail_participants[0].1.address = of.mail_participants[0].1.address;
    other.mail_senders[0].1.address = of.mail_senders[0].1.address;
    same_id!(presences agent_id);
    other
}

fn ids<N, I>(rows: &[(TenantId, N)], id: impl Fn(&N) -> I) -> Vec<(TenantId, I)> {
    rows.iter().map(|(t, n)| (*t, id(n))).collect()
}

fn keys(b: &WriteBatch) -> LoadKeys {
    LoadKeys {
        idempotency: ids(&b.idempotency, |n| n.key),
        interactions: ids(&b.interactions, |n| n.id),
        conversations: ids(&b.conversations, |n| n.id),
        offers: ids(&b.offers, |n| n.id),
        messages: ids(&b.messages, |n| n.id),
        customers: ids(&b.customers, |n| n.id),
        agents: ids(&b.agents, |n| n.id),
        accounts: ids(&b.accounts, |n| n.id),
        contact_points_by_id: ids(&b.contact_points, |n| n.id),
        api_keys: ids(&b.api_keys, |n| n.id),
        queues: ids(&b.queues, |n| n.id),
        teams: ids(&b.teams, |n| n.id),
        skills: ids(&b.skills, |n| n.id),
        rules: ids(&b.rules, |n| n.id),
        plans: ids(&b.plans, |n| n.id),
        calendars: ids(&b.calendars, |n| n.id),
        schedules: ids(&b.schedules, |n| n.id),
        time_off: ids(&b.time_off, |n| n.id),
        sla_policies: ids(&b.sla_policies, |n| n.id),
        escalation_policies: ids(&b.escalation_policies, |n| n.id),
        outbox: ids(&b.outbox, |n| n.id),
        attachments: ids(&b.attachments, |n| n.id),
        mail_references: ids(&b.mail_references, |n| n.index),
        mail_participants: b
            .mail_participants
            .iter()
            .map(|(t, n)| (*t, n.conversation_id, n.address))
            .collect(),
        mail_senders: b.mail_senders.iter().map(|(t, n)| (*t, n.account_id, n.address)).collect(),
        ..LoadKeys::default()
    }
}

async fn load(db: &Db, tenants: &[TenantId], keys: &LoadKeys) -> Loaded {
    let mut tx = db.store.begin(tenants).await.unwrap();
    let found = tx.load(keys).await.unwrap();
    tx.rollback().await;
    found
}

fn assert_same(b: &WriteBatch, found: &Loaded) {
    assert_eq!(b.interactions, found.interactions);
    assert_eq!(b.messages, found.messages);
    assert_eq!(b.offers, found.offers);
    assert_eq!(b.conversations, found.conversations);
    assert_eq!(b.customers, found.customers);
    assert_eq!(b.contact_points, found.contact_points);
    assert_eq!(b.agents, found.agents);
    assert_eq!(b.teams, found.teams);
    assert_eq!(b.skills, found.skills);
    assert_eq!(b.queues, found.queues);
    assert_eq!(b.rules, found.rules);
    assert_eq!(b.plans, found.plans);
    assert_eq!(b.calendars, found.calendars);
    assert_eq!(b.schedules, found.schedules);
    assert_eq!(b.time_off, found.time_off);
    assert_eq!(b.sla_policies, found.sla_policies);
    assert_eq!(b.escalation_policies, found.escalation_policies);
    assert_eq!(b.accounts, found.accounts);
    assert_eq!(b.api_keys, found.api_keys);
    assert_eq!(b.attachments, found.attachments);
    assert_eq!(b.mail_references, found.mail_references);
    assert_eq!(b.mail_participants, found.mail_participants);
    assert_eq!(b.mail_senders, found.mail_senders);
}

#[tokio::test]
async fn rows_come_back_as_written() {
    on_both(|db| async move {
        let tenant = db.tenant().await;
        for (first, second) in [(true, false), (false, true)] {
            let written = batch(tenant, first);
            db.write(tenant, &written).await.unwrap();
            let found = load(&db, &[tenant], &keys(&written)).await;
            assert_same(&written, &found);
            assert_eq!(written.idempotency, found.idempotency);
            let delivery = &found.outbox[0].1;
            assert_eq!(delivery.state, OutboxState::Ready);
            assert_eq!(delivery.lane, written.outbox[0].1.lane);
            assert_eq!((delivery.lease_until, delivery.lease_owner), (None, None));

            let mut replaced = with_ids(&written, batch(tenant, second));
            replaced.idempotency.clear();
            replaced.outbox.clear();
            db.write(tenant, &replaced).await.unwrap();
            let found = load(&db, &[tenant], &keys(&replaced)).await;
            assert_same(&replaced, &found);
            let floor = db.store.load_floor(tenant).await.unwrap();
            assert!(floor.presences.contains(&replaced.presences[0].1));
            assert!(floor.sessions.contains(&replaced.sessions[0].1));
        }
    })
    .await;
}

#[tokio::test]
async fn many_rows_travel_together() {
    on_both(|db| async move {
        let tenant = db.tenant().await;
        let mut many = WriteBatch::default();
        for i in 0..777 {
            many.interactions.push((tenant, nouns::interaction(i % 2 == 0)));
            many.messages.push((tenant, nouns::message(i % 3 == 0)));
        }
        db.write(tenant, &many).await.unwrap();
        let mut found = load(&db, &[tenant], &keys(&many)).await;
        found.interactions.sort_by_key(|(_, n)| n.id);
        found.messages.sort_by_key(|(_, n)| n.id);
        assert_eq!(many.interactions, found.interactions);
        assert_eq!(many.messages, found.messages);
    })
    .await;
}

#[tokio::test]
async fn a_create_stays_within_its_statements() {
    on_both(|db| async move {
        let tenant = db.tenant().await;
        let mut tx = db.store.begin(&[tenant]).await.unwrap();
        let heads = tx.lock_heads(&[tenant], true).await.unwrap();
        tx.now().await.unwrap();
        let mut b = WriteBatch::default();
        for _ in 0..64 {
            b.interactions.push((tenant, nouns::interaction(true)));
            b.messages.push((tenant, nouns::message(true)));
            b.offers.push((tenant, nouns::offer(true)));
            b.idempotency.push((tenant, nouns::idempotency()));
        }
        b.log.push(log_row(tenant, 1, 128));
        b.heads.push(head(tenant, 128));
        let wanted = LoadKeys {
            idempotency: ids(&b.idempotency, |n| n.key),
            conversations: ids(&b.interactions, |n| n.conversation_id),
            ..LoadKeys::default()
        };
        assert!(tx.load(&wanted).await.unwrap().conversations.is_empty());
        tx.write(&b).await.unwrap();
        // Begin, lock, two look-ups, six tables; the commit is one more.
        assert_eq!(tx.statements(), 10);
        tx.commit().await.unwrap();
        assert_eq!(heads, vec![head(tenant, 0)]);
        assert_eq!(db.store.heads(&[tenant]).await.unwrap(), vec![head(tenant, 128)]);
    })
    .await;
}

#[tokio::test]
async fn the_log_is_read_in_order_and_remembers_batches() {
    on_both(|db| async move {
        let tenant = db.tenant().await;
        let other = db.tenant().await;
        let rows = [log_row(tenant, 1, 3), log_row(tenant, 4, 4), log_row(tenant, 5, 9)];
        for row in &rows {
            assert_eq!(row.hash, row.compute_hash());
            let b = WriteBatch {
                log: vec![row.clone()],
                heads: vec![head(tenant, row.last_seq)],
                ..WriteBatch::default()
            };
            db.write(tenant, &b).await.unwrap();
        }
        assert_eq!(db.store.log_after(tenant, 0, 10).await.unwrap(), rows);
        assert_eq!(db.store.log_after(tenant, 3, 1).await.unwrap(), rows[1..2]);
        // A cursor inside a row gets the row.
        assert_eq!(db.store.log_after(tenant, 6, 10).await.unwrap(), rows[2..]);
        assert_eq!(db.store.log_after(other, 0, 10).await.unwrap(), vec![]);
        let back = db.store.tenant(tenant).log_before(5, 10).await.unwrap();
        assert_eq!(back, [rows[1].clone(), rows[0].clone()]);
        let mut tx = db.store.begin(&[tenant]).await.unwrap();
        assert!(tx.has_batch(tenant, rows[1].batch_id).await.unwrap());
        assert!(!tx.has_batch(tenant, id()).await.unwrap());
        assert!(!tx.has_batch(other, rows[1].batch_id).await.unwrap());
        tx.rollback().await;
    })
    .await;
}

#[tokio::test]
async fn threads_lead_from_an_address_to_its_open_interaction() {
    on_both(|db| async move {
        let t = db.tenant().await;
        let contact = nouns::contact_point(true);
        let lonely = nouns::contact_point(false);
        let account = id();
        let conversation = |account_id| domain::interaction::Conversation {
            account_id,
            contact_point_id: Some(contact.id),
            customer_id: contact.customer_id,
            ..nouns::conversation(true)
        };
        let (old, new, none) =
            (conversation(Some(account)), conversation(Some(account)), conversation(None));
        let over_account = || domain::interaction::Interaction {
            account_id: Some(account),
            ..nouns::interaction_of(new.id, contact.customer_id)
        };
        let (open, mut closed) = (over_account(), over_account());
        closed.status = domain::interaction::InteractionStatus::Closed;
        let b = WriteBatch {
            contact_points: vec![(t, contact.clone()), (t, lonely.clone())],
            conversations: vec![(t, old), (t, new.clone()), (t, none.clone())],
            interactions: vec![(t, open.clone()), (t, closed)],
            ..WriteBatch::default()
        };
        db.write(t, &b).await.unwrap();
        let key =
            |account, c: &domain::customer::ContactPoint| (t, account, c.kind, c.address_index);
        let unknown = nouns::contact_point(false);
        let wanted = LoadKeys {
            threads: vec![
                key(Some(account), &contact),
                key(None, &contact),
                key(Some(account), &lonely),
                key(None, &unknown),
            ],
            contacts: vec![(t, contact.kind, contact.address_index)],
            customer_contacts: vec![(t, contact.customer_id)],
            open_interactions_of: vec![(t, new.id)],
            open_work_over: vec![(t, account), (t, id())],
            open_work_of: vec![(t, contact.customer_id), (t, id())],
            ..LoadKeys::default()
        };
        let found = load(&db, &[t], &wanted).await;
        assert_eq!(found.threads.len(), 3);
        let thread = |account, of: &domain::customer::ContactPoint| {
            let mut all = found.threads.iter();
            all.find(|x| x.account_id == account && x.contact_point == *of).unwrap()
        };
        let with = thread(Some(account), &contact);
        assert_eq!((&with.conversation, &with.interaction), (&Some(new), &Some(open.clone())));
        let without = thread(None, &contact);
        assert_eq!((&without.conversation, &without.interaction), (&Some(none), &None));
        let nothing = thread(Some(account), &lonely);
        assert_eq!((&nothing.conversation, &nothing.interaction), (&None, &None));
        assert_eq!(found.contact_points, vec![(t, contact.clone()), (t, contact)]);
        let thrice = vec![(t, open.clone()), (t, open.clone()), (t, open)];
        assert_eq!(found.interactions, thrice, "by conversation, by account, by customer");
    })
    .await;
}

#[tokio::test]
async fn names_tenants_and_external_ids_are_found() {
    on_both(|db| async move {
        let (a, b) = (db.tenant().await, db.tenant().await);
        let (queue, skill, customer) = (nouns::queue(), nouns::skill(), nouns::customer(true));
        let batch = WriteBatch {
            queues: vec![(a, queue.clone())],
            skills: vec![(b, skill.clone())],
            customers: vec![(a, customer.clone())],
            ..WriteBatch::default()
        };
        db.write_for(&[a, b], &batch).await.unwrap();
        let wanted = LoadKeys {
            config_names: vec![a, b],
            tenants: vec![a],
            tenant_names: vec![noun(b).name, "nobody".to_owned(), "nul\0".to_owned()],
            external: vec![(a, customer.external_index.unwrap())],
            ..LoadKeys::default()
        };
        let found = load(&db, &[a, b, TenantId::SYSTEM], &wanted).await;
        let mut names: Vec<_> =
            found.names.iter().map(|n| (n.kind, n.tenant, n.id, n.name.clone())).collect();
        names.sort();
        let expected = [
            (ConfigKind::Queue, a, queue.id.0, queue.name),
            (ConfigKind::Skill, b, skill.id.0, skill.name),
        ];
        assert_eq!(names, expected);
        let tenants: Vec<_> = found.tenants.into_iter().map(|(tenant, _)| tenant).collect();
        assert_eq!(tenants, [noun(a), noun(b)]);
        assert_eq!(found.customers, [(a, customer)]);
    })
    .await;
}

#[tokio::test]
async fn deletions_delete_what_belongs() {
    on_both(|db| async move {
        let t = db.tenant().await;
        let mut written = batch(t, true);
        let customer = written.customers[0].1.id;
        written.contact_points[0].1.customer_id = customer;
        written.presences[0].1.agent_id = written.agents[0].1.id;
        written.customer_keys = vec![(t, customer, vec![1, 2])];
        db.write(t, &written).await.unwrap();
        let deletes = vec![
            (t, Deleted::Agent(written.agents[0].1.id)),
            (t, Deleted::Session(written.sessions[0].1.id)),
            (t, Deleted::Team(written.teams[0].1.id)),
            (t, Deleted::Skill(written.skills[0].1.id)),
            (t, Deleted::Queue(written.queues[0].1.id)),
            (t, Deleted::Rule(written.rules[0].1.id)),
            (t, Deleted::Plan(written.plans[0].1.id)),
            (t, Deleted::Calendar(written.calendars[0].1.id)),
            (t, Deleted::Schedule(written.schedules[0].1.id)),
            (t, Deleted::TimeOff(written.time_off[0].1.id)),
            (t, Deleted::SlaPolicy(written.sla_policies[0].1.id)),
            (t, Deleted::EscalationPolicy(written.escalation_policies[0].1.id)),
            (t, Deleted::Account(written.accounts[0].1.id)),
            (t, Deleted::Customer(customer)),
        ];
        // The same address may come back in the very batch that deletes it.
        let again =
            domain::customer::ContactPoint { id: id(), ..written.contact_points[0].1.clone() };
        let b = WriteBatch {
            deletes,
            contact_points: vec![(t, again.clone())],
            ..WriteBatch::default()
        };
        db.write(t, &b).await.unwrap();
        let mut wanted = keys(&written);
        wanted.contact_points_by_id.push((t, again.id));
        let found = load(&db, &[t], &wanted).await;
        assert!(found.agents.is_empty() && found.teams.is_empty() && found.skills.is_empty());
        assert!(found.queues.is_empty() && found.rules.is_empty() && found.accounts.is_empty());
        assert!(found.customers.is_empty() && found.plans.is_empty());
        assert_eq!(found.contact_points, [(t, again)]);
        assert_eq!(found.interactions.len(), 1);
        let floor = db.store.load_floor(t).await.unwrap();
        assert!(floor.presences.is_empty() && floor.sessions.is_empty());
        let seals = db.store.seals().tenant(t).await.unwrap();
        assert!(seals.customer_key(CustomerId(customer.0)).await.unwrap().is_none());
    })
    .await;
}

#[tokio::test]
async fn bookkeeping_rows_change_state() {
    on_both(|db| async move {
        let t = db.tenant().await;
        let delivery = nouns::delivery(3);
        let account = id();
        let raw = domain::sealed::Sealed(vec![5; 9]);
        assert!(db.store.inbox().insert(t, account, [8; 16], raw.clone()).await.unwrap());
        let b = WriteBatch {
            outbox: vec![(t, delivery.clone())],
            dues: vec![(t, at(9))],
            ..WriteBatch::default()
        };
        db.write(t, &b).await.unwrap();
        let b = WriteBatch {
            outbox_ended: vec![(t, delivery.id, OutboxState::Dead)],
            inbox_done: vec![(t, account, [8; 16])],
            dues: vec![(t, at(5))],
            ..WriteBatch::default()
        };
        db.write(t, &b).await.unwrap();
        let wanted = LoadKeys {
            outbox: vec![(t, delivery.id)],
            inbox: vec![(t, account, [8; 16]), (t, account, [9; 16])],
            ..LoadKeys::default()
        };
        let found = load(&db, &[t], &wanted).await;
        assert_eq!(found.outbox[0].1.state, OutboxState::Dead);
        assert_eq!(found.inbox.len(), 1);
        assert_eq!(found.inbox[0].1.state, InboxState::Done);
        assert!(found.inbox[0].1.raw.is_empty());
        assert_eq!(db.store.tenants_overdue(at(5), 10).await.unwrap(), [t]);
        assert!(db.store.tenants_overdue(at(4), 10).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn versions_of_plans_go_when_nothing_goes_by_them() {
    on_both(|db| async move {
        let t = db.tenant().await;
        let plan = nouns::plan();
        let version =
            |version| PlanVersion { plan_id: plan.id, version, spec: nouns::plan_version().spec };
        let versions: Vec<_> = (1..=7).map(|n| (t, version(n))).collect();
        let other = nouns::plan_version();
        let b = WriteBatch {
            plans: vec![(t, plan.clone())],
            plan_versions: [versions.as_slice(), &[(t, other.clone())]].concat(),
            ..WriteBatch::default()
        };
        db.write(t, &b).await.unwrap();
        let over = vec![(t, plan.id, 1..3), (t, plan.id, 4..7)];
        let b = WriteBatch { plan_versions_over: over, ..WriteBatch::default() };
        db.write(t, &b).await.unwrap();
        let floor = db.store.load_floor(t).await.unwrap();
        let mut kept: Vec<_> = floor.pinned.iter().map(|v| (v.plan_id, v.version)).collect();
        kept.sort_unstable();
        assert_eq!(kept, [(plan.id, 3), (plan.id, 7), (other.plan_id, 3)]);
        assert_eq!(floor.plans.len(), 1);
        let reader = db.store.tenant(t);
        let found = reader.plan_version(other.plan_id, 3).await.unwrap();
        assert_eq!(found, Some(other.spec));
        assert_eq!(reader.plan_version(plan.id, 5).await.unwrap(), None);
        let deletes = vec![(t, Deleted::Plan(plan.id))];
        db.write(t, &WriteBatch { deletes, ..WriteBatch::default() }).await.unwrap();
        assert_eq!(reader.plan_version(plan.id, 7).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn the_last_agent_of_a_customer_is_noted_beside_the_row() {
    on_both(|db| async move {
        let t = db.tenant().await;
        let customer = nouns::customer(false);
        let (first, second) = (id(), id());
        let b = WriteBatch {
            customers: vec![(t, customer.clone())],
            last_agents: vec![(t, customer.id, first), (t, id(), second)],
            ..WriteBatch::default()
        };
        db.write(t, &b).await.unwrap();
        let last = |found: Loaded| found.customers[0].1.last_agent_id;
        let keys = LoadKeys { customers: vec![(t, customer.id)], ..LoadKeys::default() };
        assert_eq!(last(load(&db, &[t], &keys).await), Some(first));
        let last_agents = vec![(t, customer.id, second)];
        db.write(t, &WriteBatch { last_agents, ..WriteBatch::default() }).await.unwrap();
        assert_eq!(last(load(&db, &[t], &keys).await), Some(second));
    })
    .await;
}
