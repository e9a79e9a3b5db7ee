"""How a stream is doing, beside what it delivers."""

from __future__ import annotations

import enum
import logging
from collections.abc import Callable
from typing import TypeAlias

from omnichannel._error import OmnichannelError


class StreamState(enum.Enum):
    """How a stream is doing."""

    CONNECTING = "connecting"
    """Opens for the first time."""
    CONNECTED = "connected"
    """Open; after a loss it continues exactly where it was."""
    RESUMING = "resuming"
    """Lost or told to move; being opened again."""
    RESYNCED = "resynced"
    """Open again from a new beginning: what was known before is void."""
    DRAINING = "draining"
    """Told that its server is about to stop."""
    STOPPED = "stopped"
    """Ended for good."""


OnState: TypeAlias = "Callable[[StreamState], None]"
"""Is told every change of state. It must not block: the stream waits for it."""

_LOG = logging.getLogger("omnichannel")


class States:
    """Keeps the state of one stream and tells its changes."""

    def __init__(self, on_state: OnState | None) -> None:
        self.current = StreamState.CONNECTING
        self.last_error: OmnichannelError | None = None
        self._on_state = on_state

    def set(self, state: StreamState) -> None:
        """Notes a state; the same one again is no change."""
        if state is self.current:
            return
        self.current = state
        if self._on_state is None:
            return
        try:
            self._on_state(state)
        except Exception:
            _LOG.exception("on_state failed; the stream goes on")
