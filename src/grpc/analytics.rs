//! AnalyticsService: live figures, once or as a stream.

use super::Edge;
use super::call::read;
use super::convert;
use super::status::status;
use super::stream::{Frames, board};
use crate::proto::v1;
use crate::proto::v1::analytics_service_server::{AnalyticsService, AnalyticsServiceServer};
use tonic::{Request, Response, Status, Streaming, async_trait};

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
}
