//! The rows as a second witness beside the log: what they say by themselves about owners and
//! capacity, in SQL, and whether they agree with what the log tells.

use super::replay::{OfferIs, Replay};
use super::{Kind, Violations};
use anyhow::Result;
use sqlx::Row;
use sqlx::postgres::PgPool;
use std::collections::HashMap;
use uuid::Uuid;

/// The first stored number of an offer's state that is final.
const FIRST_FINAL_OFFER: i16 = 6;

/// The first stored number of an interaction's status that is an end.
const FIRST_ENDED: i16 = 10;

/// Final states of offers, stored number and word.
const FINAL_OFFERS: [(i16, &str); 7] = [
    (6, "completed"),
    (7, "rejected"),
    (8, "timed_out"),
    (9, "rescinded"),
    (10, "cancelled"),
    (11, "connect_failed"),
    (12, "agent_lost"),
];

/// Ends of interactions, stored number and word.
const ENDINGS: [(i16, &str); 5] =
    [(10, "resolved"), (11, "closed"), (12, "cancelled"), (13, "abandoned"), (14, "expired")];

/// Legs of one interaction that were somebody's own at the same time. Who advised and was handed
/// it owns it from then on, which only the log knows.
const OVERLAPPING_OWNERS: &str = "
    WITH handed AS (SELECT * FROM unnest($1::uuid[], $2::int8[]) AS h(id, at)), owned AS (
        SELECT o.tenant_id, o.interaction_id, o.id, o.agent_id, o.ended_at,
            coalesce(handed.at, o.answered_at) AS began
        FROM offer o LEFT JOIN handed ON handed.id = o.id
        WHERE o.role = 1 AND o.state IN (2, 3, 4, 5, 6)
    )
    SELECT a.interaction_id, a.agent_id, b.agent_id FROM owned a JOIN owned b
        ON a.tenant_id = b.tenant_id AND a.interaction_id = b.interaction_id AND a.id < b.id
    WHERE a.began < coalesce(b.ended_at, 9223372036854775807)
        AND b.began < coalesce(a.ended_at, 9223372036854775807)
    LIMIT 100";

/// Consults of one interaction at the same time, in the order of the log.
const OVERLAPPING_CONSULTS: &str = "
    SELECT a.interaction_id, a.agent_id, b.agent_id FROM offer a JOIN offer b
        ON a.tenant_id = b.tenant_id AND a.interaction_id = b.interaction_id
        AND a.offered_seq < b.offered_seq
    WHERE a.role = 2 AND b.role = 2 AND (a.state < 6 OR a.last_seq > b.offered_seq)
    LIMIT 100";

/// Agents who had more with a label in hand than they cap it at, in the same order.
const ABOVE_LABEL: &str = "
    WITH labelled AS (
        SELECT o.*, label FROM offer o, json_array_elements_text(
            coalesce(nullif(o.labels, ''), '[]')::json) AS label
        WHERE NOT override_limits
    ), step AS (
        SELECT tenant_id, agent_id, label, offered_seq AS seq, 1 AS step FROM labelled
        UNION ALL
        SELECT tenant_id, agent_id, label, last_seq, -1 FROM labelled WHERE state >= 6
    ), held AS (
        SELECT tenant_id, agent_id, label, max(live) AS most FROM (
            SELECT tenant_id, agent_id, label,
                sum(step) OVER (PARTITION BY tenant_id, agent_id, label ORDER BY seq) AS live
            FROM step
        ) x GROUP BY 1, 2, 3
    ), cap AS (
        SELECT tenant_id, id, (spec::json->'capacity'->'per_label') AS caps FROM agent
    )
    SELECT held.agent_id, held.most, (cap.caps->held.label->>'max')::int8
    FROM held JOIN cap ON cap.tenant_id = held.tenant_id AND cap.id = held.agent_id
    WHERE held.most > (cap.caps->held.label->>'max')::int8
    LIMIT 100";

/// Agents who had more in hand than their capacity, in the order of the log: an offer counts from
/// the place at which it was made to the place at which it ended. What somebody gave them over
/// their limits is left out.
const ABOVE_CAPACITY: &str = "
    WITH step AS (
        SELECT tenant_id, agent_id, offered_seq AS seq, 1 AS step FROM offer
            WHERE NOT override_limits
        UNION ALL
        SELECT tenant_id, agent_id, last_seq, -1 FROM offer
            WHERE state >= 6 AND NOT override_limits
    ), held AS (
        SELECT tenant_id, agent_id, max(live) AS most FROM (
            SELECT tenant_id, agent_id,
                sum(step) OVER (PARTITION BY tenant_id, agent_id ORDER BY seq) AS live FROM step
        ) x GROUP BY 1, 2
    )
    SELECT held.agent_id, held.most, (agent.spec::json->'capacity'->>'units')::int8
    FROM held JOIN agent ON agent.tenant_id = held.tenant_id AND agent.id = held.agent_id
    WHERE held.most > (agent.spec::json->'capacity'->>'units')::int8
    LIMIT 100";

