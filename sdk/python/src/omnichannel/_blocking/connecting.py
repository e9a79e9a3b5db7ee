"""Has a channel connect while no call waits for it.

Older versions of gRPC get on with connecting only as long as somebody waits for it, and a call that
fails at once does not: attempts that are far apart would then fail for ever before a server that is
there."""

from __future__ import annotations

import threading
import time
from typing import Any

import grpc

LAST_LOOK_SECONDS = 0.3
"""How long the thread of gRPC that connects may take to end; it looks every 0.2 seconds."""


def _looked(state: grpc.ChannelConnectivity) -> None:
    """What the state is, is told by the next attempt."""


class Connecting:
    """The connecting of one channel, shared by all who use it. Who failed to connect keeps it up;
    the first who got through ends it for all."""

    def __init__(self, channel: Any) -> None:
        self._channel = channel
        self._lock = threading.Lock()
        self._is_on = False
        self._is_over = False
        self._turned = float("-inf")

    def keep(self, on: bool) -> None:
        """Goes on connecting in the background, or no longer."""
        if on == self._is_on:
            return
        with self._lock:
            if on == self._is_on or self._is_over:
                return
            self._turn(on)

    def end(self) -> None:
        """Ends it for good, before the channel is closed: the thread of gRPC that connects would
        die of that with a trace."""
        with self._lock:
            self._is_over = True
            if self._is_on:
                self._turn(False)
        time.sleep(max(self._turned + LAST_LOOK_SECONDS - time.monotonic(), 0.0))

    def _turn(self, on: bool) -> None:
        self._is_on = on
        self._turned = time.monotonic()
        if on:
            self._channel.subscribe(_looked, try_to_connect=True)
        else:
            self._channel.unsubscribe(_looked)
