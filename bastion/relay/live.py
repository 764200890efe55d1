"""The sessions that live in this process, so that stopping can end and await them.

What always holds: a session is here from its start until its journal is closed. What it does not
do: know sessions of other processes.
"""

import asyncio


class Live:
    """The living sessions."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._tasks)

    def watch(self, task: asyncio.Task[None]) -> None:
        """Know the session that *task* runs until it is done."""
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def drained(self, seconds: float) -> bool:
        """Wait until every session has ended; False if some did not within *seconds*."""
        if not self._tasks:
            return True
        _, late = await asyncio.wait(list(self._tasks), timeout=seconds)
        return not late
