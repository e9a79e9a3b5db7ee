"""The asynchronous client: one set of connections, one credential, one budget for repeats. Its
services are attributes; its live streams are methods. It belongs to the event loop that runs when
it is made."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakSet

import grpc
import grpc.aio

from omnichannel import v1
from omnichannel._agent import COMMAND_SECONDS, SessionOptions
from omnichannel._aio.calls import Calls
from omnichannel._aio.credential import AsyncTokenProvider, CarryingChannel, Credential
from omnichannel._aio.streams import (
    AsyncAgentSession,
    AsyncDashboard,
    AsyncFeedStream,
    AsyncInteractionStream,
    AsyncStream,
    Wiring,
)
from omnichannel._board import TOPICS
from omnichannel._config import (
    ATTEMPTS_MAX,
    DEADLINE_SECONDS,
    RETRY_BUDGET,
    Settings,
    Tls,
    settings,
)
from omnichannel._error import client_closed, no_token
from omnichannel._generated.aio_services import Raw, Services
from omnichannel._hooks import Hooks, NoHooks
from omnichannel._method import new_request_id
from omnichannel._stream.machine import FIRST_OPEN_SECONDS, Attempt
from omnichannel._stream.opening import (
    Opening,
    dashboard_opening,
    feed_opening,
    interaction_opening,
    shown,
)
from omnichannel._stream.state import OnState

if TYPE_CHECKING:
    from typing_extensions import Self


S = TypeVar("S", bound=AsyncStream[Any])


def _channel(made: Settings) -> grpc.aio.Channel:
    options = made.options()
    if not made.is_secure:
        return grpc.aio.insecure_channel(made.target, options=options)
    tls = made.tls
    credentials = grpc.ssl_channel_credentials(tls.roots, tls.key, tls.certificate)
    return grpc.aio.secure_channel(made.target, credentials, options=options)


class AsyncClient(Services):
    """A client of the service. Makes its connections when they are first needed."""

    def __init__(
        self,
        endpoint: str,
        *,
        api_key: str = "",
        token_provider: AsyncTokenProvider | None = None,
        tls: Tls | None = None,
        allow_plaintext: bool = False,
        deadline: float | timedelta | None = DEADLINE_SECONDS,
        max_attempts: int = ATTEMPTS_MAX,
        retry_budget: int = RETRY_BUDGET,
        hooks: Hooks | None = None,
    ) -> None:
        """Takes the address, `https://host:port`, or `http://` for loopback or with
        `allow_plaintext`; and as credential either an API key or a function that gives access
        tokens. `deadline` is that of unary calls, repeats included; None for none."""
        made = settings(
            endpoint,
            tls=tls,
            allow_plaintext=allow_plaintext,
            deadline=deadline,
            max_attempts=max_attempts,
            retry_budget=retry_budget,
        )
        self._credential = Credential(api_key, token_provider)
        # Streams have connections of their own, so that they and calls do not wait for each other.
        self._channel = _channel(made)
        self._streams = _channel(made)
        self._followed: WeakSet[AsyncStream[Any]] = WeakSet()
        self._hooks = hooks or NoHooks()
        self._caller = Calls(made, self._channel, self._credential, self._hooks)
        super().__init__(self._caller)
        carrying: Any = CarryingChannel(self._channel, self._credential.known)
        self.raw = Raw(carrying)
        """The generated stubs."""

    async def close(self) -> None:
        """Closes the connections; calls and streams that are under way end."""
        self._caller.is_closed = True
        for stream in list(self._followed):
            await stream.close()
        await self._channel.close()
        await self._streams.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def feed(
        self,
        *,
        from_seq: int | None = None,
        resume_token: str = "",
        on_state: OnState | None = None,
        open_timeout: float = FIRST_OPEN_SECONDS,
    ) -> AsyncFeedStream:
        """Follows every event of the tenant: from now on, from a sequence, or behind the event that
        carried a token. A start that is no longer kept is an error."""
        wiring = self._wiring(feed_opening(from_seq, resume_token), on_state, open_timeout)
        return self._following(AsyncFeedStream(wiring))

    def watch_interaction(
        self,
        interaction_id: str,
        *,
        on_state: OnState | None = None,
        open_timeout: float = FIRST_OPEN_SECONDS,
    ) -> AsyncInteractionStream:
        """Follows one interaction: first what it is, then what changes."""
        wiring = self._wiring(interaction_opening(interaction_id), on_state, open_timeout)
        return self._following(AsyncInteractionStream(wiring))

    def dashboard(
        self,
        *,
        topics: list[v1.DashboardTopic.ValueType] | None = None,
        queue_ids: list[str] | None = None,
        min_interval: timedelta | None = None,
        on_state: OnState | None = None,
        open_timeout: float = FIRST_OPEN_SECONDS,
    ) -> AsyncDashboard:
        """Follows the figures of the tenant: everything, or some topics or queues."""
        shows = shown(topics or TOPICS, queue_ids, min_interval)
        wiring = self._wiring(dashboard_opening(shows), on_state, open_timeout)
        return self._following(AsyncDashboard(wiring, shows))

    def agent_session(
        self,
        *,
        agent_id: str = "",
        session_id: str = "",
        max_open_offers: int = 0,
        command_timeout: float = COMMAND_SECONDS,
        on_state: OnState | None = None,
        open_timeout: float = FIRST_OPEN_SECONDS,
    ) -> AsyncAgentSession:
        """Holds the session of an agent: the one that the key names, or another with AGENTS_WRITE.
        `max_open_offers` is the most to have unanswered at a time; 0 leaves it to the agent's
        capacity."""
        options = SessionOptions(
            session_id or new_request_id(), agent_id, max_open_offers, command_timeout
        )
        wiring = self._wiring(options.opening(), on_state, open_timeout)
        return self._following(AsyncAgentSession(wiring, options))

    def _following(self, stream: S) -> S:
        """Streams end with their client."""
        self._followed.add(stream)
        return stream

    def _wiring(self, opening: Opening, on_state: OnState | None, open_timeout: float) -> Wiring:
        sent: list[tuple[str, str]] = []

        async def opened(attempt: Attempt) -> tuple[Any, Any | None]:
            if self._caller.is_closed:
                raise client_closed()
            try:
                sent[:] = await self._credential.headers()
            except Exception as failure:
                raise no_token(failure) from failure
            options: dict[str, Any] = {
                "metadata": [*sent, *attempt.headers],
                "wait_for_ready": attempt.is_patient,
            }
            call = self._opener(opening)
            if opening.goes_up:
                return call(**options), attempt.request
            return call(attempt.request, **options), None

        async def renew() -> bool:
            try:
                return await self._credential.renew(sent)
            except Exception:
                # The provider has none either; why the stream ended says more.
                return False

        return Wiring(opening, self._hooks, opened, renew, on_state, open_timeout)

    def _opener(self, opening: Opening) -> Any:
        streams: Any = self._streams
        way = streams.stream_stream if opening.goes_up else streams.unary_stream
        return way(
            opening.method.path,
            request_serializer=opening.method.request.SerializeToString,
            response_deserializer=opening.method.response.FromString,
        )
