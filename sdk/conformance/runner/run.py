"""Plays every scenario with every SDK against the real server, and writes the matrix or compares it
with the one in the tree. What may run side by side does; what stops the server or moves its clock
is played by all drivers together, with nothing else beside it."""

from __future__ import annotations

import argparse
import asyncio
import difflib
import os
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(HERE / "drivers"))

from omnichannel.testing import Server, free_port  # noqa: E402

import matrix  # noqa: E402
from driver import Driver, DriverError  # noqa: E402
from office import Issuer, Office  # noqa: E402
from story import Failure, Play, Scenario, Together  # noqa: E402

SCENARIO_SECONDS = 100.0
"""No scenario takes longer."""
AT_ONCE = 8
"""Scenarios that are played side by side, each with all drivers."""


async def started(node: str, rust: str, only: list[str] | None = None) -> list[Driver]:
    """The drivers, each a process."""
    python = [sys.executable, "-u"]
    commands = {
        "python": [*python, str(HERE / "drivers" / "python_sync.py")],
        "python-asyncio": [*python, str(HERE / "drivers" / "python_async.py")],
        "node": ["node", node, "node"],
        "web": ["node", node, "web"],
        "rust": [rust],
    }
    wanted = [command for name, command in commands.items() if not only or name in only]
    environment = {**os.environ, "GRPC_VERBOSITY": "NONE"}
    return list(await asyncio.gather(*[Driver.start(one, environment) for one in wanted]))


async def played(scenario: Scenario, drivers: list[Driver], office: Office) -> list[matrix.Verdict]:
    """One scenario with all drivers."""
    able = [one for one in drivers if not set(scenario.needs) & set(one.greeting.lacks)]
    together = Together(len(able))
    await office.open(scenario.name)

    async def one(driver: Driver) -> matrix.Verdict:
        name = driver.greeting.driver
        if driver not in able:
            return matrix.Verdict(scenario.name, name, matrix.LACKS)
        begun = time.monotonic()
        play = Play(scenario, driver, office, together)
        why = ""
        try:
            await asyncio.wait_for(play.run(), SCENARIO_SECONDS)
        except (Failure, DriverError) as failure:
            why = str(failure)
        except asyncio.TimeoutError:
            why = "takes too long"
        result = matrix.FAILS if why else matrix.HOLDS
        spent = time.monotonic() - begun
        return matrix.Verdict(scenario.name, name, result, why, play.sight, spent)

    verdicts = await asyncio.gather(*[one(driver) for driver in drivers])
    await office.close()
    return verdicts


async def everything(
    scenarios: list[Scenario], drivers: list[Driver], contract: Path
) -> list[matrix.Verdict]:
    """All scenarios."""
    issuer = Issuer(free_port())
    await issuer.start()
    verdicts: list[matrix.Verdict] = []
    with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
        file.write(issuer.table())
        file.flush()
        settings = {"config": file.name, **issuer.settings()}
        async with Server(settings=settings) as server:
            room = asyncio.Semaphore(AT_ONCE)

            async def beside(scenario: Scenario) -> list[matrix.Verdict]:
                async with room:
                    return await told(scenario, Office(server, issuer, contract))

            async def told(scenario: Scenario, office: Office) -> list[matrix.Verdict]:
                found = await played(scenario, drivers, office)
                for one in found:
                    print(f"{one.result:10} {one.seconds:5.1f} s  {one.scenario} ({one.driver})")
                    if one.why:
                        print(f"           {one.why}")
                sys.stdout.flush()
                return found

            for found in await asyncio.gather(*[beside(one) for one in scenarios if not one.alone]):
                verdicts += found
            for scenario in [one for one in scenarios if one.alone]:
                verdicts += await told(scenario, Office(server, issuer, contract))
    issuer.close()
    return verdicts


async def main() -> int:
    """From the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--node", required=True, help="the Node driver")
    parser.add_argument("--rust", required=True, help="the Rust driver")
    parser.add_argument("--contract", type=Path, required=True, help="error_reason.proto")
    parser.add_argument("--accept", action="store_true", help="write the matrix")
    parser.add_argument("--only", nargs="*", help="these scenarios; compares nothing")
    parser.add_argument("--with-drivers", nargs="*", help="these drivers; compares nothing")
    given = parser.parse_args()
    scenarios = [Scenario.read(path) for path in sorted((HERE / "scenarios").glob("*.json"))]
    if given.only:
        scenarios = [one for one in scenarios if one.name in given.only]
    drivers = await started(given.node, given.rust, given.with_drivers)
    try:
        verdicts = await everything(scenarios, drivers, given.contract)
    finally:
        await asyncio.gather(*[driver.stop() for driver in drivers])
    failed = [one for one in verdicts if one.result == matrix.FAILS]
    print(f"{len(verdicts)} played, {len(failed)} failed")
    if given.only or given.with_drivers:
        return 1 if failed else 0
    return settle(
        matrix.written(scenarios, [one.greeting for one in drivers], verdicts),
        given.accept,
        bool(failed),
    )


def settle(text: str, accept: bool, failed: bool) -> int:
    """Writes the matrix, or says how it differs from the one in the tree."""
    path = HERE / "matrix.md"
    kept = path.read_text(encoding="utf-8") if path.exists() else ""
    if accept:
        path.write_text(text, encoding="utf-8")
        return 1 if failed else 0
    old, new = matrix.compared(kept).splitlines(), matrix.compared(text).splitlines()
    differs = list(difflib.unified_diff(old, new, "matrix.md", "played now", lineterm="", n=0))
    print("\n".join(differs))
    return 1 if failed or differs else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
