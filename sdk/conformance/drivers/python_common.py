"""What both Python drivers share: how a call is named, how an answer, an error and what a stream
yields are told to the runner. Uses the public surface of the package alone."""

from __future__ import annotations

import json
import re
import sys
import threading
from typing import Any

import omnichannel
from google.protobuf import json_format
from omnichannel import errors, v1

SERVICES = {
    "AdminService": "admin",
    "AgentService": "agents",
    "AnalyticsService": "analytics",
    "ChannelService": "channels",
    "CustomerService": "customers",
    "InteractionService": "interactions",
    "RoutingService": "routing",
}
LACKS: list[str] = []
"""What the runner need not ask for."""

_TELLING = threading.Lock()


def tell(**said: Any) -> None:
    """One line to the runner."""
    line = json.dumps(said, separators=(",", ":"))
    with _TELLING:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


def snake(name: str) -> str:
    """CreateSkill as create_skill."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def method_of(client: Any, rpc: str) -> Any:
    """The method of a client for `RoutingService.CreateSkill`."""
    service, name = rpc.split(".")
    return getattr(getattr(client, SERVICES[service]), snake(name))


def request_of(rpc: str, fields: dict[str, Any]) -> Any:
    """Its request."""
    return json_format.ParseDict(fields, getattr(v1, rpc.split(".")[1] + "Request")())


def shown(message: Any) -> Any:
    """A message as the runner reads it."""
    return json_format.MessageToDict(message)


def known(error: errors.OmnichannelError) -> dict[str, Any]:
    """An error as the runner reads it."""
    goodbye = getattr(error, "goodbye", None)
    reasons = v1.GoodbyeReason
    name = "" if goodbye is None else reasons.Name(goodbye).removeprefix("GOODBYE_REASON_")
    wait = error.retry_after
    return {
        "class": type(error).__name__,
        "code": error.code.name,
        "reason": error.reason,
        "metadata": error.metadata,
        "violations": [one.field for one in error.violations],
        "retry_after_ms": None if wait is None else round(wait * 1000),
        "local": error.is_local,
        "retryable": error.is_retryable,
        "goodbye": name,
        "text": error.message,
    }


def greeting(name: str, transport: str) -> None:
    """The first line."""
    version = omnichannel.__version__
    tell(driver=name, transport=transport, version=version, lacks=LACKS, wire="grpc")


def yielded(item: Any) -> dict[str, Any]:
    """What a stream yielded, as the runner reads it."""
    match item:
        case omnichannel.FeedEvent(event=event, resume_token=token):
            subject = event.interaction_id or event.config_changed.resource_id
            own = {"seq": event.seq, "id": event.id, "kind": event.kind, "subject": subject}
            return {"type": "event", **own, "token": token}
        case omnichannel.FeedRestarted(seq=seq):
            return {"type": "restarted", "seq": seq}
        case omnichannel.LiveBoard():
            queues = {queue.name: queue.depth for queue in item.board.queues}
            return {"type": "board", "seq": item.seq, "queues": queues}
    place = {"seq": item.seq, "event_id": item.event_id, "snapshot": item.in_snapshot}
    return {**place, **changed(item)}


def changed(item: Any) -> dict[str, Any]:
    """The part of an update that is its own."""
    match item:
        case omnichannel.SnapshotBegan():
            return {"type": "snapshot_begun"}
        case omnichannel.SnapshotEnded():
            return {"type": "snapshot_end"}
        case omnichannel.Offered(offer=offer):
            told = {"offer": offer.id, "interaction": offer.interaction.id}
            return {"type": "offered", **told, "remaining_ms": round(offer.remaining * 1000)}
        case omnichannel.OfferEnded(offer=offer):
            return {"type": "offer_ended", "offer": offer.id, "interaction": offer.interaction_id}
        case omnichannel.Assigned(interaction=interaction):
            return {"type": "assigned", "interaction": interaction.id}
        case omnichannel.Unassigned(interaction_id=interaction_id):
            return {"type": "unassigned", "interaction": interaction_id}
        case omnichannel.MessageChanged(message=message):
            return {"type": "message", "interaction": message.interaction_id, "body": message.body}
        case omnichannel.InteractionChanged(interaction=interaction):
            status = v1.InteractionStatus.Name(interaction.status)
            told = {"interaction": interaction.id, "status": status.split("STATUS_")[1]}
            return {"type": "interaction", **told}
        case omnichannel.OfferChanged(offer=offer):
            return {"type": "offer", "offer": offer.id}
        case omnichannel.PresenceChanged(presence=presence):
            status = v1.PresenceStatus.Name(presence.intended)
            return {"type": "presence", "status": status.split("STATUS_")[1]}
    return {"type": "unknown"}
