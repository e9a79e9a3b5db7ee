"""One stream for its whole life, without its waiting: what a frame delivers, what an end leads to,
which frames go up. The drivers of both clients feed it with what happens and do what it says."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass
from typing import Any

import grpc

from omnichannel import v1
from omnichannel._error import OmnichannelError, local, seconds_of
from omnichannel._hooks import CallTrace, Hooks
from omnichannel._stream.book import Book
from omnichannel._stream.frame import Body, Delivered, Frame
from omnichannel._stream.opening import Opening
from omnichannel._stream.reconnect import (
    Ending,
    From,
    Reconnect,
    Reopen,
    Stop,
    error_of,
)
from omnichannel._stream.state import OnState, States, StreamState
from omnichannel._stream.tracker import Fault, Tracker

OPEN_SECONDS = 10.0
"""How long to wait for a stream to open and for its first frame."""
FIRST_OPEN_SECONDS = 30.0
"""How long the first opening may take, repeats included."""
OUTBOX_MAX = 1024
"""Deliveries that wait for the reader; then nothing more is read."""
HEARTBEAT_SECONDS = 15.0
HEARTBEAT_MIN_SECONDS = 0.02
SILENCE_FACTOR = 2.5
"""Heartbeat intervals of silence after which a stream counts as dead."""


@dataclass(frozen=True)
class Attempt:
    """One connection, as it is to be opened."""

    request: Any
    """The request, or the first frame up."""
    headers: list[tuple[str, str]]
    """What a trace wants sent along."""
    is_patient: bool
    """Whether it waits for gRPC to connect, which has waits of its own between its attempts: who
    fails at once in one of them waits twice. The first opening says what is wrong instead."""


class Machine:
    """The state of one stream."""

    def __init__(self, opening: Opening, on_state: OnState | None, hooks: Hooks) -> None:
        self.opening = opening
        self.tracker = Tracker(opening.kind, opening.start)
        self.states = States(on_state)
        self.book = Book()
        self.outbox: deque[Delivered] = deque()
        self.hello: v1.Hello | None = None
        self.quiet = OPEN_SECONDS
        self.server_ahead = 0.0
        """Seconds by which the server's clock is ahead of this one, as last told."""
        self._reconnect = Reconnect()
        self._opened_at: float | None = None
        self.error: OmnichannelError | None = None
        """What ended the stream for good."""
        self.is_closed = False
        """Whether it was ended on this side."""
        self._has_told = False
        self._hooks = hooks
        # Of the opening that is under way.
        self._trace: CallTrace | None = None

    @property
    def is_full(self) -> bool:
        """Whether the reader has enough to read."""
        return len(self.outbox) >= OUTBOX_MAX

    def connect(self) -> Attempt:
        """A new connection."""
        self.tracker.connect()
        self.quiet = OPEN_SECONDS
        self._trace = self._hooks.call(self.opening.method.name)
        headers = [*self._trace.headers().items()]
        request = self.opening.request(self.tracker.start())
        return Attempt(request, headers, is_patient=self.hello is not None)

    def _told(self, error: OmnichannelError | None) -> None:
        """The opening that was under way is over."""
        trace, self._trace = self._trace, None
        if trace is not None:
            trace.ended(error)

    def take(self, frame: Frame, now: float) -> tuple[Ending | None, Delivered | None]:
        """Takes one frame: how the stream ended if it did, and what was delivered if anything."""
        try:
            delivered = self.tracker.apply(frame)
        except Fault as fault:
            return fault, None
        if frame.body is Body.GOODBYE:
            return frame.value, None
        if frame.body in (Body.HELLO, Body.HEARTBEAT):
            self.server_ahead = frame.value.server_time.ToNanoseconds() / 1e9 - time.time()
        if frame.body is Body.RESULT:
            self.book.settle(frame.value)
        elif frame.body is Body.HELLO:
            self._greet(frame.value, delivered is not None, now)
        if delivered is not None:
            self.outbox.append(delivered)
        return None, delivered

    def _greet(self, hello: v1.Hello, begun: bool, now: float) -> None:
        first, self.hello = self.hello is None, self.hello or hello
        interval = HEARTBEAT_SECONDS
        if hello.HasField("heartbeat_interval"):
            interval = seconds_of(hello.heartbeat_interval) or HEARTBEAT_SECONDS
        self.quiet = max(interval, HEARTBEAT_MIN_SECONDS) * SILENCE_FACTOR
        self._opened_at = now
        self._told(None)
        self.book.open(hello.limits.max_pending_commands)
        resynced = begun and not first
        self.states.set(StreamState.RESYNCED if resynced else StreamState.CONNECTED)

    def _lived(self, now: float) -> float | None:
        return None if self._opened_at is None else now - self._opened_at

    def may_renew(self, ending: Ending, now: float) -> bool:
        """Whether an end may be mended by a fresh credential."""
        return self._reconnect.may_renew(ending, self._lived(now))

    def ended(self, ending: Ending, renewed: bool, now: float, chance: float) -> Reopen | Stop:
        """Decides after an end, and takes the position it decided on. `renewed`: there is a fresh
        credential, and the end was about the old one."""
        self.book.lost()
        lived, self._opened_at = self._lived(now), None
        if renewed:
            step: Reopen | Stop = self._reconnect.renew(lived, chance)
        else:
            step = self._reconnect.next(ending, self.tracker, lived, chance)
        self.states.last_error = error_of(ending)
        self._told(self.states.last_error)
        if isinstance(step, Stop):
            return step
        if self.hello is not None:
            drains = (
                isinstance(ending, v1.Goodbye) and ending.reason == v1.GOODBYE_REASON_SERVER_DRAIN
            )
            self.states.set(StreamState.DRAINING if drains else StreamState.RESUMING)
        if step.at is From.SEQUENCE:
            self.tracker.forget_token()
        elif step.at is From.BEGINNING:
            self.tracker.forget()
        elif isinstance(step.at, int):
            self.tracker.skip_to(step.at)
        return step

    def resuming(self) -> None:
        """The wait is over and the stream is opened again."""
        if self.hello is not None:
            self.states.set(StreamState.RESUMING)

    def read(self) -> tuple[bool, Delivered | None]:
        """Whether there is anything to tell the reader now, and what: a delivery, or None for the
        end. The error that ended the stream is raised, once, behind all deliveries."""
        if self.outbox and not self.is_closed:
            return True, self.outbox.popleft()
        if self.is_closed or self._has_told:
            return True, None
        if self.error is None:
            return False, None
        self._has_told = True
        raise self.error

    def raise_if_over(self, telling: bool = False) -> None:
        """Raises what ended the stream, if anything did. `telling`: the reader needs not be told
        again."""
        self._has_told |= telling and self.error is not None
        if self.error is not None:
            raise self.error
        if self.is_closed:
            raise local(grpc.StatusCode.CANCELLED, "the stream was closed")

    def close(self) -> None:
        """Ends the stream on this side."""
        if not self.is_closed:
            self.is_closed = True
            self._stop(local(grpc.StatusCode.CANCELLED, "the stream was closed"))

    def fail(self, error: OmnichannelError) -> None:
        """Ends the stream for good."""
        self.error = error
        self._stop(error)

    def unopened(self) -> OmnichannelError:
        """Why the stream did not open in time."""
        late = "the stream did not open in time"
        return self.states.last_error or local(grpc.StatusCode.UNAVAILABLE, late)

    def _stop(self, error: OmnichannelError) -> None:
        self.states.last_error = error
        self._told(error)
        self.states.set(StreamState.STOPPED)
        self.book.fail(error)
