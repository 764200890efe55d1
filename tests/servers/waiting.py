"""Waits for what another process, or a machine of its own, does: it has no event for us.

Within this process, wait for the thing itself: a future, a queue, an event. Where the step of a
task is what a test is about, `turn` is one.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable

_LOOK_SECONDS = 0.02


async def turn() -> None:
    """Let everything that is ready now go on until it waits, once: a turn of the event loop.

    For tests of the order in which tasks get their turns, and of a task that is cut off at each of
    its steps: such a step tells nobody that it was taken, so there is nothing else to await.
    """
    await asyncio.sleep(0)


async def until(is_so: Callable[[], object], seconds: float = 20) -> None:
    """Wait until a file, a database or a port of another process shows that something *is_so*."""
    async with asyncio.timeout(seconds):
        while not is_so():  # noqa: ASYNC110  another process has no event for us
            await asyncio.sleep(_LOOK_SECONDS)


async def until_answered(
    asks: Callable[[], Awaitable[object]], seconds: float = 20, every: float = _LOOK_SECONDS
) -> None:
    """Wait until what *asks* is told something true; ask *every* so many seconds."""
    async with asyncio.timeout(seconds):
        while not await asks():  # noqa: ASYNC110  another process has no event for us
            await asyncio.sleep(every)


def wait_until(is_so: Callable[[], object], seconds: float = 30) -> None:
    """Wait without an event loop; raises TimeoutError."""
    end = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > end:
            raise TimeoutError
        time.sleep(_LOOK_SECONDS)
