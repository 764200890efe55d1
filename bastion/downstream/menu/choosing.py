"""What is chosen from, what is searched, and where the mark stands: the menu without a terminal.

    a list of hosts → one of them → with several accounts, a list of accounts → one of them

What always holds: only what was given can be chosen; a letter is a command (j, k, q, /) only while
nothing is searched. What it does not do: draw, or connect.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from bastion.downstream.menu.keys import Key, Typed
from bastion.downstream.outlook import Host
from bastion.policy.reachable import Way
from bastion.target import Login

_MAX_SEARCH = 100
_GLOB = frozenset("*?[")


@dataclass(frozen=True)
class Choice:
    """What was chosen."""

    target: str
    login: Login


class Choosing:
    """One menu.

    Attributes:
        search: what the person has typed to find a host.
        is_searching: letters go to the search.
        host: the one whose accounts are chosen from; None while hosts are.
        at: which of `found` (or of the host's accounts) is marked.
        choice: what was chosen, once it is.
        is_left: the person has left without choosing.
        page: how far the keys for pages go.
    """

    def __init__(self, hosts: Sequence[Host]) -> None:
        self.hosts = tuple(hosts)
        self.search, self.is_searching = "", False
        self.host: Host | None = None
        self.at, self.page = 0, 10
        self.choice: Choice | None = None
        self.is_left = False
        self._at_host = 0
        self.found = self.hosts
        self._sought = [(host, Sought(host)) for host in self.hosts]

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to be chosen."""
        return self.is_left or self.choice is not None

    @property
    def rows(self) -> Sequence[Host | Way]:
        """What is chosen from now."""
        return self.host.ways if self.host else self.found

    def press(self, key: Key | Typed) -> None:
        """A key was pressed."""
        if isinstance(key, Typed):
            self._type(key)
        elif key is Key.ENTER:
            self._enter()
        elif key is Key.LEAVE:
            self.is_left = True
        elif key is Key.ESCAPE:
            self._back()
        elif key is Key.BACKSPACE:
            self._look_for(self.search[:-1], is_searching=len(self.search) > 1)
        elif key is Key.CLEAR:
            self._look_for("", is_searching=False)
        else:
            self._move(key)

    def look_for(self, text: str) -> None:
        """Search for *text*."""
        self._look_for(text, is_searching=bool(text))

    def choose(self, number: int) -> bool:
        """Choose the row of that *number*, from 1; False if there is none."""
        if not 1 <= number <= len(self.rows):
            return False
        self.at = number - 1
        self._enter()
        return True

    def _type(self, char: str) -> None:
        if not self.is_searching and char in "jkq/":
            self._command(char)
        elif self.host is None and (self.search or not char.isspace()):
            self._look_for(self.search + char, is_searching=True)

    def _command(self, char: str) -> None:
        if char == "q":
            self.is_left = True
        elif char == "/":
            self.is_searching = self.host is None
        else:
            self._move(Key.DOWN if char == "j" else Key.UP)

    def _look_for(self, text: str, *, is_searching: bool) -> None:
        if self.host is None:
            self.search, self.is_searching, self.at = text[:_MAX_SEARCH], is_searching, 0
            words = self.search.lower().split()
            self.found = tuple(host for host, sought in self._sought if sought.meets(words))

    def _move(self, key: Key) -> None:
        last = max(len(self.rows) - 1, 0)
        steps = {
            Key.UP: self.at - 1,
            Key.DOWN: self.at + 1,
            Key.PAGE_UP: self.at - self.page,
            Key.PAGE_DOWN: self.at + self.page,
            Key.HOME: 0,
            Key.END: last,
        }
        self.at = min(max(steps.get(key, self.at), 0), last)

    def _enter(self) -> None:
        if not self.rows:
            return
        row = self.rows[self.at]
        if isinstance(row, Way):
            self._choose(self.host, row)
        elif len(row.ways) == 1:
            self._choose(row, row.ways[0])
        else:
            self.host, self._at_host, self.at = row, self.at, 0
            self.is_searching = False

    def _choose(self, host: Host | None, way: Way) -> None:
        if host is not None:
            self.choice = Choice(host.name, way.login)

    def _back(self) -> None:
        if self.host is not None:
            self.host, self.at = None, self._at_host
            self.is_searching = bool(self.search)
        else:
            self._look_for("", is_searching=False)


class Sought:
    """A host as it is searched."""

    def __init__(self, host: Host) -> None:
        self._name = host.name
        self._labels = [f"{key}={value}".lower() for key, value in host.labels.items()]
        logins = [way.login.lower() for way in host.ways]
        self._shown = " ".join([host.name, *logins, *self._labels])

    def meets(self, words: Sequence[str]) -> bool:
        """Whether all of *words* are met: a glob of the name, or a part of what is shown."""
        return all(map(self._meets, words))

    def _meets(self, word: str) -> bool:
        if _GLOB.isdisjoint(word):
            return word in self._shown
        if "=" in word:
            return any(fnmatchcase(label, word) for label in self._labels)
        return fnmatchcase(self._name, word)
