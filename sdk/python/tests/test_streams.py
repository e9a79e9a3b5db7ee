"""Streams against a peer that follows a script: what the client makes of silence, goodbyes, refused
positions and broken promises, and what it tells on the side. Both clients are put through the same
scripts."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator

import grpc
import pytest
from scripted import Script, event, goodbye, hello, refuse, serving

from omnichannel import (
    AsyncClient,
    Client,
    FeedEvent,
    FeedItem,
    StreamState,
    errors,
    v1,
)

LIVE, RESUMED = v1.RESUMPTION_LIVE, v1.RESUMPTION_RESUMED
RESUME, RESYNC, STOP = (
    v1.GOODBYE_ACTION_RESUME,
    v1.GOODBYE_ACTION_RESYNC,
    v1.GOODBYE_ACTION_STOP,
)
Frames = Iterator[v1.FeedFrame]
Context = grpc.ServicerContext
Follow = Callable[..., "tuple[list[int | str], list[str], Exception | None]"]


def seen(item: FeedItem) -> int | str:
    return item.seq if isinstance(item, FeedEvent) else f"restarted {item.seq}"


def follow_blocking(
    endpoint: str, count: int, from_seq: int | None = None, token: str = ""
) -> tuple[list[int | str], list[str], Exception | None]:
    """Reads so many items of a feed: what came, the states, and the error that ended it."""
    items: list[int | str] = []
    states: list[str] = []

    def note(state: StreamState) -> None:
        states.append(state.value)

    with Client(endpoint, api_key="omk_x") as client:
        feed = client.feed(from_seq=from_seq, resume_token=token, on_state=note)
        try:
            while len(items) < count:
                items.append(seen(feed.next(timeout=20)))
        except errors.OmnichannelError as error:
            assert feed.state is StreamState.STOPPED
            assert list(feed) == []
            return items, states, error
        finally:
            feed.close()
    return items, states, None


def follow_async(
    endpoint: str, count: int, from_seq: int | None = None, token: str = ""
) -> tuple[list[int | str], list[str], Exception | None]:
    """As `follow_blocking`, with the asynchronous client."""
    items: list[int | str] = []
    states: list[str] = []

    async def work() -> Exception | None:
        async with AsyncClient(endpoint, api_key="omk_x") as client:
            feed = client.feed(
                from_seq=from_seq,
                resume_token=token,
                on_state=lambda state: states.append(state.value),
            )
            try:
                while len(items) < count:
                    items.append(seen(await asyncio.wait_for(feed.next(), 20)))
            except errors.OmnichannelError as error:
                assert feed.state is StreamState.STOPPED
                assert [item async for item in feed] == []
                return error
            finally:
                await feed.close()
        return None

    error = asyncio.run(work())
    return items, states, error


both = pytest.mark.parametrize("follow", [follow_blocking, follow_async])


def then(*frames: v1.FeedFrame, ends: bool = True) -> Script:
    """Says these frames; then ends, or stays silent."""

    def script(request: v1.WatchFeedRequest, context: Context) -> Frames:
        yield from frames
        if not ends:
            over = threading.Event()
            context.add_callback(over.set)
            over.wait(30)

    return script


@both
def test_a_stream_that_ends_without_a_word_goes_on_where_it_was(follow: Follow) -> None:
    first = then(hello(LIVE, 4), event(5), event(6))
    again = then(hello(RESUMED, 6), event(6), event(7), ends=False)
    with serving(first, again) as (endpoint, peer):
        items, states, error = follow(endpoint, 3)
    assert (items, error) == ([5, 6, 7], None)
    assert peer.openings == ["new", "at 6"]
    assert states[:3] == ["connected", "resuming", "connected"]


@both
def test_silence_is_noticed_after_two_and_a_half_heartbeats(follow: Follow) -> None:
    first = then(hello(LIVE, 0, heartbeat=0.1), event(1), ends=False)
    again = then(hello(RESUMED, 1, heartbeat=10), event(2), ends=False)
    with serving(first, again) as (endpoint, peer):
        begun = time.monotonic()
        items, _, _ = follow(endpoint, 2)
        took = time.monotonic() - begun
    assert items == [1, 2]
    assert peer.openings == ["new", "at 1"]
    assert 0.24 < took < 5


@both
def test_goodbyes_are_obeyed(follow: Follow) -> None:
    drain = v1.GOODBYE_REASON_SERVER_DRAIN
    scripts = (
        then(hello(LIVE, 0), event(1), goodbye(RESUME, drain)),
        then(hello(RESUMED, 1), event(2), goodbye(RESYNC)),
        then(hello(LIVE, 9), event(10), goodbye(STOP, v1.GOODBYE_REASON_TENANT_SUSPENDED)),
    )
    with serving(*scripts) as (endpoint, peer):
        items, states, error = follow(endpoint, 100)
    assert items == [1, 2, "restarted 9", 10]
    assert peer.openings == ["new", "at 1", "new"]
    assert isinstance(error, errors.StreamStoppedError)
    assert error.goodbye == v1.GOODBYE_REASON_TENANT_SUSPENDED
    assert "TENANT_SUSPENDED" in str(error)
    assert "draining" in states
    assert states[-2:] == ["resynced", "stopped"]


@both
def test_a_position_that_is_gone_is_told_and_passed_over(follow: Follow) -> None:
    def gone(request: v1.WatchFeedRequest, context: Context) -> Frames:
        refuse(context, grpc.StatusCode.OUT_OF_RANGE, "RESUME_TOKEN_EXPIRED", oldest_seq="8")
        yield from ()

    first = then(hello(LIVE, 0), event(1))
    again = then(hello(RESUMED, 7), event(8), ends=False)
    with serving(first, gone, again) as (endpoint, peer):
        items, _, _ = follow(endpoint, 3)
    assert items == [1, "restarted 7", 8]
    assert peer.openings == ["new", "at 1", "8"]


@both
def test_a_token_that_is_not_taken_leaves_the_sequence(follow: Follow) -> None:
    def foreign(request: v1.WatchFeedRequest, context: Context) -> Frames:
        refuse(context, grpc.StatusCode.INVALID_ARGUMENT, "RESUME_TOKEN_INVALID")
        yield from ()

    first = then(hello(LIVE, 0), event(1))
    again = then(hello(RESUMED, 1), event(2), ends=False)
    with serving(first, foreign, again) as (endpoint, peer):
        items, _, _ = follow(endpoint, 2)
    assert items == [1, 2]
    assert peer.openings == ["new", "at 1", "2"]


@both
def test_a_start_that_is_gone_is_an_error_at_once(follow: Follow) -> None:
    def gone(request: v1.WatchFeedRequest, context: Context) -> Frames:
        refuse(context, grpc.StatusCode.OUT_OF_RANGE, "RESUME_TOKEN_EXPIRED", oldest_seq="8")
        yield from ()

    with serving(gone) as (endpoint, peer):
        _, _, error = follow(endpoint, 1, from_seq=3)
        assert isinstance(error, errors.ResumeTokenExpiredError)
        assert error.metadata == {"oldest_seq": "8"}
        _, _, error = follow(endpoint, 1, token="old")
        assert isinstance(error, errors.ResumeTokenExpiredError)
    assert peer.openings == ["3", "old"]


@both
def test_refusals_that_repeating_does_not_mend_end_the_stream(follow: Follow) -> None:
    def denied(request: v1.WatchFeedRequest, context: Context) -> Frames:
        refuse(context, grpc.StatusCode.PERMISSION_DENIED, "PERMISSION_DENIED")
        yield from ()

    with serving(denied) as (endpoint, peer):
        _, _, error = follow(endpoint, 1)
    assert isinstance(error, errors.PermissionDeniedError)
    assert len(peer.openings) == 1


@both
def test_five_broken_promises_in_a_row_end_the_stream(follow: Follow) -> None:
    gap = then(hello(RESUMED, 0), event(1), event(3))
    with serving(gap) as (endpoint, peer):
        items, _, error = follow(endpoint, 100, from_seq=1)
    assert items == [1]
    assert isinstance(error, errors.Internal)
    assert "NoHello" not in str(error)
    assert len(peer.openings) == 5


@both
def test_what_is_between_the_peers_counts_as_unavailable_and_is_tried_again(
    follow: Follow,
) -> None:
    def broken(request: v1.WatchFeedRequest, context: Context) -> Frames:
        context.abort(grpc.StatusCode.UNKNOWN, "a proxy without manners")
        yield from ()

    with serving(broken, then(hello(LIVE, 0), event(1), ends=False)) as (endpoint, peer):
        items, _, _ = follow(endpoint, 1)
    assert items == [1]
    assert len(peer.openings) == 2


def test_a_reader_that_does_not_read_stops_the_stream_from_reading() -> None:
    sent = 0

    def flood(request: v1.WatchFeedRequest, context: Context) -> Frames:
        nonlocal sent
        yield hello(LIVE, 0, heartbeat=0.1)
        for seq in range(1, 50_000):
            if not context.is_active():
                return
            sent = seq
            frame = event(seq)
            frame.event.actor_id = "x" * 4000
            yield frame

    with serving(flood) as (endpoint, peer), Client(endpoint) as client:
        feed = client.feed()
        feed.open()
        last = -1
        while sent != last:
            last = sent
            time.sleep(0.3)
        assert sent < 20_000
        assert [seen(feed.next(5)) for _ in range(2000)] == list(range(1, 2001))
        assert len(peer.openings) == 1
        feed.close()
        with pytest.raises(StopIteration):
            feed.next(1)


def test_a_feed_that_nobody_answers_gives_up_in_time() -> None:
    from omnichannel.testing import free_port

    with Client(f"http://127.0.0.1:{free_port()}") as client:
        feed = client.feed(open_timeout=0.5)
        begun = time.monotonic()
        with pytest.raises(errors.Unavailable):
            feed.open()
        assert time.monotonic() - begun < 3
        with pytest.raises(ValueError, match="not both"):
            client.feed(from_seq=1, resume_token="x")


def test_what_is_told_of_states_may_fail() -> None:
    def fails(state: StreamState) -> None:
        raise RuntimeError(state.value)

    with serving(then(hello(LIVE, 0), event(1), ends=False)) as (endpoint, _):
        with Client(endpoint) as client, client.feed(on_state=fails) as feed:
            assert seen(feed.next(5)) == 1


async def test_closing_ends_what_waits() -> None:
    with serving(then(hello(LIVE, 0), ends=False)) as (endpoint, _):
        async with AsyncClient(endpoint) as client, client.feed() as feed:
            waiting = asyncio.create_task(feed.next())
            await asyncio.sleep(0)
            await feed.close()
            with pytest.raises((StopAsyncIteration, RuntimeError)):
                await waiting
    with serving(then(hello(LIVE, 0), ends=False)) as (endpoint, _):
        with Client(endpoint) as blocking, blocking.feed() as blocked:
            ended: list[FeedItem] = []
            reader = threading.Thread(target=lambda: ended.extend(blocked))
            reader.start()
            blocked.close()
            reader.join(5)
            assert not reader.is_alive()
            assert ended == []


async def test_streams_end_with_their_client() -> None:
    with serving(then(hello(LIVE, 0), ends=False)) as (endpoint, _):
        blocking = Client(endpoint)
        blocked = blocking.feed()
        blocked.open()
        blocking.close()
        assert list(blocked) == []
        assert blocked.state is StreamState.STOPPED
        awaiting = AsyncClient(endpoint)
        awaited = awaiting.feed()
        await awaited.open()
        await awaiting.close()
        assert [item async for item in awaited] == []
        with pytest.raises(errors.Cancelled):
            await awaited.open()
