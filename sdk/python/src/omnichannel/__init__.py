"""Python client of the omnichannel service.

`Client` blocks, `AsyncClient` awaits; both have the same services, streams and errors. Messages and
enums of the contract are in `omnichannel.v1`, what calls raise in `omnichannel.errors`, and a real
server for tests in `omnichannel.testing`.
"""

from omnichannel._agent import Offered
from omnichannel._aio.client import AsyncClient
from omnichannel._aio.pages import Pages as AsyncPages
from omnichannel._aio.streams import (
    AsyncAgentSession,
    AsyncAgentUpdate,
    AsyncDashboard,
    AsyncFeedStream,
    AsyncInteractionStream,
    AsyncOffer,
)
from omnichannel._blocking.client import Client
from omnichannel._blocking.pages import Pages
from omnichannel._blocking.streams import (
    AgentSession,
    AgentUpdate,
    Dashboard,
    FeedStream,
    InteractionStream,
    Offer,
)
from omnichannel._board import LiveBoard
from omnichannel._config import Tls
from omnichannel._hooks import CallTrace, Hooks
from omnichannel._method import DEFAULT, new_request_id
from omnichannel._page import Page
from omnichannel._stream.state import StreamState
from omnichannel._updates import (
    Assigned,
    Consulting,
    FeedEvent,
    FeedItem,
    FeedRestarted,
    InteractionChanged,
    InteractionUpdate,
    MessageChanged,
    OfferChanged,
    OfferEnded,
    PresenceChanged,
    SnapshotBegan,
    SnapshotEnded,
    Unassigned,
    UnknownChange,
    Update,
)
from omnichannel._version import VERSION as __version__
from omnichannel.errors import OmnichannelError

__all__ = [
    "DEFAULT",
    "AgentSession",
    "AgentUpdate",
    "Assigned",
    "AsyncAgentSession",
    "AsyncAgentUpdate",
    "AsyncClient",
    "AsyncDashboard",
    "AsyncFeedStream",
    "AsyncInteractionStream",
    "AsyncOffer",
    "AsyncPages",
    "CallTrace",
    "Client",
    "Consulting",
    "Dashboard",
    "FeedEvent",
    "FeedItem",
    "FeedRestarted",
    "FeedStream",
    "Hooks",
    "InteractionChanged",
    "InteractionStream",
    "InteractionUpdate",
    "LiveBoard",
    "MessageChanged",
    "Offer",
    "OfferChanged",
    "OfferEnded",
    "Offered",
    "OmnichannelError",
    "Page",
    "Pages",
    "PresenceChanged",
    "SnapshotBegan",
    "SnapshotEnded",
    "StreamState",
    "Tls",
    "Unassigned",
    "UnknownChange",
    "Update",
    "__version__",
    "new_request_id",
]
