"""Verdicts on commands, how they combine, and the profiles that say what is done in doubt.

What always holds: `block` beats `hold` beats `notify` beats `opaque` beats `allow`. `opaque` means
that the command ran although the bastion cannot see what it does; it never means that it was not
recorded. What it does not do: read commands or rules.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Self


class Verdict(IntEnum):
    """What is to happen with a command, ordered by strictness."""

    ALLOW = 0
    OPAQUE = 1
    NOTIFY = 2
    HOLD = 3
    BLOCK = 4

    def __str__(self) -> str:
        return self.name.lower()

    @classmethod
    def parse(cls, word: str) -> Self:
        """The verdict that *word* names; raises ValueError for any other word."""
        named = {str(verdict): verdict for verdict in cls}
        if word not in named:
            raise ValueError(f"{word!r} is no verdict; use one of {', '.join(named)}")
        return named[word]


class Profile(StrEnum):
    """How much is let through that no rule speaks of, from the mildest to the strictest."""

    GUARDRAIL = "guardrail"
    PROTECTED = "protected"
    LOCKED = "locked"

    @property
    def in_doubt(self) -> Verdict:
        """The least that happens with what cannot be seen into."""
        return _IN_DOUBT[self]


_IN_DOUBT = {
    Profile.GUARDRAIL: Verdict.OPAQUE,
    Profile.PROTECTED: Verdict.HOLD,
    Profile.LOCKED: Verdict.BLOCK,
}


def strictest_profile(profiles: Iterable[Profile]) -> Profile:
    """The strictest of *profiles*; `guardrail` where there are none."""
    return max(profiles, key=lambda profile: profile.in_doubt, default=Profile.GUARDRAIL)


@dataclass(frozen=True)
class Span:
    """A part of the command's text, as offsets in characters: `text[start:end]`."""

    start: int
    end: int


@dataclass(frozen=True)
class Judgement:
    """A verdict with its grounds.

    Attributes:
        verdict: what is to happen.
        rule: id of the rule that decided; empty when none matched.
        reason: why, in a sentence for engineer and approver.
        dangerous: the parts of the text that made the rule match, to be marked for the approver.
        approvers: groups that may approve a hold; empty means the configured default.
        marks_only: of `opaque`: whether the line runs as any other, and only its mark differs.
    """

    verdict: Verdict
    rule: str = ""
    reason: str = ""
    dangerous: tuple[Span, ...] = ()
    approvers: frozenset[str] = frozenset()
    marks_only: bool = False


def strictest(judgements: Iterable[Judgement]) -> Judgement:
    """The strictest of *judgements*, the first of equals; an allow where there are none."""
    return max(
        judgements,
        key=lambda judgement: (judgement.verdict, not judgement.marks_only),
        default=Judgement(Verdict.ALLOW),
    )
