//! Saving and reading queues, skills and rules.

use super::Routing;
use super::ordered::{STEP, everything};
use crate::grpc::call::version;
use crate::grpc::convert::mask::Fields;
use crate::grpc::convert::time::moment;
use crate::grpc::convert::{
    calendar, fault, finding, found, plan, queue, rule, skill, time, tuning,
};
use crate::grpc::status::status;
use crate::proto::v1;
use app::context::Context;
use app::ledger::command::calendar::SaveCalendar;
use app::ledger::command::plan::SavePlan;
use app::ledger::command::queue::{SaveQueue, SaveSkill};
use app::ledger::command::rule::SaveRule;
use app::ledger::command::settings::SaveSettings;
use app::rules::Imagined;
use domain::calendar::Calendar;
use domain::id::{CalendarId, PlanId, QueueId, RuleId, SkillId};
use domain::plan::Plan;
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

    pub(super) async fn settings(&self, context: &Context) -> Result<v1::RoutingSettings, Status> {
        let row = self.edge.app.read(context).routing_settings().await.map_err(fault)?;
        Ok(tuning::settings(&row.unwrap_or_default()))
    }

    pub(super) async fn save_settings(
        &self,
        context: &Context,
        wanted: &v1::RoutingSettings,
        fields: Fields,
    ) -> Result<v1::RoutingSettings, Status> {
        let version = version(&wanted.etag);
        let save = SaveSettings { version, patch: tuning::settings_patch(wanted, fields) };
        self.edge.app.change(context, save).await.map_err(status)?;
        self.settings(context).await
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
    ) -> Result<(v1::RoutingRule, Vec<v1::RoutingFinding>), Status> {
        let version = seen(id, &wanted.etag);
        let save = SaveRule { id, version, patch: rule::patch(wanted, fields)? };
        let saved = self.edge.app.change(context, save).await.map_err(status)?;
        let id = RuleId(saved.id);
        let rule = self.rule(context, id).await?;
        let report = self.edge.app.lint(context, Some(id)).await.map_err(status)?;
        Ok((rule, report.findings.iter().map(finding::finding).collect()))
    }

    pub(super) async fn rule(
        &self,
        context: &Context,
        id: RuleId,
    ) -> Result<v1::RoutingRule, Status> {
        let row = self.edge.app.read(context).rule(id).await.map_err(fault)?;
        let row = found(row, "routing_rule", id)?;
        let uses = self.edge.app.rule_uses(context).await.map_err(status)?;
        Ok(rule::rule(&row, uses.get(&id).copied()))
    }

    /// Whether the rule is there.
    pub(super) async fn known_rule(&self, context: &Context, id: RuleId) -> Result<(), Status> {
        let row = self.edge.app.read(context).rule(id).await.map_err(fault)?;
        found(row, "routing_rule", id).map(|_| ())
    }

    /// Whether account and customer of something imagined are there, where they are named.
    pub(super) async fn known_parts(&self, context: &Context, of: &Imagined) -> Result<(), Status> {
        let reader = self.edge.app.read(context);
        if let Some(id) = of.account_id {
            found(reader.account(id).await.map_err(fault)?, "channel_account", id)?;
        }
        if let Some(id) = of.customer_id {
            found(reader.customer(id).await.map_err(fault)?, "customer", id)?;
        }
        Ok(())
    }

    pub(super) async fn save_calendar(
        &self,
        context: &Context,
        id: Option<CalendarId>,
        wanted: &v1::Calendar,
        fields: Fields,
    ) -> Result<v1::Calendar, Status> {
        let save = SaveCalendar {
            id,
            version: seen(id, &wanted.etag),
            name: fields.get("name", || wanted.name.clone()),
            description: fields.get("description", || wanted.description.clone()),
            patch: calendar::patch(wanted, fields)?,
        };
        let saved = self.edge.app.change(context, save).await.map_err(status)?;
        Ok(calendar::calendar(&self.calendar(context, CalendarId(saved.id)).await?))
    }

    pub(super) async fn calendar(
        &self,
        context: &Context,
        id: CalendarId,
    ) -> Result<Calendar, Status> {
        let row = self.edge.app.read(context).calendar(id).await.map_err(fault)?;
        found(row, "calendar", id)
    }

    /// All calendars by name.
    pub(super) async fn calendars(&self, context: &Context) -> Result<Vec<Calendar>, Status> {
        let reader = self.edge.app.read(context);
        let mut rows = everything(|after| reader.calendars(after, STEP).boxed(), |c| c.id).await?;
        rows.sort_by(|a, b| (&a.name, a.id).cmp(&(&b.name, b.id)));
        Ok(rows)
    }

    /// Whether a calendar is open at a moment, or now.
    pub(super) async fn calendar_status(
        &self,
        context: &Context,
        id: CalendarId,
        time: Option<&prost_types::Timestamp>,
    ) -> Result<v1::GetCalendarStatusResponse, Status> {
        let calendar = self.calendar(context, id).await?;
        let at = match time {
            Some(time) => moment(time),
            None => self.edge.app.now().await.map_err(status)?,
        };
        let (open, changes_at) = app::hours::status(calendar.versions.latest(), at);
        Ok(v1::GetCalendarStatusResponse {
            open,
            next_change_time: changes_at.map(time::timestamp),
            time: Some(time::timestamp(at)),
        })
    }

    pub(super) async fn save_plan(
        &self,
        context: &Context,
        id: Option<PlanId>,
        wanted: &v1::RoutingPlan,
        fields: Fields,
    ) -> Result<v1::RoutingPlan, Status> {
        let version = seen(id, &wanted.etag);
        let save = SavePlan { id, version, patch: plan::patch(wanted, fields)? };
        let saved = self.edge.app.change(context, save).await.map_err(status)?;
        self.plan(context, PlanId(saved.id)).await
    }

    pub(super) async fn plan(
        &self,
        context: &Context,
        id: PlanId,
    ) -> Result<v1::RoutingPlan, Status> {
        let row = self.edge.app.read(context).plan(id).await.map_err(fault)?;
        Ok(plan::plan(&found(row, "routing_plan", id)?))
    }

    /// All plans by name.
    pub(super) async fn plans(&self, context: &Context) -> Result<Vec<Plan>, Status> {
        let reader = self.edge.app.read(context);
        let mut rows = everything(|after| reader.plans(after, STEP).boxed(), |p| p.id).await?;
        rows.sort_by(|a, b| (&a.name, a.id).cmp(&(&b.name, b.id)));
        Ok(rows)
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
