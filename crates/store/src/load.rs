//! Loading the working set. Every look-up starts from its keys and finds their rows by index, in a
//! form that PostgreSQL plans well even on tables it has no statistics of: from each key by itself,
//! and where a key is narrower than the tenant, with the tenant compared by IS NOT DISTINCT FROM,
//! for which it cannot choose an index. Rows come back as nouns.

use crate::entity::{self, Row};
use crate::error::Result;
use crate::keys::{ConfigKind, ConfigName, LoadKeys, Loaded, Thread};
use crate::ledger::LedgerTx;
use crate::sql::{DatabaseKind, Table, Type, bytes, one_of, refuse_nul};
use crate::upsert::by_keys;
use domain::id::TenantId;
use sea_orm::{EntityTrait, FromQueryResult, IdenStatic, Iterable, QueryResult, Value};
use std::collections::BTreeSet;
use uuid::Uuid;

/// How many open interactions of one conversation are loaded, newest first.
pub const MAX_OPEN_OF_CONVERSATION: u32 = 32;
/// How many contact points of one customer are loaded, newest first.
pub const MAX_CONTACTS_OF_CUSTOMER: u32 = 64;
/// How many open interactions of an account or a customer are loaded: one more than a batch can
/// have closed before it asks whether there are any.
pub const MAX_OPEN_WORK: u32 = 257;

/// How many mails with one id are loaded, newest first.
pub const MAX_REFERENCES: u32 = 4;

/// Nouns with their tenants.
type Nouns<R> = Vec<(TenantId, <R as Row>::Noun)>;

pub(crate) async fn load(tx: &mut LedgerTx, keys: &LoadKeys) -> Result<Loaded> {
    use entity::{
        agent, api_key, calendar, channel_account, conversation, escalation_policy, interaction,
        message, offer, queue, routing_plan, routing_rule, skill, sla_policy, team,
    };
    let mut found = Loaded {
        conversations: by_id::<conversation::Model, _>(tx, &keys.conversations).await?,
        interactions: by_id::<interaction::Model, _>(tx, &keys.interactions).await?,
        messages: by_id::<message::Model, _>(tx, &keys.messages).await?,
        offers: by_id::<offer::Model, _>(tx, &keys.offers).await?,
        agents: by_id::<agent::Model, _>(tx, &keys.agents).await?,
        accounts: by_id::<channel_account::Model, _>(tx, &keys.accounts).await?,
        api_keys: by_id::<api_key::Model, _>(tx, &keys.api_keys).await?,
        queues: by_id::<queue::Model, _>(tx, &keys.queues).await?,
        teams: by_id::<team::Model, _>(tx, &keys.teams).await?,
        skills: by_id::<skill::Model, _>(tx, &keys.skills).await?,
        plans: by_id::<routing_plan::Model, _>(tx, &keys.plans).await?,
        rules: by_id::<routing_rule::Model, _>(tx, &keys.rules).await?,
        calendars: by_id::<calendar::Model, _>(tx, &keys.calendars).await?,
        schedules: by_id::<entity::schedule::Model, _>(tx, &keys.schedules).await?,
        time_off: by_id::<entity::time_off::Model, _>(tx, &keys.time_off).await?,
        sla_policies: by_id::<sla_policy::Model, _>(tx, &keys.sla_policies).await?,
        escalation_policies: by_id::<escalation_policy::Model, _>(tx, &keys.escalation_policies)
            .await?,
        outbox: by_id::<entity::outbox::Model, _>(tx, &keys.outbox).await?,
        ..Loaded::default()
    };
    idempotency(tx, keys, &mut found).await?;
    customers(tx, keys, &mut found).await?;
    open_interactions(tx, keys, &mut found).await?;
    inbox(tx, keys, &mut found).await?;
    found.threads = threads(tx, keys).await?;
    mail(tx, keys, &mut found).await?;
    found.names = names(tx, &keys.config_names).await?;
    tenants(tx, keys, &mut found).await?;
    Ok(found)
}

/// How the rows of a key are found: the table's columns as `{a}.column`, the key's as `k.name`.
pub(crate) struct Lookup {
    pub(crate) names: &'static str,
    pub(crate) on: &'static str,
    /// At most so many rows of one key, newest first; none if the key is unique.
    pub(crate) limit: Option<u32>,
}

