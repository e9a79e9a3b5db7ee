//! RoutingService: queues, skills, rules and calendars, and the routing of single interactions.

mod config;
mod explain;
pub(in crate::grpc) mod ordered;
mod simulate;
mod stats;

pub(in crate::grpc) use config::seen;

use super::Edge;
use super::call::{change, id, optional_id, read, version};
use super::convert::mask::Fields;
use super::convert::{
    self, OffersOf, calendar, fault, finding, needed, plan, queue, rule, skill, tuning,
};
use super::page;
use super::status::status;
use super::stream::Frames;
use crate::proto::v1;
use crate::proto::v1::route_interaction_request::Target;
use crate::proto::v1::routing_service_server::{RoutingService, RoutingServiceServer};
use app::context::Context;
use app::ledger::command::calendar::DeleteCalendar;
use app::ledger::command::plan::DeletePlan;
use app::ledger::command::queue::{DeleteQueue, DeleteSkill};
use app::ledger::command::requeue::{Move, Requeue};
use app::ledger::command::rule::DeleteRule;
use domain::id::InteractionId;
use domain::offer::{Offer, OfferState};
use domain::rule::Rule;
use tonic::{Request, Response, Status, async_trait};

macro_rules! method {
    ($rpc:literal) => {
        concat!("/omnichannel.v1.RoutingService/", $rpc)
    };
}

/// The service.
pub struct Routing {
    edge: Edge,
}

/// The service with its limits.
#[must_use]
pub fn service(edge: Edge) -> RoutingServiceServer<Routing> {
    super::served!(RoutingServiceServer<Routing>, Routing { edge })
}

#[async_trait]
impl RoutingService for Routing {
    async fn create_queue(
        &self,
        request: Request<v1::CreateQueueRequest>,
    ) -> Result<Response<v1::CreateQueueResponse>, Status> {
        let (context, asked) = change(request, method!("CreateQueue"), |m| &m.request_id)?;
        let wanted = asked.queue.unwrap_or_default();
        let fields = Fields::all(&queue::fields(&wanted));
        let queue = self.save_queue(&context, None, &wanted, fields).await?;
        Ok(Response::new(v1::CreateQueueResponse { queue: Some(queue) }))
    }

    async fn get_queue(
        &self,
        request: Request<v1::GetQueueRequest>,
    ) -> Result<Response<v1::GetQueueResponse>, Status> {
        let (context, asked) = read(request, method!("GetQueue"))?;
        let queue = self.queue(&context, id(&asked.queue_id)?).await?;
        Ok(Response::new(v1::GetQueueResponse { queue: Some(queue) }))
    }

    async fn list_queues(
        &self,
        request: Request<v1::ListQueuesRequest>,
    ) -> Result<Response<v1::ListQueuesResponse>, Status> {
        let (context, asked) = read(request, method!("ListQueues"))?;
        let page = page::Asked {
            size: asked.page_size,
            token: &asked.page_token,
            filter: page::filter(&[]),
        };
        let rows = self.queues(&context).await?;
        let (rows, next_page_token) = page::of(&self.edge, &context, &page, rows, |q| q.id.0)?;
        let queues = rows.iter().map(queue::queue).collect();
        Ok(Response::new(v1::ListQueuesResponse { queues, next_page_token }))
    }

    async fn update_queue(
        &self,
        request: Request<v1::UpdateQueueRequest>,
    ) -> Result<Response<v1::UpdateQueueResponse>, Status> {
        let (context, asked) = change(request, method!("UpdateQueue"), |m| &m.request_id)?;
        let wanted = asked.queue.unwrap_or_default();
        let fields = Fields::of_update(asked.update_mask.as_ref(), &queue::fields(&wanted))?;
        let id = needed(&wanted.id, "queue.id")?;
        let queue = self.save_queue(&context, Some(id), &wanted, fields).await?;
        Ok(Response::new(v1::UpdateQueueResponse { queue: Some(queue) }))
    }

    async fn delete_queue(
        &self,
        request: Request<v1::DeleteQueueRequest>,
    ) -> Result<Response<v1::DeleteQueueResponse>, Status> {
        let (context, asked) = change(request, method!("DeleteQueue"), |m| &m.request_id)?;
        let delete = DeleteQueue { id: id(&asked.queue_id)?, version: version(&asked.etag) };
        self.edge.app.change(&context, delete).await.map_err(status)?;
        Ok(Response::new(v1::DeleteQueueResponse {}))
    }

