"""What every test may use: a clock that stands still until it is moved, and an HTTP client."""

import os
import signal

import pytest
from hypothesis import HealthCheck, settings

from tests.servers.plain_http import plain_http

# In the background of a script (`make test &`, nohup) these are ignored, which children inherit;
# then no Ctrl-C and no hang-up would end what the tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)

# What is tested has a configuration of its own, not that of who runs the tests.
os.environ.pop("BASTION_CONFIG", None)

# How long an example takes says how busy the machine is, and nothing about what is tested.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")


def pytest_configure(config):
    """What helps the tests and is gone must be seen in the summary; it is no test's failure."""
    config.addinivalue_line("filterwarnings", "default:a fork server has gone")


class HandClock:
    """A clock that a test moves by hand."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self._now = now
        self._monotonic = 1000.0

    def now(self) -> float:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    def advance(self, seconds: float) -> None:
        self._now += seconds
        self._monotonic += seconds


@pytest.fixture
def clock() -> HandClock:
    """A clock that stands still."""
    return HandClock()


@pytest.fixture
async def http():
    """A client that takes no proxy from the environment."""
    async with plain_http() as client:
        yield client
