"""What is expected of an answer, and whether it is so. An expectation is a value of JSON: an object
asks for the fields it names and leaves others alone, a list for exactly these, and an object with
one key that begins with $ is a question of its own."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any


class Mismatch(Exception):
    """Something is not as expected."""


def match(value: Any, expected: Any, at: str = "") -> None:
    """Raises where a value is not as expected."""
    if isinstance(expected, dict):
        name = next(iter(expected), "")
        if len(expected) == 1 and name in QUESTIONS:
            QUESTIONS[name](value, expected[name], at)
            return
        if not isinstance(value, dict):
            raise Mismatch(f"{at or 'it'} is {value!r}, not an object")
        for key, one in expected.items():
            match(value.get(key), one, f"{at}.{key}" if at else key)
    elif isinstance(expected, list):
        if not isinstance(value, list) or len(value) != len(expected):
            raise Mismatch(f"{at or 'it'} is {value!r}, not {expected!r}")
        for index, one in enumerate(expected):
            match(value[index], one, f"{at}[{index}]")
    elif value != expected:
        raise Mismatch(f"{at or 'it'} is {value!r}, not {expected!r}")


def matches(value: Any, expected: Any) -> bool:
    """Whether a value is as expected."""
    try:
        match(value, expected)
    except Mismatch:
        return False
    return True


def _ask(holds: Callable[[Any, Any], bool], words: str) -> Callable[[Any, Any, str], None]:
    def question(value: Any, wanted: Any, at: str) -> None:
        if not holds(value, wanted):
            raise Mismatch(f"{at or 'it'} is {shortened(value)}, {words} {shortened(wanted)}")

    return question


def shortened(value: Any) -> str:
    """A value in a line."""
    text = repr(value)
    return text if len(text) <= 400 else f"{text[:300]} … {text[-90:]}"


def _consecutive(items: Any, _: Any) -> bool:
    """The events of a feed that never began anew: each sequence once, in order."""
    seqs = [item.get("seq") for item in items]
    ids = {item.get("id") for item in items}
    if any(item.get("type") != "event" for item in items) or len(ids) != len(items):
        return False
    return bool(seqs) and seqs == list(range(seqs[0], seqs[0] + len(seqs)))


def _rising(items: Any, _: Any) -> bool:
    """The updates of a session: within one beginning, sequences rise, and no event comes twice."""
    last, seen = -1, set[tuple[str, str, str]]()
    for item in items:
        if item["type"] == "snapshot_begun":
            last, seen = -1, set()
        if not item.get("event_id"):
            continue
        what = (item["event_id"], item["type"], item.get("interaction", ""))
        if item["seq"] < last or what in seen:
            return False
        last = item["seq"]
        seen.add(what)
    return True


def _has(value: Any, wanted: Any) -> bool:
    if isinstance(value, str):
        return str(wanted) in value
    return any(matches(one, wanted) for one in value or [])


QUESTIONS: dict[str, Callable[[Any, Any, str], None]] = {
    "$least": _ask(lambda value, wanted: value is not None and value >= wanted, "less than"),
    "$most": _ask(lambda value, wanted: value is not None and value <= wanted, "more than"),
    "$has": _ask(_has, "without"),
    "$lacks": _ask(lambda value, wanted: not _has(value, wanted), "with"),
    "$times": _ask(
        lambda value, wanted: sum(matches(one, wanted[0]) for one in value) == wanted[1],
        "without exactly",
    ),
    "$length": _ask(lambda value, wanted: len(value) == wanted, "not of length"),
    "$one_of": _ask(lambda value, wanted: any(matches(value, one) for one in wanted), "none of"),
    "$like": _ask(lambda value, wanted: re.search(wanted, str(value)) is not None, "unlike"),
    "$not": _ask(lambda value, wanted: not matches(value, wanted), "which it should not be:"),
    "$consecutive": _ask(_consecutive, "not every event once and in order:"),
    "$rising": _ask(_rising, "not every update once and in order:"),
}
