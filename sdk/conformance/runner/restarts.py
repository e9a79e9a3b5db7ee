"""The long trial: a thousand agents on streams of all SDKs, while the server is drained or killed
and started again ten times and connections are reset at random. Work comes in all the while; every
agent takes what is offered and completes it. At the end the log is held against what every reader
saw, and a page is written with what was lost, what came twice, and how long streams were away."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import random
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(HERE / "drivers"))

from omnichannel import FeedEvent, errors, new_request_id, v1  # noqa: E402
from omnichannel.testing import Server, free_port  # noqa: E402

from driver import Driver  # noqa: E402
from office import Issuer, Office  # noqa: E402
from proxy import Proxy  # noqa: E402
from run import started  # noqa: E402

SHARES = {"python": 0.1, "python-asyncio": 0.25, "node": 0.25, "web": 0.15, "rust": 0.25}
"""Which part of the agents has a desk of which SDK."""
FEEDS = 4
"""Readers of the feed that each SDK has beside them."""
MADE_AT_ONCE = 32
CUT_SHARE = 0.03
OPEN_SECONDS = 120.0
SETTLE_SECONDS = 120.0
AWAY = ("resuming", "draining", "connecting")
ENDED = "offer.ended"
BACK = ("connected", "resynced")
SETTINGS = {
    "drain.streams_seconds": "3",
    "drain.hard_seconds": "3",
    "limits.connections_per_address": "0",
}


@dataclass
class Trial:
    """What was done, and what came of it."""

    created: list[str] = field(default_factory=list[str])
    ready: list[float] = field(default_factory=list[float])
    """When the server was there again, in milliseconds since 1970."""
    ways: list[str] = field(default_factory=list[str])
    cut: int = 0
    log: list[Any] = field(default_factory=list[Any])
    members: dict[str, list[dict[str, Any]]] = field(default_factory=dict[str, Any])
    settled: bool = False


async def hired(office: Office, agents: int) -> list[str]:
    """Agents who take from one queue, one piece of work at a time; answers their keys."""
    room = asyncio.Semaphore(MADE_AT_ONCE)

    async def one(index: int) -> str:
        async with room:
            agent = {"name": f"agent {index}", "capacity": {"units": 1}}
            made = await office.call("AgentService.CreateAgent", {"agent": agent})
            bound = {"role": "ROLE_AGENT", "agentId": made["agent"]["id"], "name": f"key {index}"}
            return str((await office.call("AdminService.CreateApiKey", {"apiKey": bound}))["key"])

    return await asyncio.gather(*[one(index) for index in range(agents)])


async def creating(office: Office, queue: str, rate: float, trial: Trial) -> None:
    """Customers write, at a rate, until this is cancelled; each is made once, whatever happens."""
    under_way: set[asyncio.Task[None]] = set()

    async def one(index: int) -> None:
        request = {
            "contact": {"kind": "CHANNEL_KIND_EMAIL", "address": f"c{index}@example.org"},
            "channel": "CHANNEL_KIND_CHAT",
            "queueId": queue,
            "requestId": new_request_id(),
        }
        while True:
            with contextlib.suppress(errors.Unavailable, errors.DeadlineExceeded):
                made = await office.call("InteractionService.CreateInteraction", request)
                trial.created.append(made["interaction"]["id"])
                return
            await asyncio.sleep(0.5)

    index = 0
    try:
        while True:
            index += 1
            task = asyncio.create_task(one(index))
            under_way.add(task)
            task.add_done_callback(under_way.discard)
            await asyncio.sleep(1 / rate)
    finally:
        await asyncio.gather(*under_way)


async def cutting(proxy: Proxy, chance: random.Random, trial: Trial) -> None:
    """Resets some connections, again and again."""
    while True:
        await asyncio.sleep(chance.uniform(2, 6))
        trial.cut += proxy.cut_some(CUT_SHARE, chance)


async def opened(drivers: list[Driver], wanted: int, seconds: float) -> int:
    """Waits until so many streams are open; answers how many are."""
    due = time.monotonic() + seconds
    while True:
        told = await asyncio.gather(*[driver.do("crew_open") for driver in drivers])
        count: int = sum(one["ok"]["open"] for one in told)
        if count >= wanted or time.monotonic() > due:
            return count
        await asyncio.sleep(0.25)


async def settled(office: Office, drivers: list[Driver], trial: Trial) -> bool:
    """Reads the log until everything that was created has ended, and waits until all feeds have
    come as far."""
    assert office.client is not None, "the office is open"
    due = time.monotonic() + SETTLE_SECONDS
    open_now = set(trial.created)
    async with office.client.feed(from_seq=1) as feed:
        while open_now and time.monotonic() < due:
            with contextlib.suppress(asyncio.TimeoutError):
                item = await asyncio.wait_for(feed.next(), 1)
                assert isinstance(item, FeedEvent), "the log of this trial is kept"
                trial.log.append(item.event)
                if item.kind == "interaction.resolved":
                    open_now.discard(item.event.interaction_id)
        with contextlib.suppress(asyncio.TimeoutError):
            while True:
                item = await asyncio.wait_for(feed.next(), 3)
                assert isinstance(item, FeedEvent), "the log of this trial is kept"
                trial.log.append(item.event)
    head = trial.log[-1].seq
    while time.monotonic() < due:
        told = await asyncio.gather(*[driver.do("crew_open") for driver in drivers])
        if min(one["ok"]["reached"] for one in told) >= head:
            return not open_now
        await asyncio.sleep(0.25)
    return False


async def conducted(given: argparse.Namespace, drivers: list[Driver]) -> Trial:
    """The whole trial."""
    trial, chance = Trial(), random.Random(given.seed)
    async with Server(settings=SETTINGS) as server:
        office = Office(server, Issuer(free_port()), given.contract)
        await office.open("restarts")
        queued = await office.call("RoutingService.CreateQueue", {"queue": QUEUE})
        keys = await hired(office, given.agents)
        proxy = Proxy(server.port)
        await proxy.start(free_port())
        wanted, at = 0, 0
        for driver in drivers:
            size = round(given.agents * SHARES[driver.greeting.driver])
            own, at = keys[at : at + size], at + size
            feeds = [office.key] * FEEDS
            await driver.do("crew", endpoint=proxy.endpoint, keys=own, feed_keys=feeds)
            wanted += len(own) + FEEDS
        came = await opened(drivers, wanted, OPEN_SECONDS)
        print(f"{came} of {wanted} streams are open", flush=True)
        customers = asyncio.create_task(creating(office, queued["queue"]["id"], given.rate, trial))
        cutter = asyncio.create_task(cutting(proxy, chance, trial))
        for index in range(given.restarts):
            await asyncio.sleep(given.period)
            trial.ways.append("killed" if index % 3 == 2 else "drained")
            end = server.kill if trial.ways[-1] == "killed" else server.stop
            await asyncio.to_thread(end)
            await asyncio.to_thread(server.start)
            trial.ready.append(time.time() * 1000)
            print(f"{trial.ways[-1]} and there again ({index + 1})", flush=True)
        for task in (cutter, customers):
            task.cancel()
        await asyncio.gather(cutter, customers, return_exceptions=True)
        await opened(drivers, wanted, OPEN_SECONDS)
        trial.settled = await settled(office, drivers, trial)
        for driver in drivers:
            told = await driver.do("crew_told")
            trial.members[driver.greeting.driver] = told["ok"]["members"]
        await proxy.close()
        await office.close()
    return trial


QUEUE = {"name": "trial", "offerTimeout": "600s"}


@dataclass
class Figures:
    """What one SDK's readers saw, against the log."""

    agents: int = 0
    feeds: int = 0
    updates: int = 0
    doubled: int = 0
    disordered: int = 0
    unlike_log: int = 0
    unseen: int = 0
    ended: list[str] = field(default_factory=list[str])
    refused: Counter[str] = field(default_factory=Counter[str])
    away: list[float] = field(default_factory=list[float])
    after: list[float] = field(default_factory=list[float])
    resynced: int = 0


