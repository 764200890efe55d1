"""The screen witness: reads, from an emulated screen, the line that Enter is about to accept.

The theory. The first key after output marks the prompt cell: what stands left of it is the prompt,
what stands between it and the end of the line is what the shell will get. Because a screen can be
misread (type-ahead, wraps, echo that is off), several readings are offered: the first is the one
that is recorded, the others can only make the judgement stricter, never milder.

On the alternate screen only a line behind a prompt is a shell's (in tmux, say); any other was typed
into an editor or a pager, and what stands in its text is no command.

What always holds: no escape sequence turns reading off: a line behind a prompt that is known is
read as a shell's whatever screen is shown. Keys typed while nothing echoes, or whose echo is no
part of the line that is seen, are offered for judgement and never for the record. Of a key that
changes the line it says whether the screen shows yet what came of it. What it does not do: decide,
wait, or write. It cannot see what an alias or a script does; that is for the shell's own witness,
which stands beside this one.
"""

import re
from dataclasses import dataclass

from bastion.relay.line import FULL_SCREEN, Line
from bastion.relay.pane import Pane, pane_of, whole
from bastion.relay.standing import Standing, standing
from bastion.screen import Cell, Screen

_SHELL_MARKS = frozenset("$#%")
_KEPT_PROMPTS = 16
_BACKSPACE = frozenset(b"\x7f\x08")
_FIRST_PRINTABLE = 0x20
_ASKS_SECRET = re.compile(
    r"(pass(word|phrase|code)|\bpin\b|secret|token|otp|code)[^:]*:\s*$", re.IGNORECASE
)
_PROMPT_LIKE = re.compile(r".*?[$#%>\u276f\u00bb] ")
_CANCELS = re.compile(r"^(?:\^C\s*)+")  # as a terminal echoes the key; in a line it would expand
_SILENT_SECONDS = 0.3
_EDIT_SECONDS = 5.0  # a shell may think so long about a key; after that, it had no effect
_COMPLETES = 0x09
_PREFIXES = frozenset(b"\x1b\x18\x16\x11\x1d")  # what follows is the rest of a key (Esc, ^X, ^V …)


@dataclass(frozen=True)
class _Edit:
    """A key that changes the line in a way that only the screen knows, and what was there before.

    Attributes:
        typed: the line, where it is known key by key.
        key: which one.
    """

    at: float
    cursor: Cell
    typed: str | None
    key: int

    @property
    def completes(self) -> bool:
        """Whether the shell may think about it for long, and print other things meanwhile."""
        return self.key == _COMPLETES