pub(crate) const BY_ID: Lookup =
    Lookup { names: "t, i", on: "{a}.tenant_id = k.t AND {a}.id = k.i", limit: None };

/// Contact points with an address: one, because an address is of one customer.
pub(crate) const CONTACTS_AT: Lookup = Lookup {
    names: "t, c, i",
    on: "{a}.address_index = k.i AND {a}.kind = k.c AND {a}.tenant_id IS NOT DISTINCT FROM k.t",
    limit: None,
};

/// Contact points of a customer.
pub(crate) const CONTACTS_OF: Lookup = Lookup {
    names: "t, i",
    on: "{a}.customer_id = k.i AND {a}.tenant_id IS NOT DISTINCT FROM k.t",
    limit: Some(MAX_CONTACTS_OF_CUSTOMER),
};

async fn find<R>(tx: &mut LedgerTx, keys: Table, by: &Lookup) -> Result<Nouns<R>>
where
    R: Row,
    R::Entity: EntityTrait<Model = R>,
{
    let mut nouns = Vec::new();
    for row in find_rows::<R::Entity>(tx, keys, by).await? {
        nouns.push(R::from_query_result(&row, "")?.noun()?);
    }
    Ok(nouns)
}

async fn find_rows<E>(tx: &mut LedgerTx, keys: Table, by: &Lookup) -> Result<Vec<QueryResult>>
where
    E: EntityTrait,
{
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let sql = by.sql(tx.kind(), E::default().table_name());
    let mut rows = Vec::new();
    for statement in by_keys(tx.kind(), keys, by.names, &sql) {
        rows.extend(tx.rows(statement).await?);
    }
    Ok(rows)
}

impl Lookup {
    /// The rows of `{keys}`, which stands for a table `k`.
    pub(crate) fn sql(&self, kind: DatabaseKind, table: &str) -> String {
        let on = self.on.replace("{a}", "r");
        match (kind, self.limit) {
            (DatabaseKind::Postgres, limit) => {
                let tail = match limit {
                    Some(n) => format!("ORDER BY r.id DESC LIMIT {n}"),
                    None => "OFFSET 0".to_owned(),
                };
                format!(
                    "SELECT x.* FROM {{keys}} CROSS JOIN LATERAL \
                     (SELECT r.* FROM {table} r WHERE {on} {tail}) x"
                )
            }
            (DatabaseKind::Sqlite, None) => {
                format!("SELECT r.* FROM {{keys}} CROSS JOIN {table} r WHERE {on}")
            }
            (DatabaseKind::Sqlite, Some(n)) => {
                let inner = self.on.replace("{a}", "i");
                format!(
                    "SELECT r.* FROM {{keys}} CROSS JOIN {table} r WHERE {on} AND r.id IN \
                     (SELECT i.id FROM {table} i WHERE {inner} ORDER BY i.id DESC LIMIT {n})"
                )
            }
        }
    }
}

async fn by_id<R, I>(tx: &mut LedgerTx, keys: &[(TenantId, I)]) -> Result<Nouns<R>>
where
    R: Row,
    R::Entity: EntityTrait<Model = R>,
    I: Copy + Ord + Into<Uuid>,
{
    find::<R>(tx, id_table(keys), &BY_ID).await
}

fn id_table<I: Copy + Ord + Into<Uuid>>(keys: &[(TenantId, I)]) -> Table {
    let mut table = Table::new([Type::Uuid, Type::Uuid]);
    for (tenant, id) in keys.iter().collect::<BTreeSet<_>>() {
        table.push([tenant.0.into(), Value::from((*id).into())]);
    }
    table
}

async fn idempotency(tx: &mut LedgerTx, keys: &LoadKeys, found: &mut Loaded) -> Result<()> {
    let mut table = Table::new([Type::Uuid, Type::Bytes]);
    for (tenant, key) in keys.idempotency.iter().collect::<BTreeSet<_>>() {
        table.push([tenant.0.into(), bytes(key)]);
    }
    let by = Lookup { names: "t, i", on: "{a}.tenant_id = k.t AND {a}.key = k.i", limit: None };
    found.idempotency = find::<entity::idempotency::Model>(tx, table, &by).await?;
    Ok(())
}

