"""What a command line says, as frozen values.

What always holds: a `Reading` names every simple command that was found, wrapped ones too; where
something could not be seen it says so in `opaque`. Spans are offsets in characters into `text`.
What it does not do: say what a command means.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from bastion.command.state import UNKNOWN, ShellState
from bastion.verdict import Span

__all__ = ["HARMLESS", "NOWHERE", "UNKNOWN", "Reading", "Redirection", "SimpleCommand", "Word"]

HARMLESS = frozenset({"syntax-error", "unclosed", "continued"})
"""Reasons with which a shell that gets no more runs nothing, or nothing but what was seen."""

_UNFINISHED = frozenset({"incomplete", "unclosed", "continued"})
_ENDS = frozenset({";", "+"})  # of what `find -exec` runs
NOWHERE = Span(0, 0)


@dataclass(frozen=True)
class Word:
    """One word, as written and as the shell will hand it on.

    Attributes:
        raw: as written.
        text: without quotes; `UNKNOWN` stands for what cannot be known.
        span: where it stands.
        has_glob: whether an unquoted `*`, `?` or `[` is in it.
    """

    raw: str
    text: str
    span: Span
    has_glob: bool = False

    @property
    def is_known(self) -> bool:
        """Whether the whole text is known."""
        return UNKNOWN not in self.text


@dataclass(frozen=True)
class Redirection:
    """A redirection: `>`, `>>`, `<` … and what it names; file descriptors are left out."""

    operator: str
    target: Word

    @property
    def is_write(self) -> bool:
        """Whether it writes."""
        return ">" in self.operator


@dataclass(frozen=True)
class SimpleCommand:
    """A program with its words.

    Attributes:
        words: the program's name first; empty where only variables are set or files opened.
        assignments: `NAME=value` in front.
        span: where it stands.
        pipeline: number of the pipeline it is part of, in this reading.
        stage: its place in the pipeline, from 0.
        is_wrapped: whether another command runs it (sudo, xargs, sh -c …).
    """

    words: tuple[Word, ...]
    assignments: tuple[Word, ...] = ()
    redirections: tuple[Redirection, ...] = ()
    span: Span = NOWHERE
    pipeline: int = 0
    stage: int = 0
    is_wrapped: bool = False

    @cached_property
    def program(self) -> str:
        """The program's name without its folder; empty where there is none."""
        return self.words[0].text.rpartition("/")[2] if self.words else ""


@dataclass(frozen=True)
class Reading:
    """A whole command line, read.

    Attributes:
        text: as it was given.
        commands: every simple command, in the order of the text; wrapped ones after their wrapper.
        opaque: why something could not be seen; empty where all was.
        state: what is known of the shell once the line has run; None where that is not known.
    """

    text: str
    commands: tuple[SimpleCommand, ...] = ()
    opaque: str = ""
    state: ShellState | None = None

    @cached_property
    def pipelines(self) -> Mapping[int, Sequence[SimpleCommand]]:
        """The commands by their pipelines."""
        found: dict[int, list[SimpleCommand]] = {}
        for command in self.commands:
            found.setdefault(command.pipeline, []).append(command)
        return found

    @cached_property
    def _runners(self) -> Mapping[tuple[int, Span], Sequence[SimpleCommand]]:
        found: dict[tuple[int, Span], list[SimpleCommand]] = {}
        for command in self.commands:
            if len(command.words) > 1:
                found.setdefault((command.pipeline, command.span), []).append(command)
        return found

    @cached_property
    def _with_text(self) -> Mapping[Span, Sequence[SimpleCommand]]:
        """The commands by the place of each of their words that may be a shell's text."""
        found: dict[Span, list[SimpleCommand]] = {}
        for command in self.commands:
            for word in command.words[1:]:
                if " " in word.text:
                    found.setdefault(word.span, []).append(command)
        return found

    def runners(self, command: SimpleCommand) -> Iterator[SimpleCommand]:
        """The commands that run *command*: they end in its words, or in the text it stands in."""
        count = len(command.words)
        for other in self._runners.get((command.pipeline, command.span), ()):
            words = other.words[:-1] if other.words[-1].text in _ENDS else other.words
            if len(words) > count and words[-count:] == command.words:
                yield other
        if command.is_wrapped:
            yield from self._with_text.get(command.span, ())

    @property
    def is_unfinished(self) -> bool:
        """Whether a shell at whose prompt it was typed asks for more."""
        return self.opaque in _UNFINISHED
