"""Runs the Python examples of a README, each as a program of its own with the interpreter that runs
this, and keeps them in a folder, where type checkers find them.

readme.py README FOLDER
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

SECONDS_MAX = 60


def main(readme: Path, folder: Path) -> None:
    """Writes and runs all examples; the first that fails ends it."""
    blocks = re.findall(r"^```python\n(.*?)^```", readme.read_text(encoding="utf-8"), re.S | re.M)
    if not blocks:
        raise SystemExit(f"{readme} has no examples")
    folder.mkdir(parents=True)
    for number, block in enumerate(blocks, 1):
        path = folder / f"example_{number}.py"
        path.write_text(block, encoding="utf-8")
        subprocess.run([sys.executable, str(path)], check=True, timeout=SECONDS_MAX)
    print(f"{len(blocks)} examples ran")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
