"""The matrix as a file: what holds, and what each transport saw of each fault. Its last part, the
words of the transports, depends on the moment and is not compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from driver import Greeting
from story import Scenario, Sight

WORDS = "## In their own words"
HOLDS, FAILS, LACKS = "holds", "**fails**", "not there"
TEXT_MAX = 140


@dataclass(frozen=True)
class Verdict:
    """How one scenario went with one SDK."""

    scenario: str
    driver: str
    result: str
    why: str = ""
    sight: Sight | None = None
    seconds: float = 0.0


def row(cells: Sequence[str]) -> str:
    """A line of a table."""
    return "| " + " | ".join(cells) + " |"


def table(head: Sequence[str], rows: list[list[str]]) -> list[str]:
    """A table."""
    return [row(head), row(["---"] * len(head)), *[row(one) for one in rows], ""]


def gist(sight: Sight, bare: bool = False) -> str:
    """What a stream went through, without how often; `bare`: without the code too."""
    code = f"{sight.code}: " if sight.code and not bare else ""
    went: list[str] = []
    for state in sight.states:
        if state not in went and state != "stopped":
            went.append(state)
    return code + (" → ".join(went) if went else "the call alone")


def words(sight: Sight) -> str:
    """What the transport said of it."""
    text = " ".join(sight.text.replace("|", "/").split())
    return (text[:TEXT_MAX] + " …") if len(text) > TEXT_MAX else text or "nothing"


def written(
    scenarios: Sequence[Scenario], greetings: Sequence[Greeting], verdicts: Sequence[Verdict]
) -> str:
    """The whole file."""
    found = {(one.scenario, one.driver): one for one in verdicts}
    names = [one.driver for one in greetings]

    def cells(scenario: Scenario, show: str) -> list[str]:
        made: list[str] = []
        for name in names:
            verdict = found[(scenario.name, name)]
            sight = verdict.sight
            if show == "result" or verdict.result == LACKS:
                made.append(verdict.result)
            elif sight is None:
                made.append("nothing")
            else:
                seen = gist(sight, scenario.varies == "code" and show == "gist")
                made.append(seen if show == "gist" or not sight.text else words(sight))
        return made

    faults = [one for one in scenarios if one.fault]
    steady = [one for one in faults if one.varies != "all"]
    lines = [
        "# One story for all SDKs",
        "",
        "Written by `bash sdk/conformance/check.sh accept`. Without that word it plays all again",
        "and fails where anything above the words of the transports differs.",
        "[What is played](README.md).",
        "",
        *table(["SDK", "transport"], [[one.driver, one.transport] for one in greetings]),
        "## What holds",
        "",
        *table(["scenario", *names], [[one.title, *cells(one, "result")] for one in scenarios]),
        "## What each transport saw of each fault",
        "",
        "The code that a stream was lost with, or a call ended with, as its SDK tells it; then the",
        "states that the stream went through, each once, until it was well again.",
        "",
        *table(["fault", *names], [[one.fault, *cells(one, "gist")] for one in steady]),
        WORDS,
        "",
        "What was seen when this was written; a later moment may see it differently.",
        "",
        *table(["fault", *names], [[one.fault, *cells(one, "words")] for one in faults]),
    ]
    return "\n".join(lines).rstrip() + "\n"


def compared(text: str) -> str:
    """The part that must be the same."""
    return text.partition(WORDS)[0]
