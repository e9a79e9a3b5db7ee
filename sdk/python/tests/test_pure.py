"""The thinking without the waiting: positions, waits, budgets, commands, boards and pages, tried
with what a server does seldom."""

from __future__ import annotations

import pickle
from concurrent.futures import Future
from typing import Any

import grpc
import pytest

from omnichannel import errors, v1
from omnichannel._agent import OfferBase, OffersKnown
from omnichannel._board import ACTIVITY_MAX, QUEUES_MAX, applied
from omnichannel._error import from_detail, local
from omnichannel._generated.methods import AGENT_SESSION, ROUTING_LIST_SKILLS
from omnichannel._hooks import NoHooks
from omnichannel._page import Walk
from omnichannel._retry import UNARY, Attempts, Backoff, Budget
from omnichannel._stream.book import COMMANDS_MAX, Book, Command
from omnichannel._stream.frame import Body, Delivered, Frame, What
from omnichannel._stream.machine import Machine
from omnichannel._stream.opening import Opening
from omnichannel._stream.reconnect import (
    HELD_AFTER_SECONDS,
    STREAM,
    Ending,
    Reconnect,
    Reopen,
    Silence,
    Stop,
)
from omnichannel._stream.tracker import Fault, Kind, Start, Tracker


def frame(body: Body, seq: int = 0, token: str = "", value: Any = None) -> Frame:
    return Frame(seq, token, body, value)


def greeting(resumption: v1.Resumption.ValueType, seq: int = 0) -> Frame:
    return frame(Body.HELLO, seq, value=v1.Hello(resumption=resumption))


def opened(kind: Kind, start: Start = Start()) -> Tracker:  # noqa: B008
    tracker = Tracker(kind, start)
    live = v1.RESUMPTION_LIVE if kind is Kind.FEED else v1.RESUMPTION_SNAPSHOT
    tracker.apply(greeting(live))
    if kind is not Kind.FEED:
        tracker.apply(frame(Body.SNAPSHOT_END, 10, "t10"))
    return tracker


def test_frames_of_one_event_share_a_sequence_and_come_again_after_a_loss() -> None:
    tracker = opened(Kind.EVENTS)
    assert tracker.apply(frame(Body.EVENT, 11, "t10", "a")) is not None
    assert tracker.apply(frame(Body.EVENT, 11, "t10", "b")) is not None
    assert tracker.start() == Start("t10")
    tracker.connect()
    tracker.apply(greeting(v1.RESUMPTION_RESUMED))
    assert tracker.apply(frame(Body.EVENT, 11, "t10", "a")) is None
    assert tracker.apply(frame(Body.EVENT, 11, "t10", "b")) is None
    last = tracker.apply(frame(Body.EVENT, 11, "t11", "c"))
    assert last is not None
    assert (last.value, last.token) == ("c", "t11")
    assert tracker.apply(frame(Body.EVENT, 9, "", "old")) is None


def test_what_a_snapshot_holds_is_not_told_again() -> None:
    tracker = opened(Kind.EVENTS)
    assert tracker.apply(frame(Body.EVENT, 10, "", "in the snapshot")) is None
    tracker.apply(frame(Body.HEARTBEAT, 12, "t12"))
    assert tracker.apply(frame(Body.EVENT, 12)) is None
    assert tracker.apply(frame(Body.EVENT, 13)) is not None


def test_a_state_has_two_changes_at_one_sequence() -> None:
    tracker = opened(Kind.STATE)
    assert tracker.apply(frame(Body.EVENT, 10)) is not None
    assert tracker.apply(frame(Body.EVENT, 10)) is not None
    again = tracker.apply(frame(Body.SNAPSHOT, 11, value="whole"))
    assert again is not None
    assert again.what is What.SNAPSHOT


