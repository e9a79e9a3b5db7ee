"""Turns the blocks of a page into programs that can be run, and finds in what they say the answers
that the page shows.

    snippets.py extract PYTHON|TS PAGE FILE    write the blocks of one language as one program
    snippets.py judge PYTHON|TS PAGE < OUTPUT  look for the answers in the program's output

A block `text` shows part of what the block before it says, in every language, or in those it names:
a line of it must be in the output of that block, white space aside. The blocks of bash are run by
`tests/it/guides.rs`, which reads pages in the same way.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

MARK = "@@ step "
SAYS = {"python": 'print("{}", flush=True)', "ts": 'console.log("{}");'}


@dataclass
class Step:
    """One block, and the lines it must say."""

    code: str
    answers: list[str] = field(default_factory=list)


def steps(page: Path, language: str) -> list[Step]:
    """The blocks of a language."""
    found: list[Step] = []
    text = page.read_text(encoding="utf-8")
    for info, body in re.findall(r"^```(\S[^\n]*)\n(.*?)^```$", text, re.S | re.M):
        kind, *names = info.split()
        if kind == language:
            found.append(Step(body))
        elif kind == "text" and found and (not names or language in names):
            found[-1].answers += body.splitlines()
    return found


def program(page: Path, language: str) -> str:
    """All blocks one after the other, each said to begin."""
    blocks = [
        f"{SAYS[language].format(MARK + str(number))}\n{step.code}"
        for number, step in enumerate(steps(page, language))
    ]
    if not blocks:
        raise SystemExit(f"{page} has nothing in {language}")
    return "\n".join(blocks)


def missing(page: Path, language: str, output: str) -> list[str]:
    """The answers that are not in the output of their block."""
    said = re.split(rf"^{MARK}(\d+)$", output, flags=re.M)
    outputs = dict(zip(said[1::2], said[2::2], strict=True))
    wrong = []
    for number, step in enumerate(steps(page, language)):
        found = bare(outputs.get(str(number), ""))
        unsaid = [line for line in step.answers if bare(line) not in found]
        wrong += [f"not said: {line}\n{step.code}" for line in unsaid]
    return wrong


def bare(text: str) -> str:
    """A text without white space."""
    return "".join(text.split())


def main(arguments: list[str]) -> None:
    """See the top of the file."""
    match arguments:
        case ["extract", language, page, file]:
            Path(file).write_text(program(Path(page), language), encoding="utf-8")
        case ["judge", language, page]:
            output = sys.stdin.read()
            if wrong := missing(Path(page), language, output):
                raise SystemExit("\n".join([f"{page}, {language}:", *wrong, "it said:", output]))
        case _:
            raise SystemExit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
