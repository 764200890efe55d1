"""Columns of text, and times, as every command of the bastion shows them to a person.

What always holds: every cell is made printable before it is measured. What it does not do: cut; a
line that is too long wraps, so that nothing is lost where it is read by a script.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from rich.cells import cell_len, set_cell_size

from bastion.printable import printable

_GAP = "  "


def columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """The *rows* as lines; all have as many cells as the first."""
    shown = [[printable(cell) for cell in row] for row in rows]
    widths = [max(map(cell_len, column)) for column in zip(*shown, strict=True)]
    return [
        _GAP.join(
            set_cell_size(cell, width) for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in shown
    ]


def utc(at: float) -> str:
    """Unix seconds *at* for a person of whom no time zone is known."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
