"""A real server for tests: the server's own binary on a database of its own in a temporary folder,
with a tenant, a key, and a clock that can be moved.

    with omnichannel.testing.server() as s:
        client = s.client()
        s.advance(hours=8)

The binary is found by the argument, the variable OMNICHANNEL_BINARY, or on the PATH. Nothing of
the surrounding environment configures the server, and nothing is left behind.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import os
import random
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Mapping
from datetime import timedelta
from http.client import HTTPResponse
from pathlib import Path
from typing import TYPE_CHECKING

from omnichannel import v1
from omnichannel._aio.client import AsyncClient
from omnichannel._blocking.client import Client
from omnichannel._config import Tls
from omnichannel._method import new_request_id

if TYPE_CHECKING:
    from typing_extensions import Self

START_SECONDS = 60.0
"""How long the server may take to be ready."""
STOP_SECONDS = 20.0
"""How long it may take to end when told to; then it is killed."""
PORTS = range(20_000, 32_000)
"""Below the ports that connections going out are given."""
STARTS_MAX = 5
"""How often a start is tried, as another program may take the port first."""
LOOK_SECONDS = 0.02
TENANT = "test"

_SETTINGS = {
    "time.shift_allowed": "true",
    "egress.allow_http": "true",
    "egress.allow_private": "true",
    "drain.notice_seconds": "0",
    "drain.streams_seconds": "1",
    "drain.hard_seconds": "2",
    "limits.wrong_credentials_per_minute": "0",
}


class ServerError(Exception):
    """The server could not be started, or does not do what it is told."""


def binary_path(binary: str | os.PathLike[str] | None = None) -> str:
    """Where the server's binary is."""
    named = os.fspath(binary) if binary is not None else os.environ.get("OMNICHANNEL_BINARY", "")
    found = shutil.which(named or "omnichannel")
    if found is None:
        raise ServerError(
            f"there is no server at {named}"
            if named
            else "no server: give its path, set OMNICHANNEL_BINARY, or put it on the PATH"
        )
    return found


def free_port() -> int:
    """A port of the loopback address that nobody uses now."""
    for port in random.sample(PORTS, 200):
        with contextlib.closing(socket.socket()) as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise ServerError("no port is free")


def _name(kind: str) -> str:
    return f"{kind} {new_request_id()[-12:]}"


