"""Runs scenarios by the dozen, and says of each what the page says."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from tests.gate.record import Result
from tests.gate.scenario import Scenario
from tests.gate.site import Run, Site

AT_ONCE = 4
_SLOWER = 4.0


async def runs(
    site: Site, chosen: Sequence[Scenario], shell: str, way: str, at_once: int = AT_ONCE
) -> dict[str, Run]:
    """Each scenario's run, by name."""
    limit = asyncio.Semaphore(at_once)

    async def one(scenario: Scenario) -> tuple[str, Run]:
        async with limit:
            run = await site.run(scenario, shell, way)
            if run.result is Result.STOPPED:  # by us, maybe: keys came too soon for a busy machine
                slower = replace(scenario, quiet=scenario.quiet * _SLOWER)
                run = await site.run(slower, shell, way)
            return scenario.name, run

    found = dict(await asyncio.gather(*map(one, chosen)))
    return {name: _settled(site, run) for name, run in found.items()}


def _settled(site: Site, run: Run) -> Run:
    """*run*, by what has run until now: its session's end may have come before."""
    if run.ran or not site.host.ran_at(run.name):
        return run
    return replace(run, result=Result.SILENT, ran=True)


def told(run: Run, works: bool) -> Result:  # noqa: FBT001  a fact, not a switch
    """What the page says of *run*; *works* is whether the trick runs without a gate at all."""
    if not works and not run.ran and run.result is not Result.OVER:
        return Result.NOTHING
    return run.result
