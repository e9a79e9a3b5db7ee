"""Streams of a real server: every event once and in order over cuts, restarts and drains; whole
boards; one interaction followed to its end."""

from __future__ import annotations

import asyncio
import random
import threading
import time

import pytest
from conftest import PATIENCE_SECONDS, Tenant, background, eventually
from proxy import Proxy

import omnichannel
from omnichannel import (
    AsyncClient,
    Client,
    FeedEvent,
    FeedItem,
    FeedStream,
    InteractionChanged,
    MessageChanged,
    SnapshotBegan,
    SnapshotEnded,
    StreamState,
    errors,
    v1,
)
from omnichannel.testing import Server

EVENTS = 200


def cutting(proxy: Proxy, over: threading.Event) -> None:
    """Cuts and refuses at random, a few times or until it is over. Not often: each loss within a
    minute doubles the longest wait before the stream is opened again."""
    chance = random.Random(7)
    for _ in range(5):
        if over.wait(chance.uniform(0.02, 0.2)):
            return
        if chance.random() < 0.3:
            proxy.refuse(True)
            proxy.cut()
            over.wait(0.1)
            proxy.refuse(False)
        else:
            proxy.cut()


def sequences(items: list[FeedItem]) -> list[int]:
    """The sequences of a feed that was never restarted."""
    found: list[int] = []
    for item in items:
        assert isinstance(item, FeedEvent)
        found.append(item.seq)
    return found


def test_a_feed_that_is_cut_again_and_again_tells_every_event_once_in_order(
    tenant: Tenant, proxy: Proxy
) -> None:
    states: list[StreamState] = []
    items: list[FeedItem] = []
    with (
        Client(proxy.endpoint, api_key=tenant.key) as client,
        client.feed(on_state=states.append) as feed,
    ):
        writer = background(lambda: tenant.skills(EVENTS))
        while len(items) < EVENTS:
            items.append(feed.next(PATIENCE_SECONDS))
            if len(items) % 40 == 20:
                proxy.cut()
        writer.join()
    first = sequences(items)[0]
    assert sequences(items) == list(range(first, first + EVENTS))
    names = {item.event.id for item in items if isinstance(item, FeedEvent)}
    assert len(names) == EVENTS
    assert states.count(StreamState.RESUMING) >= 2
    assert StreamState.RESYNCED not in states


async def test_many_asynchronous_feeds_that_are_cut_tell_every_event(
    tenant: Tenant, proxy: Proxy
) -> None:
    async def read(client: AsyncClient) -> list[int]:
        items: list[FeedItem] = []
        async with client.feed(from_seq=1) as feed:
            while len(items) < EVENTS:
                items.append(await asyncio.wait_for(feed.next(), PATIENCE_SECONDS))
        return sequences(items)

    over = threading.Event()
    async with AsyncClient(proxy.endpoint, api_key=tenant.key) as client:
        readers = [asyncio.create_task(read(client)) for _ in range(8)]
        writer = background(lambda: tenant.skills(EVENTS))
        cutter = background(lambda: cutting(proxy, over))
        found = await asyncio.gather(*readers)
        over.set()
        await asyncio.to_thread(cutter.join)
        await asyncio.to_thread(writer.join)
    assert found == [list(range(1, EVENTS + 1))] * 8


def test_a_feed_is_taken_up_in_another_process(tenant: Tenant) -> None:
    with tenant.client.feed(from_seq=1) as feed:
        first = feed.next(PATIENCE_SECONDS)
    assert isinstance(first, FeedEvent)
    with tenant.client.feed(resume_token=first.resume_token) as feed:
        second = feed.next(PATIENCE_SECONDS)
    assert isinstance(second, FeedEvent)
    assert second.seq == first.seq + 1
    with pytest.raises(errors.ResumeTokenInvalidError):
        tenant.client.feed(resume_token="forged").open()


def test_a_restart_of_the_server_loses_and_doubles_nothing(own: Server) -> None:
    states: list[StreamState] = []
    with own.client() as client, client.feed(on_state=states.append) as feed:
        for index in range(4):
            client.routing.create_skill(skill=v1.Skill(name=f"before {index}"))
            if index % 2:
                own.kill()
                own.start()
            else:
                own.restart()
            client.routing.create_skill(skill=v1.Skill(name=f"after {index}"))
        found: list[int] = []
        while len(found) < 8:
            item = feed.next(PATIENCE_SECONDS)
            assert isinstance(item, FeedEvent)
            if item.event.HasField("config_changed"):
                found.append(item.seq)
        assert found == sorted(set(found))
    assert StreamState.DRAINING in states
    assert StreamState.RESYNCED not in states


