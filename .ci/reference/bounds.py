"""Says the rules of validation in words, where the comment of a field does not say them already."""

from __future__ import annotations

import re
from typing import Any

from contract import Field, Unclear

SEQUENCE_MAX = 2**53 - 1

# What the patterns of the contract mean. One that is not here is shown as it is.
PATTERNS = {
    r"^([^\p{Cc}\p{Zl}\p{Zp}]*[^\p{Cc}\p{Cf}\p{Z}][^\p{Cc}\p{Zl}\p{Zp}]*)?$": (
        "one line that is not blank"
    ),
    r"^[^\p{Cc}\p{Zl}\p{Zp}]*$": "one line",
    r"^[^\p{Cc}]*$": "no control characters",
    r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$": "a tag of BCP 47",
    r"^[a-z0-9_]*$": "lower-case letters, digits and underscores",
    r"^[A-Za-z0-9.:_-]*$": "letters, digits and `.` `:` `_` `-`",
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$": "as `2026-03-29`",
    r"^([A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+)?$": "as `text/plain`",
}

# What is said in another column.
ELSEWHERE = {"required", "ignore", "uuid", "definedOnly", "notIn"}


def demanded(one: Field) -> bool:
    """Whether validation refuses a request without it."""
    rules = one.rules
    if "ignore" in rules or one.oneof is not None:
        return False
    return bool(
        rules.get("required")
        or rules.get("string", {}).get("uuid")
        or int(rules.get("string", {}).get("minLen", 0))
        or int(rules.get("bytes", {}).get("minLen", 0))
        or int(rules.get("repeated", {}).get("minItems", 0))
        or rules.get("enum", {}).get("notIn") == [0]
        or int(rules.get("int32", {}).get("gte", 0)) > 0
        or int(rules.get("int64", {}).get("gte", 0)) > 0
    )


def is_uuid(one: Field) -> bool:
    """Whether it holds UUIDs."""
    items = one.rules.get("repeated", {}).get("items", {})
    return bool(one.rules.get("string", {}).get("uuid") or items.get("string", {}).get("uuid"))


def told(one: Field, comment: str) -> str:
    """A comment with the rules that it leaves unsaid, as sentences before what the default is."""
    parts = [f"{part[0].upper()}{part[1:]}." for part in _unsaid(one)]
    begin, default, end = comment.partition("Default: ")
    return " ".join(one for one in [begin.strip(), *parts, default + end] if one)


def _unsaid(one: Field) -> list[str]:
    parts = []
    for part in _parts(one.rules):
        numbers = re.findall(r"\d+", part)
        numbers = [number for number in numbers if number != "1"] or numbers
        if numbers and all(re.search(rf"\b{number}\b", one.comment) for number in numbers):
            continue
        if part == "each once" and "each once" in one.comment:
            continue
        if not numbers and _says(part, one.comment):
            continue
        parts.append(part)
    return parts


def _says(part: str, comment: str) -> bool:
    words = {"one line": "line", "lower-case": "lower-case", "letters, digits": "letters"}
    return any(part.startswith(begin) and word in comment for begin, word in words.items())


def _parts(rules: dict[str, Any]) -> list[str]:
    parts: list[str] = []
    for kind, rule in rules.items():
        if kind in ELSEWHERE or kind == "enum":
            continue
        if kind == "string":
            parts += _string(rule)
        elif kind == "bytes":
            parts += _range(rule, "minLen", "maxLen", _bytes)
        elif kind in ("int32", "int64"):
            parts += _number(rule)
        elif kind == "duration":
            parts += _range(rule, "gte", "lte", _span)
        elif kind == "repeated":
            parts += _range(rule, "minItems", "maxItems", _count("item", "items"))
            parts += ["each once"] if rule.get("unique") else []
            parts += [f"each {part}" for part in _parts(rule.get("items", {}))]
        elif kind == "map":
            parts += _range(rule, "minPairs", "maxPairs", _count("entry", "entries"))
            parts += [f"keys: {part}" for part in _parts(rule.get("keys", {}))]
            parts += [f"values: {part}" for part in _parts(rule.get("values", {}))]
        else:
            raise Unclear(f"no words for rules of {kind}")
    return parts


def _string(rule: dict[str, Any]) -> list[str]:
    parts = _range(rule, "minLen", "maxLen", _count("character", "characters"))
    if "maxBytes" in rule:
        parts.append(f"at most {_bytes(int(rule['maxBytes']))}")
    if "pattern" in rule:
        parts.append(PATTERNS.get(rule["pattern"], f"fits `{rule['pattern']}`"))
    for key, words in (("email", "an address of mail"), ("uri", "a URI")):
        if rule.get(key):
            parts.append(words)
    if unknown := set(rule) - {"minLen", "maxLen", "maxBytes", "pattern", "email", "uri", "uuid"}:
        raise Unclear(f"no words for {unknown} of a string")
    return parts


def _number(rule: dict[str, Any]) -> list[str]:
    least, most = (int(rule[key]) if key in rule else None for key in ("gte", "lte"))
    if most == SEQUENCE_MAX:
        most = None
    if least is not None and most is not None:
        return [f"{least} to {most}"]
    if most is not None:
        return [f"at most {most}"]
    return [f"at least {least}"] if least else []


def _range(rule: dict[str, Any], least: str, most: str, words: Any) -> list[str]:
    low, high = (_amount(rule[key]) if key in rule else None for key in (least, most))
    if low and high is not None:
        unit = words(high).split(" ", 1)
        if low == high:
            return [words(high)]
        same = words(low).split(" ", 1)[1].rstrip("s") == unit[1].rstrip("s")
        return [f"{low if same else words(low)} to {words(high)}"]
    if high is not None:
        return [f"at most {words(high)}"]
    return [f"at least {words(low)}"] if low else []


def _count(one: str, many: str) -> Any:
    return lambda number: f"{number} {one if number == 1 else many}"


def _amount(value: Any) -> int | float:
    text = str(value)
    if text.endswith("s"):
        number = float(text[:-1])
        return int(number) if number.is_integer() else number
    return int(value)


def _bytes(count: int) -> str:
    for size, unit in ((1 << 20, "MiB"), (1 << 10, "KiB")):
        if count >= size and count % size == 0:
            return f"{count // size} {unit}"
    return "1 byte" if count == 1 else f"{count} bytes"


def _span(seconds: float) -> str:
    days, rest = divmod(seconds, 86400)
    if days > 1 and not rest:
        return f"{int(days)} days"
    for size, unit in ((3600, "hour"), (60, "minute"), (1, "second")):
        if seconds >= size and seconds % size == 0:
            count = int(seconds // size)
            return f"{count} {unit}{'' if count == 1 else 's'}"
    return f"{int(seconds * 1000)} milliseconds"
