"""The integration torn out at a random moment: what the gate does not know does not run."""

import asyncio
import random
from collections import Counter

import pytest

from tests.gate.record import FAILURES
from tests.gate.scenario import Scenario, scenarios
from tests.gate.tears import TEARS

pytestmark = [pytest.mark.gate, pytest.mark.timeout(1800)]
TRIED = ("plain", "Up", "!!", "alias of the rc file", "Ctrl-R", "eval", "loop", "paste of lines")
ROUNDS = 3
LATEST_SECONDS = 1.2
AT_ONCE = 3


@pytest.mark.parametrize("tear", TEARS)
async def test_torn_out_at_a_random_moment(site, page, tear):
    """Whenever it is torn out: `danger` does not run in silence."""
    chosen = [scenario for scenario in scenarios() if scenario.name in TRIED]
    moments = random.Random(tear)  # noqa: S311  the same moments in every run
    limit = asyncio.Semaphore(AT_ONCE)
    plans = [
        (scenario, shell, moments.uniform(0, LATEST_SECONDS))
        for scenario in chosen
        for shell in ("bash", "zsh")
        for _ in range(ROUNDS)
    ]
    found = await asyncio.gather(*(_torn(site, limit, tear, plan) for plan in plans))
    page.torn[tear] = Counter(run.result for run in found)
    failed = [
        (*plan[:2], f"{plan[2]:.3f}", run.record.lines())
        for plan, run in zip(plans, found, strict=True)
        if run.result in FAILURES
    ]
    assert not failed


async def _torn(site, limit, tear: str, plan: tuple[Scenario, str, float]):
    scenario, shell, after = plan

    async def tears(account) -> None:
        await asyncio.sleep(after)
        await TEARS[tear](account)

    async with limit:
        return await site.run(scenario, shell, "guardrail", meanwhile=tears)
