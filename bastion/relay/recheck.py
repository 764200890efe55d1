"""Authorizes again what was authorized before, by the rules of now.

What always holds: a certificate that has run out since does not matter (its time is checked at the
login), what the rules say now does. What it does not do: audit, or end anything.
"""

from collections.abc import Iterable

from bastion.authorization import Authorization, Channel, Permit
from bastion.policy.authorize import may_open, reauthorize
from bastion.policy.current import Rules
from bastion.refusal import Code, Refusal


def authorized_again(
    rules: Rules,
    held: Authorization,
    kind: Channel | None = None,
    *,
    now: float,
    opened_at: float,
    permits: Iterable[Permit] | None = None,
) -> Authorization | Refusal:
    """The authorization that *rules* give at *now* for what was opened at *opened_at* with *held*.

    A refusal also where they do not cover the *kind* of channel any more, and where the *permits*
    are not those that they ask for; without these, those count that it was opened with.
    """
    answer = reauthorize(
        rules.access, rules.inventory, held, now=now, opened_at=opened_at, permits=permits
    )
    if isinstance(answer, Refusal):
        return Refusal(Code.REVOKED, cause=answer.cause)
    if kind is not None and (refused := may_open(answer, kind)):
        return Refusal(Code.REVOKED, cause=f"no channel {refused.detail} any more")
    return answer
