"""What streams yield, and how it is made from what was delivered. The same for both clients."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TypeAlias

from google.protobuf import timestamp_pb2

from omnichannel import v1
from omnichannel._stream.frame import Delivered, What


@dataclass(frozen=True)
class FeedEvent:
    """The next event of the tenant."""

    event: v1.Event
    resume_token: str
    """Continues behind this event, in this process or another."""

    @property
    def seq(self) -> int:
        """Place in the tenant's log."""
        return self.event.seq

    @property
    def kind(self) -> str:
        """Kind in dotted form, such as interaction.created."""
        return self.event.kind


@dataclass(frozen=True)
class FeedRestarted:
    """The feed could not go on where it was: events before this place may be missing, and after
    the database was restored sequences may begin lower."""

    seq: int
    """Sequence that the feed has reached."""


FeedItem: TypeAlias = FeedEvent | FeedRestarted
"""What a feed tells."""


def feed_item(delivered: Delivered) -> FeedItem | None:
    """What a feed yields."""
    if delivered.what is What.EVENT:
        return FeedEvent(delivered.value, delivered.token)
    if delivered.what is What.BEGUN and delivered.again:
        return FeedRestarted(delivered.seq)
    return None


@dataclass(frozen=True)
class Update:
    """One change, in its place."""

    seq: int
    """Sequence that the stream has reached."""
    event_id: str
    """Identifier of the event; the same when it is delivered again, empty inside a snapshot."""
    time: datetime | None
    """When it was committed; None inside a snapshot."""
    in_snapshot: bool
    """Whether it tells what already is, as a stream does when it begins."""


@dataclass(frozen=True)
class SnapshotBegan(Update):
    """A snapshot begins: forget what was known before."""


@dataclass(frozen=True)
class SnapshotEnded(Update):
    """The snapshot is complete; what follows are changes."""


@dataclass(frozen=True)
class PresenceChanged(Update):
    """The presence of the agent."""

    presence: v1.Presence


@dataclass(frozen=True)
class OfferEnded(Update):
    """An offer ended without being taken, or a consult is over."""

    offer: v1.Offer


@dataclass(frozen=True)
class Consulting(Update):
    """The agent advises on an interaction: they accepted just now, or it was changed."""

    work: v1.OfferedWork


@dataclass(frozen=True)
class OfferChanged(Update):
    """An offer of the interaction was made, or moved on."""

    offer: v1.Offer


@dataclass(frozen=True)
class Assigned(Update):
    """The agent owns an interaction."""

    interaction: v1.Interaction


@dataclass(frozen=True)
class Unassigned(Update):
    """The agent no longer owns an interaction."""

    interaction_id: str
    status: v1.InteractionStatus.ValueType
    """Its status after the change."""


@dataclass(frozen=True)
class MessageChanged(Update):
    """A message is new, or its delivery moved on."""

    message: v1.Message


@dataclass(frozen=True)
class InteractionChanged(Update):
    """An interaction was changed."""

    interaction: v1.Interaction


@dataclass(frozen=True)
class UnknownChange(Update):
    """Something this version is too old to know."""


InteractionUpdate: TypeAlias = (
    SnapshotBegan
    | SnapshotEnded
    | InteractionChanged
    | MessageChanged
    | OfferChanged
    | UnknownChange
)
"""What the stream of one interaction tells."""


def moment(value: timestamp_pb2.Timestamp) -> datetime:
    """A moment of the contract."""
    return value.ToDatetime(tzinfo=timezone.utc)


def place(delivered: Delivered) -> tuple[int, str, datetime | None, bool]:
    """What every update says of its place."""
    if delivered.what is What.EVENT:
        event = delivered.value
        return delivered.seq, event.id, moment(event.time), False
    return delivered.seq, "", None, True


def interaction_update(delivered: Delivered) -> InteractionUpdate:
    """What a stream of one interaction yields."""
    at = place(delivered)
    if delivered.what is What.BEGUN:
        return SnapshotBegan(*at)
    if delivered.what is What.SNAPSHOT_END:
        return SnapshotEnded(*at)
    oneof = "item" if delivered.what is What.SNAPSHOT else "change"
    name = delivered.value.WhichOneof(oneof)
    if name in ("interaction", "interaction_changed"):
        return InteractionChanged(*at, getattr(delivered.value, name))
    if name == "message":
        return MessageChanged(*at, delivered.value.message)
    if name == "offer":
        return OfferChanged(*at, delivered.value.offer)
    return UnknownChange(*at)
