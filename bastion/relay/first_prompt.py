"""Waits, with a line that was typed before it, for the first prompt of a shell that is to ask.

Login files may take seconds, and once they are done the shell asks for such a line itself. But it
may never speak, and a program that a login file runs may wait for the line as its answer: such a
program shows a question and then nothing more.

What always holds: each wait is bounded; once one was in vain, nothing waits any more. What it does
not do: hear the shell, or say what becomes of the line.
"""

import asyncio
import contextlib

from bastion.relay.witness import Witness

_MOST_SECONDS = 10.0  # behind nothing, where only a shell can be what it was typed for
_QUIET_SECONDS = 3.0  # behind what may be a question, once nothing more is printed


class FirstPrompt:
    """The first prompt of one shell."""

    def __init__(self, screen: Witness) -> None:
        self._screen = screen
        self._loop = asyncio.get_running_loop()
        self._changed = asyncio.Event()
        self._printed_at = self._loop.time()
        self._is_over = self._is_awaited = False

    def printed(self) -> None:
        """The host printed something."""
        self._printed_at = self._loop.time()

    def over(self) -> None:
        """It is there, or will not come."""
        self._is_over = True
        self._changed.set()

    def cancel(self) -> bool:
        """The line was taken back, by Ctrl-C; False where none waits."""
        self._changed.set()
        return self._is_awaited

    async def comes(self) -> None:
        """Wait for it with a line that is about to be accepted."""
        if self._is_over:
            return
        self._changed.clear()
        began, self._is_awaited = self._loop.time(), True
        try:
            while not self._changed.is_set() and (until := self._until(began)) > self._loop.time():
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout_at(until):
                        await self._changed.wait()
            self._is_over = self._is_over or not self._changed.is_set()
        finally:
            self._is_awaited = False

    def _until(self, began: float) -> float:
        until = began + _MOST_SECONDS
        if self._screen.is_behind_text:
            until = min(until, max(began, self._printed_at) + _QUIET_SECONDS)
        return until
