"""The course of a text: which state the shell is in at each of its commands.

What always holds: what a branch, a loop or a part of a pipeline may have changed has all the values
that it may have afterwards; what a subshell changed is gone. What it does not do: know what a
command changes (`bastion.command.settings`).
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import islice, product

from bastion.command import tokens
from bastion.command.parameters import Lookup, defaulted, names, nothing
from bastion.command.reading import SimpleCommand
from bastion.command.seen import Scope, Seen, Way
from bastion.command.state import NOT_KNOWN, UNSET, ShellState, Value

_MAX_READINGS = 16
_MAX_SINGLE = 64
_NAMED = re.compile(r"(?<![$\w{])\w+")
_CHANGES_ANY = re.compile(
    r"\b(?:read|eval|source|unset|printf|mapfile|readarray|getopts)\b|\(\(|\. "
)


class Course:
    """Goes through what was seen in a text, in its order.

    Attributes:
        state: what is known where it stands.
    """

    def __init__(self, state: ShellState) -> None:
        self.state = state
        self._open: list[tuple[Scope, ShellState]] = []
        self._starts: list[int] = []
        self._states: list[tuple[int, ShellState]] = []

    def reach(self, seen: Seen) -> None:
        """Go on to *seen*: out of the parts of the text that end before, into those it is in."""
        shared = 0
        for (scope, _), wanted in zip(self._open, seen.scopes, strict=False):
            if scope is not wanted and scope != wanted:
                break
            shared += 1
        self._leave(shared)
        for scope in seen.scopes[shared:]:
            self._enter(scope)
        self._starts.append(seen.whole.start)
        self._states.append((seen.whole.end, self.state))

    def end(self) -> ShellState:
        """The state behind the text."""
        self._leave(0)
        return self.state

    def at(self, place: int) -> ShellState:
        """The state in which what stands at *place* is expanded."""
        index = bisect_right(self._starts, place) - 1
        if index < 0:
            return self._states[0][1] if self._states else self.state
        end, before = self._states[index]
        if place < end or len(self._states) == index + 1:
            return before if place < end else before.merged(self.state)
        return before.merged(self._states[index + 1][1])

    def _enter(self, scope: Scope) -> None:
        self._open.append((scope, self.state))
        if scope.way is Way.LOOP:
            self.state = self.state.opened(_changeable(scope.text, self.state.variables))
        elif scope.way is Way.FUNCTION:
            self.state = self.state.without_values()

    def _leave(self, kept: int) -> None:
        while len(self._open) > kept:
            scope, before = self._open.pop()
            if scope.way is Way.SUBSHELL:  # the shell that it may have opened is at the prompt
                self.state = replace(before, is_left=before.is_left or self.state.is_left)
            elif scope.way not in (Way.BESIDE, Way.FUNCTION):
                self.state = before.merged(self.state)
            else:
                self.state = before


def readings(seen: Seen, state: ShellState) -> Iterator[tuple[SimpleCommand, Lookup]]:
    """*seen* as a command, once for all values that its variables may have."""
    for lookup in lookups((raw.text for raw in seen.raws), state):
        command = tokens.build(
            seen.raws, seen.whole, pipeline=seen.pipeline, stage=seen.stage, lookup=lookup
        )
        if command is not None:
            yield command, lookup or nothing


def last_words(seen: Seen, state: ShellState) -> list[Value]:
    """What `$_` may be behind *seen*: the last word of the command."""
    return [
        (command.words[-1].text,) if command.words else NOT_KNOWN
        for command, _ in readings(seen, state)
    ] or [NOT_KNOWN]


def lookups(raws: Iterable[str], state: ShellState) -> Iterator[Lookup | None]:
    """A lookup for each combination of values that the variables in *raws* may have."""
    text = " ".join(raw for raw in raws if "$" in raw or raw[:1] == "~")
    if not text:
        yield None
        return
    asked = names(text) | ({"HOME"} if "~" in text and state.knows("HOME") else set())
    # In order, so that every process, which hashes names in its own way, reads a line alike.
    known = {name: state.values(name) for name in sorted(asked) if state.knows(name)}
    known |= dict.fromkeys(sorted(defaulted(text) - set(known)), (UNSET, NOT_KNOWN))
    if not known:
        yield None
        return
    combinations = list(islice(product(*known.values()), _MAX_READINGS + 1))
    if len(combinations) > _MAX_READINGS:
        combinations = _one_by_one(known)
    for combination in combinations:
        yield _lookup(dict(zip(known, combination, strict=True)), state)


def _one_by_one(known: Mapping[str, tuple[Value, ...]]) -> list[tuple[Value, ...]]:
    """Each value of each variable, where the others are not known; none of very many."""
    if sum(map(len, known.values())) > _MAX_SINGLE:
        return [(NOT_KNOWN,) * len(known)]
    return [
        tuple(value if name == other else NOT_KNOWN for other in known)
        for name, values in known.items()
        for value in values
    ]


def _lookup(chosen: dict[str, Value], state: ShellState) -> Lookup:
    def lookup(name: str) -> Value:
        if name in chosen:
            return chosen[name]
        values = state.values(name)
        return values[0] if len(values) == 1 else NOT_KNOWN

    return lookup


def _changeable(text: str, among: Iterable[str]) -> list[str]:
    """The variables that the commands in *text* may change."""
    if _CHANGES_ANY.search(text):
        return list(among)
    named = set(_NAMED.findall(text))
    return [name for name in among if name in named]