async fn customers(tx: &mut LedgerTx, keys: &LoadKeys, found: &mut Loaded) -> Result<()> {
    use entity::{contact_point, customer};
    found.customers = by_id::<customer::Model, _>(tx, &keys.customers).await?;
    let mut external = Table::new([Type::Uuid, Type::Bytes]);
    for (tenant, index) in keys.external.iter().collect::<BTreeSet<_>>() {
        external.push([tenant.0.into(), bytes(&index.0)]);
    }
    let on = "{a}.external_index = k.i AND {a}.tenant_id IS NOT DISTINCT FROM k.t";
    let by = Lookup { names: "t, i", on, limit: None };
    found.customers.extend(find::<customer::Model>(tx, external, &by).await?);

    found.contact_points = by_id::<contact_point::Model, _>(tx, &keys.contact_points_by_id).await?;
    let mut contacts = Table::new([Type::Uuid, Type::Small, Type::Bytes]);
    for (tenant, kind, index) in keys.contacts.iter().collect::<BTreeSet<_>>() {
        contacts.push([tenant.0.into(), kind.code().into(), bytes(&index.0)]);
    }
    let at = find::<contact_point::Model>(tx, contacts, &CONTACTS_AT).await?;
    found.contact_points.extend(at);

    let of = id_table(&keys.customer_contacts);
    let of = find::<contact_point::Model>(tx, of, &CONTACTS_OF).await?;
    found.contact_points.extend(of);
    Ok(())
}

async fn open_interactions(tx: &mut LedgerTx, keys: &LoadKeys, found: &mut Loaded) -> Result<()> {
    let on = "{a}.conversation_id = k.i AND {a}.status < 10 \
              AND {a}.tenant_id IS NOT DISTINCT FROM k.t";
    let by = Lookup { names: "t, i", on, limit: Some(MAX_OPEN_OF_CONVERSATION) };
    let of = id_table(&keys.open_interactions_of);
    found.interactions.extend(find::<entity::interaction::Model>(tx, of, &by).await?);
    let over = open_work(tx, id_table(&keys.open_work_over), OPEN_OVER_ACCOUNT).await?;
    found.interactions.extend(over);
    let of = open_work(tx, id_table(&keys.open_work_of), OPEN_OF_CUSTOMER).await?;
    found.interactions.extend(of);
    let of = open_work(tx, id_table(&keys.open_work_in), OPEN_IN_QUEUE).await?;
    found.interactions.extend(of);
    let of = open_work(tx, id_table(&keys.parked_needing), PARKED_NEEDING).await?;
    found.interactions.extend(of);
    Ok(())
}

/// Open interactions `r` of a key. An account's are looked for among all that is open, a customer's
/// by way of their conversations; both only when an account or a customer is to be deleted.
struct OpenWork {
    postgres: &'static str,
    sqlite: &'static str,
}

const OPEN_OVER_ACCOUNT: OpenWork = OpenWork {
    postgres: "SELECT x.* FROM {keys} CROSS JOIN LATERAL (SELECT r.* FROM interaction r \
        WHERE r.tenant_id = k.t AND r.status < 10 AND r.account_id = k.i \
        ORDER BY r.enqueued_seq LIMIT {most}) x",
    sqlite: "SELECT r.* FROM {keys} CROSS JOIN interaction r WHERE r.tenant_id = k.t AND r.id IN \
        (SELECT i.id FROM interaction i WHERE i.tenant_id = k.t AND i.status < 10 \
        AND i.account_id = k.i ORDER BY i.enqueued_seq LIMIT {most})",
};

const OPEN_IN_QUEUE: OpenWork = OpenWork {
    postgres: "SELECT x.* FROM {keys} CROSS JOIN LATERAL (SELECT r.* FROM interaction r \
        WHERE r.tenant_id = k.t AND r.status < 10 AND r.queue_id = k.i LIMIT {most}) x",
    sqlite: "SELECT r.* FROM {keys} CROSS JOIN interaction r WHERE r.tenant_id = k.t AND r.id IN \
        (SELECT i.id FROM interaction i WHERE i.tenant_id = k.t AND i.status < 10 \
        AND i.queue_id = k.i LIMIT {most})",
};

