"""One wrapper of the terminal emulator, for the gate, for keyframes and for replay.

What always holds: bytes may be split anywhere, inside a character or an escape sequence; the screen
after feeding is the same, and memory is bounded. Rows have absolute numbers that stay theirs while
the screen scrolls. What it does not do: interpret what stands on the screen.

The emulator is pyavt (asciinema's avt), see docs/decisions.md.
"""

import codecs
from dataclasses import dataclass

import avt

MIN_COLS, MAX_COLS, MAX_ROWS = 2, 500, 200
"""Of a terminal. A wide character takes two columns, and ends an emulator that has but one; a
client may ask for a terminal of any size, and each cell takes memory."""
_ALTERNATE = "\x9b?1047h"  # how Vt.dump() says that the alternate screen is shown


@dataclass(frozen=True)
class Cell:
    """A place on the screen: absolute row (counting rows that scrolled away), column from 0."""

    row: int
    col: int


@dataclass(frozen=True)
class Style:
    """How a run of characters looks; colours are `#rrggbb`, a palette number, or None."""

    foreground: str | int | None = None
    background: str | int | None = None
    bold: bool = False
    faint: bool = False
    italic: bool = False
    underline: bool = False
    strikethrough: bool = False
    inverse: bool = False


class Screen:
    """What a terminal of a given size shows after the bytes fed so far."""

    def __init__(self, cols: int, rows: int) -> None:
        self._vt = avt.Vt(*bounded(cols, rows), 0)
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._scrolled = 0
        self._is_alternate: bool | None = False  # None where it was not asked since the last change

    def feed(self, data: bytes) -> None:
        """Show *data*."""
        self._is_alternate = None
        _, gone = self._vt.feed_str(self._decoder.decode(data))
        self._scrolled += len(gone)

    def resize(self, cols: int, rows: int) -> None:
        """Change the terminal's size."""
        self._is_alternate = None
        _, gone = self._vt.resize(*bounded(cols, rows))
        self._scrolled += len(gone)

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows."""
        return self._vt.size

    @property
    def cursor(self) -> Cell:
        """Where the next character goes."""
        at = self._vt.cursor
        return Cell(self._scrolled + at.row, at.col)

    @property
    def is_cursor_visible(self) -> bool:
        """Whether the cursor is shown (DECTCEM)."""
        return self._vt.cursor.visible

    @property
    def top(self) -> int:
        """The absolute number of the first visible row."""
        return self._scrolled

    @property
    def is_alternate(self) -> bool:
        """Whether a full-screen program shows the alternate screen."""
        if self._is_alternate is None:
            self._is_alternate = _ALTERNATE in self._vt.dump()
        return self._is_alternate

    def row(self, number: int, start: int = 0, end: int | None = None) -> str:
        """The text of the row with the absolute *number* from column *start* up to *end*.

        Columns are cells: a wide character takes two. Empty where the row is not visible.
        """
        index = number - self._scrolled
        if not 0 <= index < self._vt.size[1]:
            return ""
        line = self._vt[index]
        if len(text := line.text) == self._vt.size[0]:  # no wide character: a cell each
            return text[start:end]
        return "".join(cell.char for cell in line.cells[start:end] if cell.width)

    def lines(self) -> list[str]:
        """The visible rows as text, trailing blanks removed."""
        return [line.text.rstrip() for line in self._vt.view()]

    def runs(self) -> list[list[tuple[str, Style]]]:
        """The visible rows as runs of equally styled text."""
        return [
            [("".join(c.char for c in run if c.width), _style(run[0].pen)) for run in chunks]
            for chunks in (
                line.chunks(lambda left, right: _style(left.pen) != _style(right.pen))
                for line in self._vt.view()
            )
        ]

    def dump(self) -> str:
        """Text that, fed to a new screen of this size, rebuilds this one."""
        return self._vt.dump()


def bounded(cols: int, rows: int) -> tuple[int, int]:
    """A terminal size that can be shown."""
    return min(max(cols, MIN_COLS), MAX_COLS), min(max(rows, 1), MAX_ROWS)


def _style(pen: avt.Pen) -> Style:
    if pen.is_default():
        return Style()
    return Style(
        foreground=_colour(pen.foreground),
        background=_colour(pen.background),
        bold=pen.bold,
        faint=pen.faint,
        italic=pen.italic,
        underline=pen.underline,
        strikethrough=pen.strikethrough,
        inverse=pen.inverse,
    )


def _colour(colour: avt.Color | None) -> str | int | None:
    if isinstance(colour, avt.Color.RGB):
        return f"#{colour[0]:02x}{colour[1]:02x}{colour[2]:02x}"
    if isinstance(colour, avt.Color.Indexed):
        return colour[0]
    return None
