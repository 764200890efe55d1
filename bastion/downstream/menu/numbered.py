"""The menu for a terminal that can only print lines (`TERM=dumb`): numbers, and a line typed.

What always holds: nothing but line ends and backspaces moves the cursor; names are made printable;
a typed line is bounded. What it does not do: write, or decode what is no text.
"""

from bastion.downstream.menu.choosing import Choosing
from bastion.downstream.menu.drawing import logins_of, state_of
from bastion.downstream.menu.keys import Key, Typed
from bastion.downstream.outlook import Host
from bastion.policy.reachable import Way
from bastion.printable import printable

_MAX_LINE = 100
_MAX_LISTED = 100
_EOL = "\r\n"


class Numbered:
    """The lines of one terminal."""

    def __init__(self, menu: Choosing) -> None:
        self._menu, self._line = menu, ""

    def begin(self) -> str:
        """The list, and what may be typed."""
        rows = self._menu.rows
        if not rows:
            nothing = "no host fits" if self._menu.hosts else "there is no host that you may reach"
            return f"{nothing}{_EOL}{self._prompt()}"
        listed = [f"{at:>4}  {_described(row)}" for at, row in enumerate(rows[:_MAX_LISTED], 1)]
        if len(rows) > _MAX_LISTED:
            listed.append(f"      and {len(rows) - _MAX_LISTED} more")
        return _EOL.join([*listed, self._prompt()])

    def press(self, key: Key | Typed) -> str:
        """A key was pressed; what is to be shown."""
        if isinstance(key, Typed):
            if len(self._line) >= _MAX_LINE:
                return ""
            self._line += key
            return str(key)
        if key is Key.BACKSPACE and self._line:
            self._line = self._line[:-1]
            return "\b \b"
        if key is Key.LEAVE:
            self._menu.press(key)
            return _EOL
        return self._entered() if key is Key.ENTER else ""

    def _entered(self) -> str:
        line, self._line = self._line.strip(), ""
        menu = self._menu
        if not line and menu.host is None and not menu.search:
            menu.press(Key.LEAVE)
        elif not line:
            menu.press(Key.ESCAPE)
        elif line.isascii() and line.isdigit():
            menu.choose(int(line))
        elif menu.host is not None:
            self._choose_login(line)
        else:
            menu.look_for(line)
            if [host.name for host in menu.found] == [line.lower()]:
                menu.choose(1)
        return _EOL if menu.is_over else _EOL + self.begin()

    def _choose_login(self, line: str) -> None:
        names = [str(way.login) for way in self._menu.rows if isinstance(way, Way)]
        if line in names:
            self._menu.choose(names.index(line) + 1)

    def _prompt(self) -> str:
        if self._menu.host is not None:
            return f"{printable(self._menu.host.name)} as which number? Empty goes back: "
        leaves = "shows all" if self._menu.search else "leaves"
        return f"Number, or part of a name; empty {leaves}: "


def _described(row: Host | Way) -> str:
    if isinstance(row, Way):
        return printable(row.login) + ("  (approval first)" if row.needs_approval else "")
    state = state_of(row)
    return f"{printable(row.name)}  {logins_of(row)}" + (f"  ({state})" if state else "")