/// Lists of skills are text that spells their ids.
const PARKED_NEEDING: OpenWork = OpenWork {
    postgres: "SELECT x.* FROM {keys} CROSS JOIN LATERAL (SELECT r.* FROM interaction r \
        WHERE r.tenant_id = k.t AND r.status = 8 \
        AND r.required_skills LIKE '%' || CAST(k.i AS text) || '%' LIMIT {most}) x",
    sqlite: "SELECT r.* FROM {keys} CROSS JOIN interaction r WHERE r.tenant_id = k.t AND r.id IN \
        (SELECT i.id FROM interaction i WHERE i.tenant_id = k.t AND i.status = 8 \
        AND replace(i.required_skills, '-', '') LIKE '%' || hex(k.i) || '%' LIMIT {most})",
};

const OPEN_OF_CUSTOMER: OpenWork = OpenWork {
    postgres: "SELECT x.* FROM {keys} CROSS JOIN LATERAL (SELECT o.* FROM \
        (SELECT v.id FROM conversation v WHERE v.customer_id = k.i \
        AND v.tenant_id IS NOT DISTINCT FROM k.t OFFSET 0) c CROSS JOIN LATERAL \
        (SELECT r.* FROM interaction r WHERE r.conversation_id = c.id \
        AND r.tenant_id IS NOT DISTINCT FROM k.t AND r.status < 10 OFFSET 0) o \
        LIMIT {most}) x",
    sqlite: "SELECT r.* FROM {keys} CROSS JOIN interaction r WHERE r.tenant_id = k.t AND r.id IN \
        (SELECT i.id FROM conversation v CROSS JOIN interaction i ON i.conversation_id = v.id \
        WHERE v.customer_id = k.i AND v.tenant_id IS NOT DISTINCT FROM k.t \
        AND i.tenant_id IS NOT DISTINCT FROM k.t AND i.status < 10 LIMIT {most})",
};

async fn open_work(
    tx: &mut LedgerTx,
    keys: Table,
    what: OpenWork,
) -> Result<Nouns<entity::interaction::Model>> {
    let mut nouns = Vec::new();
    if keys.is_empty() {
        return Ok(nouns);
    }
    let sql = match tx.kind() {
        DatabaseKind::Postgres => what.postgres,
        DatabaseKind::Sqlite => what.sqlite,
    };
    let sql = sql.replace("{most}", &MAX_OPEN_WORK.to_string());
    for statement in by_keys(tx.kind(), keys, "t, i", &sql) {
        for row in tx.rows(statement).await? {
            nouns.push(entity::interaction::Model::from_query_result(&row, "")?.noun()?);
        }
    }
    Ok(nouns)
}

async fn inbox(tx: &mut LedgerTx, keys: &LoadKeys, found: &mut Loaded) -> Result<()> {
    let mut table = Table::new([Type::Uuid, Type::Uuid, Type::Bytes]);
    for (tenant, account, dedup) in keys.inbox.iter().collect::<BTreeSet<_>>() {
        table.push([tenant.0.into(), account.0.into(), bytes(dedup)]);
    }
    let on = "{a}.tenant_id = k.t AND {a}.account_id = k.a AND {a}.dedup_key = k.i";
    let by = Lookup { names: "t, a, i", on, limit: None };
    found.inbox = find::<entity::inbox::Model>(tx, table, &by).await?;
    Ok(())
}

