"""Entries for the audit log that nobody waits for: somebody reached a limit, and is gone.

What always holds: an entry is begun at once and finished before the bastion stops; how many are
written is bounded by the audit log itself, so a flood cannot fill it. What it does not do: refuse.
"""

import asyncio
from collections.abc import Awaitable, Callable

from bastion.refusal import Refusal

Keep = Callable[[str, str, Refusal], Awaitable[None]]
"""Keeps that an address, or a person at it, met a limit."""


class Notes:
    """The entries of one bastion process that are being written."""

    def __init__(self, keep: Keep) -> None:
        self._keep = keep
        self._under_way: set[asyncio.Task[None]] = set()

    def limit(self, refusal: Refusal, address: str, subject: str = "") -> None:
        """Note that *address*, or *subject* there, was refused for a limit."""
        task = asyncio.ensure_future(self._write(address, subject, refusal))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def finished(self) -> None:
        """Wait until all are written."""
        await asyncio.gather(*self._under_way)

    async def _write(self, address: str, subject: str, refusal: Refusal) -> None:
        await self._keep(address, subject, refusal)
