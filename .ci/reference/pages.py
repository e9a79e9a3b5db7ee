"""Writes the pages: one for each file of the contract, and one that leads to them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import bounds
from contract import Contract, Enum, Field, Message, Method, Page, Service, Unclear
from examples import Examples
from links import Links

NOTE = "<!-- Made from proto/ by .ci/reference. Do not edit: better the comments there. -->"

REPEATING = {
    "IDEMPOTENCY_READ": "safe: it changes nothing",
    "IDEMPOTENCY_REQUEST_ID": "safe with the same `request_id`, for 24 hours",
    "IDEMPOTENCY_NATURAL": "safe: a repeat finds done what it asks for",
    "IDEMPOTENCY_STREAM": "safe: the stream is opened again",
}
RECORDED = {
    "AUDIT_CLASS_NONE": "no: a read without personal data",
    "AUDIT_CLASS_READ_PERSONAL": "in the access log, as a read of personal data",
    "AUDIT_CLASS_CHANGE": "in the audit log, as a change",
    "AUDIT_CLASS_SECURITY": "in the access log, also when refused",
}
STREAMING = {
    "STREAM_KIND_EVENT": "every event, in order; [resumed by its token](../contract.md#streams)",
    "STREAM_KIND_STATE": "the newest state; [a slow reader skips](../contract.md#streams)",
    "STREAM_KIND_CONTENT": "a piece of content that ends",
}
USES_SHOWN = 8

# How to read the pages: what the index begins with.
INDEX = Path(__file__).with_name("index.txt").read_text(encoding="utf-8").strip()


@dataclass
class Uses:
    """Where each type occurs: RPCs that take or give it, messages that hold it."""

    methods: dict[str, list[str]]
    messages: dict[str, list[str]]

    @classmethod
    def of(cls, contract: Contract) -> Uses:
        """Looks through all of it."""
        uses = cls({}, {})
        ends: dict[str, list[str]] = {}
        for service in contract.services:
            for method in service.methods:
                for name in (method.request, method.response):
                    ends.setdefault(name, []).append(method.name)
        for page in contract.pages:
            for message in page.messages:
                for one in message.fields:
                    for name in [one.type, *(one.map_of or ())]:
                        if message.name in ends:
                            found, names = uses.methods, ends[message.name]
                        else:
                            found, names = uses.messages, [message.name]
                        known = found.setdefault(name, [])
                        known += [one for one in names if one not in known]
        for name, methods in ends.items():
            uses.methods.setdefault(name, []).extend(methods)
        return uses


class Writer:
    """Writes all pages of a contract."""

    def __init__(self, contract: Contract, roles: dict[str, list[str]]) -> None:
        self._contract = contract
        self._roles = roles
        self._links = Links(contract)
        self._uses = Uses.of(contract)
        self._examples = Examples(contract)

    def pages(self) -> dict[str, str]:
        """The text of each file by its name."""
        texts = {f"{page.name}.md": self._page(page) for page in self._contract.pages}
        texts["README.md"] = self._index()
        return texts

    # The page of one file.

    def _page(self, page: Page) -> str:
        parts = [NOTE]
        inline: set[str] = set()
        if page.service:
            service = page.service
            parts += self._service(service)
            inline = {name for one in service.methods for name in (one.request, one.response)}
            title = "## Messages and enums"
        else:
            parts.append(f"# {_title(page.name)}")
            parts.append(self._links.prose(page.comment, page.name))
            title = ""
        types = [one for one in page.types if one.name not in inline]
        if len(types) > 3 and not page.service:
            parts.append(" · ".join(f"[{one.name}](#{one.name.lower()})" for one in types))
        if types and title:
            parts.append(title)
        for one in types:
            parts.append(f"{'###' if title else '##'} {one.name}")
            parts.append(self._links.prose(one.comment, page.name, one.name))
            parts += self._found(one.name, page.name)
            parts += (
                self._enum(one) if isinstance(one, Enum) else self._fields(one, "It has no fields.")
            )
        text = "\n\n".join(parts) + "\n"
        heads = re.findall(r"^#+ (.*)$", text, re.M)
        if len(heads) != len({head.lower() for head in heads}):
            raise Unclear(f"{page.name}: two chapters have one name")
        return text

    def _service(self, service: Service) -> list[str]:
        name = _client(service)
        calls = [
            f"| [{one.name}](#{one.name.lower()}){_arrow(one)} | {_first(one.comment)} "
            f"| {one.policy['permission'].removeprefix('PERMISSION_')} |"
            for one in service.methods
        ]
        common = ", ".join(self._links.reason(one) for one in service.common_errors)
        parts = [
            f"# {service.name}",
            self._links.prose(service.comment, service.page),
            f"Full name `omnichannel.v1.{service.name}`; `client.{name}` in the SDKs for Python "
            "and TypeScript, where the RPCs are methods named as the language has it.",
            "\n".join(["| RPC | what it does | permission |", "|---|---|---|", *calls]),
            f"Every RPC may also be refused with {common}.",
        ]
        for one in service.methods:
            parts += self._method(one, service.page)
        return parts

    def _method(self, method: Method, page: str) -> list[str]:
        request, response = (
            self._contract.message(name) for name in (method.request, method.response)
        )
        if not request or not response:
            raise Unclear(f"{method.name}: its messages are not in the contract")
        parts = [f"## {method.name}", self._links.prose(method.comment, page, method.name)]
        parts.append("\n".join(f"- {line}" for line in self._facts(method)))
        parts.append(f"**{'Each frame up' if method.client_streams else 'Request'}**")
        parts += self._fields(request, "No fields.", page)
        if example := self._examples.of(method.name):
            parts.append(f"```json\n{example}\n```")
        parts.append(f"**{'Each frame down' if method.server_streams else 'Response'}**")
        parts += self._fields(response, "No fields.", page)
        return parts

    def _facts(self, method: Method) -> list[str]:
        policy = method.policy
        permission = policy["permission"].removeprefix("PERMISSION_")
        if permission not in self._roles:
            raise Unclear(f"docs/contract.md does not say which roles have {permission}")
        roles = ", ".join(self._roles[permission])
        facts = [f"**Permission** [{permission}](options.md#permission): {roles}"]
        if method.server_streams:
            ways = "streams both ways" if method.client_streams else "one request, a stream down"
            facts.append(f"**Stream** {ways}: {STREAMING[policy['stream']]}")
        facts.append(f"**Repeating** {REPEATING[policy['idempotency']]}")
        facts.append(f"**Recorded** {RECORDED[policy['audit']]}")
        if method.errors:
            errors = ", ".join(self._links.reason(one) for one in method.errors)
            facts.append(f"**Refusals** {errors}")
        return facts

    # Types.

    def _found(self, name: str, page: str) -> list[str]:
        methods = [self._links.method(one, page) for one in self._uses.methods.get(name, [])]
        messages = [
            self._links.type(one, page) for one in self._uses.messages.get(name, []) if one != name
        ]
        found = methods + messages
        if not found:
            return []
        shown = ", ".join(found[:USES_SHOWN])
        rest = len(found) - USES_SHOWN
        return [f"In {shown}{f' and {rest} more' if rest > 0 else ''}."]

    def _fields(self, message: Message, none: str, page: str = "") -> list[str]:
        if not message.fields:
            return [none]
        rows = ["| field | type | |", "|---|---|---|"]
        told: set[int] = set()
        for one in message.fields:
            indent = ""
            if one.oneof is not None and one.oneof < len(message.oneofs):
                indent = "· "
                if one.oneof not in told:
                    told.add(one.oneof)
                    choice = message.oneofs[one.oneof]
                    comment, required = _without(choice.comment, "Required.")
                    if choice.is_required != required:
                        raise Unclear(f"{message.name}.{choice.name}: is it required?")
                    words = "one of, required" if required else "one of"
                    rows.append(f"| *{choice.name}* | {words} | {comment} |")
            rows.append(f"| {indent}{self._row(one, message, page or message.page)} |")
        return ["\n".join(rows)]

    def _row(self, one: Field, message: Message, page: str) -> str:
        comment, required = _without(one.comment, "Required.")
        if bounds.demanded(one) and not required and "Required on" not in comment:
            raise Unclear(f"{message.name}.{one.name} is demanded and does not say Required")
        comment, given = _without(comment, "Output only.")
        comment, _ = _without(comment, "UUIDs." if one.is_list else "UUID.")
        words = [self._type(one, page)]
        words += ["required"] if required else []
        words += ["output only"] if given else []
        words += [one.sensitivity.removeprefix("SENSITIVITY_").lower()] if one.sensitivity else []
        text = self._links.prose(bounds.told(one, comment), page, message.name)
        return f"`{one.name}` | {', '.join(words)} | {_cell(text)}"

    def _type(self, one: Field, page: str) -> str:
        if one.map_of:
            return f"map of {' to '.join(self._links.type(name, page) for name in one.map_of)}"
        name = "UUID" if bounds.is_uuid(one) else self._links.type(one.type, page)
        return f"list of {name}" if one.is_list else name

    def _enum(self, enum: Enum) -> list[str]:
        rows = ["| value | number | |", "|---|---|---|"]
        for value in enum.values:
            name = f"`{value.name}`"
            if enum.name == "ErrorReason" and value.number:
                name = self._links.reason(value.name)
            text = self._links.prose(value.comment, enum.page, value.name)
            rows.append(f"| {name} | {value.number} | {_cell(text)} |")
        return [f"Written with the prefix `{enum.prefix}`.", "\n".join(rows)]

    # The page that leads to the others.

    def _index(self) -> str:
        parts = [NOTE, INDEX]
        for service in self._contract.services:
            parts.append(f"### [{service.name}]({service.page}.md)")
            parts.append(self._links.prose(service.comment, "README"))
            calls = [f"{self._links.method(one.name, '')}{_arrow(one)}" for one in service.methods]
            parts.append(" · ".join(calls))
        inline = {
            name
            for service in self._contract.services
            for one in service.methods
            for name in (one.request, one.response)
        }
        rows = ["| page | about | types |", "|---|---|---|"]
        for page in self._contract.pages:
            if not page.service:
                types = [
                    self._links.type(one.name, "") for one in page.types if one.name not in inline
                ]
                about = self._links.prose(_first(page.comment), "README")
                rows.append(
                    f"| [{_title(page.name)}]({page.name}.md) | {about} | {', '.join(types)} |"
                )
        parts += ["## Types", "\n".join(rows)]
        return "\n\n".join(parts) + "\n"


def _title(page: str) -> str:
    """What a page without a service is called: never as one of the types on it."""
    return f"{page.replace('-', ' ').capitalize()} types".replace("Sla", "SLA")


def _client(service: Service) -> str:
    """What the SDKs call the client of a service."""
    name = service.name.removesuffix("Service").lower()
    return name if name in ("routing", "analytics", "admin") else f"{name}s"


def _arrow(method: Method) -> str:
    if method.client_streams:
        return " ↕"
    return " ↓" if method.server_streams else ""


def _first(comment: str) -> str:
    return _cell(re.split(r"(?<=[.]) (?=[A-Z])", comment)[0])


def _without(comment: str, sentence: str) -> tuple[str, bool]:
    """A comment without one of its sentences, and whether it had it."""
    pattern = rf"(?:^|(?<=[.;:)])) ?{re.escape(sentence)}(?= |$)"
    left, count = re.subn(pattern, "", comment)
    return left.strip(), count > 0


def _cell(text: str) -> str:
    return text.replace("\n\n", "<br>").replace("|", "\\|")
