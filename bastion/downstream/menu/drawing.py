"""Draws the menu on a terminal of any size, as the bytes that make the whole screen.

    bastion  alice  2 of 340 hosts        from six rows on
    Search: gpu
    > gpu-01  approval first  root        as many as fit, the marked one among them
      gpu-02                  root, ubuntu  pool=research
    Enter connects  / searches  q leaves  from four rows on

What always holds: nothing is drawn past the edges, so nothing scrolls or wraps; names and labels
are made printable; without colours the same stands there in words. What it does not do: write.
"""

from collections.abc import Iterable, Sequence

from rich.cells import cell_len, set_cell_size

from bastion.downstream.menu.choosing import Choosing
from bastion.downstream.outlook import Host
from bastion.policy.reachable import Way
from bastion.printable import printable

BEGIN = b"\x1b[?1049h"
END = b"\x1b[0m\x1b[?25h\x1b[?1049l"
MAX_COLS, MAX_ROWS = 500, 200
_PLAIN, _BOLD, _FAINT, _INVERSE, _YELLOW = "", "1", "2", "7", "33"
_COLOURS = frozenset({_YELLOW})
_TITLE_ROWS, _FOOT_ROWS = 6, 4
_MARK = "> "
_MAX_LOGINS = 6
_FOOT_SEARCHING = ("Enter connects  Esc clears  Ctrl-C leaves", "Enter, Esc, Ctrl-C")
_FOOT_MOVING = ("Enter connects  type to search  q leaves", "Enter, type, q")
_FOOT_LOGINS = ("Enter connects  Esc goes back  q leaves", "Enter, Esc, q")

Piece = tuple[str, str]
"""A style and a text."""


class Drawing:
    """Draws for one terminal.

    Args:
        account: whose menu it is.
        has_colour: whether colours may be used.
    """

    def __init__(self, account: str, *, has_colour: bool) -> None:
        self._account, self._has_colour = printable(account, 40), has_colour

    def screen(self, menu: Choosing, cols: int, rows: int) -> bytes:
        """The whole screen; the cursor stands where is searched."""
        cols, rows = min(max(cols, 1), MAX_COLS), min(max(rows, 1), MAX_ROWS)
        head = self._head(menu, cols, rows)
        foot = _foot(menu, cols) if rows >= _FOOT_ROWS else []
        room = max(rows - len(head) - len(foot), 1)
        menu.page = room
        body = _body(menu, room)
        lines = [*head, *body, *[[] for _ in range(room - len(body))], *foot][:rows]
        drawn = "".join(
            f"\x1b[{row};1H\x1b[0m\x1b[2K{self._painted(line, cols)}"
            for row, line in enumerate(lines, 1)
        )
        return f"\x1b[?25l{drawn}{_cursor(menu, head, cols)}".encode()

    def _head(self, menu: Choosing, cols: int, rows: int) -> list[list[Piece]]:
        """The title, where there is room for one, and what is searched; nothing on a single row."""
        if rows == 1:
            return []
        title = [(_BOLD, "bastion"), (_PLAIN, f"  {self._account}  {_counted(menu)}")]
        if menu.host is not None:
            asked: list[Piece] = [(_BOLD, f"{printable(menu.host.name)} as:")]
        else:
            room = max(cols - len(_LABEL) - 1, 1)
            asked = [(_BOLD, _LABEL), (_PLAIN, printable(menu.search)[-room:])]
        return [title, asked] if rows >= _TITLE_ROWS else [asked]

    def _painted(self, pieces: Iterable[Piece], cols: int) -> str:
        """The *pieces*, as far as they fit in a row."""
        drawn, left = "", cols
        for style, text in pieces:
            shown = text if cell_len(text) <= left else set_cell_size(text, left)
            left -= cell_len(shown)
            is_styled = bool(style) and (self._has_colour or style not in _COLOURS)
            drawn += f"\x1b[{style}m{shown}\x1b[0m" if is_styled else shown
            if left <= 0:
                break
        return drawn


_LABEL = "Search: "


def _counted(menu: Choosing) -> str:
    number, found = len(menu.hosts), len(menu.found)
    noun = "host" if number == 1 else "hosts"
    return f"{number} {noun}" if found == number else f"{found} of {number} {noun}"


def _foot(menu: Choosing, cols: int) -> list[list[Piece]]:
    forms = _FOOT_LOGINS if menu.host else _FOOT_SEARCHING if menu.is_searching else _FOOT_MOVING
    fitting = next((form for form in forms if len(form) <= cols), forms[-1])
    return [[(_FAINT, fitting)]]


def _body(menu: Choosing, room: int) -> list[list[Piece]]:
    rows = menu.rows
    if not rows:
        nothing = "no host fits" if menu.hosts else "there is no host that you may reach"
        return [[(_PLAIN, f"  {nothing}")]]
    first = min(max(menu.at - room // 2, 0), max(len(rows) - room, 0))
    shown = rows[first : first + room]
    columns = [_columns(row) for row in shown]
    widths = [max(cell_len(column[index]) for column in columns) for index in range(3)]
    return [
        _row(column, widths, is_marked=first + at == menu.at) for at, column in enumerate(columns)
    ]


def _row(columns: Sequence[str], widths: Sequence[int], *, is_marked: bool) -> list[Piece]:
    name, state, logins, labels = columns
    cells = [
        (_PLAIN, set_cell_size(name, widths[0])),
        (_YELLOW, set_cell_size(state, widths[1])),
        (_PLAIN, set_cell_size(logins, widths[2])),
        (_FAINT, labels),
    ]
    given: list[Piece] = []
    for style, text in cells:
        if text:
            given += [*([(_PLAIN, "  ")] if given else []), (style, text)]
    if is_marked:  # one style for the whole row, so that it is seen without colours as well
        return [(_INVERSE, _MARK + "".join(text for _, text in given).rstrip())]
    return [(_PLAIN, " " * len(_MARK)), *given]


def _columns(row: Host | Way) -> tuple[str, str, str, str]:
    """Name, state, accounts and labels of a host; an account with its state."""
    if isinstance(row, Way):
        return printable(row.login), "approval first" if row.needs_approval else "", "", ""
    labels = "  ".join(f"{key}={value}" for key, value in row.labels.items())
    return printable(row.name), state_of(row), logins_of(row), printable(labels)


def state_of(host: Host) -> str:
    """What stands in the way of a host, in a few words; empty where nothing does."""
    if host.is_locked:
        return "locked"
    asking = [way.needs_approval for way in host.ways]
    if all(asking):
        return "approval first"
    return "some need approval" if any(asking) else ""


def logins_of(host: Host) -> str:
    """The accounts in a line."""
    names = [printable(way.login) for way in host.ways]
    more = f", {len(names) - _MAX_LOGINS} more" if len(names) > _MAX_LOGINS else ""
    return ", ".join(names[:_MAX_LOGINS]) + more


def _cursor(menu: Choosing, head: Sequence[object], cols: int) -> str:
    """Where the cursor stands, seen only while something is searched."""
    if not head or menu.host is not None or not menu.is_searching:
        return ""
    col = min(cell_len(_LABEL + printable(menu.search)) + 1, cols)
    return f"\x1b[{len(head)};{col}H\x1b[?25h"
