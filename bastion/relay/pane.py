"""Finds the part of a split screen (tmux) that a cell lies in, by the borders that are drawn.

What always holds: a border is three rows high at least, and the cell's row is one of them. What it
does not do: know who drew it; so whoever judges a pane judges the whole rows as well.
"""

from dataclasses import dataclass

from bastion.screen import Cell, Screen

_BORDERS = frozenset("\u2502\u251c\u2524\u253c")  # vertical, and where a horizontal one meets it
_HEIGHT = 3


@dataclass(frozen=True)
class Pane:
    """Columns from `left` up to `right`."""

    left: int
    right: int


def whole(screen: Screen) -> Pane:
    """The whole width of *screen*."""
    return Pane(0, screen.size[0])


def pane_of(screen: Screen, cell: Cell) -> Pane:
    """The pane that *cell* lies in."""
    borders = [col for col, char in _chars(screen, cell.row) if char in _BORDERS]
    borders = [col for col in borders if _is_drawn(screen, cell.row, col)]
    return Pane(
        max((col + 1 for col in borders if col < cell.col), default=0),
        min((col for col in borders if col >= cell.col), default=screen.size[0]),
    )


def _chars(screen: Screen, row: int) -> list[tuple[int, str]]:
    return [(col, screen.row(row, col, col + 1)) for col in range(screen.size[0])]


def _is_drawn(screen: Screen, row: int, col: int) -> bool:
    """Whether the border in *row* goes on above or below."""
    height = 0
    for number in range(row - _HEIGHT + 1, row + _HEIGHT):
        height = height + 1 if screen.row(number, col, col + 1) in _BORDERS else 0
        if height == _HEIGHT:
            return True
    return False
