"""Sends the examples of the reference to a real server. What they name is not there, so many are
refused; but none because it is wrong in itself.

examples.py ROOT
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import json_format

from omnichannel import testing, v1

SECONDS_MAX = 30


def main(root: Path) -> None:
    """Sends all of them; says which the server did not understand."""
    text = (root / ".ci/reference/examples.json").read_text(encoding="utf-8")
    examples: dict[str, Any] = json.loads(text)
    with testing.server() as server, server.client() as client:
        wrong = [why for name, value in examples.items() if (why := _refused(client, name, value))]
    if wrong:
        raise SystemExit("\n".join(wrong))
    print(f"{len(examples)} examples were understood")


def _refused(client: Any, name: str, value: Any) -> str:
    request: Any = getattr(v1, f"{name}Request")()
    try:
        json_format.ParseDict(value, request)
    except json_format.ParseError as error:
        return f"{name}: {error}"
    stubs = [getattr(client.raw, service) for service in vars(client.raw)]
    call = next(getattr(stub, name) for stub in stubs if hasattr(stub, name))
    try:
        answer = call(request, timeout=SECONDS_MAX)
        if hasattr(answer, "cancel"):
            next(answer)
            answer.cancel()
    except grpc.RpcError as error:
        status: Any = error
        if status.code() in (grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.INTERNAL):
            return f"{name}: {status.details()} {status.trailing_metadata()}"
    return ""


if __name__ == "__main__":
    main(Path(sys.argv[1]))
