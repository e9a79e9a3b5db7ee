//! Between the draft's working set and the store: which rows to read, where they go, what to write.

use super::command::Keys;
use super::draft::Draft;
use super::rows::{NamedKind, Remembered, Rows};
use domain::id::{ConversationId, TenantId};
use domain::sealed::BlindIndex;
use domain::tenant::Tenant;
use domain::time::Span;
use std::collections::BTreeMap;
use store::{
    ConfigKind, Deleted, Idempotency, LoadKeys, Loaded, NewDelivery, PlanVersion, Thread,
    WriteBatch,
};

/// How long an outbound delivery may wait before it is given up.
const DELIVERY_EXPIRES: Span = Span::from_secs(3 * 24 * 3600);

/// How long a page may wait: later it wakes nobody for anything.
const PAGE_EXPIRES: Span = Span::from_secs(24 * 3600);

/// Adds what a tenant's commands declare to what is loaded.
pub(super) fn declare(tenant: TenantId, keys: &Keys, load: &mut LoadKeys) {
    fn with<T: Copy>(tenant: TenantId, ids: &[T], out: &mut Vec<(TenantId, T)>) {
        out.extend(ids.iter().map(|id| (tenant, *id)));
    }
    with(tenant, &keys.interactions, &mut load.interactions);
    with(tenant, &keys.conversations, &mut load.conversations);
    with(tenant, &keys.messages, &mut load.messages);
    with(tenant, &keys.offers, &mut load.offers);
    with(tenant, &keys.customers, &mut load.customers);
    with(tenant, &keys.contact_points, &mut load.contact_points_by_id);
    with(tenant, &keys.customer_contacts, &mut load.customer_contacts);
    with(tenant, &keys.open_work_over, &mut load.open_work_over);
    with(tenant, &keys.open_work_of, &mut load.open_work_of);
    with(tenant, &keys.open_work_in, &mut load.open_work_in);
    with(tenant, &keys.parked_needing, &mut load.parked_needing);
    with(tenant, &keys.external, &mut load.external);
    with(tenant, &keys.agents, &mut load.agents);
    with(tenant, &keys.teams, &mut load.teams);
    with(tenant, &keys.skills, &mut load.skills);
    with(tenant, &keys.queues, &mut load.queues);
    with(tenant, &keys.rules, &mut load.rules);
    with(tenant, &keys.plans, &mut load.plans);
    with(tenant, &keys.calendars, &mut load.calendars);
    with(tenant, &keys.schedules, &mut load.schedules);
    with(tenant, &keys.time_off, &mut load.time_off);
    with(tenant, &keys.sla_policies, &mut load.sla_policies);
    with(tenant, &keys.escalation_policies, &mut load.escalation_policies);
    with(tenant, &keys.accounts, &mut load.accounts);
    with(tenant, &keys.api_keys, &mut load.api_keys);
    with(tenant, &keys.open_interaction, &mut load.open_interactions_of);
    with(tenant, &keys.mail_index, &mut load.mail_references);
    with(tenant, &keys.attachments, &mut load.attachments);
    let participants = keys.participants.iter().map(|(of, index)| (tenant, *of, *index));
    load.mail_participants.extend(participants);
    load.mail_senders.extend(keys.senders.iter().map(|(of, index)| (tenant, *of, *index)));
    with(tenant, &keys.idempotency, &mut load.idempotency);
    // A thread finds the contact point too.
    load.threads.extend(keys.threads.iter().map(|(a, k, i)| (tenant, *a, *k, *i)));
    let in_thread = |contact: &&(_, _)| {
        !keys.threads.iter().any(|(_, kind, index)| (*kind, *index) == **contact)
    };
    load.contacts.extend(keys.contacts.iter().filter(in_thread).map(|(k, i)| (tenant, *k, *i)));
    load.inbox.extend(keys.inbox.iter().map(|(account, key)| (tenant, *account, *key)));
    load.tenants.extend(&keys.tenants);
    load.tenant_names.extend(keys.tenant_names.iter().cloned());
    if keys.names {
        load.config_names.push(tenant);
    }
}

