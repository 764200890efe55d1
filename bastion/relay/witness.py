"""The screen witness: reads, from an emulated screen, the line that Enter is about to accept.

The theory. The first key after output marks the prompt cell: what stands left of it is the prompt,
what stands between it and the end of the line is what the shell will get. Because a screen can be
misread (type-ahead, wraps, echo that is off), several readings are offered: the first is the one
that is recorded, the others can only make the judgement stricter, never milder.

What always holds: nothing that the host prints turns reading off; on the alternate screen the line
is read all the same. Keys typed while nothing echoes are offered for judgement and never for the
record. What it does not do: decide, wait, or write. It cannot see what an alias or a script does;
that is for the shell's own witness, which will stand beside this one.
"""

import re
from dataclasses import dataclass

from bastion.screen import Cell, Screen

_SHELL_MARKS = frozenset("$#%")
_KEPT_PROMPTS = 16
_BACKSPACE = frozenset(b"\x7f\x08")
_FIRST_PRINTABLE = 0x20
_ASKS_SECRET = re.compile(
    r"(pass(word|phrase|code)|\bpin\b|secret|token|otp|code)[^:]*:\s*$", re.IGNORECASE
)
_PROMPT_LIKE = re.compile(r".*?[$#%>\u276f\u00bb] ")
_SILENT_SECONDS = 0.3


@dataclass(frozen=True)
class Line:
    """What Enter is about to accept.

    Attributes:
        text: the reading that is recorded; empty where nothing was echoed.
        others: other readings; they may make the judgement stricter.
        where: `shell`, `in-program`, `full-screen` or `no-echo`.
        prompt: what stands left of the line.
    """

    text: str
    others: tuple[str, ...]
    where: str
    prompt: str = ""

    @property
    def is_blank(self) -> bool:
        """Whether there is nothing to judge."""
        return not self.text.strip() and not any(other.strip() for other in self.others)


class Witness:
    """Watches one terminal."""

    def __init__(self, cols: int, rows: int) -> None:
        self._screen = Screen(cols, rows)
        self._cell: Cell | None = None
        self._keys: bytearray | None = bytearray()
        self._prompts: list[str] = []
        self._mark = ""
        self._typed_at = self._output_at = 0.0
        self._is_secret = False

    def output(self, data: bytes, now: float) -> None:
        """The host printed *data* at *now* (monotonic seconds)."""
        self._screen.feed(data)
        self._output_at = now

    def resize(self, cols: int, rows: int) -> None:
        """The terminal has a new size; text has moved, so the prompt cell is not known any more."""
        self._screen.resize(cols, rows)
        self._cell = None

    def typed(self, keys: bytes, now: float) -> None:
        """*keys* are about to go to the host; none of them accepts a line."""
        if self._cell is None and not self._keys:
            self._cell = self._screen.cursor
            self._is_secret = bool(_ASKS_SECRET.search(self._left_of(self._cell)))
        self._typed_at = now
        self._keep(keys)

    def is_hidden(self, now: float) -> bool:
        """Whether echo seems to be off, so that the next keys should not be recorded."""
        silent = self._output_at < self._typed_at < now - _SILENT_SECONDS
        return self._is_secret or (silent and bool(self._keys))

    @property
    def is_full_screen(self) -> bool:
        """Whether a full-screen program is shown."""
        return self._screen.is_alternate

    def accepted(self) -> None:
        """The line was accepted or thrown away; the next key marks a new prompt cell."""
        self._cell, self._keys = None, bytearray()
        self._is_secret = False

    def line(self) -> Line:
        """What Enter would accept now."""
        keys = self._keys.decode("utf-8", "replace") if self._keys else ""
        if self._cell is None and self._keys is not None and not self._keys:
            return Line("", (), "shell")
        readings = self._readings()
        text = readings[0]
        if not text.strip() and keys.strip():
            return Line("", (keys,), "no-echo")
        others = dict.fromkeys([*readings, keys])
        others.pop(text, None)
        others_told = tuple(other for other in others if other.strip())
        return Line(text, others_told, self._where(), self._left_of(self._line_cell()))

    def learn(self) -> None:
        """Remember the prompt of the line that was just read, to know it again."""
        prompt = self._left_of(self._cell) if self._cell else ""
        if not prompt.strip():
            return
        self._mark = self._mark or prompt.rstrip()[-1]
        if prompt not in self._prompts:
            self._prompts = [*self._prompts, prompt][-_KEPT_PROMPTS:]

    def _keep(self, keys: bytes) -> None:
        for key in keys:
            if self._keys is None:
                return
            if key in _BACKSPACE:
                del self._keys[-1:]
            elif key < _FIRST_PRINTABLE:
                self._keys = None  # editing keys: what they make of the line, only the screen knows
            else:
                self._keys.append(key)

    def _where(self) -> str:
        if self._screen.is_alternate:
            return "full-screen"
        prompt = self._left_of(self._cell).rstrip() if self._cell else ""
        marks = _SHELL_MARKS | {self._mark}
        return "shell" if not prompt or not self._mark or prompt[-1] in marks else "in-program"

    def _left_of(self, cell: Cell | None) -> str:
        return self._screen.row(cell.row, 0, cell.col) if cell else ""

    def _readings(self) -> list[str]:
        """What the line may be, the likeliest first."""
        readings = self._joined(self._cell or Cell(self._screen.cursor.row, 0))
        if (behind := self._line_cell()) not in {self._cell, None}:
            return [*self._joined(behind), *readings]  # the prompt came after the first key
        if not self._left_of(self._cell).strip():
            row = self._screen.row(self._screen.cursor.row)
            if match := _PROMPT_LIKE.match(row):
                readings.append(row[match.end() :].rstrip())
        return readings

    def _line_cell(self) -> Cell | None:
        """Where the line begins: behind a prompt that is known, else where the first key came."""
        return self._behind_prompt() or self._cell

    def _behind_prompt(self) -> Cell | None:
        """Where the cursor's line begins, if it begins with a prompt that was seen before."""
        number = self._screen.cursor.row
        while number >= self._screen.top:
            row = self._screen.row(number)
            for prompt in self._prompts:
                if row.startswith(prompt):
                    return Cell(number, len(prompt))
            number -= 1
            if not self._is_full(number):
                return None
        return None

    def _joined(self, cell: Cell) -> list[str]:
        """The text from *cell* on: rows joined as wraps, and joined as lines."""
        first = self._screen.row(cell.row, cell.col)
        below = range(cell.row + 1, self._last_row(cell) + 1)
        rows = [first, *(self._screen.row(number) for number in below)]
        return ["".join(rows).rstrip(), "\n".join(row.rstrip() for row in rows)]

    def _last_row(self, cell: Cell) -> int:
        """The last row of the line: the cursor's, or further down where a full row goes on."""
        number = max(self._screen.cursor.row, cell.row)
        bottom = self._screen.top + self._screen.size[1]
        while number + 1 < bottom and self._is_full(number):
            if not self._screen.row(number + 1).strip():
                break
            number += 1
        return number

    def _is_full(self, number: int) -> bool:
        return bool(self._screen.row(number, self._screen.size[0] - 2).strip())