    async fn create_skill(
        &self,
        request: Request<v1::CreateSkillRequest>,
    ) -> Result<Response<v1::CreateSkillResponse>, Status> {
        let (context, asked) = change(request, method!("CreateSkill"), |m| &m.request_id)?;
        let wanted = asked.skill.unwrap_or_default();
        let fields = Fields::all(&skill::fields(&wanted));
        let skill = self.save_skill(&context, None, &wanted, &fields).await?;
        Ok(Response::new(v1::CreateSkillResponse { skill: Some(skill) }))
    }

    async fn get_skill(
        &self,
        request: Request<v1::GetSkillRequest>,
    ) -> Result<Response<v1::GetSkillResponse>, Status> {
        let (context, asked) = read(request, method!("GetSkill"))?;
        let skill = self.skill(&context, id(&asked.skill_id)?).await?;
        Ok(Response::new(v1::GetSkillResponse { skill: Some(skill) }))
    }

    async fn list_skills(
        &self,
        request: Request<v1::ListSkillsRequest>,
    ) -> Result<Response<v1::ListSkillsResponse>, Status> {
        let (context, asked) = read(request, method!("ListSkills"))?;
        let page = page::Asked {
            size: asked.page_size,
            token: &asked.page_token,
            filter: page::filter(&[]),
        };
        let rows = self.skills(&context).await?;
        let (rows, next_page_token) = page::of(&self.edge, &context, &page, rows, |s| s.id.0)?;
        let skills = rows.iter().map(skill::skill).collect();
        Ok(Response::new(v1::ListSkillsResponse { skills, next_page_token }))
    }

    async fn update_skill(
        &self,
        request: Request<v1::UpdateSkillRequest>,
    ) -> Result<Response<v1::UpdateSkillResponse>, Status> {
        let (context, asked) = change(request, method!("UpdateSkill"), |m| &m.request_id)?;
        let wanted = asked.skill.unwrap_or_default();
        let fields = Fields::of_update(asked.update_mask.as_ref(), &skill::fields(&wanted))?;
        let id = needed(&wanted.id, "skill.id")?;
        let skill = self.save_skill(&context, Some(id), &wanted, &fields).await?;
        Ok(Response::new(v1::UpdateSkillResponse { skill: Some(skill) }))
    }

    async fn delete_skill(
        &self,
        request: Request<v1::DeleteSkillRequest>,
    ) -> Result<Response<v1::DeleteSkillResponse>, Status> {
        let (context, asked) = change(request, method!("DeleteSkill"), |m| &m.request_id)?;
        let delete = DeleteSkill { id: id(&asked.skill_id)?, version: version(&asked.etag) };
        self.edge.app.change(&context, delete).await.map_err(status)?;
        Ok(Response::new(v1::DeleteSkillResponse {}))
    }

    async fn create_routing_rule(
        &self,
        request: Request<v1::CreateRoutingRuleRequest>,
    ) -> Result<Response<v1::CreateRoutingRuleResponse>, Status> {
        let (context, asked) = change(request, method!("CreateRoutingRule"), |m| &m.request_id)?;
        let wanted = asked.routing_rule.unwrap_or_default();
        let fields = Fields::all(&rule::fields(&wanted));
        let (rule, findings) = self.save_rule(&context, None, &wanted, fields).await?;
        let routing_rule = Some(rule);
        Ok(Response::new(v1::CreateRoutingRuleResponse { routing_rule, findings }))
    }

    async fn get_routing_rule(
        &self,
        request: Request<v1::GetRoutingRuleRequest>,
    ) -> Result<Response<v1::GetRoutingRuleResponse>, Status> {
        let (context, asked) = read(request, method!("GetRoutingRule"))?;
        let rule = self.rule(&context, id(&asked.routing_rule_id)?).await?;
        Ok(Response::new(v1::GetRoutingRuleResponse { routing_rule: Some(rule) }))
    }

    async fn list_routing_rules(
        &self,
        request: Request<v1::ListRoutingRulesRequest>,
    ) -> Result<Response<v1::ListRoutingRulesResponse>, Status> {
        let (context, asked) = read(request, method!("ListRoutingRules"))?;
        let page = page::Asked {
            size: asked.page_size,
            token: &asked.page_token,
            filter: page::filter(&[]),
        };
        let rows = self.rules(&context).await?;
        let (rows, next_page_token) = page::of(&self.edge, &context, &page, rows, |r| r.id.0)?;
        let uses = self.edge.app.rule_uses(&context).await.map_err(status)?;
        let used = |row: &Rule| rule::rule(row, uses.get(&row.id).copied());
        let routing_rules = rows.iter().map(used).collect();
        Ok(Response::new(v1::ListRoutingRulesResponse { routing_rules, next_page_token }))
    }

    async fn update_routing_rule(
        &self,
        request: Request<v1::UpdateRoutingRuleRequest>,
    ) -> Result<Response<v1::UpdateRoutingRuleResponse>, Status> {
        let (context, asked) = change(request, method!("UpdateRoutingRule"), |m| &m.request_id)?;
        let wanted = asked.routing_rule.unwrap_or_default();
        let fields = Fields::of_update(asked.update_mask.as_ref(), &rule::fields(&wanted))?;
        let id = needed(&wanted.id, "routing_rule.id")?;
        let (rule, findings) = self.save_rule(&context, Some(id), &wanted, fields).await?;
        let routing_rule = Some(rule);
        Ok(Response::new(v1::UpdateRoutingRuleResponse { routing_rule, findings }))
    }

    async fn delete_routing_rule(
        &self,
        request: Request<v1::DeleteRoutingRuleRequest>,
    ) -> Result<Response<v1::DeleteRoutingRuleResponse>, Status> {
        let (context, asked) = change(request, method!("DeleteRoutingRule"), |m| &m.request_id)?;
        let delete = DeleteRule { id: id(&asked.routing_rule_id)?, version: version(&asked.etag) };
        self.edge.app.change(&context, delete).await.map_err(status)?;
        Ok(Response::new(v1::DeleteRoutingRuleResponse {}))
    }

    async fn create_calendar(
        &self,
        request: Request<v1::CreateCalendarRequest>,
    ) -> Result<Response<v1::CreateCalendarResponse>, Status> {
        let (context, asked) = change(request, method!("CreateCalendar"), |m| &m.request_id)?;
        let wanted = asked.calendar.unwrap_or_default();
        let fields = Fields::all(&calendar::fields(&wanted));
        let calendar = self.save_calendar(&context, None, &wanted, fields).await?;
        Ok(Response::new(v1::CreateCalendarResponse { calendar: Some(calendar) }))
    }

    async fn get_calendar(
        &self,
        request: Request<v1::GetCalendarRequest>,
    ) -> Result<Response<v1::GetCalendarResponse>, Status> {
        let (context, asked) = read(request, method!("GetCalendar"))?;
        let found = self.calendar(&context, id(&asked.calendar_id)?).await?;
        let calendar = Some(calendar::calendar(&found));
        Ok(Response::new(v1::GetCalendarResponse { calendar }))
    }

    async fn list_calendars(
        &self,
        request: Request<v1::ListCalendarsRequest>,
    ) -> Result<Response<v1::ListCalendarsResponse>, Status> {
        let (context, asked) = read(request, method!("ListCalendars"))?;
        let page = page::Asked {
            size: asked.page_size,
            token: &asked.page_token,
            filter: page::filter(&[]),
        };
        let rows = self.calendars(&context).await?;
        let (rows, next_page_token) = page::of(&self.edge, &context, &page, rows, |c| c.id.0)?;
        let calendars = rows.iter().map(calendar::calendar).collect();
        Ok(Response::new(v1::ListCalendarsResponse { calendars, next_page_token }))
    }

    async fn update_calendar(
        &self,
        request: Request<v1::UpdateCalendarRequest>,
    ) -> Result<Response<v1::UpdateCalendarResponse>, Status> {
        let (context, asked) = change(request, method!("UpdateCalendar"), |m| &m.request_id)?;
        let wanted = asked.calendar.unwrap_or_default();
        let fields = Fields::of_update(asked.update_mask.as_ref(), &calendar::fields(&wanted))?;
        let id = needed(&wanted.id, "calendar.id")?;
        let calendar = self.save_calendar(&context, Some(id), &wanted, fields).await?;
        Ok(Response::new(v1::UpdateCalendarResponse { calendar: Some(calendar) }))
    }

    async fn delete_calendar(
        &self,
        request: Request<v1::DeleteCalendarRequest>,
    ) -> Result<Response<v1::DeleteCalendarResponse>, Status> {
        let (context, asked) = change(request, method!("DeleteCalendar"), |m| &m.request_id)?;
        let delete = DeleteCalendar { id: id(&asked.calendar_id)?, version: version(&asked.etag) };
        self.edge.app.change(&context, delete).await.map_err(status)?;
        Ok(Response::new(v1::DeleteCalendarResponse {}))
    }

