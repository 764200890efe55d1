"""Access rules: who may reach which host, as which login, by which kind of channel.

What always holds: what no grant names is refused; every rule that concerns somebody is tried, in
the order of the file, and nothing ends the search early. What it does not do: make an Authorization
(`bastion.policy.authorize` does), or know which hosts there are.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from bastion.policy.approval import KEY
from bastion.policy.asker import Asker
from bastion.policy.combine import Terms, combine
from bastion.policy.conditions import ASSURANCES, PINNED_ADDRESS
from bastion.policy.grant import Deny, Grant, Require
from bastion.policy.rule_index import RuleIndex
from bastion.policy.rulefile import Located, RuleFile, refuse_duplicates
from bastion.target import Login, Target
from bastion.verdict import Profile

Asking = TypeVar("Asking", Grant, Require)


@dataclass(frozen=True)
class Decision:
    """What the rules say to one person, one host and one login (or any).

    Attributes:
        grants: those that apply.
        denies: those that apply.
        requirements: those that apply, met or not.
        unmet: the requirements that are not met, each with its first key that is not.
        nearly: grants that only lack a fresher or stronger login, each with the key.
        awaiting: grants that only lack an approval.
        terms: what it comes to; None is a refusal.
    """

    grants: tuple[Grant, ...]
    denies: tuple[Deny, ...]
    requirements: tuple[Require, ...]
    unmet: tuple[tuple[Require, str], ...]
    nearly: tuple[tuple[Grant, str], ...]
    terms: Terms | None
    awaiting: tuple[Grant, ...] = ()

    @property
    def cause(self) -> str:
        """Why it is a refusal, for the log: the strongest reason."""
        if self.denies and self.grants:
            return f"denied by {', '.join(deny.id for deny in self.denies)}"
        if self.grants and self.unmet:
            return "; ".join(f"{rule.id} requires {key}" for rule, key in self.unmet)
        if self.nearly:
            return "; ".join(f"grant {grant.id} needs {key}" for grant, key in self.nearly)
        if self.awaiting:
            return "; ".join(f"grant {grant.id} needs {KEY}" for grant in self.awaiting)
        return "no grant covers it"

    @property
    def needs_login(self) -> bool:
        """Whether a fresher or stronger login is all that is missing."""
        if any(not deny.channels for deny in self.denies):
            return False
        if any(key not in ASSURANCES for _, key in self.unmet):
            return False
        has_some = bool(self.grants or self.awaiting)
        return has_some == bool(self.unmet) and bool(self.nearly or self.unmet)

    @property
    def needs_pinning(self) -> bool:
        """Whether what is missing from the login is a certificate for one address, no more."""
        missing = self.unmet or self.nearly
        return self.needs_login and all(key == PINNED_ADDRESS for _, key in missing)


class AccessRules:
    """All rules of access.toml, each kind in the order of the file.

    Attributes:
        places: where each rule stands, by its id, as `access.toml:12`.
        approvers: the groups that rules ask for approval.
        asks: whether any rule does.
        unapprovable: ids of the rules that do, but nobody may approve them.
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
        asking: list[Grant | Require] = [*self.grants, *self.requirements]
        self._asking = [(rule, rule.approval) for rule in asking if rule.approval is not None]
        demands = [demand for _, demand in self._asking]
        self.unapprovable = tuple(r.id for r, demand in self._asking if not demand.approvers)
        self.approvers = frozenset(group for demand in demands for group in demand.approvers)
        self.asks = bool(demands)
        self._grants, self._denies = RuleIndex(self.grants), RuleIndex(self.denies)
        self._requirements = RuleIndex(self.requirements)

    def counts_for(self, approvers: Iterable[str], target: Target) -> int:
        """How many seconds an approval by *approvers* counts at *target*; 0: for no rule."""
        asked = frozenset(approvers)
        windows = [
            demand.window_seconds
            for rule, demand in self._asking
            if demand.takes(asked) and not rule.misses_where(target)
        ]
        return max(windows, default=0)

    def decide(self, asker: Asker, target: Target, login: Login | None) -> Decision:
        """What the rules say to *asker* about *target* and *login*; None is any login."""
        grants, nearly, awaiting = [], [], []
        for grant in self._grants.concerning(asker, target):
            missed = grant.miss(asker, target, login)
            if not missed:
                grants.append(grant)
            elif missed in ASSURANCES:  # the last keys to be looked at: all others are met
                nearly.append((grant, missed))
            elif missed == KEY:
                awaiting.append(grant)
        denies = [
            d for d in self._denies.concerning(asker, target) if not d.miss(asker, target, login)
        ]
        required = [
            r
            for r in self._requirements.concerning(asker, target)
            if not r.miss(asker, target, login)
        ]
        unmet = tuple((r, key) for r in required if (key := r.unmet(asker)))
        terms = None if unmet or not grants else combine(grants, denies, required, asker)
        return Decision(
            tuple(grants),
            tuple(denies),
            tuple(required),
            unmet,
            tuple(nearly),
            terms,
            tuple(awaiting),
        )


def load(
    path: Path, approvers: tuple[str, ...] = (), profile: Profile = Profile.GUARDRAIL
) -> AccessRules:
    """The access rules in the file at *path*; raises RulesError.

    The groups *approvers* may approve where a rule names none; *profile* is that of a grant that
    names none.
    """
    file = RuleFile(path, {"grant", "deny", "require"})
    grants = [
        _with_profile(_with_approvers(grant, approvers), profile)
        for grant in file.tables("grant", Grant)
    ]
    denies = file.tables("deny", Deny)
    requirements = [_with_approvers(rule, approvers) for rule in file.tables("require", Require)]
    located: tuple[Located[Any], ...] = (*grants, *denies, *requirements)
    refuse_duplicates(located)
    return AccessRules(
        (grant.value for grant in grants),
        (deny.value for deny in denies),
        (requirement.value for requirement in requirements),
        {rule.value.id: f"{rule.path.name}:{rule.line}" for rule in located},
    )


def _with_profile(grant: Located[Grant], profile: Profile) -> Located[Grant]:
    if grant.value.profile is not None or profile is Profile.GUARDRAIL:
        return grant
    return replace(grant, value=grant.value.model_copy(update={"profile": profile}))


def _with_approvers(rule: Located[Asking], approvers: tuple[str, ...]) -> Located[Asking]:
    """*rule*, with *approvers* where it asks for an approval and does not say by whom."""
    demand = rule.value.approval
    if demand is None or demand.approvers:
        return rule
    named = demand.model_copy(update={"approvers": approvers})
    return replace(rule, value=rule.value.model_copy(update={"approval": named}))
