"""A peer that says what it is told to: for what a real server does seldom or never, such as falling
silent, breaking the contract, or asking to resync. It speaks the contract by the generated code."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from concurrent import futures
from typing import Any

import grpc
from google.protobuf import any_pb2, duration_pb2, timestamp_pb2

from omnichannel import v1
from omnichannel.testing import free_port
from omnichannel.v1 import admin_service_pb2_grpc

Script = Callable[[v1.WatchFeedRequest, grpc.ServicerContext], Iterator[v1.FeedFrame]]


def hello(resumption: v1.Resumption.ValueType, seq: int, heartbeat: float = 15) -> v1.FeedFrame:
    """The first frame."""
    interval = duration_pb2.Duration(nanos=int(heartbeat % 1 * 1e9), seconds=int(heartbeat))
    now = timestamp_pb2.Timestamp()
    now.GetCurrentTime()
    said = v1.Hello(resumption=resumption, heartbeat_interval=interval, server_time=now)
    return v1.FeedFrame(hello=said, seq=seq, resume_token=f"at {seq}")


def event(seq: int) -> v1.FeedFrame:
    """The event at a sequence."""
    made = v1.Event(seq=seq, id=f"event {seq}", kind="config.changed")
    return v1.FeedFrame(event=made, seq=seq, resume_token=f"at {seq}")


def goodbye(
    action: v1.GoodbyeAction.ValueType,
    reason: v1.GoodbyeReason.ValueType = v1.GOODBYE_REASON_MAX_AGE,
) -> v1.FeedFrame:
    """The last frame."""
    wait = duration_pb2.Duration(nanos=1_000_000)
    return v1.FeedFrame(goodbye=v1.Goodbye(reason=reason, action=action, reconnect_after=wait))


class Peer(admin_service_pb2_grpc.AdminServiceServicer):
    """Answers the openings of the feed with one script after the other, the last one for ever."""

    def __init__(self, *scripts: Script) -> None:
        self._scripts = list(scripts)
        self.openings: list[str] = []
        """Where the feed was opened: new, a token, or a sequence."""

    def WatchFeed(
        self, request: v1.WatchFeedRequest, context: grpc.ServicerContext
    ) -> Iterator[v1.WatchFeedResponse]:
        """The feed."""
        start = request.WhichOneof("start")
        self.openings.append(str(getattr(request, start)) if start else "new")
        script = self._scripts.pop(0) if len(self._scripts) > 1 else self._scripts[0]
        for frame in script(request, context):
            yield v1.WatchFeedResponse(frame=frame)


@contextlib.contextmanager
def serving(*scripts: Script) -> Iterator[tuple[str, Peer]]:
    """A peer, and its address."""
    made: Any = Peer
    peer: Peer = made(*scripts)
    host: Any = grpc.server(futures.ThreadPoolExecutor(8))
    admin_service_pb2_grpc.add_AdminServiceServicer_to_server(peer, host)
    port = free_port()
    assert host.add_insecure_port(f"127.0.0.1:{port}") == port
    host.start()
    try:
        yield f"http://127.0.0.1:{port}", peer
    finally:
        host.stop(0).wait()


def refuse(context: grpc.ServicerContext, code: grpc.StatusCode, reason: str, **facts: str) -> None:
    """Refuses as the server does: with a reason in the details."""
    from omnichannel import _status

    classes: Any = _status._CLASSES
    info = classes["ErrorInfo"](reason=reason, domain=_status.DOMAIN)
    for key, value in facts.items():
        info.metadata.add(key=key, value=value)
    packed = any_pb2.Any(
        type_url="type.googleapis.com/google.rpc.ErrorInfo", value=info.SerializeToString()
    )
    status = classes["Status"](code=code.value[0], details=[packed])
    context.set_trailing_metadata(((_status.TRAILER, status.SerializeToString()),))
    context.abort(code, reason)
