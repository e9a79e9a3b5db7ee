//! Traces as a collector receives them: a small OTLP receiver of the tests' own. A caller's trace
//! is continued, a batch of the ledger is linked to it, nothing personal travels along, and a
//! collector that is away harms nobody.

use crate::support::fixture::{Case, opening};
use crate::support::process::{Settings, free_port};
use crate::support::{alone, database::Database, eventually};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::trace::v1::Span;
use std::sync::{Arc, Mutex};
use tonic::{Request, Response, Status};

/// A trace of the caller, sampled by them.
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";

/// What has arrived.
#[derive(Clone, Default)]
struct Collector(Arc<Mutex<Vec<Span>>>);

#[tonic::async_trait]
impl TraceService for Collector {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let scopes = request.into_inner().resource_spans.into_iter().flat_map(|r| r.scope_spans);
        self.0.lock().unwrap().extend(scopes.flat_map(|scope| scope.spans));
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

impl Collector {
    fn spans(&self) -> Vec<Span> {
        self.0.lock().unwrap().clone()
    }
}

/// Settings lines live as long as the tests.
fn line(text: String) -> &'static str {
    Box::leak(text.into_boxed_str())
}

fn traced(ratio: &str, test: impl AsyncFnOnce(Case, Collector) + Send + 'static) {
    let port = free_port();
    let endpoint = line(format!("telemetry.otlp_endpoint = \"http://127.0.0.1:{port}\""));
    let ratio = line(format!("telemetry.sample_ratio = {ratio}"));
    alone(Database::Sqlite, Settings::of(&[endpoint, ratio]), |case| async move {
        let collector = Collector::default();
        let service = TraceServiceServer::new(collector.clone());
        let server = tonic::transport::Server::builder().add_service(service);
        let serving = tokio::spawn(server.serve(([127, 0, 0, 1], port).into()));
        test(case, collector).await;
        serving.abort();
    });
}

/// Creates an interaction within the caller's trace.
async fn create(case: &Case, sampled: &str) {
    let queue = case.plain_queue().await;
    let mut request = Request::new(opening(&queue.id));
    let parent = format!("00-{TRACE}-{PARENT}-{sampled}");
    request.metadata_mut().insert("traceparent", parent.parse().expect("ASCII"));
    ok!(case.admin.interactions().create_interaction(request));
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_call_continues_the_caller_s_trace_and_the_ledger_is_linked_to_it() {
    traced("1.0", async |case, collector| {
        create(&case, "01").await;
        let arrived = || async {
            let spans = collector.spans();
            let call = spans.iter().find(|span| hex(&span.trace_id) == TRACE)?.clone();
            let linked = spans.iter().find(|span| {
                span.name == "ledger.batch"
                    && span.links.iter().any(|link| link.span_id == call.span_id)
            })?;
            Some((call, linked.clone(), spans))
        };
        let (call, batch, spans) = eventually("call and batch arrive", arrived).await;
        assert_eq!(call.name, "omnichannel.v1.InteractionService/CreateInteraction");
        assert_eq!(hex(&call.parent_span_id), PARENT);
        assert_eq!(call.kind, 2, "a server's");
        assert!(call.attributes.iter().any(|a| a.key == "rpc.grpc.status_code"), "{call:?}");
        assert_ne!(batch.trace_id, call.trace_id, "a batch belongs to no caller alone");
        let all = format!("{spans:?}");
        for personal in ["where is it?", "an order", "Ada", "visitor", &case.key] {
            assert!(!all.contains(personal), "{personal} is told");
        }
    });
}

#[test]
fn the_caller_decides_what_is_sampled() {
    traced("0.0", async |case, collector| {
        create(&case, "00").await;
        create(&case, "01").await;
        let arrived = || async { (!collector.spans().is_empty()).then_some(()) };
        eventually("what the caller sampled arrives", arrived).await;
        let spans = collector.spans();
        assert!(spans.iter().all(|span| hex(&span.trace_id) == TRACE), "{spans:?}");
        assert_eq!(spans.len(), 1, "the other call was not to be traced: {spans:?}");
    });
}

#[test]
fn a_collector_that_is_away_harms_nobody() {
    let dead = line(format!("telemetry.otlp_endpoint = \"http://127.0.0.1:{}\"", free_port()));
    let settings = Settings::of(&[dead, "telemetry.sample_ratio = 1.0"]);
    alone(Database::Sqlite, settings, |case| async move {
        for _ in 0..20 {
            create(&case, "01").await;
        }
        case.server.tell_to_end();
        let ended = case.server.ended().await;
        assert!(ended.success(), "{ended}");
    });
}
