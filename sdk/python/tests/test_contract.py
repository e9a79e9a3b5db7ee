"""What is generated, held against the descriptors that the package carries: every RPC has its place
in both clients, every reason its exception, and the table says what the policies say."""

from __future__ import annotations

import inspect
import re

from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor

import omnichannel
from omnichannel import AsyncClient, Client, errors, v1
from omnichannel._generated import aio_services, methods, services
from omnichannel._generated.errors import BY_REASON
from omnichannel._method import ListMethod, Method
from omnichannel.v1 import (
    admin_service_pb2,
    agent_service_pb2,
    analytics_service_pb2,
    channel_service_pb2,
    customer_service_pb2,
    interaction_service_pb2,
    options_pb2,
    routing_service_pb2,
)

STREAMS = {
    "WatchFeed": "feed",
    "WatchInteraction": "watch_interaction",
    "Session": "agent_session",
    "Dashboard": "dashboard",
    # Twins of the two above, for browsers; they are reached by the stubs.
    "WatchAssignments": "",
    "WatchDashboard": "",
}


def all_methods() -> list[tuple[ServiceDescriptor, MethodDescriptor]]:
    modules = (
        admin_service_pb2,
        agent_service_pb2,
        analytics_service_pb2,
        channel_service_pb2,
        customer_service_pb2,
        interaction_service_pb2,
        routing_service_pb2,
    )
    found: list[tuple[ServiceDescriptor, MethodDescriptor]] = []
    for module in modules:
        for service in module.DESCRIPTOR.services_by_name.values():
            found += [(service, method) for method in service.methods]
    return found


def test_every_rpc_has_its_place_in_both_clients() -> None:
    assert len(all_methods()) > 90
    for service, method in all_methods():
        name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", method.name).lower()
        for world, client in ((services, Client), (aio_services, AsyncClient)):
            if method.name in STREAMS:
                assert not STREAMS[method.name] or hasattr(client, STREAMS[method.name])
            else:
                call = getattr(getattr(world, service.name), name)
                assert call.__doc__
                assert {"timeout", "metadata"} <= inspect.signature(call).parameters.keys()


def test_the_table_says_what_the_policies_say() -> None:
    table = {
        one.path: one for one in vars(methods).values() if isinstance(one, (Method, ListMethod))
    }
    for service, method in all_methods():
        known = table.pop(f"/{service.full_name}/{method.name}")
        policy = method.GetOptions().Extensions[options_pb2.policy]
        said = v1.Idempotency.Name(policy.idempotency).removeprefix("IDEMPOTENCY_")
        assert known.repeat.name == said
        names = {field.name for field in method.input_type.fields}
        assert known.has_request_id == ("request_id" in names)
        assert isinstance(known, ListMethod) == ("page_token" in names)
        assert known.request.DESCRIPTOR is method.input_type
        assert known.response.DESCRIPTOR is method.output_type
    assert table == {}


def test_every_reason_has_an_exception_below_its_code() -> None:
    reasons = {
        name.removeprefix("ERROR_REASON_") for name in v1.ErrorReason.DESCRIPTOR.values_by_name
    }
    assert reasons - {"UNSPECIFIED"} == BY_REASON.keys()
    for reason, kind in BY_REASON.items():
        assert issubclass(kind, omnichannel.OmnichannelError)
        assert f"Code {kind.code.name}." in re.sub(r"\s+", " ", kind.__doc__ or "")
        assert getattr(errors, kind.__name__) is kind
        assert kind.__name__.lower().startswith(reason.replace("_", "").lower()[:8])


def test_nothing_is_installed_beside_the_package() -> None:
    import sys

    assert "buf" not in sys.modules
    assert not [name for name in sys.modules if name.startswith("grpc_tools")]


def test_request_ids_are_version_7_and_rise_over_time() -> None:
    import time
    import uuid

    first = uuid.UUID(omnichannel.new_request_id())
    time.sleep(0.002)
    second = uuid.UUID(omnichannel.new_request_id())
    assert (first.version, first.variant) == (7, uuid.RFC_4122)
    assert second.int > first.int
