"""Writes the hand-shaped part of the generated code: the facade of all messages, the table of
methods, the types of arguments, the services of both clients and the exceptions."""

from __future__ import annotations

import re
import textwrap

from contract import Method, Service, Shape

HEADER = "# Generated from the contract by tools/generate.py. Do not edit.\n"
RESERVED = {"request", "timeout", "metadata", "self"}
CODES = {
    "INVALID_ARGUMENT": "InvalidArgument",
    "NOT_FOUND": "NotFound",
    "ALREADY_EXISTS": "AlreadyExists",
    "FAILED_PRECONDITION": "FailedPrecondition",
    "ABORTED": "Aborted",
    "PERMISSION_DENIED": "PermissionDenied",
    "UNAUTHENTICATED": "Unauthenticated",
    "RESOURCE_EXHAUSTED": "ResourceExhausted",
    "OUT_OF_RANGE": "OutOfRange",
    "UNAVAILABLE": "Unavailable",
    "UNIMPLEMENTED": "Unimplemented",
    "DEADLINE_EXCEEDED": "DeadlineExceeded",
    "INTERNAL": "Internal",
}


def snake(name: str) -> str:
    """CreateQueue as create_queue."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def camel(reason: str) -> str:
    """NAME_TAKEN as NameTakenError."""
    name = "".join(word.capitalize() for word in reason.split("_"))
    return name if name.endswith("Error") else name + "Error"


def attribute(service: Service) -> str:
    """The attribute of a client under which a service is found."""
    plural = {"interaction": "interactions", "agent": "agents", "customer": "customers"}
    name = snake(service.name.removesuffix("Service"))
    return plural.get(name, "channels" if name == "channel" else name)


def docstring(comment: str, indent: int) -> str:
    """A comment of the contract as a docstring."""
    text = comment.replace("\\", "\\\\").replace('"""', "'''").strip() or "Not described."
    text = text.replace("\nErrors: ", "\n\nErrors: ")
    lines = text.splitlines()
    pad = " " * indent
    if len(lines) == 1 and len(lines[0]) < 90 - indent:
        return f'{pad}"""{lines[0]}"""\n'
    body = "\n".join(textwrap.indent(line, pad) if line else "" for line in lines[1:])
    first = f'{pad}"""{lines[0]}\n'
    return first + (body + "\n" if body else "") + f'{pad}"""\n'


def facade(shape: Shape) -> str:
    """The one module that has every name of the contract."""
    text = HEADER + '"""Every message and enum of package omnichannel.v1."""\n\n'
    everything: list[str] = []
    for module, names in shape.names.items():
        text += f"from omnichannel.v1.{module} import (\n"
        text += "".join(f"    {name} as {name},\n" for name in names) + ")\n"
        everything += names
    if len(everything) != len(set(everything)):
        raise SystemExit("two names of the contract are alike")
    return text


def constant(service: Service, method: Method) -> str:
    """The name of a method in the table."""
    return f"{snake(service.name.removesuffix('Service'))}_{snake(method.name)}".upper()


def table(shape: Shape) -> str:
    """What is known of each method."""
    text = HEADER + '"""Every RPC: its path, its messages and why a repeat is safe."""\n\n'
    text += "from omnichannel import v1\n"
    text += "from omnichannel._method import ListMethod, Method, Repeat\n"
    for service in shape.services:
        for method in service.methods:
            types = f"v1.{method.request}, v1.{method.response}"
            arguments = [
                f'"{method.path}"',
                f"v1.{method.request}",
                f"v1.{method.response}",
                f"Repeat.{method.repeat}",
                str(method.has_request_id),
            ]
            kind = f"Method[{types}]"
            maker = "Method"
            if method.item is not None:
                kind = f"ListMethod[{types}, {method.item.type}]"
                maker = "ListMethod"
                arguments.append(f'"{method.item.name}"')
            text += f"\n{constant(service, method)}: {kind} = {maker}(\n"
            text += "".join(f"    {argument},\n" for argument in arguments) + ")\n"
    return text


