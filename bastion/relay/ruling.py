"""What is to happen with a line that somebody wants to run.

What always holds: a ruling is a value; who made it acts by its own means. What it does not do:
decide.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass


async def _nothing() -> None:
    """What follows where nothing has to."""


async def _no_more(_: str) -> None:
    """What is kept where nothing has to be."""


@dataclass(frozen=True)
class Ruling:
    """What is to happen with a line.

    Attributes:
        is_released: whether the host may run it.
        afterwards: what follows once the host may.
        is_opaque: whether it was released although nobody can see what it does.
        was_held: whether somebody decided it, so that the time it took is not the bastion's.
        approved: the commands that stand in what somebody decided, each as it is written there.
        drop: instead of `afterwards` where it does not run after all, with the sentence why.
    """

    is_released: bool
    afterwards: Callable[[], Awaitable[None]] = _nothing
    is_opaque: bool = False
    was_held: bool = False
    approved: frozenset[str] = frozenset()
    drop: Callable[[str], Awaitable[None]] = _no_more
