"""Driver of the blocking Python client: does what the runner says in lines of JSON and tells what
it saw. Each command runs in a thread of its own; it judges nothing."""

from __future__ import annotations

import json
import sys
import threading
import time
from typing import Any

import grpc
import omnichannel
from omnichannel import v1
from omnichannel.errors import OmnichannelError

import python_common as common
import python_crew

Keys = list[str]


class Driver:
    """The clients and streams that the runner has named."""

    def __init__(self) -> None:
        self.clients: dict[str, omnichannel.Client] = {}
        self.asked: dict[str, int] = {}
        self.streams: dict[str, Any] = {}
        self.states: dict[str, list[str]] = {}
        self.hired = python_crew.Crew()
        self.offers: dict[str, omnichannel.Offer] = {}

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
        self.clients[name] = omnichannel.Client(endpoint, **made)
        return {}

    def _token(self, name: str, tokens: Keys) -> str:
        self.asked[name] += 1
        return tokens[min(self.asked[name], len(tokens)) - 1]

    def asked_for(self, client: str) -> dict[str, Any]:
        """How often the token provider was asked."""
        return {"times": self.asked[client]}

    def call(
        self, client: str, rpc: str, request: dict[str, Any], timeout_ms: int | None = None
    ) -> Any:
        """A unary call."""
        method = common.method_of(self.clients[client], rpc)
        limit: Any = omnichannel.DEFAULT if timeout_ms is None else timeout_ms / 1000
        return common.shown(method(common.request_of(rpc, request), timeout=limit))

    def list(self, client: str, rpc: str, request: dict[str, Any], most: int = 10_000) -> Any:
        """A listing, up to so many items."""
        items: list[Any] = []
        for item in common.method_of(self.clients[client], rpc)(common.request_of(rpc, request)):
            items.append(common.shown(item))
            if len(items) == most:
                break
        return {"items": items}

    def open(self, stream: str, client: str, kind: str, **options: Any) -> Any:
        """Opens a stream."""
        self.states[stream] = []
        heard = self.states[stream]
        options["on_state"] = lambda state: heard.append(state.value)
        opened = getattr(self.clients[client], kind)(**options)
        self.streams[stream] = opened
        hello: v1.Hello = opened.open()
        return {"resumption": v1.Resumption.Name(hello.resumption).removeprefix("RESUMPTION_")}

    def read(self, stream: str, count: int, timeout_ms: int) -> Any:
        """What comes next, up to so many."""
        items: list[Any] = []
        due = time.monotonic() + timeout_ms / 1000
        told: dict[str, Any] = {"items": items, "over": False, "error": None}
        try:
            while len(items) < count:
                item = self.streams[stream].next(max(due - time.monotonic(), 0.001))
                if isinstance(item, omnichannel.Offered):
                    self.offers[item.offer.id] = item.offer
                items.append(common.yielded(item))
        except TimeoutError:
            pass
        except StopIteration:
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

    def accept(self, stream: str, offer: str) -> Any:
        """Takes an offer: by the offer where one was read, else by its identifier."""
        known = self.offers.get(offer)
        (self.streams[stream].accept(offer) if known is None else known.accept())
        return {}

    def decline(self, stream: str, offer: str) -> Any:
        """Leaves an offer."""
        self.streams[stream].decline(offer)
        return {}

    def complete(self, stream: str, interaction: str) -> Any:
        """Ends the contact."""
        self.streams[stream].complete(interaction)
        return {}

    def presence(self, stream: str, status: str) -> Any:
        """Sets presence."""
        value = v1.PresenceStatus.Value(f"PRESENCE_STATUS_{status}")
        self.streams[stream].set_presence(value)
        return {}

    def message(self, stream: str, interaction: str, body: str) -> Any:
        """Writes to the customer."""
        self.streams[stream].send_message(interaction, body)
        return {}

    def close(self, stream: str) -> Any:
        """Ends a stream."""
        self.streams.pop(stream).close()
        return {}

    def end(self, client: str) -> Any:
        """Ends a client and its streams."""
        self.clients.pop(client).close()
        return {}

    def crew(self, endpoint: str, keys: Keys, feed_keys: Keys) -> Any:
        """Sends agents to work."""
        members = self.hired.add(omnichannel.Client, endpoint, keys, feed_keys)
        self.hired.start_threads(members)
        return {}

    def crew_open(self) -> Any:
        """How the crew is doing."""
        return self.hired.connected()

    def crew_told(self) -> Any:
        """What the crew saw."""
        return self.hired.told()

    def carry_out(self, id: int, do: str, **given: Any) -> None:
        """Does one command and tells how it went."""
        try:
            common.tell(id=id, ok=getattr(self, do)(**given))
        except OmnichannelError as error:
            common.tell(id=id, error=common.known(error))
        except Exception as broken:
            common.tell(id=id, broken=f"{type(broken).__name__}: {broken}")


def main() -> None:
    """Until the runner says no more."""
    common.greeting("python", f"gRPC over HTTP/2 (grpcio {grpc.__version__}), blocking")
    driver = Driver()
    for line in sys.stdin:
        work = threading.Thread(target=driver.carry_out, kwargs=json.loads(line), daemon=True)
        work.start()


if __name__ == "__main__":
    main()
