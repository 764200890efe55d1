"""Panes of a split screen."""

import pytest

from bastion.relay.pane import Pane, pane_of, whole
from bastion.screen import Cell, Screen


def split(*columns: int, rows: range = range(10)) -> Screen:
    """A screen with borders in *columns*."""
    screen = Screen(40, 10)
    for row in rows:
        for column in columns:
            screen.feed(f"\x1b[{row + 1};{column + 1}H\u2502".encode())
    return screen


@pytest.mark.parametrize(
    ("col", "pane"), [(0, Pane(0, 10)), (9, Pane(0, 10)), (11, Pane(11, 30)), (39, Pane(31, 40))]
)
@pytest.mark.parametrize("row", [0, 5, 9])
def test_a_pane_lies_between_borders(row, col, pane):
    """Or between a border and the edge of the screen; in the first and the last row too."""
    assert pane_of(split(10, 30), Cell(row, col)) == pane


def test_without_a_border_it_is_the_whole_screen():
    """Nothing is drawn."""
    screen = Screen(40, 10)
    assert pane_of(screen, Cell(3, 3)) == whole(screen) == Pane(0, 40)


@pytest.mark.parametrize("rows", [range(4, 5), range(4, 6), range(6, 9)])
def test_a_bar_that_somebody_typed_is_no_border(rows):
    """A border is higher, and passes through the row itself."""
    assert pane_of(split(10, rows=rows), Cell(4, 0)) == Pane(0, 40)
