"""Where a stream is: checks that frames come in the order of the contract, keeps the position to
resume from, drops what was delivered before, and notices gaps in the feed. Pure; one tracker lives
through all connections of a stream."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from omnichannel import v1
from omnichannel._stream.frame import Body, Delivered, Frame, What


class Kind(enum.Enum):
    """What a stream promises."""

    FEED = "feed"
    """The tenant's feed: every sequence, no snapshot."""
    EVENTS = "events"
    """Events after a snapshot."""
    STATE = "state"
    """The newest state; snapshots may come at any time."""


@dataclass(frozen=True)
class Start:
    """Where to open a stream: with a token, at a sequence of the feed, or at its natural beginning
    where neither is given."""

    token: str = ""
    seq: int | None = None

    @property
    def is_new(self) -> bool:
        """Whether it is the natural beginning."""
        return not self.token and self.seq is None


class Fault(Exception):
    """A frame that breaks the contract."""


class _Phase(enum.Enum):
    HELLO = "hello"
    SNAPSHOT = "snapshot"
    LIVE = "live"
    OVER = "over"


# More frames than one event has: nothing at this sequence is new.
_ALL_FRAMES = 1 << 62


class Tracker:
    """Position and phase of a stream."""

    def __init__(self, kind: Kind, start: Start) -> None:
        self.kind = kind
        self.has_opened = False
        self._phase = _Phase.HELLO
        self._token = start.token
        # Everything up to here was delivered, and of the frames at this sequence so many.
        self._seq = None if start.seq is None else start.seq - 1
        self._frames = _ALL_FRAMES
        # The sequence this connection is at, and how many frames of it have come.
        self._here: tuple[int, int] = (-1, 0)
        self._skipped = False

    def start(self) -> Start:
        """Where to open the stream next."""
        if self._token:
            return Start(token=self._token)
        if self.kind is Kind.FEED and self._seq is not None:
            return Start(seq=self._seq + 1)
        return Start()

    def connect(self) -> None:
        """A new connection: its first frame must be Hello."""
        self._phase = _Phase.HELLO
        self._here = (-1, 0)

    def forget_token(self) -> None:
        """Drops the token; the feed still knows its sequence."""
        self._token = ""

    def forget(self) -> None:
        """Drops the position."""
        self._token, self._seq, self._frames = "", None, _ALL_FRAMES

    def skip_to(self, seq: int) -> None:
        """Goes on at a sequence of the feed, whatever lies between."""
        self._token, self._seq, self._frames = "", seq - 1, _ALL_FRAMES
        self._skipped = True

    def apply(self, frame: Frame) -> Delivered | None:
        """Takes one frame; what it delivers, if anything. Raises Fault."""
        first, hello = self._phase is _Phase.HELLO, frame.body is Body.HELLO
        if self._phase is _Phase.OVER:
            raise Fault("a frame after Goodbye")
        if first and not hello:
            raise Fault("the first frame is not Hello")
        if hello and not first:
            raise Fault("a second Hello")
        if frame.body is Body.HELLO:
            return self._open(frame)
        if frame.body is Body.SNAPSHOT:
            return self._snapshot(frame)
        if frame.body is Body.SNAPSHOT_END:
            return self._snapshot_end(frame)
        if frame.body is Body.EVENT:
            return self._event(frame)
        if frame.body is Body.HEARTBEAT:
            self._heartbeat(frame)
        elif frame.body is Body.GOODBYE:
            self._keep(frame.token)
            self._phase = _Phase.OVER
        return None

    def _open(self, frame: Frame) -> Delivered | None:
        again = self.has_opened or not self.start().is_new
        resumption = frame.value.resumption
        resumed = resumption == v1.RESUMPTION_RESUMED
        if resumption == v1.RESUMPTION_SNAPSHOT and self.kind is not Kind.FEED:
            self._phase = _Phase.SNAPSHOT
        elif resumed or (resumption == v1.RESUMPTION_LIVE and self.kind is Kind.FEED):
            self._phase = _Phase.LIVE
        else:
            raise Fault("a Hello that does not say how the stream began")
        if not resumed:
            self.forget()
        self._keep(frame.token)
        self.has_opened = True
        begun, self._skipped = self._skipped or not resumed, False
        return self._delivered(frame.seq, What.BEGUN, again=again) if begun else None

    def _snapshot(self, frame: Frame) -> Delivered:
        if self._phase is not _Phase.SNAPSHOT:
            if self.kind is not Kind.STATE:
                raise Fault("a snapshot where none was begun")
            self._phase = _Phase.SNAPSHOT
        self._keep(frame.token)
        return self._delivered(frame.seq, What.SNAPSHOT, frame.value)

    def _snapshot_end(self, frame: Frame) -> Delivered:
        if self._phase is not _Phase.SNAPSHOT:
            raise Fault("the end of a snapshot where none was begun")
        self._phase = _Phase.LIVE
        self._keep(frame.token)
        self._reach(frame.seq)
        return self._delivered(frame.seq, What.SNAPSHOT_END)

    def _event(self, frame: Frame) -> Delivered | None:
        if self._phase is _Phase.SNAPSHOT:
            raise Fault("an event inside the snapshot")
        if self.kind is not Kind.STATE and self._is_known(frame.seq):
            self._keep(frame.token)
            return None
        self._check_gap(frame.seq, 1)
        self._keep(frame.token)
        if self._seq is None or frame.seq > self._seq:
            self._seq, self._frames = frame.seq, 0
        self._frames += 1
        return self._delivered(frame.seq, What.EVENT, frame.value)

    def _is_known(self, seq: int) -> bool:
        """Whether this frame was delivered over an earlier connection. Several frames of one event
        share its sequence, and after a loss among them all of them come again."""
        if self.kind is Kind.FEED:
            return self._seq is not None and seq <= self._seq
        at, count = self._here
        self._here = (seq, count + 1 if at == seq else 1)
        if self._seq is None or seq > self._seq:
            return False
        return seq < self._seq or self._here[1] <= self._frames

    def _heartbeat(self, frame: Frame) -> None:
        self._check_gap(frame.seq, 0)
        self._keep(frame.token)
        # In the snapshot nothing is reached yet.
        if self._phase is _Phase.LIVE:
            self._reach(frame.seq)

    def _reach(self, seq: int) -> None:
        if self._seq is None or seq >= self._seq:
            self._seq, self._frames = seq, _ALL_FRAMES

    def _check_gap(self, got: int, step: int) -> None:
        """The feed has every sequence: the next event is the very next one, and a heartbeat, below
        which nothing will follow, is not ahead of the last event."""
        if self.kind is Kind.FEED and self._seq is not None and got > self._seq + step:
            raise Fault(f"sequence {got} after {self._seq}: events are missing")

    def _keep(self, token: str) -> None:
        if token:
            self._token = token

    def _delivered(
        self, seq: int, what: What, value: object = None, *, again: bool = False
    ) -> Delivered:
        return Delivered(seq, self._token, what, value, again)
