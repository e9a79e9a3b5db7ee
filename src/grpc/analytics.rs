//! AnalyticsService: live figures, once or as a stream; and promises of time.

use super::Edge;
use super::call::{change, id, read, version};
use super::convert::{self, escalation, fault, found, sla};
use super::page;
use super::routing::ordered::{STEP, everything};
use super::status::status;
use super::stream::{Frames, board};
use crate::proto::v1;
use crate::proto::v1::analytics_service_server::{AnalyticsService, AnalyticsServiceServer};
use app::context::Context;
use app::ledger::command::escalation_policy::{ConfigureEscalation, DeleteEscalationPolicy};
use app::ledger::command::sla_policy::{ConfigureSla, DeleteSlaPolicy};
use domain::id::{EscalationPolicyId, SlaPolicyId};
use domain::sla::SlaPolicy;
use futures::FutureExt;
use tonic::{Request, Response, Status, Streaming, async_trait};

macro_rules! method {
    ($rpc:literal) => {
        concat!("/omnichannel.v1.AnalyticsService/", $rpc)
    };
}

/// The service.
pub struct Analytics {
    edge: Edge,
}

/// The service with its limits.
#[must_use]
pub fn service(edge: Edge) -> AnalyticsServiceServer<Analytics> {
    super::served!(AnalyticsServiceServer<Analytics>, Analytics { edge })
}

#[async_trait]
impl AnalyticsService for Analytics {
    type DashboardStream = Frames<v1::DashboardResponse>;
    type WatchDashboardStream = Frames<v1::WatchDashboardResponse>;

    async fn get_real_time_stats(
        &self,
        request: Request<v1::GetRealTimeStatsRequest>,
    ) -> Result<Response<v1::GetRealTimeStatsResponse>, Status> {
        let method = "/omnichannel.v1.AnalyticsService/GetRealTimeStats";
        let (context, _) = read(request, method)?;
        let board = self.edge.app.board(context.caller.tenant).await.map_err(status)?;
        let stats = Some(convert::analytics::stats(&board));
        Ok(Response::new(v1::GetRealTimeStatsResponse { stats }))
    }

    async fn get_trend(
        &self,
        request: Request<v1::GetTrendRequest>,
    ) -> Result<Response<v1::GetTrendResponse>, Status> {
        let (context, asked) = read(request, method!("GetTrend"))?;
        let question = convert::analytics::trend_question(&asked)?;
        let trend = self.edge.app.trend(&context, &question).await.map_err(status)?;
        Ok(Response::new(convert::analytics::trend(&trend.0, trend.1)))
    }

    async fn dashboard(
        &self,
        request: Request<Streaming<v1::DashboardRequest>>,
    ) -> Result<Response<Self::DashboardStream>, Status> {
        board::session(&self.edge, request).await
    }

    async fn watch_dashboard(
        &self,
        request: Request<v1::WatchDashboardRequest>,
    ) -> Result<Response<Self::WatchDashboardStream>, Status> {
        board::watch(&self.edge, request).await
    }

    async fn configure_sla(
        &self,
        request: Request<v1::ConfigureSlaRequest>,
    ) -> Result<Response<v1::ConfigureSlaResponse>, Status> {
        let (context, asked) = change(request, method!("ConfigureSla"), |m| &m.request_id)?;
        let wanted = asked.policy.unwrap_or_default();
        let (spec, version) = (sla::spec(&wanted)?, version(&wanted.etag));
        let configure = ConfigureSla { name: wanted.name, version, spec };
        let saved = self.edge.app.change(&context, configure).await.map_err(status)?;
        let id = SlaPolicyId(saved.id);
        let row = self.edge.app.read(&context).sla_policy(id).await.map_err(fault)?;
        let policy = Some(sla::policy(&found(row, "sla_policy", id)?));
        Ok(Response::new(v1::ConfigureSlaResponse { policy }))
    }

    async fn list_sla_policies(
        &self,
        request: Request<v1::ListSlaPoliciesRequest>,
    ) -> Result<Response<v1::ListSlaPoliciesResponse>, Status> {
        let (context, asked) = read(request, method!("ListSlaPolicies"))?;
        let page = page::Asked {
            size: asked.page_size,
            token: &asked.page_token,
            filter: page::filter(&[]),
        };
        let rows = self.policies(&context).await?;
        let (rows, next_page_token) = page::of(&self.edge, &context, &page, rows, |p| p.id.0)?;
        let policies = rows.iter().map(sla::policy).collect();
        Ok(Response::new(v1::ListSlaPoliciesResponse { policies, next_page_token }))
    }

    async fn delete_sla_policy(
        &self,
        request: Request<v1::DeleteSlaPolicyRequest>,
    ) -> Result<Response<v1::DeleteSlaPolicyResponse>, Status> {
        let (context, asked) = change(request, method!("DeleteSlaPolicy"), |m| &m.request_id)?;
        let version = version(&asked.etag);
        let delete = DeleteSlaPolicy { id: id(&asked.sla_policy_id)?, version };
        self.edge.app.change(&context, delete).await.map_err(status)?;
        Ok(Response::new(v1::DeleteSlaPolicyResponse {}))
    }

