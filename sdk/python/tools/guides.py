"""Runs the Python of the guides in docs/guides, each page as one program against a server of its
own, and looks for the answers that the page shows. The programs are kept in a folder, where type
checkers find them.

guides.py ROOT FOLDER
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from omnichannel import testing

SECONDS_MAX = 60
NOWHERE = "http://127.0.0.1:9/answers"
"""Where answers go that nobody waits for."""


def main(root: Path, folder: Path) -> None:
    """Runs all pages; the first that fails ends it."""
    pages = [
        page
        for page in sorted((root / "docs/guides").glob("*.md"))
        if "```python\n" in page.read_text(encoding="utf-8")
    ]
    if not pages:
        raise SystemExit("the guides have no Python")
    for page in pages:
        program = folder / f"guide_{page.stem.replace('-', '_')}.py"
        snippets = [sys.executable, str(root / ".ci/snippets.py")]
        subprocess.run([*snippets, "extract", "python", str(page), str(program)], check=True)
        said = _run(program)
        subprocess.run([*snippets, "judge", "python", str(page)], check=True, input=said, text=True)
    print(f"{len(pages)} guides ran")


def _run(program: Path) -> str:
    with testing.server() as server:
        environment = {
            **os.environ,
            "OMNICHANNEL_ENDPOINT": server.endpoint,
            "OMNICHANNEL_API_KEY": server.api_key,
            "RECEIVER": NOWHERE,
        }
        ran = subprocess.run(
            [sys.executable, str(program)],
            check=False,
            timeout=SECONDS_MAX,
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
    if ran.returncode != 0:
        raise SystemExit(f"{program} failed after:\n{ran.stdout}")
    return ran.stdout


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