/// Puts what was found into the tenants' rows; what was declared and not found is known to be
/// absent.
pub(super) fn distribute(mut loaded: Loaded, drafts: &mut [Draft], keys: &[Keys]) {
    take_threads(std::mem::take(&mut loaded.threads), drafts);
    take_indexes(&mut loaded, drafts);
    take_tenants(std::mem::take(&mut loaded.tenants), drafts);
    take_mail(&mut loaded, drafts);
    macro_rules! take {
        ($($list:ident => $table:ident by $id:ident),+ $(,)?) => {$(
            for (tenant, noun) in loaded.$list {
                if let Some(rows) = rows(drafts, tenant) {
                    rows.$table.loaded(noun.$id, Some(noun));
                }
            }
        )+};
    }
    take! {
        interactions => interactions by id,
        conversations => conversations by id,
        messages => messages by id,
        offers => offers by id,
        customers => customers by id,
        contact_points => contact_points by id,
        agents => agents by id,
        teams => teams by id,
        skills => skills by id,
        queues => queues by id,
        rules => rules by id,
        plans => plans by id,
        calendars => calendars by id,
        schedules => schedules by id,
        time_off => time_off by id,
        sla_policies => sla_policies by id,
        escalation_policies => escalation_policies by id,
        accounts => accounts by id,
        api_keys => api_keys by id,
        attachments => attachments by id,
    }
    for (draft, keys) in drafts.iter_mut().zip(keys) {
        find_open(&mut draft.rows, keys);
        mark_absent(&mut draft.rows, keys);
    }
}

fn rows(drafts: &mut [Draft], tenant: TenantId) -> Option<&mut Rows> {
    drafts.iter_mut().find(|draft| draft.tenant == tenant).map(|draft| &mut draft.rows)
}

fn take_threads(threads: Vec<Thread>, drafts: &mut [Draft]) {
    for thread in threads {
        let Some(rows) = rows(drafts, thread.tenant) else { continue };
        let point = thread.contact_point;
        let contact = (point.kind, point.address_index);
        rows.contacts.loaded(contact, Some(point.id));
        let conversation = thread.conversation.as_ref().map(|found| found.id);
        rows.threads.loaded((thread.account_id, contact.0, contact.1), conversation);
        if let Some(found) = thread.conversation {
            let open = thread.interaction.as_ref().map(|row| row.id);
            rows.open_interaction.loaded(found.id, open);
            rows.conversations.loaded(found.id, Some(found));
        }
        if let Some(row) = thread.interaction {
            rows.interactions.loaded(row.id, Some(row));
        }
        rows.contact_points.loaded(point.id, Some(point));
    }
}

/// What is found by something else than its id.
fn take_indexes(loaded: &mut Loaded, drafts: &mut [Draft]) {
    for (tenant, known) in loaded.idempotency.drain(..) {
        let Some(rows) = rows(drafts, tenant) else { continue };
        let remembered = Remembered {
            request_hash: known.request_hash,
            resource_id: known.resource_id,
            seq: known.seq,
        };
        rows.idempotency.loaded(known.key, Some(remembered));
    }
    for (tenant, customer) in &loaded.customers {
        if let (Some(rows), Some(index)) = (rows(drafts, *tenant), customer.external_index) {
            rows.external.loaded(index, Some(customer.id));
        }
    }
    for (tenant, point) in &loaded.contact_points {
        if let Some(rows) = rows(drafts, *tenant) {
            rows.contacts.loaded((point.kind, point.address_index), Some(point.id));
        }
    }
    for name in loaded.names.drain(..) {
        if let Some(rows) = rows(drafts, name.tenant) {
            rows.names.insert((named_kind(name.kind), name.name, name.id));
        }
    }
    for (tenant, item) in loaded.inbox.drain(..) {
        if let Some(rows) = rows(drafts, tenant) {
            let done = item.state != store::InboxState::New;
            rows.inbox.loaded((item.account_id, item.dedup_key), Some(done));
        }
    }
}

fn take_mail(loaded: &mut Loaded, drafts: &mut [Draft]) {
    let mut found: BTreeMap<(TenantId, BlindIndex), Vec<ConversationId>> = BTreeMap::new();
    for (tenant, mail) in loaded.mail_references.drain(..) {
        found.entry((tenant, mail.index)).or_default().push(mail.conversation_id);
    }
    for ((tenant, index), conversations) in found {
        if let Some(rows) = rows(drafts, tenant) {
            rows.mail_index.loaded(index, Some(conversations));
        }
    }
    for (tenant, known) in loaded.mail_participants.drain(..) {
        if let Some(rows) = rows(drafts, tenant) {
            rows.participants.loaded((known.conversation_id, known.address), Some(known));
        }
    }
    for (tenant, known) in loaded.mail_senders.drain(..) {
        if let Some(rows) = rows(drafts, tenant) {
            rows.senders.loaded((known.account_id, known.address), Some(known));
        }
    }
}