class Witness:
    """Watches one terminal."""

    def __init__(self, cols: int, rows: int) -> None:
        self._screen = Screen(cols, rows)
        self._cell: Cell | None = None
        self._given_up: tuple[Cell, int] | None = None  # where a line began, and its last row
        self._keys, self._is_plain = bytearray(), True  # since the last one that edits, if any does
        self._edit: _Edit | None = None
        self._prompts: list[str] = []
        self._mark = ""
        self._typed_at = self._output_at = 0.0
        self._is_secret = self._is_cancelled = False

    def output(self, data: bytes, now: float) -> None:
        """The host printed *data* at *now* (monotonic seconds)."""
        self._screen.feed(data)
        self._output_at = now

    def resize(self, cols: int, rows: int) -> None:
        """The terminal has a new size; text has moved, so the prompt cell is not known any more."""
        self._screen.resize(cols, rows)
        self._cell = self._given_up = None

    def typed(self, keys: bytes, now: float) -> None:
        """*keys* are about to go to the host; none of them accepts a line."""
        if self._cell is None and not self.plain_keys:
            self._cell = self._left_over() or self._screen.cursor
            self._is_secret = bool(_ASKS_SECRET.search(self._left_of(self._cell)))
        self._typed_at = now
        self._keep(keys, now)

    def is_hidden(self, now: float) -> bool:
        """Whether echo seems to be off, so that the next keys should not be recorded."""
        silent = self._output_at < self._typed_at < now - _SILENT_SECONDS
        return self._is_secret or (silent and bool(self._keys))

    def owed_since(self, now: float) -> float:
        """Since when the screen owes the answer to a key that changes the line; 0 if it does not.

        Some keys change nothing, so after a while it owes nothing.
        """
        edit = self._edit
        if edit is None or now - edit.at >= _EDIT_SECONDS:
            return 0.0
        is_answered = self._output_at >= edit.at and (not edit.completes or self._is_changed(edit))
        return 0.0 if is_answered else edit.at

    @property
    def is_full_screen(self) -> bool:
        """Whether a full-screen program is shown."""
        return self._screen.is_alternate

    def accepted(self) -> None:
        """The line was accepted or thrown away; the next key marks a new prompt cell."""
        self._cell, self._edit = None, None
        self._keys, self._is_plain = bytearray(), True
        self._given_up, self._is_secret = None, False
        self._is_cancelled = False

    def cancelled(self) -> None:
        """Ctrl-C was sent; whether that threw the line away, the screen will tell."""
        given_up = (self._cell, self._screen.cursor.row) if self._cell else self._given_up
        self.accepted()
        self._given_up, self._is_cancelled = given_up, True

    @property
    def row(self) -> int:
        """The row that the cursor is in."""
        return self._screen.cursor.row

    @property
    def is_at_start(self) -> bool:
        """Whether the cursor stands at the beginning of a row."""
        return self._screen.cursor.col == 0

    @property
    def is_behind_text(self) -> bool:
        """Whether the line stands behind something, a prompt or a question."""
        return bool(self._left_of(self._cell or self._screen.cursor).strip())

    def is_past(self, row: int) -> bool:
        """Whether the cursor stands at the beginning of a row after *row*."""
        return self._screen.cursor.row > row and self.is_at_start

    @property
    def plain_keys(self) -> str:
        """What was typed since the prompt, if that is known key by key."""
        return self._keys.decode("utf-8", "replace") if self._is_plain else ""

    @property
    def is_silent(self) -> bool:
        """Whether what was typed last was not answered by anything."""
        return self._is_secret or (bool(self._keys) and self._output_at < self._typed_at)

    def lines(self) -> list[str]:
        """The rows of the screen as text."""
        return self._screen.lines()

    def line(self) -> Line:
        """What Enter would accept now."""
        if self._cell and self._is_elsewhere(self._cell):
            self._cell, self._is_plain = None, False  # the first key changed to another pane
            self._keys.clear()
        keys = self.plain_keys
        if self._cell is None and self._is_plain and not keys:
            self._cell = self._untyped()
            if self._cell is None:
                return Line("", (), "shell")
        where, prompt = self._where(), self._left_of(self._line_cell())
        readings = [self._in_row()] if where == FULL_SCREEN else self._readings()
        if self._is_cancelled and keys and not keys.startswith("^"):
            readings = [_CANCELS.sub("", reading) for reading in readings]
        text = readings[0].strip(" ")  # blanks come of where the cursor stood
        typed = keys or ("" if where == FULL_SCREEN else self._elsewhere_keys(text))
        if not text.strip() and (unseen := typed or self._unseen_keys()).strip():
            return Line("", (unseen,), "no-echo")
        if where == FULL_SCREEN:
            return Line(text, (), where, prompt)
        others = dict.fromkeys([*readings, typed])
        others.pop(text, None)
        others_told = tuple(other for other in others if other.strip())
        return Line(text, others_told, where, prompt)

    def learn(self) -> None:
        """Remember the prompt of the line that was just read, to know it again."""
        prompt = self._left_of(self._cell) if self._cell else ""
        if not prompt.strip() or self._where() == FULL_SCREEN:
            return
        self._mark = self._mark or prompt.rstrip()[-1]
        if prompt not in self._prompts:
            self._prompts = [*self._prompts, prompt][-_KEPT_PROMPTS:]

    def standing(self) -> Standing | None:
        """Where the line stands that was just read; None where no shell's prompt is known."""
        cell = self._line_cell()
        if cell is None or self._where() != "shell":
            return None
        return standing(self._screen, cell, self._last_row(self._pane(cell), cell))

    def is_dropped(self, stood: Standing) -> bool:
        """Whether the shell dropped the line that *stood* there."""
        return stood.is_gone(self._screen, self._prompts)

    def is_kept(self, stood: Standing) -> bool:
        """Whether the line that *stood* there still does."""
        return stood.is_there(self._screen)

    def _untyped(self) -> Cell | None:
        """Where a line begins of which no key is known, if there is one before the cursor."""
        cursor, behind = self._screen.cursor, self._behind_prompt()
        if behind and (behind.row, behind.col) < (cursor.row, cursor.col):
            return behind  # a shell that shows what `!x` is before it runs that, say
        return self._left_over()

    def _left_over(self) -> Cell | None:
        """Where the line began that Ctrl-C was to throw away, if the cursor is still in it."""
        if self._given_up is None:
            return None
        (cell, last), cursor = self._given_up, self._screen.cursor
        is_in_it = (cell.row, cell.col) < (cursor.row, cursor.col) and cursor.row <= last
        return cell if is_in_it else None

    def _keep(self, keys: bytes, now: float) -> None:
        for key in keys:
            if key in _BACKSPACE:
                del self._keys[-1:]
            elif key < _FIRST_PRINTABLE:
                self._edited(now, key)
            else:
                self._keys.append(key)

    def _edited(self, now: float, key: int) -> None:
        """An editing key: what it makes of the line, only the screen knows."""
        typed = self.plain_keys if self._is_plain else None
        self._edit = _Edit(now, self._screen.cursor, typed, key)
        self._keys, self._is_plain = bytearray(), False

    def _is_changed(self, edit: _Edit) -> bool:
        """Whether the line up to the cursor is another one than what was typed before *edit*."""
        cell, cursor, cols = self._line_cell(), self._screen.cursor, self._screen.size[0]
        if cell is None or edit.typed is None or cursor == edit.cursor:
            return cursor != edit.cursor
        rows = [self._screen.row(row, 0, cols) for row in range(cell.row, cursor.row)]
        shown = "".join([*rows, self._screen.row(cursor.row, 0, cursor.col)])[cell.col :]
        return shown != edit.typed

    def _unseen_keys(self) -> str:
        """What was typed after an editing key, if nothing answered it: echo is off, perhaps."""
        return self._keys.decode("utf-8", "replace") if self.is_silent else ""

    def _elsewhere_keys(self, text: str) -> str:
        """What was typed after an editing key, if it is no part of *text*, the line as it is seen.

        After ^Z a prompt comes behind the echo, and the line that the terminal keeps is not in it.
        """
        if self._edit is None or self._edit.key in _PREFIXES:
            return ""
        typed = self._keys.decode("utf-8", "replace")
        return "" if "".join(typed.split()) in "".join(text.split()) else typed

    def _where(self) -> str:
        if self._screen.is_alternate and not self._is_prompted():
            return FULL_SCREEN
        prompt = self._left_of(self._cell).rstrip()
        return "shell" if not prompt or not self._mark or self._is_marked(prompt) else "in-program"

    def _is_prompted(self) -> bool:
        """Whether the line stands behind a prompt: one that is known, or that looks like one."""
        if self._behind_prompt():
            return True
        if self._cell is None:
            return bool(_PROMPT_LIKE.match(self._cursor_row()))
        left = self._left_of(self._cell)
        # A single mark begins a comment or a quotation as well, in what an editor shows.
        return left in self._prompts or (len(left.strip()) > 1 and self._is_marked(left.strip()))

    def _is_marked(self, prompt: str) -> bool:
        return prompt[-1] in _SHELL_MARKS | {self._mark}

    def _left_of(self, cell: Cell | None) -> str:
        return self._screen.row(cell.row, 0, cell.col) if cell else ""

    def _pane(self, cell: Cell) -> Pane:
        """The pane that *cell* lies in; only full screens are split."""
        screen = self._screen
        return pane_of(screen, cell) if screen.is_alternate else whole(screen)

    def _is_elsewhere(self, cell: Cell) -> bool:
        pane = self._pane(self._screen.cursor)
        return not pane.left <= cell.col <= pane.right

    def _cursor_row(self) -> str:
        pane = self._pane(self._screen.cursor)
        return self._screen.row(self._screen.cursor.row, pane.left, pane.right)

    def _in_row(self) -> str:
        """What was typed into the cursor's row; the whole row where that is not known."""
        row, cell = self._screen.cursor.row, self._cell
        return self._screen.row(row, cell.col if cell and cell.row == row else 0).rstrip()

    def _readings(self) -> list[str]:
        """What the line may be, the likeliest first."""
        cursor = self._screen.cursor
        readings = self._joined(self._cell or Cell(cursor.row, self._pane(cursor).left))
        if (behind := self._line_cell()) not in {self._cell, None}:
            return [*self._joined(behind), *readings]  # the prompt came after the first key
        if not self._left_of(self._cell).strip():
            row = self._cursor_row()
            if match := _PROMPT_LIKE.match(row):
                readings.append(row[match.end() :].rstrip())
        return readings

    def _line_cell(self) -> Cell | None:
        """Where the line begins: behind a prompt that is known, else where the first key came."""
        return self._behind_prompt() or self._cell

    def _behind_prompt(self) -> Cell | None:
        """Where the cursor's line begins, if it begins with a prompt that was seen before."""
        number, pane = self._screen.cursor.row, self._pane(self._screen.cursor)
        while number >= self._screen.top:
            row = self._screen.row(number, pane.left, pane.right)
            for prompt in self._prompts:
                if row.startswith(prompt):
                    return Cell(number, pane.left + len(prompt))
            number -= 1
            if not self._is_full(number, pane):
                return None
        return None

    def _joined(self, cell: Cell) -> list[str]:
        """The text from *cell* on; on a split screen first the text of its pane."""
        wide, pane = whole(self._screen), self._pane(cell)
        readings = self._joined_in(wide, cell)
        return readings if pane == wide else [*self._joined_in(pane, cell), *readings]

    def _joined_in(self, pane: Pane, cell: Cell) -> list[str]:
        """The text from *cell* on: full rows joined as wraps, all as wraps, all as lines.

        Lines that were pasted together stand below the cursor once it was moved up.
        """
        last = self._last_row(pane, cell)
        below = range(cell.row + 1, self._end(pane, last) + 1)
        rows = [self._screen.row(cell.row, cell.col, pane.right)]
        rows += [self._screen.row(number, pane.left, pane.right) for number in below]
        upto = last - cell.row + 1
        likely = "".join(
            row if self._is_full(cell.row + place, pane) else row.rstrip() + "\n"
            for place, row in enumerate(rows[:upto])
        ).rstrip()
        lines = [row.rstrip() for row in rows]
        return [likely, "".join(rows[:upto]).rstrip(), "\n".join(lines[:upto]), "\n".join(lines)]

    def _end(self, pane: Pane, number: int) -> int:
        """The last row of the block of rows that are not blank, from row *number* on."""
        while self._screen.row(number + 1, pane.left, pane.right).strip():
            number += 1
        return number

    def _last_row(self, pane: Pane, cell: Cell) -> int:
        """The last row of the line: the cursor's, or further down where a full row goes on."""
        number = max(self._screen.cursor.row, cell.row)
        while self._is_full(number, pane):
            if not self._screen.row(number + 1, pane.left, pane.right).strip():
                break
            number += 1
        return number

    def _is_full(self, number: int, pane: Pane) -> bool:
        return bool(self._screen.row(number, pane.right - 2, pane.right).strip())
