//! Writing a batch of the ledger: deletions, then rows, then idempotency keys, log and heads.
//! Offers that stop being the owner's leg go before those that become it, so that the index that
//! allows one owner never sees two.

use crate::batch::{Deleted, NewDelivery, WrappedKey, WriteBatch};
use crate::entity::{self, Row};
use crate::error::{Result, StoreError};
use crate::ledger::LedgerTx;
use crate::outbox::{Delivery, OutboxState};
use crate::sql::{Table, Type, bytes};
use crate::upsert::{Conflict, by_keys, statements, table_of};
use domain::id::TenantId;
use domain::offer::Offer;
use sea_orm::{EntityTrait, ModelTrait};
use std::collections::BTreeMap;
use uuid::Uuid;

pub(crate) async fn write(tx: &mut LedgerTx, batch: &WriteBatch) -> Result<()> {
    use Conflict::{Refuse, Replace};
    delete(tx, &batch.deletes).await?;
    let_go_of_files(tx, &batch.deletes).await?;
    tenants(tx, batch).await?;
    rows::<entity::team::Model>(tx, &batch.teams, Replace).await?;
    rows::<entity::skill::Model>(tx, &batch.skills, Replace).await?;
    rows::<entity::queue::Model>(tx, &batch.queues, Replace).await?;
    rows::<entity::routing_rule::Model>(tx, &batch.rules, Replace).await?;
    plans(tx, batch).await?;
    rows::<entity::calendar::Model>(tx, &batch.calendars, Replace).await?;
    rows::<entity::schedule::Model>(tx, &batch.schedules, Replace).await?;
    rows::<entity::time_off::Model>(tx, &batch.time_off, Replace).await?;
    rows::<entity::sla_policy::Model>(tx, &batch.sla_policies, Replace).await?;
    let ladders = &batch.escalation_policies;
    rows::<entity::escalation_policy::Model>(tx, ladders, Replace).await?;
    rows::<entity::routing_settings::Model>(tx, &batch.routing_settings, Replace).await?;
    rows::<entity::channel_account::Model>(tx, &batch.accounts, Replace).await?;
    rows::<entity::mailbox::Model>(tx, &batch.mailboxes, Replace).await?;
    rows::<entity::api_key::Model>(tx, &batch.api_keys, Replace).await?;
    rows::<entity::agent::Model>(tx, &batch.agents, Replace).await?;
    rows::<entity::agent_presence::Model>(tx, &batch.presences, Replace).await?;
    rows::<entity::agent_session::Model>(tx, &batch.sessions, Replace).await?;
    rows::<entity::customer::Model>(tx, &batch.customers, Replace).await?;
    last_agents(tx, batch).await?;
    customer_keys(tx, batch).await?;
    rows::<entity::contact_point::Model>(tx, &batch.contact_points, Replace).await?;
    rows::<entity::conversation::Model>(tx, &batch.conversations, Replace).await?;
    rows::<entity::interaction::Model>(tx, &batch.interactions, Replace).await?;
    rows::<entity::message::Model>(tx, &batch.messages, Replace).await?;
    rows::<entity::sla_breach::Model>(tx, &batch.sla_breaches, Refuse).await?;
    mail(tx, batch).await?;
    offers(tx, &batch.offers).await?;
    deliveries(tx, batch).await?;
    inbox_done(tx, batch).await?;
    rows::<entity::idempotency::Model>(tx, &batch.idempotency, Refuse).await?;
    log_and_heads(tx, batch).await
}

/// Writes nouns of one table.
async fn rows<R>(tx: &mut LedgerTx, nouns: &[(TenantId, R::Noun)], conflict: Conflict) -> Result<()>
where
    R: Row,
    R::Entity: EntityTrait<Model = R>,
{
    if nouns.is_empty() {
        return Ok(());
    }
    let table = table_of::<R::Entity, _>(nouns.iter().map(|(tenant, n)| R::of(*tenant, n)));
    put::<R::Entity>(tx, table, conflict).await
}

async fn models<M>(tx: &mut LedgerTx, models: Vec<M>, conflict: Conflict) -> Result<()>
where
    M: ModelTrait,
    M::Entity: EntityTrait<Model = M>,
{
    if models.is_empty() {
        return Ok(());
    }
    put::<M::Entity>(tx, table_of::<M::Entity, _>(models), conflict).await
}

async fn put<E: EntityTrait>(tx: &mut LedgerTx, table: Table, conflict: Conflict) -> Result<()> {
    if let Err(error) = table.refuse_nul() {
        return tx.fail(error);
    }
    for statement in statements::<E>(tx.kind(), table, conflict) {
        tx.run(statement).await?;
    }
    Ok(())
}

async fn tenants(tx: &mut LedgerTx, batch: &WriteBatch) -> Result<()> {
    let rows = batch.tenants.iter().map(|(t, key)| entity::tenant::Model::new(t, key)).collect();
    models::<entity::tenant::Model>(tx, rows, Conflict::Replace).await
}