    async fn configure_escalation(
        &self,
        request: Request<v1::ConfigureEscalationRequest>,
    ) -> Result<Response<v1::ConfigureEscalationResponse>, Status> {
        let (context, asked) = change(request, method!("ConfigureEscalation"), |m| &m.request_id)?;
        let wanted = asked.policy.unwrap_or_default();
        let (spec, version) = (escalation::spec(&wanted)?, version(&wanted.etag));
        let configure = ConfigureEscalation { name: wanted.name, version, spec };
        let saved = self.edge.app.change(&context, configure).await.map_err(status)?;
        let id = EscalationPolicyId(saved.id);
        let row = self.edge.app.read(&context).escalation_policy(id).await.map_err(fault)?;
        let policy = Some(escalation::policy(&found(row, "escalation_policy", id)?));
        Ok(Response::new(v1::ConfigureEscalationResponse { policy }))
    }

    async fn list_escalation_policies(
        &self,
        request: Request<v1::ListEscalationPoliciesRequest>,
    ) -> Result<Response<v1::ListEscalationPoliciesResponse>, Status> {
        let (context, asked) = read(request, method!("ListEscalationPolicies"))?;
        let page = page::Asked {
            size: asked.page_size,
            token: &asked.page_token,
            filter: page::filter(&[]),
        };
        let reader = self.edge.app.read(&context);
        let all = |after| reader.escalation_policies(after, STEP).boxed();
        let rows = everything(all, |policy| policy.id).await?;
        let (rows, next_page_token) = page::of(&self.edge, &context, &page, rows, |p| p.id.0)?;
        let policies = rows.iter().map(escalation::policy).collect();
        Ok(Response::new(v1::ListEscalationPoliciesResponse { policies, next_page_token }))
    }

    async fn delete_escalation_policy(
        &self,
        request: Request<v1::DeleteEscalationPolicyRequest>,
    ) -> Result<Response<v1::DeleteEscalationPolicyResponse>, Status> {
        let (context, asked) =
            change(request, method!("DeleteEscalationPolicy"), |m| &m.request_id)?;
        let version = version(&asked.etag);
        let delete = DeleteEscalationPolicy { id: id(&asked.escalation_policy_id)?, version };
        self.edge.app.change(&context, delete).await.map_err(status)?;
        Ok(Response::new(v1::DeleteEscalationPolicyResponse {}))
    }

    async fn list_sla_breaches(
        &self,
        request: Request<v1::ListSlaBreachesRequest>,
    ) -> Result<Response<v1::ListSlaBreachesResponse>, Status> {
        let (context, asked) = read(request, method!("ListSlaBreaches"))?;
        self.breaches(&context, &asked).await.map(Response::new)
    }
}

impl Analytics {
    /// All policies in the order in which they are tried.
    async fn policies(&self, context: &Context) -> Result<Vec<SlaPolicy>, Status> {
        let reader = self.edge.app.read(context);
        let page = |after| reader.sla_policies(after, STEP).boxed();
        let mut rows = everything(page, |policy| policy.id).await?;
        rows.sort_by_key(|policy| (policy.spec.position, policy.id));
        Ok(rows)
    }

    async fn breaches(
        &self,
        context: &Context,
        asked: &v1::ListSlaBreachesRequest,
    ) -> Result<v1::ListSlaBreachesResponse, Status> {
        let time = |at: &Option<prost_types::Timestamp>| {
            at.as_ref().map(|at| (at.seconds, at.nanos)).map(|at| format!("{at:?}"))
        };
        let (from, until) = (time(&asked.start_time), time(&asked.end_time));
        let narrowed = page::filter(&[
            asked.queue_id.as_bytes(),
            asked.interaction_id.as_bytes(),
            &asked.metric.to_be_bytes(),
            from.unwrap_or_default().as_bytes(),
            until.unwrap_or_default().as_bytes(),
        ]);
        let filter = sla::filter(asked)?;
        let size = page::size(asked.page_size);
        // A place in the log is the key; it goes where ids do.
        let last = page::after(&self.edge, context, &asked.page_token, &narrowed)?;
        let before = last.map(|key| i64::try_from(key.as_u128()).unwrap_or(i64::MAX));
        let reader = self.edge.app.read(context);
        let rows = reader.sla_breaches(&filter, before, size + 1).await.map_err(fault)?;
        let (rows, more) = page::cut(rows, size);
        let last = rows.last().map(|row| uuid::Uuid::from_u128(row.seq.unsigned_abs().into()));
        let next_page_token = page::next(&self.edge, context, &narrowed, last, more);
        let breaches = rows.iter().map(sla::breach).collect();
        Ok(v1::ListSlaBreachesResponse { breaches, next_page_token })
    }
}
