"""The shells of one terminal that ask: the person's own, and those that were begun at its prompt.

What always holds: a shell joins the others only after a line that starts a plain shell and nothing
else, allowed at the innermost one's prompt; a prompt of one that is there already ends those within
it. What it does not do: hear, judge, or know what a shell does with a line.
"""

import re
from dataclasses import dataclass

_PLAIN = re.compile(r"[ \t]*(?:/usr/bin/|/bin/)?(?:bash|zsh)(?:[ \t]+(?:-i|-l|--login))*[ \t]*")


@dataclass
class _Shell:
    """One of them.

    Attributes:
        process: who it is.
        counted: how many lines it had run at its last prompt.
        allowed: how many it was allowed since.
    """

    process: int
    counted: int | None = None
    allowed: int = 0


class Shells:
    """They stand one within another; the keys go to the innermost."""

    def __init__(self) -> None:
        self._shells: list[_Shell] = []
        self._is_begun = False

    @property
    def process(self) -> int:
        """The innermost one; 0 before the first has spoken."""
        return self._shells[-1].process if self._shells else 0

    def prompted(self, process: int) -> bool:
        """Whether *process*, which is at its prompt, is the innermost one now."""
        known = [shell.process for shell in self._shells]
        if process in known:
            del self._shells[known.index(process) + 1 :]
        elif not known or self._is_begun:
            self._shells.append(_Shell(process))
        else:
            return False
        self._is_begun = False
        return True

    def allowed(self, process: int, text: str) -> None:
        """The shell *process* may run the line *text*."""
        if process == self.process and self._shells:
            self._shells[-1].allowed += 1
            self._is_begun = _PLAIN.fullmatch(text) is not None

    def ran_more(self, counted: int) -> bool:
        """Whether the innermost one, which has run *counted* lines, ran more than allowed."""
        shell = self._shells[-1]
        before, shell.counted = shell.counted, counted
        allowed, shell.allowed = shell.allowed, 0
        return before is not None and counted - before > allowed
