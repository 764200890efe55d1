"""Draws a recorded terminal: styled cells, framed where it is smaller than the window.

What always holds: only characters with a shape of their own are drawn, never a recorded control
character, so nothing recorded reaches the real terminal as more than text. Where the recorded
terminal is larger than the window, the part around its cursor is shown until somebody scrolls. What
it does not do: emulate (`bastion.screen`).
"""

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style as RichStyle
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from bastion.screen import Screen, Style
from replay_tui.palette import DIM, terminal_style
from replay_tui.wording import on_screen

_Runs = list[tuple[str, Style]]
_Cursor = tuple[int, int, int]  # row, column, cells
_FRAME = RichStyle(color=DIM)
_INVERTED = RichStyle(reverse=True)


class TerminalView(ScrollView):
    """What a terminal showed at one moment."""

    DEFAULT_CSS = """
    TerminalView { width: 1fr; height: 1fr; background: $background; scrollbar-size: 0 0; }
    """

    can_focus = False

    def __init__(self) -> None:
        super().__init__()
        self._runs: list[_Runs] = []
        self._strips: list[Strip] = []
        self._cols = self._rows = 0
        self._cursor: _Cursor | None = None
        self._cursor_row = 0
        self.follows_cursor = True

    def show(self, screen: Screen) -> None:
        """Draw *screen*; only rows that changed are drawn again."""
        runs, cursor = screen.runs(), _cursor(screen)
        if (self._cols, self._rows) != screen.size:
            self._cols, self._rows = screen.size
            self.virtual_size = Size(self._cols, self._rows)
            self._runs, self._strips = [], [Strip.blank(self._cols)] * self._rows
            self.refresh()
        for number, row in enumerate(runs):
            if number >= len(self._runs) or self._runs[number] != row:
                self._strips[number] = _strip(row, self._cols)
                self._redraw(number)
        if cursor != self._cursor:
            moved = (self._cursor, cursor)
            self._cursor = cursor
            for place in filter(None, moved):
                self._redraw(place[0])
        self._runs, self._cursor_row = runs, screen.cursor.row - screen.top
        self._keep_cursor_in_view()

    @property
    def part(self) -> str:
        """Which rows and columns are in view, as a sentence's end; empty where all are."""
        (left, top), (width, height) = self.scroll_offset, self.size
        rows = f", rows {top + 1} to {top + height}" if height < self._rows else ""
        return rows + (f", columns {left + 1} to {left + width}" if width < self._cols else "")

    def scroll_by_hand(self, cols: int, rows: int) -> None:
        """Move the part that is shown."""
        self.follows_cursor = False
        self.scroll_relative(cols, rows, animate=False, force=True)

    def on_resize(self) -> None:
        """The window changed."""
        self._keep_cursor_in_view()
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Line *y* of the widget."""
        left, top = self._margins()
        row = y - top + self.scroll_offset.y
        width = self.size.width
        if 0 <= row < self._rows:
            strip = self._strips[row]
            if self._cursor and self._cursor[0] == row:
                strip = _with_cursor(strip, *self._cursor[1:])
            strip = strip.crop(self.scroll_offset.x, self.scroll_offset.x + width)
            return self._framed(strip.adjust_cell_length(min(width, self._cols)), "││", left)
        if row in (-1, self._rows) and left:
            edge = Strip([Segment("─" * self._cols, _FRAME + _on(self.rich_style))])
            return self._framed(edge, "╭╮" if row < 0 else "╰╯", left)
        return Strip.blank(width, self.rich_style)

    def _framed(self, strip: Strip, sides: str, left: int) -> Strip:
        """*strip* in the middle, between the frame's *sides* where there is room."""
        width, blank = self.size.width, self.rich_style
        if not left:
            return strip.extend_cell_length(width, blank)
        right = width - left - strip.cell_length
        before = [Segment(" " * (left - 1), blank), Segment(sides[0], _FRAME + _on(blank))]
        after = [Segment(sides[1], _FRAME + _on(blank)), Segment(" " * (right - 1), blank)]
        return Strip([*before, *strip, *after]).adjust_cell_length(width, blank)

    def _margins(self) -> tuple[int, int]:
        """Blank columns at the left and rows at the top; the frame takes the innermost."""
        return (
            max(self.size.width - self._cols, 0) // 2,
            max(self.size.height - self._rows, 0) // 2,
        )

    def _redraw(self, row: int) -> None:
        y = row + self._margins()[1] - self.scroll_offset.y
        if 0 <= y < self.size.height:
            self.refresh(Region(0, y, self.size.width, 1))

    def _keep_cursor_in_view(self) -> None:
        height, offset = self.size.height, self.scroll_offset.y
        if self.follows_cursor and height:
            lowest, highest = self._cursor_row - height + 1, self._cursor_row
            self.scroll_to(y=min(max(offset, lowest), highest), animate=False, force=True)


def _strip(runs: _Runs, cols: int) -> Strip:
    """A row as it is drawn, *cols* cells wide."""
    segments = [Segment(on_screen(text), terminal_style(style)) for text, style in runs]
    return Strip(segments).adjust_cell_length(cols, terminal_style(Style()))


def _cursor(screen: Screen) -> _Cursor | None:
    """The cells of the cursor; None where it is hidden."""
    at = screen.cursor
    if not screen.is_cursor_visible:
        return None
    width = max(cell_len(screen.row(at.row, at.col, at.col + 1)), 1)
    return at.row - screen.top, at.col, width


def _with_cursor(strip: Strip, col: int, width: int) -> Strip:
    """*strip* with the cells of the cursor inverted."""
    col = min(col, strip.cell_length - width)
    before, cell, after = strip.divide([col, col + width, strip.cell_length])
    inverted = Strip(Segment.apply_style(cell, post_style=_INVERTED))
    return Strip.join([before, inverted, after])


def _on(blank: RichStyle) -> RichStyle:
    return RichStyle(bgcolor=blank.bgcolor)
