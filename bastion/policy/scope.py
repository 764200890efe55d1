"""The scope of a command rule: for whom, on which hosts and accounts, and when it counts.

What always holds: every key that a scope has must be met, by the same nouns as in access.toml; a
scope without a key is refused. What it does not do: match commands.
"""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from bastion.policy.conditions import Circumstances, Text, Who
from bastion.policy.situation import Situation
from bastion.target import Target

_ORDER = (*Who.model_fields, "targets", "labels", "logins", *Circumstances.model_fields)


class Scope(Who, Circumstances):
    """`scope = { groups = ["interns"], labels = { pool = "production" } }`."""

    targets: tuple[Annotated[Text, AfterValidator(str.lower)], ...] = Field((), min_length=1)
    """Host names or globs (`gpu-*`)."""
    labels: Mapping[str, str] = {}
    """Labels that the host must have, all of them."""
    logins: tuple[Text, ...] = Field((), min_length=1)
    """Accounts on the host, or globs."""

    @model_validator(mode="after")
    def _has_a_key(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("names nothing; leave the scope out")
        return self

    def miss(self, situation: Situation) -> str:
        """The first key that *situation* does not meet; empty where the scope holds it."""
        return (
            self.misses_who(situation.asker)
            or self._misses_place(situation.target, situation.login)
            or self.misses_circumstances(situation.asker)
        )

    def __str__(self) -> str:
        said = ((key, getattr(self, key)) for key in _ORDER)
        return ", ".join(f"{key} {_told(value)}" for key, value in said if value)

    def _misses_place(self, target: Target, login: str) -> str:
        if self.targets and not _is_among(target.name, self.targets):
            return "targets"
        if not self.labels.items() <= target.labels.items():
            return "labels"
        return "logins" if self.logins and not _is_among(login, self.logins) else ""


def _is_among(name: str, globs: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, glob) for glob in globs)


def _told(value: object) -> str:
    if isinstance(value, Mapping):
        return " ".join(f"{name}={of}" for name, of in value.items())
    return " ".join(map(str, value)) if isinstance(value, tuple) else str(value)
