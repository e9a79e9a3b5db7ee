"""An agent's session, as far as both clients share it: the frames that go up, what comes down, and
what is known of an offer. Nobody here compares clocks to refuse an answer: an offer lives until an
event ends it, and the deadline only bounds how long an answer is waited for."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from omnichannel import v1
from omnichannel._generated import methods
from omnichannel._stream.frame import Delivered, What
from omnichannel._stream.machine import Machine
from omnichannel._stream.opening import Opening
from omnichannel._stream.tracker import Kind, Start
from omnichannel._updates import (
    Assigned,
    Consulting,
    InteractionChanged,
    MessageChanged,
    OfferEnded,
    PresenceChanged,
    SnapshotBegan,
    SnapshotEnded,
    Unassigned,
    UnknownChange,
    Update,
    moment,
    place,
)

COMMAND_SECONDS = 10.0
"""How long a command waits for its result, reconnecting included."""
ANSWER_MARGIN_SECONDS = 2.0
"""How long after its deadline an offer's answer may still be waited for."""
OFFERS_MAX = 512
"""Most offers that are kept in mind; an agent has far fewer."""

OfferT = TypeVar("OfferT", bound="OfferBase")


class OfferBase:
    """Work that an agent is asked to take."""

    def __init__(self, work: v1.OfferedWork, machine: Machine) -> None:
        self._work = work
        self._machine = machine
        self.ended: v1.Offer | None = None
        """The offer as it ended, once it did without being taken."""
        self.is_taken = False
        """Whether the agent owns the interaction now."""
        self._is_gone = False

    @property
    def id(self) -> str:
        """Identifier of the offer."""
        return self._work.offer.id

    @property
    def offer(self) -> v1.Offer:
        """The offer as it was made."""
        return self._work.offer

    @property
    def interaction(self) -> v1.Interaction:
        """What is offered."""
        return self._work.interaction

    @property
    def last_message(self) -> v1.Message | None:
        """Newest message of the customer; None when there is none."""
        return self._work.last_message if self._work.HasField("last_message") else None

    @property
    def expires_at(self) -> datetime:
        """When it ends for want of an answer, on the server's clock."""
        return moment(self._work.offer.expire_time)

    @property
    def remaining(self) -> float:
        """Seconds until then, 0 when it has passed; clocks that differ are allowed for."""
        due = self._work.offer.expire_time.ToNanoseconds() / 1e9
        return max(due - (time.time() + self._machine.server_ahead), 0.0)

    @property
    def is_open(self) -> bool:
        """Whether it waits for an answer, as far as the session has heard."""
        return self.ended is None and not self.is_taken and not self._is_gone

    def vanish(self) -> None:
        """A snapshot is without it: it ended while nobody could tell."""
        self._is_gone = True

    def patience(self, usual: float) -> float:
        """How long an answer is waited for: not much longer than the offer lives."""
        return min(usual, self.remaining + ANSWER_MARGIN_SECONDS)

    def __repr__(self) -> str:
        state = "open" if self.is_open else "taken" if self.is_taken else "ended"
        return f"<{type(self).__name__} {self.id} {state}>"


@dataclass(frozen=True)
class Offered(Update, Generic[OfferT]):
    """The agent is asked to take an interaction."""

    offer: OfferT


class OffersKnown(Generic[OfferT]):
    """The offers a session has heard of, kept true as events come in, before they are read."""

    def __init__(self, make: Callable[[v1.OfferedWork], OfferT]) -> None:
        self._make = make
        self._known: dict[str, OfferT] = {}
        # By the delivery that brought them: one that has ended by then is read as ended.
        self._unread: dict[int, OfferT] = {}
        # Those that the snapshot which is under way still has.
        self._kept: set[str] = set()

    def heard(self, delivered: Delivered) -> None:
        """Notes what an event says about offers."""
        if delivered.what is What.BEGUN:
            self._kept.clear()
        elif delivered.what is What.SNAPSHOT_END:
            for offer_id in self._known.keys() - self._kept:
                self._known.pop(offer_id).vanish()
        else:
            self._note(delivered)

    def read(self, delivered: Delivered) -> OfferT:
        """The offer that a delivery brought, once."""
        return self._unread.pop(id(delivered))

    def _note(self, delivered: Delivered) -> None:
        kind, value = content(delivered)
        if kind == "offered":
            self._unread[id(delivered)] = self._of(value)
            self._kept.add(value.offer.id)
        elif kind == "offer_ended":
            offer = self._known.pop(value.id, None)
            if offer is not None:
                offer.ended = value
        elif kind == "consulting":
            advised = self._known.pop(value.offer.id, None)
            if advised is not None:
                advised.is_taken = True
        elif kind == "assigned":
            taken = [one for one in self._known.values() if one.interaction.id == value.id]
            for offer in taken:
                offer.is_taken = True
                del self._known[offer.id]

    def _of(self, work: v1.OfferedWork) -> OfferT:
        offer = self._known.get(work.offer.id)
        if offer is None:
            offer = self._make(work)
            self._known[work.offer.id] = offer
            while len(self._known) > OFFERS_MAX:
                del self._known[next(iter(self._known))]
        return offer


def content(delivered: Delivered) -> tuple[str, Any]:
    """What a delivery holds: the name of it, and itself."""
    if delivered.what is What.EVENT:
        name = delivered.value.WhichOneof("event")
    elif delivered.what is What.SNAPSHOT:
        name = delivered.value.WhichOneof("item")
    else:
        name = None
    return (name, getattr(delivered.value, name)) if name else ("", None)


def agent_update(delivered: Delivered, offered: Callable[[Delivered], OfferT]) -> Any:
    """What a session yields: an Offered of the client's own offers, or an update of both."""
    at = place(delivered)
    if delivered.what is What.BEGUN:
        return SnapshotBegan(*at)
    if delivered.what is What.SNAPSHOT_END:
        return SnapshotEnded(*at)
    kind, value = content(delivered)
    if kind == "offered":
        return Offered(*at, offered(delivered))
    if kind == "unassigned":
        return Unassigned(*at, value.interaction_id, value.status)
    made = _UPDATES.get(kind)
    return UnknownChange(*at) if made is None else made(*at, value)


_UPDATES: dict[str, Callable[..., Update]] = {
    "presence": PresenceChanged,
    "presence_changed": PresenceChanged,
    "offer_ended": OfferEnded,
    "assigned": Assigned,
    "consulting": Consulting,
    "message": MessageChanged,
    "interaction_changed": InteractionChanged,
}


@dataclass(frozen=True)
class SessionOptions:
    """How a session is held."""

    session_id: str
    agent_id: str
    max_open_offers: int
    command_timeout: float

    def opening(self) -> Opening:
        """How it is opened."""
        return Opening(Kind.EVENTS, methods.AGENT_SESSION, self._first, goes_up=True)

    def _first(self, start: Start) -> v1.SessionRequest:
        return v1.SessionRequest(
            open=v1.SessionOpen(
                agent_id=self.agent_id,
                session_id=self.session_id,
                resume_token=start.token,
                max_open_offers=self.max_open_offers,
            )
        )
