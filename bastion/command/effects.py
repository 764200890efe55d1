"""What a simple command does, in the words that rules use.

What always holds: a redirection is a `write` or `read` whatever the program; what cannot be known
of an operand leaves the effect there, with the operand unknown; what is only supposed of a program
that nobody described is marked as guessed. What it does not do: judge, or know a program:
`bastion.command.knowledge` does.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from types import MappingProxyType

from bastion.command.arguments import Arguments, cut
from bastion.command.knowledge import Clause, Knowledge
from bastion.command.reading import NOWHERE, UNKNOWN, Redirection, SimpleCommand, Word
from bastion.command.wrappers import WALKED

_URL = re.compile(r"\b(?!file:)[a-z][a-z0-9+.-]{1,15}://[^\s\"'<>]*", re.IGNORECASE)
_PATH = re.compile(r"(?<![\w.*?\]])(?:file://)?([/~][^\s\"'<>()|;,:=@#&`\\]+)")
_HANDED = re.compile(r"\"?\$(?:[0-9@*]|\{[0-9@*]\})\"?")
_MAX_GUESSED_CHARS = 4096
_HERE = frozenset({"<<<", "<<", "<<-"})
_AMONG: Mapping[str, Callable[[Sequence[Word]], Sequence[Word]]] = MappingProxyType(
    {
        "operands": lambda operands: operands,
        "first": lambda operands: operands[:1],
        "rest": lambda operands: operands[1:],
        "last": lambda operands: operands[-1:],
        "but-last": lambda operands: operands[:-1],
    }
)


@dataclass(frozen=True)
class Effect:
    """One thing that a command does.

    Attributes:
        name: its kind, and what is done where the kind alone does not say: `gpu.reset`.
        on: what it happens to: a path, a host, a name; None where that is not among the words.
        recursive: whether all below is meant.
        guessed: whether nobody said so: a path among the words of a program that is not known.
    """

    name: str
    on: Word | None = None
    recursive: bool = False
    guessed: bool = False

    @property
    def kind(self) -> str:
        """The name's first part."""
        return self.name.partition(".")[0]

    def __str__(self) -> str:
        parts = [self.on.text] if self.on else []
        parts += ["recursive"] * self.recursive + ["guessed"] * self.guessed
        return f"{self.name}({', '.join(parts)})"


def effects(
    command: SimpleCommand, knowledge: Knowledge, fed_by: AbstractSet[str] = frozenset()
) -> tuple[Effect, ...]:
    """What *command* does, as far as *knowledge* goes; *fed_by* printed some of its words."""
    known = knowledge.of(command.program)
    behind = command.words[1:]
    found = [_of_file(r) for r in command.redirections if r.operator not in _HERE]
    if known.clauses:
        given = known.arguments(behind)
        found += [
            effect
            for clause in known.clauses
            if not clause.fed_by or not fed_by.isdisjoint(clause.fed_by)
            for effect in _of_clause(clause, given)
        ]
    if command.assignments:  # `HISTFILE= cmd` does what `export HISTFILE=` does
        given = Arguments((), command.assignments)
        setting = knowledge.of("export").clauses
        found += [effect for clause in setting for effect in _of_clause(clause, given)]
    if known.guesses:
        found += _guessed(behind)
    return tuple(found)


def _of_file(redirection: Redirection) -> Effect:
    return Effect("write" if redirection.is_write else "read", redirection.target)


def _of_clause(clause: Clause, given: Arguments) -> Iterator[Effect]:
    end = next((end for run in clause.word_patterns if (end := run.end(given.operands))), 0)
    if (clause.words and not end) or not _applies(clause, given, end):
        return
    behind = given.operands[end:]
    recursive = clause.recursive
    is_deep = recursive if isinstance(recursive, bool) else given.has(recursive)
    if not clause.on:
        yield Effect(clause.effect, recursive=is_deep)
    for place in clause.on:
        for word in _at(place, given, behind):
            yield Effect(
                clause.effect, word, recursive=is_deep or (bool(recursive) and _is_walked(word))
            )


def _is_walked(word: Word) -> bool:
    """Whether *word* is whatever a walk through folders finds: `find / -exec rm {} +`.

    It may be handed on: `find / -exec sh -c 'rm "$1"' _ {} +`.
    """
    return UNKNOWN in word.text and (word.raw == WALKED or bool(_HANDED.fullmatch(word.raw)))


def _applies(clause: Clause, given: Arguments, end: int) -> bool:
    """Whether *clause* counts, whose words end at *end* among the operands."""
    count = len(given.operands)
    if count < clause.at_least or (clause.bare and count):
        return False
    if clause.options and not given.has(clause.options):
        return False
    if clause.unless_options and given.has(clause.unless_options, denied=False):
        return False
    before = given.operands[:end] if end else given.operands
    return not any(run.end(before) for run in clause.unless_patterns)


def _at(place: str, given: Arguments, behind: Sequence[Word]) -> Iterator[Word]:
    """The words that stand at *place*."""
    operands = given.operands
    if place in _AMONG:
        yield from _AMONG[place](operands)
    elif place == "behind":
        yield from behind
    elif place == "below":
        yield from _below(given)
    elif place == "named":
        yield from (cut(word, name) for word in operands if (name := kept_as(word)))
    elif place.endswith("@"):
        values = given.values((place[:-1],))
        yield from (cut(v, v.text.partition("@")[2]) for v in values if "@" in v.text)
    elif place.startswith("-"):
        yield from given.values((place,))
    else:  # the beginning of an operand: `of=`
        found = (word for word in operands if word.text.startswith(place))
        yield from (cut(word, word.text.removeprefix(place)) for word in found)


def kept_as(word: Word) -> str:
    """The last part of a path or an address, by which a file is kept."""
    return word.text.partition("?")[0].rpartition("/")[2]


def _below(given: Arguments) -> Iterator[Word]:
    """What stands below the first operand: its folder is known, and perhaps how it is named."""
    name = next(given.values(("-name", "-iname")), None)
    folder = given.operands[0] if given.operands else Word(".", ".", NOWHERE)
    yield cut(folder, f"{folder.text.rstrip('/')}/{UNKNOWN}{name.text if name else ''}")


def _guessed(words: Sequence[Word]) -> list[Effect]:
    """What a program might do with the paths among its words: it may read them and write them."""
    paths = [path for word in words for path in _paths(word)]
    return [Effect(name, path, guessed=True) for path in paths for name in ("read", "write")]


def _paths(word: Word) -> Iterator[Word]:
    """The word, where it is one path, and each path in it."""
    text = word.text[:_MAX_GUESSED_CHARS]
    if "/" not in text and "~" not in text:
        if text.startswith((".", UNKNOWN)):
            yield word
        return
    for found in _PATH.finditer(_URL.sub(" ", text)):
        yield word if found[1] == word.text else cut(word, found[1])
