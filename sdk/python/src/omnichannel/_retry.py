"""When to repeat a call and how long to wait: full jitter, a budget shared by all calls of a
client, and the server's own word where it gives one. Chance comes in as a number from 0 to 1."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import grpc

from omnichannel._error import OmnichannelError

_TENTHS = 10
_DOUBLINGS_MAX = 30


@dataclass(frozen=True)
class Backoff:
    """Doubling waits of which a random part is taken, in seconds."""

    base: float
    """Upper bound of the first wait."""
    cap: float
    """Upper bound of every wait."""

    def wait(self, failures: int, chance: float) -> float:
        """The wait after a number of failures, from nothing to its bound."""
        bound = min(self.base * 2.0 ** min(failures, _DOUBLINGS_MAX), self.cap)
        return bound * min(max(chance, 0.0), 1.0)


UNARY = Backoff(base=0.05, cap=2.0)
"""Waits between the attempts of a unary call."""


class Budget:
    """What may be spent on repeats, so that a struggling server is not buried under them: a repeat
    costs one, a call that went through earns a tenth."""

    def __init__(self, repeats: int) -> None:
        self._full = self._tenths = repeats * _TENTHS
        self._lock = threading.Lock()

    def take(self) -> bool:
        """Takes one repeat; answers whether there was one."""
        with self._lock:
            if self._tenths < _TENTHS:
                return False
            self._tenths -= _TENTHS
            return True

    def earn(self) -> None:
        """Notes a call that went through."""
        with self._lock:
            self._tenths = min(self._tenths + 1, self._full)


@dataclass
class Attempts:
    """Counts the attempts of one call and decides about the next."""

    budget: Budget
    max_attempts: int
    deadline: float | None
    made: int = 0

    def wait_after(self, error: OmnichannelError, now: float, chance: float) -> float | None:
        """Seconds to wait before the next attempt; None for no further one. Every RPC of the
        contract is safe to repeat, as its policy says why."""
        failures = self.made
        self.made += 1
        if not error.is_retryable or self.made >= self.max_attempts:
            return None
        wait = (error.retry_after or 0.0) + UNARY.wait(failures, chance)
        if self.deadline is not None and now + wait >= self.deadline:
            return None
        # A server that says when to come back is well, so that repeats do not bury it.
        told = error.code is grpc.StatusCode.RESOURCE_EXHAUSTED
        return wait if told or self.budget.take() else None
