"""Where a path leads: from the folder that the line has gone to, and by its other names.

`cd /; rm -rf *` deletes `/*`; `/proc/self/root/etc/shadow`, `~/../../etc/shadow` and
`../../../etc/shadow` are, or may be, `/etc/shadow`.

What always holds: a path keeps the name under which it was written, others come on top. What it
does not do: know where a session stands before the line, or follow links.
"""

import posixpath
import re
from bisect import bisect_left
from collections.abc import Iterator
from functools import cached_property

from bastion.command.arguments import cut
from bastion.command.reading import UNKNOWN, SimpleCommand, Word

_GOING = frozenset({"cd", "pushd"})
_SAME_ROOT = re.compile(r"/+proc/+[^/]+/+root(?=/|$)")
_ABOVE_HOME = re.compile(r"~/+(?:\.\./+)+")
_FAR_UP = re.compile(
    r"(?:\./)*(?:\.\./+){2,}(?=(?:etc|proc|root|home|usr|var|boot|sys|dev|s?bin|lib)(?:/|$))"
)
_HERE = re.compile(r"\"?\$(?:PWD|\{PWD\})\"?/?")
_HOME_OF = re.compile(r"~([a-z_][\w.-]*)(?=/|\Z)")
_NO_OPTION = re.compile(r"(?!-.)")
_BRACKET = re.compile(r"[()]")
_ABSOLUTE = ("/", "~", UNKNOWN, "-")


class Going:
    """The folder in which the commands of one line run, as they come."""

    def __init__(self, text: str, folder: str = "") -> None:
        self._text = text
        self._folder: str | None = folder
        self._left: list[tuple[int, str | None]] = []

    def at(self, command: SimpleCommand) -> str | None:
        """Where *command* runs: a path, empty where the line began; None where it is unknown."""
        while self._left and self._closing(self._left[-1][0]) < command.span.start:
            self._folder = self._left.pop()[1]
        return self._folder

    def go(self, command: SimpleCommand) -> None:
        """Go where *command* goes, if anywhere."""
        if command.program == "popd":
            self._folder = None
        if command.program not in _GOING:
            return
        self._left.append((command.span.end, self._folder))
        operands = [word for word in command.words[1:] if _NO_OPTION.match(word.text)]
        self._folder = self._target(operands[0]) if operands else "~"

    def _closing(self, start: int) -> int:
        """Where the subshell ends that is open at *start*; behind the text where none is."""
        places, ends = self._brackets
        at = bisect_left(places, start)
        return ends[at] if at < len(ends) else len(self._text)

    @cached_property
    def _brackets(self) -> tuple[list[int], list[int]]:
        """Where brackets stand, and which is the next from each on that closes an earlier one."""
        found, unmatched = list[tuple[int, int]](), list[int]()
        for bracket in reversed(list(_BRACKET.finditer(self._text))):
            if bracket[0] == ")":
                unmatched.append(bracket.start())
            elif unmatched:
                unmatched.pop()
            found.append((bracket.start(), unmatched[-1] if unmatched else len(self._text)))
        return [place for place, _ in reversed(found)], [end for _, end in reversed(found)]

    def _target(self, word: Word) -> str | None:
        if word.text.startswith(UNKNOWN) or word.text == "-":
            return None
        if word.text.startswith(_ABSOLUTE):
            return word.text
        return None if self._folder is None else posixpath.join(self._folder, word.text)


def other_names(word: Word, folder: str | None) -> Iterator[Word]:
    """What else *word*, a path that is used in *folder*, may be called."""
    text = word.text
    if folder and not text.startswith(_ABSOLUTE) and "://" not in text:
        text = posixpath.join(folder, text)
    names = [text]
    if folder and text == UNKNOWN and _HERE.fullmatch(word.raw):
        names.append(folder)
    if home := _HOME_OF.match(text):
        names.append(("/root" if home[1] == "root" else f"/home/{home[1]}") + text[home.end() :])
    if "/proc/" in text:
        names.append(_SAME_ROOT.sub("", text) or "/")
    if "/../" in text and (above := _ABOVE_HOME.match(text)):
        names.append(("/" if above[0].count("..") > 1 else "/home/") + text[above.end() :])
    if "../" in text and (above := _FAR_UP.match(text)):
        names.append("/" + text[above.end() :])
    for name in names:
        if name != word.text:
            found = cut(word, posixpath.normpath(name) if "/" in name else name)
            yield found
