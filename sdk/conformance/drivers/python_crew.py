"""A crew of agents for the long trial: each at a desk of its own, taking what is offered and
completing what is assigned, and keeping what it saw. Blocking in threads, or in tasks."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

import omnichannel
from omnichannel import v1
from omnichannel.errors import Cancelled, DeadlineExceeded, OmnichannelError, Unavailable

import python_common as common

OPENED_AT_ONCE = 16
PATIENCE_SECONDS = 120.0
AGAIN = (Cancelled, DeadlineExceeded, Unavailable)
"""A command that ended so may be given again; it cannot be carried out twice."""
AVAILABLE = v1.PRESENCE_STATUS_AVAILABLE


class Seen:
    """What one reader saw."""

    def __init__(self) -> None:
        self.updates: list[list[Any]] = []
        self.states: list[list[Any]] = []
        self.refused: list[str] = []
        self.ended = ""

    def state(self, state: omnichannel.StreamState) -> None:
        """Notes a change of state."""
        self.states.append([round(time.time() * 1000), state.value])

    def update(self, update: Any) -> None:
        """Notes what came."""
        told = common.yielded(update)
        if told["type"] == "event":
            self.updates.append([told["seq"], told["id"], "event", ""])
        else:
            place = [told["seq"], told.get("event_id", ""), told["type"]]
            self.updates.append([*place, told.get("interaction", "")])


class Member:
    """One agent, or one who only follows the feed."""

    def __init__(self, client: Any, feeds: bool) -> None:
        self.seen = Seen()
        self.client = client
        heard = self.seen.state
        self.stream = (
            client.feed(from_seq=1, on_state=heard, open_timeout=PATIENCE_SECONDS)
            if feeds
            else client.agent_session(on_state=heard, open_timeout=PATIENCE_SECONDS)
        )
        self.feeds = feeds

    def run(self) -> None:
        """Works until the stream is closed."""
        try:
            self.stream.open()
            if not self.feeds:
                self._insist(lambda: self.stream.set_presence(AVAILABLE))
            for update in self.stream:
                self.seen.update(update)
                if isinstance(update, omnichannel.Offered):
                    self._insist(update.offer.accept)
                if isinstance(update, omnichannel.Assigned):
                    self._insist(lambda done=update.interaction.id: self.stream.complete(done))
        except OmnichannelError as error:
            self.seen.ended = str(error)

    def _insist(self, command: Any) -> None:
        while True:
            try:
                command()
                return
            except AGAIN:
                if self.stream.state is omnichannel.StreamState.STOPPED:
                    return
            except OmnichannelError as error:
                self.seen.refused.append(error.reason)
                return

    async def work(self, room: asyncio.Semaphore) -> None:
        """As `run`, in a task."""
        try:
            async with room:
                await self.stream.open()
            if not self.feeds:
                await self._ask(lambda: self.stream.set_presence(AVAILABLE))
            async for update in self.stream:
                self.seen.update(update)
                if isinstance(update, omnichannel.Offered):
                    await self._ask(update.offer.accept)
                if isinstance(update, omnichannel.Assigned):
                    await self._ask(lambda done=update.interaction.id: self.stream.complete(done))
        except OmnichannelError as error:
            self.seen.ended = str(error)

    async def _ask(self, command: Any) -> None:
        while True:
            try:
                await command()
                return
            except AGAIN:
                if self.stream.state is omnichannel.StreamState.STOPPED:
                    return
            except OmnichannelError as error:
                self.seen.refused.append(error.reason)
                return


class Crew:
    """All of them."""

    def __init__(self) -> None:
        self.members: list[Member] = []
        self._work: list[Any] = []

    def add(self, make: Any, endpoint: str, keys: list[str], feed_keys: list[str]) -> list[Member]:
        """Makes members, each with a client of its own."""
        made = [Member(make(endpoint, api_key=key), False) for key in keys]
        made += [Member(make(endpoint, api_key=key), True) for key in feed_keys]
        self.members += made
        return made

    def start_threads(self, members: list[Member]) -> None:
        """Each works in a thread."""
        for member in members:
            threading.Thread(target=member.run, daemon=True).start()

    def start_tasks(self, members: list[Member]) -> None:
        """Each works in a task."""
        room = asyncio.Semaphore(OPENED_AT_ONCE)
        self._work += [asyncio.create_task(member.work(room)) for member in members]

    def told(self) -> dict[str, Any]:
        """What all of them saw."""
        seen = [{**vars(member.seen), "feeds": member.feeds} for member in self.members]
        return {"members": seen}

    def connected(self) -> dict[str, Any]:
        """How many streams are open now, and how far the feeds have come."""
        good = (omnichannel.StreamState.CONNECTED, omnichannel.StreamState.RESYNCED)
        streams = [one.stream for one in self.members]
        feeds = [one.seen.updates for one in self.members if one.feeds]
        return {
            "open": sum(stream.state in good for stream in streams),
            "reached": min((one[-1][0] if one else 0 for one in feeds), default=0),
        }