def arguments(shape: Shape) -> str:
    """Types of the arguments that stand for the fields of a request."""
    text = HEADER + '"""Arguments of the calls, by name; for type checkers alone."""\n\n'
    text += "from collections.abc import Iterable, Mapping\nfrom typing import TypedDict\n\n"
    text += "from google.protobuf import duration_pb2, field_mask_pb2, timestamp_pb2\n\n"
    text += "from omnichannel import v1\n"
    methods = [one for service in shape.services for one in service.methods]
    unary = {one.request for one in methods if takes_fields(one)}
    for request, fields in shape.requests.items():
        if request not in unary:
            continue
        clash = RESERVED & {one.name for one in fields}
        if clash:
            raise SystemExit(f"{request} has fields that calls use themselves: {clash}")
        text += f"\n\nclass {arguments_of(request)}(TypedDict, total=False):\n"
        text += f'    """Fields of {request}."""\n'
        lines = "".join(f"    {one.name}: {one.type}\n" for one in fields)
        text += "\n" + lines if lines else ""
    # Names that only some contracts need.
    for name in ("duration_pb2", "timestamp_pb2", "field_mask_pb2"):
        if f"{name}." not in text:
            text = re.sub(rf"(import .*?){name}(, )?", r"\1", text, count=1)
    return text


def arguments_of(request: str) -> str:
    """The name of the type of a request's arguments."""
    return request.removesuffix("Request") + "Fields"


def takes_fields(method: Method) -> bool:
    """Whether a method is called with a request, and not followed as a stream."""
    return method.stream in ("", "CONTENT")


def service_class(service: Service, asynchronous: bool) -> str:
    """One service of a client."""
    text = f"\n\nclass {service.name}:\n" + docstring(service.comment, 4)
    text += "\n    def __init__(self, calls: Calls) -> None:\n        self._calls = calls\n"
    for method in service.methods:
        if takes_fields(method):
            text += service_method(service, method, asynchronous)
    return text


def service_method(service: Service, method: Method, asynchronous: bool) -> str:
    """One call."""
    answer, kind, opening = f"v1.{method.response}", "unary", "def"
    if method.item is not None:
        answer, kind = f"Pages[{method.item.type}]", "pages"
    elif method.stream:
        answer = f"AsyncIterator[{answer}]" if asynchronous else f"Iterator[{answer}]"
        kind = "content"
    elif asynchronous:
        opening = "async def"
    wait = "await " if opening == "async def" else ""
    text = f"\n    {opening} {snake(method.name)}(\n        self,\n"
    text += f"        request: v1.{method.request} | None = None,\n        /,\n        *,\n"
    text += "        timeout: Timeout = DEFAULT,\n        metadata: Metadata | None = None,\n"
    text += f'        **fields: "Unpack[arguments.{arguments_of(method.request)}]",\n'
    text += f"    ) -> {answer}:\n" + docstring(method.comment, 8)
    text += f"        return {wait}self._calls.{kind}(\n"
    text += f"            methods.{constant(service, method)}, request, fields, timeout, metadata\n"
    return text + "        )\n"


def services(shape: Shape, asynchronous: bool) -> str:
    """The services of one client."""
    kind = "asynchronous" if asynchronous else "blocking"
    part = "_aio" if asynchronous else "_blocking"
    iterator = "AsyncIterator" if asynchronous else "Iterator"
    text = HEADER + f'"""The services of the {kind} client."""\n\n'
    text += "from __future__ import annotations\n\n"
    text += f"from collections.abc import {iterator}\nfrom typing import TYPE_CHECKING\n\n"
    text += "import grpc\n\n" if not asynchronous else "import grpc.aio\n\n"
    text += "from omnichannel import v1\nfrom omnichannel._generated import methods\n"
    text += "from omnichannel._method import DEFAULT, Metadata, Timeout\n"
    text += f"from omnichannel.{part}.calls import Calls\n"
    text += f"from omnichannel.{part}.pages import Pages\n"
    for service in shape.services:
        module = f"{snake(service.name)}_pb2_grpc"
        text += f"from omnichannel.v1 import {module}\n"
    text += "\nif TYPE_CHECKING:\n    from typing_extensions import Unpack\n\n"
    text += "    from omnichannel._generated import arguments\n"
    for service in shape.services:
        text += service_class(service, asynchronous)
    return text + raw(shape, asynchronous) + bundle(shape)