async fn mail(tx: &mut LedgerTx, keys: &LoadKeys, found: &mut Loaded) -> Result<()> {
    use entity::{attachment, mail_participant, mail_reference, mail_sender};
    found.attachments = by_id::<attachment::Model, _>(tx, &keys.attachments).await?;
    let mut table = Table::new([Type::Uuid, Type::Bytes]);
    for (tenant, index) in keys.mail_references.iter().collect::<BTreeSet<_>>() {
        table.push([tenant.0.into(), bytes(&index.0)]);
    }
    let on = "{a}.reference = k.i AND {a}.tenant_id IS NOT DISTINCT FROM k.t";
    let by = Lookup { names: "t, i", on, limit: Some(MAX_REFERENCES) };
    found.mail_references = find::<mail_reference::Model>(tx, table, &by).await?;
    let mut table = Table::new([Type::Uuid, Type::Uuid, Type::Bytes]);
    for (tenant, id, index) in keys.mail_participants.iter().collect::<BTreeSet<_>>() {
        table.push([tenant.0.into(), id.0.into(), bytes(&index.0)]);
    }
    let on = "{a}.tenant_id = k.t AND {a}.conversation_id = k.c AND {a}.address = k.i";
    let by = Lookup { names: "t, c, i", on, limit: None };
    found.mail_participants = find::<mail_participant::Model>(tx, table, &by).await?;
    let mut table = Table::new([Type::Uuid, Type::Uuid, Type::Bytes]);
    for (tenant, account, index) in keys.mail_senders.iter().collect::<BTreeSet<_>>() {
        table.push([tenant.0.into(), account.0.into(), bytes(&index.0)]);
    }
    let on = "{a}.tenant_id = k.t AND {a}.account_id = k.a AND {a}.address = k.i";
    let by = Lookup { names: "t, a, i", on, limit: None };
    found.mail_senders = find::<mail_sender::Model>(tx, table, &by).await?;
    Ok(())
}

async fn tenants(tx: &mut LedgerTx, keys: &LoadKeys, found: &mut Loaded) -> Result<()> {
    let mut ids = Table::new([Type::Uuid]);
    for tenant in keys.tenants.iter().collect::<BTreeSet<_>>() {
        ids.push([tenant.0.into()]);
    }
    let mut names = Table::new([Type::Text]);
    for name in keys.tenant_names.iter().collect::<BTreeSet<_>>() {
        let name = Value::from(name.as_str());
        // A name with a NUL byte cannot exist, and PostgreSQL would refuse the question.
        if refuse_nul(&name).is_ok() {
            names.push([name]);
        }
    }
    let by_id = Lookup { names: "i", on: "{a}.id = k.i", limit: None };
    let by_name = Lookup { names: "n", on: "{a}.name = k.n", limit: None };
    for (table, by) in [(ids, by_id), (names, by_name)] {
        for row in find_rows::<entity::tenant::Entity>(tx, table, &by).await? {
            found.tenants.push(entity::tenant::Model::from_query_result(&row, "")?.tenant()?);
        }
    }
    Ok(())
}

const NAMED: &[(&str, ConfigKind)] = &[
    ("queue", ConfigKind::Queue),
    ("skill", ConfigKind::Skill),
    ("team", ConfigKind::Team),
    ("routing_rule", ConfigKind::Rule),
    ("channel_account", ConfigKind::Account),
    ("routing_plan", ConfigKind::Plan),
    ("calendar", ConfigKind::Calendar),
    ("schedule", ConfigKind::Schedule),
    ("sla_policy", ConfigKind::SlaPolicy),
    ("escalation_policy", ConfigKind::Escalation),
];

async fn names(tx: &mut LedgerTx, tenants: &[TenantId]) -> Result<Vec<ConfigName>> {
    if tenants.is_empty() {
        return Ok(Vec::new());
    }
    let ids: BTreeSet<_> = tenants.iter().collect();
    let ids = ids.into_iter().map(|t| t.0.into()).collect();
    let mut values = Vec::new();
    let condition = one_of(tx.kind(), "tenant_id", Type::Uuid, ids, &mut values);
    let parts = NAMED.iter().enumerate().map(|(place, (table, _))| {
        format!("SELECT tenant_id, {place} AS place, id, name FROM {table} WHERE {condition}")
    });
    let sql = parts.collect::<Vec<_>>().join(" UNION ALL ");
    let statement = tx.kind().statement(sql, values);
    let mut names = Vec::new();
    for row in tx.rows(statement).await? {
        let place: i32 = row.try_get_by_index(1)?;
        let (_, kind) = NAMED[usize::try_from(place).unwrap_or_default().min(NAMED.len() - 1)];
        names.push(ConfigName {
            tenant: row.try_get_by_index::<Uuid>(0)?.into(),
            kind,
            id: row.try_get_by_index(2)?,
            name: row.try_get_by_index(3)?,
        });
    }
    Ok(names)
}

/// All columns of an entity, each with a prefix, so that several fit in one row.
fn columns<E: EntityTrait>(alias: &str) -> String {
    let names = E::Column::iter().map(|c| {
        let name = c.as_str().to_owned();
        format!("{alias}.{name} AS {alias}_{name}")
    });
    names.collect::<Vec<_>>().join(", ")
}

