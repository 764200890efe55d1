"""Keeps things for a short time under a secret name.

What always holds: a name has 256 random bits; nothing outlives its time; there is a limit, past
which the oldest goes. What it does not do: survive a restart.
"""

import secrets
from typing import Generic, TypeVar

from bastion.clock import Clock

T = TypeVar("T")


class Shelf(Generic[T]):
    """Things of one kind, each with its secret name."""

    def __init__(self, clock: Clock, life_seconds: float, *, capacity: int = 1000) -> None:
        self._clock = clock
        self._life_seconds = life_seconds
        self._capacity = capacity
        self._kept: dict[str, tuple[float, T]] = {}

    def put(self, thing: T) -> str:
        """Keep *thing*; its new name."""
        while len(self._kept) >= self._capacity:
            del self._kept[next(iter(self._kept))]
        name = secrets.token_urlsafe(32)
        self._kept[name] = (self._clock.monotonic() + self._life_seconds, thing)
        return name

    def get(self, name: str) -> T | None:
        """The thing of that *name*, if it is still there."""
        until, thing = self._kept.get(name, (0.0, None))
        if thing is not None and self._clock.monotonic() >= until:
            del self._kept[name]
            return None
        return thing

    def take(self, name: str) -> T | None:
        """As `get`, and nobody gets it again."""
        thing = self.get(name)
        self._kept.pop(name, None)
        return thing