def raw(shape: Shape, asynchronous: bool) -> str:
    """The stubs as protoc makes them."""
    channel = "grpc.aio.Channel" if asynchronous else "grpc.Channel"
    text = (
        '\n\nclass Raw:\n    """The generated stubs, on the connection of the client\'s calls.\n\n'
    )
    text += (
        "    They carry the credential; deadlines, repeats and typed errors are for the services.\n"
    )
    text += f'    """\n\n    def __init__(self, channel: {channel}) -> None:\n'
    for service in shape.services:
        stub = f"{snake(service.name)}_pb2_grpc.{service.name}Stub"
        if asynchronous:
            typed = stub.removesuffix("Stub") + "AsyncStub"
            text += f"        self.{attribute(service)}: {typed} = (\n"
            text += f"            {stub}(channel)  # type: ignore[assignment]\n        )\n"
        else:
            text += f"        self.{attribute(service)} = {stub}(channel)\n"
    return text


def bundle(shape: Shape) -> str:
    """The services as attributes."""
    text = '\n\nclass Services:\n    """All services, as attributes."""\n\n'
    text += "    def __init__(self, calls: Calls) -> None:\n"
    for service in shape.services:
        text += f"        self.{attribute(service)} = {service.name}(calls)\n"
    return text


def errors(shape: Shape) -> str:
    """One exception for each reason, below the one of its code."""
    text = HEADER + '"""One exception for each error reason of the contract."""\n\n'
    codes = sorted({CODES[reason.code] for reason in shape.reasons})
    text += "from omnichannel._error import (\n    OmnichannelError,\n"
    text += "".join(f"    {code},\n" for code in codes) + ")\n"
    for reason in shape.reasons:
        text += f"\n\nclass {camel(reason.name)}({CODES[reason.code]}):\n"
        text += docstring(reason.comment, 4)
    text += "\n\nBY_REASON: dict[str, type[OmnichannelError]] = {\n"
    text += "".join(f'    "{one.name}": {camel(one.name)},\n' for one in shape.reasons)
    text += "}\n"
    exported = "".join(f'    "{camel(one.name)}",\n' for one in shape.reasons)
    return text + "\n__all__ = [\n" + exported + '    "BY_REASON",\n]\n'


def public_errors(shape: Shape) -> str:
    """The module that users import the exceptions from; type checkers want each name said."""
    text = HEADER + '"""What calls and streams raise. `OmnichannelError` is the root; below it one '
    text += "class for each code,\nnamed as the code, and below those one for each reason of the "
    text += 'contract, ending in Error."""\n\n'
    own = ["FieldViolation", "OmnichannelError", "StreamStoppedError"]
    own += [*CODES.values(), "Cancelled"]
    text += "from omnichannel._error import (\n"
    text += "".join(f"    {name} as {name},\n" for name in sorted(own)) + ")\n"
    text += "from omnichannel._generated.errors import (\n"
    names = sorted(camel(reason.name) for reason in shape.reasons)
    return text + "".join(f"    {name} as {name},\n" for name in names) + ")\n"


def files(shape: Shape) -> dict[str, str]:
    """All files by their place in the package."""
    return {
        "v1/__init__.py": facade(shape),
        "_generated/__init__.py": HEADER + '"""What follows from the contract."""\n',
        "_generated/methods.py": table(shape),
        "_generated/arguments.py": arguments(shape),
        "_generated/services.py": services(shape, asynchronous=False),
        "_generated/aio_services.py": services(shape, asynchronous=True),
        "_generated/errors.py": errors(shape),
        "errors.py": public_errors(shape),
    }
