//! Explain: why an interaction waits, a page of agents at a time.

use super::Routing;
use crate::grpc::convert::explain;
use crate::grpc::page;
use crate::grpc::status::status;
use crate::proto::v1;
use app::context::Context;
use app::explain::AgentStand;
use tonic::Status;

/// How many agents a page has at most.
const AGENTS_MAX: i32 = 200;

impl Routing {
    pub(super) async fn explained(
        &self,
        context: &Context,
        asked: v1::ExplainRequest,
    ) -> Result<v1::ExplainResponse, Status> {
        let question = explain::question(&asked)?;
        let [id, agent, moment] = explain::bound(&question);
        let filter = page::filter(&[&id, &agent, &moment]);
        // A token that is none of ours is refused before any work is done.
        page::after(&self.edge, context, &asked.page_token, &filter)?;
        let why = self.edge.app.explain(context, question).await.map_err(status)?;
        let size = asked.page_size.min(AGENTS_MAX);
        let asked = page::Asked { size, token: &asked.page_token, filter };
        let rows: Vec<&AgentStand> = why.explanation.agents.iter().collect();
        let (rows, next) = page::of(&self.edge, context, &asked, rows, |row| row.agent_id.0)?;
        let rows: Vec<AgentStand> = rows.into_iter().cloned().collect();
        Ok(explain::answer(&why, &rows, next))
    }
}
