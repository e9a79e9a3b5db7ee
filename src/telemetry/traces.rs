//! Traces over OTLP: one span for each call, which continues the caller's trace where it names one,
//! one for each batch of the ledger, linked to the calls whose commands it holds, and one for each
//! attempt to deliver. Attributes are ids, counts and codes. A collector that is away or slow costs
//! spans and nothing else: they wait in a bounded queue and are dropped when it is full.

use crate::config::Telemetry;
use anyhow::{Context as _, Result};
use http::HeaderMap;
use opentelemetry::KeyValue;
use opentelemetry::propagation::{Extractor, TextMapPropagator};
use opentelemetry::trace::{TraceContextExt, TracerProvider};
use opentelemetry_otlp::{SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{
    BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracerProvider,
};
use std::time::Duration;
use tonic::Code;
use tracing::field::Empty;
use tracing::{Metadata, Span, Subscriber};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::registry::LookupSpan;

/// How many spans wait for the collector at most.
const QUEUE_MAX: usize = 4096;

/// How many are sent at once.
const BATCH: usize = 512;

/// How long they wait for more.
const DELAY: Duration = Duration::from_secs(2);

/// How long the collector may take to answer.
const ANSWER: Duration = Duration::from_secs(5);

/// How long the last spans may take at the end of the process.
const FAREWELL: Duration = Duration::from_secs(2);

/// The target of spans that are collected.
const TARGET: &str = "telemetry";

/// The way to the collector; nothing where none is named.
#[derive(Clone, Debug)]
pub struct Traces(Option<SdkTracerProvider>);

impl Traces {
    /// Connects when the first spans are sent. Takes a runtime.
    pub(super) fn begin(settings: &Telemetry) -> Result<Self> {
        if settings.otlp_endpoint.is_empty() {
            return Ok(Self(None));
        }
        let exporter = SpanExporter::builder()
            .with_tonic()
            .with_endpoint(&settings.otlp_endpoint)
            .with_timeout(ANSWER)
            .build()
            .context("telemetry.otlp_endpoint")?;
        let batches = BatchConfigBuilder::default()
            .with_max_queue_size(QUEUE_MAX)
            .with_max_export_batch_size(BATCH)
            .with_scheduled_delay(DELAY)
            .build();
        let sent = BatchSpanProcessor::builder(exporter).with_batch_config(batches).build();
        let new = Sampler::TraceIdRatioBased(settings.sample_ratio);
        let resource = Resource::builder()
            .with_service_name("omnichannel")
            .with_attribute(KeyValue::new("service.version", crate::server::VERSION))
            .build();
        let provider = SdkTracerProvider::builder()
            .with_span_processor(sent)
            // A caller that has decided has decided for us as well.
            .with_sampler(Sampler::ParentBased(Box::new(new)))
            .with_resource(resource)
            .build();
        Ok(Self(Some(provider)))
    }

    /// What takes the spans; none where nobody collects.
    pub(super) fn layer<S>(&self) -> Option<impl Layer<S> + use<S>>
    where
        S: Subscriber + for<'span> LookupSpan<'span> + Send + Sync,
    {
        let provider = self.0.as_ref()?;
        let ours = |metadata: &Metadata<'_>| metadata.is_span() && metadata.target() == TARGET;
        let layer = tracing_opentelemetry::layer()
            .with_tracer(provider.tracer("omnichannel"))
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_level(false)
            .with_tracked_inactivity(false);
        Some(layer.with_filter(filter_fn(ours)))
    }

    /// Sends what waits, within a short time.
    pub async fn finish(self) {
        let Some(provider) = self.0 else { return };
        let sent = tokio::task::spawn_blocking(move || provider.shutdown_with_timeout(FAREWELL));
        if !matches!(tokio::time::timeout(2 * FAREWELL, sent).await, Ok(Ok(Ok(())))) {
            tracing::warn!("the last spans did not reach the collector");
        }
    }
}

/// The span of a call, part of the trace that its headers name, if they name one. Logs have a span
/// of their own around it.
#[must_use]
pub fn call(method: &'static str, headers: &HeaderMap) -> Span {
    let span = tracing::info_span!(
        target: TARGET,
        "call",
        otel.name = method.trim_start_matches('/'),
        otel.kind = "server",
        otel.status_code = Empty,
        rpc.system = "grpc",
        rpc.grpc.status_code = Empty,
        tenant = Empty,
    );
    if !span.is_disabled() && headers.contains_key("traceparent") {
        let parent = TraceContextPropagator::new().extract(&Headers(headers));
        if parent.span().span_context().is_valid() {
            // It fails only for spans that nobody collects.
            let _ = span.set_parent(parent);
        }
    }
    span
}

/// Tells what a call came to, as far as it is known when its answer begins.
pub fn ended(span: &Span, code: Code) {
    span.record("rpc.grpc.status_code", i32::from(code));
    if matches!(code, Code::Internal | Code::Unknown | Code::DataLoss | Code::Unavailable) {
        span.record("otel.status_code", "ERROR");
    }
}

/// Headers as the propagator reads them.
struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(http::HeaderName::as_str).collect()
    }
}