/// The newest open interaction of the conversations that ask for it.
fn find_open(rows: &mut Rows, keys: &Keys) {
    for id in &keys.open_interaction {
        let of = rows.interactions.values();
        let open = of.filter(|row| row.conversation_id == *id && row.status.is_open());
        let newest = open.map(|row| row.id).max();
        rows.open_interaction.loaded(*id, newest);
    }
}

/// Tenants are rows of the system tenant.
fn take_tenants(tenants: Vec<(Tenant, Vec<u8>)>, drafts: &mut [Draft]) {
    let Some(rows) = rows(drafts, TenantId::SYSTEM) else { return };
    for (tenant, wrapped) in tenants {
        rows.tenant_names.insert(tenant.name.clone(), tenant.id);
        rows.tenant_keys.insert(tenant.id, wrapped);
        rows.tenants.loaded(tenant.id, Some(tenant));
    }
}

fn mark_absent(rows: &mut Rows, keys: &Keys) {
    macro_rules! absent {
        ($($list:ident => $table:ident),+ $(,)?) => {$(
            for key in &keys.$list {
                rows.$table.loaded(*key, None);
            }
        )+};
    }
    absent! {
        interactions => interactions,
        conversations => conversations,
        messages => messages,
        offers => offers,
        customers => customers,
        contact_points => contact_points,
        contacts => contacts,
        threads => threads,
        external => external,
        agents => agents,
        teams => teams,
        skills => skills,
        queues => queues,
        rules => rules,
        plans => plans,
        calendars => calendars,
        schedules => schedules,
        time_off => time_off,
        sla_policies => sla_policies,
        escalation_policies => escalation_policies,
        accounts => accounts,
        api_keys => api_keys,
        tenants => tenants,
        inbox => inbox,
        idempotency => idempotency,
        mail_index => mail_index,
        participants => participants,
        senders => senders,
        attachments => attachments,
    }
}

fn named_kind(kind: ConfigKind) -> NamedKind {
    match kind {
        ConfigKind::Queue => NamedKind::Queue,
        ConfigKind::Skill => NamedKind::Skill,
        ConfigKind::Team => NamedKind::Team,
        ConfigKind::Rule => NamedKind::Rule,
        ConfigKind::Account => NamedKind::Account,
        ConfigKind::Plan => NamedKind::Plan,
        ConfigKind::Calendar => NamedKind::Calendar,
        ConfigKind::Schedule => NamedKind::Schedule,
        ConfigKind::SlaPolicy => NamedKind::SlaPolicy,
        ConfigKind::Escalation => NamedKind::Escalation,
    }
}

/// Adds a draft's changed rows to what is written.
pub(super) fn collect(draft: &Draft, write: &mut WriteBatch) {
    let (t, rows) = (draft.tenant, &draft.rows);
    macro_rules! put {
        ($($table:ident => $list:ident),+ $(,)?) => {$(
            write.$list.extend(rows.$table.written().map(|noun| (t, noun.clone())));
        )+};
    }
    put! {
        interactions => interactions,
        messages => messages,
        offers => offers,
        conversations => conversations,
        customers => customers,
        contact_points => contact_points,
        agents => agents,
        teams => teams,
        skills => skills,
        queues => queues,
        rules => rules,
        plans => plans,
        calendars => calendars,
        schedules => schedules,
        time_off => time_off,
        sla_policies => sla_policies,
        escalation_policies => escalation_policies,
        accounts => accounts,
        api_keys => api_keys,
        mailboxes => mailboxes,
        mail_references => mail_references,
        participants => mail_participants,
        senders => mail_senders,
        attachments => attachments,
    }
    collect_derived(draft, write);
    collect_deletes(draft, write);
}

