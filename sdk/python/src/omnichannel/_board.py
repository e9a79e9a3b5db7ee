"""The dashboard's board and how a delta changes it. Items are replaced by identifier, new ones go
to the end, and the board stays as small as the contract says, whatever arrives."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from typing import Any

from omnichannel import v1
from omnichannel._stream.frame import Delivered, What

QUEUES_MAX = 500
AGENTS_MAX = 1000
CHANNELS_MAX = 64
ACTIVITY_MAX = 50

TOPICS = (
    v1.DASHBOARD_TOPIC_STATS,
    v1.DASHBOARD_TOPIC_QUEUES,
    v1.DASHBOARD_TOPIC_AGENTS,
    v1.DASHBOARD_TOPIC_CHANNELS,
    v1.DASHBOARD_TOPIC_ACTIVITY,
)
"""Everything a dashboard can show."""


@dataclass(frozen=True)
class LiveBoard:
    """The board at a moment."""

    board: v1.Board = field(default_factory=v1.Board)
    """What it shows. Never changed after it was yielded."""
    seq: int = 0
    """Sequence of the tenant's log that it reflects."""


def _merge(
    items: Iterable[Any],
    removed: Iterable[str],
    changed: Iterable[Any],
    most: int,
    key: Callable[[Any], Hashable],
) -> list[Any]:
    gone = set(removed)
    kept = {key(item): item for item in items if key(item) not in gone}
    for item in changed:
        if key(item) in kept or len(kept) < most:
            kept[key(item)] = item
    return list(kept.values())


def applied(board: v1.Board, delta: v1.BoardDelta) -> v1.Board:
    """The board after a delta."""
    queues = _merge(
        board.queues, delta.removed_queue_ids, delta.queues, QUEUES_MAX, lambda one: one.queue_id
    )
    agents = _merge(
        board.agents, delta.removed_agent_ids, delta.agents, AGENTS_MAX, lambda one: one.agent_id
    )
    channels = _merge(board.channels, (), delta.channels, CHANNELS_MAX, lambda one: one.channel)
    stats = delta.stats if delta.HasField("stats") else board.stats
    has_stats = delta.HasField("stats") or board.HasField("stats")
    return v1.Board(
        stats=stats if has_stats else None,
        queues=queues,
        agents=agents,
        channels=[channel for channel in channels if channel.count != 0],
        activity=[*board.activity, *delta.activity][-ACTIVITY_MAX:],
    )


class View:
    """The newest board."""

    def __init__(self) -> None:
        self.live = LiveBoard()

    def take(self, delivered: Delivered) -> bool:
        """Takes one delivery; answers whether there is a new board to show."""
        if delivered.what is What.BEGUN:
            return False
        board, shows = self.live.board, True
        if delivered.what is What.SNAPSHOT:
            board, shows = delivered.value, False
        elif delivered.what is What.EVENT:
            board = applied(board, delivered.value)
        self.live = LiveBoard(board, delivered.seq)
        return shows
