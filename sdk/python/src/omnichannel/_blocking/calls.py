"""Calls of the blocking client: deadline over all attempts, repeats that cannot do a thing twice,
pages, and content that comes in pieces."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

import grpc
from google.protobuf.message import Message

from omnichannel._blocking.connecting import Connecting
from omnichannel._blocking.credential import Credential
from omnichannel._blocking.pages import Pages
from omnichannel._config import Settings
from omnichannel._error import OmnichannelError, client_closed, from_rpc
from omnichannel._hooks import Hooks
from omnichannel._method import DEFAULT, ListMethod, Metadata, Method, Timeout, build, seconds
from omnichannel._retry import Attempts, Budget

Q = TypeVar("Q", bound=Message)
A = TypeVar("A", bound=Message)
T = TypeVar("T")


class Calls:
    """Makes the calls of a client."""

    def __init__(
        self, settings: Settings, channel: Any, credential: Credential, hooks: Hooks
    ) -> None:
        self._settings = settings
        self._channel = channel
        self._credential = credential
        self._hooks = hooks
        self._budget = Budget(settings.retry_budget)
        self._made: dict[str, Any] = {}
        self.is_closed = False
        """Whether the client is closed: nothing is sent any more."""
        self.connecting = Connecting(channel)

    def unary(
        self,
        method: Method[Q, A],
        request: Q | None,
        fields: Mapping[str, object],
        timeout: Timeout,
        metadata: Metadata | None,
    ) -> A:
        """One call with one answer."""
        return self.send(method, build(method, request, fields), timeout, metadata)

    def send(
        self, method: Method[Q, A], message: Q, timeout: Timeout, metadata: Metadata | None
    ) -> A:
        """Sends a request until it is answered, refused, or has no more time."""
        limit = self._settings.deadline if timeout is DEFAULT else seconds(timeout)
        deadline = None if limit is None else time.monotonic() + limit
        attempts = Attempts(self._budget, self._settings.max_attempts, deadline)
        trace = self._hooks.call(method.name)
        further = [*(metadata or {}).items(), *trace.headers().items()]
        renewed = False
        while True:
            if self.is_closed:
                closed = client_closed()
                trace.ended(closed)
                raise closed
            credential = self._credential.headers()
            try:
                answer = self._attempt(method, message, deadline, [*credential, *further])
            except grpc.RpcError as status:
                error = from_rpc(status)
                if error.code is grpc.StatusCode.UNAUTHENTICATED and not renewed:
                    renewed = True
                    if self._credential.renew(credential):
                        continue
                wait = attempts.wait_after(error, time.monotonic(), random.random())
                if wait is None:
                    trace.ended(error)
                    raise error from status
                trace.repeated(error, wait)
                if error.is_local:
                    self.connecting.keep(True)
                time.sleep(wait)
            else:
                self._budget.earn()
                self.connecting.keep(False)
                trace.ended(None)
                return answer

    def _attempt(
        self,
        method: Method[Q, A],
        message: Q,
        deadline: float | None,
        headers: list[tuple[str, str]],
    ) -> A:
        call = self._made.get(method.path)
        if call is None:
            call = self._channel.unary_unary(
                method.path,
                request_serializer=method.request.SerializeToString,
                response_deserializer=method.response.FromString,
            )
            self._made[method.path] = call
        left = None if deadline is None else max(deadline - time.monotonic(), 0.0)
        answer: A = call(message, timeout=left, metadata=headers)
        return answer

    def pages(
        self,
        method: ListMethod[Q, A, T],
        request: Q | None,
        fields: Mapping[str, object],
        timeout: Timeout,
        metadata: Metadata | None,
    ) -> Pages[T]:
        """A listing."""

        def fetch(message: Any) -> Any:
            return self.send(method, message, timeout, metadata)

        return Pages(method, build(method, request, fields), fetch)

    def content(
        self,
        method: Method[Q, A],
        request: Q | None,
        fields: Mapping[str, object],
        timeout: Timeout,
        metadata: Metadata | None,
    ) -> Iterator[A]:
        """One call whose answer comes in pieces. It has no deadline unless one is given."""
        limit = None if timeout is DEFAULT else seconds(timeout)
        message = build(method, request, fields)
        if self.is_closed:
            raise client_closed()
        call = self._channel.unary_stream(
            method.path,
            request_serializer=method.request.SerializeToString,
            response_deserializer=method.response.FromString,
        )
        trace = self._hooks.call(method.name)
        headers = [*self._credential.headers(), *(metadata or {}).items(), *trace.headers().items()]
        error: OmnichannelError | None = None
        answers: Any = call(message, timeout=limit, metadata=headers)
        try:
            yield from answers
        except grpc.RpcError as status:
            error = from_rpc(status)
            raise error from status
        finally:
            answers.cancel()
            trace.ended(error)
