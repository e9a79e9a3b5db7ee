"""One driver: a program that holds one SDK and does what it is told, in lines of JSON. Commands may
be under way together; each is answered under its number."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

ANSWER_SECONDS = 90.0
"""How long a driver may take for one command, whatever it is."""
GREETING_SECONDS = 30.0
LINE_BYTES = 1 << 25


class DriverError(Exception):
    """The driver itself failed: not what the SDK did, but that it cannot be told."""


@dataclass(frozen=True)
class Greeting:
    """What a driver says of itself."""

    driver: str
    transport: str
    version: str
    wire: str
    """grpc or grpc-web."""
    lacks: list[str] = field(default_factory=list[str])
    """What its SDK has not, by the names that scenarios use in `needs`."""


class Driver:
    """A driver that runs."""

    def __init__(self, process: asyncio.subprocess.Process, greeting: Greeting) -> None:
        self.greeting = greeting
        self._process = process
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._count = 0
        self._reading = asyncio.create_task(self._read())

    @classmethod
    async def start(cls, command: Sequence[str], environment: dict[str, str]) -> Driver:
        """Starts one, and waits for its greeting."""
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            *command, stdin=pipe, stdout=pipe, env=environment, limit=LINE_BYTES
        )
        assert process.stdout is not None, "it was asked for"
        line = await asyncio.wait_for(process.stdout.readline(), GREETING_SECONDS)
        if not line:
            raise DriverError(f"{command[0]} says nothing")
        return cls(process, Greeting(**json.loads(line)))

    async def do(self, what: str, **given: Any) -> dict[str, Any]:
        """Tells it to do something; its answer has `ok` or `error`."""
        self._count += 1
        number = self._count
        future: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[number] = future
        line = json.dumps({"id": number, "do": what, **given})
        stdin = self._process.stdin
        assert stdin is not None, "it was asked for"
        stdin.write(line.encode() + b"\n")
        try:
            await stdin.drain()
            answer = await asyncio.wait_for(future, ANSWER_SECONDS)
        except (OSError, asyncio.TimeoutError) as error:
            raise DriverError(f"{what} is not answered: {type(error).__name__}") from error
        finally:
            del self._waiting[number]
        if "broken" in answer:
            raise DriverError(f"{what}: {answer['broken']}")
        return answer

    async def stop(self) -> None:
        """Ends it."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()
        await self._reading

    async def _read(self) -> None:
        stdout = self._process.stdout
        assert stdout is not None, "it was asked for"
        while line := await stdout.readline():
            answer = json.loads(line)
            future = self._waiting.get(answer.pop("id"))
            if future is not None and not future.done():
                future.set_result(answer)
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(ConnectionResetError("the driver has ended"))
