"""What may be told of calls while they are made: the place where tracing and figures connect."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from omnichannel._error import OmnichannelError


class CallTrace(Protocol):
    """Is told about one call, its repeats included."""

    def headers(self) -> Mapping[str, str]:
        """Further headers of every attempt, such as traceparent."""
        ...

    def repeated(self, error: OmnichannelError, wait: float) -> None:
        """An attempt failed and is repeated after a wait, in seconds."""
        ...

    def ended(self, error: OmnichannelError | None) -> None:
        """The call is over; how it failed, if it did."""
        ...


class Hooks(Protocol):
    """Is told about the calls of a client, and about each opening of a stream: that one is over
    when the stream is open or was refused, so that a stream held for hours is not one call."""

    def call(self, method: str) -> CallTrace:
        """A call begins, such as omnichannel.v1.AgentService/GetAgent."""
        ...


class _Silent:
    def headers(self) -> Mapping[str, str]:
        return {}

    def repeated(self, error: OmnichannelError, wait: float) -> None:
        pass

    def ended(self, error: OmnichannelError | None) -> None:
        pass


class NoHooks:
    """Tells nobody."""

    def __init__(self) -> None:
        self._silent = _Silent()

    def call(self, method: str) -> CallTrace:
        """Nothing is done."""
        return self._silent
