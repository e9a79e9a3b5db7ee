"""The live streams of the blocking client. Each opens when it is entered, iterated or told to, goes
on over lost connections, and raises what ended it for good as its last item. They may be used from
several threads."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Generic, TypeAlias, TypeVar

from omnichannel import v1
from omnichannel._agent import OfferBase, Offered, OffersKnown, SessionOptions, agent_update
from omnichannel._blocking.driver import Driver, Line
from omnichannel._board import LiveBoard, View
from omnichannel._error import OmnichannelError
from omnichannel._hooks import Hooks
from omnichannel._method import new_request_id
from omnichannel._stream.frame import Delivered
from omnichannel._stream.machine import Machine
from omnichannel._stream.opening import Opening
from omnichannel._stream.state import OnState, StreamState
from omnichannel._updates import (
    Assigned,
    Consulting,
    FeedItem,
    InteractionChanged,
    InteractionUpdate,
    MessageChanged,
    OfferEnded,
    PresenceChanged,
    SnapshotBegan,
    SnapshotEnded,
    Unassigned,
    UnknownChange,
    feed_item,
    interaction_update,
)

if TYPE_CHECKING:
    from typing_extensions import Self

T = TypeVar("T")


class Wiring:
    """What a client gives to each of its streams."""

    def __init__(
        self,
        opening: Opening,
        hooks: Hooks,
        line: Line,
        on_state: OnState | None,
        open_timeout: float,
    ) -> None:
        self.machine = Machine(opening, on_state, hooks)
        self.line = line
        self.open_timeout = open_timeout


class Stream(Generic[T]):
    """What all streams share."""

    def __init__(self, wiring: Wiring) -> None:
        self._machine = wiring.machine
        self._patience = wiring.open_timeout
        self._driver = Driver(wiring.machine, wiring.line, self._heard)

    def open(self) -> v1.Hello:
        """Opens the stream, unless it is open; waits until it is. Answers with the first frame of
        the first connection."""
        return self._driver.open(self._patience)

    def close(self) -> None:
        """Ends the stream. What was not read is dropped."""
        self._driver.close()

    @property
    def state(self) -> StreamState:
        """How the stream is doing."""
        return self._machine.states.current

    @property
    def last_error(self) -> OmnichannelError | None:
        """Why the stream was lost last, when it was."""
        return self._machine.states.last_error

    def next(self, timeout: float | None = None) -> T:
        """What comes next. Raises TimeoutError when that takes longer than so many seconds, the
        error that ended the stream once, and then StopIteration."""
        self._ensure_open()
        while True:
            delivered = self._driver.next(timeout)
            if delivered is None:
                raise StopIteration
            item = self._item(delivered)
            if item is not None:
                return item

    def _ensure_open(self) -> None:
        if self._machine.hello is None and self.state is not StreamState.STOPPED:
            self.open()

    def _heard(self, delivered: Delivered) -> None:
        """Is told each delivery as it comes in, before it is read."""

    def _item(self, delivered: Delivered) -> T | None:
        raise NotImplementedError

    def __iter__(self) -> Iterator[T]:
        return self

    def __next__(self) -> T:
        return self.next()

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class FeedStream(Stream[FeedItem]):
    """Every event of the tenant, each exactly once and in order."""

    def _item(self, delivered: Delivered) -> FeedItem | None:
        return feed_item(delivered)


class InteractionStream(Stream[InteractionUpdate]):
    """What happens to one interaction."""

    def _item(self, delivered: Delivered) -> InteractionUpdate:
        return interaction_update(delivered)


class Dashboard(Stream[LiveBoard]):
    """Boards, each whole. A reader who is slow skips boards and sees the newest."""

    def __init__(self, wiring: Wiring, shown: v1.DashboardOpen) -> None:
        self._view = View()
        self._shown = shown
        self._lock = threading.Lock()
        super().__init__(wiring)

    @property
    def current(self) -> LiveBoard:
        """The newest board; empty until the first one has come."""
        return self._view.live

    def update(
        self, topics: list[v1.DashboardTopic.ValueType], queue_ids: list[str] | None = None
    ) -> None:
        """Shows something else from now on, over lost connections too. A new board follows."""
        with self._lock:
            del self._shown.topics[:], self._shown.queue_ids[:]
            self._shown.topics.extend(topics)
            self._shown.queue_ids.extend(queue_ids or [])
        update = v1.DashboardUpdate(topics=topics, queue_ids=queue_ids or [])
        self._driver.tell(v1.DashboardRequest(update=update), self._patience)

    def _heard(self, delivered: Delivered) -> None:
        # A board takes the place of those that nobody has read.
        self._machine.outbox.clear()
        if self._view.take(delivered):
            self._machine.outbox.append(delivered)

    def _item(self, delivered: Delivered) -> LiveBoard:
        return self._view.live


class Offer(OfferBase):
    """Work that the session's agent is asked to take."""

    def __init__(self, work: v1.OfferedWork, session: AgentSession, machine: Machine) -> None:
        super().__init__(work, machine)
        self._session = session

    def accept(self) -> v1.CommandOk:
        """Takes the work. Waits for the answer not much longer than the offer lives."""
        wait = self.patience(self._session.command_timeout)
        return self._session.accept(self.id, timeout=wait)

    def decline(self, reason: str = "") -> v1.CommandOk:
        """Leaves the work to others."""
        wait = self.patience(self._session.command_timeout)
        return self._session.decline(self.id, reason, timeout=wait)