/// Rows that are made of something else than a noun of the working set.
fn collect_derived(draft: &Draft, write: &mut WriteBatch) {
    let (t, rows) = (draft.tenant, &draft.rows);
    write.sla_breaches.extend(rows.sla_breaches.iter().map(|breach| (t, *breach)));
    let keys = rows.customer_keys.entries_written();
    write.customer_keys.extend(keys.map(|(id, key)| (t, id, key.clone())));
    write.last_agents.extend(rows.last_agents.iter().map(|(id, agent)| (t, *id, *agent)));
    for ((plan_id, version), spec) in &rows.plan_versions {
        let (plan_id, version, spec) = (*plan_id, *version, spec.clone());
        write.plan_versions.push((t, PlanVersion { plan_id, version, spec }));
    }
    let over = rows.plan_versions_over.iter().cloned();
    write.plan_versions_over.extend(over.map(|(id, versions)| (t, id, versions)));
    write.routing_settings.extend(rows.routing_settings.map(|settings| (t, settings)));
    for tenant in rows.tenants.written() {
        let wrapped = rows.tenant_keys.get(&tenant.id).cloned().unwrap_or_default();
        write.tenants.push((tenant.clone(), wrapped));
    }
    for (id, (agent_id, session)) in rows.sessions.entries_written() {
        let session =
            store::SessionRow { id, agent_id: *agent_id, session: *session, opened_at: draft.now };
        write.sessions.push((t, session));
    }
    for id in &rows.presences {
        let Some(agent) = draft.floor.agent(*id) else { continue };
        let row = store::PresenceRow {
            agent_id: *id,
            presence: agent.presence.clone(),
            idle_seq: agent.idle_seq,
            asked_seq: agent.asked_seq,
            credit: agent.credit,
        };
        write.presences.push((t, row));
    }
    for (key, known) in rows.idempotency.entries_written() {
        let row = Idempotency {
            key,
            request_hash: known.request_hash,
            resource_id: known.resource_id,
            seq: known.seq,
            created_at: draft.now,
        };
        write.idempotency.push((t, row));
    }
    for delivery in &rows.outbox {
        let page = delivery.page.is_some();
        let row = NewDelivery {
            id: delivery.id,
            lane: delivery.lane,
            message_id: delivery.message_id,
            interaction_id: delivery.interaction_id,
            account_id: delivery.account_id,
            next_at: draft.now,
            created_at: draft.now,
            expires_at: draft.now + if page { PAGE_EXPIRES } else { DELIVERY_EXPIRES },
            page: delivery.page,
        };
        write.outbox.push((t, row));
    }
    for ((account, key), _) in rows.inbox.entries_written() {
        write.inbox_done.push((t, account, key));
    }
}

fn collect_deletes(draft: &Draft, write: &mut WriteBatch) {
    let (t, rows) = (draft.tenant, &draft.rows);
    let deletes = &mut write.deletes;
    deletes.extend(rows.agents.removed().map(|id| (t, Deleted::Agent(id))));
    deletes.extend(rows.sessions.removed().map(|id| (t, Deleted::Session(id))));
    deletes.extend(rows.teams.removed().map(|id| (t, Deleted::Team(id))));
    deletes.extend(rows.skills.removed().map(|id| (t, Deleted::Skill(id))));
    deletes.extend(rows.queues.removed().map(|id| (t, Deleted::Queue(id))));
    deletes.extend(rows.rules.removed().map(|id| (t, Deleted::Rule(id))));
    deletes.extend(rows.plans.removed().map(|id| (t, Deleted::Plan(id))));
    deletes.extend(rows.calendars.removed().map(|id| (t, Deleted::Calendar(id))));
    deletes.extend(rows.schedules.removed().map(|id| (t, Deleted::Schedule(id))));
    deletes.extend(rows.time_off.removed().map(|id| (t, Deleted::TimeOff(id))));
    let ladders = rows.escalation_policies.removed();
    deletes.extend(ladders.map(|id| (t, Deleted::EscalationPolicy(id))));
    deletes.extend(rows.sla_policies.removed().map(|id| (t, Deleted::SlaPolicy(id))));
    deletes.extend(rows.accounts.removed().map(|id| (t, Deleted::Account(id))));
    deletes.extend(rows.customers.removed().map(|id| (t, Deleted::Customer(id))));
    deletes.extend(rows.contact_points.removed().map(|id| (t, Deleted::ContactPoint(id))));
}