/// Identifiers that more than one tenant has: the contract promises UUIDs.
const SHARED_IDS: &str = "
    SELECT what, id, count(*) FROM (
        SELECT 'interaction' AS what, id FROM interaction
        UNION ALL SELECT 'offer', id FROM offer
        UNION ALL SELECT 'message', id FROM message
        UNION ALL SELECT 'conversation', id FROM conversation
        UNION ALL SELECT 'agent', id FROM agent
    ) x GROUP BY 1, 2 HAVING count(*) > 1
    LIMIT 100000";

/// What the rows say by themselves.
pub(super) async fn check(
    pool: &PgPool,
    handed_over: &[(Uuid, i64)],
    found: &mut Violations,
) -> Result<()> {
    let (legs, times): (Vec<Uuid>, Vec<i64>) = handed_over.iter().copied().unzip();
    let owners = sqlx::query(OVERLAPPING_OWNERS).bind(legs).bind(times);
    for row in owners.fetch_all(pool).await? {
        let (interaction, one, two): (Uuid, Uuid, Uuid) =
            (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        found.add(Kind::TwoOwners, || format!("rows: {interaction} was {one}'s and {two}'s"));
    }
    for row in sqlx::query(OVERLAPPING_CONSULTS).fetch_all(pool).await? {
        let (interaction, one, two): (Uuid, Uuid, Uuid) =
            (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        found.add(Kind::Order, || format!("rows: {one} and {two} advise on {interaction}"));
    }
    for query in [ABOVE_CAPACITY, ABOVE_LABEL] {
        for row in sqlx::query(query).fetch_all(pool).await? {
            let (agent, most, cap): (Uuid, i64, i64) =
                (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
            found.add(Kind::Capacity, || format!("rows: {agent} had {most} of {cap}"));
        }
    }
    for row in sqlx::query(SHARED_IDS).fetch_all(pool).await? {
        let (what, id, count): (String, Uuid, i64) =
            (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        found.add(Kind::SharedId, || format!("{count} tenants have {what} {id}"));
    }
    Ok(())
}

/// Whether a tenant's rows say what its log says.
pub(super) async fn compare(
    pool: &PgPool,
    tenant: Uuid,
    replay: &Replay,
    found: &mut Violations,
) -> Result<()> {
    let offers =
        sqlx::query("SELECT id, state, interaction_id, agent_id FROM offer WHERE tenant_id = $1");
    let mut rows = 0;
    for row in offers.bind(tenant).fetch_all(pool).await? {
        let (id, state): (Uuid, i16) = (row.try_get(0)?, row.try_get(1)?);
        let (interaction, agent): (Uuid, Uuid) = (row.try_get(2)?, row.try_get(3)?);
        rows += 1;
        let told = replay.offers.get(&id);
        let same = told.is_some_and(|told| {
            same_offer(&told.is, state) && told.interaction == interaction && told.agent == agent
        });
        if !same {
            found.add(Kind::Rows, || format!("{tenant}: offer {id} is {state}, log: {told:?}"));
        }
    }
    if rows != replay.offers.len() {
        let told = replay.offers.len();
        found.add(Kind::Rows, || format!("{tenant}: {rows} offers, the log made {told}"));
    }
    compare_interactions(pool, tenant, replay, found).await
}

fn same_offer(told: &OfferIs, state: i16) -> bool {
    match told {
        OfferIs::Pending => state == 1,
        OfferIs::Owner | OfferIs::Advising | OfferIs::HandedOver => {
            (2..FIRST_FINAL_OFFER).contains(&state)
        }
        OfferIs::Ended(word) => FINAL_OFFERS.contains(&(state, word.as_str())),
    }
}

async fn compare_interactions(
    pool: &PgPool,
    tenant: Uuid,
    replay: &Replay,
    found: &mut Violations,
) -> Result<()> {
    let query = sqlx::query("SELECT id, status FROM interaction WHERE tenant_id = $1");
    let mut rows = HashMap::new();
    for row in query.bind(tenant).fetch_all(pool).await? {
        rows.insert(row.try_get::<Uuid, _>(0)?, row.try_get::<i16, _>(1)?);
    }
    for (id, ended) in replay.endings() {
        let status = rows.remove(&id);
        let same = match (status, ended) {
            (Some(status), None) => status < FIRST_ENDED,
            (Some(status), Some(word)) => ENDINGS.contains(&(status, word)),
            (None, _) => false,
        };
        if !same {
            found.add(Kind::Rows, || format!("{tenant}: {id} is {status:?}, the log: {ended:?}"));
        }
    }
    for id in rows.keys() {
        found.add(Kind::Rows, || format!("{tenant}: {id} is in no event of the log"));
    }
    Ok(())
}
