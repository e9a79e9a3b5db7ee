"""What to do when a stream ends: open it again or stop, from which position, and after how long.
Pure; chance comes in as a number from 0 to 1. An orderly end is no failure, and a stream that held
is well again; but whatever the server does, waits grow while streams end soon after they opened, so
that a broken server is not asked in a hot loop."""

from __future__ import annotations

import enum
from dataclasses import dataclass

import grpc

from omnichannel import v1
from omnichannel._error import OmnichannelError, StreamStoppedError, local, seconds_of
from omnichannel._retry import Backoff
from omnichannel._stream.tracker import Fault, Kind, Tracker

STREAM = Backoff(base=0.25, cap=30.0)
"""Waits between attempts to open a stream."""
CROWDED = Backoff(base=1.0, cap=30.0)
"""Waits where the server said that it has too much to do."""
ORDERLY_MAX_SECONDS = 1.0
"""Bound of the wait after an orderly end for which the server asks none: so many consoles come at
different moments."""
HELD_AFTER_SECONDS = 5.0
"""A stream that held this long starts its waits anew."""
QUICK_MAX = 3
"""Orderly ends in a row, of streams that did not hold, from which on they wait as failures do."""
FAULTS_MAX = 5
"""Broken promises of the server in a row after which a stream stops,"""
TRUSTED_AFTER_SECONDS = 60.0
"""and how long it must hold to be trusted again."""

_LOST = (
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.CANCELLED,
    grpc.StatusCode.ABORTED,
    grpc.StatusCode.DEADLINE_EXCEEDED,
)
_FAULTY = (grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN)


class Silence(enum.Enum):
    """Ends without a word."""

    SILENT = "nothing was heard for too long"
    CLOSED = "the stream ended without goodbye"


Ending = v1.Goodbye | OmnichannelError | Silence | Fault
"""How a stream ended."""


class From(enum.Enum):
    """Where to open again."""

    HERE = "here"
    SEQUENCE = "sequence"
    """Where it was, without the token."""
    BEGINNING = "beginning"


@dataclass(frozen=True)
class Reopen:
    """Opens again after a wait."""

    wait: float
    at: From | int
    """A number is a sequence of the feed."""


@dataclass(frozen=True)
class Stop:
    """Does not open again."""

    error: OmnichannelError


def error_of(ending: Ending) -> OmnichannelError:
    """An end as an error."""
    if isinstance(ending, OmnichannelError):
        return ending
    if isinstance(ending, Silence):
        return local(grpc.StatusCode.UNAVAILABLE, ending.value)
    if isinstance(ending, Fault):
        return local(grpc.StatusCode.INTERNAL, f"the stream breaks the contract: {ending}")
    return StreamStoppedError(ending.reason)


class Reconnect:
    """Counts ends."""

    def __init__(self) -> None:
        # Failures since a stream held, and orderly ends since then.
        self._failures = 0
        self._quick = 0
        self._faults = 0
        # Whether the newest end was mended by a fresh credential.
        self._renewed = False

    def next(
        self, ending: Ending, tracker: Tracker, lived: float | None, chance: float
    ) -> Reopen | Stop:
        """Decides after an end. `lived` is for how long the stream was open; None if it never
        was."""
        self._look_back(lived)
        self._renewed = False
        if isinstance(ending, v1.Goodbye):
            return self._orderly(ending, chance)
        if isinstance(ending, OmnichannelError):
            return self._failed(ending, tracker, chance)
        if isinstance(ending, Fault):
            return self._faulty(error_of(ending), chance)
        return Reopen(self._backoff(STREAM, chance), From.HERE)

    def may_renew(self, ending: Ending, lived: float | None) -> bool:
        """Whether an end may be mended by a fresh credential. One that was just mended so and is
        refused again before anything opened stands."""
        if isinstance(ending, v1.Goodbye):
            about_credentials = ending.reason == v1.GOODBYE_REASON_CREDENTIALS_EXPIRED
        else:
            code = ending.code if isinstance(ending, OmnichannelError) else None
            about_credentials = code is grpc.StatusCode.UNAUTHENTICATED
        return about_credentials and (lived is not None or not self._renewed)

    def renew(self, lived: float | None, chance: float) -> Reopen:
        """Decides after an end that a fresh credential mends."""
        self._look_back(lived)
        self._renewed = True
        return Reopen(STREAM.wait(self._next_quick(), chance), From.HERE)

    def _look_back(self, lived: float | None) -> None:
        if (lived or 0.0) >= HELD_AFTER_SECONDS:
            self._failures = self._quick = 0
        if (lived or 0.0) >= TRUSTED_AFTER_SECONDS:
            self._faults = 0

    def _backoff(self, waits: Backoff, chance: float) -> float:
        """The wait after one more failure."""
        self._failures += 1
        return waits.wait(self._failures - 1, chance)

    def _pause(self, asked: float | None, chance: float) -> float:
        """The wait after one more orderly end."""
        wait = ORDERLY_MAX_SECONDS * chance if asked is None else asked
        quick = self._next_quick()
        return wait if quick < QUICK_MAX else max(wait, STREAM.wait(quick, chance))

    def _next_quick(self) -> int:
        self._quick += 1
        return self._quick - 1

    def _orderly(self, goodbye: v1.Goodbye, chance: float) -> Reopen | Stop:
        if goodbye.action == v1.GOODBYE_ACTION_STOP:
            return Stop(StreamStoppedError(goodbye.reason))
        resumes = goodbye.action == v1.GOODBYE_ACTION_RESUME
        asked = seconds_of(goodbye.reconnect_after) if goodbye.HasField("reconnect_after") else None
        return Reopen(self._pause(asked, chance), From.HERE if resumes else From.BEGINNING)

    def _failed(self, error: OmnichannelError, tracker: Tracker, chance: float) -> Reopen | Stop:
        position = _new_position(error, tracker)
        if position is not None:
            return Reopen(self._backoff(STREAM, chance), position)
        asked = error.retry_after
        if error.reason == "DRAINING":
            # It still answers, and says when to come back; another will, or it itself.
            told = None if asked is None else asked + STREAM.wait(0, chance)
            return Reopen(self._pause(told, chance), From.HERE)
        if error.code in _LOST:
            return Reopen((asked or 0.0) + self._backoff(STREAM, chance), From.HERE)
        if error.code is grpc.StatusCode.RESOURCE_EXHAUSTED:
            return Reopen((asked or 0.0) + self._backoff(CROWDED, chance), From.HERE)
        if error.code in _FAULTY:
            return self._faulty(error, chance)
        return Stop(error)

    def _faulty(self, error: OmnichannelError, chance: float) -> Reopen | Stop:
        self._faults += 1
        if self._faults >= FAULTS_MAX:
            return Stop(error)
        return Reopen(self._backoff(STREAM, chance), From.HERE)


def _new_position(error: OmnichannelError, tracker: Tracker) -> From | int | None:
    """Where to go on after the position was refused; None when the error is about something else,
    or when going on would hide that what the caller asked for is gone."""
    start = tracker.start()
    expired = error.reason == "RESUME_TOKEN_EXPIRED"
    invalid = error.reason == "RESUME_TOKEN_INVALID" and bool(start.token)
    if start.is_new or not (expired or invalid):
        return None
    if tracker.kind is not Kind.FEED:
        return From.BEGINNING
    if not tracker.has_opened:
        return None
    if invalid:
        return From.SEQUENCE
    oldest = error.metadata.get("oldest_seq", "")
    return int(oldest) if oldest.isdigit() else From.BEGINNING
