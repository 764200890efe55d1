"""Looks for those who wait in this process: one question to the store for all of them.

What always holds: an answer is younger than the question; a store that fails, or whatever else goes
wrong, reaches everybody who asked. What it does not do: look while nobody asks, or decide anything.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Generic, TypeVar

V = TypeVar("V")

LOOK_SECONDS = 0.1
"""How often the store is asked; a decision is heard well within a second."""


class Looks(Generic[V]):
    """The looks of one process.

    Args:
        read: what there is to be seen, by the names that were asked for.
    """

    def __init__(self, read: Callable[[set[str]], Awaitable[Mapping[str, V]]]) -> None:
        self._read = read
        self._asked: list[tuple[str, asyncio.Future[V | None]]] = []
        self._task: asyncio.Task[None] | None = None

    async def at(self, name: str) -> V | None:
        """What is to be seen by that *name* at the next look; raises StoreError."""
        answer: asyncio.Future[V | None] = asyncio.get_running_loop().create_future()
        self._asked.append((name, answer))
        if self._task is None:
            self._task = asyncio.create_task(self._look())
        return await answer

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            asked = [(name, answer) for name, answer in self._asked if not answer.done()]
            self._asked = []
            if not asked:
                self._task = None
                return
            try:
                _answer(asked, await self._read({name for name, _ in asked}))
            except Exception as error:  # noqa: BLE001  whatever it is, those who wait must hear it
                _fail(asked, error)


def _answer(asked: list[tuple[str, asyncio.Future[V | None]]], seen: Mapping[str, V]) -> None:
    for name, answer in asked:
        if not answer.done():  # whoever asked may have gone while the store was asked
            answer.set_result(seen.get(name))


def _fail(asked: list[tuple[str, asyncio.Future[V | None]]], error: Exception) -> None:
    for _, answer in asked:
        if not answer.done():
            answer.set_exception(error)