/// Plans and their versions, without those that nothing goes by.
async fn plans(tx: &mut LedgerTx, batch: &WriteBatch) -> Result<()> {
    rows::<entity::routing_plan::Model>(tx, &batch.plans, Conflict::Replace).await?;
    let versions = &batch.plan_versions;
    rows::<entity::routing_plan_version::Model>(tx, versions, Conflict::Replace).await?;
    let mut over = Table::new([Type::Uuid, Type::Uuid, Type::Big, Type::Big]);
    for (tenant, plan, versions) in &batch.plan_versions_over {
        over.push([tenant.0.into(), plan.0.into(), versions.start.into(), versions.end.into()]);
    }
    let sql = "DELETE FROM routing_plan_version WHERE EXISTS (SELECT 1 FROM {keys} WHERE \
               tenant_id = k.t AND plan_id = k.i AND version >= k.a AND version < k.b)";
    change(tx, over, "t, i, a, b", sql).await
}

async fn last_agents(tx: &mut LedgerTx, batch: &WriteBatch) -> Result<()> {
    let mut keys = Table::new([Type::Uuid, Type::Uuid, Type::Uuid]);
    for (tenant, customer, agent) in &batch.last_agents {
        keys.push([tenant.0.into(), customer.0.into(), agent.0.into()]);
    }
    let sql = "UPDATE customer SET last_agent_id = k.a \
               FROM {keys} WHERE tenant_id = k.t AND id = k.i";
    change(tx, keys, "t, i, a", sql).await
}

async fn customer_keys(tx: &mut LedgerTx, batch: &WriteBatch) -> Result<()> {
    let keys = batch.customer_keys.iter().map(|(tenant, customer_id, wrapped)| {
        (*tenant, WrappedKey { customer_id: *customer_id, wrapped: wrapped.clone() })
    });
    let keys: Vec<_> = keys.collect();
    rows::<entity::customer_key::Model>(tx, &keys, Conflict::Replace).await
}

async fn mail(tx: &mut LedgerTx, batch: &WriteBatch) -> Result<()> {
    use Conflict::Replace;
    rows::<entity::mail_reference::Model>(tx, &batch.mail_references, Replace).await?;
    rows::<entity::mail_participant::Model>(tx, &batch.mail_participants, Replace).await?;
    rows::<entity::mail_sender::Model>(tx, &batch.mail_senders, Replace).await?;
    rows::<entity::attachment::Model>(tx, &batch.attachments, Replace).await
}

async fn offers(tx: &mut LedgerTx, offers: &[(TenantId, Offer)]) -> Result<()> {
    // Who is the owner, or consulted, is one at a time: those who were make room first.
    let (live, ended): (Vec<_>, Vec<_>) =
        offers.iter().partition(|(_, offer)| offer.state.is_live());
    let ordered = ended.into_iter().chain(live);
    let rows = ordered.map(|(tenant, o)| entity::offer::Model::of(*tenant, o)).collect();
    models::<entity::offer::Model>(tx, rows, Conflict::Replace).await
}

async fn deliveries(tx: &mut LedgerTx, batch: &WriteBatch) -> Result<()> {
    let new: Vec<_> = batch.outbox.iter().map(|(tenant, d)| (*tenant, new_delivery(d))).collect();
    rows::<entity::outbox::Model>(tx, &new, Conflict::Refuse).await?;
    let mut keys = Table::new([Type::Uuid, Type::Uuid, Type::Small]);
    for (tenant, id, state) in &batch.outbox_ended {
        keys.push([tenant.0.into(), id.0.into(), state.code().into()]);
    }
    let sql = "UPDATE outbox SET state = k.s, lease_until = NULL, lease_owner = NULL \
               FROM {keys} WHERE tenant_id = k.t AND id = k.i";
    change(tx, keys, "t, i, s", sql).await
}

fn new_delivery(new: &NewDelivery) -> Delivery {
    Delivery {
        id: new.id,
        lane: new.lane,
        message_id: new.message_id,
        interaction_id: new.interaction_id,
        account_id: new.account_id,
        state: OutboxState::Ready,
        attempt: 0,
        next_at: new.next_at,
        lease_until: None,
        lease_owner: None,
        created_at: new.created_at,
        expires_at: new.expires_at,
        ended_at: None,
        error: String::new(),
        page: new.page,
    }
}

async fn inbox_done(tx: &mut LedgerTx, batch: &WriteBatch) -> Result<()> {
    let mut keys = Table::new([Type::Uuid, Type::Uuid, Type::Bytes, Type::Bytes]);
    for (tenant, account, dedup) in &batch.inbox_done {
        keys.push([tenant.0.into(), account.0.into(), bytes(dedup), bytes(&[])]);
    }
    let sql = "UPDATE inbox SET state = 2, raw = k.r, error = '' \
               FROM {keys} WHERE tenant_id = k.t AND account_id = k.a AND dedup_key = k.d";
    change(tx, keys, "t, a, d, r", sql).await
}

