"""What programs do, as data: which options and operands of which program mean which effect.

The shipped tables are rules/knowledge/*.toml; docs/rules.md explains how to write one.

What always holds: a table that is not understood is refused; of a program that no table names
nothing is known, and that is told apart from a program that is known to do nothing. What it does
not do: read files, or look at a command (`bastion.command.effects`).
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import translate
from functools import cached_property
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from bastion.command.arguments import Arguments, arguments
from bastion.command.reading import Word

OPERANDS = frozenset({"operands", "first", "rest", "last", "but-last", "behind", "below", "named"})
_GLOB = re.compile(r"[*?\[]")
_MAX_NAMES = 1024  # remembered; who types chooses the names


class Kind(StrEnum):
    """The kinds of effects: what rules can speak of."""

    DELETE = "delete"
    WRITE = "write"
    READ = "read"
    EXECUTE = "execute"
    NETWORK = "network"
    PRIVILEGE = "privilege"
    PROCESS = "process"
    GPU = "gpu"
    SCHEDULER = "scheduler"
    CONTAINER = "container"
    CLUSTER = "cluster"
    ACCOUNT = "account"
    PERSISTENCE = "persistence"
    HISTORY = "history"
    LOG = "log"
    PACKAGE = "package"
    MODEL = "model"
    DATA = "data"
    DATABASE = "database"
    SECRET = "secret"  # noqa: S105  the name of a kind
    DISK = "disk"
    KERNEL = "kernel"
    POWER = "power"
    SECURITY = "security"


def _effect_name(name: str) -> str:
    kind = name.partition(".")[0]
    if kind not in set(Kind):
        raise ValueError(f"{name!r} is no effect; use one of {', '.join(Kind)}")
    return name


EffectName = Annotated[str, BeforeValidator(_effect_name)]
"""`delete`, or with what is done `gpu.reset`."""


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True)
class Run:
    """Patterns for operands that follow each other.

    Attributes:
        is_first: whether they must begin the operands.
        is_last: whether they must end them.
    """

    patterns: tuple[re.Pattern[str], ...]
    is_first: bool = False
    is_last: bool = False

    def end(self, operands: Sequence[Word]) -> int:
        """Where the first operands end that match; 0 where none do."""
        count = len(self.patterns)
        last = len(operands) - count
        for start in range(last, last + 1) if self.is_last else range(last + 1):
            if start < 0 or (self.is_first and start):
                break
            if all(p.match(operands[start + step].text) for step, p in enumerate(self.patterns)):
                return start + count
        return 0


class Clause(_Table):
    """An effect that a program has, and when."""

    effect: EffectName
    """`delete`, `gpu.reset` …"""
    on: Annotated[tuple[str, ...], BeforeValidator(_listed)] = ()
    """Where what it happens to stands: `operands`, `first`, `rest`, `last`, `but-last`, `behind`
    (the operands behind `words`), `below` (what is below `first`, by the name that `find` is
    given), `named` (the last parts of the operands, as `wget` names files after addresses),
    an option (`-o`), what is behind `@` in its value (`-F@`), or an operand's beginning (`of=`)."""
    options: tuple[str, ...] = ()
    """Only with one of these options."""
    unless_options: tuple[str, ...] = ()
    """Not with one of these."""
    words: tuple[str, ...] = ()
    """Only with one of these among the operands, next to each other: `repos delete`; globs. Behind
    `^` they begin the operands, before `$` they end them."""
    unless_words: tuple[str, ...] = ()
    """Not with one of these among the operands; behind what `words` found they do not count."""
    at_least: int = Field(default=0, ge=0)
    """Only with so many operands."""
    bare: bool = False
    """Only without operands."""
    fed_by: tuple[str, ...] = ()
    """Only where one of these programs prints some of its words: `kill $(pgrep …)`, `… | xargs`."""
    recursive: bool | tuple[str, ...] = False
    """Whether all below is meant as well, or the options with which it is."""

    @model_validator(mode="after")
    def _has_known_places(self) -> Self:
        wrong = [p for p in self.on if p not in OPERANDS and p[:1] != "-" and p[-1:] not in "=:"]
        if wrong:
            places = ", ".join(sorted(OPERANDS))
            raise ValueError(f"on: {wrong[0]!r} is neither {places}, an option, nor `NAME=`")
        return self

    @cached_property
    def word_patterns(self) -> tuple[Run, ...]:
        """*words*, each as patterns for operands that follow each other."""
        return tuple(map(_run, self.words))

    @cached_property
    def unless_patterns(self) -> tuple[Run, ...]:
        """*unless_words* in the same way."""
        return tuple(map(_run, self.unless_words))


class Program(_Table):
    """One `[[program]]`: what programs of these names do."""

    names: tuple[str, ...] = Field(min_length=1)
    """Names of programs, or globs."""
    valued: tuple[str, ...] = ()
    """Options that take a value in the next word; those that `on` names need not stand here."""
    clusters: bool = True
    """Whether short options can be written together; `false` for `-name` as one option."""
    abbreviates: bool = True
    """Whether long options can be cut short."""
    options_first: bool = False
    """Whether options end at the first operand, as with `python x.py -c` and `bash x.sh -c`."""
    complete: bool = False
    """Whether this is all that it does with the paths among its words; else they are guessed at: a
    path is an effect, a guessed one, as with programs that nobody described."""
    effects: tuple[Clause, ...] = ()
    """What it does; nothing that rules speak of where there are none."""


class Known:
    """What is known of one program: all tables that name it.

    Attributes:
        valued: options that take a value.
        guesses: whether paths in the words are effects, guessed ones.
    """

    def __init__(self, tables: Iterable[Program]) -> None:
        found = tuple(tables)
        self.clauses = tuple(clause for table in found for clause in table.effects)
        places = {place for clause in self.clauses for place in clause.on}
        named = {place.removesuffix("@") for place in places if place.startswith("-")}
        self.valued = frozenset(named.union(*(table.valued for table in found)))
        self.clusters = all(table.clusters for table in found)
        self.abbreviates = all(table.abbreviates for table in found)
        self.options_first = any(table.options_first for table in found)
        self.guesses = not any(table.complete for table in found)

    def arguments(self, words: tuple[Word, ...]) -> Arguments:
        """*words*, which stand behind the program's name, taken apart as it would."""
        return arguments(
            words,
            self.valued,
            clusters=self.clusters,
            abbreviates=self.abbreviates,
            options_first=self.options_first,
        )


class Knowledge:
    """Tables by program.

    Attributes:
        effects: all that some program does.
    """

    def __init__(self, tables: Iterable[Program] = ()) -> None:
        self._plain: dict[str, list[Program]] = {}
        self._globs: list[tuple[re.Pattern[str], Program]] = []
        self._known: dict[str, Known] = {}
        found = tuple(tables)
        self.effects = frozenset(clause.effect for table in found for clause in table.effects)
        for table in found:
            for name in table.names:
                if _GLOB.search(name):
                    self._globs.append((re.compile(translate(name)), table))
                else:
                    self._plain.setdefault(name, []).append(table)

    def of(self, program: str) -> Known:
        """What is known of *program*."""
        known = self._known.get(program)
        if known is None:
            by_glob = [table for pattern, table in self._globs if pattern.match(program)]
            known = Known((*self._plain.get(program, ()), *by_glob))
            if len(self._known) < _MAX_NAMES:
                self._known[program] = known
        return known


def _run(written: str) -> Run:
    words = written.removeprefix("^").removesuffix("$").split()
    patterns = tuple(re.compile(translate(word)) for word in words)
    return Run(patterns, is_first=written.startswith("^"), is_last=written.endswith("$"))
