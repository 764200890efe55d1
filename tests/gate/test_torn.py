"""The integration torn out at a random moment: what the gate does not know does not run."""

import asyncio
import random
from collections import Counter

import pytest

from tests.gate.record import FAILURES
from tests.gate.scenario import Scenario, scenarios
from tests.gate.tears import TEARS, TOGETHER, row

pytestmark = [pytest.mark.gate, pytest.mark.timeout(1800)]
_ANYWHERE = ("plain", "Up", "alias of the rc file", "paste of lines")
TRIED = {
    "bash": (*_ANYWHERE, "Ctrl-R", "!!", "eval", "loop"),
    "zsh": (*_ANYWHERE, "Ctrl-R", "!!", "eval", "loop"),
    "fish": (*_ANYWHERE, "function of the rc file", "eval of a literal"),
}
ROUNDS = 3
LATEST_SECONDS = 1.2
AT_ONCE = 3


@pytest.mark.parametrize("tear", TEARS)
@pytest.mark.parametrize("shells", TOGETHER, ids="-".join)
async def test_torn_out_at_a_random_moment(site, page, tear, shells):
    """Whenever it is torn out: `danger` does not run in silence."""
    moments = random.Random(tear)  # noqa: S311  the same moments in every run
    limit = asyncio.Semaphore(AT_ONCE)
    plans = [
        (scenario, shell, moments.uniform(0, LATEST_SECONDS))
        for scenario in scenarios()
        for shell in shells
        if scenario.name in TRIED[shell]
        for _ in range(ROUNDS)
    ]
    found = await asyncio.gather(*(_torn(site, limit, tear, plan) for plan in plans))
    page.torn[row(tear, shells)] = Counter(run.result for run in found)
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