class Server:
    """A server of its own. Enter it to start it; leaving it stops it and removes all it kept."""

    def __init__(
        self,
        binary: str | os.PathLike[str] | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self._binary = binary_path(binary)
        self._settings = {**_SETTINGS, **(settings or {})}
        self._folder: str = ""
        self._process: subprocess.Popen[bytes] | None = None
        self._port = 0
        # How far the clock was moved, in seconds.
        self._ahead = 0
        self.api_key = ""
        """A key of role TENANT_ADMIN of the tenant `test`."""
        self.platform_key = ""
        """A key of the operator of the platform."""

    @property
    def endpoint(self) -> str:
        """Address of the server; it stays when the server is started again."""
        return f"{'https' if self._is_secure else 'http'}://127.0.0.1:{self._port}"

    @property
    def _is_secure(self) -> bool:
        return bool(self._settings.get("tls.certificate"))

    @property
    def _tls(self) -> Tls | None:
        if not self._is_secure:
            return None
        return Tls(roots=Path(self._settings["tls.certificate"]).read_bytes())

    @property
    def port(self) -> int:
        """Port of the server."""
        return self._port

    @property
    def log(self) -> str:
        """What the server has logged."""
        path = Path(self._folder) / "log"
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    def client(self, *, api_key: str | None = None) -> Client:
        """A client with the tenant's key, or another one."""
        key = self.api_key if api_key is None else api_key
        return Client(self.endpoint, api_key=key, tls=self._tls)

    def async_client(self, *, api_key: str | None = None) -> AsyncClient:
        """As `client`, asynchronous."""
        key = self.api_key if api_key is None else api_key
        return AsyncClient(self.endpoint, api_key=key, tls=self._tls)

    def create_tenant(self, name: str = "") -> str:
        """A further tenant; answers with its first key, of role TENANT_ADMIN."""
        with self.client(api_key=self.platform_key) as client:
            made = client.admin.create_tenant(tenant=v1.Tenant(name=name or _name("tenant")))
        return made.key

    def create_key(
        self, role: v1.Role.ValueType, agent_id: str = "", *, api_key: str | None = None
    ) -> str:
        """A further key of the tenant, or of the one whose admin's key is given."""
        key = v1.ApiKey(name=_name("key"), role=role, agent_id=agent_id)
        with self.client(api_key=api_key) as client:
            return client.admin.create_api_key(api_key=key).key

    def advance(
        self,
        *,
        weeks: float = 0,
        days: float = 0,
        hours: float = 0,
        minutes: float = 0,
        seconds: float = 0,
    ) -> None:
        """Moves the server's clock ahead: `advance(hours=8)`. What is due by then happens at once,
        or within a second where a worker looks for it. A server that is started again goes on with
        the clock as it was moved."""
        span = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
        total = int(span.total_seconds())
        if total < 1 or total != span.total_seconds():
            raise ValueError("the clock moves ahead by whole seconds")
        self._shift(total)
        self._ahead += total

    def start(self) -> None:
        """Starts the server, again if it was stopped: on the same port, with what it kept."""
        if self._process is not None:
            raise ServerError("the server runs already")
        if not self._folder:
            self._folder = tempfile.mkdtemp(prefix="omnichannel-")
            atexit.register(self.close)
            self.platform_key = self._token("--role", "platform-admin")
            made = ("--role", "tenant-admin", "--tenant", TENANT, "--create-tenant")
            self.api_key = self._token(*made)
        for _ in range(STARTS_MAX):
            self._port = self._port or free_port()
            if self._launch():
                if self._ahead:
                    self._shift(self._ahead)
                return
            if "in use" not in self.log:
                break
            self._port = 0
        raise ServerError(f"the server did not start:\n{self.log[-4000:]}")

    def stop(self) -> int:
        """Tells the server to end, as an operator does, and waits until it has. Answers with its
        exit code."""
        return self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Ends the server without a word."""
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        """Stops the server and starts it again."""
        self.stop()
        self.start()

    def close(self) -> None:
        """Ends the server and removes all it kept."""
        if self._process is not None:
            self.kill()
        if self._folder:
            atexit.unregister(self.close)
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder, self._ahead = "", 0

    def _environment(self) -> dict[str, str]:
        kept = dict(os.environ)
        for key in os.environ:
            if key.startswith("OMNICHANNEL"):
                del kept[key]
        for key, value in self._settings.items():
            kept["OMNICHANNEL_" + key.upper().replace(".", "__")] = value
        kept["OMNICHANNEL_DATABASE_URL"] = f"sqlite:{self._folder}/omnichannel.sqlite"
        return kept

    def _token(self, *arguments: str) -> str:
        done = subprocess.run(
            [self._binary, "token", *arguments],
            cwd=self._folder,
            env=self._environment(),
            capture_output=True,
            text=True,
            timeout=START_SECONDS,
            check=False,
        )
        words = done.stdout.split()
        if done.returncode != 0 or not words:
            raise ServerError(f"no key was made: {done.stderr}")
        return words[-1]

    def _launch(self) -> bool:
        with open(Path(self._folder) / "log", "wb") as log:
            self._process = subprocess.Popen(
                [self._binary, "serve", "--listen", f"127.0.0.1:{self._port}"],
                cwd=self._folder,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        due = time.monotonic() + START_SECONDS
        while self._process.poll() is None and time.monotonic() < due:
            if self._is_ready() and self._process.poll() is None:
                return True
            time.sleep(LOOK_SECONDS)
        self._end(signal.SIGKILL)
        return False

    def _shift(self, seconds: int) -> None:
        url = f"{self.endpoint}/debug/shift?seconds={seconds}"
        with self._asked(urllib.request.Request(url, method="POST"), START_SECONDS):
            pass

    def _asked(self, request: urllib.request.Request, timeout: float) -> HTTPResponse:
        trusted = None
        if self._is_secure:
            trusted = ssl.create_default_context(cafile=self._settings["tls.certificate"])
        answer: HTTPResponse = urllib.request.urlopen(request, timeout=timeout, context=trusted)
        return answer

    def _is_ready(self) -> bool:
        try:
            with self._asked(urllib.request.Request(f"{self.endpoint}/readyz"), 1) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def _end(self, how: signal.Signals) -> int:
        if self._process is None:
            raise ServerError("the server does not run")
        process, self._process = self._process, None
        process.send_signal(how)
        try:
            return process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return await asyncio.to_thread(self.__enter__)

    async def __aexit__(self, *_: object) -> None:
        await asyncio.to_thread(self.close)


def server(
    binary: str | os.PathLike[str] | None = None, settings: Mapping[str, str] | None = None
) -> Server:
    """A server to use in `with` or `async with`. `settings` go before the defaults of tests, such
    as `{"limits.streams_per_key": "5"}`. With `tls.certificate` and `tls.key` it speaks TLS, and
    its clients trust that certificate."""
    return Server(binary, settings)
