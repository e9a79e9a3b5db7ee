"""What the tests stand on: one real server for all of them, on which each test has a tenant of its
own, and a server of its own where a test restarts it or moves its clock."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest
from google.protobuf import duration_pb2
from proxy import Proxy

import omnichannel
from omnichannel import v1
from omnichannel.testing import Server, server

PATIENCE_SECONDS = 30.0


class Tenant:
    """A tenant with a queue, and short words for filling it."""

    def __init__(self, host: Server) -> None:
        self.host = host
        self.key = host.create_tenant()
        self.client = host.client(api_key=self.key)
        patience = duration_pb2.Duration(seconds=60)
        queue = v1.Queue(name="support", offer_timeout=patience)
        self.queue = self.client.routing.create_queue(queue=queue).queue

    def agent(self, name: str = "Ada", units: int = 8) -> tuple[v1.Agent, str]:
        """An agent, and a key bound to it."""
        agent = v1.Agent(name=name, capacity=v1.Capacity(units=units))
        made = self.client.agents.create_agent(agent=agent).agent
        return made, self.host.create_key(v1.ROLE_AGENT, made.id, api_key=self.key)

    def interaction(self, body: str = "Hello") -> v1.Interaction:
        """A customer writes."""
        address = f"{omnichannel.new_request_id()}@example.org"
        return self.client.interactions.create_interaction(
            contact=v1.ContactInput(kind=v1.CHANNEL_KIND_EMAIL, address=address),
            channel=v1.CHANNEL_KIND_CHAT,
            queue_id=self.queue.id,
            body=body,
        ).interaction

    def skills(self, count: int, prefix: str = "skill") -> list[str]:
        """Some changes to follow; answers with the ids."""
        made: list[str] = []
        for index in range(count):
            skill = v1.Skill(name=f"{prefix} {index}")
            made.append(self.client.routing.create_skill(skill=skill).skill.id)
        return made

    def close(self) -> None:
        """Ends what it opened."""
        self.client.close()


@pytest.fixture(scope="session")
def host() -> Iterator[Server]:
    """The server that tests share."""
    with server() as started:
        yield started


@pytest.fixture
def own() -> Iterator[Server]:
    """A server of the test alone."""
    with server() as started:
        yield started


@pytest.fixture
def tenant(host: Server) -> Iterator[Tenant]:
    """A tenant of the test alone."""
    made = Tenant(host)
    yield made
    made.close()


@pytest.fixture
def proxy(host: Server) -> Iterator[Proxy]:
    """What lies between the client and the shared server."""
    with Proxy(host.port) as made:
        yield made


def eventually(holds: Callable[[], bool], what: str) -> None:
    """Waits until something holds."""
    due = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < due, f"in vain waited until {what}"
        time.sleep(0.02)


def background(work: Callable[[], object]) -> threading.Thread:
    """Does something meanwhile."""
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread
