"""Real identity providers; what they did is written to docs/identity.md by `pytest -m idp`.

Without `-m idp` only the providers are asked that every development machine has; the others come
from package registries.
"""

import time
from pathlib import Path

import pytest

from bastion.oidc.provider import Provider
from tests.idp import panva
from tests.idp.canaille import Canaille
from tests.idp.demo import Demo
from tests.idp.glewlwyd import Glewlwyd
from tests.idp.lemonldap import Lemonldap
from tests.idp.matrix import Matrix, written
from tests.idp.panva import Panva
from tests.idp.running import running
from tests.servers.plain_http import plain_http
from tests.servers.selection import leave_out

HERE = Path(__file__).parent
MAKERS = (Panva, Glewlwyd, Lemonldap, Canaille, Demo)
QUICK = (Canaille, Demo)
MATRIX = Matrix(tuple(maker.label for maker in MAKERS))


def pytest_configure(config):
    config.addinivalue_line("markers", "idp: against identity providers that have to be installed")
    config.addinivalue_line("markers", "flow(name): which row of the matrix a test fills")


def pytest_collection_modifyitems(config, items):
    if "idp" in config.option.markexpr:
        return
    leave_out(config, items, lambda item: HERE in item.path.parents and not _is_quick(item))


def pytest_sessionfinish(exitstatus):
    if exitstatus == 0 and MATRIX.is_complete():
        MATRIX.write()


def _is_quick(item):
    return item.callspec.params["maker"] in QUICK


class Later:
    """The real time, but later where a test says so."""

    def __init__(self):
        self.extra = 0.0

    def now(self):
        return time.time()

    def monotonic(self):
        return self.now() + self.extra


@pytest.fixture
def clock():
    return Later()


@pytest.fixture
async def browser():
    async with plain_http() as client:
        yield client


@pytest.fixture(params=MAKERS, ids=lambda maker: maker.__name__.lower())
def maker(request):
    return request.param


@pytest.fixture
def make(maker, request, tmp_path):
    """Makes the provider of this test."""
    if maker is Canaille:
        iam = request.getfixturevalue("iam_server")
        return lambda: Canaille(tmp_path, iam)
    if maker is Panva:
        modules = request.config.cache.mkdir(panva.PACKAGE.replace("@", "-"))
        return lambda **changes: Panva(_idp(tmp_path), modules, **changes)
    return lambda **changes: maker(_idp(tmp_path), **changes)


def _idp(folder):
    (folder / "idp").mkdir(exist_ok=True)
    return folder / "idp"


@pytest.fixture
async def idp(make):
    """The provider, running."""
    async with running(make()) as provider:
        MATRIX.keep_settings(provider.label, provider.toml())
        yield provider


@pytest.fixture
def provider(idp, http, clock):
    """What a bastion has of it."""
    return Provider(idp.settings, http, clock)


@pytest.fixture
def result(request, maker, pytestconfig):
    """Fills this test's cell of the matrix: `result("ok")`.

    Where the provider does not offer it: `if result.without("device"): return`.
    """
    return _Result(request, maker, "idp" in pytestconfig.option.markexpr)


class _Result:
    def __init__(self, request, maker, writes):
        self._flow = request.node.get_closest_marker("flow").args[0]
        self._shows = " ".join(request.function.__doc__.split())
        self._maker, self._writes = maker, writes

    def __call__(self, told):
        if self._writes:
            MATRIX.keep(self._flow, self._maker.label, told, self._shows)
        else:
            assert written().get((self._flow, self._maker.label)) == told, "run make test-idp"

    def without(self, offer):
        """Whether the provider lacks *offer*; the cell then says why."""
        why = self._maker.without.get(offer)
        if why is not None:
            self(f"not offered: {why}")
        return why is not None
