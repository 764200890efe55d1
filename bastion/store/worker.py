"""Runs store operations on a thread of their own, so that the event loop never waits for a disk.

What always holds: operations of one worker run one at a time, in the order they were asked for; a
failure of the database arrives as StoreError, so that callers fail closed. What it does not do:
retry.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Concatenate, ParamSpec, TypeVar

from bastion.errors import StoreError
from bastion.store.protocol import Store

P = ParamSpec("P")
T = TypeVar("T")


class StoreWorker:
    """A store on its own thread."""

    def __init__(self, opened: Callable[[], Store]) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="store")
        self._store = self._thread.submit(opened).result()

    async def run(
        self, operation: Callable[Concatenate[Store, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """What *operation* returns for the store and the arguments; raises StoreError."""

        def guarded() -> T:
            try:
                return operation(self._store, *args, **kwargs)
            except (
                sqlite3.Error,
                OverflowError,
                UnicodeError,
            ) as error:  # or it cannot keep a value
                raise StoreError(f"the store failed: {error}") from error

        return await asyncio.get_running_loop().run_in_executor(self._thread, guarded)

    def close(self) -> None:
        """Finish what was asked for, then close the store."""
        self._thread.submit(self._store.close).result()
        self._thread.shutdown()
