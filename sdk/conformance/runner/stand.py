"""A peer in place of the server, which answers calls as it is told: with any reason of the
contract, or with an answer only the third time. It speaks gRPC and gRPC-Web, each on a port of its
own, keeps what it was asked, and knows streams no better than to refuse them."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import struct
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import grpc
import grpc.aio
from google.protobuf import any_pb2, duration_pb2, json_format
from google.protobuf.message import Message
from omnichannel import v1
from omnichannel._status import _CLASSES, DOMAIN, TRAILER
from omnichannel.testing import free_port

WEB_TYPE = "application/grpc-web+proto"


@dataclass(frozen=True)
class Asked:
    """A call that came in."""

    rpc: str
    request_id: str
    authorization: str
    at: float


class Stand:
    """Answers with its replies, one after the other, the last one for ever."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self._replies: list[dict[str, Any]] = []
        self._grpc: Any = None
        self._web: asyncio.Server | None = None
        self._ports: dict[str, int] = {}

    async def start(self) -> None:
        """Listens on both ports."""
        self._grpc = grpc.aio.server()
        self._grpc.add_generic_rpc_handlers((_Generic(self),))
        self._ports["grpc"] = self._grpc.add_insecure_port(f"127.0.0.1:{free_port()}")
        await self._grpc.start()
        self._ports["grpc-web"] = free_port()
        self._web = await asyncio.start_server(self._serve, "127.0.0.1", self._ports["grpc-web"])

    def endpoint(self, wire: str) -> str:
        """Address for a client of that kind."""
        return f"http://127.0.0.1:{self._ports[wire]}"

    def tell(self, replies: list[dict[str, Any]]) -> None:
        """What to answer from now on; forgets what was asked."""
        self._replies = list(replies)
        self.asked = []

    async def close(self) -> None:
        """Ends it."""
        if self._web is not None:
            self._web.close()
        if self._grpc is not None:
            await self._grpc.stop(0)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while True:
                writer.write(await _respond(self, reader))
                await writer.drain()
        writer.close()

    def reply(self, path: str, body: bytes, authorization: str) -> Reply:
        """The reply to a call."""
        rpc = path.removeprefix("/omnichannel.v1.").replace("/", ".")
        name = rpc.rpartition(".")[2]
        request: Message = getattr(v1, f"{name}Request").FromString(body)
        identified = "request_id" in request.DESCRIPTOR.fields_by_name
        request_id = str(getattr(request, "request_id", "")) if identified else ""
        self.asked.append(Asked(rpc, request_id, authorization, time.monotonic()))
        told = self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]
        if "refuse" not in told:
            made = json_format.ParseDict(told["ok"], getattr(v1, f"{name}Response")())
            return Reply(made.SerializeToString(), 0, "", b"")
        return refusal(told["refuse"])


@dataclass(frozen=True)
class Reply:
    """An answer, or a refusal with its details."""

    answer: bytes
    code: int
    message: str
    details: bytes


def refusal(told: dict[str, Any]) -> Reply:
    """A refusal as the server words it."""
    details: list[any_pb2.Any] = []

    def add(name: str, made: Any) -> None:
        url = f"type.googleapis.com/google.rpc.{name}"
        details.append(any_pb2.Any(type_url=url, value=made.SerializeToString()))

    info = _CLASSES["ErrorInfo"](reason=told["reason"], domain=DOMAIN)
    for key, value in told.get("metadata", {}).items():
        info.metadata.add(key=key, value=value)
    add("ErrorInfo", info)
    if "retry_ms" in told:
        wait = duration_pb2.Duration()
        wait.FromMilliseconds(told["retry_ms"])
        add("RetryInfo", _CLASSES["RetryInfo"](retry_delay=wait))
    if "violations" in told:
        fields = [_CLASSES["Violation"](field=one, description="no") for one in told["violations"]]
        add("BadRequest", _CLASSES["BadRequest"](field_violations=fields))
    if "request_id" in told:
        add("RequestInfo", _CLASSES["RequestInfo"](request_id=told["request_id"]))
    code: int = getattr(grpc.StatusCode, told["code"]).value[0]
    status = _CLASSES["Status"](code=code, message="as told", details=details)
    return Reply(b"", code, "as told", status.SerializeToString())


class _Generic(grpc.GenericRpcHandler):
    """Takes any call of gRPC, as bytes."""

    def __init__(self, stand: Stand) -> None:
        self._stand = stand

    def service(self, handler_call_details: Any) -> Any:
        """The handler of a call."""
        path = handler_call_details.method
        headers = dict(handler_call_details.invocation_metadata)

        async def answer(body: bytes, context: Any) -> bytes:
            reply = self._stand.reply(path, body, headers.get("authorization", ""))
            if reply.code == 0:
                return reply.answer
            code = next(one for one in grpc.StatusCode if one.value[0] == reply.code)
            await context.abort(code, reply.message, ((TRAILER, reply.details),))
            raise AssertionError("abort raises")

        return grpc.unary_unary_rpc_method_handler(answer)


async def _respond(stand: Stand, reader: asyncio.StreamReader) -> bytes:
    """One request of HTTP/1.1 and the answer to it."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    path = head[0].split(" ")[1]
    headers = {
        name.lower(): value.strip()
        for name, _, value in (line.partition(":") for line in head[1:] if line)
    }
    if headers.get("transfer-encoding") == "chunked":
        body = b""
        while size := int(await reader.readline(), 16):
            body += (await reader.readexactly(size + 2))[:-2]
        await reader.readline()
    else:
        body = await reader.readexactly(int(headers.get("content-length", "0")))
    reply = stand.reply(path, body[5:], headers.get("authorization", ""))
    trailers = f"grpc-status: {reply.code}\r\ngrpc-message: {quote(reply.message)}\r\n"
    if reply.details:
        told = base64.b64encode(reply.details).decode().rstrip("=")
        trailers += f"{TRAILER}: {told}\r\n"
    content = b""
    if reply.code == 0:
        content += struct.pack(">BI", 0, len(reply.answer)) + reply.answer
    content += struct.pack(">BI", 0x80, len(trailers)) + trailers.encode()
    answer = (
        f"HTTP/1.1 200 OK\r\ncontent-type: {WEB_TYPE}\r\ncontent-length: {len(content)}\r\n\r\n"
    )
    return answer.encode() + content
