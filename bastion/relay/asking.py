"""Whom the gate asks, and to whom it tells what it saw.

What always holds: a line is judged and kept before anything is done about it. What it does not do:
hear shells, read screens.
"""

from typing import Protocol

from bastion.relay.line import Line
from bastion.relay.ruling import Ruling


class Asking(Protocol):
    """Who rules on what is about to run, and keeps what is seen of it."""

    async def rule(self, line: Line) -> Ruling:
        """What is to happen with *line*; never raises."""
        ...

    def cancel(self) -> bool:
        """The user pressed Ctrl-C: ask nobody any more; False where nobody is being asked."""
        ...

    def mark(self, label: str) -> None:
        """Mark this moment in the record."""
        ...

    async def stopped(self, text: str, rule: str, why: str) -> None:
        """Keep that *text* was stopped without a judgement, and tell the user *why*."""
        ...

    async def unasked(self, text: str, directory: str) -> None:
        """A line ran, *text* as far as it is known, and nobody was asked."""
        ...

    def unverified(self, text: str) -> None:
        """The line *text* was stopped, and nothing shows that it did not run."""
        ...