def judged(members: list[dict[str, Any]], trial: Trial) -> Figures:
    """The readers of one SDK."""
    made = Figures()
    whole = [(event.seq, event.id) for event in trial.log]
    seqs = {event.id: event.seq for event in trial.log}
    for member in members:
        made.updates += len(member["updates"])
        made.refused.update(member["refused"])
        made.ended += [member["ended"]] if member["ended"] else []
        lengths(member["states"], trial, made)
        if member["feeds"]:
            made.feeds += 1
            # What happened after the log was read is not looked at.
            read = [(seq, name) for seq, name, *_ in member["updates"][: len(whole)]]
            made.unlike_log += read != whole
            continue
        made.agents += 1
        last, seen = 0, set[tuple[str, str, str]]()
        for seq, event, kind, interaction in member["updates"]:
            if not event:
                continue
            made.doubled += (event, kind, interaction) in seen
            made.disordered += seqs.get(event, seq) < last
            made.unseen += event not in seqs
            last = seqs.get(event, seq)
            seen.add((event, kind, interaction))
    return made


def lengths(states: list[list[Any]], trial: Trial, made: Figures) -> None:
    """How long a stream was away each time, and after the server was there again."""
    lost: float | None = None
    for at, state in states:
        if state in AWAY and lost is None and state != "connecting":
            lost = at
        if state in BACK and lost is not None:
            made.away.append(at - lost)
            back = [ready for ready in trial.ready if lost < ready <= at]
            if back:
                made.after.append(at - back[-1])
            made.resynced += state == "resynced"
            lost = None


def missed(trial: Trial) -> int:
    """Assignments of the log that no desk saw."""
    known: set[str] = set()
    for members in trial.members.values():
        for member in members:
            known |= {one[3] for one in member["updates"] if one[2] == "assigned"}
    taken = {event.interaction_id for event in trial.log if event.kind == "offer.accepted"}
    return len(taken - known)


