"""Whom the gate asks, to whom it tells what it saw, and how it answers a shell.

What always holds: a line is judged and kept before anything is done about it. What it does not do:
hear shells, read screens.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from bastion.command.shell.questions import Answer, Question
from bastion.relay.line import Line
from bastion.relay.ruling import Ruling


class Asking(Protocol):
    """Who rules on what is about to run, and keeps what is seen of it."""

    async def rule(self, line: Line) -> Ruling:
        """What is to happen with *line*; never raises."""
        ...

    def foresee(self, text: str) -> None:
        """The shell will most likely ask for *text*; nothing is decided before it does."""
        ...

    async def enters(self, cause: str) -> bool:
        """Whether a shell that does not ask, for *cause*, may be sat at; else the session ends."""
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

    def unasked(self, text: str, directory: str) -> None:
        """A line ran, or may have, *text* as far as it is known, and nobody was asked."""
        ...

    def dropped(self, text: str) -> None:
        """A shell asked nothing of the line *text*, as far as it is known, and ran none of it."""
        ...

    def warn(self, sentence: str) -> None:
        """Tell the user *sentence*."""
        ...

    def failed(self, error: Exception) -> None:
        """Something could not be judged because of *error*: the session ends."""
        ...

    def unverified(self, text: str) -> None:
        """The line *text* was stopped, and nothing shows that it did not run."""
        ...


@dataclass(frozen=True)
class Ways:
    """Where the witness's own words go.

    Attributes:
        answer: sends an answer to the shell.
        drop: throws away what waits of the keys that were typed.
    """

    answer: Callable[[Question, Answer], None]
    drop: Callable[[], None]
