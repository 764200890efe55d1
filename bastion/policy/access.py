"""Access rules: who may reach which host, as which login, by which kind of channel.

What always holds: what no grant names is refused; a group, login or channel matches only in full.
What it does not do: make an Authorization (`bastion.policy.authorize` does).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from bastion.authorization import Channel
from bastion.errors import RulesError
from bastion.policy.rulefile import load_tables
from bastion.target import Login, Target


class Grant(BaseModel):
    """One `[[grant]]` of access.toml."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    id: str = Field(min_length=1)
    """Names the grant in the log."""
    groups: tuple[str, ...] = Field(min_length=1)
    """Whoever is in one of these groups has the grant."""
    targets: tuple[str, ...] = Field(min_length=1)
    """Host names or globs (`gpu-*`)."""
    labels: Mapping[str, str] = {}
    """Labels that the host must have, all of them."""
    logins: tuple[str, ...] = Field(min_length=1)
    """Accounts on the host; no globs."""
    channels: tuple[Channel, ...] = (Channel.SHELL, Channel.EXEC)
    """Kinds of channels."""

    def reaches(self, groups: frozenset[str], target: Target) -> bool:
        """Whether the grant lets members of *groups* reach *target* as some login."""
        return (
            not groups.isdisjoint(self.groups)
            and any(fnmatchcase(target.name, pattern) for pattern in self.targets)
            and self.labels.items() <= target.labels.items()
        )

    def covers(self, groups: frozenset[str], target: Target, login: Login) -> bool:
        """Whether the grant lets members of *groups* reach *target* as *login*."""
        return login in self.logins and self.reaches(groups, target)


@dataclass(frozen=True)
class AccessRules:
    """All grants, in the order of the file."""

    grants: tuple[Grant, ...]

    def for_login(self, groups: frozenset[str], target: Target, login: Login) -> tuple[Grant, ...]:
        """The grants that let members of *groups* reach *target* as *login*."""
        return tuple(grant for grant in self.grants if grant.covers(groups, target, login))


def load(path: Path) -> AccessRules:
    """The access rules in the file at *path*; raises RulesError."""
    seen: dict[str, int] = {}
    grants = []
    for located in load_tables(path, "grant", Grant):
        grant = located.value
        if grant.id in seen:
            problem = f"the id is taken already, in line {seen[grant.id]}"
            raise RulesError(path, located.line, grant.id, problem)
        seen[grant.id] = located.line
        grants.append(grant)
    return AccessRules(tuple(grants))
