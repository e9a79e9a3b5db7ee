"""A wire with faults between a client and a port of this machine. It forwards bytes until it is
told to cut, reset, freeze, swallow, delay, refuse, or to say GOAWAY, for which it follows the frame
boundaries of HTTP/2 in what the server says, and understands no more of it. Whatever it is told
concerns the connections of now; only freezing, swallowing, delaying and refusing last."""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import struct

PIECE_BYTES = 65_536
PREFACE = b"PRI * HT"
"""How a connection of HTTP/2 begins."""
HEADER_BYTES = 9
GOAWAY = 7
STREAMS_ALL = 0x7FFF_FFFF
NO_ERROR = 0
ENHANCE_YOUR_CALM = 11
LINGER_NONE = struct.pack("ii", 1, 0)


def goaway(last_stream: int, code: int) -> bytes:
    """The frame."""
    return struct.pack(">IBIII", 8 << 8 | GOAWAY, 0, 0, last_stream, code)


class Boundaries:
    """Follows frames of HTTP/2 as their bytes pass."""

    def __init__(self) -> None:
        self._head = b""
        self._left = 0

    @property
    def is_between(self) -> bool:
        """Whether everything that passed were whole frames."""
        return not self._head and self._left == 0

    def first(self, piece: bytes) -> int | None:
        """Follows a piece; answers where in it the first frame ends, if one does."""
        at, found = 0, None
        while at < len(piece):
            if self._left:
                step = min(self._left, len(piece) - at)
                self._left -= step
            else:
                step = min(HEADER_BYTES - len(self._head), len(piece) - at)
                self._head += piece[at : at + step]
                if len(self._head) == HEADER_BYTES:
                    self._left = int.from_bytes(self._head[:3], "big")
                    self._head = b""
            at += step
            if found is None and self.is_between:
                found = at
        return found


class Pair:
    """One connection and its continuation to the server."""

    def __init__(self, near: asyncio.StreamWriter, far: asyncio.StreamWriter) -> None:
        self.near, self.far = near, far
        self.is_http2 = False
        self.said = Boundaries()
        self.pending = b""
        """Goes to the client at the next end of a frame."""

    def end(self, abruptly: bool) -> None:
        """Closes both ends, or resets them."""
        for end in (self.near, self.far):
            if abruptly:
                plug: socket.socket = end.get_extra_info("socket")
                with contextlib.suppress(OSError):
                    plug.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NONE)
                end.transport.abort()
            else:
                end.close()

    def downward(self, piece: bytes) -> bytes:
        """What the client gets for a piece of what the server said."""
        if not self.is_http2:
            return piece
        cut = self.said.first(piece)
        if cut is None or not self.pending:
            return piece
        said, self.pending = self.pending, b""
        return piece[:cut] + said + piece[cut:]


class Proxy:
    """Lies before a port of this machine."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._server: asyncio.Server | None = None
        self._pairs: set[Pair] = set()
        self._work: set[asyncio.Task[None]] = set()
        self._flows = asyncio.Event()
        self._flows.set()
        self._swallows = False
        self._refuses = False
        self._delay = 0.0
        self.port = 0
        self.accepted = 0
        """Connections that came in so far."""

    async def start(self, port: int) -> None:
        """Listens."""
        self.port = port
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", port)

    @property
    def endpoint(self) -> str:
        """Address of the proxy."""
        return f"http://127.0.0.1:{self.port}"

    def cut(self) -> None:
        """Closes every connection, in order as far as TCP goes."""
        self._end(abruptly=False)

    def reset(self) -> None:
        """Resets every connection."""
        self._end(abruptly=True)

    def cut_some(self, share: float, chance: random.Random) -> int:
        """Resets a share of the connections, drawn by lot; answers how many."""
        drawn = [pair for pair in self._pairs if chance.random() < share]
        for pair in drawn:
            pair.end(abruptly=True)
        return len(drawn)

    def goaway(self) -> None:
        """Tells every client to take new calls elsewhere; what is under way goes on. On HTTP/1.1,
        which has no such word, nothing is said."""
        self._say(goaway(STREAMS_ALL, NO_ERROR))

    def goaway_now(self) -> None:
        """Tells every client that nothing it began will be answered. HTTP/1.1 is closed."""
        self._say(goaway(0, ENHANCE_YOUR_CALM))
        for pair in [one for one in self._pairs if not one.is_http2]:
            pair.end(abruptly=False)

    def freeze(self, on: bool) -> None:
        """Forwards nothing either way and closes nothing: half-open."""
        if on:
            self._flows.clear()
        else:
            self._flows.set()

    def swallow(self, on: bool) -> None:
        """Loses what the server says, while what it is told still reaches it."""
        self._swallows = on

    def refuse(self, on: bool) -> None:
        """Resets whoever connects."""
        self._refuses = on

    def delay(self, ms: int) -> None:
        """Lets every piece wait, in both directions."""
        self._delay = ms / 1000

    async def close(self) -> None:
        """Ends everything."""
        if self._server is not None:
            self._server.close()
        self.reset()
        self._flows.set()
        for task in list(self._work):
            task.cancel()
        await asyncio.gather(*self._work, return_exceptions=True)

    def _end(self, *, abruptly: bool) -> None:
        for pair in list(self._pairs):
            pair.end(abruptly)

    def _say(self, frame: bytes) -> None:
        for pair in self._pairs:
            if not pair.is_http2:
                continue
            if pair.said.is_between:
                pair.near.write(frame)
            else:
                pair.pending += frame

    async def _accept(self, reader: asyncio.StreamReader, near: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None, "a callback of a server runs in a task"
        self._work.add(task)
        task.add_done_callback(self._work.discard)
        self.accepted += 1
        with contextlib.suppress(asyncio.CancelledError):
            # Cancelled when the proxy is closed, and by nobody else.
            await self._join(reader, near)

    async def _join(self, reader: asyncio.StreamReader, near: asyncio.StreamWriter) -> None:
        await self._flows.wait()
        try:
            if self._refuses:
                raise ConnectionRefusedError
            source, far = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            Pair(near, near).end(abruptly=True)
            return
        for end in (near, far):
            plug: socket.socket = end.get_extra_info("socket")
            plug.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        pair = Pair(near, far)
        self._pairs.add(pair)
        try:
            await asyncio.gather(self._up(pair, reader), self._down(pair, source))
        finally:
            self._pairs.discard(pair)
            pair.end(abruptly=False)

    async def _up(self, pair: Pair, source: asyncio.StreamReader) -> None:
        first = True
        with contextlib.suppress(OSError):
            while piece := await source.read(PIECE_BYTES):
                if first:
                    pair.is_http2, first = piece.startswith(PREFACE), False
                await self._hold()
                pair.far.write(piece)
                await pair.far.drain()
        # Whoever says no more is not listening any more either, with the clients there are.
        pair.end(abruptly=False)

    async def _down(self, pair: Pair, source: asyncio.StreamReader) -> None:
        with contextlib.suppress(OSError):
            while piece := await source.read(PIECE_BYTES):
                await self._hold()
                if self._swallows:
                    continue
                pair.near.write(pair.downward(piece))
                await pair.near.drain()
        pair.end(abruptly=False)

    async def _hold(self) -> None:
        if self._delay:
            await asyncio.sleep(self._delay)
        await self._flows.wait()
