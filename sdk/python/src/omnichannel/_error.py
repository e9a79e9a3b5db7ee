"""Errors as the contract means them: code, machine reason, facts, violated fields and how long to
wait. A reason of the contract is a class of its own, below the class of its code; a reason that
this version does not know comes as the class of the code alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import grpc
from google.protobuf import duration_pb2

from omnichannel import v1
from omnichannel._status import details_of

WAIT_MAX_SECONDS = 300.0
"""Longest wait that a server may ask for; more is taken as this."""


@dataclass(frozen=True)
class FieldViolation:
    """A field that breaks a rule."""

    field: str
    """Path of the field from the request, such as queue.name."""
    description: str
    """What is wrong, for people."""


class OmnichannelError(Exception):
    """Why something did not happen."""

    code: grpc.StatusCode = grpc.StatusCode.UNKNOWN
    """Canonical code."""
    reason: str = ""
    """Reason for programs, such as NAME_TAKEN; empty when the error has none."""

    def __init__(
        self,
        message: str = "",
        *,
        code: grpc.StatusCode | None = None,
        reason: str = "",
        metadata: Mapping[str, str] | None = None,
        violations: Iterable[FieldViolation] = (),
        retry_after: float | None = None,
        request_id: str = "",
        is_local: bool = False,
    ) -> None:
        super().__init__(message)
        self.message = message
        """Text for people; the wording may change."""
        if code is not None:
            self.code = code
        self.reason = reason
        self.metadata: dict[str, str] = dict(metadata or {})
        """Facts about the error; the keys of each reason are fixed."""
        self.violations: tuple[FieldViolation, ...] = tuple(violations)
        """Fields that break rules. The server lists at most 20."""
        self.retry_after = retry_after
        """Seconds the server asks to wait before a repeat; None where it does not."""
        self.request_id = request_id
        """Identifier of the refused call, for support and logs."""
        self.is_local = is_local
        """Whether the error was made on this side and is no answer of the server."""

    @property
    def is_retryable(self) -> bool:
        """Whether waiting and repeating the same call may help, provided a repeat is safe."""
        if self.code is grpc.StatusCode.RESOURCE_EXHAUSTED:
            return self.retry_after is not None
        return self.code is grpc.StatusCode.UNAVAILABLE

    def __str__(self) -> str:
        parts = [self.code.name]
        if self.reason:
            parts.append(self.reason)
        text = " ".join(parts) + (f": {self.message}" if self.message else "")
        said = [f"{one.field}: {one.description}" for one in self.violations]
        return f"{text} ({'; '.join(said)})" if said else text


class InvalidArgument(OmnichannelError):
    """The request is wrong whatever the state of the server."""

    code = grpc.StatusCode.INVALID_ARGUMENT


class NotFound(OmnichannelError):
    """There is no such thing."""

    code = grpc.StatusCode.NOT_FOUND


class AlreadyExists(OmnichannelError):
    """There is such a thing already."""

    code = grpc.StatusCode.ALREADY_EXISTS


class FailedPrecondition(OmnichannelError):
    """The state of things does not allow it."""

    code = grpc.StatusCode.FAILED_PRECONDITION


class Aborted(OmnichannelError):
    """Somebody else was quicker."""

    code = grpc.StatusCode.ABORTED


class PermissionDenied(OmnichannelError):
    """The caller may not do this."""

    code = grpc.StatusCode.PERMISSION_DENIED


class Unauthenticated(OmnichannelError):
    """The caller did not prove who it is."""

    code = grpc.StatusCode.UNAUTHENTICATED


class ResourceExhausted(OmnichannelError):
    """There is no room, or not yet."""

    code = grpc.StatusCode.RESOURCE_EXHAUSTED


class OutOfRange(OmnichannelError):
    """Beyond what is kept or taken."""

    code = grpc.StatusCode.OUT_OF_RANGE


class Unavailable(OmnichannelError):
    """The server cannot be reached or cannot serve now."""

    code = grpc.StatusCode.UNAVAILABLE


class Unimplemented(OmnichannelError):
    """The server does not know the method."""

    code = grpc.StatusCode.UNIMPLEMENTED


class DeadlineExceeded(OmnichannelError):
    """The deadline passed first; a change may or may not have been made."""

    code = grpc.StatusCode.DEADLINE_EXCEEDED


class Internal(OmnichannelError):
    """The server failed; a change may or may not have been made."""

    code = grpc.StatusCode.INTERNAL


class Cancelled(OmnichannelError):
    """The call or stream was given up on this side."""

    code = grpc.StatusCode.CANCELLED


class StreamStoppedError(Aborted):
    """The server ended a stream and told not to open it again."""

    def __init__(self, goodbye: v1.GoodbyeReason.ValueType) -> None:
        name = name_of(v1.GoodbyeReason, goodbye).removeprefix("GOODBYE_REASON_")
        super().__init__(f"the server ended the stream: {name}")
        self.goodbye = goodbye
        """Why it did, as in the Goodbye frame."""

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.goodbye,)


BY_CODE: dict[grpc.StatusCode, type[OmnichannelError]] = {
    kind.code: kind
    for kind in (
        InvalidArgument,
        NotFound,
        AlreadyExists,
        FailedPrecondition,
        Aborted,
        PermissionDenied,
        Unauthenticated,
        ResourceExhausted,
        OutOfRange,
        Unavailable,
        Unimplemented,
        DeadlineExceeded,
        Internal,
        Cancelled,
    )
}


def name_of(enum: Any, value: int) -> str:
    """The name of an enum's value; its number where this version has no name."""
    try:
        return str(enum.Name(value))
    except ValueError:
        return str(value)


