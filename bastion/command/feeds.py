"""What one command hands to another: by a pipe, or by a substitution among its words.

`find /runs -name '*.ckpt' | xargs rm` deletes what is below /runs and named so, and `kill $(pgrep
x)` kills what a search has found.

What always holds: words are only filled in where all of them are known, or where they begin and end
with something that is; else they stay unknown. What it does not do: read files or follow data
through programs that change it.
"""

import posixpath
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from bastion.command.arguments import arguments, cut
from bastion.command.origins import Origin, Origins, is_made
from bastion.command.outputs import printed
from bastion.command.reading import UNKNOWN, Reading, SimpleCommand, Word
from bastion.command.scan import substitutions
from bastion.command.wrappers import WALKED
from bastion.verdict import Span

_FEEDERS = frozenset({"xargs", "parallel"})
_SUBSTITUTIONS = ("$(", "`")
# They let lines through, or some of them; which, does not matter here.
_FILTERS = frozenset(
    {"grep", "egrep", "fgrep", "sort", "uniq", "head", "tail", "tac", "tee", "shuf"}
)
_WALKERS = frozenset({"find", "fd", "fdfind", "bfs", "locate", "plocate"})
_FINDING = frozenset({"grep", "rg", "egrep"})
_VALUED = (
    "-name",
    "-iname",
    "-path",
    "-type",
    "-maxdepth",
    "-mindepth",
    "-mtime",
    "-size",
    "-e",
    "-A",
)
_MAX_WORDS = 64


@dataclass(frozen=True)
class Fed:
    """A command with what it is handed.

    Attributes:
        command: with the words filled in that are known.
        by: the programs that printed them.
    """

    command: SimpleCommand
    by: frozenset[str] = frozenset()


