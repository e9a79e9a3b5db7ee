//! Traces and figures of calls by OpenTelemetry, told to the global providers. Each call is one
//! span, its repeats events of it, and the server continues the trace; so is each opening of a
//! stream. Names follow the conventions for RPCs. Nothing of a request or an answer is recorded.

use crate::error::Error;
use crate::hooks::{CallTrace, Hooks};
use opentelemetry::global;
use opentelemetry::metrics::Histogram;
use opentelemetry::trace::{SpanKind, Status, TraceContextExt, Tracer};
use opentelemetry::{Context, KeyValue};
use std::collections::HashMap;
use std::time::{Duration, Instant};

const SCOPE: &str = "omnichannel";
const STATUS: &str = "rpc.grpc.status_code";
const REASON: &str = "omnichannel.reason";

/// Tells the global tracer and meter about calls and openings of streams. Set those before the
/// client is made.
#[derive(Debug)]
pub struct OpenTelemetryHooks {
    duration: Histogram<f64>,
}

impl Default for OpenTelemetryHooks {
    fn default() -> Self {
        let meter = global::meter(SCOPE);
        let duration = meter.f64_histogram("rpc.client.duration").with_unit("ms");
        let duration = duration.with_description("How long calls take, repeats included.");
        Self { duration: duration.build() }
    }
}

impl Hooks for OpenTelemetryHooks {
    fn call(&self, method: &'static str) -> Box<dyn CallTrace> {
        let (service, name) = method.split_once('/').unwrap_or(("", method));
        let facts = vec![
            KeyValue::new("rpc.system", "grpc"),
            KeyValue::new("rpc.service", service),
            KeyValue::new("rpc.method", name),
        ];
        let tracer = global::tracer(SCOPE);
        let span = tracer.span_builder(if method.is_empty() { "call" } else { method });
        let span = span.with_kind(SpanKind::Client).with_attributes(facts.clone());
        let context = Context::current_with_span(tracer.build(span));
        let (duration, begun) = (self.duration.clone(), Instant::now());
        Box::new(Traced { context, facts, duration, begun })
    }
}

struct Traced {
    context: Context,
    facts: Vec<KeyValue>,
    duration: Histogram<f64>,
    begun: Instant,
}

impl CallTrace for Traced {
    fn headers(&self) -> Vec<(String, String)> {
        let mut carrier = HashMap::new();
        global::get_text_map_propagator(|way| way.inject_context(&self.context, &mut carrier));
        carrier.into_iter().collect()
    }

    fn repeated(&mut self, error: &Error, wait: Duration) {
        let facts = vec![
            KeyValue::new(STATUS, i64::from(i32::from(error.code()))),
            KeyValue::new(REASON, error.reason().name().to_owned()),
            KeyValue::new("omnichannel.wait_seconds", wait.as_secs_f64()),
        ];
        self.context.span().add_event("repeated", facts);
    }

    fn ended(mut self: Box<Self>, error: Option<&Error>) {
        let code = error.map_or(0, |error| i64::from(i32::from(error.code())));
        self.facts.push(KeyValue::new(STATUS, code));
        self.duration.record(self.begun.elapsed().as_secs_f64() * 1000.0, &self.facts);
        let span = self.context.span();
        span.set_attribute(KeyValue::new(STATUS, code));
        if let Some(error) = error {
            let reason = error.reason().name().to_owned();
            span.set_attribute(KeyValue::new(REASON, reason.clone()));
            span.set_status(Status::error(reason));
        }
        span.end();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use opentelemetry_sdk::error::OTelSdkResult;
    use opentelemetry_sdk::propagation::TraceContextPropagator;
    use opentelemetry_sdk::trace::{SdkTracerProvider, Span, SpanData, SpanProcessor};
    use std::sync::{Arc, Mutex};
    use tonic::Code;

    #[derive(Clone, Debug, Default)]
    struct Recorder(Arc<Mutex<Vec<SpanData>>>);

    impl SpanProcessor for Recorder {
        fn on_start(&self, _: &mut Span, _: &Context) {}

        fn on_end(&self, span: SpanData) {
            self.0.lock().unwrap().push(span);
        }

        fn force_flush(&self) -> OTelSdkResult {
            Ok(())
        }

        fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
            Ok(())
        }
    }

    #[test]
    fn a_call_is_one_span_that_the_server_can_continue() {
        let recorder = Recorder::default();
        let provider = SdkTracerProvider::builder().with_span_processor(recorder.clone()).build();
        global::set_tracer_provider(provider);
        global::set_text_map_propagator(TraceContextPropagator::new());
        let mut call = OpenTelemetryHooks::default().call("omnichannel.v1.AgentService/GetAgent");
        let headers: HashMap<String, String> = call.headers().into_iter().collect();
        let error = Error::local(Code::Unavailable, "secret words of a message");
        call.repeated(&error, Duration::from_millis(50));
        call.ended(Some(&error));
        let spans = recorder.0.lock().unwrap();
        let [span] = spans.as_slice() else { panic!("one span: {spans:?}") };
        assert_eq!(
            (span.name.as_ref(), &span.span_kind),
            ("omnichannel.v1.AgentService/GetAgent", &SpanKind::Client,)
        );
        assert!(headers["traceparent"].contains(&span.span_context.trace_id().to_string()));
        assert_eq!(span.events.len(), 1);
        let code = span.attributes.iter().find(|fact| fact.key.as_str() == STATUS);
        assert_eq!(code.unwrap().value, 14.into());
        assert!(!format!("{span:?}").contains("secret words"), "{span:?}");
    }
}
