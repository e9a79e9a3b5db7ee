"""Ends calls that have said nothing for too long. One thread for all streams of a client."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

LOOK_SECONDS_MAX = 1.0
"""Longest time between two looks."""


class Watch:
    """One call that is watched."""

    def __init__(self, cancel: Callable[[], object], due: float | None) -> None:
        self.cancel = cancel
        self.due = due
        """When it counts as dead; None while nobody listens to it."""
        self.has_expired = False


class Watchdog:
    """Watches calls from a thread that lives while there are any."""

    def __init__(self) -> None:
        self._watches: set[Watch] = set()
        self._changed = threading.Condition()
        self._running = False

    def add(self, cancel: Callable[[], object], quiet: float) -> Watch:
        """Watches a call."""
        watch = Watch(cancel, time.monotonic() + quiet)
        with self._changed:
            self._watches.add(watch)
            if not self._running:
                self._running = True
                name = "omnichannel-watchdog"
                threading.Thread(target=self._run, name=name, daemon=True).start()
            self._changed.notify()
        return watch

    def remove(self, watch: Watch) -> None:
        """Watches it no longer."""
        with self._changed:
            self._watches.discard(watch)
            self._changed.notify()

    def _run(self) -> None:
        while True:
            with self._changed:
                if not self._watches:
                    self._running = False
                    return
                now = time.monotonic()
                dead = [one for one in self._watches if one.due is not None and one.due <= now]
                self._watches.difference_update(dead)
                if not dead:
                    dues = [one.due - now for one in self._watches if one.due is not None]
                    self._changed.wait(min([*dues, LOOK_SECONDS_MAX]))
            for one in dead:
                one.has_expired = True
                one.cancel()
