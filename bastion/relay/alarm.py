"""Deadlines: of something to be done, where a new one replaces the one before, and of a wait.

What always holds: what was to be done at a deadline that was set anew, or taken off, is not done.
What it does not do: tell whether a wait was in vain.
"""

import asyncio
import contextlib
from collections.abc import Callable


class Alarm:
    """Rings once, later."""

    def __init__(self) -> None:
        self._timer: asyncio.TimerHandle | None = None

    @property
    def is_set(self) -> bool:
        """Whether it will ring."""
        return self._timer is not None

    def set(self, seconds: float, then: Callable[[], None]) -> None:
        """Have *then* called in so many *seconds*, and not what was to be called before."""
        self.off()
        self._timer = asyncio.get_running_loop().call_later(seconds, self._ring, then)

    def off(self) -> None:
        """Do not ring."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _ring(self, then: Callable[[], None]) -> None:
        self._timer = None
        then()


async def happens(event: asyncio.Event, until: float) -> None:
    """Wait for *event*, until that moment of the loop at most."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), until - asyncio.get_running_loop().time())
