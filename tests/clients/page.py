"""docs/clients.md: what each client did, as tables with notes; `make test-clients` writes it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

PAGE = Path(__file__).parent.parent.parent / "docs" / "clients.md"
_PLACE = r"(?s)(<!-- {} -->\n)(.*?)(<!-- end -->)"


@dataclass
class Table:
    """Cells by row and client.

    Attributes:
        name: of its place in the page.
        columns: the clients' labels, in order.
        cells: by row and label: the mark and a note, which may be empty.
        shows: what each row is about.
    """

    name: str
    columns: tuple[str, ...]
    cells: dict[str, dict[str, tuple[str, str]]] = field(default_factory=dict)
    shows: dict[str, str] = field(default_factory=dict)

    def keep(self, row: str, label: str, cell: tuple[str, str], shows: str) -> None:
        """What came of *row* with the client *label*."""
        self.cells.setdefault(row, {})[label] = cell
        self.shows[row] = shows

    def missing(self) -> list[tuple[str, str]]:
        """The cells that nobody has filled."""
        if not self.cells:
            return [(self.name, "all")]
        return [
            (row, label)
            for row, cells in self.cells.items()
            for label in self.columns
            if label not in cells
        ]

    def text(self) -> str:
        """As Markdown: the table, what the rows mean, the notes."""
        notes: dict[str, int] = {}
        lines = [f"| | {' | '.join(self.columns)} |", "|---" * (len(self.columns) + 1) + "|"]
        for row, cells in self.cells.items():
            marks = [_mark(*cells[label], notes) for label in self.columns]
            lines.append(f"| {row} | {' | '.join(marks)} |")
        lines += ["", *(f"- **{row}**: {shows}" for row, shows in self.shows.items()), ""]
        lines += [f"[{number}] {note}\n" for note, number in notes.items()]
        return "\n" + "\n".join(lines).rstrip() + "\n\n"


def _mark(mark: str, note: str, notes: dict[str, int]) -> str:
    if not note:
        return mark
    return f"{mark} [{notes.setdefault(note, len(notes) + 1)}]"


def write(tables: tuple[Table, ...], versions: Mapping[str, str]) -> None:
    """Put the *tables* and the *versions* by label into the page."""
    page = PAGE.read_text()
    for table in tables:
        page = _filled(page, table.name, table.text())
    lines = [f"| {label} | {version} |" for label, version in versions.items()]
    page = _filled(
        page, "versions", "\n".join(["", "| client | version |", "|---|---|", *lines, "", ""])
    )
    PAGE.write_text(page)


def _filled(page: str, name: str, text: str) -> str:
    """*page* with *text* in its place of that *name*."""
    place = re.compile(_PLACE.format(re.escape(name)))
    filled, count = place.subn(lambda found: found.group(1) + text + found.group(3), page, count=1)
    assert count == 1, f"docs/clients.md has no place for {name}"
    return filled
