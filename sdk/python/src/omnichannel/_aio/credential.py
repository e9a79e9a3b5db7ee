"""The credential of an asynchronous client, and channels that carry it."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from typing import Any

from omnichannel._config import header

AsyncTokenProvider = Callable[[], "str | Awaitable[str]"]
"""Gives the newest access token. Called once before the first call, and again when the server says
that the credential is no longer good."""


class Credential:
    """What every call carries."""

    def __init__(self, api_key: str, provider: AsyncTokenProvider | None) -> None:
        if api_key and provider is not None:
            raise ValueError("a client takes an api_key or a token provider, not both")
        self._provider = provider
        self._header = header(api_key) if api_key else None
        self._lock = asyncio.Lock()

    async def headers(self) -> list[tuple[str, str]]:
        """The header to send, if there is one."""
        if self._header is None and self._provider is not None:
            async with self._lock:
                if self._header is None:
                    self._header = await self._fetch(self._provider)
        return self.known()

    def known(self) -> list[tuple[str, str]]:
        """The header to send, as far as it is known without asking for a token."""
        return [] if self._header is None else [self._header]

    async def renew(self, refused: list[tuple[str, str]]) -> bool:
        """Asks for a fresh token after one was refused; answers whether there is another one."""
        if self._provider is None:
            return False
        async with self._lock:
            if self._header is None or [self._header] == refused:
                self._header = await self._fetch(self._provider)
            return [self._header] != refused

    async def _fetch(self, provider: AsyncTokenProvider) -> tuple[str, str]:
        token = provider()
        return header(await token if inspect.isawaitable(token) else token)


class CarryingChannel:
    """As much of a channel as generated stubs use; its calls carry a credential. One that a token
    provider gives is carried once a call of a service or a stream has asked for it."""

    def __init__(self, channel: Any, headers: Callable[[], list[tuple[str, str]]]) -> None:
        self._channel = channel
        self._headers = headers

    def _carrying(self, call: Any) -> Callable[..., Any]:
        def made(request: Any = None, timeout: Any = None, **options: Any) -> Any:
            options["metadata"] = [*(options.get("metadata") or ()), *self._headers()]
            return call(request, timeout=timeout, **options)

        return made

    def unary_unary(self, *arguments: Any, **options: Any) -> Any:
        """A call."""
        return self._carrying(self._channel.unary_unary(*arguments, **options))

    def unary_stream(self, *arguments: Any, **options: Any) -> Any:
        """A stream down."""
        return self._carrying(self._channel.unary_stream(*arguments, **options))

    def stream_stream(self, *arguments: Any, **options: Any) -> Any:
        """A stream both ways."""
        return self._carrying(self._channel.stream_stream(*arguments, **options))
