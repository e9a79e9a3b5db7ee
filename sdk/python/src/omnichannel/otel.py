"""Traces and figures of calls by OpenTelemetry; takes the extra `otel`.

    Client(endpoint, api_key=key, hooks=OpenTelemetryHooks())

Each call is one span, its repeats events of it, and the server continues the trace; so is each
opening of a stream. Names follow the conventions for RPCs. Nothing of a request or an answer is
recorded.
"""

from __future__ import annotations

import time
from collections.abc import Mapping

from opentelemetry import metrics, propagate, trace

from omnichannel._error import OmnichannelError
from omnichannel._hooks import CallTrace
from omnichannel._version import VERSION


class OpenTelemetryHooks:
    """Tells a tracer and a meter about calls: the global ones, or those of given providers."""

    def __init__(
        self,
        tracer_provider: trace.TracerProvider | None = None,
        meter_provider: metrics.MeterProvider | None = None,
    ) -> None:
        self._tracer = trace.get_tracer("omnichannel", VERSION, tracer_provider)
        meter = metrics.get_meter("omnichannel", VERSION, meter_provider)
        self._duration = meter.create_histogram(
            "rpc.client.duration", "ms", "How long calls take, repeats included."
        )

    def call(self, method: str) -> CallTrace:
        """A call begins."""
        return _Span(self._tracer, self._duration, method)


class _Span:
    def __init__(self, tracer: trace.Tracer, duration: metrics.Histogram, method: str) -> None:
        service, _, name = method.partition("/")
        self._facts: dict[str, str] = {
            "rpc.system": "grpc",
            "rpc.service": service,
            "rpc.method": name,
        }
        self._duration = duration
        self._begun = time.monotonic()
        self._span = tracer.start_span(
            method, kind=trace.SpanKind.CLIENT, attributes={**self._facts}
        )

    def headers(self) -> Mapping[str, str]:
        carrier: dict[str, str] = {}
        propagate.inject(carrier, context=trace.set_span_in_context(self._span))
        return carrier

    def repeated(self, error: OmnichannelError, wait: float) -> None:
        facts: dict[str, str | float] = {"omnichannel.reason": error.reason}
        facts["omnichannel.wait_seconds"] = wait
        facts["rpc.grpc.status"] = error.code.name
        self._span.add_event("repeated", facts)

    def ended(self, error: OmnichannelError | None) -> None:
        code = 0 if error is None else error.code.value[0]
        facts: dict[str, str | int] = {**self._facts, "rpc.grpc.status_code": code}
        self._duration.record((time.monotonic() - self._begun) * 1000, facts)
        self._span.set_attribute("rpc.grpc.status_code", code)
        if error is not None:
            self._span.set_attribute("omnichannel.reason", error.reason)
            self._span.set_status(trace.StatusCode.ERROR, error.reason or error.code.name)
        self._span.end()
