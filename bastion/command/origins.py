"""Where the value of a variable comes from, when commands of the same line print it.

`find /data | while read f`, `mapfile -t a < <(find /data)`, `x=$(pgrep y)`, `for f in $(ls)`: what
`$f`, `${a[@]}` and `$x` stand for is as much as is known of what those commands print.

What always holds: a variable has every origin that it may have anywhere in the line. What it does
not do: follow the order of the line, or a value through a program that changes it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from bastion.command.parameters import names
from bastion.command.reading import Reading, SimpleCommand, Word
from bastion.command.scan import heredocs, plain, substitutions
from bastion.command.state import POSITIONAL
from bastion.verdict import Span

_TAKING = frozenset({"read", "mapfile", "readarray"})
_SETTING = frozenset({"export", "local", "declare", "typeset", "readonly"})
_GLOBS = re.compile(r"(?<=[(\s])[\w./~-]*[*?\[][\w./*?-]*")
_GLOB_STARTS = "*?["
_LOOP = re.compile(r"\b(?:for|select)\s+(\w+)\s+in\s")
_LOOP_OVER_ALL = re.compile(r"\b(?:for|select)\s+(\w+)\s*(?:[;\n]|\bdo\b)")
_ASSIGNED = re.compile(r"(\w+)\+?=")
_MOST = 64  # of each kind are looked at: each means a walk through the line
_MAX_HEADER = 1024
_MAX_STEPS = 4  # from one variable to another


@dataclass(frozen=True)
class Origin:
    """What gives a variable its value: the commands that print it, or a text that stands there.

    Neither where it is what stands in a file.
    """

    commands: tuple[SimpleCommand, ...] = ()
    text: str | None = None

    @property
    def programs(self) -> set[str]:
        """What prints it; `<` stands for a file."""
        return {command.program for command in self.commands} or {"<"}


class Origins:
    """The origins of the variables of one reading."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    def of(self, raw: str) -> list[Origin]:
        """Where the variables that *raw* asks for have their values from."""
        asked, found = names(raw), list[Origin]()
        for _ in range(_MAX_STEPS):
            found += [origin for name in asked for origin in self._known.get(name, ())]
            asked = {other for name in asked for other in self._copied.get(name, ())}
        return found

    @cached_property
    def _known(self) -> dict[str, list[Origin]]:
        known: dict[str, list[Origin]] = {}
        for name, origin in (*self._of_takers(), *self._of_assignments(), *self._of_loops()):
            known.setdefault(name, []).append(origin)
        return known

    @cached_property
    def _copied(self) -> dict[str, set[str]]:
        """The variables from which others are made: `g=$f`."""
        copied: dict[str, set[str]] = {}
        for name, raw, _ in self._assignments():
            if "$" in raw:
                copied.setdefault(name, set()).update(names(raw))
        for name, span in self._loops:
            header = self._reading.text[span.start : span.end]
            copied.setdefault(name, set()).update(names(header) if "$" in header else ())
        for found in islice(_LOOP_OVER_ALL.finditer(self._reading.text), _MOST):
            copied.setdefault(found[1], set()).add(POSITIONAL)
        return copied

    def _of_takers(self) -> Iterator[tuple[str, Origin]]:
        """What `read` and its kin take: by their own redirection, their loop's, or a pipe."""
        commands = (c for c in self._reading.commands if c.words and c.words[0].text in _TAKING)
        for command in islice(commands, _MOST):
            given = [w.text for w in command.words[1:] if w.text.isidentifier()]
            for origin in self._taken(command) if given else ():
                yield from ((name, origin) for name in given)

    def _taken(self, command: SimpleCommand) -> Iterator[Origin]:
        around = [c for c in self._reading.commands if not c.words and _is_in(command, c.span)]
        for redirection in (r for c in (command, *around) for r in c.redirections):
            if redirection.operator == "<<<" and redirection.target.is_known:
                yield Origin(text=redirection.target.text)
            elif redirection.operator == "<" and redirection.target.raw.startswith("<("):
                yield self._inside(redirection.target.span)
            elif redirection.operator == "<":
                yield Origin()
        if command.stage:
            same = (c for c in self._reading.commands if c.pipeline == command.pipeline)
            yield Origin(tuple(c for c in same if c.stage < command.stage))
        for document in self._documents:
            if command.span.end <= document[0]:
                yield Origin(text=document[1])
                break

    @cached_property
    def _documents(self) -> list[tuple[int, str]]:
        return [(one.operator.start, one.body.text) for one in heredocs(self._reading.text)]

    def _assignments(self) -> Iterator[tuple[str, str, Span]]:
        for command in self._reading.commands:
            given = command.words[1:] if command.program in _SETTING else ()
            for word in (*command.assignments, *given):
                if match := _ASSIGNED.match(word.raw):
                    yield match[1], word.raw[match.end() :], word.span

    def _of_assignments(self) -> Iterator[tuple[str, Origin]]:
        made = (one for one in self._assignments() if "$(" in one[1] or "`" in one[1])
        for name, raw, span in islice(made, _MOST):
            if len(substitutions(raw)) == 1:
                yield name, self._inside(span)
        for name, raw, _ in islice(self._assignments(), _MOST):
            if raw.startswith("(") and (globs := _GLOBS.findall(raw)):
                yield name, Origin(text=" ".join(globs))
        for command in islice(self._givers(), _MOST):
            if globs := [w.text for w in command.words if w.has_glob and w.text[0] in _GLOB_STARTS]:
                yield POSITIONAL, Origin(text=" ".join(globs))
            for word in command.words:
                if len(substitutions(word.raw)) == 1:
                    yield POSITIONAL, self._inside(word.span)

    def _givers(self) -> Iterator[SimpleCommand]:
        """What gives positional parameters: `set`, and what other commands stand in place of."""
        inner = {command.span for command in self._reading.commands if command.is_wrapped}
        for command in self._reading.commands:
            if command.program == "set" or (command.span in inner and not command.is_wrapped):
                yield command

    def _of_loops(self) -> Iterator[tuple[str, Origin]]:
        """The variables of loops over what a substitution prints, or over a folder's entries."""
        for name, span in self._loops:
            header = self._reading.text[span.start : span.end]
            if "$(" in header or "`" in header:
                yield name, self._inside(span)
            if any(word[0] in _GLOB_STARTS for word in header.split()):
                yield name, Origin(text="*")

    @cached_property
    def _loops(self) -> list[tuple[str, Span]]:
        """The variables of loops, and where their values stand."""
        text = self._reading.text
        loops = []
        for found in islice(_LOOP.finditer(text), _MOST):
            header = text[found.end() : found.end() + _MAX_HEADER]
            ends = (at for at in plain(header) if header[at] in ";\n")
            loops.append((found[1], Span(found.end(), found.end() + next(ends, len(header)))))
        return loops

    def _inside(self, span: Span) -> Origin:
        """The commands that stand in substitutions in *span*."""
        return Origin(tuple(c for c in self._reading.commands if c.words and _is_in(c, span)))


def is_made(word: Word) -> bool:
    """Whether *word* has parts that a variable makes, and nothing else that is not known."""
    return not word.is_known and "$" in word.raw and "$(" not in word.raw and "`" not in word.raw


def _is_in(command: SimpleCommand, span: Span) -> bool:
    return span.start <= command.span.start and command.span.end <= span.end
