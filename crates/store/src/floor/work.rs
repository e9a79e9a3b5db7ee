//! The interactions that a floor holds: those in work, page by page in the order in which they
//! began to wait, or those that were touched.

use super::{FloorInteraction, Touched, ids, some};
use crate::entity::{self, known, list, option};
use crate::error::Result;
use crate::pool::Snapshot;
use domain::channel::ChannelKind;
use domain::interaction::{InteractionStatus, Priority, Traits};
use domain::time::Timestamp;
use sea_orm::QueryResult;
use uuid::Uuid;

/// How many interactions one statement of a floor load reads.
const FLOOR_PAGE: u64 = 4_000;

const INTERACTIONS: &str = "SELECT id, status, queue_id, channel, priority, required_skills, \
    enqueued_at, enqueued_seq, target_agent_id, owner_agent_id, cool_downs, offers_made, \
    language, customer_tier, place_north, place_east, last_agent_id, plan, sla, accepted_at, \
    ladder, wake_at, callbacks, account_owner_id, labels \
    FROM interaction WHERE tenant_id = {t} AND status < 10 AND NOT rests";

pub(super) async fn interactions(
    s: &Snapshot,
    touched: Option<&Touched>,
) -> Result<Vec<Vec<FloorInteraction>>> {
    if let Some(touched) = touched {
        let rows = some(s, INTERACTIONS, "id", Some(ids(&touched.interactions))).await?;
        return Ok(vec![rows.iter().map(interaction).collect::<Result<_>>()?]);
    }
    let mut all = Vec::new();
    let mut after = Some(BEFORE_ALL);
    while let Some(begin) = after {
        let (page, next) = page(s, begin).await?;
        all.push(page);
        after = next;
    }
    Ok(all)
}

/// Where in the order of interactions a page begins.
pub(super) type Begin = (i64, Uuid);

pub(super) const BEFORE_ALL: Begin = (i64::MIN, Uuid::nil());

/// The interactions after this one, and where the next page begins if there may be one.
pub(super) async fn page(
    s: &Snapshot,
    after: Begin,
) -> Result<(Vec<FloorInteraction>, Option<Begin>)> {
    let query = s
        .query(INTERACTIONS)
        .bind(" AND (enqueued_seq, id) > (", after.0)
        .bind(", ", after.1)
        .text(&format!(") ORDER BY enqueued_seq, id LIMIT {FLOOR_PAGE}"));
    let rows = s.rows(query).await?;
    let page: Vec<_> = rows.iter().map(interaction).collect::<Result<_>>()?;
    let is_full = page.len() as u64 == FLOOR_PAGE;
    let next = page.last().filter(|_| is_full).map(|end| (end.enqueued_seq, end.id.0));
    Ok((page, next))
}
fn interaction(r: &QueryResult) -> Result<FloorInteraction> {
    let uuid = |i| r.try_get_by_index::<Option<Uuid>>(i);
    let skills: String = r.try_get_by_index(5)?;
    let cool_downs: String = r.try_get_by_index(10)?;
    Ok(FloorInteraction {
        id: r.try_get_by_index::<Uuid>(0)?.into(),
        status: known(InteractionStatus::from_code(r.try_get_by_index(1)?), "interaction.status")?,
        queue_id: uuid(2)?.map(Into::into),
        channel: known(ChannelKind::from_code(r.try_get_by_index(3)?), "interaction.channel")?,
        priority: known(Priority::from_code(r.try_get_by_index(4)?), "interaction.priority")?,
        required_skills: list(&skills, "interaction.required_skills")?,
        enqueued_at: r.try_get_by_index::<Option<i64>>(6)?.map(Timestamp::from_micros),
        enqueued_seq: r.try_get_by_index(7)?,
        target_agent_id: uuid(8)?.map(Into::into),
        owner_agent_id: uuid(9)?.map(Into::into),
        cool_downs: list(&cool_downs, "interaction.cool_downs")?,
        offers_made: r.try_get_by_index(11)?,
        traits: Traits {
            language: r.try_get_by_index(12)?,
            tier: r.try_get_by_index(13)?,
            place: entity::interaction::place(r.try_get_by_index(14)?, r.try_get_by_index(15)?),
            account_owner_id: uuid(23)?.map(Into::into),
            labels: list(&r.try_get_by_index::<String>(24)?, "interaction.labels")?,
        },
        last_agent_id: uuid(16)?.map(Into::into),
        plan: option(&r.try_get_by_index::<String>(17)?, "interaction.plan")?,
        sla: entity::interaction::sla(&r.try_get_by_index::<String>(18)?)?,
        taken: r.try_get_by_index::<Option<i64>>(19)?.is_some()
            || r.try_get_by_index::<Option<i16>>(22)?.is_some(),
        ladder: entity::interaction::ladder(&r.try_get_by_index::<String>(20)?)?,
        wake_at: r.try_get_by_index::<Option<i64>>(21)?.map(Timestamp::from_micros),
    })
}
