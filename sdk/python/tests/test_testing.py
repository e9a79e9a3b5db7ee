"""The server for tests: it starts, forgets nothing it should keep, leaves nothing behind, and its
clock runs as fast as a test likes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import PATIENCE_SECONDS, eventually
from google.protobuf import duration_pb2

import omnichannel.testing
from omnichannel import FeedEvent, v1
from omnichannel.testing import ServerError, server


def test_a_whole_day_passes_in_a_moment() -> None:
    with server() as host, host.client() as client:
        patience = duration_pb2.Duration(seconds=30)
        queue = v1.Queue(name="night", offer_timeout=patience)
        made = client.routing.create_queue(queue=queue).queue
        before = client.admin.get_server_info().time.seconds
        begun = time.monotonic()
        created = client.interactions.create_interaction(
            contact=v1.ContactInput(kind=v1.CHANNEL_KIND_EMAIL, address="a@example.org"),
            channel=v1.CHANNEL_KIND_CHAT,
            queue_id=made.id,
        ).interaction
        for _ in range(24):
            host.advance(hours=1)
        assert client.admin.get_server_info().time.seconds - before >= 24 * 3600
        assert time.monotonic() - begun < 15

        def waited() -> bool:
            stats = client.routing.get_queue_stats(queue_ids=[made.id])
            return stats.queues[0].longest_wait.seconds >= 24 * 3600

        eventually(waited, "the wait is a day long")
        assert created.queue_id == made.id
        with pytest.raises(ValueError, match="whole seconds"):
            host.advance(seconds=-1)
        with pytest.raises(ValueError, match="whole seconds"):
            host.advance(seconds=1.5)
        for end in (host.stop, host.kill):
            end()
            host.start()
            assert client.admin.get_server_info().time.seconds - before >= 24 * 3600


def test_it_keeps_what_it_knows_over_a_restart_and_nothing_afterwards() -> None:
    with server(settings={"limits.streams_per_key": "1"}) as host:
        with host.client() as client:
            client.routing.create_skill(skill=v1.Skill(name="kept"))
        endpoint = host.endpoint
        assert host.stop() == 0
        host.start()
        assert host.endpoint == endpoint
        with host.client() as client:
            assert [skill.name for skill in client.routing.list_skills()] == ["kept"]
            with client.feed(), pytest.raises(omnichannel.errors.StreamLimitError):
                client.feed(open_timeout=0.5).open()
        with pytest.raises(ServerError):
            host.start()
        folder = Path(host._folder)
        assert folder.is_dir()
    assert not folder.exists()


async def test_it_is_entered_asynchronously() -> None:
    async with server() as host, host.async_client() as client:
        assert (await client.admin.get_server_info()).database == v1.DATABASE_KIND_SQLITE
        async with client.feed(from_seq=1) as feed:
            assert isinstance(await feed.next(), FeedEvent)


def test_the_operator_has_a_key() -> None:
    with server() as host, host.client(api_key=host.platform_key) as client:
        names = {tenant.name for tenant in client.admin.list_tenants()}
        assert omnichannel.testing.TENANT in names


def test_a_binary_that_is_not_there_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ServerError, match="/nowhere/omnichannel"):
        server("/nowhere/omnichannel")
    monkeypatch.delenv("OMNICHANNEL_BINARY")
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(ServerError, match="OMNICHANNEL_BINARY"):
        server()


def test_settings_that_are_wrong_are_told_with_the_server_s_own_words() -> None:
    with pytest.raises(ServerError, match="read_connections"):
        server(settings={"database.read_connections": "0"}).start()


def test_the_server_ends_with_the_program_that_started_it() -> None:
    program = (
        "import omnichannel.testing as t\n"
        "s = t.server()\ns.start()\nprint(s._process.pid, s._folder, flush=True)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE_SECONDS,
    )
    pid, folder = done.stdout.split()
    assert not Path(folder).exists()
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid), 0)
