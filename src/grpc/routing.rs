//! RoutingService: queues, skills and rules, and the routing of single interactions.

mod config;
pub(in crate::grpc) mod ordered;

pub(in crate::grpc) use config::seen;

use super::Edge;
use super::call::{change, id, read, version};
use super::convert::mask::Fields;
use super::convert::{self, OffersOf, fault, needed, queue, rule, skill};
use super::page;
use super::status::status;
use crate::proto::v1;
use crate::proto::v1::route_interaction_request::Target;
use crate::proto::v1::routing_service_server::{RoutingService, RoutingServiceServer};
use app::context::Context;
use app::ledger::command::queue::{DeleteQueue, DeleteSkill};
use app::ledger::command::requeue::{Move, Requeue};
use app::ledger::command::rule::DeleteRule;
use domain::id::{InteractionId, QueueId};
use domain::offer::{Offer, OfferState};
use tonic::{Request, Response, Status, async_trait};

/// How many queues are shown figures of.
const STATS_MAX: usize = 500;

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
        let rule = self.save_rule(&context, None, &wanted, fields).await?;
        Ok(Response::new(v1::CreateRoutingRuleResponse { routing_rule: Some(rule) }))
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
        let routing_rules = rows.iter().map(rule::rule).collect();
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
        let rule = self.save_rule(&context, Some(id), &wanted, fields).await?;
        Ok(Response::new(v1::UpdateRoutingRuleResponse { routing_rule: Some(rule) }))
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
        let routed = if to_agent.is_some() || to_queue.is_some() {
            let route = Requeue {
                interaction_id,
                reason: Move::Route,
                to_agent,
                to_queue,
                judged: None,
                customer: None,
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
            interaction: Some(convert::interaction::interaction(&view)),
            offer: offer.as_ref().map(convert::offer::offer),
        }))
    }

    async fn get_queue_stats(
        &self,
        request: Request<v1::GetQueueStatsRequest>,
    ) -> Result<Response<v1::GetQueueStatsResponse>, Status> {
        let (context, asked) = read(request, method!("GetQueueStats"))?;
        let board = self.edge.app.board(context.caller.tenant).await.map_err(status)?;
        let mut queues = convert::analytics::queues(&board);
        if !asked.queue_ids.is_empty() {
            queues = self.picked(&context, &asked.queue_ids, queues).await?;
        }
        queues.sort_by(|a, b| (&a.name, &a.queue_id).cmp(&(&b.name, &b.queue_id)));
        queues.truncate(STATS_MAX);
        let as_of = Some(convert::time::timestamp(board.at));
        Ok(Response::new(v1::GetQueueStatsResponse { queues, as_of }))
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

    /// Figures of these queues. One that is newer than the board has nothing to show yet.
    async fn picked(
        &self,
        context: &Context,
        ids: &[String],
        board: Vec<v1::QueueStats>,
    ) -> Result<Vec<v1::QueueStats>, Status> {
        let mut picked = Vec::with_capacity(ids.len());
        for text in ids {
            let queue: QueueId = id(text)?;
            let name = queue.to_string();
            match board.iter().find(|line| line.queue_id == name) {
                Some(line) => picked.push(line.clone()),
                None => {
                    let queue = self.queue(context, queue).await?;
                    picked.push(v1::QueueStats {
                        queue_id: queue.id,
                        name: queue.name,
                        ..Default::default()
                    });
                }
            }
        }
        Ok(picked)
    }
}