@pytest.mark.parametrize(
    ("kind", "frames", "said"),
    [
        (Kind.EVENTS, [frame(Body.EVENT, 1)], "not Hello"),
        (Kind.FEED, [greeting(v1.RESUMPTION_LIVE)] * 2, "second Hello"),
        (Kind.FEED, [greeting(v1.RESUMPTION_SNAPSHOT)], "how the stream began"),
        (Kind.EVENTS, [greeting(v1.RESUMPTION_LIVE)], "how the stream began"),
        (Kind.EVENTS, [greeting(v1.RESUMPTION_UNSPECIFIED)], "how the stream began"),
        (Kind.EVENTS, [greeting(v1.RESUMPTION_RESUMED), frame(Body.SNAPSHOT)], "none was begun"),
        (Kind.EVENTS, [greeting(v1.RESUMPTION_RESUMED), frame(Body.SNAPSHOT_END)], "end of a"),
        (Kind.EVENTS, [greeting(v1.RESUMPTION_SNAPSHOT), frame(Body.EVENT)], "inside the"),
        (Kind.FEED, [greeting(v1.RESUMPTION_LIVE), frame(Body.GOODBYE), frame(Body.EVENT)], "aft"),
    ],
)
def test_frames_out_of_order_are_faults(kind: Kind, frames: list[Frame], said: str) -> None:
    tracker = Tracker(kind, Start())
    with pytest.raises(Fault, match=said):
        for one in frames:
            tracker.apply(one)


def test_a_feed_notices_gaps_and_goes_on_at_its_sequence() -> None:
    tracker = opened(Kind.FEED, Start(seq=5))
    tracker.connect()
    tracker.apply(greeting(v1.RESUMPTION_RESUMED))
    tracker.apply(frame(Body.EVENT, 5))
    assert tracker.apply(frame(Body.EVENT, 5)) is None
    assert tracker.start() == Start(seq=6)
    with pytest.raises(Fault, match="sequence 7 after 5"):
        tracker.apply(frame(Body.EVENT, 7))
    with pytest.raises(Fault, match="sequence 6 after 5"):
        tracker.apply(frame(Body.HEARTBEAT, 6))


def test_unknown_frames_are_passed_over() -> None:
    assert opened(Kind.FEED).apply(frame(Body.UNKNOWN)) is None


def test_waits_double_up_to_the_cap_and_spread_over_all_of_it() -> None:
    assert (Backoff(0.05, 2.0), Backoff(0.25, 30.0)) == (UNARY, STREAM)
    bounds = [STREAM.wait(failures, 1.0) for failures in range(9)]
    assert bounds == [0.25, 0.5, 1, 2, 4, 8, 16, 30, 30]
    assert STREAM.wait(10**9, 1.0) == 30
    assert (STREAM.wait(5, 0.0), STREAM.wait(2, 0.5)) == (0, 0.5)


def wait_of(step: Reopen | Stop) -> float:
    assert isinstance(step, Reopen)
    return step.wait


def waits(reconnect: Reconnect, ending: Ending, lived: float | None, count: int) -> list[float]:
    tracker = opened(Kind.EVENTS)
    return [wait_of(reconnect.next(ending, tracker, lived, 1.0)) for _ in range(count)]


def drained(seconds: float | None) -> v1.Goodbye:
    said = v1.Goodbye(reason=v1.GOODBYE_REASON_SERVER_DRAIN, action=v1.GOODBYE_ACTION_RESUME)
    if seconds is not None:
        said.reconnect_after.FromMilliseconds(round(seconds * 1000))
    return said


AWAY = local(grpc.StatusCode.UNAVAILABLE, "nobody listens")


@pytest.mark.parametrize("loss", [AWAY, Silence.SILENT, Silence.CLOSED])
def test_losses_wait_longer_each_time_until_a_stream_has_held(loss: Ending) -> None:
    reconnect = Reconnect()
    assert waits(reconnect, loss, None, 9) == [0.25, 0.5, 1, 2, 4, 8, 16, 30, 30]
    assert waits(reconnect, loss, 4.999, 1) == [30]
    assert waits(reconnect, loss, HELD_AFTER_SECONDS, 1) == [0.25]


def test_an_orderly_end_is_no_failure() -> None:
    reconnect = Reconnect()
    for _ in range(20):
        # A server that is drained and started again, and again, and again.
        assert waits(reconnect, drained(0.7), HELD_AFTER_SECONDS, 1) == [0.7]
        assert waits(reconnect, AWAY, None, 3) == [0.25, 0.5, 1]
    assert waits(Reconnect(), drained(None), None, 1) == [1]
    step = Reconnect().next(drained(None), opened(Kind.EVENTS), None, 0.25)
    assert wait_of(step) == 0.25, "spread over all of it"
    assert waits(Reconnect(), drained(0), 0.001, 5) == [0, 0, 0, 2, 4], "but not for ever"


