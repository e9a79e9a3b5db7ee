//! Time off of agents: booked, listed, withdrawn. Why somebody is away is personal; it is sealed on
//! its way in and told to those who may read agents.

use super::Agents;
use crate::grpc::call::{id, optional_id};
use crate::grpc::convert::{fault, found, needed, time, time_off};
use crate::grpc::page;
use crate::grpc::status::status;
use crate::proto::v1;
use app::context::Context;
use app::ledger::command::time_off::{BookTimeOff, WithdrawTimeOff};
use domain::id::{AgentId, TimeOffId};
use domain::tenant::Role;
use domain::time_off::TimeOff;
use tonic::Status;
use uuid::Uuid;

impl Agents {
    pub(super) async fn booked(
        &self,
        context: &Context,
        wanted: v1::TimeOff,
    ) -> Result<v1::CreateTimeOffResponse, Status> {
        let id = TimeOffId(Uuid::now_v7());
        let content = self.edge.app.content(context.caller.tenant).await.map_err(status)?;
        let book = BookTimeOff {
            id,
            agent_id: needed(&wanted.agent_id, "time_off.agent_id")?,
            start_at: wanted.start_time.as_ref().map(time::moment),
            end_at: wanted.end_time.as_ref().map(time::moment).unwrap_or_default(),
            reason: content.time_off_reason(id, &wanted.reason),
        };
        let saved = self.edge.app.change(context, book).await.map_err(status)?;
        let id = TimeOffId(saved.id);
        let row = self.edge.app.read(context).one_time_off(id).await.map_err(fault)?;
        let row = found(row, "time_off", id)?;
        let reason = content.open_time_off_reason(&row);
        Ok(v1::CreateTimeOffResponse { time_off: Some(time_off::time_off(&row, reason)) })
    }

    /// A page of time off in the order in which it was booked.
    pub(super) async fn time_off(
        &self,
        context: &Context,
        asked: &v1::ListTimeOffRequest,
    ) -> Result<v1::ListTimeOffResponse, Status> {
        let (agent, size) = (optional_id::<AgentId>(&asked.agent_id)?, page::size(asked.page_size));
        let filter = page::filter(&[asked.agent_id.as_bytes()]);
        let after = page::after(&self.edge, context, &asked.page_token, &filter)?.map(TimeOffId);
        let content = self.edge.app.content(context.caller.tenant).await.map_err(status)?;
        let rows = self.edge.app.read(context).time_off(agent, after, size + 1).await;
        let (rows, more) = page::cut(rows.map_err(fault)?, size);
        let caller = &context.caller;
        let wire = |row: &TimeOff| {
            let told = caller.role != Role::Agent || caller.agent == Some(row.agent_id);
            let reason = told.then(|| content.open_time_off_reason(row));
            time_off::time_off(row, reason.unwrap_or_default())
        };
        let (time_off, more) = page::fit(rows.iter().map(wire).collect(), more);
        let last = time_off.len().checked_sub(1).map(|at| rows[at].id.0);
        let next_page_token = page::next(&self.edge, context, &filter, last, more);
        Ok(v1::ListTimeOffResponse { time_off, next_page_token })
    }

    pub(super) async fn withdrawn(
        &self,
        context: &Context,
        asked: &v1::DeleteTimeOffRequest,
    ) -> Result<v1::DeleteTimeOffResponse, Status> {
        let withdraw = WithdrawTimeOff { id: id(&asked.time_off_id)? };
        self.edge.app.change(context, withdraw).await.map_err(status)?;
        Ok(v1::DeleteTimeOffResponse {})
    }
}
