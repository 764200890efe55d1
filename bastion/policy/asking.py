"""Which rule has to be approved for a door to open that is shut without.

What always holds: approval is the last thing that is missing: nothing else that is not met, and no
deny, can be approved away. What it does not do: ask; `bastion.downstream.admission` does.
"""

from bastion.authorization import Channel
from bastion.policy.access import Decision
from bastion.policy.approval import KEY
from bastion.policy.asker import Asker
from bastion.policy.combine import combine
from bastion.policy.grant import Grant, Require


def asking(decision: Decision, asker: Asker, kind: Channel | None) -> Grant | Require | None:
    """The rule whose approval is to be asked for next, for a channel of *kind* or any.

    None where no approval helps. Where several are needed by different approvers, they are asked
    one after the other: requirements first, then the grant that may be opened longest.
    """
    if any(key != KEY for _, key in decision.unmet):
        return None
    terms = combine(
        [*decision.grants, *decision.awaiting], decision.denies, decision.requirements, asker
    )
    if terms is None or (kind is not None and kind not in terms.channels):
        return None
    if decision.unmet:
        return decision.unmet[0][0]
    have = decision.terms.channels if decision.terms else frozenset()
    wanted = ({kind} if kind else terms.channels) - have
    opening = [grant for grant in decision.awaiting if not wanted.isdisjoint(grant.channels)]
    return max(opening, key=_window, default=None)


def _window(grant: Grant) -> int:
    return grant.approval.window_seconds if grant.approval else 0
