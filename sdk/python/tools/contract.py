"""Reads the compiled contract into the few facts that the generator writes down: services and their
methods with policy and comments, requests with their fields, reasons with their codes. Fails where
the contract leaves a question open instead of guessing."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

PACKAGE = "omnichannel.v1"
OPTIONS = "omnichannel/v1/options.proto"
RULES = "buf/validate/validate.proto"
POLICY = "omnichannel.v1.policy"

Kind = descriptor_pb2.FieldDescriptorProto
SCALARS = {
    Kind.TYPE_STRING: "str",
    Kind.TYPE_BYTES: "bytes",
    Kind.TYPE_BOOL: "bool",
    Kind.TYPE_DOUBLE: "float",
    Kind.TYPE_FLOAT: "float",
    Kind.TYPE_INT32: "int",
    Kind.TYPE_INT64: "int",
    Kind.TYPE_UINT32: "int",
    Kind.TYPE_UINT64: "int",
}


@dataclass
class Field:
    """One field of a request, with the type an argument of its name has."""

    name: str
    type: str


@dataclass
class Method:
    """One RPC."""

    name: str
    path: str
    request: str
    response: str
    comment: str
    repeat: str
    stream: str
    has_request_id: bool
    item: Field | None
    client_streams: bool


@dataclass
class Service:
    """One service."""

    name: str
    comment: str
    methods: list[Method] = field(default_factory=list)


@dataclass
class Reason:
    """One value of ErrorReason."""

    name: str
    code: str
    comment: str


@dataclass
class Shape:
    """What the generator needs to know."""

    names: dict[str, list[str]]
    services: list[Service]
    requests: dict[str, list[Field]]
    reasons: list[Reason]


@contextlib.contextmanager
def opened(path: Path) -> Iterator[descriptor_pb2.FileDescriptorSet]:
    """A compiled set of files; the options of the contract are known to it."""
    yield parsed(path.read_bytes())


def parsed(content: bytes) -> descriptor_pb2.FileDescriptorSet:
    """Reads a set twice, as options can only be understood once they are known."""
    pool = descriptor_pool.Default()
    first = descriptor_pb2.FileDescriptorSet.FromString(content)
    for file in first.file:
        if file.name == OPTIONS:
            with contextlib.suppress(KeyError):
                pool.FindFileByName(OPTIONS)
                break
            pool.AddSerializedFile(file.SerializeToString())
    message_factory.GetMessageClassesForFiles([OPTIONS], pool)
    return descriptor_pb2.FileDescriptorSet.FromString(content)


def without_rules(whole: Path, bare: Path) -> None:
    """Writes the same set without the rules of validation: what is left in the options are those
    of the contract itself."""
    files = parsed(whole.read_bytes())
    kept = descriptor_pb2.FileDescriptorSet()
    for file in files.file:
        if file.name == RULES:
            continue
        one = kept.file.add()
        one.CopyFrom(file)
        del one.dependency[:]
        one.dependency.extend(name for name in file.dependency if name != RULES)
    kept.DiscardUnknownFields()
    bare.write_bytes(kept.SerializeToString(deterministic=True))


def comments(file: descriptor_pb2.FileDescriptorProto) -> dict[tuple[int, ...], str]:
    """Leading comments by their place."""
    return {
        tuple(place.path): "\n".join(
            line.strip() for line in place.leading_comments.strip().splitlines()
        )
        for place in file.source_code_info.location
        if place.leading_comments.strip()
    }


def python_name(full: str) -> str:
    """The name under which a type is used in generated code."""
    bare = full.lstrip(".")
    if bare.startswith(PACKAGE + "."):
        return "v1." + bare[len(PACKAGE) + 1 :]
    if bare.startswith("google.protobuf."):
        name = bare.rsplit(".", 1)[1]
        module = {"Timestamp": "timestamp_pb2", "Duration": "duration_pb2"}
        return f"{module.get(name, 'field_mask_pb2')}.{name}"
    raise SystemExit(f"no Python name for {full}")


def single_type(one: Any) -> str:
    """The type of one value of a field."""
    if one.type == Kind.TYPE_MESSAGE:
        return python_name(one.type_name)
    if one.type == Kind.TYPE_ENUM:
        return python_name(one.type_name) + ".ValueType"
    return SCALARS[one.type]


def argument_type(one: Any, message: Any) -> str:
    """The type that an argument for a field has."""
    if one.label != Kind.LABEL_REPEATED:
        return single_type(one)
    for entry in message.nested_type:
        if entry.options.map_entry and one.type_name.endswith(f".{message.name}.{entry.name}"):
            key, value = entry.field
            return f"Mapping[{single_type(key)}, {single_type(value)}]"
    return f"Iterable[{single_type(one)}]"


def policy_of(method: Any) -> tuple[str, str]:
    """Why a repeat is safe and what kind of stream it is, in the words of the policy."""
    policies = [
        value for option, value in method.options.ListFields() if option.full_name == POLICY
    ]
    if len(policies) != 1:
        raise SystemExit(f"{method.name} has no policy")
    policy = policies[0]
    enums = policy.DESCRIPTOR.fields_by_name
    repeat = enums["idempotency"].enum_type.values_by_number[policy.idempotency].name
    stream = enums["stream"].enum_type.values_by_number[policy.stream].name
    return repeat.removeprefix("IDEMPOTENCY_"), stream.removeprefix("STREAM_KIND_")


def listed(response: Any) -> Field:
    """The one list of a page."""
    lists = [one for one in response.field if one.label == Kind.LABEL_REPEATED]
    if len(lists) != 1:
        raise SystemExit(f"{response.name} needs exactly one list")
    return Field(lists[0].name, single_type(lists[0]))


def read_service(file: Any, index: int, messages: dict[str, Any]) -> Service:
    """One service of a file."""
    said = comments(file)
    service = file.service[index]
    result = Service(service.name, said.get((6, index), ""))
    for at, method in enumerate(service.method):
        request = messages[method.input_type.rsplit(".", 1)[1]]
        response = messages[method.output_type.rsplit(".", 1)[1]]
        names = {one.name for one in request.field}
        repeat, stream = policy_of(method)
        result.methods.append(
            Method(
                name=method.name,
                path=f"/{PACKAGE}.{service.name}/{method.name}",
                request=request.name,
                response=response.name,
                comment=said.get((6, index, 2, at), ""),
                repeat=repeat,
                stream=stream if method.server_streaming else "",
                has_request_id="request_id" in names,
                item=listed(response) if "page_token" in names else None,
                client_streams=method.client_streaming,
            )
        )
    return result


def read_reasons(file: Any) -> list[Reason]:
    """All reasons; the comment of each says its code."""
    said = comments(file)
    reasons: list[Reason] = []
    for index, enum in enumerate(file.enum_type):
        if enum.name != "ErrorReason":
            continue
        for at, value in enumerate(enum.value):
            if value.number == 0:
                continue
            comment = said.get((5, index, 2, at), "")
            code = re.search(r"\bCode\s+([A-Z_]+)\.", comment)
            if code is None:
                raise SystemExit(f"the comment of {value.name} names no code")
            reasons.append(Reason(value.name.removeprefix("ERROR_REASON_"), code[1], comment))
    return reasons


def read(path: Path) -> Shape:
    """Reads a set without rules."""
    with opened(path) as files:
        ours = sorted(
            (file for file in files.file if file.package == PACKAGE), key=lambda file: file.name
        )
    messages = {one.name: one for file in ours for one in file.message_type}
    shape = Shape({}, [], {}, [])
    for file in ours:
        module = Path(file.name).stem + "_pb2"
        names = [one.name for one in [*file.message_type, *file.enum_type]]
        values = [value.name for enum in file.enum_type for value in enum.value]
        shape.names[module] = sorted(names + values)
        shape.services += [
            read_service(file, index, messages) for index in range(len(file.service))
        ]
        if file.name.endswith("/error_reason.proto"):
            shape.reasons = read_reasons(file)
    for service in shape.services:
        for method in service.methods:
            request = messages[method.request]
            shape.requests[request.name] = [
                Field(one.name, argument_type(one, request)) for one in request.field
            ]
    return shape
