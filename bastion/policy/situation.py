"""Where a command is typed: by whom, on which host, as which account, when, in which profile.

What always holds: in no particular situation (`NOWHERE`) nobody is in a group, no host has a name,
and the profile is `guardrail`. What it does not do: say whether anybody may be there
(`bastion.policy.authorize` does).
"""

from dataclasses import dataclass

from bastion.authorization import Authorization
from bastion.identity import Evidence
from bastion.policy.asker import Asker, asker_of
from bastion.target import Login, Target
from bastion.verdict import Profile


@dataclass(frozen=True)
class Situation:
    """What the scopes of rules look at."""

    asker: Asker
    target: Target
    login: Login
    profile: Profile = Profile.GUARDRAIL


def nobody(now: float = 0.0) -> Asker:
    """Nobody in particular."""
    return Asker("", "", frozenset(), "", Evidence(), None, now, now)


NOWHERE = Situation(nobody(), Target("", ""), Login(""))


def situation_of(authorization: Authorization, now: float) -> Situation:
    """The situation at *now* of whoever has *authorization*."""
    return Situation(
        asker_of(authorization.identity, now),
        authorization.target,
        authorization.login,
        authorization.profile,
    )
