"""Access rules: who may reach which host, as which login, by which kind of channel.

What always holds: what no grant names is refused; every rule that concerns somebody is tried, in
the order of the file, and nothing ends the search early. What it does not do: make an Authorization
(`bastion.policy.authorize` does), or know which hosts there are.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bastion.policy.asker import Asker
from bastion.policy.combine import Terms, combine
from bastion.policy.conditions import ASSURANCES
from bastion.policy.grant import Deny, Grant, Require
from bastion.policy.rule_index import RuleIndex
from bastion.policy.rulefile import Located, RuleFile, refuse_duplicates
from bastion.target import Login, Target


@dataclass(frozen=True)
class Decision:
    """What the rules say to one person, one host and one login (or any).

    Attributes:
        grants: those that apply.
        denies: those that apply.
        requirements: those that apply, met or not.
        unmet: the requirements that are not met, each with its first key that is not.
        nearly: grants that only lack a fresher or stronger login, each with the key.
        terms: what it comes to; None is a refusal.
    """

    grants: tuple[Grant, ...]
    denies: tuple[Deny, ...]
    requirements: tuple[Require, ...]
    unmet: tuple[tuple[Require, str], ...]
    nearly: tuple[tuple[Grant, str], ...]
    terms: Terms | None

    @property
    def cause(self) -> str:
        """Why it is a refusal, for the log: the strongest reason."""
        if self.denies and self.grants:
            return f"denied by {', '.join(deny.id for deny in self.denies)}"
        if self.grants and self.unmet:
            return "; ".join(f"{rule.id} requires {key}" for rule, key in self.unmet)
        if self.nearly:
            return "; ".join(f"grant {grant.id} needs {key}" for grant, key in self.nearly)
        return "no grant covers it"

    @property
    def needs_login(self) -> bool:
        """Whether a fresher or stronger login is all that is missing."""
        if any(not deny.channels for deny in self.denies):
            return False
        if any(key not in ASSURANCES for _, key in self.unmet):
            return False
        return bool(self.nearly and not self.grants) or bool(self.grants and self.unmet)


class AccessRules:
    """All rules of access.toml, each kind in the order of the file.

    Attributes:
        places: where each rule stands, by its id, as `access.toml:12`.
    """

    def __init__(
        self,
        grants: Iterable[Grant] = (),
        denies: Iterable[Deny] = (),
        requirements: Iterable[Require] = (),
        places: Mapping[str, str] | None = None,
    ) -> None:
        self.grants, self.denies = tuple(grants), tuple(denies)
        self.requirements = tuple(requirements)
        self.places = dict(places or {})
        self._grants, self._denies = RuleIndex(self.grants), RuleIndex(self.denies)
        self._requirements = RuleIndex(self.requirements)

    def decide(self, asker: Asker, target: Target, login: Login | None) -> Decision:
        """What the rules say to *asker* about *target* and *login*; None is any login."""
        grants, nearly = [], []
        for grant in self._grants.concerning(asker, target):
            missed = grant.miss(asker, target, login)
            if not missed:
                grants.append(grant)
            elif missed in ASSURANCES:  # the last keys to be looked at: all others are met
                nearly.append((grant, missed))
        denies = [
            d for d in self._denies.concerning(asker, target) if not d.miss(asker, target, login)
        ]
        required = [
            r
            for r in self._requirements.concerning(asker, target)
            if not r.miss(asker, target, login)
        ]
        unmet = tuple((r, key) for r in required if (key := r.unmet(asker)))
        terms = None if unmet or not grants else combine(grants, denies, required, asker.now)
        return Decision(tuple(grants), tuple(denies), tuple(required), unmet, tuple(nearly), terms)


def load(path: Path) -> AccessRules:
    """The access rules in the file at *path*; raises RulesError."""
    file = RuleFile(path, {"grant", "deny", "require"})
    grants = file.tables("grant", Grant)
    denies = file.tables("deny", Deny)
    requirements = file.tables("require", Require)
    located: tuple[Located[Any], ...] = (*grants, *denies, *requirements)
    refuse_duplicates(located)
    return AccessRules(
        (grant.value for grant in grants),
        (deny.value for deny in denies),
        (requirement.value for requirement in requirements),
        {rule.value.id: f"{rule.path.name}:{rule.line}" for rule in located},
    )
