//! GetQueueStats: figures of queues from the tenant's board.

use super::Routing;
use crate::grpc::call::id;
use crate::grpc::convert;
use crate::grpc::status::status;
use crate::proto::v1;
use app::context::Context;
use domain::id::QueueId;
use tonic::Status;

/// How many queues are shown figures of.
const STATS_MAX: usize = 500;

impl Routing {
    /// Figures of these queues, or of all.
    pub(super) async fn queue_stats(
        &self,
        context: &Context,
        ids: &[String],
    ) -> Result<v1::GetQueueStatsResponse, Status> {
        let board = self.edge.app.board(context.caller.tenant).await.map_err(status)?;
        let mut queues = convert::analytics::queues(&board);
        if !ids.is_empty() {
            queues = self.picked(context, ids, queues).await?;
        }
        queues.sort_by(|a, b| (&a.name, &a.queue_id).cmp(&(&b.name, &b.queue_id)));
        queues.truncate(STATS_MAX);
        let as_of = Some(convert::time::timestamp(board.at));
        Ok(v1::GetQueueStatsResponse { queues, as_of })
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
