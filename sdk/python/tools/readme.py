"""Runs the Python examples of a README, each as a program of its own with the interpreter that runs
this in an empty folder, looks at what the first of them says, and keeps them in another folder,
where type checkers find them.

readme.py README FOLDER
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

SECONDS_MAX = 60
LINES_MAX = 25
"""Of the first example, which is called twenty lines."""
ASSIGNED = "offered: Where is my parcel?\nnow: INTERACTION_STATUS_RESOLVED It is on its way.\n"
"""What the first example says once an assignment has come."""


def main(readme: Path, folder: Path) -> None:
    """Writes and runs all examples; the first that fails ends it."""
    blocks = re.findall(r"^```python\n(.*?)^```", readme.read_text(encoding="utf-8"), re.S | re.M)
    if not blocks:
        raise SystemExit(f"{readme} has no examples")
    lines = len([line for line in blocks[0].splitlines() if line.strip()])
    if lines > LINES_MAX:
        raise SystemExit(f"the README's twenty lines are {lines}")
    folder.mkdir(parents=True)
    for number, block in enumerate(blocks, 1):
        path = folder / f"example_{number}.py"
        path.write_text(block, encoding="utf-8")
        said = _run(path)
        if number == 1 and said != ASSIGNED:
            raise SystemExit(f"no assignment came: {said}")
    print(f"{len(blocks)} examples ran")


def _run(program: Path) -> str:
    with tempfile.TemporaryDirectory() as empty:
        ran = subprocess.run(
            [sys.executable, "-I", str(program)],
            check=False,
            timeout=SECONDS_MAX,
            cwd=empty,
            stdout=subprocess.PIPE,
            text=True,
        )
    if ran.returncode != 0:
        raise SystemExit(f"{program} failed after:\n{ran.stdout}")
    return ran.stdout


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
