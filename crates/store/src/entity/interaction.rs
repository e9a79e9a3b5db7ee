//! Interactions, which are also their own places in the queue.

use super::{Row, known, list, list_text};
use crate::error::StoreError;
use domain::channel::ChannelKind;
use domain::id::TenantId;
use domain::interaction::{Interaction, InteractionStatus, Priority};
use domain::sealed::Sealed;
use domain::time::Timestamp;
use sea_orm::entity::prelude::*;

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
    pub language: String,
    pub required_skills: String,
    pub matched_rule_id: Option<Uuid>,
    pub owner_agent_id: Option<Uuid>,
    pub target_agent_id: Option<Uuid>,
    pub cool_downs: String,
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
            language: n.language.clone(),
            required_skills: list_text(&n.required_skills),
            matched_rule_id: n.matched_rule_id.map(Into::into),
            owner_agent_id: n.owner_agent_id.map(Into::into),
            target_agent_id: n.target_agent_id.map(Into::into),
            cool_downs: list_text(&n.cool_downs),
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
            language: self.language,
            required_skills: list(&self.required_skills, "interaction.required_skills")?,
            matched_rule_id: self.matched_rule_id.map(Into::into),
            owner_agent_id: self.owner_agent_id.map(Into::into),
            target_agent_id: self.target_agent_id.map(Into::into),
            cool_downs: list(&self.cool_downs, "interaction.cool_downs")?,
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
            version: self.version,
            last_seq: self.last_seq,
        };
        Ok((self.tenant_id.into(), noun))
    }
}
