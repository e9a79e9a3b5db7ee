//! The access log: who read personal data, or touched what guards it, newest first.

use super::{Answer, method};
use crate::grpc::convert::time;
use crate::grpc::status::status;
use crate::grpc::{Edge, call, page};
use crate::proto::v1;
use app::accesses::{Access, AccessFilter};
use domain::id::PrincipalId;
use prost::Message;
use tonic::{Request, Response};

pub(super) async fn list(
    edge: &Edge,
    request: Request<v1::ListAccessLogRequest>,
) -> Answer<v1::ListAccessLogResponse> {
    let (context, asked) = call::read(request, method!("ListAccessLog"))?;
    let filter = AccessFilter {
        principal: call::optional_id::<PrincipalId>(&asked.principal_id)?,
        customer: call::optional_id(&asked.customer_id)?,
        interaction: call::optional_id(&asked.interaction_id)?,
        from: asked.from_time.as_ref().map(time::moment),
        to: asked.to_time.as_ref().map(time::moment),
    };
    let (size, token) = (page::size(asked.page_size), asked.page_token.clone());
    let bare = v1::ListAccessLogRequest { page_size: 0, page_token: String::new(), ..asked };
    let bound = page::filter(&[&bare.encode_to_vec()]);
    let before = page::after(edge, &context, &token, &bound)?;
    let lines = edge.app.access_log(&context, &filter, before, size + 1).await.map_err(status)?;
    let (lines, more) = page::cut(lines, size);
    let last = lines.last().map(|line| line.id);
    Ok(Response::new(v1::ListAccessLogResponse {
        entries: lines.iter().map(entry).collect(),
        next_page_token: page::next(edge, &context, &bound, last, more),
    }))
}

fn entry(line: &Access) -> v1::AccessEntry {
    let resource = |(field, id): &(String, uuid::Uuid)| v1::AccessedResource {
        field: field.clone(),
        id: id.to_string(),
    };
    v1::AccessEntry {
        id: line.id.to_string(),
        time: Some(time::timestamp(line.at)),
        principal_id: line.principal.to_string(),
        agent_id: line.agent.map(|id| id.to_string()).unwrap_or_default(),
        method: line.method.clone(),
        resources: line.resources.iter().map(resource).collect(),
        code: line.code.into(),
        request_id: line.request_id.clone(),
        count: line.count,
    }
}
