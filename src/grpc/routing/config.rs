//! Saving and reading queues, skills and rules.

use super::Routing;
use super::ordered::{STEP, everything};
use crate::grpc::call::version;
use crate::grpc::convert::mask::Fields;
use crate::grpc::convert::{fault, found, queue, rule, skill};
use crate::grpc::status::status;
use crate::proto::v1;
use app::context::Context;
use app::ledger::command::queue::{SaveQueue, SaveSkill};
use app::ledger::command::rule::SaveRule;
use domain::id::{QueueId, RuleId, SkillId};
use domain::queue::{Queue, Skill};
use domain::rule::Rule;
use futures::FutureExt;
use tonic::Status;

/// The version a caller saw; a new noun has none, whatever the message says.
pub(in crate::grpc) fn seen<I>(id: Option<I>, etag: &str) -> i64 {
    if id.is_some() { version(etag) } else { 0 }
}

impl Routing {
    pub(super) async fn save_queue(
        &self,
        context: &Context,
        id: Option<QueueId>,
        wanted: &v1::Queue,
        fields: Fields,
    ) -> Result<v1::Queue, Status> {
        let version = seen(id, &wanted.etag);
        let save = SaveQueue { id, version, patch: queue::patch(wanted, fields)? };
        let saved = self.edge.app.change(context, save).await.map_err(status)?;
        self.queue(context, QueueId(saved.id)).await
    }

    pub(super) async fn queue(&self, context: &Context, id: QueueId) -> Result<v1::Queue, Status> {
        let row = self.edge.app.read(context).queue(id).await.map_err(fault)?;
        Ok(queue::queue(&found(row, "queue", id)?))
    }

    /// All queues by name.
    pub(super) async fn queues(&self, context: &Context) -> Result<Vec<Queue>, Status> {
        let reader = self.edge.app.read(context);
        let mut rows = everything(|after| reader.queues(after, STEP).boxed(), |q| q.id).await?;
        rows.sort_by(|a, b| (&a.name, a.id).cmp(&(&b.name, b.id)));
        Ok(rows)
    }

    pub(super) async fn save_skill(
        &self,
        context: &Context,
        id: Option<SkillId>,
        wanted: &v1::Skill,
        fields: &Fields,
    ) -> Result<v1::Skill, Status> {
        let version = seen(id, &wanted.etag);
        let save = SaveSkill { id, version, patch: skill::patch(wanted, fields) };
        let saved = self.edge.app.change(context, save).await.map_err(status)?;
        self.skill(context, SkillId(saved.id)).await
    }

    pub(super) async fn skill(&self, context: &Context, id: SkillId) -> Result<v1::Skill, Status> {
        let row = self.edge.app.read(context).skill(id).await.map_err(fault)?;
        Ok(skill::skill(&found(row, "skill", id)?))
    }

    /// All skills by name.
    pub(super) async fn skills(&self, context: &Context) -> Result<Vec<Skill>, Status> {
        let reader = self.edge.app.read(context);
        let mut rows = everything(|after| reader.skills(after, STEP).boxed(), |s| s.id).await?;
        rows.sort_by(|a, b| (&a.name, a.id).cmp(&(&b.name, b.id)));
        Ok(rows)
    }

    pub(super) async fn save_rule(
        &self,
        context: &Context,
        id: Option<RuleId>,
        wanted: &v1::RoutingRule,
        fields: Fields,
    ) -> Result<v1::RoutingRule, Status> {
        let version = seen(id, &wanted.etag);
        let save = SaveRule { id, version, patch: rule::patch(wanted, fields)? };
        let saved = self.edge.app.change(context, save).await.map_err(status)?;
        self.rule(context, RuleId(saved.id)).await
    }

    pub(super) async fn rule(
        &self,
        context: &Context,
        id: RuleId,
    ) -> Result<v1::RoutingRule, Status> {
        let row = self.edge.app.read(context).rule(id).await.map_err(fault)?;
        Ok(rule::rule(&found(row, "routing_rule", id)?))
    }

    /// All rules in the order in which they are tried.
    pub(super) async fn rules(&self, context: &Context) -> Result<Vec<Rule>, Status> {
        let reader = self.edge.app.read(context);
        let mut rows = everything(|after| reader.rules(after, STEP).boxed(), |r| r.id).await?;
        rows.sort_by_key(|rule| (rule.spec.position, rule.id));
        Ok(rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_update_compares_etags() {
        assert_eq!(seen::<QueueId>(None, "anything"), 0, "ignored");
        assert_eq!(seen(Some(1), "v4"), 4);
        assert_eq!(seen(Some(1), ""), 0, "not checked");
        assert_eq!(seen(Some(1), "anything"), -1, "no version at all");
    }
}