AgentUpdate: TypeAlias = (
    SnapshotBegan
    | SnapshotEnded
    | PresenceChanged
    | Offered[Offer]
    | OfferEnded
    | Assigned
    | Consulting
    | Unassigned
    | MessageChanged
    | InteractionChanged
    | UnknownChange
)
"""What a session tells."""


class AgentSession(Stream[AgentUpdate]):
    """A session of an agent: yields what concerns the agent, and sends what the agent does. It
    outlives its connections under one `session_id`; a command that was under way when one was lost
    is sent again with the same `request_id`. Closing it leaves presence and offers as they are for
    the grace told in Hello; `leave` ends them."""

    def __init__(self, wiring: Wiring, options: SessionOptions) -> None:
        self.session_id = options.session_id
        """Identifier of the console."""
        self.command_timeout = options.command_timeout
        """Seconds that a command waits for its result, reconnecting included."""
        self._offers = OffersKnown(lambda work: Offer(work, self, wiring.machine))
        super().__init__(wiring)

    def offers(self) -> Iterator[Offer]:
        """The offers that still wait for an answer when they are read; all else is skipped."""
        for update in self:
            if isinstance(update, Offered) and update.offer.is_open:
                yield update.offer

    def set_presence(
        self, status: v1.PresenceStatus.ValueType, reason: str = "", *, timeout: float | None = None
    ) -> v1.CommandOk:
        """Sets the presence of the agent."""
        presence = v1.SessionSetPresence(status=status, reason=reason)
        return self._send(v1.SessionRequest(set_presence=presence), timeout)

    def accept(self, offer_id: str, *, timeout: float | None = None) -> v1.CommandOk:
        """Takes an offer."""
        accept = v1.SessionAccept(offer_id=offer_id)
        return self._send(v1.SessionRequest(accept=accept), timeout)

    def decline(
        self, offer_id: str, reason: str = "", *, timeout: float | None = None
    ) -> v1.CommandOk:
        """Declines an offer."""
        decline = v1.SessionDecline(offer_id=offer_id, reason=reason)
        return self._send(v1.SessionRequest(decline=decline), timeout)

    def take_next(
        self, queue_ids: Sequence[str] = (), *, timeout: float | None = None
    ) -> v1.CommandOk:
        """Takes the agent's next work out of queues of mode PULL: these alone, or all they serve if
        there are none. The result names the interaction, which comes as `Assigned` besides; the
        `Offered` before it is of an offer that needs no answer."""
        take = v1.SessionTakeNext(queue_ids=queue_ids)
        return self._send(v1.SessionRequest(take_next=take), timeout)

    def complete(
        self,
        interaction_id: str,
        resolution: str = "",
        wrap_up_code: str = "",
        *,
        timeout: float | None = None,
    ) -> v1.CommandOk:
        """Ends the contact of an interaction."""
        complete = v1.SessionComplete(
            interaction_id=interaction_id, resolution=resolution, wrap_up_code=wrap_up_code
        )
        return self._send(v1.SessionRequest(complete=complete), timeout)

    def send_message(
        self, interaction_id: str, body: str, *, timeout: float | None = None
    ) -> v1.CommandOk:
        """Writes to the customer."""
        message = v1.SessionSendMessage(interaction_id=interaction_id, body=body)
        return self._send(v1.SessionRequest(send_message=message), timeout)

    def ack(self, seq: int) -> None:
        """Tells the server what was processed. It has no result."""
        self._ensure_open()
        self._driver.tell(v1.SessionRequest(ack=v1.SessionAck(seq=seq)), self.command_timeout)

    def leave(self) -> None:
        """Sets presence OFFLINE and ends the session."""
        try:
            self.set_presence(v1.PRESENCE_STATUS_OFFLINE)
        finally:
            self.close()

    def _send(self, frame: v1.SessionRequest, timeout: float | None) -> v1.CommandOk:
        self._ensure_open()
        frame.request_id = new_request_id()
        wait = self.command_timeout if timeout is None else timeout
        return self._driver.command(frame, frame.request_id, wait)

    def _heard(self, delivered: Delivered) -> None:
        self._offers.heard(delivered)

    def _item(self, delivered: Delivered) -> AgentUpdate:
        update: AgentUpdate = agent_update(delivered, self._offers.read)
        return update
