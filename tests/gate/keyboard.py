"""Somebody at a terminal: keys in pieces, and a look at the screen to see whether it stands still.

A screen has no event for "that was all", so here alone silence is waited for.
"""

import asyncio
import contextlib
import os
from collections.abc import Sequence

import ptyprocess

_LOOK_SECONDS = 0.02
_LONGEST_SECONDS = 6.0
_ENVIRONMENT = ("PATH", "HOME", "LANG", "USER")


class Keyboard:
    """A program on a pseudo terminal; `shown` is all that it printed."""

    def __init__(self, command: Sequence[str], size: tuple[int, int] = (80, 24)) -> None:
        cols, rows = size
        kept = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
        self._pty = ptyprocess.PtyProcess.spawn(
            list(command), dimensions=(rows, cols), env={**kept, "TERM": "xterm-256color"}
        )
        self._loop = asyncio.get_running_loop()
        self._changed_at = self._loop.time()
        self._more = asyncio.Event()
        self._is_over = False
        self.shown = bytearray()
        self._loop.add_reader(self._pty.fd, self._read)

    def press(self, keys: str | bytes) -> None:
        """Write *keys* as they stand."""
        self._changed_at = self._loop.time()
        with contextlib.suppress(OSError):  # the session has ended: what was typed is lost
            self._pty.write(keys.encode() if isinstance(keys, str) else keys)

    def resize(self, cols: int, rows: int) -> None:
        """Give the terminal another size."""
        self._changed_at = self._loop.time()
        self._pty.setwinsize(rows, cols)

    async def shows(self, text: str | bytes, since: int = 0, seconds: float = 20) -> float:
        """Wait until *text* stands behind the first *since* bytes; how many seconds that took."""
        wanted = text.encode() if isinstance(text, str) else text
        begun = self._loop.time()
        async with asyncio.timeout(seconds):
            while wanted not in self.shown[since:]:
                if self._is_over:
                    raise EOFError(self.shown[-2000:])
                self._more.clear()
                await self._more.wait()
        return self._loop.time() - begun

    async def rests(self, quiet: float) -> None:
        """Wait until nothing was typed or printed for *quiet* seconds."""
        deadline = self._loop.time() + _LONGEST_SECONDS + quiet
        while not self._is_over and (now := self._loop.time()) < deadline:
            left = self._changed_at + quiet - now
            if left <= 0:
                return
            await asyncio.sleep(max(left, _LOOK_SECONDS))

    async def ends(self, seconds: float = 20) -> None:
        """Wait until the program has ended."""
        async with asyncio.timeout(seconds):
            while not self._is_over:
                self._more.clear()
                await self._more.wait()

    def hang_up(self) -> None:
        """Close the terminal."""
        self._stop()
        self._pty.close(force=True)

    def _read(self) -> None:
        try:
            data = os.read(self._pty.fd, 65536)
        except OSError:
            data = b""
        self._more.set()
        if not data:
            self._stop()
            return
        self._changed_at = self._loop.time()
        self.shown += data

    def _stop(self) -> None:
        if not self._is_over:
            self._is_over = True
            self._loop.remove_reader(self._pty.fd)