def code_of(number: int) -> grpc.StatusCode:
    """A canonical code by its number."""
    return next((code for code in grpc.StatusCode if code.value[0] == number), UNKNOWN)


UNKNOWN = grpc.StatusCode.UNKNOWN


def made(code: grpc.StatusCode, reason: str, message: str, **facts: Any) -> OmnichannelError:
    """An error of the class that its reason has, or else its code."""
    from omnichannel._generated.errors import BY_REASON

    kind = BY_REASON.get(reason) or BY_CODE.get(code, OmnichannelError)
    return kind(message, code=code, reason=reason, **facts)


def local(code: grpc.StatusCode, message: str) -> OmnichannelError:
    """An error that this client made itself."""
    return made(code, "", message, is_local=True)


def client_closed() -> OmnichannelError:
    """A closed client was asked for something."""
    return local(grpc.StatusCode.FAILED_PRECONDITION, "the client is closed")


def seconds_of(span: duration_pb2.Duration) -> float | None:
    """A span of the contract as a wait: none when negative, bounded."""
    value = span.seconds + span.nanos / 1e9
    return None if value < 0 else min(value, WAIT_MAX_SECONDS)


def no_token(failure: Exception) -> OmnichannelError:
    """A token provider that failed: that may pass, as a server that is away does."""
    text = f"no access token was given: {failure}"
    return local(grpc.StatusCode.UNAVAILABLE, text)


def from_rpc(error: grpc.RpcError) -> OmnichannelError:
    """The error of a call that was refused, or that the transport could not make."""
    status: Any = error
    code: grpc.StatusCode = status.code()
    message = str(status.details() or "")
    told = details_of(status.trailing_metadata())
    if told is None:
        # The server always tells a reason: this was made by the transport or something between.
        lost = (UNKNOWN, grpc.StatusCode.INTERNAL, grpc.StatusCode.CANCELLED)
        return local(grpc.StatusCode.UNAVAILABLE if code in lost else code, message)
    wait = None if told.retry_delay is None else seconds_of(told.retry_delay)
    violations = [FieldViolation(one.field, one.description) for one in told.violations]
    return made(
        code,
        told.reason,
        message,
        metadata=told.metadata,
        violations=violations,
        retry_after=wait,
        request_id=told.request_id,
    )


def from_detail(detail: v1.ErrorDetail) -> OmnichannelError:
    """The error inside a stream."""
    name = name_of(v1.ErrorReason, detail.reason).removeprefix("ERROR_REASON_")
    wait = seconds_of(detail.retry_delay) if detail.HasField("retry_delay") else None
    return made(
        code_of(detail.code),
        "" if detail.reason == 0 else name,
        detail.message,
        metadata=detail.metadata,
        violations=[FieldViolation(one.field, one.description) for one in detail.violations],
        retry_after=wait,
    )
