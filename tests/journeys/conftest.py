"""The deployment that journeys share, and the one that a test has for itself."""

import pytest

from tests.servers.deployment import deployed


@pytest.fixture(scope="module")
async def deployment(tmp_path_factory):
    """A running bastion for all tests of a module; they must not break it."""
    async with deployed(tmp_path_factory.mktemp("deployment")) as deployment:
        yield deployment


@pytest.fixture
async def own_deployment(tmp_path):
    """A running bastion for one test, which may kill it."""
    async with deployed(tmp_path) as deployment:
        yield deployment
