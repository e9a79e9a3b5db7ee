//! Interactions, which are also their own places in the queue.

use super::{Row, json, json_text, known, list, list_text, option, option_text};
use crate::error::StoreError;
use domain::agent::Place;
use domain::channel::ChannelKind;
use domain::escalation::Ladder;
use domain::id::TenantId;
use domain::interaction::{Interaction, InteractionStatus, Priority};
use domain::sealed::Sealed;
use domain::sla::Sla;
use domain::time::Timestamp;
use sea_orm::entity::prelude::*;
use std::sync::Arc;

/// A place out of its two columns.
pub(crate) fn place(north: Option<i32>, east: Option<i32>) -> Option<Place> {
    Some(Place { north: north?, east: east? })
}

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "interaction")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub conversation_id: Uuid,
    pub customer_id: Uuid,
    pub channel: i16,
    pub account_id: Option<Uuid>,
    pub status: i16,
    pub queue_id: Option<Uuid>,
    pub priority: i16,
    pub subject: Vec<u8>,
    pub tags: Vec<u8>,
    pub labels: String,
    pub language: String,
    pub customer_tier: String,
    pub place_north: Option<i32>,
    pub place_east: Option<i32>,
    pub required_skills: String,
    pub matched_rule_id: Option<Uuid>,
    pub matched_rule_version: i64,
    pub owner_agent_id: Option<Uuid>,
    pub target_agent_id: Option<Uuid>,
    pub consult_agent_id: Option<Uuid>,
    pub consult: String,
    pub cool_downs: String,
    pub last_agent_id: Option<Uuid>,
    pub account_owner_id: Option<Uuid>,
    pub plan: String,
    pub offers_made: i32,
    pub offers_failed: i32,
    pub escalation_level: i32,
    pub created_at: i64,
    pub enqueued_at: Option<i64>,
    pub enqueued_seq: i64,
    pub first_offered_at: Option<i64>,
    pub accepted_at: Option<i64>,
    pub first_response_at: Option<i64>,
    pub resolved_at: Option<i64>,
    pub closed_at: Option<i64>,
    pub updated_at: i64,
    pub resolution: Vec<u8>,
    pub wrap_up_code: String,
    pub rating: i16,
    pub rated_at: Option<i64>,
    pub rating_comment: Vec<u8>,
    pub sla: String,
    pub sla_risk: i16,
    pub ladder: String,
    pub sentiment: Option<i16>,
    pub wake_at: Option<i64>,
    pub rests: bool,
    pub callbacks: Option<i16>,
    pub version: i64,
    pub last_seq: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Row for Model {
    type Noun = Interaction;

    fn of(tenant: TenantId, n: &Interaction) -> Self {
        Self {
            tenant_id: tenant.0,
            id: n.id.0,
            conversation_id: n.conversation_id.0,
            customer_id: n.customer_id.0,
            channel: n.channel.code(),
            account_id: n.account_id.map(Into::into),
            status: n.status.code(),
            queue_id: n.queue_id.map(Into::into),
            priority: n.priority.code(),
            subject: n.subject.0.clone(),
            tags: n.tags.0.clone(),
            labels: list_text(&n.labels),
            language: n.language.clone(),
            customer_tier: n.customer_tier.clone(),
            place_north: n.place.map(|place| place.north),
            place_east: n.place.map(|place| place.east),
            required_skills: list_text(&n.required_skills),
            matched_rule_id: n.matched_rule_id.map(Into::into),
            matched_rule_version: n.matched_rule_version,
            owner_agent_id: n.owner_agent_id.map(Into::into),
            target_agent_id: n.target_agent_id.map(Into::into),
            consult_agent_id: n.consult.map(|consult| consult.agent_id.into()),
            consult: option_text(n.consult.as_ref()),
            cool_downs: list_text(&n.cool_downs),
            last_agent_id: n.last_agent_id.map(Into::into),
            account_owner_id: n.account_owner_id.map(Into::into),
            plan: option_text(n.plan.as_ref()),
            offers_made: n.offers_made,
            offers_failed: n.offers_failed,
            escalation_level: n.escalation_level,
            created_at: n.created_at.micros(),
            enqueued_at: n.enqueued_at.map(Timestamp::micros),
            enqueued_seq: n.enqueued_seq,
            first_offered_at: n.first_offered_at.map(Timestamp::micros),
            accepted_at: n.accepted_at.map(Timestamp::micros),
            first_response_at: n.first_response_at.map(Timestamp::micros),
            resolved_at: n.resolved_at.map(Timestamp::micros),
            closed_at: n.closed_at.map(Timestamp::micros),
            updated_at: n.updated_at.micros(),
            resolution: n.resolution.0.clone(),
            wrap_up_code: n.wrap_up_code.clone(),
            rating: n.rating,
            rated_at: n.rated_at.map(Timestamp::micros),
            rating_comment: n.rating_comment.0.clone(),
            sla: n.sla.as_ref().map(json_text).unwrap_or_default(),
            sla_risk: risk(n),
            ladder: n.ladder.as_ref().map(json_text).unwrap_or_default(),
            sentiment: n.sentiment.map(i16::from),
            wake_at: n.wake_at.map(Timestamp::micros),
            rests: n.rests(),
            callbacks: n.callbacks.map(i16::from),
            version: n.version,
            last_seq: n.last_seq,
        }
    }

    fn noun(self) -> Result<(TenantId, Interaction), StoreError> {
        let noun = Interaction {
            id: self.id.into(),
            conversation_id: self.conversation_id.into(),
            customer_id: self.customer_id.into(),
            channel: known(ChannelKind::from_code(self.channel), "interaction.channel")?,
            account_id: self.account_id.map(Into::into),
            status: known(InteractionStatus::from_code(self.status), "interaction.status")?,
            queue_id: self.queue_id.map(Into::into),
            priority: known(Priority::from_code(self.priority), "interaction.priority")?,
            subject: Sealed(self.subject),
            tags: Sealed(self.tags),
            labels: list(&self.labels, "interaction.labels")?,
            language: self.language,
            customer_tier: self.customer_tier,
            place: place(self.place_north, self.place_east),
            required_skills: list(&self.required_skills, "interaction.required_skills")?,
            matched_rule_id: self.matched_rule_id.map(Into::into),
            matched_rule_version: self.matched_rule_version,
            owner_agent_id: self.owner_agent_id.map(Into::into),
            target_agent_id: self.target_agent_id.map(Into::into),
            consult: option(&self.consult, "interaction.consult")?,
            cool_downs: list(&self.cool_downs, "interaction.cool_downs")?,
            last_agent_id: self.last_agent_id.map(Into::into),
            account_owner_id: self.account_owner_id.map(Into::into),
            plan: option(&self.plan, "interaction.plan")?,
            offers_made: self.offers_made,
            offers_failed: self.offers_failed,
            escalation_level: self.escalation_level,
            created_at: Timestamp::from_micros(self.created_at),
            enqueued_at: self.enqueued_at.map(Timestamp::from_micros),
            enqueued_seq: self.enqueued_seq,
            first_offered_at: self.first_offered_at.map(Timestamp::from_micros),
            accepted_at: self.accepted_at.map(Timestamp::from_micros),
            first_response_at: self.first_response_at.map(Timestamp::from_micros),
            resolved_at: self.resolved_at.map(Timestamp::from_micros),
            closed_at: self.closed_at.map(Timestamp::from_micros),
            updated_at: Timestamp::from_micros(self.updated_at),
            resolution: Sealed(self.resolution),
            wrap_up_code: self.wrap_up_code,
            rating: self.rating,
            rated_at: self.rated_at.map(Timestamp::from_micros),
            rating_comment: Sealed(self.rating_comment),
            sla: sla(&self.sla)?,
            ladder: ladder(&self.ladder)?,
            sentiment: self.sentiment.and_then(|mood| i8::try_from(mood).ok()),
            wake_at: self.wake_at.map(Timestamp::from_micros),
            callbacks: self.callbacks.and_then(|tries| u8::try_from(tries).ok()),
            version: self.version,
            last_seq: self.last_seq,
        };
        Ok((self.tenant_id.into(), noun))
    }
}

/// Promises as they are stored: empty text if there are none.
pub(crate) fn sla(text: &str) -> Result<Option<Arc<Sla>>, StoreError> {
    if text.is_empty() { Ok(None) } else { json(text, "interaction.sla").map(Some) }
}

/// A ladder as it is stored: empty text if there is none.
pub(crate) fn ladder(text: &str) -> Result<Option<Arc<Ladder>>, StoreError> {
    if text.is_empty() { Ok(None) } else { json(text, "interaction.ladder").map(Some) }
}

/// What is at stake for open work, as a number to count by.
fn risk(n: &Interaction) -> i16 {
    let held = n.sla.as_ref().filter(|_| n.status.is_open());
    held.map_or(0, |sla| sla.risk() as i16)
}
