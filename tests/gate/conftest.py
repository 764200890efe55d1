"""The gate against everything that was thought of; `make test-gate` writes docs/gate.md.

Without `-m gate` only what is quick of it runs (test_smoke.py).
"""

import pytest
import pytest_asyncio

from tests.gate.host import SHELLS
from tests.gate.page import Page
from tests.gate.scenario import scenarios
from tests.gate.site import PROFILES, gate_site
from tests.gate.tears import TEARS, TOGETHER, row

_ACCOUNTS = 1000  # of each shell; each run has its own
_KEPT = "gate/found"
_TORN = [row(tear, shells) for shells in TOGETHER for tear in TEARS]
_PAGE = Page(scenarios(), [(shell, way) for shell in SHELLS for way in PROFILES], _TORN)


def pytest_configure(config):
    config.addinivalue_line("markers", "gate: all scenarios of the gate, for many minutes")
    if "gate" in config.option.markexpr:  # what earlier runs found, so that a part can be run again
        _PAGE.recall(config.cache.get(_KEPT, {}))


def pytest_collection_modifyitems(config, items):
    if "gate" in config.option.markexpr:
        return
    long = [item for item in items if item.get_closest_marker("gate")]
    if long:
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if item not in long]


def pytest_sessionfinish(session):
    if "gate" not in session.config.option.markexpr:
        return
    session.config.cache.set(_KEPT, _PAGE.kept())
    if _PAGE.found:
        _PAGE.write()


@pytest.fixture
def page():
    """What is found for docs/gate.md."""
    return _PAGE


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def site(tmp_path_factory):
    """The bastion and the host of all runs."""
    async with gate_site(tmp_path_factory.mktemp("gate"), _ACCOUNTS) as site:
        yield site
