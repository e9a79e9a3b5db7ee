"""What is known of an RPC before it is called, and the options that every call takes."""

from __future__ import annotations

import enum
import os
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Generic, TypeAlias, TypeVar, cast

from google.protobuf.message import Message

Q = TypeVar("Q", bound=Message)
A = TypeVar("A", bound=Message)
T = TypeVar("T")


class Repeat(enum.Enum):
    """Why a call may be repeated."""

    READ = "read"
    """It changes nothing."""
    REQUEST_ID = "request_id"
    """It carries a `request_id`, by which the server knows a repeat."""
    NATURAL = "natural"
    """A second time changes nothing more."""
    STREAM = "stream"
    """Opening it again is safe."""


class Default(enum.Enum):
    """Stands for what the client was made with."""

    DEFAULT = "default"


DEFAULT = Default.DEFAULT

Timeout: TypeAlias = "float | timedelta | Default | None"
"""Seconds that a call may take, repeats included; None for as long as it takes."""

Metadata: TypeAlias = Mapping[str, str]
"""Further headers of a call."""


@dataclass(frozen=True)
class Method(Generic[Q, A]):
    """One RPC of the contract."""

    path: str
    request: type[Q]
    response: type[A]
    repeat: Repeat
    has_request_id: bool

    @property
    def name(self) -> str:
        """Service and method, such as omnichannel.v1.AgentService/GetAgent."""
        return self.path.lstrip("/")


@dataclass(frozen=True)
class ListMethod(Method[Q, A], Generic[Q, A, T]):
    """One RPC that lists in pages."""

    items: str

    def listed(self, answer: A) -> tuple[list[T], str]:
        """The items of a page, and the token of the next one."""
        items = cast("list[T]", list(getattr(answer, self.items)))
        page: Any = answer
        return items, str(page.next_page_token)


def seconds(timeout: float | timedelta | None) -> float | None:
    """A span as seconds."""
    return timeout.total_seconds() if isinstance(timeout, timedelta) else timeout


def new_request_id() -> str:
    """A fresh `request_id`: one for each intent, the same for its repeats. A UUIDv7."""
    moment = int(time.time() * 1000) & 0xFFFF_FFFF_FFFF
    chance = int.from_bytes(os.urandom(10), "big")
    high = (moment << 16) | 0x7000 | (chance >> 68)
    low = (0b10 << 62) | (chance & 0x3FFF_FFFF_FFFF_FFFF)
    return str(uuid.UUID(int=(high << 64) | low))


def build(method: Method[Q, A], request: Q | None, fields: Mapping[str, object]) -> Q:
    """The request of a call: the message that was given, or one of the named fields, with a
    `request_id` where it takes one. What was given is never changed."""
    if request is not None and fields:
        raise TypeError("a call takes a request or its fields, not both")
    given = {key: value for key, value in fields.items() if value is not None}
    message: Any = method.request(**given)
    if request is not None:
        message.CopyFrom(request)
    if method.has_request_id and not message.request_id:
        message.request_id = new_request_id()
    built: Q = message
    return built
