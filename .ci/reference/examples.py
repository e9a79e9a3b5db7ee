"""Examples of requests: those of examples.json, laid out for reading. The check of the Python
client sends every one of them to a real server, which may not find what they name, but must
understand them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from contract import Contract, Unclear

WIDTH_MAX = 96


class Examples:
    """The examples by the names of their RPCs."""

    def __init__(self, contract: Contract) -> None:
        text = Path(__file__).with_name("examples.json").read_text(encoding="utf-8")
        self._known: dict[str, Any] = json.loads(text)
        names = {method.name for service in contract.services for method in service.methods}
        if unknown := set(self._known) - names:
            raise Unclear(f"examples.json has requests of RPCs that are not there: {unknown}")

    def of(self, method: str) -> str:
        """The example of an RPC as JSON, empty if it has none."""
        return laid_out(self._known[method]) if method in self._known else ""


def laid_out(value: Any, indent: int = 0, before: int = 0) -> str:
    """JSON with as much on a line as fits."""
    line = json.dumps(value, ensure_ascii=False)
    if indent + before + len(line) <= WIDTH_MAX or not isinstance(value, dict | list):
        return line
    inner = indent + 2
    if isinstance(value, dict):
        parts = [
            f"{json.dumps(key)}: {laid_out(one, inner, len(key) + 4)}" for key, one in value.items()
        ]
    else:
        parts = [laid_out(one, inner) for one in value]
    begin, end = ("{", "}") if isinstance(value, dict) else ("[", "]")
    pad = " " * inner
    return f"{begin}\n{pad}" + f",\n{pad}".join(parts) + f"\n{' ' * indent}{end}"
