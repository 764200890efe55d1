"""Says, off the screen, whether a line that was stopped with ^C is gone, and nothing of it ran.

A shell that drops a line shows its prompt again, and between the two nothing but an echoed `^C` and
what belongs to that prompt. A key that was made to accept the line instead shows what it printed.

What always holds: without a prompt, or with text in between that is no part of one, the answer is
no. What it does not do: wait, or see a program that prints nothing.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from itertools import takewhile

from bastion.screen import Cell, Screen

_PROMPT_ROWS = 3  # of one prompt, above the one that the line is typed in
_ALIKE_CHARS = 8  # what else stands in such a row is the time, or what the last line ended with
_NUMBER = re.compile(r"\d+")
_ENDS_LIKE_PROMPT = re.compile(r"[$#%>\u276f\u00bb] ?$")
_WORDLIKE = re.compile(r"[\w.]", re.ASCII)  # what any output may end with
_NOTHING = frozenset({"", "^C", "KeyboardInterrupt"})


@dataclass(frozen=True)
class Standing:
    """Where a line stood before it was stopped.

    Attributes:
        cell: where it began.
        last: its last row.
        prompt: what stood left of it.
        above: the rows above, the nearest first.
    """

    cell: Cell
    last: int
    prompt: str
    above: tuple[str, ...]

    def is_gone(self, screen: Screen, prompts: Collection[str]) -> bool:
        """Whether a prompt, one of *prompts* say, has come back, and nothing was printed."""
        cursor = screen.cursor
        if not self._is_prompt(screen.row(cursor.row, 0, cursor.col), prompts):
            return False
        rows = [screen.row(number).strip() for number in range(cursor.row - 1, self.last, -1)]
        pairs = takewhile(_are_alike, zip(rows, self.above, strict=False))
        return all(row in _NOTHING for row in rows[sum(1 for _ in pairs) :])

    def is_there(self, screen: Screen) -> bool:
        """Whether the cursor still stands in the line."""
        at, cell = screen.cursor, self.cell
        return (cell.row, cell.col) < (at.row, at.col) and at.row <= self.last

    def _is_prompt(self, left: str, prompts: Collection[str]) -> bool:
        """Whether *left*, which stands left of the cursor, is all of a prompt."""
        told, known = _plain(left), {_plain(prompt) for prompt in (self.prompt, *prompts)}
        if told in known:
            return True
        own = _plain(self.prompt)  # with something beside it, it is the line or what was printed
        ends_alike = told[-1:] == own[-1] and not _WORDLIKE.match(own[-1])
        return (ends_alike or bool(_ENDS_LIKE_PROMPT.search(left))) and own not in told


def standing(screen: Screen, cell: Cell, last: int) -> Standing | None:
    """The line from *cell* to the row *last*; None where no prompt stands left of it."""
    prompt = screen.row(cell.row, 0, cell.col)
    if not prompt.strip():
        return None
    nearest = range(cell.row - 1, cell.row - 1 - _PROMPT_ROWS, -1)
    return Standing(cell, last, prompt, tuple(screen.row(number).strip() for number in nearest))


def _plain(prompt: str) -> str:
    """*prompt* with what may be another number each time."""
    return _NUMBER.sub("0", prompt).strip()


def _are_alike(rows: tuple[str, str]) -> bool:
    now, before = rows
    return _plain(now)[:_ALIKE_CHARS] == _plain(before)[:_ALIKE_CHARS]
