"""Traces and figures of calls, with the SDK of OpenTelemetry."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import Tenant
from proxy import Proxy

import omnichannel
from omnichannel import AsyncClient, Client, FeedEvent, errors

trace = pytest.importorskip("opentelemetry.sdk.trace")


def hooks() -> tuple[Any, Any, Any]:
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import InMemoryMetricReader
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    from omnichannel.otel import OpenTelemetryHooks

    spans, figures = InMemorySpanExporter(), InMemoryMetricReader()
    tracing = TracerProvider()
    tracing.add_span_processor(SimpleSpanProcessor(spans))
    return OpenTelemetryHooks(tracing, MeterProvider([figures])), spans, figures


def test_a_call_is_a_span_and_a_refusal_says_its_reason(tenant: Tenant, proxy: Proxy) -> None:
    telling, spans, figures = hooks()
    with Client(proxy.endpoint, api_key=tenant.key, hooks=telling) as client:
        client.admin.get_server_info()
        with pytest.raises(errors.ResourceNotFoundError):
            client.routing.get_queue(queue_id=omnichannel.new_request_id())
        proxy.refuse(True)
        proxy.cut()
        with pytest.raises(errors.Unavailable):
            client.admin.get_server_info()
    first, refused, lost = spans.get_finished_spans()
    assert first.name == "omnichannel.v1.AdminService/GetServerInfo"
    assert first.attributes["rpc.service"] == "omnichannel.v1.AdminService"
    assert first.attributes["rpc.grpc.status_code"] == 0
    assert refused.attributes["omnichannel.reason"] == "RESOURCE_NOT_FOUND"
    assert not refused.status.is_ok
    assert [event.name for event in lost.events] == ["repeated"] * 3
    data = figures.get_metrics_data().resource_metrics[0].scope_metrics[0].metrics[0]
    assert data.name == "rpc.client.duration"
    assert sum(point.count for point in data.data.data_points) == 3


FEED = "omnichannel.v1.AdminService/WatchFeed"


def test_each_opening_of_a_stream_is_a_span(tenant: Tenant, proxy: Proxy) -> None:
    telling, spans, _ = hooks()
    with Client(proxy.endpoint, api_key=tenant.key, hooks=telling) as client:
        with client.feed(from_seq=1) as feed:
            feed.next(10)
            (first,) = spans.get_finished_spans()
            assert (first.name, first.attributes["rpc.grpc.status_code"]) == (FEED, 0)
            proxy.cut()
            (skill,) = tenant.skills(1)
            item = feed.next(10)
            while not isinstance(item, FeedEvent) or (
                item.event.config_changed.resource_id != skill
            ):
                item = feed.next(10)
            assert len(spans.get_finished_spans()) >= 2
        with pytest.raises(errors.ResumeTokenInvalidError):
            client.feed(resume_token="nonsense").open()
    refused = spans.get_finished_spans()[-1]
    assert refused.name == FEED
    assert refused.attributes["omnichannel.reason"] == "RESUME_TOKEN_INVALID"


async def test_a_stream_that_is_closed_before_it_opened_leaves_no_span_open(tenant: Tenant) -> None:
    telling, spans, _ = hooks()
    async with AsyncClient(tenant.host.endpoint, api_key=tenant.key, hooks=telling) as client:
        async with client.feed():
            pass
        with pytest.raises(errors.Unavailable):
            await (
                AsyncClient("http://127.0.0.1:1", api_key="none", hooks=telling)
                .feed(open_timeout=0.1)
                .open()
            )
    told = [span.attributes["rpc.grpc.status_code"] for span in spans.get_finished_spans()]
    assert told[0] == 0
    assert set(told[1:]) <= {1, 14}
    assert len(told) > 1


async def test_asynchronous_calls_and_listings_are_spans_too(tenant: Tenant) -> None:
    telling, spans, _ = hooks()
    async with AsyncClient(tenant.host.endpoint, api_key=tenant.key, hooks=telling) as client:
        tenant.skills(3)
        assert len([skill async for skill in client.routing.list_skills(page_size=2)]) == 3
    names = [span.name for span in spans.get_finished_spans()]
    assert names == ["omnichannel.v1.RoutingService/ListSkills"] * 2
