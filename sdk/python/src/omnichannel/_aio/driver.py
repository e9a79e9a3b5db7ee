"""Runs one stream of the asynchronous client for its whole life, in a task of its own: opens it,
reads it, hands on what it delivers, and opens it again as the machine says. Everything it holds is
bounded: a slow reader makes it stop reading, after which the server says goodbye and nothing is
lost."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import Awaitable, Callable
from typing import Any

import grpc
import grpc.aio

from omnichannel import v1
from omnichannel._error import OmnichannelError, from_rpc, local
from omnichannel._stream.book import Command
from omnichannel._stream.frame import Delivered, frame_of
from omnichannel._stream.machine import Attempt, Machine
from omnichannel._stream.reconnect import Ending, Silence, Stop

Opener = Callable[[Attempt], "Awaitable[tuple[Any, Any | None]]"]
"""Opens the stream; answers with gRPC's call, and the first frame up if there is a way
up."""


class Driver:
    """The life of one stream."""

    def __init__(
        self,
        machine: Machine,
        opener: Opener,
        renew: Callable[[], Awaitable[bool]],
        heard: Callable[[Delivered], None],
    ) -> None:
        self.machine = machine
        self._open = opener
        self._renew = renew
        self._heard = heard
        self._task: asyncio.Task[None] | None = None
        self._changed: asyncio.Event = asyncio.Event()
        self._upward: asyncio.Event = asyncio.Event()
        # When the connection counts as dead; None while nobody listens to it.
        self._due: float | None = None
        self._alarm: asyncio.TimerHandle | None = None
        self._is_silent = False

    async def open(self, patience: float) -> v1.Hello:
        """Opens the stream, unless it is open. Waits until it is, repeats included."""
        due = time.monotonic() + patience
        self.machine.raise_if_over(telling=True)
        if self._task is None:
            self._task = asyncio.create_task(self._live(), name="omnichannel-stream")
        while self.machine.hello is None:
            self.machine.raise_if_over(telling=True)
            if not await self._wait(due):
                error = self.machine.unopened()
                await self.close()
                raise error
        return self.machine.hello

    async def close(self) -> None:
        """Ends the stream on this side."""
        self.machine.close()
        self._wake()
        task = self._task
        if task is not None and task is not asyncio.current_task():
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def next(self) -> Delivered | None:
        """What comes next; None after the error that ended the stream, or once it is closed.
        Cancelling loses nothing."""
        while True:
            was_full = self.machine.is_full
            ready, delivered = self.machine.read()
            if was_full:
                self._wake()
            if ready:
                return delivered
            await self._wait(None)

    async def command(self, frame: Any, request_id: str, timeout: float) -> v1.CommandOk:
        """Sends a command and waits for its result. One that timed out may still be carried out."""
        due = time.monotonic() + timeout
        future: asyncio.Future[v1.CommandOk] = asyncio.get_running_loop().create_future()
        await self._push(Command(frame, request_id, future), due)
        try:
            return await asyncio.wait_for(future, max(due - time.monotonic(), 0.0))
        except asyncio.TimeoutError:
            raise late() from None

    async def tell(self, frame: Any, timeout: float) -> None:
        """Sends a frame that has no result."""
        await self._push(Command(frame), time.monotonic() + timeout)

    async def _push(self, command: Command, due: float) -> None:
        while not self.machine.book.has_room:
            self.machine.raise_if_over()
            if not await self._wait(due):
                raise late()
        self.machine.raise_if_over()
        self.machine.book.push(command)
        self._upward.set()

    def _wake(self) -> None:
        """Wakes whoever waits; each looks for what it waits for."""
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()
        self._upward.set()

    async def _wait(self, due: float | None) -> bool:
        """Waits for any change; answers whether there was time left."""
        changed = self._changed
        if due is None:
            await changed.wait()
            return True
        left = due - time.monotonic()
        if left <= 0:
            return False
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(changed.wait(), left)
        return True

    async def _live(self) -> None:
        failure: BaseException | None = None
        try:
            await self._run()
        except BaseException as caught:
            failure = caught
            raise
        finally:
            # A reader must not wait for ever, whatever ended the task.
            if self.machine.error is None and not self.machine.is_closed:
                error = local(grpc.StatusCode.CANCELLED, "the stream's task was ended")
                error.__cause__ = failure
                self.machine.fail(error)
            self._wake()

    async def _run(self) -> None:
        while not self.machine.is_closed:
            ending = await self._connect()
            now = time.monotonic()
            renewed = self.machine.may_renew(ending, now) and await self._renew()
            step = self.machine.ended(ending, renewed, now, random.random())
            if isinstance(step, Stop):
                self.machine.fail(step.error)
                return
            await asyncio.sleep(step.wait)
            self.machine.resuming()

    async def _connect(self) -> Ending:
        """One connection, from opening to its end."""
        attempt = self.machine.connect()
        try:
            call, first = await self._open(attempt)
        except OmnichannelError as error:
            return error
        self._due, self._is_silent = time.monotonic() + self.machine.quiet, False
        self._watch(call)
        up = None if first is None else asyncio.create_task(self._send(call, first))
        try:
            return await self._read(call)
        except grpc.RpcError as status:
            return from_rpc(status)
        except asyncio.CancelledError:
            if self._is_silent:
                return Silence.SILENT
            if is_cancelled():
                raise
            return local(grpc.StatusCode.UNAVAILABLE, "the call was cancelled on its way")
        finally:
            call.cancel()
            if self._alarm is not None:
                self._alarm.cancel()
            if up is not None:
                up.cancel()

    async def _read(self, call: Any) -> Ending:
        while True:
            response = await call.read()
            if response is grpc.aio.EOF:
                return Silence.CLOSED
            ending, delivered = self.machine.take(frame_of(response), time.monotonic())
            if delivered is not None:
                self._heard(delivered)
            self._wake()
            if ending is not None:
                return ending
            while self.machine.is_full:
                # Who does not listen cannot tell silence from noise.
                self._due = None
                await self._wait(None)
            self._due = time.monotonic() + self.machine.quiet
            if response.frame.HasField("hello"):
                self._watch(call)

    def _watch(self, call: Any) -> None:
        """Ends the call once nothing was heard for too long, and else looks again by then."""
        if self._alarm is not None:
            self._alarm.cancel()
        left = self.machine.quiet if self._due is None else self._due - time.monotonic()
        if left <= 0:
            self._is_silent = True
            call.cancel()
            return
        self._alarm = asyncio.get_running_loop().call_later(left, self._watch, call)

    async def _send(self, call: Any, first: Any) -> None:
        """Sends what goes up while the connection holds; why it ended is told by what comes
        down."""
        with contextlib.suppress(grpc.RpcError, asyncio.InvalidStateError):
            await call.write(first)
            while True:
                frame = self.machine.book.take()
                if frame is not None:
                    await call.write(frame)
                    continue
                self._upward.clear()
                await self._upward.wait()


def is_cancelled() -> bool:
    """Whether this task is being cancelled, rather than the call it waits for."""
    task: Any = asyncio.current_task()
    cancelling = getattr(task, "cancelling", None)
    return cancelling is None or cancelling() > 0


def late() -> OmnichannelError:
    """A command that got no result in time."""
    return local(grpc.StatusCode.DEADLINE_EXCEEDED, "the command got no result in time")