    async fn get_calendar_status(
        &self,
        request: Request<v1::GetCalendarStatusRequest>,
    ) -> Result<Response<v1::GetCalendarStatusResponse>, Status> {
        let (context, asked) = read(request, method!("GetCalendarStatus"))?;
        let id = id(&asked.calendar_id)?;
        self.calendar_status(&context, id, asked.time.as_ref()).await.map(Response::new)
    }

    async fn test_rules(
        &self,
        request: Request<v1::TestRulesRequest>,
    ) -> Result<Response<v1::TestRulesResponse>, Status> {
        let (context, asked) = read(request, method!("TestRules"))?;
        let imagined = finding::imagined(asked)?;
        self.known_parts(&context, &imagined).await?;
        let tested = self.edge.app.test_rules(&context, &imagined).await.map_err(status)?;
        Ok(Response::new(finding::tested(&tested.0, &tested.1)))
    }

    async fn lint_routing(
        &self,
        request: Request<v1::LintRoutingRequest>,
    ) -> Result<Response<v1::LintRoutingResponse>, Status> {
        let (context, asked) = read(request, method!("LintRouting"))?;
        let rule = optional_id(&asked.routing_rule_id)?;
        if let Some(id) = rule {
            self.known_rule(&context, id).await?;
        }
        let report = self.edge.app.lint(&context, rule).await.map_err(status)?;
        let findings = report.findings.iter().map(finding::finding).collect();
        let complete = report.complete;
        Ok(Response::new(v1::LintRoutingResponse { findings, complete }))
    }

    async fn get_routing_settings(
        &self,
        request: Request<v1::GetRoutingSettingsRequest>,
    ) -> Result<Response<v1::GetRoutingSettingsResponse>, Status> {
        let (context, _) = read(request, method!("GetRoutingSettings"))?;
        let routing_settings = Some(self.settings(&context).await?);
        Ok(Response::new(v1::GetRoutingSettingsResponse { routing_settings }))
    }

    async fn update_routing_settings(
        &self,
        request: Request<v1::UpdateRoutingSettingsRequest>,
    ) -> Result<Response<v1::UpdateRoutingSettingsResponse>, Status> {
        let (context, asked) =
            change(request, method!("UpdateRoutingSettings"), |m| &m.request_id)?;
        let wanted = asked.routing_settings.unwrap_or_default();
        let known = tuning::settings_fields(&wanted);
        let fields = Fields::of_update(asked.update_mask.as_ref(), &known)?;
        let routing_settings = Some(self.save_settings(&context, &wanted, fields).await?);
        Ok(Response::new(v1::UpdateRoutingSettingsResponse { routing_settings }))
    }

    async fn create_routing_plan(
        &self,
        request: Request<v1::CreateRoutingPlanRequest>,
    ) -> Result<Response<v1::CreateRoutingPlanResponse>, Status> {
        let (context, asked) = change(request, method!("CreateRoutingPlan"), |m| &m.request_id)?;
        let wanted = asked.routing_plan.unwrap_or_default();
        let fields = Fields::all(&plan::fields(&wanted));
        let plan = self.save_plan(&context, None, &wanted, fields).await?;
        Ok(Response::new(v1::CreateRoutingPlanResponse { routing_plan: Some(plan) }))
    }

    async fn get_routing_plan(
        &self,
        request: Request<v1::GetRoutingPlanRequest>,
    ) -> Result<Response<v1::GetRoutingPlanResponse>, Status> {
        let (context, asked) = read(request, method!("GetRoutingPlan"))?;
        let plan = self.plan(&context, id(&asked.routing_plan_id)?).await?;
        Ok(Response::new(v1::GetRoutingPlanResponse { routing_plan: Some(plan) }))
    }

    async fn list_routing_plans(
        &self,
        request: Request<v1::ListRoutingPlansRequest>,
    ) -> Result<Response<v1::ListRoutingPlansResponse>, Status> {
        let (context, asked) = read(request, method!("ListRoutingPlans"))?;
        let page = page::Asked {
            size: asked.page_size,
            token: &asked.page_token,
            filter: page::filter(&[]),
        };
        let rows = self.plans(&context).await?;
        let (rows, next_page_token) = page::of(&self.edge, &context, &page, rows, |r| r.id.0)?;
        let routing_plans = rows.iter().map(plan::plan).collect();
        Ok(Response::new(v1::ListRoutingPlansResponse { routing_plans, next_page_token }))
    }