const THREADS_POSTGRES: &str = "FROM {keys} CROSS JOIN LATERAL (SELECT c.* FROM contact_point c \
    WHERE c.address_index = k.i AND c.kind = k.c \
    AND c.tenant_id IS NOT DISTINCT FROM k.t OFFSET 0) cp \
    LEFT JOIN LATERAL (SELECT v.* FROM conversation v WHERE v.contact_point_id = cp.id \
    AND v.tenant_id IS NOT DISTINCT FROM k.t AND COALESCE(v.account_id, k.z) = k.a \
    ORDER BY v.id DESC LIMIT 1) co ON true \
    LEFT JOIN LATERAL (SELECT n.* FROM interaction n WHERE n.conversation_id = co.id \
    AND n.tenant_id IS NOT DISTINCT FROM k.t AND n.status < 10 \
    ORDER BY n.id DESC LIMIT 1) ia ON true";

const THREADS_SQLITE: &str = "FROM {keys} CROSS JOIN contact_point cp \
    ON cp.address_index = k.i AND cp.kind = k.c AND cp.tenant_id = k.t \
    LEFT JOIN conversation co ON co.tenant_id = k.t AND co.id = \
    (SELECT v.id FROM conversation v WHERE v.contact_point_id = cp.id \
    AND v.tenant_id IS NOT DISTINCT FROM k.t AND COALESCE(v.account_id, k.z) = k.a \
    ORDER BY v.id DESC LIMIT 1) \
    LEFT JOIN interaction ia ON ia.tenant_id = k.t AND ia.id = \
    (SELECT n.id FROM interaction n WHERE n.conversation_id = co.id \
    AND n.tenant_id IS NOT DISTINCT FROM k.t AND n.status < 10 ORDER BY n.id DESC LIMIT 1)";

async fn threads(tx: &mut LedgerTx, keys: &LoadKeys) -> Result<Vec<Thread>> {
    use entity::{contact_point, conversation, interaction};
    if keys.threads.is_empty() {
        return Ok(Vec::new());
    }
    // No account is written as the nil id, in the key as in the comparison.
    let mut table = Table::new([Type::Uuid, Type::Uuid, Type::Small, Type::Bytes, Type::Uuid]);
    for (tenant, account, kind, index) in keys.threads.iter().collect::<BTreeSet<_>>() {
        let account = account.map_or(Uuid::nil(), |a| a.0);
        let (kind, index) = (kind.code().into(), bytes(&index.0));
        table.push([tenant.0.into(), account.into(), kind, index, Uuid::nil().into()]);
    }
    let from = match tx.kind() {
        DatabaseKind::Postgres => THREADS_POSTGRES,
        DatabaseKind::Sqlite => THREADS_SQLITE,
    };
    let sql = format!(
        "SELECT k.a AS k_a, {}, {}, {} {from}",
        columns::<contact_point::Entity>("cp"),
        columns::<conversation::Entity>("co"),
        columns::<interaction::Entity>("ia"),
    );
    let mut threads = Vec::new();
    for statement in by_keys(tx.kind(), table, "t, a, c, i, z", &sql) {
        for row in tx.rows(statement).await? {
            threads.push(thread(&row)?);
        }
    }
    Ok(threads)
}

fn thread(row: &QueryResult) -> Result<Thread> {
    use entity::{contact_point, conversation, interaction};
    let account: Uuid = row.try_get("", "k_a")?;
    let (tenant, contact_point) = contact_point::Model::from_query_result(row, "cp_")?.noun()?;
    Ok(Thread {
        tenant,
        account_id: (!account.is_nil()).then(|| account.into()),
        contact_point,
        conversation: optional::<conversation::Model>(row, "co_")?,
        interaction: optional::<interaction::Model>(row, "ia_")?,
    })
}

/// The noun of a joined row, if there was one.
fn optional<R: Row>(row: &QueryResult, prefix: &str) -> Result<Option<R::Noun>> {
    if row.try_get::<Option<Uuid>>(prefix, "id")?.is_none() {
        return Ok(None);
    }
    Ok(Some(R::from_query_result(row, prefix)?.noun()?.1))
}
