"""The details of a refused call, read from its trailers. The few messages of google.rpc that the
contract uses are read from their wire form by a small descriptor of our own, so that the package
depends on no package of common protos, and installs nothing beside itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from google.protobuf import any_pb2, descriptor_pb2, descriptor_pool, duration_pb2, message_factory
from google.protobuf.message import DecodeError

TRAILER = "grpc-status-details-bin"
DOMAIN = "omnichannel"

_STRING = descriptor_pb2.FieldDescriptorProto.TYPE_STRING
_INT32 = descriptor_pb2.FieldDescriptorProto.TYPE_INT32
_MESSAGE = descriptor_pb2.FieldDescriptorProto.TYPE_MESSAGE

# Name of the message to its fields: name, number, type, repeated, type of the message.
_Fields = tuple[tuple[str, int, int, bool, str], ...]
_SHAPES: dict[str, _Fields] = {
    "Status": (
        ("code", 1, _INT32, False, ""),
        ("message", 2, _STRING, False, ""),
        ("details", 3, _MESSAGE, True, ".google.protobuf.Any"),
    ),
    "Entry": (("key", 1, _STRING, False, ""), ("value", 2, _STRING, False, "")),
    "ErrorInfo": (
        ("reason", 1, _STRING, False, ""),
        ("domain", 2, _STRING, False, ""),
        ("metadata", 3, _MESSAGE, True, ".omnichannel.sdk.status.Entry"),
    ),
    "RetryInfo": (("retry_delay", 1, _MESSAGE, False, ".google.protobuf.Duration"),),
    "RequestInfo": (("request_id", 1, _STRING, False, ""),),
    "Violation": (("field", 1, _STRING, False, ""), ("description", 2, _STRING, False, "")),
    "BadRequest": (("field_violations", 1, _MESSAGE, True, ".omnichannel.sdk.status.Violation"),),
}


def _classes() -> dict[str, Any]:
    file = descriptor_pb2.FileDescriptorProto(
        name="omnichannel/sdk/status.proto",
        package="omnichannel.sdk.status",
        syntax="proto3",
        dependency=[any_pb2.DESCRIPTOR.name, duration_pb2.DESCRIPTOR.name],
    )
    for name, fields in _SHAPES.items():
        message = file.message_type.add(name=name)
        for field_name, number, kind, repeated, type_name in fields:
            one = message.field.add(name=field_name, number=number)
            one.type = kind  # type: ignore[assignment]
            one.label = (
                descriptor_pb2.FieldDescriptorProto.LABEL_REPEATED
                if repeated
                else descriptor_pb2.FieldDescriptorProto.LABEL_OPTIONAL
            )
            if type_name:
                one.type_name = type_name
    pool = descriptor_pool.Default()
    pool.AddSerializedFile(file.SerializeToString())
    return {
        name: message_factory.GetMessageClass(
            pool.FindMessageTypeByName(f"omnichannel.sdk.status.{name}")
        )
        for name in _SHAPES
    }


_CLASSES: Mapping[str, Any] = _classes()


@dataclass
class Details:
    """What the trailers of a refused call say."""

    reason: str = ""
    metadata: dict[str, str] = field(default_factory=dict[str, str])
    violations: list[Any] = field(default_factory=list[Any])
    retry_delay: duration_pb2.Duration | None = None
    request_id: str = ""


def details_of(trailers: Iterable[tuple[str, str | bytes]] | None) -> Details | None:
    """The details in the trailers; none where no server of this contract wrote them."""
    for key, value in trailers or ():
        if key == TRAILER and isinstance(value, bytes):
            try:
                return _read(_CLASSES["Status"].FromString(value))
            except DecodeError:
                return None
    return None


def _read(status: Any) -> Details | None:
    found = Details()
    known = False
    for packed in status.details:
        name = packed.type_url.rsplit("/", 1)[-1].removeprefix("google.rpc.")
        if name == "ErrorInfo":
            info = _CLASSES[name].FromString(packed.value)
            known = info.domain == DOMAIN
            found.reason = info.reason
            found.metadata = {entry.key: entry.value for entry in info.metadata}
        elif name == "BadRequest":
            found.violations = list(_CLASSES[name].FromString(packed.value).field_violations)
        elif name == "RetryInfo":
            found.retry_delay = _CLASSES[name].FromString(packed.value).retry_delay
        elif name == "RequestInfo":
            found.request_id = _CLASSES[name].FromString(packed.value).request_id
    return found if known else None