def test_a_server_that_drains_is_not_a_broken_one() -> None:
    draining = errors.DrainingError("draining", reason="DRAINING", retry_after=1.0)
    reconnect = Reconnect()
    assert waits(reconnect, draining, None, 5) == [1.25, 1.25, 1.25, 2, 4]
    assert waits(reconnect, AWAY, None, 1) == [0.25]


def test_a_credential_is_renewed_once_before_its_refusal_stands() -> None:
    refused = local(grpc.StatusCode.UNAUTHENTICATED, "no")
    expired = v1.Goodbye(
        reason=v1.GOODBYE_REASON_CREDENTIALS_EXPIRED, action=v1.GOODBYE_ACTION_STOP
    )
    reconnect = Reconnect()
    for _ in range(20):
        assert reconnect.may_renew(expired, HELD_AFTER_SECONDS)
        assert reconnect.renew(HELD_AFTER_SECONDS, 1.0).wait == 0.25
    assert not reconnect.may_renew(refused, None), "the fresh one is refused too"
    # The fresh one ran out while nobody answered.
    waits(reconnect, Silence.CLOSED, None, 1)
    assert reconnect.may_renew(refused, None)
    assert not reconnect.may_renew(Silence.CLOSED, None)


def test_the_budget_is_spent_and_earned_back() -> None:
    budget = Budget(2)
    assert [budget.take() for _ in range(3)] == [True, True, False]
    for _ in range(9):
        budget.earn()
    assert not budget.take()
    budget.earn()
    assert [budget.take(), budget.take()] == [True, False]
    assert not Budget(0).take()


def test_calls_are_repeated_where_it_helps_and_there_is_time() -> None:
    down = local(grpc.StatusCode.UNAVAILABLE, "down")
    budget = Budget(100)

    def attempts(deadline: float | None = None) -> Attempts:
        return Attempts(budget, 4, deadline)

    four = attempts()
    assert [four.wait_after(down, 0, 1.0) for _ in range(4)] == [0.05, 0.1, 0.2, None]
    assert attempts(deadline=0.04).wait_after(down, 0, 1.0) is None
    refused = local(grpc.StatusCode.FAILED_PRECONDITION, "no")
    assert attempts().wait_after(refused, 0, 1.0) is None
    full = local(grpc.StatusCode.RESOURCE_EXHAUSTED, "full")
    assert attempts().wait_after(full, 0, 1.0) is None
    busy = errors.LedgerBusyError("busy", reason="LEDGER_BUSY", retry_after=0.3)
    assert attempts().wait_after(busy, 0, 1.0) == pytest.approx(0.35)
    broke = Attempts(Budget(0), 4, None)
    assert broke.wait_after(down, 0, 1.0) is None
    assert Attempts(Budget(0), 4, None).wait_after(busy, 0, 1.0) is not None


def command(name: str) -> tuple[Command, Future[v1.CommandOk]]:
    waiter: Future[v1.CommandOk] = Future()
    return Command(name, name, waiter), waiter


def test_commands_wait_keep_the_limit_and_go_up_again() -> None:
    book = Book()
    (a, of_a), (b, of_b), (c, of_c) = command("a"), command("b"), command("c")
    book.push(a)
    assert book.take() is None
    book.open(1)
    book.push(b)
    assert (book.take(), book.take()) == ("a", None)
    book.push(c)
    of_b.cancel()
    book.lost()
    assert book.take() is None
    book.open(10)
    assert [book.take(), book.take(), book.take()] == ["a", "c", None]
    detail = v1.ErrorDetail(code=9, reason=v1.ERROR_REASON_OFFER_EXPIRED, message="late")
    book.settle(v1.CommandResult(request_id="c", error=detail))
    book.settle(v1.CommandResult(request_id="a", ok=v1.CommandOk(seq=7)))
    book.settle(v1.CommandResult(request_id="unknown", ok=v1.CommandOk(seq=7)))
    assert of_a.result(0).seq == 7
    assert isinstance(of_c.exception(0), errors.OfferExpiredError)


def test_the_book_is_bounded_and_fails_everybody_at_the_end() -> None:
    book = Book()
    waiters: list[Future[v1.CommandOk]] = []
    while book.has_room:
        one, waiter = command(str(len(waiters)))
        book.push(one)
        waiters.append(waiter)
    assert len(waiters) == COMMANDS_MAX
    book.fail(local(grpc.StatusCode.UNAVAILABLE, "over"))
    assert all(isinstance(waiter.exception(0), errors.Unavailable) for waiter in waiters)


