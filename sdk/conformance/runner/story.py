"""Plays one scenario with one driver: gives the steps to whom they concern (the driver, the office
that works beside it, the wire, the server, the stand) and holds the answers against what is
expected. The scenarios are data, and this is all that they can say."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from omnichannel import new_request_id, v1
from omnichannel.testing import free_port

from driver import Driver
from judge import Mismatch, match, matches
from office import Office
from proxy import Proxy
from stand import Stand

WITHIN_SECONDS = 60.0
"""How long a read or a wait goes on at most, unless a step says otherwise."""
LOOK_SECONDS = 0.02
READ_MS = 500
_NAMED = re.compile(r"\$\{([^}]+)\}")


class Failure(Exception):
    """A step did not go as it should."""


@dataclass(frozen=True)
class Scenario:
    """A story as its file tells it."""

    name: str
    title: str
    steps: list[dict[str, Any]]
    fault: str = ""
    """What was done to the wire or the server; such scenarios have a line in the second table."""
    varies: str = ""
    """What of that depends on the moment: `code`, or `all`."""
    needs: list[str] = field(default_factory=list[str])
    """What an SDK must have for it to make sense."""
    alone: bool = False
    """Whether it stops the server or moves its clock, so that nothing else may run beside it."""

    @classmethod
    def read(cls, path: Path) -> Scenario:
        """From a file."""
        return cls(name=path.stem, **json.loads(path.read_text(encoding="utf-8")))


class Together:
    """Steps that are done once, when everybody who plays has come to them."""

    def __init__(self, players: int) -> None:
        self._players = players
        self._here: dict[int, int] = {}
        self._acts: dict[int, Callable[[], Awaitable[None]]] = {}
        self._done: dict[int, asyncio.Future[None]] = {}

    async def act(self, step: int, act: Callable[[], Awaitable[None]]) -> None:
        """Comes to a step, and waits until it was done."""
        future = self._done.setdefault(step, asyncio.get_running_loop().create_future())
        self._here[step] = self._here.get(step, 0) + 1
        self._acts[step] = act
        await self._look()
        await asyncio.shield(future)

    async def leave(self) -> None:
        """Plays no more."""
        self._players -= 1
        await self._look()

    async def _look(self) -> None:
        for step, here in list(self._here.items()):
            if here >= self._players and not self._done[step].done():
                future = self._done[step]
                del self._here[step]
                try:
                    await self._acts[step]()
                    future.set_result(None)
                except Exception as error:
                    future.set_exception(Failure(f"the server: {error}"))


@dataclass
class Sight:
    """What a transport saw of a fault."""

    states: list[str] = field(default_factory=list[str])
    code: str = ""
    text: str = ""


class Play:
    """One scenario with one driver."""

    def __init__(
        self, scenario: Scenario, driver: Driver, office: Office, together: Together
    ) -> None:
        self.scenario = scenario
        self.driver = driver
        self.office = office
        self.together = together
        self.sight: Sight | None = None
        self._proxy = Proxy(office.server.port)
        self._stand = Stand()
        self._own = f"{scenario.name} {driver.greeting.driver}"
        self._known: dict[str, Any] = {}
        self._begun: dict[str, asyncio.Task[Any]] = {}

    async def run(self) -> None:
        """From the first step to the last; raises Failure."""
        greeting = self.driver.greeting
        self._known = {
            "driver": greeting.driver,
            "wire": greeting.wire,
            "key": self.office.key,
            "own": self._own,
            "uuid": new_request_id(),
        }
        await self._proxy.start(free_port())
        await self._stand.start()
        try:
            for index, step in enumerate(self.scenario.steps):
                await self._step(index, step)
        finally:
            for task in self._begun.values():
                task.cancel()
            await self.together.leave()
            await self._proxy.close()
            await self._stand.close()

    async def _step(self, index: int, step: dict[str, Any]) -> None:
        if greeting_lacks(step, self.driver.greeting.lacks):
            return
        try:
            if "begin" in step:
                rest = {key: value for key, value in step.items() if key != "begin"}
                self._begun[step["begin"]] = asyncio.create_task(self._do(index, rest))
                return
            for time_no in range(step.get("times", 1)):
                self._known["n"] = time_no
                await self._do(index, step)
        except Failure as failure:
            raise Failure(f"step {index + 1}: {failure}") from None
        except Exception as error:
            said = str(error) or type(error).__name__
            raise Failure(f"step {index + 1}, {summary(step)}: {said}") from error

    async def _do(self, index: int, step: dict[str, Any]) -> None:
        verb = next(name for name in VERBS if name in step)
        given = {key: self._filled(value) for key, value in step.items() if key != "expect"}
        if verb == "server":
            await self.together.act(index, lambda: self.office.serve(given))
            return
        if verb == "flood":
            await self.together.act(index, lambda: self.office.flood(given["rounds"]))
            self._known["flood"] = {"last": self.office.flooded}
            return
        outcome = await VERBS[verb](self, given)
        if "as" in step:
            self._known[step["as"]] = outcome.get("ok", outcome.get("error", outcome))
        if "into" in step:
            self._known.setdefault(step["into"], []).extend(outcome["ok"]["items"])
        if step.get("saw"):
            self._saw(outcome)
        try:
            if "expect" in step:
                match(outcome, self._filled(step["expect"]))
            elif "error" in outcome:
                raise Mismatch(f"refused: {outcome['error']}")
        except Mismatch as mismatch:
            raise Failure(f"{summary(step)}: {mismatch}") from None

    def _saw(self, outcome: dict[str, Any]) -> None:
        told = outcome.get("error") or outcome.get("ok", {}).get("error") or {}
        states = outcome.get("ok", {}).get("states", []) if "ok" in outcome else []
        self.sight = Sight(states, told.get("code", ""), told.get("text", ""))

    def _filled(self, value: Any) -> Any:
        """A value with what is known put in for its names."""
        if isinstance(value, dict):
            return {self._filled(key): self._filled(one) for key, one in value.items()}
        if isinstance(value, list):
            return [self._filled(one) for one in value]
        if not isinstance(value, str):
            return value
        whole = _NAMED.fullmatch(value)
        if whole is not None:
            return self._named(whole[1])
        return _NAMED.sub(lambda found: str(self._named(found[1])), value)

    def _named(self, path: str) -> Any:
        value: Any = self._known
        for part in path.split("."):
            value = value[int(part)] if isinstance(value, list) else value[part]
        return value

    async def _driver(self, given: dict[str, Any]) -> dict[str, Any]:
        if given["do"] == "client":
            given.setdefault("endpoint", self._proxy.endpoint)
            if given.pop("via", "") == "stand":
                given["endpoint"] = self._stand.endpoint(self.driver.greeting.wire)
            if "tokens" not in given:
                given.setdefault("key", self.office.key)
        kept = {key: value for key, value in given.items() if key not in OURS}
        return await self._tell(kept.pop("do"), **kept)

    async def _tell(self, what: str, **given: Any) -> dict[str, Any]:
        """Tells the driver, which plays other scenarios too: names are those of this one."""
        own = {key: f"{self.scenario.name}/{given[key]}" for key in NAMES if key in given}
        return await self.driver.do(what, **{**given, **own})

    async def _office(self, given: dict[str, Any]) -> dict[str, Any]:
        answer = await self.office.call(given["office"], given.get("request", {}))
        if "pick" in given:
            answer = next(one for one in answer["items"] if matches(one, given["pick"]))
        return {"ok": answer}

    async def _desk(self, given: dict[str, Any]) -> dict[str, Any]:
        return {"ok": await self.office.desk(f"{self._own} {given['desk']}", given)}

    async def _token(self, given: dict[str, Any]) -> dict[str, Any]:
        return {"ok": self.office.token(given["token"], given["seconds"])}

    async def _wire(self, given: dict[str, Any]) -> dict[str, Any]:
        act = getattr(self._proxy, given["proxy"])
        arguments = [given[name] for name in ("on", "ms") if name in given]
        act(*arguments)
        return {"ok": {}}

    async def _told(self, given: dict[str, Any]) -> dict[str, Any]:
        self._stand.tell(given["stand"])
        return {"ok": {}}

    async def _asked(self, given: dict[str, Any]) -> dict[str, Any]:
        calls = self._stand.asked
        gaps = [round((b.at - a.at) * 1000) for a, b in pairwise(calls)]
        ids = sorted({call.request_id for call in calls})
        return {"ok": {"calls": len(calls), "request_ids": len(ids), "gaps_ms": gaps}}

    async def _read(self, given: dict[str, Any]) -> dict[str, Any]:
        """Reads a stream to a count, to an item, or to its end."""
        due = time.monotonic() + given.get("within", WITHIN_SECONDS)
        items: list[dict[str, Any]] = []
        count, until = given.get("count"), given.get("until")
        while time.monotonic() < due:
            most = given.get("many", 1) if count is None else count - len(items)
            told = await self._chunk(given["read"], most)
            items += told["items"]
            found = until is not None and any(matches(item, until) for item in told["items"])
            if told["over"] or found or (count is not None and len(items) >= count):
                ends = {"over": told["over"], "error": told["error"]}
                if told["error"] is not None and not given.get("to_end"):
                    raise Failure(f"the stream ended: {told['error']}")
                return {"ok": {"items": items, "last": items[-1] if items else None, **ends}}
        wanted = until or count or "the end"
        raise Failure(
            f"{given['read']} did not yield {wanted} in time, but {len(items)}: {items[-5:]}"
        )

    async def _chunk(self, stream: str, count: int) -> dict[str, Any]:
        answer = await self._tell("read", stream=stream, count=count, timeout_ms=READ_MS)
        if "error" in answer:
            raise Failure(f"reading {stream}: {answer['error']}")
        told: dict[str, Any] = answer["ok"]
        return told

    async def _reach(self, given: dict[str, Any]) -> dict[str, Any]:
        """Waits until a stream has been in a state, or is in it now."""
        due = time.monotonic() + given.get("within", WITHIN_SECONDS)
        while True:
            answer = await self._tell("state", stream=given["reach"])
            states = answer["ok"]["states"]
            wanted = given["state"]
            if (states[-1:] == [wanted]) if not given.get("ever") else (wanted in states):
                return answer
            if time.monotonic() > due:
                raise Failure(f"{given['reach']} is not {wanted} but {states}")
            await asyncio.sleep(LOOK_SECONDS)

    async def _until(self, given: dict[str, Any]) -> dict[str, Any]:
        """Waits until the office sees something."""
        due = time.monotonic() + given.get("within", WITHIN_SECONDS)
        while True:
            seen = await self.office.call(given["until_office"], given.get("request", {}))
            if matches(seen, given["shows"]):
                return {"ok": seen}
            if time.monotonic() > due:
                raise Failure(f"the office does not see {given['shows']} but {seen}")
            await asyncio.sleep(LOOK_SECONDS)

    async def _finish(self, given: dict[str, Any]) -> dict[str, Any]:
        await self._begun.pop(given["finish"])
        return {"ok": {}}

    async def _judge(self, given: dict[str, Any]) -> dict[str, Any]:
        return {"ok": given["judge"]}

    async def _pause(self, given: dict[str, Any]) -> dict[str, Any]:
        await asyncio.sleep(given["pause_ms"] / 1000)
        return {"ok": {}}

    async def _reasons(self, given: dict[str, Any]) -> dict[str, Any]:
        """Every reason of the contract, each refused by the stand once."""
        wrong: list[str] = []
        for name, code in self.office.reasons().items():
            facts = {"metadata": {"a": "1"}, "request_id": "r"}
            self._stand.tell([{"refuse": {"code": code, "reason": name, **facts}}])
            answer = await self._tell(
                "call", client=given["reasons"], rpc="RoutingService.GetQueue", request={}
            )
            error = answer.get("error", {})
            expected = {"code": code, "reason": name, "metadata": {"a": "1"}, "local": False}
            kind = error.get("class", "").removesuffix("Error").upper()
            if not matches(error, expected) or kind != name.removesuffix("_ERROR").replace("_", ""):
                wrong.append(f"{name} came as {error}")
        if wrong:
            raise Failure(f"{len(wrong)} reasons: {wrong[:3]}")
        return {"ok": {"reasons": len(v1.ErrorReason.items()) - 1}}


OURS = {"as", "into", "expect", "saw", "times", "unless_lacks", "via"}
"""What a step says to the runner and not to the driver."""

NAMES = ("name", "client", "stream")
"""What a step calls the driver's clients and streams by."""

VERBS: dict[str, Callable[[Play, dict[str, Any]], Awaitable[dict[str, Any]]]] = {
    "do": Play._driver,
    "office": Play._office,
    "desk": Play._desk,
    "token": Play._token,
    "proxy": Play._wire,
    "stand": Play._told,
    "stand_was": Play._asked,
    "read": Play._read,
    "reach": Play._reach,
    "until_office": Play._until,
    "finish": Play._finish,
    "judge": Play._judge,
    "pause_ms": Play._pause,
    "reasons": Play._reasons,
    "server": Play._pause,
    "flood": Play._pause,
}


def greeting_lacks(step: dict[str, Any], lacks: list[str]) -> bool:
    """Whether a step is not for this SDK."""
    return step.get("unless_lacks", "") in lacks if "unless_lacks" in step else False


def summary(step: dict[str, Any]) -> str:
    """A step in a few words."""
    return ", ".join(f"{key} {value}" for key, value in list(step.items())[:3])[:160]