class Feeds:
    """What the commands of one reading hand to each other."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._origins = Origins(reading)

    def to(self, command: SimpleCommand) -> Fed:
        """*command*, a part of the reading, with what others of it hand it."""
        feeder = self._feeder(command) if command.is_wrapped else None
        if feeder is None and all(word.is_known for word in command.words[1:]):
            return Fed(command)
        reading, words, by = self._reading, command.words[:1], set[str]()
        for word in command.words[1:]:
            if _is_substituted(word):
                found, producers = _substituted(word, reading)
                words += found
                by |= producers
            elif is_made(word) and (made := self._origins.of(word.raw)):
                filled = (one for origin in made for one in _filled(word, origin, reading))
                words += tuple({one.text: one for one in filled}.values())
                by |= {name for origin in made if origin.text is None for name in origin.programs}
            else:
                words += (word,)
        if feeder is not None:
            earlier = _earlier(feeder, reading)
            producer = _before(earlier, len(earlier))
            by |= {other.program for other in earlier}
            words = _handed(words, feeder, producer, reading)
        return Fed(replace(command, words=words), frozenset(by))

    def _feeder(self, command: SimpleCommand) -> SimpleCommand | None:
        """The `xargs` that runs *command*."""
        runners = self._reading.runners(command)
        beside = next((other for other in runners if other.program in _FEEDERS), None)
        return beside or self._by_text.get(command.span)

    @cached_property
    def _by_text(self) -> dict[Span, SimpleCommand]:
        """The feeders that run a shell, by where its text stands: `xargs sh -c '…'`."""
        feeders = [c for c in self._reading.commands if c.program in _FEEDERS]
        return {span: c for c in reversed(feeders) for span in _texts(c)}


def _filled(word: Word, origin: Origin, reading: Reading) -> Iterator[Word]:
    """*word* with what *origin* puts in place of its variable."""
    if origin.text is not None:
        values = [cut(word, part) for part in origin.text.split()[:_MAX_WORDS]]
    else:
        values = list(_printed(_before(origin.commands, len(origin.commands)), word, reading))
    if word.text == UNKNOWN:
        yield from values
    elif word.text.count(UNKNOWN) == 1:
        yield from (replace(word, text=word.text.replace(UNKNOWN, one.text)) for one in values)
    else:
        yield word


def _is_substituted(word: Word) -> bool:
    return UNKNOWN in word.text and any(mark in word.raw for mark in _SUBSTITUTIONS)


def _substituted(word: Word, reading: Reading) -> tuple[tuple[Word, ...], set[str]]:
    """*word* with what its substitutions print, and which programs do."""
    if reading.text[word.span.start : word.span.end] != word.raw:
        return (word,), set()  # it stands quoted in another: what is inside has no place of its own
    pieces, by = substitutions(word.raw), set()
    parts = word.text.split(UNKNOWN)
    filled = parts[0]
    for at, rest in enumerate(parts[1:]):
        text = UNKNOWN
        if len(pieces) == len(parts) - 1:
            start = word.span.start + pieces[at].start
            end = start + len(pieces[at].text)
            inside = [c for c in reading.commands if start <= c.span.start and c.span.end <= end]
            producer = _before(inside, len(inside))
            by |= {command.program or "$(<" for command in inside}
            if word.text == UNKNOWN:
                return tuple(_printed(producer, word, reading)), by
            known = printed(producer, inside) if producer else None
            text = UNKNOWN if known is None else known.rstrip("\n")
        filled += text + rest
    return (cut(word, filled),), by


def _texts(feeder: SimpleCommand) -> set[Span]:
    """Where texts stand that a shell may read which *feeder* runs."""
    return {word.span for word in feeder.words[1:] if " " in word.text}


def _earlier(command: SimpleCommand, reading: Reading) -> list[SimpleCommand]:
    """The commands before *command* in its pipeline."""
    same = reading.pipelines[command.pipeline]
    return [c for c in same if c.stage < command.stage]


def _before(commands: Sequence[SimpleCommand], end: int) -> SimpleCommand | None:
    """The last of *commands* before *end* that is no filter between others."""
    for at in range(end - 1, -1, -1):
        command = commands[at]
        if command.program not in _FILTERS or command.stage == 0 or at == 0:
            return command
    return None


def _handed(
    words: tuple[Word, ...], feeder: SimpleCommand, producer: SimpleCommand | None, reading: Reading
) -> tuple[Word, ...]:
    """*words* with what *feeder* puts in: where its mark stands, or at the end."""
    nowhere = replace(feeder.words[0], raw="", text=UNKNOWN)
    handed = list(_printed(producer, nowhere, reading))
    mark = _mark(feeder)
    if words and words[0].span in _texts(feeder):
        mark = mark or WALKED
    if mark is None:
        return (*words, *handed)
    one = handed[0].text if len(handed) == 1 else UNKNOWN
    return tuple(
        cut(word, word.text.replace(mark, one)) if mark in word.text else word for word in words
    )


def _mark(feeder: SimpleCommand) -> str | None:
    """What stands for the input in the words that *feeder* runs; None where it goes to the end."""
    texts = [word.text for word in feeder.words]
    for at, text in enumerate(texts):
        if text in ("-I", "--replace") and at + 1 < len(texts):
            return texts[at + 1]
        if text.startswith("-I") and len(text) > len("-I"):
            return text[2:]
    is_marked = "-i" in texts or (feeder.program == "parallel" and any("{}" in t for t in texts))
    return "{}" if is_marked else None


def _printed(producer: SimpleCommand | None, place: Word, reading: Reading) -> Iterator[Word]:
    """The words that *producer* prints, as far as they are known."""
    text = printed(producer, reading.commands) if producer else None
    if text is not None and UNKNOWN not in text and len(text.split()) <= _MAX_WORDS:
        yield from (cut(place, part) for part in text.split())
    elif producer and producer.program in _WALKERS | _FINDING | {"ls"}:
        yield from (Word(WALKED, one, place.span) for one in _names(producer))
    else:
        yield place


def _names(producer: SimpleCommand) -> list[str]:
    """What the names look like that a walk through folders prints."""
    given = arguments(producer.words[1:], _VALUED, clusters=producer.program not in _WALKERS)
    operands = [word.text for word in given.operands]
    if producer.program == "ls":
        return [text for text in operands if "*" in text] or [UNKNOWN, "*"]
    if producer.program in _FINDING:
        return [f"{text.rstrip('/')}/{UNKNOWN}" for text in operands[1:]] or [UNKNOWN]
    name = next((value.text for value in given.values(("-name", "-iname"))), "")
    folder = posixpath.normpath(operands[0]) if operands else "."
    if folder == ".":
        return [name or "*"]
    return [UNKNOWN if folder.startswith(UNKNOWN) else posixpath.join(folder, UNKNOWN + name)]