def spread(values: list[float]) -> str:
    """Median, 95th and 99th percentile and most, in seconds."""
    if not values:
        return "none"
    ranked = sorted(values)
    at = [ranked[min(int(len(ranked) * part), len(ranked) - 1)] for part in (0.5, 0.95, 0.99)]
    return " / ".join(f"{one / 1000:.2f}" for one in [*at, ranked[-1]])


def named(counted: Counter[str]) -> str:
    """What was counted."""
    return ", ".join(f"{name} {count} times" for name, count in counted.most_common()) or "none"


def page(trial: Trial, given: argparse.Namespace) -> tuple[str, bool]:
    """The page, and whether everything holds."""
    found = {name: judged(members, trial) for name, members in trial.members.items()}
    kinds = Counter(event.kind for event in trial.log)
    states = [v1.OfferState.Name(e.offer_ended.state) for e in trial.log if e.kind == ENDED]
    failed = Counter(one.removeprefix("OFFER_STATE_") for one in states)
    del failed["COMPLETED"]
    resolved = Counter(
        event.interaction_id for event in trial.log if event.kind == "interaction.resolved"
    )
    bad = sum(
        one.doubled + one.disordered + one.unlike_log + one.unseen + len(one.ended)
        for one in found.values()
    )
    unended = sum(resolved[name] != 1 for name in trial.created)
    lost = missed(trial)
    holds = trial.settled and not bad and not unended and not lost
    agents = sum(one.agents for one in found.values())
    lines = [
        "# A thousand agents on the streams of all SDKs",
        "",
        f"Made by `bash sdk/conformance/check.sh restarts` on {time.strftime('%Y-%m-%d')}"
        f" (seed {given.seed}, SQLite, drivers and server on one machine of two cores).",
        "",
        f"{agents} agents, each with a client of their own behind one proxy, and "
        f"{sum(one.feeds for one in found.values())} readers of the feed. The server was drained "
        f"{trial.ways.count('drained')} times and killed {trial.ways.count('killed')} times, and "
        f"started again each time; {trial.cut} connections were reset at random meanwhile.",
        "",
        f"- interactions created: {len(trial.created)}; not resolved exactly once: **{unended}**",
        f"- events in the log: {len(trial.log)}, of them {kinds['offer.accepted']} offers taken; "
        f"assigned and never seen so at any desk: **{lost}**",
        f"- offers that ended without being taken: {named(failed)}",
        "",
        "| SDK | agents | feeds | updates read | feeds unlike the log | events twice "
        "| out of order | not in the log | ended | resynced |",
        "| --- " * 10 + "|",
    ]
    for name, one in found.items():
        lines.append(
            f"| {name} | {one.agents} | {one.feeds} | {one.updates} | {one.unlike_log} "
            f"| {one.doubled} | {one.disordered} | {one.unseen} | {len(one.ended)} "
            f"| {one.resynced} |"
        )
    lines += [
        "",
        "A stream of an agent that comes to a server which has just started begins with a snapshot",
        "and says so (resynced); the feed never does. Seconds that streams were away are given as",
        "median / 95 % / 99 % / most: from the loss, the time that the server itself was away",
        "included, and from the moment at which the server was there again, when all thousand",
        "come at once. After an orderly end a stream waits as long as the server asks; after any",
        "other a random part of 250 ms, doubling until one has held for five seconds. A restart",
        f"comes every {given.period:g} s here: far more often than in life.",
        "",
        "| SDK | times away | away | after the server was there again |",
        "| --- | --- | --- | --- |",
    ]
    for name, one in found.items():
        lines.append(f"| {name} | {len(one.away)} | {spread(one.away)} | {spread(one.after)} |")
    refused = sum((one.refused for one in found.values()), Counter[str]())
    lines += ["", f"Commands that were refused: {named(refused)}.", ""]
    lines += [f"- {name}: {text}" for name, one in found.items() for text in one.ended[:3]]
    lines += ["**Holds.**" if holds else "**Does not hold.**", ""]
    return "\n".join(lines), holds


async def main() -> int:
    """From the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--node", required=True)
    parser.add_argument("--rust", required=True)
    parser.add_argument("--contract", type=Path, required=True)
    parser.add_argument("--report", type=Path, required=True)
    parser.add_argument("--agents", type=int, default=1000)
    parser.add_argument("--restarts", type=int, default=10)
    parser.add_argument("--period", type=float, default=12.0)
    parser.add_argument("--rate", type=float, default=20.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--with-drivers", nargs="*")
    given = parser.parse_args()
    drivers = await started(given.node, given.rust, given.with_drivers)
    try:
        trial = await conducted(given, drivers)
    finally:
        await asyncio.gather(*[driver.stop() for driver in drivers])
    text, holds = page(trial, given)
    given.report.write_text(text, encoding="utf-8")
    print(text)
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
