"""How each stream is opened: by which RPC, and with which request at which place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from google.protobuf import duration_pb2

from omnichannel import v1
from omnichannel._generated import methods
from omnichannel._method import Method
from omnichannel._stream.tracker import Kind, Start


@dataclass(frozen=True)
class Opening:
    """One kind of stream, and what it is about."""

    kind: Kind
    method: Method[Any, Any]
    request: Callable[[Start], Any]
    """The request, or the first frame up, at a place."""
    goes_up: bool = False
    """Whether frames go up too."""
    start: Start = field(default_factory=Start)
    """Where it begins."""


def feed_opening(from_seq: int | None, resume_token: str) -> Opening:
    """The tenant's feed: from now on, from a sequence, or behind a token."""
    if from_seq is not None and resume_token:
        raise ValueError("a feed starts at a sequence or at a token, not both")

    def request(at: Start) -> v1.WatchFeedRequest:
        if at.token:
            return v1.WatchFeedRequest(resume_token=at.token)
        return v1.WatchFeedRequest() if at.seq is None else v1.WatchFeedRequest(from_seq=at.seq)

    start = Start(resume_token, from_seq)
    return Opening(Kind.FEED, methods.ADMIN_WATCH_FEED, request, start=start)


def interaction_opening(interaction_id: str) -> Opening:
    """One interaction."""

    def request(at: Start) -> v1.WatchInteractionRequest:
        return v1.WatchInteractionRequest(interaction_id=interaction_id, resume_token=at.token)

    return Opening(Kind.EVENTS, methods.INTERACTION_WATCH_INTERACTION, request)


def shown(
    topics: Sequence[v1.DashboardTopic.ValueType],
    queue_ids: list[str] | None,
    min_interval: timedelta | None,
) -> v1.DashboardOpen:
    """What a dashboard shows."""
    made = v1.DashboardOpen(topics=topics, queue_ids=queue_ids or [])
    if min_interval is not None:
        interval = duration_pb2.Duration()
        interval.FromTimedelta(min_interval)
        made.min_interval.CopyFrom(interval)
    return made


def dashboard_opening(shows: v1.DashboardOpen) -> Opening:
    """A dashboard; what it shows may change while it is open."""

    def request(_: Start) -> v1.DashboardRequest:
        first = v1.DashboardRequest()
        first.open.CopyFrom(shows)
        return first

    return Opening(Kind.STATE, methods.ANALYTICS_DASHBOARD, request, goes_up=True)