def test_reasons_of_a_newer_contract_come_as_their_code() -> None:
    unknown: Any = 9999
    newer = from_detail(v1.ErrorDetail(code=9, reason=unknown, message="new"))
    assert type(newer) is errors.FailedPrecondition
    assert newer.reason == "9999"
    odd = from_detail(v1.ErrorDetail(code=77, message="odd"))
    assert type(odd) is errors.OmnichannelError
    assert odd.reason == ""


def test_a_board_is_changed_by_deltas_and_stays_small() -> None:
    board = v1.Board(
        stats=v1.RealTimeStats(seq=1),
        queues=[v1.QueueStats(queue_id="a", depth=1), v1.QueueStats(queue_id="b", depth=1)],
        channels=[v1.ChannelCount(channel=v1.CHANNEL_KIND_EMAIL, count=4)],
    )
    delta = v1.BoardDelta(
        queues=[v1.QueueStats(queue_id="c", depth=9), v1.QueueStats(queue_id="b", depth=7)],
        removed_queue_ids=["a"],
        channels=[v1.ChannelCount(channel=v1.CHANNEL_KIND_EMAIL, count=0)],
    )
    after = applied(board, delta)
    assert [(one.queue_id, one.depth) for one in after.queues] == [("b", 7), ("c", 9)]
    assert (after.stats.seq, list(after.channels)) == (1, [])
    assert len(board.queues) == 2
    for seq in range(120):
        queues = [v1.QueueStats(queue_id=f"{seq} {index}") for index in range(10)]
        line = v1.ActivityLine(seq=seq)
        after = applied(after, v1.BoardDelta(queues=queues, activity=[line]))
    assert len(after.activity) == ACTIVITY_MAX
    assert after.activity[-1].seq == 119
    assert len(after.queues) == QUEUES_MAX


def test_a_listing_that_goes_in_circles_ends_in_an_error() -> None:
    walk: Walk[v1.Skill] = Walk(ROUTING_LIST_SKILLS, v1.ListSkillsRequest())
    walk.advance(v1.ListSkillsResponse(next_page_token="same"))
    with pytest.raises(errors.Internal, match="does not end"):
        walk.advance(v1.ListSkillsResponse(next_page_token="same"))


def offered(interaction_id: str, snapshot: bool = False) -> Delivered:
    work = v1.OfferedWork(
        offer=v1.Offer(id=f"offer of {interaction_id}"),
        interaction=v1.Interaction(id=interaction_id),
    )
    if snapshot:
        return Delivered(1, "", What.SNAPSHOT, v1.AgentSnapshot(offered=work))
    return Delivered(1, "", What.EVENT, v1.AgentEvent(offered=work))


def test_an_offer_that_ended_before_it_is_read_is_read_as_ended() -> None:
    machine = Machine(Opening(Kind.EVENTS, AGENT_SESSION, lambda _: None), None, NoHooks())
    known = OffersKnown(lambda work: OfferBase(work, machine))
    deliveries = {name: offered(name) for name in ("taken", "ended", "vanished", "kept")}
    for delivery in deliveries.values():
        known.heard(delivery)
    assigned = v1.AgentEvent(assigned=v1.Interaction(id="taken"))
    known.heard(Delivered(2, "", What.EVENT, assigned))
    over = v1.Offer(id="offer of ended", state=v1.OFFER_STATE_TIMED_OUT)
    known.heard(Delivered(3, "", What.EVENT, v1.AgentEvent(offer_ended=over)))
    # What a snapshot no longer has ended while the session was away.
    again = offered("kept", snapshot=True)
    for delivery in (Delivered(4, "", What.BEGUN), again, Delivered(4, "", What.SNAPSHOT_END)):
        known.heard(delivery)
    read = {name: known.read(delivery) for name, delivery in deliveries.items()}
    assert [name for name, offer in read.items() if offer.is_open] == ["kept"]
    assert read["taken"].is_taken
    assert read["ended"].ended == over
    assert known.read(again) is read["kept"]


def test_errors_go_to_other_processes() -> None:
    told = from_detail(v1.ErrorDetail(code=9, reason=v1.ERROR_REASON_OFFER_EXPIRED, message="late"))
    for error in (told, errors.StreamStoppedError(v1.GOODBYE_REASON_REPLACED)):
        copied = pickle.loads(pickle.dumps(error))
        assert type(copied) is type(error)
        assert (str(copied), vars(copied)) == (str(error), vars(error))
