"""Settings of a client, and whether they are in order. A key goes unencrypted to loopback only,
unless somebody says otherwise, and never shows in what is printed."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from omnichannel._method import seconds
from omnichannel._version import VERSION

DEADLINE_SECONDS = 30.0
ATTEMPTS_MAX = 4
RETRY_BUDGET = 256
CONNECT_SECONDS = 5.0
KEEPALIVE_MS = 30_000
KEEPALIVE_TIMEOUT_MS = 10_000
RECONNECT_MIN_MS = 100
RECONNECT_MAX_MS = 2_000
ANSWER_BYTES_MAX = 64 << 20


@dataclass(frozen=True)
class Tls:
    """Certificates, as PEM."""

    roots: bytes | None = None
    """CAs to trust in place of those that gRPC brings."""
    certificate: bytes | None = None
    """A certificate to show."""
    key: bytes | None = field(default=None, repr=False)
    """Its private key."""


@dataclass(frozen=True)
class Settings:
    """What a client was made with."""

    target: str
    is_secure: bool
    is_loopback: bool
    tls: Tls
    deadline: float | None
    max_attempts: int
    retry_budget: int

    def options(self) -> list[tuple[str, Any]]:
        """Options of a channel."""
        options: list[tuple[str, Any]] = [
            ("grpc.primary_user_agent", f"omnichannel-python/{VERSION}"),
            ("grpc.enable_retries", 0),
            ("grpc.keepalive_time_ms", KEEPALIVE_MS),
            ("grpc.keepalive_timeout_ms", KEEPALIVE_TIMEOUT_MS),
            ("grpc.keepalive_permit_without_calls", 1),
            ("grpc.http2.max_pings_without_data", 0),
            ("grpc.initial_reconnect_backoff_ms", RECONNECT_MIN_MS),
            ("grpc.min_reconnect_backoff_ms", int(CONNECT_SECONDS * 1000)),
            ("grpc.max_reconnect_backoff_ms", RECONNECT_MAX_MS),
            ("grpc.max_receive_message_length", ANSWER_BYTES_MAX),
            # Clients share no connections, so that closing one ends its own.
            ("grpc.use_local_subchannel_pool", 1),
        ]
        if self.is_loopback:
            options.append(("grpc.enable_http_proxy", 0))
        return options


def settings(
    endpoint: str,
    *,
    tls: Tls | None,
    allow_plaintext: bool,
    deadline: float | timedelta | None,
    max_attempts: int,
    retry_budget: int,
) -> Settings:
    """Settings, once everything about them was found in order."""
    parts = urlsplit(endpoint)
    host, secure = parts.hostname or "", parts.scheme == "https"
    if parts.scheme not in ("http", "https"):
        raise ValueError("endpoint must begin with http:// or https://")
    if not host:
        raise ValueError("endpoint names no host")
    if not secure and not (allow_plaintext or is_loopback(host)):
        raise ValueError("a key goes unencrypted to loopback only; see allow_plaintext")
    if tls is not None and not secure:
        raise ValueError("certificates go with https only")
    if max_attempts < 1:
        raise ValueError("max_attempts must be at least 1")
    if retry_budget < 0:
        raise ValueError("retry_budget must not be negative")
    port = parts.port or (443 if secure else 80)
    shown = f"[{host}]" if ":" in host else host
    return Settings(
        target=f"{shown}:{port}",
        is_secure=secure,
        is_loopback=is_loopback(host),
        tls=tls or Tls(),
        deadline=seconds(deadline),
        max_attempts=max_attempts,
        retry_budget=retry_budget,
    )


def is_loopback(host: str) -> bool:
    """Whether what is sent to a host stays on this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def header(token: str) -> tuple[str, str]:
    """The header that carries a credential."""
    if not token.isascii() or not token.isprintable() or " " in token:
        raise ValueError("the API key or token has forbidden characters")
    return ("authorization", f"Bearer {token}")