    async fn update_routing_plan(
        &self,
        request: Request<v1::UpdateRoutingPlanRequest>,
    ) -> Result<Response<v1::UpdateRoutingPlanResponse>, Status> {
        let (context, asked) = change(request, method!("UpdateRoutingPlan"), |m| &m.request_id)?;
        let wanted = asked.routing_plan.unwrap_or_default();
        let fields = Fields::of_update(asked.update_mask.as_ref(), &plan::fields(&wanted))?;
        let id = needed(&wanted.id, "routing_plan.id")?;
        let plan = self.save_plan(&context, Some(id), &wanted, fields).await?;
        Ok(Response::new(v1::UpdateRoutingPlanResponse { routing_plan: Some(plan) }))
    }

    async fn delete_routing_plan(
        &self,
        request: Request<v1::DeleteRoutingPlanRequest>,
    ) -> Result<Response<v1::DeleteRoutingPlanResponse>, Status> {
        let (context, asked) = change(request, method!("DeleteRoutingPlan"), |m| &m.request_id)?;
        let delete = DeletePlan { id: id(&asked.routing_plan_id)?, version: version(&asked.etag) };
        self.edge.app.change(&context, delete).await.map_err(status)?;
        Ok(Response::new(v1::DeleteRoutingPlanResponse {}))
    }

    async fn explain(
        &self,
        request: Request<v1::ExplainRequest>,
    ) -> Result<Response<v1::ExplainResponse>, Status> {
        let (context, asked) = read(request, method!("Explain"))?;
        self.explained(&context, asked).await.map(Response::new)
    }

    type SimulateStream = Frames<v1::SimulateResponse>;

    async fn simulate(
        &self,
        request: Request<v1::SimulateRequest>,
    ) -> Result<Response<Self::SimulateStream>, Status> {
        let (context, asked) = read(request, method!("Simulate"))?;
        self.simulated(&context, &asked).await
    }

    async fn route_interaction(
        &self,
        request: Request<v1::RouteInteractionRequest>,
    ) -> Result<Response<v1::RouteInteractionResponse>, Status> {
        let (context, asked) = change(request, method!("RouteInteraction"), |m| &m.request_id)?;
        let interaction_id = id(&asked.interaction_id)?;
        let (mut to_agent, mut to_queue) = (None, None);
        match asked.target {
            Some(Target::AgentId(agent)) => to_agent = Some(id(&agent)?),
            Some(Target::QueueId(queue)) => to_queue = Some(id(&queue)?),
            None => {}
        }
        let app = &self.edge.app;
        // The rules name no agent: the command says that one is to be named.
        let is_named = to_agent.is_some() || to_queue.is_some() || asked.override_limits;
        let routed = if is_named {
            let route = Requeue {
                interaction_id,
                reason: Move::Route,
                to_agent,
                to_queue,
                judged: None,
                customer: None,
                override_limits: asked.override_limits,
                caller: Some(context.caller),
            };
            app.change(&context, route).await
        } else {
            app.route_by_rules(&context, interaction_id).await
        };
        let routed = routed.map_err(status)?;
        let view = app.interaction_after(&context, routed, interaction_id).await.map_err(status)?;
        let offer = self.pending_offer(&context, interaction_id).await?;
        Ok(Response::new(v1::RouteInteractionResponse {
            interaction: Some(convert::interaction::interaction_to(&context.caller, &view)),
            offer: offer.as_ref().map(convert::offer::offer),
        }))
    }

    async fn get_queue_stats(
        &self,
        request: Request<v1::GetQueueStatsRequest>,
    ) -> Result<Response<v1::GetQueueStatsResponse>, Status> {
        let (context, asked) = read(request, method!("GetQueueStats"))?;
        self.queue_stats(&context, &asked.queue_ids).await.map(Response::new)
    }
}

impl Routing {
    /// The offer that waits for an answer. Routing ended those before, so it is what it led to.
    async fn pending_offer(
        &self,
        context: &Context,
        id: InteractionId,
    ) -> Result<Option<Offer>, Status> {
        let reader = self.edge.app.read(context);
        let offers = reader.offers(OffersOf::Interaction(id)).await.map_err(fault)?;
        Ok(offers.into_iter().rfind(|offer| offer.state == OfferState::Pending))
    }
}
