"""Reads the compiled contract, as `buf build -o -#format=json` prints it, into what the pages are
made of: services with their RPCs, messages with their fields, enums with their values, each with
its comment. Fails where the contract leaves a question open instead of guessing."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

PACKAGE = "omnichannel.v1"
POLICY = f"[{PACKAGE}.policy]"
SENSITIVITY = f"[{PACKAGE}.sensitivity]"
RULES = "[buf.validate.field]"
ONEOF_RULES = "[buf.validate.oneof]"
ERRORS = re.compile(r"^Errors: (.*)$", re.M | re.S)
COMMON_ERRORS = re.compile(r"\n*Common errors of every RPC: ([A-Z_, ]+)\.")

# Numbers of the fields of the descriptor, of which the paths of comments are made.
SYNTAX, MESSAGES, ENUMS, SERVICES = 12, 4, 5, 6
FIELDS, NESTED, ONEOFS, VALUES, METHODS = 2, 3, 8, 2, 2

SCALARS = {
    f"TYPE_{name.upper()}": name
    for name in ("string", "bytes", "bool", "int32", "int64", "uint32", "uint64", "double", "float")
}


class Unclear(Exception):
    """The contract does not say something that the reference has to say."""


@dataclass
class Field:
    """One field of a message."""

    name: str
    json_name: str
    comment: str
    type: str
    """A scalar's name, or the full name of a message or enum."""
    is_list: bool
    is_optional: bool
    map_of: tuple[str, str] | None
    oneof: int | None
    rules: dict[str, Any]
    sensitivity: str


@dataclass
class Oneof:
    """A choice between fields."""

    name: str
    comment: str
    is_required: bool


@dataclass
class Message:
    """One message."""

    name: str
    comment: str
    page: str
    fields: list[Field] = field(default_factory=list)
    oneofs: list[Oneof] = field(default_factory=list)


@dataclass
class Value:
    """One value of an enum, without the enum's prefix."""

    name: str
    number: int
    comment: str


@dataclass
class Enum:
    """One enum."""

    name: str
    comment: str
    page: str
    prefix: str
    values: list[Value]


@dataclass
class Method:
    """One RPC."""

    name: str
    comment: str
    errors: list[str]
    request: str
    response: str
    client_streams: bool
    server_streams: bool
    policy: dict[str, str]


@dataclass
class Service:
    """One service."""

    name: str
    comment: str
    page: str
    common_errors: list[str]
    methods: list[Method]


@dataclass
class Page:
    """What one file of the contract holds."""

    name: str
    comment: str
    service: Service | None
    messages: list[Message]
    enums: list[Enum]

    @property
    def types(self) -> list[Message | Enum]:
        """Messages, then enums."""
        return [*self.messages, *self.enums]


@dataclass
class Contract:
    """All of it."""

    pages: list[Page]

    @property
    def services(self) -> list[Service]:
        """In the order of their names."""
        found = [page.service for page in self.pages if page.service]
        return sorted(found, key=lambda service: service.name)

    def message(self, name: str) -> Message | None:
        """The message of a name."""
        return next((one for page in self.pages for one in page.messages if one.name == name), None)

    def enum(self, name: str) -> Enum | None:
        """The enum of a name."""
        return next((one for page in self.pages for one in page.enums if one.name == name), None)


def plain(name: str) -> str:
    """A full name without the package."""
    return name.removeprefix(".").removeprefix(f"{PACKAGE}.")


def read(image: dict[str, Any]) -> Contract:
    """Reads the image."""
    files = [one for one in image["file"] if one.get("package") == PACKAGE]
    if not files:
        raise Unclear(f"the image has nothing of {PACKAGE}")
    return Contract([_Reader(one).page() for one in sorted(files, key=lambda one: one["name"])])


