"""Driver of the asynchronous Python client: does what the runner says in lines of JSON and tells
what it saw. Each command runs in a task of its own; it judges nothing."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import Any

import grpc
import omnichannel
from omnichannel import v1
from omnichannel.errors import OmnichannelError

import python_common as common
import python_crew

LINE_BYTES = 1 << 24

Keys = list[str]


class Driver:
    """The clients and streams that the runner has named."""

    def __init__(self) -> None:
        self.clients: dict[str, omnichannel.AsyncClient] = {}
        self.asked: dict[str, int] = {}
        self.streams: dict[str, Any] = {}
        self.states: dict[str, list[str]] = {}
        self.hired = python_crew.Crew()
        self.offers: dict[str, omnichannel.AsyncOffer] = {}

    def client(self, name: str, endpoint: str, **made: Any) -> dict[str, Any]:
        """Makes a client."""
        tokens = made.pop("tokens", None)
        if tokens:
            self.asked[name] = 0
            made["token_provider"] = lambda: self._token(name, tokens)
        else:
            made["api_key"] = made.pop("key", "")
        if "deadline_ms" in made:
            made["deadline"] = made.pop("deadline_ms") / 1000
        self.clients[name] = omnichannel.AsyncClient(endpoint, **made)
        return {}

    async def _token(self, name: str, tokens: Keys) -> str:
        self.asked[name] += 1
        return tokens[min(self.asked[name], len(tokens)) - 1]

    def asked_for(self, client: str) -> dict[str, Any]:
        """How often the token provider was asked."""
        return {"times": self.asked[client]}

    async def call(
        self, client: str, rpc: str, request: dict[str, Any], timeout_ms: int | None = None
    ) -> Any:
        """A unary call."""
        method = common.method_of(self.clients[client], rpc)
        limit: Any = omnichannel.DEFAULT if timeout_ms is None else timeout_ms / 1000
        return common.shown(await method(common.request_of(rpc, request), timeout=limit))

    async def list(self, client: str, rpc: str, request: dict[str, Any], most: int = 10_000) -> Any:
        """A listing, up to so many items."""
        items: list[Any] = []
        method = common.method_of(self.clients[client], rpc)
        async for item in method(common.request_of(rpc, request)):
            items.append(common.shown(item))
            if len(items) == most:
                break
        return {"items": items}

    async def open(self, stream: str, client: str, kind: str, **options: Any) -> Any:
        """Opens a stream."""
        self.states[stream] = []
        heard = self.states[stream]
        options["on_state"] = lambda state: heard.append(state.value)
        opened = getattr(self.clients[client], kind)(**options)
        self.streams[stream] = opened
        hello: v1.Hello = await opened.open()
        return {"resumption": v1.Resumption.Name(hello.resumption).removeprefix("RESUMPTION_")}

    async def read(self, stream: str, count: int, timeout_ms: int) -> Any:
        """What comes next, up to so many."""
        items: list[Any] = []
        due = time.monotonic() + timeout_ms / 1000
        told: dict[str, Any] = {"items": items, "over": False, "error": None}
        try:
            while len(items) < count:
                left = max(due - time.monotonic(), 0.001)
                item = await asyncio.wait_for(self.streams[stream].next(), left)
                if isinstance(item, omnichannel.Offered):
                    self.offers[item.offer.id] = item.offer
                items.append(common.yielded(item))
        except asyncio.TimeoutError:
            pass
        except StopAsyncIteration:
            told["over"] = True
        except OmnichannelError as error:
            told.update(over=True, error=common.known(error))
        return told

    def state(self, stream: str) -> Any:
        """How a stream is doing, and did."""
        error = self.streams[stream].last_error
        told = None if error is None else common.known(error)
        return {"states": [*self.states[stream]], "error": told}

    def offer(self, offer: str) -> Any:
        """What is known of an offer now."""
        known = self.offers[offer]
        return {"open": known.is_open, "remaining_ms": round(known.remaining * 1000)}

    async def accept(self, stream: str, offer: str) -> Any:
        """Takes an offer: by the offer where one was read, else by its identifier."""
        known = self.offers.get(offer)
        await (self.streams[stream].accept(offer) if known is None else known.accept())
        return {}

    async def decline(self, stream: str, offer: str) -> Any:
        """Leaves an offer."""
        await self.streams[stream].decline(offer)
        return {}

    async def complete(self, stream: str, interaction: str) -> Any:
        """Ends the contact."""
        await self.streams[stream].complete(interaction)
        return {}

    async def presence(self, stream: str, status: str) -> Any:
        """Sets presence."""
        value = v1.PresenceStatus.Value(f"PRESENCE_STATUS_{status}")
        await self.streams[stream].set_presence(value)
        return {}

    async def message(self, stream: str, interaction: str, body: str) -> Any:
        """Writes to the customer."""
        await self.streams[stream].send_message(interaction, body)
        return {}

    async def close(self, stream: str) -> Any:
        """Ends a stream."""
        await self.streams.pop(stream).close()
        return {}

    async def end(self, client: str) -> Any:
        """Ends a client and its streams."""
        await self.clients.pop(client).close()
        return {}

    def crew(self, endpoint: str, keys: Keys, feed_keys: Keys) -> Any:
        """Sends agents to work."""
        members = self.hired.add(omnichannel.AsyncClient, endpoint, keys, feed_keys)
        self.hired.start_tasks(members)
        return {}

    def crew_open(self) -> Any:
        """How the crew is doing."""
        return self.hired.connected()

    def crew_told(self) -> Any:
        """What the crew saw."""
        return self.hired.told()

    async def carry_out(self, id: int, do: str, **given: Any) -> None:
        """Does one command and tells how it went."""
        try:
            done = getattr(self, do)(**given)
            common.tell(id=id, ok=await done if asyncio.iscoroutine(done) else done)
        except OmnichannelError as error:
            common.tell(id=id, error=common.known(error))
        except Exception as broken:
            common.tell(id=id, broken=f"{type(broken).__name__}: {broken}")


async def main() -> None:
    """Until the runner says no more."""
    common.greeting("python-asyncio", f"gRPC over HTTP/2 (grpcio {grpc.__version__}), asyncio")
    driver, loop = Driver(), asyncio.get_running_loop()
    lines = asyncio.StreamReader(limit=LINE_BYTES)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    under_way: set[asyncio.Task[None]] = set()
    while line := await lines.readline():
        task = asyncio.create_task(driver.carry_out(**json.loads(line)))
        under_way.add(task)
        task.add_done_callback(under_way.discard)


if __name__ == "__main__":
    asyncio.run(main())
