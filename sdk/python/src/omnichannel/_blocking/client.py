"""The blocking client: one set of connections, one credential, one budget for repeats. Its services
are attributes; its live streams are methods. It may be used from several threads."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakSet

import grpc

from omnichannel import v1
from omnichannel._agent import COMMAND_SECONDS, SessionOptions
from omnichannel._blocking.calls import Calls
from omnichannel._blocking.connecting import Connecting
from omnichannel._blocking.credential import CarryingChannel, Credential, TokenProvider
from omnichannel._blocking.driver import Driver, Line
from omnichannel._blocking.streams import (
    AgentSession,
    Dashboard,
    FeedStream,
    InteractionStream,
    Stream,
    Wiring,
)
from omnichannel._blocking.watchdog import Watchdog
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
from omnichannel._generated.services import Raw, Services
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


S = TypeVar("S", bound=Stream[Any])


def _channel(made: Settings) -> grpc.Channel:
    options = made.options()
    if not made.is_secure:
        return grpc.insecure_channel(made.target, options=options)
    tls = made.tls
    credentials = grpc.ssl_channel_credentials(tls.roots, tls.key, tls.certificate)
    return grpc.secure_channel(made.target, credentials, options=options)


class Client(Services):
    """A client of the service. Makes its connections when they are first needed."""

    def __init__(
        self,
        endpoint: str,
        *,
        api_key: str = "",
        token_provider: TokenProvider | None = None,
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
        self._watchdog = Watchdog()
        self._connecting = Connecting(self._streams)
        self._followed: WeakSet[Stream[Any]] = WeakSet()
        self._hooks = hooks or NoHooks()
        calls = Calls(made, self._channel, self._credential, self._hooks)
        self._caller = calls
        super().__init__(calls)
        carrying: Any = CarryingChannel(self._channel, self._credential.headers)
        self.raw = Raw(carrying)
        """The generated stubs."""

    def close(self) -> None:
        """Closes the connections; calls and streams that are under way end."""
        self._caller.is_closed = True
        for stream in list(self._followed):
            stream.close()
        self._connecting.end()
        self._caller.connecting.end()
        self._channel.close()
        self._streams.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def feed(
        self,
        *,
        from_seq: int | None = None,
        resume_token: str = "",
        on_state: OnState | None = None,
        open_timeout: float = FIRST_OPEN_SECONDS,
    ) -> FeedStream:
        """Follows every event of the tenant: from now on, from a sequence, or behind the event that
        carried a token. A start that is no longer kept is an error."""
        wiring = self._wiring(feed_opening(from_seq, resume_token), on_state, open_timeout)
        return self._following(FeedStream(wiring))

    def watch_interaction(
        self,
        interaction_id: str,
        *,
        on_state: OnState | None = None,
        open_timeout: float = FIRST_OPEN_SECONDS,
    ) -> InteractionStream:
        """Follows one interaction: first what it is, then what changes."""
        wiring = self._wiring(interaction_opening(interaction_id), on_state, open_timeout)
        return self._following(InteractionStream(wiring))

    def dashboard(
        self,
        *,
        topics: list[v1.DashboardTopic.ValueType] | None = None,
        queue_ids: list[str] | None = None,
        min_interval: timedelta | None = None,
        on_state: OnState | None = None,
        open_timeout: float = FIRST_OPEN_SECONDS,
    ) -> Dashboard:
        """Follows the figures of the tenant: everything, or some topics or queues."""
        shows = shown(topics or TOPICS, queue_ids, min_interval)
        wiring = self._wiring(dashboard_opening(shows), on_state, open_timeout)
        return self._following(Dashboard(wiring, shows))

    def agent_session(
        self,
        *,
        agent_id: str = "",
        session_id: str = "",
        max_open_offers: int = 0,
        command_timeout: float = COMMAND_SECONDS,
        on_state: OnState | None = None,
        open_timeout: float = FIRST_OPEN_SECONDS,
    ) -> AgentSession:
        """Holds the session of an agent: the one that the key names, or another with AGENTS_WRITE.
        `max_open_offers` is the most to have unanswered at a time; 0 leaves it to the agent's
        capacity."""
        options = SessionOptions(
            session_id or new_request_id(), agent_id, max_open_offers, command_timeout
        )
        wiring = self._wiring(options.opening(), on_state, open_timeout)
        return self._following(AgentSession(wiring, options))

    def _following(self, stream: S) -> S:
        """Streams end with their client."""
        self._followed.add(stream)
        return stream

    def _wiring(self, opening: Opening, on_state: OnState | None, open_timeout: float) -> Wiring:
        sent: list[tuple[str, str]] = []

        def opened(attempt: Attempt, driver: Driver) -> Any:
            if self._caller.is_closed:
                raise client_closed()
            try:
                sent[:] = self._credential.headers()
            except Exception as failure:
                raise no_token(failure) from failure
            request = driver.uplink(attempt.request) if opening.goes_up else attempt.request
            return self._opener(opening)(
                request,
                metadata=[*sent, *attempt.headers],
                wait_for_ready=attempt.is_patient,
            )

        def renew() -> bool:
            try:
                return self._credential.renew(sent)
            except Exception:
                # The provider has none either; why the stream ended says more.
                return False

        line = Line(opened, self._watchdog, self._connecting, renew)
        return Wiring(opening, self._hooks, line, on_state, open_timeout)

    def _opener(self, opening: Opening) -> Any:
        streams: Any = self._streams
        way = streams.stream_stream if opening.goes_up else streams.unary_stream
        return way(
            opening.method.path,
            request_serializer=opening.method.request.SerializeToString,
            response_deserializer=opening.method.response.FromString,
        )