class _Reader:
    """Reads one file."""

    def __init__(self, file: dict[str, Any]) -> None:
        self._file = file
        self._name = file["name"].rsplit("/", 1)[1].removesuffix(".proto").replace("_", "-")
        self._comments = {
            tuple(place.get("path", ())): _paragraphs(place["leadingComments"])
            for place in file["sourceCodeInfo"]["location"]
            if "leadingComments" in place
        }

    def page(self) -> Page:
        services = [
            self._service(one, number) for number, one in enumerate(self._file.get("service", []))
        ]
        if len(services) > 1:
            raise Unclear(f"{self._name} has more than one service")
        messages = self._file.get("messageType", [])
        return Page(
            self._name,
            self._comment(SYNTAX),
            services[0] if services else None,
            [self._message(one, number) for number, one in enumerate(messages)],
            [self._enum(one, number) for number, one in enumerate(self._file.get("enumType", []))],
        )

    def _comment(self, *path: int) -> str:
        found = self._comments.get(path)
        if not found:
            raise Unclear(f"{self._name}: no comment at {path}")
        return found

    def _service(self, service: dict[str, Any], number: int) -> Service:
        comment = self._comment(SERVICES, number)
        common = COMMON_ERRORS.search(comment)
        if not common:
            raise Unclear(f"{service['name']} does not name its common errors")
        methods = [
            self._method(one, self._comment(SERVICES, number, METHODS, at))
            for at, one in enumerate(service["method"])
        ]
        comment = COMMON_ERRORS.sub("", comment).strip()
        return Service(service["name"], comment, self._name, common[1].split(", "), methods)

    def _method(self, method: dict[str, Any], comment: str) -> Method:
        said = ERRORS.search(comment)
        named = re.findall(r"[A-Z]+_[A-Z_]+|DRAINING", said[1]) if said else []
        policy = method.get("options", {}).get(POLICY)
        if not policy:
            raise Unclear(f"{method['name']} has no policy")
        return Method(
            method["name"],
            ERRORS.sub("", comment).strip(),
            named,
            plain(method["inputType"]),
            plain(method["outputType"]),
            method.get("clientStreaming", False),
            method.get("serverStreaming", False),
            policy,
        )

    def _message(self, message: dict[str, Any], number: int) -> Message:
        maps = {
            f".{PACKAGE}.{message['name']}.{nested['name']}": tuple(
                _type(one) for one in nested["field"]
            )
            for nested in message.get("nestedType", [])
            if nested.get("options", {}).get("mapEntry")
        }
        if len(maps) != len(message.get("nestedType", [])) or message.get("enumType"):
            raise Unclear(f"{message['name']}: a type inside a message has no place in the pages")
        read = Message(message["name"], self._comment(MESSAGES, number), self._name)
        for at, one in enumerate(message.get("field", [])):
            comment = self._comment(MESSAGES, number, FIELDS, at)
            read.fields.append(_field(one, comment, maps))
        for at, one in enumerate(message.get("oneofDecl", [])):
            if one["name"].startswith("_"):
                continue
            required = one.get("options", {}).get(ONEOF_RULES, {}).get("required", False)
            comment = self._comment(MESSAGES, number, ONEOFS, at)
            read.oneofs.append(Oneof(one["name"], comment, required))
        return read

    def _enum(self, enum: dict[str, Any], number: int) -> Enum:
        names = [one["name"] for one in enum["value"]]
        prefix = names[0].removesuffix("UNSPECIFIED")
        if prefix == names[0] or not all(name.startswith(prefix) for name in names):
            raise Unclear(f"{enum['name']}: the values have no common prefix")
        values = [
            Value(
                one["name"].removeprefix(prefix),
                one.get("number", 0),
                self._comment(ENUMS, number, VALUES, at),
            )
            for at, one in enumerate(enum["value"])
        ]
        return Enum(enum["name"], self._comment(ENUMS, number), self._name, prefix, values)


def _type(one: dict[str, Any]) -> str:
    if one["type"] in ("TYPE_MESSAGE", "TYPE_ENUM"):
        return plain(one["typeName"])
    if one["type"] not in SCALARS:
        raise Unclear(f"{one['name']}: no word for {one['type']}")
    return SCALARS[one["type"]]


def _field(one: dict[str, Any], comment: str, maps: dict[str, Any]) -> Field:
    options = one.get("options", {})
    map_of = maps.get(one.get("typeName", ""))
    is_optional = one.get("proto3Optional", False)
    return Field(
        one["name"],
        one["jsonName"],
        comment,
        "" if map_of else _type(one),
        one["label"] == "LABEL_REPEATED" and not map_of,
        is_optional,
        map_of,
        None if is_optional else one.get("oneofIndex"),
        options.get(RULES, {}),
        options.get(SENSITIVITY, ""),
    )


def _paragraphs(comment: str) -> str:
    """The lines of a comment as paragraphs, each on one line. `Errors:` begins one of its own."""
    lines = [line.strip() for line in comment.strip().split("\n")]
    text = "\n".join(lines)
    text = re.sub(r"\n(?=Errors: )", "\n\n", text)
    return "\n\n".join(" ".join(part.split("\n")) for part in re.split(r"\n\n+", text))
