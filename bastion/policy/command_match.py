"""The conditions of a command rule, and whether a command meets them.

What always holds: every condition that is named must be met; conditions that name nothing are
refused. Globs are compared both ways, so `/e??/shadow` meets the rule for `/etc/shadow`. What it
does not do: know verdicts or people (`bastion.policy.command_rules`).
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Annotated, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, model_validator

from bastion.command.effects import Effect
from bastion.command.knowledge import EffectName
from bastion.command.reading import UNKNOWN, Reading, SimpleCommand, Word
from bastion.command.wrappers import own
from bastion.policy.globs import Globs, compiled

_CLUSTER = re.compile(r"-[A-Za-z0-9]+")
_MIN_ABBREVIATION = 4  # `--re`: GNU programs take any prefix that is unique
EffectNames = Annotated[
    tuple[EffectName, ...], BeforeValidator(lambda v: [v] if isinstance(v, str) else v)
]


_WITH_GLOBS = (
    *("on", "unless_on", "programs", "unless_programs", "places", "piped_from", "run_by"),
    *("operands", "unless_operands", "arguments", "unless_arguments"),
    *("writes", "reads", "touches"),
)


class Case:
    """A command of a reading, with what conditions look at, taken apart once for all of them.

    Attributes:
        behind: the words behind the program.
        effects: what it does, by the name and by the kind of each.
    """

    def __init__(self, command: SimpleCommand, reading: Reading, effects: Sequence[Effect]) -> None:
        self.command, self.reading = command, reading
        self.behind = command.words[1:]
        self.effects: dict[str, list[Effect]] = {}
        for effect in effects:
            for name in {effect.name, effect.kind}:
                self.effects.setdefault(name, []).append(effect)

    @cached_property
    def options(self) -> list[Word]:
        """The options of the program itself."""
        mine = own(self.command.words, self.command.program)[1:]
        return [word for word in mine if word.text.startswith("-")]

    @cached_property
    def operands(self) -> tuple[Word, ...]:
        """The words behind the program that are no options."""
        return tuple(operands_of(self.behind))

    @cached_property
    def written(self) -> list[Word]:
        """What redirections write to."""
        return [r.target for r in self.command.redirections if r.is_write]

    @cached_property
    def read(self) -> list[Word]:
        """What redirections read from."""
        return [r.target for r in self.command.redirections if not r.is_write]


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

    @cached_property
    def globs(self) -> Mapping[str, Globs]:
        """The globs of each condition that has some, by its name."""
        named = ((name, getattr(self, name)) for name in _WITH_GLOBS)
        return {name: compiled(globs) for name, globs in named if globs}

    @cached_property
    def tests(self) -> tuple[Callable[[Case], bool], ...]:
        """A test for each condition that is named, those first with which most cases end."""
        files = self.writes or self.reads or self.touches
        operands = self.subcommands or self.operands or self.bare or self.unless_operands
        tests: Sequence[tuple[object, Callable[[Case], bool]]] = (
            (self.effect, self._fits_effects),
            (self.run_by, self._is_run_by),
            (self.piped_from, self._is_fed_by),
            (self.places, self._fits_place),
            (self.options or self.all_options or self.unless_options, self._fits_options),
            (operands, self._fits_operands),
            (self.arguments or self.unless_arguments, self._fits_arguments),
            (files, self._fits_files),
        )
        return tuple(test for is_named, test in tests if is_named)

    def matches(self, command: SimpleCommand, reading: Reading, effects: Sequence[Effect]) -> bool:
        """Whether *command*, a part of *reading* that has *effects*, meets every condition."""
        return self.concerns(command.program) and self.fits(Case(command, reading, effects))

    def fits(self, case: Case) -> bool:
        """The same of a command of a program that this concerns."""
        for test in self.tests:  # noqa: SIM110  a generator would cost more than most tests
            if not test(case):
                return False
        return True

    def covers(self, command: SimpleCommand, reading: Reading, effects: Sequence[Effect]) -> bool:
        """Whether all that *command* does is surely meant: the ground for an exemption."""
        behind = command.words[1:]
        operands = tuple(operands_of(behind))[bool(self.subcommands) :]
        return (
            self.matches(command, reading, effects)
            and not any(self._names(effect) and not self.is_sure_of(effect) for effect in effects)
            and all(self._are_all_meant(name, operands) for name in ("operands", "touches"))
        )

    def is_sure_of(self, effect: Effect) -> bool:
        """Whether *effect* is one of those that are named, and happens to nothing but `on`."""
        if not self._names(effect):
            return False
        return effect.on is None or not self.on or self.globs["on"].are_meant(effect.on)

    def concerns(self, program: str) -> bool:
        """Whether a command of *program* may match at all."""
        globs = self.globs
        is_meant = not self.programs or globs["programs"].match(program)
        return is_meant and not (self.unless_programs and globs["unless_programs"].match(program))

    def _fits_effects(self, case: Case) -> bool:
        for name in self.effect:
            for effect in case.effects.get(name, ()):
                if self._is_meant(effect):
                    return True
        return False

    def _is_meant(self, effect: Effect) -> bool:
        if (effect.guessed and not self.guesses) or (self.recursive and not effect.recursive):
            return False
        if effect.on is None:
            return True  # `gpu.reset` alone says all that there is to say
        globs = self.globs
        if self.unless_on and globs["unless_on"].are_meant(effect.on):
            return False
        is_on = not self.on or globs["on"].meet(effect.on)
        return is_on or (self.unknown and effect.on.text.startswith(UNKNOWN))

    def _names(self, effect: Effect) -> bool:
        return effect.name in self.effect or effect.kind in self.effect

    def _fits_options(self, case: Case) -> bool:
        given = case.options
        if not given:
            return not (self.options or self.all_options)
        return (
            (not self.options or any(self._has(given, option) for option in self.options))
            and all(self._has(given, option) for option in self.all_options)
            and not any(self._has(given, option) for option in self.unless_options)
        )

    def _fits_operands(self, case: Case) -> bool:
        operands = case.operands
        return (
            (not self.subcommands or (bool(operands) and operands[0].text in self.subcommands))
            and (not self.operands or self.globs["operands"].meet_any(operands))
            and not (self.bare and operands)
            and not (operands and self.unless_operands and self._are_exempt(operands))
        )

    def _fits_arguments(self, case: Case) -> bool:
        if self.arguments and not self.globs["arguments"].meet_any(case.behind):
            return False
        return not self.unless_arguments or not any(
            map(self.globs["unless_arguments"].are_meant, case.behind)
        )

    def _fits_files(self, case: Case) -> bool:
        written, read, globs = case.written, case.read, self.globs
        return (
            (not self.writes or globs["writes"].meet_any(written))
            and (not self.reads or globs["reads"].meet_any(read))
            and (not self.touches or globs["touches"].meet_any((*case.behind, *written, *read)))
        )

    def _fits_place(self, case: Case) -> bool:
        return self.globs["places"].meet_any(case.command.words[:1])

    def _is_fed_by(self, case: Case) -> bool:
        """Whether an earlier stage of the same pipeline is one of `piped_from`."""
        command, producers = case.command, self.globs["piped_from"]
        return command.stage > 0 and any(
            other.stage < command.stage and producers.match(other.program)
            for other in case.reading.pipelines[command.pipeline]
        )

    def _is_run_by(self, case: Case) -> bool:
        """Whether a command of `run_by` ends in the words of this one."""
        command, runners = case.command, self.globs["run_by"]
        return command.is_wrapped and any(
            runners.match(other.program) for other in case.reading.runners(command)
        )

    def _has(self, words: Iterable[Word], option: str) -> bool:
        return any(is_option(word.text, option, clusters=self.clusters) for word in words)

    def _are_all_meant(self, condition: str, operands: tuple[Word, ...]) -> bool:
        globs = self.globs.get(condition)
        return globs is None or all(map(globs.are_meant, operands))

    def _are_exempt(self, operands: tuple[Word, ...]) -> bool:
        return all(map(self.globs["unless_operands"].are_meant, operands))


def names(text: str, globs: tuple[str, ...]) -> bool:
    """Whether *text* matches one of *globs*."""
    return bool(globs) and compiled(globs).match(text)


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
