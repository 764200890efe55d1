"""The conditions of a command rule, and whether a command meets them.

What always holds: every condition that is named must be met; conditions that name nothing are
refused. Globs are compared both ways, so `/e??/shadow` meets the rule for `/etc/shadow`. What it
does not do: know verdicts or people (`bastion.policy.command_rules`).
"""

import posixpath
import re
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase, translate
from functools import cache, lru_cache
from typing import Annotated, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, model_validator

from bastion.command.effects import Effect
from bastion.command.knowledge import EffectName
from bastion.command.reading import UNKNOWN, Reading, SimpleCommand, Word
from bastion.command.wrappers import own

_CLUSTER = re.compile(r"-[A-Za-z0-9]+")
_LEAST_TOLD = 0.75
_UNKNOWN_AS_STAR = str.maketrans({UNKNOWN: "*", "[": "[[]"})
_MIN_ABBREVIATION = 4  # `--re`: GNU programs take any prefix that is unique
EffectNames = Annotated[
    tuple[EffectName, ...], BeforeValidator(lambda v: [v] if isinstance(v, str) else v)
]


class Conditions(BaseModel):
    """What a command must be for a rule to match it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    effect: EffectNames = ()
    """The command has one of these effects: `delete`, `gpu.reset`."""
    on: tuple[str, ...] = ()
    """What the effect happens to matches one of these globs."""
    unless_on: tuple[str, ...] = ()
    """Effects on what matches one of these globs do not count."""
    recursive: bool = False
    """Only effects count that mean all below as well."""
    unknown: bool = False
    """Effects on what cannot be known (`$x`) count as well."""
    guesses: bool = False
    """Effects count as well that are only supposed of a program that nobody described."""
    programs: tuple[str, ...] = ()
    """Names of programs, or globs."""
    places: tuple[str, ...] = ()
    """The program is called by a path that matches one of these globs."""
    subcommands: tuple[str, ...] = ()
    """The first operand must be one of these."""
    options: tuple[str, ...] = ()
    """At least one of these options; `-r` is found in `-rf`, `--recursive` in `--recurs`."""
    all_options: tuple[str, ...] = ()
    """All of these options."""
    clusters: bool = True
    """Whether short options can be written together."""
    operands: tuple[str, ...] = ()
    """At least one operand matches one of these globs."""
    arguments: tuple[str, ...] = ()
    """At least one word behind the program, option or not, matches one of these globs."""
    writes: tuple[str, ...] = ()
    """A redirection writes to something that matches one of these globs."""
    reads: tuple[str, ...] = ()
    """A redirection reads from something that matches one of these globs."""
    touches: tuple[str, ...] = ()
    """A word behind the program, or a redirection, names something that matches one of these."""
    piped_from: tuple[str, ...] = ()
    """An earlier stage of the same pipeline is one of these programs."""
    run_by: tuple[str, ...] = ()
    """One of these programs runs it (`sudo`)."""
    bare: bool = False
    """No operands at all (an interpreter that reads its standard input)."""
    unless_programs: tuple[str, ...] = ()
    """Does not match these programs."""
    unless_options: tuple[str, ...] = ()
    """Does not match with any of these options."""
    unless_arguments: tuple[str, ...] = ()
    """Does not match when a word behind the program matches one of these globs."""
    unless_operands: tuple[str, ...] = ()
    """Does not match when every operand matches one of these globs."""

    @model_validator(mode="after")
    def _has_a_condition(self) -> Self:
        files = (self.places, self.writes, self.reads, self.touches)
        if not any((self.effect, self.programs, self.arguments, *files)):
            raise ValueError("names neither effect, programs, arguments, writes, reads nor touches")
        if not self.effect and (self.on or self.unless_on or self.recursive or self.unknown):
            raise ValueError("on, unless_on, recursive and unknown need an effect")
        return self

    def matches(self, command: SimpleCommand, reading: Reading, effects: Sequence[Effect]) -> bool:
        """Whether *command*, a part of *reading* that has *effects*, meets every condition."""
        return self.concerns(command.program) and self.fits(command, reading, effects)

    def fits(self, command: SimpleCommand, reading: Reading, effects: Sequence[Effect]) -> bool:
        """The same of a command of a program that this concerns."""
        if not self._fits_effects(effects):
            return False  # most rules end here
        behind = command.words[1:]
        return (
            self._fits_options(command)
            and self._fits_operands(behind)
            and self._fits_arguments(behind)
            and self._fits_files(command, behind)
            and (not self.piped_from or _is_fed_by(command, reading, self.piped_from))
            and _any_match(self.places, command.words[:1])
            and (not self.run_by or _is_run_by(command, reading, self.run_by))
        )

    def covers(self, command: SimpleCommand, reading: Reading, effects: Sequence[Effect]) -> bool:
        """Whether all that *command* does is surely meant: the ground for an exemption."""
        behind = command.words[1:]
        operands = tuple(operands_of(behind))[bool(self.subcommands) :]
        return (
            self.matches(command, reading, effects)
            and not any(self._names(effect) and not self.is_sure_of(effect) for effect in effects)
            and all(not self.operands or _is_surely(self.operands, word) for word in operands)
            and all(not self.touches or _is_surely(self.touches, word) for word in operands)
        )

    def is_sure_of(self, effect: Effect) -> bool:
        """Whether *effect* is one of those that are named, and happens to nothing but `on`."""
        if not self._names(effect):
            return False
        return effect.on is None or not self.on or _is_surely(self.on, effect.on)

    def concerns(self, program: str) -> bool:
        """Whether a command of *program* may match at all."""
        is_meant = not self.programs or names(program, self.programs)
        return is_meant and not names(program, self.unless_programs)

    def _fits_effects(self, effects: Sequence[Effect]) -> bool:
        return not self.effect or any(map(self._is_meant, effects))

    def _is_meant(self, effect: Effect) -> bool:
        if not self._names(effect):
            return False
        if (effect.guessed and not self.guesses) or (self.recursive and not effect.recursive):
            return False
        if effect.on is None:
            return True  # `gpu.reset` alone says all that there is to say
        if _is_surely(self.unless_on, effect.on):
            return False
        is_unknown = effect.on.text.startswith(UNKNOWN)
        return _any_match(self.on, (effect.on,)) or (self.unknown and is_unknown)

    def _names(self, effect: Effect) -> bool:
        return effect.name in self.effect or effect.kind in self.effect

    def _fits_options(self, command: SimpleCommand) -> bool:
        if not (self.options or self.all_options or self.unless_options):
            return True
        behind = own(command.words, command.program)[1:]
        given = [word for word in behind if word.text.startswith("-")]
        if not given:
            return not (self.options or self.all_options)
        return (
            (not self.options or any(self._has(given, option) for option in self.options))
            and all(self._has(given, option) for option in self.all_options)
            and not any(self._has(given, option) for option in self.unless_options)
        )

    def _fits_operands(self, behind: tuple[Word, ...]) -> bool:
        if not (self.subcommands or self.operands or self.bare or self.unless_operands):
            return True
        operands = tuple(operands_of(behind))
        return (
            (not self.subcommands or (bool(operands) and operands[0].text in self.subcommands))
            and _any_match(self.operands, operands)
            and not (self.bare and operands)
            and not self._is_exempt(operands)
        )

    def _fits_arguments(self, behind: tuple[Word, ...]) -> bool:
        if not (self.arguments or self.unless_arguments):
            return True
        is_exempt = any(_is_surely(self.unless_arguments, word) for word in behind)
        return _any_match(self.arguments, behind) and not is_exempt

    def _fits_files(self, command: SimpleCommand, behind: tuple[Word, ...]) -> bool:
        if not (self.writes or self.reads or self.touches):
            return True
        written = [r.target for r in command.redirections if r.is_write]
        read = [r.target for r in command.redirections if not r.is_write]
        return (
            _any_match(self.writes, written)
            and _any_match(self.reads, read)
            and _any_match(self.touches, (*behind, *written, *read))
        )

    def _has(self, words: Iterable[Word], option: str) -> bool:
        return any(is_option(word.text, option, clusters=self.clusters) for word in words)

    def _is_exempt(self, operands: tuple[Word, ...]) -> bool:
        return bool(operands) and all(_is_surely(self.unless_operands, word) for word in operands)


def names(text: str, globs: tuple[str, ...]) -> bool:
    """Whether *text* matches one of *globs*."""
    return bool(globs) and _matches(globs, text)


def operands_of(words: Iterable[Word]) -> Iterable[Word]:
    """Words that are no options; behind `--` all are."""
    only_operands = False
    for word in words:
        if word.text == "--" and not only_operands:
            only_operands = True
        elif only_operands or not word.text.startswith("-") or word.text == "-":
            yield word


def is_option(text: str, option: str, *, clusters: bool = True) -> bool:
    """Whether *option* is in the word *text*, perhaps cut short or among others."""
    name = text.partition("=")[0]
    if option.startswith("--"):
        return name.startswith("--") and (
            name == option or (len(name) >= _MIN_ABBREVIATION and option.startswith(name))
        )
    if name == option:
        return True
    is_short = len(option) == 2  # noqa: PLR2004  a dash and a letter
    return clusters and is_short and bool(_CLUSTER.fullmatch(text)) and option[1] in text[1:]


def _any_match(globs: tuple[str, ...], words: Iterable[Word]) -> bool:
    return not globs or any(_globs_meet(globs, word) for word in words)


def _globs_meet(globs: tuple[str, ...], word: Word) -> bool:
    """Whether something that *word* may name matches one of *globs*."""
    text = _normalised(word.text)
    if _matches(globs, text) or (text != word.text and _matches(globs, word.text)):
        return True
    if text.count(UNKNOWN) > 1 and any(_is_mostly(text, glob) for glob in globs):
        return True
    is_place = word.has_glob and text.startswith(("/", "~"))  # else every `*` could be anything
    return is_place and any(
        _may_name(text, glob.replace("*", some)) for glob in globs for some in ("", "x")
    )


def _is_mostly(text: str, path: str) -> bool:
    """Whether *text*, with anything where it is unknown, is *path* and says most of it."""
    told = len(text.replace(UNKNOWN, ""))
    if told < _LEAST_TOLD * len(path) or "*" in path:
        return False
    return fnmatchcase(path, text.translate(_UNKNOWN_AS_STAR))


def _is_surely(globs: tuple[str, ...], word: Word) -> bool:
    """Whether *word* names nothing but what one of *globs* matches: the ground for an exception."""
    return bool(globs) and word.is_known and _matches(globs, _normalised(word.text))


def _may_name(typed: str, path: str) -> bool:
    """Whether the shell may expand *typed* to *path*; its `*` never crosses a `/`."""
    steps, parts = typed.split("/"), path.split("/")
    return len(steps) == len(parts) and all(map(fnmatchcase, parts, steps))


def _matches(globs: tuple[str, ...], text: str) -> bool:
    return bool(_compiled(globs).match(text))


@cache  # the rules' own globs only: as many as the rules have
def _compiled(globs: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(map(translate, globs)))


@lru_cache(maxsize=256)
def _normalised(text: str) -> str:
    """A path without `//`, `/./` and `..`; other text as it is."""
    if "/" not in text or "://" in text:
        return text
    path = posixpath.normpath(text)
    return "/" + path.lstrip("/") if path.startswith("/") else path


def _is_fed_by(command: SimpleCommand, reading: Reading, programs: tuple[str, ...]) -> bool:
    return any(
        other.pipeline == command.pipeline
        and other.stage < command.stage
        and names(other.program, programs)
        for other in reading.commands
    )


def _is_run_by(command: SimpleCommand, reading: Reading, programs: tuple[str, ...]) -> bool:
    """Whether a command of *programs* ends in the words of *command*."""
    count = len(command.words)
    return command.is_wrapped and any(
        other.pipeline == command.pipeline
        and len(other.words) > count
        and other.words[-count:] == command.words
        and names(other.program, programs)
        for other in reading.commands
    )