def test_one_interaction_is_followed_through_cuts(tenant: Tenant, proxy: Proxy) -> None:
    interaction = tenant.interaction("Where is my parcel?")
    with Client(proxy.endpoint, api_key=tenant.key) as client:
        stream = client.watch_interaction(interaction.id)
        seen = [stream.next(PATIENCE_SECONDS) for _ in range(4)]
        assert isinstance(seen[0], SnapshotBegan)
        assert isinstance(seen[1], InteractionChanged)
        assert seen[1].in_snapshot
        assert isinstance(seen[2], MessageChanged)
        assert seen[2].message.body == "Where is my parcel?"
        assert isinstance(seen[3], SnapshotEnded)
        notes: list[str] = []
        for index in range(5):
            tenant.client.interactions.send_message(
                interaction_id=interaction.id,
                body=f"note {index}",
                kind=v1.SEND_KIND_INTERNAL_NOTE,
            )
            proxy.cut()
        while len(notes) < 5:
            update = stream.next(PATIENCE_SECONDS)
            if isinstance(update, MessageChanged):
                assert not update.in_snapshot
                assert update.event_id
                assert update.time is not None
                notes.append(update.message.body)
        assert notes == [f"note {index}" for index in range(5)]
        stream.close()
    with pytest.raises(errors.ResourceNotFoundError):
        tenant.client.watch_interaction(omnichannel.new_request_id()).open()


def test_boards_are_whole_and_new(tenant: Tenant, proxy: Proxy) -> None:
    with Client(proxy.endpoint, api_key=tenant.key) as client, client.dashboard() as board:
        first = board.next(PATIENCE_SECONDS)
        assert {queue.name for queue in first.board.queues} >= {"support"}
        for _ in range(3):
            tenant.interaction()

        def depth() -> int:
            queues = board.next(PATIENCE_SECONDS).board.queues
            return next(queue.depth for queue in queues if queue.name == "support")

        eventually(lambda: depth() == 3, "the board shows all three")
        proxy.cut()
        tenant.interaction()
        eventually(lambda: depth() == 4, "the board goes on after a cut")
        assert board.current.seq > first.seq
        assert all(queue.depth == 0 for queue in first.board.queues)
        board.update([v1.DASHBOARD_TOPIC_AGENTS])
        eventually(lambda: not board.next(PATIENCE_SECONDS).board.queues, "it shows less")
        proxy.cut()
        tenant.agent()
        live = board.next(PATIENCE_SECONDS)
        assert not live.board.queues


async def test_boards_are_yielded_asynchronously(tenant: Tenant) -> None:
    async with tenant.host.async_client(api_key=tenant.key) as client:
        topics = [v1.DASHBOARD_TOPIC_QUEUES]
        async with client.dashboard(topics=topics) as board:
            async for live in board:
                depths = {queue.name: queue.depth for queue in live.board.queues}
                if depths.get("support") == 1:
                    break
                if depths.get("support") == 0:
                    await asyncio.to_thread(tenant.interaction)


def test_a_revoked_key_ends_the_stream_and_a_fresh_token_mends_it(tenant: Tenant) -> None:
    admin = tenant.client.admin
    made = admin.create_api_key(api_key=v1.ApiKey(name="soon gone", role=v1.ROLE_INTEGRATION))
    other = admin.create_api_key(api_key=v1.ApiKey(name="stays", role=v1.ROLE_INTEGRATION))
    tokens = iter([made.key, other.key])
    with Client(tenant.host.endpoint, api_key=made.key) as plain:
        renewing = Client(tenant.host.endpoint, token_provider=lambda: next(tokens))
        with renewing, plain.feed() as ends, renewing.feed() as lives:
            admin.revoke_api_key(api_key_id=made.api_key.id)
            tenant.skills(1)
            with pytest.raises(errors.OmnichannelError) as ended:
                list(ends)
            assert isinstance(
                ended.value, errors.StreamStoppedError | errors.CredentialsInvalidError
            )
            kinds: list[str] = []
            while "config.changed" not in kinds:
                item = lives.next(PATIENCE_SECONDS)
                assert isinstance(item, FeedEvent)
                kinds.append(item.kind)
            assert kinds == ["api_key.changed", "config.changed"]


async def test_a_provider_that_fails_is_asked_again(tenant: Tenant) -> None:
    asked: list[int] = []

    def provider() -> str:
        asked.append(1)
        if len(asked) % 2:
            raise RuntimeError("the issuer is away")
        return tenant.key

    async def awaited() -> str:
        return provider()

    with Client(tenant.host.endpoint, token_provider=provider) as client:
        with client.feed(from_seq=1) as feed:
            assert isinstance(feed.next(PATIENCE_SECONDS), FeedEvent)
    async with (
        AsyncClient(tenant.host.endpoint, token_provider=awaited) as awaiting,
        awaiting.feed(from_seq=1) as feed_of_it,
    ):
        assert isinstance(await feed_of_it.next(), FeedEvent)
    assert len(asked) == 4


def test_a_reader_who_comes_late_misses_nothing(tenant: Tenant) -> None:
    with tenant.client.feed(from_seq=1) as feed:
        time.sleep(0.2)
        made = tenant.skills(30)
        found: list[str] = []
        while made[-1] not in found:
            found.append(changed(feed))
        assert [one for one in found if one in made] == made


def changed(feed: FeedStream) -> str:
    """The resource that the next event is about."""
    item = feed.next(PATIENCE_SECONDS)
    assert isinstance(item, FeedEvent)
    return item.event.config_changed.resource_id
