"""Runs one stream of the blocking client for its whole life, in a thread of its own: opens it,
reads it, hands on what it delivers, and opens it again as the machine says. Everything it holds is
bounded: a slow reader makes it stop reading, after which the server says goodbye and nothing is
lost."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass
from typing import Any

import grpc

from omnichannel import v1
from omnichannel._blocking.connecting import Connecting
from omnichannel._blocking.watchdog import Watch, Watchdog
from omnichannel._error import OmnichannelError, from_rpc, local
from omnichannel._stream.book import Command
from omnichannel._stream.frame import Delivered, frame_of
from omnichannel._stream.machine import Attempt, Machine
from omnichannel._stream.reconnect import Ending, Silence, Stop

JOIN_SECONDS = 5.0
"""How long closing waits for the thread."""


class Uplink:
    """The frames of one connection on their way up; gRPC reads them in a thread of its own."""

    def __init__(self, driver: Driver, first: Any) -> None:
        self._driver = driver
        self._first = first
        self.is_over = False

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        if self._first is not None:
            first, self._first = self._first, None
            return first
        frame = self._driver.next_up(self)
        if frame is None:
            raise StopIteration
        return frame


Opener = Callable[[Attempt, "Driver"], Any]
"""Opens the stream; answers with gRPC's call."""


@dataclass(frozen=True)
class Line:
    """What leads a stream to its server."""

    open: Opener
    watchdog: Watchdog
    connecting: Connecting
    renew: Callable[[], bool]
    """Renews the credential; whether that is worth another attempt."""


class Driver:
    """The life of one stream."""

    def __init__(
        self,
        machine: Machine,
        line: Line,
        heard: Callable[[Delivered], None],
    ) -> None:
        self.machine = machine
        self._line = line
        self._heard = heard
        self._changed = threading.Condition()
        self._call: Any = None
        self._uplink: Uplink | None = None
        self._thread: threading.Thread | None = None

    def open(self, patience: float) -> v1.Hello:
        """Opens the stream, unless it is open. Waits until it is, repeats included."""
        due = time.monotonic() + patience
        with self._changed:
            self.machine.raise_if_over(telling=True)
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._live, name="omnichannel-stream", daemon=True
                )
                self._thread.start()
            while self.machine.hello is None:
                self.machine.raise_if_over(telling=True)
                left = due - time.monotonic()
                if left <= 0:
                    error = self.machine.unopened()
                    break
                self._changed.wait(left)
            else:
                return self.machine.hello
        self.close()
        raise error

    def close(self) -> None:
        """Ends the stream on this side."""
        with self._changed:
            self.machine.close()
            call = self._call
            self._changed.notify_all()
        if call is not None:
            call.cancel()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(JOIN_SECONDS)

    def next(self, timeout: float | None) -> Delivered | None:
        """What comes next; None after the error that ended the stream, or once it is closed."""
        due = None if timeout is None else time.monotonic() + timeout
        with self._changed:
            while True:
                ready, delivered = self.machine.read()
                if ready:
                    self._changed.notify_all()
                    return delivered
                left = None if due is None else due - time.monotonic()
                if left is not None and left <= 0:
                    raise TimeoutError("nothing came in time")
                self._changed.wait(left)

    def command(self, frame: Any, request_id: str, timeout: float) -> v1.CommandOk:
        """Sends a command and waits for its result. One that timed out may still be carried out."""
        due = time.monotonic() + timeout
        future: Future[v1.CommandOk] = Future()
        self._push(Command(frame, request_id, future), due)
        try:
            return future.result(max(due - time.monotonic(), 0.0))
        except FutureTimeoutError:
            with self._changed:
                future.cancel()
            raise late() from None

    def tell(self, frame: Any, timeout: float) -> None:
        """Sends a frame that has no result."""
        self._push(Command(frame), time.monotonic() + timeout)

    def _push(self, command: Command, due: float) -> None:
        with self._changed:
            while not self.machine.book.has_room:
                self.machine.raise_if_over()
                left = due - time.monotonic()
                if left <= 0:
                    raise late()
                self._changed.wait(left)
            self.machine.raise_if_over()
            self.machine.book.push(command)
            self._changed.notify_all()

    def uplink(self, first: Any) -> Uplink:
        """The way up of a new connection, beginning with a frame."""
        with self._changed:
            self._uplink = Uplink(self, first)
            return self._uplink

    def next_up(self, uplink: Uplink) -> Any | None:
        """The next frame to go up; None when the connection is over."""
        with self._changed:
            while not (uplink.is_over or self.machine.is_closed):
                frame = self.machine.book.take()
                if frame is not None:
                    return frame
                self._changed.wait()
        return None

    def _live(self) -> None:
        try:
            self._run()
        except Exception as failure:
            # Nothing below raises by design; a reader must not wait for ever if it does.
            with self._changed:
                error = local(grpc.StatusCode.INTERNAL, f"the stream failed: {failure!r}")
                error.__cause__ = failure
                self.machine.fail(error)
                self._changed.notify_all()

    def _run(self) -> None:
        while True:
            ending = self._connect()
            if ending is None:
                return
            now = time.monotonic()
            renewed = self.machine.may_renew(ending, now) and self._line.renew()
            with self._changed:
                if self.machine.is_closed:
                    return
                step = self.machine.ended(ending, renewed, now, random.random())
                if isinstance(step, Stop):
                    self.machine.fail(step.error)
                    self._changed.notify_all()
                    return
                self._line.connecting.keep(True)
                due = time.monotonic() + step.wait
                while not self.machine.is_closed and (left := due - time.monotonic()) > 0:
                    self._changed.wait(left)
                if self.machine.is_closed:
                    return
                self.machine.resuming()

    def _connect(self) -> Ending | None:
        """One connection, from opening to its end; None when the stream was closed."""
        with self._changed:
            attempt = self.machine.connect()
        try:
            call = self._line.open(attempt, self)
        except OmnichannelError as error:
            return error
        with self._changed:
            self._call = call
            if self.machine.is_closed:
                call.cancel()
        watch = self._line.watchdog.add(call.cancel, self.machine.quiet)
        try:
            return self._read(call, watch)
        except grpc.RpcError as status:
            if self.machine.is_closed:
                return None
            return Silence.SILENT if watch.has_expired else from_rpc(status)
        finally:
            self._line.watchdog.remove(watch)
            with self._changed:
                if self._uplink is not None:
                    self._uplink.is_over = True
                self._call = None
                self._changed.notify_all()
            call.cancel()

    def _read(self, call: Any, watch: Watch) -> Ending | None:
        for response in call:
            self._line.connecting.keep(False)
            with self._changed:
                if self.machine.is_closed:
                    return None
                ending, delivered = self.machine.take(frame_of(response), time.monotonic())
                if delivered is not None:
                    self._heard(delivered)
                self._changed.notify_all()
                if ending is not None:
                    return ending
                while self.machine.is_full and not self.machine.is_closed:
                    # Who does not listen cannot tell silence from noise.
                    watch.due = None
                    self._changed.wait()
            watch.due = time.monotonic() + self.machine.quiet
        return Silence.CLOSED


def late() -> OmnichannelError:
    """A command that got no result in time."""
    return local(grpc.StatusCode.DEADLINE_EXCEEDED, "the command got no result in time")
