"""A TCP proxy with faults: it forwards bytes until it is told to cut, to swallow, to freeze or to
refuse, as networks do."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from typing import TYPE_CHECKING

from omnichannel.testing import free_port

if TYPE_CHECKING:
    from typing_extensions import Self

PIECE_BYTES = 65536
RESET = struct.pack("ii", 1, 0)


class Proxy:
    """Lies before a port of this machine."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.port = free_port()
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._lock = threading.Lock()
        self._swallows = False
        self._flows = threading.Event()
        self._flows.set()
        self._refuses = False

    @property
    def endpoint(self) -> str:
        """Address of the proxy."""
        return f"http://127.0.0.1:{self.port}"

    def cut(self) -> int:
        """Resets every connection; answers how many."""
        with self._lock:
            pairs, self._pairs = self._pairs, []
        for pair in pairs:
            for end in pair:
                with contextlib.suppress(OSError):
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                    end.shutdown(socket.SHUT_RDWR)
                end.close()
        return len(pairs)

    def swallow(self, on: bool) -> None:
        """Loses whatever the server says, while requests still reach it."""
        self._swallows = on

    def freeze(self, on: bool) -> None:
        """Forwards nothing either way and closes nothing: half-open."""
        if on:
            self._flows.clear()
        else:
            self._flows.set()

    def refuse(self, on: bool) -> None:
        """Closes new connections at once."""
        self._refuses = on

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            if self._refuses:
                near.close()
                continue
            try:
                far = socket.create_connection(("127.0.0.1", self.target))
            except OSError:
                near.close()
                continue
            for end in (near, far):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self.connections += 1
                self._pairs.append((near, far))
            for source, sink, down in ((near, far, False), (far, near, True)):
                work = threading.Thread(target=self._forward, args=(source, sink, down))
                work.daemon = True
                work.start()

    def _forward(self, source: socket.socket, sink: socket.socket, down: bool) -> None:
        with contextlib.suppress(OSError):
            while piece := source.recv(PIECE_BYTES):
                self._flows.wait()
                if not (down and self._swallows):
                    sink.sendall(piece)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        with self._lock:
            self._pairs = [pair for pair in self._pairs if source not in pair]

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._flows.set()
        self.cut()
