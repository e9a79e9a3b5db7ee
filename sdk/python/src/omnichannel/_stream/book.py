"""Commands on their way up: which wait to be sent, which were sent and wait for their result. A
lost connection puts the sent ones back in front, to be sent again with the same `request_id`, by
which the server knows them."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Any, Protocol

import grpc

from omnichannel import v1
from omnichannel._error import OmnichannelError, from_detail, local

COMMANDS_MAX = 256
"""Most commands of one stream that wait, sent or not."""


class Waiter(Protocol):
    """Who waits for a result; the futures of both worlds are."""

    def done(self) -> bool:
        """Whether nobody waits any more."""
        ...

    def set_result(self, result: Any, /) -> None:
        """Tells the result."""
        ...

    def set_exception(self, exception: Any, /) -> None:
        """Tells a refusal."""
        ...


@dataclass(frozen=True)
class Command:
    """One frame up."""

    frame: Any
    request_id: str = ""
    waiter: Waiter | None = None
    """Absent when it has no result."""

    @property
    def is_wanted(self) -> bool:
        """Whether somebody still waits for it."""
        return self.waiter is None or not self.waiter.done()


class Book:
    """The commands of one stream."""

    def __init__(self) -> None:
        self._waiting: deque[Command] = deque()
        self._sent: deque[Command] = deque()
        # Most that may be sent without a result; 0 while the stream is not open.
        self._limit = 0

    @property
    def has_room(self) -> bool:
        """Whether one more may wait."""
        return len(self._waiting) + len(self._sent) < COMMANDS_MAX

    def push(self, command: Command) -> None:
        """Takes a command."""
        self._waiting.append(command)

    def open(self, limit: int) -> None:
        """The stream is open and takes this many commands at a time."""
        self._limit = min(max(limit, 1), COMMANDS_MAX)

    def lost(self) -> None:
        """The stream is lost: what has no result yet is sent again, unless nobody waits for it."""
        self._limit = 0
        everything = [*self._sent, *self._waiting]
        self._sent.clear()
        self._waiting = deque(command for command in everything if command.is_wanted)

    def take(self) -> Any | None:
        """The next frame to send, if one may be sent now."""
        while self._waiting and len(self._sent) < self._limit:
            command = self._waiting.popleft()
            if not command.is_wanted:
                continue
            if command.waiter is not None:
                self._sent.append(command)
            return command.frame
        return None

    def settle(self, result: v1.CommandResult) -> None:
        """Gives a result to whom it belongs."""
        command = next((one for one in self._sent if one.request_id == result.request_id), None)
        if command is None or command.waiter is None:
            return
        self._sent.remove(command)
        if command.waiter.done():
            return
        outcome = result.WhichOneof("outcome")
        if outcome == "ok":
            command.waiter.set_result(result.ok)
        elif outcome == "error":
            command.waiter.set_exception(from_detail(result.error))
        else:
            text = "a command result without an outcome"
            command.waiter.set_exception(local(grpc.StatusCode.INTERNAL, text))

    def fail(self, error: OmnichannelError) -> None:
        """The stream is over: nothing will be answered any more."""
        for command in [*self._sent, *self._waiting]:
            if command.waiter is not None and not command.waiter.done():
                command.waiter.set_exception(error)
        self._sent.clear()
        self._waiting.clear()
