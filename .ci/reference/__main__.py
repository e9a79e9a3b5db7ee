"""Makes docs/reference from the contract. Reads the compiled contract from its input:

buf build proto -o -#format=json | python3 .ci/reference [--check]

With `--check` it writes nothing, and fails where a page is not what it would write.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

from contract import Unclear, read
from pages import Writer

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs/reference"
ROLES = ROOT / "docs/contract.md"


def roles() -> dict[str, list[str]]:
    """Which roles have each permission, by the table of docs/contract.md."""
    rows = [
        [cell.strip() for cell in line.strip("|\n").split("|")]
        for line in ROLES.read_text(encoding="utf-8").splitlines()
        if re.match(r"\| (permission|[A-Z]+_[A-Z]+) \|", line)
    ]
    head, table = rows[0], rows[1:]
    return {
        row[0]: [name for name, mark in zip(head[1:], row[1:], strict=True) if mark == "✓"]
        for row in table
    }


def main(arguments: list[str]) -> None:
    """Writes the pages, or compares them."""
    if arguments not in ([], ["--check"]):
        raise SystemExit("reference: the only argument is --check")
    try:
        pages = Writer(read(json.load(sys.stdin)), roles()).pages()
    except Unclear as unclear:
        raise SystemExit(f"reference: {unclear}") from None
    there = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.md")}
    stale = sorted(name for name in {*pages, *there} if pages.get(name) != there.get(name))
    if arguments:
        if stale:
            raise SystemExit(
                f"reference: docs/reference is not what the contract gives: {', '.join(stale)}; "
                "run: bash .ci/contract.sh accept"
            )
        return
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in stale:
        if name in pages:
            (FOLDER / name).write_text(pages[name], encoding="utf-8")
        else:
            (FOLDER / name).unlink()
    print(f"reference: {len(pages)} pages, {len(stale)} changed")


if __name__ == "__main__":
    main(sys.argv[1:])
