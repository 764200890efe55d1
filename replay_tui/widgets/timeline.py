"""The recording's length as a bar: how far it is played, where commands were stopped, where to go.

What always holds: a mark stands in the column of its moment, the strictest verdict on top; a click
seeks to the moment of its column. What it does not do: play.
"""

from collections.abc import Callable, Iterable

from rich.segment import Segment
from rich.style import Style as RichStyle
from textual.events import Click
from textual.strip import Strip
from textual.widget import Widget

from bastion.verdict import Verdict
from replay_tui.messages import Sought
from replay_tui.palette import ACCENT, DIM, TEXT, VERDICTS
from replay_tui.playhead import Playhead
from replay_tui.reel import Entry, Reel
from replay_tui.wording import SYMBOLS

_MARKED = ("opaque", "notify", "hold", "block")


class Timeline(Widget):
    """Two lines: marks, and the bar."""

    DEFAULT_CSS = """
    Timeline { height: 2; width: 1fr; padding: 0 1; }
    """

    def __init__(self, reel: Reel, playhead: Playhead) -> None:
        super().__init__()
        self._reel, self._playhead = reel, playhead

    def render_line(self, y: int) -> Strip:
        """The marks (0) or the bar (1)."""
        return self._marks() if y == 0 else self._bar()

    def on_click(self, event: Click) -> None:
        """Seek to the moment of the column."""
        offset, last = event.get_content_offset(self), max(self.size.width - 1, 1)
        if offset:
            self.post_message(Sought(offset.x / last * self._reel.duration))

    def _marks(self) -> Strip:
        blank = self.rich_style
        cells = [Segment(" ", blank)] * self.size.width
        for column, verdict in strictest(self._reel.entries, self._column).items():
            style = blank + RichStyle(color=VERDICTS[verdict], bold=True)
            cells[column] = Segment(SYMBOLS[verdict], style)
        return Strip(cells).simplify()

    def _bar(self) -> Strip:
        head = self._column(self._playhead.at)
        idle = self._idle_columns() if self._playhead.skips_idle else set()
        played, ahead = RichStyle(color=ACCENT), RichStyle(color=DIM)
        cells = [
            Segment("┄" if n in idle else "━", self.rich_style + (played if n < head else ahead))
            for n in range(self.size.width)
        ]
        if cells:
            cells[head] = Segment("●", self.rich_style + RichStyle(color=TEXT))
        return Strip(cells).simplify()

    def _idle_columns(self) -> set[int]:
        """Columns in which nothing happened."""
        return {
            column
            for start, end in self._reel.gaps
            for column in range(self._column(start) + 1, self._column(end))
        }

    def _column(self, at: float) -> int:
        duration, last = self._reel.duration, max(self.size.width - 1, 0)
        return min(round(at / duration * last), last) if duration else 0


def strictest(entries: Iterable[Entry], column: Callable[[float], int]) -> dict[int, str]:
    """The strictest marked verdict of each column that has one."""
    found: dict[int, str] = {}
    for entry in entries:
        verdict, at = entry.judged.verdict, column(entry.at)
        if verdict in _MARKED:
            found[at] = max(found.get(at, verdict), verdict, key=Verdict.parse)
    return found
