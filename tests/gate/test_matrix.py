"""Every scenario in every shell and profile: nothing runs in silence."""

import pytest

from tests.gate.host import SHELLS
from tests.gate.matrix import runs, told
from tests.gate.record import FAILURES, Result
from tests.gate.scenario import scenarios
from tests.gate.site import PROFILES, UNGATED

pytestmark = [pytest.mark.gate, pytest.mark.timeout(3600)]


@pytest.mark.parametrize("shell", SHELLS)
async def test_the_ways_are_real(site, page, shell):
    """Without a gate `danger` runs by most of them; by the others, a shell has no such thing."""
    found = await runs(site, scenarios(), shell, UNGATED)
    page.works[shell] = {name: run.ran for name, run in found.items()}
    assert sum(page.works[shell].values()) > len(found) / 2


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("way", PROFILES)
async def test_nothing_runs_in_silence(site, page, shell, way):
    """`danger` is blocked, held, refused, or runs where the record says that it cannot see."""
    works = page.works[shell]
    found = await runs(site, scenarios(), shell, way)
    results = {name: told(run, works[name]) for name, run in found.items()}
    page.results[shell, way] = results
    failed = {name: found[name].record.lines() for name in results if results[name] in FAILURES}
    assert not failed


@pytest.mark.parametrize("shell", SHELLS)
async def test_a_protected_host_runs_nothing_unapproved(page, shell):
    """What is opaque does not run before somebody approved it."""
    results = page.results[shell, "protected"]
    unapproved = {Result.OPAQUE, Result.UNASKED, Result.UNSEEN}
    assert not [name for name, result in results.items() if result in unapproved]
