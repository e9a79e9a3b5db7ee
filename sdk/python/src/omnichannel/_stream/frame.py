"""One shape for the frames of all streams, so that order, position and reconnecting are written
once. A body is the message that the frame carries."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any


class Body(enum.Enum):
    """What a frame carries."""

    HELLO = "hello"
    SNAPSHOT = "snapshot"
    SNAPSHOT_END = "snapshot_end"
    EVENT = "event"
    RESULT = "command_result"
    HEARTBEAT = "heartbeat"
    GOODBYE = "goodbye"
    UNKNOWN = ""
    """A kind that this version does not know."""


_BODIES = {body.value: body for body in Body} | {"delta": Body.EVENT}


@dataclass(frozen=True)
class Frame:
    """A frame, whatever stream it came from."""

    seq: int
    """Sequence that the stream has reached."""
    token: str
    """Continues after this frame; may be empty."""
    body: Body
    value: Any


def frame_of(response: Any) -> Frame:
    """The frame in a response of any stream of the contract."""
    frame = response.frame
    name = frame.WhichOneof("frame") or ""
    value = getattr(frame, name) if name else None
    # A state stream has no token.
    return Frame(
        frame.seq, getattr(frame, "resume_token", ""), _BODIES.get(name, Body.UNKNOWN), value
    )


class What(enum.Enum):
    """What a reader is given."""

    BEGUN = "begun"
    """The stream opened at a new beginning."""
    SNAPSHOT = "snapshot"
    SNAPSHOT_END = "snapshot_end"
    EVENT = "event"


@dataclass(frozen=True)
class Delivered:
    """What a reader is given, in order."""

    seq: int
    token: str
    """Newest token at this place; may be empty."""
    what: What
    value: Any = None
    again: bool = False
    """With BEGUN: the stream was at some place before."""
