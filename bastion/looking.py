"""Looks at something again and again, for as long as the process lives.

What always holds: a look that fails is in the log, and the next one is made all the same; after
`stop` no look is under way and none is made any more. What it does not do: hurry; a look that takes
long puts the next one off.
"""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

_LOG = structlog.get_logger()


class Looking:
    """One look every few seconds.

    Args:
        what: what is looked at, for the log.
        look: looks once.
        seconds: how long after one look the next one is made; so long also before the first.
    """

    def __init__(self, what: str, look: Callable[[], Awaitable[object]], *, seconds: float) -> None:
        self._what, self._look, self._seconds = what, look, seconds
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Look from now on."""
        self._task = asyncio.create_task(self._go_on())

    async def stop(self) -> None:
        """Look no more; where it was not started, nothing happens."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _go_on(self) -> None:
        while True:
            await asyncio.sleep(self._seconds)
            try:
                await self._look()
            except Exception:  # noqa: BLE001  whatever goes wrong, the next look is made
                _LOG.exception("a look has failed", at=self._what)
