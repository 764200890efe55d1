"""Where strangers' bytes wait, so that a flood of them does not delay those who work.

A key exchange costs a millisecond or two, and the event loop would run a hundred of them in one
turn while somebody's keystroke waits. Here one connection that has not logged in is served in a
turn; between two of them everybody else's bytes are.

What always holds: each connection's bytes come in their order, one piece at a time (it is not read
from while one waits); so what waits is bounded by the number of half-open connections. What it does
not do: limit how many those are.
"""

import asyncio
from collections import deque
from typing import Protocol


class Stranger(Protocol):
    """A connection that has not logged in."""

    def take(self, data: bytes) -> None:
        """It is its turn."""
        ...


class Antechamber:
    """The line of one bastion process."""

    def __init__(self) -> None:
        self._line: deque[tuple[Stranger, bytes]] = deque()

    def add(self, stranger: Stranger, data: bytes) -> None:
        """Have *stranger* take *data* when it is its turn."""
        self._line.append((stranger, data))
        if len(self._line) == 1:
            asyncio.get_running_loop().call_soon(self._serve)

    def _serve(self) -> None:
        stranger, data = self._line[0]
        try:
            stranger.take(data)
        finally:
            self._line.popleft()
            if self._line:
                asyncio.get_running_loop().call_soon(self._serve)
