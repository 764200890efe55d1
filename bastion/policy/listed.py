"""The list of the profile `locked`: the commands that run there, and nothing else.

What always holds: a command is listed only if every word of it is known, no variable is set for it,
its program is called by its bare name or from the system's folders, and it does nothing that its
entry does not name; what may do harm is never guessed to be harmless. What it does not do: lift a
rule: what is listed can still be held or blocked.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from bastion.command.effects import Effect
from bastion.command.reading import Redirection, SimpleCommand, Word
from bastion.policy.command_match import EffectNames, names, operands_of
from bastion.policy.example import Example
from bastion.policy.scope import Scope
from bastion.verdict import Profile

_SYSTEM = frozenset({"/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/local/bin"})
_HARMLESS = frozenset({"/dev/null", "/dev/stdout", "/dev/stderr"})
_GLOB = "*?["
# Names of the environment are in capitals; a loop or a coprocess that has one sets it.
_LOOPS = re.compile(r"(?<![\w-])(?:for|select|coproc)(?:\s|\\\n)+[A-Z_]")


class Listed(BaseModel):
    """One `[[listed]]`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
    """Names the entry for people."""
    programs: tuple[Annotated[str, Field(min_length=1)], ...] = Field(min_length=1)
    """Names of programs, or globs."""
    subcommands: tuple[str, ...] = ()
    """The first operand is one of these; any where left out."""
    options: tuple[str, ...] | None = None
    """No other options, each written out; any where left out, none where empty."""
    operands: tuple[str, ...] | None = None
    """Every operand (behind the subcommand) matches one of these; any where left out, none where
    empty."""
    effects: EffectNames = ("read",)
    """What it may do, and nothing else."""
    scope: Scope | None = None
    """For whom, where and when; always where left out."""
    examples: tuple[Example, ...] = Field(min_length=1)
    """Commands with the verdict that they get in `locked`."""

    @model_validator(mode="before")
    @classmethod
    def _in_locked(cls, tree: object) -> object:
        """Examples are judged in `locked` where they do not say otherwise."""
        if not isinstance(tree, dict) or not isinstance(tree.get("examples"), list):
            return tree
        examples = [
            {"profile": Profile.LOCKED, **one} if isinstance(one, dict) else one
            for one in tree["examples"]
        ]
        return {**tree, "examples": examples}

    def admits(self, command: SimpleCommand, effects: Sequence[Effect]) -> bool:
        """Whether *command* is this one, and no more."""
        return (
            names(command.program, self.programs)
            and self._takes(command.words[1:])
            and all(effect.guessed or self._may(effect) for effect in effects)
        )

    def _takes(self, behind: Sequence[Word]) -> bool:
        operands = [word.text for word in operands_of(behind)]
        if self.subcommands:
            if operands[:1] == [] or operands[0] not in self.subcommands:
                return False
            operands = operands[1:]
        return (self.operands is None or all(names(text, self.operands) for text in operands)) and (
            self.options is None or all(map(self._knows, behind))
        )

    def _knows(self, word: Word) -> bool:
        """Whether *word* is no option, or one that is listed, or several of them in one word."""
        options, text = self.options or (), word.text
        if not text.startswith("-") or text in ("-", "--"):
            return True
        if text.partition("=")[0] in options:
            return True
        return text[:2] != "--" and all(f"-{c}" in options or c.isdigit() for c in text[1:])

    def _may(self, effect: Effect) -> bool:
        if effect.name in self.effects or effect.kind in self.effects:
            return True
        return effect.kind == "write" and effect.on is not None and effect.on.text in _HARMLESS


def sets_variables(text: str) -> bool:
    """Whether a loop in *text* may set what programs are found by, or behave by (`for PATH in`)."""
    return bool(_LOOPS.search(text))


def is_plain(command: SimpleCommand) -> bool:
    """Whether *command* says all that it does: nothing set for it, no word left to the host."""
    if not command.words or command.assignments:
        return False
    words = [*command.words, *(redirection.target for redirection in command.redirections)]
    folder, slash, _ = command.words[0].text.rpartition("/")
    is_of_system = folder in _SYSTEM if slash else True
    return is_of_system and all(map(_is_plain, words))


def _is_plain(word: Word) -> bool:
    """Not where a glob stands in front, which a file's name could make an option."""
    return word.is_known and not (word.has_glob and word.text[:1] in _GLOB)


def admitting(
    entries: Iterable[Listed], command: SimpleCommand, effects: Sequence[Effect]
) -> Listed | None:
    """The first of *entries* that admits *command*; None where it is not listed."""
    if not is_plain(command):
        return None
    doubled = [r.target for r in command.redirections if _doubles(r)]
    files = [effect for effect in effects if effect.on not in doubled]
    return next((entry for entry in entries if entry.admits(command, files)), None)


def _doubles(redirection: Redirection) -> bool:
    """Whether it names a file descriptor, not a file: `2>&1`."""
    text = redirection.target.text
    return redirection.operator.endswith("&") and (text.isdigit() or text == "-")
