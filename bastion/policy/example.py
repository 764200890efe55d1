"""Examples of rules: a command, where it is typed, and the verdict that it is promised.

What always holds: the whole pack is asked, in the situation that the example says; where it says
nothing that is nobody in particular, nowhere, in the profile `guardrail`. What it does not do: run
anything; `bastion rules test` has the command read.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict

from bastion.policy.asker import parse_address
from bastion.policy.situation import Situation, nobody
from bastion.target import Login, Target
from bastion.verdict import Profile, Verdict

VerdictWord = Annotated[
    Verdict, BeforeValidator(lambda v: Verdict.parse(v) if isinstance(v, str) else v)
]


class Example(BaseModel):
    """A command with the verdict that the whole pack must give it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    command: str
    """The command line."""
    verdict: VerdictWord
    """The verdict."""
    profile: Profile = Profile.GUARDRAIL
    """The profile that it is judged in."""
    subject: str = ""
    """Who types it."""
    groups: frozenset[str] = frozenset()
    """The groups of whoever types it."""
    target: str = ""
    """Name of the host."""
    labels: Mapping[str, str] = {}
    """Labels of the host."""
    login: str = ""
    """Account on the host."""
    address: str = ""
    """Where the connection comes from."""
    at: datetime | None = None
    """When it is typed: `at = 2027-03-05T21:30:00+01:00`."""

    @property
    def situation(self) -> Situation:
        """Where it is typed."""
        someone = replace(
            nobody(self.at.timestamp() if self.at else 0.0),
            subject=self.subject,
            account=self.subject,
            groups=self.groups,
            address=parse_address(self.address),
        )
        target = Target(self.target.lower(), "", labels=self.labels)
        return Situation(someone, target, Login(self.login), self.profile)
