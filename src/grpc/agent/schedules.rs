//! Schedules of agents: configured by name, listed, deleted.

use super::Agents;
use crate::grpc::call::{id, version};
use crate::grpc::convert::{fault, found, schedule};
use crate::grpc::page;
use crate::grpc::routing::ordered::{STEP, everything};
use crate::grpc::status::status;
use crate::proto::v1;
use app::context::Context;
use app::ledger::command::schedule::{ConfigureSchedule, DeleteSchedule};
use domain::id::ScheduleId;
use futures::FutureExt;
use tonic::Status;

impl Agents {
    pub(super) async fn configured(
        &self,
        context: &Context,
        wanted: v1::Schedule,
    ) -> Result<v1::ConfigureScheduleResponse, Status> {
        let (spec, version) = (schedule::spec(&wanted)?, version(&wanted.etag));
        let configure = ConfigureSchedule { name: wanted.name, version, spec };
        let saved = self.edge.app.change(context, configure).await.map_err(status)?;
        let id = ScheduleId(saved.id);
        let row = self.edge.app.read(context).schedule(id).await.map_err(fault)?;
        let schedule = Some(schedule::schedule(&found(row, "schedule", id)?));
        Ok(v1::ConfigureScheduleResponse { schedule })
    }

    /// A page of schedules in the order of their creation.
    pub(super) async fn schedules(
        &self,
        context: &Context,
        asked: &v1::ListSchedulesRequest,
    ) -> Result<v1::ListSchedulesResponse, Status> {
        let page = page::Asked {
            size: asked.page_size,
            token: &asked.page_token,
            filter: page::filter(&[]),
        };
        let reader = self.edge.app.read(context);
        let all = |after| reader.schedules(after, STEP).boxed();
        let rows = everything(all, |schedule| schedule.id).await?;
        let (rows, next_page_token) = page::of(&self.edge, context, &page, rows, |s| s.id.0)?;
        let schedules = rows.iter().map(schedule::schedule).collect();
        Ok(v1::ListSchedulesResponse { schedules, next_page_token })
    }

    pub(super) async fn unscheduled(
        &self,
        context: &Context,
        asked: &v1::DeleteScheduleRequest,
    ) -> Result<v1::DeleteScheduleResponse, Status> {
        let version = version(&asked.etag);
        let delete = DeleteSchedule { id: id(&asked.schedule_id)?, version };
        self.edge.app.change(context, delete).await.map_err(status)?;
        Ok(v1::DeleteScheduleResponse {})
    }
}