async fn log_and_heads(tx: &mut LedgerTx, batch: &WriteBatch) -> Result<()> {
    use entity::{head, log, tenant_due};
    let dues = batch
        .dues
        .iter()
        .map(|(tenant, due)| tenant_due::Model { tenant_id: tenant.0, due_at: due.micros() });
    models::<tenant_due::Model>(tx, dues.collect(), Conflict::Replace).await?;
    let rows = batch.log.iter().map(log::Model::from).collect();
    models::<log::Model>(tx, rows, Conflict::Refuse).await?;
    let new = batch.new_heads.iter().map(head::Model::from).collect();
    models::<head::Model>(tx, new, Conflict::Refuse).await?;
    move_heads(tx, batch).await
}

/// Moves heads that exist; a head that does not would be a log without a beginning.
async fn move_heads(tx: &mut LedgerTx, batch: &WriteBatch) -> Result<()> {
    let mut keys = Table::new([Type::Uuid, Type::Big, Type::Big, Type::Bytes, Type::Big]);
    for h in &batch.heads {
        let now = h.last_now.micros();
        keys.push([
            h.tenant.0.into(),
            h.seq.into(),
            h.generation.into(),
            bytes(&h.hash),
            now.into(),
        ]);
    }
    if keys.is_empty() {
        return Ok(());
    }
    let sql = "UPDATE head SET seq = k.s, generation = k.g, hash = k.h, last_now = k.n \
               FROM {keys} WHERE tenant_id = k.t";
    let mut moved = 0;
    for statement in by_keys(tx.kind(), keys, "t, s, g, h, n", sql) {
        moved += tx.run(statement).await?;
    }
    if moved == batch.heads.len() as u64 {
        return Ok(());
    }
    tx.fail(StoreError::Corrupt("a head to move does not exist".to_owned()))
}

/// Runs `sql` for the keys, if there are any.
async fn change(tx: &mut LedgerTx, keys: Table, names: &str, sql: &str) -> Result<()> {
    if keys.is_empty() {
        return Ok(());
    }
    for statement in by_keys(tx.kind(), keys, names, sql) {
        tx.run(statement).await?;
    }
    Ok(())
}

async fn delete(tx: &mut LedgerTx, deletes: &[(TenantId, Deleted)]) -> Result<()> {
    let mut by_table: BTreeMap<(&str, &str), Table> = BTreeMap::new();
    for (tenant, deleted) in deletes {
        let (id, places) = places(deleted);
        for place in places {
            let keys = by_table.entry(*place).or_insert_with(|| Table::new([Type::Uuid; 2]));
            keys.push([tenant.0.into(), id.into()]);
        }
    }
    for ((table, column), keys) in by_table {
        // SQLite has no DELETE … USING; row values do the same in both.
        let sql = format!(
            "DELETE FROM {table} WHERE (tenant_id, {column}) IN (SELECT k.t, k.i FROM {{keys}})"
        );
        change(tx, keys, "t, i", &sql).await?;
    }
    Ok(())
}

/// Files of customers who are erased are nobody's any more, and long so: housekeeping deletes them,
/// because their bytes may be more than a batch has time for.
async fn let_go_of_files(tx: &mut LedgerTx, deletes: &[(TenantId, Deleted)]) -> Result<()> {
    let mut keys = Table::new([Type::Uuid; 2]);
    for (tenant, deleted) in deletes {
        if let Deleted::Customer(id) = deleted {
            keys.push([tenant.0.into(), id.0.into()]);
        }
    }
    let sql = "UPDATE attachment SET message_id = NULL, created_at = 0 \
               WHERE (tenant_id, customer_id) IN (SELECT k.t, k.i FROM {keys})";
    change(tx, keys, "t, i", sql).await
}

/// Tables and columns that hold what is deleted, and its id.
fn places(deleted: &Deleted) -> (Uuid, &'static [(&'static str, &'static str)]) {
    match deleted {
        Deleted::Agent(id) => (id.0, &[("agent", "id"), ("agent_presence", "agent_id")]),
        Deleted::Session(id) => (id.0, &[("agent_session", "id")]),
        Deleted::Team(id) => (id.0, &[("team", "id")]),
        Deleted::Skill(id) => (id.0, &[("skill", "id")]),
        Deleted::Queue(id) => (id.0, &[("queue", "id")]),
        Deleted::Rule(id) => (id.0, &[("routing_rule", "id")]),
        Deleted::Plan(id) => (id.0, &[("routing_plan", "id"), ("routing_plan_version", "plan_id")]),
        Deleted::Calendar(id) => (id.0, &[("calendar", "id")]),
        Deleted::Schedule(id) => (id.0, &[("schedule", "id")]),
        Deleted::TimeOff(id) => (id.0, &[("time_off", "id")]),
        Deleted::SlaPolicy(id) => (id.0, &[("sla_policy", "id")]),
        Deleted::EscalationPolicy(id) => (id.0, &[("escalation_policy", "id")]),
        Deleted::Account(id) => (id.0, &[("channel_account", "id"), ("mailbox", "account_id")]),
        Deleted::ContactPoint(id) => (id.0, &[("contact_point", "id")]),
        Deleted::Customer(id) => {
            let places = &[
                ("contact_point", "customer_id"),
                ("customer_key", "customer_id"),
                ("customer", "id"),
            ];
            (id.0, places)
        }
    }
}
