"""In which situation a command is judged: of somebody on a host, as the files and the store say.

What always holds: groups are those of the person's newest certificate, labels those of the
inventory, and the profile is what the access rules come to. What it does not do: check that the
person may reach the host; who asks is told where not.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from bastion.config import Config
from bastion.policy import access, inventory
from bastion.policy.access import AccessRules
from bastion.policy.asker import Asker
from bastion.policy.inventory import Inventory
from bastion.policy.situation import Situation, nobody
from bastion.store.rows import Certificate
from bastion.target import Login, Target
from bastion.verdict import Profile

Newest = Callable[[str], Certificate | None]
"""The newest certificate of a subject or account."""


@dataclass(frozen=True)
class Placed:
    """A situation, with what is odd about it.

    Attributes:
        doubt: why nobody would be in it; empty where somebody may.
    """

    situation: Situation
    doubt: str = ""


def issuer_of(settings: Config, subject: str) -> str:
    """Which identity provider vouches for *subject*; empty where only an outside CA does.

    Subjects of all but the first one begin with the name that the configuration gives their owner.
    """
    named = {further.name: further.issuer for further in settings.oidc.more}
    named |= {job.name: job.issuer for job in settings.workload}
    named |= {ca.name: "" for ca in settings.ca.outside}
    name, colon, _ = subject.partition(":")
    return named.get(name, settings.oidc.issuer) if colon else settings.oidc.issuer


class Situations:
    """Makes situations from the configuration's files; raises RulesError or ConfigError."""

    def __init__(self, settings: Config, newest: Newest) -> None:
        self._profile = Profile(settings.commands.profile)
        self._access: AccessRules = access.load(
            settings.rules_dir / "access.toml", settings.approval.approvers, self._profile
        )
        self._hosts: Inventory = inventory.load(settings.hosts_file)
        self._settings, self._newest = settings, newest

    def asker(self, subject: str, groups: frozenset[str] | None, now: float) -> Asker | None:
        """*subject* (or account), in *groups* or those of their newest certificate; None: unknown.

        Nobody in particular where *subject* is empty.
        """
        someone = replace(nobody(now), groups=groups or frozenset())
        certificate = self._newest(subject) if subject else None
        if certificate is None:
            known = not subject or groups is not None
            issuer = issuer_of(self._settings, subject) if groups is not None else ""
            someone = replace(someone, subject=subject, account=subject, issuer=issuer)
            return someone if known else None
        return replace(
            someone,
            subject=certificate.subject,
            account=certificate.account,
            groups=frozenset(certificate.groups) if groups is None else groups,
            issuer=issuer_of(self._settings, certificate.subject),
        )

    def place(self, asker: Asker, host: str, login: str) -> Placed:
        """*asker* on *host* as *login*; where that is empty, as the one account that is open."""
        found = self._hosts.find(host) if host else None
        target = found or Target(host.lower(), "")
        account = Login(login or self._only_login(asker, target))
        decision = self._access.decide(asker, target, account or None)
        profile = decision.terms.profile if decision.terms else self._profile
        doubt = ""
        if host and found is None:
            doubt = f"there is no host {host} in the inventory"
        elif host and decision.terms is None:
            doubt = f"the access rules do not let them in: {decision.cause}"
        return Placed(Situation(asker, target, account, profile), doubt)

    def _only_login(self, asker: Asker, target: Target) -> str:
        grants = self._access.decide(asker, target, None).grants
        logins = {login for grant in grants for login in grant.logins_of(asker)}
        return logins.pop() if len(logins) == 1 else ""
