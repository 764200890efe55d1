"""The key `approval` of access rules: what opens only after somebody has approved it.

What always holds: an approval counts only where all groups that were asked for it are among those
that the rule names now, and not longer than the rule allows now, however long was asked for. What
it does not do: ask anybody, or know whose permits these are; whoever hands them over does.
"""

import math
from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict, Field

from bastion.authorization import Permit
from bastion.policy.asker import Asker
from bastion.policy.conditions import Text

KEY = "approval"
"""The name of the key, as it is said of a rule that misses it."""
_SKEW_SECONDS = 60  # the approver's request may have landed in a process whose clock is ahead


class Demand(BaseModel):
    """`approval = { approvers = ["leads"], window_seconds = 3600 }`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    approvers: tuple[Text, ...] = Field((), min_length=1)
    """Groups whose members may approve; the configured ones where it is left out."""
    window_seconds: int = Field(3600, gt=0)
    """The longest time that may be asked for, and that an approval counts."""

    def until(self, permit: Permit) -> float:
        """Unix seconds at which *permit* ends for this rule; -inf where it does not count."""
        if not self.takes(permit.approvers):
            return -math.inf
        return permit.since + min(permit.seconds, self.window_seconds)

    def takes(self, approvers: frozenset[str]) -> bool:
        """Whether an approval counts that was asked of *approvers*."""
        return bool(approvers) and approvers <= frozenset(self.approvers)

    def best(self, asker: Asker) -> Permit | None:
        """The permit of *asker* that counts longest; None where none counts now."""
        counting = [
            permit
            for permit in asker.permits
            if permit.since <= asker.now + _SKEW_SECONDS and self.until(permit) > asker.now
        ]
        return max(counting, key=self.until, default=None)


class Approved(BaseModel):
    """What a rule with that key has."""

    approval: Demand | None = None
    """Opens only after somebody has approved it, for a time."""

    def misses_approval(self, asker: Asker) -> str:
        """The key, where *asker* has no approval that counts; empty where it is met."""
        return KEY if self.approval is not None and self.approval.best(asker) is None else ""


def approvals(rules: Iterable[Approved], asker: Asker) -> list[tuple[Permit, float]]:
    """The permits by which *rules* apply to *asker*, each with its end."""
    demands = [rule.approval for rule in rules if rule.approval is not None]
    found = [(demand, demand.best(asker)) for demand in demands]
    return [(permit, demand.until(permit)) for demand, permit in found if permit is not None]
