"""The credential of a blocking client, and channels that carry it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from omnichannel._config import header

TokenProvider = Callable[[], str]
"""Gives the newest access token. Called once before the first call, and again when the server says
that the credential is no longer good."""


class Credential:
    """What every call carries."""

    def __init__(self, api_key: str, provider: TokenProvider | None) -> None:
        if api_key and provider is not None:
            raise ValueError("a client takes an api_key or a token provider, not both")
        self._provider = provider
        self._header = header(api_key) if api_key else None
        self._lock = threading.Lock()

    def headers(self) -> list[tuple[str, str]]:
        """The header to send, if there is one."""
        if self._header is None and self._provider is not None:
            with self._lock:
                if self._header is None:
                    self._header = header(self._provider())
        return [] if self._header is None else [self._header]

    def renew(self, refused: list[tuple[str, str]]) -> bool:
        """Asks for a fresh token after one was refused; answers whether there is another one."""
        if self._provider is None:
            return False
        with self._lock:
            if self._header is None or [self._header] == refused:
                self._header = header(self._provider())
            return [self._header] != refused


class _Carrying:
    """A stub's call that adds the credential."""

    def __init__(self, call: Any, headers: Callable[[], list[tuple[str, str]]]) -> None:
        self._call = call
        self._headers = headers

    def _with(self, options: dict[str, Any]) -> dict[str, Any]:
        options["metadata"] = [*(options.get("metadata") or ()), *self._headers()]
        return options

    def __call__(self, request: Any = None, timeout: Any = None, **options: Any) -> Any:
        return self._call(request, timeout=timeout, **self._with(options))

    def with_call(self, request: Any, timeout: Any = None, **options: Any) -> Any:
        """As the call of the same name, with the credential."""
        return self._call.with_call(request, timeout=timeout, **self._with(options))

    def future(self, request: Any, timeout: Any = None, **options: Any) -> Any:
        """As the call of the same name, with the credential."""
        return self._call.future(request, timeout=timeout, **self._with(options))


class CarryingChannel:
    """As much of a channel as generated stubs use; its calls carry a credential."""

    def __init__(self, channel: Any, headers: Callable[[], list[tuple[str, str]]]) -> None:
        self._channel = channel
        self._headers = headers

    def unary_unary(self, *arguments: Any, **options: Any) -> Any:
        """A call."""
        return _Carrying(self._channel.unary_unary(*arguments, **options), self._headers)

    def unary_stream(self, *arguments: Any, **options: Any) -> Any:
        """A stream down."""
        return _Carrying(self._channel.unary_stream(*arguments, **options), self._headers)

    def stream_stream(self, *arguments: Any, **options: Any) -> Any:
        """A stream both ways."""
        return _Carrying(self._channel.stream_stream(*arguments, **options), self._headers)
